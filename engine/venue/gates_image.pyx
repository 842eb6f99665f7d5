"""What the checks read, as canonical bytes, and back: rates, parties, accounts, balances, gates, access."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from engine.matching.faults cimport fault
from engine.matching.types cimport STP_DECREMENT
from engine.venue.ledger cimport FIRST_SYSTEM_ACCOUNT, Balance, account_of, asset_of, balance_find, balance_place
from engine.venue.state cimport FORM_TOKEN, FORM_TRADITIONAL, RATES, RECENT, TICK_BANDS, TIERS, Account, Gate, Party, Rates, Recent

from engine.matching.enums import Reason
from engine.venue.records import MAX_RATE, Quality, SystemAccount

cdef uint8_t IS_REASON[256]
for number in range(256):
    IS_REASON[<uint8_t> number] = number in set(map(int, Reason))
cdef uint32_t FEES = SystemAccount.FEES
cdef uint32_t ROUNDING = SystemAccount.ROUNDING
cdef int64_t LARGEST_RATE = MAX_RATE
cdef uint8_t BEST_QUALITY = max(Quality)


cdef bint is_reason(uint64_t number) noexcept nogil:
    """Say whether a refusal can have this reason, or 0 for none."""
    return number <= 255 and IS_REASON[number] != 0


cdef bytes rates_image(const State* state):
    cdef bytes section = PyBytes_FromStringAndSize(NULL, state.rate_count * sizeof(RatesImage))
    cdef RatesImage* image = <RatesImage*> PyBytes_AS_STRING(section)
    cdef uint32_t i
    for i in range(state.rate_count):
        image[i].maker = state.rates[i].by_role[0]
        image[i].taker = state.rates[i].by_role[1]
        image[i].auction = state.rates[i].by_role[3]
    return section


cdef int restore_rates(State* state, bytes section) except -1:
    cdef const RatesImage* image = <const RatesImage*> PyBytes_AS_STRING(section)
    cdef uint64_t count = len(section) // sizeof(RatesImage)
    cdef uint32_t i
    cdef Rates* rates
    if not 1 <= count <= RATES or image[0].maker != 0 or image[0].taker != 0 or image[0].auction != 0:
        raise fault("rates", None, f"{count} rows: 1 to {RATES} are possible, and the first is no fee")
    for i in range(count):
        if not -LARGEST_RATE <= image[i].maker <= LARGEST_RATE or not -LARGEST_RATE <= image[i].taker <= LARGEST_RATE:
            raise fault("rates", i + 1, f"{image[i].maker} and {image[i].taker} are not between -{MAX_RATE} and {MAX_RATE}")
        if not 0 <= image[i].auction <= LARGEST_RATE:
            raise fault("rates", i + 1, f"{image[i].auction} of an auction is not between 0 and {MAX_RATE}")
        rates = &state.rates[i]
        rates.by_role[0] = image[i].maker
        rates.by_role[1] = image[i].taker
        rates.by_role[3] = image[i].auction
        rates.worst = max(image[i].maker, image[i].taker, image[i].auction)
    if len({(image[i].maker, image[i].taker, image[i].auction) for i in range(count)}) != count:
        raise fault("rates", None, "a row is there twice")
    state.rate_count = <uint32_t> count
    return 0


cdef bytes parties_image(const State* state):
    return PyBytes_FromStringAndSize(<const char*> &state.parties[1], state.party_count * sizeof(Party))


cdef int restore_parties(State* state, bytes section) except -1:
    cdef const Party* image = <const Party*> PyBytes_AS_STRING(section)
    cdef const Party* party
    cdef uint64_t count = len(section) // sizeof(Party)
    cdef Party unused
    cdef uint64_t i
    memset(&unused, 0, sizeof(Party))
    if count > state.party_limit:
        raise fault("parties", None, f"{count} are more than {state.party_limit}")
    for i in range(count):
        party = &image[i]
        if party.profile >= state.profiles or party.duplicates_max > RECENT or party.redeemer > 1 or not is_reason(party.blocked):
            raise fault("parties", i + 1, f"profile {party.profile}, duplicates {party.duplicates_max}, reason {party.blocked} cannot be")
        if party.reserved or memcmp(party.spare, unused.spare, sizeof(unused.spare)):
            raise fault("parties", i + 1, "its spare bytes are not 0")
    memcpy(&state.parties[1], image, len(section))
    state.party_count = <uint32_t> count
    return 0


cdef bytes accounts_image(const State* state):
    cdef uint64_t count = 0
    cdef uint32_t number
    cdef bytes section
    cdef Account* image
    for number in range(1, state.core.accounts + 1):
        count += state.accounts[number].party != 0
    section = PyBytes_FromStringAndSize(NULL, count * sizeof(Account))
    image = <Account*> PyBytes_AS_STRING(section)
    for number in range(1, state.core.accounts + 1):
        if state.accounts[number].party != 0:
            image[0] = state.accounts[number]
            image.recent = 0
            image.reserved = number
            image.purses[0] = image.purses[1] = 0
            image += 1
    return section


cdef int restore_accounts(State* state, bytes section) except -1:
    cdef const Account* image = <const Account*> PyBytes_AS_STRING(section)
    cdef Account* account
    cdef uint64_t i
    for i in range(len(section) // sizeof(Account)):
        if image[i].reserved - 1 >= state.core.accounts or state.accounts[image[i].reserved].party != 0:
            raise fault("accounts", i + 1, f"account {image[i].reserved} is beyond {state.core.accounts}, or there twice")
        if image[i].party - 1 >= state.party_count:
            raise fault("accounts", i + 1, f"party {image[i].party} is not between 1 and {state.party_count}")
        if image[i].tier >= TIERS or image[i].stp_mode > STP_DECREMENT or not is_reason(image[i].blocked):
            raise fault("accounts", i + 1, f"tier {image[i].tier}, mode {image[i].stp_mode}, reason {image[i].blocked} cannot be")
        if image[i].recent | image[i].purses[0] | image[i].purses[1] | image[i].spare != 0:
            raise fault("accounts", i + 1, "what is found again after a start is not 0")
        account = &state.accounts[image[i].reserved]
        account[0] = image[i]
        account.reserved = 0
    return 0


cdef bytes recent_image(const State* state):
    cdef uint64_t count = 0
    cdef uint32_t number
    cdef uint32_t i
    cdef uint32_t oldest
    cdef bytes section
    cdef RecentImage* image
    for number in range(1, state.core.accounts + 1):
        count += has_recent(state, number)
    section = PyBytes_FromStringAndSize(NULL, count * sizeof(RecentImage))
    image = <RecentImage*> PyBytes_AS_STRING(section)
    for number in range(1, state.core.accounts + 1):
        if has_recent(state, number):
            image.account = number
            oldest = state.accounts[number].recent
            for i in range(RECENT):
                image.keys[i] = state.recent[number].keys[(oldest + i) % RECENT]
                image.times[i] = state.recent[number].times[(oldest + i) % RECENT]
            image += 1
    return section


cdef inline bint has_recent(const State* state, uint32_t number) noexcept nogil:
    """Say whether an account's last accepted order is remembered."""
    return state.accounts[number].party != 0 and state.recent[number].keys[(state.accounts[number].recent + RECENT - 1) % RECENT] != 0


cdef int restore_recent(State* state, bytes section) except -1:
    cdef const RecentImage* image = <const RecentImage*> PyBytes_AS_STRING(section)
    cdef Recent* recent
    cdef uint64_t i
    for i in range(len(section) // sizeof(RecentImage)):
        if not 1 <= image[i].account <= state.core.accounts or state.accounts[image[i].account].party == 0:
            raise fault("recent", i + 1, f"account {image[i].account} is not open")
        recent = &state.recent[image[i].account]
        memcpy(recent.keys, image[i].keys, sizeof(recent.keys))
        memcpy(recent.times, image[i].times, sizeof(recent.times))
    return 0


cdef bytes balances_image(const Ledger* ledger):
    return PyBytes_FromStringAndSize(<const char*> &ledger.balances[1], ledger.count * sizeof(Balance))


cdef int restore_balances(State* state, bytes section) except -1:
    cdef const Balance* image = <const Balance*> PyBytes_AS_STRING(section)
    cdef uint64_t count = len(section) // sizeof(Balance)
    cdef Ledger* ledger = &state.ledger
    cdef Balance unused
    cdef uint64_t at
    cdef uint64_t i
    memset(&unused, 0, sizeof(Balance))
    if count > ledger.limit:
        raise fault("balances", None, f"{count} are more than {ledger.limit}")
    for i in range(count):
        if not has_owner(state, &image[i]):
            raise fault("balances", i + 1, f"account {account_of(&image[i])} of party {image[i].party} has no asset {asset_of(&image[i])}")
        if image[i].approved > 1 or memcmp(image[i].reserved, unused.reserved, sizeof(unused.reserved)):
            raise fault("balances", i + 1, "its spare bytes are not 0")
        at = balance_place(ledger, image[i].key)
        if ledger.table[at] != 0:
            raise fault("balances", i + 1, f"account {account_of(&image[i])} has it twice")
        ledger.count += 1
        ledger.table[at] = ledger.count
        ledger.balances[ledger.count] = image[i]
    return 0


cdef bint has_owner(const State* state, const Balance* balance) noexcept nogil:
    cdef uint32_t account = account_of(balance)
    if asset_of(balance) - 1 >= state.asset_limit:
        return False
    if account >= FIRST_SYSTEM_ACCOUNT:
        return balance.party == 0
    return account - 1 < state.core.accounts and state.accounts[account].party != 0 and state.accounts[account].party == balance.party


cdef bytes gates_image(const State* state):
    cdef bytes section = PyBytes_FromStringAndSize(<const char*> &state.gates[1], state.core.instruments * sizeof(Gate))
    cdef Gate* image = <Gate*> PyBytes_AS_STRING(section)
    cdef uint32_t band
    cdef uint32_t i
    for i in range(state.core.instruments):
        for band in range(image[i].tick_bands, TICK_BANDS):
            image[i].from_px[band] = 0
            image[i].ticks[band] = 0
    return section


cdef int restore_gates(State* state, bytes section) except -1:
    cdef const Gate* image = <const Gate*> PyBytes_AS_STRING(section)
    cdef const Gate* gate
    cdef uint32_t i
    cdef uint32_t tier
    if <size_t> len(section) != state.core.instruments * sizeof(Gate):
        raise fault("gates", None, f"{len(section)} bytes are not {state.core.instruments} records of {sizeof(Gate)}")
    for i in range(state.core.instruments):
        gate = &image[i]
        if not is_funded(&state.ledger, gate):
            raise fault("gates", i + 1, f"balances {gate.fees} and {gate.rounding} are not those of assets {gate.base} and {gate.quote}")
        for tier in range(TIERS):
            if gate.rates[tier] >= state.rate_count:
                raise fault("gates", i + 1, f"rates {gate.rates[tier]} are not below {state.rate_count}")
        if (
            not is_reason(gate.blocked) or gate.tick_bands > TICK_BANDS or gate.quality > BEST_QUALITY
            or gate.forms > (FORM_TOKEN | FORM_TRADITIONAL) or gate.whitelist > 1 or gate.collared > 1
            or gate.reserved != 0 or gate.spare != 0
        ):
            raise fault("gates", i + 1, "its reason, tick bands, quality, forms or spare bytes cannot be")
    memcpy(&state.gates[1], image, len(section))
    return 0


cdef bint is_funded(const Ledger* ledger, const Gate* gate) noexcept nogil:
    """Say whether a gate's balances are the system's of its quote asset; one that was not set yet has none."""
    if gate.base == 0:
        return gate.quote == 0 and gate.fees == 0 and gate.rounding == 0
    return (
        gate.fees != 0 and gate.fees == balance_find(ledger, FEES, gate.quote)
        and gate.rounding != 0 and gate.rounding == balance_find(ledger, ROUNDING, gate.quote)
        and gate.base != gate.quote and balance_find(ledger, FEES, gate.base) != 0
    )


cdef bytes access_image(const State* state):
    cdef uint32_t profiles = state.profiles
    cdef uint64_t stride = state.core.listings + 1
    cdef uint32_t width = state.core.instruments
    cdef bytes nothing = bytes(width)
    cdef bytes section
    cdef uint32_t i
    while profiles and memcmp(&state.access[(profiles - 1) * stride + 1], PyBytes_AS_STRING(nothing), width) == 0:
        profiles -= 1
    section = PyBytes_FromStringAndSize(NULL, <uint64_t> profiles * width)
    for i in range(profiles):
        memcpy(PyBytes_AS_STRING(section) + <uint64_t> i * width, &state.access[i * stride + 1], width)
    return section


cdef int restore_access(State* state, bytes section) except -1:
    cdef const uint8_t* image = <const uint8_t*> PyBytes_AS_STRING(section)
    cdef uint64_t stride = state.core.listings + 1
    cdef uint64_t width = state.core.instruments
    cdef uint64_t size = len(section)
    cdef uint64_t i
    if size and (width == 0 or size % width or size // width > state.profiles):
        raise fault("access", None, f"{size} bytes are not one for each of {width} instruments and at most {state.profiles} profiles")
    for i in range(size):
        if not is_reason(image[i]):
            raise fault("access", i + 1, f"{image[i]} is no reason")
        state.access[i // width * stride + 1 + i % width] = image[i]
    return 0
