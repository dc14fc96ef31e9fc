"""Numbers and tables as plain text: aligned columns, Japanese characters counted as two."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Numbers smaller than this are traces: shown as such, exactly zero is a dash.
_TRACE = 1e-3


def number(value: float | None, digits: int = 4) -> str:
    """A number to so many significant digits, never an exponent; ``–`` for zero, ``<0.001`` for a trace."""
    if value is None:
        return ""
    if value == 0.0:
        return "–"
    if abs(value) < _TRACE:
        return f"<{_TRACE:g}" if value > 0.0 else f">-{_TRACE:g}"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):.{max(0, places)}f}"


def percent(share: float | None, digits: int = 4) -> str:
    """A share of one as a percentage: ``97.76 %``; never rounded up to 100."""
    if share is None:
        return ""
    if share == 0.0:
        return "–"
    shown = number(100.0 * share, digits)
    if share < 1.0 and shown.startswith("100"):
        shown = ">99.99"
    return f"{shown} %"


def columns(text: str) -> int:
    """Terminal columns taken by a text."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1, indent: str = "  ") -> str:
    """Rows below their heads; the first ``left`` columns and the last one if it holds words are flush left."""
    everything = [list(heads), *[list(row) for row in rows]]
    widths = [max((columns(row[i]) for row in everything if i < len(row)), default=0) for i in range(len(heads))]
    words = [i < left or not any(c.isdigit() for row in rows for c in row[i][:1]) for i in range(len(heads))]
    lines = []
    for row in everything:
        cells = [_padded(cell, widths[i], words[i]) for i, cell in enumerate(row)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def _padded(text: str, width: int, flush_left: bool) -> str:
    space = " " * (width - columns(text))
    return text + space if flush_left else space + text
