"""What a solid feed is made of: the library of chemistries, and the least squares that find their shares.

A *chemistry* is one solid, or several in a fixed molar ratio, and has one unknown: its mass fraction in the dry feed.
The library is ``data/phases/black_mass.yaml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from hydromet.datafiles import read_yaml
from hydromet.errors import FlowsheetError
from hydromet.source import nearest
from hydromet.species import atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

LIBRARY = "data/phases/black_mass.yaml"

# Singular values below this share of the largest are zero, and what they decide is as uncertain as a float can say.
_TINY = 1e-14
_HUGE = 1e12
_MOST_STEPS = 1000


@dataclass(frozen=True)
class Constituent:
    """Solids in a fixed molar ratio.

    Attributes:
        name: as written in an assay.
        solids: species id -> kg per kg of the constituent; sums to 1.
        group: cathode, carbon, foil, binder, electrolyte, phosphate ...; ``carrier`` for a minor element.
        source: bib key or ``convention``.
        grade: measured, fitted, estimated or recalled.
    """

    name: str
    solids: Mapping[str, float]
    group: str
    source: str
    grade: str

    def element(self, symbol: str) -> float:
        """Mass fraction of an element in the chemistry, kg/kg."""
        return sum(share * _mass_share(solid, symbol) for solid, share in self.solids.items())

    def elements(self) -> frozenset[str]:
        """Symbols of all elements in it."""
        return frozenset(symbol for solid in self.solids for symbol in species(solid).elements)


@dataclass(frozen=True)
class Shares:
    """Result of the least squares.

    Attributes:
        fractions: mass fraction of each chemistry, in the order given; not negative, sums to 1.
        sigmas: standard error of each; zero where the fraction is held at zero.
        chi_square: sum of squared weighted residuals.
        degrees: rows less free fractions, plus one for the sum.
    """

    fractions: NDArray[np.float64]
    sigmas: NDArray[np.float64]
    chi_square: float
    degrees: int


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    of: dict[str, float]
    group: str
    what: dict[str, str]
    source: str
    grade: str


class _Carrier(BaseModel):
    model_config = ConfigDict(extra="forbid")
    species: str
    reason: str
    grade: str


class _Library(BaseModel):
    model_config = ConfigDict(extra="forbid")
    format: str
    chemistries: dict[str, _Entry]
    carriers: dict[str, _Carrier]


@lru_cache(maxsize=1)
def library() -> _Library:
    """The chemistries and carriers of ``data/phases/black_mass.yaml``."""
    return _Library.model_validate(read_yaml(LIBRARY))


def mixture(
    name: str,
    moles: Mapping[str, float],
    group: str,
    source: str = "declared in the assay",
    grade: str = "estimated",
) -> Constituent:
    """A chemistry from the molar ratio of its solids.

    Raises:
        SpeciesError: a solid's id cannot be read.
        FlowsheetError: E455, a species that is no solid or a ratio that is not positive.
    """
    masses: dict[str, float] = {}
    for solid, ratio in moles.items():
        found = species(solid)
        if found.phase != "s" or not ratio > 0.0:
            raise FlowsheetError("E455", read=f"{name}: {solid}: {ratio:g}", expected="solids with a ratio above zero")
        masses[found.id] = masses.get(found.id, 0.0) + ratio * found.molar_mass
    total = sum(masses.values())
    return Constituent(name, {solid: mass / total for solid, mass in masses.items()}, group, source, grade)


def constituent(name: str) -> Constituent:
    """A chemistry of the library, or a single solid given by its species id such as ``Li2CO3(s)``.

    Raises:
        FlowsheetError: E455, no such name; the message offers the nearest.
    """
    known = library().chemistries
    if name in known:
        entry = known[name]
        return mixture(name, entry.of, entry.group, entry.source, entry.grade)
    if name.endswith("(s)"):
        return mixture(name, {name: 1.0}, "solid")
    near = nearest(name, known)
    expected = f"one of {', '.join(near)}" if near else "a chemistry of `hydromet data show phases/black_mass.yaml`"
    raise FlowsheetError("E455", read=name, expected=expected, write=f"chemistries: [{near[0] if near else 'NMC622'}]")


def carrier(element: str, solid: str = "") -> Constituent | None:
    """The solid that carries a minor element, ``solid`` where the assay names one; None without either."""
    entry = library().carriers.get(element)
    if solid:
        return mixture(f"{element} as {solid}", {solid: 1.0}, "carrier")
    if entry is None:
        return None
    return mixture(f"{element} as {entry.species}", {entry.species: 1.0}, "carrier", LIBRARY, entry.grade)


def blend(name: str, parts: Sequence[tuple[Constituent, float]]) -> Constituent:
    """Chemistries in a fixed mass ratio, as one."""
    total = sum(share for _, share in parts)
    solids: dict[str, float] = {}
    for part, share in parts:
        for solid, fraction in part.solids.items():
            solids[solid] = solids.get(solid, 0.0) + fraction * share / total
    first = parts[0][0]
    return Constituent(name, solids, first.group, first.source, first.grade)


def _mass_share(solid: str, symbol: str) -> float:
    found = species(solid)
    return found.elements.get(symbol, 0.0) * atomic_mass(symbol) / found.molar_mass


def content(phases: Mapping[str, float], symbol: str) -> float:
    """Mass fraction of an element in a mix of solids given as kg/kg."""
    return sum(share * _mass_share(solid, symbol) for solid, share in phases.items())


def fit_shares(columns: NDArray[np.float64], measured: NDArray[np.float64], sigma: NDArray[np.float64]) -> Shares:
    """Shares ``w`` that minimise ``|(columns w - measured) / sigma|^2`` with ``w >= 0`` and ``sum w = 1`` exactly.

    Since the shares sum to one, the residual is ``B w`` with ``B = (columns - measured 1') / sigma``, and the minimum
    over the simplex is the direction of ``argmin |B x|^2 + (1'x - 1)^2, x >= 0``: an ordinary non-negative least
    squares, solved by the active set of Lawson and Hanson (1974, chapter 23).

    Args:
        columns: rows x chemistries, kg of element per kg of chemistry.
        measured: one per row, kg/kg.
        sigma: one per row, kg/kg, above zero.
    """
    scaled = (columns - measured[:, None]) / sigma[:, None]
    stacked = np.vstack([scaled, np.ones(columns.shape[1])])
    size = np.linalg.norm(stacked, axis=0)
    target = np.zeros(len(stacked))
    target[-1] = 1.0
    solution = non_negative_least_squares(stacked / size, target) / size
    fractions = solution / solution.sum()
    residual = scaled @ fractions
    free = np.flatnonzero(fractions)
    sigmas = np.zeros(len(fractions))
    sigmas[free] = _standard_errors(columns[:, free] / sigma[:, None])
    return Shares(fractions, sigmas, float(residual @ residual), len(measured) - len(free) + 1)


def non_negative_least_squares(matrix: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """``argmin |matrix x - target|`` with ``x >= 0`` by the active-set method of Lawson and Hanson (1974).

    Written out because importing ``scipy.optimize`` takes longer than a plant takes to solve.
    """
    count = matrix.shape[1]
    x = np.zeros(count)
    free = np.zeros(count, dtype=bool)
    small = 1e-12 * float(np.abs(matrix).max()) * float(np.abs(target).max())
    for _ in range(_MOST_STEPS):
        gain = np.where(free, -np.inf, matrix.T @ (target - matrix @ x))
        if free.all() or gain.max() <= small:
            break
        free[int(gain.argmax())] = True
        while True:
            trial = np.zeros(count)
            trial[free] = np.linalg.lstsq(matrix[:, free], target, rcond=None)[0]
            blocked = free & (trial <= 0.0)
            if not blocked.any():
                x = trial
                break
            step = float((x[blocked] / (x[blocked] - trial[blocked])).min())
            x = x + step * (trial - x)
            free &= x > small
            x[~free] = 0.0
    return x


def _standard_errors(weighted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard errors of free fractions that sum to one."""
    count = weighted.shape[1]
    if count == 1:
        return np.zeros(1)
    turn = _sum_free(count)
    inner = np.linalg.pinv(weighted @ turn)
    return np.asarray(np.sqrt(np.square(turn @ inner).sum(axis=1)))


def _sum_free(count: int) -> NDArray[np.float64]:
    """Orthonormal directions in which a sum of ``count`` numbers does not change, count x (count - 1)."""
    return np.linalg.svd(np.ones((1, count)))[2][1:].T


def not_told_apart(columns: NDArray[np.float64], sigma: NDArray[np.float64]) -> tuple[int, ...]:
    """Indices of chemistries whose shares the rows leave open; empty if all can be found.

    A share is open if its standard error, the others free and of any sign, is more than the whole feed.
    """
    count = columns.shape[1]
    if count == 1:
        return ()
    turn = _sum_free(count)
    _, values, directions = np.linalg.svd(columns / sigma[:, None] @ turn, full_matrices=True)
    spread = np.full(count - 1, np.inf)
    spread[: len(values)] = 1.0 / np.maximum(values, _TINY * values[0])
    weights = np.square(turn @ directions.T)
    errors = np.sqrt((weights * np.square(np.minimum(spread, _HUGE))).sum(axis=1))
    return tuple(int(i) for i in np.flatnonzero(errors > 1.0))
