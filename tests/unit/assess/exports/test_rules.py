"""What an export refuses, by the rule's name; figures in decimal; the company file."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydromet.assess.exports import formats, ouranos
from hydromet.assess.exports.company import CompanyFile, ExportFile, ProductInfo, read_company
from hydromet.assess.exports.declaration import declare
from hydromet.assess.exports.digits import exact, five_up, identity, text
from hydromet.assess.exports.export import export
from hydromet.assess.exports.footprint import footprint
from hydromet.datafiles import find
from hydromet.errors import ExportError, UserErrors
from hydromet.source import load_text
from hydromet.units.fields import FROM_FILE
from hydromet.validation import validate
from tests.unit.assess.exports.sample import ACTIVITIES, NICKEL, OUTPUTS, company, record, sample, scaled, with_credit

PLATFORMS = ("pact-3", "pact-2", "catena-x-7", "catena-x-9", "ouranos", "battery-supplier")
CREDIT_RULES = {
    "pact-3": "pact-no-credits", "pact-2": "pact-no-credits", "catena-x-7": "catena-x-cut-off",
    "catena-x-9": "catena-x-cut-off", "ouranos": "ouranos-no-negative", "battery-supplier": "catena-x-cut-off",
    "battery-pass": "battery-pass-no-credits",
}  # fmt: skip


def refused(*arguments, **more):
    with pytest.raises(ExportError) as caught:
        export(*arguments, products=(NICKEL,), **more)
    return caught.value


@pytest.mark.parametrize(
    ("value", "up"),
    [
        (0.1 + 0.2, 0.3), (1.1 * 1.1, 1.21), (1.000005, 1.00001), (1.000001, 1.00001), (1.00000000001, 1.00001),
        (2.675, 2.675), (0.29, 0.29), (1.00001, 1.00001), (4.35, 4.35), (0.0, 0.0), (1e-7, 0.00001), (1e-300, 0.00001),
        (99999.99999, 99999.99999), (99999.999989, 99999.99999), (99999.999991, 100000.0), (12345.678901, 12345.67891),
        (0.123450000001, 0.12346), (0.12345, 0.12345), (8.0, 8.0),
    ],
)  # fmt: skip
def test_five_decimals_the_sixth_rounded_up(value, up):
    assert five_up(value) == up
    assert len(repr(five_up(value)).partition(".")[2]) <= 5 or five_up(value) == 1e-5


@given(st.integers(0, 9_999_999_999))
def test_five_decimals_stay_as_they_are(digits):
    value = digits / 1e5
    assert five_up(value) == value


@given(st.floats(0.0, 99999.0, allow_subnormal=False))
def test_rounding_up_is_never_below_and_less_than_one_step_above(value):
    found = Decimal(repr(five_up(value)))
    assert exact(value) <= found
    assert found == 0 or found - Decimal("0.00001") < exact(value)


@given(st.floats(-1e12, 1e12))
def test_decimal_strings_have_no_exponent_and_15_digits(value):
    assert set(text(value)) <= set("-0123456789.")
    assert float(text(value)) == pytest.approx(value, rel=1e-14, abs=0.0)


def test_text_of_small_and_whole_numbers():
    assert [text(v) for v in (1e-7, 0.1 + 0.2, -0.0, 100.0, 1.5, -2e-9)] == [
        "0.0000001", "0.3", "0", "100", "1.5", "-0.000000002",
    ]  # fmt: skip


def test_identity_depends_on_content_alone():
    assert identity({"a": 1, "b": 2}) == identity({"b": 2, "a": 1}) != identity({"a": 1, "b": 3})
    assert identity("x")[14] == "5"


@pytest.mark.parametrize("name", CREDIT_RULES)
@pytest.mark.parametrize("approach", ["avoided_burden", "cff"])
def test_other_approaches_are_refused_by_the_rules_name(name, approach):
    error = refused(sample(), name, company(), approach=approach)
    assert error.code == "E962"
    assert error.expected.startswith(f"{CREDIT_RULES[name]}: ")


@pytest.mark.parametrize("name", CREDIT_RULES)
def test_a_credit_among_the_parts_is_refused(name):
    error = refused(with_credit(), name, company())
    assert (error.code, "power/sold" in error.read) == ("E962", True)
    assert error.expected.startswith(f"{CREDIT_RULES[name]}: ")


@pytest.mark.parametrize(("name", "most"), [("catena-x-7", 5.0), ("catena-x-9", 10.0)])
def test_exempted_emissions_have_a_limit(name, most):
    def found(percent):
        return footprint(record() | {"completeness": {"exempted_percent": percent, "flows": []}})

    export(found(most), name, company(), products=(NICKEL,))
    error = refused(found(most + 0.01), name, company())
    assert (error.code, error.expected.split(":")[0]) == ("E962", "catena-x-exempted")


def test_a_rule_book_may_be_stricter_than_its_schema():
    found = footprint(record() | {"completeness": {"exempted_percent": 3.01, "flows": []}})
    assert export(found, "catena-x-9", company(), products=(NICKEL,)).notices[0][0] == "W961"
    found = footprint(record() | {"completeness": {"exempted_percent": 3.0, "flows": []}})
    assert not export(found, "catena-x-9", company(), products=(NICKEL,)).notices


def test_catena_x_9_knows_no_deprecated_footprint(tmp_path):
    said = company(tmp_path, lambda t: t + "status: Deprecated\n")
    assert refused(sample(), "catena-x-9", said).expected.startswith("catena-x-active: ")
    assert export(sample(), "pact-3", said, products=(NICKEL,)).files


def test_out_of_the_range_of_ouranos():
    error = refused(scaled(1e6), "ouranos", company())
    assert error.expected.startswith("ouranos-no-negative: ")
    assert "preProduction" in error.read


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda d: d[:3], "ouranos-four-records"),
        (lambda d: [*d[:3], {**d[3], "cfpType": "preProduction"}], "ouranos-four-records"),
        (lambda d: [*d[:3], {**d[3], "traceId": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"}], "ouranos-one-id"),
        (lambda d: [*d[:3], {**d[3], "cfpId": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"}], "ouranos-one-id"),
        (lambda d: [*d[:3], {**d[3], "ghgDeclaredUnit": "kgCO2e/unit"}], "ouranos-one-id"),
        (lambda d: [{**d[0], "ghgEmission": 1.000001}, *d[1:]], "ouranos-five-decimals"),
        (lambda d: [{**d[0], "dqrType": "mainProcessing"}, *d[1:]], "ouranos-dqr-pairs"),
        (lambda d: [{**d[0], "dqrValue": {**d[0]["dqrValue"], "TeR": 1.0}}, *d[1:]], "ouranos-dqr-pairs"),
    ],
)
def test_rules_between_the_four_records(damage, rule):
    files = export(sample(), "ouranos", company(), products=(NICKEL,)).files
    document = json.loads(files[f"ouranos_{NICKEL}.json"])
    ouranos.hold(document)
    with pytest.raises(ExportError) as caught:
        ouranos.hold(damage(document))
    assert caught.value.expected.startswith(f"{rule}: ")


@pytest.mark.parametrize("field", ["company", "product"])
def test_pact_takes_urns_only(tmp_path, field):
    old = {"company": '"urn:bpn:id:BPNL0000000001XY"', "product": '"urn:gtin:4712345060507"'}[field]
    said = company(tmp_path, lambda t: t.replace(old, "https://example.com/1"))
    assert refused(sample(), "pact-3", said).expected.startswith("pact-urn: ")
    assert export(sample(), "catena-x-9", said, products=(NICKEL,)).files


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("region: Eastern Asia", "region: Japan", "geographyRegionOrSubregion"),
        ("bpnl: BPNL0000000001XY", "bpnl: BPNL1", "legalidentifier"),
    ],
)
def test_the_schema_refuses_with_field_and_constraint(tmp_path, old, new, path):
    name = "catena-x-9" if "region" in old else "battery-supplier"
    error = refused(sample(), name, company(tmp_path, lambda t: t.replace(old, new)))
    assert error.code == "E964"
    assert path in error.read
    assert error.expected.split(":")[0] in ("enum", "pattern")


@pytest.mark.parametrize("name", PLATFORMS)
def test_everything_missing_is_told_at_once(name):
    """With an empty company file every field is told; with each of them written, nothing is missing any more."""
    with pytest.raises((ExportError, UserErrors)) as caught:
        export(sample(), name, read_company(None), products=(NICKEL,))
    errors = getattr(caught.value, "errors", (caught.value,))
    assert {each.code for each in errors} == {"E961"}
    merged: dict = {"export": 1}
    for each in errors:
        merge(merged, load_text(each.write).data)
    document = load_text(json.dumps(merged))
    stated = CompanyFile(document, validate(document, ExportFile, context=FROM_FILE))
    assert export(sample(), name, stated, products=(NICKEL,)).files


def merge(into, other):
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def test_every_example_of_the_company_file_is_a_line_that_works():
    assert ProductInfo.model_fields["name"].examples
    for kind in (ExportFile, ProductInfo):
        for name, info in kind.model_fields.items():
            for example in info.examples or ():
                validate(load_text(f"{name}: {example}"), kind, context=FROM_FILE)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("created: 2026-04-15T00:00:00Z", "created: yesterday", "E970"),
        ("created: 2026-04-15T00:00:00Z", "created: 2026-04-15T00:00:00", "E970"),
        ("period: {start: 2025-04-01, end: 2026-04-01}", "period: {start: 2026-04-01, end: 2025-04-01}", "E970"),
        ("trace_id: d17833fe-22b7-4a4a-b097-bc3f2150c9a6", "trace_id: 17", "E969"),
        ("Ni: {pre_consumer: 0 %, post_consumer: 100 %}", "Ni: {pre_consumer: 20 %, post_consumer: 90 %}", "E963"),
        ("country: JP", "contry: JP", "E113"),
        ("country: JP", "country: JPN", "E973"),
        ("subdivision: JP-07", "subdivision: Fukushima", "E973"),
        ("export: 1", "export: 9", "E118"),
    ],
)  # fmt: skip
def test_mistakes_of_the_company_file_have_their_place(tmp_path, old, new, code):
    with pytest.raises((ExportError, ValueError)) as caught:
        company(tmp_path, lambda t: t.replace(old, new, 1))
    assert caught.value.code == code
    error = getattr(caught.value, "errors", (caught.value,))[0]
    assert error.place.line > 0
    assert error.write


@pytest.mark.parametrize("change", [("recovered_as: refinery.nickel", ""), ("recovered_as: x", "recovery: CASE\n")])
def test_recycled_content_that_is_not_there(tmp_path, change):
    line, top = change
    stated = "    recycled_content:\n      Ni: {pre_consumer: 0 %, post_consumer: 100 %}\n"
    case = str(find("flowsheets/recovery_two_recyclers.yaml"))
    said = company(tmp_path, lambda t: t.replace(stated, f"    {line}\n") + top.replace("CASE", case))
    error = refused(sample(), "battery-pass", said)
    assert error.code == "E972"
    assert error.place.line > 0


@pytest.mark.parametrize(("wrong", "near"), [("pakt-3", "pact"), ("catenax", "catena-x"), ("", "one of"), ("ilcd", "")])
def test_unknown_formats(wrong, near):
    with pytest.raises(ExportError) as caught:
        formats.known(wrong)
    assert (caught.value.code, caught.value.exit_code) == ("E960", 2)
    assert near in caught.value.expected


@pytest.mark.parametrize(("alias", "name"), [("catena-x", "catena-x-9"), ("PACT", "pact-3"), ("abtc", "ouranos"),
                                             ("battery_pass", "battery-pass"), ("olca", "openlca")])  # fmt: skip
def test_aliases(alias, name):
    assert formats.known(alias) == name


def test_unknown_product_and_allocation():
    with pytest.raises(ExportError) as caught:
        export(sample(), "pact-3", company(), products=("nickel",))
    assert (caught.value.code, caught.value.write) == ("E965", f"--product {NICKEL}")
    with pytest.raises(ExportError) as caught:
        declare(sample(), NICKEL, allocation="metal")
    assert (caught.value.code, caught.value.write) == ("E971", "--allocation metal_mass")


def test_a_record_whose_figures_do_not_follow_from_its_rows_is_refused():
    data = record()
    data["activities"][0]["amount"] *= 1.001
    with pytest.raises(ExportError, match="E966") as caught:
        footprint(data)
    assert NICKEL in caught.value.read


def test_a_figure_that_is_no_number_is_refused():
    data = record()
    data["activities"][0]["amount"] = float("nan")
    with pytest.raises(ExportError, match="E966") as caught:
        footprint(data)
    assert "leach/acid" in caught.value.read


def test_a_record_without_its_rows_is_refused():
    data = record()
    del data["factors"]["acid"]
    with pytest.raises(ExportError, match="E966"):
        footprint(data)


def test_prices_are_needed_for_the_economic_allocation():
    found = sample(outputs=[replace(each, price=None) for each in OUTPUTS])
    with pytest.raises(ExportError) as caught:
        declare(found, NICKEL, allocation="economic")
    assert caught.value.code == "E971"
    assert len(ACTIVITIES) == len(declare(found, NICKEL).shares)
