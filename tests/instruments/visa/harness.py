"""Stations with simulated instruments, a sink that keeps what it is given, and the truth to hold it against."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Self

from hydromet.source import load_text
from instruments.base import Batch, Event, Gap, Link, Reading, Resume
from instruments.registry import make
from instruments.simulated.instruments import KINDS
from instruments.simulated.sensors import Sensor
from instruments.station import check
from instruments.status import bad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from instruments.simulated.instruments import Instrument
    from instruments.simulated.serve import Server

# Driver -> options, and channel -> (what one count is worth, unit of its tag). Every measurement counts one up, so that
# each value is sent once in a lifetime and tells when it was measured.
PLANS: Mapping[str, tuple[str, Mapping[str, tuple[float, str]]]] = {
    "mt_sics": ("{}", {"weight": (0.01, "g")}),
    "scpi_supply": ("{}", {"voltage": (0.001, "V"), "current": (0.001, "A")}),
    "daq970a": ("{channels: [101, 102]}", {"101": (0.5, "degC"), "102": (0.5, "degC")}),
    "ismatec": ("{}", {"speed": (0.01, "rpm"), "flow": (1.0, "mL/min")}),
    "seven_ph": ("{}", {"pH": (0.001, ""), "temperature": (0.1, "degC")}),
    "generic_scpi": ('{queries: {level: "READ:LEVEL?"}}', {"level": (1.0, "mm")}),
}


def counting(driver: str) -> Instrument:
    """A simulated instrument that counts."""
    counter = itertools.count(1000)
    sensors = {channel: Sensor("n", factor=worth) for channel, (worth, _) in PLANS[driver][1].items()}
    return KINDS[driver](sensors, lambda _: {"n": float(next(counter))})


def station(driver: str, resource: str, *, timeout: float = 0.25, interval: float = 0.02, more: str = "") -> Any:
    """A station file with one instrument, checked."""
    options, channels = PLANS[driver]
    tags = "".join(
        f'  t_{channel}: {{source: unit, channel: "{channel}", unit: "{unit}"}}\n'
        for channel, (_, unit) in channels.items()
    )
    text = (
        "station: 1\nname: test\nvisa:\n  unit:\n"
        f"    resource: {resource}\n    driver: {driver}\n    options: {options}\n"
        f"    timeout: {timeout} s\n    interval: {interval} s\n{more}tags:\n{tags}"
    )
    return check(load_text(text, "station.yaml"))


@dataclass
class Kept:
    """A sink that keeps everything."""

    readings: list[Reading] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    links: list[tuple[Link, str]] = field(default_factory=list)
    full: bool = False

    def put(self, batch: Batch) -> bool:
        if self.full:
            return False
        self.gaps += batch.gaps
        self.events += batch.events
        self.readings += [Reading(*each) for each in batch.readings]
        return True

    def wait_for_room(self, seconds: float) -> bool:  # noqa: ARG002
        return True

    def report(self, source: str, link: Link, detail: str = "") -> None:  # noqa: ARG002
        if not self.links or self.links[-1] != (link, detail):
            self.links.append((link, detail))

    def durable_sequence(self, stream: str) -> int:  # noqa: ARG002
        return 0

    @property
    def good(self) -> list[Reading]:
        return [each for each in self.readings if not bad(each.status)]


class Running:
    """A source in its thread, as the recorder runs it."""

    def __init__(self, station: Any, *, last_ns: int = 0) -> None:
        self.tags = {name: number for number, name in enumerate(station.file.tags)}
        self.channels = {number: station.file.tags[name].channel for name, number in self.tags.items()}
        self.sink = Kept()
        self.source = make(station, "unit")
        self._stop = Flag()
        resume = Resume(self.tags, last_ns, last_ns, {}, "")
        self.trouble: list[BaseException] = []

        def run() -> None:
            try:
                self.source.run(self.sink, resume, self._stop)
            except BaseException as error:  # told by the test
                self.trouble.append(error)

        self._thread = Thread(target=run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20.0)
        assert not self._thread.is_alive()
        assert not self.trouble, self.trouble

    def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait for something; it must come to pass."""
        end = monotonic() + seconds
        while not condition():
            assert monotonic() < end, (self.sink.links[-5:], len(self.sink.readings), self.trouble)
            sleep(0.005)

    def more(self, count: int = 4, seconds: float = 60.0) -> float:
        """Wait for so many more usable readings; the seconds until the first of them."""
        before, begun = len(self.sink.good), monotonic()
        self.until(lambda: len(self.sink.good) > before, seconds)
        waited = monotonic() - begun
        self.until(lambda: len(self.sink.good) >= before + count, seconds)
        return waited


def assert_true(running: Running, server: Server, driver: str, *, longest: float = 5.0) -> int:
    """Every usable reading is the newest measurement of its channel when it was booked, and was booked once.

    Returns:
        number of usable readings.
    """
    digits = 3
    truth: dict[str, list[tuple[float, int]]] = {}
    for channel, value, when in list(server.instrument.sent):
        truth.setdefault(channel, []).append((round(value, digits), when))
    booked: set[tuple[str, float]] = set()
    for reading in running.sink.good:
        channel = running.channels[reading.tag]
        if channel not in truth:
            continue
        newest, when = max((t for t in truth[channel] if t[1] <= reading.receive_ns), key=lambda t: t[1])
        value = round(float(reading.value), digits)
        assert value == newest, f"{channel}: {value} booked where {newest} was measured"
        assert reading.receive_ns - when < longest * 1e9, (
            f"{channel}: {value} is {(reading.receive_ns - when) / 1e9} s old"
        )
        assert (channel, value) not in booked, f"{channel}: {value} booked twice"
        booked.add((channel, value))
    for reading in running.sink.readings:
        assert bad(reading.status) == math.isnan(reading.value), reading
    return len(booked)
