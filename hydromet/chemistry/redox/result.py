"""What full redox equilibrium made of a stream: flows, extents, the liquor and its potential."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.canonical import apply, canonical, neutralise
from hydromet.chemistry.database import load_database
from hydromet.chemistry.engine import TRACE, Solved, clamp
from hydromet.chemistry.liquor import Liquor
from hydromet.chemistry.records import LN10, Caution, R
from hydromet.chemistry.redox.couples import FARADAY
from hydromet.chemistry.redox.problem import ln_h
from hydromet.chemistry.validity import cautions
from hydromet.species import WATER, species
from hydromet.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.redox.joined import Joined
    from hydromet.chemistry.redox.problem import Problem
    from hydromet.chemistry.system import Array

# Ln of a fugacity in bar up to which a liquor counts as inside the stability of water.
_NEAR = 0.05


@dataclass(frozen=True)
class RedoxEquilibrium:
    """A stream at full redox equilibrium.

    Attributes:
        stream: canonical, with what precipitated and the gas that left; oxidation states as the equilibrium has them.
        liquor: the dissolved part; all its couples are at Eh.
        Eh: V against the standard hydrogen electrode.
        electrons: given off by the liquor, mol/s, each with one H+ (as 1/2 H2); an oxidant takes them up: a quarter of
            it as mol of O2, which makes water of the H+. Negative where the liquor was reduced; zero but for
            round-off with given totals.
        extents: equation -> mol/s; phases as dissolution, couples as reduction.
        dose: multiple of the titrant.
    """

    stream: Stream
    liquor: Liquor
    Eh: float
    electrons: float
    extents: Mapping[str, float]
    dose: float = 0.0

    @property
    def pH(self) -> float:
        """Of the liquor."""
        return self.liquor.pH


def result_of(
    problem: Problem,
    solved: Solved,
    ln_r: float,
    stream: Stream,
    titrant: Stream | None,
    solids: Sequence[str],
    temperature: float,
    gas: Mapping[str, float],
) -> RedoxEquilibrium:
    """Flows from the canonical inlet and the extents; ``gas``: what left, mol/kg water."""
    dose = solved.dose / problem.scale if titrant is not None else 0.0
    inlet = stream.plus(titrant.scaled(dose)) if titrant is not None else stream
    made, given = canonical(inlet)
    flows, extents = dict(made.flows), dict(given)
    data = load_database()
    if titrant is not None:
        for name in titrant.flows:
            if name in data.solids and name not in solids:
                apply(flows, extents, data.solids[name].equation, flows.get(name, 0.0))
    amounts = {n: float(x) / problem.scale for n, x in zip(solved.system.phases, solved.amounts, strict=True)}
    amounts |= {name: x / problem.scale for name, x in gas.items()}
    smallest = TRACE / problem.scale
    # The solver leaves traces of the phases that do not form.
    least = 1e-14 * sum(abs(flow) for flow in flows.values())
    carrier = 0.0
    for name in (*solved.system.phases, *gas):
        change = flows.get(name, 0.0) - (amounts[name] if amounts[name] > least else 0.0)
        ordinary = data.solids.get(name) or data.gases.get(name)
        if ordinary is not None:
            apply(flows, extents, ordinary.equation, change)
        else:
            carrier += _make(flows, extents, problem.joined, name, -change)
    there = _dissolved(solved, problem.scale)
    for name in problem.joined.made:
        if species(name).phase == "aq":
            target = there.get(name, 0.0)
            change = (target if target > smallest else 0.0) - flows.get(name, 0.0)
            carrier += _make(flows, extents, problem.joined, name, change)
    carrier += _mend(flows, extents, problem.joined)
    neutralise(flows, extents)
    Eh = -R * clamp(temperature) / FARADAY * (ln_r - ln_h(solved))
    return RedoxEquilibrium(
        stream=Stream(flows, temperature, stream.pressure, inlet.sizes),
        liquor=_liquor(problem, solved, ln_r, stream.pressure, Eh),
        Eh=Eh,
        electrons=2.0 * carrier,
        extents=MappingProxyType({name: x for name, x in extents.items() if x != 0.0}),
        dose=dose,
    )


def _make(flows: dict[str, float], extents: dict[str, float], joined: Joined, name: str, amount: float) -> float:
    """Make an amount of a species of a couple from what it is made of; returns the H2 set free."""
    if amount == 0.0:
        return 0.0
    one, formed = joined.couples[name], joined.made[name]
    flows[name] = flows.get(name, 0.0) + amount
    for part, count in formed.basis.items():
        flows[part] = flows.get(part, 0.0) - count * amount
    own = one.coefficients.get(name) or one.coefficients[one.species]
    extents[one.equation] = extents.get(one.equation, 0.0) + amount / own
    return -0.5 * formed.r * amount


def _mend(flows: dict[str, float], extents: dict[str, float], joined: Joined) -> float:
    """Give back what round-off took too much of a component, from the largest of what is made of it; the H2 freed."""
    data = load_database()
    carrier = 0.0
    for name in [name for name, flow in flows.items() if flow < 0.0 and name not in ("H+", "OH-")]:
        made = [n for n, one in joined.made.items() if one.basis.get(name, 0.0) > 0.0 and flows.get(n, 0.0) > 0.0]
        made += [n for n, one in data.solids.items() if one.basis.get(name, 0.0) > 0.0 and flows.get(n, 0.0) > 0.0]
        if not made:
            continue
        largest = max(made, key=lambda n: flows[n])
        if largest in joined.made:
            carrier += _make(flows, extents, joined, largest, flows[name] / joined.made[largest].basis[name])
        else:
            solid = data.solids[largest]
            apply(flows, extents, solid.equation, -flows[name] / solid.basis[name])
        flows[name] = 0.0
    return carrier


def _dissolved(solved: Solved, scale: float) -> dict[str, float]:
    """Amounts of the solved liquor on the ordinary basis, oxidation states apart."""
    data = load_database()
    found: dict[str, float] = {}
    for name, m in zip(solved.system.names, solved.m, strict=True):
        for part, count in data.made_of(name).items():
            found[part] = found.get(part, 0.0) + count * float(m) * solved.water / scale
    return found


def _liquor(problem: Problem, solved: Solved, ln_r: float, pressure: float, Eh: float) -> Liquor:
    y = solved.system
    at = problem.at.shifted(ln_r, bounded=problem.bounded)
    logs: Array = at.lnK + y.A @ solved.lam + y.a * solved.ln_aw
    warned = cautions(replace(solved, amounts=np.zeros_like(solved.amounts)))
    oxygen, hydrogen = problem.at.bounds
    pressures = {"O2": 4.0 * (oxygen - ln_r) + 2.0 * solved.ln_aw, "H2": 2.0 * (ln_r - hydrogen)}
    gas, over = max(pressures.items(), key=lambda item: item[1])
    if over > _NEAR:
        text = f"{Eh:.2f} V at pH {solved.pH:.1f} is outside the stability of water: {gas} at 10^{over / LN10:.1f} bar"
        warned = (*warned, Caution("W521", text))
    molalities: dict[str, float] = dict(zip(y.names, solved.m.tolist(), strict=True))
    activities: dict[str, float] = dict(zip(y.names, logs.tolist(), strict=True))
    for name, amount in problem.inert.items():
        molalities[name] = amount / solved.water
        activities[name] = log(amount / solved.water) if amount > 0.0 else -1e3
    return Liquor(
        temperature=solved.temperature,
        pressure=pressure,
        water=solved.water / problem.scale,
        molalities=MappingProxyType(molalities),
        activities=MappingProxyType({**activities, WATER: solved.ln_aw}),
        ionic_strength=solved.ionic_strength,
        pH=solved.pH,
        iterations=solved.iterations,
        residual=solved.residual,
        cautions=warned,
    )
