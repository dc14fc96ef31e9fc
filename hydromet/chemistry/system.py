"""The part of the chemistry that a liquor needs, assembled into arrays for the kernel and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hydromet.chemistry.database import Database, H, Pair, load_database
from hydromet.chemistry.records import LN10, T0
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# log10 K for each H+ above which an anion counts as a buffer; HSO4- (2.0) does not, HF (3.2) does.
_FIRM = 2.5

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class System:
    """Species, phases and parameters of one set of components.

    Attributes:
        components: basis species other than water, sorted; ``H+`` is always among them.
        names: dissolved species, the components first.
        phases: solids and gases that may form, in the order asked for.
        A, a, z: stoichiometry of the species in the components and in water, charges.
        S, sa: the same of the phases.
        constants: rows (a1..a4) of ln K of species, then of phases.
        takes_acid, takes_base: most H+ a mole of each component can bind or give off, for the first guess of the pH.
        pair .. three: Pitzer index arrays. pitzer: rows (a1..a4) of Aphi, pair, two- and three-body parameters.
    """

    components: tuple[str, ...]
    names: tuple[str, ...]
    phases: tuple[str, ...]
    A: Array
    a: Array
    z: Array
    S: Array
    sa: Array
    constants: Array
    alphas: Array
    pair: Index
    pair_alpha: Index
    two: Index
    three: Index
    pitzer: Array
    iH: int
    takes_acid: Array
    takes_base: Array
    index: Mapping[str, int] = field(repr=False)
    davies: bool = False

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the rows of ``pitzer``; see ``parameter_terms.parameter_names``."""
        from hydromet.chemistry.slopes.parameter_terms import parameter_names

        return parameter_names(self)

    @cached_property
    def ints(self) -> Index:
        """Sizes and indices for the kernel."""
        from hydromet.kernels.tables import DAVIES, PITZER, pack_integers

        model = DAVIES if self.davies else PITZER
        return pack_integers(
            model, self.iH, self.A, self.S, self.z, self.alphas, self.pair, self.pair_alpha, self.two, self.three
        )

    @cached_property
    def fixed(self) -> Array:
        """Stoichiometry and charges for the kernel."""
        from hydromet.kernels.tables import pack_fixed

        return pack_fixed(self.A, self.a, self.z, self.S, self.sa, self.takes_acid, self.takes_base, self.alphas)


@dataclass(frozen=True)
class AtTemperature:
    """Parameters of a system at one temperature, K."""

    temperature: float
    lnK: Array
    lnKs: Array
    aphi: float
    pair_value: Array
    two_value: Array
    three_value: Array

    @cached_property
    def values(self) -> Array:
        """All but lnKs for the kernel."""
        parts = (self.lnK, [self.aphi], self.pair_value.ravel(), self.two_value, self.three_value)
        return np.concatenate(parts)


def _array(rows: Sequence[Sequence[float]], columns: int) -> Array:
    return np.array(rows, dtype=np.float64).reshape(len(rows), columns)


def _indices(rows: Sequence[Sequence[int]], columns: int) -> Index:
    return np.array(rows, dtype=np.int64).reshape(len(rows), columns)


@lru_cache(maxsize=256)
def assemble(components: tuple[str, ...], phases: tuple[str, ...]) -> System:
    """The system of the given components (sorted, with ``H+``, without water) and possible phases."""
    return assemble_from(load_database(), components, phases)


def assemble_from(data: Database, components: tuple[str, ...], phases: tuple[str, ...]) -> System:
    """The same from other constants, as ``joined`` makes them where oxidation states are joined."""
    present = {*components, WATER}
    formed = [one for one in data.aqueous.values() if present.issuperset(one.basis)]
    names = (*components, *(one.id for one in formed))
    index = {name: i for i, name in enumerate(names)}
    column = {name: i for i, name in enumerate(components)}
    A = np.zeros((len(names), len(components)))
    a = np.zeros(len(names))
    A[: len(components), : len(components)] = np.eye(len(components))
    constants = np.zeros((len(names) + len(phases), 4))
    for i, one in enumerate(formed, start=len(components)):
        _fill(A[i], a, i, one.basis, column)
        constants[i] = one.log10_k
    S = np.zeros((len(phases), len(components)))
    sa = np.zeros(len(phases))
    for p, name in enumerate(phases):
        phase = data.solids.get(name) or data.gases[name]
        _fill(S[p], sa, p, phase.basis, column)
        constants[len(names) + p] = phase.log10_k
    alphas, pair, pair_alpha, values, two, three = _pitzer(data, index)
    acid, base = _buffering(A, S, constants[:, 0], column[H])
    return System(
        components=components,
        names=names,
        phases=phases,
        A=A,
        a=a,
        z=np.array([species(name).charge for name in names], dtype=np.float64),
        S=S,
        sa=sa,
        constants=constants * LN10,
        alphas=alphas,
        pair=pair,
        pair_alpha=pair_alpha,
        two=two,
        three=three,
        pitzer=values,
        iH=column[H],
        takes_acid=acid,
        takes_base=base,
        index=index,
        davies=data.davies,
    )


def _buffering(A: Array, S: Array, log10_k: Array, iH: int) -> tuple[Array, Array]:
    """Most H+ bound firmly, and most H+ given off, per mole of each component, over all species and phases."""
    acid, base = np.zeros(A.shape[1]), np.zeros(A.shape[1])
    for row, strength in zip((*A, *S), log10_k, strict=True):
        firm = row[iH] > 0.0 and strength > _FIRM * row[iH]
        for k, count in enumerate(row):
            if k != iH and count > 0.0:
                acid[k] = max(acid[k], row[iH] / count if firm else 0.0)
                base[k] = max(base[k], -row[iH] / count)
    return acid, base


def _fill(row: Array, water: Array, i: int, basis: Mapping[str, float], column: Mapping[str, int]) -> None:
    for name, count in basis.items():
        if name == WATER:
            water[i] = count
        else:
            row[column[name]] = count


def _pitzer(data: Database, index: Mapping[str, int]) -> tuple[Array, Index, Index, Array, Index, Index]:
    """Index arrays of the parameters whose ions are all present, and their temperature coefficients row by row."""
    pairs: list[Pair] = [one for one in data.pairs if all(ion in index for ion in one.ions)]
    mixing = [one for one in data.mixing if all(ion in index for ion in one.ions)]
    two = [one for one in mixing if len(one.ions) == 2]
    three = [one for one in mixing if len(one.ions) == 3]
    alphas = sorted({alpha for one in pairs for alpha in one.alpha}) or [2.0]
    rows = [data.debye_huckel.value]
    rows += [value for one in pairs for value in one.values]
    rows += [one.value for one in (*two, *three)]
    return (
        np.array(alphas),
        _indices([[index[ion] for ion in one.ions] for one in pairs], 2),
        _indices([[alphas.index(alpha) for alpha in one.alpha] for one in pairs], 2),
        _array(rows, 4),
        _indices([[index[ion] for ion in one.ions] for one in two], 2),
        _indices([[index[ion] for ion in one.ions] for one in three], 3),
    )


@lru_cache(maxsize=512)
def at_temperature(components: tuple[str, ...], phases: tuple[str, ...], temperature: float) -> AtTemperature:
    """All parameters of a system at a temperature, K."""
    return parameters_at(assemble(components, phases), temperature)


def parameters_at(system: System, temperature: float) -> AtTemperature:
    """The same of an assembled system."""
    basis = np.array([1.0, 1.0 / temperature - 1.0 / T0, np.log(temperature / T0), temperature - T0])
    constants = system.constants @ basis
    values = system.pitzer @ basis
    n, pairs, two = len(system.names), 4 * len(system.pair), len(system.two)
    return AtTemperature(
        temperature=temperature,
        lnK=constants[:n],
        lnKs=constants[n:],
        aphi=float(values[0]),
        pair_value=values[1 : 1 + pairs].reshape(-1, 4),
        two_value=values[1 + pairs : 1 + pairs + two],
        three_value=values[1 + pairs + two :],
    )
