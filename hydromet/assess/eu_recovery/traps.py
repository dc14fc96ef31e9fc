"""Which of the traps T01 to T16 a case meets, where, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.composition import parts_of
from hydromet.assess.eu_recovery.fields import in_union
from hydromet.assess.eu_recovery.flows import OUT, REAGENT
from hydromet.assess.eu_recovery.rates import SLAG, switched
from hydromet.assess.eu_recovery.rules import BLACK_MASS, rules, traps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.plant import Plants
    from hydromet.errors import Place

MET, CORRECTED = "met", "corrected"
# Roads and concrete are no landfill: slag there is `slag`.
_LAND = {"construction": "construction of landfills"}


@dataclass(frozen=True)
class Trap:
    """One trap a case meets.

    Attributes:
        code: of the warning. trap: ``T01`` to ``T16``. what: where in the case, and what was done.
        state: ``met`` (declared as the rules want it) or ``corrected`` (declared otherwise; the rules hold).
    """

    code: str
    trap: str
    what: str
    state: str
    place: Place

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        entry = traps()[self.trap]
        return {
            "code": self.code, "trap": self.trap, "state": self.state, "what": self.what, "article": entry["article"],
            "wrong": entry["wrong"], "right": entry["right"], "file": self.place.file, "line": self.place.line,
            "column": self.place.column,
        }  # fmt: skip


def lint(case: Case, plants: Plants, found: Figures) -> tuple[Trap, ...]:
    """Every trap the case meets, by number, then place."""
    look = _Look(case, plants, found)
    met = [*look.lots(), *look.switches(), *look.families(), *look.outlets(), *look.stocks(), *look.outside()]
    return tuple(sorted(met, key=lambda each: (each.trap, each.place.line, each.place.column, each.what)))


class _Look:
    """Looks for traps in a case."""

    def __init__(self, case: Case, plants: Plants, found: Figures) -> None:
        self.case, self.plants, self.found = case, plants, found
        self.lots_in = {name: lot for name, lot in case.file.lots.items() if lot.counted}

    def _at(self, *path: str) -> Place:
        where = (*self.case.path, *path)
        while where and where not in self.case.document.values:
            where = where[:-1]
        return self.case.document.place(where, key=True)

    def lots(self) -> Iterator[Trap]:
        """T02, T06, T07, T10, T16: what is input and what is not."""
        for name, lot in self.case.file.lots.items():
            if lot.origin == "production":
                does = "input" if lot.counted else "no input, and its share of every output is left out"
                yield Trap("W902", "T02", f"{name}: {lot.form} from production: {does}", MET, self._at("lots", name))
            if not lot.counted:
                continue
            if (lot.moisture and lot.moisture.value > 0.0) or lot.packaging:
                content = self.found.flows.lots[name]
                wet, dry = float(content.wet[0]) / 1000.0, float(content.dry[0]) / 1000.0
                yield Trap("W906", "T06", f"{name}: {lot.mass.value / 1000.0:.6g} t received, {wet:.6g} t without "
                           f"packaging, {dry:.6g} t dry counts", MET, self._at("lots", name, "moisture"))  # fmt: skip
            yield from self._parts(name)

    def _parts(self, name: str) -> Iterator[Trap]:
        network, facilities = self.found.flows.network, self.case.file.facilities
        for part, content in self.found.flows.lots[name].parts.items():
            place = self._at("lots", name, "parts", part)
            outside = {m: mass for m, mass in content.rows.items() if m in rules().general["metals"]
                       and content.scope.get(m, 0.0) < 1.0 and float(mass[0]) > 0.0}  # fmt: skip
            if outside and content.counted:
                tonnes = ", ".join(f"{m} {float(x[0]) * (1.0 - content.scope.get(m, 0.0)) / 1000.0:.4g} t"
                                   for m, x in sorted(outside.items()))  # fmt: skip
                yield Trap("W907", "T07", f"{name}.{part}: {tonnes} outside the recovery, above and below the line",
                           MET, place)  # fmt: skip
            entry = parts_of(self.case.file.lots[name])[part]
            taker = next((f for f in facilities if any((s.lot, s.name) == (name, part) for s in network.takes(f))), "")
            if entry.dismantled or (taker and facilities[taker].role == "other_route"):
                yield Trap("W910", "T10", f"{name}.{part}, taken by {taker}, stays in the input", MET, place)
            if content.kind == "impurities" or rules().parts[content.kind].get("casing"):
                yield Trap("W916", "T16", f"{name}.{part} stays in the input", MET, place)

    def switches(self) -> Iterator[Trap]:
        """T08, T09: elements with a switch."""
        chosen: dict[Any, bool] = dict(self.case.file.options.count)
        year = self.case.file.year
        regime = rules().regime(year)
        refused = sorted(each for each in regime.mandatory if not chosen.get(each, True))
        if refused:
            does = f"{', '.join(refused)} cannot be left out of a report of {year}: counted"
            yield Trap("W909", "T09", does, CORRECTED, self._at("options", "count"))
        elif regime.mandatory:
            yield Trap("W909", "T09", f"{', '.join(sorted(regime.mandatory))} count in a report of {year}", MET,
                       self._at("year"))  # fmt: skip
        counted = regime.counted(chosen)
        out = {claim.row for claim in self.found.claims if claim.efficiency and claim.row in switched() - counted}
        if out:
            does = f"{', '.join(sorted(out))} in outputs: not taken into account on either side"
            yield Trap("W908", "T08", does, MET, self._at("options", "count"))

    def families(self) -> Iterator[Trap]:
        """T14: more than one chemistry family."""
        families = sorted({lot.family for lot in self.lots_in.values()})
        if len(families) > 1:
            for name, lot in self.lots_in.items():
                state = MET if lot.sorting else CORRECTED
                record = f"sorting analysis {lot.sorting}" if lot.sorting else "no sorting analysis is named"
                yield Trap("W914", "T14", f"{name}: {lot.family}, a rate of its own; {record}", state,
                           self._at("lots", name, "family"))  # fmt: skip

    def outlets(self) -> Iterator[Trap]:
        """T01, T03, T04, T05, T11, T15: what is output and what is not."""
        for fraction in self.found.flows.fractions:
            facility = self.case.file.facilities[fraction.facility]
            declared = facility.out.get(fraction.name)
            fates = self.plants.fates.get(fraction.facility, {})
            use = declared.use if declared else fates[fraction.name].use if fraction.name in fates else ""
            if fraction.group != OUT or not use:
                continue
            name = f"{fraction.facility}.{fraction.name}"
            group = ("out",) if declared else ("plant", "uses")
            place = self._at("facilities", fraction.facility, *group, fraction.name)
            commodity = declared.commodity if declared else fates[fraction.name].commodity
            if commodity == BLACK_MASS:
                state = MET if use == "intermediate" else CORRECTED
                yield Trap(
                    "W901", "T01", f"{name}, declared {use}: intermediate, nothing of it is recovered", state, place
                )
            if declared is not None and declared.compound and use == "product":
                yield Trap("W903", "T03", f"{name}: the metal in {declared.compound} counts, not its mass", MET, place)
            metals = sorted(m for m in rules().general["metals"] if m in fraction.content)
            if metals and (use == "slag" or (commodity == SLAG and use == "product")):
                state = MET if use == "slag" else CORRECTED
                yield Trap("W904", "T04", f"{name}: {', '.join(metals)} in slag is not recovered", state, place)
            if use in ("construction", "backfill", "landfill"):
                yield Trap("W905", "T05", f"{name}: {_LAND.get(use, use)} is no output", MET, place)
            if use in ("energy", "fuel"):
                yield Trap("W915", "T15", f"{name}: {use} is no output", MET, place)
            yield from self._reagents(name, use, fraction.content, place)

    def _reagents(self, name: str, use: str, content: Any, place: Place) -> Iterator[Trap]:
        born = sorted({row for row, origins in content.items() for o in origins if o.kind == REAGENT})
        if born and use in ("product", "material", "slag"):
            yield Trap("W911", "T11", f"{name}: {', '.join(born)} of reagents does not count", MET, place)

    def stocks(self) -> Iterator[Trap]:
        """T12: several years."""
        for name, facility in self.case.file.facilities.items():
            for key in facility.opening:
                yield Trap("W912", "T12", f"{name}.{key}: opening stock, output of an earlier year's input", MET,
                           self._at("facilities", name, "opening", key))  # fmt: skip
            for key, stock in facility.closing.items():
                years = ", ".join(str(year) for year in sorted(stock.later)) or "this year's efficiency"
                yield Trap("W912", "T12", f"{name}.{key}: closing stock assigned back with {years}", MET,
                           self._at("facilities", name, "closing", key))  # fmt: skip
            for key, outlet in facility.out.items():
                if outlet.year not in (None, self.case.file.year):
                    yield Trap("W912", "T12", f"{name}.{key}: made in {outlet.year}, counts for {self.case.file.year}",
                               MET, self._at("facilities", name, "out", key))  # fmt: skip

    def outside(self) -> Iterator[Trap]:
        """T13: facilities outside the Union."""
        for name, facility in self.case.file.facilities.items():
            if not in_union(facility.country):
                state = MET if facility.evidence else CORRECTED
                does = (
                    f"counts with {facility.evidence}"
                    if facility.evidence
                    else "no evidence: its output counts zero, and so does what others make of its fractions"
                )
                yield Trap("W913", "T13", f"{name} in {facility.country}: {does}", state,
                           self._at("facilities", name, "country"))  # fmt: skip
