"""What came in: lots of waste batteries, production waste and other feeds, part by part."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from hydromet.assess.carbon.fields import Declared  # pydantic reads the annotations
from hydromet.assess.eu_recovery.fields import (
    Base,
    ContentFigure,
    Contents,
    Country,
    Family,
    Form,
    Key,
    Kind,
    MassFigure,
    MemberState,
    MoistureFigure,
    choice,
)
from hydromet.assess.eu_recovery.product_lots import Recycled
from hydromet.assess.eu_recovery.rules import bills, rules
from hydromet.errors import RecoveryError, UserError
from hydromet.flowsheet.phases import constituent
from hydromet.flowsheet.schema import Text
from hydromet.source import nearest
from hydromet.units.fields import Fraction

Origin = Literal["waste", "production", "reuse_rejected", "rework", "other_chain", "primary"]
# Forms that are no battery: what they are decides, not where they come from.
NO_BATTERY = ("black_mass", "intermediate", "primary")


def _material(value: Any) -> Any:
    if isinstance(value, str):
        try:
            constituent(value)
        except UserError as error:
            raise RecoveryError("E920", read=value, expected=error.expected, write="NMC622") from None
    return value


def known_bills() -> tuple[str, ...]:
    """Names of the shipped bills: ``NMC622_cell``, ``NMC622_pack``."""
    return tuple(f"{chemistry}_{level}" for chemistry in bills()["cells"] for level in ("cell", "pack"))


def _bill(value: Any) -> Any:
    known = known_bills()
    if value not in known:
        near = nearest(str(value), known) or known
        raise RecoveryError("E920", read=str(value), expected=f"one of {', '.join(known)}", write=near[0])
    return value


class BatteryPart(Base):
    """One part of a lot of batteries: how much of the dry lot, and what it is made of.

    One of ``share`` (of the dry lot) and ``mass``; one part of a lot may leave both out and is then the difference.
    What it is made of: ``elements``, or ``material``, or what its kind is by convention, or ``unknown: true``.
    """

    kind: Kind | None = Field(default=None, description="part of the battery; its name unless given")
    share: ContentFigure | None = Field(default=None, description="share of the dry lot", examples=["35 wt%"])
    mass: MassFigure | None = Field(default=None, description="dry mass in the lot", examples=["420 t"])
    material: Annotated[str, BeforeValidator(_material)] | None = Field(
        default=None, description="chemistry or solid it consists of", examples=["NMC622", "LiPF6(s)"]
    )
    elements: Contents = Field(default_factory=dict, description="element or row -> share of the part, or mass")
    unknown: bool = Field(default=False, description="nothing is known of it: counts as Others")
    scope: dict[Key, Fraction] | None = Field(
        default=None,
        description="metal -> share in active materials, collectors and salts; where the kind does not say",
    )
    dismantled: bool = Field(default=False, description="taken off during preparation for recycling")
    record: str = Field(default="", description="evidence", examples=["BOM-88"])
    title: Text = ""


class Lot(Base):
    """One lot of the reporting year.

    ``mass`` is as received; dry mass = (mass - packaging) x (1 - moisture). ``parts`` describe the dry lot; ``bill`` is
    a shipped bill of material; feeds that are no battery (others' black mass, intermediates, foils) gives ``elements``.
    """

    form: Form = Field(description="what it is", examples=["module"])
    family: Family = Field(default="lithium_based", description="chemistry family after sorting analysis")
    origin: Origin = Field(default="waste", description="waste battery, production waste, rejected from re-use ...")
    year: int | None = Field(default=None, description="calendar year it entered recycling; the reporting year")
    mass: MassFigure = Field(description="mass as received", examples=["1200 t"])
    moisture: MoistureFigure | None = Field(default=None, description="water, share of the wet mass")
    packaging: MassFigure | None = Field(default=None, description="packaging in the mass received", examples=["4 t"])
    parts: dict[str, BatteryPart] = Field(default_factory=dict, description="parts of the dry lot")
    bill: Annotated[str, BeforeValidator(_bill)] | None = Field(
        default=None, description="shipped bill of material", examples=["NMC622_cell"]
    )
    elements: Contents = Field(default_factory=dict, description="whole lot, if it is no battery")
    chemistry: str = Field(default="", description="chemistry for labels", examples=["NMC"])
    collected_in: MemberState | None = Field(default=None, description="Member State of collection", examples=["DE"])
    sorting: str = Field(default="", description="record of the sorting analysis", examples=["SORT-2026-03"])
    supplier: str = ""
    country: Country | None = Field(default=None, description="where it was shipped from")
    due_diligence: str = Field(default="", description="evidence id")
    waste_code: str = Field(default="", description="list-of-waste code")
    notification: str = Field(default="", description="number of the shipment's notification")
    producer: str = ""
    recycled: Recycled | None = Field(
        default=None, description="recycled shares of its metal, where form and origin do not say (Article 8)"
    )
    footprint: Declared | None = Field(
        default=None, description="carbon footprint its supplier declares, kgCO2e per kg of dry lot; told in the record"
    )
    title: Text = ""

    @model_validator(mode="after")
    def _described(self) -> Self:
        ways = bool(self.parts) + (self.bill is not None) + bool(self.elements)
        if ways == 0:
            raise RecoveryError(
                "E914", read="no parts, no bill, no elements", expected="what the lot is made of",
                write="bill: NMC622_cell",
            )  # fmt: skip
        if ways > 1:
            raise RecoveryError(
                "E913",
                read=f"{ways} of parts, bill, elements",
                expected="exactly one of them",
                write="bill: NMC622_cell",
            )
        if self.is_battery and self.elements:
            raise RecoveryError(
                "E914", read="elements of a whole battery", expected="parts: which metal is active material, which not",
                write="parts: {whole_battery: {elements: {Ni: 12 wt%}, scope: {Ni: 100 %}}}",
            )  # fmt: skip
        if self.is_battery and self.origin in ("other_chain", "primary"):
            raise RecoveryError("E920", read=f"{self.form} of origin {self.origin}", expected="waste, production or "
                                "reuse_rejected", write="origin: waste")  # fmt: skip
        return self

    @property
    def is_battery(self) -> bool:
        """A cell, module, pack or battery."""
        return bool(rules().forms[self.form]["waste"])

    @property
    def counted(self) -> bool:
        """Is it input of the first recycler? Cells, modules and packs are, foils, slurries and powders are not."""
        form = rules().forms[self.form]
        if self.origin == "rework":  # scrap that goes back into the process it came from is no waste
            return False
        return bool(form["production" if self.origin == "production" else "waste"])


def check_kind(name: str, part: BatteryPart) -> str:
    """The kind of a part: stated, or its name.

    Raises:
        RecoveryError: E920, its name is no kind and none is stated.
    """
    return part.kind or choice("parts", name)
