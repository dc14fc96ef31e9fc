"""A run's folder: where everything lies, and the lock that lets one writer in.

run.json          format and identity of the run
log/*.hmlog       pieces of the log that are not sealed yet
data/Y/M/D/H.h5   sealed segments, each with its hash in H.h5.sha256, which `sha256sum -c` reads
inbox/            notes and results handed in by other processes
state/SOURCE/     what a source keeps (0700)
text/logger.log   what the logger says, rotating
status.json       how it stands now
lock              held by the one writer
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import struct
import sys
import uuid
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Self

from hydromet.errors import DeviceError, Place, StationError

if TYPE_CHECKING:
    from types import TracebackType

FORMAT = "hydromet-run/1"
# How often a lock is looked at, s, and how often before it counts as somebody else's.
_LOOK, _LOOKS = 0.05, 10
# Linux knows locks of an open file that can be asked about: `struct flock`, type, whence, start, length, process.
_ASKED = sys.platform == "linux"
_WHOLE = struct.Struct("@hhqqi4x")
PIECE = ".hmlog"


class RunFolder:
    """The paths of a run.

    Args:
        path: the folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.log = self.path / "log"
        self.data = self.path / "data"
        self.inbox = self.path / "inbox"
        self.text = self.path / "text"
        self.status = self.path / "status.json"

    def create(self) -> str:
        """Make what is missing; the identity of the run.

        Raises:
            StationError: E030, it is another kind of folder or cannot be written.
        """
        try:
            if self.path.exists() and any(self.path.iterdir()) and not (self.path / "run.json").exists():
                read, expected = f"{self.path}, which holds other files", "a new folder, or one with a run in it"
                raise StationError("E030", read=read, expected=expected, write="-o runs/2026-11-26")
            for folder in (self.log, self.data, self.inbox, self.text, self.path / "state"):
                folder.mkdir(parents=True, exist_ok=True)
            (self.path / "state").chmod(0o700)
            if not (self.path / "run.json").exists():
                content = {"format": FORMAT, "run": uuid.uuid4().hex}
                replace(self.path / "run.json", json.dumps(content).encode())
        except OSError as error:
            read = f"{self.path}: {error.strerror}"
            raise StationError("E030", read=read, expected="a folder that can be written", write="-o runs/x") from None
        return self.identity()

    def identity(self) -> str:
        """Identity of an existing run.

        Raises:
            StationError: E030, there is no run here; E118, a newer program made it.
        """
        try:
            content = json.loads((self.path / "run.json").read_bytes())
            found, identity = str(content["format"]), str(content["run"])
        except (OSError, ValueError, KeyError, TypeError):
            read = f"{self.path}, without a readable run.json"
            expected = "the folder of a run, as given to `log start -o`"
            write = "hydromet log start station.yaml -o runs/2026-11"
            raise StationError("E030", read=read, expected=expected, write=write) from None
        if found != FORMAT:
            expected = f"{FORMAT}: another version of hydromet made this run"
            raise StationError("E118", read=found, expected=expected, place=Place(str(self.path / "run.json")))
        return identity

    def is_as_made(self) -> bool:
        """Whether ``run.json`` has the very bytes that were written when the run was made."""
        content = {"format": FORMAT, "run": self.identity()}
        return (self.path / "run.json").read_bytes() == json.dumps(content).encode()

    def pieces(self) -> list[Path]:
        """Pieces of the log, oldest first."""
        return sorted(self.log.glob(f"*{PIECE}"))

    def segments(self) -> list[Path]:
        """Sealed segments, oldest first."""
        found = self.data.glob("[0-9]*/[0-9]*/[0-9]*/*.h5")
        return sorted(found, key=lambda path: [int(n) for n in re.findall(r"\d+", "/".join(path.parts[-4:])[:-3])])

    def state(self, source: str) -> Path:
        """Folder of a source's own state, private."""
        folder = self.path / "state" / re.sub(r"[^A-Za-z0-9_.-]", "_", source).lstrip(".")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


class WriterLock:
    """The lock of the one writer; the system lets go of it when the process dies, however it dies.

    Raises:
        DeviceError: E042, another process has it.
    """

    def __init__(self, run: RunFolder) -> None:
        self._file = os.open(run.path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        if not _take_soon(self._file):
            holder = os.read(self._file, 64).decode(errors="replace").strip()
            os.close(self._file)
            read = f"another logger writes to {run.path}" + (f" (process {holder})" if holder else "")
            write = f"hydromet log status {run.path}"
            raise DeviceError("E042", read=read, expected="one logger for each run", write=write)
        with contextlib.suppress(OSError):  # a full disk must not keep the logger from starting
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _take(file: int) -> bool:
    """Take the lock of an open file, if nobody has it: a lock of this opening of the file, not of the process."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        if _ASKED:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, _WHOLE.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _take_soon(file: int) -> bool:
    """The same; where a lock cannot be asked about without taking it, whoever asks is waited for."""
    for _ in range(1 if _ASKED else _LOOKS):
        if _take(file):
            return True
        sleep(0.0 if _ASKED else _LOOK)
    return False


def wait_for(file: int) -> None:
    """Take a lock as soon as nobody else has it."""
    while not _take(file):
        sleep(_LOOK)


def locked(run: RunFolder) -> bool:
    """Whether a logger writes to the run at this moment; on Linux the lock is not touched by asking."""
    try:
        file = os.open(run.path / "lock", os.O_RDONLY if _ASKED else os.O_RDWR)
    except OSError:  # never started, or on a medium that cannot be written
        return False
    try:
        if not _ASKED:
            return not _take(file)
        import fcntl

        asked = fcntl.fcntl(file, fcntl.F_OFD_GETLK, _WHOLE.pack(fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
        return bool(_WHOLE.unpack(asked)[0] != fcntl.F_UNLCK)
    finally:
        os.close(file)


def replace(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that it is either as before or whole: temporary, fsync, rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new file durable."""
    if os.name == "nt":
        return
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def read_json(path: Path) -> dict[str, Any]:
    """A small JSON file; empty if it is not there or not whole."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
