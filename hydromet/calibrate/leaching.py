"""Fit of the leach kinetics to laboratory tests: one set of parameters per cathode family, all blocks at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import least_squares

from hydromet.datafiles import read_csv, read_yaml
from hydromet.species import species
from hydromet.units.leaching import table
from hydromet.units.leaching.batch import BatchTest
from hydromet.units.leaching.table import Table, shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "Knob",
    "LeachPoint",
    "Table",
    "block_errors",
    "expected",
    "fit",
    "knobs",
    "leach_points",
    "predicted",
    "shipped",
    "using",
]
METALS = ("Li", "Ni", "Mn", "Co")
POINTS = "data/literature/leach_points.csv"
RECIPE = "data/literature/leach_fit.yaml"
# Step of a difference, in units of the spread of what is expected.
_STEP = 1e-4


@dataclass(frozen=True)
class LeachPoint:
    """One measured extraction of each metal, 0 to 1."""

    point: str
    block: str
    test: BatchTest
    time: float
    measured: tuple[float, ...]
    peroxide_known: bool

    @property
    def charges(self) -> tuple[float, ...]:
        """Charge that each of ``METALS`` brings into the liquor when all dissolves, kmol/m3: Li +1, the others +2."""
        oxide, mass = next(iter(self.test.solids.items()))
        kind = species(oxide)
        amount = mass / kind.molar_mass * 1e-3
        return tuple(amount * kind.elements.get(m, 0.0) * (1.0 if m == "Li" else 2.0) for m in METALS)

    @property
    def charge(self) -> float:
        """Charge of the metals measured in the liquor over that of the sulfate given: above 1 no model can meet it."""
        return sum(c * e for c, e in zip(self.charges, self.measured, strict=True)) / (2.0 * self.test.acid)


def predicted(points: Sequence[LeachPoint]) -> NDArray[np.float64]:
    """Extractions of the model with the parameters in use, one row a point; points of one beaker share its curve."""
    beakers: dict[tuple[object, ...], list[int]] = {}
    for i, p in enumerate(points):
        key = (*p.test.solids.items(), p.test.acid, p.test.temperature, *p.test.reductants.items())
        beakers.setdefault(key, []).append(i)
    found = np.zeros((len(points), len(METALS)))
    for own in beakers.values():
        curve = points[own[0]].test.curve([points[i].time for i in own])
        for i, row in zip(own, curve, strict=True):
            found[i] = [row[m] for m in METALS]
    return found


def leach_points() -> tuple[LeachPoint, ...]:
    """The shipped measurements."""
    recipe = read_yaml(RECIPE)
    return tuple(_point(row, recipe) for row in read_csv(POINTS))


def _point(row: Mapping[str, str], recipe: Mapping[str, Any]) -> LeachPoint:
    unit, value = row["H2O2_unit"], float(row["H2O2_value"])
    known = next((u for u in recipe["peroxide_units"] if unit.startswith(u["starts"])), None)
    peroxide = value * float((known or recipe["peroxide_unknown"])["mol_per_litre"])
    test = BatchTest(
        solids={_oxide(row): float(row["solid_g_per_L"])},
        acid=float(row["acid_M"]),
        temperature=float(row["temp_C"]) + 273.15,
        reductants={"H2O2": peroxide} if peroxide > 0.0 else {},
    )
    measured = tuple(float(row[f"E_{m}"]) for m in METALS)
    return LeachPoint(row["point"], row["block"], test, 60.0 * float(row["time_min"]), measured, bool(known))


def _oxide(row: Mapping[str, str]) -> str:
    shares = {m: round(float(row[f"x{m}"]), 4) for m in ("Ni", "Mn", "Co")}
    shares["Co"] = round(shares["Co"] + 1.0 - sum(shares.values()), 4)
    return "Li" + "".join(f"{m}{share:g}" for m, share in shares.items() if share) + "O2(s)"


@dataclass(frozen=True)
class Knob:
    """One fitted number: where it is, its scale and what is known of it beforehand."""

    family: str
    name: str
    scale: str
    expected: float
    spread: float
    low: float
    high: float

    def read(self, of: Table) -> float:
        """The number in a table, on the scale of the fit."""
        family = next((f for f in of.families if f.name == self.family), None)
        if family is None:
            return self._in(of.shared[self.name])
        value = family.oxygen[self.name[-2:]] if self.name.startswith("oxygen") else getattr(family, self.name)
        return self._in(float(value))

    def write(self, of: Table, x: float) -> Table:
        """A table with the number set."""
        value = self._out(x)
        if not self.family:
            return replace(of, shared={**of.shared, self.name: value})
        families = []
        for family in of.families:
            if family.name != self.family:
                families.append(family)
            elif self.name.startswith("oxygen"):
                families.append(replace(family, oxygen={**family.oxygen, self.name[-2:]: value}))
            else:
                changed: dict[str, Any] = {self.name: value}
                families.append(replace(family, **changed))
        return replace(of, families=tuple(families))

    def scaled(self, value: float) -> float:
        """A number on the scale of the fit."""
        return self._in(value)

    def _in(self, value: float) -> float:
        if self.scale == "log":
            return math.log(value)
        return math.log(value / (1.0 - value)) if self.scale == "odds" else value

    def _out(self, x: float) -> float:
        if self.scale == "log":
            return math.exp(x)
        return 1.0 / (1.0 + math.exp(-x)) if self.scale == "odds" else x


def knobs(of: Table) -> tuple[Knob, ...]:
    """Everything that is fitted, with the expectations of the recipe."""
    recipe = read_yaml(RECIPE)
    found = [_knob("", row) for row in recipe["shared"]]
    return tuple(found + [_knob(f.name, row) for f in of.families for row in recipe["family"]])


def _knob(family: str, row: Mapping[str, Any]) -> Knob:
    numbers = {name: float(row[name]) for name in ("expected", "spread", "low", "high")}
    return Knob(family, str(row["name"]), str(row["scale"]), **numbers)


def expected(of: Table) -> Table:
    """A table with every fitted number at its expectation: where a fit starts that must know nothing of the data."""
    made = of
    for knob in knobs(of):
        made = knob.write(made, knob.scaled(knob.expected))
    return made


def fit(points: Sequence[LeachPoint], start: Table, *, steps: int = 40) -> Table:
    """Least absolute (soft) misfit of all extractions plus what is known of the parameters beforehand.

    Every block weighs the same, but for the weights of the recipe; points that break the balance of charge by more than
    the recipe allows take no part.

    Args:
        points: measurements.
        start: parameters to begin with.
        steps: most iterations.
    """
    recipe, every = read_yaml(RECIPE), knobs(start)
    used = [p for p in points if p.charge <= float(recipe["charge"])]
    counts = {p.block: sum(q.block == p.block for q in used) for p in used}
    weights = np.array([float(recipe["weights"].get(p.block, 1.0)) * (10.0 / counts[p.block]) ** 0.5 for p in used])
    low = np.array([k.scaled(k.low) for k in every])
    high = np.array([k.scaled(k.high) for k in every])

    measured = np.array([p.measured for p in used])

    def miss(x: NDArray[np.float64]) -> NDArray[np.float64]:
        with using(_with(start, every, x)):
            off = (predicted(used) - measured) / float(recipe["error"])
        soft = np.sqrt(2.0 * (np.sqrt(1.0 + off**2) - 1.0))
        known = np.array([(v - k.scaled(k.expected)) / k.spread for k, v in zip(every, x, strict=True)])
        return np.concatenate([(soft * weights[:, None]).ravel(), known])

    families = [start.family(next(iter(p.test.solids))).name for p in used for _ in METALS]

    def slope(x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forward differences; a number of one family moves its own points only, so one of each family goes at once."""
        base, found = miss(x), np.zeros((len(families) + len(every), len(every)))
        for name in dict.fromkeys((bool(k.family), k.name) for k in every):
            moved, columns = x.copy(), [i for i, k in enumerate(every) if (bool(k.family), k.name) == name]
            for i in columns:
                moved[i] += _STEP * every[i].spread * (1.0 if x[i] < 0.5 * (low[i] + high[i]) else -1.0)
            change = miss(moved) - base
            for i in columns:
                own = np.array([not every[i].family or f == every[i].family for f in families] + [False] * len(every))
                own[len(families) + i] = True
                found[own, i] = change[own] / (moved[i] - x[i])
        return found

    x0 = np.clip([k.read(start) for k in every], low + 1e-6, high - 1e-6)
    found = least_squares(
        miss, x0, slope, bounds=(low, high), max_nfev=steps, x_scale=np.array([k.spread for k in every])
    )
    return _with(start, every, found.x)


def _with(start: Table, every: Iterable[Knob], x: Iterable[float]) -> Table:
    made = start
    for knob, value in zip(every, x, strict=True):
        made = knob.write(made, float(value))
    return made


class using:  # noqa: N801 - reads as a statement: ``with using(table):``
    """Let the leach use other parameters inside a ``with`` block."""

    def __init__(self, parameters: Table) -> None:
        self._token: Any = None
        self._parameters = parameters

    def __enter__(self) -> None:
        self._token = table.IN_USE.set(self._parameters)

    def __exit__(self, *_: object) -> None:
        table.IN_USE.reset(self._token)


def block_errors(points: Iterable[LeachPoint], parameters: Table) -> dict[str, tuple[float, ...]]:
    """Mean absolute error by block, for each of ``METALS`` and then for all, in shares of the metal."""
    misses: dict[str, list[NDArray[np.float64]]] = {}
    every = list(points)
    with using(parameters):
        for p, row in zip(every, predicted(every), strict=True):
            misses.setdefault(p.block, []).append(np.abs(row - np.array(p.measured)))
    found = {}
    for block, rows in misses.items():
        mean = np.mean(rows, axis=0)
        found[block] = (*map(float, mean), float(mean.mean()))
    return found
