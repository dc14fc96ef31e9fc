"""Where a sweep crosses a phase change: solids that appear or vanish from one point to the next."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Below this share of the moles of its stream a solid is not there.
_THERE = 1e-6


def phase_changes(places: Sequence[float], results: Sequence[Mapping[str, Any]]) -> tuple[tuple[float, str], ...]:
    """Changes between neighbouring points, each at the first unit that has it.

    Args:
        places: the values of the points.
        results: their results as plain data, in the same order.

    Returns:
        (middle of the two values, ``unit: + X(s)`` or ``unit: - X(s)``), in the order of the points.
    """
    marks = []
    for (here, before), (there, after) in pairwise(zip(places, results, strict=True)):
        marks += [(0.5 * (here + there), text) for text in _changes(before, after)]
    return tuple(marks)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    told: set[str] = set()
    old, new = _phases(before), _phases(after)
    for unit in after["order"]:
        for sign, gone, come in (("+", old, new), ("-", new, old)):
            for name in sorted(come.get(unit, set()) - gone.get(unit, set())):
                if f"{sign}{name}" not in told:
                    told.add(f"{sign}{name}")
                    yield f"{unit}: {sign} {name}"


def _phases(data: Mapping[str, Any]) -> dict[str, set[str]]:
    """Unit -> solids in its outlets."""
    found: dict[str, set[str]] = {}
    for stream, record in data["streams"].items():
        flows = record["species_mol_h"]
        least = _THERE * sum(flows.values())
        solids = {name for name, flow in flows.items() if flow > least and species(name).phase == "s"}
        found.setdefault(stream.partition(".")[0], set()).update(solids)
    return found
