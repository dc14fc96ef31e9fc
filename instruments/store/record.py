"""A run as a reader sees it: sealed segments and the log behind them, every batch once, whatever goes on meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.folder import RunFolder
from instruments.frames import FORMAT
from instruments.pieces import read_pieces
from instruments.store import segment
from instruments.store.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from instruments.pieces import Piece
    from instruments.store.segment import Content


@dataclass(frozen=True)
class Record:
    """A consistent view of a run at the moment it was opened.

    Attributes:
        run: the folder.
        segments: sealed segments, oldest first.
        pieces: of the log, read, oldest first.
    """

    run: RunFolder
    segments: tuple[Path, ...]
    pieces: tuple[Piece, ...]

    def tags(self) -> list[dict[str, Any]]:
        """The tag dictionary, the newest there is."""
        for piece in reversed(self.pieces):
            if piece.header:
                found: list[dict[str, Any]] = piece.header.text["memory"]["tags"]
                return found
        return segment.read(self.segments[-1], tags=()).tags if self.segments else []

    def numbers(self, name: str) -> list[int]:
        """All numbers that a tag of this name ever had."""
        return [int(tag["id"]) for tag in self.tags() if tag["name"] == name]

    def contents(self, tags: Sequence[int] | None = None) -> Iterator[Content]:
        """Segment after segment, then what is not sealed.

        Args:
            tags: numbers of the tags whose readings are wanted; all by default.
        """
        beyond = 0
        for path in self.segments:
            content = segment.read(path, tags=tags)
            beyond = max(beyond, content.last)
            yield content
        rest = segment.gather(self.pieces, beyond)
        if rest:
            yield rest if tags is None else _only(rest, tags)

    def table(self, name: str) -> list[dict[str, Any]]:
        """A side table over the whole run: ``gaps``, ``events``, ``texts`` or ``results``."""
        return [row for content in self.contents(()) for row in content.tables[name]]

    def columns(
        self, tags: Sequence[int] | None = None, start_ns: int | None = None, end_ns: int | None = None
    ) -> dict[str, NDArray[Any]]:
        """Readings of tags in a span of time [start, end), by tag and time.

        The time of a reading is that of its source where there is one, else that of its receipt.
        """
        parts = [_between(content.columns, start_ns, end_ns) for content in self.contents(tags)]
        if not parts:
            parts = [{name: np.zeros(0, _DTYPES[name]) for name in segment.COLUMNS}]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in segment.COLUMNS}
        order = np.lexsort((joined["batch"], times(joined), joined["tag"]))
        return {name: array[order] for name, array in joined.items()}


_DTYPES = {
    "tag": np.uint32, "source_ns": np.int64, "server_ns": np.int64, "receive_ns": np.int64, "value": np.float64,
    "status": np.uint32, "batch": np.uint64,
}  # fmt: skip


def open_record(path: str | Path) -> Record:
    """A run for reading; the logger may be writing to it.

    The log is read before the segments are listed: what is sealed in between is then there twice, never missing.

    Raises:
        StationError: E030, there is no run; E118, a newer program wrote it.
    """
    run = RunFolder(path)
    run.identity()
    pieces = tuple(read_pieces(run.pieces()))
    for piece in pieces:
        form = piece.header.text.get("format") if piece.header else FORMAT
        if form != FORMAT:
            from hydromet.errors import Place, StationError

            expected = f"{FORMAT}: another version of hydromet wrote this log"
            raise StationError("E118", read=str(form), expected=expected, place=Place(str(piece.path)))
    return Record(run, tuple(run.segments()), pieces)


def times(columns: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Time of each reading, ns: of the source, else of the receipt."""
    found: NDArray[Any] = np.where(columns["source_ns"] != 0, columns["source_ns"], columns["receive_ns"])
    return found


def _between(columns: dict[str, NDArray[Any]], start_ns: int | None, end_ns: int | None) -> dict[str, NDArray[Any]]:
    if start_ns is None and end_ns is None:
        return columns
    time = times(columns)
    wanted = np.ones(len(time), bool)
    if start_ns is not None:
        wanted &= time >= start_ns
    if end_ns is not None:
        wanted &= time < end_ns
    return {name: array[wanted] for name, array in columns.items()}


def _only(content: Content, tags: Sequence[int]) -> Content:
    wanted = np.isin(content.columns["tag"], np.array(list(tags), np.uint32))
    columns = {name: array[wanted] for name, array in content.columns.items()}
    tables = {name: content.tables[name] for name in TABLES}
    return segment.Content(content.about, content.first, content.last, content.tags, columns, tables)
