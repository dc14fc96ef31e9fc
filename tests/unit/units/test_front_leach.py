"""Half reactions, kinetics of the tank train, the electron and acid limits of the leach."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from hydromet.chemistry.reaction import parse_equation
from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.leach import Leach
from hydromet.units.leaching.halves import combined, delithiation, dissolution, equation
from hydromet.units.leaching.kinetics import arrhenius, avrami, driving, first_order, lognormal, needed, shrinking_core
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


@pytest.mark.parametrize("layer", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("tanks", [1, 3, 6])
@pytest.mark.parametrize("clock", [0.05, 0.5, 3.0])
def test_shrinking_core_over_residence_times(clock, tanks, layer):
    """Gamma density of the residence times against the integral of the batch; sizes make both smooth."""
    sizes = lognormal(0.5)
    law, fine = shrinking_core(sizes, layer), shrinking_core(lognormal(0.5, fine=True), layer)

    def reached(y):
        return fine.batch(y) * gamma.pdf(y, tanks, scale=clock / tanks)

    expected = quad(reached, 0.0, 60.0 * clock, limit=400, points=[clock, 5.0 * clock])[0]
    assert law.train(clock, float(tanks)) == pytest.approx(expected, abs=4e-3)


@pytest.mark.parametrize("clock", [1e-3, 0.2, 0.9])
def test_batch_of_one_size(clock):
    """Surface reaction 1 - (1 - X)^(1/3) = k t; product layer 1 - 3 (1 - X)^(2/3) + 2 (1 - X) = k t."""
    one = ((1.0, 1.0),)
    surface = shrinking_core(one, 0.0).batch(clock)
    assert 1.0 - (1.0 - surface) ** (1.0 / 3.0) == pytest.approx(clock, rel=2e-3)
    layer = shrinking_core(one, 1.0).batch(clock)
    assert 1.0 - 3.0 * (1.0 - layer) ** (2.0 / 3.0) + 2.0 * (1.0 - layer) == pytest.approx(clock, rel=2e-2, abs=1e-4)


def test_a_bigger_particle_takes_longer():
    """Surface reaction by the diameter, layer by its square."""
    for layer, power in ((0.0, 1.0), (1.0, 2.0)):
        small, big = (shrinking_core(((d, 1.0),), layer) for d in (1.0, 3.0))
        assert big.batch(0.5 * 3.0**power) == pytest.approx(small.batch(0.5), abs=1e-4)


@pytest.mark.parametrize("exponent", [0.5, 1.0])
def test_avrami(exponent):
    law = avrami(exponent)
    assert law.batch(0.7) == pytest.approx(1.0 - math.exp(-(0.7**exponent)))
    if exponent == 1.0:
        assert law.train(0.7, 3.0) == pytest.approx(first_order(0.7, 3.0), abs=1e-4)


def test_limits_of_the_kinetics():
    assert shrinking_core(((1.0, 1.0),), 0.5).train(0.0, 3.0) == 0.0
    assert first_order(1.0, 1.0) == pytest.approx(0.5)  # k tau = 1 in one tank
    assert first_order(1.0, 12.0) == pytest.approx(1.0 - math.exp(-1.0), abs=0.02)  # nearly plug flow


def test_driving_force_and_its_inverse():
    for amount in (0.0, 1e-5, 0.3, 2.0):
        assert needed(driving(amount, 0.4), 0.4) == pytest.approx(amount, abs=1e-12)


def test_family_by_nickel():
    assert leach_table().family("LiCoO2(s)").nickel == (0.0, 0.25)
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
    assert result.values["extraction_Ni"] == pytest.approx(1.0, abs=2e-5)
    assert result.outlets["gas"]["O2(g)"] == pytest.approx(0.5, rel=1e-3)
    assert result.values["pH"] == pytest.approx(1.3, abs=1e-3)  # the vapour leaves after the acid is set


def test_metals_are_credited_before_peroxide(solve):
    # 0.1 mol Al give 0.3 electrons, 0.1 mol Cu 0.156 (78 % take part), 0.05 mol Fe 0.1: 0.444 are left to peroxide.
    solids = {NMC: 1.0, "Al(s)": 0.1, "Cu(s)": 0.1, "Fe(s)": 0.05}
    unit = _leach(reductant_ratio=1.0, peroxide_efficiency=0.8, residence_time=1e7)
    result = solve(unit, _inlets(solids, acid=ACID, reductant=PEROXIDE))
    assert result.drawn["reductant"] * PEROXIDE["H2O2"] == pytest.approx(0.444 / 2.0 / 0.8, rel=1e-6)
    assert result.values["electrons_from_Al(s)"] == pytest.approx(0.3, rel=1e-6)
    assert result.values["electrons_from_Cu(s)"] == pytest.approx(0.156, rel=1e-6)
    assert result.outlets["slurry"]["Cu(s)"] == pytest.approx(0.022, abs=5e-4)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75])
def test_short_of_reductant(solve, share):
    """Reductant adds its share to what acid alone does: E = E0 + (1 - E0) r, for cobalt and for lithium."""
    unit = _leach(temperature=313.15, peroxide_efficiency=1.0, residence_time=1e6, particle_size=1e-6)
    results = [
        solve(unit, _inlets({"LiCoO2(s)": 1.0}, acid=ACID, reductant=Stream({"H2O2": 0.5 * dose, "H2O": 1.0})))
        for dose in (0.0, share)
    ]
    for metal in ("Co", "Li"):
        start, found = (result.values[f"extraction_{metal}"] for result in results)
        assert found == pytest.approx(start + (1.0 - start) * share, abs=2e-3)
    assert 0.3 < results[0].values["extraction_Co"] < 0.5 < results[0].values["extraction_Li"] < 1.0
    assert [n.code for n in results[1].notices] == ["W803"]


@pytest.fixture
def oxide():
    """Without a reductant, one oxide in a given amount of acid."""

    def run(solve, solid=NMC, acid=3.0, reductants=None, **changed):
        given = {"H2SO4(l)": acid, "H2O": 1.0}
        unit = _leach(**{"pH": None, "temperature": 323.15, "residence_time": 1800.0, **changed})
        return solve(unit, _inlets({solid: 1.0, **(reductants or {})}, acid=Stream(given)))

    return run


@pytest.mark.parametrize("metal", ["Ni", "Co", "Li"])
@pytest.mark.parametrize(
    "faster", [{"temperature": 343.15}, {"acid": 6.0}, {"residence_time": 3600.0}, {"particle_size": 5e-6}]
)
def test_rates_answer_to_acid_time_size_and_temperature(solve, oxide, metal, faster):
    slow = {"residence_time": 600.0, "temperature": 313.15, "reductants": {"Na2S2O5(s)": 0.5}}
    before, after = oxide(solve, **slow), oxide(solve, **{**slow, **faster})
    gain = after.values[f"extraction_{metal}"] - before.values[f"extraction_{metal}"]
    assert 0.005 < gain < 0.6


def test_more_peroxide_is_faster(solve):
    acid = Stream({"H2SO4(l)": 3.0, "H2O": 1.0})
    unit = _leach(pH=None, temperature=303.15, residence_time=600.0)
    found = [
        solve(unit, _inlets({NMC: 1.0}, acid=acid, reductant=Stream({"H2O2": dose}))).values["extraction_Ni"]
        for dose in (0.8, 3.2)
    ]
    assert 0.01 < found[1] - found[0] < 0.4


@pytest.mark.parametrize(("reductant", "electrons"), [("Na2S2O5(s)", 4.0), ("SO2(g)", 2.0), ("C6H12O6(s)", 9.6)])
def test_other_reductants_by_their_electrons(solve, oxide, reductant, electrons):
    result = oxide(solve, reductants={reductant: 0.4 / electrons}, temperature=343.15, residence_time=1e6)
    assert result.values[f"electrons_from_{reductant}"] == pytest.approx(0.4, rel=0.03)


def test_manganese_comes_back_as_dioxide_without_reductant(solve, oxide):
    cold, hot = (
        oxide(solve, solid="LiNi0.3333Mn0.3333Co0.3334O2(s)", temperature=t, residence_time=7200.0, tanks=12)
        for t in (303.15, 343.15)
    )
    assert hot.values["extraction_Mn"] < cold.values["extraction_Mn"] - 0.1  # block A: 0.37 to 0.18
    assert hot.values["extraction_Ni"] == pytest.approx(cold.values["extraction_Ni"], abs=0.05)
    assert hot.values["extraction_Li"] > cold.values["extraction_Li"] + 0.03


def test_peroxide_decomposes_faster_hot_and_with_iron(solve):
    def lost(temperature, iron):
        unit = _leach(temperature=temperature, reductant_ratio=1.5)
        feed = {NMC: 1.0, "Fe2O3(s)": iron}
        return solve(unit, _inlets(feed, acid=ACID, reductant=PEROXIDE)).values["peroxide_decomposed"]

    cool, hot, iron = lost(313.15, 0.0), lost(343.15, 0.0), lost(313.15, 0.05)
    assert 0.01 < cool < hot < 0.6
    assert iron > cool + 0.02


def test_adiabatic_rise_of_peroxide(solve):
    """2 H2O2 = 2 H2O + O2 sets 95 kJ/mol free: 0.5 mol in 2.2 kg of slurry of 3.4 to 4 kJ/kg/K are 5 to 7 K."""
    inlets = {"solids": Stream({"C(s)": 1.0}), "liquor": Stream({"H2O": 110.0, "H+": 2.0, "SO4-2": 1.0})}
    inlets |= {"acid": Stream(), "reductant": Stream({"H2O2": 0.5, "H2O": 1.0})}
    result = solve(_leach(pH=None), inlets)
    assert 0.5 < result.values["peroxide_decomposed"] < 0.7  # within the 4 h; all that is left goes after
    assert 5.0 < result.values["peroxide_adiabatic_rise_K"] < 8.0


def test_fluoride_leaves_with_the_gas(solve):
    result = solve(_leach(free_acid=20.0, pH=None), _inlets({"Li2CO3(s)": 0.5, "LiF(s)": 0.3}, acid=ACID))
    gas = result.outlets["gas"]
    assert 0.0 < gas["HF(g)"] < 1e-2 * gas["CO2(g)"]
    assert result.outlets["slurry"]["F-"] + gas["HF(g)"] == pytest.approx(0.3, rel=1e-9)


def test_batch_with_heel_leaches_between_one_batch_and_a_tank(solve):
    """A heel spreads the residence times: less complete than a batch that starts clean."""
    found = []
    acid, reductant = Stream({"H2SO4(l)": 2.2, "H2O": 1.0}), Stream({"H2O2": 0.7, "H2O": 1.0})
    inlets = _inlets({NMC: 1.0}, acid=acid, reductant=reductant)
    for heel in (0.0, 0.1, 0.3):
        unit = _leach(pH=None, cycle_time="6 h", residence_time="30 min", temperature="40 degC", heel=heel)
        result = solve(unit, inlets)
        found.append(result.values["extraction_Ni"])
        assert len(result.stages) == 1
    single = solve(_leach(pH=None, residence_time="30 min", temperature="40 degC", tanks=1), inlets)
    assert found[0] > single.values["extraction_Ni"]
    assert abs(found[1] - found[0]) < abs(found[2] - found[0]) < 0.1
    volume = result.values["batch_volume_m3"]
    assert volume == pytest.approx(result.outlets["slurry"].mass() * 21600.0 / 0.7 / 1100.0, rel=0.15)


def test_an_oxide_that_cannot_be_is_told(solve):
    """A wrong subscript: metals above +4 would leave less than nothing behind."""
    wrong = "LiNi0.6Mn0.2Co0.2O3(s)"
    with pytest.raises(UnitError) as caught:
        solve(_leach(), _inlets({wrong: 1.0}, acid=ACID, reductant=PEROXIDE))
    assert caught.value.code == "E883"
    assert "+5" in caught.value.read


def test_a_small_heel_is_nearly_none(solve):
    """The narrow density of a small heel must not fall between the parts into which the solid is divided."""
    acid, reductant = Stream({"H2SO4(l)": 2.2, "H2O": 1.0}), Stream({"H2O2": 0.7, "H2O": 1.0})
    inlets = _inlets({NMC: 1.0}, acid=acid, reductant=reductant)
    found = {}
    for heel in (0.0, 1e-9, 1e-4, 1e-3, 3e-3):
        unit = _leach(pH=None, cycle_time="6 h", residence_time="30 min", temperature="40 degC", heel=heel)
        found[heel] = solve(unit, inlets).values["extraction_Ni"]
    none = found.pop(0.0)
    for heel, value in found.items():
        assert abs(value - none) < 0.5 * heel + 1e-6, heel


def test_a_narrow_density_is_integrated():
    """Law over the clocks of a nearly uniform stay, against quantiles of the gamma density one by one."""
    law = shrinking_core(lognormal(0.9, fine=True), 0.3)
    for shape in (15.0, 60.0, 1e4):
        quantiles = gamma.ppf((np.arange(4000) + 0.5) / 4000, shape) / shape
        for mean in (0.05, 0.3, 1.0):
            exact = np.mean([law.batch(mean * float(q)) for q in quantiles])
            assert law.train(mean, shape) == pytest.approx(exact, abs=1e-3 if shape < 40.0 else 5e-6)


@pytest.mark.parametrize(("wrong", "code"), [({"heel": 0.1}, "E881"), ({"cycle_time": "3 h"}, "E882")])
def test_batches_that_cannot_be(wrong, code):
    with pytest.raises(ValueError, match=code):
        Leach(temperature=333.15, residence_time="4 h", **wrong)


def test_sizes_of_the_feed_count_where_they_are_those_of_the_oxide(solve):
    acid, reductant = Stream({"H2SO4(l)": 3.0, "H2O": 1.0}), Stream({"H2O2": 0.8})
    found = []
    for own, sizes in (
        (True, {}),
        (True, {NMC: ((1e-6, 0.5), (4e-5, 0.5))}),
        (False, {NMC: ((1e-6, 0.5), (4e-5, 0.5))}),
    ):
        unit = _leach(pH=None, temperature=303.15, residence_time=1800.0, particle_size=1e-6, feed_sizes=own)
        inlets = {"solids": Stream({NMC: 1.0}, sizes=sizes), "liquor": Stream({"H2O": 120.0})}
        found.append(solve(unit, {**inlets, "acid": acid, "reductant": reductant}).values["extraction_Ni"])
    assert found[0] - 0.5 < found[1] < found[0] - 0.02
    assert found[2] == found[0]


def test_iron_phosphate_stays_solid_with_peroxide(solve):
    """Selective leach of LFP: little acid and peroxide dissolve lithium and leave iron and phosphate."""
    acid = Stream({"H2SO4(l)": 0.55, "H2O": 1.0})
    unit = _leach(pH=None, solids=("FePO4:2H2O(s)",), peroxide_efficiency=1.0)
    reductant = Stream({"H2O2": 0.6, "H2O": 1.0})
    result = solve(unit, _inlets({"LiFePO4(s)": 1.0}, water=150.0, acid=acid, reductant=reductant))
    assert result.values["extraction_Li"] == pytest.approx(1.0, abs=0.01)
    assert result.values["extraction_Fe"] < 0.05


def test_iron_finds_peroxide_before_it_decomposes(solve):
    """The same with the decomposition predicted: iron takes seconds, decomposition minutes to hours."""
    acid, reductant = Stream({"H2SO4(l)": 0.55, "H2O": 1.0}), Stream({"H2O2": 0.6, "H2O": 1.0})
    unit = _leach(pH=None, temperature="60 degC", residence_time="2 h")
    result = solve(unit, _inlets({"LiFePO4(s)": 1.0}, water=150.0, acid=acid, reductant=reductant))
    assert result.values["extraction_Li"] > 0.98
    assert result.values["extraction_Fe"] < 0.05
    assert result.values["peroxide_decomposed"] == pytest.approx(0.1 / 0.6, abs=0.03)  # half a mole takes the iron


def test_short_of_acid(solve):
    """2 mol of H2SO4 carry a charge of 4: Li + 2 Co of 2 mol LiCoO2, which would be 6."""
    acid = Stream({"H2SO4(l)": 2.0, "H2O": 1.0})
    unit = _leach(pH=None, peroxide_efficiency=1.0, residence_time=1e8)
    result = solve(unit, _inlets({"LiCoO2(s)": 2.0}, acid=acid, reductant=Stream({"H2O2": 1.0, "H2O": 1.0})))
    assert result.values["extraction_Li"] + 2.0 * result.values["extraction_Co"] == pytest.approx(2.0, rel=1e-3)
    assert result.values["extraction_Li"] > result.values["extraction_Co"]  # acid alone takes lithium first
    assert [n.text for n in result.notices if n.code == "W802"] == [
        "the acid suffices for 66.7 % of the oxides in reach"
    ]


def test_iron_is_ferric_where_oxide_is_left(solve):
    solids = {NMC: 1.0, "Fe(s)": 0.05}
    result = solve(_leach(residence_time=1e7), _inlets(solids, acid=ACID))
    assert result.outlets["slurry"]["Fe+3"] == pytest.approx(0.05, rel=1e-9)
    assert result.outlets["slurry"]["Fe+2"] == pytest.approx(0.0, abs=1e-12)


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
    unit = Leach(temperature="70 degC", free_acid="15 g/L", reductant_ratio=1.8, reductant_tanks=2)
    result = solve(unit, _inlets(solids, water=7000.0 / 3600.0 / 0.018015, acid=ACID, reductant=PEROXIDE))
    for metal in ("Li", "Ni", "Co", "Mn"):
        assert result.values[f"extraction_{metal}"] > 0.88
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
