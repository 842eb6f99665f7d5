"""Statuses: what may follow what, what each lets in, which orders it costs, and what is written down of it."""

from itertools import product

import pytest

from engine.matching.enums import ExecInst, ExecType, OrdType, Reason, Side, TimeInForce
from engine.testing.commands import Cancel, Replace, pack
from engine.venue.acts import AddAsset, Approve, SetAuction, SetCalendar, SetReference, SetStatus, WindDown
from engine.venue.terms import AuctionTerms, WeeklyStart
from tests.venue.offices import NOW, SECOND, ask, canceled, do, empty, end_founding, enter, founded, listing, snapshot, trading
from tests.venue.status_watch import LETTERS, NAMES, TABLE

PAUSING = AuctionTerms(call_ns=10 * SECOND, pause_ns=5 * SECOND)
LATE = NOW + 1_000 * SECOND


def status(name: str, cause: str = "surveillance", **fields) -> SetStatus:
    if name == "auction-call":
        fields = {"until_ns": LATE} | fields
    return SetStatus(instrument="AAPLx", status=name, cause=cause, **fields)


def in_status(name: str, **terms):
    """Return the trading office with its instrument brought to a status."""
    if name == "draft":
        return empty_draft()
    office = trading(auction=PAUSING, **terms)
    if name == "terminated":
        do(office, WindDown(instrument="AAPLx", cause="regulatory", last_trade_ns=NOW))
    elif name == "pre-open":
        do(office, status("closed"), status("pre-open"))
    elif name != "continuous":
        do(office, status(name))
    assert name == office.instruments["AAPLx"].status
    return office


def empty_draft():
    office = empty()
    do(office, AddAsset(asset="USDC", kind="cash"), AddAsset(asset="AAPLx", kind="token"), listing(auction=PAUSING))
    return office


@pytest.mark.parametrize(("now", "wanted"), list(product(NAMES, NAMES)))
def test_a_status_follows_another_only_as_the_table_says(now: str, wanted: str):
    office = in_status(now)
    allowed = wanted in [LETTERS[letter] for letter in TABLE[now]]
    before = snapshot(office)

    assert ("DONE" if allowed else "STATUS") == ask(office, status(wanted)).code
    assert (wanted if allowed else now) == office.instruments["AAPLx"].status
    assert allowed or before == snapshot(office)


# What each lets in: a GTC and a DAY bid below the market, an IOC bid, a POST_ONLY bid, a reduction; and whether a crossing order trades.
YES, FORM, SHUT, HOLDERS = Reason.NONE, Reason.SESSION_ORDER_TYPE, Reason.STATE_NOT_TRADABLE, Reason.REDUCE_ONLY_VIOLATION
LETS_IN = {
    "pre-open": (YES, YES, FORM, YES, True, False),
    "auction-call": (YES, YES, FORM, YES, True, False),
    "continuous": (YES, YES, YES, YES, True, True),
    "post-only": (FORM, FORM, FORM, YES, True, False),
    "vol-pause": (YES, YES, FORM, YES, True, False),
    "halted": (SHUT, SHUT, SHUT, SHUT, True, False),
    "cancel-only": (SHUT, SHUT, SHUT, SHUT, False, False),
    "reduce-only": (HOLDERS, HOLDERS, HOLDERS, HOLDERS, True, False),
    "closed": (YES, FORM, FORM, YES, True, False),
}


@pytest.mark.parametrize("name", LETS_IN)
def test_a_status_lets_in_what_it_says(name: str):
    gtc, day, ioc, post_only, reduces, trades = LETS_IN[name]
    office = trading(auction=PAUSING)
    resting = enter(office, Side.SELL, 2000, 200, account=2)
    for step in ("closed", name) if name == "pre-open" else () if name == "continuous" else (name,):
        do(office, status(step))
    change = Replace(order_id=resting.order_id, price=2000, qty=100, cl_ord_id=99, display_qty=0, session=2, ts_ns=NOW)
    office.venue.apply_packed(pack(change))

    assert (Reason.NONE if reduces else Reason.STATE_NOT_TRADABLE) == office.venue.book.events()[0].reason
    assert [gtc, day, ioc] == [
        enter(office, Side.BUY, 900, 100, tif=tif).reason for tif in (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC)
    ]
    assert post_only == enter(office, Side.BUY, 900, 100, exec_inst=ExecInst.POST_ONLY).reason

    enter(office, Side.BUY, 2000, 100)

    assert trades == (ExecType.TRADE in [event.exec_type for event in office.venue.book.events()])


@pytest.mark.parametrize("name", LETS_IN)
def test_an_order_can_be_canceled_in_every_status_that_keeps_it(name: str):
    office = trading(auction=PAUSING)
    resting = enter(office, Side.SELL, 2000, 200, account=2)
    for step in ("closed", name) if name == "pre-open" else () if name == "continuous" else (name,):
        do(office, status(step))
    office.venue.apply_packed(pack(Cancel(order_id=resting.order_id, cl_ord_id=99, session=2, ts_ns=NOW)))

    assert [(2, Reason.USER)] == canceled(office)


def test_a_closed_instrument_takes_stops_that_last_and_no_order_for_an_auction():
    office = in_status("closed")
    stop = {"ord_type": OrdType.STOP, "stop_px": 3000}

    assert Reason.NONE == enter(office, Side.BUY, 0, 100, tif=TimeInForce.GTC, **stop).reason
    assert Reason.SESSION_ORDER_TYPE == enter(office, Side.BUY, 0, 100, tif=TimeInForce.DAY, **stop).reason
    assert Reason.SESSION_ORDER_TYPE == enter(office, Side.BUY, 900, 100, tif=TimeInForce.OPG).reason


def test_a_suspension_cancels_everything_and_reduce_only_the_bids():
    office = trading()
    for account in (1, 2):
        enter(office, Side.BUY, 1000, 100, account=account)
        enter(office, Side.SELL, 2000, 100, account=account)
    do(office, status("reduce-only", cause="issuer-notice"))

    assert [(1, Reason.REDUCE_ONLY), (2, Reason.REDUCE_ONLY)] == canceled(office)
    assert Reason.NONE == enter(office, Side.SELL, 2000, 100).reason

    do(office, status("suspended"))

    assert [(account, Reason.HALT_POLICY) for account in (1, 2, 1)] == canceled(office)


def test_a_status_tells_its_cause_since_when_and_until_when_and_every_change_is_kept():
    office = trading()
    do(office, status("halted", cause="news-pending", expected_resume_ns=NOW + 9), ts_ns=NOW + 1)
    do(office, status("halted", cause="news-released", expected_resume_ns=NOW + 7), ts_ns=NOW + 2)
    listed = office.instruments["AAPLx"]

    assert ("halted", "news-released", NOW + 1, NOW + 7) == (listed.status, listed.cause, listed.since_ns, listed.expected_resume_ns)
    assert [("draft", "continuous", "scheduled"), ("continuous", "halted", "news-pending"), ("halted", "halted", "news-released")] == [
        (change.before, change.status, change.cause) for change in office.changes
    ]
    assert [(1, NOW), (2, NOW + 1), (3, NOW + 2)] == [(change.seq, change.ts_ns) for change in office.changes]
    assert {("AAPLx", "founder")} == {(change.instrument, change.actor) for change in office.changes}
    assert ["AAPLx"] * 3 == office.status_news


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_INSTRUMENT", SetStatus(instrument="TSLAx", status="halted", cause="surveillance")),
        ("EXPECTED_RESUME", status("halted", expected_resume_ns=NOW)),
        ("NOT_A_CALL", status("halted", until_ns=NOW + 1)),
        ("NOT_A_CALL", status("closed", then="reduce-only")),
        ("UNTIL", status("auction-call", until_ns=NOW)),
        ("NO_PAUSE", status("vol-pause")),
        ("UNKNOWN_INSTRUMENT", SetAuction(instrument="TSLAx", auction=None)),
        ("AUCTION", SetAuction(instrument="AAPLx", auction=AuctionTerms(extend_ns=1))),
        ("AUCTION", SetAuction(instrument="AAPLx", auction=AuctionTerms(max_extensions=1))),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act):
    office = trading()
    before = snapshot(office)

    assert code == ask(office, act).code
    assert before == snapshot(office)


ONE, TWO = "DONE", "PROPOSED"


@pytest.mark.parametrize(
    ("now", "act", "code"),
    [
        ("continuous", status("halted"), ONE),
        ("continuous", status("auction-call"), ONE),
        ("continuous", status("auction-call", then="closed"), ONE),
        ("continuous", status("closed"), ONE),
        ("continuous", status("reduce-only"), ONE),
        ("closed", status("halted"), ONE),
        ("closed", status("pre-open"), TWO),
        ("closed", status("auction-call"), TWO),
        ("halted", status("cancel-only"), ONE),
        ("halted", status("pre-open"), TWO),
        ("halted", status("auction-call"), TWO),
        ("halted", status("auction-call", then="reduce-only"), TWO),
        ("halted", status("auction-call", then="closed"), TWO),
        ("vol-pause", status("auction-call"), TWO),
        ("vol-pause", status("halted"), ONE),
        ("reduce-only", status("continuous"), TWO),
        ("reduce-only", status("auction-call"), TWO),
        ("post-only", status("continuous"), TWO),
        ("post-only", status("auction-call", then="post-only"), TWO),
        ("pre-open", status("auction-call"), ONE),
    ],
)
def test_what_resumes_needs_two_persons_and_what_stops_one(now: str, act: SetStatus, code: str):
    office = end_founding(in_status(now))

    assert code == ask(office, act, actor="olga").code


def test_a_call_that_closes_is_turned_into_one_that_opens_by_two_persons():
    office = end_founding(in_status("continuous"))

    assert ONE == ask(office, status("auction-call", then="closed"), actor="olga").code
    assert TWO == ask(office, status("auction-call", then="continuous"), actor="olga").code


def test_a_calendar_that_opens_and_a_price_that_is_confirmed_need_two_persons():
    office = founded()
    opening = SetCalendar(instrument="AAPLx", week=(WeeklyStart(at_s=0, session="rth", status="continuous"),))
    closing = SetCalendar(instrument="AAPLx", week=(WeeklyStart(at_s=0, session="rth", status="closed"),))

    assert [ONE, TWO] == [ask(office, act, actor="olga").code for act in (closing, opening)]

    price = SetReference(instrument="AAPLx", price=1000, source="cta", quality="live", as_of_ns=NOW, confirmed=True)

    assert "NO_COLLAR" == ask(office, price, actor="olga").code


def test_a_halt_ends_by_two_persons_and_an_auction():
    office = founded(auction=PAUSING)
    ask(office, status("halted", cause="news-pending"), actor="olga")
    number = ask(office, status("auction-call", cause="news-released", until_ns=0), actor="olga").proposal

    assert "SAME_PERSON" == ask(office, Approve(proposal=number), actor="olga").code
    assert "DONE" == ask(office, Approve(proposal=number), actor="otto").code
    assert ("auction-call", "olga+otto", NOW + 10 * SECOND) == (
        office.changes[-1].status,
        office.changes[-1].actor,
        office.changes[-1].until_ns,
    )
