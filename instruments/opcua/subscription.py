"""One subscription: made, taken up again, and read with every number accounted for.

Publish requests are sent by hand, a few under way at a time. A notification is acknowledged only when the recorder has
it on disk, so that the server can repeat whatever was lost with the logger. A number that was left out is asked for by
Republish; what the server cannot repeat is handed on as a gap.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from asyncua import ua

from instruments.base import now_ns
from instruments.opcua.nodes import pieces
from instruments.opcua.wire import HEARTBEAT, Notification, publish_response, republish_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from instruments.opcua.session import Connection, Saved

# Publish requests under way: one being answered, one in reserve, one on its way.
_DEPTH = 3
# A keep-alive when there is nothing to send for so long, s.
KEEP_ALIVE = 3.0
# Silence is a loss after this many keep-alive intervals.
_PATIENCE = 1.5
# The server's clock is looked at this often, s, and may stand still so long.
_BEAT = 1.0
_BEAT_PATIENCE = 6.0
_MOST_REPUBLISHED = 20_000
_MOST_ACKNOWLEDGED = 500
_TICK = 0.25
# The server is asked to look twice in each interval, so that no change at that rate falls between two looks; what has
# not changed is not sent.
OVERSAMPLING = 2
_WRAP = 1 << 32
_PIECE = 500


class Lost(Exception):  # noqa: N818  # not an error: the ordinary end of a connection
    """The connection or the subscription is of no use any more.

    Attributes:
        why: in words.
        subscription: the server has no such subscription any more: it has to be made anew.
    """

    def __init__(self, why: str, *, subscription: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.subscription = subscription


class Receiver(Protocol):
    """Who takes the notifications."""

    async def deliver(self, notification: Notification, number: int, *, late: bool) -> None:
        """Take one; returns when the recorder has taken it, which may last while its buffer is full."""
        ...

    def missing(self, first: int, last: int) -> None:
        """The server can no longer repeat the messages ``first`` to ``last``."""
        ...


@dataclass(frozen=True)
class Item:
    """A tag to be monitored.

    Attributes:
        number: of the tag in the run; it is the client handle too.
        node: its node id.
        sampling: interval, s.
        queue: values the server shall keep.
    """

    number: int
    node: ua.NodeId
    sampling: float
    queue: int


class Subscription:
    """A subscription on an open connection.

    Args:
        connection: open.
        saved: where id, revised values and monitored items are kept.
        receiver: takes the notifications.
        last: number of the last message handed over, 0 for none.
        judge_clock: a server whose clock came and then stands still, with no other data, counts as lost.
    """

    def __init__(
        self, connection: Connection, saved: Saved, receiver: Receiver, last: int = 0, *, judge_clock: bool = True
    ) -> None:
        self.judge_clock = judge_clock
        self.connection = connection
        self.saved = saved
        self.receiver = receiver
        self.last = last
        self.blocked = False
        self._durable: list[int] = []
        self._heard = monotonic()
        self._beat: float | None = None
        self._depth = _DEPTH
        self._arrivals: asyncio.Queue[Notification | BaseException] = asyncio.Queue()

    @property
    def patience(self) -> float:
        """Longest silence of the server that is not a loss, s."""
        return max(_PATIENCE * self.saved.publishing_ms / 1000 * self.saved.keep_alive, 2 * KEEP_ALIVE)

    def acknowledge(self, number: int) -> None:
        """The message of this number is on disk: it goes with the next publish request."""
        self._durable.append(number)

    async def create(self, publishing: float, lifetime: float) -> None:
        """Make the subscription; its id and granted values go into ``saved``.

        Args:
            publishing: interval, s.
            lifetime: how long the server shall keep it without hearing of the client, s.
        """
        parameters = ua.CreateSubscriptionParameters()
        parameters.RequestedPublishingInterval = publishing * 1000
        parameters.RequestedMaxKeepAliveCount = max(1, round(KEEP_ALIVE / publishing))
        parameters.RequestedLifetimeCount = max(
            3 * parameters.RequestedMaxKeepAliveCount, math.ceil(lifetime / publishing)
        )
        parameters.MaxNotificationsPerPublish = 0
        parameters.PublishingEnabled = True
        granted = await self.connection.session.create_subscription(parameters, _nothing)
        self.saved.subscription = granted.SubscriptionId
        self.saved.publishing_ms = granted.RevisedPublishingInterval
        self.saved.keep_alive = granted.RevisedMaxKeepAliveCount
        self.saved.items = {}
        self.last = 0
        clock = Item(HEARTBEAT, ua.NodeId(ua.ObjectIds.Server_ServerStatus_CurrentTime), _BEAT, 1)
        await self._monitor([clock])

    async def add(self, items: Sequence[Item]) -> dict[int, int]:
        """Monitor tags; granted values go into ``saved``.

        Returns:
            Number of the tag -> status code, for those the server refused.
        """
        refused: dict[int, int] = {}
        for some in pieces(list(items), _PIECE):
            for item, result in zip(some, await self._monitor(some), strict=True):
                if result.StatusCode.is_good():
                    self.saved.items[str(item.number)] = [
                        result.MonitoredItemId,
                        result.RevisedSamplingInterval,
                        result.RevisedQueueSize,
                    ]
                else:
                    refused[item.number] = int(result.StatusCode.value)
        return refused

    async def _monitor(self, items: Sequence[Item]) -> list[ua.MonitoredItemCreateResult]:
        parameters = ua.CreateMonitoredItemsParameters()
        parameters.SubscriptionId = self.saved.subscription
        parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        for item in items:
            request = ua.MonitoredItemCreateRequest()
            request.ItemToMonitor = ua.ReadValueId(NodeId=item.node, AttributeId=ua.AttributeIds.Value)
            request.MonitoringMode = ua.MonitoringMode.Reporting
            request.RequestedParameters = ua.MonitoringParameters(
                ClientHandle=item.number,
                SamplingInterval=item.sampling * 1000 / OVERSAMPLING,
                QueueSize=item.queue,
                DiscardOldest=True,
            )
            parameters.ItemsToCreate.append(request)
        return list(await self.connection.session.create_monitored_items(parameters))

    async def remove(self, numbers: Sequence[int]) -> None:
        """Stop monitoring tags, such as those whose node is gone."""
        known = [self.saved.items.pop(str(number)) for number in numbers if str(number) in self.saved.items]
        if known:
            parameters = ua.DeleteMonitoredItemsParameters()
            parameters.SubscriptionId = self.saved.subscription
            parameters.MonitoredItemIds = [int(item[0]) for item in known]
            await self.connection.session.delete_monitored_items(parameters)

    async def delete(self) -> None:
        """Take the subscription off the server."""
        await self.connection.session.delete_subscriptions([self.saved.subscription])

    async def catch_up(self) -> int:
        """Ask for everything after the last message handed over, until the server has no more.

        The end is ``BadMessageNotAvailable``, or an empty answer, which is how some servers say it.

        Returns:
            How many messages were repeated.

        Raises:
            Lost: the subscription is gone.
        """
        first = self.last
        while self.last - first < _MOST_REPUBLISHED:
            found = await self._republish(self.last + 1)
            if found is None or not found.sequence:
                break
            await self._take(found, self.last + 1, late=True)
        return self.last - first

    async def _republish(self, number: int) -> Notification | None:
        try:
            raw = await self.connection.session.republish_raw(self.saved.subscription, number % _WRAP)
        except ua.uaerrors.BadMessageNotAvailable:
            return None
        except ua.uaerrors.BadSubscriptionIdInvalid:
            why = "the server has given up the subscription"
            raise Lost(why, subscription=True) from None
        return republish_response(raw, now_ns())

    async def _take(self, found: Notification, number: int, *, late: bool) -> None:
        if found.rows or found.status is not None:
            self.blocked = True
            try:
                await self.receiver.deliver(found, number, late=late)
            finally:
                self.blocked = False
                self._heard = monotonic()
        else:
            self.acknowledge(number)
        self.last = number

    async def run(self) -> None:
        """Ask for publishes and hand on what they bring, until cancelled.

        Raises:
            Lost: connection or subscription are of no use any more.
        """
        self._heard = monotonic()
        workers = {asyncio.create_task(self._ask()) for _ in range(self._depth)}
        watch = asyncio.create_task(self._watch())
        try:
            while True:
                arrived = asyncio.create_task(self._arrivals.get())
                done, _ = await asyncio.wait({arrived, watch}, return_when=asyncio.FIRST_COMPLETED)
                if watch in done:
                    arrived.cancel()
                    watch.result()
                found = arrived.result()
                if isinstance(found, BaseException):
                    self._failed(found)
                else:
                    await self._arrived(found)
                workers = {worker for worker in workers if not worker.done()}
                while len(workers) < self._depth:
                    workers.add(asyncio.create_task(self._ask()))
        finally:
            for task in (*workers, watch):
                task.cancel()
            await asyncio.gather(*workers, watch, return_exceptions=True)

    async def _ask(self) -> None:
        numbers, self._durable = self._durable[:_MOST_ACKNOWLEDGED], self._durable[_MOST_ACKNOWLEDGED:]
        try:
            raw = await self.connection.session.publish_raw(
                [(self.saved.subscription, number % _WRAP) for number in numbers]
            )
            self._arrivals.put_nowait(publish_response(raw, now_ns()))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._arrivals.put_nowait(error)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, ua.uaerrors.BadTooManyPublishRequests):
            self._depth = max(1, self._depth - 1)
        elif isinstance(error, ua.uaerrors.BadTimeout):
            self._heard = monotonic()
        elif isinstance(error, (ua.uaerrors.BadNoSubscription, ua.uaerrors.BadSubscriptionIdInvalid)):
            why = "the server has given up the subscription"
            raise Lost(why, subscription=True) from None
        else:
            why = f"publishing ended: {type(error).__name__} {error}".strip()
            raise Lost(why) from error

    async def _arrived(self, found: Notification) -> None:
        self._heard = monotonic()
        if self.judge_clock and (found.beat_ns or (found.rows and self._beat)):
            self._beat = monotonic()
        if found.subscription != self.saved.subscription:
            return
        number = self._unwrap(found.sequence)
        if number > self.last + 1:
            await self._fill(number)
        if not found.data or number <= self.last:
            return
        await self._take(found, number, late=False)
        if found.status is not None:
            why = f"the server ended the subscription (0x{found.status:08X})"
            raise Lost(why, subscription=True)

    def _unwrap(self, sequence: int) -> int:
        """The 32 bits of the wire as a number that rises for ever."""
        number = self.last - self.last % _WRAP + sequence
        return number + _WRAP if number < self.last - _WRAP // 2 else number

    async def _fill(self, until: int) -> None:
        """Ask for the messages before ``until`` that did not come; what the server no longer has is a gap."""
        first_missing = 0
        for number in range(max(self.last + 1, until - _MOST_REPUBLISHED), until):
            found = await self._republish(number)
            if found is None or not found.sequence:
                first_missing = first_missing or number
                continue
            if first_missing:
                self.receiver.missing(first_missing, number - 1)
                first_missing = 0
            await self._take(found, number, late=True)
        if first_missing:
            self.receiver.missing(first_missing, until - 1)
        self.last = until - 1

    async def _watch(self) -> None:
        """See that data flow; a connection that is up and silent is lost.

        Raises:
            Lost: too long without an answer, or the server's clock stands still.
        """
        asked = before = monotonic()
        while True:
            await asyncio.sleep(_TICK)
            now = monotonic()
            if now - before > 4 * _TICK:
                # This process itself was held up: the others cannot be blamed for it.
                self._heard += now - before
                self._beat = self._beat + now - before if self._beat else None
            before = now
            if self.blocked:
                self._heard, self._beat = now, now if self._beat else None
                if now - asked > self.saved.session_ms / 4000:
                    asked = now
                    await self.connection.nodes.server_state.read_value()
                continue
            if now - self._heard > self.patience:
                why = f"no answer to a publish request for {now - self._heard:.1f} s"
                raise Lost(why)
            if self._beat and now - self._beat > max(_BEAT_PATIENCE, self.patience):
                why = f"neither data nor the server's clock for {now - self._beat:.1f} s, the connection is up"
                raise Lost(why)


def _nothing(_result: ua.PublishResult) -> None:
    """Stands where asyncua wants a callback."""
