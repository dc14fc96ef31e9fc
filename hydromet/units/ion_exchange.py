"""Ion exchange on a chelating resin: loading, elution with acid, conversion, as the average of a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream, add_flows
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, dissolved
from hydromet.units.fields import Ratio
from hydromet.units.resins import Cycle, cycle, load_resin, sources
from hydromet.units.vessel import add_extents, liquor_volume

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry

# Cations of the conversion, in the order in which they are taken from the base.
_FORMS = ("Na+", "NH4+", "Li+", "K+")
_NEUTRALISATION = "H+ + OH- = H2O"
_HOUR = 3600.0
_MOSTLY = 0.5


class IonExchange(Unit):
    """Chelating resin in columns: a target ion and what the resin prefers to it go to the eluate, in time average.

    Assumptions:
        1. Beds in merry-go-round: the lead column is changed when it has used the share ``use`` (data) of the capacity
           it has in equilibrium with the feed; the lag column holds the leak at its average over the cycle.
        2. Competitive Langmuir isotherm with protons. Ions held more strongly than the target go in full and take sites
           from it; weaker ones load as the isotherm says and follow into the eluate. Li and Na are not held.
        3. Elution with acid takes everything off; the acid beyond it and the rinse leave with the eluate.
        4. In the sodium form a base converts the bed before it is used again: the liquor takes up its cation for the
           metal and keeps its pH. In the acid form the liquor takes up the protons, which at high loads ends the
           uptake: the pH of the feed counts, so use it for traces only.
        5. Steady flows are the averages of many cycles: all volumes per cycle over the time of a cycle. Isothermal.

    Ports: in ``feed``, ``acid``, ``water`` (rinse), ``base`` (sodium form only; all three drawn);
    out ``treated``, ``eluate``, ``conversion`` (spent base; sodium form only).

    Equations: theta_i = K_i c_i / (1 + (K_H h)^2 + sum K_j c_j); bed volumes B = u q_T / (c_T (1 - leak)) on the sites
    that stronger ions leave, share of a weaker ion = u q_j / (B c_j); E = sum z_i n_i equivalents: acid = ratio E,
    base = ratio E; M+2 + 2 RNa = R2M + 2 Na+, R2M + 2 H+ = 2 RH + M+2, RH + OH- + Na+ = RNa + H2O.

    Validity: pH 1-6, 20-60 degC, target up to some g/L; the order of ions is that of the data, the bed volumes are good
    to a factor of 2. Acid does not take copper off bis-picolylamine in full.

    Sources: reactions/resins.yaml.
    """

    model: Literal["ion_exchange"] = "ion_exchange"
    resin: str = Field("iminodiacetate", description="data/reactions/resins.yaml")
    target: str = Field(description="ion whose breakthrough ends the cycle", examples=["Ni+2"])
    form: Literal["sodium", "acid"] = Field("sodium", description="in which the bed is loaded")
    acid_ratio: Ratio = Field(2.0, ge=1.0, description="acid per equivalent loaded")
    base_ratio: Ratio = Field(1.1, ge=1.0, description="base per equivalent loaded, in the sodium form")
    rinse: Ratio = Field(3.0, description="bed volumes of rinse per cycle")
    rate: Ratio = Field(10.0, gt=0.0, description="bed volumes of feed an hour")

    outlets: ClassVar = (
        Port("treated", "liquor without the target"),
        Port("eluate", "metals in acid, with the rinse"),
        Port("conversion", "spent base"),
    )
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"resin": "iminodiacetate", "target": "Cu+2"},
            "inlets": {
                "feed": {
                    "flows": {
                        "H2O": 90.0, "Cu+2": 0.002, "Ni+2": 0.01, "Zn+2": 0.001, "Co+2": 0.3, "Mn+2": 0.1, "Li+": 0.4,
                        "H+": 0.001, "SO4-2": 0.6135,
                    },
                    "temperature": 313.15,
                },
                "acid": {"flows": {"H+": 4.0, "SO4-2": 2.0, "H2O": 50.0}},
                "water": {"flows": {"H2O": 55.5}},
                "base": {"flows": {"Na+": 1.0, "OH-": 1.0, "H2O": 55.0}},
            },
        },
        {
            "parameters": {"resin": "bispicolylamine", "target": "Ni+2", "form": "acid"},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Ni+2": 0.004, "Co+2": 0.5, "H+": 0.02, "SO4-2": 0.514}},
                "acid": {"flows": {"H2SO4(l)": 2.0, "H2O": 50.0}},
                "water": {"flows": {"H2O": 55.5}},
            },
        },
    )  # fmt: skip

    @field_validator("resin")
    @classmethod
    def _known_resin(cls, value: str) -> str:
        return load_resin(value).name

    @field_validator("target")
    @classmethod
    def _known_ion(cls, value: str, info: ValidationInfo) -> str:
        if (resin := info.data.get("resin")) is not None and value not in (ions := load_resin(resin).constants):
            raise UnitError("E824", read=f"target: {value}", expected=", ".join(ions), write="target: Ni+2")
        return value

    def inlet_ports(self) -> tuple[Port, ...]:
        """Base only in the sodium form."""
        ports = (
            Port("feed", "liquor"),
            Port("acid", "acid for elution", drawn=True),
            Port("water", "rinse water", drawn=True),
        )
        return (*ports, Port("base", "NaOH for conversion", drawn=True)) if self.form == "sodium" else ports

    def outlet_ports(self) -> tuple[Port, ...]:
        """Spent base only in the sodium form."""
        return self.outlets if self.form == "sodium" else self.outlets[:2]

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Bed volumes and shares, then acid, rinse and base for what is loaded."""
        feed, first = chemistry.canonical(inlets["feed"])
        volume = liquor_volume(feed, chemistry)
        run = self._cycle(feed, volume, chemistry)
        loaded = {ion: share * feed[ion] for ion, share in run.removed.items()}
        equivalents = sum(species(ion).charge * n for ion, n in loaded.items())
        beds = volume / run.bed_volumes if run.bed_volumes > 0.0 else 0.0
        at = feed.temperature
        acid, acid_in, drawn_acid = _dose(inlets["acid"], "H+", self.acid_ratio * equivalents, chemistry)
        rinse = _density(inlets["water"], chemistry) * self.rinse * beds
        left = {n: f - loaded.get(n, 0.0) for n, f in feed.flows.items()}
        eluate = add_flows([acid, inlets["water"].scaled(rinse), Stream(loaded)])
        drawn, outlets, exchange = {"acid": drawn_acid, "water": rinse}, {}, {}
        used = min(equivalents, eluate.get("H+", 0.0))
        eluate["H+"] = eluate.get("H+", 0.0) - used
        cations, base_in = {"H+": used}, dict[str, float]()
        if self.form == "sodium":
            base, base_in, drawn["base"] = _dose(inlets["base"], "OH-", self.base_ratio * equivalents, chemistry)
            cations, spent = _converted(base, used)
            outlets["conversion"], exchange = base.with_flows(spent).at(at), {_NEUTRALISATION: used}
        treated, last = chemistry.canonical(Stream(add_flows([Stream(left), Stream(cations)]), at, feed.pressure))
        made, end = chemistry.canonical(Stream(eluate, at, feed.pressure))
        return UnitResult(
            {"treated": treated, "eluate": made, **outlets},
            drawn,
            add_extents(first, acid_in, base_in, exchange, last, end),
            self._values(run, volume, loaded, feed),
            fixed_splits=self._splits(),
            notices=self._notices(run),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """The isotherm with its sources."""
        return sources(load_resin(self.resin))

    def _cycle(self, feed: Stream, volume: float, chemistry: Chemistry) -> Cycle:
        if volume <= 0.0 or feed[self.target] <= 0.0:
            return Cycle(0.0, {}, 0.0)
        resin = load_resin(self.resin)
        liquor = {ion: feed[ion] / volume for ion in resin.constants}
        return cycle(resin, liquor, chemistry.liquor(feed).pH, self.target)

    def _values(self, run: Cycle, volume: float, loaded: Mapping[str, float], feed: Stream) -> dict[str, float]:
        """Bed volumes, time of a cycle, size of a bed, loading of the target."""
        shares = {f"removed_{ion}": share for ion, share in sorted(run.removed.items())}
        per_bed = loaded.get(self.target, 0.0) / volume * run.bed_volumes if volume > 0.0 else 0.0
        return {
            **shares,
            "bed_volumes": run.bed_volumes,
            "cycle_time_s": run.bed_volumes / self.rate * _HOUR,
            "bed_volume_m3": volume * _HOUR / self.rate,
            "target_loaded_kg_m3": per_bed * species(self.target).molar_mass,
            "sites_of_preferred_ions": run.preferred,
            "target_kg_s": feed[self.target] * species(self.target).molar_mass,
        }

    def _splits(self) -> tuple[FixedSplit, ...]:
        resin = load_resin(self.resin)
        leak = resin.row["leak"]["source"]
        return (FixedSplit("leak of the bed", self.target, resin.leak, "treated", leak),)

    def _notices(self, run: Cycle) -> tuple[Notice, ...]:
        if run.preferred <= _MOSTLY:
            return ()
        return (Notice("W828", f"{run.preferred:.0%} of the sites hold ions that the resin prefers to {self.target}"),)


def _density(water: Stream, chemistry: Chemistry) -> float:
    """Mass of a template of 1 kg/s per volume, kg/m3."""
    volume = liquor_volume(water, chemistry)
    return 1.0 / volume if volume > 0.0 else 0.0


def _dose(template: Stream, ion: str, amount: float, chemistry: Chemistry) -> tuple[Stream, dict[str, float], float]:
    """A reagent with so much of an ion, mol/s: stream, extents of its dissolution, kg/s.

    Raises:
        UnitError: E831 the reagent brings none of it.
    """
    ready, release = dissolved(template, chemistry, SOLUBLE)
    dose = amount / ready[ion] if ready[ion] > 0.0 else 0.0
    if amount > 0.0 and dose <= 0.0:
        raise UnitError("E831", read=f"a reagent without {ion}", expected=f"a solution that brings {ion}")
    return ready.scaled(dose), {name: xi * dose for name, xi in release.items()}, dose


def _converted(base: Stream, used: float) -> tuple[dict[str, float], dict[str, float]]:
    """Cations that the resin takes of a base, and what is left of it with the water that forms, mol/s."""
    spent, cations, need = dict(base.flows), dict[str, float](), used
    for ion in _FORMS:
        cations[ion] = min(need, spent.get(ion, 0.0))
        spent[ion] = spent.get(ion, 0.0) - cations[ion]
        need -= cations[ion]
    if need > 1e-9 * used:
        raise UnitError("E831", read="a base with too little of Na+, NH4+, Li+, K+", expected="a base such as NaOH")
    spent["OH-"] = spent.get("OH-", 0.0) - used
    spent["H2O"] = spent.get("H2O", 0.0) + used
    return cations, spent
