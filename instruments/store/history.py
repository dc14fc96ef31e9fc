"""Spans of a run for a screen: only the segments that touch the span are read, long spans are thinned out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.laboratory_results import current, in_unit
from instruments.store import segment
from instruments.store.record import open_record, times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from instruments.store.record import Record
    from instruments.store.segment import Content

GOOD, UNCERTAIN, BAD = 0, 1, 2
_FOR_EVER = 1 << 62


@dataclass(frozen=True)
class Line:
    """Values of one tag.

    Attributes:
        times: ms since 1970.
        values: None where bad.
        quality: 0 good, 1 uncertain, 2 bad.
        status: OPC-UA codes.
        received: when the logger got it, ms since 1970; where that is asked for.
    """

    times: list[float]
    values: list[float | None]
    quality: list[int]
    status: list[int]
    received: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Span:
    """What a run holds of a span of time.

    Attributes:
        lines: tag number -> values in order of time.
        gaps: rows of the gap table that touch it.
        events: events in it.
    """

    lines: dict[int, Line]
    gaps: list[dict[str, Any]]
    events: list[dict[str, Any]]


@dataclass(frozen=True)
class _Segment:
    """What is remembered of a sealed segment, which never changes."""

    last_batch: int
    gaps: list[dict[str, Any]]
    events: list[dict[str, Any]]
    results: list[dict[str, Any]]
    # Tag -> first and last time; of the tags that were asked for so far.
    bounds: dict[int, tuple[int, int]] = field(default_factory=dict)

    def missed(self, tags: Sequence[int], start_ns: int, end_ns: int) -> bool:
        """Whether no reading of these tags lies in the span, as far as is known."""
        return all(
            tag in self.bounds and not (self.bounds[tag][0] < end_ns and self.bounds[tag][1] >= start_ns)
            for tag in tags
        )

    def learn(self, tags: Sequence[int], content: Content) -> None:
        """Remember the bounds of tags that were read."""
        time, tag_of = times(content.columns), content.columns["tag"]
        for tag in tags:
            own = time[tag_of == tag]
            self.bounds[tag] = (int(own.min()), int(own.max())) if len(own) else (0, -1)


@dataclass
class History:
    """Reads spans of a run; for one thread.

    Attributes:
        path: folder of the run.
    """

    path: Path
    _known: dict[Path, _Segment] = field(default_factory=dict, repr=False)

    def tags(self) -> list[dict[str, Any]]:
        """The tag dictionary."""
        return open_record(self.path).tags()

    def read(self, tags: Sequence[int], start_ns: int, end_ns: int, points: int | None = None) -> Span:
        """Values of tags in [start, end), thinned out to about ``points`` a tag if they are more.

        Raises:
            StationError: E030 no run, E033 a damaged segment.
        """
        record = open_record(self.path)
        parts: list[dict[str, NDArray[Any]]] = []
        gaps: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = []
        results: list[dict[str, Any]] = []
        for about, content in self._contents(record, tags, start_ns, end_ns):
            gaps += [row for row in about.gaps if row["start_ns"] < end_ns and row["end_ns"] >= start_ns]
            events += [row for row in about.events if start_ns <= row["time_ns"] < end_ns]
            results += about.results
            if content is not None:
                time = times(content.columns)
                wanted = (time >= start_ns) & (time < end_ns) & np.isin(content.columns["tag"], list(tags))
                parts.append({name: content.columns[name][wanted] for name in ("tag", "value", "status")})
                parts[-1]["time"] = time[wanted]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
        lines = {tag: _line(joined, tag, points) for tag in tags} if joined else {}
        lines |= _laboratory(record, results, tags, start_ns, end_ns)
        return Span({tag: line for tag, line in lines.items() if line.times}, gaps, events)

    def _contents(
        self, record: Record, tags: Sequence[int], start_ns: int, end_ns: int
    ) -> Iterator[tuple[_Segment, Content | None]]:
        """Every segment and the log with what is remembered of it; its readings where it touches the span."""
        beyond = 0
        for path in record.segments:
            if path not in self._known:
                self._known[path] = _remembered(segment.read(path, tags=()))
            about = self._known[path]
            beyond = max(beyond, about.last_batch)
            if about.missed(tags, start_ns, end_ns):
                yield about, None
                continue
            content = segment.read(path, tags=tags)
            about.learn(tags, content)
            yield about, content
        rest = segment.gather(record.pieces, beyond)
        if rest:
            yield _remembered(rest), rest

    def last(self, tags: Sequence[int], segments: int = 2) -> dict[int, Line]:
        """The last reading of each tag in the log and the newest segments, and the last result of the laboratory.

        ``received`` is given. Of readings whose stamps lie ahead of their receipt the one received last is the last.
        """
        record = open_record(self.path)
        found: dict[int, Line] = {}
        results: list[dict[str, Any]] = []
        beyond = 0
        newest = record.segments[-segments:]
        for path in record.segments:
            content = segment.read(path, tags=tags if path in newest else ())
            beyond = max(beyond, content.last)
            results += content.tables["results"]
            found |= _last_of(content, tags)
        rest = segment.gather(record.pieces, beyond)
        if rest:
            results += rest.tables["results"]
            found |= _last_of(rest, tags)
        names = {int(tag["id"]): tag["name"] for tag in record.tags()}
        for tag, one in _laboratory(record, results, tags, 0, _FOR_EVER).items():
            own = [row for row in current(results) if row["tag"] == names[tag]]
            received = [milliseconds(max(own, key=lambda row: row["time_ns"])["received_ns"])]
            found[tag] = Line(one.times[-1:], one.values[-1:], one.quality[-1:], one.status[-1:], received)
        return found


def _last_of(content: Content, tags: Sequence[int]) -> dict[int, Line]:
    found: dict[int, Line] = {}
    time = times(content.columns)
    for tag in tags:
        own = np.flatnonzero(content.columns["tag"] == tag)
        if len(own):
            receipt = content.columns["receive_ns"]
            at = own[np.lexsort((time[own], np.minimum(time, receipt)[own]))[-1:]]
            one = line(time[at], content.columns["value"][at], content.columns["status"][at])
            found[tag] = replace(one, received=milliseconds(receipt[at]).tolist())
    return found


def _remembered(content: Content) -> _Segment:
    tables = content.tables
    return _Segment(content.last, tables["gaps"], tables["events"], tables["results"])


def _line(columns: dict[str, NDArray[Any]], tag: int, points: int | None) -> Line:
    own = columns["tag"] == tag
    order = np.argsort(columns["time"][own], kind="stable")
    return line(columns["time"][own][order], columns["value"][own][order], columns["status"][own][order], points)


def line(time: NDArray[Any], value: NDArray[Any], status: NDArray[Any], points: int | None = None) -> Line:
    """Readings of one tag in order of time, thinned out; of every interval the least, the greatest and a bad one stay.

    Args:
        time: ns.
        value: NaN where bad.
        status: OPC-UA codes.
        points: about as many are kept.
    """
    quality = np.where(status & 0x80000000, BAD, np.where(status & 0xC0000000, UNCERTAIN, GOOD))
    if points is not None and len(time) > points:
        kept = _thinned(time, value, quality, max(1, points // 2))
        time, value, quality, status = time[kept], value[kept], quality[kept], status[kept]
    return Line(
        milliseconds(time).tolist(),
        [None if v != v else v for v in value.tolist()],  # NaN
        quality.astype(int).tolist(),
        status.astype(int).tolist(),
    )


def milliseconds(time_ns: Any) -> Any:
    """Times in ms since 1970, of an array or a number: to the microsecond, so that equal times stay equal as floats."""
    return time_ns // 1000 / 1000


def _thinned(time: NDArray[Any], value: NDArray[Any], quality: NDArray[Any], intervals: int) -> NDArray[Any]:
    """Indices that stay."""
    edges = np.linspace(float(time[0]), float(time[-1]), intervals + 1)[:-1]
    starts = np.unique(np.searchsorted(time, edges.astype(np.int64)))
    stay: set[int] = {0, len(time) - 1}
    for first, end in zip(starts.tolist(), [*starts.tolist()[1:], len(time)], strict=True):
        inside = value[first:end]
        if not np.all(np.isnan(inside)):
            stay |= {first + int(np.nanargmin(inside)), first + int(np.nanargmax(inside))}
        bad = np.flatnonzero(quality[first:end] == BAD)
        if len(bad):
            stay.add(first + int(bad[0]))
    return np.array(sorted(stay))


def _laboratory(
    record: Record, results: list[dict[str, Any]], tags: Sequence[int], start_ns: int, end_ns: int
) -> dict[int, Line]:
    """Results that are linked to tags, as corrected; at the time of their sample."""
    known = {str(tag["name"]): tag for tag in record.tags() if int(tag["id"]) in set(tags)}
    rows: dict[int, list[tuple[int, float, int]]] = {}
    for row in current(results):
        if row["tag"] in known and start_ns <= row["time_ns"] < end_ns:
            tag = known[row["tag"]]
            number, status = in_unit(row, str(tag.get("unit", "")))
            rows.setdefault(int(tag["id"]), []).append((row["time_ns"], number, int(status)))
    lines = {}
    for number, found in rows.items():
        time, value, code = (np.array(column) for column in zip(*sorted(found), strict=True))
        lines[number] = line(time, value, code)
    return lines
