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
from functools import lru_cache
from typing import Any

from hydromet.dimensions import DIMENSIONS, NORMAL_CUBIC_METRE, SHARES, Dimension
from hydromet.errors import QuantityError

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
    "t*km": "tkm;t km;t-km;tonne-km;tonne km;tonne-kilometre;トンキロ;トンキロメートル",
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
    return either(text, tuple(SHARES))


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
    if kind.name in SHARES:
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
        value *= 100.0 if kind.name in SHARES else 1.0
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
    basis = next((name for name, units in SHARES.items() if unit in units), "")
    percent = unit in _PER
    if kind.name in SHARES and percent:
        unit, number = {"%": (next(iter(kind.units)), number), "ppb": ("mg/kg", number / 1000)}.get(
            unit, ("mg/kg", number)
        )
        write = f"{number:g} {unit}" if unit in kind.units else kind.example
        raise _error("E207", f"{text}, a share of nobody knows what", _wanted(kind), write)
    if basis and kind.name in SHARES:
        raise _error("E208", f"{text}, {_named(basis)}", _wanted(kind), kind.example)
    if percent and kind.name == "mass ratio":
        raise _error("E207", f"{text}, a share of nobody knows what", _wanted(kind), f"{number * _PER[unit]:g} kg/kg")
    if basis or percent:
        read = f"{text}, {_named(basis)}" if basis else f"{text}, a share of something"
        raise _error("E203", read, _wanted(kind), kind.example)


def _by_pint(number: float, unit: str, kind: Dimension, text: str) -> float:
    from pint import PintError

    near = next((known for known in kind.units if known and known.casefold() == unit.casefold().strip("*/^ ")), "")
    write = f"{number:g} {near}" if near else kind.example
    expected = _wanted(kind)
    if not _ALLOWED.match(unit) or not unit:
        raise _error("E205", text, expected, write)
    try:
        found = _registry().parse_units(_pint_text(unit))
    # pint asserts that an operator has two sides: `kg/h*`
    except (PintError, ValueError, TypeError, AttributeError, AssertionError, ZeroDivisionError, OverflowError):
        raise _error("E205", f"{text}: no such unit as {unit}", expected, write) from None
    wanted = _registry().parse_units(_pint_text(kind.si))
    plain = kind.bare or kind.name in (*SHARES, "mass ratio")
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
