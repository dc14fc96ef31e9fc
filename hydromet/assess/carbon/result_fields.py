"""What the footprint of a solved plant reads of ``result.json``, as pydantic models: the gate before it is reckoned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hydromet.errors import FlowsheetError
from hydromet.flowsheet.damage import Strict, check
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping

Share = Annotated[float, Field(ge=0.0)]
SpeciesName = Annotated[str, AfterValidator(lambda name: species(name) and name)]
Text = str | dict[str, str]


class Stream(Strict):
    """Of a feed or an outlet."""

    mass_kg_h: float
    volume_m3_h: float | None
    pH: float | None
    phases_kg_h: dict[str, float]
    elements_kg_h: dict[str, float]
    species_mol_h: dict[SpeciesName, float]


class Energy(Strict):
    """Of a unit, kW."""

    electric_kW: dict[str, float]
    steam_kW: float
    cooling_kW: float


class Unit(Strict):
    """A unit operation."""

    energy: Energy


class Reagent(Strict):
    """Consumption; ``contains_kg_h`` is empty in results older than labels."""

    kg_h: float
    water: bool
    contains_kg_h: dict[str, Share]
    by_unit_kg_h: dict[str, float]


class Outlet(Strict):
    """Something that leaves the plant."""

    stream: str
    mass_kg_h: float


class Outlets(Strict):
    """What leaves, by kind, products apart."""

    by_products: dict[str, Outlet] = Field(default_factory=dict)
    wastes: dict[str, Outlet] = Field(default_factory=dict)
    emissions: dict[str, Outlet] = Field(default_factory=dict)


class Product(Outlet):
    """A product, perhaps one compound."""

    compound: SpeciesName | Literal[""] | None = None


class Way(Strict):
    """An element's way out."""

    kg_h: float


class Size(Strict):
    """Of an item of equipment; power of what is driven."""

    power_kW: float = 0.0


class Item(Strict):
    """One line of the equipment list."""

    unit: str
    model: str
    item: str
    count: float
    size: Size


class Equipment(Strict):
    """The equipment list."""

    items: list[Item] = Field(default_factory=list)


class Recovery(Strict):
    """Names of the feeds proper."""

    feeds: list[str]


class Assessments(Strict):
    """What the run assessed that the footprint needs."""

    recovery: Recovery
    equipment: Equipment = Equipment()
    serves: dict[str, dict[str, Share]] = Field(default_factory=dict)
    carbon_origin: dict[str, dict[str, Share]] = Field(default_factory=dict)
    carbon_section: dict[str, Any] | None = None


class PlantResult(Strict):
    """A solved plant; every name that stands for something else of the result is one of it."""

    title: Text
    order: list[str]
    feed_kg_h: float
    feeds: dict[str, Stream]
    streams: dict[str, Stream]
    units: dict[str, Unit]
    products: dict[str, Product]
    reagents: dict[str, Reagent]
    outlets: Outlets = Outlets()
    losses: dict[str, dict[str, Way]]
    assessments: Assessments

    @model_validator(mode="after")
    def _whole(self) -> Self:
        leaving = {
            f"outlets.{kind}.{name}": each
            for kind in Outlets.model_fields
            for name, each in getattr(self.outlets, kind).items()
        }
        leaving |= {f"products.{name}": each for name, each in self.products.items()}
        for key, each in leaving.items():
            _one_of(each.stream, self.streams, f"{key}.stream", "a stream of the result")
        for name, waste in self.outlets.wastes.items():
            key = f"streams.{waste.stream}.phases_kg_h"
            if waste.mass_kg_h > 0.0 and not self.streams[waste.stream].phases_kg_h:
                raise FlowsheetError("E442", read=f"{key}: nothing", expected=f"the phases of {name}")
        for i, feed in enumerate(self.assessments.recovery.feeds):
            _one_of(feed, self.feeds, f"assessments.recovery.feeds.{i}", "a feed of the result")
        for i, item in enumerate(self.assessments.equipment.items):
            key = f"assessments.equipment.items.{i}.unit"
            _one_of(item.unit.partition(".")[0], self.units, key, "a unit of the result")
        for name, row in self.reagents.items():
            if not row.contains_kg_h:
                _one_of(name, self.feeds, f"reagents.{name}", "a feed of the result")
        return self


def _one_of(name: str, known: Mapping[str, Any], key: str, expected: str) -> None:
    if name not in known:
        raise FlowsheetError("E442", read=f"{key}: {name}", expected=expected)


class Head(Strict):
    """What is read before it is known whether the plant converged."""

    converged: bool
    assessments: dict[str, Any]


def check_result(data: Any, file: str = "result.json") -> None:
    """Refuse a result whose footprint cannot be reckoned because it is damaged; one that did not converge passes.

    Raises:
        FlowsheetError, UserErrors: E442, with the key and what was read.
    """
    check(data, Head, file)
    if data["converged"]:
        check(data, PlantResult, file)
