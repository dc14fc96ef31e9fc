"""Evaporator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.stream import ATMOSPHERE, Stream
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, UnitResult
from hydromet.units.evaporation import BOIL, GAS, STEAM, VAPOUR, Evaporating
from hydromet.units.fields import Concentration, Fraction, Molality
from hydromet.units.limiting import limiting
from hydromet.units.removal import Concentrated, grams_per_litre, molality, remove_share, remove_water_until
from hydromet.units.vessel import add_extents, blend

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

# Saturation index from which a salt that is not allowed would fall.
_ABOVE = 0.05
_CONDITIONS = ("water_removed", "concentration", "molality", "saturation_index")
_FEED = {"flows": {"H2O": 50.0, "Na+": 1.2, "Li+": 0.4, "SO4-2": 0.8}, "temperature": 313.15}


class Evaporate(Evaporating):
    """Evaporator that concentrates a liquor to a declared condition, with a crop of salt where one is allowed.

    Assumptions:
        1. One well-mixed boiling liquor at the declared temperature; it and its solids are at equilibrium. Only the
           ``solids`` named may form; of the others the main salt nearest to falling is named in the result as the
           limiting solid, and told where the liquor is above it (W874).
        2. The vapour is pure water but for declared droplets (``carry_over``) and a declared vented share. Dissolved
           CO2, HF and NH3 stay in the liquor; gas that comes with the feed leaves with the vent.
        3. All vapour but the vent is condensed. The condensate leaves at the condensing temperature (mvr: liquor
           temperature plus ``lift``; else liquor temperature less the elevation), or cooled against the feed.
        4. A train of effects is one liquor at the temperature of the effect where the salt falls; each kg of steam
           evaporates effects x economy kg of water.

    Ports: in ``liquor``; out ``concentrate``, or ``slurry`` if solids are allowed; ``condensate``; ``vent``.

    Equations: one condition fixes the water removed: ``water_removed``; c = n M / V or m = n / (n_w M_w) of one
    species; the saturation index of one salt. Elevation from a_w p_sat(T) = p_sat(T - dT). MVR:
    W = n cp T [(p2/p1)^(R/cp) - 1] / eta with p1 = p_sat(T - dT), p2 = p_sat(T + lift); heat + W = H_out - H_in.
    Steam: S = Q + L / (effects x economy), cooling = S - Q, Q the heat of the vessel.

    Validity: that of the activity model, about 6 mol/kg and 0-110 degC. The double salt LiNaSO4 limits lithium beside
    Na2SO4; abstracts alone place its constant, and the mixing of Li2SO4 and Na2SO4 is not measured above 25 degC.

    Sources: vapour pressure: Wagner and Pruss 1993. Plants: 0.35-0.45 t steam/t with three effects (recalled), 25-45
    kWh/t with MVR (vendor pages).
    """

    model: Literal["evaporate"] = "evaporate"
    solids: tuple[str, ...] = Field((), description="salts that may fall out")
    water_removed: Fraction | None = Field(None, lt=1.0, description="share of the feed's water to evaporate")
    species: str | None = Field(None, description="dissolved species of the concentration to reach, such as Li+")
    concentration: Concentration | None = Field(None, gt=0.0, description="to reach, mass of the species per volume")
    molality: Molality | None = Field(None, gt=0.0, description="to reach, amount of the species per mass of water")
    salt: str | None = Field(None, description="salt of the saturation index to reach")
    saturation_index: float | None = Field(None, description="to reach, log10 of activity product over K")
    vented: Fraction = Field(0.005, lt=1.0, description="share of the vapour that leaves with the vent")

    inlets: ClassVar = (Port("liquor", "liquor to concentrate"),)
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"temperature": 373.15, "water_removed": 0.4, "arrangement": "mvr", "approach": 8.0},
            "inlets": {"liquor": _FEED},
        }, {
            "parameters": {
                "temperature": 373.15, "solids": ["Na2SO4(s)"], "species": "Li+", "molality": 2.0,
                "arrangement": "multi_effect", "effects": 3,
            },
            "inlets": {"liquor": _FEED},
        },
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [name for name in _CONDITIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise UnitError(
                "E850",
                read=" and ".join(given) or "no condition",
                expected=f"exactly one of {', '.join(_CONDITIONS)}",
                write="water_removed: 60 %",
            )
        if given[0] in ("concentration", "molality") and self.species is None:
            text = f"{given[0]} without species"
            raise UnitError("E851", read=text, expected="the species it counts", write="species: Li+")
        if given[0] == "saturation_index" and self.salt is None:
            raise UnitError("E851", read="saturation_index without salt", expected="the salt", write="salt: Na2SO4(s)")
        return self

    def outlet_ports(self) -> tuple[Port, ...]:
        """The liquor leaves as slurry where solids may form."""
        name, what = ("slurry", "liquor with its salt crop") if self.solids else ("concentrate", "concentrated liquor")
        return (
            Port(name, what),
            Port("condensate", "condensed vapour with droplets"),
            Port("vent", "vented vapour and gases"),
        )

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """Salts stay in the liquor; carbon and nitrogen may leave with the vent."""
        del inlet
        gone = {"condensate": VAPOUR, "vent": GAS}
        return (self.outlet_ports()[0].name, *(port for port, elements in gone.items() if element in elements))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Remove water until the condition holds, then part liquor, condensate and vent."""
        feed, first = blend([inlets["liquor"]], chemistry)
        gas = feed.part("g")
        state = self._concentrated(feed.where(lambda name: name not in gas.flows), chemistry)
        liquor = state.stream.part("aq")
        elevation = self.elevation(state)
        lost = state.water * self.vented
        condensate, share = self.condense(liquor, state.water - lost, elevation, feed.temperature)
        main = state.stream.with_flows(
            {n: f * (1.0 - share) if n in liquor.flows else f for n, f in state.stream.flows.items()}
        )
        vent = Stream({**gas.flows, STEAM: gas[STEAM] + lost}, self.temperature, ATMOSPHERE)
        return UnitResult(
            {self.outlet_ports()[0].name: main, "condensate": condensate, "vent": vent},
            extents=add_extents(first, state.extents, {BOIL: lost}),
            values={**self.boiling(state, elevation), **self._limit(state, chemistry)},
            fixed_splits=(self.droplets(), FixedSplit("vapour vented with gases", STEAM, self.vented, "vent")),
            notices=(
                *self._notices(state, chemistry),
                *self.short(state),
                *self.beyond(state),
                *self.lift_notice(elevation),
            ),
        )

    def _concentrated(self, feed: Stream, chemistry: Chemistry) -> Concentrated:
        """The liquor in the state that the condition asks for."""
        how = (self.temperature, self.solids, chemistry)
        if self.water_removed is not None:
            return remove_share(feed, self.water_removed, *how)
        if self.saturation_index is not None:
            return remove_water_until(feed, self._short, 0.5, *how)
        name, target = str(self.species), self.concentration or self.molality or 1.0
        value = grams_per_litre(name, chemistry) if self.concentration is not None else molality(name)
        guess = 1.0 - value(feed.at(self.temperature)) / target
        return remove_water_until(feed, lambda state: value(state.stream) / target - 1.0, guess, *how)

    def _short(self, state: Concentrated) -> float:
        """Distance from the saturation index; a salt whose ions are absent asks for no evaporation at all."""
        assert state.equilibrium is not None  # noqa: S101  # the search starts from a liquor
        index = state.equilibrium.liquor.saturation_index(str(self.salt))
        return index - (self.saturation_index or 0.0) if math.isfinite(index) else math.inf

    def _limit(self, state: Concentrated, chemistry: Chemistry) -> dict[str, float]:
        """The salt that limits the concentration, by name, with its saturation index."""
        found = limiting(state, self.solids, chemistry)
        return {f"limiting_solid_{found[0]}": found[1]} if found else {}

    def _notices(self, state: Concentrated, chemistry: Chemistry) -> tuple[Notice, ...]:
        found = limiting(state, self.solids, chemistry)
        if found and found[1] > _ABOVE:
            return (Notice("W874", f"{found[0]} is supersaturated, saturation index {found[1]:.2f}: it would fall"),)
        if state.equilibrium is not None and self.water_removed is None and state.share <= 0.0 and not state.limit:
            return (Notice("W850", "nothing is evaporated: the feed is beyond the condition already"),)
        return ()
