"""Solving a plant loads no library that a solution does not need: each would cost every start of the program."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hydromet.cli.app import main

HEAVY = ["pandas", "matplotlib", "asyncua", "cantera", "scipy.optimize", "h5py", "plotly", "dask", "pyvisa"]
CODE = """
import json, sys
from hydromet.cli.app import main
code = main(["run", sys.argv[1], "-o", sys.argv[2]])
print(json.dumps({"code": code, "loaded": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Modules in memory after ``hydromet run`` of a small plant, from file to workbook."""
    folder = tmp_path_factory.mktemp("plant")
    assert main(["new", "flowsheet", "small", "-o", str(folder)]) == 0
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder / "small.yaml"), str(folder / "results")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["code"] == 0
    assert (folder / "results/streams.xlsx").exists()
    return set(report["loaded"])


@pytest.mark.parametrize("library", HEAVY)
def test_the_solve_path_does_not_load(library, loaded):
    assert library not in loaded


def test_the_plant_was_really_solved_there(loaded):
    assert {"hydromet.flowsheet.solve", "hydromet.kernels.equilibrium", "hydromet.report.workbook"} <= loaded
