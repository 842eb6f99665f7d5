"""The client without I/O: a session, the orders that it knows, and the questions that it has open.

Bytes and time go in, bytes, events and changed objects come out; which thread or loop that happens on is up to a face.  Everything here
must be called from one thread.  An order is indexed from its request to its last report and no longer, so memory is bounded by what is
open.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Generic, TypeVar

from engine.client.answers import Answer, Query
from engine.client.board import BEGIN, END, StatusBoard, Subscription
from engine.client.entry import OrderSpec, cancel_order, new_order, replace_order, replaced_terms, terms_of
from engine.client.errors import ClientError, RequestLost, RequestRefused, TooManyInFlight
from engine.client.events import CancelRejected, ConnectionLost, Event, LoggedOn, MassCanceled, ReportsMissing
from engine.client.orders import LiveOrder, LiveRequest, RequestKind, Terms
from engine.client.session import Session
from engine.client.store import Sent
from engine.client.telling import event_of
from engine.client.texts import is_refusal, reason_of, reason_text
from engine.client.values import Instrument, Value
from engine.matching.enums import ExecType, OrdStatus, OrdType, Reason, Side, TimeInForce
from engine.protocol.messages import (
    BookSnapshot,
    BusinessReject,
    Cancel,
    CancelReject,
    ExecutionReport,
    InstrumentList,
    InstrumentListRequest,
    InstrumentStatus,
    InstrumentStatusRequest,
    Listing,
    Logon,
    MassCancel,
    MassCancelReport,
    MassStatusEnd,
    NewOrder,
    PositionReport,
    Reject,
    Replace,
    SequenceReset,
    VenueMessage,
)

MAX_IN_FLIGHT = 65_536

_NUMBERED_TYPES = frozenset(kind.__struct_config__.tag for kind in (NewOrder, Cancel, Replace, MassCancel))

OrderT = TypeVar("OrderT", bound=LiveOrder)
RequestT = TypeVar("RequestT", bound=LiveRequest)


class Core(Generic[OrderT, RequestT]):
    """All that a client knows and does, for either face; `make_order` and `make_request` give the objects that the face hands out."""

    def __init__(
        self,
        session: Session,
        make_order: Callable[[Terms, int], OrderT],
        make_request: Callable[..., RequestT],
        first_cl_ord_id: int,
        account: int,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self.session = session
        self.failure: ClientError | None = None
        self.open_orders: dict[int, OrderT] = {}
        self.instruments: dict[str, Instrument] = {}
        self.board = StatusBoard()
        self.listeners: list[Callable[[Event], None]] = []
        self.unread: Callable[[], int] = lambda: 0
        self._told_to = session.store.next_in
        self._make_order = make_order
        self._make_request = make_request
        self._next_cl_ord_id = max(first_cl_ord_id, session.store.last_cl_ord_id + 1)
        self._account = account
        self._max_in_flight = max_in_flight
        self._numbered: dict[int, Instrument] = {}
        self._is_listed = False
        self._entered: dict[int, OrderT] = {}
        self._requests: dict[int, RequestT] = {}
        self._queries: dict[int, Query] = {}
        self._next_req_id = 1
        self._listing: dict[int, OrderT] = {}
        self._listed: dict[int, list[OrderT]] = {}
        self._held: list[VenueMessage] = []

    @property
    def is_ready(self) -> bool:
        """Say whether requests can be made: logged on, and the instruments are known."""
        return self.session.is_live and self._is_listed

    @property
    def in_flight(self) -> int:
        """Number of requests that no report has answered yet."""
        return len(self.session.store.unanswered)

    @property
    def max_in_flight(self) -> int:
        """How many requests may be in flight."""
        return self._max_in_flight

    def receive(self, received: bytes, now: float) -> None:
        """Take bytes off the connection and let everything follow what they say."""
        try:
            for message in self.session.receive(received, now):
                if self._is_listed or isinstance(message, (Logon, InstrumentList)):
                    self._handle(message, now)
                else:
                    self._held.append(message)
        except ValueError as error:
            self.session.break_off(f"the venue sent what this client does not understand: {error}")
        self.note_handled(self.unread())
        if self.session.fault is not None:
            self.fail(self.session.fault)

    def disconnected(self, cause: str, retrying: bool) -> None:
        """Note that the connection is gone."""
        self.session.disconnected()
        self.note_handled(self.unread())
        self._tell(ConnectionLost(cause, retrying))

    def note_handled(self, unread: int) -> None:
        """Note in the store that the program has done with all reports before number `unread`, or with all that came where that is 0."""
        store = self.session.store
        reached = min(unread or self._told_to, self._told_to)
        if reached > store.next_in:
            store.received(reached)
        store.flush()

    def fail(self, error: ClientError) -> None:
        """End for good: nothing more will come for whatever waits."""
        if self.failure is not None:
            return
        self.failure = error
        waiting = [*self._entered.values(), *self.open_orders.values(), *self._requests.values(), *self._queries.values()]
        waiting += self.board.subscriptions.values()
        self._queries.clear()
        for each in waiting:
            each.fail(error)

    def instrument(self, symbol: str) -> Instrument:
        """Give an instrument by its symbol; ValueError naming the nearest ones where there is none."""
        found = self.instruments.get(symbol)
        if found is None:
            near = get_close_matches(symbol, self.instruments, n=3, cutoff=0.5) or sorted(self.instruments)[:5]
            raise ValueError(f"symbol {symbol!r} is not listed at {self.session.venue}: nearest are {', '.join(near)}")
        return found

    def enter(self, specs: Iterable[OrderSpec], now: float) -> list[OrderT]:
        """Check all orders, then send them all.  ValueError or TypeError for a bad one, and then none is sent."""
        checked = [terms_of(spec, self.instrument(spec.symbol), self._account) for spec in specs]
        self._make_room(len(checked))
        orders: list[OrderT] = []
        for terms in checked:
            cl_ord_id = self._number()
            self.session.submit(new_order(self.session.stamp(), cl_ord_id, terms), now)
            order = self._entered[cl_ord_id] = self._make_order(terms, cl_ord_id)
            orders.append(order)
        return orders

    def cancel(self, orders: Iterable[LiveOrder], now: float) -> list[RequestT]:
        """Ask for the end of orders; one known to be done is refused here (TOO_LATE) and not sent."""
        wanted = list(orders)
        self._make_room(len(wanted))
        requests: list[RequestT] = []
        for order in wanted:
            cl_ord_id = self._number()
            request = self._make_request(RequestKind.CANCEL, cl_ord_id, order)
            requests.append(request)
            if order.is_done:
                request.refused(Reason.TOO_LATE)
                continue
            self.session.submit(cancel_order(self.session.stamp(), cl_ord_id, order), now)
            self._requests[cl_ord_id] = request
        return requests

    def replace(self, order: LiveOrder, price: Value | None, qty: Value | None, display_qty: Value | None, now: float) -> RequestT:
        """Ask for other terms; what is None stays.  ValueError where the instrument has none such."""
        terms = replaced_terms(order, price, qty, display_qty)
        self._make_room(1)
        cl_ord_id = self._number()
        request = self._make_request(RequestKind.REPLACE, cl_ord_id, order, *terms)
        if order.is_done:
            request.refused(Reason.TOO_LATE)
            return request
        self.session.submit(replace_order(self.session.stamp(), cl_ord_id, order, *terms), now)
        self._requests[cl_ord_id] = request
        order.replacing.append(request)
        return request

    def mass_cancel(self, symbol: str | None, side: Side | None, account: int | None, now: float) -> RequestT:
        """Ask for the end of all open orders of the session, narrowed by what is given."""
        number = self.instrument(symbol).number if symbol is not None else 0
        self._make_room(1)
        cl_ord_id = self._number()
        self.session.submit(MassCancel(*self.session.stamp(), cl_ord_id, account or 0, number, Side(side) if side else 0), now)
        request = self._requests[cl_ord_id] = self._make_request(RequestKind.MASS_CANCEL, cl_ord_id, None)
        return request

    def ask(self, kind: type, now: float, *fields: int) -> Query:
        """Put a question; without a connection it waits for the next one."""
        query = Query(kind, self._next_req_id, fields)
        self._next_req_id += 1
        self._queries[query.req_id] = query
        if self.failure is not None:
            query.refused(self.failure)
        elif self.session.is_live:
            self._put(query, now)
        return query

    def listed_orders(self, query: Query) -> list[OrderT]:
        """Give, once, the orders that the answer to an OrderMassStatusRequest named."""
        return self._listed.pop(query.req_id, [])

    def follow_status(self, symbol: str | None, now: float) -> Subscription:
        """Ask for an instrument's status, or that of all (None), and for every change of it: now, and again after each cut."""
        number = 0 if symbol is None else self.instrument(symbol).number
        if self.failure is not None:
            raise self.failure
        subscription = self.board.subscribe(self._next_req_id, number, set(self._numbered) if number == 0 else {number})
        self._next_req_id += 1
        if self.session.is_live:
            self._subscribe(subscription, now)
        return subscription

    def unfollow_status(self, symbol: str | None, now: float) -> None:
        """Ask for no more changes of an instrument's status, or of any (None)."""
        number = 0 if symbol is None else self.instrument(symbol).number
        self.board.unsubscribe(number, symbol)
        if self.session.is_live:
            self.session.send(InstrumentStatusRequest(*self.session.stamp(), 0, number, END), now)

    def _handle(self, message: VenueMessage, now: float) -> None:
        match message:
            case ExecutionReport():
                self._execution(message)
            case CancelReject():
                self._cancel_reject(message)
            case MassCancelReport():
                self._mass_canceled(message)
            case SequenceReset():
                self._told_to = message.new_seq
                self._tell(ReportsMissing(message.seq, message.new_seq - 1))
            case Logon():
                self._logged_on(message, now)
            case InstrumentList():
                self._list(message, now)
            case MassStatusEnd():
                if message.req_id in self._queries:
                    self._listed[message.req_id] = list(self._listing.values())
                self._listing.clear()
                self._answer(message, message.req_id)
            case InstrumentStatus() if self.board.follows(message.req_id):
                self._follow_status(message)
            case InstrumentStatus() | BookSnapshot() | PositionReport():
                self._answer(message, message.req_id)
            case BusinessReject():
                self._refuse(message.ref_id, f"{message.reason} {message.text}")
            case Reject():
                self._rejected(message)

    def _logged_on(self, answer: Logon, now: float) -> None:
        if answer.reset_seq_num:
            self._told_to = 1
        for request in self.session.lost:
            self._lose(request)
        self.session.lost = []
        self._listing.clear()
        self._tell(LoggedOn(self.session.venue, answer.seq - 1))
        for query in self._queries.values():
            self._put(query, now)
        if not any(query.kind is InstrumentListRequest for query in self._queries.values()):
            self.ask(InstrumentListRequest, now)
        for subscription in self.board.subscriptions.values():
            self._subscribe(subscription, now)

    def _list(self, listed: InstrumentList, now: float) -> None:
        known = [Instrument.of(listing) for listing in listed.instruments]
        self.instruments = {instrument.symbol: instrument for instrument in known}
        self._numbered = {instrument.number: instrument for instrument in known}
        self._is_listed = True
        held, self._held = self._held, []
        for message in held:
            self._handle(message, now)
        self._answer(listed, listed.req_id)

    def _execution(self, report: ExecutionReport) -> None:
        if report.exec_type == ExecType.STATUS:
            order = self._order_of(report)
            order.take(report)
            self._index(order)
            self._listing[report.order_id] = order
            order.changed()
            return
        self._heard_of(report.cl_ord_id, report.seq)
        order = self._order_of(report)
        fill = order.take(report)
        self._entered.pop(report.cl_ord_id, None)
        self._index(order)
        request = None
        if report.exec_type in (ExecType.CANCELED, ExecType.REPLACED):
            request = self._requests.pop(report.cl_ord_id, None)
        if request is not None:
            order.display_units = request.display_units if request.kind is RequestKind.REPLACE else order.display_units
            request.settled()
            request.changed()
        order.changed()
        if self.listeners:
            self._tell(event_of(report, order, fill))

    def _cancel_reject(self, reject: CancelReject) -> None:
        self._heard_of(reject.cl_ord_id, reject.seq)
        request = self._requests.pop(reject.cl_ord_id, None)
        if request is not None:
            request.take(reject)
            request.changed()
        reason = reason_of(reject.reason)
        text = request.reject_text if request is not None else reason_text(reason)
        self._tell(CancelRejected(reject.seq, reject.ts_ns, request, reason, text))

    def _mass_canceled(self, report: MassCancelReport) -> None:
        self._heard_of(report.cl_ord_id, report.seq)
        request = self._requests.pop(report.cl_ord_id, None)
        reason = reason_of(report.reason)
        if request is not None:
            if is_refusal(reason):
                request.refused(reason)
            else:
                request.settled(report.affected)
            request.changed()
        self._tell(MassCanceled(report.seq, report.ts_ns, request, report.affected, reason))

    def _rejected(self, reject: Reject) -> None:
        """Take the venue's word that a message broke the protocol: a numbered one has used its number and was not done."""
        text = f"{int(Reason.UNKNOWN_COMMAND)} malformed: {reject.text} (field {reject.field}, rule {reject.reason})"
        for sent in self.session.store.unanswered.values():
            if sent.seq == reject.ref_seq and reject.ref_type in _NUMBERED_TYPES:
                self._heard_of(sent.cl_ord_id, 0)
                self._refuse_malformed(sent.cl_ord_id, text)
                return
        for query in self._queries.values():
            if query.kind.__struct_config__.tag == reject.ref_type:  # type: ignore[attr-defined]
                self._refuse(query.req_id, text)
                return

    def _refuse_malformed(self, cl_ord_id: int, text: str) -> None:
        order, request = self._entered.pop(cl_ord_id, None), self._requests.pop(cl_ord_id, None)
        if order is not None:
            order.status, order.reason, order.leaves_units = OrdStatus.REJECTED, Reason.UNKNOWN_COMMAND, 0
            order.reject_text = text
            order.changed()
        if request is not None:
            request.refused(Reason.UNKNOWN_COMMAND)
            request.reject_text = text
            request.changed()

    def _heard_of(self, cl_ord_id: int, seq: int) -> None:
        """Note that a report names a request: the venue took it and all before it, and one of those that no report named was not ours."""
        for passed in self.session.store.answered(cl_ord_id):
            self._lose(passed)
        if seq:
            self._told_to = seq + 1

    def _lose(self, sent: Sent) -> None:
        error = RequestLost(f"request {sent.cl_ord_id}: its number {sent.seq} was used by another connection of the session")
        order, request = self._entered.pop(sent.cl_ord_id, None), self._requests.pop(sent.cl_ord_id, None)
        if order is not None:
            order.fail(error)
        if request is not None:
            request.give_up()
            request.fail(error)

    def _order_of(self, report: ExecutionReport) -> OrderT:
        found = self.open_orders.get(report.order_id) or self._entered.get(report.cl_ord_id)
        if found is not None:
            return found
        instrument = self._numbered.get(report.instrument) or _unlisted(report.instrument)
        stop_px = report.bound if report.exec_type in (ExecType.NEW, ExecType.STATUS) else 0
        terms = Terms(
            instrument=instrument,
            account=report.account,
            side=Side(report.side),
            ord_type=OrdType.STOP_LIMIT if stop_px else OrdType.LIMIT,
            tif=TimeInForce.GTC,
            price=report.price,
            order_qty=report.order_qty,
            stop_px=stop_px,
        )
        return self._make_order(terms, report.cl_ord_id)

    def _index(self, order: OrderT) -> None:
        if order.leaves_units:
            self.open_orders[order.order_id] = order
        else:
            self.open_orders.pop(order.order_id, None)

    def _subscribe(self, subscription: Subscription, now: float) -> None:
        request = InstrumentStatusRequest(*self.session.stamp(), subscription.req_id, subscription.instrument, BEGIN)
        self.session.send(request, now)

    def _follow_status(self, status: InstrumentStatus) -> None:
        instrument = self._numbered.get(status.instrument) or _unlisted(status.instrument)
        event = self.board.take(status, instrument)
        if event is not None:
            self._tell(event)

    def _put(self, query: Query, now: float) -> None:
        self.session.send(query.kind(*self.session.stamp(), query.req_id, *query.fields), now)

    def _answer(self, answer: Answer, req_id: int) -> None:
        query = self._queries.pop(req_id, None)
        if query is not None:
            query.answered(answer)

    def _refuse(self, req_id: int, text: str) -> None:
        asked = self._queries.pop(req_id, None) or self.board.drop(req_id)
        if asked is not None:
            asked.refused(RequestRefused(text))

    def _number(self) -> int:
        cl_ord_id = self._next_cl_ord_id
        self._next_cl_ord_id += 1
        return cl_ord_id

    def _make_room(self, count: int) -> None:
        if self.failure is not None:
            raise self.failure
        if self.in_flight + count > self._max_in_flight:
            raise TooManyInFlight(
                f"{self.in_flight} requests wait for their answer and {count} more would pass the limit of {self._max_in_flight}"
            )

    def _tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)


def _unlisted(number: int) -> Instrument:
    return Instrument.of(Listing(number, f"unlisted-{number}", "unknown", 1, 1, 1, 1, 1, 0, 0, "unknown", 0, 0, 0))
