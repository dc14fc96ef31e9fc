"""What extraction, scrubbing and stripping share: parameters of a mixer-settler cascade and its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from hydromet.chemistry.extraction.contact import Feed, Layout, contact
from hydromet.chemistry.extraction.extractants import Extractant, load_extractant
from hydromet.chemistry.physical.volume import aqueous_volume
from hydromet.chemistry.physical.volume import volume as stream_volume
from hydromet.errors import ExtractionError
from hydromet.species import pseudo_elements, species
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.crud import Crud, Share, declared, take_crud
from hydromet.units.fields import Fraction, Ratio, Temperature
from hydromet.units.vessel import add_extents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hydromet.chemistry import Chemistry
    from hydromet.chemistry.extraction.contact import Contacted, Dose, Outcome
    from hydromet.stream import Stream

# What is reported when a stage is supersaturated with it.
WATCHED = (
    "CaSO4:2H2O(s)", "CaF2(s)", "Ni(OH)2(s)", "Co(OH)2(s)", "Mn(OH)2(s)", "Mg(OH)2(s)", "Cu(OH)2(s)", "Zn(OH)2(s)",
    "Al(OH)3(s)", "Fe(OH)3(s)", "NiSO4:7H2O(s)", "CoSO4:7H2O(s)", "MnSO4:H2O(s)", "Na2SO4:10H2O(s)",
)  # fmt: skip
# Limits of plausibility: O/A, share of the stoichiometric capacity in use, pH off the range of a constant,
# concentration (g/L) from which a metal counts, saturation index.
O_A_RANGE, FULL, PH_MARGIN, COUNTS, SATURATED = (0.05, 20.0), 0.85, 0.3, 0.01, 0.05
# Temperatures (K) that the heats of extraction are believed for.
WARM = (288.15, 333.15)
# Groups of the organic that are no extractant; an idle extractant below this share of the one at work is not told.
OTHER_GROUPS, FOREIGN, LITRE = ("Diluent",), 1e-3, 1e-3
# An efficiency of stripping below this is no way out of a loop.
_NO_WAY_OUT = 0.1


class CascadeUnit(Unit):
    """Parameters of every cascade of mixer-settlers; see the units themselves."""

    extractant: str = Field(
        description="data/extractants: d2ehpa, cyanex272, pc88a, versatic10, lix84", examples=["d2ehpa"]
    )
    stages: int = Field(ge=1, le=60, description="mixer-settlers in series")
    temperature: Temperature = Field(298.15, description="of all stages; the duty is a result")
    stage_efficiency: Fraction = Field(
        1.0, gt=0.0, description="Murphree efficiency: share of the organic that comes to equilibrium in a stage"
    )
    aqueous_entrainment: Fraction = Field(
        2e-4, le=0.1, description="aqueous in the organic of every settler, volume per volume"
    )
    organic_entrainment: Fraction = Field(
        6e-5, le=0.1, description="organic in the aqueous of every settler, volume per volume"
    )

    sides: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {}, description="more feeds: name of the port -> stage it enters", examples=[{"scrub_raffinate": 2}]
    )
    crud: Share = Field(
        0.0, description="share of the organic that leaves as crud; typical: that of data/extractants", examples=[1e-5]
    )
    crud_liquor: Ratio = Field(1.0, description="liquor in the crud, volume per volume of organic")
    crud_solids: tuple[str, ...] = Field(
        (), description="solids that may precipitate from the leaving liquor into the crud", examples=["CaSO4:2H2O(s)"]
    )

    @field_validator("extractant")
    @classmethod
    def _known(cls, value: str) -> str:
        load_extractant(value)
        return value

    @model_validator(mode="after")
    def _sides_fit(self) -> Self:
        own = {port.name for port in self.own_ports()}
        for name, stage in self.sides.items():
            if stage > self.stages:
                raise ExtractionError(
                    "E606", read=f"sides: {name}: {stage}", expected=f"a stage from 1 to {self.stages}"
                )
            if name in own or not name.isidentifier():
                raise ExtractionError(
                    "E612", read=f"sides: {name}", expected=f"a name of its own: {', '.join(sorted(own))} are taken",
                    write="sides: {scrub_raffinate: 2}",
                )  # fmt: skip
        if isinstance(self.crud, str):
            declared(self.crud, self.extractant, "crud")
        return self

    def own_ports(self) -> tuple[Port, ...]:
        """Inlets of this kind of cascade, the declared side feeds apart."""
        return self.inlets

    def inlet_ports(self) -> tuple[Port, ...]:
        """Those of the cascade and a port for every side feed."""
        sides = tuple(Port(name, f"feed to stage {stage}") for name, stage in self.sides.items())
        return (*self.own_ports(), *sides)

    def outlet_ports(self) -> tuple[Port, ...]:
        """Crud leaves where some is declared."""
        more = (Port("crud", "organic, liquor and solids held together"),) if self.crud or self.crud_solids else ()
        return (*self.outlets, *more)

    def side_feeds(self, inlets: Inlets) -> list[Feed]:
        """What enters between the ends."""
        return [Feed(stage - 1, inlets[name]) for name, stage in self.sides.items() if name in inlets]

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """What sulfuric acid does not strip stays on the organic; entrainment is too little of an exit."""
        if inlet != "organic" or not stays(self.extractant, element):
            return None
        return ("organic", "crud") if self.crud else ("organic",)

    def run(
        self,
        feeds: Sequence[Feed],
        *,
        set_points: Mapping[int, float] | None = None,
        base: Stream | None = None,
        doses: Sequence[Dose] = (),
        slow: Mapping[str, float] | None = None,
    ) -> Contacted:
        """The cascade solved."""
        layout = Layout(
            stages=self.stages,
            temperature=self.temperature,
            efficiency=self.stage_efficiency,
            slow=slow or {},
            aqueous_in_organic=self.aqueous_entrainment,
            organic_in_aqueous=self.organic_entrainment,
            set_points=set_points or {},
            base=base,
        )
        return contact(load_extractant(self.extractant), feeds, layout, doses)

    def report(
        self,
        done: Contacted,
        outlets: Mapping[str, Stream],
        drawn: Mapping[str, float],
        chemistry: Chemistry,
        *,
        splits: Sequence[FixedSplit] = (),
        extra: Sequence[Notice] = (),
        values: Mapping[str, float] | None = None,
    ) -> UnitResult:
        """Everything a report needs of a solved cascade, its crud taken out."""
        crud = self._crud(outlets, chemistry)
        declared_splits = (*splits, *crud.splits)
        extents = add_extents(done.extents, crud.extents)
        if done.outcome is None:
            said = [*extra]
            if any(stream.flows for stream in outlets.values()):
                said.append(Notice("W610", "no water enters stage 1, or there is no extractant: nothing is contacted"))
            return UnitResult(crud.outlets, drawn, extents, dict(values or {}), (), declared_splits, tuple(said))
        extractant = load_extractant(self.extractant)
        stages = profile(done.outcome, extractant)
        found = {
            "raffinate_pH": stages[-1]["pH"],
            "loading": max(stage["loading"] for stage in stages),
            "O_A": stages[-1]["O_A"],
            "extractant_loss_kg_h": done.extents.get(f"{extractant.acid} = {extractant.dissolved}", 0.0)
            * extractant.molar_mass * 3600.0,
        }  # fmt: skip
        inert, said_inert = idle(outlets["organic"], extractant)
        notices = (*extra, *said_inert, *_warmth(self.temperature), *plausible(done, stages, extractant))
        all_values = {**found, **inert, **(values or {})}
        return UnitResult(crud.outlets, drawn, extents, all_values, stages, declared_splits, notices)

    def _crud(self, outlets: Mapping[str, Stream], chemistry: Chemistry) -> Crud:
        if not self.crud and not self.crud_solids:
            return Crud(outlets)
        share = declared(self.crud, self.extractant, "crud")
        return take_crud(outlets, share, self.crud_liquor, self.crud_solids, chemistry)

    def sources_used(self) -> list[dict[str, Any]]:
        """Constants and properties of the extractant with their sources."""
        return [row.as_dict() for row in load_extractant(self.extractant).sources()]


def _warmth(temperature: float) -> tuple[Notice, ...]:
    """A temperature that the log K do not hold for."""
    low, high = (limit - 273.15 for limit in WARM)
    if low <= (at := temperature - 273.15) <= high:
        return ()
    return (Notice("W615", f"{at:.4g} degC: the log K hold for {low:.0f} to {high:.0f} degC"),)


def stays(extractant: str, element: str) -> bool:
    """Whether sulfuric acid does not take an element off an extractant, as iron off D2EHPA."""
    metals = load_extractant(extractant).metals.items()
    return any(element_of(ion) == element and metal.sulfate_strip < _NO_WAY_OUT for ion, metal in metals)


def element_of(ion: str) -> str:
    """``Co+2`` -> ``Co``; ammonium stays ``NH4``."""
    return ion.rstrip("0123456789").rstrip("+")


def profile(outcome: Outcome, extractant: Extractant) -> tuple[dict[str, float], ...]:
    """One mapping a stage: pH, free extractant (mol/L, monomer), loading, alkali salts, O/A, metals (g/L)."""
    rows = []
    masses = [species(ion).molar_mass for ion in outcome.ions]
    for j in range(outcome.pH.size):
        volume, organic = float(outcome.volume_aq[j]), float(outcome.volume_org[j])
        row = {
            "stage": float(j + 1),
            "pH": float(outcome.pH[j]),
            "free_extractant_mol_L": float(outcome.free[j]) * extractant.aggregation,
            "loading": float(outcome.loading[j]),
            "alkali": 0.0,
            "O_A": organic / volume,
        }
        for i, ion in enumerate(outcome.ions):
            name = element_of(ion)
            if extractant.metals[ion].charge == 1 and outcome.extractant[j] > 0.0:
                row["alkali"] += float(outcome.organic[j, i] / outcome.extractant[j])
            row[f"{name}_aq_g_L"] = float(outcome.aqueous[j, i]) * masses[i] / volume
            row[f"{name}_org_g_L"] = float(outcome.organic[j, i]) * masses[i] / organic if organic > 0.0 else 0.0
        rows.append(row)
    return tuple(rows)


def idle(organic: Stream, extractant: Extractant) -> tuple[dict[str, float], list[Notice]]:
    """Extractant that takes no part: another one carried in, and the own that Co(III) holds; mol/L of the organic."""
    volume = stream_volume(organic, "org")
    if volume <= 0.0:
        return {}, []
    own, held = organic.elements().get(extractant.symbol, 0.0), 3.0 * organic[cobalt_iii(extractant.symbol)]
    values, said = {}, []
    for symbol, amount in organic.part("org").elements().items():
        if symbol in OTHER_GROUPS or symbol == extractant.symbol or symbol not in pseudo_elements():
            continue
        if symbol in extractant.synergists:
            continue
        values[f"inert_{symbol}_mol_L"] = amount / volume * LITRE
        if amount > FOREIGN * own:
            text = (
                f"{amount / volume * LITRE:.3g} mol/L of {symbol} in the organic take no part beside {extractant.name}"
            )
            said.append(Notice("W611", text))
    if held > 0.0:
        values["held_by_Co_III"] = held / own
        if held > FOREIGN * own:
            said.append(Notice("W614", f"Co(III) holds {held / own:.1%} of the {extractant.name}"))
    return values, said


def cobalt_iii(symbol: str) -> str:
    """The organic species of oxidised cobalt, inert in every cascade."""
    return f"Co({symbol})3(org)"


def oxidation(symbol: str) -> str:
    """Co(II) on the organic to Co(III)."""
    return f"4 Co({symbol})2(org) + 4 H({symbol})(org) + O2(g) = 4 {cobalt_iii(symbol)} + 2 H2O"


def plausible(done: Contacted, stages: Sequence[Mapping[str, float]], extractant: Extractant) -> tuple[Notice, ...]:
    """Warnings by name: O/A, loading, pH outside a constant's validity, supersaturation."""
    assert done.outcome is not None  # noqa: S101  # only called for a real contact
    found: list[Notice] = []
    low, high = O_A_RANGE
    for row in stages:
        if not low <= row["O_A"] <= high:
            found.append(
                Notice("W601", f"stage {row['stage']:.0f}: O/A {row['O_A']:.3g} is outside {low:g} to {high:g}")
            )
            break
    fullest = max(stages, key=lambda row: row["loading"])
    if fullest["loading"] > FULL:
        text = f"stage {fullest['stage']:.0f}: loading {fullest['loading']:.1%} of the capacity, above {FULL:.0%}"
        found.append(Notice("W602", text))
    found += _third_phase(stages, extractant)
    found += _validity(done.outcome, stages, extractant)
    found += _saturation(done)
    return tuple(found)


def _third_phase(stages: Sequence[Mapping[str, float]], extractant: Extractant) -> list[Notice]:
    """The stage furthest above the loading from which practice expects a third phase, in all or in alkali salts."""
    found = []
    limits = extractant.limits
    origin = limits.origins.get("third phase")
    for key, limit, words in (("loading", limits.loading, "loading"), ("alkali", limits.alkali, "alkali salts of")):
        worst = max(stages, key=lambda row: row[key])
        if origin is not None and worst[key] > limit:
            text = (
                f"stage {worst['stage']:.0f}: {words} {worst[key]:.1%} of the capacity, a third phase from {limit:.0%}"
            )
            found.append(Notice("W612", f"{text} ({origin.grade})"))
    return found


def _validity(outcome: Outcome, stages: Sequence[Mapping[str, float]], extractant: Extractant) -> list[Notice]:
    """The worst stage of each metal whose distribution decides something there and whose constant is out of range."""
    found = []
    for ion in outcome.ions:
        metal, name = extractant.metals[ion], element_of(ion)
        worst, where = PH_MARGIN, None
        for row in stages:
            aq, org = row[f"{name}_aq_g_L"], row[f"{name}_org_g_L"]
            decides = aq + org > COUNTS and 0.02 < org / max(aq + org, 1e-300) < 0.98
            off = max(metal.pH_min - row["pH"], row["pH"] - metal.pH_max)
            if decides and off > worst:
                worst, where = off, row
        if where is not None:
            text = f"stage {where['stage']:.0f}: pH {where['pH']:.2f}, log K of {name} holds for pH "
            found.append(Notice("W603", f"{text}{metal.pH_min:g} to {metal.pH_max:g}"))
    return found


def _saturation(done: Contacted) -> list[Notice]:
    assert done.liquors is not None  # noqa: S101  # there is one for every contact
    worst: dict[str, tuple[float, int]] = {}
    for k in range(len(done.liquors)):
        for solid, index in done.liquors.saturation(k, WATCHED).items():
            if index > SATURATED and index > worst.get(solid, (0.0, 0))[0]:
                worst[solid] = (index, k + 1)
    return [
        Notice("W604", f"stage {stage}: {solid} supersaturated, saturation index {index:.2f}")
        for solid, (index, stage) in worst.items()
    ]


def not_extracted(stream: Stream, extractant: Extractant, volume: float) -> list[Notice]:
    """Metals in solution for which there is no constant: they stay in the aqueous phase."""
    found = []
    for name, flow in stream.flows.items():
        one = species(name)
        if one.phase == "aq" and one.charge > 1 and name not in extractant.metals and volume > 0.0:
            concentration = flow * one.molar_mass / volume
            if concentration > COUNTS:
                text = f"{name} ({concentration:.3g} g/L) has no log K for {extractant.name}: it is not extracted"
                found.append(Notice("W605", text))
    return found


def displaced(before: Stream, after: Stream, extractant: str, word: str) -> dict[str, float]:
    """Share of each metal on the organic that has left it."""
    found = {}
    for ion, metal in load_extractant(extractant).metals.items():
        if before[metal.organic] > 0.0:
            found[f"{word}_{element_of(ion)}"] = 1.0 - after[metal.organic] / before[metal.organic]
    return found


def specific_volume(water: Stream) -> float:
    """Volume of the dissolved part of a stream, m3/s; of a template, m3 per unit."""
    return aqueous_volume(water.part("aq").flows, water.temperature)


def water_for(o_a: float, water: Stream, index: int, inlets: Inlets) -> Callable[[Outcome | None], float]:
    """Rule for dilution water that brings the last stage to an O/A; ``index`` is the place of its dose."""
    per_unit = specific_volume(water)
    given = specific_volume(inlets["aqueous"]) if "aqueous" in inlets else 0.0
    first = (stream_volume(inlets["organic"], "org") / o_a - given) / per_unit

    def needed(outcome: Outcome | None) -> float:
        if outcome is None:
            return first
        missing = float(outcome.volume_org[-1]) / o_a - float(outcome.volume_aq[-1])
        return float(outcome.doses[index]) + missing / per_unit

    return needed
