"""One damaged segment does not take the rest of the record along: it is read without, and the hole is told as a gap."""

from __future__ import annotations

import csv
import json
import shutil

import pandas as pd
import pytest

import instruments
from hydromet.cli.app import main
from hydromet.errors import UserError
from instruments.base import Batch, Cause, now_ns
from instruments.status import Status
from instruments.store import segment
from instruments.store.export import FORMATS, export
from instruments.store.seal import seal

DAMAGED = str(Cause.damaged)
# From the source to the logger, ns.
_DELAY = 7


@pytest.fixture
def parts(recorder, tmp_path):
    """Three sealed segments of ten values each; a copy of the log as it was before the sealing."""
    starts, found = [], None
    for part in range(3):
        found = recorder()
        starts.append(now_ns())
        rows = [(0, starts[-1] + i, 0, starts[-1] + i + _DELAY, 100.0 * part + i, 0) for i in range(10)]
        found.put(Batch("plc", rows, stream="plc/1", sequence=part + 1))
        found._sealer.finish = lambda *_: True
        found.stop()
        log = tmp_path / f"log{part}"
        shutil.copytree(found.run.log, log)
        closed = found.run.pieces()[:-1]
        seal(found.run, [path.name for path in closed])
        for path in closed:
            path.unlink()
    assert len(found.run.segments()) == 3
    return found.run, found.run.segments(), starts, tmp_path


def spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)


@pytest.mark.parametrize("which", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])
def test_the_rest_is_read_and_the_hole_is_a_gap(parts, which):
    run, paths, starts, _ = parts
    for number in which:
        spoil(paths[number])
    with pytest.raises(UserError, match="E033") as caught:
        instruments.read(run.path)
    assert "--skip-damaged" in caught.value.write
    frame = instruments.read(run.path, damaged="skip")
    assert frame["value"].tolist() == [100.0 * p + i for p in range(3) if p not in which for i in range(10)]
    holes = [row for row in frame.attrs["gaps"] if row["cause"] == DAMAGED]
    assert holes
    assert {row["source"] for row in holes} == {"plc"}
    # Every value that is lost lies in a gap, and none that is there.
    for part in range(3):
        for i in range(10):
            time = starts[part] + i
            inside = [row for row in holes if row["start_ns"] < time and time + _DELAY < row["end_ns"]]
            assert len(inside) == (part in which), (part, i)
    assert (instruments.gaps(run.path, damaged="skip")["cause"] == DAMAGED).sum() == len(holes)
    kept = instruments.events(run.path, "start", damaged="skip")
    assert len(kept) == 3 - len(which)
    assert len(instruments.results(run.path, damaged="skip")) == 0


def test_what_the_log_still_has_is_read_from_there(parts):
    """The logger died between the sealing and the end of the piece; then nothing is lost, and nothing is refused."""
    run, paths, _, folder = parts
    before = instruments.read(run.path)
    for path in (folder / "log1").glob("*.hmlog"):
        if not (run.log / path.name).exists():
            shutil.copy(path, run.log / path.name)
    spoil(paths[1])
    for damaged in ("refuse", "skip"):
        pd.testing.assert_frame_equal(instruments.read(run.path, damaged=damaged), before)
        assert DAMAGED not in instruments.gaps(run.path, damaged=damaged)["cause"].tolist()


def test_a_piece_that_was_kept_because_of_its_damage_is_read(parts):
    run, paths, _, folder = parts
    before = instruments.read(run.path)
    for path in (folder / "log2").glob("*.hmlog"):
        shutil.copy(path, (run.log / path.name).with_suffix(".damaged"))
    spoil(paths[2])
    pd.testing.assert_frame_equal(instruments.read(run.path), before)


def test_half_of_the_batches_in_the_log(parts):
    """What is there is given, and the gap is for what is not."""
    run, paths, starts, folder = parts
    for path in (folder / "log1").glob("*.hmlog"):
        content = path.read_bytes()
        if b"plc/1" in content:
            (run.log / path.name).with_suffix(".damaged").write_bytes(content[: len(content) - 200])
    spoil(paths[1])
    with pytest.raises(UserError, match="E033"):
        instruments.read(run.path)
    frame = instruments.read(run.path, damaged="skip")
    assert frame.attrs["gaps"][0]["cause"] == DAMAGED
    kept = frame["value"].tolist()
    assert set(range(10)) | {200.0 + i for i in range(10)} <= set(kept)
    lost = [starts[1] + i for i in range(10) if 100.0 + i not in kept]
    (hole,) = frame.attrs["gaps"]
    assert all(hole["start_ns"] < time < hole["end_ns"] for time in lost)


def test_the_gap_is_in_every_exported_file(parts):
    run, paths, starts, folder = parts
    spoil(paths[1])
    counts = {ending: export(run.path, folder / f"x{ending}", damaged="skip") for ending in FORMATS}
    assert set(counts.values()) == {20}
    content = segment.read(folder / "x.h5", verify=True)
    (hole,) = content.tables["gaps"]
    assert hole["cause"] == DAMAGED
    from pyarrow import parquet

    about = json.loads(parquet.read_schema(folder / "x.parquet").metadata[b"hydromet"])
    assert [row["cause"] for row in about["gaps"]] == [DAMAGED]
    with (folder / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["text"].startswith(DAMAGED)]
    assert {row["tag"] for row in rows} == {"temperature", "pressure", "mode"}
    assert {(row["value"], row["quality"], int(row["status"], 16)) for row in rows} == {("", "bad", Status.BadDataLost)}
    assert pd.Timestamp(rows[0]["time"]).value == hole["start_ns"]
    assert rows[0]["text"].endswith("Z")
    # A span that the hole does not touch has no such row.
    export(run.path, folder / "y.csv", None, None, starts[0] + 9, damaged="skip")
    assert DAMAGED not in (folder / "y.csv").read_text(encoding="utf-8-sig")


def test_the_verb_says_so(parts, capsys):
    run, paths, _, folder = parts
    spoil(paths[1])
    target = str(folder / "x.csv")
    assert main(["log", "export", str(run.path), "-o", target]) == 3
    assert "--skip-damaged" in capsys.readouterr().err
    assert main(["log", "export", str(run.path), "-o", target, "--skip-damaged"]) == 5
    told = capsys.readouterr()
    assert told.out.strip() == target
    assert "NOT WHOLE: damaged record from 20" in told.err
    assert paths[1].name in told.err
    # Nothing is wrong with this span, and with a whole record.
    assert main(["log", "export", str(run.path), "-o", target, "--skip-damaged", "--start", "2000-01-01",
                 "--end", "2000-01-02"]) == 0  # fmt: skip
    spoil(paths[1])
    assert main(["log", "export", str(run.path), "-o", target, "--skip-damaged"]) == 0
    assert "NOT WHOLE" not in capsys.readouterr().err.split("readings")[-1]


def test_another_word_is_refused(parts):
    with pytest.raises(UserError, match="E044"):
        instruments.read(parts[0].path, damaged="ignore")
