"""Brightway: a recorded structure of bw2data and bw2calc for the mapping, the packages themselves where installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from hydromet.assess.carbon.book import SHIPPED, books
from hydromet.errors import UserError, UserErrors

CLIMATE = ("IPCC 2021", "climate change", "GWP100")
FILE = """brightway: 1
project: recycling
database: mine
licence: ours, one user
methods: {climate: [IPCC 2021, climate change, GWP100]}
gwp: AR6 GWP100
year: "2024"
take:
  chem.naoh: n1
"""
# As bw2data 4.8 and bw2calc 3.1 answer for a project of two activities; the score is 2.4 x (0.5 + 0.001 x 29.8).
ACTIVITIES = [
    {"code": "p1", "name": "electricity", "unit": "kilowatt hour", "location": "JP", "score": 0.5298},
    {"code": "n1", "name": "sodium hydroxide", "unit": "kilogram", "location": "JP", "score": 1.27152},
    {"code": "u1", "name": "a machine", "unit": "unit", "location": "GLO", "score": 7.0},
]


class Activity(dict):
    """Hashable, as the activities of Brightway are."""

    def __hash__(self):
        return hash(self["code"])


class Projects:
    def __init__(self):
        self.current = "default"

    def __iter__(self):
        return iter([SimpleNamespace(name="default"), SimpleNamespace(name="recycling")])

    def set_current(self, name):
        self.current = name


class LCA:
    def __init__(self, demand, data_objs):
        assert data_objs == []
        ((self.activity, _),) = demand.items()

    def lci(self):
        self.solved = True

    def lcia(self):
        self.score = self.activity["score"] if self.solved else None


@pytest.fixture
def recorded(monkeypatch):
    data, calc = ModuleType("bw2data"), ModuleType("bw2calc")
    known = [Activity(each) for each in ACTIVITIES]

    def prepare(demand, method):
        assert method in data.methods
        return demand, [], None

    def get_activity(key):
        found = [each for each in known if key == ("mine", each["code"])]
        if not found:
            raise KeyError(key)
        return found[0]

    data.projects = Projects()
    data.databases = ["bio", "mine"]
    data.methods = {CLIMATE: {"unit": "kg CO2-Eq"}, ("EF", "acidification"): {"unit": "mol H+-Eq"}}
    data.Database = {"mine": known}.__getitem__
    data.get_activity = get_activity
    data.prepare_lca_inputs = prepare
    calc.LCA = LCA
    monkeypatch.setitem(sys.modules, "bw2data", data)
    monkeypatch.setitem(sys.modules, "bw2calc", calc)
    return data


def read(folder, text=FILE):
    (folder / "bw.yaml").write_text(text, encoding="utf-8")
    return books((SHIPPED, "bw.yaml"), folder)


def refused(call):
    with pytest.raises((UserError, UserErrors)) as caught:
        call()
    return getattr(caught.value, "errors", (caught.value,))


def test_activities_become_factors(tmp_path, recorded) -> None:
    found = read(tmp_path)
    soda = found.factor("chem.naoh", "climate")
    assert (soda.value, soda.per, soda.geography, soda.year, soda.gwp) == (1.27152, "kg", "JP", "2024", "AR6 GWP100")
    assert (soda.book, soda.licence) == ("recycling/mine", "ours, one user")
    assert soda.locator == "activity n1; IPCC 2021, climate change, GWP100"
    assert found.heads[1].kind == "brightway"
    assert recorded.projects.current == "default"  # made current again


def test_a_small_database_by_its_name_alone(recorded) -> None:
    recorded.Database = {"mine": [Activity(each) for each in ACTIVITIES[:2]]}.__getitem__
    found = books(("brightway:recycling/mine",))
    assert found.ids() == ("n1", "p1")
    assert found.factor("p1", "climate", "MJ").value == pytest.approx(0.5298 / 3.6)


@pytest.mark.parametrize(
    ("before", "after", "code", "read_"),
    [
        ("n1", "n2", "E777", "activity n2"),
        ("n1", "u1", "E773", "kg CO2-Eq/unit"),
        ("GWP100]", "GWP20]", "E777", "method IPCC 2021, climate change, GWP20"),
        ("[IPCC 2021, climate change, GWP100]", "[EF, acidification]", "E773", "mol H+-Eq/kilogram"),
        ("recycling", "recyling", "E777", "project recyling"),
        ("database: mine", "database: mines", "E777", "database mines"),
        ("licence: ours, one user\n", "", "E114", "no `licence`"),
    ],
)
def test_what_is_missing_is_named_with_the_nearest(tmp_path, recorded, before, after, code, read_) -> None:
    assert before in FILE
    (error,) = refused(lambda: read(tmp_path, FILE.replace(before, after)))
    assert (error.code, error.read) == (code, read_)
    assert error.place.file == "bw.yaml"
    assert recorded.projects.current == "default"


@pytest.mark.parametrize("name", ["brightway:", "brightway:recycling", "brightway:/mine", "brightway:recycling/"])
def test_a_name_is_a_project_and_a_database(recorded, name) -> None:
    (error,) = refused(lambda: books((name,)))
    assert (error.code, error.write) == ("E777", "brightway:PROJECT/DATABASE")


def test_a_database_that_cannot_be_solved_is_told(tmp_path, recorded) -> None:
    def broken(demand, method):
        raise ValueError("the matrix is not square")

    recorded.prepare_lca_inputs = broken
    (error,) = refused(lambda: read(tmp_path))
    assert error.code == "E777"
    assert "the matrix is not square" in error.read


def test_without_the_packages_the_error_says_what_to_install(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "bw2data", None)
    monkeypatch.setitem(sys.modules, "bw2calc", None)
    (error,) = refused(lambda: read(tmp_path))
    assert (error.code, error.write) == ("E777", "pip install 'hydromet[carbon]'")
    assert (error.place.file, error.place.line) == ("bw.yaml", 2)


@pytest.mark.skipif(importlib.util.find_spec("bw2calc") is None, reason="the optional extra `carbon` is not installed")
def test_against_brightway_itself(tmp_path) -> None:
    """A project of two activities written with bw2data, in a process of its own: the data folder is read on import."""
    script = f"""
import os
os.environ["BRIGHTWAY2_DIR"] = {str(tmp_path)!r}
import bw2data as bd
bd.projects.set_current("recycling")
bd.Database("bio").write({{
    ("bio", "co2"): {{"name": "carbon dioxide", "unit": "kilogram", "type": "emission"}},
    ("bio", "ch4"): {{"name": "methane", "unit": "kilogram", "type": "emission"}}}})
bd.Database("mine").write({{
    ("mine", "p1"): {{"name": "electricity", "unit": "kilowatt hour", "location": "JP", "exchanges": [
        {{"input": ("mine", "p1"), "amount": 1, "type": "production"}},
        {{"input": ("bio", "co2"), "amount": 0.5, "type": "biosphere"}},
        {{"input": ("bio", "ch4"), "amount": 0.001, "type": "biosphere"}}]}},
    ("mine", "n1"): {{"name": "sodium hydroxide", "unit": "kilogram", "location": "JP", "exchanges": [
        {{"input": ("mine", "n1"), "amount": 1, "type": "production"}},
        {{"input": ("mine", "p1"), "amount": 2.4, "type": "technosphere"}}]}}}})
method = bd.Method({CLIMATE!r})
method.register(unit="kg CO2-Eq")
method.write([(("bio", "co2"), 1.0), (("bio", "ch4"), 29.8)])
bd.projects.set_current("default")
from hydromet.assess.carbon.book import books
print(books(("brightway:recycling/mine",)).factor("n1", "climate").value)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) == pytest.approx(2.4 * (0.5 + 0.001 * 29.8), rel=1e-6)
