"""The server of the page: a few fixed addresses, one WebSocket, nothing that changes anything."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from aiohttp import WSMsgType, web

from instruments.dashboard import guard
from instruments.dashboard.view import View, gap, notes
from instruments.dashboard.words import words
from instruments.status import name as status_name
from instruments.status import severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from instruments.store.history import Span

log = logging.getLogger("instruments.dashboard")
HOST, PORT = "127.0.0.1", 8050
STATIC = {
    "app.css": "text/css",
    "app.js": "text/javascript",
    "trends.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "uPlot.iife.min.js": "text/javascript",
    "uPlot.min.css": "text/css",
}
_TICK = 1.0
_VIEWERS, _LARGEST_MESSAGE = 20, 1024
_MOST_POINTS, _MOST_TAGS, _MOST_DRAWN = 4000, 200, 800_000
_CHUNK = 5000
_MILLI = 1_000_000
# A run's times lie between 2000 and 2200, ms since 1970.
_EARLIEST, _LATEST = 946_684_800_000, 7_258_118_400_000


class Dashboard:
    """The page of one run.

    Args:
        run: folder of the run.
        host: address to listen on; the loopback, unless there is a token.
        port: 0 takes a free one.
        token: what visitors have to know.
        names: host names by which visitors know this machine.

    Raises:
        StationError: E030, there is no run.
    """

    def __init__(
        self, run: Path, host: str = HOST, port: int = PORT, token: str = "", names: tuple[str, ...] = ()
    ) -> None:
        self._view = View(run)
        self._host, self.port, self._token, self._names = host, port, token, names
        # One thread reads the record: files are never read in the event loop, and the view is for one thread.
        self._reader = ThreadPoolExecutor(1, "dashboard-reader")
        self._viewers: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._last: dict[str, Any] = {}

    async def start(self) -> str:
        """Listen.

        Returns:
            the address of the page.

        Raises:
            OSError: the port is taken.
        """
        from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket

        listener = socket(AF_INET6 if ":" in self._host else AF_INET)
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self.port))
        except OSError:
            listener.close()
            raise
        self.port = int(listener.getsockname()[1])
        own = guard.Guard(guard.hosts(self._host, self.port, self._names), self._token)
        self._runner = web.AppRunner(self._application(own), access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        self._last = await self._read(self._view.poll)
        self._ticker = asyncio.create_task(self._tick())
        shown = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{shown}:{self.port}/"

    async def stop(self) -> None:
        """Close all connections."""
        if self._ticker:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        for viewer in list(self._viewers):
            await viewer.close()
        if self._runner:
            await self._runner.cleanup()
        self._reader.shutdown(wait=True, cancel_futures=True)

    def _application(self, own: guard.Guard) -> web.Application:
        application = web.Application(middlewares=[own.middleware()], client_max_size=_LARGEST_MESSAGE)
        application.router.add_get("/", _fixed("index.html", "text/html"))
        for file, kind in STATIC.items():
            application.router.add_get(f"/static/{file}", _fixed(file, kind))
        application.router.add_get(guard.LOGIN, _fixed("login.html", "text/html"))
        application.router.add_post(guard.LOGIN, own.login)
        application.router.add_get("/words", self._words)
        application.router.add_get("/tags", self._tags)
        application.router.add_get("/history", self._history)
        application.router.add_get("/csv", self._csv(own))
        application.router.add_get("/live", self._live(own))
        return application

    async def _read(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._reader, work, *arguments)

    async def _tick(self) -> None:
        """A message to every viewer each second; the record is read once for all of them."""
        while True:
            await asyncio.sleep(_TICK)
            try:
                self._last = await self._read(self._view.poll)
            except Exception:  # a piece that is just being sealed; the next look finds it
                log.exception("the run could not be read")
                continue
            text = _json(self._last)
            await asyncio.gather(*(self._send(viewer, text) for viewer in list(self._viewers)))

    async def _send(self, viewer: web.WebSocketResponse, text: str) -> None:
        try:
            await asyncio.wait_for(viewer.send_str(text), 5.0)
        except (ConnectionError, TimeoutError, RuntimeError):
            self._viewers.discard(viewer)

    def _live(self, own: guard.Guard) -> Callable[[web.Request], Any]:
        async def live(request: web.Request) -> web.StreamResponse:
            if not own.same_origin(request):
                return web.Response(status=403, text="from another page")
            if len(self._viewers) >= _VIEWERS:
                return web.Response(status=503, text="too many viewers")
            viewer = web.WebSocketResponse(heartbeat=20.0, max_msg_size=_LARGEST_MESSAGE)
            await viewer.prepare(request)
            await viewer.send_str(_json({**self._last, "points": {}, "notes": [], "gaps": []}))
            self._viewers.add(viewer)
            try:
                async for message in viewer:  # nothing a viewer says is listened to
                    if message.type is WSMsgType.ERROR:
                        break
            finally:
                self._viewers.discard(viewer)
            return viewer

        return live

    async def _words(self, request: web.Request) -> web.Response:
        language = request.query.get("lang", "en")
        return _answer(words("ja" if language == "ja" else "en"))

    async def _tags(self, _: web.Request) -> web.Response:
        return _answer({"title": self._view.title, "tags": await self._read(self._view.tags)})

    async def _history(self, request: web.Request) -> web.Response:
        tags, start, end = await self._span(request)
        points = max(2, min(_MOST_POINTS, _MOST_DRAWN // max(1, len(tags)), _number(request, "points", 600)))
        span: Span = await self._read(self._view.history.read, tags, start, end, points)
        lines = {str(tag): [line.times, line.values, line.quality] for tag, line in span.lines.items()}
        return _answer({"lines": lines, "gaps": [gap(row) for row in span.gaps], "notes": notes(span.events)})

    def _csv(self, own: guard.Guard) -> Callable[[web.Request], Any]:
        """The span that is on the screen, every reading of it, as text for a spreadsheet."""

        async def answer(request: web.Request) -> web.StreamResponse:
            tags, start, end = await self._span(request)
            span: Span = await self._read(self._view.history.read, tags, start, end)
            known = {int(tag["id"]): tag for tag in await self._read(self._view.tags)}
            response = web.StreamResponse()
            response.headers["Content-Type"] = "text/csv; charset=utf-8"
            response.headers["Content-Disposition"] = 'attachment; filename="trend.csv"'
            own.dressed(request, response)
            await response.prepare(request)
            await response.write("\ufefftag,unit,time,value,status,quality\r\n".encode())
            for tag, line in span.lines.items():
                about = known.get(tag, {})
                for first in range(0, len(line.times), _CHUNK):
                    part = slice(first, first + _CHUNK)
                    await response.write(_rows(about, line.times[part], line.values[part], line.status[part]))
            await response.write_eof()
            return response

        return answer

    async def _span(self, request: web.Request) -> tuple[list[int], int, int]:
        """Tags and times of a question; without tags it is about all of them, as many as there are.

        Raises:
            HTTPBadRequest: they are none.
        """
        start, end = _number(request, "start"), _number(request, "end")
        try:
            tags = [int(each) for each in request.query.get("tags", "").split(",") if each]
        except ValueError:
            raise web.HTTPBadRequest(text="tags: numbers with commas between") from None
        if not _EARLIEST <= start < end <= _LATEST or len(tags) > _MOST_TAGS:
            raise web.HTTPBadRequest(text="start and end in ms since 1970, at most 200 tags by number")
        tags = tags or [int(tag["id"]) for tag in await self._read(self._view.tags)]
        return tags, start * _MILLI, end * _MILLI


def _rows(about: dict[str, Any], times: list[float], values: list[float | None], status: list[int]) -> bytes:
    from instruments.store.export import safe  # brings pandas, which nothing else here needs

    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\r\n")
    stamps = np.datetime_as_string(np.array([round(t) for t in times], "datetime64[ms]")).tolist()
    head = (safe(str(about.get("name", ""))), safe(str(about.get("unit", ""))))
    for stamp, value, code in zip(stamps, values, status, strict=True):
        sheet.writerow((*head, f"{stamp}Z", "" if value is None else repr(value), status_name(code), severity(code)))
    return text.getvalue().encode()


def _number(request: web.Request, key: str, otherwise: int | None = None) -> int:
    given = request.query.get(key, "")
    if not given and otherwise is not None:
        return otherwise
    try:
        return int(given)
    except ValueError:
        raise web.HTTPBadRequest(text=f"{key}: a whole number") from None


def _json(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _answer(found: Any) -> web.Response:
    return web.Response(text=_json(found), content_type="application/json")


def _fixed(file: str, kind: str) -> Callable[[web.Request], Any]:
    async def answer(_: web.Request) -> web.Response:
        return await _file(file, kind)

    return answer


async def _file(file: str, kind: str) -> web.Response:
    content = (resources.files("instruments.dashboard") / "static" / file).read_bytes()
    return web.Response(body=content, content_type=kind, charset="utf-8")
