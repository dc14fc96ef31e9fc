"""The footprint of products in the terminal: figures, what dominates, defaults, warnings; scenarios side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import pick, tr
from hydromet.report import carbon_words as words
from hydromet.report.carbon_read import PROXY, RECALLED, plant_resting_on
from hydromet.report.layout import number, percent, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.flowsheet.result import Result

# Activities named as the largest.
_MOST = 8
_ALLOCATIONS = ("metal_mass", "economic", "subdivision", "mass")


def summary(records: Sequence[Mapping[str, Any]], language: str = "en") -> str:
    """One record on a page, or the scenarios of several side by side.

    Args:
        records: of format ``hydromet-carbon/1``.
        language: ``en``, ``ja`` or ``both``.
    """
    if len(records) > 1:
        return scenarios(records, language)
    parts = [part(records[0], language) for part in (figures, bought, dominant, defaults, warnings)]
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
        rows.append(
            [name, number(each["per_kg"]), f"{number(spread['p2.5'])} - {number(spread['p97.5'])}", _metal(each)]
        )
    told = (
        f"{record['scenario']['grid']}, {words.approaches(language)['cut_off']}, {words.allocations(language)[method]}"
    )
    heads = [f"{tr('Carbon footprint', language)}: {told}", "kgCO2e/kg", "95 %", tr("per kg of metal", language)]
    return f"{table(heads, rows)}\n{weak(record, language)}".rstrip()


def weak(record: Mapping[str, Any], language: str = "en") -> str:
    """What part of the plant's footprint rests on weak factors, in a line; empty if none does."""
    h, found = words.headings(language), plant_resting_on(record)
    told = [f"{percent(found[mark], 2)} {h[f'weak_{mark}']}" for mark in (PROXY, RECALLED) if found[mark] > 0.0]
    return f"  {h['weak']}: {'; '.join(told)}" if told else ""


def _metal(figure: Mapping[str, Any]) -> str:
    return ", ".join(f"{number(value)}/kg {element}" for element, value in words.by_metal(figure).items())


def _head(record: Mapping[str, Any], language: str) -> str:
    scenario = record["scenario"]
    told = f"{scenario['name']}: {scenario['grid']}, {scenario['heat']}, {record['reference']}"
    return f"{pick(record['title'], language)}\n  {told}"


def figures(record: Mapping[str, Any], language: str = "en") -> str:
    """Every product by approach and allocation per kg, and per kg of metal by the first allocation."""
    first = record["method"]["allocation"]
    shown = [first, *(m for m in _ALLOCATIONS if m != first and m not in record["method"]["impossible"])]
    rows = []
    for name, product in record["products"].items():
        for approach, told in words.approaches(language).items():
            methods = product["figures"]["climate"].get(approach)
            if methods is not None:
                by_method = (number(methods[m]["per_kg"]) for m in shown)
                rows.append([name, told, *by_method, _metal(methods[first])])
    named = (words.allocations(language)[m] for m in shown)
    heads = [tr("kgCO2e/kg of product", language), tr("approach", language), *named, tr("per kg of metal", language)]
    return f"{_head(record, language)}\n\n{table(heads, rows, left=2)}"


def bought(record: Mapping[str, Any], language: str = "en") -> str:
    """Cut-off per kg with electricity of the place and of the contract, side by side; empty without a contract."""
    h, found = words.headings(language), {key: record.get(key) for key in ("location_based", "market_based")}
    if not all(found.values()):
        return ""
    rows = [
        [f"{h[key]}: {each['grid']}", *(number(each["per_kg"].get(name)) for name in record["products"]),
         number(each["total"])]
        for key, each in found.items()
        if each
    ]  # fmt: skip
    heads = [f"{tr('electricity', language)}, kgCO2e/kg", *record["products"], tr("plant, kgCO2e", language)]
    return table(heads, rows)


def scenarios(records: Sequence[Mapping[str, Any]], language: str = "en") -> str:
    """Scenarios by product: cut-off per kg as sold by the allocation of each, and the whole plant."""
    rows = []
    products = list(dict.fromkeys(name for record in records for name in record["products"]))
    for record in records:
        method = record["method"]["allocation"]
        found = [record["products"][name]["figures"]["climate"]["cut_off"][method]["per_kg"] for name in products]
        scenario = record["scenario"]
        rows.append([scenario["name"], scenario["grid"], scenario["heat"], *map(number, found),
                     number(record["totals"]["climate"])])  # fmt: skip
    heads = [tr("Scenario", language), tr("grid", language), tr("heat", language),
             *(f"{name}, kgCO2e/kg" for name in products), tr("plant, kgCO2e", language)]  # fmt: skip
    told = (
        f"{pick(records[0]['title'], language)}\n  {words.approaches(language)['cut_off']}, {records[0]['reference']}"
    )
    flagged = weak(records[0], language)
    mark = f"\n{flagged} ({records[0]['scenario']['name']})" if flagged else ""
    return f"{told}\n\n{table(heads, rows, left=3)}{mark}"


def dominant(record: Mapping[str, Any], language: str = "en") -> str:
    """The largest contributions to the plant's total."""
    found, total = record["contributions"]["climate"], record["totals"]["climate"]
    largest = sorted(found.items(), key=lambda each: (-abs(each[1]), each[0]))[:_MOST]
    rows = [[name, number(value), percent(value / total if total else None)] for name, value in largest]
    return table([tr("Largest contributions", language), "kgCO2e", tr("share", language)], rows)


def defaults(record: Mapping[str, Any], language: str = "en") -> str:
    """What was not stated and taken from the usual practice."""
    shown = {name: ", ".join(v) if isinstance(v, list) else v for name, v in record["scenario"]["defaults"].items()}
    rows = [f"  {name}: {value}" for name, value in shown.items()]
    return "\n".join([tr("Taken as usual, because the file does not say", language), *rows]) if rows else ""


def warnings(record: Mapping[str, Any], language: str = "en") -> str:
    """Warnings of the record, the first of each code."""
    found: dict[str, list[str]] = {}
    for each in record.get("warnings", []):
        found.setdefault(each["code"], []).append(f"{each.get('where', '')}: {each['text']}")
    rows = []
    for code, texts in found.items():
        more = f" (+{len(texts) - 1})" if len(texts) > 1 else ""
        rows.append(f"  {code} {texts[0]}{more}")
    return "\n".join([tr("Warnings", language), *rows]) if rows else ""
