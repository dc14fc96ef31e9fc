"""A user's own factors: a table of the format of the shipped books, a mapping file or a Brightway database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.carbon.book import Book, Head, assembled, digest, shipped_ids
from hydromet.assess.carbon.book_file import head_file
from hydromet.assess.carbon.factor_rows import REQUIRED, book_rows, check_recipes, once
from hydromet.assess.carbon.table import table
from hydromet.errors import FootprintError
from hydromet.source import decode, load, nearest, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from hydromet.source import Document

# What the user holds a licence for stays with the user.
LICENCE = "the user's own; not to be passed on"
BRIGHTWAY = "brightway:"


def user_book(name: str, folder: Path) -> Book:
    """A book of the user.

    Args:
        name: ``my_factors.csv``, ``suppliers.yaml`` (a head, a mapping file or what to read of Brightway) or
            ``brightway:PROJECT/DATABASE``.
        folder: against which files are found.

    Raises:
        SourceError, FootprintError, UserErrors: E101 to E118, E773 to E777 at their place.
    """
    if name.startswith(BRIGHTWAY):
        from hydromet.assess.carbon.brightway_in import brightway_book

        return brightway_book(name.removeprefix(BRIGHTWAY))
    return _table(name, folder) if name.lower().endswith(".csv") else _described(name, folder)


def _table(name: str, folder: Path) -> Book:
    """A table without a head: its file name stands for the id."""
    text = decode(read_bytes(folder / name, name), name)
    rows = book_rows(table(text, name, REQUIRED), name, LICENCE)
    once(rows)
    check_recipes(rows)
    return Book(Head(name, {"en": name}, "-", LICENCE, "", digest((text,)), len(rows), "csv", name), rows)


def _with_head(document: Document, name: str, folder: Path) -> Book:
    """Tables with a head of their own, beside which they stand."""
    head = head_file(document)
    if head.id in shipped_ids():
        place = document.place(("id",))
        read = f"{head.id}, which is a shipped book"
        raise FootprintError("E775", read=read, expected="an id of your own", write="id: suppliers-2026.1", place=place)
    tables = [(each, decode(read_bytes((folder / name).parent / each, each), each)) for each in head.rows]
    return assembled(head, "csv", name, tables, ("\n".join(document.lines),))


def _described(name: str, folder: Path) -> Book:
    """What a YAML file describes: by its first key, a table or a Brightway database."""
    document = load(folder / name, name=name)
    keys = tuple(document.data) if isinstance(document.data, dict) else ()
    if "factors" in keys:
        return _with_head(document, name, folder)
    if "mapping" in keys:
        from hydromet.assess.carbon.idea import mapped_book

        return mapped_book(document, name, folder)
    if "brightway" in keys:
        from hydromet.assess.carbon.brightway_in import described_book

        return described_book(document, name)
    near = [key for each in keys for key in nearest(each, ("factors", "mapping", "brightway"))]
    read = f"a file that begins with {', '.join(keys[:3])}" if keys else "no keys"
    known = " or ".join(near) or "`factors: 1`, `mapping: 1` or `brightway: 1`"
    raise FootprintError(
        "E775", read=read, expected=f"{known} as the first key",
        write="mapping: 1", place=document.place(),
    )  # fmt: skip
