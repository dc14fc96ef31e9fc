"""Products against specifications: pass, fail, not predicted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydromet.assess.grade import (
    FAIL,
    PASS,
    UNKNOWN,
    default_specification,
    grade,
    impurities,
    purity,
    specification,
    specifications,
)
from hydromet.datafiles import read_text
from hydromet.errors import FlowsheetError
from hydromet.species import pseudo_elements, species
from hydromet.stream import Stream

SPEC = "lithium_carbonate_battery"
SALT = "Li2CO3(s)"
ENTERING = {"Li", "Na", "Mg", "Ca", "K", "Fe", "Zn", "Cu", "Pb", "Si", "Al", "Mn", "Ni", "S", "Cl", "C", "O", "H"}
CLEAN = Stream({SALT: 10.0, "Na+": 1e-4, "SO4-2": 5e-5, "H2O": 0.01, "Ca+2": 1e-6})


def verdicts(stream: Stream, **options: frozenset[str]) -> dict[str, str]:
    return {row["component"]: row["verdict"] for row in grade(stream, SPEC, entering=ENTERING, **options)["limits"]}


def test_limits_are_judged_one_by_one() -> None:
    found = verdicts(CLEAN)
    assert (found["salt"], found["Na"], found["SO4"], found["moisture"]) == (PASS, PASS, PASS, PASS)
    assert found["magnetic"] == UNKNOWN
    # 7 g of sodium in 739 g of salt is 1 %, the limit 0.025 %.
    assert verdicts(CLEAN.plus(Stream({"Na+": 0.3, "Cl-": 0.3})))["Na"] == FAIL


def test_a_property_no_balance_predicts_keeps_the_product_from_passing() -> None:
    found = grade(CLEAN, SPEC, entering=ENTERING)
    assert found["verdict"] == UNKNOWN
    assert found["recalled"] == len(found["limits"])


def test_one_failure_decides() -> None:
    assert grade(CLEAN.plus(Stream({"Na+": 0.3, "Cl-": 0.3})), SPEC, entering=ENTERING)["verdict"] == FAIL


def test_an_impurity_nobody_stated_or_followed_is_not_predicted() -> None:
    reasons = {
        row["component"]: row["reason"] for row in grade(CLEAN, SPEC, entering={"Li", "Na", "Ca", "Mg"})["limits"]
    }
    assert "no feed" in reasons["K"]
    assert "keeps it out" in reasons["Mg"]
    assert verdicts(CLEAN, unpredicted=frozenset({"Ca"}))["Ca"] == UNKNOWN


def test_only_a_table_of_predicted_limits_can_be_passed() -> None:
    name = "nickel_sulfate_reagent"
    kilo = 1.0 / species("NiSO4:6H2O(s)").molar_mass
    trace = dict.fromkeys(("Na+", "Ca+2", "Fe+2", "Co+2", "Cu+2", "Zn+2", "Pb+2", "Cl-"), 1e-6)
    entering = {"Ni", "S", "Na", "Ca", "Fe", "Co", "Cu", "Zn", "Pb", "Cl"}
    found = grade(Stream({"NiSO4:6H2O(s)": kilo, **trace}), name, entering=entering)
    assert {r["component"] for r in found["limits"] if r["verdict"] == UNKNOWN} == {"NO3"}
    assert found["verdict"] == UNKNOWN
    second = grade(Stream({"CoSO4:7H2O(s)": 1.0}), "cobalt_sulfate_high", entering=entering)
    assert second["limits"][0]["verdict"] == PASS
    assert second["limits"][0]["value"] == pytest.approx(0.2097, abs=1e-3)


def test_entrained_organic_counts_as_oil() -> None:
    stream = Stream({"NiSO4:6H2O(s)": 1.0, "Diluent(org)": 1e-4})
    rows = {r["component"]: r for r in grade(stream, "nickel_sulfate_battery", entering={"Diluent"})["limits"]}
    assert rows["oil"]["verdict"] == FAIL
    bare = Stream({"NiSO4:6H2O(s)": 1.0})
    rows = {r["component"]: r for r in grade(bare, "nickel_sulfate_battery", entering={"Diluent"})["limits"]}
    assert rows["oil"]["verdict"] == UNKNOWN


def test_oil_is_listed_among_the_impurities() -> None:
    stream = Stream({"NiSO4:6H2O(s)": 1.0, "Diluent(org)": 1e-5, "H(Versatic10)": 1e-6})
    found = impurities(stream, "NiSO4:6H2O(s)")
    assert found["oil"] == pytest.approx(found["Diluent"] + found["Versatic10"])
    assert found["oil"] == pytest.approx(1e6 * (1e-5 * 0.17033 + 1e-6 * 0.17125) / stream.mass(), rel=1e-3)
    assert "oil" not in impurities(Stream({"NiSO4:6H2O(s)": 1.0}), "NiSO4:6H2O(s)")


def test_nothing_produced_is_not_a_pass() -> None:
    assert grade(Stream(), SPEC, entering=ENTERING)["verdict"] == UNKNOWN
    assert purity(Stream(), SALT) == 0.0


def test_purity_and_impurities() -> None:
    assert purity(CLEAN, SALT) == pytest.approx(0.99975, abs=5e-5)
    found = impurities(CLEAN, SALT)
    assert found["Na"] == pytest.approx(1e6 * 1e-4 * 0.02299 / CLEAN.mass(), rel=1e-3)
    assert not {"Li", "C", "O", "H"} & set(found)


def test_the_table_is_tidy() -> None:
    assert set(specifications()) >= {"nickel_sulfate_battery", "cobalt_sulfate_high", SPEC}
    for spec in specifications().values():
        assert species(spec.compound).id == spec.compound
        assert len({(limit.component, limit.kind) for limit in spec.limits}) == len(spec.limits), spec.name
        for limit in spec.limits:
            assert limit.kind in ("min", "max")
            assert limit.grade in ("measured", "recalled")
            assert f"{limit.source}," in read_text("data/REFERENCES.bib")
            assert limit.component not in pseudo_elements()
    assert specification("nickel_sulfate_battery").limits[0].grade == "recalled"


def test_defaults_and_unknown_names() -> None:
    assert default_specification("NiSO4:6H2O(s)") == "nickel_sulfate_battery"
    assert default_specification("CoSO4:7H2O(s)") == "cobalt_sulfate_high"
    assert default_specification(SALT) == SPEC
    assert default_specification("NaCl(s)") == ""
    with pytest.raises(FlowsheetError) as caught:
        specification("lithium_carbonate_batery")
    assert caught.value.code == "E461"
    assert "lithium_carbonate_battery" in caught.value.write


@given(st.floats(0.0, 1.0))
def test_more_impurity_never_mends_a_verdict(size: float) -> None:
    rank = {PASS: 0, UNKNOWN: 0, FAIL: 1}
    before = verdicts(CLEAN)
    after = verdicts(CLEAN.plus(Stream({"Na+": size, "Cl-": size})))
    assert rank[after["Na"]] >= rank[before["Na"]]
