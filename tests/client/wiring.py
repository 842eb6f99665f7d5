"""A client core and the model venue with two streams of bytes between them, which move only as far as a test lets them."""

from collections.abc import Callable

from engine.client.core import Core
from engine.client.entry import LimitOrder
from engine.client.events import Event
from engine.client.orders import LiveOrder, LiveRequest
from engine.client.session import Identity, Phase, Resume, Session
from engine.client.store import SessionStore
from engine.client.values import Value
from engine.matching.enums import Side
from engine.protocol.messages import NewOrder
from tests.client.model_venue import KEY, ModelConnection, ModelVenue

START_NS = 1_700_000_000_000_000_000


class PlainOrder(LiveOrder):
    """An order without a face: replace and cancel go through the core."""

    def replace(self, price: Value | None = None, qty: Value | None = None, display_qty: Value | None = None) -> LiveRequest:
        raise NotImplementedError

    def cancel(self) -> LiveRequest:
        raise NotImplementedError


class Wire:
    """One client of the model venue; `now` is its clock in seconds."""

    def __init__(self, venue: ModelVenue, store: SessionStore | None = None, identity: Identity | None = None, **limits: int) -> None:
        self.venue = venue
        self.now = 0.0
        self.events: list[Event] = []
        self.connection: ModelConnection | None = None
        self._up = bytearray()
        self._down = bytearray()
        self.session = Session(identity or who(), store or SessionStore(), lambda: START_NS + int(self.now * 1e9))
        self.core = Core(self.session, PlainOrder, LiveRequest, START_NS, 1, **limits)
        self.core.listeners.append(self.events.append)

    def connect(self) -> None:
        """Make a connection, if there is none."""
        if self.connection is None:
            self._up.clear()
            self._down.clear()
            self.connection = self.venue.accept()
            self.session.connected(self.now)

    def cut(self) -> None:
        """Lose the connection and all bytes under way."""
        if self.connection is not None:
            connection, self.connection = self.connection, None
            connection.cut()
            self.core.disconnected("cut", retrying=True)

    def up(self, most: int = 1 << 30) -> None:
        """Move bytes to the venue."""
        self._up += self.session.output()
        if self.connection is not None:
            self.connection.receive(bytes(self._up[:most]))
            del self._up[:most]

    def down(self, most: int = 1 << 30) -> None:
        """Move bytes to the client."""
        if self.connection is not None:
            self._down += self.connection.output()
            self.core.receive(bytes(self._down[:most]), self.now)
            del self._down[:most]

    def settle(self) -> "Wire":
        """Connect, and move bytes until there are none."""
        self.connect()
        assert self.connection is not None, "just connected"
        moved = True
        while moved:
            self.up()
            self.down()
            self._up += self.session.output()
            self._down += self.connection.output()
            moved = bool(self._up or self._down)
        return self

    def hung_up(self) -> bool:
        """Lose the connection if the client wants to; say whether it did."""
        if self.session.hang_up:
            self.cut()
            return True
        return False

    def enter(self, side: Side = Side.BUY, qty: Value = 1, price: Value = 100) -> PlainOrder:
        """Enter an order."""
        return self.core.enter([LimitOrder("AAPLx", side, qty, price)], self.now)[0]

    @property
    def is_live(self) -> bool:
        """Say whether requests can be sent."""
        return self.core.is_ready

    @property
    def phase(self) -> Phase:
        """Where the connection is in its life."""
        return self.session.phase


def who(resume: Resume = "new", *, cancel_on_disconnect: bool = False, reset: bool = False, takeover: bool = False) -> Identity:
    """Give an identity that the model venue knows."""
    return Identity("alice", KEY, "MODEL", 5, cancel_on_disconnect, takeover, reset, resume)


def bob_trades(venue: ModelVenue, side: Side, qty: int, price: int) -> None:
    """Have another subscriber enter an order, in wire units."""
    bob = venue.sessions["bob"]
    new = NewOrder(bob.next_in, 0, 0, bob.last_cl_ord_id + 1, 2, 1, side, 2, 1, price, qty, 0, 0, 0, 0, 0, 0, 0, 0)
    venue.take(bob, new)


def kinds(events: list[Event]) -> list[str]:
    """Name what happened."""
    return [type(event).__name__ for event in events]


Act = Callable[[Wire], object]
