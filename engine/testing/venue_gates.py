"""Why the venue's oracle refuses: the pre-trade checks in their one order, each with the limit that was broken (0 where it has none).

The generators are lazy, as those of `refusals` are: the first fault is the reason, and what comes after it may take for granted that there
was none.  A check that compares `more` with a limit of 0 has no limit.
"""

from collections.abc import Iterator

from engine.matching.enums import ExecInst, Reason, Side, TimeInForce
from engine.matching.records import Instrument
from engine.testing.orders import Order
from engine.testing.venue_state import Gate, Party, State, Terms
from engine.venue.records import Capability

Fault = tuple[Reason, int]
CASH = int(ExecInst.CASH)
UNLIMITED = 2**62 - 1  # so much nobody's orders can be worth: sums stay within 64 bits


def faults_of_standing(state: State, account: int) -> Iterator[Fault]:
    """Give why an account may not trade at all."""
    if account not in state.accounts:
        yield Reason.UNKNOWN_ACCOUNT, 0
    party = state.parties[state.accounts[account].party]
    for blocked in (state.blocked, party.blocked, state.accounts[account].blocked):
        if blocked:
            yield Reason(blocked), 0
    if state.now_ns >= party.kyc_until_ns:
        yield Reason.KYC_EXPIRED, 0


def faults_of_status(gate: Gate) -> Iterator[Fault]:
    """Give why an instrument takes no orders now, whatever they are."""
    if gate.blocked:
        yield Reason(gate.blocked), 0
    if not gate.may & Capability.ENTER:
        yield Reason.STATE_NOT_TRADABLE, 0


def faults_of_manner(order: Order, gate: Gate, party: Party, *, by_cash: bool) -> Iterator[Fault]:
    """Give why an instrument takes no order of this kind now."""
    if by_cash and (order.side != Side.BUY or order.tif == TimeInForce.FOK or order.display_qty or order.min_qty or order.is_special):
        yield Reason.CASH_QTY, 0
    if not gate.takes(order.ord_type, order.tif) or not (gate.may & Capability.TAKE or order.never_takes):
        yield Reason.SESSION_ORDER_TYPE, 0
    if order.side == Side.BUY and (order.exec_inst & ExecInst.REDUCE_ONLY or not (gate.may & Capability.BUY or party.redeemer)):
        yield Reason.REDUCE_ONLY_VIOLATION, 0


def faults_of_access(state: State, order: Order) -> Iterator[Fault]:
    """Give why this party may not trade this instrument."""
    gate, party = state.gates[order.instrument], state.parties[state.accounts[order.account].party]
    if reason := state.access.get((party.profile, order.instrument), 0):
        yield Reason(reason), 0
    if gate.whitelist and order.side == Side.BUY and (order.account, gate.base) not in state.approved:
        yield Reason.NOT_WHITELISTED, 0


def faults_of_status_now(order: Order, gate: Gate, party: Party, *, is_reduction: bool) -> Iterator[Fault]:
    """Give why the instrument's status keeps an open order from being replaced so."""
    if gate.blocked:
        yield Reason(gate.blocked), 0
    if not gate.may & Capability.ENTER and not (is_reduction and gate.may & Capability.REDUCE):
        yield Reason.STATE_NOT_TRADABLE, 0
    if is_reduction:
        return
    if order.side == Side.BUY and not (gate.may & Capability.BUY or party.redeemer):
        yield Reason.REDUCE_ONLY_VIOLATION, 0
    if not (gate.may & Capability.TAKE or order.never_takes):
        yield Reason.SESSION_ORDER_TYPE, 0


def faults_of_size(gate: Gate, party: Party, price: int, qty: int, notional: int, open_qty: int) -> Iterator[Fault]:
    """Give which limit of a single order is broken; `price` is 0 for a market order that has nobody to meet."""
    if notional < gate.min_notional and price:
        yield Reason.MIN_NOTIONAL, gate.min_notional
    if 0 < gate.max_notional < notional:
        yield Reason.MAX_NOTIONAL, gate.max_notional
    if 0 < party.max_order_qty < qty:
        yield Reason.MAX_QTY, party.max_order_qty
    if 0 < party.max_order_notional < notional:
        yield Reason.MAX_NOTIONAL, party.max_order_notional
    if 0 < gate.day_cap < gate.traded_day + open_qty:
        yield Reason.CAP_REACHED, gate.day_cap


def faults_of_collar(gate: Gate, side: int, limit: int, now_ns: int) -> Iterator[Fault]:
    """Give why a limit is too far from the reference, or that there is none; a market order has no limit of its own."""
    if now_ns >= gate.until_ns:
        yield Reason.REF_UNAVAILABLE, 0
    if not limit:
        return
    lowest, highest = (gate.away_low, gate.high) if side == Side.BUY else (gate.low, gate.away_high)
    if 0 < highest < limit:
        yield Reason.COLLAR_STATIC, highest
    if limit < lowest:
        yield Reason.COLLAR_STATIC, lowest


def faults_of_habit(state: State, order: Order) -> Iterator[Fault]:
    """Give whether it is once too often the same order, or one order too many."""
    account = state.accounts[order.account]
    party = state.parties[account.party]
    alike = [ts_ns for ts_ns, likeness in account.recent if likeness == state.likeness(order)]
    if 0 < party.duplicates_max <= sum(state.now_ns - ts_ns < party.duplicates_ns for ts_ns in alike):
        yield Reason.DUPLICATIVE, party.duplicates_max
    if 0 < party.max_open_orders <= state.party_state(account.party).open_orders:
        yield Reason.OPEN_ORDERS, party.max_open_orders


def faults_of_gross(state: State, number: int, more: int) -> Iterator[Fault]:
    """Give which limit of a party's exposure so much more would break; what adds nothing breaks none."""
    party, counted = state.parties[number], state.party_state(number)
    if more <= 0:
        return
    max_open, max_day = party.max_gross_open or UNLIMITED, party.max_gross_day or UNLIMITED
    if counted.gross_open + more > max_open:
        yield Reason.GROSS_OPEN, max_open
    if counted.gross_day + counted.gross_open + more > max_day:
        yield Reason.GROSS_DAILY, max_day


def faults_of_funds(state: State, order: Order, terms: Terms, more: int) -> Iterator[Fault]:
    """Give whether the account lacks so much more cash, or so many more tokens."""
    available = state.available(order.account, terms.quote if order.side == Side.BUY else terms.base)
    if more > available:
        yield (Reason.INSUFFICIENT_CASH if order.side == Side.BUY else Reason.INSUFFICIENT_POSITION), available


def faults_of_room(state: State, order: Order, terms: Terms) -> Iterator[Fault]:
    """Give whether the two balances of an order might not be opened."""
    has_both = all((order.account, asset) in state.purses for asset in (terms.base, terms.quote))
    if not has_both and state.balance_limit - len(state.purses) < 2:
        yield Reason.BALANCES_FULL, 0


def bound_of(instrument: Instrument, reason: Reason) -> int:
    """Return the book's own limit that a reason is about."""
    bounds = {
        Reason.TICK: instrument.tick,
        Reason.PRICE_RANGE: instrument.max_price,
        Reason.LOT: instrument.lot,
        Reason.DISPLAY_QTY: instrument.lot,
        Reason.MIN_QTY: instrument.min_qty,
        Reason.MAX_QTY: instrument.max_qty,
    }
    return bounds.get(reason, 0)


def affordable(cash: int, rate: int) -> int:
    """Return the largest notional that an amount of cash pays for with a fee at that rate; nobody has more than 2**62."""
    cash = min(max(cash, 0), 2**62)
    notional = cash * 1_000_000 // (1_000_000 + rate)
    while notional + -(-notional * rate // 1_000_000) > cash:
        notional -= 1
    while notional + 1 + -(-(notional + 1) * rate // 1_000_000) <= cash:
        notional += 1
    return notional
