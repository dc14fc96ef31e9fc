"""Take water from a liquor until a design condition holds: shared by the evaporator and the crystallisers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.errors import ChemistryError, ConvergenceError
from hydromet.species import WATER, species
from hydromet.stream import Stream
from hydromet.units.bracket import rising_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hydromet.chemistry import Chemistry, Equilibrium

# More than this share of the water cannot leave: the rest stays as a film on the crystals.
MOST = 0.995


@dataclass(frozen=True)
class Concentrated:
    """A liquor that lost water, at equilibrium with the solids allowed to form.

    Attributes:
        share: share of the feed's water that left.
        water: water that left, mol/s.
        stream: liquor with its solids.
        extents: reaction equation -> mol/s.
        equilibrium: pH, saturation and speciation of the liquor; none if there is no liquor.
    """

    share: float
    water: float
    stream: Stream
    extents: Mapping[str, float]
    equilibrium: Equilibrium | None


def remove_water(
    feed: Stream, share: float, temperature: float, solids: Sequence[str], chemistry: Chemistry
) -> Concentrated:
    """The feed without a given share of its water, at equilibrium.

    Args:
        feed: liquor, perhaps with solids.
        share: of the liquid water.
        temperature: K.
        solids: those that may form or dissolve.
        chemistry: equilibria.
    """
    if feed[WATER] <= 0.0:
        return Concentrated(0.0, 0.0, feed.at(temperature), {}, None)
    water = feed[WATER] * share
    flows = {**feed.flows, WATER: feed[WATER] - water}
    state = chemistry.equilibrate(feed.with_flows(flows), solids=tuple(solids), temperature=temperature)
    return Concentrated(share, water, state.stream, state.extents, state)


def remove_water_until(
    feed: Stream,
    miss: Callable[[Concentrated], float],
    guess: float,
    temperature: float,
    solids: Sequence[str],
    chemistry: Chemistry,
) -> Concentrated:
    """The feed without as much water as makes ``miss`` zero.

    Args:
        feed: liquor, perhaps with solids.
        miss: relative distance from the condition, rising with the water removed.
        guess: share of the water, first trial.
        temperature: K.
        solids: those that may form or dissolve.
        chemistry: equilibria.

    Returns:
        the state; with nothing removed where the feed is already beyond the condition.
    """
    if feed[WATER] <= 0.0:
        return remove_water(feed, 0.0, temperature, solids, chemistry)
    found: dict[float, Concentrated] = {}

    def function(share: float) -> float:
        try:
            found[share] = remove_water(feed, share, temperature, solids, chemistry)
        except (ChemistryError, ConvergenceError):
            # No liquor is left between the crystals: more water has gone than there can be.
            return math.inf
        return miss(found[share])

    share = rising_root(function, 0.0, MOST, guess)
    return found.get(share) or remove_water(feed, share, temperature, solids, chemistry)


def flash(feed: Stream, temperature: float, solids: Sequence[str], chemistry: Chemistry) -> Concentrated:
    """The feed flashed to a temperature without any heat: its own heat drives the water off.

    .. math:: H(slurry, T) + n_{vapour} h_{steam}(T) = H(feed)
    """
    if feed[WATER] <= 0.0:
        return remove_water(feed, 0.0, temperature, solids, chemistry)
    start = chemistry.enthalpy(feed)
    vapour = chemistry.species_enthalpy("H2O(g)", temperature)
    latent = feed[WATER] * chemistry.reaction("H2O = H2O(g)").heat(temperature)

    def miss(state: Concentrated) -> float:
        return (chemistry.enthalpy(state.stream) + state.water * vapour - start) / latent

    guess = (start - chemistry.enthalpy(feed.at(temperature))) / latent
    return remove_water_until(feed, miss, guess, temperature, solids, chemistry)


def grams_per_litre(name: str, chemistry: Chemistry) -> Callable[[Stream], float]:
    """Concentration of a dissolved species in the liquor of a stream, kg/m3 (= g/L)."""
    mass = species(name).molar_mass

    def value(stream: Stream) -> float:
        volume = chemistry.volume(stream, "aq")
        return stream[name] * mass / volume if volume > 0.0 else 0.0

    return value


def molality(name: str) -> Callable[[Stream], float]:
    """Concentration of a dissolved species, mol per kg of water."""
    mass = species(WATER).molar_mass

    def value(stream: Stream) -> float:
        return stream[name] / (stream[WATER] * mass) if stream[WATER] > 0.0 else 0.0

    return value


def join(streams: Sequence[Stream], temperature: float, chemistry: Chemistry) -> tuple[Stream, dict[str, float]]:
    """Streams put together at a given temperature, acid and base neutralised.

    Returns:
        the stream and the extents of neutralisation, mol/s.
    """
    present = [s for s in streams if s.flows]
    if not present:
        return Stream(temperature=temperature), {}
    together, extents = chemistry.canonical(present[0].plus(*present[1:]).at(temperature))
    return together, dict(extents)
