"""Laws of the pages in which registers are shown."""

from unittest.mock import patch

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.admin import views
from engine.admin.messages import What
from engine.admin.rows import REGISTERS, ROWS
from engine.admin.views import UnknownField, Views
from engine.matching.enums import Side
from engine.venue.acts import (
    AddAsset,
    Approve,
    Deposit,
    LiftHold,
    OpenAccount,
    PlaceHold,
    RefuseAccess,
    RequestWithdrawal,
    SetCalendar,
    SetMultiplier,
    SetReference,
    SetStatus,
    WindDown,
)
from engine.venue.office import Office
from engine.venue.terms import AuctionTerms, Band, Collar, WeeklyStart
from tests.venue.issuing import CALL, TOKEN, attestation, issuing, redeem
from tests.venue.offices import DAY, NOW, SECOND, ask, do, empty, enter, founded, listing, pass_time, trading


def busy() -> Office:
    """Return an office with several entries in each register."""
    office = founded()
    for number in range(3, 9):
        ask(office, OpenAccount(account=number, subscriber="acme"), "carl")
        ask(office, RefuseAccess(name=f"applicant {number}", standard_id="FAIR-1"), "carl")
        ask(office, Deposit(external_id=f"d-{number}", account=number, asset="USDC", amount=number), "tess")
        request = RequestWithdrawal(external_id=f"w-{number}", account=1, asset="USDC", amount=number, destination="bank:1")
        assert "DONE" == ask(office, request, "tom").code
        hold = PlaceHold(
            hold_id=f"h-{number}", account=2, asset="USDC", amount=number, authority="a", reference="r", review_ns=NOW + SECOND
        )
        assert "DONE" == ask(office, hold, "cora").code
        enter(office, Side.SELL, 1_000_000, 1_000_000, account=2)
        enter(office, Side.BUY, 1_000_000, 1_000_000, account=1)
    lift = ask(office, LiftHold(hold_id="h-3"), "carl")
    assert "DONE" == ask(office, Approve(proposal=lift.proposal), "cora").code
    return office


def eventful() -> Office:
    """Return an office with several entries in each register of how instruments stand, a minute after NOW.

    AAPLx is called, with a crossed book; TSLAx is terminated.
    """
    office = issuing()
    do(office, AddAsset(asset="TSLAx", kind="token"), listing(symbol="TSLAx", base="TSLAx", underlying="TSLA", fungibility_class="TSLAx"))
    do(office, SetStatus(instrument="TSLAx", status="continuous", cause="scheduled"))
    do(office, *(Deposit(external_id=f"tsla-{number}", account=number, asset="TSLAx", amount=number * TOKEN) for number in (1, 2)))
    for number in range(2):
        do(office, redeem(f"r-{number}", TOKEN))
    do(office, WindDown(instrument="TSLAx", cause="regulatory", last_trade_ns=NOW + SECOND, close_out_px=3_000_000))
    pass_time(office, NOW + 2 * SECOND)
    do(office, SetStatus(instrument="AAPLx", status="halted", cause="surveillance"), ts_ns=NOW + 2 * SECOND)
    do(office, SetStatus(instrument="AAPLx", status="auction-call", cause="reopening"), ts_ns=NOW + 2 * SECOND)
    enter(office, Side.SELL, 1_000_000, TOKEN, account=2, ts_ns=NOW + 2 * SECOND)
    pass_time(office, NOW + 2 * SECOND + CALL)
    do(office, attestation(200 * TOKEN, NOW + 30 * SECOND), ts_ns=NOW + 60 * SECOND)
    do(office, SetStatus(instrument="AAPLx", status="halted", cause="surveillance"), ts_ns=NOW + 60 * SECOND)
    do(office, SetStatus(instrument="AAPLx", status="auction-call", cause="reopening"), ts_ns=NOW + 60 * SECOND)
    enter(office, Side.BUY, 1_000_100, 3 * TOKEN, account=1, ts_ns=NOW + 60 * SECOND)
    return office


OFFICE = busy()
VIEWS = Views("OPS", OFFICE, live=lambda name: int(name == "acme-1"), operators=lambda name: int(name == "eve"), commands=lambda: 7)
STANDING: tuple[What, ...] = (
    "board",
    "calendar",
    "changes",
    "auctions",
    "claims",
    "attestors",
    "attestations",
    "reserves",
    "reserve-changes",
    "mints",
    "redeems",
)
STOOD = Views("OPS", eventful(), live=lambda _: 0, operators=lambda _: 0, commands=lambda: 0)


def decoded(what, page):
    return [msgspec.msgpack.decode(row, type=ROWS[what]) for row in page]


def pages(what, wanted):
    """Return all rows, page after page, and how many pages that took."""
    rows, after, count = [], 0, 0
    views_of = STOOD if what in STANDING else VIEWS
    while True:
        page, after = views_of.page(what, wanted, after)
        rows += decoded(what, page)
        count += 1
        if not after:
            return rows, count


@given(st.sampled_from(REGISTERS), st.integers(1, 7), st.integers(1, 400))
@example("balances", 3, 400)
def test_pages_of_any_size_hold_each_row_once_and_in_order(what, entries, size):
    whole, _ = pages(what, {})
    with patch.object(views, "ENTRIES_MAX", entries), patch.object(views, "PAGE_BYTES", size):
        cut, count = pages(what, {})

    assert whole == cut
    assert count >= min(len(whole), 1)


@given(st.data(), st.sampled_from([what for what in REGISTERS if what != "venue"]), st.integers(1, 7))
def test_a_filter_leaves_the_rows_that_have_its_text(data, what, entries):
    whole, _ = pages(what, {})
    row = data.draw(st.sampled_from(whole))
    name = data.draw(st.sampled_from([name for name in row.__struct_fields__ if isinstance(getattr(row, name), (str, int))]))
    value = getattr(row, name)
    with patch.object(views, "ENTRIES_MAX", entries):
        found, _ = pages(what, {name: {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)})

    assert [each for each in whole if getattr(each, name) == value] == found


def test_an_element_of_a_list_is_found():
    assert ["acme-1"] == [row.name for row in pages("sessions", {"accounts": "1"})[0]]
    assert ["tess", "tom"] == [row.name for row in pages("roles", {"roles": "treasury"})[0]]


def test_a_field_that_no_row_has_is_refused():
    with pytest.raises(UnknownField, match="deposits have no field color: there are external_id"):
        VIEWS.page("deposits", {"color": "red"}, 0)


def test_an_end_that_is_passed_shows_nothing():
    for shown in (VIEWS, STOOD):
        assert {(0, 0)} == {(len(shown.page(what, {}, 10_000)[0]), shown.page(what, {}, 10_000)[1]) for what in REGISTERS}


def test_all_of_an_asset_adds_up_to_nothing():
    rows, _ = pages("conservation", {})

    assert [("USDC", 0), ("AAPLx", 0)] == [(row.asset, row.total) for row in rows]
    assert [2_000_000_000, 20_000_000] == [-row.custody for row in rows]


def test_balances_name_their_owners_and_leave_out_what_is_empty():
    rows, _ = pages("balances", {"asset": "USDC"})

    assert {"CUSTODY", "acme", "beta"} == {row.owner for row in rows}
    assert all(any((row.available, row.held, row.frozen, row.pending_in, row.pending_out)) for row in rows)


def test_trades_that_are_no_longer_kept_are_passed_over_at_once():
    with patch("tests.venue.offices.empty", lambda: empty(trades=2)):
        office = trading()
    for _ in range(3):
        enter(office, Side.SELL, 1_000_000, 1_000_000, account=2)
        enter(office, Side.BUY, 1_000_000, 1_000_000, account=1)
    shown = Views("OPS", office, live=lambda _: 0, operators=lambda _: 0, commands=lambda: 0)
    rows, after = shown.page("trades", {}, 0)
    first = office.venue.first_match_id

    assert first > 1
    assert (list(range(first, 4)), 0) == ([row.match_id for row in decoded("trades", rows)], after)


def test_who_is_connected_is_told():
    sessions, _ = pages("sessions", {})
    persons, _ = pages("roles", {})

    assert {"acme-1": True, "beta-1": False} == {row.name: row.connected for row in sessions}
    assert {"eve"} == {row.name for row in persons if row.connections}


def test_an_account_names_the_holds_that_are_in_force_on_it():
    assert {(1, ()), (2, tuple(f"h-{number}" for number in range(4, 9)))} <= {(row.number, row.holds) for row in pages("accounts", {})[0]}


def test_the_board_says_what_an_auction_would_do_and_what_backs_the_token():
    aapl, tsla = pages("board", {})[0]

    assert ("auction-call", "reopening", NOW + 60 * SECOND, NOW + 60 * SECOND + CALL, "continuous") == (
        aapl.status,
        aapl.cause,
        aapl.since_ns,
        aapl.until_ns,
        aapl.then,
    )
    assert (1_000_100, TOKEN, 2 * TOKEN) == (aapl.indicative_px, aapl.indicative_qty, aapl.imbalance)
    assert ("good", 100 * TOKEN, 200 * TOKEN, NOW + 30 * SECOND) == (aapl.reserve, aapl.issued, aapl.attested, aapl.as_of_ns)
    assert ("terminated", "", 0, "1") == (tsla.status, tsla.reserve, tsla.indicative_qty, tsla.multiplier)


@pytest.mark.parametrize(("status", "told"), [("pre-open", (1_000_000, TOKEN)), ("vol-pause", (1_000_000, TOKEN)), ("halted", (0, 0))])
def test_the_board_says_what_an_auction_would_do_wherever_one_will_come(status, told):
    office = trading(auction=AuctionTerms(call_ns=CALL, pause_ns=CALL))
    if status == "pre-open":
        do(office, SetStatus(instrument="AAPLx", status="closed", cause="scheduled"))
    else:
        do(office, SetStatus(instrument="AAPLx", status="vol-pause", cause="volatility"))
    do(office, SetStatus(instrument="AAPLx", status=status, cause="scheduled"))
    for side, account in ((Side.SELL, 2), (Side.BUY, 1)):
        enter(office, side, 1_000_000, TOKEN, account=account)
    shown = Views("OPS", office, live=lambda _: 0, operators=lambda _: 0, commands=lambda: 0)
    (row,) = decoded("board", shown.page("board", {}, 0)[0])

    assert (status, told) == (row.status, (row.indicative_px, row.indicative_qty))


def test_changes_auctions_and_claims_are_told_as_they_came():
    changes, auctions, claims = (pages(what, {})[0] for what in ("changes", "auctions", "claims"))

    assert [*range(1, len(changes) + 1)] == [row.seq for row in changes]
    assert ("auction-call", "continuous") == next((row.before, row.status) for row in changes if row.ts_ns == NOW + 2 * SECOND + CALL)
    assert [("AAPLx", "nothing", 0, 0)] == [(row.instrument, row.outcome, row.qty, row.extensions) for row in auctions]
    assert [(1, TOKEN, 3_000_000), (2, 2 * TOKEN, 3_000_000)] == [(row.account, row.qty, row.price) for row in claims]


def test_mints_and_redeems_have_their_steps_and_reserves_their_book():
    (mint, *_), (redeemed, *_), (reserve,) = (pages(what, {})[0] for what in ("mints", "redeems", "reserves"))

    assert ["requested", "hedged", "confirmed", "minted", "delivered"] == [step.state for step in mint.steps]
    assert ("requested", ["requested"]) == (redeemed.state, [step.state for step in redeemed.steps])
    assert (1_000 * TOKEN, "resolution-1", "reduce-only", ("harris", "irving")) == (
        reserve.authorised,
        reserve.authority,
        reserve.breach,
        reserve.attestors,
    )


def test_the_calendar_says_in_words_what_comes():
    band = Band(static_bps=500)
    week = (WeeklyStart(at_s=0, session="pre", status="pre-open"), WeeklyStart(at_s=600, session="rth", status="auction-call"))
    collar = Collar(live=band, closed=band, max_age_ns=3_600 * SECOND, closed_max_age_ns=2 * DAY)
    office = trading(collar=collar, auction=AuctionTerms(call_ns=CALL), notice_ns=DAY)
    do(office, SetReference(instrument="AAPLx", price=1_000_000, source="desk", quality="live", as_of_ns=NOW))
    do(office, SetCalendar(instrument="AAPLx", week=week))
    do(office, SetMultiplier(instrument="AAPLx", numerator=10, denominator=1, effective_ns=NOW + DAY))
    do(office, WindDown(instrument="AAPLx", cause="issuer-notice", reduce_ns=NOW + 2 * DAY, last_trade_ns=NOW + 90 * DAY))
    shown = Views("OPS", office, live=lambda _: 0, operators=lambda _: 0, commands=lambda: 0)
    rows = decoded("calendar", shown.page("calendar", {}, 0)[0])

    assert sorted(row.ts_ns for row in rows) == [row.ts_ns for row in rows]
    assert {
        ("call", "AAPLx", "the call ends in an auction, then continuous"),
        ("reference", "AAPLx", "the live reference of desk becomes a closed one"),
        ("session", "AAPLx", "session pre, pre-open"),
        ("multiplier", "AAPLx", "a token stands for 10 shares: halted"),
        ("wind-down", "AAPLx", "reduce-only before the end"),
        ("kyc", "acme", "the identity check (KYC) ends"),
        ("kyc", "beta", "the identity check (KYC) ends"),
    } == {(row.what, row.of, row.told) for row in rows}
