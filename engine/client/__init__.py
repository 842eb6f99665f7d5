"""The client of a venue: one typed core without I/O, an asyncio face and a blocking one.

It needs msgspec and cryptography and nothing of the venue: importing it loads neither the compiled core nor the server.  docs/CLIENT.md
is its guide.
"""

from engine.client.aio import AsyncClient, AsyncEvents, AsyncOrder, AsyncRequest
from engine.client.answers import Balance, Book, InstrumentState, PriceLevel
from engine.client.entry import CashOrder, LimitOrder, MarketOrder, StopOrder
from engine.client.errors import (
    ClientError,
    EventsLost,
    LogonRefused,
    NotLoggedOn,
    RequestLost,
    RequestRefused,
    SessionBroken,
    TooManyInFlight,
)
from engine.client.events import (
    Accepted,
    Canceled,
    CancelRejected,
    ConnectionLost,
    Event,
    Executed,
    Expired,
    LoggedOn,
    MassCanceled,
    Rejected,
    Replaced,
    ReportsMissing,
    Restated,
    StatusChanged,
)
from engine.client.options import Options, Retry
from engine.client.orders import Fill
from engine.client.store import FileStore, SessionStore
from engine.client.sync import Client, Events, Order, Request
from engine.client.values import Instrument
from engine.matching.enums import Liquidity, OrdStatus, OrdType, Reason, SettlePref, Side, StpMode, TimeInForce
from engine.protocol.messages import TradingStatus
from engine.venue.records import Quality, SettleForm

__all__ = [
    "Accepted",
    "AsyncClient",
    "AsyncEvents",
    "AsyncOrder",
    "AsyncRequest",
    "Balance",
    "Book",
    "CancelRejected",
    "Canceled",
    "CashOrder",
    "Client",
    "ClientError",
    "ConnectionLost",
    "Event",
    "Events",
    "EventsLost",
    "Executed",
    "Expired",
    "FileStore",
    "Fill",
    "Instrument",
    "InstrumentState",
    "LimitOrder",
    "Liquidity",
    "LoggedOn",
    "LogonRefused",
    "MarketOrder",
    "MassCanceled",
    "NotLoggedOn",
    "Options",
    "OrdStatus",
    "OrdType",
    "Order",
    "PriceLevel",
    "Quality",
    "Reason",
    "Rejected",
    "Replaced",
    "ReportsMissing",
    "Request",
    "RequestLost",
    "RequestRefused",
    "Restated",
    "Retry",
    "SessionBroken",
    "SessionStore",
    "SettleForm",
    "SettlePref",
    "Side",
    "StatusChanged",
    "StopOrder",
    "StpMode",
    "TimeInForce",
    "TooManyInFlight",
    "TradingStatus",
]
