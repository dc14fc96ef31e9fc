"""Reconciliation against cases worked by hand, an independent minimiser, and the laws of chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import chi2, kstest, norm

from hydromet.calibrate.gross_errors import course, critical_chi2, examine, limit_of, passes
from hydromet.calibrate.reconcile import (
    JUST_MEASURED,
    OBSERVABLE,
    REDUNDANT,
    UNOBSERVABLE,
    Row,
    System,
    balance,
    product,
    reconcile,
)
from hydromet.errors import ConvergenceError

# A heat exchanger with a bypass, six flow meters of deviation 1 (the textbook case of linear reconciliation):
# F1 divides into F2 and F3, F2 becomes F4 and F3 becomes F5, which make up F6.
BYPASS = System(
    ("F1", "F2", "F3", "F4", "F5", "F6"),
    (
        balance([(0, 1.0), (1, -1.0), (2, -1.0)], "splitter"),
        balance([(1, 1.0), (3, -1.0)], "exchanger"),
        balance([(2, 1.0), (4, -1.0)], "valve"),
        balance([(3, 1.0), (4, 1.0), (5, -1.0)], "mixer"),
    ),
    np.full(6, 60.0),
)
READ = (101.91, 64.45, 34.65, 64.20, 36.44, 98.88)


def measured(*numbers: int) -> dict[int, tuple[float, float]]:
    return {i: (READ[i], 1.0) for i in numbers}


def test_bypass_with_every_flow_measured():
    """With a = F2 and b = F3 the normal equations are 4a + 2b and 2a + 4b: a = 64.50, b = 35.72, F1 = 100.22.

    Their inverse has 1/3 on the diagonal and -1/6 beside it: every flow has the standard error sqrt(1/3).
    """
    found = reconcile(BYPASS, measured(*range(6)))
    assert found.values == pytest.approx([100.22, 64.50, 35.72, 64.50, 35.72, 100.22], abs=1e-9)
    assert found.errors == pytest.approx(np.full(6, 3.0**-0.5))
    assert found.covariance[1, 2] == pytest.approx(-1.0 / 6.0)
    assert set(found.status) == {REDUNDANT}
    assert found.freedom == 4
    assert found.chi2 == pytest.approx(sum((v - y) ** 2 for v, y in zip(found.values, READ, strict=True)))


def test_bypass_with_three_flows_measured():
    """F1 and F6 say the same: their mean, 100.395 +- sqrt(1/2). F2 is all there is, F3 is the difference."""
    found = reconcile(BYPASS, measured(0, 1, 5))
    assert found.values == pytest.approx([100.395, 64.45, 35.945, 64.45, 35.945, 100.395])
    assert found.errors == pytest.approx([0.5**0.5, 1.0, 1.5**0.5, 1.0, 1.5**0.5, 0.5**0.5])
    assert found.status == (REDUNDANT, JUST_MEASURED, OBSERVABLE, OBSERVABLE, OBSERVABLE, REDUNDANT)
    assert found.freedom == 1
    assert found.chi2 == pytest.approx((101.91 - 98.88) ** 2 / 2.0)


def test_what_nothing_tells_is_said():
    found = reconcile(BYPASS, measured(0, 5))
    assert found.status == (REDUNDANT, UNOBSERVABLE, UNOBSERVABLE, UNOBSERVABLE, UNOBSERVABLE, REDUNDANT)
    assert found.errors[1:5].tolist() == [0.0] * 4
    assert np.isfinite(found.values).all()


def test_two_product_formula():
    """Feed flow and three assays: the concentrate is F (f - t) / (c - t), and nothing is left to adjust."""
    names = ("F", "C", "T", "f", "c", "t", "Ff", "Cc", "Tt")
    rows = (
        balance([(0, 1.0), (1, -1.0), (2, -1.0)], "mass"),
        balance([(6, 1.0), (7, -1.0), (8, -1.0)], "metal"),
        *(product(6 + i, 3 + i, i, "content") for i in range(3)),
    )
    given_ = {0: (100.0, 1.0), 3: (0.02, 4e-4), 4: (0.25, 5e-3), 5: (0.002, 1e-4)}
    found = reconcile(System(names, rows, np.array([100.0, 10, 90, 0.02, 0.25, 0.002, 2, 2, 0.2])), given_)
    share = (0.02 - 0.002) / (0.25 - 0.002)
    assert found.values[1] == pytest.approx(100.0 * share)
    assert [found.status[i] for i in (0, 3, 4, 5)] == [JUST_MEASURED] * 4
    assert (found.freedom, found.chi2) == (0, pytest.approx(0.0))
    # propagation of the four uncertainties by hand
    slopes = (share, 100 / 0.248, -100 * 0.018 / 0.248**2, 100 * (0.02 - 0.25) / 0.248**2)
    by_hand = sum((s * sd) ** 2 for s, (_, sd) in zip(slopes, given_.values(), strict=True)) ** 0.5
    assert found.errors[1] == pytest.approx(by_hand, rel=1e-9)


# Measured flows (kg/h) and mass fractions around a binary distillation column, as in the module "Introduction to data
# reconciliation" of the Program for North American Mobility in Higher Education (2003), table 4.1: stream by stream the
# flow, then both fractions, each with its standard deviation.
COLUMN = (
    ((1095.475, 4.8), (0.4822, 0.0048), (0.5170, 0.0052)),
    ((478.402, 3.9), (0.9410, 0.0094), (0.0501, 0.0005)),
    ((488.232, 4.4), (0.0197, 0.0002), (0.9748, 0.0097)),
)


def column(values=COLUMN):
    """Streams 0-2, fractions 3-8, component flows 9-14; fractions add up to one."""
    names = [f"F{s}" for s in range(3)] + [f"x{s}{k}" for s in range(3) for k in range(2)]
    names += [f"f{s}{k}" for s in range(3) for k in range(2)]
    rows = [balance([(0, 1.0), (1, -1.0), (2, -1.0)], "mass")]
    rows += [balance([(9 + k, 1.0), (11 + k, -1.0), (13 + k, -1.0)], f"component {k}") for k in range(2)]
    rows += [product(9 + 2 * s + k, 3 + 2 * s + k, s, "content") for s in range(3) for k in range(2)]
    rows += [balance([(9 + 2 * s, 1.0), (10 + 2 * s, 1.0), (s, -1.0)], "fractions") for s in range(3)]
    given_ = {s: values[s][0] for s in range(3)}
    given_ |= {3 + 2 * s + k: values[s][1 + k] for s in range(3) for k in range(2)}
    start = [given_[i][0] for i in range(9)] + [
        given_[s][0] * given_[3 + 2 * s + k][0] for s in range(3) for k in (0, 1)
    ]
    return System(tuple(names), tuple(rows), np.array(start)), given_


def test_bilinear_case_against_another_minimiser():
    """The published measurements; SLSQP on the same problem, written down without any of this code."""
    system, given_ = column()
    found = reconcile(system, given_)
    y = np.array([given_[i][0] for i in range(9)])
    sd = np.array([given_[i][1] for i in range(9)])

    def lack(z):
        flows, x = z[:3] * y[:3], (z[3:] * y[3:]).reshape(3, 2)
        moved = flows[:, None] * x
        return np.array([*(moved[0] - moved[1] - moved[2]) / 500.0, *(x.sum(axis=1) - 1.0)])

    other = minimize(
        lambda z: float((((z - 1.0) * y / sd) ** 2).sum()) * 1e-2, np.ones(9), method="SLSQP",
        constraints={"type": "eq", "fun": lack}, options={"ftol": 1e-15, "maxiter": 500},
    )  # fmt: skip
    assert other.success
    assert found.values[:9] == pytest.approx(other.x * y, rel=2e-6)
    assert found.chi2 == pytest.approx(100.0 * other.fun, rel=1e-6)
    assert found.freedom == 5


def truth():
    """A column that balances."""
    flows = np.array([1000.0, 500.0, 500.0])
    x = np.array([[0.48, 0.52], [0.945, 0.055], [0.015, 0.985]])
    return flows, x


def draws(count, seed=1):
    flows, x = truth()
    true = np.concatenate([flows, x.ravel()])
    sd = 0.01 * true
    noise = np.random.default_rng(seed).standard_normal((count, 9))
    for row in noise:
        y = true + sd * row
        system, _ = column(tuple(tuple((y[i], sd[i]) for i in (s, 3 + 2 * s, 4 + 2 * s)) for s in range(3)))
        yield true, system, {i: (float(y[i]), float(sd[i])) for i in range(9)}


def test_covariance_and_chi_square_hold_over_six_hundred_draws():
    """The scatter of the estimates is what their covariance says, and the sum of squares is a chi-square."""
    found, errors, sums = [], [], []
    for true, system, given_ in draws(600):
        one = reconcile(system, given_)
        found.append(one.values[:9] - true)
        errors.append(np.concatenate([one.covariance[:9, :9].ravel()]))
        sums.append(one.chi2)
        freedom = one.freedom
    scatter = np.cov(np.array(found).T)
    said = np.mean(errors, axis=0).reshape(9, 9)
    size = np.sqrt(np.outer(np.diag(said), np.diag(said)))
    # the standard error of a variance of 600 draws is 5.8 %; three of them
    assert np.diag(scatter) == pytest.approx(np.diag(said), rel=0.175)
    assert np.abs(scatter - said).max() < 0.175 * size.max()
    assert (np.abs(scatter - said) / size).max() < 0.175
    assert freedom == 5
    assert kstest(sums, chi2(freedom).cdf).pvalue > 0.01
    beyond = np.mean(np.array(sums) > critical_chi2(freedom, 0.05))
    assert beyond == pytest.approx(0.05, abs=0.027)  # three binomial standard errors


def test_a_healthy_plant_is_suspected_no_more_often_than_agreed():
    """The limit of the largest of dependent figures is on the safe side."""
    suspected = [bool(examine(system, given_, 0.05, ()).suspects) for _, system, given_ in draws(400, seed=2)]
    assert 0.0 < np.mean(suspected) < 0.05 + 3.0 * (0.05 * 0.95 / 400) ** 0.5


@pytest.mark.parametrize("wrong", range(6))
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_five_deviations_are_found_on_the_right_meter(wrong, sign):
    """Each of the six meters in turn, the others exact; the balances give its true value back."""
    true = np.array([100.0, 64.0, 36.0, 64.0, 36.0, 100.0])
    given_ = {i: (float(true[i] + (5.0 * sign if i == wrong else 0.0)), 1.0) for i in range(6)}
    done = examine(BYPASS, given_, 0.05, ())
    assert [one.index for one in done.suspects] == [wrong]
    (suspect,) = done.suspects
    assert suspect.bias == pytest.approx(5.0 * sign)
    assert suspect.bias_error == pytest.approx((1.0 + suspect.error**2) ** 0.5)
    assert suspect.alike == ()
    assert suspect.chi2_before - suspect.chi2_after == pytest.approx(suspect.standardised**2)
    assert not passes(done.first, 0.05)
    assert passes(done.last, 0.05)


def test_five_deviations_are_found_among_noise():
    """As often as theory says the figure of the wrong flow is beyond the limit: it is normal about 5 sqrt(redundancy).

    In four of five draws that flow is also the first to be suspected; else noise has made a neighbour look worse.
    """
    right = beyond = 0
    expected = []
    for _, system, given_ in draws(300, seed=3):
        value, sd = given_[0]
        done = examine(system, given_ | {0: (value + 5.0 * sd, sd)}, 0.05, ())
        right += bool(done.suspects) and done.suspects[0].index == 0
        limit = limit_of(9, 0.05)
        beyond += abs(done.first.standardised(0)) > limit
        expected.append(norm.sf(limit - 5.0 * done.first.redundancy(0) ** 0.5))
    share = np.mean(expected)
    assert beyond / 300 == pytest.approx(share, abs=3.0 * (share * (1.0 - share) / 300) ** 0.5)
    assert right > 0.8 * 300 - 3.0 * (0.8 * 0.2 * 300) ** 0.5


def test_meters_that_cannot_be_told_apart_are_named_together():
    """Two meters of one balance: whatever is wrong, both figures are the same."""
    system = System(("in", "out"), (balance([(0, 1.0), (1, -1.0)], "tank"),), np.array([10.0, 10.0]))
    done = examine(system, {0: (10.0, 0.1), 1: (12.0, 0.2)}, 0.05, ())
    (suspect,) = done.suspects
    assert suspect.index == 1  # ten of its deviations, or twenty of the other
    assert suspect.alike == (0,)
    assert suspect.estimated == pytest.approx(10.0)


def test_declared_values_are_never_taken_out():
    system = System(("in", "out"), (balance([(0, 1.0), (1, -1.0)], "tank"),), np.array([10.0, 10.0]))
    done = examine(system, {0: (10.0, 0.1), 1: (12.0, 0.2)}, 0.05, (1,))
    assert [one.index for one in done.suspects] == [0]


def test_a_flow_is_not_below_zero():
    """Two meters before and after a bleed that is shut: the bleed is zero, and both are their weighted mean."""
    system = System(
        ("in", "out", "bleed"), (balance([(0, 1.0), (1, -1.0), (2, -1.0)], "tank"),), np.array([10, 10, 1.0])
    )
    found = reconcile(system, {0: (10.0, 1.0), 1: (10.3, 2.0)})
    assert found.held == (2,)
    assert found.values == pytest.approx([10.06, 10.06, 0.0], abs=1e-9)


def test_values_that_do_not_settle_are_an_error():
    """A circle and a line that do not meet."""
    rows = (
        Row(((0, 1.0), (2, 1.0)), ((0, 0, 1.0), (1, 1, 1.0))),
        Row(((2, 1.0), (3, -1.0))),
        Row(((0, 1.0), (1, -1.0))),
    )
    system = System(("x", "y", "one", "two"), rows, np.array([1.0, 1.0, 5.0, 5.0]))
    with pytest.raises(ConvergenceError, match="E684"):
        reconcile(system, {2: (5.0, 1e-9), 3: (5.0, 1e-9)})


flow = st.floats(5.0, 500.0)
share = st.floats(0.01, 0.6)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(flow, flow, flow), st.tuples(share, share, share, share),
    st.lists(st.floats(-2.0, 2.0), min_size=8, max_size=8),
    st.sets(st.integers(0, 7), max_size=3),
)  # fmt: skip
def test_every_balance_closes(flows, contents, noise, missing):
    """Two units in a row, four outlets and a feed, whatever is measured and however wrong: closed to 1e-9."""
    out = np.array([*flows, 40.0])
    whole = np.array([out.sum(), *out])
    metal = np.array([float(out @ np.array(contents)), *(out * contents)])
    true = np.concatenate([whole[[0, 1, 2, 3]], (metal / whole)[[0, 1, 2, 3]]])
    sd = 0.02 * true
    # streams 0 feed, 1-4 outlets, 5 between the units; mass 0-5, metal 6-11, contents 12-15 of the streams 0-3
    rows = [
        balance([(0, 1.0), (1, -1.0), (2, -1.0), (5, -1.0)], "mass of the first"),
        balance([(5, 1.0), (3, -1.0), (4, -1.0)], "mass of the second"),
        balance([(6, 1.0), (7, -1.0), (8, -1.0), (11, -1.0)], "metal of the first"),
        balance([(11, 1.0), (9, -1.0), (10, -1.0)], "metal of the second"),
        *(product(6 + s, 12 + s, s, "content") for s in range(4)),
    ]
    start = np.concatenate([whole, [whole[3] + whole[4]], metal, [metal[3] + metal[4]], (metal / whole)[:4]])
    system = System(tuple(f"v{i}" for i in range(16)), tuple(rows), start)
    variables = [0, 1, 2, 3, 12, 13, 14, 15]
    given_ = {variables[k]: (float(true[k] + sd[k] * noise[k]), float(sd[k])) for k in range(8) if k not in missing}
    found = reconcile(system, given_)
    lack = np.abs(system.residual(found.values)) / np.maximum(system.largest(found.values), 1e-3)
    assert lack.max() < 1e-9
    for i in range(12):
        assert found.status[i] == UNOBSERVABLE or found.values[i] > -1e-6
    for i, (value, deviation) in given_.items():
        assert found.errors[i] <= deviation * (1.0 + 1e-9)
        assert found.status[i] == REDUNDANT or i in found.held or found.values[i] == pytest.approx(value, rel=1e-9)


def test_limits():
    """Tables of the normal and the chi-square distribution."""
    assert limit_of(1, 0.05) == pytest.approx(1.95996, abs=1e-5)
    assert limit_of(10, 0.05) == pytest.approx(2.7996, abs=1e-3)
    assert critical_chi2(4, 0.05) == pytest.approx(9.4877, abs=1e-4)
    assert critical_chi2(0, 0.05) == 0.0


def test_the_course_of_a_bias():
    """Steady, growing, once."""
    drift = course([0.0, 3600.0, 7200.0], [1.0, 2.0, 3.0], [0.1, 0.1, 0.1], 3)
    assert drift.kind == "drift"
    assert drift.rate * 3600.0 == pytest.approx(1.0)
    assert drift.rate_error * 3600.0 == pytest.approx(0.1 / 2.0**0.5)
    assert course([0.0, 1.0, 2.0], [2.0, 2.1, 1.9], [0.1, 0.1, 0.1], 3).kind == "offset"
    assert course([0.0, 1.0, 2.0], [0.1, 2.1, 0.1], [0.5, 0.5, 0.5], 1).kind == "once"
    assert course([0.0], [2.0], [0.1], 1).kind == "unclear"
    assert course([0.0, 1.0], [2.0, 2.0], [0.1, 0.1], 2).kind == "offset"
