"""Take water from a liquor until a design condition holds: shared by the evaporator and the crystallisers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hydromet.errors import ChemistryError, ConvergenceError
from hydromet.species import WATER, species
from hydromet.stream import Stream
from hydromet.units.bracket import rising_root
from hydromet.units.vessel import add_extents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hydromet.chemistry import Chemistry, Equilibrium

# More than this share of the water cannot leave: the rest stays as a film on the crystals.
MOST = 0.995
# Ionic strength of a liquor, mol/kg, beyond which the activity model says nothing: no search goes there.
DENSE = 30.0
# Ionic strength of liquor and crystals together, mol/kg of free water, up to which one equilibrium finds the crop; and
# by how much it may rise in one step beyond that.
_DIRECT, _RISE = 25.0, 1.4
# States that have no solution, after which a search looks no further up.
_TRIES = 4
# Relative distance from a condition that counts as met.
_MET = 1e-6
_NOTHING = "no liquor of this composition exists: it passes unchanged"


@dataclass(frozen=True)
class Concentrated:
    """A liquor that lost water, at equilibrium with the solids allowed to form.

    Attributes:
        share: share of the feed's water that left.
        water: water that left, mol/s.
        stream: liquor with its solids.
        extents: reaction equation -> mol/s.
        equilibrium: pH, saturation and speciation of the liquor; none if there is no liquor.
        limit: why the condition asked for is not reached; empty where it is.
    """

    share: float
    water: float
    stream: Stream
    extents: Mapping[str, float]
    equilibrium: Equilibrium | None
    limit: str = ""


@dataclass(frozen=True)
class _Step:
    """A saturated liquor, the crystals put aside on the way to it, the water gone and the water next to go, mol/s."""

    liquor: Stream
    crystals: Mapping[str, float]
    gone: float
    extents: Mapping[str, float]
    reach: float


@dataclass
class _Search:
    """The states a search has seen; lives for one search only."""

    feed: Stream
    temperature: float
    solids: Sequence[str]
    chemistry: Chemistry
    found: dict[float, Concentrated] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)
    failed: list[float] = field(default_factory=list)

    def state(self, share: float) -> Concentrated | None:
        """The state at a share of the water; none where there is none."""
        if self.failed and share >= min(self.failed):
            return None
        if len(self.failed) >= _TRIES and share > max(self.found, default=0.0):
            return None
        if share not in self.found:
            try:
                self.found[share] = remove_water(
                    self.feed, share, self.temperature, self.solids, self.chemistry, self.steps
                )
            except (ChemistryError, ConvergenceError):
                self.failed.append(share)
        return self.found.get(share)

    def miss(self, thickening: float, miss: Callable[[Concentrated], float]) -> float:
        """Distance from the condition, or from the end of the activity model where that comes first.

        Over ln(water before / water after), and itself as a logarithm: what stays in the liquor makes a straight line.
        """
        state = self.state(_share(thickening))
        return math.inf if state is None else _log(max(miss(state), _density(state) - 1.0))


def remove_water(
    feed: Stream,
    share: float,
    temperature: float,
    solids: Sequence[str],
    chemistry: Chemistry,
    steps: list[_Step] | None = None,
) -> Concentrated:
    """The feed without a given share of its water, at equilibrium.

    A large crop falls in steps, each from the saturated liquor of the last: the equilibrium of a heap of crystals with
    a drop of liquor is not asked for in one go.

    Args:
        feed: liquor, perhaps with solids.
        share: of the liquid water.
        temperature: K.
        solids: those that may form or dissolve.
        chemistry: equilibria.
        steps: of earlier calls with the same feed, to be used again; new ones are added.

    Raises:
        ChemistryError: E506, E507 there is no such liquor.
    """
    if feed[WATER] <= 0.0:
        return Concentrated(0.0, 0.0, feed.at(temperature), {}, None)
    water = feed[WATER] * share
    way = [] if steps is None else steps
    if not way:
        way.append(_Step(feed, {}, 0.0, {}, _reach(feed, solids, chemistry)))
    last = 0
    while solids and 0.0 < way[last].reach < water - way[last].gone:
        if last + 1 == len(way):
            way.append(_next(way[last], temperature, solids, chemistry))
        last += 1
    step = way[last]
    state = _settled(step.liquor, water - step.gone, temperature, solids, chemistry)
    stream, extents = state.stream, add_extents(step.extents, state.extents)
    if step.crystals:
        stream = stream.plus(Stream(step.crystals))
        if any(state.stream[name] <= 0.0 for name in step.crystals):
            # The liquor has become undersaturated again with crystals put aside: they dissolve.
            state = chemistry.equilibrate(stream, solids=tuple(solids), temperature=temperature)
            stream, extents = state.stream, add_extents(extents, state.extents)
    return Concentrated(share, water, stream, extents, state)


def _settled(
    feed: Stream, water: float, temperature: float, solids: Sequence[str], chemistry: Chemistry
) -> Equilibrium:
    """Equilibrium of a feed less some water, mol/s."""
    if _hydration(feed, solids, chemistry) >= feed[WATER] - water:
        raise ChemistryError("E506", read="less water than the hydrates hold", expected="liquor between the crystals")
    flows = {**feed.flows, WATER: feed[WATER] - water}
    state = chemistry.equilibrate(feed.with_flows(flows), solids=tuple(solids), temperature=temperature)
    if not state.liquor.activities[WATER] < 1.0:
        raise ChemistryError("E507", read="a water activity far above one", expected="a liquor in the model's range")
    return state


def _next(step: _Step, temperature: float, solids: Sequence[str], chemistry: Chemistry) -> _Step:
    """The crop of one more step put aside."""
    state = _settled(step.liquor, step.reach, temperature, solids, chemistry)
    made = _bases(solids, chemistry)
    crystals = state.stream.where(lambda name: name in made).flows
    liquor = state.stream.where(lambda name: name not in crystals)
    strength = state.liquor.ionic_strength
    if strength > _RISE * DENSE:
        raise ChemistryError("E507", read=f"ionic strength {strength:.3g} mol/kg", expected=f"at most {DENSE:g} mol/kg")
    return _Step(
        liquor,
        {name: step.crystals.get(name, 0.0) + crystals.get(name, 0.0) for name in {**step.crystals, **crystals}},
        step.gone + step.reach,
        add_extents(step.extents, state.extents),
        _reach(liquor, solids, chemistry),
    )


def remove_share(
    feed: Stream, share: float, temperature: float, solids: Sequence[str], chemistry: Chemistry
) -> Concentrated:
    """As ``remove_water``, but where there is no such liquor the nearest one there is, with its ``limit``."""

    def miss(state: Concentrated) -> float:
        return state.share / share - 1.0 if share > 0.0 else 0.0

    return remove_water_until(feed, miss, share, temperature, solids, chemistry)


def remove_water_until(
    feed: Stream,
    miss: Callable[[Concentrated], float],
    guess: float,
    temperature: float,
    solids: Sequence[str],
    chemistry: Chemistry,
) -> Concentrated:
    """The feed without as much water as makes ``miss`` zero.

    The search stays where a liquor exists: water that the hydrates would need does not leave, and the ionic strength
    stays within the activity model. What cannot be reached ends at the nearest state with a ``limit``, never with an
    error: in a flowsheet with recycles the first passes bring liquors that no plant will ever see.

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
    search = _Search(feed, temperature, solids, chemistry)
    most = MOST - _hydration(feed, solids, chemistry) / feed[WATER]
    share = 0.0
    if most > 0.0:
        end, first = -math.log1p(-most), -math.log1p(-min(max(guess, 0.0), most))
        share = _share(rising_root(lambda x: search.miss(x, miss), 0.0, end, first, slope=1.0))
    state = search.state(share) or search.found.get(max(search.found, default=0.0))
    if state is None:
        return Concentrated(0.0, 0.0, feed.at(temperature), {}, None, _NOTHING)
    return replace(state, limit=_limit(state, miss(state), most, search))


def _share(thickening: float) -> float:
    return -math.expm1(-thickening)


def _log(miss: float) -> float:
    """ln(1 + miss), carried on as a straight line far below the condition."""
    return math.log1p(miss) if miss > -0.5 else math.log(0.5) + 2.0 * (miss + 0.5)


def _limit(state: Concentrated, miss: float, most: float, search: _Search) -> str:
    """Why a search ended short of its condition; nothing where it did not."""
    dense = _density(state)
    if dense > 1.0 + _MET or (miss < -_MET and dense > 1.0 - _MET):
        return f"the ionic strength is {dense * DENSE:.3g} mol/kg with {state.share:.2%} of the water evaporated"
    if miss >= -_MET:
        return ""
    if state.share >= most * (1.0 - _MET) or search.failed:
        return f"no liquor is left with more than {state.share:.2%} of the water evaporated"
    return ""


def _density(state: Concentrated) -> float:
    """Ionic strength of the liquor over the largest one the model covers."""
    return state.equilibrium.liquor.ionic_strength / DENSE if state.equilibrium else 0.0


def _reach(feed: Stream, solids: Sequence[str], chemistry: Chemistry) -> float:
    """Water that may go in one step, mol/s."""
    crop, ions = _hydration(feed, solids, chemistry), _ions(feed, solids, chemistry) / species(WATER).molar_mass
    if crop >= feed[WATER]:
        return 0.0
    now = ions / (feed[WATER] - crop)
    return feed[WATER] - crop - ions / max(_DIRECT, _RISE * now)


def _hydration(feed: Stream, solids: Sequence[str], chemistry: Chemistry) -> float:
    """Water that the allowed hydrates would hold if they took all they can, mol/s.

    The water of a liquor less this does not change while it crystallises: below zero there is no liquor.
    """
    need: dict[str, float] = {}
    for basis in _bases(solids, chemistry).values():
        ions = {ion: count for ion, count in basis.items() if species(ion).charge and count > 0.0}
        if basis.get(WATER, 0.0) > 0.0 and ions:
            scarce = min(ions, key=lambda ion: feed[ion] / ions[ion])
            need[scarce] = max(need.get(scarce, 0.0), basis[WATER] * feed[scarce] / ions[scarce])
    return sum(need.values())


def _ions(feed: Stream, solids: Sequence[str], chemistry: Chemistry) -> float:
    """Ionic strength of everything dissolved or soluble times the mass of water: sum n z^2 / 2, mol/s."""
    total = 0.5 * sum(flow * species(name).charge ** 2 for name, flow in feed.flows.items())
    for name, basis in _bases(solids, chemistry).items():
        total += 0.5 * feed[name] * sum(abs(count) * species(ion).charge ** 2 for ion, count in basis.items())
    return total


def _bases(solids: Sequence[str], chemistry: Chemistry) -> dict[str, Mapping[str, float]]:
    """What the solids with an equilibrium constant are made of: id -> basis species -> mol."""
    known = chemistry.data.solids
    return {name: known[name].basis for name in (species(solid).id for solid in solids) if name in known}


def flash(feed: Stream, temperature: float, solids: Sequence[str], chemistry: Chemistry) -> Concentrated:
    """The feed flashed to a temperature without any heat: its own heat drives the water off.

    .. math:: H(slurry, T) + n_{vapour} h_{steam}(T) = H(feed)
    """
    if feed[WATER] <= 0.0:
        return remove_water(feed, 0.0, temperature, solids, chemistry)
    try:
        start, cold = chemistry.enthalpy(feed), chemistry.enthalpy(feed.at(temperature))
    except ChemistryError:
        return Concentrated(0.0, 0.0, feed.at(temperature), {}, None, _NOTHING)
    vapour = chemistry.species_enthalpy("H2O(g)", temperature)
    latent = feed[WATER] * chemistry.reaction("H2O = H2O(g)").heat(temperature)

    def miss(state: Concentrated) -> float:
        return (chemistry.enthalpy(state.stream) + state.water * vapour - start) / latent

    return remove_water_until(feed, miss, (start - cold) / latent, temperature, solids, chemistry)


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
