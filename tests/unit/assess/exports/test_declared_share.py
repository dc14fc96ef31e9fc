"""What an export says of where its amounts come from: solved or metered, primary or not, and no list of reagents."""

from __future__ import annotations

import json

import pytest

from hydromet.assess.exports.declaration import declare
from hydromet.assess.exports.footprint import read
from hydromet.cli.app import main
from hydromet.datafiles import find
from tests.plants import CARBONATION

DECLARED = "liquor: {declared: {raw_material: 0.2, production: 0.1, supplier: Brine Co., PDS: 70 %}}"
COMPANY = find("flowsheets/export_nmc622.yaml")


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("declared")
    text = CARBONATION.replace("liquor: {preparation: false}", DECLARED)
    (folder / "plant.yaml").write_text(text, encoding="utf-8")
    assert main(["run", str(folder / "plant.yaml"), "-o", str(folder / "out")]) == 0
    return folder / "out"


def test_a_declared_footprint_is_primary_as_far_as_its_supplier_says(plant):
    found = read(plant)
    share = declare(found, "lithium_carbonate").primary_data
    assert share == pytest.approx(found.record["products"]["lithium_carbonate"]["quality"]["PDS"], rel=1e-12)
    row = found.contributions["climate"]
    whole = sum(each.value for each in row)
    supplied = sum(each.value for each in row if each.activity.factor.startswith("declared."))
    gas = sum(each.value for each in row if each.activity.kind == "process")
    assert share["pact"] == pytest.approx(100.0 * (0.7 * supplied + gas) / whole, rel=1e-12)


def test_a_solved_plant_says_so_on_every_platform_and_names_no_reagents(plant, tmp_path):
    option = ("--company", str(COMPANY), "--product", "lithium_carbonate", "-o", str(tmp_path))
    for name in ("pact-3", "catena-x-9"):
        assert main(["export", str(plant), "--format", name, *option]) == 0
        text = (tmp_path / f"{name}_lithium_carbonate.json").read_text(encoding="utf-8")
        assert "solved by a process model, not metered" in text
        assert "impurities of reagents: below 2 wt% each" in text
        assert "soda" not in text
    assert json.loads(text)


def test_a_written_inventory_says_nothing_of_a_model():
    assert not declare(read(find("flowsheets/carbon/written_year.yaml")), "lithium_carbonate").simulated
