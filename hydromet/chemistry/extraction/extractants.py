"""Extractants: what is in ``data/extractants``, ready for a cascade.

``log D = log K + n pH + m log10 [free] (+ s log10 [S])`` for every organic form of every metal, ``[free]`` the free
dimer (RH)2 (or monomer, as the file says) and ``[S]`` a synergist, mol/L. The data are one file an extractant; adding a
file adds an extractant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import exp, log
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet import datafiles
from hydromet.chemistry.records import LN10, T0, Origin, R, SourceRow
from hydromet.errors import ExtractionError
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FOLDER = "data/extractants"
FORMAT = "hydromet-extractant/1"


@dataclass(frozen=True, slots=True)
class Form:
    """One organic form of a metal: decimal log K at 25 degC, free units taken up, standard deviation, origin.

    ``synergist`` and ``s``: the form exists with that synergist only and adds ``s log10 [S]`` to its log D.
    """

    log_k: float
    m: float
    sd: float
    origin: Origin
    synergist: str = ""
    s: float = 0.0


@dataclass(frozen=True, slots=True)
class Synergist:
    """A reagent that helps an extractant: name, organic species, density in kg/m3, origin."""

    name: str
    id: str
    density: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Limits:
    """What practice knows of an extractant beside its equilibria; None where its file says nothing.

    Attributes:
        loading, alkali: share of the extractant in all salts, in alkali salts, above which a third phase or a gel has
            to be expected.
        extractant_rate, diluent_rate: degradation, 1/s, first order.
        cobalt_share: of the cobalt on the organic, oxidised to Co(III) in one pass.
        crud_share: of the organic, lost as crud in one pass.
        origins: by ``third phase``, ``degradation``, ``cobalt oxidation``, ``crud``.
    """

    loading: float
    alkali: float
    extractant_rate: float | None
    diluent_rate: float | None
    cobalt_share: float | None
    crud_share: float | None
    origins: Mapping[str, Origin]


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
        conditions, pH_note: what the constants rest on: medium, temperature, diluent, modifier.
        limits: third phase, degradation, crud. synergists: by name.
        there: synergist -> mol/L in this organic; the shipped extractants have none.
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
    limits: Limits
    synergists: Mapping[str, Synergist]
    there: tuple[tuple[str, float], ...] = ()

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
        return _constants(self.key, ions, temperature, self.there)

    def beside(self, synergists: Mapping[str, float]) -> Extractant:
        """The same in an organic that holds these synergists, name -> mol/L.

        The concentration is the total one: what a complex binds of a synergist is not subtracted.
        """
        return replace(self, there=tuple(sorted(synergists.items())))

    def sources(self) -> tuple[SourceRow, ...]:
        """Every constant with its value, source and grade."""
        rows = [row for metal in self.metals.values() for row in _of_metal(metal, self.conditions)]
        values = {
            "density": (self.density, "kg/m3"),
            "active_fraction": (self.active_fraction, "kg/kg"),
            "solubility": (self.solubility_neutral, "kg/m3"),
        }
        for what, origin in self.origins.items():
            value, unit = values[what]
            rows.append(SourceRow(f"{what} of {self.name}", value, unit, origin.source, origin.grade, "25 degC"))
        if (third := self.limits.origins.get("third phase")) is not None:
            what = f"loading of {self.name} before a third phase"
            rows.append(SourceRow(what, self.limits.loading, "-", third.source, third.grade, "", third.note))
        return tuple(rows)


def _of_metal(metal: Metal, conditions: str) -> list[SourceRow]:
    """The constants of a metal, then the sources that say something else and are not used."""
    valid = f"pH {metal.pH_min:g} to {metal.pH_max:g}"
    rows = [
        SourceRow(f"log K of {metal.organic}, m = {form.m:g}", form.log_k, "-", form.origin.source, form.origin.grade,
                  valid, "; ".join(part for part in (form.origin.note, conditions) if part))
        for form in metal.forms
    ]  # fmt: skip
    for other in metal.not_used:
        what, value = ("log K", other["log_k"]) if "log_k" in other else ("pH50", other.get("pH50", 0.0))
        at = f"at {other['extractant_M']:g} mol/L" if "extractant_M" in other else ""
        at = f"m = {other['m']:g}" if "m" in other else at
        name = ", ".join(part for part in (f"not used: {what} of {metal.organic}", at) if part)
        note, grade = str(other.get("note", "")), str(other.get("grade", "estimated"))
        rows.append(SourceRow(name, float(value), "-", str(other["source"]), grade, "", note))
    return rows


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

        near = nearest(key, extractants()) or extractants()
        raise ExtractionError("E601", read=key, expected=f"one of {', '.join(near)}", write=f"extractant: {near[0]}")
    from hydromet.chemistry.extraction.extractant_data import read_extractant

    return read_extractant(key)


def organic_id(ion: str, symbol: str) -> str:
    """``Co+2``, ``D2EHPA`` -> ``Co(D2EHPA)2(org)``."""
    charge = species(ion).charge
    return species(f"{ion.rstrip('0123456789').rstrip('+')}({symbol}){charge if charge > 1 else ''}(org)").id


@cache
def _constants(
    key: str, ions: tuple[str, ...], temperature: float, there: tuple[tuple[str, float], ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    metals = [load_extractant(key).metals[ion] for ion in ions]
    width = max((len(metal.forms) for metal in metals), default=1)
    m, ln_k = np.ones((len(metals), width)), np.full((len(metals), width), -np.inf)
    helped = dict(there)
    for i, metal in enumerate(metals):
        shift = -metal.heat / R * (1.0 / temperature - 1.0 / T0)
        for s, form in enumerate(metal.forms):
            m[i, s], ln_k[i, s] = form.m, form.log_k * LN10 + shift
            if form.synergist:
                amount = helped.get(form.synergist, 0.0)
                ln_k[i, s] = ln_k[i, s] + form.s * log(amount) if amount > 0.0 else -np.inf
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
