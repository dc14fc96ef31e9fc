"""Curves: the same answers as single questions, at every point."""

import csv
import io
import json

import numpy as np
import pytest

from hydromet.chemistry import Solution
from hydromet.chemistry.redox.pourbaix import pourbaix
from hydromet.chemistry.solutions import curves
from hydromet.errors import ChemistryError
from hydromet.species import atomic_mass

LIQUOR = Solution({"NiSO4": 1.2, "H2SO4": 0.1, "CoSO4": 0.2, "Al2(SO4)3": 0.02}, 333.15)


def numbers(curve, name):
    return np.array(curve[name], dtype=float)


def test_titration_is_monotone_and_ends_where_it_should():
    curve = curves.titration(LIQUOR, "NaOH", 9.0, points=31)
    pH, dose = numbers(curve, "pH"), numbers(curve, "dose")
    assert pH[0] == pytest.approx(LIQUOR.equilibrate().pH)
    assert dose[0] == 0.0
    assert pH[-1] == pytest.approx(9.0, abs=1e-6)
    assert (np.diff(pH) > 0.0).all()
    assert (np.diff(dose) > 0.0).all()
    assert {"Ni(OH)2(s)", "Co(OH)2(s)", "Al(OH)3(s)"} & {c.name for c in curve.of_kind("precipitated")}


def test_titration_agrees_with_single_questions():
    curve = curves.titration(LIQUOR, "NaOH", 9.0, points=31)
    for i in (5, 20, -1):
        one = LIQUOR.titrate("NaOH", curve["pH"][i], solids="auto")
        assert one.dose == pytest.approx(curve["dose"][i], rel=1e-6)
        nickel = one.stream.elements()["Ni"] * atomic_mass("Ni") * one.density / one.stream.mass()
        assert nickel == pytest.approx(curve["Ni"][i], rel=1e-6)


def test_titration_is_fine_where_the_pH_hardly_rises():
    """Points follow the dose along a plateau, too."""
    dose = numbers(curves.titration(LIQUOR, "NaOH", 9.0), "dose")
    assert np.diff(dose).max() < 0.05 * dose[-1]


def test_titration_with_an_acid_goes_down():
    curve = curves.titration(Solution({"Na2CO3": 0.1}), "HCl", 3.0, points=21)
    pH = numbers(curve, "pH")
    assert (np.diff(pH) < 0.0).all()
    # two equivalents of acid, and what H+ of pH 3 takes
    assert curve["dose"][-1] == pytest.approx(0.2 + 1e-3, rel=5e-3)


def test_a_pH_out_of_reach_is_told():
    with pytest.raises(ChemistryError, match="E508"):
        curves.titration(Solution({"NiSO4": 0.1}), "NH3", 14.5)


@pytest.mark.parametrize(("salt", "t_C"), [("NiSO4", 20.0), ("NiSO4", 60.0), ("Li2CO3", 80.0), ("Na2SO4", 50.0)])
def test_solubility_agrees_with_saturation(salt, t_C):
    curve = curves.solubility(salt, Solution({}), temperatures=(273.15, 373.15), points=11)
    i = int(np.argmin(np.abs(numbers(curve, "temperature") - t_C)))
    solution = Solution({}, float(curve["temperature"][i]) + 273.15)
    solid = curve["stable solid"][i] or curve.subject
    amount = solution.saturate(solid if solid.endswith("(s)") else f"{solid}(s)")
    hydrate = solid.partition(":")[2].partition("H2O")[0]
    water = 1.0 + amount * float(hydrate or 1.0 if ":" in solid else 0.0) * 18.0153e-3
    assert curve["molality"][i] == pytest.approx(amount / water, rel=1e-5)


def test_transitions_of_the_hydrates():
    """Two branches meet at a transition, and the stable one is the lower on either side."""
    curve = curves.solubility("NiSO4", Solution({}), points=41)
    ((place, text),) = curve.marks
    assert text == "NiSO4:7H2O(s) = NiSO4:6H2O(s)"
    assert 28.0 < place < 34.0
    t = numbers(curve, "temperature")
    hepta, hexa = numbers(curve, "NiSO4:7H2O(s)"), numbers(curve, "NiSO4:6H2O(s)")
    assert (hepta < hexa)[t < place - 0.1].all()
    assert not (hepta < hexa)[t > place + 0.1].any()  # none where it melts before it dissolves no more
    assert (hepta > hexa)[(t > place + 0.1) & (t < 60.0)].all()
    at = int(np.argmin(np.abs(t - place)))
    assert hepta[at] == pytest.approx(hexa[at], rel=1e-4)


def test_a_common_ion_lowers_the_solubility():
    water = curves.solubility("NiSO4", Solution({}), temperatures=(313.15, 323.15), points=2)
    acid = curves.solubility("NiSO4", Solution({"H2SO4": 1.0}), temperatures=(313.15, 323.15), points=2)
    assert (numbers(acid, "solubility") < numbers(water, "solubility")).all()
    assert "H2SO4 1" in acid.conditions


@pytest.mark.parametrize("element", ["Ni", "Al", "S"])
def test_shares_sum_to_the_whole(element):
    curve = curves.distribution(LIQUOR, element, pH=(1.0, 12.0), points=23)
    total = sum(np.array(column.values, dtype=float) for column in curve.of_kind("share"))
    assert total == pytest.approx(100.0, abs=0.3)  # what stays below 0.1 % everywhere is left out


def test_distribution_of_nickel():
    curve = curves.distribution(Solution({"NiSO4": 0.1}), "Ni", pH=(2.0, 11.0), points=19)
    assert curve["Ni+2"][0] > 99.0
    assert curve["Ni(OH)2(s)"][-1] > 99.0
    assert curve.notes == ("pH set with H2SO4 and NaOH",)


def test_distribution_of_what_is_not_there():
    with pytest.raises(ChemistryError, match="E547") as caught:
        curves.distribution(LIQUOR, "Cu")
    assert "Ni" in caught.value.expected


def test_saturation_is_that_of_the_clear_solution():
    curve = curves.saturation(LIQUOR, pH=(2.0, 9.0), points=8)
    one = LIQUOR.titrate("NaOH", curve["pH"][-1])
    assert curve["Ni(OH)2(s)"][-1] == pytest.approx(one.saturation_index("Ni(OH)2(s)"), abs=1e-6)
    assert curve["Ni(OH)2(s)"][-1] > 0.0


def test_a_solid_of_what_only_the_acid_brings_is_left_out():
    """Where no acid is dosed there is no sulfate: the index of Na2SO4 would end at minus infinity."""
    curve = curves.saturation(Solution({"Na2SO3": 0.27, "NaHCO3": 0.46}), points=12)
    assert curve.notes[0] == "pH set with H2SO4 and NaOH"
    assert "Na2SO4:10H2O(s)" in curve.notes[1]
    names = [column.name for column in curve.columns]
    assert "NaHCO3(s)" in names
    assert "Na2SO4:10H2O(s)" not in names
    assert all(np.isfinite(numbers(curve, column.name)).all() for column in curve.columns)


def test_an_acid_of_the_solution_sets_the_pH():
    chloride = curves.saturation(Solution({"NiCl2": 0.5}), pH=(2.0, 8.0), points=4)
    assert chloride.notes == ("pH set with HCl and NaOH",)


def test_boundaries_of_a_pourbaix_diagram():
    diagram = pourbaix("Co")
    table = curves.boundaries(diagram)
    rows = list(zip(table["below or left"], table["above or right"], table["pH"], table["Eh"], strict=True))
    oxygen = [(x, y) for low, high, x, y in rows if (low, high) == ("H2O", "O2(g)")]
    assert oxygen == [(float(x), float(y)) for x, y in zip(diagram.pH, diagram.oxygen, strict=True)]
    assert {row[:2] for row in rows} >= {line.between for line in diagram.lines}


def test_tables_are_plain_data():
    curve = curves.solubility("NiSO4", Solution({}), points=6)
    told = curve.to_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    rows = list(csv.reader(io.StringIO(curve.to_csv())))
    assert rows[0][:2] == ["temperature [degC]", "solubility [g anhydrous salt/100 g water]"]
    assert len(rows) == 1 + len(curve["temperature"])
    assert {len(row) for row in rows} == {len(curve.columns)}
    with pytest.raises(KeyError):
        curve["nothing"]
