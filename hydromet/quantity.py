"""Text with a unit of measure to an SI float and back: ``parse("60 degC", "temperature")`` is 333.15.

Quantities live at the edges only; inside, everything is a plain float in SI units. The number and the unit are taken
apart here, before any unit library sees them, because the traps lie in between: a decimal comma, full-width digits,
``60 C`` (coulomb), ``2 N`` (newton), ``1.8 pH`` (picohenry), a percentage of nobody knows what. The units of the trade
are in a table; anything else is left to pint, which is imported only then and only here.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.errors import QuantityError

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
_SHARES = {
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
    for name, units in _SHARES.items():
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

_NUMBER = re.compile(r"(?P<number>[-+]?(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(?P<unit>.*)\Z", re.DOTALL)
_COMMA = re.compile(r"[-+]?\d*,\d")
_THOUSANDS = re.compile(r"(?P<number>[-+]?\d{1,3}(?:[,' _]\d{3})+)(?![\d,])(?P<rest>.*)\Z", re.DOTALL)
_RATIO = re.compile(r"(?P<a>\d+(?:\.\d+)?)\s*[:/]\s*(?P<b>\d+(?:\.\d+)?)\Z")
_POWER_OF = re.compile(r"(?<=[A-Za-z])\s?(?:\^|\*\*)?(-?\d)(?!\d)")
_ALLOWED = re.compile(r"[A-Za-zμΩ°%_ ()/*0-9-]{0,60}\Z")

# Canonical unit -> other ways it is written; upper and lower case count.
_SPELLINGS = {
    "degC": "°C;degrees C;deg C;celsius;Celsius",
    "degF": "°F;deg F",
    "K": "kelvin;°K",
    "wt%": "% w/w;%w/w;w/w%;mass%;mass-%;wt-%;wt %;mass %;m/m%;% m/m",
    "mol%": "mol-%;mol %;mole%;at%",
    "vol%": "vol-%;vol %;v/v%;% v/v;%v/v",
    "%": "percent;pct",
    "barg": "bar(g);bar g",
    "bar": "bara;bar(a);bar a",
    "kPag": "kPa(g)",
    "kPa": "kPaa;kPa(a)",
    "MPag": "MPa(g)",
    "g/L": "gpl;gpL",
    "Nm3/h": "N m3/h",
    "s": "seconds;sec",
    "min": "minutes;minute;mins",
    "h": "hours;hour;hr;hrs",
    "d": "days;day",
    "year": "years;yr;y;a",
    "um": "micron;μm",
    "1/s": "s-1;/s",
    "1/min": "min-1;/min",
    "1/h": "h-1;/h",
}
_ALIASES = {other: unit for unit, others in _SPELLINGS.items() for other in others.split(";")}
_WORDS = {"l": "L", "ml": "mL", "hr": "h", "y": "year", "yr": "year", "a": "year", "day": "d", "hour": "h"}
_PER = {"%": 1e-2, "‰": 1e-3, "ppm": 1e-6, "ppb": 1e-9}
_DENOMINATOR = re.compile(r"(?<=/)(yr|hr|y|a|day|hour)\b")

# Units that exist but are hardly ever what was meant: unit -> (what it is, dimension -> what to write instead).
_TRAPS: dict[str, tuple[str, dict[str, str]]] = {
    "C": ("an electric charge (coulomb)", {"temperature": "degC", "temperature difference": "K"}),
    "F": ("an electric capacitance (farad)", {"temperature": "degF"}),
    "k": ("the Boltzmann constant", {"temperature": "K", "temperature difference": "K"}),
    "N": (
        "a force (newton); for normality write equivalents",
        {"equivalent concentration": "eq/L", "molar concentration": "mol/L", "mass concentration": "g/L"},
    ),
    "m": ("a length (metre)", {"time": "min"}),
    "M": ("a concentration (mol/L)", {"time": "min", "mass": "t"}),
    "pH": ("no unit of measure: pH is a plain number", {}),
}


def parse(text: Any, dimension: str) -> float:
    """SI value of a quantity as written in a file.

    Args:
        text: such as ``60 degC``; a bare number where the dimension has no unit.
        dimension: a name in ``DIMENSIONS``, or any unit text that pint reads (``W/m**2/K``), which is then the unit
            of the returned value.

    Returns:
        the value in the SI unit of the dimension.

    Raises:
        QuantityError: E201 to E211, with the text as read and one that works.
    """
    kind = _dimension(dimension)
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise _error("E201", _shown(text), _wanted(kind), kind.example)
    if not isinstance(text, str):
        return _bare(float(text), text, kind)
    clean = normalise(text)
    number, unit = _split(clean, kind)
    if not unit:
        return _bare(number, clean, kind)
    value = _scale(number, unit, kind, clean)
    if not math.isfinite(value):
        raise _error("E206", clean, "a finite number", kind.example)
    if kind.name == "temperature" and value < 0.0:
        raise _error("E211", f"{clean} is {value:.6g} K", "a temperature above 0 K", kind.example)
    return value


def convert(value: float, unit: str, dimension: str) -> float:
    """An SI value in another unit of its dimension: ``convert(333.15, "degC", "temperature")`` is 60."""
    kind = _dimension(dimension)
    name = _unit_name(unit)
    if name in kind.units:
        return (value - kind.offsets.get(name, 0.0)) / kind.units[name]
    zero = _by_pint(0.0, name, kind, unit)
    return (value - zero) / (_by_pint(1.0, name, kind, unit) - zero)


def show(value: float, unit: str, dimension: str, digits: int = 4) -> str:
    """An SI value as text in ``unit``, to so many significant digits: ``60 degC``."""
    return f"{convert(value, unit, dimension):.{digits}g} {unit}".rstrip()


def exact(value: float, dimension: str) -> str:
    """An SI value as text that ``parse`` turns back into the same float."""
    return f"{value!r} {_dimension(dimension).si}".rstrip()


def share(text: Any) -> tuple[float, str]:
    """A percentage or ratio that states its basis: ``30 wt%`` is ``(0.3, "mass fraction")``; see ``either``."""
    return either(text, tuple(_SHARES))


def either(text: Any, dimensions: tuple[str, ...]) -> tuple[float, str]:
    """A quantity that may be of several dimensions: its SI value and the first of them that has its unit.

    Raises:
        QuantityError: as ``parse`` with the first dimension, if the unit belongs to none.
    """
    unit = _split(normalise(text), DIMENSIONS[dimensions[0]])[1] if isinstance(text, str) else ""
    name = next((name for name in dimensions if unit and unit in DIMENSIONS[name].units), dimensions[0])
    return parse(text, name), name


def normalise(text: str) -> str:
    """Full-width digits, ``℃``, ``㎎``, superscripts and the minus sign as plain characters; outer blanks cut."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("·", "*").replace("⋅", "*")
    return " ".join(re.sub(r"(?<=[A-Za-z])\.(?=[A-Za-z])", "*", plain).split())


def _dimension(name: str) -> Dimension:
    return DIMENSIONS.get(name) or Dimension(f"quantity in {name}", name, f"1 {name}", {name: 1.0}, {})


def _error(code: str, read: str, expected: str, write: str) -> QuantityError:
    return QuantityError(code, read=read, expected=expected, write=write)


def _named(name: str) -> str:
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def _wanted(kind: Dimension) -> str:
    return f"{_named(kind.name)}, such as {kind.example}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"a {'list' if isinstance(value, list) else 'mapping' if isinstance(value, dict) else type(value).__name__}"


def _bare(number: float, read: object, kind: Dimension) -> float:
    if not math.isfinite(number):
        raise _error("E206", str(read), "a finite number", kind.example)
    if kind.bare:
        return number
    unit = kind.example.partition(" ")[2] or kind.si
    if kind.name in _SHARES:
        number *= 100.0 if number <= 1.0 else 1.0
        raise _error("E207", f"{read}, without a basis", _wanted(kind), f"{number:g} {unit}")
    raise _error("E202", f"{read}, without a unit", f"{_named(kind.name)} with its unit", f"{read} {unit}")


def _split(text: str, kind: Dimension) -> tuple[float, str]:
    """Number and canonical unit of normalised text."""
    if match := _THOUSANDS.match(text):
        digits = re.sub(r"[,' _]", "", match["number"])
        write = f"{digits}{match['rest']}"
        raise _error("E204", text, "a decimal point and no thousands separator", write)
    if _COMMA.match(text):
        raise _error("E204", text, "a decimal point, no comma", text.replace(",", ".", 1))
    if match := _RATIO.match(text):
        value = float(match["a"]) / float(match["b"]) if float(match["b"]) else 0.0
        value *= 100.0 if kind.name in _SHARES else 1.0
        unit = "" if kind.bare else kind.example.partition(" ")[2]
        raise _error("E209", text, "one number, the ratio worked out", f"{value:.6g} {unit}".rstrip())
    if not text:
        raise _error("E201", "an empty text", _wanted(kind), kind.example)
    match = _NUMBER.match(text)
    if not match or re.match(r"\s*(\.\.|-|~|to |±|\+|\d(?!/)|,)", match["unit"]):
        raise _error("E206", text, "one number, then its unit", kind.example)
    return float(match["number"]), _unit_name(match["unit"])


def _unit_name(text: str) -> str:
    """Canonical spelling of a unit: aliases resolved, ``m**3`` and ``m^3`` as ``m3``, litres as ``L``."""
    unit = normalise(text)
    unit = _ALIASES.get(unit, unit)
    unit = re.sub(r"(\*\*|\^)(?=-?\d)", "", unit)
    unit = re.sub(r"\s*/\s*", "/", unit)
    unit = _DENOMINATOR.sub(lambda m: _WORDS[m[1]], unit)
    unit = re.sub(r"\b(m?l)\b", lambda m: _WORDS[m[1]], unit)
    return _ALIASES.get(unit, unit)


def _scale(number: float, unit: str, kind: Dimension, text: str) -> float:
    size = kind.units.get(unit)
    if size is not None:
        return number * size + kind.offsets.get(unit, 0.0)
    _refuse_shares(number, unit, kind, text)
    if unit in _TRAPS:
        meaning, instead = _TRAPS[unit]
        write = f"{number:g} {instead[kind.name]}" if kind.name in instead else kind.example
        raise _error("E203", f"{text}, {meaning}", _wanted(kind), write)
    if re.match(r"tons?\b", unit):
        write = f"{number:g} {re.sub('^tons?', 't', unit)}"
        raise _error("E210", text, "t (1000 kg); a ton is 907 kg, 1000 kg or 1016 kg", write)
    return _by_pint(number, unit, kind, text)


def _refuse_shares(number: float, unit: str, kind: Dimension, text: str) -> None:
    """Percentages and parts per million: of what?"""
    basis = next((name for name, units in _SHARES.items() if unit in units), "")
    percent = unit in _PER
    if kind.name in _SHARES and percent:
        unit, number = {"%": (next(iter(kind.units)), number), "ppb": ("mg/kg", number / 1000)}.get(
            unit, ("mg/kg", number)
        )
        write = f"{number:g} {unit}" if unit in kind.units else kind.example
        raise _error("E207", f"{text}, a share of nobody knows what", _wanted(kind), write)
    if basis and kind.name in _SHARES:
        raise _error("E208", f"{text}, {_named(basis)}", _wanted(kind), kind.example)
    if percent and kind.name == "mass ratio":
        raise _error("E207", f"{text}, a share of nobody knows what", _wanted(kind), f"{number * _PER[unit]:g} kg/kg")
    if basis or percent:
        read = f"{text}, {_named(basis)}" if basis else f"{text}, a share of something"
        raise _error("E203", read, _wanted(kind), kind.example)


def _by_pint(number: float, unit: str, kind: Dimension, text: str) -> float:
    from pint import PintError

    near = next((known for known in kind.units if known and known.casefold() == unit.casefold()), "")
    write = f"{number:g} {near}" if near else kind.example
    expected = _wanted(kind)
    if not _ALLOWED.match(unit) or not unit:
        raise _error("E205", text, expected, write)
    try:
        found = _registry().parse_units(_pint_text(unit))
    except (PintError, ValueError, TypeError, AttributeError, ZeroDivisionError, OverflowError):
        raise _error("E205", f"{text}: no such unit as {unit}", expected, write) from None
    wanted = _registry().parse_units(_pint_text(kind.si))
    plain = kind.bare or kind.name in (*_SHARES, "mass ratio")
    if plain or found.dimensionality != wanted.dimensionality:
        raise _error("E203", f"{text}: {_described(found)}", expected, write)
    return float(_registry().Quantity(number, found).to(wanted).magnitude)


def _described(unit: Any) -> str:
    """``a length (metre)``, or the dimension of a compound unit."""
    for name, kind in DIMENSIONS.items():
        if kind.si and unit.dimensionality == _registry().parse_units(_pint_text(kind.si)).dimensionality:
            return f"{_named(name)} ({unit})"
    return f"{unit}, of dimension {unit.dimensionality}"


def _pint_text(unit: str) -> str:
    return _POWER_OF.sub(r"**\1", unit).replace("%", "percent").replace("°C", "degC")


@lru_cache(maxsize=1)
def _registry() -> Any:
    """The one unit registry; definitions of the trade that pint lacks are added."""
    from pint import UnitRegistry

    registry: Any = UnitRegistry()
    for definition in (
        "equivalent = [equivalent] = eq",
        f"normal_cubic_metre = {NORMAL_CUBIC_METRE!r} * mole = Nm3",
    ):
        registry.define(definition)
    return registry
