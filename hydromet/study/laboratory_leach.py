"""A leach test of the laboratory as a table: extraction of each metal against time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hydromet.chemistry.solutions.curve import Column, Curve
from hydromet.errors import CommandError, HydrometError
from hydromet.quantity import convert, either, parse
from hydromet.species import species
from hydromet.units.leaching.batch import BatchTest
from hydromet.units.leaching.rates import electrons, relative_size
from hydromet.units.leaching.table import leach_table

if TYPE_CHECKING:
    from collections.abc import Sequence

_ITEM = re.compile(r"\s*(?P<name>[^=]+?)\s*=\s*(?P<amount>.+?)\s*\Z")
_RANGE = re.compile(r"\s*(?P<low>[\d.]+)\s*\.\.\s*(?P<high>[\d.]+)\s*(?P<unit>[A-Za-z]+)\s*\Z")
_LIST = re.compile(r"\s*(?P<numbers>[\d.]+(?:\s*,\s*[\d.]+)*)\s*(?P<unit>[A-Za-z]+)\s*\Z")
# Parts that a range of times is cut into.
_PARTS = 20
_CONCENTRATIONS = ("molar concentration", "mass concentration")
# Beakers that the model knows: K.
_COLD, _HOT = 273.15, 373.15
_RIGHT = {
    "--solid": '"LiNi0.6Mn0.2Co0.2O2(s)=50 g/L"',
    "--acid": '"2 mol/L"',
    "--reductant": '"H2O2=0.5 mol/L"',
    "--temperature": '"60 degC"',
    "--times": '"5, 15, 30, 60, 120 min"',
    "--size": '"10 um"',
}


def leach_test(
    solids: Sequence[str],
    acid: str,
    temperature: str,
    *,
    times: str = "0..120 min",
    reductants: Sequence[str] = (),
    size: str | None = None,
) -> Curve:
    """Extraction against time of a leach in sulfuric acid, everything in the beaker at the start.

    Args:
        solids: ``species=g/L``, such as ``LiNi0.6Mn0.2Co0.2O2(s)=50 g/L``, by volume of solution.
        acid: sulfuric acid at the start, mol/L or g/L.
        temperature: with its unit.
        times: a list such as ``5, 15, 30 min`` or a range such as ``0..2 h``, which is cut into 20 parts.
        reductants: ``species=amount``, mol/L or g/L, such as ``H2O2=0.5 mol/L``.
        size: median diameter of the oxide particles; none: that of the powders behind the rates.

    Returns:
        columns ``time`` (min), then one a metal (% of the metal in the solids).

    Raises:
        CommandError: E547, something that cannot be read, with what would do.
        UnitError: E880.
    """
    kelvin = _quantity("--temperature", temperature, "temperature")
    if not _COLD < kelvin < _HOT:
        raise _wrong("--temperature", temperature, "a temperature between 0 and 100 degC")
    test = BatchTest(
        solids=dict(_item("--solid", text) for text in solids),
        acid=_molar("--acid", acid, "H2SO4(l)"),
        temperature=kelvin,
        reductants=dict(_item("--reductant", text) for text in reductants),
        size=relative_size(None if size is None else _quantity("--size", size, "length")),
    )
    if not any(electrons(name) > 0.0 for name in test.solids):
        raise _wrong("--solid", ", ".join(solids) or "nothing", "a cathode oxide among the solids")
    moments = _times(times)
    rows = test.curve(moments)
    columns = [Column("time", "min", "x", tuple(round(convert(t, "min", "time"), 6) for t in moments))]
    columns += [Column(metal, "%", "share", tuple(100.0 * row[metal] for row in rows)) for metal in rows[0]]
    return Curve("leach_curve", "", ", ".join([*solids, f"H2SO4={acid}", *reductants, temperature]), tuple(columns))


def _item(option: str, text: str) -> tuple[str, float]:
    """Species and amount: kg/m3 of a solid, kmol/m3 of a reductant."""
    match = _ITEM.match(text)
    if match is None:
        raise _wrong(option, text, "a species, an equals sign and a concentration")
    try:
        name = species(match["name"]).id
    except HydrometError as error:
        raise _wrong(option, match["name"], str(getattr(error, "expected", "a species"))) from None
    if option == "--solid":
        if not name.endswith("(s)"):
            raise _wrong(option, name, "a solid")
        return name, _quantity(option, match["amount"], "mass concentration")
    known = [row.species for row in leach_table().reductants]
    if name not in known:
        raise _wrong(option, name, f"one of {', '.join(known)}")
    return name, _molar(option, match["amount"], name)


def _molar(option: str, text: str, name: str) -> float:
    """kmol/m3 (mol/L) of a species given in mol/L or g/L."""
    try:
        value, dimension = either(text, _CONCENTRATIONS)
    except HydrometError as error:
        raise _wrong(option, text, str(getattr(error, "expected", "mol/L or g/L"))) from None
    amount = value * 1e-3 if dimension == _CONCENTRATIONS[0] else value * 1e-3 / species(name).molar_mass
    if amount <= 0.0:
        raise _wrong(option, text, "an amount above zero")
    return amount


def _quantity(option: str, text: str, dimension: str) -> float:
    try:
        value = parse(text, dimension)
    except HydrometError as error:
        raise _wrong(option, text, str(getattr(error, "expected", dimension))) from None
    if value <= 0.0:
        raise _wrong(option, text, "more than zero")
    return value


def _times(text: str) -> list[float]:
    """Moments in s: those of a list, or 21 of a range."""
    span, listed = _RANGE.match(text), _LIST.match(text)
    match = span or listed
    if match is None:
        raise _wrong("--times", text, "times with one unit, or a range")
    words = (match["low"], match["high"]) if span else match["numbers"].split(",")
    try:
        found = [parse(f"{word.strip()} {match['unit']}", "time") for word in words]
    except HydrometError as error:
        raise _wrong("--times", text, str(getattr(error, "expected", "times"))) from None
    if max(found) <= 0.0 or (span and found[1] <= found[0]):
        raise _wrong("--times", text, "times above zero, the low end first")
    if span:
        return [found[0] + (found[1] - found[0]) * i / _PARTS for i in range(_PARTS + 1)]
    return sorted(found)


def _wrong(option: str, read: str, expected: str) -> CommandError:
    return CommandError("E547", read=f"{option} {read}", expected=expected, write=f"{option} {_RIGHT[option]}")
