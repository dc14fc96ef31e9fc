"""Worked examples of every option and of the rules beside the traps: shared facilities, states, stocks, scopes."""

from __future__ import annotations

import pytest

from hydromet.assess.eu_recovery.case_file import Options
from hydromet.assess.eu_recovery.rules import rules
from tests.literature.regulation.worked import (
    LOT,
    PARTS,
    case,
    close,
    efficiency,
    one,
    recovered,
    solve,
    total,
    verdict,
    warned,
)


def test_the_defaults_are_the_first_choices_of_the_data():
    options = Options()
    for name, entry in rules().general["options"].items():
        assert getattr(options, name) == entry["choices"][0]
        assert set(type(options).model_fields[name].annotation.__args__) == set(entry["choices"])


ORGANIC = LOT.replace("mass: 1000 t", "mass: 1100 t").replace(
    PARTS,
    PARTS
    + "\n      binder: {mass: 40 t}\n      electrolyte_solvent: {mass: 60 t, elements: {C: 30 t, H: 4 t, O: 26 t}}",
)
# Binder PVDF: C2H2F2 = 24.022 + 2.016 + 37.997 = 64.035 g/mol: 37.514 % C, so 15.006 t C and 24.994 t H and F of 40 t


def test_organic_carbon_is_carbon_of_cells_by_default():
    result = solve(case(ORGANIC, one({"metals": "use: product, elements: {Ni: 140 t}"})))
    # 2026, carbon off: others 24.994 + 4 H = 28.994; m_input 680 + 28.994 = 708.994: 19.7463 %
    assert efficiency(result) == pytest.approx(100 * 140 / 708.994, abs=0.005)
    result = solve(case(ORGANIC, one({"metals": "use: product, elements: {Ni: 140 t}"}), year=2030))
    # 2030, carbon on: 880 + 28.994 + 15.006 + 30 = 954 t (only O is off): 14.6751 %
    assert efficiency(result) == close(100 * 140 / 954)


def test_organic_carbon_as_plastics():
    result = solve(case(ORGANIC, one({"metals": "use: product, elements: {Ni: 140 t}"}),
                        options="organic_carbon: Plastics"))  # fmt: skip
    # The whole binder is Plastics, 40 t; the solvent's elements are stated and stay: 680 + 40 + 4 H = 724: 19.3370 %
    assert efficiency(result) == close(100 * 140 / 724)


def test_separator_as_carbon():
    out = {"metals": "use: product, elements: {Ni: 140 t}"}
    # Default: 50 t of Plastics count. As CH2: C 12.011 / 14.027 = 85.628 %, off until 2029; H 7.186 t counts
    assert efficiency(solve(case(facilities=one(out)))) == close(100 * 140 / 680)
    changed = solve(case(facilities=one(out), options="separator: C_cell"))
    assert efficiency(changed) == pytest.approx(100 * 140 / (630 + 50 * 2.016 / 14.027), abs=0.005)


def mhp(more=""):
    return one({"mhp": f"use: product, commodity: MHP, elements: {{Ni: 141 t, Co: 46 t}}{more}"})


@pytest.mark.parametrize(
    ("option", "substitute", "percent"),
    [
        ("if_substitute", False, 0.0),
        ("if_substitute", True, 94.0),  # 141 / 150
        ("never", True, 0.0),
        ("always", False, 94.0),
    ],
)
def test_mixed_hydroxide_is_a_calculation_point_by_option(option, substitute, percent):
    more = ", substitute: true" if substitute else ""
    result = solve(case(facilities=mhp(more), options=f"intermediate_products: {option}"))
    assert recovered(result, "Ni") == close(percent)
    # rRE: (141 + 46) / 680 = 27.5 % at a calculation point, else it is an intermediate
    assert efficiency(result) == close(27.5 if percent else 0.0)
    assert ("W922" in warned(result)) == (percent == 0.0)


@pytest.mark.parametrize("commodity", ["mixed_sulfate_liquor", "FePO4", "NiCo_alloy", "Li2SO4_liquor"])
def test_the_other_open_points(commodity):
    out = one({"sold": f"use: product, commodity: {commodity}, elements: {{Ni: 141 t}}"})
    assert recovered(solve(case(facilities=out)), "Ni") == 0.0
    assert recovered(solve(case(facilities=out, options="intermediate_products: always")), "Ni") == close(94.0)


SHARED_LOTS = (
    LOT
    + """
  theirs:
    form: black_mass
    origin: other_chain
    mass: 1500 t
    supplier: other first recycler
    elements: {Ni: 450 t, Li: 60 t}"""
)
OURS = "use: intermediate, commodity: black_mass, elements: {Ni: 148 t, Li: 29 t, C: 190 t, Mn: 49 t, Co: 49 t}"


def shared(more="", nickel="568.1 t"):
    return (
        one({"black_mass": OURS})
        + f"""
  refinery:
    country: FI
    in: [works.black_mass, theirs]{more}
    out:
      nickel: {{use: product, elements: {{Ni: {nickel}}}}}"""
    )


def test_a_shared_facility_is_attributed_by_metal_fed():
    result = solve(case(SHARED_LOTS, shared()))
    # 568.1 t of 148 + 450 = 598 t: 95 %; ours 148 x 0.95 = 140.6: rRM Ni = 140.6 / 150 = 93.7333 %
    assert recovered(result, "Ni") == close(93.7333)
    # Process recovery of the other's black mass, whose rates are not ours to state: 95 %
    assert result["process_recovery"]["lots"]["theirs"]["Ni"]["percent"] == close(95.0)


def test_a_shared_facility_attributed_by_dry_mass():
    result = solve(case(SHARED_LOTS, shared(nickel="400 t"), options="attribution: dry_mass_fed"))
    # Ours is 148 + 29 + 190 + 49 + 49 = 465 t analysed, theirs 1500 t: 400 x 465 / 1965 = 94.6565 t: / 150 = 63.1043 %
    assert recovered(result, "Ni") == close(100 * 400 * 465 / 1965 / 150)


def test_the_dry_mass_is_the_weighed_one():
    weighed = OURS.replace("commodity: black_mass,", "commodity: black_mass, mass: 612.2449 t, moisture: 2 wt%,")
    result = solve(
        case(SHARED_LOTS, shared(nickel="400 t").replace(OURS, weighed), options="attribution: dry_mass_fed")
    )
    # 612.2449 x 0.98 = 600 t dry: 400 x 600 / 2100 = 114.2857 t: / 150 = 76.1905 %
    assert recovered(result, "Ni") == close(76.1905)


def test_a_shared_facility_corrected_for_work_in_progress():
    more = """
    opening: {wip: {elements: {Ni: 20 t}}}
    closing: {wip: {elements: {Ni: 46 t}, later: {2027: {share: 100 %, recovered: {Ni: 90 %}}}}}"""
    result = solve(case(SHARED_LOTS, shared(more, "543.4 t")))
    # Worked off: 598 + 20 - 46 = 572 t at 543.4 / 572 = 95 %. Of the stock 46 x 148/598 = 11.3846 t is ours.
    # This year (148 - 11.3846) x 0.95 = 129.7846; next year 11.3846 x 0.9 = 10.2462; 140.0308 / 150 = 93.3538 %
    assert recovered(result, "Ni") == close(93.3538)


def test_yields_of_batches_before_a_shared_step():
    lots = LOT + LOT.replace("cells:", "cells_fr:").replace("collected_in: DE", "collected_in: FR")
    chain = """
  works:
    role: first_recycler
    country: DE
    in: [cells, cells_fr]
    out:
      black_mass_de: {use: intermediate, commodity: black_mass, of: cells, elements: {Ni: 147 t}}
      black_mass_fr: {use: intermediate, commodity: black_mass, of: cells_fr, elements: {Ni: 135 t}}
  refinery:
    country: FI
    in: [works.black_mass_de, works.black_mass_fr]
    out:
      nickel: {use: product, elements: {Ni: 267.9 t}}"""
    result = solve(case(lots, chain))
    # 267.9 of 282 t: 95 %. DE 147 x 0.95 / 150 = 93.1 %, FR 135 x 0.95 / 150 = 85.5 %, together 267.9 / 300 = 89.3 %
    states = result["families"]["lithium_based"]["by_member_state"]
    assert states["DE"]["rRM"]["Ni"]["percent"] == close(93.1)
    assert states["FR"]["rRM"]["Ni"]["percent"] == close(85.5)
    assert recovered(result, "Ni") == close(89.3)


def stock(option, later="later: {2027: {share: 100 %, recovered: {Ni: 80 %}}}"):
    more = f"""
    opening: {{store: {{elements: {{Ni: 50 t}}}}}}
    closing: {{store: {{elements: {{Ni: 50 t}}, {later}}}}}"""
    return solve(case(facilities=one({"nickel": "use: product, elements: {Ni: 142.5 t}"}, more), options=option))


def test_stock_first_in_first_out():
    # Worked off 150 t: 50 of last year and 100 of this year at 95 %: 95 t; the stock 50 x 0.8 = 40 t: 135 / 150 = 90 %
    assert recovered(stock("stock: first_in_first_out"), "Ni") == close(90.0)


def test_stock_mixed():
    # Everything is 150/200 of this year: 142.5 x 0.75 = 106.875; stock 50 x 0.75 x 0.8 = 30; 136.875 / 150 = 91.25 %
    assert recovered(stock("stock: mixed"), "Ni") == close(91.25)


def test_this_years_efficiency_in_place_of_the_known_ones():
    more = "\n    closing: {store: {elements: {Ni: 50 t}}}"
    result = solve(case(facilities=one({"nickel": "use: product, elements: {Ni: 92 t}"}, more),
                        options="later_years: this_year"))  # fmt: skip
    # 92 of the 100 t worked off: 92 %; the stock at the same: 92 + 46 = 138 / 150 = 92 %
    assert recovered(result, "Ni") == close(92.0)
    assert "W919" in warned(result)


def test_stock_without_known_efficiency_counts_as_lost_and_is_told():
    more = "\n    closing: {store: {elements: {Ni: 50 t}, later: {2027: {share: 60 %, recovered: {Ni: 90 %}}}}}"
    result = solve(case(facilities=one({"nickel": "use: product, elements: {Ni: 92 t}"}, more)))
    # 92 + 50 x 0.6 x 0.9 = 119 / 150 = 79.3333 %
    assert recovered(result, "Ni") == close(79.3333)
    assert "W918" in warned(result)


def test_later_material_counts_in_the_efficiency_only():
    more = """
    closing:
      heap: {elements: {Steel: 100 t, Ni: 10 t}, later: {2027: {share: 100 %, material: {Steel: 98 %, Ni: 50 %}}}}"""
    result = solve(case(facilities=one({"nickel": "use: product, elements: {Ni: 130 t}"}, more)))
    # rRE = (130 + 98 + 5) / 680 = 34.2647 %; rRM Ni = 130 / 150 = 86.6667 %
    assert efficiency(result) == close(34.2647)
    assert recovered(result, "Ni") == close(86.6667)


def test_later_efficiency_of_everything():
    more = """
    closing:
      store:
        elements: {Ni: 50 t, Mn: 20 t, Al: 10 t}
        later: {2027: {share: 100 %, efficiency: 70 %, recovered: {Ni: 94 %}}}"""
    result = solve(case(facilities=one({"nickel": "use: product, elements: {Ni: 92 t}"}, more)))
    # rRE = (92 + 0.7 x 80) / 680 = 148 / 680 = 21.7647 %; rRM Ni = (92 + 0.94 x 50) / 150 = 139 / 150 = 92.6667 %
    assert efficiency(result) == close(21.7647)
    assert recovered(result, "Ni") == close(92.6667)


def test_later_iron_is_of_both_rows():
    more = """
    closing: {heap: {elements: {Fe: 100 t, Ni: 10 t}, later: {2027: {share: 100 %, material: {Fe: 98 %, Zn: 50 %}}}}}"""
    result = solve(case(facilities=one({"nickel": "use: product, elements: {Ni: 130 t}"}, more)))
    # All iron came in as casing, 100 t: (130 + 98) / 680 = 33.5294 %; of zinc the stock holds nothing
    assert efficiency(result) == close(33.5294)
    assert any("efficiency of Zn" in each["text"] for each in result["warnings"])


def test_lfp_iron_and_phosphorus_become_mandatory():
    lots = """
  lfp:
    form: cell
    mass: 100 t
    collected_in: SE
    parts:
      cathode_active: {mass: 50 t, elements: {Li: 2.2 t, Fe: 17.7 t, P: 9.8 t, O: 20.3 t}}
      anode_active: {mass: 25 t}
      anode_collector: {mass: 15 t}
      cell_casing: {mass: 10 t, elements: {Fe: 10 t}}"""
    out = {"metals": "use: product, elements: {Li: 1.98 t, Cu: 14.4 t, Steel: 9.5 t}",
           "iron_phosphate": "use: material, elements: {Fe_cell: 16 t, P: 9 t}"}  # fmt: skip
    before, after = (solve(case(lots, one(out, takes="lfp"), year=year)) for year in (2028, 2030))
    # 2028: (1.98 + 14.4 + 9.5) / (2.2 + 15 + 10) = 25.88 / 27.2 = 95.1471 %; iron of the casing is Steel
    assert efficiency(before) == close(95.1471)
    # 2030: (25.88 + 16 + 9) / (27.2 + 17.7 + 9.8 + 25) = 50.88 / 79.7 = 63.8394 %
    assert efficiency(after) == close(63.8394)
    assert recovered(after, "Li") == close(90.0)
    assert verdict(before, "rRE", 2030)["percent"] == close(63.8394)


def test_iron_of_a_fraction_is_split_as_it_came_in():
    lots = LOT.replace("Mn: 50 t, Li: 30 t, O: 120 t", "Fe: 50 t, Li: 30 t, O: 120 t")
    result = solve(case(lots, one({"alloy": "use: product, elements: {Fe: 160 t, Ni: 140 t}"})))
    # Fed: 50 t Fe_cell and 150 t Steel; 160 t out: 40 + 120. 2026, Fe_cell off: (120 + 140) / 630 = 41.2698 %
    assert efficiency(result) == close(41.2698)


def test_electrolyte_salt_is_in_scope_and_plating_is_not():
    lots = LOT.replace("mass: 1000 t", "mass: 1050 t").replace(
        PARTS,
        PARTS + "\n      electrolyte_salt: {mass: 20 t, elements: {Li: 0.914 t, P: 4.078 t, F: 15.008 t}}"
        "\n      tabs: {mass: 30 t, elements: {Ni: 6 t, Cu: 24 t}}",
    )
    result = solve(case(lots, one({"lithium": "use: product, elements: {Li: 24.7312 t}"})))
    # Li in scope: 30 + 0.914 = 30.914: 24.7312 / 30.914 = 80 %; Ni 150 and Cu 120, without the tabs
    assert recovered(result, "Li") == close(80.0)
    assert total(result)["rRM"]["Ni"]["input_t"] == close(150.0)
    assert total(result)["rRM"]["Cu"]["input_t"] == close(120.0)


def test_one_analysis_of_whole_batteries_with_its_scope():
    lots = """
  mixed:
    form: battery
    mass: 500 t
    collected_in: ES
    parts: {whole_battery: {mass: 500 t, elements: {Ni: 10 wt%, Cu: 12 wt%, Li: 2 wt%, Steel: 20 wt%},
                            scope: {Ni: 98 %, Cu: 80 %, Li: 100 %}}}"""
    result = solve(case(lots, one({"metals": "use: product, elements: {Ni: 46 t, Cu: 57 t, Li: 9 t}"}, takes="mixed")))
    # Ni 46 / 50 and 0.98 x 46 / (0.98 x 50) = 92 %; Cu 57 / 60 = 95 %; rRE = 112 / 500 (56 % of it Others) = 22.4 %
    assert recovered(result, "Ni") == close(92.0)
    assert recovered(result, "Cu") == close(95.0)
    assert total(result)["rRM"]["Cu"]["input_t"] == close(48.0)
    assert efficiency(result) == close(22.4)
    assert total(result)["rows"]["Others"]["input_t"] == close(280.0)


def test_lead_of_any_part_counts():
    lots = """
  starters:
    form: battery
    family: lead_acid
    mass: 1000 t
    collected_in: PL
    parts:
      plates: {kind: other, mass: 580 t, elements: {Pb: 540 t, O: 40 t}}
      posts: {kind: tabs, mass: 60 t, elements: {Pb: 60 t}}
      acid: {kind: coolant_solute, mass: 280 t, elements: {S: 91 t, O: 180 t, H: 9 t}}
      plastics: {mass: 80 t}"""
    out = {"lead": "use: product, elements: {Pb: 588 t}", "polypropylene": "use: material, elements: {Plastics: 60 t}"}
    result = solve(case(lots, one(out, takes="starters")))
    # rRM Pb = 588 / 600 = 98 %; rRE, O and S off: (588 + 60) / (600 + 9 + 80) = 648 / 689 = 94.0493 %
    assert recovered(result, "Pb", "lead_acid") == close(98.0)
    assert efficiency(result, "lead_acid") == close(94.0493)
    assert verdict(result, "rRE", 2025, "lead_acid")["target"] == 75.0
    assert verdict(result, "Pb", 2031, "lead_acid")["passes"]


def test_modules_rejected_from_re_use_are_input():
    rejected = LOT.replace("form: cell", "form: module\n    origin: reuse_rejected")
    assert efficiency(solve(case(rejected, one({"nickel": "use: product, elements: {Ni: 136 t}"})))) == close(20.0)


def test_cables_to_the_end_equipment_are_no_input():
    lots = LOT.replace("mass: 1000 t", "mass: 1020 t").replace(
        PARTS, PARTS + "\n      end_equipment_cables: {mass: 20 t, elements: {Cu: 20 t}}"
    )
    result = solve(case(lots, one({"copper": "use: product, elements: {Cu: 133 t}"})))
    # 133 of 140 t: 95 %; without the cables 114 / 680 = 16.7647 %
    assert efficiency(result) == close(16.7647)
    assert recovered(result, "Cu") == close(95.0)


def test_targets_at_their_dates():
    result = solve(case(facilities=one({"metals": "use: product, elements: {Ni: 141 t, Li: 21 t}"}), year=2027))
    # Ni 94 %: passes 90 % by the end of 2027, fails 95 % by the end of 2031; Li 70 %: passes 50 %, fails 80 %
    assert verdict(result, "Ni", 2027)["passes"]
    assert verdict(result, "Ni", 2027)["in_force"]
    assert not verdict(result, "Ni", 2031)["passes"]
    assert not verdict(result, "Ni", 2031)["in_force"]
    assert verdict(result, "Li", 2027)["passes"]
    assert not verdict(result, "Li", 2031)["passes"]


def test_black_mass_alone_has_no_rate():
    lots = """
  bought:
    form: black_mass
    origin: other_chain
    supplier: Shredder AB
    mass: 1000 t
    moisture: 5 wt%
    elements: {Ni: 20 wt%, Li: 4 wt%}"""
    chain = """
  refinery:
    country: FI
    in: [bought]
    out:
      nickel: {use: product, elements: {Ni: 180.5 t}}"""
    result = solve(case(lots, chain))
    # Fed 950 x 0.2 = 190 t: process recovery 180.5 / 190 = 95 %
    assert result["families"] == {}
    assert result["verdicts"] == []
    assert result["process_recovery"]["lots"]["bought"]["Ni"]["percent"] == close(95.0)
    assert result["process_recovery"]["needed"][0]["supplier"] == "Shredder AB"
    assert "W925" in warned(result)
