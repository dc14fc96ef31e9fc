"""Impurity removal over twenty points of a set point: the way it goes, how far, and no jump in between."""

from __future__ import annotations

import numpy as np
import pytest

from hydromet.stream import Stream
from hydromet.units.adsorb import Adsorb
from hydromet.units.cement import Cement
from hydromet.units.ion_exchange import IonExchange
from hydromet.units.mixed_hydroxide import MixedHydroxide
from hydromet.units.oxidise_manganese import OxidiseManganese
from hydromet.units.precipitate import Precipitate
from hydromet.units.sulfide import Sulfide

POINTS = 20


def reagent(flows):
    stream = Stream(flows)
    return stream.scaled(1.0 / stream.mass())


CAUSTIC = reagent({"Na+": 12.5, "OH-": 12.5, "H2O": 27.75})
AIR = reagent({"O2(g)": 0.21, "N2(g)": 0.79})
WATER = reagent({"H2O": 1.0})


def liquor(temperature=333.15, acid=0.02, **metals):
    flows = {"H2O": 55.508, "H+": acid, **{f"{metal}+2": n for metal, n in metals.items()}}
    return Stream({**flows, "SO4-2": sum(metals.values()) + 0.5 * acid}, temperature)


def air(x):
    unit = Precipitate(pH=x, oxidant_ratio=4.0, residence_time=14400.0, tanks=3)
    return unit, {"feed": liquor(Fe=0.02, Ni=0.4), "base": CAUSTIC, "oxidant": AIR}, "oxidised_Fe"


def phosphate(x):
    flows = {"H2O": 55.508, "Al+3": 0.1, "Ni+2": 0.4, "H+": 0.4, "SO4-2": 0.75}
    acid = reagent({"H3PO4(l)": 7.65, "H2O": 13.9})
    unit = Precipitate(pH=x, phosphate_ratio=1.1)
    return unit, {"feed": Stream(flows, 333.15), "base": CAUSTIC, "phosphate": acid}, "precipitated_Al"


def cement(x):
    unit = Cement(metal="Ni", residence_time=x, tanks=2, iron_ratio=2.0)
    return unit, {"feed": liquor(Cu=0.02, Ni=0.4), "powder": reagent({"Ni(s)": 1.0})}, "copper_removal"


def sulfide(x):
    unit = Sulfide(metals=("Zn", "Co", "Ni"), ratio=x, pH=3.0)
    inlets = {"feed": liquor(Zn=0.02, Co=0.05, Ni=0.2), "sulfide": reagent({"H2S(g)": 1.0}), "base": CAUSTIC}
    return unit, inlets, "precipitated_Ni"


def manganese(x):
    unit = OxidiseManganese(oxidant="permanganate", pH=x, oxidant_ratio=1.0)
    inlets = {"feed": liquor(Mn=0.05, Co=0.2), "oxidant": reagent({"KMnO4(s)": 1.0}), "base": CAUSTIC}
    return unit, inlets, "oxidised_Co"


def hydroxide(x):
    return MixedHydroxide(pH=x), {"feed": liquor(Ni=0.2, Co=0.03, Mn=0.03), "base": CAUSTIC}, "precipitated_Mn"


def exchange(x):
    acid = reagent({"H+": 4.0, "SO4-2": 2.0, "H2O": 50.0})
    inlets = {"feed": liquor(Cu=10.0**x, Co=0.2), "acid": acid, "water": WATER, "base": CAUSTIC}
    return IonExchange(target="Cu+2"), inlets, "target_loaded_kg_m3"


def alumina(x):
    feed = Stream({"H2O": 55.508, "Na+": 1.0, "F-": 0.002, "SO4-2": 0.499 + 0.5 * x, "Li+": x}, 313.15)
    return Adsorb(medium="activated_alumina"), {"feed": feed, "media": reagent({"Al2O3(s)": 1.0})}, "media_kg_s"


CASES = {
    "air": (air, 3.5, 6.0, (0.0, 0.05), (0.95, 1.0)),
    "phosphate": (phosphate, 1.8, 4.0, (0.0, 0.1), (0.98, 1.0)),
    "cement": (cement, 600.0, 14400.0, (0.1, 0.6), (0.8, 1.0)),
    "sulfide": (sulfide, 0.05, 1.3, (0.0, 0.02), (0.85, 1.0)),
    "manganese": (manganese, 2.0, 5.0, (0.001, 0.02), (0.05, 0.25)),
    "hydroxide": (hydroxide, 6.9, 8.0, (0.0, 0.05), (0.6, 0.95)),
    "exchange": (exchange, -4.5, -2.0, (0.1, 12.0), (15.0, 43.0)),
    "alumina": (alumina, 0.0, 2.0, (1e-3, 0.05), (5e-3, 0.1)),
}


@pytest.mark.parametrize("name", list(CASES))
def test_rises_within_its_band_without_a_jump(chemistry, name):
    case, low, high, first, last = CASES[name]
    grid = np.linspace(low, high, POINTS)

    def value(x):
        unit, inlets, key = case(float(x))
        return unit.solve(inlets, chemistry).values.get(key, 0.0)

    found = np.array([value(x) for x in grid])
    assert first[0] <= found[0] <= first[1], found[0]
    assert last[0] <= found[-1] <= last[1], found[-1]
    spread = found.max() - found.min()
    steps = np.diff(found)
    assert np.all(steps >= -1e-9 * spread)
    # A jump would keep its height when the step that holds the largest rise is halved again and again.
    left, right = grid[np.argmax(steps)], grid[np.argmax(steps) + 1]
    for _ in range(7):
        middle = 0.5 * (left + right)
        left, right = (left, middle) if value(middle) - value(left) > value(right) - value(middle) else (middle, right)
    assert value(right) - value(left) < 0.05 * spread
