"""What goes from notifications into the record: readings, and the gaps that can be seen in them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from instruments.base import NO_TIME, SECOND, Batch, Cause, Event, Gap, Nothing, Reading, now_ns
from instruments.opcua.seam import MILLISECOND, Span, moment, unrecorded
from instruments.status import Status, overflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from instruments.base import Held, Sink
    from instruments.opcua.nodes import Found
    from instruments.opcua.wire import Notification, Row

# How often a full recorder is asked again, s.
_AGAIN = 0.05
# An overflow can only have happened after this many publishing intervals without a message.
_SILENT = 2.5
_TOLERANCE = 1.5
# So long after a session was taken up again values that come twice are looked for, s.
_WARY = 15.0
# How late readings may be where the record does not tell their own times, s.
_LATE = 5
# How long readings that were filled in are remembered, so that none is booked that comes after all, s.
_REMEMBERED = 60.0
# Longest wait for what was handed over to be on disk, s.
_DISK = 30.0


class Collector:
    """Hands notifications to the recorder and keeps account of what is missing.

    Args:
        source: its name in the station file.
        sink: the recorder.
        names: number of a tag -> its name.
        samplings: number of a tag -> sampling interval, s.
        publishing: publishing interval, s.
        since_ns: receive time of the last reading in the record; 0 if it is new.
        held: what is in the record.
    """

    def __init__(
        self,
        source: str,
        sink: Sink,
        names: Mapping[int, str],
        samplings: Mapping[int, float],
        publishing: float,
        since_ns: int,
        held: Held | None = None,
    ) -> None:
        self.source = source
        self.sink = sink
        self.names = dict(names)
        self.samplings = dict(samplings)
        self.queues: dict[int, int] = {}
        self.stream = ""
        self.count = 0
        self.last_number = 0
        self.acknowledge: Callable[[int], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._publishing = publishing
        self._margin = int((publishing + 2 * max(samplings.values(), default=1.0)) * SECOND)
        self._held: Held = held or Nothing()
        self._recorded = bool(since_ns)
        self._last: dict[int, Row] = {}
        self._newest = since_ns - _LATE * SECOND if since_ns else NO_TIME
        self._previous = now_ns()
        self._wary = 0.0
        self._fresh: set[int] = set()
        self._open: dict[int, int] = {}
        self._known: dict[int, int] = {}
        self._closed: dict[int, Span] = {}
        self._filled_in: list[Row] = []
        self._filled_to, self._forget = NO_TIME, 0.0
        self._why: tuple[Cause, str] = (Cause.link, "")
        self._back = NO_TIME

    # --- gaps that last ---

    def last_seen(self, number: int) -> int:
        """Time up to which the values of a tag are known to be whole, ns by the source's clock; 0 if never."""
        known = self.last_time(number)
        # A value that has not changed for hours is whole up to the newest of the others.
        return max(known, self._newest - self._margin if self._newest else NO_TIME)

    def last_time(self, number: int) -> int:
        """Time of the last reading of a tag, ns by the source's clock or else the logger's; 0 if there is none."""
        row = self._last.get(number)
        return (row[1] or row[3]) if row else NO_TIME

    def last_row(self, number: int) -> Row | None:
        """The last reading of a tag."""
        return self._last.get(number)

    def open_gap(
        self, cause: Cause, detail: str, since: Mapping[int, int] | None = None, *, others: bool = True
    ) -> dict[str, int]:
        """From now on values are missing; tags that never gave one are left out.

        Args:
            cause: why.
            detail: in words.
            since: number -> ns, where that was saved before.
            others: for all other tags, too.

        Returns:
            Name of the tag -> start of its gap, to be saved.
        """
        for number in self.names:
            start = (since or {}).get(number) or (self.last_seen(number) if others else NO_TIME)
            if start:
                self._open[number] = min(start, self._open.get(number, start))
                self._known.setdefault(number, self.last_time(number))
        self._fresh = set(self.names) if others else self._fresh
        self._back = NO_TIME
        self._why = (cause, detail)
        return {self.names[number]: start for number, start in self._open.items()}

    @property
    def gap_open(self) -> bool:
        """Whether a gap waits for its end."""
        return bool(self._open or self._closed)

    @property
    def why(self) -> tuple[Cause, str]:
        """Why the present gap is one."""
        return self._why

    def end_gap(self) -> dict[int, Span]:
        """End the gap: where a tag has said nothing new, nothing changed there, and the newest of the others counts.

        Returns:
            Number of the tag -> what may be missing of it.
        """
        for number in list(self._open):
            self._end(number, max(self._newest, self._back, self._open[number]), told=False)
        ends, self._closed = self._closed, {}
        self._known.clear()
        return ends

    def take_back(self, spans: Mapping[int, Span]) -> None:
        """A gap that was ended is open still: what it lacks could not be asked for, or not be handed over."""
        for number, span in spans.items():
            later = self._closed.get(number)
            self._closed[number] = replace(later, start_ns=span.start_ns, known_ns=span.known_ns) if later else span

    def _end(self, number: int, at: int, *, told: bool = True) -> None:
        start = self._open.pop(number)
        if at > start or not told:
            self._closed[number] = Span(start, at, self._known.get(number, NO_TIME), told)

    # --- notifications ---

    def missing(self, first: int, last: int) -> None:
        """Messages the server cannot repeat: a gap until the next values."""
        self.open_gap(Cause.link, f"messages {first} to {last} are no longer on the server")
        self._fresh = set()

    async def deliver(self, notification: Notification, number: int, *, late: bool) -> None:
        """Take a notification; returns when the recorder has it in its buffer."""
        rows = notification.rows
        if self._open and rows and not self._back:
            # Where no tag has changed, the gap lasts until the server said so.
            self._back = notification.published_ns or rows[0][3]
        if self._fresh:
            await self._drop_known(rows)
        gaps = self._account(rows, notification.published_ns) if rows else []
        on_disk = self._durable(self.acknowledge, number)
        await self.put(Batch(self.source, rows, self.stream, number, gaps, late=late, durable=on_disk))
        self.last_number = number
        self.count += len(rows)

    def _durable(self, acknowledge: Callable[[int], None] | None, number: int) -> Callable[[], None] | None:
        return self.soon(lambda: acknowledge(number)) if acknowledge else None

    def soon(self, act: Callable[[], None]) -> Callable[[], None]:
        """What the writer's thread can call to have something done in the loop of this source."""

        def on_disk() -> None:
            with contextlib.suppress(RuntimeError):  # The loop is closed: the server keeps the message.
                self._loop.call_soon_threadsafe(act)

        return on_disk

    def _account(self, rows: list[Row], published_ns: int) -> list[Gap]:
        """Bring the accounts up to date; the gaps that show in these rows."""
        gaps = self._overflown(rows) if any(row[5] & 0x480 == 0x480 for row in rows) else []
        published = published_ns or rows[0][3]
        if published - self._previous > _SILENT * self._publishing * SECOND:
            gaps += self._filled(rows)
        self._previous = published
        if monotonic() < self._wary:
            self._drop_repeated(rows)
        if self._filled_to:
            self._drop_filled(rows)
        if self._open:
            self.close(rows)
        last = self._last
        for row in rows:
            last[row[0]] = row
        if rows:
            self._newest = max(self._newest, _dated(rows[0], published), _dated(rows[-1], published))
        return gaps

    def _overflown(self, rows: Iterable[Row]) -> list[Gap]:
        """Gaps the server tells of by the overflow bit: values before the one that bears it are missing."""
        last: dict[int, int] = {}
        found = []
        for row in rows:
            time = row[1] or row[3]
            if overflow(row[5]):
                start = last.get(row[0]) or self.last_seen(row[0]) or time
                found.append(
                    Gap(
                        self.source,
                        min(start, time),
                        time,
                        Cause.overflow,
                        (self.names[row[0]],),
                        "queue in the server",
                    )
                )
            last[row[0]] = time
        return found

    def _filled(self, rows: Sequence[Row]) -> list[Gap]:
        """Gaps a server keeps to itself: a queue that came back full has probably run over."""
        found = []
        counts = Counter(row[0] for row in rows)
        first = {row[0]: row for row in reversed(rows)}
        for number, count in counts.items():
            queue = self.queues.get(number, 0)
            start, end = self.last_time(number), first[number][1] or first[number][3]
            step = self.samplings.get(number, 1.0) * SECOND * _TOLERANCE
            if 1 < queue <= count and start and end - start > step and not overflow(first[number][5]):
                tags = (self.names[number],)
                detail = f"the queue of {queue} in the server was full, and it sets no overflow bit"
                found.append(Gap(self.source, start, end, Cause.overflow, tags, detail))
        return found

    async def _drop_known(self, rows: list[Row]) -> None:
        """A new monitored item begins with the present value, which may be in the record already."""
        doubtful, known = [], []
        for row in rows:
            if row[0] not in self._fresh:
                continue
            self._fresh.discard(row[0])
            last = self._last.get(row[0])
            if last is not None and row[1:2] + row[4:] == last[1:2] + last[4:] and row[1]:
                known.append(row)
            elif row[1] and (moment(row) <= moment(last) if last is not None else self._recorded):
                doubtful.append(row)
        known += await self._in_record(doubtful)
        if known:
            rows[:] = unrecorded(rows, known)

    async def _in_record(self, rows: Sequence[Row]) -> list[Row]:
        """What the record has beside these readings, with all that was handed over before."""
        if not rows:
            return []
        times = [moment(row) for row in rows]
        return await self.held_between({row[0] for row in rows}, min(times) - MILLISECOND, max(times) + MILLISECOND)

    async def held_between(self, numbers: Iterable[int], start: int, end: int) -> list[Row]:
        """Readings in the record, with all that was handed over before this was asked."""
        if isinstance(self._held, Nothing):
            return []
        await self._on_disk()
        return list(await asyncio.to_thread(self._held.between, sorted(numbers), start, end))

    async def _on_disk(self) -> None:
        """Wait until what was handed over is on disk; while the disk is full that cannot be waited for."""
        there = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DISK):
                await self.put(Batch(self.source, durable=self.soon(there.set)))
                await there.wait()

    async def recall(self) -> None:
        """Begin with what the record has: the last reading of each tag."""
        if self._recorded and not isinstance(self._held, Nothing):
            await self._on_disk()
            rows = await asyncio.to_thread(self._held.last)
            self._last = {row[0]: row for row in rows if row[0] in self.names}
            self._newest = max((_dated(row, row[3]) for row in self._last.values()), default=self._newest)

    def filling(self, end: int) -> None:
        """Readings up to ``end`` are being filled in: what still comes of them is looked at."""
        self._filled_to, self._filled_in = end + MILLISECOND, []
        self._forget = monotonic() + _REMEMBERED

    def fill(self, rows: Sequence[Row]) -> list[Row]:
        """Readings to be filled in, without those that have come in the meantime; the others are remembered."""
        new = unrecorded(rows, self._filled_in)
        self._filled_in += new
        return new

    def _drop_filled(self, rows: list[Row]) -> None:
        """Some servers send old values late, when they have been fetched from the archive already."""
        if monotonic() > self._forget:
            self._filled_to, self._filled_in = NO_TIME, []
            return
        old = [row for row in rows if moment(row) <= self._filled_to]
        if old:
            missed = unrecorded(old, self._filled_in)
            self._filled_in += missed
            kept = {id(row) for row in missed}
            rows[:] = [row for row in rows if moment(row) > self._filled_to or id(row) in kept]

    def _drop_repeated(self, rows: list[Row]) -> None:
        """Some servers send the present value once more when a session is taken up again: same time, same value."""
        last = dict(self._last)
        kept = []
        for row in rows:
            before = last.get(row[0])
            last[row[0]] = row
            if not (before and row[1] and row[1] == before[1] and row[4:] == before[4:]):
                kept.append(row)
        rows[:] = kept

    def be_wary(self) -> None:
        """A session was taken up again: look out for values that come twice."""
        self._wary = monotonic() + _WARY

    def close(self, rows: Iterable[Row]) -> None:
        """The gap of a tag ends with its first reading that is newer than where it began."""
        for row in rows:
            if row[0] in self._open:
                at = row[1] or row[3]
                if at > self._open[row[0]]:
                    self._end(row[0], at)

    # --- batches of other kinds ---

    async def put(self, batch: Batch) -> None:
        """Hand over a batch, waiting while the buffer of the recorder is full."""
        while not self.sink.put(batch):
            await asyncio.sleep(_AGAIN)

    async def tell(self, kind: str, text: str, **data: object) -> None:
        """An event in the record."""
        await self.put(Batch(self.source, events=(Event(kind, self.source, text=text, data=data),)))

    async def bad(self, statuses: Mapping[int, int]) -> None:
        """A reading without value for tags that cannot be read."""
        now = now_ns()
        rows = [Reading(number, NO_TIME, NO_TIME, now, float("nan"), status) for number, status in statuses.items()]
        if rows:
            await self.put(Batch(self.source, rows))


def _dated(row: Row, published_ns: int) -> int:
    """Time of a reading as far as the server's own clock bears it out: a device ahead of it must not date others."""
    return min(moment(row), row[2] or published_ns)


def refused(found: Iterable[Found], numbers: Mapping[str, int]) -> dict[int, int]:
    """Number -> status of the tags that were not found."""
    return {numbers[one.tag]: one.status or int(Status.BadNotFound) for one in found if one.node is None}
