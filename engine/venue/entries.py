"""Entries put into the registers and, in the same breath, into the venue: what the hot checks know follows from here alone."""

from collections.abc import Iterable
from typing import NamedTuple

from engine.matching.enums import OrdType, Phase, Reason, StpMode, TimeInForce
from engine.venue.desk import Desk, refused
from engine.venue.market_acts import ListInstrument
from engine.venue.records import TIERS, Capability, SettleForm
from engine.venue.registers import Account, Listing, Profile, Subscriber
from engine.venue.terms import MAX_CHAINS, Fee, OrderTypeName, StatusName

# Default groups stand above those that an account can be given: first a number for each control group, then one for each account.
CONTROL_GROUPS = 2**31
LONE_GROUPS = 2**31 + 2**30
# What the venue can number, the set of no fees aside.
MAX_RATES = 65_535


def bit_of(order_type: OrderTypeName) -> int:
    """Return the bit of an order type and time in force in an instrument's mask."""
    ord_type, _, tif = order_type.rpartition("-")
    return 1 << (OrdType[ord_type.upper().replace("-", "_")] * 8 + TimeInForce[tif.upper()])


class Lets(NamedTuple):
    """What a status lets in: its capabilities, the order types as bits, and whether the book matches or collects."""

    may: Capability
    phase: Phase
    order_types: int


CAN = Capability
ALL = CAN.ENTER | CAN.REDUCE | CAN.BUY | CAN.TAKE
ALL_ORDER_TYPES = sum(1 << (ord_type * 8 + tif) for ord_type in OrdType for tif in TimeInForce)
LASTING = sum(
    1 << (ord_type * 8 + tif)
    for ord_type in (OrdType.LIMIT, OrdType.STOP, OrdType.STOP_LIMIT)
    for tif in (TimeInForce.GTC, TimeInForce.GTD)
)
LETS: dict[StatusName, Lets] = {
    "draft": Lets(CAN.NONE, Phase.CALL, 0),
    "pre-open": Lets(ALL, Phase.CALL, ALL_ORDER_TYPES),
    "auction-call": Lets(ALL, Phase.CALL, ALL_ORDER_TYPES),
    "continuous": Lets(ALL, Phase.CONTINUOUS, ALL_ORDER_TYPES),
    "post-only": Lets(ALL & ~CAN.TAKE, Phase.CONTINUOUS, ALL_ORDER_TYPES),
    "vol-pause": Lets(ALL, Phase.CALL, ALL_ORDER_TYPES),
    "halted": Lets(CAN.REDUCE, Phase.CALL, 0),
    "cancel-only": Lets(CAN.NONE, Phase.CALL, 0),
    "reduce-only": Lets(ALL & ~CAN.BUY, Phase.CONTINUOUS, ALL_ORDER_TYPES),
    "suspended": Lets(CAN.NONE, Phase.CALL, 0),
    "closed": Lets(ALL, Phase.CALL, LASTING),
    "terminated": Lets(CAN.NONE, Phase.CALL, 0),
}


def put_listing(desk: Desk, listing: Listing) -> None:
    """Register an instrument as it stands now and open its gate so far."""
    terms = listing.terms
    desk.instruments[terms.symbol] = listing
    masks = {mask.session: mask.order_types for mask in terms.masks}
    taken = masks.get(listing.session)
    rates = [rates_of(fee) for fee in terms.rates] or [(0, 0, 0)]
    desk.rates.update(dict.fromkeys(rates))
    lets = lets_of(listing)
    desk.venue.set_gate(
        listing.number,
        base=desk.assets[terms.base].number,
        quote=desk.assets[terms.quote].number,
        may=lets.may,
        order_types=lets.order_types & (ALL_ORDER_TYPES if taken is None else sum({bit_of(order_type) for order_type in taken})),
        min_notional=terms.min_notional,
        max_notional=terms.max_notional,
        ticks=[(row.from_px, row.tick) for row in terms.ticks],
        rates=rates + rates[-1:] * (TIERS - len(rates)),
        day_cap=terms.day_cap,
        whitelist=terms.whitelist,
        forms=sum({SettleForm[form.upper()] for form in terms.forms}),
        chains=chain_bits(desk, terms.chains),
        blocked=Reason.KILL_SWITCH if listing.killed else Reason.NONE,
        phase=lets.phase,
        pauses=listing.status == "continuous" and terms.auction is not None and terms.auction.pause_ns > 0,
    )


def lets_of(listing: Listing) -> Lets:
    """Return what an instrument lets in now: by its status, what its call leads to, and whether it is wound down."""
    lets, call = LETS[listing.status], listing.call
    if reduces(listing) or (call is not None and call.then == "reduce-only"):
        lets = lets._replace(may=lets.may & ~CAN.BUY)
    if listing.status == "auction-call" and call is not None and call.then == "closed":
        lets = lets._replace(phase=Phase.CLOSING_CALL)
    return lets


def reduces(listing: Listing) -> bool:
    """Tell whether a wind-down lets no more buyers in."""
    return listing.wind_down is not None and listing.wind_down.reducing


def put_subscriber(desk: Desk, subscriber: Subscriber) -> None:
    """Register a subscriber as he stands now, and tell the venue his limits and whether he is stopped."""
    desk.subscribers[subscriber.name] = subscriber
    blocked = Reason.SANCTIONS if subscriber.sanctioned else Reason.KILL_SWITCH if subscriber.killed else Reason.NONE
    limits = subscriber.limits
    desk.venue.set_party(
        subscriber.number,
        blocked=blocked,
        profile=subscriber.profile,
        kyc_until_ns=subscriber.kyc_until_ns,
        chains=chain_bits(desk, chains_of(subscriber.wallets)),
        max_order_qty=limits.max_order_qty,
        max_order_notional=limits.max_order_notional,
        max_open_orders=limits.max_open_orders,
        max_gross_open=limits.max_gross_open,
        max_gross_day=limits.max_gross_day,
        duplicates_max=limits.duplicates_max,
        duplicates_ns=limits.duplicates_ns,
        redeemer=subscriber.type == "redeemer",
    )


def put_account(desk: Desk, account: Account) -> None:
    """Register an account as it stands now, and tell the venue whose it is and whether it is stopped."""
    desk.accounts[account.number] = account
    whole = any(hold.whole_account for hold in desk.holds_on(account.number))
    desk.venue.set_account(
        account.number,
        party=desk.owner(account).number,
        tier=account.tier,
        stp_group=group_of(desk, account),
        stp_mode=StpMode[account.stp_mode.upper().replace("-", "_")],
        blocked=Reason.ACCOUNT_RESTRICTED if whole else Reason.KILL_SWITCH if account.killed else Reason.NONE,
    )


def group_of(desk: Desk, account: Account) -> int:
    """Return the self-trade prevention group of an account: its own, its subscriber's control group's, or a lone one."""
    if account.stp_group is not None:
        return account.stp_group
    owner = desk.owner(account)
    if owner.type == "bd":
        return LONE_GROUPS + account.number
    group = f"group {owner.control_group}" if owner.control_group else f"subscriber {owner.name}"
    return CONTROL_GROUPS + desk.groups.setdefault(group, len(desk.groups) + 1)


def profile_of(subscriber: Subscriber) -> Profile:
    """Return what decides a subscriber's access to instruments."""
    return tuple(sorted(subscriber.jurisdictions)), subscriber.us_person, tuple(sorted(subscriber.entitlements)), subscriber.type


def access(terms: ListInstrument, profile: Profile) -> Reason:
    """Return why subscribers of a profile may not trade an instrument, or NONE."""
    jurisdictions, us_person, entitlements, kind = profile
    outside = bool(terms.jurisdictions) and not set(jurisdictions) <= set(terms.jurisdictions)
    if outside or set(jurisdictions) & set(terms.denied) or (us_person and not terms.us_persons):
        return Reason.JURISDICTION
    if not set(terms.entitlements) <= set(entitlements) or (terms.types and kind not in terms.types):
        return Reason.NOT_ENTITLED
    return Reason.NONE


def free_profile(desk: Desk, profile: Profile) -> int:
    """Return the number of a profile, known or to be given: a new one, or else one that no subscriber has any more."""
    known = desk.profiles.get(profile)
    if known is not None:
        return known
    if len(desk.profiles) < desk.venue.profile_count:
        return len(desk.profiles)
    used = {subscriber.profile for subscriber in desk.subscribers.values()}
    free = next((number for number in desk.profiles.values() if number not in used), None)
    if free is None:
        raise refused("PROFILES_FULL", f"all {desk.venue.profile_count} access profiles are in use")
    return free


def put_profile(desk: Desk, profile: Profile, number: int) -> None:
    """Let a number stand for a profile, and tell the venue what those who have it may trade."""
    if desk.profiles.get(profile) == number:
        return
    desk.profiles = {known: other for known, other in desk.profiles.items() if other != number}
    desk.profiles[profile] = number
    for listing in desk.instruments.values():
        desk.venue.set_access(number, listing.number, access(listing.terms, profile))


def put_access(desk: Desk, listing: Listing) -> None:
    """Tell the venue which profiles may trade an instrument."""
    for profile, number in desk.profiles.items():
        desk.venue.set_access(number, listing.number, access(listing.terms, profile))


def check_rates(desk: Desk, rates: Iterable[Fee]) -> None:
    """Refuse more sets of rates than there can ever be: open orders keep theirs, so none is forgotten."""
    unknown = {rates_of(fee) for fee in rates} - desk.rates.keys()
    if len(desk.rates) + len(unknown) > MAX_RATES:
        raise refused("RATES_FULL", f"{len(desk.rates)} sets of rates were used and {len(unknown)} are new; the limit is {MAX_RATES}")


def rates_of(fee: Fee) -> tuple[int, int, int]:
    """Return a tier's rates as the venue knows them."""
    return fee.maker, fee.taker, fee.auction


def chains_of(wallets: Iterable[str]) -> list[str]:
    """Return the chains that wallets are on."""
    return [wallet.partition(":")[0] for wallet in wallets]


def check_chains(desk: Desk, chains: Iterable[str]) -> None:
    """Refuse a chain that there is no bit left for."""
    unknown = set(chains) - desk.chains.keys()
    if len(desk.chains) + len(unknown) > MAX_CHAINS:
        raise refused("CHAINS_FULL", f"{len(desk.chains)} chains are known and {len(unknown)} more were named; the limit is {MAX_CHAINS}")


def chain_bits(desk: Desk, chains: Iterable[str]) -> int:
    """Return chains as bits, numbering those that are new."""
    return sum({1 << desk.chains.setdefault(chain, len(desk.chains)) for chain in chains})
