"""Following the statuses of instruments: the pictures, the changes, and what a cut costs."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from engine.client.board import MAX_SUBSCRIPTIONS, StatusBoard, Subscription
from engine.client.errors import NotLoggedOn, RequestRefused
from engine.client.events import StatusChanged
from engine.matching.enums import Reason
from engine.protocol.framing import frame
from engine.protocol.messages import BusinessReject, TradingStatus, encode
from tests.client.model_answers import change_status
from tests.client.model_venue import ModelVenue
from tests.client.wiring import Wire

NOON_NS = 1_767_268_800 * 10**9


def fresh() -> Wire:
    return Wire(ModelVenue()).settle()


def follow(wire: Wire, symbol: str | None = None) -> Subscription:
    subscription = wire.core.follow_status(symbol, wire.now)
    wire.settle()
    return subscription


def told(wire: Wire) -> list[StatusChanged]:
    events = [event for event in wire.events if isinstance(event, StatusChanged)]
    wire.events.clear()
    return events


def test_a_subscription_begins_with_its_pictures_and_goes_on_with_changes() -> None:
    wire = fresh()
    every = follow(wire)
    told(wire)
    change_status(wire.venue, 2, status=2, cause="regulatory", status_seq=4)
    wire.settle()
    (event,) = told(wire)

    assert ["AAPLx", "TSLAx"] == list(every.seen)
    assert not every.missing
    assert ("TSLAx", TradingStatus.HALTED, "regulatory", 4) == (
        *(event.state.symbol, event.state.status),
        *(event.state.cause, event.state.status_seq),
    )
    assert every.seen["TSLAx"] == event.before
    assert event.state == wire.core.board.statuses["TSLAx"]


def test_one_instrument_alone_is_followed() -> None:
    wire = fresh()
    follow(wire, "TSLAx")
    told(wire)
    change_status(wire.venue, 1, status=2)
    change_status(wire.venue, 2, status=18)
    wire.settle()

    assert ["TSLAx"] == [event.state.symbol for event in told(wire)]
    assert ["TSLAx"] == list(wire.core.board.statuses)


def test_after_a_cut_it_is_asked_for_again_and_only_what_changed_is_news() -> None:
    wire = fresh()
    follow(wire)
    told(wire)
    wire.venue.ts_ns += 1
    before = dict(wire.core.board.statuses)
    wire.cut()
    change_status(wire.venue, 1, since_ns=1_700_000_000_000_000_000)
    change_status(wire.venue, 2, status=2, since_ns=1_700_000_000_000_000_000)
    wire.settle()
    (event,) = told(wire)
    change_status(wire.venue, 1, status=2)
    wire.settle()
    (later,) = told(wire)

    assert ("TSLAx", before["TSLAx"]) == (event.state.symbol, event.before)
    assert ("AAPLx", TradingStatus.HALTED) == (later.state.symbol, later.state.status)


def test_a_subscription_that_a_cut_left_without_pictures_gets_them_on_the_next_connection() -> None:
    wire = fresh()
    subscription = wire.core.follow_status(None, wire.now)
    wire.session.output()
    wire.cut()
    assert {1, 2} == subscription.missing

    wire.settle()
    assert ["AAPLx", "TSLAx"] == list(subscription.seen)


def test_what_is_followed_no_more_is_no_event() -> None:
    wire = fresh()
    follow(wire, "AAPLx")
    follow(wire, "TSLAx")
    told(wire)
    wire.core.unfollow_status("AAPLx", wire.now)
    change_status(wire.venue, 1, status=2)
    wire.settle()
    assert ["TSLAx"] == list(wire.core.board.statuses)
    wire.core.unfollow_status(None, wire.now)
    wire.settle()
    change_status(wire.venue, 2, status=2)
    wire.settle()

    assert [] == told(wire)
    assert {} == wire.core.board.statuses
    wire.cut()
    wire.settle()
    assert {} == wire.connection.following


def test_all_take_the_place_of_single_ones_and_leave_no_place_for_them() -> None:
    wire = fresh()
    follow(wire, "AAPLx")
    follow(wire)
    assert [0] == [each.instrument for each in wire.core.board.subscriptions.values()]
    with pytest.raises(ValueError, match="all instruments are followed"):
        wire.core.follow_status("AAPLx", wire.now)
    with pytest.raises(ValueError, match="a single one cannot be left out"):
        wire.core.unfollow_status("AAPLx", wire.now)


def test_single_subscriptions_have_a_limit() -> None:
    board = StatusBoard()
    for number in range(1, MAX_SUBSCRIPTIONS + 1):
        board.subscribe(number, number, {number})
    board.subscribe(90, 7, {7})
    with pytest.raises(ValueError, match="32 instruments are followed one by one already"):
        board.subscribe(99, 99, {99})
    board.subscribe(100, 0, {1})


def test_a_subscription_that_the_venue_refuses_is_given_up() -> None:
    wire = fresh()
    subscription = wire.core.follow_status("AAPLx", wire.now)
    wire.session.output()
    refusal = BusinessReject(1, 0, 0, 1, 101, subscription.req_id, Reason.THROTTLE, "too many requests")
    wire.core.receive(frame(encode(refusal)), wire.now)

    assert isinstance(subscription.error, RequestRefused)
    assert not wire.core.board.follows(subscription.req_id)


def test_a_client_that_ended_follows_nothing() -> None:
    wire = fresh()
    subscription = wire.core.follow_status("AAPLx", wire.now)
    wire.core.fail(NotLoggedOn("the client was closed"))

    assert isinstance(subscription.error, NotLoggedOn)
    with pytest.raises(NotLoggedOn):
        wire.core.follow_status("AAPLx", wire.now)


def test_a_status_is_read_in_the_units_of_its_instrument() -> None:
    wire = fresh()
    change_status(wire.venue, 1, status=24, cause="opening", until_ns=NOON_NS, then="continuous", indicative_px=1_675_200)
    change_status(wire.venue, 1, indicative_qty=2_500_000, imbalance=-500_000)
    change_status(wire.venue, 1, issued=10**9, attested=2 * 10**9, attested_ns=NOON_NS, reserve="good")
    state = follow(wire, "AAPLx").seen["AAPLx"]
    plain = follow(wire, "TSLAx").seen["TSLAx"]
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)

    assert (TradingStatus.AUCTION_CALL, noon, "continuous", False) == (state.status, state.until, state.then, state.is_trading)
    assert (Decimal("167.52"), Decimal("2.5"), Decimal("-0.5")) == (state.indicative_px, state.indicative_qty, state.imbalance)
    assert (Decimal(1000), Decimal(2000), noon, "good") == (state.issued, state.attested, state.attested_at, state.reserve)
    assert (None, "", None, 0, 0, None, "") == (
        *(plain.until, plain.then, plain.indicative_px),
        *(plain.indicative_qty, plain.imbalance, plain.attested_at, plain.reserve),
    )


def test_an_instrument_that_the_client_has_not_heard_of_is_told_by_its_number() -> None:
    wire = fresh()
    subscription = follow(wire)
    told(wire)
    wire.connection.following[3] = subscription.req_id
    change_status(wire.venue, 3, status=100)
    wire.settle()

    assert ["unlisted-3"] == [event.state.symbol for event in told(wire)]
