"""A user's own factors: a table of the format of the shipped books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.carbon.book import Book, Head, digest
from hydromet.assess.carbon.factor_rows import REQUIRED, book_rows, check_recipes
from hydromet.assess.carbon.table import table
from hydromet.source import decode, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

# What the user holds a licence for stays with the user.
LICENCE = "the user's own; not to be passed on"


def user_book(name: str, folder: Path) -> Book:
    """A book of the user.

    Args:
        name: as given, ``my_factors.csv``.
        folder: against which it is found.

    Raises:
        SourceError, FootprintError, UserErrors: E101 to E105, E773, E774 at their place.
    """
    text = decode(read_bytes(folder / name, name), name)
    rows = book_rows(table(text, name, REQUIRED), name, LICENCE)
    check_recipes(rows)
    return Book(Head(name, {"en": name}, "-", LICENCE, "", digest((text,)), len(rows), "csv", name), rows)
