"""The rows of a factor book: a CSV line to a ``Factor``, its unit brought to the units of the books.

``unit`` is written as in the source, ``kgCO2e/short_ton``; ``data/factors/units.csv`` holds what is understood. A plain
``ton`` is refused: the American tables mean 907.185 kg.

``uncertainty`` becomes a geometric standard deviation, the value being the median of a lognormal distribution:

    25             plus and minus 25 % at 95 %: GSD = (1 + 0.25)^(1/1.96)
    range 0.8-2.5  both ends of a 95 % range:   GSD = (2.5 / 0.8)^(1/(2 x 1.96))
    gsd 1.3        as it is

``recipe`` says how a derived value follows from other rows of the same book, ``1/0.90 fuel.a + 1/0.90 fuel.b``; it has
to add up to the value within 0.1 %.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, get_args

from hydromet.assess.carbon.shapes import INDICATORS, UNITS, Factor, Indicator
from hydromet.datafiles import read_csv
from hydromet.errors import FootprintError, UserError, raise_all
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.assess.carbon.table import Row
    from hydromet.errors import Place

REQUIRED = ("id", "value", "unit", "geography", "year", "uncertainty", "source")
GRADES = ("measured", "fitted", "estimated", "recalled")
VERIFIED = ("yes", "derived", "partly", "no")
# Only a row of this scope may lie below zero: it stands for what is not made elsewhere.
SUBSTITUTION = "substitution"
GLOBAL = "GLO"

_Z = 1.96
_ADDS_UP = 1e-3
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\Z")
_RANGE = re.compile(r"range ([\d.eE+]+)-([\d.eE+]+)\Z")
_GSD = re.compile(r"gsd ([\d.eE+]+)\Z")
_TERM = re.compile(r"(?:(?P<a>[\d.]+)(?:/(?P<b>[\d.]+))? )?(?P<id>[A-Za-z]\S*)\Z")
_ID = re.compile(r"\S+\Z")
_HEATING = {"MJ_HHV": "MJ_LHV", "GJ_HHV": "GJ", "kWh_HHV": "MJ_LHV"}


@dataclass(frozen=True)
class BookRow:
    """A factor with what the book alone needs of its row."""

    factor: Factor
    aliases: tuple[str, ...]
    recipe: str
    place: Place


@lru_cache(maxsize=1)
def _units() -> Mapping[tuple[str, str], tuple[str, float]]:
    """(part, unit) -> (unit of the books, scale)."""
    return {(row["part"], row["unit"]): (row["is"], float(row["scale"])) for row in read_csv("data/factors/units.csv")}


def unit_scale(unit: str, indicator: Indicator) -> tuple[str, float]:
    """What a factor is per in the books, and the books' value of one ``unit``: ``kgCO2e/t`` is ``("kg", 0.001)``.

    Raises:
        FootprintError: E773 an unknown unit, with the nearest that are known.
    """
    above, slash, below = unit.replace(" ", "").partition("/")
    if not slash:
        raise _unit_error(unit, indicator)
    top = _units().get((indicator, above))
    bottom = _units().get(("per", below))
    if top is None or bottom is None:
        raise _unit_error(unit, indicator)
    return bottom[0], top[1] / bottom[1]


def per_scale(unit: str, per: str) -> float | None:
    """How many ``per`` of the books are in one ``unit`` of an activity; None if they measure different things.

    MJ and kWh are one quantity here: ``per_scale("kWh", "MJ")`` is 3.6.
    """
    found, wanted = _units().get(("per", unit)), _units().get(("per", per))
    if found is None or wanted is None:
        return None
    if found[0] == wanted[0]:
        return found[1] / wanted[1]
    hour = 3.6
    bridge = {("kWh", "MJ"): hour, ("MJ", "kWh"): 1.0 / hour}.get((found[0], wanted[0]))
    return None if bridge is None else bridge * found[1] / wanted[1]


def known_units(part: str) -> tuple[str, ...]:
    """Units understood: of an indicator, or ``per``."""
    return tuple(unit for kind, unit in _units() if kind == part)


def _unit_error(unit: str, indicator: Indicator) -> FootprintError:
    below = unit.replace(" ", "").partition("/")[2]
    write = f"{UNITS[indicator]}/kg"
    if below in _HEATING:
        expected = "the lower heating value; natural gas: 1 MJ_LHV = 1.11 MJ_HHV, coal 1.05, oil 1.06"
        write = f"{UNITS[indicator]}/{_HEATING[below]}"
    elif below in ("ton", "tons"):
        expected = "t (1000 kg) or short_ton (907.185 kg)"
        write = f"{UNITS[indicator]}/t"
    else:
        every = [f"{a}/{b}" for a in known_units(indicator) for b in known_units("per")]
        near = nearest(unit.replace(" ", ""), every)
        tops, bottoms = ", ".join(known_units(indicator)), ", ".join(known_units("per"))
        expected = " or ".join(near) if near else f"one of {tops} per one of {bottoms}"
        write = near[0] if near else write
    return FootprintError("E773", read=unit or "no unit", expected=expected, write=write)


def deviation(text: str) -> float:
    """Geometric standard deviation of an ``uncertainty`` cell.

    Raises:
        FootprintError: E774 none of the three ways to write it.
    """
    spread, gsd = _RANGE.match(text), _GSD.match(text)
    try:
        if spread:
            low, high = (float(end) for end in spread.groups())
            found = (high / low) ** (0.5 / _Z) if high >= low > 0.0 else 0.0
        elif gsd:
            found = float(gsd[1])
        else:
            percent = float(text) if _NUMBER.match(text) else -1.0
            found = (1.0 + percent / 100.0) ** (1.0 / _Z) if percent >= 0.0 else 0.0
    except (ValueError, OverflowError, ZeroDivisionError):
        found = 0.0
    if not (math.isfinite(found) and found >= 1.0):
        raise _cell(text, "a percentage (25), a range (range 0.8-2.5) or a deviation (gsd 1.3)", "25")
    return found


def number(text: str) -> float:
    """A finite number with a point for the decimals.

    Raises:
        FootprintError: E774.
    """
    value = float(text) if _NUMBER.match(text) else math.nan
    if not math.isfinite(value):
        raise _cell(text, "a number with a decimal point and no separators", "1.25")
    return value


def book_rows(table: Iterable[Row], book: str, licence: str) -> tuple[BookRow, ...]:
    """The rows of a table as factors of ``book``.

    Raises:
        FootprintError, UserErrors: E773, E774 at file, line and column: everything that is wrong.
    """
    rows: list[BookRow] = []
    wrong: list[UserError] = []
    for line in table:
        reader = _Cells(line, book, licence, wrong)
        found = reader.row()
        if found is not None:
            rows.append(found)
    raise_all(wrong)
    return tuple(rows)


class _Cells:
    """Reads one row and notes what is wrong, cell by cell."""

    def __init__(self, line: Row, book: str, licence: str, wrong: list[UserError]) -> None:
        self.line, self.book, self.licence, self.wrong = line, book, licence, wrong
        self.bad = False

    def row(self) -> BookRow | None:
        get, line = self.line.get, self.line
        indicator = self._choice("indicator", INDICATORS, "climate")
        identity = get("id")
        if not _ID.match(identity):
            self._note("id", _cell(identity, "a name without blanks", "chem.my_acid"))
        for column in ("geography", "year", "source"):
            if not get(column):
                self._note(column, _cell("nothing", f"the {column}; GLO and - if the source gives none", "-"))
        value = self._number("value")
        per, scale = "", 1.0
        spread = 1.0
        try:
            per, scale = unit_scale(get("unit"), _indicator(indicator))
        except UserError as error:
            self._note("unit", error)
        try:
            spread = deviation(get("uncertainty"))
        except UserError as error:
            self._note("uncertainty", error)
        scope = get("scope")
        if value < 0.0 and scope != SUBSTITUTION:
            expected = "a value of zero or more; a credit has the scope `substitution`"
            self._note("value", _cell(get("value"), expected, get("value").lstrip("-")))
        grade = self._choice("grade", GRADES, "estimated")
        verified = self._choice("verified", VERIFIED, "no")
        proxy = self._choice("proxy", ("yes", "no"), "no") == "yes"
        if self.bad:
            return None
        factor = Factor(
            identity, _indicator(indicator), value * scale, per, get("title") or identity, get("geography"),
            get("year"), scope, get("gwp"), get("source"), get("locator"), get("licence") or self.licence, grade,
            verified, spread, proxy, (0.0, 0.0, 0.0), self.book, get("note"),
        )  # fmt: skip
        return BookRow(factor, tuple(get("aliases").split()), get("recipe"), line.line)

    def _number(self, column: str) -> float:
        try:
            return number(self.line.get(column))
        except UserError as error:
            self._note(column, error)
            return 0.0

    def _choice(self, column: str, known: tuple[str, ...], default: str) -> str:
        text = self.line.get(column) or default
        if text not in known:
            near = nearest(text, known) or (default,)
            self._note(column, _cell(text, f"one of {', '.join(known)}", near[0]))
            return default
        return text

    def _note(self, column: str, error: UserError) -> None:
        self.bad = True
        self.wrong.append(error.at(self.line.place(column)))


def _indicator(text: str) -> Indicator:
    return next((known for known in get_args(Indicator) if known == text), "climate")


def _cell(read: str, expected: str, write: str) -> FootprintError:
    return FootprintError("E774", read=read or "nothing", expected=expected, write=write)


def once(rows: Iterable[BookRow]) -> None:
    """Each factor once for an indicator, no alias that is a name as well.

    Raises:
        FootprintError, UserErrors: E774, at the second row.
    """
    seen: dict[tuple[str, str], BookRow] = {}
    wrong: list[UserError] = []
    for row in rows:
        for name in (row.factor.id, *row.aliases):
            first = seen.setdefault((name, row.factor.indicator), row)
            if first is not row:
                error = _cell(name, f"each name once for {row.factor.indicator}", f"{name}.2")
                wrong.append(error.at(row.place, first.place))
    raise_all(wrong)


def check_recipes(rows: Iterable[BookRow]) -> None:
    """Derived rows add up to what they state.

    Raises:
        FootprintError, UserErrors: E774, at the row.
    """
    values: dict[tuple[str, str], Factor] = {(row.factor.id, row.factor.indicator): row.factor for row in rows}
    wrong: list[UserError] = []
    for row in rows:
        if row.recipe:
            try:
                found = _reckon(row, values)
            except UserError as error:
                wrong.append(error.at(row.place))
                continue
            if abs(found - row.factor.value) > _ADDS_UP * abs(found):
                off = _cell(f"{row.factor.value:.6g}", f"{row.recipe} = {found:.6g}", f"{found:.6g}")
                wrong.append(off.at(row.place))
    raise_all(wrong)


def terms(recipe: str) -> tuple[tuple[float, str], ...]:
    """``1/0.90 fuel.a + fuel.b`` as ``((1.1111, "fuel.a"), (1.0, "fuel.b"))``.

    Raises:
        FootprintError: E774.
    """
    found: list[tuple[float, str]] = []
    for part in recipe.split(" + "):
        term = _TERM.match(part.strip())
        try:
            weight = float(term["a"] or 1.0) / float(term["b"] or 1.0) if term else math.nan
        except (ValueError, ZeroDivisionError):
            weight = math.nan
        if term is None or not math.isfinite(weight):
            raise _cell(part, "a number and the id of a factor", "1/0.90 fuel.ng_boiler.combustion")
        found.append((weight, term["id"]))
    return tuple(found)


def _reckon(row: BookRow, values: Mapping[tuple[str, str], Factor]) -> float:
    total = 0.0
    for weight, name in terms(row.recipe):
        part = values.get((name, row.factor.indicator))
        if part is None:
            near = nearest(name, [known for known, _ in values])
            raise _cell(name, " or ".join(near) or "a factor of this book", near[0] if near else row.factor.id)
        total += weight * part.value
    return total
