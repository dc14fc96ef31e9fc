"""The aqueous engine compared with measured tables: every table of ``data/literature`` that has the columns below.

Columns: ``system`` (what the row is counted with), ``temperature_C``, ``composition`` (``salt=molality; salt=molality``
in mol per kg of water; empty for water), ``quantity``, ``value``, ``source``, ``grade``, and ``role``: ``independent``,
or ``in-sample`` where parameters of the engine were fitted to the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.chemistry.fits.refit import ZERO_C, fitted_solid, load_points, load_recipes, refit
from hydromet.chemistry.fits.refit import solubility as solubility_of
from hydromet.chemistry.solubility import saturate
from hydromet.chemistry.solutions.solution import Solution
from hydromet.errors import ChemistryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.fits.refit import SolubilityPoint
    from hydromet.chemistry.records import Four

FOLDER = "data/literature"
COLUMNS = ("system", "temperature_C", "composition", "quantity", "value", "source", "grade")
IN_SAMPLE = "in-sample"
# Quantities whose error is a difference, not a share of the value.
ABSOLUTE = ("pH", "share of ")


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of a table: temperature in K, composition in mol per kg of water."""

    system: str
    temperature: float
    composition: Mapping[str, float]
    quantity: str
    value: float
    source: str
    grade: str
    in_sample: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A measured row with what the engine gives; ``error`` is relative, or the difference of a pH or a share."""

    row: Measured
    engine: float

    @property
    def error(self) -> float:
        """Engine minus measured, over measured unless the quantity is of those compared by difference."""
        if self.row.quantity.startswith(ABSOLUTE):
            return self.engine - self.row.value
        return self.engine / self.row.value - 1.0


@dataclass(frozen=True, slots=True)
class FitError:
    """Solubility of a salt at one temperature, mol/kg: measured, fitted, and with data left out of a real refit.

    Attributes:
        salt, temperature, measured: as in the table; K.
        fitted: with all points. point_out: with this point left out. temperature_out: with every point of any salt's
            solid at this temperature left out; None where the solid then has no constant.
        points: points of the solid that the refit has left; without any it rests on transitions and calorimetry.
    """

    salt: str
    temperature: float
    measured: float
    fitted: float
    point_out: float | None
    temperature_out: float | None
    points: int


def load_measured() -> tuple[Measured, ...]:
    """All rows of all tables with the columns of this module.

    Raises:
        ChemistryError: E564 a row cannot be read.
    """
    found: list[Measured] = []
    for name in datafiles.names(FOLDER, ".csv"):
        rows = datafiles.read_csv(f"{FOLDER}/{name}.csv")
        if rows and set(COLUMNS) <= set(rows[0]):
            found.extend(_measured(row) for row in rows)
    return tuple(found)


def compare_tables(rows: Sequence[Measured] | None = None) -> tuple[Compared, ...]:
    """The engine at every measured row."""
    return tuple(Compared(row, engine_value(row)) for row in (load_measured() if rows is None else rows))


def engine_value(row: Measured) -> float:
    """What the engine gives for a row.

    Quantities: ``osmotic`` (stoichiometric), ``water activity``, ``pH``, ``activity`` (mean activity coefficient of
    the salt ``system``), ``activity to 0.1`` (its ratio to that at 0.1 mol/kg), ``share of X`` (molality of an ion over
    the total of the salt ``system``), ``solubility of X`` (mol of the salt or solid X dissolved in the composition,
    per kg of the water of the saturated solution).

    Raises:
        ChemistryError: E564 a quantity that is none of these.
    """
    solution = Solution(row.composition, row.temperature)
    quantity = row.quantity
    if quantity == "osmotic":
        return solution.osmotic_coefficient
    if quantity == "water activity":
        return solution.water_activity
    if quantity == "pH":
        return solution.pH
    if quantity in ("activity", "activity to 0.1"):
        value = solution.mean_activity_coefficient(row.system)
        if quantity == "activity":
            return value
        return value / Solution({row.system: 0.1}, row.temperature).mean_activity_coefficient(row.system)
    if quantity.startswith("share of "):
        return solution.molality(quantity.removeprefix("share of ")) / row.composition[row.system]
    if quantity.startswith("solubility of "):
        return saturate(solution, quantity.removeprefix("solubility of ")).salt
    raise ChemistryError("E564", read=f"quantity {quantity}", expected="one as osmotic, pH, solubility of CaSO4")


def solubility_errors(salts: Sequence[str] | None = None) -> tuple[FitError, ...]:
    """In-sample and left-out errors of the salts whose solubility products are fitted to solubility in water."""
    table = load_points()
    known = list(dict.fromkeys(one.salt for one in load_recipes()))
    found: list[FitError] = []
    for salt in known if salts is None else salts:
        own = [one for one in table if one.salt == salt]
        plain = _plain(refit(salt, table)) if own else {}
        found.extend(_fit_error(salt, point, table, plain) for point in own)
    return tuple(found)


def _fit_error(
    salt: str, point: SolubilityPoint, table: Sequence[SolubilityPoint], plain: Mapping[str, Four]
) -> FitError:
    solid = fitted_solid(point)
    here = [one for one in table if one.salt == salt]
    left = sum(fitted_solid(one) == solid for one in here) - 1
    point_out = temperature_out = None
    again = refit(salt, table, without=[point])
    if solid in again:
        point_out = solubility_of(salt, point.temperature, {solid: again[solid]})[1]
        again = _plain(refit(salt, table, without=[one for one in here if one.temperature == point.temperature]))
        temperature_out = solubility_of(salt, point.temperature, again)[1]
    fitted = solubility_of(salt, point.temperature, plain)[1]
    return FitError(salt, point.temperature, point.molality, fitted, point_out, temperature_out, left)


def _plain(constants: Mapping[str, Four]) -> dict[str, Four]:
    """Without forms of a solid that stand beside it, such as the alpha form."""
    return {solid: value for solid, value in constants.items() if "[" not in solid}


def _measured(row: Mapping[str, str]) -> Measured:
    try:
        parts = [one.split("=") for one in row["composition"].split(";") if one.strip()]
        return Measured(
            row["system"],
            float(row["temperature_C"]) + ZERO_C,
            {salt.strip(): float(amount) for salt, amount in parts},
            row["quantity"],
            float(row["value"]),
            row["source"],
            row["grade"],
            row.get("role", "") == IN_SAMPLE,
        )
    except ValueError as error:
        expected = "composition salt=molality; salt=molality"
        raise ChemistryError("E564", read=str(dict(row)), expected=expected) from error
