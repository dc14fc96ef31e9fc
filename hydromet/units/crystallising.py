"""Parameters and ports of the crystalliser, and what it warns of."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.units.base import Inlets, Notice, Port, UnitResult
from hydromet.units.crystal_uptake import partitions, sources
from hydromet.units.evaporation import VAPOUR, Evaporating
from hydromet.units.fields import Duration, Fraction, Length, MassFraction, MassRatio, Ratio
from hydromet.units.magma import Magma, Setting
from hydromet.units.magma import sources as kinetics_used

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

# A wash that takes more than this share of the crystals is a mistake.
_MUCH = 0.2
# A slurry of crystals above this mass fraction does not circulate.
_THICK = 0.5
# Entrained organic of a polished liquor, kg/kg.
_ORGANIC = 5e-6
# Salts without sulfate that are made here.
_HYDROXIDES = ("LiOH:H2O(s)",)
_CONDITIONS = ("water_removed", "crystal_yield", "slurry_density")


class Crystallising(Evaporating):
    """What a crystalliser with its centrifuge is set to; see ``Crystallise``."""

    salt: str = Field(description="the salt to make, such as NiSO4:6H2O(s)")
    hydrates: tuple[str, ...] = Field((), description="other solids that may form, such as NiSO4:7H2O(s)")
    operation: Literal["evaporative", "cooling", "vacuum"] = Field(
        "evaporative", description="what makes it crystallise"
    )
    water_removed: Fraction | None = Field(None, lt=1.0, description="share of the feed's water to evaporate")
    crystal_yield: Fraction | None = Field(
        None, gt=0.0, lt=1.0, description="share of the dissolved metal to crystallise"
    )
    slurry_density: MassFraction | None = Field(None, gt=0.0, lt=0.8, description="mass of crystals per mass of slurry")
    residence_time: Duration = Field(14400.0, gt=0.0, description="of the magma; the time of growth where it is batch")
    batch: bool = Field(False, description="cycles with a controlled rate of growth instead of a continuous magma")
    seed_ratio: MassRatio = Field(0.0, le=1.0, description="milled product returned as seed, per mass of crystals made")
    seed_size: Length = Field(1e-4, gt=0.0, description="mean size of the seed")
    fines_size: Length | None = Field(None, gt=0.0, description="crystals below it are drawn off and dissolved")
    fines_ratio: Ratio = Field(1.0, ge=1.0, le=100.0, description="removal of fines over that of product, R")
    product_size: Length | None = Field(None, gt=0.0, description="crystals above it leave sooner (elutriation)")
    product_ratio: Ratio = Field(1.0, ge=1.0, le=100.0, description="removal of these over that of the rest, z")
    moisture: MassFraction | None = Field(
        None, lt=0.9, description="liquor between the crystals, kg per kg wet cake; none: from their size"
    )
    enclosed: MassFraction | None = Field(
        None, lt=0.2, description="liquor inside the crystals, kg/kg; none: from their growth"
    )
    wash_ratio: MassRatio | None = Field(None, description="wash water per mass of crystals; none: no wash")
    wash_efficiency: Fraction = Field(
        0.75, description="share of cake liquor displaced by one cake-liquor mass of wash"
    )
    wash_saturation: Fraction = Field(1.0, description="how far the spent wash is saturated with the crystals")
    oil_to_crystals: Fraction = Field(
        0.0, description="share of entrained organic that sticks to the crystals; the rest goes with the liquor"
    )
    bleed: Fraction = Field(0.05, description="share of the mother liquor that leaves the circuit")

    outlets: ClassVar = (
        Port("crystals", "wet crystals"),
        Port("mother_liquor", "mother liquor and spent wash, to be returned"),
        Port("bleed", "share of it that carries the impurities out"),
        Port("condensate", "condensed vapour with droplets"),
    )

    @abstractmethod
    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """See the subclass."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        given = [name for name in _CONDITIONS if getattr(self, name) is not None]
        wanted = 1 if self.operation == "evaporative" else 0
        if len(given) != wanted:
            raise UnitError(
                "E852",
                read=f"operation: {self.operation} with {' and '.join(given) or 'no condition'}",
                expected=f"one of {', '.join(_CONDITIONS)}" if wanted else "none of " + ", ".join(_CONDITIONS),
                write="crystal_yield: 60 %" if wanted else f"operation: {self.operation}",
            )
        for name in (self.salt, *self.hydrates):
            solid = species(name)
            if solid.phase != "s" or not ("S" in solid.elements or solid.id in _HYDROXIDES):
                raise UnitError(
                    "E853", read=name, expected="a solid sulfate or LiOH:H2O(s)", write="salt: NiSO4:6H2O(s)"
                )
        for size, ratio in (("fines_size", self.fines_ratio), ("product_size", self.product_ratio)):
            if (getattr(self, size) is None) != (ratio == 1.0) or (self.batch and ratio != 1.0):
                given = [size] if getattr(self, size) is not None else []
                given += [f"{size.replace('size', 'ratio')}: {ratio:g}"] if ratio != 1.0 else []
                raise UnitError(
                    "E857",
                    read=" with ".join(given) + (" in a batch" if self.batch else " alone"),
                    expected="a size and a ratio above 1, both or neither, and neither in a batch",
                    write="fines_size: 100 um, fines_ratio: 5",
                )
        return self

    def setting(self) -> Setting:
        """How the magma is held."""
        return Setting(
            time=self.residence_time,
            batch=self.batch,
            fines_size=self.fines_size or 0.0,
            fines_ratio=self.fines_ratio,
            product_size=self.product_size or math.inf,
            product_ratio=self.product_ratio,
            seed_ratio=self.seed_ratio,
            seed_size=self.seed_size,
            moisture=self.moisture,
            enclosed=self.enclosed,
        )

    def inlet_ports(self) -> tuple[Port, ...]:
        """The wash is drawn where there is one."""
        liquor = Port("liquor", "liquor to crystallise from")
        return (liquor, Port("wash", "wash water", drawn=True)) if self.wash_ratio else (liquor,)

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """Salts do not leave with the condensate, and nothing by a bleed of nothing."""
        del inlet
        liquor = (("mother_liquor", 1.0 - self.bleed), ("bleed", self.bleed))
        named = tuple(name for name, share in liquor if share > 0.0)
        return ("crystals", *named, *(("condensate",) if element in VAPOUR else ()))

    def sources_used(self) -> list[dict[str, Any]]:
        """Uptake of the crystals with its sources."""
        hosts = (self.salt, *self.hydrates)
        rows = [row for host in hosts for row in sources(host, enclosed=self.enclosed is None and host == self.salt)]
        return [*rows, *kinetics_used(hosts)]

    def remarks(self, feed: Stream, slurry: Stream, dissolved: float, magma: Magma) -> tuple[Notice, ...]:
        """Warnings of a crystallisation; ``dissolved`` is the share of the crystals that the wash takes."""
        notices: list[Notice] = []
        organic = feed.part("org").mass()
        if organic > _ORGANIC * feed.mass():
            text = f"{organic / feed.mass() * 1e6:.3g} mg/kg of organic in the feed: it clings to the crystals"
            notices.append(Notice("W862", text))
        if feed.flows and not any(slurry[name] > 0.0 for name in (self.salt, *self.hydrates)):
            notices.append(Notice("W853", f"no {self.salt} forms: the liquor stays below saturation"))
        if self.operation != "evaporative" and feed.flows and feed.temperature <= self.temperature:
            warm = f"the feed at {feed.temperature - 273.15:.3g} degC is no warmer than the crystalliser"
            notices.append(Notice("W866", f"operation: {self.operation}, but {warm}"))
        thick = slurry.part("s").mass() > _THICK * slurry.mass()
        if thick:
            notices.append(Notice("W860", f"the slurry holds more than {_THICK:.0%} crystals: it will not flow"))
        if dissolved > _MUCH:
            notices.append(Notice("W854", f"the wash dissolves {dissolved:.0%} of the crystals"))
        for row in partitions(self.salt):
            if feed[row.ion] > 0.0 and not row.low <= self.temperature <= row.high:
                text = f"{row.ion} in {self.salt}: data for {row.low - 273.15:.0f}-{row.high - 273.15:.0f} degC"
                notices.append(Notice("W855", text))
        return (*notices, *magma.notices)
