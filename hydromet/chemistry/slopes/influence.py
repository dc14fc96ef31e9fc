"""How much every parameter of the activity model and every constant decides in a liquor: what an auditor reads first.

The effect of a Pitzer row is the largest share it has in ln gamma of an ion of the liquor; that of a constant is the
largest share of a component that the species holds, which is what ln of the free component changes by per unit of ln K.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.database import H, load_database
from hydromet.chemistry.records import T0
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.chemistry.database import Constant, Mixing, Pair
    from hydromet.chemistry.liquor import Liquor
    from hydromet.chemistry.system import Array, Index
    from hydromet.kernels import Flags

# Species below this molality, mol/kg water, or this share of their component, are not among those that a parameter may
# change: what it does to a trace, or to the least form of a buffer, decides nothing.
COUNTED, FORM = 0.01, 0.05


@dataclass(frozen=True)
class _Rows:
    """The rows of the data among a set of species, as arrays."""

    names: tuple[str, ...]
    z: Array
    pairs: tuple[Pair, ...]
    pair: Index
    alpha: Array
    pair_values: Array
    mixing: tuple[Mixing, ...]
    ions: tuple[Index, ...]
    mixing_values: Array
    formed: tuple[Constant, ...]
    made: Array


@lru_cache(maxsize=64)
def _rows(names: tuple[str, ...]) -> _Rows:
    data, place = load_database(), {name: i for i, name in enumerate(names)}
    pairs = tuple(one for one in data.pairs if all(ion in place for ion in one.ions))
    mixing = tuple(one for one in data.mixing if all(ion in place for ion in one.ions))
    components = sorted({part for name in names for part in data.made_of(name)} - {H, WATER})
    made = np.zeros((len(names), len(components)))
    for i, name in enumerate(names):
        for part, count in data.made_of(name).items():
            if part in components:
                made[i, components.index(part)] = count
    return _Rows(
        names=names,
        z=np.array([float(species(name).charge) for name in names]),
        pairs=pairs,
        pair=np.array([[place[ion] for ion in one.ions] for one in pairs], dtype=np.int64).reshape(-1, 2),
        alpha=np.array([one.alpha for one in pairs]).reshape(-1, 2),
        pair_values=np.array([one.values for one in pairs]).reshape(-1, 4, 4),
        mixing=mixing,
        ions=tuple(np.array([place[ion] for ion in one.ions], dtype=np.int64) for one in mixing),
        mixing_values=np.array([one.value for one in mixing]).reshape(-1, 4),
        formed=tuple(one for name, one in data.aqueous.items() if name in place),
        made=made,
    )


def effects(liquor: Liquor) -> Iterator[tuple[Pair | Mixing | Constant, float, str]]:
    """Every row that takes part in a liquor, its effect (ln units, not below zero) and what it acts on.

    Args:
        liquor: speciated; the temperature of evaluation is its own.
    """
    names = tuple(name for name, m in liquor.molalities.items() if m > 0.0)
    rows = _rows(names)
    m = np.array([liquor.molalities[name] for name in names])
    counts = (m >= COUNTED) & (m >= FORM * _totals(rows, m))
    t = liquor.temperature
    basis = np.array([1.0, 1.0 / t - 1.0 / T0, np.log(t / T0), t - T0])
    yield from _pair_effects(rows, m, basis, counts)
    yield from _mixing_effects(rows, m, basis, counts)
    yield from _constant_effects(rows, m)


def _totals(rows: _Rows, m: Array) -> Array:
    """Total of the component of which each species is a form, mol/kg; of the least abundant where it is of several."""
    total = m @ rows.made
    least: Array = np.where(rows.made > 0.0, total, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isinf(least), 0.0, least)


def _pair_effects(rows: _Rows, m: Array, basis: Array, counts: Flags) -> Iterator[tuple[Pair, float, str]]:
    """The terms ``m' (2 B + Z C) + z^2 m m' B' + |z| m m' C`` of ln gamma of either ion."""
    if not rows.pairs:
        return
    strength = max(0.5 * float(m @ rows.z**2), 1e-12)
    x = np.maximum(rows.alpha * np.sqrt(strength), 1e-6)
    decay = np.exp(-x)
    g = 2.0 * (1.0 - (1.0 + x) * decay) / x**2
    slope = -2.0 * (1.0 - (1.0 + x + 0.5 * x**2) * decay) / x**2 / strength
    b0, b1, b2, c = (rows.pair_values @ basis).T
    value = 2.0 * (b0 + b1 * g[:, 0] + b2 * g[:, 1]) + float(m @ np.abs(rows.z)) * c
    rise = b1 * slope[:, 0] + b2 * slope[:, 1]
    ends = m[rows.pair]
    both = ends[:, 0] * ends[:, 1]
    charge = np.abs(rows.z[rows.pair])
    own = np.abs(ends[:, ::-1] * value[:, None] + charge**2 * (both * rise)[:, None] + charge * (both * c)[:, None])
    own[~counts[rows.pair]] = 0.0
    which = own.argmax(axis=1)
    for one, k, parts, size in zip(
        rows.pairs, which.tolist(), rows.pair.tolist(), own.max(axis=1).tolist(), strict=True
    ):
        yield one, size, rows.names[parts[k]]


def _mixing_effects(rows: _Rows, m: Array, basis: Array, counts: Flags) -> Iterator[tuple[Mixing, float, str]]:
    """``2 theta m'`` and ``psi m' m''`` in ln gamma of each of the species."""
    for one, ions, value in zip(rows.mixing, rows.ions, (rows.mixing_values @ basis).tolist(), strict=True):
        there = m[ions]
        rest = there.prod() / there * (2.0 if len(ions) == 2 else 1.0)
        own = np.where(counts[ions], np.abs(value * rest), 0.0)
        k = int(own.argmax())
        yield one, float(own[k]), rows.names[int(ions[k])]


def _constant_effects(rows: _Rows, m: Array) -> Iterator[tuple[Constant, float, str]]:
    """Share of a component, other than H+ where there is another, that each species holds."""
    amount, data = dict(zip(rows.names, m.tolist(), strict=True)), load_database()
    totals: dict[str, float] = {}
    for name, molality in amount.items():
        for part, count in data.made_of(name).items():
            totals[part] = totals.get(part, 0.0) + abs(count) * molality
    for one in rows.formed:
        parts = [part for part in one.basis if part not in (H, WATER)] or [H]
        shares = {
            part: abs(one.basis[part]) * amount[one.id] / totals[part]
            for part in parts
            if part in one.basis and totals[part] >= COUNTED
        }
        part = max(shares, key=lambda name: shares[name], default=parts[0])
        yield one, shares.get(part, 0.0), part
