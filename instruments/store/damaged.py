"""Where a sealed segment is damaged: its batches from the log, if they are still there; else a gap, if wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.base import Cause
from instruments.pieces import read_pieces
from instruments.store import segment
from instruments.store.held import hour
from instruments.store.segment import Content, times
from instruments.store.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hydromet.errors import StationError
    from instruments.pieces import Piece
    from instruments.store.record import Record

    _Parts = Sequence[dict[str, NDArray[Any]]]

_HOUR_NS = 3600 * 1_000_000_000


def instead(
    record: Record, torn: Mapping[Path, StationError], last: int, left: Path | None, right: Path | None
) -> Content | None:
    """What is read in place of damaged segments that follow each other.

    Args:
        record: whose they are.
        torn: the segments, and what is wrong with each.
        last: number of the last batch before them.
        left: the whole segment before them; None if they are the first.
        right: the whole segment behind them; None if only the log is, which is then part of the answer.

    Returns:
        the batches that the log still has. Where it does not have all: a gap row for every source, with cause
        ``damaged record``, from its last reading before to the first that was received behind.

    Raises:
        StationError: E033, batches are gone and the record was not opened with ``damaged="skip"``.
    """
    end = segment.span(right)[0] if right else None
    pieces = [
        replace(piece, batches=tuple(frame for frame in piece.batches if end is None or frame.number < end))
        # Pieces that were damaged themselves are kept after sealing, and the rest of them is whole.
        for piece in (*read_pieces(sorted(record.run.log.glob("*.damaged"))), *record.pieces)
    ]
    found = segment.gather(pieces, last)
    there = {frame.number for piece in pieces for frame in piece.batches if frame.number > last}
    stated = [piece.header.number for piece in record.pieces if piece.header]
    missing = set(range(last + 1, end or max([last, *there, *stated]) + 1)) - there
    if not missing and (end is not None or stated):
        return found
    if record.damaged != "skip":
        raise next(iter(torn.values()))
    found = found or _nothing(record, last)
    ends = min(missing, default=last + 1), max(missing, default=last + 1)
    before = [segment.read(left).columns] if left else []
    before.append(_where(found.columns, found.columns["batch"] < ends[0]))
    behind = [segment.read(right).columns] if right else []
    behind.append(_where(found.columns, found.columns["batch"] > ends[1]))
    gaps = [*found.tables["gaps"], *_gaps(record, torn, ends, before, behind)]
    return replace(found, tables={**found.tables, "gaps": gaps})


def _gaps(
    record: Record, torn: Mapping[Path, StationError], ends: tuple[int, int], before: _Parts, behind: _Parts
) -> Iterator[dict[str, Any]]:
    """A row for every source; ``ends`` are the first and last batch that are gone."""
    earliest = hour(next(iter(torn)))
    latest = _opened(record.pieces, ends[1]) or hour(list(torn)[-1]) + _HOUR_NS
    names = ", ".join(path.relative_to(record.run.path).as_posix() for path in torn)
    what = f"{names}: {next(iter(torn.values())).read}"
    detail = f"{what}; batches {ends[0]} to {ends[1]}, by the time of their receipt"
    of: dict[str, list[int]] = {}
    for tag in record.tags():
        of.setdefault(str(tag["source"]), []).append(int(tag["id"]))
    for source, numbers in of.items():
        start = _edge(before, numbers, last=True) or _edge(before, None, last=True) or earliest
        stop = _edge(behind, numbers, last=False) or _edge(behind, None, last=False) or latest
        row = {"batch": ends[0], "source": source, "start_ns": min(start, stop), "end_ns": max(start, stop)}
        yield {**row, "cause": str(Cause.damaged), "tags": [], "detail": detail}


def _nothing(record: Record, last: int) -> Content:
    about = dict.fromkeys(("station", "station_sha256", "host", "versions"))
    columns = {name: np.zeros(0, segment.DTYPES[name]) for name in segment.COLUMNS}
    return Content(
        {**about, "run": record.run.identity()}, last + 1, last, record.tags(), columns, {name: [] for name in TABLES}
    )


def _where(columns: dict[str, NDArray[Any]], wanted: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {name: array[wanted] for name, array in columns.items()}


def _edge(parts: _Parts, tags: Sequence[int] | None, *, last: bool) -> int:
    """Time of the last reading of some tags, or receipt of the first, ns; 0 if there is none.

    A clock that is ahead of the logger's moves no end of a gap.
    """
    found = []
    for columns in parts:
        own = columns if tags is None else _where(columns, np.isin(columns["tag"], tags))
        if len(own["tag"]):
            receipt = own["receive_ns"]
            found.append(int(np.minimum(times(own), receipt).max() if last else receipt.min()))
    return (max(found) if last else min(found)) if found else 0


def _opened(pieces: Sequence[Piece], number: int) -> int:
    """When the first piece of the log behind a batch was opened, ns; 0 if there is none."""
    found = [int(p.header.text["opened_ns"]) for p in pieces if p.header and p.header.number >= number]
    return min(found, default=0)
