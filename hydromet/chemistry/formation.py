"""Which solids form by themselves within hours: the ones a fresh precipitate is made of."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.database import REACTIONS, load_database

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = f"{REACTIONS}/formation.csv"


@cache
def load_formation() -> Mapping[str, Mapping[str, str]]:
    """Solid -> row of ``formation.csv``: ``forms`` is yes or no, with ``source``, ``grade`` and ``reason``."""
    return {row["solid"]: row for row in datafiles.read_csv(FILE)}


@cache
def fresh_solids() -> tuple[str, ...]:
    """Solids that form within hours; a solid of the data that is not listed does not count as one."""
    rows = load_formation()
    return tuple(name for name in load_database().solids if rows.get(name, {}).get("forms") == "yes")


def allowed_solids(solids: str | Iterable[str]) -> tuple[str, ...]:
    """The solids that may form: ``auto`` those of ``fresh_solids``, ``none``, one by its name, or several."""
    if solids == "auto":
        return fresh_solids()
    if solids == "none":
        return ()
    return (solids,) if isinstance(solids, str) else tuple(solids)
