"""Figures, one file a plot; each has ``figure(data, language)``, ``style`` has the looks and writes the file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from hydromet.chemistry.redox.pourbaix import Pourbaix
    from hydromet.chemistry.solutions.curve import Curve


def draw(data: Curve | Pourbaix, file: Path, language: str = "en", **options: Any) -> None:
    """Draw a curve or a Pourbaix diagram; the ending of the file (.png, .svg, .pdf) says the format.

    Raises:
        CommandError: E548 another ending.
        OSError: the file cannot be written.
    """
    from hydromet.report.plots import style

    style.save(figure(data, language, **options), file)


def figure(data: Curve | Pourbaix, language: str = "en", **options: Any) -> Any:
    """The same as a matplotlib figure; options are those of the plot, such as ``log`` of ``mccabe_thiele``."""
    kind = getattr(data, "kind", "pourbaix")
    return import_module(f"hydromet.report.plots.{kind}").figure(data, language, **options)
