"""Recording a station: every source in a thread under a supervisor, until somebody says stop."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from hydromet.errors import DeviceError, HydrometError, UserError
from instruments import registry
from instruments.base import Batch, Event, Link
from instruments.kept_out import KeptOut
from instruments.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path

    from instruments.base import Source
    from instruments.station import Station

log = logging.getLogger("instruments.runner")
# Pauses before a source is started again, s; a refusal does not mend itself within seconds.
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
_REFUSED = 30.0
# A source that ran for so long was well: the pauses begin anew, s.
_WELL = 60.0
# Longest wait for a source to let go of its device at the end, s.
_LEAVING = 15.0


@dataclass(frozen=True)
class Outcome:
    """How a recording ended.

    Attributes:
        readings: in the record now.
        batches: likewise.
        given_up: values that could not be written before the end.
        silent: sources that delivered nothing since this start.
    """

    readings: int
    batches: int
    given_up: int
    silent: tuple[str, ...] = field(default=())


class Supervisor(Thread):
    """Runs a source, and runs it again if it returns or fails.

    Args:
        source: made for the first run; a fresh one is made for every further.
        station: to make it from.
        recorder: where it delivers.
        stop: when to end.
    """

    def __init__(self, source: Source, station: Station, recorder: Recorder, stop: Flag) -> None:
        super().__init__(name=f"source {source.name}", daemon=True)
        self._source: Source | None = source
        self._label = source.name
        self._station = station
        self._recorder = recorder
        self._stopping = stop
        self._refusal = ""
        self._sink = KeptOut(recorder, source.name, recorder.run.state(source.name))

    def run(self) -> None:
        """Until the end; called by ``start``."""
        failures = 0
        while not self._stopping.is_set():
            began = monotonic()
            pause = self._once(failures)
            failures = 0 if monotonic() - began > _WELL else failures + 1
            if self._stopping.wait(pause):
                break
        self._sink.ended()
        self._recorder.report(self._label, Link.stopped)

    def _once(self, failures: int) -> float:
        """One life of the source; the pause before the next, s."""
        pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
        try:
            source = self._source or registry.make(self._station, self._label)
            self._source = None
            self._recorder.report(self._label, Link.starting)
            source.run(self._sink, self._recorder.resume(self._label), self._stopping)
        except UserError as error:
            told = f"{error.code}, {error.read}; expected {error.expected}; hydromet explain {error.code}"
            self._recorder.report(self._label, Link.refused, told)
            delivered = bool(self._recorder.memory.sources.get(self._label, 0))
            self._sink.refused(f"{error.code}, {error.read}", delivered=delivered)
            if told != self._refusal:
                self._refusal = told
                self._recorder.put(Batch(self._label, events=(Event("refused", self._label, text=told),)))
            return _REFUSED
        except Exception as error:
            log.exception("%s: the source failed", self._label)
            self._recorder.report(self._label, Link.disconnected, f"{type(error).__name__}: {error}")
        else:
            if not self._stopping.is_set():
                self._recorder.report(self._label, Link.disconnected, "the source ended")
        return pause


def record(station: Station, folder: str | Path, stop: Flag, seconds: float | None = None) -> Outcome:
    """Record until ``stop`` is set or the time is over.

    Args:
        station: what.
        folder: of the run; a run that is there is gone on with.
        stop: set by whoever ends it.
        seconds: for how long; without it until ``stop``.

    Raises:
        DeviceError: E040 a package is missing, E042 another logger writes here; what a source finds wrong at once.
        StationError: E030 to E032, the folder; UserErrors: mistakes in the station file, nothing was opened then.
    """
    sources = [_had(source) for source in registry.make_all(station).values()]
    recorder = Recorder(folder, station)
    before = dict(recorder.memory.sources)
    recorder.start()
    threads = [Supervisor(source, station, recorder, stop) for source in sources]
    for thread in threads:
        thread.start()
    notify("READY=1")
    end = None if seconds is None else monotonic() + seconds
    while not stop.wait(1.0 if end is None else max(0.0, min(1.0, end - monotonic()))):
        if recorder.failed or (end is not None and monotonic() >= end):
            break
        # The watchdog of the service manager hears nothing while the disk hangs.
        if recorder.alive:
            notify(f"WATCHDOG=1\nSTATUS={recorder.status()['state']}, {recorder.memory.rows} readings")
    notify("STOPPING=1")
    stop.set()
    for thread in threads:
        thread.join(_LEAVING)
        if thread.is_alive():
            log.warning("%s does not let go of its device", thread.name)
    failed = recorder.failed
    given_up = recorder.stop()
    if failed:
        raise HydrometError(failed)
    after = recorder.memory.sources
    measured = [name for name in station.sources if station.kind(name) != "laboratory"]
    silent = tuple(name for name in measured if after.get(name, 0) == before.get(name, 0))
    return Outcome(recorder.memory.rows, recorder.memory.last, given_up, silent)


def _had(source: Source | DeviceError) -> Source:
    if isinstance(source, DeviceError):
        raise source
    return source


def notify(message: str) -> None:
    """Tell systemd, where it runs the logger as a service of type notify."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(name)
        channel.sendall(message.encode())
