"""Distributions and reproducible random draws.

A draw depends on three things only: the seed, the name of the quantity and the number of the case. It is the quantile
of the distribution at a number between 0 and 1 that is hashed from the three, so it does not depend on the order of
cases, on which other quantities are drawn, on the number of workers, or on the machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist
from typing import TYPE_CHECKING, Protocol

from hydromet.errors import QuantityError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

_STANDARD = NormalDist()
# The hash gives 53 bits, as many as a float holds; the half keeps 0 and 1 out.
_STEPS = 2**53


class Distribution(Protocol):
    """A continuous distribution of one quantity."""

    def quantile(self, probability: float) -> float:
        """The value that is not exceeded with this probability, which lies between 0 and 1."""

    def probability(self, value: float) -> float:
        """The probability of not exceeding a value."""


@dataclass(frozen=True)
class Uniform:
    """Every value from ``low`` to ``high`` is as likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _require(math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high, self, "low below high")

    def quantile(self, probability: float) -> float:
        """See ``Distribution``."""
        return self.low + probability * (self.high - self.low)

    def probability(self, value: float) -> float:
        """See ``Distribution``."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@dataclass(frozen=True)
class Triangular:
    """Likeliest at ``mode``, impossible beyond ``low`` and ``high``."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        ordered = self.low <= self.mode <= self.high and self.low < self.high
        _require(ordered and math.isfinite(self.high - self.low), self, "low, mode and high in this order")

    def quantile(self, probability: float) -> float:
        """See ``Distribution``."""
        width, left = self.high - self.low, self.mode - self.low
        if probability * width < left:
            return self.low + math.sqrt(probability * width * left)
        return self.high - math.sqrt((1.0 - probability) * width * (self.high - self.mode))

    def probability(self, value: float) -> float:
        """See ``Distribution``."""
        width = self.high - self.low
        if value <= self.low or value >= self.high:
            return float(value >= self.high)
        if value < self.mode:
            return (value - self.low) ** 2 / (width * (self.mode - self.low))
        return 1.0 - (self.high - value) ** 2 / (width * (self.high - self.mode)) if value < self.high else 1.0


@dataclass(frozen=True)
class Normal:
    """The normal distribution."""

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        _require(math.isfinite(self.mean) and 0.0 < self.deviation < math.inf, self, "a deviation above zero")

    def quantile(self, probability: float) -> float:
        """See ``Distribution``."""
        return self.mean + self.deviation * _STANDARD.inv_cdf(probability)

    def probability(self, value: float) -> float:
        """See ``Distribution``."""
        return _STANDARD.cdf((value - self.mean) / self.deviation)


@dataclass(frozen=True)
class LogNormal:
    """The logarithm is normal: two thirds lie between ``median / factor`` and ``median * factor``."""

    median: float
    factor: float

    def __post_init__(self) -> None:
        sound = 0.0 < self.median < math.inf and 1.0 < self.factor < math.inf
        _require(sound, self, "a median above zero and a factor above one")

    def quantile(self, probability: float) -> float:
        """See ``Distribution``."""
        return self.median * math.exp(math.log(self.factor) * _STANDARD.inv_cdf(probability))

    def probability(self, value: float) -> float:
        """See ``Distribution``."""
        return _STANDARD.cdf(math.log(value / self.median) / math.log(self.factor)) if value > 0.0 else 0.0


@dataclass(frozen=True)
class Truncated:
    """Another distribution, given that the value lies between ``low`` and ``high``."""

    base: Distribution
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        share = self.base.probability(self.high) - self.base.probability(self.low) if self.low < self.high else 0.0
        _require(share > 0.0, self, "bounds that hold some of the distribution")

    def quantile(self, probability: float) -> float:
        """See ``Distribution``."""
        first, last = self.base.probability(self.low), self.base.probability(self.high)
        inner = first + probability * (last - first)
        # Round-off may carry the probability to 0 or 1, where a quantile is infinite.
        inner = min(max(inner, 0.5 / _STEPS), 1.0 - 1.0 / _STEPS)
        return min(max(self.base.quantile(inner), self.low), self.high)

    def probability(self, value: float) -> float:
        """See ``Distribution``."""
        first, last = self.base.probability(self.low), self.base.probability(self.high)
        inner = self.base.probability(min(max(value, self.low), self.high))
        return (inner - first) / (last - first)


def uniform(seed: int, name: str, case: int) -> float:
    """A number between 0 and 1, both excluded, hashed from its three arguments."""
    digest = blake2b(f"{seed}\n{name}\n{case}".encode(), digest_size=8).digest()
    return ((int.from_bytes(digest, "big") >> 11) + 0.5) / _STEPS


def column(seed: int, name: str, cases: int) -> NDArray[np.float64]:
    """Numbers between 0 and 1, both excluded, of cases 0 to ``cases - 1`` of one quantity, all at once.

    As with ``uniform``, each depends on seed, name and case only: a longer column begins with the shorter one. They are
    other numbers than those of ``uniform``, from the counter-based generator Philox with a key hashed from the seed and
    the name; numpy promises that its bits never change.
    """
    import numpy as np

    digest = blake2b(f"{seed}\n{name}".encode(), digest_size=16).digest()
    bits = np.random.Philox(key=int.from_bytes(digest, "big")).random_raw(cases)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / _STEPS


@dataclass(frozen=True)
class Draws:
    """Random cases of several quantities.

    Attributes:
        distributions: quantity -> distribution.
        seed: any whole number; the same seed gives the same cases everywhere.
    """

    distributions: Mapping[str, Distribution]
    seed: int = 0

    def case(self, number: int) -> dict[str, float]:
        """One case: quantity -> value, in the order of the quantities' names."""
        return {
            name: self.distributions[name].quantile(uniform(self.seed, name, number))
            for name in sorted(self.distributions)
        }


def _require(sound: bool, found: object, expected: str) -> None:
    if not sound:
        raise QuantityError("E220", read=repr(found), expected=expected)
