"""What ``hydromet show`` prints of a result, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.flowsheet.damage import Strict, check
from hydromet.locale import tr
from hydromet.quantity import convert
from hydromet.report.carbon_read import record_of
from hydromet.report.carbon_sources import plain
from hydromet.report.carbon_sources import sources as carbon_sources
from hydromet.report.carbon_view import view
from hydromet.report.effluent import ASSESSED, effluent
from hydromet.report.equipment import equipment
from hydromet.report.grade import grades
from hydromet.report.layout import number, percent, table
from hydromet.report.tables import all_streams, elements, ends

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydromet.flowsheet.result import Result

# Element columns of the stream table on a terminal; all of them are in the CSV and the workbook.
_COLUMNS = 9
# Below this a value in SI is shown with an exponent.
_SMALL = 1e-3


def streams(result: Result, language: str) -> str:
    """One row a stream: conditions and the main elements."""
    shown = elements(result)[:_COLUMNS]
    to = ends(result)
    heads = [tr("stream", language), tr("to", language), "degC", "kg/h", "m3/h", "pH", *(f"{e} kg/h" for e in shown)]
    rows = [
        [
            name,
            to.get(name, ""),
            f"{convert(record['temperature_K'], 'degC', 'temperature'):.1f}",
            number(record["mass_kg_h"]),
            number(record["volume_m3_h"], 3),
            number(record["pH"], 3),
            *(number(record["elements_kg_h"].get(e, 0.0)) for e in shown),
        ]
        for name, record in all_streams(result).items()
    ]
    return table(heads, rows, left=2, indent="")


def _value(value: float | None) -> str:
    """A number in SI: sizes, growth rates and dose are far below one and no traces."""
    return f"{value:.4g}" if value is not None and 0.0 < abs(value) < _SMALL else number(value)


def units(result: Result, language: str) -> str:
    """Every unit: parameters that were set, performance values, reagents drawn, energy."""
    parts = []
    for name in result.data.get("order", result["units"]):
        record = result["units"].get(name)
        if record is None:
            continue
        lines = [f"{name}  ({record['model']})"]
        for title, values in (
            (tr("parameters", language), record["parameters"]),
            (tr("values", language), {k: _value(v) for k, v in record["values"].items()}),
            (tr("drawn, kg/h", language), {k: number(v) for k, v in record["drawn_kg_h"].items()}),
        ):
            shown = ", ".join(f"{key} {value}" for key, value in values.items() if value is not None)
            lines += [f"  {title}: {shown}"] if shown else []
        energy = record["energy"]
        shown = ", ".join(
            f"{key} {number(energy[key])}" for key in ("heat_kW", "steam_kW", "cooling_kW") if energy[key]
        )
        lines += [f"  {tr('energy', language)}: {shown}"] if shown else []
        parts.append("\n".join(lines))
    return "\n".join(parts)


def balance(result: Result, language: str) -> str:
    """Elements over the plant, then the worst closure and the enthalpy of each unit."""
    found = result["balance"]
    if found is None:
        return tr("no balance: the plant did not converge", language)
    rows = [
        [e, number(r["in_kg_h"]), number(r["out_kg_h"]), "" if r["closure"] is None else f"{r['closure']:.1e}"]
        for e, r in found["elements"].items()
    ]
    heads = [tr("element", language), tr("in, kg/h", language), tr("out, kg/h", language), tr("closure", language)]
    plant = table(heads, rows, indent="")
    units_rows = []
    for name, closures in found["units"].items():
        worst = max(((abs(c), e) for e, c in closures.items() if c is not None), default=(0.0, ""))
        heat = found["energy"]["units"][name]
        figures = [number(heat["declared_kW"]), number(heat["enthalpy_change_kW"]), f"{heat['error']:.1e}"]
        units_rows.append([name, worst[1], f"{worst[0]:.1e}", *figures])
    heads = [
        tr("unit", language), tr("worst", language), tr("closure", language), tr("heat and shaft, kW", language),
        tr("enthalpy, kW", language), tr("error", language),
    ]  # fmt: skip
    return f"{plant}\n\n{table(heads, units_rows, left=2, indent='')}"


def recovery(result: Result, language: str) -> str:
    """Every way out of every element of the feed."""
    rows = []
    for element, ways in result["losses"].items():
        rows.append([element, tr("in products", language), percent(result.recovery[element]), ""])
        rows += [
            ["", f"{way['kind']}.{name}", percent(way["share"]), number(way["kg_h"])] for name, way in ways.items()
        ]
    heads = [tr("element", language), tr("outlet", language), tr("share of the feed", language), "kg/h"]
    return table(heads, rows, left=2, indent="")


class _Provenance(Strict):
    """Parameters used and files read."""

    parameters: list[dict[str, str | float | bool | None]]
    inputs: dict[str, str]


class _Sourced(Strict):
    """What the sources of a result are told from."""

    provenance: _Provenance


def sources(result: Result, language: str) -> str:
    """Every number used, with source, grade and largest effect in ln units, and the files read.

    Of a footprint: every activity with its place and factor, every factor with its source.
    """
    check(result.data, _Sourced, "result.json")
    keys = ("parameter", "value", "unit", "source", "grade", "validity", "effect", "acts on")
    rows = [[_cell(row.get(key.replace(" ", "_"))) for key in keys] for row in result["provenance"]["parameters"]]
    heads = [tr(word, language) for word in keys]
    files = [[name, digest] for name, digest in result["provenance"]["inputs"].items()]
    read = table([tr("file", language), "SHA-256"], files, left=2, indent="")
    shown = f"{read}\n\n{table(heads, rows, left=6, indent='')}"
    record = record_of(result)
    return shown if record is None else f"{shown}\n\n{carbon_sources(record, result.data, language)}"


def carbon(result: Result, language: str) -> str:
    """The carbon footprint, if it was assessed."""
    record = record_of(result)
    if record is None:
        told = tr("carbon is not assessed in this result", language)
        return f"{told}; {tr('this reckons it with usual figures', language)}: hydromet carbon RESULT"
    return view(record, language)


def _cell(value: Any) -> str:
    """A parameter with its digits, however small it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value or "")


VIEWS: dict[str, Callable[[Result, str], str]] = {
    "streams": streams,
    "units": units,
    "balance": balance,
    "recovery": recovery,
    "grade": grades,
    "effluent": effluent,
    "equipment": equipment,
    "carbon": carbon,
    "sources": sources,
}


def part(result: Result, name: str) -> Any:
    """The same as plain data, for ``--json``."""
    keys = {
        "streams": ("feeds", "streams"),
        "units": ("units",),
        "balance": ("balance",),
        "recovery": ("recovery", "losses"),
    }
    if name in ("carbon", "sources"):
        return _carbon_part(result, name)
    if name == "effluent":
        found = result["assessments"]
        return {"effluent": result["effluent"], **{key: found.get(key, {}) for key in ASSESSED}}
    if name == "grade":
        return {"products": result["products"], "required": result["assessments"].get("required", [])}
    if name == "equipment":
        return {"equipment": result["assessments"].get("equipment", {})}
    return {key: result[key] for key in keys[name]}


def _carbon_part(result: Result, name: str) -> dict[str, Any]:
    record = record_of(result)
    if name == "carbon":
        return {"carbon": record}
    check(result.data, _Sourced, "result.json")
    traced = {} if record is None else {"carbon": plain(record, result.data)}
    return {"provenance": result["provenance"], **traced}
