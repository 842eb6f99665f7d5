"""Orders and requests as objects that follow what the venue reports.

They are filled in by the client as reports arrive and only read by the program.  Prices are Decimals of the quote unit, quantities
Decimals of tokens.  How to wait for a change depends on the face (asyncio or threads), so the faces derive their own `Order` from these.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from engine.client.errors import ClientError
from engine.client.texts import reason_of, reject_text
from engine.client.values import Instrument, Value, utc
from engine.matching.enums import ExecInst, ExecType, Liquidity, OrdStatus, OrdType, Reason, Side, StpMode, TimeInForce
from engine.protocol.messages import CancelReject, ExecutionReport


class Fill(Struct, frozen=True):
    """One execution of one order; `liquidity` says whether the order rested (MAKER) or came in (TAKER)."""

    exec_id: int
    match_id: int
    price: Decimal
    qty: Decimal
    liquidity: Liquidity
    ts_ns: int

    @property
    def time(self) -> datetime:
        """Venue time of the execution, cut to microseconds."""
        return utc(self.ts_ns)


class Terms(Struct, frozen=True):
    """What an order asks for, in wire units: what NewOrder says of it, but for its ids."""

    instrument: Instrument
    account: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    price: int
    order_qty: int
    display_qty: int = 0
    exec_inst: ExecInst = ExecInst.NONE
    expire_ns: int = 0
    stp_mode: StpMode = StpMode.NONE


class Live:
    """Something that changes when reports arrive; who waits for it is told of each change."""

    __slots__ = ("_watchers", "error")

    def __init__(self) -> None:
        self.error: ClientError | None = None
        self._watchers: tuple[Callable[[], None], ...] = ()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called at the next change, on the thread that reads the connection."""
        self._watchers += (watcher,)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Undo `watch`."""
        self._watchers = tuple(each for each in self._watchers if each is not watcher)

    def changed(self) -> None:
        """Tell who waits."""
        watchers, self._watchers = self._watchers, ()
        for watcher in watchers:
            watcher()

    def fail(self, error: ClientError) -> None:
        """Tell who waits that nothing more will come."""
        self.error = error
        self.changed()


class LiveOrder(Live, ABC):
    """An order and where it is now.

    `status` is None until the venue has answered.  `reason` says why it was rejected, canceled, expired or last restated, `reject_text`
    says so in words for a rejected one.  `fills` holds the executions that this client was told of, oldest first.  `error` is set where
    nothing more will be heard of it.
    """

    __slots__ = (
        "_filled_notional",
        "_filled_units",
        "cl_ord_id",
        "cum_units",
        "display_units",
        "fills",
        "leaves_units",
        "order_id",
        "price_units",
        "qty_units",
        "reason",
        "reject_text",
        "replacing",
        "status",
        "terms",
    )

    def __init__(self, terms: Terms, cl_ord_id: int) -> None:
        super().__init__()
        self.terms = terms
        self.cl_ord_id = cl_ord_id
        self.order_id = 0
        self.status: OrdStatus | None = None
        self.reason: Reason | int = Reason.NONE
        self.reject_text = ""
        self.fills: list[Fill] = []
        self.price_units = terms.price
        self.qty_units = terms.order_qty
        self.display_units = terms.display_qty
        self.leaves_units = terms.order_qty
        self.cum_units = 0
        self.replacing: list[LiveRequest] = []
        self._filled_units = 0
        self._filled_notional = 0

    @abstractmethod
    def replace(self, price: Value | None = None, qty: Value | None = None, display_qty: Value | None = None) -> "LiveRequest":
        """Ask for another price, whole quantity or displayed quantity; what is None stays as it is."""

    @abstractmethod
    def cancel(self) -> "LiveRequest":
        """Ask for its end."""

    def __repr__(self) -> str:
        status = self.status.name if self.status is not None else "PENDING"
        price = "MARKET" if self.ord_type is OrdType.MARKET else self.price
        what = f"{self.side.name} {self.order_qty} {self.symbol} @ {price} {self.tif.name}"
        return f"<{what}: {status}, {self.cum_qty} done, {self.leaves_qty} open>"

    @property
    def instrument(self) -> Instrument:
        """What it trades."""
        return self.terms.instrument

    @property
    def symbol(self) -> str:
        """The instrument's text."""
        return self.terms.instrument.symbol

    @property
    def account(self) -> int:
        """The account it trades for."""
        return self.terms.account

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return self.terms.side

    @property
    def ord_type(self) -> OrdType:
        """LIMIT or MARKET; an order learnt from a report alone counts as LIMIT."""
        return self.terms.ord_type

    @property
    def tif(self) -> TimeInForce:
        """How long it lives; an order learnt from a report alone counts as GTC."""
        return self.terms.tif

    @property
    def price(self) -> Decimal:
        """Its limit price now; a MARKET order's is the protection price that the venue gave it."""
        return self.instrument.price(self.price_units)

    @property
    def order_qty(self) -> Decimal:
        """Its whole quantity now."""
        return self.instrument.qty(self.qty_units)

    @property
    def leaves_qty(self) -> Decimal:
        """Quantity still open; 0 once it is done."""
        return self.instrument.qty(self.leaves_units)

    @property
    def cum_qty(self) -> Decimal:
        """Quantity executed."""
        return self.instrument.qty(self.cum_units)

    @property
    def avg_px(self) -> Decimal | None:
        """Average price of its fills; None where there is none, or where some happened before this client listened."""
        if self._filled_units == 0 or self._filled_units != self.cum_units:
            return None
        return Decimal(self._filled_notional) / Decimal(self._filled_units).scaleb(4)

    @property
    def is_pending(self) -> bool:
        """Say whether the venue's first answer is still awaited."""
        return self.status is None

    @property
    def is_open(self) -> bool:
        """Say whether it is accepted and not done."""
        return self.status is not None and self.leaves_units > 0

    @property
    def is_done(self) -> bool:
        """Say whether it is over: filled, canceled, expired or rejected."""
        return self.status is not None and self.leaves_units == 0

    def take(self, report: ExecutionReport) -> Fill | None:
        """Follow one report; give the fill that it tells of, if any.  Who waits is told by the client, when all is in place."""
        self.order_id = report.order_id or self.order_id
        self.status = OrdStatus(report.ord_status)
        self.leaves_units = report.leaves_qty
        self.cum_units = report.cum_qty
        self.qty_units = report.order_qty
        self.price_units = report.price
        if report.reason:
            self.reason = reason_of(report.reason)
        match report.exec_type:
            case ExecType.TRADE:
                return self._fill(report)
            case ExecType.REJECTED:
                self.reject_text = reject_text(self.reason, self)
            case ExecType.REPLACED | ExecType.STATUS:
                self.cl_ord_id = report.cl_ord_id
        return None

    def _fill(self, report: ExecutionReport) -> Fill:
        self._filled_units += report.last_qty
        self._filled_notional += report.last_qty * report.last_px
        fill = Fill(
            exec_id=report.exec_id,
            match_id=report.match_id,
            price=self.instrument.price(report.last_px),
            qty=self.instrument.qty(report.last_qty),
            liquidity=Liquidity(report.liquidity),
            ts_ns=report.ts_ns,
        )
        self.fills.append(fill)
        return fill


class RequestKind(Enum):
    """What a request asks for."""

    CANCEL = "cancel"
    REPLACE = "replace"
    MASS_CANCEL = "mass cancel"


class LiveRequest(Live):
    """A cancel, replace or mass cancel, and its answer.

    `reason` is Reason.NONE where the venue did it; `affected` is the number of orders that a mass cancel ended.
    """

    __slots__ = (
        "affected",
        "answered",
        "cl_ord_id",
        "display_units",
        "kind",
        "order",
        "price_units",
        "qty_units",
        "reason",
        "reject_text",
    )

    def __init__(
        self, kind: RequestKind, cl_ord_id: int, order: LiveOrder | None, price: int = 0, order_qty: int = 0, display_qty: int = 0
    ) -> None:
        super().__init__()
        self.kind = kind
        self.cl_ord_id = cl_ord_id
        self.order = order
        self.price_units = price
        self.qty_units = order_qty
        self.display_units = display_qty
        self.answered = False
        self.reason: Reason | int = Reason.NONE
        self.reject_text = ""
        self.affected = 0

    def __repr__(self) -> str:
        answer = "PENDING" if not self.answered else "done" if self.accepted else self.reject_text
        return f"<{self.kind.value} {self.cl_ord_id}: {answer}>"

    @property
    def accepted(self) -> bool:
        """Say whether the venue did what was asked."""
        return self.answered and self.reason == Reason.NONE

    @property
    def rejected(self) -> bool:
        """Say whether the venue refused; `reason` and `reject_text` say why."""
        return self.answered and self.reason != Reason.NONE

    def settled(self, affected: int = 0) -> None:
        """Take the venue's yes."""
        self.affected = affected
        self._answer()

    def refused(self, reason: Reason | int) -> None:
        """Take a no, the venue's or, where the order was known to be done, the client's own."""
        self.reason = reason
        self.reject_text = reject_text(reason, _Wish(self) if self.order is not None and self.kind is RequestKind.REPLACE else self.order)
        self._answer()

    def take(self, reject: CancelReject) -> None:
        """Follow a CancelReject."""
        self.refused(reason_of(reject.reason))

    def give_up(self) -> None:
        """Take it off its order: what it asked for is settled, or will never be known."""
        if self.order is not None and self in self.order.replacing:
            self.order.replacing.remove(self)

    def _answer(self) -> None:
        self.answered = True
        self.give_up()


class _Wish:
    """What a replace wanted its order to be, for the words of its refusal."""

    def __init__(self, request: LiveRequest) -> None:
        assert request.order is not None, "only a replace of an order has a wish"
        terms = request.order.terms
        self.instrument, self.account, self.side = terms.instrument, terms.account, terms.side
        self.ord_type, self.tif, self.cl_ord_id = terms.ord_type, terms.tif, request.cl_ord_id
        self.price = terms.instrument.price(request.price_units)
        self.order_qty = terms.instrument.qty(request.qty_units)
