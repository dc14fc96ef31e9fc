"""Factor books, and the lookup that never answers zero for what it does not know.

A book is a head (``data/factors/hydromet-2026.1.yaml``) with the tables it names, or a user's own table, export or
database (``user_books``). Books are read in the order given; where two hold the same factor, the later one wins and the
record says so. A derived row keeps the value of its own book.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.book_file import head_file
from hydromet.assess.carbon.factor_rows import (
    REQUIRED,
    BookRow,
    book_rows,
    check_recipes,
    known_units,
    once,
    per_scale,
    terms,
)
from hydromet.assess.carbon.ratings import rated
from hydromet.assess.carbon.shapes import INDICATORS
from hydromet.assess.carbon.table import table
from hydromet.datafiles import find, names, read_text, read_yaml
from hydromet.errors import FootprintError
from hydromet.source import load_text, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydromet.assess.carbon.book_file import HeadFile
    from hydromet.assess.carbon.shapes import Factor, Indicator

FOLDER = "data/factors"
SHIPPED = "hydromet-2026.1"


@dataclass(frozen=True)
class Head:
    """What a record says of a book.

    Attributes:
        id: by which ``books`` finds it, with its version.
        title: language -> text.
        version, licence, changes: as the book states them.
        sha256: of the head and its tables as text with Unix line ends, so that a checkout on Windows has the same.
        rows: number of rows.
        kind: ``shipped``, ``csv``, ``idea`` or ``brightway``.
        file: name of the file or database.
    """

    id: str
    title: Mapping[str, str]
    version: str
    licence: str
    changes: str
    sha256: str
    rows: int
    kind: str
    file: str

    def as_dict(self) -> dict[str, Any]:
        """The head as plain data, for the record."""
        return {**self.__dict__, "title": dict(self.title)}


@dataclass(frozen=True)
class Book:
    """A head and its rows; ``unusable``: why a row of a licensed database cannot be used, told when it is asked for."""

    head: Head
    rows: tuple[BookRow, ...]
    unusable: Mapping[tuple[str, Indicator], FootprintError] = field(default_factory=dict)


class Books:
    """Several books as one; later ones win.

    Args:
        found: in the order of precedence, the last wins.
    """

    def __init__(self, found: Sequence[Book]) -> None:
        self.heads: tuple[Head, ...] = tuple(book.head for book in found)
        self._rows: dict[tuple[str, Indicator], BookRow] = {}
        self._aliases: dict[str, str] = {}
        self._unusable: dict[tuple[str, Indicator], FootprintError] = {}
        self._replaced: list[tuple[str, Indicator, str]] = []
        for book in found:
            self._unusable |= book.unusable
            for row in book.rows:
                self._put(row)

    def _put(self, row: BookRow) -> None:
        key = row.factor.id, row.factor.indicator
        before = self._rows.get(key)
        if before is not None:
            self._replaced.append((*key, before.factor.book))
        self._rows[key] = row
        self._unusable.pop(key, None)
        self._aliases |= dict.fromkeys(row.aliases, row.factor.id)

    def factor(self, name: str, indicator: Indicator, per: str = "") -> Factor:
        """A factor by its id or an alias.

        Args:
            name: ``chem.h2so4``.
            indicator: which of its rows.
            per: what the amount is in; the value is brought to it. Empty: as in the book.

        Raises:
            FootprintError: E770 an unknown name, with the nearest; E772 the same of an electricity grid; E771 no row
                for this indicator; E773 it cannot be brought to ``per``.
        """
        row = self._rows.get((self.resolve(name), indicator))
        if row is None:
            raise self._missing(name, indicator)
        found = self.rated(row.factor)
        return found if not per or per == found.per else _brought(found, per)

    def resolve(self, name: str) -> str:
        """The id behind an id or alias.

        Raises:
            FootprintError: E770, E772.
        """
        found = name if self._has(name) else self._aliases.get(name, name)
        if not self._has(found):
            why = next((self._unusable[name, each] for each in INDICATORS if (name, each) in self._unusable), None)
            raise why or self._unknown(name)
        return found

    def knows(self, name: str) -> bool:
        """Whether it is an id or an alias."""
        return self._has(name) or name in self._aliases

    def rows(self, name: str) -> tuple[Factor, ...]:
        """The rows of an id, one for an indicator."""
        return tuple(self.factor(name, each) for each in INDICATORS if (name, each) in self._rows)

    def _has(self, name: str) -> bool:
        return any((name, indicator) in self._rows for indicator in INDICATORS)

    def ids(self) -> tuple[str, ...]:
        """Every factor, sorted."""
        return tuple(sorted({name for name, _ in self._rows}))

    def find(self, words: str) -> tuple[Factor, ...]:
        """Factors whose id, title, geography or note has all the words, in any case; sorted by id and indicator."""
        wanted = words.casefold().split()
        aliases: dict[str, str] = {}
        for alias, name in self._aliases.items():
            aliases[name] = f"{aliases.get(name, '')} {alias}"
        found = [row.factor for key, row in self._rows.items() if _has_all(wanted, row.factor, aliases.get(key[0], ""))]
        return tuple(sorted(found, key=lambda each: (each.id, INDICATORS.index(each.indicator))))

    def rated(self, factor: Factor, geography: str = "", year: int | None = None) -> Factor:
        """The factor with its data-quality ratings for a use at a place in a year; see ``ratings``."""
        return replace(factor, quality=rated(factor, geography, year))

    def recipe(self, factor: Factor) -> tuple[tuple[float, str], ...]:
        """How a derived row follows from others, ``((1.11, "fuel.a"), ...)``; empty for a row of its own."""
        text = self._rows[factor.id, factor.indicator].recipe
        return terms(text) if text else ()

    def replaced(self) -> list[dict[str, str]]:
        """W773 for every factor that a later book replaced, as the warnings of a record."""
        return [
            {
                "code": "W773",
                "where": name,
                "text": f"{indicator}: {self._rows[name, indicator].factor.book} stands in for {book}",
            }
            for name, indicator, book in self._replaced
        ]

    def _missing(self, name: str, indicator: Indicator) -> FootprintError:
        found = self.resolve(name)
        if (found, indicator) in self._unusable:
            return self._unusable[found, indicator]
        there = [known for known in INDICATORS if (found, known) in self._rows]
        near = nearest(found, [known for known, kind in self._rows if kind == indicator])
        expected = f"a row for it in a book of your own; this one has {', '.join(there)}"
        if near:
            expected += f"; for {indicator} there are {', '.join(near)}"
        unit = "m3/kg" if indicator == "water" else "MJ/kg" if indicator == "energy" else "kgCO2e/kg"
        write = f"{found},{indicator},1.0,{unit},..."
        return FootprintError("E771", read=f"{name} for {indicator}", expected=expected, write=write)

    def _unknown(self, name: str) -> FootprintError:
        known = (*self.ids(), *self._aliases)
        if name.startswith("grid."):
            return _unknown_grid(name, [each for each in self.ids() if each.startswith("grid.")])
        near = nearest(name, known) or tuple(each.id for each in self.find(name.rpartition(".")[2])[:3])
        expected = " or ".join(dict.fromkeys(near)) or f"a name of {', '.join(head.id for head in self.heads)}"
        write = near[0] if near else "chem.h2so4"
        return FootprintError("E770", read=name, expected=f"{expected}; hydromet data list factors", write=write)


def _has_all(wanted: Sequence[str], factor: Factor, aliases: str) -> bool:
    text = f"{factor.id} {factor.title} {factor.geography} {factor.note} {aliases}".casefold()
    return all(word in text for word in wanted)


def _brought(factor: Factor, per: str) -> Factor:
    scale = per_scale(per, factor.per)
    if scale is None:
        known = known_units("per")
        expected = f"an amount in {factor.per}" if per in known else " or ".join(nearest(per, known) or known)
        raise FootprintError("E773", read=f"{factor.id} per {per}", expected=expected, write=f"per: {factor.per}")
    return replace(factor, value=factor.value * scale, per=per)


def _unknown_grid(name: str, grids: Sequence[str]) -> FootprintError:
    """The years of a zone that is known, or the zones like it."""
    zone = name.removeprefix("grid.").rpartition("-")[0]
    years = [each for each in grids if zone and each.startswith(f"grid.{zone}-")]
    near = tuple(years[:3]) or nearest(name, grids)
    expected = " or ".join(near) or f"one of {', '.join(sorted({_zone(each) for each in grids}))}, and a year"
    return FootprintError("E772", read=name, expected=expected, write=near[0] if near else "grid.JP-Tokyo-2024")


def _zone(name: str) -> str:
    return name.removeprefix("grid.").rpartition("-")[0]


def books(wanted: Sequence[str] = (SHIPPED,), folder: Path | None = None) -> Books:
    """Several books as one.

    Args:
        wanted: ids of shipped books, files of the user (CSV, or a mapping file for an export of AIST IDEA) and
            ``brightway:PROJECT/DATABASE``; a later one wins.
        folder: against which the files are found; the working directory by default.

    Raises:
        FootprintError, UserErrors: E770 to E777, at their place.
    """
    found: list[Book] = []
    for name in wanted:
        if name.lower().endswith((".csv", ".yaml", ".yml")) or name.startswith("brightway:"):
            from hydromet.assess.carbon.user_books import user_book

            found.append(user_book(name, folder or Path()))
        else:
            found.append(shipped(name))
    return Books(found)


def shipped_ids() -> tuple[str, ...]:
    """Ids of the shipped books."""
    return tuple(
        name
        for name in names(FOLDER, ".yaml")
        if isinstance(head := read_yaml(f"{FOLDER}/{name}.yaml"), dict) and "factors" in head
    )


@lru_cache(maxsize=8)
def shipped(name: str) -> Book:
    """A book of ``data/factors`` by its id.

    Raises:
        FootprintError: E775, there is none.
    """
    if "/" in name or name not in shipped_ids():
        near = nearest(name, shipped_ids()) or shipped_ids()
        expected = f"{' or '.join(near)}, a .csv file, a mapping file (.yaml) or brightway:PROJECT/DATABASE"
        raise FootprintError("E775", read=name, expected=expected, write=f"books: [{near[0]}]")
    file = f"{FOLDER}/{name}.yaml"
    text = read_text(file)
    head = head_file(load_text(text, file))
    tables = [(f"{FOLDER}/{each}", read_text(f"{FOLDER}/{each}")) for each in head.rows]
    beside = [read_text(f"{FOLDER}/{head.losses}")] if head.losses else []
    return assembled(head, "shipped", find(file).name, tables, (text, *beside))


def assembled(head: HeadFile, kind: str, file: str, tables: Sequence[tuple[str, str]], beside: Iterable[str]) -> Book:
    """A book from its head and the texts of its tables.

    Args:
        head: what it says of itself.
        kind: for the record.
        file: for the record.
        tables: name and text of each.
        beside: other texts that its hash is of: the head itself.

    Raises:
        FootprintError, UserErrors: E773, E774 at file, line and column.
    """
    parsed = [book_rows(table(text, name, REQUIRED), head.id, head.licence) for name, text in tables]
    rows = tuple(row for part in parsed for row in part)
    once(rows)
    check_recipes(rows)
    title = {str(key): text for key, text in head.title.items()}
    sha256 = digest((*beside, *(text for _, text in tables)))
    about = Head(head.id, title, head.version, head.licence, head.changes, sha256, len(rows), kind, file)
    return Book(about, rows)


def digest(texts: Iterable[str]) -> str:
    """SHA-256 of texts, whatever their line ends."""
    total = hashlib.sha256()
    for text in texts:
        plain = text.replace("\r\n", "\n").encode()
        total.update(f"{len(plain)}\n".encode())
        total.update(plain)
    return total.hexdigest()
