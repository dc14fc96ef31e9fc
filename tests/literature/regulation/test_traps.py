"""Worked examples of the traps T01 to T16: the rate by the rules, what the mistake would claim, the arithmetic beside.

Every rate is compared to 0.001 percentage points; the lot of cells is the one of ``worked``.
"""

from __future__ import annotations

import pytest

from tests.literature.regulation.worked import (
    LOT,
    PARTS,
    case,
    close,
    efficiency,
    met,
    naive,
    one,
    recovered,
    solve,
    total,
    verdict,
    warned,
)

BLACK_MASS = "use: intermediate, commodity: black_mass, elements: {Ni: 147 t, Co: 49 t, Li: 27 t, Mn: 49 t}"


def test_t01_black_mass_alone_recovers_nothing():
    result = solve(case(facilities=one({"black_mass": BLACK_MASS, "steel": "use: material, elements: {Steel: 145 t}"})))
    # rRM Ni = 0 / 150; rRE = 145 / 680 = 21.3235 %
    assert recovered(result, "Ni") == 0.0
    assert efficiency(result) == close(21.3235)
    # The mistake: 147 / 150 = 98 %; rRE (147 + 49 + 27 + 49 + 145) / 680 = 417 / 680 = 61.3235 %
    assert naive(result, "T01", "Ni") == close(98.0)
    assert naive(result, "T01", "rRE") == close(61.3235)
    assert ("T01", "W901", "met") in met(result)
    assert "W921" in warned(result)  # sold on, and no refiner is declared


def test_t01_black_mass_sold_as_a_product_is_an_intermediate_all_the_same():
    sold = BLACK_MASS.replace("use: intermediate", "use: product")
    result = solve(case(facilities=one({"black_mass": sold})))
    assert recovered(result, "Ni") == 0.0
    assert efficiency(result) == 0.0
    assert ("T01", "W901", "corrected") in met(result)


def test_t01_refined_black_mass_counts_at_the_refinery():
    chain = (
        one({"black_mass": BLACK_MASS})
        + """
  refinery:
    country: FI
    in: [works.black_mass]
    out:
      nickel: {use: product, elements: {Ni: 138 t}}"""
    )
    result = solve(case(facilities=chain))
    # The calculation point is the refinery: 138 / 150 = 92 %, not 138 / 147 = 93.878 %
    assert recovered(result, "Ni") == close(92.0)
    assert naive(result, "T01", "Ni") == close(98.0)


SCRAP = (
    LOT
    + f"""
  rejects:
    form: cell
    origin: production
    mass: 1000 t
    collected_in: DE
    parts:{PARTS}
  foils:
    form: foil
    origin: production
    mass: 100 t
    elements: {{Ni: 30 t, Co: 10 t}}"""
)


def test_t02_rejected_cells_are_input_and_foils_are_not():
    result = solve(case(SCRAP, one({"nickel": "use: product, elements: {Ni: 297 t}"}, takes="cells, rejects, foils")))
    # Fed: 150 + 150 + 30 = 330 t Ni, yield 297 / 330 = 90 %. The foils' 30 x 0.9 = 27 t are left out:
    # rRM Ni = (297 - 27) / (150 + 150) = 270 / 300 = 90 %
    assert recovered(result, "Ni") == close(90.0)
    # All scrap left out of the input, output kept: 270 / 150 = 180 %
    assert naive(result, "T02", "Ni") == close(180.0)
    assert not result["lots"]["foils"]["counted"]
    assert result["lots"]["rejects"]["counted"]
    # rRE: m_input = 2 x 680 = 1360 t; output 270: 19.8529 %
    assert total(result)["rRE"]["input_t"] == close(1360.0)
    assert efficiency(result) == close(19.8529)


def test_t03_the_metal_of_a_salt_counts():
    result = solve(
        case(
            facilities=one(
                {
                    "nickel_sulfate": "use: product, mass: 600 t, compound: NiSO4.6H2O(s)",
                    "lithium_carbonate": "use: product, mass: 140 t, compound: Li2CO3(s)",
                }
            )
        )
    )
    # 58.693 / 262.839 = 22.330 %: 600 t hold 133.98 t Ni, 89.32 %
    # 13.88 / 73.888 = 18.785 %: 140 t hold 26.299 t Li, 87.66 %
    assert recovered(result, "Ni") == pytest.approx(100 * 600 * 0.22330 / 150, abs=0.01)
    assert recovered(result, "Li") == pytest.approx(100 * 140 * 0.18785 / 30, abs=0.01)
    # rRE = (133.98 + 26.299) / 680 = 23.570 %
    assert efficiency(result) == pytest.approx(23.570, abs=0.005)
    # Tonnes of salt: 600 / 150 = 400 % and 140 / 30 = 466.667 %
    assert naive(result, "T03", "Ni") == close(400.0)
    assert naive(result, "T03", "Li") == close(466.6667)


SLAG = {
    "alloy": "use: product, elements: {Ni: 144 t, Co: 47 t, Cu: 114 t}",
    "slag": "use: slag, commodity: slag, mass: 400 t, elements: {Li: 24 t, Al: 70 t, Mn: 45 t, Ni: 3 t}",
}


def test_t04_lithium_in_slag_counts_in_the_efficiency_only():
    result = solve(case(facilities=one(SLAG)))
    # rRM Li = 0 / 30; rRM Ni = 144 / 150 = 96 %, not 147 / 150
    assert recovered(result, "Li") == 0.0
    assert recovered(result, "Ni") == close(96.0)
    # rRE = (144 + 47 + 114 + 24 + 70 + 45 + 3) / 680 = 447 / 680 = 65.7353 %
    assert efficiency(result) == close(65.7353)
    assert naive(result, "T04", "Li") == close(80.0)
    assert naive(result, "T04", "Ni") == close(98.0)


def test_t04_slag_declared_a_product_is_still_slag():
    sold = SLAG | {"slag": SLAG["slag"].replace("use: slag", "use: product")}
    result = solve(case(facilities=one(sold)))
    assert recovered(result, "Li") == 0.0
    assert efficiency(result) == close(65.7353)
    assert ("T04", "W904", "corrected") in met(result)


@pytest.mark.parametrize("use", ["construction", "backfill", "landfill"])
def test_t05_slag_for_landfills_is_no_output(use):
    result = solve(case(facilities=one(SLAG | {"slag": SLAG["slag"].replace("use: slag", f"use: {use}")})))
    # rRE = (144 + 47 + 114) / 680 = 305 / 680 = 44.8529 %; with the slag 447 / 680 = 65.7353 %
    assert efficiency(result) == close(44.8529)
    assert naive(result, "T05", "rRE") == close(65.7353)
    assert ("T05", "W905", "met") in met(result)


def test_t06_dry_mass_below_the_line():
    # 1075 t received, 25 t packaging, 1050 t wet at 1/21 = 4.761905 % moisture: 1000 t dry
    wet = LOT.replace("mass: 1000 t", "mass: 1075 t\n    packaging: 25 t\n    moisture: 4.761904761904762 wt%")
    result = solve(case(wet, one({"steel": "use: material, elements: {Steel: 150 t, Al: 80 t}"})))
    # rRE = 230 / 680 = 33.8235 %; wet below the line: 230 / (680 + 50) = 31.5068 %
    assert result["lots"]["cells"]["dry_t"] == close(1000.0)
    assert efficiency(result) == close(33.8235)
    assert naive(result, "T06", "rRE") == close(31.5068)


CABLES = LOT.replace("mass: 1000 t", "mass: 1050 t").replace(
    PARTS, PARTS + "\n      busbars: {mass: 30 t}\n      cables: {mass: 20 t, elements: {Cu: 10 t, Plastics: 10 t}}"
)


def test_t07_copper_of_busbars_and_cables_is_outside_the_recovery():
    result = solve(case(CABLES, one({"copper": "use: product, elements: {Cu: 152 t}"})))
    # Fed 120 + 30 + 10 = 160 t, yield 152 / 160 = 95 %; collectors 120 x 0.95 = 114 t: rRM Cu = 114 / 120 = 95 %
    assert recovered(result, "Cu") == close(95.0)
    assert total(result)["rRM"]["Cu"]["output_t"] == close(114.0)
    # In the efficiency all copper counts: m_input = 680 + 30 + 20 = 730; 152 / 730 = 20.8219 %
    assert efficiency(result) == close(20.8219)
    assert ("T07", "W907", "met") in met(result)


def test_t07_matters_where_cables_are_taken_out_beforehand():
    chain = """
  copper_yard:
    role: preparation
    country: DE
    in: [cells.busbars, cells.cables]
    out:
      copper: {use: product, elements: {Cu: 40 t}}""" + one({"copper": "use: product, elements: {Cu: 102 t}"})
    result = solve(case(CABLES, chain))
    # rRM Cu = 102 / 120 = 85 %, whatever the yard recovers; the mistake: (102 + 40) / (120 + 40) = 88.75 %
    assert recovered(result, "Cu") == close(85.0)
    assert naive(result, "T07", "Cu") == close(88.75)


def test_t08_the_same_elements_on_both_sides():
    out = {"graphite": "use: product, elements: {C: 150 t}", "metals": "use: product, elements: {Ni: 140 t, Cu: 110 t}"}
    result = solve(case(facilities=one(out)))
    # C_cell left out: 250 / 680 = 36.7647 %; left out of the input only: 400 / 680 = 58.8235 %
    assert efficiency(result) == close(36.7647)
    assert naive(result, "T08", "rRE") == close(58.8235)
    # Taken into account on both sides: (250 + 150) / (680 + 200) = 400 / 880 = 45.4545 %
    counted = solve(case(facilities=one(out), options="count: {C_cell: true}"))
    assert efficiency(counted) == close(45.4545)
    assert "C_cell" in counted["rules"]["counted"]


def test_t09_the_options_of_2026_end_with_2029():
    out = {"metals": "use: product, elements: {Ni: 140 t, Co: 45 t, Cu: 110 t, Al: 75 t, Steel: 145 t}"}
    before, after = (solve(case(facilities=one(out), year=year)) for year in (2029, 2030))
    # 515 / 680 = 75.7353 % in 2029; 515 / 880 = 58.5227 % in 2030
    assert efficiency(before) == close(75.7353)
    assert efficiency(after) == close(58.5227)
    # The verdict for the end of 2030 is by the rules of 2030, whatever year is reported
    assert verdict(before, "rRE", 2030)["percent"] == close(58.5227)
    assert verdict(before, "rRE", 2025)["passes"]
    assert not verdict(before, "rRE", 2030)["passes"]
    assert naive(after, "T09", "rRE") == close(75.7353)


def test_t09_switching_off_what_is_mandatory_has_no_effect_and_is_told():
    out = {"metals": "use: product, elements: {Ni: 140 t}"}
    result = solve(case(facilities=one(out), year=2030, options="count: {C_cell: false, O: true}"))
    # 140 / (880 + 120 O) = 14 %
    assert efficiency(result) == close(14.0)
    assert ("T09", "W909", "corrected") in met(result)


def test_t10_dismantled_casings_stay_in_the_input():
    packs = (
        LOT.replace("form: cell", "form: pack")
        .replace("mass: 1000 t", "mass: 1200 t")
        .replace(
            PARTS, PARTS + "\n      pack_casing: {mass: 200 t, elements: {Steel: 120 t, Al: 80 t}, dismantled: true}"
        )
    )
    chain = (
        one({"metals": "use: product, elements: {Ni: 140 t, Cu: 110 t}"})
        + """
  scrap_yard:
    role: other_route
    country: DE
    in: [cells.pack_casing]
    out:
      scrap: {use: material, elements: {Steel: 118 t, Al: 76 t}}"""
    )
    result = solve(case(packs, chain))
    # (140 + 110 + 118 + 76) / (680 + 200) = 444 / 880 = 50.4545 %; without the casings 250 / 680 = 36.7647 %
    assert efficiency(result) == close(50.4545)
    assert naive(result, "T10", "rRE") == close(36.7647)
    assert ("T10", "W910", "met") in met(result)


def test_t11_reagents_and_flux_are_no_output():
    more = "\n    reagents: {limestone: {elements: {Ca: 60 t}}, lithium_hydroxide: {elements: {Li: 10 t}}}"
    out = {
        "slag": "use: slag, mass: 300 t, elements: {Al: 76 t, Mn: 45 t, Ca: 58 t}",
        "hydroxide": "use: product, elements: {Li: 36 t}",
        "nickel_sulfate": "use: product, mass: 600 t, compound: NiSO4.6H2O(s)",
    }
    result = solve(case(facilities=one(out, more)))
    # Li: 30 of cells, 10 of reagent; 36 t out, 36 x 30/40 = 27 of cells: rRM = 27 / 30 = 90 %, not 36 / 30 = 120 %
    assert recovered(result, "Li") == close(90.0)
    # rRE = (76 + 45 + 27 + 133.98) / 680; Ca, S, O and H of reagents do not count
    assert efficiency(result) == pytest.approx(100 * (76 + 45 + 27 + 600 * 0.22330) / 680, abs=0.005)
    # The mistake adds 58 Ca, 9 Li and all of the sulfate that is not nickel, 600 x (1 - 0.22330)
    extra = 58 + 9 + 600 * (1 - 0.22330)
    assert naive(result, "T11", "rRE") == pytest.approx(efficiency(result) + 100 * extra / 680, abs=0.005)


def test_t11_reagent_born_share_may_be_stated_for_a_fraction():
    out = {"alloy": "use: product, elements: {Fe: 90 t, Ni: 140 t}, reagent_born: {Fe: 40 %}"}
    result = solve(case(facilities=one(out)))
    # 60 % of 90 t iron is of casings, 54 t: rRE = (54 + 140) / 680 = 28.5294 %
    assert efficiency(result) == close(28.5294)


def test_t12_output_of_later_years_counts_for_the_year_of_the_input():
    more = """
    closing:
      store:
        elements: {Ni: 60 t}
        later:
          2027: {share: 75 %, recovered: {Ni: 94 %}}
          2028: {share: 25 %, recovered: {Ni: 90 %}}"""
    result = solve(case(facilities=one({"nickel": "use: product, elements: {Ni: 82.8 t}"}, more)))
    # 2026: 90 t worked off at 92 % = 82.8; 2027: 45 t at 94 % = 42.3; 2028: 15 t at 90 % = 13.5; 138.6 / 150 = 92.4 %
    assert recovered(result, "Ni") == close(92.4)
    # The mistake: stock and its output left to later years, 82.8 / 90 = 92 %
    assert naive(result, "T12", "Ni") == close(92.0)
    assert ("T12", "W912", "met") in met(result)


def test_t12_output_of_opening_stock_belongs_to_the_year_before():
    more = "\n    opening: {store: {elements: {Ni: 50 t}}}"
    result = solve(case(facilities=one({"nickel": "use: product, elements: {Ni: 190 t}"}, more)))
    # 190 of 200 t: 95 %; of this year's 150 t 142.5: rRM = 95 %, not 190 / 150 = 126.667 %
    assert recovered(result, "Ni") == close(95.0)
    assert naive(result, "T12", "Ni") == close(126.6667)


def test_t12_fractions_made_in_later_years():
    out = {
        "nickel_2026": "use: product, elements: {Ni: 90 t}",
        "nickel_2027": "use: product, year: 2027, elements: {Ni: 40 t}",
        "nickel_2028": "use: product, year: 2028, elements: {Ni: 8 t}",
    }
    # (90 + 40 + 8) / 150 = 92 %
    assert recovered(solve(case(facilities=one(out))), "Ni") == close(92.0)


def abroad(evidence=""):
    return (
        one({"black_mass": BLACK_MASS})
        + f"""
  refinery:
    country: KR{evidence}
    in: [works.black_mass]
    out:
      nickel: {{use: product, elements: {{Ni: 138 t}}}}"""
    )


def test_t13_outside_the_union_only_with_evidence():
    without = solve(case(facilities=abroad()))
    with_it = solve(case(facilities=abroad("\n    evidence: 72-3-1")))
    # 138 / 150 = 92 % with evidence, zero without
    assert recovered(without, "Ni") == 0.0
    assert naive(without, "T13", "Ni") == close(92.0)
    assert ("T13", "W913", "corrected") in met(without)
    assert recovered(with_it, "Ni") == close(92.0)
    # The output stands in the column of outputs generated outside the Union
    assert total(with_it)["rows"]["Ni"]["output_non_eu_t"] == close(138.0)
    assert total(with_it)["rows"]["Ni"]["output_eu_t"] == 0.0


def test_t14_a_rate_for_each_family():
    lots = (
        LOT
        + """
  nimh:
    form: battery
    family: other
    mass: 100 t
    collected_in: DE
    parts: {whole_battery: {mass: 100 t, elements: {Ni: 40 t, Steel: 30 t}, scope: {Ni: 95 %}}}"""
    )
    result = solve(case(lots, one({"nickel": "use: product, elements: {Ni: 171 t}"}, takes="cells, nimh")))
    # 171 of 190 t: 90 %. Lithium-based 135 / 150; other 36 t out: rRE 36 / 100, rRM 0.95 x 36 / (0.95 x 40) = 90 %
    assert recovered(result, "Ni") == close(90.0)
    assert efficiency(result) == close(100 * 135 / 680)
    assert efficiency(result, "other") == close(36.0)
    assert recovered(result, "Ni", "other") == close(90.0)
    # Mixed: 171 / 780 = 21.9231 %
    assert naive(result, "T14", "rRE") == close(21.9231)
    # Each family has its own target: 50 % for other
    assert verdict(result, "rRE", 2025, "other")["target"] == 50.0
    assert ("T14", "W914", "corrected") in met(result)  # no sorting analysis is named


@pytest.mark.parametrize("use", ["energy", "fuel"])
def test_t15_burnt_separators_are_no_output(use):
    out = {"metals": "use: product, elements: {Ni: 140 t}", "separator": f"use: {use}, elements: {{Plastics: 48 t}}"}
    result = solve(case(facilities=one(out)))
    # 140 / 680 = 20.5882 %; with the separator 188 / 680 = 27.6471 %
    assert efficiency(result) == close(20.5882)
    assert naive(result, "T15", "rRE") == close(27.6471)


def test_t16_casing_and_impurities_are_input():
    lots = LOT.replace("mass: 1000 t", "mass: 1030 t").replace(
        PARTS, PARTS + "\n      impurities: {mass: 30 t, elements: {Steel: 30 t}}"
    )
    result = solve(
        case(lots, one({"metals": "use: product, elements: {Ni: 140 t, Cu: 110 t, Al: 75 t, Steel: 171 t}"}))
    )
    # (140 + 110 + 75 + 171) / (680 + 30) = 496 / 710 = 69.8592 %
    assert efficiency(result) == close(69.8592)
    # By the former rules: 496 / (710 - 150 - 30) = 496 / 530 = 93.5849 %
    assert naive(result, "T16", "rRE") == close(93.5849)
