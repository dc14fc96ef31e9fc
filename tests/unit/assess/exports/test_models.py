"""openLCA and Brightway: read back and solved as a small life-cycle model, what is written gives the same figures."""

from __future__ import annotations

import io
import json
import math
import zipfile

import numpy as np
import pytest
from openpyxl import load_workbook

from hydromet.assess.exports.brightway import database, uncertainty, workbook
from hydromet.assess.exports.company import read_company
from hydromet.assess.exports.declaration import declare
from hydromet.assess.exports.export import export
from hydromet.errors import ExportError
from tests.unit.assess.exports.sample import COBALT, FACTORS, LITHIUM, NICKEL, sample, with_credit

CLIMATE = "CO2 equivalents, GWP100"
PRODUCTS = (NICKEL, COBALT, LITHIUM)
# Files say amounts with all their digits; what is left is the order of sums.
SAME = 1e-12


def solve(processes, emissions, demand):
    """``B inverse(A) f`` of named processes: name -> {product: amount}, own product positive, inputs negative."""
    names = sorted(processes)
    a = np.array([[processes[column].get(row, 0.0) for column in names] for row in names])
    b = np.array([emissions.get(name, 0.0) for name in names])
    f = np.array([1.0 if name == demand else 0.0 for name in names])
    return float(b @ np.linalg.solve(a, f))


def entities(content):
    """Type -> id -> entity of an openLCA package, and its JSON-LD version."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            data = json.loads(archive.read(name))
            folder, _, file = name.rpartition("/")
            if folder:
                assert file == f"{data['@id']}.json"
                found.setdefault(folder, {})[data["@id"]] = data
            else:
                assert (name, data) == ("olca-schema.json", {"version": 2})
    return found


def rebuilt(found, kind, indicator=CLIMATE):
    """Processes and emissions of a package: the plant divided by one kind of allocation, per kg of each product."""
    flows = found["flows"]
    counted = next(key for key, each in flows.items() if each["name"] == indicator)
    processes, emissions = {}, {}
    for each in found["processes"].values():
        if each["processType"] == "UNIT_PROCESS":
            plant = each
            continue
        product = next(x for x in each["exchanges"] if x.get("isQuantitativeReference"))
        name = product["flow"]["@id"]
        processes[name] = {name: product["amount"]}
        emissions[name] = sum(x["amount"] for x in each["exchanges"] if x["flow"]["@id"] == counted)
    outputs = {x["flow"]["@id"]: x["amount"] for x in plant["exchanges"] if not x.get("isInput")}
    for product, mass in outputs.items():
        column = {product: mass}
        for x in plant["exchanges"]:
            if x.get("isInput"):
                share = factor_of(plant, kind, product, x["internalId"])
                name = x["flow"]["@id"]
                column[name] = column.get(name, 0.0) - share * x["amount"]
        processes[product] = column
    return processes, emissions, {flows[key]["name"]: key for key in outputs}


def factor_of(plant, kind, product, number):
    found = [
        each["value"]
        for each in plant["allocationFactors"]
        if each["allocationType"] == kind
        and each["product"]["@id"] == product
        and (kind != "CAUSAL_ALLOCATION" or each["exchange"]["internalId"] == number)
    ]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def package():
    return export(sample(), "openlca", read_company(None)).files["openlca.zip"]


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(
    ("kind", "allocation"),
    [("PHYSICAL_ALLOCATION", "metal_mass"), ("ECONOMIC_ALLOCATION", "economic"), ("CAUSAL_ALLOCATION", "subdivision")],
)
def test_the_rebuilt_model_of_openlca_gives_the_same_figure(package, product, kind, allocation):
    processes, emissions, names = rebuilt(entities(package), kind)
    expected = declare(sample(), product, allocation=allocation).total
    assert solve(processes, emissions, names[product]) == pytest.approx(expected, rel=SAME)


def test_openlca_by_mass_and_its_default():
    for allocation, kind in (("mass", "PHYSICAL_ALLOCATION"), ("subdivision", "CAUSAL_ALLOCATION"),
                             ("economic", "ECONOMIC_ALLOCATION")):  # fmt: skip
        found = entities(export(sample(), "openlca", read_company(None), allocation=allocation).files["openlca.zip"])
        plant = next(each for each in found["processes"].values() if each["processType"] == "UNIT_PROCESS")
        assert plant["defaultAllocationMethod"] == kind
        processes, emissions, names = rebuilt(found, kind)
        expected = declare(sample(), NICKEL, allocation=allocation).total
        assert solve(processes, emissions, names[NICKEL]) == pytest.approx(expected, rel=SAME)


def test_energy_and_water_of_openlca(package):
    """Only what has a factor for the indicator counts: caustic 20 MJ/kg and power 9 MJ/kWh; acid 0.01 m3/kg."""
    share = 174.0 / (174.0 + 61.0 + 38.9) / 780.0
    for flow, whole in (("primary energy", 300 * 20 + 600 * 9), ("water taken and not given back", 1100 * 0.01)):
        processes, emissions, names = rebuilt(entities(package), "PHYSICAL_ALLOCATION", flow)
        assert solve(processes, emissions, names[NICKEL]) == pytest.approx(share * whole, rel=SAME)


def test_every_reference_of_the_package_leads_somewhere(package):
    found = entities(package)
    known = {key for table in found.values() for key in table}
    known |= {unit["@id"] for group in found["unit_groups"].values() for unit in group["units"]}

    def references(node):
        if isinstance(node, dict):
            if "@id" in node:
                yield node["@id"]
            for each in node.values():
                yield from references(each)
        elif isinstance(node, list):
            for each in node:
                yield from references(each)

    assert set(references(list(found.values()))) <= known


def test_units_and_uncertainty_of_openlca(package):
    found = entities(package)
    energy = next(each for each in found["unit_groups"].values() if each["name"] == "units of energy")
    assert {unit["name"]: unit["conversionFactor"] for unit in energy["units"]} == {"MJ": 1.0, "kWh": 3.6}
    plant = next(each for each in found["processes"].values() if each["processType"] == "UNIT_PROCESS")
    power = next(each for each in plant["exchanges"] if (each.get("description") or "").startswith("plant/power"))
    assert power["uncertainty"] == {
        "distributionType": "LOG_NORMAL_DISTRIBUTION", "geomMean": 600.0, "geomSd": 1.1,
        **{key: value for key, value in power["uncertainty"].items() if key == "@type"},
    }  # fmt: skip


def test_openlca_reads_the_package(package, tmp_path):
    olca = pytest.importorskip("olca_schema")
    from olca_schema.zipio import ZipReader

    file = tmp_path / "package.zip"
    file.write_bytes(package)
    with ZipReader(file) as reader:
        processes = list(reader.read_each(olca.Process))
        assert len(processes) == len(FACTORS) + 1
        plant = next(each for each in processes if each.process_type == olca.ProcessType.UNIT_PROCESS)
        assert plant.name == "A sample"
        assert {each.distribution_type for x in plant.exchanges if (each := x.uncertainty)} == {
            olca.UncertaintyType.LOG_NORMAL_DISTRIBUTION
        }
        assert len(list(reader.read_each(olca.ImpactCategory))) == 3
        assert len(next(reader.read_each(olca.ImpactMethod)).impact_categories) == 3


def test_without_olca_schema(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "olca_schema", None)
    with pytest.raises(ExportError) as caught:
        export(sample(), "openlca", read_company(None))
    assert caught.value.code == "E968"


def divided(data):
    """Processes and emissions of a Brightway database."""
    counted = next(each["code"] for each in data if each["name"] == CLIMATE)
    processes, emissions = {}, {}
    for each in data:
        if each["type"] != "process":
            continue
        column = processes.setdefault(each["code"], {})
        for x in each["exchanges"]:
            code = x["input"][1]
            if x["type"] == "biosphere":
                if code == counted:
                    emissions[each["code"]] = emissions.get(each["code"], 0.0) + x["amount"]
            else:
                sign = 1.0 if x["type"] == "production" else -1.0
                column[code] = column.get(code, 0.0) + sign * x["amount"]
    return processes, emissions, {each["name"]: each["code"] for each in data}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("allocation", ["metal_mass", "subdivision", "economic", "mass"])
def test_the_rebuilt_model_of_brightway_gives_the_same_figure(product, allocation):
    made = export(sample(), "brightway", read_company(None), allocation=allocation)
    data = json.loads(made.files["brightway.json"])
    processes, emissions, names = divided(data["activities"])
    expected = declare(sample(), product, allocation=allocation).total
    assert solve(processes, emissions, names[product]) == pytest.approx(expected, rel=SAME)


def test_the_workbook_holds_the_same_database():
    data = database(sample())
    rows = list(load_workbook(io.BytesIO(workbook(data)), read_only=True)["database"].iter_rows(values_only=True))
    assert rows[0][:2] == ("Database", data["database"])
    read, columns = [], None
    for row in rows[1:]:
        if row[0] == "Activity":
            read.append({"name": row[1], "exchanges": []})
            columns = None
        elif row[0] == "Exchanges":
            columns = []
        elif columns == []:
            columns = row
        elif columns and row[0]:
            each = dict(zip(columns, row, strict=True))
            read[-1]["exchanges"].append({**each, "input": [each["database"], each["code"]]})
        elif read and row[0]:
            read[-1][row[0]] = row[1]
    assert len(read) == len(data["activities"])
    for product in PRODUCTS:
        processes, emissions, names = divided(read)
        assert solve(processes, emissions, names[product]) == pytest.approx(declare(sample(), product).total, rel=1e-9)
    power = next(x for each in read for x in each["exchanges"] if (x["comment"] or "").startswith("plant/power"))
    assert power["uncertainty type"] == 2
    assert power["loc"] == pytest.approx(math.log(power["amount"]))
    assert power["scale"] == pytest.approx(math.log(1.1))


def test_lognormal_amounts():
    assert uncertainty(2.0, 1.5) == {"uncertainty type": 2, "loc": math.log(2.0), "scale": math.log(1.5)}
    assert uncertainty(-2.0, 1.5)["negative"] is True
    assert uncertainty(-2.0, 1.5)["loc"] == math.log(2.0)
    assert uncertainty(2.0, 1.0) == uncertainty(0.0, 1.5) == {"uncertainty type": 0}


def test_models_carry_credits_that_platforms_refuse():
    """An LCA program may count a credit; the figure is that of the footprint."""
    found = with_credit()
    data = json.loads(export(found, "brightway", read_company(None)).files["brightway.json"])
    processes, emissions, names = divided(data["activities"])
    assert solve(processes, emissions, names[NICKEL]) == pytest.approx(declare(found, NICKEL).total, rel=SAME)
    assert declare(found, NICKEL).total < declare(sample(), NICKEL).total


def test_a_model_holds_the_whole_plant():
    made = export(sample(), "brightway", read_company(None), products=(NICKEL,))
    assert made.notices[0][0] == "W960"
    assert made.files == export(sample(), "brightway", read_company(None)).files
    with pytest.raises(ExportError, match="E965"):
        export(sample(), "openlca", read_company(None), products=("nickel",))


def test_models_are_cut_off():
    with pytest.raises(ExportError) as caught:
        export(sample(), "brightway", read_company(None), approach="cff")
    assert caught.value.code == "E971"


def test_the_same_footprint_is_the_same_bytes():
    for name in ("openlca", "brightway"):
        assert export(sample(), name, read_company(None)).files == export(sample(), name, read_company(None)).files
