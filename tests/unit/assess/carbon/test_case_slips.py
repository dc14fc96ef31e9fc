"""Slips of the pen in a written inventory: compounds, metals, efficiencies, tonne-kilometres, fields of a plant."""

from __future__ import annotations

import pytest

from hydromet.assess.carbon.assess import run
from hydromet.errors import UserError, UserErrors

BASE = {
    "carbon": "1", "grid": "JP-2024", "outputs": "{salt: {mass: 1 t, compound: NiSO4:6H2O}}",
    "activities": "{steam: {kind: heat, amount: 2 GJ}}",
}  # fmt: skip


def reckon(tmp_path, **fields):
    file = tmp_path / "case.yaml"
    text = "".join(f"{key}: {value}\n" for key, value in {**BASE, **fields}.items())
    file.write_text(text, encoding="utf-8")
    (found,) = run(file)
    return found


def refused(tmp_path, **fields):
    with pytest.raises((UserError, UserErrors)) as caught:
        reckon(tmp_path, **fields)
    return caught.value.errors if isinstance(caught.value, UserErrors) else (caught.value,)


@pytest.mark.parametrize("dot", [":", "·", ".", "*", "•", "・"])
@pytest.mark.parametrize("phase", ["", "(s)"])
def test_a_hydrate_is_the_same_however_it_is_dotted(tmp_path, dot, phase):
    found = reckon(tmp_path, outputs=f'{{salt: {{mass: 1 t, compound: "NiSO4{dot}6H2O{phase}"}}}}')["outputs"]["salt"]
    assert found["compound"] == "NiSO4:6H2O(s)"
    assert found["metals"]["Ni"] == pytest.approx(223.30, abs=0.02)  # 58.693 / 262.85


@pytest.mark.parametrize("metals", ["", ", metals: {Ni: 22.3 wt%}"])
@pytest.mark.parametrize(
    ("slip", "right"), [("NiSO4:6H20(s)", "NiSO4:6H2O(s)"), ("NiS04·6H2O", "NiSO4:6H2O(s)"), ("Li2C03(s)", "Li2CO3(s)")]
)
def test_a_zero_for_the_letter_is_told(tmp_path, slip, right, metals):
    (error,) = refused(tmp_path, outputs=f'{{salt: {{mass: 1 t, compound: "{slip}"{metals}}}}}')
    assert error.code == "E779"
    assert error.write == f'compound: "{right}"'
    assert (error.place.line, error.place.path) == (3, "outputs.salt.compound")


def test_a_compound_of_ones_own_needs_its_metals(tmp_path):
    own = '{salt: {mass: 1 t, compound: "Ni0.8Co0.1Mn0.1(OH)2(s)"MORE}}'
    (error,) = refused(tmp_path, outputs=own.replace("MORE", ""))
    assert error.code == "E779"
    assert "metals" in error.write
    found = reckon(tmp_path, outputs=own.replace("MORE", ", metals: {Ni: 50 wt%, Co: 6 wt%, Mn: 6 wt%}"))
    assert found["outputs"]["salt"]["metals"] == {"Co": 60.0, "Mn": 60.0, "Ni": 500.0}


def test_iron_and_sodium_are_impurities_unless_they_are_said_to_count(tmp_path):
    two = "{a: {mass: 1 t, metals: {Ni: 20 wt%, Na: 5 wt%}}, b: {mass: 1 t, metals: {Co: 20 wt%, Fe: 10 wt%}}}"
    found = reckon(tmp_path, outputs=two)
    share = {name: each["figures"]["climate"]["cut_off"]["metal_mass"] for name, each in found["products"].items()}
    assert share["a"]["total"] == pytest.approx(share["b"]["total"], rel=1e-12)
    assert set(share["b"]["per_kg_metal"]) == {"Co"}
    told = found["scenario"]["defaults"]["metals that count"]
    assert told == "Ni, Co, Mn, Li, Cu; Na of a: impurities; Fe of b: impurities"
    found = reckon(tmp_path, outputs=two, metals_that_count="[Ni, Co, Fe]")
    share = {name: each["figures"]["climate"]["cut_off"]["metal_mass"] for name, each in found["products"].items()}
    assert share["b"]["total"] == pytest.approx(1.5 * share["a"]["total"], rel=1e-12)  # 300 kg to 200 kg
    assert set(share["b"]["per_kg_metal"]) == {"Co", "Fe"}


def test_a_metal_that_counts_is_an_element(tmp_path):
    (error,) = refused(tmp_path, metals_that_count="[Ni, Xx]")
    assert (error.code, error.place.path) == ("E788", "metals_that_count.1")
    assert error.write.startswith("metals_that_count: [Ni")


def test_a_product_that_carries_nothing_is_told(tmp_path):
    found = reckon(
        tmp_path, outputs="{salt: {mass: 1 t, compound: NiSO4:6H2O}, soda: {mass: 2 t, metals: {Na: 3 wt%}}}"
    )
    (text,) = [each["text"] for each in found["warnings"] if each["code"] == "W782"]
    assert text.startswith("soda: ")
    assert not any(each["code"] == "W782" for each in reckon(tmp_path)["warnings"])


@pytest.mark.parametrize("written", ["90 %", "90%", "0.9", "0.90"])
def test_an_efficiency_in_percent_or_as_a_number(tmp_path, written):
    found = reckon(tmp_path, efficiency=written)
    assert found["totals"]["climate"] == pytest.approx(2000 / 0.9 * 0.0695566, rel=1e-5)


def test_a_heat_pump_has_a_coefficient_above_one(tmp_path):
    found = reckon(tmp_path, heat="heat_pump", efficiency="320 %")
    again = reckon(tmp_path, heat="heat_pump", efficiency="3.2")
    assert found["totals"] == again["totals"]
    assert found["activities"][0]["amount"] == pytest.approx(2000 / 3.6 / 3.2)


@pytest.mark.parametrize("unit", ["t.km", "tkm", "t km", "t·km", "tonne-km", "トンキロ"])
def test_tonne_kilometres_however_they_are_written(tmp_path, unit):
    found = reckon(tmp_path, activities=f"{{haul: {{amount: 10000 {unit}, factor: tr.rail}}}}")
    assert found["totals"]["climate"] == pytest.approx(347.0)


@pytest.mark.parametrize("field", ["transport", "treatments", "prices", "substances", "serves", "boundary"])
def test_a_field_of_a_plant_stands_where_it_is_and_its_line_works(tmp_path, field):
    (error,) = refused(tmp_path, **{field: "{a: {distance: 10 km}}" if field == "transport" else _VALID[field]})
    assert (error.code, error.place.line, error.place.path) == ("E789", 5, field)
    key, _, line = error.write.partition(": ")
    line = line.replace("{nickel_sulfate:", "{salt:").replace("serves: nickel_sulfate", "serves: salt")
    reckon(tmp_path, **{key: line})


_VALID = {
    "treatments": "{cake: landfill}", "prices": "{salt: 3}", "substances": "{NaOH: chem.naoh}",
    "serves": "{leach: salt}", "boundary": "cradle_to_gate",
}  # fmt: skip


def test_a_field_of_a_plant_in_a_scenario_of_the_case(tmp_path):
    (error,) = refused(tmp_path, scenarios="{solar: {grid: FR-2024, prices: {salt: 3}}}")
    assert (error.code, error.place.path) == ("E789", "scenarios.solar.prices")


@pytest.mark.parametrize(
    "line", ["{carbon: 3 kg, factor: chem.naoh}", "{goods: 4 t, distance: 9 km, by: truck, factor: tr.rail}",
             "{carbonate: CaCO3, carbon: 3 kg, amount: 1 t}"],
)  # fmt: skip
def test_the_line_proposed_for_two_ways_at_once_works(tmp_path, line):
    (error,) = refused(tmp_path, activities=f"{{it: {line}}}")
    assert error.code == "E788"
    more = ", amount: 1 t" if error.write.startswith("factor") else ""
    reckon(tmp_path, activities=f"{{it: {{{error.write}{more}}}}}")


@pytest.mark.parametrize(
    ("heat", "efficiency", "most"),
    [
        ("natural_gas", "1.5", "1.1"),
        ("electric_boiler", "105 %", "1"),
        ("heat_pump", "9", "8"),
        ("waste_heat", "3", "1"),
    ],
)
def test_an_efficiency_that_no_such_source_has(tmp_path, heat, efficiency, most):
    (error,) = refused(tmp_path, heat=heat, efficiency=efficiency)
    assert (error.code, error.place.path) == ("E116", "efficiency")
    assert error.expected == f"above 0, at most {most}: useful heat per energy bought, {heat}"
    key, _, value = error.write.partition(": ")
    assert reckon(tmp_path, heat=heat, **{key: value})["totals"] == reckon(tmp_path, heat=heat)["totals"]


@pytest.mark.parametrize("efficiency", ["90", "0", "-3", "full", "90 wt%", "1,5"])
def test_an_efficiency_out_of_reach_has_a_line_that_works(tmp_path, efficiency):
    (error,) = refused(tmp_path, efficiency=efficiency)
    assert error.place.path == "efficiency"
    assert error.write in ("efficiency: 90 %", "efficiency: 1.5")
    reckon(tmp_path, heat="heat_pump", **dict([error.write.split(": ")]))


def test_a_missing_book_is_told_where_it_is_named(tmp_path):
    (error,) = refused(tmp_path, books="[hydromet-2026.1, my_factors.csv]")
    assert error.code == "E101"
    assert (error.place.line, error.place.column, error.place.path) == (5, 26, "books.1")
    assert "my_factors.csv" in error.read


def test_a_parameter_of_the_formula_is_told_with_the_product_of_the_file(tmp_path):
    (error,) = refused(tmp_path, cff="{salt: {A: 1.5}}")
    assert (error.code, error.place.path) == ("E794", "cff.salt")
    key, _, line = error.write.partition(": ")
    reckon(tmp_path, **{key: line})
