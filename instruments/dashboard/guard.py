"""Who may look: host, origin and token of a request. And what the browser may do with the page."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from aiohttp import web

from hydromet.errors import HydrometError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

log = logging.getLogger("instruments.dashboard")
COOKIE = "hydromet_dashboard"
LOGIN = "/login"
# Time after a wrong token, s; and the shortest token that is taken.
_PAUSE, SHORTEST = 1.0, 16
_SESSIONS = 100


@dataclass
class Guard:
    """Checks every request.

    Attributes:
        hosts: what may stand in the Host header, with the port.
        token: what a visitor has to know; empty on the loopback alone.
    """

    hosts: frozenset[str]
    token: str = field(default="", repr=False)
    _sessions: list[str] = field(default_factory=list, repr=False)

    def middleware(self) -> Middleware:
        """For aiohttp: host, method and token before, headers behind."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self.asked_for(request):
                return self.dressed(request, web.Response(status=421, text="another host was asked for"))
            if not self.admitted(request) and request.path != LOGIN and not request.path.startswith("/static/"):
                if request.path == "/":
                    return self.dressed(request, web.Response(status=302, headers={"Location": LOGIN}))
                return self.dressed(request, web.Response(status=401, text="a token is needed"))
            response: web.StreamResponse
            try:
                response = await handler(request)
            except web.HTTPException as error:
                self.dressed(request, error)
                raise
            except HydrometError as error:  # a damaged segment, a run that was moved away
                log.warning("%s", error)
                response = web.Response(status=503, text=f"{getattr(error, 'code', '')}: see the dashboard's messages")
            return self.dressed(request, response)

        return check

    def asked_for(self, request: web.Request) -> bool:
        """Whether the Host header names this machine; with a token also by the very address the request came to.

        A foreign name that was made to point here is what has to be kept out; a number is no name.
        """
        host = request.headers.get("Host", "").lower()
        if host in self.hosts:
            return True
        here = request.transport.get_extra_info("sockname") if request.transport and self.token else None
        return here is not None and host in hosts(str(here[0]).removeprefix("::ffff:"), int(here[1]))

    def dressed(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        """The response with what the browser is told about the page."""
        if response.prepared:
            return response
        host = request.headers.get("Host", "").lower()
        own = f"ws://{host} wss://{host}" if self.asked_for(request) else ""
        response.headers.update({
            "Content-Security-Policy": (
                f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {own}; "
                "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        })  # fmt: skip
        return response

    def same_origin(self, request: web.Request) -> bool:
        """Whether a WebSocket is opened by our own page: a browser always says where a page came from."""
        origin = request.headers.get("Origin", "").lower()
        return any(origin == f"{scheme}://{request.headers['Host'].lower()}" for scheme in ("http", "https"))

    def admitted(self, request: web.Request) -> bool:
        """Whether the visitor has shown the token, now or before."""
        if not self.token:
            return True
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and same(given, self.token):
            return True
        session = request.cookies.get(COOKIE, "")
        # All are compared, so that the time tells nothing.
        return sum(same(session, each) for each in self._sessions) > 0

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Token of a form -> cookie of a session."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return web.Response(status=403, text="from another page")
        given = str((await request.post()).get("token", ""))
        if not self.token or not same(given, self.token):
            await asyncio.sleep(_PAUSE)
            return web.Response(status=401, text="wrong token")
        session = secrets.token_urlsafe(32)
        self._sessions = [*self._sessions, session][-_SESSIONS:]
        response = web.Response(status=302, headers={"Location": "/"})
        response.set_cookie(COOKIE, session, httponly=True, samesite="Strict", path="/")
        return response


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def loopback(host: str) -> bool:
    """Whether an address is of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def hosts(host: str, port: int, names: tuple[str, ...] = ()) -> frozenset[str]:
    """What may stand in the Host header.

    Args:
        host: address that is listened on.
        port: likewise.
        names: by which visitors know the machine.
    """
    known = {*names, "127.0.0.1", "localhost", "[::1]"}
    if host not in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        known.add(f"[{host}]" if ":" in host else host)
    found = {f"{name.lower()}:{port}" for name in known}
    return frozenset(found | {name.lower() for name in known} if port in (80, 443) else found)
