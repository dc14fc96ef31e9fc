"""One stream on the joined basis, ready for the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.canonical import canonical, totals_of
from hydromet.chemistry.database import H, unknown_phase
from hydromet.chemistry.engine import MW, TRACE, Run, Solved, _solve_titration, _solve_totals, clamp
from hydromet.chemistry.redox.couples import couple
from hydromet.chemistry.redox.joined import Joined, JoinedSystem, join, joined_system
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species
from hydromet.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.system import Array

# Steps aside in ln a(R), each less than 0.3 uV.
_ASIDE = (0.0, 1e-7, -1e-7, 1e-5, -1e-5)
# Longest step in ln a(R) from a solved state to the next, and most of them.
_STRIDE, _MOST_STEPS = 0.5, 40
# Added to ln K of a phase that a rival keeps out, and most rounds until the choice agrees with the activity of water.
_CLOSED, _PASSES = 500.0, 3
# First guess of ln a(H+).
_NEUTRAL = -16.0


@dataclass
class Problem:
    """One stream on the joined basis, ready for the kernel; amounts per kilogram of water."""

    joined: Joined
    at: JoinedSystem
    run: Run
    scale: float
    electrons: float
    inert: Mapping[str, float]
    temperature: float
    bounded: bool
    guess: float = _NEUTRAL
    ln_aw: float = 0.0
    ln_r: float = 0.0
    last: tuple[float, tuple[Array, ...]] | None = None

    def solve(self, ln_r: float, pH: float | None = None) -> Solved:
        """Equilibrium at a given ln a(R).

        Raises:
            ChemistryError: E507, E508.
        """
        for _ in range(_PASSES):
            chosen = self._choose(ln_r)
            found = self._attempt(ln_r, chosen, pH)
            self.ln_aw = found.ln_aw
            if np.array_equal(self._choose(ln_r), chosen):
                break
        return found

    def _choose(self, ln_r: float) -> Array:
        """What is added to ln K of the phases: oxides and metals of one metal exclude each other at a given ln a(R).

        They all hold -z H+ per atom of M+z, so the one that is least soluble now is so at every pH. Where two of them
        are equal, ``redox_equilibrium`` mixes the states on either side.
        """
        y = self.at.system
        asked = self.at.at.lnKs - self.at.rs * ln_r - y.sa * self.ln_aw
        closed = np.zeros(len(asked))
        for group, atoms in self.at.rivals:
            best = group[int(np.argmin(asked[group] / atoms))]
            closed[group[group != best]] = _CLOSED
        return closed

    def _attempt(self, ln_r: float, closed: Array, pH: float | None) -> Solved:
        """One call of the kernel, next to ln_r where a phase is about to form just there; else with every rescue."""
        run = self.run
        for aside in _ASIDE if pH is None else ():
            self._shift(ln_r + aside, closed)
            run.lam[run.system.iH] = self.guess
            if run.call(titrate=0, dose=0.0, warm=False) == 0:
                return self._solved(None, rescued=False)
        if pH is None and self._walk(ln_r, closed):
            return self._solved(None, rescued=True)
        self._shift(ln_r, closed)
        return self._solved(pH, rescued=_solve_totals(run) if pH is None else _solve_titration(run, pH))

    def _walk(self, ln_r: float, closed: Array) -> bool:
        """From the last solved ln a(R) to this one in short steps, each from the last; true if it arrives."""
        run = self.run
        if self.last is None:
            return False
        start, kept = self.last
        steps = ceil(abs(ln_r - start) / _STRIDE)
        if not 0 < steps <= _MOST_STEPS:
            return False
        for target, value in zip((run.lam, run.m, run.s, run.w), kept, strict=False):
            target[:] = value
        for k in range(1, steps + 1):
            self._shift(start + (ln_r - start) * k / steps, closed)
            run.state[0] = kept[4][0]
            if run.call(titrate=0, dose=0.0, warm=True) != 0:
                return False
            kept = (*kept[:4], run.state.copy())
        return True

    def _shift(self, ln_r: float, closed: Array) -> None:
        self.run.at = self.at.shifted(ln_r, bounded=self.bounded)
        self.run.lnKs = self.run.at.lnKs + closed
        self.run.state[:] = 0.0
        self.ln_r = ln_r

    def _solved(self, pH: float | None, *, rescued: bool) -> Solved:
        run = self.run
        self.guess = float(run.lam[run.system.iH])
        self.last = self.ln_r, tuple(array.copy() for array in (run.lam, run.m, run.s, run.w, run.state))
        return Solved(
            system=run.system,
            temperature=self.temperature,
            water=float(run.state[0]),
            ln_aw=float(run.state[1]),
            ionic_strength=float(run.state[2]),
            lam=run.lam.copy(),
            m=run.m.copy(),
            amounts=run.s.copy(),
            dose=0.0 if pH is None else float(run.state[3]),
            iterations=int(run.state[4]),
            residual=float(run.state[5]),
            inert=self.inert,
            rescued=rescued,
            at=run.at,
            lnKs=run.lnKs,
        )

    def held(self, solved: Solved) -> float:
        """R in the solved liquor and its phases."""
        return float(solved.water * (self.at.r @ solved.m) + self.at.rs @ solved.amounts)


def ln_h(solved: Solved) -> float:
    """Ln a(H+)."""
    return float(solved.lam[solved.system.iH])


def problem_of(
    stream: Stream,
    phases: Sequence[str],
    couples: Sequence[str],
    temperature: float,
    titrant: Stream | None,
    *,
    bounded: bool,
) -> Problem:
    """The stream on the joined basis."""
    joined = join(tuple(sorted({couple(name).name for name in couples})))
    wanted = tuple(dict.fromkeys(_known(joined, name) for name in phases))
    totals, electrons = _totals(stream, joined)
    for name in wanted:
        constant, amount = joined.phase(name), stream[name]
        if constant is not None and amount > 0.0:
            electrons += amount * joined.r.get(name, 0.0)
            for part, count in constant.basis.items():
                totals[part] = totals.get(part, 0.0) + amount * count
    dose = _totals(titrant, joined, dissolve=True)[0] if titrant is not None else {}
    water = totals.get(WATER, 0.0)
    if not water > 0.0:
        raise ChemistryError("E506", read=f"{water:g} mol of water", expected="a liquor with water")
    scale = 1.0 / (water * MW)
    there = {n for n, x in totals.items() if x * scale > TRACE} | {n for n, x in dose.items() if x > 0.0}
    components = tuple(sorted((there - {WATER}) | {H}))
    inert = {n: x * scale for n, x in totals.items() if n not in components and n != WATER and x != 0.0}
    reach = {*components, WATER}
    possible = tuple(
        name
        for name in wanted
        if (one := joined.phase(name)) and reach.issuperset(one.basis) and set(one.basis) - {WATER}
    )
    at = joined_system(joined.named, components, possible, clamp(temperature))
    count = len(at.system.names)
    run = Run(
        system=at.system,
        at=at.at,
        lnKs=at.at.lnKs,
        b=np.array([totals.get(name, 0.0) * scale for name in components]),
        bw=water * scale,
        t=np.array([dose.get(name, 0.0) for name in components]),
        tw=dose.get(WATER, 0.0),
        lam=np.zeros(len(components)),
        m=np.zeros(count),
        s=np.zeros(len(possible)),
        w=np.zeros(len(possible)),
        state=np.zeros(8),
    )
    return Problem(joined, at, run, scale, electrons * scale, inert, temperature, bounded)


def _known(joined: Joined, name: str) -> str:
    constant = joined.phase(species(name).id)
    if constant is None:
        raise unknown_phase(name, (*joined.data.solids, *joined.data.gases))
    return constant.id


def _totals(stream: Stream, joined: Joined, *, dissolve: bool = False) -> tuple[dict[str, float], float]:
    """Totals of the dissolved part (of a titrant: of its solids and pure acids too) on the joined basis, and its R."""
    # Pure acids dissolve in the liquor even where the reagent itself holds too little water for them.
    lent = 10.0 * stream.part("l").mass() / MW if dissolve else 0.0
    made, _ = canonical(stream.plus(Stream({WATER: lent})) if lent else stream)
    totals = totals_of({name: flow for name, flow in made.flows.items() if species(name).phase == "aq"})
    totals[WATER] = totals.get(WATER, 0.0) - lent
    found, electrons = joined.totals(totals)
    for name, flow in made.flows.items() if dissolve else ():
        constant = joined.data.solids.get(name)
        if constant is not None:
            electrons += flow * joined.r.get(name, 0.0)
            for part, count in constant.basis.items():
                found[part] = found.get(part, 0.0) + flow * count
    return found, electrons
