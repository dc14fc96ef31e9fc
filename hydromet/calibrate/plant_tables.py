"""Tables of measured figures: CSV, and the ``reconciled.json`` of ``hydromet reconcile``."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hydromet.calibrate.plant_figures import is_figure
from hydromet.calibrate.reconcile import JUST_MEASURED
from hydromet.calibrate.reconcile_network import DECLARED
from hydromet.errors import CalibrationError, Place, UserError
from hydromet.flowsheet.parameters import number_and_unit
from hydromet.source import decode, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COLUMNS = ("window", "figure", "value", "unit", "sd")
_OPTIONAL = "systematic"
RECONCILED = "hydromet-reconciled/1"
_LARGEST = 50_000_000


@dataclass(frozen=True)
class Row:
    """A measured figure as it is written.

    Attributes:
        place: its line. measured: of a reconciled one, that a tag has it.
        shared: part of its standard error that is the instrument's, and the same in all windows.
    """

    window: str
    figure: str
    value: str
    unit: str
    sd: str
    systematic: str
    place: Place | None
    measured: bool = True
    shared: float = 0.0


@dataclass(frozen=True)
class Table:
    """Rows of a CSV, its hash, and what is wrong with it."""

    rows: tuple[Row, ...]
    digest: str
    errors: tuple[UserError, ...]


def spread(text: str, unit: str, value: float, what: str) -> float:
    """A number in the unit of a figure; a percentage is one of its value.

    Raises:
        CalibrationError: E694, no number in this unit.
    """
    number, its = number_and_unit(text)
    if number is not None and its == "%" and unit != "%" and what != "value":
        return abs(value) * number / 100.0
    if number is None or its not in ("", unit):
        expected = f"a number in {unit}" if unit else "a number without a unit"
        write = f"{what}: {number if number is not None else 1.0:g} {unit}".rstrip()
        raise CalibrationError("E694", read=f"{what} {text or 'missing'}", expected=expected, write=write)
    return number


def rows(path: Path) -> Table:
    """A CSV of measured figures: columns window, figure, value, unit, sd, and systematic where there is one.

    Lines that begin with ``#`` are remarks.

    Raises:
        UserError: it cannot be read. CalibrationError: E694, a column is missing.
    """
    name = str(path)
    content = read_bytes(path, name)
    found: list[Row] = []
    errors: list[UserError] = []
    heads: list[str] = []
    for number, line in enumerate(decode(content, name).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        place = Place(name, number, 1, line)
        cells = [cell.strip() for cell in next(csv.reader(io.StringIO(line)))]
        if not heads:
            heads = cells
            missing = [column for column in _COLUMNS if column not in heads]
            if missing:
                read, expected = f"columns {', '.join(heads)}", f"also {', '.join(missing)}"
                raise CalibrationError("E694", read=read, expected=expected, write=",".join(_COLUMNS), place=place)
            continue
        if len(cells) > len(heads):
            errors.append(CalibrationError("E694", read=f"{len(cells)} cells", expected=f"{len(heads)}", place=place))
            continue
        row = dict(zip(heads, cells, strict=False))
        found.append(_row(row, place))
    return Table(tuple(found), sha256(content).hexdigest(), tuple(errors))


def _row(cells: Mapping[str, str], place: Place) -> Row:
    window, figure, value, unit, sd, systematic = (cells.get(column, "") for column in (*_COLUMNS, _OPTIONAL))
    return Row(window, figure, value, unit, sd, systematic, place)


@dataclass(frozen=True)
class Steady:
    """A reconciled window: rows, covariance of the rows in the squares of their units, and when it was."""

    rows: tuple[Row, ...]
    covariance: tuple[tuple[float, ...], ...]
    begin: str
    end: str


@dataclass(frozen=True)
class Reconciled:
    """A ``reconciled.json``: its windows and its hash."""

    windows: Mapping[str, Steady]
    digest: str


def reconciled(path: Path) -> Reconciled:
    """The windows of a ``reconciled.json``.

    Raises:
        UserError: it cannot be read. CalibrationError: E699, it is something else.
    """
    file = path / "reconciled.json" if path.is_dir() else path
    name = str(file)
    content = read_bytes(file, name, _LARGEST)
    try:
        data = json.loads(decode(content, name))
        if data["format"] != RECONCILED:
            raise ValueError(data["format"])
        windows = {str(window["name"]): _steady(window, name) for window in data["windows"]}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise CalibrationError(
            "E699", read=f"{type(error).__name__} {error}", expected=f"a file of `hydromet reconcile`, {RECONCILED}",
            write="reconciled: run/reconciled.json", place=Place(name),
        ) from None  # fmt: skip
    return Reconciled(windows, sha256(content).hexdigest())


def _steady(window: Any, name: str) -> Steady:
    """Figures that have a standard error, with the covariance of those; what stands in no balance is independent."""
    shares = _shares(window)
    given = [
        one for one in window["figures"]
        if one["value"] is not None and one["standard_error"] and is_figure(one["figure"])
    ]  # fmt: skip
    rows = tuple(
        Row(
            str(window["name"]), one["figure"], repr(float(one["value"])), one["unit"],
            repr(float(one["standard_error"])), "", Place(name), one["tag"] not in (None, DECLARED),
            shares.get(one["figure"], 0.0),
        )
        for one in given
    )  # fmt: skip
    at = {figure: i for i, figure in enumerate(window["covariance"]["figures"])}
    matrix = window["covariance"]["matrix"]
    found = [[0.0] * len(rows) for _ in rows]
    for i, one in enumerate(rows):
        found[i][i] = float(one.sd) ** 2
        for j, other in enumerate(rows[:i]):
            if one.figure in at and other.figure in at:
                found[i][j] = found[j][i] = float(matrix[at[one.figure]][at[other.figure]])
    return Steady(rows, tuple(map(tuple, found)), window["begin"], window["end"])


def _shares(window: Any) -> dict[str, float]:
    """Part of the standard error that an instrument brings into every window; of figures that balances adjust, none."""
    found = {
        one["figure"]: one["of_the_instrument"] / one["standard_uncertainty"]
        for one in window["measurements"]
        if one["status"] == JUST_MEASURED and one["standard_uncertainty"]
    }
    for one in window["beside"]:
        whole = (one["standard_error"] ** 2 + one["instrument"] ** 2) ** 0.5
        found[f"{one['stream']}.{one['quantity']}"] = one["instrument"] / whole if whole else 0.0
    return {figure: min(max(float(share), 0.0), 1.0) for figure, share in found.items()}
