"""What is on disk of some tags, for a source that goes on where its data have a seam."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.errors import StationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from instruments.folder import RunFolder
    from instruments.store.segment import Content, Window

log = logging.getLogger("instruments.recorder")
Row = tuple[int, int, int, int, Any, int]
# The last reading of a tag is looked for in so many segments, two days as a rule.
_DEEPEST = 48
# No source has a clock that is so far ahead of the logger's, ns.
_AHEAD = 24 * 3600 * 1_000_000_000
_FIELDS = ("source_ns", "server_ns", "receive_ns", "value", "status")


class OnDisk:
    """A ``Held`` over the folder of a run.

    Args:
        run: the folder.
        aliases: numbers of the source's tags in the record -> those they have now.
    """

    def __init__(self, run: RunFolder, aliases: Mapping[int, int]) -> None:
        self._run, self._aliases = run, dict(aliases)

    def last(self) -> list[Row]:
        """See ``Held.last``."""
        found: dict[int, Row] = {}
        for content in self._contents(list(self._aliases), (None, None), _DEEPEST):
            newest: dict[int, Row] = {}
            for row in self._rows(content, last=True):
                before = newest.get(row[0])
                newest[row[0]] = row if before is None or _time(row) >= _time(before) else before
            found = newest | found
            if len(found) == len(set(self._aliases.values())):
                break
        return list(found.values())

    def between(self, tags: Sequence[int], start_ns: int, end_ns: int) -> list[Row]:
        """See ``Held.between``."""
        wanted = set(tags)
        numbers = [number for number, present in self._aliases.items() if present in wanted]
        window = (start_ns, end_ns + 1)
        found = [
            row
            for content in self._contents(numbers, window)
            for row in self._rows(content, window)
            if row[0] in wanted and start_ns <= _time(row) <= end_ns
        ]
        return sorted(found, key=_time)

    def _contents(self, numbers: list[int], window: Window, deepest: int | None = None) -> Iterator[Content]:
        """The log, then segments from the newest on; a damaged one is left out: it is told of by ``log verify``."""
        # HDF5 is loaded only by a logger that needs it.
        from instruments.store import segment
        from instruments.store.record import open_record

        try:
            record = open_record(self._run.path)
        except (OSError, StationError):
            log.exception("the record cannot be read back: what comes twice may be booked twice")
            return
        sealed = 0
        for path in reversed(record.segments):
            try:
                sealed = segment.span(path)[1]
                break
            except StationError:
                continue
        rest = segment.gather(record.pieces, sealed)
        if rest:
            yield rest
        for path in list(reversed(record.segments))[:deepest]:
            if window[0] is not None and hour(path) < window[0] - _AHEAD:
                break
            try:
                yield segment.read(path, tags=numbers, window=window)
            except StationError:
                continue

    def _rows(self, content: Content, window: Window = (None, None), *, last: bool = False) -> Iterator[Row]:
        """Readings of the tags in a span; the last of each number only, if that is all that is wanted."""
        columns = content.columns
        time = np.where(columns["source_ns"] != 0, columns["source_ns"], columns["receive_ns"])
        wanted = np.isin(columns["tag"], list(self._aliases))
        if window[0] is not None and window[1] is not None:
            wanted &= (time >= window[0]) & (time < window[1])
        if last and len(time):
            wanted &= np.append(columns["tag"][1:] != columns["tag"][:-1], True)
        found = [columns[name][wanted].tolist() for name in ("tag", *_FIELDS)]
        for tag, *rest in zip(*found, strict=True):
            yield (self._aliases[tag], *rest)
        for text in content.tables["texts"]:
            present = self._aliases.get(text["tag"])
            if present is not None:
                yield (present, *(text[name] for name in _FIELDS))


def hour(path: Path) -> int:
    """When the hour of a segment began, ns; what is in it was received from then on."""
    year, month, day = map(int, path.parts[-4:-1])
    return int(datetime(year, month, day, int(path.stem.partition("-")[0]), tzinfo=UTC).timestamp()) * 1_000_000_000


def _time(row: Row) -> int:
    return row[1] or row[3]
