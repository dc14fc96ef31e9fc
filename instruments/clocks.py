"""Clocks that disagree: of a source and the logger, and the logger's own that jumps."""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from instruments.base import SECOND, Batch, Event, now_ns

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HOUR = 3600 * SECOND
# The logger's clock against its monotonic one: a jump, not a correction by NTP, s.
_JUMP = 1.0
# Of Linux: room for struct timex, and TIME_ERROR.
_TIMEX = 512
_NOT_SYNCHRONISED = 5


class ClockWatch:
    """Finds clock skew; each source is told of once an hour.

    The newest stamp of a batch counts, that of the server before that of the source: a value that has not changed for
    days is old and no clock wrong. Batches delivered late are left out, unless their stamps lie in the future: nothing
    is measured before its time, so a source's stamp counts where it is ahead of the server's.

    Args:
        most: difference that is told, s.
    """

    def __init__(self, most: float) -> None:
        self._most = int(most * SECOND)
        self._told: dict[str, int] = {}
        self.skew: dict[str, float] = {}
        self._wall, self._mono = now_ns(), monotonic_ns()

    def look(self, batch: Batch, rows: NDArray[Any]) -> Event | None:
        """The event to record, if a batch shows skew for the first time in an hour."""
        if not len(rows) or not batch.source:
            return None
        newest = int(rows["source_ns"].max())
        stamp = int(rows["server_ns"].max()) or newest
        if newest > stamp + self._most:  # a device behind a gateway
            stamp = newest
        if not stamp:
            return None
        receive = int(rows["receive_ns"].max())
        skew = stamp - receive
        if batch.late and skew < self._most:
            return None
        self.skew[batch.source] = skew / SECOND
        if abs(skew) < self._most or receive - self._told.get(batch.source, 0) < _HOUR:
            return None
        self._told[batch.source] = receive
        word = "ahead of" if skew > 0 else "behind"
        text = f"clock {abs(skew) / SECOND:.1f} s {word} the logger's"
        return Event("skew", batch.source, receive, text, {"seconds": skew / SECOND})

    def jump(self) -> Event | None:
        """The event to record, if the logger's own clock was set since the last call."""
        wall, mono = now_ns(), monotonic_ns()
        step = (wall - self._wall) - (mono - self._mono)
        self._wall, self._mono = wall, mono
        if abs(step) < _JUMP * SECOND:
            return None
        text = f"the logger's clock was set {'forward' if step > 0 else 'back'} by {abs(step) / SECOND:.1f} s"
        return Event("clock", "", wall, text, {"seconds": step / SECOND})


def synchronised() -> bool | None:
    """Whether the system says that its clock is kept by NTP; None where it says nothing."""
    import ctypes

    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (AttributeError, OSError, TypeError):  # not Linux
        return None
    # struct timex with nothing to change: the answer is the state of the clock.
    state = int(adjtimex(ctypes.create_string_buffer(_TIMEX)))
    return None if state < 0 else state != _NOT_SYNCHRONISED
