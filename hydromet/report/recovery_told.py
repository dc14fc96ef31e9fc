"""Reasons, traps and warnings of a recovery result in the reader's language; the result itself is in English."""

from __future__ import annotations

import re
from functools import lru_cache

from hydromet.datafiles import read_yaml
from hydromet.locale import pick

_WORD = re.compile(r"\{(\w+)\}")


def told(text: str, lang: str) -> str:
    """A sentence of the result in a language, or both; as it is where ``data/regulation/told.yaml`` has none.

    Args:
        text: the English sentence with its names and figures filled in.
        lang: ``en``, ``ja`` or ``both``.
    """
    for pattern, japanese in _sentences():
        if found := pattern.fullmatch(text):
            return pick({"en": text, "ja": japanese.format(**found.groupdict())}, lang)
    return text


@lru_cache(maxsize=1)
def _sentences() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Pattern of the English sentence and the Japanese one, those with the most fixed words first."""
    tables = read_yaml("data/regulation/told.yaml")
    pairs = [pair for group in ("reasons", "traps", "notices") for pair in tables[group].items()]
    pairs.sort(key=lambda pair: -len(_WORD.sub("", pair[0])))
    return tuple((_pattern(english), japanese) for english, japanese in pairs)


def _pattern(english: str) -> re.Pattern[str]:
    parts = _WORD.split(english)  # text, name, text, name ...
    return re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>.+?)" for i, p in enumerate(parts)))
