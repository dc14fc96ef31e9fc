"""Warnings of a run: each quantity once, with every unit it concerns."""

from __future__ import annotations

from types import SimpleNamespace

from hydromet import Solution
from hydromet.assess.provenance import warnings
from hydromet.chemistry.audit import Audit
from hydromet.report.summary import _places
from hydromet.units.base import Notice


def plant_of(**notices):
    units = {name: SimpleNamespace(notices=told) for name, told in notices.items()}
    feeds = {"feed": SimpleNamespace(notices=(Notice("W452", "recalled"),))}
    plant = SimpleNamespace(feeds=feeds, units=tuple(units), fitted=None)
    return plant, SimpleNamespace(results=units)


def test_one_warning_a_quantity_with_all_units():
    plant, state = plant_of(
        leach=(Notice("W805", "no reagent"), Notice("W502", "of its own liquor")),
        filter=(Notice("W805", "no reagent"),),
        dryer=(Notice("W502", "inside"),),
    )
    audit = Audit()
    strong = Solution({"LiCl": 24.0}).liquor
    for place in ("leach.slurry", "filter.cake", "filter.filtrate"):
        audit.add(place, strong)
    told = warnings(plant, state, audit)
    assert told[0] == {"code": "W452", "where": "feed", "text": "recalled"}
    assert told[1] == {"code": "W805", "where": "leach, filter", "text": "no reagent"}
    # What the audit says of a unit's liquors the unit does not say again; what it does not see stays.
    strength = [one for one in told if one["code"] == "W502"]
    assert [one["where"] for one in strength] == ["dryer", "leach, filter"]
    assert len({(one["code"], one["text"]) for one in told}) == len(told)


def test_many_units_are_shortened_in_the_terminal_only():
    assert _places("a, b, c", "en") == "a, b, c"
    assert _places("a, b, c, d, e", "en") == "a, b, c and 2 more"
    assert _places("a, b, c, d, e", "ja") == "a, b, c ほか 2 件"
