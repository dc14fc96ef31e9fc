"""How much room is left, and for how long."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from instruments.base import SECOND

if TYPE_CHECKING:
    from pathlib import Path

_HOUR = 3600.0
# A rate is told from this long a span on, s.
_SHORTEST = 60.0
_SPANS = 60


class Level(StrEnum):
    """What the room on the disk allows."""

    ok = "ok"
    warn = "warn"
    log_only = "log only"  # nothing is sealed any more
    full = "full"  # the log cannot be written; data wait in memory and in the servers


@dataclass(frozen=True, slots=True)
class Room:
    """Room on the disk.

    Attributes:
        level: see ``Level``.
        free: share of the disk, 0 to 1.
        free_bytes: bytes.
        hours_left: until it is full at the present rate; None while the rate is not known.
    """

    level: Level
    free: float
    free_bytes: int
    hours_left: float | None


class DiskWatch:
    """Watches the disk of a run.

    Args:
        folder: on the disk.
        warn: share of the disk below which is warned.
        stop: share below which only the log goes on.
    """

    def __init__(self, folder: Path, warn: float, stop: float) -> None:
        self._folder = folder
        self._warn, self._stop = warn, stop
        self._history: list[tuple[int, int]] = []

    def look(self, now_ns: int, written: int, *, failing: bool) -> Room:
        """Room now.

        Args:
            now_ns: monotonic time, ns.
            written: bytes of log written so far.
            failing: the last write failed.
        """
        usage = shutil.disk_usage(self._folder)
        share = usage.free / usage.total if usage.total else 0.0
        self._history = [*self._history, (now_ns, written)][-_SPANS:]
        level = Level.ok
        if failing:
            level = Level.full
        elif share < self._stop:
            level = Level.log_only
        elif share < self._warn:
            level = Level.warn
        return Room(level, share, usage.free, None if failing else self._hours(usage.free))

    def _hours(self, free: int) -> float | None:
        """At the rate of the log: a bound on the safe side, since sealing makes a fifth of it."""
        (start, first), (end, last) = self._history[0], self._history[-1]
        seconds = (end - start) / SECOND
        rate = (last - first) / seconds if seconds >= _SHORTEST else 0.0
        return free / rate / _HOUR if rate > 0.0 else None
