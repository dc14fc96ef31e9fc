"""The log: what is whole is read, wherever it was cut or damaged."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.base import Batch, Cause, Event, Gap
from instruments.frames import Damage, Frame, encode_batch, encode_header, pack, scan
from instruments.status import Status


def log():
    """A header and three batches; and where each ends."""
    readings = [(1, 10, 20, 30, 1.5, 0), (2, 11, 21, 31, -2.0, 0x40930000)]
    batches = [
        Batch("plc", readings, stream="plc/1", sequence=7),
        Batch("plc", [(1, 12, 22, 32, 2.5, 0)], gaps=[Gap("plc", 1, 2, Cause.link, ("a",), "cut")]),
        Batch("plc", [(3, 13, 23, 33, "OPEN", 0)], events=[Event("note", text="弁", time_ns=5)]),
    ]
    parts = [encode_header(0, {"format": "x"}), *(encode_batch(i, b)[0] for i, b in enumerate(batches, 1))]
    ends = np.cumsum([len(part) for part in parts]).tolist()
    return b"".join(parts), ends


CONTENT, ENDS = log()


def test_everything_comes_back():
    header, first, second, third = scan(CONTENT)
    assert header.text == {"format": "x"}
    assert first.text == {"source": "plc", "stream": "plc/1", "sequence": 7}
    assert first.rows.tolist() == [(1, 10, 20, 30, 1.5, 0), (2, 11, 21, 31, -2.0, 0x40930000)]
    assert second.text["gaps"] == [
        {"source": "plc", "start_ns": 1, "end_ns": 2, "cause": "link", "tags": ["a"], "detail": "cut"}
    ]
    assert third.text["texts"] == [[3, 13, 23, 33, "OPEN", 0]]
    assert third.text["events"] == [{"kind": "note", "source": "", "time_ns": 5, "text": "弁"}]
    assert [frame.number for frame in (first, second, third)] == [1, 2, 3]


@pytest.mark.parametrize("cut", range(ENDS[2], ENDS[3]))
def test_cut_at_every_byte_of_the_last_record_leaves_everything_before(cut):
    found = list(scan(CONTENT[:cut]))
    frames = [each for each in found if isinstance(each, Frame)]
    assert [frame.number for frame in frames] == [0, 1, 2]
    expected = [Damage(ENDS[2], cut, tail=True, cut=True)] if cut > ENDS[2] else []
    assert [each for each in found if isinstance(each, Damage)] == expected


@given(st.integers(0, len(CONTENT)))
def test_cut_anywhere_leaves_every_whole_record(cut):
    frames = [each.number for each in scan(CONTENT[:cut]) if isinstance(each, Frame)]
    assert frames == [i for i, end in enumerate(ENDS) if end <= cut]


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_a_changed_byte_costs_its_own_record_only(at, change):
    """And is never taken for data."""
    content = bytearray(CONTENT)
    content[at] ^= change
    hit = next(i for i, end in enumerate(ENDS) if at < end)
    found = list(scan(bytes(content)))
    frames = [each.number for each in found if isinstance(each, Frame)]
    assert frames == [i for i in range(4) if i != hit]
    (damage,) = [each for each in found if isinstance(each, Damage)]
    assert not damage.cut, "a changed last record is not taken for a write that was cut off"


def test_what_is_bad_is_nan_with_its_code():
    rows, texts = pack([(1, 0, 0, 1, 25.0, Status.BadTimeout), (1, 0, 0, 2, 25.0, 0)])
    assert math.isnan(rows["value"][0])
    assert rows["status"][0] == Status.BadTimeout
    assert rows["value"][1] == 25.0
    assert texts == []


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_none_is_not_good(value):
    rows, _ = pack([(1, 0, 0, 1, value, 0)])
    assert math.isnan(rows["value"][0])
    assert rows["status"][0] == Status.BadOutOfRange


def test_values_of_all_kinds():
    given = [True, 3, 2.5, None, "auto", b"\x01\xff", [1, 2.0, math.nan], 10**400, np.float32(1.5)]
    rows, texts = pack([(i, 0, 0, 1, value, 0) for i, value in enumerate(given)])
    assert dict(zip(rows["tag"].tolist(), rows["value"].tolist(), strict=True)) == pytest.approx(
        {0: 1.0, 1: 3.0, 2: 2.5, 3: math.nan, 8: 1.5}, nan_ok=True
    )
    assert rows["status"][rows["tag"] == 3] == Status.BadNoData
    assert {row[0]: row[4] for row in texts} == {4: "auto", 5: {"bytes": "01ff"}, 6: [1, 2.0, None], 7: 10**400}


@pytest.mark.parametrize("time_ns", [1 << 63, -(1 << 64), 10**30])
def test_a_time_that_does_not_fit_is_no_time(time_ns):
    """A server that says the year 9999 for "never"; the value is kept, and the segment can be sealed."""
    rows, texts = pack([(1, time_ns, 7, 8, 2.5, 0), (2, 6, time_ns, 8, "open", 0)])
    assert rows[["source_ns", "server_ns", "receive_ns"]].tolist() == [(0, 7, 8)]
    assert rows["value"].tolist() == [2.5]
    assert texts == [[2, 6, 0, 8, "open", 0]]
