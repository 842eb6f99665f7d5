"""What the office sets and reads in the venue's hot state: the narrow face between plain Python and the order path.

Its calls are parts of acts: whoever makes one lets the venue begin a command before and number its events after, as the sequencer does.
"""

from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from engine.matching.core cimport Book
from engine.matching.sweep cimport cancel_all, put_collar
from engine.matching.types cimport *
from engine.venue.ledger cimport FIRST_SYSTEM_ACCOUNT, Balance, account_of, asset_of, balance_find, balance_open
from engine.venue.moves cimport kept_trade, move, move_problem, reversal
from engine.venue.settlement cimport Entry, settle
from engine.venue.state cimport CAN_TAKE, RATES, RECENT, TICK_BANDS, TIERS, Account, Gate, Party, Rates, TradeRecord

from engine.venue import records
from engine.venue.records import Quality, SettleForm, SystemAccount


cdef class Face:
    """The office's view of the venue's state."""

    @property
    def account_count(self):
        """Largest number that an account can have."""
        return self.core.accounts

    @property
    def party_count(self):
        """Largest number that a party can have."""
        return self.state.party_limit

    @property
    def asset_count(self):
        """Largest number that an asset can have."""
        return self.state.asset_limit

    @property
    def instrument_count(self):
        """How many instruments can be listed."""
        return self.core.listings

    @property
    def profile_count(self):
        """How many access profiles there can be; they are numbered from 0."""
        return self.state.profiles

    def open_asset(self, uint32_t asset):
        """Open the system accounts of an asset.  ValueError when there is no room."""
        if not 1 <= asset <= self.state.asset_limit:
            raise ValueError(f"asset {asset} is not between 1 and {self.state.asset_limit}")
        for account in SystemAccount:
            if balance_open(&self.state.ledger, account, asset, 0) == 0:
                raise ValueError(f"{self.state.ledger.limit} balances are open, which is the limit")

    def list_instrument(self, instrument):
        """List an instrument of the book and return its number; nobody can trade it before `set_gate`."""
        return self.book.add(instrument)

    def set_gate(self, uint32_t instrument, *, uint32_t base, uint32_t quote, uint8_t may, uint64_t order_types, int64_t min_notional=0,
                 int64_t max_notional=0, ticks=(), rates=(), int64_t day_cap=0, bint whitelist=False, uint8_t forms=3, uint32_t chains=0,
                 uint8_t blocked=0, uint8_t phase=0, bint pauses=False):
        """Set what an instrument's orders are checked against; 0 is no limit.

        `base` and `quote` are assets that are open; `may` are the status's Capability bits, `order_types` bits ord_type * 8 + tif;
        `ticks` are (from_px, tick), ascending; `rates` are (maker, taker, auction) by tier; `phase` and `pauses` are as in
        `OrderBook.set_phase`; where nobody takes, or the reference has lapsed, stop orders wait on.  ValueError for what cannot be.
        """
        cdef Gate* gate = &self.state.gates[listed(self, instrument)]
        cdef uint32_t since = self.core.event_count
        cdef uint32_t fees = balance_find(&self.state.ledger, SystemAccount.FEES, quote)
        if fees == 0 or balance_find(&self.state.ledger, SystemAccount.FEES, base) == 0:
            raise ValueError(f"assets {base} and {quote} are not both open")
        if base == quote or (gate.base != 0 and (gate.base, gate.quote) != (base, quote)):
            raise ValueError(f"assets {base} and {quote}: an instrument has two, and keeps them")
        if len(ticks) > TICK_BANDS or len(rates) > TIERS:
            raise ValueError(f"{len(ticks)} tick bands and {len(rates)} tiers: at most {TICK_BANDS} and {TIERS} are possible")
        numbers = [rates_number(self, maker, taker, auction) for maker, taker, auction in rates] or [0]
        self.book.check_phase(instrument, phase)
        gate.fees = fees
        gate.rounding = balance_find(&self.state.ledger, SystemAccount.ROUNDING, quote)
        gate.base = base
        gate.quote = quote
        gate.may = may
        gate.order_types = order_types
        gate.min_notional = min_notional
        gate.max_notional = max_notional or INT64_MAX
        gate.day_cap = day_cap or INT64_MAX
        gate.whitelist = whitelist
        gate.forms = forms
        gate.chains = chains
        gate.blocked = blocked
        gate.tick_bands = 0
        for from_px, tick in ticks if any(tick != self.core.books[instrument].tick for _, tick in ticks) else ():
            gate.from_px[gate.tick_bands] = from_px
            gate.ticks[gate.tick_bands] = tick
            gate.tick_bands += 1
        for tier in range(TIERS):
            gate.rates[<uint32_t> tier] = numbers[tier] if tier < len(numbers) else numbers[0]
        if not gate.collared:
            self.clear_collar(instrument)
        self.book.go_to_phase(instrument, phase, pauses, self.keeps_stops(gate))
        self.settle_own(since)

    def set_reference(self, uint32_t instrument, *, int64_t price, uint8_t quality, int64_t low, int64_t high, int64_t away_low=0,
                      int64_t away_high=0, uint32_t dynamic_bps=0, int64_t until_ns=INT64_MAX):
        """Set the reference price and the collar around it; return how many resting orders that canceled.

        Buys above `high` or below `away_low` and sells below `low` or above `away_high` (0: no limit) are refused, and nothing executes
        outside `low` to `high` nor farther than `dynamic_bps` from the last price.  With quality NONE nothing can be entered at all, and
        nothing after `until_ns`.
        """
        cdef Gate* gate = &self.state.gates[listed(self, instrument)]
        cdef uint32_t since = self.core.event_count
        cdef Book* book = &self.core.books[instrument]
        if quality == Quality.NONE:
            until_ns = 0
            low, high, dynamic_bps = book.low, book.high, 0
        elif not book.tick <= price <= book.max_price or not 0 <= low <= price <= high or dynamic_bps > 10_000:
            raise ValueError(
                f"reference {price}, collar {low} to {high}, {dynamic_bps} bp: one from {book.tick} to {book.max_price} inside is asked")
        gate.collared = True
        gate.reference = price
        gate.quality = quality
        gate.until_ns = until_ns
        gate.floors[0] = away_low
        gate.floors[1] = low
        gate.ceilings[0] = high
        gate.ceilings[1] = away_high or INT64_MAX
        canceled = put_collar(self.core, instrument, low, high, dynamic_bps, max(min(price, book.max_price), book.tick))
        book.keeps_stops = self.keeps_stops(gate)
        self.settle_own(since)
        return canceled

    def clear_collar(self, uint32_t instrument):
        """Let an instrument trade without a reference and a collar."""
        cdef Gate* gate = &self.state.gates[listed(self, instrument)]
        gate.collared = False
        gate.reference = 0
        gate.quality = 0
        gate.until_ns = INT64_MAX
        self.core.books[instrument].keeps_stops = self.keeps_stops(gate)
        gate.floors[0] = 0
        gate.floors[1] = 0
        gate.ceilings[0] = INT64_MAX
        gate.ceilings[1] = INT64_MAX
        put_collar(self.core, instrument, 0, self.core.books[instrument].max_price, 0, 0)

    def indicative(self, uint32_t instrument, int64_t reference=0):
        """Return what an auction of an instrument would do now, as `OrderBook.indicative`."""
        return self.book.indicative(instrument, reference)

    def uncross(self, uint32_t instrument, int64_t reference=0, int64_t low=0, int64_t high=0):
        """Hold an auction, as `OrderBook.uncross`, and settle it; its phase stays."""
        cdef uint32_t since = self.core.event_count
        uncrossed = self.book.uncross_now(instrument, reference, low, high)
        self.settle_own(since)
        return uncrossed

    def take_strike(self):
        """Take note of an instrument whose book began to collect by itself: return its number and why, or None."""
        return self.book.take_strike()

    def set_party(self, uint32_t party, *, uint8_t blocked=0, uint32_t profile=0, int64_t kyc_until_ns=INT64_MAX, uint32_t chains=0,
                  int64_t max_order_qty=0, int64_t max_order_notional=0, uint32_t max_open_orders=0, int64_t max_gross_open=0,
                  int64_t max_gross_day=0, uint32_t duplicates_max=0, int64_t duplicates_ns=0, bint redeemer=False):
        """Set a subscriber's limits (0: none) and what keeps it from trading; its counters stay.

        A redeemer buys where an instrument's status lets nobody else, so that holders find somebody to sell to.
        """
        cdef Party* state
        if not 1 <= party <= self.state.party_limit or profile >= self.state.profiles or duplicates_max > RECENT:
            raise ValueError(
                f"party {party} of profile {profile}, {duplicates_max} duplicates: there are {self.state.party_limit}, "
                f"{self.state.profiles} and {RECENT}")
        state = &self.state.parties[party]
        if party > self.state.party_count:
            self.state.party_count = party
        state.blocked = blocked
        state.profile = profile
        state.kyc_until_ns = kyc_until_ns
        state.chains = chains
        state.max_order_qty = max_order_qty or INT64_MAX
        state.max_order_notional = max_order_notional or INT64_MAX
        state.max_open_orders = max_open_orders or 0xFFFFFFFF
        state.max_gross_open = max_gross_open or INT64_MAX // 2
        state.max_gross_day = max_gross_day or INT64_MAX // 2
        state.duplicates_max = duplicates_max
        state.duplicates_ns = duplicates_ns
        state.redeemer = redeemer

    def set_account(self, uint32_t account, *, uint32_t party, uint8_t tier=0, uint32_t stp_group=0, uint8_t stp_mode=0, uint8_t blocked=0):
        """Open an account of a party, or change it; it never changes hands."""
        cdef Account* state
        if not 1 <= account <= self.core.accounts or not 1 <= party <= self.state.party_count or tier >= TIERS:
            raise ValueError(f"account {account} of party {party} in tier {tier}: out of bounds")
        state = &self.state.accounts[account]
        if state.party != 0 and state.party != party:
            raise ValueError(f"account {account} is party {state.party}'s, not party {party}'s")
        state.party = party
        state.tier = tier
        state.stp_group = stp_group
        state.stp_mode = stp_mode
        state.blocked = blocked

    def set_access(self, uint32_t profile, uint32_t instrument, uint8_t reason):
        """Say why parties of a profile cannot trade an instrument; 0: they can."""
        if profile >= self.state.profiles:
            raise ValueError(f"profile {profile} is not between 0 and {self.state.profiles - 1}")
        self.state.access[<uint64_t> profile * (self.core.listings + 1) + listed(self, instrument)] = reason

    def set_holder(self, uint32_t account, uint32_t asset, bint approved):
        """Approve an account as a holder of an asset whose holders are listed, or end that.  ValueError when there is no room."""
        cdef uint32_t ref
        if not 1 <= account <= self.core.accounts or self.state.accounts[account].party == 0:
            raise ValueError(f"account {account} is not open")
        if not 1 <= asset <= self.state.asset_limit:
            raise ValueError(f"asset {asset} is not between 1 and {self.state.asset_limit}")
        ref = balance_open(&self.state.ledger, account, asset, self.state.accounts[account].party)
        if ref == 0:
            raise ValueError(f"{self.state.ledger.limit} balances are open, which is the limit")
        self.state.ledger.balances[ref].approved = approved

    def set_blocked(self, uint8_t reason):
        """Refuse every order of everybody for this reason; 0 ends that."""
        self.state.blocked = reason

    def cancel_all(self, uint32_t session=0, uint32_t account=0, uint32_t instrument=0, uint8_t side=0, uint8_t reason=REASON_ADMIN):
        """Cancel the open orders that match each filter that is not 0, oldest first, and return how many there were."""
        cdef uint32_t since = self.core.event_count
        canceled = cancel_all(self.core, session, account, instrument, side, reason)
        self.settle_own(since)
        return canceled

    def move(self, lines):
        """Carry out a journal of (account, asset, bucket, delta).  Raises ValueError, and moves nothing, for one that cannot be."""
        move(&self.state, lines)

    def why_not(self, lines):
        """Return why a journal cannot be carried out, or an empty text."""
        return move_problem(&self.state, lines)

    def reverse(self, uint64_t match_id):
        """Undo a trade by a journal and return its lines.  Raises ValueError, and moves nothing, where that cannot be."""
        problem = self.why_not_reverse(match_id)
        if problem:
            raise ValueError(problem)
        lines = reversal(&self.state, kept_trade(&self.state, match_id))
        move(&self.state, lines)
        self.state.trades[match_id & self.state.trade_mask].busted = True
        return lines

    def why_not_reverse(self, uint64_t match_id):
        """Return why a trade cannot be undone, or an empty text."""
        cdef const TradeRecord* trade = kept_trade(&self.state, match_id)
        if trade == NULL:
            return f"trade {match_id} is not among the last {self.state.trade_mask + 1}"
        if trade.busted:
            return f"trade {match_id} was busted before"
        return move_problem(&self.state, reversal(&self.state, trade))

    def trade(self, uint64_t match_id):
        """Return an execution, or None where it is not among those kept."""
        cdef const TradeRecord* trade = kept_trade(&self.state, match_id)
        if trade == NULL:
            return None
        return records.Trade(
            trade.match_id, trade.ts_ns, trade.instrument, trade.price, trade.qty, trade.maker_side, trade.orders[0], trade.orders[1],
            trade.accounts[0], trade.accounts[1], trade.fees[0], trade.fees[1], SettleForm(trade.forms[0]), SettleForm(trade.forms[1]),
            trade.reference, Quality(trade.quality), bool(trade.busted),
        )

    def total(self, uint32_t asset):
        """Return the sums of the customers' buckets of an asset, as the balance of account 0."""
        cdef uint32_t ref
        cdef const Balance* balance
        cdef Balance sums
        memset(&sums, 0, sizeof(Balance))
        for ref in range(1, self.state.ledger.count + 1):
            balance = &self.state.ledger.balances[ref]
            if asset_of(balance) == asset and account_of(balance) < FIRST_SYSTEM_ACCOUNT:
                sums.available += balance.available
                sums.held += balance.held
                sums.frozen += balance.frozen
                sums.pending_in += balance.pending_in
                sums.pending_out += balance.pending_out
        return records.Balance(0, asset, sums.available, sums.held, sums.frozen, sums.pending_in, sums.pending_out)

    @property
    def first_match_id(self):
        """Number of the oldest execution that is kept."""
        return max(1, <int64_t> self.core.next_match_id - <int64_t> self.state.trade_mask - 1)

    @property
    def last_match_id(self):
        """Number of the last execution, 0 before the first."""
        return self.core.next_match_id - 1

    def balance(self, uint32_t account, uint32_t asset):
        """Return what an account has of an asset; nothing where it never had any."""
        cdef const Balance* balance = &self.state.ledger.balances[balance_find(&self.state.ledger, account, asset)]
        return records.Balance(
            account, asset, balance.available, balance.held, balance.frozen, balance.pending_in, balance.pending_out)

    def balances(self, uint32_t account=0):
        """Return the balances of an account, in the order in which they were opened; 0 means every account, the system's too."""
        cdef uint32_t asset
        if account == 0:
            refs = range(1, self.state.ledger.count + 1)
        else:       # by its assets, which are fewer than everybody's balances
            refs = sorted({balance_find(&self.state.ledger, account, asset) for asset in range(1, self.state.asset_limit + 1)} - {0})
        return [balance_at(&self.state.ledger.balances[<uint32_t> ref]) for ref in refs]

    def party(self, uint32_t party):
        """Return what a party has open and has done today."""
        if not 1 <= party <= self.state.party_limit:
            raise ValueError(f"party {party} is not between 1 and {self.state.party_limit}")
        return records.PartyState(
            self.state.parties[party].open_orders, self.state.parties[party].gross_open, self.state.parties[party].gross_day)

    def reference(self, uint32_t instrument):
        """Return the reference and the collar in force; quality NONE where there is none."""
        cdef const Gate* gate = &self.state.gates[listed(self, instrument)]
        return records.Reference(gate.reference, Quality(gate.quality), gate.floors[1], gate.ceilings[0], gate.until_ns)

    def traded_day(self, uint32_t instrument):
        """Return the quantity that was traded since the last end of day."""
        return self.state.gates[listed(self, instrument)].traded_day

    cdef bint keeps_stops(self, const Gate* gate) noexcept nogil:
        """Say whether stop orders wait on: nobody takes now, or the reference has lapsed."""
        return not gate.may & CAN_TAKE or self.now_ns >= gate.until_ns

    cdef void settle_own(self, uint32_t since) noexcept nogil:
        """Settle events that an act caused."""
        cdef Entry entry
        memset(&entry, 0, sizeof(Entry))
        settle(&self.state, self.now_ns, &entry, since)


cdef object balance_at(const Balance* balance):
    return records.Balance(
        account_of(balance), asset_of(balance), balance.available, balance.held, balance.frozen, balance.pending_in, balance.pending_out)


cdef uint32_t rates_number(Face self, int64_t maker, int64_t taker, int64_t auction) except? 0:
    """Return the number of rates, which are kept for ever: open orders refer to them."""
    cdef uint32_t number
    cdef Rates* rates = self.state.rates
    if not -records.MAX_RATE <= maker <= records.MAX_RATE or not -records.MAX_RATE <= taker <= records.MAX_RATE:
        raise ValueError(f"rates {maker} and {taker} are not between -{records.MAX_RATE} and {records.MAX_RATE}")
    if not 0 <= auction <= records.MAX_RATE:
        raise ValueError(f"rate {auction} of an auction is not between 0 and {records.MAX_RATE}")
    for number in range(self.state.rate_count):
        if (rates[number].by_role[0], rates[number].by_role[1], rates[number].by_role[3]) == (maker, taker, auction):
            return number
    if self.state.rate_count == RATES:
        raise ValueError(f"{RATES} rows of rates are known, which is the limit")
    rates = &rates[self.state.rate_count]
    rates.by_role[0] = maker
    rates.by_role[1] = taker
    rates.by_role[3] = auction
    rates.worst = max(maker, taker, auction, 0)
    self.state.rate_count += 1
    return self.state.rate_count - 1


cdef uint32_t listed(Face self, uint32_t instrument) except 0:
    if instrument == 0 or instrument > self.core.instruments:
        raise ValueError(f"instrument {instrument} is not between 1 and {self.core.instruments}")
    return instrument
