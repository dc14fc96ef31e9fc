"""Many tags for a long time: nothing lost against the server's own account, and memory that stays flat."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import instruments
from tests.instruments.opcua.logger import station_text, wait_for
from tests.instruments.opcua.servers import URI, Server, why_no_node

# One after the other: each keeps a server and a logger busy.
pytestmark = pytest.mark.xdist_group("opcua soak")

NO_NODE = why_no_node()
MAKES = ["asyncua", pytest.param("node", marks=pytest.mark.skipif(bool(NO_NODE), reason=NO_NODE))]
PROGRAM = "from hydromet.cli.app import main; main()"
SETTLED = 300.0
# Readings looked at together.
MOST = 500_000
# Growth after five minutes that is still called flat, MB in the rest of the run: a few per cent of the process.
FLAT = 8.0


def resident(pid):
    """Resident memory of a process, MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def slope(samples):
    """Least squares, unit of the second over that of the first."""
    count = len(samples)
    mean_x, mean_y = (sum(column) / count for column in zip(*samples, strict=True))
    over = sum((x - mean_x) * (y - mean_y) for x, y in samples)
    return over / sum((x - mean_x) ** 2 for x, _ in samples)


def soak(make, folder, *, tags, interval, seconds):
    """Log for a while; the truth, what of it was not offered, the run, and (s, MB) of the logger."""
    names = [f"T{number}" for number in range(tags)]
    run, file = folder / "run", folder / "station.yaml"
    with Server(make, folder, tags=tags, interval=interval) as server:
        file.write_text(station_text(server.url, names, uri=URI, more=", security: None", sampling=f"{interval} s"))
        command = [sys.executable, "-c", PROGRAM, "log", "start", str(file), "-o", str(run)]
        logger = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        memory = []
        try:

            def readings():
                try:
                    return json.loads(next(iter(run.rglob("status.json"))).read_text())["readings"]
                except (StopIteration, ValueError):
                    return 0

            wait_for(lambda: readings() > 2 * tags or logger.poll() is not None, 180)
            began = time.monotonic()
            while time.monotonic() - began < seconds:
                time.sleep(min(5.0, seconds / 4))
                memory.append((time.monotonic() - began, resident(logger.pid)))
        finally:
            logger.send_signal(signal.SIGTERM)
            _, words = logger.communicate(timeout=300)
        assert logger.returncode == 0, words
        return server.ticks(), server.merged(), run, memory, names


def check(truth, merged, run, names):
    """Every tick from the sixth recorded to the last, once, for every tag; the number of readings.

    ``merged`` are ticks that node-opcua, which looks by a timer, took for one with the next while the machine was busy.
    What a message had that did not come would be a gap row, and there is none.
    """
    assert len(instruments.gaps(run)) == 0
    offered = [value for _, value in truth]
    total = 0
    some = max(50, MOST // len(offered))
    for start in range(0, len(names), some):
        frame = instruments.read(run, names[start : start + some])
        rows = frame[["tag", "value"]].dropna()
        tags, begins = np.unique(rows["tag"].to_numpy(str), return_index=True)
        assert len(tags) == len(names[start : start + some])
        for tag, found in zip(tags, np.split(rows["value"].to_numpy(), begins[1:]), strict=True):
            values = found.tolist()
            total += len(values)
            first, last = offered.index(values[5]), offered.index(values[-1])
            gone = set(offered[first : last + 1]) - set(values)
            assert gone <= merged.get(tag, set()), (tag, gone)
            assert values[5:] == [value for value in offered[first : last + 1] if value not in gone], tag
    assert total > len(names)
    return total


@pytest.mark.parametrize("make", MAKES)
def test_a_thousand_tags_at_10_hz_for_a_short_while(make, tmp_path):
    """Whatever a server that is busy on a small machine offers of them, its own account says what it was."""
    truth, merged, run, _, names = soak(make, tmp_path, tags=1000, interval=0.1, seconds=8)
    check(truth, merged, run, names)


def test_five_thousand_tags_at_1_hz_for_a_short_while(tmp_path):
    truth, merged, run, _, names = soak("asyncua" if NO_NODE else "node", tmp_path, tags=5000, interval=1.0, seconds=8)
    check(truth, merged, run, names)


def test_a_short_while_with_python_opcua(tmp_path):
    truth, merged, run, _, names = soak("opcua", tmp_path, tags=200, interval=0.1, seconds=5)
    check(truth, merged, run, names)


@pytest.mark.long
@pytest.mark.parametrize("make", MAKES)
def test_a_thousand_tags_at_10_hz_for_20_minutes(make, tmp_path):
    truth, merged, run, memory, names = soak(make, tmp_path, tags=1000, interval=0.1, seconds=1200)
    total = check(truth, merged, run, names)
    late = [(at, used) for at, used in memory if at > SETTLED]
    growth = slope(late) * (late[-1][0] - late[0][0])
    print(f"{make}: {total} readings, {growth:+.1f} MB after five minutes, at {late[-1][1]:.0f} MB")  # noqa: T201
    assert growth < FLAT


@pytest.mark.long
@pytest.mark.parametrize("make", MAKES)
def test_five_thousand_tags_at_1_hz(make, tmp_path):
    truth, merged, run, _, names = soak(make, tmp_path, tags=5000, interval=1.0, seconds=120)
    check(truth, merged, run, names)
