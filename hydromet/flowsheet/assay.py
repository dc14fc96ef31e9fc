"""The assay file of a solid feed, and what a reconciliation makes of it.

An assay states mass fractions of elements, each with a standard deviation; carbon and fluorine are totals, moisture
comes on top. ``hydromet.flowsheet.reconcile`` turns it into phases; ``docs/explanations/feed-from-assay.md`` has the
reasons.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hydromet.errors import FlowsheetError
from hydromet.flowsheet.phases import content
from hydromet.quantity import parse
from hydromet.source import Document, load
from hydromet.species import atomic_mass
from hydromet.units.fields import FROM_FILE, Length, MassFraction
from hydromet.validation import validate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hydromet.units.base import Notice

FORMAT = "assay"
NEWEST = 1

# Half a detection limit, with the same standard deviation: the usual stand-in for "not found".
_BELOW = 0.5

Grade = Literal["measured", "fitted", "estimated", "recalled"]


@dataclass(frozen=True)
class Sigma:
    """A standard deviation: kg/kg, or a share of the value where ``relative``."""

    size: float
    relative: bool = False

    def of(self, value: float) -> float:
        """The standard deviation of ``value``, kg/kg."""
        return self.size * value if self.relative else self.size


_RELATIVE = re.compile(r"\s*(?P<share>.+?)\s*(of (the )?value|relative|rel\.?)\s*\Z")


def _sigma(text: Any) -> Sigma:
    if isinstance(text, Sigma):
        return text
    relative = _RELATIVE.match(text) if isinstance(text, str) else None
    size = parse(relative["share"], "fraction") if relative else parse(text, "mass fraction")
    if not size > 0.0:
        raise FlowsheetError("E456", read=str(text), expected="a sigma above zero", write="sigma: 2 % of value")
    return Sigma(size, bool(relative))


Spread = Annotated[Sigma, BeforeValidator(_sigma), Field(examples=["0.3 wt%", "2 % of value"])]


class _Base(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)


class Measured(_Base):
    """One element of an assay, or a share known from elsewhere.

    Exactly one of ``value``, ``below`` (a detection limit: taken as half of it, with that standard deviation) and
    ``by_difference`` (oxygen only: one less everything else).
    """

    value: MassFraction | None = None
    below: MassFraction | None = None
    by_difference: bool = False
    sigma: Spread | None = None
    method: str = ""
    source: str = ""
    grade: Grade | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.value is not None) + (self.below is not None) + self.by_difference
        if ways != 1:
            raise FlowsheetError(
                "E456",
                read=f"{ways} of value, below, by_difference",
                expected="exactly one of them",
                write="{value: 18.6 wt%, sigma: 2 % of value}",
            )
        if self.below is None and self.sigma is None:
            raise FlowsheetError(
                "E456",
                read="no sigma",
                expected="the standard deviation of the analysis",
                write="{value: 18.6 wt%, sigma: 2 % of value}",
            )
        if self.value == 0.0 and self.sigma is not None and self.sigma.relative:
            raise FlowsheetError(
                "E456", read="a share of zero as sigma", expected="a detection limit", write="{below: 10 mg/kg}"
            )
        return self

    def written(self) -> str:
        """The number as the assay has it, kg/kg."""
        if self.by_difference:
            return "by difference"
        return f"{self.value:.6g}" if self.value is not None else f"< {self.below:.3g}"

    def numbers(self) -> tuple[float, float]:
        """Value and standard deviation, kg/kg; not for ``by_difference``."""
        if self.below is not None:
            return _BELOW * self.below, _BELOW * self.below
        value = self.value or 0.0
        return value, self.sigma.of(value) if self.sigma else 0.0


class Moisture(_Base):
    """Water on top of the dry feed: ``of: wet mass`` (loss on drying) or ``of: dry mass``."""

    value: MassFraction
    of: Literal["wet mass", "dry mass"]
    source: str = ""
    grade: Grade | None = None

    @model_validator(mode="after")
    def _some_solid(self) -> Self:
        if self.of == "wet mass" and self.value >= 1.0:
            raise FlowsheetError("E458", read="only moisture", expected="less than 100 wt%", write="value: 2 wt%")
        return self

    def on_dry(self) -> float:
        """Water per dry feed, kg/kg."""
        return self.value / (1.0 - self.value) if self.of == "wet mass" else self.value


class SizeClass(_Base):
    """One class of a particle size distribution: a diameter and its share of the mass."""

    diameter: Length
    share: MassFraction


class Assay(_Base):
    """A laboratory assay with the chemistries it is explained by; ``load_assay`` reads one from a file.

    Attributes:
        basis: ``dry``, or ``as received`` (moisture included in the mass the shares refer to).
        elements: symbol -> measured share; carbon and fluorine are totals; oxygen usually by difference.
        chemistries: names of the library, own ``mixtures``, or solids such as ``Li2CO3(s)``.
        known: chemistry -> share known from elsewhere (binder by thermogravimetry, for example).
        carriers: element -> solid that carries it, where the library's choice is not wanted.
        mixtures: name -> solids in a molar ratio.
    """

    assay: int = NEWEST
    title: str | dict[str, str] = ""
    source: str = ""
    grade: Grade = "measured"
    basis: Literal["dry", "as received"]
    moisture: Moisture
    elements: dict[str, Measured]
    chemistries: tuple[str, ...]
    known: dict[str, Measured] = Field(default_factory=dict)
    carriers: dict[str, str] = Field(default_factory=dict)
    mixtures: dict[str, dict[str, float]] = Field(default_factory=dict)
    sizes: tuple[SizeClass, ...] = ()

    @model_validator(mode="after")
    def _oxygen(self) -> Self:
        if "O" not in self.elements:
            raise FlowsheetError(
                "E456",
                read="no oxygen",
                expected="oxygen, measured or by difference",
                write="O: {by_difference: true, sigma: 1 wt%}",
            )
        for symbol, item in self.elements.items():
            atomic_mass(symbol)
            if item.by_difference and symbol != "O":
                raise FlowsheetError(
                    "E456",
                    read=f"{symbol} by difference",
                    expected="oxygen only by difference",
                    write=f"{symbol}: {{value: 1 wt%, sigma: 5 % of value}}",
                )
        if self.sizes and abs(sum(item.share for item in self.sizes) - 1.0) > 1e-6:
            raise FlowsheetError("E450", read="sizes that do not sum to 1", expected="shares that sum to 100 wt%")
        return self


@dataclass(frozen=True)
class Adjustment:
    """What the reconciliation did to one number of the assay; kg per kg of dry feed.

    Attributes:
        name: element symbol, or the chemistry of a known share.
        measured, sigma: as in the assay, on a dry basis.
        reconciled: as fed to the plant.
        basis: ``measured``, ``below limit``, ``by difference`` or ``known``.
    """

    name: str
    measured: float
    sigma: float
    reconciled: float
    basis: str
    source: str = ""
    grade: str = ""

    @property
    def deviations(self) -> float:
        """(reconciled - measured) / sigma."""
        return (self.reconciled - self.measured) / self.sigma


@dataclass(frozen=True)
class AssayReport:
    """A reconciled feed.

    Attributes:
        phases: species id -> kg per kg of dry feed; sums to 1.
        shares: chemistry -> (kg per kg of dry feed, its standard error).
        adjustments: one per number of the assay, in its order.
        moisture: kg of water per kg of dry feed.
        chi_square, degrees: sum of squared deviations and what it should be near to.
        sources: every number used, with source and grade.
        notices: warnings.
        sizes: ((diameter in m, mass fraction), ...), the same for every solid.
    """

    phases: Mapping[str, float]
    shares: Mapping[str, tuple[float, float]]
    adjustments: tuple[Adjustment, ...]
    moisture: float
    chi_square: float
    degrees: int
    sources: tuple[Mapping[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()
    sizes: tuple[tuple[float, float], ...] = ()
    title: str | Mapping[str, str] = field(default="")

    def element(self, symbol: str) -> float:
        """Reconciled mass fraction of an element in the dry feed."""
        return content(self.phases, symbol)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a result file."""
        return {
            "basis": "kg per kg of dry feed",
            "moisture": self.moisture,
            "phases": dict(self.phases),
            "chemistries": {name: {"share": share, "sigma": sigma} for name, (share, sigma) in self.shares.items()},
            "adjustments": [
                {
                    "name": item.name, "basis": item.basis, "measured": item.measured, "sigma": item.sigma,
                    "reconciled": item.reconciled, "deviations": item.deviations,
                }
                for item in self.adjustments
            ],
            "chi_square": self.chi_square,
            "degrees_of_freedom": self.degrees,
        }  # fmt: skip


def load_assay(path: str | Path, *, name: str = "") -> Assay:
    """Read an assay file.

    Raises:
        SourceError, FlowsheetError, UserErrors: everything that is wrong with it, with places.
    """
    return assay_of(load(path, name=name))


def assay_of(document: Document) -> Assay:
    """The assay in a document already read."""
    document.version(FORMAT, NEWEST)
    return validate(document, Assay, context=FROM_FILE)
