"""Headings of the documentation form, the certificate and the table of countries, in the languages of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.locale import pick, tr
from hydromet.report.recovery_form import fields

if TYPE_CHECKING:
    from collections.abc import Mapping

# In place of what the case does not state.
BLANK = "□"


def label(part: str, block: str, field: str, lang: str) -> str:
    """Label of a field of the form, with its unit."""
    row = fields()[part, block, field]
    unit = f" [{row['unit']}]" if row["unit"] else ""
    return pick({"en": row["en"], "ja": row["ja"]}, lang) + unit


def headings(lang: str) -> Mapping[str, str]:
    """Key -> heading; the keys are those the templates use."""
    return {
        "form": tr("Documentation of recycling efficiency and recovery of materials", lang),
        "design": tr("DESIGN ESTIMATE", lang),
        "design_note": tr("Filled from simulated or estimated streams: not for reporting to an authority.", lang),
        "part_1": tr("Part 1: the complete recycling", lang),
        "part_2": tr("Part 2: the steps", lang),
        "reported_by": tr("Facility that reports", lang),
        "process": label("1", "process", "description", lang),
        "first_recycler": tr("first recycler", lang),
        "outside": tr("outside the EU", lang),
        "evidence": tr("evidence of Article 72(3)", lang),
        "entering": tr("Waste batteries entering", lang),
        "collected_in": tr("Collected in", lang),
        "own_state": tr("Member State of the facility", lang),
        "not_stated": tr("not stated", lang),
        "all_states": tr("All Member States of collection", lang),
        "not_counted": tr("not taken into account", lang),
        "scope_in": tr("in scope of recovery, input [t/a]", lang),
        "scope_out": tr("at the calculation point [t/a]", lang),
        "hg": tr("Hg safely immobilised [t/a]", lang),
        "verification": tr("Verification (filled by the authority)", lang),
        "facility": tr("Facility", lang),
        "permit": tr("Permit", lang),
        "simulated": tr("simulated", lang),
        "into_step": tr("Into the step", lang),
        "intermediates": tr("Intermediate fractions", lang),
        "accounting": tr("Accounting of the step", lang),
        "stock": tr("stock: output of later years, assigned back", lang),
        "step_sum": tr("Check: sum over the steps against Part 1", lang),
        "difference": tr("difference [t/a]", lang),
        "closes": tr("closes", lang),
        "steps": tr("sum over the steps [t/a]", lang),
        "column": tr("column", lang),
        "missing": tr("Not stated in the case (to be filled in)", lang),
        "verdicts": tr("Targets of the EU", lang),
        "item": tr("metal or battery", lang),
        "rate": tr("rate", lang),
        "target": tr("target", lang),
        "by": tr("by", lang),
        "verdict": tr("verdict", lang),
        "passes": tr("target met", lang),
        "fails": tr("target missed", lang),
        "chance": tr("probability of passing", lang),
        "countries": tr("Targets side by side, each by its own definition", lang),
        "jurisdiction": tr("jurisdiction", lang),
        "instrument": tr("instrument", lang),
        "force": tr("legal force", lang),
        "metric": tr("metric", lang),
        "phase": tr("date or phase", lang),
        "here": tr("this case", lang),
        "definition": tr("definition of the rate", lang),
        "verified": tr("verified", lang),
        "no_value": tr("not told by a recovery case", lang),
        "recycled": tr("Recycled content (Article 8)", lang),
        "product": tr("product", lang),
        "metal": tr("metal", lang),
        "content": tr("content [t]", lang),
        "pre": tr("pre-consumer", lang),
        "post": tr("post-consumer", lang),
        "sum": tr("recycled", lang),
        "accounts": tr("Accounts of recycled metal", lang),
        "period": tr("period", lang),
        "opening": tr("opening balance [t]", lang),
        "in": tr("credits in [t]", lang),
        "out": tr("credits out [t]", lang),
        "lapsed": tr("lapsed [t]", lang),
        "closing": tr("closing balance [t]", lang),
        "notes": tr("Notes", lang),
        "warnings": tr("Warnings", lang),
        "unverified": tr("Not verified", lang),
        "rules": tr("Elements taken into account", lang),
        "options": tr("Options", lang),
        "option": tr("option", lang),
        "chosen": tr("chosen", lang),
        "default": tr("default", lang),
        "meaning": tr("meaning", lang),
        "provenance": tr("Made by", lang),
        "case_hash": tr("SHA-256 of the case", lang),
        "certificate": tr("Certificate of recycled content of a lot", lang),
        "lot": tr("lot", lang),
        "mass": tr("mass [t]", lang),
        "share_of_product": tr("share of the year's product", lang),
        "customer": tr("customer", lang),
        "record": tr("record", lang),
        "year": tr("year", lang),
        "shares": tr("Recycled content", lang),
        "minimum": tr("Minimum shares of Article 8", lang),
        "minimum_note": tr("Of the active materials of a battery model, year and plant; here of this lot alone.", lang),
        "from": tr("applies from", lang),
        "reaches": tr("meets the minimum", lang),
        "short": tr("below the minimum", lang),
        "genealogy": tr("Genealogy: lots behind the metal", lang),
        "origin": tr("form and origin", lang),
        "supplier": tr("supplier", lang),
        "documents": tr("documents", lang),
        "way": tr("way through the chain", lang),
        "chain": tr("Facilities", lang),
        "by_credit": tr("Shares by credit: they may differ from the origins traced below.", lang),
        "method": tr("Method of calculation: no published act was found; the bookkeeping is this program's.", lang),
        "seal": tr("SHA-256 of the certificate's data", lang),
    }  # fmt: skip
