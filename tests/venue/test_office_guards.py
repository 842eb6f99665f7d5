"""What guards the reference: lapses, gaps, jumps, multipliers, and the bands of a session."""

import pytest

from engine.matching.enums import ExecType, Reason, Side
from engine.venue.acts import Approve, SetAuction, SetCollar, SetMultiplier, SetReference, SetSession, SetStatus
from engine.venue.records import Quality
from engine.venue.terms import AuctionTerms, Band, Collar, SessionBands
from tests.venue.issuing import TOKEN, TTL, attestation, issuing
from tests.venue.offices import NOW, SECOND, ask, do, end_founding, enter, pass_time, snapshot, trading

AUCTION = AuctionTerms(call_ns=10 * SECOND, extend_ns=5 * SECOND, max_extensions=1)
BAND = Band(static_bps=5_000)
COLLAR = Collar(
    live=BAND,
    extended=BAND,
    closed=BAND,
    max_age_ns=10 * SECOND,
    closed_max_age_ns=1_000 * SECOND,
    gap_bps=500,
    jump_bps=1_000,
    sessions=(SessionBands(session="weekend", closed=Band(static_bps=100)), SessionBands(session="overnight")),
)


def price(px: int, quality: str = "live", at: int = 0, **fields) -> SetReference:
    return SetReference(instrument="AAPLx", source="cta", price=px, quality=quality, as_of_ns=NOW + at * SECOND, **fields)


def status(name: str, **fields) -> SetStatus:
    return SetStatus(instrument="AAPLx", status=name, cause="surveillance", **fields)


def multiplier(numerator: int, at: int = 0, denominator: int = 1) -> SetMultiplier:
    return SetMultiplier(instrument="AAPLx", numerator=numerator, denominator=denominator, effective_ns=NOW + at * SECOND)


def opened(**terms):
    """Return a collared office that trades continuously at 10,000, and is called for ten seconds from now on."""
    office = trading(collar=COLLAR, **terms)
    do(office, price(10_000), SetAuction(instrument="AAPLx", auction=AUCTION))
    assert "continuous" == standing(office)[0]
    return office


def standing(office) -> tuple[str, str]:
    listed = office.instruments["AAPLx"]
    return listed.status, listed.cause


def quality(office) -> Quality:
    return office.venue.reference(1).quality


def cross(office, px: int, at: int) -> list[int]:
    """Let two orders meet, if they may, and return the prices of their executions."""
    enter(office, Side.SELL, px, 100, account=2, ts_ns=NOW + at * SECOND)
    enter(office, Side.BUY, px, 100, ts_ns=NOW + at * SECOND)
    return [event.last_px for event in office.venue.book.events() if event.exec_type == ExecType.TRADE][:1]


def told(office, since: int) -> list[tuple[str, str]]:
    return [(change.status, change.cause) for change in office.changes[since:]]


def test_a_reference_that_lapses_stops_trading_in_the_command_that_notices_and_an_auction_brings_it_back():
    office = opened()
    seen = len(office.changes)
    pass_time(office, NOW + 1_000 * SECOND)

    assert [("cancel-only", "reference-stale")] == told(office, seen)
    assert [] == cross(office, 10_000, 1_000)

    do(office, price(10_000, at=1_001), ts_ns=NOW + 1_001 * SECOND)

    assert [("auction-call", "reopening")] == told(office, seen + 1)

    pass_time(office, NOW + 1_011 * SECOND)

    assert ("continuous", "reopening") == standing(office)


def test_a_reference_that_lapsed_unnoticed_is_noticed_by_the_next_one():
    office = opened()
    seen = len(office.changes)
    do(office, price(10_000, at=1_001), ts_ns=NOW + 1_001 * SECOND)

    assert [("cancel-only", "reference-stale"), ("auction-call", "reopening")] == told(office, seen)


@pytest.mark.parametrize("name", ["post-only", "reduce-only"])
def test_what_a_lapse_has_broken_off_is_what_comes_back(name: str):
    office = opened()
    do(office, status(name), price(0, "none"))

    assert ("cancel-only", "reference-stale") == standing(office)

    do(office, price(10_000, at=1), ts_ns=NOW + SECOND)
    pass_time(office, NOW + 11 * SECOND)

    assert name == standing(office)[0]


def test_what_a_reserve_had_restricted_comes_back_to_what_it_was_before():
    office = issuing(collar=COLLAR)
    do(office, price(10_000))
    pass_time(office, NOW + 10 * SECOND)

    assert "continuous" == standing(office)[0]

    pass_time(office, NOW + TTL + 1)

    assert ("reduce-only", "reserve-stale") == standing(office)

    late = NOW // SECOND + 1_100
    pass_time(office, late * SECOND)

    assert ("cancel-only", "reference-stale") == standing(office)

    do(office, attestation(100 * TOKEN, late * SECOND), price(10_000, at=1_100), ts_ns=late * SECOND)
    pass_time(office, (late + 10) * SECOND)

    assert "continuous" == standing(office)[0]


def test_who_halts_meanwhile_is_not_overruled_by_a_reference():
    office = opened()
    do(office, price(0, "none"), status("halted"), price(10_000))

    assert ("halted", "surveillance") == standing(office)


def test_without_a_collar_no_reference_is_missed():
    office = opened()
    do(office, price(0, "none"), SetCollar(instrument="AAPLx", collar=None))

    assert ("auction-call", "reopening") == standing(office)


@pytest.mark.parametrize(("px", "called"), [(10_500, False), (10_501, True), (9_500, False), (9_499, True)])
def test_a_fresh_price_far_from_the_one_that_had_grown_old_is_met_by_an_auction(px: int, called: bool):
    office = opened()
    pass_time(office, NOW + 10 * SECOND)

    assert Quality.CLOSED == quality(office)

    enter(office, Side.SELL, 10_000, 100, account=2, ts_ns=NOW + 20 * SECOND)
    do(office, price(px, at=20), ts_ns=NOW + 20 * SECOND)

    assert ("auction-call" if called else "continuous") == standing(office)[0]

    enter(office, Side.BUY, 10_000, 100, ts_ns=NOW + 20 * SECOND)

    assert called == (ExecType.TRADE not in [event.exec_type for event in office.venue.book.events()])

    pass_time(office, NOW + 30 * SECOND)

    assert "continuous" == standing(office)[0]
    assert 1 == office.venue.last_match_id


def test_a_gap_is_none_between_fresh_prices_and_none_where_no_width_is_set():
    office = opened()
    do(office, price(10_900, at=1), ts_ns=NOW + SECOND)

    assert "continuous" == standing(office)[0]

    office = opened()
    do(office, SetCollar(instrument="AAPLx", collar=Collar(live=BAND, closed=BAND, max_age_ns=SECOND)))
    pass_time(office, NOW + SECOND)
    do(office, price(14_000, at=2), ts_ns=NOW + 2 * SECOND)

    assert "continuous" == standing(office)[0]


@pytest.mark.parametrize(("px", "taken"), [(11_000, True), (11_001, False), (9_000, True), (8_999, False)])
def test_a_live_price_that_jumps_is_not_taken_and_halts(px: int, taken: bool):
    office = opened()
    outcome = do(office, price(px, at=1), ts_ns=NOW + SECOND)

    assert (Quality.LIVE if taken else Quality.NONE) == quality(office) == outcome.data["quality"]
    assert ("continuous" if taken else "halted") == standing(office)[0]
    assert taken == (standing(office)[1] != "reference-jump")
    assert (px if taken else 10_000) == office.instruments["AAPLx"].live_px


def test_a_jump_is_taken_when_two_persons_confirm_it_and_trading_resumes_by_an_auction():
    office = end_founding(opened())
    ask(office, price(20_000, at=1), actor="olga", ts_ns=NOW + SECOND)

    assert ("halted", "reference-jump") == standing(office)
    assert "DONE" == ask(office, price(20_000, at=2), actor="olga", ts_ns=NOW + 2 * SECOND).code
    assert Quality.NONE == quality(office)

    number = ask(office, price(20_000, at=2, confirmed=True), actor="olga", ts_ns=NOW + 2 * SECOND).proposal

    assert "DONE" == ask(office, Approve(proposal=number), actor="otto", ts_ns=NOW + 3 * SECOND).code
    assert (20_000, Quality.LIVE) == office.venue.reference(1)[:2]
    assert ("halted", "reference-jump") == standing(office)


def test_a_confirmed_jump_halts_too():
    office = opened()
    do(office, price(20_000, at=1, confirmed=True), ts_ns=NOW + SECOND)

    assert (Quality.LIVE, ("halted", "reference-jump")) == (quality(office), standing(office))


def test_a_jump_leaves_the_cause_of_a_halt_that_somebody_made():
    office = opened()
    do(office, SetStatus(instrument="AAPLx", status="halted", cause="news-pending"), price(20_000))

    assert (Quality.NONE, ("halted", "news-pending")) == (quality(office), standing(office))


def test_a_jump_while_closed_keeps_the_calendar_from_opening():
    office = opened()
    do(office, status("closed"), price(20_000))

    assert ("halted", "reference-jump") == standing(office)


def test_a_session_has_bands_of_its_own():
    office = opened()
    pass_time(office, NOW + 10 * SECOND)
    do(office, SetSession(session="weekend"), ts_ns=NOW + 11 * SECOND)

    assert (10_000, Quality.CLOSED, 9_900, 10_100) == office.venue.reference(1)[:4]
    assert "NO_BAND" == ask(office, price(10_000, at=12), ts_ns=NOW + 12 * SECOND).code

    do(office, SetSession(session="overnight"), ts_ns=NOW + 12 * SECOND)

    assert ("cancel-only", "reference-stale") == standing(office)

    do(office, SetSession(session="rth"), ts_ns=NOW + 13 * SECOND)

    assert ("auction-call", "reopening") == standing(office)
    assert (10_000, Quality.CLOSED, 5_000, 15_000) == office.venue.reference(1)[:4]


def test_a_collar_names_a_session_once():
    twice = Collar(max_age_ns=1, sessions=(SessionBands(session="rth"), SessionBands(session="rth")))

    assert "COLLAR" == ask(trading(), SetCollar(instrument="AAPLx", collar=twice)).code


def test_a_multiplier_comes_into_force_at_its_time_and_halts():
    office = opened()
    do(office, multiplier(10, at=5))

    assert (1, 1) == office.instruments["AAPLx"].multiplier
    assert NOW + 5 * SECOND == office.next_due_ns

    pass_time(office, NOW + 5 * SECOND)

    assert (10, 1) == office.instruments["AAPLx"].multiplier
    assert (Quality.NONE, ("halted", "corporate-action")) == (quality(office), standing(office))
    assert [] == cross(office, 10_000, 6)


def test_multipliers_that_wait_replace_each_other_at_the_same_time_and_their_history_is_kept():
    office = opened()
    do(office, multiplier(10, at=5), multiplier(3, at=9), multiplier(5, at=5, denominator=2))
    pass_time(office, NOW + 5 * SECOND)

    assert (5, 2) == office.instruments["AAPLx"].multiplier

    pass_time(office, NOW + 9 * SECOND)

    assert [(5, 2), (3, 1)] == [(entry.numerator, entry.denominator) for entry in office.instruments["AAPLx"].multipliers]


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("MULTIPLIER", price(10_000, at=4)),
        ("MULTIPLIER", price(10_000, "extended", at=6)),
        ("MULTIPLIER", price(10_000, "closed", at=6)),
        ("MULTIPLIER", multiplier(2, at=5)),
        ("DONE", price(10_000, at=6)),
        ("DONE", price(0, "none", at=6)),
        ("UNKNOWN_INSTRUMENT", SetMultiplier(instrument="TSLAx", numerator=1, denominator=1, effective_ns=1)),
    ],
)
def test_after_a_multiplier_only_a_live_price_of_afterwards_is_believed(code: str, act):
    office = opened()
    do(office, multiplier(10, at=5))
    pass_time(office, NOW + 7 * SECOND)
    before = snapshot(office)

    assert code == ask(office, act, ts_ns=NOW + 8 * SECOND).code
    assert code == "DONE" or before == snapshot(office)


def test_after_the_first_live_price_every_quality_is_believed_again():
    office = opened()
    do(office, multiplier(10))
    do(office, price(10_000, at=1), price(10_100, "extended", at=2), ts_ns=NOW + 2 * SECOND)

    assert (10_100, Quality.EXTENDED) == office.venue.reference(1)[:2]


def test_only_an_auction_resumes_after_a_multiplier():
    office = opened()
    do(office, multiplier(10))
    do(office, price(10_000, at=1), ts_ns=NOW + SECOND)

    assert ("halted", "corporate-action") == standing(office)
    assert "STATUS" == ask(office, status("continuous"), ts_ns=NOW + SECOND).code

    do(office, status("auction-call"), ts_ns=NOW + SECOND)

    assert [] == cross(office, 10_000, 2)

    pass_time(office, NOW + 11 * SECOND)

    assert 1 == office.venue.last_match_id


def test_a_multiplier_does_not_bring_an_instrument_nearer_to_trading():
    office = opened()
    do(office, status("suspended"), multiplier(10))

    assert "suspended" == standing(office)[0]
    assert Reason.STATE_NOT_TRADABLE == enter(office, Side.BUY, 10_000, 100).reason


def test_too_many_multipliers_that_wait_are_refused():
    office = opened()
    for second in range(1, 17):
        do(office, multiplier(2, at=second))

    assert "MULTIPLIERS_FULL" == ask(office, multiplier(2, at=99)).code
    assert "DONE" == ask(office, multiplier(3, at=16)).code
