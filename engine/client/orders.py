"""Orders and requests as objects that follow what the venue reports.

They are filled in by the client as reports arrive and only read by the program.  Prices are Decimals of the quote unit, quantities
Decimals of tokens.  How to wait for a change depends on the face (asyncio or threads), so the faces derive their own `Order` from these.
"""

from abc import ABC, abstractmethod
from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from engine.client.figures import Told
from engine.client.live import Live
from engine.client.texts import reason_of, reason_text
from engine.client.values import Instrument, Value, cash, quality_of, utc
from engine.matching.enums import ExecInst, ExecType, Liquidity, OrdStatus, OrdType, Reason, SettlePref, Side, StpMode, TimeInForce
from engine.protocol.messages import CancelReject, ExecutionReport
from engine.venue.records import Quality, SettleForm


class Fill(Struct, frozen=True):
    """One execution of one order; `liquidity` says whether the order rested (MAKER), came in (TAKER) or waited for an auction (AUCTION).

    `fee` was paid in the quote asset, and received where it is negative.  `settlement` is the form in which the execution is settled,
    `fallback` why it is not the one that the order wished for.  `reference` is the reference price at that time, None without one.
    """

    exec_id: int
    match_id: int
    price: Decimal
    qty: Decimal
    liquidity: Liquidity
    ts_ns: int
    fee: Decimal
    settlement: SettleForm
    fallback: Reason | int
    reference: Decimal | None
    quality: Quality

    @property
    def time(self) -> datetime:
        """Venue time of the execution, cut to microseconds."""
        return utc(self.ts_ns)


class Terms(Struct, frozen=True):
    """What an order asks for, in wire units: what NewOrder says of it, but for its ids.

    With `cash` it is sized in the quote asset, and `order_qty` is 0.
    """

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
    min_qty: int = 0
    cash: int = 0
    settle_pref: SettlePref = SettlePref.ANY
    stop_px: int = 0


class LiveOrder(Live, ABC):
    """An order and where it is now.

    `status` is None until the venue has answered.  `reason` says why it was rejected, canceled, expired or last restated, `reason_text`
    says so in words; `reject_text` is "" but for a rejected one.  `fills` holds the executions that this client was told of, oldest first.
    `error` is set where nothing more will be heard of it.
    """

    is_change = False

    __slots__ = (
        "_fee_units",
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
        "stop_units",
        "terms",
        "triggered",
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
        self.stop_units = terms.stop_px
        self.triggered = False
        self._fee_units = 0
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
        price = {OrdType.MARKET: "MARKET", OrdType.STOP: "MARKET"}.get(self.ord_type) or self.price
        price = f"{price} STOP {self.stop_px}" if self.stop_px is not None else price
        size = f"{self.cash} {self.instrument.quote} of" if self.cash is not None and not self.qty_units else self.order_qty
        what = f"{self.side.name} {size} {self.symbol} @ {price} {self.tif.name}"
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
        """What kind it is; an order learnt from a report alone counts as LIMIT, or as STOP_LIMIT where it waits for its trigger."""
        return self.terms.ord_type

    @property
    def tif(self) -> TimeInForce:
        """How long it lives; an order learnt from a report alone counts as GTC."""
        return self.terms.tif

    @property
    def price(self) -> Decimal:
        """Its limit price now; a MARKET or STOP order's is the protection price that the venue gave it."""
        return self.instrument.price(self.price_units)

    @property
    def stop_px(self) -> Decimal | None:
        """The last price that brings it in, or brought it in; None where it never waited for one."""
        return self.instrument.price(self.stop_units) if self.stop_units else None

    @property
    def is_waiting(self) -> bool:
        """Say whether it is open and waits for its trigger."""
        return self.is_open and self.stop_units != 0 and not self.triggered

    @property
    def cash(self) -> Decimal | None:
        """The amount of the quote asset that it may cost, where that is what it asked for."""
        return cash(self.terms.cash) if self.terms.cash else None

    @property
    def cash_units(self) -> int:
        """The same in wire units; 0 where it asked for a quantity."""
        return self.terms.cash

    @property
    def min_units(self) -> int:
        """The quantity that had to trade at once, in wire units."""
        return self.terms.min_qty

    @property
    def order_qty(self) -> Decimal:
        """Its whole quantity now; 0 while the venue has not yet told what an amount of cash comes to."""
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
    def fees(self) -> Decimal:
        """What its fills cost in fees, in the quote asset; received where it is negative."""
        return cash(self._fee_units)

    @property
    def reason_text(self) -> str:
        """Why it is as it is, in words; "" where nothing needs one."""
        return self.reject_text or (reason_text(self.reason) if self.reason else "")

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
        self.price_units = report.price
        if report.reason:
            self.reason = reason_of(report.reason)
        if report.exec_type == ExecType.REJECTED:
            self.qty_units = self.terms.order_qty
            self.reject_text = reason_text(self.reason, self, Told(report.bound, report.reference, report.quality))
            return None
        self.qty_units = report.order_qty
        match report.exec_type:
            case ExecType.TRADE:
                return self._fill(report)
            case ExecType.RESTATED if report.reason == Reason.TRIGGERED:
                self.triggered = True
            case ExecType.REPLACED:
                self.cl_ord_id = report.cl_ord_id
            case ExecType.STATUS:
                self.cl_ord_id = report.cl_ord_id
                self.triggered = report.bound == 0
                self.stop_units = report.bound or self.stop_units
        return None

    def _fill(self, report: ExecutionReport) -> Fill:
        self._fee_units += report.fee
        self._filled_units += report.last_qty
        self._filled_notional += report.last_qty * report.last_px
        fill = Fill(
            exec_id=report.exec_id,
            match_id=report.match_id,
            price=self.instrument.price(report.last_px),
            qty=self.instrument.qty(report.last_qty),
            liquidity=Liquidity(report.liquidity),
            ts_ns=report.ts_ns,
            fee=cash(report.fee),
            settlement=SettleForm(report.settlement),
            fallback=reason_of(report.fallback),
            reference=self.instrument.price(report.reference) if report.reference else None,
            quality=quality_of(report.quality),
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

    def refused(self, reason: Reason | int, told: Told | None = None) -> None:
        """Take a no, the venue's or, where the order was known to be done, the client's own."""
        self.reason = reason
        asked = _Wish(self) if self.order is not None and self.kind is RequestKind.REPLACE else self.order
        self.reject_text = reason_text(reason, asked, told)
        self._answer()

    def take(self, reject: CancelReject) -> None:
        """Follow a CancelReject."""
        self.refused(reason_of(reject.reason), Told(reject.bound, reject.reference, reject.quality))

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
        self.price_units, self.qty_units = request.price_units, request.qty_units
        self.min_units = self.cash_units = self.stop_units = 0
        self.is_change = True
