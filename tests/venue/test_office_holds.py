"""Legal holds: scope, amount, authority, reference and review date; nobody else is touched."""

import pytest

from engine.matching.enums import Reason, Side
from engine.venue.acts import Deposit, LiftHold, PlaceHold, RequestWithdrawal, Transfer
from tests.venue.offices import AAPLX, NOW, USDC, ask, canceled, do, enter, snapshot, trading


def hold(hold_id: str = "h", account: int = 1, asset: str = "USDC", amount: int = 5, review_ns: int = NOW + 1) -> PlaceHold:
    return PlaceHold(
        hold_id=hold_id, account=account, asset=asset, amount=amount, authority="court", reference="2026-17", review_ns=review_ns
    )


def test_a_hold_freezes_what_it_says_and_its_lift_gives_exactly_that_back():
    office = trading()
    before = office.venue.balances(1)
    do(office, hold(amount=400))
    frozen = office.venue.balance(1, USDC)

    assert (999_999_600, 400) == (frozen.available, frozen.frozen)
    assert ("court", "2026-17", NOW + 1, ((USDC, 400),)) == (
        office.holds["h"].authority,
        office.holds["h"].reference,
        office.holds["h"].review_ns,
        office.holds["h"].frozen,
    )
    assert Reason.NONE == enter(office, Side.BUY, 1000, 100).reason

    do(office, LiftHold(hold_id="h"), ts_ns=NOW + 5)

    assert 999_999_990 == office.venue.balance(1, USDC).available
    assert before[0].available == office.venue.balance(1, USDC).available + office.venue.balance(1, USDC).held
    assert NOW + 5 == office.holds["h"].lifted_ns
    assert ["limit", "lift"] == [entry.decision for entry in office.decisions[-2:]]


def test_a_hold_of_zero_takes_all_that_is_available_and_no_order():
    office = trading()
    enter(office, Side.SELL, 20_000, 4_000_000)
    do(office, hold(asset="AAPLx", amount=0))
    balance = office.venue.balance(1, AAPLX)

    assert (0, 4_000_000, 6_000_000) == (balance.available, balance.held, balance.frozen)
    assert "INSUFFICIENT" == ask(office, hold("i", asset="AAPLx", amount=0)).code


def test_a_hold_on_the_whole_account_freezes_every_asset_and_stops_its_entries():
    office = trading()
    enter(office, Side.BUY, 1000, 100)
    do(office, hold(asset="", amount=0))

    assert [] == canceled(office)
    assert [(0, 999_999_990), (0, 10_000_000)] == [(balance.available, balance.frozen) for balance in office.venue.balances(1)]
    assert Reason.ACCOUNT_RESTRICTED == enter(office, Side.SELL, 2000, 100).reason
    assert "ACCOUNT_RESTRICTED" == ask(office, withdrawal()).code
    assert "ACCOUNT_RESTRICTED" == ask(office, transfer()).code

    do(office, hold("i", asset="", amount=0), LiftHold(hold_id="h"))

    assert Reason.ACCOUNT_RESTRICTED == enter(office, Side.SELL, 2000, 100).reason

    do(office, LiftHold(hold_id="i"))

    assert Reason.NONE == enter(office, Side.SELL, 2000, 100).reason


def test_what_comes_in_later_is_not_frozen():
    office = trading()
    do(office, hold(asset="", amount=0), Deposit(external_id="d", account=1, asset="USDC", amount=7))

    assert 7 == office.venue.balance(1, USDC).available


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_ACCOUNT", hold("i", account=3)),
        ("UNKNOWN_ASSET", hold("i", asset="EURC")),
        ("REVIEW", hold("i", review_ns=NOW)),
        ("INSUFFICIENT", hold("i", amount=999_999_996)),
        ("AMOUNT_WITHOUT_ASSET", hold("i", asset="")),
        ("EXTERNAL_ID_USED", hold(amount=6)),
        ("ALREADY", hold()),
        ("UNKNOWN_HOLD", LiftHold(hold_id="i")),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act):
    office = trading()
    do(office, hold())
    before = snapshot(office)

    assert code == ask(office, act).code
    assert before == snapshot(office)


def test_a_refused_hold_says_how_much_is_available():
    assert "account 1 has 1000 USDC available; 1000.000001 are asked for" == ask(trading(), hold(amount=1_000_000_001)).text


def test_a_hold_is_lifted_once():
    office = trading()
    do(office, hold(), LiftHold(hold_id="h"))

    assert ("ALREADY", {"journal": 6}) == (ask(office, LiftHold(hold_id="h")).code, ask(office, LiftHold(hold_id="h")).data)


def test_a_hold_leaves_every_other_account_as_it_is():
    office = trading()
    before = office.venue.balances(2)
    do(office, hold(), hold("i", asset="", amount=0), LiftHold(hold_id="h"))

    assert before == office.venue.balances(2)


def withdrawal() -> RequestWithdrawal:
    return RequestWithdrawal(external_id="w", account=1, asset="USDC", amount=1, destination="bank")


def transfer() -> Transfer:
    return Transfer(external_id="t", from_account=1, to_account=2, asset="USDC", amount=1)
