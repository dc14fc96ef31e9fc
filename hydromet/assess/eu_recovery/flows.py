"""One pass through the chain: which part of which lot every element of every fraction came from.

Inside a facility the atoms of an element are mixed: each fraction takes its origins in proportion to what its inlets
hold (option ``attribution``). A fraction made of some inlets only (``of``) is served first. Closing stock is of this
year's inlets, so that opening stock leaves first (option ``stock``). Origins are carried from facility to facility;
metal of reagents, earlier years, other chains and of what is no input keeps its own origin and never counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from hydromet.assess.eu_recovery.amounts import Array, LotContent, Rows, dry_mass, fraction_rows, lot_content
from hydromet.assess.eu_recovery.chain import Closing
from hydromet.assess.eu_recovery.composition import brought
from hydromet.assess.eu_recovery.network import Network, Source, network
from hydromet.assess.eu_recovery.rules import KEYS, OTHERS
from hydromet.errors import RecoveryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.assess.eu_recovery.amounts import Values
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.chain import Composed, Facility
    from hydromet.assess.eu_recovery.plant import Plants

# What leaves by measured fractions may pass what came in by this share: rounding of the figures in a file.
ROUNDING = 1e-3
REAGENT, EARLIER = "reagent", "earlier"
OUT, CLOSING, UNACCOUNTED = "out", "closing", "unaccounted"


@dataclass(frozen=True, order=True)
class Origin:
    """Where atoms came from: a part of a lot, or ``reagent`` or ``earlier`` (stock) of a facility as kind.

    ``unproven`` names a facility outside the Union without evidence that they passed on their way.
    """

    lot: str
    part: str
    kind: str = ""
    unproven: str = ""


Mixed = dict[str, dict[Origin, Array]]  # row -> origin -> kg


@dataclass(frozen=True)
class Fraction:
    """Something that leaves a facility, by origin.

    Attributes:
        facility, name: where and what. group: ``out``, ``closing`` or ``unaccounted``.
        content: row -> origin -> kg. dry: dry mass, kg, if weighed. taken_by: the facility it goes to.
    """

    facility: str
    name: str
    group: str
    content: Mixed
    dry: Array | None = None
    taken_by: str = ""

    def total(self, row: str) -> Array | float:
        """All origins together, kg."""
        return sum(self.content.get(row, {}).values())


@dataclass(frozen=True)
class Flows:
    """Everything that moved in the year.

    Attributes:
        lots: content of the lots. entering: facility -> row -> origin -> kg of all it took, stock and reagents too.
        fractions: what left each facility, ``unaccounted`` included: the sum is what entered.
    """

    lots: Mapping[str, LotContent]
    entering: Mapping[str, Mixed]
    fractions: tuple[Fraction, ...]
    network: Network = field(repr=False)

    def of(self, facility: str) -> tuple[Fraction, ...]:
        """What left a facility."""
        return tuple(each for each in self.fractions if each.facility == facility)


def trace(case: Case, values: Values, plants: Plants) -> Flows:
    """Follow every element of every lot through the chain.

    Raises:
        RecoveryError: E918, a facility delivers more of an element than it took.
    """
    file = case.file
    lots = {name: lot_content(file, name, values) for name in file.lots}
    net = network(file)
    made: dict[Source, Fraction] = {}
    entering: dict[str, Mixed] = {}
    fractions: list[Fraction] = []
    for name, facility in file.facilities.items():
        for token in net.inlets[name]:
            _made_by_plant(case, name, token, net.inlets[name][token], made)
        pools = {token: _gather(sources, lots, made) for token, sources in net.inlets[name].items()}
        pools |= _own(name, facility, values)
        dry = {token: _dry(net.inlets[name].get(token, ()), pool, made) for token, pool in pools.items()}
        entering[name] = _copy(_joined(pools.values()))
        found = _Facility(case, name, pools, dry, values, plants).leave(net)
        if not facility.proven:
            found = [_unproven(each, name) for each in found]
        fractions += found
        made |= {Source("", name, each.name): each for each in found if each.group == OUT}
    return Flows(lots, entering, tuple(fractions), net)


def _unproven(fraction: Fraction, facility: str) -> Fraction:
    """What goes on from a facility without evidence is marked: treatment there counts nowhere down the chain."""
    if not fraction.taken_by:
        return fraction
    content = {
        row: {replace(origin, unproven=origin.unproven or facility): mass for origin, mass in origins.items()}
        for row, origins in fraction.content.items()
    }
    return replace(fraction, content=content)


def _gather(sources: Iterable[Source], lots: Mapping[str, LotContent], made: Mapping[Source, Fraction]) -> Mixed:
    found: Mixed = {}
    for source in sources:
        if source.lot:
            for row, mass in lots[source.lot].parts[source.name].rows.items():
                found.setdefault(row, {})[Origin(source.lot, source.name)] = mass
        else:
            _add(found, made[source].content)
    return found


def _made_by_plant(
    case: Case, facility: str, token: str, sources: Iterable[Source], made: Mapping[Source, Fraction]
) -> None:
    """The outlets of a flowsheet are known only when it is solved: a name that is none of them is told here."""
    for source in sources:
        if source.facility and source not in made:
            known = [each.name for each in made if each.facility == source.facility and each.name]
            raise RecoveryError(
                "E916", read=token, expected=f"a fraction of {source.facility}: {', '.join(known)}",
                place=case.document.place((*case.path, "facilities", facility, "in"), key=True),
            )  # fmt: skip


def _dry(sources: Iterable[Source], pool: Mixed, made: Mapping[Source, Fraction]) -> Array:
    """Dry mass of an inlet, kg: as weighed, else everything that was analysed."""
    weighed = [made[source].dry for source in sources if source.facility and made[source].dry is not None]
    every = weighed or [mass for origins in pool.values() for mass in origins.values()]
    total: Array = np.sum(np.array(every), axis=0)
    return total


def _own(name: str, facility: Facility, values: Values) -> dict[str, Mixed]:
    """Reagents and opening stock as inlets of their own."""
    found: dict[str, Mixed] = {}
    groups: tuple[tuple[str, Mapping[str, Composed], str], ...] = (
        ("reagents", facility.reagents, REAGENT), ("opening", facility.opening, EARLIER),
    )  # fmt: skip
    for group, each, kind in groups:
        for key, fraction in each.items():
            rows = _unborn(*fraction_rows(f"facilities.{name}.{group}.{key}", fraction, values))
            origin = Origin(name, key, kind)
            # Iron and carbon of what is no battery belong to no row of cells or casings that could be confused.
            found[key if kind == EARLIER else f"{kind} {key}"] = {
                {"Fe": "Fe_cell"}.get(row, row): {origin: mass} for row, mass in rows.items()
            }
    return found


def _unborn(rows: Rows, born: Mapping[str, float]) -> Rows:
    return {row: mass for row, mass in rows.items() if born.get(row, 0.0) < 1.0}


def _joined(pools: Iterable[Mixed]) -> Mixed:
    found: Mixed = {}
    for pool in pools:
        _add(found, pool)
    return found


def _add(found: Mixed, more: Mixed) -> None:
    for row, origins in more.items():
        here = found.setdefault(row, {})
        for origin, mass in origins.items():
            here[origin] = here[origin] + mass if origin in here else mass


def _copy(mixed: Mixed) -> Mixed:
    return {row: dict(origins) for row, origins in mixed.items()}


class _Facility:
    """One facility: its inlets are used up fraction by fraction."""

    def __init__(
        self, case: Case, name: str, pools: dict[str, Mixed], dry: dict[str, Array], values: Values, plants: Plants
    ) -> None:
        self.case, self.name, self.values, self.plants, self.dry = case, name, values, plants, dry
        self.facility = case.file.facilities[name]
        self.pools = {token: _copy(pool) for token, pool in pools.items()}
        self.fed = {token: _copy(pool) for token, pool in pools.items()}

    def leave(self, net: Network) -> list[Fraction]:
        """All fractions, closing stock and what is not accounted for."""
        every = tuple(self.pools)
        this_year = tuple(token for token in every if token not in self.facility.opening)
        stock = this_year if self.case.file.options.stock == "first_in_first_out" else every
        waiting: list[tuple[tuple[str, ...], str, str, Composed]] = [
            (tuple(each.of) or stock, CLOSING, key, each) for key, each in self.facility.closing.items()
        ]
        waiting += [(tuple(each.of) or every, OUT, key, each) for key, each in self.facility.out.items()]
        # The most particular first, losses last; the sort is stable, so the order of the file decides between equals.
        waiting.sort(key=lambda entry: (len(entry[0]), not _kept(entry[3])))
        found = [self._measured(tokens, group, key, each, net) for tokens, group, key, each in waiting]
        if self.facility.plant is not None:
            found += self._solved(net)
        rest = _joined(self.pools.values())
        return [*found, Fraction(self.name, "", UNACCOUNTED, rest)]

    def _measured(self, tokens: tuple[str, ...], group: str, key: str, each: Composed, net: Network) -> Fraction:
        path = f"facilities.{self.name}.{group}.{key}"
        content: Mixed = {}
        if isinstance(each, Closing) and each.as_fed:
            kept = dry_mass(path, each, self.values)
            return Fraction(self.name, key, group, self._as_fed(tokens, key, kept), kept)
        rows, born = fraction_rows(path, each, self.values)
        if each.compound is not None and "Fe" in rows and self._left(tokens, "Fe_cell") >= float(rows["Fe"][0]):
            rows["Fe_cell"] = rows.pop("Fe")  # the iron of a salt is that of the cells while there is enough of it
            born = {{"Fe": "Fe_cell"}.get(row, row): share for row, share in born.items()}
        for row, mass in rows.items():
            reagent = born.get(row, float(brought(row, (self.pools[token] for token in tokens))))
            if reagent > 0.0:
                bought = content.setdefault({"Fe": "Fe_cell"}.get(row, row), {})
                bought[Origin(self.name, "", REAGENT)] = reagent * mass
            if reagent < 1.0:
                part = (1.0 - reagent) * mass
                self._no_more_than_fed(tokens, row, part, rows, each, (group, key))
                _add(content, self._take(tokens, row, part, rows, own=row in born, where=(group, key)))
        dry = dry_mass(path, each, self.values)
        return Fraction(self.name, key, group, content, dry, net.taker(self.name, key) if group == OUT else "")

    def _take(
        self, tokens: tuple[str, ...], row: str, mass: Array, stated: Rows, *, own: bool, where: tuple[str, str]
    ) -> Mixed:
        """Some mass of a row out of the inlets, by origin; ``own``: the file says what of it is of reagents."""
        rows = self._rows_of(tokens, row, stated)
        shares = [
            (token, each, origin, self._weight(token, each, origin))
            for token in tokens
            for each in rows
            for origin in self.pools[token].get(each, {})
            if not (own and origin.kind == REAGENT)
        ]
        total = sum((weight for *_, weight in shares), self.values.full())
        if not total[0] > 0.0:  # used up by losses that were weighed high: the gate will judge them
            shares = [(t, e, o, self.fed[t][e][o]) for t, e, o, _ in shares]
            total = sum((weight for *_, weight in shares), self.values.full())
        if not total[0] > 0.0:
            if not mass[0] > 0.0:
                return {}
            if row in FREE:
                return {row: {Origin(self.name, "", REAGENT): mass}}
            raise self._above(row, where, mass[0], 0.0)
        content: Mixed = {}
        if row in FREE:  # what is more than came in is of air and water
            known = sum((self.pools[t][e][o] for t, e, o, _ in shares), self.values.full())
            content[row] = {Origin(self.name, "", REAGENT): mass - np.minimum(mass, np.maximum(known, 0.0))}
            mass = np.minimum(mass, np.maximum(known, 0.0))
        for token, each, origin, weight in shares:
            part = mass * np.divide(weight, total, out=self.values.full(), where=total > 0.0)
            self.pools[token][each][origin] = self.pools[token][each][origin] - part
            here = content.setdefault(each, {})
            here[origin] = here[origin] + part if origin in here else part
        return content

    def _left(self, tokens: tuple[str, ...], row: str) -> float:
        return sum(float(mass[0]) for token in tokens for mass in self.pools[token].get(row, {}).values())

    def _as_fed(self, tokens: tuple[str, ...], key: str, kept: Array | None) -> Mixed:
        """Stock of the composition of its inlets: the same share of everything in them."""
        assert kept is not None  # noqa: S101  # the shape of the file wants a mass
        tokens = tuple(token for token in tokens if not token.startswith(f"{REAGENT} "))
        into = sum((self.dry[token] for token in tokens), self.values.full())
        if kept[0] > into[0] * (1.0 + ROUNDING):
            base = (*self.case.path, "facilities", self.name, CLOSING, key, "mass")
            raise RecoveryError(
                "E923", read=f"{float(kept[0]) / 1000.0:.6g} t of stock, dry",
                expected=f"at most the {float(into[0]) / 1000.0:.6g} t of {', '.join(tokens)}",
                write="mass: 20 t", place=self.case.document.place(base),
            )  # fmt: skip
        content: Mixed = {}
        for token in tokens:
            for row, origins in self.fed[token].items():
                for origin, mass in origins.items():
                    part = mass * kept / into
                    self.pools[token][row][origin] = self.pools[token][row][origin] - part
                    here = content.setdefault(row, {})
                    here[origin] = here[origin] + part if origin in here else part
        return content

    def _rows_of(self, tokens: tuple[str, ...], row: str, stated: Rows) -> tuple[str, ...]:
        """Rows of the inlets that a stated element stands for.

        ``Fe`` is iron of cells and steel; ``Others`` is whatever has no row of its own and is not stated beside it; an
        element without a row that no inlet names is among the others.
        """
        known = {each for token in tokens for each in self.pools[token]}
        if row == "Fe":
            return tuple(each for each in ("Fe_cell", "Steel") if each in known)
        if row == OTHERS:
            return tuple(sorted(each for each in known if (each not in KEYS and each not in stated) or each == OTHERS))
        if row in KEYS or row in known:
            return (row,)
        return (OTHERS,)

    def _weight(self, token: str, row: str, origin: Origin) -> Array:
        """What an origin weighs in the attribution: its metal, or its share of the dry mass of the inlet."""
        metal = self.pools[token][row][origin]
        if self.case.file.options.attribution == "metal_fed":
            return metal
        of_row = sum(self.fed[token][row].values())
        found: Array = np.divide(
            metal * self.dry[token], of_row, out=self.values.full(), where=np.asarray(of_row) > 0.0
        )
        return found

    def _solved(self, net: Network) -> list[Fraction]:
        """The outlets of a flowsheet: shares of what was fed, element by element."""
        found = []
        pool = _joined(self.pools.values())
        for outlet, shares in self.plants.shares(self.name).items():
            content: Mixed = {}
            for row, origins in pool.items():
                share = shares.get({"Fe_cell": "Fe", "Steel": "Fe", "C_cell": "C"}.get(row, row), 0.0)
                for origin, mass in origins.items():
                    if share > 0.0:
                        content.setdefault(row, {})[origin] = share * mass
            found.append(Fraction(self.name, outlet, OUT, content, None, net.taker(self.name, outlet)))
        for each in found:
            for row, origins in each.content.items():
                for origin, mass in origins.items():
                    self._drain(row, origin, mass)
        return found

    def _drain(self, row: str, origin: Origin, mass: Array) -> None:
        for token in self.pools:
            here = self.pools[token].get(row, {})
            if origin in here:
                here[origin] = here[origin] - mass
                return

    def _no_more_than_fed(
        self, tokens: tuple[str, ...], row: str, mass: Array, stated: Rows, each: Composed, where: tuple[str, str]
    ) -> None:
        """Outputs, intermediates and stock are no more than what is left of their inlets; losses are for the gate."""
        rows = set(self._rows_of(tokens, row, stated)) - FREE
        if not rows or not _kept(each):
            return
        left, into = (
            sum(float(m[0]) for token in tokens for name in rows for m in pools[token].get(name, {}).values())
            for pools in (self.pools, self.fed)
        )
        if mass[0] > left + ROUNDING * into:
            raise self._above(row, where, into - left + float(mass[0]), into)

    def _above(self, row: str, where: tuple[str, str], out: float, into: float) -> RecoveryError:
        group, key = where
        base = (*self.case.path, "facilities", self.name, group, key)
        at = (*base, "elements", row)
        place = self.case.document.place(at if at in self.case.document.values else base, key=True)
        return RecoveryError(
            "E918", read=f"{row}: {out / 1000.0:.6g} t out of {self.name}",
            expected=f"at most the {into / 1000.0:.6g} t that came in with {', '.join(self.fed)}",
            write=f"reagents: {{flux: {{elements: {{{row}: {max(out - into, 0.0) / 1000.0:.4g} t}}}}}}"
                  "   # or the element in the assay of what came in",
            place=place,
        )  # fmt: skip


# Air and water bring these without being weighed: more of them in a slag than came in with the batteries is no mistake.
FREE = frozenset({"O", "H"})
# Uses of what is not lost: an error rather than a gap if there is more of it than came in.
KEPT = frozenset({"product", "material", "slag", "intermediate"})


def _kept(fraction: Composed) -> bool:
    """Is this an output, an intermediate or a stock, and no loss?"""
    return getattr(fraction, "use", "stock") in KEPT | {"stock"}
