"""``hydromet leach``: a laboratory test from the command line, and its refusals."""

from __future__ import annotations

import csv
import json
import re
import runpy
import shlex
from pathlib import Path

import pytest

from hydromet.cli.app import main

PAGE = Path(__file__).parents[2] / "docs/how-to/simulate-a-leach-test.md"
SOLID = ["--solid", "LiNi0.6Mn0.2Co0.2O2(s)=50 g/L"]
TEST = ["leach", *SOLID, "--acid", "2 mol/L", "--reductant", "H2O2=0.5 mol/L", "--temperature", "60 degC"]


@pytest.mark.parametrize(
    "command", re.findall(r"^ {4}hydromet (leach .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
)
def test_the_page_works(command, capsys):
    assert main(shlex.split(command)) == 0
    assert len(capsys.readouterr().out.splitlines()) > 6


def test_the_python_of_the_page(tmp_path, capsys):
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    file = tmp_path / "page.py"
    file.write_text(code, encoding="utf-8")
    runpy.run_path(str(file))
    assert capsys.readouterr().out.startswith("(5.0, 30.0, 60.0)")


def test_times_and_extractions(capsys):
    assert main([*TEST, "--times", "5, 30, 120 min", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    columns = {column["name"]: column["values"] for column in table["columns"]}
    assert columns["time"] == [5.0, 30.0, 120.0]
    assert columns["Ni"] == sorted(columns["Ni"])
    assert 60.0 < columns["Ni"][0] < columns["Li"][0] < 95.0
    assert columns["Ni"][-1] > 96.0


def test_table_and_figure(tmp_path, capsys):
    files = [tmp_path / "curve.csv", tmp_path / "curve.png"]
    assert main([*TEST, "--times", "0..2 h", "--to", str(files[0]), "--to", str(files[1])]) == 0
    with files[0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 21
    assert float(rows[0]["Ni [%]"]) == 0.0
    assert files[1].stat().st_size > 10_000
    capsys.readouterr()
    assert main([*TEST, "--lang", "both"]) == 0
    assert "浸出試験" in capsys.readouterr().out


def test_coarser_oxide_is_slower(capsys):
    last = []
    for size in ("5 um", "10 um", "30 um"):
        assert main([*TEST, "--size", size, "--times", "15 min", "--json"]) == 0
        last.append(json.loads(capsys.readouterr().out)["columns"][2]["values"][0])
    assert last[0] > last[1] > last[2]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"--solid": "NMC622=50 g/L"}, '--solid "LiNi0.6Mn0.2Co0.2O2(s)=50 g/L"'),
        ({"--solid": "C(s)=50 g/L"}, "cathode oxide"),
        ({"--acid": "2 mol"}, "0.5 mol/L"),
        ({"--acid": "0 mol/L"}, "above zero"),
        ({"--temperature": "60"}, "with its unit"),
        ({"--temperature": "600 degC"}, "between 0 and 100 degC"),
        ({"--reductant": "NaCl(s)=1 g/L"}, "H2O2"),
        ({"--times": "5 10"}, '--times "5, 15, 30, 60, 120 min"'),
        ({"--times": "2..1 h"}, "low end first"),
        ({"--size": "10 g"}, "--size"),
    ],
)
def test_refusals(changed, told, capsys):
    words = {"--solid": SOLID[1], "--acid": "2 mol/L", "--temperature": "60 degC", **changed}
    assert main(["leach", *(word for pair in words.items() for word in pair)]) == 2
    error = capsys.readouterr().err
    assert "E547" in error
    assert told in error
