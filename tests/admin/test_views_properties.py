"""Laws of the pages in which registers are shown."""

from unittest.mock import patch

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.admin import views
from engine.admin.rows import REGISTERS, ROWS
from engine.admin.views import UnknownField, Views
from engine.matching.enums import Side
from engine.venue.acts import Approve, Deposit, LiftHold, OpenAccount, PlaceHold, RefuseAccess, RequestWithdrawal
from engine.venue.office import Office
from tests.venue.offices import NOW, SECOND, ask, empty, enter, founded, trading


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


OFFICE = busy()
VIEWS = Views("OPS", OFFICE, live=lambda name: int(name == "acme-1"), operators=lambda name: int(name == "eve"), commands=lambda: 7)


def decoded(what, page):
    return [msgspec.msgpack.decode(row, type=ROWS[what]) for row in page]


def pages(what, wanted):
    """Return all rows, page after page, and how many pages that took."""
    rows, after, count = [], 0, 0
    while True:
        page, after = VIEWS.page(what, wanted, after)
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
    assert {(0, 0)} == {(len(VIEWS.page(what, {}, 10_000)[0]), VIEWS.page(what, {}, 10_000)[1]) for what in REGISTERS}


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
