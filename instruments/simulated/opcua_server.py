"""A real OPC-UA server (asyncua) that offers the values of any ``state(t)``; it listens on 127.0.0.1 only.

    server = SimulatedServer(plant.state, variables, port=4840, clock=Clock(speed=60))
    await server.start()

The true values and what was offered of them can be written to a truth file, one line for each tick, so that a test
can say what a logger should have.
"""

from __future__ import annotations

import asyncio
import csv
import logging
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole

from instruments.opcua.units import code_of, unece_number
from instruments.simulated.clock import Clock
from instruments.simulated.opcua_faults import Distortion, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import IO

    from instruments.simulated.sensors import Sensor, State

HOST = "127.0.0.1"
NAMESPACE = "urn:hydromet:simulated"
_POLICIES = {
    "None": "NoSecurity",
    "Basic256Sha256": "Basic256Sha256_SignAndEncrypt",
    "Aes128_Sha256_RsaOaep": "Aes128Sha256RsaOaep_SignAndEncrypt",
    "Aes256_Sha256_RsaPss": "Aes256Sha256RsaPss_SignAndEncrypt",
    "Basic256Sha256 Sign": "Basic256Sha256_Sign",
}
_UNECE = "http://www.opcfoundation.org/UA/units/un/cefact"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
logging.getLogger("asyncua").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Variable:
    """A value on the server.

    Attributes:
        tag: name in ``state(t)``, browse name and, with the namespace of the server, node id.
        unit: unit of measure, told as EngineeringUnits; empty for none.
        low, high: EURange; left out where they are None.
        sensor: noise and drift of the instrument; without one the true value is shown.
        folder: objects it stands in, such as ``("Area1", "Leach")``.
        history: the server keeps old values.
    """

    tag: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    sensor: Sensor | None = None
    folder: tuple[str, ...] = ()
    history: bool = False


@dataclass(frozen=True)
class Security:
    """What clients must bring.

    Attributes:
        policies: names of the security policies offered.
        certificate, key: DER certificate and PEM key of the server; needed for every policy but None.
        users: name -> password; empty lets anybody in.
        trusted: certificates (DER) of the clients that are let in; None lets in all.
    """

    policies: tuple[str, ...] = ("None",)
    certificate: Path | None = None
    key: Path | None = None
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    trusted: tuple[bytes, ...] | None = None


class _Users:
    """asyncua's user manager: names and passwords."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = dict(users)

    def get_user(self, _server: Any, username: str | None = None, password: Any = None, certificate: Any = None) -> Any:
        """The user, or None if the password is wrong."""
        del certificate
        if not self._users:
            return User(role=UserRole.User)
        given = password.decode() if isinstance(password, bytes) else password
        known = username is not None and self._users.get(username) == given and given is not None
        return User(role=UserRole.User, name=username) if known else None


class SimulatedServer:
    """The server.

    Args:
        state: simulated seconds -> tag -> true value.
        variables: what is offered.
        port: where it listens; 0 takes a free one.
        clock: simulated time; one of its own that begins when the server listens, if left out.
        interval: simulated seconds between ticks.
        faults: the plan.
        security: who is let in.
        truth: file of ticks; none is written if left out.
        namespace: URI of the variables' namespace.
        extra_namespaces: URIs registered before it, so that its index is another one.
    """

    def __init__(
        self,
        state: State,
        variables: Sequence[Variable],
        *,
        port: int = 0,
        clock: Clock | None = None,
        interval: float = 1.0,
        faults: Sequence[Fault] = (),
        security: Security | None = None,
        truth: Path | None = None,
        namespace: str = NAMESPACE,
        extra_namespaces: Sequence[str] = (),
    ) -> None:
        self._state, self._variables, self.port = state, tuple(variables), port
        self.clock, self._own_clock = clock or Clock(), clock is None
        self._interval, self._faults = interval, tuple(faults)
        self._security = security or Security()
        self._truth = truth
        self._namespaces = (*extra_namespaces, namespace)
        self._distortion = Distortion({one.tag: one.sensor for one in variables if one.sensor}, faults)
        self._nodes: dict[str, Any] = {}
        self._absent: set[str] = set()
        self._done: set[Fault] = set()
        self._task: asyncio.Task[None] | None = None
        self._file: IO[str] | None = None
        self.server: Any = None
        self.index = 0
        self.tick = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"opc.tcp://{HOST}:{self.port}/"

    async def start(self) -> None:
        """Build the address space, listen, and begin to tick."""
        self.port = self.port or _free_port()
        self.server = Server(user_manager=_Users(self._security.users))
        await self.server.init()
        self.server.set_endpoint(self.url)
        self.server.set_server_name("hydromet simulated server")
        await self._secure()
        for uri in self._namespaces:
            self.index = await self.server.register_namespace(uri)
        for variable in self._variables:
            await self._add(variable)
        await self.server.start()
        if self._truth:
            self._file = self._truth.open("a", encoding="utf-8", newline="")
            if not self._file.tell():
                csv.writer(self._file).writerow(["time_ns", *(one.tag for one in self._variables)])
        if self._own_clock:
            self.clock.restart()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop ticking and listening."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.server:
            await self.server.stop()
        if self._file:
            self._file.close()

    async def _secure(self) -> None:
        kinds = [ua.SecurityPolicyType[_POLICIES[name]] for name in self._security.policies]
        self.server.set_security_policy(kinds)
        if self._security.users:
            self.server.set_identity_tokens([ua.UserNameIdentityToken])
        if self._security.certificate and self._security.key:
            from cryptography import x509

            raw = self._security.certificate.read_bytes()
            names = x509.load_der_x509_certificate(raw).extensions.get_extension_for_class(x509.SubjectAlternativeName)
            await self.server.set_application_uri(names.value.get_values_for_type(x509.UniformResourceIdentifier)[0])
            await self.server.load_certificate(str(self._security.certificate), "der")
            await self.server.load_private_key(str(self._security.key), format="pem")
        if self._security.trusted is not None:
            self.server.set_certificate_validator(self._judge)

    async def _judge(self, certificate: Any, _application: Any) -> None:
        from asyncua.common.utils import ServiceError
        from cryptography.hazmat.primitives.serialization import Encoding

        if certificate.public_bytes(Encoding.DER) not in (self._security.trusted or ()):
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)

    async def _add(self, variable: Variable) -> None:
        parent = self.server.nodes.objects
        path = ""
        for name in variable.folder:
            path += f"/{name}"
            node_id = ua.NodeId(path, self.index)
            known = self.server.get_node(node_id)
            if node_id not in self.server.iserver.aspace:
                known = await parent.add_object(node_id, ua.QualifiedName(name, self.index))
            parent = known
        node = await parent.add_variable(
            ua.NodeId(variable.tag, self.index), ua.QualifiedName(variable.tag, self.index), math.nan
        )
        self._nodes[variable.tag] = node
        if variable.low is not None and variable.high is not None:
            await node.add_property(0, "EURange", ua.Range(variable.low, variable.high))
        if variable.unit:
            code = code_of(variable.unit)
            unit = ua.EUInformation()
            unit.NamespaceUri = _UNECE
            unit.UnitId = unece_number(code) if code else -1
            unit.DisplayName = ua.LocalizedText(variable.unit)
            await node.add_property(0, "EngineeringUnits", unit)
        if variable.history:
            await self.server.historize_node_data_change(node, period=timedelta(hours=1), count=100_000)

    async def _run(self) -> None:
        began = self.clock.now()
        number = 0
        while True:
            elapsed = began + number * self._interval
            await asyncio.sleep(max(0.0, self.clock.real(elapsed - self.clock.now())))
            await self._faults_of_the_server(elapsed)
            if not any(fault.kind == "halt" and fault.on(elapsed) for fault in self._faults):
                await self._offer(elapsed)
            # After a standstill it goes on with the present: a plant does not catch up either.
            number = max(number + 1, int((self.clock.now() - began) / self._interval))

    async def _offer(self, elapsed: float) -> None:
        true = self._state(elapsed)
        now = self.clock.at(elapsed)
        stamp = _EPOCH + timedelta(microseconds=now // 1000)
        shown = []
        for variable in self._variables:
            value, status = self._distortion.show(variable.tag, true, elapsed, self.tick)
            absent = variable.tag in self._absent
            shown.append("" if absent or math.isnan(value) else repr(value))
            if absent:
                continue
            data = ua.DataValue(
                ua.Variant(value, ua.VariantType.Double),
                ua.StatusCode(status),
                SourceTimestamp=stamp,
                ServerTimestamp=stamp,
            )
            await self.server.write_attribute_value(self._nodes[variable.tag].nodeid, data)
        if self._file:
            csv.writer(self._file).writerow([now // 1000 * 1000, *shown])
            self._file.flush()
        self.tick += 1

    async def _faults_of_the_server(self, elapsed: float) -> None:
        for fault in self._faults:
            if fault.kind == "cut" and fault.on(elapsed) and fault not in self._done:
                self._done.add(fault)
                self.cut()
            if fault.kind == "missing":
                await self._take_away(fault.tag, gone=fault.on(elapsed))

    def cut(self) -> None:
        """Cut every connection, as a pulled cable would."""
        for transport in list(self.server.iserver.asyncio_transports):
            transport.abort()

    async def _take_away(self, tag: str, *, gone: bool) -> None:
        if gone and tag not in self._absent:
            self._absent.add(tag)
            await self.server.delete_nodes([self._nodes[tag]], recursive=True)
        elif not gone and tag in self._absent:
            self._absent.discard(tag)
            await self._add(next(one for one in self._variables if one.tag == tag))

    async def rename(self, old: str, new: str) -> None:
        """Give a variable another node id and browse name, as a new program in a controller does."""
        variable = next(one for one in self._variables if one.tag == old)
        await self.server.delete_nodes([self._nodes[old]], recursive=True)
        node = await self.server.nodes.objects.add_variable(
            ua.NodeId(new, self.index), ua.QualifiedName(new, self.index), math.nan
        )
        self._nodes[variable.tag] = node


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])
