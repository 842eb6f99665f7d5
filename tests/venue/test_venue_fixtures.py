"""Three days that other venues had, as they would have been here: a thin book, a frozen account, a name on a list."""

import random

import pytest

from engine.matching.enums import ExecInst, ExecType, Reason, Side
from engine.testing.commands import Cancel, Enter
from engine.testing.venue_play import Act, Asked, take, take_all
from engine.testing.venue_strategies import ORDERS_ONLY, PARTY_OF, VenueWorld, seeded_words, tell_life
from engine.venue.acts import PlaceHold, UpdateSanctions
from engine.venue.records import Quality
from tests.venue.laws import purses
from tests.venue.twins import SUBSCRIBERS, Twins
from tests.venue.venues import CENT, DOLLAR, MAKERS, SHARE, USD, WHOLE, Desk, fills, kinds, reasons

PRICE = 23_000 * CENT
HIGH = SHARE._replace(max_price=1_000 * PRICE)
COLLAR = {"price": PRICE, "quality": Quality.EXTENDED, "low": PRICE * 9 // 10, "high": PRICE * 11 // 10}


@pytest.fixture(params=MAKERS, ids=str)
def make(request):
    return MAKERS[request.param]


@pytest.mark.parametrize("dynamic_bps", [0, 1_000])
def test_market_buy_of_500_dollars_against_an_ask_at_100_times_the_price_trades_nothing(make, dynamic_bps):
    """July 2025: one order for 500 dollars lifted a token of a 230-dollar share to 23,781 dollars."""
    desk = Desk(make, instruments=(HIGH,))
    resting = desk.sell(100 * PRICE, WHOLE, account=3)
    desk.act("set_reference", instrument=1, dynamic_bps=dynamic_bps, **COLLAR)
    before = desk.state()
    by_cash = desk.buy(0, 500 * DOLLAR, exec_inst=ExecInst.CASH)
    by_qty = desk.buy(0, 2 * WHOLE)

    assert [ExecType.NEW] == kinds(resting)
    assert [Reason.MIN_QTY] == reasons(by_cash)
    assert [Reason.NONE, Reason.COLLAR_DYNAMIC] == reasons(by_qty)
    assert before == desk.state()


def test_part_of_it_that_is_inside_the_collar_is_bought(make):
    desk = Desk(make, instruments=(HIGH,))
    desk.sell(PRICE, WHOLE, account=3)
    desk.sell(100 * PRICE, WHOLE, account=3)
    desk.act("set_reference", instrument=1, **COLLAR)
    answer = desk.buy(0, 500 * DOLLAR, exec_inst=ExecInst.CASH)

    assert [(PRICE, WHOLE)] == fills(answer)
    assert 500 * DOLLAR >= 1_000 * DOLLAR - desk.cash(1).available == 230 * DOLLAR


def flood(count=1_000):
    """Requests of accounts 1 and 4 that trade, rest, are canceled and refused; far more than they have money for."""
    draw = random.Random(20_250_800)
    for i in range(1, count + 1):
        session, price = 2 + i % 2, (998 + draw.randrange(5)) * CENT
        command = Enter(draw.choice([Side.BUY, Side.SELL]), price, 100_000 * draw.randrange(1, 90), i, account=1 + 3 * (i % 2), ts_ns=i)
        if draw.randrange(3) == 0:
            command = Cancel(0, draw.randrange(1, i + 1), i, ts_ns=i)
        yield Asked(command._replace(session=session), (i + 1) // 2)


@pytest.mark.parametrize("amount", [1, 500 * DOLLAR, 1_000 * DOLLAR])
def test_legal_hold_under_a_message_flood_leaves_every_other_account_byte_identical(make, amount):
    """August 2025: a user's withdrawals were blocked at a court's request, and the venue drowned in messages."""
    free, held = Desk(make), Desk(make)
    for desk in (free, held):
        desk.sell(1_000 * CENT, 50 * WHOLE, account=2)
    held.freeze(2, USD, amount)
    kept = []
    for step in flood():
        one, other = take(free.venue, step), take(held.venue, step)
        kept += kinds(one)

        assert one == other
    others = {key: buckets for key, buckets in purses(free.venue).items() if key != (2, USD)}

    assert others == {key: buckets for key, buckets in purses(held.venue).items() if key != (2, USD)}
    assert amount == held.cash(2).frozen
    assert {ExecType.NEW, ExecType.TRADE, ExecType.REJECTED, ExecType.CANCELED, ExecType.CANCEL_REJECTED} <= set(kept)
    assert held.freeze(2, USD, -amount).could
    assert purses(free.venue) == purses(held.venue)


def test_hold_by_the_office_under_a_flood_leaves_every_other_account_byte_identical():
    free, held = Twins(), Twins()
    for twins in (free, held):
        for i in range(200):
            side, price = (Side.BUY, 99_000) if i % 2 else (Side.SELL, 101_000)
            twins.ask(Enter(side, price + 100 * (i % 7), 100_000, 0, session=1 + i % 3, account=1 + i % 3))
            if i == 100:
                hold = {"hold_id": "h1", "authority": "court", "reference": "1/26", "review_ns": twins.now_ns + 10**18}
                act = PlaceHold(account=2, asset="USDC", amount=10**6, **hold) if twins is held else UpdateSanctions(list_version=1)
                twins.act(act)
    for account in (1, 3):
        assert free.core.balances(account) == held.core.balances(account)
    assert free.core.book.orders() == held.core.book.orders()
    assert 10**6 == held.core.balance(2, 1).frozen


def test_sanctions_update_in_the_middle_of_a_burst_lets_nothing_of_that_party_through_after_it():
    twins = Twins()
    draw = random.Random(7)
    for i in range(300):
        if i == 150:
            assert twins.act(UpdateSanctions(list_version=1, hits=("beta",))).code == "DONE"
            assert {Reason.SANCTIONS_HIT} == {event.reason for event in twins.core.book.events()}
        account = draw.choice([1, 2, 3])
        answer = twins.ask(
            Enter(draw.choice([Side.BUY, Side.SELL]), 100 * draw.randrange(980, 1_020), 100_000, 0, session=account, account=account)
        )
        if i >= 150:
            accounts = {event.account for event in answer.events if event.exec_type not in (ExecType.REJECTED, ExecType.CANCELED)}

            assert 2 not in accounts
            assert account != 2 or ([ExecType.REJECTED], [Reason.SANCTIONS]) == (kinds(answer), reasons(answer))
    assert not [order for order in twins.core.book.orders() if order.account == 2]
    assert 0 == twins.core.balance(2, 1).held == twins.core.balance(2, 2).held
    assert SUBSCRIBERS[1] == "beta"


def test_sanctions_in_a_packed_burst_count_from_the_command_after(make):
    world = VenueWorld(cash=10_000, lots=10_000)
    steps = tell_life(seeded_words(3, 120), world, ORDERS_ONLY)
    venue = world.open(make)
    take_all(venue, [*world.opening(), *steps[:60]])
    take(venue, Act(steps[59].command.ts_ns, "set_party", {"party": 1, "blocked": Reason.SANCTIONS}))
    mine = {account for account, party in PARTY_OF.items() if party == 1}
    for account in mine:
        take(venue, Act(steps[59].command.ts_ns, "cancel_all", {"account": account, "reason": Reason.SANCTIONS_HIT}))
    at, records = 0, b"".join(step.packed for step in steps[60:])
    while at * 112 < len(records):
        at = venue.apply_packed(records, at)

        assert not [e for e in venue.book.events() if e.account in mine and e.exec_type in (ExecType.NEW, ExecType.TRADE)]
