"""Solvent extraction against measurements: isotherm, loading, pilot cascades. The bands are what was measured.

docs/explanations/solvent-extraction-accuracy.md shows the same numbers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from hydromet import datafiles
from hydromet.chemistry import Chemistry
from hydromet.chemistry.extraction.extractants import load_extractant, loading
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.extract import Extract

IONS = {"Mn": "Mn+2", "Co": "Co+2", "Ni": "Ni+2", "Li": "Li+", "Na": "Na+", "Ca": "Ca+2", "Mg": "Mg+2", "Zn": "Zn+2",
        "Cu": "Cu+2", "Al": "Al+3"}  # fmt: skip
CHEMISTRY = Chemistry.load()


def liquor(litres: float, grams: dict[str, float], acid: float) -> Stream:
    """A sulfate liquor of a volume (L/s) and concentrations (g/L, acid in mol/L H+)."""
    flows = {ion: g / (species(ion).molar_mass * 1e3) * litres for ion, g in grams.items()}
    flows["H+"] = acid * litres
    flows["SO4-2"] = 0.5 * sum(species(ion).charge * n for ion, n in flows.items())
    low, high = 20.0 * litres, 60.0 * litres
    for _ in range(100):
        flows["H2O"] = 0.5 * (low + high)
        if CHEMISTRY.volume(Stream(flows), "aq") * 1e3 > litres:
            high = flows["H2O"]
        else:
            low = flows["H2O"]
    return Stream(flows)


def of_pH(pH: float, litres: float, grams: dict[str, float]) -> Stream:
    """A sulfate liquor with the acid that gives it this pH: bisulfate makes that several times a(H+)."""
    low, high = 0.0, 0.2
    for _ in range(40):
        acid = 0.5 * (low + high)
        low, high = (acid, high) if CHEMISTRY.liquor(liquor(litres, grams, acid)).pH > pH else (low, acid)
    return liquor(litres, grams, acid)


def organic(litres: float, molarity: float, key: str) -> Stream:
    """Fresh organic of a volume (L/s)."""
    known = load_extractant(key)
    rest = litres * 1e-3 - molarity * litres * known.molar_volume
    diluent = Stream({"Diluent(org)": 1.0})
    return Stream({known.acid: molarity * litres, "Diluent(org)": rest / CHEMISTRY.volume(diluent, "org")})


def caustic(litres: float, weight: float, density: float) -> Stream:
    """Sodium hydroxide solution of a volume (L/s), a mass fraction and a density (kg/L)."""
    n = litres * density * weight / 0.039997
    return Stream({"Na+": n, "OH-": n, "H2O": litres * density * (1.0 - weight) / 0.018015})


# --- isotherm


@cache
def shake_out(pH: float) -> Any:
    grams = {"Li+": 2.52, "Ni+2": 2.05, "Co+2": 16.5, "Mn+2": 2.09}
    unit = Extract(extractant="cyanex272", stages=1, raffinate_pH=pH, aqueous_entrainment=0.0, organic_entrainment=0.0)
    inlets = {"aqueous": liquor(1.0, grams, 0.01), "organic": organic(2.5, 0.8, "cyanex272")}
    inlets["base"] = caustic(1.0 / 1.53, 0.5, 1.53)
    result = unit.solve(inlets, CHEMISTRY)
    sodium = result.drawn["base"] * inlets["base"]["Na+"]
    held = {m: result.outlets["raffinate"][IONS[m]] for m in ("Mn", "Co", "Ni", "Li", "Na")}
    fed = {m: inlets["aqueous"][IONS[m]] for m in held} | {"Na": sodium}
    return {m: 100.0 * (1.0 - held[m] / fed[m]) if fed[m] > 0.0 else 0.0 for m in held}


ISOTHERM = [
    row
    for row in datafiles.read_csv("data/literature/sx_isotherm_cyanex272.csv")
    if 3.0 < float(row["extracted_percent"]) < 97.0
]
# Points of extraction.
BAND = 5.0


@pytest.mark.parametrize("row", ISOTHERM, ids=[f"{r['metal']}-{r['pH']}" for r in ISOTHERM])
def test_isotherm_of_cyanex_272(row: dict[str, str]) -> None:
    found = shake_out(float(row["pH"]))[row["metal"]]
    assert found == pytest.approx(float(row["extracted_percent"]), abs=BAND)


def test_order_of_extraction() -> None:
    found = shake_out(5.273)
    assert found["Mn"] > found["Co"] > found["Ni"] > found["Li"]
    assert found["Mn"] > 99.0
    assert found["Co"] > 97.0


# --- loading

LOADING = datafiles.read_csv("data/literature/sx_loading_d2ehpa.csv")
# Per cent of the measured organic concentration. The two nickel points contradict each other: less loading in the
# stronger liquor; no equilibrium model meets both, least squares lie between them.
LOAD_BAND = {"Ni": 11.0}


@pytest.mark.parametrize("row", LOADING, ids=[f"{r['metal']}-{r['aqueous_g_L']}" for r in LOADING])
def test_loading_of_d2ehpa(row: dict[str, str]) -> None:
    metal = row["metal"]
    mass = species(IONS[metal]).molar_mass * 1e3
    aqueous = {IONS[metal]: float(row["aqueous_g_L"]) / mass, "Na+": float(row["naoh_mL"]) * 2.77 / 500.0}
    _, held = loading(load_extractant("d2ehpa"), 0.89, float(row["pH"]), aqueous)
    measured = float(row["organic_g_L"]) / mass
    assert 100.0 * (held[IONS[metal]] / measured - 1.0) == pytest.approx(0.0, abs=LOAD_BAND.get(metal, 7.0))


# --- pilot cascades

PILOT = datafiles.read_csv("data/literature/sx_pilot_cascades.csv")
DENSITY = {"10": 1.109, "30": 1.328}


@cache
def pilot(case: str) -> Any:
    rows = [row for row in PILOT if row["case"] == case]
    one = rows[0]
    rate = 1e-3 / 60.0
    grams = {IONS[r["metal"]]: float(r["feed"]) for r in rows}
    fed = of_pH(float(one["pH_feed"]), float(one["aqueous"]) * rate, grams)
    wt = one["naoh_wt_percent"]
    inlets = {
        "aqueous": fed,
        "organic": organic(float(one["organic"]) * rate, float(one["molarity"]), one["extractant"]),
        "base": caustic(float(one["naoh"]) * rate, float(wt) / 100.0, DENSITY[wt]),
    }
    result = Extract(extractant=one["extractant"], stages=int(one["stages"])).solve(inlets, CHEMISTRY)
    raffinate = result.outlets["raffinate"]
    volume = CHEMISTRY.volume(raffinate, "aq") * 1e3 / rate
    extracted = {r["metal"]: 100.0 * (1.0 - raffinate[IONS[r["metal"]]] / fed[IONS[r["metal"]]]) for r in rows}
    # Measured extraction from flow-weighted balances: raffinate = liquor + caustic.
    out = float(one["aqueous"]) + float(one["naoh"])
    measured = {
        r["metal"]: 100.0 * (1.0 - float(r["raffinate"]) * out / (float(r["feed"]) * float(one["aqueous"])))
        for r in rows
    }
    return result, extracted, measured, volume / out - 1.0, result.values["raffinate_pH"] - float(one["pH_raffinate"])


def test_pilot_bulk_extraction_of_cobalt_and_nickel() -> None:
    result, extracted, measured, volume, pH = pilot("PC-1")
    assert extracted["Co"] == pytest.approx(measured["Co"], abs=0.2)
    assert extracted["Mn"] > 99.9
    assert extracted["Li"] == pytest.approx(measured["Li"], abs=1.0)
    # All of the caustic is used here; the pilot's own balance accounts for four fifths of it, hence its lower nickel.
    assert extracted["Ni"] - measured["Ni"] == pytest.approx(19.4, abs=1.0)
    assert volume == pytest.approx(0.0, abs=0.03)
    assert pH == pytest.approx(0.0, abs=0.25)
    assert result.values["loading"] < 0.6


def test_pilot_impurity_extraction() -> None:
    _, extracted, measured, volume, pH = pilot("PC-2")
    assert extracted["Mn"] > 99.9
    assert extracted["Co"] == pytest.approx(measured["Co"], abs=2.0)
    # What is measured of nickel and lithium takes 53 meq/min of base where 42 were given: no model meets it.
    assert measured["Ni"] - extracted["Ni"] == pytest.approx(8.0, abs=1.0)
    assert measured["Li"] - extracted["Li"] == pytest.approx(21.9, abs=1.0)
    assert volume == pytest.approx(0.0, abs=0.05)
    assert pH == pytest.approx(0.0, abs=0.4)


def test_pilot_impurity_extraction_where_its_charges_close() -> None:
    """A raffinate of 41.5 mL/min makes what was extracted equal to the caustic: lithium 10 %, nickel 13 %."""
    rows = {r["metal"]: r for r in PILOT if r["case"] == "PC-2"}
    one = rows["Li"]
    fed, out = float(one["aqueous"]), 41.5

    def left(metal: str) -> float:
        return 1.0 - float(rows[metal]["raffinate"]) * out / (float(rows[metal]["feed"]) * fed)

    def equivalents(metal: str) -> float:
        ion = species(IONS[metal])
        return ion.charge * left(metal) * float(rows[metal]["feed"]) * fed / (ion.molar_mass * 1e3)

    given = float(one["naoh"]) * DENSITY["30"] * 0.3 / 0.039997
    assert sum(equivalents(metal) for metal in rows) == pytest.approx(given, rel=0.01)
    extracted = pilot("PC-2")[1]
    assert extracted["Li"] == pytest.approx(100.0 * left("Li"), abs=7.0)
    assert extracted["Ni"] == pytest.approx(100.0 * left("Ni"), abs=8.0)
