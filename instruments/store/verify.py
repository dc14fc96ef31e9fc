"""``log verify``: is the record whole? Checksums, the numbers of the batches, and a reason for every silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.errors import StationError
from instruments.base import SECOND, Cause
from instruments.folder import RunFolder, read_json
from instruments.store import segment
from instruments.store.hashes import hash_path, unchanged
from instruments.store.record import open_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from instruments.store.record import Record
    from instruments.store.segment import Content

# Heartbeats are written each minute: a longer silence means that the logger did not run, s.
_SILENCE = 150.0
# What a source says of the time before a start: a gap with this cause, or an event of this kind.
_WORDS = (Cause.logger, "resumed")
_LAST = 1 << 62


@dataclass
class Report:
    """What was found.

    Attributes:
        troubles: what should not be; empty for a whole record.
        remarks: what is as it should be after a crash, and worth knowing.
        figures: counts.
    """

    troubles: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"whole": not self.troubles, **vars(self)}


def verify(path: str | Path) -> Report:
    """Check a run; the logger may be writing to it.

    Raises:
        StationError: E030, there is no run.
    """
    before = read_json(RunFolder(path).status)
    record = open_record(path)
    report = Report()
    _identity(record, report)
    numbers: set[int] = set()
    events: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    streams: dict[str, list[tuple[int, int]]] = {}
    arrivals: dict[str, list[int]] = {}
    readings = 0
    for name, content in _contents(record, report):
        fresh = {int(row["batch"]) for row in content.tables["batches"]}
        twice = fresh & numbers
        if twice:
            report.troubles.append(f"{name}: {len(twice)} batches that another segment holds as well")
        numbers |= fresh
        readings += len(content.columns["tag"]) + len(content.tables["texts"])
        events += content.tables["events"]
        gaps += content.tables["gaps"]
        for row in content.tables["batches"]:
            if row["stream"]:
                streams.setdefault(row["stream"], []).append((row["batch"], row["sequence"]))
            if row["readings"]:
                arrivals.setdefault(row["source"], []).append(row["batch"])
        _same_run(record, content.about, name, report)
    _pieces(record, report)
    _kept(record, report)
    _acknowledged(before, numbers, report)
    _numbers(numbers, max([0, *(piece.header.number for piece in record.pieces if piece.header)]), report)
    _streams(streams, report)
    _silences(events, gaps, arrivals, report)
    report.figures = {
        "batches": len(numbers), "readings": readings, "segments": len(record.segments), "pieces": len(record.pieces),
        "gaps": len(gaps), "events": len(events), "starts": sum(event["kind"] == "start" for event in events),
    }  # fmt: skip
    return report


def _contents(record: Record, report: Report) -> Iterator[tuple[str, Content]]:
    beyond = 0
    for path in record.segments:
        name = path.relative_to(record.run.path).as_posix()
        try:
            if not unchanged(path, afresh=True):
                report.remarks.append(f"{name}: no {hash_path(path).name} beside it; its content alone is checked")
            content = segment.read(path, verify=True)
        except StationError as error:
            report.troubles.append(f"{name}: {error.code}, {error.read}")
            continue
        if not _sorted(content):
            report.troubles.append(f"{name}: readings are not sorted by tag and time")
        beyond = max(beyond, content.last)
        yield name, content
    rest = segment.gather(record.pieces, beyond)
    if rest:
        yield "log", rest


def _sorted(content: Content) -> bool:
    columns = content.columns
    time = np.where(columns["source_ns"] != 0, columns["source_ns"], columns["receive_ns"])
    same = columns["tag"][1:] == columns["tag"][:-1]
    return bool(np.all((columns["tag"][1:] > columns["tag"][:-1]) | (same & (time[1:] >= time[:-1]))))


def _pieces(record: Record, report: Report) -> None:
    for piece in record.pieces:
        name = piece.path.relative_to(record.run.path).as_posix()
        for damage in piece.damage:
            size = damage.end - damage.start
            if damage.cut:
                text = "after the last readable batch: a write that was cut off, never acknowledged"
                report.remarks.append(f"{name}: {size} bytes {text}")
            else:
                report.troubles.append(f"{name}: {size} damaged bytes at {damage.start}")


def _identity(record: Record, report: Report) -> None:
    """``run.json`` is as it was made, and the log is of that run."""
    if not record.run.is_as_made():
        report.troubles.append("run.json is not as it was written")
    for piece in record.pieces:
        if piece.header:
            _same_run(record, piece.header.text, piece.path.relative_to(record.run.path).as_posix(), report)


def _same_run(record: Record, about: Mapping[str, Any], name: str, report: Report) -> None:
    if about.get("run") != record.run.identity():
        report.troubles.append(f"{name}: of another run, {about.get('run')}")


def _acknowledged(status: Mapping[str, Any], numbers: set[int], report: Report) -> None:
    """What the logger said it had on disk, before the record was opened here."""
    stated = status.get("batches")
    if not isinstance(stated, int) or stated <= max(numbers, default=0):
        return
    text = f"status.json tells of {stated} batches, {max(numbers, default=0)} are there"
    if status.get("state") == "stopped":
        report.troubles.append(text)
    else:
        report.remarks.append(f"{text}: a copy that was made while it was recorded, or an end that is missing")


def _kept(record: Record, report: Report) -> None:
    for path in sorted(record.run.log.glob("*.damaged")):
        report.remarks.append(f"log/{path.name}: a piece with damaged bytes, sealed as far as it could be read")


def _numbers(numbers: set[int], stated: int, report: Report) -> None:
    """Every number from 1 on, up to what the newest piece of the log says was there before it."""
    missing = sorted(set(range(1, max(stated, *numbers, 0) + 1)) - numbers)
    if missing:
        shown = ", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else "")
        report.troubles.append(f"{len(missing)} batches are missing: {shown}")


def _streams(streams: dict[str, list[tuple[int, int]]], report: Report) -> None:
    for name, pairs in streams.items():
        sequences = [sequence for _, sequence in sorted(pairs)]
        if any(after <= before for before, after in pairwise(sequences)):
            report.troubles.append(f"{name}: sequence numbers that do not rise")


def _silences(
    events: list[dict[str, Any]], gaps: list[dict[str, Any]], arrivals: dict[str, list[int]], report: Report
) -> None:
    """The logger's own life: heartbeats while it ran, and for every time it did not, a word from every source."""
    own = sorted((row for row in events if not row["source"] and row["kind"] != "note"), key=lambda row: row["batch"])
    for before, after in pairwise(own):
        seconds = (after["time_ns"] - before["time_ns"]) / SECOND
        if after["kind"] == "start":
            _accounted(before, after, events, gaps, arrivals, report)
        elif seconds > _SILENCE and not _clock_set(own, before, after):
            report.troubles.append(f"the logger was silent for {seconds:.0f} s before batch {after['batch']}")


def _clock_set(own: list[dict[str, Any]], before: dict[str, Any], after: dict[str, Any]) -> bool:
    return any(row["kind"] == "clock" and before["batch"] <= row["batch"] <= after["batch"] for row in own)


def _accounted(
    before: dict[str, Any], start: dict[str, Any], events: list[dict[str, Any]], gaps: list[dict[str, Any]],
    arrivals: dict[str, list[int]], report: Report,
) -> None:  # fmt: skip
    """A source that had delivered before the logger was down says ``resumed`` or gives a gap once it delivers again."""
    end = min((e["batch"] for e in events if e["kind"] == "start" and e["batch"] > start["batch"]), default=_LAST)
    for source, batches in arrivals.items():
        earlier = any(batch <= before["batch"] for batch in batches)
        later = [batch for batch in batches if start["batch"] < batch < end]
        if not earlier or not later:
            continue
        words = [
            row.get("cause") or row["kind"]
            for row in (*gaps, *events)
            if row["source"] == source and start["batch"] <= row["batch"] < end
        ]
        told = any(word in _WORDS for word in words)
        if not told:
            report.troubles.append(
                f"{source}: neither a gap nor `resumed` after the logger was down (start at batch {start['batch']})"
            )
