"""Figures read back from an exported document: what a customer sees of it, and the proof that nothing was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.exports.battery import FIELDS, MATERIALS, STAGES
from hydromet.assess.exports.formats import known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Figures = dict[str, float]


def figures(name: str, document: Any) -> Figures:
    """Figures of a document by their names here: ``gate``, ``fossil``, ``preProduction``, ``Ni.post_consumer`` ...

    Args:
        name: of the format, or an alias.
        document: as it was read from the file.

    Returns:
        kg CO2e per kg, kg C per kg, ratings and per cent, as the document has them.

    Raises:
        ExportError: E960, there is no such format.
        KeyError, TypeError: the document is not of that format; hold it against its schema first.
    """
    return _READERS[name if name in _READERS else known(name)](document)


def _picked(table: Mapping[str, Any], names: Mapping[str, str]) -> Figures:
    return {ours: float(table[theirs]) for theirs, ours in names.items() if table.get(theirs) is not None}


_RATINGS = {
    "technologicalDQR": "technological", "geographicalDQR": "geographical", "temporalDQR": "time",
    "technologicalRepresentativeness": "technological", "geographicalRepresentativeness": "geographical",
    "timerelatedRepresentativeness": "time",
}  # fmt: skip


def _pact(document: Mapping[str, Any]) -> Figures:
    pcf = document["pcf"]
    found = _picked(pcf, {
        "pcfExcludingBiogenicUptake": "gate", "pcfIncludingBiogenicUptake": "with_uptake",
        "fossilGhgEmissions": "fossil", "landUseChangeGhgEmissions": "land_use", "biogenicCO2Uptake": "uptake",
        "biogenicNonCO2Emissions": "biogenic_other", "outboundLogisticsGhgEmissions": "distribution",
        "packagingGhgEmissions": "packaging", "fossilCarbonContent": "fossil_carbon",
        "biogenicCarbonContent": "biogenic_carbon", "exemptedEmissionsPercent": "exempted",
        "primaryDataShare": "primary_data",
    })  # fmt: skip
    return found | _picked(pcf.get("dqi") or {}, _RATINGS)


def _pact_2(document: Mapping[str, Any]) -> Figures:
    return _picked(document["pcf"], {
        "pCfExcludingBiogenic": "gate", "pCfIncludingBiogenic": "with_uptake", "fossilGhgEmissions": "fossil",
        "dLucGhgEmissions": "land_use", "biogenicCarbonWithdrawal": "uptake",
        "otherBiogenicGhgEmissions": "biogenic_other",
        "packagingGhgEmissions": "packaging", "fossilCarbonContent": "fossil_carbon",
        "biogenicCarbonContent": "biogenic_carbon", "exemptedEmissionsPercent": "exempted",
        "primaryDataShare": "primary_data",
    })  # fmt: skip


def _catena_7(document: Mapping[str, Any]) -> Figures:
    return _picked(document["pcf"], {
        "pcfExcludingBiogenic": "gate", "pcfIncludingBiogenic": "with_uptake", "fossilGhgEmissions": "fossil",
        "dlucGhgEmissions": "land_use", "biogenicCarbonWithdrawal": "uptake",
        "biogenicCarbonEmissionsOtherThanCO2": "biogenic_other",
        "distributionStagePcfExcludingBiogenic": "distribution",
        "extWBCSD_packagingGhgEmissions": "packaging", "extWBCSD_fossilCarbonContent": "fossil_carbon",
        "carbonContentBiogenic": "biogenic_carbon", "exemptedEmissionsPercent": "exempted",
        "primaryDataShare": "primary_data",
    })  # fmt: skip


def _catena_9(document: Mapping[str, Any]) -> Figures:
    method, stages = document["pcfAssessmentAndMethodology"][0], document["productLifeCycleStagesAndEmissions"][0]
    found = _picked(stages["productionStage"][0], {
        "pcfExcludingBiogenicUptake": "gate", "pcfIncludingBiogenicUptake": "with_uptake",
        "fossilGhgEmissions": "fossil", "landUseChangeGhgEmissions": "land_use", "biogenicCO2Uptake": "uptake",
        "biogenicNonCO2Emissions": "biogenic_other",
    })  # fmt: skip
    distribution = {"distributionStagePcfExcludingBiogenicUptake": "distribution"}
    found |= _picked(stages["distributionStage"][0], distribution)
    found |= _picked(stages["packagingStage"][0], {"packagingPcfExcludingBiogenicUptake": "packaging"})
    carbon = {"fossilCarbonContent": "fossil_carbon", "biogenicCarbonContent": "biogenic_carbon"}
    found |= _picked(document["carbonContent"][0], carbon)
    found |= _picked(method["dataSourcesAndQuality"][0], {**_RATINGS, "primaryDataShare": "primary_data"})
    limits = method["pcfAssessmentInformation"][0]["boundarySpecifications"][0]
    return found | _picked(limits, {"exemptedEmissionsPercent": "exempted"})


def _ouranos(document: list[Mapping[str, Any]]) -> Figures:
    found: Figures = {}
    for each in document:
        found[each["cfpType"]] = float(each["ghgEmission"])
        found |= {f"{each['dqrType']}.{key}": float(value) for key, value in each["dqrValue"].items()}
    return found


def _recycled(document: Mapping[str, Any]) -> Figures:
    metals = {word: metal for metal, word in MATERIALS.items()}
    found: Figures = {}
    for each in document["recycledContent"]:
        metal = metals[each["recycledMaterial"]]
        found[f"{metal}.pre_consumer"] = float(each["preConsumerShare"]) / 100.0
        found[f"{metal}.post_consumer"] = float(each["postConsumerShare"]) / 100.0
    return found


def _battery(document: Mapping[str, Any]) -> Figures:
    stages = {word: stage for stage, word in STAGES.items()}
    found = {"total": float(document["batteryCarbonFootprint"])}
    return found | {
        stages[each["lifecycleStage"]]: float(each["carbonFootprint"])
        for each in document["carbonFootprintPerLifecycleStage"]
    }


def _supplier(document: Mapping[str, Any]) -> Figures:
    table = document["pcfValues"]["sharesPerStage"]
    found = {stage: float(table[field]["stageValue"]) for stage, field in FIELDS.items()}
    found["total"] = float(table["absPcfValue"]["stageValue"])
    return found | _picked(document, {**_RATINGS, "primaryDataShare": "primary_data"})


_READERS: Mapping[str, Callable[[Any], Figures]] = {
    "pact-3": _pact, "pact-2": _pact_2, "catena-x-7": _catena_7, "catena-x-9": _catena_9, "ouranos": _ouranos,
    "battery-pass": _recycled, "battery-pass-carbon": _battery, "battery-supplier": _supplier,
}  # fmt: skip
