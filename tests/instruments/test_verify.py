"""``log verify`` finds every byte that was changed, and takes nothing for damage that is none."""

from __future__ import annotations

import json
import shutil
from random import Random

import pytest

from hydromet.errors import UserError
from instruments.base import SECOND, Batch, Event, Gap
from instruments.folder import RunFolder
from instruments.store.hashes import hash_path, unchanged
from instruments.store.record import open_record
from instruments.store.seal import seal
from instruments.store.verify import verify

START = 1_795_000_000 * SECOND


@pytest.fixture
def run(recorder, station, until):
    """A run that ended in order, in two segments, then one whose logger died: three pieces of log."""
    for i in range(3):
        found = recorder(given=station())
        gaps = [Gap("plc", START, START + SECOND, "logger", (), "弁を交換")] if i else []
        events = [Event("note", text="=pump", data={"id": str(i)})]
        rows = [(0, START + (100 * i + j) * SECOND, 0, START, 20.0 + j, 0) for j in range(20)]
        rows.append((2, START + i * SECOND, 0, START, "AUTO", 0))
        found.put(Batch("plc", rows, stream="plc/1", sequence=i + 1, gaps=gaps, events=events))
        if i < 2:
            found.stop()
    until(lambda: found.memory.rows == 63)
    copy = found.run.path.parent / "copy"
    shutil.copytree(found.run.path, copy)
    return copy


def record_of(folder):
    """Every file of the record that holds data."""
    return sorted([folder / "run.json", *folder.glob("log/*"), *folder.glob("data/**/*.*")])


def found(folder):
    try:
        return verify(folder).troubles
    except UserError as error:
        return [error.code]


def flips(path, many, seed):
    random = Random(f"{path.name} {seed}")  # noqa: S311  # where to spoil
    size = path.stat().st_size
    return [(random.randrange(size), random.randrange(1, 256)) for _ in range(min(size, many))]


def every_flip_is_found(folder, many, seed=0):
    assert verify(folder).troubles == []
    tried = 0
    for path in record_of(folder):
        content = path.read_bytes()
        for at, change in flips(path, many, seed):
            spoilt = bytearray(content)
            spoilt[at] ^= change
            path.write_bytes(spoilt)
            assert found(folder), f"{path.name}: byte {at} ^ {change} was not found"
            tried += 1
        path.write_bytes(content)
    assert verify(folder).troubles == []
    return tried


def test_changed_bytes_are_found_in_every_file(run):
    assert every_flip_is_found(run, 25) > 150


@pytest.mark.long
def test_changed_bytes_are_found_in_every_file_long(run):
    assert every_flip_is_found(run, 1000, 1) > 4000


def test_every_byte_of_the_log_and_of_run_json(run):
    """One bit of each, turned over."""
    for path in (run / "run.json", *run.glob("log/*")):
        content = path.read_bytes()
        for at in range(0, len(content), 1 if len(content) < 500 else 7):
            spoilt = bytearray(content)
            spoilt[at] ^= 1 << at % 8
            path.write_bytes(spoilt)
            assert found(run), (path.name, at)
        path.write_bytes(content)


def test_a_log_that_was_cut_is_a_remark_until_the_status_knows_better(run, recorder):
    """The last write of a logger that died was never acknowledged; what a logger that ended had on disk was."""
    newest = max(run.glob("log/*"))
    content = newest.read_bytes()
    for size in range(len(content) - 1, len(content) - 200, -9):
        newest.write_bytes(content[:size])
        report = verify(run)
        assert report.troubles == []
        assert any("cut off, never acknowledged" in text for text in report.remarks)
    newest.write_bytes(content)
    status = json.loads((run / "status.json").read_text())
    batches = verify(run).figures["batches"]
    (run / "status.json").write_text(json.dumps({**status, "state": "recording", "batches": batches + 1}))
    assert any(f"tells of {batches + 1} batches" in text for text in verify(run).remarks)
    (run / "status.json").write_text(json.dumps({**status, "state": "stopped", "batches": batches + 1}))
    assert any(f"tells of {batches + 1} batches" in text for text in verify(run).troubles)


def test_a_segment_without_its_hash_is_checked_by_content(run):
    for path in run.glob("data/**/*.sha256"):
        path.unlink()
    report = verify(run)
    assert report.troubles == []
    assert sum("its content alone is checked" in text for text in report.remarks) == 2


def test_a_segment_of_another_run_is_found(run, tmp_path, recorder, station, batch):
    content = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**content, "run": "0" * 32}))
    assert sum("of another run" in text for text in found(run)) >= 4


@pytest.mark.parametrize("spoil", [b"", b"\x89HDF\r\n\x1a\n", b"\0" * 5000, b"x" * 5000])
def test_readers_of_a_spoilt_segment_say_so(run, spoil):
    (path, _) = open_record(run).segments
    path.write_bytes(spoil)
    with pytest.raises(UserError, match="E033"):
        open_record(run).columns()


def test_changed_bytes_never_reach_hdf5(run):
    """Which dies of some of them, and would take the logger or the page along; all are told as what they are."""
    for path in open_record(run).segments:
        content = path.read_bytes()
        for at, change in flips(path, 40, 2):
            spoilt = bytearray(content)
            spoilt[at] ^= change
            path.write_bytes(spoilt)
            with pytest.raises(UserError, match="E033") as caught:
                open_record(run).columns()
            assert "hydromet log export RUN -o rest.csv --skip-damaged" in caught.value.write
        path.write_bytes(content)


def test_a_child_that_was_killed_after_sealing_left_no_hash(run):
    newest = open_record(run).segments[-1]
    hash_path(newest).unlink()
    assert seal(RunFolder(run), [path.name for path in RunFolder(run).pieces()])
    assert unchanged(newest)
    assert verify(run).troubles == verify(run).remarks == []
