"""A second battery for worked cases reckoned by hand before the program was looked at.

100 t of dry cells hold, in t:

    part               Ni  Co  Mn  Li   O   C  Cu  Al  Steel  Plastics  P   F  Si  Fe_cell
    cathode_active     10   4   4   2   8
    anode_active                           16
    anode_collector                             8
    cathode_collector                               12
    cell_casing                                           15
    separator                                                     10
    rest                                                                1   3   5
    fe                                                                              2

``OUT`` is 9.5 Ni + 3.9 Co + 3 Mn + 1.5 Li + 7.6 Cu + 5 C + 10 Al + 14.5 Steel = 55 t.
"""

from __future__ import annotations

import re

import pytest

from hydromet.errors import UserError
from hydromet.report.recovery_told import told
from tests.literature.regulation.worked import case, efficiency, recovered, solve

PARTS = """
      cathode_active: {mass: 28 t, elements: {Ni: 10 t, Co: 4 t, Mn: 4 t, Li: 2 t, O: 8 t}}
      anode_active: {mass: 16 t}
      anode_collector: {mass: 8 t}
      cathode_collector: {mass: 12 t}
      cell_casing: {mass: 15 t, elements: {Steel: 15 t}}
      separator: {mass: 10 t}
      rest: {kind: impurities, mass: 9 t, elements: {P: 1 t, F: 3 t, Si: 5 t}}
      fe: {kind: tabs, mass: 2 t, elements: {Fe_cell: 2 t}}"""
OUT = {
    "salts": "use: product, elements: {Ni: 9.5 t, Co: 3.9 t, Mn: 3 t, Li: 1.5 t, Cu: 7.6 t, C: 5 t}",
    "scrap": "use: material, elements: {Al: 10 t, Steel: 14.5 t}",
}
# All elements with a switch taken into account.
ALL = "count: {O: true, C_cell: true, Fe_cell: true, P: true, Cl: true, S: true}"
BLACK_MASS = {"bm": "use: intermediate, commodity: black_mass, elements: {Ni: 9.8 t, Co: 3.9 t, Li: 1.9 t, Mn: 3.9 t}"}


def scaled(text, factor):
    """All masses of a text times a factor."""
    return re.sub(r"([\d.]+) t\b", lambda found: f"{float(found.group(1)) * factor:.9g} t", text)


def lot(name="cells", parts=PARTS, mass=100, form="cell", more="collected_in: DE"):
    """A lot as text."""
    attributes = "".join(f"\n    {each}" for each in more.split("; "))
    return f"\n  {name}:\n    form: {form}\n    mass: {mass} t{attributes}\n    parts:{parts}"


def cathode(**elements):
    """The parts of a lot that is cathode material only, t of its elements."""
    inside = ", ".join(f"{element}: {mass} t" for element, mass in elements.items())
    return f"\n      cathode_active: {{elements: {{{inside}}}}}"


def facility(out, takes="cells", name="works", role="first_recycler", country="DE", more=""):
    """A facility as text."""
    lines = "".join(f"\n      {key}: {{{what}}}" for key, what in out.items())
    return f"\n  {name}:\n    role: {role}\n    country: {country}\n    in: [{takes}]{more}\n    out:{lines}"


def then(out, takes="works.bm", name="refinery", country="FI", more=""):
    """A facility further down the chain."""
    return facility(out, takes, name, "recycler", country, more)


def reckon(lots, facilities, year=2027, options=ALL):
    """The result, and every sentence in it has a Japanese one."""
    result = solve(case(lots, facilities, year, options))
    sentences = {each["text"] for each in result["warnings"]} | {each["what"] for each in result["traps"]}
    sentences |= {each["reason"] for each in result["ledger"]} - {""}
    sentences |= {step["reason"] for each in result["waterfall"].values() for step in each["steps"]}
    assert {text for text in sentences if told(text, "ja") == text} == set()
    return result


def agrees(result, family="lithium_based", **rates):
    """Rates to 0.005 percentage points, half the last digit of the form."""
    found = {name: efficiency(result, family) if name == "rRE" else recovered(result, name, family) for name in rates}
    assert found == pytest.approx(rates, abs=5e-3)


def refused(text):
    """The mistake that is told of a case."""
    with pytest.raises(UserError) as found:
        solve(text)
    return found.value
