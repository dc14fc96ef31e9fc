"""Extraction constants fitted to shake-out tests.

Every flask is solved for its free extractant: ``total / g = free + sum m C``, with ``C = K a(H+)^-n free^m A`` for each
organic form and the pH as measured. In a closed flask the aqueous concentration follows from the feed, the volumes and
the base that held the pH, whose cation makes up the charge of what was extracted. The constants minimise the squares of
what was measured less what is calculated, each over its standard deviation, and of their own distance from the values
they start from where those are kept; standard errors and correlations come from the Jacobian at the minimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, isfinite, log, log10, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.chemistry.records import LN10, T0, R
from hydromet.errors import ConvergenceError, ExtractionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.calibrate.shake_tests import FitCase, Flask, Measured
    from hydromet.chemistry.extraction.extractants import Extractant

    Array = NDArray[np.float64]

# A second form takes up half as much extractant as the first and begins this much lower in log K.
_SECOND = -1.5
# A log K whose standard error is beyond this is a factor of ten wide: the tests do not tell it.
_UNTOLD = 1.0
# Standard error, as a share of that of the starting value, from which a constant rests on the latter.
_KEPT = 0.9
# Change of all residuals with a parameter, per unit, below which no test depends on it.
_DEAD = 1e-6
# Steps of the dilution by the base.
_DILUTION = 40
_LOWEST = 120.0


@dataclass(frozen=True)
class Constants:
    """Constants of one metal while they are fitted: n, and log K and m of each form."""

    n: float
    forms: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Parameter:
    """A fitted number.

    Attributes:
        ion, what: such as ``Co+2`` and ``log_k``; the ions of a common ``step`` by commas.
        value, error: decimal log K or slope, and its standard error (infinite where no test depends on it).
        start: where it began. prior: standard deviation of the starting value where that was kept, else None.
    """

    ion: str
    what: str
    value: float
    error: float
    start: float
    prior: float | None


@dataclass(frozen=True)
class Point:
    """A measurement and what the fitted constants say: per cent extracted, mol/L in the organic, or pH50."""

    measured: Measured
    pH: float
    calculated: float
    kind: str

    @property
    def residual(self) -> float:
        """Calculated less measured, in standard deviations."""
        return (self.calculated - self.measured.value) / self.measured.sd


@dataclass(frozen=True)
class ExtractionFit:
    """Fitted constants with what they rest on.

    Attributes:
        parameters: one a fitted number. correlation: (P, P), in their order.
        constants: ion -> n and forms of every metal of the extractant.
        points: every measurement. chi2: sum of squared residuals of the points that were fitted.
        freedom: fitted points less parameters. notices: (code, text), what the tests do not tell.
    """

    parameters: tuple[Parameter, ...]
    correlation: Array
    constants: Mapping[str, Constants]
    points: tuple[Point, ...]
    chi2: float
    freedom: int
    notices: tuple[tuple[str, str], ...]


def flask_at_equilibrium(
    flask: Flask, constants: Mapping[str, Constants], extractant: Extractant
) -> tuple[float, dict[str, float], dict[str, float]]:
    """Free extractant (mol/L), aqueous and organic concentrations (mol/L) of a flask at its measured pH."""
    from scipy.optimize import brentq

    ions = [*flask.feed, *([flask.base] if flask.base else [])]
    capacity = flask.molarity / extractant.aggregation
    warmth = {ion: -extractant.metals[ion].heat / R * (1.0 / flask.temperature - 1.0 / T0) for ion in ions}

    def held(ln_free: float) -> tuple[float, dict[str, float], dict[str, float]]:
        ratio, dimers = {}, {}
        for ion in ions:
            one = constants[ion]
            parts = [
                (exp(min(k * LN10 + one.n * flask.pH * LN10 + m * ln_free + warmth[ion], 600.0)), m)
                for k, m in one.forms
            ]
            ratio[ion] = sum(part for part, _ in parts)
            dimers[ion] = sum(part * m for part, m in parts)
        aqueous = _aqueous(flask, ratio, extractant)
        bound = sum(dimers[ion] * aqueous[ion] for ion in ions)
        return exp(ln_free) + bound, aqueous, {ion: ratio[ion] * aqueous[ion] for ion in ions}

    top = log(capacity)
    ln_free = float(brentq(lambda x: log(held(x)[0]) - top, top - _LOWEST, top, xtol=1e-13))
    _, aqueous, organic = held(ln_free)
    return exp(ln_free), aqueous, organic


def _aqueous(flask: Flask, ratio: Mapping[str, float], extractant: Extractant) -> dict[str, float]:
    """Aqueous concentrations at given distribution ratios; the base solution dilutes."""
    if flask.kind == "loading":
        return {ion: flask.feed[ion] for ion in ratio}
    volume = 1.0
    found: dict[str, float] = {}
    for _ in range(_DILUTION):
        found = {
            ion: amount / (volume + ratio[ion] * flask.o_a) for ion, amount in flask.feed.items() if ion != flask.base
        }
        if flask.base is None:
            return found
        released = flask.acid - volume * 10.0**-flask.pH
        released += sum(extractant.metals[ion].charge * flask.o_a * ratio[ion] * a for ion, a in found.items())
        found[flask.base] = max(released, 0.0) / volume + flask.feed.get(flask.base, 0.0) / volume
        added = found[flask.base] * (volume + flask.o_a * ratio[flask.base]) / flask.base_molarity
        if abs(1.0 + added - volume) < 1e-13 * volume:
            break
        volume = 1.0 + added
    return found


def _calculated(flask: Flask, one: Measured, aqueous: Mapping[str, float], organic: Mapping[str, float]) -> float:
    """What the flask says of a measurement, in its unit."""
    if flask.kind == "loading":
        return organic[one.ion]
    extracted = flask.o_a * organic[one.ion]
    left = _left_of_base(flask, extracted, aqueous[one.ion])
    fed = flask.feed[one.ion] if one.ion != flask.base else extracted + left
    return 100.0 * extracted / fed if fed > 0.0 else 0.0


def _left_of_base(flask: Flask, extracted: float, aqueous: float) -> float:
    """Cation of the base in the aqueous phase, mol per litre of feed, of which the base made more than a litre."""
    return aqueous * (1.0 + extracted / flask.base_molarity) / (1.0 - aqueous / flask.base_molarity)


@dataclass(frozen=True)
class _Slot:
    """Where a parameter stands among the constants; ``low`` is the least it may be."""

    ions: tuple[str, ...]
    what: str
    form: int
    start: float
    prior: float | None
    low: float = -inf

    def put(self, constants: dict[str, Constants], value: float) -> None:
        """Set it; a step after the log K it is counted from."""
        for ion in self.ions:
            one = constants[ion]
            if self.what == "n":
                constants[ion] = Constants(value, one.forms)
                continue
            k, m = one.forms[self.form]
            changed = (k, value) if self.what in ("m", "second_m") else (value, m)
            if self.what == "step":
                changed = (one.forms[0][0] + value, m)
            constants[ion] = Constants(one.n, (*one.forms[: self.form], changed, *one.forms[self.form + 1 :]))


def fit(case: FitCase) -> ExtractionFit:
    """Fit the constants a case asks for.

    Raises:
        ExtractionError: E635 more parameters than measurements, E636 a second form that cannot be.
        ConvergenceError: E736 no minimum was found.
    """
    from scipy.optimize import least_squares

    first, slots = _begin(case)
    fitted = sum(one.fitted for flask in case.flasks for one in flask.measured)
    if fitted < len(slots) and not all(slot.prior for slot in slots):
        raise ExtractionError(
            "E635", read=f"{len(slots)} parameters, {fitted} measurements that say anything",
            expected="fewer parameters, more tests, or keep_known: true", write="fit: {Co: [log_k]}",
        )  # fmt: skip

    def at(x: Array) -> dict[str, Constants]:
        constants = dict(first)
        for slot, value in zip(slots, x, strict=True):
            slot.put(constants, float(value))
        return constants

    def residuals(x: Array) -> Array:
        rows = [point.residual for point in _points(case, at(x)) if point.measured.fitted]
        rows += [(float(v) - s.start) / s.prior for s, v in zip(slots, x, strict=True) if s.prior]
        return np.array(rows)

    low = np.array([slot.low for slot in slots])
    begin = np.maximum([slot.start for slot in slots], low)
    found: Any = least_squares(
        residuals, begin, bounds=(low, inf), method="trf", x_scale=0.3, xtol=1e-12, ftol=1e-12, gtol=1e-12
    )
    if not found.success or not np.all(np.isfinite(found.x)):
        raise ConvergenceError("E736", read=str(found.message), expected="constants that the tests can tell apart",
                               write="keep_known: true")  # fmt: skip
    points = _points(case, at(found.x))
    chi2 = float(sum(point.residual**2 for point in points if point.measured.fitted))
    freedom = fitted - len(slots)
    covariance = np.linalg.pinv(found.jac.T @ found.jac) * max(1.0, 2.0 * float(found.cost) / max(freedom, 1))
    dead = np.linalg.norm(found.jac, axis=0) < _DEAD
    errors = np.where(dead, np.inf, np.sqrt(np.maximum(np.diag(covariance), 0.0)))
    parameters = tuple(
        Parameter(", ".join(slot.ions), slot.what, float(value), float(error), slot.start, slot.prior)
        for slot, value, error in zip(slots, found.x, errors, strict=True)
    )
    safe = np.where(np.isfinite(errors) & (errors > 0.0), errors, 1.0)
    return ExtractionFit(
        parameters, covariance / np.outer(safe, safe), MappingProxyType(at(found.x)), points, chi2, freedom,
        _notices(parameters, covariance / np.outer(safe, safe)),
    )  # fmt: skip


def _begin(case: FitCase) -> tuple[dict[str, Constants], list[_Slot]]:
    """Constants of the extractant the fit starts from, and the parameters among them."""
    first = {
        ion: Constants(metal.n, tuple((form.log_k, form.m) for form in metal.forms))
        for ion, metal in case.start.metals.items()
    }
    slots = []
    for ion, wanted in case.wanted.items():
        metal = case.start.metals[ion]
        for what in wanted:
            form = 1 if what.startswith("second") else 0
            # One extractant a charge at the least, or the loading would exceed the capacity.
            least = metal.charge / case.start.aggregation
            _second(first, ion, form, least)
            k, m = first[ion].forms[form]
            kept = case.file.keep_known and what in ("log_k", "second") and form < len(metal.forms)
            start = {"n": first[ion].n, "m": m, "second_m": m}.get(what, k)
            low = {"n": 0.0, "m": least, "second_m": least}.get(what, -inf)
            slots.append(_Slot((ion,), what, form, start, metal.forms[form].sd if kept else None, low))
    if case.stepped:
        for ion in case.stepped:
            _second(first, ion, 1, case.start.metals[ion].charge / case.start.aggregation)
        step = case.file.common_step
        start, prior = float(np.mean([first[ion].forms[1][0] - first[ion].forms[0][0] for ion in case.stepped])), None
        if step is not None and step.expected is not None:
            start, prior = step.expected, step.sd
        slots.append(_Slot(case.stepped, "step", 1, start, prior))
    return first, slots


def _second(constants: dict[str, Constants], ion: str, form: int, least: float) -> None:
    """Give a metal a second form to begin with where one is asked for and there is none; it takes up ``least``."""
    one = constants[ion]
    if form >= len(one.forms):
        k, m = one.forms[0]
        if not m > least:
            raise ExtractionError(
                "E636", read=f"second of {ion}", expected=f"the first form alone: it takes up {m:g}, one extractant a "
                "charge, and no form can take up less", write=f"fit: {{{ion}: [log_k, n]}}",
            )  # fmt: skip
        constants[ion] = Constants(one.n, ((k, m), (k + _SECOND, max(0.5 * m, least))))


def _points(case: FitCase, constants: Mapping[str, Constants]) -> tuple[Point, ...]:
    found = []
    for flask in case.flasks:
        _, aqueous, organic = flask_at_equilibrium(flask, constants, case.start)
        for one in flask.measured:
            value = _calculated(flask, one, aqueous, organic)
            if flask.kind == "pH50":  # the free extractant is the same at every pH
                value = flask.pH - log10(organic[one.ion] / aqueous[one.ion]) / constants[one.ion].n
            found.append(Point(one, flask.pH, value, flask.kind))
    return tuple(found)


def _along_slope(one: Parameter, parameters: Sequence[Parameter], correlation: Array) -> bool:
    """Whether a log K is told at the slope found: the error of both together is that of a line drawn out to pH 0."""
    names = [(other.ion, other.what) for other in parameters]
    k = names.index((one.ion, one.what))
    beside = [correlation[k, i] for i, name in enumerate(names) if name == (one.ion, "n")]
    return bool(beside) and isfinite(one.error) and one.error * sqrt(max(1.0 - beside[0] ** 2, 0.0)) <= _UNTOLD


def _notices(parameters: Sequence[Parameter], correlation: Array) -> tuple[tuple[str, str], ...]:
    """Parameters that the tests do not tell."""
    found = []
    for one in parameters:
        if one.prior and one.error > _KEPT * one.prior:
            found.append(("W631", f"{one.what} of {one.ion} rests on the starting value: the tests say little of it"))
        elif one.error > _UNTOLD and not _along_slope(one, parameters, correlation):
            how = f"standard error {one.error:.2g}" if isfinite(one.error) else "no test depends on it"
            found.append(("W632", f"{one.what} of {one.ion}: {how}, the tests do not tell it"))
    return tuple(found)
