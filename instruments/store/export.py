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
from instruments.folder import sync_folder
from instruments.laboratory_results import current
from instruments.store import segment
from instruments.store.frames import each, inside, read, span_of
from instruments.store.record import open_record
from instruments.store.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Span = tuple[int | None, int | None]

FORMATS = (".h5", ".parquet", ".csv")
_CLOCKS = ("source_time", "server_time", "receive_time")
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def export(
    run: str | Path, target: Path, tags: Sequence[str] | None = None, start: str | None = None, end: str | None = None
) -> int:
    """Write readings to a file; temporary, then renamed.

    Args:
        run: folder of the run.
        target: file ending in .h5 (format of a segment), .parquet or .csv.
        tags: names; all by default.
        start: see ``read``.
        end: see ``read``.

    Returns:
        number of readings, results of the laboratory that count included.

    Raises:
        StationError: E034 no such tag, E035 no time, E036 another ending or no place to write.
    """
    if target.suffix not in FORMATS:
        expected = f"a file ending in {', '.join(FORMATS)}"
        raise StationError("E036", read=str(target), expected=expected, write=f"{target.stem or 'run'}.csv")
    span = span_of(start, end)
    names = list(dict.fromkeys(tags if tags is not None else (str(tag["name"]) for tag in open_record(run).tags())))
    read(run, names, 0, 0)  # names that are not there are told at once
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".csv":
            count = _csv(run, temporary, names, span)
        elif target.suffix == ".parquet":
            count = _parquet(run, temporary, names, span)
        else:
            count = _hdf5(run, temporary, names if tags is not None else None, span)
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


def _csv(run: str | Path, path: Path, names: Sequence[str], span: Span) -> int:
    """UTF-8 with a mark, so that Excel reads Japanese; times in ISO 8601, UTC, to the nanosecond."""
    count = 0
    units = read(run, list(names), 0, 0).attrs["units"]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["tag", "unit", "time", "value", "status", "quality", "text", *_CLOCKS])
        for frame in each(run, names, span):
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
    return count


def _iso(stamps: Any) -> list[str]:
    naive = stamps.dt.tz_localize(None).to_numpy("datetime64[ns]")
    return ["" if text == "NaT" else f"{text}Z" for text in np.datetime_as_string(naive).tolist()]


def _parquet(run: str | Path, path: Path, names: Sequence[str], span: Span) -> int:
    """A row group for at most 100,000 rows; units and gaps are in the metadata of the schema, key ``hydromet``."""
    import pyarrow as pa
    from pyarrow import parquet

    stamp = pa.timestamp("ns", tz="UTC")
    kinds = {"tag": pa.string(), "time": stamp, "value": pa.float64(), "status": pa.int64(), "quality": pa.string()}
    schema = pa.schema([*kinds.items(), ("text", pa.string()), *((name, stamp) for name in _CLOCKS)])
    about = read(run, list(names), 0, 0).attrs["units"]
    gaps = [{**row, "batch": int(row["batch"])} for row in open_record(run).table("gaps")]
    content = json.dumps({"units": about, "gaps": gaps}, ensure_ascii=False).encode()
    count = 0
    with parquet.ParquetWriter(path, schema.with_metadata({b"hydromet": content}), compression="zstd") as out:
        for frame in each(run, names, span):
            if frame.empty:
                continue
            count += len(frame)
            out.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False).cast(schema))
    return count


def _hdf5(run: str | Path, path: Path, names: Sequence[str] | None, span: Span) -> int:
    """The whole span as one segment, with all side tables; results with all that was corrected."""
    record = open_record(run)
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
