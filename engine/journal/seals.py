"""Seals of closed segments: what a segment holds, its SHA-256, and a signature, in a small text file beside it.

Each seal names the SHA-256 of the one before it, so that the last one vouches for all: whoever keeps a copy of it elsewhere finds any
later change, even by one who has the key.  The first line of the file is what was signed, the second the signature.
"""

from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from engine.journal.records import JournalCorrupt, Tip

DOMAIN = b"ats-journal-seal-v1\n"
UNSIGNED = "unsigned"


class Seal(Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed of a closed segment; its chain ends with `last_seq` and `frame_hash`."""

    segment: int
    first_seq: int
    last_seq: int
    frames: int
    bytes: int
    epoch: int
    frame_hash: int
    sha256: str
    previous: str  # SHA-256 of the first line of the seal before, "" in the first

    @property
    def tip(self) -> Tip:
        return Tip(next_seq=self.last_seq + 1, prev_hash=self.frame_hash, epoch=self.epoch)


def write_seal(seal: Seal, key: Ed25519PrivateKey | None) -> bytes:
    """Return the file of a seal."""
    line = msgspec.json.encode(seal)
    signature = key.sign(DOMAIN + line).hex() if key else UNSIGNED
    return line + b"\n" + signature.encode() + b"\n"


def read_seal(name: str, text: bytes, key: Ed25519PublicKey | None = None) -> Seal:
    """Return the seal that a file holds.  JournalCorrupt if it holds none, or with a key: if the node of that key did not sign it."""
    line, _, rest = text.partition(b"\n")
    try:
        seal = msgspec.json.decode(line, type=Seal)
        signature = b"" if rest == UNSIGNED.encode() + b"\n" else bytes.fromhex(rest.decode())
    except (msgspec.DecodeError, ValueError) as error:
        raise JournalCorrupt(name, 0, f"this is no seal: {error}") from None
    if msgspec.json.encode(seal) != line or (signature and rest != signature.hex().encode() + b"\n"):
        raise JournalCorrupt(name, 0, "this is not how a seal is written")
    if key:
        try:
            key.verify(signature, DOMAIN + line)
        except InvalidSignature:
            raise JournalCorrupt(name, len(line) + 1, "the signature is not that of the node's key") from None
    return seal


def digest(text: bytes) -> str:
    """Return what the next seal says of the seal in this file."""
    return sha256(text.partition(b"\n")[0]).hexdigest()
