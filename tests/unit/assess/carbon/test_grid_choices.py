"""A grid in place of the usual one: its name and title, and losses that are in its factor already."""

from __future__ import annotations

import json

import pytest

from hydromet.assess.carbon.assess import run
from hydromet.assess.case import run as solve
from tests.literature.carbon.by_hand import case
from tests.plants import CARBONATION


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("grids")
    (path / "plant.yaml").write_text(CARBONATION, encoding="utf-8")
    (path / "result.json").write_text(solve(path / "plant.yaml").to_json(), encoding="utf-8")
    return path


def lost(record):
    return sum(each["amount"] for each in record["activities"] if each["id"] in ("grid/losses", "feeds/losses"))


def test_losses_within_a_factor_are_not_added_again(folder):
    (stated,) = run(folder, changes={"grid": "US-GREET-2022", "losses": 0.05})
    (unsaid,) = run(folder, changes={"grid": "US-GREET-2022"})
    assert (lost(stated), lost(unsaid)) == (0.0, 0.0)
    assert stated["totals"]["climate"] == unsaid["totals"]["climate"]
    assert "in grid.US-GREET-2022 already; the 5 %" in stated["scenario"]["defaults"]["losses of the grid"]
    (japan,) = run(folder, changes={"grid": "JP-2024", "losses": 0.05})
    assert lost(japan) > 0.0


def test_another_grid_has_not_the_title_of_the_usual_scenario(folder):
    (moved,), (named,) = run(folder, changes={"grid": "EU-2024"}), run(folder, ["JP-Tokyo"])
    assert (moved["scenario"]["name"], moved["scenario"]["title"]) == ("own", "")
    assert named["scenario"]["title"]["en"] == "Japan, Tokyo"


def test_a_case_with_a_scenario_and_another_grid_is_its_own(tmp_path):
    file = tmp_path / "case.yaml"
    text = case("electricity: amount: 1 MWh", more="scenario: JP-Tokyo").replace("grid: JP-Tokyo-2024\n", "")
    file.write_text(text, encoding="utf-8")
    (tokyo,), (europe,) = run(file), run(file, changes={"grid": "EU-2024"})
    assert (tokyo["scenario"]["name"], tokyo["totals"]["climate"]) == ("JP-Tokyo", pytest.approx(539.0))
    assert (europe["scenario"]["name"], europe["scenario"]["title"]) == ("own", "")
    assert europe["totals"]["climate"] == pytest.approx(213.02)
    assert json.loads(json.dumps(europe)) == europe
