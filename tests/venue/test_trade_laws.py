"""INV-T, O and X: every trade is whole, exact, settled once and inside the collar, and how it is settled changes nothing else."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import ExecType, Liquidity, Phase, Reason, SettlePref, Side
from engine.testing.commands import Enter
from engine.testing.venue_play import Act, Asked
from engine.testing.venue_strategies import CALLS, ORDERS_ONLY, lives
from engine.venue.records import Quality, SettleForm
from tests.venue.laws import every_life, is_second, life_of, notional, purses, state, trades
from tests.venue.venues import CENT, MAKERS, WHOLE, Desk, fills, reasons

FORMS = st.sampled_from([SettleForm.TOKEN, SettleForm.TRADITIONAL, SettleForm.TOKEN | SettleForm.TRADITIONAL])


@pytest.fixture(params=MAKERS, ids=str)
def make(request):
    return MAKERS[request.param]


@given(every_life)
def test_what_is_bought_is_sold(life):
    bought, sold = Counter(), Counter()
    for moment in life_of(*life):
        for event, _ in trades(moment.answer):
            (bought if event.side == Side.BUY else sold)[event.instrument] += event.last_qty

        assert bought == sold


@given(every_life)
def test_notional_of_a_trade_is_exact(life):
    for moment in life_of(*life):
        assert not any(event.last_px * event.last_qty % 10_000 for event, _ in trades(moment.answer))


@given(every_life)
def test_each_trade_is_told_once_to_each_side_and_kept_as_it_was_told(life):
    told = Counter()
    for moment in life_of(*life):
        for event, detail in trades(moment.answer):
            told[event.match_id, event.side] += 1
            trade = moment.venue.trade(event.match_id)
            if trade is None:
                continue
            maker = (trade.maker_order, trade.maker_account, trade.maker_fee, trade.maker_form)
            taker = (trade.taker_order, trade.taker_account, trade.taker_fee, trade.taker_form)

            assert (event.order_id, event.account, detail.fee, detail.settlement) == (taker if is_second(event) else maker)
            assert (event.last_px, event.last_qty, time_of(moment.step)) == (trade.price, trade.qty, trade.ts_ns)
            assert is_second(event) or event.side == trade.maker_side
        assert moment.venue.last_match_id == len(told) // 2
    assert set(told.values()) <= {1}


def time_of(step):
    return step.ts_ns if isinstance(step, Act) else step.command.ts_ns


@given(st.one_of(lives(ORDERS_ONLY), lives(CALLS, max_size=90)))
def test_executions_are_within_both_limits(life):
    limits = {}
    for moment in life_of(*life):
        for event in moment.answer.events:
            if event.exec_type in (ExecType.NEW, ExecType.REPLACED):
                limits[event.order_id] = event.price
            if event.exec_type == ExecType.TRADE:
                limit = limits[event.order_id]

                assert event.last_px <= limit if event.side == Side.BUY else event.last_px >= limit


@given(every_life, st.randoms(use_true_random=False))
def test_permuting_settlement_wishes_changes_nothing_but_settlement(life, draw):
    world, steps = life
    one, other = life_of(world, steps), life_of(world, [rewished(step, draw.choice(list(SettlePref))) for step in steps])
    for ours, theirs in zip(one, other, strict=True):
        assert ours.answer.events == theirs.answer.events
        assert [plain(detail) for detail in ours.answer.details] == [plain(detail) for detail in theirs.answer.details]
        assert purses(ours.venue) == purses(theirs.venue)


def rewished(step, wish):
    """The same step with another wish, where it is an order that can have one."""
    if isinstance(step, Act) or not isinstance(step.command, Enter) or step.command.settle_pref not in tuple(SettlePref):
        return step
    return step._replace(command=step.command._replace(settle_pref=wish))


def plain(detail):
    return detail._replace(settlement=0, fallback=0)


@given(every_life)
def test_token_is_delivered_only_where_the_instrument_and_the_wallet_can(life):
    world, steps = life
    forms, chains, wallets = dict.fromkeys(world.numbers, 3), dict.fromkeys(world.numbers, 1), {1: 1, 2: 0, 3: 1}
    party_of = {1: 1, 2: 1, 3: 2, 4: 3, 5: 3}
    for moment in life_of(world, steps):
        if isinstance(moment.step, Act) and moment.answer.could:
            words = moment.step.words
            if moment.step.verb == "set_gate":
                forms[words["instrument"]], chains[words["instrument"]] = words.get("forms", 3), words["chains"]
            if moment.step.verb == "set_party":
                wallets[words["party"]] = words.get("chains", 0)
        for event, detail in trades(moment.answer):
            has_wallet = not chains[event.instrument] or wallets[party_of[event.account]] & chains[event.instrument]
            can = bool(forms[event.instrument] & SettleForm.TOKEN and has_wallet)

            assert detail.settlement != SettleForm.TOKEN or can
            assert detail.settlement in (SettleForm.TOKEN, SettleForm.TRADITIONAL)


@given(FORMS, st.booleans(), st.booleans(), st.sampled_from(SettlePref))
def test_fallback_says_why_a_wish_is_not_met(forms, asks_wallet, has_wallet, wish):
    desk = Desk(forms=forms, chains=int(asks_wallet))
    desk.act("set_party", party=1, chains=2 - has_wallet)
    desk.sell(1_000 * CENT, WHOLE, account=3)
    answer = desk.buy(1_000 * CENT, WHOLE, account=1, settle_pref=wish)
    accepted, *_, taken = answer.details
    token = forms & SettleForm.TOKEN and (has_wallet or not asks_wallet)
    missing = bool(wish) and not SettleForm(wish) & forms
    no_wallet = wish == SettlePref.TOKEN and not missing and not token
    said = Reason.FORM_UNSUPPORTED if missing else Reason.WALLET_INELIGIBLE if no_wallet else Reason.NONE

    assert (said, said) == (accepted.fallback, taken.fallback)
    assert taken.settlement == wish or said or not wish
    assert taken.settlement == (SettleForm.TOKEN if token else SettleForm.TRADITIONAL) or wish == SettlePref.TRADITIONAL


def test_bust_is_a_journal_beside_the_trade_which_stays(make):
    desk = Desk(make)
    desk.sell(1_000 * CENT, WHOLE, account=3)
    sold = desk.buy(1_000 * CENT, WHOLE, account=1)
    number = sold.events[-1].match_id
    desk.act("reverse", match_id=number)
    trade = desk.venue.trade(number)

    assert trade.busted
    assert (1_000 * CENT, WHOLE, 3, 1) == (trade.price, trade.qty, trade.maker_account, trade.taker_account)


@given(every_life)
def test_nothing_executes_outside_the_collar_in_force(life):
    """INV-X1, in an auction INV-A3: its share follows the executions of each order, and those of an auction when the book resumes."""
    world, steps = life
    collars, reopens = {}, {}
    for moment in life_of(world, steps):
        step, traded = moment.step, {}
        if isinstance(step, Act) and step.verb in ("set_reference", "clear_collar") and moment.answer.could:
            number = step.words["instrument"]
            low, high, *_ = collars.get(number, (0, 2**63))
            if step.verb == "clear_collar":
                collars.pop(number, None)
            elif step.words["quality"] == Quality.NONE:
                collars[number] = (low, high, 0, 0)
            else:
                words = step.words
                collars[number] = (words["low"], words["high"], words["dynamic_bps"], words["price"])
        if isinstance(step, Act) and step.verb == "set_gate" and moment.answer.could and step.words.get("phase") == Phase.CONTINUOUS:
            traded = {step.words["instrument"]: reopens.pop(step.words["instrument"])} if step.words["instrument"] in reopens else {}
        for event in moment.answer.events:
            if event.reason == Reason.TRIGGERED or event.instrument not in collars:
                follow(collars, traded)
            if event.exec_type != ExecType.TRADE:
                continue
            low, high, bps, anchor = collars.get(event.instrument, (0, 2**63, 0, 0))
            is_auction = event.liquidity == Liquidity.AUCTION
            reach = anchor * bps // 10_000 if bps and not is_auction else 2**63

            assert max(low, anchor - reach) <= event.last_px <= min(high, anchor + reach)
            (reopens if is_auction else traded)[event.instrument] = event.last_px
        follow(collars, traded)


def follow(collars, traded):
    """Let the collars follow what was executed."""
    for number in [*traded]:
        price = traded.pop(number)
        if number in collars:
            collars[number] = (*collars[number][:3], price)


@given(every_life)
def test_nothing_executes_without_a_usable_reference(life):
    world, steps = life
    usable = dict.fromkeys(world.numbers, 2**63 - 1)
    for moment in life_of(world, steps):
        for number in world.numbers:
            reference = moment.venue.reference(number)
            usable[number] = reference.until_ns
        if isinstance(moment.step, Asked):
            late = [number for number, until_ns in usable.items() if moment.step.command.ts_ns >= until_ns]

            assert not [event for event, _ in trades(moment.answer) if event.instrument in late]


@given(every_life)
def test_trade_says_by_which_reference_it_was_made(life):
    for moment in life_of(*life):
        for event, detail in trades(moment.answer):
            reference = moment.venue.reference(event.instrument)

            assert (reference.price, reference.quality) == (detail.reference, detail.quality)


def test_quality_none_refuses_entries_and_replaces_and_lets_cancel(make):
    desk = Desk(make)
    desk.sell(1_000 * CENT, WHOLE, account=3, cl_ord_id=100)

    desk.act("set_reference", instrument=1, price=0, quality=Quality.NONE, low=0, high=2**62)

    assert [Reason.REF_UNAVAILABLE] == reasons(desk.buy(1_000 * CENT, WHOLE))
    assert [Reason.REF_UNAVAILABLE] == reasons(desk.buy(0, WHOLE))
    assert [Reason.REF_UNAVAILABLE] == reasons(desk.replace(100, 999 * CENT, WHOLE))
    assert [Reason.NONE] == reasons(desk.replace(100, 1_000 * CENT, WHOLE // 2))
    assert [Reason.USER] == reasons(desk.cancel(104))
    assert not desk.venue.last_match_id


@given(lives(ORDERS_ONLY))
def test_tokens_change_hands_only_against_their_price(life):
    for moment in life_of(*life):
        cash = sum(notional(event) * (1 if event.side == Side.BUY else -1) for event, _ in trades(moment.answer))

        assert cash == 0


def test_market_order_that_sweeps_trades_inside_the_collar_only(make):
    desk = Desk(make)
    desk.act("set_reference", instrument=1, price=1_000 * CENT, quality=Quality.LIVE, low=950 * CENT, high=1_050 * CENT)
    for cents in (1_000, 1_050):
        desk.sell(cents * CENT, WHOLE, account=3)
    desk.act("clear_collar", instrument=1)
    desk.sell(1_060 * CENT, WHOLE, account=3)
    desk.act("set_reference", instrument=1, price=1_000 * CENT, quality=Quality.LIVE, low=950 * CENT, high=1_050 * CENT)
    answer = desk.buy(0, 3 * WHOLE)

    assert [(1_000 * CENT, WHOLE), (1_050 * CENT, WHOLE)] == fills(answer)
    assert Reason.COLLAR_DYNAMIC == reasons(answer)[-1]


@given(every_life)
def test_same_commands_leave_the_same_state(life):
    world, steps = life
    for one, other in zip(life_of(world, steps), life_of(world, steps), strict=True):
        assert one.answer == other.answer
        assert state(one.venue, world) == state(other.venue, world)
