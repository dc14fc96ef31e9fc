"""Reading, checking and exporting a record, sealed or not."""

from __future__ import annotations

import csv
import json
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest

import instruments
from hydromet.errors import StationError
from instruments.base import SECOND, Batch, Cause, Event, Gap
from instruments.folder import RunFolder
from instruments.status import Status
from instruments.store import segment
from instruments.store.export import export, safe
from instruments.store.record import open_record
from instruments.store.seal import seal
from instruments.store.verify import verify

HOUR = 3600 * SECOND
START = 1_795_000_000 * SECOND


@pytest.fixture
def run(recorder, until):
    """A run in two segments and a log: temperatures each second, a pressure, a text, a bad value, a gap."""
    found = recorder()
    for i in range(3):
        stamps = [START + (10 * i + j) * SECOND for j in range(10)]
        rows = [(0, stamp, 0, stamp + 5, 20.0 + j, 0) for j, stamp in enumerate(stamps)]
        rows += [(1, 0, 0, START + i * SECOND, 2.0, Status.BadTimeout), (2, START + i * SECOND, 0, START, "=AUTO", 0)]
        # Out of order, as a server republishes.
        gap = Gap("plc", START + i * HOUR, START + i * HOUR + SECOND, Cause.link, (), "cut")
        found.put(Batch("plc", rows[::-1], stream="plc/1", sequence=i + 1, gaps=[gap]))
        if i < 2:
            found.stop()
            found = recorder()
            found.put(Batch("plc", events=[Event("resumed", "plc")]))
    until(lambda: found.memory.rows >= 33)
    return found


def test_one_reading_a_row_by_tag_and_time(run):
    assert len(run.run.segments()) == 2
    frame = instruments.read(run.run.path)
    assert frame["tag"].tolist() == ["mode"] * 3 + ["pressure"] * 3 + ["temperature"] * 30
    hot = frame[frame["tag"] == "temperature"]
    assert hot["time"].is_monotonic_increasing
    assert hot["time"].iloc[0] == pd.Timestamp(START, tz="UTC")
    assert hot["receive_time"].iloc[0].value == START + 5
    assert hot["server_time"].isna().all()
    assert hot["value"].tolist() == [20.0 + j for j in range(10)] * 3
    assert frame.attrs["units"] == {"temperature": "degC", "pressure": "bar", "mode": ""}
    assert [gap["detail"] for gap in frame.attrs["gaps"]] == ["cut"] * 3


def test_a_bad_value_is_nan_with_its_code_and_a_text_is_text(run):
    frame = instruments.read(run.run.path, ["pressure", "mode"])
    bad = frame[frame["tag"] == "pressure"]
    assert bad["value"].isna().all()
    assert set(bad["status"]) == {int(Status.BadTimeout)}
    assert set(bad["quality"]) == {"bad"}
    # Without a clock of the source the time is that of the receipt.
    assert bad["time"].tolist() == [pd.Timestamp(START + i * SECOND, tz="UTC") for i in range(3)]
    assert frame[frame["tag"] == "mode"]["text"].tolist() == ["=AUTO"] * 3


def test_spans_and_names(run):
    middle = instruments.read(run.run.path, "temperature", START + 5 * SECOND, START + 7 * SECOND)
    assert middle["value"].tolist() == [25.0, 26.0]
    text = pd.Timestamp(START + 28 * SECOND).isoformat()
    assert len(instruments.read(run.run.path, "temperature", text)) == 2
    assert len(instruments.read(run.run.path, "temperature", end=pd.Timestamp(START, tz="Asia/Tokyo"))) == 0
    with pytest.raises(StationError, match="E034") as caught:
        instruments.read(run.run.path, ["temprature"])
    assert "temperature" in caught.value.expected
    with pytest.raises(StationError, match="E035"):
        instruments.read(run.run.path, start="yesterday-ish")
    with pytest.raises(StationError, match="E030"):
        instruments.read(run.run.path.parent)


def test_a_segment_is_sorted_indexed_and_says_what_it_is(run):
    with h5py.File(run.run.segments()[0]) as file:
        assert file.attrs["format"] == "hydromet-segment/1"
        assert json.loads(file.attrs["versions"])["hydromet"]
        assert "station: 1" in file.attrs["station"]
        columns = (file["index"][name] for name in ("tag", "start", "count"))
        index = {int(tag): (int(first), int(rows)) for tag, first, rows in zip(*columns, strict=True)}
        start, count = index[0]
        assert (file["readings/tag"][start : start + count] == 0).all()
        assert (np.diff(file["readings/source_ns"][start : start + count]) > 0).all()
        assert [json.loads(line)["name"] for line in file["tags"]] == ["temperature", "pressure", "mode"]
        assert file["gaps/detail"].asstr()[:].tolist() == ["cut"]
        assert file["events/kind"].asstr()[0] == "start"


def test_sealing_twice_changes_nothing(run):
    run.stop()
    before = {path: path.read_bytes() for path in run.run.segments()}
    copy = run.run.path.parent / "copy"
    shutil.copytree(run.run.path, copy)
    for path in run.run.pieces():
        assert seal(run.run, [path.name]) is None
    assert {path: path.read_bytes() for path in run.run.segments()} == before
    assert verify(copy).troubles == []


def test_a_whole_record_is_whole(run):
    report = verify(run.run.path)
    assert report.troubles == []
    assert report.figures["readings"] == 36
    assert report.figures["starts"] == 3


def test_a_changed_value_is_found(run):
    path = run.run.segments()[0]
    with h5py.File(path, "r+") as file:
        file["readings/value"][3] = 99.0
    (trouble, *rest) = verify(run.run.path).troubles
    assert "E033" in trouble
    assert rest, "the batches of the damaged segment are missing"


def test_a_torn_segment_is_told_not_a_traceback(run):
    path = run.run.segments()[1]
    path.write_bytes(path.read_bytes()[:1000])
    assert any("E033" in trouble for trouble in verify(run.run.path).troubles)
    with pytest.raises(StationError, match="E033"):
        instruments.read(run.run.path)


def test_a_missing_segment_is_found(run):
    run.run.segments()[0].unlink()
    (trouble,) = verify(run.run.path).troubles
    assert "batches are missing: 1, 2" in trouble


def test_damage_in_the_middle_of_the_log_is_found_and_the_rest_read(recorder, batch, until):
    found = recorder()
    for i in range(5):
        found.put(batch([float(i)], start=START + i))
        until(lambda wanted=i + 1: found.memory.rows == wanted)
    (path,) = found.run.pieces()
    content = bytearray(path.read_bytes())
    at = content.index(np.float64(2.0).tobytes())
    content[at] ^= 0xFF
    copy = found.run.path.parent / "copy"
    shutil.copytree(found.run.path, copy)
    (copy / "log" / path.name).write_bytes(content)
    assert instruments.read(copy, "temperature")["value"].tolist() == [0.0, 1.0, 3.0, 4.0]
    troubles = verify(copy).troubles
    assert any("damaged bytes" in trouble for trouble in troubles)
    assert seal(RunFolder(copy), [path.name])
    assert [kept.name for kept in (copy / "log").iterdir()] == [path.with_suffix(".damaged").name]
    assert any("1 batches are missing" in trouble for trouble in verify(copy).troubles)
    assert any("1 batches are missing" in trouble for trouble in troubles)


def test_a_source_that_says_nothing_about_the_time_the_logger_was_down_is_found(recorder, batch):
    for _ in range(2):
        found = recorder()
        found.put(batch([1.0]))
        found.stop()
    (trouble,) = verify(found.run.path).troubles
    assert "neither a gap nor `resumed`" in trouble
    again = recorder()
    again.put(batch([1.0], gaps=[Gap("plc", 1, 2, Cause.logger)]))
    again.stop()
    assert len(verify(found.run.path).troubles) == 1, "the second pause is accounted for"


def test_a_silent_logger_is_found(recorder, batch, until, monkeypatch):
    found = recorder()
    until(lambda: found.memory.last)
    later = Event("heartbeat", time_ns=found.memory.alive_ns + 1000 * SECOND)
    found.put(Batch("", events=[later]))
    until(lambda: found.memory.alive_ns == later.time_ns)
    assert any("silent for 1000 s" in trouble for trouble in verify(found.run.path).troubles)


def test_export_to_csv(run, tmp_path):
    target = tmp_path / "out" / "x.csv"
    assert export(run.run.path, target) == 36
    text = target.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf"), "Excel takes it for UTF-8 by this mark"
    rows = list(csv.DictReader(text.decode("utf-8-sig").splitlines()))
    assert [row["text"] for row in rows if row["tag"] == "mode"] == ["'=AUTO"] * 3
    assert {row["status"] for row in rows if row["tag"] == "pressure"} == {"0x800A0000"}
    assert {row["value"] for row in rows if row["tag"] == "pressure"} == {""}
    (first, *_) = [row for row in rows if row["tag"] == "temperature"]
    assert pd.Timestamp(first["time"]).value == START
    assert float(first["value"]) == 20.0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1"])
def test_no_cell_is_a_formula(text):
    assert safe(text) == f"'{text}"


def test_other_cells_stay_as_they_are():
    assert [safe(text) for text in ("a=1", "", "1-1", 5, None)] == ["a=1", "", "1-1", 5, None]


def test_export_to_parquet(run, tmp_path):
    target = tmp_path / "x.parquet"
    assert export(run.run.path, target, ["temperature", "pressure"], end=None) == 33
    frame = pd.read_parquet(target)
    assert frame["time"].dt.tz is not None
    assert frame[frame["tag"] == "temperature"]["value"].tolist() == [20.0 + j for j in range(10)] * 3
    from pyarrow import parquet

    about = json.loads(parquet.read_schema(target).metadata[b"hydromet"])
    assert about["units"] == {"temperature": "degC", "pressure": "bar"}
    assert len(about["gaps"]) == 3


def test_export_to_one_hdf5(run, tmp_path):
    target = tmp_path / "x.h5"
    assert export(run.run.path, target) == 36
    content = segment.read(target, verify=True)
    original = open_record(run.run.path).columns()
    assert all(np.array_equal(content.columns[name], original[name], equal_nan=name == "value") for name in original)
    assert len(content.tables["gaps"]) == 3
    assert export(run.run.path, target, ["pressure"]) == 3
    assert len(segment.read(target, verify=True).columns["tag"]) == 3


def test_export_that_cannot_be(run, tmp_path):
    with pytest.raises(StationError, match="E036"):
        export(run.run.path, tmp_path / "x.xls")
    (tmp_path / "file").write_text("")
    with pytest.raises(StationError, match="E036"):
        export(run.run.path, tmp_path / "file" / "x.csv")
    with pytest.raises(StationError, match="E034"):
        export(run.run.path, tmp_path / "x.csv", ["temprature"])
    assert not list(tmp_path.glob(".x*"))


def test_a_newer_program_is_named(run):
    content = json.loads((run.run.path / "run.json").read_text())
    (run.run.path / "run.json").write_text(json.dumps({**content, "format": "hydromet-run/2"}))
    with pytest.raises(StationError, match="E118"):
        instruments.read(run.run.path)


def test_segments_without_the_log_cannot_be_gone_on_with(run, recorder):
    run.stop()
    for path in run.run.pieces():
        path.unlink()
    with pytest.raises(StationError, match="E031"):
        recorder()
    assert len(instruments.read(run.run.path, "temperature")) == 30, "but read"
