"""What only the solver knows and the footprint needs: which product a unit works for, and where carbon came from.

Both are recorded in ``result.json`` (``assessments.serves``, ``assessments.carbon_origin``), so that the footprint of a
solved plant needs no solve.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.assess.trace import leaving_share
from hydromet.datafiles import read_csv
from hydromet.species import atomic_mass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.trace import Origins

METALS = "data/factors/metals.csv"
HOUR = 3600.0
CARBON = "C"
# Shares below this are round-off of the linear solve.
_ROUND_OFF = 1e-9


@lru_cache(maxsize=1)
def metals() -> tuple[str, ...]:
    """Elements whose mass counts."""
    return tuple(row["element"] for row in read_csv(METALS))


def serves(
    origins: Origins, ways: Mapping[str, tuple[str, str]], counted: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Unit -> product or by-product -> kg/h of metal that passes the unit and finally leaves in it.

    ``m = M_e n_e,u p_e,u`` summed over the metals: ``n`` is what the unit lets out, ``p`` the probability that an atom
    of it ends in that outlet (recycles included). A unit that metal only passes through on its way counts for it, too:
    a flowsheet may say ``serves`` where the unit is there for one product.

    Args:
        origins: routing of the elements.
        ways: stream -> (kind, name) of what leaves the plant.
        counted: elements that count.
    """
    routing = origins.routing
    found: dict[str, dict[str, float]] = {unit: {} for unit in routing.units}
    for stream, (kind, name) in ways.items():
        if kind not in ("products", "by_products"):
            continue
        for metal in counted:
            if metal not in routing.elements:
                continue
            made = routing.made[routing.elements.index(metal)]
            passing = made * leaving_share(routing, metal, [stream]) * atomic_mass(metal) * HOUR
            for unit, mass in zip(routing.units, passing.tolist(), strict=True):
                found[unit][name] = found[unit].get(name, 0.0) + max(mass, 0.0)
    return {unit: _without_traces(masses) for unit, masses in found.items()}


def _without_traces(masses: Mapping[str, float]) -> dict[str, float]:
    least = _ROUND_OFF * sum(masses.values())
    return {name: mass for name, mass in masses.items() if mass > least}


def carbon_origin(origins: Origins, ways: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Emission to the air -> feed -> kg/h of carbon in it that came with that feed.

    Args:
        origins: of every element.
        ways: stream -> (kind, name) of what leaves the plant.
    """
    found = {}
    for stream, (kind, name) in ways.items():
        if kind != "emissions" or CARBON not in origins.routing.elements:
            continue
        born = {feed: origins.born(stream, CARBON, (feed,)) * atomic_mass(CARBON) * HOUR for feed in origins.feeds}
        if any(mass > 0.0 for mass in born.values()):
            found[name] = _without_traces({feed: max(mass, 0.0) for feed, mass in born.items()})
    return found
