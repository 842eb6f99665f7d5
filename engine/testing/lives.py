"""The lives of the oracle's orders: from the acceptance to the last event, with the events that tell of them and the ids that name them."""

from collections import defaultdict
from typing import Any

from engine.matching.enums import ExecType, Liquidity, Reason, Side, TimeInForce
from engine.matching.records import Event, Instrument
from engine.testing.ladders import PAGE_LEVELS, Ladders, opposite
from engine.testing.orders import Order

SLOT_BITS = 24
SLOT_MASK = (1 << SLOT_BITS) - 1
ORDER_FIELDS = ("order_id", "cl_ord_id", "session", "account", "instrument", "side", "price", "order_qty", "leaves_qty", "cum_qty")
NOTHING: dict[str, Any] = dict.fromkeys(Event._fields, 0) | {"liquidity": Liquidity.NONE, "reason": Reason.NONE}


class Lives:
    """Every open order, where it rests and how it is found, and what was told of the last command."""

    def __init__(self, instruments: list[Instrument], levels: int) -> None:
        """Begin without orders."""
        self._ladders = Ladders(dict(enumerate(instruments, start=1)), -(-levels // PAGE_LEVELS))
        self._open: dict[int, Order] = {}
        self._by_client: dict[tuple[int, int], Order] = {}
        self._free_slots: list[int] = []
        self._generations: dict[int, int] = {}
        self._events: list[Event] = []
        self._last_px: defaultdict[int, int] = defaultdict(int)
        self._exec_id = self._match_id = self._age = 0

    def _accept(self, order: Order) -> None:
        slot = self._free_slots.pop() if self._free_slots else len(self._generations) + 1
        self._generations[slot] = self._generations.get(slot, 0) + 1
        self._age += 1
        order.order_id, order.age = self._generations[slot] << SLOT_BITS | slot, self._age
        order.leaves_qty = order.order_qty
        self._aim(order, self._limit_of(order))
        if not order.names_price:
            order.price = order.limit if order.is_stop or order.is_for_an_auction else order.works_at
        self._open[order.order_id] = order
        self._rename(order, order.cl_ord_id)
        self._emit(order, ExecType.NEW)

    def _aim(self, order: Order, limit: int) -> None:
        """Say how far an order that comes in would go, and how far the collar lets it go."""
        order.limit = limit
        order.works_at = self._ladders.worked(order, limit) if limit else 0

    def _limit_of(self, order: Order) -> int:
        """Return how far an order goes: as its owner says, or for an auction as far as it may, or as far as its protection lets it."""
        if order.names_price:
            return order.price
        if order.is_for_an_auction:
            return self._ladders.collars[order.instrument].outermost[order.side == Side.BUY]
        if order.is_stop:
            return self._protected(order, order.stop_px)
        best = self._ladders.best(order.instrument, opposite(order.side))
        return 0 if best is None else self._protected(order, best)

    def _protected(self, order: Order, price: int) -> int:
        instrument = self._ladders.instruments[order.instrument]
        if order.side == Side.SELL:
            return max(price - instrument.protection, instrument.tick)
        return min(price + instrument.protection, instrument.max_price // instrument.tick * instrument.tick)

    def _rename(self, order: Order, cl_ord_id: int) -> None:
        self._by_client.pop((order.session, order.cl_ord_id), None)
        order.cl_ord_id = cl_ord_id
        if cl_ord_id:
            self._by_client[order.session, cl_ord_id] = order

    def _rest(self, order: Order) -> None:
        order.shown_qty = min(order.display_qty or order.leaves_qty, order.leaves_qty)
        self._ladders.join(order)

    def _leave(self, order: Order) -> None:
        """Take an order out of the book, or out of those that wait."""
        if order.is_stop or not order.waits:
            self._ladders.leave(order)
        order.waits = False

    def _cancel(self, order: Order, reason: Reason, **fields: int) -> None:
        qty, order.leaves_qty = order.leaves_qty, 0
        self._emit(order, ExecType.CANCELED, last_qty=qty, reason=reason, **fields)

    def _expire(self, order: Order, reason: Reason) -> None:
        self._leave(order)
        qty, order.leaves_qty = order.leaves_qty, 0
        self._emit(order, ExecType.EXPIRED, last_qty=qty, reason=reason)

    def _expire_due(self, ts_ns: int) -> int:
        due = [order for order in self._open.values() if order.tif == TimeInForce.GTD and order.expire_ns <= ts_ns]
        for order in sorted(due, key=lambda order: (order.expire_ns, order.age)):
            self._expire(order, Reason.GTD_EXPIRED)
        return len(due)

    def _emit(self, order: Order, exec_type: ExecType, **fields: int) -> None:
        """Tell what happened to an order; when nothing of it is left, this is its last event and its slot is free again."""
        self._tell(exec_type, **({name: getattr(order, name) for name in ORDER_FIELDS} | fields))
        if order.order_id and not order.leaves_qty:
            del self._open[order.order_id]
            self._by_client.pop((order.session, order.cl_ord_id), None)
            self._free_slots.append(order.order_id & SLOT_MASK)

    def _tell(self, exec_type: ExecType, **fields: int) -> None:
        self._exec_id += 1
        fields |= {"exec_id": self._exec_id, "exec_type": exec_type}
        self._events.append(Event(**(NOTHING | fields)))

    def _named(self, order_id: int, orig_cl_ord_id: int, session: int) -> Order | None:
        order = self._open.get(order_id) if order_id else self._by_client.get((session, orig_cl_ord_id))
        return order if order and order.session == session else None

    def _was_issued(self, order_id: int) -> bool:
        generation = order_id >> SLOT_BITS
        return order_id not in self._open and 1 <= generation <= self._generations.get(order_id & SLOT_MASK, 0)

    def _oldest_first(self) -> list[Order]:
        return sorted(self._open.values(), key=lambda order: order.age)
