"""Leaching of battery scrap in sulfuric acid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream, add_flows
from hydromet.units.base import Energy, Inlets, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, dissolved
from hydromet.units.fields import PH, Concentration, Duration, Fraction, Length, Ratio, SpecificPower, Temperature
from hydromet.units.heat import driven, taken, vessel_energy
from hydromet.units.leaching import tank
from hydromet.units.leaching.table import sources
from hydromet.units.leaching.train import demand, leach
from hydromet.units.vessel import add_extents, free_acid, open_gas

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Leach(Unit):
    """Leach of battery scrap in a train of equal stirred tanks or in batches: sulfuric acid with a reductant.

    Assumptions:
        1. Limits first: what acid, electrons and formula allow; kinetics second: what time, temperature and liquor
           allow each particle. Every tank has the declared temperature and its own liquor; acid enters the first, the
           reductant as many as are declared.
        2. Carbonates, fluorides, phosphates, salts and lower oxides dissolve at once. Oxides above +2 need electrons,
           which reductants give in the order of their potentials: Al, Fe, Ni, Co, Cu (through the Fe couple), SO2 and
           metabisulfite, H2O2, Fe+2, glucose. What is left of a metal reduces Fe+3, then cements copper, then sets H2
           free; what is left of the peroxide dissolves copper, oxidises Fe+2 and decomposes to O2.
        3. Oxide without a reductant disproportionates up to a plateau: 2 LiMO2 + 4 H+ = 2 Li+ + M+2 + MO2 + 2 H2O; its
           core exchanges lithium for protons. The residue (MO2, MOOH) oxidises dissolved Mn+2 to MnO2 and, at a rate of
           each metal, water to O2.
        4. Rates see the acid and the reductant left, all reductants as their peroxide equivalent; foils are used up
           before peroxide, which meanwhile decomposes, catalysed by dissolved Mn, Cu and Fe. MnO2 forms only where the
           reductant is used up. Metals of an oxide dissolve with a reductant in the ratio of its formula. Fe+2 that no
           oxide takes up finds the peroxide before it decomposes, unless copper metal is left to reduce it again.
        5. CO2, O2 and H2 leave with the vapour of an open tank, after the acid is set, and HF at the pressure it has
           over the liquor; the rest of the fluoride and phosphate stays in the liquor.
        6. Graphite and binder are inert; solids with a declared dissolved share and oxide locked in binder are listed
           as fixed splits. LiFePO4 dissolves by its own rate; where it is fed FePO4:2H2O comes back by equilibrium.
        7. Oxide particles have a lognormal distribution about their median. Sieve sizes of black mass are those of
           agglomerates, which liquor penetrates: they count only where ``feed_sizes`` says so, as for ground oxide.
        8. With ``cycle_time`` the leach runs in batches of ``residence_time``, everything charged at the start; flows
           are averages over the cycle. A heel keeps its solids and its liquor for the next batches: stays of 1, 2,
           3 ... cycles, as a gamma density of the same mean and variance.

    Ports: in ``solids``, ``liquor`` (optional), ``acid`` (drawn if ``pH`` or ``free_acid`` is set), ``reductant``
    (drawn if ``reductant_ratio`` is set); out ``slurry``, ``gas``.

    Equations: extents by electron balance, sum n_e xi = min(demand, supply). Clocks of the steps in each tank or batch:
    dR/dt = a^m p^n for particles with k R = (1 - l) d (1 - r) + l d^2 (1 - 3 r^2 + 2 r^3), X = 1 - r^3; dA/dt = a^q
    for X = plateau (1 - exp(-(k A)^n)) without a reductant; dL/dt = k (1 + sum c m) P for peroxide; k by Arrhenius.
    Train: mean over the residence times of N tanks; batch: scipy's LSODA.

    Validity: 25-95 degC, 0.25-8 M H2SO4 in the data of reactions/leach.yaml.

    Sources: reactions/leach.yaml. Errors by data block, fitted and left out: explanations/leach-accuracy.
    """

    model: Literal["leach"] = "leach"
    temperature: Temperature = Field(description="temperature of all tanks")
    residence_time: Duration = Field(14400.0, description="residence time of all tanks together")
    tanks: int = Field(3, ge=1, le=12, description="number of equal tanks in series")
    cycle_time: Duration | None = Field(
        None, gt=0.0, description="batches: time from one charge to the next, filling and emptying included"
    )
    heel: Fraction = Field(0.0, lt=0.9, description="batches: share of the slurry that stays for the next one")
    pH: PH | None = Field(None, description="pH of the slurry; draws the acid")
    free_acid: Concentration | None = Field(None, description="free acid as H2SO4 in the slurry; draws the acid")
    reductant_ratio: Ratio | None = Field(
        None, description="reductant over what the oxides need after credit for the metals; draws the reductant"
    )
    reductant_tanks: int = Field(
        1, ge=1, le=12, description="tanks, from the first, that get equal parts of the peroxide"
    )
    peroxide_efficiency: Fraction | None = Field(
        None, gt=0.0, description="share of peroxide that oxides or metals see; if absent, from its decomposition"
    )
    particle_size: Length | None = Field(
        None,
        gt=0.0,
        description="median diameter of the oxide particles; if absent, that of the tests behind the rates",
    )
    feed_sizes: bool = Field(
        False, description="true: the sizes of the feed are those of its oxide particles, not of agglomerates"
    )
    locked: Fraction = Field(0.01, description="share of the oxides locked in binder, never wetted")
    dissolved: dict[str, Fraction] = Field({}, description="solid -> dissolved share, instead of the data's")
    solids: tuple[str, ...] = Field(
        ("CaSO4:2H2O(s)", "PbSO4(s)"), description="solids that dissolve or form to equilibrium"
    )
    agitation: SpecificPower = Field(800.0, description="power of the agitators per volume of slurry")

    inlets: ClassVar = (Port("solids", "black mass or scrap"), Port("acid", "sulfuric acid"))
    outlets: ClassVar = (Port("slurry", "leach liquor with residue"), Port("gas", "O2, CO2, H2, HF and vapour"))
    example: ClassVar = tank.EXAMPLE

    @field_validator("dissolved", "solids")
    @classmethod
    def _solids(cls, value: Any) -> Any:
        for name in value:
            if species(name).phase != "s":
                right = f"{name.partition('(')[0]}(s)"
                write = f"dissolved: {{{right}: 2 %}}" if isinstance(value, dict) else f'solids: ["{right}"]'
                raise UnitError("E884", read=name, expected="a solid, with its phase", write=write)
        return value

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.pH is not None and self.free_acid is not None:
            raise UnitError("E805", read="pH and free_acid", expected="one of the two, or neither", write="pH: 1.3")
        return self

    @model_validator(mode="after")
    def _batches(self) -> Self:
        if self.cycle_time is None and self.heel > 0.0:
            raise UnitError("E881", read="a heel without cycle_time", expected="cycle_time", write="cycle_time: 6 h")
        if self.cycle_time is not None and self.cycle_time < self.residence_time:
            read = f"cycle_time {self.cycle_time / 3600.0:g} h, residence_time {self.residence_time / 3600.0:g} h"
            more = f"cycle_time: {1.5 * self.residence_time / 3600.0:g} h"
            raise UnitError("E882", read=read, expected="a cycle that holds the leach", write=more)
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
        how = tank.conditions(self, inlets["solids"])
        template = {port.name for port in self.inlet_ports() if port.drawn}
        given = Stream(add_flows(s for name, s in inlets.items() if name not in template), self.temperature)
        drawn: dict[str, float] = {}
        if "reductant" in template:
            ready = chemistry.canonical(given)[0].flows
            drawn["reductant"] = (self.reductant_ratio or 0.0) * tank.peroxide(ready, inlets["reductant"], how)
            given = given.plus(inlets["reductant"].scaled(drawn["reductant"]))
        start = chemistry.canonical(given)[0].flows
        outcomes = leach(start, how, acid_given="acid" not in template)
        dosing = tank.Dosing(given, outcomes[-1].extents, chemistry)
        release: dict[str, float] = {}
        if "acid" in template:
            acid, one = dissolved(inlets["acid"].at(self.temperature), chemistry, SOLUBLE)
            drawn["acid"] = dosing.dose(acid, pH=self.pH, acid_content=self.free_acid)
            if self.pH is not None:
                # What a pH means in free acid is known once there is a liquor: the rates are asked again with that.
                how = tank.at_acid(how, dosing.reacted(given.plus(acid.scaled(drawn["acid"])))[0], chemistry)
                outcomes = leach(start, how, acid_given=False)
                dosing = tank.Dosing(given, outcomes[-1].extents, chemistry)
                drawn["acid"] = dosing.dose(acid, pH=self.pH, acid_content=None)
            given = given.plus(acid.scaled(drawn["acid"]))
            release = {name: xi * drawn["acid"] for name, xi in one.items()}
        outcome = outcomes[-1]
        mixed, first = dosing.reacted(given)
        settled, last, activity = tank.settle(mixed, tank.phases(self, inlets["solids"]), chemistry)
        open_, vapours, vapour = open_gas(settled, chemistry, activity)
        slurry, gas, fumes = tank.fluoride_gas(open_, vapours, chemistry)
        feed = taken(inlets, drawn)
        extents = add_extents(release, first, outcome.extents, last, vapour, fumes)
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            drawn=drawn,
            extents=extents,
            values={
                **tank.extraction(feed, slurry),
                **tank.liquor_values(slurry, chemistry),
                **{f"electrons_from_{name}": flow / outcome.demand for name, flow in outcome.electrons.items()},
                **tank.reagents(feed, slurry),
                **tank.peroxide_values(given, outcome, chemistry, slurry),
                **tank.batches(slurry, self, chemistry),
                "free_acid_g_L": free_acid(slurry, chemistry),
            },
            stages=tank.profile(start, how, outcomes),
            fixed_splits=tank.splits(given, demand(start, how), self.dissolved, self.locked),
            notices=tank.notices(outcome, gas),
        )

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """Vessel heat and the agitators, whose power heats the slurry."""
        volume = chemistry.volume(result.outlets["slurry"]) * self.residence_time / (1.0 - self.heel)
        basis = f"agitation: {self.agitation:.4g} W/m3 on {volume:.4g} m3 of slurry"
        return driven(vessel_energy(inlets, result, chemistry), self.agitation * volume, "agitation", basis)

    def sources_used(self) -> list[dict[str, Any]]:
        """Kinetics, reductants and dissolved shares with their sources."""
        return sources(self.dissolved)
