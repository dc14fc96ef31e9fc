"""Balances of acid and reductant over the liquor of a leach, in a beaker and in each tank of a train."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from hydromet.units.bracket import rising_root
from hydromet.units.leaching.clocks import Clock, Progress, State
from hydromet.units.leaching.kinetics import driving, first_order
from hydromet.units.leaching.table import leach_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.units.leaching.kinetics import Row
    from hydromet.units.leaching.rates import Liquor

# Molality below which there is nothing, mol/kg.
_TRACE = 1e-15
# Least share of the reductant that a tank is searched for: at zero all balances close.
_LEAST = 1e-9
# Logarithm of the most acid that is tried, mol/kg.
_MOST = 6.0
# Shares of the oxides dissolved with a reductant.
Reached = list[float]


class Model:
    """Balances of acid and reductant over one liquor."""

    def __init__(self, liquor: Liquor, heel: float = 0.0) -> None:
        shared = leach_table().shared
        self.liquor, self.heel = liquor, heel
        self.acid_order = shared["reductive_acid"]
        self.reductant_order = shared["reductive_order"]
        self.attack_order = shared["attack_acid"]
        self.water_order = shared["oxygen_acid"]
        self.catalysts = leach_table().catalysts
        self.half_acid, self.half_reductant = leach_table().half_acid, leach_table().half_reductant
        self._metal = liquor.metal_share

    def need(self) -> float:
        """Acid that complete dissolution with the reductants takes, mol H2SO4 per kg."""
        return sum(o.amount * (o.acid + 0.5 * o.electrons * self._metal) for o in self.liquor.oxides)

    def _reach(self, clock: Clock) -> Reached:
        """Share of each oxide dissolved with a reductant."""
        mean, shape = clock.mean, clock.shape
        return [o.core.train(o.reductive * mean, shape) for o in self.liquor.oxides]

    def used(self, state: State, reached: Reached | None = None) -> float:
        """Acid that the oxides have taken so far, mol H2SO4 per kg."""
        total = 0.0
        for o, x in zip(self.liquor.oxides, reached or self._reach(state.reductive), strict=True):
            total += o.amount * x * (o.acid + 0.5 * o.electrons * self._metal)
            if o.attack_acid > 0.0:
                a, swapped = state.attacked(o, self.liquor), state.exchanged(o, self.liquor)
                water = first_order(o.oxygen_mean * state.water.mean, state.water.shape)
                alone = a * (o.attack_acid + 0.5 * water) + (1.0 - a) * swapped * (0.5 + water)
                total += o.amount * (1.0 - x) * alone
        return total

    def _acid(self, used: float, end: float) -> float:
        """Free acid where so much has been used; ``end`` is what will have been used at the end."""
        if self.liquor.target is not None:
            return self.liquor.target + end - used
        return self.liquor.acid - used

    def _taken(self, reached: Reached) -> float:
        """Reductant that the oxides have taken, as peroxide, mol/kg."""
        return sum(0.5 * o.amount * o.electrons * x for o, x in zip(self.liquor.oxides, reached, strict=True))

    def _loss(self, reached: Reached) -> float:
        """Rate constant of the decomposition of peroxide with the metals dissolved so far, 1/s."""
        if self.liquor.loss <= 0.0:
            return 0.0
        more = sum(o.amount * o.manganese * x for o, x in zip(self.liquor.oxides, reached, strict=True))
        return self.liquor.loss * (self.liquor.catalyst + self.catalysts.get("Mn", 0.0) * more)

    def _drives(self, acid: float, reductant: float) -> tuple[float, float, float, float, float]:
        """Slopes of the five clocks."""
        return (
            max(acid, 0.0) / (self.half_acid + max(acid, 0.0)),
            driving(acid, self.acid_order) * driving(reductant, self.reductant_order),
            driving(acid, self.attack_order),
            driving(acid, self.water_order),
            self.half_reductant / (self.half_reductant + max(reductant, 0.0)),
        )

    def batch(self, y: Row, cycle: Row) -> State:
        """State of a batch; ``cycle`` are its clocks at the end of a cycle."""
        clocks = [Clock(float(v)) for v in y[:-2]]
        if self.heel > 0.0:
            clocks = [c.after_cycles(float(e), self.heel) for c, e in zip(clocks, cycle[:-2], strict=True)]
        lost = float(y[-2])
        left = self.liquor.peroxide + self.liquor.other - self._taken(self._reach(clocks[1])) - lost
        peroxide = self._share(float(y[-1])) * left
        return State(clocks[0], clocks[1], clocks[2], clocks[3], clocks[4], lost, peroxide, left - peroxide)

    def _share(self, decayed: float) -> float:
        """Share of peroxide in the reductant left after so much decomposition, K."""
        there = self.liquor.peroxide * math.exp(-decayed)
        return there / (there + self.liquor.other) if there > 0.0 else 0.0

    def slopes(self, _: float, y: Row, end: float, cycle: Row) -> list[float]:
        """Right-hand side of the batch."""
        if self.heel > 0.0:
            state = self.batch(y, cycle)
            reached = self._reach(state.reductive)
            left, rate, used = state.left, self._loss(reached), self.used(state, reached)
        else:
            used, left, rate = self._quick(*map(float, y[:-1]))
        peroxide = self._share(float(y[-1])) * max(0.0, left)
        return [*self._drives(self._acid(used, end), left), rate * peroxide, rate]

    def _quick(
        self, swap: float, reductive: float, attack: float, water: float, _: float, lost: float
    ) -> tuple[float, float, float]:
        """``used``, ``left`` and ``loss`` in one go where all particles have the same clock."""
        liquor = self.liquor
        used = taken = manganese = 0.0
        for o in liquor.oxides:
            x = o.core.batch(o.reductive * reductive)
            taken += 0.5 * o.amount * o.electrons * x
            manganese += o.amount * o.manganese * x
            used += o.amount * x * (o.acid + 0.5 * o.electrons * self._metal)
            if o.attack_acid > 0.0:
                a = o.plateau * liquor.attack_law.batch(o.attack * attack)
                gas = -math.expm1(-o.oxygen_mean * water)
                swapped = liquor.exchange_law.batch(o.exchange * swap)
                alone = a * (o.attack_acid + 0.5 * gas) + (1.0 - a) * swapped * (0.5 + gas)
                used += o.amount * (1.0 - x) * alone
        rate = liquor.loss * (liquor.catalyst + self.catalysts.get("Mn", 0.0) * manganese)
        return used, liquor.peroxide + liquor.other - taken - lost, rate

    def guess(self, tanks: int) -> list[float]:
        """Logarithms of the acid of all tanks but the last, from halves of what is dissolved in each."""
        return [math.log((self.liquor.target or 0.0) + self.need() * 0.3 * 0.4**j) for j in range(tanks - 1)]

    def unbalanced(self, z: Sequence[float], step: float, lefts: list[float]) -> list[float]:
        """How far the acid of each tank (logarithms, all but the last) is from the target and what later tanks use."""
        _, used = self.held([math.exp(min(float(v), _MOST)) for v in z], step, lefts)
        target = self.liquor.target or 0.0
        return [float(v) - math.log(max(target + used[-1] - u, _TRACE)) for v, u in zip(z, used[:-1], strict=True)]

    def held(self, acids: Sequence[float], step: float, lefts: list[float]) -> tuple[list[State], list[float]]:
        """States and acid used, where the acid of each tank is given and the last has the target.

        Args:
            acids: of all tanks but the last, mol/kg.
            step: residence time of each, s.
            lefts: reductant of each tank: a guess, renewed.
        """
        now, taken, states, used = State(other=self.liquor.other), 0.0, [], []
        for j, acid in enumerate((*acids, self.liquor.target or 0.0)):
            before = self._dosed(now, j, len(acids) + 1)
            now, reached = self._at(before, taken, step, acid, lefts[j] or 0.3 * before.left)
            lefts[j] = now.left
            taken = self._taken(reached)
            states.append(now)
            used.append(self.used(now, reached))
        return states, used

    def _dosed(self, state: State, tank: int, tanks: int) -> State:
        """With the peroxide that enters this tank."""
        parts = min(tanks, self.liquor.dosed_tanks)
        return replace(state, peroxide=state.peroxide + self.liquor.peroxide / parts) if tank < parts else state

    def train(self, tanks: int, step: float) -> list[State]:
        """State after each tank, where the acid is given."""
        made: list[State] = []
        now = State(other=self.liquor.other)
        for j in range(tanks):
            now = self._tank(self._dosed(now, j, tanks), step)
            made.append(now)
        return made

    def _tank(self, before: State, step: float) -> State:
        """One tank: its acid and its reductant are what its own reactions leave; each is the root of a rising line."""
        most = self._acid(self.used(before), 0.0)
        if step <= 0.0 or most <= 0.0:
            return before
        taken, state, left = self._taken(self._reach(before.reductive)), before, 0.3 * before.left

        def miss(value: float) -> float:
            nonlocal left, state
            state, reached = self._at(before, taken, step, value, left)
            left = state.left
            return (value - self._acid(self.used(state, reached), 0.0)) / most

        acid = rising_root(miss, 0.0, most, 0.5 * most, slope=1.0 / most)
        return self._at(before, taken, step, acid, left)[0]

    def _at(self, before: State, taken: float, step: float, acid: float, guess: float) -> tuple[State, Reached]:
        """The tank at a given acid: the reductive clock moves as fast as the reductant that is left drives it.

        Args:
            before: what comes in.
            taken: reductant taken before, mol/kg.
            step: residence time, s.
            acid: of the tank, mol/kg.
            guess: of the reductant left, mol/kg.

        Returns:
            the state, the shares reached.
        """
        strength, most = driving(acid, self.acid_order) * step, before.left
        clock, reached, peroxide, other, rate = before.reductive.on(0.0), self._reach(before.reductive), 0.0, 0.0, 0.0

        def miss(value: float) -> float:
            nonlocal clock, reached, peroxide, other, rate
            clock = before.reductive.on(strength * driving(value, self.reductant_order))
            reached = self._reach(clock)
            rate, use = self._loss(reached) * step, max(0.0, self._taken(reached) - taken)
            whole = value + use
            other = before.other * value / whole if whole > 0.0 else 0.0
            peroxide = before.peroxide * value / (whole + value * rate) if whole > 0.0 else 0.0
            return (value - peroxide - other) / most

        if most > _TRACE:
            # At zero the line passes through zero: the root above it is meant.
            found = rising_root(miss, _LEAST * most, most, min(guess, most), slope=1.0 / most)
            miss(found)
        state = State(
            before.exchange.on(step * acid / (self.half_acid + acid)),
            clock,
            before.attack.on(driving(acid, self.attack_order) * step),
            before.water.on(driving(acid, self.water_order) * step),
            before.manganese.on(step * self.half_reductant / (self.half_reductant + peroxide + other)),
            before.lost + rate * peroxide,
            peroxide,
            other,
        )
        return state, reached

    def progress(self, state: State, end: float) -> Progress:
        """What the rest of the leach reads."""
        oxides = self.liquor.oxides
        return Progress(
            reduced={o.solid: state.reduced(o) for o in oxides},
            attacked={o.solid: state.attacked(o, self.liquor) for o in oxides},
            exchanged={o.solid: state.exchanged(o, self.liquor) for o in oxides},
            precipitated={o.solid: state.precipitated(o) for o in oxides},
            oxygen={
                o.solid: {e: first_order(k * state.water.mean, state.water.shape) for e, k in o.oxygen.items()}
                for o in oxides
            },
            lost=state.lost,
            acid=self._acid(self.used(state), end),
            reductant=state.left,
        )
