"""The three extraction circuits of a black-mass plant, open loop on a realistic liquor: does it make sense?"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from hydromet.chemistry import Chemistry
from hydromet.species import species
from hydromet.stream import Stream, add_flows
from hydromet.units.extract import Extract
from hydromet.units.heat import taken
from hydromet.units.organic_recovery import OrganicRecovery
from hydromet.units.organic_tank import OrganicTank
from hydromet.units.regenerate import Regenerate
from hydromet.units.scrub import Scrub
from hydromet.units.strip import Strip

CHEMISTRY = Chemistry.load()
WARM = 313.15
# Purified leach liquor, g/L; calcium after polishing.
GRAMS = {"Ni+2": 25.0, "Co+2": 8.0, "Mn+2": 8.0, "Li+": 5.0, "Na+": 12.0, "Ca+2": 0.03, "Mg+2": 0.1, "Zn+2": 0.02,
         "Cu+2": 0.005, "Al+3": 0.005, "Fe+3": 0.002}  # fmt: skip
COMMON: dict[str, Any] = {"temperature": WARM, "stage_efficiency": 0.95}


def one(flows: dict[str, float]) -> Stream:
    stream = Stream(flows, WARM)
    return stream.scaled(1.0 / stream.mass())


CAUSTIC = one({"Na+": 12.5, "OH-": 12.5, "H2O": 27.8})
ACID = one({"H2SO4(l)": 9.99, "H2O": 1.11})
WATER = one({"H2O": 55.5})
MURIATIC = one({"H+": 5.5, "Cl-": 5.5, "H2O": 44.0})
DILUENT = one({"Diluent(org)": 5.9})


def salts(grams: dict[str, float], acid: float, litres: float = 1.0) -> Stream:
    flows = {ion: g / (species(ion).molar_mass * 1e3) * litres for ion, g in grams.items()}
    flows["H+"] = acid * litres
    flows["SO4-2"] = 0.5 * sum(species(ion).charge * n for ion, n in flows.items())
    return Stream({**flows, "H2O": 52.5 * litres}, WARM)


def organic(key: str, name: str, litres: float, molarity: float) -> Stream:
    pure = one({f"H({name})(org)": 3.0, "Diluent(org)": 0.2})
    tank = OrganicTank(extractant=key, flow=litres * 1e-3, molarity=molarity * 1e3)
    return tank.solve({"extractant": pure, "diluent": DILUENT}, CHEMISTRY).outlets["organic"]


def step(unit: Any, **inlets: Stream) -> Any:
    result = unit.solve(inlets, CHEMISTRY)
    before = Stream(add_flows(taken(inlets, result.drawn).values())).elements()
    after = Stream(add_flows(result.outlets.values())).elements()
    for element, amount in before.items():
        assert after.get(element, 0.0) == pytest.approx(amount, rel=1e-12, abs=1e-18), element
    return result


@cache
def manganese() -> dict[str, Any]:
    """D2EHPA: Mn, Zn, Ca and residual Cu, Al, Fe away from Co, Ni and Li."""
    found: dict[str, Any] = {}
    found["extract"] = step(
        Extract(extractant="d2ehpa", stages=5, raffinate_pH=3.3, **COMMON),
        aqueous=salts(GRAMS, 0.001), organic=organic("d2ehpa", "D2EHPA", 1.2, 0.8), base=CAUSTIC,
    )  # fmt: skip
    found["scrub"] = step(
        Scrub(extractant="d2ehpa", stages=3, **COMMON),
        organic=found["extract"].outlets["organic"], aqueous=salts({"Mn+2": 25.0}, 0.1, 0.08),
    )  # fmt: skip
    found["strip"] = step(
        Strip(extractant="d2ehpa", stages=3, acid_ratio=1.15, metal="Mn+2", concentration=60.0, **COMMON),
        organic=found["scrub"].outlets["organic"], acid=ACID, water=WATER,
    )  # fmt: skip
    bleed = found["strip"].outlets["organic"].scaled(0.05)
    found["regenerate"] = step(Regenerate(extractant="d2ehpa", O_A=5.0), organic=bleed, acid=MURIATIC)
    return found


@cache
def cobalt() -> dict[str, Any]:
    """Cyanex 272: Co away from Ni and Li."""
    found: dict[str, Any] = {}
    found["extract"] = step(
        Extract(extractant="cyanex272", stages=6, raffinate_pH=5.6, **COMMON),
        aqueous=manganese()["extract"].outlets["raffinate"], organic=organic("cyanex272", "Cyanex272", 1.0, 0.7),
        base=CAUSTIC,
    )  # fmt: skip
    found["scrub"] = step(
        Scrub(extractant="cyanex272", stages=4, **COMMON),
        organic=found["extract"].outlets["organic"], aqueous=salts({"Co+2": 30.0}, 0.05, 0.07),
    )  # fmt: skip
    found["strip"] = step(
        Strip(extractant="cyanex272", stages=3, acid_ratio=1.1, metal="Co+2", concentration=90.0, **COMMON),
        organic=found["scrub"].outlets["organic"], acid=ACID, water=WATER,
    )  # fmt: skip
    return found


@cache
def nickel() -> dict[str, Any]:
    """Versatic 10: Ni away from Li."""
    found: dict[str, Any] = {}
    found["extract"] = step(
        Extract(extractant="versatic10", stages=5, raffinate_pH=7.2, **COMMON),
        aqueous=cobalt()["extract"].outlets["raffinate"], organic=organic("versatic10", "Versatic10", 2.0, 1.0),
        base=CAUSTIC,
    )  # fmt: skip
    found["recovery"] = step(
        OrganicRecovery(extractant="versatic10", pH=4.0), aqueous=found["extract"].outlets["raffinate"], acid=ACID
    )
    found["scrub"] = step(
        Scrub(extractant="versatic10", stages=2, **COMMON),
        organic=found["extract"].outlets["organic"], aqueous=salts({"Ni+2": 40.0}, 0.05, 0.12),
    )  # fmt: skip
    found["strip"] = step(
        Strip(extractant="versatic10", stages=3, acid_ratio=1.05, metal="Ni+2", concentration=100.0, **COMMON),
        organic=found["scrub"].outlets["organic"], acid=ACID, water=WATER,
    )  # fmt: skip
    return found


def codes(result: Any) -> set[str]:
    return {notice.code for notice in result.notices}


def test_manganese_circuit() -> None:
    circuit = manganese()
    extract, strip = circuit["extract"], circuit["strip"]
    values = extract.values
    assert values["extracted_Mn"] > 0.995
    assert values["extracted_Zn"] > 0.999
    assert values["extracted_Ca"] > 0.999
    assert values["extracted_Fe"] > 0.999
    assert values["extracted_Co"] < 0.02
    assert values["extracted_Ni"] < 0.005
    assert values["extracted_Li"] < 0.005
    assert all(2.0 < stage["pH"] < 3.4 for stage in extract.stages)
    assert 0.2 < values["loading"] < 0.6
    assert 0.8 < values["O_A"] < 1.6
    # Two moles of caustic a mole of manganese and the other metals taken up.
    caustic = extract.drawn["base"] * CAUSTIC["OH-"] / (salts(GRAMS, 0.001)["Mn+2"] * 2.0)
    assert 0.9 < caustic < 1.25
    assert circuit["scrub"].values["scrubbed_Co"] > 0.99
    assert strip.values["stripped_Mn"] > 0.99
    assert strip.values["stripped_Fe"] < 0.05
    assert 0.5 < strip.values["raffinate_pH"] < 2.0
    assert (
        circuit["regenerate"].outlets["organic"]["Fe(D2EHPA)3(org)"]
        < 0.1 * strip.outlets["organic"]["Fe(D2EHPA)3(org)"] * 0.05
    )


def test_cobalt_circuit() -> None:
    circuit = cobalt()
    values = circuit["extract"].values
    assert values["extracted_Co"] > 0.985
    assert values["extracted_Ni"] < 0.005
    assert 4.0 < circuit["extract"].stages[0]["pH"] < 5.6
    assert 0.2 < values["loading"] < 0.7
    scrubbed = circuit["scrub"].outlets["organic"]
    assert scrubbed["Ni(Cyanex272)2(org)"] < 1e-4 * scrubbed["Co(Cyanex272)2(org)"]
    liquor = circuit["strip"].outlets["strip_liquor"]
    assert circuit["strip"].values["liquor_g_L"] == pytest.approx(90.0, rel=1e-4)
    assert circuit["strip"].values["stripped_Co"] > 0.999
    # Nickel, lithium and sodium in the cobalt liquor are ppm of the cobalt: entrained scrub liquor.
    assert liquor["Ni+2"] < 1e-3 * liquor["Co+2"]
    assert 7.0 < circuit["strip"].values["O_A"] < 15.0


def test_nickel_circuit() -> None:
    circuit = nickel()
    values = circuit["extract"].values
    assert values["extracted_Ni"] > 0.97
    assert values["extracted_Li"] < 0.02
    assert values["extracted_Mg"] < 0.05
    assert all(5.8 < stage["pH"] < 7.3 for stage in circuit["extract"].stages)
    assert 0.3 < values["loading"] < 0.7
    # Versatic 10 dissolves: 0.3 to 1.5 g/L in the raffinate, most of which acidification brings back.
    raffinate = circuit["extract"].outlets["raffinate"]
    dissolved = raffinate["H(Versatic10)"] * 0.17227 / CHEMISTRY.volume(raffinate, "aq")
    assert 0.3 < dissolved < 1.6
    clean = circuit["recovery"].outlets["aqueous"]
    assert clean["H(Versatic10)"] < 0.5 * raffinate["H(Versatic10)"]
    assert circuit["strip"].values["stripped_Ni"] > 0.995
    assert circuit["strip"].values["liquor_g_L"] == pytest.approx(100.0, rel=1e-4)
    assert "W604" not in codes(circuit["extract"]), "no nickel hydroxide at this pH"
