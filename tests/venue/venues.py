"""Venues for tests: opened by the narrow face, with money in them, and a desk that numbers its requests as a session would."""

from collections import Counter

from engine.matching.enums import OrdType, Side, TimeInForce
from engine.matching.records import Instrument
from engine.replica import Replica
from engine.sequencer import Sequencer
from engine.testing.commands import Cancel, EndOfDay, Enter, Expire, MassCancel, Replace
from engine.testing.venue_oracle import VenueOracle
from engine.testing.venue_play import Act, Asked, seen, take
from engine.testing.venue_strategies import ALL_TYPES, EVERYTHING_GOES, PARTIES, SESSIONS, deposit
from engine.venue.records import Bucket, SystemAccount
from engine.venue.venue import Venue

MAKERS = {"oracle": VenueOracle, "core": Venue}
USD, TOKEN = 1, 2
DOLLAR = 1_000_000
WHOLE = 1_000_000
CENT = 100
SHARE = Instrument("SHARE", tick=CENT, lot=100, min_qty=100, max_qty=10**12, max_price=100_000_000, protection=1_000_000)
CAPACITIES = {"sessions": SESSIONS, "instruments": 3, "accounts": 8, "parties": 4, "assets": 4, "profiles": 2, "batch": 64}


class Desk:
    """A venue with one share, SHARE, against dollars; accounts 1 and 2 are party 1's, 3 is party 2's, 4 is party 3's."""

    def __init__(self, make=Venue, *, dollars=1_000, shares=100, instruments=(SHARE,), **gate):
        limits = {"orders": 256, "levels": 1024, "sweep": 64, "balances": 64, "trades": 64}
        self.venue = make(**CAPACITIES, **limits)
        self.now_ns = 0
        self.in_seqs = Counter()
        self.last_id = 0
        self.instruments = len(instruments)
        for asset in range(1, 2 + len(instruments)):
            self.act("open_asset", asset=asset)
        for number, instrument in enumerate(instruments, start=1):
            self.act("list_instrument", instrument=instrument)
            self.set_gate(instrument=number, base=number + 1, **gate)
        for party in range(1, PARTIES + 1):
            self.act("set_party", party=party, chains=1)
        for account, party in ((1, 1), (2, 1), (3, 2), (4, 3)):
            self.act("set_account", account=account, party=party)
            self.deposit(account, USD, dollars * DOLLAR)
            for number in range(1, 1 + len(instruments)):
                self.deposit(account, number + 1, shares * WHOLE)

    def act(self, verb, **words):
        """Call the narrow face as one command, and return its answer."""
        self.now_ns += 1
        return take(self.venue, Act(self.now_ns, verb, words))

    def set_gate(self, **words):
        usual = {"instrument": 1, "base": TOKEN, "quote": USD, "may": EVERYTHING_GOES, "order_types": ALL_TYPES}
        return self.act("set_gate", **usual | words)

    def deposit(self, account, asset, amount):
        return self.act("move", lines=deposit(account, asset, amount))

    def freeze(self, account, asset, amount):
        return self.act("move", lines=[(account, asset, Bucket.AVAILABLE, -amount), (account, asset, Bucket.FROZEN, amount)])

    def ask(self, command, **flags):
        """Send a request with the next number of its session and the next client id, and return the answer."""
        self.now_ns += 1
        self.in_seqs[command.session] += 1
        command = command._replace(cl_ord_id=command.cl_ord_id or self.last_id + 1, ts_ns=self.now_ns)
        self.last_id = max(self.last_id, command.cl_ord_id)
        return take(self.venue, Asked(command, self.in_seqs[command.session], **flags))

    def buy(self, price, qty, **fields):
        return self.ask(order(Side.BUY, price, qty, **fields))

    def sell(self, price, qty, **fields):
        return self.ask(order(Side.SELL, price, qty, **fields))

    def cancel(self, orig, session=1):
        return self.ask(Cancel(orig_cl_ord_id=orig, session=session))

    def replace(self, orig, price, qty, session=1, **flags):
        return self.ask(Replace(0, price, qty, orig_cl_ord_id=orig, display_qty=0, session=session), **flags)

    def mass_cancel(self, session=1):
        return self.ask(MassCancel(session))

    def pass_time(self, ts_ns):
        self.now_ns = ts_ns
        return take(self.venue, Asked(Expire(ts_ns)))

    def end_of_day(self):
        self.now_ns += 1
        return take(self.venue, Asked(EndOfDay(self.now_ns)))

    def cash(self, account):
        return self.venue.balance(account, USD)

    def tokens(self, account):
        return self.venue.balance(account, TOKEN)

    def state(self):
        """Everything that can be read, but the numbers of sessions: a refused request has one too."""
        return seen(self.venue, parties=PARTIES, instruments=self.instruments, trades=64)


def order(side, price, qty, account=1, session=1, **fields):
    """An order for a limit price, or for none: a market order."""
    if not price:
        fields = {"ord_type": OrdType.MARKET, "tif": TimeInForce.IOC} | fields
    return Enter(side, price, qty, fields.pop("cl_ord_id", 0), session=session, account=account, **fields)


def reasons(answer):
    return [event.reason for event in answer.events]


def kinds(answer):
    return [event.exec_type for event in answer.events]


def fills(answer):
    """The executions of an answer as (price, qty), each once."""
    return [(event.last_px, event.last_qty) for event in answer.events if event.liquidity == 2]


def sums(venue):
    """What all accounts together have of each asset, the venue's own included."""
    totals = Counter()
    for balance in venue.balances():
        totals[balance.asset] += sum(balance[2:])
    return totals


def is_ours(account):
    return account in tuple(SystemAccount)


def sequenced(clock, office=None):
    """A sequencer before a venue with two instruments and money for accounts 1 to 4."""
    shares = (Instrument("A", tick=10, lot=1_000), Instrument("B", tick=10, lot=1_000))
    return Sequencer(Replica(Desk(Venue, instruments=shares).venue, None, office), clock)
