"""The time a connection was away: who was at fault, what the server's archive has of it, and what stays a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asyncua import ua

from instruments.base import Batch, Cause, Event, Gap, now_ns
from instruments.opcua.history import backfill
from instruments.opcua.nodes import pieces, read_all
from instruments.opcua.seam import MILLISECOND, moment, uncovered, unrecorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from instruments.base import Resume
    from instruments.opcua.collect import Collector
    from instruments.opcua.seam import Span
    from instruments.opcua.session import Connection, Saved
    from instruments.opcua.upkeep import Upkeep
    from instruments.opcua.wire import Row

# Readings filled in that go into the record at once.
_MOST = 20_000
# Behind every time there will be, ns.
_END = 1 << 62


class Outage:
    """Opens and closes the gaps of one connection.

    Args:
        collector: of the connection.
        upkeep: its nodes.
        saved: where a gap is kept until it is in the record, so that it outlives the logger.
        resume: what the record held at the start.
        write: saves ``saved``.
    """

    def __init__(
        self, collector: Collector, upkeep: Upkeep, saved: Saved, resume: Resume, write: Callable[[], None]
    ) -> None:
        self._collector, self._upkeep, self._saved, self._resume = collector, upkeep, saved, resume
        self._save = write
        self._numbers = {tag: number for number, tag in collector.names.items()}
        self._restarted = True
        self._begun, self._kept_out = now_ns(), ""

    @property
    def whole(self) -> bool:
        """Whether this connection has all tags of the source."""
        return len(self._numbers) == len(self._resume.tags)

    def over(self) -> None:
        """Data flow: whoever is away next, it is not the logger."""
        self._restarted = False

    def kept_out(self, why: str) -> None:
        """No connection could be made yet: where the record has nothing, values are missing from the logger's start."""
        if self._restarted and not self._saved.gap and not self._resume.last_ns:
            self._kept_out = why
            self._saved.gap, self._saved.cause = dict.fromkeys(self._numbers, self._begun), Cause.link
            self._save()

    async def begin(self, connection: Connection, *, resumed: bool) -> None:
        """There is no subscription any more: from where the record ends, values may be missing.

        Args:
            connection: open.
            resumed: the session was still there.
        """
        started = await self._started(connection)
        if self._restarted and not self._saved.gap and not self._resume.last_ns:
            return
        if self._kept_out and self._restarted:
            cause, why = Cause.link, f"no connection since the logger's start: {self._kept_out}"
        elif self._restarted:
            before = f"; before that: {self._saved.cause}" if self._saved.gap else ""
            why = f"the logger was not running, and its subscription was not there any more{before}"
            cause = Cause.logger
        elif started:
            cause, why = Cause.server, "the server was restarted"
        elif resumed:
            cause, why = Cause.server, "the server had given up the subscription"
        else:
            cause, why = Cause.link, "the connection was lost, and the server had given up the session"
        self._saved.gap = self._collector.open_gap(cause, why, self._since())
        self._saved.cause = cause

    def _since(self) -> dict[int, int]:
        return {self._numbers[tag]: start for tag, start in self._saved.gap.items() if tag in self._numbers}

    async def take_up(self, connection: Connection) -> None:
        """The session goes on. A gap from before it may not be in the record yet: the logger died too early.

        Where the server has no archive, nothing was filled in, and the gap ended with the reading that came after it.
        """
        self.over()
        since = self._since()
        if not since or self._collector.gap_open:
            return
        await self._upkeep.ask(connection)
        why = "a gap of before, which was not in the record when the logger ended"
        self._collector.open_gap(Cause(self._saved.cause or Cause.link), why, since, others=False)
        names, found = self._collector.names, self._upkeep.found
        plain = {number for number in since if (one := found.get(names[number])) is None or not one.history}
        if plain:
            rows = await self._collector.held_between(plain, min(since[number] for number in plain), _END)
            self._collector.close(row for row in rows if moment(row) >= since[row[0]] + MILLISECOND)

    async def _started(self, connection: Connection) -> bool:
        """Whether the server was started anew since it was last seen."""
        (value,) = await read_all(connection, [ua.NodeId(ua.ObjectIds.Server_ServerStatus_StartTime)])
        stated = value.Value.Value if value.Value is not None else None
        before, self._saved.server_started = self._saved.server_started, str(stated) if stated else ""
        return bool(before) and before != self._saved.server_started

    async def end(self, connection: Connection) -> None:
        """The gap is over: ask the server's archive for it; what it does not have is written as a gap.

        What the archive and the record both have is booked once: the record is asked only when everything that came
        before is on disk, and what comes later is compared with what was filled in. So a logger that is killed in
        here fills in the rest at its next start.
        """
        spans = self._collector.end_gap()
        try:
            await self._fill(connection, spans)
        except BaseException:
            # The connection fell, or the logger stops: the gap is as open as it was.
            self._collector.take_back(spans)
            raise

    async def _fill(self, connection: Connection, spans: Mapping[int, Span]) -> None:
        cause, detail = self._collector.why
        known = {number: self._upkeep.found.get(self._collector.names[number]) for number in spans}
        wanted = {
            number: (found.node, spans[number])
            for number, found in known.items()
            if found is not None and found.node is not None and found.history
        }
        archive: dict[int, list[Row]] = {}
        rows: list[Row] = []
        if wanted:
            self._collector.filling(max(span.end_ns for _, span in wanted.values()))
            archive = await backfill(connection, wanted)
            rows = await self._missing({number: (spans[number], found) for number, found in archive.items()})
        for some in list(pieces(rows, _MOST))[:-1]:
            await self._collector.put(Batch(self._collector.source, some, late=True))
        last = rows[(len(rows) - 1) // _MOST * _MOST :]
        left = {number: uncovered(span, archive.get(number, [])) for number, span in spans.items()}
        gaps = self._rows(((number, span) for number, some in left.items() for span in some), cause, detail)
        events = self._events(cause, len(rows), len(archive), whole=not gaps)
        gap = self._saved.gap
        written = self._collector.soon(lambda: self._written(gap))
        batch = Batch(self._collector.source, last, gaps=gaps, events=events, late=True, durable=written)
        await self._collector.put(batch)

    def _events(self, cause: Cause, values: int, tags: int, *, whole: bool) -> list[Event]:
        """What is told of it: where nothing is missing after the logger was away, that it went on without a hole."""
        source, events = self._collector.source, []
        if tags:
            text = f"{values} values of {tags} tags from the server's history"
            events.append(Event("backfilled", source, text=text, data={"values": values, "tags": tags}))
        if whole and tags and cause is Cause.logger:
            events.append(Event("resumed", source, text="a new session; the server's history had the rest"))
        return events

    async def _missing(self, archive: Mapping[int, tuple[Span, list[Row]]]) -> list[Row]:
        """What of the archive is not in the record, by time."""
        inside = {
            number: [row for row in rows if moment(row) >= span.start_ns - MILLISECOND]
            for number, (span, rows) in archive.items()
        }
        times = [moment(row) for rows in inside.values() for row in rows]
        if not times:
            return []
        numbers = [number for number, rows in inside.items() if rows]
        near = 2 * MILLISECOND
        held: dict[int, list[Row]] = {number: [] for number in numbers}
        for row in await self._collector.held_between(numbers, min(times) - near, max(times) + near):
            held[row[0]].append(row)
        new = [row for number in numbers for row in unrecorded(inside[number], held[number])]
        return sorted(self._collector.fill(new), key=moment)

    def _written(self, gap: Mapping[str, int]) -> None:
        """This gap is in the record; by now there may be another."""
        if self._saved.gap is gap:
            self._saved.gap = {}
            self._save()

    def last_words(self, *, connected: bool) -> None:
        """The logger stops: a gap whose end has not come is written up to now."""
        now = now_ns()
        if not connected and not self._collector.gap_open:
            why = "there was no connection when the logger was stopped"
            why += f": {self._kept_out}" if self._kept_out else ""
            self._collector.open_gap(Cause.link, why, self._since())
        gaps = self._upkeep.gaps(now)
        if self._collector.gap_open:
            cause, detail = self._collector.why
            spans = self._collector.end_gap()
            gaps += self._rows(
                ((number, (span.start_ns, max(span.end_ns, now))) for number, span in spans.items()), cause, detail
            )
            self._written(self._saved.gap)
        if self._kept_out and self._restarted:
            self._saved.gap = dict.fromkeys(self._numbers, now)
            self._save()
        if gaps:
            self._collector.sink.put(Batch(self._collector.source, gaps=gaps))

    def _rows(self, left: Iterable[tuple[int, tuple[int, int]]], cause: Cause, detail: str) -> list[Gap]:
        """Gap rows, tags with the same ends together."""
        spans: dict[tuple[int, int], list[str]] = {}
        for number, span in left:
            spans.setdefault(span, []).append(self._collector.names[number])
        everything = len(self._numbers) if self.whole else 0
        return [
            Gap(self._collector.source, start, end, cause, () if len(tags) == everything else tuple(tags), detail)
            for (start, end), tags in sorted(spans.items())
        ]
