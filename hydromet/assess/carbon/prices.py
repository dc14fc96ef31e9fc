"""Prices for allocation by economic value: metal in a product at the mean of several market years.

``price per kg as sold = sum over metals of w_metal * mean price of the metal``. A premium or a discount of the salt is
not in it: state the product's own price where you know it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.assess.carbon.allocation import price_test
from hydromet.assess.carbon.approaches import main_metals
from hydromet.datafiles import read_csv
from hydromet.errors import FootprintError
from hydromet.species import atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.carbon.shapes import Inventory, Output

FILE = "data/factors/prices.csv"
MARKET, EVERBATT = "annual", "everbatt2023"


@dataclass(frozen=True)
class Price:
    """Mean price of one metal.

    Attributes:
        metal: element. value: ``currency`` per kg of it, arithmetic mean of the years.
        years: first and last. sources: bibliography keys. verified: every year was read and not recalled.
    """

    metal: str
    value: float
    currency: str
    years: tuple[int, int]
    sources: tuple[str, ...]
    verified: bool


def metal_fraction(compound: str, metal: str) -> float:
    """Mass of a metal in a compound, kg/kg: 0.2233 for Ni in ``NiSO4:6H2O(s)``; 1 for the metal itself.

    Raises:
        FootprintError: E797 the compound does not contain it.
    """
    found = species(compound)
    if metal not in found.elements:
        raise FootprintError("E797", read=f"{metal} in {compound}", expected=" or ".join(found.elements))
    return found.elements[metal] * atomic_mass(metal) / found.molar_mass


@lru_cache(maxsize=16)
def prices(first: int = 0, last: int = 9999, of: str = MARKET) -> Mapping[str, Price]:
    """Metal -> mean price over the years that the table has from ``first`` to ``last``.

    Args:
        first: first year.
        last: last year.
        of: set of the table, ``annual`` or ``everbatt2023``.

    Raises:
        FootprintError: E792 no year of the table lies between, or no such set.
    """
    rows = [row for row in read_csv(FILE) if row["set"] == of]
    met: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        if first <= int(row["year"]) <= last:
            met[row["metal"]].append(row)
    if not met:
        years = sorted({int(row["year"]) for row in rows})
        expected = f"years of {years[0]} to {years[-1]}" if years else f"{MARKET} or {EVERBATT}"
        raise FootprintError("E792", read=f"{of}, {first} to {last}", expected=expected)
    return {
        metal: Price(
            metal,
            math.fsum(float(row["value"]) / metal_fraction(row["item"], metal) for row in found) / len(found),
            found[0]["currency"],
            (min(int(row["year"]) for row in found), max(int(row["year"]) for row in found)),
            tuple(sorted({row["source"] for row in found})),
            all(row["verified"] == "yes" for row in found),
        )
        for metal, found in met.items()
    }


def priced(inventory: Inventory, of: Mapping[str, Price]) -> Inventory:
    """Fill the prices that products lack from the metals they contain; a price that is stated stays.

    Args:
        inventory: its outputs are read; what carries no burden needs no price, and traces of metal are none.
        of: as ``prices`` gives them; an output with a main metal that has no price keeps none.
    """
    outputs = []
    for each in inventory.outputs:
        metals = main_metals(each)
        if each.price is None and each.allocated and each.mass > 0.0 and metals and metals.keys() <= of.keys():
            value = math.fsum(of[name].value * mass for name, mass in metals.items())
            each = replace(each, price=value / each.mass)
        outputs.append(each)
    return replace(inventory, outputs=tuple(outputs))


def notices(stated: Inventory, used: Inventory, of: Mapping[str, Price]) -> tuple[tuple[str, str], ...]:
    """W790: prices that are not the user's own; W795: prices so far apart that a mass key is questioned.

    Args:
        stated: the inventory as given.
        used: the same after ``priced``.
        of: what ``priced`` was given.
    """
    filled = [
        after
        for before, after in zip(stated.outputs, used.outputs, strict=True)
        if before.price is None and after.price is not None
    ]
    found = [("W790", f"{each.name}: {each.price:.3g} per kg from {_told(each, of)}") for each in filled]
    test = price_test(used)
    if test.economic and test.ratio is not None:
        found.append(("W795", f"{test.highest} costs {test.ratio:.1f} times as much per kg as {test.lowest}"))
    return tuple(found)


def _told(output: Output, of: Mapping[str, Price]) -> str:
    met = [of[name] for name in main_metals(output)]
    years = f"{min(each.years[0] for each in met)} to {max(each.years[1] for each in met)}"
    sure = "" if all(each.verified for each in met) else ", not all verified"
    return f"the prices of {', '.join(each.metal for each in met)} in {years}{sure}"
