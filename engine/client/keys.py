"""The subscriber's Ed25519 key: read from what people have at hand, never written, never shown."""

import base64
import binascii
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

RAW_BYTES = 32

Key = Ed25519PrivateKey | bytes | str | Path


def load_key(key: Key) -> Ed25519PrivateKey:
    """Give the private key: itself, 32 raw bytes, PEM or base64 bytes, or the path of a file that holds one of these.

    ValueError where it is no Ed25519 key (the text never repeats the key), OSError where the file cannot be read.
    """
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, bytes):
        return _parse(key, "key")
    path = Path(key).expanduser()
    return _parse(path.read_bytes(), f"key file {path}")


def _parse(raw: bytes, what: str) -> Ed25519PrivateKey:
    if len(raw) == RAW_BYTES:
        return Ed25519PrivateKey.from_private_bytes(raw)
    if raw.lstrip().startswith(b"-----BEGIN"):
        found = load_pem_private_key(raw, password=None)
        if not isinstance(found, Ed25519PrivateKey):
            raise ValueError(f"{what} is not an Ed25519 private key: make one with `ats init` or `openssl genpkey -algorithm ed25519`")
        return found
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(raw.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise ValueError(f"{what} is neither PEM, nor 32 raw bytes, nor their base64") from None
