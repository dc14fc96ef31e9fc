"""``hydromet log``: the verbs, their exit codes, and a whole recording of a source that needs no device."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

import instruments
from hydromet.cli.app import main
from hydromet.errors import DeviceError
from instruments import registry
from instruments.base import Batch, Cause, Check, Event, Gap, Link, Reading, now_ns
from instruments.folder import RunFolder
from instruments.inbox import hand_in
from instruments.runner import notify
from instruments.state import read_status
from instruments.status import Status
from instruments.store.verify import verify

STATION = """\
station: 1
name: bench
opcua:
  plc: {endpoint: "opc.tcp://127.0.0.1:4840", security: None}
recording: {commit: 10 ms}
tags:
  temperature: {source: plc, node: nsu=http://example.org/plant;s=T, unit: degC, range: 0..120 degC}
"""


class Counter:
    """A source that counts; ``failures`` lives end with an exception."""

    failures = 0
    checks: tuple[Check, ...] = ()

    def __init__(self, _, name):
        self.name = name

    def run(self, sink, resume, stop):
        sink.report(self.name, Link.connected)
        gaps = [Gap(self.name, resume.last_ns, now_ns(), Cause.logger)] if resume.last_ns else []
        while not stop.wait(0.01):
            now = now_ns()
            sink.put(Batch(self.name, [Reading(resume.tags["temperature"], now, 0, now, 1.0)], gaps=gaps))
            gaps = []
            if type(self).failures:
                type(self).failures -= 1
                raise OSError("cable")

    def check(self, _):
        return type(self).checks


@pytest.fixture
def counter(monkeypatch):
    kind = type("Counter", (Counter,), {})
    monkeypatch.setattr(registry, "maker", lambda _: kind)
    return kind


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "station.yaml"
    path.write_text(STATION)
    return path


def test_record_for_a_while_and_look_at_it(counter, file, tmp_path, capsys):
    run = tmp_path / "run"
    assert main(["log", "start", str(file), "-o", str(run), "--for", "1 s"]) == 0
    capsys.readouterr()
    assert main(["log", "verify", str(run), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["whole"]
    assert report["figures"]["readings"] > 10
    assert main(["log", "status", str(run)]) == 0
    assert "State: stopped" in capsys.readouterr().out
    assert main(["log", "status", str(run), "--lang", "ja"]) == 0
    assert "状態" in capsys.readouterr().out
    target = tmp_path / "x.csv"
    assert main(["log", "export", str(run), "-o", str(target), "--tag", "temperature"]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    assert len(target.read_text(encoding="utf-8-sig").splitlines()) == report["figures"]["readings"] + 1


def test_a_source_that_fails_is_started_again(counter, file, tmp_path, monkeypatch):
    monkeypatch.setattr("instruments.runner._PAUSES", (0.05,))
    counter.failures = 3
    run = tmp_path / "run"
    assert main(["log", "start", str(file), "-o", str(run), "--for", "1 s"]) == 0
    assert counter.failures == 0
    assert "cable" in (run / "text" / "logger.log").read_text()
    assert len(instruments.gaps(run)) >= 1


def test_a_refusal_is_told_once_in_the_record(counter, file, tmp_path, monkeypatch):
    def refused(*_):
        raise DeviceError("E041", read="nothing in PW", expected="the password", write="export PW=...")

    monkeypatch.setattr("instruments.runner._REFUSED", 0.05)
    monkeypatch.setattr(counter, "run", refused)
    run = tmp_path / "run"
    assert main(["log", "start", str(file), "-o", str(run), "--for", "500 ms"]) == 6
    (text,) = instruments.events(run, "refused")["text"]
    assert text.startswith("E041, nothing in PW")


def test_a_refusal_at_the_very_first_start_is_a_gap_until_the_first_good_value(counter, file, tmp_path, monkeypatch):
    """Over a stop of the logger: the gap is written up to it, and goes on there with the next start."""
    refusals = [3]
    right = counter.run

    def refused(self, sink, resume, stop):
        if refusals[0]:
            refusals[0] -= 1
            raise DeviceError("E041", read="nothing in PW", expected="the password", write="export PW=...")
        sink.put(Batch(self.name, [Reading(resume.tags["temperature"], 0, 0, now_ns(), 1.0, Status.BadTimeout)]))
        right(self, sink, resume, stop)

    monkeypatch.setattr("instruments.runner._REFUSED", 0.05)
    monkeypatch.setattr(counter, "run", refused)
    run = tmp_path / "run"
    began = now_ns()
    assert main(["log", "start", str(file), "-o", str(run), "--for", "1 s"]) == 0
    (gap,) = instruments.gaps(run).to_dict("records")
    assert (gap["source"], gap["cause"], gap["tags"]) == ("plc", "link", [])
    assert "E041, nothing in PW" in gap["detail"]
    frame = instruments.read(run)
    (start,) = instruments.events(run, "start")["time_ns"]
    assert began < gap["start_ns"]
    assert abs(gap["start_ns"] - start) < 1e9
    good = frame[frame["quality"] == "good"]
    assert gap["end_ns"] == good["receive_time"].iloc[0].value
    assert len(good) < len(frame)
    refusals[0] = 1
    assert main(["log", "start", str(file), "-o", str(run), "--for", "500 ms"]) == 0
    # The record has readings now: the source itself tells where they end.
    assert instruments.gaps(run)["cause"].tolist() == ["link", "logger"]


def test_a_refusal_that_lasts_is_a_gap_that_goes_on_with_the_next_start(counter, file, tmp_path, monkeypatch):
    def refused(*_):
        raise DeviceError("E041", read="nothing in PW", expected="the password", write="export PW=...")

    monkeypatch.setattr("instruments.runner._REFUSED", 0.05)
    right = counter.run
    monkeypatch.setattr(counter, "run", refused)
    run = tmp_path / "run"
    assert main(["log", "start", str(file), "-o", str(run), "--for", "300 ms"]) == 6
    (gap,) = instruments.gaps(run).to_dict("records")
    assert gap["end_ns"] - gap["start_ns"] > 2e8
    monkeypatch.setattr(counter, "run", right)
    assert main(["log", "start", str(file), "-o", str(run), "--for", "500 ms"]) == 0
    _, later = instruments.gaps(run).to_dict("records")
    assert later["start_ns"] == gap["end_ns"]
    assert later["end_ns"] == instruments.read(run)["receive_time"].iloc[0].value
    assert verify(run).troubles == []


def test_a_second_start_goes_on_with_the_run(counter, file, tmp_path):
    run = tmp_path / "run"
    for _ in range(2):
        assert main(["log", "start", str(file), "-o", str(run), "--for", "300 ms"]) == 0
    report = verify(run)
    assert report.troubles == []
    assert report.figures["starts"] == 2


def test_nothing_came(counter, file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(counter, "run", lambda *given: given[-1].wait())
    assert main(["log", "start", str(file), "-o", str(tmp_path / "run"), "--for", "200 ms"]) == 6
    assert "nothing came from plc" in capsys.readouterr().err


def test_two_loggers(counter, file, tmp_path, capsys, recorder, station):
    found = recorder(given=station(STATION))
    assert main(["log", "start", str(file), "-o", str(found.run.path), "--for", "1 s"]) == 6
    assert "E042" in capsys.readouterr().err


def test_wrong_file(tmp_path, capsys):
    (tmp_path / "s.yaml").write_text(STATION.replace("degC", "C"))
    assert main(["log", "start", str(tmp_path / "s.yaml"), "-o", str(tmp_path / "run")]) == 3
    assert "E003" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("verb", ["status", "verify", "export", "note"])
def test_no_run(verb, tmp_path, capsys):
    more = {"export": ["-o", str(tmp_path / "x.csv")], "note": ["text"]}.get(verb, [])
    assert main(["log", verb, str(tmp_path), *more]) == 3
    assert "E030" in capsys.readouterr().err


def test_damage_is_exit_3(counter, file, tmp_path, capsys):
    run = tmp_path / "run"
    main(["log", "start", str(file), "-o", str(run), "--for", "200 ms"])
    (segment,) = (run / "data").rglob("*.h5")
    segment.unlink()
    assert main(["log", "verify", str(run)]) == 3
    assert "batches are missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("checks", "code", "told"),
    [
        ((Check("temperature", Reading(0, 1, 0, 1, 25.0), unit="°C"),), 0, "ok"),
        ((Check("temperature", Reading(0, 1, 0, 1, 250.0)),), 0, "outside 0..120"),
        ((Check("temperature", Reading(0, 1, 0, 1, 25.0), unit="K"),), 6, "the device says K, the station file degC"),
        ((Check("temperature", Reading(0, 1, 0, 1, 25.0), low=200.0, high=800.0),), 6, "measures 200..800"),
        ((Check("temperature", Reading(0, 1, 0, 1, 25.0, 0x800A0000)),), 6, "BadTimeout"),
        ((Check("temperature", None, "no such node"),), 6, "no such node"),
        ((), 6, "not read"),
    ],
)
def test_check(counter, file, capsys, checks, code, told):
    counter.checks = checks
    assert main(["log", "check", str(file)]) == code
    assert told in capsys.readouterr().out
    assert main(["log", "check", str(file), "--json"]) == code
    (line,) = json.loads(capsys.readouterr().out)
    assert line["tag"] == "temperature"


def test_calibration_that_is_due_is_told(counter, tmp_path, capsys):
    path = tmp_path / "s.yaml"
    calibration = "{certificate: K-1, date: 2020-01-01, due: 2021-01-01}"
    path.write_text(STATION.replace("unit: degC", f"unit: degC, calibration: {calibration}"))
    counter.checks = (Check("temperature", Reading(0, 1, 0, 1, 25.0)),)
    assert main(["log", "check", str(path)]) == 0
    assert "calibration was due on 2021-01-01" in capsys.readouterr().out
    assert main(["log", "check", str(path), "--strict"]) == 6
    assert "calibration was due on 2021-01-01" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Check("temperature", Reading(0, 1, 0, 1, 25.0)), 0),
        (Check("temperature", Reading(0, 1, 0, 1, 250.0)), 6),
        (Check("temperature", Reading(0, 1, 0, 1, 25.0, Status.UncertainSensorNotAccurate)), 6),
        (Check("temperature", None, data={"waiting": True}), 0),
    ],
)
def test_a_strict_check_takes_remarks_for_trouble(counter, file, capsys, found, code):
    """A laboratory that has sent nothing so far is none: so it is before every run."""
    counter.checks = (found,)
    assert main(["log", "check", str(file)]) == 0
    assert main(["log", "check", str(file), "--strict", "--json"]) == code


def test_notes_with_and_without_a_logger(counter, file, tmp_path, capsys, recorder, station, until):
    run = tmp_path / "run"
    main(["log", "start", str(file), "-o", str(run), "--for", "200 ms"])
    assert main(["log", "note", str(run), "=pump changed", "--author", "佐藤"]) == 0
    assert "in the record" in capsys.readouterr().err
    assert read_status(RunFolder(run))["sources"]["plc"]["link"] == "stopped"
    found = recorder(given=station(STATION))
    assert main(["log", "note", str(run), "valve", "--sample", "S1", "--quantity", "Ni", "--value", "< 0,5 mg/L"]) == 0
    assert "handed in" in capsys.readouterr().err
    until(lambda: not list((run / "inbox").iterdir()))
    found.stop()
    notes = instruments.events(run, "note")
    assert notes["text"].tolist() == ["=pump changed", "valve"]
    assert notes["data"].iloc[0]["author"] == "佐藤"
    assert instruments.results(run)[["sample", "flag", "unit"]].to_numpy().tolist() == [["S1", "<LOD", "mg/L"]]
    assert main(["log", "note", str(run), "x", "--sample", "S1"]) == 3
    assert "E037" in capsys.readouterr().err


def test_a_note_is_booked_once_even_if_it_was_not_removed(recorder, until):
    """As after a crash between the commit and the removal."""
    found = recorder()
    path = hand_in(found.run, "once")
    content = path.read_bytes()
    until(lambda: not path.exists())
    path.write_bytes(content)
    until(lambda: not path.exists())
    found.stop()
    path.write_bytes(content)
    recorder().stop()
    assert instruments.events(found.run.path, "note")["text"].tolist() == ["once"]
    assert not path.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of Linux")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_signals_end_it_in_order(number, tmp_path):
    """There is no server at this address: the logger keeps trying, is stopped in order and says that nothing came."""
    file = tmp_path / "station.yaml"
    file.write_text(STATION.replace(":4840", ":9"))
    run = tmp_path / "run"
    # Whoever starts the tests under nohup hands on that the signal is ignored.
    heeded = f"import signal; signal.signal({int(number)}, signal.SIG_DFL)"
    program = f"{heeded}; import sys; from hydromet.cli.app import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "log", "start", str(file), "-o", str(run)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 60.0
        while read_status(RunFolder(run)).get("state") != "recording":
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(number)
        _, told = process.communicate(timeout=60.0)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 6, told
    assert "Traceback" not in told
    assert read_status(RunFolder(run))["state"] == "stopped"
    assert verify(run).troubles == []


def test_systemd_hears_of_it(tmp_path, monkeypatch):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1")
        assert server.recv(100) == b"READY=1"
    notify("READY=1")  # nobody listens any more: no matter


def test_events_of_sources_are_kept(recorder):
    found = recorder()
    found.put(Batch("plc", events=[Event("revised", "plc", text="queue 100 instead of 600", data={"queue": 100})]))
    found.stop()
    (event,) = instruments.events(found.run.path, "revised").to_dict("records")
    assert (event["text"], event["data"]) == ("queue 100 instead of 600", {"queue": 100})
