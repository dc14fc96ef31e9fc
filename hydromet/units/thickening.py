"""What thickeners share: flocculant, clarity of the overflow, area and drive."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from pydantic import Field

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units import cakes
from hydromet.units.base import Energy, FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.fields import Concentration, MassFraction, MassRatio
from hydromet.units.heat import driven
from hydromet.units.practice import practices
from hydromet.units.settling import flocculated, limiting_flux, per_volume

if TYPE_CHECKING:
    from typing import Any

    from hydromet.chemistry import Chemistry
    from hydromet.units.cakes import Solid

POLYMER = "C3H5NO(s)"
AREA = "thickener_area_m2"
# Solids that an overflow carries at the most.
_MOST = 0.5


def fluid(name: str) -> bool:
    """Is a species none of the solids?"""
    return not name.endswith("(s)")


class Thickening(Unit):
    """Parameters of a thickener, one or several."""

    underflow_solids: MassFraction | None = Field(
        None, gt=0.0, lt=0.8, description="solids of the underflow, kg per kg slurry; none: by its solids"
    )
    overflow_solids: Concentration | None = Field(
        None, description="solids in the overflow; none: by the solids and the flocculant"
    )
    flocculant_dose: MassRatio | None = Field(
        None, description="polymer per dry solids, where it is connected; none: the usual of the solids"
    )

    @abstractmethod
    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """See the subclass."""

    def flocculant_port(self) -> Port:
        """The flocculant is optional and drawn."""
        return Port("flocculant", "flocculant solution or powder", required=False, drawn=True)

    def sources_used(self) -> list[dict[str, Any]]:
        """How solids settle, where the flowsheet does not say."""
        return cakes.sources()

    def flocculant(self, slurry: Stream, template: Stream | None) -> tuple[Stream, float]:
        """Flocculant drawn for a slurry and its dose, kg polymer per kg of solids.

        Raises:
            UnitError: E859, the flocculant holds no polymer.
        """
        kind = cakes.mixture(slurry.part("s"))
        if template is None or kind is None:
            return Stream(), 0.0
        dose = kind.dose if self.flocculant_dose is None else self.flocculant_dose
        active = template[POLYMER] * species(POLYMER).molar_mass
        if active <= 0.0:
            raise UnitError("E859", read=f"a flocculant without {POLYMER}", expected="polyacrylamide in the feed")
        return template.scaled(dose * slurry.part("s").mass() / active), dose

    def thickness(self, kind: Solid) -> float:
        """Solids of the underflow, kg/kg."""
        return kind.underflow if self.underflow_solids is None else self.underflow_solids

    def clear(self, kind: Solid, dose: float) -> tuple[float, float]:
        """Settling velocity, m/s, and solids in the overflow, kg/m3."""
        velocity, clarity = flocculated(kind, dose)
        return velocity, clarity if self.overflow_solids is None else self.overflow_solids

    def area(
        self, solids: float, feed: float, kind: Solid, velocity: float, densities: tuple[float, float]
    ) -> dict[str, float]:
        """Area of a thickener; nothing where the underflow is thicker than the solid packs.

        Args:
            solids: that settle, kg/s.
            feed: slurry, m3/s.
            kind: of the solids.
            velocity: of the dilute solid, m/s.
            densities: of solid and liquor, kg/m3.
        """
        underflow = per_volume(self.thickness(kind), *densities)
        flux = limiting_flux(velocity, kind, solids / feed, underflow)
        if flux <= 0.0:
            return {}
        return {AREA: solids / flux * practices(cakes.SIZING)["thickener_margin"].value, "solids_flux_kg_m2_s": flux}

    def remarks(self, sized: bool, kind: Solid) -> tuple[Notice, ...]:
        """Warning where there is no area."""
        if sized:
            return ()
        text = f"an underflow of {self.thickness(kind):.0%} solids is thicker than its solids pack: no area"
        return (Notice("W865", text),)

    def listed(self, clarity: float, carried: float) -> tuple[FixedSplit, ...]:
        """Solids of the overflow as a split."""
        where = "declared in the flowsheet" if self.overflow_solids is not None else cakes.FILE
        return (FixedSplit(f"solids in the overflow, {clarity * 1e3:.3g} mg/L", "s", carried, "overflow", where),)

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """The drive of the rake by the volume of the thickeners; its power ends as heat."""
        usual = practices(cakes.SIZING)
        volume = sum(row.get(AREA, 0.0) for row in result.stages) * usual["thickener_depth"].value
        power = usual["thickener_power"].value * volume
        base = super().energy(inlets, result, chemistry)
        return driven(base, power, "thickening", f"rake and flocculant: {usual['thickener_power'].told()}")


def carried_share(clarity: float, overflow: float, solids: float) -> float:
    """Share of the solids that an overflow (m3/s) takes along at a concentration, kg/m3."""
    return min(_MOST, clarity * max(overflow, 0.0) / solids)
