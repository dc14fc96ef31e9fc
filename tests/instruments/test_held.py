"""What a source finds on disk of its own tags: in the log, in sealed segments, under an older number."""

from __future__ import annotations

import pytest

from instruments.base import Batch, now_ns

SECOND = 1_000_000_000


def book(recorder, rows):
    """Rows of (tag, time in s, value) into the record."""
    start = now_ns() // SECOND * SECOND
    readings = [(tag, start + int(at * SECOND), 0, start + int(at * SECOND), value, 0) for tag, at, value in rows]
    assert recorder.put(Batch("plc", readings))
    return start


@pytest.mark.parametrize("sealed", [False, True])
def test_last_and_between(recorder, until, sealed):
    first = recorder()
    start = book(first, [(0, 1, 1.0), (0, 2, 2.0), (1, 1, 7.0), (2, 3, "on")])
    until(lambda: first.memory.rows == 4)
    if sealed:
        first.stop()
        first = recorder()
        book(first, [(1, 4, 8.0)])
        until(lambda: first.memory.rows == 5)
        assert list(first.run.segments())
    held = first.resume("plc").held
    last = {row[0]: row[4] for row in held.last()}
    assert last == {0: 2.0, 1: 8.0 if sealed else 7.0, 2: "on"}
    found = held.between([0, 2], start + SECOND, start + 3 * SECOND)
    assert [(row[0], row[1], row[4]) for row in found] == [
        (0, start + SECOND, 1.0),
        (0, start + 2 * SECOND, 2.0),
        (2, start + 3 * SECOND, "on"),
    ]
    # A day and more after the segment: it is not even opened, but a clock that is ahead is allowed for.
    assert held.between([0], start + 30 * 3600 * SECOND, start + 31 * 3600 * SECOND) == []
    assert held.between([0], start + SECOND + 1, start + 2 * SECOND - 1) == []


def test_a_tag_defined_anew_is_the_same_variable(recorder, station, until):
    first = recorder()
    book(first, [(0, 1, 1.0), (1, 1, 7.0)])
    until(lambda: first.memory.rows == 2)
    first.stop()
    changed = station(**{"range: 0..120 degC": "range: 0..90 degC", "s=P, unit: bar": "s=Q, unit: bar"})
    second = recorder(given=changed)
    resume = second.resume("plc")
    assert resume.tags["temperature"] != 0
    # Another range is the same variable, another node is not.
    assert [(row[0], row[4]) for row in resume.held.last()] == [(resume.tags["temperature"], 1.0)]


def test_a_damaged_segment_does_not_keep_the_logger_from_starting(recorder, until):
    first = recorder()
    book(first, [(0, 1, 1.0)])
    until(lambda: first.memory.rows == 1)
    first.stop()
    (segment,) = first.run.segments()
    segment.write_bytes(segment.read_bytes()[:200])
    assert recorder().resume("plc").held.last() == []
