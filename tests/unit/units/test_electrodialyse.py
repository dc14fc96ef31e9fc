"""Electrodialysis: charge, leakage, hardness; in a flowsheet its base saponifies an extraction and neutralises."""

from __future__ import annotations

import pytest

from hydromet import load
from hydromet.chemistry import Chemistry
from hydromet.stream import Stream
from hydromet.units.electrodialyse import Electrodialyse

PLANT = """hydromet: 1
title: base and acid from sodium sulfate
feeds:
  sulfate: {composition: {H2O: 85 wt%, Na2SO4: 15 wt%}, basis: mass, rate: 3000 kg/h}
  liquor: {composition: {H2O: 96 wt%, CoSO4: 2 wt%, NiSO4: 2 wt%}, basis: mass, rate: 2000 kg/h}
  sour: {composition: {H2O: 98 wt%, "H2SO4(l)": 2 wt%}, basis: mass, rate: 1000 kg/h}
  water: {water: demineralised}
  acid: {reagent: sulfuric_acid_98}
  cyanex_272: {reagent: cyanex_272}
  diluent: {reagent: diluent}
units:
  electrodialysis:
    model: electrodialyse
    in: {salt: sulfate, base_water: water, acid_water: water}
    conversion: 20 %
  base: {model: split, in: {feed: electrodialysis.base}, shares: {organic: 45 %, sour: 55 %}}
  neutral: {model: mix, in: {feed: [sour, base.sour]}}
  tank:
    model: organic_tank
    in: {organic: stripping.organic, extractant: cyanex_272, diluent: diluent}
    extractant: cyanex272
    flow: 3 m3/h
    molarity: 0.6 mol/L
  extraction:
    model: extract
    in: {aqueous: liquor, organic: tank.organic, base: base.organic}
    extractant: cyanex272
    stages: 3
  stripping:
    model: strip
    in: {organic: extraction.organic, acid: acid, water: water}
    extractant: cyanex272
    stages: 2
    acid_ratio: 1.1
    O_A: 5
products:
  cobalt: {stream: stripping.strip_liquor}
by_products:
  acid: electrodialysis.acid
wastes:
  raffinate: extraction.raffinate
  depleted: electrodialysis.depleted
  neutral: neutral.out
  surplus: tank.surplus
"""
WATER = Stream({"H2O": 55.5})


@pytest.fixture(scope="module")
def chemistry():
    return Chemistry.load()


def test_base_and_acid_are_what_the_charge_says(chemistry):
    unit = Electrodialyse(conversion=0.5, anion_leak=0.0, cation_leak=0.0, current_efficiency=1.0)
    salt = Stream({"H2O": 55.5, "Na+": 2.0, "SO4-2": 1.0})
    found = unit.solve({"salt": salt, "base_water": WATER, "acid_water": WATER}, chemistry)
    assert found.outlets["base"]["OH-"] == pytest.approx(1.0)
    assert found.outlets["acid"]["H+"] == pytest.approx(1.0)
    assert found.outlets["base"]["SO4-2"] == 0.0
    assert found.values["current_A"] == pytest.approx(96485.33212)
    assert found.outlets["depleted"]["Na+"] == pytest.approx(1.0)


def test_leakage_carries_salt_and_costs_current(chemistry):
    salt = Stream({"H2O": 55.5, "Na+": 2.0, "SO4-2": 1.0})
    tight, leaky = (
        Electrodialyse(conversion=0.5, anion_leak=a, cation_leak=a).solve(
            {"salt": salt, "base_water": WATER, "acid_water": WATER}, chemistry
        )
        for a in (0.0, 0.1)
    )
    assert leaky.outlets["base"]["SO4-2"] > 0.0
    assert leaky.outlets["acid"]["Na+"] > 0.0
    # the same ions leave the salt, fewer of them as base
    assert leaky.outlets["depleted"]["Na+"] == pytest.approx(tight.outlets["depleted"]["Na+"])
    assert leaky.outlets["base"]["OH-"] == pytest.approx(tight.outlets["base"]["OH-"] / 1.2)


def test_hardness_is_told(chemistry):
    salt = Stream({"H2O": 55.5, "Na+": 2.0, "Ca+2": 1e-3, "SO4-2": 1.001})
    found = Electrodialyse().solve({"salt": salt, "base_water": WATER, "acid_water": WATER}, chemistry)
    assert [notice.code for notice in found.notices] == ["W872"]


def test_the_base_saponifies_and_neutralises(tmp_path):
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT, encoding="utf-8")
    result = load(file).solve()
    assert result.converged
    values = result["units"]["electrodialysis"]["values"]
    assert 1.4 < values["energy_kWh_per_kg_base"] < 2.6
    extracted = result["units"]["extraction"]["values"]
    assert extracted["extracted_Co"] > 0.5
    assert result["streams"]["neutral.out"]["pH"] > 3.0
    power = result["units"]["electrodialysis"]["energy"]["electric_kW"]["electrodialysis"]
    assert power == pytest.approx(values["power_W"] / 1e3)


SAPONIFIED = """hydromet: 1
title: base of sodium and lithium sulfate for the organic and an acid liquor
feeds:
  sulfate: {composition: {H2O: 87 wt%, Na2SO4: 12 wt%, Li2SO4: 1 wt%}, basis: mass, rate: 1000 kg/h}
  organic: {composition: {"H(D2EHPA)(org)": 20 wt%, "Diluent(org)": 80 wt%}, basis: mass, rate: 3000 kg/h}
  sour: {composition: {H2O: 98 wt%, "H2SO4(l)": 2 wt%}, basis: mass, rate: 500 kg/h}
  water: {water: demineralised}
units:
  electrodialysis:
    model: electrodialyse
    in: {salt: sulfate, base_water: water, acid_water: water}
  base: {model: split, in: {feed: electrodialysis.base}, shares: {organic: 80 %, sour: 20 %}}
  saponification: {model: saponify, in: {organic: organic, base: base.organic}, extractant: d2ehpa}
  neutralisation: {model: neutralise, in: {feed: sour, reagent: base.sour}}
products:
  organic: saponification.organic
wastes:
  drained: saponification.water
  neutral: neutralisation.out
  depleted: electrodialysis.depleted
by_products:
  acid: electrodialysis.acid
emissions:
  gas: neutralisation.gas
"""


def test_its_base_goes_to_a_saponification_and_a_neutralisation(tmp_path) -> None:
    """Base of a given rate: all of it is used, sodium and lithium go on in proportion."""
    path = tmp_path / "plant.yaml"
    path.write_text(SAPONIFIED, encoding="utf-8")
    result = load(path).solve()
    made = result.streams["base.organic"]["species_mol_h"]
    organic = result.streams["saponification.organic"]["species_mol_h"]
    held = organic["Na(D2EHPA)(org)"] + organic["Li(D2EHPA)(org)"]
    assert held == pytest.approx(made["OH-"], rel=1e-9)
    assert organic["Li(D2EHPA)(org)"] / held == pytest.approx(made["Li+"] / (made["Na+"] + made["Li+"]), rel=1e-9)
    total = held + organic["H(D2EHPA)(org)"]
    assert result["units"]["saponification"]["values"]["saponified"] == pytest.approx(held / total, rel=1e-9)
    assert result["units"]["neutralisation"]["values"]["pH"] > 3.0
    assert all(abs(line["closure"] or 0.0) < 1e-9 for line in result["balance"]["elements"].values())
