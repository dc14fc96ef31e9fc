"""A CSV as rows whose every cell knows its line and column."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.errors import Place, SourceError, raise_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hydromet.errors import UserError


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
        cells: column -> text, blanks cut.
        starts: column -> where its cell begins, from 1.
        line: the place of the whole line.
    """

    cells: Mapping[str, str]
    starts: Mapping[str, int]
    line: Place

    def get(self, column: str) -> str:
        """Text of a cell; empty if the table has no such column."""
        return self.cells.get(column, "")

    def place(self, column: str) -> Place:
        """Where a cell stands; the line, if there is no such column."""
        at = self.line
        return Place(at.file, at.line, self.starts.get(column, 1), at.text, path=column)


def table(text: str, name: str, required: Collection[str], *, delimiter: str = ",", skip: int = 0) -> tuple[Row, ...]:
    """The rows of a CSV text, one line each; lines that begin with ``#`` are remarks.

    Args:
        text: of the file.
        name: as errors call the file.
        required: columns it must have.
        delimiter: one character.
        skip: lines above the line of headings.

    Raises:
        SourceError, UserErrors: E774, at its line: a missing column, a heading twice, too many or too few cells, a
            quotation mark that is not closed.
    """
    heads: list[str] = []
    rows: list[Row] = []
    wrong: list[UserError] = []
    for number, line in _lines(text, skip):
        cells = _cells(line, delimiter)
        place = Place(name, number, 1, line)
        if cells is None:
            wrong.append(_error(place, "a quotation mark that is not closed or stands inside a cell", '"a, b"'))
        elif not heads:
            heads = [cell for cell, _ in cells]
            _check_heads(heads, required, place)
        elif len(cells) != len(heads):
            wrong.append(_error(place, f"{len(cells)} cells", f"{len(heads)} cells, as in the line of headings"))
        else:
            texts = {head: cell for head, (cell, _) in zip(heads, cells, strict=True)}
            starts = {head: start for head, (_, start) in zip(heads, cells, strict=True)}
            rows.append(Row(texts, starts, place))
    raise_all(wrong)
    if not rows:
        raise _error(Place(name), "no row", "a line of headings and at least one row")
    return tuple(rows)


def _lines(text: str, skip: int) -> Iterator[tuple[int, str]]:
    # Only what ends a line in a file counts: splitlines would also cut at exotic separators inside a note.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if number > skip and line.strip() and not line.startswith("#"):
            yield number, line


def _cells(line: str, delimiter: str) -> list[tuple[str, int]] | None:
    """Cells with the column where each begins; None if the quotation marks do not fit."""
    try:
        found = next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None
    starts, quoted = [1], False
    for column, sign in enumerate(line, 1):
        quoted ^= sign == '"'
        if sign == delimiter and not quoted:
            starts.append(column + 1)
    if len(starts) != len(found):
        return None
    return [(cell.strip(), start) for cell, start in zip(found, starts, strict=True)]


def _check_heads(heads: list[str], required: Collection[str], place: Place) -> None:
    missing = [column for column in required if column not in heads]
    twice = sorted({head for head in heads if heads.count(head) > 1})
    if missing:
        raise _error(place, ", ".join(heads)[:200], f"the columns {', '.join(missing)} as well")
    if twice:
        raise _error(place, f"the heading {', '.join(twice)!r} twice", "each column once")


def _error(place: Place, read: str, expected: str) -> SourceError:
    return SourceError("E774", read=read, expected=expected, write="id,indicator,value,unit,...", place=place)
