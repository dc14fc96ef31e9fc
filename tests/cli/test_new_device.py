"""``hydromet new device``: a driver and its test that run as they are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hydromet.cli.app import main


def test_a_new_driver_passes_its_test(tmp_path, capsys):
    assert main(["new", "device", "my_meter", "-o", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out.split() == [str(tmp_path / "my_meter.py"), str(tmp_path / "test_my_meter.py")]
    assert "pytest" in err
    text = (tmp_path / "my_meter.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert "NAME" not in text
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "test_my_meter.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "7 passed" in run.stdout


@pytest.mark.parametrize("name", ["my-meter", "2nd", "class", "../x", "ｍ", ""])
def test_names_that_are_no_module(name, tmp_path, capsys):
    assert main(["new", "device", name, "-o", str(tmp_path)]) == 2
    assert "E905" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "test_mine.py").write_text("kept", encoding="utf-8")
    assert main(["new", "device", "mine", "-o", str(tmp_path)]) == 2
    assert "E906" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["test_mine.py"]
