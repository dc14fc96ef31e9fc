"""What the recorder has to know of the record when it goes on with it; the header of every piece carries it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydromet.errors import Place, StationError
from instruments.base import Event, Resume
from instruments.frames import FORMAT
from instruments.pieces import read_piece, serial

if TYPE_CHECKING:
    from pathlib import Path

    from instruments.folder import RunFolder
    from instruments.frames import Frame
    from instruments.station import Station, TagSpec

# Notes are remembered by their identity so that none is booked twice after a crash; so many at most.
_SEEN = 1000
# Subscriptions come and go over weeks; so many are remembered.
_STREAMS = 500


@dataclass
class Memory:
    """The state of a record.

    Attributes:
        last: number of the last batch.
        rows: readings since the run began.
        alive_ns: last time the logger is known to have run.
        streams: stream -> last sequence number.
        sources: source -> receive time of its last reading.
        tags: the tag dictionary; a tag whose definition changed gets a new number.
        calibrations: tag -> last calibration recorded.
        seen: identities of notes.
        serial: of the newest piece.
    """

    last: int = 0
    rows: int = 0
    alive_ns: int = 0
    streams: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    tags: list[dict[str, Any]] = field(default_factory=list)
    calibrations: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    serial: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return dict(vars(self))

    def follow(self, frame: Frame) -> None:
        """Take in a batch that is in the record."""
        if frame.number <= self.last:
            return
        text = frame.text
        self.last = frame.number
        self.rows += len(frame.rows) + len(text.get("texts", ()))
        if "stream" in text:
            self.reached(text["stream"], max(text["sequence"], self.streams.get(text["stream"], 0)))
        newest = int(frame.rows["receive_ns"].max()) if len(frame.rows) else 0
        newest = max([newest, *(row[3] for row in text.get("texts", ()))])
        self.booked(text["source"], newest)
        for event in text.get("events", ()):
            self.noticed(event)

    def reached(self, stream: str, sequence: int) -> None:
        """A batch of a stream is on disk; streams that have long ended are forgotten."""
        self.streams.pop(stream, None)
        self.streams[stream] = sequence
        for oldest in list(self.streams)[:-_STREAMS]:
            del self.streams[oldest]

    def booked(self, source: str, receive_ns: int) -> None:
        """Readings of a source are on disk."""
        if receive_ns:
            self.sources[source] = max(receive_ns, self.sources.get(source, 0))

    def noticed(self, event: dict[str, Any]) -> None:
        """An event is on disk."""
        if not event["source"]:
            self.alive_ns = max(self.alive_ns, event["time_ns"])
        data = event.get("data", {})
        if event["kind"] == "calibration":
            self.calibrations[data["tag"]] = {name: value for name, value in data.items() if name != "tag"}
        if "id" in data:
            self.seen = [*self.seen, data["id"]][-_SEEN:]

    def dictionary(self, station: Station) -> dict[str, int]:
        """Tag name -> number; tags that are new or defined anew are added."""
        known = {_definition(row): row["id"] for row in self.tags}
        numbers: dict[str, int] = {}
        for name, tag in station.file.tags.items():
            row = describe(name, tag)
            number = known.get(_definition(row))
            if number is None:
                number = len(self.tags)
                self.tags.append({"id": number, **row})
            numbers[name] = number
        return numbers

    def aliases(self, numbers: dict[str, int]) -> dict[int, int]:
        """Every number that the same variable ever had (its range may have been another) -> its number now."""
        keys = ("name", "source", "address", "unit")
        now = {tuple(self.tags[number][key] for key in keys): number for number in numbers.values()}
        found = {row["id"]: now.get(tuple(row[key] for key in keys)) for row in self.tags}
        return {number: present for number, present in found.items() if present is not None}

    def calibration_events(self, station: Station) -> list[Event]:
        """Calibrations of the station file that the record does not have yet."""
        events = []
        for name, tag in station.file.tags.items():
            if tag.calibration:
                found = tag.calibration.model_dump(mode="json", exclude_none=True)
                if self.calibrations.get(name) != found:
                    text = f"certificate {found['certificate']} of {found['date']}"
                    events.append(Event("calibration", tag.source, text=text, data={"tag": name, **found}))
        return events

    def resume(self, source: str, numbers: dict[str, int], alive_ns: int, folder: str) -> Resume:
        """What a source has to know; ``alive_ns`` is when the logger ran last before this start."""
        return Resume(numbers, self.sources.get(source, 0), alive_ns, dict(self.streams), folder)


def describe(name: str, tag: TagSpec) -> dict[str, Any]:
    """A tag as the dictionary of the record has it."""
    address = str(tag.node) if tag.node else "/".join(tag.path) or tag.channel or tag.quantity
    row: dict[str, Any] = {"name": name, "source": tag.source, "address": address, "unit": tag.unit}
    if tag.place:
        row["place"] = tag.place
    if tag.range:
        row |= {"low": tag.range.low, "high": tag.range.high}
    if tag.link:
        row |= {"stream": tag.link.stream, "quantity": tag.link.quantity}
    return row


def _definition(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted((name, value) for name, value in row.items() if name != "id"))


def recall(run: RunFolder) -> Memory:
    """The state of a run from its log. What is found is made durable: a crash may have left it in memory only.

    Raises:
        StationError: E031, segments are there but no log: the record cannot be gone on with.
    """
    memory = Memory()
    paths = run.pieces()
    known = False
    for path in paths:
        _sync(path)
        piece = read_piece(path)
        if piece.header:
            _readable(piece.header, path)
            state = Memory(**piece.header.text["memory"])
            if not known or state.last >= memory.last:
                memory, known = state, True
        for frame in piece.batches:
            memory.follow(frame)
    if not known and run.segments():
        raise StationError(
            "E031",
            read=f"sealed segments in {run.data}, and no piece of the log in {run.log}",
            expected="both: the newest piece says where the record goes on",
            write="hydromet log start station.yaml -o runs/new",
        )
    memory.serial = max([memory.serial, *(serial(path) for path in paths)])
    return memory


def _readable(header: Frame, path: Path) -> None:
    found = header.text.get("format")
    if found != FORMAT:
        expected = f"{FORMAT}: another version of hydromet wrote this log"
        raise StationError("E118", read=str(found), expected=expected, place=Place(str(path)))


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)
