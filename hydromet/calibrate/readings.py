"""The readings table, wherever it came from, and what its tags measure in the flowsheet.

A table of readings has the columns ``tag``, ``time``, ``value`` and ``quality`` (good, uncertain, bad) or ``status``
(OPC-UA code); ``instruments.read`` gives one, a CSV of ``hydromet log export`` is another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydromet.dimensions import DIMENSIONS
from hydromet.errors import CommandError, FlowsheetError, Place, QuantityError
from hydromet.quantity import convert
from hydromet.source import decode, nearest, read_bytes
from hydromet.species import atomic_mass

if TYPE_CHECKING:
    from pathlib import Path

# A table of readings; the name under which the command line knows it.
Readings = pd.DataFrame

# Quantities of a link that stand in balances -> dimension of the unit; beside them every element symbol.
FLOWS = {
    "mass flow": "mass flow",
    "volume flow": "volume flow",
    "density": "density",
    "solids": "mass fraction",
    "moisture": "mass fraction",
}
# Quantities that are carried along, in no balance -> dimension.
BESIDE = {"temperature": "temperature", "pH": "pH", "potential": "voltage", "pressure": "pressure"}
CONTENTS = ("mass concentration", "mass fraction", "molar concentration")
DRY = " dry"
_COLUMNS = ("tag", "time", "value")
# OPC-UA severity: the first two bits of a status.
_SEVERITY = 0xC0000000
_HOUR = 3600.0


@dataclass(frozen=True)
class Link:
    """What a tag measures.

    Attributes:
        tag: its name. stream, quantity: in the flowsheet, such as ``leach.slurry`` and ``volume flow`` or ``Ni``.
        unit: of its values. uncertainty: standard uncertainty of the instrument as declared, "" where it is not.
        kind: ``process`` or ``laboratory``, whose values belong to samples. source: that reads it.
        place: where it was linked.
    """

    tag: str
    stream: str
    quantity: str
    unit: str
    uncertainty: str | float = ""
    kind: str = "process"
    source: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Breaks:
    """What ends a steady window.

    Attributes:
        gaps: (tags or () for all of the source, source, from, to), ns. calibrations: (tags, source, time).
        notes: (time, text).
    """

    gaps: tuple[tuple[tuple[str, ...], str, int, int], ...] = ()
    calibrations: tuple[tuple[tuple[str, ...], str, int], ...] = ()
    notes: tuple[tuple[int, str], ...] = ()


def meaning(link: Link) -> tuple[str, str, float]:
    """Kind of variable, element and the value of one unit of the tag in kg/h, m3/h, kg/m3 or kg/kg.

    Returns:
        kind: mass, volume, density, dry (share of dry mass), concentration, share, dry_share, or beside;
        element or ""; factor.

    Raises:
        FlowsheetError: E675 no such quantity, E676 a unit that is none of it.
    """
    if link.quantity in BESIDE:
        _factor(link, BESIDE[link.quantity])
        return "beside", "", 1.0
    if link.quantity in FLOWS:
        factor = _factor(link, FLOWS[link.quantity])
        kinds = {"mass flow": "mass", "volume flow": "volume", "density": "density"}
        hours = _HOUR if link.quantity.endswith("flow") else 1.0
        return kinds.get(link.quantity, "dry"), "", factor * hours
    element, dry = link.quantity.removesuffix(DRY), link.quantity.endswith(DRY)
    try:
        mass = atomic_mass(element)
    except (KeyError, ValueError):
        known = [*FLOWS, *BESIDE, "Ni", f"Ni{DRY}"]
        near = nearest(link.quantity, known) or ("mass flow", "volume flow", "density", "Ni")
        expected = f"an element, or a quantity such as {', '.join(near)}"
        write = f"link: {{stream: {link.stream}, quantity: {near[0]}}}"
        raise FlowsheetError("E675", read=link.quantity, expected=expected, write=write, place=link.place) from None
    for dimension in CONTENTS:
        if _fits(link.unit, dimension) and (not dry or dimension == "mass fraction"):
            factor = _factor(link, dimension)
            if dimension == "mass fraction":
                return ("dry_share" if dry else "share"), element, factor
            return "concentration", element, factor * (mass if dimension == "molar concentration" else 1.0)
    what = "wt% of the dry mass" if dry else "g/L, mol/L or wt%"
    read = f"{link.tag} in {link.unit or 'no unit'}"
    expected, write = f"a content of {element} in {what}", "unit: wt%" if dry else "unit: g/L"
    raise FlowsheetError("E676", read=read, expected=expected, write=write, place=link.place)


def in_balance(link: Link, value: float) -> float:
    """A value of a tag in kg/h, m3/h, kg/m3 or kg/kg; of moisture the dry share."""
    _, _, factor = meaning(link)
    return 1.0 - factor * value if link.quantity == "moisture" else factor * value


def in_unit(link: Link, value: float) -> float:
    """The reverse of ``in_balance``."""
    _, _, factor = meaning(link)
    return (1.0 - value) / factor if link.quantity == "moisture" else value / factor


def _fits(unit: str, dimension: str) -> bool:
    try:
        convert(1.0, unit, dimension)
    except QuantityError:
        return False
    return unit != "" or DIMENSIONS[dimension].bare


def _factor(link: Link, dimension: str) -> float:
    """SI units in one unit of the tag."""
    if not _fits(link.unit, dimension):
        example = DIMENSIONS[dimension].example.partition(" ")[2]
        read, write = f"{link.tag} in {link.unit or 'no unit'}", f"unit: {example}"
        raise FlowsheetError("E676", read=read, expected=f"a unit of {dimension}", write=write, place=link.place)
    return 1.0 / (convert(1.0, link.unit, dimension) - convert(0.0, link.unit, dimension))


def table_of(path: Path) -> pd.DataFrame:
    """Readings from a CSV file: tag, time, value and, if it has one, status or quality.

    Raises:
        CommandError: E681, a column is missing or a cell cannot be read.
    """
    import io

    text = decode(read_bytes(path), str(path))
    try:
        frame = pd.read_csv(io.StringIO(text), comment="#", dtype={"tag": str})
    except (ValueError, pd.errors.ParserError) as error:
        raise _malformed(path, str(error)) from None
    return usable(frame, str(path))


def usable(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The columns that are needed, sorted by tag and time; only good values of tags.

    Args:
        frame: readings.
        name: of where they came from, for messages.

    Returns:
        ``tag``, ``time`` (UTC), ``value``; and how many were not good, by tag, in ``attrs["left_out"]``.

    Raises:
        CommandError: E681.
    """
    missing = [column for column in _COLUMNS if column not in frame.columns]
    if missing:
        raise _malformed(name, f"no column {', '.join(missing)}")
    try:
        times = pd.to_datetime(frame["time"], utc=True, format="ISO8601" if frame["time"].dtype == object else None)
        values = pd.to_numeric(frame["value"])
    except (ValueError, TypeError) as error:
        raise _malformed(name, str(error)) from None
    good = _good(frame, name) & np.isfinite(values.to_numpy(float)) & times.notna().to_numpy()
    found = pd.DataFrame({"tag": frame["tag"].astype(str), "time": times, "value": values.astype(float)})
    bad = found["tag"][~good].value_counts()
    found = found[good].sort_values(["tag", "time"], kind="stable", ignore_index=True)
    found.attrs["left_out"] = {str(tag): int(bad[tag]) for tag in sorted(bad.index)}
    return found


def _good(frame: pd.DataFrame, name: str) -> Any:
    if "quality" in frame.columns:
        return (frame["quality"] == "good").to_numpy()
    if "status" in frame.columns:
        status = pd.to_numeric(frame["status"], errors="coerce")
        if status.isna().any():
            raise _malformed(name, "a status that is no number: OPC-UA codes, 0 for good")
        return (status.to_numpy().astype(np.int64) & _SEVERITY) == 0
    return np.ones(len(frame), bool)


def _malformed(name: object, read: str) -> CommandError:
    expected = "a table with the columns tag, time (with its zone), value and status or quality"
    return CommandError(
        "E681", read=f"{name}: {read}", expected=expected, write="hydromet log export RUN -o readings.csv"
    )


def exactly(uncertainty: str | float, link: Link, value: float) -> float:
    """A declared standard uncertainty in the unit of the tag: ``1.5 %`` of the value, ``0.2 kg/h``, or a plain number.

    Raises:
        FlowsheetError: E679, it is none, or not above zero.
    """
    text = str(uncertainty).strip()
    try:
        if text.endswith("%") and "wt" not in text and "mol" not in text and "vol" not in text:
            found = abs(value) * float(text[:-1]) / 100.0
        else:
            number, _, unit = text.partition(" ")
            found = float(number)
            if unit and unit != link.unit:
                found *= _ratio(unit, link)
    except (ValueError, QuantityError):
        found = -1.0
    if not 0.0 < found < float("inf") and not (found == 0.0 and text.endswith("%")):
        expected = f"a standard uncertainty above zero, as a share such as 1.5 %, or in {link.unit or 'its unit'}"
        read, write = f"{link.tag}: {text}", f"{link.tag}: 1.5 %"
        raise FlowsheetError("E679", read=read, expected=expected, write=write, place=link.place)
    return found


def _ratio(unit: str, link: Link) -> float:
    """Units of the tag in one ``unit``; offsets of scales do not count."""
    for dimension in (*FLOWS.values(), *BESIDE.values(), *CONTENTS, "temperature difference"):
        if _fits(unit, dimension) and _fits(link.unit, dimension):
            one, other = (convert(1.0, u, dimension) - convert(0.0, u, dimension) for u in (unit, link.unit))
            return other / one
    message = f"{unit} is not of the kind of {link.unit}"
    raise ValueError(message)


def within(frame: pd.DataFrame, begin: str | None, to: str | None) -> pd.DataFrame:
    """The readings of a span of time, the end not included.

    Raises:
        CommandError: E683, one of them is no time.
    """
    found = frame
    for text, keep in ((begin, "ge"), (to, "lt")):
        if text is None:
            continue
        try:
            stamp = pd.Timestamp(text)
            stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
        except (ValueError, TypeError, OverflowError):
            raise CommandError(
                "E683", read=text, expected="a date and time", write="--from 2026-11-26T14:00Z"
            ) from None
        found = found[getattr(found["time"], keep)(stamp)]
    found.attrs["left_out"] = frame.attrs.get("left_out", {})
    return found
