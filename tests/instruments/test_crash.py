"""The logger killed with -9 at random moments; the disk that is full for a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest

from instruments.store.record import open_record
from instruments.store.verify import verify

HERE = Path(__file__).parent
TAGS = 40


def run_and_kill(folder, seconds, told):
    """Start the writer, let it write for so long from its first acknowledgement on, kill it."""
    with told.open("ab") as out:
        before = told.stat().st_size
        process = subprocess.Popen([sys.executable, str(HERE / "crash_writer.py"), str(folder)], stdout=out)
        try:
            end = time.monotonic() + 30.0
            while told.stat().st_size == before:
                assert process.poll() is None, "the writer ended"
                assert time.monotonic() < end, "nothing was acknowledged"
                time.sleep(0.01)
            time.sleep(seconds)
        finally:
            process.kill()
            process.wait()


def check(folder, told):
    acknowledged = {int(line) for line in told.read_text().split()}
    columns = open_record(folder).columns()
    found = np.sort(columns["value"])
    assert len(np.unique(found)) == len(found), "values are there twice"
    sequences, counts = np.unique((found // TAGS).astype(int), return_counts=True)
    assert set(counts.tolist()) == {TAGS}, "half a batch"
    assert acknowledged <= set(sequences.tolist()), "acknowledged and lost"
    assert sequences.tolist() == list(range(1, len(sequences) + 1)), "a hole"
    report = verify(folder)
    assert report.troubles == []
    return report


def kill(tmp_path, times, seed):
    chance = Random(seed)  # noqa: S311  # moments, not secrets
    folder, told = tmp_path / "run", tmp_path / "acknowledged"
    told.touch()
    for i in range(times):
        run_and_kill(folder, chance.uniform(0.0, 0.6), told)
        report = check(folder, told)
        assert report.figures["starts"] == i + 1
    return report


def test_killed_at_random_moments(tmp_path):
    kill(tmp_path, 5, 1)


@pytest.mark.long
def test_killed_at_thirty_random_moments(tmp_path):
    report = kill(tmp_path, 30, 2)
    assert report.figures["segments"] > 0, "the killing never met the sealing"


LIMITED = """\
import resource, sys, threading, time
sys.path.insert(0, {here!r})
from crash_writer import STATION, rows
from hydromet.source import load_text
from instruments import writer
from instruments.base import Batch
from instruments.recorder import Recorder
from instruments.station import check

writer._PAUSE = 0.05
recorder = Recorder({run!r}, check(load_text(STATION.replace("segment_mb: 0.05", "segment_mb: 64.0"))))
recorder.start()
done = []
def send(sequence):
    batch = Batch("plc", rows(sequence), stream="plc/1", sequence=sequence, durable=lambda: done.append(sequence))
    assert recorder.put(batch)
def wait(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, recorder.status()
        time.sleep(0.01)
for sequence in range(1, 11):
    send(sequence)
wait(lambda: len(done) == 10)
# No file may be larger than this: neither the piece nor the header of a new one fits.
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
for sequence in range(11, 21):
    send(sequence)
wait(lambda: recorder.status()["state"] == "disk full")
time.sleep(0.5)
assert done == list(range(1, 11)), "acknowledged without room"
print(recorder.status()["disk"]["trouble"], flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
wait(lambda: len(done) == 20)
wait(lambda: recorder.status()["state"] == "recording")
assert recorder.stop() == 0
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_full_disk_by_the_limit_of_file_sizes(tmp_path):
    script = LIMITED.format(here=str(HERE), run=str(tmp_path / "run"))
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "File too large\n"
    columns = open_record(tmp_path / "run").columns()
    assert sorted(columns["value"].tolist()) == [float(i) for i in range(TAGS, 21 * TAGS)]
    assert verify(tmp_path / "run").troubles == []


def test_sealing_children_of_a_killed_logger_do_no_harm(tmp_path):
    """The child of the dead logger and that of the next seal the same pieces at once."""
    folder, told = tmp_path / "run", tmp_path / "acknowledged"
    told.touch()
    run_and_kill(folder, 0.5, told)
    names = [path.name for path in open_record(folder).run.pieces()]
    command = [sys.executable, "-m", "instruments.store.seal", str(folder), *names]
    children = [subprocess.Popen(command) for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert check(folder, told).figures["pieces"] == len(names)
