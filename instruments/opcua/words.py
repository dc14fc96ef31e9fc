"""What a server or the network refused, in words an operator can act on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from asyncua import ua

from hydromet.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PASSWORD = ("BadUserAccessDenied", "BadIdentityTokenRejected", "BadIdentityTokenInvalid")
_UNTRUSTED = (
    "BadCertificateUntrusted",
    "BadSecurityChecksFailed",
    "BadCertificateChainIncomplete",
    "BadCertificateUriInvalid",
    "BadCertificateUseNotAllowed",
    "BadCertificateInvalid",
    "BadCertificateRevoked",
    "BadCertificateHostNameInvalid",
)
_FULL = (
    "BadTooManySessions",
    "BadTooManySubscriptions",
    "BadMaxConnectionsReached",
    "BadTooManyMonitoredItems",
    "BadTcpNotEnoughResources",
    "BadOutOfMemory",
)
# What does not mend itself by trying again in a second.
LASTING = frozenset({"E051", "E052", "E053", "E054", "E055", "E056", "E057", "E059", "E063"})


def code_name(error: BaseException) -> str:
    """Name of the OPC-UA status code of an exception, such as ``BadTimeout``; empty if it is none."""
    return type(error).__name__ if isinstance(error, ua.UaStatusCodeError) else ""


def explain(
    error: BaseException, *, url: str, user: str = "", own: str = "", offered: Sequence[str] = (), step: str = ""
) -> DeviceError:
    """What went wrong while connecting, as an error with a code, in words.

    Args:
        error: what asyncua or the network raised.
        url: of the server.
        user: user name, empty if anonymous.
        own: thumbprint of the logger's certificate, empty where the policy is None.
        offered: security policies the server offers, where that is known.
        step: what was being done, such as ``session``.
    """
    if isinstance(error, DeviceError):
        return error
    name = code_name(error)
    if name in _PASSWORD:
        if not user:
            return DeviceError(
                "E059",
                read=f"{url}: {name}",
                expected="a user name and password: this server takes no anonymous client",
                write="user: logger\npassword: {environment: PLC_PASSWORD}",
            )
        return DeviceError(
            "E057",
            read=f"{url}: {name} for user {user}",
            expected="a user of that server with its password and the right to read",
            write=f"user: {user}\npassword: {{environment: PLC_PASSWORD}}",
        )
    # asyncua 2.1 ends with a bare assertion where a server closes the channel because of the client's certificate.
    if own and (name in _UNTRUSTED or (step == "channel" and _closed(error))):
        return DeviceError(
            "E055",
            read=f"{url}: {name or 'the server closed the secure channel'}",
            expected=f"a server that trusts the logger's certificate, thumbprint {own}",
            write="move that certificate from `rejected` to `trusted` on the server",
        )
    if name == "BadCertificateTimeInvalid":
        return DeviceError(
            "E054",
            read=f"{url}: {name}",
            expected="certificates and clocks of both sides that fit together",
            write="compare the clocks; then a new certificate on the side whose own has run out",
        )
    if name in ("BadSecurityPolicyRejected", "BadSecurityModeRejected") or "No matching endpoints" in str(error):
        return DeviceError(
            "E051",
            read=f"{url}: {name or error}",
            expected=" or ".join(map(_said, offered)) if offered else "a security policy this server offers",
            write=_offer(offered),
        )
    if name in _FULL:
        return DeviceError(
            "E061",
            read=f"{url}: {name}",
            expected="a server with room for one more session and subscription",
            write="close other clients, or raise the limit in the server's settings",
        )
    if isinstance(error, (OSError, asyncio.TimeoutError, TimeoutError)) and not name:
        return DeviceError(
            "E050",
            read=f"{url}: {_network(error)}",
            expected="a server that listens at this address and answers",
            write="endpoint: opc.tcp://192.168.1.10:4840",
        )
    return DeviceError(
        "E062",
        read=f"{url}: {name or type(error).__name__}{f', {error}' if str(error) else ''}"[:300],
        expected="an answer as OPC-UA prescribes it",
        write=f"hydromet log check, then the log of the server{f' about the {step}' if step else ''}",
    )


def _offer(offered: Sequence[str]) -> str:
    """Lines that take what a server offers: encrypted before signed, signed before nothing."""
    order = {mode: place for place, mode in enumerate(("SignAndEncrypt", "Sign"))}
    pairs = sorted((one.split() for one in offered), key=lambda pair: order.get(pair[-1], len(order)))
    if not pairs:
        return "security: Basic256Sha256"
    policy, mode = pairs[0][0], pairs[0][-1]
    return f"security: {policy}" + ("\nmode: Sign" if mode == "Sign" else "")


def _said(offer: str) -> str:
    return "no security (policy None)" if offer == "None None" else offer


def _closed(error: BaseException) -> bool:
    return isinstance(error, (AssertionError, ConnectionError)) or (
        isinstance(error, ua.UaError) and not isinstance(error, ua.UaStatusCodeError)
    )


def _network(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there (connection refused)"
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is None:
        return str(error) or "the connection was closed"
    return f"{error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)
