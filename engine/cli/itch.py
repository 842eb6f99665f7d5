"""Nasdaq TotalView-ITCH 5.0 files as typed messages: the eight that build a book; the rest are passed over.

A file is a run of messages, each behind its length in two bytes, all big-endian.  Timestamps take six bytes in the standard layout and
eight in the one of re-gridded slices, whose prices are in cents instead of 1e-4 dollars; both follow from the length of a message of known
type.  Prices come out in 1e-4 dollars, the venue's unit.  Pure but for reading the file, which may be gzipped.
"""

import gzip
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

CENT = 100

_SHORT_TS = 6
_LONG_TS = 8
_TYPE_AND_LOCATE = struct.Struct(">BH")
_GZIP_MAGIC = b"\x1f\x8b"


class ItchError(ValueError):
    """The file is not a run of ITCH messages; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Add:
    """A or F: an order came to rest."""

    locate: int
    ref: int
    buy: bool
    shares: int
    stock: str
    price: int


@dataclass(frozen=True, slots=True)
class Execute:
    """E or C: a resting order was executed; C at another price than its own, which makes no difference to the book."""

    locate: int
    ref: int
    shares: int


@dataclass(frozen=True, slots=True)
class Reduce:
    """X: some of a resting order was canceled; the rest keeps its place."""

    locate: int
    ref: int
    shares: int


@dataclass(frozen=True, slots=True)
class Delete:
    """D: what was left of a resting order was canceled."""

    locate: int
    ref: int


@dataclass(frozen=True, slots=True)
class Replace:
    """U: an order left and another took its side with a new reference, quantity and price, behind all others at that price."""

    locate: int
    ref: int
    new_ref: int
    shares: int
    price: int


@dataclass(frozen=True, slots=True)
class HiddenTrade:
    """P: an order that the feed never showed was executed."""

    locate: int


Message = Add | Execute | Reduce | Delete | Replace | HiddenTrade

# What follows the timestamp, and the length of the standard message.
_BODIES = {
    ord("A"): (struct.Struct(">QcI8sI"), 36),
    ord("F"): (struct.Struct(">QcI8sI4x"), 40),
    ord("E"): (struct.Struct(">QI8x"), 31),
    ord("C"): (struct.Struct(">QI8xc4x"), 36),
    ord("X"): (struct.Struct(">QI"), 23),
    ord("D"): (struct.Struct(">Q"), 19),
    ord("U"): (struct.Struct(">QQII"), 35),
    ord("P"): (struct.Struct(">33x"), 44),
}
_HEAD = 5  # type, locate, tracking number


def messages(file: IO[bytes]) -> Iterator[Message]:
    """Yield the messages of a file opened for reading; ItchError at the first that cannot be read."""
    at = 0
    while head := file.read(2):
        length = int.from_bytes(head, "big")
        raw = file.read(length)
        if len(head) < 2 or not length or len(raw) < length:
            raise ItchError(f"byte {at}: a message announced with {head!r} has {len(raw)} bytes; the file is damaged or cut off")
        message = parse(raw, at + 2)
        if message is not None:
            yield message
        at += 2 + length


def parse(raw: bytes, at: int = 0) -> Message | None:
    """Read one message without its length, or None for a type that no book needs; `at` is its place in the file, for errors."""
    body = _BODIES.get(raw[0])
    if body is None:
        return None
    layout, standard = body
    extra = len(raw) - standard
    if extra not in (0, _LONG_TS - _SHORT_TS):
        raise ItchError(
            f"byte {at}: message {chr(raw[0])} has {len(raw)} bytes; "
            f"it takes {standard} with timestamps of 6 bytes and {standard + 2} with timestamps of 8"
        )
    kind, locate = _TYPE_AND_LOCATE.unpack_from(raw)
    fields = layout.unpack_from(raw, _HEAD + _SHORT_TS + extra)
    unit = CENT if extra else 1
    match kind:
        case 0x41 | 0x46:
            return _add(locate, fields, unit, at)
        case 0x45 | 0x43:
            return Execute(locate, fields[0], fields[1])
        case 0x58:
            return Reduce(locate, fields[0], fields[1])
        case 0x44:
            return Delete(locate, fields[0])
        case 0x55:
            return Replace(locate, fields[0], fields[1], fields[2], fields[3] * unit)
        case _:
            return HiddenTrade(locate)


def open_itch(path: Path) -> IO[bytes]:
    """Open a file for `messages`, unpacking it on the way where it is gzipped."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def _add(locate: int, fields: tuple[int, bytes, int, bytes, int], unit: int, at: int) -> Add:
    ref, side, shares, stock, price = fields
    if side not in (b"B", b"S"):
        raise ItchError(f"byte {at}: side {side!r} of order {ref} is neither B nor S")
    return Add(locate, ref, side == b"B", shares, stock.decode("latin-1").rstrip(), price * unit)
