"""The log on disk: frames with a checksum, appended; format ``hydromet-log/1``.

A frame is marker (4 bytes), kind (1), three zeros, length of the payload (4), number (8), CRC-32 of all that and the
payload (4), payload; little endian. The payload of a batch is the length of its text (4), the text (JSON: source,
stream, sequence, gaps, events, texts, results) and rows of 40 bytes. Batches are numbered 1, 2, 3 ... over the whole
run, so that a missing one shows. After damage reading goes on at the next frame whose checksum is right.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from itertools import starmap
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from instruments.base import Batch

FORMAT = "hydromet-log/1"
MARKER = b"\x9eHML"
_HEAD = struct.Struct("<4sB3sIQI")
_ZEROS = bytes(3)
_BEFORE_CRC = struct.Struct("<BIQ")
_ROW = struct.Struct("<IqqqdI")
_LENGTH = struct.Struct("<I")
ROW = np.dtype(
    {
        "names": ["tag", "source_ns", "server_ns", "receive_ns", "value", "status"],
        "formats": ["<u4", "<i8", "<i8", "<i8", "<f8", "<u4"],
    }
)
# A frame cannot be longer: a torn length is not followed into the rest of the file.
_LONGEST = 1 << 30
# Field of a reading that holds its value, its status.
_VALUE, _STATUS = 4, 5
# Times beyond this, such as the year 9999 of a server that has none, count as no time.
_LATEST = (1 << 63) - 1


class Kind(IntEnum):
    """What a frame holds."""

    header = 1
    batch = 2


# The byte behind the marker; nothing where the cut is there.
_KINDS = (b"", *(bytes([kind]) for kind in Kind))


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as read.

    Attributes:
        kind, number: a header has the number of the last batch before it.
        text: its JSON part.
        rows: readings, dtype ``ROW``.
        end: offset behind it.
    """

    kind: Kind
    number: int
    text: dict[str, Any]
    rows: NDArray[Any] = field(repr=False)
    end: int = 0


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no frame.

    Attributes:
        start, end: offsets.
        tail: nothing readable comes behind.
        cut: it looks as a write does that was cut off: the beginning of a frame, and no more.
    """

    start: int
    end: int
    tail: bool
    cut: bool = False


def encode(kind: Kind, number: int, payload: bytes) -> bytes:
    """A frame."""
    crc = zlib.crc32(payload, zlib.crc32(_BEFORE_CRC.pack(kind, len(payload), number)))
    return _HEAD.pack(MARKER, kind, _ZEROS, len(payload), number, crc) + payload


def encode_header(number: int, text: dict[str, Any]) -> bytes:
    """The frame that begins every piece."""
    return encode(Kind.header, number, _with_text(text))


def encode_batch(number: int, batch: Batch) -> tuple[bytes, NDArray[Any]]:
    """A batch as a frame, and its rows."""
    rows, texts = pack(batch.readings)
    text: dict[str, Any] = {"source": batch.source}
    if batch.stream:
        text |= {"stream": batch.stream, "sequence": batch.sequence}
    for name, value in (
        ("gaps", [asdict(gap) for gap in batch.gaps]),
        ("events", [_plain_event(event) for event in batch.events]),
        ("texts", texts),
        ("results", [dict(result) for result in batch.results]),
    ):
        if value:
            text[name] = value
    return encode(Kind.batch, number, _with_text(text) + rows.tobytes()), rows


def pack(readings: Any) -> tuple[NDArray[Any], list[list[Any]]]:
    """Readings as rows, and those that are no numbers as lists. Bad values become NaN here, whoever made them."""
    texts: list[list[Any]] = []
    try:
        raw = b"".join(starmap(_ROW.pack, readings))
    except (struct.error, TypeError, ValueError, OverflowError):
        raw = b"".join(_each(readings, texts))
    rows = np.frombuffer(bytearray(raw), ROW)
    bad = rows["status"] >= Status.Bad
    odd = ~bad & ~np.isfinite(rows["value"])
    rows["value"][bad | odd] = np.nan
    rows["status"][odd] = Status.BadOutOfRange
    return rows, texts


def _each(readings: Any, texts: list[list[Any]]) -> Iterator[bytes]:
    for reading in readings:
        tag, source_ns, server_ns, receive_ns, value, status = reading
        times = (int(tag), *(int(ns) if abs(ns) <= _LATEST else 0 for ns in (source_ns, server_ns, receive_ns)))
        if value is None:
            value, status = np.nan, status or Status.BadNoData
        try:
            yield _ROW.pack(*times, float(value) if not isinstance(value, str | bytes) else value, status)
        except (struct.error, TypeError, ValueError, OverflowError):
            texts.append([*times, _jsonable(value), int(status)])


def _jsonable(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list | tuple):
        return [_jsonable(each) for each in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _plain_event(event: Any) -> dict[str, Any]:
    found = {"kind": event.kind, "source": event.source, "time_ns": event.time_ns, "text": event.text}
    if event.data:
        found["data"] = dict(event.data)
    return found


def _with_text(text: dict[str, Any]) -> bytes:
    encoded = json.dumps(text, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")
    return _LENGTH.pack(len(encoded)) + encoded


def scan(content: bytes, start: int = 0) -> Iterator[Frame | Damage]:
    """The frames of a piece, and what is damaged between them.

    Args:
        content: of the file.
        start: offset of a frame.
    """
    at = start
    while at < len(content):
        frame = _frame(content, at)
        if frame is None:
            following = _following(content, at + 1)
            if following is None:
                yield Damage(at, len(content), tail=True, cut=_cut(content[at:]))
                return
            yield Damage(at, following.end, tail=False)
            at = following.end
            continue
        yield frame
        at = frame.end


def _following(content: bytes, start: int) -> Damage | None:
    """Where the next readable frame begins."""
    at = content.find(MARKER, start)
    while at >= 0:
        if _frame(content, at) is not None:
            return Damage(start, at, tail=False)
        at = content.find(MARKER, at + 1)
    return None


def _frame(content: bytes, at: int) -> Frame | None:
    if len(content) - at < _HEAD.size:
        return None
    marker, kind, zeros, length, number, crc = _HEAD.unpack_from(content, at)
    begin = at + _HEAD.size
    end = begin + length
    if marker != MARKER or zeros != _ZEROS or length > _LONGEST or end > len(content):
        return None
    payload = memoryview(content)[begin:end]
    if zlib.crc32(payload, zlib.crc32(_BEFORE_CRC.pack(kind, length, number))) != crc:
        return None
    (size,) = _LENGTH.unpack_from(payload)
    split = _LENGTH.size + size
    text = json.loads(bytes(payload[_LENGTH.size : split]))
    return Frame(Kind(kind), number, text, np.frombuffer(payload[split:], ROW), end)


def _cut(rest: bytes) -> bool:
    """Whether bytes are the beginning of a frame whose end is missing; else somebody changed them."""
    known = MARKER + rest[len(MARKER) : len(MARKER) + 1] + _ZEROS
    if not known.startswith(rest[: len(known)]) or rest[len(MARKER) : len(MARKER) + 1] not in _KINDS:
        return False
    if len(rest) < _HEAD.size:
        return True
    _, kind, _, length, number, crc = _HEAD.unpack_from(rest)
    there = len(rest) - _HEAD.size
    # A frame that is whole but for its stated length was not cut.
    whole = zlib.crc32(rest[_HEAD.size :], zlib.crc32(_BEFORE_CRC.pack(kind, there, number))) == crc
    return there < length <= _LONGEST and not whole
