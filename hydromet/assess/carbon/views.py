"""The same contributions seen otherwise: electricity by place or contract, stages, sensitivity, carbon."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import fsum
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon import sensitivity
from hydromet.assess.carbon.figures import CLIMATE
from hydromet.assess.carbon.grids import includes_losses
from hydromet.assess.carbon.scenario import practice
from hydromet.assess.carbon.shapes import Contribution
from hydromet.assess.carbon.utilities import LOSSES, grid_factor
from hydromet.species import atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.carbon.book import Books
    from hydromet.assess.carbon.figures import Reckoned
    from hydromet.assess.carbon.scenario import Scenario
    from hydromet.assess.carbon.shapes import Activity, Factor, Output

CARBON = "C"
DECLARED = "declared."
# Bars of a tornado that are kept.
_BARS = 15
# Emissions of what leaves as CO2 by mass of carbon, kg/kg: 44.009/12.011.
_DISTRIBUTION = ("distribution", "end_of_life")


def electricity(made: Reckoned, scenario: Scenario, books: Books) -> dict[str, Any]:
    """``location_based`` and, if the section says what is bought, ``market_based``: totals and figures, never mixed."""
    rows, place = made.found[CLIMATE], grid_factor(scenario.text("grid"))
    located = {"grid": place, **_both(made, rows, scenario)}
    market = scenario.choices.market
    if market is None:
        return {"location_based": located, "market_based": None}
    contract = books.factor(market, CLIMATE, "kWh")
    swapped = with_grid(rows, place, contract, bought=True)
    return {"location_based": located, "market_based": {"grid": market, **_both(made, swapped, scenario)}}


def with_grid(rows: Sequence[Contribution], place: str, factor: Factor, *, bought: bool = False) -> list[Contribution]:
    """The same activities, those of the grid ``place`` with another factor.

    Args:
        rows: contributions.
        place: factor that is replaced.
        factor: of the other grid, or of what is bought.
        bought: only what the plant buys itself; what others use to prepare the feed stays. A contract per kWh delivered
            has the losses of the grid in it: they are not added again.
    """
    none = bought and includes_losses(factor)
    return [
        Contribution(_bought(each.activity, factor, none=none), factor)
        if each.activity.factor == place and not (bought and each.activity.kind == "upstream")
        else each
        for each in rows
    ]


def _bought(activity: Activity, factor: Factor, *, none: bool) -> Activity:
    amount = 0.0 if none and activity.flow == LOSSES else activity.amount
    return replace(activity, factor=factor.id, amount=amount)


def _both(made: Reckoned, rows: Sequence[Contribution], scenario: Scenario) -> dict[str, Any]:
    shared = made.shared[CLIMATE][scenario.choices.allocation or "metal_mass"]
    of_grid = [each.value for each in rows if each.activity.kind == "electricity"]
    masses = {each.name: each.mass for each in made.inventory.outputs}
    return {
        "total": fsum(each.value for each in rows),
        "electricity": fsum(of_grid),
        "per_kg": {
            name: fsum(s * each.value for each, s in zip(rows, shares, strict=True)) / masses[name]
            for name, shares in shared.items()
            if masses[name] > 0.0
        },
    }


def platform(rows: Sequence[Contribution], shares: Sequence[float], output: Output) -> dict[str, float] | None:
    """The four figures of the Japanese traceability platform, kgCO2e per kg as sold; None without mass.

    Own: raw-material stage and production stage of this plant (preparation of the feed by usual figures with it).
    Component: what suppliers declare for traced inputs, in the same two stages. The mapping is our reading.
    """
    if output.mass <= 0.0:
        return None
    found = {"preProduction": [0.0], "mainProduction": [0.0], "preComponent": [0.0], "mainComponent": [0.0]}
    for each, share in zip(rows, shares, strict=True):
        stage = "pre" if each.activity.stage == "raw_material" else "main"
        if each.activity.stage in _DISTRIBUTION:
            continue
        whose = "Component" if each.activity.factor.startswith(DECLARED) else "Production"
        found[f"{stage}{whose}"].append(share * each.value)
    return {name: fsum(values) / output.mass for name, values in found.items()}


def sensitivities(made: Reckoned, scenario: Scenario, books: Books) -> dict[str, Any]:
    """Other grids, each factor over its range, each reagent 10 % less and more; totals of the plant, kgCO2e."""
    rows, place = made.found[CLIMATE], grid_factor(scenario.text("grid"))
    base = fsum(each.value for each in rows)
    grids = {}
    for each in practice().named.values():
        if each.grid is not None:
            factor = books.factor(grid_factor(each.grid), CLIMATE, "kWh")
            total = fsum(row.value for row in with_grid(rows, place, factor))
            grids[each.grid] = {"total": total, "change": total - base}
    return {
        "grids": grids,
        "factors": [{**asdict(bar), "span": bar.span} for bar in sensitivity.tornado(rows)[:_BARS]],
        "doses": [{**asdict(bar), "span": bar.span} for bar in sensitivity.doses(rows)[:_BARS]],
    }


def carbon_of(
    made: Reckoned, output: Output, shares: Sequence[float], scenario: Scenario, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Fossil and biogenic parts and the carbon in the product, all per kg as sold; None without mass.

    Carbon dioxide of feeds named ``biogenic`` is in the total (a figure without uptake) and told apart. Land use is in
    no factor here. Carbonate carbon that ends in the product is not emitted here but is in the product.
    """
    if output.mass <= 0.0:
        return {"fossil": None}
    rows = made.found[CLIMATE]
    living = [s * each.value for each, s in zip(rows, shares, strict=True) if _biogenic(each, scenario)]
    whole = fsum(s * each.value for each, s in zip(rows, shares, strict=True))
    biogenic = fsum(living)
    return {
        "fossil": {
            "fossil": (whole - biogenic) / output.mass, "biogenic": biogenic / output.mass, "land_use": None,
            "carbon_content": carbon_content(output, data),
        }
    }  # fmt: skip


def _biogenic(each: Contribution, scenario: Scenario) -> bool:
    kind, feed = each.activity.kind, each.activity.flow.rpartition(" of ")[2]
    return kind == "process" and feed in scenario.choices.biogenic


def carbon_content(output: Output, data: Mapping[str, Any]) -> float | None:
    """Kg C per kg of product: of its stream in a result, else of its compound; None of neither."""
    stream = data.get("products", {}).get(output.name, {}).get("stream")
    if stream is not None and output.mass > 0.0:
        return float(data["streams"][stream]["elements_kg_h"].get(CARBON, 0.0)) / output.mass
    if output.compound is None:
        return None
    found = species(output.compound)
    return found.elements.get(CARBON, 0.0) * atomic_mass(CARBON) / found.molar_mass
