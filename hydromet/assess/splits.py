"""Declared constant splits: which there are, and how much of each loss they decide.

A constant split is an assumption, never a prediction. What it *decides* of the loss of an element is what would not be
lost if it sent everything the better way: the flow the worse way times the difference in the probability of being
lost. Where both ways leave by the same outlet (a solid that dissolves in part), it is what leaves the plant as that
solid. A split over a group of species that leaves by one outlet cannot be told apart and gets no figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.recovery import fed
from hydromet.assess.trace import leaving_share
from hydromet.errors import UserError
from hydromet.species import PHASES, species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.trace import Origins
    from hydromet.flowsheet.passes import State
    from hydromet.stream import Stream

# A split that decides less than this share of a loss is not listed for that element.
_NEGLIGIBLE = 1e-6


def fixed_splits(
    origins: Origins, feeds: tuple[str, ...], state: State, order: Sequence[str], lost_by: Sequence[str]
) -> list[dict[str, Any]]:
    """Every declared split of the plant, with element -> share of its loss that the split decides.

    Args:
        origins: of every element.
        feeds: names of the feeds whose metal counts.
        state: the converged plant.
        order: units in the order written.
        lost_by: streams that leave the plant and are no products.
    """
    found: list[dict[str, Any]] = []
    total = {element: sum(origins.born(out, element, feeds) for out in lost_by) for element in fed(origins, feeds)}
    for unit in order:
        for split in state.results[unit].fixed_splits:
            shares: dict[str, float] = {}
            for element, lost in total.items():
                decided = _decided(origins, feeds, state, (unit, split.outlet, split.species), element, lost_by)
                if lost > 0.0 and decided > _NEGLIGIBLE * lost:
                    shares[element] = min(decided / lost, 1.0)
            found.append(
                {
                    "unit": unit, "what": split.what, "species": split.species, "value": split.value,
                    "outlet": split.outlet, "source": split.source, "share_of_loss": shares,
                }
            )  # fmt: skip
    return found


def _decided(
    origins: Origins,
    feeds: tuple[str, ...],
    state: State,
    split: tuple[str, str, str],
    element: str,
    lost_by: Sequence[str],
) -> float:
    """Feed-born loss of an element that a split decides, mol/s."""
    unit, outlet, what = split
    ways = {port: carried(stream, what, element) for port, stream in state.results[unit].outlets.items()}
    if outlet not in ways or element not in origins.routing.elements:
        return 0.0
    others = {port: flow for port, flow in ways.items() if port != outlet and flow > 0.0}
    if not others:
        return _lost_as(origins, feeds, state, what, element, lost_by)
    if not ways[outlet]:
        return 0.0
    loss = _loss(origins, element, unit, [outlet, *others], lost_by)
    born = _born_share(origins, feeds, unit, element)
    best = min(loss.values())
    worse = {port: flow for port, flow in {**others, outlet: ways[outlet]}.items() if loss[port] > best}
    return born * sum(flow * (loss[port] - best) for port, flow in worse.items())


def carried(stream: Stream, what: str, element: str) -> float:
    """Flow of an element in the species or phase that a split is about, in everything if it names a group; mol/s."""
    if what in PHASES:
        return stream.part(what).elements().get(element, 0.0)
    identifier = _species(what)
    if identifier is None:
        return stream.elements().get(element, 0.0)
    return stream[identifier] * species(identifier).elements.get(element, 0.0)


def _species(what: str) -> str | None:
    try:
        return species(what).id
    except UserError:
        return None


def _lost_as(
    origins: Origins, feeds: tuple[str, ...], state: State, what: str, element: str, lost_by: Sequence[str]
) -> float:
    """Loss as the species itself: the part that a split left undissolved."""
    identifier = _species(what)
    if identifier is None or species(identifier).phase != "s":
        return 0.0
    count = species(identifier).elements.get(element, 0.0)
    total = 0.0
    for stream in lost_by:
        born = _born_share(origins, feeds, stream.partition(".")[0], element)
        total += born * count * state.streams[stream][identifier]
    return total


def _born_share(origins: Origins, feeds: tuple[str, ...], unit: str, element: str) -> float:
    row = origins.routing.elements.index(element)
    place = origins.routing.index(unit)
    return float(sum(origins.shares[row, place, origins.feeds.index(feed)] for feed in feeds if feed in origins.feeds))


def _loss(
    origins: Origins, element: str, unit: str, ports: Sequence[str], lost_by: Sequence[str]
) -> Mapping[str, float]:
    """Outlet -> probability that an atom of the element leaving by it is finally lost."""
    routing = origins.routing
    by_unit = leaving_share(routing, element, lost_by)
    found: dict[str, float] = {}
    for port in ports:
        stream = f"{unit}.{port}"
        user = routing.users.get(stream)
        found[port] = float(by_unit[routing.index(user)]) if user else float(stream in lost_by)
    return found
