"""The recorder's promises, one by one; killing it is in ``test_crash``."""

from __future__ import annotations

import errno
import os
import pathlib
import threading
import time
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

import instruments
from hydromet.errors import DeviceError, StationError
from instruments.base import SECOND, Batch, Cause, Event, Gap, Link, now_ns
from instruments.disk import DiskWatch, Level
from instruments.feed import Feed
from instruments.folder import RunFolder, read_json
from instruments.pieces import PieceWriter, Tail, read_piece
from instruments.recorder import Recorder
from instruments.state import read_status, write_status
from instruments.store.record import open_record
from instruments.store.verify import verify


def values(folder, tag="temperature"):
    return instruments.read(folder, tag)["value"].tolist()


def test_durable_is_told_when_the_data_are_in_the_file(recorder, batch, until):
    found = recorder()
    seen = []

    def durable():
        (path,) = found.run.pieces()
        seen.append([row for frame in read_piece(path).batches for row in frame.rows["value"].tolist()])

    assert found.put(batch([1.0, 2.0], durable=durable))
    until(lambda: seen)
    assert seen == [[1.0, 2.0]]


def test_one_fdatasync_for_many_batches(recorder, batch, until, monkeypatch):
    calls = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (calls.append(file), real(file))[1])
    found = recorder()
    done = []
    for i in range(100):
        assert found.put(batch([float(i)], durable=lambda: done.append(1)))
    until(lambda: len(done) == 100)
    assert 1 <= len(calls) < 50


def test_what_was_delivered_twice_is_recorded_once_and_acknowledged_twice(recorder, batch, until):
    found = recorder()
    done = []
    for sequence in (1, 2, 2, 1, 3):
        found.put(batch([float(sequence)], sequence, durable=lambda s=sequence: done.append(s)))
    until(lambda: len(done) == 5)
    found.stop()
    assert values(found.run.path) == [1.0, 2.0, 3.0]
    again = recorder()
    assert again.durable_sequence("plc/1") == 3
    assert again.resume("plc").sequences == {"plc/1": 3}
    again.put(batch([3.0], 3, durable=lambda: done.append(3)))
    until(lambda: len(done) == 6)
    again.stop()
    assert values(found.run.path) == [1.0, 2.0, 3.0]


def test_resume_says_where_the_record_ends(recorder, batch):
    found = recorder()
    assert found.resume("plc").last_ns == found.resume("plc").alive_ns == 0
    stamp = now_ns()
    found.put(batch([1.0], start=stamp))
    found.stop()
    again = recorder()
    resume = again.resume("plc")
    assert resume.tags == {"temperature": 0, "pressure": 1, "mode": 2}
    assert resume.last_ns == stamp
    assert stamp <= resume.alive_ns <= now_ns()
    assert os.stat(resume.folder).st_mode & 0o777 == 0o700


def test_only_one_writer(recorder, station, tmp_path):
    found = recorder()
    with pytest.raises(DeviceError, match="E042") as caught:
        Recorder(tmp_path / "run", station())
    assert str(os.getpid()) in caught.value.read
    assert caught.value.exit_code == 6
    found.stop()
    recorder().stop()


def test_a_folder_with_other_things_is_no_run(tmp_path, station):
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(StationError, match="E030"):
        Recorder(tmp_path, station())


def test_the_buffer_is_bounded_and_says_no(recorder, station, batch, until, monkeypatch):
    held = threading.Event()
    real = PieceWriter.append

    def slow(self, frames):
        if self.size:
            held.wait(10.0)
        real(self, frames)

    monkeypatch.setattr(PieceWriter, "append", slow)
    found = recorder(given=station(**{"segment_mb: 64.0": "segment_mb: 64.0, buffer: 1000"}))
    taken = sum(found.put(batch([0.0] * 100)) for _ in range(50))
    assert 5 <= taken <= 10
    assert not found.wait_for_room(0.05)
    held.set()
    assert found.wait_for_room(10.0)
    assert found.put(batch([1.0] * 100))
    found.stop()
    assert len(values(found.run.path)) == 100 * (taken + 1)
    assert found.status()["buffer"]["highest"] <= 1000


def test_what_the_buffer_refused_is_a_gap(recorder, batch):
    found = recorder()
    feed = Feed(found, "plc")
    assert feed.offer(batch([1.0], start=1000).readings)
    found._buffer.capacity = 0
    found._buffer.held += 1
    assert not feed.offer(batch([2.0], start=2000).readings)
    assert not feed.offer(batch([3.0], start=3000).readings)
    found._buffer.held -= 1
    found._buffer.capacity = 1000
    assert feed.offer(batch([4.0], start=4000).readings)
    assert feed.offer(batch([5.0], start=5000).readings)
    found.stop()
    assert values(found.run.path) == [1.0, 4.0, 5.0]
    (gap,) = open_record(found.run.path).table("gaps")
    assert (gap["source"], gap["start_ns"], gap["end_ns"], gap["cause"]) == ("plc", 1000, 4000, "buffer")
    assert "2 values" in gap["detail"]


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


def test_gaps_and_events_are_in_the_record(recorder, batch):
    found = recorder()
    found.put(
        batch([1.0], gaps=[Gap("plc", 5, 9, Cause.link, ("pressure",), "cable")], events=[Event("revised", "plc")])
    )
    found.stop()
    frame = instruments.gaps(found.run.path)
    assert frame[["source", "cause", "detail"]].to_numpy().tolist() == [["plc", "link", "cable"]]
    assert frame["tags"].tolist() == [["pressure"]]
    assert "revised" in instruments.events(found.run.path)["kind"].tolist()


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


def test_clock_skew_is_flagged_once_an_hour_and_late_data_are_no_skew(recorder, until):
    found = recorder()
    now = now_ns()
    found.put(Batch("plc", [(0, now - 60 * SECOND, now - 60 * SECOND, now, 1.0, 0)], late=True))
    for i in range(5):
        found.put(Batch("plc", [(0, now + 5 * SECOND, now + 5 * SECOND, now + i, 1.0, 0)]))
        time.sleep(0.03)
    # A value that has not changed for a day: its server says that it was seen just now.
    found.put(Batch("plc", [(1, now - 86400 * SECOND, now, now, 1.0, 0)]))
    until(lambda: found.memory.rows == 7)
    found.stop()
    (event,) = [row for row in open_record(found.run.path).table("events") if row["kind"] == "skew"]
    assert event["source"] == "plc"
    assert event["text"] == "clock 5.0 s ahead of the logger's"


def test_the_record_says_whether_the_clock_is_kept(recorder):
    found = recorder()
    found.stop()
    (event,) = instruments.events(found.run.path, "start")["data"]
    assert event["clock_synchronised"] in (True, False, None)


def test_a_clock_that_is_set_is_told(monkeypatch):
    from instruments import clocks

    wall = [1000 * SECOND]
    monkeypatch.setattr(clocks, "now_ns", lambda: wall[0])
    monkeypatch.setattr(clocks, "monotonic_ns", lambda: wall[0] if wall[0] < 2000 * SECOND else wall[0] - 50 * SECOND)
    watch = clocks.ClockWatch(2.0)
    wall[0] += SECOND
    assert watch.jump() is None
    wall[0] += 2000 * SECOND
    event = watch.jump()
    assert event.text == "the logger's clock was set forward by 50.0 s"


def test_pieces_of_the_log_are_sealed_while_it_records(recorder, station, batch, until, monkeypatch):
    monkeypatch.setattr("instruments.recorder._TICK", 0.05)
    found = recorder(given=station(**{"segment_mb: 64.0": "segment_mb: 0.01"}))
    sent = 0
    while len(found.run.segments()) < 2:
        assert found.put(batch([float(sent + i) for i in range(100)], start=10**18 + sent * 10**6))
        sent += 100
        time.sleep(0.05)
        assert sent < 30_000
    found.stop()
    assert values(found.run.path) == [float(i) for i in range(sent)]
    assert verify(found.run.path).troubles == []
    assert len(found.run.pieces()) == 1, "the newest piece stays: it says where the record goes on"


def test_readers_see_everything_once_while_it_is_written_and_sealed(recorder, station, until, monkeypatch):
    monkeypatch.setattr("instruments.recorder._TICK", 0.05)
    found = recorder(given=station(**{"segment_mb: 64.0": "segment_mb: 0.02"}))
    stop = threading.Event()

    def feed():
        sent = 0
        while not stop.wait(0.005):
            now = now_ns()
            found.put(Batch("plc", [(0, now, 0, now, float(sent + i), 0) for i in range(20)]))
            sent += 20

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        until(lambda: found.memory.rows > 0)
        while len(found.run.segments()) < 3:
            seen = values(found.run.path)
            assert seen == [float(i) for i in range(len(seen))]
            assert len(seen) % 20 == 0
            assert verify(found.run.path).troubles == []
    finally:
        stop.set()
        feeder.join()


def test_two_hours_are_two_segments(recorder, batch, until, monkeypatch):
    hour = [now_ns() // (3600 * SECOND) * 3600 * SECOND]
    monkeypatch.setattr("instruments.writer.now_ns", lambda: hour[0])
    found = recorder()
    found.put(batch([1.0]))
    until(lambda: found.memory.rows == 1)
    hour[0] += 3600 * SECOND
    found.put(batch([2.0]))
    until(lambda: found.memory.rows == 2)
    assert len(found.run.pieces()) == 2
    found.stop()
    assert values(found.run.path) == [1.0, 2.0]


def test_a_driver_that_hands_in_nonsense_costs_its_own_batch_only(recorder, batch):
    found = recorder()
    found.put(Batch("plc", [(1, 2)]))
    found.put(batch([1.0]))
    found.stop()
    assert values(found.run.path) == [1.0]
    (gap,) = open_record(found.run.path).table("gaps")
    assert "1 readings cannot be written" in gap["detail"]


def test_a_source_that_died_does_not_take_the_recorder_along(recorder, batch, until):
    found = recorder()

    def gone():
        raise RuntimeError("Event loop is closed")

    found.put(batch([1.0], durable=gone))
    found.put(batch([2.0]))
    until(lambda: found.memory.rows == 2)


def test_a_mistake_of_ours_is_not_silent(recorder, batch, until, monkeypatch, caplog):
    found = recorder()
    until(lambda: found.memory.last)

    def broken(self, batch, written):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("instruments.writer.Writer._remember", broken)
    found.put(batch([1.0]))
    until(lambda: found.failed)
    assert found.status()["state"] == "failed"
    assert "the recorder failed" in caplog.text


def test_the_deadband_keeps_changes_and_what_was_before_them(recorder, station):
    text = "unit: degC, deadband: {change: 0.5, at_least_every: 60 s}"
    found = recorder(given=station(**{"unit: degC": text}))
    given = [20.0, 20.1, 20.2, 20.1, 25.0, 25.1, 25.2]
    found.put(Batch("plc", [(0, i * SECOND, 0, i * SECOND, value, 0) for i, value in enumerate(given, 1)]))
    # After a minute a value is kept anyway; a change of status is no small change.
    found.put(
        Batch("plc", [(0, 100 * SECOND, 0, 100 * SECOND, 25.1, 0), (0, 101 * SECOND, 0, 101 * SECOND, 25.1, 1 << 30)])
    )
    found.put(Batch("plc", [(1, 1, 0, 1, 20.0, 0), (1, 2, 0, 2, 20.0, 0)]))
    found.stop()
    frame = instruments.read(found.run.path, "temperature")
    assert frame["value"].tolist() == [20.0, 20.1, 25.0, 25.2, 25.1, 25.1]
    assert len(values(found.run.path, "pressure")) == 2, "a tag without a dead-band keeps all"


def test_calibrations_are_recorded_when_they_change(recorder, station):
    text = "unit: bar, calibration: {certificate: K-1, date: 2026-09-01}"
    for certificate in ("K-1", "K-1", "K-2"):
        found = recorder(given=station(**{"unit: bar": text.replace("K-1", certificate)}))
        found.stop()
    events = instruments.events(found.run.path, "calibration")
    assert events["text"].tolist() == ["certificate K-1 of 2026-09-01", "certificate K-2 of 2026-09-01"]
    assert events["data"].iloc[0]["tag"] == "pressure"


def test_a_tag_defined_anew_is_another_tag_with_the_same_name(recorder, station, batch):
    found = recorder()
    found.put(batch([20.0]))
    found.stop()
    again = recorder(given=station(**{"unit: degC, range: 0..120 degC": "unit: K"}))
    number = again.resume("plc").tags["temperature"]
    assert number == 3
    again.put(Batch("plc", [(number, 1, 0, 1, 293.15, 0)]))
    again.stop()
    assert sorted(values(found.run.path)) == [20.0, 293.15]


def test_status_of_a_recording(recorder, batch, until, monkeypatch):
    monkeypatch.setattr("instruments.recorder._TICK", 0.02)
    found = recorder()
    found.report("plc", Link.connected, "3 tags")
    found.put(batch([1.0]))
    until(lambda: read_status(found.run).get("readings") == 1)
    status = read_status(found.run)
    assert (status["alive"], status["state"], status["pid"]) == (True, "recording", os.getpid())
    assert status["sources"]["plc"]["link"] == "connected"
    found.stop()
    status = read_status(found.run)
    assert (status["alive"], status["state"]) == (False, "stopped")


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


def test_the_tail_follows_the_log(recorder, batch, until):
    found = recorder()
    tail = Tail(found.run)
    seen = []

    def poll():
        seen.extend(value for frame in tail.poll() for value in frame.rows["value"].tolist())
        return len(seen)

    for i in range(5):
        found.put(batch([float(i)]))
        until(lambda wanted=i + 1: poll() == wanted)
    assert seen == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert tail.poll() == []


def test_memory_stays_bounded(recorder, batch, until):
    found = recorder()
    tracemalloc.start()
    try:
        held = []
        for _ in range(6):
            for i in range(100):
                while not found.put(batch([float(i)] * 500)):
                    found.wait_for_room(1.0)
            until(lambda: found._buffer.held == 0)
            time.sleep(0.1)  # the writer lets go of what it wrote when it looks again
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[-1] - held[1] < 100_000, held


def test_secrets_are_in_no_file(recorder, station, monkeypatch, batch):
    secret = "correct-horse-battery"  # noqa: S105  # what else
    monkeypatch.setenv("PLC_PASSWORD", secret)
    encrypted = "security: Basic256Sha256, user: logger, password: {environment: PLC_PASSWORD}"
    given = station(**{"security: None": encrypted})
    endpoint = given.file.opcua["plc"]
    assert endpoint.password.reveal(endpoint.user) == secret
    found = recorder(given=given)
    found.put(batch([1.0]))
    found.stop()
    for path in found.run.path.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


@pytest.mark.skipif(not pathlib.Path("/proc/self/statm").exists(), reason="memory is read from /proc")
@pytest.mark.long
def test_two_minutes_at_ten_thousand_a_second_take_no_more_memory(recorder, station):
    """Sealing included: the log is sealed each 16 MB."""
    found = recorder(given=station(**{"segment_mb: 64.0": "segment_mb: 16.0"}))
    page = os.sysconf("SC_PAGE_SIZE")
    held = []
    began = time.monotonic()
    for second in range(120):
        for part in range(10):
            now = now_ns()
            assert found.put(Batch("plc", [(0, now + i, now, now, float(i), 0) for i in range(1000)]))
            time.sleep(max(0.0, began + second + (part + 1) / 10 - time.monotonic()))
        held.append(int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * page)
    assert max(held[90:]) - max(held[30:60]) < 5_000_000, held[::10]
    found.stop()
    report = verify(found.run.path)
    assert report.troubles == []
    assert report.figures["readings"] == 1_200_000
    assert report.figures["segments"] >= 2


def test_old_streams_are_forgotten(recorder, until):
    found = recorder()
    for i in range(600):
        found.put(Batch("plc", events=[Event("connected", "plc")], stream=f"plc/{i}", sequence=1))
    until(lambda: found.memory.last >= 600)
    assert len(found.memory.streams) <= 500
    assert found.durable_sequence("plc/599") == 1


def test_rows_survive_at_ten_thousand_a_second(recorder, until):
    """A second of 10,000 tags in batches of 1000, on one core beside everything else."""
    found = recorder()
    now = now_ns()
    sent = np.arange(10_000.0)
    for start in range(0, 10_000, 1000):
        rows = [(0, now + i, 0, now + i, float(i), 0) for i in range(start, start + 1000)]
        assert found.put(Batch("plc", rows))
    until(lambda: found.memory.rows == 10_000)
    found.stop()
    assert np.array_equal(values(found.run.path), sent)
