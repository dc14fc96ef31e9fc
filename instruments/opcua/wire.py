"""Notifications straight from the bytes of a PublishResponse to readings.

asyncua decodes every notification into four nested objects with two date-times; at thousands a second that is most
of a logger's work. Here a scalar with its status and time stamps is one ``struct`` call. The layout is that of
OPC 10000-6, 5.2.2.16 (Variant) and 5.2.2.17 (DataValue); whatever is not a plain number or truth value goes through
asyncua's own decoder, which is also what the tests compare with.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asyncua import ua
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary, variant_from_binary

from instruments.base import NO_TIME

# The tuple of an ``instruments.base.Reading``.
Row = tuple[int, int, int, int, Any, int]

# Client handle of the server's clock, by which the logger sees that data flow; no tag has it.
HEARTBEAT = 0xFFFF_FFFE

# OPC-UA counts 100 ns from 1601, the record counts ns from 1970.
_EPOCH = 116_444_736_000_000_000
_TICK_NS = 100
_NAN = float("nan")

_VALUE, _STATUS, _SOURCE, _SERVER, _SOURCE_PICO, _SERVER_PICO = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
# Variant type -> struct code, for the scalars a double or an integer holds.
_SCALARS = {1: "?", 2: "b", 3: "B", 4: "h", 5: "H", 6: "i", 7: "I", 8: "q", 9: "Q", 10: "f", 11: "d"}
# Stands for what the message leaves out, at the end of the fields read: time, status.
_ABSENT = (_EPOCH, 0)

_DATA_CHANGE = int(ua.ObjectIds.DataChangeNotification_Encoding_DefaultBinary)
_STATUS_CHANGE = int(ua.ObjectIds.StatusChangeNotification_Encoding_DefaultBinary)


@dataclass(slots=True)
class Notification:
    """What one publish response or republish response brought.

    Attributes:
        subscription: its id, 0 if the server has none left.
        sequence: number of the message; that of the next one in a keep-alive.
        published_ns: when the server sent it, ns UTC.
        more: the server has more to send at once.
        rows: readings in the order sent; the tag is the client handle.
        status: a change of the subscription's own status, such as ``BadTimeout`` when it expired; else None.
        available: sequence numbers the server holds for republishing.
        data: it carries something; without, it is a keep-alive.
        beat_ns: the server's clock, if the item ``HEARTBEAT`` was among the notifications.
    """

    subscription: int = 0
    sequence: int = 0
    published_ns: int = NO_TIME
    more: bool = False
    rows: list[Row] = field(default_factory=list)
    status: int | None = None
    available: tuple[int, ...] = ()
    data: bool = False
    beat_ns: int = NO_TIME


def to_ns(ticks: int) -> int:
    """Time stamp of the wire in ns since 1970; ``NO_TIME`` where there is none."""
    return (ticks - _EPOCH) * _TICK_NS if ticks > _EPOCH else NO_TIME


def from_datetime(moment: datetime | None) -> int:
    """Asyncua's date-time (UTC, with or without its zone) in ns since 1970."""
    if moment is None:
        return NO_TIME
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    delta = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return max(NO_TIME, ((delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1000)


def to_datetime(ns: int) -> datetime:
    """Nanoseconds since 1970 as asyncua wants them."""
    return datetime.fromtimestamp(ns // 1000 / 1e6, UTC)


def _layouts() -> dict[int, tuple[struct.Struct, int, int, int, int]]:
    """(mask << 8 | variant type) -> struct, size, and where status, source and server time are in its fields."""
    found = {}
    for mask in range(_VALUE, 0x40, 2):
        for code, letter in _SCALARS.items():
            form, count = "<IBB" + letter, 4
            place = {"status": -1, "source": -2, "server": -2}
            for bit, letters, what in (
                (_STATUS, "I", "status"),
                (_SOURCE, "q", "source"),
                (_SOURCE_PICO, "H", ""),
                (_SERVER, "q", "server"),
                (_SERVER_PICO, "H", ""),
            ):
                if mask & bit:
                    form += letters
                    if what:
                        place[what] = count
                    count += 1
            layout = struct.Struct(form)
            found[mask << 8 | code] = (
                layout, layout.size, place["status"], place["source"], place["server"]
            )  # fmt: skip
    return found


_LAYOUTS = _layouts()
_UINT = struct.Struct("<I")
_INT = struct.Struct("<i")
_LONG = struct.Struct("<q")
_SHORT = struct.Struct("<H")
# What follows the value, in the order of the standard.
_TAIL = ((_STATUS, _UINT), (_SOURCE, _LONG), (_SOURCE_PICO, _SHORT), (_SERVER, _LONG), (_SERVER_PICO, _SHORT))


def publish_response(raw: bytes, receive_ns: int) -> Notification:
    """A PublishResponse.

    Args:
        raw: the body of the message, from the type id of the response on.
        receive_ns: goes into the readings.

    Raises:
        ua.UaError: it cannot be decoded.
    """
    buffer = ua.utils.Buffer(raw)
    nodeid_from_binary(buffer)
    struct_from_binary(ua.ResponseHeader, buffer)
    at = len(raw) - len(buffer)
    found = Notification(subscription=_UINT.unpack_from(raw, at)[0])
    count = _INT.unpack_from(raw, at + 4)[0]
    at += 8
    if count > 0:
        found.available = struct.unpack_from(f"<{count}I", raw, at)
        at += 4 * count
    found.more = bool(raw[at])
    _message(raw, at + 1, receive_ns, found)
    return found


def republish_response(raw: bytes, receive_ns: int) -> Notification:
    """A RepublishResponse; an empty one (no data) is how some servers say that they no longer have the message."""
    buffer = ua.utils.Buffer(raw)
    nodeid_from_binary(buffer)
    struct_from_binary(ua.ResponseHeader, buffer)
    found = Notification()
    _message(raw, len(raw) - len(buffer), receive_ns, found)
    return found


def _message(raw: bytes, at: int, receive_ns: int, found: Notification) -> None:
    found.sequence = _UINT.unpack_from(raw, at)[0]
    found.published_ns = to_ns(_LONG.unpack_from(raw, at + 4)[0])
    parts = _INT.unpack_from(raw, at + 12)[0]
    at += 16
    for _ in range(parts):
        buffer = ua.utils.Buffer(raw, at)
        kind = nodeid_from_binary(buffer)
        at = len(raw) - len(buffer)
        length = _INT.unpack_from(raw, at + 1)[0] if raw[at] else 0
        at += 5 if raw[at] else 1
        found.data = True
        if kind.NamespaceIndex == 0 and kind.Identifier == _DATA_CHANGE:
            count = _INT.unpack_from(raw, at)[0]
            _data_changes(raw, at + 4, count, receive_ns, found)
        elif kind.NamespaceIndex == 0 and kind.Identifier == _STATUS_CHANGE:
            found.status = _UINT.unpack_from(raw, at)[0]
        at += length


def _data_changes(raw: bytes, at: int, count: int, receive_ns: int, found: Notification) -> None:
    layouts, append = _LAYOUTS, found.rows.append
    for _ in range(count):
        mask = raw[at + 4]
        known = layouts.get(mask << 8 | raw[at + 5])
        if known is None:
            one, at = _other(raw, at, receive_ns)
            if one[0] == HEARTBEAT:
                found.beat_ns = receive_ns
            else:
                append(one)
            continue
        layout, size, status, source, server = known
        fields = layout.unpack_from(raw, at) + _ABSENT
        source_ns = (fields[source] - _EPOCH) * _TICK_NS
        server_ns = (fields[server] - _EPOCH) * _TICK_NS
        append((
            fields[0],
            source_ns if source_ns > 0 else NO_TIME,
            server_ns if server_ns > 0 else NO_TIME,
            receive_ns,
            fields[3],
            fields[status],
        ))  # fmt: skip
        at += size


def _other(raw: bytes, at: int, receive_ns: int) -> tuple[Row, int]:
    """A notification that is no plain scalar: its value through asyncua's decoder; also where the next one starts.

    The fields after the value are read here: asyncua 2.1 expects the picoseconds at another place than the standard.
    """
    handle, mask = _UINT.unpack_from(raw, at)[0], raw[at + 4]
    buffer = ua.utils.Buffer(raw, at + 5)
    value = plain(variant_from_binary(buffer).Value) if mask & _VALUE else _NAN
    at = len(raw) - len(buffer)
    fields = {_STATUS: 0, _SOURCE: 0, _SERVER: 0, _SOURCE_PICO: 0, _SERVER_PICO: 0}
    for bit, form in _TAIL:
        if mask & bit:
            fields[bit] = form.unpack_from(raw, at)[0]
            at += form.size
    return (handle, to_ns(fields[_SOURCE]), to_ns(fields[_SERVER]), receive_ns, value, fields[_STATUS]), at


def row(handle: int, value: ua.DataValue, receive_ns: int) -> Row:
    """A DataValue of asyncua as a reading."""
    status = value.StatusCode.value if value.StatusCode is not None else 0
    return (
        handle,
        from_datetime(value.SourceTimestamp),
        from_datetime(value.ServerTimestamp),
        receive_ns,
        plain(value.Value.Value) if value.Value is not None else _NAN,
        int(status),
    )


def plain(value: Any) -> Any:
    """A value of OPC-UA as a number, truth value, text, bytes or list of them."""
    if value is None:
        return _NAN
    if isinstance(value, (bool, int, float, str, bytes)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, ua.LocalizedText):
        return value.Text or ""
    if isinstance(value, ua.StatusCode):
        return int(value.value)
    if isinstance(value, (ua.NodeId, ua.QualifiedName)):
        return value.to_string()
    return str(value)
