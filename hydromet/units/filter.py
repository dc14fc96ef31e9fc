"""Filter press, belt or drum filter with a displacement wash."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.species import WATER
from hydromet.stream import Stream, add_flows
from hydromet.units import cakes
from hydromet.units.base import Energy, FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.fields import Fraction, Length, MassFraction, MassRatio, Pressure, SpecificEnergy
from hydromet.units.practice import practices
from hydromet.units.vessel import add_extents, blend, redistributed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry
    from hydromet.units.cakes import Solid

_METALS = ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "Na")


class Filter(Unit):
    """Solid-liquid separation: cake with moisture, mother filtrate, displacement wash; area of a chamber press.

    Assumptions:
        1. The cake keeps liquor up to its moisture; what is missing to that stays in the cake and no filtrate is made.
        2. Wash water displaces liquor at constant cake moisture, no solid dissolves or forms; what it finds in the cake
           mixes with it adiabatically. The mother filtrate keeps the temperature of the slurry.
        3. Entrained organic and every other fluid go with the liquor.
        4. The slip of solids into the filtrate is a declared split.
        5. What is not declared of the cake is that of the mixture of its solids: resistances and held liquors add by
           mass. Fines do not block the cake of the coarse.
        6. One press works around the clock in cycles of filtration, wash and idle time; other filters: see the leaf
           test's own cycle.

    Ports: in ``slurry``, ``wash`` (optional; drawn if ``wash_ratio`` or ``wash_recovery`` is set); out ``filtrate``,
    ``cake``, and ``wash_filtrate`` if it is kept apart.

    Equations: m_l = m_s w / (1 - w); share of mother liquor left after the wash R = (1 - E)^D with the displacement
    ratio D = wash / cake liquor (kg/kg), but no more than plug flow displaces: 1 - R <= D. ``wash_recovery`` is 1 - R.
    t / v = (mu / dp) (alpha c v / 2 + R_m), alpha = alpha_1 (dp / 1 bar)^n, wash at a quarter of the last rate;
    area = solids x cycle / load of a cycle; without a declared chamber the load of least area.

    Validity: moisture, E and alpha depend on the cake and have to be measured (leaf test): the data are ranges of
    handbooks by kind of solid, a factor of 3 either way in alpha. E about 0.5-0.75 for one displacement wash.

    Sources: data/equipment/solids.csv with the grade of each value; the wash curve and the filter equation are those of
    filtration textbooks (Rushton, Ward, Holdich); default power 2-8 kWh/t recalled.
    """

    model: Literal["filter"] = "filter"
    moisture: MassFraction | None = Field(None, lt=0.95, description="liquor per wet cake; none: by its solids")
    wash_ratio: MassRatio | None = Field(None, description="wash water per dry solids; draws the wash")
    wash_recovery: Fraction | None = Field(
        None, gt=0.0, lt=1.0, description="share of the cake's mother liquor to wash out; draws the wash it takes"
    )
    displacement: Fraction | None = Field(
        None, gt=0.0, lt=1.0, description="share displaced by one cake-liquor mass of wash; none: by its solids"
    )
    solids_to_filtrate: Fraction = Field(0.0, lt=1.0, description="share of the solids that slips into the filtrate")
    wash_filtrate: Literal["merged", "separate"] = Field(
        "merged", description="whether the wash filtrate joins the mother filtrate or leaves by its own port"
    )
    pressure: Pressure | None = Field(None, description="across the cake; none: the usual of a press")
    chamber: Length | None = Field(
        None,
        gt=0.0,
        description="depth of a chamber, filled in every cycle; none: the cake of least area, up to the usual",
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
            "parameters": {"wash_recovery": 0.9},
            "inlets": {
                "slurry": {"flows": {"H2O": 9.0, "Na+": 0.2, "SO4-2": 0.1, "Al(OH)3(s)": 1.0, "Diluent(org)": 0.01}},
                "wash": {"flows": {"H2O": 5.0}},
            },
        },
    )

    def inlet_ports(self) -> tuple[Port, ...]:
        """The wash is drawn where its ratio is set."""
        drawn = self.wash_ratio is not None or self.wash_recovery is not None
        return Port("slurry", "slurry to filter"), Port("wash", "wash water", required=drawn, drawn=drawn)

    def outlet_ports(self) -> tuple[Port, ...]:
        """The wash filtrate has a port of its own unless it is merged."""
        both = Port("filtrate", "mother liquor"), Port("cake", "washed cake with its moisture")
        return both if self.wash_filtrate == "merged" else (*both, Port("wash_filtrate", "spent wash"))

    @model_validator(mode="after")
    def _one_wash(self) -> Self:
        if self.wash_ratio is not None and self.wash_recovery is not None:
            raise UnitError(
                "E858", read="wash_ratio and wash_recovery", expected="one of the two", write="wash_recovery: 95 %"
            )
        return self

    def sources_used(self) -> list[dict[str, Any]]:
        """How solids filter, where the flowsheet does not say."""
        return cakes.sources()

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Separation, wash, temperatures, area."""
        slurry = inlets["slurry"]
        solids = slurry.part("s").scaled(1.0 - self.solids_to_filtrate)
        slip = slurry.part("s").scaled(self.solids_to_filtrate)
        liquor = slurry.where(lambda name: not name.endswith("(s)"))
        kind = self._kind(solids)
        held = min(1.0, _share(solids.mass() * kind.moisture / (1.0 - kind.moisture), liquor.mass()))
        filtrate = liquor.scaled(1.0 - held).plus(slip)
        mother, wash, drawn = liquor.scaled(held), inlets.get("wash", Stream()), {}
        if self.wash_ratio is not None or self.wash_recovery is not None:
            drawn = {"wash": self._dose(solids, mother, wash, kind.displacement)}
            wash = wash.scaled(drawn["wash"])
        cake, spent, extents, left = self._washed(solids, mother, wash, kind.displacement, chemistry)
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
            **self._press(solids, filtrate, wash, kind, chemistry),
        }
        return UnitResult(outlets, drawn, extents, values, fixed_splits=splits if self.solids_to_filtrate else ())

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """No heat; electricity by the dry solids."""
        base = super().energy(inlets, result, chemistry)
        power = self.electricity * inlets["slurry"].part("s").mass()
        basis = f"filtration: {self.electricity / 3600.0:.4g} kWh/t dry solids"
        return Energy(base.heat, 0.0, {"filtration": power}, base.steam, base.cooling, (*base.basis, basis))

    def _kind(self, solids: Stream) -> Solid:
        """The cake: what is declared, the rest by its solids."""
        kind = cakes.mixture(solids) or cakes.solid("")
        moisture = kind.moisture if self.moisture is None else self.moisture
        return replace(kind, moisture=moisture, displacement=self.displacement or kind.displacement)

    def _dose(self, solids: Stream, mother: Stream, wash: Stream, displacement: float) -> float:
        """Wash drawn, kg/s."""
        if self.wash_recovery is None:
            return (self.wash_ratio or 0.0) * solids.mass()
        fluid = wash.mass() - wash.part("s").mass()
        return cakes.wash_for(self.wash_recovery, displacement) * mother.mass() * _share(wash.mass(), fluid)

    def _press(
        self, solids: Stream, filtrate: Stream, wash: Stream, kind: Solid, chemistry: Chemistry
    ) -> dict[str, float]:
        """Area and cycle of a chamber press; nothing where nothing is filtered."""
        if not solids.flows or filtrate[WATER] <= 0.0:
            return {}
        usual = practices(cakes.SIZING)
        duty = cakes.Duty(
            solids.mass(),
            chemistry.volume(filtrate, "aq"),
            chemistry.volume(wash, "aq") if wash[WATER] > 0.0 else 0.0,
            chemistry.viscosity(filtrate),
        )
        pressure, depth = self.pressure or usual["press_pressure"].value, self.chamber or usual["press_cake"].value
        idle, filled = usual["press_idle"].value, self.chamber is not None
        found = cakes.press(duty, kind, pressure, idle, depth, filled=filled)
        return {
            "filter_area_m2": found.area,
            "filtration_time_s": found.filtration,
            "wash_time_s": found.wash,
            "cycle_time_s": found.cycle,
            "cake_load_kg_m2": found.load,
            "cake_resistance_m_kg": found.alpha,
        }

    def _washed(
        self, solids: Stream, mother: Stream, wash: Stream, displacement: float, chemistry: Chemistry
    ) -> tuple[Stream, Stream, Mapping[str, float], float]:
        """Cake, spent wash, extents of neutralisation, share of mother liquor left in the cake."""
        fluid, crumbs = wash.where(lambda name: not name.endswith("(s)")), wash.part("s")
        if not fluid.flows or not mother.flows:
            return Stream(add_flows([solids, mother, crumbs]), solids.temperature), fluid, {}, 1.0
        ratio = fluid.mass() / mother.mass()
        out = min(1.0 - (1.0 - displacement) ** ratio, ratio)
        stays = out / ratio
        cake = Stream(add_flows([solids, mother.scaled(1.0 - out), fluid.scaled(stays), crumbs]), solids.temperature)
        spent = Stream(add_flows([mother.scaled(out), fluid.scaled(1.0 - stays)]), wash.temperature)
        (cake, spent), extents = redistributed((cake, spent), (solids.plus(mother), wash), chemistry)
        return cake, spent, extents, 1.0 - out


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else 0.0
