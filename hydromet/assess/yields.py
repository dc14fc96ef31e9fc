"""Yield of a precipitation in one pass, and over all its passes through the recycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.trace import leaving_share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.trace import Origins
    from hydromet.units.base import UnitResult

# Value of a unit that tells its yield in one pass -> the element it is about.
_PASS = {"single_pass_yield_fraction": "Li"}


def yields(
    origins: Origins, results: Mapping[str, UnitResult], sold: Sequence[str]
) -> dict[str, dict[str, float | str]]:
    """Unit -> ``element``, ``single_pass`` and ``overall``, shares.

    ``single_pass`` is the share of what the unit is fed that its crystals hold; ``overall`` the share of what it is fed
    that is finally sold, however often it comes round.

    Args:
        origins: routing of the elements.
        results: of the units.
        sold: streams of the products.
    """
    found: dict[str, dict[str, float | str]] = {}
    for unit, result in results.items():
        for value, element in _PASS.items():
            if value in result.values and element in origins.routing.elements and unit in origins.routing.units:
                share = leaving_share(origins.routing, element, sold)[origins.routing.index(unit)]
                found[unit] = {"element": element, "single_pass": result.values[value], "overall": float(share)}
    return found
