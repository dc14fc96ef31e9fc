"""A TCP proxy that breaks in the ways networks break; in a thread of its own, on 127.0.0.1 only."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator  # noqa: TC003
from typing import Self

HOST = "127.0.0.1"


class Proxy:
    """Forwards a free port to another; ``cut`` refuses and resets, ``hole`` swallows, ``freeze`` holds back."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.mode = "open"
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._go = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"opc.tcp://{HOST}:{self.port}/"

    def set(self, mode: str) -> None:
        """``open``, ``cut``, ``hole`` or ``freeze``."""
        done = threading.Event()

        def change() -> None:
            self.mode = mode
            if mode == "cut" or (mode == "open" and self._holed):
                # What went into a hole never comes back: those connections are dead on both sides.
                for writer in list(self._writers):
                    writer.transport.abort()
            self._holed = mode == "hole"
            if mode == "freeze":
                self._go.clear()
            else:
                self._go.set()
            done.set()

        self._loop.call_soon_threadsafe(change)
        assert done.wait(10)

    _holed = False

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._go.set()
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, HOST, 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "cut":
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._copy(reader, back), self._copy(there, writer))
        finally:
            for one in (writer, back):
                self._writers.discard(one)
                one.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._go.wait()
                if self.mode == "hole":
                    continue
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


def proxied(target: int) -> Iterator[Proxy]:
    with Proxy(target) as proxy:
        yield proxy
