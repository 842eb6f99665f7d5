"""Keys, options, and what importing the client loads."""

import base64
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.client.keys import load_key
from engine.client.options import Retry, setup_of

RAW = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(RAW)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_importing_the_client_loads_neither_core_nor_server() -> None:
    program = (
        "import sys, engine.client\n"
        "ours = [name for name in sys.modules if name.startswith('engine')]\n"
        "print([name for name in ours if not name.startswith(('engine.client', 'engine.protocol', 'engine.matching', 'engine.venue'))])\n"
        "print([name for name in ours if not getattr(sys.modules[name], '__file__', '').endswith('.py')])\n"
        "print([name for name in ('uvloop', 'structlog', 'click', 'sortedcontainers') if name in sys.modules])\n"
        "print(sorted(name for name in ours if name.startswith(('engine.matching', 'engine.venue'))))\n"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60).stdout

    assert "['engine']\n[]\n[]\n['engine.matching', 'engine.matching.enums', 'engine.venue', 'engine.venue.records']\n" == printed


@pytest.mark.parametrize("form", [KEY, RAW, PEM, base64.b64encode(RAW) + b"\n"], ids=["object", "raw", "PEM", "base64"])
def test_keys_are_read_in_every_usual_form(form: Ed25519PrivateKey | bytes, tmp_path: Path) -> None:
    assert RAW == load_key(form).private_bytes_raw()
    if isinstance(form, bytes):
        (tmp_path / "key").write_bytes(form)
        assert RAW == load_key(tmp_path / "key").private_bytes_raw()
        assert RAW == load_key(str(tmp_path / "key")).private_bytes_raw()


def test_other_keys_are_refused_without_showing_them(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key").write_bytes(b"secret words")
    with pytest.raises(ValueError, match="not an Ed25519 private key"):
        load_key(other)
    with pytest.raises(ValueError, match="neither PEM, nor 32 raw bytes, nor their base64") as caught:
        load_key(tmp_path / "key")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "options", "why"),
    [
        ("127.0.0.1", {}, "address '127.0.0.1' is not HOST:PORT"),
        ("127.0.0.1:0", {}, "is not HOST:PORT"),
        ("h:1", {"heart_bt_int": 61}, "heart_bt_int 61 is not within 1 and 60"),
        ("h:1", {"resume": "some"}, "resume 'some' is neither 'new' nor 'all'"),
        ("h:1", {"hart_bt_int": 5}, "option 'hart_bt_int' is unknown"),
        ("h:1", {"name": ""}, "option 'name' must be given"),
    ],
)
def test_wrong_options_are_named(address: str, options: dict[str, object], why: str) -> None:
    with pytest.raises((ValueError, TypeError), match=why):
        setup_of(address, {"name": "alice", "key": RAW, **options})


def test_addresses_may_be_of_both_families() -> None:
    assert ("::1", 7001) == (setup_of("[::1]:7001", {"name": "a", "key": RAW}).host, setup_of("[::1]:7001", {"name": "a", "key": RAW}).port)


def test_tls_means_a_verified_peer_and_at_least_1_3() -> None:
    context = setup_of("h:1", {"name": "a", "key": RAW, "tls": True}).tls

    assert context is not None
    assert (ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED, True) == (context.minimum_version, context.verify_mode, context.check_hostname)


def test_waits_double_up_to_their_limit_and_are_spread() -> None:
    longest = Retry(first_s=0.1, limit_s=1.0, jitter=lambda: 1.0)
    shortest = Retry(first_s=0.1, limit_s=1.0, jitter=lambda: 0.0)

    assert [0.1, 0.2, 0.4, 0.8, 1.0, 1.0] == [longest.wait_s(attempt) for attempt in range(6)]
    assert [0.05, 0.1, 0.2, 0.4, 0.5, 0.5] == [shortest.wait_s(attempt) for attempt in range(6)]
    assert 1.0 == longest.wait_s(10_000)
