"""Instruments that are not ours: scripted, byte by byte, on a bare socket, with the manners of real ones."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
from itertools import count
from typing import TYPE_CHECKING, Any, Self

import pytest

from hydromet.source import load_text
from instruments.station import check
from instruments.status import Status, bad
from tests.instruments.visa.harness import Running

if TYPE_CHECKING:
    from collections.abc import Callable

    # question, its number -> bytes that go out as they are; None closes the connection
    Script = Callable[[str, int], bytes | None]


class Scripted:
    """A socket that answers as its script says; one client at a time."""

    def __init__(self, script: Script, end: bytes = b"\n") -> None:
        self._script, self._end = script, end
        self._numbers = count(1)
        self.heard: list[str] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.resource = f"TCPIP::127.0.0.1::{self._listener.getsockname()[1]}::SOCKET"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        rest = b""
        while data := client.recv(4096):
            *lines, rest = (rest + data).split(self._end)
            for line in lines:
                question = line.strip().decode("latin-1")
                self.heard.append(question)
                answer = self._script(question, next(self._numbers))
                if answer is None:
                    return
                client.sendall(answer)


def station(resource: str, driver: str, options: str, tags: dict[str, tuple[str, str]], timeout: float = 0.3) -> Any:
    lines = "".join(f'  {name}: {{source: unit, channel: "{c}", unit: "{u}"}}\n' for name, (c, u) in tags.items())
    return check(load_text(
        f"station: 1\nname: odd\nvisa:\n  unit:\n    resource: {resource}\n    driver: {driver}\n"
        f"    options: {options}\n    timeout: {timeout} s\n    interval: 0.02 s\ntags:\n{lines}", "station.yaml",
    ))  # fmt: skip


def scpi(values: Callable[[str, int], bytes | None]) -> Script:
    def script(question: str, number: int) -> bytes | None:
        if question == "*IDN?":
            return b"Rigol Technologies,DP832,DP8C1,00.01.16\n"
        return b'0,"No error"\n' if question == "SYST:ERR?" else values(question, number)

    return script


def recorded(script: Script, driver: str, options: str, tags: dict[str, tuple[str, str]], readings: int = 12) -> Any:
    """What comes of so many readings of each tag, good or bad: (value, status, unit) by tag."""
    with Scripted(script) as server, Running(station(server.resource, driver, options, tags)) as running:
        running.until(lambda: len(running.sink.readings) >= readings * len(tags), 30.0)
    names = {number: name for name, number in running.tags.items()}
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in tags}
    for reading in running.sink.readings:
        assert bad(reading.status) == math.isnan(reading.value)
        found[names[reading.tag]].append((reading.value, reading.status))
    return found


ONE = '{queries: {v: "READ:V?"}}'
# What a meter may send that is no number, and must never be booked as one.
NO_NUMBERS = {
    "overload": (b"+9.9E37\n", Status.BadOutOfRange),
    "negative overload": (b"-9.90000000E+37\n", Status.BadOutOfRange),
    "not a number": (b"+9.91E37\n", Status.BadDataUnavailable),
    "the word": (b"NaN\n", Status.BadDecodingError),
    "infinity": (b"INF\n", Status.BadDecodingError),
    "Latin-1": (b"25.3 \xb0C\n", Status.BadDecodingError),
    "UTF-8": ("25.3 °C\n".encode(), Status.BadDecodingError),
    "UTF-16": ("25.3\n".encode("utf-16"), Status.BadDecodingError),
    "unit behind it": (b"25.3 V\n", Status.BadDecodingError),
    "two of them": (b"25.3,26.1\n", Status.BadDecodingError),
    "two in one": (b"25.3\n26.1\n", Status.BadDecodingError),
    "two, and the terminator alone": (b"25.3\r\n\r\n26.1\r\n", Status.BadDecodingError),
    "thousands": (b"1,234.5\n", Status.BadDecodingError),
    "comma": (b"25,3\n", Status.BadDecodingError),
    "hexadecimal": (b"#H1F\n", Status.BadDecodingError),
    "block": (b"#14ABCD\n", Status.BadDecodingError),
    "wrong terminator": (b"25.3\r", Status.BadTimeout),
    "no terminator": (b"25.3", Status.BadTimeout),
    "empty lines": (b"\n\r\n\n", Status.BadTimeout),
    "zeros": (b"\0\0\0\0\n", Status.BadDecodingError),
    "half a line, then gone": (None, Status.BadNoCommunication),
    "digits beyond Unicode": ("２５.3\n".encode(), Status.BadDecodingError),
    "escape": (b"\x1b[31m25.3\n", Status.BadDecodingError),
    "question and number on a line": (b"READ:V? 25.3\n", Status.BadDecodingError),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_is_no_number_is_bad_with_its_reason(name: str) -> None:
    answer, status = NO_NUMBERS[name]
    found = recorded(scpi(lambda *_: answer), "generic_scpi", ONE, {"v": ("v", "V")}, 3)["v"]
    assert {each for _, each in found} == {status}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_it_recovers_within_ten_seconds(name: str) -> None:
    """The same for two seconds' worth of questions, then as it should be."""
    answer, _ = NO_NUMBERS[name]
    asked = count(1)

    def values(*_: object) -> bytes | None:
        n = next(asked)
        return answer if 10 <= n < 14 else f"{n}.5\n".encode()

    with (
        Scripted(scpi(values)) as server,
        Running(station(server.resource, "generic_scpi", ONE, {"v": ("v", "V")})) as running,
    ):
        running.until(lambda: any(bad(reading.status) for reading in running.sink.readings), 20.0)
        before = len(running.sink.good)
        running.until(lambda: len(running.sink.good) > before, 10.0)
        running.more(3, 10.0)
    good = [reading.value for reading in running.sink.good]
    assert good == sorted(set(good)), "each once, and in order"
    assert not set(good) & {25.3, 26.1}


def test_a_balance_that_changes_its_unit() -> None:
    """Grams, then kilograms, then pounds, which the driver does not know: never 1.5 g for 1.5 kg."""
    weights = iter([b"S S     100.00 g"] * 4 + [b"S S       1.50 kg"] * 4 + [b"S S       3.31 lb"] * 1000)

    def script(question: str, _: int) -> bytes:
        return next(weights) + b"\r\n" if question == "SI" else b'I4 A "123"\r\n' if question == "I4" else b"ES\r\n"

    found = recorded(script, "mt_sics", "{}", {"w": ("weight", "kg")})["w"]
    values = [value for value, status in found if not bad(status)]
    assert set(values) <= {0.1, 1.5}
    assert {0.1, 1.5} <= set(values)
    assert {status for _, status in found if bad(status)} == {Status.BadConfigurationError}


@pytest.mark.parametrize("echo", [b"\r\n", b"\n", b"\r\r\n"])
def test_a_line_that_echoes(echo: bytes) -> None:
    asked = count(1)

    def script(question: str, _: int) -> bytes:
        answer = {"IN_NAME": b"IKA"}.get(question) or f"{next(asked)}.5 2".encode()
        return question.encode() + echo + answer + b"\r\n"

    options = "{queries: {t: IN_PV_2}, patterns: {t: '(?P<t>[0-9.]+) 2'}, check: {command: IN_NAME, reply: 'IKA.*'}}"
    values = [value for value, status in recorded(script, "generic_line", options, {"t": ("t", "degC")})["t"]]
    assert values == sorted(values)
    assert all(value % 1.0 == 0.5 for value in values)


def test_a_decimal_comma_is_read_only_where_it_is_declared() -> None:
    def script(question: str, number: int) -> bytes:
        return b"IKA C-MAG\r\n" if question == "IN_NAME" else f"{number},25\r\n".encode()

    options = "queries: {t: IN_PV_2}, check: {command: IN_NAME, reply: 'IKA.*'}"
    good = recorded(script, "generic_line", f"{{{options}, decimal: comma}}", {"t": ("t", "degC")})
    assert all(value % 1.0 == 0.25 for value, status in good["t"] if not bad(status))
    assert any(not bad(status) for _, status in good["t"])
    other = recorded(script, "generic_line", f"{{{options}}}", {"t": ("t", "degC")}, 3)
    assert all(bad(status) for _, status in other["t"])


def test_an_instrument_that_greets_and_closes_now_and_then() -> None:
    """A terminal server that ends idle connections after every seventh answer."""
    asked = count(1)

    def values(*_: object) -> bytes | None:
        n = next(asked)
        return None if n % 7 == 0 else f"{n}.5\n".encode()

    found = recorded(scpi(values), "generic_scpi", ONE, {"v": ("v", "V")}, 30)["v"]
    good = [value for value, status in found if not bad(status)]
    assert good == sorted(set(good))
    assert len(good) > 15
    assert not any((value - 0.5) % 7 == 0 for value in good)
