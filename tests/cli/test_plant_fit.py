"""``hydromet calibrate`` of a plant, and the parameters file it writes in a flowsheet, with small plants."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest

from hydromet.assess.case import load
from hydromet.calibrate import plant_model
from hydromet.calibrate.plant_fit import fit
from hydromet.calibrate.plant_fit_file import read_plant_fit
from hydromet.calibrate.plant_model import PlantModel
from hydromet.cli.app import main
from hydromet.errors import ConvergenceError, UserError
from tests.plants import NICKEL_CRYSTALLISER

PAGE = Path(__file__).parents[2] / "docs/how-to/calibrate-a-plant.md"
FILTER = """hydromet: 1
feeds:
  slurry: {composition: {NiSO4: 8 wt%, "Ni(OH)2(s)": 10 wt%}, basis: mass, rest: H2O, rate: 1000 kg/h, role: feed}
units:
  filter: {model: filter, in: {slurry: slurry}, moisture: fitted}
  tank: {model: mix, in: {feed: filter.filtrate}}
products: {liquor: tank.out}
wastes: {cake: filter.cake}
"""
FIT = """plant_fit: 1
name: filter_press
flowsheet: plant.yaml
source: nobody
fit:
  filter.moisture: {within: [10 wt%, 60 wt%], start: 40 wt%}
tables: [measured.csv]
windows:
  usual: {}
  more: {set: {slurry.rate: 1200 kg/h}}
"""
SD = 1.0


def table(truth, random=None):
    """Cake and filtrate of both windows, with noise where there is any."""
    lines = ["# by hand", "window,figure,value,unit,sd"]
    for window, rate in (("usual", 1000), ("more", 1200)):
        cake = rate * 0.1 / (1 - truth)
        for name, value in (("filter.cake", cake), ("filter.filtrate", rate - cake)):
            noise = random.gauss(0.0, SD) if random else 0.0
            lines.append(f"{window},{name}.mass_flow,{value + noise:.9g},kg/h,{SD}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("plant.yaml", FILTER), ("fit.yaml", FIT), ("measured.csv", table(0.35))):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def change(folder, name, old, new):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def done(folder):
    case = read_plant_fit(folder / "fit.yaml")
    model = PlantModel(case)
    model.check()
    model.start()
    return fit(case, model), model


def test_a_known_moisture_is_found_and_used(folder, capsys):
    assert main(["calibrate", "fit.yaml", "-o", ".", "--json"]) == 0
    told = capsys.readouterr()
    record = json.loads(told.out)
    assert record == json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    assert record["parameters"][0]["value"] == pytest.approx(35.0, abs=1e-4)
    assert "Written: parameters.yaml, fit.json" in told.err
    change(folder, "plant.yaml", "hydromet: 1\n", "hydromet: 1\nparameters: parameters.yaml\n")
    result = load("plant.yaml").solve()
    assert result["streams"]["filter.cake"]["mass_kg_h"] == pytest.approx(100.0 / 0.65, rel=1e-6)
    row = result["provenance"]["parameters"][0]
    assert row["parameter"] == "filter.moisture"
    assert row["grade"] == "fitted"
    assert row["source"] == "parameters.yaml: filter_press, nobody"
    assert row["value"] == pytest.approx(35.0, abs=1e-4)
    assert row["standard_error"] == pytest.approx(record["parameters"][0]["standard_error"], rel=1e-2)
    assert set(result["provenance"]["inputs"]) == {"plant.yaml", "parameters.yaml"}
    assert row["fit_sha256"] == record["fit_sha256"]


def test_a_second_fit_writes_the_same_bytes(folder):
    for name in ("one", "two"):
        assert main(["calibrate", "fit.yaml", "-o", name]) == 0
    for file in ("parameters.yaml", "fit.json"):
        assert (folder / "one" / file).read_bytes() == (folder / "two" / file).read_bytes()


def test_the_table_in_japanese(folder, capsys):
    """No English word but names, units and codes; the columns are the same."""
    change(
        folder,
        "fit.yaml",
        "  more: {set: {slurry.rate: 1200 kg/h}}",
        "  more: {set: {slurry.rate: 1200 kg/h}, use: predict}",
    )
    assert main(["calibrate", "fit.yaml", "--lang", "ja"]) == 0
    told = capsys.readouterr().out
    for word in (
        "パラメータ",
        "単位",
        "範囲",
        "区間",
        "プラント計算値",
        "more (予測)",
        "自由度",
        "当てはめに使わない区間",
    ):
        assert word in told
    known = {"usual", "more", "filter", "moisture", "cake", "filtrate", "mass", "flow", "kg", "h", "wt", "chi"}
    assert set(re.findall(r"[A-Za-z]+", told)) <= known
    assert main(["calibrate", "fit.yaml", "--lang", "fr"]) == 2
    assert capsys.readouterr().err.startswith("E902")


def test_the_table_says_what_was_found(folder, capsys):
    assert main(["calibrate", "fit.yaml"]) == 0
    told = capsys.readouterr()
    assert "filter.moisture     35" in told.out
    assert ", 3 degrees of freedom" in told.out
    assert (folder / "fits/filter_press/parameters.yaml").is_file()
    assert "Traceback" not in told.err


def test_noise_lies_within_the_standard_errors(folder):
    """30 sets of noise on a solved plant: 68 % of them within one standard error."""
    random = Random(7)  # noqa: S311  # noise
    within = 0
    for _ in range(30):
        (folder / "measured.csv").write_text(table(0.35, random), encoding="utf-8")
        found, _ = done(folder)
        one = found.parameters[0]
        within += abs(one.value - 35.0) < one.error / found.widened
    assert 30 * 0.683 - 3 * 2.55 < within < 30 * 0.683 + 3 * 2.55


def test_a_plant_with_a_recycle(tmp_path, monkeypatch):
    """Yield and bleed of a crystalliser, from its products; each solve starts from the last."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plant.yaml").write_text(NICKEL_CRYSTALLISER, encoding="utf-8")
    true = {"crystalliser.crystal_yield": "45 %", "crystalliser.bleed": "8 %"}
    data = load("plant.yaml", true).solve().data
    figures = {
        "products.nickel_sulfate.impurities_ppm.Na": "mg/kg", "crystalliser.bleed.mass_flow": "kg/h",
        "crystalliser.condensate.mass_flow": "kg/h", "crystalliser.mother_liquor.mass_flow": "kg/h",
    }  # fmt: skip
    lines = ["window,figure,value,unit,sd"]
    for path, unit in figures.items():
        stream = path.removesuffix(".mass_flow")
        value = data["streams"][stream]["mass_kg_h"] if stream != path else (
            data["products"]["nickel_sulfate"]["impurities_ppm"]["Na"]
        )  # fmt: skip
        lines.append(f"w,{path},{value!r},{unit},0.5 %")
    (tmp_path / "measured.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "fit.yaml").write_text(
        "plant_fit: 1\nname: c\nflowsheet: plant.yaml\nsource: nobody\ntables: [measured.csv]\nwindows: {w: {}}\nfit:\n"
        "  crystalliser.crystal_yield: {within: [30 %, 70 %]}\n  crystalliser.bleed: {within: [2 %, 20 %]}\n",
        encoding="utf-8",
    )
    found, model = done(tmp_path)
    for one, truth in zip(found.parameters, (45.0, 8.0), strict=True):
        assert one.value == pytest.approx(truth, abs=0.01 * one.error)
        assert one.unit == "%"
    assert found.chi2 < 1e-4
    assert model.failures == 0


def test_the_slope_of_a_converged_plant_is_that_of_its_formula(folder):
    """Cake = solids / (1 - moisture): its slope by differences of solves is as good as the convergence allows."""
    found, _ = done(folder)
    slope = found.sensitivity[0, 0]  # kg/h per wt%
    assert slope == pytest.approx(0.01 * 100.0 / 0.65**2, rel=1e-5)


def test_set_goes_above_the_parameters_file(folder):
    assert main(["calibrate", "fit.yaml", "-o", "."]) == 0
    given = {"parameters": "parameters.yaml", "filter.moisture": "20 wt%"}
    result = load("plant.yaml", given).solve()
    assert result["streams"]["filter.cake"]["mass_kg_h"] == pytest.approx(125.0, rel=1e-6)
    assert not [row for row in result["provenance"]["parameters"] if row["parameter"] == "filter.moisture"]


def test_settings_beyond_the_fit_are_told(folder):
    assert main(["calibrate", "fit.yaml", "-o", "."]) == 0
    found = load("plant.yaml", {"parameters": "parameters.yaml", "slurry.rate": "2 t/h"}).solve()
    told = [one for one in found["warnings"] if one["code"] == "W691"]
    assert told == [{"code": "W691", "where": "slurry", "text": "slurry.rate is 2 t/h; the values of parameters.yaml "
                     "were fitted from 1000 kg/h to 1200 kg/h"}]  # fmt: skip
    inside = load("plant.yaml", {"parameters": "parameters.yaml", "slurry.rate": "1.1 t/h"}).solve()
    assert not [one for one in inside["warnings"] if one["code"] == "W691"]


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "line"),
    [
        ("fit.yaml", "plant_fit: 1", "plantfit: 1", "E688", 1),
        ("fit.yaml", "plant_fit: 1", "plant_fit: 2", "E118", 1),
        ("fit.yaml", "filter.moisture: {", "filtre.moisture: {", "E430", 6),
        ("fit.yaml", "filter.moisture: {", "filter.moist: {", "E113", 6),
        ("fit.yaml", "[10 wt%, 60 wt%]", "[10 wt%, 60 kg/h]", "E690", 6),
        ("fit.yaml", "[10 wt%, 60 wt%]", "[60 wt%, 10 wt%]", "E690", 6),
        ("fit.yaml", "[10 wt%, 60 wt%]", "[10 wt%, 120 wt%]", "E116", 6),
        ("fit.yaml", "[10 wt%, 60 wt%], start: 40 wt%", "[10 kg/h, 60 kg/h]", "E203", 6),
        ("fit.yaml", "start: 40 wt%", "start: 70 wt%", "E690", 6),
        ("fit.yaml", "start: 40 wt%", "start: 40 %", "E690", 6),
        ("fit.yaml", "start: 40 wt%", "prior: {value: 40 wt%, sd: 0 wt%}", "E690", 6),
        ("fit.yaml", "1200 kg/h", "1200 kg", "E203", 10),
        ("fit.yaml", "more: {set", "moore: {set", "E697", 10),
        ("fit.yaml", "[measured.csv]", "[measure.csv]", "E101", 0),
        ("fit.yaml", "usual: {}", "usual: {measured: {filter.cake.mass_flow: {value: 1 kg/h, sd: 1 kg/h}}}", "E697", 9),
        ("fit.yaml", "tables: [measured.csv]", "reconciled: measured.csv", "E699", 0),
        ("measured.csv", "filter.cake.mass_flow", "filtre.cake.mass_flow", "E689", 3),
        ("measured.csv", "filter.cake.mass_flow", "filter.cake.concentration.Ni", "E694", 3),
        ("measured.csv", "filter.cake.mass_flow", "filter.cake.volume_flow.Ni", "E689", 3),
        ("measured.csv", "filter.cake.mass_flow", "filter.cake.weight", "E694", 3),
        ("measured.csv", "kg/h,1.0", "kg/h,0", "E694", 3),
        ("measured.csv", "kg/h,1.0", "kg,1.0", "E694", 3),
        ("measured.csv", "kg/h,1.0", "kg/h,1.0 %,2 kg/h,4", "E694", 3),
        ("fit.yaml", "flowsheet: plant.yaml", "flowsheet: plan.yaml", "E101", None),
        ("fit.yaml", "[measured.csv]", "[measurd.csv]", "E101", None),
        ("measured.csv", "value,unit", "values,unit", "E694", 2),
    ],
)  # fmt: skip
def test_mistakes_of_a_fit(folder, capsys, name, old, new, code, line):
    change(folder, name, old, new)
    assert main(["calibrate", "fit.yaml"]) == 3
    told = capsys.readouterr().err
    assert "Traceback" not in told
    head = next(row for row in told.splitlines() if row.startswith(code))
    place = head.split()[1]
    assert place.split(":")[1:2] == ([str(line)] if line else [])


def test_a_concentration_of_a_slurry_is_refused(folder, capsys):
    change(folder, "measured.csv", "filter.cake.mass_flow", "filter.cake.concentration.Ni")
    change(folder, "measured.csv", "kg/h,1.0", "g/L,1.0")
    assert main(["calibrate", "fit.yaml"]) == 3
    assert "a stream without solids: the filtrate" in capsys.readouterr().err


def test_two_names_of_one_thing_cannot_be_told_apart(folder, capsys):
    change(folder, "fit.yaml", "fit:\n", "fit:\n  slurry.rate: {within: [900 kg/h, 1300 kg/h]}\n")
    change(folder, "fit.yaml", "  more: {set: {slurry.rate: 1200 kg/h}}\n", "  more: {}\n")
    (folder / "measured.csv").write_text(
        "window,figure,value,unit,sd\nusual,filter.cake.mass_flow,150,kg/h,1\nmore,filter.cake.mass_flow,150,kg/h,1\n",
        encoding="utf-8",
    )
    assert main(["calibrate", "fit.yaml"]) == 3
    told = capsys.readouterr().err
    assert "E692 fit.yaml:6:3" in told
    assert "slurry.rate and filter.moisture" in told


PARAMETERS = """parameters: 1
name: press
source: nobody
values:
  filter.moisture: {value: 35 wt%, standard_error: 1 wt%}
fit: {file: fit.yaml, sha256: "0", program: 0.1.0}
"""


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "line"),
    [
        ("plant.yaml", "parameters: press.yaml", "parameters: pres.yaml", "E685", 2),
        ("plant.yaml", "moisture: fitted", "moisture: 30 wt%", "E686", 6),
        ("press.yaml", "parameters: 1", "parameters: 2", "E118", 1),
        ("press.yaml", "parameters: 1", "hydromet: 1", "E118", 1),
        ("press.yaml", "filter.moisture", "filtre.moisture", "E687", 5),
        ("press.yaml", "value: 35 wt%, standard_error: 1 wt%", "value: 35 kg/h", "E203", 5),
        ("press.yaml", "value: 35 wt%", "value: wet", "E690", 5),
        ("press.yaml", "error: 1 wt%", "error: 1 %", "E690", 5),
        ("press.yaml", "source: nobody", "sourced: nobody", "E113", 3),
        ("press.yaml", "fit: {", "correlation: [[filter.moisture, tank.volume, 0.3]]\nfit: {", "E690", 6),
        ("press.yaml", "fit: {", "validity: {settings: {slurry.rate: [9 kg/, 12 kg/h]}}\nfit: {", "E690", 6),
        ("press.yaml", "fit: {", "validity: {settings: {slurry.rate: [9 foo, 12 foo]}}\nfit: {", "E690", 6),
        ("press.yaml", "fit: {", "validity: {settings: {slurry.rate: [9 kg/, 12 kg/]}}\nfit: {", "E690", 6),
    ],
)  # fmt: skip
def test_mistakes_of_a_parameters_file(folder, capsys, name, old, new, code, line):
    change(folder, "plant.yaml", "hydromet: 1\n", "hydromet: 1\nparameters: press.yaml\n")
    (folder / "press.yaml").write_text(PARAMETERS, encoding="utf-8")
    load("plant.yaml")
    change(folder, name, old, new)
    assert main(["check", "plant.yaml"]) == 3
    told = capsys.readouterr().err
    assert "Traceback" not in told
    head = next(row for row in told.splitlines() if row.startswith(code))
    assert head.split()[1].startswith(f"{name}:{line}:")


def test_fitted_without_a_file_is_no_value(folder):
    with pytest.raises(UserError) as error:
        load("plant.yaml")
    assert error.value.place.line == 5


def test_the_page_works(tmp_path, monkeypatch, capsys):
    """Every command of the how-to page, in a copy of the examples."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = [dedent(block) for block in re.findall(r"   ```(?:yaml)?\n(.*?)   ```", text, re.DOTALL)]
    commands = [line.strip() for line in text.splitlines() if line.startswith("       ")]
    assert main(["examples", str(tmp_path)]) == 0
    monkeypatch.chdir(tmp_path / "pilot")
    Path("measured.csv").write_text(blocks[0], encoding="utf-8")
    Path("plant_fit.yaml").write_text(blocks[1], encoding="utf-8")
    capsys.readouterr()
    for command in commands:
        words = shlex.split(command)
        if words[0] == "cp":
            shutil.copy(words[1], words[2])
            continue
        assert main(words[1:]) == 0, capsys.readouterr().err
    found = json.loads(Path("fits/fit.json").read_text(encoding="utf-8"))
    assert found["prediction"]["figures"] == 2
    assert found["unsolved"]["trials"] == 0
    fitted = json.loads(Path("results/fitted/result.json").read_text(encoding="utf-8"))
    first = fitted["provenance"]["parameters"][:3]
    assert [row["parameter"] for row in first] == [one["path"] for one in found["parameters"]]


def test_a_plant_that_does_not_converge_on_the_way(folder, monkeypatch, capsys):
    """Cakes wetter than 35.03 % have no solution: the minimum is beside it, and its slopes are those of one side."""
    real = plant_model.load

    class Stubborn:
        def __init__(self, path, changes):
            self.plain, self.wet = real(path, changes), float(changes["filter.moisture"].split()[0]) > 35.03
            self.plant = self.plain.plant

        def solve(self, start=None):
            if self.wet:
                raise ConvergenceError("E701", read="the loop of filter", expected="convergence")
            return self.plain.solve(start=start)

    monkeypatch.setattr(plant_model, "load", Stubborn)
    change(folder, "fit.yaml", "[10 wt%, 60 wt%], start: 40 wt%", "[0 wt%, 60 wt%], start: 20 wt%")
    assert main(["calibrate", "fit.yaml", "-o", "."]) == 0
    found = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    assert found["parameters"][0]["value"] == pytest.approx(35.0, abs=1e-4)
    assert found["unsolved"]["trials"] > 0
    assert found["unsolved"]["first"][0]["why"] == "E701 the loop of filter"
    assert "Trial points without a solution, stepped back from: " in capsys.readouterr().out
    change(folder, "fit.yaml", "start: 20 wt%", "start: 50 wt%")
    assert main(["calibrate", "fit.yaml", "-o", "."]) == 4
    told = capsys.readouterr().err
    assert "E695 fit.yaml:9:3" in told
    assert "usual at the start of the fit: E701" in told
