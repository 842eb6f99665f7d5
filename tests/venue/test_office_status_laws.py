"""Statuses under any acts, orders and times: INV-S1 to S6 and X1 to X4, as `tests.venue.status_watch` holds them."""

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from engine.matching.enums import ExecType, OrdType, Reason, Side, TimeInForce
from engine.testing.commands import Cancel, Enter, pack
from engine.venue import acts
from engine.venue.acts import FOUNDER, BaseAct, Request
from engine.venue.office import Office
from engine.venue.terms import AuctionTerms, Band, Collar, DatedSession, SessionBands, WeeklyStart
from tests.venue.acting import OFFSET_S
from tests.venue.offices import NOW, SECOND, ask, empty, trading
from tests.venue.status_watch import NAMES, Overseer, Watch

PX = 10_000
WIDE, NARROW = Band(static_bps=1_500, dynamic_bps=150), Band(static_bps=400)
COLLARS = [
    None,
    Collar(live=WIDE, extended=WIDE, closed=NARROW, max_age_ns=8 * SECOND, closed_max_age_ns=20 * SECOND, gap_bps=200, jump_bps=900),
    Collar(
        live=WIDE,
        closed=WIDE,
        max_age_ns=30 * SECOND,
        hard_cap_bps=1_000,
        jump_bps=500,
        sessions=(SessionBands(session="weekend", closed=NARROW),),
    ),
]
AUCTIONS = [
    None,
    AuctionTerms(call_ns=4 * SECOND, pause_ns=3 * SECOND, collar_bps=100, extend_ns=2 * SECOND, max_extensions=2),
    AuctionTerms(call_ns=2 * SECOND, pause_ns=1 * SECOND),
    AuctionTerms(pause_ns=2 * SECOND, extend_ns=SECOND, max_extensions=1),
]
WEEK = (
    WeeklyStart(at_s=OFFSET_S + 5, session="pre", status="pre-open"),
    WeeklyStart(at_s=OFFSET_S + 12, session="rth", status="continuous"),
    WeeklyStart(at_s=OFFSET_S + 30, session="weekend", status="auction-call", then="closed"),
    WeeklyStart(at_s=OFFSET_S + 45, session="rth", status="auction-call"),
)
HOLIDAY = DatedSession(from_ns=NOW + 15 * SECOND, until_ns=NOW + 25 * SECOND, session="weekend", status="closed")
CAUSES = ["surveillance", "news-pending", "regulatory", "issuer-notice"]
moments = st.integers(0, 40)
ticks = st.integers(-14, 14).map(lambda n: PX + 100 * n)


class StatusMachine(RuleBasedStateMachine):
    """One instrument, two accounts, an operator and the clock."""

    @initialize(
        collar=st.sampled_from(COLLARS),
        auction=st.sampled_from(AUCTIONS),
        live=st.sampled_from([True, True, False]),
        calendar=st.booleans(),
    )
    def open(self, collar, auction, live: bool, calendar: bool):
        self.now_ns, self.last_id = NOW, 0
        self.office = trading(collar=collar, auction=auction, notice_ns=20 * SECOND, week=WEEK if calendar else ())
        self.overseer = Overseer(self.office.venue)
        self.office.venue = self.overseer
        if live and collar:
            self.act(acts.SetReference(instrument="AAPLx", price=PX, source="cta", quality="live", as_of_ns=NOW))

    def watch(self, **about: bool) -> Watch:
        return Watch(self.office, self.overseer, now_ns=self.now_ns, **about)

    def act(self, act: BaseAct) -> str:
        note(str(act))
        watch = self.watch(confirmed=getattr(act, "confirmed", False))
        foretold = self.office.try_out(Request(actor=FOUNDER, reason="r", act=act), self.now_ns)
        outcome = ask(self.office, act, ts_ns=self.now_ns)

        assert (foretold.accepted, foretold.code) == (outcome.accepted, outcome.code)

        watch.look()
        return outcome.code

    def send(self, command) -> list:
        watch = self.watch(hot=True)
        self.overseer.venue.apply_packed(pack(command))
        events = self.overseer.venue.book.events()
        watch.look()
        return events

    @rule(seconds=st.sampled_from([0, 1, 1, 2, 3, 5, 9, 25]), step_by_step=st.booleans())
    def time(self, seconds: int, step_by_step: bool):
        until_ns = self.now_ns + seconds * SECOND
        while step_by_step and self.office.next_due_ns < until_ns:
            self.pass_to(self.office.next_due_ns)
        self.pass_to(until_ns)

    def pass_to(self, ts_ns: int) -> None:
        self.now_ns = max(ts_ns, self.now_ns)
        watch = self.watch()
        self.office.venue.begin_act(self.now_ns)
        self.office.pass_time(self.now_ns)
        self.office.venue.end_act()
        self.office.venue.check()
        watch.look()

    @rule(name=st.sampled_from(NAMES), cause=st.sampled_from(CAUSES))
    def status(self, name: str, cause: str):
        self.act(acts.SetStatus(instrument="AAPLx", status=name, cause=cause))

    @rule(then=st.sampled_from(["continuous", "continuous", "post-only", "reduce-only", "closed"]), seconds=st.integers(0, 6))
    def call(self, then: str, seconds: int):
        until_ns = self.now_ns + seconds * SECOND if seconds else 0
        self.act(acts.SetStatus(instrument="AAPLx", status="auction-call", cause="opening", then=then, until_ns=until_ns))

    @rule(px=ticks, quality=st.sampled_from(["live", "live", "live", "extended", "closed", "none"]), age=st.sampled_from([0, 0, 3, 12]))
    def price(self, px: int, quality: str, age: int):
        self.reference(px, quality, age)

    def reference(self, px: int, quality: str, age: int):
        price = 0 if quality == "none" else px
        as_of_ns = self.now_ns - age * SECOND
        self.act(acts.SetReference(instrument="AAPLx", price=price, source="cta", quality=quality, as_of_ns=as_of_ns))

    @rule()
    def resume(self):
        """Do what brings trading back: a fresh price near the last live one, a call, and its end."""
        self.act(acts.StopWindDown(instrument="AAPLx"))
        self.fresh()
        self.act(acts.SetStatus(instrument="AAPLx", status="auction-call", cause="news-released"))
        self.fresh(seconds=4)

    def fresh(self, seconds: int = 0) -> None:
        self.pass_to(self.now_ns + seconds * SECOND)
        px = self.office.instruments["AAPLx"].live_px or PX
        self.act(acts.SetReference(instrument="AAPLx", price=px, source="cta", quality="live", as_of_ns=self.now_ns))

    @rule(seconds=st.sampled_from([9, 9, 22]), px=ticks)
    def weekend(self, seconds: int, px: int):
        """Let a reference grow old while trading goes on, and come back elsewhere."""
        self.fresh()
        self.pass_to(self.now_ns + seconds * SECOND)
        self.reference(px, "live", 0)

    @rule(
        orders=st.lists(st.tuples(st.sampled_from([Side.BUY, Side.SELL]), ticks, st.integers(1, 9)), min_size=3, max_size=9),
        called=st.booleans(),
    )
    def burst(self, orders, called: bool):
        """Let orders of both accounts cross, mostly far enough to meet the collar, at once or in an auction."""
        self.fresh()
        if called:
            self.act(acts.SetStatus(instrument="AAPLx", status="auction-call", cause="surveillance"))
        for side, px, lots in orders:
            self.enter(side=side, price=px, qty=100 * lots, account=1 + (side == Side.SELL))
        if called:
            self.pass_to(self.now_ns + 4 * SECOND)

    @rule(orders=st.lists(ticks, min_size=1, max_size=4), up=st.booleans())
    def sweep(self, orders, up: bool):
        """Take everything on one side, stops behind it included."""
        self.fresh()
        for px in orders:
            self.enter(side=Side.SELL if up else Side.BUY, price=px, qty=200, account=2)
        stop = {"ord_type": OrdType.STOP, "tif": TimeInForce.GTC, "price": 0, "qty": 100}
        self.enter(side=Side.BUY if up else Side.SELL, stop_px=orders[0], account=2, **stop)
        self.enter(side=Side.BUY if up else Side.SELL, price=PX + (1_400 if up else -1_400), qty=900, account=1)

    @rule(px=ticks)
    def confirmed(self, px: int):
        sure = acts.SetReference(instrument="AAPLx", price=px, source="desk", quality="live", as_of_ns=self.now_ns, confirmed=True)
        self.act(sure)

    @rule(collar=st.sampled_from(COLLARS))
    def collar(self, collar):
        self.act(acts.SetCollar(instrument="AAPLx", collar=collar))

    @rule(auction=st.sampled_from(AUCTIONS))
    def auction(self, auction):
        self.act(acts.SetAuction(instrument="AAPLx", auction=auction))

    @rule(week=st.booleans(), holiday=st.booleans())
    def calendar(self, week: bool, holiday: bool):
        self.act(acts.SetCalendar(instrument="AAPLx", week=WEEK if week else (), exceptions=(HOLIDAY,) if holiday else ()))

    @rule(session=st.sampled_from(["rth", "weekend", "continuous"]))
    def session(self, session: str):
        self.act(acts.SetSession(session=session))

    @rule(numerator=st.integers(1, 3), second=moments)
    def multiplier(self, numerator: int, second: int):
        effective_ns = NOW + second * SECOND
        self.act(acts.SetMultiplier(instrument="AAPLx", numerator=numerator, denominator=1, effective_ns=effective_ns))

    @rule(cause=st.sampled_from(CAUSES), reduce_s=st.sampled_from([0, 5, 15]), last_s=st.sampled_from([10, 20, 30]))
    def wind_down(self, cause: str, reduce_s: int, last_s: int):
        reduce_ns = self.now_ns + reduce_s * SECOND if reduce_s else 0
        last = acts.WindDown(instrument="AAPLx", cause=cause, reduce_ns=reduce_ns, last_trade_ns=self.now_ns + last_s * SECOND)
        self.act(last)

    @rule()
    def stop_wind_down(self):
        self.act(acts.StopWindDown(instrument="AAPLx"))

    @rule(
        side=st.sampled_from([Side.BUY, Side.SELL]),
        px=ticks,
        lots=st.integers(1, 4),
        tif=st.sampled_from([TimeInForce.GTC] * 4 + [TimeInForce.DAY, TimeInForce.IOC, TimeInForce.OPG, TimeInForce.CLS]),
        account=st.sampled_from([1, 2]),
    )
    def limit(self, side: Side, px: int, lots: int, tif: TimeInForce, account: int):
        self.enter(side=side, price=px, qty=100 * lots, tif=tif, account=account)

    @rule(side=st.sampled_from([Side.BUY, Side.SELL]), px=ticks, limit=st.none() | ticks, account=st.sampled_from([1, 2]))
    def stop(self, side: Side, px: int, limit: int | None, account: int):
        kind = OrdType.STOP if limit is None else OrdType.STOP_LIMIT
        self.enter(side=side, price=limit or 0, qty=100, ord_type=kind, stop_px=px, tif=TimeInForce.GTC, account=account)

    def enter(self, account: int, **fields) -> None:
        self.last_id += 1
        self.send(Enter(cl_ord_id=self.last_id, session=account, account=account, ts_ns=self.now_ns, **fields))

    @precondition(lambda self: self.office.venue.book.orders())
    @rule(draw=st.randoms(use_true_random=False))
    def cancel(self, draw):
        """S3: a cancel succeeds in every status."""
        order = draw.choice(self.office.venue.book.orders())
        self.last_id += 1
        events = self.send(Cancel(order_id=order.order_id, cl_ord_id=self.last_id, session=order.session, ts_ns=self.now_ns))

        assert (ExecType.CANCELED, Reason.USER) in [(event.exec_type, event.reason) for event in events]

    def teardown(self):
        if not hasattr(self, "office"):
            return
        venue, image = self.overseer.venue.image(), self.office.image()
        other = empty()
        other.venue.restore(venue)
        restored = Office(other.venue)
        restored.restore(image)

        assert (venue, image) == (restored.venue.image(), restored.image())


def test_statuses_auctions_and_references_keep_their_laws_whatever_is_done():
    run_state_machine_as_test(StatusMachine)
