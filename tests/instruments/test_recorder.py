"""The recorder's promises, one by one; killing it is in ``test_crash``."""

from __future__ import annotations

import os
import threading
import time

import pytest

import instruments
from hydromet.errors import StationError
from instruments.base import SECOND, Batch, Cause, Event, Gap, Link, now_ns
from instruments.feed import Feed
from instruments.pieces import PieceWriter, Tail, read_piece
from instruments.recorder import Recorder
from instruments.state import read_status
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
