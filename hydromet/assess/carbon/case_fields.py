"""Lines of a written or metered inventory: activities and outputs of a case file, as pydantic models."""

from __future__ import annotations

from math import fsum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from hydromet.assess.carbon.fields import Declared, Kilometres, Section, Words
from hydromet.assess.carbon.plant import metals
from hydromet.assess.carbon.shapes import Kind, Stage  # noqa: TC001  # pydantic reads the annotations
from hydromet.errors import FootprintError, SpeciesError
from hydromet.flowsheet.schema import Part, Text
from hydromet.quantity import either, parse
from hydromet.source import nearest
from hydromet.species import atomic_mass
from hydromet.units.fields import Fraction, MassFraction  # noqa: TC001  # pydantic reads the annotations

NEWEST = 1
# Fields of a section that speak of a solved plant and mean nothing here -> how a written inventory says the same.
OF_A_PLANT = {
    "substances": "activities: {caustic: {amount: 1.2 t, factor: chem.naoh}}",
    "feeds": "activities: {black_mass: {amount: 40 t, declared: {value: 0.33, supplier: Black Mass Co.}}}",
    "transport": "activities: {haul: {goods: 40 t, distance: 250 km, by: truck}}",
    "treatments": "activities: {cake: {kind: waste, amount: 12 t, factor: waste.hazardous_landfill}}",
    "by_products": "outputs: {gypsum: {mass: 12 t, kind: by_products}}",
    "prices": "outputs: {nickel_sulfate: {mass: 788 kg, price: 4.1}}",
    "credits": "outputs: {soda: {mass: 12 t, kind: by_products, credit: chem.naoh}}",
    "serves": "activities: {caustic: {amount: 1.2 t, factor: chem.naoh, serves: nickel_sulfate}}",
    "packaging": "activities: {bags: {kind: packaging, amount: 30 kg, factor: chem.pp}}",
    "cooling": "activities: {cooling: {kind: electricity, amount: 350 kWh}}",
    "boundary": "activities: {delivery: {stage: distribution, goods: 40 t, distance: 250 km, by: truck}}",
}
_WAYS = {
    "factor": "factor: chem.naoh", "by": "goods: 40 t, distance: 250 km, by: truck", "carbon": "carbon: 20 kg",
    "carbonate": "carbonate: CaCO3, amount: 45 t", "declared": "amount: 40 t, declared: {value: 0.33}",
}  # fmt: skip


def _mass(value: Any) -> Any:
    return parse(value, "mass")


def _weights(value: Any) -> Any:
    if isinstance(value, str):
        value = [value]
    return dict.fromkeys(value, 1.0) if isinstance(value, list) else value


def _content(value: Any) -> Any:
    """A share of the mass as ``[share, true]``, a mass as ``[kg, false]``."""
    if not isinstance(value, str):
        parse(value, "mass fraction")
    found, kind = either(value, ("mass fraction", "mass"))
    return (found, kind == "mass fraction")


def _element(name: str) -> str:
    known = metals()
    try:
        atomic_mass(name)
    except SpeciesError:
        near = nearest(name, known) or known
        raise FootprintError("E788", read=f"element `{name}`", expected=" or ".join(near),
                             write=f"metals: {{{near[0]}: 22.3 wt%}}") from None  # fmt: skip
    return name


def _counted(name: str) -> str:
    try:
        return _element(name)
    except FootprintError as error:
        error.write = f"metals_that_count: [{', '.join(metals())}]"
        raise


# A mass above this is a slip of the pen: a million million tonnes.
Mass = Annotated[float, BeforeValidator(_mass), Field(ge=0.0, le=1e15, examples=["1.2 t"])]
# Round-off of shares that add up to the whole.
_WHOLE = 1.0 + 1e-6


class Line(Part):
    """One activity: amount and factor, or goods hauled, carbon burnt, carbonate dissolved, a declared footprint."""

    kind: Kind | None = Field(default=None, description="what it is; told by the factor if left out")
    stage: Stage | None = Field(default=None, description="life-cycle stage; told by the kind if left out")
    unit: str = Field(default="", description="unit operation it belongs to", examples=["leach"])
    amount: Words | None = Field(default=None, description="with its unit", examples=["1.2 t", "350 kWh"])
    strength: MassFraction | None = Field(default=None, description="contained substance of it", examples=["50 wt%"])
    factor: str = Field(default="", description="id in a book; electricity and heat have the scenario's",
                        examples=["chem.naoh"])  # fmt: skip
    goods: Mass | None = Field(default=None, description="mass hauled", examples=["40 t"])
    distance: Kilometres | None = Field(default=None, description="km one way", examples=["250 km"])
    by: str = Field(default="", description="mode of haulage", examples=["truck"])
    carbon: Mass | None = Field(default=None, description="carbon burnt to CO2", examples=["20 kg"])
    carbonate: str = Field(default="", description="carbonate that gives off its CO2", examples=["CaCO3"])
    released: Fraction = Field(default=1.0, description="share of the CO2 that goes off", examples=["90 %"])
    declared: Declared | None = Field(default=None, description="a supplier's footprint per kg of the amount")
    primary: bool = Field(default=True, description="the amount is the plant's own")
    deviation: float = Field(default=1.0, ge=1.0, description="geometric standard deviation of the amount")
    serves: Annotated[dict[str, Annotated[float, Field(ge=0.0)]], BeforeValidator(_weights)] = Field(
        default_factory=dict, description="products it is there for, for the subdivision", examples=["nickel_sulfate"]
    )
    biogenic: bool = Field(default=False, description="its CO2 is biogenic")
    basis: str = Field(default="", description="how the amount was found", examples=["meter 12, invoice 2026-03"])

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name in _WAYS if getattr(self, name)]
        if len(given) > 1:
            raise FootprintError("E788", read=" and ".join(given), expected="one of them",
                                 write=_WAYS["by" if self.goods is not None else given[0]])  # fmt: skip
        hauled = (self.goods is not None, self.distance is not None)
        if any(hauled) and not all(hauled):
            raise FootprintError("E788", read="goods without distance" if hauled[0] else "a distance without goods",
                                 expected="both: t.km = t x km", write="goods: 40 t, distance: 250 km")  # fmt: skip
        if self.amount is None and self.carbon is None and not all(hauled):
            raise FootprintError("E788", read="no amount", expected="an amount, goods with a distance, or carbon",
                                 write="amount: 1.2 t")  # fmt: skip
        return self


class Sold(Part):
    """One output."""

    mass: Mass = Field(gt=0.0, description="per reference, as sold", examples=["788 kg"])
    kind: str = Field(default="products", pattern="^(products|by_products)$")
    compound: str | None = Field(default=None, examples=["NiSO4:6H2O(s)"])
    metals: dict[str, Annotated[tuple[float, bool], BeforeValidator(_content)]] = Field(
        default_factory=dict, description="share of the mass or a mass", examples=["{Ni: 22.3 wt%}"]
    )
    price: float | None = Field(default=None, ge=0.0, description="per kg as sold, one currency for all")
    allocated: bool | None = Field(default=None, description="it takes a share of the burden; products do")
    credit: str = Field(default="", description="factor of the primary product it stands in for")

    @model_validator(mode="after")
    def _metals_fit(self) -> Self:
        """Elements that exist, together no more than the product."""
        for name in self.metals:
            _element(name)
        total = fsum(value * self.mass if share else value for value, share in self.metals.values())
        if total > self.mass * _WHOLE:
            raise FootprintError("E788", read=f"{total:g} kg of metals in {self.mass:g} kg",
                                 expected="metals that weigh no more than the product",
                                 write="metals: {Ni: 22.3 wt%}")  # fmt: skip
        return self


class Left(Part):
    """Something left out on purpose."""

    mass: Mass = Field(default=0.0, description="per reference")
    reason: str = Field(min_length=1)


class CaseFile(Section):
    """A written inventory: activities, outputs, and the choices of a scenario beside them."""

    carbon: int = Field(default=NEWEST, description="format version", examples=[NEWEST])
    title: Text = ""
    reference: str = Field(default="the inventory as written", examples=["2025-04-01 to 2026-03-31"])
    feed: Mass = Field(default=0.0, description="dry mass of the feed per reference", examples=["1000 kg"])
    activities: dict[str, Line] = Field(min_length=1, examples=["{caustic: {amount: 1.2 t, factor: chem.naoh}}"])
    outputs: dict[str, Sold] = Field(min_length=1, examples=["{nickel_sulfate: {mass: 788 kg}}"])
    left_out: dict[str, Left] = Field(default_factory=dict, examples=["{paint: {mass: 1 kg, reason: below 1 %}}"])
    metals_that_count: tuple[Annotated[str, AfterValidator(_counted)], ...] = Field(
        default=(), description="elements whose mass is shared by and divided by; those of data/factors/metals.csv",
        examples=["[Ni, Co, Mn, Li, Cu]"],
    )  # fmt: skip
