"""Where each metal went: from the input in scope of the recovery, step by step, to what was recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.figures import metals
from hydromet.assess.eu_recovery.flows import CLOSING, UNACCOUNTED
from hydromet.assess.eu_recovery.rates import fate

if TYPE_CHECKING:
    from hydromet.assess.eu_recovery.amounts import Array
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.flows import Fraction
    from hydromet.assess.eu_recovery.plant import Plants
    from hydromet.assess.eu_recovery.rates import Standing

_TONNE = 1000.0
# Steps smaller than this share of the input are round-off of the tracing.
_TINY = 1e-12


def waterfalls(case: Case, plants: Plants, found: Figures) -> dict[str, dict[str, Any]]:
    """Metal of the lithium-based or other families -> input, steps of loss in the order of the chain, recovered.

    Returns:
        ``family.metal`` -> ``input_t``, ``steps`` (facility, fraction, use, reason, mass_t, percent), ``recovered_t``;
        input less the steps is the recovered metal, to round-off.
    """
    table = {}
    for family, each in found.totals.items():
        lots = {name for name, lot in case.file.lots.items() if lot.counted and lot.family == family}
        for metal in metals(each):
            into = float(each.scope_in[metal][0])
            steps = _steps(case, plants, found, lots, metal, into)
            recovered = into - sum(step["mass_t"] for step in steps) * _TONNE
            table[f"{family}.{metal}"] = {
                "input_t": into / _TONNE, "steps": steps, "recovered_t": recovered / _TONNE,
                "recovered_percent": 100.0 * recovered / into,
            }  # fmt: skip
    return table


def _steps(case: Case, plants: Plants, found: Figures, lots: set[str], metal: str, into: float) -> list[dict[str, Any]]:
    recovered: dict[tuple[str, str, str], float] = {}
    reasons: dict[tuple[str, str, str], str] = {}
    for claim in found.claims:
        key = (claim.fraction.facility, claim.fraction.group, claim.fraction.name)
        if claim.row == metal and not claim.origin.kind and claim.origin.lot in lots:
            if claim.recovery:
                recovered[key] = recovered.get(key, 0.0) + claim.scope * float(claim.mass[0])
            elif claim.reason:
                reasons.setdefault(key, claim.reason)
    steps = []
    for fraction in found.flows.fractions:
        if fraction.taken_by:
            continue
        key = (fraction.facility, fraction.group, fraction.name)
        lost = _in_scope(found, fraction, lots, metal) - recovered.get(key, 0.0)
        if abs(lost) > _TINY * into:
            its = fate(case, plants, fraction)
            steps.append({
                "facility": fraction.facility, "fraction": fraction.name, "use": _use(fraction, its.use),
                "reason": reasons.get(key) or its.reason or _why_lost(its), "mass_t": lost / _TONNE,
                "percent": 100.0 * lost / into,
            })  # fmt: skip
    return steps


def _why_lost(its: Standing) -> str:
    return "impurity of a product" if its.recovery else f"{its.use} is no recovery"


def _use(fraction: Fraction, use: str) -> str:
    return {UNACCOUNTED: "not accounted for", CLOSING: "closing stock"}.get(fraction.group, use)


def _in_scope(found: Figures, fraction: Fraction, lots: set[str], metal: str) -> float:
    total = 0.0
    for origin, mass in fraction.content.get(metal, {}).items():
        if not origin.kind and origin.lot in lots:
            part = found.flows.lots[origin.lot].parts[origin.part]
            total += part.scope.get(metal, 0.0) * _first(mass) if part.counted else 0.0
    return total


def _first(mass: Array) -> float:
    return float(mass[0])
