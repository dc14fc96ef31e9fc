"""Solubility products of all the hydrates of a salt by one weighted least squares.

A row of it is one of four kinds, each over its standard deviation:

- a measured solubility m at T: ``log10 K(T)`` is the ion activity product of that solution;
- a transition temperature: there both solids dissolve alike;
- the enthalpy of dissolution at infinite dilution and 25 degC, ``R ln 10 (-B + C T0 + D T0^2)``;
- the heat capacity of dissolution, ``R ln 10 (C + 2 D T)``.

A solid of few points therefore has the slope of calorimetry, and points elsewhere hold its neighbours in their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, hypot, inf, log
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.database import load_database
from hydromet.chemistry.records import LN10, T0, Four, R, at
from hydromet.chemistry.solutions.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Step in ln m and in K of the slopes, and when the molality of a transition is found.
STEP, STEP_K = 0.005, 0.5
SETTLED = 1e-10
TURNS = 60
# Molalities of a transition stay within these, and within this factor of the last in ln units.
LEAST, MOST, FAR = 1e-7, 20.0, 0.3


@dataclass(frozen=True, slots=True)
class Known:
    """A value with its standard deviation."""

    value: float
    sd: float


@dataclass(frozen=True, slots=True)
class Calorimetry:
    """Enthalpy, J/mol, and heat capacity, J/(mol K), of dissolution at infinite dilution and 25 degC."""

    enthalpy: Known
    heat_capacity: Known


@dataclass(frozen=True, slots=True)
class Transition:
    """Temperature in K at which a solid dissolves as another does."""

    temperature: Known
    other: str


@dataclass(frozen=True, slots=True)
class Part:
    """What makes the constant of one solid.

    Attributes:
        solid: its id. terms: number of coefficients, 1 to 4.
        points: (K, mol of salt per kg of water). sd: relative standard deviation of these.
        transitions, calorimetry: as named; none is no calorimetry.
        held: coefficients beyond the terms.
    """

    solid: str
    terms: int
    points: tuple[tuple[float, float], ...]
    sd: float
    transitions: tuple[Transition, ...]
    calorimetry: Calorimetry | None
    held: Four = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Row:
    """One equation: coefficients by solid, right side, standard deviation."""

    sides: Mapping[str, np.ndarray]
    value: float
    sd: float


def fit_together(salt: str, parts: Sequence[Part], made: Mapping[str, Four]) -> dict[str, Four]:
    """log10 K of dissolution of every part.

    Args:
        salt: such as ``NiSO4``.
        parts: solids to fit; each has at least as many points, transitions and values of calorimetry as terms.
        made: constants of other solids that transitions may name.
    """
    fitted = {part.solid for part in parts}
    fixed = [row for part in parts for row in (*_points(salt, part), *_calorimetry(part))]
    linked = [(part, one) for part in parts for one in part.transitions]
    start = sorted((t, log(m)) for part in parts for t, m in part.points)
    where = [log_start(one.temperature.value, start) for _, one in linked]
    found: dict[str, Four] = {}
    for _ in range(TURNS):
        ties = [
            _transition(salt, part, one, ln_m, {**made, **found}, fitted)
            for (part, one), ln_m in zip(linked, where, strict=True)
        ]
        found = _solved([*fixed, *ties], parts)
        moved = 0.0
        for i, (part, one) in enumerate(linked):
            last = where[i]
            where[i] = _alike(salt, part.solid, one, last, {**made, **found})
            moved = max(moved, abs(where[i] - last))
        if moved < SETTLED:
            break
    return found


def log_start(temperature: float, points: Sequence[tuple[float, float]]) -> float:
    """Molality (ln) at a temperature, straight between measured points; 0 without any."""
    if not points:
        return 0.0
    return float(np.interp(temperature, [t for t, _ in points], [ln_m for _, ln_m in points]))


@lru_cache(maxsize=40000)
def log_product(salt: str, solid: str, molality: float, temperature: float) -> float:
    """log10 of the ion activity product of a solid in a solution of its salt in water, mol/kg, at K."""
    index = Solution({salt: molality}, temperature).saturation_index(solid)
    return index + at(load_database().solids[solid].log10_k, temperature)


def log_slope(salt: str, solid: str, ln_m: float, temperature: float) -> float:
    """Change of ``log_product`` with ln of the molality."""
    up = log_product(salt, solid, exp(ln_m + STEP), temperature)
    return (up - log_product(salt, solid, exp(ln_m - STEP), temperature)) / (2.0 * STEP)


def _columns(temperature: float) -> np.ndarray:
    return np.array([1.0, 1.0 / temperature - 1.0 / T0, log(temperature / T0), temperature - T0])


def _points(salt: str, part: Part) -> list[_Row]:
    return [
        _Row(
            {part.solid: _columns(t)},
            log_product(salt, part.solid, m, t),
            part.sd * abs(log_slope(salt, part.solid, log(m), t)),
        )
        for t, m in part.points
    ]


def _calorimetry(part: Part) -> list[_Row]:
    if part.calorimetry is None:
        return []
    enthalpy, capacity = part.calorimetry.enthalpy, part.calorimetry.heat_capacity
    points = [t for t, _ in part.points] + [one.temperature.value for one in part.transitions]
    # the heat capacity given is taken for the middle of the data: it is the mean that bends log K there
    middle = sum(points) / len(points) if points else T0
    unit = R * LN10
    return [
        _Row({part.solid: unit * np.array([0.0, -1.0, T0, T0 * T0])}, enthalpy.value, enthalpy.sd),
        _Row({part.solid: unit * np.array([0.0, 0.0, 1.0, 2.0 * middle])}, capacity.value, capacity.sd),
    ]


def _transition(
    salt: str, part: Part, one: Transition, ln_m: float, constants: Mapping[str, Four], fitted: set[str]
) -> _Row:
    """Both solids have one ln m, linear about ``ln_m``; the faster they part, the less a kelvin leaves open."""
    T, m = one.temperature.value, exp(ln_m)
    slopes = [log_slope(salt, solid, ln_m, T) for solid in (part.solid, one.other)]
    value = log_product(salt, part.solid, m, T) / slopes[0] - log_product(salt, one.other, m, T) / slopes[1]
    sides = {part.solid: _columns(T) / slopes[0]}
    if one.other in fitted:
        sides[one.other] = -_columns(T) / slopes[1]
    else:
        value += at(constants[one.other], T) / slopes[1]
    parting = 0.0
    if part.solid in constants and one.other in constants:
        rises = [_rise(salt, solid, m, T, constants[solid]) for solid in (part.solid, one.other)]
        parting = rises[0] / slopes[0] - rises[1] / slopes[1]
    return _Row(sides, value, hypot(one.temperature.sd * parting, part.sd))


def _rise(salt: str, solid: str, m: float, T: float, constant: Four) -> float:
    """Change per K of log10 of saturation, constant over product, of a solid in one solution."""
    over = [at(constant, t) - log_product(salt, solid, m, t) for t in (T - STEP_K, T + STEP_K)]
    return (over[1] - over[0]) / (2.0 * STEP_K)


def _alike(salt: str, solid: str, one: Transition, ln_m: float, constants: Mapping[str, Four]) -> float:
    """The next molality at which both solids are saturated, the mean of what each says."""
    T = one.temperature.value
    steps = [
        (at(constants[name], T) - log_product(salt, name, exp(ln_m), T)) / log_slope(salt, name, ln_m, T)
        for name in (solid, one.other)
    ]
    step = min(max(0.5 * sum(steps), -FAR), FAR)
    return min(max(ln_m + step, log(LEAST)), log(MOST))


def _solved(rows: Sequence[_Row], parts: Sequence[Part]) -> dict[str, Four]:
    """Weighted least squares; coefficients beyond the terms of a solid are those held."""
    ends = np.cumsum([part.terms for part in parts])
    matrix = np.zeros((len(rows), int(ends[-1])))
    right = np.array([row.value for row in rows])
    for i, row in enumerate(rows):
        for part, end in zip(parts, ends, strict=True):
            if part.solid in row.sides:
                side = row.sides[part.solid]
                matrix[i, end - part.terms : end] = side[: part.terms]
                right[i] -= side[part.terms :] @ np.array(part.held[part.terms :])
    weight = np.array([1.0 / row.sd for row in rows])
    matrix *= weight[:, None]
    # columns differ by orders of magnitude: scaled, so that none is taken for rank-deficient
    scale = np.sqrt((matrix**2).sum(axis=0))
    scale[scale == 0.0] = inf
    x = np.linalg.lstsq(matrix / scale, right * weight, rcond=None)[0] / scale
    found: dict[str, Four] = {}
    for part, end in zip(parts, ends, strict=True):
        a, b, c, d = [*map(float, x[end - part.terms : end]), *part.held[part.terms :]]
        found[part.solid] = (a, b, c, d)
    return found
