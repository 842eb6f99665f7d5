"""Auctions and stops with money behind them: fees, holds, checks, and that a gate's phase is what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import ExecType, Liquidity, OrdType, Phase, Reason, Side, Strike, TimeInForce
from engine.testing.venue_play import Act
from engine.testing.venue_strategies import CALLS, EVERYTHING_GOES, lives
from engine.venue.records import Capability, Quality
from tests.venue.laws import every_life, life_of, purses, state, trades
from tests.venue.venues import CENT, DOLLAR, MAKERS, WHOLE, Desk, kinds, reasons

PRICE = 1_000 * CENT
RATES = [(100, 300, 200)]
called_lives = lives(CALLS, max_size=90)


@pytest.fixture(params=MAKERS, ids=str)
def make(request):
    return MAKERS[request.param]


def stop(desk, side, stop_px, qty, account=1, price=0, **fields):
    """Enter a stop order, with a limit where a price is given."""
    ord_type = OrdType.STOP_LIMIT if price else OrdType.STOP
    verb = desk.buy if side == Side.BUY else desk.sell
    return verb(price, qty, account=account, ord_type=ord_type, tif=TimeInForce.GTC, stop_px=stop_px, **fields)


@given(every_life)
def test_nothing_trades_while_a_book_collects_but_by_its_auction(life):
    """INV-S2: neither a request nor another act executes anything, and an auction's executions are told as such."""
    world, steps = life
    phases = dict.fromkeys(world.numbers, Phase.CONTINUOUS)
    for moment in life_of(world, steps):
        is_auction = isinstance(moment.step, Act) and moment.step.verb == "uncross"
        resumes = isinstance(moment.step, Act) and moment.step.words.get("phase") == Phase.CONTINUOUS
        for event, _ in trades(moment.answer):
            assert (event.liquidity == Liquidity.AUCTION) == is_auction
            assert is_auction or resumes or phases[event.instrument] == Phase.CONTINUOUS
        phases = {number: moment.venue.book.phase(number) for number in world.numbers}


@given(called_lives)
def test_orders_for_an_auction_trade_in_auctions_alone(life):
    """INV-O8."""
    tifs = {}
    for moment in life_of(*life):
        for order in moment.venue.book.orders():
            tifs[order.order_id] = order.tif
        for event, _ in trades(moment.answer):
            special = tifs.get(event.order_id) in (TimeInForce.OPG, TimeInForce.CLS)

            assert not special or event.liquidity == Liquidity.AUCTION


@given(called_lives)
def test_open_order_says_its_stop_price_until_it_is_triggered(life):
    """The report of its acceptance, and whoever asks; 0 for all others."""
    waiting = {}
    for moment in life_of(*life):
        for event, detail in zip(moment.answer.events, moment.answer.details, strict=True):
            if event.exec_type == ExecType.NEW and detail.bound:
                waiting[event.order_id] = detail.bound
            is_over = not event.leaves_qty and event.exec_type != ExecType.CANCEL_REJECTED
            if event.reason == Reason.TRIGGERED or is_over:
                waiting.pop(event.order_id, None)

        assert waiting == {order.order_id: order.stop_px for order in moment.venue.book.orders() if order.stop_px}


@given(called_lives)
def test_gate_that_cannot_be_set_changes_nothing(life):
    """A crossed book cannot match: what else the gate was to say is not set either."""
    world, steps = life
    before = None
    for moment in life_of(world, steps):
        after = state(moment.venue, world)
        if isinstance(moment.step, Act) and not moment.answer.could and before is not None:
            assert before == after
            assert [] == moment.answer.events
        before = after


def test_both_sides_of_an_auction_pay_its_fee(make):
    desk = Desk(make, rates=RATES, phase=Phase.CALL)
    desk.sell(PRICE, 2 * WHOLE, account=3)
    desk.buy(PRICE, 3 * WHOLE, account=1)
    before = purses(desk.venue)
    answer = desk.act("uncross", instrument=1)
    fee = 20 * DOLLAR * 200 // 1_000_000

    assert [fee, fee] == [detail.fee for detail in answer.details]
    assert [Liquidity.AUCTION] * 2 == [event.liquidity for event in answer.events]
    assert desk.cash(3).available == before[3, 1][0] + 20 * DOLLAR - fee
    trade = desk.venue.trade(1)
    assert (Side.BUY, 1, 3, fee, fee) == (trade.maker_side, trade.maker_account, trade.taker_account, trade.maker_fee, trade.taker_fee)
    assert 2 * WHOLE == desk.venue.traded_day(1)


@given(st.sampled_from([(0, 0, 500), (-100, 300, 200), (100, 300, 0)]), st.integers(1, 50), st.integers(0, 5))
def test_hold_covers_the_dearest_of_three_rates(rate, lots, better):
    """INV-L3, L4: whether the order rests or trades in an auction, at its limit or better."""
    desk = Desk(rates=[rate], phase=Phase.CALL)
    desk.buy(PRICE, lots * 100, account=1)
    notional = lots * PRICE * 100 // 10_000
    worst = notional + -(-notional * max(*rate, 0) // 1_000_000)

    assert desk.cash(1).held == worst
    desk.sell(PRICE - better * CENT, lots * 100, account=3)
    desk.act("uncross", instrument=1, reference=PRICE - better * CENT)
    assert desk.cash(1).held == 0
    assert 1_000 * DOLLAR - desk.cash(1).available <= worst


def test_stop_holds_what_its_limit_could_cost(make):
    """A stop order's limit is its stop price and the protection beyond, a stop-limit order's its own; sells hold tokens."""
    desk = Desk(make)
    bought = stop(desk, Side.BUY, PRICE, WHOLE)

    assert [(PRICE, PRICE + 1_000_000)] == [(bought.details[0].bound, bought.events[0].price)]
    assert (PRICE + 1_000_000) * WHOLE // 10_000 == desk.cash(1).held
    stop(desk, Side.BUY, PRICE, WHOLE, account=3, price=PRICE + CENT)
    assert (PRICE + CENT) * WHOLE // 10_000 == desk.cash(3).held
    stop(desk, Side.SELL, PRICE - CENT, WHOLE, account=4)
    assert desk.tokens(4).held == WHOLE


def test_stop_may_wait_outside_the_collar_but_not_without_a_reference(make):
    desk = Desk(make)
    desk.act("set_reference", instrument=1, price=PRICE, quality=Quality.LIVE, low=PRICE - 10 * CENT, high=PRICE + 10 * CENT)

    assert [ExecType.NEW] == kinds(stop(desk, Side.BUY, PRICE + 50 * CENT, WHOLE, price=PRICE + 60 * CENT))
    desk.act("set_reference", instrument=1, price=0, quality=Quality.NONE, low=0, high=2**62)
    assert [Reason.REF_UNAVAILABLE] == reasons(stop(desk, Side.BUY, PRICE + 50 * CENT, WHOLE))


def test_market_order_for_an_auction_has_the_collars_edge_as_its_limit_and_needs_a_collar(make):
    desk = Desk(make, phase=Phase.CALL)
    market = {"ord_type": OrdType.MARKET, "tif": TimeInForce.OPG}

    assert [Reason.REF_UNAVAILABLE] == reasons(desk.sell(0, WHOLE, **market))
    desk.act("set_reference", instrument=1, price=PRICE, quality=Quality.LIVE, low=PRICE - 10 * CENT, high=PRICE + 10 * CENT, dynamic_bps=1)
    answer = desk.buy(0, WHOLE, **market)
    assert [PRICE + 10 * CENT] == [event.price for event in answer.events]
    assert (PRICE + 10 * CENT) * WHOLE // 10_000 == desk.cash(1).held


def test_cash_buys_no_stop_and_nothing_for_an_auction(make):
    desk = Desk(make, phase=Phase.CALL)
    cash = {"exec_inst": 4}

    assert [Reason.CASH_QTY] == reasons(desk.buy(PRICE, DOLLAR, tif=TimeInForce.OPG, **cash))
    assert [Reason.CASH_QTY] == reasons(desk.buy(PRICE, DOLLAR, tif=TimeInForce.CLS, **cash))
    assert [Reason.CASH_QTY] == reasons(stop(desk, Side.BUY, PRICE, DOLLAR, **cash))
    assert [ExecType.NEW] == kinds(desk.buy(PRICE, 20 * DOLLAR, tif=TimeInForce.GTC, **cash))


def test_reached_stop_says_the_last_price(make):
    desk = Desk(make)
    desk.sell(PRICE, WHOLE, account=3)
    desk.buy(PRICE, WHOLE, account=1)
    answer = stop(desk, Side.BUY, PRICE - CENT, WHOLE)

    assert [(Reason.STOP_PX, PRICE)] == [(event.reason, detail.bound) for event, detail in zip(*answer[:2], strict=True)]


def test_post_only_keeps_stops_and_resumption_lets_them_in(make):
    """A gate whose status lets nobody take keeps its stops though the last price has reached them."""
    desk = Desk(make, phase=Phase.CALL)
    stop(desk, Side.SELL, PRICE, WHOLE, account=4)
    desk.sell(PRICE - CENT, WHOLE, account=3)
    desk.buy(PRICE - CENT, WHOLE, account=1)
    desk.act("uncross", instrument=1)

    assert [] == desk.set_gate(may=EVERYTHING_GOES & ~Capability.TAKE).events
    assert [Reason.TRIGGERED, Reason.MARKET_REST] == reasons(desk.set_gate())


def test_gate_of_a_crossed_book_that_should_match_stays_as_it_was(make):
    """Found by random play: the limits, the fees and the ticks were set before the phase was looked at."""
    desk = Desk(make, rates=RATES, phase=Phase.CALL)
    desk.buy(PRICE, WHOLE, account=1)
    desk.sell(PRICE, WHOLE, account=3)

    assert not desk.set_gate(min_notional=10**9, rates=[(0, 0, 0)], may=Capability.NONE).could
    assert [ExecType.NEW] == kinds(desk.buy(PRICE, 100, account=4))
    assert [20, 20] == [detail.fee // 100 for detail in desk.act("uncross", instrument=1).details]


def test_stops_that_a_cascade_left_do_not_trade_when_the_reference_has_lapsed(make):
    """INV-X2: found in review.  A replace that is allowed without a reference went on with the cascade; now it waits for a usable one."""
    desk = Desk(lambda **limits: make(**limits | {"sweep": 4}))
    collar = {"quality": Quality.LIVE, "low": PRICE - 100 * CENT, "high": PRICE + 100 * CENT}
    desk.act("set_reference", instrument=1, price=PRICE, until_ns=10_000, **collar)
    for price in range(PRICE, PRICE + 6 * CENT, CENT):
        desk.sell(price, 100, account=3)
        stop(desk, Side.BUY, price, 100)
    rest = desk.sell(PRICE + 8 * CENT, 200, account=3)

    assert 2 == reasons(desk.buy(PRICE, 100)).count(Reason.TRIGGERED)
    desk.now_ns = 10_000
    assert [ExecType.REPLACED] == kinds(desk.replace(rest.events[0].cl_ord_id, PRICE + 8 * CENT, 100))
    assert [] == desk.set_gate().events
    assert [] == desk.act("set_reference", instrument=1, price=PRICE, until_ns=20_000, **collar).events
    assert 2 == reasons(desk.set_gate()).count(Reason.TRIGGERED)


def test_strike_is_taken_once_and_the_book_collects(make):
    desk = Desk(make, pauses=True)
    desk.act("set_reference", instrument=1, price=PRICE, quality=Quality.LIVE, low=PRICE - 5 * CENT, high=PRICE + 50 * CENT, dynamic_bps=10)
    desk.sell(PRICE + 40 * CENT, WHOLE, account=3)
    desk.buy(PRICE + 40 * CENT, WHOLE, account=1)

    assert (1, Strike.COLLAR) == desk.venue.take_strike()
    assert desk.venue.take_strike() is None
    assert not desk.venue.last_match_id
    assert [(PRICE + 40 * CENT, WHOLE)] == [level[:2] for level in desk.venue.book.depth(1)[0]]
    assert not desk.set_gate(pauses=True).could
