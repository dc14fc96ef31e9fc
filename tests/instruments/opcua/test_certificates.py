"""Own certificate, trust folder, dates; nothing here needs a server."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hydromet.errors import DeviceError
from instruments.opcua.certificates import Pki, leading, thumbprint
from instruments.opcua.session import Saved
from tests.instruments.opcua.certificates import authority, certificate

URL = "opc.tcp://127.0.0.1:4840"


@pytest.fixture
def pki(tmp_path):
    return Pki(tmp_path / "pki", "urn:test:logger")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_own_certificate_is_made_once_and_private(pki):
    first = pki.own()
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:test:logger"]
    assert first.public_key().key_size >= 2048
    assert mode(pki.key_file) == 0o600
    assert pki.own() == first
    pki.key_file.chmod(0o644)
    pki.own()
    assert mode(pki.key_file) == 0o600


def test_own_certificate_that_ran_out_is_not_replaced_in_silence(pki):
    until = pki.own().not_valid_after_utc
    with pytest.raises(DeviceError) as caught:
        pki.own(now=until + timedelta(days=1))
    assert caught.value.code == "E056"
    assert f"{until:%Y-%m-%d}" in caught.value.read
    assert pki.expires_soon(now=until - timedelta(days=29)) == until
    assert pki.expires_soon(now=until - timedelta(days=31)) is None


def test_a_key_of_somebody_else_is_refused(pki, tmp_path):
    pki.own()
    other = Pki(tmp_path / "other", "urn:test:logger")
    other.own()
    pki.key_file.write_bytes(other.key_file.read_bytes())
    with pytest.raises(DeviceError) as caught:
        pki.own()
    assert caught.value.code == "E056"


def test_a_folder_that_cannot_be_made(pki):
    pki.folder.write_text("a file where the folder should be")
    with pytest.raises(DeviceError) as caught:
        pki.own()
    assert caught.value.code == "E056"
    assert str(pki.folder) in caught.value.read


def test_unknown_server_goes_to_the_rejected_and_is_trusted_from_there(pki):
    server, _ = certificate("urn:server")
    der = server.public_bytes(Encoding.DER)
    with pytest.raises(DeviceError) as caught:
        pki.check_server(der, URL)
    assert caught.value.code == "E053"
    assert thumbprint(server) in caught.value.read
    _, source, target = caught.value.write.split()
    pki.own()
    (pki.folder.parent / source).rename(pki.folder.parent / target / "it.der")
    assert pki.check_server(der, URL) == server


def test_server_signed_by_a_trusted_authority(pki):
    root, root_key = authority("CN=plant")
    server, _ = certificate("urn:server", issuer=root, issuer_key=root_key)
    pki.own()
    (pki.trusted / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    chain = server.public_bytes(Encoding.DER) + root.public_bytes(Encoding.DER)
    assert pki.check_server(chain, URL) == server
    forged, _ = certificate("urn:server", issuer=root, issuer_key=authority("CN=plant")[1])
    with pytest.raises(DeviceError) as caught:
        pki.check_server(forged.public_bytes(Encoding.DER), URL)
    assert caught.value.code == "E053"


@pytest.mark.parametrize("days", [(-20, -10), (5, 10)])
def test_dates_of_a_trusted_server(pki, days):
    now = datetime.now(UTC)
    server, _ = certificate("urn:server", begin=now + timedelta(days=days[0]), end=now + timedelta(days=days[1]))
    pki.own()
    (pki.trusted / "it.der").write_bytes(server.public_bytes(Encoding.DER))
    with pytest.raises(DeviceError) as caught:
        pki.check_server(server.public_bytes(Encoding.DER), URL)
    assert caught.value.code == "E054"


def test_no_certificate_at_all(pki):
    with pytest.raises(DeviceError) as caught:
        pki.check_server(b"", URL)
    assert caught.value.code == "E063"


def test_only_the_first_of_a_chain_counts():
    one, _ = certificate("urn:one")
    two, _ = certificate("urn:two")
    assert leading(one.public_bytes(Encoding.DER) + two.public_bytes(Encoding.DER)) == one.public_bytes(Encoding.DER)


def test_session_file_is_private_and_whole(tmp_path):
    file = tmp_path / "plc.session"
    Saved(url=URL, nonce="ab", gap={"T": 5}).write(file)
    assert mode(file) == 0o600
    assert Saved.read(file).nonce == "ab"
    assert Saved.read(file).gap == {"T": 5}
    file.write_text('{"nonce": ')
    assert Saved.read(file) == Saved()
