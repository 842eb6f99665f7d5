"""Legal holds: what an authority has frozen in one account; nobody else's balance and nobody's order changes by it."""

from msgspec.structs import replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.deposits import check_available
from engine.venue.desk import By, Desk, Do, External, already, done, refused
from engine.venue.entries import put_account
from engine.venue.money_acts import LiftHold, PlaceHold
from engine.venue.records import Bucket
from engine.venue.registers import Account, Hold, Line


def place_hold(desk: Desk, act: PlaceHold, by: By) -> Do:
    """Freeze what is available, no more; a hold on the whole account also keeps it from trading."""
    desk.unused(f"hold {act.hold_id}", act)
    account = desk.account(act.account)
    if act.review_ns <= by.ts_ns:
        raise refused("REVIEW", f"the review at {texts.utc(act.review_ns)} is not after now, {texts.utc(by.ts_ns)}")
    frozen = _to_freeze(desk, account, act)
    lines = _lines(act.account, frozen, 1)
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "place-hold", act.hold_id, lines) if lines else 0
        desk.external[f"hold {act.hold_id}"] = External(act, seq)
        desk.holds[act.hold_id] = Hold(
            hold_id=act.hold_id,
            account=act.account,
            whole_account=not act.asset,
            frozen=frozen,
            authority=act.authority,
            reference=act.reference,
            review_ns=act.review_ns,
            placed_ns=by.ts_ns,
            actor=by.actor,
            journal=seq,
        )
        desk.held.setdefault(act.account, []).append(act.hold_id)
        put_account(desk, account)
        desk.decide(by, f"account {act.account}", "limit", "LEGAL_HOLD")
        return done(f"hold {act.hold_id} is in force", journal=seq)

    return do


def lift_hold(desk: Desk, act: LiftHold, by: By) -> Do:
    """Give back what a hold froze."""
    hold = desk.holds.get(act.hold_id)
    if hold is None:
        raise refused("UNKNOWN_HOLD", f"hold {act.hold_id} is not known")
    if hold.lifted_ns:
        raise already(f"hold {act.hold_id} is lifted, in journal entry {hold.journal}", journal=hold.journal)
    lines = _lines(hold.account, hold.frozen, -1)
    desk.movable(lines)

    def do() -> Outcome:
        seq = desk.post(by, "lift-hold", act.hold_id, lines) if lines else 0
        desk.holds[act.hold_id] = replace(hold, lifted_ns=by.ts_ns, journal=seq)
        desk.held[hold.account].remove(act.hold_id)
        put_account(desk, desk.account(hold.account))
        desk.decide(by, f"account {hold.account}", "lift", "LEGAL_HOLD")
        return done(f"hold {act.hold_id} is lifted", journal=seq)

    return do


def _to_freeze(desk: Desk, account: Account, act: PlaceHold) -> tuple[tuple[int, int], ...]:
    if not act.asset:
        if act.amount:
            raise refused("AMOUNT_WITHOUT_ASSET", f"amount {texts.amount(act.amount)} is given for the whole account; name its asset")
        held = [(asset.number, desk.available(account.number, asset)) for asset in desk.assets.values()]
        return tuple((number, available) for number, available in held if available)
    asset = desk.asset(act.asset)
    check_available(desk, account, asset, act.amount)
    amount = act.amount or desk.available(account.number, asset)
    if not amount:
        raise refused("INSUFFICIENT", f"account {account.number} has 0 {asset.asset} available; there is nothing to freeze")
    return ((asset.number, amount),)


def _lines(account: int, frozen: tuple[tuple[int, int], ...], sign: int) -> list[Line]:
    lines: list[Line] = []
    for asset, amount in frozen:
        lines += [(account, asset, Bucket.AVAILABLE, -sign * amount), (account, asset, Bucket.FROZEN, sign * amount)]
    return lines
