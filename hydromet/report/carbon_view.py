"""What ``hydromet show RESULT carbon`` prints: figures by method, what they are made of, how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.allocation import METHODS
from hydromet.assess.carbon.benchmarks import CHANGE
from hydromet.assess.carbon.breakdown import breakdown
from hydromet.assess.exports.footprint import CLIMATE, CUT_OFF, footprint
from hydromet.locale import pick, tr
from hydromet.report import carbon_words as words
from hydromet.report.carbon_read import PROXY, RECALLED, by_grid, is_unverified, resting_on
from hydromet.report.carbon_read import weak as marked
from hydromet.report.carbon_summary import bought
from hydromet.report.layout import number, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydromet.assess.exports.footprint import Footprint

# Activities named as the largest.
_MOST = 15
# Bars of a sensitivity that are printed.
_BARS = 8
# Weak factors are named together, not warning by warning.
_WEAK = "W772"


def view(record: Mapping[str, Any], language: str = "en") -> str:
    """Every table of a footprint.

    Args:
        record: of format ``hydromet-carbon/1``.
        language: ``en``, ``ja`` or ``both``.

    Raises:
        ExportError: E966, its figures do not follow from its rows.
    """
    made = footprint(record)
    parts = (
        head, methods, per_metal, by_stage, by_kind, top, water_and_energy, uncertainty, quality, completeness,
        benchmarks, contract, grids, doses, factors, weak,
    )  # fmt: skip
    return "\n\n".join(text for part in parts if (text := part(made, language)))


def head(made: Footprint, language: str) -> str:
    """What was reckoned and how."""
    record, h = made.record, words.headings(language)
    scenario, method = record["scenario"], record["method"]
    chosen = [
        words.boundaries_of(language).get(method["boundary"], method["boundary"]),
        words.approaches(language).get(method["approach"], method["approach"]),
        f"{h['allocation']}: {words.allocations(language).get(method['allocation'], method['allocation'])}",
    ]
    return "\n".join((
        pick(record["title"], language),
        f"  {scenario['name']}: {scenario['grid']}, {scenario['heat']}; {h['reference']} {record['reference']}",
        f"  {'; '.join(chosen)}",
    ))  # fmt: skip


def _methods_of(made: Footprint) -> list[str]:
    """Allocations that any product has, in the order of ``METHODS``."""
    found = {
        method
        for product in made.products
        for methods in made.record["products"][product]["figures"][CLIMATE].values()
        for method in methods
    }
    return [method for method in METHODS if method in found]


def _side_by_side(made: Footprint, title: str, language: str, rows: list[list[str]]) -> str:
    heads = [title, tr("approach", language), *(words.allocations(language).get(m, m) for m in _methods_of(made))]
    return table(heads, rows, left=2, indent="")


def methods(made: Footprint, language: str) -> str:
    """Product and approach by allocation, per kg of product."""
    rows = []
    for name, approach, figures in _figures(made):
        shown = [number(figures[m]["per_kg"]) if m in figures else "" for m in _methods_of(made)]
        rows.append([name, words.approaches(language).get(approach, approach), *shown])
    return _side_by_side(made, tr("kgCO2e/kg of product", language), language, rows)


def per_metal(made: Footprint, language: str) -> str:
    """The same per kg of contained metal."""
    rows = []
    for name, approach, figures in _figures(made):
        metals = list(dict.fromkeys(metal for each in figures.values() for metal in words.by_metal(each)))
        for metal in metals:
            shown = [number(words.by_metal(figures[m]).get(metal)) if m in figures else "" for m in _methods_of(made)]
            rows.append([f"{metal} ({name})", words.approaches(language).get(approach, approach), *shown])
    return _side_by_side(made, tr("kgCO2e/kg of metal", language), language, rows) if rows else ""


def _figures(made: Footprint) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for product in made.products:
        found = made.record["products"][product]["figures"][CLIMATE]
        for approach in words.approaches("en"):
            if approach in found:
                yield product, approach, found[approach]


def by_stage(made: Footprint, language: str) -> str:
    """Life-cycle stages by product."""
    return _grouped(made, "by_stage", tr("By stage, kgCO2e/kg", language), words.stages(language), language)


def by_kind(made: Footprint, language: str) -> str:
    """Kinds of activity by product."""
    return _grouped(made, "by_kind", tr("By kind, kgCO2e/kg", language), words.kinds(language), language)


def _grouped(made: Footprint, key: str, title: str, named: Mapping[str, str], language: str) -> str:
    products = made.products
    parts = {name: made.record["products"][name][key] for name in products}
    groups = list(dict.fromkeys(group for each in parts.values() for group in each))
    whole = made.record["totals"][CLIMATE]
    rows = []
    for group in groups:
        shown = [number(parts[name].get(group, 0.0) / products[name].mass) for name in products]
        plant = sum(each.get(group, 0.0) for each in parts.values())
        rows.append([named.get(group, group), *shown, percent(plant / whole if whole else None, 3)])
    totals = [number(sum(parts[name].values()) / products[name].mass) for name in products]
    rows.append([tr("total", language), *totals, ""])
    return table([title, *products, tr("share of the plant", language)], rows, indent="")


def top(made: Footprint, language: str) -> str:
    """The largest activities of the plant with their cumulative share."""
    unit = made.record["method"]["indicators"][CLIMATE]
    parts = breakdown(made.contributions[CLIMATE], top=_MOST)
    rows = [[part.name, number(part.value), percent(part.share, 3), percent(part.cumulative, 3)] for part in parts]
    heads = [
        tr("Largest contributions", language), f"{unit} / {made.record['reference']}", tr("share", language),
        tr("cumulative", language),
    ]  # fmt: skip
    return table(heads, rows, indent="")


def water_and_energy(made: Footprint, language: str) -> str:
    """Water use and cumulative energy demand, cut-off, per kg of product and of metal."""
    method, units = made.record["method"]["allocation"], made.record["method"]["indicators"]
    names = {"water": tr("water use", language), "energy": tr("cumulative energy demand", language)}
    rows = []
    for product in made.products:
        for indicator, name in names.items():
            found = made.record["products"][product]["figures"].get(indicator, {}).get(CUT_OFF, {}).get(method)
            if found is not None:
                metals = ", ".join(f"{number(v)}/kg {e}" for e, v in words.by_metal(found).items())
                rows.append([product, name, units[indicator], number(found["per_kg"]), metals])
    heads = [tr("Water and energy", language), "", tr("unit of measure", language), tr("per kg", language),
             tr("per kg of metal", language)]  # fmt: skip
    return table(heads, rows, left=3, indent="") if rows else ""


def uncertainty(made: Footprint, language: str) -> str:
    """Spread of each figure by Monte Carlo."""
    keys = ("nominal", "p2.5", "p50", "p97.5", "gsd")
    rows = [
        [product, *(number(found.get(key)) for key in keys), str(found.get("samples", ""))]
        for product in made.products
        if (found := made.record["products"][product].get("uncertainty"))
    ]
    heads = [tr("Uncertainty, kgCO2e/kg", language), tr("figure", language), "2.5 %", "50 %", "97.5 %", "GSD",
             tr("samples", language)]  # fmt: skip
    return table(heads, rows, indent="") if rows else ""


def quality(made: Footprint, language: str) -> str:
    """Data-quality ratings and primary data shares."""
    rows = []
    for product in made.products:
        found = made.record["products"][product].get("quality") or {}
        rating, primary = found.get("DQR"), found.get("PDS")
        if rating is not None and primary is not None:
            shown = [number(rating[key], 3) for key in ("TeR", "GeR", "TiR", "overall")]
            rows.append([product, *shown, number(primary["pact"], 3), number(primary["catena_x"], 3)])
    heads = [tr("Data quality (1 best to 5)", language), "TeR", "GeR", "TiR", tr("overall", language),
             tr("primary data (PACT), %", language), tr("primary data (Catena-X), %", language)]  # fmt: skip
    return table(heads, rows, indent="") if rows else ""


def completeness(made: Footprint, language: str) -> str:
    """What is left out, and whether the criteria are met."""
    found, excluded = made.record.get("completeness"), made.record.get("excluded", {})
    if not found:
        return ""
    h = words.headings(language)
    verdict = h["complete"] if found["complete"] else h["incomplete"]
    lines = [f"{h['completeness']}: {verdict} {h['exempted']} {number(found['exempted_percent'], 3)} %"]
    lines += [f"  {name}: {number(each['kg'], 3)} kg, {each['reason']}" for name, each in excluded.items()]
    return "\n".join(lines)


def benchmarks(made: Footprint, language: str) -> str:
    """Published figures beside each product, on its basis; what was not read again is marked."""
    rows = []
    for product in made.products:
        for each in made.record["products"][product].get("benchmarks", ()):
            mark = tr("not verified", language) if is_unverified(each) else each["verified"]
            published = f"{_range(each['as_sold'])}{' %' if each['basis'] == CHANGE else ''}"
            rows.append([product, each["route"], each["system"], published, _ends(each["difference"]),
                         f"{each['source']}: {mark}"])  # fmt: skip
    heads = [tr("Published figures beside", language), tr("route", language), tr("system", language), "kgCO2e/kg",
             tr("difference, %", language), tr("source", language)]  # fmt: skip
    return table(heads, rows, left=3, indent="") if rows else ""


def _range(found: Mapping[str, float]) -> str:
    return _ends((found["low"], found["high"]))


def _ends(found: Sequence[float]) -> str:
    low, high = (number(each, 3) for each in found)
    return low if low == high else f"{low} … {high}"


def contract(made: Footprint, language: str) -> str:
    """Electricity of the place and of the contract, where one is stated."""
    return bought(made.record, language)


def grids(made: Footprint, language: str) -> str:
    """Each product with the electricity of other grids."""
    found = {product: by_grid(made, product) for product in made.products}
    names = list(dict.fromkeys(name for each in found.values() for name in each))
    own = made.record["scenario"]["grid"]
    rows = [[f"{name} *" if name == own else name, *(number(each[name]) for each in found.values())] for name in names]
    return table([tr("With another grid, kgCO2e/kg", language), *found], rows, indent="") if rows else ""


def doses(made: Footprint, language: str) -> str:
    """The plant with each reagent 10 % less and more, its chemistry as it is."""
    return _bars(made, "doses", tr("Each reagent less and more by a tenth", language), language)


def factors(made: Footprint, language: str) -> str:
    """The plant with each factor at either end of its range, longest bar first."""
    return _bars(made, "factors", tr("Each factor at the ends of its range", language), language)


def _bars(made: Footprint, name: str, title: str, language: str) -> str:
    bars, total = made.record.get("sensitivity", {}).get(name, ()), made.record["totals"][CLIMATE]
    rows = [
        [each["name"], number(each["low"]), number(each["high"]),
         *(f"{100.0 * (each[end] / total - 1.0):+.2g} %" if total else "" for end in ("low", "high"))]
        for each in bars[:_BARS]
    ]  # fmt: skip
    unit = f"kgCO2e / {made.record['reference']}"
    heads = [f"{title}, {unit}", tr("low", language), tr("high", language), "", ""]
    return table(heads, rows, indent="") if rows else ""


def weak(made: Footprint, language: str) -> str:
    """What part of each product rests on weak factors, and which they are."""
    h, record = words.headings(language), made.record
    rows = []
    for product in made.products:
        found = resting_on(made, product)
        rows.append([product, percent(found["proxy"], 3), percent(found["unverified"], 3)])
    shown = table([h["weak"], h["proxy"], h["unverified"]], rows, indent="")
    marks = {mark: sorted(name for name, each in marked(record).items() if each == mark) for mark in (PROXY, RECALLED)}
    lines = [f"  {h[mark]}: {', '.join(names)}" for mark, names in marks.items() if names]
    told = [each for each in record.get("warnings", ()) if each["code"] != _WEAK]
    lines += [f"  {each['code']} {each.get('where', '')}: {each['text']}" for each in told]
    return "\n".join([shown, *lines])
