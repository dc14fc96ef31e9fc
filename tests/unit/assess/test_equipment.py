"""Equipment list: sizes by hand from records of units, reasons where there is none, classes of material."""

from __future__ import annotations

from math import log, pi, sqrt

import pytest

from hydromet import load
from hydromet.assess.equipment import auxiliaries, equipment, unit_items
from hydromet.assess.materials import Conditions, conditions, material, materials
from hydromet.assess.sizing import FILE as SIZING
from hydromet.assess.sizing import RULES, Job, NotSizedError, exchanger
from hydromet.datafiles import read_csv, read_text
from hydromet.report.equipment import equipment as shown
from hydromet.report.equipment import equipment_rows
from hydromet.units.mixer_settler import practice
from hydromet.units.practice import practices
from hydromet.units.registry import unit_models

LATENT = 2.3e6


def usual(name):
    return practices(SIZING)[name].value


def stream(volume=10.0, temperature=333.15, pH=3.0, density=1100.0, species=None, **phases):
    phases = phases or {"aq": volume * density}
    return {
        "volume_m3_h": volume, "mass_kg_h": sum(phases.values()), "phases_kg_h": phases, "temperature_K": temperature,
        "pH": pH, "density_kg_m3": density, "species_mol_h": species or {},
    }  # fmt: skip


def record(model, parameters=None, values=None, stages=(), electric=None, steam=0.0, cooling=0.0, inlets=None):
    return {
        "model": model, "parameters": parameters or {}, "values": values or {}, "stages": list(stages),
        "energy": {"electric_kW": electric or {}, "steam_kW": steam, "cooling_kW": cooling}, "in": inlets or {},
    }  # fmt: skip


def items(units, streams):
    return equipment(units, streams, list(units), lambda _: LATENT)["items"]


def only(units, streams, item):
    (found,) = [row for row in items(units, streams) if row["item"] == item]
    return found


def test_tanks_of_a_train():
    unit = record("leach", {"residence_time": "14400.0 s", "tanks": 3}, electric={"agitation": 21.0})
    found = only({"u": unit}, {"u.slurry": stream(9.0), "u.gas": stream(500.0, g=600.0)}, "tank")
    volume = 9.0 * 4.0 / 3.0 / usual("fill")
    assert found["size"]["volume_m3"] == pytest.approx(volume)
    assert pi / 4.0 * found["size"]["diameter_m"] ** 3 * usual("slenderness") == pytest.approx(volume)
    assert found["size"]["power_kW"] == pytest.approx(7.0)
    assert found["count"] == 3
    assert not [line for line in found["basis"] if line.startswith("time.")]


def test_usual_residence_time_and_agitation_are_told():
    found = only({"u": record("precipitate")}, {"u.slurry": stream(9.0)}, "tank")
    time = usual("time.precipitate") / 3600.0
    assert found["size"]["volume_m3"] == pytest.approx(9.0 * time / usual("fill"))
    assert found["size"]["power_kW"] == pytest.approx(9.0 * time * usual("agitation") / 1e3)
    assert any(line.startswith("time.precipitate: 2 h (1 to 6); plant_practice, recalled") for line in found["basis"])
    assert found["grade"] == "recalled"


def test_what_a_unit_reports_goes_before_the_usual():
    cake = stream(0.5, s=150.0, aq=150.0)
    units = record("filter", values={"filter_area_m2": 7.0}, electric={"filtration": 2.0})
    found = only({"u": units}, {"u.cake": cake}, "filter")
    assert found["size"] == {"area_m2": 7.0, "power_kW": 2.0}
    found = only({"u": record("filter")}, {"u.cake": cake}, "filter")
    assert found["size"]["area_m2"] == pytest.approx(150.0 / 15.0 * usual("press_margin"))
    found = only({"u": record("precipitate", values={"volume_m3": 12.0})}, {"u.slurry": stream(9.0)}, "tank")
    assert found["size"]["volume_m3"] == 12.0


def test_a_crystalliser_holds_its_magma():
    made = {"u.crystals": stream(1.0), "u.condensate": stream(5.0)}
    unit = record("crystallise", {"residence_time": "4 h", "operation": "cooling"}, values={"magma_held_m3": 6.0})
    found = only({"u": unit}, made, "crystalliser")
    assert found["size"]["volume_m3"] == pytest.approx(6.0 / usual("fill"))


def test_thickeners_one_a_stage():
    values = {"thickener_area_m2": 20.0}
    unit = record("ccd", values=values, stages=[values] * 4, electric={"thickening": 2.0})
    found = only({"u": unit}, {"u.overflow": stream(5.0)}, "thickener")
    assert found["count"] == 4
    assert found["size"]["volume_m3"] == pytest.approx(20.0 * usual("thickener_depth"))
    assert found["size"]["power_kW"] == pytest.approx(0.5)
    empty = only({"u": record("thickener")}, {"u.overflow": stream(5.0)}, "thickener")
    assert "no area" in empty["reason"]


def test_drives_that_no_unit_counts():
    leach = record("leach", {"residence_time": "4 h"}, electric={"agitation": 5.0})
    tank = record("precipitate", {}, inlets={"feed": ["leach.slurry"]})
    plant = {"leach": leach, "tank": tank}
    listed = items(plant, {"leach.slurry": stream(9.0), "tank.slurry": stream(9.0)})
    found = auxiliaries(listed, plant)
    own = next(row for row in listed if row["unit"] == "tank")["size"]["power_kW"]
    assert found["agitation"] == pytest.approx(own)
    pump = next(row for row in listed if row["item"] == "pump")
    assert found["pumping"] == pytest.approx(pump["size"]["power_kW"])
    assert pump["count"] == 2  # one in reserve


def test_nothing_to_filter_is_not_sized():
    found = only({"u": record("filter")}, {"u.cake": stream(0.0, aq=0.0)}, "filter")
    assert (found["size"], found["count"]) == ({}, 0)
    assert "no solids" in found["reason"]


def test_mixer_settlers_for_the_fullest_stage():
    stages = [{"O_A": 2.0}, {"O_A": 1.0}, {"O_A": 1.5}]
    found = only({"u": record("extract", stages=stages)}, {"u.organic": stream(6.0, org=5000.0)}, "mixer-settler")
    total = 2.0 * 6.0 * practice("design_margin").value
    assert found["count"] == 3
    assert found["size"]["volume_m3"] == pytest.approx(total * practice("residence_time").value / 3600.0)
    assert found["size"]["area_m2"] == pytest.approx(total / 3600.0 / practice("specific_flow").value)
    assert (
        only({"u": record("strip")}, {"u.organic": stream(6.0)}, "mixer-settler")["reason"] == "no stage tells its O/A"
    )


def evaporator(arrangement, **more):
    values = {"water_evaporated_kg_s": 0.5, "boiling_point_elevation_K": 4.0, "pressure_Pa": 8e4}
    return record("evaporate", {"arrangement": arrangement, "temperature": "370.0 K", **more}, values,
                  electric={"MVR": 40.0} if arrangement == "mvr" else {}, steam=400.0)  # fmt: skip


def test_heating_surface_with_recompression():
    unit, streams = {"u": evaporator("mvr", lift="5.0 K")}, {"u.concentrate": stream(2.0)}
    found = only(unit, streams, "heating surface")
    assert found["size"]["duty_kW"] == pytest.approx(1150.0)
    assert found["size"]["area_m2"] == pytest.approx(1.15e6 / (usual("transfer.evaporator") * 5.0))
    vapour = 8e4 * 0.018015 / (8.314463 * 370.0)
    velocity = usual("souders_brown") * sqrt((1100.0 - vapour) / vapour)
    assert only(unit, streams, "vapour separator")["size"]["area_m2"] == pytest.approx(
        0.5 / vapour / velocity, rel=1e-4
    )
    assert only(unit, streams, "compressor")["size"]["flow_m3_h"] == pytest.approx(0.5 / vapour * 3600.0, rel=1e-4)
    assert only(unit, streams, "heater")["size"]["duty_kW"] == 400.0


def test_effects_share_what_the_elevation_leaves():
    streams = {"u.concentrate": stream(2.0)}
    span = usual("steam") - usual("condenser")
    found = only({"u": evaporator("multi_effect", effects=3)}, streams, "heating surface")
    assert found["count"] == 3
    assert found["size"]["area_m2"] == pytest.approx(1.15e6 / 3.0 / (usual("transfer.evaporator") * (span / 3.0 - 4.0)))
    # Its steam goes to that surface: no heater beside it.
    assert not [r for r in items({"u": evaporator("multi_effect", effects=3)}, streams) if r["item"] == "heater"]
    found = only({"u": evaporator("multi_effect", effects=30)}, streams, "heating surface")
    assert "no temperature difference" in found["reason"]


def test_a_cooling_crystalliser_has_no_heating_surface():
    unit = record("crystallise", {"operation": "cooling", "arrangement": "live_steam"}, {"water_evaporated_kg_s": 0.0})
    names = [row["item"] for row in items({"u": unit}, {"u.crystals": stream(1.0, s=900.0, aq=300.0)})]
    assert names == ["crystalliser", "centrifuge"]


def test_a_vacuum_crystalliser_flashes_in_its_vessel():
    values = {"water_evaporated_kg_s": 0.1, "pressure_Pa": 4e3, "boiling_point_elevation_K": 2.0}
    unit = record("crystallise", {"operation": "vacuum", "temperature": "303.15 K"}, values)
    names = [row["item"] for row in items({"u": unit}, {"u.crystals": stream(1.0, s=900.0, aq=300.0)})]
    assert names == ["crystalliser", "vapour separator", "centrifuge"]


def test_drives_of_crystals():
    crystals = {"u.crystals": stream(1.0, s=900.0, aq=300.0)}
    spun = only({"u": record("crystallise", {"operation": "cooling"})}, crystals, "centrifuge")
    assert spun["size"] == {"solids_kg_h": 900.0, "power_kW": pytest.approx(0.9 * 8.0)}
    turned = only({"u": evaporator("mvr")}, {"u.concentrate": stream(2.0)}, "circulation pump")
    flow = 1.15e6 / (usual("circulation_heat") * usual("circulation_rise"))
    assert turned["size"]["flow_m3_h"] == pytest.approx(3600.0 * flow)
    power = 1100.0 * 9.80665 * usual("circulation_head") * flow / usual("circulation_efficiency")
    assert turned["size"]["power_kW"] == pytest.approx(power / 1e3)
    dried = only({"u": record("dry", values={"water_evaporated_kg_s": 0.01})}, {"u.product": stream(1.0)}, "dryer")
    assert dried["size"]["power_kW"] == pytest.approx(0.01 * 3.6 * 60.0)


def test_cooler_by_the_logarithmic_difference():
    job = Job("u", record("heater"), {}, (), lambda _: LATENT)
    cold, warm = usual("cooling_in"), usual("cooling_out")
    difference = (warm - cold) / log((340.0 - cold) / (340.0 - warm))
    found = exchanger(job, -100.0, 340.0)
    assert found["area_m2"] == pytest.approx(1e5 / (usual("transfer.exchanger") * difference))
    with pytest.raises(NotSizedError, match="chilled"):
        exchanger(job, -100.0, warm + 1.0)
    with pytest.raises(NotSizedError, match="steam"):
        exchanger(job, 100.0, usual("steam"))


def test_pumps_of_liquids_conveyors_of_cakes_and_nothing_behind_a_split():
    units = {
        "a": record("precipitate"),
        "b": record("filter", inlets={"slurry": ["a.slurry"]}),
        "c": record("split", inlets={"feed": ["b.filtrate"]}),
        "d": record("mix", inlets={"feed": ["c.main", "b.cake", "a.gas"]}),
    }
    streams = {
        "a.slurry": stream(10.0), "a.gas": stream(10.0, g=12.0), "b.filtrate": stream(0.001, aq=1.1),
        "b.cake": stream(1.0, s=800.0, aq=400.0), "c.main": stream(9.0), "d.out": stream(9.0),
    }  # fmt: skip
    found = {row["unit"]: row for row in items(units, streams) if row["item"] in ("pump", "conveyor")}
    assert set(found) == {"a.slurry", "b.filtrate", "b.cake"}
    power = 1100.0 * 9.80665 * usual("head") * 10.0 / 3600.0 * usual("pump_margin") / usual("pump_efficiency")
    assert found["a.slurry"]["size"]["power_kW"] == pytest.approx(power / 1e3)
    assert (found["a.slurry"]["to"], found["a.slurry"]["count"]) == ("b", 2)
    assert "metering" in found["b.filtrate"]["reason"]
    assert "no pump" in found["b.cake"]["reason"]


def test_a_unit_of_somebody_else_is_not_sized():
    (found,) = items({"u": record("my_own")}, {"u.out": stream()})
    assert found["reason"] == "no rule for a my_own in data/equipment/unit_items.csv"


def test_every_unit_operation_has_a_rule_and_every_rule_its_values():
    """A new unit operation is listed in data/equipment/unit_items.csv, if only with the reason why it has no size."""
    assert set(unit_models()) <= set(unit_items())
    for rows in unit_items().values():
        for row in rows:
            assert row["rule"] in {*RULES, "none"}
            assert row["note"] or row["rule"] != "none"
            assert set(row["use"].split()) <= set(practices(SIZING))


def test_every_usual_value_lies_in_its_range():
    for value in practices(SIZING).values():
        assert value.low <= value.value <= value.high, value.name
        assert f"`{value.source}`" in read_text("data/SOURCES.md")
    for row in read_csv("data/equipment/materials.csv"):
        assert f"`{row['source']}`" in read_text("data/SOURCES.md")


def worst(temperature=313.15, chloride=0.0, fluoride=0.0, acid=0.0, pH=3.0, organic=False):
    return Conditions(temperature, chloride, fluoride, acid, pH, organic)


@pytest.mark.parametrize("change", [{"organic": True}, {"temperature": 363.15}, {"fluoride": 30.0}, {"acid": 450.0}])
def test_a_worse_liquor_leaves_the_first_class(change):
    first, other = material(worst()), material(worst(**change))
    assert first is materials()[1]
    assert other is not first
    assert other is None or other.takes(worst(**change))


def test_metal_for_heat_and_nothing_for_the_impossible():
    assert material(worst(chloride=0.1), metal=True).name == "stainless steel 316L"
    assert material(worst(chloride=50.0, temperature=383.15), metal=True).name == "titanium grade 2"
    assert material(worst(chloride=50.0, fluoride=1.0), metal=True).name == "nickel alloy C-276"
    assert material(worst(temperature=600.0)) is None
    assert material(worst(pH=None)).use == "dry"


def test_conditions_by_hand():
    liquor = stream(2.0, density=1000.0, species={"Cl-": 100.0, "F-": 10.0, "H+": 40.0, "CaF2(s)": 9.0})
    found = conditions([liquor, stream(1.0, temperature=350.0, pH=9.0, species={"F-": 1e4})])
    assert found.chloride == pytest.approx(0.1 * 35.45 / 2.0, rel=1e-3)
    assert found.fluoride == pytest.approx(0.01 * 18.998 / 2.0, rel=1e-3)  # that of the alkaline liquor does no harm
    assert found.acid == pytest.approx(0.04 * 98.079 / 2.0 / 2.0, rel=1e-3)
    assert (found.temperature, found.pH) == (350.0, 9.0)
    assert conditions([stream(0.1, s=1000.0, aq=1.0)]).pH is None  # dry enough


PLANT = """
hydromet: 1
title: Evaporation
chemistry: [sulfate]
feeds:
  liquor: {composition: {NiSO4: 5 wt%, H2SO4: 2 wt%}, basis: mass, rest: H2O, rate: 1000 kg/h}
units:
  evaporator: {model: evaporate, in: {liquor: liquor}, temperature: 80 degC, water_removed: 50 %, arrangement: mvr}
  cooler: {model: heater, in: {feed: evaporator.concentrate}, temperature: 50 degC}
products: {concentrate: cooler.out}
wastes: {condensate: evaporator.condensate}
emissions: {vent: evaporator.vent}
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    file = tmp_path_factory.mktemp("equipment") / "plant.yaml"
    file.write_text(PLANT, encoding="utf-8")
    return load(file).solve()


def test_a_solved_plant(result):
    rows = result["assessments"]["equipment"]["items"]
    found = {(row["unit"], row["item"]): row for row in rows}
    water = result["units"]["evaporator"]["values"]["water_evaporated_kg_s"]
    surface = found["evaporator", "heating surface"]["size"]
    assert surface["duty_kW"] == pytest.approx(water * 2308.0, rel=0.01)  # heat of evaporation at 80 degC, steam tables
    assert ("evaporator.concentrate", "pump") in found
    assert found["cooler", "cooler"]["size"]["duty_kW"] == -result["units"]["cooler"]["energy"]["cooling_kW"]
    for row in rows:
        assert bool(row["size"]) != bool(row["reason"])
        assert bool(row["material"]) != bool(row["material_reason"])
        assert all(value >= 0.0 for key, value in row["size"].items() if key != "duty_kW")


def test_what_is_printed_and_written(result):
    text = shown(result, "ja")
    assert "材質区分" in text
    assert "transfer.evaporator: 1200 W/m2/K" in text
    heads, table = equipment_rows(result)
    assert len(table) == len(result["assessments"]["equipment"]["items"])
    assert {len(row) for row in table} == {len(heads)}
