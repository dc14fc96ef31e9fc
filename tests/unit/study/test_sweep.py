"""Sweeps: what is varied, what is shown, the way from point to point, and what a folder keeps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hydromet.assess.case import Flowsheet, load
from hydromet.errors import CommandError, HydrometError, UserError
from hydromet.flowsheet.result import Result, read_result
from hydromet.study.phase_changes import phase_changes
from hydromet.study.points import Points, key
from hydromet.study.response import all_responses, check_responses, response, unit_of
from hydromet.study.sweep import sweep, table
from hydromet.study.vary import vary
from tests.plants import NICKEL_CRYSTALLISER as TEXT
from tests.plants import SODIUM_IN_NICKEL as SODIUM


@pytest.fixture
def plant(tmp_path):
    file = tmp_path / "plant.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


# --- what is varied


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("leach.temperature=40..60 degC", ("40 degC", "50 degC", "60 degC")),
        ("leach.temperature = 40 .. 60 degC", ("40 degC", "50 degC", "60 degC")),
        ("iron_removal.pH=3.5..4.5", ("3.5", "4", "4.5")),
        ("x.bleed=2..3 %", ("2 %", "2.5 %", "3 %")),
        ("x.flow=9..8 m3/h", ("9 m3/h", "8.5 m3/h", "8 m3/h")),
        ("x.tanks=2,3,5", ("2", "3", "5")),
        ("x.temperature=40 degC, 50 degC", ("40 degC", "50 degC")),
        ("x.temperature=40, 50.5 degC", ("40 degC", "50.5 degC")),
        ("x.temperature=４０..６０ ℃", ("40 °C", "50 °C", "60 °C")),
        ("x.y=-1e-3..1e-3", ("-0.001", "0", "0.001")),
    ],
)
def test_values(text, texts):
    assert vary(text, 3).texts() == texts


@pytest.mark.parametrize(
    "text",
    [
        "leach.temperature", "=40..60 degC", "leach.temperature=", "leach.temperature=hot", "x=40..40 degC", "x=1,1,2",
        "x=40 degC, 313 K", "x=40 degC, 50", "x=1e999..2", "x=40..", "x=..40",
    ],
)  # fmt: skip
def test_what_is_no_sweep(text):
    with pytest.raises(CommandError) as caught:
        vary(text, 3)
    assert caught.value.code == "E651"
    assert caught.value.write


def test_thirds_are_written_short_and_the_ends_as_given():
    asked = vary("x=0..1 m", 4)
    assert asked.texts() == ("0 m", "0.3333333333 m", "0.6666666667 m", "1 m")
    assert asked.numbers[-1] == 1.0


def test_the_value_next_to_the_file():
    asked = vary("x=2..8 %", 4)
    assert asked.nearest("5 %") == 1  # between two: the lower
    assert asked.nearest("7.5 %") == 3
    assert asked.nearest("0.05") == asked.nearest(None) == asked.nearest("many") == 0


# --- what is shown

DATA = {
    "recovery": {"Ni": 0.9, "Na": 0.001},
    "products": {"salt": {"mass_kg_h": 5.0, "purity": None, "impurities_ppm": {"Co": 2.0}, "grade": None}},
    "reagents": {"acid": {"kg_h": 1.0, "kg_per_t_feed": None}},
    "energy": {"kWh_per_t_feed": {"electric": 3.0}},
    "streams": {"leach.slurry": {"pH": 1.5}, "leach": {"slurry": {"T": 1.0}}},
    "converged": True,
    "loops": [{"passes": 3}],
}


def test_paths():
    assert response(DATA, "recovery.Ni") == 0.9
    assert response(DATA, "streams.leach.slurry.pH") == 1.5
    assert response(DATA, "streams.leach.slurry.T") == 1.0
    assert response(DATA, "loops.0.passes") == 3
    assert response(DATA, "loops.1.passes") is None
    assert response(DATA, "products.salt.purity") is None
    assert response(DATA, "recovery.Xx") is None


@pytest.mark.parametrize("path", ["products.salt", "converged", "loops"])
def test_what_is_no_number(path):
    with pytest.raises(CommandError) as caught:
        response(DATA, path)
    assert caught.value.code == "E653"
    assert caught.value.write.startswith("--show ")


def test_a_path_has_to_be_in_one_result():
    check_responses([DATA, {}], ["recovery.Ni", "products.salt.purity"])
    with pytest.raises(CommandError) as caught:
        check_responses([DATA], ["recovery.Nickel"])
    assert caught.value.code == "E652"
    assert "recovery.N" in caught.value.write


def test_responses_by_default():
    found = all_responses(DATA)
    assert found[:3] == ("recovery.Ni", "products.salt.mass_kg_h", "products.salt.purity")
    assert {"products.salt.impurities_ppm.Co", "reagents.acid.kg_per_t_feed"} < set(found)
    assert "energy.kWh_per_t_feed.electric" in found
    assert [unit_of(path) for path in found] == ["", "kg/h", "", "mg/kg", "kg/t", "kWh/t"]
    assert unit_of("streams.leach.slurry.elements_kg_h.Ni") == "kg/h"
    assert unit_of("units.leach.energy.cooling_kW") == "kW"


def test_phases_that_appear_are_told_once():
    def data(*solids):
        flows = {"H2O": 1.0, "Cu(s)": 1e-12, **dict.fromkeys(solids, 0.1)}
        return {"order": ["a", "b"], "streams": {f"{unit}.out": {"species_mol_h": flows} for unit in "ab"}}

    found = phase_changes([1.0, 2.0, 4.0], [data("NiO2(s)"), data("NiO2(s)"), data("Fe(OH)3(s)")])
    assert found == ((3.0, "a: + Fe(OH)3(s)"), (3.0, "a: - NiO2(s)"))


# --- from point to point


def flows(result):
    return {(s, n): v for s, record in result.streams.items() for n, v in record["species_mol_h"].items()}


def test_a_warm_answer_is_the_cold_one_and_says_so(plant):
    near = load(plant, {"crystalliser.bleed": "8 %"}).solve()
    cold = load(plant).solve()
    warm = load(plant).solve(start=near)
    assert cold["solver"]["start"] == "cold"
    assert "started_from" not in cold["solver"]
    assert warm["solver"]["start"] == "warm"
    assert warm["solver"]["started_from"]["changes"] == {"crystalliser.bleed": "8 %"}
    assert warm["solver"]["passes"] < cold["solver"]["passes"]
    one, other = flows(cold), flows(warm)
    total = {stream: sum(record["species_mol_h"].values()) for stream, record in cold.streams.items()}
    for place in one.keys() | other.keys():
        assert other.get(place, 0.0) == pytest.approx(one.get(place, 0.0), rel=1e-9, abs=1e-11 * total[place[0]]), place
    read_back = load(plant).solve(start=Result(json.loads(near.to_json())))
    assert read_back.to_json() == warm.to_json()


def test_points_go_outwards_from_the_file_each_from_its_neighbour(plant):
    order = []
    found = sweep(plant, vary("crystalliser.bleed=2, 4, 6, 8 %", 4), told=lambda point: order.append(point.value))
    assert order == [4.0, 6.0, 8.0, 2.0]
    assert [point.value for point in found] == [2.0, 4.0, 6.0, 8.0]
    starts = [point.result["solver"].get("started_from", {}).get("changes") for point in found]
    assert starts == [{"crystalliser.bleed": v} if v else None for v in ("4 %", None, "4 %", "6 %")]
    curve = table(vary("crystalliser.bleed=2, 4, 6, 8 %", 4), found, [SODIUM], "nickel")
    assert curve["crystalliser.bleed"] == (2.0, 4.0, 6.0, 8.0)
    assert list(curve[SODIUM]) == sorted(curve[SODIUM], reverse=True)
    assert curve["start"] == ("warm", "cold", "warm", "warm")
    assert curve["error"] == (None,) * 4
    again = table(vary("crystalliser.bleed=2, 4, 6, 8 %", 4), sweep(plant, vary("crystalliser.bleed=2, 4, 6, 8 %", 4)))
    assert again[SODIUM] == curve[SODIUM]


def test_a_failed_point_is_a_row(plant, monkeypatch):
    solve = Flowsheet.solve

    def fails(self, limits=None, watch=None, start=None):
        if self.plant.changes["crystalliser.bleed"] == "6 %":
            raise HydrometErrorOfUser("E701", read="loop of the test\nmore")
        return solve(self, limits, watch, start)

    class HydrometErrorOfUser(UserError):
        pass

    monkeypatch.setattr(Flowsheet, "solve", fails)
    asked = vary("crystalliser.bleed=4, 6, 8 %", 3)
    found = sweep(plant, asked)
    curve = table(asked, found, [SODIUM])
    assert [point.result is None for point in found] == [False, True, False]
    assert curve[SODIUM][1] is None
    assert curve["error"] == (None, "E701 loop of the test", None)
    assert curve.notes == ("crystalliser.bleed = 6 %: E701 loop of the test",)
    # the next point starts from the last one that was solved
    assert found[2].result["solver"]["started_from"]["changes"] == {"crystalliser.bleed": "4 %"}
    with pytest.raises(HydrometError):
        table(vary("crystalliser.bleed=6 %", 2), sweep(plant, vary("crystalliser.bleed=6 %", 2)))


def test_where_a_warm_start_fails_it_starts_cold(plant, monkeypatch):
    solve, tried = Flowsheet.solve, []

    def fails_warm(self, limits=None, watch=None, start=None):
        tried.append(start is not None)
        if start is not None:
            raise UserError("E701")
        return solve(self, limits, watch, start)

    monkeypatch.setattr(Flowsheet, "solve", fails_warm)
    found = sweep(plant, vary("crystalliser.bleed=5, 6 %", 2))
    assert tried == [False, True, False]
    assert all(point.error is None and point.result["solver"]["start"] == "cold" for point in found)


def test_every_value_is_read_before_any_is_solved(plant, monkeypatch):
    monkeypatch.setattr(Flowsheet, "solve", lambda *_: pytest.fail("solved"))
    with pytest.raises(UserError) as caught:
        sweep(plant, vary("crystalliser.bleed=5..500 %", 3))
    assert "--vary crystalliser.bleed" in str(caught.value)
    with pytest.raises(UserError) as caught:
        sweep(plant, vary("crystaliser.bleed=5..6 %", 3))
    assert caught.value.code == "E430"
    assert "--set" not in str(caught.value)
    assert "crystalliser" in caught.value.write


# --- the folder


def test_kept_points_are_read_and_not_solved_again(plant, tmp_path, monkeypatch):
    kept, asked = Points(tmp_path / "study"), vary("crystalliser.bleed=4, 6, 8 %", 3)
    first = sweep(plant, asked, points=kept)
    assert len(list((tmp_path / "study/points").glob("*/result.json"))) == 3
    assert not list((tmp_path / "study").rglob("*.part"))
    with monkeypatch.context() as no_solve:
        no_solve.setattr(Flowsheet, "solve", lambda *_: pytest.fail("solved again"))
        second = sweep(plant, asked, points=kept)
    assert all(point.kept for point in second)
    assert table(asked, second)[SODIUM] == table(asked, first)[SODIUM]
    broken = kept.place(load(plant, {"crystalliser.bleed": "6 %"})) / "result.json"
    whole = broken.read_text(encoding="utf-8")
    broken.write_text(whole[:1000], encoding="utf-8")
    third = sweep(plant, asked, points=kept)
    assert [point.kept for point in third] == [True, False, True]
    assert broken.read_text(encoding="utf-8") == whole
    assert read_result(broken).converged


def test_the_hash_is_that_of_all_inputs(plant, tmp_path):
    one = key(load(plant, {"crystalliser.bleed": "4 %"}))
    assert one == key(load(plant, {"crystalliser.bleed": "4 %"}))
    assert one != key(load(plant, {"crystalliser.bleed": "5 %"}))
    assert one != key(load(plant, {"crystalliser.bleed": "4 %", "crystalliser.temperature": "46 degC"}))
    plant.write_text(TEXT.replace("18 wt%", "17 wt%"), encoding="utf-8")
    assert one != key(load(plant, {"crystalliser.bleed": "4 %"}))


def test_a_folder_that_cannot_be_written(plant, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        sweep(plant, vary("crystalliser.bleed=4 %", 2), points=Points(tmp_path / "file"))
    assert caught.value.code == "E951"


def test_numbers_are_those_of_the_results(plant):
    asked = vary("crystalliser.bleed=4..8 %", 3)
    found = sweep(plant, asked)
    values = np.array(table(asked, found, ["recovery.Ni"])["recovery.Ni"])
    assert np.array_equal(values, [point.result.recovery["Ni"] for point in found])
