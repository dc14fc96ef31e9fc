"""Networks and servers that fail, three makes of server: what each tick became is judged by the server's own account.

All scenarios run at the same time, since each is mostly waiting; then every test looks at its own.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from instruments.opcua.source import pki_of
from tests.instruments.opcua.certificates import files
from tests.instruments.opcua.logger import Logger, station_text, wait_for
from tests.instruments.opcua.proxy import Proxy
from tests.instruments.opcua.servers import URI, Server, why_no_node

# Minutes of waiting against live servers, and the clock of the machine has a say: on demand.
pytestmark = pytest.mark.long

TAGS = [f"T{number}" for number in range(5)]
NO_NODE = why_no_node()
SECOND = 1_000_000_000
ALL = {
    f"{make} {fault}": (make, fault)
    for make in ("asyncua", "secured", "opcua", "node")
    for fault in ("cut", "hole", "freeze", "restart")
    if (make, fault) not in (("opcua", "freeze"), ("secured", "freeze"))
}
SCENARIOS = {name: pair for name, pair in ALL.items() if not (pair[0] == "node" and NO_NODE)}


@dataclass
class Outcome:
    values: dict[str, list[float]]
    gaps: list
    truth: list[tuple[int, float]]
    resumed: list[str] = field(default_factory=list)
    reports: list = field(default_factory=list)

    def offered(self, tag):
        """Ticks from the sixth recorded to the last: node-opcua drops a tick when an item has just been made."""
        first, last = self.values[tag][5], self.values[tag][-1]
        found = [(time_ns, value) for time_ns, value in self.truth]
        begin = next(number for number, (_, value) in enumerate(found) if value == first)
        end = next(number for number, (_, value) in enumerate(found) if value == last)
        return found[begin : end + 1]

    def lost(self, tag):
        """Ticks that are neither recorded nor within a gap row."""
        there = set(self.values[tag])
        return [
            (time_ns, value)
            for time_ns, value in self.offered(tag)
            if value not in there
            and not any(gap.start_ns <= time_ns <= gap.end_ns for gap in self.gaps if not gap.tags or tag in gap.tags)
        ]

    def missing(self, tag):
        there = set(self.values[tag])
        return [(time_ns, value) for time_ns, value in self.offered(tag) if value not in there]


def security(folder):
    """Options of a server with Basic256Sha256 and a user; it is trusted."""
    certificate, key = files(folder / "server")
    pki = pki_of(str(folder / "station.yaml"))
    pki.own()
    (pki.trusted / "server.der").write_bytes(certificate.read_bytes())
    users = {"logger": "right"}
    return {"policies": ["Basic256Sha256"], "certificate": str(certificate), "key": str(key), "users": users}


def play(make, fault, folder):
    folder.mkdir(parents=True)
    more, options = ", security: None", {}
    if make == "secured":
        more = ", security: Basic256Sha256, user: logger, password: {environment: OPCUA_TEST_PASSWORD}"
        options = {"security": security(folder)}
    kind = "asyncua" if make == "secured" else make
    with Server(kind, folder, tags=len(TAGS), **options) as server, Proxy(server.port) as proxy:
        text = station_text(proxy.url, TAGS, uri=URI, more=more, sampling="40 ms")
        with Logger(text, folder) as logger:
            wait_for(lambda: len(logger.values("T0")) > 10)
            if fault == "cut":
                proxy.set("cut")
                time.sleep(4)
                proxy.set("open")
            elif fault == "hole":
                proxy.set("hole")
                time.sleep(8)
                proxy.set("open")
            elif fault == "freeze":
                server.freeze()
                time.sleep(8)
                server.thaw()
            elif fault == "restart":
                server.kill()
                time.sleep(2)
                server.start(first=100_000)
            # Until what was offered after the fault has come, and the gap, if there is one, is written.
            until = max(value for _, value in server.ticks()) if fault != "restart" else 100_000
            wait_for(lambda: logger.values("T4")[-1] > until + 20, 60)
            wait_for(lambda: (make != "opcua" and fault != "restart") or logger.sink.gaps, 30)
            time.sleep(0.5)
        values = {tag: logger.values(tag) for tag in TAGS}
        return Outcome(values, logger.sink.gaps, server.ticks(), logger.sink.events("resumed"), logger.sink.reports)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outages")
    os.environ["OPCUA_TEST_PASSWORD"] = "right"  # noqa: S105  # of a test server
    with ThreadPoolExecutor(len(SCENARIOS)) as pool:
        return {
            name: pool.submit(play, make, fault, folder / name.replace(" ", "-"))
            for name, (make, fault) in SCENARIOS.items()
        }


def scenario(*names):
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(name, marks=pytest.mark.skip(reason=NO_NODE) if NO_NODE and name.startswith("node") else ())
            for name in names
        ],
    )


@scenario(
    *(f"{make} {fault}" for make in ("asyncua", "secured", "opcua", "node") for fault in ("cut", "hole", "restart"))
)
def test_every_tick_is_recorded_or_within_a_gap(outcomes, name):
    found = outcomes[name].result()
    for tag in TAGS:
        assert found.lost(tag) == []
        assert len(found.values[tag]) == len(set(found.values[tag])), "a tick came twice"
        assert found.values[tag] == sorted(found.values[tag])


@scenario("asyncua cut", "asyncua hole", "asyncua freeze", "secured cut", "secured hole", "node cut", "node hole")
def test_a_server_that_keeps_its_queues_loses_nothing(outcomes, name):
    found = outcomes[name].result()
    assert found.resumed, found.reports
    for tag in TAGS:
        assert found.missing(tag) == []
    assert found.gaps == []


@scenario("node freeze")
def test_a_frozen_server_loses_nothing_but_what_it_merges_itself(outcomes, name):
    """A tick just before the standstill and one just after are one change to node-opcua."""
    found = outcomes[name].result()
    for tag in TAGS:
        assert len(found.missing(tag)) <= 1


@scenario("asyncua restart", "secured restart", "opcua restart", "node restart", "opcua cut", "opcua hole")
def test_the_gap_row_has_the_bounds_of_what_is_missing(outcomes, name):
    found = outcomes[name].result()
    for tag in TAGS:
        missing = [time_ns for time_ns, _ in found.missing(tag)]
        (gap,) = [gap for gap in found.gaps if not gap.tags or tag in gap.tags]
        before = max(time_ns for time_ns, value in found.truth if time_ns < min(missing, default=gap.end_ns))
        assert gap.cause in ("server", "link")
        assert gap.start_ns <= before + SECOND // 10
        # Not wider than the ticks next to it on either side, give or take an interval.
        there = set(found.values[tag])
        last = max(time_ns for time_ns, value in found.truth if value in there and time_ns <= gap.start_ns + SECOND)
        assert abs(gap.start_ns - last) < SECOND
        after = min(time_ns for time_ns, value in found.truth if value in there and time_ns > last)
        assert abs(gap.end_ns - after) < SECOND
