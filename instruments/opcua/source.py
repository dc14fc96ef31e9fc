"""The OPC-UA source of the recorder: all connections to one server in one thread."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from asyncua import ua

from hydromet.errors import DeviceError
from instruments.base import Check, Reading, now_ns
from instruments.base import Link as State
from instruments.opcua.certificates import Pki
from instruments.opcua.link import Link
from instruments.opcua.nodes import describe, disagreements, read_all, resolve
from instruments.opcua.session import Access, Connection, Saved, discover
from instruments.opcua.wire import row
from instruments.opcua.words import explain
from instruments.status import bad, name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event as Flag

    from instruments.base import Resume, Sink
    from instruments.opcua.nodes import Found
    from instruments.station import Endpoint, Station, TagSpec

_LOOK = 0.1
_FOLDER_MODE = 0o700


def pki_of(station_path: str, trust: str = "") -> Pki:
    """Keys and trusted certificates of a station: the folder ``pki`` beside its file, so that all runs share them.

    Args:
        station_path: path of the station file.
        trust: another folder of trusted certificates, seen from the station file; empty for ``pki/trusted``.
    """
    beside = Path(station_path).parent
    return Pki(beside / "pki", f"urn:{socket.gethostname()}:hydromet:logger", beside / trust if trust else None)


class OpcUaSource:
    """Everything a station wants from one OPC-UA server. It reads; there is no call in here that writes a value.

    Args:
        source: name in the station file.
        endpoint: its section there.
        tags: its tags.
        namespaces: short name -> URI.
        pki: keys and trusted certificates.
    """

    def __init__(
        self, source: str, endpoint: Endpoint, tags: dict[str, TagSpec], namespaces: dict[str, str], pki: Pki
    ) -> None:
        self._name, self._endpoint, self._tags, self._namespaces, self._pki = source, endpoint, tags, namespaces, pki

    @property
    def name(self) -> str:
        """Its name in the station file."""
        return self._name

    def _access(self) -> Access:
        """How the server is reached; the password is fetched here and kept in memory only."""
        one = self._endpoint
        password = one.password.reveal(one.user) if one.password else ""
        return Access(one.endpoint, self._pki, one.security, one.mode, one.user, password)

    def run(self, sink: Sink, resume: Resume, stop: Flag) -> None:
        """Deliver until ``stop`` is set. The session is left on the server for its time-out: a restart goes on in it.

        Raises:
            DeviceError: E041, E056, the password or the own certificate are missing.
        """
        asyncio.run(self._run(sink, resume, stop))

    async def _run(self, sink: Sink, resume: Resume, stop: Flag) -> None:
        access = self._access()
        until = self._pki.expires_soon()
        if until and access.policy != "None":
            sink.report(self._name, State.starting, f"the logger's certificate runs out on {until:%Y-%m-%d}")
        folder = Path(resume.folder)
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        names = list(self._tags)
        tasks = []
        for part, start in enumerate(range(0, len(names), self._endpoint.batch)):
            some = {tag: self._tags[tag] for tag in names[start : start + self._endpoint.batch]}
            file = folder / f"{self._name}.{part}.session"
            link = Link(self._name, part, access, self._endpoint, some, self._namespaces, sink, resume, file)
            tasks.append(asyncio.create_task(link.run()))
        watcher = asyncio.create_task(_until(stop))
        try:
            done, _ = await asyncio.wait({*tasks, watcher}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*tasks, watcher):
                task.cancel()
            await asyncio.gather(*tasks, watcher, return_exceptions=True)
        sink.report(self._name, State.stopped)

    def check(self, seconds: float) -> Sequence[Check]:
        """Read every tag once in a session of its own.

        Raises:
            DeviceError: E050 to E063, there is no connection, in words.
        """
        return asyncio.run(self._check(seconds))

    async def _check(self, seconds: float) -> list[Check]:
        access = self._access()
        connection = Connection(access)
        try:
            async with asyncio.timeout(seconds):
                certificate = await discover(access)
                await connection.open(certificate, Saved(), seconds * 1000 + 10_000)
                found = await describe(connection, await resolve(connection, self._tags, self._namespaces))
                there = [one for one in found.values() if one.node is not None]
                values = await read_all(connection, [one.node for one in there if one.node is not None])
        except (ua.UaError, OSError, TimeoutError) as error:
            raise explain(error, url=access.url, user=access.user) from error
        finally:
            await connection.close(end_session=True)
        by_tag = dict(zip((one.tag for one in there), values, strict=True))
        return [self._checked(one, by_tag.get(one.tag)) for one in found.values()]

    def _checked(self, found: Found, value: ua.DataValue | None) -> Check:
        if value is None:
            where = self._tags[found.tag].node or "/".join(self._tags[found.tag].path)
            return Check(found.tag, None, f"{name(found.status)}: {where} is not on the server")
        reading = Reading(*row(0, value, now_ns()))
        trouble = disagreements(found, self._tags[found.tag])
        if bad(reading.status):
            trouble.insert(0, name(reading.status))
        data = {"history": found.history}
        return Check(found.tag, reading, "; ".join(trouble), found.unit, found.low, found.high, data)


async def _until(stop: Flag) -> None:
    while not stop.is_set():
        await asyncio.sleep(_LOOK)


def make(station: Station, source: str) -> OpcUaSource:
    """The source of a name, from a station file.

    Raises:
        DeviceError: E052, a password would go in clear text.
    """
    endpoint = station.file.opcua[source]
    if endpoint.password and (endpoint.security == "None" or endpoint.mode != "SignAndEncrypt"):
        raise DeviceError(
            "E052",
            read=f"security: {endpoint.security}, mode: {endpoint.mode}, together with a password",
            expected="a policy that encrypts: the password would go in clear text",
            write="security: Basic256Sha256\nmode: SignAndEncrypt",
        )
    pki = pki_of(station.path, endpoint.trust)
    return OpcUaSource(source, endpoint, station.tags(source), dict(station.file.namespaces), pki)
