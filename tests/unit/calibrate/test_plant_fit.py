"""Fits whose answer is known by hand, and how often the truth lies within the standard errors."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from string import ascii_uppercase

import numpy as np
import pytest

from hydromet.calibrate.plant_fit import fit
from hydromet.calibrate.plant_fit_file import read_plant_fit
from hydromet.calibrate.plant_question import covariance, whitening
from hydromet.errors import CalibrationError, ConvergenceError

HEAD = """plant_fit: 1
name: by_hand
flowsheet: plant.yaml
source: nobody
"""


class Function:
    """A plant that is a formula: (window, parameters) -> figures."""

    tolerance = 1e-12

    def __init__(self, formula):
        self.formula = formula
        self.asked = 0

    def figures(self, window, values):
        self.asked += 1
        return self.formula(window, np.array(values))


def case(folder, parameters, windows, more=""):
    """A case with figures of plain numbers: window -> [(value, sd, systematic)]."""
    (folder / "plant.yaml").write_text("hydromet: 1\nunits: {tank: {model: mix}}\n", encoding="utf-8")
    lines = [HEAD + more, "fit:"]
    lines += [f"  tank.{name}: {{{text}}}" for name, text in parameters.items()]
    lines += ["windows:"]
    for name, figures in windows.items():
        predict = ", use: predict" if name.startswith("left") else ""
        inner = ", ".join(
            f"recovery.{ascii_uppercase[i]}: {{value: {value!r}, sd: {sd!r}, systematic: {shared!r}}}"
            for i, (value, sd, shared) in enumerate(figures)
        )
        lines.append(f"  {name}: {{measured: {{{inner}}}{predict}}}")
    file = folder / "fit.yaml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_plant_fit(file)


def test_a_weighted_mean(tmp_path):
    """p = (y1/s1^2 + y2/s2^2) / (1/s1^2 + 1/s2^2), with the standard error 1/sqrt(1/s1^2 + 1/s2^2)."""
    given = case(tmp_path, {"p": "within: [0, 10], start: 5"}, {"w": [(2.0, 0.5, 0.0), (3.0, 1.0, 0.0)]})
    done = fit(given, Function(lambda _, p: (p[0], p[0])))
    assert done.parameters[0].value == pytest.approx((2.0 / 0.25 + 3.0) / 5.0, abs=1e-7)
    assert done.parameters[0].error == pytest.approx(5.0**-0.5, rel=1e-6)
    assert done.chi2 == pytest.approx((0.2 / 0.5) ** 2 + 0.8**2, rel=1e-5)
    assert done.freedom == 1
    assert done.widened == 1.0
    assert [point.residual for point in done.points] == pytest.approx([0.4, -0.8], abs=1e-6)


def test_a_prior_is_one_measurement_more(tmp_path):
    known = {"p": "within: [0, 10], prior: {value: 3, sd: 1}"}
    done = fit(case(tmp_path, known, {"w": [(2.0, 0.5, 0.0)]}), Function(lambda _, p: (p[0],)))
    assert done.parameters[0].value == pytest.approx(2.2, abs=1e-7)
    assert done.parameters[0].error == pytest.approx(5.0**-0.5, rel=1e-6)


def test_an_error_that_all_windows_share_does_not_average_out(tmp_path):
    """Four windows with sd 0.2 each and one offset of 0.3: the variance is 0.04/4 + 0.09."""
    windows = {f"w{i}": [(4.0 + 0.1 * i, 0.2, 0.3)] for i in range(4)}
    done = fit(case(tmp_path, {"p": "within: [0, 10]"}, windows), Function(lambda _, p: (p[0],)))
    assert done.parameters[0].value == pytest.approx(4.15, abs=1e-6)
    assert done.parameters[0].error == pytest.approx(0.1**0.5, rel=1e-5)


def test_a_straight_line(tmp_path):
    """Slope and intercept at x = 0, 1, 2, 3 with sd 1: var(a) = sum x^2 / D, var(b) = n / D, cov = -sum x / D."""
    y = [1.0, 2.2, 2.8, 4.1]
    windows = {f"w{x}": [(value, 1.0, 0.0)] for x, value in enumerate(y)}
    wanted = {"a": "within: [-10, 10]", "b": "within: [-10, 10]"}
    done = fit(case(tmp_path, wanted, windows), Function(lambda w, p: (p[0] + p[1] * w,)))
    slope, intercept = np.polyfit(range(4), y, 1)
    assert [one.value for one in done.parameters] == pytest.approx([intercept, slope], abs=1e-6)
    assert [one.error for one in done.parameters] == pytest.approx([(14 / 20) ** 0.5, (4 / 20) ** 0.5], rel=1e-5)
    assert done.correlation[0, 1] == pytest.approx(-6 / (14 * 4) ** 0.5, rel=1e-5)
    assert done.sensitivity == pytest.approx(np.array([[1.0, x] for x in range(4)]), abs=1e-6)


def test_what_was_left_out_is_foretold_with_the_error_of_the_fit(tmp_path):
    """At x = 4 the line is told to (sum x^2 - 8 sum x + 16 n) / D; its deviation adds to that of the measurement."""
    windows = {f"w{x}": [(float(x), 1.0, 0.0)] for x in range(4)} | {"left": [(9.0, 0.5, 0.0)]}
    wanted = {"a": "within: [-10, 10]", "b": "within: [-10, 10]"}
    done = fit(case(tmp_path, wanted, windows), Function(lambda w, p: (p[0] + p[1] * w,)))
    point = done.points[-1]
    assert point.predicted
    assert point.calculated == pytest.approx(4.0, abs=1e-5)
    assert point.deviation**2 == pytest.approx(0.25 + (14 - 48 + 64) / 20, rel=1e-5)
    assert done.foretold[0] == pytest.approx(25.0 / point.deviation**2, rel=1e-5)
    assert "W689" in [code for code, _ in done.notices]
    assert done.freedom == 2


def test_a_covariance_weighs_as_generalised_least_squares_does(tmp_path):
    given = case(tmp_path, {"p": "within: [0, 10]"}, {"w": [(2.0, 0.5, 0.0), (3.0, 1.0, 0.0)]})
    matrix = np.array([[0.25, 0.3], [0.3, 1.0]])
    given = replace(given, windows=(replace(given.windows[0], covariance=tuple(map(tuple, matrix.tolist()))),))
    done = fit(given, Function(lambda _, p: (p[0], p[0])))
    ones, inverse = np.ones(2), np.linalg.inv(matrix)
    assert done.parameters[0].value == pytest.approx(ones @ inverse @ [2.0, 3.0] / (ones @ inverse @ ones), abs=1e-6)
    assert done.parameters[0].error == pytest.approx((ones @ inverse @ ones) ** -0.5, rel=1e-5)


def test_directions_that_reconciliation_made_exact_carry_no_weight():
    """A = B + C exactly: three figures, two pieces of information."""
    parts = np.diag([0.04, 0.09])
    ties = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    given = ties @ parts @ ties.T
    white = whitening(given)
    assert white.shape == (2, 3)
    assert white @ given @ white.T == pytest.approx(np.eye(2), abs=1e-9)
    with pytest.raises(CalibrationError, match="E698"):
        whitening(np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_windows_share_the_systematic_error_of_a_figure_only(tmp_path):
    given = case(tmp_path, {"p": "within: [0, 1]"}, {"v": [(1.0, 0.1, 0.2), (1.0, 0.1, 0.3)], "w": [(1.0, 0.1, 0.2)]})
    found = covariance(given.windows)
    assert found[0, 2] == pytest.approx(0.04)
    assert found[1, 2] == 0.0
    assert np.diag(found) == pytest.approx([0.05, 0.10, 0.05])


def decay(w, p):
    """Concentrations of a decay at three times, started at p[0] with the rate p[1]; the window doubles the start."""
    return tuple(p[0] * (1 + w) * np.exp(-p[1] * t) for t in (0.5, 1.0, 2.0))


@pytest.mark.parametrize("shared", [0.0, 0.02])
def test_the_truth_lies_within_the_standard_errors_as_often_as_it_should(tmp_path, shared):
    """300 sets of noise: 68 % within one standard error, 95 % within two; chi-square as large as its freedom."""
    true, sd, draws = (2.0, 0.7), 0.02, 300
    random = Random(20261126)  # noqa: S311  # noise
    wanted = {"a": "within: [0.5, 5]", "k": "within: [0.1, 2]"}
    first = case(tmp_path, wanted, {"v": [(1.0, sd, shared)] * 3, "w": [(1.0, sd, shared)] * 3})
    within, chi2 = np.zeros((2, 2)), []
    for _ in range(draws):
        offsets = [random.gauss(0.0, shared) for _ in range(3)]
        windows = tuple(
            replace(window, measured=tuple(
                replace(one, value=y + offset + random.gauss(0.0, sd))
                for one, y, offset in zip(window.measured, decay(w, true), offsets, strict=True)
            ))
            for w, window in enumerate(first.windows)
        )  # fmt: skip
        done = fit(replace(first, windows=windows), Function(decay))
        off = [abs(one.value - t) / one.error * done.widened for one, t in zip(done.parameters, true, strict=True)]
        within += [[x < 1.0, x < 2.0] for x in off]
        chi2.append(done.chi2)
    for share, wanted_share in zip((within / draws).T, (0.6827, 0.9545), strict=True):
        allowed = 3.0 * (wanted_share * (1 - wanted_share) / draws) ** 0.5
        assert share == pytest.approx([wanted_share] * 2, abs=allowed)
    assert np.mean(chi2) == pytest.approx(4.0, abs=3.0 * (8.0 / draws) ** 0.5)


def test_residuals_too_large_for_their_errors_widen_those_of_the_parameters(tmp_path):
    windows = {f"w{i}": [(5.0 + (-1) ** i, 0.1, 0.0)] for i in range(6)}
    done = fit(case(tmp_path, {"p": "within: [0, 10]"}, windows), Function(lambda _, p: (p[0],)))
    assert done.widened == pytest.approx((600.0 / 5) ** 0.5, rel=1e-4)
    assert done.parameters[0].error == pytest.approx(0.1 / 6**0.5 * done.widened, rel=1e-5)
    codes = [code for code, _ in done.notices]
    assert "W688" in codes
    assert codes.count("W690") == 6


def test_parameters_that_only_come_as_a_product_are_named(tmp_path):
    wanted = {"a": "within: [1, 5]", "b": "within: [1, 5]", "c": "within: [0, 5]"}
    given = case(tmp_path, wanted, {"v": [(6.0, 0.1, 0.0), (1.0, 0.1, 0.0)], "w": [(12.0, 0.1, 0.0), (1.0, 0.1, 0.0)]})
    model = Function(lambda w, p: (p[0] * p[1] * (1 + w), p[2]))
    with pytest.raises(CalibrationError) as error:
        fit(given, model)
    assert error.value.code == "E692"
    assert "tank.a and tank.b:" in error.value.read
    assert "tank.c" not in error.value.read
    assert error.value.place.line == 7
    assert model.asked < 20  # before the fit


def test_a_prior_tells_them_apart(tmp_path):
    wanted = {"a": "within: [1, 5]", "b": "within: [1, 5], prior: {value: 3, sd: 0.1}"}
    given = case(tmp_path, wanted, {"v": [(6.0, 0.1, 0.0)], "w": [(12.0, 0.1, 0.0)]})
    done = fit(given, Function(lambda w, p: (p[0] * p[1] * (1 + w),)))
    assert [one.value for one in done.parameters] == pytest.approx([2.0, 3.0], abs=1e-4)
    assert done.parameters[1].error == pytest.approx(0.1, rel=1e-3)


def test_a_parameter_that_does_nothing_is_named(tmp_path):
    wanted = {"a": "within: [1, 5]", "idle": "within: [1, 5]"}
    given = case(tmp_path, wanted, {"v": [(2.0, 0.1, 0.0), (2.1, 0.1, 0.0)]})
    with pytest.raises(CalibrationError) as error:
        fit(given, Function(lambda _, p: (p[0], p[0])))
    assert error.value.code == "E691"
    assert "tank.idle" in error.value.read


def test_a_parameter_held_at_its_bound(tmp_path):
    """The best value, 6, is beyond 5; the other is told as if 5 were known."""
    wanted = {"a": "within: [0, 5]", "b": "within: [-10, 10]"}
    windows = {f"w{x}": [(6.0 + x, 0.5, 0.0)] for x in range(3)}
    done = fit(case(tmp_path, wanted, windows), Function(lambda w, p: (p[0] + p[1] * w,)))
    first, second = done.parameters
    assert (first.value, first.error, first.bound) == (5.0, None, "high")
    assert second.value == pytest.approx((2.0 + 2 * 3.0) / 5.0, abs=1e-6)
    assert "W685" in [code for code, _ in done.notices]
    assert second.error / done.widened == pytest.approx(0.5 / 5**0.5, rel=1e-5)
    assert not done.correlation[0].any()


def test_an_outlier_pulls_less_where_asked(tmp_path):
    windows = {f"w{i}": [(5.0 + 0.05 * (i - 4), 0.1, 0.0)] for i in range(9)} | {"wild": [(9.0, 0.1, 0.0)]}
    formula = Function(lambda _, p: (p[0],))
    plain = fit(case(tmp_path, {"p": "within: [0, 10]"}, windows), formula).parameters[0]
    robust = fit(case(tmp_path, {"p": "within: [0, 10]"}, windows, "robust: true\n"), formula)
    assert plain.value == pytest.approx(5.4, abs=1e-4)
    one = robust.parameters[0]
    assert abs(one.value - 5.0) < 0.03
    assert one.error < 0.1
    far = [text for code, text in robust.notices if code == "W690"]
    assert len(far) == 1
    assert "of wild" in far[0]


def test_a_plant_without_a_solution_on_the_way_is_stepped_back_from(tmp_path):
    """There is none beyond 3.5, where the first step from the flat beginning of the curve leads."""
    given = case(tmp_path, {"p": "within: [0, 20], start: 0.95"}, {"w": [(27.0, 0.01, 0.0), (27.0, 0.01, 0.0)]})
    refused = []

    def cube(_, p):
        if p[0] > 3.5:
            refused.append(p[0])
            return None
        return p[0] ** 3, p[0] ** 3

    assert fit(given, Function(cube)).parameters[0].value == pytest.approx(3.0, abs=1e-5)
    assert refused


def test_no_solution_on_either_side_is_an_error(tmp_path):
    given = case(tmp_path, {"p": "within: [0, 10], start: 5"}, {"w": [(1.0, 0.01, 0.0)]})
    with pytest.raises(ConvergenceError, match="E695"):
        fit(given, Function(lambda _, p: (p[0],) if p[0] == 5.0 else None))


def test_the_same_fit_twice(tmp_path):
    given = case(tmp_path, {"a": "within: [0.5, 5]", "k": "within: [0.1, 2]"}, {"v": [(1.4, 0.02, 0.01)] * 3})
    first, second = (fit(given, Function(decay)) for _ in range(2))
    assert repr(first.parameters) == repr(second.parameters)
    assert first.correlation.tobytes() == second.correlation.tobytes()
