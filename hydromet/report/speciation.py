"""A speciation as a table that a chemist reads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hydromet.locale import pick, tr
from hydromet.quantity import convert
from hydromet.report.layout import columns, number, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Shown unless everything is asked for: species down to this share of their element, solids up from this index.
_SHARE = 1e-5
_INDEX = -2.0
# Share of an element in species that are listed with another one, from which on it is told.
_ELSEWHERE = 1e-4
_MOST_SOLIDS = 12
# From this index on a solid counts as oversaturated.
_OVER = 0.005
_SMALL = 1e-3
# Couples whose potentials differ by more than this, V, are said to be out of equilibrium with each other.
_APART = 0.05


def figure(value: float | None, digits: int = 4) -> str:
    """A number to so many significant digits; below 0.001 with an exponent: concentrations span ten decades."""
    if value is None:
        return "–"
    if value != 0.0 and abs(value) < _SMALL:
        return f"{value:.{digits - 2}e}"
    return number(value, digits)


def text(record: Mapping[str, Any], language: str = "en", *, everything: bool = False, sources: bool = False) -> str:
    """The whole table of a ``hydromet-speciation`` document."""
    parts = [
        _head(record, language),
        _made(record, language),
        _done(record, language),
        _precipitated(record, language),
        _species(record, language, everything),
        _saturation(record, language, everything),
        _potentials(record, language),
        _cautions(record, language),
    ]
    if sources:
        parts.append(_sources(record, language))
    return "\n\n".join(part for part in parts if part)


def _head(record: Mapping[str, Any], language: str) -> str:
    liquor = record["liquor"]
    title = pick(record["title"], language)
    at = f"{convert(liquor['temperature_K'], 'degC', 'temperature'):.4g} degC"
    head = [title] if title else []
    density = tr("density", language), f"{number(liquor['density_kg_m3'])} kg/m3"
    rows = [
        ["pH", f"{liquor['pH']:.3f}", *density],
        [tr("ionic strength", language), f"{figure(liquor['ionic_strength_mol_kg'])} mol/kg",
         tr("viscosity", language), f"{number(1e3 * liquor['viscosity_Pa_s'])} mPa s"],
        [tr("activity of water", language), f"{liquor['water_activity']:.5f}",
         tr("heat capacity", language), f"{number(liquor['heat_capacity_J_kg_K'])} J/kg/K"],
        [tr("osmotic coefficient", language), f"{liquor['osmotic_coefficient']:.4f}",
         tr("vapour pressure of water", language),
         f"{number(convert(liquor['vapour_pressure_Pa'], 'kPa', 'pressure'))} kPa"],
    ]  # fmt: skip
    widths = [max(columns(row[i]) for row in rows) for i in range(3)]
    lines = [
        "  " + "  ".join(_wide(cell, width) for cell, width in zip(row, (*widths, 0), strict=True)) for row in rows
    ]
    return "\n".join([*head, f"{tr('Solution at', language)} {at}", *(line.rstrip() for line in lines)])


def _wide(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _made(record: Mapping[str, Any], language: str) -> str:
    rows = [
        [name, one["written"], figure(one["mol_kg"]), figure(one["g_L"])] for name, one in record["made_of"].items()
    ]
    rows += [
        [ion, tr("added so that the charges cancel", language), figure(added), ""]
        for ion, added in record["balanced"].items()
    ]
    heads = [tr("Made of", language), tr("as written", language), f"mol/kg {tr('water', language)}", "g/L"]
    return table(heads, rows, left=2, indent="") if rows else ""


def _done(record: Mapping[str, Any], language: str) -> str:
    """What was dosed, dissolved and taken up to get there."""
    per_water = tr("per kg of the water put in", language)
    rows = []
    dose, full = record["dose"], record["saturated"]
    if dose:
        rows.append([f"{tr('dose of', language)} {dose['titrant']}", *_both(dose)])
    if full:
        rows.append([f"{tr('dissolved up to saturation', language)}: {full['solid']}", *_both(full)])
    for name, gas in record["gases"].items():
        pressure = f"{figure(convert(gas['partial_pressure_Pa'], 'bar', 'pressure'))} bar"
        taken = gas["taken_up_mol_kg_water"]
        rows.append([f"{tr('taken up', language)}: {name}, {pressure}", figure(taken), ""])
    if record["asked"]["Eh_V"] is not None:
        rows.append([f"{tr('all couples held at', language)} {record['asked']['Eh_V']:g} V", "", ""])
    if not rows:
        return ""
    if abs(record["before"]["pH"] - record["liquor"]["pH"]) > _OVER:
        rows.append([tr("pH before", language), f"{record['before']['pH']:.3f}", ""])
    return table([f"{tr('Done', language)}, {per_water}", "mol/kg", "g/kg"], rows, indent="")


def _both(one: Mapping[str, Any]) -> list[str]:
    return [figure(one["mol_kg_water"]), figure(one["g_kg_water"])]


def _precipitated(record: Mapping[str, Any], language: str) -> str:
    rows = [[name, *_both(one)] for name, one in record["precipitated"].items()]
    heads = [tr("Precipitates", language), tr("mol/kg water put in", language), tr("g/kg water put in", language)]
    if rows:
        return table(heads, rows, indent="")
    asked = record["asked"]["solids"]
    return tr("No solid was allowed to form.", language) if asked == "none" else tr("Nothing precipitates.", language)


def _species(record: Mapping[str, Any], language: str, everything: bool) -> str:
    """Dissolved species, element by element, the largest first."""
    heads = [
        tr("Dissolved", language), "mol/kg", tr("share", language), tr("activity coeff.", language),
        tr("activity", language), "log10 a",
    ]  # fmt: skip
    rows: list[list[str]] = []
    for element, members in _by_element(record["species"]):
        total = record["dissolved"].get(element)
        if total:
            rows.append([element, figure(total["mol_kg"]), f"{figure(total['g_L'])} g/L", "", "", ""])
        listed = 0.0
        for name, one in members:
            share = _atoms(name, element) * one["mol_kg"] / total["mol_kg"] if total else None
            listed += share or 0.0
            if not everything and share is not None and share < _SHARE:
                continue
            rows.append([
                f"  {name}", figure(one["mol_kg"]), percent(share, 3) if share is not None else "",
                figure(one["activity_coefficient"]) if one["activity_coefficient"] is not None else "",
                figure(one["activity"]), f"{one['log10_activity']:.3f}",
            ])  # fmt: skip
        if total and listed < 1.0 - _ELSEWHERE:
            rows.append([f"  {tr('in complexes above', language)}", "", percent(1.0 - listed, 3), "", "", ""])
    return table(heads, rows, indent="")


def _by_element(found: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    groups: dict[str, list[tuple[str, Any]]] = {}
    for name, one in found.items():
        groups.setdefault(one["element"], []).append((name, one))
    yield from groups.items()


def _atoms(name: str, element: str) -> float:
    from hydromet.species import species

    return species(name).elements.get(element, 0.0)


def _saturation(record: Mapping[str, Any], language: str, everything: bool) -> str:
    """Solids near or above saturation; those that do not form by themselves say why."""
    found = list(record["saturation"].items())
    shown = found if everything else [item for item in found if item[1]["index"] > _INDEX][:_MOST_SOLIDS]
    rows = []
    for name, one in shown:
        over = one["index"] > _OVER
        if one["in_equilibrium"]:
            remark = tr("in equilibrium", language)
        elif over and one["reason"]:
            remark = f"{tr('oversaturated', language)}, {tr('slow', language)}: {one['reason']}"
        elif over:
            remark = tr("oversaturated", language)
        else:
            remark = ""
        rows.append([name, f"{0.0 if abs(one['index']) < 5e-4 else one['index']:.3f}", remark])
    left = len(found) - len(shown)
    body = table([tr("Saturation index", language), "log10", ""], rows, indent="") if rows else ""
    if left and not everything:
        body += f"\n{tr('solids further from saturation, shown by --all', language)}: {left}"
    return body.lstrip()


def _potentials(record: Mapping[str, Any], language: str) -> str:
    rows = [[name, f"{volt:.3f}"] for name, volt in record["potentials"].items() if math.isfinite(volt)]
    heads = [tr("Redox couple", language), f"Eh, V ({tr('against hydrogen', language)})"]
    if not rows:
        return ""
    found = table(heads, rows, indent="")
    volts = record["potentials"].values()
    if record["asked"]["Eh_V"] is None and max(volts) - min(volts) > _APART:
        found += f"\n{tr('Couples are taken as independent; --Eh holds them all at one potential.', language)}"
    return found


def _cautions(record: Mapping[str, Any], language: str) -> str:
    lines = [f"  {one['code']} {one['text']}" for one in record["cautions"]]
    return "\n".join([tr("Warnings", language), *lines]) if lines else ""


def _sources(record: Mapping[str, Any], language: str) -> str:
    keys = ("quantity", "value", "unit", "source", "grade", "validity")
    rows = [[figure(row[key]) if key == "value" else str(row[key]) for key in keys] for row in record["sources"]]
    return table([tr(word, language) for word in keys], rows, left=6, indent="")
