"""Subscribers, their accounts and their sessions: who has access, and the record of every decision on it."""

from msgspec.structs import replace

from engine.matching.enums import Reason
from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.entries import (
    access,
    chains_of,
    check_chains,
    free_profile,
    profile_of,
    put_account,
    put_profile,
    put_subscriber,
)
from engine.venue.party_acts import ChangeSubscriber, Onboard, RefuseAccess, SetLimits
from engine.venue.registers import Decision, Subscriber
from engine.venue.terms import Limits

LIFE = (
    "legal_name",
    "type",
    "kyc_tier",
    "kyc_until_ns",
    "jurisdictions",
    "us_person",
    "entitlements",
    "control_group",
    "limits",
    "wallets",
)


def onboard(desk: Desk, act: Onboard, by: By) -> Do:
    """Admit a subscriber."""
    if act.subscriber in desk.subscribers:
        raise refused("SUBSCRIBER_EXISTS", f"subscriber {act.subscriber} is there already")
    number = len(desk.subscribers) + 1
    if number > desk.venue.party_count:
        raise refused("SUBSCRIBERS_FULL", f"there is room for {desk.venue.party_count} subscribers")
    if act.kyc_until_ns <= by.ts_ns:
        raise refused("KYC_EXPIRED", f"KYC until {texts.utc(act.kyc_until_ns)} has ended: it is {texts.utc(by.ts_ns)}")
    _check_jurisdictions(act.jurisdictions)
    check_chains(desk, chains_of(act.wallets))
    entry = Subscriber(
        number=number,
        name=act.subscriber,
        **{field: getattr(act, field) for field in LIFE},
        profile=0,
        list_version=desk.list_version,
    )
    profile = free_profile(desk, profile_of(entry))

    def do() -> Outcome:
        put_profile(desk, profile_of(entry), profile)
        put_subscriber(desk, replace(entry, profile=profile))
        desk.agenda.set("kyc", act.subscriber, act.kyc_until_ns)
        desk.decide(by, act.subscriber, "grant", act.standard_id)
        return done(f"subscriber {act.subscriber} is number {number}", number=number)

    return do


def refuse_access(desk: Desk, act: RefuseAccess, by: By) -> Do:
    """Write down a refusal."""

    def do() -> Outcome:
        desk.decide(by, act.name, "refuse", act.standard_id)
        return done(f"the refusal of {act.name} is decision {len(desk.decisions)}", decision=len(desk.decisions))

    return do


def set_limits(desk: Desk, act: SetLimits, by: By) -> Do:
    """Replace a subscriber's limits."""
    before = desk.subscriber(act.subscriber)
    decision: Decision = "lift" if loosens(before.limits, act.limits) else "limit"

    def do() -> Outcome:
        put_subscriber(desk, replace(before, limits=act.limits))
        desk.decide(by, act.subscriber, decision, "LIMITS")
        return done(f"subscriber {act.subscriber} has other limits")

    return do


def change_subscriber(desk: Desk, act: ChangeSubscriber, by: By) -> Do:
    """Change a subscriber, and cancel at once what he could not enter any more."""
    before = desk.subscriber(act.subscriber)
    changes = {field: getattr(act, field) for field in LIFE if getattr(act, field) is not None}
    if not changes:
        raise refused("NO_CHANGE", "nothing to change is given")
    entry = replace(before, **changes)
    _check_jurisdictions(entry.jurisdictions)
    check_chains(desk, chains_of(entry.wallets))
    profile = free_profile(desk, profile_of(entry))
    lapsed = entry.kyc_until_ns <= by.ts_ns
    lost = [
        listing.number
        for listing in desk.instruments.values()
        if access(listing.terms, profile_of(entry)) and not access(listing.terms, profile_of(before))
    ]

    def do() -> Outcome:
        put_profile(desk, profile_of(entry), profile)
        put_subscriber(desk, replace(entry, profile=profile))
        accounts = desk.accounts_of(entry.name)
        for account in accounts:
            put_account(desk, account)
        canceled = 0
        if lapsed:
            canceled += desk.cancel(Reason.KYC_LAPSED, accounts=accounts)
        for instrument in lost:
            canceled += desk.cancel(Reason.RESTRICTED, accounts=accounts, instrument=instrument)
        desk.agenda.set("kyc", entry.name, entry.kyc_until_ns)
        limited = lapsed or lost or ("limits" in changes and not loosens(before.limits, entry.limits))
        desk.decide(by, entry.name, "limit" if limited else "grant", act.standard_id)
        return done(f"subscriber {entry.name} is changed: {', '.join(changes)}", canceled=canceled)

    return do


def kyc_due(desk: Desk, name: str, by: By) -> None:
    """Cancel the orders of a subscriber whose KYC has ended."""
    desk.cancel(Reason.KYC_LAPSED, accounts=desk.accounts_of(name))
    desk.decide(by, name, "limit", "KYC")


def loosens(before: Limits, after: Limits) -> bool:
    """Tell whether any limit lets more through than before."""
    pairs = [
        (before.max_order_qty, after.max_order_qty),
        (before.max_order_notional, after.max_order_notional),
        (before.max_open_orders, after.max_open_orders),
        (before.max_gross_open, after.max_gross_open),
        (before.max_gross_day, after.max_gross_day),
        (before.duplicates_max, after.duplicates_max),
    ]
    shorter = bool(before.duplicates_max) and after.duplicates_ns < before.duplicates_ns
    return shorter or any(old and (not new or new > old) for old, new in pairs)


def limits_loosen(desk: Desk, act: SetLimits | ChangeSubscriber) -> bool:
    """Tell whether an act on a subscriber loosens one of his limits."""
    return act.limits is not None and loosens(desk.subscriber(act.subscriber).limits, act.limits)


def _check_jurisdictions(jurisdictions: tuple[str, ...]) -> None:
    if not jurisdictions:
        raise refused("NO_JURISDICTION", "jurisdictions: at least one is needed")
