"""What an instrument makes of the truth: noise, drift, an offset, a resolution. Repeatable: no random state is kept."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    # Simulated time in s -> true value of each tag.
    State = Callable[[float], Mapping[str, float]]

_TWO_TO_64 = 18446744073709551616.0


@dataclass(frozen=True)
class Sensor:
    """One channel of a simulated instrument.

    Attributes:
        tag: name in ``state(t)``.
        noise: standard deviation, in the unit of the tag.
        drift: change per hour, in the unit of the tag.
        offset: error at the beginning.
        factor: from the unit of the tag to that of the instrument.
        seed: of the noise.
    """

    tag: str
    noise: float = 0.0
    drift: float = 0.0
    offset: float = 0.0
    factor: float = 1.0
    seed: int = 0

    def read(self, state: State, time: float, number: int) -> float:
        """The value that the instrument shows.

        Args:
            state: the truth.
            time: simulated, s.
            number: of the reading, for its noise.
        """
        true = state(time)[self.tag]
        error = self.offset + self.drift * time / 3600.0 + self.noise * normal(f"{self.tag}/{self.seed}/{number}")
        return (true + error) * self.factor


def normal(key: str) -> float:
    """A standard normal number that depends on nothing but the key (Box and Muller 1958)."""
    digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
    first, second = (int.from_bytes(part, "big") / _TWO_TO_64 for part in (digest[:8], digest[8:]))
    return math.sqrt(-2.0 * math.log(1.0 - first)) * math.cos(2.0 * math.pi * second)
