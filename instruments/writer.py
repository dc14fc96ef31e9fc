"""The thread that owns the log: takes batches, writes them with one fdatasync, tells who waits."""

from __future__ import annotations

import logging
from dataclasses import replace
from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from instruments.base import SECOND, Batch, Cause, Gap, now_ns
from instruments.buffer import size
from instruments.deadband import filtered
from instruments.frames import FORMAT, encode_batch, encode_header
from instruments.pieces import PieceWriter, new_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from instruments.buffer import Buffer
    from instruments.deadband import Deadband
    from instruments.folder import RunFolder
    from instruments.memory import Memory

log = logging.getLogger("instruments.recorder")
HOUR_NS = 3600 * SECOND
# Pause after a write that failed, s, and how often it is tried again once the end has come.
_PAUSE = 1.0
_LAST_TRIES = 3


class _Written(NamedTuple):
    """A batch as it goes to disk; ``newest`` is the time at which its last reading was received.

    ``readings`` counts those that are texts as well.
    """

    frame: bytes
    rows: NDArray[Any]
    newest: int
    readings: int


class Writer(Thread):
    """Writes what the buffer holds, until it is told to stop and the buffer is empty.

    Args:
        run: where.
        buffer: what.
        memory: state of the record, owned by this thread from now on.
        about: what goes into the header of every piece: run, station, versions.
        commit: longest time until data are on disk, s.
        largest: bytes of a piece.
        filters: tag number -> dead-band.
        seen: told of every batch that is on disk, with its rows.

    Attributes:
        trouble: why the last write failed, empty if it did not.
        bytes: written since the start.
        commit_ns: time of the last commit.
        given_up: values that could not be written before the end.
        beat: monotonic time at which it last came round, s: a disk that hangs holds it up.
        failed: why the thread ended by a mistake of ours, empty while it runs.
        serial: of the piece that is being written.
    """

    def __init__(
        self, run: RunFolder, buffer: Buffer, memory: Memory, about: Mapping[str, Any], *, commit: float, largest: int,
        filters: Mapping[int, Deadband], seen: Callable[[Batch, NDArray[Any]], None],
    ) -> None:  # fmt: skip
        super().__init__(name="recorder", daemon=True)
        self._folder = run
        self._buffer = buffer
        self._memory = memory
        self._about = about
        self._commit, self._largest = commit, largest
        self._filters = filters
        self._seen = seen
        self._stopping = Flag()
        self._piece: PieceWriter | None = None
        self._hour = 0
        self._sequences = dict(memory.streams)
        self._next = memory.last + 1
        self.trouble = ""
        self.bytes = 0
        self.commit_ns = 0
        self.given_up = 0
        self.failed = ""
        self.beat = monotonic()
        self.serial = memory.serial

    def begin(self) -> None:
        """Open the first piece.

        Raises:
            OSError: it cannot be written.
        """
        self._new_piece()
        self.start()

    def finish(self) -> None:
        """Write what is there, then end; returns when that is done."""
        self._stopping.set()
        self._buffer.wake()
        self.join()

    def run(self) -> None:
        """Until the end; called by ``start``."""
        try:
            self._work()
        except Exception as error:
            # Our own mistake: data wait unacknowledged, and whoever started the logger is told to start it anew.
            log.exception("the recorder failed")
            self.failed = f"{type(error).__name__}: {error}"

    def _work(self) -> None:
        while True:
            self.beat = monotonic()
            ending = self._stopping.is_set()
            batches = self._buffer.take(self._commit)
            if batches:
                self._write(batches)
            elif ending:
                break
        # The last piece holds a header only: it says where the record goes on, whatever happens to the others.
        if self._piece is not None and not self.trouble:
            self._try(self._new_piece)
        if self._piece is not None:
            self._piece.close()

    def _write(self, batches: list[Batch]) -> None:
        done: list[tuple[Batch, _Written | None]] = []
        frames: list[bytes] = []
        for batch in batches:
            if batch.stream and batch.sequence and batch.sequence <= self._sequences.get(batch.stream, 0):
                done.append((batch, None))
                continue
            written = self._encode(batch)
            frames.append(written.frame)
            done.append((batch, written))
            if batch.stream and batch.sequence:
                self._sequences[batch.stream] = batch.sequence
        values = sum(map(size, batches))
        if frames and not self._store(frames):
            self.given_up += values
            self._buffer.done(values)
            return
        self.commit_ns = now_ns()
        for batch, fresh in done:
            if fresh is not None:
                self._remember(batch, fresh)
        self._buffer.done(values)
        for batch, _ in done:
            if batch.durable:
                try:
                    batch.durable()
                except Exception:  # a source that died must not take the recorder along
                    log.exception("%s: telling that data are on disk failed", batch.source)

    def _encode(self, batch: Batch) -> _Written:
        number, self._next = self._next, self._next + 1
        try:
            kept = batch
            if self._filters and batch.readings:
                kept = replace(batch, readings=filtered(batch.readings, self._filters))
            newest = max((reading[3] for reading in batch.readings), default=0)
            return _Written(*encode_batch(number, kept), newest, len(kept.readings))
        except Exception as error:  # whatever a driver hands in, the others are recorded, and this as a gap
            log.exception("%s: a batch cannot be written", batch.source)
            now = now_ns()
            detail = f"{len(batch.readings)} readings cannot be written: {error}"
            gap = Gap(batch.source, now, now, Cause.buffer, detail=detail)
            return _Written(*encode_batch(number, Batch(batch.source, gaps=[gap])), 0, 0)

    def _remember(self, batch: Batch, written: _Written) -> None:
        memory = self._memory
        memory.last += 1
        memory.rows += written.readings
        if batch.stream and batch.sequence:
            memory.reached(batch.stream, batch.sequence)
        memory.booked(batch.source, written.newest)
        for event in batch.events:
            plain = {"kind": event.kind, "source": event.source, "time_ns": event.time_ns, "data": dict(event.data)}
            memory.noticed(plain)
        self._seen(batch, written.rows)

    def _store(self, frames: list[bytes]) -> bool:
        """Until they are on disk; False if that cannot be reached before the end."""
        tries = 0
        while not self._try(lambda: self._append(frames)):
            if self._stopping.is_set():
                tries += 1
                if tries >= _LAST_TRIES:
                    log.error("given up: data of the last seconds cannot be written: %s", self.trouble)
                    return False
            self.beat = monotonic()
            self._stopping.wait(_PAUSE)
        return True

    def _try(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except OSError as error:
            if not self.trouble:
                log.error("cannot write the log: %s; data wait in memory and in the servers", error)
            self.trouble = error.strerror or str(error)
            return False
        if self.trouble:
            log.warning("the log is written again, after: %s", self.trouble)
            self.trouble = ""
        return True

    def _append(self, frames: list[bytes]) -> None:
        if (
            self._piece is None
            or self._piece.broken
            or self._piece.size >= self._largest
            or now_ns() // HOUR_NS != self._hour
        ):
            self._new_piece()
        assert self._piece is not None  # noqa: S101  # new_piece made one
        try:
            self._piece.append(frames)
        except OSError as error:
            if not self._piece.broken:
                raise
            log.warning("%s cannot be gone on with: %s; a new piece is begun", self._piece.path.name, error.strerror)
            self._new_piece()
            self._piece.append(frames)
        self.bytes += sum(map(len, frames))

    def _new_piece(self) -> None:
        """Begin a piece; the one before is closed and may be sealed."""
        now = now_ns()
        number = self._memory.last
        self._memory.serial = self.serial + 1
        text = {"format": FORMAT, "opened_ns": now, **self._about, "memory": self._memory.to_dict()}
        piece = PieceWriter(new_path(self._folder, self.serial + 1), encode_header(number, text))
        if self._piece is not None:
            self._piece.close()
        self._piece, self._hour = piece, now // HOUR_NS
        self.serial += 1
