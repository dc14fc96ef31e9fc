"""What leaves a solved plant: carbon dioxide to the air by origin, wastes with their treatment, and all haulage."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any, Literal

from hydromet.assess.carbon.inventory import WATER
from hydromet.assess.carbon.scenario import Treatment, practice, unknown
from hydromet.species import atomic_mass, pseudo_elements, species

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.assess.carbon.fields import Leg
    from hydromet.assess.carbon.inventory import Ledger
    from hydromet.assess.carbon.scenario import Neutraliser
    from hydromet.assess.carbon.shapes import Stage

CARBON = "C"
BURN = "proc.carbon_burn"
_DIOXIDE = "CO2(g)"
_INORGANIC = ("CO3", "CO2")
_HALF = 0.5
_OTHER = "reagents"
_ACID, _NEUTRAL = ("H+", "HSO4-"), "acid_waste_water"


def emissions(ledger: Ledger) -> None:
    """Carbon dioxide in the emissions, split by the feed that the carbon came with.

    The carbon dioxide is that of the emission's own stream; its origin is the carbon's in the unit that gives it off
    (tracing). Purchased carbon dioxide that is vented counts like any other.
    """
    data = ledger.data
    for name, out in data.get("outlets", {}).get("emissions", {}).items():
        stream = out["stream"]
        carbon = data["streams"][stream]["species_mol_h"].get(_DIOXIDE, 0.0) * atomic_mass(CARBON)
        if carbon <= 0.0:
            continue
        for feed, share in _origin(data, name).items():
            ledger.add(
                f"{name}/{_DIOXIDE}/{feed}", "process", f"carbon dioxide of {feed}", share * carbon, "kg", BURN,
                f"streams.{stream}.species_mol_h.{_DIOXIDE}",
                f"carbon given off as CO2, kg C; {100.0 * share:.4g} % of it came with {feed}: {form(data, feed)}",
                unit=stream.partition(".")[0],
            )  # fmt: skip


def _origin(data: Mapping[str, Any], name: str) -> dict[str, float]:
    """Feed -> share of the carbon in an emission; of a result without tracing, what the feeds proper brought."""
    traced = data["assessments"].get("carbon_origin", {}).get(name)
    if traced is None:
        born = data["losses"].get(CARBON, {}).get(name, {}).get("kg_h", 0.0)
        out = data["outlets"]["emissions"][name]["stream"]
        carbon = data["streams"][out]["elements_kg_h"].get(CARBON, 0.0)
        traced = {"feed": min(born, carbon), _OTHER: max(carbon - born, 0.0)}
    total = fsum(traced.values())
    return {feed: mass / total for feed, mass in traced.items() if mass > 0.0}


def form(data: Mapping[str, Any], feed: str) -> str:
    """What most of the carbon of a feed is: carbonate, purchased CO2, graphite, organic."""
    if feed not in data["feeds"]:
        return "carbon of several feeds"
    found = {"carbonate": 0.0, "purchased CO2": 0.0, "graphite or carbon": 0.0, "organic": 0.0}
    for name, flow in data["feeds"][feed]["species_mol_h"].items():
        count = species(name).elements.get(CARBON, 0.0)
        kind = "organic"
        if name == _DIOXIDE:
            kind = "purchased CO2"
        elif "CO3" in name:
            kind = "carbonate"
        elif set(species(name).elements) == {CARBON}:
            kind = "graphite or carbon"
        found[kind] += count * flow
    return max(found, key=lambda kind: found[kind])


def wastes(ledger: Ledger) -> None:
    """Every waste and effluent with its treatment; by-products that the section has treated."""
    outlets = ledger.data.get("outlets", {})
    for name, out in outlets.get("wastes", {}).items():
        if out["mass_kg_h"] > 0.0:
            _treated(ledger, name, out["stream"], treatment_of(ledger, name, out["stream"]))
    for name in outlets.get("by_products", {}):
        if name not in ledger.scenario.choices.by_products:
            ledger.default(f"use of {name}", "it has a buyer: nothing is charged and nothing credited")
    for name, each in ledger.scenario.choices.by_products.items():
        if each.treatment:
            _treated(ledger, name, outlets["by_products"][name]["stream"], each.treatment)


def treatment_of(ledger: Ledger, name: str, stream: str) -> str:
    """As the section says, else by what most of the mass is, noted as a default."""
    own = ledger.scenario.choices.treatments.get(name)
    if own is not None:
        return own
    record = ledger.data["streams"][stream]
    phases = record["phases_kg_h"]
    phase = max(sorted(phases), key=lambda each: phases[each])
    # A cake is a solid, however wet.
    if phases.get("s", 0.0) > practice().solid_above * record["mass_kg_h"]:
        phase = "s"
    if phase == "s" and record["elements_kg_h"].get(CARBON, 0.0) > _HALF * phases["s"]:
        phase = "carbon"
    chosen = practice().by_phase[phase]
    ledger.default(f"treatment of {name}", chosen)
    return chosen


def way_of(ledger: Ledger, name: str, treatment: str) -> Treatment:
    """A treatment by name, or a factor named in its stead, per kg or m3 as its book has it."""
    usual = practice().treatments
    if treatment in usual:
        return usual[treatment]
    if "." not in treatment:
        raise unknown("E785", treatment, usual, "treatment").at(ledger.scenario.place("treatments", name))
    per: Literal["kg", "m3"] = "m3" if ledger.books.factor(treatment, "climate").per == "m3" else "kg"
    return Treatment(factors=(treatment,), per=per)


def _treated(ledger: Ledger, name: str, stream: str, treatment: str) -> None:
    record, way = ledger.data["streams"][stream], way_of(ledger, name, treatment)
    unit, liquid = stream.partition(".")[0], way.per == "m3"
    known = record["volume_m3_h"] if liquid else record["mass_kg_h"]
    amount = known if known is not None else record["mass_kg_h"] / 1000.0
    key = "volume_m3_h" if liquid and record["volume_m3_h"] is not None else "mass_kg_h"
    for factor in way.factors:
        ledger.add(
            f"{name}/{treatment}/{factor}", "effluent" if liquid else "waste", name, amount, way.per, factor,
            f"streams.{stream}.{key}", f"{treatment} of what leaves", unit=unit,
        )  # fmt: skip
    if way.burns:
        ledger.add(
            f"{name}/{treatment}/carbon", "process", f"carbon burnt of {name}", burnable(record), "kg", BURN,
            f"streams.{stream}.elements_kg_h", f"{treatment}: organic and graphitic carbon to CO2", unit=unit,
        )  # fmt: skip
    if way.neutraliser is not None:
        by, acid = way.neutraliser, free_acid(record)
        ledger.add(
            f"{name}/{treatment}/{by.factor}", "effluent", name, lime(acid, by), "kg", by.factor,
            f"streams.{stream}.species_mol_h", f"{acid:.6g} mol/h of H+ and HSO4- by {by.substance}", unit=unit,
        )  # fmt: skip
    if practice().municipal in way.factors:
        _doubted(ledger, name, record, way)


def free_acid(record: Mapping[str, Any]) -> float:
    """Acid of a stream that a base takes up first, mol/h: H+ and HSO4-."""
    return fsum(record["species_mol_h"].get(each, 0.0) for each in _ACID)


def lime(acid: float, by: Neutraliser) -> float:
    """Kg/h of a base for so many mol/h of acid."""
    return acid / by.takes * species(by.substance).molar_mass


def _doubted(ledger: Ledger, name: str, record: Mapping[str, Any], way: Treatment) -> None:
    """Tell where the factor of municipal waste water is an understatement, and what the acid alone would add."""
    aqueous, water = record["phases_kg_h"].get("aq", 0.0), record["species_mol_h"].get(WATER, 0.0)
    dissolved = 1.0 - water * species(WATER).molar_mass / aqueous if aqueous > 0.0 else 0.0
    if dissolved < practice().municipal_below:
        return
    told = f"{name}: {100.0 * dissolved:.2g} wt% dissolved"
    told += f" at pH {record['pH']:.2g}" if record["pH"] is not None else ""
    told += ", charged as municipal waste water: evaporating the salt is not in the figure"
    neutral, acid = practice().treatments[_NEUTRAL], free_acid(record)
    if way.neutraliser is None and neutral.neutraliser is not None and acid > 0.0:
        factor = ledger.books.factor(neutral.neutraliser.factor, "climate", "kg").value
        told += f"; nor lime for its acid, {lime(acid, neutral.neutraliser) * factor:.2g} kgCO2e/h ({_NEUTRAL})"
    ledger.doubts.append(("W781", told))


def burnable(record: Mapping[str, Any]) -> float:
    """Carbon of a stream that burns, kg/h: all but carbonate and dissolved CO2, extractants and diluent included."""
    moles = fsum(
        flow * count * _carbons(element)
        for name, flow in record["species_mol_h"].items()
        if not any(mark in name for mark in _INORGANIC)
        for element, count in species(name).elements.items()
    )
    return moles * atomic_mass(CARBON)


def _carbons(element: str) -> float:
    """Atoms of carbon in an element or pseudo-element."""
    if element in pseudo_elements():
        return species(pseudo_elements()[element]).elements.get(CARBON, 0.0)
    return 1.0 if element == CARBON else 0.0


def hauls(ledger: Ledger) -> None:
    """Legs of feeds, reagents and wastes, declared or usual; of products to the customer, if that is the boundary."""
    data = ledger.data
    for name in data["assessments"]["recovery"]["feeds"]:
        _haul(ledger, name, "feeds", data["feeds"][name]["mass_kg_h"], f"feeds.{name}.mass_kg_h", {})
    for name, row in data["reagents"].items():
        if not row["water"] and row["kg_h"] > 0.0 and name not in ledger.scenario.choices.excluded:
            served = ledger.weighted(row["by_unit_kg_h"])
            _haul(ledger, name, "reagents", row["kg_h"], f"reagents.{name}.kg_h", served)
    for name, out in data.get("outlets", {}).get("wastes", {}).items():
        if out["mass_kg_h"] <= 0.0:
            continue
        treatment = treatment_of(ledger, name, out["stream"])
        _haul_waste(ledger, name, out, treatment, f"outlets.wastes.{name}.mass_kg_h")
    for name, out in data.get("outlets", {}).get("by_products", {}).items():
        own = ledger.scenario.choices.by_products.get(name)
        if own is not None and own.treatment:
            _haul_waste(ledger, name, out, own.treatment, f"outlets.by_products.{name}.mass_kg_h")
    for name in data["products"]:
        _to_customer(ledger, name)


def _haul_waste(ledger: Ledger, name: str, out: Mapping[str, Any], treatment: str, path: str) -> None:
    """Solids are hauled; a liquid goes by a pipe."""
    if way_of(ledger, name, treatment).per == "kg":
        served = ledger.serves(out["stream"].partition(".")[0])
        _haul(ledger, name, "wastes", out["mass_kg_h"], path, served, "production")


def _to_customer(ledger: Ledger, name: str) -> None:
    if name not in ledger.scenario.choices.transport:
        return
    if ledger.scenario.text("boundary") != "cradle_to_customer":
        ledger.excluded[f"haulage of {name}"] = (0.0, "beyond the gate: boundary is cradle_to_gate")
        return
    mass, path = ledger.data["products"][name]["mass_kg_h"], f"products.{name}.mass_kg_h"
    _haul(ledger, name, name, mass, path, {name: 1.0}, "distribution")


def _haul(
    ledger: Ledger, name: str, group: str, mass: float, path: str, served: Mapping[str, float],
    stage: Stage = "raw_material",
) -> None:  # fmt: skip
    """The legs of some goods: t.km = t x km, for every factor of the mode."""
    chosen, usual = ledger.scenario.choices.transport, practice()
    own = chosen.get(name, chosen.get(group))
    if own is None:
        haul = usual.haulage["feed" if group == "feeds" else "reagents" if group == "reagents" else "wastes"]
        legs: Iterable[tuple[float, str]] = [(haul.distance, haul.by)]
        ledger.default(f"haulage of {group}", f"{haul.distance:g} km by {haul.by} ({haul.grade})")
    else:
        legs = [(leg.distance, leg.by) for leg in own]
    for i, (distance, by) in enumerate(legs, 1):
        for factor in mode(by):
            ledger.add(
                f"{name}/haul {i}/{factor}", "transport", name, mass / 1000.0 * distance, "t.km", factor, path,
                f"{mass:.6g} kg over {distance:g} km by {by}", stage=stage, serves=served, primary=own is not None,
            )  # fmt: skip


def mode(by: str) -> tuple[str, ...]:
    """Factors per t.km of a mode, or a factor named in its stead."""
    usual = practice().modes
    if by in usual:
        return usual[by]
    if "." in by:
        return (by,)
    raise unknown("E786", by, usual, "mode of haulage")


def legs_of(own: Iterable[Leg]) -> list[tuple[float, str]]:
    """Legs as (km, mode)."""
    return [(leg.distance, leg.by) for leg in own]
