"""Solubility products of salts from measured solubility in water, with the activity coefficients of the engine.

At saturation ``log10 K`` is the ion activity product of the measured solution, water of the hydrate included, so a
product fitted this way belongs to the Pitzer set it was fitted with. ``data/solubility/fits.csv`` says which points and
which transition temperatures make each constant and with how many terms of ``A + B (1/T - 1/T0) + C ln(T/T0) +
D (T - T0)``.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, inf, log
from typing import TYPE_CHECKING

import numpy as np

from hydromet import datafiles
from hydromet.chemistry.database import REACTIONS, load_database
from hydromet.chemistry.records import LN10, T0, Four, R, at
from hydromet.chemistry.root import bracket_root
from hydromet.chemistry.solution import Solution
from hydromet.errors import ChemistryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RECIPES = "data/solubility/fits.csv"
TABLE = "data/literature/solubility_in_water.csv"
ZERO_C = 273.15
# Columns of a constant, and what is nothing in them.
COLUMNS = ("logK_25C", "B_K", "C", "D_per_K")
TINY = 1e-9
# Molalities between which a saturated solution is sought, and how near the temperature of a point must be named.
LEAST, MOST = 1e-7, 20.0
SAME = 0.01


@dataclass(frozen=True, slots=True)
class SolubilityPoint:
    """Measured solubility in water: temperature in K, mol of salt per kg of water, the solid it was in contact with."""

    salt: str
    temperature: float
    molality: float
    solid: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the constant of a solid is made.

    Attributes:
        solid, salt: as named. terms: number of coefficients, 1 to 4.
        slope: B that is held where one term is fitted, K: minus the enthalpy of dissolution over R ln 10.
        temperatures: of the points of the table that are taken, K; empty takes those that name the solid.
        transitions: (K, other solid): both dissolve alike there.
        file: name in ``data/reactions`` of the file that keeps the constant.
    """

    solid: str
    salt: str
    terms: int
    slope: float
    temperatures: tuple[float, ...]
    transitions: tuple[tuple[float, str], ...]
    file: str


def load_recipes() -> tuple[Recipe, ...]:
    """All recipes, a solid after those whose transitions it needs.

    Raises:
        ChemistryError: E561 a cell cannot be read.
    """
    return tuple(_recipe(row) for row in datafiles.read_csv(RECIPES))


def load_points(rows: Iterable[Mapping[str, str]] | None = None) -> tuple[SolubilityPoint, ...]:
    """Points with the columns ``salt, t_C, mol_per_kg, solid``; the shipped table if none are given.

    Raises:
        ChemistryError: E561 a cell cannot be read.
    """
    return tuple(_point(row) for row in (datafiles.read_csv(TABLE) if rows is None else rows))


def refit(
    salt: str,
    points: Sequence[SolubilityPoint] | None = None,
    without: Sequence[SolubilityPoint] = (),
) -> dict[str, Four]:
    """log10 K of dissolution of every solid of a salt, fitted to solubility in water.

    With fewer points than terms the last terms are kept as they ship; where points are left out, which those terms may
    have come from, they are zero, and a solid of several terms with one point left has no constant.

    Args:
        salt: such as ``NiSO4``.
        points: measured solubility; the shipped table if not given.
        without: points to leave out.

    Raises:
        ChemistryError: E562 the salt has no recipe or no points.
    """
    known = [one for one in load_recipes() if one.salt == salt]
    table = [one for one in (load_points() if points is None else points) if one.salt == salt]
    if not known or not table:
        salts = sorted({one.salt for one in load_recipes()})
        raise ChemistryError("E562", read=salt, expected=f"a salt with points, one of {', '.join(salts)}")
    kept = [one for one in table if one not in without]
    made: dict[str, Four] = {}
    for recipe in known:
        found = [(one.temperature, one.molality) for one in kept if _belongs(one, recipe)]
        # A solid that no point names stands on its transitions alone.
        own = bool(found) or not any(_belongs(one, recipe) for one in table)
        for temperature, other in recipe.transitions:
            if other in made:
                found.append((temperature, saturated(salt, other, temperature, made[other])))
        if without and len(found) < recipe.terms:
            recipe = replace(recipe, terms=len(found) if len(found) > 1 else 0)
        if own and found and recipe.terms:
            made[recipe.solid] = _fit(recipe, found)
    return made


def fitted_solid(point: SolubilityPoint) -> str:
    """The solid whose constant a point is fitted into; empty if none is."""
    own = [one for one in load_recipes() if one.salt == point.salt and "[" not in one.solid]
    return next((one.solid for one in own if _belongs(point, one)), "")


def row_values(solid: str, fitted: Four) -> Four:
    """A fitted constant as its row in ``data/reactions`` writes it, whose equation may use species that form others."""
    file = next(one.file for one in load_recipes() if one.solid == solid)
    row = next(row for row in datafiles.read_csv(f"{REACTIONS}/{file}.csv") if row["solid"] == solid)
    shipped = load_database().solids[solid].log10_k
    a, b, c, d = (float(row[key]) + new - old for key, new, old in zip(COLUMNS, fitted, shipped, strict=True))
    return a, b, c, d


def with_rows(text: str, fitted: Mapping[str, Four]) -> str:
    """The text of a table of ``data/reactions`` with the constants of fitted solids in place of its own.

    Raises:
        ChemistryError: E565 the table has no row of one of the solids.
    """
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    header = next(csv.reader([lines[start]]))
    missing = set(fitted)
    for i, line in enumerate(lines[start + 1 :], start=start + 1):
        cells = next(csv.reader([line]), [""])
        if cells[0] in fitted:
            missing.discard(cells[0])
            for key, value in zip(COLUMNS, row_values(cells[0], fitted[cells[0]]), strict=True):
                cells[header.index(key)] = f"{value:.7g}" if abs(value) > TINY else "0"
            made = io.StringIO()
            csv.writer(made, lineterminator="").writerow(cells)
            lines[i] = made.getvalue()
    if missing:
        raise ChemistryError("E565", read=", ".join(sorted(missing)), expected="a table that has a row of each")
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=20000)
def log_product(salt: str, solid: str, molality: float, temperature: float) -> float:
    """log10 of the ion activity product of a solid in a solution of its salt in water, mol/kg, at K."""
    index = Solution({salt: molality}, temperature).saturation_index(solid)
    return index + at(load_database().solids[solid].log10_k, temperature)


def saturated(salt: str, solid: str, temperature: float, log10_k: Four) -> float:
    """Mol of salt per kg of water in equilibrium with a solid of the given constant, K.

    Raises:
        ChemistryError: E563 there is none between 1e-7 and 20 mol/kg.
    """
    target = at(log10_k, temperature)

    def excess(ln_m: float) -> float:
        return log_product(salt, solid, exp(ln_m), temperature) - target

    low, high = log(LEAST), log(LEAST)
    below = excess(low)
    while high < log(MOST):
        high = min(high + (3.0 if high < -3.0 else 0.4), log(MOST))
        try:
            value = excess(high)
        except ChemistryError as error:
            if error.code != "E507":
                raise
            break
        if value >= 0.0:
            return exp(bracket_root(excess, (low, below), (high, value), 1e-10)[0][0])
        low, below = high, value
    raise ChemistryError(
        "E563",
        read=f"{solid} at {temperature - ZERO_C:.1f} degC",
        expected=f"saturation between {LEAST:g} and {MOST:g} mol/kg",
    )


def solubility(salt: str, temperature: float, constants: Mapping[str, Four]) -> tuple[str, float]:
    """The stable solid in pure water, the least soluble one, and the solubility, mol of salt per kg of water.

    Empty and infinite if no solid limits it.
    """
    found: list[tuple[float, str]] = []
    for solid, k in constants.items():
        try:
            found.append((saturated(salt, solid, temperature, k), solid))
        except ChemistryError as error:
            if error.code != "E563":
                raise
    molality, solid = min(found, default=(inf, ""))
    return solid, molality


def _fit(recipe: Recipe, points: Sequence[tuple[float, float]]) -> Four:
    """Least squares of log10 K; terms beyond the number of points are those that ship."""
    T = np.array([temperature for temperature, _ in points])
    y = np.array([log_product(recipe.salt, recipe.solid, m, temperature) for temperature, m in points])
    columns = np.column_stack([np.ones_like(T), 1.0 / T - 1.0 / T0, np.log(T / T0), T - T0])
    held = np.array(load_database().solids[recipe.solid].log10_k)
    held[recipe.terms :] = 0.0
    if recipe.terms == 1:
        held[1] = recipe.slope
    fitted = min(recipe.terms, len(points))
    held[:fitted] = np.linalg.lstsq(columns[:, :fitted], y - columns[:, fitted:] @ held[fitted:], rcond=None)[0]
    a, b, c, d = map(float, held)
    return a, b, c, d


def _belongs(point: SolubilityPoint, recipe: Recipe) -> bool:
    if recipe.temperatures:
        return any(abs(point.temperature - one) < SAME for one in recipe.temperatures)
    return point.solid == recipe.solid


def _recipe(row: Mapping[str, str]) -> Recipe:
    try:
        pairs = [one.strip().split(" ", 1) for one in row["transitions"].split(";") if one.strip()]
        return Recipe(
            row["solid"],
            row["salt"],
            int(row["terms"]),
            -1e3 * float(row["enthalpy_kJ"] or 0.0) / (R * LN10),
            tuple(float(one) + ZERO_C for one in row["points_C"].split(";") if one.strip()),
            tuple((float(t) + ZERO_C, other) for t, other in pairs),
            row["file"],
        )
    except (KeyError, ValueError) as error:
        raise ChemistryError("E561", read=str(dict(row)), expected=f"a row as in {RECIPES}") from error


def _point(row: Mapping[str, str]) -> SolubilityPoint:
    try:
        return SolubilityPoint(row["salt"], float(row["t_C"]) + ZERO_C, float(row["mol_per_kg"]), row.get("solid", ""))
    except (KeyError, ValueError) as error:
        raise ChemistryError(
            "E561", read=str(dict(row)), expected="columns salt, t_C, mol_per_kg and solid with numbers"
        ) from error
