"""Design specifications of a file checked: names, bounds, and as many unknowns as wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import networkx as nx

from hydromet.errors import FlowsheetError, UserError
from hydromet.flowsheet.figures import figure, goal
from hydromet.flowsheet.graph import maker
from hydromet.flowsheet.knobs import bound, knob
from hydromet.flowsheet.targets import Aim

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hydromet.flowsheet.figures import Figure
    from hydromet.flowsheet.graph import Node
    from hydromet.flowsheet.knobs import Knob
    from hydromet.flowsheet.schema import Target
    from hydromet.source import Document, Key
    from hydromet.units.base import Unit

T = TypeVar("T")


def aims(
    document: Document,
    targets: Sequence[Target],
    units: Mapping[str, Unit],
    feeds: Mapping[str, float | None],
    nodes: Sequence[Node],
) -> tuple[list[Aim], list[UserError]]:
    """The targets with their names resolved, and every mistake in them.

    Args:
        document: for places.
        targets: of the file.
        units: unit by name.
        feeds: feed -> rate in kg/s, None for a drawn one.
        nodes: connections, to see what a change can reach.
    """
    found: list[Aim] = []
    errors: list[UserError] = []
    for i, target in enumerate(targets):
        try:
            found.append(_aim(document, ("targets", i), target, units, feeds, nodes))
        except UserError as error:
            errors.append(error)
    if not errors:
        errors += _counted(document, found)
    return found, errors


def _aim(
    document: Document,
    path: Key,
    target: Target,
    units: Mapping[str, Unit],
    feeds: Mapping[str, float | None],
    nodes: Sequence[Node],
) -> Aim:
    rates = {name: rate for name, rate in feeds.items() if rate is not None}
    wanted, text = target.goal()
    varied = _at(document, (*path, "vary"), lambda: _knob(target.vary, units, feeds, rates))
    low = _at(document, (*path, "within", 0), lambda: bound(target.within[0], varied, units))
    high = _at(document, (*path, "within", 1), lambda: bound(target.within[1], varied, units))
    if not low < high:
        read = f"{target.within[0]} to {target.within[1]}"
        write = f"within: [{target.within[1]}, {target.within[0]}]"
        raise FlowsheetError(
            "E424", read=read, expected="the lower value first", write=write, place=document.place((*path, "within"))
        )
    if wanted.removeprefix("units.") == varied.path.removeprefix("units."):
        read, expected = f"`{wanted}` varied until it has a value itself", "a figure of the solved plant in `until`"
        place = document.place((*path, "until"))
        raise FlowsheetError("E425", read=read, expected=expected, write="until: {leach.slurry.pH: 1.2}", place=place)
    aim = _at(document, (*path, "until", wanted), lambda: figure(wanted, units))
    value = _at(document, (*path, "until", wanted), lambda: goal(text, aim))
    _reached(document, path, varied, aim, nodes)
    return Aim(varied, low, high, aim, value)


def _at(document: Document, path: Key, make: Callable[[], T]) -> T:
    """What ``make`` gives; its error gets this place."""
    try:
        return make()
    except UserError as error:
        raise error.at(document.place(path)) from None


def _knob(path: str, units: Mapping[str, Unit], feeds: Mapping[str, float | None], rates: Mapping[str, float]) -> Knob:
    feed = path.split(".")[1] if path.startswith("feeds.") and path.endswith(".rate") else ""
    if feed in feeds and feeds[feed] is None:
        read = f"the rate of `{feed}`, which the units that take it decide already"
        expected = "one of the two: a rate in the feed, or a set point in the unit"
        raise FlowsheetError("E427", read=read, expected=expected, write=f"{feed}: {{..., rate: 100 kg/h}}")
    if feed in feeds and not feeds[feed]:
        write = f"{feed}: {{..., rate: 100 kg/h}}"
        raise FlowsheetError("E424", read=f"a rate of zero for `{feed}`", expected="a rate to begin with", write=write)
    return knob(path, units, rates)


def _reached(document: Document, path: Key, varied: Knob, aim: Figure, nodes: Sequence[Node]) -> None:
    """Can a change of the one reach the other?"""
    graph = nx.DiGraph()
    for node in nodes:
        graph.add_node(node.name)
        graph.add_edges_from((maker(source) or f"feeds.{source}", node.name) for source in node.sources())
    start = varied.owner if varied.field else f"feeds.{varied.owner}"
    if start in graph and aim.unit in graph and not nx.has_path(graph, start, aim.unit):
        read = f"`{varied.path}` cannot change `{aim.path}`: nothing flows from the one to the other"
        expected, write = f"a number upstream of {aim.unit}", f"vary: {_upstream(graph, aim.unit)}"
        place = document.place((*path, "vary"))
        raise FlowsheetError("E425", read=read, expected=expected, write=write, place=place)


def _upstream(graph: nx.DiGraph, unit: str) -> str:
    """A number that can change a unit: a feed that reaches it, else a parameter of its own."""
    feeds = [name for name in graph if str(name).startswith("feeds.") and nx.has_path(graph, name, unit)]
    return f"{feeds[0]}.rate" if feeds else f"{unit}.temperature"


def _counted(document: Document, found: Sequence[Aim]) -> list[UserError]:
    """One number varied for one wish: neither may occur twice."""
    errors: list[UserError] = []
    for kind, names in (("vary", [a.knob.path for a in found]), ("until", [a.figure.path for a in found])):
        for i, name in enumerate(names):
            if name in names[:i]:
                first = names.index(name)
                read = f"`{name}` varied for two targets" if kind == "vary" else f"two targets for `{name}`"
                expected = "another number to vary" if kind == "vary" else "one value for one figure"
                write = "vary: feeds.peroxide.rate" if kind == "vary" else "until: {leach.slurry.pH: 1.2}"
                place, also = document.place(("targets", i, kind)), document.place(("targets", first, kind))
                errors.append(FlowsheetError("E426", read=read, expected=expected, write=write, place=place, also=also))
    return errors
