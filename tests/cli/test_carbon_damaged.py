"""A damaged result.json never ends in a traceback: a code, the key and what was read; three hundred random damages."""

from __future__ import annotations

import copy
import json
import random

import pytest

from hydromet.cli.app import main
from tests.plants import CARBONATION

SMALL = CARBONATION.replace("  grid: JP-Tokyo-2024", "  grid: JP-Tokyo-2024\n  uncertainty: {samples: 100}")
WAYS = {
    "carbon": ("carbon", "RESULT", "--json"),
    "grid": ("carbon", "RESULT", "--grid", "EU-2024"),
    "show carbon": ("show", "RESULT", "carbon"),
    "show sources": ("show", "RESULT", "sources"),
    "show sources --json": ("show", "RESULT", "sources", "--json"),
    "export": ("export", "RESULT", "--format", "brightway", "-o", "OUT"),
}
WRONG = (None, "", "abc", "12", -3, 0, 1e300, True, [], {}, [1], {"a": 1}, float("nan"), float("inf"))
DAMAGES = 300


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "plant.yaml").write_text(SMALL, encoding="utf-8")
    assert main(["run", str(folder / "plant.yaml"), "-o", str(folder / "results")]) == 0
    return (folder / "results/result.json").read_text(encoding="utf-8")


def asked(folder, way):
    words = {"RESULT": str(folder), "OUT": str(folder / "out")}
    return main([words.get(word, word) for word in WAYS[way]])


def text_of(data):
    """As JSON; what is infinite as a number too large, which is one for a reader of JSON."""
    return json.dumps(data).replace("Infinity", "1e999")


def damaged(data, draw, stored):
    """The same data with one random key removed, misspelt, doubled into another place or of another kind."""
    found = copy.deepcopy(data)
    part, path = found, []
    while True:
        key = draw.choice(sorted(part)) if isinstance(part, dict) else draw.randrange(len(part))
        # What the footprint is read from, or stored in, is met more often.
        if part is found and draw.random() < 0.5:
            key = "assessments"
        elif path == ["assessments"] and draw.random() < stored:
            key = "carbon"
        path.append(key)
        inside = part[key]
        if not (isinstance(inside, dict | list) and inside) or (len(path) > 1 and draw.random() < 0.2):
            break
        part = inside
    way = draw.randrange(4)
    if way == 0:
        del part[key]
    elif way == 1 and isinstance(part, dict):
        part[f"{key}x"] = part.pop(key)
    else:
        part[key] = draw.choice(WRONG)
    return found, f"{way}: {'.'.join(map(str, path))}"


@pytest.mark.parametrize("way", WAYS)
def test_random_damages_are_told_with_a_code_or_do_no_harm(solved, way, tmp_path, capsys):
    data, draw = json.loads(solved), random.Random(way)  # noqa: S311  # the same damages every time
    stored = 0.9 if way.startswith("show") else 0.1
    (tmp_path / "result.json").write_text(solved, encoding="utf-8")
    assert asked(tmp_path, way) == 0
    told = 0
    for _ in range(DAMAGES // len(WAYS)):
        found, what = damaged(data, draw, stored)
        (tmp_path / "result.json").write_text(text_of(found), encoding="utf-8")
        capsys.readouterr()
        code, err = asked(tmp_path, way), capsys.readouterr().err
        assert code in (0, 3), (what, err)
        if code == 3:
            told += 1
            assert err.startswith(("E", "error")), what
            assert "read " in err, what
    assert told > DAMAGES // len(WAYS) // 5


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kept", [0, 1, 40, 0.3, 0.7, 0.999])
def test_a_result_that_is_cut_off(solved, way, kept, tmp_path, capsys):
    text = solved[: kept if isinstance(kept, int) else int(kept * len(solved))]
    (tmp_path / "result.json").write_text(text, encoding="utf-8")
    assert asked(tmp_path, way) == 3
    assert capsys.readouterr().err.startswith("E")


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        (("streams", "polish.liquor", "mass_kg_h"), "788 kg", "streams.polish.liquor.mass_kg_h: 788 kg"),
        (("streams", "polish.liquor", "species_mol_h"), [], "streams.polish.liquor.species_mol_h: a list of 0"),
        (("outlets", "wastes", "mother_liquor", "stream"), "polish.liqor",
         "outlets.wastes.mother_liquor.stream: polish.liqor"),
        (("converged",), "yes", "converged: yes"),
        (("assessments", "recovery"), None, "assessments.recovery: null"),
        (("feed_kg_h",), float("inf"), "feed_kg_h: inf"),
    ],
)  # fmt: skip
def test_a_damage_is_told_with_its_key_and_what_was_read(solved, path, value, read, tmp_path, capsys):
    data = json.loads(solved)
    part = data
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    (tmp_path / "result.json").write_text(text_of(data), encoding="utf-8")
    assert asked(tmp_path, "carbon") == 3
    err = capsys.readouterr().err
    assert err.startswith("E442 ")
    assert f"read      {read}\n" in err
    assert "write     hydromet run" in err


def test_numbers_and_brackets_without_end(tmp_path, capsys):
    for text in ('{"format": NaN}', '{"format": ' + "1" * 5000 + "}", "[" * 100_000):
        (tmp_path / "result.json").write_text(text, encoding="utf-8")
        assert asked(tmp_path, "carbon") == 3
        assert capsys.readouterr().err.startswith("E440 ")


@pytest.mark.parametrize(
    ("key", "value"),
    [("activities", {}), ("products", []), ("feed_kg", "1 t"), ("method", None), ("factors", {"a": 1})],
)
def test_a_damaged_record_is_not_exported(solved, key, value, tmp_path, capsys):
    record = {**json.loads(solved)["assessments"]["carbon"], key: value}
    (tmp_path / "carbon.json").write_text(json.dumps(record), encoding="utf-8")
    assert main(["export", str(tmp_path / "carbon.json"), "--format", "brightway", "-o", str(tmp_path / "out")]) == 3
    err = capsys.readouterr().err
    assert err.startswith("E966")
    assert f"{key}" in err
