"""What a load asks: the frames say what was planned, within what a venue takes, and follow from the seed."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load import MIXES
from engine.load.market import drawn_plan, needs
from engine.load.plan import MIXES as DRAWN
from engine.load.plan import OPEN_MAX, RANDOM_BYTES, REACH_TICKS, STEPS_MAX, Plan
from engine.matching.enums import CommandKind, OrdType, Side, TimeInForce
from engine.protocol.framing import MAX_REQUEST, Splitter
from engine.protocol.messages import Cancel, NewOrder, Replace, decode_client
from engine.protocol.ranges import MAX_INT, MAX_PRICE
from tests.load.model import MARKET, TS_NS, messages, planned

MIX = st.sampled_from(MIXES)
SEED = st.integers(0, 2**64)


def test_the_mixes_that_are_named_are_those_that_are_drawn():
    assert MIXES == tuple(DRAWN)


@given(MIX, SEED, st.integers(1, 9), st.integers(1, 400))
def test_the_same_seed_gives_the_same_bytes(mix, seed, number, requests):
    one, two = (drawn_plan(mix, seed, number, requests, MARKET) for _ in range(2))
    for plan in (one, two):
        plan.encode(seq=7, cl_ord_id=9, account=number, instrument=1, ts_ns=TS_NS)

    assert one.frames == two.frames
    assert requests == len(one) == len(Splitter(MAX_REQUEST).feed(bytes(one.frames)))


@pytest.mark.parametrize("mix", MIXES)
def test_another_seed_gives_other_requests(mix):
    assert list(drawn_plan(mix, 1, 1, 100, MARKET)) != list(drawn_plan(mix, 2, 1, 100, MARKET))


@given(
    MIX, SEED, st.integers(1, 2**62), st.integers(1, 2**62), st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.integers(0, MAX_INT)
)
def test_frames_decode_to_what_was_planned(mix, seed, seq, cl_ord_id, account, instrument, ts_ns):
    plan = drawn_plan(mix, seed, 1, 300, MARKET)
    plan.encode(seq=seq, cl_ord_id=cl_ord_id, account=account, instrument=instrument, ts_ns=ts_ns)

    for place, (payload, asked) in enumerate(zip(Splitter(MAX_REQUEST).feed(bytes(plan.frames)), plan, strict=True)):
        prefix = (seq + place, ts_ns, 0, cl_ord_id + place)
        named = (cl_ord_id + asked.names, 0, instrument, asked.side)
        tail = (asked.price, asked.qty, 0, 0, 0, 0, 0, 0, 0, 0)
        match asked.kind:
            case CommandKind.ENTER:
                expected = NewOrder(*prefix, account, instrument, asked.side, OrdType.LIMIT, asked.tif, *tail)
            case CommandKind.CANCEL:
                expected = Cancel(*prefix, *named)
            case CommandKind.REPLACE:
                expected = Replace(*prefix, *named, asked.price, asked.qty, 0)

        assert expected == decode_client(payload)


@given(MIX, SEED, st.integers(1, 4), st.integers(1, 10_000), st.integers(1, 10**9), st.integers(REACH_TICKS + 1, 10**6))
def test_prices_and_quantities_are_those_of_the_instrument(mix, seed, number, tick, step, ticks):
    market = replace(MARKET, tick=tick, step=step, middle=tick * ticks)
    for asked in drawn_plan(mix, seed, number, 300, market):
        if asked.kind == CommandKind.CANCEL:
            assert (0, 0) == (asked.price, asked.qty)
        else:
            assert asked.price % tick == 0
            assert 0 < abs(asked.price - market.middle) // tick <= REACH_TICKS or mix == "trade"
            assert 0 < asked.price <= MAX_PRICE
            assert asked.qty % step == 0
            assert step <= asked.qty <= STEPS_MAX * step


@given(st.sampled_from(["rest", "market", "replace"]), SEED)
def test_cancels_and_replaces_name_an_open_order_and_few_are_open(mix, seed):
    opened = {}
    for place, asked in enumerate(drawn_plan(mix, seed, 1, 3_000, MARKET)):
        if asked.kind == CommandKind.ENTER:
            opened |= {place: asked.side} if asked.tif == TimeInForce.GTC else {}
        else:
            assert asked.side == opened.pop(asked.names)
            opened |= {place: asked.side} if asked.kind == CommandKind.REPLACE else {}
        assert len(opened) <= OPEN_MAX


@given(st.sampled_from(["rest", "replace"]), SEED)
def test_what_is_to_rest_is_bought_below_the_market(mix, seed):
    orders = [asked for asked in drawn_plan(mix, seed, 1, 300, MARKET) if asked.kind != CommandKind.CANCEL]

    assert {Side.BUY} == {asked.side for asked in orders}
    assert max(asked.price for asked in orders) < MARKET.middle


@given(SEED, st.integers(0, 20))
def test_pairs_trade_the_same_quantities(seed, pair):
    one, other = (list(drawn_plan("trade", seed, 2 * pair + place, 100, MARKET)) for place in (1, 2))

    assert {Side.SELL} == {asked.side for asked in one}
    assert {Side.BUY} == {asked.side for asked in other}
    assert [(asked.price, asked.qty) for asked in one] == [(asked.price, asked.qty) for asked in other]
    assert {MARKET.middle} == {asked.price for asked in one}


def test_the_shares_of_the_market_mix_are_those_that_are_told():
    shares = Counter()
    for asked in drawn_plan("market", 1, 1, 100_000, MARKET):
        crosses = asked.price > MARKET.middle if asked.side == Side.BUY else 0 < asked.price < MARKET.middle
        shares["crosses" if crosses else CommandKind(asked.kind).name] += 1
        assert crosses == (asked.kind == CommandKind.ENTER and asked.tif == TimeInForce.IOC)

    assert {"ENTER": 45, "CANCEL": 45, "crosses": 10} == {what: round(count / 1000) for what, count in shares.items()}


def test_most_of_the_replace_mix_replaces():
    kinds = Counter(asked.kind for asked in drawn_plan("replace", 1, 1, 100_000, MARKET))

    assert {CommandKind.REPLACE: 80, CommandKind.ENTER: 10, CommandKind.CANCEL: 10} == {
        kind: round(count / 1000) for kind, count in kinds.items()
    }


@given(MIX, st.integers(0, 300))
def test_ends_and_counts_of_frames_belong_together(mix, count):
    (plan,) = planned(mix, 1, 1, 300)
    end = plan.end_of(count)

    assert count == plan.requests_in(end) == len(Splitter(MAX_REQUEST).feed(bytes(plan.frames[:end])))
    assert end == 0 or count - 1 == plan.requests_in(end - 1)


@given(SEED, st.sampled_from(["rest", "replace", "market"]), st.integers(1, 600))
def test_an_account_with_what_is_needed_can_pay_for_all_that_is_open(seed, mix, requests):
    plan = drawn_plan(mix, seed, 1, requests, MARKET)
    plan.encode(seq=1, cl_ord_id=1, account=1, instrument=1, ts_ns=TS_NS)
    opened, most = {}, Counter()
    for request in messages(plan):
        if not isinstance(request, NewOrder):
            opened.pop(request.orig_cl_ord_id)
        if not isinstance(request, Cancel):
            opened[request.cl_ord_id] = (request.side, request.price, request.order_qty)
        cost = sum(price * qty // 10_000 for side, price, qty in opened.values() if side == Side.BUY)
        most["CASH"] = max(most["CASH"], cost)
        most["TOKEN"] = max(most["TOKEN"], sum(qty for side, _, qty in opened.values() if side == Side.SELL))
        if isinstance(request, NewOrder) and request.tif == TimeInForce.IOC:
            opened.pop(request.cl_ord_id)

    needed = needs(mix, plan, MARKET)
    assert most["CASH"] <= needed["CASH"]
    assert most["TOKEN"] <= needed["TOKEN"]


@pytest.mark.parametrize(
    ("mix", "changed", "words"),
    [
        ("nothing", {}, "none of rest, trade, market, replace"),
        ("rest", {"middle": 60 * 100}, "room for 60 ticks below"),
        ("rest", {"middle": 1_000_050}, "room for"),
        ("rest", {"step": 0}, "quantities by 0"),
        ("rest", {"side": 3}, "neither a buy nor a sell"),
    ],
)
def test_what_makes_no_plan_is_refused(mix, changed, words):
    terms = {"side": 1, "middle": 1_000_000, "tick": 100, "step": 100} | changed

    with pytest.raises(ValueError, match=words):
        Plan(mix, bytes(RANDOM_BYTES), **terms)
