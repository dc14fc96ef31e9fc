"""An extractant that is a data file and nothing else: a flowsheet with its loop, its synergist, its mistakes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hydromet.chemistry.extraction.contact import Feed, Layout, contact
from hydromet.chemistry.extraction.extractant_data import _outlines, read_extractant
from hydromet.chemistry.extraction.extractants import distribution
from hydromet.chemistry.physical import thermochemistry
from hydromet.chemistry.physical.volume import volume
from hydromet.errors import ExtractionError
from hydromet.stream import Stream
from hydromet.study.mccabe_thiele import mccabe_thiele
from hydromet.units.cascade import profile

HERE = Path(__file__).parent / "made_up"
PROGRAM = "import sys; from hydromet.cli.app import main; sys.exit(main())"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the one file."""
    root = tmp_path_factory.mktemp("own")
    (root / "data/extractants").mkdir(parents=True)
    shutil.copy(HERE / "benzoyl.yaml", root / "data/extractants/benzoyl.yaml")
    return root


@pytest.fixture
def made_up(own: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same inside this process, forgotten afterwards."""
    monkeypatch.setenv("HYDROMET_DATA", str(own))
    for memory in (_outlines, thermochemistry.load_species):
        memory.cache_clear()
    yield read_extractant("benzoyl")
    monkeypatch.undo()
    for memory in (_outlines, thermochemistry.load_species):
        memory.cache_clear()


def command(own: Path, *words: str) -> str:
    done = subprocess.run(  # our own program
        [sys.executable, "-c", PROGRAM, *words],
        env=os.environ | {"HYDROMET_DATA": str(own)}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_flowsheet_uses_it_and_its_loop_closes(own: Path, tmp_path: Path) -> None:
    command(own, "run", str(HERE / "circuit.yaml"), "-o", str(tmp_path))
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result["converged"]
    for element in ("Bzo9", "Diluent", "Co", "Ni", "Na", "S"):
        assert abs(result["balance"]["elements"][element]["closure"]) < 1e-9, element
    nickel, cobalt = (result["streams"][name]["elements_kg_h"] for name in ("extraction.raffinate", "product.cobalt"))
    assert nickel["Co"] < 0.05 * cobalt["Co"]
    assert cobalt["Ni"] < 0.01 * nickel["Ni"]
    # Make-up is what dissolved, droplets, crud and ageing took.
    lost = {name: result["streams"][name]["elements_kg_h"].get("Bzo9", 0.0) for name in result["streams"]}
    out = ("extraction.raffinate", "product.cobalt", "extraction.crud", "tank.degraded", "tank.surplus")
    drawn = result["balance"]["elements"]["Bzo9"]["in_kg_h"]
    assert drawn == pytest.approx(sum(lost[name] for name in out), rel=1e-9)
    assert lost["extraction.crud"] > 0.0
    assert lost["tank.degraded"] > 0.0
    declared = {split["what"]: split["source"] for split in result["fixed_splits"]}
    assert "organic in the crud" in declared
    assert "ageing of the extractant" in declared


def test_sources_show_what_is_used_and_what_is_not(own: Path, tmp_path: Path) -> None:
    command(own, "run", str(HERE / "circuit.yaml"), "-o", str(tmp_path))
    shown = command(own, "show", str(tmp_path), "sources")
    assert "log K of Co(Bzo9)2(org), m = 2" in shown
    row = next(line for line in shown.splitlines() if "not used: pH50 of Co(Bzo9)2(org)" in line)
    assert "made_up_too" in row
    assert "4.3" in row
    assert "made_up_too" in command(own, "data", "show", "extractants/benzoyl.yaml")


def test_log_k_from_pH50(made_up: Any) -> None:
    """Half is extracted at that pH, at O/A 1 and low loading; the grade says what it is worth."""
    form = made_up.metals["Mg+2"].forms[0]
    assert distribution(made_up, "Mg+2", 5.2, 0.3) == pytest.approx(1.0, rel=1e-12)
    assert form.log_k == pytest.approx(-9.354, abs=1e-3)
    assert (form.sd, form.origin.grade) == (0.6, "estimated")
    assert "pH50 5.2" in form.origin.note


def test_synergist_adds_its_slope(made_up: Any) -> None:
    """Tenfold synergist, s = 2: the synergic form alone goes up a hundredfold; without any it is not there."""
    without = distribution(made_up, "Ni+2", 5.0, 0.2)
    one, ten = (distribution(made_up.beside({"Syn1": c}), "Ni+2", 5.0, 0.2) for c in (0.05, 0.5))
    assert (ten - without) / (one - without) == pytest.approx(100.0, rel=1e-9)
    assert distribution(made_up.beside({"Syn1": 0.5}), "Co+2", 5.0, 0.2) == distribution(made_up, "Co+2", 5.0, 0.2)


def test_synergist_in_the_organic_is_found_by_the_contact(made_up: Any) -> None:
    liquor = Stream({"H2O": 52.0, "Ni+2": 0.1, "Na+": 0.2, "H+": 1e-3, "SO4-2": 0.2005})
    organic = {"H(Bzo9)(org)": 0.4, "Na(Bzo9)(org)": 0.2, "Diluent(org)": 3.4}
    plain, helped = (
        contact(made_up, [Feed(0, liquor), Feed(2, Stream(organic | extra))], Layout(3, 298.15))
        for extra in ({}, {"(Syn1)(org)": 0.4})
    )
    assert helped.raffinate["Ni+2"] < 0.5 * plain.raffinate["Ni+2"]
    assert helped.organic["(Syn1)(org)"] == pytest.approx(0.4, rel=1e-12)


def test_the_equilibrium_line_knows_the_synergist(made_up: Any) -> None:
    liquor = Stream({"H2O": 52.0, "Ni+2": 0.1, "Na+": 0.2, "H+": 1e-3, "SO4-2": 0.2005})
    organic = Stream({"H(Bzo9)(org)": 0.4, "Na(Bzo9)(org)": 0.2, "Diluent(org)": 3.4, "(Syn1)(org)": 0.4})
    done = contact(made_up, [Feed(0, liquor), Feed(2, organic)], Layout(3, 298.15))
    assert done.outcome is not None
    stages = profile(done.outcome, made_up)
    there = {"Syn1": 0.4 / volume(organic, "org") / 1e3}
    for synergists, off in ((there, False), (None, True)):
        lines = mccabe_thiele(stages, "Ni", "benzoyl", 298.15, synergists=synergists)
        line = dict(lines.equilibrium)
        far = max(min(abs(a / x - 1.0) + abs(b / y - 1.0) for a, b in line.items()) for x, y in lines.stages)
        assert (far > 0.01) is off


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("m: 1, sd: 0.5, source: made_up, grade: estimated}", "m: 0.4, sd: 0.5, source: made_up, grade: estimated}"),
        ("synergist: Syn1", "synergist: Syn2"),
        ("n: 1", "n: 0"),
        ("log_k: -7.2", "log_k: .nan"),
    ],
    ids=["more than the capacity", "no such synergist", "no slope", "not a number"],
)
def test_a_file_that_cannot_be_right_is_refused(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data/extractants"
    folder.mkdir(parents=True)
    text = (HERE / "benzoyl.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "wrong.yaml").write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.setenv("HYDROMET_DATA", str(tmp_path))
    with pytest.raises(ExtractionError) as caught:
        read_extractant("wrong")
    assert caught.value.code == "E602"
