"""A disk that is full, hangs or fails: nothing acknowledged is lost, and it is said."""

from __future__ import annotations

import errno
import os
import pathlib
import threading
import time
from types import SimpleNamespace

import pytest

import instruments
from instruments.base import SECOND, now_ns
from instruments.disk import DiskWatch, Level
from instruments.feed import Feed
from instruments.folder import RunFolder, read_json
from instruments.pieces import PieceWriter
from instruments.state import read_status, write_status
from instruments.store.record import open_record
from instruments.store.verify import verify


def values(folder, tag="temperature"):
    return instruments.read(folder, tag)["value"].tolist()


def test_a_gap_says_that_the_disk_was_full(recorder, batch, until, monkeypatch):
    monkeypatch.setattr("instruments.writer._PAUSE", 0.02)
    found = recorder()
    feed = Feed(found, "plc")
    until(lambda: found.memory.last)
    with monkeypatch.context() as patch:

        def refuse(self, frames):
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(PieceWriter, "append", refuse)
        assert feed.offer(batch([1.0], start=1000).readings)
        until(lambda: found.status()["state"] == "disk full")
        found._buffer.capacity = 1
        assert not feed.offer(batch([2.0], start=2000).readings)
    until(lambda: found._buffer.held == 0)
    assert feed.offer(batch([3.0], start=3000).readings)
    found.stop()
    (gap,) = open_record(found.run.path).table("gaps")
    assert (gap["cause"], gap["start_ns"], gap["end_ns"]) == ("disk", 1000, 3000)


def test_a_disk_that_hangs_is_no_life(recorder, batch, until, monkeypatch):
    found = recorder()
    until(lambda: found.memory.last)
    assert found.alive
    held = threading.Event()
    real = PieceWriter.append
    monkeypatch.setattr(PieceWriter, "append", lambda self, frames: (held.wait(10.0), real(self, frames))[1])
    monkeypatch.setattr("instruments.recorder._HANGS", 0.2)
    found.put(batch([1.0]))
    until(lambda: not found.alive)
    held.set()
    until(lambda: found.alive)


def test_a_full_disk_loses_nothing_acknowledged_and_goes_on(recorder, batch, until, monkeypatch, caplog):
    """The disk takes half of the bytes of a write, then none, for a while."""
    full = threading.Event()
    real = os.write

    def write(file, content):
        if full.is_set() and threading.current_thread().name == "recorder":
            half = len(content) // 2
            if half and not failed:
                failed.append(1)
                return real(file, content[:half])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, content)

    failed = []
    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr("instruments.writer._PAUSE", 0.02)
    found = recorder()
    done = []
    found.put(batch([1.0], 1, durable=lambda: done.append(1)))
    until(lambda: done == [1])
    full.set()
    found.put(batch([2.0], 2, durable=lambda: done.append(2)))
    until(lambda: found.status()["state"] == "disk full")
    assert found.status()["disk"]["trouble"] == "No space left on device"
    time.sleep(0.1)
    assert done == [1], "acknowledged without being on disk"
    assert "cannot write the log" in caplog.text
    full.clear()
    until(lambda: done == [1, 2])
    assert found.status()["state"] == "recording"
    found.put(batch([3.0], 3))
    assert found.stop() == 0
    assert values(found.run.path) == [1.0, 2.0, 3.0]
    report = verify(found.run.path)
    assert report.troubles == []


def test_a_failed_fdatasync_is_not_trusted_a_second_time(recorder, batch, until, monkeypatch):
    """After it the kernel forgets what it could not write: the data go into a new file."""
    failing = []
    real = os.fdatasync

    def fdatasync(file):
        if failing:
            failing.pop()
            raise OSError(errno.EIO, "Input/output error")
        real(file)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    monkeypatch.setattr("instruments.writer._PAUSE", 0.02)
    found = recorder()
    done = []
    found.put(batch([1.0], 1, durable=lambda: done.append(1)))
    until(lambda: done)
    failing.append(1)
    found.put(batch([2.0], 2, durable=lambda: done.append(2)))
    until(lambda: len(done) == 2)
    assert len(found.run.pieces()) == 2
    found.stop()
    assert values(found.run.path) == [1.0, 2.0]
    assert verify(found.run.path).troubles == []


def test_what_cannot_be_written_before_the_end_is_said(recorder, batch, until, monkeypatch):
    monkeypatch.setattr("instruments.writer._PAUSE", 0.02)
    found = recorder()
    until(lambda: found.memory.last)

    def refuse(self, frames):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(PieceWriter, "append", refuse)
    done = []
    found.put(batch([1.0, 2.0], durable=lambda: done.append(1)))
    assert found.stop() >= 2
    assert done == []


@pytest.mark.parametrize(("free", "level"), [(0.5, "ok"), (0.05, "warn"), (0.01, "log only")])
def test_little_room_is_told_and_very_little_stops_the_sealing(recorder, batch, until, monkeypatch, free, level):
    usage = SimpleNamespace(total=1_000_000_000, free=int(free * 1_000_000_000))
    monkeypatch.setattr("instruments.disk.shutil.disk_usage", lambda _: usage)
    monkeypatch.setattr("instruments.recorder._TICK", 0.02)
    found = recorder()
    found.put(batch([1.0]))
    until(lambda: found.status()["disk"]["level"] == level)
    found.stop()
    assert bool(found.run.segments()) is (level != "log only")
    assert values(found.run.path) == [1.0], "the log alone holds the data"
    told = [row["text"] for row in open_record(found.run.path).table("events") if row["kind"] == "disk"]
    assert bool(told) is (level != "ok")


def test_hours_left(monkeypatch):
    monkeypatch.setattr("instruments.disk.shutil.disk_usage", lambda _: SimpleNamespace(total=1000, free=500))
    watch = DiskWatch("x", 0.1, 0.02)
    assert watch.look(0, 0, failing=False).hours_left is None
    assert watch.look(3600 * SECOND, 100, failing=False).hours_left == pytest.approx(5.0)
    assert watch.look(3601 * SECOND, 100, failing=True).level is Level.full


def test_status_tells_a_death_and_a_full_disk_that_cannot_take_the_status(tmp_path, monkeypatch):
    run = RunFolder(tmp_path / "x")
    run.create()
    status = {"state": "recording", "time_ns": now_ns(), "format": "", "run": "", "pid": 1, "commit_ns": 0, "disk": {}}
    write_status(run, status)
    assert read_status(run)["state"] == "died"
    size = run.status.stat().st_size

    def refuse(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "write_bytes", refuse)
    write_status(run, {**status, "state": "disk full"})
    assert run.status.stat().st_size == size
    assert read_json(run.status)["state"] == "disk full"
