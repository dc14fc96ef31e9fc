"""A source that is refused before it has delivered anything: from the logger's start on its values are a gap."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from instruments.base import Batch, Cause, Gap, now_ns
from instruments.folder import read_json
from instruments.status import bad

if TYPE_CHECKING:
    from pathlib import Path

    from instruments.base import Link, Sink

_FILE = "kept_out.json"


class KeptOut:
    """A ``Sink`` before the recorder's, which adds the gap to the first batch with a good value.

    Args:
        sink: the recorder.
        source: name of the source.
        folder: its state, where the beginning is kept until the gap has ended: it outlives the logger.
    """

    def __init__(self, sink: Sink, source: str, folder: Path) -> None:
        self._sink, self._source, self._file = sink, source, folder / _FILE
        self._begun = now_ns()
        self._start = int(read_json(self._file).get("since_ns", 0))
        self._why = "it was refused when the logger ran before" if self._start else ""

    def refused(self, why: str, *, delivered: bool) -> None:
        """The source was refused; one that delivered before knows itself where the record ends."""
        if not delivered and not self._start:
            self._keep(self._begun)
        if self._start:
            self._why = f"no connection since the logger's start: {why}"

    def ended(self) -> None:
        """The logger stops: the gap is written up to now, and goes on with the next start."""
        if self._start:
            now = now_ns()
            if self._sink.put(Batch(self._source, gaps=(self._gap(now),))):
                self._keep(now)

    def put(self, batch: Batch) -> bool:
        """See ``Sink.put``."""
        if not self._start:
            return self._sink.put(batch)
        good = [each[3] for each in batch.readings if not bad(each[5])]
        if not good and not batch.results:
            return self._sink.put(batch)
        taken = self._sink.put(replace(batch, gaps=(*batch.gaps, self._gap(min(good, default=now_ns())))))
        if taken:
            self._start = 0
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
        return taken

    def wait_for_room(self, seconds: float) -> bool:
        """See ``Sink.wait_for_room``."""
        return self._sink.wait_for_room(seconds)

    def report(self, source: str, link: Link, detail: str = "") -> None:
        """See ``Sink.report``."""
        self._sink.report(source, link, detail)

    def durable_sequence(self, stream: str) -> int:
        """See ``Sink.durable_sequence``."""
        return self._sink.durable_sequence(stream)

    @property
    def refusal(self) -> Cause:
        """Why the recorder takes nothing, if it says so."""
        return getattr(self._sink, "refusal", Cause.buffer)

    def _gap(self, end_ns: int) -> Gap:
        return Gap(self._source, min(self._start, end_ns), end_ns, Cause.link, detail=self._why)

    def _keep(self, start_ns: int) -> None:
        self._start = start_ns
        with contextlib.suppress(OSError):  # a full disk: the gap is told as long as this logger lives
            self._file.write_text(f'{{"since_ns": {start_ns}}}', encoding="utf-8")
