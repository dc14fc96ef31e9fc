"""The footprint of products in the terminal: figures, what dominates, what is default, what warns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import pick, tr
from hydromet.report.layout import number, percent, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.flowsheet.result import Result

# Activities named as the largest.
_MOST = 8
_ALLOCATIONS = ("metal_mass", "economic", "subdivision", "mass")


def summary(records: Sequence[Mapping[str, Any]], language: str = "en") -> str:
    """One or several records on a page; several side by side.

    Args:
        records: of format ``hydromet-carbon/1``.
        language: ``en``, ``ja`` or ``both``.
    """
    parts = [figures(each, language) for each in records]
    if len(records) == 1:
        parts += [dominant(records[0], language), defaults(records[0], language), warnings(records[0], language)]
    return "\n\n".join(part for part in parts if part)


def of_run(result: Result, language: str = "en") -> str:
    """A few lines for the summary of a run: cut-off per kg, with its uncertainty; empty without a section."""
    record = result["assessments"].get("carbon")
    if not record:
        return ""
    method = record["method"]["allocation"]
    rows = []
    for name, product in record["products"].items():
        each, spread = product["figures"]["climate"]["cut_off"][method], product["uncertainty"]
        metal = ", ".join(f"{number(v)}/kg {e}" for e, v in each["per_kg_metal"].items())
        rows.append([name, number(each["per_kg"]), f"{number(spread['p2.5'])} - {number(spread['p97.5'])}", metal])
    told = f"{record['scenario']['grid']}, {tr('cut_off', language)}, {tr(method, language)}"
    heads = [f"{tr('Carbon footprint', language)}: {told}", "kgCO2e/kg", "95 %", tr("per kg of metal", language)]
    return table(heads, rows)


def figures(record: Mapping[str, Any], language: str = "en") -> str:
    """Every product by approach and allocation: per kg and per kg of metal."""
    scenario = record["scenario"]
    told = f"{scenario['name']}: {scenario['grid']}, {scenario['heat']}, {record['reference']}"
    head = f"{pick(record['title'], language)}\n  {told}"
    first = record["method"]["allocation"]
    shown = [first, *(m for m in _ALLOCATIONS if m != first and m not in record["method"]["impossible"])]
    rows = []
    for name, product in record["products"].items():
        for approach, methods in product["figures"]["climate"].items():
            metal = ", ".join(f"{number(v)}/kg {e}" for e, v in methods[first]["per_kg_metal"].items())
            rows.append([name, approach, *(number(methods[m]["per_kg"]) for m in shown), metal])
    heads = [tr("kgCO2e per kg as sold", language), tr("approach", language), *(tr(m, language) for m in shown),
             tr("per kg of metal", language)]  # fmt: skip
    return f"{head}\n\n{table(heads, rows, left=2)}"


def dominant(record: Mapping[str, Any], language: str = "en") -> str:
    """The largest contributions to the plant's total."""
    found, total = record["contributions"]["climate"], record["totals"]["climate"]
    largest = sorted(found.items(), key=lambda each: (-abs(each[1]), each[0]))[:_MOST]
    rows = [[name, number(value), percent(value / total if total else None)] for name, value in largest]
    return table([tr("Largest contributions", language), "kgCO2e", tr("share", language)], rows)


def defaults(record: Mapping[str, Any], language: str = "en") -> str:
    """What was not stated and taken from the usual practice."""
    rows = [f"  {name}: {value}" for name, value in record["scenario"]["defaults"].items()]
    return "\n".join([tr("Taken as usual, because the section does not say", language), *rows]) if rows else ""


def warnings(record: Mapping[str, Any], language: str = "en") -> str:
    """Warnings of the record."""
    found: dict[str, list[str]] = {}
    for each in record.get("warnings", []):
        found.setdefault(each["code"], []).append(f"{each.get('where', '')}: {each['text']}")
    rows = [
        f"  {code} {texts[0]}{f' (and {len(texts) - 1} more)' if len(texts) > 1 else ''}"
        for code, texts in found.items()
    ]
    return "\n".join([tr("Warnings", language), *rows]) if rows else ""
