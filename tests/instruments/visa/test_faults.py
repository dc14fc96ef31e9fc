"""The fault list, each by injection over real sockets, pseudo-terminals and HiSLIP: no wrong value, and soon back."""

from __future__ import annotations

import sys

import pytest

from instruments.simulated.faults import Fault
from instruments.simulated.hislip import HislipServer
from instruments.simulated.serve import PtyServer, Server, TcpServer
from instruments.status import Status
from tests.instruments.visa.harness import Running, assert_true, counting, station

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")

TRANSPORTS: dict[str, type[Server]] = {"tcp": TcpServer, "pty": PtyServer, "hislip": HislipServer}
FAULTS = {
    "late": Fault("late", seconds=0.4),
    "very late": Fault("late", seconds=1.2),
    "late three times": Fault("late", seconds=0.3, count=3),
    "truncated": Fault("truncated"),
    "cut": Fault("cut"),
    "garbage": Fault("garbage"),
    "noise": Fault("noise"),
    "echo": Fault("echo", count=3),
    "silent": Fault("silent", count=2),
    "doubled": Fault("doubled", seconds=0.0),
    "doubled a little later": Fault("doubled", seconds=0.003),
    "doubled later": Fault("doubled", seconds=0.05),
    "terminator": Fault("terminator", text="\r"),
    "split": Fault("split", seconds=0.1),
    "disconnect": Fault("disconnect"),
    "reboot": Fault("reboot", seconds=1.0),
    "overload": Fault("overload"),
    "error": Fault("error"),
    "refuse": Fault("refuse"),
    "flood": Fault("flood", count=20, seconds=0.02),
    "comma": Fault("comma"),
}
# Where the fault strikes: at the n-th question from which on, counted by the simulated instrument.
NTH = 12


def _hit(fault: Fault, match: str) -> Fault:
    return Fault(fault.kind, nth=NTH, count=fault.count, match=match, seconds=fault.seconds, text=fault.text)


CASES = [
    *(("tcp", "scpi_supply", name) for name in FAULTS),
    *(("pty", "mt_sics", name) for name in FAULTS),
    *(
        ("hislip", "scpi_supply", name)
        for name in ("late", "very late", "garbage", "cut", "silent", "disconnect", "reboot")
    ),
]


@pytest.mark.parametrize(("transport", "driver", "name"), CASES)
def test_no_wrong_value_is_booked_and_readings_come_back(transport: str, driver: str, name: str) -> None:
    """One fault, among good readings before and after it."""
    server = TRANSPORTS[transport](counting(driver), (_hit(FAULTS[name], ""),))
    with server, Running(station(driver, server.resource)) as running:
        running.until(lambda: len(server.instrument.received) >= NTH)
        assert running.more() < 10.0
        running.more()
        assert assert_true(running, server, driver) >= 8


@pytest.mark.parametrize("driver", ["daq970a", "ismatec", "seven_ph", "generic_scpi"])
@pytest.mark.parametrize("name", ["late", "doubled a little later", "cut", "garbage", "disconnect"])
def test_the_other_drivers_keep_in_step(driver: str, name: str) -> None:
    """The faults that lead to wrong values elsewhere, with the other drivers, on a socket."""
    server = TcpServer(counting(driver), (_hit(FAULTS[name], ""),))
    with server, Running(station(driver, server.resource)) as running:
        running.until(lambda: len(server.instrument.received) >= NTH)
        assert running.more() < 10.0
        running.more()
        assert assert_true(running, server, driver) >= 8


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.3, 2.0])
def test_an_old_answer_that_reaches_a_new_connection(seconds: float) -> None:
    """Behind a terminal server closing the connection discards nothing."""
    faults = (Fault("late", nth=7, seconds=seconds), Fault("late", nth=16, seconds=seconds, count=2))
    server = TcpServer(counting("scpi_supply"), faults, gateway=True)
    with server, Running(station("scpi_supply", server.resource)) as running:
        running.until(lambda: len(server.instrument.received) >= 18, 30.0)
        running.more(8)
        assert assert_true(running, server, "scpi_supply") >= 8


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 12))])
def test_many_faults_at_once(seed: int) -> None:
    """Faults thick and fast, at values and checks alike: readings that come are right, and all is well afterwards.

    A copy of an old answer that comes in the very place of one that is lost is seen by nobody: copies come soon here.
    """
    kinds = ["late", "cut", "garbage", "doubled", "silent", "truncated", "echo", "noise", "disconnect", "flood"]
    faults = []
    for i in range(20):
        kind, seconds = kinds[(i * 7 + seed * 3) % len(kinds)], (0.002, 0.05, 0.4)[(i + seed) % 3]
        faults.append(Fault(kind, nth=5 + 5 * i, seconds=seconds if kind == "late" else min(seconds, 0.01), count=2))
    server = (TcpServer, PtyServer)[seed % 2](counting("scpi_supply"), faults)
    with server, Running(station("scpi_supply", server.resource)) as running:
        running.until(lambda: len(server.instrument.received) > 130, 90.0)
        running.more()
        assert assert_true(running, server, "scpi_supply") >= 20


def test_what_a_fault_is_called() -> None:
    """The status says what was wrong; each is stored as NaN."""
    faults = (
        Fault("silent", nth=10, match="SI"),
        Fault("garbage", nth=20, count=2, match="SI"),
        Fault("overload", nth=30, match="SI"),
        Fault("refuse", nth=35, match="SI"),
        Fault("reboot", nth=40, match="SI", seconds=1.5),
    )
    server = TcpServer(counting("mt_sics"), faults)
    with server, Running(station("mt_sics", server.resource)) as running:
        running.until(lambda: len(server.instrument.received) > 100)
        found = {reading.status for reading in running.sink.readings}
    assert {Status.BadTimeout, Status.BadDecodingError, Status.BadOutOfRange, Status.BadNoCommunication} <= found
    assert {Status.BadNotSupported, Status.UncertainSensorNotAccurate} <= found
    words = " ".join(detail for _, detail in running.sink.links)
    assert "no answer to SI in 0.25 s" in words
    assert "is no answer to SI" in words
    gaps = [gap for gap in running.sink.gaps if gap.cause == "link"]
    good = [reading.receive_ns for reading in running.sink.good]
    assert len(gaps) >= 3
    for gap in gaps:
        assert gap.start_ns in good
        assert gap.end_ns in good
        assert not [when for when in good if gap.start_ns < when < gap.end_ns]
