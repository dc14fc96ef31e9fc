"""Published figures beside a product, on the same basis: primary production and recycling elsewhere.

A figure per kg of an anhydrous salt, of a hydrate or of metal is brought to the product as sold by stoichiometry:
``b_sold = b_compound / w_metal(compound) * w_metal(product)``. Ranges stay ranges. Differences are
``100 * (own / published - 1)`` percent. What is recalled and not read stays marked.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.approaches import main_metals
from hydromet.assess.carbon.prices import metal_fraction
from hydromet.datafiles import read_csv
from hydromet.errors import FootprintError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.carbon.shapes import Output

FILE = "data/factors/benchmarks.csv"
CHANGE = "change"


@dataclass(frozen=True)
class Benchmark:
    """One row of the table.

    Attributes:
        id, compound, metal, route: what and how made. compound is empty for a figure per kg of metal.
        low, high: the value, or the ends of its range, in ``unit``.
        basis: ``product`` (per kg of the compound), ``metal``, or ``change`` (percent against primary).
        year, system, source, locator, grade, verified, note: where it comes from. default: Ev of its metal.
    """

    id: str
    compound: str
    metal: str
    route: str
    low: float
    high: float
    unit: str
    basis: str
    year: str
    system: str
    source: str
    locator: str
    grade: str
    verified: str
    default: bool
    note: str

    def per_kg_metal(self) -> tuple[float, float]:
        """Low and high per kg of contained metal."""
        fraction = metal_fraction(self.compound, self.metal) if self.compound else 1.0
        return self.low / fraction, self.high / fraction


@lru_cache(maxsize=1)
def benchmarks() -> tuple[Benchmark, ...]:
    """All rows, in the order of the file."""
    found = []
    for row in read_csv(FILE):
        value = row.pop("value")
        ends = {end: float(row.pop(end) or value) for end in ("low", "high")}
        found.append(Benchmark(**row | ends | {"default": row["default"] == "yes"}))  # type: ignore[arg-type]
    return tuple(found)


@lru_cache(maxsize=1)
def primary() -> Mapping[str, float]:
    """Element -> Ev, kg CO2e per kg of metal in the primary commodity: the rows marked as default."""
    return {each.metal: each.per_kg_metal()[0] for each in benchmarks() if each.default}


@dataclass(frozen=True)
class Beside:
    """A published figure beside the product's own.

    Attributes:
        benchmark: the row.
        own: kg CO2e per kg as sold, or percent against primary for a published change.
        low, high: the published figure on the same basis.
        difference: least and greatest ``100 * (own / published - 1)``, percent; of a change, percentage points.
        position: ``below``, ``within`` or ``above`` the published range.
        per_kg_metal: low and high per kg of metal; None of a change.
    """

    benchmark: Benchmark
    own: float
    low: float
    high: float
    difference: tuple[float, float]
    position: str
    per_kg_metal: tuple[float, float] | None

    def record(self) -> dict[str, Any]:
        """As plain data for a result."""
        return {
            **asdict(self.benchmark), "own": self.own, "as_sold": {"low": self.low, "high": self.high},
            "difference": list(self.difference), "position": self.position,
            "per_kg_metal": None if self.per_kg_metal is None else list(self.per_kg_metal),
        }  # fmt: skip


def beside(output: Output, per_kg: float) -> tuple[Beside, ...]:
    """Published figures for the metal of a product.

    Args:
        output: the product; its metals and mass give the basis, so moisture and hydrate water are in it.
        per_kg: its own figure, kg CO2e per kg as sold.

    Returns:
        the rows of its main metal, in the order of the table. Of a product with several main metals only the sum of the
        defaults is a fair comparison: see ``primary_of``; nothing is returned.

    Raises:
        FootprintError: E791 the product has no mass.
    """
    if not output.mass > 0.0:
        raise FootprintError("E791", read=f"{output.name}: mass {output.mass:g} kg", expected="a mass above 0 kg")
    metals = main_metals(output)
    if len(metals) != 1:
        return ()
    ((metal, mass),) = metals.items()
    content = mass / output.mass
    return tuple(
        _change(each, per_kg, content) if each.basis == CHANGE else _level(each, per_kg, content)
        for each in benchmarks()
        if each.metal == metal and (each.basis != CHANGE or metal in primary())
    )


def _level(each: Benchmark, per_kg: float, content: float) -> Beside:
    per_metal = each.per_kg_metal()
    low, high = (end * content for end in per_metal)
    # Ranges are of production and above zero.
    difference = (100.0 * (per_kg / high - 1.0), 100.0 * (per_kg / low - 1.0))
    return Beside(each, per_kg, low, high, (min(difference), max(difference)), _position(per_kg, low, high), per_metal)


def _change(each: Benchmark, per_kg: float, content: float) -> Beside:
    own = 100.0 * (per_kg / (primary()[each.metal] * content) - 1.0)
    difference = (own - each.high, own - each.low)
    return Beside(each, own, each.low, each.high, difference, _position(own, each.low, each.high), None)


def _position(own: float, low: float, high: float) -> str:
    return "below" if own < low else "above" if own > high else "within"


def primary_of(output: Output) -> float:
    """Primary production of the metals in a product, kg CO2e per kg as sold: ``sum of w_metal * Ev``.

    Raises:
        FootprintError: E797 no primary figure for one of its main metals; E791 no metal or no mass.
    """
    metals = main_metals(output)
    if not metals or not output.mass > 0.0:
        raise FootprintError("E791", read=f"{output.name} holds no metal that counts", expected="a product with metal")
    for name in metals:
        if name not in primary():
            raise FootprintError("E797", read=f"{name} in {output.name}", expected=", ".join(sorted(primary())))
    return math.fsum(primary()[name] * mass for name, mass in metals.items()) / output.mass
