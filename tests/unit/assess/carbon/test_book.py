"""The shipped factor book: every row loads, adds up, names its source; the lookup never answers zero."""

from __future__ import annotations

import csv
import io
import math
import re

import pytest

from hydromet import datafiles
from hydromet.assess.carbon.book import SHIPPED, books, digest, shipped
from hydromet.assess.carbon.factor_rows import GRADES, VERIFIED, deviation
from hydromet.assess.carbon.grids import basis, includes_losses, loss, losses
from hydromet.assess.carbon.notices import notices
from hydromet.assess.carbon.shapes import INDICATORS
from hydromet.datafiles import read_text, read_yaml
from hydromet.errors import FootprintError

AREAS = ("Hokkaido", "Tohoku", "Tokyo", "Chubu", "Hokuriku", "Kansai", "Chugoku", "Shikoku", "Kyushu", "Okinawa")
SHORT_TON = 907.18474


@pytest.fixture(scope="module")
def book():
    return books()


def rows():
    return [row.factor for row in shipped(SHIPPED).rows]


def test_every_row_is_complete() -> None:
    for row in rows():
        assert math.isfinite(row.value), row
        assert row.value >= 0.0, row
        assert row.deviation >= 1.0, row
        assert row.grade in GRADES, row
        assert row.verified in VERIFIED, row
        assert row.licence, row
        assert row.scope, row
        assert row.gwp if row.indicator == "climate" else not row.gwp, row
        # What nobody read again is called recalled, and what was read is not.
        assert (row.verified == "no") == (row.grade == "recalled") or row.verified == "partly", row


def test_sources_are_in_the_bibliography() -> None:
    bibliography, words = read_text("data/REFERENCES.bib"), read_text("data/SOURCES.md")
    sources = {row.source for row in rows()} | {each.source for each in losses(SHIPPED).values()}
    for key in sorted(sources):
        assert f"{{{key}," in bibliography or f"| `{key}` |" in words, key


def test_every_factor_has_all_indicators(book) -> None:
    for name in book.ids():
        for indicator in INDICATORS:
            assert book.factor(name, indicator).id == name


def test_zero_stands_only_where_nothing_is_taken_by_definition() -> None:
    zeros = [row for row in rows() if row.value == 0.0]
    assert all(row.indicator != "climate" for row in zeros)
    assert {row.id for row in zeros if row.source != "definition"} == {"tech.wind"}  # the median of the review


def test_sulfuric_acid_is_per_short_ton_in_the_source(book) -> None:
    # Column AE row 98 is in g per short ton; 0.63348 kg for 1 kg of nickel sulfate brings 27.918 g.
    acid = book.factor("chem.h2so4", "climate")
    assert acid.value * 0.63348 * 1000.0 == pytest.approx(27.918, rel=1e-4)
    assert acid.value * SHORT_TON == pytest.approx(39.9805, rel=1e-4)


def test_derived_rows_follow_from_their_recipes(book) -> None:
    derived = 0
    for row in rows():
        parts = book.recipe(row)
        if parts:
            derived += 1
            total = sum(weight * book.factor(name, row.indicator).value for weight, name in parts)
            assert total == pytest.approx(row.value, rel=1e-4), row.id
    assert derived > 200


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("fuel.ng_boiler", ("fuel.ng_boiler.combustion", "fuel.ng_boiler.upstream")),
        ("fuel.hfo_boiler", ("fuel.hfo_boiler.combustion", "fuel.hfo_boiler.upstream")),
        ("tr.truck_avg", ("tr.truck_avg.ttw", "tr.truck_avg.wtt")),
    ],
)
def test_combustion_and_upstream_stay_apart_and_add_up(book, whole, parts) -> None:
    for indicator in INDICATORS:
        total = sum(book.factor(each, indicator).value for each in parts)
        assert book.factor(whole, indicator).value == pytest.approx(total, rel=1e-5)  # six digits are kept
    assert book.factor("heat.steam_ng", "climate").value == pytest.approx((0.0565334 + 0.0130232) / 0.9, rel=1e-5)


def test_stoichiometric_carbon_dioxide(book) -> None:
    # 44.009 g/mol over the molar mass of what gives it off.
    for name, mass in {"proc.caco3_acid": 100.086, "proc.li2co3_acid": 73.888, "proc.carbon_burn": 12.011}.items():
        assert book.factor(name, "climate").value == pytest.approx(44.009 / mass, rel=1e-5)
    assert book.factor("chem.caoh2", "climate").value == pytest.approx(1.28444 * 56.077 / 74.092, rel=1e-5)


def test_japanese_fuel_factors_follow_from_their_heating_values(book) -> None:
    # 30.1 GJ/t x 0.0294 tC/GJ x 44/12; 38.2 GJ/kL x 0.0187 tC/GJ x 44/12 per m3.
    assert book.factor("fuel.coke_jp2010", "climate").value == pytest.approx(30.1 * 0.0294 * 44 / 12, rel=1e-5)
    assert book.factor("fuel.diesel_jp2010", "climate").value == pytest.approx(1e3 * 38.2 * 0.0187 * 44 / 12, rel=1e-5)
    assert book.factor("fuel.citygas_jp", "climate").value == pytest.approx(40.0 * 0.0140 * 44 / 12, rel=2e-3)


def test_grids_have_readable_names_and_the_old_ones(book) -> None:
    for area in AREAS:
        for year in (2024, 2025):
            assert book.factor(f"grid.JP-{area}-{year}", "climate").geography == f"JP-{area}"
    assert book.factor("EM-JP-TK-2024", "climate").value == 0.539
    assert book.factor("EU", "climate").id == "grid.EU-2024"
    assert book.factor("grid.FR-2024", "climate").value == 0.04418
    assert book.factor("EM-FR-2024", "climate").value == 0.033
    assert sum(name.startswith(("grid.", "market.")) for name in book.ids()) == 96


@pytest.mark.parametrize(
    ("area", "within"),
    [
        ("Hokkaido", 0.02), ("Chubu", 0.01), ("Hokuriku", 0.02), ("Kansai", 0.01), ("Chugoku", 0.01),
        ("Shikoku", 0.01), ("Kyushu", 0.01), ("Tokyo", 0.03),  # Tokyo by its mix of 2021
    ],
)  # fmt: skip
def test_mix_of_an_area_gives_its_published_intensity(book, area, within) -> None:
    """Shares behind water and energy times life-cycle intensities of the technologies: a second way to the figure."""
    name = f"grid.JP-{area}-2024"
    shares = book.recipe(book.factor(name, "energy"))
    assert sum(share for share, _ in shares) == pytest.approx(1.0, abs=2e-4)
    found = sum(share * book.factor(tech, "climate").value for share, tech in shares)
    assert found == pytest.approx(book.factor(name, "climate").value, rel=within)


def test_energy_of_a_kilowatt_hour_is_between_the_kilowatt_hour_and_a_bad_plant(book) -> None:
    for name in book.ids():
        if name.startswith(("grid.", "market.")):
            assert 3.6 <= book.factor(name, "energy").value < 12.5, name


def test_fossil_energy_of_american_electricity_is_that_of_greet(book) -> None:
    # GREET 2020: 5.926 MJ of fossil energy per kWh delivered; here the mix of 2021 and 5 % losses.
    shares = book.recipe(book.factor("grid.US-GREET-2022", "energy"))
    fossil = ("tech.coal", "tech.gas", "tech.oil")
    found = sum(share * book.factor(tech, "energy").value for share, tech in shares if tech in fossil)
    assert found == pytest.approx(5.926, rel=0.10)


def test_unknown_names_are_errors_with_the_nearest(book) -> None:
    with pytest.raises(FootprintError) as unknown:
        book.factor("chem.h2so", "climate")
    assert unknown.value.code == "E770"
    assert "chem.h2so4" in unknown.value.expected
    with pytest.raises(FootprintError) as typed:
        book.factor("grid.JP-Tokio-2024", "climate")
    assert (typed.value.code, typed.value.write) == ("E772", "grid.JP-Tokyo-2024")
    with pytest.raises(FootprintError) as year:
        book.factor("grid.JP-Tokyo-2021", "climate")
    assert year.value.expected == "grid.JP-Tokyo-2024 or grid.JP-Tokyo-2025"
    for name in ("", "grid.", "nothing like it", "chem.", "grid.XX-2024", "\x00"):
        with pytest.raises(FootprintError) as nothing:
            book.factor(name, "climate")
        assert nothing.value.code in ("E770", "E772")
        assert book.factor(nothing.value.write, "climate")  # the line that works does


def test_amounts_are_brought_to_the_unit_of_the_factor_or_refused(book) -> None:
    per_kg = book.factor("waste.landfill_inert", "climate").value
    assert per_kg == pytest.approx(1.26435e-3)
    assert book.factor("waste.landfill_inert", "climate", "t").value == pytest.approx(1.26435)
    assert book.factor("heat.steam_ng", "climate", "kWh").value == pytest.approx(3.6 * 0.0772851)
    assert book.factor("grid.FR-2024", "climate", "MJ").value == pytest.approx(0.04418 / 3.6)
    for per in ("m3", "bushel"):
        with pytest.raises(FootprintError) as wrong:
            book.factor("chem.h2so4", "climate", per)
        assert wrong.value.code == "E773"


def test_uncertainty_becomes_a_geometric_deviation() -> None:
    assert deviation("30") == pytest.approx(1.3 ** (1 / 1.96))
    assert deviation("range 0.8-2.5") == pytest.approx((2.5 / 0.8) ** (1 / 3.92))
    assert deviation("gsd 1.3") == 1.3
    assert deviation("0") == 1.0
    for wrong in ("", "-3", "range 3-1", "range 0-1", "gsd 0.9", "about 20", "1e400", "nan"):
        with pytest.raises(FootprintError):
            deviation(wrong)


def test_ratings_judge_the_use(book) -> None:
    acid = book.factor("chem.h2so4", "climate")
    assert book.rated(acid, "US", 2024).quality == (2.0, 1.0, 1.0)
    assert book.rated(acid, "JP-Tokyo", 2030).quality == (2.0, 4.0, 3.0)
    assert book.rated(book.factor("chem.cyanex272", "climate"), "JP", 2024).quality == (5.0, 3.0, 5.0)
    assert book.rated(book.factor("grid.JP-2024", "climate"), "JP-Tokyo", 2024).quality == (2.0, 2.0, 1.0)
    assert book.rated(book.factor("grid.JP-Kansai-2024", "climate"), "JP-Tokyo", 2024).quality[1] == 4.0
    assert book.rated(book.factor("grid.EU-2024", "climate"), "DE", 2024).quality[1] == 2.0
    assert book.rated(book.factor("proc.co2", "climate"), "JP", 1999).quality == (1.0, 1.0, 1.0)
    assert acid.quality == (2.0, 5.0, 5.0)  # no use told: the worst


def test_losses_are_beside_the_grid_and_counted_once(book) -> None:
    tokyo = loss(book.factor("grid.JP-Tokyo-2024", "climate"))
    assert (tokyo.share, tokyo.source) == (0.043, "worldbank_losses")
    assert tokyo.per_delivered == pytest.approx(0.043 / 0.957)
    british = loss(book.factor("grid.GB-DEFRA-2025", "climate"))
    assert british.per_delivered * 0.177 == pytest.approx(0.01853, rel=1e-3)
    for name in ("grid.US-GREET-2022", "market.JP-Yonden-FY2024"):
        delivered = book.factor(name, "climate")
        assert includes_losses(delivered)
        assert loss(delivered).per_delivered == 0.0
    for name in book.ids():
        if name.startswith("grid."):
            assert 0.0 <= loss(book.factor(name, "climate")).share < 0.2


def test_market_and_location_are_told_apart(book) -> None:
    assert basis(book.factor("market.JP-Yonden-FY2023", "climate")) == "market"
    assert basis(book.factor("grid.JP-Shikoku-2024", "climate")) == "location"


def test_notices_tell_of_mixed_potentials_co2_only_and_weak_factors(book) -> None:
    names = ("chem.naoh", "tr.truck_avg.ttw", "grid.JP-average-FY2023", "chem.cyanex272", "proc.carbon_burn")
    used = [book.factor(name, "climate") for name in names]
    found = notices([*used, *used])
    assert [each["code"] for each in found] == ["W770", "W771", "W774", "W772", "W772"]
    assert "AR5 GWP100: tr.truck_avg.ttw" in found[0]["text"]
    assert found[2]["where"] == "tr.truck_avg.ttw"
    assert {each["where"] for each in found[3:]} == {"chem.cyanex272", "grid.JP-average-FY2023"}
    assert notices([book.factor("chem.naoh", "climate"), book.factor("proc.co2", "climate")]) == []
    (weak,) = notices(book.factor("chem.naf", each) for each in reversed(INDICATORS))
    assert weak["text"].startswith("climate, water, energy: NaF")


def test_find_reads_words_in_any_order(book) -> None:
    assert {each.id for each in book.find("acid SULFURIC")} == {"chem.h2so4"}
    assert [each.indicator for each in book.find("sulfuric acid")] == list(INDICATORS)
    assert {each.id for each in book.find("EM-JP-KN-2025")} == {"grid.JP-Kansai-2025"}


def test_the_head_is_hashed_whatever_the_line_ends(book) -> None:
    (head,) = book.heads
    assert re.fullmatch("[0-9a-f]{64}", head.sha256)
    assert digest(("a\nb\n", "c")) == digest(("a\r\nb\r\n", "c"))
    assert digest(("ab", "c")) != digest(("a", "bc"))
    files = read_yaml(f"data/factors/{SHIPPED}.yaml")["rows"]
    lines = [line for file in files for line in csv.DictReader(io.StringIO(read_text(f"data/factors/{file}")))]
    assert head.rows == len(lines) == len(rows())
    assert all(name.startswith("factors/") for name in datafiles.sets() if SHIPPED in name)
