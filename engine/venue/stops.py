"""What stops trading at once: hits on a sanctions list, and kill switches.  The block comes first, then the cancels, in the same act."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from engine.matching.enums import Reason
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, already, done, refused
from engine.venue.entries import put_account, put_listing, put_subscriber
from engine.venue.party_acts import KillSwitch, UpdateSanctions

Switch = tuple[str, bool, Callable[[], int]]


def clears(_desk: Desk, act: UpdateSanctions) -> bool:
    """Tell whether a screening clears somebody."""
    return bool(act.cleared)


def switches_off(_desk: Desk, act: KillSwitch) -> bool:
    """Tell whether a kill switch lets something go on."""
    return not act.on


def update_sanctions(desk: Desk, act: UpdateSanctions, by: By) -> Do:
    """Record a screening, block its hits, unblock who was cleared."""
    if act.hits and act.cleared:
        raise refused("MIXED", "hits and cleared come in acts of their own: hits are blocked at once, clearing waits for a second person")
    if act.list_version < desk.list_version:
        raise refused("LIST_VERSION", f"list_version {act.list_version} is before {desk.list_version}, which was screened against already")
    named = [desk.subscriber(name) for name in dict.fromkeys(act.hits or act.cleared)]

    def do() -> Outcome:
        desk.list_version = act.list_version
        canceled = 0
        for subscriber in named:
            put_subscriber(desk, replace(subscriber, sanctioned=bool(act.hits), list_version=act.list_version))
            desk.decide(by, subscriber.name, "limit" if act.hits else "lift", "SANCTIONS")
            if act.hits:
                accounts = desk.accounts_of(subscriber.name)
                canceled += desk.cancel(Reason.SANCTIONS_HIT, accounts=accounts)
                _hold_withdrawals(desk, {account.number for account in accounts})
        return done(f"list {act.list_version}: {len(act.hits)} hits, {len(act.cleared)} cleared", canceled=canceled)

    return do


def kill_switch(desk: Desk, act: KillSwitch, by: By) -> Do:
    """Stop a subscriber, an account, an instrument or the venue, or let it go on."""
    subject, killed, throw = {"subscriber": _subscriber, "account": _account, "instrument": _instrument, "venue": _venue}[act.scope](
        desk, act
    )
    if killed == act.on:
        raise already(f"the kill switch of {subject} is {'on' if act.on else 'off'}")

    def do() -> Outcome:
        canceled = throw()
        desk.decide(by, subject, "limit" if act.on else "lift", "KILL_SWITCH")
        return done(f"the kill switch of {subject} is {'on' if act.on else 'off'}", canceled=canceled)

    return do


def _subscriber(desk: Desk, act: KillSwitch) -> Switch:
    subscriber = desk.subscriber(act.target)

    def throw() -> int:
        put_subscriber(desk, replace(subscriber, killed=act.on))
        return desk.cancel(Reason.KILL, accounts=desk.accounts_of(subscriber.name)) if act.on else 0

    return subscriber.name, subscriber.killed, throw


def _account(desk: Desk, act: KillSwitch) -> Switch:
    if not re.fullmatch(r"[1-9][0-9]{0,9}", act.target):
        raise refused("UNKNOWN_ACCOUNT", f"target {act.target!r} is not the number of an account")
    account = desk.account(int(act.target))

    def throw() -> int:
        put_account(desk, replace(account, killed=act.on))
        return desk.cancel(Reason.KILL, accounts=[account]) if act.on else 0

    return f"account {account.number}", account.killed, throw


def _instrument(desk: Desk, act: KillSwitch) -> Switch:
    listing = desk.listing(act.target)

    def throw() -> int:
        put_listing(desk, replace(listing, killed=act.on))
        desk.status_news.append(listing.terms.symbol)
        return desk.cancel(Reason.KILL, instrument=listing.number) if act.on else 0

    return f"instrument {listing.terms.symbol}", listing.killed, throw


def _venue(desk: Desk, act: KillSwitch) -> Switch:
    if act.target:
        raise refused("TARGET", f"target {act.target}: the venue's kill switch has none")

    def throw() -> int:
        desk.killed = act.on
        desk.venue.set_blocked(Reason.KILL_SWITCH if act.on else Reason.NONE)
        desk.status_news.extend(desk.instruments)
        return desk.cancel(Reason.KILL) if act.on else 0

    return "the venue", desk.killed, throw


def _hold_withdrawals(desk: Desk, accounts: set[int]) -> None:
    for withdrawal in list(desk.withdrawals.values()):
        if withdrawal.account in accounts and withdrawal.state == "requested":
            desk.withdrawals[withdrawal.external_id] = replace(withdrawal, state="held")
