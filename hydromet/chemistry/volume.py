"""Volume and density of a stream's phases."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.properties.density_laliberte_2009 import ApparentVolume
from hydromet.chemistry.properties.density_water_kell_1975 import water_density
from hydromet.chemistry.records import R
from hydromet.chemistry.thermochemistry import load_species
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.stream import Stream

FILE = "data/density/laliberte.csv"


@cache
def load_salts() -> tuple[dict[str, tuple[str, float]], dict[str, ApparentVolume]]:
    """Which salt stands for an ion, per mole of ion, and the coefficients of the salts.

    Returns:
        ion or neutral -> (salt, moles of salt per mole of ion), salt -> coefficients. Anions are listed with their
        sodium salt; the sodium is taken off again with half of Na2SO4.
    """
    ions: dict[str, tuple[str, float]] = {}
    salts: dict[str, ApparentVolume] = {}
    for row in datafiles.read_csv(FILE):
        c0, c1, c2, c3, c4 = (float(row[f"c{i}"]) for i in range(5))
        salts[row["salt"]] = ApparentVolume(
            molar_mass=float(row["molar_mass_g_mol"]) * 1e-3,
            c=(c0, c1, c2, c3, c4),
            t_min=float(row["t_min_C"]),
            t_max=float(row["t_max_C"]),
            w_max=float(row["w_max"]),
        )
    for row in datafiles.read_csv("data/density/ions.csv"):
        ions[species(row["ion"]).id] = (row["salt"], float(row["salt_per_ion"]))
    return ions, salts


def aqueous_volume(flows: Mapping[str, float], temperature: float) -> float:
    """Volume of a solution, m3 per unit of amount, from apparent molar volumes added up ion by ion.

    A cation counts as its sulfate, an anion as its sodium salt less half a sodium sulfate per charge, so a mixture
    needs no pairing of ions and sulfate liquors come out as Laliberte fitted them.
    """
    mass = sum(flow * species(name).molar_mass for name, flow in flows.items())
    water = flows.get(WATER, 0.0) * species(WATER).molar_mass
    if mass <= 0.0:
        return 0.0
    w = 1.0 - water / mass
    ions, salts = load_salts()
    volume = water / water_density(temperature)
    sodium = salts["Na2SO4"].volume(w, temperature)
    known = load_species()
    for name, flow in flows.items():
        if name == WATER:
            continue
        charge = species(name).charge
        if name in ions:
            salt, count = ions[name]
            volume += flow * count * salts[salt].volume(w, temperature)
        elif name in known and known[name].density > 0.0:
            volume += flow * species(name).molar_mass / known[name].density
        elif charge > 0:
            volume += flow * 0.5 * charge * salts["MgSO4"].volume(w, temperature)
        elif charge == 0:
            volume += flow * species(name).molar_mass / water_density(temperature)
        if charge < 0:
            volume += 0.5 * charge * flow * sodium
    return volume


def volume(stream: Stream, phase: str | None = None) -> float:
    """Volume flow of one phase or of all, m3/s.

    Solids, pure liquids and organics by the density of their data file, gases as ideal.

    Raises:
        ChemistryError: E509 a species has no density.
    """
    total = 0.0
    if phase in (None, "aq"):
        total += aqueous_volume(stream.part("aq").flows, stream.temperature)
    known = load_species()
    for name, flow in stream.flows.items():
        kind = species(name).phase
        if kind == "aq" or phase not in (None, kind):
            continue
        if kind == "g":
            total += flow * R * stream.temperature / stream.pressure
            continue
        density = known[name].density if name in known else 0.0
        if density <= 0.0:
            raise ChemistryError(
                "E509", read=name, expected="a density in data/species", write="NiSO4:6H2O(s),-2682.8,327.9,2070,..."
            )
        total += flow * species(name).molar_mass / density
    return total
