"""The wheel holds what it must, finds its data from anywhere, and writes nothing into its own installation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import hydromet
from hydromet.cli import guard
from hydromet.errors import DeviceError

ROOT = Path(hydromet.__file__).parent.parent


def run(*command, **options):
    return subprocess.run(command, check=False, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder), str(ROOT))
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """The unpacked wheel, write-protected."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder)
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_wheel_holds_code_types_data_flowsheets_and_translations(wheel):
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
        assert names >= {
            "hydromet/py.typed",
            "hydromet/errors.py",
            "hydromet/_share/data/hydromet-data.yaml",
            "hydromet/_share/data/errors/e2.yaml",
            "hydromet/translations/ja/LC_MESSAGES/hydromet.mo",
            "instruments/__init__.py",
            "instruments/py.typed",
        }
        shipped = {
            f"hydromet/_share/{path.relative_to(ROOT).as_posix()}"
            for folder in ("data", "flowsheets")
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert shipped <= names
        assert {name.split("/")[0] for name in names} == {
            "hydromet",
            "instruments",
            f"hydromet-{hydromet.__version__}.dist-info",
        }
        points = content.read(f"hydromet-{hydromet.__version__}.dist-info/entry_points.txt").decode()
    assert "hydromet = hydromet.cli.app:main" in points


def test_installed_copy_finds_its_data_from_anywhere_without_home_and_writes_nothing(site, tmp_path):
    before = sorted(site.rglob("*"))
    code = (
        "import hydromet.datafiles as d, hydromet.cli.catalogue as c, hydromet.locale as l, hydromet.quantity as q;"
        "print(d.find('data/errors/e2.yaml')); c.explain('E203', 'ja'); assert l.tr('Right', 'ja') != 'Right';"
        "print(q.parse('3 lb/h', 'mass flow'))"
    )
    environment = {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    done = run(sys.executable, "-c", code, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == str(site / "hydromet/_share/data/errors/e2.yaml")
    assert sorted(site.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []


def test_import_is_light():
    heavy = {"numpy", "scipy", "pint", "pydantic", "ruamel", "numba", "typer", "rich", "pandas", "networkx", "molmass"}
    code = f"import sys, hydromet, hydromet.errors; print(sorted({heavy!r} & set(sys.modules)))"
    assert run(sys.executable, "-c", code).stdout.strip() == "[]"


def test_instruments_is_ours():
    assert Path(guard.instruments().__file__) == ROOT / "instruments/__init__.py"


def test_package_of_the_same_name_is_named(tmp_path):
    """InstrumentKit installs a package ``instruments``, too; found first, it must not be taken for ours."""
    (tmp_path / "instruments").mkdir()
    (tmp_path / "instruments/__init__.py").write_text("SCPIInstrument = None\n")
    code = (
        "from hydromet.cli.guard import instruments\n"
        "from hydromet.errors import DeviceError\n"
        "try: instruments()\n"
        "except DeviceError as error: print(error); raise SystemExit(error.exit_code)"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = run(sys.executable, "-c", code, env={**os.environ, "PYTHONPATH": path}, cwd=tmp_path)
    assert done.returncode == DeviceError.exit_code == 6
    assert done.stdout.startswith("E990")
    assert str(tmp_path / "instruments") in done.stdout
    assert "pip uninstall instrumentkit" in done.stdout


def test_extras_and_constraints_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert {"test", "docs", "distributed"} <= set(extras)
    text = (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8")
    pins = {line.partition("==")[0].lower().replace("_", "-") for line in text.splitlines() if "==" in line}
    wanted = [*project["dependencies"], *extras["test"], *extras["docs"]]
    missing = {re.split(r"[<>=\[; ]", each)[0].lower() for each in wanted} - pins
    assert not missing, f"not pinned in .ci/constraints.txt: {sorted(missing)}"


def test_what_the_tests_import_is_declared():
    """A package that only happens to be installed here would be missing in a fresh clone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    declared = {re.sub(r"[_.]", "-", re.split(r"[<>=\[; ]", each)[0].lower()) for each in wanted}
    homes = packages_distributions()
    imports = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
    for path in (ROOT / "tests").rglob("*.py"):
        for name in imports.findall(path.read_text(encoding="utf-8")):
            if name in homes and name not in {"hydromet", "instruments"}:
                assert declared & {re.sub(r"[_.]", "-", home.lower()) for home in homes[name]}, (
                    f"{path.relative_to(ROOT)}: {name}"
                )


def test_readme_has_the_two_commands_that_ci_runs():
    commands = re.findall(r"^    (python3 -m venv .*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 2
    assert "hydromet run flowsheets/nmc622_black_mass.yaml" in commands[0]
    assert "-m pytest" in commands[1]
