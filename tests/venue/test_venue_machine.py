"""Hot and cold commands in any order, on the venue and on its oracle: by the narrow face, then by the office's acts."""

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.matching.enums import ExecType, OrdType, Reason, Side, TimeInForce
from engine.testing.commands import Cancel, Enter, MassCancel, Replace
from engine.testing.venue_play import seen, take, take_all
from engine.testing.venue_strategies import ACTS, LIFE, PARTIES, SESSIONS, VENUE_WORD_SIZE, VenueTeller, venue_worlds
from engine.venue import acts
from engine.venue.terms import AuctionTerms, Fee, Limits
from engine.venue.venue import Venue
from tests.matching.books import differences
from tests.venue.twins import MINUTE, SUBSCRIBERS, Twins

WORDS = st.binary(min_size=VENUE_WORD_SIZE, max_size=VENUE_WORD_SIZE)


class VenueMachine(RuleBasedStateMachine):
    """Requests of sessions and calls of the narrow face; the teller lives through them on the oracle."""

    @initialize(world=venue_worlds())
    def open(self, world):
        self.world = world
        self.teller = VenueTeller(world, LIFE)
        self.core = world.open(Venue)
        take_all(self.core, world.opening())
        self.hot = [kind for kind in self.teller.kinds if kind != "act"]

    def _step(self, word, kinds):
        self.teller.kinds = kinds
        step = self.teller.step(word)
        note(str(step))
        expected, actual = self.teller.venue.book, take(self.core, step)

        assert not differences(expected.events() if actual.could else [], actual.events)
        assert (self.teller.venue.details() if actual.could else []) == actual.details

    @rule(word=WORDS)
    def enter(self, word):
        self._step(word, ["enter"])

    @rule(word=WORDS)
    def request(self, word):
        self._step(word, self.hot)

    @rule(word=WORDS)
    def replace(self, word):
        self._step(word, ["replace"])

    @rule(word=WORDS, verb=st.sampled_from(sorted(ACTS)))
    def act(self, word, verb):
        self.teller.verbs = [verb]
        self._step(word, ["act"])

    @invariant()
    def both_are_sound_and_alike(self):
        if hasattr(self, "core"):
            self.core.check()
            shown = {"sessions": SESSIONS, "parties": PARTIES, "instruments": len(self.world.instruments), "trades": 4}

            assert seen(self.teller.venue, **shown) == seen(self.core, **shown)


names = st.sampled_from(SUBSCRIBERS)
accounts = st.sampled_from([1, 2, 3])
amounts = st.sampled_from([1, 1_000_000, 250_000_000, 2_000_000_000])
assets = st.sampled_from(["USDC", "AAPLx"])
prices = st.integers(95, 105).map(lambda cents: cents * 1_000)
sizes = st.integers(1, 40).map(lambda lots: lots * 100_000)
STATUSES = ("continuous", "halted", "post-only", "cancel-only", "reduce-only", "suspended", "pre-open", "auction-call", "closed")
THEN = ("continuous", "continuous", "reduce-only", "post-only", "closed")
AUCTION = AuctionTerms(call_ns=MINUTE, pause_ns=MINUTE // 2, collar_bps=1_000, extend_ns=MINUTE // 2, max_extensions=1)
SPECIAL = [
    *({"ord_type": OrdType.STOP, "tif": tif} for tif in (TimeInForce.DAY, TimeInForce.GTC)),
    *({"ord_type": OrdType.STOP_LIMIT, "tif": tif} for tif in (TimeInForce.DAY, TimeInForce.GTC)),
    *({"ord_type": ord_type, "tif": tif} for ord_type in (OrdType.LIMIT, OrdType.MARKET) for tif in (TimeInForce.OPG, TimeInForce.CLS)),
]
LIMITS = (
    Limits(),
    Limits(max_open_orders=2),
    Limits(max_gross_open=30_000_000),
    Limits(max_order_qty=1_000_000),
    Limits(duplicates_max=1, duplicates_ns=MINUTE),
)


class OfficeMachine(RuleBasedStateMachine):
    """Requests of sessions and acts of an office, every call of the narrow face going to the venue and to its oracle."""

    def __init__(self):
        super().__init__()
        self.twins = Twins(auction=AUCTION)
        self.external = 0
        self.sanctioned = set()

    def _act(self, act, **fields):
        outcome = self.twins.act(act(**fields))
        note(f"{act.__name__}({fields}): {outcome.code}")
        return outcome.code == "DONE"

    def _id(self):
        self.external += 1
        return f"x{self.external}"

    @rule(side=st.sampled_from([Side.BUY, Side.SELL]), price=prices, qty=sizes, account=accounts, tif=st.sampled_from([0, 1, 3]))
    def enter(self, side, price, qty, account, tif):
        answer = self.twins.ask(Enter(side, price, qty, 0, tif=tif, session=account, account=account))

        assert answer.events[0].exec_type == ExecType.REJECTED or account not in self.sanctioned

    @rule(
        kind=st.sampled_from(SPECIAL),
        side=st.sampled_from([Side.BUY, Side.SELL]),
        price=prices,
        stop_px=prices,
        qty=sizes,
        account=accounts,
    )
    def enter_special(self, kind, side, price, stop_px, qty, account):
        terms = {"stop_px": stop_px if kind["ord_type"] in (OrdType.STOP, OrdType.STOP_LIMIT) else 0}
        limit = price if kind["ord_type"] in (OrdType.LIMIT, OrdType.STOP_LIMIT) else 0
        self.twins.ask(Enter(side, limit, qty, 0, session=account, account=account, **kind, **terms))

    @rule(amount=amounts, account=accounts)
    def buy_for_cash(self, amount, account):
        market = {"ord_type": OrdType.MARKET, "tif": TimeInForce.IOC, "exec_inst": 4}
        before, is_alone = self.twins.spendable(account), not any(order.stop_px for order in self.twins.core.book.orders())
        self.twins.ask(Enter(Side.BUY, 0, amount, 0, session=account, account=account, **market))

        assert not is_alone or before - self.twins.spendable(account) <= amount

    @rule(price=prices, qty=sizes, ago=st.integers(1, 5))
    def replace(self, price, qty, ago):
        for order in self.twins.core.book.orders()[-ago:][:1]:
            self.twins.ask(Replace(0, price, qty, 0, order.cl_ord_id, 0, order.session))

    @rule(ago=st.integers(1, 5))
    def cancel(self, ago):
        for order in self.twins.core.book.orders()[-ago:][:1]:
            answer = self.twins.ask(Cancel(0, order.cl_ord_id, 0, order.session))

            assert [Reason.USER] == [event.reason for event in answer.events]

    @rule(session=accounts)
    def mass_cancel(self, session):
        self.twins.ask(MassCancel(session))

    @rule(name=names, hit=st.booleans())
    def sanction(self, name, hit):
        self.twins.version += 1
        done = self._act(acts.UpdateSanctions, list_version=self.twins.version, **{"hits" if hit else "cleared": (name,)})
        if done:
            (self.sanctioned.add if hit else self.sanctioned.discard)(SUBSCRIBERS.index(name) + 1)
        for order in self.twins.core.book.orders():
            assert order.account not in self.sanctioned

    @rule(account=accounts, asset=assets, amount=amounts)
    def deposit(self, account, asset, amount):
        self._act(acts.Deposit, external_id=self._id(), account=account, asset=asset, amount=amount)

    @rule(account=accounts, asset=assets, amount=amounts, released=st.booleans())
    def withdraw(self, account, asset, amount, released):
        name = self._id()
        if self._act(acts.RequestWithdrawal, external_id=name, account=account, asset=asset, amount=amount, destination="wallet"):
            self._act(acts.ScreenWithdrawal, external_id=name, screening_id="s1", clear=released)
            act = acts.ReleaseWithdrawal if released else acts.FailWithdrawal
            self._act(act, external_id=name)

    @rule(account=accounts, amount=st.sampled_from([0, 1_000_000, 500_000_000]), asset=st.sampled_from(["USDC", ""]))
    def place_hold(self, account, amount, asset):
        others = [self.twins.core.balances(other) for other in (1, 2, 3) if other != account]
        where = {"account": account, "asset": asset, "amount": amount if asset else 0}
        self._act(acts.PlaceHold, hold_id=self._id(), authority="court", reference="1/26", review_ns=self.twins.now_ns + MINUTE, **where)

        assert others == [self.twins.core.balances(other) for other in (1, 2, 3) if other != account]

    @rule(number=st.integers(1, 40))
    def lift_hold(self, number):
        self._act(acts.LiftHold, hold_id=f"x{number}")

    @rule(ago=st.integers(0, 4))
    def bust(self, ago):
        self._act(acts.BustTrade, match_id=max(self.twins.core.last_match_id - ago, 1))

    @rule(scope=st.sampled_from(["subscriber", "account", "instrument", "venue"]), on=st.booleans(), account=accounts)
    def kill(self, scope, on, account):
        target = {"subscriber": SUBSCRIBERS[account - 1], "account": str(account), "instrument": "AAPLx", "venue": ""}[scope]
        self._act(acts.KillSwitch, scope=scope, target=target, on=on)

    @rule(status=st.sampled_from(STATUSES), then=st.sampled_from(THEN), seconds=st.sampled_from([0, 0, 5]))
    def set_status(self, status, then, seconds):
        until_ns = self.twins.now_ns + seconds * MINUTE // 60 if seconds else 0
        self._act(acts.SetStatus, instrument="AAPLx", status=status, cause="surveillance", then=then, until_ns=until_ns)

    @rule(price=prices, quality=st.sampled_from(["live", "live", "closed", "none"]))
    def set_reference(self, price, quality):
        price = 0 if quality == "none" else price
        when = {"as_of_ns": self.twins.now_ns}
        self._act(acts.SetReference, instrument="AAPLx", price=price, source="feed", quality=quality, **when)

    @rule(name=names, limits=st.sampled_from(LIMITS))
    def set_limits(self, name, limits):
        self._act(acts.SetLimits, subscriber=name, limits=limits)

    @rule(rate=st.sampled_from([(0, 0, 0), (-100, 300, 200), (33_333, 66_667, 50_000)]))
    def set_fees(self, rate):
        self._act(acts.SetFees, instrument="AAPLx", rates=(Fee(maker=rate[0], taker=rate[1], auction=rate[2]),))

    @rule(seconds=st.sampled_from([1, 30, 60, 60, 3_600, 90_000]))
    def pass_time(self, seconds):
        self.twins.pass_time(seconds)

    @rule()
    def end_of_day(self):
        self.twins.end_of_day()

    @precondition(lambda self: self.sanctioned)
    @rule(account=accounts)
    def cancel_orders(self, account):
        self._act(acts.CancelOrders, account=account)

    @invariant()
    def both_are_sound_and_alike(self):
        self.twins.core.check()

        assert self.twins.seen(self.twins.oracle) == self.twins.seen(self.twins.core)


for machine in (VenueMachine, OfficeMachine):
    machine.TestCase.settings = settings(stateful_step_count=30)
TestVenueMachine = VenueMachine.TestCase
TestOfficeMachine = OfficeMachine.TestCase
