"""The books of the venue's oracle: those of `Oracle`, with the venue's checks between its own and money behind every event."""

from collections.abc import Iterator

from engine.matching.enums import ExecType, Liquidity, OrdType, Reason, Side
from engine.matching.records import Event, Instrument
from engine.testing.collars import Collar
from engine.testing.oracle import Oracle
from engine.testing.orders import Order
from engine.testing.refusals import faults_of_change, faults_of_kind, faults_of_new_terms, faults_of_price
from engine.testing.venue_gates import (
    CASH,
    Fault,
    affordable,
    bound_of,
    faults_of_access,
    faults_of_collar,
    faults_of_funds,
    faults_of_gross,
    faults_of_habit,
    faults_of_manner,
    faults_of_room,
    faults_of_size,
    faults_of_standing,
    faults_of_status,
    faults_of_status_now,
)
from engine.testing.venue_state import MILLION, Deal, State, Terms, notional_of, rounded_up
from engine.venue.records import Detail, SettleForm, SystemAccount, Trade

NO_DETAIL = Detail(0, 0, 0, 0, 0, 0)
OF_THE_REFERENCE = (Reason.COLLAR_STATIC, Reason.REF_UNAVAILABLE)


class VenueBook(Oracle):
    """The oracle of the books, gated and settled: `details` beside what was `told`; `why_not` explains the next refusal."""

    def __init__(self, state: State, **limits: int) -> None:
        """Open no book yet; `state` is shared with the venue."""
        super().__init__([], **limits)
        self._state = state
        state.open = self._open
        self.told: list[Event] = []
        self.details: list[Detail] = []
        self.why_not = NO_DETAIL
        self._reenters = False

    def begin(self) -> None:
        """Forget what was told."""
        self.told, self.details = [], []

    def events(self) -> list[Event]:
        """Return what was told since the last `begin`."""
        return self.told

    def replace(self, *words: int, reenter: bool = False, **said: int) -> bool:
        """Replace an open order's price and total quantity; False when that was refused."""
        self._reenters = reenter
        return super().replace(*words, reenter=reenter, **said)

    @property
    def listings(self) -> int:
        """How many instruments can be listed."""
        return self._listings

    def instrument(self, number: int) -> Instrument:
        """Return the terms of a listed instrument."""
        return self._ladders.instruments[number]

    def is_crossed(self, number: int) -> bool:
        """Whether somebody bids what somebody else asks, or more."""
        return self._ladders.is_crossed(number)

    def collar(self, number: int) -> Collar:
        """Return the collar of a listed instrument."""
        return self._ladders.collars[number]

    def refuse(self, exec_type: ExecType, **fields: int) -> None:
        """Answer a request that was not even looked at."""
        self.why_not = NO_DETAIL
        self._tell(exec_type, **fields)

    # What happens to orders.

    def _tell(self, exec_type: ExecType, **fields: int) -> None:
        super()._tell(exec_type, **fields)
        self.told.append(self._events[-1])
        refused = exec_type in (ExecType.REJECTED, ExecType.CANCEL_REJECTED)
        self.details.append(self.why_not if refused else NO_DETAIL)

    def _emit(self, order: Order, exec_type: ExecType, **fields: int) -> None:
        if exec_type == ExecType.NEW:
            self._bind(order)
        super()._emit(order, exec_type, **fields)
        state = self._state
        if exec_type == ExecType.TRADE:
            self.details[-1] = self._settle(order, self._events[-1])
        elif exec_type == ExecType.NEW:
            party = state.parties[state.terms[order.order_id].party]
            fallback = state.gates[order.instrument].form_for(party, order.settle_pref)[1] if order.settle_pref else 0
            self.details[-1] = NO_DETAIL._replace(bound=order.stop_px, fallback=fallback)

    def _cascade(self, number: int) -> None:
        """Let in the stop orders that are reached, while there is a reference to trade by."""
        if self._state.now_ns < self._state.gates[number].until_ns:
            super()._cascade(number)

    def _bind(self, order: Order) -> None:
        state = self._state
        terms = state.terms[order.order_id] = state.new_terms(order)
        state.purse(order.account, terms.quote)
        state.purse(order.account, terms.base)
        if state.parties[terms.party].duplicates_max:
            state.accounts[order.account].recent.append((state.now_ns, state.likeness(order)))

    def _settle(self, order: Order, event: Event) -> Detail:
        """Settle one side of an execution, and keep the trade when it is the second."""
        state, terms, gate = self._state, self._state.terms[order.order_id], self._state.gates[order.instrument]
        notional = notional_of(event.last_px, event.last_qty)
        rates = {Liquidity.MAKER: terms.maker, Liquidity.TAKER: terms.taker, Liquidity.AUCTION: terms.auction}
        before, terms.fees = terms.fees, terms.fees + notional * rates[event.liquidity]
        fee, to_fees = rounded_up(terms.fees) - rounded_up(before), terms.fees // MILLION - before // MILLION
        sign = 1 if order.side == Side.BUY else -1
        state.purse(order.account, terms.quote).owned -= sign * notional + fee
        state.purse(order.account, terms.base).owned += sign * event.last_qty
        state.purse(SystemAccount.FEES, gate.quote).owned += to_fees
        state.purse(SystemAccount.ROUNDING, gate.quote).owned += fee - to_fees
        state.parties[terms.party].gross_day += notional
        gate.traded_day += event.last_qty if event.match_id in state.deals else 0
        form, fallback = gate.form_for(state.parties[terms.party], order.settle_pref)
        self._keep(event, fee, to_fees, form)
        return Detail(fee, 0, gate.reference, gate.quality, form, fallback)

    def _keep(self, event: Event, fee: int, to_fees: int, form: SettleForm) -> None:
        state, gate = self._state, self._state.gates[event.instrument]
        deal = state.deals.get(event.match_id)
        if deal:
            trade = deal.trade._replace(taker_order=event.order_id, taker_account=event.account, taker_fee=fee, taker_form=form)
            state.deals[event.match_id] = Deal(trade, deal.to_fees + to_fees)
            return
        what = (event.match_id, state.now_ns, event.instrument, event.last_px, event.last_qty, event.side)
        forms = (form, SettleForm.NONE)
        maker = Trade(*what, event.order_id, 0, event.account, 0, fee, 0, *forms, gate.reference, gate.quality, busted=False)
        state.deals[event.match_id] = Deal(maker, to_fees)

    # Refusals.

    def _faults_of_entry(self, order: Order, ts_ns: int) -> Iterator[Reason]:
        asked_qty, by_cash = order.order_qty, bool(order.exec_inst & CASH)
        order.exec_inst &= ~CASH
        for fault in self._first(self._gates(order, ts_ns, by_cash=by_cash), order.instrument):
            order.order_qty = asked_qty
            yield fault

    def _faults_of_replace(self, order: Order, price: int, total: int, display_qty: int, cl_ord_id: int) -> Iterator[Reason]:
        yield from self._first(self._gates_of_change(order, price, total, display_qty, cl_ord_id), order.instrument)

    def _first(self, faults: Iterator[Fault], instrument: int) -> Iterator[Reason]:
        """Give the first fault, if there is one, and keep its explanation."""
        for reason, bound in faults:
            self.why_not = NO_DETAIL._replace(bound=bound)
            if reason in OF_THE_REFERENCE:
                gate = self._state.gates[instrument]
                self.why_not = self.why_not._replace(reference=gate.reference, quality=gate.quality)
            yield reason
            return

    def _gates(self, order: Order, ts_ns: int, *, by_cash: bool) -> Iterator[Fault]:
        state, instruments = self._state, self._ladders.instruments
        yield from faults_of_standing(state, order.account)
        if order.instrument not in instruments:
            yield Reason.UNKNOWN_INSTRUMENT, 0
        gate, account, instrument = state.gates[order.instrument], state.accounts[order.account], instruments[order.instrument]
        yield from faults_of_status(gate)
        yield from ((reason, 0) for reason in faults_of_kind(order))
        yield from faults_of_manner(order, gate, state.parties[account.party], by_cash=by_cash)
        yield from faults_of_access(state, order)
        order.stp_group, order.stp_mode = account.stp_group, order.stp_mode or account.stp_mode
        terms, cash = state.new_terms(order), order.order_qty if by_cash else 0
        if by_cash:
            yield from self._size_by_cash(order, terms)
        for reason in self._faults_of_form(order, ts_ns):
            is_reached = reason == Reason.STOP_PX and order.is_stop and order.stop_px
            yield reason, self.last_px(order.instrument) if is_reached else bound_of(instrument, reason)
        yield from self._faults_of_worth(order, terms, cash)
        yield from ((reason, 0) for reason in self._faults_of_seat(order))

    def _gates_of_change(self, order: Order, price: int, total: int, display_qty: int, cl_ord_id: int) -> Iterator[Fault]:
        state, instrument = self._state, self._ladders.instruments[order.instrument]
        gate, terms = state.gates[order.instrument], state.terms[order.order_id]
        stays = price == order.price and display_qty == order.display_qty and not self._reenters
        is_reduction = stays and total <= order.order_qty
        yield from faults_of_standing(state, order.account)
        yield from faults_of_status_now(order, gate, state.parties[terms.party], is_reduction=is_reduction)
        yield from ((reason, 0) for reason in faults_of_change(order))
        yield from ((reason, bound_of(instrument, reason)) for reason in faults_of_new_terms(order, instrument, price, total, display_qty))
        if not is_reduction:
            yield from self._faults_of_new_worth(order, terms, price, total)
        yield from ((reason, 0) for reason in self._faults_of_new_seat(order, price, total, cl_ord_id))

    def _faults_of_worth(self, order: Order, terms: Terms, cash: int) -> Iterator[Fault]:
        state, gate = self._state, self._state.gates[order.instrument]
        party = state.parties[terms.party]
        price = self._worst_price(order)
        notional = notional_of(price, order.order_qty)
        worst = terms.worst_of(notional)
        if cash and order.never_rests:
            notional = worst = cash
        if order.names_price:
            yield from faults_of_tick(gate.tick_at(price), price)
        yield from faults_of_size(gate, party, price, order.order_qty, notional, order.order_qty)
        yield from faults_of_collar(gate, order.side, 0 if order.is_stop else order.price, state.now_ns)
        if order.ord_type == OrdType.MARKET and order.is_for_an_auction and not gate.has_collar:
            yield Reason.REF_UNAVAILABLE, 0
        yield from faults_of_habit(state, order)
        exposure = worst if order.side == Side.BUY else notional_of(self._dearest(order, price), order.order_qty)
        yield from faults_of_gross(state, terms.party, exposure)
        yield from faults_of_funds(state, order, terms, worst if order.side == Side.BUY else order.order_qty)
        yield from faults_of_room(state, order, terms)

    def _faults_of_new_worth(self, order: Order, terms: Terms, price: int, total: int) -> Iterator[Fault]:
        state, gate = self._state, self._state.gates[order.instrument]
        leaves_qty = total - order.cum_qty
        yield from faults_of_tick(gate.tick_at(price), price)
        party = state.parties[terms.party]
        yield from faults_of_size(gate, party, price, total, notional_of(price, total), max(leaves_qty, 0))
        if leaves_qty <= 0:
            return
        yield from faults_of_collar(gate, order.side, price, state.now_ns)
        if order.side == Side.BUY:
            exposure = hold = terms.worst_of(notional_of(price, leaves_qty))
        else:
            exposure, hold = notional_of(self._dearest(order, price), leaves_qty), leaves_qty
        yield from faults_of_gross(state, terms.party, exposure - terms.exposure_of(order))
        yield from faults_of_funds(state, order, terms, hold - terms.hold_of(order))

    def _dearest(self, order: Order, price: int) -> int:
        """Return the highest price at which a sell of that limit might trade or rest, 0 for a market order that has nobody to meet."""
        if self._must_wait(order):
            return price
        best = self._ladders.best(order.instrument, Side.BUY)
        return max(price, best or 0, self._ladders.worked(order, price)) if price else 0

    def _worst_price(self, order: Order) -> int:
        """Return the limit that an order would get now, 0 for a market order with nobody there."""
        limit = self._limit_of(order)
        is_bounded = order.ord_type == OrdType.MARKET and not order.is_for_an_auction and limit
        return self._ladders.worked(order, limit) if is_bounded else limit

    def _size_by_cash(self, order: Order, terms: Terms) -> Iterator[Fault]:
        """Turn an amount of cash into the quantity that it buys; give why that cannot be."""
        instrument = self._ladders.instruments[order.instrument]
        for fault in faults_of_price(order, instrument, order.price):
            yield fault, bound_of(instrument, fault)
        limit = self._worst_price(order)
        budget = affordable(order.order_qty, terms.dearest)
        if order.never_rests:
            order.order_qty = self._walk(order, limit, budget)
        else:
            order.order_qty = whole_lots(budget, limit, instrument.lot)
        if order.order_qty < instrument.min_qty:
            yield Reason.MIN_QTY, instrument.min_qty

    def _walk(self, order: Order, limit: int, budget: int) -> int:
        """Return what a buy could take for a notional of `budget`: whole levels of others' orders, then whole lots."""
        lot, qty, places = self._ladders.instruments[order.instrument].lot, 0, 0
        for price, queue in self._ladders.best_first(order.instrument, Side.SELL):
            if price > self._ladders.worked(order, limit) or places > self._sweep_limit:
                break
            looks_closely = bool(order.stp_group and order.stp_mode)
            places += 1 + (len(queue) if looks_closely else 0)
            is_too_long = looks_closely and places > self._sweep_limit + 1
            there = 0 if is_too_long else sum(maker.leaves_qty for maker in queue if not order.stands_against(maker))
            if notional_of(price, there) > budget:
                return qty + whole_lots(budget, price, lot)
            qty += there
            budget -= notional_of(price, there)
        return qty


def faults_of_tick(tick: int, price: int) -> Iterator[Fault]:
    """Give whether a price is off the tick that the table has for it."""
    if tick and price % tick:
        yield Reason.TICK, tick


def whole_lots(budget: int, price: int, lot: int) -> int:
    """Return the whole lots that a notional buys at a price."""
    return budget * 10_000 // price // lot * lot
