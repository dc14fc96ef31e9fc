"""For sources that cannot keep what they read: what the full buffer refused becomes a gap."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from instruments.base import Batch, Cause, Gap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from instruments.base import Event, Reading, Sink


class Feed:
    """Hands readings of a polled source to the sink; one thread offers, any may tell.

    Args:
        sink: the recorder.
        source: name of the source.
        last_ns: receive time of the last reading that is in the record.
    """

    def __init__(self, sink: Sink, source: str, last_ns: int = 0) -> None:
        self._sink = sink
        self._source = source
        self._last_ns = last_ns
        self._refused = 0
        self._cause = Cause.buffer
        self._owed: list[Gap] = []
        self._events: list[Event] = []
        self._lock = Lock()

    def owe(self, gap: Gap) -> None:
        """A gap that goes with the next readings that are taken."""
        with self._lock:
            self._owed.append(gap)

    def tell(self, event: Event) -> None:
        """An event that goes with the next readings that are taken."""
        with self._lock:
            self._events.append(event)

    def offer(self, readings: Sequence[Reading]) -> bool:
        """Hand over readings; whether they were taken. Never waits.

        ``receive_ns`` of the first reading ends a gap that began with a refusal.
        """
        with self._lock:
            owed, events = self._owed, self._events
            self._owed, self._events = [], []
        if not readings and not owed and not events:
            return True
        gaps = list(owed)
        first = readings[0][3] if readings else 0
        if self._refused and first:
            detail = f"{self._refused} values could not be kept: the buffer was full"
            # A sink that knows why it refuses says so: the recorder, when the disk is full.
            gaps.append(Gap(self._source, self._last_ns or first, first, self._cause, detail=detail))
        if self._sink.put(Batch(self._source, readings, gaps=gaps, events=events)):
            if readings:
                self._refused = 0
                self._last_ns = readings[-1][3]
            return True
        with self._lock:
            self._owed, self._events = owed + self._owed, events + self._events
        if not self._refused:
            self._cause = getattr(self._sink, "refusal", Cause.buffer)
        self._refused += len(readings)
        return False
