"""One writer for each run, and asking who writes never keeps a logger from starting."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hydromet.errors import DeviceError
from instruments import folder
from instruments.folder import RunFolder, WriterLock, locked
from instruments.recorder import Recorder
from instruments.state import read_status

ASKING = """\
import sys
from instruments.folder import RunFolder
from instruments.state import read_status
run = RunFolder({run!r})
print("asking", flush=True)
while True:
    read_status(run)
"""


@pytest.fixture
def run(tmp_path):
    found = RunFolder(tmp_path / "run")
    found.create()
    return found


def test_only_one_writer(recorder, station, tmp_path):
    found = recorder()
    with pytest.raises(DeviceError, match="E042") as caught:
        Recorder(tmp_path / "run", station())
    assert str(os.getpid()) in caught.value.read
    assert caught.value.exit_code == 6
    assert caught.value.write == f"hydromet log status {tmp_path / 'run'}"
    found.stop()
    recorder().stop()


def test_the_lock_is_seen_by_others_and_by_ourselves(run):
    assert not locked(run)
    command = [
        sys.executable,
        "-c",
        "import sys\nfrom instruments.folder import *\nprint(locked(RunFolder(sys.argv[1])))",
    ]

    def elsewhere():
        return subprocess.run([*command, str(run.path)], check=True, capture_output=True, text=True).stdout.strip()

    with WriterLock(run):
        assert locked(run)
        assert locked(run), "asking let go of the lock"
        assert elsewhere() == "True"
    assert not locked(run)
    assert elsewhere() == "False"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a logger that starts waits for whoever asks")
def test_asking_all_the_time_keeps_no_logger_from_starting(run):
    asking = subprocess.Popen(
        [sys.executable, "-c", ASKING.format(run=str(run.path))], stdout=subprocess.PIPE, text=True
    )
    try:
        assert asking.stdout.readline()
        for _ in range(3000):
            WriterLock(run).release()
        assert asking.poll() is None
    finally:
        asking.kill()
        asking.wait()
        asking.stdout.close()


def test_where_asking_takes_the_lock_a_start_waits_for_it(run, monkeypatch):
    monkeypatch.setattr(folder, "_ASKED", False)
    file = os.open(run.path / "lock", os.O_RDWR | os.O_CREAT)
    assert folder._take(file)
    monkeypatch.setattr(folder, "sleep", lambda _: os.close(file))
    with WriterLock(run):
        assert locked(run)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() == 0, reason="root may write everywhere")
def test_who_may_only_read_sees_the_logger(run):
    with WriterLock(run):
        (run.path / "lock").chmod(0o444)
        assert locked(run)
        run.status.write_text('{"state": "recording", "time_ns": 9000000000000000000}')
        assert read_status(run)["state"] == "recording"
