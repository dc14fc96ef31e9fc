"""What has to be looked at while a connection lasts: tags the server does not have, and tags that say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asyncua import ua

from instruments.base import SECOND, Batch, Cause, Event, Gap, now_ns
from instruments.opcua.nodes import describe, read_all, resolve
from instruments.opcua.subscription import Lost
from instruments.opcua.wire import row
from instruments.status import Status, good

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from instruments.opcua.collect import Collector
    from instruments.opcua.nodes import Found
    from instruments.opcua.session import Connection
    from instruments.opcua.subscription import Item, Subscription
    from instruments.station import TagSpec

# Between looks at tags that say nothing, s, and how many are read at once.
AUDIT = 20.0
_AUDITED = 250
# A tag is called silent after so many of its sampling intervals.
_SILENT = 10
_GONE = frozenset({int(Status.BadNodeIdUnknown), int(Status.BadNodeIdInvalid), int(Status.BadNotFound)})


class Upkeep:
    """Keeps account of the nodes of a connection.

    Args:
        collector: of the connection.
        tags: name -> tag of the station file.
        namespaces: short name -> URI.
        item: makes the monitored item of a tag from its node.

    Attributes:
        found: name -> what the server says of it, as far as it was asked.
        missing: number of a tag that is not there -> time since when its values are missing, ns.
    """

    def __init__(
        self,
        collector: Collector,
        tags: Mapping[str, TagSpec],
        namespaces: Mapping[str, str],
        item: Callable[[str, ua.NodeId], Item],
    ) -> None:
        self.found: dict[str, Found] = {}
        self.missing: dict[int, int] = {}
        self._collector, self._tags, self._namespaces, self._item = collector, tags, namespaces, item
        self._numbers = {tag: number for number, tag in collector.names.items()}
        self._suspects: dict[int, int] = {}

    async def ask(self, connection: Connection) -> None:
        """Look all tags up, and what the server says of them."""
        self.found = await describe(connection, await resolve(connection, self._tags, self._namespaces))

    def trust(self) -> None:
        """That nothing came has another reason: forget what looked suspicious."""
        self._suspects.clear()

    async def settle(self, statuses: Mapping[int, int]) -> None:
        """A new subscription was made: these tags are not in it, all others are.

        Args:
            statuses: number of the tag -> why it is not.
        """
        await self._back([number for number in self.missing if number not in statuses])
        await self.mark(statuses)

    async def mark(self, statuses: Mapping[int, int]) -> None:
        """Tags the server does not have, or does not let us read: bad in the record, looked for again later."""
        new = {number: status for number, status in statuses.items() if number not in self.missing}
        if not new:
            return
        now = now_ns()
        for number in new:
            self.missing[number] = self._collector.last_seen(number) or now
        await self._collector.bad(new)
        names = ", ".join(self._collector.names[number] for number in sorted(new))
        await self._collector.tell("missing", f"not on the server or not readable: {names}")

    def gaps(self, until: int) -> list[Gap]:
        """The gaps of the tags that are missing, up to a time in ns."""
        names, source = self._collector.names, self._collector.source
        return [
            Gap(source, since, until, Cause.node, (names[number],), "is not on the server")
            for number, since in self.missing.items()
            if since < until
        ]

    async def _back(self, numbers: list[int]) -> None:
        if not numbers:
            return
        gaps = [gap for gap in self.gaps(now_ns()) if self._numbers[gap.tags[0]] in numbers]
        for number in numbers:
            del self.missing[number]
        text = "there again: " + ", ".join(self._collector.names[number] for number in numbers)
        source = self._collector.source
        await self._collector.put(Batch(source, gaps=gaps, events=(Event("found", source, text=text),)))

    async def look(self, connection: Connection, subscription: Subscription) -> bool:
        """Look for the missing tags again; whether one was found."""
        if not self.missing:
            return False
        names = self._collector.names
        wanted = {names[number]: self._tags[names[number]] for number in self.missing}
        there = await resolve(connection, wanted, self._namespaces)
        nodes = {tag: node for tag, node in there.items() if isinstance(node, ua.NodeId)}
        if not nodes:
            return False
        refusals = await subscription.add([self._item(tag, node) for tag, node in nodes.items()])
        self.found |= await describe(connection, nodes)
        back = [self._numbers[tag] for tag in nodes if self._numbers[tag] not in refusals]
        await self._back(back)
        return bool(back)

    async def audit(self, connection: Connection, subscription: Subscription) -> None:
        """Read tags that have said nothing for a while: is the node still there, and is its value still the last one?

        Raises:
            Lost: values change on the server and are not reported.
        """
        silent = self._silent()
        if not silent:
            return
        if not self.found:
            await self.ask(connection)
        names = self._collector.names
        nodes = {number: self.found[names[number]].node for number in silent if names[number] in self.found}
        known = {number: node for number, node in nodes.items() if node is not None}
        gone: dict[int, int] = {}
        for number, value in zip(known, await read_all(connection, list(known.values())), strict=True):
            present, last = row(number, value, now_ns()), self._collector.last_row(number)
            if present[5] in _GONE:
                gone[number] = present[5]
            elif last and good(present[5]) and present[4] != last[4] and present[1] > last[1]:
                self._suspects[number] = self._suspects.get(number, 0) + 1
            else:
                self._suspects.pop(number, None)
        if gone:
            await subscription.remove(list(gone))
            await self.mark(gone)
        proven = [names[number] for number, times in self._suspects.items() if times > 1]
        if proven:
            self._suspects.clear()
            why = f"values change on the server without being reported: {', '.join(proven)}"
            raise Lost(why, subscription=True)

    def _silent(self) -> list[int]:
        """Tags that have said nothing for long, the longest first."""
        now = now_ns()
        found = []
        for number, sampling in self._collector.samplings.items():
            last = self._collector.last_row(number)
            quiet = now - (last[3] if last else 0) > max(AUDIT, _SILENT * sampling) * SECOND
            if quiet and number not in self.missing:
                found.append(number)
        return sorted(found, key=self._collector.last_time)[:_AUDITED]
