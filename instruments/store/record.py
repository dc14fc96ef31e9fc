"""A run as a reader sees it: sealed segments and the log behind them, every batch once, whatever goes on meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hydromet.errors import Place, StationError
from instruments.folder import RunFolder
from instruments.frames import FORMAT
from instruments.pieces import read_pieces
from instruments.store import segment
from instruments.store.damaged import instead
from instruments.store.segment import times
from instruments.store.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from instruments.pieces import Piece
    from instruments.store.segment import Content, Window


__all__ = ["Damaged", "Record", "open_record", "times"]
Damaged = Literal["refuse", "skip"]


@dataclass(frozen=True)
class Record:
    """A consistent view of a run at the moment it was opened.

    Attributes:
        run: the folder.
        segments: sealed segments, oldest first.
        pieces: of the log, read, oldest first.
        damaged: "skip" puts a gap in the place of damaged segments, "refuse" gives nothing then.
    """

    run: RunFolder
    segments: tuple[Path, ...]
    pieces: tuple[Piece, ...]
    damaged: Damaged = "refuse"

    def tags(self) -> list[dict[str, Any]]:
        """The tag dictionary, the newest there is."""
        for piece in reversed(self.pieces):
            if piece.header:
                found: list[dict[str, Any]] = piece.header.text["memory"]["tags"]
                return found
        for path in reversed(self.segments):
            try:
                return segment.read(path, tags=()).tags
            except StationError as error:
                if error.code != "E033" or path == self.segments[0]:
                    raise
        return []

    def numbers(self, name: str) -> list[int]:
        """All numbers that a tag of this name ever had."""
        return [int(tag["id"]) for tag in self.tags() if tag["name"] == name]

    def contents(self, tags: Sequence[int] | None = None, window: Window = (None, None)) -> Iterator[Content]:
        """Segment after segment, then what is not sealed; one at a time in memory.

        Args:
            tags: numbers of the tags whose readings are wanted; all by default.
            window: time span [from, to) of the readings, ns; side tables are given whole.

        Raises:
            StationError: E033, a segment is damaged and its batches are not in the log any more.
        """
        beyond, before = 0, None
        torn: dict[Path, StationError] = {}
        for path in self.segments:
            try:
                content = segment.read(path, tags=tags, window=window)
            except StationError as error:
                if error.code != "E033":
                    raise
                torn[path] = error
                continue
            if torn:
                yield from _within(instead(self, torn, beyond, before, path), tags, window)
                torn = {}
            beyond, before = max(beyond, content.last), path
            yield _between(content, window)
        rest = instead(self, torn, beyond, before, None) if torn else segment.gather(self.pieces, beyond)
        yield from _within(rest, tags, window)

    def table(self, name: str) -> list[dict[str, Any]]:
        """A side table over the whole run: ``gaps``, ``events``, ``texts`` or ``results``."""
        return [row for content in self.contents(()) for row in content.tables[name]]

    def select(
        self, tags: Sequence[int] | None = None, window: Window = (None, None)
    ) -> tuple[dict[str, NDArray[Any]], dict[str, list[dict[str, Any]]]]:
        """Readings by tag and time, and the side tables of the whole run, in one go.

        The time of a reading is that of its source where there is one, else that of its receipt.
        """
        parts: list[dict[str, NDArray[Any]]] = []
        tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        for content in self.contents(tags, window):
            parts.append(content.columns)
            for name in TABLES:
                tables[name] += content.tables[name]
        if not parts:
            parts = [{name: np.zeros(0, segment.DTYPES[name]) for name in segment.COLUMNS}]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in segment.COLUMNS}
        order = np.lexsort((joined["batch"], times(joined), joined["tag"]))
        return {name: array[order] for name, array in joined.items()}, tables

    def columns(self, tags: Sequence[int] | None = None, window: Window = (None, None)) -> dict[str, NDArray[Any]]:
        """The readings of ``select``."""
        return self.select(tags, window)[0]


def open_record(path: str | Path, damaged: Damaged = "refuse") -> Record:
    """A run for reading; the logger may be writing to it.

    The log is read before the segments are listed: what is sealed in between is then there twice, never missing.

    Args:
        path: folder of the run.
        damaged: see ``Record``.

    Raises:
        StationError: E030, there is no run; E044, ``damaged`` is another word; E118, a newer program wrote it.
    """
    if damaged not in ("refuse", "skip"):
        write = 'instruments.read("run", damaged="skip")'
        raise StationError("E044", read=str(damaged), expected="refuse or skip", write=write)
    run = RunFolder(path)
    run.identity()
    pieces = tuple(read_pieces(run.pieces()))
    for piece in pieces:
        form = piece.header.text.get("format") if piece.header else FORMAT
        if form != FORMAT:
            expected = f"{FORMAT}: another version of hydromet wrote this log"
            raise StationError("E118", read=str(form), expected=expected, place=Place(str(piece.path)))
    return Record(run, tuple(run.segments()), pieces, damaged)


def _within(content: Content | None, tags: Sequence[int] | None, window: Window) -> Iterator[Content]:
    """What of a content from the log is wanted, if there is one."""
    if content:
        yield _between(content if tags is None else _only(content, tags), window)


def _between(content: Content, window: Window) -> Content:
    if window == (None, None):
        return content
    start, end = window
    time = times(content.columns)
    wanted = np.ones(len(time), bool)
    if start is not None:
        wanted &= time >= start
    if end is not None:
        wanted &= time < end
    return replace(content, columns={name: array[wanted] for name, array in content.columns.items()})


def _only(content: Content, tags: Sequence[int]) -> Content:
    wanted = np.isin(content.columns["tag"], np.array(list(tags), np.uint32))
    return replace(content, columns={name: array[wanted] for name, array in content.columns.items()})
