"""JSON Schemas (draft 2020-12) rebuilt from tables of fields, ``data/exchange/schema_fields.csv``.

The table states names, types, what is required and constraints; texts that explain a field are not in it. A schema
built here therefore accepts what the official one accepts as far as those facts go; fields it does not know pass, and
``unknown`` lists them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TABLE = "data/exchange/schema_fields.csv"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
ROOT = ""


@dataclass(frozen=True)
class Row:
    """One field: ``path`` with dots and ``[]``, JSON type, whether its parent needs it, constraints, source file."""

    path: str
    type: str
    required: bool
    constraints: Mapping[str, Any]
    source: str


@lru_cache(maxsize=1)
def tables() -> Mapping[tuple[str, str], tuple[Row, ...]]:
    """``(format, version)`` -> its fields in the order of the file."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in read_csv(TABLE):
        each = Row(
            row["path"], row["type"], row["required"] == "yes", json.loads(row["constraints"]), row["source"]
        )  # fmt: skip
        found.setdefault((row["format"], row["version"]), []).append(each)
    return {key: tuple(rows) for key, rows in found.items()}


def build(table: str, version: str) -> dict[str, Any]:
    """The schema of one format.

    Raises:
        KeyError: there is no such table; the names are the program's own.
    """
    rows = tables()[table, version]
    root: dict[str, Any] = {"$schema": DRAFT, "title": f"{table} {version}", "$comment": rows[0].source, **_object()}
    places = {ROOT: root}
    for row in rows:
        above, _, name = row.path.rpartition(".")
        parent = places[above]
        node = _node(row)
        parent["properties"][name] = node
        if row.required:
            parent["required"].append(name)
        if row.type == "object":
            places[row.path] = node
        elif row.type == "array<object>":
            places[f"{row.path}[]"] = node["items"]
    return root


def _object() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "required": []}


def _node(row: Row) -> dict[str, Any]:
    constraints = {key: value for key, value in row.constraints.items() if key != "items"}
    if "enum" in constraints:
        constraints["enum"] = list(dict.fromkeys(constraints["enum"]))
    if row.type == "object":
        return {**_object(), **constraints}
    if row.type.startswith("array<"):
        inner = row.type[len("array<") : -1]
        items = {"type": inner, **row.constraints.get("items", {})} if inner != "object" else _object()
        return {"type": "array", "items": items, **constraints}
    if row.type == "null":  # a list of words without a type in the official file
        return constraints
    return {"type": row.type, **constraints}


def unknown(document: Any, schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Paths of a document that the schema has no field for: what a typing mistake leaves behind."""
    if isinstance(document, list) and "items" in schema:
        for i, each in enumerate(document):
            yield from unknown(each, schema["items"], f"{path}[{i}]")
    elif isinstance(document, dict) and schema.get("properties"):
        for name, value in document.items():
            below = f"{path}.{name}".lstrip(".")
            if name in schema["properties"]:
                yield from unknown(value, schema["properties"][name], below)
            else:
                yield below
