"""``hydromet carbon`` on results, flowsheets and written inventories."""

from __future__ import annotations

import json

import pytest

from hydromet.cli.app import main
from hydromet.datafiles import find
from tests.plants import CARBONATION

CASE = str(find("flowsheets/carbon/everbatt2023_hydro.yaml"))


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plant")
    (folder / "plant.yaml").write_text(CARBONATION, encoding="utf-8")
    assert main(["run", str(folder / "plant.yaml"), "-o", str(folder / "out")]) == 0
    return folder


def told(capsys, *arguments):
    assert main(["carbon", *map(str, arguments)]) == 0
    return capsys.readouterr()


def test_a_run_with_a_section_tells_the_footprint(solved, capsys):
    assert main(["run", str(solved / "plant.yaml"), "-o", str(solved / "again")]) == 0
    text = capsys.readouterr().out
    assert "Carbon footprint: JP-Tokyo-2024" in text
    assert (solved / "again" / "result.json").read_bytes() == (solved / "out" / "result.json").read_bytes()


def test_flowsheet_result_and_folder_agree(solved, capsys):
    texts = [told(capsys, solved / name, "--json").out for name in ("plant.yaml", "out", "out/result.json")]
    assert texts[0] == texts[1] == texts[2]
    record = json.loads(texts[0])
    assert record["format"] == "hydromet-carbon/1"


def test_grid_and_setting_change_the_record(solved, capsys):
    tokyo = json.loads(told(capsys, solved / "out", "--json").out)
    eu = json.loads(told(capsys, solved / "out", "--json", "--grid", "EU-2024").out)
    electric = json.loads(told(capsys, solved / "out", "--json", "--set", "carbon.heat=electric_boiler").out)
    assert eu["totals"]["climate"] < tokyo["totals"]["climate"]
    assert electric["scenario"]["heat"] == "electric_boiler"
    assert electric["totals"]["climate"] != tokyo["totals"]["climate"]


def test_all_scenarios_side_by_side(solved, capsys):
    found = json.loads(told(capsys, solved / "out", "--all", "--json").out)
    assert {"own", "EU", "low_carbon", "JP-Hokkaido", "JP-Okinawa"} <= set(found)
    assert told(capsys, solved / "out", "--scenario", "EU", "--scenario", "JP-Kyushu").out.count("natural_gas") >= 2


def test_written_inventory(capsys):
    text = told(capsys, CASE).out
    assert "nickel" in text
    assert "caustic" in text
    assert told(capsys, CASE, "--lang", "ja").out != text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--grid", "JP-Tokio-2024"], "E772"), (["--scenario", "Mars"], "E781"), (["--set", "heat=coal"], "E784")],
)
def test_mistakes_on_the_command_line(solved, capsys, arguments, code):
    assert main(["carbon", str(solved / "out"), *arguments]) == 3
    error = capsys.readouterr().err
    assert error.startswith(code)
    assert "Traceback" not in error


def test_a_missing_file(tmp_path, capsys):
    assert main(["carbon", str(tmp_path / "none.yaml")]) == 3
    assert capsys.readouterr().err.startswith("E101")


def test_the_section_is_checked_before_solving(tmp_path, capsys):
    file = tmp_path / "plant.yaml"
    file.write_text(CARBONATION.replace("JP-Tokyo-2024", "JP-Tokyo-2042"), encoding="utf-8")
    assert main(["check", str(file)]) == 3
    error = capsys.readouterr().err
    assert error.startswith(f"E772 {file}")
    assert "JP-Tokyo-2024" in error


def test_schema(capsys):
    assert main(["schema", "carbon"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"activities", "outputs", "grid"} <= set(schema["properties"])


def test_check_reads_a_written_inventory(tmp_path, capsys):
    assert main(["check", CASE]) == 0
    assert "9 activities" in capsys.readouterr().out
    (tmp_path / "x.yaml").write_text("carbon: 1\nactivities: {a: {amount: 1 t}}\noutputs: {b: {mass: 1 t}}\n")
    assert main(["check", str(tmp_path / "x.yaml")]) == 3
    assert capsys.readouterr().err.startswith("E788")


def test_what_only_the_solved_plant_shows_keeps_the_result(tmp_path, capsys):
    """An acid with a substance that has no factor: told after the solve, and the streams are not lost."""
    acid = '{composition: {"H2SO4(l)": 95 wt%, "Na2SO4(s)": 5 wt%}, basis: mass, role: reagent}'
    text = CARBONATION.replace("{reagent: sulfuric_acid_98}", acid)
    file = tmp_path / "plant.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["run", str(file), "-o", str(tmp_path / "out")]) == 3
    assert (tmp_path / "out" / "result.json").exists()
    error = capsys.readouterr().err
    assert "E782" in error
    assert "result so far" in error


def test_a_mistake_in_a_setting_stands_on_the_command_line(solved, capsys):
    assert main(["carbon", str(solved / "out"), "--set", "heat=coal"]) == 3
    assert capsys.readouterr().err.startswith("E784 --set carbon.heat=coal")
