"""Cementation, sulfides, fluoride, manganese, ion exchange: published directions and magnitudes.

Bands: 99 % copper with 1.3 times iron (design value of a black-mass study); selectivity Cu > Zn > Co > Ni > Mn of the
sulfides; 8-20 mg/L F left by calcium and less by alumina (practice, recalled); 1 % Co with the manganese at pH 3 by
SO2 in air, more with pH and temperature (Mulaudzi and Mahlangu 2009, abstract), 1-3 % in practice (recalled); order and
ratio of ions on an iminodiacetic resin (Inglezakis and Poulopoulos 2006, table 4.13).
"""

from __future__ import annotations

import pytest

from hydromet.stream import Stream
from hydromet.units.adsorb import Adsorb
from hydromet.units.cement import Cement
from hydromet.units.ion_exchange import IonExchange
from hydromet.units.oxidise_manganese import OxidiseManganese
from hydromet.units.polish import Polish
from hydromet.units.resins import load_resin
from hydromet.units.sulfide import Sulfide
from tests.literature.liquors import CAUSTIC, reagent

WATER = 55.508


ACID = reagent({"H+": 4.0, "SO4-2": 2.0, "H2O": 50.0})
RINSE = reagent({"H2O": 1.0})


def liquor(temperature=323.15, **metals):
    """Sulfate liquor with 1 kg of water; divalent metals by symbol, mol/kg, and acid, mol/kg."""
    acid = metals.pop("acid", 0.01)
    flows = {f"{metal}+2": amount for metal, amount in metals.items()}
    return Stream({"H2O": WATER, "H+": acid, **flows, "SO4-2": sum(metals.values()) + 0.5 * acid}, temperature)


# --- cementation


def cemented(chemistry, metal, **parameters):
    port = "iron" if metal == "Fe" else "powder"
    feed = liquor(333.15, Cu=0.02, Ni=0.4, Co=0.1, acid=0.05)
    unit = Cement(metal=metal, **parameters)
    return unit.solve({"feed": feed, port: reagent({f"{metal}(s)": 1.0})}, chemistry)


def test_iron_takes_99_percent_in_an_hour_or_two(chemistry):
    result = cemented(chemistry, "Fe", residence_time=7200.0, tanks=3, iron_ratio=1.3)
    assert 0.93 < result.values["copper_removal"] < 0.999
    assert 1.1 < result.values["iron_kg_per_kg_copper"] < 1.6


def test_nickel_powder_is_slower_and_brings_no_iron(chemistry):
    iron = cemented(chemistry, "Fe", residence_time=3600.0, iron_ratio=1.5).values["copper_removal"]
    result = cemented(chemistry, "Ni", residence_time=3600.0, iron_ratio=1.5)
    assert result.values["copper_removal"] < iron
    assert result.outlets["slurry"].elements().get("Fe", 0.0) == 0.0
    hot = cemented(chemistry, "Ni", residence_time=3600.0, iron_ratio=1.5, temperature=353.15)
    assert hot.values["copper_removal"] > result.values["copper_removal"]


@pytest.mark.parametrize("metal", ["Fe", "Ni", "Co"])
def test_time_powder_and_fineness_help(chemistry, metal):
    plain = {"residence_time": 1800.0, "iron_ratio": 1.3}
    base = cemented(chemistry, metal, **plain).values["copper_removal"]
    for better in ({"residence_time": 3600.0}, {"iron_ratio": 2.0}, {"particle_size": 2e-5}, {"tanks": 4}):
        assert cemented(chemistry, metal, **{**plain, **better}).values["copper_removal"] > base


# --- sulfides


def sulfided(chemistry, feed, reagent_flows=None, **parameters):
    inlets = {"feed": feed, "sulfide": reagent(reagent_flows or {"H2S(g)": 1.0}), "base": CAUSTIC}
    if "pH" not in parameters:
        inlets.pop("base")
    return Sulfide(**parameters).solve(inlets, chemistry)


def test_copper_falls_alone_from_an_acid_liquor(chemistry):
    values = sulfided(chemistry, liquor(Cu=0.02, Zn=0.01, Co=0.1, Ni=0.4, acid=0.5), ratio=1.05).values
    assert values["precipitated_Cu"] > 0.999
    assert values["precipitated_Ni"] + values["precipitated_Co"] + values["precipitated_Zn"] < 0.01


def test_order_of_the_others(chemistry):
    feed = liquor(Zn=0.05, Co=0.05, Ni=0.05, Mn=0.05)
    values = sulfided(chemistry, feed, metals=("Zn", "Co"), ratio=1.0, pH=2.5).values
    assert values["precipitated_Zn"] > values["precipitated_Co"] > values["precipitated_Ni"]
    assert values["precipitated_Mn"] < 1e-3


def test_nickel_needs_pH_3_to_4(chemistry):
    shares = [
        sulfided(chemistry, liquor(Ni=0.2, Mg=0.3, acid=0.5), metals=("Ni",), ratio=1.1, pH=pH).values[
            "precipitated_Ni"
        ]
        for pH in (1.0, 2.0, 3.0, 4.0)
    ]
    assert shares == sorted(shares)
    assert shares[0] < 0.05
    assert shares[-1] > 0.99


def test_gas_leaves_where_there_is_too_much(chemistry):
    result = sulfided(chemistry, liquor(Cu=0.02, acid=0.5), ratio=6.0)
    assert result.outlets["gas"]["H2S(g)"] > 0.0
    assert "W820" in [notice.code for notice in result.notices]
    # About 0.05 mol/kg dissolve at 50 degC and one atmosphere.
    assert 1.0 < result.values["dissolved_sulfide_g_L"] < 2.2


def test_ferric_iron_takes_sulfide_first(chemistry):
    flows = {"H2O": WATER, "Cu+2": 0.02, "Fe+3": 0.02, "H+": 0.1, "SO4-2": 0.1}
    result = sulfided(chemistry, Stream(flows, 323.15), ratio=0.5)
    assert result.outlets["slurry"]["S(s)"] == pytest.approx(0.01)
    assert result.values["precipitated_Cu"] == pytest.approx(0.25)


def test_residual_sets_the_dose(chemistry):
    result = sulfided(chemistry, liquor(Zn=0.02, Ni=0.4), metals=("Zn",), residual=0.1, pH=2.5)
    assert result.values["residual_Zn_g_L"] == pytest.approx(0.1, rel=1e-6)
    assert result.values["precipitated_Ni"] < 0.02


# --- fluoride


def fluoride(aluminium, pH_acid=0.0, amount=0.02):
    flows = {"H2O": WATER, "Na+": 1.0, "Li+": 0.3, "F-": amount, "Al+3": aluminium, "H+": pH_acid}
    return Stream({**flows, "SO4-2": 0.5 * (1.3 + 3 * aluminium + pH_acid - amount)}, 313.15)


def calcium(chemistry, aluminium):
    source = reagent({"Ca+2": 1.0, "Cl-": 2.0, "H2O": 50.0})
    result = Polish(element="F", ratio=2.0).solve({"feed": fluoride(aluminium), "source": source}, chemistry)
    return 1e3 * result.values["residual_F_g_L"]


def test_calcium_leaves_8_to_20_mg_and_more_with_aluminium(chemistry):
    assert 8.0 < calcium(chemistry, 0.0) < 20.0
    assert calcium(chemistry, 0.002) > 60.0


def adsorbed(chemistry, aluminium, **more):
    feed = fluoride(aluminium, amount=0.002, **more)
    unit = Adsorb(medium="activated_alumina")
    return unit.solve({"feed": feed, "media": reagent({"Al2O3(s)": 1.0})}, chemistry)


def test_alumina_goes_below_5_mg_but_not_below_the_complexes(chemistry):
    clean = adsorbed(chemistry, 0.0)
    assert 1e3 * clean.values["residual_F_g_L"] < 5.0
    assert 0.001 < clean.values["loading_kg_kg"] < 0.01
    held = adsorbed(chemistry, 0.0005, pH_acid=3e-4)
    assert held.values["residual_F_g_L"] > 3.0 * clean.values["residual_F_g_L"]
    assert "W829" in [notice.code for notice in held.notices]


# --- manganese


def oxidised(chemistry, oxidant, flows, **parameters):
    feed = liquor(parameters.pop("at", 323.15), Mn=0.05, Co=0.2, Ni=0.4)
    inlets = {"feed": feed, "oxidant": reagent(flows), "base": CAUSTIC}
    return OxidiseManganese(oxidant=oxidant, **parameters).solve(inlets, chemistry)


SO2_AIR = {"SO2(g)": 0.02, "O2(g)": 0.206, "N2(g)": 0.774}


def test_one_percent_cobalt_at_pH_3_with_sulfur_dioxide(chemistry):
    values = oxidised(chemistry, "sulfur_dioxide", SO2_AIR, pH=3.0, oxidant_ratio=2.0).values
    assert values["oxidised_Mn"] > 0.97
    assert 0.005 < values["oxidised_Co"] < 0.02
    assert values["oxidised_Ni"] < 0.002


@pytest.mark.parametrize(
    ("oxidant", "flows"),
    [
        ("persulfate", {"Na2S2O8(s)": 1.0}),
        ("permanganate", {"KMnO4(s)": 1.0}),
        ("ozone", {"O3(g)": 0.07, "O2(g)": 0.93}),
    ],
)
def test_the_others_lose_1_to_3_percent(chemistry, oxidant, flows):
    ratio = {"persulfate": 1.15, "permanganate": 1.03, "ozone": 1.5}[oxidant]
    values = oxidised(chemistry, oxidant, flows, pH=3.0, at=333.15, oxidant_ratio=ratio).values
    assert values["oxidised_Mn"] > 0.98
    assert 0.01 < values["oxidised_Co"] < 0.03


def test_cobalt_rises_with_pH_and_temperature(chemistry):
    def loss(pH, at):
        return oxidised(chemistry, "sulfur_dioxide", SO2_AIR, pH=pH, at=at, oxidant_ratio=2.3).values["oxidised_Co"]

    assert loss(4.0, 323.15) > 2.0 * loss(3.0, 323.15)
    assert loss(3.0, 333.15) > 1.2 * loss(3.0, 303.15)


def test_oxidant_short_leaves_manganese(chemistry):
    values = oxidised(chemistry, "persulfate", {"Na2S2O8(s)": 1.0}, pH=3.0, oxidant_ratio=0.5).values
    assert values["oxidised_Mn"] == pytest.approx(0.45, abs=0.02)


# --- ion exchange


def test_ratio_of_copper_to_nickel_on_iminodiacetate():
    """Molar loading from equal concentrations as the relative selectivity."""
    load = load_resin("iminodiacetate").loading({"Cu+2": 5.0, "Ni+2": 5.0, "Zn+2": 5.0, "Ca+2": 5.0}, 4.0)
    assert load["Ni+2"] / load["Zn+2"] == pytest.approx(57.0 / 17.0)
    assert load["Cu+2"] / load["Ca+2"] == pytest.approx(2300.0)


def exchanged(chemistry, acid=0.001, **metals):
    feed = liquor(313.15, Co=0.2, Mn=0.05, acid=acid, **metals)
    inlets = {"feed": feed, "acid": ACID, "water": RINSE, "base": CAUSTIC}
    return IonExchange(resin="iminodiacetate", target="Cu+2").solve(inlets, chemistry)


def test_copper_polish_loses_little_cobalt(chemistry):
    result = exchanged(chemistry, Cu=0.0005, Ni=0.005)
    assert result.values["removed_Cu+2"] > 0.99
    assert result.values["removed_Co+2"] < 0.01
    assert result.values["removed_Ni+2"] < 0.1
    assert 5.0 < result.values["target_loaded_kg_m3"] < 43.0
    assert result.outlets["eluate"]["Cu+2"] > 0.99 * 0.0005


def test_acid_and_copper_shorten_the_cycle(chemistry):
    base = exchanged(chemistry, Cu=0.0005).values["bed_volumes"]
    assert exchanged(chemistry, Cu=0.002).values["bed_volumes"] < 0.5 * base
    assert exchanged(chemistry, Cu=0.0005, acid=0.2).values["bed_volumes"] < 0.7 * base
