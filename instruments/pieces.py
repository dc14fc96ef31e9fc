"""Pieces of the log: writing one, and reading them back."""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from instruments.folder import PIECE, sync_folder
from instruments.frames import Damage, Frame, Kind, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from instruments.folder import RunFolder

_MODE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
# The file may go on after these once there is room; after anything else a new piece is begun.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class PieceWriter:
    """A piece that is being written; the header is on disk when this returns.

    Args:
        path: of a new file.
        header: its first frame.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """

    def __init__(self, path: Path, header: bytes) -> None:
        self.path = path
        self.size = 0
        self.broken = False
        self._file = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644
        )
        try:
            self.append([header])
            sync_folder(path.parent)
        except OSError:
            self.close()
            path.unlink(missing_ok=True)
            raise

    def append(self, frames: Sequence[bytes]) -> None:
        """Write frames and wait until they are on disk.

        Raises:
            OSError: nothing of them counts; the file is cut back. ``broken`` says that it cannot be gone on with.
        """
        content = memoryview(b"".join(frames))
        try:
            written = 0
            while written < len(content):
                written += os.write(self._file, content[written:])
        except OSError as error:
            self.broken = error.errno not in _NO_ROOM
            try:
                os.ftruncate(self._file, self.size)
            except OSError:
                self.broken = True
            raise
        try:
            getattr(os, "fdatasync", os.fsync)(self._file)
        except OSError:
            # What a failed fsync left behind is unknown and a second one proves nothing: begin a new file.
            self.broken = True
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise
        self.size += len(content)

    def close(self) -> None:
        """Close the file; it is never opened for writing again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def new_path(run: RunFolder, serial: int) -> Path:
    """Path of a piece by its serial number."""
    return run.log / f"{serial:012d}{PIECE}"


def serial(path: Path) -> int:
    """Serial number of a piece."""
    return int(path.name.removesuffix(PIECE))


@dataclass(frozen=True)
class Piece:
    """A piece as read: header, batches, damage."""

    path: Path
    header: Frame | None
    batches: tuple[Frame, ...]
    damage: tuple[Damage, ...]


def read_piece(path: Path) -> Piece:
    """Read a piece, as far as it can be read.

    Raises:
        FileNotFoundError: it has been sealed in the meantime.
    """
    header: Frame | None = None
    batches: list[Frame] = []
    damage: list[Damage] = []
    for found in scan(path.read_bytes()):
        if isinstance(found, Damage):
            damage.append(found)
        elif found.kind is Kind.header:
            header = header or found
        else:
            batches.append(found)
    return Piece(path, header, tuple(batches), tuple(damage))


def read_pieces(paths: Sequence[Path]) -> Iterator[Piece]:
    """Pieces that are still there, oldest first."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            yield read_piece(path)


class Tail:
    """Follows the log of a run: each ``poll`` gives the batches since the last. For screens, never for the record.

    Args:
        run: the run.
        from_start: begin with the oldest piece that is not sealed, else behind what is there.
    """

    def __init__(self, run: RunFolder, *, from_start: bool = True) -> None:
        self._run = run
        self._last = 0
        self._offsets: dict[str, int] = {}
        self.header: Frame | None = None
        if not from_start:
            self.poll()

    def poll(self) -> list[Frame]:
        """Batches that came since the last call."""
        found: list[Frame] = []
        paths = self._run.pieces()
        for path in paths:
            start = self._offsets.get(path.name, 0)
            try:
                with path.open("rb") as file:
                    file.seek(start)
                    content = file.read()
            except FileNotFoundError:
                continue
            for frame in scan(content):
                if isinstance(frame, Damage):
                    # The tail may be a frame that is just being written: look again from its start.
                    if frame.tail:
                        break
                    continue
                self._offsets[path.name] = start + frame.end
                if frame.kind is Kind.header:
                    self.header = frame
                elif frame.number > self._last:
                    self._last = frame.number
                    found.append(frame)
        names = {path.name for path in paths}
        self._offsets = {name: offset for name, offset in self._offsets.items() if name in names}
        return found
