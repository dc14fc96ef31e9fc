"""Solubility products of salts from measured solubility in water, with the activity coefficients of the engine.

At saturation ``log10 K`` is the ion activity product of the measured solution, water of the hydrate included, so a
product fitted this way belongs to the Pitzer set it was fitted with. ``data/solubility/fits.csv`` says which points and
which transition temperatures make each constant and with how many terms of ``A + B (1/T - 1/T0) + C ln(T/T0) +
D (T - T0)``; ``data/solubility/calorimetry.csv`` has the enthalpies and heat capacities of dissolution that hold its
slope. The least squares is that of ``joint_fit``.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from math import exp, inf, log
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.database import REACTIONS, load_database
from hydromet.chemistry.fits.joint_fit import (
    LEAST,
    MOST,
    Calorimetry,
    Known,
    Part,
    Transition,
    fit_together,
    log_product,
)
from hydromet.chemistry.records import Four, at
from hydromet.chemistry.root import bracket_root
from hydromet.errors import ChemistryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RECIPES = "data/solubility/fits.csv"
CALORIMETRY = "data/solubility/calorimetry.csv"
TABLE = "data/literature/solubility_in_water.csv"
ZERO_C = 273.15
# Columns of a constant, and what is nothing in them.
COLUMNS = ("logK_25C", "B_K", "C", "D_per_K")
TINY = 1e-9
# How near the temperature of a point must be named.
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
        temperatures: of the points of the table that are taken, K; empty takes those that name the solid.
        sd: relative standard deviation of a measured solubility.
        transitions: where the solid dissolves as another does.
        file: name in ``data/reactions`` of the file that keeps the constant.
    """

    solid: str
    salt: str
    terms: int
    temperatures: tuple[float, ...]
    sd: float
    transitions: tuple[Transition, ...]
    file: str


def load_recipes() -> tuple[Recipe, ...]:
    """All recipes, a solid after those whose transitions it needs.

    Raises:
        ChemistryError: E561 a cell cannot be read.
    """
    return tuple(_recipe(row) for row in datafiles.read_csv(RECIPES))


def load_calorimetry() -> dict[str, Calorimetry]:
    """Heats of dissolution by solid.

    Raises:
        ChemistryError: E561 a cell cannot be read.
    """
    return {row["solid"]: _calorimetry(row) for row in datafiles.read_csv(CALORIMETRY)}


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
    """log10 K of dissolution of every solid of a salt, fitted to solubility in water, transitions and calorimetry.

    A solid has as many terms as it has points, transitions and values of calorimetry, at most those of its recipe; the
    rest are kept as they ship, or zero where points are left out, which they may have come from. A solid whose last
    point is left out stands on transitions and calorimetry. Forms of a solid in brackets, such as ``[alpha]``, are
    fitted after the rest and leave it as it is.

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
    heats = load_calorimetry()
    made: dict[str, Four] = {}
    for form in (False, True):
        parts = _parts([one for one in known if ("[" in one.solid) is form], kept, heats, set(made), whole=not without)
        if parts:
            made |= fit_together(salt, parts, made)
    return made


def _parts(
    recipes: Sequence[Recipe],
    points: Sequence[SolubilityPoint],
    heats: Mapping[str, Calorimetry],
    made: set[str],
    *,
    whole: bool,
) -> list[Part]:
    """What there is to fit: a solid without a point or a transition to one that is fitted is left out."""
    shipped = load_database().solids
    own = {
        one.solid: tuple((point.temperature, point.molality) for point in points if _belongs(point, one))
        for one in recipes
    }
    there = made | {solid for solid, found in own.items() if found}
    linked = [(one.solid, link.other) for one in recipes for link in one.transitions]
    for _ in linked:
        there |= {solid for pair in linked for solid in pair if set(pair) & there and solid in {*own, *made}}
    parts: list[Part] = []
    for one in recipes:
        links = tuple(link for link in one.transitions if link.other in there)
        count = len(own[one.solid]) + sum(one.solid in pair and set(pair) <= there for pair in linked)
        count += 2 * (one.solid in heats)
        if one.solid in there and count:
            made_of = own[one.solid], one.sd, links, heats.get(one.solid)
            held = shipped[one.solid].log10_k if whole and count < one.terms else (0.0, 0.0, 0.0, 0.0)
            parts.append(Part(one.solid, min(one.terms, count), *made_of, held))
    return parts


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


def _belongs(point: SolubilityPoint, recipe: Recipe) -> bool:
    if recipe.temperatures:
        return any(abs(point.temperature - one) < SAME for one in recipe.temperatures)
    return point.solid == recipe.solid


def _recipe(row: Mapping[str, str]) -> Recipe:
    try:
        links = [one.split() for one in row["transitions"].split(";") if one.strip()]
        return Recipe(
            row["solid"],
            row["salt"],
            int(row["terms"]),
            tuple(float(one) + ZERO_C for one in row["points_C"].split(";") if one.strip()),
            1e-2 * float(row["points_sd_percent"]),
            tuple(Transition(Known(float(t) + ZERO_C, float(sd)), other) for t, sd, other in links),
            row["file"],
        )
    except (KeyError, ValueError) as error:
        raise ChemistryError("E561", read=str(dict(row)), expected=f"a row as in {RECIPES}") from error


def _calorimetry(row: Mapping[str, str]) -> Calorimetry:
    try:
        return Calorimetry(
            Known(1e3 * float(row["enthalpy_kJ"]), 1e3 * float(row["enthalpy_sd_kJ"])),
            Known(float(row["heat_capacity_J_K"]), float(row["heat_capacity_sd_J_K"])),
        )
    except (KeyError, ValueError) as error:
        raise ChemistryError("E561", read=str(dict(row)), expected=f"a row as in {CALORIMETRY}") from error


def _point(row: Mapping[str, str]) -> SolubilityPoint:
    try:
        return SolubilityPoint(row["salt"], float(row["t_C"]) + ZERO_C, float(row["mol_per_kg"]), row.get("solid", ""))
    except (KeyError, ValueError) as error:
        raise ChemistryError(
            "E561", read=str(dict(row)), expected="columns salt, t_C, mol_per_kg and solid with numbers"
        ) from error
