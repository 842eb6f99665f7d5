"""Single stories of reports that are missing: asked for, waited for, sent again, gone."""

import pytest

from engine.client.events import Accepted, LoggedOn, ReportsMissing
from engine.protocol.framing import frame
from engine.protocol.messages import Heartbeat, ResendRequest, encode
from tests.client.model_venue import ModelVenue
from tests.client.test_session_examples import STAMP, fresh, said, say
from tests.client.wiring import Wire, kinds, who


def test_a_gap_is_asked_for_once_and_filled() -> None:
    wire = fresh()
    orders = [wire.enter(price=price) for price in (100, 101, 102)]
    wire.venue.lose_next_report = True
    wire.up()
    wire.down()
    asked = said(wire)

    assert [(1, 0)] == [(message.begin, message.end) for message in asked if isinstance(message, ResendRequest)]
    wire.connection.receive(frame(encode(asked[0])))
    wire.settle()
    assert [1, 2, 3] == [event.seq for event in wire.events if isinstance(event, Accepted)]
    assert all(order.is_open for order in orders)
    wire.venue.lose_next_report = True
    wire.core.cancel(orders[:1], 0.0)
    wire.enter()
    wire.settle()
    assert [1, 2, 3, 4, 5] == [event.seq for event in wire.events if not isinstance(event, LoggedOn)]


def test_a_heartbeat_shows_a_gap_too() -> None:
    wire = fresh()
    wire.enter()
    wire.venue.lose_next_report = True
    wire.settle()
    wire.connection.heartbeat()
    wire.settle()

    assert ["LoggedOn", "Accepted"] == kinds(wire.events)


def test_a_gap_that_stays_open_ends_the_connection() -> None:
    wire = fresh()
    wire.enter()
    wire.venue.lose_next_report = True
    wire.settle()
    wire.connection.heartbeat()
    wire.down()
    wire.session.output()
    for wire.now in (5.0, 10.0):
        wire.connection.heartbeat()
        wire.down()
    wire.now = 11.9
    wire.session.tick(wire.now)

    assert not wire.session.hang_up
    wire.now = 12.0
    wire.session.tick(wire.now)
    assert (True, None) == (wire.session.hang_up, wire.session.fault)
    assert "reports that the venue owes did not come" == wire.session.farewell
    wire.hung_up()
    wire.settle()
    assert ["Accepted"] == kinds(wire.events)[-1:]


@pytest.mark.parametrize("other", [0, 2])
def test_a_venue_that_is_still_fetching_what_it_owes_is_waited_for(other: int) -> None:
    wire = fresh()
    wire.enter()
    wire.venue.lose_next_report = True
    wire.settle()
    wire.connection.heartbeat()
    wire.down()
    wire.session.output()
    for wire.now in (5.0, 10.0, 15.0, 20.0, 25.0):
        say(wire, Heartbeat(*STAMP, ""))
        wire.session.tick(wire.now)

        assert not wire.session.hang_up
    assert not [message for message in said(wire) if isinstance(message, ResendRequest)]
    wire.now = 37.0
    say(wire, Heartbeat(other, 0, 0, ""))
    wire.session.tick(wire.now)
    assert "reports that the venue owes did not come" == wire.session.farewell


def test_repeats_are_dropped_only_where_marked() -> None:
    wire = fresh()
    wire.enter()
    wire.settle()
    report = wire.venue.sessions["alice"].reports[0]
    marked = encode(report).replace(encode(report), encode(type(report)(**{**_fields(report), "flags": 1})))
    wire.core.receive(frame(marked), 0.0)

    assert (None, 2) == (wire.session.fault, len(wire.events))
    say(wire, report)
    assert "report 1 came again without being marked as a repeat; 2 was due" in str(wire.session.fault)


def _fields(report: object) -> dict[str, object]:
    return {name: getattr(report, name) for name in type(report).__struct_fields__}


def test_reports_no_longer_kept_are_told() -> None:
    venue = ModelVenue()
    first = Wire(venue).settle()
    for _ in range(3):
        first.enter()
    first.settle().cut()
    venue.sessions["alice"].oldest = 3
    late = Wire(venue, identity=who("all")).settle()

    assert [LoggedOn("MODEL", 3), ReportsMissing(1, 2)] == late.events[:2]
    assert [3] == [event.seq for event in late.events if isinstance(event, Accepted)]
