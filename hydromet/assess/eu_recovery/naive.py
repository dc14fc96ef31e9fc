"""What a naive calculation would claim: the same flows counted with one of the mistakes T01 to T16, or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.eu_recovery.flows import CLOSING, EARLIER, REAGENT
from hydromet.assess.eu_recovery.rates import EFFICIENCY, NO_EVIDENCE, RECOVERY, fate, takes
from hydromet.assess.eu_recovery.rules import BLACK_MASS, rules

if TYPE_CHECKING:
    from hydromet.assess.eu_recovery.amounts import PartContent
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.flows import Fraction
    from hydromet.assess.eu_recovery.plant import Plants
    from hydromet.assess.eu_recovery.rates import Claim

_TO_LAND = frozenset({"construction", "backfill", "landfill"})
_BURNT = frozenset({"fuel", "energy"})


class Naive:
    """The rates of one family with some mistakes made.

    Args:
        case, plants, found: the case and its figures. family: whose rates. traps: mistakes made, ``T01`` ...
    """

    def __init__(self, case: Case, plants: Plants, found: Figures, family: str, traps: frozenset[str]) -> None:
        self.case, self.plants, self.found, self.traps = case, plants, found, traps
        lots = case.file.lots
        self.lots = {n for n, lot in lots.items() if lot.counted and (lot.family == family or "T14" in traps)}
        year = rules().general["first_reporting_year"] if "T09" in traps else case.file.year
        regime = rules().regime(year)
        self.counted = regime.counted(case.file.options.count)
        if "T09" in traps:  # the choices of a year in which the reporter could leave them out
            self.counted -= rules().regime(case.file.year).mandatory
        self.above = self.counted | regime.optional if "T08" in traps else self.counted
        self.sources = self._black_mass_users() if "T01" in traps else frozenset()

    def rates(self) -> dict[str, float]:
        """``rRE`` and metals -> per cent; absent without input."""
        into, scope_in = self._inputs()
        out, scope_out = 0.0, dict.fromkeys(scope_in, 0.0)
        for claim in self.found.claims:
            efficiency, recovery, scope = self._counts(claim)
            # Whoever weighs a salt or a slag does not take its oxygen off.
            if efficiency and (takes(claim.row, self.above) or claim.origin.kind == REAGENT):
                out += float(claim.mass[0]) * self._gross(claim, EFFICIENCY)
            if recovery and claim.row in scope_out:
                scope_out[claim.row] += scope * float(claim.mass[0]) * self._gross(claim, RECOVERY)
        found = {EFFICIENCY: 100.0 * out / into} if into > 0.0 else {}
        return found | {m: 100.0 * scope_out[m] / mass for m, mass in scope_in.items() if mass > 0.0}

    def _inputs(self) -> tuple[float, dict[str, float]]:
        into, scope_in = 0.0, dict.fromkeys(rules().general["metals"], 0.0)
        for lot in sorted(self.lots):
            if "T02" in self.traps and self.case.file.lots[lot].origin == "production":
                continue
            content = self.found.flows.lots[lot]
            if "T06" in self.traps:
                into += float((content.wet - content.dry)[0])
            for name, part in content.parts.items():
                if not part.counted or ("T10" in self.traps and self._dismantled(lot, name)):
                    continue
                if not ("T16" in self.traps and self._casing(part)):
                    into += sum(float(mass[0]) for row, mass in part.rows.items() if takes(row, self.counted))
                for metal in scope_in:
                    scope = 1.0 if "T07" in self.traps else part.scope.get(metal, 0.0)
                    scope_in[metal] += scope * float(part.rows[metal][0]) if metal in part.rows else 0.0
        if "T12" in self.traps:
            for claim in self.found.claims:
                if claim.fraction.group == CLOSING and claim.use == CLOSING and claim.origin.lot in self.lots:
                    into -= float(claim.mass[0]) if takes(claim.row, self.counted) else 0.0
                    if claim.row in scope_in:
                        scope_in[claim.row] -= claim.scope * float(claim.mass[0])
        return into, scope_in

    @staticmethod
    def _casing(part: PartContent) -> bool:
        return part.kind == "impurities" or bool(rules().parts[part.kind].get("casing"))

    def _counts(self, claim: Claim) -> tuple[bool, bool, float]:
        """Efficiency, recovery, scope of a claim as the naive reader takes them."""
        origin, fraction, scope = claim.origin, claim.fraction, claim.scope
        of_lot = not origin.kind and origin.lot in self.lots and self.found.flows.lots[origin.lot].parts[
            origin.part].counted  # fmt: skip
        reagent = origin.kind == REAGENT and "T11" in self.traps
        earlier = origin.kind == EARLIER and "T12" in self.traps
        if not (of_lot or reagent or earlier) or fraction.facility in self.sources:
            return False, False, 0.0
        if "T10" in self.traps and of_lot and self._dismantled(origin.lot, origin.part):
            return False, False, 0.0
        if "T01" in self.traps and self._is_black_mass(fraction):
            return True, True, scope
        if fraction.group == CLOSING:
            kept = claim.use != CLOSING and "T12" not in self.traps
            return kept and claim.efficiency, kept and claim.recovery, scope
        efficiency, recovery = claim.efficiency, claim.recovery
        if reagent or earlier or ("T13" in self.traps and claim.reason == NO_EVIDENCE):
            its = fate(self.case, self.plants, fraction)
            efficiency, recovery = its.efficiency, its.recovery and its.sells(claim.row) and not reagent
            scope = 1.0 if earlier else scope
        if claim.use in _TO_LAND and "T05" in self.traps:
            efficiency = True
        if claim.use in _BURNT and "T15" in self.traps:
            efficiency = True
        if claim.use == "slag" and "T04" in self.traps:
            recovery = True
        return efficiency, recovery, 1.0 if "T07" in self.traps and of_lot else scope

    def _gross(self, claim: Claim, what: str) -> float:
        """Weight of a compound over the weight of what is battery-derived in it, or of its metal (T03)."""
        if "T03" not in self.traps or claim.fraction.dry is None or claim.origin.kind:
            return 1.0
        outlet = self.case.file.facilities[claim.fraction.facility].out.get(claim.fraction.name)
        if outlet is None or outlet.compound is None:
            return 1.0
        rows = [claim.row] if what == RECOVERY else list(claim.fraction.content)
        own = sum(
            float(mass[0])
            for row in rows
            for origin, mass in claim.fraction.content[row].items()
            if origin.kind != REAGENT or origin.part
        )
        return float(claim.fraction.dry[0]) / own if own > 0.0 else 1.0

    def _dismantled(self, lot: str, part: str) -> bool:
        from hydromet.assess.eu_recovery.composition import parts_of
        from hydromet.assess.eu_recovery.network import Source

        if parts_of(self.case.file.lots[lot])[part].dismantled:
            return True
        taker = next(f for f in self.case.file.facilities if Source(lot, "", part) in self.found.flows.network.takes(f))
        return self.case.file.facilities[taker].role == "other_route"

    def _is_black_mass(self, fraction: Fraction) -> bool:
        outlet = self.case.file.facilities[fraction.facility].out.get(fraction.name)
        return outlet is not None and outlet.commodity == BLACK_MASS

    def _black_mass_users(self) -> frozenset[str]:
        """Facilities below a black mass: what they make would be counted twice."""
        users = {each.taken_by for each in self.found.flows.fractions if self._is_black_mass(each)} - {""}
        while more := {each.taken_by for each in self.found.flows.fractions if each.facility in users} - users - {""}:
            users |= more
        return frozenset(users)
