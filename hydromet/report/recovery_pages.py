"""The documentation form and the certificates of lots as HTML: one file each, readable offline, ready to print."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.recycled import article_8
from hydromet.assess.eu_recovery.rules import rules
from hydromet.locale import BOTH, pick
from hydromet.report.recovery_form import COLUMNS
from hydromet.report.recovery_told import told
from hydromet.report.recovery_words import BLANK, headings, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

# Smaller than a gram a year is round-off.
_GRAM = 1e-6
_TOOLS = "hydromet.report"


def tonnes(value: float | None) -> str:
    """A mass of the form: three decimals, kilograms; empty if not taken into account."""
    if value is None:
        return ""
    return f"{0.0 if abs(value) < _GRAM else value:,.3f}"


def percent(value: float | None, digits: int = 2) -> str:
    """A rate of the form."""
    return "" if value is None else f"{value:.{digits}f} %"


def row_label(row: str) -> str:
    """A row as the form names it: ``O2`` for oxygen."""
    return str(rules().general["labels"].get(row, row))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader(_TOOLS, "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.filters.update(tonnes=tonnes, percent=percent, row_label=row_label)
    return made


def _page(name: str, lang: str, **values: Any) -> str:
    tag = "ja" if lang == "ja" else "en"
    page = _environment().get_template(name)
    text = page.render(
        lang_tag=tag, h=headings(lang), pick=partial(pick, language=lang), label=partial(label, lang=lang), blank=BLANK,
        columns=COLUMNS, row_label=row_label, told=partial(told, lang=lang), **values,
    )  # fmt: skip
    return text + "\n"


def form_page(form: Mapping[str, Any], result: Mapping[str, Any], lang: str = BOTH) -> str:
    """The form of a family."""
    options = {**result["rules"]["options"], **result["recycled_content"]["options"]}
    return _page(
        "recovery_form.html", lang, form=form, design=form["design"], options=options, countries=result["countries"],
        title=f"2025/606 {form['family']} {form['year']}", footer=f"2025/606 · {form['family']} · {form['year']}",
        verdicts=[v for v in result["verdicts"] if v["family"] == form["family"]], warnings=result["warnings"],
        recycled=result["recycled_content"],
    )  # fmt: skip


def certificate_data(result: Mapping[str, Any], lot: str) -> dict[str, Any]:
    """The certificate of a lot as plain data, sealed with the SHA-256 of everything else in it."""
    recycled = result["recycled_content"]
    found = {
        **recycled["lots"][lot], "basis": result["basis"], "act": recycled["act"], "method": recycled["method"],
        "options": recycled["options"],
        "provenance": {key: result["provenance"][key] for key in ("hydromet", "case_sha256", "data_sha256")},
    }  # fmt: skip
    return {**found, "seal_sha256": seal(found)}


def seal(data: Mapping[str, Any]) -> str:
    """SHA-256 of plain data in one spelling: sorted keys, no spaces, UTF-8."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def certificate_page(result: Mapping[str, Any], lot: str, lang: str = BOTH) -> str:
    """The certificate of a lot."""
    data = certificate_data(result, lot)
    reasons = {**{k: v["reason"] for k, v in article_8()["origins"].items() if "reason" in v}, **article_8()["reasons"]}
    return _page(
        "recovery_certificate.html", lang, c=data, design=result["basis"] != "measured", title=f"{lot} {data['year']}",
        footer=f"{data['seal_sha256'][:16]}", recycled=result["recycled_content"], provenance=data["provenance"],
        reason=lambda name: reasons.get(name, name), seal=data["seal_sha256"],
    )  # fmt: skip
