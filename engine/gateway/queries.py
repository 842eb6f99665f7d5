"""Answers to questions about the venue's state, read from books, balances and registers between two commands."""

from collections.abc import Iterator

from engine.gateway.effects import Question, Send, refusal
from engine.gateway.lane import Lane
from engine.gateway.statuses import Statuses
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
    Position,
    PositionReport,
    PositionRequest,
)
from engine.venue.office import Office
from engine.venue.records import Quality
from engine.venue.registers import Listing as Listed
from engine.venue.terms import Fee
from engine.venue.venue import Venue

BOOK_DEPTH_MAX = 1_000


class Queries:
    """Answers sessions' questions about the venue and what its office has registered."""

    def __init__(self, venue: Venue, office: Office, statuses: Statuses) -> None:
        self._venue = venue
        self._statuses = statuses
        self._book = venue.book
        self._office = office

    def answer(self, question: Question, lane: Lane) -> Iterator[Send]:
        """Yield the messages that answer `question` of the session of `lane`."""
        match question:
            case OrderStatusRequest():
                yield self._order_status(question, lane.number)
            case OrderMassStatusRequest():
                orders = self._book.orders(session=lane.number)
                yield from map(_order, orders)
                yield Send(MassStatusEnd, (question.req_id, len(orders)))
            case InstrumentListRequest():
                yield Send(InstrumentList, (question.req_id, [self._listing(listed) for listed in self._office.instruments.values()]))
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
        return _order(order)

    def unknown_instrument(self, question: InstrumentStatusRequest | BookRequest) -> Send:
        """Return the refusal of a question about an instrument that is not listed."""
        text = f"instrument {question.instrument} is not 1 to {len(self._office.instruments)}"
        return refusal(question, Reason.UNKNOWN_INSTRUMENT, text)

    def _instrument_status(self, question: InstrumentStatusRequest) -> Send:
        listed = self._statuses.listed(question.instrument)
        if listed is None:
            return self.unknown_instrument(question)
        return Send(InstrumentStatus, (question.req_id, *self._statuses.picture(listed)))

    def _snapshot(self, question: BookRequest) -> Send:
        instrument = question.instrument
        if self._statuses.listed(instrument) is None:
            return self.unknown_instrument(question)
        depth = min(question.depth or BOOK_DEPTH_MAX, BOOK_DEPTH_MAX)
        bids, asks = ([BookLevel(*level) for level in side] for side in self._book.depth(instrument, depth))
        return Send(BookSnapshot, (question.req_id, instrument, self._book.last_exec_id, self._book.last_px(instrument), bids, asks))

    def _positions(self, question: PositionRequest, lane: Lane) -> Send:
        if not lane.owns_account(question.account):
            return refusal(question, Reason.UNKNOWN_ACCOUNT, f"account {question.account} is not this session's")
        names = list(self._office.assets)  # numbered from 1 in this order
        positions = [Position(names[balance.asset - 1], *balance[2:]) for balance in self._venue.balances(question.account)]
        return Send(PositionReport, (question.req_id, question.account, positions))

    def _listing(self, listed: Listed) -> Listing:
        terms = listed.terms
        fees = terms.rates[0] if terms.rates else Fee()
        return Listing(
            listed.number,
            terms.symbol,
            terms.quote,
            terms.tick,
            terms.lot,
            terms.min_qty,
            terms.max_qty,
            terms.max_price,
            terms.protection,
            self._statuses.status(listed),
            terms.base,
            fees.maker,
            fees.taker,
            fees.auction,
        )


def _order(order: OpenOrder) -> Send:
    """Return where an order is; the bound of one that waits for its trigger is its stop price."""
    cum_qty = order.order_qty - order.leaves_qty
    status = OrdStatus.PARTIALLY_FILLED if cum_qty else OrdStatus.NEW
    fields = (
        *(order.order_id, 0, order.cl_ord_id, 0, order.account, order.instrument, order.side, ExecType.STATUS, status),
        *(order.price, order.order_qty, order.leaves_qty, cum_qty, 0, 0, 0, 0, Reason.NONE, 0),
        *(order.stop_px, 0, Quality.NONE, 0, Reason.NONE),
    )
    return Send(ExecutionReport, fields)
