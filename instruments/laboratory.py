"""Results of a laboratory: files of a watched folder get into the record once, corrections beside what they correct."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from threading import Event as Done
from time import monotonic
from typing import TYPE_CHECKING, Any

from hydromet.errors import DeviceError, StationError
from instruments.base import Batch, Check, Event, Link, Reading, now_ns
from instruments.laboratory_file import parse
from instruments.laboratory_results import content, current, in_unit, key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event as Flag

    from instruments.base import Resume, Sink
    from instruments.station import Laboratory, Station, TagSpec

log = logging.getLogger("instruments.laboratory")
# A result file is small; what is larger is something else, bytes.
_LARGEST = 20_000_000


def make(station: Station, name: str) -> LaboratorySource:
    """The source of a laboratory of the station file."""
    return LaboratorySource(name, station.file.laboratory[name], station.tags(name))


class LaboratorySource:
    """Watches a folder. A file is read when it has not changed between two looks; it is never touched.

    A file of the same content is read once, whatever its name. A result that differs from the one the record has of the
    same sample, quantity and method is a correction: it is added, and counts from then on.

    Args:
        name: of the laboratory.
        settings: its section of the station file.
        tags: its tags.
    """

    def __init__(self, name: str, settings: Laboratory, tags: dict[str, TagSpec]) -> None:
        self._name = name
        self._settings = settings
        self._tags = tags
        self._latest: dict[tuple[str, ...], tuple[Any, ...]] = {}
        self._known: set[str] = set()
        self._looked: dict[Path, tuple[int, int]] = {}
        self._done: dict[Path, tuple[int, int]] = {}

    @property
    def name(self) -> str:
        """Its name in the station file."""
        return self._name

    def run(self, sink: Sink, resume: Resume, stop: Flag) -> None:
        """Deliver what is new until ``stop`` is set; see ``Source.run``."""
        self._recall(Path(resume.folder).parent.parent)
        while True:
            try:
                files = self._files()
            except DeviceError as error:
                sink.report(self._name, Link.disconnected, error.read)
            else:
                sink.report(self._name, Link.connected, f"{len(files)} files")
                for path in files:
                    if not stop.is_set() and self._still(path):
                        self._import(path, sink, stop)
            if stop.wait(self._settings.interval):
                return

    def check(self, seconds: float) -> Sequence[Check]:
        """The newest result of every tag among the files that are there.

        Raises:
            DeviceError: E043, the folder cannot be read.
        """
        end = monotonic() + seconds
        rows: list[dict[str, Any]] = []
        trouble = ""
        for path in self._files():
            if monotonic() > end:
                break
            try:
                rows += self._rows(path.read_bytes(), path)[0]
            except StationError as error:
                trouble = f"{path.name}: {error.code}, {error.read}"
        newest: dict[str, dict[str, Any]] = {}
        for row in current(rows):
            if row["tag"] and row["time_ns"] >= newest.get(row["tag"], row)["time_ns"]:
                newest[row["tag"]] = row
        return [self._checked(tag, spec, newest.get(tag), trouble) for tag, spec in self._tags.items()]

    def _checked(self, tag: str, spec: TagSpec, row: dict[str, Any] | None, trouble: str) -> Check:
        if row is None:
            return Check(tag, None, trouble, data={"waiting": True})
        value, status = in_unit(row, spec.unit)
        if value != value and not trouble and row["value"] is not None:  # NaN is not itself
            trouble = f"{row['unit']} cannot be turned into {spec.unit}"
        return Check(tag, Reading(0, row["time_ns"], 0, now_ns(), value, status), trouble)

    def _files(self) -> list[Path]:
        folder = Path(self._settings.folder)
        try:
            if not folder.is_dir():
                raise FileNotFoundError(2, "no such folder")
            return sorted(path for path in folder.glob(self._settings.pattern) if path.is_file())
        except OSError as error:
            read = f"{folder}: {error.strerror}"
            expected = "a folder that can be read"
            raise DeviceError("E043", read=read, expected=expected, write="folder: /srv/lab/icp") from None

    def _still(self, path: Path) -> bool:
        """Whether a file is new and has not changed since the last look."""
        try:
            stat = path.stat()
        except OSError:
            return False
        now = (stat.st_size, stat.st_mtime_ns)
        if self._done.get(path) == now:
            return False
        before, self._looked[path] = self._looked.get(path), now
        return before == now

    def _import(self, path: Path, sink: Sink, stop: Flag) -> None:
        stamp = self._looked[path]
        try:
            if stamp[0] > _LARGEST:
                raise StationError("E103", read=f"{stamp[0] / 1e6:.0f} MB", expected=f"at most {_LARGEST / 1e6:.0f} MB")
            raw = path.read_bytes()
        except OSError as error:
            log.warning("%s: %s cannot be read: %s", self._name, path.name, error.strerror)
            return
        except StationError as error:
            raw, batch = b"", self._refused(path, "", error)
        else:
            digest = hashlib.sha256(raw).hexdigest()
            if self._identity(digest) in self._known:
                self._done[path] = stamp
                return
            batch = self._batch(raw, path, digest)
        if self._hand_over(batch, sink, stop):
            self._done[path] = stamp
            self._known.add(str(batch.events[0].data.get("identity", "")))
            for row in batch.results:
                self._latest[key(dict(row))] = content(dict(row))

    def _batch(self, raw: bytes, path: Path, digest: str) -> Batch:
        try:
            rows, remarks = self._rows(raw, path)
        except StationError as error:
            return self._refused(path, digest, error)
        fresh = []
        latest = dict(self._latest)
        for row in rows:
            row |= {"sha256": digest, "received_ns": now_ns()}
            if latest.get(key(row)) != content(row):
                latest[key(row)] = content(row)
                fresh.append(row)
        corrected = sum(key(row) in self._latest for row in fresh)
        text = f"{path.name}: {len(fresh)} results, {corrected} of them corrections"
        if remarks:
            text += f"; {len(remarks)} rows that cannot be read"
        data = {"file": path.name, "sha256": digest, "results": len(fresh), "corrections": corrected}
        data["identity"] = self._identity(digest)
        for remark in remarks:
            log.warning("%s: %s, %s", self._name, path.name, remark)
        event = Event("laboratory", self._name, text=text, data={**data, "remarks": remarks[:20]})
        return Batch(self._name, events=[event], results=fresh, late=True)

    def _refused(self, path: Path, digest: str, error: StationError) -> Batch:
        text = f"{path.name} cannot be read: {error.code}, {error.read}; expected {error.expected}"
        log.warning("%s: %s", self._name, text)
        data = {"file": path.name, "sha256": digest, "code": error.code}
        return Batch(self._name, events=[Event("laboratory", self._name, text=text, data=data)])

    def _hand_over(self, batch: Batch, sink: Sink, stop: Flag) -> bool:
        """Wait until a batch is on disk; False if the end comes before."""
        done = Done()
        waiting = Batch(batch.source, events=batch.events, results=batch.results, late=True, durable=done.set)
        while not sink.put(waiting):
            sink.wait_for_room(1.0)
            if stop.is_set():
                return False
        while not done.wait(1.0):
            if stop.is_set():
                return False
        return True

    def _rows(self, raw: bytes, path: Path) -> tuple[list[dict[str, Any]], list[str]]:
        parsed = parse(raw, path.name, self._settings)
        for row in parsed.rows:
            row |= {"source": self._name, "file": path.name, "tag": self._tag(row)}
        return parsed.rows, parsed.remarks

    def _tag(self, row: dict[str, Any]) -> str:
        """The tag of a result: by quantity and place, a tag of that place before one of any."""
        found = ""
        for name, spec in self._tags.items():
            if spec.quantity.casefold() == row["quantity"].casefold():
                if spec.place and spec.place.casefold() == row["place"].casefold():
                    return name
                found = found if spec.place else name
        return found

    def _recall(self, run: Path) -> None:
        """What the record has already."""
        from instruments.store.record import open_record

        record = open_record(run)
        rows = [row for row in record.table("results") if row["source"] == self._name]
        self._latest = {key(row): content(row) for row in current(rows)}
        events = [row for row in record.table("events") if row["kind"] == "laboratory" and row["source"] == self._name]
        self._known = {str((row.get("data") or {}).get("identity", "")) for row in events} - {""}

    def _identity(self, digest: str) -> str:
        """Of a file as these settings read it: after a change of settings it is read again."""
        return hashlib.sha256((digest + self._settings.model_dump_json()).encode()).hexdigest()
