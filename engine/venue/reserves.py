"""What stands behind the tokens of an instrument: how many are issued, how many shares count, and what a reserve that is not good forbids.

    good     the newest attestation is fresh, its shares are at least the tokens issued, and the chain's supply is explained
    stale    nobody attests, or the newest attestation is older than it may be
    breach   there are more tokens than shares, or a difference to the chain that nothing explains; worse than stale

It only reads; `engine.venue.issuance` acts on what it says.  All in integers: issued tokens times the multiplier are shares.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.desk import Desk, refused
from engine.venue.issuance_registers import Issuance, ReserveState
from engine.venue.marks import BPS
from engine.venue.records import Bucket, SystemAccount
from engine.venue.registers import FOREVER_NS, Asset, Line, Listing
from engine.venue.terms import CauseName, StatusName, ThenName

ISSUANCE = SystemAccount.ISSUANCE
SYSTEM = frozenset(SystemAccount)
# What needs no good reserve: nothing trades there, or holders may only get out.
RESTING: frozenset[StatusName] = frozenset({"draft", "halted", "cancel-only", "reduce-only", "suspended", "terminated"})
CAUSES: dict[ReserveState, CauseName] = {"stale": "reserve-stale", "breach": "reserve-breach"}


class Reserve(NamedTuple):
    """What people see: tokens issued, shares that count for them, as of when; `state` is empty where nothing is under issuance."""

    state: Literal["", "good", "stale", "breach"]
    issued: int
    attested: int
    attested_ns: int


def reserve_of(desk: Desk, symbol: str) -> Reserve:
    """Return an instrument's reserve as the venue's last command left it; the symbol must be listed."""
    issuance = desk.issuances.get(symbol)
    if issuance is None:
        return Reserve("", 0, 0, 0)
    as_of_ns = issuance.attestation.as_of_ns if issuance.attestation else 0
    return Reserve(issuance.state, issued(desk, desk.instruments[symbol]), capacity(issuance), as_of_ns)


def under_issuance(desk: Desk, symbol: str) -> tuple[Listing, Issuance]:
    """Return an instrument and its issuance, or refuse."""
    listing = desk.listing(symbol)
    issuance = desk.issuances.get(symbol)
    if issuance is None:
        raise refused("NO_ISSUANCE", f"{symbol} is not under issuance; set-issuance puts it there")
    return listing, issuance


def token_of(desk: Desk, listing: Listing) -> Asset:
    """Return the token of an instrument."""
    return desk.assets[listing.terms.base]


def issued(desk: Desk, listing: Listing) -> int:
    """Return how many tokens are issued: what the venue's issuance account has given."""
    return -desk.venue.balance(ISSUANCE, token_of(desk, listing).number).available


def issued_at(desk: Desk, listing: Listing, ts_ns: int) -> int:
    """Return how many tokens were issued at a time, by the journal.  O(entries since then)."""
    number = token_of(desk, listing).number
    total = issued(desk, listing)
    for entry in reversed(desk.journal):
        if entry.ts_ns <= ts_ns:
            break
        total += sum(delta for account, asset, _, delta in entry.lines if account == ISSUANCE and asset == number)
    return total


def shares_of(listing: Listing, qty: int) -> int:
    """Return the shares that tokens stand for, rounded up."""
    numerator, denominator = listing.multiplier
    return -(-qty * numerator // denominator)


def capacity(issuance: Issuance) -> int:
    """Return the shares that count: those attested, of those in transit a part, without those that have left since."""
    attestation = issuance.attestation
    if attestation is None:
        return 0
    left = sum(shares for _, shares in issuance.releases)
    return max(attestation.shares + attestation.in_transit * issuance.terms.transit_bps // BPS - left, 0)


def covered(listing: Listing, issuance: Issuance, qty: int) -> bool:
    """Tell whether there are shares enough for so many tokens."""
    numerator, denominator = listing.multiplier
    return qty * numerator <= capacity(issuance) * denominator


def good_until_ns(issuance: Issuance) -> int:
    """Return the last nanosecond at which the attestation in force is fresh; below 0 without one."""
    attestation = issuance.attestation
    if attestation is None:
        return -1
    return min(attestation.as_of_ns + issuance.terms.ttl_ns, attestation.valid_until_ns, FOREVER_NS)


def state_of(desk: Desk, listing: Listing, issuance: Issuance, ts_ns: int) -> ReserveState:
    """Judge a reserve at a time."""
    if issuance.supply is not None and not issuance.supply.explained:
        return "breach"
    if issuance.attestation is not None and not covered(listing, issuance, issued(desk, listing)):
        return "breach"
    return "good" if ts_ns <= good_until_ns(issuance) else "stale"


def guarded(desk: Desk, listing: Listing, status: StatusName, cause: CauseName, ts_ns: int) -> tuple[StatusName, CauseName]:
    """Return the status, and its cause, that an instrument may take when one comes by itself: without a good reserve it halts instead."""
    issuance = desk.issuances.get(listing.terms.symbol)
    if issuance is None or status in RESTING:
        return status, cause
    state = state_of(desk, listing, issuance, ts_ns)
    return (status, cause) if state == "good" else ("halted", CAUSES[state])


def remember(desk: Desk, symbol: str, then: ThenName) -> None:
    """Remember where a reserve that is good again is to lead an instrument."""
    desk.issuances[symbol] = replace(desk.issuances[symbol], resumes=then)


def check_reserve(desk: Desk, listing: Listing, status: StatusName, ts_ns: int) -> None:
    """Refuse to bring an instrument to a status that needs a good reserve while it has none."""
    issuance = desk.issuances.get(listing.terms.symbol)
    if issuance is None or status in RESTING:
        return
    state = state_of(desk, listing, issuance, ts_ns)
    if state != "good":
        raise refused("RESERVE", f"the reserve of {listing.terms.symbol} is {state}; {why(desk, listing, issuance, ts_ns)}")


def why(desk: Desk, listing: Listing, issuance: Issuance, ts_ns: int) -> str:
    """Say what a reserve that is not good lacks."""
    supply, attestation = issuance.supply, issuance.attestation
    if supply is not None and not supply.explained:
        return (
            f"the chain has {texts.amount(supply.supply)}, {texts.amount(supply.issued)} were issued then "
            f"and {texts.amount(supply.in_flight)} on their way"
        )
    if attestation is not None and not covered(listing, issuance, issued(desk, listing)):
        return (
            f"{texts.amount(issued(desk, listing))} are issued, for {texts.amount(shares_of(listing, issued(desk, listing)))} shares; "
            f"{texts.amount(capacity(issuance))} count"
        )
    if attestation is None:
        return "nobody attests it"
    until = texts.utc(good_until_ns(issuance))
    return f"the attestation of {texts.utc(attestation.as_of_ns)} was good until {until}, now is {texts.utc(ts_ns)}"


def check_issued(desk: Desk, asset: Asset, lines: Iterable[Line]) -> None:
    """Refuse to move a token under issuance so that there were more of it than are issued.

    It comes and goes by mint and redeem alone, and no other account of the venue may owe it: what comes in had gone out.
    """
    if asset.listed not in desk.issuances:
        return
    for account, _, bucket, delta in lines:
        if account == ISSUANCE:
            raise refused("ISSUANCE", f"{asset.asset} is under issuance: it comes by a mint and goes by a redeem")
        if account in SYSTEM and bucket == Bucket.AVAILABLE and delta < 0:
            there = desk.venue.balance(account, asset.number).available
            if there + delta < 0:
                name = SystemAccount(account).name
                raise refused(
                    "NOT_ISSUED", f"{name} has {texts.amount(there)} {asset.asset}, not {texts.amount(-delta)}; it is under issuance"
                )
