"""The batteries and facilities of the worked examples, small enough to be reckoned by hand.

One lot of 1000 t dry cells holds, in t:

    part               Ni   Co   Mn   Li    O    C   Cu   Al  Steel  Plastics
    cathode_active    150   50   50   30  120
    anode_active                               200
    anode_collector                                 120
    cathode_collector                                    80
    cell_casing                                              150
    separator                                                          50

Until 2029, with O, C_cell, Fe_cell, P, Cl and S left out: m_input = 150+50+50+30+120+80+150+50 = 680 t.
From 2030, C_cell, Fe_cell and P in: 680 + 200 = 880 t. In scope of the recovery: Ni 150, Co 50, Li 30, Cu 120 t.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hydromet.assess.eu_recovery.assess import assess
from hydromet.assess.eu_recovery.case_file import case_of
from hydromet.source import load_text

PARTS = """
      cathode_active: {mass: 400 t, elements: {Ni: 150 t, Co: 50 t, Mn: 50 t, Li: 30 t, O: 120 t}}
      anode_active: {mass: 200 t}
      anode_collector: {mass: 120 t}
      cathode_collector: {mass: 80 t}
      cell_casing: {mass: 150 t, elements: {Steel: 150 t}}
      separator: {mass: 50 t}"""
LOT = f"""
  cells:
    form: cell
    mass: 1000 t
    collected_in: DE
    parts:{PARTS}"""


def close(value):
    return pytest.approx(value, abs=1e-3)


def head(year=2026, options=""):
    return f"recovery: 1\nyear: {year}\noptions: {{monte_carlo: {{cases: 100}}{', ' + options if options else ''}}}\n"


def case(lots=LOT, facilities="", year=2026, options=""):
    """A case file as text."""
    return f"{head(year, options)}lots:{lots}\nfacilities:{facilities}\n"


def one(out, more="", takes="cells"):
    """One facility that takes the cells and does everything."""
    lines = "".join(f"\n      {name}: {{{what}}}" for name, what in out.items())
    return f"\n  works:\n    role: first_recycler\n    country: DE\n    in: [{takes}]{more}\n    out:{lines or ' {}'}"


def solve(text, folder="."):
    """The result of a case given as text."""
    return assess(case_of(load_text(text, "case.yaml"), Path(folder)))


def total(result, family="lithium_based"):
    return result["families"][family]["total"]


def efficiency(result, family="lithium_based"):
    """rRE, per cent."""
    return total(result, family)["rRE"]["percent"]


def recovered(result, metal, family="lithium_based"):
    """rRM of a metal, per cent."""
    return total(result, family)["rRM"][metal]["percent"]


def verdict(result, item, by, family="lithium_based"):
    return next(v for v in result["verdicts"] if (v["family"], v["item"], v["by"][:4]) == (family, item, str(by)))


def naive(result, trap, item, family="lithium_based"):
    """What one mistake alone would claim, per cent."""
    return result["naive"][family]["alone"][trap][item]["percent"]


def met(result):
    """(trap, code, state) of all traps met."""
    return {(each["trap"], each["code"], each["state"]) for each in result["traps"]}


def warned(result):
    return {each["code"] for each in result["warnings"]}
