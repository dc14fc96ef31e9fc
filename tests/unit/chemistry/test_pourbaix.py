"""Pourbaix diagrams: published lines, triple points from the constants, water, liquors."""

from math import log10

import numpy as np
import pytest

from hydromet import datafiles
from hydromet.chemistry import Solution
from hydromet.chemistry.database import load_database
from hydromet.chemistry.records import LN10, R
from hydromet.chemistry.redox.couples import FARADAY, couple
from hydromet.chemistry.redox.potentials import potentials
from hydromet.chemistry.redox.pourbaix import pourbaix
from hydromet.errors import ChemistryError

T = 298.15
SLOPE = R * T * LN10 / FARADAY
ATLAS = datafiles.read_csv("data/literature/pourbaix_atlas.csv")


def E0(name):
    return couple(name).standard_potential(T)


@pytest.mark.parametrize("row", ATLAS, ids=[f"{row['high']} over {row['low']}" for row in ATLAS])
def test_lines_of_the_atlas(row):
    """Slopes are the Atlas's; potentials agree within its stated uncertainty, or differ by what the file explains."""
    low, high = row["low"], row["high"]
    solids = [name for name in (low, high) if name.endswith("(s)")]
    molality = 1e-3
    points = pourbaix(row["element"], molality=molality, solids=solids).line(low, high)
    assert len(points) > 1
    (x, y), (x2, y2) = points[0], points[-1]
    if x2 - x > 0.5:
        assert (y2 - y) / (x2 - x) == pytest.approx(float(row["per_pH_V"]), abs=3e-4)
    published = float(row["E0_V"]) + float(row["per_pH_V"]) * x + float(row["per_log_V"]) * log10(molality)
    assert y - published == pytest.approx(float(row["differs_V"] or 0.0), abs=float(row["uncertainty_V"]))


def test_triple_points_of_iron():
    found = pourbaix("Fe", molality=1e-6)
    known = load_database()
    K1, K2 = (-known.aqueous[name].log10_k[0] for name in ("FeOH+2", "Fe(OH)2+"))
    Ks = known.solids["Fe(OH)3(s)"].log10_k[0]
    expected = [
        (K1, E0("Fe+3/Fe+2"), {"Fe+2", "Fe+3", "FeOH+2"}),
        (K2 - K1, E0("Fe+3/Fe+2") + SLOPE * (K1 - (K2 - K1)), {"Fe+2", "FeOH+2", "Fe(OH)2+"}),
        (Ks - K2 + 6.0, E0("Fe+3/Fe+2") + SLOPE * (K2 - 2.0 * (Ks - K2 + 6.0)), {"Fe+2", "Fe(OH)2+", "Fe(OH)3(s)"}),
    ]
    for pH, Eh, forms in expected:
        (point,) = [one for one in found.triple_points if set(one[2]) == forms]
        assert point[0] == pytest.approx(pH, abs=2e-6)
        assert point[1] == pytest.approx(Eh, abs=2e-6)


def test_triple_point_where_a_field_opens():
    """Mn+2, MnOOH and MnO2 meet: the potential of one oxide over the other at the pH where both are over 1e-6 Mn+2."""
    (point,) = [p for p in pourbaix("Mn").triple_points if set(p[2]) == {"Mn+2", "MnO2(s)", "MnOOH(s)"}]
    pH = (E0("MnOOH/Mn+2") - E0("MnO2/MnOOH") + 6.0 * SLOPE) / (2.0 * SLOPE)
    assert point[0] == pytest.approx(pH, abs=1e-5)
    assert point[1] == pytest.approx(E0("MnO2/MnOOH") - SLOPE * pH, abs=1e-6)


def test_grid_and_lines_agree():
    """A point just off a line lies in the field of the form on that side."""
    found = pourbaix("Cu", molality=1e-4)
    assert set(found.labels) == set(found.forms)
    for name, (pH, Eh) in found.labels.items():
        assert found.form_at(pH, Eh) == name
    lines = {one.between: one.points for one in found.lines}
    (x, y) = lines["Cu(s)", "Cu2O(s)"][40]
    assert found.form_at(x, y - 0.05) == "Cu(s)"
    assert found.form_at(x, y + 0.05) == "Cu2O(s)"
    assert found.grid.shape == (len(found.Eh), len(found.pH))
    with pytest.raises(ValueError, match="read-only"):
        found.grid[0, 0] = 1


@pytest.mark.parametrize("temperature", [298.15, 353.15])
def test_water(temperature):
    found = pourbaix("Zn", temperature=temperature)
    slope = R * temperature * LN10 / FARADAY
    assert found.hydrogen == pytest.approx(-slope * found.pH, abs=1e-12)
    expected = couple("O2/H2O").standard_potential(temperature) - slope * found.pH
    assert found.oxygen == pytest.approx(expected, abs=1e-9)


def test_the_liquor_counts():
    """In a 1 molal sulfate liquor the boundary of Fe+3 and Fe+2 is the potential that the liquor itself has."""
    given = Solution({"NiSO4": 1.0, "FeSO4": 0.01, "Fe2(SO4)3": 0.005, "H2SO4": 0.5})
    found = pourbaix("Fe", given)
    assert found.molality == pytest.approx(0.02)
    line = np.array(found.line("Fe+2", "FeSO4+") + found.line("Fe+2", "Fe(SO4)2-"))
    assert len(line)
    # The line stands where the two forms have equal activity over gamma m; the liquor holds less of each.
    m = given.liquor.molalities
    bound = max(("FeSO4+", "Fe(SO4)2-"), key=lambda name: m.get(name, 0.0))
    at_pH = np.array(sorted(found.line("Fe+2", bound)))
    here = float(np.interp(given.pH, at_pH[:, 0], at_pH[:, 1]))
    own = potentials(given.liquor)["Fe+3/Fe+2"] - R * T / FARADAY * np.log(m[bound] / m["Fe+2"])
    assert here == pytest.approx(own, abs=0.004)
    assert here < E0("Fe+3/Fe+2") - 0.05


def test_solids_are_chosen():
    fresh = pourbaix("Co", molality=1e-3)
    assert "Co3O4(s)" not in fresh.considered
    asked = pourbaix("Co", molality=1e-3, solids=["Co(s)", "Co(OH)2(s)", "Co3O4(s)", "CoOOH(s)"])
    assert "Co3O4(s)" in asked.forms
    with pytest.raises(ChemistryError, match="E505"):
        pourbaix("Co", solids=["CoO3(s)"])


def test_uncertain_couples_are_told():
    found = pourbaix("Ni")
    assert found.uncertainty == 0.2
    (row,) = [row for row in found.sources if "NiOOH" in row.quantity]
    assert (row.grade, row.unit) == ("recalled", "V")
    assert any("Ni(OH)2" in row.quantity for row in found.sources)
    assert pourbaix("Zn").uncertainty < 0.01


def test_sulfur_is_joined_for_its_own_diagram():
    found = pourbaix("S", molality=0.1)
    assert {"SO4-2", "HS-", "S(s)"} <= set(found.considered)
    assert "SO4-2/HS-" in {name for name in ("SO4-2/HS-",) if found.line("SO4-2", "HS-")}


@pytest.mark.parametrize("element", ["H", "O", "Ti", "Xx"])
def test_no_diagram(element):
    with pytest.raises(ChemistryError, match="E526"):
        pourbaix(element)


def test_empty_ranges():
    with pytest.raises(ChemistryError, match="E528"):
        pourbaix("Mn", pH=(14.0, 0.0))
    with pytest.raises(ChemistryError, match="E528"):
        pourbaix("Mn", Eh=(1.0, 1.0))
