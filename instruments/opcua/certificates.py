"""The logger's own certificate and the folder of server certificates it trusts.

A folder ``pki`` beside the station file holds everything::

    pki/own/logger.der        the certificate, to be given to the administrator of the server
    pki/own/logger.key        its private key, readable by this user only (mode 0600)
    pki/trusted/*.der, *.pem  server certificates, or those of the authority that signed them
    pki/rejected/*.der        what servers offered and nobody has trusted yet

Trusting a server is moving its file from ``rejected`` to ``trusted``, as in every OPC-UA product.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hydromet.errors import DeviceError

if TYPE_CHECKING:
    from pathlib import Path

_VALID = timedelta(days=3 * 365)
# A certificate is mentioned this long before it runs out.
WARN_AHEAD = timedelta(days=30)
_SMALLEST_KEY = 2048
_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-1 of the DER form in capitals: the name OPC-UA tools show a certificate by; no security hangs on it."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  # the standard's own identifier


def leading(der: bytes) -> bytes:
    """The first certificate of a chain: servers may send theirs with its issuers behind it."""
    certificate_length = int.from_bytes(der[2:4], "big") + 4 if der[1:2] == b"\x82" else len(der)
    return der[:certificate_length]


@dataclass(frozen=True)
class Pki:
    """The folder of keys and certificates of one station.

    Attributes:
        folder: ``pki`` beside the station file; made on first use.
        application_uri: the name of this application; the certificate repeats it and servers compare.
        trust: folder of trusted certificates, if it is not ``pki/trusted``.
    """

    folder: Path
    application_uri: str
    trust: Path | None = None

    @property
    def trusted(self) -> Path:
        """Folder of the server certificates that are trusted."""
        return self.trust or self.folder / "trusted"

    @property
    def certificate_file(self) -> Path:
        """The own certificate, DER."""
        return self.folder / "own" / "logger.der"

    @property
    def key_file(self) -> Path:
        """The own private key, PEM without a password, mode 0600."""
        return self.folder / "own" / "logger.key"

    def own(self, now: datetime | None = None) -> x509.Certificate:
        """The own certificate; it is made together with its key if there is none.

        A certificate that has run out is not replaced by itself: every server has to trust the new one first.

        Raises:
            DeviceError: E056, it cannot be read or has run out.
        """
        self._make_folders()
        if not self.certificate_file.exists() or not self.key_file.exists():
            self._make()
        if self.key_file.stat().st_mode & 0o077:
            self.key_file.chmod(_PRIVATE)
        certificate = self._read_own()
        if certificate.not_valid_after_utc <= (now or datetime.now(UTC)):
            raise DeviceError(
                "E056",
                read=f"{self.certificate_file}: ran out on {certificate.not_valid_after_utc:%Y-%m-%d}",
                expected="a certificate of the logger that is valid today",
                write=f"rm {self.certificate_file}",
            )
        return certificate

    def _make_folders(self) -> None:
        for folder in (self.folder / "own", self.folder / "rejected", self.trusted):
            try:
                folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            except OSError as error:
                raise DeviceError(
                    "E056",
                    read=f"{folder}: {error.strerror}",
                    expected="a folder beside the station file that the user of the logger may write to",
                    write=f"install -d -m 700 -o logger {self.folder}",
                ) from None

    def private_key(self) -> rsa.RSAPrivateKey:
        """The key of the own certificate.

        Raises:
            DeviceError: E056, it cannot be read or is none.
        """
        self._read_own()
        key = serialization.load_pem_private_key(self.key_file.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101  # for the type checker: checked just now
        return key

    def _read_own(self) -> x509.Certificate:
        try:
            certificate = x509.load_der_x509_certificate(self.certificate_file.read_bytes())
            key = serialization.load_pem_private_key(self.key_file.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise DeviceError(
                "E056",
                read=f"{self.certificate_file}: {error}",
                expected="a DER certificate and the PEM key that belongs to it",
                write=f"rm {self.certificate_file} {self.key_file}",
            ) from None
        if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
            raise DeviceError(
                "E056",
                read=f"{self.key_file}: not the key of {self.certificate_file}",
                expected="an RSA key that belongs to the certificate",
                write=f"rm {self.certificate_file} {self.key_file}",
            )
        return certificate

    def _make(self) -> None:
        from asyncua.crypto.cert_gen import dump_private_key_as_pem, generate_self_signed_app_certificate
        from cryptography.x509.oid import ExtendedKeyUsageOID

        if self.key_file.exists():
            key = serialization.load_pem_private_key(self.key_file.read_bytes(), password=None)
        else:
            key = rsa.generate_private_key(public_exponent=65537, key_size=_SMALLEST_KEY)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise DeviceError(
                "E056", read=f"{self.key_file}: no RSA key", expected="an RSA key", write=f"rm {self.key_file}"
            )
        names: list[x509.GeneralName] = [
            x509.UniformResourceIdentifier(self.application_uri),
            x509.DNSName(socket.gethostname()),
        ]
        certificate = generate_self_signed_app_certificate(
            key, f"hydromet@{socket.gethostname()}"[:64], {}, names, [ExtendedKeyUsageOID.CLIENT_AUTH], _VALID.days
        )
        write_private(self.key_file, dump_private_key_as_pem(key))
        self.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.DER))

    def expires_soon(self, now: datetime | None = None) -> datetime | None:
        """When the own certificate runs out, if that is within 30 days; else None."""
        if not self.certificate_file.exists():
            return None
        until = self._read_own().not_valid_after_utc
        return until if until - (now or datetime.now(UTC)) < WARN_AHEAD else None

    def check_server(self, der: bytes, url: str, now: datetime | None = None) -> x509.Certificate:
        """The server's certificate, if it is in date and trusted.

        It is trusted if the file itself lies in ``trusted``, or one there that signed it.

        Args:
            der: what the server offers as its certificate.
            url: where the server is, for the message.
            now: the time of the check; the present if left out.

        Raises:
            DeviceError: E053 not trusted (a copy is put into ``rejected``); E054 out of date; E063 unreadable.
        """
        try:
            certificate = x509.load_der_x509_certificate(leading(der))
        except ValueError as error:
            raise DeviceError(
                "E063", read=f"{url}: {error}", expected="an X.509 certificate of the server", write="security: None"
            ) from None
        name = thumbprint(certificate)
        if not self._trusted(certificate):
            copy = self.folder / "rejected" / f"{name}.der"
            self._make_folders()
            copy.write_bytes(certificate.public_bytes(serialization.Encoding.DER))
            raise DeviceError(
                "E053",
                read=f"{url}: certificate {name} of {certificate.subject.rfc4514_string()}",
                expected="a certificate that someone has compared with the server's and put into the trust folder",
                write=f"mv {copy} {self.trusted}",
            )
        moment = now or datetime.now(UTC)
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            raise DeviceError(
                "E054",
                read=f"{url}: certificate {name}, valid {certificate.not_valid_before_utc:%Y-%m-%d} "
                f"to {certificate.not_valid_after_utc:%Y-%m-%d}",
                expected=f"a certificate valid on {moment:%Y-%m-%d}",
                write="a new certificate, made on the server; or set the clock of this computer",
            )
        return certificate

    def _trusted(self, certificate: x509.Certificate) -> bool:
        for file in sorted(self.trusted.glob("*")):
            known = _load(file)
            if known is None:
                continue
            if known == certificate or _signed(certificate, known):
                return True
        return False


def _load(file: Path) -> x509.Certificate | None:
    try:
        raw = file.read_bytes()
        return x509.load_pem_x509_certificate(raw) if raw.startswith(b"-----") else x509.load_der_x509_certificate(raw)
    except (OSError, ValueError):
        return None


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``issuer`` is an authority, in date, that signed ``certificate``."""
    now = datetime.now(UTC)
    try:
        authority = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return authority and issuer.not_valid_before_utc <= now <= issuer.not_valid_after_utc


def write_private(file: Path, content: bytes) -> None:
    """Write a file that only this user can read, complete or not at all.

    Args:
        file: where.
        content: what.
    """
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
