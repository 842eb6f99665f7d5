"""What a venue was born with: the first record of its log, without which the rest of it cannot be understood."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

FORMAT = 1


class BirthFault(ValueError):
    """The first record of a log is not what this program can follow; says why."""


class Birth(Struct, frozen=True):
    """A venue's name, the limits that were allocated, and the acts with which it begins: how many there are, and the SHA-256 of all.

    The acts are the commands behind the birth, and nobody can log on before the last of them.  `format` is that of the log's records.
    """

    venue: str
    limits: dict[str, int]
    acts: int = 0
    acts_hash: str = ""
    format: int = FORMAT


def of(venue: str, limits: dict[str, int], acts: Sequence[bytes]) -> Birth:
    """Return the birth of a venue that begins with these packed acts."""
    digest = sha256()
    for payload in acts:
        digest.update(len(payload).to_bytes(8, "little") + payload)
    return Birth(venue, limits, len(acts), digest.hexdigest())


def encode(birth: Birth) -> bytes:
    """Return the payload of a BIRTH command."""
    return msgspec.msgpack.encode(birth)


def decode(payload: bytes) -> Birth:
    """Return what a BIRTH command's payload says.  Raises BirthFault."""
    try:
        birth = msgspec.msgpack.decode(payload, type=Birth)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BirthFault(f"the first record of the log does not tell of a venue's birth: {error}") from error
    if birth.format != FORMAT:
        raise BirthFault(f"the log has format {birth.format}, and this program follows format {FORMAT}: use the program that wrote it")
    return birth
