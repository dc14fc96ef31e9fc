"""Full redox equilibrium: every couple at one potential, an explicit mode.

By default oxidation states are independent components, because at the temperatures of a plant most of them do not
reach equilibrium with each other: sulfate is not reduced, H2O2 and O2 coexist, Mn+2 stays in aerated acid. Here they
are joined (``joined``), sulfate and carbonate left as they are unless a couple of theirs is named. Three questions:

* potential and pH given: one call of the kernel, the dose of titrant is a result;
* potential given: the fugacity of hydrogen is found at which ``ln a(R) - ln a(H+) = -F Eh / (R T)``;
* totals given: the fugacity of hydrogen is found at which the electrons of the feed are all there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp, log
from typing import TYPE_CHECKING

from hydromet.chemistry.engine import Solved, clamp, ln_vapour
from hydromet.chemistry.records import LN10, R
from hydromet.chemistry.redox.couples import FARADAY, HYDROGEN, OXYGEN
from hydromet.chemistry.redox.problem import Problem, ln_h, problem_of
from hydromet.chemistry.redox.result import RedoxEquilibrium, result_of
from hydromet.chemistry.root import Point, bracket_root
from hydromet.errors import ChemistryError
from hydromet.species import species

if TYPE_CHECKING:
    from hydromet.stream import Stream

_BAR = 1e5
# How far beyond 1 bar of O2 or H2 the ln a(R) of a closed liquor is searched.
_BEYOND = 12.0
# Width to which ln a(R) is bracketed; what is left is made up by mixing the two ends.
_WIDTH = 1e-8
# First guess of -ln a(H+), and most steps to a bracket.
_NEUTRAL, _STEPS = 16.0, 40
_PASSES = 4


def at_potential(
    stream: Stream,
    Eh: float,
    *,
    pH: float | None = None,
    titrant: Stream | None = None,
    solids: Sequence[str] = (),
    couples: Sequence[str] = (),
    temperature: float | None = None,
) -> RedoxEquilibrium:
    """The liquor held at a potential until all its couples are there, as by an oxidant or an electrode.

    Args:
        stream: solids that are not listed, gases and the organic part take no part.
        Eh: V against the standard hydrogen electrode.
        pH: target; without it the pH follows.
        titrant: one dose of what brings the pH; needed with ``pH``.
        solids: those that may form or dissolve, oxides and metals of the couples among them.
        couples: beyond the usual ones, such as ``SO4-2/HS-``.
        temperature: K; that of the stream if not given.

    Beyond the stability of water (caution W521) O2 or H2 would evolve for ever; the liquor then holds what 1 bar of it
    dissolves, and the gas is not counted.

    Raises:
        ChemistryError: E505, E506, E507, E508 as ``Chemistry.at_pH``; E522 no such couple; E524 a pH without titrant.
    """
    warmth = stream.temperature if temperature is None else temperature
    if (pH is None) is not (titrant is None):
        raise ChemistryError(
            "E524",
            read="a pH without a titrant" if titrant is None else "a titrant without a pH",
            expected="both, or neither",
            write='Solution({"FeSO4": 0.1, "H2SO4": 0.1}).at_potential(0.6, pH=2.0, titrant="NaOH")',
        )
    problem = problem_of(stream, solids, couples, warmth, titrant, bounded=True)
    ln_e = -FARADAY * Eh / (R * clamp(warmth))
    if pH is not None:
        ln_r = ln_e - pH * LN10
    else:
        ln_r = _follow(problem, ln_e)
    solved = problem.solve(ln_r, pH)
    return result_of(problem, solved, ln_r, stream, titrant, solids, warmth, {})


def redox_equilibrium(
    stream: Stream,
    *,
    solids: Sequence[str] = (),
    gases: Sequence[str] | Mapping[str, float] = (),
    couples: Sequence[str] = (),
    temperature: float | None = None,
) -> RedoxEquilibrium:
    """The liquor left to itself until its couples agree: electrons, elements and charge conserved.

    Args:
        stream: as in ``at_potential``.
        solids: as in ``at_potential``.
        gases: O2(g) and H2(g), those that may leave once they reach the pressure: names (pressure of the stream less
            the vapour pressure of water) or gas -> Pa. Without it they stay dissolved.
        couples: as in ``at_potential``.
        temperature: as in ``at_potential``.

    Raises:
        ChemistryError: E505, E506, E507 as ``Chemistry.equilibrate``; E522 no such couple; E525 another gas.
    """
    warmth = stream.temperature if temperature is None else temperature
    free = max(stream.pressure - exp(ln_vapour(warmth)), 0.01 * stream.pressure)
    asked = dict(gases) if isinstance(gases, Mapping) else dict.fromkeys(gases, free)
    pressures = {species(name).id: value for name, value in asked.items()}
    for name in pressures:
        if name not in (OXYGEN, HYDROGEN):
            raise ChemistryError("E525", read=name, expected=f"{OXYGEN} or {HYDROGEN}")
    problem = problem_of(stream, (*solids, *pressures), couples, warmth, None, bounded=False)
    gas: dict[str, float] = {}
    for _ in range(_PASSES if pressures else 1):
        ln_r, solved, gas = _balance_electrons(problem, pressures, gas)
    return result_of(problem, solved, ln_r, stream, None, solids, warmth, gas)


def _balance_electrons(
    problem: Problem, pressures: Mapping[str, float], gas: Mapping[str, float]
) -> tuple[float, Solved, dict[str, float]]:
    """Ln a(R) at which all electrons are there, what was solved, and the gas that left (mol/kg water)."""
    run, (oxygen, hydrogen) = problem.run, problem.at.bounds
    water = run.bw
    run.bw = water - 2.0 * gas.get(OXYGEN, 0.0)

    states: dict[float, Solved] = {}

    def excess(ln_r: float) -> float:
        states[ln_r] = problem.solve(ln_r)
        return problem.held(states[ln_r]) - problem.electrons

    low, high = oxygen, hydrogen
    left = dict.fromkeys(pressures, 0.0)
    if OXYGEN in pressures:
        low = oxygen - 0.25 * log(pressures[OXYGEN] / _BAR)
        low += 0.5 * problem.solve(low).ln_aw
    if HYDROGEN in pressures:
        high = hydrogen + 0.5 * log(pressures[HYDROGEN] / _BAR)
    below, above = excess(low), excess(high)
    # A closed liquor may hold O2 or H2 far above 1 bar, no more than its electrons ask for.
    while OXYGEN not in pressures and low > oxygen - _BEYOND and below > 0.0:
        low -= 1.0
        below = excess(low)
    while HYDROGEN not in pressures and high < hydrogen + _BEYOND and above < 0.0:
        high += 1.0
        above = excess(high)
    if below > 0.0:
        ln_r, left[OXYGEN] = low, below / 4.0
        solved = states[ln_r]
    elif above < 0.0:
        ln_r, left[HYDROGEN] = high, -above / 2.0
        solved = states[ln_r]
    else:
        ends = bracket_root(excess, (low, below), (high, above), _WIDTH)
        ln_r, solved = _between(states, *ends)
    run.bw = water
    return ln_r, solved, left


def _between(states: Mapping[float, Solved], low: Point, high: Point) -> tuple[float, Solved]:
    """The state between two that differ in ln a(R) by next to nothing and have too few and too many electrons.

    Where two solids of one metal coexist (Cu and Cu2O, MnO2 and MnOOH) the electrons jump there: both states have the
    same liquor and differ in their solids, and what lies between them is an equilibrium, too.
    """
    one = states[low[0]]
    if high[1] == low[1]:
        return low[0], one
    other, share = states[high[0]], low[1] / (low[1] - high[1])
    water = one.water + share * (other.water - one.water)
    mixed = replace(
        one,
        water=water,
        ln_aw=one.ln_aw + share * (other.ln_aw - one.ln_aw),
        lam=one.lam + share * (other.lam - one.lam),
        m=(one.water * one.m + share * (other.water * other.m - one.water * one.m)) / water,
        amounts=one.amounts + share * (other.amounts - one.amounts),
    )
    return low[0] + share * (high[0] - low[0]), mixed


def _follow(problem: Problem, ln_e: float) -> float:
    """Ln a(R) of a potential (``ln_e`` = ln a(e-)) where the pH follows: ``ln a(R) - ln a(H+) = ln a(e-)``."""

    def beyond(ln_r: float) -> float:
        return ln_r - ln_e - ln_h(problem.solve(ln_r))

    x = ln_e - _NEUTRAL
    f = beyond(x)
    low = high = (x, f)
    # The pH that a state has is the next guess, and a bracket at once where it falls with ln a(R).
    step = max(1.0, abs(f))
    for _ in range(_STEPS):
        if low[1] <= 0.0 <= high[1]:
            break
        x += -step if f > 0.0 else step
        f = beyond(x)
        low, high = ((x, f), low) if low[1] > 0.0 else (high, (x, f))
        step = 2.0
    ends = bracket_root(beyond, low, high, 1e-2 * _WIDTH)
    return min(ends, key=lambda point: abs(point[1]))[0]
