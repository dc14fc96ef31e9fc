"""What the operator's verbs answer to mistakes: code, what was read and expected, a line that works, exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from rich.cells import cell_len

from hydromet.cli.app import main
from hydromet.cli.log_live import table
from instruments.base import Check, Reading
from instruments.checking import check
from instruments.dashboard.view import View
from instruments.folder import RunFolder
from instruments.state import read_status
from instruments.status import Status

LABORATORY = """\
station: 1
name: bench
laboratory: {{icp: {{folder: {folder}}}}}
tags:
  nickel: {{source: icp, quantity: Ni, place: filter, unit: g/L}}
"""
_RESULT = ["note", "RUN", "x", "--sample", "S", "--quantity", "Ni", "--place", "filter"]


@pytest.fixture
def run(tmp_path, capsys):
    """A run of a laboratory that has sent nothing."""
    (tmp_path / "in").mkdir()
    file = tmp_path / "station.yaml"
    file.write_text(LABORATORY.format(folder=tmp_path / "in"))
    assert main(["log", "start", str(file), "-o", str(tmp_path / "run"), "--for", "200 ms"]) == 0
    capsys.readouterr()
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code", "read"),
    [
        (["note", "RUN", "  "], "E039", 3, "without a word"),
        (["note", "RUN", "x", "--value", "12"], "E037", 3, "no sample and no quantity"),
        ([*_RESULT, "--value", "5 G/L"], "E003", 3, "G/L"),
        ([*_RESULT, "--value", "5"], "E003", 3, "none"),
        (["note", "RUN", "x", "--sample", "S", "--quantity", "Ni", "--value", "a lot"], "E037", 3, "a lot"),
        (["export", "RUN", "-o", "x.xls"], "E036", 3, "x.xls"),
        (["export", "RUN", "-o", "x.csv", "--tag", "nickle"], "E034", 3, "nickle"),
        (["export", "RUN", "-o", "x.csv", "--start", "yesterday"], "E035", 3, "yesterday"),
        (["export", "RUN", "-o", "x.csv", "--start", "2026-11-27", "--end", "2026-11-26"], "E035", 3, "from 2026-11"),
        (["check", "STATION", "--timeout", "10"], "E909", 2, "--timeout 10"),
        (["check", "STATION", "--timeout", "-1 s"], "E909", 2, "--timeout -1 s"),
        (["check", "STATION", "--lang", "jp"], "E902", 2, "jp"),
        (["start", "STATION", "-o", "RUN", "--for", "10 kg"], "E909", 2, "10 kg"),
        (["start", "STATION", "-o", "/proc/run"], "E030", 3, "/proc/run"),
        (["start", "STATION", "-o", "STATION"], "E030", 3, "station.yaml"),
        (["status", "STATION"], "E030", 3, "station.yaml"),
    ],
)  # fmt: skip
def test_mistakes_of_the_operator(run, capsys, monkeypatch, arguments, code, exit_code, read):
    monkeypatch.chdir(run.parent)
    put = {"RUN": str(run), "STATION": str(run.parent / "station.yaml")}
    assert main(["log", *(put.get(word, word) for word in arguments)]) == exit_code
    told = capsys.readouterr().err
    assert told.splitlines()[-5].startswith(code) or code in told.splitlines()[0]
    for label in ("read", "expected", "write"):
        assert f"\n  {label} " in told, told
    assert read in told
    assert "Traceback" not in told
    assert not list(run.parent.glob("x.*"))


@pytest.mark.parametrize("content", ["station: 1\nname: x\ntags: {}\n"])
def test_a_station_without_a_tag(tmp_path, capsys, content):
    file = tmp_path / "s.yaml"
    file.write_text(content)
    assert main(["log", "check", str(file)]) == 3
    told = capsys.readouterr().err
    assert f"E019 {file}:3:" in told
    assert "write     tags: {leach_pH:" in told


def test_a_note_there_is_no_room_for(run, capsys, monkeypatch):
    def full(*_arguments, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("instruments.inbox.replace", full)
    assert main(["log", "note", str(run), "pump P3 changed"]) == 3
    told = capsys.readouterr().err
    assert told.startswith("E032")
    assert "No space left on device" in told


def test_an_uncertain_value_is_worth_a_remark_and_no_trouble(station, monkeypatch):
    """A balance in motion, each time somebody fills the drum."""
    found = Check("temperature", Reading(0, 1, 0, 1, 25.0, Status.UncertainSensorNotAccurate))

    class Source:
        name = "plc"

        def check(self, _):
            return [found]

    monkeypatch.setattr("instruments.registry.make", lambda *_: Source())
    line, *others = check(station())
    assert (line.trouble, line.note, line.quality) == ("", "UncertainSensorNotAccurate", "uncertain")
    assert all(other.trouble == "not read" for other in others)


def test_columns_stand_below_each_other_in_japanese(run, capsys):
    assert main(["log", "check", str(run.parent / "station.yaml"), "--lang", "ja"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert cell_len(head[: head.index("単位")]) == cell_len(row[: row.index("g/L")])
    assert main(["log", "status", str(run), "--lang", "ja"]) == 0
    assert "状態: stopped (停止)" in capsys.readouterr().out


def test_the_live_table_fits_and_shows_trouble_first(recorder, station, batch, until):
    found = recorder()
    found.put(batch([1.0]))
    until(lambda: found.memory.rows == 1)
    view = View(found.run.path)
    message = view.poll()
    tags = [{**view.tags()[0], "id": n, "name": f"t{n}", "title": ""} for n in range(40)]
    message["latest"] = {str(n): [0, 1.0, "good", "Good", 1.0] for n in range(40)}
    message["latest"]["37"][2:4] = ["bad", "BadTimeout"]
    message["latest"]["21"][2] = "stale"
    names = list(table(message, tags, "en", 24).columns[0].cells)
    assert names[:3] == ["t37", "t21", "t0"]
    assert len(names) == 17
    assert names[-1] == "… 24"
    assert len(list(table(message, tags, "en", 60).columns[0].cells)) == 40


@pytest.mark.skipif(os.name == "nt", reason="signals of Linux")
@pytest.mark.parametrize("arguments", [["dashboard", "RUN", "--port", "0"], ["log", "start", "STATION", "-o", "RUN"]])
def test_ctrl_c_is_exit_130_without_a_traceback(run, arguments):
    put = {"RUN": str(run), "STATION": str(run.parent / "station.yaml")}
    # Whoever starts the tests in the background hands on that SIGINT is ignored.
    heeded = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeded}; import sys; from hydromet.cli.app import main; sys.exit(main())"
    command = [sys.executable, "-u", "-c", program, *(put.get(word, word) for word in arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert process.stdout.readline(), "it has said something: it is well under way"
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60.0)[0].decode()
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130, told
    assert "Traceback" not in told


def test_ctrl_c_ends_the_live_table(run, monkeypatch, capsys):
    def ended(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("hydromet.cli.log_live.live", ended)
    assert main(["log", "status", str(run), "--live"]) == 130
    assert "State: stopped" in capsys.readouterr().out


@pytest.mark.parametrize("address", ["http://x", "127.0.0.1:4840", "opc.tcp://", "opc.tcp://:4840"])
def test_what_is_browsed_is_an_endpoint(tmp_path, capsys, address):
    assert main(["new", "station", "pilot", "--browse", address, "-o", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("E064")
    assert "opc.tcp://host:port" in told
    assert not list(tmp_path.iterdir())


def test_a_very_long_name_stays_within_the_terminal(tmp_path, capsys, monkeypatch):
    name = "leach_temperature_" + "x" * 200
    (tmp_path / "in").mkdir()
    file = tmp_path / "station.yaml"
    file.write_text(LABORATORY.format(folder=tmp_path / "in").replace("nickel", name))
    assert main(["log", "check", str(file)]) == 0
    assert name in capsys.readouterr().out
    monkeypatch.setattr("hydromet.cli.log._room", lambda: 80)
    for language in ("en", "ja"):
        assert main(["log", "check", str(file), "--lang", language]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(cell_len, lines)) <= 80
        assert name in "".join(line.split()[0] for line in lines[1:] if line.strip())
        assert any("g/L" in line for line in lines)
    monkeypatch.setattr("hydromet.cli.log._room", lambda: 400)
    assert main(["log", "check", str(file)]) == 0
    assert name in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="terminals of Linux")
def test_a_terminal_that_is_gone_ends_the_recording_as_sigterm_does(run):
    """The other end of the terminal is closed, as by a connection that breaks: nothing can be said any more."""
    import pty

    # The terminal it would get from a shell; and whoever starts the tests under nohup hands on that SIGHUP is ignored.
    own = "import fcntl, signal, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
    heeded = "signal.signal(signal.SIGHUP, signal.SIG_DFL)"
    program = f"{own}; {heeded}; import sys; from hydromet.cli.app import main; sys.exit(main())"
    command = [sys.executable, "-u", "-c", program, "log", "start", str(run.parent / "station.yaml"), "-o", str(run)]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )  # fmt: skip
    try:
        os.close(theirs)
        assert b"recording" in os.read(ours, 1000)
        end = time.monotonic() + 30.0
        while read_status(RunFolder(run))["state"] != "recording":
            assert time.monotonic() < end
            time.sleep(0.05)
        os.close(ours)
        assert process.wait(60.0) == 0
    finally:
        process.kill()
        process.wait()
    assert read_status(RunFolder(run))["state"] == "stopped"
