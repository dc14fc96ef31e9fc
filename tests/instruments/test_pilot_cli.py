"""``hydromet pilot`` as a newcomer meets it: plant, station file, check, recording, answer."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time

import pytest

import instruments
from hydromet import datafiles
from hydromet.cli.app import main
from hydromet.pilot.answer import reveal
from hydromet.pilot.file import read
from hydromet.pilot.plant import build
from instruments.station import read as read_station
from instruments.store.verify import verify

SHIPPED = "flowsheets/pilot/leach_train_plant.yaml"


@pytest.fixture
def pilot(tmp_path):
    """A plant at 120 times its speed: an hour in half a minute."""
    folder = tmp_path / "pilot"
    code = "import sys; from hydromet.cli.app import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "pilot", "--port", "0", "--speed", "120", "-o", str(folder), "--for", "3min"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == str(folder / "station.yaml")  # written and about to listen
    yield folder, process
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert "Traceback" not in told


def test_from_the_plant_to_the_record_and_the_answer(pilot, tmp_path, capsys):
    folder, _ = pilot
    station = folder / "station.yaml"
    found = read_station(station)
    assert set(found.sources) == {"plc", "scanner", "cake_balance", "bench_meter", "caustic_pump", "laboratory"}
    end = time.monotonic() + 20
    while (code := main(["log", "check", str(station), "--json"])) != 0 and time.monotonic() < end:
        capsys.readouterr()
        time.sleep(0.5)
    lines = {line["tag"]: line for line in json.loads(capsys.readouterr().out)}
    assert code == 0, [line for line in lines.values() if line["trouble"]]
    plant = build(read(datafiles.find(SHIPPED)))
    for name in ("feed_rate", "leach_temperature", "liquor_flow", "tank_3_temperature", "caustic_pump_flow"):
        error = plant.errors[name]
        # Noise, offset, and what the plant has done in the meantime.
        slack = 6.0 * error.noise + abs(error.offset) + 0.02 * abs(plant.state(0.0)[name])
        assert lines[name]["value"] == pytest.approx(plant.state(0.0)[name], abs=slack), name

    assert main(["log", "start", str(station), "-o", str(tmp_path / "run"), "--for", "8s"]) == 0
    report = verify(tmp_path / "run")
    assert report.troubles == []
    frame = instruments.read(tmp_path / "run")
    assert set(found.file.tags) - set(frame["tag"]) <= {
        name for name, t in found.file.tags.items() if t.source == "laboratory"
    }
    # One axis of time: the stamps of the server are those of the logger to a second, whatever the speed.
    late = (frame["receive_time"] - frame["source_time"]).dropna().dt.total_seconds()
    assert late.abs().max() < 2.0
    temperature = frame[(frame["tag"] == "leach_temperature") & (frame["quality"] == "good")]["value"]
    assert len(temperature) >= 5
    assert temperature.std() < 0.3

    truth = reveal(folder / "answer.json")
    assert truth["hidden"] == dict(plant.hidden)
    assert main(["pilot", "--reveal", str(folder / "answer.json")]) == 0
    assert json.loads(capsys.readouterr().out)["hidden"] == truth["hidden"]


def test_results_of_the_laboratory_come_back(tmp_path):
    from hydromet.cli.pilot import _rounds
    from instruments.laboratory_file import parse
    from instruments.simulated.plant import RunningClock
    from instruments.station import Laboratory

    plant = build(read(datafiles.find(SHIPPED)))
    clock = RunningClock(120.0)
    rounds = _rounds(plant, clock, tmp_path)
    next(rounds)
    rounds.send(3599.0)
    assert list(tmp_path.iterdir()) == []
    rounds.send(3600.0 + 7200.0)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    parsed = parse(files[1].read_bytes(), files[1].name, Laboratory(folder=str(tmp_path)))
    assert parsed.remarks == []
    assert len(parsed.rows) == 16
    # Sampled two hours of the plant after the start: a minute at this speed.
    assert {row["time_ns"] // 10**9 for row in parsed.rows} == {clock.start_ns // 10**9 + 60}
    true = plant.state(7200.0)
    for row in parsed.rows:
        assert row["value"] == pytest.approx(true[f"{row['place']}.{row['quantity']}"], rel=0.1)
        assert row["unit"] == "g/L"


def test_a_station_file_of_the_users_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "station.yaml").write_text("station: 1\n")
    assert main(["pilot", "--port", "0", "-o", str(tmp_path)]) == 2
    assert "E667" in capsys.readouterr().err
    assert (tmp_path / "station.yaml").read_text() == "station: 1\n"


def test_a_taken_port_is_told(tmp_path, capsys):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        assert main(["pilot", "--port", str(one.getsockname()[1]), "-o", str(tmp_path)]) == 6
    told = capsys.readouterr().err
    assert "E666" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--stamps", "yesterday"], 2, "E667"),
        (["--plant", "nowhere.yaml"], 3, "E1"),
        (["--reveal", "nowhere.json"], 2, "E665"),
        (["--for", "10"], 2, "E909"),
        (["--speed", "0"], 2, ""),
        (["--port", "70000"], 2, ""),
    ],
)
def test_mistakes(arguments, code, told, tmp_path, capsys):
    assert main(["pilot", "-o", str(tmp_path / "x"), *arguments]) == code
    found = capsys.readouterr().err
    assert told in found
    assert "Traceback" not in found
    assert not (tmp_path / "x").exists()


def test_an_unknown_fault_is_told_before_anything_is_written(tmp_path, capsys):
    folder = tmp_path / "pilot"
    folder.mkdir()
    (tmp_path / "feeds").mkdir()
    for name in ("pilot/leach_train.yaml", "feeds/nmc622_shredded.yaml"):
        (tmp_path / name).write_text(datafiles.read_text(f"flowsheets/{name}"), encoding="utf-8")
    text = datafiles.read_text(SHIPPED).replace("kind: halt", "kind: hald")
    (folder / "plant.yaml").write_text(text, encoding="utf-8")
    assert main(["pilot", "--port", "0", "--plant", str(folder / "plant.yaml"), "-o", str(tmp_path / "out")]) == 2
    assert "E668" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
