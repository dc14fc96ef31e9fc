"""How far every step of a leach comes: liquor and particles together, in a beaker (ODE) and in a train of tanks.

The liquor drives the particles: each step has a clock, the integral of a driving force over time, and the shares
reacted follow from the clocks (``kinetics.Law``). The shares in turn say what acid and reductant are left.

    reductive   dR/dt = a^m p^n          attack  dA/dt = a^q
    oxygen      dW/dt = a^o              MnO2    dM/dt = e / (e + p)
    exchange    dE/dt = a / (e + a)
    peroxide    dL/dt = k (1 + sum c_i m_i) P = P dK/dt

with a the free acid, p the reductant left as peroxide and P the peroxide left, mol/kg. Oxides take peroxide and the
other reductants in the ratio in which they are there, so that the ratio falls with the decomposition alone: exp(-K).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hydromet.errors import UnitError
from hydromet.units.leaching.balance import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.units.leaching.clocks import Progress
    from hydromet.units.leaching.rates import Conditions, Liquor

_RTOL, _ATOL = 1e-7, 1e-9
# Round-off of the roots inside the tanks leaves this much in the balance of acid (logarithms).
_CLOSE = 1e-7
# Clocks, peroxide lost and its decay: the states of a batch. Most cycles until batches repeat, and how well they do.
_STATES = 7
_CYCLES = 60
_STEADY = 1e-7
# Below this a clock (s) or a molality counts by itself, not by its own size.
_SMALL = 0.01


def curve(liquor: Liquor, times: Sequence[float], heel: float = 0.0) -> tuple[Progress, ...]:
    """Shares reached after each time (s, rising) in a batch: LSODA over the clocks and the peroxide lost.

    Args:
        liquor: what is charged.
        times: s; with a heel the last one ends the cycle.
        heel: share of the slurry that stays in the vessel for the next cycle, which then starts from its liquor.

    Raises:
        UnitError: E880, the cycles do not settle.
    """
    from scipy.integrate import odeint

    model = Model(liquor, heel)
    grid = np.concatenate([[0.0], np.asarray(times, float)])
    cycle, end = np.zeros(_STATES), model.need()
    for _ in range(_CYCLES):
        begin = np.array([*np.zeros(_STATES - 2), heel * cycle[-2], 0.0])
        asked = (end, cycle)
        found = odeint(model.slopes, begin, grid, args=asked, tfirst=True, rtol=_RTOL, atol=_ATOL, mxstep=5000)
        last = model.used(model.batch(found[-1], cycle))
        moved = max(float(np.max(np.abs(found[-1] - cycle) / (_SMALL + np.abs(found[-1])))), abs(last - end))
        # The clocks of a vessel without heel do not depend on its past; its end counts only where acid has a target.
        if moved < _STEADY or (heel == 0.0 and liquor.target is None):
            break
        cycle, end = found[-1], last
    else:
        raise _unsettled("batches", grid[-1])
    return tuple(model.progress(model.batch(y, cycle), last) for y in found[1:])


def _unsettled(what: str, time: float) -> UnitError:
    read = f"{what}, {time:.4g} s"
    return UnitError("E880", read=read, expected="a leach that comes to a steady state", write="residence_time: 4 h")


def tank_by_tank(liquor: Liquor, how: Conditions) -> tuple[Progress, ...]:
    """Shares reached after each tank of a train, every tank in the steady state of its own liquor.

    Where acid has a target, that is the acid of the last tank; in the others there is in addition what later tanks use.

    Raises:
        UnitError: E880, no steady state was found.
    """
    from scipy.optimize import root

    model, step, tanks = Model(liquor), how.time / how.tanks, how.tanks
    if liquor.target is None or step <= 0.0:
        return tuple(model.progress(state, 0.0) for state in model.train(tanks, step))
    acids: list[float] = []
    lefts = [0.0] * tanks  # reductant of each tank in the last try
    if tanks > 1:
        found = root(model.unbalanced, model.guess(tanks), args=(step, lefts), options={"xtol": 1e-12})
        if max(map(abs, model.unbalanced(found.x, step, lefts))) > _CLOSE:
            raise _unsettled("a train of tanks", how.time)
        acids = [math.exp(float(z)) for z in found.x]
    states, used = model.held(acids, step, lefts)
    return tuple(model.progress(state, used[-1]) for state in states)
