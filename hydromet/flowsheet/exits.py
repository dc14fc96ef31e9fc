"""Is there a way out for everything that comes in? Found from the connections, before anything is solved.

A unit may say by which outlets an element can leave (``Unit.ways_out``); without that, every outlet is a way out for
everything. An element that enters a loop from which no declared outlet can be reached is a mistake of the plant, not
of the solver: it would build up for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from hydromet.errors import FlowsheetError
from hydromet.flowsheet.diagnose import way
from hydromet.species import atomic_mass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.errors import UserError
    from hydromet.flowsheet.graph import Block
    from hydromet.flowsheet.passes import Problem
    from hydromet.source import Document
    from hydromet.stream import Stream


def without_exit(problem: Problem, document: Document) -> list[UserError]:
    """The elements and pseudo-elements that can enter a loop and never leave it, one error a loop."""
    consumer = {
        source: (node.name, port)
        for node in problem.plan.nodes.values()
        for port, sources in node.inlets.items()
        for source in sources
    }
    caught: dict[tuple[str, ...], list[str]] = {}
    for element in sorted({e for stream in problem.feeds.values() for e in stream.elements()}):
        graph = _ways(problem, consumer, element)
        entered = {
            (node.name, port)
            for node in problem.plan.nodes.values()
            for port, sources in node.inlets.items()
            if any(s in problem.feeds and _brings(problem.feeds[s], element) for s in sources)
        }
        lost = _never_out(graph, entered)
        for block in problem.plan.blocks:
            if block.tears and any(unit in lost for unit in block.units):
                caught.setdefault(block.units, []).append(element)
    blocks = {block.units: block for block in problem.plan.blocks}
    return [_error(blocks[units], elements, document) for units, elements in caught.items()]


_OUT = ("", "out")
# Mass fraction below which an element is a trace of its feed: what is entrained, or clings to a product, is enough of
# an exit for it, and the solved plant says where it goes.
_TRACE = 1e-4


def _brings(feed: Stream, element: str) -> bool:
    return feed.elements().get(element, 0.0) * atomic_mass(element) > _TRACE * feed.mass()


def _ways(problem: Problem, consumer: Mapping[str, tuple[str, str]], element: str) -> nx.DiGraph:
    """Inlets as nodes; an edge where the element can get from one to the next, or out of the plant."""
    graph = nx.DiGraph()
    for node in problem.plan.nodes.values():
        unit = problem.units[node.name]
        outlets = [port.name for port in unit.outlet_ports()]
        for port in node.inlets:
            allowed = unit.ways_out(element, port)
            for outlet in outlets if allowed is None else [o for o in outlets if o in allowed]:
                graph.add_edge((node.name, port), consumer.get(f"{node.name}.{outlet}", _OUT))
            graph.add_node((node.name, port))
    return graph


def _never_out(graph: nx.DiGraph, entered: set[tuple[str, str]]) -> set[str]:
    """Units that the element can get into without a way out from there."""
    free = nx.ancestors(graph, _OUT) if _OUT in graph else set()
    reached = set().union(*(nx.descendants(graph, start) | {start} for start in sorted(entered) if start in graph))
    return {unit for unit, _ in reached - free - {_OUT}}


def _error(block: Block, elements: list[str], document: Document) -> UserError:
    loop = way(next(iter(block.loops.values())))
    first = block.units[0]
    return FlowsheetError(
        "E420",
        read=f"{', '.join(elements)} enters the loop {loop} and cannot leave it",
        expected="a bleed, a purge, a removal step or a product that takes it out",
        write=f"bleed: {{model: split, in: {{feed: {next(iter(block.tears))}}}, shares: {{purge: 2 %}}}}",
        place=document.place(("units", first), key=True),
    )
