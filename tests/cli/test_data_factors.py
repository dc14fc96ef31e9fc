"""``hydromet data`` with the factors of the carbon footprint."""

from __future__ import annotations

import json

import pytest

from hydromet.cli.app import main


def run(capsys, *words):
    assert main(["data", *words]) == 0
    return capsys.readouterr().out


def test_list_finds_factors_by_words(capsys) -> None:
    lines = run(capsys, "list", "sulfuric acid").splitlines()
    assert [line.split()[0] for line in lines] == ["chem.h2so4"] * 3
    assert "0.044071 kgCO2e/kg" in lines[0]
    everything = json.loads(run(capsys, "list", "factors", "--json"))
    assert len(everything) > 700
    assert {row["indicator"] for row in everything} == {"climate", "water", "energy"}


def test_show_tells_all_of_a_factor(capsys) -> None:
    text = run(capsys, "show", "EM-JP-TK-2024")
    assert "grid.JP-Tokyo-2024  climate: 0.539 kgCO2e/kWh" in text
    assert "licence    ODbL 1.0" in text
    climate, *_ = json.loads(run(capsys, "show", "chem.naoh", "--json"))
    assert (climate["value"], climate["source"], climate["verified"]) == (2.12032, "everbatt_2023", "yes")


def test_cite_leads_to_the_work_and_the_book(capsys) -> None:
    text = run(capsys, "cite", "grid.EU-2024")
    assert "climate: ember_2024" in text
    assert "CC BY 4.0" in text
    assert "@misc{ember_2024," in text
    assert "book hydromet-2026.1, sha256 " in text
    found = json.loads(run(capsys, "cite", "chem.naf", "--json"))
    assert found["rows"][0]["verified"] == "no"
    assert found["book"]["id"] == "hydromet-2026.1"


@pytest.mark.parametrize(
    ("words", "code", "near"),
    [
        (("list", "naohh"), "E770", "chem.naoh"),
        (("show", "chem.naohh"), "E770", "chem.naoh"),
        (("cite", "grid.JP-Tokio-2024"), "E772", "grid.JP-Tokyo-2024"),
    ],
)
def test_an_unknown_factor_is_an_error_with_the_nearest(capsys, words, code, near) -> None:
    assert main(["data", *words]) == 3
    text = capsys.readouterr().err
    assert code in text
    assert near in text


def test_files_and_references_are_found_as_before(capsys) -> None:
    assert "H2SO4" in run(capsys, "show", "species/aqueous.csv")
    assert "@misc{everbatt_2023," in run(capsys, "cite", "everbatt_2023")
    assert "factors/hydromet-2026.1.yaml" in run(capsys, "list")
