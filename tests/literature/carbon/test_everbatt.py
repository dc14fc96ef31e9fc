"""EverBatt 2023: the shipped stoichiometric inventory gives the totals that its own formulas and factors give.

The arithmetic is written out here with numbers of the model (Argonne National Laboratory; formulas of the sheet "CM Rec
Par.", GREET 2022 factors of the sheet "GREET IO", AR6 GWP100) and touches none of the code's tables. Amounts are per
1000 kg of black mass with 50 kg Li, 85 kg Co, 250 kg Ni, 80 kg Mn and 20 kg F, with the model's rounded molar masses.
"""

from __future__ import annotations

from math import fsum
from pathlib import Path

import pytest

import hydromet
from hydromet.assess.carbon.assess import run

FILE = Path(hydromet.__file__).parent.parent / "flowsheets" / "carbon" / "everbatt2023_hydro.yaml"
LI, CO, NI, MN, F = 50.0, 85.0, 250.0, 80.0, 20.0
N = CO / 59 + NI / 59 + MN / 55  # 1.44068 + 4.23729 + 1.45455 = 7.13251 kmol
AMOUNTS = {
    "sulfuric_acid": LI / 14 * 98 + N * 98 * 2,  # 350 + 1397.97 = 1747.97 kg
    "peroxide": N / 2 * 34,  # 121.253 kg
    "caustic": N * 4 * 40,  # 1141.20 kg
    "soda_ash": LI / 14 * 106,  # 378.571 kg
    "lime": F / 38 * 56,  # 29.4737 kg
    "electricity": 0.9 * 1000 / 3.6,  # 250 kWh
    "natural_gas": 1000 + 4 * LI / 7 * 37,  # 2057.14 MJ
    "diesel": 0.6 * 1000,  # 600 MJ
    "water": 2 * 1000 * 3.785412e-3,  # 7.57082 m3
}
FACTORS = {
    "sulfuric_acid": 0.044071, "peroxide": 1.08124, "caustic": 2.12032, "soda_ash": 0.705604, "lime": 1.28444,
    "electricity": 0.4665, "natural_gas": 0.0565334 + 0.0130232, "diesel": 0.0747011 + 0.0157593,
    "water": 0.1913,  # not of the model: municipal supply, UK Government 2025
}  # fmt: skip
# 77.0 + 131.1 + 2419.7 + 267.1 + 37.9 + 116.6 + 143.1 + 54.3 + 1.4 kg CO2e
TOTAL = fsum(AMOUNTS[name] * FACTORS[name] for name in AMOUNTS)
METAL = 0.98 * (NI + CO + MN) + 0.90 * LI  # 245 + 83.3 + 78.4 + 45 = 451.7 kg


@pytest.fixture(scope="module")
def record():
    (found,) = run(FILE)
    return found


def test_the_arithmetic_of_this_page():
    assert pytest.approx(7.13251, abs=1e-5) == N
    assert pytest.approx(3248.3, abs=0.1) == TOTAL
    assert pytest.approx(451.7) == METAL


def test_total(record):
    assert record["totals"]["climate"] == pytest.approx(TOTAL, rel=5e-6)


@pytest.mark.parametrize("name", AMOUNTS)
def test_each_line(record, name):
    assert record["contributions"]["climate"][name] == pytest.approx(AMOUNTS[name] * FACTORS[name], rel=1e-5)


def test_per_kg_of_metal_by_metal_mass(record):
    """3248.3 kg CO2e over 451.7 kg of metal: 7.191 per kg of each."""
    for name, metal in (("nickel", "Ni"), ("cobalt", "Co"), ("manganese", "Mn"), ("lithium_carbonate", "Li")):
        each = record["products"][name]["figures"]["climate"]["cut_off"]["metal_mass"]
        assert each["per_kg_metal"][metal] == pytest.approx(TOTAL / METAL, rel=5e-6)


def test_by_value(record):
    """Prices of the model: 245 x 16.85 + 83.3 x 50.35 + 78.4 x 3.149 + 237.857 x 8.57 = 10608 USD; cobalt 39.5 %."""
    value = {"nickel": 245 * 16.85, "cobalt": 83.3 * 50.35, "manganese": 78.4 * 3.149,
             "lithium_carbonate": 50 * 0.9 / 7 * 37 * 8.57}  # fmt: skip
    for name, worth in value.items():
        each = record["products"][name]["figures"]["climate"]["cut_off"]["economic"]
        assert each["total"] == pytest.approx(TOTAL * worth / sum(value.values()), rel=5e-6)


def test_subdivided(record):
    """Soda ash goes to the lithium alone, caustic to the metals it precipitates, the rest by metal mass."""
    common = TOTAL - sum(AMOUNTS[name] * FACTORS[name] for name in ("soda_ash", "caustic"))
    lithium = common * 45.0 / METAL + AMOUNTS["soda_ash"] * FACTORS["soda_ash"]
    each = record["products"]["lithium_carbonate"]["figures"]["climate"]["cut_off"]["subdivision"]
    assert each["total"] == pytest.approx(lithium, rel=5e-6)


def test_allocation_never_changes_the_total(record):
    for method in ("metal_mass", "economic", "subdivision", "mass"):
        parts = [p["figures"]["climate"]["cut_off"][method]["total"] for p in record["products"].values()]
        assert fsum(parts) == pytest.approx(record["totals"]["climate"], rel=1e-12)
