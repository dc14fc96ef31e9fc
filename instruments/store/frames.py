"""The record as data frames: what calibration and reports read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydromet.errors import StationError
from hydromet.source import nearest
from instruments.laboratory_results import current, in_unit
from instruments.status import severity
from instruments.store.record import open_record
from instruments.store.segment import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from instruments.store.record import Damaged, Record
    from instruments.store.segment import Window

# Rows of a frame that is one of many: a segment may have two million.
_AT_ONCE = 100_000
_TIMES = {"source_time": "source_ns", "server_time": "server_ns", "receive_time": "receive_ns"}


def read(
    run: str | Path,
    tags: Sequence[str] | str | None = None,
    start: str | datetime | int | None = None,
    end: str | datetime | int | None = None,
    *,
    damaged: Damaged = "refuse",
) -> pd.DataFrame:
    """Readings of a run, with the results of the laboratory that are linked to a tag.

    Args:
        run: folder of the run; the logger may be writing to it.
        tags: names; all by default.
        start: text such as ``2026-11-26 14:00`` (UTC unless it says otherwise), datetime or ns since 1970.
        end: likewise; not included.
        damaged: what to do about a sealed segment that is not what was written and whose batches the log does not have
            any more: "refuse" raises E033, "skip" gives the rest of the record, and the damaged span as a gap of every
            source with the cause ``damaged record``.

    Returns:
        one row a reading, by tag and time: ``tag``, ``time`` (of the source, else of the receipt), ``value`` (NaN where
        bad), ``status`` (OPC-UA code), ``quality`` (good, uncertain, bad), ``text`` (values that are no numbers),
        ``source_time``, ``server_time``, ``receive_time`` (NaT where there is no such clock). Units of the tags are in
        ``attrs["units"]``, gaps of the span in ``attrs["gaps"]``. A corrected laboratory result is given as
        corrected; ``results`` has all of them.

    Raises:
        StationError: E030 no run, E033 a damaged segment, E034 no such tag, E035 no time, E044 no such way.
    """
    record = open_record(run, damaged)
    names = [tags] if isinstance(tags, str) else None if tags is None else list(tags)
    dictionary = _known(record, names)
    numbers = [int(tag["id"]) for tag in dictionary]
    window = span_of(start, end)
    columns, tables = record.select(numbers if names is not None else None, window)
    name_of = {int(tag["id"]): str(tag["name"]) for tag in dictionary}
    parts = [_numbers(columns, name_of), _texts(tables["texts"], name_of, window)]
    parts.append(_results(tables["results"], dictionary, window))
    frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    frame = frame.sort_values(["tag", "time"], kind="stable", ignore_index=True)
    frame.attrs["units"] = {str(tag["name"]): tag.get("unit", "") for tag in dictionary}
    frame.attrs["gaps"] = _gaps(tables["gaps"], {str(tag["source"]) for tag in dictionary}, window)
    return frame


def each(run: str | Path, names: Sequence[str], window: Window, damaged: Damaged = "refuse") -> Iterator[pd.DataFrame]:
    """The rows of ``read`` piece by piece, laboratory results last: what does not fit into memory.

    Args:
        run: folder of the run.
        names: of tags.
        window: time span [from, to), ns.
        damaged: see ``read``.
    """
    record = open_record(run, damaged)
    dictionary = _known(record, list(names))
    name_of = {int(tag["id"]): str(tag["name"]) for tag in dictionary}
    found: list[dict[str, Any]] = []
    for content in record.contents(list(name_of), window):
        found += content.tables["results"]
        for first in range(0, len(content.columns["tag"]), _AT_ONCE):
            some = {name: column[first : first + _AT_ONCE] for name, column in content.columns.items()}
            yield _numbers(some, name_of)
        yield _texts(content.tables["texts"], name_of, window)
    yield _results(found, dictionary, window)


def gaps(run: str | Path, *, damaged: Damaged = "refuse") -> pd.DataFrame:
    """The gap table: source, start, end, cause, tags (none: all of the source), detail; ``damaged`` as in ``read``."""
    frame = pd.DataFrame(open_record(run, damaged).table("gaps"), columns=_GAPS)
    return frame.assign(start=_moments(frame["start_ns"]), end=_moments(frame["end_ns"]))


def events(run: str | Path, kind: str = "", *, damaged: Damaged = "refuse") -> pd.DataFrame:
    """Events of a run: starts, connections, calibrations, notes, clocks, disk; of one kind or all; see ``read``."""
    rows = [row for row in open_record(run, damaged).table("events") if not kind or row["kind"] == kind]
    frame = pd.DataFrame(rows, columns=["batch", "kind", "source", "time_ns", "text", "data"])
    return frame.assign(time=_moments(frame["time_ns"]))


def results(run: str | Path, *, damaged: Damaged = "refuse") -> pd.DataFrame:
    """All laboratory results ever handed in; ``current`` is False where a later one corrects it; see ``read``."""
    rows = open_record(run, damaged).table("results")
    latest = {id(row) for row in current(rows)}
    frame = pd.DataFrame([{**row, "current": id(row) in latest} for row in rows])
    if frame.empty:
        return frame
    return frame.assign(time=_moments(frame["time_ns"]), received=_moments(frame["received_ns"]))


def moment(when: str | datetime | int | None) -> int | None:
    """A point in time, ns UTC.

    Raises:
        StationError: E035, it is none.
    """
    if when is None or (isinstance(when, int) and not isinstance(when, bool)):
        return when
    try:
        stamp = pd.Timestamp(when)
        if pd.isna(stamp):
            raise ValueError
        stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
        return int(stamp.as_unit("ns").value)
    except (ValueError, TypeError, OverflowError):
        write = "--start 2026-11-26T14:00Z"
        raise StationError("E035", read=str(when), expected="a date and time", write=write) from None


def span_of(start: str | datetime | int | None, end: str | datetime | int | None) -> Window:
    """A span of time, ns UTC.

    Raises:
        StationError: E035, one of them is no time, or the end is not after the start.
    """
    window = (moment(start), moment(end))
    if window[0] is not None and window[1] is not None and window[1] < window[0]:
        read_ = f"from {start} to {end}"
        write = "--start 2026-11-26T14:00Z --end 2026-11-26T15:00Z"
        raise StationError("E035", read=read_, expected="an end that is not before the start", write=write)
    return window


_GAPS = ["batch", "source", "start_ns", "end_ns", "cause", "tags", "detail"]


def _known(record: Record, names: list[str] | None) -> list[dict[str, Any]]:
    dictionary = record.tags()
    if names is None:
        return dictionary
    known = {str(tag["name"]) for tag in dictionary}
    for name in names:
        if name not in known:
            near = nearest(name, known) or tuple(sorted(known))[:3]
            expected = f"a tag of this run, such as {', '.join(near)}"
            raise StationError("E034", read=name, expected=expected, write=f"--tag {near[0]}" if near else "")
    return [tag for tag in dictionary if tag["name"] in names]


def _numbers(columns: dict[str, NDArray[Any]], name_of: dict[int, str]) -> pd.DataFrame:
    codes, where = np.unique(columns["tag"], return_inverse=True)
    names = np.array([name_of.get(int(code), f"#{code}") for code in codes], object)
    found: dict[str, Any] = {
        "tag": names[where] if len(codes) else np.array([], object),
        "time": _moments(times(columns)),
        "value": columns["value"],
        "status": columns["status"].astype(np.int64),
        "quality": _quality(columns["status"]),
        "text": None,
    }
    found |= {name: _moments(columns[key]) for name, key in _TIMES.items()}
    return pd.DataFrame(found)


def _texts(table: list[dict[str, Any]], name_of: dict[int, str], window: Window) -> pd.DataFrame:
    rows = [row for row in table if row["tag"] in name_of]
    rows = [row for row in rows if inside(row["source_ns"] or row["receive_ns"], window)]
    return _frame([{**row, "name": name_of[row["tag"]], "number": np.nan} for row in rows])


def _results(table: list[dict[str, Any]], dictionary: list[dict[str, Any]], window: Window) -> pd.DataFrame:
    units = {str(tag["name"]): str(tag.get("unit", "")) for tag in dictionary}
    rows = []
    for row in current(table):
        if row["tag"] in units and inside(row["time_ns"], window):
            number, status = in_unit(row, units[row["tag"]])
            times_ = {"source_ns": row["time_ns"], "server_ns": 0, "receive_ns": row["received_ns"]}
            flag = row["flag"] or None
            rows.append({"name": row["tag"], "number": number, "value": flag, "status": status, **times_})
    return _frame(rows)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    column = {key: np.array([row[key] for row in rows], np.int64) for key in ("status", *_TIMES.values())}
    found: dict[str, Any] = {
        "tag": np.array([row["name"] for row in rows], object),
        "time": _moments(times(column)),
        "value": np.array([row["number"] for row in rows], float),
        "status": column["status"],
        "quality": _quality(column["status"]),
        "text": np.array([None if row["value"] is None else str(row["value"]) for row in rows], object),
    }
    found |= {name: _moments(column[key]) for name, key in _TIMES.items()}
    return pd.DataFrame(found)


def inside(time_ns: int, window: Window) -> bool:
    """Whether a time lies in a span [from, to)."""
    start, end = window
    return (start is None or time_ns >= start) and (end is None or time_ns < end)


def overlaps(row: dict[str, Any], window: Window) -> bool:
    """Whether a gap touches a span [from, to)."""
    start, end = window
    return (end is None or row["start_ns"] < end) and (start is None or row["end_ns"] >= start)


def _gaps(table: list[dict[str, Any]], sources: set[str], window: Window) -> list[dict[str, Any]]:
    return [row for row in table if row["source"] in sources and overlaps(row, window)]


def _quality(status: NDArray[Any]) -> NDArray[Any]:
    codes, where = np.unique(status, return_inverse=True)
    words = np.array([severity(int(code)) for code in codes], object)
    return words[where] if len(codes) else np.array([], object)


def _moments(ns: Any) -> Any:
    """Nanoseconds as times in UTC; 0 is no time."""
    array = np.asarray(ns, np.int64)
    stamps = np.where(array == 0, np.iinfo(np.int64).min, array).view("datetime64[ns]")
    return pd.DatetimeIndex(stamps, tz="UTC")
