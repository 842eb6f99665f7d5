"""A venue with its office and sequencer, and beside it an oracle that is told whatever the office tells the venue."""

from collections import Counter

from msgspec import msgpack

from engine.matching.enums import ExecType
from engine.replica import Replica
from engine.sequencer import Sequencer
from engine.testing.commands import EndOfDay
from engine.testing.venue_oracle import VenueOracle
from engine.testing.venue_play import Answer, Asked, answer, seen
from engine.venue.acts import FOUNDER, AddAsset, Deposit, OpenAccount, OpenSession, Request, SetReference, SetStatus, encode
from engine.venue.office import Office
from engine.venue.terms import Band, Collar
from engine.venue.venue import Venue
from tests.venue.offices import DAY, NOW, SECOND, listing, subscriber

MINUTE = 60 * SECOND
SUBSCRIBERS = ("acme", "beta", "gamma")
CAPACITIES = {"sessions": 3, "instruments": 2, "accounts": 8, "parties": 4, "assets": 4, "profiles": 4, "balances": 64, "trades": 8}
LIMITS = {"orders": 64, "levels": 1_024, "sweep": 64, "batch": 64}
WRITES = {
    *("open_asset", "list_instrument", "set_gate", "set_reference", "clear_collar", "set_party", "set_account", "set_access"),
    *("set_holder", "set_blocked", "cancel_all", "move", "reverse", "uncross", "indicative", "take_strike"),
}
ASKS = {"why_not", "why_not_reverse"}


class Both:
    """The venue as the office sees it: what it sets is set in the oracle too, and both must answer alike."""

    def __init__(self, core, oracle):
        self.core, self.oracle = core, oracle

    def __getattr__(self, name):
        if name not in WRITES | ASKS:
            return getattr(self.core, name)
        return lambda *words, **said: self._ask(name, words, said)

    def _ask(self, name, words, said):
        expected, actual = (tried(getattr(one, name), words, said) for one in (self.oracle, self.core))

        assert isinstance(expected, ValueError) == isinstance(actual, ValueError), (name, words, said, expected, actual)
        if isinstance(actual, ValueError):
            raise actual
        assert (bool(expected) == bool(actual)) if name in ASKS else (expected == actual), (name, words, said)
        return actual


def tried(method, words, said):
    """What a method returns, or the ValueError that it raises."""
    try:
        return method(*words, **said)
    except ValueError as error:
        return error


class Twins:
    """Both venues, one office and one sequencer; time moves by a nanosecond a command.  `terms` are what else the share is listed with."""

    def __init__(self, **terms):
        self.core, self.oracle = Venue(**CAPACITIES, **LIMITS), VenueOracle(**CAPACITIES, **LIMITS)
        self.office = Office(Both(self.core, self.oracle))
        self.now_ns = NOW
        self.sequencer = Sequencer(Replica(self.core, None, self.office), lambda: self.now_ns)
        self.in_seqs, self.last_id, self.version = Counter(), 0, 0
        for act in opening(**terms):
            outcome = self.act(act)
            assert outcome.code == "DONE", outcome

    def act(self, act, actor=FOUNDER):
        """Send an act through the sequencer and return its outcome."""
        self.now_ns += 1
        self.oracle.begin_act(self.now_ns)
        outcome = self.sequencer.act(encode(Request(actor=actor, reason="test", act=act)))
        self.oracle.remember(msgpack.encode(outcome))
        self.oracle.end_act()
        self._compare()
        return outcome

    def ask(self, command):
        """Send a request of a session through the sequencer and return its answer."""
        self.now_ns += 1
        self.last_id += 1
        self.in_seqs[command.session] += 1
        asked = Asked(command._replace(cl_ord_id=self.last_id, ts_ns=self.now_ns), self.in_seqs[command.session])
        self.oracle.apply_packed(asked.packed)
        self.oracle.resume_act(self.now_ns)
        self.sequencer.submit(asked.packed)
        self.oracle.end_act()
        return self._compare()

    def pass_time(self, seconds):
        """Let time pass as the server's clock does."""
        self.now_ns += seconds * SECOND
        due_ns = min(self.core.book.next_expiry_ns, self.office.next_due_ns)
        self.oracle.begin_act(self.now_ns)
        if due_ns <= self.now_ns:
            self.oracle.book.expire(self.now_ns)
        self.sequencer.pass_time()
        self.oracle.end_act()
        if due_ns <= self.now_ns:
            self._compare()

    def end_of_day(self):
        self.now_ns += 1
        self.oracle.apply_packed(Asked(EndOfDay(self.now_ns)).packed)
        self.sequencer.end_of_day()
        self._compare()

    def spendable(self, account):
        """What an account has of the quote asset, held or not."""
        balance = self.core.balance(account, 1)
        return balance.available + balance.held

    def seen(self, venue):
        return seen(venue, sessions=3, parties=3, instruments=1, trades=8)

    def _compare(self) -> Answer:
        expected, actual = answer(self.oracle), answer(self.core)

        assert expected == actual
        assert all(event.exec_type != ExecType.TRADE or event.last_qty for event in actual.events)
        return actual


def opening(**terms):
    """The acts that open a market: two assets, a share, three subscribers with an account, a session and money each."""
    yield AddAsset(asset="USDC", kind="cash")
    yield AddAsset(asset="AAPLx", kind="token")
    wide, narrow = Band(static_bps=1_000, dynamic_bps=400), Band(static_bps=300, away_bps=2_000)
    collar = Collar(live=wide, closed=narrow, max_age_ns=10 * MINUTE, closed_max_age_ns=DAY, hard_cap_bps=2_500)
    yield listing(**{"collar": collar} | terms)
    yield SetReference(instrument="AAPLx", price=100_000, source="feed", quality="live", as_of_ns=NOW)
    yield SetStatus(instrument="AAPLx", status="continuous", cause="scheduled")
    for number, name in enumerate(SUBSCRIBERS, start=1):
        yield subscriber(name)
        yield OpenAccount(account=number, subscriber=name)
        yield OpenSession(name=f"{name}-1", public_key=bytes([number]) * 32, subscriber=name, accounts=(number,))
        yield Deposit(external_id=f"cash-{name}", account=number, asset="USDC", amount=1_000_000_000)
        yield Deposit(external_id=f"token-{name}", account=number, asset="AAPLx", amount=10_000_000)
