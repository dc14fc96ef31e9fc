"""The wheel in an empty environment: the shipped plant runs from any folder, without HOME, from a read-only copy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hydromet

ROOT = Path(hydromet.__file__).parent.parent
PLANT = "nmc622_black_mass.yaml"

pytestmark = pytest.mark.long


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """``hydromet`` of a write-protected environment that holds the wheel and what it needs, nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder / "dist", ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    run(folder / "venv/bin/python", "-m", "pip", "install", "-q", "-c", ROOT / ".ci/constraints.txt", wheel)
    protect(folder / "venv", writable=False)
    yield folder / "venv/bin/hydromet"
    protect(folder / "venv", writable=True)


def protect(folder, *, writable):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o200 if writable else mode & ~0o222)


def listing(program):
    return sorted((path, path.stat().st_size) for path in program.parent.parent.rglob("*") if not path.is_symlink())


@pytest.fixture
def bare(tmp_path):
    """Next to nothing in the environment: no HOME, no cache folder, a temporary folder."""
    (tmp_path / "tmp").mkdir()
    return {"PATH": os.defpath, "TMPDIR": str(tmp_path / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}


def test_examples_and_the_plant(program, bare, tmp_path):
    before, here = listing(program), tmp_path / "somewhere"
    here.mkdir()
    assert PLANT in run(program, "examples", env=bare, cwd=here)
    assert list(here.iterdir()) == []
    run(program, "examples", "plants", env=bare, cwd=here)
    assert "Converged" in run(program, "run", f"plants/{PLANT}", env=bare, cwd=here)
    result = json.loads((here / "results/nmc622_black_mass/result.json").read_text(encoding="utf-8"))
    assert result["converged"]
    assert listing(program) == before
