"""Filter, cementation, precipitation, polishing, adsorption: numbers by hand."""

import pytest

from hydromet.errors import UnitError
from hydromet.stream import Stream
from hydromet.units.adsorb import Adsorb
from hydromet.units.cement import Cement
from hydromet.units.filter import Filter
from hydromet.units.neutralise import Neutralise
from hydromet.units.polish import Polish
from hydromet.units.precipitate import Precipitate

SLURRY = Stream({"H2O": 500.0, "Ni+2": 5.0, "SO4-2": 5.0, "C(s)": 100.0}, 333.15)


def template(flows):
    stream = Stream(flows)
    return stream.scaled(1.0 / stream.mass())


def liquor_mass(stream):
    return stream.mass() - stream.part("s").mass()


def test_moisture_and_wash(solve):
    # 1.2011 kg solids hold 0.4 / 0.6 of that as liquor; 2 kg/kg wash is 3 cake-liquor masses: 0.4^3 = 6.4 % is left.
    unit = Filter(moisture="40 wt%", wash_ratio="2 kg/kg", displacement="60 %", wash_filtrate="separate")
    result = solve(unit, {"slurry": SLURRY, "wash": template({"H2O": 1.0})})
    cake = result.outlets["cake"]
    assert liquor_mass(cake) == pytest.approx(1.2011 * 2.0 / 3.0, rel=1e-4)
    assert result.drawn["wash"] == pytest.approx(2.4022, rel=1e-4)
    assert result.values["displacement_ratio"] == pytest.approx(3.0)
    assert result.values["mother_liquor_left"] == pytest.approx(0.064)
    held = 1.2011 * 2.0 / 3.0 / liquor_mass(SLURRY)
    assert cake["Ni+2"] == pytest.approx(5.0 * held * 0.064, rel=1e-4)
    assert result.values["soluble_loss_Ni"] == pytest.approx(held * 0.064, rel=1e-4)
    assert result.outlets["filtrate"].temperature == 333.15
    assert 298.15 < cake.temperature < 333.15
    assert cake.temperature == result.outlets["wash_filtrate"].temperature


def test_little_wash_displaces_no_more_than_plug_flow(solve):
    unit = Filter(moisture=0.4, wash_ratio=0.2, displacement=0.95)
    result = solve(unit, {"slurry": SLURRY, "wash": template({"H2O": 1.0})})
    assert result.values["mother_liquor_left"] == pytest.approx(1.0 - 0.3)


def test_merged_wash_filtrate(solve):
    result = solve(Filter(moisture=0.4, wash_ratio=1.0), {"slurry": SLURRY, "wash": template({"H2O": 1.0})})
    assert set(result.outlets) == {"filtrate", "cake"}


def test_dry_slurry_keeps_its_liquor(solve):
    result = solve(Filter(moisture=0.6), {"slurry": Stream({"H2O": 1.0, "C(s)": 100.0})})
    assert not result.outlets["filtrate"].flows


def test_slip_is_listed(solve):
    result = solve(Filter(solids_to_filtrate="1 %"), {"slurry": SLURRY})
    assert result.outlets["filtrate"]["C(s)"] == pytest.approx(1.0)
    assert result.fixed_splits[0].value == 0.01


LIQUOR = Stream({"H2O": 500.0, "Cu+2": 0.4, "Fe+3": 0.1, "Ni+2": 5.0, "H+": 2.0, "SO4-2": 6.55}, 323.15)
IRON = template({"Fe(s)": 1.0})


def test_iron_needed_for_copper_and_ferric(solve):
    # 0.05 mol for Fe+3, 0.99 x 0.4 for copper, 0.002 x 5 for nickel, times 1.3; half the excess makes hydrogen.
    result = solve(Cement(copper_removal="99 %"), {"feed": LIQUOR, "iron": IRON})
    need = 0.05 + 0.396 + 0.01
    assert result.drawn["iron"] == pytest.approx(1.3 * need * 0.055845, rel=1e-4)
    slurry = result.outlets["slurry"]
    assert slurry["Cu(s)"] == pytest.approx(0.396)
    assert slurry["Fe+3"] == 0.0
    assert result.outlets["gas"]["H2(g)"] == pytest.approx(0.15 * need)
    assert slurry["Fe(s)"] == pytest.approx(0.15 * need)


def test_salts_of_the_powder_dissolve(solve):
    powder = template({"Fe(s)": 17.0, "NaCl(s)": 0.5, "Fe2O3(s)": 0.1})
    result = solve(Cement(copper_removal="99 %"), {"feed": LIQUOR, "iron": powder})
    slurry = result.outlets["slurry"]
    assert slurry["NaCl(s)"] == 0.0
    assert slurry["Cl-"] == pytest.approx(result.drawn["iron"] * powder["NaCl(s)"])
    assert slurry["Fe2O3(s)"] == pytest.approx(result.drawn["iron"] * powder["Fe2O3(s)"])


def test_residual_copper(solve):
    result = solve(Cement(residual_copper="50 mg/L", temperature="60 degC"), {"feed": LIQUOR, "iron": IRON})
    assert result.values["residual_copper_g_L"] == pytest.approx(0.05, rel=0.01)


def test_given_iron_reduces_ferric_first(solve):
    unit = Cement(copper_removal=0.99, iron_ratio=None)
    result = solve(unit, {"feed": LIQUOR, "iron": Stream({"Fe(s)": 0.15})})
    assert result.outlets["slurry"]["Fe+3"] == 0.0
    assert result.outlets["slurry"]["Cu(s)"] == pytest.approx(0.10)


CAUSTIC = template({"Na+": 12.5, "OH-": 12.5, "H2O": 27.75})


def test_iron_falls_as_hydroxide_after_oxidation(solve):
    feed = Stream({"H2O": 500.0, "Fe+2": 0.5, "Ni+2": 5.0, "H+": 0.5, "SO4-2": 5.75}, 333.15)
    peroxide = template({"H2O2": 14.7, "H2O": 27.75})
    unit = Precipitate(pH=3.5, oxidant_ratio=1.0)
    result = solve(unit, {"feed": feed, "base": CAUSTIC, "oxidant": peroxide})
    assert result.drawn["oxidant"] * peroxide["H2O2"] == pytest.approx(0.25)
    assert result.values["precipitated_Fe"] > 0.99
    assert result.values["precipitated_Ni"] == 0.0
    # Free acid 0.5 - 0.5 spent by the oxidation + 3 per iron: about 1.5 mol of base.
    assert result.drawn["base"] * CAUSTIC["OH-"] == pytest.approx(1.5, rel=0.03)
    assert result.values["pH"] == pytest.approx(3.5, abs=1e-6)


def test_air_oxidises_too(solve):
    feed = Stream({"H2O": 500.0, "Fe+2": 0.4, "H+": 0.5, "SO4-2": 0.65}, 333.15)
    air = Stream({"O2(g)": 0.21, "N2(g)": 0.79})
    result = solve(Precipitate(pH=3.5), {"feed": feed, "base": CAUSTIC, "oxidant": air})
    assert result.outlets["gas"]["O2(g)"] == pytest.approx(0.11)
    assert result.outlets["gas"]["N2(g)"] == pytest.approx(0.79)
    assert result.values["precipitated_Fe"] > 0.99


@pytest.mark.parametrize(("base", "factor"), [(CAUSTIC, 1.0), (template({"Li+": 5.0, "OH-": 5.0, "H2O": 40.0}), 0.5)])
def test_nickel_carried_by_aluminium_hydroxide(solve, base, factor):
    """2-4 g/L Al at pH 4 to 4.5 take 2-10 % of the nickel and about a third as much cobalt; LiOH halves it."""
    feed = Stream({"H2O": 500.0, "Al+3": 1.0, "Ni+2": 3.0, "Co+2": 1.0, "H+": 0.5, "SO4-2": 5.75}, 333.15)
    result = solve(Precipitate(pH=4.5), {"feed": feed, "base": base})
    assert result.values["precipitated_Al"] > 0.9
    assert 0.02 * factor < result.values["precipitated_Ni"] < 0.10 * factor
    assert 0.2 < result.values["precipitated_Co"] / result.values["precipitated_Ni"] < 0.6


def test_aluminium_and_fluoride_fall_together(solve):
    """Battery leach liquor at pH 4.5: 91 % of the aluminium and of the fluoride."""
    flows = {"H2O": 144.0, "Ni+2": 1.0, "Co+2": 0.34, "Mn+2": 0.34, "Li+": 1.9, "Al+3": 0.19, "F-": 0.23, "H+": 1.0}
    feed = Stream({**flows, "SO4-2": (2 * 1.68 + 1.9 + 3 * 0.19 - 0.23 + 1.0) / 2.0}, 333.15)
    result = solve(Precipitate(pH=4.5, sorbed="none"), {"feed": feed, "base": CAUSTIC})
    assert result.values["precipitated_Al"] == pytest.approx(0.91, abs=0.05)
    assert result.values["precipitated_F"] == pytest.approx(0.91, abs=0.05)


def test_feed_beyond_the_set_pH_takes_nothing(solve):
    feed = Stream({"H2O": 500.0, "Na+": 1.0, "OH-": 1.0}, 298.15)
    result = solve(Precipitate(pH=4.0), {"feed": feed, "base": CAUSTIC})
    assert result.drawn["base"] == 0.0
    assert "W805" in [n.code for n in result.notices]


def test_reagent_that_cannot(chemistry):
    feed = Stream({"H2O": 500.0, "H+": 1.0, "SO4-2": 0.5})
    with pytest.raises(UnitError, match="E810"):
        Neutralise(pH=9.0).solve({"feed": feed, "reagent": template({"H2O": 55.5})}, chemistry)


def test_neutralisation_of_a_strong_acid(solve):
    feed = Stream({"H2O": 500.0, "H+": 1.0, "Cl-": 1.0})
    result = solve(Neutralise(pH=7.0), {"feed": feed, "reagent": CAUSTIC})
    assert result.drawn["reagent"] * CAUSTIC["OH-"] == pytest.approx(1.0, rel=1e-4)


def test_sulfuric_acid_strips_carbonate(solve):
    feed = Stream({"H2O": 500.0, "Na+": 4.0, "CO3-2": 2.0}, 353.15)
    acid = template({"H2SO4(l)": 10.0, "H2O": 1.1})
    result = solve(Neutralise(pH=3.0), {"feed": feed, "reagent": acid})
    # Two moles for the carbonate and some for HSO4-, a weaker acid in the heat.
    assert 2.0 < result.drawn["reagent"] * acid["H2SO4(l)"] < 2.15
    assert result.outlets["gas"]["CO2(g)"] > 1.8


def test_calcium_leaves_as_fluoride(solve):
    feed = Stream({"H2O": 500.0, "Ca+2": 0.05, "Ni+2": 5.0, "H+": 0.01, "SO4-2": 5.055}, 333.15)
    result = solve(Polish(element="Ca", ratio=2.0), {"feed": feed, "source": template({"NaF(s)": 1.0})})
    assert result.drawn["source"] == pytest.approx(2.0 * 2.0 * 0.05 * 0.041988, rel=1e-4)
    assert result.outlets["slurry"]["CaF2(s)"] > 0.04


def test_fluoride_to_a_residual(solve):
    feed = Stream({"H2O": 500.0, "Na+": 0.5, "F-": 0.5})
    lime = template({"Ca(OH)2(s)": 1.0, "H2O": 8.0})
    result = solve(Polish(element="F", residual="100 mg/L"), {"feed": feed, "source": lime})
    assert result.values["residual_F_g_L"] == pytest.approx(0.1, rel=1e-6)


def test_residual_beyond_the_solubility(solve):
    feed = Stream({"H2O": 500.0, "Na+": 0.5, "F-": 0.5})
    lime = template({"Ca(OH)2(s)": 1.0, "H2O": 8.0})
    result = solve(Polish(element="F", residual="0.01 mg/L", most=1.5), {"feed": feed, "source": lime})
    assert "W806" in [n.code for n in result.notices]
    assert result.values["ratio"] == pytest.approx(1.5)


@pytest.mark.parametrize("parameters", [{}, {"ratio": 1.0, "residual": 0.01}])
def test_polish_needs_one_aim(parameters):
    with pytest.raises(ValueError, match="E808"):
        Polish(element="F", **parameters)


@pytest.mark.parametrize("parameters", [{}, {"copper_removal": 0.9, "residual_copper": 0.01}])
def test_cement_needs_one_aim(parameters):
    with pytest.raises(ValueError, match="E806"):
        Cement(**parameters)


def test_quicklime_needs_water(chemistry):
    feed = Stream({"H2O": 500.0, "Na+": 0.5, "F-": 0.5})
    with pytest.raises(UnitError, match="E807"):
        Polish(element="F", ratio=1.0).solve({"feed": feed, "source": template({"CaO(s)": 1.0})}, chemistry)


def test_adsorption_to_a_residual(solve):
    feed = Stream({"H2O": 500.0, "Na+": 1.05, "F-": 0.05, "SO4-2": 0.5})
    unit = Adsorb(residual={"F": "5 mg/L"}, capacity="3 g/kg")
    result = solve(unit, {"feed": feed, "media": template({"Al2O3(s)": 1.0})})
    out = result.outlets["out"]
    # 9 kg of water are close to 9 L: 45 mg of fluoride stay.
    assert out["F-"] * 0.018998 * 1e6 == pytest.approx(45.0, rel=0.02)
    taken = (0.05 - out["F-"]) * 0.018998
    assert result.drawn["media"] == pytest.approx(taken / 0.003, rel=1e-4)
    assert out["OH-"] == pytest.approx(0.05 - out["F-"], rel=1e-9)
    assert result.fixed_splits[0].value == pytest.approx(1.0 - out["F-"] / 0.05)
