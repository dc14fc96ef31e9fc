"""Oxidants of manganese: what they do to Mn, Co, Ni and Fe(II), and how much of them is of use."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from hydromet.datafiles import read_yaml
from hydromet.units.bracket import rising_root

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

FILE = "data/reactions/manganese_oxidation.yaml"
Oxidant = Literal["persulfate", "permanganate", "ozone", "sulfur_dioxide"]
_GAS_CONSTANT, _REFERENCE, _REFERENCE_PH = 8.31446261815324, 323.15, 3.0
# Species of each oxidant, electrons it takes, what it does to Mn, Co, Ni and Fe, and how what is left over decomposes.
SPECIES = {"persulfate": "S2O8-2", "permanganate": "MnO4-", "ozone": "O3(g)", "sulfur_dioxide": "SO2(g)"}
_ELECTRONS = {"persulfate": 2.0, "permanganate": 3.0, "ozone": 2.0, "sulfur_dioxide": 2.0}
EQUATIONS = {
    "persulfate": {
        "Mn": "Mn+2 + S2O8-2 + 2 H2O = MnO2(s) + 2 SO4-2 + 4 H+",
        "Co": "2 Co+2 + S2O8-2 + 4 H2O = 2 CoOOH(s) + 2 SO4-2 + 6 H+",
        "Ni": "2 Ni+2 + S2O8-2 + 4 H2O = 2 NiOOH(s) + 2 SO4-2 + 6 H+",
        "Fe": "2 Fe+2 + S2O8-2 = 2 Fe+3 + 2 SO4-2",
        "left": "2 S2O8-2 + 2 H2O = 4 SO4-2 + 4 H+ + O2(g)",
    },
    "permanganate": {
        "Mn": "3 Mn+2 + 2 MnO4- + 2 H2O = 5 MnO2(s) + 4 H+",
        "Co": "3 Co+2 + MnO4- + 4 H2O = 3 CoOOH(s) + MnO2(s) + 5 H+",
        "Ni": "3 Ni+2 + MnO4- + 4 H2O = 3 NiOOH(s) + MnO2(s) + 5 H+",
        "Fe": "3 Fe+2 + MnO4- + 4 H+ = 3 Fe+3 + MnO2(s) + 2 H2O",
        "left": "4 MnO4- + 4 H+ = 4 MnO2(s) + 3 O2(g) + 2 H2O",
    },
    "ozone": {
        "Mn": "Mn+2 + O3(g) + H2O = MnO2(s) + O2(g) + 2 H+",
        "Co": "2 Co+2 + O3(g) + 3 H2O = 2 CoOOH(s) + O2(g) + 4 H+",
        "Ni": "2 Ni+2 + O3(g) + 3 H2O = 2 NiOOH(s) + O2(g) + 4 H+",
        "Fe": "2 Fe+2 + O3(g) + 2 H+ = 2 Fe+3 + O2(g) + H2O",
        "left": "2 O3(g) = 3 O2(g)",
    },
    "sulfur_dioxide": {
        "Mn": "Mn+2 + SO2(g) + O2(g) + 2 H2O = MnO2(s) + SO4-2 + 4 H+",
        "Co": "2 Co+2 + SO2(g) + O2(g) + 4 H2O = 2 CoOOH(s) + SO4-2 + 6 H+",
        "Ni": "2 Ni+2 + SO2(g) + O2(g) + 4 H2O = 2 NiOOH(s) + SO4-2 + 6 H+",
        "Fe": "2 Fe+2 + SO2(g) + O2(g) = 2 Fe+3 + SO4-2",
        "left": "2 SO2(g) + O2(g) + 2 H2O = 2 SO4-2 + 4 H+",
    },
}
# Electrons that a metal gives.
_GIVES = {"Mn": 2.0, "Co": 1.0, "Ni": 1.0, "Fe": 1.0}


def use_of(oxidant: str) -> float:
    """Share of an oxidant that oxidises metal, of the data."""
    return float(_table()["oxidants"][oxidant]["use"])


def strength(reagent: Stream, oxidant: str) -> float:
    """Electrons that the oxidant of a reagent takes, mol/s; SO2 counts as far as there is oxygen for it."""
    amount = reagent[SPECIES[oxidant]]
    if oxidant == "sulfur_dioxide":
        amount = min(amount, reagent["O2(g)"])
    return _ELECTRONS[oxidant] * amount


def too_rich(reagent: Stream, oxidant: str) -> float:
    """Mole fraction of an oxidant in its gas where it is beyond what the data allow, else zero."""
    most = _table()["oxidants"][oxidant].get("most_share")
    total = sum(reagent.part("g").flows.values())
    share = reagent[SPECIES[oxidant]] / total if total > 0.0 else 0.0
    return share if most is not None and share > float(most) else 0.0


def selectivity(metal: str, pH: float, temperature: float) -> float:
    r"""Slope d ln metal / d ln Mn while manganese is oxidised.

    .. math:: s = s_{50} 10^{b (pH - 3)} \exp(-E_a/R (1/T - 1/323.15))
    """
    row = _table()["selectivity"][metal]
    heat = 1e3 * float(row["activation_kJ_mol"]) / _GAS_CONSTANT
    slope: float = 10.0 ** (float(row["pH_slope"]) * (pH - _REFERENCE_PH))
    return float(row["value"]) * slope * math.exp(-heat * (1.0 / temperature - 1.0 / _REFERENCE))


def oxidised(feed: Stream, useful: float, pH: float) -> dict[str, float]:
    """Metals oxidised by so many electrons, mol/s: iron, then manganese with the cobalt and nickel that go along.

    Args:
        feed: liquor at the temperature of the vessel.
        useful: electrons that oxidise metal, mol/s.
        pH: at which the vessel is held.
    """
    metals = {"Fe": min(feed["Fe+2"], useful)}
    useful -= metals["Fe"]
    slopes = {metal: selectivity(metal, pH, feed.temperature) for metal in ("Co", "Ni")}

    def taken(depth: float) -> dict[str, float]:
        gone = {metal: -math.expm1(-slope * depth) * feed[f"{metal}+2"] for metal, slope in slopes.items()}
        return {"Mn": -math.expm1(-depth) * feed["Mn+2"], **gone}

    def spent(depth: float) -> float:
        return sum(_GIVES[metal] * amount for metal, amount in taken(depth).items())

    deepest = -math.log(float(_table()["least"]["value"]))
    scale = max(spent(deepest), useful)
    if scale > 0.0 and useful > 0.0 and feed["Mn+2"] > 0.0:
        metals |= taken(rising_root(lambda x: (spent(x) - useful) / scale, 0.0, deepest, 1.0))
    return metals


def extents(metals: dict[str, float], oxidant: str, mixed: Stream, chemistry: Chemistry) -> dict[str, float]:
    """Extents of oxidation, and of the decomposition of what is left of the oxidant, mol/s.

    Args:
        metals: oxidised, mol/s.
        oxidant: of the table.
        mixed: liquor with the oxidant.
        chemistry: reads the equations.
    """
    equations = EQUATIONS[oxidant]
    found = {equations[metal]: n / per_equation(oxidant, metal) for metal, n in metals.items() if n > 0.0}
    left = {SPECIES[oxidant]: mixed[SPECIES[oxidant]], "O2(g)": mixed["O2(g)"]}
    for name, extent in found.items():
        for species_id, nu in chemistry.reaction(name).coefficients.items():
            if species_id in left:
                left[species_id] += nu * extent
    coefficients = chemistry.reaction(equations["left"]).coefficients
    limits = [max(left[name], 0.0) / -nu for name, nu in coefficients.items() if nu < 0.0 and name in left]
    return {**found, equations["left"]: min(limits)}


def per_equation(oxidant: str, metal: str) -> float:
    """Metal ions of the liquor in one turn of the equation."""
    first = EQUATIONS[oxidant][metal].split(f" {metal}+2")[0]
    return float(first) if first.isdigit() else 1.0


def sources(oxidant: str, use: float) -> list[dict[str, Any]]:
    """Use of the oxidant and selectivities as parameter, value, unit, source, grade."""
    used = _table()["oxidants"][oxidant]
    rows = [{"parameter": f"use of {oxidant}", "value": use, "unit": "", **_origin(used)}]
    for metal, row in _table()["selectivity"].items():
        name = f"d ln {metal} / d ln Mn in the oxidation of manganese, pH 3, 50 degC"
        rows.append({"parameter": name, "value": row["value"], "unit": "", **_origin(row)})
    return rows


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(FILE)
    return data


def _origin(row: dict[str, Any]) -> dict[str, Any]:
    return {"source": row["source"], "grade": row["grade"], "validity": "pH 2-5, 25-95 degC", "note": row["note"]}
