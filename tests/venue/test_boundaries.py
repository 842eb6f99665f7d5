"""Limits to the last unit and the last nanosecond: what is just within is accepted, what is just beyond is refused."""

import pytest

from engine.matching.enums import ExecInst, OrdType, Phase, Reason, TimeInForce
from engine.testing.venue_strategies import ALL_TYPES, EVERYTHING_GOES
from engine.venue.records import Bucket, Quality
from tests.venue.venues import CENT, DOLLAR, MAKERS, TOKEN, USD, WHOLE, Desk, fills, reasons

PRICE = 1_000 * CENT


@pytest.fixture(params=MAKERS, ids=str)
def make(request):
    return MAKERS[request.param]


@pytest.fixture
def desk(make):
    return Desk(make)


@pytest.mark.parametrize(("until", "reason"), [(1, Reason.KYC_EXPIRED), (2, Reason.NONE)])
def test_kyc_is_valid_before_its_end(desk, until, reason):
    desk.act("set_party", party=1, kyc_until_ns=desk.now_ns + until + 1)

    assert [reason] == reasons(desk.buy(PRICE, WHOLE))


@pytest.mark.parametrize(("until", "reason"), [(1, Reason.REF_UNAVAILABLE), (2, Reason.NONE)])
def test_reference_is_usable_before_its_end(desk, until, reason):
    words = {"price": PRICE, "quality": Quality.LIVE, "low": PRICE, "high": PRICE, "until_ns": desk.now_ns + until + 1}
    desk.act("set_reference", instrument=1, **words)

    assert [reason] == reasons(desk.buy(PRICE, WHOLE))


@pytest.mark.parametrize(("side", "cents"), [("buy", 1_010), ("buy", 980), ("sell", 990), ("sell", 1_020)])
def test_collar_and_what_may_be_away_include_their_ends(desk, side, cents):
    ends = {"low": 990 * CENT, "high": 1_010 * CENT, "away_low": 980 * CENT, "away_high": 1_020 * CENT}
    desk.act("set_reference", instrument=1, price=PRICE, quality=Quality.LIVE, **ends)
    step = CENT if cents > 1_000 else -CENT
    beyond = getattr(desk, side)(cents * CENT + step, WHOLE)

    assert [Reason.COLLAR_STATIC] == reasons(beyond)
    assert (cents * CENT, PRICE, Quality.LIVE) == (beyond.details[0].bound, beyond.details[0].reference, beyond.details[0].quality)
    assert [Reason.NONE] == reasons(getattr(desk, side)(cents * CENT, WHOLE))


LIMITS = [
    ({"max_order_qty": WHOLE}, Reason.MAX_QTY),
    ({"max_order_notional": 10 * DOLLAR}, Reason.MAX_NOTIONAL),
    ({"max_gross_open": 10 * DOLLAR}, Reason.GROSS_OPEN),
    ({"max_gross_day": 10 * DOLLAR}, Reason.GROSS_DAILY),
]


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize(("limit", "reason"), LIMITS)
def test_limit_of_a_party_is_reached_and_not_passed(desk, side, limit, reason):
    desk.act("set_party", party=1, **limit)
    beyond = getattr(desk, side)(PRICE, WHOLE + 100)

    assert [reason] == reasons(beyond)
    assert list(limit.values()) == [beyond.details[0].bound]
    assert [Reason.NONE] == reasons(getattr(desk, side)(PRICE, WHOLE))


def test_so_many_open_orders_are_allowed(desk):
    desk.act("set_party", party=1, max_open_orders=2)

    assert [Reason.NONE] == reasons(desk.buy(PRICE, 100, account=1))
    assert [Reason.NONE] == reasons(desk.buy(PRICE, 100, account=2))
    assert [Reason.OPEN_ORDERS] == reasons(desk.buy(PRICE, 100, account=1))


@pytest.mark.parametrize(("limit", "reason"), [("min_notional", Reason.MIN_NOTIONAL), ("max_notional", Reason.MAX_NOTIONAL)])
def test_limit_of_an_instrument_is_reached_and_not_passed(desk, limit, reason):
    desk.set_gate(**{limit: 10 * DOLLAR})
    beyond = -100 if limit == "min_notional" else 100

    assert [reason] == reasons(desk.buy(PRICE, WHOLE + beyond))
    assert [Reason.NONE] == reasons(desk.buy(PRICE, WHOLE))


def test_cap_of_the_day_is_reached_and_not_passed_and_begins_anew(desk):
    desk.set_gate(day_cap=WHOLE)
    desk.sell(PRICE, WHOLE, account=3)
    desk.buy(PRICE, WHOLE - 100)

    assert [Reason.CAP_REACHED] == reasons(desk.buy(CENT, 200))
    assert [Reason.NONE] == reasons(desk.buy(CENT, 100))
    desk.end_of_day()

    assert [Reason.NONE] == reasons(desk.buy(CENT, WHOLE))


@pytest.mark.parametrize(("window_ns", "reason"), [(2, Reason.DUPLICATIVE), (1, Reason.NONE)])
def test_duplicates_are_looked_for_in_a_window(desk, window_ns, reason):
    desk.act("set_party", party=1, duplicates_max=1, duplicates_ns=window_ns)
    desk.buy(PRICE, WHOLE)

    assert [reason] == reasons(desk.buy(PRICE, WHOLE))
    assert [Reason.NONE] == reasons(desk.buy(PRICE, WHOLE + 100))


@pytest.mark.parametrize("rate", [0, 1, 300, 100_000])
def test_last_unit_of_cash_can_be_held(make, rate):
    fee = -(-10 * DOLLAR * rate // 10**6)
    enough, short = (Desk(make, dollars=0, rates=[(0, rate, 0)]) for _ in range(2))
    enough.deposit(1, USD, 10 * DOLLAR + fee)
    short.deposit(1, USD, 10 * DOLLAR + fee - 1)

    assert [Reason.NONE] == reasons(enough.buy(PRICE, WHOLE))
    assert (0, 10 * DOLLAR + fee) == enough.cash(1)[2:4]
    refused = short.buy(PRICE, WHOLE)

    assert [Reason.INSUFFICIENT_CASH] == reasons(refused)
    assert 10 * DOLLAR + fee - 1 == refused.details[0].bound


def test_last_token_can_be_held(make):
    desk = Desk(make, shares=1)

    assert [Reason.INSUFFICIENT_POSITION] == reasons(desk.sell(PRICE, WHOLE + 100))
    assert [Reason.NONE] == reasons(desk.sell(PRICE, WHOLE))


def test_sell_counts_at_the_bid_that_it_would_meet(desk):
    desk.buy(PRICE, WHOLE, account=3)
    desk.act("set_party", party=1, max_gross_open=10 * DOLLAR - 1)

    assert [Reason.GROSS_OPEN] == reasons(desk.sell(CENT, WHOLE))


def test_bound_of_a_table_is_told_only_where_it_was_broken(desk):
    desk.set_gate(ticks=[(0, 2 * CENT), (PRICE, 5 * CENT)])
    desk.act("set_reference", instrument=1, price=PRICE, quality=Quality.LIVE, low=0, high=2 * PRICE, until_ns=1)
    off_tick, stale = desk.buy(PRICE + CENT, WHOLE), desk.buy(PRICE, WHOLE)

    assert (Reason.TICK, 5 * CENT) == (reasons(off_tick)[0], off_tick.details[0].bound)
    assert (Reason.REF_UNAVAILABLE, 0) == (reasons(stale)[0], stale.details[0].bound)


def test_day_counts_what_is_open_and_what_was_executed(desk):
    desk.act("set_party", party=1, max_gross_day=30 * DOLLAR)
    desk.sell(PRICE, WHOLE, account=3)
    desk.buy(PRICE, WHOLE, account=1)
    desk.buy(900 * CENT, WHOLE, account=2)

    assert [Reason.GROSS_DAILY] == reasons(desk.sell(1_101 * CENT, WHOLE))
    assert [Reason.NONE] == reasons(desk.sell(1_100 * CENT, WHOLE))
    assert (2, 20 * DOLLAR, 10 * DOLLAR) == desk.venue.party(1)


@pytest.mark.parametrize("bucket", [Bucket.AVAILABLE, Bucket.FROZEN, Bucket.PENDING_IN, Bucket.PENDING_OUT])
def test_journal_takes_the_last_unit_and_not_one_more(desk, bucket):
    desk.act("move", lines=[(1, USD, Bucket.AVAILABLE, -5), (1, USD, bucket, 5)])
    there = desk.cash(1)[2 + bucket]

    assert not desk.act("move", lines=[(1, USD, bucket, -there - 1), (3, USD, Bucket.AVAILABLE, there + 1)]).could
    assert desk.act("move", lines=[(1, USD, bucket, -there), (3, USD, Bucket.AVAILABLE, there)]).could
    assert 0 == desk.cash(1)[2 + bucket]


def test_journal_does_not_take_what_an_order_holds(desk):
    desk.buy(PRICE, WHOLE)

    assert not desk.deposit(1, USD, -991 * DOLLAR).could
    assert desk.deposit(1, USD, -990 * DOLLAR).could


@pytest.mark.parametrize(("cents", "rate", "lots"), [(1_000, 0, 5_000), (1_000, 100_000, 4_545), (1_001, 333, 4_993)])
def test_order_for_cash_buys_what_the_amount_pays_for_with_its_fee(make, cents, rate, lots):
    desk = Desk(make, rates=[(0, rate, 0)])
    desk.sell(cents * CENT, WHOLE, account=3)
    answer = desk.buy(0, 5 * DOLLAR, exec_inst=ExecInst.CASH)
    spent = 1_000 * DOLLAR - desk.cash(1).available
    one_more = cents * (lots + 1) + -(-cents * (lots + 1) * rate // 10**6)

    assert [(cents * CENT, 100 * lots)] == fills(answer)
    assert spent <= 5 * DOLLAR < one_more


@pytest.mark.parametrize("cascades", [3, 12])
def test_cascades_of_one_command_leave_room_for_its_events(cascades):
    """M54: what many cascades in one command may cause is bounded; the stop orders left wait for the next order."""
    desk = Desk(dollars=10**6, shares=10_000)
    desk.set_gate(phase=Phase.CALL)
    desk.sell(PRICE, 5_000 * WHOLE, account=3, display_qty=100)
    for _ in range(12):
        desk.buy(0, 10 * WHOLE, ord_type=OrdType.STOP, tif=TimeInForce.GTC, stop_px=PRICE)
    desk.buy(PRICE, 100, account=4)
    venue = desk.venue
    venue.begin_act(desk.now_ns)
    venue.uncross(1)
    for _ in range(cascades):
        venue.set_gate(1, base=TOKEN, quote=USD, may=EVERYTHING_GOES, order_types=ALL_TYPES, phase=Phase.CONTINUOUS)
    events = venue.end_act()
    waiting = sum(order.stop_px != 0 for order in venue.book.orders())

    assert venue.check() is None
    assert events < 1_000
    assert waiting == 9
    desk.buy(CENT, 100)
    assert sum(order.stop_px != 0 for order in venue.book.orders()) == waiting - 1
