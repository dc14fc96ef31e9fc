"""What units ask of the chemistry: canonical streams, dosing, dissolving, gases, named errors."""

import pytest

from hydromet.chemistry import Chemistry
from hydromet.errors import ChemistryError
from hydromet.stream import Stream

WATER = 55.508
NAOH = Stream({"Na+": 1.0, "OH-": 1.0, "H2O": 3.0})
FERRIC = Stream({"H2O": WATER, "Fe+3": 0.1, "Ni+2": 0.5, "H+": 0.2, "SO4-2": 0.75}, 333.15)


@pytest.fixture(scope="module")
def chemistry():
    return Chemistry.load()


def same_elements(a, b):
    assert a.elements() == pytest.approx(b.elements(), rel=1e-12)


def test_canonical(chemistry):
    given = Stream(
        {"H2O": 50.0, "HSO4-": 0.2, "Na+": 0.4, "OH-": 0.2, "HCO3-": 0.1, "H2SO4(l)": 0.05, "NH3": 0.1, "H+": 0.1}
    )
    made, extents = chemistry.canonical(given)
    assert set(made.flows) == {"H2O", "SO4-2", "Na+", "CO3-2", "NH4+", "H+"}
    same_elements(made, given)
    assert made.charge() == pytest.approx(given.charge(), abs=1e-12)
    # what the extents say is what happened
    flows = dict(given.flows)
    for equation, extent in extents.items():
        for name, nu in chemistry.reaction(equation).coefficients.items():
            flows[name] = flows.get(name, 0.0) + nu * extent
    assert {n: f for n, f in flows.items() if abs(f) > 1e-15} == pytest.approx(dict(made.flows))
    assert chemistry.canonical(made)[0] == made


def test_acid_meets_base(chemistry):
    made, extents = chemistry.canonical(Stream({"H2O": 1.0, "H+": 0.3, "OH-": 0.5, "Na+": 0.2}))
    assert made["H+"] == 0.0
    assert made["OH-"] == pytest.approx(0.2)
    assert made["H2O"] == pytest.approx(1.3)
    assert extents == {"H+ + OH- = H2O": 0.3}


def test_dose_to_a_pH(chemistry):
    made = chemistry.at_pH(FERRIC, 4.0, NAOH, solids=("Fe(OH)3(s)",))
    assert made.pH == pytest.approx(4.0, abs=1e-10)
    assert made.stream["Fe(OH)3(s)"] == pytest.approx(0.1, rel=0.01)
    assert made.dose == pytest.approx(0.5, rel=0.05)  # 0.2 of acid and 3 x 0.1 of iron
    same_elements(made.stream, FERRIC.plus(NAOH.scaled(made.dose)))
    assert made.saturation["Fe(OH)3(s)"] == pytest.approx(0.0, abs=1e-9)
    assert made.saturation["Ni(OH)2(s)"] < 0.0  # listed though not allowed


def test_outlet_is_inlet_plus_extents(chemistry):
    made = chemistry.at_pH(FERRIC, 5.0, NAOH, solids=("Fe(OH)3(s)",))
    flows = dict(FERRIC.plus(NAOH.scaled(made.dose)).flows)
    for equation, extent in made.extents.items():
        for name, nu in chemistry.reaction(equation).coefficients.items():
            flows[name] = flows.get(name, 0.0) + nu * extent
    for name, flow in flows.items():
        assert made.stream[name] == pytest.approx(flow, abs=1e-13)


def test_solids_that_are_not_allowed_are_inert(chemistry):
    feed = FERRIC.plus(Stream({"Ca(OH)2(s)": 0.1}))
    made = chemistry.equilibrate(feed, solids=())
    assert made.stream["Ca(OH)2(s)"] == 0.1
    dissolved = chemistry.equilibrate(feed, dissolve=("Ca(OH)2(s)",))
    assert dissolved.stream["Ca(OH)2(s)"] == 0.0
    assert dissolved.stream["Ca+2"] == pytest.approx(0.1)
    assert dissolved.pH > made.pH


def test_lime_slurry_as_titrant(chemistry):
    lime = Stream({"Ca(OH)2(s)": 1.0, "H2O": 20.0, "SiO2(s)": 0.01})
    made = chemistry.at_pH(FERRIC, 3.5, lime, solids=("Fe(OH)3(s)", "CaSO4:2H2O(s)"))
    assert made.stream["CaSO4:2H2O(s)"] > 0.1
    assert made.stream["Ca(OH)2(s)"] == 0.0
    assert made.stream["SiO2(s)"] == pytest.approx(0.01 * made.dose)
    same_elements(made.stream, FERRIC.plus(lime.scaled(made.dose)))


def test_an_allowed_solid_dissolves_too(chemistry):
    feed = Stream({"H2O": WATER, "CaSO4:2H2O(s)": 0.01})
    assert chemistry.equilibrate(feed, solids=("CaSO4:2H2O(s)",)).stream["CaSO4:2H2O(s)"] == 0.0
    feed = Stream({"H2O": WATER, "CaSO4:2H2O(s)": 1.0})
    left = chemistry.equilibrate(feed, solids=("CaSO4:2H2O(s)",)).stream["CaSO4:2H2O(s)"]
    assert 1.0 - left == pytest.approx(0.0152, rel=0.03)


def test_carbon_dioxide_leaves_an_acidified_liquor(chemistry):
    soda = Stream({"H2O": WATER, "Na+": 1.0, "CO3-2": 0.5})
    acid = Stream({"H+": 2.0, "SO4-2": 1.0, "H2O": 10.0})
    made = chemistry.at_pH(soda, 4.0, acid, gases=("CO2(g)",))
    assert made.stream["CO2(g)"] == pytest.approx(0.47, abs=0.03)
    assert made.dose == pytest.approx(0.5, rel=0.02)
    stripped = chemistry.equilibrate(made.stream, gases={"CO2(g)": 40.0})
    assert stripped.stream["CO3-2"] < 0.01 * soda["CO3-2"]
    same_elements(stripped.stream, soda.plus(acid.scaled(made.dose)))


def test_oxygen_dissolves_by_its_pressure(chemistry):
    made = chemistry.equilibrate(Stream({"H2O": WATER, "O2(g)": 1.0}), gases={"O2(g)": 21000.0})
    assert made.stream["O2"] * 32000 == pytest.approx(8.6, rel=0.03)  # mg/L of air-saturated water


def test_temperature_of_the_question(chemistry):
    assert chemistry.liquor(FERRIC, 298.15).temperature == 298.15
    assert chemistry.equilibrate(FERRIC, temperature=350.0).stream.temperature == 350.0


@pytest.mark.parametrize(
    ("titrant", "pH", "code", "says"),
    [
        (Stream({"NH4+": 1.0, "OH-": 1.0, "H2O": 55.0}), 12.5, "E508", "highest is 11"),
        (NAOH, 0.3, "E508", "moves"),
    ],
)
def test_unreachable_pH_is_named(chemistry, titrant, pH, code, says):
    with pytest.raises(ChemistryError, match=code) as caught:
        chemistry.at_pH(Stream({"H2O": WATER, "H+": 0.1, "SO4-2": 0.05}), pH, titrant)
    assert says in str(caught.value)


def test_dry_and_unknown_are_named(chemistry):
    with pytest.raises(ChemistryError, match="E506"):
        chemistry.liquor(Stream({"C(s)": 1.0}))
    with pytest.raises(ChemistryError, match="E505"):
        chemistry.equilibrate(FERRIC, solids=("NiO(s)",))
    with pytest.raises(ChemistryError, match="E504"):
        chemistry.liquor(FERRIC).activity_coefficient("Zn+2")


def test_use_outside_validity_is_said(chemistry):
    hot = chemistry.liquor(FERRIC, 430.0)
    assert [c.code for c in hot.cautions] == ["W501"]
    strong = chemistry.liquor(Stream({"H2O": WATER, "Ni+2": 6.0, "SO4-2": 6.0}))
    assert [c.code for c in strong.cautions] == ["W502"]
    crystals = chemistry.equilibrate(
        Stream({"H2O": WATER, "Ni+2": 5.0, "SO4-2": 5.0}, 360.0), solids=("NiSO4:7H2O(s)",)
    )
    if crystals.stream["NiSO4:7H2O(s)"] > 0.0:
        assert "W503" in [c.code for c in crystals.cautions]
    assert chemistry.liquor(FERRIC).cautions == ()


def test_a_stranger_is_kept(chemistry):
    """A dissolved extractant has no chemistry here: it is carried along, and the liquor is that of the rest."""
    feed = FERRIC.plus(Stream({"H(Versatic10)": 1e-3}))
    assert chemistry.liquor(feed).pH == pytest.approx(chemistry.liquor(FERRIC).pH, abs=1e-6)
    assert chemistry.equilibrate(feed, solids=("Fe(OH)3(s)",)).stream["H(Versatic10)"] == 1e-3


def test_liquor_of_sulfuric_acid(chemistry):
    liquor = chemistry.liquor(Stream({"H2O": WATER, "H+": 1.0, "SO4-2": 0.5}))
    assert liquor.free_acid == pytest.approx(1.0, rel=2e-5)
    assert liquor.molalities["HSO4-"] > liquor.molalities["SO4-2"]
    assert liquor.ok
    assert liquor.residual < 1e-11
