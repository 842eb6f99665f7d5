"""A workload file as packed commands of the book, and the book's events as the canonical report text.

The file is a header and fixed records of 40 bytes: new, cancel or modify.  A new order enters as LIMIT, GTC or IOC; its id is the
client's order id, so a cancel or modify names the order by it and no table is kept here.  Columns are copied from records to commands
and back by strided views, which is what lets plain Python feed a core that takes tens of nanoseconds a message.

Prices are the file's own ticks, any signed number; they are shifted where they would leave the book's range.
Pure but for reading the file: no clock, no terminal.
"""

import lzma
import struct
from array import array
from collections.abc import Iterable, Iterator
from itertools import compress, islice
from operator import lt, mul
from pathlib import Path

from engine.matching.enums import CommandFlag, CommandKind, ExecType, Liquidity, OrdType, Reason, Side, TimeInForce

MAGIC = 0x4D4542575F303031
VERSION = 1
HEADER = struct.Struct("<QII")
RECORD = struct.Struct("<BBBBIQQqq")
REACH = 2**26 - 1
COMMAND_BYTES = 112
COMMAND_WORDS = 14
EVENT_WORDS = 12

NEW, CANCEL, MODIFY = 0, 1, 2

_XZ_MAGIC = b"\xfd7zXZ\x00"
_KIND = bytes([CommandKind.ENTER, CommandKind.CANCEL, CommandKind.REPLACE]).ljust(256, b"\0")
_FLAGS = bytes([0, 0, CommandFlag.REENTER]).ljust(256, b"\0")
_SIDE = bytes([Side.BUY, Side.SELL]).ljust(256, b"\0")
_TIF = bytes([TimeInForce.GTC]) + bytes([TimeInForce.IOC]) * 255
_IS_NEW = bytes([1]).ljust(256, b"\0")
_NOT_CANCEL = bytes([1, 0, 1]).ljust(256, b"\0")


class WorkloadError(ValueError):
    """The file is not a workload, or holds a record that has no meaning; the text names the record and the rule."""


class Workload:
    """The columns of a workload file; `shift` is added to the book's prices to get the file's."""

    def __init__(self, records: bytes) -> None:
        self.count = len(records) // RECORD.size
        words = memoryview(records).cast("Q")
        self.kinds = records[0 :: RECORD.size]
        self.sides = records[1 :: RECORD.size]
        self.iocs = records[2 :: RECORD.size]
        self.quantities = memoryview(records).cast("I")[1::10]
        self.sequences = words[1::5]
        self.order_ids = words[2::5]
        self.prices = memoryview(records).cast("q")[3::5]
        self.low, self.high = self._price_range()
        self.shift = 0 if self.low >= 1 and self.high <= REACH else self.low - 1
        self._check()

    @property
    def news(self) -> int:
        """How many orders can at most be open at once."""
        return self.kinds.count(NEW)

    @property
    def top(self) -> int:
        """The highest price that the book must reach."""
        return max(1, self.high - self.shift)

    @property
    def in_order(self) -> bool:
        """Whether sequence numbers rise from record to record, so that reports need no sorting."""
        return all(map(lt, self.sequences, islice(iter(self.sequences), 1, None)))

    def commands(self, start: int, stop: int) -> bytearray:
        """Pack the records from `start` up to `stop` as commands of the book."""
        count = stop - start
        kinds = self.kinds[start:stop]
        packed = bytearray(COMMAND_BYTES * count)
        words = memoryview(packed).cast("Q")
        ids = self.order_ids[start:stop]
        words[1::COMMAND_WORDS] = self.sequences[start:stop]
        words[2::COMMAND_WORDS] = memoryview(array("Q", map(mul, ids, kinds.translate(_IS_NEW))))
        words[3::COMMAND_WORDS] = ids
        memoryview(packed).cast("q")[5::COMMAND_WORDS] = self._book_prices(start, stop)
        memoryview(packed).cast("I")[12 :: 2 * COMMAND_WORDS] = self.quantities[start:stop]
        words[9::COMMAND_WORDS] = memoryview(array("Q", [1 | 1 << 32]) * count)
        words[10::COMMAND_WORDS] = memoryview(array("Q", [1]) * count)
        packed[88::COMMAND_BYTES] = kinds.translate(_KIND)
        packed[90::COMMAND_BYTES] = bytes([OrdType.LIMIT]) * count
        packed[91::COMMAND_BYTES] = self.iocs[start:stop].translate(_TIF)
        packed[94::COMMAND_BYTES] = kinds.translate(_FLAGS)
        # Only a new order speaks of its side: files exist whose cancels leave it blank.
        packed[89::COMMAND_BYTES] = bytes(map(mul, self.sides[start:stop].translate(_SIDE), kinds.translate(_IS_NEW)))
        return packed

    def reports(self, start: int, stop: int, ends: Iterable[int], events: memoryview) -> Iterator[str]:
        """Yield the canonical lines of the records from `start` up to `stop`, whose events end where `ends` says."""
        raw = events.tobytes()
        kinds, sides, roles, reasons = (raw[at::96] for at in (92, 93, 94, 95))
        words = memoryview(raw).cast("q")
        makers = memoryview(raw).cast("Q")[2::EVENT_WORDS].tolist()
        prices, last_prices, last_quantities = (words[at::EVENT_WORDS].tolist() for at in (4, 8, 9))
        # Plain integers: comparing with an enum's attribute costs as much as formatting the line.
        accepted, canceled, trade, maker = int(ExecType.NEW), int(ExecType.CANCELED), int(ExecType.TRADE), int(Liquidity.MAKER)
        shift = self.shift
        at = 0
        rows = zip(
            self.sequences[start:stop].tolist(),
            self.order_ids[start:stop].tolist(),
            self.prices[start:stop].tolist(),
            self.quantities[start:stop].tolist(),
            ends,
            strict=True,
        )
        for seq, order_id, price, qty, end in rows:
            last = ""
            while at < end:
                kind = kinds[at]
                if kind == accepted:
                    yield f"0,{seq},{sides[at] - 1},{order_id},{price},{qty}"
                elif kind == canceled:
                    yield f"2,{seq},{sides[at] - 1},{order_id},{prices[at] + shift}"
                elif kind == trade:
                    if roles[at] == maker:
                        yield f"1,{seq},{last_prices[at] + shift},{last_quantities[at]},{makers[at]},{order_id}"
                elif kind == ExecType.REPLACED:
                    last = f"3,{seq},{sides[at] - 1},{order_id},{price},{qty}"
                elif kind == ExecType.CANCEL_REJECTED:
                    yield f"{3 + roles[at]},{seq},{order_id}"
                else:
                    raise WorkloadError(_refused(seq, order_id, reasons[at]))
                at += 1
            if last:
                yield last

    def _book_prices(self, start: int, stop: int) -> memoryview:
        if not self.shift:
            return self.prices[start:stop]
        # A cancel's price means nothing and may be far outside the range of the others.
        wanted = self.kinds[start:stop].translate(_NOT_CANCEL)
        asked = (price - self.shift if want else 0 for price, want in zip(self.prices[start:stop], wanted, strict=True))
        return memoryview(array("q", asked))

    def _price_range(self) -> tuple[int, int]:
        priced = array("q", compress(self.prices, self.kinds.translate(_NOT_CANCEL)))
        return (min(priced), max(priced)) if priced else (1, 1)

    def _check(self) -> None:
        if self.kinds and max(self.kinds) > MODIFY:
            at = next(i for i, kind in enumerate(self.kinds) if kind > MODIFY)
            raise WorkloadError(f"record {at}: type {self.kinds[at]} is not 0 (new), 1 (cancel) or 2 (modify)")
        if self.sides and max(self.sides) > 1:
            at = next(i for i, side in enumerate(self.sides) if side > 1)
            raise WorkloadError(f"record {at}: side {self.sides[at]} is not 0 (buy) or 1 (sell)")
        if self.high - self.low >= REACH:
            raise WorkloadError(f"prices span {self.high - self.low + 1:,} ticks, {self.low} to {self.high}; the book reaches {REACH:,}")
        if 0 in self.order_ids.tolist():
            raise WorkloadError(f"record {self.order_ids.tolist().index(0)}: order id 0; ids start at 1")
        if not all(compress(self.quantities, self.kinds.translate(_NOT_CANCEL))):
            at = next(i for i, qty in enumerate(self.quantities) if not qty and self.kinds[i] != CANCEL)
            raise WorkloadError(f"record {at}: quantity 0; an order needs at least 1")


def read_workload(path: Path) -> Workload:
    """Read a workload file, plain or xz; WorkloadError says what is wrong with it."""
    raw = path.read_bytes()
    if raw.startswith(_XZ_MAGIC):
        try:
            raw = lzma.decompress(raw)
        except lzma.LZMAError as error:
            raise WorkloadError(f"the xz stream is damaged: {error}") from error
    if len(raw) < HEADER.size:
        raise WorkloadError(f"{len(raw)} bytes; a workload starts with a header of {HEADER.size}")
    magic, version, count = HEADER.unpack_from(raw)
    if magic != MAGIC:
        raise WorkloadError(f"magic {magic:#018x} is not a workload's {MAGIC:#018x}")
    if version != VERSION:
        raise WorkloadError(f"version {version} is not {VERSION}")
    body = len(raw) - HEADER.size
    if body != count * RECORD.size:
        asked = count * RECORD.size
        raise WorkloadError(f"the header announces {count:,} records of {RECORD.size} bytes, {asked:,} in all; the file holds {body:,}")
    return Workload(raw[HEADER.size :])


def in_canonical_order(lines: Iterable[str]) -> list[str]:
    """Sort report lines by sequence number and report type, keeping the order of equals."""

    def place(line: str) -> tuple[int, str]:
        kind, seq, _ = line.split(",", 2)
        return int(seq), kind

    return sorted(lines, key=place)


def _refused(seq: int, order_id: int, reason: int) -> str:
    why = ", an order with this id is still open" if reason == Reason.DUP_CL_ORD_ID else ""
    return f"sequence {seq}: the book refused order {order_id}: {Reason(reason).name}{why}"
