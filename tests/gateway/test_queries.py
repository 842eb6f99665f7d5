"""What a client is told of instruments: their terms, their status, and the collar in force."""

import pytest

from engine.protocol.messages import (
    InstrumentList,
    InstrumentListRequest,
    InstrumentStatus,
    InstrumentStatusRequest,
    Listing,
    PositionReport,
    PositionRequest,
    TradingStatus,
)
from engine.venue.acts import AddAsset, AddAttestor, KillSwitch, SetFees, SetIssuance, SetReference, SetSession, SetStatus
from engine.venue.records import Quality
from engine.venue.terms import AuctionTerms, Band, Collar, Fee
from tests.gateway.funded import TOKENS, do, listing
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND, Floor

COLLAR = Collar(live=Band(static_bps=500), closed=Band(static_bps=1_000), max_age_ns=60 * SECOND)


def status_of(floor: Floor, instrument: int = 1) -> InstrumentStatus:
    bob = floor.log_on("bob")
    bob.hear()
    bob.say(InstrumentStatusRequest(1, 0, 0, 7, instrument, 0))
    (status,) = bob.hear()
    bob.hang_up()
    assert isinstance(status, InstrumentStatus)
    return status


def listed(floor: Floor) -> list[Listing]:
    alice = floor.log_on("alice")
    alice.hear()
    alice.say(InstrumentListRequest(1, 0, 0, 7))
    (answer,) = alice.hear()
    assert isinstance(answer, InstrumentList)
    return answer.instruments


def test_an_instrument_tells_its_terms_and_the_fees_of_tier_0() -> None:
    floor = Floor(terms={"rates": (Fee(maker=-25, taker=250, auction=100), Fee(maker=-30, taker=200))})
    aapl, tsla = listed(floor)

    assert Listing(1, "AAPLx", "USDC", 100, 100, 100, 10**12, 100_000_000, 50_000, TradingStatus.READY, "AAPLx", -25, 250, 100) == aapl
    assert (2, "TSLAx") == (tsla.instrument, tsla.symbol)


def test_what_is_listed_later_is_there_at_once() -> None:
    floor = Floor()
    do(floor.gateway, AddAsset(asset="SPYx", kind="token"), listing("SPYx"), SetFees(instrument="AAPLx", rates=(Fee(taker=9),)))
    aapl, _, spy = listed(floor)

    assert (9, TradingStatus.DRAFT) == (aapl.taker_rate, spy.status)
    assert TradingStatus.DRAFT == status_of(floor, 3).status


@pytest.mark.parametrize(
    ("status", "number"),
    [
        ("continuous", TradingStatus.READY),
        ("post-only", TradingStatus.POST_ONLY),
        ("halted", TradingStatus.HALTED),
        ("cancel-only", TradingStatus.CANCEL_ONLY),
        ("reduce-only", TradingStatus.REDUCE_ONLY),
        ("suspended", TradingStatus.SUSPENDED),
        ("closed", TradingStatus.CLOSED),
    ],
)
def test_each_status_has_its_number_and_tells_its_cause(status: str, number: TradingStatus) -> None:
    floor = Floor()
    since_ns = floor.gateway.sequencer.last_ts_ns
    resume_ns = floor.clock.utc_ns() + 3_600 * SECOND
    do(floor.gateway, SetStatus(instrument="AAPLx", status=status, cause="news-pending", expected_resume_ns=resume_ns))
    do(floor.gateway, SetSession(session="weekend"))
    told = status_of(floor)

    assert (number, "news-pending", resume_ns, "weekend") == (told.status, told.cause, told.expected_resume_ns, told.session)
    assert (status == "continuous") == (told.since_ns <= since_ns)


def test_a_call_tells_when_it_ends_what_follows_and_what_it_would_do_now() -> None:
    floor = Floor(terms={"auction": AuctionTerms(call_ns=60 * SECOND, pause_ns=10 * SECOND)})
    bob = floor.log_on("bob")
    do(floor.gateway, SetStatus(instrument="AAPLx", status="auction-call", cause="closing", then="closed"))
    bob.say(order(1, account=2, price=10_100, order_qty=300), order(2, account=2, side=2, price=10_000, order_qty=500))
    bob.hang_up()
    call = status_of(floor)
    do(floor.gateway, SetStatus(instrument="TSLAx", status="vol-pause", cause="news-pending"))
    pause = status_of(floor, 2)

    assert (TradingStatus.AUCTION_CALL, "closing", "closed") == (call.status, call.cause, call.then)
    assert call.until_ns == call.since_ns + 60 * SECOND
    assert (10_000, 300, -200) == (call.indicative_px, call.indicative_qty, call.imbalance)
    assert (TradingStatus.VOL_PAUSE, "continuous", pause.since_ns + 10 * SECOND) == (pause.status, pause.then, pause.until_ns)
    assert (0, 0, 0) == (pause.indicative_px, pause.indicative_qty, pause.imbalance)


def test_what_an_auction_would_do_is_worked_out_at_most_once_a_second() -> None:
    floor = Floor(terms={"auction": AuctionTerms(call_ns=60 * SECOND)})
    do(floor.gateway, SetStatus(instrument="AAPLx", status="auction-call", cause="closing"))
    before = status_of(floor)
    carol = floor.log_on("carol")
    carol.say(order(1, account=3), order(2, account=3, side=2))
    at_once = status_of(floor)
    floor.pass_time(SECOND)
    later = status_of(floor)

    assert [0, 0, 100] == [status.indicative_qty for status in (before, at_once, later)]


def test_a_call_that_follows_another_at_once_is_looked_at_anew() -> None:
    floor = Floor(terms={"auction": AuctionTerms(call_ns=SECOND)})
    carol, dave = floor.log_on("carol"), floor.log_on("dave")
    call = SetStatus(instrument="AAPLx", status="auction-call", cause="closing")
    do(floor.gateway, call)
    carol.say(order(1, account=3))
    dave.say(order(1, account=4, side=2))
    floor.pass_time(SECOND - SECOND // 10)
    before = status_of(floor)
    floor.pass_time(SECOND // 5)
    do(floor.gateway, call)
    again = status_of(floor)

    assert [100, 0] == [status.indicative_qty for status in (before, again)]


def test_what_backs_a_token_is_told() -> None:
    """Without an attestation a token under issuance is stale, and no longer trades."""
    floor = Floor()
    plain = status_of(floor)
    do(
        floor.gateway,
        AddAttestor(name="auditor", public_key=bytes(32)),
        SetIssuance(instrument="AAPLx", attestors=("auditor",), ttl_ns=3_600 * SECOND, breach="reduce-only"),
    )
    stale = status_of(floor)

    assert (0, 0, 0, "") == (plain.issued, plain.attested, plain.attested_ns, plain.reserve)
    assert (4 * TOKENS, 0, 0, "stale") == (stale.issued, stale.attested, stale.attested_ns, stale.reserve)
    assert (TradingStatus.REDUCE_ONLY, "reserve-stale") == (stale.status, stale.cause)
    assert "" == status_of(floor, 2).reserve


@pytest.mark.parametrize("switch", [KillSwitch(scope="venue", on=True), KillSwitch(scope="instrument", target="AAPLx", on=True)])
def test_behind_a_kill_switch_there_is_nothing_but_cancels(switch: KillSwitch) -> None:
    floor = Floor()
    do(floor.gateway, switch)
    told = status_of(floor)

    assert (TradingStatus.CANCEL_ONLY, "kill-switch") == (told.status, told.cause)
    assert TradingStatus.CANCEL_ONLY == listed(floor)[0].status
    assert (TradingStatus.CANCEL_ONLY if switch.scope == "venue" else TradingStatus.READY) == status_of(floor, 2).status


def test_the_reference_and_its_collar_are_told_and_age() -> None:
    floor = Floor(terms={"collar": COLLAR})
    before = status_of(floor)
    given = SetReference(instrument="AAPLx", price=1_000_000, source="feed", quality="live", as_of_ns=floor.clock.utc_ns())
    do(floor.gateway, given)
    live = status_of(floor)
    floor.pass_time(60 * SECOND)
    closed = status_of(floor)

    assert (0, Quality.NONE, 0, 0) == (before.reference, before.quality, before.low, before.high)
    assert (1_000_000, Quality.LIVE, 950_000, 1_050_000) == (live.reference, live.quality, live.low, live.high)
    assert (1_000_000, Quality.CLOSED, 900_000, 1_100_000) == (closed.reference, closed.quality, closed.low, closed.high)


def test_a_collar_wider_than_the_book_ends_where_the_book_ends() -> None:
    wide = Collar(live=Band(static_bps=100_000), max_age_ns=60 * SECOND)
    floor = Floor(terms={"collar": wide, "max_price": 2_000_000})
    given = SetReference(instrument="AAPLx", price=1_000_000, source="feed", quality="live", as_of_ns=floor.clock.utc_ns())
    do(floor.gateway, given)
    told = status_of(floor)

    assert (0, 2_000_000) == (told.low, told.high)


def test_without_a_collar_there_is_no_reference() -> None:
    told = status_of(Floor())

    assert (0, Quality.NONE, 0, 0) == (told.reference, told.quality, told.low, told.high)


def test_an_account_without_a_balance_has_no_positions() -> None:
    floor = Floor(cash=0, tokens=0)
    alice = floor.log_on("alice")
    alice.hear()
    alice.say(PositionRequest(1, 0, 0, 7, 1))
    (report,) = alice.hear()

    assert isinstance(report, PositionReport)
    assert (7, 1, []) == (report.req_id, report.account, report.positions)


def test_a_symbol_is_not_its_asset() -> None:
    floor = Floor()
    do(floor.gateway, AddAsset(asset="MSFT-token", kind="token"), listing("MSFTx", base="MSFT-token"))
    *_, msft = listed(floor)

    assert ("MSFTx", "MSFT-token", "USDC") == (msft.symbol, msft.base, msft.quote)
