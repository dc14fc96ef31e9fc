"""Pourbaix diagrams: the stable form of an element over pH and potential, with the activities of a given liquor.

The boundaries are lines of equal chemical potential (``predominance``), exact in the potential at every pH. Activity
coefficients, the activity of water and the free ligands come from the engine: with a solution its liquor is brought to
every pH of the diagram by NaOH or H2SO4, hydroxides allowed to fall, and the activity coefficient of every form is read
there. Without a solution all activity coefficients are 1, as in the classical diagrams. Dissolved forms stand at the
given molality throughout, divided by the atoms of the element they hold; how a small share of another form lowers it is
not in a predominance diagram (``at_potential`` has it).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.database import H, load_database, unknown_phase
from hydromet.chemistry.engine import clamp
from hydromet.chemistry.formation import fresh_solids
from hydromet.chemistry.records import LN10, R, SourceRow, at
from hydromet.chemistry.redox.couples import FARADAY, couple, fresh_redox_solids, load_couples
from hydromet.chemistry.redox.joined import Joined, join, joined_system
from hydromet.chemistry.redox.medium import Medium, medium_of
from hydromet.chemistry.redox.potentials import couple_sources
from hydromet.chemistry.redox.predominance import Lines, inner_point, trace
from hydromet.chemistry.validity import constant_row
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species
from hydromet.stream import ROOM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.chemistry.records import Four
    from hydromet.chemistry.solutions.solution import Solution
    from hydromet.chemistry.system import Array

# Steps of the grid in pH and in V.
_STEP_PH, _STEP_V = 0.1, 0.02
# Molality of the classical diagrams.
_CLASSICAL = 1e-6
_LIQUID = (WATER, H)


@dataclass(frozen=True)
class Line:
    """A boundary: the forms on its low (or left) and high (or right) side, and its points (pH, V)."""

    between: tuple[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Pourbaix:
    """A diagram of one element.

    Attributes:
        element: symbol. temperature: K. molality: of the dissolved forms, mol/kg water.
        pH, Eh: axes of the grid, Eh in V against the standard hydrogen electrode.
        forms: species and solids with a field of their own.
        grid: index into ``forms``, shape (Eh, pH).
        lines: boundaries. triple_points: (pH, V, forms that meet).
        oxygen, hydrogen: V at which O2 and H2 reach 1 bar, at every pH of the axis: the limits of water.
        labels: form -> (pH, V) inside its field.
        considered: everything that was compared; what is not in ``forms`` has no field.
        uncertainty: largest uncertainty of the couples of the fields shown, V.
        sources: couples, solids and complexes of the fields, with source and grade.
    """

    element: str
    temperature: float
    molality: float
    pH: Array = field(repr=False)
    Eh: Array = field(repr=False)
    forms: tuple[str, ...]
    grid: NDArray[np.int64] = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    triple_points: tuple[tuple[float, float, tuple[str, ...]], ...]
    oxygen: Array = field(repr=False)
    hydrogen: Array = field(repr=False)
    labels: Mapping[str, tuple[float, float]]
    considered: tuple[str, ...] = field(repr=False)
    uncertainty: float
    sources: tuple[SourceRow, ...] = field(repr=False)

    def line(self, low: str, high: str) -> tuple[tuple[float, float], ...]:
        """Points of the boundary between two forms, in either order; empty if they do not touch."""
        wanted = {species(low).id, species(high).id}
        return tuple(sorted(point for one in self.lines if set(one.between) == wanted for point in one.points))

    def form_at(self, pH: float, Eh: float) -> str:
        """The form of the nearest point of the grid."""
        row, column = (int(np.argmin(np.abs(axis - x))) for axis, x in ((self.Eh, Eh), (self.pH, pH)))
        return self.forms[int(self.grid[row, column])]


def pourbaix(
    element: str,
    solution: Solution | None = None,
    *,
    molality: float | None = None,
    temperature: float | None = None,
    pH: tuple[float, float] = (0.0, 14.0),
    Eh: tuple[float, float] = (-1.5, 2.5),
    solids: Sequence[str] | None = None,
    couples: Sequence[str] = (),
) -> Pourbaix:
    """The Pourbaix diagram of an element.

    Args:
        element: symbol, such as ``Mn``.
        solution: the liquor whose activities and ligands count; without it water and activity coefficients of 1.
        molality: of the dissolved forms, mol/kg water; that of the element in the solution, else 1e-6.
        temperature: K; that of the solution, else 298.15.
        pH: range.
        Eh: range, V against the standard hydrogen electrode.
        solids: those considered; by default all that form fresh: no spinels, no cathodes, no named polymorphs.
        couples: beyond the usual ones; those of sulfur are taken for the diagram of S.

    Raises:
        ChemistryError: E526 no diagram of this element, E528 an empty range, E505 an unknown solid, E508 a pH that the
            solution cannot be brought to.
    """
    if not (pH[0] < pH[1] and Eh[0] < Eh[1]):
        raise ChemistryError("E528", read=f"pH {pH}, Eh {Eh}", expected="a low and a high end", write="pH=(0, 14)")
    warmth = temperature or (solution.temperature if solution is not None else ROOM)
    unusual = {one.name for one in load_couples().values() if one.joins == "no" and one.species and element == "S"}
    joined = join(tuple(sorted({*couples, *unusual})))
    axis = np.linspace(*pH, round((pH[1] - pH[0]) / _STEP_PH) + 1)
    potentials = np.linspace(*Eh, round((Eh[1] - Eh[0]) / _STEP_V) + 1)
    present = frozenset(solution.liquor.molalities) if solution is not None else frozenset()
    master = _master(element, joined, present)
    medium = medium_of(solution, master, joined, warmth, axis)
    total = molality or medium.total(element) or _CLASSICAL
    forms = _forms(master, joined, medium, solids)
    lines = _lines(forms, medium, total, warmth, axis, Eh)
    return _diagram(element, warmth, total, joined, forms, lines, potentials, medium)


@dataclass(frozen=True)
class _Form:
    """One form: atoms of the element, H+ and R, water, other components, log10 K of formation on the joined basis."""

    name: str
    atoms: float
    h: float
    r: float
    water: float
    others: Mapping[str, float]
    log10_k: Four


def _master(element: str, joined: Joined, present: frozenset[str]) -> str:
    """The basis species of the element on which all its forms stand."""
    parts = {part for one in joined.couples.values() for part in one.coefficients}
    known = {name for name in {*load_database().components, *parts} if species(name).phase == "aq"}
    found = {n for n in known - {*joined.made, *joined.data.aqueous, *_LIQUID} if element in species(n).elements}
    found = found & present if len(found) > 1 and found & present else found
    if element in ("H", "O") or len(found) != 1:
        read = f"{element}: {', '.join(sorted(found)) or 'no dissolved species'}"
        raise ChemistryError("E526", read=read, expected="an element with one family of dissolved species")
    return found.pop()


def _forms(master: str, joined: Joined, medium: Medium, solids: Sequence[str] | None) -> tuple[_Form, ...]:
    """The dissolved species and the solids that hold the element and that the medium can make."""
    reach = {*medium.components, *_LIQUID}
    forms = [_form(master, master, {master: 1.0}, 0.0, (0.0, 0.0, 0.0, 0.0))]
    forms += [
        _form(one.id, master, one.basis, joined.r.get(one.id, 0.0), one.log10_k)
        for one in joined.data.aqueous.values()
        if reach.issuperset(one.basis) and one.basis.get(master, 0.0) > 0.0
    ]
    if solids is None:
        fresh = {*fresh_solids(), *fresh_redox_solids()}
        wanted = [name for name in joined.data.solids if name in fresh]
    else:
        wanted = [species(name).id for name in solids]
    for name in wanted:
        constant = joined.data.solids.get(name)
        if constant is None:
            raise unknown_phase(name, joined.data.solids, "a solid")
        if reach.issuperset(constant.basis) and constant.basis.get(master, 0.0) > 0.0:
            a, b, c, d = (-x for x in constant.log10_k)
            forms.append(_form(name, master, constant.basis, joined.r.get(name, 0.0), (a, b, c, d)))
    return tuple(forms)


def _form(name: str, master: str, basis: Mapping[str, float], r: float, log10_k: Four) -> _Form:
    others = {part: count for part, count in basis.items() if part not in (master, *_LIQUID)}
    return _Form(name, basis[master], basis.get(H, 0.0), r, basis.get(WATER, 0.0), others, log10_k)


def _lines(
    forms: tuple[_Form, ...],
    medium: Medium,
    molality: float,
    temperature: float,
    pH: Array,
    Eh: tuple[float, float],
) -> Lines:
    """The ln activity of the master species that every form asks for; see ``predominance``."""
    warmth = clamp(temperature)
    start, slope = np.zeros((len(pH), len(forms))), np.zeros(len(forms))
    for i, one in enumerate(forms):
        asked = -LN10 * at(one.log10_k, warmth) + (one.h + one.r) * LN10 * pH - one.water * medium.ln_aw
        for part, count in one.others.items():
            asked = asked - count * medium.ln_a[part]
        if species(one.name).phase == "aq":
            asked = asked + log(molality / one.atoms) + medium.ln_gamma.get(one.name, 0.0)
        start[:, i] = asked / one.atoms
        slope[i] = one.r * FARADAY / (R * warmth * one.atoms)
    return Lines(pH, start, slope, *Eh)


def _diagram(
    element: str,
    temperature: float,
    molality: float,
    joined: Joined,
    forms: tuple[_Form, ...],
    lines: Lines,
    Eh: Array,
    medium: Medium,
) -> Pourbaix:
    grid = lines.map(Eh)
    boundaries, corners = trace(lines)
    shown = sorted({int(i) for i in np.unique(grid)} | {i for one in boundaries for i in one[:2]})
    place = {form: k for k, form in enumerate(shown)}
    names = tuple(forms[i].name for i in shown)
    known = np.vectorize(place.__getitem__, otypes=[np.int64])(grid)
    labels = {
        name: (float(lines.pH[column]), float(Eh[row]))
        for k, name in enumerate(names)
        if (known == k).any()
        for row, column in (inner_point(known == k),)
    }
    oxygen, hydrogen = joined_system(joined.named, (H,), (), clamp(temperature)).bounds
    volt = R * clamp(temperature) / FARADAY
    used = _couples(joined, names)
    for array in (lines.pH, Eh, known):
        array.setflags(write=False)
    return Pourbaix(
        element=element,
        temperature=temperature,
        molality=molality,
        pH=lines.pH,
        Eh=Eh,
        forms=names,
        grid=known,
        lines=tuple(Line((forms[i].name, forms[k].name), tuple(points)) for i, k, points in boundaries),
        triple_points=tuple((x, y, tuple(forms[i].name for i in met)) for x, y, met in corners),
        oxygen=-volt * (oxygen + 0.5 * medium.ln_aw + lines.pH * LN10),
        hydrogen=-volt * (hydrogen + lines.pH * LN10),
        labels=MappingProxyType(labels),
        considered=tuple(one.name for one in forms),
        uncertainty=max((couple(name).uncertainty for name in used), default=0.0),
        sources=(*couple_sources(used), *_constants(names)),
    )


def _couples(joined: Joined, names: tuple[str, ...]) -> tuple[str, ...]:
    """The couples that these forms rest on."""
    data = load_database()
    parts = set(names)
    for name in names:
        constant = data.aqueous.get(name) or data.solids.get(name)
        parts |= set(constant.basis) if constant else set()
    return tuple(one.name for name, one in joined.couples.items() if name in parts)


def _constants(names: tuple[str, ...]) -> tuple[SourceRow, ...]:
    """Source and grade of the complexes and solids among these forms that have a constant of their own."""
    data = load_database()
    found = (data.aqueous.get(name) or data.solids.get(name) for name in names)
    return tuple(constant_row(one) for one in found if one is not None)
