"""Calls: how they begin and end, the pause that a collar causes, and what the calendar opens and closes."""

from functools import partial

import pytest

from engine.matching.enums import ExecType, Liquidity, OrdType, Reason, Side, TimeInForce
from engine.venue.acts import SetAuction, SetCalendar, SetReference, SetStatus
from engine.venue.terms import AuctionTerms, Band, Collar, DatedSession, Fee, WeeklyStart
from tests.venue.offices import DAY, NOW, SECOND, ask, canceled, do, empty, enter, pass_time, trading

AUCTION = AuctionTerms(call_ns=10 * SECOND, pause_ns=5 * SECOND, collar_bps=300, extend_ns=4 * SECOND, max_extensions=2)
COLLAR = Collar(
    live=Band(static_bps=1000, dynamic_bps=200), closed=Band(static_bps=1500), max_age_ns=60 * SECOND, closed_max_age_ns=90 * SECOND
)


def status(name: str, cause: str = "surveillance", **fields) -> SetStatus:
    return SetStatus(instrument="AAPLx", status=name, cause=cause, **fields)


def price(px: int, quality: str = "live", as_of_ns: int = NOW, **fields) -> SetReference:
    return SetReference(instrument="AAPLx", source="cta", price=px, quality=quality, as_of_ns=as_of_ns, **fields)


def open_at(px: int = 10_000, **terms):
    """Return a collared office that trades continuously, its reference live at a price."""
    office = trading(**{"auction": AUCTION, "collar": COLLAR} | terms)
    do(office, price(px))
    pass_time(office, NOW + 10 * SECOND)
    assert "continuous" == standing(office)
    return office


def standing(office) -> str:
    return office.instruments["AAPLx"].status


def trades(office) -> list[tuple[int, int, int]]:
    """Return the executions of the last command as (account, price, liquidity)."""
    return [(e.account, e.last_px, e.liquidity) for e in office.venue.book.events() if e.exec_type == ExecType.TRADE]


def told(office, since: int = 0) -> list[tuple[str, str]]:
    return [(change.status, change.cause) for change in office.changes[since:]]


def results(office) -> list[tuple[str, int, int]]:
    return [(result.outcome, result.price, result.qty) for result in office.auctions]


def test_a_call_collects_and_its_end_crosses_at_one_price():
    office = trading(auction=AuctionTerms(call_ns=10 * SECOND))
    do(office, status("halted"), status("auction-call"))
    enter(office, Side.SELL, 900, 100, account=2)
    enter(office, Side.BUY, 1000, 100)

    assert [] == trades(office)
    assert NOW + 10 * SECOND == office.next_due_ns == office.instruments["AAPLx"].expected_resume_ns

    pass_time(office, NOW + 10 * SECOND - 1)

    assert [] == trades(office)

    pass_time(office, NOW + 10 * SECOND)

    assert {(1, Liquidity.AUCTION), (2, Liquidity.AUCTION)} == {(account, liquidity) for account, _, liquidity in trades(office)}
    assert 1 == len({px for _, px, _ in trades(office)})
    assert "continuous" == standing(office)
    assert [("crossed", trades(office)[0][1], 100)] == results(office)


def test_an_auction_pays_the_rate_of_auctions_on_both_sides():
    office = trading(auction=AuctionTerms(call_ns=SECOND), rates=(Fee(maker=-10, taker=30, auction=20),))
    do(office, status("halted"), status("auction-call"))
    enter(office, Side.SELL, 10_000, 1_000_000, account=2)
    enter(office, Side.BUY, 10_000, 1_000_000)
    pass_time(office, NOW + SECOND)

    assert (20, 20) == (office.venue.trade(1).maker_fee, office.venue.trade(1).taker_fee)


def test_without_auction_terms_a_call_is_over_in_the_same_act():
    office = trading()
    do(office, status("halted"))
    do(office, status("auction-call", cause="news-released"))

    assert [("halted", "surveillance"), ("auction-call", "news-released"), ("continuous", "news-released")] == told(office, 1)
    assert [("nothing", 0, 0)] == results(office)


@pytest.mark.parametrize("then", ["continuous", "post-only", "reduce-only", "closed"])
def test_a_call_leads_to_what_was_said(then: str):
    office = trading(auction=AUCTION)
    do(office, status("auction-call", then=then, until_ns=NOW + SECOND))
    pass_time(office, NOW + SECOND)

    assert then == standing(office)


def test_a_call_that_leads_to_reduce_only_takes_no_buyers():
    office = trading(auction=AUCTION)
    enter(office, Side.BUY, 1000, 100)
    do(office, status("auction-call", then="reduce-only"))

    assert [(1, Reason.REDUCE_ONLY)] == canceled(office)
    assert Reason.REDUCE_ONLY_VIOLATION == enter(office, Side.BUY, 1000, 100).reason
    assert Reason.NONE == enter(office, Side.SELL, 1000, 100).reason


def test_a_call_told_again_has_another_end():
    office = trading(auction=AUCTION)
    do(office, status("auction-call"), status("auction-call", until_ns=NOW + 99 * SECOND))
    pass_time(office, NOW + 98 * SECOND)

    assert "auction-call" == standing(office)

    pass_time(office, NOW + 99 * SECOND)

    assert "continuous" == standing(office)


def test_a_price_outside_the_auctions_collar_extends_the_call_and_then_halts_for_a_human():
    office = open_at()
    do(office, status("auction-call"), ts_ns=NOW + 10 * SECOND)
    enter(office, Side.SELL, 10_500, 100, account=2, ts_ns=NOW + 11 * SECOND)
    enter(office, Side.BUY, 10_500, 100, ts_ns=NOW + 11 * SECOND)
    seen = len(office.changes)
    for second in (20, 24, 28):
        pass_time(office, NOW + second * SECOND)

        assert [] == trades(office)
    assert ["extended", "extended", "halted"] == [outcome for outcome, *_ in results(office)][1:]
    assert [0, 1, 2, 2] == [result.extensions for result in office.auctions]
    assert [("auction-call", "surveillance"), ("auction-call", "surveillance"), ("halted", "order-imbalance")] == told(office, seen)
    assert 2 == len(office.venue.book.orders())

    do(office, price(10_450, as_of_ns=NOW + 28 * SECOND), status("auction-call"), ts_ns=NOW + 30 * SECOND)
    pass_time(office, NOW + 40 * SECOND)

    assert ("crossed", 10_500, 100) == results(office)[-1]
    assert "continuous" == standing(office)


def test_without_a_reference_nothing_is_crossed():
    office = open_at()
    do(office, status("auction-call", until_ns=NOW + 200 * SECOND), ts_ns=NOW + 10 * SECOND)
    enter(office, Side.SELL, 10_000, 100, account=2, ts_ns=NOW + 11 * SECOND)
    enter(office, Side.BUY, 10_000, 100, ts_ns=NOW + 11 * SECOND)
    for second in (90, 200, 204, 208):
        pass_time(office, NOW + second * SECOND)

        assert [] == trades(office)
    assert ("halted", "reference-stale") == told(office)[-1]
    assert ("halted", 0, 0) == results(office)[-1]


def test_a_reference_that_is_withdrawn_just_before_the_end_of_a_call_stops_it():
    office = open_at()
    do(office, status("auction-call"), ts_ns=NOW + 10 * SECOND)
    enter(office, Side.SELL, 10_000, 100, account=2, ts_ns=NOW + 11 * SECOND)
    enter(office, Side.BUY, 10_000, 100, ts_ns=NOW + 11 * SECOND)
    do(office, price(0, "none", NOW + 20 * SECOND), ts_ns=NOW + 20 * SECOND)
    pass_time(office, NOW + 20 * SECOND)

    assert [] == trades(office)
    assert "extended" == results(office)[-1][0]


def test_the_reference_that_an_auction_has_is_the_one_that_age_leaves_at_its_end():
    office = open_at()
    do(office, status("auction-call", until_ns=NOW + 60 * SECOND), ts_ns=NOW + 10 * SECOND)
    enter(office, Side.SELL, 10_200, 100, account=2, ts_ns=NOW + 11 * SECOND)
    enter(office, Side.BUY, 10_200, 100, ts_ns=NOW + 11 * SECOND)
    pass_time(office, NOW + 60 * SECOND)

    assert 2 == len(trades(office))
    assert "closed" == office.instruments["AAPLx"].mark.quality


def test_a_match_that_the_collar_stops_pauses_and_reopens_by_an_auction():
    office = open_at()
    now = NOW + 11 * SECOND
    enter(office, Side.SELL, 10_000, 100, account=2, ts_ns=now)
    enter(office, Side.SELL, 10_900, 100, account=2, ts_ns=now)
    seen = len(office.changes)
    enter(office, Side.BUY, 10_900, 200, ts_ns=now)
    office.answer_strikes(now)

    assert {10_000} == {px for _, px, _ in trades(office)}
    assert [("vol-pause", "volatility")] == told(office, seen)
    assert ("book", now + 5 * SECOND, now + 15 * SECOND) == (
        office.changes[-1].actor,
        office.changes[-1].until_ns,
        office.changes[-1].expected_resume_ns,
    )
    assert Reason.NONE == enter(office, Side.SELL, 10_200, 100, account=2, ts_ns=now).reason
    assert [] == trades(office)

    pass_time(office, now + 5 * SECOND)

    assert [("auction-call", "reopening")] == told(office, seen + 1)

    pass_time(office, now + 15 * SECOND)

    assert {10_200} == {px for _, px, _ in trades(office)}
    assert [("continuous", "reopening")] == told(office, seen + 2)


@pytest.mark.parametrize("pauses", [True, False])
def test_a_cascade_of_stops_that_does_not_end_pauses_as_well(monkeypatch, pauses: bool):
    monkeypatch.setattr("tests.venue.offices.empty", partial(empty, sweep=4))
    office = open_at() if pauses else open_at(auction=None)
    now = NOW + 11 * SECOND
    for step in range(6):
        px = 10_000 + 100 * step
        enter(office, Side.SELL, px, 100, account=2, ts_ns=now)
        enter(office, Side.BUY, 0, 100, ord_type=OrdType.STOP, stop_px=px, ts_ns=now)
    enter(office, Side.BUY, 10_000, 100, ts_ns=now)
    executed = len(trades(office)) // 2
    office.answer_strikes(now)

    assert 1 < executed < 6
    assert pauses == (("vol-pause", "stop-cascade") == told(office)[-1])
    assert standing(office) == ("vol-pause" if pauses else "continuous")


def test_without_a_pause_the_collar_holds_a_match_at_its_edge():
    office = open_at(auction=None)
    now = NOW + 11 * SECOND
    enter(office, Side.SELL, 10_900, 100, account=2, ts_ns=now)
    enter(office, Side.BUY, 10_900, 100, ts_ns=now)
    office.answer_strikes(now)

    assert "continuous" == standing(office)
    assert [] == trades(office)


def test_other_auction_terms_take_the_pause_away():
    office = open_at()
    do(office, SetAuction(instrument="AAPLx", auction=None), ts_ns=NOW + 11 * SECOND)
    enter(office, Side.SELL, 10_900, 100, account=2, ts_ns=NOW + 11 * SECOND)
    enter(office, Side.BUY, 10_900, 100, ts_ns=NOW + 11 * SECOND)
    office.answer_strikes(NOW + 11 * SECOND)

    assert "continuous" == standing(office)


MONDAY = 1_699_833_600 * SECOND  # 2023-11-13
WEEK = (
    WeeklyStart(at_s=3_600, session="pre", status="pre-open"),
    WeeklyStart(at_s=7_200, session="rth", status="continuous"),
    WeeklyStart(at_s=10_800, session="post", status="auction-call", then="closed"),
)


def scheduled():
    """Return an office, closed since Monday midnight, that follows a calendar."""
    office = trading(auction=AuctionTerms(call_ns=60 * SECOND), week=WEEK)
    do(office, status("closed"), ts_ns=NOW)
    pass_time(office, MONDAY + 7 * DAY)
    return office, MONDAY + 7 * DAY


def test_a_calendar_opens_by_an_auction_and_closes_by_another():
    office, monday = scheduled()
    seen = len(office.changes)
    for second in (3_600, 7_200, 7_260, 10_800, 10_860):
        pass_time(office, monday + second * SECOND)
    assert [
        ("pre-open", "scheduled"),
        ("auction-call", "opening"),
        ("continuous", "opening"),
        ("auction-call", "closing"),
        ("closed", "closing"),
    ] == told(office, seen)
    assert {"time"} == {change.actor for change in office.changes[seen:]}


def test_orders_for_the_close_join_the_closing_auction_and_those_for_the_opening_the_other():
    office, monday = scheduled()
    pass_time(office, monday + 3_600 * SECOND)
    at_open = {"tif": TimeInForce.OPG, "ts_ns": monday + 3_601 * SECOND}
    at_close = {"tif": TimeInForce.CLS, "ts_ns": monday + 3_601 * SECOND}
    enter(office, Side.BUY, 1000, 100, **at_open)
    enter(office, Side.SELL, 1000, 100, account=2, **at_open)
    enter(office, Side.BUY, 1100, 300, **at_close)
    enter(office, Side.SELL, 1100, 100, account=2, **at_close)
    pass_time(office, monday + 7_200 * SECOND)
    pass_time(office, monday + 7_260 * SECOND)

    assert {1000} == {px for _, px, _ in trades(office)}
    assert Reason.SESSION_ORDER_TYPE == enter(office, Side.BUY, 1000, 100, tif=TimeInForce.OPG, ts_ns=monday + 7_300 * SECOND).reason

    pass_time(office, monday + 10_800 * SECOND)
    pass_time(office, monday + 10_860 * SECOND)

    assert {1100} == {px for _, px, _ in trades(office)}
    assert [(1, Reason.AUCTION_END)] == canceled(office)


@pytest.mark.parametrize("stopped", ["halted", "cancel-only", "suspended", "reduce-only"])
def test_a_calendar_leaves_alone_what_somebody_has_stopped(stopped: str):
    office = trading(week=WEEK)
    do(office, status(stopped))
    for second in (3_600, 7_200, 10_800):
        pass_time(office, MONDAY + 7 * DAY + second * SECOND)

        assert stopped == standing(office)


def test_a_pause_that_ends_after_the_close_does_not_open_the_market_again():
    office, monday = scheduled()
    pass_time(office, monday + 7_200 * SECOND)
    pass_time(office, monday + 7_260 * SECOND)
    do(office, SetAuction(instrument="AAPLx", auction=AuctionTerms(pause_ns=4_000 * SECOND)), ts_ns=monday + 7_300 * SECOND)
    do(office, status("vol-pause"), ts_ns=monday + 7_300 * SECOND)
    week = (*WEEK[:2], WeeklyStart(at_s=10_800, session="post", status="closed"))
    do(office, SetCalendar(instrument="AAPLx", week=week), ts_ns=monday + 7_300 * SECOND)
    pass_time(office, monday + 10_800 * SECOND)

    assert "vol-pause" == standing(office)

    pass_time(office, monday + 11_300 * SECOND)

    assert ("closed", "scheduled") == told(office)[-1]


def test_a_pause_that_ends_in_the_closing_call_leads_to_the_close():
    office, monday = scheduled()
    pass_time(office, monday + 7_200 * SECOND)
    pass_time(office, monday + 7_260 * SECOND)
    do(office, SetAuction(instrument="AAPLx", auction=AuctionTerms(pause_ns=4_000 * SECOND)), ts_ns=monday + 7_300 * SECOND)
    do(office, status("vol-pause"), ts_ns=monday + 7_300 * SECOND)
    pass_time(office, monday + 11_300 * SECOND)

    assert [("auction-call", "closing"), ("closed", "closing")] == told(office)[-2:]


def test_an_exception_closes_for_a_holiday_and_its_end_opens_again():
    office, monday = scheduled()
    holiday = DatedSession(from_ns=monday + 7_300 * SECOND, until_ns=monday + 9_000 * SECOND, session="weekend", status="closed")
    do(office, SetCalendar(instrument="AAPLx", week=WEEK, exceptions=(holiday,)), ts_ns=monday)
    seen = len(office.changes)
    for second in (3_600, 7_200, 7_260, 7_300, 9_000, 9_060):
        pass_time(office, monday + second * SECOND)
    assert ["pre-open", "auction-call", "continuous", "closed", "auction-call", "continuous"] == [name for name, _ in told(office, seen)]


def test_what_follows_belongs_to_an_auction_call():
    week = (WeeklyStart(at_s=0, session="rth", status="continuous", then="closed"),)

    assert "CALENDAR" == ask(trading(), SetCalendar(instrument="AAPLx", week=week)).code


def test_a_strike_within_an_act_is_answered_by_it():
    office = open_at(auction=AuctionTerms(pause_ns=5 * SECOND))
    now = NOW + 11 * SECOND
    do(office, status("halted"), status("pre-open"), ts_ns=now)
    enter(office, Side.BUY, 0, 100, ord_type=OrdType.STOP, stop_px=10_000, ts_ns=now)
    enter(office, Side.SELL, 10_000, 100, account=2, ts_ns=now)
    enter(office, Side.BUY, 10_000, 100, ts_ns=now)
    enter(office, Side.SELL, 10_900, 100, account=2, ts_ns=now)
    seen = len(office.changes)
    do(office, status("auction-call"), ts_ns=now)

    assert ["auction-call", "continuous", "vol-pause"] == [name for name, _ in told(office, seen)]


def test_a_strike_when_time_passes_is_answered_as_well():
    office = open_at()
    now = NOW + 11 * SECOND
    do(office, status("auction-call", until_ns=NOW + 20 * SECOND), ts_ns=now)
    # Crosses at 10,000; the stop it triggers then sweeps to the collar's edge.
    enter(office, Side.BUY, 0, 100, ord_type=OrdType.STOP, stop_px=10_000, ts_ns=now)
    enter(office, Side.SELL, 10_000, 100, account=2, ts_ns=now)
    enter(office, Side.BUY, 10_000, 100, ts_ns=now)
    enter(office, Side.SELL, 10_900, 100, account=2, ts_ns=now)
    seen = len(office.changes)
    pass_time(office, NOW + 20 * SECOND)

    assert ["continuous", "vol-pause"] == [name for name, _ in told(office, seen)]
    assert {10_000} == {px for _, px, _ in trades(office)}
