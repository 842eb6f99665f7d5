"""What happened, as values to match on: one for each report, in the venue's order, three about the connection, one about instruments.

`order` is the live object, which may have moved on by the time an event is read; `leaves_qty` and `cum_qty` of an event are those of its
moment.  `seq` is the report's number in the session, `ts_ns` the venue's time (ns UTC).
"""

from decimal import Decimal

from msgspec import Struct

from engine.client.answers import InstrumentState
from engine.client.orders import Fill, LiveOrder, LiveRequest
from engine.matching.enums import Reason


class OrderEvent(Struct, frozen=True):
    """What all events about an order tell."""

    seq: int
    ts_ns: int
    order: LiveOrder
    leaves_qty: Decimal
    cum_qty: Decimal


class Accepted(OrderEvent, frozen=True):
    """The order is in the book, or about to match."""


class Rejected(OrderEvent, frozen=True):
    """The order was refused; `text` says why in words."""

    reason: Reason | int
    text: str


class Executed(OrderEvent, frozen=True):
    """The order traded."""

    fill: Fill


class Canceled(OrderEvent, frozen=True):
    """The order ended before it was filled; `qty` was still open."""

    reason: Reason | int
    qty: Decimal


class Replaced(OrderEvent, frozen=True):
    """The order has the price and quantity that a replace asked for."""


class Restated(OrderEvent, frozen=True):
    """The venue changed the order by a rule of its own.

    Its stop price was reached (TRIGGERED), a reserve was refreshed, or self-trade prevention took quantity out.
    """

    reason: Reason | int
    qty: Decimal


class Expired(OrderEvent, frozen=True):
    """The order's time is over; `qty` was still open."""

    reason: Reason | int
    qty: Decimal


class CancelRejected(Struct, frozen=True):
    """A cancel or replace was refused and its order, if any, is as it was.  `request` is None for one of an earlier client object."""

    seq: int
    ts_ns: int
    request: LiveRequest | None
    reason: Reason | int
    text: str


class MassCanceled(Struct, frozen=True):
    """A mass cancel is done, or refused; the orders' own events came before.

    `request` is None for one of an earlier client object, and for the venue's own at the end of a connection.
    """

    seq: int
    ts_ns: int
    request: LiveRequest | None
    affected: int
    reason: Reason | int


class ReportsMissing(Struct, frozen=True):
    """The venue no longer keeps reports `first_seq` to `last_seq`, so they cannot be had: look at `open_orders()`."""

    first_seq: int
    last_seq: int


class StatusChanged(Struct, frozen=True):
    """An instrument that is followed has another status, or in a call another indicative price.

    `before` is what was known of it until then, None for the first picture.
    """

    state: InstrumentState
    before: InstrumentState | None


class LoggedOn(Struct, frozen=True):
    """The session has a connection; reports up to `last_seq` are sent again where they had not arrived."""

    venue: str
    last_seq: int


class ConnectionLost(Struct, frozen=True):
    """The session has no connection; where `retrying`, another is being made."""

    cause: str
    retrying: bool


Event = (
    Accepted
    | Rejected
    | Executed
    | Canceled
    | Replaced
    | Restated
    | Expired
    | CancelRejected
    | MassCanceled
    | ReportsMissing
    | StatusChanged
    | LoggedOn
    | ConnectionLost
)
