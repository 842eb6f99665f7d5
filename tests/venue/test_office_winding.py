"""The dated end of an instrument: notice, no more buyers, the last trade, claims and what is paid for them."""

import pytest

from engine.matching.enums import ExecType, OrdType, Reason, Side
from engine.venue.acts import (
    CreditDeposit,
    Deposit,
    FailWithdrawal,
    LiftHold,
    PayClaim,
    PlaceHold,
    RequestWithdrawal,
    SetAuction,
    SetCloseOut,
    SetReference,
    SetStatus,
    StopWindDown,
    Transfer,
    WindDown,
)
from engine.venue.desk import By
from engine.venue.records import SystemAccount
from engine.venue.statuses import put_status
from engine.venue.terms import AuctionTerms, Band, Collar
from engine.venue.winding import EMERGENCIES
from tests.venue.issuing import TOKEN, TTL, attestation, issuing
from tests.venue.offices import AAPLX, DAY, NOW, SECOND, USDC, ask, canceled, do, empty, enter, pass_time, snapshot, trading

NOTICE = 90 * DAY
COLLAR = Collar(live=Band(static_bps=1_000), max_age_ns=200 * DAY)
LAST = NOW + NOTICE


def status(name: str, **fields) -> SetStatus:
    return SetStatus(instrument="AAPLx", status=name, cause="surveillance", **fields)


def wind_down(cause: str = "issuer-notice", last_trade_ns: int = LAST, **fields) -> WindDown:
    return WindDown(instrument="AAPLx", cause=cause, last_trade_ns=last_trade_ns, **fields)


def held(**terms):
    """Return the trading office, with a notice of ninety days and an ask of account 2."""
    office = trading(notice_ns=NOTICE, transfer_policy="free", **terms)
    if "collar" in terms:
        do(office, SetReference(instrument="AAPLx", source="cta", price=1_000, quality="live", as_of_ns=NOW))
    enter(office, Side.SELL, 1_000, 100, account=2)
    enter(office, Side.BUY, 900, 100)
    return office


def standing(office) -> tuple[str, str]:
    listed = office.instruments["AAPLx"]
    return listed.status, listed.cause


def tokens(office, account: int) -> tuple[int, ...]:
    return office.venue.balance(account, AAPLX)[2:]


def test_buys_stop_at_once_sells_stay_for_ninety_days_and_then_it_closes_by_itself():
    """July 2021: a venue stopped the buying of stock tokens on the day of the news and gave their holders ninety days."""
    office = held()
    do(office, wind_down())

    assert ("reduce-only", "issuer-notice") == standing(office)
    assert [(1, Reason.REDUCE_ONLY)] == canceled(office)
    assert Reason.REDUCE_ONLY_VIOLATION == enter(office, Side.BUY, 1_000, 100).reason
    assert Reason.NONE == enter(office, Side.SELL, 1_100, 100, ts_ns=NOW + 89 * DAY).reason
    assert LAST == office.next_due_ns

    pass_time(office, LAST - 1)

    assert "reduce-only" == standing(office)[0]

    pass_time(office, LAST)

    assert ("terminated", "termination") == standing(office)
    assert [(2, Reason.TERMINATION), (1, Reason.TERMINATION)] == canceled(office)
    assert {(1, 10_000_000), (2, 10_000_000)} == {(claim.account, claim.qty) for claim in office.claims.values()}
    assert Reason.STATE_NOT_TRADABLE == enter(office, Side.SELL, 1_000, 100, ts_ns=LAST).reason


@pytest.mark.parametrize("cause", ["issuer-notice", "operational", "regulatory", "sanctions", "news-pending"])
@pytest.mark.parametrize("short_by", [0, 1, NOTICE])
def test_the_notice_is_kept_but_for_what_cannot_wait(cause: str, short_by: int):
    office = held()
    outcome = ask(office, wind_down(cause, LAST - short_by))

    assert (short_by == 0 or cause in EMERGENCIES) == (outcome.code == "DONE")
    assert outcome.code in ("DONE", "NOTICE")


def test_an_emergency_can_end_it_at_once():
    office = held()
    do(office, wind_down("sec-suspension", NOW))

    assert "terminated" == standing(office)[0]
    assert [] == office.venue.book.orders()


def test_buyers_may_stay_until_a_date():
    office = held()
    do(office, wind_down(reduce_ns=NOW + 30 * DAY))

    assert "continuous" == standing(office)[0]
    assert Reason.NONE == enter(office, Side.BUY, 900, 100).reason

    pass_time(office, NOW + 30 * DAY)

    assert "reduce-only" == standing(office)[0]
    assert {(1, Reason.REDUCE_ONLY)} == set(canceled(office))
    assert LAST == office.next_due_ns


@pytest.mark.parametrize("name", ["halted", "closed", "cancel-only", "auction-call", "vol-pause"])
def test_a_book_that_collects_goes_on_collecting_and_lets_no_buyer_in_afterwards(name: str):
    office = held(auction=AuctionTerms(call_ns=DAY, pause_ns=DAY))
    do(office, status(name, **({"until_ns": NOW + 40 * DAY} if name == "auction-call" else {})))
    do(office, wind_down())

    assert name == standing(office)[0]
    assert [(1, Reason.REDUCE_ONLY)] == canceled(office)
    assert name not in ("auction-call", "vol-pause") or office.instruments["AAPLx"].call.then == "reduce-only"
    assert enter(office, Side.BUY, 900, 100).reason in (Reason.REDUCE_ONLY_VIOLATION, Reason.STATE_NOT_TRADABLE)

    if name in ("halted", "closed", "cancel-only"):
        do(office, status("auction-call"))
    pass_time(office, NOW + 41 * DAY)
    pass_time(office, NOW + 42 * DAY)

    assert "reduce-only" == standing(office)[0]
    assert "WIND_DOWN" == ask(office, status("continuous"), ts_ns=NOW + 42 * DAY).code


def test_a_reserve_that_is_good_again_lets_no_buyer_in():
    office = issuing(notice_ns=0)
    do(office, wind_down(last_trade_ns=NOW + DAY))
    pass_time(office, NOW + TTL + 1)

    assert "reduce-only" == standing(office)[0]

    do(office, attestation(100 * TOKEN, NOW + TTL + 2), ts_ns=NOW + TTL + 2)

    assert ("reduce-only", "issuer-notice") == standing(office)


@pytest.mark.parametrize("wanted", ["continuous", "post-only"])
def test_whatever_would_let_buyers_in_again_lets_none(wanted: str):
    office = held()
    do(office, wind_down())
    office.venue.begin_act(NOW)
    put_status(office, office.instruments["AAPLx"], wanted, "reopening", By("test", "test", NOW))
    office.venue.end_act()

    assert "reduce-only" == standing(office)[0]


def test_it_can_be_announced_anew_and_called_off():
    office = held()
    do(office, wind_down(reduce_ns=NOW + DAY), wind_down(last_trade_ns=LAST + DAY, reduce_ns=NOW + 2 * DAY))

    assert NOW + 2 * DAY == office.next_due_ns

    pass_time(office, NOW + 2 * DAY)
    do(office, StopWindDown(instrument="AAPLx"), ts_ns=NOW + 3 * DAY)
    pass_time(office, LAST + 2 * DAY)

    assert "reduce-only" == standing(office)[0]

    do(office, status("continuous"), ts_ns=LAST + 3 * DAY)

    assert Reason.NONE == enter(office, Side.BUY, 900, 100, ts_ns=LAST + 3 * DAY).reason


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_INSTRUMENT", WindDown(instrument="TSLAx", cause="regulatory", last_trade_ns=NOW)),
        ("WIND_DOWN", wind_down(reduce_ns=LAST + 1)),
        ("NOTICE", wind_down(last_trade_ns=LAST - 1)),
        ("WIND_DOWN", StopWindDown(instrument="AAPLx")),
        ("NO_CLAIMS", SetCloseOut(instrument="AAPLx", close_out_px=1)),
        ("UNKNOWN_CLAIM", PayClaim(external_id="c1", instrument="AAPLx", account=1)),
        ("UNKNOWN_ACCOUNT", PayClaim(external_id="c1", instrument="AAPLx", account=3)),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act):
    office = held()
    before = snapshot(office)

    assert code == ask(office, act).code
    assert before == snapshot(office)


def ended(**fields):
    """Return an office whose instrument was terminated while a deposit, a withdrawal and a hold of its token were open."""
    office = held(**fields)
    do(office, Deposit(external_id="d1", account=1, asset="AAPLx", amount=5, pending=True))
    do(office, RequestWithdrawal(external_id="w1", account=1, asset="AAPLx", amount=7, destination="elsewhere"))
    review = {"authority": "court", "reference": "1/26", "review_ns": LAST + DAY}
    do(office, PlaceHold(hold_id="h1", account=1, asset="AAPLx", amount=9, **review))
    do(office, wind_down(close_out_px=0 if "collar" in fields else 12_345))
    pass_time(office, LAST)
    return office


def test_every_bucket_of_a_position_is_one_claim_and_the_tokens_go_back_to_their_issuer():
    office = ended()

    assert (10_000_005, 12_345) == (office.claims["AAPLx", 1].qty, office.claims["AAPLx", 1].price)
    assert [(0,) * 5] * 2 == [tokens(office, account) for account in (1, 2)]
    assert 20_000_005 == office.venue.balance(SystemAccount.ISSUANCE, AAPLX).available
    assert ("failed", "failed") == (office.deposits["d1"].state, office.withdrawals["w1"].state)
    assert (0,) * 5 == office.venue.total(AAPLX)[2:]


def test_what_was_under_way_has_ended_and_a_hold_can_still_be_lifted():
    office = ended()

    assert "DEPOSIT_STATE" == ask(office, CreditDeposit(external_id="d1")).code
    assert "ALREADY" == ask(office, FailWithdrawal(external_id="w1")).code
    assert "DONE" == ask(office, LiftHold(hold_id="h1")).code


def test_without_a_close_out_price_a_claim_is_worth_the_reference():
    office = ended(collar=COLLAR)

    assert {1_000} == {claim.price for claim in office.claims.values()}


def test_claims_without_a_price_get_one_and_are_paid_then():
    office = held()
    do(office, wind_down())
    pass_time(office, LAST)
    pay = PayClaim(external_id="c1", instrument="AAPLx", account=1)

    assert "NO_CLOSE_OUT" == ask(office, pay).code

    do(office, SetCloseOut(instrument="AAPLx", close_out_px=20_000))

    assert "UNFUNDED" == ask(office, pay).code
    assert "NO_CLAIMS" == ask(office, SetCloseOut(instrument="AAPLx", close_out_px=30_000)).code

    fund(office, 20_000_000)
    before = office.venue.balance(1, USDC).available
    do(office, pay)

    assert 20_000_000 == office.venue.balance(1, USDC).available - before
    assert 0 == office.venue.balance(SystemAccount.CA_PAYABLE, USDC).available
    assert ["ALREADY", "ALREADY"] == [ask(office, act).code for act in (pay, PayClaim(external_id="c2", instrument="AAPLx", account=1))]
    assert "UNFUNDED" == ask(office, PayClaim(external_id="c3", instrument="AAPLx", account=2)).code


def fund(office, amount: int) -> None:
    into = {"from_account": SystemAccount.CUSTODY, "to_account": SystemAccount.CA_PAYABLE}
    do(office, Transfer(external_id=f"fund-{amount}", asset="USDC", amount=amount, **into))


def test_a_claim_of_who_is_held_waits():
    office = ended()
    fund(office, 100_000_000)
    pay = PayClaim(external_id="c1", instrument="AAPLx", account=1)

    assert "LEGAL_HOLD" == ask(office, pay).code

    do(office, LiftHold(hold_id="h1"), pay)


@pytest.mark.parametrize(
    "act",
    [
        status("auction-call"),
        status("terminated"),
        wind_down("regulatory"),
        StopWindDown(instrument="AAPLx"),
        SetReference(instrument="AAPLx", source="cta", price=1_000, quality="live", as_of_ns=NOW),
        Deposit(external_id="d9", account=1, asset="AAPLx", amount=1),
        Transfer(external_id="t9", from_account=SystemAccount.ISSUANCE, to_account=1, asset="AAPLx", amount=1),
    ],
)
def test_what_has_ended_does_not_begin_again(act):
    office = ended(collar=COLLAR)
    before = snapshot(office)

    assert "STATUS" == ask(office, act, ts_ns=LAST).code
    assert before == snapshot(office)


def test_a_stop_order_ends_with_the_instrument():
    office = held()
    enter(office, Side.SELL, 0, 100, ord_type=OrdType.STOP, stop_px=500)
    do(office, wind_down("regulatory", NOW))

    assert [] == office.venue.book.orders()
    assert 0 == sum(balance.held for balance in office.venue.balances())


def test_a_restored_office_ends_it_as_well():
    office = held(auction=AuctionTerms(call_ns=SECOND))
    do(office, wind_down(reduce_ns=NOW + DAY), SetAuction(instrument="AAPLx", auction=None))
    other = empty()
    other.venue.restore(office.venue.image())
    other.restore(office.image())
    for ts_ns in (NOW + DAY, LAST):
        assert pass_time(office, ts_ns) == pass_time(other, ts_ns)
        assert office.image() == other.image()
        assert office.venue.image() == other.venue.image()
    assert ExecType.CANCELED in [event.exec_type for event in other.venue.book.events()]
