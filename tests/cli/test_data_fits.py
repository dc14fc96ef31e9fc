"""``hydromet data accuracy`` and ``hydromet data refit``, by their outputs and exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hydromet import datafiles
from hydromet.cli.app import main


def test_accuracy_as_page_and_as_data(tmp_path, capsys):
    page = tmp_path / "accuracy.md"
    assert main(["data", "accuracy", "--to", str(page), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == "hydromet-accuracy/1"
    lines = [one for one in found["tables"] if one["system"] == "NaCl" and one["quantity"] == "osmotic"]
    assert len(lines) >= 6
    assert all(0.0 < one["mean"] <= one["largest"] for one in lines)
    assert {one["salt"] for one in found["solubility"]} >= {"NiSO4", "CoSO4", "Li2CO3"}
    assert "| NiSO4 | 0–90 | 6 |" in page.read_text(encoding="utf-8")


def test_refit_prints_rows_and_errors(capsys):
    assert main(["data", "refit", "NiSO4"]) == 0
    told = capsys.readouterr()
    rows = datafiles.parse_csv(told.out, "out")
    assert [row["solid"] for row in rows][:2] == ["NiSO4:7H2O(s)", "NiSO4:6H2O(s)"]
    assert "NiSO4 20 degC: 2.439 mol/kg" in told.err


def test_refit_to_the_points_of_a_user(tmp_path, capsys):
    """A laboratory finds 5 % more at every temperature: the constant follows, in the table of the user."""
    points, table = tmp_path / "mine.csv", tmp_path / "hydrates.csv"
    own = [row for row in datafiles.read_csv("data/literature/solubility_in_water.csv") if row["salt"] == "K2SO4"]
    text = "".join(f"K2SO4,{row['t_C']},{1.05 * float(row['mol_per_kg'])},K2SO4(s)\n" for row in own)
    points.write_text(f"salt,t_C,mol_per_kg,solid\n{text}", encoding="utf-8")
    shutil.copy(datafiles.find("data/reactions/hydrates.csv"), table)
    before = {row["solid"]: row for row in datafiles.parse_csv(table.read_text(encoding="utf-8"), "before")}
    assert main(["data", "refit", "all", "--points", str(points), "--to", str(table), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["constants"]) == {"K2SO4(s)"}
    assert all(one["fitted"] == pytest.approx(one["measured"], rel=0.01) for one in found["points"])
    after = {row["solid"]: row for row in datafiles.parse_csv(table.read_text(encoding="utf-8"), "after")}
    changed = {solid for solid in before if before[solid] != after[solid]}
    assert changed == {"K2SO4(s)"}
    assert float(after["K2SO4(s)"]["logK_25C"]) > float(before["K2SO4(s)"]["logK_25C"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["refit", "BaSO4"], "E562"),
        (["refit", "NiSO4", "--to", "TABLE"], "E565"),
        (["refit", "NiSO4", "--points", "POINTS"], "E561"),
    ],
)
def test_refit_says_what_is_wrong(words, code, tmp_path, capsys):
    table, points = tmp_path / "aqueous.csv", tmp_path / "points.csv"
    shutil.copy(datafiles.find("data/reactions/aqueous.csv"), table)
    points.write_text("salt,t_C,mol_per_kg\nNiSO4,warm,2\n", encoding="utf-8")
    words = [{"TABLE": str(table), "POINTS": str(points)}.get(word, word) for word in words]
    assert main(["data", *words]) == 3
    assert code in capsys.readouterr().err
    assert Path(table).read_bytes() == Path(datafiles.find("data/reactions/aqueous.csv")).read_bytes()
