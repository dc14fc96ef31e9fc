"""The stream that leaves an equilibrium: put together when it is asked for, which a caller after the pH never does."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet.chemistry.canonical import apply, neutralise
from hydromet.chemistry.database import OH, H, load_database
from hydromet.chemistry.reaction import parse_equation
from hydromet.species import species
from hydromet.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry.engine import Solved

# Amount of a phase, as a share of all totals, that counts as none.
_NONE = 1e-14


@dataclass(frozen=True, eq=False)
class Outlet:
    """What the outlet of an equilibrium follows from.

    Attributes:
        inlet: stream with the titrant. flows, extents: canonical, with what dissolves first, and how it came there.
        phases: solids and gases that may form or dissolve. totals: sum of the sizes of all totals, mol.
        solved: the equilibrium.
    """

    inlet: Stream
    flows: Mapping[str, float]
    extents: Mapping[str, float]
    phases: tuple[str, ...]
    totals: float
    solved: Solved

    def __eq__(self, other: object) -> bool:
        """The same stream by the same reactions."""
        return isinstance(other, Outlet) and self.made() == other.made()

    def __hash__(self) -> int:
        """Equal outlets have one temperature."""
        return hash(self.solved.temperature)

    @property
    def amounts(self) -> dict[str, float]:
        """Mol of each phase; one that cannot form here stays as it came."""
        final = dict(zip(self.solved.system.phases, self.solved.amounts.tolist(), strict=True))
        least, found = _NONE * self.totals, {}
        for name in self.phases:
            amount = final[name] if name in final else self.inlet[name]
            found[name] = amount if amount > least else 0.0
        return found

    def made(self) -> tuple[Stream, Mapping[str, float]]:
        """The stream and the extents of all reactions that lead to it."""
        data, flows, extents = load_database(), dict(self.flows), dict(self.extents)
        for name, amount in self.amounts.items():
            change = flows.get(name, 0.0) - amount
            if change != 0.0:
                constant = data.solids.get(name) or data.gases[name]
                apply(flows, extents, constant.equation, _affordable(flows, constant.equation, change))
        neutralise(flows, extents)
        flows = {name: flow for name, flow in flows.items() if flow != 0.0}
        stream = Stream(flows, self.solved.temperature, self.inlet.pressure, self.inlet.sizes)
        return stream, MappingProxyType({k: v for k, v in extents.items() if v != 0.0})


def _affordable(flows: Mapping[str, float], equation: str, change: float) -> float:
    """The extent shortened by round-off so that nothing dissolved goes below zero."""
    _, coefficients = parse_equation(equation)
    for name, nu in coefficients.items():
        if nu * change < 0.0 and name not in (H, OH) and species(name).phase != "g":
            limit = flows.get(name, 0.0) / abs(nu)
            if abs(change) > limit and abs(change) < limit * (1.0 + 1e-9):
                change = limit if change > 0.0 else -limit
    return change
