"""What every error and warning code means: one source for ``hydromet explain``, the manual and the tests.

The entries are in ``data/errors``, some files with a hundred codes or fewer each::

    E302:
      title: {en: ..., ja: ...}      # one line, no full stop
      meaning: {en: ..., ja: ...}    # what it is about and what to do
      wrong: "..."                   # text that gives this error
      right: "..."                   # the same, mended
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hydromet import datafiles
from hydromet.errors import CommandError, SourceError
from hydromet.locale import BOTH, LANGUAGES, pick, tr
from hydromet.source import load_text, nearest
from hydromet.validation import validate

_CODE = re.compile(r"[EW]\d{3}\Z")


class Entry(BaseModel):
    """One code of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: dict[str, str] = Field(description="one line in each language")
    meaning: dict[str, str] = Field(description="what it is about and what to do, in each language")
    wrong: str = Field("", description="text that gives the error")
    right: str = Field("", description="the same, mended")


@lru_cache(maxsize=1)
def entries() -> dict[str, Entry]:
    """All codes, sorted.

    Raises:
        SourceError: E124, a code is given twice or is none, or a language is missing.
    """
    found: dict[str, Entry] = {}
    for name in datafiles.names("data/errors", ".yaml"):
        file = f"data/errors/{name}.yaml"
        document = load_text(datafiles.read_text(file), file)
        content: dict[str, Any] = document.data
        for code in content:
            place = document.place((code,), key=True)
            if not _CODE.match(code) or code in found:
                raise SourceError("E124", read=code, expected="a code of its own, such as E203", place=place)
            entry = validate(document, Entry, (code,))
            if any(not texts.get(each) for texts in (entry.title, entry.meaning) for each in LANGUAGES):
                raise SourceError("E124", read=code, expected=f"texts in {', '.join(LANGUAGES)}", place=place)
            found[code] = entry
    return dict(sorted(found.items()))


def explain(code: str, language: str = "en") -> str:
    """What a code means, with an example that gives it and one that works.

    Raises:
        CommandError: E901, no such code.
    """
    code = code.strip().upper()
    entry = entries().get(code)
    if entry is None:
        near = nearest(code, entries())
        expected = f"a code of hydromet, such as {', '.join(near or ('E203',))}"
        raise CommandError(
            "E901", read=code, expected=expected, write=f"hydromet explain {near[0] if near else 'E203'}"
        )
    each = LANGUAGES if language == BOTH else (language,)
    parts = [f"{code}  {pick(entry.title, language)}", *(pick(entry.meaning, one).strip() for one in each)]
    for heading, example in ((tr("Wrong", language), entry.wrong), (tr("Right", language), entry.right)):
        if example:
            parts.append("\n".join([f"{heading}:", *(f"    {line}" for line in example.rstrip().splitlines())]))
    return "\n\n".join(parts)
