"""``hydromet show RESULT carbon`` and ``sources``, the evidence of a footprint, its hash chain and its check."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from hydromet.assess.carbon.inventory import value_at
from hydromet.cli.app import main
from hydromet.cli.data import references
from hydromet.datafiles import read_text
from hydromet.report.carbon_evidence import sha256
from tests.plants import CARBONATION
from tests.workbook import Workbook

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/file-a-carbon-footprint.md"
COMMANDS = re.findall(r"^\$ hydromet (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
PROGRAM = "import sys; from hydromet.cli.app import main; sys.exit(main())"
PLANT = "results/nmc622_black_mass"
# Names of the plant that are words of every footprint.
WORDS = {"carbon", "water", "electricity", "energy"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The shipped plant, solved, with its evidence."""
    place = tmp_path_factory.mktemp("documents")
    (place / "flowsheets").symlink_to(ROOT / "flowsheets")
    assert main(["run", str(ROOT / "flowsheets/nmc622_black_mass.yaml"), "-o", str(place / PLANT)]) == 0
    assert main(["carbon", str(place / PLANT), "--evidence", str(place / "evidence")]) == 0
    return place


@pytest.fixture(scope="module")
def result(folder):
    return json.loads((folder / PLANT / "result.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def record(folder):
    return json.loads((folder / "evidence/auditor/record.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A plant of four units, solved."""
    place = tmp_path_factory.mktemp("small")
    (place / "plant.yaml").write_text(CARBONATION, encoding="utf-8")
    assert main(["run", str(place / "plant.yaml"), "-o", str(place / "out")]) == 0
    return place


def evidence_of(small, tmp_path, *options):
    assert main(["carbon", str(small / "out"), "--evidence", str(tmp_path / "e"), *options]) == 0
    return tmp_path / "e"


def words(page):
    """Text of a page."""
    return re.sub(r"<[^>]+>", " ", page.partition("<body>")[2])


@pytest.mark.parametrize("command", COMMANDS[1:])
def test_the_commands_of_the_page(command, folder, monkeypatch):
    """The first one solved the plant."""
    assert COMMANDS[0].startswith("run flowsheets/nmc622_black_mass.yaml")
    monkeypatch.chdir(folder)
    assert main(shlex.split(command)) == 0


def test_every_figure_reaches_its_source_in_two_steps(folder, result, capsys):
    capsys.readouterr()
    assert main(["show", str(folder / PLANT), "sources", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["carbon"]
    assert len(found["activities"]) > 300
    assert set(found["activities"]) == {each["id"] for each in result["assessments"]["carbon"]["activities"]}
    # Sources without a publication (stoichiometry, a definition, orders of magnitude) are told in a page of their own.
    known = {
        *references(read_text("data/REFERENCES.bib")),
        *re.findall(r"^\| `(\w+)` \|", read_text("data/SOURCES.md"), re.MULTILINE),
    }
    total = 0.0
    for name, step in found["activities"].items():
        there = value_at(result, step["path"])
        assert json.loads(step["found"]) == there, name
        row = found["factors"][step["factor"]]["climate"]
        assert step["contribution"] == step["amount"] * row["value"], name
        assert row["per"] == step["per"], name
        assert row["source"] in known, name
        assert row["licence"], name
        assert row["grade"] in ("measured", "fitted", "estimated", "recalled"), name
        assert row["verified"] in ("yes", "derived", "partly", "no"), name
        total += step["contribution"]
    assert total == pytest.approx(result["assessments"]["carbon"]["totals"]["climate"], rel=1e-12)


def test_the_sources_are_printed(folder, capsys):
    capsys.readouterr()
    assert main(["show", str(folder / PLANT), "sources"]) == 0
    text = capsys.readouterr().out
    (step,) = re.findall(r"^nickel_extraction/caustic/NaOH .*$", text, re.MULTILINE)
    assert "chem.naoh" in step
    assert "reagents.caustic.by_unit_kg_h.nickel_extraction" in step
    (row,) = re.findall(r"^chem\.naoh +climate .*$", text, re.MULTILINE)
    assert "hydromet-2026.1" in row


def test_the_tables(folder, record, capsys):
    capsys.readouterr()
    assert main(["show", str(folder / PLANT), "carbon"]) == 0
    text = capsys.readouterr().out
    for part in ("process subdivision", "circular footprint formula", "acquisition of raw material", "cumulative",
                 "cumulative energy demand", "97.5 %", "TeR", "left out, share of CO2e", "Published figures beside",
                 "FR-2024", "stand-in: "):  # fmt: skip
        assert part in text, part
    figure = record["products"]["nickel_sulfate"]["figures"]["climate"]["cut_off"]["metal_mass"]
    assert f"{figure['per_kg']:.3f}" in text
    assert main(["show", str(folder / PLANT), "carbon", "--lang", "ja"]) == 0
    assert "原材料の取得" in capsys.readouterr().out
    assert main(["show", str(folder / PLANT), "carbon", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["carbon"]
    assert shown["totals"] == pytest.approx(record["totals"], rel=1e-12)
    assert shown["factors"] == record["factors"]


def test_a_result_without_a_footprint_says_what_reckons_it(tmp_path, capsys):
    text = CARBONATION.partition("carbon:\n  grid")[0]
    (tmp_path / "plant.yaml").write_text(text, encoding="utf-8")
    assert main(["run", str(tmp_path / "plant.yaml"), "-o", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    assert main(["show", str(tmp_path / "out"), "carbon"]) == 0
    assert "hydromet carbon RESULT" in capsys.readouterr().out
    assert main(["show", str(tmp_path / "out"), "sources"]) == 0
    assert main(["carbon", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    assert main(["plot", str(tmp_path / "out"), "carbon"]) == 2
    assert "E646" in capsys.readouterr().err


def test_the_record_is_what_the_command_prints(folder, record, capsys):
    capsys.readouterr()
    assert main(["carbon", str(folder / PLANT), "--json"]) == 0
    printed = capsys.readouterr().out.encode()
    assert printed == (folder / "evidence/auditor/record.json").read_bytes()
    manifest = json.loads((folder / "evidence/auditor/manifest.json").read_text(encoding="utf-8"))
    assert manifest["record_sha256"] == sha256(printed)
    assert manifest["source_sha256"] == sha256((folder / PLANT / "result.json").read_bytes())
    assert len(manifest["inputs"]) > 10
    assert manifest["inputs"] == json.loads((folder / PLANT / "result.json").read_text())["provenance"]["inputs"]
    figures = json.loads((folder / "evidence/auditor/figures.json").read_text(encoding="utf-8"))
    assert set(figures) == {each["path"] for each in record["activities"]}


def test_the_lines_of_the_auditor_add_up(folder, record):
    for name in record["products"]:
        page = (folder / f"evidence/auditor/product_{name}.html").read_text(encoding="utf-8")
        table = page.partition("Allocation, line by line")[2]
        rows = [re.findall(r'<td class="n">([^<]*)</td>', row) for row in re.findall(r"<tr.*?</tr>", table)]
        lines = [[float(cell) for cell in row] for row in rows if len(row) == 5]
        assert len(lines) == len(record["activities"])
        for amount, factor, value, share, part in lines:
            # six digits each
            assert amount * factor == pytest.approx(value, rel=1.5e-5)
            assert value * share == pytest.approx(part, rel=1.5e-5, abs=1e-300)
        figure = record["products"][name]["figures"]["climate"]["cut_off"]["metal_mass"]["total"]
        assert sum(line[-1] for line in lines) == pytest.approx(figure, rel=1e-5)


@pytest.mark.parametrize("allocation", ["metal_mass", "economic", "subdivision", "mass"])
def test_the_workbook_reckons_the_figures_itself(folder, tmp_path, allocation):
    """Every formula evaluated from the numbers in the cells, not from the values that were written beside."""
    assert main(["carbon", str(folder / PLANT), "--set", f"carbon.allocation={allocation}", "--level", "auditor",
                 "--evidence", str(tmp_path)]) == 0  # fmt: skip
    record = json.loads((tmp_path / "auditor/record.json").read_text(encoding="utf-8"))
    content = (tmp_path / "auditor/evidence.xlsx").read_bytes()
    book, written = Workbook(content), load_workbook(tmp_path / "auditor/evidence.xlsx", data_only=True)["Products"]
    sheet = book.sheets["Products"]
    named = {sheet.cell(row, 1).value: row for row in range(1, sheet.max_row + 1)}
    per_kg = next(row for name, row in named.items() if "kgCO2e/kg]" in str(name))
    for column, (name, product) in enumerate(record["products"].items(), 2):
        figure = product["figures"]["climate"]["cut_off"][allocation]["per_kg"]
        reckoned = book.value("Products", per_kg, column)
        assert reckoned == pytest.approx(figure, rel=1e-9), name
        assert written.cell(per_kg, column).value == pytest.approx(figure, rel=1e-12)
    for row, indicator in enumerate(("climate", "water", "energy"), named["indicator / 指標"] + 1):
        assert book.value("Products", row, 2) == pytest.approx(record["totals"][indicator], rel=1e-9)


def confidential(record, result):
    """Every number behind the figures, per hour and per kg of product, and every name."""
    numbers = []
    for each in record["activities"]:
        value = record["contributions"]["climate"][each["id"]]
        numbers += [each["amount"], value, record["factors"][each["factor"]]["climate"]["value"]]
        for product in record["products"].values():
            part = product["by_activity"][each["id"]]
            numbers += [part, part / product["mass_kg"], each["amount"] / product["mass_kg"]]
            numbers.append(part / value * each["amount"] / product["mass_kg"] if value else 0.0)
    for each in record["outputs"].values():
        numbers += [each["mass"], each["price"], *each["metals"].values()]
    for product in record["products"].values():
        kinds = product["by_kind"].values()
        numbers += [*kinds, *(value / product["mass_kg"] for value in kinds), *product["by_unit"].values()]
    numbers += [record["feed_kg"], *record["totals"].values(), *(stream["mass_kg_h"] for stream in
                                                                 result["streams"].values())]  # fmt: skip
    kinds = ("units", "reagents", "feeds", "streams")
    names = {name for kind in kinds for name in result[kind]}
    names |= {name for outlets in result["outlets"].values() for name in outlets}
    names |= {each[key] for each in record["activities"] for key in ("id", "flow", "path", "factor", "unit", "basis")}
    names |= {row["title"] for rows in record["factors"].values() for row in rows.values()}
    return [n for n in numbers if n], {n for n in names if len(n) > 2} - set(record["products"]) - WORDS


def test_the_customer_sees_nothing_confidential(folder, record, result):
    numbers, names = confidential(record, result)
    assert len(numbers) > 3000
    assert len(names) > 1000
    # Numbers with fewer digits, such as 540 or 0.3, say nothing when they are met.
    telling = {f"{n:.6g}" for n in numbers if len(re.sub(r"e.*|[-.]", "", f"{n:.6g}").strip("0")) > 4}
    for file in sorted((folder / "evidence/customer").iterdir()):
        text = file.read_text(encoding="utf-8")
        shown = words(text) if file.suffix == ".html" else text
        shown = re.sub(r"\b[0-9a-f]{64}\b", "", shown)
        met = {f"{float(n):.6g}" for n in re.findall(r"(?<![\w.])-?\d+\.?\d*(?:e-?\d+)?(?![\w.])", shown)}
        assert not met & telling, file.name
        for name in names:
            for said in {name, name.replace("_", " ")}:
                assert not re.search(rf"(?<![\w.]){re.escape(said)}(?!\w)", shown, re.IGNORECASE), (file.name, said)
        assert "reagent" not in re.sub(r"[Rr]eagents, prices and streams", "", shown)


def test_the_search_finds_what_it_looks_for(folder, record, result):
    """The same search in the auditor's page meets names and numbers."""
    numbers, names = confidential(record, result)
    text = words((folder / "evidence/auditor/inventory.html").read_text(encoding="utf-8"))
    assert sum(f"{n:.6g}" in text for n in numbers) > 500
    assert sum(name in text for name in names) > 500


def test_weak_and_unverified_rows_are_marked(folder, record):
    page = (folder / "evidence/auditor/inventory.html").read_text(encoding="utf-8")
    factors = page.partition('id="')[2].partition("</section>")[0]
    rows = {(name, indicator): row for name, rows in record["factors"].items() for indicator, row in rows.items()}
    weak = [row for row in rows.values() if row["proxy"] or row["verified"] == "no" or row["grade"] == "recalled"]
    assert factors.count('class="mark"') + page.partition('id="')[0].rpartition("<tr")[2].count("mark") == len(weak)
    for name in record["products"]:
        for level in ("auditor", "customer"):
            shown = (folder / f"evidence/{level}/product_{name}.html").read_text(encoding="utf-8")
            (line,) = re.findall(r'<p class="mark"><b>Weak data.*?</p>', shown)
            assert re.search(r"[1-9]\d? % of the footprint rests on stand-in factors", line)
            assert 'class="no">(not verified' in shown  # the formula
            recalled = [b for b in record["products"][name]["benchmarks"]
                        if b["verified"] == "no" or b["grade"] == "recalled"]  # fmt: skip
            benchmarks = shown.partition("Published figures beside")[2].partition("</table>")[0]
            assert benchmarks.count('<tr class="mark">') == len(recalled)


def test_stages_of_the_method(folder, record):
    page = words((folder / "evidence/customer/product_nickel_sulfate.html").read_text(encoding="utf-8"))
    for part in ("raw material acquisition and production", "distribution", "after-use treatment",
                 "not reported: beyond the gate", "1 kg of product as sold", "NiSO4·6H2O", "AIST IDEA",
                 "cradle to gate", "3 percent in all", "DESIGN ESTIMATE", "partly", "原材料調達・製造"):  # fmt: skip
        assert part in page, part
    data = json.loads((folder / "evidence/customer/footprint.json").read_text(encoding="utf-8"))
    for name, product in data["products"].items():
        figure = record["products"][name]["figures"]["climate"]["cut_off"]["metal_mass"]["per_kg"]
        assert sum(product["by_stage"].values()) == pytest.approx(figure, rel=1e-5)


def test_the_levels_belong_together(folder, small, tmp_path, capsys):
    evidence = folder / "evidence"
    capsys.readouterr()
    assert main(["carbon", str(evidence), "--verify", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figures"] is told["documents"] is told["belong_together"] is True
    assert main(["carbon", str(evidence / "customer"), "--verify", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert alone["belong_together"] is alone["figures"] is None
    assert (alone["record_sha256"], alone["auditor_sha256"]) == (told["record_sha256"], told["auditor_sha256"])
    assert sha256((evidence / "auditor/manifest.json").read_bytes()) == told["auditor_sha256"]
    page = (evidence / "customer/product_nickel_sulfate.html").read_text(encoding="utf-8")
    assert told["record_sha256"] in page
    assert told["auditor_sha256"] in page
    # Each level sound by itself, but of two plants.
    other = evidence_of(small, tmp_path)
    shutil.copytree(evidence / "auditor", tmp_path / "mixed/auditor")
    shutil.copytree(other / "customer", tmp_path / "mixed/customer")
    assert main(["carbon", str(tmp_path / "mixed"), "--verify"]) == 3
    assert "record_sha256" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["auditor/record.json", "auditor/inventory.html", "auditor/evidence.xlsx",
                                  "auditor/figures.json", "customer/footprint.json",
                                  "customer/product_lithium_carbonate.html"])  # fmt: skip
def test_a_changed_byte_is_named(small, tmp_path, capsys, name):
    file = evidence_of(small, tmp_path) / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    capsys.readouterr()
    assert main(["carbon", str(tmp_path / "e"), "--verify"]) == 3
    told = capsys.readouterr().err
    assert "E767" in told
    assert name in told


@pytest.mark.parametrize(("change", "named"), [
    (lambda record: record["activities"][0].update(amount=1.0), "record.json"),
    (lambda record: record["totals"].update(climate=1.0), "record.json"),
    (lambda record: record["products"]["lithium_carbonate"]["quality"]["PDS"].update(pact=99.0), "customer_sha256"),
])  # fmt: skip
def test_a_record_that_was_sealed_again_does_not_follow_from_its_rows(small, tmp_path, capsys, change, named):
    place = evidence_of(small, tmp_path) / "auditor"
    record = json.loads((place / "record.json").read_text(encoding="utf-8"))
    change(record)
    content = (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()
    (place / "record.json").write_bytes(content)
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    manifest["record_sha256"] = manifest["members"]["record.json"] = sha256(content)
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    capsys.readouterr()
    assert main(["carbon", str(place), "--verify"]) == 3
    told = capsys.readouterr().err
    assert "E767" in told
    assert named in told


def test_files_too_many_and_too_few_are_named(small, tmp_path, capsys):
    place = evidence_of(small, tmp_path)
    (place / "customer/more.txt").write_text("x", encoding="utf-8")
    assert main(["carbon", str(place), "--verify"]) == 3
    assert "customer/more.txt" in capsys.readouterr().err
    (place / "customer/more.txt").unlink()
    (place / "auditor/inventory.html").unlink()
    assert main(["carbon", str(place), "--verify"]) == 3
    assert "auditor/inventory.html" in capsys.readouterr().err
    assert main(["carbon", str(tmp_path), "--verify"]) == 3
    assert "no manifest.json" in capsys.readouterr().err


def test_the_same_bytes_from_anywhere(small, tmp_path):
    """Another folder, another process, another order of hashes."""
    here = evidence_of(small, tmp_path)
    shutil.copytree(small / "out", tmp_path / "copy")
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", PROGRAM, "carbon", "copy", "--evidence", "again"], cwd=tmp_path,
                   env=environment, check=True, capture_output=True)  # fmt: skip
    files = [path.relative_to(here) for path in here.rglob("*") if path.is_file()]
    assert len(files) == 9
    for name in files:
        assert (tmp_path / "again" / name).read_bytes() == (here / name).read_bytes(), name


@pytest.mark.parametrize(("lang", "has", "lacks"), [("en", "Allocation, line by line", "配分計算"),
                                                   ("ja", "配分計算（明細）", "Allocation, line")])  # fmt: skip
def test_one_language(small, tmp_path, lang, has, lacks):
    place = evidence_of(small, tmp_path, "--lang", lang, "--level", "auditor")
    page = (place / "auditor/product_lithium_carbonate.html").read_text(encoding="utf-8")
    assert has in page
    assert lacks not in page
    assert not (place / "customer").exists()


def test_a_written_inventory_is_no_estimate(tmp_path):
    case = ROOT / "flowsheets/carbon/written_year.yaml"
    assert main(["carbon", str(case), "--evidence", str(tmp_path)]) == 0
    for page in tmp_path.rglob("*.html"):
        assert "DESIGN ESTIMATE" not in page.read_text(encoding="utf-8")
    manifest = json.loads((tmp_path / "auditor/manifest.json").read_text(encoding="utf-8"))
    assert manifest["source_sha256"] == sha256(case.read_bytes())
    assert main(["carbon", str(tmp_path), "--verify"]) == 0


def test_a_flowsheet_has_no_evidence_yet(small, tmp_path, capsys):
    assert main(["carbon", str(small / "plant.yaml"), "--evidence", str(tmp_path / "e")]) == 3
    assert "E766" in capsys.readouterr().err
    assert not (tmp_path / "e").exists()


def test_several_scenarios_have_a_folder_each(small, tmp_path):
    place = evidence_of(small, tmp_path, "--scenario", "EU", "--scenario", "JP", "--level", "customer")
    assert sorted(path.name for path in place.iterdir()) == ["EU", "JP"]


def test_text_is_never_a_formula(small, tmp_path):
    place = evidence_of(small, tmp_path, "--level", "auditor")
    book = load_workbook(place / "auditor/evidence.xlsx")
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if str(c.value).startswith("=")]
    assert cells
    assert all(c.data_type == "f" for c in cells)
