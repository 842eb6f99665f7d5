"""A stream watched from outside: what waits, at which price each book traded last, and between which prices it may trade, by its events."""

from typing import NamedTuple

from hypothesis import note

from engine.matching.book import OrderBook
from engine.matching.enums import ExecType, Liquidity, OrdType, Phase, Reason, Side, Strike, TimeInForce
from engine.testing.collars import Collar
from engine.testing.commands import Enter, HoldAuction, ListInstrument, SetCollar, SetPhase, apply

OVER = (ExecType.CANCELED, ExecType.EXPIRED)
STOPS = (OrdType.STOP, OrdType.STOP_LIMIT)


class Seen(NamedTuple):
    """One event, and how things stood when it happened."""

    event: object
    last_px: int
    edges: tuple[int, int]
    waiting: list


class Moment(NamedTuple):
    """A command, its events, whether it was possible, and the book after it with the strike that it caused."""

    command: object
    seen: list[Seen]
    before: dict[int, Phase]
    strike: tuple[int, Strike] | None
    book: OrderBook


class Watch:
    """Follows a core through a stream; asks it only for its phases."""

    def __init__(self, world):
        """Open the book; what is known of it afterwards comes from commands and events."""
        self.book = world.open(OrderBook)
        self.listed = list(world.instruments)
        self.collars = {number: Collar(one, 0, one.max_price) for number, one in enumerate(self.listed, start=1)}
        self.last_px = dict.fromkeys(self.collars, 0)
        self.auction_px = dict.fromkeys(self.collars, 0)
        self.keeps, self.pauses = set(), set()
        self.waiting = {}
        self.traded = set()
        self.asked = {}

    def take(self, command):
        """Apply a command and return what was seen."""
        before = {number: self.book.phase(number) for number in self.collars}
        events = apply(self.book, command)
        note(f"{command} -> {events}")
        self._expect(command, before)
        seen = [self._follow(event, command) for event in events]
        for number in self.collars:
            self._settle(number)
        if isinstance(command, ListInstrument):
            self._list(command.terms)
        for number, collar in self.collars.items():
            collar.collects = self.book.phase(number) != Phase.CONTINUOUS
        return Moment(command, seen, before, self.book.take_strike(), self.book)

    def reached(self, number):
        """Return the waiting stops of an instrument that its last price has reached, first those that come in first."""
        last_px = self.last_px[number]
        mine = [order for order in self.waiting.values() if order.instrument == number and last_px]
        buys = sorted((o for o in mine if o.side == Side.BUY and o.stop_px <= last_px), key=lambda o: o.stop_px)
        sells = sorted((o for o in mine if o.side == Side.SELL and o.stop_px >= last_px), key=lambda o: -o.stop_px)
        return buys, sells

    def _expect(self, command, before):
        """Take over what a command sets: the events have no word of it."""
        if isinstance(command, SetCollar):
            terms = self.listed[command.instrument - 1]
            collects = before[command.instrument] != Phase.CONTINUOUS
            self.collars[command.instrument] = Collar(terms, *command[1:], collects)
        if isinstance(command, SetPhase) and self.book.phase(command.instrument) == command.phase:
            number = command.instrument
            (self.keeps.add if command.keeps_stops else self.keeps.discard)(number)
            (self.pauses.add if command.pauses else self.pauses.discard)(number)
            self.collars[number].collects = command.phase != Phase.CONTINUOUS
            if command.phase == Phase.CONTINUOUS != before[number]:
                self.collars[number].anchor = self.auction_px[number] or self.collars[number].anchor
            if before[number] == Phase.CONTINUOUS:
                self.auction_px[number] = 0

    def _follow(self, event, command):
        number = event.instrument
        if event.exec_type == ExecType.NEW and isinstance(command, Enter):
            self.asked[event.order_id] = command
            if command.ord_type in STOPS:
                self.waiting[event.order_id] = command
        if event.reason == Reason.TRIGGERED:
            self._settle(number)
        edges = self.collars[number].edges if number in self.collars else (0, 0)
        seen = Seen(event, self.last_px.get(number, 0), edges, list(self.waiting))
        if event.reason == Reason.TRIGGERED or event.exec_type in OVER:
            self.waiting.pop(event.order_id, None)
        if event.exec_type == ExecType.TRADE:
            self.last_px[number] = event.last_px
            self.traded.add(number)
            if event.liquidity == Liquidity.AUCTION:
                self.auction_px[number] = event.last_px
        return seen

    def _settle(self, number):
        """Let the collar follow the executions of the order that has just come in."""
        if number in self.traded and not self.collars[number].collects:
            self.collars[number].anchor = self.last_px[number]
        self.traded.discard(number)

    def _list(self, terms):
        number = len(self.listed) + 1
        self.listed.append(terms)
        self.collars[number] = Collar(terms, 0, terms.max_price)
        self.last_px[number] = self.auction_px[number] = 0


def moments(stream):
    """Play a stream on the core and give each moment with the watch."""
    world, commands = stream
    watch = Watch(world)
    for command in commands:
        yield watch, watch.take(command)


def is_auction(command):
    """Whether a command is the one that may execute while a book collects."""
    return isinstance(command, HoldAuction)


def is_for_an_auction(order):
    """Whether an auction is all that an order is for."""
    return order.tif in (TimeInForce.OPG, TimeInForce.CLS)
