"""The compiled kernels are never stale, and need neither a writable installation nor a home folder."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import hydromet
from hydromet import kernels

PACKAGE = Path(hydromet.__file__).parent
ASK = """
import numpy as np
from hydromet.kernels.linear import solve_in_place
M, R = np.array([[2.0]]), np.array([[3.0]])
solve_in_place(M, R, 1, 1)
print(R[0, 0])
"""
# A kernel of another file calls the helper: numba's own cache would not notice that the helper has changed.
CALLER = """
from hydromet.kernels import Array, jit
from hydromet.kernels.linear import solve_in_place


@jit
def ask(M: Array, R: Array) -> float:
    solve_in_place(M, R, 1, 1)
    return float(R[0, 0])
"""
ASK_CALLER = ASK.replace(
    "solve_in_place(M, R, 1, 1)\nprint(R[0, 0])", "from hydromet.kernels.caller import ask\nprint(ask(M, R))"
)


@pytest.fixture
def copy(tmp_path):
    """A copy of the package without its data: the kernels need none."""
    target = tmp_path / "site" / "hydromet"
    target.mkdir(parents=True)
    for name in ("__init__.py", "species.py", "errors.py", "py.typed"):
        shutil.copy(PACKAGE / name, target / name)
    shutil.copytree(PACKAGE / "kernels", target / "kernels", ignore=shutil.ignore_patterns("__pycache__", "cascade.py"))
    (target / "kernels" / "caller.py").write_text(CALLER)
    return target


def ask(copy, tmp_path, script=ASK_CALLER, **environment):
    """Run the script in a fresh process on the copy."""
    clean = {
        k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "PYTHONPATH")
    }
    clean |= {"PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    clean |= environment
    done = subprocess.run(
        [sys.executable, "-c", script], env=clean, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])


def test_editing_a_helper_gives_the_new_answer(copy, tmp_path):
    assert ask(copy, tmp_path) == 1.5
    helper = copy / "kernels" / "linear.py"
    before = helper.stat()
    text = helper.read_text()
    assert "R[k, j] *= inverse" in text
    helper.write_text(text.replace("R[k, j] *= inverse", "R[k, j] *= inverse * 10.0"))
    # even with the time stamp of the old file
    os.utime(helper, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert ask(copy, tmp_path) == 15.0


def test_the_second_process_loads_what_the_first_compiled(copy, tmp_path):
    ask(copy, tmp_path)
    made = sorted((tmp_path / "cache" / "hydromet").rglob("*.nbc"))
    assert made
    stamps = [path.stat().st_mtime_ns for path in made]
    ask(copy, tmp_path)
    again = sorted((tmp_path / "cache" / "hydromet").rglob("*.nbc"))
    assert again == made
    assert [path.stat().st_mtime_ns for path in again] == stamps


def test_read_only_installation(copy, tmp_path):
    for path in [*sorted(copy.rglob("*")), copy]:
        path.chmod(stat.S_IRUSR | stat.S_IXUSR if path.is_dir() else stat.S_IRUSR)
    try:
        assert ask(copy, tmp_path) == 1.5
        assert not list(copy.rglob("*.nbc"))
    finally:
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o700)


def test_no_home_and_no_cache_folder(copy, tmp_path):
    """Without a usable user cache the temporary folder serves."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    answer = ask(copy, tmp_path, XDG_CACHE_HOME=str(blocked / "cache"), HOME=str(blocked), TMPDIR=str(temporary))
    assert answer == 1.5
    assert list(temporary.rglob("*.nbc"))


def test_numba_is_left_as_it_was():
    import numba

    assert str(kernels.cache_folder()) != str(numba.config.CACHE_DIR)


def test_compilation_is_announced(monkeypatch):
    said = []
    monkeypatch.setattr(kernels, "announce", said.append)
    kernels.expect("nothing.such", 3.0)
    kernels.expect("nothing.such", 3.0)
    assert len(said) == 1
    assert "compiling nothing.such" in said[0]


def test_no_kernel_runs_threads_of_its_own():
    for path in (PACKAGE / "kernels").glob("*.py"):
        text = path.read_text()
        assert "parallel=True)" not in text
        assert "prange" not in text
