"""Conditional constants of a liquor: what a kernel that works in concentrations has to know of the activities.

A cascade solves its stages with ``[H+] = acid a(H+)``, ``[OH-] = water / a(H+)`` and the protonation of sulfate and
fluoride at fixed conditional constants; the engine then speciates every stage and gives the constants anew. All other
acidity (hydrolysis, phosphate, carbonate, ammonia ...) is a remainder with its slope: at agreement nothing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.engine import MW, _Run, _solve_totals, clamp
from hydromet.chemistry.records import LN10
from hydromet.chemistry.system import Array, System, assemble, at_temperature
from hydromet.species import WATER

if TYPE_CHECKING:
    from collections.abc import Sequence

# Anions whose protonation the kernel carries itself, with their acids.
BUFFERS = (("SO4-2", "HSO4-"), ("F-", "HF"))
# The engine works with logarithms: an absent component is given this much, mol/kg water.
_LEAST = 1e-13


@dataclass
class Constants:
    """Conditional constants of N liquors, as ``kernels.cascade.Problem`` takes them (mol/L, a(H+) dimensionless)."""

    ln_h: Array
    acid: Array
    water: Array
    buffers: Array
    affinity: Array
    rest: Array
    slope: Array


class Liquors:
    """N liquors of the same components at one temperature, speciated again and again from the last answer."""

    def __init__(self, components: Sequence[str], count: int, temperature: float) -> None:
        """Prepare for ``count`` liquors made of these basis species (water and H+ go without saying)."""
        self.names = tuple(sorted({"H+", *(name for name in components if name != WATER)}))
        self.temperature = temperature
        self.system: System = assemble(self.names, ())
        at = at_temperature(self.names, (), clamp(temperature))
        width, species_count = len(self.names), len(self.system.names)
        blank = _Run(
            system=self.system, at=at, lnKs=at.lnKs, b=np.zeros(width), bw=1.0 / MW, t=np.zeros(width), tw=0.0,
            lam=np.zeros(width), m=np.zeros(species_count), s=np.zeros(0), w=np.zeros(0), state=np.zeros(8),
        )  # fmt: skip
        self.runs = [
            replace(blank, b=np.zeros(width), lam=np.zeros(width), m=np.zeros(species_count), s=np.zeros(0),
                    w=np.zeros(0), state=np.zeros(8))
            for _ in range(count)
        ]  # fmt: skip
        self.warm = [False] * count
        self._find_buffers()

    def _find_buffers(self) -> None:
        index = self.system.index
        self.pairs = [(index[a], index[h]) for a, h in BUFFERS if a in index and h in index]
        self.hydroxide = index.get("OH-", -1)
        protons = self.system.A[:, self.system.iH].copy()
        protons[self.system.iH] = 0.0
        for other in (self.hydroxide, *(h for _, h in self.pairs)):
            if other >= 0:
                protons[other] = 0.0
        self.protons = protons
        self.has_rest = bool(np.any(protons))

    def speciate(self, k: int, amounts: Array, water: float) -> None:
        """Speciate liquor k, from its last answer if there is one: totals of ``names`` (H+ net) and of water, mol.

        Raises:
            ChemistryError: E507.
        """
        run, iH = self.runs[k], self.system.iH
        b = amounts * (1.0 / (water * MW))
        acid = b[iH]
        np.maximum(b, _LEAST, out=b)
        b[iH] = acid
        run.b, run.bw = b, 1.0 / MW
        if self.warm[k] and run.call(titrate=False, dose=0.0, warm=True) == 0:
            return
        _solve_totals(run)
        self.warm[k] = True

    def constants(self, k: int, per_litre: float, out: Constants, at: int) -> None:
        """Write the conditional constants of liquor k into row ``at``.

        Args:
            k: speciated before.
            per_litre: kg of water (total) per litre of solution.
            out: constants of all liquors.
            at: row of liquor k.
        """
        run, iH = self.runs[k], self.system.iH
        scale = float(run.state[0]) * per_litre
        h = float(np.exp(run.lam[iH]))
        c = run.m * scale
        free = float(c[iH])
        hydroxide = float(c[self.hydroxide]) if self.hydroxide >= 0 else 0.0
        out.ln_h[at] = run.lam[iH]
        out.acid[at], out.water[at] = free / h, hydroxide * h
        explained = free - hydroxide
        for column, (anion, acid) in enumerate(self.pairs):
            total = float(run.b[anion]) * per_litre
            bound = min(float(c[acid]), 0.999999 * total)
            explained += bound
            out.buffers[at, column] = total
            out.affinity[at, column] = bound / ((total - bound) * h)
        out.rest[at] = float(run.b[iH]) * per_litre - explained
        out.slope[at] = self._slope(c) if self.has_rest else 0.0

    def saturation(self, k: int, solids: Sequence[str]) -> dict[str, float]:
        """Saturation index (log10) of those of the solids that liquor k could form."""
        from hydromet.chemistry.database import load_database

        data, there = load_database(), {*self.names, WATER}
        possible = tuple(s for s in solids if s in data.solids and there.issuperset(data.solids[s].basis))
        system = assemble(self.names, possible)
        lnKs = at_temperature(self.names, possible, clamp(self.temperature)).lnKs
        run = self.runs[k]
        index = (system.S @ run.lam + system.sa * float(run.state[1]) - lnKs) / LN10
        return {name: float(value) for name, value in zip(possible, index, strict=True)}

    def _slope(self, c: Array) -> float:
        """Change of the remaining acidity with ln a(H+): variance of the number of protons of each component."""
        A, protons = self.system.A, self.protons
        total = c @ A
        first, second = (c * protons) @ A, (c * protons * protons) @ A
        share = np.divide(first * first, total, out=np.zeros_like(first), where=total > 1e-300)
        share = second - share
        share[self.system.iH] = 0.0
        return float(np.maximum(share, 0.0).sum())

    def blank(self, count: int) -> Constants:
        """Room for the constants of ``count`` liquors."""
        width = max(len(self.pairs), 1)
        return Constants(
            np.zeros(count), np.zeros(count), np.zeros(count), np.zeros((count, width)), np.zeros((count, width)),
            np.zeros(count), np.zeros(count),
        )  # fmt: skip
