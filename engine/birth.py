"""What a venue was born with: the first record of its log, without which the rest of it cannot be understood."""

import struct
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256

import msgspec
from msgspec import Struct

FORMAT = 3
OLDER = {1: 104, 2: 112}  # formats of before, and how long their records were: behind a log's first one stood its birth
QTY_AT = 48  # in their records: how long the payload is


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
        raise _other(birth.format)
    return birth


def refuse_older(body: bytes) -> None:
    """Raise BirthFault if a log's first group has records of an older format, which would be read wrongly from their first byte on."""
    for older, size in OLDER.items():
        with suppress(msgspec.MsgspecError, UnicodeDecodeError, struct.error):
            (qty,) = struct.unpack_from("<q", body, QTY_AT)
            if qty > 0 and msgspec.msgpack.decode(body[size : size + qty], type=Birth).format == older:
                raise _other(older)


def _other(found: int) -> BirthFault:
    return BirthFault(f"the log has format {found}, and this program follows format {FORMAT}: use the program that wrote it")
