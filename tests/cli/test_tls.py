"""Commands and a venue that speak TLS, with a certificate of the test's own making."""

import ipaddress
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.venues import ats, made_venue, serving


def secured(folder):
    """Give a venue's folder a certificate for loopback and turn TLS on."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "venue")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    (folder / "venue.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "venue.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    config = (folder / "venue.toml").read_text()
    (folder / "venue.toml").write_text(config.replace("# tls_cert", "tls_cert").replace("# tls_key", "tls_key"))
    return folder


def test_orders_travel_over_tls_and_strangers_certificates_are_refused(tmp_path):
    folder = secured(made_venue(tmp_path / "venue", "ann"))
    other = secured(made_venue(tmp_path / "other", "ann"))

    with serving(folder) as address:
        trusted = ats("buy", "AAPLx", "1", "@", "5", "--venue", folder, "--connect", address)
        distrusted = ats("orders", "--venue", folder, "--connect", address, "--ca", other / "venue.crt")

    assert (0, True) == (trusted.exit_code, "status  NEW" in trusted.stdout), trusted.output
    assert (2, True) == (distrusted.exit_code, "CERTIFICATE_VERIFY_FAILED" in distrusted.stderr), distrusted.output


@pytest.mark.parametrize(
    "way", [("--batch", 100, "--requests", 20_000), ("--rate", 5_000, "--requests", 1_000), ("--ping-pong", "--requests", 100)]
)
def test_a_load_travels_over_tls(tmp_path, way):
    folder = secured(made_venue(tmp_path / "venue", "ann", "bob"))
    config = folder / "venue.toml"
    settings = config.read_text().replace("# messages_per_s = 10000 ", "messages_per_s = 1000000 ")
    config.write_text(settings.replace("# cancels_per_s = 20000 ", "cancels_per_s = 1000000 "))

    with serving(folder) as address:
        call = ("load", "--venue", folder, "--connect", address, "--as", "ann", "--as", "bob", "--mix", "trade", "--price", "5")
        result = ats(*call, *way, "--json")

    assert 0 == result.exit_code, result.output
    told = json.loads(result.stdout)
    assert told["requests"] == told["answers"]["NEW"]
    assert told["trades"] >= told["requests"] // 2
