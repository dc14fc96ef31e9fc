"""A small HiSLIP server (IVI-6.1, version 1.0): enough for a client of the synchronous mode, on 127.0.0.1.

Two connections make a session: questions and answers on one, device clear, status and message size on the other. An
answer carries the number of its question; a device clear empties both.
"""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING

from instruments.simulated.serve import HOST, TcpServer

if TYPE_CHECKING:
    import socket

    from instruments.simulated.serve import Send

_HEADER = struct.Struct("!2sBBIQ")
_VERSION = 0x0100
_LARGEST = 1 << 20
# Numbers of the messages in table 4 of IVI-6.1.
_INITIALIZE, _INITIALIZE_RESPONSE = 0, 1
_DATA, _DATA_END = 6, 7
_DEVICE_CLEAR_COMPLETE, _DEVICE_CLEAR_ACKNOWLEDGE = 8, 9
_MAX_SIZE, _MAX_SIZE_RESPONSE = 15, 16
_ASYNC_INITIALIZE, _ASYNC_INITIALIZE_RESPONSE = 17, 18
_ASYNC_DEVICE_CLEAR, _ASYNC_DEVICE_CLEAR_ACKNOWLEDGE = 19, 23
_STATUS_QUERY, _STATUS_RESPONSE = 21, 22


class HislipServer(TcpServer):
    """An instrument behind HiSLIP; arguments as of ``TcpServer``."""

    def start(self) -> None:
        """Listen."""
        super().start()
        self.resource = f"TCPIP::{HOST}::hislip0,{self.port}::INSTR"
        self._sessions = 0
        self.cleared = 0

    def serve(self, client: socket.socket) -> None:
        """One of the two connections of a session, until it ends."""
        question = b""
        with contextlib.suppress(OSError, struct.error):
            while True:
                prologue, kind, control, number, length = _HEADER.unpack(_exactly(client, _HEADER.size))
                content = _exactly(client, length)
                if prologue != b"HS":
                    return
                if kind == _DATA:
                    question += content
                elif kind == _DATA_END:
                    text, question = (question + content).strip(b"\r\n").decode("ascii", "replace"), b""
                    if self._ask(client, text, number):
                        return
                else:
                    self._manage(client, kind, control)

    def _ask(self, client: socket.socket, text: str, number: int) -> bool:
        """Answer a question; whether the connection was closed over it."""

        def send(content: bytes, complete: bool) -> None:
            with contextlib.suppress(OSError):
                _send(client, _DATA_END if complete else _DATA, 0, number, content)

        answer: Send = send
        end = self.respond(text, answer)
        if end == "reboot":
            self.reboot(self._reboot_seconds())
        elif end:
            self.cut()
        return bool(end)

    def _manage(self, client: socket.socket, kind: int, control: int) -> None:
        """Everything that is neither question nor answer."""
        if kind == _INITIALIZE:
            self._sessions += 1
            _send(client, _INITIALIZE_RESPONSE, 0, _VERSION << 16 | self._sessions & 0xFFFF)
        elif kind == _ASYNC_INITIALIZE:
            _send(client, _ASYNC_INITIALIZE_RESPONSE, 0, 0)
        elif kind == _MAX_SIZE:
            _send(client, _MAX_SIZE_RESPONSE, 0, 0, struct.pack("!Q", _LARGEST))
        elif kind == _ASYNC_DEVICE_CLEAR:
            self.cleared += 1
            _send(client, _ASYNC_DEVICE_CLEAR_ACKNOWLEDGE, 0, 0)
        elif kind == _DEVICE_CLEAR_COMPLETE:
            _send(client, _DEVICE_CLEAR_ACKNOWLEDGE, control, 0)
        elif kind == _STATUS_QUERY:
            _send(client, _STATUS_RESPONSE, 0, 0)


def _send(client: socket.socket, kind: int, control: int, parameter: int, content: bytes = b"") -> None:
    client.sendall(_HEADER.pack(b"HS", kind, control, parameter, len(content)) + content)


def _exactly(client: socket.socket, count: int) -> bytes:
    """So many bytes.

    Raises:
        OSError: the connection ended.
    """
    got = b""
    while len(got) < count:
        part = client.recv(min(count - len(got), 65536))
        if not part:
            raise ConnectionError
        got += part
    return got
