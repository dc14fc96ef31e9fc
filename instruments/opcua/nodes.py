"""Tags to node ids, anew at every connection: by namespace URI and identifier, or by browse path.

The index of a namespace may be another one after the server's next restart, so it is looked up each time. A tag that
is not found is one bad tag; the others run.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from asyncua import ua

from hydromet import quantity
from hydromet.dimensions import DIMENSIONS
from hydromet.errors import QuantityError
from instruments.opcua.units import unit_of
from instruments.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from instruments.opcua.session import Connection
    from instruments.station import TagSpec
    from instruments.station_fields import NodeAddress

# Requests are cut into pieces: many controllers refuse more at once (OperationLimits are optional).
PIECE = 250
_PROPERTIES = ("EURange", "EngineeringUnits", "InstrumentRange")
_HISTORY_READ = 0x04
_LARGEST_NUMBER = (1 << 32) - 1


@dataclass(frozen=True)
class Found:
    """A tag on the server.

    Attributes:
        tag: its name.
        node: its node id, None if it is not there.
        status: why it is not, else good.
        unit: unit of measure the server states, as this program writes it; empty for none.
        low, high: EURange, in that unit.
        instrument: InstrumentRange, what the instrument can measure at all.
        history: the server keeps old values of it.
        array: it is an array, of which a tag can only take one element.
    """

    tag: str
    node: ua.NodeId | None
    status: int = Status.Good
    unit: str = ""
    low: float | None = None
    high: float | None = None
    instrument: tuple[float, float] | None = None
    history: bool = False
    array: bool = False


async def resolve(
    connection: Connection, tags: Mapping[str, TagSpec], namespaces: Mapping[str, str]
) -> dict[str, ua.NodeId | int]:
    """Node id of each tag, or the status code that says why there is none.

    Args:
        connection: open.
        tags: name -> tag of the station file.
        namespaces: short name -> namespace URI.
    """
    uris: list[str] = await connection.get_namespace_array()
    indices = {uri: index for index, uri in enumerate(uris)}
    found: dict[str, ua.NodeId | int] = {}
    paths: dict[str, ua.RelativePath] = {}
    for name, tag in tags.items():
        if tag.node is not None:
            found[name] = _node_id(tag.node, indices)
            continue
        path = _relative(tag.path, namespaces, indices)
        if path is None:
            found[name] = int(Status.BadNotFound)
        else:
            paths[name] = path
    for names in pieces(list(paths)):
        start = ua.ObjectIds.ObjectsFolder
        results = await connection.translate_browsepaths(ua.NodeId(start), [paths[name] for name in names])
        for name, result in zip(names, results, strict=True):
            target = result.Targets[0].TargetId if result.StatusCode.is_good() and result.Targets else None
            found[name] = local(target) if target is not None else int(Status.BadNotFound)
    return found


def _node_id(address: NodeAddress, indices: Mapping[str, int]) -> ua.NodeId | int:
    index = indices.get(address.uri)
    if index is None:
        return int(Status.BadNodeIdUnknown)
    try:
        if address.kind == "i":
            number = int(address.identifier)
            return ua.NodeId(number, index) if number <= _LARGEST_NUMBER else int(Status.BadNodeIdInvalid)
        if address.kind == "g":
            return ua.NodeId(UUID(address.identifier), index)
        if address.kind == "b":
            return ua.NodeId(base64.b64decode(address.identifier, validate=True), index)
    except (ValueError, binascii.Error):
        return int(Status.BadNodeIdInvalid)
    return ua.NodeId(address.identifier, index)


def local(target: ua.ExpandedNodeId) -> ua.NodeId:
    """The node id within an expanded one."""
    return ua.NodeId(target.Identifier, target.NamespaceIndex, target.NodeIdType)


def _relative(path: Sequence[str], namespaces: Mapping[str, str], indices: Mapping[str, int]) -> ua.RelativePath | None:
    """A browse path below Objects; None if a namespace does not exist on this server."""
    relative = ua.RelativePath()
    for step in path:
        uri, name = split_step(step, namespaces)
        index = indices.get(uri, None) if uri else 0
        if index is None:
            return None
        element = ua.RelativePathElement()
        element.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
        element.IncludeSubtypes = True
        element.IsInverse = False
        element.TargetName = ua.QualifiedName(name, index)
        relative.Elements.append(element)
    return relative


def split_step(step: str, namespaces: Mapping[str, str]) -> tuple[str, str]:
    """``short:Name`` or ``{uri}Name`` as (URI, name); a name alone is of the base namespace, its URI empty."""
    if step.startswith("{") and "}" in step:
        uri, _, name = step[1:].partition("}")
        return uri, name.removeprefix(":")
    short, colon, name = step.partition(":")
    return (namespaces.get(short, short), name) if colon else ("", step)


def pieces(whole: Sequence[Any], size: int = PIECE) -> Iterable[Sequence[Any]]:
    """The list cut into pieces."""
    return (whole[start : start + size] for start in range(0, len(whole), size))


async def read_all(
    connection: Connection, nodes: Sequence[ua.NodeId], attribute: ua.AttributeIds = ua.AttributeIds.Value
) -> list[ua.DataValue]:
    """One attribute of many nodes, in pieces, with the server's and the source's time stamps."""
    values: list[ua.DataValue] = []
    for some in pieces(nodes):
        parameters = ua.ReadParameters()
        parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        parameters.NodesToRead = [ua.ReadValueId(NodeId=node, AttributeId=attribute) for node in some]
        values += await connection.session.read(parameters)
    return values


async def describe(connection: Connection, resolved: Mapping[str, ua.NodeId | int]) -> dict[str, Found]:
    """What the server says of each tag: unit, ranges, history. What it does not say is left empty."""
    names = [name for name, node in resolved.items() if isinstance(node, ua.NodeId)]
    nodes = [node for node in resolved.values() if isinstance(node, ua.NodeId)]
    access = await read_all(connection, nodes, ua.AttributeIds.UserAccessLevel)
    ranks = await read_all(connection, nodes, ua.AttributeIds.ValueRank)
    properties = await _properties(connection, nodes)
    values = iter(await read_all(connection, [node for node in properties if node is not None]))
    flat = [next(values) if node is not None else None for node in properties]
    found = {name: Found(name, None, node) for name, node in resolved.items() if isinstance(node, int)}
    for number, (name, node, level, rank) in enumerate(zip(names, nodes, access, ranks, strict=True)):
        euro, units, instrument = flat[3 * number : 3 * number + 3]
        low, high = _range(euro)
        limits = _range(instrument)
        readable = level.Value.Value if level.Value is not None else 0
        found[name] = Found(
            name,
            node,
            unit=_unit(units),
            low=low,
            high=high,
            instrument=(limits[0], limits[1]) if limits[0] is not None and limits[1] is not None else None,
            history=isinstance(readable, int) and bool(readable & _HISTORY_READ),
            array=rank.Value is not None and isinstance(rank.Value.Value, int) and rank.Value.Value >= 0,
        )
    return {name: found[name] for name in resolved}


async def _properties(connection: Connection, nodes: Sequence[ua.NodeId]) -> list[ua.NodeId | None]:
    """EURange, EngineeringUnits and InstrumentRange of each node, in this order; None where it has none."""
    found: list[ua.NodeId | None] = []
    for some in pieces(nodes, PIECE // len(_PROPERTIES)):
        asked = []
        for node in some:
            for name in _PROPERTIES:
                element = ua.RelativePathElement()
                element.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HasProperty)
                element.IncludeSubtypes = True
                element.IsInverse = False
                element.TargetName = ua.QualifiedName(name, 0)
                asked.append(ua.BrowsePath(StartingNode=node, RelativePath=ua.RelativePath(Elements=[element])))
        for result in await connection.session.translate_browsepaths_to_nodeids(asked):
            there = result.StatusCode.is_good() and bool(result.Targets)
            found.append(local(result.Targets[0].TargetId) if there else None)
    return found


def _range(value: ua.DataValue | None) -> tuple[float | None, float | None]:
    span = value.Value.Value if value is not None and value.Value is not None else None
    if not isinstance(span, ua.Range):
        return None, None
    low, high = float(span.Low or 0.0), float(span.High or 0.0)
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else (None, None)


def _unit(value: ua.DataValue | None) -> str:
    stated = value.Value.Value if value is not None and value.Value is not None else None
    if not isinstance(stated, ua.EUInformation):
        return ""
    shown = stated.DisplayName.Text if stated.DisplayName is not None else ""
    return unit_of(int(stated.UnitId or 0), shown or "")


def disagreements(found: Found, tag: TagSpec) -> list[str]:
    """Where the server and the station file contradict each other about a tag, in words; empty if they agree."""
    if found.array:
        return ["an array, and a tag takes one number: its elements need variables of their own on the server"]
    said: list[str] = []
    factor = 1.0
    if found.unit and found.unit != tag.unit:
        same, factor = _convert(found.unit, tag.unit)
        if not same:
            said.append(f"the server says {found.unit}, the file {tag.unit or 'no unit'}")
    if tag.range is not None and factor == 1.0 and not said:
        for label, span in (
            ("EURange", (found.low, found.high)),
            ("InstrumentRange", found.instrument or (None, None)),
        ):
            low, high = span
            if low is None or high is None:
                continue
            if tag.range.low < low or tag.range.high > high:
                said.append(
                    f"expected {tag.range.low:g}..{tag.range.high:g}, but {label} of the server is {low:g}..{high:g}"
                )
    return said


def _convert(theirs: str, ours: str) -> tuple[bool, float]:
    """Whether two units are the same but for the way they are written."""
    for name, kind in DIMENSIONS.items():
        try:
            values = [(quantity.parse(f"{n} {theirs}", name), quantity.parse(f"{n} {ours}", name)) for n in (0, 1)]
        except QuantityError:
            continue
        if kind.si or theirs in kind.units:
            return all(math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) for one, other in values), 1.0
    return False, 1.0
