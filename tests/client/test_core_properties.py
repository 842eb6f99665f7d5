"""Laws of the client's core over connections that may break between any two bytes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.client.events import Event, OrderEvent
from engine.client.store import SessionStore
from engine.matching.enums import Side
from tests.client.model_venue import ModelVenue
from tests.client.wiring import PlainOrder, Wire, bob_trades, who

Step = tuple[Any, ...]
Steps = list[Step]
SIDES = st.sampled_from(Side)
PRICES = st.integers(98, 102)
QTYS = st.integers(1, 5)
PICK = st.integers(0, 50)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), SIDES, QTYS, PRICES),
        st.tuples(st.just("cancel"), PICK),
        st.tuples(st.just("replace"), PICK, PRICES, QTYS),
        st.tuples(st.just("mass cancel")),
        st.tuples(st.just("bob"), SIDES, QTYS, PRICES),
        st.tuples(st.just("up"), st.integers(1, 400)),
        st.tuples(st.just("down"), st.integers(1, 400)),
        st.tuples(st.just("settle")),
        st.tuples(st.just("cut")),
        st.tuples(st.just("connect")),
        st.tuples(st.just("lose a report")),
        st.tuples(st.just("heartbeat")),
    ),
    max_size=60,
)


@dataclass
class Story:
    """A client that lives through drawn steps and remembers what it asked for."""

    wire: Wire
    asked: list[int] = field(default_factory=list)
    orders: list[PlainOrder] = field(default_factory=list)

    def act(self, step: Step) -> None:
        wire, core = self.wire, self.wire.core
        match step:
            case "enter", side, qty, price if wire.is_live:
                self.orders.append(wire.enter(side, qty, price))
                self.asked.append(self.orders[-1].cl_ord_id)
            case "cancel", pick if wire.is_live and self.orders:
                self.ask(self.orders[pick % len(self.orders)], lambda order: core.cancel([order], wire.now)[0].cl_ord_id)
            case "replace", pick, price, qty if wire.is_live and self.orders:
                order = self.orders[pick % len(self.orders)]
                self.ask(order, lambda order: core.replace(order, price, qty, None, wire.now).cl_ord_id)
            case ["mass cancel"] if wire.is_live:
                self.asked.append(core.mass_cancel(None, None, None, wire.now).cl_ord_id)
            case "bob", side, qty, price:
                bob_trades(wire.venue, side, qty * 10**6, price * 10**4)
            case "up", most:
                wire.up(most)
            case "down", most:
                wire.down(most)
            case ["settle"] if wire.connection is not None:
                wire.settle()
            case ["cut"]:
                wire.cut()
            case ["connect"]:
                wire.connect()
            case ["lose a report"] if wire.is_live and wire.connection is not None:
                wire.venue.lose_next_report = True
            case ["heartbeat"] if wire.is_live and wire.connection is not None:
                wire.connection.heartbeat()
        wire.hung_up()

    def ask(self, order: PlainOrder, request: Callable[[PlainOrder], int]) -> None:
        """Send a request about an order, unless the client knows the answer itself."""
        was_done = order.is_done
        cl_ord_id = request(order)
        if not was_done:
            self.asked.append(cl_ord_id)

    def end(self) -> None:
        """Let everything arrive."""
        self.wire.venue.lose_next_report = False
        self.wire.cut()
        self.wire.settle()


def seqs(events: list[Event]) -> list[int]:
    return [event.seq for event in events if hasattr(event, "seq")]


def lived(steps: Steps, *, cancel_on_disconnect: bool) -> Story:
    story = Story(Wire(ModelVenue(), identity=who("all", cancel_on_disconnect=cancel_on_disconnect)).settle())
    for step in steps:
        story.act(step)
    story.end()
    assert story.wire.session.fault is None
    return story


@given(STEPS, st.booleans())
def test_no_report_is_lost_or_doubled_over_any_cuts(steps: Steps, cancel_on_disconnect: bool) -> None:
    story = lived(steps, cancel_on_disconnect=cancel_on_disconnect)
    reports = story.wire.venue.sessions["alice"].reports

    assert list(range(1, len(reports) + 1)) == seqs(story.wire.events)


@given(STEPS, st.booleans())
def test_every_request_is_taken_exactly_once(steps: Steps, cancel_on_disconnect: bool) -> None:
    story = lived(steps, cancel_on_disconnect=cancel_on_disconnect)

    assert story.asked == [request.cl_ord_id for request in story.wire.venue.sessions["alice"].taken]
    assert story.wire.core.in_flight == 0


@given(STEPS, st.booleans())
def test_orders_end_up_as_the_venue_has_them(steps: Steps, cancel_on_disconnect: bool) -> None:
    story = lived(steps, cancel_on_disconnect=cancel_on_disconnect)
    venue = {
        each.order_id: (each.cl_ord_id, each.price, each.qty, each.leaves, each.cum)
        for each in story.wire.venue.orders.values()
        if each.owner.name == "alice"
    }
    client = {
        each.order_id: (each.cl_ord_id, each.price_units, each.qty_units, each.leaves_units, each.cum_units)
        for each in story.wire.core.open_orders.values()
    }

    assert venue == client
    assert all(order.is_done or order.order_id in venue for order in story.orders)
    assert all(not order.replacing for order in story.orders)


@given(STEPS, st.booleans())
def test_fills_of_an_order_add_up_to_its_executed_quantity(steps: Steps, cancel_on_disconnect: bool) -> None:
    story = lived(steps, cancel_on_disconnect=cancel_on_disconnect)

    for order in story.orders:
        assert order.cum_qty == sum(fill.qty for fill in order.fills)
        assert (order.avg_px is None) == (order.cum_qty == 0)


@given(STEPS, STEPS)
def test_a_new_client_with_the_old_store_goes_on_where_it_stopped(before: Steps, after: Steps) -> None:
    store, venue = SessionStore(), ModelVenue()
    first = Story(Wire(venue, store, who("all")).settle())
    for step in before:
        first.act(step)
    first.wire.cut()
    second = Story(Wire(venue, store, who("all")).settle())
    for step in after:
        second.act(step)
    second.end()
    alice = venue.sessions["alice"]

    assert first.asked + second.asked == [request.cl_ord_id for request in alice.taken]
    assert list(range(1, len(alice.reports) + 1)) == seqs(first.wire.events) + seqs(second.wire.events)


@given(STEPS)
def test_events_tell_each_order_from_accepted_to_its_end(steps: Steps) -> None:
    story = lived(steps, cancel_on_disconnect=False)
    for order in story.orders:
        told = [event for event in story.wire.events if isinstance(event, OrderEvent) and event.order is order]

        assert (told[-1].leaves_qty, told[-1].cum_qty) == (order.leaves_qty, order.cum_qty)
        assert all(event.leaves_qty > 0 for event in told[:-1])
