"""Thickener."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hydromet.units import cakes
from hydromet.units.base import Inlets, Port, UnitResult
from hydromet.units.thickening import Thickening, carried_share, fluid
from hydromet.units.vessel import blend

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

_FEED = {"H2O": 500.0, "Ni+2": 5.0, "Li+": 6.0, "SO4-2": 8.0, "C(s)": 40.0, "Al(OH)3(s)": 1.0}


class Thickener(Thickening):
    """Gravity thickener with flocculant: overflow liquor with traces of solids, underflow at a solids content.

    Assumptions:
        1. The underflow reaches its solids content if the thickener has its area; a mixture of solids settles and
           packs by the mass-weighted mean of their data, with no segregation.
        2. The overflow carries solids at the concentration of the data for the flocculant dose, of the composition of
           the feed's solids. A liquor too scarce to overflow leaves with the underflow.
        3. No reaction but neutralisation by what the flocculant solution brings; no evaporation, no heat loss.
        4. The polymer goes with the solids.

    Ports: in ``slurry``, ``flocculant`` (drawn, optional: without it the solid settles as it is); out ``overflow``,
    ``underflow``.

    Equations: underflow liquor = m_s (1 - w) / w; v(C) = v_0 (1 - C / C_p)^n; limiting flux
    F = min v(C) / (1 / C - 1 / C_u) over C from feed to underflow (Coe and Clevenger); area = m_s / F x margin.

    Validity: settling data are ranges by kind of solid; the area wants a cylinder test, the underflow a rheology test.
    An underflow thicker than the solid packs under its own weight has no area here (W865).

    Sources: data/equipment/solids.csv, graded; flux theory: Coe and Clevenger 1916, Kynch 1952 (recalled).
    """

    model: Literal["thickener"] = "thickener"
    outlets: ClassVar = (Port("overflow", "clear liquor with traces of solids"), Port("underflow", "thick slurry"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"underflow_solids": 0.3},
            "inlets": {
                "slurry": {"flows": _FEED, "temperature": 333.15},
                "flocculant": {"flows": {"H2O": 55.4, "C3H5NO(s)": 0.035}},
            },
        },
        {
            "parameters": {"overflow_solids": 0.02},
            "inlets": {"slurry": {"flows": {**_FEED, "H+": 1.0, "SO4-2": 8.5}, "temperature": 313.15}},
        },
    )

    def inlet_ports(self) -> tuple[Port, ...]:
        """The flocculant is drawn where it is connected."""
        return Port("slurry", "slurry to thicken"), self.flocculant_port()

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Part solids and liquor, find the area."""
        polymer, dose = self.flocculant(inlets["slurry"], inlets.get("flocculant"))
        feed, extents = blend([inlets["slurry"], polymer], chemistry)
        drawn = {"flocculant": polymer.mass()} if "flocculant" in inlets else {}
        solids, liquor = feed.part("s"), feed.where(fluid)
        kind, mass = cakes.mixture(solids), solids.mass()
        if kind is None or not liquor.flows:
            return UnitResult({"overflow": liquor, "underflow": solids}, drawn, extents)
        thickness = self.thickness(kind)
        held = min(1.0, mass * (1.0 - thickness) / thickness / liquor.mass())
        velocity, clarity = self.clear(kind, dose)
        wet = chemistry.volume(liquor)
        carried = carried_share(clarity, wet * (1.0 - held), mass)
        densities = mass / chemistry.volume(solids), liquor.mass() / wet
        area = self.area(mass, wet + mass / densities[0], kind, velocity, densities)
        return UnitResult(
            {
                "overflow": liquor.scaled(1.0 - held).plus(solids.scaled(carried)),
                "underflow": solids.scaled(1.0 - carried).plus(liquor.scaled(held)),
            },
            drawn,
            extents,
            values={
                "overflow_solids_kg_m3": clarity,
                "flocculant_dose_kg_kg": dose,
                "settling_velocity_m_s": velocity,
                "liquor_to_underflow_fraction": held,
                **area,
            },
            stages=(area,),
            fixed_splits=self.listed(clarity, carried),
            notices=self.remarks(bool(area), kind),
        )
