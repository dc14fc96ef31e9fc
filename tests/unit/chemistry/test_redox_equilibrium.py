"""Full redox equilibrium: one potential, nothing lost, sulfate left alone."""

from collections import Counter
from math import exp, log

import numpy as np
import pytest

from hydromet.chemistry import Solution
from hydromet.chemistry.records import R
from hydromet.chemistry.redox.couples import FARADAY, couple
from hydromet.chemistry.redox.equilibrium import at_potential, redox_equilibrium
from hydromet.chemistry.redox.potentials import potentials
from hydromet.chemistry.salts import ions_of
from hydromet.errors import ChemistryError
from hydromet.species import species
from hydromet.stream import Stream

T = 298.15


def elements(stream, hydrogen=0.0):
    found = Counter({"H": hydrogen})
    for name, flow in stream.flows.items():
        for element, count in species(name).elements.items():
            found[element] += count * flow
    return found


def charge(liquor):
    """Net charge over all charge, mol/kg."""
    charges = [species(name).charge * m for name, m in liquor.molalities.items()]
    return sum(charges) / sum(abs(z) for z in charges)


def conserved(stream, result):
    before, after = elements(stream), elements(result.stream, result.electrons)
    for element, amount in before.items():
        assert after[element] == pytest.approx(amount, rel=1e-10, abs=1e-12), element
    assert abs(charge(result.liquor)) < 1e-9
    assert min(result.stream.flows.values()) > -1e-12


def agree(result, solids=(), within=1e-6):
    """All couples of a liquor at one potential; those of water alone only inside its stability."""
    found = potentials(result.liquor, solids)
    assert found
    beyond = {"O2/H2O", "H2O2/H2O", "O2/H2O2", "H+/H2"} if result.liquor.cautions else set()
    for name, value in found.items():
        if name in beyond:
            continue
        assert value == pytest.approx(result.Eh, abs=within), name


def test_iron_at_a_potential():
    given = Solution({"FeSO4": 0.1, "H2SO4": 0.5}).stream
    result = at_potential(given, 0.68)
    assert result.Eh == pytest.approx(0.68, abs=1e-9)
    m, a = result.liquor.molalities, result.liquor.activities
    ratio = exp(FARADAY / (R * T) * (0.68 - couple("Fe+3/Fe+2").standard_potential(T)))
    assert exp(a["Fe+3"] - a["Fe+2"]) == pytest.approx(ratio, rel=1e-9)
    assert m["FeSO4+"] > m["Fe+3"]
    # Every electron has left with a proton.
    assert result.electrons == pytest.approx(result.stream["Fe+3"], rel=1e-9)
    assert result.stream["H+"] == pytest.approx(1.0 - result.electrons, rel=1e-9)
    conserved(given, result)
    agree(result)


def test_the_default_speciation_is_the_same_once_the_states_are_known():
    """The liquor that full equilibrium leaves, speciated with independent couples, has the same activities."""
    result = at_potential(Solution({"FeSO4": 0.1, "MnSO4": 0.2, "H2SO4": 0.1}, 333.15).stream, 0.7)
    alone = Solution({}).chemistry.liquor(result.stream)
    for name in ("Fe+3", "Fe+2", "Mn+2", "SO4-2", "H+"):
        assert alone.activities[name] == pytest.approx(result.liquor.activities[name], abs=1e-7)
    assert alone.potentials["Fe+3/Fe+2"] == pytest.approx(0.7, abs=1e-7)


def test_potential_and_pH_with_a_titrant():
    given = Solution({"FeSO4": 0.1, "H2SO4": 0.2}).stream
    soda = Stream(dict(ions_of("NaOH")))
    result = at_potential(given, 0.7, pH=3.0, titrant=soda, solids=["Fe(OH)3(s)"])
    assert result.pH == pytest.approx(3.0, abs=1e-9)
    assert result.stream["Fe(OH)3(s)"] > 0.05
    assert result.liquor.saturation_index("Fe(OH)3(s)") == pytest.approx(0.0, abs=1e-8)
    conserved(given.plus(soda.scaled(result.dose)), result)
    agree(result)
    with pytest.raises(ChemistryError, match="E524"):
        at_potential(given, 0.6, pH=3.0)
    with pytest.raises(ChemistryError, match="E524"):
        at_potential(given, 0.6, titrant=soda)


def test_manganese_and_cobalt_leave_as_oxides_nickel_stays():
    given = Solution({"NiSO4": 1.0, "CoSO4": 0.1, "MnSO4": 0.1}).stream
    soda = Stream(dict(ions_of("NaOH")))
    oxides = ["MnO2(s)", "CoOOH(s)", "NiOOH(s)"]
    result = at_potential(given, 1.15, pH=3.5, titrant=soda, solids=oxides)
    assert result.stream["MnO2(s)"] == pytest.approx(0.1, rel=1e-3)
    assert result.stream["CoOOH(s)"] > 0.09
    assert result.stream["NiOOH(s)"] == 0.0
    assert any(caution.code == "W521" for caution in result.liquor.cautions)
    conserved(given.plus(soda.scaled(result.dose)), result)
    agree(result, [name for name in oxides if result.stream[name] > 0.0])


def test_peroxide_alone_becomes_oxygen_and_water():
    given = Solution({"H2O2": 0.1}).stream
    closed = redox_equilibrium(given)
    assert closed.stream["O2"] == pytest.approx(0.05, rel=1e-9)
    assert closed.stream["H2O2"] == pytest.approx(0.0, abs=1e-12)
    assert closed.pH == pytest.approx(7.0, abs=0.02)
    assert [caution.code for caution in closed.liquor.cautions] == ["W521"]
    conserved(given, closed)
    left = redox_equilibrium(given, gases=["O2(g)"])
    assert left.stream["O2"] + left.stream["O2(g)"] == pytest.approx(0.05, rel=1e-9)
    assert left.stream["O2"] == pytest.approx(1.26e-3, rel=0.03)
    assert left.Eh == pytest.approx(1.2288 - 0.05916 * left.pH, abs=1e-3)
    assert not left.liquor.cautions
    conserved(given, left)


def test_peroxide_oxidises_iron_mole_by_mole():
    given = Solution({"FeSO4": 0.1, "H2SO4": 0.5, "H2O2": 0.03}).stream
    result = redox_equilibrium(given)
    assert result.stream["Fe+3"] == pytest.approx(0.06, rel=1e-9)
    assert result.extents["H2O2 + 2 H+ + 2 e- = 2 H2O"] == pytest.approx(0.03, rel=1e-9)
    assert result.extents["Fe+3 + e- = Fe+2"] == pytest.approx(-0.06, rel=1e-9)
    assert result.electrons == pytest.approx(0.0, abs=1e-10)
    conserved(given, result)
    agree(result)


def test_iron_cements_copper():
    given = Solution({"CuSO4": 0.1, "H2SO4": 0.01}).stream
    given = given.with_flows({**given.flows, "Fe(s)": 0.08})
    result = redox_equilibrium(given, solids=["Fe(s)", "Cu(s)", "Cu2O(s)"])
    assert result.stream["Cu(s)"] == pytest.approx(0.08, rel=1e-3)
    assert result.stream["Fe(s)"] == 0.0
    conserved(given, result)
    agree(result, ["Cu(s)"])


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_two_oxides_of_one_metal_coexist(share):
    """Where MnO2 and MnOOH are both left the potential is theirs and the electrons decide how much there is of each."""
    given = Solution({"MnSO4": 0.01, "Na2SO4": 0.1, "NaOH": 0.05}).stream
    given = given.with_flows({**given.flows, "MnO2(s)": 0.1})
    given = given.plus(Solution({"FeSO4": 0.1 * share, "NaOH": 0.2 * share}).stream)
    solids = ["MnO2(s)", "MnOOH(s)", "Fe(OH)3(s)", "Mn(OH)2(s)"]
    result = redox_equilibrium(given, solids=solids)
    assert result.stream["MnO2(s)"] > 1e-3
    assert result.stream["MnOOH(s)"] > 1e-3
    assert result.electrons == pytest.approx(0.0, abs=1e-9)
    conserved(given, result)
    agree(result, ["MnO2(s)", "MnOOH(s)"])


def test_sulfate_is_not_reduced_unless_asked_for():
    given = Solution({"Na2SO4": 0.1}).stream
    soda = Stream(dict(ions_of("NaOH")))
    left_alone = at_potential(given, -0.4, pH=8.0, titrant=soda)
    assert "HS-" not in left_alone.stream.flows
    assert left_alone.stream["SO4-2"] == pytest.approx(0.1, rel=1e-12)
    acid = Stream(dict(ions_of("H2SO4")))
    reduced = at_potential(given, -0.4, pH=8.0, titrant=acid, couples=["SO4-2/HS-"])
    assert reduced.stream["HS-"] > 0.05
    assert reduced.electrons == pytest.approx(-8.0 * reduced.stream["HS-"] - 2.0 * reduced.stream["H2"], rel=1e-6)
    agree(reduced, within=1e-5)
    with pytest.raises(ChemistryError, match="E522"):
        at_potential(given, -0.4, couples=["SO4-2/H2S"])


def test_unknown_phases_are_named():
    given = Solution({"FeSO4": 0.1}).stream
    with pytest.raises(ChemistryError, match="E505"):
        at_potential(given, 0.5, solids=["FeOH(s)"])
    with pytest.raises(ChemistryError, match="E525"):
        redox_equilibrium(given, gases=["CO2(g)"])
    with pytest.raises(ChemistryError, match="E506"):
        redox_equilibrium(Stream({"Fe(s)": 1.0}))


def test_random_liquors_are_solved_and_nothing_is_lost():
    rng = np.random.default_rng(11)
    salts = ["FeSO4", "Fe2(SO4)3", "MnSO4", "CoSO4", "NiSO4", "CuSO4", "ZnSO4", "Al2(SO4)3", "Na2SO4", "Li2SO4"]
    known = ["Fe(OH)3(s)", "MnO2(s)", "MnOOH(s)", "Mn(OH)2(s)", "CoOOH(s)", "Ni(OH)2(s)", "Cu(s)", "Cu2O(s)", "Zn(s)"]
    for case in range(60):
        made = {salt: float(10.0 ** rng.uniform(-5, 0)) for salt in salts if rng.random() < 0.4}
        made["H2SO4" if rng.random() < 0.6 else "NaOH"] = float(10.0 ** rng.uniform(-4, 0))
        if rng.random() < 0.5:
            made["H2O2"] = float(10.0 ** rng.uniform(-5, 0))
        given = Solution(made, float(rng.uniform(273.15, 373.15))).stream
        solids = [name for name in known if rng.random() < 0.5]
        if "Zn(s)" in solids:
            given = given.with_flows({**given.flows, "Zn(s)": float(10.0 ** rng.uniform(-3, 0))})
        if case % 2:
            result = at_potential(given, float(rng.uniform(-0.8, 1.8)), solids=solids)
        else:
            result = redox_equilibrium(given, solids=solids, gases=["O2(g)", "H2(g)"] if case % 4 else [])
            assert result.electrons == pytest.approx(0.0, abs=1e-9), case
        conserved(given, result)


def test_nernst_slope_of_the_full_mode():
    """Ten times as much Fe+3 for every 59.2 mV."""
    given = Solution({"FeSO4": 1e-3, "H2SO4": 0.1}).stream
    ratio = []
    for Eh in (0.50, 0.55):
        a = at_potential(given, Eh).liquor.activities
        ratio.append(a["Fe+3"] - a["Fe+2"])
    assert (ratio[1] - ratio[0]) / log(10.0) == pytest.approx(0.05 / (R * T * log(10.0) / FARADAY), rel=1e-9)
