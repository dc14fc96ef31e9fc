"""A small footprint with every kind of line, its record, and a company file that answers everything."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import fsum
from pathlib import Path

from hydromet.assess.carbon.allocation import matrix
from hydromet.assess.carbon.shapes import Activity, Contribution, Factor, Inventory, Output
from hydromet.assess.exports.company import read_company
from hydromet.assess.exports.footprint import footprint
from hydromet.datafiles import find

COMPANY = find("flowsheets/export_nmc622.yaml")
NICKEL, COBALT, LITHIUM = "nickel_sulfate", "cobalt_sulfate", "lithium_carbonate"


def factor(name, value, per="kg", indicator="climate", **more):
    given = {
        "title": f"{name} in words", "geography": "JP", "year": "2024", "scope": "cradle-to-gate",
        "gwp": "AR6 GWP100" if indicator == "climate" else "", "source": "made_up", "locator": "table 1",
        "licence": "none", "grade": "estimated", "verified": "no", "deviation": 1.2, "proxy": False,
        "quality": (2.0, 3.0, 1.0), "book": "tests-1",
    }  # fmt: skip
    return Factor(name, indicator, value, per, **{**given, **more})


def activity(name, kind, stage, amount, used, per="kg", **more):
    unit, _, flow = name.partition("/")
    return Activity(name, kind, stage, unit, flow, amount, per, used, f"streams.{name}", **more)


FACTORS = {
    "acid": [factor("acid", 0.044), factor("acid", 0.01, indicator="water")],
    "caustic": [factor("caustic", 2.12, quality=(1.0, 5.0, 4.0)), factor("caustic", 20.0, indicator="energy")],
    "power": [factor("power", 0.48, "kWh", deviation=1.05), factor("power", 9.0, "kWh", "energy", deviation=1.1)],
    "declared": [factor("declared", 0.35, scope="supplier, cradle-to-gate", source="supplier")],
    "declared.main": [factor("declared.main", 0.05, scope="supplier, cradle-to-gate", source="supplier")],
    "burnt": [factor("burnt", 3.664, gwp="CO2", deviation=1.0, quality=(1.0, 1.0, 1.0))],
    "lorry": [factor("lorry", 0.1, "t.km", gwp="AR5 GWP100")],
    "bag": [factor("bag", 1.5, proxy=True)],
    "landfill": [factor("landfill", 0.02)],
}
ACTIVITIES = (
    activity("leach/acid", "reagent", "raw_material", 1100.0, "acid", deviation=1.03),
    activity("nickel_extraction/caustic", "reagent", "raw_material", 300.0, "caustic", serves={NICKEL: 1.0}),
    activity("plant/power", "electricity", "production", 600.0, "power", "kWh", deviation=1.1),
    activity("black_mass/declared/raw_material", "upstream", "raw_material", 1000.0, "declared"),
    activity("black_mass/declared/production", "upstream", "production", 1000.0, "declared.main"),
    activity("furnace/graphite", "process", "production", 12.0, "burnt"),
    activity("bagging/bag", "packaging", "production", 4.0, "bag"),
    activity("gate/lorry", "transport", "distribution", 250.0, "lorry", "t.km", primary=False),
    activity("residue/landfill", "waste", "end_of_life", 400.0, "landfill"),
)
OUTPUTS = (
    Output(NICKEL, "products", 780.0, {"Ni": 174.0}, 4.0, "NiSO4:6H2O(s)"),
    Output(COBALT, "products", 290.0, {"Co": 61.0}, 6.0, "CoSO4:7H2O(s)"),
    Output(LITHIUM, "products", 207.0, {"Li": 38.9}, 10.0, "Li2CO3(s)"),
    Output("sodium_sulfate", "by_products", 900.0, {}, None, "Na2SO4(s)", allocated=False),
)


def record(activities=ACTIVITIES, factors=None, outputs=OUTPUTS, allocation="metal_mass", **more):
    """``hydromet-carbon/1`` of the sample, with what a test changes."""
    used = {**FACTORS, **(factors or {})}
    inventory = Inventory("1 h of operation", 1000.0, tuple(activities), tuple(outputs), 5000.0)
    rows = tuple(Contribution(each, used[each.factor][0]) for each in activities)
    shared = matrix(inventory, rows, allocation)
    products = {}
    for each in outputs:
        if each.allocated:
            total = fsum(w * row.value for w, row in zip(shared[each.name], rows, strict=True))
            figure = {"total": total, "per_kg": total / each.mass, "per_kg_metal": {}}
            products[each.name] = {"mass_kg": each.mass, "figures": {"climate": {"cut_off": {allocation: figure}}}}
    return {
        "format": "hydromet-carbon/1", "title": {"en": "A sample", "ja": "例"}, "reference": inventory.reference,
        "feed_kg": inventory.feed, "scenario": {"name": "", "grid": "JP-Tokyo-2024"},
        "method": {"approach": "cut_off", "allocation": allocation, "boundary": "cradle_to_gate"},
        "activities": [asdict(each) for each in activities],
        "factors": {key: {each.indicator: {**asdict(each), "quality": list(each.quality)} for each in table}
                    for key, table in used.items()},
        "outputs": {each.name: asdict(each) for each in outputs}, "products": products,
        "completeness": {"exempted_percent": 1.25, "flows": [
            {"name": "labels", "included": False, "reason": "no data"}, {"name": "acid", "included": True}]},
        **more,
    }  # fmt: skip


def sample(**more):
    return footprint(record(**more))


def with_credit():
    """The sample with one activity that gives a credit."""
    credit = activity("power/sold", "electricity", "production", 10.0, "sold", "kWh")
    return sample(activities=(*ACTIVITIES, credit), factors={"sold": [factor("sold", -0.4, "kWh")]})


def scaled(by):
    """The sample with all amounts multiplied."""
    return sample(activities=[replace(each, amount=each.amount * by) for each in ACTIVITIES])


def company(tmp_path=None, change=lambda text: text):
    """The shipped company file, or a changed copy of it."""
    if tmp_path is None:
        return read_company(COMPANY)
    file = Path(tmp_path) / "export.yaml"
    file.write_text(change(COMPANY.read_text(encoding="utf-8")), encoding="utf-8")
    return read_company(file)
