"""Half reactions, kinetics of the tank train, the electron and acid limits of the leach."""

import math

import pytest
from scipy.integrate import quad

from hydromet.chemistry.reaction import parse_equation
from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.leach import Leach
from hydromet.units.leaching.halves import combined, delithiation, dissolution, equation
from hydromet.units.leaching.kinetics import arrhenius, first_order, shrinking_core
from hydromet.units.leaching.table import leach_table

NMC = "LiNi0.6Mn0.2Co0.2O2(s)"
ACID = Stream({"H2SO4(l)": 98.0 / 98.079 * 10.0, "H2O": 2.0 / 18.015 * 10.0})
ACID = ACID.scaled(1.0 / ACID.mass())
PEROXIDE = Stream({"H2O2": 14.7, "H2O": 27.75})
PEROXIDE = PEROXIDE.scaled(1.0 / PEROXIDE.mass())


@pytest.mark.parametrize(
    ("solid", "written", "electrons"),
    [
        (NMC, f"{NMC} + 4 H+ = Li+ + 0.6 Ni+2 + 0.2 Mn+2 + 0.2 Co+2 + 2 H2O", 1.0),
        ("LiNi0.8Co0.15Al0.05O2(s)", None, 0.95),
        ("LiMn2O4(s)", "LiMn2O4(s) + 8 H+ = Li+ + 2 Mn+2 + 4 H2O", 3.0),
        ("LiFePO4(s)", "LiFePO4(s) = Li+ + PO4-3 + Fe+2", 0.0),
        ("Fe3O4(s)", "Fe3O4(s) + 8 H+ = Fe+2 + 2 Fe+3 + 4 H2O", 0.0),
        ("Fe(s)", "Fe(s) = Fe+2", -2.0),
        ("Al(s)", "Al(s) = Al+3", -3.0),
        ("Li2CO3(s)", "Li2CO3(s) + 2 H+ = 2 Li+ + CO2(g) + H2O", 0.0),
        ("LiPF6(s)", "LiPF6(s) + 4 H2O = Li+ + PO4-3 + 6 F- + 8 H+", 0.0),
    ],
)
def test_half_reactions_from_the_formula(solid, written, electrons):
    half = dissolution(solid)
    assert half.electrons == electrons
    if written:
        assert equation(half.coefficients) == written


def test_no_aqueous_species_no_dissolution():
    assert dissolution("TiO2(s)") is None


def test_combined_reactions_balance():
    for solid in (NMC, "LiNi0.8Co0.15Al0.05O2(s)", "LiMn2O4(s)", "LiCoO2(s)"):
        for other in (dissolution("Al(s)"), dissolution("Cu(s)"), delithiation(solid)):
            coefficients, electrons = combined(dissolution(solid), other)
            parse_equation(equation(coefficients))  # raises if it does not balance
            assert electrons > 0.0


def test_reactions_of_the_literature():
    text = equation(combined(dissolution(NMC), dissolution("Al(s)"))[0])
    assert text == f"3 {NMC} + 12 H+ + Al(s) = 3 Li+ + 1.8 Ni+2 + 0.6 Mn+2 + 0.6 Co+2 + 6 H2O + Al+3"


def test_arrhenius_doubles_per_ten_kelvin_at_53_kJ():
    assert arrhenius(1.0, 53000.0, 298.15, 308.15) == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("tanks", [1, 3, 6])
@pytest.mark.parametrize("rate", [1e-6, 1e-4, 1e-3, 0.1])
def test_shrinking_core_over_residence_times(rate, tanks):
    time = 3600.0
    tank = time / tanks

    def left(t):
        age = (t / tank) ** (tanks - 1) * math.exp(-t / tank) / tank / math.factorial(tanks - 1)
        return (1.0 - rate * t) ** 3 * age

    expected = 1.0 - quad(left, 0.0, 1.0 / rate, limit=200, points=[min(time, 0.5 / rate)])[0]
    assert shrinking_core(rate, time, tanks) == pytest.approx(expected, abs=1e-7)


def test_limits_of_the_kinetics():
    assert shrinking_core(0.0, 3600.0, 3) == 0.0
    assert first_order(1e-3, 1000.0, 1) == pytest.approx(0.5)  # k tau = 1 in one tank
    assert first_order(1e-3, 1000.0, 12) == pytest.approx(1.0 - math.exp(-1.0), abs=0.02)  # nearly plug flow


def test_family_by_nickel():
    assert leach_table().family("LiCoO2(s)").nickel == (0.0, 0.45)
    assert leach_table().family(NMC).nickel == (0.45, 0.7)
    assert leach_table().family("LiNi0.8Co0.15Al0.05O2(s)").nickel == (0.7, 1.0)


def _leach(**changed):
    return Leach(**{"temperature": 333.15, "pH": 1.3, "locked": 0.0, "solids": (), **changed})


def _inlets(solids, water=120.0, **more):
    return {"solids": Stream(solids), "liquor": Stream({"H2O": water}), **more}


def test_peroxide_is_half_a_mole_per_mole_of_oxide(solve):
    result = solve(
        _leach(reductant_ratio=1.0, peroxide_efficiency=1.0, residence_time=1e7),
        _inlets({NMC: 1.0}, acid=ACID, reductant=PEROXIDE),
    )
    assert result.drawn["reductant"] * PEROXIDE["H2O2"] == pytest.approx(0.5, rel=1e-6)
    assert result.values["extraction_Ni"] == pytest.approx(1.0, abs=1e-6)
    assert result.outlets["gas"]["O2(g)"] == pytest.approx(0.5, rel=1e-6)
    assert result.values["pH"] == pytest.approx(1.3, abs=1e-3)  # the vapour leaves after the acid is set


def test_metals_are_credited_before_peroxide(solve):
    # 0.1 mol Al give 0.3 electrons, 0.1 mol Cu 0.156 (78 % take part), 0.05 mol Fe 0.1: 0.444 are left to peroxide.
    solids = {NMC: 1.0, "Al(s)": 0.1, "Cu(s)": 0.1, "Fe(s)": 0.05}
    unit = _leach(reductant_ratio=1.0, peroxide_efficiency=0.8, residence_time=1e7)
    result = solve(unit, _inlets(solids, acid=ACID, reductant=PEROXIDE))
    assert result.drawn["reductant"] * PEROXIDE["H2O2"] == pytest.approx(0.444 / 2.0 / 0.8, rel=1e-6)
    assert result.values["electrons_from_Al(s)"] == pytest.approx(0.3, rel=1e-6)
    assert result.values["electrons_from_Cu(s)"] == pytest.approx(0.156, rel=1e-6)
    assert result.outlets["slurry"]["Fe+2"] == pytest.approx(0.05, rel=1e-6)
    assert result.outlets["slurry"]["Cu(s)"] == pytest.approx(0.022, rel=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75])
def test_short_of_reductant(solve, share):
    """E = E0 + (1 - E0) r with E0 = half the plateau, as measured without and with some peroxide; low nickel, no O2."""
    unit = _leach(temperature=313.15, peroxide_efficiency=1.0, residence_time=1e8)
    dose = Stream({"H2O2": 0.5 * share, "H2O": 1.0})
    result = solve(unit, _inlets({"LiCoO2(s)": 1.0}, acid=ACID, reductant=dose))
    start = leach_table().family("LiCoO2(s)").attack.plateau / 2.0
    assert result.values["extraction_Co"] == pytest.approx(start + (1.0 - start) * share, abs=1e-4)
    assert result.values["extraction_Li"] == pytest.approx(2.0 * start + (1.0 - 2.0 * start) * share, abs=1e-4)
    assert [n.code for n in result.notices] == ["W803"]


def test_short_of_acid(solve):
    # 2 mol H2SO4 reach 2 mol of LiCoO2 + 3 H+ + 0.5 H2O2 only to 4 / 6.
    acid = Stream({"H2SO4(l)": 2.0, "H2O": 1.0})
    unit = _leach(pH=None, peroxide_efficiency=1.0, residence_time=1e8)
    result = solve(unit, _inlets({"LiCoO2(s)": 2.0}, acid=acid, reductant=Stream({"H2O2": 1.0, "H2O": 1.0})))
    assert result.values["extraction_Co"] == pytest.approx(2.0 / 3.0, rel=1e-6)
    assert "W802" in [n.code for n in result.notices]


def test_iron_is_ferric_where_oxide_is_left(solve):
    solids = {NMC: 1.0, "Fe(s)": 0.05}
    result = solve(_leach(residence_time=1e7), _inlets(solids, acid=ACID))
    assert result.outlets["slurry"]["Fe+3"] == pytest.approx(0.05, rel=1e-9)
    assert result.outlets["slurry"]["Fe+2"] == 0.0


def test_metal_without_oxide_sets_hydrogen_free(solve):
    result = solve(_leach(residence_time=1e7), _inlets({"Al(s)": 0.2}, acid=ACID))
    assert result.outlets["gas"]["H2(g)"] == pytest.approx(0.3)
    assert [n.code for n in result.notices] == ["W804"]


def test_free_acid_target(solve):
    unit = _leach(pH=None, free_acid="20 g/L", reductant_ratio=1.1)
    result = solve(unit, _inlets({NMC: 1.5}, acid=ACID, reductant=PEROXIDE))
    assert result.values["free_acid_g_L"] == pytest.approx(20.0, rel=3e-3)


def test_extraction_rises_from_tank_to_tank(solve):
    unit = _leach(residence_time="30 min", temperature="40 degC", reductant_ratio=1.0)
    result = solve(unit, _inlets({NMC: 1.5}, acid=ACID, reductant=PEROXIDE))
    steps = [stage["extraction_Ni"] for stage in result.stages]
    assert len(steps) == 3
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(result.values["extraction_Ni"], abs=0.02)


def test_declared_shares_are_listed(solve):
    solids = {NMC: 1.0, "SiO2(s)": 1.0, "C(s)": 5.0}
    result = solve(_leach(dissolved={"SiO2(s)": 0.25}), _inlets(solids, acid=ACID))
    splits = {split.species: split for split in result.fixed_splits}
    assert splits["SiO2(s)"].value == 0.25
    assert splits["SiO2(s)"].source == "declared in the flowsheet"
    assert splits["C(s)"].value == 0.0
    assert result.outlets["slurry"]["SiO2(s)"] == pytest.approx(0.75)


def test_black_mass_of_the_reference_balance(solve):
    """1 t/h NMC622 black mass: FS-9 gives 1.04 t/t H2SO4 and 0.09 t/t H2O2 without credit for foils."""
    masses = {NMC: 520.0, "C(s)": 360.0, "Al(s)": 20.0, "Cu(s)": 20.0, "Fe(s)": 3.0, "LiF(s)": 20.0, "Li2CO3(s)": 5.0}
    solids = {name: kg / 3600.0 / species(name).molar_mass for name, kg in masses.items()}
    unit = Leach(temperature="60 degC", pH=1.3, reductant_ratio=1.05)
    result = solve(unit, _inlets(solids, water=7000.0 / 3600.0 / 0.018015, acid=ACID, reductant=PEROXIDE))
    for metal in ("Li", "Ni", "Co", "Mn"):
        assert result.values[f"extraction_{metal}"] > 0.97
    assert 1.0 < result.values["sulfuric_acid_kg_per_kg"] * 0.948 < 1.25
    peroxide = result.drawn["reductant"] * PEROXIDE["H2O2"] * 0.034015 * 3.6
    assert 0.03 < peroxide < 0.15
    metals = sum(result.values[f"electrons_from_{m}(s)"] for m in ("Al", "Cu", "Fe"))
    assert 0.4 < metals < 0.6


def test_two_targets_are_refused():
    with pytest.raises(ValueError, match="E805"):
        Leach(temperature=333.15, pH=1.3, free_acid=20.0)


def test_acid_port_without_acid(chemistry):
    with pytest.raises(UnitError, match="E809"):
        _leach().solve(_inlets({NMC: 1.0}, acid=Stream({"H2O": 55.508})), chemistry)


def test_salts_in_the_acid_dissolve_and_oxides_are_split_one_by_one(solve):
    acid = Stream({"H2SO4(l)": 9.5, "Na2SO4(s)": 0.4, "NaCl(s)": 0.2})
    acid = acid.scaled(1.0 / acid.mass())
    feed = Stream({NMC: 1.0, "LiCoO2(s)": 0.5, "C(s)": 3.0})
    unit = Leach(temperature="60 degC", free_acid="10 g/L", reductant_ratio=1.1)
    inlets = {"solids": feed, "liquor": Stream({"H2O": 100.0}), "acid": acid, "reductant": PEROXIDE}
    result = solve(unit, inlets)
    slurry = result.outlets["slurry"]
    assert slurry["NaCl(s)"] == slurry["Na2SO4(s)"] == 0.0
    assert slurry["Cl-"] == pytest.approx(result.drawn["acid"] * acid["NaCl(s)"])
    assert result.values["free_acid_g_L"] == pytest.approx(10.0, rel=0.05)
    locked = {split.species: split.value for split in result.fixed_splits if split.what == "oxide locked in binder"}
    assert locked == {NMC: 0.01, "LiCoO2(s)": 0.01}
