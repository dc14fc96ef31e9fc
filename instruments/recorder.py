"""The recorder: takes batches from sources, keeps them, says how it stands. One for a run, guarded by a lock."""

from __future__ import annotations

import logging
import os
import platform
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from threading import Event as Flag
from threading import Thread
from time import monotonic, monotonic_ns
from typing import TYPE_CHECKING, Any

from hydromet.errors import StationError
from instruments.base import SECOND, Cause, Event, Link, now_ns
from instruments.buffer import Buffer
from instruments.clocks import ClockWatch, synchronised
from instruments.deadband import Deadband
from instruments.disk import DiskWatch, Level
from instruments.feed import Feed
from instruments.folder import RunFolder, WriterLock
from instruments.inbox import Inbox
from instruments.memory import recall
from instruments.sealing import Sealer
from instruments.state import write_status
from instruments.store.held import OnDisk
from instruments.text_log import close_text_log, open_text_log
from instruments.writer import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instruments.base import Batch, Resume
    from instruments.disk import Room
    from instruments.station import Station

log = logging.getLogger("instruments.recorder")
FORMAT = "hydromet-status/1"
_TICK = 1.0
_HEARTBEAT = 60.0
# Longest wait for the last segment at the end, s.
_SEALING = 120.0
_HIGH_WATER = 0.8
# A commit that takes so long is no commit any more, s.
_HANGS = 30.0
_MEGABYTE = 1_000_000


class Recorder:
    """Records a station into a folder; a ``Sink`` for sources.

    Args:
        folder: of the run; made if it is not there, gone on with if it is.
        station: what is recorded.

    Attributes:
        run: the folder.
        memory: what the record holds, for reading.
        ended: it was stopped.

    Raises:
        DeviceError: E042, another process records into this folder.
        StationError: E030 to E032, the folder is no run, cannot be gone on with or cannot be written.
    """

    def __init__(self, folder: str | Path, station: Station) -> None:
        self.run = RunFolder(folder)
        self.ended = False
        self._identity = self.run.create()
        self._lock = WriterLock(self.run)
        self._text = open_text_log(self.run)
        try:
            self._open(station)
        except BaseException:
            close_text_log(self._text)
            self._lock.release()
            raise

    def _open(self, station: Station) -> None:
        settings = station.file.recording
        self._station = station
        self.memory = recall(self.run)
        self._before = max([self.memory.alive_ns, *self.memory.sources.values()])
        self._numbers = self.memory.dictionary(station)
        self._buffer = Buffer(settings.buffer)
        self._clocks = ClockWatch(settings.skew)
        self._disk = DiskWatch(self.run.path, settings.warn_free, settings.stop_free)
        self._room: Room | None = None
        self._sealer = Sealer(self.run, settings.segment_mb * _MEGABYTE)
        self._links: dict[str, dict[str, Any]] = {}
        self._stop = Flag()
        self._started = now_ns()
        self._feed = Feed(self, "")
        self._inbox = Inbox(self.run, self, self.memory)
        filters = {
            self._numbers[name]: Deadband(tag.deadband.change, tag.deadband.at_least_every)
            for name, tag in station.file.tags.items()
            if tag.deadband
        }
        self._writer = Writer(
            self.run, self._buffer, self.memory, self._about(), commit=settings.commit,
            largest=int(settings.segment_mb * _MEGABYTE), filters=filters, seen=self._seen,
        )  # fmt: skip
        self._watch = Thread(target=self._run, name="watch", daemon=True)

    def _about(self) -> dict[str, Any]:
        return {
            "run": self._identity,
            "station": self._station.text,
            "station_sha256": self._station.sha256,
            "versions": {"hydromet": _version(), "python": platform.python_version()},
            "host": platform.node(),
            "clock_synchronised": synchronised(),
        }

    def start(self) -> None:
        """Begin to write.

        Raises:
            StationError: E032, the log cannot be written.
        """
        try:
            self._writer.begin()
        except OSError as error:
            close_text_log(self._text)
            self._lock.release()
            read = f"{self.run.log}: {error.strerror}"
            raise StationError("E032", read=read, expected="room and permission to write there") from None
        data = {"pid": os.getpid(), "station_sha256": self._station.sha256, "before_ns": self._before}
        data["clock_synchronised"] = synchronised()
        self._feed.tell(Event("start", text="the logger starts", data=data))
        for event in self.memory.calibration_events(self._station):
            self._feed.tell(event)
        self._feed.offer(())
        self._watch.start()
        log.info("recording into %s", self.run.path)

    def stop(self, why: str = "") -> int:
        """Write what is there, seal it, let go of the folder; sources have to be stopped before.

        Returns:
            values that could not be written, 0 as a rule.
        """
        self._stop.set()
        self._watch.join()
        self._inbox.look()
        self._feed.tell(Event("stop", text=why or "the logger stops"))
        self._feed.offer(())
        self._writer.finish()
        room = self._room
        if room is None or room.level in (Level.ok, Level.warn):
            self._sealer.finish(self._writer.serial, _SEALING)
        self._sealer.close()
        self._inbox.clear()
        self._write_status("stopped")
        log.info("stopped; %d batches, %d readings in the record", self.memory.last, self.memory.rows)
        close_text_log(self._text)
        self._lock.release()
        self.ended = True
        return self._writer.given_up

    # What a source sees

    def put(self, batch: Batch) -> bool:
        """See ``Sink.put``."""
        return self._buffer.put(batch)

    def wait_for_room(self, seconds: float) -> bool:
        """See ``Sink.wait_for_room``."""
        return self._buffer.wait_for_room(seconds)

    def report(self, source: str, link: Link, detail: str = "") -> None:
        """See ``Sink.report``."""
        before = self._links.get(source, {})
        if before.get("link") != link or before.get("detail") != detail:
            self._links[source] = {"link": str(link), "detail": detail, "since_ns": now_ns()}
            level = logging.INFO if link in (Link.starting, Link.connected, Link.stopped) else logging.WARNING
            log.log(level, "%s: %s%s", source, link, f": {detail}" if detail else "")

    def durable_sequence(self, stream: str) -> int:
        """See ``Sink.durable_sequence``."""
        return self.memory.streams.get(stream, 0)

    def resume(self, source: str) -> Resume:
        """What a source has to know when it starts."""
        names = self._station.tags(source)
        numbers = {name: number for name, number in self._numbers.items() if name in names}
        found = self.memory.resume(source, numbers, self._before, str(self.run.state(source)))
        return replace(found, held=OnDisk(self.run, self.memory.aliases(numbers)))

    # How it stands

    @property
    def alive(self) -> bool:
        """Whether the writer comes round, be it to say that the disk is full; not while a disk hangs."""
        return self._writer.is_alive() and monotonic() - self._writer.beat < _HANGS

    @property
    def refusal(self) -> Cause:
        """Why the buffer is full, if it is."""
        return Cause.disk if self._writer.trouble else Cause.buffer

    @property
    def failed(self) -> str:
        """Why nothing is written any more, a mistake of ours; empty while all is well."""
        return self._writer.failed

    def status(self, state: str = "") -> dict[str, Any]:
        """Plain data: see the page on acquisition."""
        writer, room = self._writer, self._room
        sources: dict[str, Any] = {}
        for name in self._station.sources:
            never = str(Link.stopped if state == "stopped" else Link.starting)  # a note booked without a recording
            link = self._links.get(name, {"link": never, "detail": "", "since_ns": self._started})
            last = self.memory.sources.get(name, 0)
            sources[name] = {**link, "last_ns": last, "skew_s": self._clocks.skew.get(name)}
        return {
            "format": FORMAT,
            "state": ("failed" if writer.failed else "") or state or ("disk full" if writer.trouble else "recording"),
            "run": self._identity,
            "station": self._station.file.name,
            "pid": os.getpid(),
            "time_ns": now_ns(),
            "started_ns": self._started,
            "commit_ns": writer.commit_ns,
            "batches": self.memory.last,
            "readings": self.memory.rows,
            "buffer": {"held": self._buffer.held, "highest": self._buffer.highest, "capacity": self._buffer.capacity},
            "disk": {
                "level": str(room.level) if room else "",
                "free": room.free if room else None,
                "free_bytes": room.free_bytes if room else None,
                "hours_left": room.hours_left if room else None,
                "trouble": writer.trouble,
            },
            "sealing": {"segments": self._sealer.sealed, "trouble": self._sealer.trouble},
            "sources": sources,
        }

    def _write_status(self, state: str = "") -> None:
        write_status(self.run, self.status(state))

    def _seen(self, batch: Batch, rows: NDArray[Any]) -> None:
        event = self._clocks.look(batch, rows)
        if event:
            log.warning("%s: %s", event.source, event.text)
            self._feed.tell(event)

    # The watch: once a second, never in the way of the writer

    def _run(self) -> None:
        beat = monotonic()
        ticks = 0
        while not self._stop.wait(_TICK):
            try:
                self._look_at_disk()
                event = self._clocks.jump()
                if event:
                    log.warning("%s", event.text)
                    self._feed.tell(event)
                if monotonic() - beat >= _HEARTBEAT or ticks == 0:
                    beat = monotonic()
                    self._feed.tell(self._heartbeat())
                ticks += 1
                self._feed.offer(())
                self._inbox.look()
                if self._room is None or self._room.level in (Level.ok, Level.warn):
                    self._sealer.poll(self._writer.serial)
                self._write_status()
            except Exception:  # the watch must outlive whatever it meets; the record goes on without it
                log.exception("the watch of the recorder met a mistake")

    def _heartbeat(self) -> Event:
        data = {"batches": self.memory.last, "readings": self.memory.rows, "held": self._buffer.held}
        return Event("heartbeat", text="", data=data)

    def _look_at_disk(self) -> None:
        before = self._room.level if self._room else Level.ok
        self._room = self._disk.look(monotonic_ns(), self._writer.bytes, failing=bool(self._writer.trouble))
        room = self._room
        if self._buffer.held > _HIGH_WATER * self._buffer.capacity:
            log.warning("the buffer holds %d of %d values", self._buffer.held, self._buffer.capacity)
        if room.level is before:
            return
        left = "" if room.hours_left is None else f", about {room.hours_left:.0f} h left"
        why = f" ({self._writer.trouble})" if self._writer.trouble else ""
        text = f"disk: {room.level}{why}; {100.0 * room.free:.1f} % ({room.free_bytes / SECOND:.2f} GB) free{left}"
        log.log(logging.INFO if room.level is Level.ok else logging.WARNING, "%s", text)
        data = {"level": str(room.level), "free_bytes": room.free_bytes, "hours_left": room.hours_left}
        self._feed.tell(Event("disk", text=text, data=data))


def _version() -> str:
    try:
        return version("hydromet")
    except PackageNotFoundError:  # run from an unpacked copy
        return "unknown"
