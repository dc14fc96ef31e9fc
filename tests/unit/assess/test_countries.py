"""Targets of other countries: each against the rate of its own definition, by hand; what was not read is marked.

A shredder takes cells with 100 t Ni and makes black mass with 98 t; the refinery makes 95 t of product of it and keeps
2 t in stock: China's powder recovery is 98 %, its refining recovery 95 of 96 t.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hydromet.assess.eu_recovery.assess import assess
from hydromet.assess.eu_recovery.case_file import case_of
from hydromet.datafiles import read_csv
from hydromet.report.recovery_tables import countries_table
from hydromet.source import load_text

CASE = """recovery: 1
year: 2026
options: {monte_carlo: {cases: 100}, count: {C_cell: false}}
lots:
  cells:
    form: cell
    mass: 500 t
    collected_in: DE
    parts:
      cathode_active: {mass: 200 t, elements: {Ni: 100 t, Li: 20 t, O: 80 t}}
      anode_active: {mass: 200 t}
      cathode_collector: {mass: 10 t}
      cell_casing: {mass: 90 t, elements: {Steel: 90 t}}
facilities:
  shredder:
    role: first_recycler
    country: DE
    in: [cells]
    out:
      black_mass: {use: intermediate, commodity: black_mass, mass: 400 t, elements: {Ni: 98 t, Li: 18 t, Al: 3 t}}
      steel: {use: material, elements: {Steel: 80 t}}
  refinery:
    country: FI
    in: [shredder.black_mass]
    out:
      nickel: {use: product, mass: 400 t, elements: {Ni: 95 t}}
      lithium: {use: product, mass: 80 t, elements: {Li: 15 t}}
    closing: {store: {elements: {Ni: 2 t}, later: {2027: {share: 100 %, recovered: {Ni: 95 %}}}}}
"""


@pytest.fixture(scope="module")
def result():
    return assess(case_of(load_text(CASE, "case.yaml"), Path()))


def rows(result, jurisdiction, metric):
    return [r for r in result["countries"] if r["jurisdiction"] == jurisdiction and r["metric"].startswith(metric)]


def test_china_counts_the_steps_apart(result):
    (powder,) = rows(result, "CN", "recovery after")
    assert [(v["where"], v["reaches"]) for v in powder["values"]] == [("shredder.black_mass", True)]
    assert powder["values"][0]["value"] == pytest.approx(98.0)
    refining = rows(result, "CN", "smelting")
    found = {(r["phase"], v["item"]): (v["value"], v["reaches"]) for r in refining for v in r["values"]}
    assert found["2024-12", "Ni"] == (pytest.approx(100 * 95 / 96), True)
    assert found["2024-12", "Li"] == (pytest.approx(100 * 15 / 18), False)
    assert found["2020-01", "Li"] == (pytest.approx(100 * 15 / 18), False)
    # the Union's rate of the same nickel is from the battery on: (95 + 0.95 x 2) of 100 t
    assert result["families"]["lithium_based"]["total"]["rRM"]["Ni"]["percent"] == pytest.approx(96.9)


def test_india_counts_the_dry_mass_of_all_elements(result):
    values = [v for r in rows(result, "IN", "recovery") for v in r["values"]]
    # 95 Ni + 1.9 Ni of the stock + 15 Li + 80 steel of 500 t; carbon and oxygen stay below the line
    assert [v["value"] for v in values] == pytest.approx([100 * 191.9 / 500] * 3)
    assert [v["reaches"] for v in values] == [False] * 3


def test_an_upper_limit_is_kept_from_below(result):
    (impurity,) = rows(result, "CN", "impurity")
    assert {v["item"]: (v["value"], v["reaches"]) for v in impurity["values"]} == {
        "Al": (pytest.approx(100 * 3 / 400), True)
    }


def test_the_union_stands_beside(result):
    union = [r for r in result["countries"] if r["jurisdiction"] == "EU"]
    annex = [r for r in union if "Annex XII" in r["instrument"]]
    assert {(r["items"], r["target"], r["phase"], v["value"]) for r in annex for v in r["values"]} == {
        (v["family"] if v["rate"] == "rRE" else v["item"], v["target"], v["by"], v["percent"])
        for v in result["verdicts"]
    }
    assert {r["target"] for r in union if r["items"] == "Ni" and "Article 8" in r["instrument"]} == {6.0, 15.0}


def test_every_row_has_a_source_a_definition_and_what_is_known_of_it(result):
    assert {r["jurisdiction"] for r in result["countries"]} == {"EU", "CN", "IN", "KR", "US", "JP"}
    for row in result["countries"]:
        assert row["verified"] in ("yes", "secondary", "partly", "no")
        assert row["source"]
        assert set(row["definition"]) == {"en", "ja"}
        assert all(row["definition"].values())
    assert [r["target"] for r in result["countries"] if r["verified"] == "no"] == [10.0, 15.0]


def test_the_table_marks_what_was_not_read(result):
    for lang, mark in (("en", "not verified: no"), ("ja", "未検証: no")):
        shown = countries_table(result, lang)
        assert sum(line.endswith(mark) for line in shown.splitlines()) == 2
        assert "96.9" in shown


def test_figures_of_the_file_are_figures():
    for row in read_csv("data/regulation/countries.csv"):
        if row["target"]:
            assert float(row["target"]) > 0.0
            assert row["limit"] in ("min", "max")
