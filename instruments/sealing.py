"""Closed pieces of the log become HDF5 segments, in a child process: HDF5 stalls a process for 0.1 to 0.3 s."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from instruments.base import now_ns
from instruments.folder import sync_folder
from instruments.pieces import serial
from instruments.writer import HOUR_NS

if TYPE_CHECKING:
    from instruments.folder import RunFolder

log = logging.getLogger("instruments.sealing")
# Pause after a sealing that failed, s, and the longest that one may take.
_PAUSE = 60.0
_LONGEST = 600.0


class Sealer:
    """Seals one group of pieces at a time: those of an hour that is over, or as many as make a segment.

    A piece is removed only when its segment is on disk and was read back.

    Args:
        run: where.
        largest: bytes of log that make a segment before the hour is over.
    """

    def __init__(self, run: RunFolder, largest: float) -> None:
        self._run = run
        self._largest = largest
        self._child: subprocess.Popen[str] | None = None
        self._pieces: list[Path] = []
        self._since = 0.0
        self._not_before = 0.0
        self.trouble = ""
        self.sealed = 0

    def poll(self, current: int, *, everything: bool = False) -> bool:
        """Look after the child and start the next.

        Args:
            current: serial number of the piece that is being written.
            everything: do not wait for the end of the hour.

        Returns:
            whether there is something to do still.
        """
        if self._child is not None:
            if self._child.poll() is None:
                if monotonic() - self._since > _LONGEST:
                    self._child.kill()
                return True
            self._collect()
        if monotonic() < self._not_before:
            return False
        group = self._group(current, everything)
        if not group:
            return False
        self._pieces = group
        self._since = monotonic()
        module = [sys.executable, "-P", "-m", "instruments.store.seal"]
        command = [*module, str(self._run.path.resolve()), *(piece.name for piece in group)]
        try:
            self._child = subprocess.Popen(  # noqa: S603  # our own module
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=_environment()
            )
        except OSError as error:
            self._failed(str(error))
            return False
        return True

    def finish(self, current: int, seconds: float) -> bool:
        """Seal all closed pieces, waiting at most so long; whether that was done."""
        end = monotonic() + seconds
        while self.poll(current, everything=True):
            child = self._child
            if child is None:
                continue
            try:
                child.wait(max(0.0, end - monotonic()))
            except subprocess.TimeoutExpired:
                self.close()
                return False
        return not self.trouble

    def close(self) -> None:
        """Let go of a child that is still at work: the pieces stay and are sealed at the next start."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        if child.stderr:
            child.stderr.close()

    def _group(self, current: int, everything: bool) -> list[Path]:
        closed = [path for path in self._run.pieces() if serial(path) < current]
        group: list[Path] = []
        total, hour = 0, -1
        for path in closed:
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                begun = stat.st_mtime_ns // HOUR_NS
                if group and begun != hour:
                    return group
                hour = begun
                group.append(path)
                total += stat.st_size
            if total >= self._largest:
                return group
        over = hour != now_ns() // HOUR_NS
        return group if group and (over or everything) else []

    def _collect(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        said = child.stderr.read() if child.stderr else ""
        if child.stderr:
            child.stderr.close()
        if child.returncode:
            self._failed(said.strip().splitlines()[-1] if said.strip() else f"exit code {child.returncode}")
            return
        for path in self._pieces:
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            sync_folder(self._run.log)
        self.sealed += 1
        if self.trouble:
            log.warning("sealing works again")
        self.trouble = ""

    def _failed(self, why: str) -> None:
        if not self.trouble:
            log.error("sealing failed: %s; the log is kept and it is tried again", why)
        self.trouble = why
        self._not_before = monotonic() + _PAUSE


def _environment() -> dict[str, str]:
    """The child finds this package, not a folder of the same name where the logger happens to be started."""
    home = str(Path(__file__).resolve().parent.parent)
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def lower_priority() -> None:
    """The child yields to the logger."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
