"""A gateway without a network: connections whose other end is a list, a clock that the test moves, a loop that the test turns."""

from collections import deque

from engine.clock import ManualClock
from engine.gateway.gateway import Gateway
from engine.protocol.framing import frame
from engine.protocol.messages import Logon, decode_venue, encode
from engine.store import Store
from tests.gateway.raw import config, logon_of, signed

SECOND = 1_000_000_000


class Transport:
    """Keeps what is written; `full` stands for a peer that does not read."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self.written = bytearray()
        self.writes = 0
        self.closed = False
        self.aborted = False
        self.reading = True

    def get_extra_info(self, name: str) -> object:
        return (self.address, 1)

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def write(self, data: bytes) -> None:
        assert type(data) is bytes, "a loop may keep a view of what it is given"
        self.written += data
        self.writes += 1

    def get_write_buffer_size(self) -> int:
        return len(self.written)

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Floor:
    """A gateway under test."""

    def __init__(self, *, store: Store | None = None, clock: ManualClock | None = None, backlog: object = None, **settings: object) -> None:
        self.clock = clock or ManualClock()
        self.turns: deque[tuple] = deque()
        self.gateway = Gateway(config(**settings), self.clock, lambda *call: self.turns.append(call), store=store, backlog=backlog)
        self.peers: list[Peer] = []

    def connect(self, address: str = "127.0.0.1") -> "Peer":
        peer = Peer(self, address)
        self.peers.append(peer)
        return peer

    def log_on(self, name: str, seq: int = 1, **wishes: object) -> "Peer":
        peer = self.connect()
        peer.log_on(name, seq, **wishes)
        return peer

    def turn(self) -> bool:
        """Run what was scheduled for the next turn of the loop; return whether that was anything."""
        calls, self.turns = self.turns, deque()
        for function, *arguments in calls:
            function(*arguments)
        for peer in self.peers:
            peer.settle()
        return bool(calls)

    def settle(self) -> None:
        while self.turn():
            pass

    def pass_time(self, ns: int) -> None:
        self.clock.pass_time(ns)
        self.gateway.tick()
        self.settle()


class Peer:
    """The client's end of a connection."""

    def __init__(self, floor: Floor, address: str) -> None:
        self.floor = floor
        self.transport = Transport(address)
        self.protocol = floor.gateway.connection()
        self.protocol.connection_made(self.transport)
        self.lost = False
        self.at = 0

    @property
    def alive(self) -> bool:
        return not self.transport.is_closing()

    def log_on(self, name: str, seq: int = 1, **wishes: object) -> None:
        self.say(signed(self.logon(name, seq, **wishes), self.protocol.nonce))

    def logon(self, name: str, seq: int = 1, **wishes: object) -> Logon:
        logon = logon_of(name, seq, **wishes)
        return type(logon)(logon.seq, self.floor.clock.utc_ns(), *(getattr(logon, field) for field in logon.__struct_fields__[2:]))

    def say(self, *messages: object) -> None:
        self.say_bytes(b"".join(frame(encode(message)) for message in messages))

    def say_bytes(self, data: bytes) -> None:
        self.protocol.data_received(data)

    def hear(self) -> list[object]:
        """Return the messages that came since the last call."""
        messages = []
        while self.at < len(self.transport.written):
            size = int.from_bytes(self.transport.written[self.at : self.at + 4], "little")
            messages.append(decode_venue(bytes(self.transport.written[self.at + 4 : self.at + 4 + size])))
            self.at += 4 + size
        return messages

    def hang_up(self) -> None:
        self.transport.closed = True
        self.settle()

    def settle(self) -> None:
        """Let the loop notice that the connection is gone."""
        if self.transport.is_closing() and not self.lost:
            self.lost = True
            self.protocol.connection_lost(None)
