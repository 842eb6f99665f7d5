"""What a reserve does to its instrument, in the command that changes it: stopped without a good one, and back with it."""

import pytest
from msgspec.structs import replace

from engine.matching.enums import Reason, Side
from engine.venue import acts
from engine.venue.terms import Band, Collar, WeeklyStart
from tests.venue.issuing import CALL, ISSUANCE, TOKEN, TTL, attestation, issuing, redeem, reserve, where
from tests.venue.offices import DAY, NOW, SECOND, ask, canceled, do, end_founding, enter, pass_time, trading

LATER = NOW + SECOND
ISSUED = 100 * TOKEN
ENOUGH, SHORT = attestation(ISSUED, LATER), attestation(ISSUED - 1, LATER)
HALTING = replace(ISSUANCE, breach="halted")


def status(wanted: str, cause: str = "scheduled", **fields: object) -> acts.SetStatus:
    return acts.SetStatus(instrument="AAPLx", status=wanted, cause=cause, **fields)


def last_change(office) -> tuple[str, str, str, int]:
    change = office.changes[-1]
    return change.before, change.status, change.cause, change.ts_ns


def test_one_share_too_few_moves_the_instrument_in_the_same_command():
    office = issuing()
    enter(office, Side.BUY, 900, 100)
    enter(office, Side.SELL, 1100, 100, account=2)
    do(office, SHORT, ts_ns=LATER)

    assert ("breach", ISSUED, ISSUED - 1, LATER) == reserve(office)
    assert ("continuous", "reduce-only", "reserve-breach", LATER) == last_change(office)
    assert [(1, Reason.REDUCE_ONLY)] == canceled(office)


def test_exactly_enough_shares_are_enough():
    office = issuing()
    changes = len(office.changes)
    do(office, ENOUGH, ts_ns=LATER)

    assert ("good", ("continuous", "scheduled"), changes) == (reserve(office).state, where(office), len(office.changes))


def test_a_fresh_sufficient_one_brings_it_back_in_the_same_command():
    office = issuing()
    do(office, SHORT, ts_ns=LATER)
    do(office, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)

    assert ("good", "reduce-only", "continuous", "reopening", LATER + 1) == (reserve(office).state, *last_change(office))


def test_time_makes_it_stale_and_the_next_one_good():
    office = issuing()
    pass_time(office, NOW + TTL)

    assert "continuous" == where(office)[0]

    pass_time(office, NOW + TTL + 1)

    assert ("stale", "continuous", "reduce-only", "reserve-stale", NOW + TTL + 1) == (reserve(office).state, *last_change(office))

    do(office, attestation(ISSUED, NOW + TTL + 2), ts_ns=NOW + TTL + 2)

    assert ("continuous", "reopening") == where(office)


def test_terms_may_say_halted_and_then_an_auction_brings_it_back():
    office = issuing(issuance=HALTING)
    do(office, SHORT, ts_ns=LATER)

    assert ("halted", "reserve-breach") == where(office)

    do(office, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)

    assert ("auction-call", "reopening") == where(office)

    pass_time(office, LATER + 1 + CALL)

    assert ("continuous", "reopening") == where(office)
    assert ["good", "breach", "good"] == [change.state for change in office.reserves][-3:]


@pytest.mark.parametrize("collecting", ["auction-call", "pre-open", "closed"])
@pytest.mark.parametrize("terms", [ISSUANCE, HALTING], ids=["reduce-only", "halted"])
def test_what_collects_is_always_halted(collecting: str, terms: acts.SetIssuance):
    office = issuing("draft", terms)
    do(office, status(collecting))
    do(office, SHORT, ts_ns=LATER)

    assert ("halted", "reserve-breach") == where(office)


def test_a_drop_in_the_middle_of_an_auction_halts_it_and_a_fresh_attestation_calls_another():
    office = issuing()
    do(office, status("auction-call", "news-released"), ts_ns=LATER)
    enter(office, Side.SELL, 1000, TOKEN, account=2, ts_ns=LATER)
    enter(office, Side.BUY, 1100, TOKEN, ts_ns=LATER)

    assert 2 == len(office.venue.book.orders())

    do(office, SHORT, ts_ns=LATER + 1)

    assert ("auction-call", "halted", "reserve-breach", LATER + 1) == last_change(office)
    assert ([], 2) == (canceled(office), len(office.venue.book.orders()))

    pass_time(office, LATER + 2 * CALL)

    assert (("halted", "reserve-breach"), 0, []) == (where(office), office.venue.last_match_id, office.auctions)

    back_ns = LATER + 2 * CALL + 1
    do(office, attestation(ISSUED, back_ns), ts_ns=back_ns)

    assert (("auction-call", "reopening"), 0) == (where(office), office.venue.last_match_id)

    pass_time(office, back_ns + CALL)

    assert (("continuous", "reopening"), 1) == (where(office), office.venue.last_match_id)
    assert [("crossed", TOKEN)] == [(result.outcome, result.qty) for result in office.auctions]


@pytest.mark.parametrize("wanted", ["auction-call", "pre-open", "closed"])
def test_nobody_resumes_by_hand_while_the_reserve_is_not_good(wanted: str):
    office = issuing(issuance=HALTING)
    do(office, SHORT, ts_ns=LATER)

    assert "RESERVE" == ask(office, status(wanted), ts_ns=LATER).code
    assert {"DONE"} == {ask(office, status(other, "regulatory"), ts_ns=LATER).code for other in ("cancel-only", "suspended", "halted")}


@pytest.mark.parametrize("wanted", ["continuous", "auction-call", "closed"])
def test_nobody_leaves_reduce_only_by_hand_either(wanted: str):
    office = issuing()
    do(office, SHORT, ts_ns=LATER)

    assert "RESERVE" == ask(office, status(wanted), ts_ns=LATER).code
    assert "DONE" == ask(office, status("reduce-only", "issuer-notice"), ts_ns=LATER).code


def test_a_draft_opens_only_with_a_good_reserve_and_stays_one_without():
    office = issuing("draft")
    do(office, SHORT, ts_ns=LATER)

    assert ("draft", "scheduled") == where(office)
    for wanted in ("continuous", "post-only", "pre-open", "auction-call", "closed"):
        assert "RESERVE" == ask(office, status(wanted), ts_ns=LATER).code

    do(office, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)

    assert "draft" == where(office)[0]

    do(office, status("continuous"), ts_ns=LATER + 1)


def test_a_proposal_to_resume_is_judged_by_the_reserve_of_its_approval():
    office = end_founding(issuing())
    do_by = {"actor": "olga", "ts_ns": LATER}

    assert "DONE" == ask(office, status("halted", "regulatory"), **do_by).code

    proposal = ask(office, status("auction-call"), **do_by).proposal
    ask(office, SHORT, actor="olga", ts_ns=LATER)

    assert "RESERVE" == ask(office, acts.Approve(proposal=proposal), actor="otto", ts_ns=LATER).code


@pytest.mark.parametrize("stopped", ["halted", "cancel-only", "suspended"])
def test_what_a_person_has_stopped_stays_stopped_whatever_is_attested(stopped: str):
    office = issuing()
    do(office, status(stopped, "regulatory"))
    do(office, SHORT, ts_ns=LATER)

    assert (stopped, "regulatory") == where(office)

    do(office, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)

    assert (stopped, "regulatory") == where(office)


def test_the_cause_follows_from_stale_to_breach():
    office = issuing()
    stale_ns = NOW + TTL + 1
    pass_time(office, stale_ns)
    do(office, attestation(ISSUED - 1, stale_ns), ts_ns=stale_ns)

    assert ("reduce-only", "reduce-only", "reserve-breach", stale_ns) == last_change(office)


def test_a_breach_that_grows_old_is_a_breach():
    office = issuing()
    do(office, SHORT, ts_ns=LATER)
    pass_time(office, LATER + TTL + 1)
    do(office, ISSUANCE, ts_ns=LATER + TTL + 1)

    assert ("breach", ("reduce-only", "reserve-breach")) == (reserve(office).state, where(office))


def test_a_person_may_go_further_than_the_reserve_did():
    office = issuing()
    do(office, SHORT, status("halted", "sec-suspension"), ts_ns=LATER)
    do(office, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)

    assert ("halted", "sec-suspension") == where(office)


def test_terms_that_turn_harder_halt_what_is_reduce_only():
    office = issuing()
    do(office, SHORT, HALTING, ts_ns=LATER)

    assert ("halted", "reserve-breach") == where(office)

    do(office, ISSUANCE, ts_ns=LATER)

    assert ("halted", "reserve-breach") == where(office)


def test_burned_tokens_need_no_shares_and_may_bring_it_back():
    office = issuing()
    do(office, redeem("r", 1), attestation(ISSUED - 1, LATER), ts_ns=LATER)

    assert "breach" == reserve(office).state

    do(office, acts.BurnRedeem(external_id="r"), ts_ns=LATER + 1)

    assert ("good", "reduce-only", "continuous", "reopening", LATER + 1) == (reserve(office).state, *last_change(office))


def test_a_multiplier_needs_as_many_more_shares():
    for shares, state in ((2 * ISSUED - 1, "breach"), (2 * ISSUED, "good")):
        office = issuing()
        do(office, attestation(shares, LATER), ts_ns=LATER)
        do(office, acts.SetMultiplier(instrument="AAPLx", numerator=2, denominator=1, effective_ns=LATER + 5), ts_ns=LATER)

        assert "good" == reserve(office).state

        pass_time(office, LATER + 5)

        assert (state, ISSUED, "halted") == (reserve(office).state, reserve(office).issued, where(office)[0])


def test_the_calendar_decides_what_it_comes_back_to():
    # 1970-01-01 was a Thursday; NOW is a Tuesday, 22:13:20.
    closed = WeeklyStart(at_s=0, session="continuous", status="closed")
    for terms in (ISSUANCE, HALTING):
        office = issuing(issuance=terms)
        do(office, SHORT, acts.SetCalendar(instrument="AAPLx", week=(closed,)), ts_ns=LATER)
        do(office, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)

        assert "closed" == where(office)[0]


@pytest.mark.parametrize(
    ("terms", "then", "at_once", "back"),
    [
        (ISSUANCE, "continuous", "continuous", "continuous"),
        (HALTING, "continuous", "auction-call", "continuous"),
        (ISSUANCE, "closed", "auction-call", "closed"),
        (HALTING, "closed", "auction-call", "closed"),
    ],
)
def test_an_opening_of_the_morning_is_over_and_a_closing_is_joined(terms: acts.SetIssuance, then: str, at_once: str, back: str):
    office = issuing(issuance=terms)
    called = WeeklyStart(at_s=0, session="continuous", status="auction-call", then=then)
    do(office, SHORT, acts.SetCalendar(instrument="AAPLx", week=(called,)), ts_ns=LATER)
    do(office, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)

    assert at_once == where(office)[0]

    pass_time(office, LATER + 1 + CALL)

    assert back == where(office)[0]


@pytest.mark.parametrize(
    ("terms", "before", "back"),
    [
        (ISSUANCE, "post-only", "post-only"),
        (HALTING, "post-only", "post-only"),
        (HALTING, "reduce-only", "reduce-only"),
        (HALTING, "continuous", "continuous"),
        (HALTING, "closed", "closed"),
        (ISSUANCE, "closed", "closed"),
    ],
)
def test_what_a_person_has_restricted_or_closed_comes_back_as_it_was(terms: acts.SetIssuance, before: str, back: str):
    office = issuing(issuance=terms)
    do(office, status(before, "issuer-notice"), SHORT, ts_ns=LATER)

    assert "reserve-breach" == where(office)[1]

    do(office, terms, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)
    pass_time(office, LATER + 1 + CALL)

    assert back == where(office)[0]


def test_a_call_that_was_to_close_is_closed_and_one_that_was_to_restrict_is_called_again():
    for then, back in (("closed", "closed"), ("reduce-only", "reduce-only"), ("post-only", "post-only")):
        office = issuing()
        do(office, status("auction-call", then=then), SHORT, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)
        pass_time(office, LATER + 1 + CALL)

        assert back == where(office)[0]


def test_it_comes_back_to_no_more_than_a_wind_down_leaves():
    for terms, back in ((ISSUANCE, "reduce-only"), (HALTING, "auction-call")):
        office = issuing(issuance=terms)
        do(office, SHORT, ts_ns=LATER)
        do(office, acts.WindDown(instrument="AAPLx", cause="regulatory", last_trade_ns=LATER + DAY), ts_ns=LATER)
        do(office, attestation(ISSUED, LATER + 1), ts_ns=LATER + 1)
        pass_time(office, LATER + 1 + CALL)

        assert "reduce-only" == where(office)[0], back


COLLAR = Collar(live=Band(static_bps=1000), max_age_ns=5 * SECOND)


def live(ts_ns: int) -> acts.SetReference:
    return acts.SetReference(instrument="AAPLx", price=1000, source="cta", quality="live", as_of_ns=ts_ns)


def test_a_restriction_that_the_want_of_a_reference_broke_off_comes_back_after_the_reserve():
    office = issuing("draft", collar=COLLAR)
    do(office, live(NOW), status("post-only"), ts_ns=NOW)
    pass_time(office, NOW + 5 * SECOND)
    do(office, attestation(ISSUED - 1, NOW + 6 * SECOND), ts_ns=NOW + 6 * SECOND)

    assert ("cancel-only", "reference-stale") == where(office)

    do(office, live(NOW + 7 * SECOND), attestation(ISSUED, NOW + 8 * SECOND), ts_ns=NOW + 8 * SECOND)

    assert ("auction-call", "post-only") == (where(office)[0], office.instruments["AAPLx"].call.then)


def test_a_reference_that_lapses_meanwhile_does_not_keep_it_from_coming_back():
    office = issuing("draft", collar=COLLAR)
    do(office, live(NOW), status("continuous"), SHORT, ts_ns=LATER)
    pass_time(office, NOW + 6 * SECOND)

    assert ("cancel-only", "reference-stale") == where(office)

    do(office, live(NOW + 7 * SECOND), ts_ns=NOW + 7 * SECOND)

    assert ("halted", "reserve-breach") == where(office)

    do(office, attestation(ISSUED, NOW + 8 * SECOND), ts_ns=NOW + 8 * SECOND)

    assert ("auction-call", "reopening") == where(office)
    assert "continuous" == office.instruments["AAPLx"].call.then


def test_a_reserve_that_is_good_again_waits_for_a_reference_where_there_is_none():
    office = issuing("draft", HALTING, collar=COLLAR)
    do(office, live(NOW), status("continuous"), SHORT, ts_ns=LATER)
    pass_time(office, NOW + 6 * SECOND)

    assert ("halted", "reserve-breach") == where(office)

    do(office, attestation(ISSUED, NOW + 7 * SECOND), ts_ns=NOW + 7 * SECOND)

    assert ("cancel-only", "reference-stale") == where(office)

    do(office, live(NOW + 8 * SECOND), ts_ns=NOW + 8 * SECOND)

    assert ("auction-call", "reopening") == where(office)


def test_a_termination_burns_what_it_turns_into_claims_and_ends_the_requests():
    office = issuing()
    end_ns = LATER + DAY
    do(office, redeem("r", 5), acts.RequestMint(external_id="m", instrument="AAPLx", account=1, qty=5), ts_ns=LATER)
    do(office, acts.WindDown(instrument="AAPLx", cause="regulatory", last_trade_ns=end_ns, close_out_px=1000), ts_ns=LATER)
    pass_time(office, end_ns)

    assert ("terminated", 0) == (where(office)[0], reserve(office).issued)
    assert ("failed", "failed") == (office.mints["m"].state, office.redeems["r"].state)
    assert 50 * TOKEN == office.claims["AAPLx", 1].qty
    assert "STATUS" == ask(office, acts.RequestMint(external_id="n", instrument="AAPLx", account=1, qty=5), ts_ns=end_ns).code


def test_the_reserve_of_what_is_not_under_issuance_is_empty():
    assert ("", 0, 0, 0) == reserve(trading())
