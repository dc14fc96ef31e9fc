"""A recording to look at."""

from __future__ import annotations

import pytest

from instruments.base import SECOND, Batch, Cause, Gap, Link, now_ns
from instruments.dashboard.view import View
from instruments.inbox import hand_in
from instruments.status import Status
from tests.instruments.dashboard.page import STATION, note_booked


@pytest.fixture
def running(recorder, station, batch, until):
    """A recorder with some temperatures, a bad pressure, a weight, a gap and a note."""
    found = recorder(given=station(STATION))
    now = now_ns()
    done = []
    found.report("plc", Link.connected)
    found.report("balance", Link.connected)
    gap = Gap("plc", now - 40 * SECOND, now - 30 * SECOND, Cause.link, detail="cable")
    found.put(batch([20.0 + i for i in range(10)], start=now - 60 * SECOND, step=SECOND))
    found.put(Batch("plc", [(1, now, 0, now, 1.0, Status.BadSensorFailure)], gaps=[gap]))
    found.put(Batch("balance", [(2, 0, 0, now, 5.25, 0)]))
    hand_in(found.run, "<b>pump</b> changed", author="Sato")
    until(
        lambda: (
            any(
                e.text.get("events") and e.text["events"][0]["kind"] == "note"
                for e in View(found.run.path)._tail.poll()
            )
            or note_booked(found)
        )
    )
    found.put(batch([30.0], start=now, durable=lambda: done.append(1)))
    until(lambda: done)
    return found
