"""``hydromet sweep`` from the command line: tables, figures, taking up again, refusals."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import pytest

import hydromet
from hydromet.assess.case import Flowsheet
from hydromet.cli.app import main
from hydromet.study.vary import vary
from tests.plants import NICKEL_CRYSTALLISER as TEXT
from tests.plants import SODIUM_IN_NICKEL as SODIUM

ROOT = Path(hydromet.__file__).parent.parent
PAGE = ROOT / "docs/how-to/sweep-a-parameter.md"
COMMANDS = re.findall(r"^ {4}hydromet (sweep .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
BLEED = ["--vary", "crystalliser.bleed=4..8 %", "--points", "3"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("plant.yaml").write_text(TEXT, encoding="utf-8")

    def go(*arguments):
        code = main(["sweep", "plant.yaml", *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return go


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_page_can_be_read(command):
    """Solving them takes a minute each: path, values and units are those of the shipped plant."""
    words = shlex.split(command)
    assert len(COMMANDS) == 3
    for i, word in enumerate(words):
        if word == "--vary":
            asked = vary(words[i + 1], 3)
            for text in asked.texts():
                assert asked.path in hydromet.load(ROOT / words[1], {asked.path: text}).plant.changes


def test_table_files_and_taking_up_again(run, monkeypatch):
    code, out, err = run(*BLEED, "--vary", "crystalliser.temperature=45, 50 degC", "-o", "study")
    assert code == 0
    assert "Traceback" not in err
    assert out.count("Sensitivity to") == 2
    assert "recovery.Ni" in out
    with Path("study/crystalliser.bleed.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["crystalliser.bleed [%]"] for row in rows] == ["4.0", "6.0", "8.0"]
    assert float(rows[0][f"{SODIUM} [mg/kg]"]) > float(rows[2][f"{SODIUM} [mg/kg]"])
    assert Path("study/crystalliser.temperature.png").stat().st_size > 10_000
    # 5 % is in neither list; 45 degC is the file's own temperature
    assert len(list(Path("study/points").iterdir())) == 5
    monkeypatch.setattr(Flowsheet, "solve", lambda *_: pytest.fail("solved again"))
    code, out, err = run(*BLEED, "-o", "study", "--show", SODIUM, "--json")
    assert code == 0
    (curve,) = json.loads(out)
    assert curve["format"] == "hydromet-curve/1"
    columns = {column["name"]: column["values"] for column in curve["columns"]}
    assert columns[SODIUM] == [float(row[f"{SODIUM} [mg/kg]"]) for row in rows]


def test_japanese_headings_and_the_folder_by_default(run):
    code, out, _ = run("--vary", "crystalliser.bleed=5 %", "--lang", "ja")
    assert code == 0
    assert "感度解析" in out
    assert Path("results/plant_sweep/crystalliser.bleed.csv").is_file()


def test_a_failed_point_is_told_and_the_others_stand(run, monkeypatch):
    from hydromet.errors import ConvergenceError

    solve = Flowsheet.solve

    def fails(self, limits=None, watch=None, start=None):
        if self.plant.changes["crystalliser.bleed"] == "8 %":
            raise ConvergenceError("E701", read="loop of the test")
        return solve(self, limits, watch, start)

    monkeypatch.setattr(Flowsheet, "solve", fails)
    code, out, _ = run(*BLEED)
    assert code == 0
    assert "Not solved:\n  crystalliser.bleed = 8 %: E701 loop of the test" in out
    code, out, err = run("--vary", "crystalliser.bleed=8 %")
    assert code == 4
    assert out == ""
    assert err.startswith("E701") or "\nE701" in err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--vary", "crystalliser.bleed"], 2, "E651"),
        (["--vary", "crystalliser.bleed=2..2 %"], 2, "E651"),
        (["--vary", "crystaliser.bleed=2..3 %"], 3, "crystalliser.bleed"),
        (["--vary", "crystalliser.bleed=2..3 kg"], 3, "E2"),
        (["--vary", "crystalliser.temperature=40..50"], 3, "E202"),
        ([*BLEED, "--show", "recovery.Nickel"], 2, "E652"),
        ([*BLEED, "--show", "products.nickel_sulfate"], 2, "E653"),
        ([*BLEED, "--set", "nonsense"], 2, "E903"),
        ([*BLEED, "--lang", "xx"], 2, "E"),
        (["--points", "3"], 2, "--vary"),
    ],
)
def test_refusals(run, arguments, code, told):
    found, out, err = run(*arguments)
    assert found == code
    assert told in err
    assert "Traceback" not in err
    assert out == ""
