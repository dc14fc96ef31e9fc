"""Every platform: written, held against its schema, read back to the figures it was written from."""

from __future__ import annotations

import json
import re
from uuid import UUID

import pytest

from hydromet.assess.carbon import quality
from hydromet.assess.eu_recovery.assess import run
from hydromet.assess.exports import formats
from hydromet.assess.exports.declaration import declare
from hydromet.assess.exports.digits import five_up
from hydromet.assess.exports.export import declaration, export
from hydromet.assess.exports.figures import figures
from hydromet.assess.exports.footprint import footprint
from hydromet.assess.exports.rows import unknown
from hydromet.datafiles import find
from tests.unit.assess.exports.sample import COBALT, LITHIUM, NICKEL, company, record, sample, scaled

PLATFORMS = tuple(name for name in formats.with_schema() if name != "battery-pass-carbon")
# A decimal string or a JSON number keeps 15 digits.
DIGITS = 1e-14


def written(name, product=NICKEL, found=None, said=None, **more):
    made = export(found or sample(), name, said or company(), products=(product,), **more)
    return json.loads(made.files[f"{name}_{product}.json"])


@pytest.mark.parametrize("product", [NICKEL, COBALT, LITHIUM])
@pytest.mark.parametrize("name", formats.with_schema())
def test_what_is_written_has_no_field_without_a_row(name, product):
    chosen = "battery-pass" if name == "battery-pass-carbon" else name
    files = export(sample(), chosen, company(), products=(product,)).files
    document = json.loads(files[f"{name}_{product}.json"])
    formats.check(document, name)
    assert not list(unknown(document, formats.schema(name)))


def told(declared):
    """Names of ``figures`` -> what the declaration says."""
    rating = dict(zip(("technological", "geographical", "time"), declared.rating(), strict=True))
    return {
        "gate": declared.gate, "with_uptake": declared.gate + declared.uptake, "fossil": declared.fossil,
        "land_use": declared.land_use, "uptake": declared.uptake, "biogenic_other": declared.biogenic_other,
        "distribution": declared.distribution, "packaging": declared.packaging, "total": declared.total,
        "fossil_carbon": declared.fossil_carbon, "biogenic_carbon": declared.biogenic_carbon,
        "exempted": declared.exempted, **rating,
        **{stage: declared.stage(stage) for stage in ("raw_material", "production", "end_of_life")},
    }  # fmt: skip


@pytest.mark.parametrize("allocation", ["metal_mass", "subdivision", "economic"])
@pytest.mark.parametrize(
    ("name", "least", "share"),
    [("pact-3", 14, "pact"), ("pact-2", 10, "pact"), ("catena-x-7", 11, "catena_x"), ("catena-x-9", 14, "catena_x"),
     ("battery-supplier", 8, "catena_x")],
)  # fmt: skip
def test_round_trip(name, least, share, allocation):
    found = sample()
    declared = declaration(found, company(), LITHIUM, allocation=allocation)
    expected = {**told(declared), "primary_data": declared.primary_data[share]}
    got = figures(name, written(name, LITHIUM, found, allocation=allocation))
    assert len(got) >= least
    assert got == pytest.approx({key: expected[key] for key in got}, rel=DIGITS, abs=1e-300)


def test_round_trip_of_the_battery_pass(tmp_path):
    said = company(tmp_path, lambda t: t.replace("Ni: {pre_consumer: 0 %, post_consumer: 100 %}",
                                                 "Ni: {pre_consumer: 12.5 %, post_consumer: 80 %}"))  # fmt: skip
    files = export(sample(), "battery-pass", said, products=(NICKEL,)).files
    document = json.loads(files[f"battery-pass_{NICKEL}.json"])
    assert document == {
        "recycledContent": [{"recycledMaterial": "Nickel", "preConsumerShare": 12.5, "postConsumerShare": 80.0}]
    }
    assert figures("battery-pass", document) == {"Ni.pre_consumer": 0.125, "Ni.post_consumer": 0.8}
    carbon = figures("battery-pass-carbon", json.loads(files[f"battery-pass-carbon_{NICKEL}.json"]))
    declared = declare(sample(), NICKEL)
    assert carbon == pytest.approx({key: told(declared)[key] for key in carbon}, rel=DIGITS)
    assert set(carbon) == {"total", "raw_material", "production", "distribution", "end_of_life"}


def test_pact_by_hand():
    """Metal mass: nickel takes 174 / (174 + 61 + 38.9) of everything; 780 kg of its salt."""
    share = 174.0 / (174.0 + 61.0 + 38.9) / 780.0
    raw = 1100 * 0.044 + 300 * 2.12 + 1000 * 0.35
    rest = 600 * 0.48 + 1000 * 0.05 + 12 * 3.664 + 4 * 1.5 + 400 * 0.02
    pcf = written("pact-3")["pcf"]
    assert float(pcf["pcfExcludingBiogenicUptake"]) == pytest.approx(share * (raw + rest), rel=1e-12)
    assert float(pcf["outboundLogisticsGhgEmissions"]) == pytest.approx(share * 250 * 0.1, rel=1e-12)
    assert float(pcf["packagingGhgEmissions"]) == pytest.approx(share * 4 * 1.5, rel=1e-12)
    assert pcf["geographyCountrySubdivision"] == "JP-07"
    assert "geographyCountry" not in pcf
    assert pcf["ipccCharacterizationFactors"] == ["AR6", "AR5"]
    assert pcf["exemptedEmissionsDescription"] == "labels: no data"


def test_lithium_carbonate_holds_carbon():
    """12.011 / 73.89 of it; cfp_method gives 0.1626."""
    pcf = written("pact-3", LITHIUM)["pcf"]
    assert float(pcf["fossilCarbonContent"]) == pytest.approx(0.16255, abs=2e-5)
    assert written("pact-3", NICKEL)["pcf"]["fossilCarbonContent"] == "0"


def test_biogenic_parts_stand_apart():
    data = record()
    data["products"][NICKEL]["fossil"] = {
        "biogenic": 0.05, "biogenic_other": 0.02, "land_use": 0.01, "biogenic_uptake": -0.3, "carbon_content": 0.1,
        "biogenic_carbon_content": 0.08,
    }  # fmt: skip
    found = footprint(data)
    declared = declare(found, NICKEL)
    pcf = written("pact-3", NICKEL, found)["pcf"]
    assert float(pcf["pcfIncludingBiogenicUptake"]) == pytest.approx(declared.gate - 0.3, rel=1e-12)
    assert float(pcf["fossilGhgEmissions"]) == pytest.approx(declared.gate - 0.08, rel=1e-12)
    assert pcf["biogenicNonCO2Emissions"] == "0.02"
    assert (pcf["biogenicCO2Uptake"], pcf["landUseChangeGhgEmissions"]) == ("-0.3", "0.01")
    assert (pcf["fossilCarbonContent"], pcf["biogenicCarbonContent"]) == ("0.1", "0.08")
    stage = written("catena-x-9", NICKEL, found)["productLifeCycleStagesAndEmissions"][0]["productionStage"][0]
    assert stage["pcfIncludingBiogenicUptake"] == pytest.approx(declared.gate - 0.3, rel=1e-12)


def test_numbers_of_pact_are_strings_without_exponent():
    pcf = written("pact-3", NICKEL, scaled(1e-6))["pcf"]
    assert re.fullmatch(r"0\.0000\d+", pcf["pcfExcludingBiogenicUptake"])
    assert not [value for value in pcf.values() if isinstance(value, float)]


def test_ratings_and_primary_shares_are_those_of_the_footprint():
    found = sample()
    row, rows = found.matrix("metal_mass")[NICKEL], found.contributions["climate"]
    declared = declare(found, NICKEL)
    theirs = quality.rating(rows, row)
    assert declared.rating() == pytest.approx((theirs.technological, theirs.geographical, theirs.time), rel=1e-12)
    share = quality.primary_share(rows, row)
    assert declared.primary_data == pytest.approx({"pact": share.pact, "catena_x": share.catena_x}, rel=1e-12)


def test_the_scale_of_catena_x_7_is_another():
    assert "dataQualityRating" not in written("catena-x-7")["pcf"]
    assert export(sample(), "catena-x-7", company(), products=(NICKEL,)).notices[0][0] == "W960"


def test_recycled_carbon_only_if_it_is_stated(tmp_path):
    assert "recycledCarbonContent" not in written("pact-3")["pcf"]
    said = company(tmp_path, lambda t: t.replace("    cpc:", "    recycled_carbon: 0.02\n    cpc:", 1))
    assert written("pact-3", said=said)["pcf"]["recycledCarbonContent"] == "0.02"
    assert written("catena-x-9", said=said)["carbonContent"][0]["recycledCarbonContent"] == 0.02


@pytest.mark.parametrize("chosen", sorted(set(formats.catalogue()["standards"]) - {"ISO14067"}))
def test_every_standard_has_a_word_at_catena_x(tmp_path, chosen):
    said = company(tmp_path, lambda t: t.replace("standards: [ISO14067]", f"standards: [ISO14067, {chosen}]"))
    flat = written("catena-x-7", said=said)["pcf"]["crossSectoralStandardsUsed"]
    assert flat[0] == {"crossSectoralStandard": "ISO Standard 14067"}
    assert len(flat) == 2
    method = written("catena-x-9", said=said)["pcfAssessmentAndMethodology"][0]["pcfMethodology"][0]
    grouped = method["standards"][0]["crossSectoralStandards"]
    assert (grouped[0], len(grouped)) == ("ISO 14067", 2)
    assert written("pact-3", said=said)["pcf"]["crossSectoralStandards"] == ["ISO14067", chosen]
    if chosen != "PAS2050":  # not in the list of PACT 2
        assert written("pact-2", said=said)["pcf"]["crossSectoralStandardsUsed"][0] == "ISO Standard 14067"


def test_verification_only_if_there_was_one(tmp_path):
    assert "verification" not in written("pact-3")["pcf"]
    assert "attestationOfConformance" not in written("catena-x-9")
    said = company(tmp_path, lambda t: t + "verification: {coverage: product level, provider: Assurer, completed: "
                   "2026-03-20, standard: ISO 14064-3, id: A-1}\n")  # fmt: skip
    found = written("pact-3", said=said)["pcf"]["verification"]
    assert found == {"coverage": "product level", "providerName": "Assurer", "completedAt": "2026-03-20T00:00:00Z",
                     "standardName": "ISO 14064-3"}  # fmt: skip
    assert (
        written("catena-x-9", said=said)["attestationOfConformance"][0]["attestationType"]
        == "PCF 3rd party verification"
    )


def test_ids_hang_on_content_and_not_on_the_clock(tmp_path):
    first, again = written("pact-3"), written("pact-3")
    assert first == again
    other = written("pact-3", said=company(tmp_path, lambda t: t.replace("created: 2026-04-15", "created: 2026-04-16")))
    assert other["id"] != first["id"]
    assert written("pact-3", COBALT)["id"] != first["id"]
    more = scaled(1e-6)
    assert written("pact-3", found=more)["id"] != first["id"]


def test_ids_have_the_form_the_platforms_ask_for():
    for name in ("pact-3", "pact-2", "catena-x-7"):
        assert UUID(written(name)["id"]).version == 4
    block = written("catena-x-9")["pcfAssessmentAndMethodology"][0]["pcfAssessmentInformation"][0]["idAndVersion"][0]
    assert UUID(block["id"]).version == 4


def test_version_and_status_of_catena_x_9_are_fixed(tmp_path):
    said = company(tmp_path, lambda t: t.replace("    cpc:", "    version: 3\n    cpc:"))
    block = written("catena-x-9", said=said)["pcfAssessmentAndMethodology"][0]["pcfAssessmentInformation"][0]
    assert (block["idAndVersion"][0]["version"], block["idAndVersion"][0]["status"]) == (0, "Active")
    assert written("catena-x-7", said=said)["version"] == written("pact-2", said=said)["version"] == 3


def test_metals_for_who_builds_batteries():
    """Nickel: 174 / 780 of the salt, and its footprint per kg of nickel."""
    line = (
        f"Material: Nickel, Specific Content: 22.31%, Erecycled_Mat: {declare(sample(), NICKEL).total * 780 / 174:.4g}"
    )
    assert written("battery-supplier")["contentC02Metals"] == [f"{line} kg CO2e/kg"]


def test_ouranos_stages_and_pairs():
    found = sample()
    document = written("ouranos", NICKEL, found)
    got = figures("ouranos", document)
    declared = declare(found, NICKEL)
    traced = declared.of(lambda each: each.traced and each.stage == "raw_material")
    assert got["preComponent"] == five_up(traced)
    assert got["preProduction"] == five_up(declared.stage("raw_material") - traced)
    main = declared.of(lambda each: each.traced and each.stage == "production")
    assert got["mainComponent"] == five_up(main)
    assert got["mainProduction"] == five_up(declared.gate - declared.stage("raw_material") - main)
    four = sum(got[key] for key in ("preProduction", "mainProduction", "preComponent", "mainComponent"))
    assert 0.0 <= four - declared.gate <= 4e-5
    assert [each["cfpType"] for each in document] == [
        "preProduction",
        "mainProduction",
        "preComponent",
        "mainComponent",
    ]
    assert {each["cfpId"] for each in document} == {None}
    assert ("W960", f"ouranos: transport to the customer, {declared.distribution:g} kg CO2e/kg") in export(
        found, "ouranos", company(), products=(NICKEL,)
    ).notices


def test_a_flow_may_be_named_as_traced(tmp_path):
    said = company(tmp_path, lambda t: t.replace("    manufacturer_part: NS-6H", "    manufacturer_part: NS-6H\n"
                                                 "    traced_inputs: [caustic]"))  # fmt: skip
    more, less = figures("ouranos", written("ouranos", said=said)), figures("ouranos", written("ouranos"))
    assert more["preComponent"] > less["preComponent"]
    assert more["preComponent"] + more["preProduction"] == pytest.approx(
        less["preComponent"] + less["preProduction"], abs=2e-5
    )


def test_recycled_content_from_a_recovery_case(tmp_path):
    case = find("flowsheets/recovery_two_recyclers.yaml")
    content = run(case)["recycled_content"]["products"]
    name = next(key for key, each in content.items() if "Ni" in each)
    stated = r"    recycled_content:\n      Ni: .*\n"
    traced = f"    recovered_as: {name}\n"
    said = company(tmp_path, lambda text: re.sub(stated, traced, text) + f"recovery: {case}\n")
    got = figures("battery-pass", written("battery-pass", said=said))
    for metal, each in content[name].items():
        assert got[f"{metal}.pre_consumer"] == pytest.approx(each["pre_consumer_percent"] / 100.0)
        assert got[f"{metal}.post_consumer"] == pytest.approx(each["post_consumer_percent"] / 100.0)
    assert 0.0 < got["Ni.post_consumer"] < 1.0
