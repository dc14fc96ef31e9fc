"""The head of a factor book: what it is, and the tables it names; of a shipped book and of a user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from hydromet.flowsheet.schema import Part
from hydromet.validation import validate

if TYPE_CHECKING:
    from hydromet.source import Document

NEWEST = 1
_Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")]


class HeadFile(Part):
    """A factor book."""

    factors: Literal[1] = Field(description="version of this format")
    id: _Name = Field(description="name of the book in every record", examples=["suppliers-2026.1"])
    title: dict[Literal["en", "ja"], str] = Field(min_length=1, examples=["{en: Figures of our suppliers}"])
    version: str = Field(examples=['"2026.1"'])
    licence: str = Field(description="of rows that name none", examples=["confidential"])
    changes: str = Field(default="", description="since the version before")
    rows: tuple[str, ...] = Field(min_length=1, description="tables, beside this file", examples=["[suppliers.csv]"])
    losses: str | None = Field(default=None, description="table of what is lost of electricity; of shipped books")


def head_file(document: Document) -> HeadFile:
    """The head in a document.

    Raises:
        SourceError, UserErrors: E113 to E118, at its line.
    """
    document.version("factors", NEWEST)
    return validate(document, HeadFile)
