"""Assets, the listing checklist, fees and tick tables."""

from typing import Any

import pytest

from engine.matching.enums import Side
from engine.venue.acts import AddAsset, ListInstrument, SetFees, SetTicks
from engine.venue.terms import DatedSession, Fee, Rights, SessionMask, TickRow, WeeklyStart
from tests.venue.offices import NOW, RIGHTS, SECOND, ask, do, empty, enter, listing, snapshot, subscriber, trading


def open_for_listing(**limits: int):
    office = empty(**limits)
    do(office, AddAsset(asset="USDC", kind="cash"), AddAsset(asset="AAPLx", kind="token"))
    return office


def test_assets_and_instruments_are_numbered_from_one():
    office = open_for_listing()

    assert [1, 2] == [asset.number for asset in office.assets.values()]
    assert {"number": 1} == ask(office, listing()).data
    assert "AAPLx" == office.assets["AAPLx"].listed
    assert "draft" == office.instruments["AAPLx"].status


def test_sizes_that_are_not_given_are_the_widest():
    office = open_for_listing()
    do(office, listing())
    terms = office.instruments["AAPLx"].terms

    assert (100, 9_007_199_254_740_900, 100_000_000, 50_000) == (terms.min_qty, terms.max_qty, terms.max_price, terms.protection)


@pytest.mark.parametrize(
    ("code", "terms"),
    [
        ("UNKNOWN_ASSET", {"base": "TSLAx"}),
        ("ASSET_KIND", {"base": "USDC"}),
        ("ASSET_KIND", {"quote": "AAPLx"}),
        ("RIGHTS_INCOMPLETE", {"rights": Rights(dividend="cash", vote="none")}),
        ("SYNTHETIC", {"track": "synthetic"}),
        ("DERIVATIVE", {"derivative": True}),
        ("JURISDICTIONS", {"jurisdictions": ("US", "DE"), "denied": ("US",)}),
        ("EXACTNESS", {"lot": 99}),
        ("EXACTNESS", {"tick": 50}),
        ("TICK", {"tick": 300_000, "max_price": 600_000}),
        ("MAX_PRICE", {"max_price": 150}),
        ("MAX_PRICE", {"max_price": 2**33}),
        ("PROTECTION", {"protection": 150}),
        ("PROTECTION", {"protection": 2000, "max_price": 1000}),
        ("MIN_QTY", {"min_qty": 150}),
        ("MAX_QTY", {"max_qty": 150}),
        ("MIN_QTY", {"min_qty": 300, "max_qty": 200}),
        ("MIN_NOTIONAL", {"min_notional": 2, "max_notional": 1}),
        ("TICK_TABLE", {"ticks": (TickRow(from_px=1, tick=100),)}),
        ("TICK_TABLE", {"ticks": (TickRow(from_px=0, tick=150),)}),
        ("TICK_TABLE", {"ticks": (TickRow(from_px=0, tick=100), TickRow(from_px=0, tick=200))}),
        ("TICK_TABLE", {"ticks": tuple(TickRow(from_px=i, tick=100) for i in range(5))}),
        ("FEES", {"rates": (Fee(maker=-20, taker=30), Fee(maker=0, taker=10))}),
        ("FEES", {"rates": (Fee(maker=-10, taker=9),)}),
        ("FEES", {"rates": (Fee(),) * 9}),
        ("CALENDAR", {"week": (WeeklyStart(at_s=1, session="rth"), WeeklyStart(at_s=1, session="post"))}),
        ("CALENDAR", {"exceptions": (DatedSession(from_ns=2, until_ns=2, session="rth"),)}),
        (
            "CALENDAR",
            {"exceptions": (DatedSession(from_ns=2, until_ns=9, session="rth"), DatedSession(from_ns=8, until_ns=12, session="rth"))},
        ),
        ("CALENDAR", {"masks": (SessionMask(session="rth", order_types=()), SessionMask(session="rth", order_types=()))}),
        ("CHAINS_FULL", {"chains": tuple(f"c{i}" for i in range(33))}),
    ],
)
def test_the_checklist_refuses_by_name_and_changes_nothing(code: str, terms: dict[str, Any]):
    office = open_for_listing()
    before = snapshot(office)

    assert code == ask(office, listing(**terms)).code
    assert before == snapshot(office)


def test_every_finding_is_told():
    refusal = ask(open_for_listing(), listing(rights=Rights(vote="none"), track="synthetic", lot=99))

    assert refusal.text == (
        "rights: dividend, liquidation, redeem not answered; track synthetic: a claim without the share behind it is not listed here; "
        "tick 0.01 times lot 0.000099 has more than 6 decimals: amounts would need rounding"
    )


def second(**terms: Any) -> ListInstrument:
    return listing(**{"symbol": "AAPLy", "base": "AAPLy"} | terms)


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("SYMBOL_EXISTS", second(symbol="AAPLx", fungibility_class="other")),
        ("TOKEN_LISTED", second(base="AAPLx", fungibility_class="other")),
        ("FUNGIBILITY", second(rights=Rights(dividend="none", vote="none", liquidation="none", redeem="none"))),
        ("FUNGIBILITY", second(cusip="037833100")),
        ("FUNGIBILITY", second(underlying="TSLA")),
        ("DONE", second(cusip="037833100", fungibility_class="other")),
        ("DONE", second()),
        ("ASSET_EXISTS", AddAsset(asset="USDC", kind="cash")),
    ],
)
def test_different_rights_are_never_of_one_class_and_one_token_is_one_instrument(code: str, act):
    office = trading()
    do(office, AddAsset(asset="AAPLy", kind="token"))

    assert code == ask(office, act).code


def test_room_runs_out_by_name():
    office = open_for_listing(assets=2, instruments=1, parties=1)
    do(office, listing(), subscriber("acme"))

    assert "ASSETS_FULL" == ask(office, AddAsset(asset="TSLAx", kind="token")).code
    assert "SUBSCRIBERS_FULL" == ask(office, subscriber("beta")).code

    office = open_for_listing(instruments=1)
    do(office, listing(), AddAsset(asset="AAPLy", kind="token"))

    assert "INSTRUMENTS_FULL" == ask(office, second()).code


def test_fees_may_rebate_what_every_taker_pays():
    office = trading()
    rates = (Fee(maker=-10, taker=30), Fee(maker=-5, taker=10))

    assert "DONE" == ask(office, SetFees(instrument="AAPLx", rates=rates)).code
    assert rates == office.instruments["AAPLx"].terms.rates

    refusal = ask(office, SetFees(instrument="AAPLx", rates=(Fee(maker=-11, taker=30), Fee(maker=0, taker=11), Fee(taker=5))))

    assert ("FEES", "rates: maker -0.11 bp of tier 0 and taker 0.05 bp of tier 2 add up to a rebate") == (refusal.code, refusal.text)
    assert "UNKNOWN_INSTRUMENT" == ask(office, SetFees(instrument="TSLAx", rates=())).code


def test_fees_keep_the_promise_that_open_orders_were_given():
    office = trading(rates=(Fee(maker=-10, taker=30),))
    enter(office, Side.SELL, 10_000, 1_000_000, account=2)
    low = SetFees(instrument="AAPLx", rates=(Fee(maker=0, taker=9),))
    do(office, SetFees(instrument="AAPLx", rates=(Fee(maker=0, taker=15),)))

    assert ("FEES", "rates: taker 0.09 bp is below the rebate 0.1 bp that open orders were promised") == (
        ask(office, low).code,
        ask(office, low).text,
    )
    assert "FEES" == ask(office, SetFees(instrument="AAPLx", rates=(Fee(maker=-16, taker=20),))).code

    enter(office, Side.BUY, 10_000, 1_000_000)

    assert (-10, 15) == (office.venue.trade(1).maker_fee, office.venue.trade(1).taker_fee)

    do(office, low)


def test_sets_of_rates_run_out_by_name():
    office = trading()
    office.rates = {(number, 0, 0): None for number in range(65_535)}

    assert "RATES_FULL" == ask(office, SetFees(instrument="AAPLx", rates=(Fee(maker=1, taker=1),))).code
    assert "RATES_FULL" == ask(office, SetFees(instrument="AAPLx", rates=(Fee(maker=1, auction=1),))).code
    assert "DONE" == ask(office, SetFees(instrument="AAPLx", rates=(Fee(maker=1, taker=0),))).code


def test_a_tick_table_comes_into_force_at_its_time():
    office = trading()
    coarse, coarser = (TickRow(from_px=0, tick=200),), (TickRow(from_px=0, tick=500),)
    do(office, SetTicks(instrument="AAPLx", table=coarser, effective_ns=NOW + 2 * SECOND))
    do(office, SetTicks(instrument="AAPLx", table=coarse, effective_ns=NOW + SECOND))

    assert NOW + SECOND == office.next_due_ns

    office.pass_time(NOW + SECOND - 1)

    assert () == office.instruments["AAPLx"].terms.ticks

    office.pass_time(NOW + SECOND)

    assert coarse == office.instruments["AAPLx"].terms.ticks

    office.pass_time(NOW + 5 * SECOND)

    assert coarser == office.instruments["AAPLx"].terms.ticks
    assert () == office.instruments["AAPLx"].pending_ticks


def test_a_tick_table_can_come_at_once_and_so_many_can_wait():
    office = trading()
    table = (TickRow(from_px=0, tick=100), TickRow(from_px=10_000, tick=500))
    do(office, SetTicks(instrument="AAPLx", table=table))

    assert table == office.instruments["AAPLx"].terms.ticks

    do(office, *(SetTicks(instrument="AAPLx", table=table, effective_ns=NOW + 1 + i) for i in range(16)))

    assert "TICK_TABLES_FULL" == ask(office, SetTicks(instrument="AAPLx", table=table, effective_ns=NOW + 99)).code
    assert "TICK_TABLE" == ask(office, SetTicks(instrument="AAPLx", table=())).code
    assert RIGHTS == office.instruments["AAPLx"].terms.rights
