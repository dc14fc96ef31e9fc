"""``hydromet reconcile``: a table of readings, mistakes of the file, and the virtual plant recorded and reconciled."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hydromet import datafiles
from hydromet.calibrate.reconcile_file import read_case
from hydromet.cli.app import main
from hydromet.pilot.file import read
from hydromet.pilot.plant import build

PAGE = Path(__file__).parents[2] / "docs/how-to/reconcile-a-run.md"
CASE = """\
reconcile: 1
name: filter_test
flowsheet: pilot/leach_train.yaml
readings: readings.csv
steady: {length: 10 min}
links:
  slurry: {stream: leach.slurry, quantity: mass flow, unit: kg/h}
  wash: {stream: wash_water, quantity: mass flow, unit: kg/h}
  filtrate: {stream: residue_filter.filtrate, quantity: mass flow, unit: kg/h}
  cake: {stream: residue_filter.cake, quantity: mass flow, unit: kg/h}
  warmth: {stream: leach.slurry, quantity: temperature, unit: degC}
uncertainties: {slurry: 1.5 kg/h, wash: 0.2 kg/h, filtrate: 1 kg/h, cake: 0.4 kg/h, warmth: 0.3 K}
"""
FLOWS = {"slurry": 245.0, "wash": 25.0, "filtrate": 254.0, "cake": 16.0, "warmth": 80.0}


def table(count=120, off=None):
    noise = 0.02 * np.random.default_rng(4).standard_normal((count, len(FLOWS)))
    lines = ["tag,time,value,quality"]
    for k, row in enumerate(noise):
        for (tag, value), scatter in zip(FLOWS.items(), row, strict=True):
            shown = value + (off or {}).get(tag, 0.0) + scatter
            lines.append(f"{tag},2026-11-26T0{k // 60}:{k % 60:02d}:00Z,{shown:.4f},good")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("pilot/leach_train.yaml", "feeds/nmc622_shredded.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(datafiles.read_text(f"flowsheets/{name}"), encoding="utf-8")
    (tmp_path / "case.yaml").write_text(CASE)
    (tmp_path / "readings.csv").write_text(table())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_of_readings(folder, capsys):
    """A filter whose four flows balance: nothing is suspected, each is a little better known."""
    assert main(["reconcile", "case.yaml", "-o", "out", "--json"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found == json.loads((folder / "out/reconciled.json").read_text(encoding="utf-8"))
    assert found["format"] == "hydromet-reconciled/1"
    assert set(found["inputs"]) >= {"case.yaml", "readings.csv", "leach_train.yaml"}
    window, rest = found["windows"]  # of 80 min, the longest there is, and what is left
    assert rest["begin"] == window["end"]
    assert window["tests"]["before"]["degrees_of_freedom"] == 1
    assert window["gross_errors"] == []
    by_tag = {one["tag"]: one for one in window["measurements"]}
    for tag in ("slurry", "wash", "filtrate", "cake"):
        assert by_tag[tag]["status"] == "redundant"
        assert by_tag[tag]["standard_error"] < by_tag[tag]["standard_uncertainty"]
    said = {one["figure"]: one["value"] for one in window["figures"]}
    into = said["leach.slurry.mass_flow"] + said["wash_water.mass_flow"]
    out = said["residue_filter.filtrate.mass_flow"] + said["residue_filter.cake.mass_flow"]
    assert into == pytest.approx(out, rel=1e-9)
    assert said["leach.slurry.temperature"] == pytest.approx(80.0, abs=0.01)
    assert "Written: out/reconciled.json" in shown.err
    first = (folder / "out/reconciled.json").read_bytes()
    assert main(["reconcile", "case.yaml", "-o", "out"]) == 0
    assert (folder / "out/reconciled.json").read_bytes() == first
    assert "Steady window w1" in capsys.readouterr().out
    assert main(["reconcile", "case.yaml", "-o", "out", "--lang", "ja"]) == 0
    assert "定常区間 w1" in capsys.readouterr().out


def test_a_wrong_meter_in_the_table(folder, capsys):
    (folder / "readings.csv").write_text(table(off={"slurry": 20.0}))
    assert main(["reconcile", "case.yaml", "--from", "2026-11-26T00:30Z", "--to", "2026-11-26T01:30Z"]) == 0
    shown = capsys.readouterr().out
    assert "Suspected: slurry 265.0" in shown
    assert "not told apart from wash, filtrate, cake" in shown
    assert "2026-11-26T00:30:00" in shown


@pytest.mark.parametrize(
    ("old", "new", "code", "read"),
    [
        ("leach.slurry, quantity: mass", "leach.slury, quantity: mass", "E674 case.yaml:7:20", "leach.slury"),
        ("quantity: temperature", "quantity: temprature", "E675 case.yaml:11:3", "temprature"),
        (
            "{stream: wash_water, quantity: mass flow",
            "{stream: wash_water, quantity: volume flow",
            "E676",
            "wash in kg/h",
        ),
        ("length: 10 min", "length: 8 h", "E677 case.yaml:5:1", "1.98 h of good readings"),
        ("slurry: 1.5 kg/h", "slurry: 0", "E679 case.yaml:12:25", "slurry: 0"),
        ("slurry: 1.5 kg/h", "slury: 1.5 kg/h", "E680", "slury"),
        ("readings: readings.csv", "readings: readings.csv\nrun: run", "E682 case.yaml:5:1", "both"),
        ("readings: readings.csv", "name_: x", "E113", "name_"),
        ("steady:", "envelopes: {one: [leach, filter]}\nsteady:", "E680 case.yaml:5:1", "filter"),
        ("steady:", "envelopes: {one: [leach], two: [leach]}\nsteady:", "E680", "leach in one and two"),
        ("steady:", "elements: [Nx]\nsteady:", "E302", "Nx"),
        ("steady:", "windows: {w: {from: soon, to: later}}\nsteady:", "E683 case.yaml:5:21", "from soon to later"),
        ("steady:", "exclude: [cake]\nsteady:", "E678 case.yaml:1:1", "no balance between them"),
        ("steady:", "from: soon\nsteady:", "E683", "soon"),
        ("readings.csv", "nowhere.csv", "E101 nowhere.csv\n  see also case.yaml:4:11", "no such file"),
        ("leach_train.yaml", "leach_tran.yaml", "E101 pilot/leach_tran.yaml\n  see also case.yaml:3:12", "no such"),
        ("readings: readings.csv", "run: nowhere", "E030 case.yaml:4:6", "nowhere"),
        ("steady:", 'from: "2027-01-01"\nsteady:', "E677 case.yaml:4:1", "no good reading of a linked tag"),
        (
            "steady:",
            'windows: {late: {from: "2027-01-01T06:00Z", to: "2027-01-01T07:00Z"}}\nsteady:',
            "E677 case.yaml:5:17",
            "late: no reading from",
        ),
        ("quantity: mass flow, unit: kg/h", "quantity: mass flow, unit: kg/h*", "E676", "slurry in kg/h*"),
    ],
)
def test_mistakes_are_told(folder, capsys, old, new, code, read):
    assert old in CASE
    (folder / "case.yaml").write_text(CASE.replace(old, new, 1))
    assert main(["reconcile", "case.yaml"]) in (2, 3)
    told = capsys.readouterr().err
    assert told.startswith(code)
    assert read in told
    assert "expected" in told
    assert "Traceback" not in told
    assert "mistake of hydromet" not in told


def test_a_flowsheet_needs_a_run(folder, capsys):
    assert main(["reconcile", "pilot/leach_train.yaml"]) == 2
    told = capsys.readouterr().err
    assert "E682" in told
    assert "hydromet reconcile pilot/leach_train.yaml run" in told
    assert main(["reconcile", "pilot/leach_train.yaml", "nowhere"]) == 3
    assert "E030" in capsys.readouterr().err
    assert main(["reconcile", "nowhere.yaml"]) == 3


def test_envelopes_and_typed_values(folder, capsys):
    """Leach and filter as one: the slurry is inside, a weighed gas closes the balance."""
    more = """\
envelopes: {leaching: [leach, residue_filter]}
exclude: [slurry]
values:
  - {stream: black_mass, quantity: mass flow, value: 25, unit: kg/h, uncertainty: 1 %}
  - {stream: leach_water, quantity: mass flow, value: 190, unit: kg/h, uncertainty: 0.5 %}
  - {stream: sulfuric_acid, quantity: mass flow, value: 27.5, unit: kg/h, uncertainty: 1 %}
  - {stream: peroxide, quantity: mass flow, value: 4.5, unit: kg/h, uncertainty: 1 %}
  - {stream: leach.gas, quantity: mass flow, value: 2, unit: kg/h, uncertainty: 0.5 kg/h}
steady:"""
    (folder / "case.yaml").write_text(CASE.replace("steady:", more))
    assert main(["reconcile", "case.yaml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "leaching" in found["nodes"]
    figures = [one["figure"] for one in found["windows"][0]["figures"]]
    assert "leach.slurry.mass_flow" not in figures
    said = {one["figure"]: one["value"] for one in found["windows"][0]["figures"]}
    into = sum(said[f"{s}.mass_flow"] for s in ("black_mass", "leach_water", "sulfuric_acid", "wash_water"))
    into += said["peroxide>leaching.mass_flow"]
    out = sum(said[f"{s}.mass_flow"] for s in ("leach.gas", "residue_filter.filtrate", "residue_filter.cake"))
    assert into == pytest.approx(out, rel=1e-9)


def test_the_file_of_the_page_is_one(folder):
    """The example of the how-to page, of the flowsheet that this test has."""
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    (folder / "case.yaml").write_text(block[1].replace("my_plant.yaml", "pilot/leach_train.yaml"), encoding="utf-8")
    case = read_case(folder / "case.yaml")
    assert case.file.steady.length == 7200.0
    assert case.file.values[0].stream == "wash_water"


@pytest.fixture
def pilot(tmp_path):
    """The plant that is measured all round, always at its base case, at 300 times its speed."""
    for name in ("pilot/leach_train.yaml", "pilot/balance_plant.yaml", "feeds/nmc622_shredded.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(datafiles.read_text(f"flowsheets/{name}"), encoding="utf-8")
    plant = tmp_path / "pilot/balance_plant.yaml"
    lines = plant.read_text(encoding="utf-8").splitlines(keepends=True)
    plant.write_text("".join(line for line in lines if "more feed" not in line), encoding="utf-8")
    code = "import sys; from hydromet.cli.app import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "pilot", "--plant", str(plant), "--port", "0", "--speed", "300"]
    process = subprocess.Popen(
        [*command, "-o", str(tmp_path / "served"), "--for", "4min"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline().strip() == str(tmp_path / "served" / "station.yaml")
    yield tmp_path
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def test_the_virtual_plant_recorded_and_reconciled(pilot, capsys):
    """Served over OPC-UA, logged for 45 seconds (four hours of the plant), reconciled by the shipped file."""
    station, run = pilot / "served" / "station.yaml", pilot / "pilot" / "run"
    assert main(["log", "start", str(station), "-o", str(run), "--for", "45s"]) == 0
    case = datafiles.read_text("flowsheets/pilot/balance_reconcile.yaml")
    (pilot / "pilot" / "case.yaml").write_text(case, encoding="utf-8")
    capsys.readouterr()
    assert main(["reconcile", str(pilot / "pilot" / "case.yaml"), "-o", str(pilot / "out"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    true = build(read(pilot / "pilot" / "balance_plant.yaml")).state(0.0)
    raw, after = [], []
    for window in found["windows"]:
        for one in window["measurements"]:
            name = one["tag"] if one["tag"] in true else ".".join(one["tag"].rsplit("_", 1))
            if name in true:
                raw.append(one["measured"] / true[name] - 1.0)
                after.append(one["reconciled"] / true[name] - 1.0)
        assert window["tests"]["after"]["degrees_of_freedom"] >= 8
        assert max(abs(one["after"]) for one in window["closure"]) < 1e-9
    assert len(raw) > 35
    assert np.sqrt(np.mean(np.square(after))) < np.sqrt(np.mean(np.square(raw)))
