"""A speciation as a versioned document: what ``hydromet speciate --json`` prints and the table is made from.

Plain data: no clock, no path, no NaN. Amounts after precipitation are per kilogram of the water that is left; what was
dosed, dissolved, taken up or precipitated is per kilogram of the water put in.
"""

from __future__ import annotations

from dataclasses import asdict
from math import exp, isfinite, log10
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from hydromet.chemistry.audit import Audit
from hydromet.chemistry.database import H
from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import boiling_temperature
from hydromet.chemistry.records import LN10, Caution
from hydromet.chemistry.solutions.amounts import read_substance
from hydromet.chemistry.validity import list_sources
from hydromet.species import WATER, atomic_mass, species

if TYPE_CHECKING:
    from hydromet.chemistry.solutions.solution import Solution
    from hydromet.chemistry.solutions.speciation import Speciation

FORMAT = "hydromet-speciation/1"
_KILO = 1e3
# What the charge balance added is told from this molality on: less is round-off.
_TOLD = 1e-9
# A dissolved species of several elements is listed with the first of them.
_ORDER = (
    "Li", "Ni", "Co", "Mn", "Cu", "Zn", "Al", "Fe", "Cr", "Pb", "Ca", "Mg", "Na", "K", "N", "S", "C", "P", "Cl", "F",
    "Si",
)  # fmt: skip


class _Open(BaseModel):
    """More keys than these may come with later versions."""

    model_config = ConfigDict(extra="allow")


class SpeciesRecord(_Open):
    """One dissolved species."""

    element: str = Field(description="the element it is listed with")
    mol_kg: float = Field(description="molality, mol/kg water")
    activity_coefficient: float | None = Field(description="molality scale; null for water")
    activity: float
    log10_activity: float


class LiquorRecord(_Open):
    """The solution as a whole."""

    pH: float = Field(description="-log10 a(H+) on the scale of the activity model")
    temperature_K: float
    pressure_Pa: float
    ionic_strength_mol_kg: float
    water_activity: float
    osmotic_coefficient: float = Field(description="stoichiometric, as in tables: H2SO4 counts as three ions")
    density_kg_m3: float
    viscosity_Pa_s: float
    heat_capacity_J_kg_K: float
    vapour_pressure_Pa: float
    boiling_point_K: float
    litres_per_kg_water: float


class SolidRecord(_Open):
    """A solid and the liquor."""

    index: float = Field(description="saturation index, log10 of ion activity product over solubility product")
    allowed: bool = Field(description="was it allowed to form?")
    in_equilibrium: bool = Field(description="did it form, or was the solution saturated with it?")
    reason: str = Field(description="why it does not form by itself within hours; empty if it does")


class SpeciationFile(_Open):
    """What every reader may rely on; other keys may be there."""

    format: str = Field(examples=[FORMAT])
    title: str | dict[str, str]
    asked: dict[str, Any]
    made_of: dict[str, dict[str, Any]] = Field(description="as written, mol/kg water put in and g/L")
    balanced: dict[str, float] = Field(description="ion -> mol/kg water added so that the charges cancel")
    before: dict[str, float] = Field(description="pH before dosing, dissolving and precipitation")
    liquor: LiquorRecord
    dissolved: dict[str, dict[str, float]] = Field(description="element -> mol/kg water and g/L in the liquor")
    species: dict[str, SpeciesRecord]
    saturation: dict[str, SolidRecord]
    precipitated: dict[str, dict[str, float]] = Field(description="solid -> mol and g per kg of water put in")
    dose: dict[str, Any] | None
    saturated: dict[str, Any] | None = Field(description="what dissolved up to saturation")
    gases: dict[str, dict[str, float]]
    potentials: dict[str, float] = Field(description="couple -> V against the standard hydrogen electrode")
    cautions: list[dict[str, str]]
    sources: list[dict[str, Any]]


def record(found: Speciation, title: str | dict[str, str] = "") -> dict[str, Any]:
    """The document of a speciation."""
    end, titrant = found.solution, found.question.titrant
    audited = Audit()
    audited.add("the liquor", end.liquor, end.precipitated)
    solids = tuple(sorted({*end.precipitated, *found.dissolved}))
    return {
        "format": FORMAT,
        "title": title,
        "asked": _asked(found),
        "made_of": _made_of(found),
        "balanced": {ion: added for ion, added in found.balanced.items() if abs(added) > _TOLD},
        "before": {"pH": found.made.pH},
        "liquor": _liquor(end),
        "dissolved": _dissolved(end),
        "species": _species(end),
        "saturation": _saturation(found),
        "precipitated": {name: _mass(name, amount) for name, amount in end.precipitated.items()},
        "dose": {"titrant": titrant, **_mass(titrant, end.dose)} if titrant else None,
        "saturated": next(({"solid": name, **_mass(name, n)} for name, n in found.dissolved.items()), None),
        "gases": {
            name: {"partial_pressure_Pa": found.question.gases[name], "taken_up_mol_kg_water": amount}
            for name, amount in end.taken_up.items()
        },
        "potentials": dict(end.potentials),
        "cautions": _cautions(end, audited),
        "sources": [asdict(row) for row in list_sources(end.stream, solids, audited)],
    }


def _cautions(end: Solution, audited: Audit) -> list[dict[str, str]]:
    """Use of the data outside their validity: of the way to the solution, of its liquor, of its properties."""
    ours = [Caution(one.code, one.text) for one in audited.findings()]
    told = {one.code for one in ours}
    before = [one for one in end.cautions if one.code not in told]
    return [asdict(one) for one in dict.fromkeys((*before, *ours, *end.chemistry.property_cautions(end.stream)))]


def _asked(found: Speciation) -> dict[str, Any]:
    asked = found.question
    return {
        "composition": {name: amount.text for name, amount in asked.composition.items()},
        "temperature_K": asked.temperature,
        "pressure_Pa": asked.pressure,
        "balance": asked.balance,
        "pH": asked.pH,
        "titrant": asked.titrant,
        "solids": asked.solids if isinstance(asked.solids, str) else list(asked.solids),
        "gases_Pa": dict(asked.gases),
        "saturate": asked.saturate,
        "Eh_V": asked.Eh,
    }


def _made_of(found: Speciation) -> dict[str, dict[str, Any]]:
    # the solution as put together holds one kilogram of water put in
    litres = _KILO * found.made.stream.mass() / found.made.density
    rows = {}
    for name, molality in found.molalities.items():
        grams = molality * read_substance(name).molar_mass * _KILO
        rows[name] = {"written": found.question.composition[name].text, "mol_kg": molality, "g_L": grams / litres}
    return rows


def _litres(solution: Solution) -> float:
    """Volume of the solution that holds one kilogram of water."""
    stream = solution.stream
    return _KILO * stream.mass() / (solution.density * solution.liquor.water)


def _liquor(solution: Solution) -> dict[str, Any]:
    liquor = solution.liquor
    return {
        "pH": liquor.pH,
        "temperature_K": solution.temperature,
        "pressure_Pa": solution.pressure,
        "ionic_strength_mol_kg": liquor.ionic_strength,
        "water_activity": liquor.water_activity,
        "osmotic_coefficient": solution.osmotic_coefficient,
        "density_kg_m3": solution.density,
        "viscosity_Pa_s": solution.viscosity,
        "heat_capacity_J_kg_K": solution.heat_capacity,
        "vapour_pressure_Pa": liquor.vapour_pressure,
        "boiling_point_K": boiling_temperature(solution.pressure, liquor.water_activity),
        "litres_per_kg_water": _litres(solution),
    }


def _dissolved(solution: Solution) -> dict[str, dict[str, float]]:
    litres = _litres(solution)
    totals = solution.stream.where(lambda name: name != WATER).elements()
    water = solution.liquor.water
    return {
        element: {
            "mol_kg": totals[element] / water,
            "g_L": totals[element] / water * atomic_mass(element) * _KILO / litres,
        }
        for element in (*_ORDER, *sorted(set(totals) - set(_ORDER)))
        if element in totals and element not in "OH"
    }


def _species(solution: Solution) -> dict[str, dict[str, Any]]:
    """Sorted by the element they are listed with, then by molality; a species that is not there is left out."""
    liquor = solution.liquor
    rows = []
    for name, molality in liquor.molalities.items():
        ln_a = liquor.activities[name]
        if molality <= 0.0 or not isfinite(ln_a):
            continue
        element = _element_of(name)
        place = _ORDER.index(element) if element in _ORDER else len(_ORDER)
        row = {
            "element": element,
            "mol_kg": molality,
            "activity_coefficient": exp(ln_a) / molality,
            "activity": exp(ln_a),
            "log10_activity": ln_a / LN10,
        }
        rows.append((0 if element == H[0] else 1, place, element, -molality, name, row))
    aw = liquor.water_activity
    water = {"element": "H", "mol_kg": 1.0 / species(WATER).molar_mass, "activity_coefficient": None}
    first = {WATER: {**water, "activity": aw, "log10_activity": log10(aw)}}
    return {**first, **{name: row for *_, name, row in sorted(rows, key=lambda each: each[:5])}}


def _element_of(name: str) -> str:
    own = [e for e in species(name).elements if e not in "OH"]
    return min(own, key=lambda e: (_ORDER.index(e) if e in _ORDER else len(_ORDER), e), default=H[0])


def _saturation(found: Speciation) -> dict[str, dict[str, Any]]:
    """Every solid of the data whose components are there, highest saturation index first."""
    from hydromet.chemistry.formation import load_formation

    end = found.solution
    allowed, rows = {*found.allowed, *found.dissolved}, load_formation()
    indices = sorted(end.liquor.saturation.items(), key=lambda item: (-item[1], item[0]))
    return {
        name: {
            "index": index,
            "allowed": name in allowed,
            "in_equilibrium": name in end.precipitated or name in found.dissolved,
            "reason": rows.get(name, {}).get("reason", ""),
        }
        for name, index in indices
        if isfinite(index)
    }


def _mass(name: str, amount: float) -> dict[str, float]:
    return {"mol_kg_water": amount, "g_kg_water": amount * species(name).molar_mass * _KILO}


def json_schema() -> dict[str, Any]:
    """JSON Schema of the document."""
    schema = SpeciationFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "hydromet speciation"
    return schema
