"""For who builds batteries: recycled content and footprint of the battery pass, footprint of a component supplier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.exports.declaration import DISTRIBUTION, RAW
from hydromet.assess.exports.formats import rule
from hydromet.assess.exports.rules import no_credits

if TYPE_CHECKING:
    from hydromet.assess.exports.company import Asked
    from hydromet.assess.exports.declaration import Declaration

PASS, CARBON, SUPPLIER = "battery-pass", "battery-pass-carbon", "battery-supplier"
MATERIALS = {"Co": "Cobalt", "Ni": "Nickel", "Li": "Lithium", "Pb": "Lead"}
NAMES = {**MATERIALS, "Mn": "Manganese", "Cu": "Copper"}
_PERCENT = 100.0
_WHOLE = 1.0 + 1e-9
PRODUCTION, END = "production", "end_of_life"
# Stage -> its word in the battery pass, and its field at Catena-X.
STAGES = {RAW: "RawMaterialExtraction", PRODUCTION: "MainProduction", DISTRIBUTION: "Distribution", END: "Recycling"}
FIELDS = {
    RAW: "stage1RawMaterialAquisitionPreProcessing", PRODUCTION: "stage2MainProductProduction",
    DISTRIBUTION: "stage3Distribution", END: "stage4EndOfLifeRecycling",
}  # fmt: skip


def recycled_content(declared: Declaration, asked: Asked) -> dict[str, Any]:
    """``recycledContent``: one entry for each metal the product holds, in per cent.

    Raises:
        ExportError, UserErrors: E961 no shares are known, E962 together above 100 %.
    """
    if not declared.recycled:
        asked.need(*asked.own, "recycled_content")
    asked.done()
    for metal, (pre, post) in declared.recycled.items():
        if min(pre, post) < 0.0 or pre + post > _WHOLE:
            read = f"{metal}: {_PERCENT * pre:g} % pre- and {_PERCENT * post:g} % post-consumer"
            raise rule(PASS, "battery-pass-share", read, f"{metal}: {{pre_consumer: 20 %, post_consumer: 80 %}}")
    items = [
        {"recycledMaterial": MATERIALS[metal], "preConsumerShare": _share(pre), "postConsumerShare": _share(post)}
        for metal, (pre, post) in sorted(declared.recycled.items())
        if metal in MATERIALS
    ]
    return {"recycledContent": items}


def _share(value: float) -> float:
    return min(_PERCENT, _PERCENT * value)


def carbon_footprint(declared: Declaration, asked: Asked) -> dict[str, Any]:
    """``CarbonFootprint`` per kg of product; what a battery takes of it is for its maker to reckon.

    Raises:
        ExportError, UserErrors: E961 study and class, E962 a credit.
    """
    no_credits(declared, CARBON, "battery-pass-no-credits")
    study, performance = asked.need("battery_pass", "study"), asked.need("battery_pass", "performance_class")
    asked.done()
    return {
        "batteryCarbonFootprint": declared.total,
        "carbonFootprintPerLifecycleStage": [
            {"lifecycleStage": word, "carbonFootprint": declared.stage(stage)} for stage, word in STAGES.items()
        ],
        "carbonFootprintPerformanceClass": performance, "carbonFootprintStudy": study,
    }  # fmt: skip


def _metals(declared: Declaration) -> list[str]:
    """Metals of the product as the model's example writes them; a footprint per kg of metal where it holds one only."""
    found = []
    for metal, share in sorted(declared.metals.items()):
        line = f"Material: {NAMES.get(metal, metal)}, Specific Content: {_PERCENT * share:.4g}%"
        if len(declared.metals) == 1:
            line += f", Erecycled_Mat: {declared.total / share:.4g} kg CO2e/kg"
        found.append(line)
    return found


def supplier(declared: Declaration, asked: Asked) -> dict[str, Any]:
    """The footprint of a component supplier, by the four stages.

    Raises:
        ExportError, UserErrors: E961 part numbers, company and site, E962 a credit.
    """
    no_credits(declared, SUPPLIER, "catena-x-cut-off")
    legal, site = asked.need("company", "bpnl"), asked.need("company", "bpns")
    own, theirs = asked.of_product("manufacturer_part"), asked.of_product("customer_part")
    quality, validity = asked.of_product("quality_parameters"), asked.of_product("validity")
    asked.done()
    te, ge, ti = declared.rating() or (5.0, 5.0, 5.0)
    stages = {field: {"stageValue": declared.stage(stage)} for stage, field in FIELDS.items()}
    values: dict[str, Any] = {
        "sharesPerStage": {**stages, "declaredUnit": "CO2KG/KG", "absPcfValue": {"stageValue": declared.total}}
    }
    if asked.get("battery_pass", "performance_class"):
        values["pcfPerformanceClass"] = asked.get("battery_pass", "performance_class")
    if asked.get("battery_pass", "study"):
        values["webLinkToCarbonFootPrintStudy"] = asked.get("battery_pass", "study")
    return {
        "pcfValues": values,
        "secondaryEmissionFactorSources": [f"{name} ({version})" for name, version in declared.sources],
        "primaryDataShare": declared.primary_data.get("catena_x", 0.0),
        "customerPartId": theirs, "manufacturerPartId": own,
        "technologicalRepresentativeness": te, "geographicalRepresentativeness": ge,
        "timerelatedRepresentativeness": ti, "dataQualityRating": (te + ge + ti) / 3.0,
        "validityPeriod": {"validFrom": validity.start, "validTo": validity.end},
        "siteIdentifier": site, "legalidentifier": legal,
        "productQualityParameter": list(quality), "contentC02Metals": _metals(declared),
    }  # fmt: skip
