"""The messages of the native protocol, one Struct each, in the order of docs/PROTOCOL.md.

A message is one MessagePack array: its type, the prefix `seq, ts_ns, flags`, then its own fields in the order written here.  The type is
the FIX MsgType as a number: the character code of a one-letter type, 256 * first + second of a two-letter one.  Every integer has a range,
every text a length, every array exactly the fields named: what does not fit is refused by the decoder and never reaches the venue.

Numbered messages (commands in, reports out) take the next sequence number of their direction and are never lost or doubled over a session's
life; all others carry the sender's next number without taking it.
"""

from enum import IntEnum, IntFlag
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from engine.protocol.ranges import I32, I64, U8, U16, U32, U63, Name, Price, Qty, Text, Word

VERSION = 3


class MessageFlag(IntFlag):
    """Marks on a message.  POSS_DUP (FIX 43): it was sent before under the same number, and all but this flag is as it was."""

    NONE = 0
    POSS_DUP = 1


class LogoutCode(IntEnum):
    """Why a connection ends."""

    NORMAL = 0
    MALFORMED = 1
    LOGON_REFUSED = 2
    SEQ_TOO_LOW = 3
    SEQ_GAP = 4
    SEQ_TOO_HIGH = 5
    DUPLICATE = 6
    TIMEOUT = 7
    THROTTLE = 8
    SLOW_CONSUMER = 9
    SHUTDOWN = 10
    TAKEN_OVER = 11
    TOO_MANY_SESSIONS = 12
    SESSION_CLOSED = 13


class RejectReason(IntEnum):
    """Which rule of the protocol a message broke (FIX 373)."""

    MISSING_ELEMENT = 1
    EXTRA_ELEMENT = 2
    OUT_OF_RANGE = 5
    WRONG_FORMAT = 6
    UNKNOWN_TYPE = 11
    OTHER = 99


class TradingStatus(IntEnum):
    """Whether an instrument trades: FIX 326 where it has a number for it, from 100 on what it has none for."""

    HALTED = 2
    READY = 17
    CLOSED = 18
    PRE_OPEN = 21
    AUCTION_CALL = 24
    DRAFT = 100
    CANCEL_ONLY = 101
    REDUCE_ONLY = 102
    SUSPENDED = 103
    POST_ONLY = 104
    VOL_PAUSE = 105
    TERMINATED = 106


class _Message(Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    seq: U63
    ts_ns: U63
    flags: U8


class Challenge(_Message, frozen=True, tag=21825):
    """UA, out: the first message on a connection; the logon signs its nonce."""

    nonce: Annotated[bytes, Meta(min_length=32, max_length=32)]
    venue: Name
    version: U16


class Logon(_Message, frozen=True, tag=65):
    """A, both ways: who speaks, how often, from which report on; the venue's answer repeats the values in force."""

    sender: Name
    target: Name
    heart_bt_int: U16
    reset_seq_num: bool
    next_expected_seq: U63
    cancel_on_disconnect: bool
    takeover: bool
    version: U16
    signature: Annotated[bytes, Meta(max_length=64)]


class Logout(_Message, frozen=True, tag=53):
    """5, both ways: ends the session's connection; the other side answers with its own."""

    code: U16
    text: Text


class Heartbeat(_Message, frozen=True, tag=48):
    """0, both ways: proof of life; `test_id` repeats the TestRequest's."""

    test_id: Word


class TestRequest(_Message, frozen=True, tag=49):
    """1, both ways: asks for a Heartbeat with this id."""

    __test__ = False

    test_id: Word


class ResendRequest(_Message, frozen=True, tag=50):
    """2, in: send these reports again; `end` 0 means up to the last."""

    begin: U63
    end: U63


class SequenceReset(_Message, frozen=True, tag=52):
    """4, both ways: the sender's next number will be `new_seq`; the numbers before it will not be sent."""

    new_seq: U63
    gap_fill: bool


class Reject(_Message, frozen=True, tag=51):
    """3, out: a message that breaks the protocol; nothing was done."""

    ref_seq: U63
    ref_type: U32
    field: U16
    reason: U16
    text: Text


class BusinessReject(_Message, frozen=True, tag=106):
    """j, out: a well-formed request that the venue cannot serve; `reason` as in reports, `ref_id` the request's own id."""

    ref_seq: U63
    ref_type: U32
    ref_id: U63
    reason: U16
    text: Text


class NewOrder(_Message, frozen=True, tag=68):
    """D, in, numbered: sized in tokens by `order_qty`, or in the quote asset by `cash_order_qty`; a stop order waits for `stop_px`."""

    cl_ord_id: U63
    account: U32
    instrument: U32
    side: U8
    ord_type: U8
    tif: U8
    price: Price
    order_qty: Qty
    display_qty: Qty
    exec_inst: U8
    expire_ns: U63
    stp_mode: U8
    min_qty: Qty
    cash_order_qty: Qty
    settle_pref: U8
    stop_px: Price


class Cancel(_Message, frozen=True, tag=70):
    """F, in, numbered: the order is named by `order_id`, or where that is 0 by `orig_cl_ord_id`."""

    cl_ord_id: U63
    orig_cl_ord_id: U63
    order_id: U63
    instrument: U32
    side: U8


class Replace(_Message, frozen=True, tag=71):
    """G, in, numbered: new total quantity, price and displayed quantity of an order named as in Cancel."""

    cl_ord_id: U63
    orig_cl_ord_id: U63
    order_id: U63
    instrument: U32
    side: U8
    price: Price
    order_qty: Qty
    display_qty: Qty


class MassCancel(_Message, frozen=True, tag=113):
    """q, in, numbered: cancels this session's open orders; account, instrument and side narrow it where they are not 0."""

    cl_ord_id: U63
    account: U32
    instrument: U32
    side: U8


class ExecutionReport(_Message, frozen=True, tag=56):
    """8, out, numbered (but for ExecType STATUS, an answer): what happened to an order and where it is now."""

    order_id: U63
    exec_id: U63
    cl_ord_id: U63
    orig_cl_ord_id: U63
    account: U32
    instrument: U32
    side: U8
    exec_type: U8
    ord_status: U8
    price: Price
    order_qty: Qty
    leaves_qty: Qty
    cum_qty: Qty
    last_px: Price
    last_qty: Qty
    liquidity: U8
    match_id: U63
    reason: U8
    fee: I64
    bound: U63
    reference: Price
    quality: U8
    settlement: U8
    fallback: U8


class CancelReject(_Message, frozen=True, tag=57):
    """9, out, numbered: a Cancel (`response_to` 1) or Replace (2) was refused and the order, if any, is as it was."""

    order_id: U63
    cl_ord_id: U63
    orig_cl_ord_id: U63
    response_to: U8
    reason: U8
    bound: U63
    reference: Price
    quality: U8


class MassCancelReport(_Message, frozen=True, tag=114):
    """r, out, numbered: follows the reports of the canceled orders."""

    cl_ord_id: U63
    affected: U32
    reason: U8


class OrderStatusRequest(_Message, frozen=True, tag=72):
    """H, in: answered by an ExecutionReport of ExecType STATUS, or a BusinessReject where no such order is open."""

    order_id: U63
    cl_ord_id: U63


class OrderMassStatusRequest(_Message, frozen=True, tag=16710):
    """AF, in: answered by an ExecutionReport of ExecType STATUS for each open order of the session, then a MassStatusEnd."""

    req_id: U63


class MassStatusEnd(_Message, frozen=True, tag=21829):
    """UE, out: all answers to an OrderMassStatusRequest were sent."""

    req_id: U63
    count: U32


class InstrumentListRequest(_Message, frozen=True, tag=120):
    """x, in."""

    req_id: U63


class Listing(Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """One instrument: prices in 1e-4 of the quote unit, quantities in 1e-6 of a token, rates (those of tier 0) in 1e-6 of the notional."""

    instrument: U32
    symbol: Name
    quote: Name
    tick: Price
    lot: Qty
    min_qty: Qty
    max_qty: Qty
    max_price: Price
    protection: Price
    status: U8
    base: Name
    maker_rate: I32
    taker_rate: I32
    auction_rate: I32


class InstrumentList(_Message, frozen=True, tag=121):
    """y, out."""

    req_id: U63
    instruments: list[Listing]


class InstrumentStatusRequest(_Message, frozen=True, tag=101):
    """e, in: `subscribe` 0 asks once, 1 for every change from then on as well, 2 for no more; instrument 0 is all, but not with 0."""

    req_id: U63
    instrument: U32
    subscribe: U8


class InstrumentStatus(_Message, frozen=True, tag=102):
    """f, out: whether it trades, why and since when, within which prices, what an auction would do, and what backs the token."""

    req_id: U63
    instrument: U32
    status: U8
    since_ns: U63
    cause: Word
    expected_resume_ns: U63
    session: Word
    reference: Price
    quality: U8
    low: Price
    high: Price
    status_seq: U63
    until_ns: U63
    then: Word
    indicative_px: Price
    indicative_qty: U63
    imbalance: I64
    issued: U63
    attested: U63
    attested_ns: U63
    reserve: Word


class BookRequest(_Message, frozen=True, tag=86):
    """V, in: a snapshot of one instrument's book; depth 1 is top of book, 0 all levels (at most 1,000 a side)."""

    req_id: U63
    instrument: U32
    depth: U16


class BookLevel(Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """One price level: displayed quantity and number of orders."""

    price: Price
    qty: Qty
    orders: U32


class BookSnapshot(_Message, frozen=True, tag=87):
    """W, out: levels best first; `book_seq` is the number of the last event that it holds."""

    req_id: U63
    instrument: U32
    book_seq: U63
    last_px: Price
    bids: list[BookLevel]
    asks: list[BookLevel]


class PositionRequest(_Message, frozen=True, tag=16718):
    """AN, in."""

    req_id: U63
    account: U32


class Position(Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """Balance of one asset in 1e-6 of it."""

    asset: Name
    available: U63
    held: U63
    frozen: U63
    pending_in: U63
    pending_out: U63


class PositionReport(_Message, frozen=True, tag=16720):
    """AP, out: the balances of an account that were ever opened, in that order."""

    req_id: U63
    account: U32
    positions: list[Position]


ClientMessage = (
    Logon
    | Logout
    | Heartbeat
    | TestRequest
    | ResendRequest
    | SequenceReset
    | NewOrder
    | Cancel
    | Replace
    | MassCancel
    | OrderStatusRequest
    | OrderMassStatusRequest
    | InstrumentListRequest
    | InstrumentStatusRequest
    | BookRequest
    | PositionRequest
)
VenueMessage = (
    Challenge
    | Logon
    | Logout
    | Heartbeat
    | TestRequest
    | SequenceReset
    | Reject
    | BusinessReject
    | ExecutionReport
    | CancelReject
    | MassCancelReport
    | MassStatusEnd
    | InstrumentList
    | InstrumentStatus
    | BookSnapshot
    | PositionReport
)

NUMBERED_REQUESTS = frozenset(message.__struct_config__.tag for message in (NewOrder, Cancel, Replace, MassCancel))

# What a decoder raises on bytes that are no message: msgspec passes on Python's own error where a text is not UTF-8.
DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError)

encode = msgspec.msgpack.Encoder().encode
decode_client = msgspec.msgpack.Decoder(ClientMessage).decode
decode_venue = msgspec.msgpack.Decoder(VenueMessage).decode
