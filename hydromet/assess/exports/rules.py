"""Rules of the platforms that no schema holds: credits, negative figures, ranges; each refused by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.exports.footprint import CUT_OFF
from hydromet.assess.exports.formats import catalogue, rule

if TYPE_CHECKING:
    from hydromet.assess.exports.declaration import Declaration

_SMALLEST = -1e-12


def no_credits(declared: Declaration, name: str, key: str) -> None:
    """No approach but cut-off, no credit among the parts, no figure below zero.

    Args:
        declared: what would be written.
        name: of the format.
        key: of its rule.

    Raises:
        ExportError: E962 with the rule's name.
    """
    if declared.approach != CUT_OFF:
        read = f"{declared.product} by {declared.approach}, which holds avoided emissions"
        raise rule(name, key, read, "--approach cut_off")
    for each in declared.shares:
        if each.value < _SMALLEST:
            read = f"{declared.product}: {each.activity} is {each.value:g} kg CO2e/kg, a credit"
            raise rule(name, key, read, f"an inventory without the credit of {each.flow}")
    if declared.fossil < _SMALLEST:
        read = f"{declared.product}: {declared.fossil:g} kg CO2e/kg fossil"
        raise rule(name, key, read, "biogenic and land-use emissions that are within the total")


def exempted(declared: Declaration, name: str, most: float, key: str) -> None:
    """Exempted emissions up to a limit in per cent.

    Raises:
        ExportError: E962 with the rule's name.
    """
    if not 0.0 <= declared.exempted <= most:
        read = f"{declared.exempted:g} % left out: {declared.exempted_text or 'see the completeness of the footprint'}"
        raise rule(name, key, read, "factors for the flows left out")


def left_out(declared: Declaration, name: str) -> list[tuple[str, str]]:
    """Code and text of what the format has no place for, and of limits of a rule book that its schema does not hold."""
    found: list[tuple[str, str]] = []
    scale = catalogue()["formats"][name].get("scale")
    if scale == [1, 3] and declared.rating() is not None:
        found.append(("W960", f"{name}: the data-quality ratings, on a scale of 1 to 5 here and of 1 to 3 there"))
    if name == "ouranos" and declared.distributed:
        found.append(("W960", f"{name}: transport to the customer, {declared.distribution:g} kg CO2e/kg"))
    limit = catalogue()["formats"][name].get("rulebook_exempted")
    if limit is not None and declared.exempted > limit:
        found.append(("W961", f"{name}: {declared.exempted:.2g} % exempted, the rule book allows {limit} %"))
    return found
