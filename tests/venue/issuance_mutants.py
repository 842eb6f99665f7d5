"""Break issuance on purpose, one rule at a time, as `tests/venue/mutants.py` does with the money.

`python -m tests.venue.issuance_mutants [NAME ...]`: a mutant that survives is a token that nobody counts.  Takes some ten seconds a mutant.
"""

import sys

from tests.mutants import Mutant, main
from tests.venue.mutants import VenueTree

NEWEST = "if act.as_of_ns <= issuance.newest_ns:"
BURN = '("requested",), "burned")'
RELEASE = '("burned",), "released", act.reference)'
COVERED = "qty * numerator <= capacity(issuance) * denominator"
UNEXPLAINED = "if issuance.supply is not None and not issuance.supply.explained:\n        return"

MUTANTS = [
    Mutant(
        "mint one unit over", "minting.py", "if not covered(listing, issuance, after):", "if not covered(listing, issuance, after - 1):"
    ),
    Mutant(
        "mint one unit short", "minting.py", "if not covered(listing, issuance, after):", "if not covered(listing, issuance, after + 1):"
    ),
    Mutant("authorised one unit over", "minting.py", "if after > issuance.authorised:", "if after > issuance.authorised + 1:"),
    Mutant("mint of stale shares", "minting.py", "if ts_ns > good_until_ns(issuance):", "if False:"),
    Mutant("mint a nanosecond late", "minting.py", "if ts_ns > good_until_ns(issuance):", "if ts_ns > good_until_ns(issuance) + 1:"),
    Mutant(
        "mint while the chain disagrees", "minting.py", "if issuance.supply is not None and not issuance.supply.explained:", "if False:"
    ),
    Mutant("mint without custody", "minting.py", '("confirmed",), "minted")', '("hedged", "confirmed"), "minted")'),
    Mutant("delivered before it is minted", "minting.py", '("minted",), "delivered")', '("confirmed", "minted"), "delivered")'),
    Mutant("failed mint keeps its tokens", "minting.py", 'if entry.state == "minted" else []', "if False else []"),
    Mutant("one person burns a failed mint", "minting.py", 'return entry is not None and entry.state == "minted"', "return False"),
    Mutant("signature ignored", "attestations.py", "if not _is_signed(desk.attestors[act.attestor], act):", "if False:"),
    Mutant("signed by any attestor", "attestations.py", "desk.attestors[act.attestor], act)", "[*desk.attestors.values()][-1], act)"),
    Mutant(
        "anybody attests", "attestations.py", "if act.attestor not in issuance.terms.attestors:", "if act.attestor not in desk.attestors:"
    ),
    Mutant("shares not signed", "attestation_text.py", '        f"shares: {texts.amount(act.shares)}",\n', ""),
    Mutant("instrument not signed", "attestation_text.py", '        f"instrument: {act.instrument}",\n', ""),
    Mutant("older attestation believed", "attestations.py", NEWEST, "if act.as_of_ns < issuance.newest_ns - 10**9:"),
    Mutant("attestation of the future", "attestations.py", "if act.as_of_ns > by.ts_ns:", "if act.as_of_ns > by.ts_ns + 1:"),
    Mutant("arrived too old", "attestations.py", "> issuance.terms.ttl_ns:", "> issuance.terms.ttl_ns + 1:"),
    Mutant("arrived invalid", "attestations.py", "if by.ts_ns > act.valid_until_ns:", "if by.ts_ns > act.valid_until_ns + 1:"),
    Mutant(
        "removed attestor still believed", "attestations.py", "if issuance.attestation and issuance.attestation.attestor != name", "if True"
    ),
    Mutant(
        "released shares still count",
        "reserves.py",
        "in_transit * issuance.terms.transit_bps // BPS - left, 0)",
        "in_transit * issuance.terms.transit_bps // BPS, 0)",
    ),
    Mutant("releases forgotten too early", "attestations.py", "if ts_ns > act.as_of_ns)", "if ts_ns > by.ts_ns)"),
    Mutant("all in transit counts", "reserves.py", "in_transit * issuance.terms.transit_bps // BPS", "in_transit"),
    Mutant("multiplier ignored", "reserves.py", COVERED, "qty <= capacity(issuance)"),
    Mutant("multiplier upside down", "reserves.py", COVERED, "qty * denominator <= capacity(issuance) * numerator"),
    Mutant(
        "released shares rounded down", "reserves.py", "return -(-qty * numerator // denominator)", "return qty * numerator // denominator"
    ),
    Mutant(
        "time to live a nanosecond long",
        "reserves.py",
        "attestation.as_of_ns + issuance.terms.ttl_ns,",
        "attestation.as_of_ns + issuance.terms.ttl_ns + 1,",
    ),
    Mutant("validity ignored", "reserves.py", "ttl_ns, attestation.valid_until_ns, FOREVER_NS)", "ttl_ns, FOREVER_NS)"),
    Mutant(
        "stale a nanosecond early",
        "reserves.py",
        'return "good" if ts_ns <= good_until_ns(issuance)',
        'return "good" if ts_ns < good_until_ns(issuance)',
    ),
    Mutant("unexplained supply is good", "reserves.py", UNEXPLAINED, "if False:\n        return"),
    Mutant(
        "stale before breach",
        "reserves.py",
        "issuance.attestation is not None and not covered(listing, issuance, issued(desk, listing)):\n        return",
        "ts_ns <= good_until_ns(issuance) and not covered(listing, issuance, issued(desk, listing)):\n        return",
    ),
    Mutant("resumed by hand", "reserves.py", 'raise refused("RESERVE", f"the', 'print("RESERVE", f"the'),
    Mutant("resumed by itself", "reserves.py", 'return (status, cause) if state == "good" else', "return (status, cause) if True else"),
    Mutant("token from nowhere", "reserves.py", "if there + delta < 0:", "if there + delta < -1:"),
    Mutant(
        "transfer from the issuance", "reserves.py", "if account == ISSUANCE:\n            raise", "if account == 0:\n            raise"
    ),
    Mutant("supply of now", "reserves.py", "if entry.ts_ns <= ts_ns:", "if True:"),
    Mutant(
        "supply explained by less",
        "issuance_registers.py",
        "abs(self.supply - self.issued) == self.in_flight",
        "abs(self.supply - self.issued) <= self.in_flight",
    ),
    Mutant("supply of before the last", "supplies.py", "act.as_of_ns <= before.as_of_ns", "act.as_of_ns < before.as_of_ns"),
    Mutant("release before burn", "redeeming.py", RELEASE, '("requested", "burned"), "released", act.reference)'),
    Mutant("burned after it failed", "redeeming.py", BURN, '("requested", "failed"), "burned")'),
    Mutant("burned redeem fails", "redeeming.py", '("requested",), "failed")', '("requested", "burned"), "failed")'),
    Mutant(
        "burn brings nothing back",
        "redeeming.py",
        '        follow(desk, entry.instrument, by)\n        return done(f"{texts.amount(entry.qty)} {asset.asset} were burned"',
        '        return done(f"{texts.amount(entry.qty)} {asset.asset} were burned"',
    ),
    Mutant("hold does not stop a burn", "redeeming.py", "    check_free(desk, account)\n", "    pass\n"),
    Mutant("due a nanosecond late", "issuance.py", "min(until_ns + 1, FOREVER_NS)", "min(until_ns + 2, FOREVER_NS)"),
    Mutant("a call goes on without a reserve", "issuance.py", "and listing.status in OPEN else", "else"),
    Mutant(
        "a person's halt is lifted",
        "issuance.py",
        "if listing.cause not in RESERVE_CAUSES or listing.status not in",
        "if listing.status not in",
    ),
    Mutant("cause not told anew", "issuance.py", "and listing.cause != cause:", "and False:"),
    Mutant("always only reduced", "issuance.py", 'if issuance.terms.breach == "reduce-only" and', "if"),
    Mutant("calendar not asked", "issuance.py", 'scheduled = row.status if row else ""', 'scheduled = ""'),
    Mutant(
        "an opening lasts all day", "issuance.py", 'scheduled == "auction-call" and row.then == "closed"', 'scheduled == "auction-call"'
    ),
    Mutant("closing is opened", "issuance.py", '(scheduled == "auction-call" and row.then == "closed")', "False"),
    Mutant("closed is opened", "issuance.py", 'if then == "closed" and not scheduled:', "if False:"),
    Mutant("restriction forgotten", "issuance.py", "        remember(desk, listing.terms.symbol, _leads_to(listing))\n", "        pass\n"),
    Mutant("broken off and forgotten", "statuses.py", "        remember(desk, symbol, call.then if call else then_of(wanted))\n", ""),
    Mutant("outside tokens not adopted", "issuance.py", "if out > 0 else []", "if False else []"),
    Mutant("authorised below issued", "issuance.py", "if act.authorised < there:", "if act.authorised < there - 1:"),
    Mutant(
        "state not written down",
        "issuance.py",
        "        desk.issuances[symbol] = replace(issuance, state=state)\n        _note(desk, symbol, by)\n",
        "        desk.issuances[symbol] = replace(issuance, state=state)\n",
    ),
    Mutant(
        "reference of a step not asked",
        "issuance_steps.py",
        "if step.state == wanted and step.reference == reference:",
        "if step.state == wanted:",
    ),
    Mutant("attestations forgotten", "archive.py", "desk.attestations = list(archive.attestations)", "desk.attestations = []"),
]


class IssuanceTree(VenueTree):
    """The same, held against the tests of issuance."""

    rounds = (tuple(f"tests/venue/test_issuance_{name}.py" for name in ("attestations", "minting", "terms", "supply", "statuses", "laws")),)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], MUTANTS, IssuanceTree))
