"""The chain of recyclers: facilities, what they take, what they make, what they keep."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from hydromet.assess.eu_recovery.fields import (
    Base,
    BornFigure,
    Commodity,
    ContentFigure,
    Contents,
    Country,
    Key,
    MassFigure,
    MoistureFigure,
    Use,
    in_union,
)
from hydromet.assess.eu_recovery.product_lots import Recycled
from hydromet.assess.eu_recovery.rules import BLACK_MASS, rules
from hydromet.errors import RecoveryError
from hydromet.flowsheet.schema import Text
from hydromet.species import species
from hydromet.units.fields import Fraction

Role = Literal["preparation", "first_recycler", "recycler", "other_route"]


def _names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _salt(value: Any) -> Any:
    return species(value).id if isinstance(value, str) else value


def _named(value: Any) -> Any:
    """A fraction that bears the name of a commodity is one unless it says otherwise: black mass is black mass."""
    if not isinstance(value, dict):
        return value
    found = {}
    for name, entry in value.items():
        commodity = commodity_named(str(name))
        if commodity is None or (isinstance(entry, dict) and "commodity" in entry):
            found[name] = entry
        elif isinstance(entry, dict):
            found[name] = {**entry, "commodity": commodity}
        else:
            found[name] = {"use": entry, "commodity": commodity} if isinstance(entry, str) else entry
    return found


def commodity_named(name: str) -> str | None:
    """The commodity a fraction's name ends with; ``black_mass_nmc`` is black mass as well. None: no commodity."""
    plain = name.lower().replace("-", "_").replace("blackmass", BLACK_MASS)
    if f"{plain}_".startswith(f"{BLACK_MASS}_"):
        return BLACK_MASS
    return next((each for each in rules().commodities if f"_{plain}".endswith(f"_{each.lower()}")), None)


Metals = Annotated[tuple[Key, ...] | None, BeforeValidator(_names)]
Sources = Annotated[tuple[str, ...], BeforeValidator(_names)]


class Composed(Base):
    """A weighed and analysed fraction: mass as it is, moisture, and elements or a compound.

    ``elements`` are shares of the dry mass or masses; what is not listed is not counted. ``compound`` is short for the
    elements of its formula times ``purity``; its H, O, S, C, N, Na, K, F and Cl count as reagent-born unless
    ``reagent_born`` says otherwise.
    """

    mass: MassFigure | None = Field(default=None, description="mass as weighed, wet", examples=["850 t"])
    moisture: MoistureFigure | None = None
    elements: Contents = Field(default_factory=dict, description="element or row -> share of the dry mass, or mass")
    compound: Annotated[str, BeforeValidator(_salt)] | None = Field(
        default=None, description="compound it consists of", examples=["NiSO4:6H2O(s)"]
    )
    purity: ContentFigure | None = Field(default=None, description="compound in the dry mass", examples=["99.5 wt%"])
    reagent_born: dict[Key, BornFigure] = Field(
        default_factory=dict, description="element -> share or mass that came with reagents", examples=["{Al: 40 %}"]
    )

    def _nothing_said(self) -> bool:
        return not self.elements and self.compound is None

    @model_validator(mode="after")
    def _analysed(self) -> Self:
        if self._nothing_said():
            raise RecoveryError(
                "E914", read="neither elements nor a compound", expected="the assay of the fraction",
                write="elements: {Ni: 19.3 wt%}",
            )  # fmt: skip
        relative = self.compound is not None or any(not each.absolute for each in self.elements.values())
        if relative and self.mass is None:
            raise RecoveryError("E914", read="shares without a mass", expected="the mass of the fraction",
                                write="mass: 850 t")  # fmt: skip
        total = sum(each.value for each in self.elements.values() if not each.absolute)
        if total > 1.0 + 1e-9:
            raise RecoveryError(
                "E913", read=f"elements of {100.0 * total:.6g} wt%", expected="at most 100 wt% of the dry mass",
                write="elements: {Ni: 19.3 wt%}",
            )  # fmt: skip
        return self


class Outlet(Composed):
    """A fraction that leaves a facility: intermediate, output, or loss."""

    use: Use = Field(description="what becomes of it", examples=["product"])
    commodity: Commodity | None = Field(default=None, description="a named fraction", examples=["black_mass"])
    substitute: bool = Field(default=False, description="sold as a substitute for the same primary commodity")
    recovers: Metals = Field(
        default=None,
        description="metals it replaces primary ones of; those of `compound`, or all it lists",
        examples=["[Ni]"],
    )
    of: Sources = Field(default=(), description="inlets it was made from; all unless given", examples=["[ev_packs]"])
    year: int | None = Field(default=None, description="calendar year it was made in; the reporting year")
    label: str = Field(default="", description="as on the documents", examples=["black mass-NMC"])
    destination: str = ""
    waste_code: str = ""
    due_diligence: str = ""
    title: Text = ""


class Reagent(Composed):
    """A reagent that brings elements of interest; its mass never counts."""

    title: Text = ""


class Opening(Composed):
    """Stock at the beginning of the year, of earlier input: its output counts for that year, not for this one."""

    year: int | None = Field(default=None, description="year of the input it is made of; the year before")
    recycled: Recycled | None = Field(default=None, description="recycled shares of its metal (Article 8)")


class Later(Base):
    """What a later year makes of a stock."""

    share: Fraction = Field(description="share of the stock converted in that year", examples=["70 %"])
    recovered: dict[Key, Fraction] = Field(
        default_factory=dict, description="element -> share that reaches a calculation point", examples=["{Ni: 94 %}"]
    )
    material: dict[Key, Fraction] = Field(
        default_factory=dict, description="element or row -> share that counts in the efficiency only"
    )
    efficiency: Fraction | None = Field(
        default=None,
        description="share of everything that counts in the efficiency; `recovered` then is of the recovery",
    )


class Closing(Composed):
    """Stock and work in progress at the end of the year, and what the next two years make of it.

    With a ``mass`` only it has the composition of the inlets it is ``of``: batteries not yet worked off.
    """

    of: Sources = Field(default=(), description="inlets it is made of; all of this year unless given")
    later: dict[int, Later] = Field(default_factory=dict, description="year -> what it makes of it")

    @property
    def as_fed(self) -> bool:
        """Not analysed: of the composition of its inlets."""
        return not self.elements and self.compound is None

    def _nothing_said(self) -> bool:
        return self.as_fed and self.mass is None


class Fate(Base):
    """What becomes of an outlet of a flowsheet; a bare use is short for ``{use: ...}``."""

    use: Use = Field(description="what becomes of it", examples=["product"])
    commodity: Commodity | None = Field(default=None, description="a named fraction", examples=["black_mass"])
    substitute: bool = Field(default=False, description="sold as a substitute for the same primary commodity")
    recovers: Metals = Field(default=None, description="metals it replaces primary ones of; all")
    destination: str = ""
    title: Text = ""


class Plant(Base):
    """A flowsheet, solved, in place of weighed fractions: every figure that rests on it is a design estimate.

    The share of each element that came with the flowsheet's feeds and leaves by each outlet is applied to what the
    facility takes; reagent-born metal is left out by the flowsheet's own origin tracing. In the
    ``recovery:`` section of a flowsheet that flowsheet is meant unless another is named.
    """

    flowsheet: str | None = Field(default=None, description="flowsheet file", examples=["nmc622_black_mass.yaml"])
    result: str | None = Field(default=None, description="result.json", examples=["results/plant/result.json"])
    uses: Annotated[
        dict[str, Annotated[Fate, BeforeValidator(lambda v: {"use": v} if isinstance(v, str) else v)]],
        BeforeValidator(_named),
    ] = Field(
        default_factory=dict,
        description="outlet -> use; products are `product`, wastes `waste`, emissions `emission` unless given",
        examples=["{graphite_residue: landfill}"],
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.flowsheet is not None and self.result is not None:
            raise RecoveryError(
                "E924", read="flowsheet and result", expected="one of them", write="flowsheet: nmc622_black_mass.yaml"
            )
        return self


class Facility(Base):
    """One facility of the chain.

    ``in`` names lots (``lot``), single parts of lots (``lot.part``) and intermediates of facilities above
    (``facility.fraction``); parts that fractions are made ``of`` need not be named beside their lot.
    """

    role: Role = Field(default="recycler", description="its place in the chain")
    inlets: Sources = Field(alias="in", description="what it takes", min_length=1, examples=["[ev_packs, cells]"])
    country: Country = Field(description="where it stands", examples=["DE"])
    evidence: str = Field(default="", description="evidence of Article 72(3) outside the Union", examples=["72-3-5"])
    out: Annotated[dict[str, Outlet], BeforeValidator(_named)] = Field(
        default_factory=dict, description="what leaves it; black_mass, slag, MHP ... are commodities by their name"
    )
    reagents: dict[str, Reagent] = Field(default_factory=dict, description="reagents with elements of interest")
    opening: dict[str, Opening] = Field(default_factory=dict, description="stock at the beginning of the year")
    closing: dict[str, Closing] = Field(default_factory=dict, description="stock at the end of the year")
    plant: Plant | None = Field(default=None, description="a solved flowsheet that stands for this facility")
    losses: Literal["by_difference", "measured"] | None = Field(
        default=None, description="are all losses analysed? then the facility has to close"
    )
    name: str = ""
    street: str = ""
    city: str = ""
    postal_code: str = ""
    contact: dict[Literal["person", "tel", "email"], str] = Field(default_factory=dict)
    permit: str = ""
    operator: str = ""
    description: Text = ""
    flow_chart: str = ""
    title: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _single_parts(cls, data: Any) -> Any:
        """A part that a fraction was made ``of`` is told from the rest of its lot: an inlet of its own."""
        inlets = _names(data.get("in")) if isinstance(data, dict) else None
        if not isinstance(inlets, list | tuple):
            return data
        fractions = [each for group in ("out", "closing") if isinstance(data.get(group), dict)
                     for each in data[group].values() if isinstance(each, dict)]  # fmt: skip
        named = [_names(each["of"]) for each in fractions if "of" in each]
        tokens = [token for each in named if isinstance(each, list | tuple) for token in each if isinstance(token, str)]
        more = dict.fromkeys(t for t in tokens if "." in t and t not in inlets and t.split(".")[0] in inlets)
        return {**data, "in": [*inlets, *more]} if more else data

    @property
    def proven(self) -> bool:
        """In the Union, or with evidence of Article 72(3)."""
        return in_union(self.country) or bool(self.evidence)
