"""Draws depend on the seed, the name and the case, and on nothing else."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydromet.draws import Draws, LogNormal, Normal, Triangular, Truncated, Uniform, uniform
from hydromet.errors import QuantityError

KINDS = [
    Uniform(2.0, 5.0),
    Triangular(0.0, 1.0, 4.0),
    Triangular(0.0, 0.0, 4.0),
    Triangular(0.0, 4.0, 4.0),
    Normal(10.0, 2.0),
    LogNormal(3.0, 1.5),
    Truncated(Normal(1.0, 1.0), low=0.0),
    Truncated(LogNormal(3.0, 2.0), 1.0, 10.0),
]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@given(share=st.floats(1e-6, 1 - 1e-6))
def test_quantile_and_probability_are_inverse(kind, share):
    assert kind.probability(kind.quantile(share)) == pytest.approx(share, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_quantile_rises(kind):
    values = [kind.quantile(k / 200) for k in range(1, 200)]
    assert all(a < b for a, b in pairwise(values))


@pytest.mark.parametrize(
    ("kind", "mean", "deviation"),
    [
        (Uniform(2.0, 5.0), 3.5, 3.0 / math.sqrt(12)),
        (Triangular(0.0, 1.0, 4.0), 5 / 3, math.sqrt((16 + 1 - 4) / 18)),
        (Normal(10.0, 2.0), 10.0, 2.0),
        (LogNormal(3.0, 1.5), 3 * math.exp(math.log(1.5) ** 2 / 2), None),
    ],
    ids=repr,
)
def test_moments_of_many_draws(kind, mean, deviation):
    draws = Draws({"x": kind}, seed=3)
    values = [draws.case(k)["x"] for k in range(4000)]
    spread = statistics.stdev(values)
    assert statistics.fmean(values) == pytest.approx(mean, abs=4 * spread / math.sqrt(len(values)))
    if deviation:
        assert spread == pytest.approx(deviation, rel=0.05)


def test_names_cases_and_seeds_are_independent():
    base = [uniform(1, "a", k) for k in range(2000)]
    for other in ([uniform(1, "b", k) for k in range(2000)], [uniform(2, "a", k) for k in range(2000)], base[1:]):
        assert abs(statistics.correlation(base[: len(other)], other)) < 4 / math.sqrt(2000)


def test_order_company_and_company_do_not_matter():
    alone = Draws({"a": Normal(0.0, 1.0)}, seed=7)
    joined = Draws({"z": Uniform(0.0, 1.0), "a": Normal(0.0, 1.0)}, seed=7)
    assert joined.case(5)["a"] == alone.case(5)["a"]
    assert [joined.case(k) for k in (3, 1, 2)] == [joined.case(k) for k in (3, 1, 2)]
    assert list(joined.case(0)) == ["a", "z"]


@pytest.mark.parametrize("hashseed", ["0", "1"])
def test_another_process_draws_the_same(hashseed):
    code = (
        "from hydromet.draws import *; print(repr(Draws({'leach.temperature': Normal(333.15, 2.0)}, seed=1).case(17)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": hashseed}
    )
    here = Draws({"leach.temperature": Normal(333.15, 2.0)}, seed=1).case(17)
    assert run.stdout.strip() == repr(here)


def test_the_numbers_are_fixed_for_ever():
    """A change here changes every published Monte Carlo study: it needs a new major version."""
    assert uniform(0, "a", 0) == 0.7542710743564462
    assert uniform(0, "a", 1) == 0.542616326301564


@pytest.mark.parametrize(
    "make",
    [
        lambda: Uniform(3.0, 1.0),
        lambda: Uniform(0.0, math.inf),
        lambda: Triangular(0.0, 5.0, 4.0),
        lambda: Normal(0.0, 0.0),
        lambda: Normal(math.nan, 1.0),
        lambda: LogNormal(-1.0, 2.0),
        lambda: LogNormal(1.0, 1.0),
        lambda: Truncated(Uniform(0.0, 1.0), 2.0, 3.0),
        lambda: Truncated(Uniform(0.0, 1.0), 1.0, 0.0),
    ],
)
def test_senseless_parameters(make):
    with pytest.raises(QuantityError, match="E220"):
        make()
