"""Why a loop did not converge, in the words of the plant."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hydromet.errors import ConvergenceError, UserError
from hydromet.flowsheet.convergence import Check, block_routing
from hydromet.flowsheet.passes import TEMPERATURE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.flowsheet.fixed_point import Trial
    from hydromet.flowsheet.graph import Block
    from hydromet.flowsheet.passes import Problem, State, UnitFailedError

_SHOWN = 5
# The residual grew, or fell by less than this factor in the last passes.
_GROWTH = 1.5
_CREEP = 0.5
# An element that leaves a loop at less than this share of what enters is kept in it.
_TIGHT = 1e-6


def way(units: Sequence[str]) -> str:
    """A loop in flow terms: ``extract → scrub → strip → extract``."""
    return " → ".join(units)


def unit_failure(block: Block, error: UnitFailedError) -> UserError:
    """The error of a unit that could not be solved: its own outside a loop, E702 within one; ``.unit`` names it."""
    cause = error.cause
    if not block.tears:
        cause.__dict__["unit"] = error.unit
        return cause
    told = [cause.read, f"expected {cause.expected}" if cause.expected else ""]
    failure = ConvergenceError(
        "E702",
        read=f"{error.unit} could not be solved: {cause.code} " + "; ".join(part for part in told if part),
        expected=f"guesses that every unit can answer in the loop {_loop_of(block, error.unit)}",
        write=cause.write or "check the feeds and reagents of this unit, then its parameters",
    )
    failure.__dict__["unit"] = error.unit
    return failure


def loop_failure(
    problem: Problem,
    block: Block,
    state: State,
    history: Sequence[float],
    best: tuple[Check, Trial] | None,
    *,
    late: bool,
) -> ConvergenceError:
    """E701, or E703 when the time was up: the loop, the stream and species, the trend and the likely cause."""
    tear, what = best[0].worst if best else ("", "")
    last = list(history[-_SHOWN:])
    trend = _trend(last)
    loop = block.loops.get(tear, block.units)
    figures = ", ".join(f"{value:.2g}" for value in last)
    what = "temperature" if what == TEMPERATURE else what
    error = ConvergenceError(
        "E703" if late else "E701",
        read=f"loop {way(loop)}\nstream {tear}, {what}: the residual {trend} ({figures})\n{len(history)} passes",
        expected="a residual that falls to 1e-9",
        write=_cause(problem, block, state, tear, what, trend),
    )
    error.__dict__["trend"] = trend
    return error


def _trend(last: Sequence[float]) -> str:
    if len(last) < 2:
        return "was not followed"
    rises = sum(later > earlier for earlier, later in pairwise(last))
    if last[-1] > _GROWTH * last[0] and rises == len(last) - 1:
        return "grows"
    if 0 < rises < len(last) - 1:
        return "oscillates"
    return "creeps" if last[-1] > _CREEP * last[0] else "falls"


def _loop_of(block: Block, unit: str) -> str:
    """The shortest loop through a unit, and how many loops hang together with it."""
    loops = sorted(block.all_loops().values(), key=len)
    own = next((loop for loop in loops if unit in loop), loops[0])
    return way(own) + (f", one of {len(loops)} that hang together" if len(loops) > 1 else "")


def _cause(problem: Problem, block: Block, state: State, tear: str, what: str, trend: str) -> str:
    """The likely cause, most telling first."""
    kept = without_exit(problem, block, state)
    if kept:
        return f"{', '.join(kept)} enters the loop and leaves it nowhere: add a bleed, a purge or a removal step"
    if trend == "grows":
        return f"{what} builds up in {tear}: open or widen a bleed from this loop, or remove it by a unit in it"
    if trend == "oscillates":
        return f"two units pass {what} to and fro in {tear}: soften a set point (pH, dose) or widen the bleed"
    return f"little of {what} leaves the loop of {tear}: widen its bleed"


def without_exit(problem: Problem, block: Block, state: State) -> list[str]:
    """Elements that enter a block and, at its present state, do not leave it."""
    if not all(name in state.results for name in block.units):
        return []
    routing = block_routing(problem, block, state)
    leaving = routing.made.sum(axis=1) - routing.inside.sum(axis=(1, 2))
    entering = routing.external()
    return [
        element
        for element, into, out, made in zip(routing.elements, entering, leaving, routing.made.sum(axis=1), strict=True)
        if into > 0.0 and out < _TIGHT * min(into, made)
    ]
