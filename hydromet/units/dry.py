"""Dryer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.species import WATER, species
from hydromet.stream import Stream
from hydromet.units.base import Energy, FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.dryness import pair
from hydromet.units.evaporation import BOIL, STEAM, VAPOUR
from hydromet.units.fields import Fraction, MassFraction, Temperature
from hydromet.units.heat import vessel_energy
from hydromet.units.vessel import add_extents, blend, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Dry(Unit):
    """Dryer of wet crystals to a residual moisture, with dust as a named loss.

    Assumptions:
        1. Free water evaporates down to ``moisture``; water of crystallisation stays unless ``hydrate`` names the lower
           hydrate that the product's own salt becomes.
        2. The salts dissolved in the evaporated water stay in the product as solids, paired in the order of the data
           file; ions without a partner stay dissolved in the residual moisture. Volatile acids (HF) stay too.
        3. Dust is a declared share of the product, of its composition; crystals neither break nor cake.

    Ports: in ``crystals``; out ``product``, ``vapour``, ``dust``.

    Equations: m_w = min(m_w,in, w m_solids / (1 - w)); H2O = H2O(g) for the rest. Heat bought = heat of the product and
    vapour over ``efficiency`` (the rest leaves with the exhaust air and through the walls).

    Validity: below the temperature at which the named hydrate decomposes; the unit does not check it.

    Sources: 900-1300 kWh per t of water removed, 65-80 % efficient: recalled handbook values.
    """

    model: Literal["dry"] = "dry"
    temperature: Temperature = Field(description="temperature of the product and the vapour")
    moisture: MassFraction = Field(0.001, gt=0.0, lt=0.5, description="free water left, kg per kg of product")
    hydrate: str | None = Field(None, description="lower hydrate that the crystals become, such as CoSO4:H2O(s)")
    dust: Fraction = Field(0.002, description="share of the product that leaves as dust")
    efficiency: Fraction = Field(0.7, gt=0.0, description="heat used over heat bought")
    heat_source: Literal["steam", "electric"] = Field("steam", description="what heats the drying air")

    inlets: ClassVar = (Port("crystals", "wet crystals"),)
    outlets: ClassVar = (
        Port("product", "dry crystals"),
        Port("vapour", "water driven off"),
        Port("dust", "product lost as dust"),
    )
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"temperature": 353.15, "moisture": 0.002},
        "inlets": {
            "crystals": {
                "flows": {"NiSO4:6H2O(s)": 1.0, "H2O": 1.5, "Ni+2": 0.02, "Na+": 0.001, "H+": 0.002, "SO4-2": 0.0215},
                "temperature": 313.15,
            }
        },
    }

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """Only water goes with the vapour."""
        del inlet
        return ("product", "dust", *(("vapour",) if element in VAPOUR else ()))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Turn dissolved salts into solids, evaporate the free water, part the dust."""
        wet, first = blend([inlets["crystals"]], chemistry)
        keep = min(wet[WATER], self._kept(wet))
        dried = pair(wet.part("aq"), "reactions", keep, chemistry)
        lower = self._lowered(react(wet, dried, chemistry))
        solid = react(wet, add_extents(dried, lower), chemistry)
        free = max(0.0, min(solid[WATER], solid[WATER] - self._kept(solid)))
        extents = add_extents(first, dried, lower, {BOIL: free})
        dry = react(solid, {BOIL: free}, chemistry)
        sizes = {name: classes for name, classes in inlets["crystals"].sizes.items() if dry[name] > 0.0}
        product = replace(dry.where(lambda name: name != STEAM), temperature=self.temperature, sizes=sizes)
        vapour = Stream({STEAM: dry[STEAM]}, self.temperature)
        water = vapour.mass()
        return UnitResult(
            {"product": product.scaled(1.0 - self.dust), "vapour": vapour, "dust": product.scaled(self.dust)},
            extents=extents,
            values={"water_evaporated_kg_s": water},
            fixed_splits=(FixedSplit("dust of the dryer", "s", self.dust, "dust"),),
            notices=self._notices(wet),
        )

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """Heat bought for the drying air, as steam or electricity."""
        vessel = vessel_energy(inlets, result, chemistry)
        bought = max(vessel.heat, 0.0) / self.efficiency
        water = result.values["water_evaporated_kg_s"]
        per_tonne = bought / water / 3.6e3 if water > 0.0 else 0.0
        basis = f"dryer: heat used over {self.efficiency:.3g}, declared; {per_tonne:.4g} kWh per t of water"
        electric = {"drying": bought} if self.heat_source == "electric" else {}
        steam = bought if self.heat_source == "steam" else 0.0
        return Energy(vessel.heat, 0.0, electric, steam, 0.0, (*vessel.basis, basis))

    def _kept(self, stream: Stream) -> float:
        """Water that the residual moisture amounts to, mol/s."""
        rest = stream.mass() - stream[WATER] * species(WATER).molar_mass - stream[STEAM] * species(STEAM).molar_mass
        return rest * self.moisture / (1.0 - self.moisture) / species(WATER).molar_mass

    def _lowered(self, stream: Stream) -> dict[str, float]:
        """Higher hydrates of the named salt to the named one; their water becomes vapour."""
        if self.hydrate is None:
            return {}
        target = species(self.hydrate)
        extents: dict[str, float] = {}
        for name, flow in stream.flows.items():
            spare = _waters(name, target.id)
            if spare is not None and spare > 0:
                extents[f"{name} = {target.id} + {spare} {STEAM}"] = flow
        return extents

    def _notices(self, wet: Stream) -> tuple[Notice, ...]:
        if wet.flows and wet[WATER] <= self._kept(wet):
            return (Notice("W856", "nothing to dry: the crystals arrive with no more than the residual moisture"),)
        return ()


def _waters(name: str, lower: str) -> int | None:
    """Waters of crystallisation that ``name`` has more than the hydrate ``lower``; none if it is another salt."""
    first, second = species(name), species(lower)
    if first.phase != "s":
        return None
    spare = (first.elements.get("H", 0.0) - second.elements.get("H", 0.0)) / 2.0
    rest = {e: n for e, n in first.elements.items() if e not in ("H", "O")}
    same = rest == {e: n for e, n in second.elements.items() if e not in ("H", "O")}
    oxygen = first.elements.get("O", 0.0) - second.elements.get("O", 0.0)
    return round(spare) if same and oxygen == spare else None
