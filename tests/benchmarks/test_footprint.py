"""Time of a Monte Carlo run of a footprint; run with ``-m benchmark``."""

from __future__ import annotations

from time import perf_counter

import pytest

from hydromet.assess.carbon.shapes import Contribution
from hydromet.assess.carbon.uncertainty import monte_carlo
from tests.literature.carbon.rows import activity, factor


@pytest.mark.benchmark
def test_ten_thousand_samples_of_three_hundred_activities():
    rows = [
        Contribution(activity(f"a{i}", 1.0 + i % 7, gsd=1.1), factor(f"f{i % 60}", 0.5, gsd=1.3)) for i in range(300)
    ]
    shared = {name: (share,) * len(rows) for name, share in (("ni", 0.5), ("co", 0.3), ("li", 0.2))}
    monte_carlo(rows, shared, samples=100)
    start = perf_counter()
    monte_carlo(rows, shared, samples=10_000)
    assert perf_counter() - start < 1.0
