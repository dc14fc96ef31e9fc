"""Simulated instruments behind real sockets and serial lines: TCP and pseudo-terminals, on this machine only.

Each server is a context manager with a ``resource``, the VISA name under which the logger finds it::

    with TcpServer(Balance({"weight": Sensor("belt")}, state), (Fault("late", nth=3),)) as server:
        print(server.resource)  # TCPIP::127.0.0.1::40123::SOCKET
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import sys
import tempfile
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread, Timer
from time import sleep
from typing import TYPE_CHECKING, Self

from instruments.simulated.faults import Fault, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from instruments.simulated.instruments import Instrument

    # What goes out, and whether that is all of it.
    Send = Callable[[bytes, bool], None]

HOST = "127.0.0.1"
_TICK = 0.2


class Server(ABC):
    """Base of the servers: faults, threads, beginning and end.

    Args:
        instrument: what answers.
        faults: what goes wrong, and when.
        seed: of the random bytes.
    """

    def __init__(self, instrument: Instrument, faults: Sequence[Fault] = (), seed: int = 1) -> None:
        self.instrument = instrument
        self.schedule = Schedule(tuple(faults))
        self.resource = ""
        self._random = random.Random(seed)  # noqa: S311  # noise on a line
        self._stop = Event()
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> None:
        """Begin to listen; ``resource`` is known afterwards."""

    def stop(self) -> None:
        """Close everything; returns when all threads have ended, or after two seconds."""
        self._stop.set()
        for thread in self._threads:
            thread.join(2.0)

    def respond(self, question: str, send: Send) -> str:
        """Answer a question, with its fault if it has one.

        Returns:
            ``disconnect`` or ``reboot`` if the line is to be closed, else nothing.
        """
        instrument = self.instrument
        instrument.received.append(question)
        fault = self.schedule.next(question, instrument.clock.now())
        kind = fault.kind if fault else ""
        if fault is None or kind in ("comma", "overload", "error", "refuse"):
            self._answer(question, fault, send)
        elif kind in ("disconnect", "reboot"):
            return kind
        elif kind != "silent":
            text = instrument.answer(question)
            if text is not None:
                self._spoil(fault, question, self._framed(text), send)
        return ""

    def _answer(self, question: str, fault: Fault | None, send: Send) -> None:
        """Faults that the instrument itself has."""
        instrument = self.instrument
        kind = fault.kind if fault else ""
        instrument.overloaded = kind == "overload"
        if fault and kind == "error":
            instrument.errors.append(fault.text or '-221,"Settings conflict"')
        text = instrument.refusal if kind == "refuse" else instrument.answer(question)
        instrument.overloaded = False
        if text:
            send(self._framed(text.replace(".", ",") if kind == "comma" else text), True)

    def _framed(self, text: str) -> bytes:
        end = b"" if text in self.instrument.bare else self.instrument.end
        return text.encode("ascii") + end

    def _spoil(self, fault: Fault, question: str, answer: bytes, send: Send) -> None:
        """Faults of the line."""
        end = self.instrument.end
        body = answer.removesuffix(end)
        noise = bytes(self._random.choice(range(128, 256)) for _ in range(7))
        if fault.kind == "late":
            self._stop.wait(fault.seconds)
        elif fault.kind == "split":
            for byte in answer[:-1]:
                send(bytes([byte]), False)
                self._stop.wait(fault.seconds / len(answer))
            answer = answer[-1:]
        elif fault.kind == "doubled":
            self._later(fault.seconds, answer, send)
        elif fault.kind == "flood":
            for _ in range(fault.count):
                self._later(fault.seconds, self._framed(self.instrument.unasked()), send)
        if fault.kind == "truncated":
            send(body[: len(body) // 2], False)
            return
        spoilt = {
            "cut": body[: len(body) // 2] + end,
            "garbage": noise + end,
            "noise": noise + answer,
            "echo": question.encode("ascii") + end + answer,
            "terminator": body + (fault.text.encode("ascii") or b"\r"),
        }
        send(spoilt.get(fault.kind, answer), True)

    def _later(self, seconds: float, content: bytes, send: Send) -> None:
        timer = Timer(seconds, lambda: send(content, True))
        timer.daemon = True
        timer.start()
        self._threads.append(timer)

    def _run(self, work: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = Thread(target=work, daemon=True)
        thread.start()
        self._threads.append(thread)


class Lines:
    """Questions out of a stream of bytes: each ends in CR, LF or both."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The questions that are complete now."""
        *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        return [line.decode("ascii", "replace") for line in lines if line]


class TcpServer(Server):
    """An instrument behind a socket of 127.0.0.1.

    Args:
        instrument, faults, seed: see ``Server``.
        port: 0 for a free one.
        gateway: a serial line behind a terminal server: one question after the other, whoever asked, and the answers go
            to whoever is connected by then; an old answer reaches a new connection.
    """

    def __init__(
        self,
        instrument: Instrument,
        faults: Sequence[Fault] = (),
        seed: int = 1,
        port: int = 0,
        *,
        gateway: bool = False,
    ) -> None:
        super().__init__(instrument, faults, seed)
        self.port = port
        self._gateway = gateway
        self._line = Lock()
        self._listener: socket.socket | None = None
        self._clients: list[socket.socket] = []

    def start(self) -> None:
        """Listen."""
        self._listen()
        self.resource = f"TCPIP::{HOST}::{self.port}::SOCKET"
        self._run(self._accept)

    def stop(self) -> None:
        """Close the listener and all connections."""
        self._stop.set()
        self.cut(listener=True)
        super().stop()

    def cut(self, *, listener: bool = False) -> None:
        """Close all connections, as a pulled plug would look to the other side; with ``listener`` refuse new ones."""
        if listener and self._listener:
            self._listener.close()
            self._listener = None
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            client.close()
        self._clients.clear()

    def reboot(self, seconds: float) -> None:
        """Be gone for a while."""
        self.cut(listener=True)
        self.instrument.restart()
        if not self._stop.wait(seconds):
            self._listen()

    def _listen(self) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self.port))
        listener.listen(8)
        listener.settimeout(_TICK)
        self.port = listener.getsockname()[1]
        self._listener = listener

    def _accept(self) -> None:
        while not self._stop.is_set():
            listener = self._listener
            if listener is None:
                self._stop.wait(0.02)
                continue
            try:
                client, _ = listener.accept()
            except OSError:
                self._stop.wait(0.01)
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._clients.append(client)
            self._run(partial(self._serve_one, client))

    def _serve_one(self, client: socket.socket) -> None:
        self.serve(client)
        client.close()
        with contextlib.suppress(ValueError):
            self._clients.remove(client)

    def serve(self, client: socket.socket) -> None:
        """One connection, until it ends."""
        lines = Lines()

        def send(content: bytes, _: bool) -> None:
            with contextlib.suppress(OSError, IndexError):
                (self._clients[-1] if self._gateway else client).sendall(content)

        with contextlib.suppress(OSError):
            while data := client.recv(4096):
                for question in lines.feed(data):
                    with self._line if self._gateway else contextlib.nullcontext():
                        end = self.respond(question, send)
                    if end:
                        client.close()
                        if end == "reboot":
                            self.reboot(self._reboot_seconds())
                        return

    def _reboot_seconds(self) -> float:
        return max((fault.seconds for fault in self.schedule.faults if fault.kind == "reboot"), default=1.0)


class PtyServer(Server):
    """An instrument behind a pseudo-terminal; POSIX only.

    ``resource`` names a link to the terminal, as /dev/serial/by-id does: a disconnect removes the terminal, a second
    later the link leads to a new one.
    """

    def __init__(self, instrument: Instrument, faults: Sequence[Fault] = (), seed: int = 1) -> None:
        super().__init__(instrument, faults, seed)
        self._folder = tempfile.TemporaryDirectory(prefix="hydromet-pty-")
        self.link = Path(self._folder.name) / "instrument"
        self._master = self._slave = -1

    def start(self) -> None:
        """Make the terminal.

        Raises:
            OSError: this system has no pseudo-terminals.
        """
        if sys.platform == "win32":
            message = "no pseudo-terminals on Windows"
            raise OSError(message)
        self._plug()
        self.resource = f"ASRL{self.link}::INSTR"
        self._run(self._serve)

    def stop(self) -> None:
        """Remove the terminal."""
        super().stop()
        self._unplug()
        self._folder.cleanup()

    def _plug(self) -> None:
        import tty

        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._slave))

    def _unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        for end in (self._slave, self._master):
            with contextlib.suppress(OSError):
                os.close(end)
        self._master = self._slave = -1

    def _serve(self) -> None:
        lines = Lines()
        while not self._stop.is_set():
            try:
                data = os.read(self._master, 4096)
            except BlockingIOError:
                sleep(0.002)
                continue
            except OSError:
                return
            for question in lines.feed(data):
                if self.respond(question, self._send):
                    self._unplug()
                    self.instrument.restart()
                    self._stop.wait(1.0)
                    self._plug()
                    break

    def _send(self, content: bytes, _: bool) -> None:
        with contextlib.suppress(OSError):
            os.write(self._master, content)
