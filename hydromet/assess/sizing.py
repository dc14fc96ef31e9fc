"""Rules that size one item of equipment from the record of a solved unit.

Every default stands in ``data/equipment/sizing.csv``. A rule returns what it found, or raises ``NotSizedError`` with
the reason. What a unit reports itself (an area, a volume) goes before any default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log, pi, sqrt
from typing import TYPE_CHECKING, Any

from hydromet.quantity import parse
from hydromet.species import WATER, species
from hydromet.stream import Stream
from hydromet.units import cakes
from hydromet.units import mixer_settler as ms
from hydromet.units.practice import practices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydromet.units.practice import Practice

FILE = "data/equipment/sizing.csv"
HOUR, KILO = 3600.0, 1e3
GAS_CONSTANT, GRAVITY = 8.31446261815324, 9.80665
_GASEOUS = 0.5


class NotSizedError(Exception):
    """Why an item has no size; it never leaves this package."""


@dataclass
class Job:
    """What a rule has before it.

    Attributes:
        unit: name. record: of the unit in the result. outlets: port -> stream record.
        use: names of the defaults that the table of items gives the rule. latent: K -> J/kg of water evaporated.
        basis: what the size rests on, collected as it is used. grades: of the defaults used.
    """

    unit: str
    record: Mapping[str, Any]
    outlets: Mapping[str, Mapping[str, Any]]
    use: tuple[str, ...]
    latent: Callable[[float], float]
    basis: list[str] = field(default_factory=list)
    grades: list[str] = field(default_factory=list)

    def usual(self, name: str) -> float:
        """A default, noted as used; SI."""
        found = practices(FILE)[name]
        self.note(found)
        return found.value

    def note(self, found: Practice) -> None:
        """Note a value as used."""
        if found.told() not in self.basis:
            self.basis.append(found.told())
            self.grades.append(found.grade)

    def named(self, start: str) -> float:
        """The default of the table's row whose name begins so."""
        return self.usual(next(name for name in self.use if name.startswith(start)))

    def parameter(self, name: str, dimension: str) -> float | None:
        """A parameter of the unit as SI, None if it has none; a number the flowsheet states is no default."""
        text = self.record["parameters"].get(name)
        return parse(text, dimension) if text is not None else None

    def reported(self, ending: str) -> float | None:
        """The one value of the unit whose name ends so, as the unit states it; None if there is none, or several."""
        found = [(k, v) for k, v in self.record["values"].items() if k == ending or k.endswith(f"_{ending}")]
        if len(found) != 1:
            return None
        self.basis.append(f"{found[0][0]} of the unit")
        return float(found[0][1])

    def flow(self) -> float:
        """Volume of everything that leaves and is no gas, m3/s.

        Raises:
            NotSizedError: no volume is known, or nothing flows.
        """
        wet = [record for record in self.outlets.values() if not is_gas(record)]
        if any(r["volume_m3_h"] is None for r in wet):
            raise NotSizedError("the volume of an outlet is not known")
        total = float(sum(r["volume_m3_h"] for r in wet)) / HOUR
        if total <= 0.0:
            raise NotSizedError("nothing flows")
        return total


Size = dict[str, float]


def is_gas(record: Mapping[str, Any]) -> bool:
    """Is a stream gas for the most part?"""
    return bool(record["phases_kg_h"].get("g", 0.0) > _GASEOUS * record["mass_kg_h"])


def _cylinder(volume: float, slenderness: float) -> float:
    """Diameter of a cylinder whose height is ``slenderness`` diameters, m."""
    return float((4.0 * volume / (pi * slenderness)) ** (1.0 / 3.0))


def tank(job: Job) -> Size:
    """Vessels: ``V = Q t / (N f)``, with t the residence time of the unit, else the usual; f the filling."""
    stated = job.parameter("residence_time", "time")
    count = int(float(job.record["parameters"].get("tanks") or 1))
    volume, held = job.reported("volume_m3"), job.reported("held_m3")
    if held is not None:
        volume = held / job.usual("fill")
    if volume is None:
        time = stated if stated is not None else job.named("time.")
        if stated is not None:
            job.basis.append("residence time of the unit")
        volume = job.flow() * time / (count * job.usual("fill"))
    return {"count": count, "volume_m3": volume, "diameter_m": _cylinder(volume, job.usual("slenderness"))}


def stirred_tank(job: Job) -> Size:
    """Vessels with agitators: the power of the unit, else ``P = p V f``; kW each."""
    found = tank(job)
    power = job.record["energy"]["electric_kW"].get("agitation")
    if power is not None:
        job.basis.append("agitation of the unit")
        return {**found, "power_kW": power / found["count"]}
    name = next(each for each in job.use if each.endswith("agitation"))
    return {**found, "power_kW": job.usual(name) * found["volume_m3"] * job.usual("fill") / KILO}


def mixer_settler(job: Job) -> Size:
    """Mixer-settlers of a cascade, for the stage with most aqueous; see ``units.mixer_settler``."""
    organic = (job.outlets.get("organic") or {}).get("volume_m3_h")
    if not organic:
        raise NotSizedError("no organic flows")
    ratios = [row["O_A"] for row in job.record["stages"] if row.get("O_A", 0.0) > 0.0]
    if not ratios and (stated := job.record["parameters"].get("O_A")) is not None:
        ratios = [float(stated)]
    if not ratios:
        raise NotSizedError("no stage tells its O/A")
    chosen = {}
    for name in ms.KINDS:
        chosen[name] = ms.practice(name).value
        job.note(ms.practice(name))
    stages = max(len(job.record["stages"]), 1)
    found = ms.mixer_settler(job.unit, stages, organic / HOUR, organic / HOUR / min(ratios), chosen)
    return {
        "count": stages, "volume_m3": found.mixer_volume, "diameter_m": found.mixer_diameter,
        "area_m2": found.settler_area, "length_m": found.settler_length, "width_m": found.settler_width,
        "power_kW": found.power / KILO, "organic_inventory_m3": found.organic_inventory,
    }  # fmt: skip


def press(job: Job) -> Size:
    """Filters: the area the unit reports, else dry solids over the usual rate; times the margin."""
    power = {"power_kW": job.record["energy"]["electric_kW"].get("filtration", 0.0)}
    area = job.reported("area_m2")
    cake = job.outlets.get("cake")
    if area is not None:
        named = (cake or {}).get("species_mol_h", {})
        job.grades += [cakes.grade(Stream(named).part("s"))] if named else []
        return {"count": 1, "area_m2": area, **power}
    solids = cake["phases_kg_h"].get("s", 0.0) / HOUR if cake else 0.0
    if solids <= 0.0:
        raise NotSizedError("no solids in the cake")
    return {"count": 1, "area_m2": solids / job.named("press_rate") * job.usual("press_margin"), **power}


def thickener(job: Job) -> Size:
    """Thickeners: the largest area of the unit for every stage, at the usual depth."""
    surface = job.reported("area_m2")
    if surface is None:
        raise NotSizedError("no area: nothing settles, or the underflow is thicker than its solids pack")
    count = max(len(job.record["stages"]), 1)
    power = job.record["energy"]["electric_kW"].get("thickening", 0.0) / count
    volume = surface * job.named("thickener_depth")
    return {"count": count, "area_m2": surface, "diameter_m": sqrt(4.0 * surface / pi), "volume_m3": volume,
            "power_kW": power}  # fmt: skip


def area(job: Job) -> Size:
    """Liquor over the usual specific flow."""
    found = job.reported("area_m2")
    return {"count": 1, "area_m2": found if found is not None else job.flow() / job.usual(job.use[0])}


def column(job: Job) -> Size:
    """Beds: that of the unit, else liquor times the usual empty-bed contact time; one on duty and one in reserve."""
    volume = job.reported("bed_volume_m3") or job.flow() * job.named("bed_time")
    return {"count": 2, "volume_m3": volume, "diameter_m": _cylinder(volume, job.usual("bed_slenderness"))}


def evaporated(job: Job) -> float:
    """Water evaporated, kg/s.

    Raises:
        NotSizedError: nothing is evaporated.
    """
    water = float(job.record["values"].get("water_evaporated_kg_s", 0.0))
    if water <= 0.0:
        raise NotSizedError("nothing is evaporated")
    return water


def evaporator(job: Job) -> Size:
    """Heating surface: ``A = m r / (U dT)``.

    With recompression dT is the lift of the unit. Else the effects share what steam and condenser leave after the
    elevation, ``(T_steam - T_condenser - N E) / N``, and every effect evaporates its part: the area is that of all.
    """
    water = evaporated(job)
    boiling = job.parameter("temperature", "temperature") or 0.0
    duty = water * job.latent(boiling)
    effects = 1
    if job.record["parameters"].get("arrangement") == "mvr":
        difference = job.parameter("lift", "temperature difference") or 0.0
        job.basis.append("temperature difference: lift of the unit")
    else:
        if job.record["parameters"].get("arrangement") == "multi_effect":
            effects = int(float(job.record["parameters"]["effects"]))
        elevation = job.record["values"]["boiling_point_elevation_K"]
        difference = (job.usual("steam") - job.usual("condenser")) / effects - elevation
    if difference <= 0.0:
        raise NotSizedError("no temperature difference is left for the heat transfer")
    surface = duty / (job.named("transfer.") * difference)
    return {"count": effects, "area_m2": surface / effects, "duty_kW": duty / effects / KILO}


def separator(job: Job) -> Size:
    """Vapour separators by Souders and Brown: ``v = K sqrt((rho_l - rho_v) / rho_v)``."""
    water = evaporated(job)
    pressure = job.record["values"]["pressure_Pa"]
    temperature = job.parameter("temperature", "temperature") or 0.0
    vapour = pressure * species(WATER).molar_mass / (GAS_CONSTANT * temperature)
    densities = [r["density_kg_m3"] for r in job.outlets.values() if r["density_kg_m3"]]
    if not densities or vapour <= 0.0:
        raise NotSizedError("no density of the liquor")
    velocity = job.named("souders_brown") * sqrt((max(densities) - vapour) / vapour)
    surface = water / vapour / velocity
    return {"count": 1, "area_m2": surface, "diameter_m": sqrt(4.0 * surface / pi)}


def compressor(job: Job) -> Size:
    """The vapour compressor: power of the unit, vapour at the suction."""
    power = job.record["energy"]["electric_kW"].get("MVR", 0.0)
    if power <= 0.0:
        raise NotSizedError("no vapour is recompressed")
    temperature = job.parameter("temperature", "temperature") or 0.0
    vapour = evaporated(job) / species(WATER).molar_mass
    job.basis.append("power of the unit")
    suction = vapour * GAS_CONSTANT * temperature / job.record["values"]["pressure_Pa"]
    return {"count": 1, "power_kW": power, "flow_m3_h": suction * HOUR}


def dryer(job: Job) -> Size:
    """Fluid beds: water evaporated over the usual rate; fans by the water."""
    water = evaporated(job)
    return {"count": 1, "area_m2": water / job.named("dryer_rate"), "duty_kW": job.record["energy"]["steam_kW"],
            "power_kW": water * job.named("dryer_fan") / KILO}  # fmt: skip


def circulation(job: Job) -> Size:
    """Forced circulation through the heating surface: ``Q = duty / (c dT)``, ``P = rho g H Q / eta``."""
    duty = evaporated(job) * job.latent(job.parameter("temperature", "temperature") or 0.0)
    flow = duty / (job.usual("circulation_heat") * job.usual("circulation_rise"))
    densities = [r["density_kg_m3"] for r in job.outlets.values() if r["density_kg_m3"]]
    if not densities:
        raise NotSizedError("no density of the liquor")
    head = job.usual("circulation_head")
    power = max(densities) * GRAVITY * head * flow / job.usual("circulation_efficiency")
    return {"count": 1, "flow_m3_h": flow * HOUR, "head_m": head, "power_kW": power / KILO}


def centrifuge(job: Job) -> Size:
    """Drive by the dry crystals; type and basket want a test."""
    solids = (job.outlets.get("crystals") or {"phases_kg_h": {}})["phases_kg_h"].get("s", 0.0)
    if solids <= 0.0:
        raise NotSizedError("no crystals")
    return {"count": 1, "solids_kg_h": solids, "power_kW": solids / HOUR * job.named("centrifuge_power") / KILO}


def exchanger(job: Job, duty: float, temperature: float) -> Size:
    """Surface for a duty (kW, positive heats) with a process side at one temperature, K.

    Steam condenses at its temperature; cooling water warms up: ``dT = (T_out - T_in) / ln((T - T_in) / (T - T_out))``.
    """
    if duty > 0.0:
        difference = job.usual("steam") - temperature
        if difference < job.usual("approach"):
            raise NotSizedError("hotter than the steam")
    else:
        cold, warm = job.usual("cooling_in"), job.usual("cooling_out")
        if temperature - warm < job.usual("approach"):
            raise NotSizedError("too near the temperature of cooling water: chilled water")
        difference = (warm - cold) / log((temperature - cold) / (temperature - warm))
    surface = abs(duty) * KILO / (job.usual("transfer.exchanger") * difference)
    return {"count": 1, "area_m2": surface, "duty_kW": duty}


RULES: Mapping[str, Callable[[Job], Size]] = {
    "tank": tank,
    "stirred_tank": stirred_tank,
    "mixer_settler": mixer_settler,
    "press": press,
    "thickener": thickener,
    "area": area,
    "column": column,
    "evaporator": evaporator,
    "separator": separator,
    "compressor": compressor,
    "circulation": circulation,
    "centrifuge": centrifuge,
    "dryer": dryer,
}
