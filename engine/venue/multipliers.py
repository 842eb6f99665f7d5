"""How many shares a token stands for, and the guard around each change of it.

A multiplier changes when the issuer says, the feed of prices when its market opens again; between the two a price times the new multiplier
is poison.  So a change halts the instrument and drops its reference, and only a live price as of afterwards brings one back.
"""

from msgspec.structs import replace

from engine.venue import issuance, texts
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, done, refused
from engine.venue.market_acts import SetMultiplier
from engine.venue.references import BELOW_HALTED, put_reference
from engine.venue.registers import FOREVER_NS, Multiplier
from engine.venue.statuses import put_status

MAX_PENDING = 16


def set_multiplier(desk: Desk, act: SetMultiplier, by: By) -> Do:
    """Change the multiplier now, or at its time."""
    listing = desk.living(act.instrument)
    if listing.multipliers and act.effective_ns <= listing.multipliers[-1].effective_ns:
        last = texts.utc(listing.multipliers[-1].effective_ns)
        raise refused("MULTIPLIER", f"{texts.utc(act.effective_ns)} is not after {last}, when the last one came into force")
    coming = Multiplier(effective_ns=act.effective_ns, numerator=act.numerator, denominator=act.denominator)
    others = [pending for pending in listing.pending_multipliers if pending.effective_ns != act.effective_ns]
    if len(others) >= MAX_PENDING:
        raise refused("MULTIPLIERS_FULL", f"{len(others)} multipliers of {act.instrument} wait already; the limit is {MAX_PENDING}")
    pending = tuple(sorted([*others, coming], key=lambda multiplier: multiplier.effective_ns))

    def do() -> Outcome:
        desk.instruments[act.instrument] = replace(listing, pending_multipliers=pending)
        desk.agenda.set("multiplier", act.instrument, pending[0].effective_ns)
        if act.effective_ns <= by.ts_ns:
            multiplier_due(desk, act.instrument, by)
            return done(f"{act.instrument} is {act.numerator}/{act.denominator} shares and {desk.instruments[act.instrument].status}")
        return done(f"{act.instrument} will be {act.numerator}/{act.denominator} shares at {texts.utc(act.effective_ns)}")

    return do


def multiplier_due(desk: Desk, symbol: str, by: By) -> None:
    """Bring the multipliers whose time has come into force, and halt until an auction at a price that knows them."""
    listing = desk.instruments[symbol]
    due = tuple(multiplier for multiplier in listing.pending_multipliers if multiplier.effective_ns <= by.ts_ns)
    rest = listing.pending_multipliers[len(due) :]
    changed = replace(listing, multipliers=listing.multipliers + due, pending_multipliers=rest, mark=None, guarded=True)
    if listing.status in BELOW_HALTED:
        desk.instruments[symbol] = changed
    else:
        put_status(desk, changed, "halted", "corporate-action", by)
    desk.agenda.set("multiplier", symbol, rest[0].effective_ns if rest else FOREVER_NS)
    put_reference(desk, desk.instruments[symbol], by)
    issuance.follow(desk, symbol, by)
