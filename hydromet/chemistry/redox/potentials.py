"""Potentials of the couples of a liquor, and what a probe reads of them.

Every couple keeps its own potential: a liquor of Fe+3 and Fe+2 with H2O2 in it has two, and no mean of them exists. The
spread between them says how far the liquor is from full redox equilibrium (``redox_equilibrium``).
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.database import H, load_database
from hydromet.chemistry.records import LN10, R, SourceRow, at
from hydromet.chemistry.redox.couples import FARADAY, HYDROGEN, OXYGEN, Couple, couple, load_couples
from hydromet.errors import ChemistryError
from hydromet.source import nearest
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from hydromet.chemistry.liquor import Liquor

ELECTRODES = "data/reactions/reference_electrodes.csv"
SILVER = "Ag/AgCl sat. KCl"
# A side of a couple counts as there from this molality on, mol/kg water: no probe reads less, and residues are smaller.
LEAST = 1e-12


def potentials(liquor: Liquor, solids: Collection[str] = (), least: float = LEAST) -> Mapping[str, float]:
    """Potential of every couple whose both sides are there, V against the standard hydrogen electrode, highest first.

    ``E = E0(T) - (R T / n F) sum(nu_i ln a_i)`` with the activities of the liquor.

    Args:
        liquor: dissolved species; O2 and H2 count if they are dissolved.
        solids: those in contact with it, at activity 1.
        least: molality from which on a dissolved species counts, mol/kg water; H+ always does.
    """
    present = _logs(liquor, solids, least)
    found = {one.name: _nernst(one, liquor, present) for one in load_couples().values() if present.keys() >= one.needs}
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))))


def potential(liquor: Liquor, name: str, solids: Collection[str] = ()) -> float:
    """Potential of one couple, however little there is of it, V against the standard hydrogen electrode.

    Raises:
        ChemistryError: E521 one side of it is not in the liquor, E522 no such couple.
    """
    one = couple(name)
    present = _logs(liquor, solids, 0.0)
    missing = ", ".join(part for part in one.coefficients if part not in present)
    if missing:
        read = f"{name} of a liquor without {missing}"
        raise ChemistryError("E521", read=read, expected="both sides of the couple", write=one.equation)
    return _nernst(one, liquor, present)


def _nernst(one: Couple, liquor: Liquor, present: Mapping[str, float]) -> float:
    total = sum(nu * present[name] for name, nu in one.coefficients.items())
    temperature = liquor.temperature
    return one.standard_potential(temperature) - R * temperature / (one.electrons * FARADAY) * total


def _logs(liquor: Liquor, solids: Collection[str], least: float) -> dict[str, float]:
    """Ln activity of what is there; of O2 and H2 the fugacity in bar over the liquor, too."""
    activities = liquor.activities
    found = {
        name: activities[name]
        for name, m in liquor.molalities.items()
        if (m > 0.0 and m >= least) or (name == H and m > 0.0)
    }
    found[WATER] = activities[WATER]
    for gas in (OXYGEN, HYDROGEN):
        constant = load_database().gases[gas]
        if found.keys() >= constant.basis.keys():
            dissolved = sum(count * found[part] for part, count in constant.basis.items())
            found[gas] = dissolved - LN10 * at(constant.log10_k, liquor.temperature)
    return found | {species(name).id: 0.0 for name in solids}


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
