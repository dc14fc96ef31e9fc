"""The root search of the evaporating units."""

from __future__ import annotations

import math

import pytest

from hydromet.units.bracket import rising_root


@pytest.mark.parametrize("guess", [0.0, 0.3, 0.9, 1.0])
def test_root_of_a_concentration(guess):
    calls = []

    def miss(share: float) -> float:
        calls.append(share)
        return 1.0 / (1.0 - share) / 4.0 - 1.0 if share < 1.0 else math.inf

    assert rising_root(miss, 0.0, 1.0, guess) == pytest.approx(0.75, abs=1e-12)
    assert len(calls) < 25
    assert all(0.0 <= share <= 1.0 for share in calls)


def test_flat_before_the_kink():
    assert rising_root(lambda x: max(0.0, x - 0.4) / 0.2 - 1.0, 0.0, 1.0, 0.1) == pytest.approx(0.6, abs=1e-12)


def test_root_outside_gives_the_bound():
    assert rising_root(lambda x: x + 1.0, 0.0, 1.0, 0.5) == 0.0
    assert rising_root(lambda x: x - 2.0, 0.0, 1.0, 0.5) == 1.0
    assert rising_root(lambda _: math.inf, 0.0, 1.0, 0.5) == 0.0
