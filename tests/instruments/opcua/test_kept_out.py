"""A logger that a server does not let in: what it says, what is a gap, and that it finds its way back by itself."""

from __future__ import annotations

import time

import pytest

from hydromet.source import load_text
from instruments.base import Cause, Link
from instruments.opcua.browse import first_station
from instruments.opcua.source import make, pki_of
from instruments.station import check
from tests.instruments.opcua.certificates import files
from tests.instruments.opcua.logger import Logger, station_text, wait_for
from tests.instruments.opcua.servers import URI, Server, free_port
from tests.instruments.opcua.test_security import client

SECURED = ", security: Basic256Sha256, user: logger, password: {environment: OPCUA_TEST_PASSWORD}"


def secured(folder):
    certificate, key = files(folder)
    security = {"policies": ["Basic256Sha256"], "certificate": str(certificate), "key": str(key)}
    return certificate, security | {"users": {"logger": "right"}}


def trusted(folder, certificate):
    known = client(folder)
    (known.trusted / f"{certificate.parent.name}.der").write_bytes(certificate.read_bytes())


def logger(folder, url, more="", sink=None):
    return Logger(station_text(url, ["T0", "T1"], uri=URI, more=more), folder, sink)


def test_a_wrong_password_from_the_start_is_a_gap_from_the_start(tmp_path, monkeypatch):
    certificate, security = secured(tmp_path / "server")
    trusted(tmp_path, certificate)
    monkeypatch.setenv("OPCUA_TEST_PASSWORD", "wrong")
    with Server("asyncua", tmp_path, tags=2, security=security) as server:
        began = time.time_ns()
        with logger(tmp_path, server.url, SECURED) as log:
            wait_for(lambda: log.sink.events("refused"))
            assert "E057" in log.sink.events("refused")[0]
        ended = time.time_ns()
        wait_for(lambda: log.sink.gaps)
        (gap,) = log.sink.gaps
        assert gap.cause is Cause.link
        assert gap.tags == ()
        assert "E057" in gap.detail
        assert began <= gap.start_ns < gap.end_ns <= ended
        # The next start knows from when on nothing is there, though the record has no reading.
        monkeypatch.setenv("OPCUA_TEST_PASSWORD", "right")
        with logger(tmp_path, server.url, SECURED, log.sink) as again:
            wait_for(lambda: len(again.sink.gaps) > 1)
        later = again.sink.gaps[1]
        assert later.cause is Cause.logger
        assert later.start_ns == gap.end_ns
        assert later.end_ns == again.sink.rows(1)[0][1]


def test_a_server_that_comes_later_than_the_logger(tmp_path):
    port = free_port()
    began = time.time_ns()
    with logger(tmp_path, f"opc.tcp://127.0.0.1:{port}/", ", security: None") as log:
        wait_for(lambda: Link.disconnected in [link for link, _ in log.sink.reports])
        with Server("asyncua", tmp_path, tags=2, port=port):
            wait_for(lambda: log.sink.gaps)
        (gap,) = log.sink.gaps
        assert gap.cause is Cause.link
        assert "E050" in gap.detail
        assert began <= gap.start_ns < gap.end_ns
        assert gap.end_ns == min(log.sink.rows(number)[0][1] for number in log.tags.values())


@pytest.mark.parametrize("known", [True, False])
def test_a_server_with_a_new_certificate(tmp_path, monkeypatch, known):
    """Renewed while the logger runs: taken if it is trusted, else refused in words."""
    monkeypatch.setenv("OPCUA_TEST_PASSWORD", "right")
    old, security = secured(tmp_path / "old")
    new, renewed = secured(tmp_path / "new")
    trusted(tmp_path, old)
    if known:
        trusted(tmp_path, new)
    with Server("asyncua", tmp_path, tags=2, security=security) as server, logger(tmp_path, server.url, SECURED) as log:
        wait_for(lambda: log.values("T0"))
        server.kill()
        server.start(security=renewed)
        if known:
            before = len(log.values("T0"))
            wait_for(lambda: len(log.values("T0")) > before + 5)
        else:
            wait_for(lambda: log.sink.events("refused"))
            assert "E053" in log.sink.events("refused")[0]


def test_stopped_while_it_waits_for_the_next_try(tmp_path):
    """The time until the stop is a gap, also if the stop falls between two tries."""
    with Server("asyncua", tmp_path, tags=2) as server:
        with logger(tmp_path, server.url, ", security: None") as log:
            wait_for(lambda: log.values("T0"))
            server.kill()
            wait_for(lambda: [detail for _, detail in log.sink.reports if "E050" in detail])
            time.sleep(0.1)
        wait_for(lambda: log.sink.gaps)
        (gap,) = log.sink.gaps
        assert gap.cause is Cause.link
        assert gap.start_ns == log.sink.rows(1)[-1][1]


def test_a_server_that_only_signs(tmp_path):
    """A first station file says so, and is logged with."""
    certificate, security = secured(tmp_path / "server")
    trusted(tmp_path, certificate)
    del security["users"]
    with Server("asyncua", tmp_path, tags=2, security=security | {"policies": ["Basic256Sha256 Sign"]}) as server:
        text = first_station(server.url, "signed", pki_of(str(tmp_path / "station.yaml")))
        assert "    security: Basic256Sha256\n    mode: Sign\n" in text
        found = make(check(load_text(text, str(tmp_path / "station.yaml"))), "plc").check(60.0)
        assert [one.trouble for one in found] == ["", ""]
