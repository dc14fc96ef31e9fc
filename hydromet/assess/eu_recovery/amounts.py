"""Figures as arrays: one value a case of the uncertainty, the stated value first.

Every figure of a file is a quantity with a name, a nominal value and a standard deviation. ``Values`` hands out an
array over the cases for each, so that one pass of the arithmetic gives the rates, their derivatives and distribution.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hydromet.assess.eu_recovery.composition import (
    REAGENT_BORN,
    WHOLE,
    by_convention,
    formula,
    kind_of,
    parts_of,
    rowed,
)
from hydromet.assess.eu_recovery.rules import OTHERS, rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.eu_recovery.case_file import CaseFile
    from hydromet.assess.eu_recovery.chain import Composed
    from hydromet.assess.eu_recovery.fields import Content, Figure
    from hydromet.assess.eu_recovery.lots import BatteryPart, Lot

Array = NDArray[np.float64]
Rows = dict[str, Array]
# A share this near to one is a statement of what something is, not an assay: it has no standard deviation of its own.
_PURE = 0.9999


@dataclass(frozen=True)
class Quantity:
    """One figure of the file.

    Attributes:
        value, sigma: nominal value and standard deviation, kg or kg/kg.
        kind: ``mass``, ``assay``, ``moisture`` or ``bill``. stated: the file gives the standard deviation.
        record: weighing or assay.
    """

    value: float
    sigma: float
    kind: str
    stated: bool
    record: str
    share: bool


@dataclass
class Values:
    """Arrays of the figures; ``met`` collects what was asked for.

    Attributes:
        size: number of cases. drawn: quantity -> array; the nominal value for what is not in it.
    """

    size: int = 1
    drawn: Mapping[str, Array] = field(default_factory=dict)
    met: dict[str, Quantity] = field(default_factory=dict)

    def full(self, value: float = 0.0) -> Array:
        """An array of one value."""
        return np.full(self.size, value)

    def get(self, name: str, figure: Figure, kind: str) -> Array:
        """The array of a figure."""
        default = float(rules().general["default_sigma"][kind])
        share = kind == "moisture" or not getattr(figure, "absolute", kind == "mass")
        sigma = figure.spread(figure.value, default)
        if share and figure.sigma is None:  # what is nearly pure is known better than by the sigma of an assay
            sigma = 0.0 if figure.value >= _PURE else min(sigma, (1.0 - figure.value) / 2.0)
        self.met.setdefault(name, Quantity(figure.value, sigma, kind, figure.sigma is not None, figure.record, share))
        found = self.drawn.get(name)
        return self.full(figure.value) if found is None else found


def nominal_dry(lot: Lot) -> float:
    """Dry mass of a lot as stated, kg: (mass - packaging) x (1 - moisture)."""
    packaging = lot.packaging.value if lot.packaging else 0.0
    return (lot.mass.value - packaging) * (1.0 - (lot.moisture.value if lot.moisture else 0.0))


@dataclass(frozen=True)
class PartContent:
    """One part of a lot.

    Attributes:
        kind: of ``data/regulation/parts.yaml``. rows: element or row -> kg; their sum is the mass of the part.
        scope: metal -> share of it that is active material, collector or salt. counted: is it input at all?
    """

    kind: str
    rows: Rows
    scope: Mapping[str, float]
    counted: bool


@dataclass(frozen=True)
class LotContent:
    """A lot.

    Attributes:
        wet, dry: kg, the packaging taken off. parts: by name.
    """

    wet: Array
    dry: Array
    parts: Mapping[str, PartContent]


def lot_content(file: CaseFile, name: str, values: Values) -> LotContent:
    """Masses of the parts of a lot by element and row."""
    lot, path = file.lots[name], f"lots.{name}"
    wet = values.get(f"{path}.mass", lot.mass, "mass")
    if lot.packaging is not None:
        wet = wet - values.get(f"{path}.packaging", lot.packaging, "mass")
    dry = wet * (1.0 - values.get(f"{path}.moisture", lot.moisture, "moisture")) if lot.moisture else wet
    entries = parts_of(lot)
    kind = "assay" if lot.bill is None else "bill"
    masses = {
        part: _part_mass(f"{path}.parts.{part}", entry, dry, values, kind)
        for part, entry in entries.items()
        if entry.share is not None or entry.mass is not None
    }
    rest = dry - sum(masses.values(), values.full())
    parts = {}
    for part, entry in entries.items():
        of_kind = kind_of(part, entry)
        where = f"{path}.elements" if part == WHOLE else f"{path}.parts.{part}.elements"
        stated = lot.elements if part == WHOLE else entry.elements
        rows = _rows(where, stated, by_convention(part, entry, file.options), masses.get(part, rest), values,
                     str(rules().parts[of_kind]["iron"]))  # fmt: skip
        counted = lot.counted and rules().parts[of_kind]["scope"] != "excluded"
        parts[part] = PartContent(of_kind, rows, _scope(lot, of_kind, entry), counted)
    return LotContent(wet, dry, parts)


def _part_mass(path: str, entry: BatteryPart, dry: Array, values: Values, kind: str) -> Array:
    if entry.mass is not None:
        return values.get(f"{path}.mass", entry.mass, "mass")
    assert entry.share is not None  # noqa: S101  # the caller asks only for parts with one of the two
    found = values.get(f"{path}.share", entry.share, kind)
    return found if entry.share.absolute else found * dry


def _rows(
    path: str,
    stated: Mapping[str, Content],
    convention: Mapping[str, float] | None,
    mass: Array,
    values: Values,
    iron: str,
) -> Rows:
    """Element or row -> kg; what is left of the mass is ``Others``."""
    if not stated:
        return {row: share * mass for row, share in (convention or {OTHERS: 1.0}).items()}
    found: Rows = {}
    for element, content in stated.items():
        row = iron if element == "Fe" else element
        found[row] = found.get(row, 0.0) + _content(f"{path}.{element}", content, mass, values)
    found[OTHERS] = found.get(OTHERS, 0.0) + mass - sum(found.values(), values.full())
    return found


def _content(path: str, content: Content, mass: Array, values: Values) -> Array:
    found = values.get(path, content, "assay")
    return found if content.absolute else found * mass


def _scope(lot: Lot, kind: str, entry: BatteryPart) -> dict[str, float]:
    """Metal -> share in the scope of the recovery; any component of a lead-acid battery counts for lead."""
    whole = rules().parts[kind]["scope"] == "recovery"
    found = {metal: float(whole) for metal in rules().general["metals"]}
    stated = {metal: share for metal, share in (entry.scope or {}).items() if metal in found}
    return {**found, "Pb": 0.0, **stated, **({"Pb": 1.0} if lot.family == "lead_acid" else {})}


def dry_mass(path: str, fraction: Composed, values: Values) -> Array | None:
    """Dry mass of a weighed fraction, kg; None if it is given by masses of elements only."""
    if fraction.mass is None:
        return None
    mass = values.get(f"{path}.mass", fraction.mass, "mass")
    if fraction.moisture is None:
        return mass
    return mass * (1.0 - values.get(f"{path}.moisture", fraction.moisture, "moisture"))


def fraction_rows(path: str, fraction: Composed, values: Values) -> tuple[Rows, dict[str, float]]:
    """Content of a weighed fraction.

    Returns:
        element or row -> kg (``Fe`` and ``Others`` as stated), and element -> share that came with reagents.
    """
    mass = dry_mass(path, fraction, values)
    none = values.full()
    found = {
        row: _content(f"{path}.elements.{row}", content, none if mass is None else mass, values)
        for row, content in fraction.elements.items()
    }
    born: dict[str, float] = {}
    if fraction.compound is not None and mass is not None:
        pure = mass if fraction.purity is None else _content(f"{path}.purity", fraction.purity, mass, values)
        for row, share in rowed(formula(fraction.compound), "Fe").items():
            found.setdefault(row, share * pure)
            if row in REAGENT_BORN:
                born[row] = 1.0
    for row, figure in fraction.reagent_born.items():
        held = float(found[row][0]) if row in found else 0.0
        born[row] = figure.value if not figure.absolute else min(1.0, figure.value / held) if held > 0.0 else 0.0
    return found, born
