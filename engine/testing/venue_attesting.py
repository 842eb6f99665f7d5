"""The attestors of a venue's scripts: each has a key that follows from his name, and signs the text that the rulebook asks for."""

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.testing.venue_story import decimal

SECOND = 1_000_000_000


def key_of(attestor: str) -> Ed25519PrivateKey:
    """Return the key of an attestor."""
    return Ed25519PrivateKey.from_private_bytes(attestor.encode().ljust(32, b"."))


def public_key_of(attestor: str) -> bytes:
    """Return what the venue knows an attestor by."""
    return key_of(attestor).public_key().public_bytes_raw()


def signed(fields: dict[str, Any]) -> bytes:
    """Return the attestor's signature over the fields of his attestation."""
    return key_of(fields["attestor"]).sign(attested(fields))


def attested(fields: dict[str, Any]) -> bytes:
    """Return the text of an attestation; its times are whole seconds."""
    said = {
        "instrument": fields["instrument"],
        "attestor": fields["attestor"],
        "custodian": fields["custodian"],
        "shares": decimal(fields["shares"]),
        "in transit": decimal(fields.get("in_transit", 0)),
        "as of": _utc(fields["as_of_ns"]),
        "valid until": _utc(fields["valid_until_ns"]),
    }
    return "".join(["ats attestation 1\n", *(f"{name}: {value}\n" for name, value in said.items())]).encode()


def _utc(ts_ns: int) -> str:
    return datetime.fromtimestamp(ts_ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
