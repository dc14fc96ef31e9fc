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
from instruments.base import Link as State
from instruments.base import now_ns
from instruments.opcua import upkeep
from instruments.opcua.collect import Collector, refused
from instruments.opcua.granted import granted
from instruments.opcua.nodes import disagreements
from instruments.opcua.outage import Outage
from instruments.opcua.session import Access, Connection, Saved, discover
from instruments.opcua.subscription import Item, Lost, Subscription
from instruments.opcua.upkeep import Upkeep
from instruments.opcua.words import LASTING, explain
from instruments.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from instruments.base import Resume, Sink
    from instruments.station import Endpoint, TagSpec

_FIRST_DELAY, _LONGEST_DELAY, _REFUSED_DELAY = 0.2, 5.0, 10.0
_SETTLE, _ROUND, _IN_VAIN = 2.0, 0.5, 3
_DEFAULT_SAMPLING = 1.0
_SMALLEST_QUEUE, _LARGEST_QUEUE = 10, 100_000
_SHORTEST_SESSION, _LONGEST_SESSION = 30.0, 3600.0


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
        self.saved = Saved.read(file)
        self.collector = Collector(name, sink, names, samplings, endpoint.publish, resume.last_ns, resume.held)
        self.upkeep = Upkeep(self.collector, tags, namespaces, self._item)
        self.outage = Outage(self.collector, self.upkeep, self.saved, resume, self._write)
        self._certificate: bytes | None = None
        self._discovered = False
        self._dead = 0
        self._up = self._proven = False
        self._clock_failed = 0
        self._link_since = self._refusal = ""
        last = resume.sequences.get(self.saved.stream, 0) if self.saved.stream else 0
        self.collector.last_number = max(last, sink.durable_sequence(self.saved.stream) if self.saved.stream else 0)

    # --- the ladder ---

    async def run(self) -> None:
        """Connect, deliver, connect again; ends when cancelled, which may be while it waits for the next try."""
        try:
            await self._climb()
        except asyncio.CancelledError:
            self.outage.last_words(connected=self._up)
            raise

    async def _climb(self) -> None:
        delay = _FIRST_DELAY
        self._say(State.starting, "")
        await self.collector.recall()
        while True:
            connection = None
            began, count = monotonic(), self.collector.count
            try:
                connection = Connection(self.access)
                subscription = await self._connect(connection)
                self._say(State.connected, self._link_since)
                self._up = self._proven = True
                await self._stay(connection, subscription)
            except Lost as lost:
                self._up = False
                self._fell(lost, delivered=self.collector.count > count)
                await self.collector.tell("disconnected", lost.why)
                self._say(State.disconnected, lost.why)
                delay = _FIRST_DELAY if monotonic() - began > _LONGEST_DELAY else min(2 * delay, _LONGEST_DELAY)
            except DeviceError as error:
                self._up = False
                # A server that took the logger's certificate before has not closed the channel because of it.
                lasting = error.code in LASTING and not (self._proven and error.code == "E055")
                # It may have another certificate by now.
                self._discovered = False
                words = f"{error.code}: {error.read}; write: {' '.join(error.write.split())}"
                self.outage.kept_out(f"{error.code}, {error.read}")
                self._say(State.refused if lasting else State.disconnected, words)
                if lasting:
                    await self._tell_refused(f"{error.code}: {error.read}")
                delay = _REFUSED_DELAY if lasting else min(2 * delay, _LONGEST_DELAY)
            finally:
                if connection:
                    await connection.close()
            await asyncio.sleep(delay)

    async def _tell_refused(self, words: str) -> None:
        if words != self._refusal:
            self._refusal = words
            await self.collector.tell("refused", words)

    def _fell(self, lost: Lost, *, delivered: bool) -> None:
        """Choose the next rung."""
        self._clock_failed += "the server's clock" in lost.why
        if lost.subscription:
            self.saved.subscription = 0
        self._dead = 0 if delivered else self._dead + 1
        self._discovered = self._discovered and self._dead <= _IN_VAIN
        # A busy server may be silent for long: its queues are not given up at the first silence after a resumption.
        if self._dead >= _IN_VAIN:
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
                await self.collector.tell("disconnected", lost.why)
            else:
                self._link_since = f"session taken up again, {repeated} messages repeated"
                await self.collector.tell("resumed", self._link_since, messages=repeated)
                there = {int(number) for number in self.saved.items}
                await self.upkeep.mark({n: int(Status.BadNotFound) for n in self.numbers.values() if n not in there})
                await self.outage.take_up(connection)
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
        await self.upkeep.ask(connection)
        await self.outage.begin(connection, resumed=resumed)
        self.saved.stream = f"{self.name}.{self.part}.{now_ns()}"
        self._write()
        await subscription.create(self.endpoint.publish, lifetime)
        self.collector.stream, self.collector.last_number = self.saved.stream, 0
        found = self.upkeep.found
        items = [self._item(one.tag, one.node) for one in found.values() if one.node is not None]
        refusals = await subscription.add(items) | refused(found.values(), self.numbers)
        self.saved.wanted = self._wanted()
        self._write()
        self._granted()
        await self.upkeep.settle(refusals)
        await self._tell_granted(items)
        self.outage.over()

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
        whole = json.dumps([plan, self.endpoint.publish, self.endpoint.outage, dict(self.namespaces)])
        return hashlib.sha256(whole.encode()).hexdigest()

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
                await self.outage.end(connection)
            if subscription.blocked:
                # The recorder is full: that nothing comes is not the server's doing.
                audited = now
                self.upkeep.trust()
            if now - audited > upkeep.AUDIT:
                audited = now
                if await self.upkeep.look(connection, subscription):
                    self._granted()
                    self._write()
                await self.upkeep.audit(connection, subscription)

    async def _tell_granted(self, items: list[Item]) -> None:
        """What the server granted, and where it contradicts the file, into the record."""
        text, data = granted(self.saved, items, self.collector.names)
        self._link_since = text
        await self.collector.tell("connected", f"{self.access.url}, {self.access.policy}: {text}")
        await self.collector.tell("revised", text, **data)
        for tag, one in self.upkeep.found.items():
            for said in disagreements(one, self.tags[tag]):
                await self.collector.tell("disagreement", f"{tag}: {said}", tag=tag)

    def _say(self, state: State, detail: str) -> None:
        label = f"connection {self.part + 1}: " if not self.outage.whole else ""
        self.sink.report(self.name, state, label + detail if detail else "")
