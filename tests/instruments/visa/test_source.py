"""An instrument as a source: gaps, events, how it stands, check, a full buffer, lines that come by themselves."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hydromet.errors import DeviceError, UserError
from hydromet.source import load_text
from instruments.base import Cause, Link, now_ns
from instruments.registry import make
from instruments.simulated.faults import Fault
from instruments.simulated.hislip import HislipServer
from instruments.simulated.instruments import KINDS, Balance, Generic
from instruments.simulated.sensors import Sensor, normal
from instruments.simulated.serve import PtyServer, TcpServer
from instruments.station import check
from instruments.status import Status
from tests.instruments.visa.harness import Running, assert_true, counting, station

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")


def test_who_it_is_and_how_it_stands() -> None:
    server = TcpServer(counting("daq970a"))
    with server, Running(station("daq970a", server.resource)) as running:
        running.more()
    sink = running.sink
    assert [link for link, _ in sink.links] == [Link.starting, Link.connected, Link.stopped]
    (connected,) = [event for event in sink.events if event.kind == "connected"]
    assert "DAQ970A" in connected.text
    assert connected.data["driver"] == "daq970a"
    assert not sink.gaps
    first = sink.readings[0]
    assert first.source_ns == 0
    assert first.server_ns == 0
    assert abs(first.receive_ns - now_ns()) < 60e9


def test_the_gap_of_an_outage_lies_between_good_readings() -> None:
    """The instrument is away for two seconds; its last and first good readings bound the gap."""
    server = TcpServer(counting("scpi_supply"))
    with server, Running(station("scpi_supply", server.resource)) as running:
        running.more()
        server.cut(listener=True)
        away = now_ns()
        running.until(lambda: running.sink.links[-1][0] is Link.disconnected)
        time.sleep(2.0)
        server._listen()
        back = now_ns()
        running.more()
        assert_true(running, server, "scpi_supply")
    (gap,) = running.sink.gaps
    assert gap.cause is Cause.link
    assert gap.start_ns < away + 1e9
    assert back < gap.end_ns < back + 6e9
    assert gap.detail
    assert [event.kind for event in running.sink.events] == ["connected", "disconnected", "connected"]
    silent = [r for r in running.sink.readings if gap.start_ns < r.receive_ns < gap.end_ns]
    assert silent
    assert all(math.isnan(r.value) and r.status == Status.BadNoCommunication for r in silent)


def test_a_start_after_a_death_tells_the_gap() -> None:
    server = TcpServer(counting("mt_sics"))
    before = now_ns() - 60_000_000_000
    with server, Running(station("mt_sics", server.resource), last_ns=before) as running:
        running.more()
    (gap,) = running.sink.gaps
    assert (gap.cause, gap.start_ns) == (Cause.logger, before)
    assert gap.end_ns == running.sink.good[0].receive_ns


def test_an_instrument_that_is_dead_from_the_start_is_a_gap_from_the_start() -> None:
    """The record has bad readings of it, and a gap from the logger's start to the first good one."""
    server = TcpServer(counting("scpi_supply"))
    with server:
        server.cut(listener=True)
        began = now_ns()
        with Running(station("scpi_supply", server.resource)) as running:
            running.until(lambda: len(running.sink.readings) > 1)
            assert not running.sink.gaps
            server._listen()
            running.more()
    (gap,) = running.sink.gaps
    assert gap.cause is Cause.link
    assert gap.detail
    assert began <= gap.start_ns <= running.sink.readings[0].receive_ns
    assert gap.end_ns == running.sink.good[0].receive_ns


def test_an_outage_that_lasts_to_the_end_is_a_gap_to_the_end() -> None:
    server = TcpServer(counting("scpi_supply"))
    with server:
        server.cut(listener=True)
        began = now_ns()
        with Running(station("scpi_supply", server.resource)) as running:
            running.until(lambda: len(running.sink.readings) > 1)
        ended = now_ns()
    (gap,) = running.sink.gaps
    assert gap.cause is Cause.link
    assert began <= gap.start_ns < running.sink.readings[-1].receive_ns < gap.end_ns <= ended


def test_a_full_buffer_becomes_a_gap() -> None:
    server = TcpServer(counting("mt_sics"))
    with server, Running(station("mt_sics", server.resource)) as running:
        running.more()
        running.sink.full = True
        time.sleep(0.5)
        last = running.sink.good[-1].receive_ns
        running.sink.full = False
        running.more()
    (gap,) = running.sink.gaps
    assert gap.cause is Cause.buffer
    assert gap.start_ns == last
    assert "could not be kept" in gap.detail


def test_entries_of_the_error_queue_are_told() -> None:
    """What stands in the error queue makes the reading uncertain and is an event."""
    server = TcpServer(counting("scpi_supply"), (Fault("error", nth=10, text='-222,"Data out of range"'),))
    with server, Running(station("scpi_supply", server.resource)) as running:
        running.until(lambda: any(event.kind == "device" for event in running.sink.events))
        running.more()
    (event,) = [event for event in running.sink.events if event.kind == "device"]
    assert event.text == '-222,"Data out of range"'
    assert Status.UncertainSubNormal in {reading.status for reading in running.sink.readings}


def test_a_wrong_end_of_line_is_told_as_such() -> None:
    """The answers come, but their end never does: the words say where to look."""
    server = TcpServer(counting("scpi_supply"), (Fault("terminator", text="\r", count=1000),))
    with server, Running(station("scpi_supply", server.resource)) as running:
        running.until(lambda: any("read_termination" in detail for _, detail in running.sink.links))
    assert not running.sink.good
    mended = station("scpi_supply", "RESOURCE", more='    read_termination: "\\r"\n')
    server = TcpServer(counting("scpi_supply"), (Fault("terminator", text="\r", count=1000),))
    with server:
        text = mended.text.replace("RESOURCE", server.resource)
        with Running(check(load_text(text, "station.yaml"))) as running:
            running.more()


def test_another_instrument_at_the_same_address_is_told() -> None:
    server = TcpServer(counting("scpi_supply"))
    with server, Running(station("scpi_supply", server.resource)) as running:
        running.more()
        server.instrument.identity = "Agilent Technologies,N5769A,US99Z9999Z,A.00.00"
        server.cut()
        running.until(lambda: any("another instrument" in event.text for event in running.sink.events), 30.0)
    (event,) = [event for event in running.sink.events if "another instrument" in event.text]
    assert "US99Z9999Z" in event.text
    assert "US12A3456B" in event.text


def test_a_silent_hislip_instrument_gets_a_device_clear() -> None:
    server = HislipServer(counting("scpi_supply"), (Fault("silent", nth=10),))
    with server, Running(station("scpi_supply", server.resource)) as running:
        running.until(lambda: server.cleared > 0)
        assert running.more() < 10.0
        assert assert_true(running, server, "scpi_supply") > 4


def test_an_instrument_without_an_error_queue() -> None:
    """Against the standard, but there are some: the step is found by who it is."""

    class Deaf(Generic):
        def _part(self, part: str) -> str | None:
            return None if part.startswith("SYST:ERR") else super()._part(part)

    counter = counting("generic_scpi")
    server = TcpServer(Deaf(counter.sensors, counter.state))
    with server, Running(station("generic_scpi", server.resource)) as running:
        assert running.more() < 10.0
        running.more(10)
        assert_true(running, server, "generic_scpi")


def _file(body: str) -> Any:
    return check(load_text(f"station: 1\nname: test\nvisa:\n  unit:\n{body}", "station.yaml"))


@posix
def test_a_port_that_is_pulled_out_and_comes_back_as_another() -> None:
    """The link of /dev/serial/by-id leads to the new port."""
    server = PtyServer(counting("mt_sics"), (Fault("disconnect", nth=12),))
    with server, Running(station("mt_sics", server.resource)) as running:
        running.until(lambda: len(server.instrument.received) >= 12)
        assert running.more() < 10.0
        assert assert_true(running, server, "mt_sics") >= 8
    # Whether the line breaks or falls silent first is a matter of microseconds.
    assert {Status.BadNoCommunication, Status.BadTimeout} & {reading.status for reading in running.sink.readings}


def test_a_unit_that_was_changed_at_the_instrument_is_no_wrong_value() -> None:
    """A scanner set to Fahrenheit, with units on, is converted; volts under a temperature are bad."""

    class Scanner(KINDS["daq970a"]):  # type: ignore[misc]
        unit = "C"

        def number(self, channel: str) -> str:
            return f"{super().number(channel)} {self.unit}"

    scanner = Scanner({"101": Sensor("t"), "102": Sensor("t")}, lambda _: {"t": 77.0})
    server = TcpServer(scanner)
    with server, Running(station("daq970a", server.resource)) as running:
        for unit, expected in (("C", 77.0), ("F", 25.0)):
            scanner.unit = unit
            running.more(4)
            assert running.sink.good[-1].value == pytest.approx(expected)
        scanner.unit = "VDC"
        running.until(lambda: running.sink.readings[-1].status == Status.BadConfigurationError)


@posix
def test_units_are_those_of_the_tag() -> None:
    server = PtyServer(Balance({"weight": Sensor("w")}, lambda _: {"w": 1500.0}))
    text = "    driver: mt_sics\n    interval: 0.02 s\ntags:\n  feed: {source: unit, channel: weight, unit: kg}\n"
    with server, Running(_file(f"    resource: {server.resource}\n{text}")) as running:
        running.more(2)
    assert running.sink.good[-1].value == pytest.approx(1.5)


def test_lines_that_come_by_themselves() -> None:
    """A balance in print mode: each line is a reading; a broken one is none, and nothing is ever sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    heard: list[bytes] = []

    def speak() -> None:
        client, _ = listener.accept()
        with client:
            for number in range(40):
                line = b"ST,GS,%8.2f kg\r\n" % (number / 100)
                client.sendall(line[: 9 if number == 20 else None] if number != 25 else b"\xff\x80\r\n")
                time.sleep(0.01)
            client.settimeout(0.05)
            try:
                heard.append(client.recv(100))
            except TimeoutError:
                heard.append(b"")

    thread = Thread(target=speak, daemon=True)
    thread.start()
    body = (
        f"    resource: TCPIP::127.0.0.1::{port}::SOCKET\n    driver: generic_line\n    timeout: 0.5 s\n"
        "    options: {listen: 'ST,GS, *(?P<weight>[-0-9.]+) (?P<unit>kg)'}\n"
        "tags:\n  feed: {source: unit, channel: weight, unit: kg}\n"
    )
    with Running(_file(body)) as running:
        running.until(lambda: len(running.sink.good) >= 30)
        thread.join(5.0)
    listener.close()
    values = [round(reading.value * 100) for reading in running.sink.good]
    assert values == sorted(set(values))
    assert not {20, 21, 25} & set(values)
    assert heard == [b""]


def test_a_line_instrument_by_table() -> None:
    """A heater that answers in its own words, with a decimal comma, checked by its name."""

    class Heater(Balance):
        refusal = ""

        def answer(self, question: str) -> str | None:
            found = {"IN_NAME": "C-MAG HS7", "IN_PV_2": f"{self.measure('n'):.1f} 2".replace(".", ",")}
            return found.get(question)

    count = iter(range(1000, 9000))
    faults = (Fault("late", nth=10, seconds=0.4), Fault("doubled", nth=30, seconds=0.003), Fault("garbage", nth=40))
    server = TcpServer(Heater({"n": Sensor("n", factor=0.1)}, lambda _: {"n": float(next(count))}), faults)
    with server:
        body = (
            f"    resource: {server.resource}\n    driver: generic_line\n    timeout: 0.25 s\n    interval: 0.02 s\n"
            "    options:\n      queries: {n: IN_PV_2}\n      decimal: comma\n"
            "      patterns: {n: '(?P<n>[0-9]+,[0-9]) 2'}\n      check: {command: IN_NAME, reply: 'C-MAG .*'}\n"
            "tags:\n  heater: {source: unit, channel: n, unit: degC}\n"
        )
        with Running(_file(body)) as running:
            running.until(lambda: len(server.instrument.received) > 60)
            assert running.more() < 10.0
        assert assert_true(running, server, "") >= 10


@pytest.mark.parametrize("stops_at", ["SI", "@"])
def test_a_balance_that_sends_without_end(stops_at: str) -> None:
    """SIR of an earlier program: it is ended by the next question, and by ``@`` only if that does not help."""

    class Endless(Balance):
        sending = True

        def answer(self, question: str) -> str | None:
            self.sending = self.sending and question != stops_at
            return super().answer(question)

    balance = Endless({"weight": Sensor("w")}, lambda _: {"w": 12.5})
    server = TcpServer(balance)

    def send() -> None:
        while balance.sending:
            for client in server._clients:
                with contextlib.suppress(OSError):
                    client.sendall(b"S D      99.99 g\r\n")
            time.sleep(0.002)

    with server:
        Thread(target=send, daemon=True).start()
        with Running(station("mt_sics", server.resource)) as running:
            assert running.more() < 10.0
        balance.sending = False
    assert {round(reading.value, 2) for reading in running.sink.good} == {12.5}
    assert ("@" in balance.received) == (stops_at == "@")
    assert any("without being asked" in event.text for event in running.sink.events)


def test_check_reads_every_tag_once() -> None:
    server = TcpServer(counting("scpi_supply"))
    with server:
        source = make(station("scpi_supply", server.resource), "unit")
        checks = source.check(5.0)
    assert [each.tag for each in checks] == ["t_voltage", "t_current"]
    assert [each.unit for each in checks] == ["V", "A"]
    assert not any(each.trouble for each in checks)
    assert "N5769A" in checks[0].data["identity"]


def test_check_says_why_there_is_no_value() -> None:
    server = TcpServer(counting("mt_sics"), (Fault("overload", count=100),))
    with server:
        (found,) = make(station("mt_sics", server.resource), "unit").check(3.0)
    assert found.trouble == "BadOutOfRange"
    silent = TcpServer(counting("mt_sics"), (Fault("silent", count=1000),))
    with silent:
        (found,) = make(station("mt_sics", silent.resource), "unit").check(1.5)
    assert "no answer to I" in found.trouble


def test_check_of_nothing_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeviceError) as error:
        make(station("mt_sics", f"TCPIP::127.0.0.1::{port}::SOCKET"), "unit").check(1.0)
    assert error.value.code == "E086"
    assert error.value.exit_code == 6


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("channel: weight", "channel: mass"), "E084"),
        (("unit: g", "unit: mL"), "E085"),
        (("driver: mt_sics", "driver: mettler"), "E080"),
        (("driver: mt_sics", "driver: mt_sics\n    options: {steady: true}"), "E081"),
    ],
)
def test_mistakes_are_told_before_anything_is_opened(change: tuple[str, str], code: str) -> None:
    text = (
        "    resource: TCPIP::127.0.0.1::1::SOCKET\n    driver: mt_sics\n"
        "tags:\n  feed: {source: unit, channel: weight, unit: g}\n"
    )
    with pytest.raises(UserError) as error:
        make(_file(text.replace(*change)), "unit")
    assert error.value.code == code
    assert error.value.exit_code == 3
    assert error.value.write
    assert error.value.place.line
    assert change[1].splitlines()[-1].split(":")[-1].strip("} ") in error.value.place.text


@posix
def test_weeks_of_trying_use_up_nothing() -> None:
    """Forty openings that fail, on each kind of line, leave no file open."""
    from instruments.visa.link import Line, LostError
    from instruments.visa.link import Link as Way

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    names = (f"TCPIP::127.0.0.1::{port}::SOCKET", f"TCPIP::127.0.0.1::hislip0,{port}::INSTR", "ASRL/dev/nowhere::INSTR")

    def ask(link: Way) -> None:
        link.open(0.5)
        link.send("*IDN?")

    def rounds(count: int) -> int:
        for name in names:
            for _ in range(count):
                link = Way("test", Line(resource=name), frozenset({b"*IDN?"}))
                with pytest.raises(LostError):
                    ask(link)
                link.close()
        return len(list(Path("/proc/self/fd").iterdir())) if os.path.exists("/proc/self/fd") else 0

    first = rounds(3)
    assert rounds(40) <= first + 2


def test_noise_is_normal_and_repeatable() -> None:
    values = [normal(f"a/{n}") for n in range(4000)]
    assert values[:3] == [normal(f"a/{n}") for n in range(3)]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    assert abs(mean) < 0.06
    assert 0.96 < spread < 1.04
    sensor = Sensor("x", noise=0.1, drift=2.0, offset=0.5, factor=10.0)
    assert sensor.read(lambda _: {"x": 1.0}, 3600.0, 7) == pytest.approx(10.0 * (3.5 + 0.1 * normal("x/0/7")))
