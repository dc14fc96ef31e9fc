"""Where readings that came in two ways meet (record, history, subscription): each of them is booked once.

A reading is known by its time, value and status. Archives keep less of the time than a subscription tells: some cut or
round it to milliseconds, and asyncua's own date-times to microseconds; two times that differ by less than the coarser
of both ways can tell are the same. Readings that are alike in everything are counted: what is twice in the archive and
once in the record is once missing.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from instruments.status import Status, bad

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from instruments.opcua.wire import Row

MILLISECOND = 1_000_000
_MICROSECOND = 1000
# Severity and subcode of a status; the bits below tell how a value came here (queue, archive), not what it is.
_CODE = 0xFFFF_0000


@dataclass(frozen=True)
class Span:
    """A time for which values of a tag may be missing.

    Attributes:
        start_ns: values are whole up to here.
        end_ns: and from here on.
        known_ns: time of the last reading before, 0 if there is none.
        told: a reading came at the end; else it is the time up to which other tags have come.
    """

    start_ns: int
    end_ns: int
    known_ns: int = 0
    told: bool = True

    @property
    def since_ns(self) -> int:
        """From when an archive has to be read so that it can be seen to join on."""
        return min(self.known_ns or self.start_ns, self.start_ns)


def moment(row: Row) -> int:
    """Time of a reading, ns: of the source, else of the server, else of the receipt."""
    return row[1] or row[2] or row[3]


def content(row: Row) -> tuple[Hashable, int]:
    """Value and status as they are in the record."""
    value, status = row[4], row[5]
    if bad(status) or value is None:
        return None, status & _CODE
    if isinstance(value, (bool, int, float)):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            return None, (Status.BadOutOfRange if not status & _CODE else status) & _CODE
        return number, status & _CODE
    return _text(value), status & _CODE


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = {"bytes": value.hex()}
    if isinstance(value, (list, tuple)):
        value = [_text(one) if isinstance(one, (bytes, list, tuple)) else _finite(one) for one in value]
    return repr(value)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def grain(*ways: Sequence[Row]) -> int:
    """Times of readings closer than this are the same, ns: as exact as the coarsest of the ways they came."""
    coarse = any(way and all(moment(row) % MILLISECOND == 0 for row in way) for way in ways)
    return MILLISECOND if coarse else _MICROSECOND


def unrecorded(rows: Sequence[Row], held: Sequence[Row]) -> list[Row]:
    """The readings that are not among those held already, in their order.

    Args:
        rows: from an archive or a subscription.
        held: what is in the record around them.
    """
    limit = grain(rows, held)
    known: dict[tuple[int, Hashable, int], list[int]] = defaultdict(list)
    for row in held:
        known[row[0], *content(row)].append(moment(row))
    places: dict[tuple[int, Hashable, int], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row[0], *content(row)].append(place)
    new: list[int] = []
    for key, some in places.items():
        new += _unmatched([(moment(rows[place]), place) for place in some], known.get(key, []), limit)
    return [rows[place] for place in sorted(new)]


def _unmatched(timed: Sequence[tuple[int, int]], times: Sequence[int], limit: int) -> list[int]:
    """Of (time, place) those whose time is not among the times; each of these counts once."""
    exact = Counter(times)
    rest = []
    for time, place in timed:
        if exact[time]:
            exact[time] -= 1
        else:
            rest.append((time, place))
    left, at, new = sorted(exact.elements()), 0, []
    for time, place in sorted(rest):
        while at < len(left) and time - left[at] >= limit:
            at += 1
        if at < len(left) and left[at] - time < limit:
            at += 1
        else:
            new.append(place)
    return new


def uncovered(span: Span, archive: Sequence[Row]) -> list[tuple[int, int]]:
    """The parts of a span an archive says nothing of: before its first and behind its last reading.

    An archive that was started anew with its server begins in the middle of the gap, one that is written late ends
    there; only one that joins on at both ends proves that nothing is missing between.

    Args:
        span: of a tag.
        archive: its readings from ``span.since_ns`` to the end, a grain more on either side.

    Returns:
        start and end of each, ns.
    """
    if not archive:
        return [(span.start_ns, span.end_ns)]
    first, last = min(map(moment, archive)), max(map(moment, archive))
    found = []
    if first - span.start_ns >= MILLISECOND:
        found.append((span.start_ns, min(first, span.end_ns)))
    if span.told and span.end_ns - last >= MILLISECOND:
        found.append((max(last, span.start_ns), span.end_ns))
    return found
