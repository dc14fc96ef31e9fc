"""Extractants: what is in ``data/extractants``, ready for a cascade.

``log D = log K + n pH + m log10 [free]`` for every organic form of every metal, ``[free]`` the free dimer (RH)2 (or
monomer, as the file says) in mol/L. The data are one file an extractant; adding a file adds an extractant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, log
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet import datafiles
from hydromet.chemistry.records import GRADES, LN10, T0, Origin, R, SourceRow
from hydromet.errors import ExtractionError
from hydromet.species import declare_pseudo_element, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FOLDER = "data/extractants"
FORMAT = "hydromet-extractant/1"


@dataclass(frozen=True, slots=True)
class Form:
    """One organic form of a metal: decimal log K at 25 degC, free units taken up, standard deviation, origin."""

    log_k: float
    m: float
    sd: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Metal:
    """How one metal is extracted.

    Attributes:
        ion: aqueous species.
        organic: organic species, stored without solvating extractant: ``Co(D2EHPA)2(org)``.
        equation: its extraction as a reaction.
        charge: of the ion.
        n: slope of log D in pH.
        forms: organic forms; they add up.
        heat: of extraction, J/mol.
        pH_min, pH_max: where the constants were measured or are believed.
        sulfate_strip: stage efficiency of stripping with sulfuric acid; 1 where it is fast.
        not_used: other sources, as they stand in the file.
    """

    ion: str
    organic: str
    equation: str
    charge: int
    n: float
    forms: tuple[Form, ...]
    heat: float
    pH_min: float
    pH_max: float
    sulfate_strip: float
    not_used: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Extractant:
    """An acidic or chelating extractant.

    Attributes:
        key: name of its file. name: as engineers write it. symbol: its pseudo-element.
        acid: organic species of the free extractant; dissolved: the same in the aqueous phase.
        aggregation: monomers per free unit of the mass action law (2 for dimers).
        molar_mass: of the acid, kg/mol. density: kg/m3. active_fraction: kg/kg of the commercial product.
        solubility_neutral, solubility_most: kg/m3. solubility_pH: where it has doubled.
        metals: ion -> Metal, in the order of the file.
        conditions, pH_note: what the constants rest on.
    """

    key: str
    name: str
    symbol: str
    acid: str
    dissolved: str
    aggregation: float
    molar_mass: float
    density: float
    active_fraction: float
    solubility_neutral: float
    solubility_pH: float
    solubility_most: float
    metals: Mapping[str, Metal]
    conditions: str
    pH_note: str
    origins: Mapping[str, Origin]

    @property
    def molar_volume(self) -> float:
        """Volume of one mole of extractant, free or as a salt, m3/mol."""
        return self.molar_mass / self.density

    def solubility(self, pH: float) -> float:
        """Dissolved extractant in an aqueous phase in contact with the organic, mol/m3.

        ``s = s0 (1 + u) / (1 + u s0 / s_most)`` with ``u = 10^(pH - pH_s)``: the neutral acid and, above pH_s, its
        anion, levelling off.
        """
        u = float(10.0 ** min(pH - self.solubility_pH, 12.0))
        s: float = self.solubility_neutral * (1.0 + u) / (1.0 + u * self.solubility_neutral / self.solubility_most)
        return s / self.molar_mass

    def constants(
        self, ions: tuple[str, ...], temperature: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Charge, n (M) and m, ln K (M, S) of the given ions at a temperature in K, as the kernel wants them."""
        return _constants(self.key, ions, temperature)

    def sources(self) -> tuple[SourceRow, ...]:
        """Every constant with its value, source and grade."""
        rows = [
            SourceRow(f"log K of {m.organic}, m = {f.m:g}", f.log_k, "-", f.origin.source, f.origin.grade,
                      f"pH {m.pH_min:g} to {m.pH_max:g}", f.origin.note)
            for m in self.metals.values() for f in m.forms
        ]  # fmt: skip
        values = {
            "density": self.density,
            "active_fraction": self.active_fraction,
            "solubility": self.solubility_neutral,
        }
        units = {"density": "kg/m3", "active_fraction": "kg/kg", "solubility": "kg/m3"}
        for what, origin in self.origins.items():
            rows.append(
                SourceRow(f"{what} of {self.name}", values[what], units[what], origin.source, origin.grade, "25 degC")
            )
        return tuple(rows)


def extractants() -> tuple[str, ...]:
    """Names of the extractants there are data for."""
    return datafiles.names(FOLDER, ".yaml")


@cache
def load_extractant(key: str) -> Extractant:
    """The extractant of ``data/extractants/<key>.yaml``.

    Raises:
        ExtractionError: E601 no such extractant, E602 its file is not as it should be.
    """
    if key not in extractants():
        from hydromet.source import nearest

        known = extractants()
        raise ExtractionError(
            "E601",
            read=key,
            expected=f"one of {', '.join(nearest(key, known) or known)}",
            write=f"extractant: {known[0]}",
        )
    file = f"{FOLDER}/{key}.yaml"
    data = datafiles.read_yaml(file)
    try:
        return _extractant(key, data)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ExtractionError):
            raise
        raise ExtractionError(
            "E602", read=f"{file}: {error!r}", expected="the keys of data/extractants/d2ehpa.yaml"
        ) from error


def _extractant(key: str, data: Mapping[str, Any]) -> Extractant:
    if data["format"] != FORMAT:
        raise ExtractionError("E602", read=f"format: {data['format']}", expected=f"format: {FORMAT}")
    symbol = str(data["symbol"])
    declare_pseudo_element(symbol, str(data["group"]))
    acid, dissolved = f"H({symbol})(org)", f"H({symbol})"
    density, active, solubility = data["density"], data["active_fraction"], data["solubility"]
    return Extractant(
        key=key,
        name=str(data["extractant"]),
        symbol=symbol,
        acid=acid,
        dissolved=dissolved,
        aggregation=float(data["aggregation"]),
        molar_mass=species(acid).molar_mass,
        density=float(density["kg_m3"]),
        active_fraction=float(active["value"]),
        solubility_neutral=float(solubility["neutral_g_L"]),
        solubility_pH=float(solubility["rises_from_pH"]),
        solubility_most=float(solubility["most_g_L"]),
        metals=MappingProxyType({ion: _metal(symbol, ion, entry) for ion, entry in data["metals"].items()}),
        conditions=str(data["conditions"]),
        pH_note=str(data["pH_note"]),
        origins={"density": _origin(density), "active_fraction": _origin(active), "solubility": _origin(solubility)},
    )


def _origin(entry: Mapping[str, Any]) -> Origin:
    if entry["grade"] not in GRADES:
        raise ExtractionError("E602", read=f"grade: {entry['grade']}", expected=f"one of {', '.join(GRADES)}")
    return Origin(str(entry["source"]), str(entry["grade"]), note=str(entry.get("note", "")))


def organic_id(ion: str, symbol: str) -> str:
    """``Co+2``, ``D2EHPA`` -> ``Co(D2EHPA)2(org)``."""
    charge = species(ion).charge
    return species(f"{ion.rstrip('0123456789').rstrip('+')}({symbol}){charge if charge > 1 else ''}(org)").id


def _metal(symbol: str, ion: str, entry: Mapping[str, Any]) -> Metal:
    charge = species(ion).charge
    organic = organic_id(ion, symbol)
    count = f"{charge} " if charge > 1 else ""
    forms = tuple(Form(float(f["log_k"]), float(f["m"]), float(f["sd"]), _origin(f)) for f in entry["forms"])
    low, high = entry["pH"]
    return Metal(
        ion=species(ion).id,
        organic=organic,
        equation=f"{ion} + {count}H({symbol})(org) = {organic} + {count}H+",
        charge=charge,
        n=float(entry["n"]),
        forms=forms,
        heat=float(entry["heat_kJ_mol"]) * 1e3,
        pH_min=float(low),
        pH_max=float(high),
        sulfate_strip=float(entry.get("sulfate_strip", 1.0)),
        not_used=tuple(entry.get("not_used", ())),
    )


@cache
def _constants(
    key: str, ions: tuple[str, ...], temperature: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    metals = [load_extractant(key).metals[ion] for ion in ions]
    width = max((len(metal.forms) for metal in metals), default=1)
    m, ln_k = np.ones((len(metals), width)), np.full((len(metals), width), -np.inf)
    for i, metal in enumerate(metals):
        shift = -metal.heat / R * (1.0 / temperature - 1.0 / T0)
        for s, form in enumerate(metal.forms):
            m[i, s], ln_k[i, s] = form.m, form.log_k * LN10 + shift
    charges = np.array([metal.charge for metal in metals], dtype=np.float64)
    return charges, np.array([metal.n for metal in metals], dtype=np.float64), m, ln_k


def distribution(extractant: Extractant, ion: str, pH: float, free: float, temperature: float = T0) -> float:
    """Distribution ratio D (organic over aqueous, mol/L each) at a pH and a free dimer concentration in mol/L."""
    _, n, m, ln_k = extractant.constants((ion,), temperature)
    return float(np.sum(np.exp(ln_k[0] + n[0] * pH * LN10 + m[0] * log(free))))


def loading(
    extractant: Extractant, total: float, pH: float, aqueous: Mapping[str, float], temperature: float = T0
) -> tuple[float, dict[str, float]]:
    """Organic in equilibrium with a liquor of known pH and concentrations: one point of a loading isotherm.

    Args:
        extractant: with its constants.
        total: extractant as monomer in the organic, mol/L.
        pH: of the aqueous phase.
        aqueous: ion -> total concentration in it, mol/L.
        temperature: K.

    Returns:
        free units (dimers), mol/L, and ion -> concentration in the organic, mol/L, from
        ``total / g = free + sum m C`` with ``C = K a(H+)^-n free^m [M]`` and g monomers a unit.
    """
    ions = tuple(ion for ion in aqueous if ion in extractant.metals)
    _, n, m, ln_k = extractant.constants(ions, temperature)
    there = np.array([aqueous[ion] for ion in ions])
    capacity = total / extractant.aggregation

    def organic(free: float) -> NDArray[np.float64]:
        forms: NDArray[np.float64] = np.exp(ln_k + (n * pH * LN10)[:, None] + m * log(free)) * there[:, None]
        return forms

    low, high = log(capacity) - 120.0, log(capacity)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if exp(middle) + float(np.sum(m * organic(exp(middle)))) > capacity:
            high = middle
        else:
            low = middle
        if high - low < 1e-14 * abs(low):
            break
    free = exp(0.5 * (low + high))
    return free, dict(zip(ions, organic(free).sum(axis=1).tolist(), strict=True))
