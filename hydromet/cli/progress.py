"""Progress on the standard error, and none at all for what takes less than two seconds."""

from __future__ import annotations

import sys
import time
from typing import Self

_SILENT = 2.0
# On a terminal the line is rewritten; elsewhere a plain line now and then.
_LIVE = 0.2
_PLAIN = 5.0


class Progress:
    """A line that says how the iteration goes.

    Also tells when kernels are being compiled, which happens once after an installation.
    """

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._last = 0.0
        self._live = sys.stderr.isatty()
        self._shown = False

    def __enter__(self) -> Self:
        from hydromet import kernels

        kernels.announce = self.tell
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown and self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def passed(self, block: str, number: int, residual: float) -> None:
        """After a pass through a loop."""
        now = time.monotonic()
        pause = _LIVE if self._live else _PLAIN
        if now - self._start < _SILENT or now - self._last < pause:
            return
        self._last = now
        self._show(f"loop of {block}: pass {number}, residual {residual:.1e}")

    def solves(self, name: str, count: int) -> None:
        """After a solve of a fit."""
        now = time.monotonic()
        if now - self._start >= _SILENT and now - self._last >= (_LIVE if self._live else _PLAIN):
            self._last = now
            self._show(f"fit of {name}: {count} solves")

    def point(self, text: str) -> None:
        """A line after every point of a study that takes its time."""
        if time.monotonic() - self._start > _SILENT:
            sys.stderr.write(f"\r\x1b[K{text}\n" if self._shown and self._live else f"{text}\n")
            sys.stderr.flush()

    def tell(self, text: str) -> None:
        """One line at once, whatever the time."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def _show(self, text: str) -> None:
        self._shown = True
        sys.stderr.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        sys.stderr.flush()
