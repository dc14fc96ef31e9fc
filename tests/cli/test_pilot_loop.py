"""The tutorial of the pilot loop: its files are read, and on demand the whole of it is run as it is typed."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hydromet.calibrate.plant_fit_file import PlantFitFile
from hydromet.calibrate.reconcile_file import read_case
from hydromet.cli.app import main
from hydromet.pilot.file import read
from hydromet.source import load
from hydromet.validation import validate

PAGE = Path(__file__).parents[2] / "docs/tutorials/pilot-loop.md"
HYDROMET = [sys.executable, "-c", "import sys; from hydromet.cli.app import main; sys.exit(main())"]
SETTINGS = {
    "base": "", "cooler": "leach.temperature: 70 degC", "more": "black_mass.rate: 28 kg/h",
    "less": "leach.reductant_ratio: 1.7",
}  # fmt: skip


@pytest.fixture
def page():
    """Commands and files of the page."""
    fence = re.compile(r"```(?:yaml)?\n(.*?)```\n", re.DOTALL)
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return [line.strip() for line in fence.sub("", text).splitlines() if line.startswith("    ")], blocks


@pytest.fixture
def folder(page, tmp_path, monkeypatch):
    """The examples with the two files of the page."""
    assert main(["examples", str(tmp_path / "my")]) == 0
    monkeypatch.chdir(tmp_path / "my/pilot")
    reconcile, fit = page[1]
    Path("reconcile.yaml").write_text(reconcile, encoding="utf-8")
    Path("plant_fit.yaml").write_text(fit, encoding="utf-8")
    return Path.cwd()


def test_the_files_of_the_page_are_read(folder):
    assert read(folder / "leach_train_days.yaml").file.schedule.period == 96 * 3600.0
    assert read_case(folder / "reconcile.yaml").file.steady.length == 10.0
    fit = validate(load(folder / "plant_fit.yaml"), PlantFitFile)
    assert len(fit.fit) == 3


def test_the_plant_by_days_differs_in_its_schedule_alone(folder):
    """Two files of one plant: what one of them gains, the other gains too."""
    usual, days = (read(folder / f"leach_train_{kind}.yaml").file for kind in ("plant", "days"))
    told = {"name", "title", "schedule"}
    assert usual.model_dump(exclude=told) == days.model_dump(exclude=told)
    assert [(p.name, p.set, 4.0 * p.at) for p in usual.schedule.points] == [
        (p.name, p.set, p.at) for p in days.schedule.points
    ]


def test_every_verb_and_option_of_the_page_is_there(page, capsys):
    commands = [shlex.split(line) for line in page[0] if line.startswith("hydromet ")]
    assert len(commands) == 9
    for words in commands:
        verb = words[1:3] if words[1] == "log" else words[1:2]
        main([*verb, "--help"])
        told = capsys.readouterr().out
        for option in (word for word in words if word.startswith("-")):
            assert option in told, words


def operating_point(window):
    """As the page tells it, with the temperature for the cooler leach."""
    mean = {one["figure"]: one["value"] for one in window["figures"]}
    if mean["black_mass.mass_flow"] > 27.5:
        return "more"
    if mean["peroxide.mass_flow"] < 3.8:
        return "less"
    return "cooler" if mean["leach.slurry.temperature"] < 75.0 else "base"


def windows_of(reconciled):
    """The windows of this run as the fit file names them: the first after a change is struck out."""
    lines, before = [], None
    last = reconciled["windows"][-1]["name"]
    for window in reconciled["windows"]:
        point = operating_point(window)
        if point == before:
            ahead = ", use: predict" if window["name"] == last else ""
            lines.append(f"  {window['name']}: {{set: {{{SETTINGS[point]}}}{ahead}}}")
        before = point
    return "windows:\n" + "\n".join(lines) + "\n"


@pytest.mark.long
def test_the_page_leads_to_the_hidden_parameters(page, folder):
    """Six minutes: every command as typed, but for a free port, and the windows of this run."""
    given = iter(shlex.split(line) for line in page[0])
    for words in given:
        if words[0] in ("python", "cd") or words[1] == "examples":
            continue
        if words[1] == "pilot" and "--reveal" not in words:
            log(words, next(given))
            continue
        if words[0] == "cp":
            shutil.copy(words[1], words[2])
            continue
        if words[1] == "calibrate":
            found = json.loads(Path("reconciled/reconciled.json").read_text(encoding="utf-8"))
            text = Path("plant_fit.yaml").read_text(encoding="utf-8").partition("windows:")[0]
            Path("plant_fit.yaml").write_text(text + windows_of(found), encoding="utf-8")
        done = subprocess.run([*HYDROMET, *words[1:]], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    hidden = json.loads(done.stdout)["hidden"]
    for one in json.loads(Path("fits/fit.json").read_text(encoding="utf-8"))["parameters"]:
        true = float(hidden[one["path"]].split()[0])
        assert abs(one["value"] - true) < 3.0 * one["standard_error"], one
    assert (folder / "results/fitted/result.json").is_file()


def log(pilot, logger):
    """The two terminals."""
    with (
        subprocess.Popen([*HYDROMET, *pilot[1:], "--port", "0"], stderr=subprocess.PIPE, text=True) as plant,
        open("log.txt", "w") as told,
    ):
        assert plant.stderr is not None
        assert any("runs at" in line for line in plant.stderr)
        recorder = subprocess.Popen([*HYDROMET, *logger[1:]], stderr=told)
        plant.stderr.read()
        plant.wait(timeout=60)
        time.sleep(2.0)
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(timeout=60) == 130
