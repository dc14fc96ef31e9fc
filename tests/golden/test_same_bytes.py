"""The same plant gives the same bytes: in another process, with another hash seed, after any number of solves.

The shipped plants take too long for every change; the flowsheet that ``hydromet new`` writes goes through the same in
tests/cli.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hydromet

PROGRAM = "import sys; from hydromet.cli.app import main; sys.exit(main())"
FLOWSHEETS = Path(hydromet.__file__).parent.parent / "flowsheets"
# Beside the plants lie recovery cases, which have their own tests.
PLANTS = [path for path in sorted(FLOWSHEETS.glob("*.yaml")) if "\nhydromet:" in path.read_text(encoding="utf-8")]
SOLVES = 10
pytestmark = [
    pytest.mark.long,
    pytest.mark.parametrize("file", PLANTS, ids=lambda f: f.stem),
]


def result_of_a_process(file, folder, seed):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", str(file), "-o", str(folder)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return (folder / "result.json").read_bytes()


def test_two_processes_with_different_hash_seeds(file, tmp_path):
    first, second = (result_of_a_process(file, tmp_path / seed, seed) for seed in ("1", "987654321"))
    assert first == second


def test_ten_solves_in_one_process(file, tmp_path):
    """Of one flowsheet object and of newly loaded ones; no cache or warm start may leave a trace."""
    first = result_of_a_process(file, tmp_path, "0")
    once = hydromet.load(file)
    for i in range(SOLVES):
        flowsheet = once if i % 2 else hydromet.load(file)
        assert flowsheet.solve().to_json().encode() == first, f"solve {i + 1}"
