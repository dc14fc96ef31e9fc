"""Centrifuge with wash behind a crystalliser: what stays with the crystals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.crystal_uptake import formation
from hydromet.units.removal import join
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry import Chemistry

# Crystals that a wash can meet, kg per kg of wash.
_OFFERED = 4.0


@dataclass(frozen=True)
class Spin:
    """Declared performance of the centrifuge.

    Attributes:
        moisture: liquor left between the crystals, kg/kg wet cake.
        enclosed: liquor inside the crystals, kg/kg crystal; no wash reaches it.
        displaced: share of the liquor between the crystals that one cake-liquor mass of wash displaces.
        saturation: how far the wash is saturated with the crystals when it leaves, 0-1.
    """

    moisture: float
    enclosed: float
    displaced: float
    saturation: float


@dataclass(frozen=True)
class Cake:
    """Products of the centrifuge.

    Attributes:
        crystals: wet crystals with enclosed liquor.
        liquor: mother liquor with the spent wash.
        extents: dissolution in the wash and neutralisation, mol/s.
        dissolved: share of the crystals that the wash dissolves.
        remaining: share of the liquor between the crystals that the wash leaves there.
    """

    crystals: Stream
    liquor: Stream
    extents: Mapping[str, float]
    dissolved: float
    remaining: float


def spin(slurry: Stream, soluble: Sequence[str], wash: Stream, how: Spin, chemistry: Chemistry) -> Cake:
    r"""Part crystals and mother liquor.

    .. math:: m_{cake} = \min(m_l, m_s w / (1 - w)), R = (1 - E)^{W / m_{cake}}

    w moisture, E ``displaced``, W wash, R the share of cake liquor left. The wash dissolves crystals until it is
    saturated (times ``saturation``); what crystals hold enclosed is freed with them.

    Args:
        slurry: crystals in mother liquor.
        soluble: crystals that the wash dissolves, the first is the main salt; others are inert.
        wash: wash water.
        how: declared performance.
        chemistry: equilibria.
    """
    solids = slurry.part("s")
    liquor = slurry.where(lambda name: name not in solids.flows)
    mass, fluid = solids.mass(), liquor.mass()
    if mass <= 0.0:
        mixed, extents = join([liquor, wash], slurry.temperature, chemistry)
        return Cake(solids, mixed, extents, 0.0, 1.0)
    held = min(fluid, how.enclosed * mass)
    between = min(fluid - held, mass * how.moisture / (1.0 - how.moisture))
    if wash.mass() <= 0.0:
        share = (held + between) / fluid if fluid > 0.0 else 0.0
        return Cake(solids.plus(liquor.scaled(share)), liquor.scaled(1.0 - share), {}, 0.0, 1.0)
    dissolved, first = _dissolved(solids, soluble, wash, how.saturation, chemistry)
    crystals = solids.with_flows({n: f * (1.0 - dissolved) if n in soluble else f for n, f in solids.flows.items()})
    gone = solids.with_flows({n: f * dissolved for n, f in solids.flows.items() if n in soluble})
    dissolution = {formation(n)[0]: -f for n, f in gone.flows.items()}
    rinse = react(join([wash], slurry.temperature, chemistry)[0].plus(gone), dissolution, chemistry)
    shares = _shares(how, held * (1.0 - dissolved), between, fluid, rinse.mass())
    wet, neutral = join(
        [crystals.plus(liquor.scaled(shares.liquor)), rinse.scaled(shares.rinse)], slurry.temperature, chemistry
    )
    rest, spent = join(
        [liquor.scaled(1.0 - shares.liquor), rinse.scaled(1.0 - shares.rinse)], slurry.temperature, chemistry
    )
    return Cake(wet, rest, add_extents(first, dissolution, neutral, spent), dissolved, shares.remaining)


@dataclass(frozen=True)
class _Shares:
    """Shares of mother liquor and of spent wash that stay with the cake, and of cake liquor that the wash leaves."""

    liquor: float
    rinse: float
    remaining: float


def _shares(how: Spin, held: float, between: float, fluid: float, rinse: float) -> _Shares:
    if between <= 0.0 or rinse <= 0.0:
        return _Shares((held + between) / fluid if fluid > 0.0 else 0.0, 0.0, 1.0)
    left = math.pow(1.0 - how.displaced, rinse / between)
    left = max(left, 1.0 - rinse / between)
    return _Shares((held + left * between) / fluid, (1.0 - left) * between / rinse, left)


def _dissolved(
    solids: Stream, soluble: Sequence[str], wash: Stream, saturation: float, chemistry: Chemistry
) -> tuple[float, dict[str, float]]:
    """Share of the soluble crystals that the wash takes up, and the neutralisation of the wash itself."""
    clean, first = join([wash], solids.temperature, chemistry)
    main = soluble[0]
    if solids[main] <= 0.0:
        return 0.0, first
    # No more crystals are offered than any of these salts could dissolve: equilibrium with a dry heap has no meaning.
    offered = min(solids[main], _OFFERED * wash.mass() / species(main).molar_mass)
    state = chemistry.equilibrate(clean.plus(Stream({main: offered})), solids=(main,), temperature=solids.temperature)
    share = saturation * (offered - state.stream[main]) / solids[main]
    return min(max(share, 0.0), 1.0), first
