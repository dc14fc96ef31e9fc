"""Three ways to take a record away, and ``instruments.read``, agree to the bit; spans at the seams of segments."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

import instruments
from instruments.base import SECOND, Batch, Cause, Gap
from instruments.status import Status
from instruments.store import segment
from instruments.store.export import export

START = 1_795_000_000 * SECOND
# Numbers that lose something when they are written carelessly.
ODD = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 1e16 + 2, 123456789.123456789, 2.5]


def _result(number, value, tag="nickel", received=0):
    return {
        "source": "icp", "sample": f"S{number}", "time_ns": START + number * SECOND, "place": "", "quantity": "Ni",
        "value": value, "unit": "mg/L", "flag": "" if value is not None else "<LOD", "written": "x", "method": "",
        "remark": "", "status": 0 if value is not None else int(Status.BadOutOfRange), "tag": tag, "file": "",
        "sha256": "", "received_ns": START + received,
    }  # fmt: skip


STATION = """\
station: 1
name: bench
opcua:
  plc: {endpoint: "opc.tcp://127.0.0.1:4840", security: None}
laboratory: {icp: {folder: /nowhere}}
recording: {commit: 10 ms}
tags:
  temperature: {source: plc, node: nsu=http://x;s=T, unit: degC}
  mode: {source: plc, node: nsu=http://x;s=M, unit: ""}
  nickel: {source: icp, quantity: Ni, unit: g/L}
"""


@pytest.fixture
def run(recorder, station):
    """Three sealed segments that touch at the nanosecond, in part out of order; a correction across a seam."""
    for part in range(3):
        found = recorder(given=station(STATION))
        rows = [(0, START + (part * 8 + i) * SECOND, 0, START + i, value, 0) for i, value in enumerate(ODD)]
        # One reading that comes late, into the span of the segment before, and one that is bad.
        rows.append((0, START + part * 8 * SECOND - 1, 0, START, 7.0, 0))
        rows.append((0, START + part * 8 * SECOND + 1, 0, START, 9.0, Status.BadTimeout))
        rows += [
            (1, START + part * 8 * SECOND, 0, START, text, 0) for text in ("=1+1", "＝HYPERLINK()", "a\n+b", "自動")
        ]
        results = [_result(part, 1500.0 + part), _result(9, None if part == 1 else 100.0 + part)]
        gaps = [Gap("plc", START, START + 1, Cause.logger)]
        found.put(Batch("plc", rows[::-1], gaps=gaps, results=results))
        found.stop()
    assert len(found.run.segments()) == 3
    return found.run.path


SPANS = [
    (None, None), (START + 8 * SECOND, START + 16 * SECOND), (START + 8 * SECOND - 1, START + 8 * SECOND),
    (START + 8 * SECOND, START + 8 * SECOND + 1), (START - 1, START + 1), (START + 99 * SECOND, None), (START, START),
]  # fmt: skip


def _csv(path):
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    time = frame["time"].map(lambda text: pd.Timestamp(text).value)
    value = frame["value"].map(lambda text: float(text) if text else np.nan)
    return frame.assign(ns=time, number=value, code=frame["status"].map(lambda text: int(text, 16)))


def _bits(values):
    """As bytes, since NaN is not itself and minus zero is not zero."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


def _key(frame):
    return frame.sort_values(["tag", "ns", "code", "number", "text"], kind="stable", ignore_index=True)


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("tags", [None, ["temperature"], ["nickel", "mode"]])
def test_all_ways_agree_to_the_bit(run, tmp_path, span, tags):
    frame = instruments.read(run, tags, *span)
    expected = _key(frame.assign(
        ns=frame["time"].astype("int64"), number=frame["value"], code=frame["status"], text=frame["text"].fillna("")
    ))  # fmt: skip
    counts = {ending: export(run, tmp_path / f"x{ending}", tags, *span) for ending in (".csv", ".parquet", ".h5")}
    assert set(counts.values()) == {len(frame)}
    parquet = pd.read_parquet(tmp_path / "x.parquet")
    plain = parquet.assign(ns=parquet["time"].astype("int64"), number=parquet["value"], code=parquet["status"])
    plain["text"] = plain["text"].fillna("")
    cells = _csv(tmp_path / "x.csv")
    for other in (_key(plain), _key(cells.assign(text=cells["text"].str.removeprefix("'")))):
        assert other["tag"].tolist() == expected["tag"].tolist()
        assert other["ns"].tolist() == expected["ns"].tolist()
        assert other["code"].tolist() == expected["code"].tolist()
        assert _bits(other["number"].to_numpy(float)) == _bits(expected["number"].to_numpy(float))
        assert other["text"].tolist() == expected["text"].tolist()
    content = segment.read(tmp_path / "x.h5", verify=True)
    one = expected[(expected["tag"] == "temperature")]
    order = np.lexsort((content.columns["value"], content.columns["status"], content.columns["source_ns"]))
    if tags is None or "temperature" in tags:
        assert content.columns["source_ns"][order].tolist() == one["ns"].tolist()
        assert _bits(content.columns["value"][order]) == _bits(one["number"].to_numpy(float))
    else:
        assert len(content.columns["tag"]) == 0
    names = {tag["id"]: tag["name"] for tag in content.tags}
    texts = sorted(row["value"] for row in content.tables["texts"])
    assert texts == sorted(expected[expected["tag"] == "mode"]["text"].tolist())
    assert {names[row["tag"]] for row in content.tables["texts"]} <= {"mode"}


def test_every_reading_is_in_one_of_two_spans_that_touch(run):
    whole = len(instruments.read(run))
    for seam in range(START - 2, START + 3):
        assert len(instruments.read(run, end=seam)) + len(instruments.read(run, start=seam)) == whole
    for seam in (START + 8 * SECOND, START + 8 * SECOND - 1, START + 16 * SECOND, START + 16 * SECOND + 1):
        assert len(instruments.read(run, end=seam)) + len(instruments.read(run, start=seam)) == whole


def test_a_result_is_given_once_as_corrected_in_the_unit_of_its_tag(run):
    frame = instruments.read(run, "nickel")
    assert frame["value"].tolist() == pytest.approx([1.5, 1.501, 1.502, 0.102], rel=1e-15)
    assert instruments.results(run)["current"].sum() == 4


def test_no_cell_of_the_csv_begins_a_formula(run, tmp_path):
    export(run, tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    texts = {row[6] for row in rows if row[0] == "mode"}
    assert texts == {"'=1+1", "'＝HYPERLINK()", "a\n+b", "自動"}
    # A number is no formula, whatever its sign.
    assert not [cell for row in rows for i, cell in enumerate(row) if cell[:1] in "=+@\t" and cell and i != 3]
