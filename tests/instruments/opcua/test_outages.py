"""Networks and servers that fail, three makes of server: what each tick became is judged by the server's own account.

All scenarios run at the same time, since each is mostly waiting; then every test looks at its own.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hydromet.errors import DeviceError
from hydromet.source import load_text
from instruments import station
from instruments.opcua.source import make, pki_of
from tests.instruments.opcua.certificates import files
from tests.instruments.opcua.logger import Logger, station_text, wait_for
from tests.instruments.opcua.proxy import Proxy
from tests.instruments.opcua.servers import URI, Server, why_no_node

# One worker plays all scenarios, and its tests look at them.
pytestmark = pytest.mark.xdist_group("opcua outages")

TAGS = [f"T{number}" for number in range(5)]
NO_NODE = why_no_node()
SECOND = 1_000_000_000
# What a test waits at the most; that a machine is slow is no failure.
PATIENCE = 120.0
FAULTS = {
    "asyncua": ("cut", "hole", "freeze", "restart"),
    "asyncua secured": ("cut", "hole", "restart"),
    "opcua": ("cut", "hole", "freeze", "restart"),
    "opcua secured": ("cut", "restart"),
    "node": ("cut", "hole", "freeze", "restart"),
    "node secured": ("cut", "restart"),
}
SCENARIOS = {f"{make} {fault}": (make, fault) for make, faults in FAULTS.items() for fault in faults}
# So many at a time: each is mostly waiting, but servers take their time to start.
AT_ONCE = 7
USER = ", security: Basic256Sha256, user: logger, password: {environment: OPCUA_TEST_PASSWORD}"


@dataclass
class Outcome:
    values: dict[str, list[float]]
    gaps: list
    truth: list[tuple[int, float]]
    resumed: list[str] = field(default_factory=list)
    reports: list = field(default_factory=list)
    merged: dict[str, set[float]] = field(default_factory=dict)

    def offered(self, tag):
        """Ticks from the sixth recorded to the last: node-opcua drops a tick when an item has just been made.

        Nor does it offer a tick that it never took between two looks; it keeps an account of those.
        """
        first, last = self.values[tag][5], self.values[tag][-1]
        begin = next(number for number, (_, value) in enumerate(self.truth) if value == first)
        end = next(number for number, (_, value) in enumerate(self.truth) if value == last)
        never = self.merged.get(tag, set())
        return [(time_ns, value) for time_ns, value in self.truth[begin : end + 1] if value not in never]

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


def security(make, folder):
    """Options of a server with Basic256Sha256 and a user; both sides trust each other."""
    pki = pki_of(str(folder / "station.yaml"))
    pki.own()
    options = {"policies": ["Basic256Sha256"], "users": {"logger": "right"}}
    if make == "node":
        # It makes a certificate of its own, which is trusted when it has been seen; see meet.
        trusted = folder / "node-pki" / "trusted" / "certs"
        trusted.mkdir(parents=True)
        (trusted / "logger.pem").write_bytes(pki.own().public_bytes(Encoding.PEM))
        return {"security": options, "strict": True}
    uri = "urn:freeopcua:python:server" if make == "opcua" else "urn:hydromet:simulated:server"
    certificate, key = files(folder / "server", uri)
    (pki.trusted / "server.der").write_bytes(certificate.read_bytes())
    trusted = {"trusted": [str(pki.certificate_file)]} if make == "asyncua" else {}
    return {"security": options | {"certificate": str(certificate), "key": str(key)} | trusted}


def meet(server, folder):
    """The operator moves the certificate of a server that has been seen to the trusted ones."""
    text = station_text(server.url, TAGS, uri=URI, more=USER)
    with pytest.raises(DeviceError, match="certificate"):
        make(station.check(load_text(text, str(folder / "station.yaml"))), "plc").check(60.0)
    (rejected,) = (folder / "pki" / "rejected").iterdir()
    rejected.rename(folder / "pki" / "trusted" / rejected.name)


def play(name, fault, folder):
    folder.mkdir(parents=True)
    kind, _, secured = name.partition(" ")
    more, options = (USER, security(kind, folder)) if secured else (", security: None", {})
    with Server(kind, folder, tags=len(TAGS), **options) as server, Proxy(server.port) as proxy:
        if name == "node secured":
            meet(server, folder)
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
            wait_for(lambda: logger.values("T4")[-1] > until + 20, PATIENCE)
            if kind == "opcua" or fault == "restart":
                wait_for(lambda: logger.sink.gaps, PATIENCE)
            time.sleep(0.5)
        values = {tag: logger.values(tag) for tag in TAGS}
        return Outcome(
            values,
            logger.sink.gaps,
            server.ticks(),
            logger.sink.events("resumed"),
            logger.sink.reports,
            server.merged(),
        )


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, request):
    asked = {item.callspec.params["name"] for item in request.session.items if "outcomes" in item.fixturenames}
    folder = tmp_path_factory.mktemp("outages")
    os.environ["OPCUA_TEST_PASSWORD"] = "right"  # noqa: S105  # of a test server
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {
            name: pool.submit(play, kind, fault, folder / name.replace(" ", "-"))
            for name, (kind, fault) in SCENARIOS.items()
            if name in asked and not (NO_NODE and kind.startswith("node"))
        }


def scenario(*names):
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(name, marks=pytest.mark.skip(reason=NO_NODE) if NO_NODE and name.startswith("node") else ())
            for name in names
        ],
    )


@scenario(*SCENARIOS)
def test_every_tick_is_recorded_once_or_within_a_gap(outcomes, name):
    found = outcomes[name].result()
    for tag in TAGS:
        assert found.lost(tag) == []
        assert len(found.values[tag]) == len(set(found.values[tag])), "a tick came twice"
        assert found.values[tag] == sorted(found.values[tag])


@scenario(*(name for name, (kind, fault) in SCENARIOS.items() if fault != "restart" and not kind.startswith("opcua")))
def test_a_server_that_keeps_its_queues_loses_nothing(outcomes, name):
    found = outcomes[name].result()
    assert found.resumed, found.reports
    for tag in TAGS:
        assert found.missing(tag) == []
    assert found.gaps == []


@scenario(*(name for name, (kind, fault) in SCENARIOS.items() if fault == "restart" or kind.startswith("opcua")))
def test_the_gap_row_has_the_bounds_of_what_is_missing(outcomes, name):
    """From the last tick that is there before to the first after, for a server that starts anew or keeps no session."""
    found = outcomes[name].result()
    for tag in TAGS:
        there = set(found.values[tag])
        times = [time_ns for time_ns, value in found.truth if value in there]
        gaps = [gap for gap in found.gaps if not gap.tags or tag in gap.tags]
        assert gaps
        for gap in gaps:
            assert gap.cause in ("server", "link")
            assert min(abs(gap.start_ns - time_ns) for time_ns in times) < SECOND
            assert min(abs(gap.end_ns - time_ns) for time_ns in times) < SECOND
            # Nothing within it is recorded, but for what lies at its ends, give or take an interval of publishing.
            assert not [at for at in times if gap.start_ns + SECOND < at < gap.end_ns - SECOND]
