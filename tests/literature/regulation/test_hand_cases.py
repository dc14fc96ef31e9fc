"""Cases reckoned by hand from the text of the method alone, then written as case files; the battery is in ``hand``.

``agrees`` compares to 0.005 percentage points. Compounds by their molar masses: Ni in NiSO4.6H2O 22.330 %, in
NiSO4.7H2O 20.898 %, Co in CoSO4.7H2O 20.966 %, Li in Li2CO3 18.785 %, in LiOH.H2O 16.539 %, Mn in MnSO4.H2O 32.506 %.
"""

from __future__ import annotations

import pytest

from hydromet.report.recovery import summary
from tests.literature.regulation.hand import (
    ALL,
    BLACK_MASS,
    OUT,
    PARTS,
    agrees,
    cathode,
    facility,
    lot,
    reckon,
    refused,
    scaled,
    then,
)
from tests.literature.regulation.worked import case, met, total, warned


@pytest.mark.parametrize(
    ("year", "options", "rate"),
    [
        (2027, ALL, 55.0),  # 55 / 100
        (2027, "", 100 * 50 / 73),  # without O, C, Fe_cell, P: (55 - 5) / (100 - 8 - 16 - 2 - 1) = 68.493
        (2029, "", 100 * 50 / 73),  # the last year of the first regime
        (2030, "", 100 * 55 / 92),  # C, Fe_cell, P back in: 55 / (100 - 8) = 59.783
        (2030, "count: {C_cell: false}", 100 * 55 / 92),  # cannot be left out any more
        (2030, "count: {O: true}", 55.0),
    ],
)
def test_element_switches_before_and_after_2030(year, options, rate):
    agrees(reckon(lot(), facility(OUT), year, options), rRE=rate, Ni=95.0, Co=97.5, Li=75.0, Cu=95.0)


OUTSIDE = PARTS + "\n      busbars: {mass: 3 t}\n      plating: {kind: tabs, mass: 0.5 t, elements: {Ni: 0.5 t}}"


def test_metal_outside_the_scope_is_left_out_on_both_sides():
    # 11 t Cu fed, 8 of them foil; 10.2 t made of all: 10.2 / 11 = 92.727 %, the same for the foil alone. Ni 9.6 / 10.5
    made = facility({"metals": "use: product, elements: {Cu: 10.2 t, Ni: 9.6 t}"})
    agrees(reckon(lot(parts=OUTSIDE, mass=103.5), made), Cu=92.7273, Ni=91.4286, rRE=100 * 19.8 / 103.5)


def test_a_fraction_of_single_parts_needs_no_inlet_of_its_own():
    # Busbars sorted out: 2.9 t of them. Foil: 7.3 / 8 = 91.25 %; Ni 9.3 / 10 = 93 %; rRE as before
    made = facility(
        {
            "bars": "use: product, of: [cells.busbars], elements: {Cu: 2.9 t}",
            "cans": "use: product, of: [cells.plating], elements: {Ni: 0.3 t}",
            "metals": "use: product, of: [cells], elements: {Cu: 7.3 t, Ni: 9.3 t}",
        }
    )
    agrees(reckon(lot(parts=OUTSIDE, mass=103.5), made), Cu=91.25, Ni=93.0, rRE=100 * 19.8 / 103.5)


SHREDDED = BLACK_MASS | {
    "copper": "use: product, elements: {Cu: 7 t}",
    "steel": "use: material, elements: {Steel: 14.5 t}",
}


def test_black_mass_sold_with_and_without_its_refiner():
    # Nobody refines it: 7 + 14.5 = 21.5 t. Refined: + 9.3 + 3.8 + 1.6 = 36.2 t, Ni 93, Co 95, Li 80 %
    agrees(reckon(lot(), facility(SHREDDED)), rRE=21.5, Ni=0.0, Co=0.0, Li=0.0, Cu=87.5)
    refined = then({"salts": "use: product, elements: {Ni: 9.3 t, Co: 3.8 t, Li: 1.6 t}"})
    agrees(reckon(lot(), facility(SHREDDED) + refined), rRE=36.2, Ni=93.0, Co=95.0, Li=80.0, Cu=87.5)


@pytest.mark.parametrize("name", ["black_mass", "Black-Mass", "black_mass_nmc", "blackmass"])
def test_black_mass_is_black_mass_by_its_name(name):
    result = reckon(lot(), facility({name: "use: product, elements: {Ni: 9.8 t, Co: 3.9 t}"}))
    agrees(result, Ni=0.0, Co=0.0, rRE=0.0)
    assert ("T01", "W901", "corrected") in met(result)


def test_slag_is_slag_by_its_name():
    # 1 t Li in a slag that is sold: 1 / 100 in the efficiency, nothing in the recovery
    result = reckon(lot(), facility({"converter_slag": "use: product, elements: {Li: 1 t}"}))
    agrees(result, Li=0.0, rRE=1.0)
    assert ("T04", "W904", "corrected") in met(result)


def test_chain_of_three_through_a_mixed_hydroxide():
    leach = then(
        {
            "mhp": "use: intermediate, elements: {Ni: 9.6 t, Co: 3.85 t, Mn: 0.5 t}",
            "lithium": "use: product, mass: 9 t, compound: Li2CO3(s)",
        }
    )
    refine = then(
        {
            "nickel": "use: product, mass: 42 t, compound: NiSO4:6H2O(s)",
            "cobalt": "use: product, mass: 18 t, compound: CoSO4:7H2O(s)",
        },
        "refinery.mhp",
        "salts",
        "BE",
    )
    # Li 9 x 0.18785 = 1.69065 / 2; Ni 42 x 0.22330 = 9.3786 / 10; Co 18 x 0.20966 = 3.7739 / 4
    # rRE 14.5 + 7 + 1.69065 + 9.3786 + 3.7739 = 36.343
    result = reckon(lot(), facility(SHREDDED) + leach + refine)
    agrees(result, Li=84.5325, Ni=93.786, Co=94.345, Cu=87.5, rRE=36.343)


@pytest.mark.parametrize(
    ("name", "option", "rate"),
    [
        ("MHP", "by_kind", 0.0),
        ("MHP", "output", 9.0),
        ("NiCo_alloy", "by_kind", 9.0),
        ("NiCo_alloy", "no_output", 0.0),
    ],
)
def test_what_is_sold_and_no_calculation_point_is_output_by_option(name, option, rate):
    sold = facility({name: "use: product, elements: {Ni: 9 t}"})
    result = reckon(lot(), sold, options=f"{ALL}, sold_intermediates: {option}")
    agrees(result, Ni=0.0, rRE=rate)  # output: 9 / 100
    assert "W922" in warned(result)
    assert result["steps"]["works"]["outputs" if rate else "losses"]


@pytest.mark.parametrize(
    ("use", "rate"), [("slag", 30.7), ("material", 30.7), ("construction", 20.7), ("backfill", 20.7)]
)
def test_slag_in_concrete_and_under_a_landfill(use, rate):
    # Slag of 20 t: Al 6, Mn 3, Li 1 of the batteries, 10 of lime. Alloy 9.4 + 3.8 + 7.5 = 20.7 t; with slag 30.7 t
    slag = {"matter": f"use: {use}, mass: 20 t, elements: {{Al: 6 t, Mn: 3 t, Li: 1 t, Ca: 10 t}}",
            "alloy": "use: product, elements: {Ni: 9.4 t, Co: 3.8 t, Cu: 7.5 t}"}  # fmt: skip
    result = reckon(lot(), facility(slag, more="\n    reagents: {lime: {elements: {Ca: 10 t}}}"))
    agrees(result, rRE=rate, Li=0.0, Ni=94.0)


LITHIUM = lot(parts=cathode(Li=20, Ni=80))


def test_lithium_of_a_reagent():
    # 18.785 t Li in 100 t Li2CO3. Weighed in with the feed: 18.785 x 20 / (20 + 3) = 16.335 of 20 t
    carbonate = "use: product, mass: 100 t, compound: Li2CO3(s)"
    mixed = facility({"li": carbonate}, more="\n    reagents: {lioh: {elements: {Li: 3 t}}}")
    agrees(reckon(LITHIUM, mixed), Li=81.6733)
    # Added to the product itself, all of it is there: (18.785 - 3) / 20 = 78.925 %
    agrees(reckon(LITHIUM, facility({"li": carbonate + ", reagent_born: {Li: 3 t}"})), Li=78.925)
    # As a share: 18.785 x (1 - 0.2) / 20 = 75.14 %
    agrees(reckon(LITHIUM, facility({"li": carbonate + ", reagent_born: {Li: 20 %}"})), Li=75.14)
    wrong = refused(case(LITHIUM, facility({"li": carbonate + ", reagent_born: {Li: 30 t}"})))
    assert (wrong.code, wrong.place.line is not None) == ("E913", True)


def test_sodium_is_no_part_of_a_product():
    # 43 t of a salt with 21.9 % Ni, 0.3 % Na of a reagent: 43 x 0.219 = 9.417 t on both sides of everything
    salt = "use: product, recovers: [Ni], mass: 43 t, elements: {Ni: 21.9 wt%, Na: 0.3 wt%}"
    result = reckon(lot(), facility({"ni": salt}))
    agrees(result, Ni=94.17, rRE=9.417)
    assert ("T11", "W911", "met") in met(result)
    # Nor is it one of the unnamed elements of a battery of which 5 t are not analysed
    unnamed = lot(parts=PARTS + "\n      more: {kind: other, mass: 5 t, unknown: true}", mass=105)
    agrees(reckon(unnamed, facility({"ni": salt})), Ni=94.17, rRE=100 * 9.417 / 105)


@pytest.mark.parametrize(
    ("salt", "options", "cobalt", "code"),
    [
        ("compound: NiSO4:6H2O(s), purity: 98 wt%, elements: {Co: 0.1 wt%}", "", 0.0, "W940"),
        ("elements: {Ni: 21.8834 wt%, Co: 0.1 wt%}, recovers: [Ni]", "", 0.0, ""),
        ("elements: {Ni: 21.8834 wt%, Co: 0.1 wt%}", "", 1.075, "W941"),
        ("compound: NiSO4:6H2O(s), purity: 98 wt%, elements: {Co: 0.1 wt%}", ", product_impurities: recovered",
         1.075, "W941"),
    ],
)  # fmt: skip
def test_cobalt_in_nickel_sulfate_is_an_impurity(salt, options, cobalt, code):
    # 43 t: Ni 43 x 0.98 x 0.22330 = 9.40986 t; Co 0.043 t of 4 is 1.075 % if it counts at all; rRE 9.45286 either way
    result = reckon(lot(), facility({"ni": f"use: product, mass: 43 t, {salt}"}), options=ALL + options)
    agrees(result, Ni=94.0986, Co=cobalt, rRE=9.4529)
    assert {code} - {""} == warned(result) & {"W940", "W941"}


def test_moisture_is_not_input():
    # 120 t with 8 % water: 110.4 t dry; output 55 x 1.104 x 50 / 55 = 55.2 t
    out = {key: scaled(what, 1.104 * 50 / 55) for key, what in OUT.items()}
    wet = lot(parts=scaled(PARTS, 1.104), mass=120, more="moisture: 8 wt%; collected_in: DE")
    result = reckon(wet, facility(out))
    assert result["lots"]["cells"]["dry_t"] == pytest.approx(110.4)
    agrees(result, rRE=50.0)


PACK = (
    PARTS
    + """
      pack_casing: {mass: 10 t, dismantled: true, elements: {Al: 10 t}}
      end_equipment_cables: {mass: 1 t, elements: {Cu: 1 t}}"""
)


@pytest.mark.parametrize(("use", "rate"), [("product", 100 * 64.5 / 110), ("landfill", 50.0)])
def test_packaging_casings_and_cables_to_the_equipment(use, rate):
    # 113 t received, 2 of packaging, 1 of cables that belong to no battery: 110 t. Casing 9.5 of 10 t: 64.5 or 55 / 110
    packs = lot(parts=PACK, mass=113, form="pack", more="packaging: 2 t; collected_in: DE")
    smelter = facility({"al": f"use: {use}, elements: {{Al: 9.5 t}}"}, "cells.pack_casing", "smelter", "other_route")
    wires = facility(
        {"cu": "use: product, elements: {Cu: 0.9 t}"}, "cells.end_equipment_cables", "wires", "other_route"
    )
    agrees(reckon(packs, facility(OUT) + smelter + wires), rRE=rate, Cu=95.0)


def test_kinds_of_production_scrap():
    # Ni 10 + 2 of cells; foil 3, slurry 2, powder 2: 19 t fed, 18.05 out = 95 %; counted 12 t in, 11.4 out of 120 t
    rest = "".join(
        f"\n  {form}: {{form: {form}, origin: production, mass: 15 t, elements: {{Ni: {mass} t}}}}"
        for form, mass in (("foil", 3), ("slurry", 2), ("powder", 2))
    )
    rejects = lot("rejects", scaled(PARTS, 0.2), 20, more="origin: production; collected_in: DE")
    made = facility({"p": "use: product, elements: {Ni: 18.05 t}"}, "cells, rejects, foil, slurry, powder")
    agrees(reckon(lot() + rejects + rest, made), Ni=95.0, rRE=9.5)


STOCK = "\n    closing: {wip: {elements: {Ni: 1.5 t, Co: 0.6 t}, later: %s}}"
KNOWN = "{2028: {share: 70 %, recovered: {Ni: 90 %, Co: 95 %}}, 2029: {share: 30 %, recovered: {Ni: 80 %, Co: 90 %}}}"
OLD = "\n    opening: {old: {elements: {Ni: 2 t, Co: 0.5 t}}}"


@pytest.mark.parametrize(
    ("opening", "options", "nickel", "cobalt"),
    [
        # 8 + 1.5 x (0.7 x 0.9 + 0.3 x 0.8) = 9.305; 3.2 + 0.6 x (0.7 x 0.95 + 0.3 x 0.9) = 3.761 of 4
        ("", "", 93.05, 94.025),
        # First in, first out: 2 + 8.5 t worked off make 8 t, 8.5 / 10.5 of it of this year: 6.47619 + 1.305
        # Co 3.4 / 3.9 of 3.2: 2.78974 + 0.561 = 3.35074
        (OLD, "", 77.8119, 83.7686),
        # Mixed: 10 / 12 of 8 and of 1.305 = 7.75417; Co 4 / 4.5 of 3.761 = 3.34311
        (OLD, ", stock: mixed", 77.5417, 83.5778),
    ],
)
def test_stock_and_the_outputs_of_later_years(opening, options, nickel, cobalt):
    works = facility({"p": "use: product, elements: {Ni: 8 t, Co: 3.2 t}"}, more=opening + STOCK % KNOWN)
    agrees(reckon(lot(), works, options=ALL + options), Ni=nickel, Co=cobalt)


def test_outputs_of_later_years_by_weight():
    # 8 + 0.8 + 0.2 = 9 of 10 t
    made = {"a": "use: product, elements: {Ni: 8 t}", "b": "use: product, year: 2028, elements: {Ni: 0.8 t}",
            "c": "use: product, year: 2029, elements: {Ni: 0.2 t}"}  # fmt: skip
    agrees(reckon(lot(), facility(made)), Ni=90.0, rRE=9.0)
    late = {**made, "c": "use: product, year: 2030, elements: {Ni: 0.2 t}"}
    assert refused(case(lot(), facility(late), 2027)).code == "E911"


def test_batteries_not_yet_worked_off_have_the_composition_of_their_lot():
    # 20 of 100 t in store hold 2 t Ni, 95 % of it recovered next year: 7.6 + 1.9 = 9.5; rRE 7.6 + 20 x 0.55 = 18.6
    later = "{2028: {share: 100 %, efficiency: 55 %, recovered: {Ni: 95 %}}}"
    store = f"\n    closing: {{store: {{of: cells, mass: MASS t, later: {later}}}}}"
    made = {"p": "use: product, elements: {Ni: 7.6 t}"}
    agrees(reckon(lot(), facility(made, more=store.replace("MASS", "20"))), Ni=95.0, rRE=18.6)
    assert refused(case(lot(), facility(made, more=store.replace("MASS", "120")), 2027)).code == "E923"


def test_member_states_share_by_what_each_fed():
    # Li 1.2 of DE and 1.6 of FR, 2.1 out: 75 % each, 0.9 and 1.2 t
    de, fr = lot("de", cathode(Li=1.2), 60), lot("fr", cathode(Li=1.6), 40, more="collected_in: FR")
    result = reckon(de + fr, facility({"li": "use: product, elements: {Li: 2.1 t}"}, "de, fr"))
    states = result["families"]["lithium_based"]["by_member_state"]
    assert {k: v["rRM"]["Li"]["output_t"] for k, v in states.items()} == pytest.approx({"DE": 0.9, "FR": 1.2})
    agrees(result, Li=75.0)


def test_families_have_rates_of_their_own():
    # Lead: any part counts, no scope to state: Pb 126 / 130 = 96.923 %, (126 + 2) / 200 = 64 %
    # NiMH with the lithium cells in one furnace: 16.2 t Ni of 10 + 8, 90 % each; other: (7.2 + 0.9) / 20 = 40.5 %
    whole = "collected_in: DE, parts: {whole_battery: {share: 100 wt%, elements: "
    lead = f"{{form: battery, family: lead_acid, mass: 200 t, {whole}{{Pb: 130 t, S: 10 t, Sb: 2 t}}}}}}}}"
    nimh = (
        f"{{form: battery, family: other, mass: 20 t, {whole}{{Ni: 8 t, Co: 1 t}}, scope: {{Ni: 90 %, Co: 100 %}}}}}}}}"
    )
    lots = f"{lot()}\n  lead: {lead}\n  nimh: {nimh}"
    furnace = facility({"alloy": "use: product, elements: {Ni: 16.2 t, Co: 4.5 t}"}, "cells, nimh")
    smelter = then(
        {"lead": "use: product, elements: {Pb: 126 t}", "alloy": "use: material, elements: {Sb: 2 t}"}, "lead"
    )
    result = reckon(lots, furnace + smelter)
    agrees(result, "lead_acid", rRE=64.0, Pb=96.9231)
    agrees(result, "other", rRE=40.5, Ni=90.0, Co=90.0)
    agrees(result, Ni=90.0, Co=90.0, rRE=12.6)


def test_the_target_of_a_metal_is_of_all_families():
    # Lithium cells 9.5 of 10 t Ni, 95 %; nickel-cadmium 6 of 8 t, 75 %; together 15.5 / 18
    whole = (
        "collected_in: DE, parts: {whole_battery: {share: 100 wt%, elements: {Ni: 8 t, Fe: 4 t}, scope: {Ni: 100 %}}}"
    )
    lots = lot() + f"\n  nicd: {{form: battery, family: nickel_cadmium, mass: 20 t, {whole}}}"
    result = reckon(lots, facility(OUT) + then({"ni": "use: product, elements: {Ni: 6 t}"}, "nicd"))
    told = {each["family"]: each for each in result["verdicts"] if each["item"] == "Ni" and each["by"] == "2027-12-31"}
    assert {family: each["passes"] for family, each in told.items()} == {
        "lithium_based": True, "nickel_cadmium": False, "all_families": False,
    }  # fmt: skip
    assert told["all_families"]["percent"] == pytest.approx(100 * 15.5 / 18)
    assert "rRM Ni 15.5000 18.0000 86.11 %" in " ".join(summary(result, "en").split())


@pytest.mark.parametrize(("evidence", "nickel", "outside"), [("\n    evidence: E-1", 95.0, 4.0), ("", 55.0, 0.0)])
def test_output_outside_the_union(evidence, nickel, outside):
    # 5.5 t in Finland, 4 in Korea
    refine = then({"a": "use: product, elements: {Ni: 5.5 t}", "b": "use: intermediate, elements: {Ni: 4 t}"})
    korea = then({"n": "use: product, elements: {Ni: 4 t}"}, "refinery.b", "korea", "KR", evidence)
    result = reckon(lot(), facility(BLACK_MASS) + refine + korea)
    agrees(result, Ni=nickel, rRE=nickel / 10)
    assert total(result)["rows"]["Ni"]["output_non_eu_t"] == pytest.approx(outside)


@pytest.mark.parametrize(("evidence", "nickel"), [("\n    evidence: E-7", 93.0), ("", 0.0)])
def test_shredding_outside_the_union_needs_evidence_though_the_refinery_is_inside(evidence, nickel):
    abroad = facility(BLACK_MASS, country="TR", more=evidence)
    result = reckon(lot(), abroad + then({"p": "use: product, elements: {Ni: 9.3 t}"}))
    agrees(result, Ni=nickel, rRE=nickel / 10)


@pytest.mark.parametrize(("share", "verdict"), [(65.0, True), (64.999, False)])
def test_a_rate_that_is_the_target_meets_it(share, verdict):
    # In ten fractions: sums of tenths are not the tenth of the sum, to the last bit
    out = {f"p{i}": f"use: material, elements: {{Si: {share / 10:.10g} t}}" for i in range(10)}
    result = reckon(lot(parts="\n      x: {kind: other, elements: {Si: 100 t}}"), facility(out))
    verdicts = {each["target"]: each["passes"] for each in result["verdicts"]}
    assert verdicts[65.0] is verdict


def test_shared_refinery():
    # 30 t Ni of ours (of 32 in the cells) and 70 of another chain; 90 out, 5 left that yield 90 / 95 next year:
    # 27 + 1.5 x 0.947368 = 28.4211 of 32 = 88.816 %
    own = lot(parts=cathode(Ni=32, Co=8))
    other = "\n  theirs: {form: black_mass, origin: other_chain, mass: 200 t, elements: {Ni: 70 t, Co: 10 t}}"
    shred = facility({"bm": "use: intermediate, commodity: black_mass, elements: {Ni: 30 t, Co: 7.5 t}"})
    stock = "\n    closing: {wip: {elements: {Ni: 5 t}, later: {2028: {share: 100 %, recovered: {Ni: 94.7368421 %}}}}}"
    refine = then({"ni": "use: product, elements: {Ni: 90 t}"}, "works.bm, theirs", more=stock)
    agrees(reckon(own + other, shred + refine), Ni=88.816)
