"""Batch leaches of the laboratory: extraction against time, with the rates of the tank train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.leaching.kinetics import BATCH
from hydromet.units.leaching.rates import Conditions
from hydromet.units.leaching.table import leach_table
from hydromet.units.leaching.tank import solids_after
from hydromet.units.leaching.train import outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Water of one litre of solution, mol.
_LITRE = 55.3
_METALS = ("Li", "Ni", "Mn", "Co", "Cu", "Al", "Fe")


@dataclass(frozen=True)
class BatchTest:
    """A leach in a beaker: everything is there at the start, nothing is added.

    Attributes:
        solids: species id -> kg per m3 of solution (g/L).
        acid: H2SO4, kmol/m3 (mol/L).
        reductants: species id -> kmol/m3 (mol/L), such as ``H2O2``.
        temperature: K.
        size: median particle diameter over that of the powders behind the rates.
        spread: standard deviation of ln diameter; none: that of those powders.
        peroxide_efficiency: share of the peroxide that does not decompose; none: predicted.
        locked: share of the oxides that is never wetted.
    """

    solids: Mapping[str, float]
    acid: float
    temperature: float
    reductants: Mapping[str, float]
    size: float = 1.0
    spread: float | None = None
    peroxide_efficiency: float | None = None
    locked: float = 0.0

    def curve(self, times: Sequence[float]) -> tuple[Mapping[str, float], ...]:
        """Extraction of each metal, 0 to 1, after each time (s, in any order).

        Equations and validity are those of ``Leach``; the liquor is taken as one litre of water per litre.
        """
        rising = sorted({time for time in times if time > 0.0})
        flows, how = self._flows(), self._conditions()
        solid = Stream({name: flow for name, flow in flows.items() if name.endswith("(s)")}).elements()
        there = [m for m in _METALS if solid.get(m, 0.0) > 0.0]
        found = {0.0: dict.fromkeys(there, 0.0)}
        for time, outcome in zip(rising, outcomes(flows, how, rising, acid_given=True) if rising else (), strict=True):
            left = solids_after(flows, outcome)
            found[time] = {m: 1.0 - left.get(m, 0.0) / solid[m] for m in there}
        return tuple(found[max(time, 0.0)] for time in times)

    def _flows(self) -> dict[str, float]:
        """What is in one litre, mol."""
        flows = {"H2O": _LITRE, "H+": 2.0 * self.acid, "SO4-2": self.acid, **self.reductants}
        for name, mass in self.solids.items():
            flows[name] = flows.get(name, 0.0) + mass * 1e-3 / species(name).molar_mass
        return flows

    def _conditions(self) -> Conditions:
        shares = {name: share for name, (share, _) in leach_table().shares.items()}
        how = (self.temperature, 0.0, BATCH, self.locked, self.peroxide_efficiency)
        return Conditions(*how, shares, frozenset(), size=self.size, spread=self.spread)
