"""A sealed segment: one HDF5 file, written once, readable by anything that reads HDF5; format ``hydromet-segment/1``.

readings/   one column a dataset, sorted by tag and time: tag, source_ns, server_ns, receive_ns, value, status, batch
index/      tag, start, count: where a tag's rows lie
tags        the tag dictionary, JSON a row
gaps/ events/ texts/ results/ batches/    side tables, a dataset a column
attributes  format, run, batches from and to, hash of all columns, versions, station file
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from hydromet.errors import Place, StationError
from instruments.folder import sync_folder
from instruments.store.hashes import damaged, unchanged
from instruments.store.tables import TABLES, cell, rows_of, text, value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from instruments.pieces import Piece

FORMAT = "hydromet-segment/1"
Window = tuple[int | None, int | None]
COLUMNS = ("tag", "source_ns", "server_ns", "receive_ns", "value", "status", "batch")
DTYPES = {
    "tag": np.uint32, "source_ns": np.int64, "server_ns": np.int64, "receive_ns": np.int64, "value": np.float64,
    "status": np.uint32, "batch": np.uint64,
}  # fmt: skip
_CHUNK = 1 << 14


@dataclass(frozen=True)
class Content:
    """What goes into a segment, or came out of one."""

    about: dict[str, Any]
    first: int
    last: int
    tags: list[dict[str, Any]]
    columns: dict[str, NDArray[Any]]
    tables: dict[str, list[dict[str, Any]]]

    def sha256(self) -> str:
        """Hash of everything but the circumstances of the writing."""
        digest = hashlib.sha256()
        for name in COLUMNS:
            digest.update(name.encode() + np.ascontiguousarray(self.columns[name]).tobytes())
        for name, kinds in TABLES.items():
            cells = [[_hashable(cell(kind, row.get(key))) for key, kind in kinds.items()] for row in self.tables[name]]
            digest.update(name.encode() + json.dumps(cells, ensure_ascii=False).encode())
        digest.update(json.dumps([self.tags, self.first, self.last], sort_keys=True, ensure_ascii=False).encode())
        return digest.hexdigest()


def _hashable(found: Any) -> Any:
    return repr(found) if isinstance(found, float) else found


def gather(pieces: Sequence[Piece], beyond: int = 0) -> Content | None:
    """The content of pieces, every batch once and sorted; None if they hold no batch.

    Args:
        pieces: of the log, in order.
        beyond: batches up to this number are left out: they are sealed.
    """
    frames: dict[int, Any] = {}
    for piece in pieces:
        for frame in piece.batches:
            if frame.number > beyond:
                frames.setdefault(frame.number, frame)
    if not frames:
        return None
    ordered = [frames[number] for number in sorted(frames)]
    headers = [piece.header.text for piece in pieces if piece.header]
    header = headers[-1] if headers else {}
    tables: dict[str, list[dict[str, Any]]] = {
        name: [row for f in ordered for row in rows_of(name, f.number, f.text, len(f.rows))] for name in TABLES
    }
    rows = np.concatenate([frame.rows for frame in ordered])
    batch = np.repeat(np.array([frame.number for frame in ordered], np.uint64), [len(frame.rows) for frame in ordered])
    time = np.where(rows["source_ns"] != 0, rows["source_ns"], rows["receive_ns"])
    order = np.lexsort((np.arange(len(rows)), time, rows["tag"]))
    columns = {name: rows[name][order] for name in COLUMNS[:-1]} | {"batch": batch[order]}
    about = {name: header.get(name) for name in ("run", "station", "station_sha256", "host", "versions")}
    return Content(
        about, ordered[0].number, ordered[-1].number, header.get("memory", {}).get("tags", []), columns, tables
    )


def write(path: Path, content: Content) -> None:
    """Write a segment: temporary file, fsync, rename, fsync of the folder.

    Raises:
        OSError: there is no room; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        with h5py.File(temporary, "x", libver="earliest") as file:
            _fill(file, content)
        handle = os.open(temporary, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        # Read back before it counts: the log is dropped on the strength of this file.
        read(temporary, verify=True)
        if path.exists():  # a sealed segment is never replaced
            raise FileExistsError(17, "a segment of this name is there", str(path))
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _fill(file: Any, content: Content) -> None:
    file.attrs["format"] = FORMAT
    file.attrs["first_batch"], file.attrs["last_batch"] = content.first, content.last
    file.attrs["sha256"] = content.sha256()
    file.attrs["readings"] = len(content.columns["tag"])
    time = times(content.columns)
    if len(time):
        file.attrs["start_ns"], file.attrs["end_ns"] = time.min(), time.max()
    versions = {**(content.about.get("versions") or {}), "h5py": h5py.__version__, "hdf5": h5py.version.hdf5_version}
    for name, found in ({**content.about, "versions": versions}).items():
        file.attrs[name] = json.dumps(found) if isinstance(found, dict) else str(found or "")
    group = file.create_group("readings")
    for name in COLUMNS:
        _column(group, name, content.columns[name])
    tags, starts, counts = np.unique(content.columns["tag"], return_index=True, return_counts=True)
    index = file.create_group("index")
    for name, array in (("tag", tags), ("start", starts), ("count", counts)):
        index.create_dataset(name, data=array.astype(np.uint64))
    strings = h5py.string_dtype("utf-8")
    lines = [json.dumps(tag, ensure_ascii=False, sort_keys=True) for tag in content.tags]
    file.create_dataset("tags", data=np.array(lines, object), dtype=strings)
    for name, kinds in TABLES.items():
        group = file.create_group(name)
        for key, kind in kinds.items():
            cells = [cell(kind, row.get(key)) for row in content.tables[name]]
            dtype = {"i": np.int64, "f": np.float64}.get(kind)
            if dtype:
                _column(group, key, np.array(cells, dtype))
            else:
                group.create_dataset(key, data=np.array(cells, object), dtype=strings)


def _column(group: Any, name: str, array: NDArray[Any]) -> None:
    if len(array):
        chunk = (min(_CHUNK, len(array)),)
        group.create_dataset(name, data=array, chunks=chunk, compression="gzip", compression_opts=1, shuffle=True)
    else:
        group.create_dataset(name, data=array)


def read(
    path: Path, *, tags: Sequence[int] | None = None, window: Window = (None, None), verify: bool = False
) -> Content:
    """Read a segment.

    Args:
        path: the file.
        tags: numbers of the tags to read; all by default.
        window: time span [from, to), ns; a segment that lies outside of it gives its side tables only.
        verify: compare the hash; with all tags only.

    Raises:
        StationError: E033, it is damaged; E118, a newer program wrote it.
    """
    unchanged(path)
    try:
        with h5py.File(path, "r") as file:
            found = _take(file, () if _outside(file, window) else tags)
            stated, form = file.attrs["sha256"], file.attrs["format"]
    except Exception as error:  # damaged bytes make h5py raise anything
        read_ = f"{type(error).__name__}: {error}"
        raise damaged(path, read_, "a sealed segment") from None
    if form != FORMAT:
        expected = f"{FORMAT}: another version of hydromet wrote this segment"
        raise StationError("E118", read=str(form), expected=expected, place=Place(str(path)))
    if verify and tags is None and found.sha256() != stated:
        raise damaged(path, "content that is not what was sealed", stated)
    return found


def times(columns: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Time of each reading, ns: of the source, else of the receipt."""
    found: NDArray[Any] = np.where(columns["source_ns"] != 0, columns["source_ns"], columns["receive_ns"])
    return found


def _outside(file: Any, window: Window) -> bool:
    start, end = window
    if "start_ns" not in file.attrs:
        return False
    return (end is not None and file.attrs["start_ns"] >= end) or (start is not None and file.attrs["end_ns"] < start)


def _take(file: Any, tags: Sequence[int] | None) -> Content:
    group = file["readings"]
    if tags is None:
        columns = {name: group[name][:] for name in COLUMNS}
    else:
        index = file["index"]
        place = {int(t): (int(s), int(c)) for t, s, c in zip(index["tag"], index["start"], index["count"], strict=True)}
        spans = [slice(place[t][0], sum(place[t])) for t in tags if t in place]
        columns = {
            name: np.concatenate([group[name][span] for span in spans]) if spans else group[name][:0]
            for name in COLUMNS
        }
    tables: dict[str, list[dict[str, Any]]] = {}
    for name, kinds in TABLES.items():
        if tags is not None and name == "batches":
            tables[name] = []
            continue
        arrays = {key: file[name][key][:] for key in kinds}
        length = len(next(iter(arrays.values())))
        tables[name] = [{key: value(kind, arrays[key][i]) for key, kind in kinds.items()} for i in range(length)]
    about = {name: text(file.attrs[name]) for name in ("run", "station", "station_sha256", "host", "versions")}
    first, last = int(file.attrs["first_batch"]), int(file.attrs["last_batch"])
    return Content(about, first, last, [json.loads(text(line)) for line in file["tags"][:]], columns, tables)


def span(path: Path) -> tuple[int, int]:
    """First and last batch of a segment.

    Raises:
        StationError: E033, it is damaged.
    """
    unchanged(path)
    try:
        with h5py.File(path, "r") as file:
            return int(file.attrs["first_batch"]), int(file.attrs["last_batch"])
    except Exception as error:
        raise damaged(path, str(error), "a sealed segment") from None
