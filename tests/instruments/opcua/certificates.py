"""Certificates of servers, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def _build(subject, names, public, *, issuer=None, signer, begin=None, end=None, ca=False):
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin or now - timedelta(days=1))
        .not_valid_after(end or now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=True,
                data_encipherment=True,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=ca,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def authority(name):
    key = _key()
    return _build(name, [], key.public_key(), signer=key, ca=True), key


def certificate(uri, *, issuer=None, issuer_key=None, begin=None, end=None):
    key = _key()
    names = [x509.UniformResourceIdentifier(uri), x509.DNSName("localhost")]
    signer = issuer_key or key
    return _build("server", names, key.public_key(), issuer=issuer, signer=signer, begin=begin, end=end), key


def files(folder: Path, uri: str = "urn:hydromet:simulated:server", **dates) -> tuple[Path, Path]:
    """DER certificate and PEM key of a server."""
    one, key = certificate(uri, **dates)
    folder.mkdir(parents=True, exist_ok=True)
    der, pem = folder / "server.der", folder / "server.pem"
    der.write_bytes(one.public_bytes(serialization.Encoding.DER))
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return der, pem
