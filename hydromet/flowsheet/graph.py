"""The plan of a plant: units in the order they are computed, and the few streams torn to open its loops.

The order is the one the engineer wrote wherever that costs no extra tear: a stream used before it is made is a
recycle, and the program guesses it first. Inside every group of units that feed each other in a circle the order is
improved by moving single units as long as fewer streams have to be guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A block of more units than this is opened into blocks of at most this share of its units.
_LARGE, _SMALL_SHARE = 20, 0.25


@dataclass(frozen=True)
class Node:
    """A unit and where its inlets come from.

    Attributes:
        name: of the unit in the flowsheet.
        inlets: inlet port -> sources in the order written, each a feed ``name`` or a stream ``unit.port``.
    """

    name: str
    inlets: Mapping[str, tuple[str, ...]]

    def sources(self) -> Iterable[str]:
        """All sources of all ports, in the order written."""
        for sources in self.inlets.values():
            yield from sources


@dataclass(frozen=True)
class Block:
    """Units that must be computed together: a single unit, or a group that feeds itself.

    Attributes:
        units: in order of computation.
        tears: streams that are guessed to start and found by iteration.
        loops: for every torn stream the shortest way round, as unit names ending where it began.
        inner: the block's own blocks once its tears are open; each is converged within a pass. Empty in a block
            that is converged as a whole.
    """

    units: tuple[str, ...]
    tears: tuple[str, ...] = ()
    loops: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inner: tuple[Block, ...] = ()

    def all_loops(self) -> dict[str, tuple[str, ...]]:
        """Loops of this block and of its inner blocks."""
        found = dict(self.loops)
        for block in self.inner:
            found.update(block.all_loops())
        return found


@dataclass(frozen=True)
class Plan:
    """The computing order of a plant.

    Attributes:
        nodes: every unit by name, in the order written.
        blocks: in order of computation.
    """

    nodes: Mapping[str, Node]
    blocks: tuple[Block, ...]

    def tears(self) -> tuple[str, ...]:
        """All torn streams."""
        return tuple(tear for block in self.blocks for tear in block.all_loops())

    def order(self) -> tuple[str, ...]:
        """All units in order of computation."""
        return tuple(name for block in self.blocks for name in block.units)


def maker(source: str) -> str:
    """The unit that makes a stream ``unit.port``; empty for a feed."""
    return source.partition(".")[0] if "." in source else ""


def plan(nodes: Sequence[Node]) -> Plan:
    """Order the units and choose the streams to tear.

    Args:
        nodes: in the order written.

    Returns:
        the plan; the same nodes in the same order always give the same plan.
    """
    by_name = {node.name: node for node in nodes}
    rank = {name: i for i, name in enumerate(by_name)}
    graph = _digraph(nodes)
    groups = [sorted(group, key=rank.__getitem__) for group in nx.strongly_connected_components(graph)]
    group_of = {name: i for i, group in enumerate(groups) for name in group}
    condensed = nx.DiGraph()
    condensed.add_nodes_from(range(len(groups)))
    condensed.add_edges_from((group_of[a], group_of[b]) for a, b in graph.edges if group_of[a] != group_of[b])
    order = nx.lexicographical_topological_sort(condensed, key=lambda i: rank[groups[i][0]])
    return Plan(by_name, tuple(_block(groups[i], by_name, graph) for i in order))


def _digraph(nodes: Sequence[Node]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(node.name for node in nodes)
    for node in nodes:
        for source in node.sources():
            if maker(source):
                graph.add_edge(maker(source), node.name)
    return graph


def _block(group: list[str], nodes: Mapping[str, Node], graph: nx.DiGraph) -> Block:
    members = set(group)
    # consumer -> streams made inside the group
    uses = {name: [s for s in nodes[name].sources() if maker(s) in members] for name in group}
    inside = nx.DiGraph()  # not a subgraph view, whose order follows a set
    inside.add_edges_from((a, b) for a, b in graph.edges if a in members and b in members)
    if len(group) > _LARGE and (nested := _nested(group, uses, inside)):
        return nested
    order = _few_tears(group, uses)
    tears = _torn(order, uses)
    loops = {tear: _loop(tear, uses, inside) for tear in tears}
    return Block(tuple(order), tuple(tears), loops)


def _nested(order: list[str], uses: Mapping[str, list[str]], inside: nx.DiGraph) -> Block | None:
    """A large block as a few long recycles around small blocks: the longest ways back are opened until it falls apart.

    Weak couplings (condensate, bleeds) span the plant, strong ones (an organic loop, a mother liquor) a few units; a
    strong loop is converged on its own within every pass of the weak ones.
    """
    tears = _torn(order, uses)
    place = {name: i for i, name in enumerate(order)}
    first = {tear: min(place[name] for name in order if tear in uses[name]) for tear in tears}
    ranked = sorted(tears, key=lambda tear: (first[tear] - place[maker(tear)], place[maker(tear)]))
    opened: set[str] = set()
    for tear in ranked:
        opened.add(tear)
        rest = nx.DiGraph()
        rest.add_nodes_from(order)
        for name in order:
            rest.add_edges_from(
                (maker(s), name) for s in uses[name] if s not in opened or place[maker(s)] < place[name]
            )
        groups = [sorted(g, key=place.__getitem__) for g in nx.strongly_connected_components(rest)]
        if max(len(g) for g in groups) <= len(order) * _SMALL_SHARE:
            break
    else:
        return None
    # Opened streams are known before their maker runs; a later unit of the block gets what was just made.
    inner_nodes = [
        Node(name, {"": tuple(s for s in uses[name] if s not in opened or place[maker(s)] < place[name])})
        for name in order
    ]
    inner = plan(inner_nodes).blocks
    units = tuple(name for block in inner for name in block.units)
    outer = tuple(tear for tear in tears if tear in opened)
    return Block(units, outer, {tear: _loop(tear, uses, inside) for tear in outer}, inner)


def _torn(order: list[str], uses: Mapping[str, list[str]]) -> list[str]:
    """Streams used before they are made, in order of use, each once."""
    made: set[str] = set()
    torn: dict[str, None] = {}
    for name in order:
        for source in uses[name]:
            if maker(source) not in made:
                torn[source] = None
        made.add(name)
    return list(torn)


def _few_tears(group: list[str], uses: Mapping[str, list[str]]) -> list[str]:
    """Move single units while that lowers the number of torn streams; the nearest place wins among equals."""
    order = list(group)
    fewest = len(_torn(order, uses))
    improved = fewest > 1
    while improved:
        improved = False
        for name in group:
            here = order.index(name)
            rest = order[:here] + order[here + 1 :]
            for place in sorted(range(len(order)), key=lambda i: (abs(i - here), i)):
                moved = [*rest[:place], name, *rest[place:]]
                count = len(_torn(moved, uses))
                if count < fewest:
                    order, fewest, improved = moved, count, True
                    break
    return order


def _loop(tear: str, uses: Mapping[str, list[str]], inside: nx.DiGraph) -> tuple[str, ...]:
    """The shortest way from a user of the torn stream back to its maker."""
    source = maker(tear)
    users = [name for name in uses if tear in uses[name]]
    ways = [nx.shortest_path(inside, user, source) for user in users]
    way = min(ways, key=len)
    return (*way, way[0])
