"""What the parts of the footprint hand to each other: factors, activities, outputs, contributions.

One inventory, reckoned once; every approach and every allocation reads the same rows:

    inventory (activities, outputs) x factors -> contributions -> shares (allocation) -> figures per product

Amounts are per *reference* of the inventory: an hour of a solved plant, a period or a batch of a case file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

# climate: kg CO2e (GWP100); water: m3 taken from nature and not given back; energy: MJ of primary energy (CED).
Indicator = Literal["climate", "water", "energy"]
INDICATORS: tuple[Indicator, ...] = ("climate", "water", "energy")
UNITS: Mapping[Indicator, str] = {"climate": "kgCO2e", "water": "m3", "energy": "MJ"}

Kind = Literal[
    "upstream",  # burden the feed brings: collection, discharge, shredding, a supplier's declared footprint
    "reagent", "solvent", "water", "electricity", "heat", "fuel",
    "process",  # gas that the chemistry itself gives off: carbonates, graphite, organics
    "transport", "effluent", "waste", "packaging",
]  # fmt: skip
# Life-cycle stages in the terms of ISO 14067 and of the METI method for automotive batteries.
Stage = Literal["raw_material", "production", "distribution", "end_of_life"]


@dataclass(frozen=True)
class Factor:
    """One row of a factor book: what one unit of an activity brings under one indicator.

    Attributes:
        id: name in the book, ``chem.h2so4``.
        indicator: what the value measures.
        value: per ``per``, in the unit of the indicator; below zero is a credit and is refused outside substitution.
        per: unit of the activity: ``kg``, ``kWh``, ``MJ``, ``t.km``, ``m3`` or ``t``.
        title: in words.
        geography: ISO code, supply area, or ``GLO``.
        year: of the data; ``-`` where the source gives none.
        scope: ``cradle-to-gate``, ``combustion`` and so on.
        gwp: characterisation, ``AR6 GWP100``; empty for water and energy.
        source: bibliography key; ``locator``: where in it; ``licence``: of the source.
        grade: measured, fitted, estimated or recalled, as everywhere in data/.
        verified: yes, derived, partly or no.
        deviation: geometric standard deviation, 1 or more.
        proxy: a stand-in for something else, flagged in every report that uses it.
        quality: data-quality ratings, 1 (best) to 5: technological, geographical, time.
        book: id of the book, with its version.
        note: what to know before using it.
    """

    id: str
    indicator: Indicator
    value: float
    per: str
    title: str
    geography: str
    year: str
    scope: str
    gwp: str
    source: str
    locator: str
    licence: str
    grade: str
    verified: str
    deviation: float
    proxy: bool
    quality: tuple[float, float, float]
    book: str
    note: str = ""


@dataclass(frozen=True)
class Activity:
    """One line of the inventory: so much of something, taken or given off at one place.

    Attributes:
        id: unique and stable, ``leach/sulfuric_acid``.
        kind: what it is; ``stage``: the life-cycle stage it is reported under.
        unit: unit operation it belongs to; empty for the plant as a whole.
        flow: what flows, as the scenario names it: ``sulfuric_acid``, ``electricity``, ``steam``.
        amount: per reference, in ``per``; on the basis of the factor (100 % H2SO4, not the acid as delivered).
        per: unit of the amount, as in ``Factor.per``.
        factor: id of the factor; the same for every indicator.
        path: where the figure stands: a key of result.json, or file:line of a case file.
        basis: how the amount was found, in a few words.
        primary: the amount is this plant's own (solved or metered), not a default.
        deviation: geometric standard deviation of the amount, 1 or more.
        serves: product -> weight, for the subdivision; empty: all products, by the plant's common key.
    """

    id: str
    kind: Kind
    stage: Stage
    unit: str
    flow: str
    amount: float
    per: str
    factor: str
    path: str
    basis: str = ""
    primary: bool = True
    deviation: float = 1.0
    serves: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """One thing that leaves the plant for a use.

    Attributes:
        name: as the flowsheet calls it.
        kind: ``products`` or ``by_products``.
        mass: per reference, kg as sold.
        metals: element -> kg per reference, of the metals that count.
        price: per kg as sold, in one currency for all outputs; None if not stated.
        compound: species id of the salt, if it is one.
        allocated: it carries a share of the burden.
        credit: factor of the primary product it stands in for, for the avoided burden; empty: none.
        path: where its mass stands.
    """

    name: str
    kind: str
    mass: float
    metals: Mapping[str, float]
    price: float | None = None
    compound: str | None = None
    allocated: bool = True
    credit: str = ""
    path: str = ""


@dataclass(frozen=True)
class Inventory:
    """All activities and outputs of one reference.

    Attributes:
        reference: what the amounts are per: ``1 h of operation``, ``2025-04-01 to 2026-03-31``.
        feed: dry mass of the feed per reference, kg.
        activities, outputs: in the order of the flowsheet.
        mass_in: total mass taken per reference, kg, water left out; for the completeness check.
        excluded: flow -> (kg per reference, reason): left out on purpose.
        doubts: code and text of what is in by a figure that is known to be too low.
    """

    reference: str
    feed: float
    activities: tuple[Activity, ...]
    outputs: tuple[Output, ...]
    mass_in: float
    excluded: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    doubts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Contribution:
    """What one activity brings under one indicator.

    Attributes:
        activity, factor: the two rows it comes from.
        value: ``activity.amount * factor.value``, in the unit of the indicator per reference.
    """

    activity: Activity
    factor: Factor

    @property
    def value(self) -> float:
        """Amount times factor, in the unit of the indicator per reference."""
        return self.activity.amount * self.factor.value
