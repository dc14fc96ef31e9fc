"""``hydromet speciate``, by its outputs, exit codes and files; the commands of the manual run."""

from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hydromet.chemistry.solutions.curve import FORMAT as CURVE
from hydromet.chemistry.solutions.speciation_record import FORMAT, SpeciationFile
from hydromet.cli.app import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/speciate-a-solution.md"
COMMANDS = re.findall(r"^    hydromet (speciate .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def told(capsys, *words):
    assert main(["speciate", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_manual(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == 0
    out = capsys.readouterr()
    assert len(out.out) > 300 or list(tmp_path.iterdir())


def test_the_python_of_the_manual(capsys):
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}  # one example goes on from the other
    for code in examples:
        exec(code, names)  # noqa: S102  # the example as printed
    assert "dose [mol NaOH/kg water put in]" in capsys.readouterr().out


def test_the_file_of_the_manual_and_what_is_typed_beside_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    Path("leach_liquor.yaml").write_text(text, encoding="utf-8")
    first = told(capsys, "leach_liquor.yaml")
    assert first["liquor"]["pH"] == pytest.approx(5.0, abs=1e-6)
    assert "Fe(OH)3(s)" in first["precipitated"]
    changed = told(capsys, "leach_liquor.yaml", "--pH", "4", "Co=20g/L")
    assert changed["liquor"]["pH"] == pytest.approx(4.0, abs=1e-6)
    assert changed["made_of"]["Co"]["g_L"] == pytest.approx(20.0)
    assert changed["made_of"]["Ni"] == pytest.approx(changed["made_of"]["Ni"])
    assert changed["liquor"]["temperature_K"] == pytest.approx(333.15)


def test_a_new_solution_runs(tmp_path, capsys):
    assert main(["new", "solution", "liquor", "-o", str(tmp_path)]) == 0
    assert "hydromet speciate" in capsys.readouterr().err
    found = told(capsys, str(tmp_path / "liquor.yaml"))
    assert found["title"] == {"en": "Leach liquor at pH 5", "ja": "pH 5 の浸出液"}
    assert found["dose"]["mol_kg_water"] > 0.0


def test_json(capsys):
    found = told(capsys, "NiSO4=1.2mol/kg", "H2SO4=0.1mol/kg", "-t", "60degC")
    SpeciationFile.model_validate(found)
    assert found["format"] == FORMAT
    assert found["asked"]["composition"] == {"NiSO4": "1.2mol/kg", "H2SO4": "0.1mol/kg"}
    assert 1.4 < found["liquor"]["pH"] < 2.0
    assert {row["grade"] for row in found["sources"]} <= {"measured", "fitted", "estimated", "recalled"}


@pytest.mark.parametrize("kind", ["solution", "speciation"])
def test_schema(kind, capsys):
    assert main(["schema", kind]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["properties"]


def test_blanks_commas_and_quotes_do_not_matter(capsys):
    ways = (
        ["NiSO4=1.2mol/kg", "H2SO4=0.1mol/kg"],
        ["NiSO4=1.2", "mol/kg", "H2SO4=0.1", "mol/kg"],
        ["NiSO4=1.2 mol/kg, H2SO4=0.1 mol/kg"],
        ["NiSO4 = 1.2 mol/kg; H2SO4 = 0.1 mol/kg"],
        ["NiSO4", "=", "1.2", "mol/kg", "H2SO4", "=", "0.1", "mol/kg"],
    )
    found = {round(told(capsys, *words)["liquor"]["pH"], 12) for words in ways}
    assert len(found) == 1


def test_the_table(capsys):
    words = shlex.split("Ni=80g/L Co=12g/L Fe+3=1g/L Fe+2=0.1g/L Ca=1g/L --balance SO4 --pH 5 --titrant NaOH -t 60degC")
    assert main(["speciate", *words]) == 0
    text = capsys.readouterr().out
    for part in (
        "Solution at 60 degC", "added so that the charges cancel", "dose of NaOH", "Precipitates", "Fe(OH)3(s)",
        "Ni+2", "activity coeff.", "Saturation index", "in equilibrium", "Fe+3/Fe+2", "viscosity",
    ):  # fmt: skip
        assert part in text, part
    assert main(["speciate", *words, "--lang", "ja"]) == 0
    assert "析出物" in capsys.readouterr().out


def test_sources_and_everything(capsys):
    assert main(["speciate", "NiSO4=1mol/kg"]) == 0
    short = capsys.readouterr().out
    assert main(["speciate", "NiSO4=1mol/kg", "--all", "--sources"]) == 0
    long = capsys.readouterr().out
    assert len(long) > 2 * len(short)
    assert "Pitzer beta0 Ni+2 SO4-2" in long


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("NaCl=1mol/kg", set()),
        ("LiOH=6mol/kg", {"W511"}),
        ("NiSO4=1mol/kg H2SO4=0.1mol/kg -t 60degC", {"W512", "W515"}),
        ("NH3=20mol/kg", {"W516"}),
        ("NaCl=1mol/kg -t 120degC", {"W501", "W513"}),
    ],
)
def test_use_beyond_the_data_is_told(capsys, words, codes):
    """As for a plant: pairs, temperatures, estimates and neutrals that matter, each quantity once."""
    found = [one for one in told(capsys, *shlex.split(words))["cautions"] if one["code"] < "W521"]
    assert {one["code"] for one in found} >= codes
    assert len(found) == len({one["text"] for one in found})
    assert codes or not found


def test_sources_come_in_the_order_of_their_effect(capsys):
    rows = told(capsys, "NiSO4=1mol/kg", "H2SO4=0.1mol/kg")["sources"]
    first = [row for row in rows if row["effect"] > 0.0]
    assert first
    assert first == sorted(first, key=lambda row: -row["effect"]) == rows[: len(first)]
    assert all(row["acts_on"] for row in first if row["quantity"].startswith("Pitzer"))


def test_none_may_form(capsys):
    words = ("NiSO4=1mol/kg", "--pH", "9", "--titrant", "NaOH", "--solids")
    clear = told(capsys, *words, "none")
    assert clear["precipitated"] == {}
    assert clear["saturation"]["Ni(OH)2(s)"]["index"] > 1.0
    one = told(capsys, *words, "Ni(OH)2")
    assert list(one["precipitated"]) == ["Ni(OH)2(s)"]
    assert one["asked"]["solids"] == ["Ni(OH)2(s)"]


def test_curves_as_files(tmp_path, capsys):
    words = ["speciate", "--saturate", "NiSO4", "--curve", "solubility", "--over", "0..50 degC", "--to"]
    for ending in ("csv", "json", "png", "svg", "pdf"):
        file = tmp_path / "new" / f"curve.{ending}"
        assert main([*words, str(file)]) == 0
        out = capsys.readouterr()
        assert (out.out, out.err) == ("", f"Written: {file}\n")
    with (tmp_path / "new/curve.csv").open(encoding="utf-8", newline="") as rows:
        first = next(csv.DictReader(rows))
    assert float(first["temperature [degC]"]) == 0.0
    assert first["stable solid"] == "NiSO4:7H2O(s)"
    assert json.loads((tmp_path / "new/curve.json").read_text(encoding="utf-8"))["format"] == CURVE
    assert (tmp_path / "new/curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_curve_on_the_terminal(capsys):
    words = ["speciate", "CoSO4=0.1mol/kg", "--curve", "distribution", "--over", "4..12"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert text.startswith("distribution Co:")
    assert "--to FILE.csv" in text
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["columns"][0]["name"] == "pH"


def test_a_figure_without_a_japanese_font_says_so(tmp_path, capsys, monkeypatch):
    from hydromet.report.plots import style

    monkeypatch.setattr(style, "font", lambda: "")
    file = tmp_path / "p.png"
    assert main(["speciate", "--curve", "pourbaix", "--of", "Co", "--lang", "ja", "--to", str(file)]) == 0
    assert "the figure is in English" in capsys.readouterr().err
    assert file.exists()


def test_nothing_at_all(capsys):
    assert main(["speciate"]) == 2
    assert "Try: hydromet speciate" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["speciate", "--saturate", "NaCl", "--curve", "solubility", "--to", str(tmp_path / "file/x.png")]) == 3
    assert capsys.readouterr().err.startswith("E951\n")


def test_matplotlib_is_not_loaded_without_a_figure():
    code = (
        "import sys; from hydromet.cli.app import main; main(['speciate', 'NiSO4=1mol/kg']);"
        "print(sorted({'matplotlib', 'pint', 'pandas', 'networkx'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("NiSO4=0.1mol/kg --pH 14.5 --titrant NH3", "E508"),
        ("Na2CO3=2mol/kg Li2SO4=2mol/kg --saturate Li2CO3", "E514"),
        ("Ni=80g/L --balance Na --pH 2", "E543"),
    ],
)
def test_the_impossible_is_told_with_what_is_possible(words, code, capsys):
    """No traceback, exit 3, and a figure that says how far it goes."""
    assert main(["speciate", *shlex.split(words)]) == 3
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.startswith(f"{code}\n")
    assert re.search(r"(is|index) \d+\.\d\d", out.err)
