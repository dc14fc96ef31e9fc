"""HistoryRead after an outage: what the server's own archive has of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from asyncua import ua

from instruments.base import SECOND, now_ns
from instruments.opcua.nodes import pieces
from instruments.opcua.seam import MILLISECOND, moment
from instruments.opcua.wire import Row, row, to_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from instruments.opcua.seam import Span
    from instruments.opcua.session import Connection

_PIECE = 20
_MOST_ROUNDS = 1000
# Tags whose gaps began within so long are asked for together, ns.
_NEAR = 10 * SECOND
# Nobody fetches more than this at once, s.
LONGEST = 60.0


async def backfill(
    connection: Connection, wanted: Mapping[int, tuple[ua.NodeId, Span]], seconds: float = LONGEST
) -> dict[int, list[Row]]:
    """What the archive has of spans that values may be missing of, both ends included.

    Args:
        connection: open.
        wanted: number of the tag -> (node, span).
        seconds: give up after so long; tags not finished by then are left out.

    Returns:
        Number of the tag -> readings from ``span.since_ns`` to the end, where the archive was read to its end.
    """
    found: dict[int, list[Row]] = {}
    try:
        async with asyncio.timeout(seconds):
            near: dict[int, list[int]] = {}
            for number, (_, span) in wanted.items():
                near.setdefault(span.since_ns // _NEAR, []).append(number)
            for numbers in near.values():
                for some in pieces(numbers, _PIECE):
                    spans = [wanted[number][1] for number in some]
                    start, end = min(span.since_ns for span in spans), max(span.end_ns for span in spans)
                    rows = await _read(connection, {number: wanted[number][0] for number in some}, start, end)
                    found |= {number: _within(wanted[number][1], there) for number, there in rows.items()}
    except (TimeoutError, ua.UaError, OSError):
        pass  # What was read to its end counts; the rest stays a gap.
    return found


def _within(span: Span, rows: list[Row]) -> list[Row]:
    start, end = span.since_ns - MILLISECOND, span.end_ns + MILLISECOND
    return [row for row in rows if start <= moment(row) <= end]


async def _read(connection: Connection, nodes: Mapping[int, ua.NodeId], start: int, end: int) -> dict[int, list[Row]]:
    rows: dict[int, list[Row]] = {number: [] for number in nodes}
    open_points: dict[int, bytes | None] = dict.fromkeys(nodes)
    done: dict[int, list[Row]] = {}
    for _ in range(_MOST_ROUNDS):
        details = ua.ReadRawModifiedDetails()
        details.IsReadModified = False
        details.StartTime = to_datetime(start - 2 * MILLISECOND)
        details.EndTime = to_datetime(end + 2 * MILLISECOND)
        details.NumValuesPerNode = 0
        details.ReturnBounds = False
        parameters = ua.HistoryReadParameters()
        parameters.HistoryReadDetails = details
        parameters.ReleaseContinuationPoints = False
        parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        parameters.NodesToRead = [
            ua.HistoryReadValueId(NodeId=nodes[number], ContinuationPoint=point)
            for number, point in open_points.items()
        ]
        results = await connection.session.history_read(parameters)
        asked, open_points = list(open_points), {}
        for number, result in zip(asked, results, strict=True):
            if result.StatusCode.is_bad():
                continue
            values = getattr(result.HistoryData, "DataValues", None) or []
            at = now_ns()
            rows[number] += [_stamped(one) for one in (row(number, value, at) for value in values) if one[1] or one[2]]
            if result.ContinuationPoint:
                open_points[number] = result.ContinuationPoint
            else:
                done[number] = rows[number]
        if not open_points:
            return done
    return done


def _stamped(found: Row) -> Row:
    """An old value without the source's time stamp is of the server's, not of the time at which it was asked for."""
    return found if found[1] else (found[0], found[2], *found[2:])
