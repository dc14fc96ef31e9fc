"""Tables behind the figures of a footprint: kinds of activity by allocation, and other grids, for one product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.carbon.allocation import METHODS
from hydromet.assess.carbon.breakdown import sums
from hydromet.assess.exports.footprint import CLIMATE
from hydromet.chemistry.solutions.curve import Column, Curve
from hydromet.report.carbon_read import PROXY, RECALLED, by_grid, resting_on
from hydromet.report.layout import percent

if TYPE_CHECKING:
    from hydromet.assess.exports.footprint import Footprint

STACK, GRID = "carbon_stack", "carbon_grid"
UNIT = "kgCO2e/kg"


def stack(made: Footprint, product: str) -> Curve:
    """Kinds of activity of a product, kg CO2e per kg, a row for each allocation that is possible, cut-off.

    Args:
        made: the footprint.
        product: its name.

    Raises:
        ExportError: E965 no such product.
    """
    output, own = made.product(product), made.allocation()
    rows = made.contributions[CLIMATE]
    impossible = made.record["method"].get("impossible", {})
    order = [own, *(method for method in METHODS if method != own and method not in impossible)]
    found = {method: sums(rows, "kind", made.matrix(method)[product]) for method in order}
    kinds = sorted(found[own], key=lambda kind: (-abs(found[own][kind]), kind))
    columns = [Column("allocation", "", "text", tuple(order))]
    columns += [
        Column(kind, UNIT, "share", tuple(found[method][kind] / output.mass for method in order)) for kind in kinds
    ]
    columns.append(Column("total", UNIT, "y", tuple(sum(found[method].values()) / output.mass for method in order)))
    scenario, method = made.record["scenario"], made.record["method"]
    told = _told(scenario["grid"], "cut-off", method["boundary"], _weak(made, product))
    return Curve(STACK, product, told, tuple(columns))


def grid(made: Footprint, product: str) -> Curve:
    """A product with the electricity of other grids, kg CO2e per kg, the lowest first; all else the same.

    Args:
        made: the footprint.
        product: its name.

    Raises:
        ExportError: E965 no such product.
    """
    made.product(product)
    found = sorted(by_grid(made, product).items(), key=lambda each: (each[1], each[0]))
    own = made.record["scenario"]["grid"]
    columns = (
        Column("grid", "", "text", tuple(name for name, _ in found)),
        Column("footprint", UNIT, "y", tuple(value for _, value in found)),
        Column("own", "", "text", tuple("yes" if name == own else "no" for name, _ in found)),
    )
    method = made.record["method"]
    told = _told("cut-off", method["allocation"], method["boundary"], _weak(made, product))
    return Curve(GRID, product, told, columns)


def _weak(made: Footprint, product: str) -> str:
    """What part rests on weak factors, for the line below the title."""
    found = resting_on(made, product)
    return f"{percent(found[PROXY], 2)} on stand-in factors, {percent(found[RECALLED], 2)} not verified"


def _told(*words: str) -> str:
    return "; ".join(str(word).replace("_", " ") for word in words)
