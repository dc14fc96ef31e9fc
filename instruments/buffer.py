"""Batches on their way to the disk, bounded in values; what is not durable yet still counts."""

from __future__ import annotations

from collections import deque
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from instruments.base import Batch

# Share of the capacity from which the writer does not wait for its interval.
_HURRY = 0.25


def size(batch: Batch) -> int:
    """What a batch counts for: its values, at least one."""
    return max(1, len(batch.readings) + len(batch.gaps) + len(batch.events) + len(batch.results))


class Buffer:
    """Any thread puts in, one takes out.

    Args:
        capacity: values held at most, those being written included. One batch larger than that is taken if it is alone.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.held = 0
        self.highest = 0
        self._waiting: deque[Batch] = deque()
        self._changed = Condition()
        self._woken = False

    def put(self, batch: Batch) -> bool:
        """Take a batch, if there is room."""
        values = size(batch)
        with self._changed:
            if self.held and self.held + values > self.capacity:
                return False
            self._waiting.append(batch)
            self.held += values
            self.highest = max(self.highest, self.held)
            if self.held > _HURRY * self.capacity:
                self._changed.notify_all()
            return True

    def take(self, seconds: float) -> list[Batch]:
        """All that waits, after so long or as soon as there is much of it."""
        end = monotonic() + seconds
        with self._changed:
            while not self._woken and self.held <= _HURRY * self.capacity:
                left = end - monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            found = list(self._waiting)
            self._waiting.clear()
            return found

    def done(self, values: int) -> None:
        """So many values are on disk."""
        with self._changed:
            self.held -= values
            self._changed.notify_all()

    def wake(self) -> None:
        """From now on the writer does not wait: the end is near."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def wait_for_room(self, seconds: float) -> bool:
        """Wait until at least half of the buffer is free."""
        with self._changed:
            return self._changed.wait_for(lambda: 2 * self.held <= self.capacity, seconds)
