"""What a stream of known composition is made of: labelled shares in, moles of basis species out.

A reagent file (``data/reagents``) and a ``composition`` in a flowsheet go the same way: shares of formulas on a stated
basis, a rest, a check of the sum, a check of the charge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hydromet.datafiles import find, names
from hydromet.errors import FlowsheetError, UserError
from hydromet.flowsheet.components import dissolved
from hydromet.quantity import parse
from hydromet.source import Document, load, nearest
from hydromet.species import WATER, atomic_mass, species
from hydromet.stream import Stream
from hydromet.units.fields import FROM_FILE, MassFraction
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hydromet.chemistry import Chemistry

FOLDER = "data/reagents"
FORMAT = "reagent"
NEWEST = 1

Basis = Literal["mass", "mole", "molality", "volume"]
Grade = Literal["measured", "fitted", "estimated", "recalled"]

# Labels are rounded: a sum this close to one is scaled to one, anything farther away is a mistake.
_SUM = 1e-3
# Charge that remains, relative to the charge of one sign, is round-off below this.
_NEUTRAL = 1e-9
_LITRE = 1e-3
_DENSITY_STEPS = 30
_DIMENSIONS: dict[str, tuple[str, ...]] = {
    "mass": ("mass fraction",),
    "mole": ("mole fraction",),
    "molality": ("molality",),
    "volume": ("mass concentration", "molar concentration"),
}


class Component(BaseModel):
    """One line of a reagent: a formula and its share of the mass as delivered.

    ``element`` says that the share is that of one element of the formula, as labels give impurities (``Fe 20 mg/kg``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    species: str = Field(examples=["NaCl"])
    share: MassFraction
    element: str = ""
    source: str
    grade: Grade

    def mass_fraction(self) -> float:
        """Share of the whole formula, kg/kg.

        Raises:
            FlowsheetError: E455, the element is not in the formula.
        """
        if not self.element:
            return self.share
        found = species(self.species)
        count = found.elements.get(self.element, 0.0)
        if not count:
            raise FlowsheetError("E455", read=f"{self.element} in {self.species}", expected="an element of the formula")
        return self.share * found.molar_mass / (count * atomic_mass(self.element))


class Reagent(BaseModel):
    """A reagent or water as delivered: components with source and grade, and what makes up the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    reagent: int = NEWEST
    title: str | dict[str, str]
    note: str = ""
    components: tuple[Component, ...]
    rest: Annotated[str, Field(description="formula of the rest", examples=["H2O"])]

    def shares(self) -> dict[str, float]:
        """Formula -> kg/kg as delivered; sums to 1.

        Raises:
            FlowsheetError: E450, the components sum to more than one.
        """
        found: dict[str, float] = {}
        for item in self.components:
            found[item.species] = found.get(item.species, 0.0) + item.mass_fraction()
        total = sum(found.values())
        if total > 1.0 + _SUM:
            raise FlowsheetError("E450", read=f"components of {100 * total:.5g} wt%", expected="at most 100 wt%")
        if total < 1.0:
            found[self.rest] = found.get(self.rest, 0.0) + 1.0 - total
        return found


def load_reagent(name: str, folder: Path | None = None) -> tuple[Reagent, Document]:
    """A shipped reagent by its name, or a file of the user's by its path (ending in ``.yaml``).

    Raises:
        FlowsheetError: E457, no such reagent; the message offers the nearest.
    """
    if name.endswith(".yaml"):
        document = load(folder / name if folder else name, name=name)
    else:
        known = names(FOLDER, ".yaml")
        if name not in known:
            near = nearest(name, known) or known
            write = f"reagent: {near[0]}"
            raise FlowsheetError("E457", read=name, expected=f"one of {', '.join(near)}", write=write)
        document = load(find(f"{FOLDER}/{name}.yaml"), name=f"{FOLDER}/{name}.yaml")
    document.version(FORMAT, NEWEST)
    return validate(document, Reagent, context=FROM_FILE), document


@dataclass(frozen=True)
class Amounts:
    """A composition as written, in numbers: ``value`` of each formula in the SI unit of ``dimension``."""

    values: Mapping[str, tuple[float, str]]
    basis: Basis
    rest: str = ""
    charge_by: str = ""


def read_amounts(written: Mapping[str, Any], basis: Basis, rest: str = "", charge_by: str = "") -> Amounts:
    """Numbers of a composition.

    Raises:
        QuantityError: a share without a unit, or not of the stated basis.
    """
    values: dict[str, tuple[float, str]] = {}
    for formula, text in written.items():
        allowed = _DIMENSIONS[basis]
        for dimension in allowed:
            try:
                values[formula] = (parse(text, dimension), dimension)
                break
            except UserError:
                if dimension == allowed[-1]:
                    raise
        if values[formula][0] < 0.0:
            raise FlowsheetError("E450", read=f"{formula}: {text}", expected="a share of zero or more")
    return Amounts(values, basis, rest, charge_by)


def from_masses(shares: Mapping[str, float]) -> dict[str, float]:
    """Moles of basis species in one kg of a mix of formulas given as kg/kg."""
    return dissolved({formula: share / species(formula).molar_mass for formula, share in shares.items()})


def from_amounts(amounts: Amounts, chemistry: Chemistry | None, temperature: float) -> dict[str, float]:
    """Moles of basis species in an unspecified quantity of a composition.

    Raises:
        FlowsheetError: E450 it does not sum to one, E451 it is not electroneutral, E460 a volume basis without
            anything to take the density from.
    """
    found = neutral(dissolved(_written(amounts)), amounts.charge_by)
    return _with_water(found, chemistry, temperature) if amounts.basis == "volume" else found


def contained(amounts: Amounts, moles: Mapping[str, float]) -> dict[str, float]:
    """Formula -> kg/kg of a composition as written; the ion that balances charge and water of a litre are left out.

    Args:
        amounts: as written.
        moles: the composition of ``from_amounts``, basis species -> mol.
    """
    mass = sum(count * species(name).molar_mass for name, count in moles.items())
    return {formula: count * species(formula).molar_mass / mass for formula, count in _written(amounts).items()}


def _written(amounts: Amounts) -> dict[str, float]:
    """Moles of the formulas as written, in the same quantity as ``from_amounts``."""
    if amounts.basis == "mass":
        given = {formula: value / species(formula).molar_mass for formula, (value, _) in amounts.values.items()}
        return _completed(amounts, given, lambda formula: species(formula).molar_mass)
    if amounts.basis == "mole":
        return _completed(amounts, {formula: value for formula, (value, _) in amounts.values.items()}, lambda _: 1.0)
    if amounts.basis == "volume":
        return {formula: _per_litre(formula, *pair) for formula, pair in amounts.values.items()}
    moles = {formula: value for formula, (value, _) in amounts.values.items()}
    moles[WATER] = moles.get(WATER, 0.0) + 1.0 / species(WATER).molar_mass
    return moles


def _per_litre(formula: str, value: float, dimension: str) -> float:
    molar_mass = species(formula).molar_mass if dimension == "mass concentration" else 1.0
    return value * _LITRE / molar_mass


def _completed(amounts: Amounts, moles: dict[str, float], weight: Any) -> dict[str, float]:
    """The rest added and the sum checked; ``weight`` turns moles into shares."""
    total = sum(count * weight(formula) for formula, count in moles.items())
    read = f"shares that sum to {100 * total:.6g} % ({amounts.basis} basis)"
    if total > 1.0 + _SUM:
        raise FlowsheetError("E450", read=read, expected=f"100 %, that is {100 * (total - 1.0):.3g} % less")
    if amounts.rest:
        left = max(0.0, 1.0 - total)
        return {**moles, amounts.rest: moles.get(amounts.rest, 0.0) + left / weight(amounts.rest)}
    if total < 1.0 - _SUM:
        expected = f"100 %, that is {100 * (1.0 - total):.3g} % more, or a rest"
        raise FlowsheetError("E450", read=read, expected=expected, write=f"rest: {WATER}")
    return {formula: count / total for formula, count in moles.items()}


def neutral(moles: dict[str, float], charge_by: str = "") -> dict[str, float]:
    """The same composition without net charge.

    Args:
        moles: basis species -> mol.
        charge_by: ion that makes up the difference, if any.

    Raises:
        FlowsheetError: E451, with the excess in equivalents per kg.
    """
    charges = {name: count * species(name).charge for name, count in moles.items()}
    excess = sum(charges.values())
    positive = sum(value for value in charges.values() if value > 0.0)
    if abs(excess) <= _NEUTRAL * max(positive, positive - excess):
        return moles
    ion = species(charge_by) if charge_by else None
    if ion is not None and ion.charge:
        amount = moles.get(ion.id, 0.0) - excess / ion.charge
        if amount >= 0.0:
            return {**moles, ion.id: amount}
    mass = sum(count * species(name).molar_mass for name, count in moles.items())
    sign, helper = ("positive", "SO4-2") if excess > 0.0 else ("negative", "Na+")
    raise FlowsheetError(
        "E451",
        read=f"an excess of {abs(excess) / mass:.4g} eq/kg of {sign} charge ({100 * abs(excess) / positive:.3g} %)"
        if positive
        else f"an excess of {abs(excess) / mass:.4g} eq/kg of {sign} charge",
        expected="an electroneutral composition, or the ion that makes it so",
        write=f"charge_by: {helper}",
    )


def _with_water(moles: dict[str, float], chemistry: Chemistry | None, temperature: float) -> dict[str, float]:
    """Solutes of one litre with the water that makes it a litre."""
    if chemistry is None:
        expected = "basis: mass, mole or molality, where no density is needed"
        raise FlowsheetError("E460", read="basis: volume", expected=expected, write="basis: mass")
    density_of_water, molar_mass = 997.0, species(WATER).molar_mass
    water = max(_LITRE * density_of_water / molar_mass + moles.get(WATER, 0.0), 1.0)
    for _ in range(_DENSITY_STEPS):
        volume = chemistry.volume(Stream({**moles, WATER: water}, temperature))
        step = (_LITRE - volume) * density_of_water / molar_mass
        water += step
        if abs(step) < 1e-12 * water:
            break
    if water <= 0.0:
        raise FlowsheetError("E450", read="solutes that fill more than the litre", expected="room for water")
    return {**moles, WATER: water}
