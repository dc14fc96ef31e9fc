"""A headless Chromium, driven over its debugging protocol with what the dashboard needs anyway (aiohttp)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def program() -> str | None:
    """The browser's program; ``HYDROMET_CHROMIUM`` names another."""
    named = os.environ.get("HYDROMET_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.messages: list[str] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            found = await self._socket.receive_json(timeout=30)
            if found.get("id") == number:
                assert "error" not in found, found
                return found["result"]
            self._listen(found)

    def _listen(self, event: dict[str, Any]) -> None:
        """Errors of the page: exceptions, refusals of the content security policy, failed requests."""
        if event.get("method") == "Runtime.exceptionThrown":
            self.messages.append(str(event["params"]["exceptionDetails"]))
        elif event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.messages.append(event["params"]["entry"]["text"])

    async def go(self, address: str) -> None:
        for part in ("Page", "Runtime", "Log"):
            await self.call(f"{part}.enable")
        await self.call("Page.navigate", url=address)

    async def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript."""
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, expression: str, seconds: float = 20.0) -> Any:
        """Wait until an expression is true."""
        end = monotonic() + seconds
        while True:
            found = await self.ask(expression)
            if found:
                return found
            assert monotonic() < end, f"{expression}: {found!r}; {self.messages}"
            await asyncio.sleep(0.1)

    async def picture(self, path: Path) -> bytes:
        """A screenshot, kept at ``path``."""
        found = await self.call("Page.captureScreenshot", format="png")
        content = base64.b64decode(found["data"])
        path.write_bytes(content)
        return content


@contextlib.asynccontextmanager
async def browser(width: int = 1500, height: int = 1400) -> Any:
    """A browser with one tab."""
    found = program()
    assert found
    with tempfile.TemporaryDirectory(prefix="hydromet-chromium-", ignore_cleanup_errors=True) as folder:
        arguments = [
            found, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
            "--no-first-run", "--disable-extensions", "--disable-background-networking", "--remote-debugging-port=0",
            f"--user-data-dir={folder}", f"--window-size={width},{height}", "about:blank",
        ]  # fmt: skip
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = await _port(Path(folder) / "DevToolsActivePort", process)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                    tab = next(one for one in await answer.json() if one["type"] == "page")
                async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Page(socket)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    end = monotonic() + 60
    while monotonic() < end:
        assert process.poll() is None, "the browser ended at once"
        if file.exists() and (text := file.read_text().split()):
            return int(text[0])
        await asyncio.sleep(0.05)
    raise AssertionError("the browser did not start")
