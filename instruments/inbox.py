"""Notes and results handed in by another process: a file each, booked once, removed when it is in the record."""

from __future__ import annotations

import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

from hydromet.errors import StationError
from instruments.base import Batch, Event, now_ns
from instruments.folder import read_json, replace

if TYPE_CHECKING:
    from pathlib import Path

    from instruments.base import Sink
    from instruments.folder import RunFolder
    from instruments.memory import Memory

log = logging.getLogger("instruments.inbox")
# An unreadable file is looked at so often before it is put aside: it may be just being copied.
_PATIENCE = 10


def hand_in(run: RunFolder, text: str, *, author: str = "", result: dict[str, Any] | None = None) -> Path:
    """Lay a note, with a laboratory result or without, into the inbox of a run; it is on disk when this returns.

    Raises:
        StationError: E032, there is no room or no permission to write there.
    """
    identity = uuid.uuid4().hex
    content: dict[str, Any] = {"id": identity, "time_ns": now_ns(), "text": text, "author": author}
    if result:
        content["result"] = result
    path = run.inbox / f"{content['time_ns']}-{identity}.json"
    try:
        replace(path, json.dumps(content, ensure_ascii=False).encode())
    except OSError as error:
        read = f"{run.inbox}: {error.strerror}"
        expected = "room and permission to write there; the note is not kept"
        raise StationError("E032", read=read, expected=expected, write=f"hydromet log status {run.path}") from None
    return path


class Inbox:
    """The inbox as the recorder sees it.

    Args:
        run: whose inbox.
        sink: where notes go.
        memory: knows which are booked.
    """

    def __init__(self, run: RunFolder, sink: Sink, memory: Memory) -> None:
        self._run = run
        self._sink = sink
        self._memory = memory
        self._handed: set[str] = set()
        self._unreadable: dict[str, int] = {}

    def look(self) -> None:
        """Book what is new, remove what is in the record."""
        for path in sorted(self._run.inbox.glob("[!.]*.json")):
            content = read_json(path)
            identity = str(content.get("id", ""))
            if not identity:
                self._put_aside(path)
            elif identity in self._memory.seen:
                path.unlink(missing_ok=True)
                self._handed.discard(identity)
            elif identity not in self._handed and self._sink.put(_batch(content)):
                self._handed.add(identity)

    def clear(self) -> None:
        """Remove what is in the record, at the end."""
        for path in self._run.inbox.glob("[!.]*.json"):
            if str(read_json(path).get("id", "")) in self._memory.seen:
                path.unlink(missing_ok=True)

    def _put_aside(self, path: Path) -> None:
        times = self._unreadable[path.name] = self._unreadable.get(path.name, 0) + 1
        if times >= _PATIENCE:
            path.rename(path.with_suffix(".unreadable"))
            log.warning("%s in the inbox is no note and was put aside", path.name)
            del self._unreadable[path.name]


def _batch(content: dict[str, Any]) -> Batch:
    data = {"id": content["id"], "author": str(content.get("author", ""))}
    when = content.get("time_ns")
    time_ns = when if isinstance(when, int) else now_ns()
    event = Event("note", "", time_ns, str(content.get("text", "")), data)
    result = content.get("result")
    return Batch("", events=[event], results=[result] if isinstance(result, dict) else [])
