"""Every figure of a product: three indicators, three approaches, all allocations, from one set of contributions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import fsum
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon import approaches
from hydromet.assess.carbon.allocation import credits_of, expanded, matrix, shares
from hydromet.assess.carbon.benchmarks import FILE, primary
from hydromet.assess.carbon.prices import notices, priced, prices
from hydromet.assess.carbon.shapes import Factor
from hydromet.errors import FootprintError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.carbon.allocation import Key, Matrix, Method
    from hydromet.assess.carbon.book import Books
    from hydromet.assess.carbon.scenario import Scenario
    from hydromet.assess.carbon.shapes import Contribution, Indicator, Inventory, Output

METHODS: tuple[Method, ...] = ("metal_mass", "economic", "subdivision", "mass")
CLIMATE: Indicator = "climate"
CUT_OFF, CFF, AVOIDED, EXPANDED = "cut_off", "cff", "avoided_burden", "system_expansion"
_PRIMARY = "primary."


@dataclass(frozen=True)
class Reckoned:
    """Contributions with the shares of every allocation that is possible.

    Attributes:
        inventory: outputs with their prices and credits. found: indicator -> contributions.
        shared: indicator -> allocation -> shares. impossible: allocation or approach -> why it has no figure.
        credits: factors of primary products. price_notices: code and text of what prices have to say.
    """

    inventory: Inventory
    found: Mapping[Indicator, tuple[Contribution, ...]]
    shared: Mapping[Indicator, Mapping[Method, Matrix]]
    impossible: Mapping[str, str]
    credits: Mapping[str, Factor]
    price_notices: tuple[tuple[str, str], ...] = ()


def reckon(
    inventory: Inventory, found: Mapping[Indicator, tuple[Contribution, ...]], scenario: Scenario, books: Books
) -> Reckoned:
    """All shares, once for all figures.

    An allocation that the outputs do not allow (no metal, no price) is told as impossible; the one that the scenario
    asks for has to be possible.

    Raises:
        FootprintError: E790 to E795 of the allocation asked for; E770, E771 of a credit.
    """
    filled = priced(inventory, prices())
    shared: dict[Indicator, dict[Method, Matrix]] = {indicator: {} for indicator in found}
    impossible: dict[str, str] = {}
    for method in METHODS:
        try:
            for indicator, rows in found.items():
                shared[indicator][method] = matrix(filled, rows, method)
        except FootprintError as error:
            if method == scenario.choices.allocation and "allocation" in scenario.stated:
                raise
            impossible[method] = f"{error.code}: {error.read}"
    told = notices(inventory, filled, prices())
    return Reckoned(filled, found, shared, impossible, _credits(filled, books), told)


def _credits(inventory: Inventory, books: Books) -> dict[str, Factor]:
    """Factors of the primary products that outputs name as credits."""
    return {
        each.credit: books.factor(each.credit, CLIMATE, "kg")
        for each in inventory.outputs
        if each.credit and not each.credit.startswith(_PRIMARY)
    } | {each.credit: _primary_of(each) for each in inventory.outputs if each.credit.startswith(_PRIMARY)}


def _primary_of(output: Output) -> Factor:
    """The primary product as a factor per kg as sold, from the published figures per kg of metal."""
    ev, metals = primary(), approaches.main_metals(output)
    missing = sorted(set(metals) - set(ev))
    if missing or not output.mass > 0.0:
        raise FootprintError(
            "E797", read=f"{output.name}: no primary figure for {', '.join(missing)}",
            expected=f"one of {', '.join(sorted(ev))}", write="credits: {nickel_sulfate: my.primary}",
        )  # fmt: skip
    value = fsum(ev[metal] * mass for metal, mass in metals.items()) / output.mass
    return Factor(
        f"{_PRIMARY}{output.name}", CLIMATE, value, "kg", f"primary production of what {output.name} holds", "GLO",
        "2022", "cradle-to-gate", "AR6 GWP100", "everbatt_2023", f"{FILE}, rows marked as default", "-", "measured",
        "yes", 1.3, proxy=False, quality=(3.0, 3.0, 3.0), book="benchmarks",
    )  # fmt: skip


def with_credits(inventory: Inventory) -> Inventory:
    """Products without a credit of their own stand for the primary production of their metals, where it is known."""
    from dataclasses import replace

    ev = primary()
    outputs = tuple(
        replace(each, credit=f"{_PRIMARY}{each.name}")
        if each.allocated and not each.credit and each.metals and set(approaches.main_metals(each)) <= set(ev)
        else each
        for each in inventory.outputs
    )
    return replace(inventory, outputs=outputs)


def figures(made: Reckoned, output: Output, scenario: Scenario) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Indicator -> approach -> allocation -> total, per kg, per kg of metal; and doubts of the formula.

    Cut-off for every indicator; the circular footprint formula, the avoided burden and, where a by-product has a
    credit, system expansion for the climate, the one indicator for which primary production is published here.
    """
    table: dict[str, Any] = {}
    doubts: list[tuple[str, str]] = []
    for indicator, methods in made.shared.items():
        rows = made.found[indicator]
        cut = {m: approaches.cut_off(rows, shared)[output.name] for m, shared in methods.items()}
        table[indicator] = {CUT_OFF: {m: _figure(total, output) for m, total in cut.items()}}
        if indicator == CLIMATE:
            circular, doubts = _circular(cut, output, scenario)
            table[indicator] |= circular | _avoided(made, output) | _expanded(made, output, cut)
    return table, doubts


def _figure(total: float, output: Output) -> dict[str, Any]:
    return asdict(approaches.figure(total, output))


def _circular(
    cut: Mapping[Method, float], output: Output, scenario: Scenario
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The formula on each cut-off figure, with its terms per kg of metal; nothing for a product without known metal."""
    metals, ev = {name for name, mass in output.metals.items() if mass > 0.0}, primary()
    if not metals or not metals <= set(ev):
        return {}, []
    try:
        setting = approaches.defaults("battery_metals", **scenario.choices.cff.get(output.name, {}))
    except FootprintError as error:
        raise error.at(scenario.place("cff", output.name)) from None
    found = {}
    for method, total in cut.items():
        terms = approaches.cff_of_product(total, output, ev, setting)
        found[method] = {
            **_figure(approaches.cff_total(terms, output), output),
            "terms": {metal: {**asdict(each), "total": each.total} for metal, each in terms.items()},
            "parameters": asdict(setting),
        }
    return {CFF: found}, list(approaches.doubts(setting))


def _avoided(made: Reckoned, output: Output) -> dict[str, Any]:
    rows = made.found[CLIMATE]
    return {
        AVOIDED: {
            method: _figure(approaches.avoided_burden(made.inventory, rows, made.credits, method)[output.name], output)
            for method in made.shared[CLIMATE]
        }
    }


def _expanded(made: Reckoned, output: Output, cut: Mapping[Method, float]) -> dict[str, Any]:
    """System expansion: the products share the credits of by-products that carry nothing; nothing without a credit."""
    given = credits_of(made.inventory, made.credits)
    if not given:
        return {}
    found = {}
    for method, total in cut.items():
        usual: Key = "metal_mass" if "metal_mass" in cut else "mass"
        common = shares(made.inventory, usual if method == "subdivision" else method)
        found[method] = _figure(expanded({output.name: total}, common, given)[output.name], output)
    return {EXPANDED: found}
