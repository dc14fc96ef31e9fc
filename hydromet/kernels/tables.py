"""The chemistry of one liquor as two flat arrays, and their parts by name.

A call from Python pays for every array it passes, more than for the numbers in them. What depends only on the species
and the temperature is therefore packed once, kept by the caller and taken apart again, without copying, inside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydromet.kernels import Array, Index, part_of
from hydromet.kernels.linear import compress

PITZER, DAVIES = 0, 1
_HEADER = 10


class Activity(NamedTuple):
    """Parameters of the activity model, species by their number.

    Attributes:
        model: PITZER or DAVIES. aphi: Debye-Hueckel slope, (kg/mol)^0.5.
        charge: as integers.
        alphas: the distinct alpha values.
        pair, pair_alpha, pair_value: cation and anion (p, 2); index of alpha1 and alpha2; beta0, beta1, beta2, C
            (p, 4), C = Cphi / (2 sqrt|z+ z-|).
        two, two_value: species of Theta and lambda (q, 2) and their values.
        three, three_value: species of psi and zeta (r, 3) and their values.
    """

    model: int
    aphi: float
    charge: Index
    alphas: Array
    pair: Index
    pair_alpha: Index
    pair_value: Array
    two: Index
    two_value: Array
    three: Index
    three_value: Array


class Species(NamedTuple):
    """Species and phases; the components are the first species.

    Attributes:
        components, iH: how many components, and which is H+.
        first, column, value: stoichiometry of the species row after row, as ``linear.compress`` gives it.
        a, z, lnK: water per species, charges, ln K of formation from the components.
        S, sa: components and water per phase.
        acid, base: most H+ one mole of each component can bind firmly or give off.
    """

    components: int
    iH: int
    first: Index
    column: Index
    value: Array
    a: Array
    z: Array
    lnK: Array
    S: Array
    sa: Array
    acid: Array
    base: Array


def pack_integers(  # type: ignore[no-untyped-def]
    model: int, iH: int, A: Array, S: Array, z: Array, alphas: Array, pair: Index, pair_alpha: Index, two, three
) -> Index:
    """The integers of ``unpack``: sizes, then the index arrays."""
    first, column, _ = compress(A)
    sizes = [model, *A.shape, len(S), iH, len(column), len(alphas), len(pair), len(two), len(three)]
    parts = (sizes, first, column, z, pair.ravel(), pair_alpha.ravel(), two.ravel(), three.ravel())
    return np.concatenate([np.asarray(part, dtype=np.int64) for part in parts])


def pack_fixed(
    A: Array, a: Array, z: Array, S: Array, sa: Array, acid: Array, base: Array, alphas: Array
) -> Array:  # fmt: skip
    """The reals of ``unpack`` that no temperature changes."""
    _, _, value = compress(A)
    return np.concatenate([value, a, z, S.ravel(), sa, acid, base, alphas])


@part_of
def unpack(ints: Index, fixed: Array, values: Array) -> tuple[Species, Activity]:
    """The parts, as views, of what ``pack_integers`` and ``pack_fixed`` made.

    Args:
        ints: sizes and indices.
        fixed: stoichiometry, charges, alphas.
        values: what depends on the temperature: ln K of the species, Aphi, the parameters of pairs, two and three ions.
    """
    ns, nc, nph, entries, na, np2, nt, n3 = ints[1], ints[2], ints[3], ints[5], ints[6], ints[7], ints[8], ints[9]
    i = _HEADER
    first = ints[i : i + ns + 1]
    i += ns + 1
    column = ints[i : i + entries]
    i += entries
    charge = ints[i : i + ns]
    i += ns
    pair = ints[i : i + 2 * np2].reshape((np2, 2))
    i += 2 * np2
    pair_alpha = ints[i : i + 2 * np2].reshape((np2, 2))
    i += 2 * np2
    two = ints[i : i + 2 * nt].reshape((nt, 2))
    i += 2 * nt
    three = ints[i : i + 3 * n3].reshape((n3, 3))
    i = 0
    value = fixed[i : i + entries]
    i += entries
    a = fixed[i : i + ns]
    i += ns
    z = fixed[i : i + ns]
    i += ns
    S = fixed[i : i + nph * nc].reshape((nph, nc))
    i += nph * nc
    sa = fixed[i : i + nph]
    i += nph
    acid = fixed[i : i + nc]
    i += nc
    base = fixed[i : i + nc]
    i += nc
    alphas = fixed[i : i + na]
    i = ns + 1
    pair_value = values[i : i + 4 * np2].reshape((np2, 4))
    i += 4 * np2
    two_value = values[i : i + nt]
    three_value = values[i + nt : i + nt + n3]
    return (
        Species(nc, ints[4], first, column, value, a, z, values[:ns], S, sa, acid, base),
        Activity(ints[0], values[ns], charge, alphas, pair, pair_alpha, pair_value, two, two_value, three, three_value),
    )
