"""``run`` with limits that the flowsheet requires: everything is written, then the exit code is 5."""

from __future__ import annotations

import json

from hydromet.cli.app import main
from tests.plants import LIMITED


def test_exit_code_and_what_is_written(tmp_path, capsys):
    file, folder = tmp_path / "plant.yaml", tmp_path / "out"
    file.write_text(LIMITED, encoding="utf-8")
    assert main(["run", str(file), "-o", str(folder)]) == 5
    said = capsys.readouterr()
    assert "Effluent limits" in said.out
    assert "E760" in said.err
    (row,) = json.loads((folder / "result.json").read_text(encoding="utf-8"))["assessments"]["required"]
    assert (row["name"], row["component"]) == ("out", "Na")
    assert row["value"] > row["limit"]
    file.write_text(LIMITED.replace("required: true", "required: false"), encoding="utf-8")
    assert main(["run", str(file), "-o", str(folder)]) == 0
    assert main(["show", str(folder), "grade"]) == 0
    assert "no product has a specification" in capsys.readouterr().out
