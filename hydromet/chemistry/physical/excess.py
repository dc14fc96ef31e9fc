"""Excess enthalpy of a speciated liquor at 25 degC: slopes of the Pitzer parameters and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from hydromet import datafiles
from hydromet.chemistry.database import load_database
from hydromet.chemistry.records import T0, Origin, R, SourceRow
from hydromet.chemistry.system import assemble, at_temperature
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from hydromet.chemistry.system import Array, Index, System

FILE = "data/enthalpy/pairs.csv"
_SYMBOLS = ("beta0", "beta1", "beta2", "cphi")
# Slope at 298.15 K of the four terms in temperature that every parameter is made of.
_SLOPES = np.array([0.0, -1.0 / T0**2, 1.0 / T0, 1.0])


@dataclass(frozen=True)
class PairSlope:
    """Slopes of beta0, beta1, beta2 and C of one cation-anion pair at 25 degC, 1/K times their unit."""

    alpha: tuple[float, float]
    values: tuple[float, float, float, float]
    m_max: float
    origin: Origin


@cache
def load_slopes() -> Mapping[tuple[str, str], PairSlope]:
    """Cation and anion -> slopes; instead of ions ``+2`` and ``-2`` stand for any pair of these charges."""
    found = {}
    for row in datafiles.read_csv(FILE):
        cation, anion = (name if name[0] in "+-" else species(name).id for name in (row["cation"], row["anion"]))
        charges = [float(name) if name[0] in "+-" else species(name).charge for name in (cation, anion)]
        b0, b1, b2, cphi = (float(row[f"d{symbol}_dT"]) for symbol in _SYMBOLS)
        found[cation, anion] = PairSlope(
            alpha=(float(row["alpha1"]), float(row["alpha2"])),
            values=(b0, b1, b2, cphi / (2.0 * sqrt(abs(charges[0] * charges[1])))),
            m_max=float(row["m_max"]),
            origin=Origin(row["source"], row["grade"], T0, T0, row["note"]),
        )
    return found


def slope_of(cation: str, anion: str) -> PairSlope | None:
    """Slopes of a pair from the file: its own, else those of its charges unless its activity row has measured ones."""
    known = load_slopes()
    own = known.get((cation, anion))
    if own is not None or (cation, anion) in _temperature_dependent():
        return own
    return known.get((f"{species(cation).charge:+d}", f"{species(anion).charge:+d}"))


def slope_sources(present: Container[str]) -> list[SourceRow]:
    """Slopes of the file that a liquor of these dissolved species uses, a row a pair."""
    return [
        SourceRow(
            quantity=f"heat of dilution, d beta0/dT of {cation} {anion}",
            value=one.values[0],
            unit="kg/(mol K)",
            source=one.origin.source,
            grade=one.origin.grade,
            validity=f"25 degC, to {one.m_max:g} mol/kg",
            note=one.origin.note,
        )
        for (cation, anion), one in load_slopes().items()
        if cation in present and anion in present
    ]


@cache
def _temperature_dependent() -> frozenset[tuple[str, str]]:
    """Pairs whose activity parameters are of more than one temperature."""
    return frozenset(pair.ions for pair in load_database().pairs if pair.origin.t_max > pair.origin.t_min)


@dataclass(frozen=True)
class _Parameters:
    """What the kernel needs of one set of components."""

    aphi: float
    aphi_slope: float
    alphas: Array
    pair_alpha: Index
    pair: Array
    two: Array
    three: Array


@lru_cache(maxsize=256)
def _parameters(components: tuple[str, ...]) -> _Parameters:
    system = assemble(components, ())
    slopes = system.pitzer @ _SLOPES
    pairs, two = 4 * len(system.pair), len(system.two)
    values = slopes[1 : 1 + pairs].reshape(-1, 4).copy()
    chosen = [[float(system.alphas[k]) for k in row] for row in system.pair_alpha]
    for p, (i, j) in enumerate(system.pair):
        own = slope_of(system.names[i], system.names[j])
        if own is not None:
            values[p], chosen[p] = own.values, list(own.alpha)
    alphas = sorted({alpha for row in chosen for alpha in row}) or [2.0]
    index = [[alphas.index(alpha) for alpha in row] for row in chosen]
    return _Parameters(
        aphi=at_temperature(components, (), T0).aphi,
        aphi_slope=float(slopes[0]),
        alphas=np.array(alphas),
        pair_alpha=np.array(index, dtype=np.int64).reshape(len(index), 2),
        pair=values,
        two=slopes[1 + pairs : 1 + pairs + two],
        three=slopes[1 + pairs + two :],
    )


def excess_enthalpy(system: System, m: Array, water: float) -> float:
    """Excess enthalpy of a liquor, J (W where amounts are flows), of its molalities at the parameters of 25 degC.

    ``H_ex = -R T0^2 m_water dG/dT``, G the excess Gibbs energy over RT per kilogram of water at constant molalities,
    relative to infinite dilution of the species as they are. The slope of a parameter is that of
    ``data/enthalpy/pairs.csv``, which holds calorimetry, else that of the activity parameter itself.

    Args:
        system: components without phases.
        m: molalities of its species.
        water: kg.
    """
    from hydromet.kernels import expect
    from hydromet.kernels.excess import gibbs_slope

    expect("excess.gibbs_slope", 5.0)
    at = _parameters(system.components)
    slope = gibbs_slope(
        m, system.z, at.aphi, at.aphi_slope, at.alphas, system.pair, at.pair_alpha, at.pair, system.two, at.two,
        system.three, at.three,
    )  # fmt: skip
    return -R * T0**2 * water * float(slope)
