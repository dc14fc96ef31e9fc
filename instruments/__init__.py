"""Data acquisition for pilot plants and laboratories, read-only by construction; it ships together with hydromet.

``instruments.read(run, tags, start, end)`` gives the record of a run as a data frame; ``gaps``, ``events`` and
``results`` its other tables. InstrumentKit, another project, installs a package of this same name;
``hydromet.cli.guard`` tells the two apart by ``OWNER`` and says what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from instruments.store.frames import events, gaps, read, results

OWNER = "hydromet"

__all__ = ["OWNER", "events", "gaps", "read", "results"]


def __getattr__(name: str) -> Any:
    """Reading needs pandas and h5py: they are imported when it is asked for."""
    if name in __all__:
        from instruments.store import frames

        return getattr(frames, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
