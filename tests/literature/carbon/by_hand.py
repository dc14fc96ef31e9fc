"""Case files of figures reckoned by hand before the program was looked at: short ways to write and to compare them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydromet.assess.carbon.case_file import reckon_case
from hydromet.source import load_text

NICKEL = 'nickel: {mass: 788 kg, compound: "NiSO4:6H2O(s)"}'
COBALT = 'cobalt: {mass: 289 kg, compound: "CoSO4:7H2O(s)"}'
LITHIUM = 'lithium: {mass: 207 kg, compound: "Li2CO3(s)"}'
MANGANESE = 'manganese: {mass: 150 kg, compound: "MnSO4:H2O(s)"}'
CO2 = "factor: proc.co2"  # 1 kg CO2e per kg, for inventories that are given as a sum


def case(*lines, outputs=(NICKEL,), grid="JP-Tokyo-2024", losses="0 %", more=""):
    """A case file; ``lines`` are activities, ``name: what``; ``more`` stands above them."""
    activities = "".join(f"\n  {name}: {{{what}}}" for name, _, what in (each.partition(": ") for each in lines))
    sold = "".join(f"\n  {each}" for each in outputs)
    return f"carbon: 1\ngrid: {grid}\nlosses: {losses}\n{more}\nactivities:{activities}\noutputs:{sold}\n"


def reckon(*lines, **given):
    """The record of a case."""
    return reckon_case(load_text(case(*lines, **given), "case.yaml"), Path())[0]


def total(*lines, **given):
    """Kg CO2e of a case."""
    return reckon(*lines, **given)["totals"]["climate"]


def priced(output, price):
    """An output with its price."""
    return f"{output[:-1]}, price: {price!r}}}"


def per_kg(record, allocation="metal_mass", approach="cut_off", indicator="climate"):
    """Product -> figure per kg as sold."""
    return {
        name: each["figures"][indicator][approach][allocation]["per_kg"] for name, each in record["products"].items()
    }


def per_metal(record, product, metal, allocation="metal_mass", approach="cut_off"):
    """Figure per kg of a metal."""
    return record["products"][product]["figures"]["climate"][approach][allocation]["per_kg_metal"][metal]


def told(record):
    """Codes of the warnings."""
    return {each["code"] for each in record["warnings"]}


def exactly(value):
    """By the factors of the book."""
    return pytest.approx(value, rel=1e-6, abs=1e-9)


def by_tables(value):
    """With metal contents of five digits, as the tables of salts have them."""
    return pytest.approx(value, rel=1e-4)
