"""Curves of a solution as tables: titration, solubility, distribution and saturation.

Every function is pure and returns a ``Curve``: columns with names and units, one row a point, ready to be plotted or
written as CSV. ``Solution`` has them as one-liners.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.database import load_database
from hydromet.chemistry.formation import allowed_solids
from hydromet.chemistry.solubility import hydrates_of, with_solid
from hydromet.chemistry.solutions.curve import Column, Curve, Value
from hydromet.errors import ChemistryError
from hydromet.species import WATER, atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hydromet.chemistry.redox.pourbaix import Pourbaix
    from hydromet.chemistry.solutions.solution import Solution

ZERO = 273.15
_POINTS = 121
_PER_WATER = "mol/kg water"
_PUT_IN = "mol/kg water put in"
# Shares and solids that stay below these everywhere are left out.
_SHARE, _AMOUNT, _INDEX = 1e-3, 1e-9, -3.0
# Steps of the dose that a titration curve is refined to, in how many rounds, and the least step of pH.
_FINE, _ROUNDS, _PLATEAU = 60, 5, 1e-4
# Width to which a change of the stable hydrate is located, K.
_SHARP = 1e-3
_ACIDS = {"Cl-": "HCl", "SO4-2": "H2SO4"}
_BASE, _NEUTRAL_ACID = "NaOH", "H2SO4"


def titration(
    solution: Solution,
    titrant: str,
    to_pH: float,
    *,
    solids: str | Sequence[str] = "auto",
    gases: Mapping[str, float] | None = None,
    points: int = _POINTS,
) -> Curve:
    """Dose, what stays dissolved and what precipitates while a titrant brings a solution to a pH.

    Points are equally far apart in pH from the solution as it is, closer where the pH hardly rises.

    Args:
        solution: what is titrated.
        titrant: dry acid, base or salt.
        to_pH: end of the curve.
        solids: what may form, as in ``Solution.equilibrate``.
        gases: atmosphere it is open to, gas -> Pa.
        points: of the curve.

    Raises:
        ChemistryError: E508 the titrant cannot reach the pH.
    """
    allowed = allowed_solids(solids)
    air = gases or {}
    first = solution.equilibrate(allowed, air)
    states = [first]
    if to_pH != first.pH:
        solution.titrate(titrant, to_pH, solids=allowed, gases=air)
        states += [
            solution.titrate(titrant, float(pH), solids=allowed, gases=air)
            for pH in np.linspace(first.pH, to_pH, points)[1:]
        ]
        for _ in range(_ROUNDS):
            states = _refined(states, lambda pH: solution.titrate(titrant, pH, solids=allowed, gases=air))
    grams = species(titrant).molar_mass * 1e3
    columns = [
        _column("dose", f"mol {titrant}/kg water put in", "x", [state.dose for state in states]),
        _column("pH", "", "y", [state.pH for state in states]),
        _column("dose by mass", "g/kg water put in", "text", [state.dose * grams for state in states]),
        _column("ionic strength", _PER_WATER, "text", [state.ionic_strength for state in states]),
    ]
    columns += [
        _column(element, "g/L", "dissolved", [_gram_per_litre(state, element) for state in states])
        for element in _elements(solution)
    ]
    columns += _precipitated(states)
    return Curve("titration", titrant, _conditions(solution), tuple(columns))


def solubility(
    salt: str,
    solution: Solution,
    *,
    temperatures: tuple[float, float] = (ZERO, ZERO + 100.0),
    points: int = 101,
) -> Curve:
    """Solubility of a salt against temperature, with the hydrate that is the stable solid at each.

    The stable hydrate is the one with the highest saturation index in the saturated solution, that is the one of least
    solubility; the others are given as metastable branches where they have a solubility.

    Args:
        salt: ``NiSO4``, or one solid ``NiSO4:7H2O(s)``.
        solution: what it dissolves in; water is ``Solution({})``. Its own temperature is not used.
        temperatures: K.
        points: of the curve; the transitions are added to them.

    Raises:
        ChemistryError: E505 no solid of this salt is known, E514 it dissolves without limit or not at all at all
            temperatures.
    """
    family = hydrates_of(salt)
    branches: dict[float, dict[str, tuple[float, float]]] = {}

    def at(temperature: float) -> dict[str, tuple[float, float]]:
        found = {}
        for solid in family:
            try:
                one = with_solid(replace(solution, temperature=temperature), solid)
            except ChemistryError as error:
                if error.code != "E514":
                    raise
                continue
            found[solid] = (one.salt, one.mass)
        branches[temperature] = found
        return found

    grid = [float(t) for t in np.linspace(*temperatures, points)]
    stable = [_least(at(t)) for t in grid]
    marks = []
    for (low, below), (high, above) in pairwise(zip(grid, stable, strict=True)):
        if below and above and below != above:
            t = _transition(at, low, high, below)
            marks.append((t - ZERO, f"{below} = {above}"))
    if not any(stable):
        raise ChemistryError("E514", read=salt, expected="a salt of limited solubility between these temperatures")
    rows = sorted(t for t in branches if t in grid or any(abs(t - ZERO - place) < 1e-9 for place, _ in marks))
    best = [_least(branches[t]) for t in rows]
    columns = [
        _column("temperature", "degC", "x", [t - ZERO for t in rows]),
        _column("solubility", "g anhydrous salt/100 g water", "y",
                [100.0 * branches[t][s][1] if s else None for t, s in zip(rows, best, strict=True)]),
        _column("molality", _PER_WATER, "text",
                [branches[t][s][0] if s else None for t, s in zip(rows, best, strict=True)]),
        Column("stable solid", "", "text", tuple(s or None for s in best)),
    ]  # fmt: skip
    columns += [
        _column(solid, "g anhydrous salt/100 g water", "branch",
                [100.0 * branches[t][solid][1] if solid in branches[t] else None for t in rows])
        for solid in family if len(family) > 1 and any(solid in branches[t] for t in rows)
    ]  # fmt: skip
    where = "in water" if not solution.composition else f"in {_composition(solution)}"
    return Curve("solubility", salt, where, tuple(columns), _graded(family), tuple(marks))


def distribution(
    solution: Solution,
    element: str,
    *,
    pH: tuple[float, float] = (0.0, 14.0),
    solids: str | Sequence[str] = "auto",
    points: int = _POINTS,
) -> Curve:
    """Share of an element in each of its dissolved species and solids against pH.

    The pH is set with NaOH, or with HCl or H2SO4, whichever acid the solution has the anion of; the range ends where
    they cannot go further.

    Args:
        solution: with the element in it.
        element: symbol.
        pH: range.
        solids: what may form, as in ``Solution.equilibrate``.
        points: of the curve.

    Raises:
        ChemistryError: E547 the element is not in the solution.
    """
    total = solution.stream.elements().get(element, 0.0)
    if total <= 0.0 or element in "OH":
        there = ", ".join(_elements(solution))
        raise ChemistryError("E547", read=f"distribution of {element}", expected=f"an element of the solution: {there}")
    states, titrants, notes = _scan(solution, pH, allowed_solids(solids), points)
    rows = [
        _shares(state, element, total + state.dose * species(titrant).elements.get(element, 0.0))
        for state, titrant in zip(states, titrants, strict=True)
    ]
    names = sorted({name for row in rows for name in row}, key=lambda name: -max(row.get(name, 0.0) for row in rows))
    columns = [_column("pH", "", "x", [state.pH for state in states])]
    columns += [
        _column(name, "%", "share", [100.0 * row.get(name, 0.0) for row in rows])
        for name in names
        if max(row.get(name, 0.0) for row in rows) > _SHARE
    ]
    return Curve("distribution", element, _conditions(solution), tuple(columns), notes)


def saturation(
    solution: Solution,
    *,
    pH: tuple[float, float] = (0.0, 14.0),
    solids: str | Sequence[str] = "auto",
    points: int = _POINTS,
) -> Curve:
    """Saturation index of solids against pH while none of them forms.

    Args:
        solution: any.
        pH: range, set as in ``distribution``.
        solids: whose indices: names, ``auto`` for those that form within hours. Those of what only the acid or base
            brings, which have no index without it, are left out; a note names them.
        points: of the curve.
    """
    states, _, notes = _scan(solution, pH, (), points)
    wanted = allowed_solids(solids)
    known = [name for name in wanted if name in states[0].liquor.saturation]
    rows = {name: [state.saturation_index(name) for state in states] for name in known}
    ordered = sorted(rows.items(), key=lambda item: -max(item[1]))
    shown = {name: values for name, values in ordered if max(values) > _INDEX}
    of_titrant = [name for name, values in shown.items() if not isfinite(min(values))]
    if of_titrant:
        notes += (f"left out, for only the acid or base brings what they are of: {', '.join(of_titrant)}",)
    columns = [_column("pH", "", "x", [state.pH for state in states])]
    columns += [_column(name, "", "index", values) for name, values in shown.items() if name not in of_titrant]
    return Curve("saturation", "", _conditions(solution), tuple(columns), notes)


def _refined(states: list[Solution], at: Callable[[float], Solution]) -> list[Solution]:
    """The same with a point between any two whose doses are far apart."""
    widest = abs(states[-1].dose - states[0].dose) / _FINE
    found = states[:1]
    for before, after in pairwise(states):
        if abs(after.dose - before.dose) > widest and abs(after.pH - before.pH) > _PLATEAU:
            found.append(at(0.5 * (before.pH + after.pH)))
        found.append(after)
    return found


def _scan(
    solution: Solution, pH: tuple[float, float], allowed: Sequence[str], points: int
) -> tuple[list[Solution], list[str], tuple[str, ...]]:
    """The solution at each pH, what sets it, and notes; values that cannot be reached are left out."""
    start = solution.equilibrate(allowed).pH
    anion = max(_ACIDS, key=lambda ion: solution.stream[ion])
    acid = _ACIDS[anion] if solution.stream[anion] > 0.0 else _NEUTRAL_ACID
    states, titrants, missed = [], [], []
    for value in np.linspace(*pH, points):
        titrant = _BASE if value > start else acid
        try:
            states.append(solution.titrate(titrant, float(value), solids=allowed))
        except ChemistryError as error:
            if error.code != "E508":
                raise
            missed.append(float(value))
        else:
            titrants.append(titrant)
    if not states:
        raise ChemistryError("E508", read=f"pH {pH[0]:g} to {pH[1]:g}", expected=f"a range about pH {start:.2f}")
    notes = [f"pH set with {acid} and {_BASE}"]
    if missed:
        notes.append(f"pH {min(missed):.1f} to {max(missed):.1f} is out of their reach")
    return states, titrants, tuple(notes)


def _shares(state: Solution, element: str, total: float) -> dict[str, float]:
    """Share of an element in each dissolved species and solid; ``total`` is per kilogram of water put in."""
    amounts = {
        name: molality * species(name).elements.get(element, 0.0) for name, molality in state.liquor.molalities.items()
    }
    solid = {name: n * species(name).elements.get(element, 0.0) for name, n in state.precipitated.items()}
    dissolved = sum(amounts.values())
    left = max(0.0, 1.0 - sum(solid.values()) / total)
    found = {name: left * amount / dissolved for name, amount in amounts.items() if amount > 0.0}
    return {**found, **{name: amount / total for name, amount in solid.items() if amount > 0.0}}


def _least(found: Mapping[str, tuple[float, float]]) -> str:
    """The hydrate that is stable: the one of least solubility."""
    return min(found, key=lambda solid: found[solid][0], default="")


def _transition(at: Callable[[float], Mapping[str, tuple[float, float]]], low: float, high: float, below: str) -> float:
    """Temperature between two at which the stable hydrate changes, K."""
    while high - low > _SHARP:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _least(at(middle)) == below else (low, middle)
    return high


def boundaries(diagram: Pourbaix) -> Curve:
    """The boundaries of a Pourbaix diagram as a table, point by point, and the limits of water."""
    lines = [(*one.between, one.points) for one in diagram.lines]
    for name, volts in (("O2(g)", diagram.oxygen), ("H2(g)", diagram.hydrogen)):
        pairs = tuple((float(x), float(y)) for x, y in zip(diagram.pH, volts, strict=True))
        lines.append((WATER, name, pairs) if name == "O2(g)" else (name, WATER, pairs))
    rows = [(low, high, x, y) for low, high, points in lines for x, y in points]
    columns = (
        Column("pH", "", "x", tuple(row[2] for row in rows)),
        Column("Eh", "V", "y", tuple(row[3] for row in rows)),
        Column("below or left", "", "text", tuple(row[0] for row in rows)),
        Column("above or right", "", "text", tuple(row[1] for row in rows)),
    )
    conditions = f"{diagram.molality:.3g} mol/kg dissolved, {diagram.temperature - ZERO:.4g} degC"
    notes = (f"couples known to {1e3 * diagram.uncertainty:.0f} mV or better",)
    return Curve("pourbaix", diagram.element, conditions, columns, notes)


def _column(name: str, unit: str, kind: str, values: Iterable[Value]) -> Column:
    return Column(name, unit, kind, tuple(values))


def _elements(solution: Solution) -> tuple[str, ...]:
    return tuple(sorted(e for e in solution.stream.elements() if e not in "OH"))


def _gram_per_litre(state: Solution, element: str) -> float:
    stream = state.stream
    return stream.elements().get(element, 0.0) * atomic_mass(element) * state.density / stream.mass()


def _precipitated(states: Sequence[Solution]) -> list[Column]:
    """Every solid that forms anywhere on the curve, in the order of appearance."""
    names = dict.fromkeys(name for state in states for name in state.precipitated)
    found = [_column(name, _PUT_IN, "precipitated", [s.precipitated.get(name, 0.0) for s in states]) for name in names]
    return [column for column in found if max(float(value or 0.0) for value in column.values) > _AMOUNT]


def _composition(solution: Solution) -> str:
    parts = [f"{name} {amount:.3g}" for name, amount in solution.composition.items() if amount > _AMOUNT]
    return f"{', '.join(parts)} mol/kg water" if parts else "water"


def _conditions(solution: Solution) -> str:
    return f"{_composition(solution)}; {solution.temperature - ZERO:.4g} degC"


def _graded(family: Sequence[str]) -> tuple[str, ...]:
    """Range of the data of each solid, as its source gives it."""
    data = load_database().solids
    return tuple(
        f"{name}: {o.grade} ({o.source}), {o.t_min - ZERO:g} to {o.t_max - ZERO:g} degC"
        for name in family
        for o in (data[name].origin,)
    )
