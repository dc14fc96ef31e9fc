"""A warm start from the result of a neighbouring plant: its streams are the first guesses of the recycles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.flowsheet.balance import HOUR
from hydromet.flowsheet.passes import State
from hydromet.stream import Stream

if TYPE_CHECKING:
    from hydromet.flowsheet.graph import Plan
    from hydromet.flowsheet.result import Result


def warm_state(plan: Plan, result: Result) -> State:
    """Guesses for the torn streams of a plan.

    Only what the iteration starts from is taken over; every unit is solved anew, so that the answer is that of the
    plant at hand. Streams that the plan has not are left out, streams that the result has not start empty.

    Args:
        plan: of the plant to be solved.
        result: of the same plant with other settings, or of one like it; read from a file or just solved.

    Returns:
        a state whose guesses are the streams of the result, mol/s, K, Pa.
    """
    found = {
        name: Stream(
            {species: flow / HOUR for species, flow in record["species_mol_h"].items()},
            record["temperature_K"],
            record["pressure_Pa"],
        )
        for name, record in result.streams.items()
        if name.partition(".")[0] in plan.nodes
    }
    return State(streams=dict(found), guesses={tear: found[tear] for tear in plan.tears() if tear in found})


def start_record(start: Result | None) -> dict[str, Any]:
    """``solver.start`` of a result: cold, or warm with the version, inputs and changes of the result it came from."""
    if start is None:
        return {"start": "cold"}
    origin = start["provenance"]
    return {"start": "warm", "started_from": {key: origin[key] for key in ("version", "inputs", "changes")}}
