"""Half reactions of solids in acid, written from the formula by element and charge balance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping

# What each element becomes in an oxygenated acid liquor. Iron is +2 or +3, see ``_iron``.
_IONS: dict[str, str] = {
    "Li": "Li+", "Na": "Na+", "K": "K+", "Mg": "Mg+2", "Ca": "Ca+2", "Mn": "Mn+2", "Co": "Co+2", "Ni": "Ni+2",
    "Cu": "Cu+2", "Zn": "Zn+2", "Al": "Al+3", "Pb": "Pb+2", "Cr": "Cr+3", "S": "SO4-2", "P": "PO4-3", "Cl": "Cl-",
    "F": "F-", "Si": "H4SiO4", "C": "CO2(g)",
}  # fmt: skip
# Oxide that carries a metal of the delithiated residue.
_RESIDUE = {"Ni": "NiO2(s)", "Co": "CoO2(s)", "Mn": "MnO2(s)"}
# Hydroxide that carries a metal of oxide whose lithium has been exchanged for protons.
_EXCHANGED = {"Ni": "NiOOH(s)", "Co": "CoOOH(s)", "Mn": "MnOOH(s)"}
# Coefficients are sums of formula subscripts: beyond this they are round-off.
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Half:
    """A half reaction.

    Attributes:
        coefficients: species id -> mol, negative if consumed; the leading species has -1.
        electrons: taken up per mol of the leading species; negative if given off.
    """

    coefficients: Mapping[str, float]
    electrons: float


@lru_cache(maxsize=512)
def dissolution(solid: str) -> Half | None:
    """Complete dissolution of one mole of a solid in acid.

    ``LiNi0.6Mn0.2Co0.2O2(s) + 4 H+ + e- = Li+ + 0.6 Ni+2 + 0.2 Mn+2 + 0.2 Co+2 + 2 H2O``, ``Al(s) = Al+3 + 3 e-``,
    ``Li2CO3(s) + 2 H+ = 2 Li+ + CO2(g) + H2O``. Iron takes the mixture of +2 and +3 that needs no electrons if there
    is one, as magnetite does.

    Returns:
        None where an element has no aqueous species (Ti, Zr, W).
    """
    elements = species(solid).elements
    products: dict[str, float] = {}
    for element, count in elements.items():
        if element in _IONS:
            products[_IONS[element]] = count
        elif element not in ("O", "H", "Fe"):
            return None
    if "Fe" in elements:
        base = {**products, "Fe+2": elements["Fe"]}
        ferric = min(max(_closed(solid, base).electrons, 0.0), elements["Fe"])
        products |= {"Fe+2": elements["Fe"] - ferric, "Fe+3": ferric}
    return _closed(solid, products)


@lru_cache(maxsize=64)
def delithiation(solid: str) -> Half:
    """Oxidation of a lithium metal oxide to its residue: ``LiMO2(s) = Li+ + MO2(s) + e-``.

    The residue is carried as the single oxides NiO2, CoO2 and MnO2; aluminium of NCA dissolves.
    """
    products = {_RESIDUE.get(e, _IONS[e]): count for e, count in species(solid).elements.items() if e not in ("O", "H")}
    return _closed(solid, products)


@lru_cache(maxsize=64)
def exchange(solid: str) -> Half | None:
    """Exchange of lithium for protons: ``LiMO2(s) + H+ = Li+ + MOOH(s)``; None if that needs electrons (spinel).

    The metals are carried as NiOOH, CoOOH and MnOOH; aluminium of NCA dissolves.
    """
    products = {
        _EXCHANGED.get(e, _IONS[e]): count for e, count in species(solid).elements.items() if e not in ("O", "H")
    }
    half = _closed(solid, products)
    return None if half.electrons else half


def _closed(solid: str, products: Mapping[str, float]) -> Half:
    """Water closes oxygen, H+ closes hydrogen, electrons close the charge."""
    elements = species(solid).elements
    made = {"O": 0.0, "H": 0.0, "charge": 0.0}
    for name, count in products.items():
        kind = species(name)
        made["O"] += count * kind.elements.get("O", 0.0)
        made["H"] += count * kind.elements.get("H", 0.0)
        made["charge"] += count * kind.charge
    water = elements.get("O", 0.0) - made["O"]
    acid = 2.0 * water + made["H"] - elements.get("H", 0.0)
    coefficients = {solid: -1.0, **products, "H+": -acid, "H2O": water}
    exact = {name: round(count, _DIGITS) for name, count in coefficients.items() if abs(count) > 10.0**-_DIGITS}
    return Half(exact, round(acid - made["charge"], _DIGITS))


def combined(oxidant: Half, reductant: Half) -> tuple[dict[str, float], float]:
    """The reaction of an oxidant with a reductant.

    Returns:
        its coefficients (negative if consumed) and the electrons that one unit of extent transfers.
    """
    taken, given = oxidant.electrons, -reductant.electrons
    if taken.is_integer() and given.is_integer():
        common = math.gcd(int(taken), int(given))
        taken, given = taken / common, given / common
        each = taken * given * common
    else:
        each = taken * given
    total: dict[str, float] = {}
    for half, factor in ((oxidant, given), (reductant, taken)):
        for name, count in half.coefficients.items():
            total[name] = round(total.get(name, 0.0) + factor * count, _DIGITS)
    return {name: count for name, count in total.items() if count}, each


def equation(coefficients: Mapping[str, float]) -> str:
    """A reaction equation from its coefficients."""
    sides: tuple[list[str], list[str]] = ([], [])
    for name, count in coefficients.items():
        number = f"{abs(count):.{_DIGITS}f}".rstrip("0").rstrip(".")
        sides[count > 0.0].append(name if number == "1" else f"{number} {name}")
    return f"{' + '.join(sides[0])} = {' + '.join(sides[1])}"


# Couples that are not the dissolution of a solid, per mole of the leading species.
_REDUCTANTS = {
    "H2O2": Half({"H2O2": -1.0, "O2(g)": 1.0, "H+": 2.0}, -2.0),
    "SO2(g)": Half({"SO2(g)": -1.0, "H2O": -2.0, "SO4-2": 1.0, "H+": 4.0}, -2.0),
    "Fe+2": Half({"Fe+2": -1.0, "Fe+3": 1.0}, -1.0),
}
OXIDANTS = {
    "Fe+3": Half({"Fe+3": -1.0, "Fe+2": 1.0}, 1.0),
    "Cu+2": Half({"Cu+2": -1.0, "Cu(s)": 1.0}, 2.0),
    "H+": Half({"H+": -1.0, "H2(g)": 0.5}, 1.0),
    "H2O2": Half({"H2O2": -1.0, "H+": -2.0, "H2O": 2.0}, 2.0),
}


def reductant(name: str) -> Half | None:
    """Half reaction by which a species gives electrons; None if it has none to give."""
    half = _REDUCTANTS.get(name) or (dissolution(name) if name.endswith("(s)") else None)
    return half if half and half.electrons < 0.0 else None
