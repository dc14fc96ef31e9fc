"""What the tests of the acquisition share: a station, a recorder that is always stopped, batches."""

from __future__ import annotations

import time

import pytest

from hydromet.source import load_text
from instruments.base import Batch, now_ns
from instruments.recorder import Recorder
from instruments.station import check

STATION = """\
station: 1
name: bench
opcua:
  plc: {endpoint: "opc.tcp://127.0.0.1:4840", security: None}
recording: {commit: 20 ms, segment_mb: 64.0}
tags:
  temperature: {source: plc, node: nsu=http://example.org/plant;s=T, unit: degC, range: 0..120 degC}
  pressure: {source: plc, node: nsu=http://example.org/plant;s=P, unit: bar}
  mode: {source: plc, node: nsu=http://example.org/plant;s=M, unit: ""}
"""


@pytest.fixture
def station():
    """Makes a station from text."""

    def make(text=STATION, **changes):
        for old, new in changes.items():
            text = text.replace(old, new)
        return check(load_text(text, "station.yaml"))

    return make


@pytest.fixture
def recorder(tmp_path, station):
    """Makes recorders in a folder of the test; all are stopped at its end."""
    made = []

    def make(folder="run", given=None):
        found = Recorder(tmp_path / folder, given or station())
        made.append(found)
        found.start()
        return found

    yield make
    for each in made:
        if not each.ended:
            each._sealer.finish = lambda *_: True  # nobody looks at it any more
            each.stop()


@pytest.fixture
def batch():
    """Makes batches of the temperature: values, sequence, what to call when they are on disk."""

    def make(values, sequence=0, durable=None, start=None, step=1_000_000, status=0, **more):
        first = now_ns() if start is None else start
        rows = [(0, first + i * step, 0, first + i * step, value, status) for i, value in enumerate(values)]
        stream = "plc/1" if sequence else ""
        return Batch("plc", rows, stream=stream, sequence=sequence, durable=durable, **more)

    return make


@pytest.fixture
def until():
    """Waits for a condition, at most so long."""

    def wait(condition, seconds=10.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.005)

    return wait
