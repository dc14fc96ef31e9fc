"""What a case says of Article 8: recycled shares of bought feeds, periods, credits carried in, lots delivered."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from hydromet.assess.eu_recovery.fields import Base, Key, MassFigure
from hydromet.errors import RecoveryError
from hydromet.flowsheet.schema import Text
from hydromet.units.fields import Fraction


class Recycled(Base):
    """Recycled shares of the metal of something bought, or claimed for something delivered."""

    pre_consumer: Fraction = Field(default=0.0, description="from battery manufacturing waste", examples=["30 %"])
    post_consumer: Fraction = Field(default=0.0, description="from post-consumer waste", examples=["70 %"])
    record: str = Field(default="", description="certificate of the supplier", examples=["CERT-2026-118"])

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.pre_consumer + self.post_consumer
        if total > 1.0 + 1e-9:
            raise RecoveryError(
                "E933", read=f"pre- and post-consumer shares of {100.0 * total:g} %", expected="at most 100 %",
                write="recycled: {pre_consumer: 30 %, post_consumer: 70 %}",
            )  # fmt: skip
        return self


class Carried(Base):
    """Metal of undelivered products at the beginning of the year, and the claims on it."""

    pre_consumer: MassFigure | None = Field(default=None, description="claim, pre-consumer", examples=["2 t"])
    post_consumer: MassFigure | None = Field(default=None, description="claim, post-consumer", examples=["9 t"])
    other: MassFigure | None = Field(default=None, description="metal without claim", examples=["3 t"])
    record: str = Field(default="", description="last year's statement", examples=["STMT-2026"])


class Period(Base):
    """A period of the bookkeeping: which share of the year's intake fell in it."""

    intake: dict[str, Fraction] = Field(
        description="name in `in` (or stock in `opening`) -> share of the year's",
        examples=["{shredder.black_mass: 55 %}"],
    )

    def of(self, token: str) -> float:
        """Share of an inlet; of a single part of a lot that of the lot, unless it is named."""
        return self.intake.get(token, self.intake.get(token.partition(".")[0], 0.0))


class ProductLot(Base):
    """A lot delivered. One of ``mass`` (as the product's own is stated) and ``share`` of the year's product."""

    of: str = Field(description="facility.product", examples=["refinery.nickel_sulfate"])
    mass: MassFigure | None = Field(default=None, description="mass delivered", examples=["520 t"])
    share: Fraction | None = Field(default=None, description="share of the year's product", examples=["40 %"])
    period: str = Field(default="", description="period it was delivered in; the only one unless given")
    claim: dict[Key, Recycled] = Field(
        default_factory=dict, description="metal -> shares claimed; with `attribution: credits` only"
    )
    customer: str = ""
    record: str = Field(default="", description="delivery note", examples=["DN-2027-0042"])
    title: Text = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.mass is None) == (self.share is None):
            read = "neither mass nor share" if self.mass is None else "mass and share"
            raise RecoveryError("E934", read=read, expected="one of them", write="mass: 520 t")
        return self


class RecycledContent(Base):
    """Article 8: how recycled metal is attributed to the lots delivered (``data/regulation/recycled_content.yaml``)."""

    attribution: Literal["proportional", "credits"] = "proportional"
    carry_over: Literal["within_year", "next_period", "none", "with_stock"] = "within_year"
    periods: dict[str, Period] = Field(default_factory=dict, description="in order; the whole year unless given")
    opening: dict[str, dict[Key, Carried]] = Field(
        default_factory=dict, description="facility -> metal -> what was carried in"
    )
    lots: dict[str, ProductLot] = Field(
        default_factory=dict, description="lots delivered; each product of the year is one lot unless given"
    )
