"""INV-P and INV-K: who may trade, in which order that is asked, within which limits, and that a refusal changes nothing."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import CommandFlag, ExecInst, ExecType, OrdType, Reason, SettlePref, Side, TimeInForce
from engine.testing.commands import Enter, Replace
from engine.testing.venue_play import Act, Asked, take
from engine.testing.venue_strategies import ORDERS_ONLY, PARTIES, PARTY_OF, lives
from engine.venue.records import Capability, Quality
from tests.venue.laws import every_life, is_refused, life_of, state
from tests.venue.venues import CENT, DOLLAR, MAKERS, SHARE, TOKEN, USD, WHOLE, Desk, kinds, order, reasons

PRICE = 1_000 * CENT
STANDING = {Reason.SANCTIONS, Reason.KYC_EXPIRED, Reason.KILL_SWITCH, Reason.ACCOUNT_RESTRICTED}


@pytest.fixture(params=MAKERS, ids=str)
def make(request):
    return MAKERS[request.param]


@given(every_life)
def test_refused_request_changes_nothing(life):
    world, steps = life
    before = None
    for moment in life_of(world, steps):
        after = state(moment.venue, world)
        if before is not None and isinstance(moment.step, Asked) and is_refused(moment.answer):
            assert before == after
        if isinstance(moment.step, Act) and not moment.answer.could and before is not None:
            assert before == after
        before = after


@given(every_life)
def test_refusal_is_one_event_with_one_reason(life):
    for moment in life_of(*life):
        refusals = [event for event in moment.answer.events if event.exec_type in (ExecType.REJECTED, ExecType.CANCEL_REJECTED)]

        assert not refusals or refusals == moment.answer.events
        assert all(100 < event.reason < 190 for event in refusals)


@given(every_life)
def test_order_is_accepted_only_of_a_party_in_good_standing(life):
    world, steps = life
    parties, accounts, venue_blocked = {}, {}, 0
    for moment in life_of(world, steps):
        step = moment.step
        if isinstance(step, Act) and moment.answer.could:
            parties |= {step.words["party"]: step.words} if step.verb == "set_party" else {}
            accounts |= {step.words["account"]: step.words} if step.verb == "set_account" else {}
            venue_blocked = step.words["reason"] if step.verb == "set_blocked" else venue_blocked
        for event in moment.answer.events:
            if event.exec_type in (ExecType.NEW, ExecType.REPLACED):
                party = parties.get(PARTY_OF.get(event.account, 3), {})
                is_blocked = party.get("blocked") or accounts.get(event.account, {}).get("blocked") or venue_blocked

                assert not is_blocked
                assert step.command.ts_ns < party.get("kyc_until_ns", 2**63)


@given(lives(ORDERS_ONLY), st.integers(0, 60), st.sampled_from([1, 2, 3]))
def test_nothing_of_a_sanctioned_party_is_accepted_after_the_hit_and_none_of_its_orders_stays(life, at, party):
    world, steps = life
    mine = [account for account, owner in PARTY_OF.items() if owner == party]
    hit = [Act(0, "set_party", {"party": party, "blocked": Reason.SANCTIONS})]
    hit += [Act(0, "cancel_all", {"account": account, "reason": Reason.SANCTIONS_HIT}) for account in mine]
    moments = list(life_of(world, [*steps[:at], *hit, *steps[at:]]))
    for moment in moments[min(at, len(steps)) + len(hit) :]:
        for event in moment.answer.events:
            assert event.account not in mine or event.exec_type in (ExecType.REJECTED, ExecType.CANCEL_REJECTED)
    venue = moments[-1].venue

    assert not [order for order in venue.book.orders() if order.account in mine]
    assert not any(balance.held for account in mine for balance in venue.balances(account))


@given(lives(ORDERS_ONLY))
def test_two_parties_that_change_places_get_what_the_other_got(life):
    world, steps = life
    alike = [Act(0, "set_party", {"party": party, "chains": 1}) for party in range(1, PARTIES + 1)]
    alike += [Act(0, "set_account", {"account": account, "party": PARTY_OF[account], "tier": 0}) for account in (1, 2, 3, 4)]
    here, there = (list(life_of(world, [*alike, *changed])) for changed in (steps, [swapped(step) for step in steps]))
    for ours, theirs in zip(here, there, strict=True):
        assert [event._replace(account=other(event.account)) for event in ours.answer.events] == theirs.answer.events
        assert ours.answer.details == theirs.answer.details


def other(account):
    return {1: 3, 3: 1}.get(account, account)


def swapped(step):
    """The same request of the other of two accounts, without self-trade prevention: their groups are not alike."""
    command = step.command
    if isinstance(command, Enter):
        command = command._replace(account=other(command.account))
    return step._replace(command=command)


@given(lives(ORDERS_ONLY), st.integers(1, 200), st.integers(1, 6))
def test_limits_of_a_party_are_never_exceeded(life, lots, orders):
    world, steps = life
    gross = lots * world.lot_notional(1)
    limits = {"max_open_orders": orders, "max_gross_open": gross, "max_gross_day": 2 * gross}
    for moment in life_of(world, [*(Act(0, "set_party", {"party": party} | limits) for party in range(1, PARTIES + 1)), *steps]):
        for party in range(1, PARTIES + 1):
            counted = moment.venue.party(party)

            assert counted.open_orders <= orders
            assert counted.gross_open <= gross
            assert counted.gross_day + counted.gross_open <= 2 * gross


@given(lives(ORDERS_ONLY))
def test_counters_of_a_party_are_those_of_its_orders(life):
    world, steps = life
    done = defaultdict(int)
    for moment in life_of(world, steps):
        for event in moment.answer.events:
            if event.exec_type == ExecType.TRADE:
                done[PARTY_OF[event.account]] += event.last_px * event.last_qty // 10_000
        mine = defaultdict(list)
        for order_ in moment.venue.book.orders():
            mine[PARTY_OF[order_.account]].append(order_)
        for party in range(1, PARTIES + 1):
            counted = moment.venue.party(party)
            sold = sum(o.price * o.leaves_qty // 10_000 for o in mine[party] if o.side == Side.SELL)
            bought = sum(
                balance.held
                for account in PARTY_OF
                for balance in moment.venue.balances(account)
                if PARTY_OF[account] == party and balance.asset == USD
            )

            assert (len(mine[party]), sold + bought, done[party]) == counted


@given(lives(ORDERS_ONLY), st.integers(1, 100))
def test_cap_of_a_day_is_never_exceeded(life, lots):
    world, steps = life
    cap = lots * world.instruments[0].lot
    capped = Act(0, "set_gate", world.gate(1, day_cap=cap))
    for moment in life_of(world, [capped, *steps]):
        assert moment.venue.traded_day(1) <= cap


@given(lives(ORDERS_ONLY), st.integers(1, 3), st.sampled_from([40, 1_000]))
def test_no_more_than_so_many_like_orders_are_accepted_in_a_window(life, most, window_ns):
    world, steps = life
    limits = {"duplicates_max": most, "duplicates_ns": window_ns}
    accepted = defaultdict(list)
    for moment in life_of(world, [*(Act(0, "set_party", {"party": party} | limits) for party in range(1, PARTIES + 1)), *steps]):
        event = moment.answer.events[0] if moment.answer.events else None
        if isinstance(moment.step, Act) or event is None or event.exec_type != ExecType.NEW:
            continue
        command = moment.step.command
        recent = accepted[event.account]
        likeness = (event.instrument, event.side, command.price, event.order_qty)

        assert sum(like == likeness and command.ts_ns - ts_ns < window_ns for like, ts_ns in recent[-8:]) < most
        recent.append((likeness, command.ts_ns))


# The staircase: each step of it is one more fault, and the first that is left is the reason.

STAIRS = [
    ("last id repeated", Reason.DUP_CL_ORD_ID),
    ("throttled", Reason.THROTTLE),
    ("unknown account", Reason.UNKNOWN_ACCOUNT),
    ("venue stopped", Reason.KILL_SWITCH),
    ("party sanctioned", Reason.SANCTIONS),
    ("account restricted", Reason.ACCOUNT_RESTRICTED),
    ("KYC lapsed", Reason.KYC_EXPIRED),
    ("unknown instrument", Reason.UNKNOWN_INSTRUMENT),
    ("instrument stopped", Reason.KILL_SWITCH),
    ("halted", Reason.STATE_NOT_TRADABLE),
    ("no side", Reason.SIDE),
    ("no type", Reason.ORD_TYPE),
    ("no time in force", Reason.TIF_NOT_ALLOWED),
    ("no instruction", Reason.EXEC_INST),
    ("no mode", Reason.STP_MODE),
    ("no wish", Reason.SETTLE_PREF),
    ("cash at once", Reason.CASH_QTY),
    ("not in this session", Reason.SESSION_ORDER_TYPE),
    ("no buyers", Reason.REDUCE_ONLY_VIOLATION),
    ("not here", Reason.JURISDICTION),
    ("not approved", Reason.NOT_WHITELISTED),
    ("off tick", Reason.TICK),
    ("off lot", Reason.LOT),
    ("shown off lot", Reason.DISPLAY_QTY),
    ("at once off lot", Reason.MIN_QTY),
    ("expired", Reason.EXPIRE_TIME),
    ("off the table's tick", Reason.TICK),
    ("too small", Reason.MIN_NOTIONAL),
    ("too much for its party", Reason.MAX_QTY),
    ("over the day's cap", Reason.CAP_REACHED),
    ("no reference", Reason.REF_UNAVAILABLE),
    ("above the collar", Reason.COLLAR_STATIC),
    ("once too often", Reason.DUPLICATIVE),
    ("one too many", Reason.OPEN_ORDERS),
    ("too much open", Reason.GROSS_OPEN),
    ("too much a day", Reason.GROSS_DAILY),
    ("not paid for", Reason.INSUFFICIENT_CASH),
    ("would take", Reason.POST_ONLY_WOULD_TRADE),
]


def staircase(make, cured):
    """A desk and an order with all faults but the first `cured` ones, and the flags to send it with."""
    desk, faulty = Desk(make), {name: i >= cured for i, (name, _) in enumerate(STAIRS)}
    repeated(desk)
    desk.sell(900 * CENT, WHOLE, account=3, session=2)
    party = {"max_order_qty": 1 if faulty["too much for its party"] else 0}
    party |= {"max_gross_open": 1} if faulty["too much open"] else {}
    party |= {"max_gross_day": 1} if faulty["too much a day"] else {}
    party |= {"kyc_until_ns": 1} if faulty["KYC lapsed"] else {}
    desk.buy(1 * CENT, 100, account=2, session=3)
    party |= {"duplicates_max": 1, "duplicates_ns": 10**9} if faulty["once too often"] else {}
    party |= {"max_open_orders": 1} if faulty["one too many"] else {}
    desk.act("set_party", party=1, blocked=Reason.SANCTIONS * faulty["party sanctioned"], **party)
    desk.act("set_account", account=1, party=1, blocked=Reason.ACCOUNT_RESTRICTED * faulty["account restricted"])
    desk.act("set_blocked", reason=Reason.KILL_SWITCH * faulty["venue stopped"])
    desk.act("set_access", profile=0, instrument=1, reason=Reason.JURISDICTION * faulty["not here"])
    may = Capability.REDUCE | Capability.TAKE
    may |= 0 if faulty["halted"] else Capability.ENTER
    may |= 0 if faulty["no buyers"] else Capability.BUY
    types = 0 if faulty["not in this session"] else 2**64 - 1
    table = [(0, 7 * CENT)] if faulty["off the table's tick"] else []
    least = 10**15 if faulty["too small"] else 0
    cap = WHOLE if faulty["over the day's cap"] else 0
    desk.set_gate(
        may=may,
        order_types=types,
        ticks=table,
        min_notional=least,
        day_cap=cap,
        whitelist=faulty["not approved"],
        blocked=Reason.KILL_SWITCH * faulty["instrument stopped"],
    )
    if faulty["no reference"] or faulty["above the collar"]:
        late = {"until_ns": 1} if faulty["no reference"] else {}
        desk.act("set_reference", instrument=1, price=PRICE, quality=Quality.LIVE, low=PRICE, high=PRICE, **late)
    if not faulty["not paid for"]:
        desk.deposit(1, USD, 10**6 * DOLLAR)
    return desk, climbing(desk, faulty), {"flags": CommandFlag.THROTTLED if faulty["throttled"] else CommandFlag.NONE}


def repeated(desk):
    """Let the account have entered the order before, when nothing was wrong with it, and canceled it."""
    desk.act("set_party", party=1, duplicates_max=1, duplicates_ns=10**9)
    desk.deposit(1, USD, 10**6 * DOLLAR)
    entered = desk.buy(1_100 * CENT, 1_000 * WHOLE, session=3)
    desk.mass_cancel(3)
    desk.deposit(1, USD, -(10**6) * DOLLAR)

    assert [ExecType.NEW] == kinds(entered)


def climbing(desk, faulty):
    """The order itself, with its own faults."""
    says = {
        "account": 9 if faulty["unknown account"] else 1,
        "instrument": 9 if faulty["unknown instrument"] else 1,
        "side": 9 if faulty["no side"] else Side.BUY,
        "ord_type": 9 if faulty["no type"] else OrdType.LIMIT,
        "stp_mode": 9 if faulty["no mode"] else 0,
        "settle_pref": 9 if faulty["no wish"] else SettlePref.ANY,
        "price": 1_100 * CENT + faulty["off tick"],
        "qty": 1_000 * WHOLE + faulty["off lot"],
        "display_qty": 150 if faulty["shown off lot"] else 0,
        "min_qty": 150 if faulty["at once off lot"] else 0,
        "expire_ns": 1 if faulty["expired"] else 0,
        "cl_ord_id": 1 if faulty["last id repeated"] else 1_000,
        "exec_inst": int(ExecInst.POST_ONLY),
        "tif": TimeInForce.DAY,
    }
    if faulty["no instruction"]:
        says["exec_inst"] |= 8
    if faulty["cash at once"]:
        says |= {"exec_inst": says["exec_inst"] | int(ExecInst.CASH), "display_qty": 150}
    if faulty["no time in force"]:
        says["tif"] = 5
    elif faulty["at once off lot"]:
        says["exec_inst"] &= ~int(ExecInst.POST_ONLY)
    desk.ask(order(Side.BUY, CENT, 100, account=9, cl_ord_id=1))
    desk.in_seqs[1] += 1
    desk.now_ns += 1
    return Enter(**says, session=1, ts_ns=desk.now_ns)


@pytest.mark.parametrize("cured", range(len(STAIRS)), ids=[name for name, _ in STAIRS])
def test_first_fault_in_order_is_the_reason(make, cured):
    desk, command, flags = staircase(make, cured)
    answer = take(desk.venue, Asked(command, desk.in_seqs[1], **flags))

    assert [STAIRS[cured][1]] == reasons(answer)


def test_order_without_a_fault_is_accepted(make):
    desk, command, flags = staircase(make, len(STAIRS))
    answer = take(desk.venue, Asked(command._replace(exec_inst=ExecInst.NONE), desk.in_seqs[1], **flags))

    assert ExecType.NEW == kinds(answer)[0]


CHANGES = [
    ("stopped", {}, Reason.KILL_SWITCH),
    ("halted", {}, Reason.STATE_NOT_TRADABLE),
    ("no buyers", {}, Reason.REDUCE_ONLY_VIOLATION),
    ("nothing taken", {}, Reason.SESSION_ORDER_TYPE),
    ("off tick", {}, Reason.TICK),
    ("off the table's tick", {}, Reason.TICK),
    ("too large", {}, Reason.MAX_NOTIONAL),
    ("no reference", {}, Reason.REF_UNAVAILABLE),
    ("too much open", {}, Reason.GROSS_OPEN),
    ("not paid for", {}, Reason.INSUFFICIENT_CASH),
]


@pytest.mark.parametrize("cured", range(len(CHANGES)), ids=[name for name, *_ in CHANGES])
def test_first_fault_of_a_replace_is_the_reason_and_a_mere_reduction_has_fewer(make, cured):
    faulty = {name: i >= cured for i, (name, *_) in enumerate(CHANGES)}
    desk = Desk(make, dollars=10)
    desk.buy(900 * CENT, WHOLE, cl_ord_id=50)
    may = Capability.REDUCE
    may |= 0 if faulty["halted"] else Capability.ENTER
    may |= 0 if faulty["no buyers"] else Capability.BUY
    may |= 0 if faulty["nothing taken"] else Capability.TAKE
    desk.set_gate(may=may, ticks=[(0, 7 * CENT)] if faulty["off the table's tick"] else [])
    limits = {"max_gross_open": 1} if faulty["too much open"] else {}
    desk.act("set_party", party=1, max_order_notional=1 if faulty["too large"] else 0, **limits)
    desk.act("set_account", account=1, party=1, blocked=Reason.KILL_SWITCH * faulty["stopped"])
    if faulty["no reference"]:
        desk.act("set_reference", instrument=1, price=0, quality=Quality.NONE, low=0, high=PRICE)
    change = Replace(0, 901 * CENT + faulty["off tick"], 2 * WHOLE, 51, 50, 0)
    before = desk.state()
    answer = desk.ask(change)

    assert [CHANGES[cured][2]] == reasons(answer)
    assert before == desk.state()
    smaller = desk.ask(Replace(0, 900 * CENT, WHOLE // 2, 52, 50, 0))

    assert [Reason.KILL_SWITCH if faulty["stopped"] else Reason.NONE] == reasons(smaller)


def test_replace_for_a_larger_quantity_asks_for_the_difference_only(make):
    desk = Desk(make, dollars=10)
    desk.buy(900 * CENT, WHOLE, cl_ord_id=50)
    enough = desk.ask(Replace(0, 900 * CENT, 1_111_100, 51, 50, 0))
    too_much = desk.ask(Replace(0, 901 * CENT, 1_111_100, 52, 51, 0))

    assert [ExecType.REPLACED] == kinds(enough)
    assert [Reason.INSUFFICIENT_CASH] == reasons(too_much)


def test_cancel_is_never_refused_for_money_or_state(make):
    desk = Desk(make)
    desk.buy(PRICE, WHOLE // 2, cl_ord_id=50)
    desk.set_gate(may=0, order_types=0, blocked=Reason.KILL_SWITCH)
    desk.act("set_party", party=1, blocked=Reason.SANCTIONS, kyc_until_ns=1)
    desk.act("set_account", account=1, party=1, blocked=Reason.ACCOUNT_RESTRICTED)
    desk.act("set_blocked", reason=Reason.KILL_SWITCH)

    assert [Reason.USER] == reasons(desk.cancel(50))
    assert (1_000 * DOLLAR, 0) == desk.cash(1)[2:4]


def test_access_and_approval_are_looked_at_by_profile_and_account(make):
    desk = Desk(make, whitelist=True)
    desk.act("set_access", profile=1, instrument=1, reason=Reason.NOT_ENTITLED)
    desk.act("set_party", party=2, profile=1)
    desk.act("set_holder", account=1, asset=TOKEN, approved=True)

    assert [Reason.NOT_ENTITLED] == reasons(desk.buy(CENT, 100, account=3))
    assert [Reason.NOT_WHITELISTED] == reasons(desk.buy(CENT, 100, account=2))
    assert [Reason.NONE] == reasons(desk.buy(CENT, 100, account=1))
    assert [Reason.NONE] == reasons(desk.sell(PRICE, 100, account=4))


@pytest.mark.parametrize("cash", [-(2**63), -1, 0, 2**62, 2**62 + 1, 2**63 - 1])
@pytest.mark.parametrize("price", [0, CENT, 900 * CENT, SHARE.max_price])
@pytest.mark.parametrize("rate", [0, 100_000])
def test_order_for_any_amount_of_cash_is_answered(make, cash, price, rate):
    """A search for the quantity that 2**63 - 1 units buy passed the end of 64 bits, and never came back."""
    desk = Desk(make, rates=[(0, rate, 0)])
    desk.sell(900 * CENT, WHOLE, account=3)
    answer = desk.buy(price, cash, exec_inst=ExecInst.CASH)

    assert [ExecType.REJECTED] == kinds(answer)
