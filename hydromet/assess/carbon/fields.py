"""What may stand in a ``carbon:`` section of a flowsheet and in the case files of the footprint, as pydantic models.

Every field may be left out: what is missing is taken from ``data/factors/scenarios.yaml`` and told as a default. Names
of factors, units, outlets and feeds are checked where they are used, with the nearest that exist.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from hydromet.dimensions import DIMENSIONS
from hydromet.errors import FootprintError, QuantityError
from hydromet.flowsheet.schema import Part, Text
from hydromet.quantity import parse
from hydromet.units.fields import Fraction, Ratio  # noqa: TC001  # pydantic reads the annotations

Method = Literal["metal_mass", "economic", "subdivision", "mass"]
Approach = Literal["cut_off", "cff", "avoided_burden"]
Boundary = Literal["cradle_to_gate", "cradle_to_customer"]
# In its own unit: kilometres stay kilometres, a price stays in the currency written.
Kilometres = Annotated[float, BeforeValidator(lambda v: parse(v, "km")), Field(ge=0.0)]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def _text_of(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _efficiency(value: Any) -> float:
    """Of a boiler or a coefficient of performance, as a number or in percent."""
    try:
        return parse(value, "fraction")
    except QuantityError as error:
        if error.write == DIMENSIONS["fraction"].example:
            error.expected, error.write = "useful heat per energy bought, such as 90 %", "90 %"
        raise


# What remains of several burdens of a feed when one of them is chosen.
_BURDENS = {
    "declared": "declared: {value: 0.33, supplier: Black Mass Co.}",
    "lots": "lots: {lot_17: {share: 100 %, value: 0.85}}",
    "scrap": "scrap: {burden: 12, value_share: 15 %, source: cell maker}",
}
# Shares of lots make one within this.
_WHOLE = 1e-6
Words = Annotated[str, BeforeValidator(_text_of)]


class Leg(Part):
    """Goods hauled so far by one mode."""

    distance: Kilometres = Field(description="km one way", examples=["300 km"])
    by: str = Field(default="truck", description="mode of data/factors/scenarios.yaml, or a factor per t.km")


Legs = Annotated[tuple[Leg, ...], BeforeValidator(_as_list), Field(examples=["{distance: 300 km, by: truck}"])]


class InlineFactor(Part):
    """A factor of the user's, written like a row of a book; goes before the books under the same name."""

    value: float = Field(description="in `unit`", examples=[0.62])
    unit: str = Field(description="indicator per unit of the activity", examples=["kgCO2e/kg"])
    indicator: Literal["climate", "water", "energy"] = "climate"
    title: str = ""
    geography: str = Field(default="GLO", examples=["JP"])
    year: Words = Field(default="-", examples=["2024"])
    scope: str = Field(default="cradle-to-gate")
    gwp: str = Field(default="", examples=["AR6 GWP100"])
    uncertainty: Words = Field(default="30", description="plus and minus percent at 95 %, or range, or gsd")
    source: str = Field(description="who says so", examples=["supplier declaration of 2026-04-01"])
    locator: str = ""
    licence: str = "of the user"
    grade: Literal["measured", "fitted", "estimated", "recalled"] = "estimated"
    verified: Literal["yes", "derived", "partly", "no"] = "no"
    proxy: bool = False
    note: str = ""


class Declared(Part):
    """A footprint that a supplier declares for what is bought, per kg of dry mass."""

    value: float | None = Field(default=None, ge=0.0, description="kgCO2e per kg", examples=[0.85])
    raw_material: float | None = Field(default=None, ge=0.0, description="of it, raw-material stage")
    production: float | None = Field(default=None, ge=0.0, description="of it, production stage")
    supplier: str = Field(default="", description="who declares", examples=["Black Mass Co."])
    period: Words = Field(default="", description="reference period", examples=["2025-04-01/2026-03-31"])
    standard: str = Field(default="", examples=["ISO 14067:2018"])
    document: str = Field(default="", description="where it is written", examples=["CFP-2026-017"])
    geography: str = Field(default="-", examples=["JP"])
    DQR: tuple[float, float, float] | None = Field(
        default=None, description="technological, geographical, time: 1 best to 5", examples=["[2, 1, 2]"]
    )
    PDS: Fraction | None = Field(default=None, description="primary data share", examples=["80 %"])
    verified: Literal["yes", "partly", "no"] = "no"
    uncertainty: Words = Field(default="20", description="plus and minus percent at 95 %")

    @model_validator(mode="after")
    def _whole(self) -> Declared:
        parts = [part for part in (self.raw_material, self.production) if part is not None]
        if self.value is None and not parts:
            raise FootprintError("E783", read="no figure", expected="a value, or raw_material and production",
                                 write="declared: {value: 0.85, supplier: Black Mass Co.}")  # fmt: skip
        if self.value is not None and parts and abs(sum(parts) - self.value) > 1e-6 * self.value:
            told = " + ".join(f"{part:g}" for part in parts)
            raise FootprintError("E783", read=f"{told} for a value of {self.value:g}",
                                 expected="stages that add up to the value",
                                 write=f"value: {sum(parts):g}")  # fmt: skip
        return self

    def stages(self) -> dict[Literal["raw_material", "production"], float]:
        """Stage -> kgCO2e per kg; all of it raw material where the supplier does not say."""
        found: dict[Literal["raw_material", "production"], float] = {}
        if self.raw_material is not None:
            found["raw_material"] = self.raw_material
        if self.production is not None:
            found["production"] = self.production
        return found or {"raw_material": self.value or 0.0}


class DeclaredLot(Declared):
    """A lot of the feed with the footprint its supplier declares."""

    share: Fraction = Field(description="of the dry mass of the feed", examples=["60 %"])


class Scrap(Part):
    """Production scrap sold to the recycler: it carries a share of the cell maker's burden by its value."""

    burden: float = Field(ge=0.0, description="kgCO2e per kg of what the scrap was made as", examples=[12.0])
    value_share: Fraction = Field(description="price of the scrap over that of the good material", examples=["15 %"])
    source: str = Field(examples=["cell maker's declaration 2026"])


class FeedBurden(Part):
    """What the feed brings with it."""

    origin: Literal["waste", "production_scrap"] = Field(
        default="waste", description="waste is burden-free up to its collection; scrap with a value is not"
    )
    preparation: bool = Field(
        default=True,
        description="collection, discharge and shredding by usual figures are in",
    )
    declared: Declared | None = Field(default=None, description="the supplier's footprint, in place of preparation")
    lots: dict[str, DeclaredLot] = Field(
        default_factory=dict, description="lots of the feed, each with its supplier's footprint; shares make 100 %",
        examples=["{lot_17: {share: 100 %, value: 0.85, supplier: Black Mass Co.}}"],
    )  # fmt: skip
    scrap: Scrap | None = Field(default=None, description="economic allocation from the cell maker")

    @model_validator(mode="after")
    def _one_burden(self) -> FeedBurden:
        given = [name for name in ("declared", "lots", "scrap") if getattr(self, name)]
        if len(given) > 1:
            raise FootprintError("E783", read=" and ".join(given), expected="one of them",
                                 write=_BURDENS[given[0]])  # fmt: skip
        total = sum(lot.share for lot in self.lots.values())
        if self.lots and abs(total - 1.0) > _WHOLE:
            raise FootprintError("E783", read=f"shares of lots that sum to {100.0 * total:.6g} %", expected="100 %",
                                 write="lots: {lot_17: {share: 100 %, value: 0.85}}")  # fmt: skip
        return self

    def suppliers(self, feed: str) -> dict[str, tuple[float, Declared]]:
        """Name of a lot (of the feed, if it is one) -> its share of the feed and what is declared."""
        if self.declared is not None:
            return {feed: (1.0, self.declared)}
        return {f"{feed}.{name}": (lot.share, lot) for name, lot in self.lots.items()}


class ByProduct(Part):
    """What becomes of a by-product in the footprint."""

    allocated: bool = Field(default=False, description="it takes a share of the burden like a product")
    credit: str = Field(default="", description="factor of what it stands in for, in the avoided burden")
    treatment: str = Field(default="", description="it has no buyer: treated as a waste", examples=["incineration"])
    metals: tuple[str, ...] | None = Field(default=None, description="elements that count", examples=["[Mn]"])


class Packaging(Part):
    """Packaging of a product."""

    amount: Annotated[float, BeforeValidator(lambda v: parse(v, "mass ratio"))] = Field(
        ge=0.0, description="per product", examples=["2 kg/t"]
    )
    factor: str = Field(examples=["chem.pp"])


class Samples(Part):
    """Monte Carlo of the figures."""

    samples: int = Field(default=2000, ge=100, le=100_000, examples=[2000])
    seed: int = Field(default=1, description="the same seed gives the same cases everywhere")


class Choices(Part):
    """Everything a scenario may choose."""

    title: Text = ""
    grid: str | None = Field(default=None, description="electricity, location-based", examples=["JP-Tokyo-2024"])
    market: str | None = Field(
        default=None,
        description="electricity as bought, market-based: a factor id",
        examples=["market.JP-Yonden-FY2024"],
    )
    losses: Fraction | None = Field(
        default=None,
        lt=1.0,
        description="transmission and distribution, share of what is generated; usual of the area",
        examples=["4.3 %"],
    )
    heat: str | None = Field(default=None, description="source of steam and heat", examples=["natural_gas"])
    efficiency: Annotated[float, BeforeValidator(_efficiency)] | None = Field(
        default=None, gt=0.0, le=10.0, description="useful heat per energy bought", examples=["90 %"],
    )  # fmt: skip
    cooling: str | None = Field(default=None, description="how heat is removed", examples=["cooling_tower"])
    books: tuple[str, ...] | None = Field(
        default=None, description="factor books; a later one wins", examples=["[hydromet-2026.1, my_factors.csv]"]
    )
    factors: dict[str, InlineFactor] = Field(default_factory=dict, description="factors of your own, by name")
    substances: dict[str, str] = Field(
        default_factory=dict, description="substance or reagent -> factor", examples=["{NaOH: chem.naoh}"]
    )
    feeds: dict[str, FeedBurden] = Field(default_factory=dict, description="upstream burden, by feed")
    transport: dict[str, Legs] = Field(
        default_factory=dict, description="goods -> legs; `feeds`, `reagents`, `wastes` for all of them",
        examples=["{black_mass: {distance: 120 km, by: truck}}"],
    )  # fmt: skip
    treatments: dict[str, str] = Field(
        default_factory=dict, description="waste -> treatment", examples=["{iron_aluminium_cake: landfill}"]
    )
    by_products: dict[str, ByProduct] = Field(default_factory=dict, description="by-products that are not left out")
    prices: dict[str, Annotated[float, Field(gt=0.0)]] = Field(
        default_factory=dict, description="output -> price per kg as sold, all in one currency",
        examples=["{nickel_sulfate: 3.6}"],
    )  # fmt: skip
    credits: dict[str, str] = Field(default_factory=dict, description="product -> factor of the primary product")
    serves: dict[str, Annotated[tuple[str, ...], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)]] = Field(
        default_factory=dict, description="unit -> products it is there for; overrides the tracing",
        examples=["{nickel_extraction: nickel_sulfate}"],
    )  # fmt: skip
    packaging: dict[str, Packaging] = Field(default_factory=dict, description="by product")
    biogenic: tuple[str, ...] = Field(default=(), description="feeds whose carbon is biogenic")
    excluded: dict[str, str] = Field(
        default_factory=dict, description="flow left out -> why", examples=["{alumina: rented}"]
    )
    boundary: Boundary | None = None
    allocation: Method | None = Field(default=None, description="the method whose figures come first")
    approach: Approach | None = Field(default=None, description="the approach whose figures come first")
    cff: dict[str, dict[str, Ratio]] = Field(
        default_factory=dict, description="product -> parameters of the circular footprint formula",
        examples=["{nickel_sulfate: {A: 0.2, R1: 1}}"],
    )  # fmt: skip
    uncertainty: Samples = Samples()
    period: Words = Field(default="", description="period the figures stand for", examples=["2025-04-01/2026-03-31"])


class Section(Choices):
    """The ``carbon:`` section of a flowsheet."""

    scenario: str | None = Field(default=None, description="shipped scenario to start from", examples=["JP-Tokyo"])
    scenarios: dict[str, Choices] = Field(
        default_factory=dict, description="scenarios of your own, for --scenario", examples=["{solar: {grid: FR-2024}}"]
    )
