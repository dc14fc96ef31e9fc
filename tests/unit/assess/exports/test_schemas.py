"""The rebuilt schemas: every row of the table is in them, and damage to any constraint is refused."""

from __future__ import annotations

import copy
import re

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from hydromet.assess.exports import formats
from hydromet.assess.exports.rows import build, tables, unknown

TABLES = sorted(tables())
ROWS = 1029
# Texts to break a pattern or a format with, longest last.
WRONG = ("#", "", "x y", "9" * 40 + "#", "#" * 2000)


def flat(node, path=""):
    """(path, type, required, constraints) of every field of a schema, by walking it back."""
    for name, each in node.get("properties", {}).items():
        below = f"{path}.{name}".lstrip(".")
        kind, items = each.get("type", "null"), each.get("items")
        own = {k: v for k, v in each.items() if k not in ("type", "properties", "required", "items")}
        inner = each
        if kind == "array":
            kind = f"array<{items['type']}>"
            rest = {k: v for k, v in items.items() if k not in ("type", "properties", "required")}
            own |= {"items": rest} if rest else {}
            inner, lower = items, f"{below}[]"
        else:
            lower = below
        yield below, kind, name in node["required"], own
        yield from flat(inner, lower)


def same(constraints):
    """Constraints with words named twice in the table named once."""
    found = dict(constraints)
    if "enum" in found:
        found["enum"] = list(dict.fromkeys(found["enum"]))
    return found


def test_the_table_is_whole():
    assert sum(map(len, tables().values())) == ROWS


@pytest.mark.parametrize("table", TABLES, ids="-".join)
def test_every_row_is_in_the_schema_and_nothing_else(table):
    schema = build(*table)
    Draft202012Validator.check_schema(schema)
    there = {path: each for path, *each in flat(schema)}
    assert len(there) == len(tables()[table])
    for row in tables()[table]:
        assert there[row.path] == [row.type, row.required, same(row.constraints)], row.path


def valid(node):
    """Something a schema accepts, every field filled."""
    if "anyOf" in node:
        return valid(node["anyOf"][0])
    if "enum" in node:
        return node["enum"][0]
    kind = node["type"]
    if kind == "object":
        return {name: valid(each) for name, each in node.get("properties", {}).items()}
    if kind == "array":
        return [valid(node["items"])] * max(1, node.get("minItems", 1))
    if kind in ("number", "integer"):
        return node.get("minimum", node.get("maximum", 1))
    return next(text for text in _texts(node) if fits(node, text)) if kind == "string" else kind == "boolean"


def _texts(node):
    yield from (
        "1", "0", "-1", "AR6", "text", "unit:kilogram", "3.0.0", "JP", "JP-07", "urn:bpn:id:BPNL0000000001XY",
        "2026-04-15",
        "2026-04-15T00:00:00Z", "d17833fe-22b7-4a4a-b097-bc3f2150c9a6", "BPNL0000000001XY", "BPNS0000000002XY",
        "BPNL00000000ABCD", "https://example.com/a", "123456", "a@example.com", "7439-92-1", "+49 89 1", "text/html",
        "2026-04", "17-02-05", "12-345-6", "application/pdf", "100-200-3", "DE", "00-00-00", "200-001-8",
        "batchId", "BPNA0000000003XY",
    )  # fmt: skip


def fits(node, value):
    return Draft202012Validator(node, format_checker=formats._checker()).is_valid(value)


def broken(node, value):
    """(constraint, damaged value) for every constraint of a node that a value can break."""
    kind = node.get("type")
    if "enum" in node:
        yield "enum", "no such word"
    if kind:
        yield "type", {"object": [], "array": {}, "string": 5, "number": "5", "integer": 0.5, "boolean": "true"}[kind]
    if "minimum" in node:
        yield "minimum", node["minimum"] - 1
    if "maximum" in node:
        yield "maximum", node["maximum"] + 1
    if node.get("minLength"):
        yield "minLength", ""
    if "maxLength" in node:
        yield "maxLength", "1" * (node["maxLength"] + 1)
    if node.get("minItems"):
        yield "minItems", []
    if "maxItems" in node:
        yield "maxItems", value * (node["maxItems"] + 1)
    if node.get("uniqueItems"):
        yield "uniqueItems", value * 2
    if "pattern" in node:
        yield from [("pattern", each) for each in WRONG if not re.search(node["pattern"], each)][:1]
    if node.get("format") not in (None, "double", "float", "int32"):
        yield "format", "x y"
    yield from (("required", {k: v for k, v in value.items() if k != name}) for name in node.get("required", ()))


def damages(node, value, put):
    """Every way to break one constraint of a document, as (constraint, whole document)."""
    for constraint, damaged in broken(node, value):
        yield constraint, put(damaged)
    if node.get("type") == "array":
        yield from damages(node["items"], value[0], lambda each: put([each, *value[1:]]))
    for name, each in node.get("properties", {}).items():
        yield from damages(each, value[name], lambda new, name=name: put({**value, name: new}))


@pytest.mark.parametrize("table", TABLES, ids="-".join)
def test_damage_to_any_constraint_is_refused(table):
    schema = build(*table)
    document = valid(schema)
    validator = Draft202012Validator(schema, format_checker=formats._checker())
    validator.validate(document)
    assert not list(unknown(document, schema))
    seen = set()
    for constraint, damaged in damages(schema, document, copy.deepcopy):
        assert constraint in {error.validator for error in validator.iter_errors(damaged)}, (constraint, damaged)
        seen.add(constraint)
    both = [each for row in tables()[table] for each in (row.constraints, row.constraints.get("items", {}))]
    # A number's format cannot be broken, and zero is no least length.
    stated = {key for each in both for key in each if not (key == "minItems" and not each[key])}
    assert stated & {"enum", "minimum", "maximum", "maxLength", "minItems", "maxItems", "uniqueItems"} <= seen
    assert {"type", "required"} <= seen | ({"required"} if not any(r.required for r in tables()[table]) else set())


def test_patterns_that_nothing_breaks_are_few():
    patterns = {
        row.constraints["pattern"] for rows in tables().values() for row in rows if "pattern" in row.constraints
    }
    loose = [each for each in patterns if all(re.search(each, text) for text in WRONG)]
    assert loose == ["([A-Z]{2}-[A-Z0-9]{1,3}|)"]


def test_a_field_without_a_row_is_named():
    assert list(unknown({"pcf": {"pcfExcludingBiogenicUptak": "1"}}, formats.schema("pact-3"))) == [
        "pcf.pcfExcludingBiogenicUptak"
    ]


def test_numbers_are_no_decimal_strings():
    schema = formats.schema("pact-3")["properties"]["pcf"]["properties"]["pcfExcludingBiogenicUptake"]
    assert fits(schema, "1.25")
    assert fits(schema, "-1.25")
    for wrong in (1.25, "1.25e3", "1,25", ".5", ""):
        with pytest.raises(ValidationError):
            Draft202012Validator(schema, format_checker=formats._checker()).validate(wrong)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("uuid", "d17833fe-22b7-4a4a-b097-bc3f2150c9a6", "d17833fe22b74a4ab097bc3f2150c9a6"),
        ("date", "2026-04-15", "2026-4-15"),
        ("date-time", "2026-04-15T00:00:00Z", "2026-04-15"),
        ("date-time", "2026-04-15T00:00:00+09:00", "2026-04-15T00:00:00"),
        ("uri", "https://example.com/x", "example"),
        ("urn", "urn:gtin:4712345060507", "gtin:4712345060507"),
        ("urn", "URN:uuid:1", "urn:"),
        ("decimal", "-1.5", "1.5e3"),
    ],
)
def test_formats_are_asserted(kind, good, bad):
    node = {"type": "string", "format": kind}
    assert fits(node, good)
    assert not fits(node, bad)
