"""``log export``: a run, or a span of it, as one HDF5, Parquet or CSV file."""

from __future__ import annotations

import csv
import json
import os
from typing import TYPE_CHECKING, Any

from hydromet.errors import StationError
from instruments.folder import sync_folder
from instruments.store import segment
from instruments.store.frames import moment, read
from instruments.store.record import open_record, times
from instruments.store.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

FORMATS = (".h5", ".parquet", ".csv")
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
        number of readings.

    Raises:
        StationError: E034 no such tag, E035 no time, E036 another ending or no place to write.
    """
    if target.suffix not in FORMATS:
        expected = f"a file ending in {', '.join(FORMATS)}"
        raise StationError("E036", read=str(target), expected=expected, write=f"{target.stem or 'run'}.csv")
    writers: dict[str, Callable[[Path], int]] = {
        ".h5": lambda path: _hdf5(run, path, tags, start, end),
        ".parquet": lambda path: _parquet(read(run, tags, start, end), path),
        ".csv": lambda path: _csv(read(run, tags, start, end), path),
    }
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        count = writers[target.suffix](temporary)
        temporary.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        read_ = f"{target}: {error.strerror or error}"
        raise StationError("E036", read=read_, expected="a folder with room", write="-o export/run.csv") from None
    finally:
        temporary.unlink(missing_ok=True)
    return count


def safe(text: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe in front."""
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text


def _csv(frame: pd.DataFrame, path: Path) -> int:
    """UTF-8 with a mark, so that Excel reads Japanese; times in ISO 8601, UTC, to the nanosecond."""
    units = frame.attrs["units"]
    names = ["source_time", "server_time", "receive_time"]
    head = ["tag", "unit", "time", "value", "status", "quality", "text", *names]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(head)
        for row in frame.itertuples(index=False):
            value = "" if row.value != row.value else repr(float(row.value))  # NaN is not itself
            stamps = [_iso(getattr(row, name)) for name in names]
            text = "" if row.text is None or row.text != row.text else safe(str(row.text))
            status = f"0x{int(row.status):08X}"
            cells = [safe(row.tag), safe(units.get(row.tag, "")), _iso(row.time), value, status, row.quality, text]
            out.writerow([*cells, *stamps])
    return len(frame)


def _iso(stamp: Any) -> str:
    return "" if stamp != stamp else stamp.isoformat().replace("+00:00", "Z")  # NaT is not itself


def _parquet(frame: pd.DataFrame, path: Path) -> int:
    """Units and gaps are in the metadata of the schema, key ``hydromet``."""
    import pyarrow as pa
    from pyarrow import parquet

    about = json.dumps({"units": frame.attrs["units"], "gaps": frame.attrs["gaps"]}, ensure_ascii=False)
    count = len(frame)
    frame.attrs = {}
    table = pa.Table.from_pandas(frame.astype({"tag": object, "quality": object}), preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"hydromet": about.encode()})
    parquet.write_table(table, path, compression="zstd")
    return count


def _hdf5(run: str | Path, path: Path, tags: Sequence[str] | None, start: str | None, end: str | None) -> int:
    """The whole span as one segment, with all side tables."""
    record = open_record(run)
    start_ns, end_ns = moment(start), moment(end)
    numbers = None
    if tags is not None:
        read(run, list(tags), 0, 0)  # names that are not there are told as `read` does
        numbers = [number for name in tags for number in record.numbers(name)]
    columns = record.columns(numbers, start_ns, end_ns)
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    about: dict[str, Any] = {}
    last = 0
    for content in record.contents(() if tags is not None else None):
        about = dict(content.about)
        last = max(last, content.last)
        for name in TABLES:
            tables[name] += content.tables[name]
    if isinstance(about.get("versions"), str):
        about["versions"] = json.loads(about["versions"])
    kept = set(numbers) if numbers is not None else None
    tables["texts"] = [row for row in tables["texts"] if kept is None or row["tag"] in kept]
    content = segment.Content(about, 1, last, record.tags(), columns, tables)
    segment.write(path, content)
    return len(times(columns)) + len(tables["texts"])
