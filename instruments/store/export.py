"""``log export``: a run, or a span of it, as one HDF5, Parquet or CSV file."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.errors import StationError
from instruments.base import Cause
from instruments.folder import sync_folder
from instruments.laboratory_results import current
from instruments.status import Status, severity
from instruments.store import segment
from instruments.store.frames import each, inside, overlaps, read, span_of
from instruments.store.record import open_record
from instruments.store.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from instruments.store.record import Damaged

    Span = tuple[int | None, int | None]

FORMATS = (".h5", ".parquet", ".csv")
_CLOCKS = ("source_time", "server_time", "receive_time")
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def export(
    run: str | Path, target: Path, tags: Sequence[str] | None = None, start: str | None = None, end: str | None = None,
    damaged: Damaged = "refuse",
) -> int:  # fmt: skip
    """Write readings to a file; temporary, then renamed.

    Args:
        run: folder of the run.
        target: file ending in .h5 (format of a segment), .parquet or .csv.
        tags: names; all by default.
        start: see ``read``.
        end: see ``read``.
        damaged: see ``read``; the gap is in the table or the metadata of the gaps, in CSV a bad row for each tag.

    Returns:
        number of readings, results of the laboratory that count included.

    Raises:
        StationError: E034 no such tag, E035 no time, E036 another ending or no place to write; E033 a damaged segment.
    """
    if target.suffix not in FORMATS:
        expected = f"a file ending in {', '.join(FORMATS)}"
        raise StationError("E036", read=str(target), expected=expected, write=f"{target.stem or 'run'}.csv")
    span = span_of(start, end)
    names = list(dict.fromkeys(tags if tags is not None else (str(tag["name"]) for tag in open_record(run).tags())))
    read(run, names, 0, 0, damaged=damaged)  # names that are not there are told at once
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".csv":
            count = _csv(run, temporary, names, span, damaged)
        elif target.suffix == ".parquet":
            count = _parquet(run, temporary, names, span, damaged)
        else:
            count = _hdf5(run, temporary, names if tags is not None else None, span, damaged)
        temporary.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        read_ = f"{target}: {error.strerror or error}"
        raise StationError("E036", read=read_, expected="a folder with room", write="-o export/run.csv") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return count


def safe(text: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe in front."""
    if not isinstance(text, str):
        return text
    # Blanks in front do not help, and a full-width sign is one, too.
    plain = unicodedata.normalize("NFKC", text)
    return f"'{text}" if plain.startswith(_FORMULA) or plain.strip().startswith(_FORMULA) else text


def _csv(run: str | Path, path: Path, names: Sequence[str], span: Span, damaged: Damaged) -> int:
    """UTF-8 with a mark, so that Excel reads Japanese; times in ISO 8601, UTC, to the nanosecond."""
    count = 0
    units = read(run, list(names), 0, 0, damaged=damaged).attrs["units"]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["tag", "unit", "time", "value", "status", "quality", "text", *_CLOCKS])
        for frame in each(run, names, span, damaged):
            count += len(frame)
            heads = [[safe(name) for name in frame["tag"]], [safe(units[name]) for name in frame["tag"]]]
            values = ["" if value != value else repr(value) for value in frame["value"].tolist()]  # NaN
            codes = [f"0x{code:08X}" for code in frame["status"].tolist()]
            texts = [safe(text) if isinstance(text, str) else "" for text in frame["text"]]
            columns = [
                *heads,
                _iso(frame["time"]),
                values,
                codes,
                frame["quality"],
                texts,
                *(_iso(frame[c]) for c in _CLOCKS),
            ]
            out.writerows(zip(*columns, strict=True))
        out.writerows(_lost_rows(run, names, units, span) if damaged == "skip" else ())
    return count


def lost(run: str | Path, start: str | int | None = None, end: str | int | None = None) -> list[dict[str, Any]]:
    """The gaps of a span that stand for damaged segments, those of all sources in one."""
    found: dict[int, dict[str, Any]] = {}
    window = span_of(start, end)
    for row in open_record(run, "skip").table("gaps"):
        if row["cause"] == Cause.damaged and overlaps(row, window):
            one = found.setdefault(row["batch"], {**row, "source": ""})
            one["start_ns"], one["end_ns"] = min(one["start_ns"], row["start_ns"]), max(one["end_ns"], row["end_ns"])
    return list(found.values())


def _lost_rows(run: str | Path, names: Sequence[str], units: dict[str, str], span: Span) -> Iterator[list[str]]:
    """A bad row for every tag and damaged span, at its beginning; CSV has no place for gaps elsewhere."""
    record = open_record(run, "skip")
    source_of = {str(tag["name"]): str(tag["source"]) for tag in record.tags()}
    status = Status.BadDataLost
    for row in record.table("gaps"):
        if row["cause"] == Cause.damaged and overlaps(row, span):
            start, end = np.datetime_as_string(np.array([row["start_ns"], row["end_ns"]], "datetime64[ns]")).tolist()
            text = f"{row['cause']} until {end}Z"
            for name in names:
                if source_of[name] == row["source"]:
                    cells = [f"{start}Z", "", f"0x{status:08X}", severity(status), text, "", "", ""]
                    yield [safe(name), safe(units[name]), *cells]


def _iso(stamps: Any) -> list[str]:
    naive = stamps.dt.tz_localize(None).to_numpy("datetime64[ns]")
    return ["" if text == "NaT" else f"{text}Z" for text in np.datetime_as_string(naive).tolist()]


def _parquet(run: str | Path, path: Path, names: Sequence[str], span: Span, damaged: Damaged) -> int:
    """A row group for at most 100,000 rows; units and gaps are in the metadata of the schema, key ``hydromet``."""
    import pyarrow as pa
    from pyarrow import parquet

    stamp = pa.timestamp("ns", tz="UTC")
    kinds = {"tag": pa.string(), "time": stamp, "value": pa.float64(), "status": pa.int64(), "quality": pa.string()}
    schema = pa.schema([*kinds.items(), ("text", pa.string()), *((name, stamp) for name in _CLOCKS)])
    about = read(run, list(names), 0, 0, damaged=damaged).attrs["units"]
    gaps = [{**row, "batch": int(row["batch"])} for row in open_record(run, damaged).table("gaps")]
    content = json.dumps({"units": about, "gaps": gaps}, ensure_ascii=False).encode()
    count = 0
    with parquet.ParquetWriter(path, schema.with_metadata({b"hydromet": content}), compression="zstd") as out:
        for frame in each(run, names, span, damaged):
            if frame.empty:
                continue
            count += len(frame)
            out.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False).cast(schema))
    return count


def _hdf5(run: str | Path, path: Path, names: Sequence[str] | None, span: Span, damaged: Damaged) -> int:
    """The whole span as one segment, with all side tables; results with all that was corrected."""
    record = open_record(run, damaged)
    numbers = None if names is None else [number for name in names for number in record.numbers(name)]
    columns = record.columns(numbers, span)
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    about: dict[str, Any] = {}
    last = 0
    for content in record.contents(() if names is not None else None):
        about = dict(content.about)
        last = max(last, content.last)
        for name in TABLES:
            tables[name] += content.tables[name]
    if isinstance(about.get("versions"), str):
        about["versions"] = json.loads(about["versions"])
    tables["texts"] = [
        row
        for row in tables["texts"]
        if (numbers is None or row["tag"] in numbers) and inside(row["source_ns"] or row["receive_ns"], span)
    ]
    tables["results"] = [
        row for row in tables["results"] if (names is None or row["tag"] in names) and inside(row["time_ns"], span)
    ]
    content = segment.Content(about, 1, last, record.tags(), columns, tables)
    segment.write(path, content)
    known = {str(tag["name"]) for tag in content.tags}
    results = sum(row["tag"] in known for row in current(tables["results"]))
    return len(columns["tag"]) + len(tables["texts"]) + results
