"""Names and connections of a flowsheet file: every stream is made once, used once, and ends somewhere on purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydromet.errors import FlowsheetError, UserError
from hydromet.flowsheet.graph import Node
from hydromet.flowsheet.schema import INLETS, LEAVING
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.source import Document, Key
    from hydromet.units.base import Port, Unit

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class Link:
    """One connection: a source and where in the file it is written."""

    source: str
    path: Key


@dataclass
class Wiring:
    """The connections of a file while they are checked; mistakes are collected.

    Attributes:
        document: for places.
        units: unit name -> unit, None where its own parameters are wrong (its ports are then unknown).
        rated: feed name -> has it a rate?
        links: (unit, port) -> connections.
        errors: found so far.
    """

    document: Document
    units: Mapping[str, Unit | None]
    rated: Mapping[str, bool]
    links: dict[tuple[str, str], list[Link]] = field(default_factory=dict)
    errors: list[UserError] = field(default_factory=list)
    used: dict[str, Key] = field(default_factory=dict)

    def check(self) -> list[Node]:
        """Check all connections; the nodes are good only if there are no errors."""
        self._names()
        for name in self.units:
            self._inlets(name)
        for (unit, port), links in self.links.items():
            for link in links:
                self._source(unit, port, link)
            self._drawn(unit, port, links)
        self._leaving()
        self._loose_ends()
        return [
            Node(name, {port: tuple(li.source for li in links) for (unit, port), links in self.links.items() if unit == name})
            for name in self.units
        ]

    def error(self, code: str, path: Key, read: str, expected: str, write: str = "", *, key: bool = False, also: Key | None = None) -> None:
        place = self.document.place(path, key=key)
        second = self.document.place(also) if also else None
        self.errors.append(FlowsheetError(code, read=read, expected=expected, write=write, place=place, also=second))

    def _names(self) -> None:
        for section, names in (("feeds", self.rated), ("units", self.units)):
            for name in names:
                if not _NAME.match(name):
                    better = re.sub(r"\W+", "_", name).strip("_") or "leach"
                    self.error("E416", (section, name), f"`{name}`", "letters, digits and _, a letter first", f"{better}:", key=True)
                if section == "units" and name in self.rated:
                    self.error(
                        "E411", ("units", name), f"`{name}` is a feed and a unit", "one name for one thing", f"{name}_unit:",
                        key=True, also=("feeds", name),
                    )  # fmt: skip

    def _inlets(self, name: str) -> None:
        unit, path = self.units[name], ("units", name, INLETS)
        given = self.document.data["units"][name].get(INLETS)
        if given is not None and not isinstance(given, dict):
            ports = ", ".join(port.name for port in unit.inlet_ports()) if unit else "its inlets"
            self.error("E400", path, _shown(given), f"inlet: source, for {ports}", "in: {feed: black_mass}")
            return
        for port, sources in (given or {}).items():
            if unit and port not in _names_of(unit.inlet_ports()):
                self._no_inlet(name, unit, port, sources)
                continue
            self.links[name, port] = list(self._links((*path, port), sources))
        if unit:
            self._missing(name, unit, given or {})

    def _no_inlet(self, name: str, unit: Unit, port: str, sources: Any) -> None:
        ports = _names_of(unit.inlet_ports())
        near = nearest(port, ports, 1)
        write = f"{near[0]}: {_yaml(sources)}" if near else ""
        self.error(
            "E402", ("units", name, INLETS, port), f"`{port}`, which is no inlet of {name} (model {unit.model})",
            _listed(ports), write, key=True,
        )  # fmt: skip

    def _links(self, path: Key, sources: Any) -> Iterable[Link]:
        listed = sources if isinstance(sources, list) else [sources]
        for i, source in enumerate(listed):
            where = (*path, i) if isinstance(sources, list) else path
            if isinstance(source, str) and source:
                yield Link(source, where)
            else:
                self.error("E400", where, _shown(source), "a feed, a stream unit.port, or a list of them", f"{path[-1]}: [leach.slurry, wash.filtrate]")

    def _missing(self, name: str, unit: Unit, given: Mapping[str, Any]) -> None:
        for port in unit.inlet_ports():
            if port.required and port.name not in given:
                drawn = "a feed without a rate: the unit decides how much it takes" if port.drawn else "a feed or a stream unit.port"
                near = next((feed for feed, rated in self.rated.items() if rated != port.drawn), "feed_name")
                self.error(
                    "E403", ("units", name), f"nothing connected to `{port.name}` of {name}: {port.what}", drawn,
                    f"in: {{{port.name}: {near}}}", key=True,
                )  # fmt: skip

    def _source(self, unit: str, port: str, link: Link) -> None:
        """A source exists, is used once, and fits a port that is not drawn."""
        if not self._exists(link.source, link.path):
            return
        source = link.source
        feed_without_rate = source in self.rated and not self.rated[source]
        if source in self.used and not feed_without_rate:
            what = "feed" if source in self.rated else "stream"
            self.error(
                "E407" if what == "feed" else "E406", link.path, f"the {what} `{source}` a second time",
                "each once: divide it with a unit of model split",
                f"divide: {{model: split, in: {{feed: {source}}}, shares: {{first: 50 %}}}}", also=self.used[source],
            )  # fmt: skip
            return
        self.used.setdefault(source, link.path)
        known = self._port(unit, port)
        if feed_without_rate and known and not known.drawn:
            self.error(
                "E413", link.path, f"the feed `{source}` without a rate at `{port}` of {unit}",
                f"a rate: {unit} does not decide how much it takes of {port}", f"{source}: {{..., rate: 100 kg/h}}",
            )  # fmt: skip

    def _exists(self, source: str, path: Key, *, feeds: bool = True) -> bool:
        """Is there such a feed or stream? If not, the nearest names are told."""
        unit, dot, port = source.partition(".")
        if feeds and source in self.rated:
            return True
        if source in self.units:
            known = self.units[source]
            ports = [f"{source}.{p}" for p in _names_of(known.outlet_ports())] if known else []
            self.error("E417", path, f"the unit `{source}` without an outlet", _listed(ports) or f"{source}.outlet", _line(path, ports))
            return False
        if dot and unit in self.units:
            known = self.units[unit]
            ports = _names_of(known.outlet_ports()) if known else [port]
            if port in ports:
                return True
            near = nearest(port, ports, 1) or tuple(ports[:1])
            self.error("E405", path, f"`{source}`: {unit} has no outlet {port}", _listed(f"{unit}.{p}" for p in ports), _line(path, [f"{unit}.{p}" for p in near]))
            return False
        self._unknown(source, path, feeds=feeds)
        return False

    def _unknown(self, source: str, path: Key, *, feeds: bool) -> None:
        streams = [f"{name}.{p}" for name, unit in self.units.items() if unit for p in _names_of(unit.outlet_ports())]
        near = nearest(source, [*(self.rated if feeds else ()), *streams])
        unit, dot, port = source.partition(".")
        if dot and not near:
            near = tuple(s for u in nearest(unit, self.units, 1) for s in streams if s.startswith(f"{u}."))
        expected = _listed(near, "or") or ("a feed or a stream unit.port" if feeds else "a stream unit.port")
        what = "no such unit" if dot else "no such feed or unit"
        self.error("E404", path, f"`{source}`: {what}", expected, _line(path, near[:1]))

    def _port(self, unit: str, port: str) -> Port | None:
        known = self.units[unit]
        return next((p for p in known.inlet_ports() if p.name == port), None) if known else None

    def _drawn(self, unit: str, port: str, links: list[Link]) -> None:
        """A drawn port takes one feed without a rate, nothing else."""
        known = self._port(unit, port)
        if not known or not known.drawn:
            return
        for link in links:
            if self.rated.get(link.source):
                self.error(
                    "E414", link.path, f"the feed `{link.source}` with a rate at `{port}` of {unit}, which decides itself how much it takes",
                    f"a feed without a rate, or no {port} port in use", f"{link.source}: (without `rate`)",
                    also=("feeds", link.source, "rate"),
                )  # fmt: skip
            elif "." in link.source:
                self.error("E415", link.path, f"the stream `{link.source}` at `{port}` of {unit}, which decides itself how much it takes", "a feed without a rate")
        if len(links) > 1:
            self.error("E415", links[1].path, f"several sources at `{port}` of {unit}, which decides itself how much it takes", "one feed without a rate")

    def _leaving(self) -> None:
        """Declared outlets exist and are free."""
        declared: dict[str, Key] = {}
        for kind in LEAVING:
            section = self.document.data.get(kind)
            for name, given in (section if isinstance(section, dict) else {}).items():
                stream = given.get("stream") if isinstance(given, dict) else given
                path: Key = (kind, name, "stream") if isinstance(given, dict) else (kind, name)
                if not isinstance(stream, str):
                    continue
                if stream in self.rated:
                    self.error("E409", path, f"the feed `{stream}`", "a stream that a unit makes, unit.port")
                elif self._exists(stream, path, feeds=False):
                    self._free(stream, path, declared)

    def _free(self, stream: str, path: Key, declared: dict[str, Key]) -> None:
        if stream in self.used:
            self.error("E410", path, f"`{stream}` leaves the plant and feeds a unit", "one of the two: divide it with a unit of model split", also=self.used[stream])
        elif stream in declared:
            self.error("E418", path, f"`{stream}` declared a second time", "each outlet once", also=declared[stream])
        declared.setdefault(stream, path)
        self.used.setdefault(stream, path)

    def _loose_ends(self) -> None:
        """Outlets that nothing takes, feeds that go nowhere; silent where a wrong name explains them."""
        for name, unit in self.units.items():
            for port in unit.outlet_ports() if unit else ():
                stream = f"{name}.{port.name}"
                if stream not in self.used and not self._mentioned(stream):
                    self.error(
                        "E408", ("units", name), f"nothing takes `{stream}` ({port.what})",
                        "a unit that takes it, or a line under products, by_products, wastes or emissions",
                        f"wastes: {{{name}_{port.name}: {stream}}}", key=True,
                    )  # fmt: skip
        for feed in self.rated:
            if feed not in self.used and not self._mentioned(feed):
                self.error("E412", ("feeds", feed), f"the feed `{feed}` goes nowhere", "an inlet that takes it", f"in: {{feed: {feed}}}", key=True)

    def _mentioned(self, source: str) -> bool:
        """Does some wrong name stand for this source? Then that is the mistake to tell."""
        unit = source.partition(".")[0]
        wrong = [link.source for links in self.links.values() for link in links if link.source not in self.used]
        return any(source in nearest(w, [source]) or w == unit for w in wrong)


def _names_of(ports: Iterable[Port]) -> list[str]:
    return [port.name for port in ports]


def _listed(names: Iterable[str], last: str = "or") -> str:
    items = list(names)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def _line(path: Key, names: Iterable[str]) -> str:
    """A line that works at this path, with the first of the names."""
    first = next(iter(names), "")
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    return f"{key}: {first}" if first else ""


def _yaml(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _shown(value: Any) -> str:
    return "nothing" if value is None else "a mapping" if isinstance(value, dict) else _yaml(value)
