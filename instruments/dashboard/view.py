"""What the screen shows of a run: how it stands, the last value of every tag, what came since the last look."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.errors import HydrometError
from hydromet.source import load_text
from instruments.base import NO_TIME, SECOND, Link, now_ns
from instruments.folder import RunFolder, read_json
from instruments.laboratory_results import in_unit
from instruments.pieces import Tail
from instruments.status import name, severity
from instruments.store.history import History, line, milliseconds
from instruments.store.tables import TEXT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from instruments.frames import Frame
    from instruments.station import Station

# States in which nothing new can come.
NOT_RECORDING = frozenset({"died", "failed", "silent", "stopped", "never started"})
# A value is old after so many periods, and never before so many seconds.
_PERIODS, _LEAST = 10.0, 15.0
# A logger writes its status each second; it hangs if it has not for so long, s.
_SILENT = 15.0
# Points of a tag in one message at most.
_POINTS = 40


@dataclass
class Latest:
    """The last reading of a tag."""

    time_ns: int
    receive_ns: int
    value: float | str | None
    status: int

    @property
    def known_ns(self) -> int:
        """Its time, or that of its receipt where its clock is ahead: such a stamp makes nothing newer."""
        return min(self.time_ns, self.receive_ns)


class View:
    """A run as it is watched; for one thread.

    Args:
        path: folder of the run.

    Raises:
        StationError: E030, there is no run.
    """

    def __init__(self, path: Path) -> None:
        self._run = RunFolder(path)
        self.identity = self._run.identity()
        self.history = History(path)
        self._tail = Tail(self._run)
        self._latest: dict[int, Latest] = {}
        self._tags: dict[int, dict[str, Any]] = {}
        self._station: Station | None = None
        self._station_text = ""
        behind = self._tail.poll()
        self._learn(self.history.tags())
        self._look_back()
        self._take(behind)

    def tags(self) -> list[dict[str, Any]]:
        """The tags as the page needs them: id, name, title, unit, source, low, high, period in s (none: irregular)."""
        specs = self._station.file.tags if self._station else {}
        found = []
        for number, tag in self._tags.items():
            spec = specs.get(str(tag["name"]))
            found.append({
                "id": number, "name": tag["name"], "title": spec.title if spec else "", "unit": tag.get("unit", ""),
                "source": tag["source"], "low": tag.get("low"), "high": tag.get("high"), "period": self._period(tag),
                "laboratory": self._kind(str(tag["source"])) == "laboratory",
            })  # fmt: skip
        return found

    @property
    def title(self) -> str | dict[str, str]:
        """What the plant is called."""
        if self._station is None:
            return ""
        return self._station.file.title or self._station.file.name

    def poll(self) -> dict[str, Any]:
        """What came since the last call, as the page needs it; times in ms since 1970.

        Returns:
            ``now``; ``status`` of the logger; ``latest``: tag -> [time, value, mark, name of the status, age in s by
            its receipt], the mark one of good, uncertain, bad and stale; ``points``: tag -> [times, values, quality]
            that are new, thinned out; ``notes`` and ``gaps`` that are new; ``tags``: how many there are.
        """
        frames = self._tail.poll()
        if self._tail.header and self._tail.header.text["memory"]["tags"] != list(self._tags.values()):
            self._learn(self._tail.header.text["memory"]["tags"])
        points = self._take(frames)
        now = now_ns()
        status = standing(self._run, now)
        return {
            "now": milliseconds(now),
            "status": _plain(status),
            "latest": {str(number): self._mark(number, one, status, now) for number, one in self._latest.items()},
            "points": points,
            "notes": notes(row for frame in frames for row in frame.text.get("events", ())),
            "gaps": [gap(row) for frame in frames for row in frame.text.get("gaps", ())],
            "tags": len(self._tags),
        }

    def _learn(self, tags: list[dict[str, Any]]) -> None:
        self._tags = {int(tag["id"]): tag for tag in tags}
        text = self._tail.header.text.get("station", "") if self._tail.header else ""
        if text and text != self._station_text:
            from instruments.station import check

            self._station_text = text
            try:
                self._station = check(load_text(text, "station.yaml of the record"))
            except HydrometError:  # written by an older version: titles and periods are missing, the values are not
                self._station = None

    def _look_back(self) -> None:
        """Last values of the record, for tags of which nothing comes any more."""
        for number, found in self.history.last(list(self._tags)).items():
            time_ns, receive_ns = (round(times[-1] * 1000) * 1000 for times in (found.times, found.received))
            self._latest[number] = Latest(time_ns, receive_ns, found.values[-1], found.status[-1])

    def _take(self, frames: list[Frame]) -> dict[str, Any]:
        """Remember the last value of every tag; the new points."""
        fresh: dict[int, list[tuple[int, float, int]]] = {}
        for frame in frames:
            rows = frame.rows
            when = np.where(rows["source_ns"] != NO_TIME, rows["source_ns"], rows["receive_ns"]).tolist()
            for tag, time_ns, receive_ns, value, status in zip(
                rows["tag"].tolist(), when, rows["receive_ns"].tolist(), rows["value"].tolist(),
                rows["status"].tolist(), strict=True,
            ):  # fmt: skip
                fresh.setdefault(tag, []).append((time_ns, value, status))
                self._keep(tag, Latest(time_ns, receive_ns, value if isfinite(value) else None, status))
            for text in frame.text.get("texts", ()):
                row = dict(zip(TEXT_FIELDS, text, strict=True))
                time_ns = row["source_ns"] or row["receive_ns"]
                self._keep(row["tag"], Latest(time_ns, row["receive_ns"], str(row["value"])[:80], row["status"]))
            for result in frame.text.get("results", ()):
                self._result(result, fresh)
        points = {}
        for tag, found in fresh.items():
            found.sort(key=lambda one: one[0])
            time, value, code = (np.array(column) for column in zip(*found, strict=True))
            drawn = line(time, value, code, _POINTS)
            points[str(tag)] = [drawn.times, drawn.values, drawn.quality]
        return points

    def _result(self, row: dict[str, Any], fresh: dict[int, list[tuple[int, float, int]]]) -> None:
        """A result of the laboratory, at the time of its sample."""
        for number, tag in self._tags.items():
            if tag["name"] == row.get("tag"):
                value, status = in_unit(row, str(tag.get("unit", "")))
                fresh.setdefault(number, []).append((row["time_ns"], value, int(status)))
                shown = value if isfinite(value) else None
                self._keep(number, Latest(row["time_ns"], row["received_ns"], shown, int(status)))

    def _keep(self, tag: int, one: Latest) -> None:
        before = self._latest.get(tag)
        if before is None or one.known_ns >= before.known_ns:
            self._latest[tag] = one

    def _mark(self, number: int, one: Latest, status: dict[str, Any], now: int) -> list[Any]:
        """Time in ms, value, mark, name of the status, age in s."""
        tag = self._tags.get(number, {})
        age = (now - one.receive_ns) / SECOND
        mark = severity(one.status)
        if self._stale(tag, age, status):
            mark = "stale"
        value = None if mark == "bad" else one.value
        return [milliseconds(one.time_ns), value, mark, name(one.status), round(age, 1)]

    def _stale(self, tag: dict[str, Any], age: float, status: dict[str, Any]) -> bool:
        """Whether the value may have changed without our knowing.

        A server tells changes only, so an OPC-UA value is as fresh as its connection; whether data still come over
        that is judged by the logger.
        """
        source = str(tag.get("source", ""))
        kind = self._kind(source)
        if kind == "laboratory":
            return False
        if status["state"] in NOT_RECORDING:
            return True
        link = status.get("sources", {}).get(source, {}).get("link")
        if link != Link.connected:
            return True
        period = self._period(tag)
        return kind == "visa" and period is not None and age > max(_PERIODS * period, _LEAST)

    def _kind(self, source: str) -> str:
        if self._station is None:
            return ""
        try:
            return self._station.kind(source)
        except KeyError:
            return ""

    def _period(self, tag: dict[str, Any]) -> float | None:
        if self._station is None:
            return None
        file, source = self._station.file, str(tag.get("source", ""))
        if source in file.visa:
            return file.visa[source].interval
        spec = file.tags.get(str(tag.get("name", "")))
        return (spec.sampling or 1.0) if spec and source in file.opcua else None


def standing(run: RunFolder, now: int) -> dict[str, Any]:
    """How the logger stands, by its status file alone.

    Unlike ``log status`` this never tries the writer's lock: a look each second must not keep a logger from starting.
    """
    status = read_json(run.status)
    state = str(status.get("state", "never started"))
    if state not in ("stopped", "never started"):
        running = _running(status.get("pid"))
        if not running or now - int(status.get("time_ns", 0)) > _SILENT * SECOND:
            state = "silent" if running else "died"
    return {**status, "state": state}


def _running(pid: Any) -> bool:
    """Whether there is a process of this number; on Windows it cannot be asked without harm, the clock decides."""
    if not isinstance(pid, int) or os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


def notes(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Operators' notes as the page needs them: time in ms, author, text."""
    return [
        {
            "time": milliseconds(row["time_ns"]),
            "author": str((row.get("data") or {}).get("author", "")),
            "text": str(row.get("text", "")),
        }
        for row in events
        if row["kind"] == "note"
    ]


def gap(row: dict[str, Any]) -> dict[str, Any]:
    """A gap as the page needs it; times in ms."""
    return {
        "source": row["source"], "start": milliseconds(row["start_ns"]), "end": milliseconds(row["end_ns"]),
        "cause": str(row["cause"]), "tags": list(row["tags"]), "detail": str(row["detail"]),
    }  # fmt: skip


def _plain(status: dict[str, Any]) -> dict[str, Any]:
    """What of the status the page shows."""
    wanted = ("state", "station", "readings", "buffer", "disk", "sources", "started_ns", "time_ns", "alive")
    return {key: status[key] for key in wanted if key in status}
