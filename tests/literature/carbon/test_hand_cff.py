"""The circular footprint formula with every term and at its edges, reckoned by hand.

Material: (1-R1) Ev + R1 (A Erec + (1-A) Ev q) + (1-A) R2 (Eeol - Ev* qo); energy (1-B) R3 (EER - LHV (heat + power));
disposal (1-R2-R3) ED. Primary nickel 19.948, cobalt 18.183, lithium 65.97 kg CO2e per kg of metal.
"""

from __future__ import annotations

import pytest

from hydromet.assess.carbon.approaches import Burdens, Circular, cff, defaults, doubts
from hydromet.errors import FootprintError
from tests.literature.carbon.by_hand import CO2, by_tables, exactly, per_kg, reckon


@pytest.mark.parametrize(
    ("burdens", "setting", "terms"),
    [
        # Input side only: 0.2 x 5 + 0.8 x 19.948 = 1 + 15.9584
        (Burdens(19.948, 5.0), Circular(0.2, R1=1.0), (0.0, 16.9584, 0.0)),
        # A = 1 is the cut-off figure, whatever happens at the end of life
        (Burdens(19.948, 5.0, 5.0), Circular(1.0, R1=1.0, R2=0.5), (0.0, 5.0, 0.0)),
        # A = 0: 19.948 in, 5 - 19.948 out
        (Burdens(19.948, 5.0, 5.0), Circular(0.0, R1=1.0, R2=1.0), (0.0, 19.948, -14.948)),
        # Nothing recycled
        (Burdens(18.183, 4.0, 4.0), Circular(0.2), (18.183, 0.0, 0.0)),
        # 0.84 x 18.183 = 15.27372; 0.16 (0.8 + 0.8 x 18.183 x 0.9 = 13.09176) = 2.2226816;
        # 0.8 x 0.85 (4.5 - 14.5464) = -6.831552
        (
            Burdens(18.183, 4.0, 4.5),
            Circular(0.2, R1=0.16, R2=0.85, quality_in=0.9, quality_out=0.8),
            (15.27372, 2.2226816, -6.831552),
        ),
        # 0.94 x 65.97 = 62.0118; 0.06 (4 + 52.776) = 3.40656; 0.4 (20 - 65.97) = -18.388
        (Burdens(65.97, 20.0, 20.0), Circular(0.2, R1=0.06, R2=0.5), (62.0118, 3.40656, -18.388)),
        # What it replaces is another commodity, 10 instead of 19.948: 0.5 x 0.5 (6 - 10) = -1
        (Burdens(19.948, 5.0, 6.0, substituted=10.0), Circular(0.5, R1=1.0, R2=0.5), (0.0, 12.474, -1.0)),
    ],
)
def test_material(burdens, setting, terms):
    found = cff(burdens, setting)
    assert (found.primary, found.recycled_input, found.recycling) == tuple(exactly(each) for each in terms)
    assert found.total == exactly(sum(terms))


@pytest.mark.parametrize(("B", "energy"), [(0.0, 0.0425), (0.5, 0.02125), (1.0, 0.0)])
def test_energy_and_disposal(B, energy):
    # 0.1 (1.8 - 25 x 0.4 x 0.07 - 25 x 0.2 x 0.135) = 0.1 (1.8 - 0.7 - 0.675); (1 - 0.8 - 0.1) x 0.3 = 0.03
    burdens = Burdens(0.0, energy_recovery=1.8, heat=0.07, electricity=0.135, disposal=0.3)
    setting = Circular(0.2, R2=0.8, R3=0.1, LHV=25.0, heat=0.4, electricity=0.2, B=B)
    found = cff(burdens, setting)
    assert (found.energy, found.disposal) == (exactly(energy), exactly(0.03))


def test_energy_recovery_that_saves_more_than_it_burns():
    # 0.4 (1.0 - 30 x 0.6 x 0.09) = 0.4 (1 - 1.62) = -0.248
    found = cff(Burdens(0.0, energy_recovery=1.0, heat=0.09), Circular(0.2, R3=0.4, LHV=30.0, heat=0.6))
    assert found.energy == exactly(-0.248)


@pytest.mark.parametrize(
    ("A", "R1", "expected"),
    [
        (0.2, 1.0, 16.9584),
        (0.5, 1.0, 12.474),
        (1.0, 1.0, 5.0),
        (0.0, 1.0, 19.948),
        # 0.7 x 19.948 = 13.9636; 0.3 x 16.9584 = 5.08752
        (0.2, 0.3, 19.05112),
    ],
)
def test_nickel_of_a_case_file(A, R1, expected):
    # 1000 kg Ni at 5 kg CO2e by cut-off
    sold = "ni: {mass: 1000 kg, metals: {Ni: 1000 kg}}"
    found = reckon(f"plant: amount: 5 t, {CO2}", outputs=(sold,), more=f"cff: {{ni: {{A: {A}, R1: {R1}}}}}")
    assert per_kg(found, approach="cff")["ni"] == exactly(expected)


def test_a_salt_per_kg_as_sold():
    # 2.5 per kg of hexahydrate, 22.33 % Ni: 0.2 x 2.5 + 0.8 x 19.948 x 0.2233 = 0.5 + 3.56351072
    found = reckon(f"plant: amount: 1970 kg, {CO2}")
    assert per_kg(found, approach="cff")["nickel"] == by_tables(4.06351072)


def test_a_mixed_product_by_its_metals():
    # 1 t with 380 kg Ni and 75 kg Co at 2275 kg CO2e: 5 per kg of metal. Ni 1 + 15.9584, Co 1 + 14.5464:
    # 380 x 16.9584 + 75 x 15.5464 = 6444.192 + 1165.98 = 7610.172
    sold = "mhp: {mass: 1 t, metals: {Ni: 380 kg, Co: 75 kg}}"
    found = reckon(f"plant: amount: 2275 kg, {CO2}", outputs=(sold,))
    assert per_kg(found, approach="cff")["mhp"] == exactly(7.610172)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # 1000 kg Ni at 5 per kg. What is recycled at the end of life brings this plant's own 5 unless it is stated:
        # A 0: 19.948 + (5 - 19.948) = 5; A 0.2, R2 0.5: 16.9584 + 0.4 (5 - 19.948) = 10.9792
        ({"A": 0.0, "R2": 1.0}, 5.0),
        ({"R2": 0.5}, 10.9792),
        ({"R2": 0.5, "ErecyclingEoL": 6.0}, 11.3792),
        ({"R2": 0.5, "ErecyclingEoL": 6.0, "EvStar": 10.0}, 15.3584),  # 16.9584 + 0.4 (6 - 10)
        ({"R1": 0.5, "Ev": 13.0}, 12.2),  # 6.5 + 0.5 (1 + 10.4)
        # 16.9584 + 0.64 (5 - 19.948) = 7.39168; energy 0.0425 and disposal 0.03 as above
        (
            {"R2": 0.8, "R3": 0.1, "LHV": 25.0, "heat": 0.4, "electricity": 0.2, "EER": 1.8, "ESEheat": 0.07,
             "ESEelec": 0.135, "ED": 0.3},
            7.46418,
        ),
    ],
)  # fmt: skip
def test_burdens_of_the_end_of_life(given, expected):
    parameters = ", ".join(f"{name}: {value}" for name, value in given.items())
    sold = "ni: {mass: 1000 kg, metals: {Ni: 1000 kg}}"
    found = reckon(f"plant: amount: 5 t, {CO2}", outputs=(sold,), more=f"cff: {{ni: {{{parameters}}}}}")
    assert per_kg(found, approach="cff")["ni"] == exactly(expected)


def test_an_end_of_life_that_nobody_describes_is_told_or_refused():
    text = " ".join(each for _, each in doubts(defaults(R2=0.5)))
    assert "ErecyclingEoL is not stated" in text
    assert "disposal of 0.5" in text
    for setting in (defaults(R2=0.5, ErecyclingEoL=5.0, ED=0.1), defaults(), defaults(R2=1.0, A=1.0)):
        assert "not stated" not in " ".join(each for _, each in doubts(setting))
    with pytest.raises(FootprintError, match="EER"):
        defaults(R3=0.1)
    with pytest.raises(FootprintError, match="ErecyclingEoL"):
        defaults(R2=0.5, ErecylingEoL=5.0)
    with pytest.raises(FootprintError, match="a number"):
        defaults(R2=0.5, ED="little")
