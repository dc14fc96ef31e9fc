"""Conditional constants of a liquor: what a kernel that works in concentrations has to know of the activities.

A cascade solves its stages with ``[H+] = acid a(H+)``, ``[OH-] = water / a(H+)`` and the protonation of sulfate and
fluoride at fixed conditional constants; the engine then speciates every stage and gives the constants anew. All other
acidity (hydrolysis, phosphate, carbonate, ammonia ...) is a remainder with its slope: at agreement nothing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.engine import MW, Run, _solve_totals, clamp
from hydromet.chemistry.records import LN10
from hydromet.chemistry.system import Array, System, assemble, at_temperature
from hydromet.species import WATER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.kernels import Flags

# Anions whose protonation the kernel carries itself, with their acids.
BUFFERS = (("SO4-2", "HSO4-"), ("F-", "HF"))
# The engine works with logarithms: an absent component is given this much, mol/kg water.
_LEAST = 1e-13
# Free acid counts for this share of itself at least.
_LEAST_FREE = 0.05


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
        width = len(self.names)
        self.at = at
        self.b, self.lam = np.zeros((count, width)), np.zeros((count, width))
        self.m, self.state = np.zeros((count, len(self.system.names))), np.zeros((count, 8))
        # Zero where a row holds an answer to start from.
        self.status = np.ones(count, dtype=np.int64)
        self._find_buffers()

    def _find_buffers(self) -> None:
        index = self.system.index
        self.pairs = [(index[a], index[h]) for a, h in BUFFERS if a in index and h in index]
        self.hydroxide = index.get("OH-", -1)

    def speciate(self, amounts: Array, water: Array, ln_h: Array, held: Flags, tolerance: float) -> Array:
        """Speciate all liquors, each from its last answer if there is one.

        A liquor is taken at the given pH, where its total of H+ is a result; where that is far from the one given, and
        the pH is not held, at the given total, where the pH is a result.

        Args:
            amounts: (N, components) totals of ``names`` (H+ net), mol.
            water: (N) total water, mol.
            ln_h: (N) ln a(H+) as the kernel has it.
            held: (N) true where that is a set point.
            tolerance: of the engine; its own at the end, more on the way.

        Returns:
            (N) disagreement in ln a(H+).

        Raises:
            ChemistryError: E507.
        """
        from hydromet.kernels import expect
        from hydromet.kernels.equilibrium import TOLERANCE
        from hydromet.kernels.rows import solve_rows

        y, at = self.system, self.at
        self.b = self._totals(amounts, water)
        expect("rows.solve_rows", 20.0)
        solve_rows(
            y.ints, y.fixed, at.values, self.b, 1.0 / MW, self.lam, self.m, self.state, self.status, ln_h, held,
            max(tolerance, TOLERANCE),
        )  # fmt: skip
        for k in np.nonzero(self.status)[0]:
            self._afresh(int(k))
        off: Array = np.abs(self.lam[:, y.iH] - ln_h)
        return off + np.abs(self.state[:, 3] - self.b[:, y.iH]) / self.state[:, 7]

    def _totals(self, amounts: Array, water: Array) -> Array:
        """Totals per kilogram of water, nothing quite absent."""
        b = amounts / (water * MW)[:, None]
        least = np.maximum(b, _LEAST)
        least[:, self.system.iH] = b[:, self.system.iH]
        return least

    def _afresh(self, k: int) -> None:
        """Speciate liquor k from nothing, with every rescue."""
        none = np.zeros(0)
        run = Run(
            system=self.system, at=self.at, lnKs=self.at.lnKs, b=self.b[k], bw=1.0 / MW, t=np.zeros(len(self.names)),
            tw=0.0, lam=self.lam[k], m=self.m[k], s=none, w=none, state=self.state[k],
        )  # fmt: skip
        _solve_totals(run)
        self.state[k, 3] = self.b[k, self.system.iH]
        self.status[k] = 0

    def __len__(self) -> int:
        """How many liquors."""
        return len(self.status)

    def start(self, amounts: Array, water: Array) -> None:
        """Speciate one liquor, (1, components) totals and (1) water, mol, for all to start from."""
        self.b = self._totals(np.repeat(amounts, len(self.status), 0), np.repeat(water, len(self.status)))
        self._afresh(0)
        for values in (self.lam, self.m, self.state, self.status):
            values[1:] = values[0]

    def constants(self, per_litre: Array, *, remainder: bool = True) -> Constants:
        """The conditional constants of all liquors.

        The slope of the remaining acidity makes the derivative of the whole acidity in ln a(H+), at fixed totals, the
        one of the engine's own Newton matrix; where that leaves less than nothing, free acid counts for less.

        Args:
            per_litre: (N) kg of water (total) per litre of solution.
            remainder: False leaves the remaining acidity out, as a start far from the answer must.
        """
        iH = self.system.iH
        ln_h = self.lam[:, iH].copy()
        h = np.exp(ln_h)
        c = self.m * (self.state[:, 0] * per_litre)[:, None]
        free = c[:, iH]
        hydroxide = c[:, self.hydroxide] if self.hydroxide >= 0 else np.zeros(len(h))
        explained, grown = free - hydroxide, free + hydroxide
        buffers, affinity = np.zeros((2, len(h), max(len(self.pairs), 1)))
        for column, (anion, acid) in enumerate(self.pairs):
            total = self.b[:, anion] * per_litre
            bound = np.minimum(c[:, acid], 0.999999 * total)
            explained += bound
            grown += bound * (1.0 - bound / total)
            buffers[:, column] = total
            affinity[:, column] = bound / ((total - bound) * h)
        if not remainder:
            none = np.zeros(len(h))
            return Constants(ln_h, free / h, hydroxide * h, buffers, affinity, none, none)
        slope = self.state[:, 7] * per_litre - grown
        counted = np.maximum(free + np.minimum(slope, 0.0), _LEAST_FREE * free)
        rest = self.state[:, 3] * per_litre - explained + free - counted
        return Constants(ln_h, counted / h, hydroxide * h, buffers, affinity, rest, np.maximum(slope, 0.0))

    def saturation(self, k: int, solids: Sequence[str]) -> dict[str, float]:
        """Saturation index (log10) of those of the solids that liquor k could form."""
        from hydromet.chemistry.database import load_database

        data, there = load_database(), {*self.names, WATER}
        possible = tuple(s for s in solids if s in data.solids and there.issuperset(data.solids[s].basis))
        system = assemble(self.names, possible)
        lnKs = at_temperature(self.names, possible, clamp(self.temperature)).lnKs
        index = (system.S @ self.lam[k] + system.sa * float(self.state[k, 1]) - lnKs) / LN10
        return {name: float(value) for name, value in zip(possible, index, strict=True)}
