"""Budgets of the demo's subscribers against a venue that holds and pays as the rules of money say."""

from hypothesis import given
from hypothesis import strategies as st

from engine.cli.purse import Budget, Purse, notional
from engine.matching.enums import Side

RATE = 100
STEP = 10_000
LOT = 100
PRICES = st.integers(1, 10_000).map(lambda ticks: ticks * 100)
QTYS = st.integers(1, 1_000).map(lambda steps: steps * STEP)
BOTH = (Side.BUY, Side.SELL)
SIDES = st.sampled_from(BOTH)


class Order:
    """One open order at the venue: its hold is worst cost of what is left, its exact fee runs in 1e-12."""

    def __init__(self, side, price, qty):
        self.side, self.price, self.qty = side, price, qty
        self.leaves = qty
        self.booked = 0
        self.owed = 0

    @property
    def hold(self):
        if self.side == Side.SELL:
            return self.leaves
        spent = notional(self.price, self.leaves)
        return spent - (-(self.owed % 1_000_000 + spent * RATE) // 1_000_000) - (self.owed % 1_000_000 > 0)

    def fill(self, price, qty, rate):
        """Execute a part; give what the payer's fee grows by."""
        paid = -(-self.owed // 1_000_000)
        self.owed += notional(price, qty) * rate
        self.leaves -= qty
        return -(-self.owed // 1_000_000) - paid


class Venue:
    """One customer's account at a venue; executions are told later."""

    def __init__(self, cash, tokens):
        self.cash, self.tokens = cash, tokens
        self.orders = []
        self.untold = []

    def available(self):
        held = {side: sum(order.hold for order in self.orders if order.side == side and order.leaves) for side in BOTH}
        return self.cash - held[Side.BUY], self.tokens - held[Side.SELL]

    def fill(self, order, price, qty, rate):
        fee = order.fill(price, qty, rate)
        sign = 1 if order.side == Side.BUY else -1
        self.cash -= sign * notional(price, qty) + fee
        self.tokens += sign * qty
        self.untold.append((order, price, qty, fee))


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.lists(st.tuples(SIDES, PRICES, QTYS, st.integers(0, 4), st.integers(1, 99), st.sampled_from([-20, RATE]), st.booleans())),
)
def test_what_a_budget_affords_the_venue_never_refuses(cash, tokens, wishes):
    venue, purse = Venue(cash, tokens), Purse(cash, {"X": tokens})
    for side, price, qty, whose, part, rate, is_told in wishes:
        budget = Budget(purse, RATE)
        for order in venue.orders:
            budget.hold("X", order.side, order.price, order.qty - order.booked)
        affordable = budget.afford("X", side, price, qty, STEP)
        if affordable:
            venue.orders.append(Order(side, price, affordable))
        assert min(venue.available()) >= 0
        open_orders = [order for order in venue.orders if order.leaves]
        if open_orders:
            order = open_orders[whose % len(open_orders)]
            venue.fill(order, order.price, max(order.leaves * part // 100 // LOT, 1) * LOT, rate)
        assert min(venue.available()) >= 0
        while is_told and venue.untold:
            order, paid, done, fee = venue.untold.pop()
            purse.filled("X", order.side, paid, done, fee)
            order.booked += done


@given(st.integers(0, 10**12), PRICES, QTYS)
def test_an_order_that_is_afforded_fits_and_nothing_more_would(cash, price, qty):
    spent = Budget(Purse(cash, {}), RATE).afford("X", Side.BUY, price, qty, STEP)

    def cost(some):
        return notional(price, some) - (-notional(price, some) * RATE // 1_000_000)

    assert cost(spent) <= cash or spent == 0
    assert spent == qty or cost(spent + STEP) > cash


def test_a_budget_gives_back_what_it_took():
    purse = Purse(1_000_000_000, {"X": 5_000_000})
    budget = Budget(purse, RATE)
    for side in BOTH:
        budget.hold("X", side, 100_000, 3_000_000)
        budget.release("X", side, 100_000, 3_000_000)

    assert [5_000_000, 5_000_000] == [budget.afford("X", side, 100_000, 5_000_000, STEP) for side in BOTH]


def test_no_cash_and_no_tokens_afford_nothing():
    budget = Budget(Purse(0, {}), RATE)

    assert [0, 0] == [budget.afford("X", side, 100, STEP, STEP) for side in BOTH]


def test_a_rebate_is_income():
    purse = Purse(0, {"X": 1_000_000})
    purse.filled("X", Side.SELL, 1_000_000, 1_000_000, -2_000)

    assert (100_002_000, 0) == (purse.cash, purse.tokens["X"])
