"""One solution, asked everything."""

import json

import pytest

from hydromet import datafiles
from hydromet.chemistry import Solution
from hydromet.chemistry.database import load_database
from hydromet.chemistry.formation import allowed_solids, fresh_solids, load_formation
from hydromet.chemistry.solubility import hydrates_of, saturate
from hydromet.chemistry.solutions.amounts import read_amount
from hydromet.chemistry.solutions.speciation import Question, speciate
from hydromet.chemistry.solutions.speciation_record import SpeciationFile, record
from hydromet.errors import ChemistryError
from hydromet.report.speciation import text
from hydromet.species import WATER, species
from hydromet.stream import Stream


def ask(composition, **how):
    return speciate(Question({name: read_amount(text) for name, text in composition.items()}, **how))


LIQUOR = {"Ni": "80 g/L", "Co": "12 g/L", "Na": "4 g/L", "Fe+3": "1 g/L", "Al": "1 g/L"}


def test_every_solid_is_classed():
    """A new solid needs a row in data/reactions/formation.csv: does it form within hours?"""
    rows = load_formation()
    assert set(rows) == set(load_database().solids)
    for row in datafiles.read_csv("data/reactions/formation.csv"):
        assert row["forms"] in ("yes", "no")
        assert row["source"]
        assert row["grade"] in ("measured", "fitted", "estimated", "recalled")
        assert (row["reason"] == "") is (row["forms"] == "yes"), row


def test_aged_solids_do_not_form_by_themselves():
    assert "Fe(OH)3(s)" in fresh_solids()
    assert "Al(OH)3[gibbsite](s)" not in fresh_solids()
    assert allowed_solids("none") == ()
    assert allowed_solids("CaF2(s)") == ("CaF2(s)",)


def test_balanced_by_an_ion():
    found = ask(LIQUOR, balance="SO4")
    assert set(found.balanced) == {"SO4-2"}
    assert abs(found.made.stream.charge()) < 1e-12
    litres = 1e3 * found.made.stream.mass() / found.made.density
    nickel = found.made.stream["Ni+2"] * species("Ni(s)").molar_mass * 1e3
    assert nickel / litres == pytest.approx(80.0, rel=1e-10)


@pytest.mark.parametrize("pH", [0.5, 1.8, 4.0])
def test_measured_pH(pH):
    found = ask(LIQUOR, balance="SO4-2", pH=pH, solids="none")
    assert found.made.pH == pytest.approx(pH, abs=1e-6)
    assert abs(found.made.stream.charge()) < 1e-10


def test_measured_pH_with_a_cation():
    found = ask({"Ni": "80 g/L", "SO4": "160 g/L"}, balance="Na", pH=3.0, solids="none")
    assert found.made.pH == pytest.approx(3.0, abs=1e-6)
    assert found.balanced["Na+"] > 0.0


def test_balanced_by_acid_or_base():
    acid = ask({"Ni": "58.7 g/L", "SO4": "150 g/L"}, balance="pH")
    assert acid.balanced["H+"] > 0.5
    assert acid.solution.pH < 1.0
    base = ask({"Ni": "58.7 g/L", "SO4": "90 g/L"}, balance="pH")
    assert base.balanced["OH-"] > 0.0
    bound = 2.0 * base.solution.precipitated["Ni(OH)2(s)"] + base.solution.molality("NiOH+")
    assert bound == pytest.approx(base.balanced["OH-"], rel=1e-3)


@pytest.mark.parametrize(
    ("composition", "how", "code"),
    [
        ({"Ni": "80 g/L", "SO4": "100 g/L"}, {}, "E513"),
        ({"Na": "23 g/L"}, {"balance": "K"}, "E543"),
        ({"Na": "23 g/L"}, {"balance": "H+"}, "E543"),
        ({"Na": "23 g/L"}, {"balance": "CO2"}, "E543"),
        ({"Ni": "80 g/L"}, {"balance": "Na+", "pH": 2.0}, "E543"),
        ({"NiSO4": "1 mol/kg"}, {"pH": 5.0}, "E545"),
        ({"NiSO4": "1 mol/kg"}, {"titrant": "NaOH"}, "E545"),
        ({"Ni": "1 g/L"}, {"pH": 5.0, "balance": "pH"}, "E545"),
        ({"NiSO4": "1 mol/kg"}, {"pH": 5.0, "titrant": "NaOH", "saturate": "NaCl"}, "E545"),
        ({"NiSO4": "1 mol/kg"}, {"Eh": 0.5, "saturate": "NaCl"}, "E545"),
        ({"NiSO4": "0.1 mol/kg"}, {"pH": 14.5, "titrant": "NH3"}, "E508"),
    ],
)
def test_what_cannot_be(composition, how, code):
    with pytest.raises(ChemistryError, match=code) as caught:
        ask(composition, **how)
    assert caught.value.expected


def test_the_unreachable_pH_names_the_titrant_and_how_far_it_goes():
    with pytest.raises(ChemistryError) as caught:
        Solution({"NiSO4": 0.1}).titrate("NH3", 14.5)
    assert caught.value.read == "pH 14.5 with NH3"
    assert "highest is 13." in caught.value.expected


def test_open_to_carbon_dioxide():
    """Water under 0.0004 bar has pH 5.6, and NaOH takes up CO2 until it is a bicarbonate."""
    water = Solution({"NaCl": 1e-6}).equilibrate(gases={"CO2(g)": 40.0})
    assert water.pH == pytest.approx(5.61, abs=0.02)
    assert water.taken_up["CO2(g)"] == pytest.approx(sum(map(water.molality, ("CO2", "HCO3-"))), rel=1e-3)
    lye = Solution({"NaOH": 3.0}).equilibrate(gases={"CO2(g)": 1e5})
    assert 2.9 < lye.taken_up["CO2(g)"] + sum(n for s, n in lye.precipitated.items() if "HCO3" in s) < 6.1
    assert lye.pH < 9.0


def test_ammonia_as_titrant_counts_per_kilogram_of_water():
    made = Solution({"NiSO4": 1.0}).titrate("NH3", 10.5)
    nickel = sum(m for name, m in made.liquor.molalities.items() if "Ni" in species(name).elements)
    assert nickel == pytest.approx(1.0, rel=0.01)
    assert made.dose == pytest.approx(made.stream.elements()["N"], rel=0.01)


@pytest.mark.parametrize(
    ("salt", "t_C", "solid"),
    [
        ("NiSO4", 20.0, "NiSO4:7H2O(s)"),
        ("NiSO4", 60.0, "NiSO4:6H2O(s)"),
        ("Na2SO4", 20.0, "Na2SO4:10H2O(s)"),
        ("Na2SO4", 60.0, "Na2SO4(s)"),
        ("CoSO4", 20.0, "CoSO4:7H2O(s)"),
        ("Ca(OH)2", 25.0, "Ca(OH)2(s)"),
    ],
)
def test_the_stable_hydrate_is_found(salt, t_C, solid):
    found = saturate(Solution({}, t_C + 273.15), salt)
    assert found.solid == solid
    assert found.solution.saturation_index(solid) == pytest.approx(0.0, abs=1e-7)
    assert all(found.solution.saturation_index(other) < 1e-7 for other in hydrates_of(salt))
    assert found.mass == pytest.approx(found.salt * species(salt).molar_mass, rel=1e-9)


def test_a_salt_without_a_known_solubility():
    with pytest.raises(ChemistryError, match="E505"):
        hydrates_of("AlCl3")


def test_held_at_a_potential():
    found = ask({"FeSO4": "0.1 mol/kg", "H2SO4": "0.1 mol/kg"}, Eh=0.77)
    assert found.solution.potentials["Fe+3/Fe+2"] == pytest.approx(0.77, abs=1e-6)


RECORDED = [
    ({"NiSO4": "1.2 mol/kg", "H2SO4": "0.1 mol/kg"}, {}),
    ({**LIQUOR, "Ca": "1 g/L"}, {"balance": "SO4", "pH": 5.0, "titrant": "NaOH", "temperature": 333.15}),
    ({}, {"saturate": "NiSO4", "temperature": 333.15}),
    ({"NaCl": "0.1 mol/kg"}, {"gases": {"CO2(g)": 40.0}}),
    ({"FeSO4": "0.1 mol/kg", "H2SO4": "0.1 mol/kg", "MnSO4": "0.1 mol/kg"}, {"Eh": 1.3}),
]


@pytest.mark.parametrize(("composition", "how"), RECORDED)
def test_the_record(composition, how):
    found = ask(composition, **how)
    told = record(found, "title")
    SpeciationFile.model_validate(told)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told == record(ask(composition, **how), "title")
    for element, one in told["dissolved"].items():
        listed = sum(s["mol_kg"] * species(n).elements.get(element, 0.0) for n, s in told["species"].items())
        assert one["mol_kg"] == pytest.approx(listed, rel=1e-6)
    assert told["species"]["H+"]["activity"] == pytest.approx(10.0 ** -told["liquor"]["pH"], rel=1e-9)
    for name, one in told["saturation"].items():
        if one["in_equilibrium"]:
            assert one["index"] == pytest.approx(0.0, abs=1e-5), name
        elif one["allowed"]:
            assert one["index"] < 1e-5, name


def test_nothing_is_lost_by_precipitation():
    """Metal in the liquor and the solids is the metal put in; the water that the solids took is the difference."""
    found = ask({"NiSO4": "1.2 mol/kg", "CoSO4": "0.2 mol/kg"}, pH=8.5, titrant="NaOH")
    put_in, end = found.made.stream.elements(), found.solution
    solids = Stream(dict(end.precipitated)).elements()
    share = (put_in["S"] - solids.get("S", 0.0)) / end.stream.elements()["S"]
    for element in ("Ni", "Co", "S"):
        left = share * end.stream.elements().get(element, 0.0)
        assert left + solids.get(element, 0.0) == pytest.approx(put_in[element], rel=1e-9)
    assert share == pytest.approx(1.0, abs=0.1)
    assert end.stream[WATER] > 0.0


def test_the_table_and_the_solution_have_one_osmotic_coefficient():
    found = ask({"H2SO4": "1 mol/kg"})
    assert record(found)["liquor"]["osmotic_coefficient"] == Solution({"H2SO4": 1.0}).osmotic_coefficient


def test_a_potential_outside_the_stability_of_water_is_told():
    """Also where the couples agree: O2 stays at 1 bar."""
    inside = record(ask({"FeSO4": "0.1 mol/kg", "H2SO4": "0.1 mol/kg"}, Eh=0.7))
    assert "W521" not in [one["code"] for one in inside["cautions"]]
    beyond = record(ask({"CoSO4": "0.1 mol/kg", "H2SO4": "0.1 mol/kg"}, Eh=1.9))
    assert [one["code"] for one in beyond["cautions"]].count("W521") == 1
    assert beyond["potentials"]["CoOOH/Co+2"] == pytest.approx(1.9, abs=1e-3)
    assert beyond["potentials"]["O2/H2O"] < 1.25
    assert "independent" not in text(beyond)


def test_soda_crystallises_with_its_water_up_to_the_boiling_point():
    """Monohydrate from 35.4 to 109 degC; its fitted constant and that of the anhydrous salt are next to equal."""
    for celsius in (40.0, 64.0, 100.0):
        assert saturate(Solution({}, temperature=273.15 + celsius), "Na2CO3").solid == "Na2CO3:H2O(s)"
