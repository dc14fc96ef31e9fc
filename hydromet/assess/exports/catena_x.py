"""Catena-X product carbon footprint: 7.0.0, one flat object, and 9.0.0, grouped lists; JSON numbers, no credits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.exports.declaration import UNSPECIFIED
from hydromet.assess.exports.digits import footprint_id
from hydromet.assess.exports.formats import catalogue, rule, standards
from hydromet.assess.exports.pact import KILOGRAM, comment
from hydromet.assess.exports.rules import exempted, no_credits

if TYPE_CHECKING:
    from hydromet.assess.exports.company import Asked
    from hydromet.assess.exports.declaration import Declaration

V7, V9 = "catena-x-7", "catena-x-9"
_GATE = "Cradle-to-gate"
# Coverage of a verification -> type of attestation, in the words of the model.
_CERTIFIED, _VERIFIED = "PCF Program Certification", "PCF 3rd party verification"
_MOST_EXEMPTED = {V7: 5.0, V9: 10.0}


def version_7(declared: Declaration, asked: Asked) -> dict[str, Any]:
    """A footprint of version 7.0.0; its ratings are on another scale and are left out.

    Raises:
        ExportError, UserErrors: E961 what the company file does not say, E962 a rule broken.
    """
    _rules(declared, V7)
    said = _asked(asked)
    cpc = asked.of_product("cpc")
    asked.done()
    period, place, validity = said["period"], asked.get("geography"), asked.get(*asked.own, "validity")
    pcf = {
        "declaredUnit": KILOGRAM, "unitaryProductAmount": 1.0, "productMassPerDeclaredUnit": 1.0,
        "exemptedEmissionsPercent": declared.exempted,
        "exemptedEmissionsDescription": declared.exempted_text or None,
        "boundaryProcessesDescription": declared.boundary or None,
        "geographyCountrySubdivision": place.subdivision or None, "geographyCountry": place.country or None,
        "geographyRegionOrSubregion": said["region"],
        "referencePeriodStart": period.start, "referencePeriodEnd": period.end,
        "crossSectoralStandardsUsed": [
            {"crossSectoralStandard": each} for each in standards(said["standards"], V7)
        ],
        "productOrSectorSpecificRules": [
            _told({
                "extWBCSD_operator": each.operator, "extWBCSD_otherOperatorName": each.other or None,
                "productOrSectorSpecificRules": [{"ruleName": name} for name in each.names],
            })
            for each in asked.get("sector_rules")
        ],
        "extWBCSD_characterizationFactors": declared.reports[0],
        "extWBCSD_allocationRulesDescription": declared.allocation_text or None,
        "extTFS_allocationWasteIncineration": said["incineration"],
        "primaryDataShare": declared.primary_data.get("catena_x"),
        "secondaryEmissionFactorSources": [{"secondaryEmissionFactorSource": each} for each in _sources(declared)],
        "extWBCSD_packagingEmissionsIncluded": declared.packed,
        "pcfExcludingBiogenic": declared.gate, "pcfIncludingBiogenic": declared.gate + declared.uptake,
        "fossilGhgEmissions": max(0.0, declared.fossil), "biogenicCarbonEmissionsOtherThanCO2": declared.biogenic_other,
        "biogenicCarbonWithdrawal": declared.uptake, "dlucGhgEmissions": declared.land_use,
        "extWBCSD_packagingGhgEmissions": declared.packaging if declared.packed else None,
        "distributionStagePcfExcludingBiogenic": declared.distribution if declared.distributed else None,
        "carbonContentTotal": declared.fossil_carbon + declared.biogenic_carbon,
        "extWBCSD_fossilCarbonContent": declared.fossil_carbon, "carbonContentBiogenic": declared.biogenic_carbon,
    }  # fmt: skip
    document = {
        "specVersion": f"urn:io.catenax.pcf:datamodel:version:{catalogue()['formats'][V7]['version']}",
        "partialFullPcf": _GATE,
        "precedingPfIds": [{"id": each} for each in asked.get("preceding")] or None,
        "version": asked.get(*asked.own, "version"), "created": said["created"],
        "extWBCSD_pfStatus": asked.get("status"),
        "validityPeriodStart": validity.start if validity else None,
        "validityPeriodEnd": validity.end if validity else None,
        "comment": comment(declared, asked) or None,
        "companyName": said["company"], "companyIds": said["company_ids"],
        "productDescription": asked.get(*asked.own, "description") or None, "productIds": said["product_ids"],
        "extWBCSD_productCodeCpc": cpc, "productName": said["product"], "pcf": _told(pcf),
        "pcfLegalStatement": asked.get("catena_x", "legal_statement") or None,
    }  # fmt: skip
    document = _told(document)
    return {"id": footprint_id(declared.digest, document), **document}


def version_9(declared: Declaration, asked: Asked) -> dict[str, Any]:
    """A footprint of version 9.0.0; every group is a list of one.

    Raises:
        ExportError, UserErrors: E961 what the company file does not say, E962 a rule broken.
    """
    _rules(declared, V9)
    if asked.get("status") != "Active":
        raise rule(V9, "catena-x-active", f"status: {asked.get('status')}", "status: Active")
    said = _asked(asked)
    validity, kind = asked.of_product("validity"), asked.need("catena_x", "type")
    balance = asked.need("catena_x", "mass_balance")
    asked.done()
    document = _told({
        "scopeOfPcfForm": [{
            "specVersion": f"urn:io.catenax.pcf:datamodel:version:{catalogue()['formats'][V9]['version']}",
            "partialFullPcf": _GATE,
        }],
        "companyAndProductInformation": [_who(said, asked)],
        "pcfAssessmentAndMethodology": [{
            "dataSourcesAndQuality": [_quality(declared)],
            "pcfAssessmentInformation": [{
                "technology": [_told({
                    "ccsTechnologicalCO2CaptureIncluded": False,
                    "boundaryProcessesDescription": declared.boundary or None,
                })],
                "boundarySpecifications": [_told({
                    "exemptedEmissionsPercent": declared.exempted,
                    "exemptedEmissionsDescription": declared.exempted_text or None,
                })],
                "geography": [_place(said, asked)],
                "time": [{
                    "referencePeriodStart": said["period"].start, "referencePeriodEnd": said["period"].end,
                    "created": said["created"], "validityPeriodStart": validity.start,
                    "validityPeriodEnd": validity.end,
                }],
            }],
            "pcfMethodology": [_method(declared, said, asked, balance)],
        }],
        "general": [_told({
            "comment": comment(declared, asked) or None,
            "pcfLegalStatement": asked.get("catena_x", "legal_statement") or None,
        })],
        "carbonContent": [{
            "carbonContentTotal": declared.fossil_carbon + declared.biogenic_carbon,
            "fossilCarbonContent": declared.fossil_carbon, "biogenicCarbonContent": declared.biogenic_carbon,
            **({} if declared.recycled_carbon is None else {"recycledCarbonContent": declared.recycled_carbon}),
        }],
        "productLifeCycleStagesAndEmissions": [_stages(declared)],
        "attestationOfConformance": _attestation(asked),
    })  # fmt: skip
    version = {
        # Both are there for PACT only: the model wants them at 0 and Active.
        "id": footprint_id(declared.digest, document), "version": 0, "status": "Active",
        "retroOrProspectivePcfType": kind,
        # The table of fields knows this list but not what stands in it: as in 7.0.0.
        "precedingPfIds": [{"id": each} for each in asked.get("preceding")] or None,
    }  # fmt: skip
    document["pcfAssessmentAndMethodology"][0]["pcfAssessmentInformation"][0]["idAndVersion"] = [_told(version)]
    return document


def _rules(declared: Declaration, name: str) -> None:
    no_credits(declared, name, "catena-x-cut-off")
    exempted(declared, name, _MOST_EXEMPTED[name], "catena-x-exempted")


def _asked(asked: Asked) -> dict[str, Any]:
    """What both versions need of the company file."""
    return {
        "created": asked.need("created"), "period": asked.need("period"), "company": asked.need("company", "name"),
        "company_ids": list(asked.need("company", "ids") or ()), "product": asked.of_product("name"),
        "product_ids": list(asked.of_product("ids") or ()), "standards": asked.need("standards"),
        "region": asked.need("geography", "region"), "incineration": asked.need("catena_x", "waste_incineration"),
    }  # fmt: skip


def _who(said: dict[str, Any], asked: Asked) -> dict[str, Any]:
    product = asked.get(*asked.own, "description")
    return {
        "companyInformation": [{"companyName": said["company"], "companyIds": said["company_ids"]}],
        "productInformation": [_told({
            "productNameCompany": said["product"], "productIds": said["product_ids"],
            "declaredUnitOfMeasurement": KILOGRAM, "declaredUnitAmount": 1.0, "productMassPerDeclaredUnit": 1.0,
            "productClassifications": list(asked.get(*asked.own, "classifications")) or None,
            "productDescription": product or None,
        })],
    }  # fmt: skip


def _quality(declared: Declaration) -> dict[str, Any]:
    rating = declared.rating()
    te, ge, ti = rating or (None, None, None)
    return _told({
        "primaryDataShare": declared.primary_data.get("catena_x"),
        "secondaryEmissionFactorSources": _sources(declared) or None,
        "technologicalDQR": te, "temporalDQR": ti, "geographicalDQR": ge,
    })  # fmt: skip


def _place(said: dict[str, Any], asked: Asked) -> dict[str, Any]:
    place = asked.get("geography")
    return _told({
        "geographyRegionOrSubregion": said["region"], "geographyCountrySubdivision": place.subdivision or None,
        "geographyCountry": place.country or None,
    })  # fmt: skip


def _method(declared: Declaration, said: dict[str, Any], asked: Asked, balance: Any) -> dict[str, Any]:
    return {
        "massBalancingInformation": [{
            "massBalancingUsed": balance.used, "freeAttributionInMassBalancing": balance.free_attribution,
            "massBalancingCertificateScheme": balance.certificate,
        }],
        "standards": [{
            "crossSectoralStandards": standards(said["standards"], V9),
            "productOrSectorSpecificRules": [name for each in asked.get("sector_rules") for name in each.names],
        }],
        "gwpCharacterizationFactorDetails": [{"ipccCharacterizationFactors": _report(declared)}],
        "allocationInForeground": [_told({
            "allocationWasteIncineration": said["incineration"],
            "allocationRulesDescription": declared.allocation_text or None, "allocationRecycledCarbon": "cut-off",
        })],
    }  # fmt: skip


def _report(declared: Declaration) -> str:
    """One assessment report, or that the factors rest on several."""
    return declared.reports[0] if len(declared.gwp) <= 1 else UNSPECIFIED


def _stages(declared: Declaration) -> dict[str, Any]:
    distribution = {"distributionStageIncluded": declared.distributed}
    packaging = {"packagingEmissionsIncluded": declared.packed}
    return {
        "productionStage": [{
            "pcfIncludingBiogenicUptake": declared.gate + declared.uptake,
            "pcfExcludingBiogenicUptake": declared.gate, "fossilGhgEmissions": max(0.0, declared.fossil),
            "biogenicNonCO2Emissions": declared.biogenic_other, "biogenicCO2Uptake": declared.uptake,
            "landUseChangeGhgEmissions": declared.land_use,
        }],
        "distributionStage": [
            {**distribution, "distributionStagePcfExcludingBiogenicUptake": declared.distribution}
            if declared.distributed else distribution
        ],
        "packagingStage": [
            {**packaging, "packagingPcfExcludingBiogenicUptake": declared.packaging} if declared.packed else packaging
        ],
    }  # fmt: skip


def _attestation(asked: Asked) -> list[dict[str, Any]] | None:
    """Only if there was a verification that has a number."""
    found = asked.get("verification")
    if found is None or not found.id:
        return None
    return [{
        "attestationType": _CERTIFIED if found.coverage == "PCF program" else _VERIFIED,
        "standardName": found.standard, "attestationStandard": found.standard,
        "attestationOfConformanceId": found.id, "providerName": found.provider, "completedAt": found.completed,
    }]  # fmt: skip


def _sources(declared: Declaration) -> list[str]:
    return [f"{name} ({version})" for name, version in declared.sources]


def _told(table: dict[str, Any]) -> dict[str, Any]:
    """Without the fields nothing is known of."""
    return {key: value for key, value in table.items() if value is not None}
