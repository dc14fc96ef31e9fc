"""Columns of the tables of a segment, and JSON rows turned into them."""

from __future__ import annotations

import json
from typing import Any

# Table -> column -> kind: i whole number, f number, s text, j anything as JSON.
TABLES: dict[str, dict[str, str]] = {
    "gaps": {"batch": "i", "source": "s", "start_ns": "i", "end_ns": "i", "cause": "s", "tags": "j", "detail": "s"},
    "events": {"batch": "i", "kind": "s", "source": "s", "time_ns": "i", "text": "s", "data": "j"},
    "texts": {
        "batch": "i", "tag": "i", "source_ns": "i", "server_ns": "i", "receive_ns": "i", "value": "j", "status": "i",
    },
    "results": {
        "batch": "i", "source": "s", "sample": "s", "time_ns": "i", "place": "s", "quantity": "s", "value": "f",
        "unit": "s", "flag": "s", "written": "s", "method": "s", "remark": "s", "status": "i", "tag": "s", "file": "s",
        "sha256": "s", "received_ns": "i",
    },
    "batches": {"batch": "i", "source": "s", "stream": "s", "sequence": "i", "readings": "i"},
}  # fmt: skip
TEXT_FIELDS = ("tag", "source_ns", "server_ns", "receive_ns", "value", "status")
_LARGEST = (1 << 63) - 1
_EMPTY = {"i": 0, "f": float("nan"), "s": "", "j": None}


def cell(kind: str, value: Any) -> Any:
    """A value as its column holds it."""
    if kind == "j":
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if value is None:
        return _EMPTY[kind]
    if kind == "i":
        return max(-_LARGEST, min(int(value), _LARGEST))  # no number may keep a segment from being sealed
    if kind == "f":
        return float(value)
    return str(value).replace("\0", "�")


def value(kind: str, found: Any) -> Any:
    """A value of a column as plain data."""
    if kind == "j":
        return json.loads(text(found))
    if kind == "s":
        return text(found)
    return int(found) if kind == "i" else float(found)


def text(found: Any) -> str:
    """Text of HDF5."""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def rows_of(table: str, number: int, content: dict[str, Any], readings: int) -> list[dict[str, Any]]:
    """Rows that one batch adds to a table.

    Args:
        table: its name.
        number: of the batch.
        content: its JSON part.
        readings: how many readings it has.
    """
    if table == "batches":
        row = {name: content.get(name) for name in ("source", "stream", "sequence")}
        return [{"batch": number, **row, "readings": readings + len(content.get("texts", ()))}]
    found = content.get(table, ())
    if table == "texts":
        return [{"batch": number, **dict(zip(TEXT_FIELDS, row, strict=True))} for row in found]
    return [{"batch": number, **row} for row in found]
