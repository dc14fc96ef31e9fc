"""Parameters and ports of the crystalliser, and what it warns of."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.units.base import Inlets, Notice, Port, UnitResult
from hydromet.units.crystal_uptake import partitions, sources
from hydromet.units.evaporation import VAPOUR, Evaporating
from hydromet.units.fields import Fraction, MassFraction, MassRatio

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

# A wash that takes more than this share of the crystals is a mistake.
_MUCH = 0.2
# A slurry of crystals above this mass fraction does not circulate.
_THICK = 0.5
# Entrained organic of a polished liquor, kg/kg.
_ORGANIC = 5e-6
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
    moisture: MassFraction = Field(0.04, lt=0.9, description="liquor between the crystals, kg per kg wet cake")
    enclosed: MassFraction | None = Field(None, lt=0.2, description="liquor inside the crystals, kg/kg; none: the data")
    wash_ratio: MassRatio | None = Field(None, description="wash water per mass of crystals; none: no wash")
    wash_efficiency: Fraction = Field(
        0.75, description="share of cake liquor displaced by one cake-liquor mass of wash"
    )
    wash_saturation: Fraction = Field(1.0, description="how far the spent wash is saturated with the crystals")
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
            if solid.phase != "s" or "S" not in solid.elements:
                raise UnitError("E853", read=name, expected="a solid sulfate", write="salt: NiSO4:6H2O(s)")
        return self

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
        return [row for host in hosts for row in sources(host, enclosed=self.enclosed is None and host == self.salt)]

    def remarks(self, feed: Stream, slurry: Stream, dissolved: float) -> tuple[Notice, ...]:
        """Warnings of a crystallisation; ``dissolved`` is the share of the crystals that the wash takes."""
        notices: list[Notice] = []
        organic = feed.part("org").mass()
        if organic > _ORGANIC * feed.mass():
            text = f"{organic / feed.mass() * 1e6:.3g} mg/kg of organic in the feed: it clings to the crystals"
            notices.append(Notice("W862", text))
        if feed.flows and not any(slurry[name] > 0.0 for name in (self.salt, *self.hydrates)):
            notices.append(Notice("W853", f"no {self.salt} forms: the liquor stays below saturation"))
        thick = slurry.part("s").mass() > _THICK * slurry.mass()
        if thick:
            notices.append(Notice("W860", f"the slurry holds more than {_THICK:.0%} crystals: it will not flow"))
        if dissolved > _MUCH:
            notices.append(Notice("W854", f"the wash dissolves {dissolved:.0%} of the crystals"))
        for row in partitions(self.salt):
            if feed[row.ion] > 0.0 and not row.low <= self.temperature <= row.high:
                text = f"{row.ion} in {self.salt}: data for {row.low - 273.15:.0f}-{row.high - 273.15:.0f} degC"
                notices.append(Notice("W855", text))
        return tuple(notices)
