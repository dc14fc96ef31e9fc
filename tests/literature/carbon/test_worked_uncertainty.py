"""Lognormal propagation and Monte Carlo against closed forms."""

from __future__ import annotations

import math

import pytest

from hydromet.assess.carbon.shapes import Contribution
from hydromet.assess.carbon.uncertainty import compare, first_order, moments, monte_carlo, with_prices
from tests.literature.carbon.rows import activity, factor, inventory, product, row


def hand(value):
    return pytest.approx(value, rel=5e-5)


def term(name, value, of, gsd=1.0, amount_gsd=1.0):
    return Contribution(activity(name, value, gsd=amount_gsd), factor(of, gsd=gsd))


def test_amount_times_factor():
    # ln 1.1 = 0.0953102, ln 1.3 = 0.2623643: sqrt(0.00908403 + 0.06883501) = 0.2791398; GSD exp = 1.321992.
    # 95 %: 100 / 1.321992^1.96 = 57.8619 to 172.825; exact for one product: so are the percentiles of Monte Carlo.
    rows = [term("a", 100.0, "f", 1.3, 1.1)]
    analytic = first_order(rows, [1.0])
    assert (analytic.gsd, analytic.low, analytic.high) == (hand(1.321992), hand(57.8619), hand(172.825))
    found = monte_carlo(rows, samples=100_000)[""]
    assert found.percentiles[2.5] == pytest.approx(57.862, rel=0.01)
    assert found.percentiles[50.0] == pytest.approx(100.0, rel=0.005)
    assert found.percentiles[97.5] == pytest.approx(172.825, rel=0.01)
    assert found.gsd == pytest.approx(1.321992, rel=0.003)
    # Mean: 100 exp(0.2791398^2 / 2) = 103.9729.
    assert found.mean == pytest.approx(103.9729, rel=0.003)
    assert moments(rows, [1.0]).gsd == hand(1.321992)
    assert moments(rows, [1.0]).median == hand(100.0)


def test_one_factor_for_two_flows_does_not_cancel():
    # Two halves with GSD 1.3: one factor for both: ln GSD = 0.2623643, 1.3. Two factors: 0.2623643 / sqrt 2 =
    # 0.1855196, 1.203844.
    shared = [term("a", 50.0, "f", 1.3), term("b", 50.0, "f", 1.3)]
    apart = [term("a", 50.0, "f", 1.3), term("b", 50.0, "g", 1.3)]
    assert first_order(shared, [1, 1]).gsd == hand(1.3)
    assert first_order(apart, [1, 1]).gsd == hand(1.203844)
    one, two = monte_carlo(shared, samples=100_000)[""], monte_carlo(apart, samples=100_000)[""]
    assert one.gsd == pytest.approx(1.3, rel=0.003)
    # Exact variance of the sum of two: 2 m^2 (exp(s^2) - 1), m = 50 exp(s^2/2) = 51.7507, s^2 = 0.06883501:
    # 2 * 2678.13 * 0.0712594 = 381.685, deviation 19.5368. With one factor 4 * 2678.13 * 0.0712594 = 763.37, 27.6291.
    assert two.deviation == pytest.approx(19.5368, rel=0.01)
    assert one.deviation == pytest.approx(27.6291, rel=0.01)
    assert one.mean == pytest.approx(103.5013, rel=0.003)
    assert two.mean == pytest.approx(103.5013, rel=0.003)


def test_moments_of_unlike_terms():
    # a: 80 of f (GSD 1.5), b: 20 of g (2.0). s_f^2 = 0.1644018, s_g^2 = 0.4804530: means 80 * 1.085673 = 86.8538,
    # 20 * 1.271537 = 25.4307, M = 112.2845. Var = 7543.58 * 0.178689 + 646.722 * 0.616807 = 1746.85.
    # ln(1 + 1746.85 / 12607.8) = 0.129758: GSD = exp(0.360219) = 1.433643, median 112.2845 / exp(0.064879) = 105.2310.
    rows = [term("a", 80.0, "f", 1.5), term("b", 20.0, "g", 2.0)]
    found = moments(rows, [1, 1])
    assert found.gsd == pytest.approx(1.433643, rel=2e-4)
    assert found.median == pytest.approx(105.2310, rel=2e-4)
    random = monte_carlo(rows, samples=200_000)[""]
    assert random.mean == pytest.approx(112.2845, rel=0.004)
    assert random.deviation == pytest.approx(math.sqrt(1746.85), rel=0.02)


def test_probability_that_one_scenario_is_lower():
    # A is f, B is g, medians 100 and 120, both GSD 1.3, independent: P(A < B) = Phi(ln 1.2 / (0.2623643 sqrt 2))
    # = Phi(0.182322 / 0.371039) = Phi(0.491381) = 0.68842. With the same factor in both, B is 20 % above in every case.
    one, other = [term("a", 100.0, "f", 1.3)], [term("b", 120.0, "g", 1.3)]
    found = compare((one, [1.0]), (other, [1.0]), samples=100_000)
    assert found.less == pytest.approx(0.68842, abs=0.005)
    same = compare((one, [1.0]), ([term("b", 120.0, "f", 1.3)], [1.0]), samples=1000)
    assert same.less == 1.0
    assert same.difference.percentiles[97.5] < 0.0


def test_what_two_scenarios_share_cancels():
    # Both buy the same uncertain caustic; they differ by 10 of certain power: the difference is certain.
    caustic = term("caustic", 500.0, "naoh", 1.5)
    one, other = [caustic, term("power", 90.0, "grid.A")], [caustic, term("power", 100.0, "grid.B")]
    found = compare((one, [1, 1]), (other, [1, 1]), samples=1000)
    assert found.difference.mean == pytest.approx(-10.0, abs=1e-9)
    assert found.difference.deviation == pytest.approx(0.0, abs=1e-9)


def test_drawn_prices():
    # Two products of equal revenue, price GSD 1.2 each: the log odds of the share have s = ln 1.2 * sqrt 2 = 0.257841,
    # so its 97.5th percentile is 1 / (1 + exp(-1.959964 * 0.257841)) = 1 / (1 + 0.603313) = 0.623709; of 100: 62.37.
    made = inventory(product("a", 10.0, Ni=1.0, price=4.0), product("b", 10.0, Co=1.0, price=4.0))
    found = with_prices(made, [row("all", 100.0)], {"a": 1.2, "b": 1.2}, samples=100_000)
    assert found["a"].percentiles[97.5] == pytest.approx(62.371, rel=0.005)
    assert found["a"].percentiles[50.0] == pytest.approx(50.0, rel=0.005)
    assert found["a"].mean + found["b"].mean == pytest.approx(100.0, abs=1e-9)
