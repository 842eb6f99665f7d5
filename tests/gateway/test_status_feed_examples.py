"""The feed of statuses: a picture first, then each change once, behind what came about before it, and not before it is durable."""

from pathlib import Path

import pytest

from engine.gateway import gateway as gateway_module
from engine.matching.enums import ExecType, Reason
from engine.protocol.messages import (
    BusinessReject,
    ExecutionReport,
    InstrumentStatus,
    InstrumentStatusRequest,
    Logout,
    LogoutCode,
    Reject,
    RejectReason,
    TradingStatus,
)
from engine.venue.acts import AddAsset, CloseSession, KillSwitch, SetAuction, SetReference, SetStatus
from engine.venue.terms import AuctionTerms, Band, Collar
from tests.gateway.filed import Filed
from tests.gateway.following import Follower, standing, standing_of
from tests.gateway.funded import do, listing
from tests.gateway.slow import Slow
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND, Floor

TERMS = AuctionTerms(call_ns=60 * SECOND, pause_ns=10 * SECOND)
HALT = SetStatus(instrument="AAPLx", status="halted", cause="regulatory")
CALL = SetStatus(instrument="AAPLx", status="auction-call", cause="reopening")
COLLAR = Collar(live=Band(static_bps=500, dynamic_bps=100), max_age_ns=3_600 * SECOND)


def statuses(heard: list[InstrumentStatus]) -> list[tuple[int, TradingStatus]]:
    return [(status.instrument, TradingStatus(status.status)) for status in heard]


def test_who_follows_an_instrument_is_told_how_it_stands_and_then_each_change_of_it() -> None:
    floor = Floor()
    alice = Follower(floor, "alice")
    (picture,) = alice.subscribe(1)
    do(floor.gateway, HALT, SetStatus(instrument="TSLAx", status="halted", cause="regulatory"))
    (halted,) = alice.listen()

    assert (TradingStatus.READY, "scheduled") == (picture.status, picture.cause)
    assert (1, TradingStatus.HALTED, "regulatory") == (halted.instrument, halted.status, halted.cause)
    assert (picture.req_id, picture.status_seq + 2) == (halted.req_id, halted.status_seq)  # TSLAx began in between
    assert floor.gateway.sequencer.last_ts_ns > halted.since_ns > picture.since_ns


def test_who_follows_all_is_told_of_what_is_listed_later() -> None:
    floor = Floor()
    alice = Follower(floor, "alice")
    assert [1, 2] == [picture.instrument for picture in alice.subscribe()]

    do(floor.gateway, AddAsset(asset="SPYx", kind="token"), listing("SPYx"))
    alice.wanted[3] = alice.wanted[1]
    do(floor.gateway, SetStatus(instrument="SPYx", status="closed", cause="scheduled"), HALT)
    assert [(3, TradingStatus.CLOSED), (1, TradingStatus.HALTED)] == statuses(alice.listen())[-2:]


def test_several_changes_of_one_command_are_told_one_by_one() -> None:
    """Without auction terms a call uncrosses in the act that begins it."""
    floor = Floor()
    alice = Follower(floor, "alice")
    alice.subscribe(1)
    do(floor.gateway, HALT)
    alice.listen()
    do(floor.gateway, CALL)
    call, trading = alice.listen()

    assert (TradingStatus.AUCTION_CALL, TradingStatus.READY) == (call.status, trading.status)
    assert call.status_seq + 1 == trading.status_seq
    assert "continuous" == call.then
    assert ("", 0) == (trading.then, trading.until_ns)


def test_who_asks_for_no_more_is_told_no_more() -> None:
    floor = Floor()
    alice, bob = Follower(floor, "alice"), Follower(floor, "bob")
    alice.subscribe()
    bob.subscribe()
    alice.unsubscribe(1)
    bob.unsubscribe()
    do(floor.gateway, HALT, SetStatus(instrument="TSLAx", status="halted", cause="regulatory"))

    assert [(2, TradingStatus.HALTED)] == statuses(alice.listen())
    assert [] == bob.listen()


def test_a_subscription_ends_with_its_connection() -> None:
    floor = Floor()
    alice = Follower(floor, "alice")
    alice.subscribe()
    alice.come_back()
    do(floor.gateway, HALT)
    assert [] == alice.listen()

    assert [(1, TradingStatus.HALTED), (2, TradingStatus.READY)] == statuses(alice.subscribe())


@pytest.mark.parametrize("switch", ["venue", "instrument"])
def test_a_kill_switch_is_told_as_cancel_only_and_so_is_its_end(switch: str) -> None:
    floor = Floor()
    alice = Follower(floor, "alice")
    (before,) = alice.subscribe(1)
    target = "AAPLx" if switch == "instrument" else ""
    do(floor.gateway, KillSwitch(scope=switch, target=target, on=True))
    (killed,) = alice.listen()
    do(floor.gateway, HALT)
    (halted,) = alice.listen()
    do(floor.gateway, KillSwitch(scope=switch, target=target, on=False))
    (after,) = alice.listen()

    assert (TradingStatus.CANCEL_ONLY, "kill-switch", before.status_seq) == (killed.status, killed.cause, killed.status_seq)
    assert (TradingStatus.CANCEL_ONLY, "kill-switch") == (halted.status, halted.cause)
    assert (TradingStatus.HALTED, "regulatory", halted.status_seq) == (after.status, after.cause, after.status_seq)


def test_an_instrument_that_is_not_there_is_refused_and_so_is_a_wish_that_is_none() -> None:
    floor = Floor()
    alice = Follower(floor, "alice").peer
    alice.say(
        InstrumentStatusRequest(1, 0, 0, 7, 9, 1), InstrumentStatusRequest(1, 0, 0, 8, 0, 0), InstrumentStatusRequest(1, 0, 0, 9, 1, 3)
    )
    unknown, none, wish = alice.hear()

    assert [(7, Reason.UNKNOWN_INSTRUMENT), (8, Reason.UNKNOWN_INSTRUMENT)] == [(each.ref_id, each.reason) for each in (unknown, none)]
    assert (BusinessReject, Reject) == (type(unknown), type(wish))
    assert (6, RejectReason.OUT_OF_RANGE) == (wish.field, wish.reason)


def test_in_a_call_the_indicative_is_told_once_a_second_where_it_changed() -> None:
    floor = Floor(terms={"auction": TERMS})
    alice, bob = Follower(floor, "alice"), floor.log_on("bob")
    alice.subscribe()
    do(floor.gateway, CALL)
    (call,) = alice.listen()
    bob.say(order(1, account=2, price=10_100, order_qty=500), order(2, account=2, side=2, price=10_000, order_qty=300))
    assert [] == alice.listen()

    floor.pass_time(SECOND)
    (told,) = alice.listen()
    floor.pass_time(SECOND)
    assert [] == alice.listen()
    bob.say(order(3, account=2, side=2, price=10_000, order_qty=200))
    floor.pass_time(SECOND // 2)
    assert [] == alice.listen()
    floor.pass_time(SECOND // 2)
    (more,) = alice.listen()

    assert (0, 0, 0) == (call.indicative_px, call.indicative_qty, call.imbalance)
    assert (10_100, 300, 200) == (told.indicative_px, told.indicative_qty, told.imbalance)
    assert (500, 0) == (more.indicative_qty, more.imbalance)
    assert {call.status_seq} == {told.status_seq, more.status_seq}
    assert floor.clock.utc_ns() < more.until_ns


def test_after_the_call_nothing_is_indicated() -> None:
    floor = Floor(terms={"auction": TERMS})
    alice, bob = Follower(floor, "alice"), floor.log_on("bob")
    alice.subscribe(1)
    do(floor.gateway, CALL)
    bob.say(order(1, account=2, price=10_000), order(2, account=2, side=2, price=10_000))
    floor.pass_time(61 * SECOND)
    *_, trading = alice.listen()
    floor.pass_time(SECOND)

    assert (TradingStatus.READY, 0, 0) == (trading.status, trading.indicative_px, trading.indicative_qty)
    assert [] == alice.listen()


def test_who_does_not_read_is_spared_indicatives_and_told_the_last_when_he_does() -> None:
    floor = Floor(terms={"auction": TERMS})
    alice, bob = Follower(floor, "alice"), floor.log_on("bob")
    do(floor.gateway, CALL)
    alice.subscribe(1)
    alice.peer.protocol.pause_writing()
    for seq in range(1, 9, 2):
        bob.say(order(seq, account=2, order_qty=100 * seq), order(seq + 1, account=2, side=2, order_qty=100 * seq))
        floor.pass_time(SECOND)
    assert [] == alice.listen()

    alice.peer.protocol.resume_writing()
    floor.pass_time(SECOND)
    assert [1_600] == [status.indicative_qty for status in alice.listen()]


def test_a_pause_is_told_behind_the_trades_that_led_to_it() -> None:
    floor = Floor(terms={"auction": TERMS, "collar": COLLAR})
    alice, bob = Follower(floor, "alice"), floor.log_on("bob")
    given = SetReference(instrument="AAPLx", price=10_000, source="feed", quality="live", as_of_ns=floor.clock.utc_ns())
    do(floor.gateway, given, SetStatus(instrument="AAPLx", status="auction-call", cause="opening"))
    floor.pass_time(61 * SECOND)
    alice.subscribe(1)
    bob.say(order(1, account=2, side=2, price=10_000), order(2, account=2, side=2, price=10_400))
    alice.peer.say(order(1, price=10_400, order_qty=300))
    heard = alice.peer.hear()

    *reports, pause = heard
    assert [ExecType.NEW, ExecType.TRADE] == [report.exec_type for report in reports][:2]
    assert isinstance(pause, InstrumentStatus)
    assert (TradingStatus.VOL_PAUSE, "volatility") == (pause.status, pause.cause)
    assert pause.seq == len(reports) + 1


def test_a_change_is_told_when_it_is_durable_and_in_its_place() -> None:
    floor = Slow(terms={"auction": TERMS})
    alice = floor.in_session("alice")
    alice.say(InstrumentStatusRequest(1, 0, 0, 7, 1, 1))
    floor.catch_up()
    alice.hear()
    alice.say(order(1))
    do(floor.gateway, HALT)
    do(floor.gateway, CALL)
    alice.say(order(2))
    assert [] == alice.hear()

    floor.catch_up()
    heard = alice.hear()
    assert [ExecutionReport, InstrumentStatus, InstrumentStatus, ExecutionReport] == [type(message) for message in heard]
    assert [1, 2, 2, 2] == [message.seq for message in heard]


def test_while_the_journal_stands_still_only_one_round_of_indicatives_waits() -> None:
    floor = Slow(terms={"auction": TERMS})
    alice, bob = floor.in_session("alice"), floor.in_session("bob")
    do(floor.gateway, CALL)
    alice.say(InstrumentStatusRequest(1, 0, 0, 7, 1, 1))
    floor.catch_up()
    alice.hear()
    for seq in range(1, 9, 2):
        bob.say(order(seq, account=2, order_qty=100), order(seq + 1, account=2, side=2, order_qty=100))
        floor.pass_time(SECOND)
    floor.catch_up()
    assert [100] == [message.indicative_qty for message in alice.hear() if isinstance(message, InstrumentStatus)]

    floor.pass_time(SECOND)
    floor.catch_up()
    assert [400] == [message.indicative_qty for message in alice.hear() if isinstance(message, InstrumentStatus)]


def test_a_change_is_not_told_before_the_first_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pictures come in parts, one each turn of the loop."""
    monkeypatch.setattr(gateway_module, "ANSWERS_PER_TURN", 1)
    floor = Floor()
    alice = Follower(floor, "alice")
    alice.peer.say(InstrumentStatusRequest(1, 0, 0, 7, 0, 1))
    do(floor.gateway, SetStatus(instrument="TSLAx", status="halted", cause="regulatory"))
    alice.wanted = {1: 7, 2: 7}
    assert [(1, TradingStatus.READY)] == statuses(alice.listen())

    floor.settle()
    assert [(2, TradingStatus.HALTED)] == statuses(alice.listen())
    do(floor.gateway, HALT)
    assert [(1, TradingStatus.HALTED)] == statuses(alice.listen())


def test_who_asks_for_no_more_gets_no_more_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "ANSWERS_PER_TURN", 1)
    alice = Follower(Floor(), "alice").peer
    alice.say(InstrumentStatusRequest(1, 0, 0, 7, 0, 1), InstrumentStatusRequest(1, 0, 0, 8, 0, 2))
    alice.floor.settle()
    assert [1] == [status.instrument for status in alice.hear()]


def test_behind_a_logout_nothing_is_told() -> None:
    """The connection stays for a moment, so that the client can read the Logout."""
    floor = Floor()
    alice = Follower(floor, "alice")
    alice.subscribe()
    do(floor.gateway, CloseSession(name="alice"), HALT)
    assert alice.peer.alive
    assert [LogoutCode.SESSION_CLOSED] == [message.code for message in alice.peer.hear() if isinstance(message, Logout)]
    assert not floor.gateway._feed._followers


def test_a_venue_that_comes_back_from_a_snapshot_tells_what_is_new(tmp_path: Path) -> None:
    before = Filed(tmp_path / "venue")
    do(before.gateway, HALT)
    floor = before.restart()
    alice = floor.in_session("alice")
    alice.say(InstrumentStatusRequest(1, 0, 0, 7, 0, 1))
    floor.catch_up()
    pictures = [message.status_seq for message in alice.hear() if isinstance(message, InstrumentStatus)]
    do(floor.gateway, SetStatus(instrument="TSLAx", status="halted", cause="regulatory"))
    floor.catch_up()
    told = [(status.instrument, status.status_seq) for status in alice.hear()]
    floor.end()

    assert floor.gateway.recovered.snapshot_seq > 0
    assert [(2, max(pictures) + 1)] == told


def test_a_venue_that_comes_back_goes_on_numbering_and_tells_nothing_twice() -> None:
    floor = Slow(terms={"auction": TERMS})
    do(floor.gateway, HALT)
    floor.catch_up()
    again = floor.crash(terms={"auction": TERMS})
    alice = Follower(again, "alice")
    (picture, other) = alice.subscribe()
    do(again.gateway, SetAuction(instrument="AAPLx", auction=None), CALL)
    again.catch_up()

    assert standing_of(again.gateway.office, again.gateway.office.instruments["TSLAx"]) == standing(other)
    assert TradingStatus.HALTED == picture.status
    assert [picture.status_seq + 1, picture.status_seq + 2] == [status.status_seq for status in alice.listen()]
