"""The kinds of quantity and the units of the trade: what ``quantity`` reads without a unit library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ATMOSPHERE = 101325.0
ZERO_CELSIUS = 273.15
# A normal cubic metre: ideal gas at 0 degC and 101325 Pa, mol (R = 8.31446261815324 J/mol/K exactly).
NORMAL_CUBIC_METRE = ATMOSPHERE / (8.31446261815324 * ZERO_CELSIUS)

_MINUTE, _HOUR, _DAY, _YEAR = 60.0, 3600.0, 86400.0, 31557600.0
_PSI = 0.45359237 * 9.80665 / 0.0254**2
_FAHRENHEIT = 5 / 9


@dataclass(frozen=True)
class Dimension:
    """A kind of quantity.

    Attributes:
        name: as used in messages.
        si: unit of the stored float.
        example: text that parses.
        units: unit -> SI units in one of it: the units read without pint.
        offsets: unit -> SI value of its zero, where that is not zero.
        bare: a number without a unit is right.
    """

    name: str
    si: str
    example: str
    units: Mapping[str, float]
    offsets: Mapping[str, float]
    bare: bool = False


def _per_time(units: dict[str, float]) -> dict[str, float]:
    times = {"s": 1.0, "min": _MINUTE, "h": _HOUR, "d": _DAY, "year": _YEAR}
    return {f"{unit}/{time}": size / seconds for unit, size in units.items() for time, seconds in times.items()}


_MASS = {"kg": 1.0, "g": 1e-3, "mg": 1e-6, "t": 1e3, "kt": 1e6}
_AMOUNT = {"mol": 1.0, "mmol": 1e-3, "kmol": 1e3}
_VOLUME = {"m3": 1.0, "L": 1e-3, "mL": 1e-6}
_ENERGY = {"J": 1.0, "kJ": 1e3, "MJ": 1e6, "GJ": 1e9, "kWh": 3.6e6, "MWh": 3.6e9}
_POWER = {"W": 1.0, "kW": 1e3, "MW": 1e6}
_MASS_RATIOS = {
    "wt%": 0.01, "kg/kg": 1, "g/kg": 1e-3, "mg/kg": 1e-6, "g/g": 1, "mg/g": 1e-3, "t/t": 1, "kg/t": 1e-3, "g/t": 1e-6
}  # fmt: skip
SHARES = {
    "mass fraction": _MASS_RATIOS,
    "mole fraction": {"mol%": 0.01, "mol/mol": 1.0, "mmol/mol": 1e-3},
    "volume fraction": {"vol%": 0.01, "m3/m3": 1.0, "L/L": 1.0, "mL/L": 1e-3, "L/m3": 1e-3},
}


def _dimensions() -> dict[str, Dimension]:
    molar = {"mol/m3": 1.0, "mol/L": 1e3, "mmol/L": 1.0, "M": 1e3, "mM": 1.0}
    flux = {"m/s": 1.0, "m/h": 1 / _HOUR, "m3/m2/h": 1 / _HOUR, "L/m2/h": 1e-3 / _HOUR}
    per_mass = {"J/kg": 1.0, "kJ/kg": 1e3, "MJ/kg": 1e6, "kWh/kg": 3.6e6, "kWh/t": 3.6e3}
    rows: list[tuple[str, str, str, dict[str, float]]] = [
        ("temperature", "K", "60 degC", {"K": 1.0, "degC": 1.0, "degF": _FAHRENHEIT}),
        ("temperature difference", "K", "10 K", {"K": 1.0, "degC": 1.0, "degF": _FAHRENHEIT}),
        ("time", "s", "4 h", {"s": 1.0, "min": _MINUTE, "h": _HOUR, "d": _DAY, "year": _YEAR}),
        ("length", "m", "50 mm", {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "um": 1e-6}),
        ("area", "m2", "20 m2", {"m2": 1.0}),
        ("volume", "m3", "20 m3", _VOLUME),
        ("mass", "kg", "5 kg", _MASS),
        ("amount", "mol", "2 mol", _AMOUNT),
        ("energy", "J", "3 kWh", _ENERGY),
        ("power", "W", "15 kW", _POWER),
        ("pressure", "Pa", "2 bar", {"Pa": 1.0, "kPa": 1e3, "MPa": 1e6, "bar": 1e5, "mbar": 1e2, "atm": ATMOSPHERE}),
        ("mass flow", "kg/s", "1000 kg/h", _per_time(_MASS)),
        ("molar flow", "mol/s", "10 kmol/h", _per_time({**_AMOUNT, "Nm3": NORMAL_CUBIC_METRE})),
        ("volume flow", "m3/s", "12 m3/h", _per_time(_VOLUME)),
        ("mass concentration", "kg/m3", "10 g/L", {"kg/m3": 1.0, "g/L": 1.0, "mg/L": 1e-3, "g/m3": 1e-3, "g/mL": 1e3}),
        (
            "gas concentration",
            "kg/mol",
            "5 mg/Nm3",
            {"g/Nm3": 1e-3 / NORMAL_CUBIC_METRE, "mg/Nm3": 1e-6 / NORMAL_CUBIC_METRE},
        ),
        ("molar concentration", "mol/m3", "0.5 mol/L", molar),
        ("equivalent concentration", "eq/m3", "2 eq/L", {"eq/m3": 1.0, "eq/L": 1e3, "meq/L": 1.0}),
        ("molality", "mol/kg", "0.5 mol/kg", {"mol/kg": 1.0, "mmol/kg": 1e-3}),
        ("density", "kg/m3", "1200 kg/m3", {"kg/m3": 1.0, "g/L": 1.0, "g/mL": 1e3, "g/cm3": 1e3, "t/m3": 1e3}),
        ("specific power", "W/m3", "1 kW/m3", {"W/m3": 1.0, "kW/m3": 1e3}),
        ("specific energy", "J/kg", "30 kWh/t", per_mass),
        ("molar energy", "J/mol", "60 kJ/mol", {"J/mol": 1.0, "kJ/mol": 1e3}),
        ("heat transfer coefficient", "W/m2/K", "1500 W/m2/K", {"W/m2/K": 1.0, "kW/m2/K": 1e3}),
        ("mass ratio", "kg/kg", "2.5 kg/kg", _MASS_RATIOS),
        ("mass flux", "kg/m2/s", "300 kg/m2/h", {"kg/m2/s": 1.0, "kg/m2/h": 1 / _HOUR}),
        ("volume flux", "m/s", "0.2 m3/m2/h", flux),
        ("rate constant", "1/s", "0.5 1/h", {"1/s": 1.0, "1/min": 1 / _MINUTE, "1/h": 1 / _HOUR}),
        ("rotation", "1/s", "60 rpm", {"1/s": 1.0, "rpm": 1 / _MINUTE}),
        ("haulage", "t*km", "40 t.km", {"t*km": 1.0, "kg*km": 1e-3, "kt*km": 1e3}),
        ("voltage", "V", "0.77 V", {"V": 1.0, "mV": 1e-3}),
        ("current density", "A/m2", "400 A/m2", {"A/m2": 1.0, "kA/m2": 1e3, "mA/cm2": 10.0}),
        ("operating time", "s/s", "8000 h/y", {"h/year": _HOUR / _YEAR, "d/year": _DAY / _YEAR}),
    ]
    table = {name: Dimension(name, si, example, units, {}) for name, si, example, units in rows}
    gauge = {f"{unit}g": ATMOSPHERE for unit in ("bar", "kPa", "MPa", "psi")}
    pressures = {**table["pressure"].units, "psi": _PSI, "barg": 1e5, "kPag": 1e3, "MPag": 1e6, "psig": _PSI}
    table["pressure"] = Dimension("pressure", "Pa", "2 bar", pressures, gauge)
    zeros = {"degC": ZERO_CELSIUS, "degF": ZERO_CELSIUS - 32 * _FAHRENHEIT}
    table["temperature"] = Dimension("temperature", "K", "60 degC", table["temperature"].units, zeros)
    for name, units in SHARES.items():
        table[name] = Dimension(name, list(units)[1], f"30 {next(iter(units))}", units, {})
    for name, example, units in (
        ("fraction", "30 %", {"%": 0.01}),
        ("ratio", "1.5", {}),
        ("pH", "1.8", {"pH": 1.0}),
        ("number", "3", {}),
    ):
        table[name] = Dimension(name, "", example, {"": 1.0, **units}, {}, bare=True)
    return table


DIMENSIONS: Mapping[str, Dimension] = _dimensions()
