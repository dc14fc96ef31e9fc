"""``hydromet plot``, by its outputs, exit codes and files; the commands of the manual run."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from hydromet.cli.app import main
from hydromet.flowsheet.result import read_result
from hydromet.report.element_flows import element_flows
from hydromet.study.cascades import cascade, cascades, diagram

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/draw-a-cascade.md"
COMMANDS = re.findall(r"^    hydromet (\S+ .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
PLANT = "results/nmc622_black_mass"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the solved example plant in it."""
    made = tmp_path_factory.mktemp("plots")
    assert main(["run", str(ROOT / "flowsheets/nmc622_black_mass.yaml"), "-o", str(made / PLANT)]) == 0
    return made


@pytest.fixture
def inside(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def files(folder):
    return {path for path in folder.rglob("*") if path.suffix in (".png", ".svg", ".pdf", ".csv")}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_manual(command, inside, capsys):
    words = shlex.split(command)
    for path in files(inside) - {inside / PLANT / "streams.csv"}:
        path.unlink()
    assert main(words) == 0
    if "--json" in words:
        assert json.loads(capsys.readouterr().out)[0]["format"] == "hydromet-curve/1"
        return
    told = re.findall(r"^Written: (.*)$", capsys.readouterr().err, re.MULTILINE)
    assert {inside / name for name in told} == files(inside) - {inside / PLANT / "streams.csv"}
    assert len(told) == 18 if words[-1] == "stages" else len(told) >= 1


def test_the_python_of_the_manual(inside, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(code, {})  # noqa: S102  # the example as printed
    assert "free extractant [mol/L]" in capsys.readouterr().out
    assert Path("cobalt.png").stat().st_size > 2000


def test_the_table_is_the_result(inside):
    assert main(["plot", PLANT, "stages", "cobalt_extraction", "--to", "stages.csv"]) == 0
    with Path("stages.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    solved = read_result(PLANT)["units"]["cobalt_extraction"]["stages"]
    assert [float(row["Co organic [g/L]"]) for row in rows] == [stage["Co_org_g_L"] for stage in solved]
    assert [float(row["pH"]) for row in rows] == [stage["pH"] for stage in solved]


def test_every_cascade_of_the_plant_steps_on_its_stages(folder):
    found = cascades(read_result(folder / PLANT))
    assert [one.main for one in found.values()] == ["Mn", "Co", "Mn", "Co", "Ni", "Co", "Ni", "Co", "Ni"]
    for one in found.values():
        for metal in (one.main, "Mn", "Co", "Ni"):
            lines = diagram(one, metal)
            equilibrium = np.array(lines.equilibrium)
            for point in lines.stages:
                assert np.abs(equilibrium / point - 1.0).sum(axis=1).min() < 1e-6, (one.name, metal)


def test_the_ends_are_what_enters(folder):
    """Squares of the diagram are the streams of the result."""
    result = read_result(folder / PLANT)
    one = cascade(result, "cobalt_extraction")
    (source,) = result["units"]["cobalt_extraction"]["in"]["organic"]
    organic = result.streams[source]
    moles = organic["species_mol_h"]["Co(Cyanex272)2(org)"]
    assert one.organic_in["Co"] == pytest.approx(moles * 58.933 / 1e3 / organic["volume_m3_h"], rel=0.01)
    assert one.molarity == pytest.approx(0.6, rel=0.01)
    # by the balance of stage 1, which leaves out what settlers carry over
    first, second = one.stages[:2]
    balance = first["Co_aq_g_L"] + first["O_A"] * (first["Co_org_g_L"] - second["Co_org_g_L"])
    assert one.aqueous_in["Co"] == pytest.approx(balance, rel=2e-3)


def test_isotherm_of_the_plant_marks_its_stages(inside, capsys):
    assert main(["plot", PLANT, "isotherm", "cobalt_extraction", "--json"]) == 0
    (curve,) = json.loads(capsys.readouterr().out)
    stages = read_result(PLANT)["units"]["cobalt_extraction"]["stages"]
    marked = {text: at for at, text in curve["marks"]}
    assert marked["stage 7"] == stages[6]["pH"]
    pH = curve["columns"][0]["values"]
    assert min(pH) < stages[0]["pH"] < stages[6]["pH"] < max(pH)


@pytest.mark.parametrize(
    ("words", "code", "near", "status"),
    [
        (["stages", "cobalt_extracton"], "E641", "cobalt_extraction", 2),
        (["stages", "leach"], "E642", "cobalt_extraction", 2),
        (["mccabe-thiele", "cobalt_extraction", "--metal", "Kobalt"], "E643", "--metal Co", 2),
        (["mccabe"], "E645", "mccabe-thiele", 2),
        (["isotherm", "cobalt_stripping"], "E646", "manganese_extraction", 2),
        (["stages", "cobalt_extraction", "--log"], "E647", "mccabe-thiele", 2),
        (["stages", "--to", "all.png"], "E648", "one of them", 2),
        (["sankey", "Nickel"], "E649", "sankey Ni", 2),
        (["sankey", "--to", "all.png"], "E648", "one of them", 2),
        (["stages", "cobalt_extraction", "--to", "stages.xls"], "E548", "stages.png", 2),
    ],
)
def test_mistakes(words, code, near, status, inside, capsys):
    assert main(["plot", PLANT, *words]) == status
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(code)
    assert near in told.err
    assert not Path("all.png").exists()


def changed(folder, change):
    """The result with something else in it, in a file of its own."""
    data = json.loads((folder / PLANT / "result.json").read_text(encoding="utf-8"))
    change(data)
    file = folder / "changed.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return str(file)


def test_a_cascade_without_stages(inside, capsys):
    file = changed(inside, lambda data: data["units"]["cobalt_extraction"].update(stages=[]))
    assert main(["plot", file, "stages", "cobalt_extraction"]) == 2
    assert capsys.readouterr().err.startswith("E644")


def test_a_plant_without_cascades(inside, capsys):
    file = changed(inside, lambda data: data.update(units={}))
    assert main(["plot", file, "stages"]) == 2
    assert capsys.readouterr().err.startswith("E642")


def test_a_plant_that_did_not_converge_says_so(inside, capsys):
    file = changed(inside, lambda data: data.update(converged=False))
    assert main(["plot", file, "stages", "cobalt_extraction", "--json"]) == 0
    assert "did not converge" in json.loads(capsys.readouterr().out)[0]["conditions"]


def test_nickel_through_the_plant_closes(folder):
    curve = element_flows(read_result(folder / PLANT), "Ni")
    flows = list(zip(curve["from"], curve["to"], curve["flow"], strict=True))
    brought = sum(flow for source, _, flow in flows if source.startswith("feeds."))
    taken = sum(flow for _, target, flow in flows if "." in target)
    assert taken == pytest.approx(brought, rel=1e-6)
