"""The ladder that converges a plant: block by block, rung by rung, bounded in passes.

Anderson mixing solves nearly every plant; Newton on the torn streams, pseudo-transient steps and long direct
substitution stand behind it. An iteration is converged when the *error* that is left is small, which is the last
step divided by one less the gain of the loop, element by element; a small last step alone proves nothing in a loop
that returns 97 %.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hydromet.errors import ConvergenceError
from hydromet.flowsheet.convergence import Check, check, inventory_guess
from hydromet.flowsheet.diagnose import loop_failure, unit_failure
from hydromet.flowsheet.fixed_point import Anderson, Newton, Trial, jacobian
from hydromet.flowsheet.passes import Layout, State, UnitFailedError, run_block
from hydromet.stream import Stream

if TYPE_CHECKING:
    from hydromet.flowsheet.fixed_point import Vector
    from hydromet.flowsheet.graph import Block
    from hydromet.flowsheet.passes import Problem

logger = logging.getLogger(__name__)

Watch = Callable[[str, int, float], None]

# A guess that a unit cannot answer is halved back towards the last good one this often.
_RETREATS = 8
# Passes that only fill the plant; after each group the slow build-ups are estimated from the element shares.
_FILLING = (3, 2)
# A rung is left when its best error has not halved within so many passes; direct substitution is slow by nature.
_PATIENCE = 25
_LONG_PATIENCE = 1000
# An error within this factor of the goal is accepted where round-off allows no better.
_NEAR = 30.0
# An inner block is converged to this share of the error of the block around it, and to no worse than so many goals.
_INNER_SHARE, _LOOSEST, _FIRST_MEASURE = 1e-1, 1e7, 1e9
# Pseudo-time: first pull, as 1 / step; the pull falls with the residual.
_FIRST_PULL = 1.0
# Direct substitution averages guess and answer, so that an oscillation dies out.
_DAMPING = 0.7


@dataclass(frozen=True)
class Limits:
    """The budget of a solution; a plant that needs more is declared unconverged.

    Attributes:
        anderson, newton, transient, direct: passes on each rung; a Jacobian of the torn streams comes on top for the
            second and third.
        seconds: wall-clock budget; it can only end a solution, never change it.
        loosen: factor on the convergence goals, for first looks such as the search for a target.
    """

    anderson: int = 150
    newton: int = 40
    transient: int = 120
    direct: int = 2000
    seconds: float = 600.0
    loosen: float = 1.0


@dataclass(frozen=True)
class Rung:
    """How one block was converged.

    Attributes:
        units: the block's units in order of computation.
        loops: torn stream -> the way round, as unit names.
        method: the rung that did it; ``once`` for a block without a loop.
        passes: through the block, Jacobians included.
        check: the last convergence check.
        history: largest scaled residual of every pass.
    """

    units: tuple[str, ...]
    loops: Mapping[str, tuple[str, ...]]
    method: str
    passes: int
    check: Check | None = None
    history: tuple[float, ...] = ()


@dataclass
class _Loop:
    """A block being converged: its guesses, answers and checks so far."""

    problem: Problem
    block: Block
    state: State
    limits: Limits
    deadline: float
    watch: Watch | None
    layout: Layout = field(init=False)
    history: list[float] = field(default_factory=list)
    measures: list[float] = field(default_factory=list)
    best: tuple[Check, Trial] | None = None
    patience: int = _PATIENCE
    inner: tuple[Rung, ...] = ()
    mixing: Anderson = field(default_factory=Anderson)
    parts: dict[tuple[str, ...], _Loop] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.layout = Layout(self.block.tears)

    def begin(self, limits: Limits) -> None:
        """Converge once more with other inlets: what was learned of the slope stays."""
        self.limits, self.patience, self.best = limits, _PATIENCE, None
        self.measures.clear()
        self.mixing = Anderson()

    def answer(self, x: Vector) -> Vector:
        guesses = self.layout.unpack(x)
        if not self.block.inner:
            return self.layout.pack(run_block(self.problem, self.block, self.state, guesses))
        # A stream not made yet in this pass is the guess; its maker overwrites it.
        self.state.streams.update(guesses)
        self.inner = tuple(self._within(block) for block in self.block.inner)
        self.state.guesses.update(guesses)
        return self.layout.pack({tear: self.state.streams[tear] for tear in self.block.tears})

    def _within(self, block: Block) -> Rung:
        """One inner block within a pass, converged as far as this block's own error deserves."""
        last = self.measures[-1] if self.measures else _FIRST_MEASURE
        loosen = self.limits.loosen * min(max(1.0, _INNER_SHARE * last), _LOOSEST)
        loop = self.parts.setdefault(
            block.units, _Loop(self.problem, block, self.state, self.limits, self.deadline, None)
        )
        if not block.tears:
            return _once(loop)
        loop.begin(replace(self.limits, loosen=loosen))
        try:
            return _converge(loop)
        except ConvergenceError as error:
            raise UnitFailedError(block.units[0], error) from error

    def answer_or(self, trial: Trial) -> Callable[[Vector], Vector]:
        """Answers for a Jacobian; where a unit fails, that of the trial, so that the entry counts for nothing."""

        def answer(x: Vector) -> Vector:
            try:
                return self.answer(x)
            except UnitFailedError:
                return trial.g

        return answer

    def trial(self, x: Vector) -> Trial:
        """Answer a guess and check it."""
        g = self.answer(x)
        x = self.layout.pad(x)
        trial = Trial(x, g, self.layout.scales(x, g))
        found = check(self.problem, self.block, self.state, self.layout, trial, self.limits.loosen)
        self.history.append(trial.error())
        self.measures.append(found.measure)
        if self.best is None or found.measure < self.best[0].measure:
            self.best = (found, trial)
        logger.debug(
            "pass %d: residual %.3g, %.3g of goal at %s",
            self.state.passes,
            self.history[-1],
            found.measure,
            found.worst,
        )
        if self.watch:
            self.watch(self.block.units[0], len(self.history), self.history[-1])
        return trial

    def follow(self, wanted: Vector, last: Trial) -> Trial:
        """Answer the wanted guess, or the nearest to the last guess that the units can answer."""
        x = self.layout.admissible(self.layout.pad(wanted), last.x, last.g)
        for _ in range(_RETREATS):
            try:
                return self.trial(x)
            except UnitFailedError as error:
                logger.debug("%s could not be solved (%s): nearer to the last guess", error.unit, error.cause.code)
                x = 0.5 * (self.layout.pad(x) + self.layout.pad(last.x))
        return self.trial(x)

    def within(self, factor: float) -> bool:
        """Is the best trial within this factor of the goals?"""
        return self.best is not None and self.best[0].measure <= factor * self.limits.loosen

    @property
    def late(self) -> bool:
        return time.monotonic() > self.deadline

    @property
    def stalled(self) -> bool:
        """Has the best of the last passes not halved the best before them?"""
        recent, earlier = self.measures[-self.patience :], self.measures[: -self.patience]
        return bool(earlier) and min(recent) > 0.5 * min(earlier)


def solve(
    problem: Problem, state: State | None = None, limits: Limits | None = None, watch: Watch | None = None
) -> tuple[State, tuple[Rung, ...]]:
    """Converge a plant.

    Args:
        problem: the plant.
        state: a start from an earlier solution of the same plan; cold if absent. It is updated.
        limits: the budget.
        watch: called after every pass with the first unit of the block, the pass number and the residual.

    Returns:
        the state with every stream and unit result, and how each block was converged.

    Raises:
        ConvergenceError: E701 a loop did not converge, E702 a unit could not be solved within a loop, E703 the time
            was up.
        UserError: a unit outside any loop could not be solved.
    """
    state = state or State()
    limits = limits or Limits()
    deadline = time.monotonic() + limits.seconds
    rungs = []
    for block in problem.plan.blocks:
        loop = _Loop(problem, block, state, limits, deadline, watch)
        try:
            rungs.append(_converge(loop) if block.tears else _once(loop))
        except UnitFailedError as error:
            raise unit_failure(block, error) from error.cause
    return state, tuple(rungs)


def _once(loop: _Loop) -> Rung:
    run_block(loop.problem, loop.block, loop.state, {})
    return Rung(loop.block.units, {}, "once", 1)


def _converge(loop: _Loop) -> Rung:
    """Climb the ladder; every rung starts from the best guess so far."""
    block, before = loop.block, loop.state.passes
    start = {tear: loop.state.guesses.get(tear, Stream()) for tear in block.tears}
    cold = not any(stream.flows for stream in start.values())
    trial = loop.trial(loop.layout.pack(start))
    for method, rung in _LADDER:
        for latest in rung(loop, trial, cold):
            trial = latest
            if loop.within(1.0) or loop.stalled or loop.late:
                break
        assert loop.best is not None  # noqa: S101  # the first trial set it
        found, best = loop.best
        if loop.within(_NEAR):
            if trial is not best:
                loop.answer(best.x)
            return Rung(block.units, block.all_loops(), method, loop.state.passes - before, found, tuple(loop.history))
        if loop.late:
            break
        loop.measures.clear()
        trial, cold = best, False
    raise loop_failure(loop.problem, block, loop.state, loop.history, loop.best, late=loop.late)


def _anderson(loop: _Loop, trial: Trial, cold: bool) -> Iterator[Trial]:
    if cold:
        for latest in _fill(loop, trial):
            trial = latest
            yield trial
    for _ in range(loop.limits.anderson):
        trial = loop.follow(loop.mixing.propose(trial), trial)
        yield trial


def _fill(loop: _Loop, trial: Trial) -> Iterator[Trial]:
    """A few direct passes, each group closed by an estimate of the slow build-ups."""
    for passes in _FILLING:
        for _ in range(passes):
            trial = loop.follow(trial.g, trial)
            yield trial
        guess = inventory_guess(loop.problem, loop.block, loop.state, loop.layout.unpack(trial.g))
        trial = loop.follow(loop.layout.pack(guess), trial)
        yield trial


def _newton(loop: _Loop, trial: Trial, cold: bool) -> Iterator[Trial]:
    del cold
    return _quasi_newton(loop, trial, loop.limits.newton, pull=0.0)


def _transient(loop: _Loop, trial: Trial, cold: bool) -> Iterator[Trial]:
    del cold
    return _quasi_newton(loop, trial, loop.limits.transient, pull=_FIRST_PULL)


def _quasi_newton(loop: _Loop, trial: Trial, passes: int, pull: float) -> Iterator[Trial]:
    """Newton on the torn streams; with a pull it follows the plant's start-up, ever faster as the residual falls."""
    steps = Newton(jacobian(loop.answer_or(trial), trial), trial.scale)
    first = trial.error()
    for _ in range(passes):
        steps.pull = pull * min(1.0, trial.error() / first) if first else 0.0
        trial = loop.follow(steps.propose(trial), trial)
        yield trial


def _direct(loop: _Loop, trial: Trial, cold: bool) -> Iterator[Trial]:
    del cold
    loop.patience = _LONG_PATIENCE
    for _ in range(loop.limits.direct):
        trial = loop.follow(trial.x + _DAMPING * trial.residual, trial)
        yield trial


_LADDER = (("anderson", _anderson), ("newton", _newton), ("transient", _transient), ("direct", _direct))
