"""Memory of the venue's state."""

from libc.stdint cimport uint32_t, uint64_t

from engine.matching.memory cimport reserve, unreserve
from engine.venue.ledger cimport ledger_free, ledger_init


cdef bint state_init(State* state, Core* core, uint32_t parties, uint32_t assets, uint32_t balances, uint32_t profiles,
                     uint64_t trades) noexcept nogil:
    """Reserve everything on a zeroed state, `trades` rounded up to a power of two; False when there is no memory."""
    cdef uint64_t kept = 2
    while kept < trades:
        kept *= 2
    state.core = core
    state.trade_mask = kept - 1
    state.party_limit = parties
    state.profiles = profiles
    state.asset_limit = assets
    state.rate_count = 1                # number 0 is no fee
    state.accounts = <Account*> reserve((<uint64_t> core.accounts + 1) * sizeof(Account))
    state.recent = <Recent*> reserve((<uint64_t> core.accounts + 1) * sizeof(Recent))
    state.parties = <Party*> reserve((<uint64_t> parties + 1) * sizeof(Party))
    state.gates = <Gate*> reserve((<uint64_t> core.listings + 1) * sizeof(Gate))
    state.access = <uint8_t*> reserve(<uint64_t> profiles * (core.listings + 1))
    state.rates = <Rates*> reserve(RATES * sizeof(Rates))
    state.trades = <TradeRecord*> reserve(kept * sizeof(TradeRecord))
    state.details = <Detail*> reserve(core.event_limit * sizeof(Detail))
    return (
        ledger_init(&state.ledger, balances)
        and state.accounts != NULL
        and state.recent != NULL
        and state.parties != NULL
        and state.gates != NULL
        and state.access != NULL
        and state.rates != NULL
        and state.trades != NULL
        and state.details != NULL
    )


cdef void state_free(State* state) noexcept nogil:
    ledger_free(&state.ledger)
    unreserve(state.accounts)
    unreserve(state.recent)
    unreserve(state.parties)
    unreserve(state.gates)
    unreserve(state.access)
    unreserve(state.rates)
    unreserve(state.trades)
    unreserve(state.details)
