"""What the venue's oracle knows beside its books: who there is, what he may do and what he owns, in plain records.

Nothing is counted twice.  What an account holds and what a party has open are not kept but asked of the open orders, each time; the fees of
an order are one exact sum in 1e-12 of the quote asset, rounded only when somebody asks.  So a hold or a counter cannot be forgotten here.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.matching.enums import Reason, Side
from engine.testing.orders import Order
from engine.venue.records import RECENT_ORDERS, Balance, Bucket, Capability, PartyState, Quality, SettleForm, Trade

NEVER_NS = 2**63 - 1
MILLION = 1_000_000
Pair = tuple[int, int]
Rates = tuple[int, int, int]


def notional_of(price: int, qty: int) -> int:
    """Return price x qty in cash; the listing rule makes it exact."""
    return price * qty // 10_000


def rounded_up(fees: int) -> int:
    """Return whole units of cash for an exact sum of fees, in favour of the venue."""
    return -(-fees // MILLION)


@dataclass(slots=True)
class Party:
    """A subscriber; a limit of 0 is none."""

    blocked: int = 0
    profile: int = 0
    kyc_until_ns: int = NEVER_NS
    chains: int = 0
    max_order_qty: int = 0
    max_order_notional: int = 0
    max_open_orders: int = 0
    max_gross_open: int = 0
    max_gross_day: int = 0
    duplicates_max: int = 0
    duplicates_ns: int = 0
    redeemer: bool = False
    gross_day: int = 0


@dataclass(slots=True)
class Account:
    """An account of a party, and its last accepted orders with their times."""

    party: int
    tier: int = 0
    stp_group: int = 0
    stp_mode: int = 0
    blocked: int = 0
    recent: deque[tuple[int, tuple[int, ...]]] = field(default_factory=lambda: deque(maxlen=RECENT_ORDERS))


@dataclass(slots=True)
class Gate:
    """What an instrument's orders are checked against; a limit of 0 is none, `day_cap` and the notionals included."""

    base: int = 0
    quote: int = 0
    may: Capability = Capability.NONE
    order_types: int = 0
    min_notional: int = 0
    max_notional: int = 0
    ticks: tuple[Pair, ...] = ()
    rates: tuple[Rates, ...] = ()
    day_cap: int = 0
    whitelist: bool = False
    forms: SettleForm = SettleForm.TOKEN | SettleForm.TRADITIONAL
    chains: int = 0
    blocked: int = 0
    traded_day: int = 0
    reference: int = 0
    quality: Quality = Quality.NONE
    until_ns: int = NEVER_NS
    low: int = 0
    high: int = NEVER_NS
    away_low: int = 0
    away_high: int = 0

    def takes(self, ord_type: int, tif: int) -> bool:
        """Whether the trading session lets such orders in."""
        return bool(self.order_types >> (ord_type * 8 + tif) & 1)

    def tick_at(self, price: int) -> int:
        """Return the tick of the band that a price is in, 0 where no table says."""
        return next((tick for from_px, tick in reversed(self.ticks) if price >= from_px), 0)

    @property
    def has_collar(self) -> bool:
        """Whether a reference bounds its prices."""
        return self.high < NEVER_NS

    def rates_of(self, tier: int) -> Rates:
        """Return a tier's rates: the maker's, the taker's and that of an auction."""
        return self.rates[tier] if tier < len(self.rates) else (self.rates or ((0, 0, 0),))[0]

    def form_for(self, party: Party, wish: int) -> tuple[SettleForm, Reason]:
        """Return how a party's side of an execution is settled and why not as it wished."""
        has_wallet = not self.chains or bool(party.chains & self.chains)
        best = SettleForm.TOKEN if self.forms & SettleForm.TOKEN and has_wallet else SettleForm.TRADITIONAL
        wished = SettleForm(wish)
        if wished and not wished & self.forms:
            return best, Reason.FORM_UNSUPPORTED
        if wished == SettleForm.TOKEN and not has_wallet:
            return best, Reason.WALLET_INELIGIBLE
        return wished or best, Reason.NONE


@dataclass(slots=True)
class Terms:
    """What an accepted order is bound to: two assets, its party, and the rates of its day; `fees` are what it owes so far, exactly."""

    base: int
    quote: int
    party: int
    maker: int
    taker: int
    auction: int
    fees: int = 0

    @property
    def dearest(self) -> int:
        """The highest rate that the order may have to pay."""
        return max(self.maker, self.taker, self.auction)

    def hold_of(self, order: Order) -> int:
        """Return what an order can still cost at worst: cash and fees of a buy, tokens of a sell."""
        if order.side == Side.SELL:
            return order.leaves_qty
        return self.worst_of(notional_of(order.price, order.leaves_qty))

    def worst_of(self, notional: int) -> int:
        """Return a notional with the most that the order would still pay on it."""
        return notional + rounded_up(self.fees + notional * max(self.dearest, 0)) - rounded_up(self.fees)

    def exposure_of(self, order: Order) -> int:
        """Return what an open order adds to its party's gross."""
        return self.hold_of(order) if order.side == Side.BUY else notional_of(order.price, order.leaves_qty)


@dataclass(slots=True)
class Purse:
    """What an account has of an asset; available and held are one sum, because the open orders say which part is held."""

    owned: int = 0
    frozen: int = 0
    pending_in: int = 0
    pending_out: int = 0


@dataclass(slots=True)
class Deal:
    """An execution: the record that the venue shows, and what of its fees the venue earned."""

    trade: Trade
    to_fees: int


BUCKETS = {
    Bucket.AVAILABLE: "owned",
    Bucket.FROZEN: "frozen",
    Bucket.PENDING_IN: "pending_in",
    Bucket.PENDING_OUT: "pending_out",
}


class State:
    """Everything beside the books; `open` are the book's own open orders."""

    def __init__(self, *, accounts: int, parties: int, assets: int, balances: int, profiles: int, trades: int) -> None:
        """Begin with nothing and these capacities."""
        self.account_limit, self.party_limit, self.asset_limit = accounts, parties, assets
        self.balance_limit, self.profile_limit = balances, profiles
        self.trades_kept = 2
        while self.trades_kept < trades:
            self.trades_kept *= 2
        self.open: dict[int, Order] = {}
        self.terms: dict[int, Terms] = {}
        self.accounts: dict[int, Account] = {}
        self.parties: dict[int, Party] = {}
        self.gates: dict[int, Gate] = {}
        self.access: dict[Pair, int] = {}
        self.approved: set[Pair] = set()
        self.purses: dict[Pair, Purse] = {}
        self.deals: dict[int, Deal] = {}
        self.blocked = 0
        self.now_ns = 0

    def purse(self, account: int, asset: int) -> Purse:
        """Return the purse of an account, opened where there was none; ValueError when there is no room."""
        if (account, asset) not in self.purses and len(self.purses) == self.balance_limit:
            raise ValueError(f"{self.balance_limit} balances are open, which is the limit")
        return self.purses.setdefault((account, asset), Purse())

    def held(self, account: int, asset: int) -> int:
        """Return what an account's open orders hold of an asset."""
        return sum(
            terms.hold_of(order)
            for order, terms in self._bound()
            if order.account == account and asset == (terms.quote if order.side == Side.BUY else terms.base)
        )

    def available(self, account: int, asset: int) -> int:
        """Return what an account could spend of an asset."""
        return self.purses.get((account, asset), Purse()).owned - self.held(account, asset)

    def balance(self, account: int, asset: int) -> Balance:
        """Return what an account has of an asset, as the venue shows it."""
        purse, held = self.purses.get((account, asset), Purse()), self.held(account, asset)
        return Balance(account, asset, purse.owned - held, held, purse.frozen, purse.pending_in, purse.pending_out)

    def party_state(self, party: int) -> PartyState:
        """Return what a party has open and has done today, as the venue shows it."""
        exposures = [terms.exposure_of(order) for order, terms in self._bound() if terms.party == party]
        return PartyState(len(exposures), sum(exposures), self.parties.get(party, Party()).gross_day)

    def new_terms(self, order: Order) -> Terms:
        """Return what an order would be bound to if it were accepted now."""
        gate, account = self.gates[order.instrument], self.accounts[order.account]
        return Terms(gate.base, gate.quote, account.party, *gate.rates_of(account.tier))

    def likeness(self, order: Order) -> tuple[int, ...]:
        """Return what makes two orders of an account the same."""
        return order.instrument, order.side, order.price if order.names_price else 0, order.order_qty

    def _bound(self) -> Iterator[tuple[Order, Terms]]:
        return ((order, self.terms[order_id]) for order_id, order in self.open.items())
