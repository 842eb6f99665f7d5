"""Answers to questions about the venue's state, read from the book between two commands."""

from collections.abc import Iterator

from engine.config import Instrument
from engine.gateway.effects import Question, Send, refusal
from engine.gateway.lane import Lane
from engine.matching.book import OrderBook
from engine.matching.enums import ExecType, OrdStatus, Reason
from engine.matching.records import OpenOrder
from engine.protocol.messages import (
    BookLevel,
    BookRequest,
    BookSnapshot,
    ExecutionReport,
    InstrumentList,
    InstrumentListRequest,
    InstrumentStatus,
    InstrumentStatusRequest,
    Listing,
    MassStatusEnd,
    OrderMassStatusRequest,
    OrderStatusRequest,
    PositionReport,
    PositionRequest,
    TradingStatus,
)

BOOK_DEPTH_MAX = 1_000


class Queries:
    """Answers sessions' questions; `since_ns` is when the instruments began to trade."""

    def __init__(self, book: OrderBook, instruments: tuple[Instrument, ...], since_ns: int) -> None:
        self._book = book
        self._since_ns = since_ns
        self._listings = [_listing(number, instrument) for number, instrument in enumerate(instruments, 1)]

    def answer(self, question: Question, lane: Lane) -> Iterator[Send]:
        """Yield the messages that answer `question` of the session of `lane`."""
        match question:
            case OrderStatusRequest():
                yield self._order_status(question, lane.number)
            case OrderMassStatusRequest():
                orders = self._book.orders(session=lane.number)
                yield from map(_status, orders)
                yield Send(MassStatusEnd, (question.req_id, len(orders)))
            case InstrumentListRequest():
                yield Send(InstrumentList, (question.req_id, self._listings))
            case InstrumentStatusRequest():
                yield self._instrument_status(question)
            case BookRequest():
                yield self._snapshot(question)
            case PositionRequest():
                yield self._positions(question, lane)

    def _order_status(self, question: OrderStatusRequest, session: int) -> Send:
        book = self._book
        order = book.order(question.order_id) if question.order_id else book.find(session, question.cl_ord_id)
        if order is None or order.session != session:
            return refusal(question, Reason.UNKNOWN_ORDER, f"no order {question.order_id or question.cl_ord_id} of this session is open")
        return _status(order)

    def _instrument_status(self, question: InstrumentStatusRequest) -> Send:
        if not self._is_listed(question.instrument):
            return self._unknown_instrument(question)
        return Send(InstrumentStatus, (question.req_id, question.instrument, TradingStatus.READY, self._since_ns, ""))

    def _snapshot(self, question: BookRequest) -> Send:
        instrument = question.instrument
        if not self._is_listed(instrument):
            return self._unknown_instrument(question)
        depth = min(question.depth or BOOK_DEPTH_MAX, BOOK_DEPTH_MAX)
        bids, asks = ([BookLevel(*level) for level in side] for side in self._book.depth(instrument, depth))
        return Send(BookSnapshot, (question.req_id, instrument, self._book.last_exec_id, self._book.last_px(instrument), bids, asks))

    def _positions(self, question: PositionRequest, lane: Lane) -> Send:
        if not lane.owns_account(question.account):
            return refusal(question, Reason.UNKNOWN_ACCOUNT, f"account {question.account} is not this session's")
        return Send(PositionReport, (question.req_id, question.account, []))

    def _is_listed(self, instrument: int) -> bool:
        return 1 <= instrument <= len(self._listings)

    def _unknown_instrument(self, question: InstrumentStatusRequest | BookRequest) -> Send:
        text = f"instrument {question.instrument} is not 1 to {len(self._listings)}"
        return refusal(question, Reason.UNKNOWN_INSTRUMENT, text)


def _status(order: OpenOrder) -> Send:
    cum_qty = order.order_qty - order.leaves_qty
    status = OrdStatus.PARTIALLY_FILLED if cum_qty else OrdStatus.NEW
    fields = (
        *(order.order_id, 0, order.cl_ord_id, 0, order.account, order.instrument, order.side, ExecType.STATUS, status),
        *(order.price, order.order_qty, order.leaves_qty, cum_qty, 0, 0, 0, 0, Reason.NONE),
    )
    return Send(ExecutionReport, fields)


def _listing(number: int, instrument: Instrument) -> Listing:
    return Listing(
        number,
        instrument.symbol,
        instrument.quote,
        instrument.tick,
        instrument.lot,
        instrument.min_qty,
        instrument.max_qty,
        instrument.max_price,
        instrument.protection,
        TradingStatus.READY,
    )
