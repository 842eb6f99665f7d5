"""The client over TLS: it trusts what it was told to trust, and its logon is bound to the venue's certificate."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from engine.client import AsyncClient, NotLoggedOn, OrdStatus, Side
from tests.gateway.raw import KEYS, run, venue


def certificate(folder: Path) -> tuple[str, str]:
    """Write a certificate for loopback and its key."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ats-test")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start, start.replace(year=2120))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = builder.add_extension(alternative, critical=False).sign(key, SHA256())
    (folder / "cert.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(folder / "cert.pem"), str(folder / "key.pem")


@run
async def test_a_client_that_trusts_the_certificate_trades(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    async with venue(tls_cert=cert, tls_key=key) as server:
        address = "{}:{}".format(*server.address)
        async with AsyncClient(address, name="alice", key=KEYS["alice"], tls=cert) as alice:
            order = await alice.limit("AAPLx", Side.BUY, 1, 100).accepted()

            assert OrdStatus.NEW == order.status


@run
async def test_a_certificate_that_is_not_trusted_ends_the_try(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    async with venue(tls_cert=cert, tls_key=key) as server:
        address = "{}:{}".format(*server.address)
        with pytest.raises(NotLoggedOn, match=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed"):
            await AsyncClient(address, name="alice", key=KEYS["alice"], tls=True).connect()


@run
async def test_a_plain_client_at_a_tls_port_is_not_left_waiting(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    async with venue(tls_cert=cert, tls_key=key, logon_timeout_ms=200) as server:
        address = "{}:{}".format(*server.address)
        with pytest.raises((NotLoggedOn, TimeoutError)):
            await AsyncClient(address, name="alice", key=KEYS["alice"]).connect()


@run
async def test_a_context_of_the_users_own_is_used(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(cafile=cert)
    async with (
        venue(tls_cert=cert, tls_key=key) as server,
        AsyncClient("{}:{}".format(*server.address), name="alice", key=KEYS["alice"], tls=context) as alice,
    ):
        assert "ATS-TEST" == alice.venue
