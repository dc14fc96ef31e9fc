"""All rates of a case by name, as arrays over the cases of the uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.assess.eu_recovery.flows import trace
from hydromet.assess.eu_recovery.rates import EFFICIENCY, RECOVERY, block, claims, percent
from hydromet.assess.eu_recovery.rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.assess.eu_recovery.amounts import Array, Values
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.flows import Flows
    from hydromet.assess.eu_recovery.plant import Plants
    from hydromet.assess.eu_recovery.rates import Block, Claim

ALL_FAMILIES = "all_families"


@dataclass(frozen=True)
class Figures:
    """One pass of the arithmetic.

    Attributes:
        flows, claims: what moved and what it counts for. totals: family -> all Member States together.
        states: family -> Member State of collection -> block; lots without one are under ``""``.
        everything: all families together, for the recovery of materials.
    """

    flows: Flows
    claims: tuple[Claim, ...]
    totals: Mapping[str, Block]
    states: Mapping[str, Mapping[str, Block]]
    everything: Block


def figures(case: Case, plants: Plants, values: Values) -> Figures:
    """Trace the chain and sum it by family and Member State."""
    file = case.file
    flows = trace(case, values, plants)
    found = claims(case, plants, flows)
    states: dict[str, dict[str, set[str]]] = {}
    for name, lot in file.lots.items():
        if lot.counted:
            states.setdefault(lot.family, {}).setdefault(lot.collected_in or "", set()).add(name)
    families = [each for each in rules().families if each in states]
    return Figures(
        flows, found,
        {each: block(flows, found, frozenset().union(*states[each].values())) for each in families},
        {each: {state: block(flows, found, lots) for state, lots in sorted(states[each].items())} for each in families},
        block(flows, found, frozenset(name for name, lot in file.lots.items() if lot.counted)),
    )  # fmt: skip


def metals(each: Block) -> list[str]:
    """Metals with input in scope of the recovery."""
    return [m for m in rules().general["metals"] if m in each.scope_in and float(each.scope_in[m][0]) > 0.0]


def named(case: Case, found: Figures) -> dict[tuple[str, str, str], Array]:
    """(family or ``all_families``, ``rRE`` or ``rRM``, regime or metal) -> per cent."""
    chosen = case.file.options.count
    rates: dict[tuple[str, str, str], Array] = {}
    for family, each in found.totals.items():
        for regime in rules().regimes:
            rate = percent(*each.efficiency(regime.counted(chosen)))
            if rate is not None:
                rates[family, EFFICIENCY, regime.name] = np.asarray(rate)
        rates |= _recoveries(family, each, metals(each))
    # The targets of metals are of all batteries: a metal that more than one family brings has a rate of them together.
    shared = [m for m in metals(found.everything) if sum(m in metals(each) for each in found.totals.values()) > 1]
    return rates | _recoveries(ALL_FAMILIES, found.everything, shared)


def _recoveries(family: str, each: Block, names: Iterable[str]) -> dict[tuple[str, str, str], Array]:
    found: dict[tuple[str, str, str], Array] = {}
    for metal in names:
        rate = percent(*each.recovery(metal))
        if rate is not None:
            found[family, RECOVERY, metal] = np.broadcast_to(np.asarray(rate), each.scope_in[metal].shape)
    return found
