"""What the screen shows: marks, words, the table in the terminal; and that the record is left alone."""

from __future__ import annotations

import os
import subprocess
import sys

import aiohttp
import numpy as np
import pytest

from hydromet.errors import StationError
from instruments.base import SECOND, Batch, Link, now_ns
from instruments.dashboard.view import View, standing
from instruments.folder import RunFolder
from instruments.store.history import History, line
from tests.instruments.dashboard.page import run, served


def test_marks(running):
    view = View(running.run.path)
    running._write_status()
    latest = view.poll()["latest"]
    assert latest["0"][1:4] == [30.0, "good", "Good"]
    assert latest["1"][1:4] == [None, "bad", "BadSensorFailure"]
    assert latest["2"][1:4] == [5.25, "good", "Good"]
    running.report("plc", Link.disconnected)
    running._write_status()
    latest = view.poll()["latest"]
    # The connection is what makes a value of a server stale, and the balance is on another line.
    assert [latest[tag][2] for tag in "012"] == ["stale", "stale", "good"]


def test_a_balance_that_falls_silent_is_stale_by_its_age(running, monkeypatch):
    view = View(running.run.path)
    running._write_status()
    later = now_ns() + 5 * SECOND
    monkeypatch.setattr("instruments.dashboard.view.now_ns", lambda: later)
    assert view.poll()["latest"]["2"][2] == "good"
    monkeypatch.setattr("instruments.dashboard.view.now_ns", lambda: later + 11 * SECOND)
    monkeypatch.setattr("instruments.dashboard.view._SILENT", 100.0)
    assert view.poll()["latest"]["2"][2] == "stale"


def test_everything_is_stale_when_the_logger_is_dead_or_silent(running, monkeypatch):
    view = View(running.run.path)
    running._write_status()
    assert view.poll()["status"]["state"] == "recording"
    status = standing(running.run, now_ns() + 16 * SECOND)
    assert status["state"] == "silent"
    monkeypatch.setattr("instruments.dashboard.view._running", lambda _: False)
    found = view.poll()
    assert found["status"]["state"] == "died"
    assert {mark[2] for mark in found["latest"].values()} == {"stale"}


def test_state_of_a_run_that_ended_and_of_a_process_that_is_gone(running, tmp_path):
    running.stop()
    assert standing(running.run, now_ns() + 10**15)["state"] == "stopped"
    assert standing(RunFolder(tmp_path / "none"), now_ns())["state"] == "never started"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    from instruments.dashboard.view import _running

    assert not _running(ended.pid)
    assert _running(os.getpid())


def test_the_record_is_left_alone(running):
    """Nothing in the folder changes, the writer's lock is not tried, and the logger outlives the page."""
    running.stop()
    folder = running.run.path

    def files():
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}

    async def look():
        async with served(folder) as (_, address, session):
            now = now_ns() // 1_000_000
            for path in (
                "tags",
                f"history?start={now - 10**6}&end={now}&tags=0",
                f"csv?start={now - 10**6}&end={now}&tags=0",
            ):
                async with session.get(address + path) as answer:
                    assert answer.status == 200
            async with session.ws_connect(address + "live", headers={"Origin": address.rstrip("/")}) as socket:
                for _ in range(2):
                    await socket.receive_json(timeout=5)

    before = files()
    run(look())
    assert files() == before


def test_no_run_no_view(tmp_path):
    with pytest.raises(StationError, match="E030"):
        View(tmp_path)


def test_words_in_both_languages():
    from instruments.dashboard.words import words

    english, japanese = words("en"), words("ja")
    assert english.keys() == japanese.keys()
    assert all(english.values())
    assert {key for key in english if english[key] == japanese[key]} == set()


def test_live_table_in_the_terminal(running, capsys):
    from hydromet.cli.log_live import live

    looks = []

    def wait(_):
        looks.append(1)
        return len(looks) > 2

    running.report("balance", Link.disconnected)
    running._write_status()
    assert live(running.run.path, "en", wait) == "recording"
    told = capsys.readouterr().out
    assert len(looks) == 3
    for part in ("bench: Recording", "温度", "30", "Bad BadSensorFailure", "~ Stale", "balance: disconnected"):
        assert part in told, part
    assert "5.25" not in told


def test_ages_of_the_live_table():
    from hydromet.cli.log_live import _age_style

    tag = {"period": 2.0, "laboratory": False}
    assert [_age_style(age, tag) for age in (5.0, 7.0, 21.0)] == ["", "yellow", "red"]
    assert _age_style(1e6, {"period": None, "laboratory": True}) == ""


def test_the_logger_outlives_a_page_that_is_killed(running, batch, until):
    code = "import sys; from hydromet.cli.app import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "dashboard", str(running.run.path), "--port", "0"]
    page = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = page.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")

        async def look():
            async with aiohttp.ClientSession() as session, session.get(address + "tags") as answer:
                return await answer.json()

        assert run(look())["title"] == {"en": "Bench", "ja": "作業台"}
    finally:
        page.kill()
        page.communicate()
    done = []
    running.put(batch([31.0], durable=lambda: done.append(1)))
    until(lambda: done)
    assert History(running.run.path).last([0])[0].values == [31.0]


def test_results_of_the_laboratory_are_on_the_page(running, until):
    row = {
        "sample": "S-1", "time_ns": now_ns() - 10 * SECOND, "place": "", "quantity": "T", "value": 55.0, "unit": "degC",
        "flag": "", "written": "55 degC", "method": "", "remark": "", "status": 0, "file": "", "sha256": "",
        "received_ns": now_ns(), "tag": "pressure", "source": "note",
    }  # fmt: skip
    view = View(running.run.path)
    done = []
    row |= {"quantity": "P", "unit": "bar", "value": 1.25, "time_ns": now_ns() + SECOND}
    running.put(Batch("note", results=[row], durable=lambda: done.append(1)))
    until(lambda: done)
    assert view.poll()["latest"]["1"][1] == 1.25
    assert History(running.run.path).last([1])[1].values == [1.25]
    running.stop()
    assert View(running.run.path).poll()["latest"]["1"][0] == pytest.approx(row["time_ns"] / 1e6)


def test_times_of_values_and_gaps_agree_as_floats():
    """A gap begins at the last value before it: as floats, too, or a line would run over it."""
    from instruments.store.history import milliseconds

    moments = np.arange(2000, dtype=np.int64) * 1_234_567_891 + 1_795_672_464_418_752_359
    drawn = line(moments, np.ones(2000), np.zeros(2000, np.uint32))
    assert drawn.times == [milliseconds(int(moment)) for moment in moments]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_clock_that_is_ahead_does_not_make_a_value_young(running, until, monkeypatch, sealed):
    """Stamps an hour ahead: the age is that since the receipt, before and after the log is sealed."""
    ahead, then = now_ns() + 3600 * SECOND, now_ns() - 50 * SECOND
    done = []
    rows = [(0, ahead, 0, then, 40.0, 0), (0, ahead - SECOND, 0, then + SECOND, 41.0, 0)]
    running.put(Batch("plc", rows[:1]))
    running.put(Batch("plc", rows[1:], durable=lambda: done.append(1)))
    until(lambda: done)
    # What came before was received later.
    (later,) = [View(running.run.path).poll()["latest"]["0"]]
    assert later[1] == 30.0
    running.put(Batch("plc", [(0, ahead, 0, now_ns(), 50.0, 0)], durable=lambda: done.append(1)))
    until(lambda: len(done) == 2)
    if sealed:
        running.stop()
    else:
        running._write_status()
    view = View(running.run.path)
    later = now_ns() + 20 * SECOND
    monkeypatch.setattr("instruments.dashboard.view.now_ns", lambda: later)
    time, value, mark, _, age = view.poll()["latest"]["0"]
    assert time == ahead // 1000 / 1000
    assert 20.0 <= age < 40.0
    assert (value, mark) == (50.0, "stale")
    # A clock put right is followed at once.
    if not sealed:
        running.put(Batch("plc", [(0, now_ns(), 0, now_ns(), 51.0, 0)], durable=lambda: done.append(1)))
        until(lambda: len(done) == 3)
        assert view.poll()["latest"]["0"][1] == 51.0
