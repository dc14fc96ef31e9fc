"""``hydromet calibrate`` as the how-to page types it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hydromet import datafiles
from hydromet.cli.app import main

PAGE = Path(__file__).parents[2] / "docs/how-to/fit-extraction-constants.md"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files of the page in a folder of their own."""
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    text = "".join(line[3:] + "\n" for line in block[1].splitlines())
    (tmp_path / "cyanex_fit.yaml").write_text(text, encoding="utf-8")
    table = datafiles.read_text("data/literature/sx_isotherm_cyanex272.csv")
    (tmp_path / "isotherm.csv").write_text(table, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_works(folder, capsys):
    assert main(["calibrate", "cyanex_fit.yaml", "-o", "fits", "--json"]) == 0
    told = capsys.readouterr()
    record = json.loads(told.out)
    assert record == json.loads((folder / "fits/fit.json").read_text(encoding="utf-8"))
    assert {one["ion"] for one in record["parameters"]} == {"Co+2", "Ni+2", "Mn+2", "Li+"}
    assert record["degrees_of_freedom"] == sum(p["fitted"] for p in record["points"]) - len(record["parameters"])
    assert (folder / "fits/data/extractants/cyanex272_pilot.yaml").is_file()
    picture = (folder / "fits/residuals.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") > 500
    assert "Next: HYDROMET_DATA=fits" in told.err


def test_a_typo_is_told_at_its_line(folder, capsys):
    file = folder / "cyanex_fit.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  Co:", "  Cob:"), encoding="utf-8")
    assert main(["calibrate", "cyanex_fit.yaml"]) == 3
    told = capsys.readouterr().err
    assert "E633 cyanex_fit.yaml:15:3" in told
    assert "Traceback" not in told
