"""What a load can trade at a venue: an instrument, prices around a middle, quantities, and what that asks of an account."""

from dataclasses import dataclass
from math import isqrt
from random import Random

from engine.load.faults import LoadRefused
from engine.load.plan import OPEN_MAX, RANDOM_BYTES, REACH_TICKS, STEPS_MAX, Plan
from engine.load.session import LoadSession
from engine.matching.enums import Side
from engine.protocol.messages import BookSnapshot, InstrumentStatus, Listing, TradingStatus

AMOUNT_PER_UNIT = 10_000  # price times quantity in 1e-6 of the quote asset
MARGIN = 20  # an account must have a twentieth more than the orders cost: fees


@dataclass(frozen=True, slots=True)
class Market:
    """An instrument as a load sees it: prices in 1e-4 of the quote unit, quantities in 1e-6 of a token."""

    instrument: int
    symbol: str
    base: str
    quote: str
    middle: int
    tick: int
    step: int


def find_market(session: LoadSession, symbol: str | None, price: int | None) -> Market:
    """Ask a venue for an instrument (None: the first) and for the middle of its prices where none is given.

    LoadRefused, teaching, where the instrument does not trade or no price is known.
    """
    listings = session.listings()
    named = [listing for listing in listings if symbol in (None, listing.symbol)]
    if not named:
        raise LoadRefused(f"symbol {symbol!r} is not listed: there are {', '.join(listing.symbol for listing in listings) or 'none'}")
    listing = named[0]
    status = session.status(listing.instrument)
    if status.status != TradingStatus.READY:
        raise LoadRefused(f"{listing.symbol} does not trade now: its status is {status.status} ({status.cause})")
    shown = price or shown_middle(session.book(listing.instrument), status)
    if not shown:
        raise LoadRefused(f"{listing.symbol} has no orders, no last price and no reference: say with --price around which price to trade")
    middle = shown // listing.tick * listing.tick
    if not REACH_TICKS * listing.tick < middle <= listing.max_price - REACH_TICKS * listing.tick:
        raise LoadRefused(f"price {shown / 1e4}: a load needs {REACH_TICKS} ticks of {listing.tick / 1e4} below and above it")
    return Market(listing.instrument, listing.symbol, listing.base, listing.quote, middle, listing.tick, _step(listing))


def shown_middle(book: BookSnapshot, status: InstrumentStatus) -> int:
    """Return the middle between best bid and best ask, else the last price, else the reference, else the one side there is, else 0."""
    if book.bids and book.asks:
        return (book.bids[0].price + book.asks[0].price) // 2
    return book.last_px or status.reference or next((side[0].price for side in (book.bids, book.asks) if side), 0)


def drawn_plan(mix: str, seed: int, number: int, requests: int, market: Market) -> Plan:
    """Draw the plan of session `number` (from 1): the same arguments give the same plan.  ValueError for a mix that there is not.

    The two sessions of a pair trade the same quantities with each other, so they draw from the same bytes.
    """
    stream = (number + 1) // 2 if mix == "trade" else number
    side = Side.SELL if number % 2 else Side.BUY
    randomness = Random(f"{seed}/{mix}/{stream}").randbytes(RANDOM_BYTES * requests)
    return Plan(mix, randomness, side=side, middle=market.middle, tick=market.tick, step=market.step)


def needs(mix: str, plan: Plan, market: Market) -> dict[str, int]:
    """Return what of each asset the plan's orders can ask of an account, in 1e-6 of it: never too little but by rare luck."""
    found = {}
    for side, asset in ((Side.BUY, market.quote), (Side.SELL, market.base)):
        qty, price = plan.sums(side=side)
        if mix != "trade":
            # What is open at a time, and how far the sums of buys and sells drift apart.
            qty = min(qty, (OPEN_MAX + 4 * isqrt(len(plan)) + 1) * STEPS_MAX * market.step)
        needed = qty if side is Side.SELL else qty * price // AMOUNT_PER_UNIT
        found[asset] = needed + needed // MARGIN
    return found


def _step(listing: Listing) -> int:
    """Return the least quantity of an order, which is a multiple of the lot."""
    return -(-max(listing.min_qty, listing.lot) // listing.lot) * listing.lot
