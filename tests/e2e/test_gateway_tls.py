"""TLS 1.3 with a certificate of our own making, and plain TCP where it may be."""

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from engine.matching.enums import ExecType
from engine.protocol.messages import Logon, Logout, LogoutCode
from tests.gateway.raw import Raw, logon_of, run, signed, venue


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return the paths of a self-signed certificate for localhost and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = tmp_path / "venue.crt", tmp_path / "venue.key"
    cert_path.write_bytes(built.public_bytes(Encoding.PEM))
    key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return cert_path, key_path


def trusting(cert: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(cert))
    context.check_hostname = False
    return context


@run
async def test_session_over_tls_is_bound_to_the_certificate(certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    async with venue(tls_cert=str(cert), tls_key=str(key)) as server:
        alice = await Raw.connect(server, trusting(cert), cert)
        version = alice.writer.get_extra_info("ssl_object").version()
        answer = await alice.ask(signed(logon_of("alice"), alice.nonce, alice.certificate))
        alice.name = "alice"
        report = await alice.ask(alice.order())
        relayed = await Raw.connect(server, trusting(cert))
        refusal = await relayed.ask(signed(logon_of("bob"), relayed.nonce))

        assert "TLSv1.3" == version
        assert isinstance(answer, Logon)
        assert ExecType.NEW == report.exec_type
        assert isinstance(refusal, Logout)
        assert LogoutCode.LOGON_REFUSED == refusal.code


@run
async def test_older_tls_and_plain_bytes_are_refused(certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    async with venue(tls_cert=str(cert), tls_key=str(key)) as server:
        old = trusting(cert)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await Raw.connect(server, old)
        alice = await Raw.connect(server, trusting(cert), cert)

        assert 32 == len(alice.nonce)
