"""The record of a footprint: every activity, factor, contribution and figure as plain data.

From a figure to its source in two steps: ``contributions.climate[ACTIVITY]`` names the activity, the activity its
``path`` in the result and its ``factor``, and ``factors[FACTOR]`` has source, locator, book and licence.
"""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from hashlib import sha256
from math import fsum
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon import benchmarks, completeness, quality, uncertainty
from hydromet.assess.carbon.book import FOLDER
from hydromet.assess.carbon.boundaries import boundaries
from hydromet.assess.carbon.breakdown import sums
from hydromet.assess.carbon.figures import CLIMATE, figures, reckon, with_credits
from hydromet.assess.carbon.impact import contributions, gaps
from hydromet.assess.carbon.notices import notices
from hydromet.assess.carbon.shapes import INDICATORS, UNITS
from hydromet.assess.carbon.upstream import declarations, declared_ratings, declared_shares
from hydromet.assess.carbon.utilities import grid_factor
from hydromet.assess.carbon.views import carbon_of, electricity, platform, sensitivities
from hydromet.datafiles import names, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydromet.assess.carbon.allocation import Method
    from hydromet.assess.carbon.book import Books
    from hydromet.assess.carbon.boundaries import Boundary
    from hydromet.assess.carbon.figures import Reckoned
    from hydromet.assess.carbon.scenario import Scenario
    from hydromet.assess.carbon.shapes import Contribution, Indicator, Inventory, Output

FORMAT = "hydromet-carbon/1"
_UNVERIFIED = "no"
_CHOICES = ("grid", "heat", "cooling", "books", "boundary", "allocation", "approach")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def record(
    inventory: Inventory, scenario: Scenario, books: Books, defaults: Mapping[str, str], data: Mapping[str, Any]
) -> dict[str, Any]:
    """The footprint of an inventory under a scenario.

    Args:
        inventory: activities and outputs.
        scenario: the choices.
        books: the factors.
        defaults: what of the inventory was taken from the usual practice.
        data: the result it is of, or what stands for it in a case.

    Raises:
        FootprintError, UserErrors: E770 to E799.
    """
    use = place_of_use(scenario, books)
    found: dict[Indicator, tuple[Contribution, ...]] = {
        indicator: contributions(inventory, books, indicator, use, declared_ratings(scenario))
        for indicator in INDICATORS
    }
    made = reckon(with_credits(inventory), found, scenario, books)
    scenario, defaults = _possible(made, scenario, defaults)
    missing = gaps(inventory, books)
    checked = completeness.check(inventory, found[CLIMATE])
    products, doubts = _products(made, scenario, data)
    climate = found[CLIMATE]
    return {
        "format": FORMAT,
        "title": data.get("title", ""),
        "reference": inventory.reference,
        "feed_kg": inventory.feed,
        "scenario": _scenario(scenario, defaults, use),
        "books": [head.as_dict() for head in books.heads],
        "method": _method(scenario, made),
        "activities": [asdict(each) for each in inventory.activities],
        "factors": _factors(found),
        "contributions": {i: {each.activity.id: each.value for each in rows} for i, rows in found.items()},
        "totals": {i: fsum(each.value for each in rows) for i, rows in found.items()},
        "gaps": {indicator: names for indicator, names in missing.items() if names},
        "by_stage": sums(climate, "stage"),
        "by_kind": sums(climate, "kind"),
        "by_unit": sums(climate, "unit"),
        "outputs": {each.name: asdict(each) for each in made.inventory.outputs},
        "products": products,
        **electricity(made, scenario, books),
        "upstream": {
            "declared": declarations(scenario, _fed(data)),
            "upstream": fsum(each.value for each in climate if each.activity.kind == "upstream"),
            "own": fsum(each.value for each in climate if each.activity.kind != "upstream"),
        },
        "excluded": {name: {"kg": kg, "reason": why} for name, (kg, why) in inventory.excluded.items()},
        "completeness": {**asdict(checked), "complete": checked.complete},
        "sensitivity": sensitivities(made, scenario, books),
        "warnings": _warnings(found, books, missing, scenario.choices.market, {
            "completeness": checked.notices, "method": [*doubts, *made.price_notices], "inventory": inventory.doubts,
            "products": list(_without_metal(made, scenario)),
        }),
        "unverified": sorted({each.factor.id for each in climate if _weak(each)}),
        "provenance": _provenance(),
    }  # fmt: skip


def _provenance() -> dict[str, Any]:
    """Version, and hashes of the tables that the usual practice and the methods stand in; the books have their own."""
    from hydromet import __version__

    files = [f"{FOLDER}/{name}" for name in names(FOLDER) if not name.startswith("hydromet-")]
    return {
        "hydromet": __version__,
        "data_sha256": {file: sha256(read_text(file).encode()).hexdigest() for file in files},
    }


def _possible(made: Reckoned, scenario: Scenario, defaults: Mapping[str, str]) -> tuple[Scenario, Mapping[str, str]]:
    """The usual allocation, or where nobody asked for it and the products do not allow it, the first they do."""
    chosen, can = scenario.choices.allocation, made.shared[CLIMATE]
    if chosen in can:
        return scenario, defaults
    other = next(method for method in ("mass", "economic", "subdivision") if method in can)
    told = f"{other}, because {chosen} is impossible: {made.impossible[str(chosen)]}"
    choices = scenario.choices.model_copy(update={"allocation": other})
    return replace(scenario, choices=choices), {**defaults, "allocation": told}


def _without_metal(made: Reckoned, scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Outputs that the key of metal mass gives nothing of the burden, beside others that share it."""
    shared = made.shared[CLIMATE].get("metal_mass")
    if scenario.choices.allocation != "metal_mass" or shared is None:
        return
    for each in made.inventory.outputs:
        if each.allocated and not any(shared[each.name]):
            yield "W782", f"{each.name}: none of the metals that count is in it"


def _weak(each: Contribution) -> bool:
    return each.factor.verified == _UNVERIFIED


def _fed(data: Mapping[str, Any]) -> dict[str, float]:
    from hydromet.assess.carbon.upstream import dry_mass

    return {name: dry_mass(each) for name, each in data.get("feeds", {}).items() if "mass_kg_h" in each}


def place_of_use(scenario: Scenario, books: Books) -> tuple[str, int | None]:
    """Where and when the factors are used: the area of the grid; the last year of the period, else the grid's."""
    grid = books.factor(grid_factor(scenario.text("grid")), CLIMATE)
    text = max(_YEAR.findall(scenario.choices.period), default=grid.year)
    return grid.geography, int(text) if text.isdigit() else None


def _scenario(scenario: Scenario, defaults: Mapping[str, str], use: tuple[str, int | None]) -> dict[str, Any]:
    choices = scenario.choices
    usual = {name: getattr(choices, name) for name in _CHOICES if name not in scenario.stated}
    return {
        "name": scenario.name, "title": choices.title, "grid": choices.grid, "market_grid": choices.market,
        "heat": choices.heat, "cooling": choices.cooling, "losses": choices.losses, "period": choices.period,
        "geography": use[0], "year": use[1],
        "defaults": {**{k: list(v) if isinstance(v, tuple) else v for k, v in usual.items()}, **defaults},
    }  # fmt: skip


def _method(scenario: Scenario, made: Reckoned) -> dict[str, Any]:
    return {
        "approach": scenario.choices.approach, "allocation": scenario.choices.allocation,
        "boundary": scenario.choices.boundary, "impossible": dict(made.impossible),
        "boundaries": {name: _boundary(each) for name, each in boundaries().items()},
        "gwp": sorted({each.factor.gwp or "unstated" for each in made.found[CLIMATE]}), "indicators": dict(UNITS),
    }  # fmt: skip


def _boundary(each: Boundary) -> dict[str, Any]:
    """What a method takes in and leaves out, in its own words."""
    return {"title": dict(each.title), "included": dict(each.included), "excluded": dict(each.excluded),
            "source": each.source, "verified": each.verified}  # fmt: skip


def _factors(found: Mapping[Indicator, Sequence[Contribution]]) -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = {}
    for indicator, rows in found.items():
        for each in rows:
            table.setdefault(each.activity.factor, {})[indicator] = asdict(each.factor)
    return dict(sorted(table.items()))


def _products(
    made: Reckoned, scenario: Scenario, data: Mapping[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    method = scenario.choices.allocation or "metal_mass"
    rows, shared = made.found[CLIMATE], made.shared[CLIMATE][method]
    setting = scenario.choices.uncertainty
    spreads = {
        indicator: uncertainty.monte_carlo(made.found[indicator], by_method[method], setting.samples, setting.seed)
        for indicator, by_method in made.shared.items()
    }
    table: dict[str, Any] = {}
    met: list[tuple[str, str]] = []
    for output in made.inventory.outputs:
        if not output.allocated:
            continue
        shares = shared[output.name]
        found, doubts = figures(made, output, scenario)
        met += doubts
        per_kg = found[CLIMATE]["cut_off"][method]["per_kg"]
        table[output.name] = {
            "mass_kg": output.mass, "metals_kg": dict(output.metals), "compound": output.compound, "figures": found,
            "by_stage": sums(rows, "stage", shares), "by_kind": sums(rows, "kind", shares),
            "by_unit": sums(rows, "unit", shares), "by_activity": sums(rows, "activity", shares),
            "upstream": {"upstream": _part(rows, shares, upstream=True), "own": _part(rows, shares, upstream=False)},
            "platform": platform(rows, shares, output),
            "uncertainty": _spread(spreads[CLIMATE][output.name].record(), output),
            "by_indicator": {
                indicator: _of_indicator(made, indicator, method, output, spread[output.name])
                for indicator, spread in spreads.items()
                if indicator != CLIMATE
            },
            "quality": _quality(rows, shares, declared_shares(scenario)),
            "benchmarks": [each.record() for each in benchmarks.beside(output, per_kg)] if per_kg is not None else [],
            **carbon_of(made, output, shares, scenario, data),
        }  # fmt: skip
    return table, list(dict.fromkeys(met))


def _of_indicator(
    made: Reckoned, indicator: Indicator, method: Method, output: Output, spread: uncertainty.Spread
) -> dict[str, Any]:
    """Water or energy of one product with the rigour of the climate: parts, spread per kg, quality of the factors."""
    rows, shares = made.found[indicator], made.shared[indicator][method][output.name]
    rated = quality.rating(rows, shares)
    return {
        "by_stage": sums(rows, "stage", shares), "by_kind": sums(rows, "kind", shares),
        "by_unit": sums(rows, "unit", shares), "uncertainty": _spread(spread.record(), output),
        "DQR": None if rated is None else rated.overall,
        "unverified": sorted({each.factor.id for each in rows if _weak(each)}),
    }  # fmt: skip


def _part(rows: Sequence[Contribution], shares: Sequence[float], *, upstream: bool) -> float:
    pairs = zip(rows, shares, strict=True)
    return fsum(share * each.value for each, share in pairs if (each.activity.kind == "upstream") == upstream)


def _spread(found: Mapping[str, Any], output: Output) -> dict[str, Any]:
    """The spread per kg as sold; what is no figure of the indicator stays."""
    plain = ("gsd", "samples", "seed", "first_order_gsd", "moments_gsd")
    mass = output.mass
    per_kg = {k: v if k in plain or v is None or mass <= 0.0 else v / mass for k, v in found.items()}
    return {"per": "kg", **per_kg}


def _quality(rows: Sequence[Contribution], shares: Sequence[float], stated: Mapping[str, float]) -> dict[str, Any]:
    rated, share = quality.rating(rows, shares), quality.primary_share(rows, shares)
    apart = quality.ratings_of_processing(rows, shares)
    # Of a declared footprint only the part that its supplier says rests on primary data.
    sizes = [abs(s * each.value) for each, s in zip(rows, shares, strict=True)]
    lost = fsum(
        size * (1.0 - stated[each.factor.id])
        for size, each in zip(sizes, rows, strict=True)
        if each.factor.id in stated
    )
    secondary = 100.0 * lost / fsum(sizes) if share is not None else 0.0
    return {
        "DQR": None if rated is None else {"TeR": rated.technological, "GeR": rated.geographical, "TiR": rated.time,
                                           "overall": rated.overall, "level": rated.level},
        "processing": {k: None if v is None else v.ouranos() for k, v in apart.items()},
        "PDS": None if share is None else {"pact": max(share.pact - secondary, 0.0), "catena_x": share.catena_x},
    }  # fmt: skip


def _warnings(
    found: Mapping[Indicator, Sequence[Contribution]], books: Books, missing: Mapping[Indicator, Sequence[str]],
    contract: str | None, doubts: Mapping[str, Sequence[tuple[str, str]]],
) -> list[dict[str, str]]:  # fmt: skip
    told = [{"code": code, "where": w, "text": text} for w, pairs in doubts.items() for code, text in pairs]
    told += [
        {"code": "W780", "where": indicator, "text": f"{len(names)} activities have no factor for {indicator}: "
                                                     f"{', '.join(names[:3])}"}
        for indicator, names in missing.items()
        if names
    ]  # fmt: skip
    bought = notices([books.factor(contract, CLIMATE)]) if contract is not None else []
    used = notices(each.factor for rows in found.values() for each in rows)
    return [*used, *(each for each in bought if each not in used), *books.replaced(), *told]
