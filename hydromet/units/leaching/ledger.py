"""The running account of a leach: composition, extents and electrons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hydromet.units.leaching.halves import Half, combined, equation

if TYPE_CHECKING:
    from collections.abc import Mapping

# Electrons left below this share of what was given are round-off.
_ROUND_OFF = 1e-12


@dataclass
class Ledger:
    """Running composition, extents by equation, electrons given to the oxides and electrons that reductants still have.

    Lives for one ``leach`` only.
    """

    flows: dict[str, float]
    extents: dict[str, float] = field(default_factory=dict)
    electrons: dict[str, float] = field(default_factory=dict)
    spare: dict[str, float] = field(default_factory=dict)

    def run(self, coefficients: Mapping[str, float], extent: float) -> None:
        """Let a reaction proceed by so many mol/s."""
        if extent <= 0.0:
            return
        name = equation(coefficients)
        self.extents[name] = self.extents.get(name, 0.0) + extent
        for each, nu in coefficients.items():
            self.flows[each] = self.flows.get(each, 0.0) + nu * extent

    def has(self, name: str) -> float:
        """Flow of a species, mol/s, round-off below zero cut."""
        return max(self.flows.get(name, 0.0), 0.0)

    def can_give(self, name: str, half: Half) -> float:
        """Electrons that a reductant can still give, mol/s: its available share, dissolved iron as it is."""
        return self.spare.get(name, -half.electrons * self.has(name))

    def give(self, oxidant: Half, name: str, half: Half, electrons: float) -> None:
        """Let a reductant give electrons to an oxidant."""
        coefficients, each = combined(oxidant, half)
        self.run(coefficients, electrons / each)
        if name in self.spare:
            left = self.spare[name] - electrons
            self.spare[name] = left if left > _ROUND_OFF * electrons else 0.0
