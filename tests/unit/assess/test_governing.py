"""The step that governs an impurity, yields over recycles, and limits that a flowsheet requires."""

from __future__ import annotations

import pytest

from hydromet import load
from hydromet.assess.governing import step
from hydromet.assess.grade import grade
from hydromet.assess.required import failed, refusals
from hydromet.assess.trace import leaving_share, trace
from hydromet.flowsheet.graph import Node
from hydromet.flowsheet.routing import route
from hydromet.flowsheet.schema import FlowsheetFile
from hydromet.stream import Stream
from tests.plants import LIMITED

# ore -> wash -> split-up -> dryer; the split-up lets 2 % of the iron through, an acid brings zinc to the dryer.
NODES = [
    Node("wash", {"feed": ("ore", "gate.back")}),
    Node("gate", {"feed": ("wash.out",)}),
    Node("dryer", {"feed": ("gate.clean", "acid")}),
]
STREAMS = {
    "wash.out": Stream({"Fe+2": 12.5, "Ni+2": 10.0}),
    "gate.clean": Stream({"Fe+2": 0.25, "Ni+2": 9.9}),
    "gate.waste": Stream({"Fe+2": 9.75, "Ni+2": 0.1}),
    "gate.back": Stream({"Fe+2": 2.5}),
    "dryer.product": Stream({"Fe+2": 0.25, "Ni+2": 9.9, "Zn+2": 0.1, "SO4-2": 0.1}),
}
INPUTS = {
    ("ore", "wash"): Stream({"Fe+2": 10.0, "Ni+2": 10.0}),
    ("acid", "dryer"): Stream({"Zn+2": 0.1, "SO4-2": 0.1}),
}


@pytest.fixture(scope="module")
def origins():
    outlets = {n.name: [s for s in STREAMS if s.startswith(f"{n.name}.")] for n in NODES}
    return trace(route(NODES, outlets, STREAMS, INPUTS))


def test_the_gate_is_where_the_probability_jumps(origins):
    found = step(origins, "Fe", "dryer.product")
    assert (found["unit"], found["port"]) == ("gate", "clean")
    assert found["lets_through"] == pytest.approx(0.25 / 12.5)
    assert (found["enters_at"], found["enters_with"], found["enters_share"]) == ("wash", "ore", pytest.approx(1.0))


def test_where_nothing_separates_the_entrance_is_named(origins):
    found = step(origins, "Zn", "dryer.product")
    assert (found["unit"], found["port"], found["lets_through"]) == ("", "", None)
    assert (found["enters_at"], found["enters_with"]) == ("dryer", "acid")
    assert step(origins, "SO4", "dryer.product")["element"] == "S"


def test_what_is_no_element_or_not_there_has_no_step(origins):
    for component in ("magnetic", "salt", "Cd"):
        assert step(origins, component, "dryer.product") is None


def test_overall_yield_counts_what_comes_round(origins):
    row = origins.routing
    share = leaving_share(row, "Fe", ["dryer.product"])[row.index("gate")]
    # of 12.5 that arrive 0.25 leave as product, 2.5 come back
    assert share == pytest.approx(0.25 / 10.0)


def test_margin_is_a_share_of_the_limit_and_negative_where_it_fails():
    product = Stream({"Li2CO3(s)": 10.0, "Na+": 0.02, "Cl-": 0.02})
    found = grade(product, "lithium_carbonate_battery", entering={"Li", "Na", "Cl", "C", "O"})
    rows = {row["component"]: row for row in found["limits"]}
    assert rows["Na"]["margin"] == pytest.approx(1.0 - rows["Na"]["share_of_limit"])
    assert rows["Na"]["margin"] < 0.0
    assert rows["salt"]["margin"] > 0.0
    assert found["governed_by"] == "Cl"


def flowsheet(**marks):
    return FlowsheetFile.model_validate(
        {
            "hydromet": 1, "title": "x", "feeds": {"water": {"water": "process", "rate": "1 t/h"}},
            "units": {"tank": {"model": "mix", "in": {"feed": "water"}}},
            "products": {"salt": {"stream": "tank.out", **marks.get("products", {})}},
            "effluents": {"drain": {"stream": "tank.out", "override": {"Ni": "1 mg/L"}, **marks.get("effluents", {})}},
        }
    )  # fmt: skip


ROW = {"component": "Co", "limit": 5e-4, "value": 6e-4, "verdict": "fail"}
WET = {"component": "Ni", "limit": 1.0, "value": 3.0, "unit": "mg/L", "verdict": "fail"}


def test_only_what_is_required_can_be_refused():
    products, drains = {"salt": {"grade": {"limits": [ROW]}}}, {"drain": {"rows": [WET]}}
    assert failed(flowsheet(), products, drains) == []
    found = failed(flowsheet(products={"required": True}, effluents={"required": True}), products, drains)
    assert [(row["kind"], row["component"], row["unit"]) for row in found] == [
        ("products", "Co", "kg/kg"), ("effluents", "Ni", "mg/L"),
    ]  # fmt: skip
    open_ = {"salt": {"grade": {"limits": [{**ROW, "verdict": "not predicted"}]}}}
    assert failed(flowsheet(products={"required": True}), open_, drains) == []


def test_a_required_limit_that_fails_is_told_at_its_place(tmp_path):
    file = tmp_path / "plant.yaml"
    file.write_text(LIMITED, encoding="utf-8")
    flowsheet = load(file)
    result = flowsheet.solve()
    (error,) = refusals(flowsheet.plant, result)
    assert (error.code, error.exit_code, error.place.line) == ("E760", 5, 9)
    assert "Na" in error.read
    fine = tmp_path / "fine.yaml"
    fine.write_text(LIMITED.replace(", required: true", ""), encoding="utf-8")
    assert list(refusals(load(fine).plant, load(fine).solve())) == []
