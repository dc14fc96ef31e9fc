"""Potentials of the couples of a liquor, and what a probe reads of them.

Every couple keeps its own potential: a liquor of Fe+3 and Fe+2 with H2O2 in it has two, and no mean of them exists. The
spread between them says how far the liquor is from full redox equilibrium (``redox_equilibrium``).
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.couples import FARADAY, Couple, couple, load_couples
from hydromet.chemistry.database import load_database
from hydromet.chemistry.records import LN10, R, SourceRow, at
from hydromet.errors import ChemistryError
from hydromet.source import nearest
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from hydromet.chemistry.liquor import Liquor

ELECTRODES = "data/reactions/reference_electrodes.csv"
SILVER = "Ag/AgCl sat. KCl"
# A ln activity below this stands for nothing at all.
_NOTHING = -900.0


def potentials(liquor: Liquor, solids: Collection[str] = ()) -> Mapping[str, float]:
    """Potential of every couple whose both sides are there, V against the standard hydrogen electrode, highest first.

    ``E = E0(T) - (R T / n F) sum(nu_i ln a_i)`` with the activities of the liquor.

    Args:
        liquor: dissolved species; O2 and H2 count if they are dissolved.
        solids: those in contact with it, at activity 1.
    """
    present = {species(name).id for name in solids}
    found = {
        one.name: value for one in load_couples().values() if (value := _potential(one, liquor, present)) is not None
    }
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))))


def potential(liquor: Liquor, name: str, solids: Collection[str] = ()) -> float:
    """Potential of one couple, V against the standard hydrogen electrode; see ``potentials``.

    Raises:
        ChemistryError: E521 one side of it is not in the liquor, E522 no such couple.
    """
    one = couple(name)
    present = {species(solid).id for solid in solids}
    value = _potential(one, liquor, present)
    if value is None:
        missing = ", ".join(part for part in one.coefficients if _ln_activity(part, liquor, present) is None)
        raise ChemistryError(
            "E521",
            read=f"{name} of a liquor without {missing}",
            expected="both sides of the couple",
            write=one.equation,
        )
    return value


def _potential(one: Couple, liquor: Liquor, solids: Collection[str]) -> float | None:
    total = 0.0
    for name, nu in one.coefficients.items():
        ln_a = _ln_activity(name, liquor, solids)
        if ln_a is None:
            return None
        total += nu * ln_a
    temperature = liquor.temperature
    return one.standard_potential(temperature) - R * temperature / (one.electrons * FARADAY) * total


def _ln_activity(name: str, liquor: Liquor, solids: Collection[str]) -> float | None:
    """Ln of the activity of a species (of a gas: its fugacity in bar over the liquor); None if it is not there."""
    phase = species(name).phase
    if phase == "s":
        return 0.0 if name in solids else None
    if phase == "g":
        constant = load_database().gases[name]
        total = -LN10 * at(constant.log10_k, liquor.temperature)
        for part, count in constant.basis.items():
            ln_a = _ln_activity(part, liquor, solids)
            if ln_a is None:
                return None
            total += count * ln_a
        return total
    there = name == WATER or liquor.molalities.get(name, 0.0) > 0.0
    ln_a = liquor.activities.get(name, -inf) if there else -inf
    return ln_a if ln_a > _NOTHING else None


def reference_potential(temperature: float, electrode: str = SILVER) -> float:
    """Potential of a reference electrode against the standard hydrogen electrode, V.

    Straight lines between the points of ``data/reactions/reference_electrodes.csv``, continued beyond the ends: a probe
    at 80 degC is good to some 10 mV, its junction in a concentrated liquor to some more.

    Args:
        temperature: of the electrode, K.
        electrode: ``Ag/AgCl sat. KCl``.

    Raises:
        ChemistryError: E527 no data of such an electrode.
    """
    points = _electrodes().get(electrode)
    if points is None:
        raise ChemistryError("E527", read=electrode, expected=", ".join(nearest(electrode, tuple(_electrodes()))))
    pairs = list(pairwise(points))
    (t1, e1), (t2, e2) = next((pair for pair in pairs if temperature <= pair[1][0]), pairs[-1])
    return e1 + (e2 - e1) * (temperature - t1) / (t2 - t1)


def probe_reading(Eh: float, temperature: float, electrode: str = SILVER) -> float:
    """What a probe with this reference shows of a potential, V: ``Eh - E(reference)``; temperature in K."""
    return Eh - reference_potential(temperature, electrode)


def from_probe(reading: float, temperature: float, electrode: str = SILVER) -> float:
    """Potential against the standard hydrogen electrode from the reading of a probe, V; temperature in K."""
    return reading + reference_potential(temperature, electrode)


@cache
def _electrodes() -> Mapping[str, tuple[tuple[float, float], ...]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for row in datafiles.read_csv(ELECTRODES):
        found.setdefault(row["electrode"], []).append((float(row["t_C"]) + 273.15, float(row["E_V"])))
    return MappingProxyType({name: tuple(sorted(points)) for name, points in found.items()})


def couple_sources(names: Iterable[str]) -> tuple[SourceRow, ...]:
    """Standard potential at 25 degC, source and grade of these couples."""
    rows = []
    for one in (couple(name) for name in names):
        origin = one.origin
        note = f"+-{1e3 * one.uncertainty:.0f} mV" + (f"; {origin.note}" if origin.note else "")
        validity = f"{origin.t_min - 273.15:g} to {origin.t_max - 273.15:g} degC"
        value = one.standard_potential(298.15)
        rows.append(SourceRow(f"E0 of {one.equation}", value, "V", origin.source, origin.grade, validity, note))
    return tuple(rows)
