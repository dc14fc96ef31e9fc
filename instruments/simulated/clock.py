"""A clock that may run faster than time."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic, time_ns

SECOND = 1_000_000_000


@dataclass
class Clock:
    """Simulated time.

    Attributes:
        speed: simulated seconds in one second.
        start_ns: simulated time of day at which the clock was made, ns since 1970; now, if left out.
    """

    speed: float = 1.0
    start_ns: int = field(default_factory=time_ns)
    _began: float = field(default_factory=monotonic, repr=False)

    def now(self) -> float:
        """Simulated seconds since the start."""
        return (monotonic() - self._began) * self.speed

    def restart(self) -> None:
        """Begin anew at zero; the time of day goes on by the real time since the clock was made."""
        now = monotonic()
        self.start_ns += round((now - self._began) * SECOND)
        self._began = now

    def at(self, elapsed: float) -> int:
        """The simulated time of day after so many simulated seconds, ns since 1970."""
        return self.start_ns + round(elapsed * SECOND)

    def real(self, simulated: float) -> float:
        """How long so many simulated seconds last, s."""
        return simulated / self.speed
