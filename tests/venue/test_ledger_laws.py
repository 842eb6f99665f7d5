"""INV-L1 to L10: money is moved, never made; nobody has less than nothing; what is held is what open orders could cost."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import ExecInst, Side
from engine.testing.commands import Enter
from engine.testing.venue_play import Act, Asked, take
from engine.testing.venue_strategies import CALLS, ORDERS_ONLY, QUOTE, RATES, VenueWorld, lives
from engine.venue.records import Bucket, SystemAccount
from tests.venue.laws import changes_of, every_life, journal_moves, life_of, notional, owned, purses, rate_for, told_moves, trades
from tests.venue.venues import CENT, DOLLAR, MAKERS, TOKEN, WHOLE, Desk, is_ours, sums

journals = st.lists(
    st.tuples(st.sampled_from([1, 3, SystemAccount.CUSTODY]), st.sampled_from([1, 2]), st.sampled_from(Bucket), st.integers(-50, 50)),
    min_size=1,
    max_size=5,
)


@pytest.fixture(params=MAKERS, ids=str)
def make(request):
    return MAKERS[request.param]


@given(journals)
def test_journal_that_does_not_sum_to_zero_moves_nothing(lines):
    desk = Desk()
    before = purses(desk.venue)
    answer = desk.act("move", lines=lines)
    balanced = all(not sum(delta for _, asset, _, delta in lines if asset == one) for one in (1, 2))

    assert balanced or not answer.could
    assert answer.could or before == purses(desk.venue)


@given(every_life)
def test_every_asset_sums_to_zero_after_every_step(life):
    for moment in life_of(*life):
        assert {0} == set(sums(moment.venue).values())


@given(every_life)
def test_nobody_has_less_than_nothing(life):
    for moment in life_of(*life):
        assert all(min(balance[2:]) >= 0 for balance in moment.venue.balances() if not is_ours(balance.account))


@given(st.one_of(lives(ORDERS_ONLY), lives(CALLS, max_size=90)))
def test_what_is_held_is_what_open_orders_could_cost_at_worst(life):
    world, steps = life
    exact = Counter()
    for moment in life_of(world, steps):
        for event, _ in trades(moment.answer):
            exact[event.order_id] += notional(event) * rate_for(event, rates_of(world, event.account))
        held = defaultdict(int)
        for order in moment.venue.book.orders():
            worst = order.price * order.leaves_qty // 10_000
            fees = exact[order.order_id]
            worst += -(-(fees + worst * max(*rates_of(world, order.account), 0)) // 10**6) + fees // -(10**6)
            held[order.account, QUOTE if order.side == Side.BUY else order.instrument + 1] += (
                worst if order.side == Side.BUY else order.leaves_qty
            )

        assert held == {(b.account, b.asset): b.held for b in moment.venue.balances() if b.held}


@given(every_life)
def test_step_moves_what_its_executions_and_its_journal_say_and_nothing_else(life):
    for moment in life_of(*life):
        if isinstance(moment.step, Act) and moment.step.verb == "reverse":
            continue

        assert told_moves(moment.answer) | journal_moves(moment.step, moment.answer) == changes_of(moment.before, purses(moment.venue))


@given(every_life)
def test_balances_are_the_sum_of_all_moves_since_the_beginning(life):
    world, steps = life
    total = Counter()
    venue = None
    for venue, step, answer, before in life_of(world, steps):
        total = total or Counter(changes_of({}, before))
        is_reversal = isinstance(step, Act) and step.verb == "reverse"
        total.update(changes_of(before, purses(venue)) if is_reversal else told_moves(answer) | journal_moves(step, answer))
    if venue:
        assert {key: change for key, change in total.items() if change} == changes_of({}, purses(venue))


@given(every_life, st.sampled_from([1, 2, 3]), st.integers(1, 10**9))
def test_freeze_moves_available_to_frozen_of_one_account_only(life, account, most):
    world, steps = life
    *_, moment = [None, *life_of(world, [*steps, Act(10**9, "set_blocked", {"reason": 0})])]
    venue, before = moment.venue, purses(moment.venue)
    amount = min(most, venue.balance(account, QUOTE).available)
    freeze = [(account, QUOTE, Bucket.AVAILABLE, -amount), (account, QUOTE, Bucket.FROZEN, amount)]
    answer = take(venue, Act(10**9 + 1, "move", {"lines": freeze}))
    after = purses(venue)

    assert ([], True) == (answer.events, answer.could)
    assert owned(before) == owned(after)
    assert {key for key in before if before[key] != after[key]} <= {(account, QUOTE)}
    assert after[account, QUOTE][Bucket.FROZEN] == before[account, QUOTE][Bucket.FROZEN] + amount


def test_trade_pays_both_sides_and_the_fees_in_the_command_that_makes_it(make):
    desk = Desk(make, rates=[(100, 300, 200)])
    desk.sell(1_000 * CENT, WHOLE, account=3)
    desk.buy(1_000 * CENT, WHOLE, account=1)

    assert (1_000 * DOLLAR - 10 * DOLLAR - 3_000, 101 * WHOLE) == (desk.cash(1).available, desk.tokens(1).available)
    assert (1_000 * DOLLAR + 10 * DOLLAR - 1_000, 99 * WHOLE) == (desk.cash(3).available, desk.tokens(3).available)
    assert 4_000 == desk.cash(SystemAccount.FEES).available


def test_reversal_keeps_the_trade_gives_back_what_it_moved_and_is_done_once(make):
    desk = Desk(make, rates=[(101, 303, 202)])
    before = purses(desk.venue)
    desk.sell(1_001 * CENT, 100, account=3)
    desk.buy(1_001 * CENT, 100, account=1)
    trade = desk.venue.trade(1)
    moved = purses(desk.venue)

    assert desk.act("reverse", match_id=1).could
    assert trade._replace(busted=True) == desk.venue.trade(1)
    assert before == {key: buckets for key, buckets in purses(desk.venue).items() if key in before}
    assert before != moved
    assert not desk.act("reverse", match_id=1).could


def test_reversal_that_somebody_cannot_pay_moves_nothing(make):
    desk = Desk(make)
    desk.sell(1_000 * CENT, WHOLE, account=3)
    desk.buy(1_000 * CENT, WHOLE, account=1)
    desk.deposit(1, TOKEN, -101 * WHOLE)
    before = desk.state()

    assert not desk.act("reverse", match_id=1).could
    assert before == desk.state()


@given(lives(ORDERS_ONLY))
def test_rounding_keeps_less_than_a_unit_of_each_order(life):
    world, steps = life
    exact, paid, venue = Counter(), Counter(), None
    for moment in life_of(world, steps):
        venue = moment.venue
        for event, detail in trades(moment.answer):
            exact[event.order_id] += notional(event) * rate_for(event, rates_of(world, event.account))
            paid[event.order_id] += detail.fee

            assert paid[event.order_id] == -(-exact[event.order_id] // 10**6)
    if venue:
        assert sum(fees // 10**6 for fees in exact.values()) == venue.balance(SystemAccount.FEES, QUOTE).available
        assert sum(fees % 10**6 > 0 for fees in exact.values()) == venue.balance(SystemAccount.ROUNDING, QUOTE).available


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=12),
    st.sampled_from(RATES),
    st.sampled_from(["buy", "sell"]),
    st.integers(9_990, 10_010),
)
def test_fees_of_an_order_do_not_depend_on_how_its_fills_are_cut(cuts, rates, taker, cents):
    whole, cut = Desk(rates=[rates]), Desk(rates=[rates])
    maker = "sell" if taker == "buy" else "buy"
    getattr(whole, maker)(cents * CENT, 100 * sum(cuts), account=3)
    for lots in cuts:
        getattr(cut, maker)(cents * CENT, 100 * lots, account=3)
    for desk in (whole, cut):
        getattr(desk, taker)(cents * CENT, 100 * sum(cuts), account=1)

    assert whole.venue.balances(1) == cut.venue.balances(1)


@given(every_life)
def test_order_for_cash_never_spends_more_than_the_amount(life):
    for moment in life_of(*life):
        is_entry = isinstance(moment.step, Asked) and isinstance(moment.step.command, Enter)
        if not is_entry or not moment.step.command.exec_inst & ExecInst.CASH:
            continue
        mine = [(event, detail) for event, detail in trades(moment.answer) if event.order_id == moment.answer.events[0].order_id]

        assert sum(notional(event) + detail.fee for event, detail in mine) <= max(moment.step.command.qty, 0)


def rates_of(world: VenueWorld, account: int) -> tuple[int, int, int]:
    """The rates of an account's tier in a world whose gates never change."""
    tier = account % 3
    rates = world.rates or ((0, 0, 0),)
    return rates[tier] if tier < len(rates) else rates[0]
