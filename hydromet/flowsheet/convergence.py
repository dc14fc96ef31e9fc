"""When is a loop converged, and a good guess for what builds up slowly in it.

Both rest on the element shares of the units (``routing``). If a torn stream is answered with a mismatch r, the error
that is left is (I - S)^-1 r, where S are the shares: for a loop that returns 97 % this is 33 times the mismatch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.flowsheet.graph import maker
from hydromet.flowsheet.passes import PROTON, TEMPERATURE
from hydromet.flowsheet.routing import Routing, route
from hydromet.species import atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hydromet.flowsheet.fixed_point import Trial
    from hydromet.flowsheet.graph import Block
    from hydromet.flowsheet.passes import Layout, Problem, State
    from hydromet.stream import Stream

    Array = NDArray[np.float64]

# Goals: mismatch of the torn streams to the element's outside input; estimated error of an element flow in a torn
# stream; last step of a species flow; last step of a temperature, K.
CLOSURE = 1e-11
ERROR = 1e-9
STEP = 1e-8
KELVIN = 1e-7
# An element below this share of the mass of the block's input counts as if it were this share.
FLOOR = 1e-12
# Below this molar share of its stream a flow is a trace whose relative error no longer matters.
TRACE = 1e-8
# With a step this many times its goal the dear part of the check is not worth its time.
_FAR = 100.0
# A content estimated from the shares may differ from the present one by this factor at most.
_LEAP = 30.0


@dataclass(frozen=True)
class Check:
    """How far an iteration is from its goals.

    Attributes:
        measure: largest of the figures over its goal; converged at 1.
        closure: mismatch of an element in the torn streams over its input from outside.
        error: estimated error of an element flow over that flow.
        step: last step of a species over its flow.
        worst: (torn stream, element or species) that decides.
    """

    measure: float
    closure: float = float("inf")
    error: float = float("inf")
    step: float = float("inf")
    worst: tuple[str, str] = ("", "")


def block_routing(problem: Problem, block: Block, state: State) -> Routing:
    """Element flows between the units of a block as last solved."""
    nodes = [problem.plan.nodes[name] for name in block.units]
    outlets = {name: [f"{name}.{port}" for port in state.results[name].outlets] for name in block.units}
    return route(nodes, outlets, state.streams, taken(problem, state, block.units))


def taken(problem: Problem, state: State, units: tuple[str, ...]) -> dict[tuple[str, str], Stream]:
    """(feed, unit) -> what the unit takes of the feed; drawn feeds in the amount the unit decided."""
    inputs: dict[tuple[str, str], Stream] = {}
    for name in units:
        drawn = state.results[name].drawn
        for port, sources in problem.plan.nodes[name].inlets.items():
            for source in sources:
                if not maker(source):
                    factor = drawn.get(port, 0.0) if source in problem.drawn else 1.0
                    stream = problem.feeds[source].scaled(factor)
                    before = inputs.get((source, name))
                    inputs[source, name] = before.plus(stream) if before else stream
    return inputs


def check(problem: Problem, block: Block, state: State, layout: Layout, trial: Trial, loosen: float = 1.0) -> Check:
    """Compare the last pass with the goals, which count as met at a measure of ``loosen``."""
    step, where = _step(layout, trial)
    if step > _FAR * STEP * loosen:
        return Check(step / STEP, step=step, worst=where)
    routing = block_routing(problem, block, state)
    if not routing.elements:  # nothing flows
        return Check(0.0, 0.0, 0.0, step, where)
    guessed, answered = layout.unpack(trial.x), layout.unpack(trial.g)
    mismatch = {tear: _elements(answered[tear], routing) - _elements(guessed[tear], routing) for tear in block.tears}
    closure, closure_at = _closure(routing, mismatch)
    error, error_at = _error(problem, routing, mismatch)
    hot = max((abs(answered[t].temperature - guessed[t].temperature) for t in block.tears), default=0.0)
    figures = [(closure / CLOSURE, closure_at), (error / ERROR, error_at), (step / STEP, where)]
    figures.append((hot / KELVIN, (block.tears[0], "temperature")))
    measure, worst = max(figures, key=lambda figure: figure[0])
    return Check(measure, closure, error, step, worst)


def _step(layout: Layout, trial: Trial) -> tuple[float, tuple[str, str]]:
    """Largest species step, relative to the flow or to a trace of its stream."""
    total = dict.fromkeys(layout.tears, 0.0)
    for (tear, name), size in zip(layout.keys, trial.scale.tolist(), strict=True):
        total[tear] += 0.0 if name == TEMPERATURE else size
    size = np.array(
        [
            s if n == TEMPERATURE else max(s, TRACE * total[t])
            for (t, n), s in zip(layout.keys, trial.scale.tolist(), strict=True)
        ]
    )
    steps = np.abs(trial.residual) / size
    worst = int(np.argmax(steps))
    return float(steps[worst]), layout.keys[worst]


def _elements(stream: Stream, routing: Routing) -> Array:
    content = stream.elements()
    return np.array([content.get(element, 0.0) for element in routing.elements])


def _closure(routing: Routing, mismatch: Mapping[str, Array]) -> tuple[float, tuple[str, str]]:
    external = routing.external()
    masses = np.array([atomic_mass(element) for element in routing.elements])
    floor = FLOOR * float(external @ masses) / masses + 1e-300
    open_ends = np.stack([np.abs(r) for r in mismatch.values()])
    share = open_ends.sum(axis=0) / np.maximum(external, floor)
    worst = int(np.argmax(share))
    tear = list(mismatch)[int(np.argmax(open_ends[:, worst]))]
    return float(share[worst]), (tear, routing.elements[worst])


def _error(problem: Problem, routing: Routing, mismatch: Mapping[str, Array]) -> tuple[float, tuple[str, str]]:
    """Largest estimated error of an element in a torn stream, over its flow."""
    pushed = np.zeros((len(routing.elements), len(routing.units)))
    for name in routing.units:
        for source in problem.plan.nodes[name].sources():
            if source in mismatch:
                pushed[:, routing.index(name)] += mismatch[source]
    try:
        content = np.linalg.solve(routing.system(), pushed[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return float("inf"), (next(iter(mismatch)), "")
    worst, where = 0.0, ("", "")
    for tear, residual in mismatch.items():
        unit = routing.index(maker(tear))
        flow = routing.stream(tear)
        share = np.divide(flow, routing.made[:, unit], out=np.zeros_like(flow), where=routing.made[:, unit] > 0.0)
        left = np.maximum(np.abs(share * content[:, unit]), np.abs(residual))
        relative = left / np.maximum(flow, TRACE * float(flow.sum()) + 1e-300)
        place = int(np.argmax(relative))
        if relative[place] > worst:
            worst, where = float(relative[place]), (tear, routing.elements[place])
    return worst, where


def inventory_guess(problem: Problem, block: Block, state: State, streams: Mapping[str, Stream]) -> dict[str, Stream]:
    """Torn streams with the content the plant would have if every unit kept its element shares.

    Exact for everything that units pass on in constant shares, such as a trace that leaves through a bleed only; a
    rough guess, held within a factor, for what is limited by a solubility.
    """
    routing = block_routing(problem, block, state)
    entering = sum((flow for flow in routing.outside.values()), np.zeros_like(routing.made))
    try:
        content = np.linalg.solve(routing.system(), entering[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return dict(streams)
    guess = {}
    for tear, stream in streams.items():
        unit = routing.index(maker(tear))
        made = routing.made[:, unit]
        ratio = np.divide(content[:, unit], made, out=np.ones_like(made), where=made > 0.0)
        ratio = np.clip(np.nan_to_num(ratio, nan=1.0, posinf=_LEAP, neginf=1.0), 1.0 / _LEAP, _LEAP)
        growth = dict(zip(routing.elements, ratio.tolist(), strict=True))
        guess[tear] = _neutral(stream, {name: flow * growth[_key(name, stream)] for name, flow in stream.flows.items()})
    return guess


def _key(name: str, stream: Stream) -> str:
    """The element that decides how much of a species there is: the rarest, hydrogen and oxygen last."""
    content = stream.elements()
    return min(species(name).elements, key=lambda e: (e in {"H", "O"}, content.get(e, 0.0), e))


def _neutral(stream: Stream, flows: dict[str, float]) -> Stream:
    """The new flows with the acidity that keeps the stream as neutral as it was."""
    new = stream.with_flows(flows)
    if stream.part("aq").flows:
        excess = new.charge() - stream.charge()
        acid = flows.get(PROTON, 0.0) - flows.get("OH-", 0.0) - excess
        flows = {**flows, PROTON: max(acid, 0.0), "OH-": max(-acid, 0.0)}
    return stream.with_flows(flows)
