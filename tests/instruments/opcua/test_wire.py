"""The fast decoder gives what asyncua's own gives, for every value, mask and mixture."""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime, timedelta

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary, variant_to_binary
from hypothesis import given
from hypothesis import strategies as st

from instruments.opcua import wire

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.one_of(st.none(), st.integers(1, 2**52).map(lambda us: EPOCH + timedelta(microseconds=us)))
KIND = ua.VariantType
RANGES = {
    KIND.SByte: (-(2**7), 2**7 - 1),
    KIND.Byte: (0, 2**8 - 1),
    KIND.Int16: (-(2**15), 2**15 - 1),
    KIND.UInt16: (0, 2**16 - 1),
    KIND.Int32: (-(2**31), 2**31 - 1),
    KIND.UInt32: (0, 2**32 - 1),
    KIND.Int64: (-(2**63), 2**63 - 1),
    KIND.UInt64: (0, 2**64 - 1),
}
VARIANTS = st.one_of(
    st.booleans().map(lambda v: ua.Variant(v, KIND.Boolean)),
    *(st.integers(*span).map(lambda v, kind=kind: ua.Variant(v, kind)) for kind, span in RANGES.items()),
    st.floats(width=32).map(lambda v: ua.Variant(v, KIND.Float)),
    st.floats().map(lambda v: ua.Variant(v, KIND.Double)),
    st.text(max_size=20).map(lambda v: ua.Variant(v, KIND.String)),
    st.binary(max_size=9).map(lambda v: ua.Variant(v, KIND.ByteString)),
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=4).map(lambda v: ua.Variant(v, KIND.Double)),
    st.just(ua.Variant(EPOCH + timedelta(days=9000), KIND.DateTime)),
    st.just(ua.Variant(ua.LocalizedText("瀝青"), KIND.LocalizedText)),
)


@st.composite
def data_values(draw):
    return ua.DataValue(
        draw(st.one_of(st.none(), VARIANTS)),
        ua.StatusCode(draw(st.sampled_from([0, 0x80350000, 0x40930480, 0x00000480]))),
        SourceTimestamp=draw(TIMES),
        ServerTimestamp=draw(TIMES),
    )


def message(values, more=False):
    response = ua.PublishResponse()
    response.Parameters.SubscriptionId = 7
    response.Parameters.AvailableSequenceNumbers = [3, 4]
    response.Parameters.MoreNotifications = more
    note = response.Parameters.NotificationMessage
    note.SequenceNumber = 4
    note.PublishTime = EPOCH + timedelta(seconds=5)
    changes = ua.DataChangeNotification()
    changes.MonitoredItems = [ua.MonitoredItemNotification(handle, value) for handle, value in values]
    note.NotificationData = [changes] if values else []
    return bytes(struct_to_binary(response))


def same(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and type(one) is type(other)


@given(st.lists(st.tuples(st.integers(0, 2**31), data_values()), max_size=8))
def test_readings_are_those_of_the_reference_decoder(values):
    found = wire.publish_response(message(values), receive_ns=11)
    wanted = [wire.row(handle, value, 11) for handle, value in values]
    assert len(found.rows) == len(wanted)
    for row, want in zip(found.rows, wanted, strict=True):
        assert same(row[4], want[4])
        assert (*row[:4], row[5]) == (*want[:4], want[5])
    assert (found.subscription, found.sequence, found.available) == (7, 4, (3, 4))
    assert found.published_ns == 5_000_000_000
    assert found.data is bool(values)


def test_the_clock_of_the_server_is_no_reading():
    now = ua.DataValue(ua.Variant(EPOCH + timedelta(days=20000), KIND.DateTime))
    found = wire.publish_response(message([(wire.HEARTBEAT, now), (5, ua.DataValue(ua.Variant(1.5, KIND.Double)))]), 9)
    assert [row[0] for row in found.rows] == [5]
    assert found.beat_ns == 9


def test_end_of_the_subscription_is_read():
    response = ua.PublishResponse()
    change = ua.StatusChangeNotification(Status=ua.StatusCode(ua.StatusCodes.BadTimeout))
    response.Parameters.NotificationMessage.NotificationData = [change]
    assert wire.publish_response(bytes(struct_to_binary(response)), 1).status == ua.StatusCodes.BadTimeout


def test_an_empty_republish_has_no_number():
    found = wire.republish_response(bytes(struct_to_binary(ua.RepublishResponse())), 1)
    assert (found.sequence, found.data, found.rows) == (0, False, [])


def test_a_hundred_nanoseconds_are_kept():
    value = ua.DataValue(ua.Variant(1.0, KIND.Double), SourceTimestamp=EPOCH + timedelta(days=1))
    raw = bytearray(message([(1, value)]))
    at = raw.index((116_444_736_000_000_000 + 864_000_000_000).to_bytes(8, "little"))
    raw[at] += 1
    assert wire.publish_response(bytes(raw), 1).rows[0][1] == 86_400_000_000_100


@pytest.mark.parametrize("value", [ua.Variant(2.5, KIND.Double), ua.Variant("two", KIND.String)])
def test_picoseconds_stand_behind_their_time_stamp(value):
    """OPC 10000-6, table of the DataValue; asyncua puts both time stamps first."""
    source, server = 133_000_000_000_000_000, 133_000_000_000_000_010
    body = bytes(variant_to_binary(value)) + struct.pack("<IqHqH", 0x40930000, source, 7, server, 9)
    item = struct.pack("<IB", 42, 0x3F) + body
    plain = message([(1, ua.DataValue(ua.Variant(1.0, KIND.Double)))])
    one = struct.pack("<I", 1) + bytes(struct_to_binary(ua.DataValue(ua.Variant(1.0, KIND.Double))))
    raw = plain.replace(one, item * 2 + one).replace(struct.pack("<i", 1) + item, struct.pack("<i", 3) + item)
    rows = wire.publish_response(raw, 1).rows
    want = (42, wire.to_ns(source), wire.to_ns(server), 1, value.Value, 0x40930000)
    assert rows == [want, want, (1, 0, 0, 1, 1.0, 0)]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, math.nan),
        (ua.LocalizedText("a"), "a"),
        (ua.StatusCode(ua.StatusCodes.BadTimeout), ua.StatusCodes.BadTimeout),
        (ua.NodeId("x", 2), "ns=2;s=x"),
        ([True, 2], [True, 2]),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
    ],
)
def test_other_values_become_plain(value, plain):
    assert same(wire.plain(value), plain)
