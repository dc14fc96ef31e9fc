"""Security of real servers: what works, and what is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hydromet.errors import DeviceError, StationError
from hydromet.source import load_text
from instruments import station
from instruments.opcua.source import make, pki_of
from tests.instruments.opcua.certificates import files
from tests.instruments.opcua.logger import station_text
from tests.instruments.opcua.servers import URI, Server, free_port, why_no_node

POLICIES = ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"]
NO_NODE = why_no_node()
USER = ", user: logger, password: {environment: OPCUA_TEST_PASSWORD}"
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("OPCUA_TEST_PASSWORD", "right")


def source(folder, url, more):
    """A source whose station lies in ``folder``."""
    text = station_text(url, ["T0", "T1"], uri=URI, more=more)
    return make(station.check(load_text(text, str(folder / "station.yaml"))), "plc")


def client(folder):
    """The client's certificate folder, made beforehand so that a server can be told of it."""
    pki = pki_of(str(folder / "station.yaml"))
    pki.own()
    return pki


def trust(pki, certificate):
    (pki.trusted / "server.der").write_bytes(certificate.read_bytes())


def refused(folder, url, more):
    with pytest.raises(DeviceError) as caught:
        source(folder, url, more).check(PATIENCE)
    return caught.value


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """asyncua with all policies, a user, and a list of clients it trusts."""
    folder = tmp_path_factory.mktemp("secured")
    certificate, key = files(folder)
    known = client(folder)
    security = {
        "policies": ["None", *POLICIES],
        "certificate": str(certificate),
        "key": str(key),
        "users": {"logger": "right"},
        "trusted": [str(known.certificate_file)],
    }
    with Server("asyncua", folder, tags=2, security=security) as server:
        trust(known, certificate)
        yield server, folder, certificate


@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_with_a_user(secured, policy):
    server, folder, _ = secured
    found = source(folder, server.url, f", security: {policy}{USER}").check(PATIENCE)
    assert [one.tag for one in found] == ["T0", "T1"]
    assert all(one.reading and one.reading.value >= 0 for one in found)


def test_wrong_password_in_words(secured, monkeypatch):
    server, folder, _ = secured
    monkeypatch.setenv("OPCUA_TEST_PASSWORD", "wrong")
    error = refused(folder, server.url, f", security: Basic256Sha256{USER}")
    assert error.code == "E057"
    assert "logger" in error.read
    assert "wrong" not in str(error)


def test_no_password_to_be_found(secured, monkeypatch):
    server, folder, _ = secured
    monkeypatch.delenv("OPCUA_TEST_PASSWORD")
    assert refused(folder, server.url, f", security: Basic256Sha256{USER}").code == "E041"


def test_an_anonymous_client_of_a_server_with_users(secured):
    server, folder, _ = secured
    assert refused(folder, server.url, ", security: Basic256Sha256").code == "E059"


def test_a_client_the_server_does_not_trust(secured, tmp_path):
    server, _, certificate = secured
    stranger = client(tmp_path)
    trust(stranger, certificate)
    error = refused(tmp_path, server.url, f", security: Basic256Sha256{USER}")
    assert error.code == "E055"
    assert str(stranger.own().subject) not in error.expected
    assert "thumbprint" in error.expected


def test_a_server_the_client_does_not_trust(secured, tmp_path):
    server, _, certificate = secured
    error = refused(tmp_path, server.url, f", security: Basic256Sha256{USER}")
    assert error.code == "E053"
    (rejected,) = (tmp_path / "pki" / "rejected").iterdir()
    assert rejected.read_bytes() == certificate.read_bytes()


def test_an_expired_server(tmp_path):
    now = datetime.now(UTC)
    old, key = files(tmp_path / "server", begin=now - timedelta(days=9), end=now - timedelta(days=2))
    known = client(tmp_path)
    trust(known, old)
    security = {"policies": ["Basic256Sha256"], "certificate": str(old), "key": str(key)}
    with Server("asyncua", tmp_path, tags=2, security=security) as server:
        assert refused(tmp_path, server.url, ", security: Basic256Sha256").code == "E054"


def test_a_policy_the_server_does_not_offer(tmp_path):
    with Server("asyncua", tmp_path, tags=2) as server:
        error = refused(tmp_path, server.url, ", security: Aes256_Sha256_RsaPss")
    assert error.code == "E051"
    assert "None" in error.expected


def test_nobody_there(tmp_path):
    error = refused(tmp_path, f"opc.tcp://127.0.0.1:{free_port()}", ", security: None")
    assert error.code == "E050"


def test_a_password_is_never_sent_in_clear_text(tmp_path):
    with pytest.raises(StationError) as caught:
        source(tmp_path, "opc.tcp://127.0.0.1:4840", f", security: None{USER}")
    assert caught.value.code == "E007"
    with pytest.raises(DeviceError) as later:
        source(tmp_path, "opc.tcp://127.0.0.1:4840", f", security: Basic256Sha256, mode: Sign{USER}")
    assert later.value.code == "E052"


def test_python_opcua_secured(tmp_path):
    certificate, key = files(tmp_path / "server", "urn:freeopcua:python:server")
    trust(client(tmp_path), certificate)
    security = {
        "policies": ["Basic256Sha256"],
        "certificate": str(certificate),
        "key": str(key),
        "users": {"logger": "right"},
    }
    with Server("opcua", tmp_path, tags=2, security=security) as server:
        found = source(tmp_path, server.url, f", security: Basic256Sha256{USER}").check(PATIENCE)
        assert all(one.reading and one.reading.value >= 0 for one in found)


@pytest.mark.skipif(bool(NO_NODE), reason=NO_NODE)
def test_node_opcua_secured(tmp_path, monkeypatch):
    security = {"policies": POLICIES, "users": {"logger": "right"}}
    known = client(tmp_path)
    with Server("node", tmp_path, tags=2, security=security) as server:
        assert refused(tmp_path, server.url, f", security: {POLICIES[0]}{USER}").code == "E053"
        (rejected,) = (known.folder / "rejected").iterdir()
        rejected.rename(known.trusted / rejected.name)
        for policy in POLICIES:
            found = source(tmp_path, server.url, f", security: {policy}{USER}").check(PATIENCE)
            assert all(one.reading and one.reading.value >= 0 for one in found)
        monkeypatch.setenv("OPCUA_TEST_PASSWORD", "wrong")
        assert refused(tmp_path, server.url, f", security: {POLICIES[0]}{USER}").code == "E057"


@pytest.mark.skipif(bool(NO_NODE), reason=NO_NODE)
def test_node_opcua_that_does_not_trust_the_client(tmp_path):
    known = client(tmp_path)
    with Server("node", tmp_path, tags=2, security={"policies": POLICIES[:1]}, strict=True) as server:
        assert refused(tmp_path, server.url, f", security: {POLICIES[0]}").code == "E053"
        (rejected,) = (known.folder / "rejected").iterdir()
        rejected.rename(known.trusted / rejected.name)
        error = refused(tmp_path, server.url, f", security: {POLICIES[0]}")
        assert error.code == "E055", error
        # What every operator does next: hand the certificate to the server.
        (tmp_path / "node-pki" / "trusted" / "certs" / "logger.pem").write_bytes(known.own().public_bytes(Encoding.PEM))


def test_the_password_is_in_no_file(secured):
    _, folder, _ = secured
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix != ".log":
            assert b"right" not in file.read_bytes(), file
