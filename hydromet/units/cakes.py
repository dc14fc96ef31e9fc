r"""Cakes: what a solid does on a filter, and the area and wash that follow from it.

The filter equation at constant pressure, for a filtrate volume v per area:

.. math:: t / v = \frac{\mu}{\Delta p} ( \alpha c v / 2 + R_m ), \alpha = \alpha_1 (\Delta p / p_1)^n

c dry solids per filtrate volume, R_m the cloth. A chamber press takes half the chamber's depth of cake on either side;
its wash passes the cake of both sides through half the area: at a quarter of the last rate of filtration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_csv
from hydromet.species import species
from hydromet.units.practice import practices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.stream import Stream

FILE, SIZING = "data/equipment/solids.csv", "data/equipment/sizing.csv"
_BAR = 1e5
_WORST = ("recalled", "estimated", "fitted", "measured")
# The wash through both halves of a chamber: half the area, twice the cake.
_THROUGH = 4.0


@dataclass(frozen=True)
class Solid:
    """One row of the data, or the mixture of several; SI.

    Attributes:
        resistance: alpha at 1 bar, m/kg. compressibility: n. moisture: kg liquor per kg wet cake.
        displacement: share of cake liquor displaced by its own mass of wash. cake_density: dry solids, kg/m3 of cake.
        settling: m/s of the flocculated dilute solid. order, packed: of v = settling (1 - C / packed)^order, kg/m3.
        underflow: kg solids per kg slurry. dose: kg flocculant per kg. overflow: kg solids per m3 at that dose.
    """

    resistance: float
    compressibility: float
    moisture: float
    displacement: float
    cake_density: float
    settling: float
    order: float
    packed: float
    underflow: float
    dose: float
    overflow: float


@lru_cache(maxsize=1)
def _rows() -> tuple[Mapping[str, str], ...]:
    return tuple(read_csv(FILE))


@lru_cache(maxsize=256)
def row(name: str) -> Mapping[str, str]:
    """The first row whose pattern fits a species id."""
    return next(found for found in _rows() if fnmatchcase(name, found["solid"]))


@lru_cache(maxsize=256)
def solid(name: str) -> Solid:
    """How one solid filters and settles."""
    found = row(name)
    return Solid(
        float(found["resistance_m_kg"]),
        float(found["compressibility"]),
        float(found["moisture"]),
        float(found["displacement"]),
        float(found["cake_density_kg_m3"]),
        float(found["settling_m_h"]) / 3600.0,
        float(found["order"]),
        float(found["packed_kg_m3"]),
        float(found["underflow"]),
        float(found["dose_g_t"]) * 1e-6,
        float(found["overflow_mg_L"]) * 1e-3,
    )


def mixture(solids: Stream) -> Solid | None:
    """Mass-weighted solid of a stream: resistances add, liquors held add; none without solids."""
    masses = {name: flow * species(name).molar_mass for name, flow in solids.flows.items()}
    total = sum(masses.values())
    if total <= 0.0:
        return None
    shares = [(mass / total, solid(name)) for name, mass in masses.items()]

    def mean(name: str) -> float:
        return sum(share * float(getattr(one, name)) for share, one in shares)

    held = sum(share * one.moisture / (1.0 - one.moisture) for share, one in shares)
    thick = sum(share / one.underflow for share, one in shares)
    names = ("resistance", "compressibility", "displacement", "settling", "order", "packed", "dose", "overflow")
    values = {name: mean(name) for name in names}
    density = 1.0 / sum(share / one.cake_density for share, one in shares)
    return Solid(moisture=held / (1.0 + held), underflow=1.0 / thick, cake_density=density, **values)


def filtration_time(
    volume: float, solids: float, viscosity: float, alpha: float, cloth: float, pressure: float
) -> float:
    """Time to filter a volume per area at constant pressure, s.

    Args:
        volume: filtrate, m3/m2.
        solids: dry solids per filtrate, kg/m3.
        viscosity: Pa s.
        alpha: specific cake resistance, m/kg.
        cloth: resistance of the medium, 1/m.
        pressure: Pa.
    """
    return viscosity * volume / pressure * (0.5 * alpha * solids * volume + cloth)


@dataclass(frozen=True)
class Press:
    """A filter press; SI.

    Attributes:
        area: m2. filtration, wash, cycle: times, s. load: dry solids per area and cycle. alpha: at its pressure, m/kg.
    """

    area: float
    filtration: float
    wash: float
    cycle: float
    load: float
    alpha: float


@dataclass(frozen=True)
class Duty:
    """What a press has to do: dry ``solids`` kg/s, ``filtrate`` and ``wash`` m3/s of so much ``viscosity``, Pa s."""

    solids: float
    filtrate: float
    wash: float
    viscosity: float


def press(duty: Duty, kind: Solid, pressure: float, idle: float, depth: float, *, filled: bool) -> Press:
    r"""A chamber press for a steady flow of slurry.

    A press that is not ``filled`` stops at the load that takes the least area, the chamber's at the most:

    .. math:: A = m_s (k W^2 + a W + t_0) / W, W = \sqrt{t_0 / k}

    filtration and wash together take as long as the idle time, but for the cloth.

    Args:
        duty: flows.
        kind: of the solids.
        pressure: Pa.
        idle: time of a cycle without flow, s.
        depth: of a chamber, m.
        filled: whether the cake has to fill the chamber.
    """
    usual = practices(SIZING)
    cloth, margin = usual["cloth_resistance"].value, usual["press_margin"].value
    alpha = kind.resistance * math.pow(pressure / _BAR, kind.compressibility)
    per_solids, wash = duty.filtrate / duty.solids, _THROUGH * duty.wash / duty.solids
    slow = duty.viscosity / pressure
    load = 0.5 * depth * kind.cake_density
    growth = slow * alpha * (0.5 * per_solids + wash)
    if not filled and growth > 0.0:
        load = min(load, math.sqrt(idle / growth))
    filtering = 0.0
    if duty.filtrate > 0.0:
        filtering = filtration_time(load * per_solids, 1.0 / per_solids, duty.viscosity, alpha, cloth, pressure)
    washing = slow * (alpha * load + cloth) * load * wash
    cycle = filtering + washing + idle
    return Press(duty.solids * cycle / load * margin, filtering, washing, cycle, load, alpha)


def wash_for(recovery: float, displacement: float) -> float:
    """Displacement ratio that washes a share of the cake liquor out: ``1 - (1 - E)^D``, never better than plug flow."""
    return max(math.log1p(-recovery) / math.log1p(-displacement), recovery)


def sources() -> list[dict[str, Any]]:
    """Every row with source and grade; the stream decides which of them counts."""
    return [
        {
            "parameter": f"cake of {found['solid']}", "value": float(found["resistance_m_kg"]), "unit": "m/kg",
            "source": found["source"], "grade": found["grade"], "validity": "", "note": found["note"],
        }
        for found in _rows()
    ]  # fmt: skip


def grade(solids: Stream) -> str:
    """The worst grade of the rows that these solids use; empty without solids."""
    used = {row(name)["grade"] for name in solids.flows}
    return next((one for one in _WORST if one in used), "")
