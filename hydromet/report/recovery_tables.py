"""Tables of the terminal beside those of the rates: targets of all countries, recycled content, a verified bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import pick, tr
from hydromet.report.layout import number, table

if TYPE_CHECKING:
    from collections.abc import Mapping


def countries_table(result: Mapping[str, Any], lang: str) -> str:
    """Targets side by side, the definitions below; what was not read is marked."""
    rows: list[list[str]] = []
    definitions: dict[str, str] = {}
    for each in result.get("countries", ()):
        sign = "" if each["target"] is None else "≤" if each["limit"] == "max" else "≥"
        target = "" if each["target"] is None else f"{sign} {each['target']:g} {each['unit']}"
        where = f"{each['jurisdiction']}, {each['instrument']}, {each['metric']}"
        definitions.setdefault(where, pick(each["definition"], lang))
        values: list[Any] = each["values"] or [None]
        for value in values:
            verdict = "" if value is None or value["reaches"] is None else (
                tr("target met", lang) if value["reaches"] else tr("target missed", lang))  # fmt: skip
            here = tr("not told by a recovery case", lang) if value is None else f"{value['value']:.2f} {each['unit']}"
            item = each["items"] if value is None else f"{value['item']} ({value['where']})"
            mark = "" if each["verified"] == "yes" else f"{tr('not verified', lang)}: {each['verified']}"
            rows.append([each["jurisdiction"], each["metric"], item, target, each["phase"], here, verdict, mark])
    heads = [tr("jurisdiction", lang), tr("metric", lang), tr("metal or battery", lang), tr("target", lang),
             tr("date or phase", lang), tr("this case", lang), tr("verdict", lang), ""]  # fmt: skip
    told = "\n".join(f"  {where}: {text}" for where, text in definitions.items() if text != "-")
    return f"{table(heads, rows, left=3, indent='')}\n\n{tr('definition of the rate', lang)}\n{told}" if rows else ""


def recycled_table(result: Mapping[str, Any], lang: str) -> str:
    """Shares of Article 8 of every product, as traced; empty without a product of one of its metals."""
    found = result.get("recycled_content")
    rows = [
        [product, metal, number(each["content_t"], 6), f"{each['pre_consumer_percent']:.2f} %",
         f"{each['post_consumer_percent']:.2f} %", f"{each['recycled_percent']:.2f} %"]
        for product, metals in (found["products"] if found else {}).items() for metal, each in metals.items()
    ]  # fmt: skip
    heads = [tr("Recycled content (Article 8)", lang), tr("metal", lang), tr("content [t]", lang),
             tr("pre-consumer", lang), tr("post-consumer", lang), tr("recycled", lang)]  # fmt: skip
    method = tr("Method of calculation: no published act was found; the bookkeeping is this program's.", lang)
    return f"{table(heads, rows, left=2, indent='')}\n{method}" if rows else ""


def verified(found: Mapping[str, Any], lang: str) -> str:
    """What the verification of a bundle found."""
    rates = [[family, name, "" if rate is None else f"{rate:.2f} %"]
             for family, each in found["rates"].items() for name, rate in each.items()]  # fmt: skip
    lines = [
        f"{found['file']}: {tr('unchanged, and recomputed', lang)} ({found['recomputed']}), "
        f"{found['members']} {tr('members of the archive', lang)}",
        f"  SHA-256 {found['sha256']}",
        "  " + ", ".join(f"{name} {number}" for name, number in found["versions"].items()),
        f"  {found['year']}, {found['basis']}",
    ]
    return "\n".join(lines) + "\n" + table(["", "", ""], rates, left=2)
