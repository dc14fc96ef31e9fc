"""Questions that have no answer are refused by name before anything is computed."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from hydromet.errors import ChemistryError
from hydromet.species import WATER

if TYPE_CHECKING:
    from collections.abc import Mapping

# Temperatures, K, at which the engine answers at all: those of a heat balance; the data hold from 0 to 110 degC.
COLDEST_ASKED, HOTTEST_ASKED = 200.0, 600.0
# Round-off below zero that passes, as a share of the water, mol/mol.
_ROUND_OFF = 1e-9


def check_question(
    totals: Mapping[str, float],
    temperature: float,
    pressures: Mapping[str, float] | None = None,
    titrant: Mapping[str, float] | None = None,
    pH: float | None = None,
) -> None:
    """Refuse what no equilibrium can be asked for.

    Args:
        totals: basis species -> mol, H+ net.
        temperature: K.
        pressures: gas -> Pa.
        titrant: totals of one dose.
        pH: target.

    Raises:
        ChemistryError: E551 not a finite number, E552 a negative total or no pressure, E553 temperature.
    """
    check_temperature(temperature)
    if pH is not None and not isfinite(pH):
        raise ChemistryError("E551", read=f"pH {pH}", expected="a finite number")
    least = -_ROUND_OFF * abs(totals.get(WATER, 0.0))
    _check_amounts(totals, "mol", least)
    if titrant:
        _check_amounts(titrant, "mol per dose", -_ROUND_OFF * sum(abs(x) for x in titrant.values()))
    for name, pressure in pressures.items() if pressures else ():
        if not isfinite(pressure):
            raise ChemistryError("E551", read=f"{name} at {pressure} Pa", expected="a finite number")
        if pressure <= 0.0:
            raise ChemistryError("E552", read=f"{name} at {pressure:g} Pa", expected="a partial pressure above zero")


def check_temperature(temperature: float) -> None:
    """Refuse a temperature, K, at which no equilibrium can be asked for.

    Raises:
        ChemistryError: E553.
    """
    if not COLDEST_ASKED <= temperature <= HOTTEST_ASKED:
        meant = temperature if 0.0 <= temperature <= 150.0 else 25.0
        raise ChemistryError(
            "E553",
            read=f"{temperature:g} K",
            expected=f"{COLDEST_ASKED:g} to {HOTTEST_ASKED:g} K",
            write=f"temperature={meant + 273.15:g}",
        )


def check_composition(composition: Mapping[str, float], pressure: float) -> None:
    """Refuse what no beaker holds.

    Args:
        composition: name as written -> mol/kg water.
        pressure: Pa.

    Raises:
        ChemistryError: E551 not a finite number, E552 a negative amount or no pressure.
    """
    for name, amount in composition.items():
        if not isfinite(amount):
            raise ChemistryError("E551", read=f"{name}: {amount} mol/kg", expected="a finite number")
        if amount < -_ROUND_OFF:
            raise ChemistryError("E552", read=f"{name}: {amount:g} mol/kg", expected="zero or more")
    if not isfinite(pressure):
        raise ChemistryError("E551", read=f"{pressure} Pa", expected="a finite number")
    if pressure <= 0.0:
        raise ChemistryError("E552", read=f"{pressure:g} Pa", expected="a pressure above zero", write="pressure=101325")


def _check_amounts(totals: Mapping[str, float], unit: str, least: float) -> None:
    amounts = totals.values()
    if isfinite(sum(amounts)) and min(amounts, default=0.0) >= least:
        return
    for name, amount in totals.items():
        if not isfinite(amount):
            raise ChemistryError("E551", read=f"{name}: {amount} {unit}", expected="a finite number")
        if amount < least and name not in ("H+", WATER):
            raise ChemistryError(
                "E552", read=f"{name}: {amount:g} {unit}", expected="zero or more; only H+ may be base"
            )
