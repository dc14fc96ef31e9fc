"""Numbers that are left out, bits of overflow, ends of gaps: without a network."""

from __future__ import annotations

import asyncio

import pytest
from asyncua import ua

from hydromet.errors import DeviceError
from instruments.base import Batch, Cause
from instruments.opcua import subscription, units, words
from instruments.opcua.browse import Leaf, _tags
from instruments.opcua.collect import Collector
from instruments.opcua.session import Saved
from instruments.opcua.subscription import Lost, Subscription
from instruments.opcua.wire import Notification

SECOND = 1_000_000_000
OVERFLOW = 0x480


class Sink:
    def __init__(self):
        self.batches: list[Batch] = []

    def put(self, batch):
        self.batches.append(batch)
        if batch.durable:
            batch.durable()
        return True

    @property
    def gaps(self):
        return [gap for batch in self.batches for gap in batch.gaps]

    @property
    def values(self):
        return [row[4] for batch in self.batches for row in batch.readings]


class Server:
    """What a server would repeat: number -> values; it has the others no more."""

    def __init__(self, kept, empty=False):
        self.kept, self.empty, self.asked = kept, empty, []
        self.session = self

    async def republish_raw(self, _subscription, number):
        self.asked.append(number)
        if number not in self.kept:
            if self.empty:
                return Notification()
            raise ua.uaerrors.BadMessageNotAvailable
        return message(number, *self.kept[number])


@pytest.fixture(autouse=True)
def decoded(monkeypatch):
    """Notifications travel as they are."""
    monkeypatch.setattr(subscription, "republish_response", lambda note, _now: note)


def message(number, *values, status=0, tag=1, published=None):
    rows = [(tag, round(value * SECOND), 0, round(value * SECOND), float(value), status) for value in values]
    at = round((published if published is not None else values[-1] if values else 0) * SECOND)
    return Notification(subscription=7, sequence=number, rows=rows, data=bool(values), published_ns=at)


def play(work, kept=None, *, empty=False, last=0, names=None, queue=100):
    """Run ``work(subscription, collector)``; the sink and the server."""
    sink, server = Sink(), Server(kept or {}, empty)

    async def main():
        collector = Collector("plc", sink, names or {1: "T", 2: "P"}, {1: 1.0, 2: 1.0}, 0.5, 0)
        collector.queues = {1: queue, 2: queue}
        collector.stream = "s"
        found = Subscription(server, Saved(subscription=7, publishing_ms=500, keep_alive=6), collector, last)
        collector.acknowledge = found.acknowledge
        await work(found, collector)
        await asyncio.sleep(0)
        return found

    return sink, server, asyncio.run(main())


@pytest.mark.parametrize("empty", [False, True])
def test_catching_up_ends_where_the_server_has_no_more(empty):
    async def work(found, _):
        assert await found.catch_up() == 3

    sink, server, found = play(work, {5: [5], 6: [6], 7: [7]}, empty=empty, last=4)
    assert sink.values == [5.0, 6.0, 7.0]
    assert server.asked == [5, 6, 7, 8]
    assert found.last == 7
    assert all(batch.late for batch in sink.batches)


def test_a_subscription_that_is_gone_ends_catching_up():
    async def work(found, _):
        async def gone(*_):
            raise ua.uaerrors.BadSubscriptionIdInvalid

        found.connection.republish_raw = gone
        with pytest.raises(Lost) as caught:
            await found.catch_up()
        assert caught.value.subscription

    play(work)


def test_a_number_left_out_is_asked_for():
    async def work(found, _):
        await found._arrived(message(1, 1))
        await found._arrived(message(4, 4))

    sink, server, _ = play(work, {2: [2], 3: [3]})
    assert sink.values == [1.0, 2.0, 3.0, 4.0]
    assert server.asked == [2, 3]
    assert [batch.sequence for batch in sink.batches] == [1, 2, 3, 4]


def test_what_the_server_cannot_repeat_is_a_gap_with_both_its_ends():
    async def work(found, collector):
        await found._arrived(message(1, 1, 2))
        await found._arrived(message(4, 9, 10))
        assert collector.gap_open
        span = collector.end_gap()[1]
        assert (span.start_ns, span.end_ns, span.told) == (2 * SECOND, 9 * SECOND, True)

    sink, _, _ = play(work)
    assert sink.values == [1.0, 2.0, 9.0, 10.0]


def test_keep_alives_tell_of_what_is_missing():
    """A keep-alive bears the next number: 3 means that 2 was sent."""

    async def work(found, _):
        await found._arrived(message(1, 1))
        await found._arrived(message(3))
        await found._arrived(message(3, 3))

    sink, _, _ = play(work, {2: [2]})
    assert sink.values == [1.0, 2.0, 3.0]


def test_twice_is_once():
    async def work(found, _):
        for number in (1, 2, 2, 1, 3):
            await found._arrived(message(number, number))

    sink, _, _ = play(work)
    assert sink.values == [1.0, 2.0, 3.0]


def test_only_what_is_on_disk_is_acknowledged():
    async def work(found, collector):
        collector.sink = type("Slow", (), {"put": lambda _self, batch: waiting.append(batch) or True})()
        await found._arrived(message(1, 1))
        await found._arrived(message(2, 2))
        assert found._durable == []
        waiting[0].durable()
        await asyncio.sleep(0)
        assert found._durable == [1]

    waiting: list[Batch] = []
    play(work)


def test_numbers_rise_for_ever():
    async def work(found, _):
        await found._arrived(message(2**32 - 1, 1))
        assert found._unwrap(0) == 2**32
        assert found._unwrap(5) == 2**32 + 5
        assert found._unwrap(2**32 - 1) == 2**32 - 1

    play(work, last=2**32 - 2)


def test_the_overflow_bit_is_a_gap_before_its_value():
    async def work(found, _):
        await found._arrived(message(1, 1, 2))
        await found._arrived(message(2, 7, status=OVERFLOW))

    sink, _, _ = play(work)
    (gap,) = sink.gaps
    assert (gap.start_ns, gap.end_ns, gap.cause, gap.tags) == (2 * SECOND, 7 * SECOND, Cause.overflow, ("T",))


def test_a_full_queue_after_a_silence_is_a_gap():
    async def work(found, _):
        await found._arrived(message(1, 1, published=1))
        await found._arrived(message(2, 50, 51, 52, published=60))

    sink, _, _ = play(work, queue=3)
    (gap,) = sink.gaps
    assert (gap.start_ns, gap.end_ns, gap.cause) == (1 * SECOND, 50 * SECOND, Cause.overflow)
    sink, _, _ = play(work, queue=4)
    assert sink.gaps == []


def test_a_value_known_already_is_not_recorded_again():
    """What a new monitored item begins with; and the gap of a tag that has not changed ends with the others."""

    async def work(found, collector):
        await found._arrived(message(1, 1, 2))
        await found._arrived(message(2, 2, tag=2))
        collector.open_gap(Cause.server, "restarted")
        await found._arrived(message(3, 2))
        await found._arrived(message(4, 9, tag=2))
        ends = collector.end_gap()
        assert (ends[2].start_ns, ends[2].end_ns, ends[2].told) == (2 * SECOND, 9 * SECOND, True)
        assert (ends[1].start_ns, ends[1].end_ns, ends[1].told) == (2 * SECOND, 9 * SECOND, False)

    sink, _, _ = play(work)
    assert sink.values == [1.0, 2.0, 2.0, 9.0]


@pytest.mark.parametrize("server", [0, 3])
def test_a_device_whose_clock_is_ahead_does_not_date_the_gap_of_others(server):
    async def work(found, collector):
        await found._arrived(message(1, 1, 2))
        ahead = (2, 172_800 * SECOND, server * SECOND, 3 * SECOND, 1.0, 0)
        await found._arrived(Notification(subscription=7, sequence=2, rows=[ahead], data=True, published_ns=3 * SECOND))
        collector.open_gap(Cause.server, "restarted")
        await found._arrived(message(3, 9))
        ends = collector.end_gap()
        assert (ends[1].start_ns, ends[1].end_ns, ends[1].told) == (2 * SECOND, 9 * SECOND, True)

    play(work)


@pytest.mark.parametrize(
    ("number", "shown", "unit"),
    [
        (4408652, "°C", "degC"),
        (4408652, "", "degC"),
        (-1, "mg/l", "mg/L"),
        (-1, "m³/h", "m3/h"),
        (-1, "pH", ""),
        (0, "widgets", ""),
        (12345, "", ""),
    ],
)
def test_units_of_servers(number, shown, unit):
    assert units.unit_of(number, shown) == unit


def test_codes_of_units():
    assert units.unece_number("CEL") == 4408652
    assert units.unece_code(4408652) == "CEL"
    assert units.code_of("degC") == "CEL"


@pytest.mark.parametrize(
    ("error", "given", "code"),
    [
        (ConnectionRefusedError(), {}, "E050"),
        (TimeoutError(), {}, "E050"),
        (AssertionError(), {"own": "ABC", "step": "channel"}, "E055"),
        (ua.uaerrors.BadSecurityChecksFailed(), {"own": "ABC"}, "E055"),
        (ua.uaerrors.BadUserAccessDenied(), {"user": "logger"}, "E057"),
        (ua.uaerrors.BadIdentityTokenRejected(), {}, "E059"),
        (ua.uaerrors.BadTooManySessions(), {}, "E061"),
        (ua.uaerrors.BadServiceUnsupported(), {}, "E062"),
        (ua.uaerrors.BadCertificateTimeInvalid(), {}, "E054"),
        (ua.UaError("No matching endpoints: 3"), {"offered": ["Basic256Sha256 SignAndEncrypt"]}, "E051"),
    ],
)
def test_refusals_in_words(error, given, code):
    found = words.explain(error, url="opc.tcp://127.0.0.1:4840", **given)
    assert found.code == code
    assert found.read
    assert found.expected
    assert found.write
    assert words.explain(found, url="") is found
    assert isinstance(found, DeviceError)


@pytest.mark.parametrize(
    ("offered", "write"),
    [
        (["Aes128_Sha256_RsaOaep Sign", "Basic256Sha256 SignAndEncrypt"], "security: Basic256Sha256"),
        (["Aes128_Sha256_RsaOaep Sign", "None None"], "security: Aes128_Sha256_RsaOaep\nmode: Sign"),
        (["None None"], "security: None"),
        ([], "security: Basic256Sha256"),
    ],
)
def test_what_is_written_works_with_what_the_server_offers(offered, write):
    error = ua.UaError("No matching endpoints: Aes256_Sha256_RsaPss")
    assert words.explain(error, url="opc.tcp://127.0.0.1:4840", offered=offered).write == write


def test_a_server_without_security_is_told_as_such():
    error = ua.UaError("No matching endpoints: Basic256Sha256")
    found = words.explain(error, url="opc.tcp://127.0.0.1:4840", offered=["Basic256Sha256 Sign", "None None"])
    assert found.expected == "Basic256Sha256 Sign or no security (policy None)"
    assert "None None" not in str(found)


def test_names_of_tags_keep_their_letters():
    def leaf(name):
        return Leaf(ua.NodeId(name, 2), (("urn:plant", "浸出"), ("urn:plant", name)), "")

    names = ["温度 (°C)", "émulsion", "1st", "°", "温度/°C"]
    assert _tags([leaf(name) for name in names]) == ["温度_C", "émulsion", "t_1st", "tag", "浸出_温度_C"]
