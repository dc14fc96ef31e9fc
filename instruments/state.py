"""``status.json``: how the logger stands, written every second, also when the disk is full."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from instruments.base import SECOND, now_ns
from instruments.folder import locked, read_json

if TYPE_CHECKING:
    from instruments.folder import RunFolder

# A logger that says nothing for so long although it holds the lock hangs, s.
_SILENT = 15.0


def write_status(run: RunFolder, status: dict[str, Any]) -> None:
    """Replace the status; on a full disk the old file is written over in place, where it needs no room."""
    content = json.dumps(status, indent=1, ensure_ascii=False, default=str).encode()
    temporary = run.status.with_name(".status.json.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(run.status)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        with contextlib.suppress(OSError), run.status.open("r+b") as file:
            room = os.fstat(file.fileno()).st_size
            if len(content) > room:
                content = json.dumps(_short(status), default=str).encode()
            file.write(content[: max(room, len(content))].ljust(room))


def _short(status: dict[str, Any]) -> dict[str, Any]:
    return {name: status[name] for name in ("format", "state", "run", "pid", "time_ns", "commit_ns", "disk")}


def read_status(run: RunFolder) -> dict[str, Any]:
    """The status of a run, with ``alive`` (a process holds the lock) and ``state`` put right if it died or hangs."""
    status = read_json(run.status)
    alive = locked(run)
    status["alive"] = alive
    state = str(status.get("state", "never started"))
    if alive and now_ns() - int(status.get("time_ns", 0)) > _SILENT * SECOND:
        state = "silent"
    elif not alive and state not in ("stopped", "never started"):
        state = "died"
    status["state"] = state
    return status
