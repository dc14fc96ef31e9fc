"""From a flowsheet and what is measured to balances: total mass and each element around every unit or envelope.

Only the connections of the flowsheet enter, no model of a unit. A stream has a mass flow, kg/h, and a flow of each
element that it may carry, kg/h; a volume flow, m3/h, a density, a concentration or a share only where one is measured:

    mass = density x volume,  element = concentration x volume,  element = share x mass,
    dry = (1 - moisture) x mass,  element = dry share x dry

A feed that several units take is divided without a change of composition. Feeds carry the elements that they are
declared to contain; gases that leave as emissions carry no others than H, C, N, O, F, S and Cl unless the file says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hydromet.calibrate.readings import Link, exactly, in_balance, in_unit, meaning
from hydromet.calibrate.reconcile import Row, System, balance, product
from hydromet.calibrate.reconcile_file import streams_of
from hydromet.errors import FlowsheetError
from hydromet.species import atomic_mass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.calibrate.reconcile_file import Case, Declared
    from hydromet.flowsheet.feeds import FeedStream
    from hydromet.flowsheet.read import Plant

_HOUR = 3600.0
# What a gas may carry, since it is volatile or makes volatile compounds.
VOLATILE = frozenset({"H", "C", "N", "O", "F", "S", "Cl"})
MASS = "mass"
# A content that is declared as less than this share says that there is none to speak of.
_TRACE = 1e-12


@dataclass(frozen=True)
class Arc:
    """A stream between two nodes; "" for the outside. ``of`` is the feed of which it is a part, else its own name."""

    name: str
    start: str
    end: str
    of: str


@dataclass(frozen=True)
class Topology:
    """Connections of the flowsheet as nodes and arcs.

    Attributes:
        nodes: units, or envelopes of several. arcs: by name. carries: stream -> elements that it may carry, of those
            that are balanced. elements: that are balanced. absent: stream -> elements that a gas is taken not to carry.
    """

    nodes: tuple[str, ...]
    arcs: Mapping[str, Arc]
    carries: Mapping[str, tuple[str, ...]]
    elements: tuple[str, ...]
    absent: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Measurement:
    """A measured value as it enters the balances.

    Attributes:
        link: tag, stream, quantity and unit; the tag of a declared value is ``declared``.
        key: of its variable: (stream, kind, element). value, uncertainty: in kg/h, m3/h, kg/m3 or kg/kg.
        error, instrument: parts of the uncertainty, in the unit of the tag: of the mean, and of the instrument.
    """

    link: Link
    key: tuple[str, str, str]
    value: float
    uncertainty: float
    error: float
    instrument: float

    @property
    def per_unit(self) -> float:
        """What one unit of the tag is in the balances."""
        return abs(in_balance(self.link, 1.0) - in_balance(self.link, 0.0))

    @property
    def shown(self) -> float:
        """Value in the unit of the tag."""
        return in_unit(self.link, self.value)


@dataclass
class Network:
    """Variables and equations of one window.

    Attributes:
        system: to be solved. index: variable -> its number. measured: number -> what was measured of it.
        envelopes: rows of the balances: (node, element or mass, arcs in, arcs out).
    """

    system: System
    index: dict[tuple[str, str, str], int]
    measured: dict[int, Measurement]
    envelopes: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]


DECLARED = "declared"


def topology(case: Case, elements: Sequence[str]) -> Topology:
    """Connections of a flowsheet.

    Args:
        case: the flowsheet, and its envelopes.
        elements: that are balanced.
    """
    plant, file = case.plant, case.file
    node_of = {unit: unit for unit in plant.units} | {u: name for name, us in file.envelopes.items() for u in us}
    users: dict[str, list[str]] = {}
    for node in plant.nodes:
        for source in node.sources():
            users.setdefault(source, []).append(node_of[node.name])
    arcs: dict[str, Arc] = {}
    for stream in streams_of(plant):
        start = node_of.get(stream.partition(".")[0], "") if "." in stream else ""
        ends = list(dict.fromkeys(users.get(stream, [""])))
        if len(ends) == 1:
            arcs[stream] = Arc(stream, start, ends[0], stream)
        else:
            arcs |= {f"{stream}>{end}": Arc(f"{stream}>{end}", start, end, stream) for end in ends}
    carries, absent = _carried(case, elements)
    return Topology(tuple(dict.fromkeys(node_of.values())), arcs, carries, tuple(elements), absent)


def _carried(case: Case, elements: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    plant, file = case.plant, case.file
    carries, absent = {}, {}
    gases = {outlet.stream for outlet in plant.file.emissions.values()}
    for stream in streams_of(plant):
        if stream in file.carries:
            carries[stream] = tuple(e for e in elements if e in file.carries[stream])
        elif stream in plant.feeds:
            contents = shares(plant.feeds[stream])
            carries[stream] = tuple(e for e in elements if contents.get(e, 0.0) > _TRACE)
        elif stream in gases:
            carries[stream] = tuple(e for e in elements if e in VOLATILE)
            absent[stream] = tuple(e for e in elements if e not in VOLATILE)
        else:
            carries[stream] = tuple(elements)
    return carries, {stream: none for stream, none in absent.items() if none}


def shares(feed: FeedStream) -> dict[str, float]:
    """Mass fraction of each element in a feed as the flowsheet declares it, with its moisture."""
    mass = feed.stream.mass()
    return {e: moles * atomic_mass(e) / mass for e, moles in sorted(feed.stream.elements().items())}


def declared(plant: Plant, how: Declared, found: Topology, wanted: set[str]) -> list[Measurement]:
    """Contents of the feeds, and densities of those whose volume is measured, as the flowsheet has them.

    Args:
        plant: the flowsheet.
        how: how far they are trusted.
        found: what is balanced.
        wanted: feeds with a measured volume and no measured density.
    """
    measurements = []
    for name, feed in plant.feeds.items():
        contents = shares(feed)
        items = feed.report.adjustments if feed.report else ()
        errors = {item.name: item.sigma / item.reconciled for item in items if item.reconciled > 0.0}
        for element in found.carries[name]:
            share = contents[element]
            spread = share * errors.get(element, how.composition)
            link = Link(DECLARED, name, element, "kg/kg")
            measurements.append(Measurement(link, (name, "share", element), share, spread, 0.0, spread))
        volume = plant.chemistry.volume(feed.stream) if name in wanted else 0.0
        if volume:
            density = feed.stream.mass() / volume
            link = Link(DECLARED, name, "density", "kg/m3")
            spread = density * how.density
            measurements.append(Measurement(link, (name, "density", ""), density, spread, 0.0, spread))
    return measurements


def measurement(link: Link, value: float, error: float, uncertainty: str | float, samples: int) -> Measurement:
    """A mean of a tag as it enters the balances; ``samples`` of a laboratory share its uncertainty by their root."""
    kind, element, _ = meaning(link)
    instrument = exactly(uncertainty, link, value) / max(samples, 1) ** 0.5
    y = in_balance(link, value)
    slope = abs(in_balance(link, value + 1.0) - y)
    # what samples scatter by is the very thing that a laboratory declares; noise of a meter comes on top of its own
    whole = slope * (max(error, instrument) if samples else (error**2 + instrument**2) ** 0.5)
    if not whole > 0.0:
        expected, write = "an uncertainty above zero: a share of zero is none", f"{link.tag}: 0.01 {link.unit}".rstrip()
        read = f"{link.tag}: {value:g} {link.unit}, {uncertainty}"
        raise FlowsheetError("E679", read=read, expected=expected, write=write, place=link.place)
    return Measurement(link, (link.stream, kind, element), y, whole, error, instrument)


@dataclass
class _Build:
    """Variables and rows as they come."""

    names: list[tuple[str, str, str]] = field(default_factory=list)
    index: dict[tuple[str, str, str], int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def at(self, *key: str) -> int:
        """Number of a variable: stream, kind, element."""
        found = (key[0], key[1], key[2] if len(key) > 2 else "")
        if found not in self.index:
            self.index[found] = len(self.names)
            self.names.append(found)
        return self.index[found]


def network(found: Topology, measurements: Sequence[Measurement]) -> Network:
    """Variables and equations for what is measured in a window.

    Args:
        found: connections.
        measurements: of the window, none of them beside the balances.
    """
    build = _Build()
    envelopes = _balances(found, build)
    _divided(found, build)
    measured: dict[int, Measurement] = {}
    for number, one in enumerate(measurements):
        i = build.at(*one.key)
        if i in measured:  # a second instrument for the same: a value of its own that has to agree
            again = build.at(one.key[0], f"{one.key[1]}#{number}", one.key[2])
            build.rows.append(Row(((i, 1.0), (again, -1.0)), (), f"two readings of {one.link.stream}"))
            i = again
        measured[i] = one
    _shares(build)
    names = tuple(" ".join(filter(None, name)) for name in build.names)
    start = _start(build, measured)
    return Network(System(names, tuple(build.rows), start), build.index, measured, tuple(envelopes))


Envelope = tuple[str, str, tuple[str, ...], tuple[str, ...]]


def _balances(found: Topology, build: _Build) -> list[Envelope]:
    """Total mass and each element around each node."""
    envelopes: list[Envelope] = []
    for node in found.nodes:
        for what in (MASS, *found.elements):
            mine = [a for a in found.arcs.values() if what == MASS or what in found.carries[a.of]]
            entering = [a.name for a in mine if a.end == node and a.start != node]
            leaving = [a.name for a in mine if a.start == node and a.end != node]
            if not entering and not leaving:
                continue
            kind = (MASS, "") if what == MASS else ("element", what)
            terms = [(build.at(n, *kind), 1.0) for n in entering] + [(build.at(n, *kind), -1.0) for n in leaving]
            build.rows.append(balance(terms, f"{what} around {node}"))
            envelopes.append((node, what, tuple(entering), tuple(leaving)))
    return envelopes


def _divided(found: Topology, build: _Build) -> None:
    """Feeds that several units take: their parts make up the whole, and have its composition."""
    parts: dict[str, list[str]] = {}
    for arc in found.arcs.values():
        if arc.of != arc.name:
            parts.setdefault(arc.of, []).append(arc.name)
    for feed, names in parts.items():
        for what in (MASS, *found.carries[feed]):
            kind = (MASS, "") if what == MASS else ("element", what)
            terms = [(build.at(feed, *kind), 1.0), *((build.at(name, *kind), -1.0) for name in names)]
            build.rows.append(balance(terms, f"{what} of {feed}"))
            if what != MASS:
                share = build.at(feed, "share", what)
                for name in names[1:]:
                    row = product(build.at(name, *kind), share, build.at(name, MASS), f"{what} of {name}")
                    build.rows.append(row)


def _shares(build: _Build) -> None:
    """What ties concentrations, shares and densities to flows."""
    for stream, kind, element in list(build.names):
        name = f"{element or kind} of {stream}"
        if kind == "density":
            whole = build.at(stream, MASS)
            build.rows.append(product(whole, build.at(stream, kind), build.at(stream, "volume"), name))
        elif kind == "dry":
            row = product(build.at(stream, "dry_mass"), build.at(stream, kind), build.at(stream, MASS), name)
            build.rows.append(row)
        elif kind in _OF:
            row = product(
                build.at(stream, "element", element), build.at(stream, kind, element), build.at(stream, _OF[kind]), name
            )
            build.rows.append(row)


# Kind of a content -> the flow that it is a content of.
_OF = {"concentration": "volume", "share": MASS, "dry_share": "dry_mass"}


def _start(build: _Build, measured: Mapping[int, Measurement]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A first guess of the right size: the balances are linear in the flows once contents are as measured."""
    flows = [m.value for m in measured.values() if m.key[1] == MASS and m.value > 0.0]
    flows += [1e3 * m.value for m in measured.values() if m.key[1] == "volume" and m.value > 0.0]
    typical = float(np.median(flows)) if flows else 1.0
    sizes = {MASS: typical, "volume": 1e-3 * typical, "dry_mass": typical, "density": 1e3, "dry": 1.0}
    contents: dict[str, list[float]] = {}
    for one in measured.values():
        if one.key[1] in _OF and one.value > 0.0:
            per_mass = 1e-3 if one.key[1] == "concentration" else 1.0
            contents.setdefault(one.key[2], []).append(per_mass * one.value)
    share = {element: max(values) for element, values in contents.items()}
    guess = np.ones(len(build.names))
    for (_, kind, element), i in build.index.items():
        base = kind.partition("#")[0]
        size = share.get(element, 1.0)
        guess[i] = {"element": typical * size, "share": size, "dry_share": size, "concentration": 1e3 * size}.get(
            base, sizes.get(base, 1.0)
        )
    for i, one in measured.items():
        guess[i] = one.value
    return guess
