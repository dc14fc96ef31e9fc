"""Full redox equilibrium against PHREEQC with phreeqc.dat: iron and dissolved oxygen in dilute acid.

Activity models and constants differ (log K of Fe+3/Fe+2 13.02 there, 13.05 here: 1.8 mV), so the liquors are dilute.
"""

import phreeqpython
import pytest

from hydromet import Solution
from hydromet.chemistry.redox.equilibrium import redox_equilibrium

VOLT_PER_PE = 0.059160


@pytest.mark.parametrize(
    ("iron", "acid", "oxygen"), [(1e-3, 1e-2, 1e-4), (1e-3, 1e-2, 2e-4), (1e-3, 3e-3, 2.4e-4), (1e-4, 1e-3, 1e-3)]
)
def test_phreeqc(iron, acid, oxygen):
    engine = phreeqpython.PhreeqPython(database="phreeqc.dat")
    there = {"temp": 25, "pH": "2.0 charge", "pe": 4, "units": "mol/kgw", "Fe(2)": iron, "S(6)": iron + acid}
    theirs = engine.add_solution(there)
    theirs.add("O2", 1e3 * oxygen)
    ours = redox_equilibrium(Solution({"FeSO4": iron, "H2SO4": acid, "O2": oxygen}).stream)
    assert ours.Eh == pytest.approx(VOLT_PER_PE * theirs.pe, abs=0.004)
    assert ours.pH == pytest.approx(theirs.pH, abs=0.01)
    assert ours.stream["Fe+3"] == pytest.approx(min(iron, 4.0 * oxygen), rel=1e-4)
    assert ours.stream["O2"] == pytest.approx(max(0.0, oxygen - 0.25 * iron), rel=1e-4, abs=1e-12)
    assert ours.liquor.molalities["FeSO4+"] == pytest.approx(theirs.species["FeSO4+"], rel=0.04)
