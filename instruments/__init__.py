"""Data acquisition for pilot plants and laboratories, read-only by construction; it ships together with hydromet.

Nothing is measured here yet: the package holds the name and says whose it is. InstrumentKit, another project, installs
a package of this same name; ``hydromet.cli.guard`` tells the two apart by ``OWNER`` and says what to do.
"""

from __future__ import annotations

OWNER = "hydromet"

__all__ = ["OWNER"]
