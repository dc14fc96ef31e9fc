"""The looks of every figure: colours, lines, fonts, labels beside the lines, and how a figure becomes a file.

Colours are those of Okabe and Ito, which colour-blind readers tell apart, with two darker ones; an element has the
same colour in every figure, and every line carries its name, so that nothing rests on colour alone. Figures are drawn
without a screen and without a date: the same data give the same file. Japanese needs a font of the system; without one
the text of a figure is English.
"""

from __future__ import annotations

import re
import textwrap
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hydromet.errors import CommandError
from hydromet.locale import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, GREY, PALE = "#000000", "#666666", "#cfcfcf"
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933", "#000000")
ELEMENTS = {
    "Ni": "#009E73", "Co": "#0072B2", "Mn": "#CC79A7", "Li": "#882255", "Cu": "#E69F00", "Fe": "#D55E00",
    "Al": "#666666", "Ca": "#000000", "Zn": "#56B4E9", "Mg": "#999933",
    "Na": "#8C6D46", "K": "#4B0082", "NH4": "#5F9EA0",
}  # fmt: skip
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
# Fonts with Japanese characters as systems name them; the first that is there fills in what the Latin font lacks.
JAPANESE = (
    "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "IPAexGothic", "IPAPGothic", "IPAGothic", "Yu Gothic",
    "Meiryo", "Hiragino Sans", "Hiragino Kaku Gothic ProN", "MS Gothic", "TakaoPGothic", "VL PGothic",
)  # fmt: skip
ENDINGS = (".png", ".svg", ".pdf")
_DPI = 150
_SPECIES = re.compile(r"(?P<body>.+?)(?P<charge>[+-]\d*)?(?P<form>\[[^\]]+\])?(?P<phase>\((?:s|g|l|aq)\))?\Z")
# Characters of Unicode, not the formula writer of matplotlib, which knows no Japanese beside it.
_LOWERED, _RAISED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"), str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_COUNT = re.compile(r"(?<=[A-Za-z)])(\d+(?:\.\d+)?)")
# Least distance of two labels at the same edge, share of the axis.
_APART = 0.045
_NEVER = 1e9
# Width of a letter, share of the axes.
_LETTER = 0.015
_LETTERS_PER_INCH = 13.0
# Share of its highest value from which on a line counts as flat at the top, and down to which it may be named.
_FLAT, _FOOT = 0.98, 0.3


def colour(name: str, place: int) -> str:
    """Colour of an element, or the one of a place in the palette."""
    return ELEMENTS.get(name, PALETTE[place % len(PALETTE)])


def line(place: int) -> Any:
    """Style of the line in a place: solid until the palette is used up."""
    return LINES[(place // len(PALETTE)) % len(LINES)]


def font() -> str:
    """The Japanese font that this system has; empty without one."""
    from matplotlib import font_manager

    there = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in JAPANESE if name in there), "")


def words(language: str) -> str:
    """The language that figures can be written in: English where there is no font for the other."""
    return language if language == LANGUAGES[0] or font() else LANGUAGES[0]


@contextmanager
def looks() -> Iterator[None]:
    """Settings of matplotlib while a figure is made; the caller's own are left alone."""
    import matplotlib as mpl

    japanese = [name] if (name := font()) else []
    settings: Any = {
        "font.family": ["DejaVu Sans", *japanese], "font.size": 9.0, "axes.titlesize": 10.0,
        "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8,
        "lines.linewidth": 1.6,
        "axes.grid": True, "grid.color": "#e6e6e6", "grid.linewidth": 0.6, "axes.axisbelow": True,
        "xtick.direction": "out", "ytick.direction": "out", "figure.facecolor": "white", "svg.hashsalt": "hydromet",
        "svg.fonttype": "path", "axes.unicode_minus": False,
    }  # fmt: skip
    with mpl.rc_context(settings):
        yield


def new(width: float = 6.4, height: float = 4.2, columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure, inches, with axes side by side, row by row; drawn without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(axes.flat)


def save(figure: Figure, file: Path) -> None:
    """Write a figure; the ending of the file says the format, nothing in it says when.

    Raises:
        CommandError: E548 another ending.
        OSError: it cannot be written.
    """
    ending = file.suffix.casefold()
    if ending not in ENDINGS:
        raise CommandError(
            "E548", read=file.name, expected=f"a name ending in {', '.join(ENDINGS)}", write=f"{file.stem}.png"
        )
    dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None, "ModDate": None}, ".png": {"Software": None}}
    file.parent.mkdir(parents=True, exist_ok=True)
    with looks():
        figure.savefig(file, dpi=_DPI, metadata=dates[ending])


def chemical(name: str) -> str:
    """A species as printed: numbers of atoms lowered, the charge raised, a dot before the water of a hydrate."""
    match = _SPECIES.match(name)
    if match is None:
        return name
    body = _COUNT.sub(lambda found: found[1].translate(_LOWERED), match["body"]).replace(":", "·")
    charge = match["charge"] or ""
    raised = f"{charge[1:]}{charge[:1]}".translate(_RAISED)
    return f"{body}{raised}{match['form'] or ''}{match['phase'] or ''}"


def beside(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Names at the right edge, each at the height of its line's end, moved apart where they would touch.

    Args:
        axes: with its limits set.
        labels: (height in data units, text, colour).
    """
    low, high = axes.get_ylim()
    scale = axes.transData, axes.transAxes.inverted()

    def share(y: float) -> float:
        return float(scale[1].transform(scale[0].transform((axes.get_xlim()[1], y)))[1])

    wanted = sorted((min(max(share(y), 0.0), 1.0), text, tint) for y, text, tint in labels if low <= y <= high)
    for (height, text, tint), place in zip(wanted, spread([each[0] for each in wanted], _APART), strict=True):
        axes.annotate(
            text, (1.0, height), (1.02, place), xycoords="axes fraction", textcoords="axes fraction", color=tint,
            va="center", ha="left", fontsize=8.0, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": tint, "lw": 0.5, "shrinkA": 0.0, "shrinkB": 0.0}
            if abs(place - height) > 0.2 * _APART
            else None,
        )  # fmt: skip


def near(axes: Axes, labels: Sequence[tuple[float, float, str]]) -> None:
    """Names of places too small to hold them, a little aside with a thin line, towards the middle of the axes."""
    turn = axes.transData + axes.transAxes.inverted()
    for k, (x, y, text) in enumerate(sorted(labels)):
        across, up = turn.transform((x, y))
        shift = (14.0 if across < 0.5 else -14.0, (28.0 if up < 0.5 else -28.0) * (1.0 + 0.5 * (k % 2)))
        axes.annotate(
            text, (x, y), shift, textcoords="offset points", fontsize=7.5, va="center",
            ha="left" if shift[0] > 0.0 else "right", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
            arrowprops={"arrowstyle": "-", "lw": 0.6, "color": BLACK, "shrinkB": 0.0},
        )  # fmt: skip


def spread(places: Sequence[float], apart: float, low: float = 0.0, high: float = 1.0) -> list[float]:
    """Increasing places moved as little as it takes to be ``apart`` from each other, within the limits if they fit."""
    moved = list(places)
    for _ in range(200):
        worst = 0.0
        for i in range(len(moved) - 1):
            gap = apart - (moved[i + 1] - moved[i])
            if gap > 1e-9:
                moved[i] -= 0.5 * gap
                moved[i + 1] += 0.5 * gap
                worst = max(worst, gap)
        if moved and moved[0] < low:
            moved = [moved[0] + (low - moved[0]), *moved[1:]]
        if moved and moved[-1] > high:
            moved[-1] = high
        if worst < 1e-6:
            break
    return moved


def caption(axes: Axes, title: str, below: str = "", room: int = 0) -> int:
    """Title, and the conditions in small print under it, broken into lines where they are longer than the axes.

    Returns:
        the number of lines, which is the ``room`` that a neighbour needs to have its title as high.
    """
    width = int(_LETTERS_PER_INCH * axes.get_figure().get_size_inches()[0] / len(axes.get_figure().axes))  # type: ignore[union-attr]
    lines = textwrap.wrap(below.replace(" degC", "\u00a0°C").replace("degC", "°C"), width)
    axes.set_title(title, pad=6.0 + 10.0 * max(len(lines), room))
    if lines:
        axes.annotate(
            "\n".join(lines), (0.0, 1.0), (0.0, 4.0), xycoords="axes fraction", textcoords="offset points",
            fontsize=7.5, color=GREY, va="bottom", ha="left",
        )  # fmt: skip
    return len(lines)


def on_lines(axes: Axes, x: Any, lines: Sequence[tuple[Any, str, str]], levels: Sequence[float]) -> None:
    """Names on the lines themselves, each where its line crosses one of several heights, so that neighbours differ.

    Args:
        axes: with its limits set.
        x: of the points.
        lines: (heights in data units, text, colour).
        levels: shares of the axis, taken in turn in the order of the crossings.
    """
    turn = axes.transData + axes.transAxes.inverted()
    found = []
    for y, text, tint in lines:
        places = turn.transform([(float(a), float(b)) for a, b in zip(x, y, strict=True)])
        found.append((places, text, tint, _crossing(places, levels[0])))
    for turn_of, (places, text, tint, first) in enumerate(sorted(found, key=lambda each: each[3][0])):
        place = _crossing(places, levels[turn_of % len(levels)]) if first[0] < _NEVER else _widest(places)
        axes.text(
            place[0], place[1], text, transform=axes.transAxes, color=tint, fontsize=8.0, ha="center", va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip


def _crossing(places: Any, level: float) -> tuple[float, float]:
    """Where a line first goes through a height, shares of the axes; far away if it never does."""
    for (x1, y1), (x2, y2) in pairwise(places):
        if (y1 - level) * (y2 - level) <= 0.0 and y1 != y2:
            return float(x1 + (x2 - x1) * (level - y1) / (y2 - y1)), level
    return _NEVER, level


def _widest(places: Any) -> tuple[float, float]:
    middle = places[len(places) // 2]
    return float(middle[0]), float(min(max(middle[1], 0.02), 0.98))


def on_or_above(axes: Axes, x: Any, lines: Sequence[tuple[Any, str, str]]) -> None:
    """Names above the highest place of each line, or on the line beside it where another name is in the way."""
    turn = axes.transData + axes.transAxes.inverted()
    taken: list[tuple[float, float, float]] = []
    for y, text, tint in lines:
        places = turn.transform([(float(a), float(b)) for a, b in zip(x, y, strict=True)])
        most = max(y)
        half = 0.5 * _LETTER * len(text)
        flat = [i for i, value in enumerate(y) if value >= _FLAT * most]
        top = flat[len(flat) // 2]
        tries = [(top, 0.5 * _APART)]
        tries += [(i, 0.0) for i in sorted(range(len(y)), key=lambda i: abs(i - top)) if y[i] >= _FOOT * most]
        tries += [(top, step * _APART) for step in range(1, 20)]
        for i, lift in tries:
            across = min(max(float(places[i][0]), half), 1.0 - half)
            up = float(places[i][1]) + lift
            if not any(abs(across - a) < half + h and abs(up - u) < _APART for a, u, h in taken):
                break
        taken.append((across, up, half))
        axes.text(
            across, up, text, transform=axes.transAxes, color=tint, fontsize=8.0, ha="center", va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        )  # fmt: skip
