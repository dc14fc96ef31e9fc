"""Redox couples as read from ``data/reactions/redox.csv``: half-reactions with their constants against hydrogen.

An electron is counted as ``1/2 H2(g) - H+``: by the definition of the standard hydrogen electrode the constant of a
half-reaction stays the same, and elements and charge are checked like those of any other reaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.database import H
from hydromet.chemistry.reaction import parse_equation
from hydromet.chemistry.records import GRADES, LN10, Four, Origin, R, at
from hydromet.errors import ChemistryError, ReactionError
from hydromet.source import nearest
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping

FARADAY = 96485.33212
HYDROGEN, OXYGEN = "H2(g)", "O2(g)"
FILE = "data/reactions/redox.csv"
_ELECTRON = re.compile(r"^(?:(\d+(?:\.\d+)?)\s+)?e-$")
_JOINS = ("yes", "slow", "no")


@dataclass(frozen=True)
class Couple:
    """A redox couple.

    Attributes:
        name: oxidised over reduced form, such as ``Fe+3/Fe+2``.
        equation: the half-reaction, electrons on the left.
        species: what the row says how to make; empty for a couple that follows from others.
        coefficients: species -> stoichiometric number, negative on the left, without the electrons.
        electrons: their number.
        log10_k: constant against temperature.
        joins: ``yes`` takes part in full redox equilibrium, ``slow`` if its solid is asked for, ``no`` only by name.
        uncertainty: of the standard potential, V.
        origin: source, grade, validity.
    """

    name: str
    equation: str
    species: str
    coefficients: Mapping[str, float]
    electrons: float
    log10_k: Four
    joins: str
    uncertainty: float
    origin: Origin

    def standard_potential(self, temperature: float) -> float:
        """E0 against the standard hydrogen electrode, V: ``R T ln10 log10 K / (n F)``; temperature in K."""
        return R * temperature * LN10 * at(self.log10_k, temperature) / (self.electrons * FARADAY)

    @cached_property
    def needs(self) -> frozenset[str]:
        """Species of both sides."""
        return frozenset(self.coefficients)


def parse_half_reaction(equation: str) -> tuple[dict[str, float], float]:
    """Coefficients (without electrons) and number of electrons of ``MnO2(s) + 4 H+ + 2 e- = Mn+2 + 2 H2O``.

    Raises:
        ChemistryError: E523 not a half-reaction, or elements or charge do not balance.
    """
    count, sides = 0.0, []
    for sign, side in zip((1.0, -1.0), equation.split("="), strict=False):
        terms = [term.strip() for term in re.split(r"\s\+\s", side.strip())]
        for term in terms:
            if match := _ELECTRON.match(term):
                count += sign * float(match[1] or 1.0)
        sides.append([term for term in terms if not _ELECTRON.match(term)])
    expected = "a half-reaction with the electrons on the left, as many atoms and charges on both sides"
    if len(sides) != 2 or count <= 0.0:
        raise ChemistryError("E523", read=equation, expected=expected, write="Fe+3 + e- = Fe+2")
    left, right = (" + ".join(side) for side in sides)
    try:
        _, found = parse_equation(f"{left} + {count / 2.0:g} {HYDROGEN} = {right} + {count:g} {H}")
    except ReactionError as error:
        raise ChemistryError("E523", read=equation, expected=f"{expected} ({error.expected}; {error.read})") from error
    coefficients = dict(found)
    for name, extra in ((HYDROGEN, 0.5 * count), (H, -count)):
        coefficients[name] = coefficients.get(name, 0.0) + extra
    return {name: nu for name, nu in coefficients.items() if nu != 0.0}, count


@cache
def load_couples() -> Mapping[str, Couple]:
    """All couples by name, in the order of the file.

    Raises:
        ChemistryError: E502 a cell cannot be read, E523 a half-reaction does not balance.
    """
    found: dict[str, Couple] = {}
    for row in datafiles.read_csv(FILE):
        one = _read(row, found)
        found[one.name] = one
    return MappingProxyType(found)


@cache
def fresh_redox_solids() -> tuple[str, ...]:
    """Oxides and metals of the couples that take part in full redox equilibrium without being asked for."""
    found = (one.species for one in load_couples().values() if one.joins == "yes" and one.species)
    return tuple(name for name in found if species(name).phase == "s")


def couple(name: str) -> Couple:
    """The couple of this name.

    Raises:
        ChemistryError: E522 no such couple.
    """
    known = load_couples()
    if name not in known:
        near = ", ".join(nearest(name, tuple(known)))
        raise ChemistryError("E522", read=name, expected=f"a couple of {FILE}: {near}", write="Fe+3/Fe+2")
    return known[name]


def _read(row: Mapping[str, str], known: Mapping[str, Couple]) -> Couple:
    coefficients, electrons = parse_half_reaction(row["equation"])
    try:
        validity = [float(row[key]) + 273.15 for key in ("t_min_C", "t_max_C")]
        if not row["logK_25C"]:
            return _derived(row, coefficients, electrons, known)
        a, b, c, d = (float(row[key] or 0.0) for key in ("logK_25C", "B_K", "C", "D_per_K"))
        uncertainty = 1e-3 * float(row["uncertainty_mV"])
    except (KeyError, ValueError) as error:
        raise ChemistryError("E502", read=f"{FILE}: {dict(row)}", expected=f"numbers ({error})") from error
    made = species(row["species"]).id
    if made not in coefficients or row["grade"] not in GRADES or row["joins"] not in _JOINS:
        raise ChemistryError(
            "E502", read=f"{FILE}: {dict(row)}", expected=f"a species of the half-reaction, joins {', '.join(_JOINS)}"
        )
    origin = Origin(row["source"], row["grade"], validity[0], validity[1], row["note"])
    return Couple(
        row["couple"], row["equation"], made, MappingProxyType(coefficients), electrons, (a, b, c, d), row["joins"],
        uncertainty, origin,
    )  # fmt: skip


def _derived(
    row: Mapping[str, str], coefficients: dict[str, float], electrons: float, known: Mapping[str, Couple]
) -> Couple:
    """A couple between two species whose own rows are given: ``log K = sum(nu_i log K_i)`` of their formation."""
    total = [0.0, 0.0, 0.0, 0.0]
    parts = [one for one in known.values() if one.species in coefficients]
    for one in parts:
        share = coefficients[one.species] / one.coefficients[one.species]
        total = [x + share * y for x, y in zip(total, one.log10_k, strict=True)]
    worst = max(parts, key=lambda one: GRADES.index(one.origin.grade))
    a, b, c, d = total
    sources = ", ".join(dict.fromkeys(one.origin.source for one in parts))
    origin = Origin(sources, worst.origin.grade, worst.origin.t_min, worst.origin.t_max, row["note"])
    uncertainty = max(one.uncertainty * one.electrons for one in parts) / electrons
    return Couple(
        row["couple"], row["equation"], "", MappingProxyType(coefficients), electrons, (a, b, c, d), "no", uncertainty,
        origin,
    )  # fmt: skip
