"""HistoryRead after an outage: what the server's own archive has of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from asyncua import ua

from instruments.base import SECOND, now_ns
from instruments.opcua.nodes import pieces
from instruments.opcua.wire import Row, row, to_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from instruments.opcua.session import Connection

_PIECE = 20
_MOST_ROUNDS = 1000
# Nobody fetches more than this at once, s.
LONGEST = 60.0


async def backfill(
    connection: Connection, wanted: Mapping[int, tuple[ua.NodeId, int, int]], seconds: float = LONGEST
) -> dict[int, list[Row]]:
    """Values of the past between two times, both left out.

    Args:
        connection: open.
        wanted: number of the tag -> (node, start, end), ns.
        seconds: give up after so long; tags not finished by then are left out.

    Returns:
        Number of the tag -> readings, for every tag whose history was read to its end and held anything.
    """
    found: dict[int, list[Row]] = {}
    try:
        async with asyncio.timeout(seconds):
            by_time: dict[tuple[int, int], list[int]] = {}
            for number, (_, start, end) in wanted.items():
                by_time.setdefault((start, end), []).append(number)
            for (start, end), numbers in by_time.items():
                for some in pieces(numbers, _PIECE):
                    found |= await _read(connection, {number: wanted[number][0] for number in some}, start, end)
    except (TimeoutError, ua.UaError, OSError):
        pass  # What was read to its end counts; the rest stays a gap.
    return found


async def _read(connection: Connection, nodes: Mapping[int, ua.NodeId], start: int, end: int) -> dict[int, list[Row]]:
    rows: dict[int, list[Row]] = {number: [] for number in nodes}
    open_points: dict[int, bytes | None] = dict.fromkeys(nodes)
    done: dict[int, list[Row]] = {}
    for _ in range(_MOST_ROUNDS):
        details = ua.ReadRawModifiedDetails()
        details.IsReadModified = False
        details.StartTime = to_datetime(start)
        details.EndTime = to_datetime(end + SECOND // 1000)
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
            rows[number] += [one for one in (row(number, value, at) for value in values) if start < one[1] < end]
            if result.ContinuationPoint:
                open_points[number] = result.ContinuationPoint
            elif rows[number]:
                done[number] = rows[number]
        if not open_points:
            return done
    return done
