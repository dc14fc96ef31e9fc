"""A speciated liquor: what an equilibrium calculation says about the dissolved part."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import exp, inf
from typing import TYPE_CHECKING

from hydromet.chemistry.database import H, load_database, unknown_phase
from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import boiling_temperature, vapour_pressure
from hydromet.chemistry.records import LN10, Caution, at
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry.engine import Solved
    from hydromet.chemistry.slopes.derivatives import Derivatives

_ALKALINE = {"OH-": 1.0, "HCO3-": 1.0, "CO3-2": 2.0, "NH3": 1.0, "HPO4-2": 1.0, "PO4-3": 2.0, "H3SiO4-": 1.0}


@dataclass(frozen=True)
class Liquor:
    """The dissolved part of a stream at equilibrium.

    Attributes:
        temperature: K.
        pressure: Pa.
        water: liquid water, kg/s (kg where the stream is a batch).
        molalities: dissolved species -> mol/kg water.
        activities: dissolved species and H2O -> ln activity (molality scale; H2O mole fraction scale).
        ionic_strength: mol/kg water.
        pH: -log10 of the activity of H+ on the scale of the Pitzer set, no single-ion convention added.
        ok: True if the solver met its tolerance.
        iterations, residual: of the solver.
        cautions: use of data outside their validity.
        solved: the state of the solver, for ``derivatives``.
    """

    temperature: float
    pressure: float
    water: float
    molalities: Mapping[str, float]
    activities: Mapping[str, float]
    ionic_strength: float
    pH: float
    ok: bool = True
    iterations: int = 0
    residual: float = 0.0
    cautions: tuple[Caution, ...] = field(default=())
    solved: Solved | None = field(default=None, repr=False, compare=False)

    @property
    def water_activity(self) -> float:
        """Activity of water, 1 for pure water."""
        return exp(self.activities[WATER])

    @property
    def free_acid(self) -> float:
        """Free acid, mol H+/kg water: H+ and HSO4- together."""
        return self.molalities.get(H, 0.0) + self.molalities.get("HSO4-", 0.0)

    @property
    def alkalinity(self) -> float:
        """Alkalinity, mol/kg water: OH-, carbonate, ammonia and phosphate, by the protons they take up."""
        return sum(count * self.molalities.get(name, 0.0) for name, count in _ALKALINE.items())

    @property
    def osmotic_coefficient(self) -> float:
        """Osmotic coefficient on the molalities of all dissolved species."""
        total = sum(self.molalities.values())
        return -self.activities[WATER] / (total * species(WATER).molar_mass) if total > 0.0 else 1.0

    def activity_coefficient(self, name: str) -> float:
        """Activity coefficient of a dissolved species, molality scale."""
        known = species(name).id
        if known not in self.molalities:
            raise ChemistryError("E504", read=name, expected=f"one of {', '.join(sorted(self.molalities))}")
        return exp(self.activities[known]) / self.molalities[known]

    def saturation_index(self, solid: str) -> float:
        """log10 of ion activity product over solubility product; -inf if a component is absent.

        Raises:
            ChemistryError: E505 no solubility product is known.
        """
        name = species(solid).id
        data = load_database()
        constant = data.solids.get(name) or data.gases.get(name)
        if constant is None:
            raise unknown_phase(solid, (*data.solids, *data.gases))
        total = 0.0
        for part, count in constant.basis.items():
            if part not in self.activities:
                return -inf
            total += count * self.activities[part]
        return total / LN10 - at(constant.log10_k, self.temperature)

    @cached_property
    def saturation(self) -> Mapping[str, float]:
        """Saturation index of every solid of the data whose components are all present."""
        found = {}
        for name, constant in load_database().solids.items():
            if all(part in self.activities for part in constant.basis):
                found[name] = self.saturation_index(name)
        return found

    @cached_property
    def potentials(self) -> Mapping[str, float]:
        """Potential of every couple whose both sides are dissolved, V against the standard hydrogen electrode.

        Highest first, each for itself: couples are independent, and no mean of them exists (``redox.potentials``, which
        also takes solids).
        """
        from hydromet.chemistry.redox.potentials import potentials

        return potentials(self)

    @cached_property
    def derivatives(self) -> Derivatives:
        """Exact derivatives of this equilibrium with totals, constants, parameters and temperature.

        Raises:
            ChemistryError: E516 the liquor was not solved by the engine at its totals.
        """
        from hydromet.chemistry.slopes.derivatives import Derivatives

        if self.solved is None:
            raise ChemistryError(
                "E516", read="a liquor at full redox equilibrium", expected="a liquor of independent couples"
            )
        return Derivatives(self.solved)

    @property
    def boiling_point_elevation(self) -> float:
        """Boiling point at the stream's pressure less that of pure water, K, at the present water activity."""
        return boiling_temperature(self.pressure, self.water_activity) - boiling_temperature(self.pressure)

    @property
    def vapour_pressure(self) -> float:
        """Water vapour pressure of the liquor, Pa."""
        return self.water_activity * vapour_pressure(self.temperature)
