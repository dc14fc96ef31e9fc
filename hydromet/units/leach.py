"""Leaching of battery scrap in sulfuric acid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.stream import Stream, add_flows
from hydromet.units.base import Energy, Inlets, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, dissolved
from hydromet.units.fields import PH, Concentration, Duration, Fraction, Ratio, SpecificPower, Temperature
from hydromet.units.heat import driven, taken, vessel_energy
from hydromet.units.leaching import tank
from hydromet.units.leaching.table import leach_table, sources
from hydromet.units.leaching.train import Conditions, demand, leach
from hydromet.units.vessel import add_extents, free_acid, open_gas

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Leach(Unit):
    """Leach train of equal stirred tanks: sulfuric acid with peroxide or another reductant.

    Assumptions:
        1. Limits first: what acid, electrons and formula allow; kinetics second: what the residence times of the tank
           train allow each particle. All tanks have the declared temperature; reagents enter the first.
        2. Carbonates, fluorides, phosphates, salts and lower oxides dissolve at once. Oxides above +2 need electrons,
           which reductants give in the order of their potentials: Al, Fe, Ni, Co, Cu (through the Fe couple), SO2,
           H2O2, Fe+2. What is left of a metal reduces Fe+3, then cements copper, then sets H2 free; what is left of
           the peroxide dissolves copper, oxidises Fe+2 and decomposes to O2.
        3. Oxide without a reductant disproportionates: 2 LiMO2 + 4 H+ = 2 Li+ + M+2 + MO2 + 2 H2O; the residue is
           carried as NiO2, CoO2, MnO2, and oxidises water at a rate that grows with nickel and temperature.
        4. Where given acid falls short, all reactions that need it are cut by the same share.
        5. CO2, O2 and H2 leave with the vapour of an open tank, after the acid is set; HF and H3PO4 stay in the liquor.
        6. Graphite and binder are inert; solids with a declared dissolved share and oxide locked in binder are listed
           as fixed splits. Proton exchange for lithium and re-precipitation of MnO2 are not modelled.

    Ports: in ``solids``, ``liquor`` (optional), ``acid`` (drawn if ``pH`` or ``free_acid`` is set), ``reductant``
    (drawn if ``reductant_ratio`` is set); out ``slurry``, ``gas``.

    Equations: extents by electron balance, sum n_e xi = min(demand, supply); particles 1 - (1 - X)^(1/3) = k t over the
    residence times of the train; k = k_ref exp(-E/R (1/T - 1/T_ref)). Without reductant first order to a plateau.

    Validity: 25-85 degC, 1-8 M H2SO4 in the data of reactions/leach.yaml; rates do not depend on acid or peroxide.

    Sources: reactions/leach.yaml. Mean error on literature/leach_points.csv: Ni and Co 1-5 points in blocks
    A, B, F and G, that of Li 4-8 points (low); blocks at 75-95 degC without reductant are not met.
    """

    model: Literal["leach"] = "leach"
    temperature: Temperature = Field(description="temperature of all tanks")
    residence_time: Duration = Field(14400.0, description="residence time of all tanks together")
    tanks: int = Field(3, ge=1, le=12, description="number of equal tanks in series")
    pH: PH | None = Field(None, description="pH of the slurry; draws the acid")
    free_acid: Concentration | None = Field(None, description="free acid as H2SO4 in the slurry; draws the acid")
    reductant_ratio: Ratio | None = Field(
        None, description="peroxide per mole needed after credit for the metals and the loss; draws the reductant"
    )
    peroxide_efficiency: Fraction = Field(
        0.67, gt=0.0, description="share of peroxide that oxides or metals see; the rest decomposes"
    )
    locked: Fraction = Field(0.01, description="share of the oxides locked in binder, never wetted")
    dissolved: dict[str, Fraction] = Field({}, description="solid -> dissolved share, instead of the data's")
    solids: tuple[str, ...] = Field(
        ("CaSO4:2H2O(s)", "PbSO4(s)"), description="solids that dissolve or form to equilibrium"
    )
    agitation: SpecificPower = Field(800.0, description="power of the agitators per volume of slurry")

    inlets: ClassVar = (Port("solids", "black mass or scrap"), Port("acid", "sulfuric acid"))
    outlets: ClassVar = (Port("slurry", "leach liquor with residue"), Port("gas", "O2, CO2, H2 and vapour"))
    example: ClassVar = tank.EXAMPLE

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.pH is not None and self.free_acid is not None:
            raise UnitError("E805", read="pH and free_acid", expected="one of the two, or neither", write="pH: 1.3")
        return self

    def inlet_ports(self) -> tuple[Port, ...]:
        """Acid and reductant are drawn where a target is set."""
        drawn = self.pH is not None or self.free_acid is not None
        ratio = self.reductant_ratio is not None
        return (
            Port("solids", "black mass or scrap"),
            Port("liquor", "water, wash filtrate, recycled acid liquor", required=False),
            Port("acid", "sulfuric acid", required=drawn, drawn=drawn),
            Port("reductant", "hydrogen peroxide or SO2", required=ratio, drawn=ratio),
        )

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Peroxide dose, reactions, acid dose, equilibrium of the sparingly soluble solids, gas."""
        how = self._conditions()
        template = {port.name for port in self.inlet_ports() if port.drawn}
        given = Stream(add_flows(s for name, s in inlets.items() if name not in template), self.temperature)
        drawn: dict[str, float] = {}
        if "reductant" in template:
            ready = chemistry.canonical(given)[0].flows
            drawn["reductant"] = (self.reductant_ratio or 0.0) * tank.peroxide(ready, inlets["reductant"], how)
            given = given.plus(inlets["reductant"].scaled(drawn["reductant"]))
        start = chemistry.canonical(given)[0].flows
        outcome = leach(start, how, acid_given="acid" not in template)
        dosing = tank.Dosing(given, outcome.extents, chemistry)
        release: dict[str, float] = {}
        if "acid" in template:
            acid, one = dissolved(inlets["acid"].at(self.temperature), chemistry, SOLUBLE)
            drawn["acid"] = dosing.dose(acid, pH=self.pH, acid_content=self.free_acid)
            given = given.plus(acid.scaled(drawn["acid"]))
            release = {name: xi * drawn["acid"] for name, xi in one.items()}
        mixed, first = dosing.reacted(given)
        settled, last, activity = tank.settle(mixed, self.solids, chemistry)
        slurry, gas, vapour = open_gas(settled, chemistry, activity)
        feed = taken(inlets, drawn)
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            drawn=drawn,
            extents=add_extents(release, first, outcome.extents, last, vapour),
            values={
                **tank.extraction(feed, slurry),
                **tank.liquor_values(slurry, chemistry),
                **{f"electrons_from_{name}": flow / outcome.demand for name, flow in outcome.electrons.items()},
                **tank.reagents(feed, slurry),
                "free_acid_g_L": free_acid(slurry, chemistry),
            },
            stages=tank.profile(start, how, self.tanks),
            fixed_splits=tank.splits(given, demand(start, how), self.dissolved, self.locked),
            notices=tank.notices(outcome, gas),
        )

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """Vessel heat and the agitators, whose power heats the slurry."""
        volume = chemistry.volume(result.outlets["slurry"]) * self.residence_time
        basis = f"agitation: {self.agitation:.4g} W/m3 on {volume:.4g} m3 of slurry"
        return driven(vessel_energy(inlets, result, chemistry), self.agitation * volume, "agitation", basis)

    def sources_used(self) -> list[dict[str, Any]]:
        """Kinetics, reductants and dissolved shares with their sources."""
        return sources(self.dissolved)

    def _conditions(self) -> Conditions:
        shares = {name: share for name, (share, _) in leach_table().shares.items()} | self.dissolved
        how = (self.temperature, self.residence_time, self.tanks, self.locked, self.peroxide_efficiency)
        return Conditions(*how, shares, frozenset(self.solids))
