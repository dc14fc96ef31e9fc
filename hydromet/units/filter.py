"""Filter press, belt or drum filter with a displacement wash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.chemistry.energy import mean_temperature
from hydromet.stream import Stream, add_flows
from hydromet.units.base import Energy, FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.fields import Fraction, MassFraction, MassRatio, SpecificEnergy
from hydromet.units.heat import common_temperature
from hydromet.units.vessel import add_extents, blend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry

_METALS = ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "Na")


class Filter(Unit):
    """Solid-liquid separation: cake with moisture, mother filtrate, displacement wash.

    Assumptions:
        1. The cake keeps liquor up to its moisture; what is missing to that stays in the cake and no filtrate is made.
        2. Wash water displaces liquor at constant cake moisture, no solid dissolves or forms; what it finds in the cake
           mixes with it adiabatically. The mother filtrate keeps the temperature of the slurry.
        3. Entrained organic and every other fluid go with the liquor.
        4. The slip of solids into the filtrate is a declared split.

    Ports: in ``slurry``, ``wash`` (optional; drawn if ``wash_ratio`` is set); out ``filtrate``, ``cake``, and
    ``wash_filtrate`` if it is kept apart.

    Equations: m_l = m_s w / (1 - w); share of mother liquor left after the wash R = (1 - E)^D with the displacement
    ratio D = wash / cake liquor (kg/kg), but no more than plug flow displaces: 1 - R <= D.

    Validity: w and E depend on the cake and have to be measured: 25-40 % moisture for leach residue, 50-70 % for
    hydroxides (recalled, handbooks). E about 0.5-0.65 for one displacement wash on a press.

    Sources: the wash curve is that of filtration textbooks (Rushton, Ward, Holdich); default power 2-8 kWh/t recalled.
    """

    model: Literal["filter"] = "filter"
    moisture: MassFraction = Field(0.3, lt=0.95, description="liquor per wet cake")
    wash_ratio: MassRatio | None = Field(None, description="wash water per dry solids; draws the wash")
    displacement: Fraction = Field(
        0.6, lt=1.0, description="share of cake liquor displaced by one cake-liquor mass of wash"
    )
    solids_to_filtrate: Fraction = Field(0.0, lt=1.0, description="share of the solids that slips into the filtrate")
    wash_filtrate: Literal["merged", "separate"] = Field(
        "merged", description="whether the wash filtrate joins the mother filtrate or leaves by its own port"
    )
    electricity: SpecificEnergy = Field(1.8e4, description="pumping and pressing per dry solids")

    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {
                "moisture": 0.35,
                "wash_ratio": 1.5,
                "solids_to_filtrate": 1e-3,
                "wash_filtrate": "separate",
            },
            "inlets": {
                "slurry": {
                    "flows": {"H2O": 90.0, "Ni+2": 0.8, "Li+": 1.5, "H+": 0.5, "SO4-2": 2.05, "C(s)": 8.0},
                    "temperature": 333.15,
                },
                "wash": {"flows": {"H2O": 55.0, "Na+": 0.01, "OH-": 0.01}, "temperature": 313.15},
            },
        },
        {
            "parameters": {"moisture": 0.6},
            "inlets": {
                "slurry": {"flows": {"H2O": 9.0, "Na+": 0.2, "SO4-2": 0.1, "Al(OH)3(s)": 1.0, "Diluent(org)": 0.01}},
                "wash": {"flows": {"H2O": 5.0}},
            },
        },
    )

    def inlet_ports(self) -> tuple[Port, ...]:
        """The wash is drawn where its ratio is set."""
        drawn = self.wash_ratio is not None
        return Port("slurry", "slurry to filter"), Port("wash", "wash water", required=drawn, drawn=drawn)

    def outlet_ports(self) -> tuple[Port, ...]:
        """The wash filtrate has a port of its own unless it is merged."""
        both = Port("filtrate", "mother liquor"), Port("cake", "washed cake with its moisture")
        return both if self.wash_filtrate == "merged" else (*both, Port("wash_filtrate", "spent wash"))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Separation, wash, temperatures."""
        slurry = inlets["slurry"]
        solids = slurry.part("s").scaled(1.0 - self.solids_to_filtrate)
        slip = slurry.part("s").scaled(self.solids_to_filtrate)
        liquor = slurry.where(lambda name: not name.endswith("(s)"))
        held = self._held(solids.mass(), liquor.mass())
        filtrate = liquor.scaled(1.0 - held).plus(slip)
        mother, wash, drawn = liquor.scaled(held), inlets.get("wash", Stream()), {}
        if self.wash_ratio is not None:
            drawn = {"wash": self.wash_ratio * solids.mass()}
            wash = wash.scaled(drawn["wash"])
        cake, spent, extents, left = self._washed(solids, mother, wash, chemistry)
        outlets = {"filtrate": filtrate, "cake": cake, "wash_filtrate": spent}
        if self.wash_filtrate == "merged":
            outlets["filtrate"], more = blend([filtrate, outlets.pop("wash_filtrate")], chemistry)
            extents = add_extents(extents, more)
        splits = (FixedSplit("slip of solids", "s", self.solids_to_filtrate, "filtrate"),)
        values = {
            "cake_moisture": _share(cake.mass() - cake.part("s").mass(), cake.mass()),
            "displacement_ratio": _share(wash.mass(), mother.mass()),
            "mother_liquor_left": left,
            **{f"soluble_loss_{m}": held * left for m in _METALS if liquor.elements().get(m, 0.0) > 0.0},
        }
        return UnitResult(outlets, drawn, extents, values, fixed_splits=splits if self.solids_to_filtrate else ())

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """No heat; electricity by the dry solids."""
        base = super().energy(inlets, result, chemistry)
        power = self.electricity * inlets["slurry"].part("s").mass()
        basis = f"filtration: {self.electricity / 3600.0:.4g} kWh/t dry solids"
        return Energy(base.heat, 0.0, {"filtration": power}, base.steam, base.cooling, (*base.basis, basis))

    def _held(self, solids: float, liquor: float) -> float:
        """Share of the liquor that the cake keeps."""
        return min(1.0, solids * self.moisture / (1.0 - self.moisture) / liquor) if liquor > 0.0 else 0.0

    def _washed(
        self, solids: Stream, mother: Stream, wash: Stream, chemistry: Chemistry
    ) -> tuple[Stream, Stream, Mapping[str, float], float]:
        """Cake, spent wash, extents of neutralisation, share of mother liquor left in the cake."""
        fluid, crumbs = wash.where(lambda name: not name.endswith("(s)")), wash.part("s")
        if not fluid.flows or not mother.flows:
            return Stream(add_flows([solids, mother, crumbs]), solids.temperature), fluid, {}, 1.0
        ratio = fluid.mass() / mother.mass()
        out = min(1.0 - (1.0 - self.displacement) ** ratio, ratio)
        stays = out / ratio
        cake = Stream(add_flows([solids, mother.scaled(1.0 - out), fluid.scaled(stays), crumbs]), solids.temperature)
        spent = Stream(add_flows([mother.scaled(out), fluid.scaled(1.0 - stays)]), wash.temperature)
        (cake, one), (spent, two) = chemistry.canonical(cake), chemistry.canonical(spent)
        met = (solids.plus(mother), wash)
        start, heat = mean_temperature(met), sum(chemistry.enthalpy(s) for s in met)
        temperature = common_temperature([cake.at(start), spent.at(start)], heat, chemistry)
        return cake.at(temperature), spent.at(temperature), add_extents(one, two), 1.0 - out


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else 0.0
