"""What a customer could reckon back from the aggregated footprint of a small inventory."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hydromet.assess.carbon.assess import run
from hydromet.datafiles import find
from hydromet.report.carbon_customer import customer_data
from hydromet.report.carbon_evidence import evidence

TINY = """
carbon: 1
reference: one batch
feed: 100 t
grid: JP-Kansai-2024
activities:
  caustic: {amount: 18.72 t, factor: chem.naoh}
  acid: {amount: 40 t, factor: chem.h2so4}
  electricity: {amount: 215 MWh}
outputs:
  lithium_carbonate: {mass: 48 t, compound: "Li2CO3(s)"}
"""


def shown(file):
    (record,) = run(file)
    return record, customer_data(evidence(file, record).made, "0" * 64)


def test_three_sums_over_three_amounts_would_give_the_recipe_and_are_not_shown(tmp_path):
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY, encoding="utf-8")
    record, seen = shown(file)
    product = record["products"]["lithium_carbonate"]
    names = ("chem.naoh", "chem.h2so4", "grid.JP-Kansai-2024")
    equations = [[record["factors"][name][each]["value"] for name in names] for each in ("climate", "water", "energy")]
    sums = [product["figures"][each]["cut_off"]["metal_mass"]["per_kg"] for each in ("climate", "water", "energy")]
    recipe = np.linalg.solve(equations, sums)
    assert recipe == pytest.approx([18720 / 48000, 40 / 48, 215 / 48], rel=1e-9)  # what the three would tell
    assert set(seen["products"]["lithium_carbonate"]["figures"]) == {"climate"}
    assert "18720" not in json.dumps(seen)


def test_a_real_inventory_shows_all_three():
    _, seen = shown(find("flowsheets/carbon/written_year.yaml"))
    assert set(seen["products"]["lithium_carbonate"]["figures"]) == {"climate", "water", "energy"}
