"""A first station file from a live server: every readable number below Objects, with the unit and range it states.

Variables of instruments described by LADS (OPC 30500) or PA-DIM (OPC 30081) are written by browse path, since their
names are fixed by the standard and their node ids are not; so are variables whose node id is a mere number.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asyncua import ua

from hydromet.errors import DeviceError
from instruments.opcua.nodes import Found, describe, local, pieces, read_all
from instruments.opcua.session import Access, Connection, Saved, ask, discover, plain_endpoint
from instruments.opcua.words import explain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from instruments.opcua.certificates import Pki

# From the best to none.
_BEST = ("Aes256_Sha256_RsaPss", "Aes128_Sha256_RsaOaep", "Basic256Sha256", "None")
_NUMBERS = frozenset({*range(1, 12), 26, 27, 28})
_DEEPEST, _MOST = 12, 20_000
_PIECE = 100
_HAS_PROPERTY = 46
# Names that say what a variable is within its function, not what it measures; the function's own name does.
_GENERAL = frozenset({"SensorValue", "AnalogSignal", "ActualValue", "ProcessValue", "CurrentValue", "Value", "PV"})
_LADS, _PADIM = "http://opcfoundation.org/UA/LADS/", "http://opcfoundation.org/UA/PADIM/"
_SESSION_MS = 60_000.0


@dataclass(frozen=True)
class Leaf:
    """A variable that was found.

    Attributes:
        node: its node id.
        path: browse names from Objects on, as (namespace URI, name).
        title: what the server shows.
    """

    node: ua.NodeId
    path: tuple[tuple[str, str], ...]
    title: str


async def browse(connection: Connection) -> tuple[list[Leaf], list[str]]:
    """Every readable scalar number below Objects, the server's own diagnostics left out; and the namespace URIs."""
    uris: list[str] = await connection.get_namespace_array()
    start = ua.NodeId(ua.ObjectIds.ObjectsFolder)
    seen = {start, ua.NodeId(ua.ObjectIds.Server)}
    level: list[tuple[ua.NodeId, tuple[tuple[str, str], ...]]] = [(start, ())]
    variables: list[Leaf] = []
    for _ in range(_DEEPEST):
        below: list[tuple[ua.NodeId, tuple[tuple[str, str], ...]]] = []
        for some in pieces(level, _PIECE):
            children = await _children(connection, [node for node, _ in some])
            for (_, path), references in zip(some, children, strict=True):
                for reference in references:
                    node = local(reference.NodeId)
                    if node in seen or len(seen) > _MOST:
                        continue
                    seen.add(node)
                    name = reference.BrowseName
                    here = (*path, (uris[name.NamespaceIndex], name.Name or ""))
                    below.append((node, here))
                    if reference.NodeClass == ua.NodeClass.Variable:
                        variables.append(Leaf(node, here, reference.DisplayName.Text or ""))
        level = below
    return await _numbers(connection, variables), uris


async def _children(connection: Connection, nodes: Sequence[ua.NodeId]) -> list[list[ua.ReferenceDescription]]:
    parameters = ua.BrowseParameters()
    parameters.RequestedMaxReferencesPerNode = 0
    for node in nodes:
        wanted = ua.BrowseDescription()
        wanted.NodeId = node
        wanted.BrowseDirection = ua.BrowseDirection.Forward
        wanted.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
        wanted.IncludeSubtypes = True
        wanted.NodeClassMask = ua.NodeClass.Object | ua.NodeClass.Variable
        wanted.ResultMask = ua.BrowseResultMask.All
        parameters.NodesToBrowse.append(wanted)
    found = []
    for result in await connection.session.browse(parameters):
        references, point = list(result.References or []), result.ContinuationPoint
        while point:
            more = ua.BrowseNextParameters(ReleaseContinuationPoints=False, ContinuationPoints=[point])
            (rest,) = await connection.session.browse_next(more)
            references += rest.References or []
            point = rest.ContinuationPoint
        found.append([one for one in references if one.ReferenceTypeId.Identifier != _HAS_PROPERTY])
    return found


async def _numbers(connection: Connection, leaves: Sequence[Leaf]) -> list[Leaf]:
    nodes = [leaf.node for leaf in leaves]
    kinds = await read_all(connection, nodes, ua.AttributeIds.DataType)
    ranks = await read_all(connection, nodes, ua.AttributeIds.ValueRank)
    access = await read_all(connection, nodes, ua.AttributeIds.UserAccessLevel)
    values = await read_all(connection, nodes)
    kept = []
    for leaf, kind, rank, level, value in zip(leaves, kinds, ranks, access, values, strict=True):
        scalar = _plain(rank) in (-1, -2, -3)
        number = isinstance(_plain(value), (bool, int, float))
        stated = _plain(kind)
        stated_number = isinstance(stated, ua.NodeId) and not stated.NamespaceIndex and stated.Identifier in _NUMBERS
        readable = _plain(level)
        if scalar and (number or stated_number) and not (isinstance(readable, int) and not readable & 1):
            kept.append(leaf)
    return kept


def _plain(value: ua.DataValue) -> object:
    return value.Value.Value if value.Value is not None else None


def station_text(
    name: str, access: Access, leaves: Sequence[Leaf], found: Sequence[Found], uris: Sequence[str], password: str = ""
) -> str:
    """The file.

    Args:
        name: of the station.
        access: how the server was reached.
        leaves: the variables.
        found: what the server says of each, in the same order.
        uris: the server's namespaces.
        password: name of the environment variable that holds it.
    """
    used = {uri for leaf in leaves if _by_path(leaf) for uri, _ in leaf.path if uri != uris[0]}
    shorts = _short_names([uri for uri in uris if uri in used])
    user = f"\n    user: {access.user}\n    password: {{environment: {password}}}" if access.user else ""
    lines = [
        f"# Written from {access.url}; delete what is not needed, give the rest names of your own.",
        "# A unit or range the server does not state is left to you: look for `?`.",
        "station: 1",
        f"name: {name}",
    ]
    if shorts:
        lines += ["namespaces:", *(f"  {short}: {_quoted(uri)}" for uri, short in shorts.items())]
    lines += ["opcua:", "  plc:", f"    endpoint: {access.url}"]
    mode = "\n    mode: Sign" if access.mode == "Sign" else ""
    lines += [f"    security: {_quoted(access.policy)}{mode}{user}", "tags:"]
    for tag, leaf, one in zip(_tags(leaves), leaves, found, strict=True):
        lines.append(f"  {tag}:")
        lines.append("    source: plc")
        lines.append(f"    {_address(leaf, uris, shorts)}")
        lines.append(f"    unit: {_quoted(one.unit)}" + ("" if one.unit else "  # ? none stated"))
        if one.low is not None and one.high is not None:
            lines.append(f"    range: {one.low:g}..{one.high:g}" + (f" {one.unit}" if one.unit else ""))
        if leaf.title and leaf.title not in (tag, leaf.path[-1][1]):
            lines.append(f"    title: {_quoted(leaf.title)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", text) and text != "None" else json.dumps(
        text, ensure_ascii=False
    )  # fmt: skip


def _by_path(leaf: Leaf) -> bool:
    described = any(uri in (_LADS, _PADIM) for uri, _ in leaf.path)
    return described or leaf.node.NodeIdType.name != "String"


def _address(leaf: Leaf, uris: Sequence[str], shorts: dict[str, str]) -> str:
    if not _by_path(leaf):
        return f"node: {_quoted(f'nsu={uris[leaf.node.NamespaceIndex]};s={leaf.node.Identifier}')}"
    steps = [f"{shorts[uri]}:{name}" if uri in shorts else name for uri, name in leaf.path]
    return f"path: [{', '.join(json.dumps(step, ensure_ascii=False) for step in steps)}]"


def _short_names(uris: Iterable[str]) -> dict[str, str]:
    """Namespace URI -> short name, from its last part."""
    found: dict[str, str] = {}
    for uri in uris:
        parts = [part for part in re.split(r"[^A-Za-z0-9]+", uri) if part and not part[0].isdigit()]
        base = (parts[-1] if parts else "ns").lower()
        short, number = base, 2
        while short in found.values():
            short, number = f"{base}{number}", number + 1
        found[uri] = short
    return found


def _tags(leaves: Sequence[Leaf]) -> list[str]:
    """A name for each variable: its own, or its function's; with what stands above it where that is not enough."""
    names: list[str] = []
    for leaf in leaves:
        parts = [name for _, name in leaf.path]
        if parts[-1] in _GENERAL and len(parts) > 1:
            parts = parts[:-1]
        elif parts[-1] == "RawValue" and len(parts) > 1:
            parts = [*parts[:-2], f"{parts[-2]}_raw"]
        for depth in range(1, len(parts) + 1):
            name = re.sub(r"\W+", "_", "_".join(parts[-depth:])).strip("_") or "tag"
            name = name if name[0].isalpha() else f"t_{name}"
            if name not in names:
                break
        base, number = name, 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return names


def first_station(
    url: str, name: str, pki: Pki, *, security: str = "", user: str = "", password: str = "", variable: str = ""
) -> str:
    """Browse a server and write a station file for it.

    Args:
        url: of the server.
        name: of the station.
        pki: keys and trusted certificates.
        security: policy; the best the server offers, if left out.
        user: user name; empty for anonymous.
        password: of the user.
        variable: name of the environment variable that holds the password, for the file.

    Raises:
        DeviceError: E050 to E063, in words; E060 there is nothing to measure.
    """
    return asyncio.run(_first(url, name, pki, security, user, password, variable))


async def _first(url: str, name: str, pki: Pki, security: str, user: str, password: str, variable: str) -> str:
    endpoints = await ask(Access(url, pki, user=user, password=password))
    offered = {(one["security"], one["mode"]) for one in map(plain_endpoint, endpoints)}
    # A password goes to no channel that only signs; to none that is open either, which is refused later, in words.
    modes = ("SignAndEncrypt", "None") if user else ("SignAndEncrypt", "Sign", "None")
    wanted = (security,) if security else _BEST
    best = [(one, mode) for mode in modes for one in wanted if (one, mode) in offered]
    if not best:
        known = sorted(" ".join(one) for one in offered)
        raise explain(ua.UaError(f"No matching endpoints: {security}"), url=url, offered=known)
    policy, mode = best[0]
    access = Access(url, pki, policy, "Sign" if mode == "Sign" else "SignAndEncrypt", user=user, password=password)
    connection = Connection(access)
    try:
        certificate = await discover(access)
        await connection.open(certificate, Saved(), _SESSION_MS)
        leaves, uris = await browse(connection)
        found = await describe(connection, {str(number): leaf.node for number, leaf in enumerate(leaves)})
    except (ua.UaError, OSError, TimeoutError) as error:
        raise explain(error, url=url, user=user, step="browsing") from error
    finally:
        await connection.close(end_session=True)
    if not leaves:
        raise DeviceError(
            "E060",
            read=f"{url}: no variable with a number below Objects",
            expected="variables this user may read",
            write=f"hydromet new station {name} --browse {url} --user logger",
        )
    return station_text(name, access, leaves, list(found.values()), uris, variable)
