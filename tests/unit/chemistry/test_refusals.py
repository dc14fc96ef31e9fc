"""Questions without an answer are refused by name; what a titrant cannot do is said with the pH it reaches."""

from __future__ import annotations

import re
import time
from math import isfinite, nan

import numpy as np
import pytest

from hydromet.chemistry import Chemistry, Solution
from hydromet.chemistry.engine import solve_equilibrium
from hydromet.chemistry.formation import fresh_solids
from hydromet.errors import ChemistryError
from hydromet.stream import Stream

KILOGRAM = 55.508
WATER = {"H2O": KILOGRAM}
ACID = {**WATER, "H+": 0.1, "Cl-": 0.1}


@pytest.fixture(scope="module")
def chemistry():
    chemistry = Chemistry.load()
    chemistry.at_pH(Stream(WATER), 5.0, Stream({"H+": 1.0, "Cl-": 1.0}))  # compiles
    return chemistry


# --- garbage


@pytest.mark.parametrize(
    ("totals", "temperature", "more", "code"),
    [
        ({**ACID, "Na+": nan}, 298.15, {}, "E551"),
        (ACID, nan, {}, "E553"),
        (ACID, 25.0, {}, "E553"),
        (ACID, 1000.0, {}, "E553"),
        ({**ACID, "Na+": -0.1}, 298.15, {}, "E552"),
        (ACID, 298.15, {"pH": nan, "titrant": {"Na+": 1.0, "H+": -1.0}}, "E551"),
        (ACID, 298.15, {"pH": 3.0, "titrant": {"Na+": -1.0, "H+": 1.0}}, "E552"),
        (ACID, 298.15, {"phases": ("CO2(g)",), "pressures": {"CO2(g)": 0.0}}, "E552"),
        (ACID, 298.15, {"phases": ("CO2(g)",), "pressures": {"CO2(g)": nan}}, "E551"),
        ({"H+": 0.1, "Cl-": 0.1}, 298.15, {}, "E506"),
    ],
)
def test_garbage_is_named(totals, temperature, more, code):
    with pytest.raises(ChemistryError) as error:
        solve_equilibrium(totals, temperature, **more)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("composition", "more", "code", "read"),
    [
        ({"NiSO4": nan}, {}, "E551", "NiSO4: nan mol/kg"),
        ({"NiSO4": -1.0}, {}, "E552", "NiSO4: -1 mol/kg"),
        ({}, {"pressure": -1.0}, "E552", "-1 Pa"),
        ({}, {"pressure": nan}, "E551", "nan Pa"),
    ],
)
def test_a_beaker_that_cannot_be_is_named_as_written(composition, more, code, read):
    with pytest.raises(ChemistryError) as error:
        Solution(composition, **more)
    assert (error.value.code, error.value.read) == (code, read)


@pytest.mark.parametrize(("name", "write"), [("NiSO4:6H2O", "NiSO4:6H2O(s)"), ("CO2", "CO2(g)")])
def test_a_phase_without_its_sign_is_offered_with_it(name, write):
    with pytest.raises(ChemistryError) as error:
        Solution({"NiSO4": 1.0}).saturation_index(name)
    assert (error.value.code, error.value.write) == ("E505", write)


def test_round_off_below_zero_is_not_garbage():
    assert isfinite(solve_equilibrium({**ACID, "Na+": -1e-12}, 298.15).pH)


@pytest.mark.parametrize("flows", [{"H+": 11.0, "SO4-2": 5.5, "H2O": 0.8}, {"Na+": 11.0, "OH-": 11.0, "H2O": 0.8}])
def test_more_solute_than_water_is_refused_not_nan(chemistry, flows):
    for ask in (chemistry.liquor, chemistry.enthalpy):
        with pytest.raises(ChemistryError) as error:
            ask(Stream(flows))
        assert error.value.code in ("E506", "E507")


@pytest.mark.parametrize("strength", [10.0, 25.0, 40.0, 80.0, 300.0])
@pytest.mark.parametrize("salt", [("Na+", "Cl-", 1), ("Ni+2", "SO4-2", 2), ("Al+3", "Cl-", 3), ("Li+", "OH-", 1)])
def test_huge_strength_warns_or_is_refused(chemistry, strength, salt):
    cation, anion, ratio = salt
    amount = strength / ratio**2
    flows = {**WATER, cation: amount, anion: amount * (1 if anion == "SO4-2" else ratio)}
    try:
        liquor = chemistry.liquor(Stream(flows))
    except ChemistryError as error:
        assert error.code in ("E506", "E507")
        return
    assert isfinite(liquor.pH)
    assert all(isfinite(x) for x in (*liquor.molalities.values(), *liquor.activities.values()))
    assert liquor.ionic_strength <= 20.0 or "W502" in {caution.code for caution in liquor.cautions}


# --- doses

AMMONIA = {"NH3": 14.68, "H2O": 41.63}  # 25 %
CASES = {
    "ammonia": (ACID, 13.5, AMMONIA, (), "highest"),
    "ammonia gas": (ACID, 13.5, {"NH3": 1.0}, (), "highest"),
    "soda": (ACID, 13.0, {"Na+": 2.0, "CO3-2": 1.0}, ("Na2CO3:10H2O(s)", "Na2CO3:H2O(s)", "NaHCO3(s)"), "highest"),
    "lime": (ACID, 12.9, {"Ca+2": 1.0, "OH-": 2.0}, ("Ca(OH)2(s)",), "highest"),
    "lime and gypsum": (
        {**WATER, "H+": 1.0, "SO4-2": 0.5}, 12.9, {"Ca+2": 1.0, "OH-": 2.0}, ("Ca(OH)2(s)", "CaSO4:2H2O(s)"), "highest"
    ),
    "magnesia": (ACID, 11.0, {"Mg+2": 1.0, "OH-": 2.0, "H2O": 5.0}, ("Mg(OH)2(s)",), "highest"),
    "carbon dioxide": ({**WATER, "Na+": 1.0, "OH-": 1.0}, 3.0, {"CO2": 1.0, "H2O": 30.0}, (), "lowest"),
    "phosphoric acid": ({**WATER, "Na+": 1.0, "OH-": 1.0}, -3.0, {"H3PO4": 1.0, "H2O": 10.0}, (), "lowest"),
    "hydrofluoric acid": ({**WATER, "Na+": 0.1, "OH-": 0.1}, -2.0, {"HF": 1.0, "H2O": 10.0}, (), "lowest"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_titrant_cannot_do(chemistry, name):
    flows, pH, titrant, solids, word = CASES[name]
    began = time.process_time()
    with pytest.raises(ChemistryError) as error:
        chemistry.at_pH(Stream(flows), pH, Stream(titrant), solids=solids)
    assert time.process_time() - began < 0.5
    assert error.value.code == "E508"
    assert error.value.read == f"pH {pH:g} with {', '.join(Stream(titrant).flows)}"
    found = re.search(rf"{word} is (-?[\d.]+)", error.value.expected)
    assert found, error.value.expected
    said = float(found.group(1))
    way = 1.0 if word == "highest" else -1.0
    # By brute force: no dose goes further, the pH said is reached, and 0.02 beyond it is refused.
    solutes = sum(amount for species, amount in titrant.items() if species not in ("H2O", "OH-"))
    end = 1e4 * KILOGRAM / titrant["H2O"] if "H2O" in titrant else 30.0 / solutes
    reached = []
    for dose in np.geomspace(1e-3, end, 200):
        state = chemistry.equilibrate(Stream(flows).plus(Stream(titrant).scaled(dose)), solids=solids)
        if state.liquor.ionic_strength <= 30.0 and state.liquor.water >= 0.25:
            reached.append(way * state.pH)
    assert max(reached) <= way * said + 0.01 + 1e-9
    assert max(reached) > way * said - 0.02
    # At its very end the curve of a buffer is flat: what was said holds a hundredth before.
    there = chemistry.at_pH(Stream(flows), said - way * 0.01, Stream(titrant), solids=solids)
    assert there.pH == pytest.approx(said - way * 0.01, abs=1e-9)
    with pytest.raises(ChemistryError):
        chemistry.at_pH(Stream(flows), said + way * 0.02, Stream(titrant), solids=solids)


def test_titrant_that_moves_the_pH_away(chemistry):
    for pH, titrant, towards in ((0.5, {"Na+": 1.0, "OH-": 1.0}, "down"), (9.0, {"H+": 1.0, "Cl-": 1.0}, "up")):
        with pytest.raises(ChemistryError) as error:
            chemistry.at_pH(Stream(ACID), pH, Stream(titrant))
        assert error.value.code == "E508"
        assert f"moves the pH {towards}" in error.value.expected
        assert "at pH 1.1" in error.value.expected


@pytest.mark.parametrize("titrant", [{}, {"H2O": 1.0}])
def test_titrant_of_nothing(chemistry, titrant):
    with pytest.raises(ChemistryError) as error:
        chemistry.at_pH(Stream(ACID), 9.0, Stream(titrant))
    assert error.value.code == "E508"


def test_dilution_is_a_titrant(chemistry):
    diluted = chemistry.at_pH(Stream(ACID), 2.0, Stream({"H2O": 1.0}))
    assert diluted.pH == pytest.approx(2.0, abs=1e-9)
    assert diluted.dose == pytest.approx(8.04 * KILOGRAM, rel=0.01)


def test_pH_that_is_there_already(chemistry):
    liquor = Stream({**WATER, "Na+": 0.2, "CO3-2": 0.1})
    there = chemistry.liquor(liquor).pH
    same = chemistry.at_pH(liquor, there, Stream({"H+": 1.0, "Cl-": 1.0}))
    assert same.pH == pytest.approx(there, abs=1e-8)
    assert 0.0 <= same.dose < 1e-8


@pytest.mark.parametrize("pH", [2.2, 4.0, 6.3, 7.2, 8.5, 10.3, 11.9])
def test_dose_into_buffers_is_the_smallest_and_right(chemistry, pH):
    """Carbonate, phosphate, ammonia, fluoride and sulfate buffers at once, from both sides."""
    anions = {"CO3-2": 0.2, "PO4-3": 0.1, "F-": 0.1, "SO4-2": 0.3}
    base = {"Na+": 1.3, "NH4+": 0.1}
    for flows, titrant in (
        ({**WATER, **anions, **base, "H+": 0.0}, {"H+": 1.0, "Cl-": 1.0}),
        ({**WATER, **anions, **base, "H+": 1.0, "Cl-": 1.0}, {"Na+": 1.0, "OH-": 1.0}),
    ):
        start = chemistry.liquor(Stream(flows)).pH
        if (pH > start) != ("Na+" in titrant):
            continue
        dosed = chemistry.at_pH(Stream(flows), pH, Stream(titrant))
        assert dosed.pH == pytest.approx(pH, abs=1e-9)
        way = 1.0 if pH > start else -1.0
        for share in np.linspace(0.0, 0.999, 12):
            short = chemistry.liquor(Stream(flows).plus(Stream(titrant).scaled(dosed.dose * share))).pH
            assert way * short < way * pH
        again = chemistry.liquor(Stream(flows).plus(Stream(titrant).scaled(dosed.dose))).pH
        assert again == pytest.approx(pH, abs=1e-7)


def test_titrant_that_brings_a_solid(chemistry):
    """Milk of lime with its lime as a solid that may stay: gypsum falls, at the end lime is left over."""
    flows, lime = {**WATER, "H+": 0.2, "SO4-2": 0.1}, {"Ca(OH)2(s)": 1.0, "H2O": 3.0}
    solids = ("Ca(OH)2(s)", "CaSO4:2H2O(s)")
    dosed = chemistry.at_pH(Stream(flows), 11.0, Stream(lime), solids=solids)
    assert dosed.pH == pytest.approx(11.0, abs=1e-9)
    assert dosed.stream["CaSO4:2H2O(s)"] > 0.05
    assert dosed.stream["Ca(OH)2(s)"] == 0.0
    reached = [chemistry.equilibrate(Stream(flows).plus(Stream(lime).scaled(dose)), solids=solids).pH
               for dose in np.geomspace(0.1, 1e4, 200)]  # fmt: skip
    with pytest.raises(ChemistryError) as error:
        chemistry.at_pH(Stream(flows), 12.9, Stream(lime), solids=solids)
    said = float(error.value.expected.rsplit(" ", 1)[1])
    assert said == pytest.approx(max(reached), abs=0.011)


def test_an_unknown_solid_is_told_with_those_of_the_same_salt():
    with pytest.raises(ChemistryError) as caught:
        Solution({"NiSO4": 1.0}).saturate("NiSO4")
    assert caught.value.code == "E505"
    assert "NiSO4:7H2O(s)" in caught.value.expected
    made = Solution({"NiSO4": 1.0})
    made.saturation_index(caught.value.write)  # the line that works
    with pytest.raises(ChemistryError, match=r"Ni\(OH\)2\(s\)"):
        made.equilibrate(["NiOH2"])


def test_a_brine_too_strong_is_not_called_dried_up():
    """No solid known here has Na3PO4: the hydrates of the carbonate cannot hold the water, the brine is too strong."""
    brine = {"Na+": 18.0, "PO4-3": 4.0, "CO3-2": 3.0, "H2O": 55.5}
    with pytest.raises(ChemistryError, match="PO4-3 in no solid") as error:
        solve_equilibrium(brine, 333.15, phases=fresh_solids())
    assert error.value.code == "E506"
    assert "hydrates" not in str(error.value)
    assert re.search(r"ionic strength \d", str(error.value))
