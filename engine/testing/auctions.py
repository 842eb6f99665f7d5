"""The oracle's auction: the one price, and who trades with whom at it, worked out from two plain lists of orders in priority order.

The price is looked for at every limit and one tick beside it, as nothing changes between two limits.
"""

from engine.matching.enums import StpMode
from engine.matching.records import Uncross
from engine.testing.orders import Order

ROUNDS = 8
NOTHING = Uncross(0, 0, 0, True)


def indicate(bids: list[Order], asks: list[Order], reference: int, tick: int, top: int) -> Uncross:
    """Return what an auction of these orders would do; reference 0 is none, `top` the highest price there is."""
    limits = {order.price for order in (*bids, *asks)}
    prices = sorted({price + step for price in limits for step in (-tick, 0, tick) if tick <= price + step <= top})
    volumes = {price: volume(bids, asks, price) for price in prices}
    most = max(volumes.values(), default=0)
    if not most:
        return NOTHING
    tied = [price for price in prices if volumes[price] == most]
    least = min(abs(imbalance(bids, asks, price)) for price in tied)
    tied = [price for price in tied if abs(imbalance(bids, asks, price)) == least]
    price = chosen({price: imbalance(bids, asks, price) for price in tied}, reference, tick)
    return Uncross(price, most, imbalance(bids, asks, price), True)


def chosen(left: dict[int, int], reference: int, tick: int) -> int:
    """Return one of the prices from the first to the last of those tied, by what is left over at them, then by the reference.

    Buyers left over want the highest of their prices and sellers the lowest: else somebody with a better limit would be left out.
    """
    pressed = [max((price for price in left if left[price] > 0), default=0), min((price for price in left if left[price] < 0), default=0)]
    low, high = (pressed[0] or pressed[1], pressed[1] or pressed[0]) if any(pressed) else (min(left), max(left))
    if not reference:
        return (low + high) // 2 // tick * tick
    below = max(min(reference // tick * tick, high), low)
    above = min(below + tick, high)
    return above if abs(above - reference) <= abs(below - reference) else below


def volume(bids: list[Order], asks: list[Order], price: int) -> int:
    """Return how much could be executed at a price."""
    return min(wanted(bids, price), wanted(asks, price))


def imbalance(bids: list[Order], asks: list[Order], price: int) -> int:
    """Return how much more is bought than sold at a price."""
    return wanted(bids, price) - wanted(asks, price)


def wanted(orders: list[Order], price: int) -> int:
    """Return what the orders of one side would trade at a price, reserves included."""
    return sum(order.leaves_qty for order in orders if order.trades_at(price))


def own_orders(bids: list[Order], asks: list[Order], price: int, qty: int) -> list[Order]:
    """Return the orders that self-trade prevention takes out of an auction at that price, in the order in which they are met.

    Both sides are walked as `pairs` does; where two are of one group, those that have to go do, whole, and the walk goes on.
    """
    buyers, sellers = ([order for order in side if order.trades_at(price)] for side in (bids, asks))
    left = {order.order_id: order.leaves_qty for order in (*buyers, *sellers)}
    gone: list[Order] = []
    i = j = 0
    while qty and i < len(buyers) and j < len(sellers):
        buyer, seller = buyers[i], sellers[j]
        victims = to_cancel(buyer, seller)
        part = 0 if victims else min(left[buyer.order_id], left[seller.order_id], qty)
        gone += victims
        qty -= part
        for order in (buyer, seller):
            left[order.order_id] -= part
        i += buyer in victims or not left[buyer.order_id]
        j += seller in victims or not left[seller.order_id]
    return gone


def to_cancel(buyer: Order, seller: Order) -> list[Order]:
    """Return which of two orders must go before they trade with each other, the older first; none where they may."""
    older, younger = sorted((buyer, seller), key=lambda order: order.age)
    if not younger.stands_against(older):
        return []
    return {StpMode.CANCEL_OLDEST: [older], StpMode.CANCEL_BOTH: [older, younger]}.get(StpMode(younger.stp_mode), [younger])
