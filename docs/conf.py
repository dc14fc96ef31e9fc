"""Sphinx settings; the reference pages are made from the program itself, see ``generate.py``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generate

import hydromet

project = "hydromet"
author = "the hydromet authors"
copyright = "2026, the hydromet authors"
version = release = hydromet.__version__
extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "hydromet"
nitpicky = True


def setup(app):
    """Write the generated pages before Sphinx looks for sources."""
    generate.write(Path(app.srcdir) / "reference")
