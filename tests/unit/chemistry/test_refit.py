"""Solubility products from solubility: what is put in comes out, and rows go where they belong."""

import pytest

from hydromet import datafiles
from hydromet.chemistry.database import load_database
from hydromet.chemistry.records import at
from hydromet.chemistry.refit import (
    SolubilityPoint,
    load_points,
    load_recipes,
    log_product,
    refit,
    row_values,
    saturated,
    solubility,
    with_rows,
)
from hydromet.errors import ChemistryError


def test_shipped_sulfates_are_what_the_fit_gives():
    """After a change of a Pitzer pair: hydromet data refit all --to data/reactions/hydrates.csv."""
    for salt in {one.salt for one in load_recipes() if one.file == "hydrates"}:
        for solid, fitted in refit(salt).items():
            shipped = load_database().solids[solid].log10_k
            for temperature in (283.15, 363.15):
                assert at(fitted, temperature) == pytest.approx(at(shipped, temperature), abs=1e-3), solid


def test_points_made_with_a_constant_give_it_back():
    truth = (-2.3, -700.0, 0.0, 0.0)
    points = [
        SolubilityPoint("NiSO4", t, saturated("NiSO4", "NiSO4:7H2O(s)", t, truth), "NiSO4:7H2O(s)")
        for t in (275.15, 290.15, 303.15)
    ]
    found = refit("NiSO4", points)["NiSO4:7H2O(s)"]
    assert found == pytest.approx(truth, abs=1e-6)


def test_saturated_is_where_the_product_is_met():
    k = load_database().solids["K2SO4(s)"].log10_k
    m = saturated("K2SO4", "K2SO4(s)", 323.15, k)
    assert log_product("K2SO4", "K2SO4(s)", m, 323.15) == pytest.approx(at(k, 323.15), abs=1e-8)


def test_a_point_left_out_changes_the_constant():
    points = [one for one in load_points() if one.salt == "NiSO4"]
    assert refit("NiSO4", without=[points[0]])["NiSO4:7H2O(s)"] != refit("NiSO4")["NiSO4:7H2O(s)"]
    assert "CoSO4:H2O(s)" not in refit("CoSO4", without=[one for one in load_points() if one.temperature == 363.15])


def test_the_least_soluble_hydrate_is_stable():
    assert solubility("NiSO4", 293.15, refit("NiSO4"))[0] == "NiSO4:7H2O(s)"


def test_rows_of_a_table_are_replaced_and_read_back():
    text = datafiles.read_text("data/reactions/solids.csv")
    fitted = refit("LiOH")
    made = datafiles.parse_csv(with_rows(text, fitted), "made")
    row = next(one for one in made if one["solid"] == "LiOH:H2O(s)")
    assert float(row["logK_25C"]) == pytest.approx(row_values("LiOH:H2O(s)", fitted["LiOH:H2O(s)"])[0], rel=1e-6)
    assert len(made) == len(datafiles.parse_csv(text, "old"))
    with pytest.raises(ChemistryError, match="E565"):
        with_rows(text, refit("NiSO4"))


def test_what_cannot_be_fitted_is_said():
    with pytest.raises(ChemistryError, match="E562"):
        refit("BaSO4")
    with pytest.raises(ChemistryError, match="E561"):
        load_points([{"salt": "NiSO4", "t_C": "warm", "mol_per_kg": "2"}])
    with pytest.raises(ChemistryError, match="E563"):
        saturated("NiSO4", "NiSO4:7H2O(s)", 293.15, (9.0, 0.0, 0.0, 0.0))
