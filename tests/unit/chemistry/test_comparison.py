"""Davies' equation on the same solver."""

from __future__ import annotations

import numpy as np
import pytest

from hydromet.chemistry.engine import solve_equilibrium
from hydromet.chemistry.fits.comparison import davies_database
from hydromet.chemistry.slopes.derivatives import Derivatives
from hydromet.errors import ChemistryError

AQUEOUS = {
    "OH-": ("H2O = OH- + H+", -14.0),
    "HSO4-": ("SO4-2 + H+ = HSO4-", 1.99),
    "NiSO4": ("Ni+2 + SO4-2 = NiSO4", 2.3),
    "NiOH+": ("Ni+2 + H2O = NiOH+ + H+", -9.897),
}
SOLIDS = {"Ni(OH)2(s)": ("Ni(OH)2(s) + 2 H+ = Ni+2 + 2 H2O", 12.794)}
TOTALS = {"H2O": 55.508, "Ni+2": 0.1, "SO4-2": 0.11, "H+": 0.02}


@pytest.fixture(scope="module")
def data():
    return davies_database(AQUEOUS, SOLIDS, 0.509)


def log_gamma(z, strength):
    root = np.sqrt(strength)
    return -0.509 * z * z * (root / (1.0 + root) - 0.3 * strength)


def test_mass_action_with_the_printed_equation(data):
    """Every constant is met by molalities times Davies' coefficients, neutral species counting as they are."""
    solved = solve_equilibrium(TOTALS, 298.15, data=data)
    m = dict(zip(solved.system.names, solved.m, strict=True))
    a = {
        name: np.log10(x) + log_gamma(z, solved.ionic_strength)
        for name, x, z in zip(solved.system.names, solved.m, solved.system.z, strict=True)
    }
    aw = solved.ln_aw / np.log(10.0)
    assert a["HSO4-"] == pytest.approx(a["SO4-2"] + a["H+"] + 1.99, abs=1e-9)
    assert a["NiSO4"] == pytest.approx(a["Ni+2"] + a["SO4-2"] + 2.3, abs=1e-9)
    assert a["NiOH+"] == pytest.approx(a["Ni+2"] + aw - a["H+"] - 9.897, abs=1e-9)
    assert solved.pH == pytest.approx(-a["H+"], abs=1e-9)
    assert solved.water * (m["Ni+2"] + m["NiSO4"] + m["NiOH+"]) == pytest.approx(0.1, rel=1e-9)


def test_solids_and_derivatives(data):
    totals = {**TOTALS, "H+": -0.05, "Na+": 0.07}
    solved = solve_equilibrium(totals, 298.15, phases=("Ni(OH)2(s)",), data=data)
    assert 0.02 < solved.amounts[0] < 0.03
    more, less = (
        solve_equilibrium({**totals, "Na+": 0.07 + w}, 298.15, phases=("Ni(OH)2(s)",), data=data) for w in (1e-6, -1e-6)
    )
    assert Derivatives(solved).of("pH", "n(Na+)") == pytest.approx((more.pH - less.pH) / 2e-6, rel=1e-6)


def test_it_is_not_the_default(data):
    strong = {**TOTALS, "Ni+2": 1.0, "SO4-2": 1.01}
    assert abs(solve_equilibrium(strong, 298.15).pH - solve_equilibrium(strong, 298.15, data=data).pH) > 0.05


def test_what_forms_nothing_is_named():
    with pytest.raises(ChemistryError, match="E503"):
        davies_database({"HSO4-": ("HSO4- = SO4-2 + H+", -1.99)}, {})
