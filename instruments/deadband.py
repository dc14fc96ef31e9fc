"""Leaving out values that hardly differ, and keeping the last one before a change, so that the corner stays."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from instruments.base import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from instruments.station_fields import Seconds


class Deadband:
    """The filter of one tag.

    A value is kept if its status changed, if it is off the last kept one by at least ``change``, or if that is older
    than ``at_least_every``; the value just before is kept with it.

    Args:
        change: in the unit of the tag.
        at_least_every: s.
    """

    def __init__(self, change: float, at_least_every: Seconds) -> None:
        self._change = change
        self._most_ns = int(at_least_every * SECOND)
        self._kept: Any = None
        self._held: Any = None

    def keep(self, reading: Any) -> Iterable[Any]:
        """The readings that go into the record now, none, one or two."""
        _, source_ns, _, receive_ns, value, status = reading
        if self._kept is not None and status == self._kept[5] and _number(value) and _number(self._kept[4]):
            elapsed = (source_ns or receive_ns) - (self._kept[1] or self._kept[3])
            if abs(value - self._kept[4]) < self._change and 0 <= elapsed < self._most_ns:
                self._held = reading
                return ()
        before = self._held
        self._kept, self._held = reading, None
        return (reading,) if before is None else (before, reading)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and isfinite(value)


def filtered(readings: Iterable[Any], filters: Mapping[int, Deadband]) -> list[Any]:
    """The readings that pass; those of tags without a filter all do."""
    found: list[Any] = []
    for reading in readings:
        band = filters.get(reading[0])
        if band is None:
            found.append(reading)
        else:
            found.extend(band.keep(reading))
    return found
