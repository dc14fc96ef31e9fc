"""A solved extraction, scrub or strip unit of a plant with the streams that entered it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydromet.errors import ExtractionError
from hydromet.flowsheet.result import read_result
from hydromet.source import nearest
from hydromet.stream import Stream
from hydromet.units.registry import unit_models

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hydromet.chemistry import Chemistry
    from hydromet.errors import Place
    from hydromet.units.cascade import CascadeUnit

HOUR = 3600.0
MODELS = ("extract", "scrub", "strip")


@dataclass(frozen=True)
class SolvedUnit:
    """A unit as it stands in a result.

    Attributes:
        name: in the plant. unit: its parameters.
        inlets: port -> stream as it arrived; a port that the unit draws from is a template of 1 kg/s.
    """

    name: str
    unit: CascadeUnit
    inlets: Mapping[str, Stream]


def read_unit(result: Path, name: str, chemistry: Chemistry, place: Place | None = None) -> SolvedUnit:
    """A unit of a result.

    Args:
        result: file or folder.
        name: of the unit.
        chemistry: mixes what arrives from several sources.
        place: of the name, for errors.

    Raises:
        SourceError, FlowsheetError: E1xx, E440, E441 no result can be read.
        ExtractionError: E628 no such unit, or none of solvent extraction.
    """
    data = read_result(result)
    units = data["units"]
    usable = [one for one, record in units.items() if record["model"] in MODELS]
    if name not in usable:
        known = nearest(name, usable) or tuple(usable)
        raise ExtractionError(
            "E628",
            read=f"{name}, {units[name]['model']}" if name in units else name,
            expected=f"an extract, scrub or strip unit of the result: {', '.join(known) or 'it has none'}",
            write=f"unit: {known[0]}" if known else "",
            place=place,
        )
    record = units[name]
    unit: Any = unit_models()[record["model"]].model_validate({"model": record["model"], **record["parameters"]})
    drawn = {port.name for port in unit.inlet_ports() if port.drawn}
    inlets = {}
    for port, sources in record["in"].items():
        stream = _mixed(data, sources, chemistry)
        mass = stream.mass()
        inlets[port] = stream.scaled(1.0 / mass) if port in drawn and mass > 0.0 else stream
    return SolvedUnit(name, unit, inlets)


def _mixed(result: Any, sources: list[str], chemistry: Chemistry) -> Stream:
    """What a port takes, from the streams and feeds of a result."""
    found = []
    for name in sources:
        record = result["streams"].get(name) or result["feeds"][name]
        flows = {one: flow / HOUR for one, flow in record["species_mol_h"].items()}
        found.append(Stream(flows, record["temperature_K"], record["pressure_Pa"]))
    return found[0] if len(found) == 1 else chemistry.mix(*found)
