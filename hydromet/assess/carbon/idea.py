"""A licensed database as a table of another make: a mapping file says which columns hold what.

Written for exports of AIST IDEA, whose headings, encoding and units differ between versions and between Excel and CSV;
any other table with one process a line is read in the same way. Nothing of it is kept: the record holds the factors
that were used, with the licence that the mapping file states.

Every row becomes ``prefix + code``; ``take`` puts rows in the place of factors of the shipped books. A row that cannot
be used (no value, a unit that no plant uses) is no error until it is asked for: an export has thousands of them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from hydromet.assess.carbon.book import Book, Head, digest
from hydromet.assess.carbon.factor_rows import BookRow, deviation, number, unit_scale
from hydromet.assess.carbon.shapes import INDICATORS, Factor, Indicator
from hydromet.assess.carbon.table import table
from hydromet.errors import FootprintError, Place, UserError, raise_all
from hydromet.flowsheet.schema import Part
from hydromet.source import nearest, read_bytes
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydromet.assess.carbon.table import Row
    from hydromet.source import Document

NEWEST = 1
# An export of all of IDEA with every impact category is about 30 MB.
LARGEST_BYTES = 100_000_000

_Spread = Annotated[str, Field(description="as in a factor book", examples=["30", "range 0.8-2.5"])]


class Columns(Part):
    """Headings of the table."""

    code: str = Field(description="heading of the code of a process", examples=["製品コード"])
    name: str = Field(description="heading of its name", examples=["製品名"])
    unit: str | None = Field(default=None, description="heading of its unit; else `unit` for all", examples=["単位"])
    geography: str | None = Field(default=None, description="heading of the area", examples=["地域"])
    year: str | None = Field(default=None, description="heading of the year of the data")


class Value(Part):
    """One indicator of the table."""

    column: str = Field(description="heading of the figures", examples=["GWP100_kg-CO2e"])
    unit: str = Field(description="of the figures, without what they are per", examples=["kgCO2e"])
    gwp: str = Field(default="", description="set of potentials", examples=["AR6 GWP100"])


class Plan(Part):
    """How to read an export of a database."""

    mapping: Literal[1] = Field(description="version of this format")
    file: str = Field(description="the export, beside this file", examples=["idea_v34.csv"])
    title: str = Field(description="name of the database", examples=["AIST IDEA version 3.4"])
    version: str = Field(default="-", examples=["3.4"])
    licence: str = Field(description="what your licence says", examples=["AIST IDEA, single site; not to be passed on"])
    source: str = Field(description="how the record names it", examples=["IDEA v3.4"])
    columns: Columns
    values: dict[Indicator, Value] = Field(min_length=1, description="indicator -> column")
    encoding: Literal["utf-8-sig", "cp932", "utf-16"] = "utf-8-sig"
    delimiter: Literal[",", ";", "\t"] = ","
    heading: int = Field(default=1, ge=1, description="line of the headings", examples=[1])
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    units: dict[str, str] = Field(default_factory=dict, description="unit of the table -> unit of a factor book")
    unit: str = Field(default="", description="unit of every row, where there is no column for it", examples=["kg"])
    geography: str = Field(default="GLO", description="where there is no column for it", examples=["JP"])
    year: str = Field(default="-", description="where there is no column for it", examples=["2019"])
    scope: str = "cradle-to-gate"
    uncertainty: _Spread = "30"
    prefix: str = Field(default="idea.", description="put before the code")
    take: dict[str, str] = Field(default_factory=dict, description="factor of the shipped books -> code")


def mapped_book(document: Document, name: str, folder: Path) -> Book:
    """A book from a mapping file and the table it names.

    Args:
        document: the mapping file.
        name: as the user gave it; the table is found beside it.
        folder: against which ``name`` is found.

    Raises:
        UserError, UserErrors: E101 to E118 the mapping file; E773, E774, E776 at file, line and column.
    """
    document.version("mapping", NEWEST)
    plan = validate(document, Plan)
    if plan.thousands == plan.decimal:
        read = f"`{plan.decimal}` for decimals and for thousands"
        raise _error(read, "two different signs", 'thousands: ""', document.place(("thousands",)))
    path = (folder / name).parent / plan.file
    text = _decode(read_bytes(path, plan.file, LARGEST_BYTES), plan)
    found = table(text, plan.file, (), delimiter=plan.delimiter, skip=plan.heading - 1)
    _check_columns(plan, found[0], document)
    reader = _Reader(plan, document)
    for row in found:
        reader.read(row)
    rows = reader.finish()
    head = Head(
        name, {"en": plan.title}, plan.version, plan.licence, "", digest((text, *document.lines)), len(rows), "idea",
        plan.file,
    )  # fmt: skip
    return Book(head, tuple(rows), reader.unusable)


def _decode(content: bytes, plan: Plan) -> str:
    try:
        return content.decode(plan.encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        other = next((codec for codec in ("utf-8-sig", "cp932", "utf-16") if _reads(content, codec)), "utf-8-sig")
        byte = f"the byte 0x{content[min(error.start, len(content) - 1)]:02X}" if content else "nothing"
        expected = f"{plan.encoding}; the file looks like {other}"
        raise _error(byte, expected, f"encoding: {other}", Place(plan.file, line, 1)) from None


def _reads(content: bytes, codec: str) -> bool:
    try:
        content.decode(codec)
    except UnicodeError:
        return False
    return True


def _check_columns(plan: Plan, row: Row, document: Document) -> None:
    wrong: list[UserError] = []
    named: list[tuple[tuple[str, ...], str]] = [
        (("columns", key), each) for key, each in plan.columns.model_dump().items() if each is not None
    ]
    named += [(("values", key, "column"), value.column) for key, value in plan.values.items()]
    for path, heading in named:
        if heading not in row.cells:
            near = nearest(heading, row.cells) or tuple(row.cells)[:6]
            expected = f"a heading of {plan.file}: {', '.join(near)}"
            wrong.append(_error(heading, expected, f"{path[-1]}: {near[0]}", document.place(path)))
    for key, spec in plan.values.items():
        try:
            unit_scale(f"{spec.unit}/kg", key)
        except UserError as error:
            wrong.append(error.at(document.place(("values", key, "unit"))))
    try:
        deviation(plan.uncertainty)
    except UserError as error:
        wrong.append(error.at(document.place(("uncertainty",))))
    raise_all(wrong)


class _Reader:
    """Rows of the table as factors; what cannot be used is kept with the reason."""

    def __init__(self, plan: Plan, document: Document) -> None:
        self.plan, self.document = plan, document
        self.rows: dict[tuple[str, Indicator], BookRow] = {}
        self.unusable: dict[tuple[str, Indicator], FootprintError] = {}
        self.deviation = deviation(plan.uncertainty)

    def read(self, row: Row) -> None:
        """One line of the table."""
        code = row.get(self.plan.columns.code)
        if not code:
            return
        name = self.plan.prefix + code.replace(" ", "_")
        for indicator, spec in self.plan.values.items():
            key = name, indicator
            try:
                factor = self._factor(name, indicator, spec, row)
            except UserError as error:
                self.unusable[key] = FootprintError(
                    error.code, read=error.read, expected=error.expected, write=error.write, place=error.place
                )
                continue
            if key in self.rows:
                expected = f"each code once; the first stands in line {self.rows[key].place.line}"
                raise _error(code, expected, "", row.place(self.plan.columns.code))
            self.rows[key] = BookRow(factor, (), "", row.line)

    def _factor(self, name: str, indicator: Indicator, spec: Value, row: Row) -> Factor:
        plan, columns = self.plan, self.plan.columns
        try:
            value = number(_plain(row.get(spec.column), plan))
        except UserError as error:
            error.read = row.get(spec.column) or "nothing"
            raise error.at(row.place(spec.column)) from None
        unit = row.get(columns.unit) if columns.unit else plan.unit
        known = plan.units.get(unit) or unicodedata.normalize("NFKC", unit)
        try:
            per, scale = unit_scale(f"{spec.unit}/{known}", indicator)
        except UserError as error:
            error.write = f'units: {{"{unit}": kg}}'
            raise error.at(row.place(columns.unit) if columns.unit else self.document.place(("unit",))) from None
        area = row.get(columns.geography) if columns.geography else ""
        year = row.get(columns.year) if columns.year else ""
        return Factor(
            name, indicator, value * scale, per, row.get(columns.name) or name, area or plan.geography,
            year or plan.year, plan.scope, spec.gwp, plan.source, f"{plan.file}, line {row.line.line}", plan.licence,
            "measured", "yes", self.deviation, False, (0.0, 0.0, 0.0), plan.title,
        )  # fmt: skip

    def finish(self) -> Sequence[BookRow]:
        """All rows, and those that stand in for factors of the shipped books."""
        wrong: list[UserError] = []
        taken: list[BookRow] = []
        codes = {name.removeprefix(self.plan.prefix) for name, _ in self.rows}
        for identity, code in self.plan.take.items():
            name = self.plan.prefix + code.replace(" ", "_")
            found = [self.rows[name, each] for each in INDICATORS if (name, each) in self.rows]
            taken += [replace(row, factor=replace(row.factor, id=identity)) for row in found]
            if not found:
                wrong.append(self._not_taken(identity, name, code, codes))
        raise_all(wrong)
        return [*self.rows.values(), *taken]

    def _not_taken(self, identity: str, name: str, code: str, codes: set[str]) -> UserError:
        place = self.document.place(("take", identity))
        why = next((self.unusable[name, each] for each in INDICATORS if (name, each) in self.unusable), None)
        if why is not None:
            return _error(f"{code}: {why.read}", f"a row that can be used: {why.expected}", "", place)
        near = nearest(code, codes)
        write = f'{identity}: "{near[0]}"' if near else ""
        return _error(code, " or ".join(near) or f"a code of {self.plan.file}", write, place)


def _plain(text: str, plan: Plan) -> str:
    """A number with a point for the decimals and no separators."""
    clean = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    if plan.thousands:
        clean = clean.replace(plan.thousands, "")
    return clean.replace(plan.decimal, ".") if plan.decimal == "," else clean


def _error(read: str, expected: str, write: str, place: Place) -> FootprintError:
    return FootprintError("E776", read=read, expected=expected, write=write, place=place)
