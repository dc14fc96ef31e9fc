"""Words of the footprint in the languages of the program: stages, kinds, methods, headings of its documents."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_yaml
from hydromet.locale import pick, tr

if TYPE_CHECKING:
    from collections.abc import Mapping

GLOSSARY = "data/factors/glossary.yaml"


def by_metal(figure: Mapping[str, Any]) -> dict[str, float]:
    """``Ni`` -> figure per kg of it; of several metals ``Ni+Co``, too: per kg of all of them together."""
    found = dict(figure["per_kg_metal"])
    together = figure.get("per_kg_metals")
    return {**found, "+".join(found): together} if len(found) > 1 and together is not None else found


def stages(lang: str) -> Mapping[str, str]:
    """Life-cycle stage -> its name in the terms of ISO 14067."""
    return {
        "raw_material": tr("acquisition of raw material", lang),
        "production": tr("production", lang),
        "distribution": tr("distribution", lang),
        "end_of_life": tr("end of life", lang),
    }


def kinds(lang: str) -> Mapping[str, str]:
    """Kind of activity -> what it is called."""
    return {
        "upstream": tr("preparation of the feed", lang),
        "reagent": tr("reagents", lang),
        "solvent": tr("make-up solvent", lang),
        "water": tr("fresh water", lang),
        "electricity": tr("electricity", lang),
        "heat": tr("heat", lang),
        "fuel": tr("fuels", lang),
        "process": tr("process CO2", lang),
        "transport": tr("transport", lang),
        "effluent": tr("waste water", lang),
        "waste": tr("waste treatment", lang),
        "packaging": tr("packaging", lang),
    }


def approaches(lang: str) -> Mapping[str, str]:
    """Approach to recycling -> its name."""
    return {
        "cut_off": tr("cut-off", lang),
        "cff": tr("circular footprint formula", lang),
        "avoided_burden": tr("avoided burden", lang),
        "system_expansion": tr("system expansion", lang),
    }


def allocations(lang: str) -> Mapping[str, str]:
    """Allocation -> its name."""
    return {
        "metal_mass": tr("metal mass", lang),
        "economic": tr("economic value", lang),
        "subdivision": tr("process subdivision", lang),
        "mass": tr("product mass", lang),
    }


def boundaries_of(lang: str) -> Mapping[str, str]:
    """Boundary of a scenario -> its name."""
    return {
        "cradle_to_gate": tr("cradle to gate", lang),
        "cradle_to_customer": tr("cradle to customer", lang),
    }


@lru_cache(maxsize=1)
def glossary() -> tuple[Mapping[str, Any], ...]:
    """Terms with their meaning in each language, in the order of the file."""
    return tuple(read_yaml(GLOSSARY)["terms"])


def terms(lang: str) -> list[tuple[str, str]]:
    """(term, meaning) in a language."""
    return [(pick(each["term"], lang), pick(each["meaning"], lang)) for each in glossary()]


def headings(lang: str) -> Mapping[str, str]:
    """Key -> heading of the documents; the keys are those the templates use."""
    return {
        "design": tr("DESIGN ESTIMATE", lang),
        "design_note": tr("Filled from simulated streams: a forecast of the plant, no measured period.", lang),
        "report": tr("Carbon footprint report", lang),
        "evidence": tr("Evidence for verification", lang),
        "inventory": tr("Inventory and factors", lang),
        "auditor": tr("For the auditor: confidential", lang),
        "customer": tr("For customers: aggregated", lang),
        "product": tr("product", lang),
        "declared_unit": tr("declared unit", lang),
        "one_kg": tr("1 kg of product as sold", lang),
        "compound": tr("compound", lang),
        "metal_content": tr("metal content", lang),
        "boundary": tr("system boundary", lang),
        "cut_off_rule": tr("cut-off criteria", lang),
        "exempted": tr("left out, share of CO2e", lang),
        "approach": tr("approach", lang),
        "allocation": tr("allocation", lang),
        "period": tr("period", lang),
        "not_stated": tr("not stated", lang),
        "reference": tr("amounts are per", lang),
        "database": tr("database", lang),
        "method_database": tr("database of the method", lang),
        "gwp": tr("global warming potentials", lang),
        "electricity": tr("electricity", lang),
        "location_based": tr("location-based", lang),
        "market_based": tr("market-based", lang),
        "primary_share": tr("primary data share", lang),
        "pds_pact": tr("amount and factor primary (PACT)", lang),
        "pds_catena_x": tr("amount primary (Catena-X)", lang),
        "quality": tr("data quality, 1 best to 5", lang),
        "TeR": tr("technological", lang),
        "GeR": tr("geographical", lang),
        "TiR": tr("time", lang),
        "overall": tr("overall", lang),
        "stage": tr("life-cycle stage", lang),
        "share": tr("share", lang),
        "total": tr("total", lang),
        "method_stage": tr("stage of the method", lang),
        "not_reported": tr("not reported: beyond the gate of the plant", lang),
        "figures": tr("Figures by method", lang),
        "per_kg": tr("per kg of product", lang),
        "per_kg_metal": tr("per kg of metal", lang),
        "climate": tr("carbon footprint", lang),
        "water": tr("water use", lang),
        "energy": tr("cumulative energy demand", lang),
        "uncertainty": tr("Uncertainty (95 %)", lang),
        "median": tr("median", lang),
        "samples": tr("samples", lang),
        "fossil": tr("fossil", lang),
        "biogenic": tr("biogenic", lang),
        "land_use": tr("direct land use change", lang),
        "carbon_content": tr("carbon in the product, kg C/kg", lang),
        "not_reckoned": tr("not reckoned", lang),
        "benchmarks": tr("Published figures beside", lang),
        "route": tr("route", lang),
        "system": tr("system", lang),
        "year": tr("year", lang),
        "difference": tr("difference", lang),
        "verified": tr("verified", lang),
        "weak": tr("Weak data", lang),
        "weak_proxy": tr("of the footprint rests on stand-in factors (proxies)", lang),
        "weak_unverified": tr("of the footprint rests on factors that were recalled or not read again", lang),
        "weak_none": tr("No weak factor is used.", lang),
        "proxy": tr("stand-in", lang),
        "unverified": tr("not verified", lang),
        "method_note": tr("The layout follows the method; stages were read, the rest of its text was not.", lang),
        "method_verified": tr("text of the method verified", lang),
        "allocation_working": tr("Allocation, line by line", lang),
        "working_note": tr("amount × factor = contribution; contribution × share = part of the product.", lang),
        "activity": tr("inventory line", lang),
        "unit": tr("unit operation", lang),
        "kind": tr("kind", lang),
        "amount": tr("amount", lang),
        "per": tr("unit of measure", lang),
        "factor": tr("factor", lang),
        "contribution": tr("contribution", lang),
        "part": tr("part of the product", lang),
        "serves": tr("serves", lang),
        "path": tr("where the figure stands", lang),
        "found": tr("figure there", lang),
        "basis": tr("how the amount follows", lang),
        "primary": tr("primary", lang),
        "yes": tr("yes", lang),
        "no": tr("no", lang),
        "factors": tr("Factors", lang),
        "indicator": tr("indicator", lang),
        "value": tr("value", lang),
        "title": tr("what it is", lang),
        "geography": tr("geography", lang),
        "scope": tr("scope", lang),
        "source": tr("source", lang),
        "locator": tr("where in it", lang),
        "licence": tr("licence", lang),
        "grade": tr("grade", lang),
        "gsd": tr("geometric standard deviation", lang),
        "book": tr("book", lang),
        "version": tr("version", lang),
        "outputs": tr("Outputs and their shares", lang),
        "mass": tr("mass, kg", lang),
        "metals": tr("metals, kg", lang),
        "price": tr("price per kg", lang),
        "carries": tr("carries burden", lang),
        "activities": tr("Activities", lang),
        "by_stage": tr("By stage", lang),
        "completeness": tr("Completeness", lang),
        "complete": tr("The cut-off criteria are met.", lang),
        "incomplete": tr("The cut-off criteria are not met.", lang),
        "flow": tr("flow", lang),
        "reason": tr("reason", lang),
        "excluded": tr("Left out on purpose", lang),
        "defaults": tr("Taken as usual, because the section does not say", lang),
        "warnings": tr("Warnings", lang),
        "glossary": tr("Glossary", lang),
        "inputs": tr("Files the result was made from", lang),
        "chain": tr("Hash chain", lang),
        "record_hash": tr("SHA-256 of the record", lang),
        "result_hash": tr("SHA-256 of the result", lang),
        "auditor_hash": tr("SHA-256 of the auditor's manifest", lang),
        "seal": tr("SHA-256 of the aggregated data", lang),
        "chain_note": tr("The auditor's manifest carries the same hashes: both files are of one record.", lang),
        "hidden_note": tr("Amounts, reagents, prices and streams are confidential and in the auditor's file.", lang),
        "sum_check": tr("sum of the lines", lang),
        "stated": tr("stated figure", lang),
        "add_up": tr("difference", lang),
        "aggregated": tr("aggregated with production: it rests on too few flows to be shown alone", lang),
    }  # fmt: skip
