"""A whole gateway in one process, without sockets: bytes in by `data_received`, bytes out by a transport that only keeps them.

What the counts of `bench counts --gateway` run: session, throttle, codec, checks, match, ledger, journal and reports, and nothing of the
kernel or of a loop.  A turn of the loop is the reads of all clients, then the calls that were scheduled meanwhile; with a journal the turn
ends when its group is durable, so that the same work is done in the same order whatever the disk takes.
"""

from collections import deque
from itertools import repeat
from pathlib import Path
from random import Random

from bench import flow, keys, logged, market
from engine.cli.workload import NEW, read_workload
from engine.config import Config, load
from engine.gateway.gateway import Gateway
from engine.matching.enums import ExecType
from engine.protocol.framing import MAX_ANSWER, MAX_REQUEST, Splitter, frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import VERSION, Cancel, CancelReject, Challenge, ExecutionReport, Logon, NewOrder, decode_venue, encode
from engine.store import FolderStore, open_store

Turn = list[tuple[int, bytes]]  # what each client's connection reads

SESSIONS = 4
BATCH = 100
TURN = SESSIONS * BATCH  # requests that all clients together bring in a turn of the loop
MODES = ("memory", "durable")
REST = "rest"  # a mix of orders that rest, each canceled by the next request
PRICES = 50
SENT_NS = market.START_NS


def turns_of(made: flow.Flow) -> list[Turn]:
    """Cut a flow of new orders and cancels into reads of BATCH frames on average, an order's requests always from the same client."""
    workload = read_workload(made.path)
    next_seq = [1] * (SESSIONS + 1)
    names: dict[int, tuple[int, int]] = {}
    turns: list[Turn] = []
    reads: dict[int, list[bytes]] = {}
    rows = zip(workload.kinds, workload.sides, workload.order_ids, workload.prices, workload.quantities, strict=True)
    for row, (kind, side, order_id, price, qty) in enumerate(rows, 1):
        message: NewOrder | Cancel
        if kind == NEW:
            client = market.spread_over(order_id, 0x9E3779B97F4A7C15, SESSIONS)
            seq = next_seq[client]
            names[order_id] = client, seq
            px, size = price * market.TICK, qty * market.LOT
            message = NewOrder(seq, SENT_NS + row, 0, seq, client, 1, side + 1, 2, 1, px, size, 0, 0, 0, 0, 0, 0, 0, 0)
        else:
            client, orig = names[order_id]
            seq = next_seq[client]
            message = Cancel(seq, SENT_NS + row, 0, seq, orig, 0, 1, side + 1)
        next_seq[client] += 1
        reads.setdefault(client, []).append(frame(encode(message)))
        if row % TURN == 0 or row == workload.count:
            turns.append([(client, b"".join(frames)) for client, frames in sorted(reads.items())])
            reads = {}
    return turns


def resting_turns(requests: int) -> list[Turn]:
    """Return reads of BATCH frames each, as a client sends them who only wants to be answered."""
    frames = {client: [request(seq, client) for seq in range(1, requests // SESSIONS + 1)] for client in range(1, SESSIONS + 1)}
    size = len(frames[1])
    return [[(client, b"".join(frames[client][at : at + BATCH])) for client in frames] for at in range(0, size, BATCH)]


def request(seq: int, client: int) -> bytes:
    """Return the frame of a request: odd ones enter an order below the market, even ones cancel the one before."""
    message: NewOrder | Cancel
    if seq % 2:
        price = market.TICK * (1 + seq // 2 % PRICES)
        message = NewOrder(seq, SENT_NS, 0, seq, client, 1, 1, 2, 1, price, 100, 0, 0, 0, 0, 0, 0, 0, 0)
    else:
        message = Cancel(seq, SENT_NS, 0, seq, seq - 1, 0, 1, 1)
    return frame(encode(message))


def requests_in(turns: list[Turn]) -> int:
    """Count the frames of turns."""
    splitter = Splitter(MAX_REQUEST)
    return sum(len(splitter.feed(data)) for turn in turns for _, data in turn)


class Wire:
    """A transport that keeps what is written.  What the hot path calls is of C, so that little of it is in the counts."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.write = self.written.append
        self.is_closing = repeat(False).__next__
        self.get_write_buffer_size = repeat(0).__next__

    def get_extra_info(self, name: str) -> object:
        return ("127.0.0.1", 1)

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def messages(self) -> list[object]:
        """Return what the venue said."""
        return [decode_venue(payload) for payload in Splitter(MAX_ANSWER).feed(b"".join(self.written))]


class InProcess:
    """A venue with SESSIONS clients that are logged on."""

    def __init__(self, config: Config) -> None:
        self.calls: deque[tuple] = deque()
        store = open_store(config)
        assert store is None or isinstance(store, FolderStore)
        self.store = store
        self.gateway = Gateway(config, logged.Steps(), lambda *call: self.calls.append(call), store=store, entropy=known)
        self.wires = [Wire() for _ in range(SESSIONS + 1)]
        self.connections = [self.gateway.connection() for _ in self.wires]
        for number in range(1, SESSIONS + 1):
            self._log_on(number)

    def run(self, turns: list[Turn]) -> None:
        """Let the clients say all of this."""
        for turn in turns:
            for client, data in turn:
                self.connections[client].data_received(data)
            self._end_turn()

    def check(self, requests: int) -> None:
        """Each request has its answer, each execution two sides, each session's reports their numbers without a gap; the books add up."""
        answers = executions = 0
        for wire in self.wires[1:]:
            reports = [message for message in wire.messages() if isinstance(message, ExecutionReport | CancelReject)]
            assert [report.seq for report in reports] == list(range(1, len(reports) + 1))
            trades = sum(isinstance(report, ExecutionReport) and report.exec_type == ExecType.TRADE for report in reports)
            executions += trades
            answers += len(reports) - trades
        assert (answers, executions) == (requests, 2 * self.gateway.venue.last_match_id), (answers, executions)
        self.gateway.venue.check()

    def close(self) -> None:
        """Let go of the files."""
        if self.store is not None:
            self.store.close()

    def _log_on(self, number: int) -> None:
        wire, connection = self.wires[number], self.connections[number]
        connection.connection_made(wire)
        (challenge,) = wire.messages()
        assert isinstance(challenge, Challenge)
        logon = Logon(1, SENT_NS, 0, keys.name_of(number), challenge.venue, 60, True, 1, True, False, VERSION, b"")
        signature = keys.key_of(number).sign(logon_text(challenge.nonce, logon))
        connection.data_received(frame(encode(Logon(*(getattr(logon, name) for name in logon.__struct_fields__[:-1]), signature))))
        self._end_turn()
        assert connection.lane is not None, wire.messages()

    def _end_turn(self) -> None:
        calls, self.calls = self.calls, deque()
        for call, *arguments in calls:
            call(*arguments)
        sequencer = self.gateway.sequencer
        while sequencer.released_seq < sequencer.next_seq - 1:
            assert self.store is not None
            self.store.journal.wait(self.store.journal.last_seq)
            self.gateway.settle()


def known(size: int) -> bytes:
    """Return bytes as good as drawn, always the same: with another secret, ids would collide elsewhere, and another count come out."""
    return Random(size).randbytes(size)


def settle_in(home: Path, made: flow.Flow | None, mode: str) -> Config:
    """Write the file of a venue in which a flow can run, or without one the mix at rest, and read it."""
    if made is not None:
        return logged.settle_in(home, market.load(made, market.Spread(SESSIONS)), mode)
    home.mkdir(parents=True)
    (home / "venue.toml").write_text(keys.venue_toml(mode), encoding="utf-8")
    return load(home / "venue.toml", {})
