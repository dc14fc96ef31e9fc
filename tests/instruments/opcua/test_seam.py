"""Readings that come in two ways, each booked once: the rule by itself, and the whole of it over a plain archive."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from instruments.base import Batch, Cause, Resume
from instruments.opcua.collect import Collector
from instruments.opcua.nodes import Found
from instruments.opcua.outage import Outage
from instruments.opcua.seam import MILLISECOND, Span, content, moment, uncovered, unrecorded
from instruments.opcua.session import Saved
from instruments.opcua.wire import Notification, to_datetime
from tests.instruments.opcua.logger import Memory

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND
NAN = float("nan")
BAD = 0x80340000
TICKS = st.integers(0, 40_000_000)
VALUES = st.sampled_from([0.0, 1.0, 2.5, True, "on", NAN])
STATUSES = st.sampled_from([0, 0x480, 0x40930000, BAD])
READINGS = st.lists(st.tuples(st.sampled_from([1, 2]), TICKS, VALUES, STATUSES), max_size=25)
ROUNDINGS = {
    "exact": lambda time: time,
    "cut to ms": lambda time: time // MILLISECOND * MILLISECOND,
    "rounded to ms": lambda time: (time + MILLISECOND // 2) // MILLISECOND * MILLISECOND,
    "cut to us": lambda time: time // 1000 * 1000,
}


def rows_of(readings):
    """Readings with times in units of 100 ns, as they are on the wire."""
    return [(tag, NOW + 100 * at, 0, NOW + 100 * at, value, status) for tag, at, value, status in readings]


def rounded(rows, how):
    """As an archive gives them back: another time of receipt, no bits of a queue, a coarser time."""
    return [(row[0], ROUNDINGS[how](row[1]), 0, 5, row[4], row[5] & 0xFFFF0000) for row in rows]


def kinds(rows):
    return Counter((row[0], content(row)) for row in rows)


@given(READINGS, st.sampled_from(sorted(ROUNDINGS)), st.randoms())
def test_what_is_held_is_never_new(readings, how, random):
    held = rows_of(readings)
    archive = rounded(held, how)
    random.shuffle(archive)
    assert unrecorded(archive, held) == []


@given(READINGS, READINGS)
def test_what_is_new_is_new_and_in_its_order(first, second):
    """Nothing that is not held is left out: kind by kind the new ones make up what the archive has more."""
    held, archive = rows_of(first), rows_of(second)
    new = unrecorded(archive, held)
    assert new == [row for row in archive if any(row is one for one in new)]
    for kind, count in kinds(archive).items():
        assert kinds(new)[kind] >= count - kinds(held)[kind]
    left = Counter((row[0], moment(row), content(row)) for row in held)
    exact = Counter((row[0], moment(row), content(row)) for row in archive)
    for key, count in exact.items():
        fresh = sum(1 for row in new if (row[0], moment(row), content(row)) == key)
        assert fresh <= max(0, count - left[key])


@given(READINGS, st.sets(st.integers(0, 24)), st.sampled_from(sorted(ROUNDINGS)))
def test_filling_in_twice_is_filling_in_once(readings, gone, how):
    """A logger killed while it filled in does so again: every kind of reading is there as often as it was offered."""
    offered = rows_of(readings)
    record = [row for place, row in enumerate(offered) if place not in gone]
    archive = rounded(offered, how)
    part = unrecorded(archive, record)[: len(gone) // 2]
    record += part
    record += unrecorded(archive, record)
    assert kinds(record) == kinds(offered)
    assert unrecorded(archive, record) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ((1, 7, 0, 0, 3, 0), (1, 7, 0, 0, 3.0, 0x480), True),
        ((1, 7, 0, 0, 3.0, 0), (2, 7, 0, 0, 3.0, 0), False),
        ((1, 7, 0, 0, 3.0, 0), (1, 7, 0, 0, 3.0, 0x40930000), False),
        ((1, 7, 0, 0, 3.0, BAD), (1, 7, 0, 0, NAN, BAD), True),
        ((1, 7, 0, 0, float("inf"), 0), (1, 7, 0, 0, NAN, 0x803C0000), True),
        ((1, 7, 0, 0, [1.0, NAN], 0), (1, 7, 0, 0, [1.0, None], 0), True),
        ((1, 7, 0, 0, b"\x01", 0), (1, 7, 0, 0, {"bytes": "01"}, 0), True),
        ((1, 7, 0, 0, "a", 0), (1, 7, 0, 0, "b", 0), False),
        ((1, 7 * MILLISECOND, 0, 0, 3.0, 0), (1, 8 * MILLISECOND, 0, 0, 3.0, 0), False),
        ((1, 7 * MILLISECOND, 0, 0, 3.0, 0), (1, 8 * MILLISECOND - 1, 0, 0, 3.0, 0), True),
        ((1, 7 * MILLISECOND + 100, 0, 0, 3.0, 0), (1, 7 * MILLISECOND + 2000, 0, 0, 3.0, 0), False),
        ((1, 0, 7, 0, 3.0, 0), (1, 7, 0, 9, 3.0, 0), True),
    ],
)
def test_what_is_the_same_reading(one, other, alike):
    assert (unrecorded([one], [other]) == []) is alike


@pytest.mark.parametrize(
    ("times", "told", "left"),
    [
        ([2, 5, 9], True, []),
        ([], True, [(2, 9)]),
        ([4, 9], True, [(2, 4)]),
        ([2, 6], True, [(6, 9)]),
        ([2, 6], False, []),
        ([1, 6], False, []),
        ([4, 6], True, [(2, 4), (6, 9)]),
        ([12], True, [(2, 9)]),
        ([1], True, [(2, 9)]),
    ],
)
def test_an_archive_has_to_join_on_at_both_ends(times, told, left):
    archive = [(1, time * SECOND, 0, 0, 1.0, 0) for time in times]
    found = uncovered(Span(2 * SECOND, 9 * SECOND, told=told), archive)
    assert found == [(start * SECOND, end * SECOND) for start, end in left]


# --- the whole of it ---


class Archive:
    """HistoryRead of one tag; what it answers may have another precision, and something may happen meanwhile."""

    def __init__(self, rows, how="exact", meanwhile=None):
        self.rows, self.how, self.meanwhile = rows, how, meanwhile
        self.session = self

    async def history_read(self, parameters):
        details = parameters.HistoryReadDetails
        if self.meanwhile:
            await self.meanwhile()
        values = [
            ua.DataValue(ua.Variant(row[4], ua.VariantType.Double), SourceTimestamp=to_datetime(row[1]))
            for row in rounded(self.rows, self.how)
            if details.StartTime <= to_datetime(row[1]) < details.EndTime
        ]
        data = ua.HistoryData()
        data.DataValues = values
        result = ua.HistoryReadResult()
        result.HistoryData = data
        return [result]

    async def read(self, _parameters):
        return [ua.DataValue()]


def ticks(first, last, tag=1):
    """Ten a second, 0.1234 ms off, so that no time is a whole millisecond; the value counts them."""
    return [
        (tag, NOW + n * SECOND // 10 + 123_400, 0, NOW + n * SECOND // 10 + 200_000, float(n), 0)
        for n in range(first, last)
    ]


def note(number, rows):
    return Notification(subscription=7, sequence=number, rows=list(rows), data=True, published_ns=rows[-1][3])


def made(sink, *, history=True, saved=None, told_ns=NOW):
    """Collector and outage of a logger that starts over a record."""
    resume = Resume({"T": 1}, told_ns, 0, {}, "", sink)
    collector = Collector("plc", sink, {1: "T"}, {1: 0.1}, 0.2, resume.last_ns, sink)
    found = {"T": Found("T", ua.NodeId("T", 2), history=history)}
    upkeep = SimpleNamespace(found=found, gaps=lambda _until: [], ask=asked)
    return collector, Outage(collector, upkeep, saved or Saved(), resume, lambda: None)


async def asked(_connection):
    """Its nodes are known already."""


async def seam(sink, archive, arrivals, *, late=(), gap=None, told_ns=NOW):
    """The logger starts, its session is gone: what arrives, then what the archive adds."""
    saved = Saved(gap=gap or {}, cause="logger")
    collector, outage = made(sink, saved=saved, told_ns=told_ns)
    await collector.recall()
    await outage.begin(archive, resumed=False)
    collector.stream = f"s{id(saved)}"
    for number, rows in enumerate(arrivals, start=1):
        await collector.deliver(note(number, rows), number, late=False)
    await outage.end(archive)
    for number, rows in enumerate(late, start=len(arrivals) + 1):
        await collector.deliver(note(number, rows), number, late=False)
    await collector._on_disk()
    return saved


@pytest.fixture
def sink():
    made = Memory(delay=0.02)
    yield made
    made.dead = True


def hold(sink, rows):
    sink.batches.append(Batch("plc", rows))


@pytest.mark.parametrize("how", sorted(ROUNDINGS))
@pytest.mark.parametrize("overlap", [0, 1, 2, 7])
def test_history_and_subscription_overlap_with_the_record(sink, how, overlap):
    """The last readings on disk and the first of the new subscription are in the archive, too."""
    hold(sink, ticks(0, 20))
    arrivals = [ticks(40 - overlap, 42), ticks(42, 44)]
    asyncio.run(seam(sink, Archive(ticks(0, 44), how), arrivals))
    assert sorted(sink.values(1)) == [float(n) for n in range(44)]
    assert sink.gaps == []


@pytest.mark.parametrize("told", [0, 12, 25, -3600])
def test_the_clock_of_the_logger_has_no_say(sink, told):
    """When the last reading was received, as the source was told at its start, may be any time."""
    hold(sink, ticks(0, 20))
    asyncio.run(seam(sink, Archive(ticks(0, 32)), [ticks(30, 32)], told_ns=NOW + told * SECOND // 10))
    assert sorted(sink.values(1)) == [float(n) for n in range(32)]


def test_what_waits_for_the_disk_counts_as_recorded(sink):
    """Handed over, not yet on disk, when the source begins anew and the archive is asked."""
    sink.delay = 0.3
    sink.put(Batch("plc", ticks(0, 20)))
    asyncio.run(seam(sink, Archive(ticks(0, 32)), [ticks(30, 32)]))
    assert sorted(sink.values(1)) == [float(n) for n in range(32)]


def test_readings_that_come_while_the_archive_is_asked(sink):
    """Out of order, behind what closed the gap: once as they come, and not again from the archive."""
    hold(sink, ticks(0, 20))
    arrivals, late = [ticks(30, 32)], [ticks(26, 29), ticks(32, 34)]
    held = {}

    async def main():
        collector, outage = made(sink)
        await collector.recall()

        async def meanwhile():
            if not held:
                held["once"] = True
                await collector.deliver(note(2, late[0]), 2, late=False)

        await outage.begin(Archive([]), resumed=False)
        collector.stream = "s"
        await collector.deliver(note(1, arrivals[0]), 1, late=False)
        await outage.end(Archive(ticks(0, 34), "cut to ms", meanwhile))
        await collector.deliver(note(3, late[1]), 3, late=False)
        await collector._on_disk()

    asyncio.run(main())
    assert sorted(sink.values(1)) == [float(n) for n in range(34)]


def test_old_readings_that_come_after_they_were_filled_in(sink):
    hold(sink, ticks(0, 20))
    asyncio.run(
        seam(sink, Archive(ticks(0, 32), "rounded to ms"), [ticks(30, 32)], late=[ticks(22, 25), ticks(32, 33)])
    )
    assert sorted(sink.values(1)) == [float(n) for n in range(33)]


def test_equal_times_with_other_values_are_all_kept(sink):
    """Two changes within one tick of the clock, one on each side of the seam."""
    pair = [(1, NOW + 2 * SECOND, 0, NOW + 2 * SECOND, value, 0) for value in (100.0, 101.0)]
    twins = [(1, NOW + 3 * SECOND, 0, NOW + 3 * SECOND, value, 0) for value in (200.0, 201.0)]
    hold(sink, [*ticks(0, 20), pair[0]])
    archive = [*ticks(0, 20), *pair, *ticks(21, 29), *twins]
    asyncio.run(seam(sink, Archive(archive), [[twins[1]]]))
    assert sorted(sink.values(1)) == sorted(row[4] for row in archive)


@pytest.mark.parametrize("parts", [0, 1, 3])
def test_a_logger_killed_while_it_fills_in(sink, parts):
    """Some of what was filled in is on disk, the gap is still noted: the next logger fills in the rest."""
    hold(sink, ticks(0, 20))
    hold(sink, ticks(30, 32))
    for start in range(20, 20 + 3 * parts, 3):
        hold(sink, ticks(start, start + 3))
    gap = {"T": ticks(19, 20)[0][1]}
    saved = asyncio.run(seam(sink, Archive(ticks(0, 50), "cut to ms"), [ticks(48, 50)], gap=gap))
    assert sorted(sink.values(1)) == [float(n) for n in range(50)]
    assert sink.gaps == []
    assert saved.gap == {}


def test_a_connection_that_falls_while_the_archive_is_asked(sink):
    """The gap is open still, and the next connection fills it in; nothing of it is there twice or not at all."""
    hold(sink, ticks(0, 20))

    async def main():
        collector, outage = made(sink)
        await collector.recall()
        await outage.begin(Archive([]), resumed=False)
        collector.stream = "s"
        await collector.deliver(note(1, ticks(30, 32)), 1, late=False)

        async def falls():
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await outage.end(Archive(ticks(0, 32), meanwhile=falls))
        assert collector.gap_open
        await outage.end(Archive(ticks(0, 32), "cut to ms"))
        assert not collector.gap_open
        await collector._on_disk()

    asyncio.run(main())
    assert sorted(sink.values(1)) == [float(n) for n in range(32)]
    assert sink.gaps == []


def test_a_gap_of_a_server_without_archive_that_was_not_in_the_record(sink):
    """The logger died between the end of a gap and its row; the session went on."""
    hold(sink, [*ticks(0, 20), *ticks(35, 40)])

    async def main():
        collector, outage = made(sink, history=False, saved=Saved(gap={"T": ticks(19, 20)[0][1]}, cause="server"))
        await collector.recall()
        await outage.take_up(Archive([]))
        collector.stream = "s"
        await collector.deliver(note(1, ticks(40, 42)), 1, late=False)
        await outage.end(Archive([]))
        await collector._on_disk()

    asyncio.run(main())
    (gap,) = sink.gaps
    assert (gap.start_ns, gap.end_ns, gap.cause) == (ticks(19, 20)[0][1], ticks(35, 36)[0][1], Cause.server)


def test_a_steady_tag_without_archive_is_a_gap_until_the_server_said_so(sink):
    hold(sink, [old := (1, NOW, 0, NOW, 5.0, 0)])
    later = NOW + 60 * SECOND

    async def main():
        collector, outage = made(sink, history=False)
        await collector.recall()
        await outage.begin(Archive([]), resumed=False)
        collector.stream = "s"
        await collector.deliver(note(1, [(*old[:3], later, *old[4:])]), 1, late=False)
        await outage.end(Archive([]))
        await collector._on_disk()

    asyncio.run(main())
    assert sink.values(1) == [5.0]
    (gap,) = sink.gaps
    assert (gap.start_ns, gap.end_ns, gap.cause) == (NOW, later, Cause.logger)


@pytest.mark.parametrize(("there", "kinds"), [(0, {"backfilled", "resumed"}), (25, {"backfilled"})])
def test_what_is_told_after_the_logger_was_away(sink, there, kinds):
    """Without a hole: resumed, as ``log verify`` wants it; else a gap with cause ``logger``."""
    hold(sink, ticks(0, 20))
    asyncio.run(seam(sink, Archive(ticks(there, 32)), [ticks(30, 32)]))
    assert {event.kind for batch in sink.batches for event in batch.events} == kinds
    assert {gap.cause for gap in sink.gaps} == ({Cause.logger} if there else set())


def test_an_archive_that_began_anew_leaves_a_gap(sink):
    """The server was started again, and its archive with it: what was before is a gap, what is there is recorded."""
    hold(sink, ticks(0, 20))
    asyncio.run(seam(sink, Archive(ticks(27, 32)), [ticks(30, 32)]))
    assert sorted(sink.values(1)) == [float(n) for n in [*range(20), *range(27, 32)]]
    (gap,) = sink.gaps
    assert gap.start_ns == ticks(19, 20)[0][1]
    assert abs(gap.end_ns - ticks(27, 28)[0][1]) < MILLISECOND
    assert gap.cause == Cause.logger


def test_a_present_value_that_is_in_the_record_is_not_booked_again(sink):
    """A steady tag: what the new subscription begins with was recorded hours ago; a change back in time is new."""
    old = (1, NOW - 7200 * SECOND, 0, NOW - 7200 * SECOND, 5.0, 0)
    hold(sink, [old])
    set_back = (1, NOW - 9000 * SECOND, 0, NOW, 6.0, 0)
    asyncio.run(seam(sink, Archive([]), [[(*old[:3], NOW, *old[4:])]]))
    assert sink.values(1) == [5.0]
    asyncio.run(seam(sink, Archive([]), [[set_back]]))
    assert sink.values(1) == [5.0, 6.0]
    asyncio.run(seam(sink, Archive([]), [[(*set_back[:3], NOW + SECOND, *set_back[4:])]]))
    assert sink.values(1) == [5.0, 6.0]
