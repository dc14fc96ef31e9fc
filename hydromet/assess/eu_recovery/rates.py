"""The two formulas: efficiency 100 m_out / m_in of the whole dry battery, recovery the same of a metal in scope.

What a naive calculation would make of the same flows is in ``naive``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hydromet.assess.eu_recovery.composition import formula
from hydromet.assess.eu_recovery.fields import in_union
from hydromet.assess.eu_recovery.flows import CLOSING, EARLIER, OUT, REAGENT, Flows, Fraction, Origin
from hydromet.assess.eu_recovery.rules import BLACK_MASS, KEYS, OTHERS, rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from hydromet.assess.eu_recovery.amounts import Array
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.chain import Fate, Later, Outlet
    from hydromet.assess.eu_recovery.lots import Lot
    from hydromet.assess.eu_recovery.plant import Plants

EFFICIENCY, RECOVERY = "rRE", "rRM"
SLAG = "slag"
EU, NON_EU = "eu", "non_eu"
NO_EVIDENCE = "no evidence of Article 72(3)"


@dataclass(frozen=True)
class Claim:
    """One origin's share of one element in one fraction, and what it counts for.

    Attributes:
        fraction: where. row, origin: what and whose. mass: kg. scope: share of it in the scope of the recovery.
        efficiency, recovery: does it count above the line? reason: why not. region: ``eu`` or ``non_eu``.
        year: in which the output was made. use: of the fraction.
    """

    fraction: Fraction
    row: str
    origin: Origin
    mass: Array
    scope: float
    efficiency: bool
    recovery: bool
    reason: str
    region: str
    year: int
    use: str


@dataclass(frozen=True)
class Standing:
    """What a fraction counts for under the rules.

    Attributes:
        use: as declared. efficiency, recovery: may its battery-derived mass count? reason: why not. year: made in.
        metals: of which it replaces primary metal; None: of all it holds.
    """

    use: str
    efficiency: bool
    recovery: bool
    reason: str
    year: int
    metals: frozenset[str] | None = None

    def sells(self, metal: str) -> bool:
        """Does it replace primary metal of this kind? An impurity of another product does not."""
        return self.metals is None or metal in self.metals


def form_row(row: str) -> str:
    """The row of the form an element is summed in."""
    return row if row in KEYS else OTHERS


def fate(case: Case, plants: Plants, fraction: Fraction) -> Standing:
    """What the use of a fraction counts for, by the rules, its origins aside."""
    facility = case.file.facilities[fraction.facility]
    declared = facility.out.get(fraction.name) or plants.fates.get(fraction.facility, {}).get(fraction.name)
    if fraction.group != OUT or declared is None:
        reason = "closing stock" if fraction.group == CLOSING else "not accounted for"
        return Standing(fraction.group, False, False, reason, case.file.year)
    use = rules().uses[declared.use]
    year = getattr(declared, "year", None) or case.file.year
    if fraction.taken_by or declared.use == "intermediate":
        return Standing("intermediate", False, False, "intermediate fraction", year)
    if declared.commodity == BLACK_MASS:
        return Standing(declared.use, False, False, "black mass is an intermediate fraction", year)
    if declared.commodity == SLAG and use.efficiency:
        return Standing("slag", True, False, "", year)
    if declared.use == "product" and declared.commodity and not _point(case, declared.commodity, declared.substitute):
        reason = f"{declared.commodity}: no calculation point by the option chosen"
        output = _useful(case, declared.commodity)
        return Standing(declared.use, output, False, "" if output else reason, year)
    reason = "" if use.efficiency else f"{declared.use} is no output"
    return Standing(declared.use, use.efficiency, use.recovery, reason, year, sold(case, declared))


def sold(case: Case, declared: Outlet | Fate) -> frozenset[str] | None:
    """Metals a product replaces primary ones of: as stated, else those of its compound; None: all it holds."""
    if declared.recovers is not None:
        return frozenset(declared.recovers)
    compound = getattr(declared, "compound", None)
    if compound is None or case.file.options.product_impurities == "recovered":
        return None
    return frozenset(formula(compound))


def _point(case: Case, commodity: str, substitute: bool) -> bool:
    """Is a product of this name a calculation point of the recovery?"""
    if rules().commodities[commodity]["rule"] != "open":
        return True
    choice = case.file.options.intermediate_products
    return choice == "always" or (choice == "if_substitute" and substitute)


def _useful(case: Case, commodity: str) -> bool:
    """Is what is sold, and no calculation point, output of the efficiency?"""
    choice = case.file.options.sold_intermediates
    return choice == "output" or (choice == "by_kind" and rules().commodities[commodity]["material"] == "yes")


def evidence_ok(case: Case, facility: str) -> bool:
    """Do outputs of a facility count? In the Union, or with evidence of Article 72(3)."""
    return case.file.facilities[facility].proven


def claims(case: Case, plants: Plants, flows: Flows) -> tuple[Claim, ...]:
    """Every origin's share of every fraction, what it counts for and why not; back-assigned output included."""
    found: list[Claim] = []
    for fraction in flows.fractions:
        its = fate(case, plants, fraction)
        country = case.file.facilities[fraction.facility].country
        region = EU if in_union(country) else NON_EU
        allowed = evidence_ok(case, fraction.facility)
        for row in sorted(fraction.content):
            for origin, mass in fraction.content[row].items():
                why = _not_counted(case, flows, origin)
                reason = its.reason or why or ("" if allowed else NO_EVIDENCE)
                scope = _scope(flows, origin, row)
                ok = not reason
                found.append(Claim(fraction, row, origin, mass, scope, ok and its.efficiency,
                                   ok and its.recovery and its.sells(row) and row in rules().general["metals"],
                                   reason, region, its.year, its.use))  # fmt: skip
        if fraction.group == CLOSING:
            found += _later(case, plants, flows, fraction, region, allowed)
    return tuple(found)


def _not_counted(case: Case, flows: Flows, origin: Origin) -> str:
    """Why an origin is no input of this report; empty if it is."""
    if origin.kind == REAGENT:
        return "came with a reagent"
    if origin.kind == EARLIER:
        return "input of an earlier year"
    if origin.unproven:
        return NO_EVIDENCE
    lot = case.file.lots[origin.lot]
    if not lot.counted:
        return not_input(lot)
    return "" if flows.lots[origin.lot].parts[origin.part].counted else "no part of the battery"


def not_input(lot: Lot) -> str:
    """Why a lot is no input; empty if it is."""
    if lot.counted:
        return ""
    return "rework is no waste" if lot.origin == "rework" else f"{lot.form} is no input of the first recycler"


def _scope(flows: Flows, origin: Origin, row: str) -> float:
    if origin.kind:
        return 0.0
    part = flows.lots[origin.lot].parts[origin.part]
    return part.scope.get(row, 0.0) if part.counted else 0.0


def _later(case: Case, plants: Plants, flows: Flows, stock: Fraction, region: str, allowed: bool) -> Iterable[Claim]:
    """Output that the next two years make of a closing stock, counted for the year of its input."""
    declared = case.file.facilities[stock.facility].closing[stock.name]
    found: dict[int, Later] = dict(declared.later)
    for row in sorted(stock.content):
        shares = [entry for year, later in sorted(found.items()) for entry in _yields(later, year, row)]
        if not found and case.file.options.later_years == "this_year":
            made_of = partial(this_year, case, plants, flows, stock.facility, row)
            year = case.file.year + 1
            shares = [(year, made_of(recovery=True), True, True), (year, made_of(recovery=False), True, False)]
        for year, yielded, efficient, recovered in shares:
            for origin, mass in stock.content[row].items():
                made = mass * yielded
                if not made[0] > 0.0:
                    continue
                reason = _not_counted(case, flows, origin) or ("" if allowed else NO_EVIDENCE)
                recovers = recovered and row in rules().general["metals"]
                yield Claim(stock, row, origin, made, _scope(flows, origin, row), not reason and efficient,
                            not reason and recovers, reason, region, year,
                            "product" if recovered else "material")  # fmt: skip


def _yields(later: Later, year: int, row: str) -> list[tuple[int, Array | float, bool, bool]]:
    """Year, share of the stock's row that became output, and whether that counts in the efficiency and the recovery."""
    recovered = later.share * of_row(later.recovered, row)
    if later.efficiency is not None:
        return [(year, later.share * later.efficiency, True, False), (year, recovered, False, True)]
    return [(year, recovered, True, True), (year, later.share * of_row(later.material, row), True, False)]


def of_row(shares: Mapping[str, float], row: str) -> float:
    """Share of a row: its own, that of iron for both rows of iron, that of the others for an element without a row."""
    wider = "Fe" if row in ("Fe_cell", "Steel") else form_row(row)
    return shares.get(row, shares.get(wider, 0.0))


def this_year(case: Case, plants: Plants, flows: Flows, facility: str, row: str, *, recovery: bool) -> Array | float:
    """Share of a row a facility worked off this year that reached an output, here or further down the chain.

    With ``recovery`` at a calculation point; else output that counts in the efficiency only.
    """
    if not evidence_ok(case, facility):
        return 0.0
    fractions = flows.of(facility)
    worked = sum((each.total(row) for each in fractions if each.group != CLOSING), start=0.0)
    out: Array | float = 0.0
    for each in fractions:
        if each.group != OUT:
            continue
        its = fate(case, plants, each)
        if each.taken_by:
            out = out + each.total(row) * this_year(case, plants, flows, each.taken_by, row, recovery=recovery)
        else:
            recovers = its.recovery and its.sells(row)
            out = out + each.total(row) if (recovers if recovery else its.efficiency and not recovers) else out
    return out / worked if _first(worked) > 0.0 else 0.0


def _first(value: Array | float) -> float:
    return float(value) if isinstance(value, float | int) else float(value[0])


@dataclass(frozen=True)
class Block:
    """Input and output of one family, of one Member State of collection or all.

    Attributes:
        inputs: row -> kg of counted input. outputs: region -> row -> kg. scope_in, scope_out: metal -> kg in the scope
            of the recovery.
    """

    inputs: Mapping[str, Array]
    outputs: Mapping[str, Mapping[str, Array]]
    scope_in: Mapping[str, Array]
    scope_out: Mapping[str, Mapping[str, Array]]

    def efficiency(self, counted: frozenset[str]) -> tuple[Array | float, Array | float]:
        """Output and input that count, kg, given the elements with a switch that are taken into account."""
        out = sum((m for rows in self.outputs.values() for row, m in rows.items() if takes(row, counted)), start=0.0)
        return out, sum((m for row, m in self.inputs.items() if takes(row, counted)), start=0.0)

    def recovery(self, metal: str) -> tuple[Array | float, Array | float]:
        """Recovered and fed metal, kg."""
        return sum((rows[metal] for rows in self.scope_out.values() if metal in rows), start=0.0), self.scope_in.get(
            metal, 0.0
        )


def takes(row: str, counted: frozenset[str]) -> bool:
    """Does a row count, given the elements with a switch that are taken into account?"""
    return row in counted or row not in switched()


def switched() -> frozenset[str]:
    """Elements that have a switch in some regime."""
    return frozenset().union(*(regime.mandatory | regime.optional for regime in rules().regimes))


def block(flows: Flows, found: Iterable[Claim], lots: Collection[str]) -> Block:
    """Sums over some lots."""
    inputs: dict[str, Array] = {}
    scope_in: dict[str, Array] = {}
    for lot, content in flows.lots.items():
        if lot not in lots:
            continue
        for part in content.parts.values():
            if not part.counted:
                continue
            for row, mass in part.rows.items():
                _sum(inputs, row, mass)
                if part.scope.get(row, 0.0) > 0.0:
                    _sum(scope_in, row, part.scope[row] * mass)
    outputs: dict[str, dict[str, Array]] = {EU: {}, NON_EU: {}}
    scope_out: dict[str, dict[str, Array]] = {EU: {}, NON_EU: {}}
    for claim in found:
        if claim.origin.kind or claim.origin.lot not in lots:
            continue
        if claim.efficiency:
            _sum(outputs[claim.region], claim.row, claim.mass)
        if claim.recovery and claim.scope > 0.0:
            _sum(scope_out[claim.region], claim.row, claim.scope * claim.mass)
    return Block(inputs, outputs, scope_in, scope_out)


def _sum(table: dict[str, Array], row: str, mass: Array) -> None:
    table[row] = table[row] + mass if row in table else mass


def percent(out: Array | float, into: Array | float) -> Array | float | None:
    """A rate, per cent; None without input."""
    return 100.0 * out / into if _first(into) > 0.0 else None
