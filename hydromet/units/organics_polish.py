"""Coalescer, dual-media filter and activated carbon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.errors import UnitError
from hydromet.species import pseudo_elements, species
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.fields import MassFraction, MassRatio
from hydromet.units.vessel import blend, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

_MG_PER_KG = 1e6


class OrganicsPolish(Unit):
    """Removal of entrained organic and dissolved extractant before a crystalliser.

    Assumptions:
        1. The coalescer leaves at most ``after_coalescer`` of entrained organic, of the same composition, in the
           liquor; the dual-media filter (anthracite over garnet or sand) at most ``after_media``. What they catch is
           recovered as organic: the backwash of the filter settles and its water, which is liquor, comes back.
        2. The carbon bed takes entrained organic and dissolved extractant down to ``after_carbon`` and
           ``dissolved``. These residuals are declared: the bed is changed before it breaks through. A liquor that is
           cleaner already passes unchanged.
        3. Carbon is drawn for what it holds, at ``capacity``. Dissolved extractant on the carbon is booked as organic.
        4. What is left goes with the liquor to the crystalliser and with the liquor of its cake into the product:
           that is the oil of a product's specification.

    Ports: in ``feed``, ``carbon`` (drawn); out ``liquor``, ``organic``, ``spent_carbon``.

    Equations: residual = min(feed, declared kg/kg x liquor); H(X) = H(X)(org) for what is adsorbed;
    carbon = adsorbed / capacity.

    Validity: neutral extractants dissolved at 1-100 mg/L; metal soaps in the organic leave with it.

    Sources: plant practice, recalled, declared parameters: 10-30 mg/L after coalescers, 2-10 after dual media, 0.5-5
    after carbon, capacity 0.05-0.2 kg/kg.
    """

    model: Literal["organics_polish"] = "organics_polish"
    after_coalescer: MassFraction = Field(2e-5, description="entrained organic after the coalescer, kg per kg liquor")
    after_media: MassFraction = Field(
        5e-6, description="entrained organic after the dual-media filter, kg per kg liquor"
    )
    after_carbon: MassFraction = Field(5e-7, description="entrained organic after the carbon, kg per kg liquor")
    dissolved: MassFraction = Field(1e-6, description="dissolved extractant after the carbon, kg per kg liquor")
    capacity: MassRatio = Field(0.1, gt=0.0, description="organic held per mass of carbon")

    inlets: ClassVar = (Port("feed", "liquor with traces of organic"), Port("carbon", "activated carbon", drawn=True))
    outlets: ClassVar = (
        Port("liquor", "polished liquor"),
        Port("organic", "organic recovered by coalescer and dual-media filter"),
        Port("spent_carbon", "carbon with what it holds"),
    )
    example: ClassVar[dict[str, Any]] = {
        "parameters": {},
        "inlets": {
            "feed": {
                "flows": {
                    "H2O": 50.0,
                    "Na+": 1.0,
                    "SO4-2": 0.5,
                    "H(Versatic10)": 2e-4,
                    "H(Versatic10)(org)": 1e-4,
                    "Diluent(org)": 1e-3,
                },
                "temperature": 308.15,
            },
            "carbon": {"flows": {"C(s)": 83.0}},
        },
    }

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Coalesce, adsorb."""
        feed, first = blend([inlets["feed"]], chemistry)
        entrained = feed.part("org")
        extractant = feed.where(_is_dissolved_organic)
        liquor = feed.where(lambda name: name not in entrained.flows and name not in extractant.flows)
        base = liquor.part("aq").mass()
        coalesced = _share_left(entrained, self.after_coalescer * base)
        filtered = min(coalesced, _share_left(entrained, self.after_media * base))
        polished = min(filtered, _share_left(entrained, self.after_carbon * base))
        passed = _share_left(extractant, self.dissolved * base)
        caught = {f"{name} = {name}(org)": flow * (1.0 - passed) for name, flow in extractant.flows.items()}
        adsorbed = react(extractant, caught, chemistry).part("org").plus(entrained.scaled(filtered - polished))
        dose = self._dose(adsorbed, inlets["carbon"])
        clean = liquor.plus(entrained.scaled(polished), extractant.scaled(passed))
        outlets = {
            "liquor": clean,
            "organic": entrained.scaled(1.0 - filtered),
            "spent_carbon": inlets["carbon"].scaled(dose).plus(adsorbed).at(feed.temperature),
        }
        ppm = _MG_PER_KG / base if base > 0.0 else 0.0
        return UnitResult(
            outlets,
            drawn={"carbon": dose},
            extents={**first, **caught},
            values={
                "entrained_after_coalescer_mg_kg": entrained.mass() * coalesced * ppm,
                "entrained_after_media_mg_kg": entrained.mass() * filtered * ppm,
                "entrained_left_mg_kg": entrained.mass() * polished * ppm,
                "dissolved_left_mg_kg": extractant.mass() * passed * ppm,
                "oil_in_liquor_mg_kg": (entrained.mass() * polished + extractant.mass() * passed) * ppm,
            },
            fixed_splits=(
                FixedSplit("entrained organic left by the coalescer, kg/kg", "org", self.after_coalescer, "liquor"),
                FixedSplit("entrained organic left by the dual media, kg/kg", "org", self.after_media, "liquor"),
                FixedSplit("entrained organic left by the carbon, kg/kg", "org", self.after_carbon, "liquor"),
                FixedSplit("dissolved extractant left by the carbon, kg/kg", "aq", self.dissolved, "liquor"),
            ),
            notices=self._notices(feed),
        )

    def _dose(self, adsorbed: Stream, template: Stream) -> float:
        """Carbon drawn for what it holds, kg/s; its own moisture and ash come with it."""
        need = adsorbed.mass() / self.capacity
        active = template["C(s)"] * species("C(s)").molar_mass
        if need <= 0.0:
            return 0.0
        if active <= 0.0:
            raise UnitError("E856", read="carbon without C(s)", expected="a feed of activated carbon")
        return need / active

    def _notices(self, feed: Stream) -> tuple[Notice, ...]:
        falling = self.after_carbon <= self.after_media <= self.after_coalescer
        if falling or not feed.part("org").flows:
            return ()
        return (Notice("W859", "a later residual is above an earlier one: that step takes no entrained organic"),)


def _is_dissolved_organic(name: str) -> bool:
    known = species(name)
    return known.phase == "aq" and any(element in pseudo_elements() for element in known.elements)


def _share_left(stream: Stream, allowed: float) -> float:
    """Share of a stream that an allowed mass flow lets through."""
    mass = stream.mass()
    return min(1.0, allowed / mass) if mass > 0.0 else 0.0
