"""Pages of the evidence as HTML: a report page per product for both levels, the inventory for the auditor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from hydromet.assess.carbon.boundaries import FILE, boundary
from hydromet.assess.carbon.thresholds import thresholds
from hydromet.datafiles import read_yaml
from hydromet.locale import pick, tr
from hydromet.report import carbon_words as words
from hydromet.report.carbon_customer import customer_data
from hydromet.report.carbon_read import is_unverified, lines, weak
from hydromet.report.layout import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from hydromet.report.carbon_evidence import Evidence
    from hydromet.report.carbon_read import Line

METI = "meti_automotive_battery_v1_0"
_TOOLS = "hydromet.report"
_DIGITS = 6
_HUNDRED = 100.0


@dataclass(frozen=True)
class Stage:
    """A stage of the method: its name, kg CO2e per kg of product, and the stages of ISO 14067 that it holds."""

    title: str
    value: float | None
    parts: tuple[tuple[str, float], ...]


def digits(value: float | None) -> str:
    """A figure that can be added up: six significant digits."""
    return "" if value is None else f"{value:.{_DIGITS}g}"


def short(value: float | None) -> str:
    """A figure to read: four significant digits."""
    return "" if value is None else f"{value:.4g}"


def salt(compound: str) -> str:
    """A compound as it is written: ``NiSO4·6H2O``."""
    return compound.removesuffix("(s)").replace(":", "·") if compound.endswith("(s)") else compound


def share(value: float | None) -> str:
    """A share of one in percent."""
    return "" if value is None else f"{_HUNDRED * value:.2f} %"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader(_TOOLS, "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(digits=digits, short=short, share=share, salt=salt, number=number)
    return made


def _page(name: str, lang: str, *, design: bool, **values: Any) -> str:
    text = _environment().get_template(name).render(
        lang_tag="ja" if lang == "ja" else "en", h=words.headings(lang), pick=partial(pick, language=lang),
        stage_names=words.stages(lang), kind_names=words.kinds(lang), approach_names=words.approaches(lang),
        allocation_names=words.allocations(lang), boundary_names=words.boundaries_of(lang), terms=words.terms(lang),
        design=design, is_unverified=is_unverified, by_metal=words.by_metal, **values,
    )  # fmt: skip
    return text + "\n"


def customer_page(data: Mapping[str, Any], product: str, chain: Mapping[str, str], lang: str) -> str:
    """The report page of a product as a customer sees it; nothing but the aggregated data goes into it.

    Args:
        data: of ``carbon_customer.customer_data``.
        product: its name.
        chain: name -> SHA-256.
        lang: en, ja or both.
    """
    return _page("carbon_customer.html", lang, design=data["simulated"], chain=chain, **_report(data, product, lang))


def product_page(found: Evidence, product: str, lang: str) -> str:
    """The report page of a product as the auditor sees it: the same, then the allocation line by line."""
    made = found.made
    rows = lines(made, product)
    grouped: dict[str, list[Line]] = {}
    for row in rows:
        grouped.setdefault(row.contribution.activity.stage, []).append(row)
    record = made.record["products"][product]
    method = made.record["method"]["allocation"]
    return _page(
        "carbon_product.html", lang, design=found.simulated, record=made.record, own=record, grouped=grouped,
        marks=weak(made.record), stated=record["figures"]["climate"]["cut_off"][method], figures=found.figures,
        whole=sum(row.part for row in rows), method=method,
        chain={"record_sha256": found.digest, "source_sha256": found.source_sha256},
        **_report(customer_data(made, found.digest), product, lang),
    )  # fmt: skip


def inventory_page(found: Evidence, lang: str) -> str:
    """Every activity with its place, every factor with its source, outputs, completeness, files."""
    record = found.made.record
    return _page(
        "carbon_inventory.html", lang, design=found.simulated, record=record, found=found, marks=weak(record),
        title=f"{words.headings(lang)['inventory']} {found.source}", footer=found.digest[:16],
        cut_off=cut_off_rule(lang), defaults=record["scenario"]["defaults"],
    )  # fmt: skip


def _report(data: Mapping[str, Any], product: str, lang: str) -> dict[str, Any]:
    rule = boundary(METI)
    return {
        "title": f"{words.headings(lang)['report']} {product}", "footer": data["record_sha256"][:16],
        "data": data, "product": product, "p": data["products"][product], "rule": rule,
        "meti": meti_stages(data["products"][product], lang), "cut_off": cut_off_rule(lang),
        "left_out": [pick(text, lang) for text in rule.excluded.values()],
        "usual_database": read_yaml(FILE)[METI]["database"],
    }  # fmt: skip


def meti_stages(product: Mapping[str, Any], lang: str) -> tuple[Stage, ...]:
    """The stages of the METI method for automotive batteries; a stage without a figure is beyond the gate."""
    named, values = words.stages(lang), product["by_stage"]
    grouped: dict[str, list[str]] = {}
    for stage, text in boundary(METI).included.items():
        grouped.setdefault(pick(text, lang), []).append(stage)
    found = []
    for title, stages in grouped.items():
        parts = tuple((named.get(stage, stage), values[stage]) for stage in stages if stage in values)
        found.append(Stage(title, sum(value for _, value in parts) if parts else None, parts))
    return tuple(found)


def cut_off_rule(lang: str) -> str:
    """The criteria in words."""
    rule = tr("flows of {flow} percent of mass, energy or CO2e are in; {total} percent in all may be out", lang)
    limits = thresholds()
    return rule.format(flow=f"{_HUNDRED * limits['cut_off_flow']:g}", total=f"{_HUNDRED * limits['cut_off_total']:g}")
