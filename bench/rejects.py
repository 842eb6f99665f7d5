"""The price of a refusal, reason by reason, beside that of an order that rests: none may be dearer, or a flood of them would be an attack.

Each line is a venue with everything on (`bench/market.py`) in which one thing is set so that every one of 10,000 requests of 1,000 accounts
is refused for the same reason; that it is, is looked at before anything is timed.  Rounds go over all of them in turn; the ratio is the
median of those to the resting orders of the same round.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from bench import machine, market
from bench.commands import pack
from bench.flow import Flow
from bench.market import LOT, START_NS, TICK
from bench.venue import CHUNK, apply_all
from engine.matching.enums import CommandKind, ExecInst, ExecType, OrdType, Phase, Reason, Side, TimeInForce
from engine.matching.records import COMMAND_SIZE, EVENT_SIZE
from engine.venue.records import Capability
from engine.venue.venue import Venue

COUNT = 10_000
ACCOUNTS = 1_000
TOP = 2_000
MID = TOP // 2 * TICK
FIRST_ID = 1_000_000  # of the requests that are timed; those before have the ids from 1 on
RESTS = "an order that rests"
REFUSALS = {ExecType.REJECTED, ExecType.CANCEL_REJECTED}

NOTHING: Mapping[str, int] = MappingProxyType({})

Change = Callable[[Venue], object]


class Case(NamedTuple):
    """Requests that all end alike: `fields` differ from those of an order that rests, `change` is done to the venue before."""

    reason: Reason
    fields: Mapping[str, int] = NOTHING
    change: Change = bool  # of a venue: which does nothing to it
    before: int = 0  # orders that rest when the requests come, each of another account
    limits: Mapping[str, int] = NOTHING
    name: str = ""


def request(number: int, cl_ord_id: int, fields: Mapping[str, int]) -> bytes:
    """Pack one request: where `fields` say nothing, an order that rests within 60 ticks of the middle."""
    side = fields.get("side", 1 + number % 2)
    away = TICK * (2 + number * 7 % 59)
    usual = {
        "ts_ns": START_NS + number,
        "in_seq": 1 + number,
        "cl_ord_id": cl_ord_id,
        "price": MID - away if side == Side.BUY else MID + away,
        "qty": 10 * LOT,
        "session": 1,
        "account": market.spread_over(number, 0x9E3779B97F4A7C15, ACCOUNTS),
        "instrument": 1,
        "kind": CommandKind.ENTER,
        "side": side,
        "ord_type": OrdType.LIMIT,
        "tif": TimeInForce.GTC,
    }
    return pack(**{**usual, **fields})


def each_party(**terms: int) -> Change:
    """Set every subscriber's terms."""

    def change(venue: Venue) -> None:
        for number in range(1, ACCOUNTS + 1):
            market.set_party(venue, number, **terms)

    return change


def gate(**terms: Any) -> Change:
    """Set the instrument's gate."""
    return lambda venue: market.set_gate(venue, 1, **terms)


def reference(**terms: int) -> Change:
    """Set the instrument's reference and collar."""
    return lambda venue: market.set_reference(venue, 1, **terms)


def block_accounts(venue: Venue) -> None:
    """Restrict every account."""
    for number in range(1, ACCOUNTS + 1):
        venue.set_account(number, party=number, blocked=Reason.ACCOUNT_RESTRICTED)


def deny(reason: Reason) -> Change:
    """Deny every profile the instrument."""

    def change(venue: Venue) -> None:
        for profile in range(market.PROFILES):
            venue.set_access(profile, 1, reason)

    return change


def take_back(asset: int) -> Change:
    """Leave nobody anything of an asset."""
    return lambda venue: market.credit(venue, [(account, asset) for account in range(1, ACCOUNTS + 1)], -(market.GRANT // ACCOUNTS))


def expel(venue: Venue) -> None:
    """Let nobody hold the token."""
    for account in range(1, ACCOUNTS + 1):
        venue.set_holder(account, 2, False)


CANCEL = {"kind": CommandKind.CANCEL, "side": 0}
REPLACE = {"kind": CommandKind.REPLACE, "side": 0, "orig_cl_ord_id": 1, "account": 1}
SAME = {"side": Side.BUY, "price": MID - TICK}
BEYOND = {"side": Side.BUY, "price": MID + 100 * TICK}
CASES = (
    Case(Reason.NONE, name=RESTS),
    Case(Reason.DUP_CL_ORD_ID, {"cl_ord_id": 0}),
    Case(Reason.THROTTLE, {"flags": 1}),
    Case(Reason.UNKNOWN_COMMAND, {"kind": 99}),
    Case(Reason.UNKNOWN_ACCOUNT, {"account": 2**31}),
    Case(Reason.KILL_SWITCH, change=lambda venue: venue.set_blocked(Reason.KILL_SWITCH)),
    Case(Reason.SANCTIONS, change=each_party(blocked=Reason.SANCTIONS)),
    Case(Reason.ACCOUNT_RESTRICTED, change=block_accounts),
    Case(Reason.KYC_EXPIRED, change=each_party(kyc_until_ns=1)),
    Case(Reason.UNKNOWN_INSTRUMENT, {"instrument": 9}),
    Case(Reason.STATE_NOT_TRADABLE, change=gate(may=Capability.NONE)),
    Case(Reason.SIDE, {"side": 9}),
    Case(Reason.SHORT_NOT_ALLOWED, {"side": Side.SELL_SHORT}),
    Case(Reason.ORD_TYPE, {"ord_type": 9}),
    Case(Reason.TIF_NOT_ALLOWED, {"tif": 9}),
    Case(Reason.EXEC_INST, {"exec_inst": 8}),
    Case(Reason.STP_MODE, {"stp_mode": 9}),
    Case(Reason.SETTLE_PREF, {"settle_pref": 9}),
    Case(Reason.CASH_QTY, {"side": Side.BUY, "exec_inst": ExecInst.CASH, "display_qty": LOT}),
    Case(Reason.SESSION_ORDER_TYPE, change=gate(order_types=0)),
    Case(Reason.SESSION_ORDER_TYPE, {"tif": TimeInForce.IOC}, gate(phase=Phase.CALL), name="call"),
    Case(Reason.REDUCE_ONLY_VIOLATION, {"side": Side.BUY, "exec_inst": ExecInst.REDUCE_ONLY}),
    Case(Reason.JURISDICTION, change=deny(Reason.JURISDICTION)),
    Case(Reason.NOT_ENTITLED, change=deny(Reason.NOT_ENTITLED)),
    Case(Reason.NOT_WHITELISTED, {"side": Side.BUY}, expel),
    Case(Reason.TICK, {"price": MID + 1}),
    Case(Reason.PRICE_RANGE, {"price": (TOP + 1) * TICK}),
    Case(Reason.STOP_PX, {"stop_px": TICK}),
    Case(Reason.LOT, {"qty": 1}),
    Case(Reason.MIN_QTY, {"min_qty": 11 * LOT}),
    Case(Reason.MIN_QTY, {"exec_inst": ExecInst.CASH, "tif": TimeInForce.IOC, "qty": 1, **BEYOND}, before=ACCOUNTS, name="cash"),
    Case(Reason.MAX_QTY, change=each_party(max_order_qty=LOT)),
    Case(Reason.OVERFLOW, {"qty": 2**52 // LOT * LOT}),
    Case(Reason.DISPLAY_QTY, {"display_qty": 1}),
    Case(Reason.EXPIRE_TIME, {"tif": TimeInForce.GTD, "expire_ns": 1}),
    Case(Reason.MIN_NOTIONAL, change=gate(min_notional=2**59)),
    Case(Reason.MAX_NOTIONAL, change=gate(max_notional=1)),
    Case(Reason.CAP_REACHED, change=gate(day_cap=1)),
    Case(Reason.REF_UNAVAILABLE, change=reference(until_ns=1)),
    Case(Reason.COLLAR_STATIC, change=reference(low=MID - TICK, high=MID + TICK, away_low=MID - TICK, away_high=MID + TICK)),
    Case(Reason.DUPLICATIVE, SAME, each_party(duplicates_max=1), before=ACCOUNTS),
    Case(Reason.OPEN_ORDERS, change=each_party(max_open_orders=1), before=ACCOUNTS),
    Case(Reason.GROSS_OPEN, change=each_party(max_gross_open=1)),
    Case(Reason.GROSS_DAILY, change=each_party(max_gross_day=1)),
    Case(Reason.INSUFFICIENT_CASH, {"side": Side.BUY}, take_back(market.CASH)),
    Case(Reason.INSUFFICIENT_POSITION, {"side": Side.SELL}, take_back(2)),
    Case(Reason.ORDERS_FULL, before=10, limits={"orders": 10}),
    Case(Reason.LEVELS_FULL, {"side": Side.BUY, "price": MID - 500 * TICK}, before=1, limits={"levels": 64}),
    Case(Reason.POST_ONLY_WOULD_TRADE, {"exec_inst": ExecInst.POST_ONLY, **BEYOND}, before=ACCOUNTS),
    Case(Reason.UNKNOWN_ORDER, {**CANCEL, "orig_cl_ord_id": 2**40}, before=ACCOUNTS),
    Case(Reason.TOO_LATE, {**CANCEL, "orig_cl_ord_id": FIRST_ID - 1}, before=ACCOUNTS),
    Case(Reason.ORDER_MISMATCH, {**CANCEL, "orig_cl_ord_id": 1, "side": Side.BUY}, before=ACCOUNTS),
    Case(Reason.TICK, {**REPLACE, "price": MID + 1}, before=ACCOUNTS, name="replace"),
    Case(Reason.MAX_QTY, {**REPLACE, "qty": 20 * LOT}, each_party(max_order_qty=LOT), ACCOUNTS, name="replace"),
)


class Ready(NamedTuple):
    """A case's venue, filled, and its requests in batches."""

    case: Case
    venue: Venue
    batches: list[memoryview]


def prepare(case: Case) -> Ready:
    """Make a case's venue, and see that every request ends as it should."""
    made = Flow("", 0, machine.RESULTS, 0, 0, 0, 0, COUNT, 0, {})
    venue = market.new_venue(market.Load(made, market.Spread(ACCOUNTS), bytearray(), set(), TOP), **case.limits)
    held = {name: value for name, value in case.fields.items() if case.reason == Reason.DUPLICATIVE and name in SAME}
    for number in range(1, case.before + 1):
        market.reports_of(venue, request(number, number, {**held, "account": number, **({} if held else {"side": Side.SELL})}))
    case.change(venue)
    packed = b"".join(request(number, FIRST_ID + number, case.fields) for number in range(COUNT))
    view = memoryview(packed)
    ready = Ready(case, venue, [view[at : at + CHUNK * COMMAND_SIZE] for at in range(0, len(packed), CHUNK * COMMAND_SIZE)])
    kinds, reasons = ended(ready)
    expected = {ExecType.NEW} if case.reason == Reason.NONE else REFUSALS
    if reasons != {case.reason} or not kinds <= expected:
        raise SystemExit(f"{label(case)}: the requests ended as {kinds} for {sorted(map(Reason, reasons))}")
    return ready


def ended(ready: Ready) -> tuple[set[int], set[int]]:
    """Apply the requests once, and return how they were answered and why."""
    kinds: set[int] = set()
    reasons: set[int] = set()
    for batch in ready.batches:
        done = 0
        while done * COMMAND_SIZE < len(batch):
            done = ready.venue.apply_packed(batch, done)
            reports = bytes(ready.venue.book.reports)
            kinds.update(reports[92::EVENT_SIZE])
            reasons.update(reports[95::EVENT_SIZE])
    again(ready)
    return kinds, reasons


def again(ready: Ready) -> None:
    """Let the same requests come once more: the session forgets its ids, and what rests goes."""
    if ready.case.reason == Reason.NONE:
        ready.venue.begin_act(START_NS)
        ready.venue.cancel_all()
        ready.venue.end_act()
    ready.venue.apply_packed(pack(kind=CommandKind.SESSION_RESET, session=1))


def label(case: Case) -> str:
    """Name a case."""
    return case.name if case.name == RESTS else f"{case.reason.name} {f'({case.name})' if case.name else ''}".strip()


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench rejects`."""
    parser = argparse.ArgumentParser(prog="python -m bench rejects", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--quick", action="store_true", help="few rounds: a look, no result")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    chosen.rounds = 3 if chosen.quick else chosen.rounds
    machine.pin()
    about = machine.describe()
    print(machine.heading(about))
    print(f"ns a request, median of {chosen.rounds} rounds of {COUNT:,}; {ACCOUNTS:,} accounts\n")
    cases = [prepare(case) for case in CASES]
    times: list[list[float]] = [[] for _ in cases]
    for _ in range(chosen.rounds):
        for ready, taken in zip(cases, times, strict=True):
            taken.append(apply_all(ready.venue, ready.batches) / COUNT)
            again(ready)
    print(f"{'':34}{'ns':>8}{'ratio':>8}")
    results = []
    for ready, taken in zip(cases, times, strict=True):
        ready.venue.check()
        ratio = statistics.median(a / b for a, b in zip(taken, times[0], strict=True))
        runs = [round(ns, 1) for ns in taken]
        results.append({"case": label(ready.case), "runs": runs, "ns": round(statistics.median(taken), 1), "ratio": round(ratio, 2)})
        print(f"{label(ready.case):34}{results[-1]['ns']:8.1f}{ratio:8.2f}{'  dearer than an order' if ratio > 1 else ''}")
    if chosen.save:
        sizes = {"requests": COUNT, "rounds": chosen.rounds, "accounts": ACCOUNTS, "quick": chosen.quick, "durability": "none"}
        print(f"\nsaved {machine.save('rejects', {'machine': about, **sizes, 'cases': results})}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
