"""What a result rests on: every parameter with source, grade, validity and effect, and the use beyond validity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet import __version__
from hydromet.chemistry.audit import Audit
from hydromet.chemistry.canonical import canonical
from hydromet.chemistry.physical.stream_enthalpy import liquor_totals
from hydromet.chemistry.physical.validity import OF_PLANTS, property_remarks
from hydromet.chemistry.validity import list_sources
from hydromet.errors import HydrometError
from hydromet.species import WATER, species
from hydromet.stream import Stream, add_flows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hydromet.chemistry import Chemistry
    from hydromet.flowsheet.passes import Problem, State
    from hydromet.flowsheet.read import Plant

# Share of water below which a stream is no liquor: damp crystals and cakes hold that of another stream.
_DAMP = 0.2


def audit(problem: Problem, state: State) -> Audit:
    """The liquors of all streams, put to the data they used."""
    found = Audit()
    for name in problem.plan.nodes:
        for port, stream in state.results[name].outlets.items() if name in state.results else ():
            if stream[WATER] * species(WATER).molar_mass <= _DAMP * stream.mass():
                continue
            try:
                liquor = problem.chemistry.liquor(stream)
            except HydrometError:
                continue
            found.add(f"{name}.{port}", liquor, (n for n in stream.flows if species(n).phase == "s"))
            totals = dict(liquor_totals(stream.flows))
            found.add_properties(f"{name}.{port}", property_remarks(totals, stream.temperature, OF_PLANTS))
    return found


def warnings(plant: Plant, state: State, audited: Audit) -> list[dict[str, str]]:
    """Notices of feeds, of units in the order written, and of the data: each quantity once, with all its places."""
    told: dict[tuple[str, str], dict[str, None]] = {}
    findings = audited.findings()
    by_data = {(finding.code, unit) for finding in findings for unit in _units(finding.where)}
    for name, feed in plant.feeds.items():
        for notice in feed.notices:
            told.setdefault((notice.code, notice.text), {})[name] = None
    for code, where, text in plant.fitted.notices() if plant.fitted else ():
        told.setdefault((code, text), {})[where] = None
    for name in plant.units:
        for notice in state.results[name].notices if name in state.results else ():
            # A unit tells of its own liquor what the audit tells of all.
            if (notice.code, name) not in by_data:
                told.setdefault((notice.code, notice.text), {})[name] = None
    for finding in findings:
        told.setdefault((finding.code, finding.text), {}).update(dict.fromkeys(_units(finding.where)))
    return [{"code": code, "where": ", ".join(where), "text": text} for (code, text), where in told.items()]


def _units(where: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.split(".")[0] for place in where))


def provenance(plant: Plant, problem: Problem, state: State, audited: Audit) -> dict[str, Any]:
    """Version, files, changed inputs and every parameter used, those of the chemistry that decide most first."""
    everything = Stream(add_flows([*state.streams.values(), *problem.feeds.values()]))
    allowed = tuple(dict.fromkeys(s for unit in problem.units.values() for s in _solids(unit, problem.chemistry)))
    rows: list[dict[str, Any]] = [row.as_dict() for row in list_sources(canonical(everything)[0], allowed, audited)]
    rows += [{**source, "feed": name} for name, feed in plant.feeds.items() for source in feed.sources]
    rows = [*(plant.fitted.sources() if plant.fitted else ()), *rows]
    return {**head(plant), "parameters": rows + _of_units(problem)}


def head(plant: Plant) -> dict[str, Any]:
    """Version, hash of every input file and what was changed by hand; no parameters."""
    return {"version": __version__, "inputs": dict(plant.files), "changes": dict(plant.changes), "parameters": []}


def _of_units(problem: Problem) -> list[dict[str, Any]]:
    """Data that units used beyond their own parameters; what several used is listed once with all of them."""
    rows: dict[str, dict[str, Any]] = {}
    for name, unit in problem.units.items():
        tell = getattr(unit, "sources_used", None)
        for source in tell() if callable(tell) else ():
            row = rows.setdefault(repr(sorted(source.items())), {**source, "unit_operation": []})
            row["unit_operation"].append(name)
    return [{**row, "unit_operation": ", ".join(dict.fromkeys(row["unit_operation"]))} for row in rows.values()]


def _solids(unit: Any, chemistry: Chemistry) -> Iterator[str]:
    """Solids named in the parameters of a unit: those allowed to form, whether they did or not."""
    for value in unit.model_dump().values():
        for name in (value,) if isinstance(value, str) else value if isinstance(value, (list, tuple)) else ():
            if isinstance(name, str) and name in chemistry.data.solids:
                yield name
