"""The door to gettext: headings and phrases in English and Japanese.

English is the language of the source and the key of every message. Numbers, dates, names of units of measure, keys of
files, tags, verbs and codes are never translated.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hydromet.errors import CommandError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "ja")
BOTH = "both"
DOMAIN = "hydromet"
FOLDER = Path(__file__).parent / "translations"


def tr(message: str, language: str = "en") -> str:
    """A phrase in a language; with ``both``, English and the translation side by side.

    Args:
        message: the English phrase, as a literal: the catalogue is made from the calls of this function.
        language: ``en``, ``ja`` or ``both``.

    Raises:
        CommandError: E902, no such language.
    """
    if language == BOTH:
        return " / ".join(dict.fromkeys(tr(message, each) for each in LANGUAGES))
    return _catalogue(known(language)).gettext(message)


def pick(texts: Mapping[str, str] | str, language: str = "en") -> str:
    """A text given as ``{en: ..., ja: ...}`` or in one language only, in the language or the nearest to it."""
    if isinstance(texts, str):
        return texts
    if language == BOTH:
        return " / ".join(dict.fromkeys(texts[each] for each in LANGUAGES if each in texts))
    return texts.get(known(language)) or next((texts[each] for each in LANGUAGES if texts.get(each)), "")


def known(language: str) -> str:
    """The language, if there is a catalogue for it.

    Raises:
        CommandError: E902, no such language.
    """
    if language in LANGUAGES:
        return language
    near = nearest(language, LANGUAGES) or LANGUAGES
    expected = " or ".join((*LANGUAGES, BOTH))
    raise CommandError("E902", read=language, expected=expected, write=f"--lang {near[0]}")


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == LANGUAGES[0]:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, FOLDER, [language])
