"""Recovery of organic from a raffinate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator

from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.stream import Stream
from hydromet.units.base import FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.fields import PH, Fraction
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class OrganicRecovery(Unit):
    """After-settler: a raffinate is acidified so that dissolved extractant comes out; a coalescer takes the organic.

    Assumptions:
        1. At the set pH the dissolved extractant falls to its solubility at that pH; what comes out joins the organic.
        2. The coalescer takes a declared share of all organic droplets, listed as a fixed split. Metals on the
           droplets are not exchanged.
        3. A raffinate below the set pH takes no acid. Without ``pH`` the unit is a coalescer only.

    Ports: in ``aqueous``, ``acid`` (drawn if ``pH`` is set); out ``aqueous``, ``organic`` (back to the circuit).

    Equations: RH(aq) = RH(org) to s(pH) = s0 (1 + u) / (1 + u s0 / s_most), u = 10^(pH - pH_s); charge balance for
    the acid.

    Validity: solubility of the extractant in data/extractants, an order of magnitude.

    Sources: supplier brochures (recalled); coalescers leave 5-10 mg/L (practice, recalled).
    """

    model: Literal["organic_recovery"] = "organic_recovery"
    extractant: str = Field(description="data/extractants", examples=["versatic10"])
    pH: PH | None = Field(None, description="to which the raffinate is acidified; none: coalescer only")
    coalesced: Fraction = Field(0.9, description="share of the organic droplets that is recovered")

    outlets: ClassVar = (Port("aqueous", "cleaned raffinate"), Port("organic", "recovered organic"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"extractant": "versatic10", "pH": 4.0},
        "inlets": {
            "aqueous": {
                "flows": {
                    "H2O": 52.0, "Li+": 0.7, "Na+": 1.5002, "SO4-2": 1.1, "OH-": 2e-4, "H(Versatic10)": 2.5e-3,
                    "H(Versatic10)(org)": 1e-5, "Diluent(org)": 8e-5,
                },
            },
            "acid": {"flows": {"H2SO4(l)": 10.0, "H2O": 1.1}},
        },
    }  # fmt: skip

    @field_validator("extractant")
    @classmethod
    def _known(cls, value: str) -> str:
        load_extractant(value)
        return value

    def inlet_ports(self) -> tuple[Port, ...]:
        """Acid is drawn where a pH is set."""
        drawn = self.pH is not None
        return Port("aqueous", "raffinate"), Port("acid", "sulfuric acid", required=drawn, drawn=drawn)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Acid dose, extractant out of solution, droplets caught."""
        known, feed = load_extractant(self.extractant), inlets["aqueous"]
        drawn, extents, state, pH = dict[str, float](), dict[str, float](), feed, None
        if feed["H2O"] > 0.0:
            pH = chemistry.liquor(feed).pH
        if self.pH is not None:
            drawn["acid"] = 0.0
            if pH is not None and pH > self.pH:
                found = chemistry.at_pH(feed, self.pH, inlets["acid"])
                state, pH, drawn["acid"] = found.stream, self.pH, found.dose
                extents = dict(found.extents)
        out = {f"{known.acid} = {known.dissolved}": 0.0}
        if pH is not None:
            left = known.solubility(pH) * chemistry.volume(state, "aq")
            out = {f"{known.acid} = {known.dissolved}": -max(state[known.dissolved] - left, 0.0)}
        made = react(state, out, chemistry).at(feed.temperature)
        recovered = made.part("org").scaled(self.coalesced)
        rest = {name: flow - recovered[name] for name, flow in made.flows.items()}
        return UnitResult(
            {"aqueous": Stream(rest, made.temperature, feed.pressure, feed.sizes), "organic": recovered},
            drawn,
            add_extents(extents, out),
            {"recovered_extractant_kg_h": recovered.where(lambda n: n == known.acid).mass() * 3600.0},
            fixed_splits=(FixedSplit("coalescer", known.acid, self.coalesced, "organic"),),
        )
