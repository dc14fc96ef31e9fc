"""Tables of a solved liquor that are made when they are first looked into: most callers want the pH or the solids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from math import log
from typing import TYPE_CHECKING

from hydromet.species import WATER

if TYPE_CHECKING:
    from hydromet.chemistry.engine import Solved

# Ln activity of what is not there.
_ABSENT = -1e3


class Later(Mapping[str, float]):
    """A read-only table of a solved liquor."""

    def __init__(self, solved: Solved, make: Callable[[Solved], dict[str, float]]) -> None:
        """``make`` is called once, if at all."""
        self._solved, self._make = solved, make

    @cached_property
    def _made(self) -> dict[str, float]:
        return self._make(self._solved)

    def __getitem__(self, name: str) -> float:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __repr__(self) -> str:
        return repr(self._made)


def molalities_of(solved: Solved) -> dict[str, float]:
    """Molality of every dissolved species, mol/kg water."""
    found: dict[str, float] = dict(zip(solved.system.names, solved.m.tolist(), strict=True))
    for name, amount in solved.inert.items():
        found[name] = amount / solved.water
    return found


def activities_of(solved: Solved) -> dict[str, float]:
    """Ln activity of every dissolved species and of water."""
    y = solved.system
    logs = solved.at.lnK + y.A @ solved.lam + y.a * solved.ln_aw
    found: dict[str, float] = dict(zip(y.names, logs.tolist(), strict=True))
    found[WATER] = solved.ln_aw
    for name, amount in solved.inert.items():
        found[name] = log(amount / solved.water) if amount > 0.0 else _ABSENT
    return found
