"""Break the venue's money and its gates on purpose, one rule at a time, as `tests/mutants.py` does with the book.

`python -m tests.venue.mutants [NAME ...]`: a mutant that survives is a rule without a test.  Takes about a minute a mutant.
"""

import sys

from tests.mutants import MATCHING, Mutant, Tree, main

VENUE = "engine/venue"
LAWS = (
    "call_laws",
    "boundaries",
    "agreement",
    "gate_laws",
    "venue_fixtures",
    "ledger_laws",
    "trade_laws",
    "venue_metamorphic",
    "venue_properties",
)

MUTANTS = [
    Mutant("hold not released", "settlement.pyx", "balance.available -= targets[sells] - order.held\n", "pass\n"),
    Mutant("hold not taken at entry", "settlement.pyx", "    balance.available -= entry.hold\n    balance.held += entry.hold\n", ""),
    Mutant("hold without the fee", "settlement.pyx", "targets[0] = notional + worst_fee(", "targets[0] = notional + 0 * worst_fee("),
    Mutant("fee charged twice", "settlement.pyx", "sign * notional + detail.fee", "sign * notional + 2 * detail.fee"),
    Mutant("fee not charged to sells", "settlement.pyx", "sign * notional + detail.fee", "sign * notional + detail.fee * (sign > 0)"),
    Mutant("fee of each fill rounded by itself", "settlement.pyx", "        order.fee_fraction = <uint32_t> rest\n", ""),
    Mutant(
        "rounded to the venue", "settlement.pyx", "[gate.fees].available += to_fees\n", "[gate.fees].available += to_fees + to_rounding\n"
    ),
    Mutant("rounding not kept", "settlement.pyx", "[gate.rounding].available += to_rounding\n", "[gate.rounding].available += 0\n"),
    Mutant("rounded in favour of the payer", "settlement.pyx", "detail.fee = to_fees + to_rounding", "detail.fee = to_fees"),
    Mutant("maker pays the taker's rate", "settlement.pyx", ".by_role[event.liquidity - LIQ_MAKER]", ".by_role[1]"),
    Mutant("taker pays the maker's rate", "settlement.pyx", ".by_role[event.liquidity - LIQ_MAKER]", ".by_role[0]"),
    Mutant(
        "auction at the maker's rate",
        "settlement.pyx",
        ".by_role[event.liquidity - LIQ_MAKER]",
        ".by_role[(event.liquidity - LIQ_MAKER) % 3]",
    ),
    Mutant("seller not paid", "settlement.pyx", "cash.available -= sign * notional +", "cash.available -= (sign > 0) * notional +"),
    Mutant(
        "tokens not delivered",
        "settlement.pyx",
        "token.available += sign * event.last_qty",
        "token.available += (sign < 0) * -event.last_qty",
    ),
    Mutant("exposure not lowered", "settlement.pyx", "    party.gross_open += exposures[sells]\n", ""),
    Mutant(
        "exposure of a sell at its new price",
        "settlement.pyx",
        "notional - notional_of(price, order.held)",
        "notional - notional_of(event.price, order.held)",
    ),
    Mutant("open orders not counted down", "settlement.pyx", "    party.open_orders -= event.leaves_qty == 0\n", ""),
    Mutant("day counts the taker only", "settlement.pyx", "party.gross_day += notional", "party.gross_day += notional * taker"),
    Mutant("traded day counts both sides", "settlement.pyx", "event.last_qty * second", "event.last_qty"),
    Mutant("form without a wallet", "settlement.pyx", "if gate.forms & FORM_TOKEN and wallet else", "if gate.forms & FORM_TOKEN else"),
    Mutant("fallback not told", "settlement.pyx", "fallback[0] = REASON_WALLET_INELIGIBLE", "pass"),
    Mutant(
        "rate of today for an old order", "settlement.pyx", "state.rates[order.fee_rates].by_role", "state.rates[gate.rates[0]].by_role"
    ),
    Mutant("party not blocked", "gates.pyx", "if unlikely(party.blocked != REASON_NONE):", "if False:"),
    Mutant("account not blocked", "gates.pyx", "if unlikely(account.blocked != REASON_NONE):", "if False:"),
    Mutant("KYC lapses a moment late", "gates.pyx", "ts_ns < party.kyc_until_ns", "ts_ns <= party.kyc_until_ns"),
    Mutant("whitelist ignored", "gates.pyx", "if unlikely(gate.whitelist and", "if unlikely(False and gate.whitelist and"),
    Mutant("access ignored", "gates.pyx", "return access_reason(state, party.profile, command.instrument)", "return REASON_NONE"),
    Mutant("halt lets replaces in", "gates.pyx", "not gate.may & CAN_ENTER and not (reduction", "False and not (reduction"),
    Mutant(
        "replace takes where nothing may",
        "gates.pyx",
        "if unlikely(not gate.may & CAN_TAKE and not order.exec_inst",
        "if False and (not order.exec_inst",
    ),
    Mutant(
        "collar before the size",
        "gates.pyx",
        "    reason = size_refusal(command, gate, party, price, notional, command.qty, command.qty, entry)\n",
        "    reason = collar_refusal(command, gate, command.side, entry)\n    if reason == REASON_NONE:\n"
        "        reason = size_refusal(command, gate, party, price, notional, command.qty, command.qty, entry)\n",
    ),
    Mutant("stale reference accepted", "gates.pyx", "command.ts_ns >= gate.until_ns", "command.ts_ns > gate.until_ns + 20"),
    Mutant(
        "collar one tick wide",
        "gates.pyx",
        "command.price > gate.ceilings[side - SIDE_BUY]",
        "command.price > gate.ceilings[side - SIDE_BUY] + 1",
    ),
    Mutant("one order too many", "gates.pyx", "party.open_orders >= party.max_open_orders", "party.open_orders > party.max_open_orders"),
    Mutant("sells count at their limit", "gates.pyx", "exposures[1] = selling_notional(book, price, command.qty, notional)", "pass"),
    Mutant(
        "day forgets what is open",
        "gates.pyx",
        "party.max_gross_day - party.gross_day - party.gross_open",
        "party.max_gross_day - party.gross_day",
    ),
    Mutant("cap of the day not looked at", "gates.pyx", "if unlikely(leaves_qty > gate.day_cap - gate.traded_day):", "if False:"),
    Mutant("one duplicate too many", "gates.pyx", "return found >= party.duplicates_max", "return found > party.duplicates_max"),
    Mutant("window a moment too long", "gates.pyx", "< party.duplicates_ns:", "<= party.duplicates_ns:"),
    Mutant("funds to the last unit too much", "gates.pyx", "amount > balance.available", "amount > balance.available + 1"),
    Mutant("cash without the fee", "gates.pyx", "budget_of(command.qty, rates.worst)", "budget_of(command.qty, 0)"),
    Mutant(
        "stop ignored in a replace",
        "gates.pyx",
        "uint8_t reason = account_refusal(state, order.account, command.ts_ns)",
        "uint8_t reason = REASON_NONE",
    ),
    Mutant("group of the client's own", "gates.pyx", "command.stp_group = account.stp_group", "pass"),
    Mutant(
        "refusal starts a new day",
        "requests.pyx",
        "if command.kind == CMD_END_OF_DAY:",
        "if command.kind == CMD_END_OF_DAY or command.kind == CMD_TIME:",
    ),
    Mutant("throttle after the order", "requests.pyx", "if command.flags & FLAG_THROTTLED:", "if False:"),
    Mutant("day never ends for parties", "requests.pyx", "        state.parties[number].gross_day = 0\n", "        pass\n"),
    Mutant(
        "freeze takes from the first account",
        "moves.pyx",
        "ref = balance_open(&state.ledger, account, asset,",
        "ref = balance_open(&state.ledger, 1 if bucket == 0 and delta < 0 and account < 9 else account, asset,",
    ),
    Mutant("journal need not balance", "moves.pyx", "        if total:\n", "        if False:\n"),
    Mutant("more than there is", "moves.pyx", "if after < 0 and", "if after < -1 and"),
    Mutant("bust pays the fees twice", "moves.pyx", "notional + trade.fees[buyer])", "notional + 2 * trade.fees[buyer])"),
    Mutant("bust twice", "face.pyx", "        if trade.busted:\n", "        if False:\n"),
    Mutant("account changes hands", "face.pyx", "if state.party != 0 and state.party != party:", "if False:"),
    Mutant(
        "id may repeat", "venue.pyx", "if command.cl_ord_id <= session.last_cl_ord_id:", "if command.cl_ord_id < session.last_cl_ord_id:"
    ),
    Mutant("outcomes not in the history", "venue.pyx", "self.history = history_of_bytes(", "history_of_bytes("),
    Mutant("length not in the history", "history.pyx", "    words[0] = size\n", ""),
    Mutant(
        "auction's fee charged to one side only",
        "settlement.pyx",
        ".by_role[event.liquidity - LIQ_MAKER]\n",
        ".by_role[event.liquidity - LIQ_MAKER] if event.liquidity != LIQ_AUCTION or event.side == SIDE_BUY else 0\n",
    ),
    Mutant(
        "auction pays the taker's rate",
        "settlement.pyx",
        ".by_role[event.liquidity - LIQ_MAKER]\n",
        ".by_role[1 if event.liquidity == LIQ_AUCTION else event.liquidity - LIQ_MAKER]\n",
    ),
    Mutant("both sides of an auction in the day's volume", "settlement.pyx", "qty * second\n", "qty * (second or event.liquidity == 4)\n"),
    Mutant("stop price not told", "settlement.pyx", "    detail.bound = entry.stop_px\n", "    pass\n"),
    Mutant("hold without the auction's rate", "face.pyx", "max(maker, taker, auction, 0)", "max(maker, taker, 0)"),
    Mutant("post-only lets stops in", "face.pyx", "not gate.may & CAN_TAKE or", ""),
    Mutant("stops let in without a reference", "face.pyx", "CAN_TAKE or self.now_ns >= gate.until_ns", "CAN_TAKE"),
    Mutant(
        "hold of a stop at its stop price",
        "gates.pyx",
        "command.price if command.price != 0 else own_limit(book, command)",
        "command.price if command.price != 0 else command.stop_px if command.stop_px != 0 else own_limit(book, command)",
    ),
    Mutant(
        "stop judged by the collar",
        "gates.pyx",
        "command.price == 0 or unlikely(command.ord_type == ORD_STOP_LIMIT):",
        "command.price == 0:",
    ),
    Mutant("auction at the market without a collar", "gates.pyx", "if not gate.collared and command.ord_type == ORD_MARKET", "if False"),
    Mutant("reached stop says no price", "gates.pyx", "if reason == REASON_STOP_PX and", "if False and"),
    Mutant("report without a number", "venue.pyx", ".next_out += 1", ".next_out += self.core.events[i].exec_type != 8"),
]


class VenueTree(Tree):
    """A copy of what the venue needs."""

    home = VENUE
    compiled = (MATCHING, VENUE, "engine/journal", "engine")
    folders = ("engine", "tests/matching", "tests/venue", "docs")
    rounds = (tuple(f"tests/venue/test_{name}.py" for name in LAWS),)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], MUTANTS, VenueTree))
