"""Orders at random, of every kind that a program can ask for."""

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from engine.client.entry import LimitOrder, MarketOrder, OrderSpec, StopOrder
from engine.client.values import Instrument
from engine.matching.enums import Side, StpMode, TimeInForce
from tests.simulation.loop import SECOND
from tests.simulation.market import MID

TICK = LOT = 100
FOR_AUCTIONS = (None,) * 7 + (TimeInForce.OPG, TimeInForce.CLS)


def any_order(random: Random, instruments: Mapping[str, Instrument], now_ns: int) -> OrderSpec:
    """Return an order in the middle of the prices."""
    instrument = random.choice(list(instruments.values()))
    side = random.choice((Side.BUY, Side.SELL))
    qty = instrument.qty(random.randint(1, 20) * LOT)
    stp_mode = random.choice((StpMode.NONE, StpMode.CANCEL_NEWEST, StpMode.CANCEL_OLDEST))
    auction = random.choice(FOR_AUCTIONS)
    if random.random() < 0.1:
        return MarketOrder(instrument.symbol, side, qty, tif=auction or TimeInForce.IOC, stp_mode=stp_mode)
    price = instrument.price(MID + random.randint(-8, 8) * TICK)
    if auction:
        return LimitOrder(instrument.symbol, side, qty, price, tif=auction, stp_mode=stp_mode)
    if random.random() < 0.15:
        return _stop(random, instrument, side, qty, price, stp_mode)
    chance = random.random()
    if chance < 0.1:
        tif = random.choice((TimeInForce.IOC, TimeInForce.FOK))
        return LimitOrder(instrument.symbol, side, qty, price, tif=tif, stp_mode=stp_mode)
    if chance < 0.2:
        expire = max(1, now_ns + random.randint(-1, 20) * SECOND)
        return LimitOrder(instrument.symbol, side, qty, price, expire=expire, stp_mode=stp_mode)
    tif = random.choice((TimeInForce.DAY, TimeInForce.GTC))
    shown = instrument.qty(LOT) if random.random() < 0.1 else None
    return LimitOrder(instrument.symbol, side, qty, price, tif=tif, post_only=random.random() < 0.1, display_qty=shown, stp_mode=stp_mode)


def _stop(random: Random, instrument: Instrument, side: Side, qty: Decimal, price: Decimal, stp_mode: StpMode) -> OrderSpec:
    """Return an order that waits for a price a few ticks away."""
    stop_px = instrument.price(MID + (1 if side is Side.BUY else -1) * random.randint(0, 8) * TICK)
    tif = random.choice((TimeInForce.DAY, TimeInForce.GTC))
    if random.random() < 0.5:
        return StopOrder(instrument.symbol, side, qty, stop_px, tif=tif, stp_mode=stp_mode)
    return LimitOrder(instrument.symbol, side, qty, price, tif=tif, stp_mode=stp_mode, stop_px=stop_px)
