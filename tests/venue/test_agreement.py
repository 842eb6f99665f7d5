"""The venue and its oracle, side by side through lives of hot and cold steps: the same answers, the same money, the same books."""

from random import Random

import pytest
from hypothesis import given, settings

from engine.matching.enums import CommandFlag, OrdType, Side, TimeInForce
from engine.matching.records import Instrument
from engine.testing.commands import Enter, Replace
from engine.testing.venue_oracle import VenueOracle
from engine.testing.venue_play import Act, Asked, seen, take, take_all
from engine.testing.venue_strategies import (
    NOTED_LIFE,
    ORDERS_ONLY,
    PARTIES,
    RATES,
    SESSIONS,
    VenueWorld,
    deposit,
    lives,
    seeded_words,
    tell_life,
)
from engine.venue.venue import Venue
from tests.matching.books import differences
from tests.venue.laws import every_life


def opened(world):
    """Both venues of a world, filled."""
    venues = world.open(VenueOracle), world.open(Venue)
    for venue in venues:
        take_all(venue, world.opening())
    return venues


def everything(venue, world):
    return seen(venue, sessions=SESSIONS, parties=PARTIES, instruments=len(world.instruments), trades=world.trades)


def assert_alike(oracle, core, step):
    """Let both take a step and compare what they say and what everybody has then."""
    expected, actual = take(oracle, step), take(core, step)
    core.check()

    assert not differences(expected.events, actual.events), step
    assert expected.details == actual.details, step
    assert expected.could == actual.could, step
    assert oracle.take_strike() == core.take_strike(), step
    assert oracle.balances() == core.balances(), step


@given(every_life)
def test_core_and_oracle_live_alike(life):
    world, steps = life
    oracle, core = opened(world)
    for step in steps:
        assert_alike(oracle, core, step)
    oracle.check()

    assert everything(oracle, world) == everything(core, world)


@given(lives(NOTED_LIFE))
def test_core_and_oracle_have_the_same_history_and_sessions(life):
    world, steps = life
    oracle, core = opened(world)
    for step in steps:
        assert_alike(oracle, core, step)

        assert (oracle.history, oracle.ends_with_connection()) == (core.history, core.ends_with_connection()), step
    for said in (b"", b"outcome", bytes(range(256))):
        oracle.remember(said)
        core.remember(said)

    assert everything(oracle, world) == everything(core, world)


@given(lives(ORDERS_ONLY, max_size=90))
def test_core_and_oracle_trade_alike(life):
    world, steps = life
    oracle, core = opened(world)
    for step in steps:
        assert_alike(oracle, core, step)

    assert everything(oracle, world) == everything(core, world)


@settings(max_examples=20)
@given(lives(max_size=40))
def test_core_and_oracle_show_the_same_after_every_step(life):
    world, steps = life
    oracle, core = opened(world)
    for step in steps:
        take(oracle, step)
        take(core, step)

        assert everything(oracle, world) == everything(core, world), step


@pytest.mark.parametrize("seed", range(4))
def test_core_and_oracle_live_alike_for_long(seed):
    world = VenueWorld(rates=((100, 300, 200), (-200, 300, 0), (33_333, 66_667, 50_000)), cash=20_000, lots=3_000)
    oracle, core = opened(world)
    for step in tell_life(seeded_words(seed, 400), world):
        assert_alike(oracle, core, step)


@given(every_life)
def test_batches_of_requests_give_what_single_ones_give(life):
    world, steps = life
    (_, single), (_, batched) = opened(world), opened(world)
    events, details, records = [], [], b""
    told = [take(single, step) for step in steps]
    for step in [*steps, Act(0, "set_blocked", {"reason": 0})]:
        if not isinstance(step, Act):
            records += step.packed
            continue
        at = 0
        while at * 112 < len(records):
            at = batched.apply_packed(records, at)
            events += batched.book.events()
            details += batched.details()
        records = b""
        answer = take(batched, step)
        events, details = events + answer.events, details + answer.details

    assert [event for answer in told for event in answer.events] == events
    assert [detail for answer in told for detail in answer.details] == details
    assert everything(single, world) == everything(batched, world)


@pytest.mark.parametrize("seed", range(12))
def test_core_and_oracle_agree_at_the_ends_of_64_bits(seed):
    """Prices, quantities, amounts and purses as large as they can be: sums and products stay within 64 bits or are refused."""
    draw = Random(seed)
    tick, lot = draw.choice([(250_000, 1), (1, 10_000), (100, 100)])
    ticks = draw.choice([2**18, 2**16, 2**10])
    instrument = Instrument("LARGE", tick, lot, lot, (2**53 // lot - 1) * lot, tick * ticks, tick * draw.choice([0, 5, ticks]))
    world = VenueWorld((instrument,), rates=tuple(draw.choice(RATES) for _ in range(3)), cash=1, lots=1)
    oracle, core = opened(world)
    for account in (1, 2, 3):
        for asset in (1, 2):
            lines = deposit(account, asset, draw.choice([2**61, 2**60, 2**50]))
            assert_alike(oracle, core, Act(0, "move", {"lines": lines}))
    for step in large_steps(draw, instrument, ticks):
        assert_alike(oracle, core, step)


def large_steps(draw, instrument, ticks):
    """Orders, replaces, references and limits with few and extreme numbers."""
    prices = [tick * instrument.tick for tick in (1, 2, 3, ticks // 2, ticks // 2 + 1, ticks // 2 - 1, ticks, ticks - 1)]
    lots = (1, 2, 7, 2**20, 2**30, 2**40, 2**45, 2**48, 2**52)
    for i in range(1, 60):
        price, qty = draw.choice(prices), min(draw.choice(lots), 2**53 // instrument.lot) * instrument.lot
        kind = draw.choice([{}, {}, {"tif": TimeInForce.IOC}, {"tif": TimeInForce.IOC, "ord_type": OrdType.MARKET}])
        order = Enter(
            draw.choice([Side.BUY, Side.SELL]), 0 if "ord_type" in kind else price, qty, i, account=draw.choice([1, 2, 3]), **kind
        )
        if draw.randrange(3) == 0:
            order = order._replace(side=Side.BUY, exec_inst=4, qty=draw.choice([1, 2**40, 2**55, 2**61, 2**62, 2**63 - 1, -(2**63)]))
        change = Replace(0, price, qty, i, draw.randrange(max(1, i - 9), i + 1), 0)
        asked, flags = draw.choice([(order, 0), (order, 0), (order, 0), (change, 0), (change, CommandFlag.REENTER)])
        yield Asked(asked._replace(ts_ns=i), i, flags)
        middle = ticks // 2 * instrument.tick
        if draw.randrange(7) == 0:
            low, high = draw.choice([(0, 2**62), (middle - 2 * instrument.tick, middle + 2 * instrument.tick)])
            words = {"price": middle, "quality": 4, "low": low, "high": high, "dynamic_bps": draw.choice([0, 1, 10_000])}
            yield Act(i, "set_reference", {"instrument": 1} | words)
        if draw.randrange(9) == 0:
            yield Act(i, "set_party", {"party": 1, "max_gross_open": draw.choice([0, 2**62, 2**50])})
