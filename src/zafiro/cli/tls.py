"""A private certificate authority and a server certificate, made on first start.

Azure's clients refuse to send bearer tokens over plain HTTP (azure-core 1.41), so there is no way
around TLS. The authority signs nothing but this server, lies in the home, and is trusted only by
processes that `zafiro env` or `zafiro exec` points at it.
"""

import ipaddress
import os
import socket
from datetime import timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from zafiro.core import clock

_YEARS = timedelta(days=3650)
_SERVER = timedelta(days=397)  # clients distrust longer ones


def ensure(folder: Path, hosts: list[str]) -> None:
    """Make what is missing in `folder`: ca.pem, ca.key, server.pem, server.key, bundle.pem.

    The server's certificate is made anew when it ends within 30 days or lacks one of `hosts`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "ca.pem").exists():
        _make_authority(folder)
    if not _good(folder / "server.pem", hosts):
        _make_server(folder, hosts)
    bundle = (folder / "ca.pem").read_text() + _system()
    if not (folder / "bundle.pem").exists() or (folder / "bundle.pem").read_text() != bundle:
        (folder / "bundle.pem").write_text(bundle)


def _system() -> str:
    """The certificates this machine trusts already: jobs and clients still reach the Internet."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        path = Path(os.environ.get(name) or "/nonexistent")
        if path.is_file() and path.name != "bundle.pem":
            return path.read_text()
    return Path(certifi.where()).read_text()


def _make_authority(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"Zafiro private CA on {socket.gethostname()}")]
    )
    at = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.key", _pem(key), private=True)
    _write(folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM))


def _make_server(folder: Path, hosts: list[str]) -> None:
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    at = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + _SERVER)
        .add_extension(x509.SubjectAlternativeName([_alternative(h) for h in hosts]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    _write(folder / "server.key", _pem(key), private=True)
    _write(folder / "server.pem", certificate.public_bytes(serialization.Encoding.PEM))


def _good(path: Path, hosts: list[str]) -> bool:
    if not path.exists():
        return False
    kept = x509.load_pem_x509_certificate(path.read_bytes())
    names = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    until = kept.not_valid_after_utc
    return until > clock.now() + timedelta(days=30) and {_alternative(h) for h in hosts} <= set(
        names
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, *, private: bool = False) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600 if private else 0o644), "wb") as file:
        file.write(content)
