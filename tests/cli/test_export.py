"""``hydromet export``: files, exit codes, official schemas; ``hydromet schema`` and ``hydromet new export``."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hydromet.assess.exports import formats
from hydromet.assess.exports.digits import five_up
from hydromet.assess.exports.figures import figures
from hydromet.assess.exports.rows import build
from hydromet.cli.app import main
from hydromet.cli.schema import Format
from hydromet.datafiles import find
from tests.unit.assess.exports.sample import COMPANY, NICKEL, record

PROGRAM = "import sys; from hydromet.cli.app import main; sys.exit(main())"


@pytest.fixture
def result(tmp_path):
    file = tmp_path / "carbon.json"
    file.write_text(json.dumps(record()), encoding="utf-8")
    return file


def run(result, *words, company=COMPANY):
    said = ["--company", str(company)] if company else []
    return main(["export", str(result), *said, "-o", str(result.parent / "out"), *words])


def files(result):
    return sorted(path.name for path in (result.parent / "out").glob("*"))


@pytest.mark.parametrize("name", formats.names())
def test_every_format(result, name, capsys):
    assert run(result, "--format", name, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["files"]) == len(files(result)) > 0
    assert sorted(said["figures"]) == ([] if name in ("openlca", "brightway") else files(result))
    assert all(said["figures"].values())


def test_one_product_of_catena_x_is_version_9(result):
    assert run(result, "--format", "catena-x", "--product", NICKEL) == 0
    assert files(result) == [f"catena-x-9_{NICKEL}.json"]


def test_nothing_is_written_if_a_rule_is_broken(result, capsys):
    assert run(result, "--format", "pact-3", "--approach", "avoided_burden") == 3
    assert files(result) == []
    assert "pact-no-credits" in capsys.readouterr().err


def test_all_that_is_missing_is_told_for_all_products(result, capsys):
    assert run(result, "--format", "ouranos", company=None) == 3
    err = capsys.readouterr().err
    assert err.count("E961") == 2 * 3  # a code and `more` line for each product
    assert files(result) == []


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("--format", "pakt-3"), "E960", 2),
        (("--format", "pact-3", "--product", "nickel"), "E965", 2),
        (("--format", "pact-3", "--allocation", "weight"), "E971", 2),
        (("--format", "pact-3", "--schema", "missing.json"), "E967", 3),
        (("--format", "openlca", "--schema", str(COMPANY)), "E967", 3),
    ],
)
def test_wrong_options(result, words, code, exit_code, capsys):
    assert run(result, *words) == exit_code
    assert code in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", '{"format": "hydromet-sx-size/1"}', '{"format": "hydromet-carbon/1"}'])
def test_no_footprint(tmp_path, text, capsys):
    file = tmp_path / "carbon.json"
    file.write_text(text, encoding="utf-8")
    assert run(file, "--format", "pact-3") == 3
    assert "E966" in capsys.readouterr().err
    assert run(tmp_path / "absent.json", "--format", "pact-3") == 3


def test_an_official_schema_may_be_stricter(result, tmp_path, capsys):
    schema = build("pact.ProductFootprint", "3.0.3")
    file = tmp_path / "official.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    assert run(result, "--format", "pact-3", "--schema", str(file)) == 0
    schema["properties"]["pcf"]["required"].append("technologicalCO2CaptureOrigin")
    file.write_text(json.dumps(schema), encoding="utf-8")
    assert run(result, "--format", "pact-3", "--schema", str(file)) == 3
    assert "technologicalCO2CaptureOrigin" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "name"), [("3.0.3", "traceability.CfpModel"), ("3.0.3", "CfpModel"), ("3.1.0", "CfpModel")]
)
def test_an_openapi_file_holds_the_schema_as_a_component(result, tmp_path, version, name, capsys):
    element = build("ouranos.CfpModel", "3.0.0")
    element.pop("$schema")
    number = element["properties"].pop("ghgEmission")
    element["properties"]["ghgEmission"] = {"$ref": "#/components/schemas/Figure"}
    components = {"schemas": {"common.HTTP400Error": {"type": "object"}, name: element, "Figure": number}}
    file = tmp_path / "openapi.yaml"
    file.write_text(json.dumps({"openapi": version, "info": {}, "components": components}), encoding="utf-8")
    assert run(result, "--format", "ouranos", "--schema", str(file)) == 0
    number["maximum"] = 0.1
    file.write_text(json.dumps({"openapi": version, "info": {}, "components": components}), encoding="utf-8")
    assert run(result, "--format", "ouranos", "--schema", str(file)) == 3
    assert "ghgEmission" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["x", "[]", "{}", '{"type": 5}', '{"openapi": "3.1.0"}'])
def test_what_is_no_schema(result, tmp_path, text, capsys):
    file = tmp_path / "official.json"
    file.write_text(text, encoding="utf-8")
    assert run(result, "--format", "pact-3", "--schema", str(file)) == 3
    assert "E967" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["pact-3", "openlca", "brightway"])
def test_the_same_bytes_in_another_process(result, name):
    assert run(result, "--format", name) == 0
    first = {path.name: path.read_bytes() for path in (result.parent / "out").iterdir()}
    words = ["export", str(result), "--format", name, "--company", str(COMPANY), "-o", str(result.parent / "again")]
    subprocess.run([sys.executable, "-c", PROGRAM, *words], check=True, env={**_environment(), "PYTHONHASHSEED": "7"})
    assert first == {path.name: path.read_bytes() for path in (result.parent / "again").iterdir()}


def _environment():
    import os

    return dict(os.environ)


@pytest.mark.parametrize("name", formats.with_schema())
def test_schemas_are_printed(name, capsys):
    assert main(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(formats.schema(name)))
    assert name in {each.value for each in Format}


def test_schema_of_the_company_file(capsys):
    assert main(["schema", "export"]) == 0
    assert "products" in json.loads(capsys.readouterr().out)["properties"]


def test_a_new_company_file_is_enough_for_every_format(result, tmp_path, capsys):
    assert main(["new", "export", "my_company", "-o", str(tmp_path)]) == 0
    assert "export results/my_plant --format pact-3 --company" in capsys.readouterr().err
    for name in formats.names():
        assert run(result, "--format", name, company=tmp_path / "my_company.yaml") == 0


def test_a_result_is_reckoned_first(tmp_path, monkeypatch):
    from hydromet.assess.carbon import assess

    asked = []
    monkeypatch.setattr(assess, "run", lambda *given: asked.append(given) or [record()])
    file = tmp_path / "result.json"
    file.write_text('{"format": "hydromet-result/1"}', encoding="utf-8")
    assert run(file, "--format", "pact-3", "--scenario", "low_carbon") == 0
    assert run(tmp_path, "--format", "pact-3") == 0
    assert asked == [(file, ["low_carbon"]), (tmp_path, [])]


def test_a_written_inventory_with_a_declared_supplier(tmp_path, capsys):
    """The whole way: case file, footprint, four records; the supplier's black mass is a component."""
    case = find("flowsheets/carbon/written_year.yaml")
    said = tmp_path / "company.yaml"
    said.write_text(
        "export: 1\nproducts:\n  lithium_carbonate: {trace_id: d17833fe-22b7-4a4a-b097-bc3f2150c9a6}\n",
        encoding="utf-8",
    )
    words = ["--company", str(said), "-o", str(tmp_path), "--product", "lithium_carbonate"]
    assert main(["export", str(case), "--format", "ouranos", *words]) == 0
    capsys.readouterr()
    assert main(["carbon", str(case), "--json"]) == 0
    platform = json.loads(capsys.readouterr().out)["products"]["lithium_carbonate"]["platform"]
    got = figures("ouranos", json.loads((tmp_path / "ouranos_lithium_carbonate.json").read_bytes()))
    assert {key: got[key] for key in platform} == {key: five_up(value) for key, value in platform.items()}
    assert min(got["preComponent"], got["mainComponent"]) > 0.0


def test_check_reads_a_company_file(capsys):
    assert main(["check", str(COMPANY)]) == 0
    assert "nickel_sulfate" in capsys.readouterr().out
