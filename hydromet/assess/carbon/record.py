"""The record of a footprint: every activity, factor, contribution and figure as plain data."""

from __future__ import annotations

from dataclasses import asdict
from math import fsum
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon import approaches
from hydromet.assess.carbon.allocation import matrix
from hydromet.assess.carbon.impact import books_of, contributions, gaps
from hydromet.assess.carbon.shapes import INDICATORS, UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.carbon.scenario import Scenario
    from hydromet.assess.carbon.shapes import Contribution, Indicator, Inventory

FORMAT = "hydromet-carbon/1"
Found = dict["Indicator", tuple["Contribution", ...]]


def record(
    inventory: Inventory, scenario: Scenario, defaults: Mapping[str, str], data: Mapping[str, Any]
) -> dict[str, Any]:
    """The footprint of an inventory under a scenario.

    Args:
        inventory: activities and outputs.
        scenario: the choices.
        defaults: what of the inventory was taken from the usual practice.
        data: the result it is of, or what stands for it in a case.

    Raises:
        FootprintError, UserErrors: E770 to E799.
    """
    books = books_of(scenario)
    found: Found = {indicator: contributions(inventory, books, indicator) for indicator in INDICATORS}
    return {
        "format": FORMAT,
        "title": data.get("title", ""),
        "reference": inventory.reference,
        "feed_kg": inventory.feed,
        "scenario": _scenario(scenario, defaults),
        "books": [head.as_dict() for head in books.heads],
        "method": {
            "approach": scenario.choices.approach, "allocation": scenario.choices.allocation,
            "boundary": scenario.choices.boundary, "gwp": "GWP100, as each factor states", "indicators": dict(UNITS),
        },
        "activities": [asdict(each) for each in inventory.activities],
        "factors": _factors(found),
        "contributions": {i: {each.activity.id: each.value for each in rows} for i, rows in found.items()},
        "totals": {i: fsum(each.value for each in rows) for i, rows in found.items()},
        "gaps": gaps(inventory, books),
        "outputs": {each.name: asdict(each) for each in inventory.outputs},
        "products": _products(inventory, found, scenario),
    }  # fmt: skip


def _scenario(scenario: Scenario, defaults: Mapping[str, str]) -> dict[str, Any]:
    choices = scenario.choices
    usual = {
        name: getattr(choices, name)
        for name in ("grid", "heat", "cooling", "books", "boundary", "allocation", "approach")
        if name not in scenario.stated
    }
    return {
        "name": scenario.name, "title": choices.title, "grid": choices.grid, "market_grid": choices.market,
        "heat": choices.heat, "cooling": choices.cooling, "losses": choices.losses, "period": choices.period,
        "defaults": {**usual, **defaults},
    }  # fmt: skip


def _factors(found: Found) -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = {}
    for indicator, rows in found.items():
        for each in rows:
            table.setdefault(each.activity.factor, {})[indicator] = asdict(each.factor)
    return dict(sorted(table.items()))


def _products(inventory: Inventory, found: Found, scenario: Scenario) -> dict[str, Any]:
    method = scenario.choices.allocation or "metal_mass"
    shared = {i: matrix(inventory, rows, method) for i, rows in found.items()}
    table: dict[str, Any] = {}
    for output in inventory.outputs:
        if not output.allocated:
            continue
        figures: dict[str, Any] = {}
        for indicator, rows in found.items():
            total = approaches.cut_off(rows, shared[indicator])[output.name]
            figures[indicator] = {"cut_off": {method: asdict(approaches.figure(total, output))}}
        table[output.name] = {
            "mass_kg": output.mass, "metals_kg": dict(output.metals), "figures": figures,
            **_parts(found["climate"], shared["climate"][output.name]),
        }  # fmt: skip
    return table


def _parts(rows: Sequence[Contribution], shares: Sequence[float]) -> dict[str, Any]:
    """Climate of one product by stage, kind and activity, per reference."""
    parts: dict[str, dict[str, list[float]]] = {"by_stage": {}, "by_kind": {}, "by_activity": {}}
    for each, share in zip(rows, shares, strict=True):
        activity = each.activity
        for group, key in (("by_stage", activity.stage), ("by_kind", activity.kind), ("by_activity", activity.id)):
            parts[group].setdefault(key, []).append(share * each.value)
    return {group: {key: fsum(values) for key, values in rows.items()} for group, rows in parts.items()}
