"""What weeks of recording must not use up: memory, and the processor."""

from __future__ import annotations

import os
import pathlib
import time
import tracemalloc

import numpy as np
import pytest

import instruments
from instruments.base import Batch, Event, now_ns
from instruments.store.export import export
from instruments.store.verify import verify


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
    assert np.array_equal(instruments.read(found.run.path, "temperature")["value"], sent)


@pytest.mark.parametrize(("ending", "most"), [(".csv", 200e6), (".parquet", 70e6)])
def test_a_long_segment_is_exported_piece_by_piece(recorder, tmp_path, until, ending, most):
    """Half a million readings in one segment: the memory does not grow with them."""
    found = recorder()
    for number in range(50):
        found.put(Batch("plc", [(0, 10**18 + number * 10**4 + i, 0, 10**18, float(i), 0) for i in range(10_000)]))
        until(lambda: found._buffer.held < 100_000)
    found.stop()
    assert len(found.run.segments()) == 1
    export(found.run.path, tmp_path / f"warm{ending}", end=0)
    tracemalloc.start()
    try:
        assert export(found.run.path, tmp_path / f"x{ending}") == 500_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # In one go: 394 MB as CSV, 93 MB as Parquet; the segment alone is 26 MB.
    assert peak < most, f"{peak / 1e6:.0f} MB"
