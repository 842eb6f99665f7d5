"""The core and the oracle side by side: after every command the same events, the same depth, the same orders, every invariant."""

import random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.matching.book import OrderBook
from engine.matching.enums import CommandFlag
from engine.testing.commands import EndOfDay, Enter, Expire, Replace, apply, pack, unpack_events
from engine.testing.oracle import Oracle
from engine.testing.strategies import EVERYTHING, WORD_SIZE, Mix, Teller, World, seeded, streams, worlds
from tests.matching.books import differences, state

WORDS = st.binary(min_size=WORD_SIZE, max_size=WORD_SIZE)


class Twins:
    """Both books, and the comparison after each command."""

    def __init__(self, world):
        self.core = world.open(OrderBook)
        self.oracle = world.open(Oracle)

    def apply(self, command):
        expected, actual = apply(self.oracle, command), apply(self.core, command)

        assert expected == actual, f"{command}: {differences(expected, actual)}"
        assert self.oracle.take_strike() == self.core.take_strike(), command
        return actual

    def compare(self):
        self.core.check()
        self.oracle.check()

        assert state(self.oracle) == state(self.core)
        assert self.oracle.open_orders == self.core.open_orders
        assert self.oracle.last_exec_id == self.core.last_exec_id
        assert self.core.next_expiry_ns <= self.oracle.next_expiry_ns


class BookMachine(RuleBasedStateMachine):
    """Enter, cancel, replace, sweep and let time pass in any order, on both books."""

    @initialize(world=worlds())
    def open(self, world):
        self.twins = Twins(world)
        self.tellers = {
            "enter": Teller(world, Mix(cancel=0, replace=0, mass_cancel=0, time=0)),
            "other": Teller(world, EVERYTHING._replace(enter=0)),
        }
        self.tellers["other"].named = self.tellers["enter"].named
        self.tellers["other"].listed = self.tellers["enter"].listed

    def _tell(self, teller, word):
        others = [other for other in self.tellers.values() if other is not self.tellers[teller]]
        for other in others:
            self.tellers[teller].last_id = max(self.tellers[teller].last_id, other.last_id)
            self.tellers[teller].now_ns = max(self.tellers[teller].now_ns, other.now_ns)
        command = self.tellers[teller].tell(word)
        note(str(command))
        self.last = command, self.twins.apply(command)

    @rule(word=WORDS)
    def enter(self, word):
        self._tell("enter", word)

    @rule(word=WORDS)
    def enter_more(self, word):
        self._tell("enter", word)

    @rule(word=WORDS)
    def ask_something_else(self, word):
        self._tell("other", word)

    @rule()
    def cancel_the_oldest(self):
        for order in self.twins.oracle.orders()[:1]:
            self.twins.core.cancel(order.order_id, session=order.session)
            self.twins.oracle.cancel(order.order_id, session=order.session)

            assert self.twins.oracle.events() == self.twins.core.events()

    @rule(less=st.integers(1, 3))
    def reduce_the_oldest(self, less):
        for order in self.twins.oracle.orders()[:1]:
            terms = Replace(order.order_id, order.price, order.order_qty * less // 4, session=order.session)
            self.twins.apply(terms)

    @rule(ticks=st.integers(-12, 12))
    def move_the_oldest(self, ticks):
        for order in self.twins.oracle.orders()[:1]:
            price = order.price + ticks * self.tellers["enter"].instrument(order.instrument).tick
            self.twins.apply(Replace(order.order_id, price, order.order_qty, session=order.session))

    @rule()
    def end_the_day(self):
        self.twins.apply(EndOfDay(self.tellers["enter"].now_ns))

    @rule(later_ns=st.integers(0, 100))
    def let_time_pass(self, later_ns):
        self.tellers["enter"].now_ns += later_ns
        self.twins.apply(Expire(self.tellers["enter"].now_ns))

    @invariant()
    def both_are_the_same(self):
        if hasattr(self, "twins"):
            self.twins.compare()


BookMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestBookMachine = BookMachine.TestCase


@given(streams())
@settings(max_examples=200)
def test_core_equals_the_oracle(stream):
    """M26: command by command."""
    world, commands = stream
    twins = Twins(world)
    for command in commands:
        twins.apply(command)
        twins.compare()


@pytest.mark.parametrize("seed", range(6))
def test_core_equals_the_oracle_on_a_long_stream(seed):
    """M26: three thousand commands in one life, with slots, levels and pages used again and again."""
    rng = random.Random(seed)
    world = World(orders=(16, 64, 400)[seed % 3], levels=(128, 1024)[seed % 2], sweep=(64, 3)[seed % 2], room=seed % 3)
    twins = Twins(world)
    for number, command in enumerate(seeded(rng.randbytes(3_000 * WORD_SIZE), world)):
        twins.apply(command)
        if number % 50 == 0:
            twins.compare()
    twins.compare()


@given(st.data(), streams(Mix(mass_cancel=0, time=0, faults=False)))
def test_reentry_equals_the_oracle(data, stream):
    """M12: a replace with the re-enter flag names the open quantity and always loses its place."""
    world, commands = stream
    twins = Twins(world)
    for command in commands:
        if isinstance(command, Enter):
            twins.apply(command)
            continue
        orders = twins.oracle.orders()
        if not orders:
            continue
        order = orders[len(orders) // 2]
        request = Replace(order.order_id, order.price, order.leaves_qty, 0, 0, order.display_qty, order.session)
        twins.oracle.replace(*request, reenter=True)
        twins.core.apply(pack(request, flags=CommandFlag.REENTER))

        assert twins.oracle.events() == unpack_events(twins.core.reports)
        twins.compare()
