"""Written inventories: every way to write an activity by hand, with the arithmetic beside it."""

from __future__ import annotations

import pytest

from hydromet.assess.carbon.assess import run
from hydromet.cli.app import main
from hydromet.errors import UserError, UserErrors

HEAD = """carbon: 1
feed: 100 t
grid: JP-Kansai-2024
outputs:
  salt: {mass: 50 t, compound: "NiSO4:6H2O(s)"}
activities:
"""


def reckon(tmp_path, lines, **more):
    file = tmp_path / "case.yaml"
    top = "".join(f"{key}: {value}\n" for key, value in more.items())
    file.write_text(HEAD.replace("activities:\n", "") + top + "activities:\n" + lines, encoding="utf-8")
    (found,) = run(file)
    return found


ARITHMETIC = [
    # 1.2 t x 50 % x 2.12032
    ("{amount: 1.2 t, strength: 50 wt%, factor: chem.naoh}", 600 * 2.12032),
    # 350 kWh x 0.365; 1260 MJ is as much
    ("{kind: electricity, amount: 350 kWh}", 350 * 0.365),
    ("{kind: electricity, amount: 1260 MJ}", 350 * 0.365),
    # 40 t x 250 km x (0.10163 + 0.02359)
    ("{goods: 40 t, distance: 250 km, by: truck}", 40 * 250 * 0.12522),
    ("{kind: transport, amount: 10000 t.km, factor: tr.rail}", 10000 * 0.0347),
    # 100 kg CaCO3 x 44.009/100.086; 90 % of it
    ("{carbonate: CaCO3, amount: 100 kg}", 100 * 0.439712),
    ("{carbonate: CaCO3, amount: 100 kg, released: 90 %}", 90 * 0.439712),
    ("{carbonate: Na2CO3, amount: 100 kg}", 100 * 0.415226),
    # 20 kg C x 44.009/12.011
    ("{carbon: 20 kg}", 20 * 3.66406),
    # 2 GJ of heat / 0.90 x (0.0565334 + 0.0130232)
    ("{kind: heat, amount: 2 GJ}", 2000 / 0.9 * 0.0695566),
    # 10 m3 of municipal water; 2641.72 US gallons are as much
    ("{amount: 10 m3, factor: util.water_supply}", 1.913),
    ("{amount: 2641.7205 gal, factor: util.water_supply}", 1.913),
    # a declared footprint
    ("{amount: 10 t, declared: {value: 0.4, supplier: Black Mass Co.}}", 4000.0),
]


@pytest.mark.parametrize(("line", "total"), ARITHMETIC)
def test_arithmetic(tmp_path, line, total):
    found = reckon(tmp_path, f"  it: {line}\n")
    # Atomic weights of the tables used here are rounded to five digits.
    assert found["totals"]["climate"] == pytest.approx(total, rel=5e-5)
    assert found["activities"][0]["path"].startswith("case.yaml:")
    per_metal = found["products"]["salt"]["figures"]["climate"]["cut_off"]["metal_mass"]["per_kg_metal"]["Ni"]
    # 58.693/262.85 kg Ni per kg of hexahydrate
    assert per_metal == pytest.approx(total / 50000 / 0.2233, rel=1e-3)


def test_losses_only_where_they_are_written(tmp_path):
    line = "  power: {kind: electricity, amount: 957 kWh}\n"
    assert reckon(tmp_path, line)["totals"]["climate"] == pytest.approx(957 * 0.365)
    # 4.3 % of what is generated: 957/(1 - 0.043) = 1000
    assert reckon(tmp_path, line, losses="4.3 %")["totals"]["climate"] == pytest.approx(365.0)


def test_metals_as_shares_or_masses(tmp_path):
    found = reckon(tmp_path, "  a: {amount: 1 t, factor: chem.naoh}\n")
    assert found["outputs"]["salt"]["metals"]["Ni"] == pytest.approx(50000 * 0.22330, rel=1e-4)


WRONG = [
    ("{amount: 1.2, factor: chem.naoh}", "E202", "kg"),
    ("{amount: 1.2 m, factor: chem.naoh}", "E203", "mass"),
    ("{amount: 12 tons, factor: chem.naoh}", "E210", "t"),
    ("{amount: 1.2 t, factor: chem.naho}", "E770", "chem.naoh"),
    ("{amount: 1.2 t}", "E788", "factor"),
    ("{goods: 12 t}", "E788", "distance"),
    ("{goods: 12 t, distance: 10 km, by: lorry}", "E786", "truck"),
    ("{amount: -3 kg, factor: chem.naoh}", "E788", "zero or more"),
    ("{carbonate: NaCl, amount: 3 kg}", "E788", "carbonate"),
    ("{amount: 3 kg, factor: chem.naoh, serves: sald}", "E780", "salt"),
    ("{amount: 3 kg, factor: chem.naoh, stages: production}", "E113", "stage"),
    ("{carbon: 3 kg, factor: chem.naoh}", "E788", "one of them"),
]


@pytest.mark.parametrize(("line", "code", "near"), WRONG)
def test_mistakes_stand_at_their_line(tmp_path, line, code, near):
    with pytest.raises((UserError, UserErrors)) as caught:
        reckon(tmp_path, f"  fine: {{amount: 1 t, factor: chem.naoh}}\n  it: {line}\n")
    error = caught.value.errors[0] if isinstance(caught.value, UserErrors) else caught.value
    assert error.code == code
    assert near in f"{error.expected} {error.write}"
    assert error.place is not None
    assert error.place.line == 8


@pytest.mark.parametrize(
    ("text", "code"),
    [("recovery: 1\nyear: 2026\n", "E778"), ("- a\n", "E778"), ("carbon: 2\n", "E118"), ("carbon: 1\n", "E114"),
     (HEAD + "  a: {amount: 1 t, factor: chem.naoh}\ntreatments: {a: landfill}\n", "E789"),
     (HEAD + "  a: {amount: 1 t, factor: chem.naoh}\nlosses: 100 %\n", "E116"),
     (HEAD + "  a: {amount: 1 t, factor: chem.naoh}\ncff: {sald: {A: 0.5}}\n", "E780"),
     (HEAD + "  a: {amount: 1 t, factor: chem.naoh}\nfactors: {x: {value: -3, unit: kgCO2e/kg, source: a}}\n", "E774"),
     (HEAD + "  a: {amount: 1 t, factor: chem.naoh, serves: {salt: -1}}\n", "E116")],
)  # fmt: skip
def test_files_that_are_none(tmp_path, text, code):
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises((UserError, UserErrors)) as caught:
        run(tmp_path / "x.yaml")
    assert caught.value.code == code


@pytest.mark.parametrize(("said", "pact"), [(", PDS: 70 %", 35.0), ("", 0.0), (", PDS: 100 %", 50.0)])
def test_primary_share_of_a_declared_footprint_is_its_suppliers(tmp_path, said, pact):
    """Half of the result is declared (4000 of 8000 kg): 70 % of that rests on primary data."""
    lines = f"  a: {{amount: 10 t, declared: {{value: 0.4{said}}}}}\n  b: {{amount: 4000 kg, factor: my.one}}\n"
    own = "{my.one: {value: 1, unit: kgCO2e/kg, source: x}}"
    lines = lines.replace("factor: my.one", "kind: reagent, factor: my.one")
    found = reckon(tmp_path, lines, factors=own)
    assert found["products"]["salt"]["quality"]["PDS"]["pact"] == pytest.approx(pact)


def test_a_product_without_metal_goes_by_mass_unless_asked_otherwise(tmp_path):
    file = tmp_path / "case.yaml"
    text = "carbon: 1\ngrid: JP-2024\noutputs: {salt: {mass: 4 t}, oil: {mass: 1 t}}\n"
    lines = "activities: {a: {amount: 1 t, factor: chem.naoh}}\n"
    file.write_text(text + lines, encoding="utf-8")
    (found,) = run(file)
    assert found["method"]["allocation"] == "mass"
    assert "metal_mass is impossible" in found["scenario"]["defaults"]["allocation"]
    assert found["products"]["salt"]["figures"]["climate"]["cut_off"]["mass"]["total"] == pytest.approx(0.8 * 2120.32)
    file.write_text(f"{text}allocation: metal_mass\n{lines}", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        run(file)
    assert caught.value.code == "E791"


def test_a_mixed_product_has_a_figure_per_kg_of_all_its_metals(tmp_path, capsys):
    """100 t with 38 % Ni, 8 % Co and 0.1 % Cu, an impurity: 10 t CO2e over 46 t of metal."""
    file = tmp_path / "case.yaml"
    file.write_text(
        "carbon: 1\ngrid: JP-2024\noutputs:\n  mhp: {mass: 100 t, metals: {Ni: 38 wt%, Co: 8 wt%, Cu: 0.1 wt%}}\n"
        "activities: {a: {amount: 10 t, kind: reagent, factor: my.one}}\n"
        "factors: {my.one: {value: 1, unit: kgCO2e/kg, source: x}}\n",
        encoding="utf-8",
    )
    (found,) = run(file)
    for approach in found["products"]["mhp"]["figures"]["climate"].values():
        each = approach["metal_mass"]
        assert each["per_kg_metals"] == pytest.approx(each["total"] / 46_000, rel=1e-12)
    cut = found["products"]["mhp"]["figures"]["climate"]["cut_off"]["metal_mass"]
    assert cut["per_kg_metals"] == pytest.approx(10 / 46, rel=1e-12)
    assert cut["per_kg_metal"] == pytest.approx({"Ni": 10 / 38, "Co": 10 / 8}, rel=1e-12)
    assert main(["carbon", str(file), "--evidence", str(tmp_path / "evidence")]) == 0
    page = (tmp_path / "evidence/customer/product_mhp.html").read_text(encoding="utf-8")
    assert "/ kg Co+Ni" in page
    assert main(["carbon", str(file)]) == 0
    assert "0.2174/kg Co+Ni" in capsys.readouterr().out


def test_a_product_of_one_metal_is_not_told_twice(tmp_path, capsys):
    (tmp_path / "case.yaml").write_text(HEAD + "  a: {amount: 1 t, factor: chem.naoh}\n", encoding="utf-8")
    assert main(["carbon", str(tmp_path / "case.yaml")]) == 0
    assert capsys.readouterr().out.count("/kg Ni") == 3  # one for each approach


def test_a_new_case_runs_as_it_is(tmp_path, capsys):
    assert main(["new", "carbon", "first", "-o", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert err.strip() == f"Next: hydromet carbon {tmp_path / 'first.yaml'}"
    (found,) = run(out.strip())
    assert set(found["products"]) == {"mixed_hydroxide", "lithium_carbonate"}
    assert found["method"]["impossible"] == {}
    # Every field of a line that the template leaves to the reader is one of the format.
    assert {each["kind"] for each in found["activities"]} >= {"upstream", "reagent", "heat", "process", "packaging"}
    assert "first: first inventory" in found["title"]["en"]
