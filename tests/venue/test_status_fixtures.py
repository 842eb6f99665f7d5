"""Days that other venues had, as they would have been here: what pauses, halts, reopens and ends, on the venue and on its oracle."""

import pytest

from engine.matching.enums import ExecType, OrdType, Side, TimeInForce
from engine.testing.commands import Enter
from engine.venue.acts import SetCalendar, SetMultiplier, SetReference, SetSession, SetStatus, WindDown
from engine.venue.records import Quality
from engine.venue.terms import AuctionTerms, Band, Collar, SessionBands, WeeklyStart
from tests.venue.offices import DAY, NOW, SECOND
from tests.venue.twins import MINUTE, Twins

PX = 100_000
AUCTION = AuctionTerms(call_ns=MINUTE, pause_ns=5 * MINUTE, collar_bps=1_000, extend_ns=MINUTE, max_extensions=2)
FIVE = Band(static_bps=500, dynamic_bps=200)
COLLAR = Collar(
    live=FIVE,
    extended=FIVE,
    internal=FIVE,
    closed=Band(static_bps=500),
    max_age_ns=60 * SECOND,
    closed_max_age_ns=3 * DAY,
    gap_bps=200,
    jump_bps=2_000,
    hard_cap_bps=2_500,
    sessions=(SessionBands(session="weekend", internal=Band(static_bps=300), closed=Band(static_bps=150)),),
)

LASTING = Collar(live=Band(static_bps=5_000), max_age_ns=200 * DAY)


class Market(Twins):
    """The twins, with short words for what a day needs."""

    def done(self, act):
        outcome = self.act(act)
        assert outcome.code == "DONE", outcome
        return outcome

    def price(self, px, quality="live", **fields):
        return self.act(SetReference(instrument="AAPLx", price=px, source="feed", quality=quality, as_of_ns=self.now_ns, **fields))

    def status(self, name, cause="scheduled", **fields):
        return self.done(SetStatus(instrument="AAPLx", status=name, cause=cause, **fields))

    def enter(self, side, px, qty=100_000, account=1, **fields):
        return self.ask(Enter(side, px, qty, 0, session=account, account=account, **fields))

    def buy(self, px, **fields):
        return fills(self.enter(Side.BUY, px, **fields).events)

    def sell(self, px, account=2, **fields):
        return fills(self.enter(Side.SELL, px, account=account, **fields).events)

    def until(self, seconds):
        """Let time pass up to a time after the beginning, stopping wherever something falls due, and return what was executed."""
        end_ns, before = NOW + seconds * SECOND, self.core.last_match_id
        while self.office.next_due_ns < end_ns:
            self.now_ns = max(self.office.next_due_ns, self.now_ns)
            self.pass_time(0)
        self.now_ns = end_ns
        self.pass_time(0)
        return [self.core.trade(number).price for number in range(before + 1, self.core.last_match_id + 1)]

    @property
    def standing(self):
        listed = self.office.instruments["AAPLx"]
        return listed.status, listed.cause

    @property
    def story(self):
        return [change.status for change in self.office.changes]


def fills(events):
    return [event.last_px for event in events if event.exec_type == ExecType.TRADE][::2]


def market(**terms):
    """Return a market that has opened by its auction, one minute ago."""
    opened = Market(**{"auction": AUCTION, "collar": COLLAR} | terms)
    opened.now_ns = NOW + SECOND
    return opened


def test_the_order_that_swept_to_a_hundred_times_the_price_ends_in_a_pause_and_a_reopening_auction():
    """July 2025: one order for 500 dollars lifted a token of a 230-dollar share to 23,781 dollars."""
    day = market(max_price=100 * PX * 2)
    for px in (PX, 104_000, 104_900):
        day.sell(px)
    # Somebody's ask at a hundred times the price is not even taken: it is away from the reference, and may wait there for nobody.
    day.sell(105_000)
    story = len(day.story)

    assert [PX] == day.buy(105_000, qty=500_000)
    assert ("vol-pause", "volatility") == day.standing
    assert [] == day.buy(105_000)

    day.sell(PX + 500, qty=300_000, account=3)

    assert [] == day.until(300)

    executed = day.until(400)

    assert set(executed) <= set(range(PX * 95 // 100, PX * 105 // 100 + 1))
    assert 1 == len(set(executed))
    assert ["vol-pause", "auction-call", "continuous"] == day.story[story:]


def test_a_market_order_takes_what_is_inside_the_collar_and_the_pause_begins_behind_it():
    day = market()
    day.sell(PX)
    day.sell(104_000)

    assert [PX] == day.buy(0, qty=300_000, ord_type=OrdType.MARKET, tif=TimeInForce.IOC)
    assert ("vol-pause", "volatility") == day.standing


def test_buys_stop_at_once_sells_stay_for_ninety_days_and_it_closes_by_itself():
    """July 2021: a venue stopped the buying of stock tokens on the day of the news and gave their holders ninety days."""
    day = market(collar=LASTING, notice_ns=90 * DAY, auction=None)
    day.buy(PX - 1_000)
    short = WindDown(instrument="AAPLx", cause="operational", last_trade_ns=day.now_ns + 89 * DAY, close_out_px=99_000)

    assert "NOTICE" == day.act(short).code

    day.done(WindDown(instrument="AAPLx", cause="operational", last_trade_ns=day.now_ns + 91 * DAY, close_out_px=99_000))

    assert ("reduce-only", "operational") == day.standing
    assert [] == day.core.book.orders()
    assert [ExecType.REJECTED] == [event.exec_type for event in day.enter(Side.BUY, PX).events]
    assert [ExecType.NEW] == [event.exec_type for event in day.enter(Side.SELL, PX).events]

    day.until(91 * 86_400 + 60)

    assert ("terminated", "termination") == day.standing
    assert [] == day.core.book.orders()
    assert {99_000} == {claim.price for claim in day.office.claims.values()}
    assert 30_000_000 == sum(claim.qty for claim in day.office.claims.values())


@pytest.mark.parametrize("halfway", ["nothing", "stale feed", "feed with the ratio"])
def test_ten_for_one_activated_while_the_underlying_is_closed_trades_nothing_until_a_reopening_auction(halfway):
    """A multiplier of ten came into force at midnight, the market opened hours later: price times ten was ten times too much."""
    day = market()
    day.sell(PX)
    day.done(SetSession(session="overnight"))
    day.until(120)
    day.done(SetMultiplier(instrument="AAPLx", numerator=10, denominator=1, effective_ns=NOW + 150 * SECOND))
    matches = day.core.last_match_id

    assert [] == day.until(150)
    assert ("halted", "corporate-action") == day.standing
    if halfway == "stale feed":
        early = SetReference(instrument="AAPLx", price=10 * PX, source="feed", quality="live", as_of_ns=NOW + 149 * SECOND)

        assert "MULTIPLIER" == day.act(early).code
        assert "MULTIPLIER" == day.price(10 * PX, "closed").code
    if halfway == "feed with the ratio":
        day.price(10 * PX)
    assert Quality.NONE == day.core.reference(1).quality
    assert [] == day.buy(105_000)
    assert "STATUS" == day.act(SetStatus(instrument="AAPLx", status="continuous", cause="scheduled")).code

    day.until(600)
    # The market has opened: 10,000 for each of ten shares is what one token was worth before.
    day.price(PX + 100)

    assert (PX + 100, Quality.LIVE) == day.core.reference(1)[:2]
    assert ("halted", "corporate-action") == day.standing

    day.status("auction-call", "news-released")
    day.buy(PX + 100)
    day.until(640)
    day.price(PX + 100)
    executed = day.until(700)

    assert matches + 1 == day.core.last_match_id
    assert executed
    assert all(PX * 95 // 100 <= px <= PX * 106 // 100 for px in executed)
    assert "continuous" == day.standing[0]


def test_an_oracle_older_than_its_limit_prices_nothing():
    """A price feed that had stopped for a minute was still traded on: here its age closes it, and the end of that stops trading."""
    day = market(collar=Collar(live=FIVE, max_age_ns=60 * SECOND))
    day.sell(PX)
    day.until(59)

    assert [PX] == day.buy(PX, qty=50_000)

    day.until(60)

    assert ("cancel-only", "reference-stale") == day.standing
    assert [] == day.buy(PX)

    late = SetReference(instrument="AAPLx", price=PX, source="feed", quality="live", as_of_ns=NOW)

    assert "REFERENCE_STALE" == day.act(late).code

    day.price(PX)

    assert ("auction-call", "reopening") == day.standing

    day.until(119)
    day.price(PX)
    day.until(121)

    assert "continuous" == day.standing[0]


def test_weekend_collars_are_narrower_and_the_hard_cap_binds_all_weekend():
    day = market()
    day.until(60)
    day.done(SetSession(session="weekend"))

    assert (PX, Quality.CLOSED, 98_500, 101_500) == day.core.reference(1)[:4]
    assert [ExecType.REJECTED] == [event.exec_type for event in day.enter(Side.BUY, 101_600).events]
    assert "NO_BAND" == day.price(PX).code
    # The own book may move the price from hour to hour, but no farther than a quarter from Friday's close.
    for px in (102_000, 110_000, 120_000, 124_900):
        day.price(px, "internal")

        assert (px * 97 // 100 + (px * 97 % 100 > 0), min(px * 103 // 100, 125_000)) == day.core.reference(1)[2:4]
    day.price(126_000, "internal")

    assert Quality.NONE == day.core.reference(1).quality
    assert ("cancel-only", "reference-stale") == day.standing


def test_the_gap_at_the_reopening_is_met_by_an_auction():
    """Friday to Monday: orders of the weekend stand where the price no longer is, and nobody gets them before the auction."""
    day = market()
    day.until(60)
    day.sell(PX + 500)
    day.sell(PX + 4_500, account=3)
    story = len(day.story)
    day.price(PX + 4_000)

    assert ["auction-call"] == day.story[story:]
    assert [] == day.buy(PX + 4_500, qty=200_000)

    day.until(115)
    day.price(PX + 4_000)
    executed = day.until(125)

    assert ["auction-call", "continuous"] == day.story[story:]
    assert {PX + 4_500} == set(executed)


def test_a_small_gap_goes_on():
    day = market()
    day.until(60)
    day.price(PX + 1_500)

    assert "continuous" == day.standing[0]


def test_a_day_by_the_calendar_opens_and_closes_by_auctions():
    day = market(collar=LASTING)
    monday = NOW + (7 * DAY - (NOW + 3 * DAY) % (7 * DAY))
    week = (
        WeeklyStart(at_s=3_600, session="pre", status="pre-open"),
        WeeklyStart(at_s=7_200, session="rth", status="continuous"),
        WeeklyStart(at_s=10_800, session="post", status="auction-call", then="closed"),
    )
    day.status("closed")
    day.done(SetCalendar(instrument="AAPLx", week=week))
    story = len(day.story)
    at = (monday - NOW) // SECOND
    day.until(at + 3_601)
    day.sell(PX)
    day.buy(PX + 100)
    day.buy(PX + 700, tif=TimeInForce.CLS)
    day.sell(PX + 700, tif=TimeInForce.CLS)

    assert {PX, PX + 100} >= set(day.until(at + 7_300)) != set()
    assert {PX + 700} == set(day.until(at + 10_900))
    assert ["pre-open", "auction-call", "continuous", "auction-call", "closed"] == day.story[story:]
