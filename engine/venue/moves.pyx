"""Moves that no order causes: journals of lines that sum to zero, and the reversal of a trade.

A line is (account, asset, bucket, delta).  A journal moves as a whole or not at all: everything is looked at first.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.matching.types cimport SIDE_BUY
from engine.venue.ledger cimport Balance, balance_find, balance_open, notional_of

from engine.venue.records import Bucket, SystemAccount

cdef frozenset SYSTEM_ACCOUNTS = frozenset(map(int, SystemAccount))


cdef str move_problem(const State* state, lines):
    """Return why a journal cannot be, or an empty text."""
    cdef dict sums = {}
    cdef dict deltas = {}
    opened = set()
    for account, asset, bucket, delta in lines:
        if not 1 <= asset <= state.asset_limit:
            return f"asset {asset} is not between 1 and {state.asset_limit}"
        if account not in SYSTEM_ACCOUNTS and not (1 <= account <= state.core.accounts and state.accounts[<uint32_t> account].party):
            return f"account {account} is not open"
        if bucket == Bucket.HELD or bucket not in BUCKETS or (account in SYSTEM_ACCOUNTS and bucket != Bucket.AVAILABLE):
            return f"account {account} has no bucket {bucket} that a journal could move"
        sums[asset] = sums.get(asset, 0) + delta
        deltas[account, asset, bucket] = deltas.get((account, asset, bucket), 0) + delta
        if balance_find(&state.ledger, account, asset) == 0:
            opened.add((account, asset))
    for asset, total in sums.items():
        if total:
            return f"the lines of asset {asset} sum to {total}, not to 0"
    if <uint32_t> len(opened) > state.ledger.limit - state.ledger.count:
        return f"{state.ledger.limit} balances are open, which is the limit"
    for (account, asset, bucket), delta in deltas.items():
        after = in_bucket(state, account, asset, bucket) + delta
        if after < 0 and account not in SYSTEM_ACCOUNTS:
            return f"account {account} has {after - delta} of asset {asset} in {Bucket(bucket).name}, {-delta} are asked"
        if not -2**62 < after < 2**62:
            return f"account {account} would have {after} of asset {asset}, which is beyond 2**62"
    return ""


cdef int move(State* state, lines) except -1:
    """Carry a journal out.  Raises ValueError, and moves nothing, for one that cannot be."""
    cdef Balance* balance
    cdef uint32_t ref
    problem = move_problem(state, lines)
    if problem:
        raise ValueError(problem)
    for account, asset, bucket, delta in lines:
        ref = balance_open(&state.ledger, account, asset, 0 if account in SYSTEM_ACCOUNTS else state.accounts[<uint32_t> account].party)
        balance = &state.ledger.balances[ref]
        bucket_of(balance, bucket)[0] += delta
    return 0


cdef const TradeRecord* kept_trade(const State* state, uint64_t match_id) noexcept nogil:
    """Return a trade that is still kept, or NULL."""
    cdef const TradeRecord* trade = &state.trades[match_id & state.trade_mask]
    return trade if match_id != 0 and trade.match_id == match_id else NULL


cdef list reversal(const State* state, const TradeRecord* trade):
    """Return the lines that undo a trade, its fees included."""
    cdef bint buyer = trade.maker_side != SIDE_BUY      # index of the buying side: the maker is 0, the taker 1
    cdef bint seller = not buyer
    cdef int64_t notional = notional_of(trade.price, trade.qty)
    base = state.gates[trade.instrument].base
    quote = state.gates[trade.instrument].quote
    fees = trade.floors[0] + trade.floors[1]
    return [
        (trade.accounts[buyer], quote, Bucket.AVAILABLE, notional + trade.fees[buyer]),
        (trade.accounts[buyer], base, Bucket.AVAILABLE, -trade.qty),
        (trade.accounts[seller], quote, Bucket.AVAILABLE, trade.fees[seller] - notional),
        (trade.accounts[seller], base, Bucket.AVAILABLE, trade.qty),
        (SystemAccount.FEES, quote, Bucket.AVAILABLE, -fees),
        (SystemAccount.ROUNDING, quote, Bucket.AVAILABLE, fees - trade.fees[0] - trade.fees[1]),
    ]


cdef frozenset BUCKETS = frozenset(map(int, Bucket))


cdef int64_t in_bucket(const State* state, uint32_t account, uint32_t asset, int bucket):
    return bucket_of(<Balance*> &state.ledger.balances[balance_find(&state.ledger, account, asset)], bucket)[0]


cdef int64_t* bucket_of(Balance* balance, int bucket) noexcept nogil:
    if bucket == 0:
        return &balance.available
    if bucket == 2:
        return &balance.frozen
    if bucket == 3:
        return &balance.pending_in
    return &balance.pending_out
