"""PACT data exchange protocol, versions 3 and 2: decimal strings, urn lists, biogenic parts apart, no credits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hydromet.assess.exports.digits import footprint_id, text
from hydromet.assess.exports.formats import catalogue, rule, standards
from hydromet.assess.exports.rules import no_credits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.assess.exports.company import Asked
    from hydromet.assess.exports.declaration import Declaration

V3, V2 = "pact-3", "pact-2"
KILOGRAM, ONE = "kilogram", "1"
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:\S+\Z", re.IGNORECASE)


def version_3(declared: Declaration, asked: Asked) -> dict[str, Any]:
    """A ``ProductFootprint`` of version 3.

    Raises:
        ExportError, UserErrors: E961 what the company file does not say, E962 a rule broken.
    """
    no_credits(declared, V3, "pact-no-credits")
    head = _head(declared, asked, V3)
    period, followed = asked.need("period"), asked.need("standards")
    asked.done()
    pcf = {
        "declaredUnitOfMeasurement": KILOGRAM, "declaredUnitAmount": ONE, "productMassPerDeclaredUnit": ONE,
        "referencePeriodStart": period.start, "referencePeriodEnd": period.end, **_place(asked),
        "boundaryProcessesDescription": declared.boundary or None,
        "pcfExcludingBiogenicUptake": text(declared.gate),
        "pcfIncludingBiogenicUptake": text(declared.gate + declared.uptake),
        "fossilCarbonContent": text(declared.fossil_carbon),
        "biogenicCarbonContent": text(declared.biogenic_carbon),
        "recycledCarbonContent": None if declared.recycled_carbon is None else text(declared.recycled_carbon),
        "fossilGhgEmissions": text(declared.fossil),
        "landUseChangeGhgEmissions": text(declared.land_use), "biogenicCO2Uptake": text(declared.uptake),
        "biogenicNonCO2Emissions": text(declared.biogenic_other),
        "packagingEmissionsIncluded": declared.packed,
        "packagingGhgEmissions": text(declared.packaging) if declared.packed else None,
        "outboundLogisticsGhgEmissions": text(declared.distribution) if declared.distributed else None,
        "ccsTechnologicalCO2CaptureIncluded": False,
        "ipccCharacterizationFactors": declared.reports,
        "crossSectoralStandards": list(followed), **_common(declared, asked),
        "exemptedEmissionsPercent": text(declared.exempted),
        "primaryDataShare": text(declared.primary_data["pact"]) if "pact" in declared.primary_data else None,
        "dqi": _dqi(declared), "verification": _verification(asked),
    }  # fmt: skip
    return _identified({**head, "pcf": _told(pcf)}, declared)


def version_2(declared: Declaration, asked: Asked) -> dict[str, Any]:
    """A ``ProductFootprint`` of version 2; its ratings are on another scale and are left out.

    Raises:
        ExportError, UserErrors: E961 what the company file does not say, E962 a rule broken.
    """
    no_credits(declared, V2, "pact-no-credits")
    head = _head(declared, asked, V2)
    head |= {"version": asked.get(*asked.own, "version"), "productCategoryCpc": asked.of_product("cpc")}
    period, followed = asked.need("period"), asked.need("standards")
    asked.done()
    pcf = {
        "declaredUnit": KILOGRAM, "unitaryProductAmount": ONE, "productMassPerDeclaredUnit": ONE,
        "pCfExcludingBiogenic": text(declared.gate), "pCfIncludingBiogenic": text(declared.gate + declared.uptake),
        "fossilGhgEmissions": text(declared.fossil), "fossilCarbonContent": text(declared.fossil_carbon),
        "biogenicCarbonContent": text(declared.biogenic_carbon), "dLucGhgEmissions": text(declared.land_use),
        "otherBiogenicGhgEmissions": text(declared.biogenic_other), "biogenicCarbonWithdrawal": text(declared.uptake),
        "packagingEmissionsIncluded": declared.packed,
        "packagingGhgEmissions": text(declared.packaging) if declared.packed else None,
        "characterizationFactors": declared.reports[0], "ipccCharacterizationFactorsSources": declared.reports,
        "crossSectoralStandardsUsed": standards(followed, "old"), "crossSectoralStandards": list(followed),
        **_common(declared, asked),
        "boundaryProcessesDescription": declared.boundary or "cradle to gate",
        "referencePeriodStart": period.start, "referencePeriodEnd": period.end, **_place(asked),
        "exemptedEmissionsPercent": declared.exempted,
        "exemptedEmissionsDescription": declared.exempted_text or "none",
        "primaryDataShare": declared.primary_data.get("pact"),
    }  # fmt: skip
    head.setdefault("comment", "")
    return _identified({**head, "pcf": _told(pcf)}, declared)


def _head(declared: Declaration, asked: Asked, name: str) -> dict[str, Any]:
    validity = asked.get(*asked.own, "validity")
    head = {
        "specVersion": catalogue()["formats"][name]["version"],
        "precedingPfIds": list(asked.get("preceding")) or None,
        "created": asked.need("created"), "status": asked.get("status"),
        "validityPeriodStart": validity.start if validity else None,
        "validityPeriodEnd": validity.end if validity else None,
        "companyName": asked.need("company", "name"), "companyIds": _urns(asked.need("company", "ids"), name),
        "productDescription": asked.of_product("description"), "productIds": _urns(asked.of_product("ids"), name),
        "productClassifications": _urns(asked.get(*asked.own, "classifications"), name) or None,
        "productNameCompany": asked.of_product("name"), "comment": comment(declared, asked) or None,
    }  # fmt: skip
    return _told(head)


def comment(declared: Declaration, asked: Asked) -> str:
    """What the company says, whether anything was metered, which factors are proxies, the sets of GWP100."""
    said = [str(asked.get("comment"))] if asked.get("comment") else []
    if declared.simulated:
        said.append("Amounts are solved by a process model, not metered; the primary data share counts them as own.")
    if declared.contract:
        said.append("Electricity is location-based; the market-based figure is beside it in the footprint.")
    if declared.proxies:
        said.append(f"Factors that stand in for others: {', '.join(declared.proxies)}.")
    if len(declared.gwp) > 1:
        sets = ", ".join(f"{share:.1f} % {name}" for name, share in declared.gwp)
        said.append(f"GWP100 behind the figure: {sets}; the rest is CO2 itself.")
    return " ".join(said)


def _urns(given: Sequence[str] | None, name: str) -> list[str]:
    for each in given or ():
        if not _URN.match(each):
            raise rule(name, "pact-urn", f"{each} is no urn", "ids: [urn:gtin:4712345060507]")
    return list(given or ())


def _place(asked: Asked) -> dict[str, str]:
    """The finest place that is known, and no other: the protocol takes one."""
    place = asked.get("geography")
    for value, field in (
        (place.subdivision, "geographyCountrySubdivision"),
        (place.country, "geographyCountry"),
        (place.region, "geographyRegionOrSubregion"),
    ):
        if value:
            return {field: value}
    return {}


def _common(declared: Declaration, asked: Asked) -> dict[str, Any]:
    rules = [
        _told({"operator": each.operator, "ruleNames": list(each.names), "otherOperatorName": each.other or None})
        for each in asked.get("sector_rules")
    ]
    return {
        "productOrSectorSpecificRules": rules or None,
        "allocationRulesDescription": declared.allocation_text or None,
        "exemptedEmissionsDescription": declared.exempted_text or None,
        "secondaryEmissionFactorSources": [{"name": name, "version": version} for name, version in declared.sources]
        or None,
    }


def _dqi(declared: Declaration) -> dict[str, str] | None:
    rating = declared.rating()
    if rating is None:
        return None
    return dict(zip(("technologicalDQR", "geographicalDQR", "temporalDQR"), map(text, rating), strict=True))


def _verification(asked: Asked) -> dict[str, str] | None:
    found = asked.get("verification")
    if found is None:
        return None
    return _told({
        "coverage": found.coverage, "providerName": found.provider, "completedAt": found.completed,
        "standardName": found.standard, "comments": found.comments or None,
    })  # fmt: skip


def _told(table: dict[str, Any]) -> dict[str, Any]:
    """Without the fields nothing is known of."""
    return {key: value for key, value in table.items() if value is not None}


def _identified(document: dict[str, Any], declared: Declaration) -> dict[str, Any]:
    return {"id": footprint_id(declared.digest, document), **document}
