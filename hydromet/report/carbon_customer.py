"""What a customer may see of a footprint: figures by stage, quality, completeness; nothing a recipe follows from.

Left out because something confidential could be reckoned back from it: amounts, contributions and factors (doses),
kinds of activity (electricity over the factor of a grid is kWh), other grids and market-based electricity (their
difference is kWh again), the avoided burden (masses of co-products), allocations other than the chosen one (their
ratios are ratios of prices and masses), water and energy where few factors count (three sums over the same few amounts,
whose factors are public, are equations for them), shares of the plant and masses per hour (output), names of units,
streams, reagents, feeds and by-products. A stage that rests on too few flows is shown together with production. Shares
of the figure (primary data, weak factors) are whole percent: one activity may be all there is behind them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.breakdown import sums
from hydromet.assess.carbon.shapes import INDICATORS
from hydromet.assess.exports.footprint import CLIMATE, CUT_OFF, simulated
from hydromet.report.carbon_read import is_unverified, lines, resting_on, weak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.carbon.shapes import Indicator, Output
    from hydromet.assess.exports.footprint import Footprint

FORMAT = "hydromet-carbon-customer/1"
APPROACHES = (CUT_OFF, "cff")
PRODUCTION = "production"
# Warning -> the approach it throws doubt on.
_DOUBTS = {"W793": "cff"}
# Own logistics: distance and mode are the customer's own business, and no recipe.
_ALWAYS = ("distribution",)
# A stage of fewer different flows is not shown alone.
_FEWEST = 3
# Of fewer different factors, water and energy are not shown beside the climate.
_FEWEST_FACTORS = 8
# Digits of the figures: enough to add up, too few to search for a combination of amounts.
_DIGITS = 6
_HUNDRED = 100.0
_SPREAD = ("p2.5", "p50", "p97.5", "gsd")
_BOOK = ("id", "version", "licence", "sha256")
_BENCHMARK = ("route", "basis", "system", "year", "as_sold", "difference", "source", "locator", "grade", "verified")


def customer_data(made: Footprint, digest: str) -> dict[str, Any]:
    """The aggregated footprint of every product as plain data.

    Args:
        made: the footprint.
        digest: SHA-256 of the record it is taken from.
    """
    record = made.record
    scenario, method = record["scenario"], record["method"]
    return {
        "format": FORMAT,
        "record_sha256": digest,
        "simulated": simulated(record),
        "declared_unit": {"mass_kg": 1, "of": "product as sold"},
        "scenario": {key: scenario.get(key) for key in ("period", "geography", "year")},
        "method": {
            "approach": method["approach"], "allocation": method["allocation"], "boundary": method["boundary"],
            "gwp": method["gwp"], "indicators": method["indicators"],
        },
        "books": [{key: each[key] for key in _BOOK} for each in record["books"] if each["kind"] == "shipped"],
        "own_books": sum(each["kind"] != "shipped" for each in record["books"]),
        "completeness": _completeness(record.get("completeness") or {}),
        "weak_factors": len(weak(record)),
        # Parameters of the formula that were recalled.
        "unverified_approaches": sorted({_DOUBTS[w["code"]] for w in record["warnings"] if w["code"] in _DOUBTS}),
        "products": {name: _product(made, name) for name in made.products},
    }  # fmt: skip


def _completeness(found: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("exempted_percent", "excluded_mass", "excluded_energy", "excluded_climate")
    return {key: rounded(found.get(key)) for key in keys} | {"complete": found.get("complete")}


def _product(made: Footprint, name: str) -> dict[str, Any]:
    record, output = made.record["products"][name], made.product(name)
    method = made.record["method"]["allocation"]
    spread, quality = record.get("uncertainty") or {}, record.get("quality") or {}
    return {
        "compound": output.compound,
        "metals_kg_per_kg": {metal: rounded(kg / output.mass) for metal, kg in output.metals.items()},
        "figures": {
            indicator: {
                approach: _figure(found[method])
                for approach in APPROACHES
                if method in (found := record["figures"].get(indicator, {}).get(approach, {}))
            }
            for indicator in _indicators(made)
        },
        "by_stage": (shown := stages(made, output)),
        "stages_merged": [stage for stage in record["by_stage"] if stage not in shown],
        "uncertainty": {key: rounded(spread.get(key)) for key in _SPREAD} | {"samples": spread.get("samples")},
        "quality": {
            "DQR": _decimals(quality.get("DQR"), 1), "PDS": _decimals(quality.get("PDS"), 0),
        },
        "weak_percent": {mark: math.ceil(_HUNDRED * part) for mark, part in resting_on(made, name).items()},
        "fossil": _numbers(record.get("fossil")),
        "benchmarks": [
            {**{key: each[key] for key in _BENCHMARK}, "as_sold": _numbers(each["as_sold"]),
             "difference": [rounded(end) for end in each["difference"]], "unverified": is_unverified(each)}
            for each in record.get("benchmarks", ())
        ],
    }  # fmt: skip


def _indicators(made: Footprint) -> tuple[Indicator, ...]:
    """The climate alone where so few factors count that three sums over the same amounts would give the amounts."""
    used = {each.factor.id for each in made.contributions[CLIMATE] if each.value != 0.0}
    return INDICATORS if len(used) >= _FEWEST_FACTORS else (CLIMATE,)


def _figure(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "per_kg": rounded(found["per_kg"]), "per_kg_metal": _numbers(found["per_kg_metal"]),
        "per_kg_metals": rounded(found.get("per_kg_metals")),
    }  # fmt: skip


def stages(made: Footprint, output: Output) -> dict[str, float | None]:
    """Stage -> kg CO2e per kg of product; stages of too few flows are in ``production``."""
    rows = lines(made, output.name)
    values = sums([row.contribution for row in rows], "stage", [row.share for row in rows])
    flows: dict[str, set[str]] = {}
    for row in rows:
        if row.part != 0.0:
            flows.setdefault(row.contribution.activity.stage, set()).add(row.contribution.activity.flow)
    shown: dict[str, float] = {}
    for stage, value in values.items():
        alone = stage in _ALWAYS or len(flows.get(stage, ())) >= _FEWEST
        key = stage if alone else PRODUCTION
        shown[key] = shown.get(key, 0.0) + value
    return {stage: rounded(value / output.mass) for stage, value in shown.items()}


def _numbers(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if found is None else {k: rounded(v) if isinstance(v, float) else v for k, v in found.items()}


def _decimals(found: Mapping[str, Any] | None, places: int) -> dict[str, Any] | None:
    """To so many decimals: a share of one activity, times the figure, over its factor, would be its dose."""
    return None if found is None else {k: round(v, places) if isinstance(v, float) else v for k, v in found.items()}


def rounded(value: float | None) -> float | None:
    """To six significant digits."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")
