"""The path of a loaded venue and its memory: no cycle for the collector, no growth, nothing but bytes for a transport."""

import ctypes
import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.protocol.framing import frame
from engine.protocol.messages import Cancel, encode
from tests.gateway.filed import Filed
from tests.gateway.test_gateway import order
from tests.gateway.wires import Floor, Peer

FAST = {"messages_per_s": 10**7, "cancels_per_s": 10**7, "kept_bytes_max": 200_000, "cash": 2**52, "tokens": 2**52}
READ = 40  # requests of each client in one read
SELL, IOC = 2, 3


class Trading:
    """Two sessions that enter, cancel, trade and are refused: every four requests leave the book as it was."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.alice, self.bob = floor.log_on("alice"), floor.log_on("bob")
        self.seq = 1

    def go_on(self, requests: int) -> None:
        """Send so many requests in all, and hear what becomes of them."""
        for _ in range(requests // (2 * READ)):
            seqs = range(self.seq, self.seq + READ)
            self.say(self.alice, b"".join(rests_or_cancels(seq) for seq in seqs))
            self.say(self.bob, b"".join(trades_or_fails(seq) for seq in seqs))
            self.seq += READ

    def warm_up(self) -> None:
        """Let happen what happens once, where there is a journal also in the thread that closes segments."""
        self.go_on(800)
        while isinstance(self.floor, Filed) and len(list(self.floor.folder.glob("*.seal"))) < 3:
            self.go_on(800)

    def say(self, peer: Peer, data: bytes) -> None:
        peer.say_bytes(data)
        while self.floor.turn():
            pass
        assert peer.alive
        for one in (self.alice, self.bob):
            one.transport.written.clear()


def rests_or_cancels(seq: int) -> bytes:
    cancel = Cancel(seq, 0, 0, cl_ord_id=seq, orig_cl_ord_id=seq - 1, order_id=0, instrument=1, side=0)
    return frame(encode(cancel if seq % 4 == 2 else order(seq)))


def trades_or_fails(seq: int) -> bytes:
    return frame(encode(order(seq, account=2, side=SELL, tif=IOC, order_qty=200, instrument=1 if seq % 2 else 7)))


def in_memory(_: Path) -> Floor:
    return Floor(**FAST)


def filed(home: Path) -> Floor:
    return Filed(home, **FAST)


@pytest.fixture(params=[in_memory, filed], ids=["memory", "journal"])
def trading(request: pytest.FixtureRequest, tmp_path: Path) -> Trading:
    make: Callable[[Path], Floor] = request.param
    return Trading(make(tmp_path))


def test_ten_thousand_requests_leave_no_cycle(trading: Trading) -> None:
    trading.warm_up()
    gc.collect()
    gc.disable()
    try:
        trading.go_on(10_000)

        assert gc.collect() == 0
    finally:
        gc.enable()


class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]


def in_use() -> int:
    """Return the bytes that are taken from the C library, by Python and by compiled modules."""
    told = mallinfo2()
    return told.uordblks + told.hblkhd


mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
if mallinfo2 is not None:
    mallinfo2.restype = Mallinfo2


@pytest.mark.skipif(mallinfo2 is None, reason="the C library does not count")
def test_the_second_half_of_a_load_takes_no_memory(trading: Trading) -> None:
    """What is kept for a resend turns over from the first half on."""
    tracemalloc.start()
    try:
        trading.go_on(12_000)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0], in_use()
        trading.go_on(12_000)
        gc.collect()
        grown, grown_in_all = tracemalloc.get_traced_memory()[0] - before[0], in_use() - before[1]
    finally:
        tracemalloc.stop()

    assert grown < 24_000, "two bytes a request"
    assert grown_in_all < 120_000, "with what tracing itself takes"
