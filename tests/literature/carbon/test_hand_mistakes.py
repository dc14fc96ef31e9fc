"""Mistakes of a user in a written inventory: each at its line, with what was read, expected and a line that works."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from hydromet.cli.app import main
from hydromet.datafiles import find

BASE = """carbon: 1
grid: JP-Kansai-2024
losses: 4.3 %
activities:
  caustic: {amount: 1.2 t, strength: 48 wt%, factor: chem.naoh, unit: sx, serves: ni}
  acid: {amount: 900 kg, factor: chem.h2so4}
  haul: {goods: 40 t, distance: 250 km, by: truck}
  electricity: {amount: 350 kWh}
  steam: {kind: heat, amount: 900 MJ}
  bm: {amount: 1000 kg, declared: {value: 0.85, supplier: A}}
  soot: {carbon: 20 kg}
  lime: {carbonate: CaCO3, amount: 45 kg, released: 95 %}
outputs:
  ni: {mass: 788 kg, compound: "NiSO4:6H2O(s)", price: 3.6}
  li: {mass: 207 kg, compound: "Li2CO3(s)", price: 8.6}
left_out:
  paint: {mass: 1 kg, reason: below 1 %}
"""
NICKEL = 'compound: "NiSO4:6H2O(s)"'

# What is written, what is written in its place, the code, its line, and what helps.
WRONG = [
    ("chem.naoh", "chem.naho", "E770", 5, "chem.naoh"),
    ("JP-Kansai-2024", "JP-Kansia-2024", "E772", 2, "JP-Kansai-2024"),
    ("JP-Kansai-2024", "JP-Kansai-2031", "E772", 2, "JP-Kansai-2025"),
    ("JP-Kansai-2024", "Mars", "E772", 2, "JP-Tokyo-2024"),
    ("350 kWh", "350 kWhh", "E205", 8, "3 kWh"),
    ("350 kWh", "350", "E202", 8, "350 kWh"),
    ("350 kWh", "350 kg", "E203", 8, "3 kWh"),
    ("350 kWh", "-350 kWh", "E788", 8, "zero or more"),
    ("350 kWh", "1e300 kWh", "E788", 8, "up to"),
    ("350 kWh", "nan kWh", "E206", 8, "3 kWh"),
    ("900 kg", "900 tons", "E210", 6, "t"),
    ("goods: 40 t", "goods: -40 t", "E116", 7, "goods: 40 t"),
    ("goods: 40 t, ", "", "E788", 7, "goods: 40 t"),
    ("by: truck", "by: lorry", "E786", 7, "truck"),
    ("carbon: 20 kg", "carbon: -20 kg", "E116", 11, "carbon: 20 kg"),
    ("carbon: 20 kg", "carbon: 20 kg, factor: chem.naoh", "E788", 11, "one of them"),
    ("48 wt%", "148 wt%", "E116", 5, "strength: 50 wt%"),
    ("48 wt%", "0.48", "E207", 5, "strength: 48 wt%"),
    ("95 %", "195 %", "E116", 12, "released: 90 %"),
    ("CaCO3", "CaO", "E788", 12, "carbonate: CaCO3"),
    ("CaCO3", "CaCO4", "E788", 12, "carbonate: CaCO3"),
    ("serves: ni", "serves: nickle", "E780", 5, "ni"),
    ("mass: 788 kg", "mass: -788 kg", "E116", 14, "mass: 788 kg"),
    ("mass: 788 kg", "mass: 0 kg", "E116", 14, "mass: 788 kg"),
    ("mass: 788 kg", "mass: 1e300 kg", "E116", 14, "mass: 788 kg"),
    ("price: 3.6", "price: -3.6", "E116", 14, "price: "),
    ("price: 3.6", "price: 3.6, credit: chem.niso", "E770", 14, "chem."),
    (NICKEL, "metals: {Ni: 122 wt%}", "E788", 14, "metals: {Ni: 22.3 wt%}"),
    (NICKEL, "metals: {Ni: 900 kg}", "E788", 14, "metals: {Ni: 22.3 wt%}"),
    (NICKEL, "metals: {Nix: 22 wt%}", "E788", 14, "Ni"),
    (NICKEL, "compound: NiSO4(q)!", "E304", 14, "NiSO4:6H2O(s)"),
    ("losses: 4.3 %", "loses: 4.3 %", "E113", 3, "losses: "),
    ("losses: 4.3 %", "losses: 4.3", "E116", 3, "losses: "),
    ("losses: 4.3 %", "losses: 100 %", "E116", 3, "losses: 4.3 %"),
    ("losses: 4.3 %", "heat: natural_gaz", "E784", 3, "heat: natural_gas"),
    ("losses: 4.3 %", "allocation: metalmass", "E117", 3, "allocation: metal_mass"),
    ("losses: 4.3 %", "cff: {ni: {A: 1.2}}", "E794", 3, "A: 0.2"),
    ("losses: 4.3 %", "cff: {nickel: {A: 0.2}}", "E780", 3, "ni"),
    ("losses: 4.3 %", "cff: {ni: {R3: 0.2}}", "E794", 3, "EER"),
    ("losses: 4.3 %", "market: market.JP-Yonden", "E770", 3, "market.JP-Yonden-FY2024"),
    ("losses: 4.3 %", "scenario: JP-Tokio", "E781", 3, "JP-Tokyo"),
    ("losses: 4.3 %", "books: [/tmp]", "E775", 3, "books: [hydromet-2026.1]"),
    ("losses: 4.3 %", "uncertainty: {samples: 10}", "E116", 3, "samples: 2000"),
    ("losses: 4.3 %", "factors: {my.x: {value: 2, unit: kgCO2e/kg}}", "E114", 3, "source: "),
    ("losses: 4.3 %", "factors: {my.x: {value: -2, unit: kgCO2e/kg, source: s}}", "E774", 3, "2"),
    ("losses: 4.3 %", "factors: {my.x: {value: 2, unit: kgCO2e/box, source: s}}", "E773", 3, "kgCO2e/"),
    ("value: 0.85", "value: -0.85", "E116", 10, "value: 0.85"),
    ("value: 0.85", "value: 0.85, raw_material: 0.3, production: 0.3", "E783", 10, "value: 0.6"),
    ("value: 0.85", "value: 0.85, DQR: [0, 1, 2]", "E796", 10, "1 (best) to 5"),
    ("ni: {mass", "ni: {mas", "E113", 14, "mass"),
    (", reason: below 1 %", "", "E114", 17, "reason"),
    ("mass: 1 kg", "mass: -1 kg", "E116", 17, "mass: "),
    ("carbon: 1\n", "carbon: 2\n", "E118", 1, "carbon: 1"),
    ("  acid:", "\tacid:", "E107", 6, "acid"),
    ("  acid:", "  caustic:", "E108", 6, "once"),
]


def tell(tmp_path, capsys, text):
    """Exit code and what is told of a text."""
    file = tmp_path / "case.yaml"
    file.write_text(text, encoding="utf-8")
    code = main(["carbon", str(file), "--json"])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(("was", "now", "code", "line", "helps"), WRONG)
def test_a_mistake_is_told_at_its_line(tmp_path, capsys, was, now, code, line, helps):
    assert was in BASE
    found, err = tell(tmp_path, capsys, BASE.replace(was, now, 1))
    assert found == 3
    assert re.search(rf"^{code} \S*case\.yaml:{line}:\d+", err, re.MULTILINE), err
    assert "  read  " in err
    assert "  expected  " in err
    assert helps in err


def test_no_outputs_and_no_activities(tmp_path, capsys):
    code, err = tell(tmp_path, capsys, "carbon: 1\nactivities: {}\noutputs: {}\n")
    assert (code, err.count("E116 ")) == (3, 2)


def test_a_missing_price_is_asked_for_where_it_is_written(tmp_path, capsys):
    text = BASE.replace("losses: 4.3 %", "allocation: economic").replace(f"{NICKEL}, price: 3.6", "metals: {Fe: 1 kg}")
    code, err = tell(tmp_path, capsys, text)
    assert code == 3
    assert re.search(r"^E792 \S*case\.yaml:14:", err, re.MULTILINE), err
    assert "outputs: {ni: {mass: 788 kg, price: 5.2}}" in err


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "E102"), ("\x00\x01", "E104"), ("grid: EU-2024\n", "E778"), ("carbon: 1\noutputs: [c]\n", "E114")],
)
def test_what_is_no_case(tmp_path, capsys, text, code):
    assert tell(tmp_path, capsys, text)[0] == 3
    assert code in tell(tmp_path, capsys, text)[1]


JUNK = ["", "-1", "0", "1e308", "nan", ".inf", "true", "null", "[]", "{}", '"', "{", ":", "#", "\t", "&a", "*a", "%",
        "日本", "100 %", "0 kg", "-5 t", "1e400 kg", "x" * 300, "[1, 2]", "{a: 1}", "!!python/x", "<<"]  # fmt: skip


def damaged(text, rng):
    """A text with one thing wrong: cut, doubled, shifted, swapped or overwritten with junk."""
    lines, at = text.split("\n"), rng.randrange(len(text))
    line = rng.randrange(len(lines))
    values = list(re.finditer(r"(?<=: )[^,{}\n]+", text))
    value, other = rng.choice(values), rng.choice(values)
    return rng.choice(
        [
            text[:at] + text[at + rng.randrange(1, 6) :],
            text[:at],
            text[:at] + rng.choice(JUNK) + text[at:],
            "\n".join(lines[:line] + lines[line + 1 :]),
            "\n".join([*lines[:line], lines[line], *lines[line:]]),
            "\n".join([*lines[:line], f"  {lines[line]}", *lines[line + 1 :]]),
            text[: value.start()] + rng.choice(JUNK) + text[value.end() :],
            text[: value.start()] + other.group() + text[value.end() :],
        ]
    )


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_never_break_the_program(tmp_path, capsys, seed):
    rng = random.Random(seed)  # noqa: S311  # damage that can be had again
    shipped = [find(f"flowsheets/carbon/{name}.yaml") for name in ("written_year", "everbatt2023_hydro")]
    texts = [BASE, *(Path(each).read_text(encoding="utf-8") for each in shipped)]
    for _ in range(25):
        text = damaged(rng.choice(texts), rng)
        code, err = tell(tmp_path, capsys, text)
        assert code in (0, 3), text
        assert "Traceback" not in err
        assert code == 0 or re.search(r"^E\d{3} \S*case\.yaml", err, re.MULTILINE), (err, text)
