"""Clocks that differ and clocks that are set."""

from __future__ import annotations

import time

import instruments
from instruments.base import SECOND, Batch, Cause, Gap, now_ns
from instruments.store.record import open_record
from instruments.store.verify import verify


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


def test_a_device_ahead_of_its_server_is_flagged(recorder, until):
    found = recorder()
    now = now_ns()
    found.put(Batch("plc", [(0, now, now, now, 1.0, 0), (1, now + 172_800 * SECOND, now, now, 1.0, 0)]))
    until(lambda: found.memory.rows == 2)
    found.stop()
    (event,) = [row for row in open_record(found.run.path).table("events") if row["kind"] == "skew"]
    assert event["text"] == "clock 172800.0 s ahead of the logger's"


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


def test_a_clock_that_is_set_back_and_forth_loses_nothing(recorder, batch, until, monkeypatch):
    """Two hours back, as somebody does who sets local time, then five hours on; a start in between."""
    offset = [0]
    real = time.time_ns
    monkeypatch.setattr("instruments.base.time_ns", lambda: real() + offset[0])
    monkeypatch.setattr("instruments.recorder._TICK", 0.05)
    sent = []
    for part, hours in enumerate((0, -2, 3)):
        found = recorder()
        for step in range(3):
            if step == 1:
                offset[0] = hours * 3600 * SECOND
                time.sleep(0.15)
            sent.append(float(10 * part + step))
            rows = len(sent)
            gaps = [Gap("plc", found.memory.sources.get("plc", 0), now_ns(), Cause.logger)] if part and not step else []
            found.put(batch(sent[-1:], start=now_ns(), gaps=gaps))
            until(lambda rows=rows, found=found: found.memory.rows == rows)
        found.stop()
    frame = instruments.read(found.run.path, "temperature")
    assert sorted(frame["value"]) == sent
    assert frame["time"].is_monotonic_increasing
    assert len(open_record(found.run.path).segments) >= 3
    report = verify(found.run.path)
    assert report.troubles == []
    told = [row["text"] for row in open_record(found.run.path).table("events") if row["kind"] == "clock"]
    assert any("set back by 7200" in text for text in told)
    assert any("set forward by 18000" in text for text in told)
