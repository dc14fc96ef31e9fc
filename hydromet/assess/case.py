"""The one door: load a flowsheet file, solve it, balance it, assess it, and hand back a ``Result``.

The command line, Python users, sweeps and fits all come this way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hydromet.assess import (
    consumption,
    effluent,
    emissions,
    equipment,
    products,
    provenance,
    recovery,
    required,
    splits,
    yields,
)
from hydromet.assess.carbon.plant import carbon_origin, metals, serves
from hydromet.assess.grade import specification
from hydromet.assess.trace import Origins, trace
from hydromet.errors import ConvergenceError, UserError, UserErrors, raise_all
from hydromet.flowsheet import records
from hydromet.flowsheet.balance import balance, gate, terminals
from hydromet.flowsheet.convergence import taken
from hydromet.flowsheet.passes import Problem, State
from hydromet.flowsheet.read import Plant, read_plant
from hydromet.flowsheet.result import FORMAT, Result
from hydromet.flowsheet.routing import route
from hydromet.flowsheet.solve import Limits
from hydromet.flowsheet.start import start_record, warm_state
from hydromet.flowsheet.targets import solve_targets
from hydromet.species import WATER, species
from hydromet.stream import Stream, add_flows
from hydromet.units.vessel import EVAPORATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hydromet.chemistry import Chemistry
    from hydromet.chemistry.audit import Audit
    from hydromet.flowsheet.solve import Watch
    from hydromet.units.base import Energy


@dataclass(frozen=True)
class Flowsheet:
    """A plant read from a file, ready to be solved as often as wanted.

    Attributes:
        plant: everything the file says.
    """

    plant: Plant

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the units in order of computation."""
        return self.plant.plan.order()

    @property
    def recycles(self) -> tuple[str, ...]:
        """The torn streams."""
        return self.plant.plan.tears()

    def solve(self, limits: Limits | None = None, watch: Watch | None = None, start: Result | None = None) -> Result:
        """Solve, balance and assess.

        Args:
            limits: budget of the solver.
            watch: called after every pass: first unit of the loop, pass, residual.
            start: the result of a neighbouring plant, such as the same file with another temperature, whose streams
                are the first guesses; cold if absent. It changes the way to the answer, not the answer: both are
                converged to the same goals (1e-9 of an element's flow), and the result says what it started from.

        Raises:
            ConvergenceError: the plant or a target did not converge; ``error.partial`` holds the result so far.
            BalanceError, UserErrors: a balance does not close; ``error.partial`` likewise.
            UserError: a unit cannot do what its parameters ask.
        """
        plant = self.plant
        state = State() if start is None else warm_state(plant.plan, start)
        begun = start_record(start)
        try:
            problem, state, rungs = solve_targets(plant.problem(), plant.aims, plant.rates(), limits, watch, state)
        except UserError as error:
            if isinstance(error, ConvergenceError):
                error.__dict__["partial"] = _partial(plant, state, error, begun)
            unit = getattr(error, "unit", "")
            raise error.at(plant.document.place(("units", unit), key=True) if unit else None) from error.__cause__
        return _assessed(plant, problem, state, {**records.solver_record(rungs), **begun})


def load(path: str | Path, changes: Mapping[str, str] | None = None) -> Flowsheet:
    """Read and check a flowsheet file.

    Args:
        path: the file.
        changes: path in the file -> value as text, such as ``{"leach.temperature": "70 degC"}``.

    Raises:
        UserError, UserErrors: everything that is wrong with it.
    """
    plant = read_plant(path, changes)
    raise_all([*_unknown_grades(plant), *effluent.mistakes(plant), *_carbon_mistakes(plant)])
    return Flowsheet(plant)


def _carbon_mistakes(plant: Plant) -> Iterator[UserError]:
    """Mistakes of the ``carbon:`` section; the methods are loaded only where there is one."""
    if plant.file.carbon is not None:
        from hydromet.assess.carbon.assess import mistakes

        yield from mistakes(plant)


def _footprint(plant: Plant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Section and footprint, if the flowsheet has a section."""
    if plant.file.carbon is None:
        return {}
    from hydromet.assess.carbon.assess import of_plant

    return of_plant(plant, data)


def _unknown_grades(plant: Plant) -> Iterator[UserError]:
    """Specifications of products that do not exist."""
    for name, product in plant.file.products.items():
        try:
            if product.grade:
                specification(product.grade)
        except UserError as error:
            yield error.at(plant.document.place(("products", name, "grade")))


def run(path: str | Path, changes: Mapping[str, str] | None = None) -> Result:
    """Load and solve a flowsheet file; see ``load`` and ``Flowsheet.solve``."""
    return load(path, changes).solve()


@dataclass(frozen=True)
class _Solved:
    """A converged plant with what every assessment needs."""

    plant: Plant
    problem: Problem
    state: State
    energies: Mapping[str, Energy]
    inputs: Mapping[tuple[str, str], Stream]
    leaving: Mapping[str, tuple[str, str, Stream]]
    origins: Origins


def _assessed(plant: Plant, problem: Problem, state: State, solver: Mapping[str, Any]) -> Result:
    chemistry = problem.chemistry
    energies = {
        name: problem.units[name].energy(state.inlets[name], state.results[name], chemistry)
        for name in problem.plan.nodes
    }
    found = balance(problem, state, energies)
    inputs = taken(problem, state, tuple(problem.plan.nodes))
    declared = plant.file.leaving()
    leaving = {name: (*declared[name][:2], state.streams[name]) for name in terminals(problem, state)}
    solved = _Solved(plant, problem, state, energies, inputs, leaving, _origins(problem, state, inputs))
    audited = provenance.audit(problem, state)
    data = {
        **_head(plant, state, audited, converged=True),
        "solver": {**solver, "targets": _targets(plant, problem, state)},
        "balance": records.balance_record(found),
        **_flows(problem, state, inputs),
        "units": {
            n: {"in": _sources_in(node.inlets), **records.unit_record(problem.units[n], state.results[n], energies[n])}
            for n, node in problem.plan.nodes.items()
        },
    }
    data.update(_assessments(solved, data["streams"]))
    latent = partial(_latent, chemistry)
    data["assessments"]["equipment"] = equipment.equipment(data["units"], data["streams"], list(plant.units), latent)
    listed = data["assessments"]["equipment"]["items"]
    data["energy"]["auxiliaries_kW"] = equipment.auxiliaries(listed, data["units"])
    data["provenance"] = provenance.provenance(plant, problem, state, audited)
    result = Result(data)
    try:
        data["assessments"] |= _footprint(plant, data)
        gate(found)
    except (UserError, UserErrors) as error:
        error.__dict__["partial"] = result
        raise
    return result


def _latent(chemistry: Chemistry, temperature: float) -> float:
    """Heat of evaporation of water, J/kg."""
    return chemistry.reaction(EVAPORATION).heat(temperature) / species(WATER).molar_mass


def _sources_in(inlets: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {port: list(sources) for port, sources in inlets.items()}


def _head(plant: Plant, state: State, audited: Audit, *, converged: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "title": plant.file.title,
        "converged": converged,
        "order": list(plant.units),
        "operating": {"hours_per_year": plant.file.operating.seconds() / 3600.0},
        "show": plant.file.show.model_dump(),
        "warnings": provenance.warnings(plant, state, audited),
    }


def _flows(problem: Problem, state: State, inputs: Mapping[tuple[str, str], Stream]) -> dict[str, Any]:
    chemistry = problem.chemistry
    fed = {}
    for name, template in problem.feeds.items():
        parts = [stream for (feed, _), stream in inputs.items() if feed == name]
        fed[name] = records.stream_record(template.with_flows(add_flows(parts)), chemistry)
    made = {
        f"{name}.{port}": records.stream_record(stream, chemistry)
        for name in problem.plan.nodes
        if name in state.results
        for port, stream in state.results[name].outlets.items()
    }
    return {"streams": made, "feeds": fed}


def _assessments(solved: _Solved, streams: Mapping[str, Any]) -> dict[str, Any]:
    plant, state, feeds = solved.plant, solved.state, solved.plant.feeds
    born = tuple(name for name, feed in feeds.items() if feed.role == "feed")
    ways = {stream: (kind, name) for stream, (kind, name, _) in solved.leaving.items()}
    sold = [stream for stream, (kind, _) in ways.items() if kind == "products"]
    lost = [stream for stream, (kind, _) in ways.items() if kind != "products"]
    feed = consumption.dry_feed(feeds, solved.inputs)
    entering = {element for stream in solved.inputs.values() for element in stream.elements()}
    sold_products = products.products(plant.file, state.streams, entering, solved.origins)
    limited = effluent.effluents(plant, state, streams, entering)
    return {
        "feed_kg_h": feed * 3600.0,
        "products": sold_products,
        "outlets": products.outlets(plant.file, state.streams),
        "effluent": products.effluent(plant.file, streams, state.streams),
        "recovery": recovery.recovery(solved.origins, born, sold),
        "losses": recovery.losses(solved.origins, born, ways),
        "fixed_splits": splits.fixed_splits(solved.origins, born, state, list(solved.problem.plan.nodes), lost),
        "reagents": consumption.reagents(feeds, solved.inputs),
        "water": consumption.water(feeds, solved.inputs, solved.leaving),
        "energy": consumption.energy(solved.energies, feed),
        "assessments": {
            "recovery": {"method": "process", "feeds": list(born)},
            "effluent": limited,
            "required": required.failed(plant.file, sold_products, limited),
            "yields": yields.yields(solved.origins, state.results, sold),
            "emissions": emissions.emissions(plant.file.emissions, state.streams, entering),
            "serves": serves(solved.origins, ways, metals()),
            "carbon_origin": carbon_origin(solved.origins, ways),
        },
    }


def _origins(problem: Problem, state: State, inputs: Mapping[tuple[str, str], Stream]) -> Origins:
    outlets = {name: [f"{name}.{port}" for port in state.results[name].outlets] for name in problem.plan.nodes}
    return trace(route(list(problem.plan.nodes.values()), outlets, state.streams, inputs))


def _targets(plant: Plant, problem: Problem, state: State) -> list[dict[str, Any]]:
    """What was varied, the value found, and the figure it gave; SI."""
    made = {name: feed for name, feed in plant.feeds.items() if not feed.drawn and feed.stream.flows}
    rates = {name: problem.feeds[name].mass() / feed.stream.mass() * feed.rate for name, feed in made.items()}
    return [
        {
            "vary": aim.knob.path,
            "found": aim.knob.read(problem, rates),
            "within": [aim.low, aim.high],
            "until": aim.figure.path,
            "wanted": aim.value,
            "reached": aim.figure.value(problem, state),
        }
        for aim in plant.aims
    ]


def _partial(plant: Plant, state: State, error: ConvergenceError, begun: Mapping[str, Any]) -> Result:
    """What is known of a plant that did not converge: its streams as last produced, and why."""
    problem = plant.problem()
    data = {
        **_head(plant, state, provenance.audit(problem, state), converged=False),
        "solver": {"error": error.to_dict(), "loops": [], "passes": state.passes, **begun},
        "balance": None,
        **_flows(problem, state, {}),
        "units": {},
        "provenance": provenance.head(plant),
    }
    empty: dict[str, Any] = {"fixed_splits": []}
    for key in ("products", "recovery", "losses", "reagents", "energy", "water", "effluent", "assessments"):
        empty[key] = {}
    return Result({**data, **empty})


__all__ = ["Flowsheet", "Limits", "load", "run"]
