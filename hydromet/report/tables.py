"""The stream table and the other tables of a result, as rows; written as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from hydromet.quantity import convert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.flowsheet.result import Result

Row = list[str | float | None]

# Byte order mark: a spreadsheet then reads the file as UTF-8.
_BOM = "\ufeff"


def all_streams(result: Result) -> dict[str, Mapping[str, Any]]:
    """Feeds as ``feeds.name``, then every stream made by a unit in the order written."""
    feeds = {f"feeds.{name}": record for name, record in result["feeds"].items()}
    return {**feeds, **ordered(result)}


def ordered(result: Result) -> dict[str, Mapping[str, Any]]:
    """Streams of the units in the order of the flowsheet (a file has them sorted by name)."""
    order = result.data.get("order", [])
    place = {name: i for i, name in enumerate(order)}
    names = sorted(result.streams, key=lambda s: (place.get(s.partition(".")[0], len(place)), s))
    return {name: result.streams[name] for name in names}


def ends(result: Result) -> dict[str, str]:
    """Stream -> where it goes: ``unit.port``, or the kind and name of the outlet."""
    to: dict[str, str] = {}
    for unit, record in result["units"].items():
        for port, sources in record.get("in", {}).items():
            for source in sources:
                name = source if "." in source else f"feeds.{source}"
                to[name] = ", ".join(filter(None, (to.get(name), f"{unit}.{port}")))
    for name, record in result["products"].items():
        to[record["stream"]] = f"products.{name}"
    for kind, outlets in result.data.get("outlets", {}).items():
        for name, record in outlets.items():
            to[record["stream"]] = f"{kind}.{name}"
    return to


def elements(result: Result) -> list[str]:
    """Elements that occur, those of interest first."""
    found = {e for record in result.streams.values() for e in record["elements_kg_h"]}
    first = [e for e in MAIN if e in found]
    return [*first, *sorted(found - set(first))]


MAIN = ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "Ca", "Mg", "Zn", "Na", "K", "S", "F", "Cl", "P", "C")


def stream_table(result: Result) -> tuple[list[str], list[Row]]:
    """One row a stream: where from, where to, conditions, phases and elements; kg/h unless the head says otherwise."""
    phases = ("aq", "org", "s", "l", "g")
    names = elements(result)
    heads = ["stream", "to", "temperature_degC", "pressure_bar", "mass_kg_h", "volume_m3_h", "density_kg_m3", "pH"]
    heads += [f"{phase}_kg_h" for phase in phases] + [f"{name}_kg_h" for name in names]
    to = ends(result)
    rows: list[Row] = []
    for stream, record in all_streams(result).items():
        rows.append(
            [
                stream,
                to.get(stream, ""),
                convert(record["temperature_K"], "degC", "temperature"),
                convert(record["pressure_Pa"], "bar", "pressure"),
                *(record[key] for key in ("mass_kg_h", "volume_m3_h", "density_kg_m3", "pH")),
                *(record["phases_kg_h"].get(phase, 0.0) for phase in phases),
                *(record["elements_kg_h"].get(name, 0.0) for name in names),
            ]
        )
    return heads, rows


def streams_csv(result: Result) -> str:
    """The stream table as CSV, with a byte order mark for spreadsheets."""
    heads, rows = stream_table(result)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return _BOM + out.getvalue()
