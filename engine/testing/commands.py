"""Commands to a book as plain tuples, and the one function that applies any of them to any book with the face of `OrderBook`.

`pack` gives the record of the same command, for the packed call of the compiled book and for the log; what an operator does (a collar, a
phase, an auction, a listing, a cancel of his own) has none.
"""

import struct
from typing import Any, NamedTuple

from engine.matching.enums import CommandFlag, CommandKind, ExecType, Liquidity, OrdType, Phase, Reason, TimeInForce
from engine.matching.records import COMMAND_FORMAT, EVENT_FORMAT, Event, Instrument

KEEP_DISPLAY = -1


class Enter(NamedTuple):
    """Enter an order; the fields are the arguments of `OrderBook.enter`."""

    side: int
    price: int
    qty: int
    cl_ord_id: int
    instrument: int = 1
    ord_type: int = OrdType.LIMIT
    tif: int = TimeInForce.GTC
    session: int = 1
    account: int = 1
    display_qty: int = 0
    exec_inst: int = 0
    expire_ns: int = 0
    stp_group: int = 0
    stp_mode: int = 0
    ts_ns: int = 0
    min_qty: int = 0
    settle_pref: int = 0
    stop_px: int = 0


class Cancel(NamedTuple):
    """Cancel an open order; the fields are the arguments of `OrderBook.cancel`."""

    order_id: int = 0
    orig_cl_ord_id: int = 0
    cl_ord_id: int = 0
    session: int = 1
    instrument: int = 0
    side: int = 0
    ts_ns: int = 0


class Replace(NamedTuple):
    """Replace an open order; the fields are the arguments of `OrderBook.replace`."""

    order_id: int
    price: int
    qty: int
    cl_ord_id: int = 0
    orig_cl_ord_id: int = 0
    display_qty: int = KEEP_DISPLAY
    session: int = 1
    instrument: int = 0
    side: int = 0
    ts_ns: int = 0


class MassCancel(NamedTuple):
    """Cancel the open orders that match every filter that is not 0; the fields are the arguments of `OrderBook.mass_cancel`."""

    session: int = 0
    account: int = 0
    instrument: int = 0
    side: int = 0
    cl_ord_id: int = 0
    ts_ns: int = 0


class Expire(NamedTuple):
    """Say what time it is."""

    ts_ns: int


class EndOfDay(NamedTuple):
    """End the trading day."""

    ts_ns: int


class SetCollar(NamedTuple):
    """Let an instrument trade only within a collar; the fields are the arguments of `OrderBook.set_collar`."""

    instrument: int
    low: int
    high: int
    dynamic_bps: int = 0
    anchor: int = 0


class CancelAll(NamedTuple):
    """Cancel orders for a reason of the venue's own; the fields are the arguments of `OrderBook.cancel_all`."""

    session: int = 0
    account: int = 0
    instrument: int = 0
    side: int = 0
    reason: int = Reason.ADMIN


class SetPhase(NamedTuple):
    """Let a book match, or collect orders for an auction; the fields are the arguments of `OrderBook.set_phase`."""

    instrument: int
    phase: Phase
    pauses: bool = False
    keeps_stops: bool = False


class HoldAuction(NamedTuple):
    """Hold the auction of a book that collects; the fields are the arguments of `OrderBook.uncross`."""

    instrument: int
    reference: int = 0
    low: int = 0
    high: int = 0


class ListInstrument(NamedTuple):
    """List one more instrument; the field is the argument of `OrderBook.list_instrument`."""

    terms: Instrument


class Note(NamedTuple):
    """What a session or the log says of itself; it changes no book and causes no event."""

    kind: CommandKind
    session: int = 0
    order_id: int = 0
    ts_ns: int = 0


Command = Enter | Cancel | Replace | MassCancel | Expire | EndOfDay | SetCollar | CancelAll | SetPhase | HoldAuction | ListInstrument

VERBS: dict[type, str] = {
    Enter: "enter",
    Cancel: "cancel",
    Replace: "replace",
    MassCancel: "mass_cancel",
    Expire: "expire",
    EndOfDay: "end_of_day",
    SetCollar: "set_collar",
    CancelAll: "cancel_all",
    SetPhase: "set_phase",
    HoldAuction: "uncross",
    ListInstrument: "list_instrument",
}
KINDS: dict[type, CommandKind] = {
    Enter: CommandKind.ENTER,
    Cancel: CommandKind.CANCEL,
    Replace: CommandKind.REPLACE,
    MassCancel: CommandKind.MASS_CANCEL,
    Expire: CommandKind.TIME,
    EndOfDay: CommandKind.END_OF_DAY,
}
RECORD_FIELDS = (
    *("ts_ns", "in_seq", "cl_ord_id", "orig_cl_ord_id", "order_id", "price", "qty", "display_qty", "expire_ns"),
    *("session", "account", "instrument", "stp_group"),
    *("kind", "side", "ord_type", "tif", "exec_inst", "stp_mode", "flags", "settle_pref", "min_qty", "stop_px"),
)


def apply(book: Any, command: Command) -> list[Any]:
    """Apply a command to a book and return the events that it caused: none where a book's phase lets no auction be held or ended."""
    try:
        getattr(book, VERBS[type(command)])(*command)
    except ValueError:
        if not isinstance(command, SetPhase | HoldAuction):
            raise
        return []
    events: list[Any] = book.events()
    return events


def pack(command: Command | Note, *, in_seq: int = 0, flags: int = 0) -> bytes:
    """Return the command as its record of 112 bytes; KeyError for one that has none."""
    kind = command.kind if isinstance(command, Note) else KINDS[type(command)]
    fields = {**dict.fromkeys(RECORD_FIELDS, 0), **command._asdict(), "kind": kind, "in_seq": in_seq}
    by_session = CommandFlag.BY_SESSION if isinstance(command, MassCancel) and command.session else CommandFlag.NONE
    fields["flags"] = flags | by_session
    return struct.pack(COMMAND_FORMAT, *(fields[name] for name in RECORD_FIELDS))


def unpack_events(records: bytes | memoryview) -> list[Event]:
    """Return packed events as the public tuples."""
    return [_event(*fields) for fields in struct.iter_unpack(EVENT_FORMAT, records)]


def _event(exec_id: int, order_id: int, cl_ord_id: int, ref_id: int, *fields: int) -> Event:
    price, order_qty, leaves_qty, cum_qty, last_px, last_qty, session, account, instrument, exec_type, side, liquidity, reason = fields
    is_trade = exec_type == ExecType.TRADE
    names = (order_id, cl_ord_id, 0 if is_trade else ref_id, ref_id if is_trade else 0)
    amounts = (price, order_qty, leaves_qty, cum_qty, last_px, last_qty)
    parties = (session, account, instrument, side)
    return Event(exec_id, ExecType(exec_type), *names, *parties, *amounts, Liquidity(liquidity), Reason(reason))
