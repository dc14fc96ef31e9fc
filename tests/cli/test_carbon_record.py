"""One record of a footprint, wherever it is read: from the run, from its result, from the evidence; with own books."""

from __future__ import annotations

import json
import shutil

import pytest

from hydromet.cli.app import main
from hydromet.datafiles import find
from tests.plants import CARBONATION

BOOK = """id,indicator,value,unit,title,geography,year,uncertainty,source,grade
chem.na2co3,climate,0.5,kgCO2e/kg,soda ash of my supplier,JP,2024,10,supplier 2025,measured
"""
BOOKS = "  grid: JP-Tokyo-2024\n  books: [hydromet-2026.1, mine.csv]"


def ran(folder, text, *options):
    (folder / "plant.yaml").write_text(text, encoding="utf-8")
    assert main(["run", str(folder / "plant.yaml"), "-o", str(folder / "results/plant"), *options]) == 0
    return folder / "results/plant"


def printed(capsys, *arguments):
    capsys.readouterr()
    assert main([*map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_the_record_stored_printed_and_handed_over_is_the_same_to_the_byte(tmp_path, capsys):
    out = tmp_path / "results"
    assert main(["run", str(find("flowsheets/nmc622_black_mass.yaml")), "-o", str(out)]) == 0
    stored = json.loads((out / "result.json").read_text(encoding="utf-8"))["assessments"]["carbon"]
    text = printed(capsys, "carbon", out, "--json")
    # As text, so that the order of keys and the last digit count.
    assert json.dumps(json.loads(text)) == json.dumps(stored)
    assert json.loads(printed(capsys, "show", out, "carbon", "--json"))["carbon"] == stored
    assert main(["carbon", str(out), "--evidence", str(tmp_path / "evidence")]) == 0
    assert json.loads((tmp_path / "evidence/auditor/record.json").read_text(encoding="utf-8")) == stored


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A plant with a book of the user's beside its flowsheet, solved; and its result alone in another place."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.csv").write_text(BOOK, encoding="utf-8")
    ran(folder, CARBONATION.replace("  grid: JP-Tokyo-2024", BOOKS))
    return folder


def test_a_result_with_books_elsewhere_has_the_footprint_of_its_run(own, capsys, tmp_path):
    stored = json.loads((own / "results/plant/result.json").read_text(encoding="utf-8"))["assessments"]["carbon"]
    soda = stored["factors"]["chem.na2co3"]["climate"]
    assert (soda["value"], soda["book"]) == (0.5, "mine.csv")
    assert json.loads(printed(capsys, "carbon", own / "results/plant", "--json")) == stored
    assert main(["carbon", str(own / "results/plant"), "--evidence", str(tmp_path / "e")]) == 0
    assert main(["export", str(own / "results/plant"), "--format", "brightway", "-o", str(tmp_path / "b")]) == 0


def test_another_scenario_finds_books_beside_the_result_or_in_the_current_folder(own, capsys, tmp_path, monkeypatch):
    result, option = own / "results/plant", ("--grid", "EU-2024", "--json")
    assert main(["carbon", str(result), *option]) == 3
    told = capsys.readouterr().err
    assert "E101" in told
    assert "mine.csv" in told
    assert "beside result.json or in the current folder" in told
    monkeypatch.chdir(own)
    here = json.loads(printed(capsys, "carbon", result, *option))
    monkeypatch.chdir(tmp_path)
    moved = shutil.copytree(result, tmp_path / "moved")
    shutil.copy(own / "mine.csv", moved)
    assert json.loads(printed(capsys, "carbon", moved, *option)) == here
    assert here["factors"]["chem.na2co3"]["climate"]["value"] == 0.5


def test_grids_reagents_and_factors_less_and_more_are_in_the_tables(own, capsys):
    stored = json.loads((own / "results/plant/result.json").read_text(encoding="utf-8"))["assessments"]["carbon"]
    text = printed(capsys, "show", own / "results/plant", "carbon")
    assert "With another grid" in text
    for title, part in (("Each reagent less and more by a tenth", "doses"), ("at the ends of its range", "factors")):
        line = text.partition(title)[2].splitlines()[1].split()
        bar = stored["sensitivity"][part][0]
        assert line[0] == bar["name"]
        assert float(line[2]) == pytest.approx(bar["high"], rel=1e-3)
    soda = sum(
        stored["contributions"]["climate"][each["id"]] for each in stored["activities"] if each["flow"] == "soda"
        and each["kind"] == "reagent"
    )  # fmt: skip
    dose = next(each for each in stored["sensitivity"]["doses"] if each["name"] == "soda")
    assert dose["high"] - stored["totals"]["climate"] == pytest.approx(0.1 * soda, rel=1e-9)


def test_electricity_of_the_place_and_of_the_contract_stand_side_by_side(own, tmp_path, capsys):
    text = CARBONATION.replace("  grid: JP-Tokyo-2024", "  grid: JP-Shikoku-2024\n  market: market.JP-Yonden-FY2024")
    out = ran(tmp_path, text)
    record = json.loads((out / "result.json").read_text(encoding="utf-8"))["assessments"]["carbon"]
    for verb in (("carbon", out), ("show", out, "carbon")):
        table = printed(capsys, *verb)
        for key, name in (("location_based", "location-based: "), ("market_based", "market-based: ")):
            line = next(each for each in table.splitlines() if name + record[key]["grid"] in each).split()
            assert float(line[-1]) == pytest.approx(record[key]["total"], rel=1e-3)
    assert "market-based" not in printed(capsys, "carbon", own / "results/plant")
