"""The step that governs an impurity: which unit lets it through to a product, and where it comes in.

With the present shares of every unit held, an atom in each stream has a probability of ending in the product. A unit
that separates lets it jump: of the atoms that arrive few can still reach the product, of those that leave by one port
most do. The step that governs is the port with the largest jump that at least half of the product's atoms pass. Where
no unit on the way holds back half of what arrives, nothing separates: the step is then where the element comes in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.trace import leaving_share
from hydromet.flowsheet.graph import maker
from hydromet.species import pseudo_elements

if TYPE_CHECKING:
    from hydromet.assess.trace import Origins
    from hydromet.flowsheet.routing import Routing

# Share of the product's atoms that pass a port which governs them, and the least jump of the probability there.
_MOST, _JUMP = 0.5, 2.0
_ELEMENTS = {"SO4": "S", "NO3": "N"}


def step(origins: Origins, component: str, product: str) -> dict[str, Any] | None:
    """What governs a component of a product.

    Args:
        origins: routing of the elements and where they were born.
        component: an element or a component of a specification.
        product: stream of the product.

    Returns:
        plain data: ``element``; ``unit`` and ``port`` (empty where nothing separates), ``lets_through`` (share of the
        element that leaves the unit by the port); ``enters_at`` (unit) and ``enters_with`` (feed) with
        ``enters_share`` (share of the product's element that was born in that feed). None where the component is no
        element or the product holds none of it.
    """
    routing = origins.routing
    element = _element(origins, component, product)
    if element is None:
        return None
    row = routing.elements.index(element)
    reach = leaving_share(routing, element, [product])
    found = _gate(routing, row, [float(p) for p in reach], product)
    born = {feed: float(origins.shares[row, routing.index(maker(product)), k]) for k, feed in enumerate(origins.feeds)}
    feed = max(born, key=lambda name: (born[name], name))
    way_in = routing.outside[feed][row] * reach
    return {
        "element": element,
        **(found or {"unit": "", "port": "", "lets_through": None}),
        "enters_at": routing.units[int(way_in.argmax())],
        "enters_with": feed,
        "enters_share": born[feed],
    }


def _element(origins: Origins, component: str, product: str) -> str | None:
    """The element that a component is about; of an oil, its largest part."""
    routing = origins.routing
    content = dict(zip(routing.elements, routing.stream(product), strict=True))
    if component == "oil":
        groups = {name: content.get(name, 0.0) for name in pseudo_elements()}
        name = max(groups, key=lambda group: (groups[group], group))
    else:
        name = _ELEMENTS.get(component, component)
    return name if content.get(name, 0.0) > 0.0 else None


def _gate(routing: Routing, row: int, reach: list[float], product: str) -> dict[str, Any] | None:
    """The port with the largest jump."""
    made = float(routing.stream(product)[row])
    best, found = _JUMP, None
    for stream in sorted(routing.streams):
        unit = maker(stream)
        if unit not in routing.units:
            continue
        flow, here = float(routing.stream(stream)[row]), reach[routing.index(unit)]
        user = routing.users.get(stream)
        there = 1.0 if stream == product else (reach[routing.index(user)] if user in routing.units else 0.0)
        if flow * there < _MOST * made or here <= 0.0 or there / here <= best:
            continue
        best = there / here
        share = flow / float(routing.made[row, routing.index(unit)])
        found = {"unit": unit, "port": stream.partition(".")[2], "lets_through": share}
    return found
