"""Article 8 in the result: shares of every product, the accounts, and a certificate of every lot delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.accounts import CARRIED, CREDITS, book, deliveries
from hydromet.assess.eu_recovery.genealogy import genealogy
from hydromet.assess.eu_recovery.recycled import CLASSES, NOT_STATED, OTHER, PRIMARY, Part, article_8, products

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.eu_recovery.accounts import Book, Delivery
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.plant import Plants
    from hydromet.assess.eu_recovery.recycled import Product

CERTIFICATE = "hydromet-lot-certificate/1"
_TONNE = 1000.0


def recycled_content(case: Case, plants: Plants, found: Figures) -> dict[str, Any]:
    """Everything Article 8 asks of the chain's products.

    Returns:
        ``act``, ``method`` (with ``verified``), ``options``, ``minimum``; ``products`` -> metal -> content and shares
        as traced; ``accounts`` -> one line a period; ``lots`` -> certificate; masses in t, shares in per cent.

    Raises:
        RecoveryError, BalanceError: E934 to E937, see ``accounts``.
    """
    rules, made = article_8(), products(case, plants, found)
    delivered = deliveries(case, made)
    kept = book(case, made, delivered)
    chosen = case.file.recycled_content
    return {
        "act": rules["act"], "method": rules["method"], "basis": rules["basis"], "scope": rules["scope"],
        "unit_of_claim": rules["unit_of_claim"], "exempt": rules["exempt"], "minimum": rules["minimum"],
        "documentation_from": rules["documentation_from"],
        "options": {
            name: {"chosen": getattr(chosen, name), "default": entry["choices"][0], "what": entry["what"],
                   "verified": rules["bookkeeping"]["verified"]}
            for name, entry in rules["bookkeeping"]["options"].items()
        },
        "products": {key: {metal: _shares(each, metal) for metal in each.metals} for key, each in made.items()},
        "accounts": dict(kept.lines),
        "lots": {each.name: _certificate(case, found, each, kept, _known(case, made, each)) for each in delivered},
    }  # fmt: skip


def _shares(product: Product, metal: str) -> dict[str, Any]:
    """Content of a metal and its classes, as traced over the year."""
    parts, content = product.metals[metal], product.content(metal)
    other: dict[str, float] = {}
    for each in parts:
        if each.of(OTHER) > 0.0 and each.why:
            other[each.why] = other.get(each.why, 0.0) + each.of(OTHER) / _TONNE
    amounts = {name: sum(each.of(name) for each in parts) for name in CLASSES}
    return {**_claim(content, amounts), "other_t": dict(sorted(other.items()))}


def _claim(content: float, amounts: Mapping[str, float]) -> dict[str, float]:
    total = sum(amounts.get(name, 0.0) for name in CLASSES)
    found = {"content_t": content / _TONNE}
    for name in CLASSES:
        found[f"{name}_t"] = amounts.get(name, 0.0) / _TONNE
        found[f"{name}_percent"] = 100.0 * amounts.get(name, 0.0) / content
    return {**found, "recycled_percent": 100.0 * total / content}


def _known(case: Case, made: Mapping[str, Product], each: Delivery) -> dict[tuple[str, str], Part]:
    """Metal and lot -> what that metal is, for all a facility's products are mixed of, and what was carried in."""
    facility = each.product.facility
    own = [product for product in made.values() if product.facility == facility]
    found = {(metal, part.lot): part for product in own for metal, parts in product.metals.items() for part in parts}
    for metal, carried in case.file.recycled_content.opening.get(facility, {}).items():
        amounts = {name: figure.value for name in (*CLASSES, OTHER) if (figure := getattr(carried, name))}
        total = sum(amounts.values())
        if total > 0.0:
            classes = {name: amounts.get(name, 0.0) / total for name in CLASSES}
            found[metal, CARRIED] = Part(CARRIED, {}, total, classes, PRIMARY)
    return found


def _certificate(
    case: Case, found: Figures, each: Delivery, kept: Book, parts: Mapping[tuple[str, str], Part]
) -> dict[str, Any]:
    declared, product = each.declared, each.product
    facility = case.file.facilities[product.facility]
    outlet = facility.out.get(product.name)
    claims = kept.claims.get(each.name, {})
    metals = {m: _claim(each.metal(m), claims.get(m, {})) for m in product.metals if each.metal(m) > 0.0}
    return {
        "format": CERTIFICATE, "lot": each.name, "product": product.key, "year": case.file.year,
        "period": kept.periods[each.period], "title": declared.title if declared else "",
        "customer": declared.customer if declared else "", "record": declared.record if declared else "",
        "label": outlet.label if outlet else "", "compound": outlet.compound if outlet else None,
        "mass_t": None if product.weighed is None else each.share * product.weighed / _TONNE,
        "dry_t": None if product.dry is None else each.share * product.dry / _TONNE,
        "share_of_product": each.share,
        "metals": metals,
        "by_credit": case.file.recycled_content.attribution == CREDITS,
        "minimum": [_against(step, metals) for step in article_8()["minimum"]],
        "genealogy": genealogy(case, found, product, kept.origins.get(each.name, {}), parts),
    }  # fmt: skip


def _against(step: Mapping[str, Any], metals: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """The minimum of a date beside the shares of a lot, for a battery made of this lot alone."""
    rows = {
        metal: {"minimum_percent": float(step["percent"][metal]), "recycled_percent": each["recycled_percent"],
                "reaches": each["recycled_percent"] >= step["percent"][metal]}
        for metal, each in metals.items()
    }  # fmt: skip
    return {"from": step["from"], "verified": step["verified"], "metals": rows}


def recycled_notices(case: Case, record: Mapping[str, Any]) -> list[dict[str, str]]:
    """W926: lots of unknown origin; W927: claims that lapsed."""
    unknown: dict[str, float] = {}
    for certificate in record["lots"].values():
        for origin in certificate["genealogy"]["origins"]:
            if origin["other_is"] == NOT_STATED:
                amount = sum(line[OTHER] for line in origin["metals_t"].values())
                unknown[origin["lot"]] = unknown.get(origin["lot"], 0.0) + amount
    told = [
        ("W926", f"{lot}: {tonnes:.4g} t of Co, Li, Ni, Pb in products are no recycled content: origin not stated")
        for lot, tonnes in sorted(unknown.items())
        if tonnes > 0.0
    ]
    for key, lines in record["accounts"].items():
        for line in lines:
            lost = {name: line["lapsed_t"][name] for name in CLASSES if line["lapsed_t"][name] > 1e-6}
            if lost:
                text = ", ".join(f"{amount:.4g} t {name}" for name, amount in lost.items())
                told.append(("W927", f"{key}, {line['period']}: {text} not delivered, the claim ended "
                                     f"({case.file.recycled_content.carry_over})"))  # fmt: skip
    return [{"code": code, "text": text} for code, text in told]
