"""One element through a plant: every stream of it from a unit, feed or reagent to a unit or a way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.chemistry.solutions.curve import Column, Curve
from hydromet.errors import CommandError
from hydromet.report.tables import elements
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.flowsheet.result import Result

FEEDS = "feeds."


def element_flows(result: Result, element: str) -> Curve:
    """The streams of an element as a table, in the order of the plant.

    Args:
        result: of a plant.
        element: symbol.

    Returns:
        columns from (a unit or ``feeds.NAME``), to (a unit, or kind and name of a way out), stream, flow in kg/h of the
        element, share in % of what the feeds bring.

    Raises:
        CommandError: E649 the element is not in the plant.
    """
    known = elements(result)
    if element not in known:
        # a name such as nickel begins with its symbol
        begun = sorted((name for name in known if element.casefold().startswith(name.casefold())), key=len)[-1:]
        near = nearest(element, known) or begun or known[:3]
        raise CommandError(
            "E649", read=element, expected=f"an element of the plant: {', '.join(near)}", write=f"sankey {near[0]}"
        )
    rows = [row for row in _streams(result, element) if row[3] > 0.0]
    brought = sum(flow for source, _, _, flow in rows if source.startswith(FEEDS))
    heads = (("from", ""), ("to", ""), ("stream", ""), ("flow", "kg/h"), ("share", "% of the feed"))
    shares = [100.0 * flow / brought if brought > 0.0 else 0.0 for *_, flow in rows]
    values = [*(tuple(row[k] for row in rows) for k in range(4)), tuple(shares)]
    columns = tuple(Column(*head, kind="text", values=one) for head, one in zip(heads, values, strict=True))
    conditions = f"{brought:.4g} kg/h {element} in feeds and reagents"
    return Curve(
        "sankey", element, conditions if result.converged else f"{conditions}; the plant did not converge", columns
    )


def _streams(result: Result, element: str) -> Iterator[tuple[str, str, str, float]]:
    """From, to, stream, kg/h: what every unit takes, then what leaves the plant."""
    for name in result["order"]:
        record = result["units"][name]
        for port, sources in record["in"].items():
            for source in sources:
                if source in result.streams:
                    flow = result.streams[source]["elements_kg_h"].get(element, 0.0)
                    yield source.partition(".")[0], name, source, flow
                    continue
                feed = result["feeds"][source]
                drawn = record["drawn_kg_h"].get(port)
                share = 1.0 if drawn is None or feed["mass_kg_h"] <= 0.0 else drawn / feed["mass_kg_h"]
                yield f"{FEEDS}{source}", name, source, share * feed["elements_kg_h"].get(element, 0.0)
    out = {f"products.{name}": product["stream"] for name, product in result["products"].items()}
    for kind, outlets in result["outlets"].items():
        out |= {f"{kind}.{name}": outlet["stream"] for name, outlet in outlets.items()}
    for name, stream in out.items():
        yield stream.partition(".")[0], name, stream, result.streams[stream]["elements_kg_h"].get(element, 0.0)
