"""What goes wrong, and when: faults of single values and of the server, on a plan that anybody can write down."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from instruments.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from instruments.simulated.sensors import Sensor

# Of one value: no value with a status; the value of its beginning; an added value; one value far off; the variable
# is taken away. Of the server: every connection is cut once; nothing is measured any more while the server runs.
Kind = Literal["bad", "stuck", "offset", "spike", "missing", "cut", "halt"]


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        kind: see ``Kind``.
        start: simulated seconds after the start.
        duration: how long, s; without meaning for ``cut``.
        tag: which value; empty for the faults of the server.
        value: what ``offset`` and ``spike`` add, in the unit of the tag.
        status: what ``bad`` reports.
    """

    kind: Kind
    start: float
    duration: float = math.inf
    tag: str = ""
    value: float = 0.0
    status: int = Status.BadSensorFailure

    def on(self, elapsed: float) -> bool:
        """Whether it lasts at this time."""
        return self.start <= elapsed < self.start + self.duration


class Distortion:
    """Turns true values into what is offered: the sensor's errors first, then the faults of the plan.

    Args:
        sensors: tag -> what its instrument makes of the truth; tags left out are shown as they are.
        faults: the plan.
    """

    def __init__(self, sensors: Mapping[str, Sensor], faults: Sequence[Fault] = ()) -> None:
        self._sensors = dict(sensors)
        self._faults = [fault for fault in faults if fault.tag]
        self._held: dict[Fault, float] = {}

    def show(self, tag: str, true: Mapping[str, float], elapsed: float, number: int) -> tuple[float, int]:
        """Value and status shown.

        Args:
            tag: its name.
            true: the true values at this time.
            elapsed: simulated seconds since the start.
            number: of the tick, for the noise.
        """
        sensor = self._sensors.get(tag)
        value = sensor.read(lambda _: true, elapsed, number) if sensor else true[tag]
        status = int(Status.Good)
        for fault in self._faults:
            if fault.tag != tag or not fault.on(elapsed):
                continue
            if fault.kind == "bad":
                value, status = math.nan, int(fault.status)
            elif fault.kind == "stuck":
                value = self._held.setdefault(fault, value)
            elif fault.kind in ("offset", "spike"):
                value += fault.value
        return value, status
