"""A venue's folder: `venue.toml` and `keys/NAME.pem` of subscribers that trade from this machine.

It is what `ats init` writes and what the trading commands read, so that they can say `--as alice` and nothing else.
"""

import base64
import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

CONFIG = "venue.toml"
KEYS = "keys"


def key_path(folder: Path, name: str) -> Path:
    """Return where a subscriber's private key is kept."""
    return folder / KEYS / f"{name}.pem"


def key_names(folder: Path) -> list[str]:
    """Name the subscribers whose keys are in the folder."""
    return sorted(path.stem for path in (folder / KEYS).glob("*.pem"))


def make_keys(folder: Path, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return names and base64 public keys, making the keys that are not there yet; only their owner may read the files."""
    (folder / KEYS).mkdir(mode=0o700, parents=True, exist_ok=True)
    return [(name, _public_key(key_path(folder, name))) for name in names]


def _public_key(path: Path) -> str:
    if path.exists():
        loaded = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(loaded, Ed25519PrivateKey):
            raise ValueError(f"{path} is not an Ed25519 key")
        key = loaded
    else:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
