"""The component of the platform's own API description, as it writes it: nullable, enumerations, a name space."""

from __future__ import annotations

import json

import pytest

from hydromet.assess.exports.formats import check
from hydromet.errors import ExportError
from hydromet.source import load_text
from tests.unit.assess.exports.sample import NICKEL
from tests.unit.assess.exports.test_platforms import written

# Names, types and constraints of CfpModel in docs/openapi.yaml of data-transaction-system, in its layout.
OPENAPI = """
openapi: 3.0.0
info: {title: api, version: 1.0.0}
paths:
  /x:
    get:
      description: |-
        two lines

        of text: with a colon
      responses: {"200": {description: ok}}
components:
  schemas:
    traceability.CfpModel:
      required: [cfpId, cfpType, ghgDeclaredUnit, ghgEmission, traceId, dqrType, dqrValue]
      type: object
      properties:
        cfpId: {maxLength: 36, type: string, format: uuid, nullable: true, example: d9a38406-cae2}
        cfpType: {enum: [preProduction, mainProduction, preComponent, mainComponent]}
        ghgDeclaredUnit: {type: string, enum: [kgCO2e/liter, kgCO2e/kilogram]}
        ghgEmission: {type: number, format: double, minimum: 0, maximum: 99999.99999, nullable: true}
        dqrType: {type: string, enum: [preProcessing, mainProcessing]}
        dqrValue:
          required: [TeR, GeR, TiR]
          type: object
          properties:
            TeR: {type: number, format: double, minimum: 0, maximum: 99999.99999, nullable: true}
            GeR: {type: number, format: double, minimum: 0, maximum: 99999.99999, nullable: true}
            TiR: {type: number, format: double, minimum: 0, maximum: 99999.99999, nullable: true}
        traceId: {maxLength: 36, type: string, format: uuid}
"""


@pytest.fixture
def official(tmp_path):
    file = tmp_path / "openapi.yaml"
    file.write_text(OPENAPI, encoding="utf-8")
    return file


def test_what_is_written_passes_the_official_description(official):
    check(written("ouranos"), "ouranos", official)


@pytest.mark.parametrize(
    ("field", "value", "passes"),
    [
        ("cfpId", None, True), ("cfpId", "x", False), ("ghgEmission", None, True), ("ghgEmission", -0.00001, False),
        ("ghgEmission", 100000.0, False), ("ghgEmission", "1.5", False), ("cfpType", None, False),
        ("traceId", None, False), ("ghgDeclaredUnit", "kgCO2e/kg", False),
    ],
)  # fmt: skip
def test_its_constraints_hold(official, field, value, passes):
    document = [{**each, field: value} if i == 0 else each for i, each in enumerate(written("ouranos"))]
    if passes:
        check(document, "ouranos", official)
        return
    with pytest.raises(ExportError, match="E964"):
        check(document, "ouranos", official)


def test_three_records_are_refused_by_the_official_description_too(official):
    with pytest.raises(ExportError, match="E964"):
        check(written("ouranos", NICKEL)[:3], "ouranos", official)


def test_the_same_as_json(official, tmp_path):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(load_text(OPENAPI).data), encoding="utf-8")
    check(written("ouranos"), "ouranos", file)
