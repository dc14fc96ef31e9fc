"""A source running in a thread into a sink that can be slow, full, or dead: what the recorder is, kept in memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path  # noqa: TC003
from typing import Any, Self

from hydromet.source import load_text
from instruments import station
from instruments.base import Batch, Gap, Link, Resume
from instruments.opcua.source import make


class Memory:
    """A sink: batches become durable ``delay`` seconds after they were put, and are all kept."""

    def __init__(self, delay: float = 0.1) -> None:
        self.batches: list[Batch] = []
        self.sequences: dict[str, int] = {}
        self.reports: list[tuple[Link, str]] = []
        self.delay = delay
        self.full = False
        self.dead = False
        self._waiting: list[tuple[float, Batch]] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._commit, daemon=True).start()

    def put(self, batch: Batch) -> bool:
        if self.full:
            return False
        with self._lock:
            self._waiting.append((time.monotonic() + self.delay, batch))
        return True

    def _commit(self) -> None:
        while not self.dead:
            time.sleep(0.01)
            now = time.monotonic()
            with self._lock:
                ready = [batch for at, batch in self._waiting if at <= now]
                self._waiting = [pair for pair in self._waiting if pair[0] > now]
            for batch in ready:
                if not batch.stream or batch.sequence > self.sequences.get(batch.stream, 0):
                    self.batches.append(batch)
                if batch.stream:
                    self.sequences[batch.stream] = max(batch.sequence, self.sequences.get(batch.stream, 0))
                if batch.durable:
                    batch.durable()

    def wait_for_room(self, seconds: float) -> bool:
        time.sleep(min(seconds, 0.05))
        return not self.full

    def report(self, _source: str, link: Link, detail: str = "") -> None:
        self.reports.append((link, detail))

    def durable_sequence(self, stream: str) -> int:
        return self.sequences.get(stream, 0)

    # --- what is on disk, see instruments.base.Held ---

    def _on_disk(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for batch in list(self.batches) for row in batch.readings]

    def last(self) -> list[tuple[Any, ...]]:
        return list({row[0]: row for row in sorted(self._on_disk(), key=lambda row: row[1] or row[3])}.values())

    def between(self, tags: Any, start_ns: int, end_ns: int) -> list[tuple[Any, ...]]:
        return [row for row in self._on_disk() if row[0] in tags and start_ns <= (row[1] or row[3]) <= end_ns]

    # --- what the tests ask ---

    def rows(self, tag: int) -> list[tuple[Any, ...]]:
        return [tuple(row) for batch in list(self.batches) for row in batch.readings if row[0] == tag]

    def values(self, tag: int) -> list[float]:
        return [row[4] for row in self.rows(tag) if row[4] == row[4]]

    @property
    def gaps(self) -> list[Gap]:
        return [gap for batch in list(self.batches) for gap in batch.gaps]

    def events(self, kind: str) -> list[str]:
        return [event.text for batch in list(self.batches) for event in batch.events if event.kind == kind]


class Logger:
    """A source in a thread."""

    def __init__(self, text: str, folder: Path, sink: Memory | None = None, last_ns: int = 0) -> None:
        self.station = station.check(load_text(text, str(folder / "station.yaml")))
        self.sink = sink or Memory()
        self.source = make(self.station, "plc")
        self.tags = {name: number for number, name in enumerate(self.station.tags("plc"), start=1)}
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self.folder = folder
        self.last_ns = last_ns
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        last, folder = self.last_ns, str(self.folder / "state")
        resume = Resume(self.tags, last, last, dict(self.sink.sequences), folder, self.sink)
        try:
            self.source.run(self.sink, resume, self.stop)
        except BaseException as error:  # shown by the test
            self.error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self.error:
            raise self.error

    def values(self, tag: str) -> list[float]:
        return self.sink.values(self.tags[tag])


def wait_for(what: Any, seconds: float = 60.0) -> None:
    """Wait until something holds; how long it takes is no matter of these tests."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def station_text(url: str, tags: list[str], *, uri: str, more: str = "", sampling: str = "100 ms") -> str:
    lines = [
        "station: 1",
        "name: pilot",
        "opcua:",
        f"  plc: {{endpoint: '{url}', publish: 200 ms, outage: 30 s{more}}}",
        "tags:",
    ]
    lines += [f"  {tag}: {{source: plc, node: 'nsu={uri};s={tag}', unit: '', sampling: {sampling}}}" for tag in tags]
    return "\n".join(lines) + "\n"
