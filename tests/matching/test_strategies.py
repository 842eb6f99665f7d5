"""The strategies reach what they are for, and any bytes make a stream."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import ExecType, Liquidity, Phase, Reason, Strike
from engine.matching.records import COMMAND_SIZE, Instrument
from engine.testing.commands import KINDS, Enter, apply, pack
from engine.testing.oracle import Oracle
from engine.testing.strategies import (
    AUCTIONS,
    EVERYTHING,
    FAULTLESS,
    LIMIT_ORDERS,
    STOPS,
    UNINTERRUPTED,
    WORD_SIZE,
    World,
    commands,
    enters,
    seeded,
    worlds,
)
from tests.matching.books import OF_THE_VENUE

REACHED_ELSEWHERE = OF_THE_VENUE | {Reason.NONE, Reason.OVERFLOW, Reason.DISCONNECT}


def test_streams_reach_every_event_and_every_reason():
    """So a law that holds on streams was really tried."""
    seen, reasons = Counter(), Counter()
    for seed, world in enumerate((World(), World(orders=4, levels=64, sweep=2), World((Instrument("A", min_qty=2),), room=1))):
        book = world.open(Oracle)
        for command in seeded(random.Random(seed).randbytes(4_000 * WORD_SIZE), world):
            for event in apply(book, command):
                seen[event.exec_type] += 1
                reasons[event.reason] += 1

    assert set(ExecType) - {ExecType.STATUS} == set(seen)
    assert set(Reason) - REACHED_ELSEWHERE == set(reasons) - REACHED_ELSEWHERE


@pytest.mark.parametrize(("mix", "share"), [(UNINTERRUPTED, 8), (EVERYTHING, 20), (STOPS, 10), (AUCTIONS, 10)])
def test_orders_meet_in_streams(mix, share):
    """Where the book always matches at least one command in eight trades; a stream that only fills the book proves little."""
    book = World().open(Oracle)
    stream = seeded(random.Random(1).randbytes(2_000 * WORD_SIZE), mix=mix)
    trading = sum(any(event.exec_type == ExecType.TRADE for event in apply(book, command)) for command in stream)

    assert trading > len(stream) // share


@pytest.mark.parametrize("mix", [EVERYTHING, AUCTIONS, STOPS])
def test_books_begin_to_collect_and_match_again_in_streams(mix):
    """Auctions that execute, strikes of both kinds, triggered orders that trade: each some times in two thousand commands."""
    met = Counter()
    for seed in range(4):
        book = World(sweep=(64, 6)[seed % 2]).open(Oracle)
        for command in seeded(random.Random(seed).randbytes(500 * WORD_SIZE), mix=mix):
            before = book.phase()
            events = apply(book, command)
            strike = book.take_strike()
            met["strike", strike[1] if strike else None] += 1
            met["resumed"] += before != Phase.CONTINUOUS == book.phase()
            met["auction"] += any(event.liquidity == Liquidity.AUCTION for event in events)
            met["triggered"] += any(event.reason == Reason.TRIGGERED for event in events)
    wanted = [("strike", Strike.COLLAR), "resumed", "triggered"] + ["auction"] * (mix.auction > 0)

    assert not [name for name in wanted if met[name] < 6], met
    assert met["strike", Strike.CASCADE] or mix is EVERYTHING


@given(commands(mix=FAULTLESS))
def test_faultless_entries_are_never_wrong_in_themselves(stream):
    of_the_book = {Reason.ORDERS_FULL, Reason.LEVELS_FULL, Reason.POST_ONLY_WOULD_TRADE, Reason.SESSION_ORDER_TYPE, Reason.STOP_PX}
    book = World().open(Oracle)
    for command in stream:
        events = apply(book, command)
        if isinstance(command, Enter):
            assert events[0].exec_type == ExecType.NEW or events[0].reason in of_the_book


@given(commands(mix=LIMIT_ORDERS))
def test_limit_orders_are_plain(stream):
    for command in stream:
        if isinstance(command, Enter):
            assert (2, 0, 0, 0) == (command.ord_type, command.display_qty, command.exec_inst, command.stp_group)


@given(enters())
def test_one_order_has_client_id_1_unless_that_is_its_fault(order):
    assert order.cl_ord_id in (0, 1)


@given(worlds(), st.binary(max_size=200))
def test_any_bytes_make_a_stream(world, data):
    stream = seeded(data, world)

    assert len(data) // WORD_SIZE == len(stream)
    assert all(COMMAND_SIZE == len(pack(command)) for command in stream if type(command) in KINDS)


def test_same_bytes_make_the_same_stream():
    data = random.Random(7).randbytes(300 * WORD_SIZE)

    assert seeded(data) == seeded(data)
