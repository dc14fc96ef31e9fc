"""Secure channel and session of one connection: opened anew, or taken up again with what was kept of it.

Every connection is a new asyncua client, so nothing of a broken one can hang on. What makes it the *same* session for
the server is the saved token: OPC 10000-4, 6.7 lets a client activate its old session on a new channel, and with it
the subscriptions and their full queues. The same step serves after a cut cable and after the logger's own death.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import asdict, dataclass, field, fields
from time import time
from typing import TYPE_CHECKING, Any

from asyncua import Client, ua
from asyncua.client.ua_session import UaSession
from asyncua.crypto import security_policies

from hydromet.errors import DeviceError
from instruments.opcua.certificates import Pki, leading, thumbprint, write_private
from instruments.opcua.words import explain

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from pathlib import Path

# Its warnings reach whoever sets up logging; without anybody they do not go to the operator's screen.
logging.getLogger("asyncua").addHandler(logging.NullHandler())

APPLICATION = "hydromet logger"
POLICIES = {
    "None": security_policies.SecurityPolicyNone,
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}
# A channel is renewed after this share of its lifetime (OPC 10000-4, 5.5.2.1).
_RENEW = 0.75
_LOOK = 0.1
_SESSION_GONE = (
    ua.uaerrors.BadSessionIdInvalid,
    ua.uaerrors.BadSessionClosed,
    ua.uaerrors.BadSessionNotActivated,
    ua.uaerrors.BadIdentityChangeNotSupported,
    ua.uaerrors.BadSecureChannelIdInvalid,
    ua.uaerrors.BadNonceInvalid,
    ua.uaerrors.BadApplicationSignatureInvalid,
    ua.uaerrors.BadInternalError,
)


@dataclass(frozen=True)
class Access:
    """How a server is reached.

    Attributes:
        url: ``opc.tcp://host:port/path``.
        policy: name of the security policy, ``None`` for no security.
        mode: ``Sign`` or ``SignAndEncrypt``; without meaning for None.
        user: user name, empty for an anonymous client.
        password: never shown.
        pki: keys and trusted certificates.
        timeout: longest wait for an answer, s.
    """

    url: str
    pki: Pki
    policy: str = "None"
    mode: str = "SignAndEncrypt"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 5.0


@dataclass
class Saved:
    """What has to be kept to take up a session again; the token is a secret, the file readable by this user only.

    Attributes:
        url, policy, user: of the session.
        token: authentication token.
        nonce: the server's last, in hexadecimal.
        session_ms: time-out of the session the server granted.
        subscription: id of the subscription, 0 if there is none.
        stream: its name in the record; a subscription that was made anew has another one.
        wanted: fingerprint of the monitored items.
        publishing_ms, keep_alive: as granted.
        items: client handle -> [monitored item, sampling granted in ms, queue granted].
        gap: name of the tag -> ns from which values are missing; kept until the gap is in the record.
        cause: why they are missing.
        server_started: start time the server states, to tell a restart from a lost connection.
        time: when this was saved, s since 1970.
    """

    url: str = ""
    policy: str = ""
    user: str = ""
    token: str = ""
    nonce: str = ""
    session_ms: float = 0.0
    subscription: int = 0
    stream: str = ""
    wanted: str = ""
    publishing_ms: float = 0.0
    keep_alive: int = 0
    items: dict[str, list[float]] = field(default_factory=dict)
    gap: dict[str, int] = field(default_factory=dict)
    cause: str = ""
    server_started: str = ""
    time: float = 0.0

    def forget_session(self) -> None:
        """Keep only the gap that is not in the record yet."""
        self.token, self.nonce, self.subscription, self.stream, self.items = "", "", 0, "", {}

    def write(self, file: Path) -> None:
        """Write it, mode 0600, whole or not at all."""
        self.time = time()
        write_private(file, json.dumps(asdict(self), sort_keys=True).encode())

    @classmethod
    def read(cls, file: Path) -> Saved:
        """What was saved; empty if there is nothing that can be read."""
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            return cls(**{one.name: data[one.name] for one in fields(cls) if one.name in data})
        except (OSError, ValueError, TypeError):
            return cls()


class _Session(UaSession):
    """asyncua's session with publishing by hand: responses as bytes, acknowledgements when the caller wants."""

    def ensure_publish_loop(self) -> None:
        """Nothing: the subscription asks for its own publishes."""

    async def publish_raw(self, acknowledge: list[tuple[int, int]]) -> bytes:
        """One publish; no time-out: the caller knows how long the server may stay silent."""
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = [
            ua.SubscriptionAcknowledgement(SubscriptionId=subscription, SequenceNumber=number)
            for subscription, number in acknowledge
        ]
        return bytes(await self._send_request(request, timeout=0))

    async def republish_raw(self, subscription: int, number: int) -> bytes:
        """The response to a Republish, undecoded."""
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = subscription
        request.Parameters.RetransmitSequenceNumber = number
        return bytes(await self._send_request(request))


class Connection(Client):
    """One secure channel with one session; used once and thrown away."""

    def __init__(self, access: Access) -> None:
        super().__init__(access.url, timeout=access.timeout)
        self.access = access
        self.name = self.description = APPLICATION
        self.application_uri = access.pki.application_uri
        self.uaclient.session = _Session(self.uaclient)
        self._renewing: asyncio.Task[None] | None = None

    @property
    def session(self) -> _Session:
        """The session's services."""
        session = self.uaclient.session
        assert isinstance(session, _Session)  # noqa: S101  # for the type checker: set above
        return session

    async def open(self, server_certificate: bytes | None, saved: Saved, session_ms: float) -> bool:
        """Open the channel and take up the saved session, or make one.

        Args:
            server_certificate: DER, checked already; None for the policy None.
            saved: of the last session; it is brought up to date.
            session_ms: time-out to ask for.

        Returns:
            Whether the old session goes on; with it the subscription may still be there.

        Raises:
            DeviceError: in words.
        """
        step = "channel"
        try:
            await self._secure(server_certificate)
            await self._unless_cut(self._channel())
            step = "session"
            resumed = await self._resume(saved)
            if not resumed:
                self.session_timeout = session_ms
                await self.create_session()
                await self._activate()
                saved.session_ms = self.session_timeout
            self._keep(saved)
        except (Exception, asyncio.CancelledError) as error:
            await self.close()
            if isinstance(error, asyncio.CancelledError):
                raise
            own = thumbprint(self.access.pki.own()) if self.access.policy != "None" else ""
            raise explain(error, url=self.access.url, user=self.access.user, own=own, step=step) from error
        return resumed

    async def _channel(self) -> None:
        await self.connect_socket()
        await self.send_hello()
        await self.open_secure_channel()
        self._renewing = asyncio.create_task(self._renew())

    async def _unless_cut(self, steps: Coroutine[Any, Any, None]) -> None:
        """Do the steps, but do not wait for an answer on a socket that is closed already, as asyncua does."""
        task = asyncio.create_task(steps)
        was_open = False
        while not (await asyncio.wait({task}, timeout=_LOOK))[0]:
            protocol = self.uaclient.protocol
            if was_open and (protocol is None or protocol.transport is None):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                why = "the server closed the connection"
                raise ConnectionError(why)
            was_open = was_open or protocol is not None
        await task

    async def _secure(self, server_certificate: bytes | None) -> None:
        if self.access.policy == "None":
            if self.access.password:
                raise DeviceError(
                    "E052",
                    read="security None together with a password",
                    expected="a policy that encrypts: the password would go in clear text",
                    write="security: Basic256Sha256",
                )
            return
        own = self.access.pki.own()
        key = self.access.pki.private_key()
        mode = ua.MessageSecurityMode[self.access.mode]
        self.security_policy = POLICIES[self.access.policy](server_certificate, own, key, mode)
        self.uaclient.set_security(self.security_policy)

    async def _resume(self, saved: Saved) -> bool:
        """Activate the saved session on this channel; False if the server does not have it any more."""
        same = (saved.url, saved.policy, saved.user) == (self.access.url, self.access.policy, self.access.user)
        if not saved.token or not same:
            return False
        # Without the token policies of the endpoint the user token is wrong, and the server refuses the old session.
        self._policy_ids = self._endpoint(await self.get_endpoints()).UserIdentityTokens
        self.session.restore_authentication_token(ua.NodeId.from_string(saved.token))
        self._server_nonce = bytes.fromhex(saved.nonce) if saved.nonce else None
        try:
            await self._activate()
        except _SESSION_GONE:
            self.session.reset_authentication_token()
            self._server_nonce = None
            return False
        self.session_timeout = saved.session_ms
        return True

    def _endpoint(self, endpoints: Sequence[ua.EndpointDescription]) -> ua.EndpointDescription:
        return self.find_endpoint(endpoints, self.security_policy.Mode, self.security_policy.URI)

    async def _activate(self) -> None:
        await self.activate_session(username=self.access.user or None, password=self.access.password or None)

    def _keep(self, saved: Saved) -> None:
        saved.url, saved.policy, saved.user = self.access.url, self.access.policy, self.access.user
        saved.token = self.session.authentication_token.to_string()
        saved.nonce = self._server_nonce.hex() if self._server_nonce else ""

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.secure_channel_timeout / 1000 * _RENEW)
            await self.open_secure_channel(renew=True)
            self.uaclient.revolve_security_token()

    async def close(self, *, end_session: bool = False) -> None:
        """Let go of the channel. The session stays on the server for its time-out, unless it is ended.

        Args:
            end_session: close the session and its subscriptions too.
        """
        if self._renewing:
            self._renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._renewing
            self._renewing = None
        if end_session:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.session.close_session(delete_subscriptions=True), self.access.timeout)
        self.disconnect_socket()


async def ask(access: Access) -> list[ua.EndpointDescription]:
    """The endpoints of a server, whatever their security.

    Raises:
        DeviceError: E050, nobody answers.
    """
    client = Client(access.url, timeout=access.timeout)
    try:
        found = await asyncio.wait_for(client.connect_and_get_server_endpoints(), 3 * access.timeout)
    except Exception as error:
        raise explain(error, url=access.url, step="discovery") from error
    finally:
        client.disconnect_socket()
    return list(found)


async def discover(access: Access) -> bytes | None:
    """Ask a server for its endpoints and check the certificate of the one that is wanted.

    Returns:
        The server's certificate, DER; None for the policy None.

    Raises:
        DeviceError: E050 not there, E051 no such endpoint, E053, E054 the certificate.
    """
    endpoints = await ask(access)
    policy = POLICIES[access.policy]
    mode = "None_" if access.policy == "None" else access.mode
    for one in endpoints:
        if one.SecurityPolicyUri == policy.URI and one.SecurityMode == ua.MessageSecurityMode[mode]:
            break
    else:
        offered = sorted({_offer(one) for one in endpoints} - {""})
        raise explain(ua.UaError(f"No matching endpoints: {access.policy}"), url=access.url, offered=offered)
    if access.policy == "None":
        return None
    certificate = leading(one.ServerCertificate or b"")
    access.pki.check_server(certificate, access.url)
    return certificate


def _offer(endpoint: ua.EndpointDescription) -> str:
    name = endpoint.SecurityPolicyUri.rpartition("#")[2]
    return f"{name} {endpoint.SecurityMode.name.rstrip('_')}" if name in POLICIES else ""


def plain_endpoint(endpoint: ua.EndpointDescription) -> dict[str, Any]:
    """An endpoint as plain data."""
    return {
        "security": endpoint.SecurityPolicyUri.rpartition("#")[2],
        "mode": endpoint.SecurityMode.name.rstrip("_"),
        "users": sorted({token.TokenType.name for token in endpoint.UserIdentityTokens}),
    }
