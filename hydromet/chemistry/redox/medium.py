"""The liquor of a Pourbaix diagram at every pH: activity coefficients, free ligands, activity of water."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.canonical import totals_of
from hydromet.chemistry.database import H, load_database
from hydromet.chemistry.engine import MW, clamp, solve_equilibrium
from hydromet.chemistry.formation import fresh_solids
from hydromet.chemistry.system import at_temperature
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry.database import Constant
    from hydromet.chemistry.redox.joined import Joined
    from hydromet.chemistry.solutions.solution import Solution
    from hydromet.chemistry.system import Array

# Oxidation states that the solution does not hold are added in this molality, to read their activity coefficients.
_PROBE = 1e-12
_BASE = {"Na+": 1.0, "OH-": 1.0}
_ACIDS = ({"H+": 2.0, "SO4-2": 1.0}, {"H+": 1.0, "Cl-": 1.0})


@dataclass(frozen=True)
class Medium:
    """What a diagram needs of its liquor, arrays over the pH.

    Attributes:
        components: basis species that may take part in complexes and solids.
        ln_a: ln activity of the components. ln_gamma: of dissolved species. ln_aw: of water.
        elements: molality of each element dissolved in the solution.
    """

    components: frozenset[str]
    ln_a: Mapping[str, Array]
    ln_gamma: Mapping[str, Array]
    ln_aw: Array
    elements: Mapping[str, float]

    def total(self, element: str) -> float:
        """Molality of an element; 0 without a solution."""
        return self.elements.get(element, 0.0)


def medium_of(solution: Solution | None, master: str, joined: Joined, temperature: float, pH: Array) -> Medium:
    """The medium of a solution brought to every pH by NaOH or an acid of its own anion, hydroxides allowed to fall.

    Without a solution: water, activity coefficients of 1.

    Raises:
        ChemistryError: E508 a pH that cannot be reached.
    """
    if solution is None:
        return Medium(frozenset({master, H}), {}, {}, np.zeros(len(pH)), {})
    aqueous = {name: flow for name, flow in solution.stream.flows.items() if species(name).phase == "aq"}
    totals = totals_of(aqueous)
    kilograms = totals[WATER] * MW
    elements: dict[str, float] = {}
    for name, flow in totals.items():
        for element, count in species(name).elements.items():
            elements[element] = elements.get(element, 0.0) + count * flow / kilograms
    real = frozenset(name for name, flow in totals.items() if flow > 0.0 and name != WATER)
    states = {name for name, one in joined.made.items() if master in one.basis and species(name).phase == "aq"}
    for name in (*sorted(states), master):
        totals[name] = max(totals.get(name, 0.0), _PROBE * kilograms)
    phases = tuple(one.id for one in load_database().solids.values() if _hydroxide(one, real))
    acid = _ACIDS[1 if "Cl-" in real and "SO4-2" not in real else 0]
    natural = solve_equilibrium(totals, temperature, phases=phases).pH
    ln_a: dict[str, list[float]] = {}
    ln_gamma: dict[str, list[float]] = {}
    ln_aw: list[float] = []
    for value in pH:
        dose = totals_of(_BASE if value > natural else acid)
        solved = solve_equilibrium(totals, temperature, phases=phases, titrant=dose, pH=float(value))
        y = solved.system
        at = at_temperature(y.components, y.phases, clamp(temperature))
        logs = at.lnK + y.A @ solved.lam + y.a * solved.ln_aw
        for name, log_a, m in zip(y.names, logs, solved.m, strict=True):
            ln_gamma.setdefault(name, []).append(float(log_a - np.log(m)))
        for name, log_a in zip(y.components, solved.lam, strict=True):
            ln_a.setdefault(name, []).append(float(log_a))
        ln_aw.append(solved.ln_aw)
    return Medium(
        components=real | {master, H},
        ln_a={name: np.array(found) for name, found in ln_a.items() if len(found) == len(pH)},
        ln_gamma={name: np.array(found) for name, found in ln_gamma.items() if len(found) == len(pH)},
        ln_aw=np.array(ln_aw),
        elements=elements,
    )


def _hydroxide(one: Constant, real: frozenset[str]) -> bool:
    """Whether a solid is a fresh hydroxide of one metal of the solution."""
    metals = set(one.basis) - {H, WATER}
    return one.id in fresh_solids() and len(metals) == 1 and metals <= real and one.basis.get(H, 0.0) < 0.0
