"""What a simulated subscriber owns and what of it is free: it never asks the venue for more than it can pay.

The venue holds for a buy what it costs at its limit with the worst fee, and for a sell its tokens.  A budget counts the same, each order at
the most it may hold now: before and after a replace that is on its way, and for executions that are not booked here yet.  So what is free
here is never more than what is available there.
"""

from collections.abc import Mapping

from engine.matching.enums import Side

PRICE_TIMES_QTY = 10_000
RATE_UNITS = 1_000_000


class Purse:
    """Cash and tokens in 1e-6, as the executions that are booked leave them."""

    def __init__(self, cash: int, tokens: Mapping[str, int]) -> None:
        self.cash = cash
        self.tokens = dict(tokens)

    def filled(self, symbol: str, side: Side, price: int, qty: int, fee: int) -> None:
        """Book an execution; a negative fee is a rebate."""
        sign = 1 if side == Side.BUY else -1
        self.cash -= sign * notional(price, qty) + fee
        self.tokens[symbol] = self.tokens.get(symbol, 0) + sign * qty


class Budget:
    """What of a purse is free during one turn; `rate` is the highest fee, in 1e-6 of the notional."""

    def __init__(self, purse: Purse, rate: int) -> None:
        self._cash = purse.cash
        self._tokens = dict(purse.tokens)
        self._rate = rate

    def hold(self, symbol: str, side: Side, price: int, qty: int) -> None:
        """Take away what an order may hold."""
        if side == Side.BUY:
            self._cash -= self._cost(price, qty)
        else:
            self._tokens[symbol] = self._tokens.get(symbol, 0) - qty

    def release(self, symbol: str, side: Side, price: int, qty: int) -> None:
        """Give back what `hold` took."""
        if side == Side.BUY:
            self._cash += self._cost(price, qty)
        else:
            self._tokens[symbol] += qty

    def afford(self, symbol: str, side: Side, price: int, qty: int, step: int) -> int:
        """Return the most of a quantity that is free, in whole steps; 0 where not even one is."""
        if side == Side.BUY:
            # What a token costs with its fee, in 1e-6, rounded up: more than enough for any quantity of them.
            each = -(-price * (RATE_UNITS + self._rate) // PRICE_TIMES_QTY) or 1
            most = max(self._cash, 0) * RATE_UNITS // each
        else:
            most = max(self._tokens.get(symbol, 0), 0)
        return min(qty, most) // step * step

    def _cost(self, price: int, qty: int) -> int:
        spent = notional(price, qty)
        return spent - (-spent * self._rate // RATE_UNITS)


def notional(price: int, qty: int) -> int:
    """Return price times quantity in 1e-6 of the quote asset."""
    return price * qty // PRICE_TIMES_QTY
