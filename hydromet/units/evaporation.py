"""What all evaporating units share: where the vapour goes and what it costs to drive it off."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import boiling_temperature, vapour_pressure
from hydromet.species import WATER, species
from hydromet.stream import ATMOSPHERE, Stream
from hydromet.units.base import Energy, FixedSplit, Inlets, Notice, Unit, UnitResult
from hydromet.units.fields import Fraction, MassFraction, Temperature, TemperatureDifference
from hydromet.units.heat import vessel_energy

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.units.removal import Concentrated

STEAM = "H2O(g)"
BOIL = "H2O = H2O(g)"
R = 8.31446261815324  # J/mol/K
# Solids further below saturation (log10) are not worth a line in the result.
_NEAR = -1.0
_KWH_PER_T = 3.6e3  # J/kg in one kWh/t
# Elements that leave with vapour and with the gas in it; droplets are too little of an exit for the rest.
VAPOUR, GAS = frozenset("HO"), frozenset("HOCN")


class Evaporating(Unit):
    """Base of the units that drive water off a boiling liquor and condense it again."""

    temperature: Temperature = Field(description="temperature of the boiling (or cooled) liquor")
    arrangement: Literal["mvr", "multi_effect", "live_steam"] = Field(
        "live_steam", description="how the heat of evaporation is supplied"
    )
    effects: int = Field(1, ge=1, le=8, description="number of effects, for multi_effect")
    economy: Fraction = Field(
        0.85, gt=0.0, description="steam economy per effect, kg water evaporated per kg steam, for what steam drives"
    )
    lift: TemperatureDifference = Field(
        5.0,
        gt=0.0,
        le=60.0,
        description="difference that drives heat from condensing vapour to boiling liquor, for mvr",
    )
    isentropic_efficiency: Fraction = Field(0.75, gt=0.0, description="of the vapour compressor")
    motor_efficiency: Fraction = Field(0.94, gt=0.0, description="of its motor and drive")
    approach: TemperatureDifference | None = Field(
        None, description="condensate cools against the feed to this difference; none: no heat recovery"
    )
    carry_over: MassFraction = Field(
        1e-4, le=0.1, description="liquor droplets that reach the condensate, kg/kg vapour"
    )

    @abstractmethod
    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """See the subclass."""

    def condense(self, liquor: Stream, water: float, elevation: float, feed: float) -> tuple[Stream, float]:
        """Condensate with its droplets.

        Args:
            liquor: the boiling liquor without solids, from which the droplets come.
            water: vapour that is condensed, mol/s.
            elevation: boiling-point elevation, K.
            feed: temperature of the feed, K.

        Returns:
            the condensate and the share of the liquor that it carries.
        """
        mass = liquor.mass()
        share = min(1.0, self.carry_over * water * species(WATER).molar_mass / mass) if mass > 0.0 else 0.0
        condensing = self.temperature + self.lift if self.arrangement == "mvr" else self.temperature - elevation
        if self.approach is not None:
            condensing = min(condensing, feed + self.approach)
        flows = {name: flow * share for name, flow in liquor.flows.items()}
        flows[WATER] = flows.get(WATER, 0.0) + water
        return Stream(flows, condensing, ATMOSPHERE), share

    def elevation(self, state: Concentrated) -> float:
        """Temperature of the boiling liquor less that of its condensing vapour, K; zero if nothing boils."""
        if state.equilibrium is None or state.water <= 0.0:
            return 0.0
        # An activity above one is the activity model outside its range (``beyond``), never a lower boiling point.
        activity = min(1.0, state.equilibrium.liquor.water_activity)
        pressure = activity * vapour_pressure(self.temperature)
        return self.temperature - boiling_temperature(pressure)

    def droplets(self) -> FixedSplit:
        """The declared carry-over."""
        return FixedSplit("droplets in the vapour, kg liquor per kg vapour", "aq", self.carry_over, "condensate")

    def boiling(self, state: Concentrated, elevation: float) -> dict[str, float]:
        """Figures of the vapour side and the solids near or above saturation, for the result."""
        saturation = state.equilibrium.saturation if state.equilibrium else {}
        return {
            "water_evaporated_kg_s": state.water * species(WATER).molar_mass,
            "water_removed_fraction": state.share,
            "boiling_point_elevation_K": elevation,
            "pressure_Pa": vapour_pressure(self.temperature - elevation),
            **{f"saturation_index_{name}": value for name, value in saturation.items() if value > _NEAR},
        }

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """Compressor power, steam and cooling water."""
        vessel = vessel_energy(inlets, result, chemistry)
        water = result.values["water_evaporated_kg_s"] / species(WATER).molar_mass
        if water <= 0.0:
            return vessel
        if self.arrangement == "mvr":
            return self._compressed(vessel, water, result.values, chemistry)
        effects = self.effects if self.arrangement == "multi_effect" else 1
        latent = water * chemistry.reaction(BOIL).heat(self.temperature)
        driven = latent / (effects * self.economy)
        steam = max(0.0, vessel.heat + driven)
        used = f"steam economy {effects} x {self.economy:.3g} kg/kg, declared"
        return Energy(
            heat=vessel.heat,
            steam=steam,
            cooling=steam - vessel.heat,
            basis=(
                *vessel.basis,
                f"steam: heat of the vessel plus latent heat {latent / 1e3:.4g} kW over {used}",
                "cooling: steam less the heat of the vessel, in the condenser of the last effect",
            ),
        )

    def _compressed(self, vessel: Energy, water: float, values: Any, chemistry: Chemistry) -> Energy:
        """Vapour recompression: the shaft power ends in the fluids, steam or cooling water make up the rest."""
        elevation = values["boiling_point_elevation_K"]
        low = vapour_pressure(self.temperature - elevation)
        high = vapour_pressure(self.temperature + self.lift)
        cp = chemistry.heat_capacity(Stream({STEAM: 1.0}, self.temperature))
        exponent = R / cp
        ideal = cp * self.temperature * (math.pow(high / low, exponent) - 1.0)
        shaft = water * ideal / self.isentropic_efficiency
        power = shaft / self.motor_efficiency
        rest = vessel.heat - shaft
        specific = power / (water * species(WATER).molar_mass) / _KWH_PER_T
        return Energy(
            heat=rest,
            shaft=shaft,
            electric={"MVR": power},
            steam=max(rest, 0.0),
            cooling=max(-rest, 0.0),
            basis=(
                *vessel.basis,
                f"MVR: ideal-gas compression {low / 1e3:.4g} to {high / 1e3:.4g} kPa (elevation {elevation:.3g} K, "
                f"heat transfer {self.lift:.3g} K), isentropic {self.isentropic_efficiency:.3g}, motor "
                f"{self.motor_efficiency:.3g}: {specific:.4g} kWh/t vapour; circulation pumps not included",
                "steam: what the vessel needs beyond the shaft power; cooling if it is negative",
            ),
        )

    def short(self, state: Concentrated) -> tuple[Notice, ...]:
        """Warning where the condition is not reached: no such liquor exists, or the activity model ends before it."""
        return (Notice("W851", state.limit),) if state.limit else ()

    def beyond(self, state: Concentrated) -> tuple[Notice, ...]:
        """Warning where the activity model has left its range: solutes that raise the vapour pressure of water."""
        if state.equilibrium is None or state.equilibrium.liquor.water_activity <= 1.0:
            return ()
        activity = state.equilibrium.liquor.water_activity
        return (Notice("W861", f"water activity {activity:.3g} in the liquor: the activity model is out of its range"),)

    def lift_notice(self, elevation: float) -> tuple[Notice, ...]:
        """Warning where the elevation eats the temperature difference of a multi-effect train."""
        if self.arrangement != "multi_effect" or self.effects * elevation < 0.5 * _TRAIN:
            return ()
        lost = self.effects * elevation
        return (Notice("W852", f"{self.effects} effects lose {lost:.3g} K of about {_TRAIN:.0f} K to the elevation"),)


# Span between 6 bar steam and a condenser at 50 degC: what a train of effects has to share.
_TRAIN = 110.0
