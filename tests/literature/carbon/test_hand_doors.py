"""The command line with --json, ``hydromet export`` and the exchanged figures: rounded, written and refused by hand."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from hydromet.assess.exports.digits import five_up, text
from hydromet.cli.app import main
from hydromet.datafiles import find
from tests.literature.carbon.by_hand import CO2, case, exactly

COMPANY = find("flowsheets/export_nmc622.yaml")
NAME = "lithium_carbonate"
SOLD = f'{NAME}: {{mass: 100 kg, compound: "Li2CO3(s)"}}'
# Per kg of product: from the supplier 0.123451 and 0.2; caustic soda 0.1 x 2.12032 = 0.212032; own gas 1.234561.
# Together 1.770044.
LINES = (
    "bm: amount: 100 kg, declared: {raw_material: 0.123451, production: 0.2, supplier: A}",
    "caustic: amount: 10 kg, factor: chem.naoh",
    f"gas: amount: 123.4561 kg, {CO2}",
)


@pytest.fixture
def file(tmp_path):
    """A case file."""

    def write(*lines, **given):
        path = tmp_path / "case.yaml"
        path.write_text(case(*lines, **{"outputs": (SOLD,), **given}), encoding="utf-8")
        return path

    return write


def exported(path, kind, *words):
    """What is written, as text."""
    out = path.parent / "out"
    said = ["export", str(path), "--format", kind, "--company", str(COMPANY), "-o", str(out), *words]
    assert main(said) == 0
    return (out / f"{kind}_{NAME}.json").read_text(encoding="utf-8")


def test_command_line_as_json(file, capsys):
    # 1 t of caustic soda at 50 % is 500 x 2.12032 = 1060.16; 100 kWh x 0.365 = 36.5; 10.9666 per kg of 100 kg
    path = file("caustic: amount: 1 t, strength: 50 wt%, factor: chem.naoh", "electricity: amount: 100 kWh")
    assert main(["carbon", str(path), "--grid", "JP-Kansai-2024", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["totals"]["climate"] == exactly(1096.66)
    figure = found["products"][NAME]["figures"]["climate"]["cut_off"]["metal_mass"]
    assert figure["per_kg"] == exactly(10.9666)
    assert figure["per_kg_metal"]["Li"] == pytest.approx(10.9666 / 0.18785, rel=1e-4)


def test_scenarios_beside_each_other(file, capsys):
    # 1000 kWh at 0.539, 0.309 and 0.21302
    path = file("electricity: amount: 1 MWh", grid="JP-Tokyo-2024")
    assert main(["carbon", str(path), "--scenario", "JP-Kyushu", "--scenario", "EU", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    totals = {name: each["totals"]["climate"] for name, each in found.items()}
    assert totals == {"JP-Kyushu": exactly(309.0), "EU": exactly(213.02)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.234561, 1.23457),
        (1.234560, 1.23456),
        (0.1 + 0.2, 0.3),  # binary noise is no sixth decimal
        (0.000001, 0.00001),
        (0.0, 0.0),
        (2.675, 2.675),
        (1.1, 1.1),
        (7.0000000001, 7.00001),
        (99999.99999, 99999.99999),
        (99999.999981, 99999.99999),
    ],
)
def test_five_decimals_with_the_sixth_rounded_up(value, expected):
    assert five_up(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2.5, "2.5"), (1e-7, "0.0000001"), (1234567.25, "1234567.25"), (3.0, "3"), (0.0, "0"), (-0.0, "0"),
     (1e21, "1000000000000000000000"), (0.1 + 0.2, "0.3"), (-0.085, "-0.085")],
)  # fmt: skip
def test_decimal_strings(value, expected):
    assert text(value) == expected


def test_four_records_of_the_japanese_platform(file):
    records = json.loads(exported(file(*LINES), "ouranos"))
    assert [each["cfpType"] for each in records] == ["preProduction", "mainProduction", "preComponent", "mainComponent"]
    # 0.212032, 1.234561, 0.123451, 0.2: the sixth decimal goes up
    assert [each["ghgEmission"] for each in records] == [0.21204, 1.23457, 0.12346, 0.2]
    for key in ("cfpId", "traceId", "ghgDeclaredUnit"):
        assert len({each[key] for each in records}) == 1
    assert {each["ghgDeclaredUnit"] for each in records} == {"kgCO2e/kilogram"}
    assert [each["dqrType"] for each in records] == ["preProcessing", "mainProcessing"] * 2
    assert records[0]["dqrValue"] == records[2]["dqrValue"]
    assert records[1]["dqrValue"] == records[3]["dqrValue"]


def test_unused_records_are_zero(file):
    records = json.loads(exported(file(f"gas: amount: 250 kg, {CO2}"), "ouranos"))
    assert [each["ghgEmission"] for each in records] == [0.0, 2.5, 0.0, 0.0]


def test_pact_in_decimal_strings(file):
    pcf = json.loads(exported(file(*LINES), "pact-3"))["pcf"]
    assert pcf["pcfExcludingBiogenicUptake"] == "1.770044"
    assert pcf["fossilGhgEmissions"] == "1.770044"
    assert (pcf["declaredUnitOfMeasurement"], pcf["declaredUnitAmount"]) == ("kilogram", "1")
    # 12.011/73.888 = 0.162557 kg C per kg
    assert float(pcf["fossilCarbonContent"]) == pytest.approx(0.162557, rel=5e-5)
    for name in ("pcfExcludingBiogenicUptake", "fossilCarbonContent", "exemptedEmissionsPercent", "primaryDataShare"):
        assert isinstance(pcf[name], str)
        assert Decimal(pcf[name]) >= 0


def test_catena_x_in_numbers(file):
    old = json.loads(exported(file(*LINES), "catena-x-7"))["pcf"]
    assert old["pcfExcludingBiogenic"] == exactly(1.770044)
    new = json.loads(exported(file(*LINES), "catena-x-9"))
    (made,) = new["productLifeCycleStagesAndEmissions"][0]["productionStage"]
    assert made["pcfExcludingBiogenicUptake"] == exactly(1.770044)
    (content,) = new["carbonContent"]
    assert content["fossilCarbonContent"] == pytest.approx(0.162557, rel=5e-5)


def test_living_carbon_is_no_fossil_gas(file):
    # 9 x 3.66406 = 32.97654 kg of charcoal, 10 kg fossil, on 100 kg
    pcf = json.loads(exported(file("char: carbon: 9 kg, biogenic: yes", f"gas: amount: 10 kg, {CO2}"), "pact-3"))["pcf"]
    assert pcf["pcfExcludingBiogenicUptake"] == "0.4297654"
    assert (pcf["fossilGhgEmissions"], pcf["biogenicNonCO2Emissions"]) == ("0.1", "0")


def test_the_same_figures_in_every_format(file):
    path = file(*LINES)
    assert exported(path, "pact-3") == exported(path, "pact-3")
    pact, old = json.loads(exported(path, "pact-3"))["pcf"], json.loads(exported(path, "pact-2"))["pcf"]
    assert pact["pcfExcludingBiogenicUptake"] == old["pCfExcludingBiogenic"]


@pytest.mark.parametrize(("kind", "rule"), [("pact-3", "pact-no-credits"), ("ouranos", "ouranos-no-negative")])
def test_avoided_burden_is_not_exchanged(file, capsys, kind, rule):
    path = file(*LINES)
    said = ["export", str(path), "--format", kind, "--company", str(COMPANY), "-o", str(path.parent / "out")]
    assert main([*said, "--approach", "avoided_burden"]) == 3
    assert rule in capsys.readouterr().err
    assert not list((path.parent / "out").glob("*"))


def test_more_than_the_platform_takes(file, capsys):
    # 99999.999991 per kg rounds up to 100000
    path = file(f"gas: amount: 9999999.9991 kg, {CO2}")
    said = ["export", str(path), "--format", "ouranos", "--company", str(COMPANY), "-o", str(path.parent / "out")]
    assert main(said) == 3
    assert "ouranos-no-negative" in capsys.readouterr().err
