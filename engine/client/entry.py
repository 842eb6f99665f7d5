"""Orders as the program asks for them, and their check against the instrument's rules before anything is sent."""

from datetime import datetime

from msgspec import Struct

from engine.client.orders import LiveOrder, Terms
from engine.client.values import Instrument, Value, in_ns
from engine.matching.enums import ExecInst, OrdType, SettlePref, Side, StpMode, TimeInForce
from engine.protocol.messages import Cancel, NewOrder, Replace

_NEVER_RESTS = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_FOR_AUCTIONS = frozenset({TimeInForce.OPG, TimeInForce.CLS})
_STOPS = frozenset({TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD})


class LimitOrder(Struct, frozen=True):
    """An order at a price or better; with a `stop_px` one that waits until the last price has reached that (STOP_LIMIT).

    `qty` in tokens, `price` in the quote unit, as str, Decimal or int.  `tif` None means GTD where `expire` is given and DAY otherwise;
    `expire` is an aware datetime or ns since 1970 UTC.  `display_qty` shows only so much at a time, `min_qty` must trade at once or the
    order ends.  `reduce_only` is for sells.  `account` None means the client's own default; `settle_pref` is a wish that changes nothing
    else.  OPG and CLS orders are for an auction alone.
    """

    symbol: str
    side: Side
    qty: Value
    price: Value
    tif: TimeInForce | None = None
    post_only: bool = False
    display_qty: Value | None = None
    expire: datetime | int | None = None
    account: int | None = None
    stp_mode: StpMode = StpMode.NONE
    min_qty: Value | None = None
    reduce_only: bool = False
    settle_pref: SettlePref = SettlePref.ANY
    stop_px: Value | None = None


class MarketOrder(Struct, frozen=True):
    """An order at the best opposite price and up to the instrument's protection beyond; the rest is canceled (IOC) or all (FOK).

    OPG and CLS: at whatever price the auction has.
    """

    symbol: str
    side: Side
    qty: Value
    tif: TimeInForce = TimeInForce.IOC
    account: int | None = None
    stp_mode: StpMode = StpMode.NONE
    min_qty: Value | None = None
    reduce_only: bool = False
    settle_pref: SettlePref = SettlePref.ANY


class StopOrder(Struct, frozen=True):
    """An order that waits until the last price has reached `stop_px`, and then trades up to the instrument's protection beyond it.

    `tif` None means GTD where `expire` is given and DAY otherwise.
    """

    symbol: str
    side: Side
    qty: Value
    stop_px: Value
    tif: TimeInForce | None = None
    expire: datetime | int | None = None
    account: int | None = None
    stp_mode: StpMode = StpMode.NONE
    reduce_only: bool = False
    settle_pref: SettlePref = SettlePref.ANY


class CashOrder(Struct, frozen=True):
    """A buy for an amount of the quote asset, fees included, of which what the lot leaves over is not spent.

    `price` None takes the market as it is; `tif` None means IOC, and what does not trade at once is canceled.
    """

    symbol: str
    cash: Value
    price: Value | None = None
    tif: TimeInForce | None = None
    expire: datetime | int | None = None
    account: int | None = None
    stp_mode: StpMode = StpMode.NONE
    settle_pref: SettlePref = SettlePref.ANY


OrderSpec = LimitOrder | MarketOrder | StopOrder | CashOrder


def terms_of(spec: OrderSpec, instrument: Instrument, default_account: int) -> Terms:
    """Turn what was asked for into wire units.  ValueError naming value, rule and nearest valid values; TypeError for a float."""
    account = default_account if spec.account is None else spec.account
    match spec:
        case MarketOrder():
            return _market(spec, instrument, account)
        case StopOrder():
            return _stop(spec, instrument, account)
        case CashOrder():
            return _for_cash(spec, instrument, account)
        case LimitOrder():
            return _limit(spec, instrument, account)


def _limit(spec: LimitOrder, instrument: Instrument, account: int) -> Terms:
    tif = _tif_of(spec, TimeInForce.DAY)
    _check_stop(tif, spec)
    if tif in _NEVER_RESTS | _FOR_AUCTIONS and spec.post_only:
        raise ValueError(f"post_only with tif {tif.name}: a post-only order must be able to rest; use DAY, GTC or GTD")
    if tif in _NEVER_RESTS | _FOR_AUCTIONS and spec.display_qty is not None:
        raise ValueError(f"display_qty {spec.display_qty} with tif {tif.name}: only an order that can rest shows a part of itself")
    if spec.post_only and spec.min_qty is not None:
        raise ValueError(f"min_qty {spec.min_qty} with post_only: what must trade at once cannot be post-only")
    qty = instrument.qty_units(spec.qty)
    price = instrument.price_units(spec.price)
    instrument.check_notional(price, qty)
    return Terms(
        instrument=instrument,
        account=account,
        side=Side(spec.side),
        ord_type=OrdType.LIMIT if spec.stop_px is None else OrdType.STOP_LIMIT,
        tif=tif,
        price=price,
        order_qty=qty,
        display_qty=0 if spec.display_qty is None else instrument.display_units(spec.display_qty, qty),
        exec_inst=(ExecInst.POST_ONLY if spec.post_only else ExecInst.NONE) | _reduce_only(spec),
        expire_ns=0 if spec.expire is None else in_ns(spec.expire),
        stp_mode=StpMode(spec.stp_mode),
        min_qty=_min_units(spec, tif, instrument, qty),
        settle_pref=SettlePref(spec.settle_pref),
        stop_px=0 if spec.stop_px is None else instrument.price_units(spec.stop_px, "stop_px"),
    )


def _stop(spec: StopOrder, instrument: Instrument, account: int) -> Terms:
    tif = _tif_of(spec, TimeInForce.DAY)
    _check_stop(tif, spec)
    return Terms(
        instrument=instrument,
        account=account,
        side=Side(spec.side),
        ord_type=OrdType.STOP,
        tif=tif,
        price=0,
        order_qty=instrument.qty_units(spec.qty),
        exec_inst=_reduce_only(spec),
        expire_ns=0 if spec.expire is None else in_ns(spec.expire),
        stp_mode=StpMode(spec.stp_mode),
        settle_pref=SettlePref(spec.settle_pref),
        stop_px=instrument.price_units(spec.stop_px, "stop_px"),
    )


def _market(spec: MarketOrder, instrument: Instrument, account: int) -> Terms:
    tif = TimeInForce(spec.tif)
    qty = instrument.qty_units(spec.qty)
    return Terms(
        instrument=instrument,
        account=account,
        side=Side(spec.side),
        ord_type=OrdType.MARKET,
        tif=tif,
        price=0,
        order_qty=qty,
        exec_inst=_reduce_only(spec),
        stp_mode=StpMode(spec.stp_mode),
        min_qty=_min_units(spec, tif, instrument, qty),
        settle_pref=SettlePref(spec.settle_pref),
    )


def _for_cash(spec: CashOrder, instrument: Instrument, account: int) -> Terms:
    tif = _tif_of(spec, TimeInForce.IOC)
    if tif is TimeInForce.FOK:
        raise ValueError("cash with tif FOK: how much an amount buys is known too late for all or nothing; use IOC")
    if tif in _FOR_AUCTIONS:
        raise ValueError(f"cash with tif {tif.name}: an auction's price is not known when the order comes in; give a qty")
    return Terms(
        instrument=instrument,
        account=account,
        side=Side.BUY,
        ord_type=OrdType.MARKET if spec.price is None else OrdType.LIMIT,
        tif=tif,
        price=0 if spec.price is None else instrument.price_units(spec.price),
        order_qty=0,
        expire_ns=0 if spec.expire is None else in_ns(spec.expire),
        stp_mode=StpMode(spec.stp_mode),
        cash=instrument.cash_units(spec.cash),
        settle_pref=SettlePref(spec.settle_pref),
    )


def _tif_of(spec: LimitOrder | StopOrder | CashOrder, usual: TimeInForce) -> TimeInForce:
    tif = TimeInForce(spec.tif) if spec.tif is not None else usual if spec.expire is None else TimeInForce.GTD
    if (tif is TimeInForce.GTD) != (spec.expire is not None):
        raise ValueError(f"tif {tif.name} with expire {spec.expire}: a GTD order, and no other, has an expire")
    return tif


def _check_stop(tif: TimeInForce, spec: LimitOrder | StopOrder) -> None:
    if spec.stop_px is None:
        return
    if tif not in _STOPS:
        raise ValueError(f"stop_px {spec.stop_px} with tif {tif.name}: an order that waits for its trigger is DAY, GTC or GTD")
    if isinstance(spec, LimitOrder) and (spec.post_only or spec.min_qty is not None):
        raise ValueError(f"stop_px {spec.stop_px} with post_only or min_qty: what waits for its trigger does neither")


def _reduce_only(spec: LimitOrder | MarketOrder | StopOrder) -> ExecInst:
    if spec.reduce_only and spec.side == Side.BUY:
        raise ValueError("reduce_only on a BUY: nothing is sold short here, so a buy never reduces a position")
    return ExecInst.REDUCE_ONLY if spec.reduce_only else ExecInst.NONE


def _min_units(spec: LimitOrder | MarketOrder, tif: TimeInForce, instrument: Instrument, qty: int) -> int:
    if spec.min_qty is None:
        return 0
    if tif is TimeInForce.FOK:
        raise ValueError(f"min_qty {spec.min_qty} with tif FOK: that trades the whole quantity or nothing anyway")
    if tif in _FOR_AUCTIONS:
        raise ValueError(f"min_qty {spec.min_qty} with tif {tif.name}: an auction asks nobody for a least quantity")
    return instrument.min_units(spec.min_qty, qty)


def new_order(stamp: tuple[int, int, int], cl_ord_id: int, terms: Terms) -> NewOrder:
    """Write an order as its message."""
    return NewOrder(
        *stamp,
        cl_ord_id,
        terms.account,
        terms.instrument.number,
        terms.side,
        terms.ord_type,
        terms.tif,
        terms.price,
        terms.order_qty,
        terms.display_qty,
        terms.exec_inst,
        terms.expire_ns,
        terms.stp_mode,
        terms.min_qty,
        terms.cash,
        terms.settle_pref,
        terms.stop_px,
    )


def cancel_order(stamp: tuple[int, int, int], cl_ord_id: int, order: LiveOrder) -> Cancel:
    """Write a cancel as its message."""
    return Cancel(*stamp, cl_ord_id, last_cl_ord_id(order), order.order_id, order.instrument.number, order.side)


def replace_order(stamp: tuple[int, int, int], cl_ord_id: int, order: LiveOrder, price: int, order_qty: int, display_qty: int) -> Replace:
    """Write a replace as its message."""
    number, side = order.instrument.number, order.side
    return Replace(*stamp, cl_ord_id, last_cl_ord_id(order), order.order_id, number, side, price, order_qty, display_qty)


def replaced_terms(order: LiveOrder, price: Value | None, qty: Value | None, display_qty: Value | None) -> tuple[int, int, int]:
    """Give price, whole quantity and displayed quantity after a replace; what is None stays as last asked for."""
    latest = order.replacing[-1] if order.replacing else order
    instrument = order.instrument
    price_units = latest.price_units if price is None else instrument.price_units(price)
    qty_units = latest.qty_units if qty is None else instrument.qty_units(qty)
    if display_qty is None:
        display_units = latest.display_units if latest.display_units < qty_units else 0
    else:
        display_units = instrument.display_units(display_qty, qty_units)
    instrument.check_notional(price_units, qty_units)
    return price_units, qty_units, display_units


def last_cl_ord_id(order: LiveOrder) -> int:
    """Give the cl_ord_id that the order will have once what was sent before is done; names it while its order_id is not known."""
    return order.replacing[-1].cl_ord_id if order.replacing else order.cl_ord_id
