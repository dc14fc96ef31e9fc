"""The one door to pyvisa. It opens, closes, sends a question of its list and reads a line; nothing else leaves here.

What pyvisa-py 0.8.1 does, as measured, and what is done about it:

* a socket that the peer closed times out for ever and keeps a core busy meanwhile: a byte, or the end of the stream, is
  waited for here before pyvisa-py is asked to read;
* ``clear`` of a closed socket never returns: sockets are emptied byte by byte, in bounded time;
* a timeout throws away the half of the line that had come: a timeout always ends in a new beginning (``session``);
* bytes that trickle in without an end hold up a read for as long as they come: at most 64 are asked for at once;
* a HiSLIP session that cannot be made leaves its sockets open: they are closed here;
* all resources share one manager, and closing it closes them all: each link has a manager of its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
from dataclasses import dataclass
from time import monotonic
from typing import Any

from hydromet.errors import DeviceError

_CHUNK = 64
_LONGEST = 1 << 16
_MOST_STRAY = 4096
# Time-out of a write, ms.
_WRITE = 2000.0
_STREAM = re.compile(r"(TCPIP\d*::.*::SOCKET|ASRL.*)\Z", re.IGNORECASE)
_SERIAL = re.compile(r"ASRL(?P<port>.*?)(?:::INSTR)?\Z", re.IGNORECASE)
_PURE_PYTHON = re.compile(r"(TCPIP\d*::.*::SOCKET|TCPIP\d*::.*::hislip.*|ASRL.*)\Z", re.IGNORECASE)


def no_resource(name: str) -> str:
    """Why a resource name is none, in words; empty if it is one.

    Raises:
        ImportError: pyvisa is not installed.
    """
    from pyvisa.rname import InvalidResourceName, ResourceName

    try:
        ResourceName.from_string(name)
    except InvalidResourceName as error:
        return " ".join(str(error).split())
    port = name.split("::")[-2] if name.upper().endswith("::SOCKET") else "1"
    return "" if port.isdigit() and 0 < int(port) < 1 << 16 else f"{port} is no port"


class LinkError(Exception):
    """The way to the instrument failed; the text says how."""

    def __init__(self, *, text: str) -> None:
        super().__init__(text)


class SilentError(LinkError):
    """No answer in time."""


class LostError(LinkError):
    """The connection is gone, was refused, or the port was unplugged."""


class FloodError(LinkError):
    """The instrument keeps talking without being asked."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """How to reach an instrument.

    Attributes:
        resource: VISA resource name.
        read_end, write_end: ends of an answer and of a question.
        bare: characters that are an answer alone, without an end.
        baud_rate, data_bits, parity, stop_bits: of a serial line.
    """

    resource: str
    read_end: bytes = b"\n"
    write_end: bytes = b"\n"
    bare: bytes = b""
    baud_rate: int = 9600
    data_bits: int = 8
    parity: str = "none"
    stop_bits: int = 1

    @property
    def serial(self) -> bool:
        """Whether it is a serial line."""
        return self.resource.upper().startswith("ASRL")

    @property
    def stream(self) -> bool:
        """Whether bytes come without frames (socket, serial), so that old ones can lie in wait."""
        return bool(_STREAM.match(self.resource))


class Link:
    """A connection to one instrument, for one thread.

    Args:
        name: of the instrument, for its own resource manager.
        line: how to reach it.
        commands: everything that may be sent, without its end.
    """

    def __init__(self, name: str, line: Line, commands: frozenset[bytes]) -> None:
        self.line = line
        self._name = name
        self._commands = commands
        self._manager: Any = None
        self._resource: Any = None

    @property
    def opened(self) -> bool:
        """Whether it is open."""
        return self._resource is not None

    def open(self, seconds: float) -> None:
        """Open the resource.

        Raises:
            LostError: in words.
        """
        import pyvisa

        self.close()
        try:
            self._manager = pyvisa.ResourceManager(self._library())
            self._resource = self._manager.open_resource(self._resource_name(), open_timeout=int(seconds * 1000))
            self._configure()
        except Exception as error:  # pyvisa-py raises OSError, VisaIOError, ValueError and plain Exception alike
            _close_sockets(error)
            self.close()
            raise LostError(text=_words(error)) from None

    def close(self) -> None:
        """Close resource and manager; whatever they say."""
        for each in (self._resource, self._manager if self._own_manager else None):
            if each is not None:
                with contextlib.suppress(Exception):
                    each.close()
        self._resource = self._manager = None

    def send(self, command: str) -> None:
        """Send a question.

        Raises:
            LostError: the connection is gone.
            DeviceError: E083, it is not on the list: a mistake of ours, and nothing was sent.
        """
        content = command.encode("ascii")
        if content not in self._commands:
            raise DeviceError(
                "E083", read=command, expected="a question of the driver", write=min(self._commands).decode()
            )
        self._still_there()
        try:
            self._resource.timeout = _WRITE  # of a serial line, the time-out of the last read holds for writing, too
            self._resource.write_raw(content + self.line.write_end)
        except Exception as error:
            raise LostError(text=_words(error)) from None

    def answer(self, seconds: float) -> bytes:
        """The next line that is not empty, without its end.

        Raises:
            SilentError: none in time.
            LostError: the connection is gone.
        """
        deadline = monotonic() + seconds
        got = bytearray()
        while True:
            left = deadline - monotonic()
            if left <= 0.0 or len(got) > _LONGEST:
                raise SilentError(
                    text=f"no end of line after {len(got)} bytes: {bytes(got[:40])!r}" if got else "no answer"
                )
            data, complete = self._read(self._count(len(got)), left)
            got += data
            if len(got) == 1 and self.line.stream and got in self.line.bare:
                return bytes(got)
            if complete:
                text = bytes(got).removesuffix(self.line.read_end).strip(b"\r\n")
                if text:
                    return text
                got.clear()

    def stray(self, quiet: float, longest: float = 2.0) -> bytes:
        """What came without being asked for; returns when the line was quiet for so many seconds.

        Raises:
            FloodError: it did not get quiet.
            LostError: the connection is gone.
        """
        if not self.line.stream:
            return b""
        self._still_there()
        deadline = monotonic() + longest
        got = bytearray()
        while True:
            try:
                got += self._read(1, quiet)[0]
            except SilentError:
                return bytes(got)
            if monotonic() > deadline or len(got) > _MOST_STRAY:
                raise FloodError(text=f"it sends without being asked: {bytes(got[:40])!r}")

    def clear(self) -> None:
        """Device clear, where there is such a thing: HiSLIP, USB, GPIB, VXI-11. It changes no setting."""
        if self._resource is not None and not self.line.stream:
            with contextlib.suppress(Exception):
                self._resource.clear()

    def _count(self, got: int) -> int:
        """How many bytes to ask for: little of a stream, where what trickles in holds up the read."""
        if not self.line.stream:
            return _LONGEST
        return 1 if self.line.bare and not got else _CHUNK

    def _read(self, count: int, seconds: float) -> tuple[bytes, bool]:
        from pyvisa.constants import StatusCode
        from pyvisa.errors import VisaIOError

        came = self._wait(seconds)
        try:
            self._resource.timeout = max(1.0, seconds * 1000.0)
            with self._resource.ignore_warning(StatusCode.success_max_count_read):
                data, status = self._resource.visalib.read(self._resource.session, count)
        except VisaIOError as error:
            if error.error_code == StatusCode.error_timeout:
                half = "an answer without its end (look at read_termination)"
                raise SilentError(text=half if came else "no answer") from None
            raise LostError(text=_words(error)) from None
        except Exception as error:
            raise LostError(text=_words(error)) from None
        return bytes(data), status != StatusCode.success_max_count_read

    def _configure(self) -> None:
        from pyvisa import constants

        resource, line = self._resource, self.line
        if line.stream:
            resource.read_termination = line.read_end[-1:].decode("latin-1") or None
        if line.serial:
            resource.baud_rate, resource.data_bits = line.baud_rate, line.data_bits
            resource.parity = constants.Parity[line.parity]
            resource.stop_bits = constants.StopBits.two if line.stop_bits == 2 else constants.StopBits.one

    def _still_there(self) -> None:
        """A closed socket is told from a quiet one."""
        if self._resource is None:
            raise LostError(text="not open")
        self._wait(None)

    def _wait(self, seconds: float | None) -> bool:
        """Wait for a byte of a socket; none need come if nothing is to be waited for. Whether one is there.

        Raises:
            SilentError: none came.
            LostError: the end of the stream came.
        """
        session: Any = getattr(self._resource.visalib, "sessions", {}).get(self._resource.session)
        plug = getattr(session, "interface", None)
        if not isinstance(plug, socket.socket) or bool(getattr(session, "_pending_buffer", False)):
            return False
        try:
            ready = bool(select.select([plug], [], [], seconds or 0.0)[0])
            if ready and plug.recv(1, socket.MSG_PEEK) == b"":
                raise LostError(text="the instrument closed the connection")
        except (OSError, ValueError) as error:
            raise LostError(text=_words(error)) from None
        if seconds is not None and not ready:
            raise SilentError(text="no answer")
        return ready

    @property
    def _own_manager(self) -> bool:
        return bool(_PURE_PYTHON.match(self.line.resource)) and not os.environ.get("PYVISA_LIBRARY")

    def _library(self) -> str:
        """pyvisa-py under a name of its own for what it does well, else the VISA library that is installed."""
        return f"{self._name}@py" if self._own_manager else ""

    def _resource_name(self) -> str:
        """The name with the port behind a link such as ``/dev/serial/by-id/...``, looked up anew each time."""
        match = _SERIAL.match(self.line.resource)
        if not match or not match["port"].startswith("/"):
            return self.line.resource
        return f"ASRL{os.path.realpath(match['port'])}::INSTR"


def _close_sockets(error: BaseException | None) -> None:
    """Close what pyvisa-py leaves open when a HiSLIP session cannot be made, or weeks of trying use up all sockets."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            for found in vars(trace.tb_frame.f_locals.get("self", object)).values():
                if isinstance(found, socket.socket):
                    found.close()
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:200] if text else type(error).__name__
