"""The leach answers to acid, peroxide, temperature and time: direction, size inside published bands, no jumps.

Bands are measured extractions of block H of data/literature/leach_points.csv (NMC111 with peroxide, 25 to 85 degC)
and the activation energies of data/literature/leach_fit.yaml; docs/explanations/leach-accuracy.md has their sources.
"""

import math

import numpy as np
import pytest

from hydromet.stream import Stream
from hydromet.units.leach import Leach
from hydromet.units.leaching.batch import BatchTest

NMC111 = "LiNi0.3333Mn0.3333Co0.3334O2(s)"
NMC = "LiNi0.6Mn0.2Co0.2O2(s)"
ACID = Stream({"H2SO4(l)": 10.0, "H2O": 1.1})
ACID = ACID.scaled(1.0 / ACID.mass())
PEROXIDE = Stream({"H2O2": 14.7, "H2O": 27.75})
PEROXIDE = PEROXIDE.scaled(1.0 / PEROXIDE.mass())
FEED = Stream({NMC: 1.5, "Al(s)": 0.1, "Cu(s)": 0.1, "Fe(s)": 0.02, "LiF(s)": 0.1, "Li2CO3(s)": 0.05, "C(s)": 8.0})
POINTS = 20


def swept(solve, name, values):
    """Extraction of nickel with one parameter changed."""
    found = []
    for value in values:
        given = {
            "temperature": 343.15,
            "free_acid": 12.0,
            "reductant_ratio": 1.5,
            "residence_time": 10800.0,
            name: value,
        }
        inlets = {"solids": FEED, "liquor": Stream({"H2O": 110.0}), "acid": ACID, "reductant": PEROXIDE}
        found.append(solve(Leach(**given), inlets).values["extraction_Ni"])
    return np.array(found)


def beaker(acid=2.0, peroxide=0.98, temperature=25.0, minutes=120.0, solid=20.0):
    test = BatchTest({NMC111: solid}, acid=acid, temperature=temperature + 273.15, reductants={"H2O2": peroxide})
    return test.curve([60.0 * minutes])[0]["Ni"]


@pytest.mark.parametrize(
    ("name", "low", "high", "least", "most"),
    [
        ("free_acid", 3.0, 40.0, 0.03, 0.2),
        ("reductant_ratio", 0.6, 2.5, 0.05, 0.4),
        ("residence_time", 1800.0, 36000.0, 0.1, 0.5),
        ("temperature", 303.15, 343.15, 0.1, 0.5),
    ],
)
def test_response_of_the_train_is_smooth_and_rises(solve, name, low, high, least, most):
    """Twenty points: each step is like its neighbours; the whole range moves nickel by a plant's measure."""
    found = swept(solve, name, np.linspace(low, high, POINTS))
    steps = np.diff(found)
    assert np.all(steps > 0.0)
    assert least < found[-1] - found[0] < most
    for before, step, after in zip(steps, steps[1:], steps[2:], strict=False):
        assert min(before, after) - 2e-3 < step < max(before, after) + 2e-3


def test_heat_helps_ever_less(solve):
    """Heat helps ever less where peroxide decomposes faster, too; below 95 degC there is no jump."""
    found = swept(solve, "temperature", np.linspace(303.15, 368.15, POINTS))
    steps = np.diff(found)
    assert np.max(np.abs(np.diff(steps))) < 0.02
    assert steps[-1] < 0.2 * steps[0]


def test_peroxide_moves_nickel_as_measured():
    """H539 to H544, 25 degC, 2 M acid, 20 g/L: 52 % at 0.2 vol%, 84 % at 2 vol%, 93 % at 15 vol%."""
    found = [beaker(peroxide=0.098 * dose) for dose in (0.2, 2.0, 15.0)]
    assert found == pytest.approx([0.517, 0.842, 0.931], abs=0.06)
    assert found == sorted(found)


def test_acid_moves_nickel_as_measured():
    """H532 to H536, 25 degC, 10 vol% peroxide: 65 % in 0.25 M, 91 % in 1 M, 92 % in 4 M acid."""
    found = [beaker(acid=strength) for strength in (0.25, 1.0, 4.0)]
    assert found == pytest.approx([0.655, 0.905, 0.920], abs=0.06)
    assert found == sorted(found)


def test_temperature_moves_nickel_as_measured():
    """H560 to H563, 33 g/L, 90 min: 92 % at 25 degC, 95 % at 40, 98 % at 70 degC."""
    found = [beaker(temperature=T, minutes=90.0, solid=33.333) for T in (25.0, 40.0, 70.0)]
    assert found == pytest.approx([0.920, 0.946, 0.984], abs=0.05)
    assert found == sorted(found)


def test_energy_of_the_first_minutes_is_published():
    """Extraction after a tenth of a minute at 25 and 45 degC: an apparent energy of 43 to 66 kJ/mol."""
    cold, warm = (-math.log1p(-beaker(temperature=T, minutes=0.1)) for T in (25.0, 45.0))
    energy = 8.314 * math.log(warm / cold) / (1.0 / 298.15 - 1.0 / 318.15)
    assert 30e3 < energy < 66e3


def test_manganese_comes_back_without_a_reductant():
    """Block A, NMC111 in 1 M acid at 70 degC: Mn falls from 36 % at 5 min to 18 % at 2 h, nickel stays at 37 %."""
    test = BatchTest({NMC111: 16.875}, acid=1.0, temperature=343.15, reductants={})
    early, late = test.curve([300.0, 7200.0])
    assert early["Mn"] == pytest.approx(0.363, abs=0.05)
    assert late["Mn"] == pytest.approx(0.181, abs=0.05)
    assert late["Ni"] == pytest.approx(0.370, abs=0.04)


def test_reductants_by_their_electrons():
    """Scarce reductants dissolve what their electrons allow: 0.1 mol/L of electrons for 0.2 mol/L of oxide."""
    found = []
    for name, amount in (("H2O2", 0.05), ("SO2(g)", 0.05), ("Na2S2O5(s)", 0.025), ("Al(s)", 0.1 / 3.0)):
        test = BatchTest(
            {NMC111: 19.3}, acid=2.0, temperature=333.15, reductants={name: amount}, peroxide_efficiency=1.0
        )
        found.append(test.curve([36000.0])[0]["Ni"])
    assert found == pytest.approx([found[0]] * len(found), abs=0.01)
    assert 0.6 < found[0] < 0.8  # half by electrons, and acid alone takes its share of the rest
