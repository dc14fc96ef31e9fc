"""The shapes that sources, recorder and readers share. All times are whole nanoseconds since 1970, UTC.

A source hands batches of readings to a sink and hears when each is on disk; nothing here can write to a device.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from time import time_ns
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from threading import Event as Flag

NO_TIME = 0
SECOND = 1_000_000_000


def now_ns() -> int:
    """Time of the logger's clock, ns UTC."""
    return time_ns()


class Reading(NamedTuple):
    """One value as it was offered; a plain tuple of the same order will do.

    Attributes:
        tag: number of the tag in this run (``Resume.tags``).
        source_ns: when the value was true by the device's or server's source clock, 0 if it has none.
        server_ns: when the server saw it, 0 if there is no server.
        receive_ns: when it reached the logger.
        value: a number or truth value; text, bytes and lists of them go to a side table. NaN where there is none.
        status: OPC-UA status code with its information bits. A bad value is stored as NaN, whatever ``value`` is.
    """

    tag: int
    source_ns: int
    server_ns: int
    receive_ns: int
    value: Any
    status: int = 0


class Cause(StrEnum):
    """Why values are missing."""

    link = "link"  # network or cable cut, device silent
    overflow = "overflow"  # the server says that its queue ran over
    server = "server"  # server or instrument was down, restarted or lost the subscription
    logger = "logger"  # the logger was not running
    disk = "disk"  # no room to write
    node = "node"  # the variable does not exist there, or may not be read
    buffer = "buffer"  # the source could not hand over in time
    damaged = "damaged record"  # it was recorded, and cannot be read any more


@dataclass(frozen=True, slots=True)
class Gap:
    """A time for which values may be missing; written by whoever knows, once it is over.

    Attributes:
        source: name of the source in the station file.
        start_ns: last time for which the values are there.
        end_ns: first time from which they are there again.
        cause: why.
        tags: names of the tags; none stands for all of the source.
        detail: in words.
    """

    source: str
    start_ns: int
    end_ns: int
    cause: Cause
    tags: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth a line in the record: connected, resumed, revised values, calibration, note, clock.

    Attributes:
        kind: one word; sources use ``connected``, ``disconnected``, ``resumed``, ``revised``, ``refused``.
        source: name of the source, empty for the logger itself.
        time_ns: when.
        text: in words.
        data: plain data that JSON can hold. Never a password, token or key.
    """

    kind: str
    source: str = ""
    time_ns: int = field(default_factory=now_ns)
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a source hands over at once: all of it gets into the record, or nothing.

    Attributes:
        source: name of the source.
        readings: in the order they came.
        stream: what ``sequence`` counts, such as a subscription; empty for none.
        sequence: number of this batch in its stream, rising; a batch whose number is not above the last durable one
            of the stream was delivered twice: it is dropped, and ``durable`` is called at once.
        gaps, events: written in the same breath as the readings.
        late: delivered after the event (republished, history): its delay is no clock skew.
        durable: called once, from the writer's thread, when the batch is on disk. Only then acknowledge. Must return
            at once; an asyncio source passes ``lambda: loop.call_soon_threadsafe(...)``.
        results: laboratory results, see ``instruments.laboratory``.
    """

    source: str
    readings: Sequence[Reading | tuple[int, int, int, int, Any, int]] = ()
    stream: str = ""
    sequence: int = 0
    gaps: Sequence[Gap] = ()
    events: Sequence[Event] = ()
    late: bool = False
    durable: Callable[[], None] | None = None
    results: Sequence[Mapping[str, Any]] = ()


class Held(Protocol):
    """What is on disk of the tags of a source, for one that goes on where there is a seam in the data."""

    def last(self) -> Sequence[tuple[int, int, int, int, Any, int]]:
        """The last reading of each tag, as far as there is one in the recent past of the record."""
        ...

    def between(self, tags: Sequence[int], start_ns: int, end_ns: int) -> Sequence[tuple[int, int, int, int, Any, int]]:
        """Readings of some tags with a time from ``start_ns`` to ``end_ns``, both included, in the order of time."""
        ...


class Nothing:
    """An empty record."""

    def last(self) -> Sequence[tuple[int, int, int, int, Any, int]]:
        """Nothing."""
        return ()

    def between(self, tags: Sequence[int], start_ns: int, end_ns: int) -> Sequence[tuple[int, int, int, int, Any, int]]:
        """Nothing."""
        del tags, start_ns, end_ns
        return ()


@dataclass(frozen=True, slots=True)
class Resume:
    """What the record already holds of a source when it starts.

    Attributes:
        tags: tag name -> number, of the tags of this source.
        last_ns: receive time of the last durable reading of this source, 0 if there is none.
        alive_ns: last time the logger is known to have run before this start, 0 at the first start.
        sequences: stream -> last durable sequence number.
        folder: where the source may keep its state (session, subscription, certificates); files there are 0600.
        held: what is on disk; slow, for seams only, never for every reading.
    """

    tags: Mapping[str, int]
    last_ns: int
    alive_ns: int
    sequences: Mapping[str, int]
    folder: str
    held: Held = field(default_factory=Nothing)


class Link(StrEnum):
    """How a source stands, for status and dashboard."""

    starting = "starting"
    connected = "connected"
    waiting = "waiting"  # connected, but no data for longer than they should take
    disconnected = "disconnected"
    refused = "refused"  # password, certificate, permission: will not mend itself
    stopped = "stopped"


class Sink(Protocol):
    """The recorder as a source sees it; every method may be called from any thread and returns at once."""

    def put(self, batch: Batch) -> bool:
        """Hand over a batch.

        Returns:
            False if the buffer is full: the batch was not taken. Keep it, acknowledge nothing, and try again
            (``wait_for_room``); who cannot keep it counts what is lost and hands in a gap later (``feed.Feed``).
        """
        ...

    def wait_for_room(self, seconds: float) -> bool:
        """Wait until the buffer takes batches again, at most so long; for threads, never in an event loop."""
        ...

    def report(self, source: str, link: Link, detail: str = "") -> None:
        """How the source stands now, in words; told in status, dashboard and text log when it changes."""
        ...

    def durable_sequence(self, stream: str) -> int:
        """Last sequence number of a stream that is on disk, 0 for none."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """A tag read once by ``log check``.

    Attributes:
        tag: its name.
        reading: what was read, None if nothing.
        trouble: in words, empty if all is well.
        unit: unit of measure stated by the device, empty if it states none.
        low, high: range stated by the device, in that unit.
        data: more that the device says, plain.
    """

    tag: str
    reading: Reading | None
    trouble: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Source(Protocol):
    """Where readings come from. A source runs in a thread of its own; an asyncio source runs its loop in there.

    It has no method that writes to a device, and there is none to add: set points are out of scope.
    """

    @property
    def name(self) -> str:
        """Its name in the station file."""
        ...

    def run(self, sink: Sink, resume: Resume, stop: Flag) -> None:
        """Deliver until ``stop`` is set, reconnecting by itself; then let go of the device and return.

        Whatever is missing since ``resume.last_ns`` is told: either the stream went on where it was (an event
        ``resumed``) or a gap with cause ``logger`` goes with the first batch. Returning earlier or raising anything
        makes the supervisor start it again after a while.

        Raises:
            DeviceError: what will not mend itself, in words.
        """
        ...

    def check(self, seconds: float) -> Sequence[Check]:
        """Connect, read every tag once, disconnect; at most so long.

        Raises:
            DeviceError: there is no connection, in words.
        """
        ...
