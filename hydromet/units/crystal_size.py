"""Population balance of a crystalliser: growth rate, size distribution and its median from the residence time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaincinv

from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.records import R
from hydromet.datafiles import read_csv
from hydromet.units.bracket import rising_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FILE = "data/solubility/crystal_kinetics.csv"
ZERO_CELSIUS = 273.15
# Growth rate, suspended mass and supersaturation that the constants of the table stand for.
_GROWTH, _MAGMA, _SIGMA = 1e-8, 100.0, 0.01
# Growth rates that a search covers, m/s.
_SLOWEST, _FASTEST = 1e-13, 1e-4
# Sizes beyond so many growth lengths (G t) hold no mass; nodes a segment of the size axis.
_END, _NODES = 40.0, 400
# Median and the sizes one standard deviation off, of the mass; classes of equal mass that a stream carries.
_QUANTILES = (0.16, 0.5, 0.84)
_CLASSES = tuple(0.05 + 0.1 * i for i in range(10))
# Half width of the sizes of a seed over their mean: a sieve cut.
_CUT = 0.1


@dataclass(frozen=True)
class Kinetics:
    """Kinetics of one crystal; SI.

    Attributes:
        salt: species id. nucleation: 1/m3/s at 1e-8 m/s and 100 kg/m3. growth_order, magma_order: i, j.
        shape: k_v. density: kg/m3. growth: m/s at a relative supersaturation of 1 % and ``reference``, K.
        supersaturation_order, activation: g, J/mol. source, grade, note: of the row.
    """

    salt: str
    nucleation: float
    growth_order: float
    magma_order: float
    shape: float
    density: float
    growth: float
    supersaturation_order: float
    activation: float
    reference: float
    source: str
    grade: str
    note: str

    def nuclei(self, growth: float, magma: float) -> float:
        """``B = k_b G^i M_T^j``, 1/m3/s."""
        return float(self.nucleation * (growth / _GROWTH) ** self.growth_order * (magma / _MAGMA) ** self.magma_order)

    def supersaturation(self, growth: float, temperature: float) -> float:
        """Relative supersaturation that this growth rate takes, from ``G = k_g(T) sigma^g``."""
        arrhenius = math.exp(-self.activation / R * (1.0 / temperature - 1.0 / self.reference))
        return _SIGMA * float((growth / (self.growth * arrhenius)) ** (1.0 / self.supersaturation_order))


@dataclass(frozen=True)
class Suspension:
    """How a crystalliser holds its crystals; SI.

    Attributes:
        time: residence time of the magma, or the time of a batch, s.
        batch: all crystals grow for the whole time rather than for an exponential distribution of times.
        fines_size, fines_ratio: crystals below are drawn off and dissolved, R - 1 times the product flow, m and R.
        product_size, product_ratio: crystals above leave z times as fast, m and z.
        seed_ratio, seed_size: milled product returned, kg per kg of crystals made; mean size, m.
    """

    time: float
    batch: bool = False
    fines_size: float = 0.0
    fines_ratio: float = 1.0
    product_size: float = math.inf
    product_ratio: float = 1.0
    seed_ratio: float = 0.0
    seed_size: float = 1e-4

    @property
    def plain(self) -> bool:
        """Is it the mixed-suspension, mixed-product-removal crystalliser of the textbooks?"""
        fines = self.fines_size > 0.0 and self.fines_ratio != 1.0
        coarse = math.isfinite(self.product_size) and self.product_ratio != 1.0
        return not (self.batch or fines or coarse or self.seed_ratio > 0.0)


@dataclass(frozen=True)
class Population:
    """Crystals of a solved crystalliser; SI.

    Attributes:
        growth: m/s. nucleation: 1/m3/s. magma: suspended mass, kg/m3. median: by mass, m. mean: mass-mean size, m.
        variation: (L84 - L16) / (2 L50) by mass. classes: (size, mass fraction) of ten equal classes.
    """

    growth: float
    nucleation: float
    magma: float
    median: float
    mean: float
    variation: float
    classes: tuple[tuple[float, float], ...]


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, Mapping[str, str]]:
    return {row["salt"]: row for row in read_csv(FILE)}


def kinetics_row(salt: str) -> Mapping[str, str] | None:
    """The row of the table of a salt, as written; none where there is none."""
    return _rows().get(salt)


@lru_cache(maxsize=64)
def kinetics(salt: str) -> Kinetics | None:
    """Kinetics of a crystal; none where nobody has stated any."""
    found = kinetics_row(salt)
    if found is None:
        return None
    number = {name: float(text) for name, text in found.items() if name not in ("salt", "source", "grade", "note")}
    return Kinetics(
        salt,
        number["nucleation_1_m3_s"],
        number["growth_order"],
        number["magma_order"],
        number["shape"],
        load_species()[salt].density,
        number["growth_m_s"],
        number["supersaturation_order"],
        number["activation_kJ_mol"] * 1e3,
        number["reference_C"] + ZERO_CELSIUS,
        found["source"],
        found["grade"],
        found["note"],
    )


def population(density: float, how: Suspension, kin: Kinetics) -> Population:
    r"""Size distribution of crystals that grow at one rate, whatever their size.

    .. math:: G \frac{dn}{dL} = -\frac{w(L)}{\tau} n, n(0) = B / G, B = k_b G^i M_T^j

    w is R below ``fines_size``, z above ``product_size``, else 1; seeds enter at their size. The growth rate is the one
    at which the product holds the mass that crystallises; without fines removal, classification and seeds

    .. math:: G^{i+3} = M_T^{1-j} / (6 k_v \rho k_b \tau^4), L_{50} = 3.672 G \tau

    and the coefficient of variation is 0.52. In a batch the growth rate is constant (a controlled profile) and nuclei
    form at a constant rate.

    Args:
        density: crystals in the product slurry, kg/m3, greater than zero.
        how: residence time and what is done with the crystals.
        kin: of the crystal.
    """
    if how.plain:
        order = kin.growth_order + 3.0
        constant = 6.0 * kin.shape * kin.density * kin.nuclei(1.0, density) * how.time**4
        return _plain(float((density / constant) ** (1.0 / order)), density, how.time, kin)
    solve = _Batch if how.batch else _Continuous

    def miss(log_growth: float) -> float:
        return solve(math.exp(log_growth), density, how, kin).excess()

    low, high = math.log(_SLOWEST), math.log(_FASTEST)
    start = population(density, Suspension(how.time), kin).growth
    found = rising_root(miss, low, high, math.log(start), slope=4.0)
    return solve(math.exp(found), density, how, kin).population()


def _plain(growth: float, density: float, time: float, kin: Kinetics) -> Population:
    length = growth * time
    low, median, high = (length * x for x in _reduced(_QUANTILES))
    classes = tuple((length * x, 1.0 / len(_CLASSES)) for x in _reduced(_CLASSES))
    nuclei = kin.nuclei(growth, density)
    return Population(growth, nuclei, density, median, 4.0 * length, (high - low) / (2.0 * median), classes)


@lru_cache(maxsize=4)
def _reduced(shares: tuple[float, ...]) -> tuple[float, ...]:
    """Sizes over G t below which these shares of the mass of an MSMPR product are."""
    return tuple(float(gammaincinv(4.0, share)) for share in shares)


class _Distribution:
    """Mass over size of a product at a trial growth rate; ``sizes`` rise, ``mass`` is cumulative, kg per m3 of slurry.

    ``base``: mass that one nucleus per m3 and second makes. ``own``: mass that stems from the seeds.
    """

    def __init__(self, growth: float, density: float, how: Suspension, kin: Kinetics) -> None:
        self.growth, self.density, self.how, self.kin = growth, density, how, kin
        self.seeds = how.seed_ratio * density  # kg of seeds per m3 of slurry

    def _fill(self, sizes: Array, nuclei: Array, seeds: Array, magma: tuple[float, float]) -> None:
        """Cumulative mass of one nucleus per m3 and second and of the seeds; suspended over product mass of each."""
        self.sizes, self.base, self.own = sizes, nuclei, seeds
        self.whole = (1.0 + self.how.seed_ratio) * self.density
        rest = max(self.whole - float(seeds[-1]), 0.0)
        self.magma = rest * magma[0] + (self.whole - rest) * magma[1]
        self.nuclei = self.kin.nuclei(self.growth, self.magma)

    def excess(self) -> float:
        """Logarithm of the mass that nuclei and seeds make over the mass there is; rises with the growth rate."""
        return math.log((self.nuclei * float(self.base[-1]) + float(self.own[-1])) / self.whole)

    def population(self) -> Population:
        """Figures of the distribution."""
        mass = self.base * self.nuclei + self.own
        share = mass / mass[-1]
        low, median, high = np.interp(_QUANTILES, share, self.sizes)
        classes = tuple((float(x), 1.0 / len(_CLASSES)) for x in np.interp(_CLASSES, share, self.sizes))
        mean = float(np.sum(0.5 * (self.sizes[1:] + self.sizes[:-1]) * np.diff(share)))
        return Population(
            self.growth, self.nuclei, self.magma, float(median), mean,
            float((high - low) / (2.0 * median)), classes,
        )  # fmt: skip


class _Continuous(_Distribution):
    """Exponential times of residence, in three ranges of size."""

    def __init__(self, growth: float, density: float, how: Suspension, kin: Kinetics) -> None:
        super().__init__(growth, density, how, kin)
        length = growth * how.time
        cuts = sorted({0.0, min(how.fines_size, _END * length), min(how.product_size, _END * length)})
        last = max(cuts[-1], how.seed_size if how.seed_ratio else 0.0) + _END * length
        cuts = sorted({*cuts, *((how.seed_size,) if how.seed_ratio else ()), last})
        sizes = np.concatenate([np.linspace(a, b, _NODES) for a, b in pairwise(cuts)])
        middle = np.repeat([0.5 * (a + b) for a, b in pairwise(cuts)], _NODES)
        rate = np.where(
            middle < how.fines_size, how.fines_ratio, np.where(middle > how.product_size, how.product_ratio, 1.0)
        )
        gone = _summed(sizes, rate) / length
        leaves = np.where(middle < how.fines_size, 1.0, rate)
        cubed = kin.shape * kin.density * sizes**3
        born = np.exp(-gone) / growth
        nuclei, held = _summed(sizes, leaves * cubed * born), _summed(sizes, cubed * born)[-1]
        seeds, suspended = np.zeros_like(sizes), 0.0
        if how.seed_ratio:
            number = self.seeds / (kin.shape * kin.density * how.seed_size**3) / how.time
            since = gone - np.interp(how.seed_size, sizes, gone)
            grown = np.where(middle > how.seed_size, np.exp(-since), 0.0) * number / growth
            seeds, suspended = _summed(sizes, leaves * cubed * grown), _summed(sizes, cubed * grown)[-1]
        self._fill(sizes, nuclei, seeds, (held / nuclei[-1], suspended / seeds[-1] if how.seed_ratio else 1.0))


class _Batch(_Distribution):
    """The same growth for all: nuclei of all ages up to the batch time, seeds that grew all the time."""

    def __init__(self, growth: float, density: float, how: Suspension, kin: Kinetics) -> None:
        super().__init__(growth, density, how, kin)
        length = growth * how.time
        volume = kin.shape * kin.density
        low, high = how.seed_size * (1.0 - _CUT) + length, how.seed_size * (1.0 + _CUT) + length
        top = high if how.seed_ratio else length
        sizes = np.unique(np.concatenate([np.linspace(0.0, length, _NODES), np.linspace(length, top, _NODES)]))
        nuclei = volume / growth * np.minimum(sizes, length) ** 4 / 4.0
        seeds = np.zeros_like(sizes)
        if how.seed_ratio:
            before = (high - length) ** 4 - (low - length) ** 4
            seeds = self.seeds * (np.clip(sizes, low, high) ** 4 - low**4) / before
        self._fill(sizes, nuclei, seeds, (1.0, 1.0))


def _summed(sizes: Array, values: Array) -> Array:
    """Integral from zero to every size, trapezoidal."""
    steps = 0.5 * (values[1:] + values[:-1]) * np.diff(sizes)
    return np.concatenate([[0.0], np.cumsum(steps)])


def median(classes: tuple[tuple[float, float], ...]) -> float:
    """Median size by mass of the classes that a stream carries, m."""
    sizes, shares = zip(*sorted(classes), strict=True)
    middle = np.cumsum(shares) - 0.5 * np.asarray(shares)
    return float(np.interp(0.5 * sum(shares), middle, sizes))


def cake_moisture(salt: str, mean: float) -> float | None:
    """Liquor of a centrifuge cake of crystals of a mass-mean size (m), kg per kg; none without data."""
    found = kinetics_row(salt)
    if found is None:
        return None
    usual, size = float(found["moisture"]), float(found["size_mm"]) * 1e-3
    return usual / (usual + (1.0 - usual) * float((mean / size) ** float(found["moisture_order"])))


def sources(salt: str) -> list[dict[str, Any]]:
    """Kinetics of a salt with source and grade, for the provenance of a result."""
    kin = kinetics(salt)
    if kin is None:
        return []
    common = {"source": kin.source, "grade": kin.grade, "validity": "", "note": kin.note}
    return [
        {"parameter": f"nucleation of {salt} at 1e-8 m/s and 100 kg/m3", "value": kin.nucleation, "unit": "1/m3/s"}
        | common,
        {"parameter": f"order of nucleation of {salt} in growth", "value": kin.growth_order, "unit": "1"} | common,
        {"parameter": f"order of nucleation of {salt} in suspended mass", "value": kin.magma_order, "unit": "1"}
        | common,
    ]
