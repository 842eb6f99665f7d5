"""Break statuses, auctions, references and wind-downs on purpose, one rule at a time, as `tests/venue/mutants.py` does with the money.

`python -m tests.venue.status_mutants [NAME ...]`: a mutant that survives is a halt that does not hold.  Takes some ten seconds a mutant.
"""

import sys

from tests.mutants import Mutant, main
from tests.venue.mutants import VenueTree

MUTANTS = [
    Mutant(
        "halt lets a fill through",
        "entries.py",
        '"halted": Lets(CAN.REDUCE, Phase.CALL, 0)',
        '"halted": Lets(ALL, Phase.CONTINUOUS, ALL_ORDER_TYPES)',
    ),
    Mutant(
        "halt lets orders in", "entries.py", '"halted": Lets(CAN.REDUCE, Phase.CALL, 0)', '"halted": Lets(ALL, Phase.CALL, ALL_ORDER_TYPES)'
    ),
    Mutant(
        "halted to continuous without an auction",
        "statuses.py",
        '"halted": STOPPED | CALLING,',
        '"halted": STOPPED | CALLING | {"continuous"},',
    ),
    Mutant(
        "call ended by hand without an auction",
        "statuses.py",
        '"auction-call": STOPPED | {"pre-open"},',
        '"auction-call": STOPPED | {"pre-open", "continuous"},',
    ),
    Mutant("notice not kept", "winding.py", "if notice_ns < listing.terms.notice_ns and", "if False and"),
    Mutant("jump taken", "references.py", "taken = act.confirmed or not jumped", "taken = True"),
    Mutant("jump does not halt", "references.py", "        if jumped:\n", "        if False:\n"),
    Mutant("auction without a reference", "calling.py", "stale = not has_reference(desk, listing, by.ts_ns)", "stale = False"),
    Mutant("gap goes on", "references.py", "if collar and before and listing.status in MATCHING and _gaps", "if False and _gaps"),
    Mutant("strike does not pause", "calling.py", 'if listing.status == "continuous":\n            cause', "if False:\n            cause"),
    Mutant("orders outlive their instrument", "statuses.py", "return desk.cancel(Reason.TERMINATION, instrument=number)", "return 0"),
    Mutant("frozen position without a claim", "claims.py", "Bucket.FROZEN: balance.frozen", "Bucket.FROZEN: 0"),
    Mutant("any price after a multiplier", "references.py", "if listing.guarded and mark.quality", "if False and mark.quality"),
    Mutant("price of before the multiplier", "references.py", "if act.as_of_ns < effective_ns:", "if False:"),
    Mutant(
        "calendar opens what is halted",
        "calendars.py",
        'frozenset({"pre-open", "auction-call", "continuous", "closed"})',
        'frozenset({"pre-open", "auction-call", "continuous", "closed", "halted"})',
    ),
    Mutant("pause reopens after the close", "calling.py", 'if row is not None and row.status == "closed":', "if False:"),
    Mutant(
        "lapsed reference goes on",
        "references.py",
        "        if listing.status in MATCHING:\n            canceled += put_status",
        "        if False:\n            canceled += put_status",
    ),
    Mutant(
        "auction outside the collar",
        "calling.py",
        "return desk.venue.uncross(listing.number, reference=reference.price, low=low, high=high)",
        "return desk.venue.uncross(listing.number, reference=reference.price)",
    ),
    Mutant("auction without its own collar", "calling.py", "    if bps:\n        low", "    if False:\n        low"),
    Mutant("one person resumes", "steering.py", "return bool(wanted & ~now)", "return False"),
    Mutant(
        "what a call leads to not judged",
        "steering.py",
        'if listing.call and listing.status == "auction-call" else _trades(listing.status)',
        "if False else _trades(listing.status)",
    ),
    Mutant("call extended for ever", "calling.py", "if call.extensions < terms.max_extensions and", "if"),
    Mutant(
        "reference overrules a halt", "statuses.py", 'interrupted=interrupted or "",', "interrupted=interrupted or listing.interrupted,"
    ),
    Mutant(
        "status told again not written down",
        "statuses.py",
        "    desk.changes.append(entry)\n",
        "    if before != listing.status:\n        desk.changes.append(entry)\n",
    ),
    Mutant(
        "bids stay in a wind-down",
        "statuses.py",
        "canceled = _cancel(desk, desk.instruments[symbol], changed)",
        "canceled = _cancel(desk, changed, changed)",
    ),
    Mutant("buyers in a wind-down's call", "entries.py", "    if reduces(listing) or (call is not None", "    if (call is not None"),
    Mutant(
        "multiplier does not halt",
        "multipliers.py",
        'put_status(desk, changed, "halted", "corporate-action", by)',
        "desk.instruments[symbol] = changed",
    ),
    Mutant("multiplier keeps the reference", "multipliers.py", "mark=None, guarded=True", "guarded=True"),
    Mutant("bands of a session not used", "marks.py", "if bands.session == session), collar)", "if False), collar)"),
    Mutant("since when not told", "statuses.py", "if status == before else by.ts_ns", "if status == before else listing.since_ns"),
    Mutant(
        "closed takes any order",
        "entries.py",
        '"closed": Lets(ALL, Phase.CALL, LASTING)',
        '"closed": Lets(ALL, Phase.CALL, ALL_ORDER_TYPES)',
    ),
    Mutant("claim paid twice", "claims.py", "    if claim.paid_ns:", "    if False:"),
    Mutant("claim paid without funds", "claims.py", "    if amount > funded:", "    if False:"),
    Mutant(
        "claim paid under a hold",
        "claims.py",
        "    check_free(desk, account)\n",
        "    pass\n",
    ),
    Mutant("closing call is any call", "entries.py", "phase=Phase.CLOSING_CALL", "phase=Phase.CALL"),
    Mutant("call leads past a wind-down", "statuses.py", "        call = replace(call, then=reduced(call.then)) if call else None\n", ""),
    Mutant(
        "wind-down lets buyers in again",
        "statuses.py",
        '        status = "reduce-only" if status in ("continuous", "post-only") else status\n',
        "",
    ),
    Mutant(
        "lapse before a price not noticed",
        "references.py",
        "        put_reference(desk, listing, by)\n        if jumped",
        "        if jumped",
    ),
    Mutant("auction by an aged reference", "calling.py", "canceled = bring_reference(desk, listing, by.ts_ns)\n", "canceled = 0\n"),
    Mutant(
        "strike of an act not answered",
        "office.py",
        "        outcome = do()\n        self.answer_strikes(ts_ns)\n",
        "        outcome = do()\n",
    ),
    Mutant(
        "strike of time not answered",
        "office.py",
        "            do(self, whom, By(persons.TIME, reason, ts_ns))\n            self.answer_strikes(ts_ns)\n",
        "            do(self, whom, By(persons.TIME, reason, ts_ns))\n",
    ),
    Mutant("post-only takes", "entries.py", "Lets(ALL & ~CAN.TAKE, Phase", "Lets(ALL, Phase"),
    Mutant("matches without a reference", "statuses.py", "if status in MATCHING and not has_reference", "if False and not has_reference"),
    Mutant(
        "lapse forgets the reserve",
        "statuses.py",
        'return "continuous" if listing.cause.startswith("reserve-") else then_of',
        "return then_of",
    ),
    Mutant(
        "jump overrules a halt's cause",
        "references.py",
        "stays = listing.status in BELOW_HALTED or (listing",
        "stays = listing.status in BELOW_HALTED and (listing",
    ),
    Mutant("calendar opens by one person", "calendars.py", "return any(row.status not in", "return False and any(row.status not in"),
    Mutant("deposit after the end", "deposits.py", 'desk.instruments[asset.listed].status == "terminated"', "False"),
    Mutant("withdrawal open after the end", "claims.py", 'withdrawal.state in ("requested", "held")', "False"),
    Mutant("end of a call not told", "calling.py", "return call.until_ns if call.then in MATCHING else 0", "return 0"),
    Mutant("auction rate lost", "entries.py", "return fee.maker, fee.taker, fee.auction", "return fee.maker, fee.taker, 0"),
]


class StatusTree(VenueTree):
    """The same, held against the tests of statuses: the drawn days first, then the laws."""

    rounds = (
        ("tests/venue/test_status_fixtures.py",),
        tuple(f"tests/venue/test_office_{name}.py" for name in ("statuses", "calls", "guards", "references", "winding", "calendar")),
        ("tests/venue/test_office_status_laws.py",),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], MUTANTS, StatusTree))
