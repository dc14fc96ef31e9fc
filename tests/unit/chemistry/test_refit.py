"""Solubility products from solubility: what is put in comes out, and rows go where they belong."""

import pytest

from hydromet import datafiles
from hydromet.chemistry.database import load_database
from hydromet.chemistry.fits.joint_fit import Calorimetry, log_product
from hydromet.chemistry.fits.refit import (
    SolubilityPoint,
    load_calorimetry,
    load_points,
    load_recipes,
    refit,
    row_values,
    saturated,
    solubility,
    with_rows,
)
from hydromet.chemistry.records import LN10, T0, Four, R, at, reaction_enthalpy
from hydromet.errors import ChemistryError


def test_shipped_sulfates_are_what_the_fit_gives():
    """After a change of a Pitzer pair: hydromet data refit all --to data/reactions/hydrates.csv."""
    for salt in {one.salt for one in load_recipes() if one.file == "hydrates"}:
        for solid, fitted in refit(salt).items():
            shipped = load_database().solids[solid].log10_k
            for temperature in (283.15, 363.15):
                assert at(fitted, temperature) == pytest.approx(at(shipped, temperature), abs=1e-3), solid


def test_points_made_with_a_constant_give_it_back():
    """Without calorimetry; with it, points of its own slope do."""
    a, b, c, d = load_database().solids["LiOH:H2O(s)"].log10_k
    for salt, solid, truth in (
        ("LiOH", "LiOH:H2O(s)", (a + 0.05, b, c, d)),
        ("NiSO4", "NiSO4:7H2O(s)", dissolution(load_calorimetry()["NiSO4:7H2O(s)"], -2.3)),
    ):
        points = [
            SolubilityPoint(salt, t, saturated(salt, solid, t, truth), solid) for t in (275.15, 290.15, 296.15, 321.15)
        ]
        assert refit(salt, points)[solid] == pytest.approx(truth, rel=1e-4), salt


def dissolution(heats: Calorimetry, log10_k: float) -> Four:
    """log10 K with the heats of calorimetry, constant heat capacity."""
    h, c = heats.enthalpy.value, heats.heat_capacity.value
    return log10_k, (c * T0 - h) / (R * LN10), c / (R * LN10), 0.0


def test_heats_of_dissolution_hold_the_slope():
    """One point of the table alone: the slope is that of calorimetry."""
    point = next(one for one in load_points() if one.salt == "NiSO4" and one.temperature == 293.15)
    heats = load_calorimetry()["NiSO4:7H2O(s)"]
    made = refit("NiSO4", [point])["NiSO4:7H2O(s)"]
    assert reaction_enthalpy(made, T0) == pytest.approx(heats.enthalpy.value, rel=1e-6)
    assert saturated("NiSO4", "NiSO4:7H2O(s)", 293.15, made) == pytest.approx(point.molality, rel=1e-6)
    # all points: within three standard deviations
    far = {
        solid
        for salt in {one.salt for one in load_recipes() if one.solid in load_calorimetry()}
        for solid, value in refit(salt).items()
        if (known := load_calorimetry().get(solid))
        and abs(reaction_enthalpy(value, T0) - known.enthalpy.value) > 3.0 * known.enthalpy.sd
    }
    assert far == set()


def test_both_hydrates_dissolve_alike_at_their_transition():
    made = refit("CoSO4")
    for t, solid in ((317.65, "CoSO4:7H2O(s)"), (337.15, "CoSO4:H2O(s)")):
        of_six = saturated("CoSO4", "CoSO4:6H2O(s)", t, made["CoSO4:6H2O(s)"])
        assert saturated("CoSO4", solid, t, made[solid]) == pytest.approx(of_six, rel=0.02)


def test_a_few_points_of_a_user_keep_the_shipped_slope():
    """LiOH has no calorimetry here: one point moves log K, its slope stays."""
    shipped = load_database().solids["LiOH:H2O(s)"].log10_k
    made = refit("LiOH", [SolubilityPoint("LiOH", 298.15, 5.5, "LiOH:H2O(s)")])["LiOH:H2O(s)"]
    assert made[1:] == shipped[1:]
    assert saturated("LiOH", "LiOH:H2O(s)", 298.15, made) == pytest.approx(5.5, rel=1e-6)


def test_saturated_is_where_the_product_is_met():
    k = load_database().solids["K2SO4(s)"].log10_k
    m = saturated("K2SO4", "K2SO4(s)", 323.15, k)
    assert log_product("K2SO4", "K2SO4(s)", m, 323.15) == pytest.approx(at(k, 323.15), abs=1e-8)


def test_a_point_left_out_changes_the_constant():
    points = [one for one in load_points() if one.salt == "NiSO4"]
    assert refit("NiSO4", without=[points[0]])["NiSO4:7H2O(s)"] != refit("NiSO4")["NiSO4:7H2O(s)"]
    assert "LiF(s)" not in refit("LiF", without=load_points())


def test_a_solid_without_its_points_rests_on_heat_and_transitions():
    """CoSO4:H2O without its points: its heat and its transition at 64 degC foretell 70 degC in 3 %, 90 degC in 7 %."""
    own = {one.temperature: one for one in load_points() if one.solid == "CoSO4:H2O(s)"}
    made = refit("CoSO4", without=list(own.values()))["CoSO4:H2O(s)"]
    for temperature, within in ((343.15, 0.03), (363.15, 0.07)):
        found = saturated("CoSO4", "CoSO4:H2O(s)", temperature, made)
        assert found == pytest.approx(own[temperature].molality, rel=within)
        assert found != pytest.approx(own[temperature].molality, rel=1e-4)


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
