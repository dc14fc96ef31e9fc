"""One pass through the units of a block: guessed streams in, produced streams out.

Also the bridge between streams and the plain vectors that the iteration works on. The acidity of a liquor is one
signed number there (H+ positive, OH- negative), so that a mixture of two guesses is again a possible liquor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hydromet.errors import HydrometError, UserError
from hydromet.species import WATER, species
from hydromet.stream import ROOM, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.chemistry import Chemistry
    from hydromet.flowsheet.graph import Block, Plan
    from hydromet.units.base import Unit, UnitResult

    Vector = NDArray[np.float64]

TEMPERATURE = "T"
PROTON = "H+"
HYDROXIDE = "OH-"
# A guess never falls below this share of the smaller of the last guess and the last answer, nor rises above its
# inverse times the larger: steps in flows that must stay positive.
_FALL = 0.1


@dataclass(frozen=True)
class Problem:
    """Everything a solution depends on.

    Attributes:
        plan: order and tears.
        units: unit by name.
        feeds: feed name -> stream; 1 kg/s templates for the drawn ones.
        drawn: names of the feeds without a rate.
        chemistry: properties and equilibria.
    """

    plan: Plan
    units: Mapping[str, Unit]
    feeds: Mapping[str, Stream]
    drawn: frozenset[str]
    chemistry: Chemistry


@dataclass
class State:
    """What is known while iterating; never part of a result.

    Attributes:
        streams: ``unit.port`` -> stream as last produced.
        guesses: torn stream -> stream as last guessed.
        results: unit -> its last result.
        units, inlets: unit -> its parameters and inlets for that result.
        passes: number of passes through a block.
        solved: number of unit solves.
    """

    streams: dict[str, Stream] = field(default_factory=dict)
    guesses: dict[str, Stream] = field(default_factory=dict)
    results: dict[str, UnitResult] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    inlets: dict[str, dict[str, Stream]] = field(default_factory=dict)
    passes: int = 0
    solved: int = 0


class UnitFailedError(HydrometError):
    """A unit raised while iterating: the guess may be at fault, so the solver first tries a nearer one."""

    def __init__(self, unit: str, cause: UserError) -> None:
        super().__init__(unit)
        self.unit = unit
        self.cause = cause


def run_block(problem: Problem, block: Block, state: State, guesses: Mapping[str, Stream]) -> dict[str, Stream]:
    """Solve the units of a block once, in order.

    A unit whose inlets did not change since its last solve is not solved again: it would give the same.

    Args:
        problem: the plant.
        block: which units.
        state: updated with every stream and result.
        guesses: torn stream -> stream.

    Returns:
        torn stream -> stream as produced.

    Raises:
        UnitFailedError: a unit could not be solved with these guesses.
    """
    state.passes += 1
    made: set[str] = set()

    def find(source: str) -> Stream:
        return state.streams[source] if source not in guesses or source in made else guesses[source]

    for name in block.units:
        unit = problem.units[name]
        try:
            inlets = gather(problem, name, find)
            changed = inlets != state.inlets.get(name) or unit is not state.units.get(name)
            result = unit.solve(inlets, problem.chemistry) if changed else state.results[name]
        except UserError as error:
            raise UnitFailedError(name, error) from error
        if changed:
            state.solved += 1
            state.units[name], state.inlets[name] = unit, inlets
            state.results[name] = result
        state.streams.update({f"{name}.{port}": stream for port, stream in state.results[name].outlets.items()})
        made.update(f"{name}.{port}" for port in state.results[name].outlets)
    state.guesses.update(guesses)
    return {tear: state.streams[tear] for tear in block.tears}


def gather(problem: Problem, name: str, stream: Callable[[str], Stream]) -> dict[str, Stream]:
    """Inlets of a unit: single sources as they are, several adiabatically mixed."""
    inlets: dict[str, Stream] = {}
    for port, sources in problem.plan.nodes[name].inlets.items():
        parts = [problem.feeds[s] if s in problem.feeds else stream(s) for s in sources]
        filled = [part for part in parts if part.flows]
        if len(filled) > 1:
            inlets[port] = problem.chemistry.mix(*filled)
        else:
            inlets[port] = filled[0] if filled else parts[0]
    return inlets


class Layout:
    """Torn streams as one vector: a growing list of (torn stream, species or ``T``).

    Species appear while iterating; they are appended, so older vectors stay valid once padded with zeros.
    """

    def __init__(self, tears: Sequence[str]) -> None:
        self.tears = tuple(tears)
        self.keys: list[tuple[str, str]] = [(tear, TEMPERATURE) for tear in self.tears]
        self._index = {key: i for i, key in enumerate(self.keys)}

    def pack(self, streams: Mapping[str, Stream]) -> Vector:
        """The vector of the torn streams: mol/s and K; new species get new places."""
        values: dict[tuple[str, str], float] = {}
        for tear in self.tears:
            stream = streams[tear]
            for name, flow in stream.flows.items():
                values[tear, PROTON if name == HYDROXIDE else name] = flow
            base = stream[HYDROXIDE]
            if base:
                values[tear, PROTON] = stream[PROTON] - base
                values[tear, WATER] = stream[WATER] + base
            values[tear, TEMPERATURE] = stream.temperature
        for key in values:
            if key not in self._index:
                self._index[key] = len(self.keys)
                self.keys.append(key)
        vector = np.zeros(len(self.keys))
        for key, value in values.items():
            vector[self._index[key]] = value
        return vector

    def unpack(self, vector: Vector) -> dict[str, Stream]:
        """Torn streams from a vector; entries that are missing at its end are zero."""
        flows: dict[str, dict[str, float]] = {tear: {} for tear in self.tears}
        temperature = dict.fromkeys(self.tears, ROOM)
        for (tear, name), value in zip(self.keys, vector.tolist(), strict=False):
            if name == TEMPERATURE:
                temperature[tear] = value
            elif value != 0.0:
                flows[tear][name] = value
        for tear_flows in flows.values():
            acid = tear_flows.get(PROTON, 0.0)
            if acid < 0.0:
                del tear_flows[PROTON]
                tear_flows[HYDROXIDE] = -acid
                tear_flows[WATER] = tear_flows.get(WATER, 0.0) + acid
        return {tear: Stream(flows[tear], temperature[tear]) for tear in self.tears}

    def pad(self, vector: Vector) -> Vector:
        """The vector with zeros for species that appeared later."""
        return np.pad(vector, (0, len(self.keys) - len(vector))) if len(vector) < len(self.keys) else vector

    def scales(self, *vectors: Vector) -> Vector:
        """Size of every entry: the largest flow seen, no less than 1e-9 of its stream; 30 K for temperatures."""
        size = np.max(np.abs(np.stack([self.pad(v) for v in vectors])), axis=0)
        total = dict.fromkeys(self.tears, 0.0)
        for (tear, name), value in zip(self.keys, size.tolist(), strict=True):
            if name != TEMPERATURE:
                total[tear] += value
        floor = [30.0 if name == TEMPERATURE else _floor(name) * total[tear] + 1e-30 for tear, name in self.keys]
        fixed = np.array([name == TEMPERATURE for _, name in self.keys])
        return np.where(fixed, 30.0, np.maximum(size, floor))

    def admissible(self, wanted: Vector, last: Vector, answer: Vector) -> Vector:
        """The wanted guess, held positive and within a factor ten of the last guess and answer, charge-neutral.

        Where holding back an ion leaves the stream charged, the acidity takes up the difference; a stream without the
        water for that keeps the last answer.
        """
        last, answer = self.pad(last), self.pad(answer)
        low, high = _FALL * np.minimum(last, answer), np.maximum(last, answer) / _FALL
        signed = np.array([name in {TEMPERATURE, PROTON} for _, name in self.keys])
        held = np.where(signed, wanted, np.clip(wanted, low, high))
        hot = np.array([name == TEMPERATURE for _, name in self.keys])
        held = np.where(hot, np.clip(wanted, np.minimum(last, answer) - 30.0, np.maximum(last, answer) + 30.0), held)
        if not np.array_equal(held, wanted):
            self._neutralise(held, answer)
        for tear in self._too_alkaline(held):
            own = np.array([where == tear for where, _ in self.keys])
            held = np.where(own, answer, held)
        return held

    def _too_alkaline(self, held: Vector) -> tuple[str, ...]:
        """Tears whose hydroxide, which is written as water less a proton, would take more water than there is."""
        found = []
        for tear in self.tears:
            proton, water = self._index.get((tear, PROTON)), self._index.get((tear, WATER))
            if proton is not None and held[proton] + (held[water] if water is not None else 0.0) < 0.0:
                found.append(tear)
        return tuple(found)

    def _neutralise(self, held: Vector, answer: Vector) -> None:
        charge = dict.fromkeys(self.tears, 0.0)
        for (tear, name), value in zip(self.keys, (held - answer).tolist(), strict=True):
            if name != TEMPERATURE:
                charge[tear] += value * species(name).charge
        for tear, excess in charge.items():
            place = self._index.get((tear, PROTON))
            if place is not None:
                held[place] -= excess


def _floor(name: str) -> float:
    return 1e-7 if name == PROTON else 1e-9
