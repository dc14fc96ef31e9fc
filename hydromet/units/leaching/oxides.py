"""Layered oxide that no reductant reaches: attack by acid, proton exchange, oxidation of water, MnO2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.species import species
from hydromet.units.leaching.halves import Half, combined, delithiation, dissolution, exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.units.leaching.clocks import Progress
    from hydromet.units.leaching.ledger import Ledger
    from hydromet.units.leaching.rates import Conditions

_WATER = Half({"H2O": -0.5, "O2(g)": 0.25, "H+": 1.0}, -1.0)
_MANGANESE = Half({"Mn+2": -1.0, "H2O": -2.0, "MnO2(s)": 1.0, "H+": 4.0}, -2.0)
# Residue that takes up an electron and a proton when it oxidises dissolved manganese; what is left can oxidise water.
_TAKERS = {
    "NiO2(s)": Half({"NiO2(s)": -1.0, "H+": -1.0, "NiOOH(s)": 1.0}, 1.0),
    "CoO2(s)": Half({"CoO2(s)": -1.0, "H+": -1.0, "CoOOH(s)": 1.0}, 1.0),
}


def unreduced(ledger: Ledger, oxides: Mapping[str, float], how: Conditions, done: Progress) -> None:
    """Everything that happens to the oxides without a reductant.

    Args:
        ledger: running account, after the reductants have taken their part.
        oxides: oxides fed, mol/s.
        how: conditions.
        done: how far every step came.
    """
    for solid, flow in oxides.items():
        if "Li" not in species(solid).elements:
            continue
        open_ = ledger.has(solid) - flow * (1.0 - how.open_share(solid))
        if open_ > 0.0:
            residue = _attack(ledger, solid, open_, done)
            # A reductant that is left keeps manganese in solution: the share counts only time without it.
            back = species(solid).elements.get("Mn", 0.0) * flow * done.precipitated.get(solid, 0.0)
            _precipitate(ledger, residue, back)
            _oxygen(ledger, residue, done.oxygen.get(solid, {}))


def _attack(ledger: Ledger, solid: str, open_: float, done: Progress) -> dict[str, float]:
    """Disproportionation, then exchange of lithium in what is left; the residue by species, mol/s."""
    half = dissolution(solid)
    residue: dict[str, float] = {}
    if half is None:
        return residue
    coefficients, _ = combined(half, delithiation(solid))
    attacked = done.attacked.get(solid, 0.0) * open_
    _run(ledger, coefficients, attacked / -coefficients[solid], residue)
    swap = exchange(solid)
    if swap:
        _run(ledger, swap.coefficients, done.exchanged.get(solid, 0.0) * (open_ - attacked), residue)
    return residue


def _run(ledger: Ledger, coefficients: Mapping[str, float], extent: float, residue: dict[str, float]) -> None:
    ledger.run(coefficients, extent)
    for name, count in coefficients.items():
        if count > 0.0 and name.endswith("(s)"):
            residue[name] = residue.get(name, 0.0) + count * extent


def _precipitate(ledger: Ledger, residue: dict[str, float], wanted: float) -> None:
    """Residue oxidises dissolved manganese: Mn+2 + 2 MO2 + 2 H2O = MnO2 + 2 MOOH + 2 H+."""
    takers = {name: residue[name] for name in _TAKERS if residue.get(name, 0.0) > 0.0}
    room = sum(takers.values())
    moved = min(wanted, ledger.has("Mn+2"), 0.5 * room)
    for name, flow in takers.items():
        coefficients, each = combined(_TAKERS[name], _MANGANESE)
        extent = moved * 2.0 * flow / room / each
        ledger.run(coefficients, extent)
        for solid, count in coefficients.items():
            # The new MnO2 is no residue: it does not oxidise water.
            if solid.endswith("OOH(s)") or solid == name:
                residue[solid] = residue.get(solid, 0.0) + count * extent


def _oxygen(ledger: Ledger, residue: Mapping[str, float], shares: Mapping[str, float]) -> None:
    """Residue oxidises water: 2 MO2 + 4 H+ = 2 M+2 + O2 + 2 H2O, 4 MOOH + 8 H+ = 4 M+2 + O2 + 6 H2O."""
    for name, flow in residue.items():
        half = dissolution(name)
        metal = next(e for e in species(name).elements if e not in ("O", "H"))
        if half and flow > 0.0:
            coefficients, _ = combined(half, _WATER)
            ledger.run(coefficients, shares.get(metal, 0.0) * flow / -coefficients[name])
