"""One connection to a server kept up: the ladder of reconnecting, and what has to be looked at from time to time.

The rungs, each taken only when the one before has failed:

1. activate the old session on a new channel, ask for the messages missed, go on;
2. a new session and a new subscription; the time between is filled from the server's history or is a gap;
3. ask the server anew who it is (endpoints, certificate) and begin from nothing.

What makes a rung fail is the absence of data, not of a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from time import monotonic
from typing import TYPE_CHECKING

from asyncua import ua

from hydromet.errors import DeviceError
from instruments.base import Batch, Cause, Event, Gap, now_ns
from instruments.base import Link as State
from instruments.opcua.collect import Collector, refused
from instruments.opcua.history import backfill
from instruments.opcua.nodes import Found, describe, disagreements, read_all, resolve
from instruments.opcua.session import Access, Connection, Saved, discover
from instruments.opcua.subscription import Item, Lost, Subscription
from instruments.opcua.wire import row
from instruments.opcua.words import LASTING, explain
from instruments.status import Status, good

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from instruments.base import Resume, Sink
    from instruments.station import Endpoint, TagSpec

_FIRST_DELAY, _LONGEST_DELAY, _REFUSED_DELAY = 0.2, 5.0, 10.0
_SETTLE = 2.0
_ROUND = 0.5
# Between looks at tags that say nothing, s, and how many are read at once.
AUDIT = 20.0
_AUDITED = 250
_DEFAULT_SAMPLING = 1.0
_SMALLEST_QUEUE, _LARGEST_QUEUE = 10, 100_000
_SHORTEST_SESSION, _LONGEST_SESSION = 30.0, 3600.0
_GONE = frozenset({int(Status.BadNodeIdUnknown), int(Status.BadNodeIdInvalid), int(Status.BadNotFound)})


class Link:
    """Some tags of one server over one connection.

    Args:
        name: of the source; ``part`` tells its connections apart.
        access: how the server is reached.
        endpoint: its section of the station file.
        tags: those of this connection.
        namespaces: short name -> URI.
        sink: the recorder.
        resume: what the record holds.
        file: where the session is kept.
    """

    def __init__(
        self,
        name: str,
        part: int,
        access: Access,
        endpoint: Endpoint,
        tags: Mapping[str, TagSpec],
        namespaces: Mapping[str, str],
        sink: Sink,
        resume: Resume,
        file: Path,
    ) -> None:
        self.name, self.part = name, part
        self.access, self.endpoint, self.tags, self.namespaces = access, endpoint, tags, namespaces
        self.sink, self.resume, self.file = sink, resume, file
        self.numbers = {tag: resume.tags[tag] for tag in tags}
        names = {number: tag for tag, number in self.numbers.items()}
        samplings = {self.numbers[tag]: spec.sampling or _DEFAULT_SAMPLING for tag, spec in tags.items()}
        self.samplings = samplings
        self.collector = Collector(name, sink, names, samplings, endpoint.publish, resume.last_ns)
        self.saved = Saved.read(file)
        self.found: dict[str, Found] = {}
        self.missing: dict[int, int] = {}
        self._certificate: bytes | None = None
        self._discovered = False
        self._restarted = True
        self._dead = 0
        self._up = False
        self._clock_failed = 0
        self._suspects: dict[int, int] = {}
        self._link_since = ""
        last = resume.sequences.get(self.saved.stream, 0) if self.saved.stream else 0
        self.collector.last_number = max(last, sink.durable_sequence(self.saved.stream) if self.saved.stream else 0)

    # --- the ladder ---

    async def run(self) -> None:
        """Connect, deliver, connect again, until cancelled."""
        delay = _FIRST_DELAY
        self._say(State.starting, "")
        while True:
            connection = None
            began, count = monotonic(), self.collector.count
            try:
                connection = Connection(self.access)
                subscription = await self._connect(connection)
                self._say(State.connected, self._link_since)
                self._up = True
                await self._stay(connection, subscription)
            except Lost as lost:
                self._fell(lost, delivered=self.collector.count > count)
                await self._tell("disconnected", lost.why)
                self._say(State.disconnected, lost.why)
                delay = _FIRST_DELAY if monotonic() - began > _LONGEST_DELAY else min(2 * delay, _LONGEST_DELAY)
            except DeviceError as error:
                lasting = error.code in LASTING
                if lasting:
                    self._discovered = False
                self._say(State.refused if lasting else State.disconnected, f"{error.code}: {error.read}")
                delay = _REFUSED_DELAY if lasting else min(2 * delay, _LONGEST_DELAY)
            except asyncio.CancelledError:
                self._last_words()
                raise
            finally:
                self._up = False
                if connection:
                    await connection.close()
            await asyncio.sleep(delay)

    def _last_words(self) -> None:
        """The logger stops: a gap whose end has not come is written up to now."""
        now = now_ns()
        if not self._up and not self.collector.gap_open:
            self.collector.open_gap(Cause.link, "there was no connection when the logger was stopped")
        if self.collector.gap_open:
            cause, detail = self.collector.why
            ends = {number: (start, max(end, now)) for number, (start, end) in self.collector.end_gap().items()}
            self.sink.put(Batch(self.name, gaps=self._gaps(ends, cause, detail)))
            self.saved.gap = {}
            self._write()

    def _fell(self, lost: Lost, *, delivered: bool) -> None:
        """Choose the next rung."""
        if "the server's clock" in lost.why:
            self._clock_failed += 1
        if lost.subscription:
            self.saved.subscription = 0
        self._dead = 0 if delivered else self._dead + 1
        if self._dead >= 2:  # resumed in vain, then made anew in vain
            self._discovered = False
        if self._dead:
            self.saved.forget_session()

    async def _connect(self, connection: Connection) -> Subscription:
        if not self._discovered:
            self._certificate = await discover(self.access)
            self._discovered = True
        session_seconds = min(max(self.endpoint.outage, _SHORTEST_SESSION), _LONGEST_SESSION)
        resumed = await connection.open(self._certificate, self.saved, session_seconds * 1000)
        try:
            return await self._subscribe(connection, resumed, session_seconds)
        except (ua.UaError, OSError, TimeoutError) as error:
            raise explain(error, url=self.access.url, user=self.access.user, step="subscription") from error

    async def _subscribe(self, connection: Connection, resumed: bool, lifetime: float) -> Subscription:
        self._write()
        last = self.collector.last_number
        judge = self._clock_failed < 2  # once may be chance
        subscription = Subscription(connection, self.saved, self.collector, last, judge_clock=judge)
        self.collector.acknowledge = subscription.acknowledge
        if resumed and self.saved.subscription and self.saved.wanted == self._wanted():
            try:
                self.collector.stream = self.saved.stream
                self._granted()
                self.collector.be_wary()
                repeated = await subscription.catch_up()
            except Lost as lost:
                await self._tell("disconnected", lost.why)
            else:
                self._link_since = f"session taken up again, {repeated} messages repeated"
                await self._tell("resumed", self._link_since, messages=repeated)
                self._restarted = False
                return subscription
        elif resumed and self.saved.subscription:
            with contextlib.suppress(ua.UaError):
                await subscription.delete()
        await self._anew(connection, subscription, lifetime, resumed=resumed)
        return subscription

    async def _anew(
        self, connection: Connection, subscription: Subscription, lifetime: float, *, resumed: bool
    ) -> None:
        """A new subscription with all its tags; what was missed since the last is a gap that is open now."""
        self.found = await describe(connection, await resolve(connection, self.tags, self.namespaces))
        self._open_gap(resumed=resumed)
        self.saved.stream = f"{self.name}.{self.part}.{now_ns()}"
        self._write()
        await subscription.create(self.endpoint.publish, lifetime)
        self.collector.stream, self.collector.last_number = self.saved.stream, 0
        items = [self._item(one.tag, one.node) for one in self.found.values() if one.node is not None]
        refusals = await subscription.add(items) | refused(self.found.values(), self.numbers)
        self.saved.wanted = self._wanted()
        self._write()
        self._granted()
        await self._mark_missing(refusals)
        await self._tell_granted(items)
        self._restarted = False

    def _open_gap(self, *, resumed: bool) -> None:
        """Who was away? The logger, if this is its first connection; else the server, or the link."""
        if self._restarted:
            cause, why = Cause.logger, "the logger was not running, and the server had not kept its session"
            if not self.resume.last_ns and not self.saved.gap:
                return
        elif resumed:
            cause, why = Cause.server, "the server had given up the subscription"
        else:
            cause, why = Cause.server, "the server had given up the session, as after a restart"
        since = {self.numbers[tag]: start for tag, start in self.saved.gap.items() if tag in self.numbers}
        self.saved.gap = self.collector.open_gap(cause, why, since)
        self.saved.cause = cause

    def _item(self, tag: str, node: ua.NodeId) -> Item:
        number = self.numbers[tag]
        sampling = self.samplings[number]
        queue = self.tags[tag].queue or round(2 * self.endpoint.outage / sampling)
        return Item(number, node, sampling, min(max(queue, _SMALLEST_QUEUE), _LARGEST_QUEUE))

    def _wanted(self) -> str:
        """Fingerprint of what is to be monitored: another one needs another subscription."""
        plan = [
            [tag, self.numbers[tag], str(spec.node), list(spec.path), spec.sampling, spec.queue]
            for tag, spec in self.tags.items()
        ]
        text = json.dumps([plan, self.endpoint.publish, self.endpoint.outage, dict(self.namespaces)])
        return hashlib.sha256(text.encode()).hexdigest()

    def _granted(self) -> None:
        self.collector.queues = {int(number): int(item[2]) for number, item in self.saved.items.items()}

    def _write(self) -> None:
        try:
            self.saved.write(self.file)
        except OSError as error:
            # Without it a restart of the logger leaves a gap; that is no reason to stop recording.
            self._say(State.connected, f"{self.file.name} cannot be written: {error.strerror}")

    # --- while the connection lasts ---

    async def _stay(self, connection: Connection, subscription: Subscription) -> None:
        pump = asyncio.create_task(subscription.run())
        keeper = asyncio.create_task(self._keep(connection, subscription))
        try:
            done, _ = await asyncio.wait({pump, keeper}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task
        except (ua.UaError, OSError, TimeoutError) as error:
            why = f"{type(error).__name__} {error}".strip()
            raise Lost(why) from error
        finally:
            self.collector.acknowledge = None
            for task in (pump, keeper):
                task.cancel()
            await asyncio.gather(pump, keeper, return_exceptions=True)

    async def _keep(self, connection: Connection, subscription: Subscription) -> None:
        began = audited = monotonic()
        counted = self.collector.count
        while True:
            await asyncio.sleep(_ROUND)
            now = monotonic()
            settled = now - began > _SETTLE and self.collector.count > counted
            if self.collector.gap_open and (settled or now - began > 5 * _SETTLE):
                await self._close_gap(connection)
            if subscription.blocked:
                # The recorder is full: that nothing comes is not the server's doing.
                audited, self._suspects = now, {}
            if now - audited > AUDIT:
                audited = now
                await self._look_for_missing(connection, subscription)
                await self._audit(connection, subscription)

    async def _close_gap(self, connection: Connection) -> None:
        """The gap is over: ask the server's history for it; what it does not have is written as a gap."""
        cause, detail = self.collector.why
        ends = self.collector.end_gap()
        names = self.collector.names
        wanted = {}
        for number, (start, end) in ends.items():
            known = self.found.get(names[number])
            if known and known.node is not None and known.history:
                wanted[number] = (known.node, max(start, self.collector.begun(number)), end)
        filled = await backfill(connection, wanted) if wanted else {}
        rows = sorted((one for some in filled.values() for one in some), key=lambda one: one[1])
        gaps = self._gaps({number: span for number, span in ends.items() if number not in filled}, cause, detail)
        events = []
        if filled:
            text = f"{len(rows)} values of {len(filled)} tags from the server's history"
            events.append(Event("backfilled", self.name, text=text, data={"values": len(rows), "tags": len(filled)}))
        loop = asyncio.get_running_loop()
        await self.collector.put(
            Batch(self.name, rows, gaps=gaps, events=events, late=True, durable=_later(loop, self._gap_written))
        )

    def _gaps(self, ends: Mapping[int, tuple[int, int]], cause: Cause, detail: str) -> list[Gap]:
        """Gap rows, tags with the same ends together."""
        spans: dict[tuple[int, int], list[str]] = {}
        for number, span in ends.items():
            spans.setdefault(span, []).append(self.collector.names[number])
        return [
            Gap(self.name, start, end, cause, () if self.whole and len(tags) == len(self.tags) else tuple(tags), detail)
            for (start, end), tags in sorted(spans.items())
        ]

    @property
    def whole(self) -> bool:
        """Whether this connection has all tags of the source."""
        return len(self.tags) == len(self.resume.tags)

    def _gap_written(self) -> None:
        self.saved.gap = {}
        self._write()

    async def _mark_missing(self, statuses: Mapping[int, int]) -> None:
        """Tags the server does not have, or does not let us read: bad in the record, looked for again later."""
        new = {number: status for number, status in statuses.items() if number not in self.missing}
        if not statuses:
            return
        now = now_ns()
        for number in statuses:
            self.missing.setdefault(number, self.collector.last_seen(number) or now)
        await self.collector.bad(new)
        names = ", ".join(self.collector.names[number] for number in sorted(new))
        if new:
            await self._tell("missing", f"not on the server or not readable: {names}")

    async def _look_for_missing(self, connection: Connection, subscription: Subscription) -> None:
        if not self.missing:
            return
        names = self.collector.names
        wanted = {names[number]: self.tags[names[number]] for number in self.missing}
        there = await resolve(connection, wanted, self.namespaces)
        found = {tag: node for tag, node in there.items() if isinstance(node, ua.NodeId)}
        if not found:
            return
        refusals = await subscription.add([self._item(tag, node) for tag, node in found.items()])
        self.found |= await describe(connection, found)
        back = [self.numbers[tag] for tag in found if self.numbers[tag] not in refusals]
        self._granted()
        self._write()
        if back:
            now = now_ns()
            gaps = [
                Gap(self.name, self.missing.pop(number), now, Cause.node, (names[number],), "was not on the server")
                for number in back
            ]
            text = "there again: " + ", ".join(names[number] for number in back)
            await self.collector.put(Batch(self.name, gaps=gaps, events=(Event("found", self.name, text=text),)))

    async def _audit(self, connection: Connection, subscription: Subscription) -> None:
        """Read tags that have said nothing for a while: is the node still there, and is its value still the last one?

        Raises:
            Lost: values change on the server and are not reported.
        """
        now = now_ns()
        silent = []
        for number, sampling in self.samplings.items():
            last = self.collector.last_row(number)
            quiet = now - (last[3] if last else 0) > max(AUDIT, 10 * sampling) * 1e9
            if quiet and number not in self.missing:
                silent.append(number)
        silent = sorted(silent, key=self.collector.last_time)[:_AUDITED]
        if not silent:
            return
        if not self.found:
            self.found = await describe(connection, await resolve(connection, self.tags, self.namespaces))
        names = self.collector.names
        nodes = {number: self.found[names[number]].node for number in silent if names[number] in self.found}
        known = {number: node for number, node in nodes.items() if node is not None}
        values = await read_all(connection, list(known.values()))
        gone: dict[int, int] = {}
        for number, value in zip(known, values, strict=True):
            present, last = row(number, value, now), self.collector.last_row(number)
            if present[5] in _GONE:
                gone[number] = present[5]
            elif last and good(present[5]) and present[4] != last[4] and present[1] > last[1]:
                self._suspects[number] = self._suspects.get(number, 0) + 1
            else:
                self._suspects.pop(number, None)
        if gone:
            await subscription.remove(list(gone))
            await self._mark_missing(gone)
        if any(times > 1 for times in self._suspects.values()):
            tags = ", ".join(names[number] for number, times in self._suspects.items() if times > 1)
            self._suspects.clear()
            why = f"values change on the server without being reported: {tags}"
            raise Lost(why, subscription=True)

    # --- telling ---

    async def _tell_granted(self, items: list[Item]) -> None:
        """What the server granted, and where it contradicts the file, into the record."""
        queues = {self.collector.names[item.number]: self.saved.items.get(str(item.number)) for item in items}
        shorter = {
            self.collector.names[item.number]: [item.queue, int(granted[2])]
            for item in items
            if (granted := self.saved.items.get(str(item.number))) and granted[2] < item.queue
        }
        slower = {
            self.collector.names[item.number]: [item.sampling * 1000, granted[1]]
            for item in items
            if (granted := self.saved.items.get(str(item.number))) and granted[1] > item.sampling * 1000 * 1.01
        }
        data = {
            "publishing_ms": self.saved.publishing_ms,
            "keep_alive_count": self.saved.keep_alive,
            "session_ms": self.saved.session_ms,
            "queue": sorted({int(one[2]) for one in queues.values() if one}),
            "sampling_ms": sorted({float(one[1]) for one in queues.values() if one}),
            "shorter_queue": shorter,
            "slower_sampling": slower,
        }
        text = f"{len(self.saved.items)} of {len(self.tags)} tags, publishing each {self.saved.publishing_ms:g} ms"
        if shorter:
            text += f", {len(shorter)} with a shorter queue than asked for"
        if slower:
            text += f", {len(slower)} sampled more slowly than asked for"
        self._link_since = text
        await self._tell("connected", f"{self.access.url}, {self.access.policy}: {text}")
        await self._tell("revised", text, **data)
        for tag, one in self.found.items():
            for said in disagreements(one, self.tags[tag]):
                await self._tell("disagreement", f"{tag}: {said}", tag=tag)

    async def _tell(self, kind: str, text: str, **data: object) -> None:
        await self.collector.tell(kind, text, **data)

    def _say(self, state: State, detail: str) -> None:
        label = f"connection {self.part + 1}: " if not self.whole else ""
        self.sink.report(self.name, state, label + detail if detail else "")


def _later(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> Callable[[], None]:
    def on_disk() -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed: the logger is going down.
            loop.call_soon_threadsafe(act)

    return on_disk
