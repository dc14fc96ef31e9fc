"""Counter-current decantation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.stream import Stream, add_flows
from hydromet.units import cakes
from hydromet.units.base import Inlets, Port, UnitResult
from hydromet.units.fields import Fraction, Ratio
from hydromet.units.settling import Chain, chain
from hydromet.units.thickening import AREA, Thickening, carried_share, fluid
from hydromet.units.vessel import add_extents, blend, redistributed

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.units.cakes import Solid

_FEED = {"H2O": 400.0, "Ni+2": 8.0, "Co+2": 2.0, "H+": 4.0, "SO4-2": 12.0, "C(s)": 120.0}


class Ccd(Thickening):
    """Counter-current decantation: a chain of thickeners that washes a residue.

    Assumptions:
        1. Every underflow has the same solids content; a feed that is thicker takes liquor of the wash up, as long as
           there is any.
        2. The share ``mixing`` of the liquor in an underflow mixes with the overflow of the next stage; the rest goes
           through unwashed.
        3. An overflow carries solids as in a thickener; they settle again one stage nearer to the feed, and those of
           the first stage leave with the overflow.
        4. No solid dissolves or forms: what acid or base finds is neutralised, nothing else reacts. The liquors meet
           adiabatically; both outlets leave at one temperature.
        5. The flocculant goes to the first thickener; its polymer stays with the solids.

    Ports: in ``slurry``, ``wash`` (drawn), ``flocculant`` (drawn, optional); out ``overflow`` (pregnant liquor),
    ``underflow`` (washed residue).

    Equations: U = m_s (1 - w) / w; wash W = r U_N; U_i-1 + O_i+1 = U_i + O_i; with every overflow, and the part of
    the underflow that mixed, of the composition of the mixture of a stage. With full mixing, clear overflows and a
    feed as thick as the underflow: recovery = 1 - (r - 1) / (r^(N+1) - 1).

    Validity: wash ratios of 1.5 to 4, 3 to 8 stages, mixing 0.9-1 (plants with mix boxes, recalled).

    Sources: washing trains: Baker 1936 and the unit-operations textbooks (recalled); areas: see ``thickener``.
    """

    model: Literal["ccd"] = "ccd"
    stages: int = Field(4, ge=1, le=12, description="number of thickeners")
    wash_ratio: Ratio = Field(2.5, gt=0.0, le=20.0, description="wash per liquor of the last underflow, kg/kg")
    mixing: Fraction = Field(0.95, ge=0.3, description="share of an underflow's liquor that mixes with the wash")

    outlets: ClassVar = (Port("overflow", "pregnant liquor"), Port("underflow", "washed residue"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"stages": 5, "wash_ratio": 2.0},
            "inlets": {
                "slurry": {"flows": _FEED, "temperature": 343.15},
                "wash": {"flows": {"H2O": 55.0, "Na+": 0.01, "OH-": 0.01}, "temperature": 303.15},
                "flocculant": {"flows": {"H2O": 55.4, "C3H5NO(s)": 0.035}},
            },
        },
        {
            "parameters": {"stages": 1, "wash_ratio": 0.8, "mixing": 1.0, "underflow_solids": 0.4},
            "inlets": {
                "slurry": {"flows": {"H2O": 100.0, "Na+": 2.0, "SO4-2": 1.0, "CaSO4:2H2O(s)": 10.0}},
                "wash": {"flows": {"H2O": 55.5}},
            },
        },
    )

    def inlet_ports(self) -> tuple[Port, ...]:
        """Wash and flocculant are drawn."""
        wash = Port("wash", "wash water or liquor", drawn=True)
        return Port("slurry", "leach slurry"), wash, self.flocculant_port()

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Solids, liquors, compositions of all stages; then the two outlets."""
        polymer, dose = self.flocculant(inlets["slurry"], inlets.get("flocculant"))
        feed, extents = blend([inlets["slurry"], polymer], chemistry)
        drawn = {"wash": 0.0, **({"flocculant": polymer.mass()} if "flocculant" in inlets else {})}
        solids, liquor = feed.part("s"), feed.where(fluid)
        kind = cakes.mixture(solids)
        if kind is None or not liquor.flows:
            return UnitResult({"overflow": liquor, "underflow": solids}, drawn, extents)
        velocity, clarity = self.clear(kind, dose)
        specific = chemistry.volume(liquor) / liquor.mass()
        train = self._train(solids.mass(), liquor.mass(), kind, clarity * specific)
        wash = inlets["wash"].scaled(train.wash / _fluid_share(inlets["wash"]))
        water = wash.where(fluid)
        stays = float(train.underflow[-1] * train.left[-1]) / liquor.mass()
        brought = float(train.underflow[-1] * (1.0 - train.left[-1])) / train.wash
        carried = float(train.carried[0]) / solids.mass()
        parts = (
            Stream(add_flows([liquor.scaled(1.0 - stays), water.scaled(1.0 - brought), solids.scaled(carried)])),
            Stream(
                add_flows([solids.scaled(1.0 - carried), wash.part("s"), liquor.scaled(stays), water.scaled(brought)])
            ),
        )
        (overflow, underflow), neutral = redistributed(parts, (feed, wash), chemistry)
        densities = solids.mass() / chemistry.volume(solids), 1.0 / specific
        stages = self._stages(train, kind, velocity, densities)
        areas = [row[AREA] for row in stages if AREA in row]
        return UnitResult(
            {"overflow": overflow, "underflow": underflow},
            {**drawn, "wash": wash.mass()},
            add_extents(extents, neutral),
            values={
                "soluble_recovery_fraction": 1.0 - stays,
                "overflow_solids_kg_m3": clarity,
                "flocculant_dose_kg_kg": dose,
                "settling_velocity_m_s": velocity,
                **({AREA: max(areas)} if areas else {}),
            },
            stages=stages,
            fixed_splits=self.listed(clarity, carried),
            notices=self.remarks(len(areas) == len(stages), kind),
        )

    def _train(self, solids: float, liquor: float, kind: Solid, clarity: float) -> Chain:
        """The chain; ``clarity`` is kg solids per kg of overflow liquor."""
        thickness = self.thickness(kind)
        between = self.wash_ratio * solids * (1.0 - thickness) / thickness
        carried = carried_share(clarity, between, solids)
        return chain(
            self.stages,
            solids,
            liquor,
            thickness=thickness,
            wash_ratio=self.wash_ratio,
            mixing=self.mixing,
            carried=carried,
        )

    def _stages(
        self, train: Chain, kind: Solid, velocity: float, densities: tuple[float, float]
    ) -> tuple[dict[str, float], ...]:
        """Flows, washing and area of each thickener; volumes with the density of the feed's liquor."""
        rows = []
        for i, solids in enumerate(train.solids):
            slurry = solids / densities[0] + (train.underflow[i] + train.overflow[i]) / densities[1]
            rows.append(
                {
                    "solids_kg_s": float(solids),
                    "underflow_liquor_kg_s": float(train.underflow[i]),
                    "overflow_liquor_kg_s": float(train.overflow[i]),
                    "feed_liquor_in_underflow_fraction": float(train.left[i]),
                    "feed_liquor_in_overflow_fraction": float(train.rich[i]),
                    **self.area(float(solids), float(slurry), kind, velocity, densities),
                }
            )
        return tuple(rows)


def _fluid_share(wash: Stream) -> float:
    mass = wash.mass()
    return wash.where(fluid).mass() / mass if mass > 0.0 else 1.0
