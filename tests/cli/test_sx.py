"""``hydromet sx`` as the how-to page types it, and its refusals."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from hydromet.cli.app import main

PAGE = Path(__file__).parents[2] / "docs/how-to/design-an-extraction-circuit.md"

PLANT = """
hydromet: 1
title: Cobalt
chemistry: [sulfate]
operating: {hours: 8000 h/y}
feeds:
  liquor: {composition: {CoSO4: 2.2 wt%, NiSO4: 5.5 wt%, H2SO4: 0.01 wt%}, basis: mass, rest: H2O, rate: 9 t/h}
  scrub: {composition: {CoSO4: 2 wt%, H2SO4: 0.3 wt%}, basis: mass, rest: H2O, rate: 0.6 t/h}
  caustic: {reagent: sodium_hydroxide_50}
  acid: {reagent: sulfuric_acid_98}
  cyanex: {reagent: cyanex_272}
  diluent: {reagent: diluent}
  water: {water: demineralised}
units:
  tank:
    model: organic_tank
    in: {extractant: cyanex, diluent: diluent}
    extractant: cyanex272
    flow: 9 m3/h
    molarity: 0.6 mol/L
  extraction:
    model: extract
    in: {aqueous: liquor, side: scrubbing.raffinate, organic: tank.organic, base: caustic}
    extractant: cyanex272
    stages: 4
    raffinate_pH: 5.5
  scrubbing:
    model: scrub
    in: {organic: extraction.organic, aqueous: scrub}
    extractant: cyanex272
    stages: 2
  stripping:
    model: strip
    in: {organic: scrubbing.organic, acid: acid, water: water}
    extractant: cyanex272
    stages: 3
    acid_ratio: 1.1
    metal: Co+2
    concentration: 90 g/L
products: {cobalt_sulfate: stripping.strip_liquor}
wastes: {raffinate: extraction.raffinate, organic: stripping.organic, surplus: tank.surplus}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The case of the page in a folder of its own."""
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    text = "".join(line[3:] + "\n" for line in block[1].splitlines())
    (tmp_path / "cobalt.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands():
    """What the page types, but for what needs a solved plant."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^ {4,7}hydromet (sx .*cobalt\.yaml.*)$", text, re.MULTILINE)
    return [re.sub(r'"(.*?)"', lambda m: m[1].replace(" ", "\0"), line) for line in found]


def test_the_page_has_its_commands():
    assert len(commands()) == 11


@pytest.mark.parametrize("command", commands())
def test_the_page_works(folder, command, capsys):
    words = [word.replace("\0", " ") for word in command.split()]
    assert main(words) == 0
    told = capsys.readouterr()
    if words[-1].endswith(".png"):
        assert (folder / words[-1]).stat().st_size > 10_000
        return
    if "--to" in words:
        with (folder / words[-1]).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 21
        assert float(rows[-1]["Co [%]"]) > 99.0
        return
    assert len(told.out.splitlines()) > 8
    assert main([*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["format"].startswith("hydromet-")


def test_answers_in_json(folder, capsys):
    assert main(["sx", "design", "cobalt.yaml", "stages", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["answer"]["unit"] == "stages"
    assert all(target["met"] for target in data["targets"])
    assert not all(target["met"] for target in data["tried"][-2]["targets"])
    assert len(data["stages"]) == data["answer"]["value"]


def test_a_new_case_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "sx", "mine"]) == 0
    assert "hydromet sx run mine.yaml" in capsys.readouterr().err
    for verb in (["run"], ["design", "o_a"], ["size"]):
        assert main(["sx", verb[0], "mine.yaml", *verb[1:], "--lang", "both"]) == 0
    assert "スクラブ" in capsys.readouterr().out


def test_schema(capsys):
    assert main(["schema", "sx"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert "from" in schema["properties"]
    assert schema["$schema"].startswith("https://json-schema.org/")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["run"], 2, "E547"),
        (["design", "cobalt.yaml", "stage"], 2, "stages"),
        (["design", "cobalt.yaml", "stages", "--section", "striping"], 2, "stripping"),
        (["isotherm", "cobalt.yaml", "--pH", "7..2"], 2, "--pH 2..7"),
        (["o-a", "cobalt.yaml", "--o-a", "0..5"], 2, "--o-a 0.1..10"),
        (["loading", "cobalt.yaml"], 2, "--pH 5"),
        (["run", "cobalt.yaml", "--set", "extractant=cyanex"], 3, "cyanex272"),
        (["run", "cobalt.yaml", "--set", "extraction.o_a=high"], 3, "o_a"),
        (["run", "cobalt.yaml", "--set", "extration.o_a=1"], 3, "E113 --set extration.o_a=1"),
        (["run", "cobalt.yaml", "--set", "targets.extraction.Co=100 %"], 3, "E627"),
        (
            ["design", "cobalt.yaml", "stages", "--set", "targets.extraction.Zn=99 %"],
            3,
            "E626 --set targets.extraction.Zn",
        ),
        (["run", "cobalt.yaml", "--set", "organic.molarity=6 mol/L"], 3, "E610"),
        (["run", "cobalt.yaml", "--set", "organic.loaded.Co=90 g/L"], 3, "E621"),
        (["run", "cobalt.yaml", "--set", "liquor.composition.Co=9"], 3, "E202"),
        (["run", "cobalt.yaml", "--set", "liquor.balance=Cobalt"], 3, "liquor"),
        (["run", "cobalt.yaml", "--set", "base=caustic"], 3, "E457"),
        (["run", "cobalt.yaml", "--set", "scrubbing.stages=61"], 3, "60"),
        (["design", "cobalt.yaml", "stages", "--set", "extraction.o_a=1"], 3, "E621 cobalt.yaml"),
        (["design", "cobalt.yaml", "scrub_ratio", "--set", "targets.purity.Co=3"], 3, "E627"),
        (["run", "cobalt.yaml", "--set", "base=lithium_hydroxide"], 3, "E605 --set base=lithium_hydroxide"),
        (["run", "cobalt.yaml", "--set", "acid=soda_ash"], 3, "acid: sulfuric_acid_98"),
        (["loading", "cobalt.yaml", "--pH", "20"], 2, "16"),
        (["isotherm", "cobalt.yaml", "--to", "isotherm.docx"], 2, "E548"),
    ],
)
def test_refusals(folder, words, code, told, capsys):
    assert main(["sx", *words]) == code
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


def test_from_a_solved_plant(tmp_path, monkeypatch, capsys):
    """A cascade of a flowsheet is found again, stage by stage, with the phases its result holds."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plant.yaml").write_text(PLANT, encoding="utf-8")
    assert main(["run", "plant.yaml", "-o", "results"]) == 0, capsys.readouterr().err
    plant = json.loads((tmp_path / "results/result.json").read_text(encoding="utf-8"))["units"]
    for unit in ("extraction", "scrubbing", "stripping"):
        capsys.readouterr()
        assert main(["sx", "run", "--from", "results", unit, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["sections"][unit]["stages"]
        for mine, theirs in zip(found, plant[unit]["stages"], strict=True):
            assert mine["pH"] == pytest.approx(theirs["pH"], abs=1e-4)
            assert mine["Co_org_g_L"] == pytest.approx(theirs["Co_org_g_L"], rel=1e-3, abs=1e-6)
            assert mine["Ni_aq_g_L"] == pytest.approx(theirs["Ni_aq_g_L"], rel=1e-3, abs=1e-6)
    assert main(["sx", "design", "stages", "--from", "results", "extraction"]) == 3
    error = capsys.readouterr().err
    assert "E625" in error
    assert '--set targets.extraction.Co="99.5 %"' in error
    assert main(["sx", "run", "--from", "results", "extracton"]) == 3
    assert "unit: extraction" in capsys.readouterr().err
