"""Effluents against limits: three states, overrides, declared splits, gases; dilution air of hydrogen."""

from __future__ import annotations

import pytest

from hydromet import load
from hydromet.assess.effluent import Sample, judged
from hydromet.assess.emissions import dilution_air, emissions
from hydromet.assess.grade import FAIL, PASS, UNKNOWN
from hydromet.assess.limits import AIR, WATER, limits_of, tables
from hydromet.datafiles import read_text
from hydromet.dimensions import NORMAL_CUBIC_METRE
from hydromet.errors import FlowsheetError
from hydromet.flowsheet.schema import Effluent, Outlet
from hydromet.report.effluent import effluent as shown
from hydromet.report.effluent import emission_rows, limit_rows, verdicts
from hydromet.species import species
from hydromet.stream import Stream

WET = {"H2O": 55.5}
ENTERING = frozenset({"Ni", "Cu", "Zn", "Fe", "Mn", "Cr", "F", "P", "N", "S", "H", "O"})
# mol in a litre that make 1 mg/L.
NICKEL = 1e-3 / species("Ni+2").molar_mass / 1e3


def sample(flows, pH=7.0, volume=1e-3, splits=lambda _: (), entering=ENTERING, dry=0.0):
    return Sample(Stream(flows), volume, pH, dry, entering, splits)


def rows(declared, given):
    return {(r["component"], r["kind"], r["period"]): r for r in judged(Effluent(**declared), given)["rows"]}


def mg_l(name, milligrams):
    """A litre of water with so many mg/L of a species."""
    return {**WET, name: milligrams * 1e-6 / species(name).molar_mass}


def test_concentration_by_hand():
    found = judged(Effluent(stream="a.b", override={"Ni": "1 mg/L"}), sample({**WET, "Ni+2": 2.0 * NICKEL}))
    (row,) = found["rows"]
    assert row["value"] == pytest.approx(2.0)
    assert (row["verdict"], row["share_of_limit"], found["verdict"]) == (FAIL, pytest.approx(2.0), FAIL)
    assert found["content"]["Ni"] == pytest.approx(2.0)
    assert judged(Effluent(stream="a.b", override={"Ni": "2.01 mg/L"}), sample({**WET, "Ni+2": 2.0 * NICKEL}))[
        "verdict"
    ] == PASS  # fmt: skip


def test_the_edge_of_a_limit_is_inside():
    table = {"stream": "a.b", "limits": "japan_national"}
    assert rows(table, sample(WET, pH=5.8))["pH", "min", "any time"]["verdict"] == PASS
    assert rows(table, sample(WET, pH=5.79))["pH", "min", "any time"]["verdict"] == FAIL
    assert rows(table, sample(WET, pH=8.61))["pH", "max", "any time"]["verdict"] == FAIL


def test_sea_and_fresh_water_differ_in_fluoride():
    ten = sample(mg_l("F-", 10.0))
    fresh, sea = (rows({"stream": "a.b", "limits": n}, ten) for n in ("japan_national", "japan_national_sea"))
    assert fresh["F", "max", "any time"]["verdict"] == FAIL
    assert sea["F", "max", "any time"]["verdict"] == PASS


def test_what_nobody_follows_is_not_predicted_and_keeps_the_whole_from_passing():
    found = judged(Effluent(stream="a.b", limits="japan_national"), sample(mg_l("Cu+2", 0.1)))
    reasons = {row["component"]: row["reason"] for row in found["rows"] if row["verdict"] == UNKNOWN}
    assert "no balance" in reasons["BOD"]
    assert "no feed" in reasons["As"]
    assert "keeps it out" in reasons["Zn"]
    assert "keeps solids out" in reasons["SS"]
    assert found["verdict"] == UNKNOWN
    assert found["recalled"] == 2  # both limits of phosphorus


def test_iron_and_manganese_are_dissolved_the_others_total():
    given = sample({**mg_l("Fe+2", 9.0), "Fe(OH)3(s)": 1e-3, "Cu(OH)2(s)": 1e-3})
    found = rows({"stream": "a.b", "limits": "japan_national"}, given)
    assert found["Fe", "max", "any time"]["value"] == pytest.approx(9.0)
    assert found["Cu", "max", "any time"]["value"] == pytest.approx(63.546, rel=1e-3)
    assert found["SS", "max", "any time"]["verdict"] == FAIL


def test_daily_mean_is_the_tighter_one():
    found = rows({"stream": "a.b", "limits": "japan_national"}, sample(mg_l("PO4-3", 10.0 * 94.971 / 30.974)))
    assert found["P", "max", "any time"]["verdict"] == PASS
    assert found["P", "max", "daily mean"]["verdict"] == FAIL


def test_ammonia_nitrogen_counts_two_fifths():
    found = rows({"stream": "a.b", "limits": "japan_national"}, sample(mg_l("NH4+", 128.79)))
    assert found["N", "max", "any time"]["value"] == pytest.approx(100.0, rel=1e-3)
    assert found["N(oxidised)", "max", "any time"]["value"] == pytest.approx(40.0, rel=1e-3)


def test_total_chromium_proves_a_pass_of_chromium_six_and_no_failure():
    table = {"stream": "a.b", "limits": "japan_national"}
    assert rows(table, sample(mg_l("Cr+3", 0.1)))["Cr(VI)", "max", "any time"]["verdict"] == PASS
    much = rows(table, sample(mg_l("Cr+3", 3.0)))
    assert much["Cr(VI)", "max", "any time"]["verdict"] == UNKNOWN
    assert much["Cr", "max", "any time"]["verdict"] == FAIL


def test_a_pass_cannot_rest_on_a_declared_split_and_a_failure_can():
    def droplets(component):
        return ("evaporator.condensate: droplets",) if component == "Ni" else ()

    for milligrams, verdict in ((0.5, UNKNOWN), (2.0, FAIL)):
        given = sample(mg_l("Ni+2", milligrams), splits=droplets)
        (row,) = judged(Effluent(stream="a.b", override={"Ni": "1 mg/L"}), given)["rows"]
        assert row["verdict"] == verdict
        assert "droplets" in row["reason"]
        assert row["value"] == pytest.approx(milligrams)


def test_without_a_liquor_nothing_is_said():
    found = judged(Effluent(stream="a.b", limits="eu_nfm_nickel_cobalt"), sample({"Ni(OH)2(s)": 1.0}, pH=None))
    assert {row["verdict"] for row in found["rows"]} == {UNKNOWN}
    assert judged(Effluent(stream="a.b"), sample(WET))["verdict"] == UNKNOWN  # no limits at all prove nothing


def test_an_override_replaces_every_limit_of_its_component_and_keeps_its_basis():
    declared = Effluent(
        stream="a.b", limits="japan_national", override={"N": "20 mg/L", "Fe": "1 mg/L", "Co": "1 mg/L"}
    )
    found = [limit for limit in limits_of(declared) if limit.component in ("N", "Fe", "Co")]
    assert [(x.component, x.value, x.basis, x.grade) for x in found] == [
        ("N", pytest.approx(20.0), "total", "declared"),
        ("Fe", pytest.approx(1.0), "dissolved", "declared"),
        ("Co", pytest.approx(1.0), "total", "declared"),
    ]


def test_a_permit_may_be_looser_than_an_eu_table_an_ordinance_not_than_the_national_one():
    assert limits_of(Effluent(stream="a.b", limits="eu_nfm_nickel_cobalt", override={"Ni": "5 mg/L"}))
    for override in ({"Zn": "2.1 mg/L"}, {"pH": (5.7, 8.0)}, {"pH": (6.0, 8.7)}):
        with pytest.raises(FlowsheetError, match="E472"):
            limits_of(Effluent(stream="a.b", limits="japan_national", override=override))


def test_tables_are_whole():
    known = read_text("data/REFERENCES.bib")
    for table in tables().values():
        assert table.limits
        assert table.medium in (WATER, AIR)
        for limit in table.limits:
            assert f"{{{limit.source}," in known
            assert limit.grade in ("measured", "recalled")
            assert limit.value > 0.0
    # Japan has no uniform limit for nickel.
    assert not [x for x in tables()["japan_national"].limits if x.component in ("Ni", "Co", "SO4")]


def test_gas_per_dry_normal_cubic_metre():
    flows = {"H2O(g)": 1.0, "NiSO4:6H2O(s)": 1e-6 / species("NiSO4:6H2O(s)").molar_mass, "HF(g)": 1e-5}
    declared = {"stream": "a.b", "limits": "eu_nfm_air"}
    found = rows(declared, sample(flows, dry=NORMAL_CUBIC_METRE))
    assert found["dust", "max", "daily mean"]["value"] == pytest.approx(1.0)  # 1 mg a second in 1 Nm3 a second
    assert found["dust", "max", "daily mean"]["verdict"] == PASS
    assert found["HF", "max", "daily mean"]["value"] == pytest.approx(1e-5 * 20006.0, rel=1e-3)
    assert {row["verdict"] for row in rows(declared, sample(flows)).values()} == {UNKNOWN}


def test_air_that_dilutes_hydrogen_to_a_quarter_of_its_limit():
    air = dilution_air(Stream({"H2(g)": 1.0, "CO2(g)": 9.0, "H2O(g)": 5.0}))
    assert air == pytest.approx(90.0)
    assert 1.0 / (1.0 + 9.0 + air) == pytest.approx(0.01)
    assert dilution_air(Stream({"H2(g)": 1.0, "CO2(g)": 999.0})) == 0.0
    assert dilution_air(Stream()) == 0.0


def test_emissions_tell_what_is_not_predicted():
    found = emissions({"gas": Outlet(stream="a.gas")}, {"a.gas": Stream({"H2(g)": 0.01, "CO2(g)": 0.01})}, {"F"})
    (row,) = found["by_emission"].values()
    assert (row["HF_kg_h"], row["dust_kg_h"]) == (None, None)
    assert row["H2_mol_h"] == pytest.approx(36.0)
    assert row["H2_vol_percent_dry"] == pytest.approx(50.0)
    assert row["dilution_air_Nm3_h"] == pytest.approx(0.98 * 3600.0 / NORMAL_CUBIC_METRE)
    assert found["dilution_air_Nm3_h"] == row["dilution_air_Nm3_h"]


PLANT = """
hydromet: 1
title: Evaporation
chemistry: [sulfate]
feeds:
  liquor: {composition: {NiSO4: 5 wt%, Na2SO4: 5 wt%}, basis: mass, rest: H2O, rate: 1000 kg/h}
units:
  evaporator:
    model: evaporate
    in: {liquor: liquor}
    temperature: 80 degC
    water_removed: 50 %
    carry_over: 1 g/kg
  halves: {model: split, in: {feed: evaporator.condensate}, shares: {a: 50 %, b: 50 %}}
products: {concentrate: evaporator.concentrate}
wastes: {a: halves.a, b: halves.b}
emissions: {vent: evaporator.vent}
effluents:
  condensate: {stream: halves.a, limits: japan_national, override: {Ni: 100 mg/L, SO4: 1 mg/L}}
  liquor: {stream: evaporator.concentrate, override: {Ni: 100 g/L, SO4: 1 g/L}}
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    file = tmp_path_factory.mktemp("effluent") / "plant.yaml"
    file.write_text(PLANT, encoding="utf-8")
    return load(file).solve()


def test_a_plant_with_droplets_behind_a_split(result):
    found = result["assessments"]["effluent"]
    told = {row["component"]: row for row in found["condensate"]["rows"]}
    assert told["Ni"]["verdict"] == UNKNOWN
    assert "evaporator.condensate: droplets" in told["Ni"]["reason"]
    assert told["SO4"]["verdict"] == FAIL
    record = result.streams["halves.a"]
    assert told["Ni"]["value"] == pytest.approx(1e3 * record["elements_kg_h"]["Ni"] / record["volume_m3_h"])
    liquor = {row["component"]: row["verdict"] for row in found["liquor"]["rows"]}
    assert liquor == {"Ni": PASS, "SO4": FAIL}


def test_what_is_printed_and_written(result):
    text = shown(result, "en")
    assert "condensate: fail" in text
    assert "without a limit" in text
    assert "排出基準" in verdicts(result, "ja")
    heads, table = limit_rows(result)
    assert len(table) == sum(len(e["rows"]) for e in result["assessments"]["effluent"].values())
    assert {len(row) for row in table} == {len(heads)}
    heads, table = emission_rows(result)
    assert [row[0] for row in table] == ["vent"]
    assert len(table[0]) == len(heads)
