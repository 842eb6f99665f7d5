"""What an office sets and reads in the venue's oracle: the methods of `engine.venue.face.Face`, with its refusals but not its words."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from engine.matching.enums import Phase, Reason, Strike
from engine.matching.records import Instrument, Uncross
from engine.testing.venue_book import VenueBook
from engine.testing.venue_state import BUCKETS, NEVER_NS, Account, Gate, Pair, Party, Rates, State, notional_of
from engine.venue.records import (
    MAX_RATE,
    TICK_BANDS,
    TIERS,
    Balance,
    Bucket,
    Capability,
    PartyState,
    Quality,
    Reference,
    SettleForm,
    SystemAccount,
    Trade,
)

BEYOND = 2**62
Line = tuple[int, int, int, int]


def demand(holds: object, text: str) -> None:
    """Raise ValueError with that text where something does not hold."""
    if not holds:
        raise ValueError(text)


class VenueFace:
    """Acts, and views of what they set."""

    def __init__(self, state: State, book: VenueBook) -> None:
        """Begin with an empty state and its book."""
        self._state = state
        self.book = book
        self.account_count, self.party_count, self.asset_count = state.account_limit, state.party_limit, state.asset_limit
        self.profile_count, self.instrument_count = state.profile_limit, book.listings

    # What an office sets.

    def open_asset(self, asset: int) -> None:
        """Open the system accounts of an asset."""
        demand(1 <= asset <= self._state.asset_limit, f"no asset {asset}")
        for account in SystemAccount:
            self._state.purse(account, asset)

    def list_instrument(self, instrument: Instrument) -> int:
        """List an instrument and return its number."""
        number = self.book.list_instrument(instrument)
        self._state.gates[number] = Gate()
        return number

    def set_gate(
        self,
        instrument: int,
        *,
        base: int,
        quote: int,
        may: int,
        order_types: int,
        ticks: Iterable[Pair] = (),
        rates: Iterable[Rates] = (),
        forms: int = 3,
        phase: int = Phase.CONTINUOUS,
        pauses: bool = False,
        **limits: Any,
    ) -> None:
        """Set what an instrument's orders are checked against, and whether its book matches; its assets never change."""
        gate, tiers, bands = self._gate(instrument), tuple(rates), tuple(ticks)
        demand(all((SystemAccount.FEES, asset) in self._state.purses for asset in (base, quote)), "not both assets are open")
        demand(base != quote and (not gate.base or (gate.base, gate.quote) == (base, quote)), "an instrument keeps its two assets")
        demand(len(bands) <= TICK_BANDS and len(tiers) <= TIERS, "too many bands or tiers")
        demand(all(-MAX_RATE <= rate <= MAX_RATE for tier in tiers for rate in tier), "a rate is too large")
        demand(all(auction >= 0 for _, _, auction in tiers), "an auction pays nobody")
        demand(phase != Phase.CONTINUOUS or not self.book.is_crossed(instrument), "the book is crossed")
        gate.base, gate.quote, gate.may, gate.order_types = base, quote, Capability(may), order_types
        gate.ticks, gate.rates, gate.forms = bands, tiers, SettleForm(forms)
        for name in ("min_notional", "max_notional", "day_cap", "whitelist", "chains", "blocked"):
            setattr(gate, name, limits.pop(name, False if name == "whitelist" else 0))
        demand(not limits, f"a gate has no {limits}")
        self.book.set_phase(instrument, phase, pauses, keeps_stops=not gate.may & Capability.TAKE)

    def uncross(self, instrument: int, reference: int = 0, low: int = 0, high: int = 0) -> Uncross:
        """Hold the auction of a book that collects, or not where its price would be outside the two."""
        return self.book.uncross(instrument, reference, low, high)

    def indicative(self, instrument: int, reference: int = 0) -> Uncross:
        """Return what an auction would do now."""
        return self.book.indicative(instrument, reference)

    def take_strike(self) -> tuple[int, Strike] | None:
        """Return which book stopped matching by itself, and why."""
        return self.book.take_strike()

    def set_reference(
        self,
        instrument: int,
        *,
        price: int,
        quality: int,
        low: int,
        high: int,
        away_low: int = 0,
        away_high: int = 0,
        dynamic_bps: int = 0,
        until_ns: int = NEVER_NS,
    ) -> int:
        """Set the reference price and the collar around it; return how many resting orders that canceled."""
        gate, collar, terms = self._gate(instrument), self.book.collar(instrument), self.book.instrument(instrument)
        if quality == Quality.NONE:
            until_ns, low, high, dynamic_bps = 0, collar.low, collar.high, 0
        else:
            demand(
                terms.tick <= price <= terms.max_price and 0 <= low <= price <= high and dynamic_bps <= 10_000,
                "a reference lies inside its collar and on the ladder",
            )
        canceled = self.book.set_collar(instrument, low, high, dynamic_bps, max(price, terms.tick))
        gate.reference, gate.quality, gate.until_ns = price, Quality(quality), until_ns
        gate.low, gate.high, gate.away_low, gate.away_high = low, high, away_low, away_high
        return canceled

    def clear_collar(self, instrument: int) -> None:
        """Let an instrument trade without a reference and a collar."""
        gate = self._gate(instrument)
        gate.reference, gate.quality, gate.until_ns = 0, Quality.NONE, NEVER_NS
        gate.low, gate.high, gate.away_low, gate.away_high = 0, NEVER_NS, 0, 0
        self.book.set_collar(instrument, 0, self.book.instrument(instrument).max_price)

    def set_party(self, party: int, **fields: Any) -> None:
        """Set a subscriber's limits and what keeps it from trading; its counters stay."""
        demand(1 <= party <= self._state.party_limit and 0 <= fields.get("profile", 0) < self._state.profile_limit, f"no party {party}")
        done = self._state.parties.get(party, Party()).gross_day
        self._state.parties[party] = Party(**fields, gross_day=done)

    def set_account(self, account: int, *, party: int, tier: int = 0, stp_group: int = 0, stp_mode: int = 0, blocked: int = 0) -> None:
        """Open an account of a party, or change it; it never changes hands."""
        state = self._state
        demand(1 <= account <= state.account_limit and party in state.parties and 0 <= tier < TIERS, f"no account {account} of {party}")
        old = state.accounts.get(account)
        demand(old is None or old.party == party, f"account {account} is another party's")
        new = state.accounts[account] = Account(party, tier, stp_group, stp_mode, blocked)
        new.recent = old.recent if old else new.recent

    def set_access(self, profile: int, instrument: int, reason: int) -> None:
        """Say why parties of a profile cannot trade an instrument; 0: they can."""
        demand(0 <= profile < self._state.profile_limit and self._gate(instrument), f"no profile {profile}")
        self._state.access[profile, instrument] = reason

    def set_holder(self, account: int, asset: int, approved: bool) -> None:
        """Approve an account as a holder of an asset whose holders are listed, or end that."""
        demand(account in self._state.accounts, f"account {account} is not open")
        demand(1 <= asset <= self._state.asset_limit, f"asset {asset} is not between 1 and {self._state.asset_limit}")
        self._state.purse(account, asset)
        self._state.approved -= {(account, asset)}
        self._state.approved |= {(account, asset)} if approved else set()

    def set_blocked(self, reason: int) -> None:
        """Refuse every order of everybody for this reason; 0 ends that."""
        self._state.blocked = reason

    def cancel_all(self, session: int = 0, account: int = 0, instrument: int = 0, side: int = 0, reason: int = Reason.ADMIN) -> int:
        """Cancel the open orders that match each filter that is not 0, oldest first, and return how many there were."""
        return self.book.cancel_all(session, account, instrument, side, reason)

    def move(self, lines: Iterable[Line]) -> None:
        """Carry out a journal, or raise ValueError and move nothing."""
        journal = list(lines)
        problem = self.why_not(journal)
        demand(not problem, problem)
        for account, asset, bucket, delta in journal:
            purse = self._state.purse(account, asset)
            setattr(purse, BUCKETS[Bucket(bucket)], getattr(purse, BUCKETS[Bucket(bucket)]) + delta)

    def why_not(self, lines: Iterable[Line]) -> str:
        """Return why a journal cannot be carried out, or an empty text."""
        state = self._state
        sums: defaultdict[int, int] = defaultdict(int)
        deltas: defaultdict[tuple[int, int, Bucket], int] = defaultdict(int)
        for account, asset, bucket, delta in lines:
            is_ours = account in tuple(SystemAccount)
            if not 1 <= asset <= state.asset_limit or not (is_ours or account in state.accounts):
                return f"there is no account {account} of asset {asset}"
            if bucket not in tuple(BUCKETS) or (is_ours and bucket != Bucket.AVAILABLE):
                return f"no journal moves bucket {bucket}"
            sums[asset] += delta
            deltas[account, asset, Bucket(bucket)] += delta
        if any(sums.values()):
            return f"the lines do not sum to zero: {dict(sums)}"
        if len({(account, asset) for account, asset, _ in deltas} - state.purses.keys()) > state.balance_limit - len(state.purses):
            return "no room for so many balances"
        for (account, asset, bucket), delta in deltas.items():
            after = getattr(state.balance(account, asset), bucket.name.lower()) + delta
            if not (-BEYOND if account in tuple(SystemAccount) else -1) < after < BEYOND:
                return f"account {account} would have {after} of asset {asset}"
        return ""

    def reverse(self, match_id: int) -> list[Line]:
        """Undo a trade by a journal and return its lines, or raise ValueError and move nothing."""
        problem = self.why_not_reverse(match_id)
        demand(not problem, problem)
        lines = self._reversal(match_id)
        self.move(lines)
        deal = self._state.deals[match_id]
        deal.trade = deal.trade._replace(busted=True)
        return lines

    def why_not_reverse(self, match_id: int) -> str:
        """Return why a trade cannot be undone, or an empty text."""
        trade = self.trade(match_id)
        if trade is None or trade.busted:
            return f"trade {match_id} cannot be undone any more"
        return self.why_not(self._reversal(match_id))

    # What an office reads.

    @property
    def first_match_id(self) -> int:
        """Number of the oldest execution that is kept."""
        return max(1, self.last_match_id - self._state.trades_kept + 1)

    @property
    def last_match_id(self) -> int:
        """Number of the last execution, 0 before the first."""
        return max(self._state.deals, default=0)

    def trade(self, match_id: int) -> Trade | None:
        """Return an execution, or None where it is not among those kept."""
        is_kept = match_id > self.last_match_id - self._state.trades_kept
        return self._state.deals[match_id].trade if is_kept and match_id in self._state.deals else None

    def balance(self, account: int, asset: int) -> Balance:
        """Return what an account has of an asset."""
        return self._state.balance(account, asset)

    def balances(self, account: int = 0) -> list[Balance]:
        """Return the balances of an account, in the order in which they were opened; 0 means every account, the system's too."""
        return [self.balance(*key) for key in self._state.purses if account in (0, key[0])]

    def total(self, asset: int) -> Balance:
        """Return the sums of the customers' buckets of an asset, as the balance of account 0."""
        whose = [balance for balance in self.balances() if balance.asset == asset and balance.account not in tuple(SystemAccount)]
        return Balance(0, asset, *(sum(balance[field] for balance in whose) for field in range(2, len(Balance._fields))))

    def party(self, party: int) -> PartyState:
        """Return what a party has open and has done today."""
        return self._state.party_state(party)

    def reference(self, instrument: int) -> Reference:
        """Return the reference and the collar in force."""
        gate = self._gate(instrument)
        return Reference(gate.reference, gate.quality, gate.low, gate.high, gate.until_ns)

    def traded_day(self, instrument: int) -> int:
        """Return the quantity that was traded since the last end of day."""
        return self._gate(instrument).traded_day

    def check(self) -> None:
        """Assert what must hold whatever happened: assets sum to zero and no customer has less than nothing."""
        self.book.check()
        sums: defaultdict[int, int] = defaultdict(int)
        for balance in self.balances():
            sums[balance.asset] += sum(balance[2:])
            assert balance.account in tuple(SystemAccount) or min(balance[2:]) >= 0, f"{balance} is below zero"
        assert not any(sums.values()), f"assets do not sum to zero: {dict(sums)}"

    def _reversal(self, match_id: int) -> list[Line]:
        deal = self._state.deals[match_id]
        trade, gate = deal.trade, self._gate(deal.trade.instrument)
        notional, fees = notional_of(trade.price, trade.qty), trade.maker_fee + trade.taker_fee
        sides = [(trade.maker_account, trade.maker_fee), (trade.taker_account, trade.taker_fee)]
        (buyer, bought), (seller, sold) = sides if trade.maker_side == 1 else sides[::-1]
        return [
            (buyer, gate.quote, Bucket.AVAILABLE, notional + bought),
            (buyer, gate.base, Bucket.AVAILABLE, -trade.qty),
            (seller, gate.quote, Bucket.AVAILABLE, sold - notional),
            (seller, gate.base, Bucket.AVAILABLE, trade.qty),
            (SystemAccount.FEES, gate.quote, Bucket.AVAILABLE, -deal.to_fees),
            (SystemAccount.ROUNDING, gate.quote, Bucket.AVAILABLE, deal.to_fees - fees),
        ]

    def _gate(self, instrument: int) -> Gate:
        demand(instrument in self._state.gates, f"instrument {instrument} is not listed")
        return self._state.gates[instrument]
