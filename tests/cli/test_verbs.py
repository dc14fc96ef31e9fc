"""The verbs, by their outputs, exit codes and files."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from openpyxl import load_workbook

from hydromet import datafiles
from hydromet.cli import app, run
from hydromet.cli.app import main
from hydromet.cli.data import references
from hydromet.cli.schema import Format
from hydromet.flowsheet.result import FORMAT, ResultFile, read_result

PROGRAM = "import sys; from hydromet.cli.app import main; sys.exit(main())"


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """A folder with a new flowsheet and its results."""
    folder = tmp_path_factory.mktemp("plant")
    assert main(["new", "flowsheet", "first", "-o", str(folder)]) == 0
    assert main(["run", str(folder / "first.yaml"), "-o", str(folder / "results")]) == 0
    return folder


def test_a_new_flowsheet_runs_and_closes(plant):
    result = read_result(plant / "results")
    assert result.converged
    assert result["format"] == FORMAT
    assert abs(result["balance"]["worst"]["closure"]) < 1e-9
    assert abs(result["balance"]["worst"]["energy_error"]) < 1e-6
    assert 0.8 < result.recovery["Ni"] <= 1.0
    assert set(result.products) == {"mixed_hydroxide"}


def test_the_result_keeps_its_promises(plant):
    data = json.loads((plant / "results/result.json").read_text(encoding="utf-8"))
    ResultFile.model_validate(data)
    for element, record in data["balance"]["elements"].items():
        assert abs(record["closure"]) < 1e-9, element
    for stream in data["streams"].values():
        assert {"temperature_K", "mass_kg_h", "pH", "elements_kg_h", "species_mol_h"} <= set(stream)
    ways = data["losses"]["Ni"].values()
    assert sum(way["share"] for way in ways) == pytest.approx(1.0, rel=1e-8)
    assert data["reagents"]["sulfuric_acid"]["kg_per_t_feed"] == pytest.approx(
        data["reagents"]["sulfuric_acid"]["kg_h"]
    )
    assert set(data["provenance"]["inputs"]) == {
        "first.yaml", "feeds/nmc622_shredded.yaml", "data/reagents/sulfuric_acid_98.yaml",
        "data/reagents/hydrogen_peroxide_50.yaml", "data/reagents/sodium_hydroxide_50.yaml",
        "data/reagents/process_water.yaml",
    }  # fmt: skip
    grades = {row["grade"] for row in data["provenance"]["parameters"]}
    assert grades <= {"measured", "fitted", "estimated", "recalled"}


def test_there_is_no_path_and_no_clock_in_a_result(plant):
    text = (plant / "results/result.json").read_text(encoding="utf-8")
    assert str(plant) not in text
    assert "NaN" not in text
    assert text == read_result(plant / "results").to_json()


def test_the_stream_table(plant):
    with (plant / "results/streams.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["stream"]: row for row in csv.DictReader(file)}
    assert rows["feeds.black_mass"]["to"] == "leach.solids"
    assert rows["hydroxide_filter.cake"]["to"] == "products.mixed_hydroxide"
    assert float(rows["leach.slurry"]["temperature_degC"]) == pytest.approx(60.0)
    assert float(rows["leach.slurry"]["Ni_kg_h"]) > 100.0


def test_the_workbook(plant):
    book = load_workbook(plant / "results/streams.xlsx")
    assert book.sheetnames[:2] == ["streams", "balance"]
    assert str(book["balance"]["E2"].value).startswith("=IF(")
    names = [cell.value for cell in book["streams"][1]]
    assert "leach.slurry" in names


def test_summary(plant, capsys):
    assert main(["show", str(plant / "results")]) == 0
    text = capsys.readouterr().out
    for word in (
        "Worst closure",
        "Products",
        "Recovery of feed metal",
        "Reagents",
        "Energy",
        "Water",
        "Effluent",
        "Declared splits",
    ):
        assert word in text
    assert main(["show", str(plant / "results"), "--lang", "ja"]) == 0
    assert "製品" in capsys.readouterr().out


PARTS = ("streams", "units", "balance", "recovery", "effluent", "equipment", "carbon", "sources")


@pytest.mark.parametrize("part", PARTS)
def test_show(plant, part, capsys):
    assert main(["show", str(plant / "results"), part]) == 0
    assert len(capsys.readouterr().out) > 30
    assert main(["show", str(plant / "results"), part, "--json"]) == 0
    json.loads(capsys.readouterr().out)


def test_show_refuses_politely(plant, capsys):
    assert main(["show", str(plant / "results"), "steams"]) == 2
    assert "streams" in capsys.readouterr().err
    assert main(["show", str(plant / "first.yaml")]) == 3
    assert capsys.readouterr().err.startswith("E440 ")
    newer = plant / "newer.json"
    newer.write_text('{"format": "hydromet-result/99"}', encoding="utf-8")
    assert main(["show", str(newer)]) == 3
    assert capsys.readouterr().err.startswith("E441 ")


def test_check(plant, capsys):
    assert main(["check", str(plant / "first.yaml")]) == 0
    text = capsys.readouterr().out
    assert "residue_filter.wash_filtrate  leach → residue_filter → leach" in text
    assert main(["check", str(plant / "first.yaml"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told[0]["recycles"] == {"residue_filter.wash_filtrate": ["leach", "residue_filter", "leach"]}
    assert told[0]["drawn"] == ["sulfuric_acid", "peroxide", "sodium_hydroxide", "process_water"]


def test_check_of_several_files(plant, capsys):
    bad = plant / "bad.yaml"
    bad.write_text("hydromet: 1\n", encoding="utf-8")
    assert main(["check", str(plant / "first.yaml"), str(bad), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [each["ok"] for each in told] == [True, False]
    assert {error["code"] for error in told[1]["errors"]} == {"E114"}


def test_set_changes_the_plant(plant, tmp_path, capsys):
    file = str(plant / "first.yaml")
    assert main(["run", file, "--set", "leach.temperature=70 degC", "-o", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["converged"]
    result = read_result(tmp_path)
    assert result.streams["leach.slurry"]["temperature_K"] == pytest.approx(343.15)
    assert result["provenance"]["changes"] == {"leach.temperature": "70 degC"}


@pytest.mark.parametrize(
    ("change", "code", "exit_code"),
    [
        ("leach.temperature", "E903", 2),
        ("leech.temperature=60 degC", "E430", 3),
        ("leach.temperature=60 C", "E203 --set leach.temperature=60 C", 3),
        ("leach.temprature=60 degC", "E113", 3),
    ],
)
def test_set_refuses(plant, change, code, exit_code, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(plant / "first.yaml"), "--set", change]) == exit_code
    assert capsys.readouterr().err.startswith(code)


def test_a_plant_that_does_not_converge_keeps_what_it_has(plant, tmp_path, capsys):
    """No time at all: exit 4, and the streams so far in a result that says it did not converge."""
    changes = ["--set", "leach.free_acid=2000 g/L"]
    assert main(["run", str(plant / "first.yaml"), *changes, "-o", str(tmp_path)]) == 4
    told = capsys.readouterr().err
    assert told.startswith("E702 ")
    assert "leach → residue_filter → leach" in told
    assert f"The result so far is in {tmp_path / 'result.json'}" in told
    result = read_result(tmp_path)
    assert not result.converged
    assert main(["show", str(tmp_path)]) == 3
    assert main(["show", str(tmp_path), "streams"]) == 0


def test_a_target_is_met(plant, tmp_path):
    text = (plant / "first.yaml").read_text(encoding="utf-8")
    until = "{residue_filter.filtrate.concentration.Ni: 40 g/L}"
    target = f"targets:\n  - {{vary: feeds.leach_water.rate, within: [2 t/h, 9 t/h], until: {until}}}\n"
    (tmp_path / "aimed.yaml").write_text(text.replace("products:", f"{target}products:"), encoding="utf-8")
    assert main(["run", str(tmp_path / "aimed.yaml"), "-o", str(tmp_path)]) == 0
    found = read_result(tmp_path)["solver"]["targets"][0]
    assert found["reached"] == pytest.approx(40.0, rel=1e-7)
    assert 2000 / 3600 < found["found"] < 9000 / 3600


def test_new_refuses_to_overwrite(plant, capsys):
    assert main(["new", "flowsheet", "first", "-o", str(plant)]) == 2
    assert capsys.readouterr().err.startswith("E906")
    assert main(["new", "flowsheet", "1/2"]) == 2
    assert capsys.readouterr().err.startswith("E905")


RECONCILE = {"reconcile": 1, "flowsheet": "plant.yaml", "run": "run", "from": "2026-11-26T14:00Z",
             "steady": {"length": "30 min", "tolerances": {"leach_pH": 0.05}}}  # fmt: skip
PLANT_FIT = {"plant_fit": 1, "name": "a", "flowsheet": "plant.yaml", "source": "b", "windows": {"base": {}},
             "fit": {"leach.locked": {"within": [0, 0.1]}, "leach.tanks": {"within": ["5 um", "15 um"]}}}  # fmt: skip
PARAMETERS = {"parameters": 1, "name": "a", "source": "b", "values": {"leach.locked": {"value": 0.03}},
              "fit": {"file": "c", "sha256": "0", "program": "1"}, "validity": {"from": "d", "to": "e"}}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "right"), [("reconcile", RECONCILE), ("plant_fit", PLANT_FIT), ("parameters", PARAMETERS)]
)
def test_schemas_of_plant_data(kind, right, capsys):
    """The schema takes a file of the format, and no key that is not of it."""
    assert main(["schema", kind]) == 0
    check = Draft202012Validator(json.loads(capsys.readouterr().out))
    assert list(check.iter_errors(right)) == []
    wrong = [key for key in right if check.is_valid({**right, f"{key}s": 1})]
    assert wrong == []
    assert not check.is_valid({key: value for key, value in right.items() if key != kind})


def test_schemas(capsys):
    for kind in (kind for kind in Format if kind is not Format.station):
        assert main(["schema", kind.value]) == 0
        schema = json.loads(capsys.readouterr().out)
        assert schema["$schema"].startswith("https://json-schema.org/")
    assert main(["schema", "flowsheet"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert "unit_leach" in schema["$defs"]
    assert "temperature" in schema["$defs"]["unit_leach"]["properties"]


def test_data(capsys):
    assert main(["data", "list"]) == 0
    assert "species/aqueous.csv" in capsys.readouterr().out.split()
    assert main(["data", "show", "species/aqeous.csv"]) == 2
    assert "species/aqueous.csv" in capsys.readouterr().err
    assert main(["data", "show", "species/aqueous.csv", "--json"]) == 0
    assert {"id", "source", "grade"} <= set(json.loads(capsys.readouterr().out)[0])
    key = next(iter(references(datafiles.read_text("data/REFERENCES.bib"))))
    assert main(["data", "cite", key]) == 0
    assert capsys.readouterr().out.startswith("@")
    assert main(["data", "cite", "nobody"]) == 2
    assert main(["data", "show"]) == 2


def test_examples_are_copied_with_their_feeds(tmp_path, capsys):
    assert main(["examples"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert main(["examples", str(tmp_path / "mine")]) == 0
    copied = capsys.readouterr().out.split()
    assert {Path(name).name for name in copied} >= {*listed, "nmc622_shredded.yaml"}
    assert all(Path(name).is_file() for name in copied)
    assert main(["examples", str(tmp_path / "mine")]) == 2


def test_explain(capsys):
    assert main(["explain", "e420"]) == 0
    assert capsys.readouterr().out.startswith("E420  ")
    assert main(["explain", "E420", "--lang", "ja", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["code"] == "E420"


@pytest.mark.parametrize("words", [["rnu"], ["run"], ["run", "a.yaml", "--sett", "b"], []])
def test_wrong_usage(words, capsys):
    assert main(words) == 2
    assert "Usage" in capsys.readouterr().err


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("hydromet ")
    assert main(["run", "--help"]) == 0
    assert "--set" in capsys.readouterr().out


def test_our_own_mistake_is_told_without_a_traceback(monkeypatch, capsys):
    def broken(_):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(run, "changes_of", broken)
    assert main(["run", "a.yaml"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("This is a mistake of hydromet, not yours: ZeroDivisionError: oh")
    assert "Traceback" not in told
    assert main(["run", "a.yaml", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_interrupt(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "changes_of", interrupted)
    assert main(["run", "a.yaml"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_the_verbs_are_the_ones_promised():
    names = {command.callback.__name__ for command in app.app.registered_commands}
    assert {"run", "check", "show", "schema", "new", "examples", "data", "explain"} <= names


def test_cold_runs_give_the_same_bytes(plant, tmp_path):
    """Two processes with different hash seeds, and a third that solves ten times."""
    program = (
        "import sys; from hydromet.assess.case import load\n"
        "for _ in range(int(sys.argv[2])): result = load(sys.argv[1]).solve()\n"
        "sys.stdout.buffer.write(result.to_json().encode())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, str(plant / "first.yaml"), times],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True, cwd=tmp_path,
        ).stdout
        for seed, times in (("1", "1"), ("4242", "1"), ("77", "10"))
    }  # fmt: skip
    assert len(outputs) == 1
    assert outputs == {(plant / "results/result.json").read_bytes()}


SOLVE = "from hydromet.assess.case import load; load(sys.argv[1]).solve()"
RUN = "from hydromet.cli.app import main; assert main(['run', sys.argv[1], '-o', 'out']) == 0"


WITHOUT_LEACH = """hydromet: 1
feeds:
  liquor: {composition: {Ni+2: 80 g/L, SO4-2: 131 g/L}, basis: volume, charge_by: H+, rate: 1000 kg/h}
  caustic: {reagent: sodium_hydroxide_50}
units:
  removal: {model: precipitate, in: {feed: liquor, base: caustic}, pH: 7, temperature: 60 degC, residence_time: 1 h}
products: {hydroxide: {stream: removal.slurry, compound: "Ni(OH)2(s)"}}
emissions: {gas: removal.gas}
"""


@pytest.mark.parametrize(("program", "allowed"), [(SOLVE, []), (RUN, ["typer"])], ids=["solve", "run"])
@pytest.mark.parametrize("leach", [False, True], ids=["liquor", "leach"])
def test_what_the_solve_path_loads(plant, tmp_path, leach, program, allowed):
    """No pandas, matplotlib, asyncua or cantera between the file and the result, nor on to the workbook.

    A leach train is a root, a leached batch an ODE of scipy, which bring its optimiser; other plants do without.
    """
    file = plant / "first.yaml" if leach else tmp_path / "liquor.yaml"
    if leach:
        allowed = ["scipy.optimize", *allowed]
    else:
        file.write_text(WITHOUT_LEACH, encoding="utf-8")
    heavy = {"pandas", "matplotlib", "asyncua", "cantera", "scipy.optimize", "h5py", "plotly", "dask", "rich", "typer"}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {program}; print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)",
         str(file)], capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == str(allowed)


def test_help_is_quick_and_light():
    program = (
        "import sys; sys.argv = ['hydromet', '--help']\n"
        "from hydromet.cli.app import main; main()\n"
        "heavy = {'numpy', 'pydantic', 'networkx', 'numba', 'pint', 'ruamel'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_data_to_stdout_messages_to_stderr(plant, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", str(plant / "first.yaml"), "-o", "out", "--json"],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    json.loads(done.stdout)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["result.json", "streams.csv", "streams.xlsx"]


def test_nothing_in_nothing_out(plant, tmp_path):
    nothing = ["--set", "black_mass.rate=0 kg/h", "--set", "leach_water.rate=0 kg/h"]
    assert main(["run", str(plant / "first.yaml"), *nothing, "-o", str(tmp_path)]) == 0
    result = read_result(tmp_path)
    assert all(stream["mass_kg_h"] == 0.0 for stream in result.streams.values())
    assert result.recovery == {}
    assert result["reagents"]["sulfuric_acid"]["kg_per_t_feed"] is None


def test_a_plant_a_thousand_times_as_large_is_the_same(plant, tmp_path):
    larger = ["--set", "black_mass.rate=1000 t/h", "--set", "leach_water.rate=4000 t/h"]
    assert main(["run", str(plant / "first.yaml"), *larger, "-o", str(tmp_path)]) == 0
    small, large = read_result(plant / "results"), read_result(tmp_path)
    for element in ("Ni", "Li", "Fe"):
        assert large.recovery[element] == pytest.approx(small.recovery[element], rel=1e-6)
