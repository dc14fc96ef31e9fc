"""Random liquors for the solver: any components the data know, 1e-8 to saturation, any phases, any titrant."""

from __future__ import annotations

from math import gcd

import numpy as np

from hydromet.chemistry.database import load_database
from hydromet.species import species

KILOGRAM = 1.0 / species("H2O").molar_mass
# Majors of concentrated liquors: salts with cation and anion.
SALTS = (
    ("Na+", "SO4-2"), ("Na+", "Cl-"), ("Ni+2", "SO4-2"), ("Co+2", "SO4-2"), ("Mn+2", "SO4-2"), ("Li+", "SO4-2"),
    ("Li+", "Cl-"), ("NH4+", "SO4-2"), ("Mg+2", "SO4-2"), ("Zn+2", "SO4-2"), ("Cu+2", "SO4-2"), ("Fe+2", "SO4-2"),
    ("Fe+3", "SO4-2"), ("Al+3", "SO4-2"), ("K+", "Cl-"), ("Ca+2", "Cl-"), ("Mg+2", "Cl-"), ("Ni+2", "Cl-"),
    ("Na+", "CO3-2"), ("Co+2", "Cl-"), ("Fe+3", "Cl-"), ("Na+", "SO3-2"), ("Na+", "HS-"), ("K+", "PO4-3"),
)  # fmt: skip
# Totals of one dose of acids and bases, strong and weak, dry and with water.
TITRANTS = {
    "H2SO4": {"H+": 2.0, "SO4-2": 1.0}, "HCl": {"H+": 1.0, "Cl-": 1.0}, "CO2": {"CO3-2": 1.0, "H+": 2.0, "H2O": -1.0},
    "NaOH": {"Na+": 1.0, "H+": -1.0, "H2O": 1.0}, "NaOH 50 %": {"Na+": 1.0, "H+": -1.0, "H2O": 3.2},
    "NH3": {"NH4+": 1.0, "H+": -1.0}, "NH3 25 %": {"NH4+": 1.0, "H+": -1.0, "H2O": 2.84},
    "Na2CO3": {"Na+": 2.0, "CO3-2": 1.0}, "LiOH": {"Li+": 1.0, "H+": -1.0, "H2O": 2.0},
    "Ca(OH)2": {"Ca+2": 1.0, "H+": -2.0, "H2O": 2.0}, "MgO": {"Mg+2": 1.0, "H+": -2.0, "H2O": 1.0},
    "H3PO4": {"H+": 3.0, "PO4-3": 1.0},
}  # fmt: skip
# Charge^2 times molality of all ions is kept below this: ionic strength 20 to 25.
_MOST_CHARGE = 45.0


def _components():
    known = sorted(load_database().components - {"H+"})
    known += ["O2", "H2O2", "N2"]
    return {name: species(name).charge for name in known}


def draw(rng):
    """Totals (mol on 1 kg of water, H+ net), temperature, phases allowed, partial pressures."""
    charges = _components()
    cations = [name for name, z in charges.items() if z > 0]
    anions = [name for name, z in charges.items() if z < 0]
    totals: dict[str, float] = {}

    def add(name, amount):
        totals[str(name)] = totals.get(str(name), 0.0) + float(amount)

    strong = rng.random() < 0.4
    if strong:
        for _ in range(rng.integers(1, 4)):
            cation, anion = SALTS[rng.integers(len(SALTS))]
            zc, za = charges[cation], -charges[anion]
            amount = min(10 ** rng.uniform(-1, np.log10(6.0)), 8.0 / (zc * za))
            add(cation, amount * za / gcd(zc, za))
            add(anion, amount * zc / gcd(zc, za))
    low = rng.choice([-8, -5, -5, -3])
    for name in rng.choice(cations, rng.integers(0, 12), replace=False):
        add(name, 10 ** rng.uniform(low, -1.0 if strong else 0.0))
    for name in rng.choice(anions, rng.integers(0, 5), replace=False):
        add(name, 10 ** rng.uniform(low, -1.0 if strong else -0.3))
    for name in (n for n, z in charges.items() if z == 0):
        if rng.random() < 0.15:
            add(name, 10 ** rng.uniform(low, -2))
    acid = _acid(rng, sum(totals.values()))
    charge = sum(charges[name] * amount for name, amount in totals.items()) + acid
    if charge > 0.0:
        add(*(("SO4-2", charge / 2) if rng.random() < 0.7 else ("Cl-", charge)))
    elif charge < 0.0:
        add(rng.choice(["Na+", "K+", "Li+", "NH4+"], p=[0.6, 0.15, 0.15, 0.1]), -charge)
    totals["H+"] = acid
    size = sum(species(name).charge ** 2 * abs(amount) for name, amount in totals.items())
    scale = min(1.0, _MOST_CHARGE / size) if size else 1.0
    totals = {name: amount * scale for name, amount in totals.items()}
    totals["H2O"] = KILOGRAM
    phases, pressures = _phases(rng)
    return totals, 273.15 + rng.uniform(0, 100), phases, pressures


def _acid(rng, size):
    """Net acid or base: none, a share of what there is, or much."""
    kind = rng.random()
    if kind < 0.15:
        return 0.0
    if kind < 0.25:
        return float(rng.uniform(0, 6))
    if kind < 0.3:
        return -float(rng.uniform(0, 6))
    return float(rng.uniform(-1, 1) * 10 ** rng.uniform(-4, 0) * min(size, 3.0))


def _phases(rng):
    data = load_database()
    kind, pressures = rng.random(), {}
    if kind < 0.5:
        solids = tuple(name for name in data.solids if "[" not in name)
    elif kind < 0.75:
        solids = tuple(str(name) for name in rng.choice(sorted(data.solids), rng.integers(1, 10), replace=False))
    else:
        solids = ()
    for gas, share in (("CO2(g)", 0.2), ("NH3(g)", 0.05), ("O2(g)", 0.05), ("HCl(g)", 0.05), ("SO2(g)", 0.05)):
        if gas in data.gases and rng.random() < share:
            pressures[gas] = float(10 ** rng.uniform(1, 5))
    return (*solids, *pressures), pressures
