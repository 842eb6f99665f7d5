"""The oracle's own plain order: what was asked, and what became of it."""

from dataclasses import dataclass

from engine.matching.enums import ExecInst, OrdType, Side, StpMode, TimeInForce


@dataclass(slots=True, eq=False)
class Order:
    """One order: the fields of a request, what became of it, and its age (number of its acceptance).

    `limit` is how far its owner would go and `works_at` how far the collar lets it go; a market order has a limit too.  While it `waits`,
    for its trigger or for the closing call, it is open and in no book.
    """

    order_id: int
    cl_ord_id: int
    session: int
    account: int
    instrument: int
    side: int
    ord_type: int
    tif: int
    price: int
    order_qty: int
    display_qty: int
    exec_inst: int
    expire_ns: int
    stp_group: int
    stp_mode: int
    min_qty: int = 0
    settle_pref: int = 0
    stop_px: int = 0
    leaves_qty: int = 0
    cum_qty: int = 0
    shown_qty: int = 0
    age: int = 0
    limit: int = 0
    works_at: int = 0
    waits: bool = False

    @property
    def never_rests(self) -> bool:
        """Whether what is left after matching is canceled."""
        is_limited = self.ord_type in (OrdType.LIMIT, OrdType.STOP_LIMIT) or self.is_for_an_auction
        return not is_limited or self.tif in (TimeInForce.IOC, TimeInForce.FOK)

    @property
    def is_stop(self) -> bool:
        """Whether it waits until the last price has reached its stop price, or did so."""
        return self.ord_type in (OrdType.STOP, OrdType.STOP_LIMIT)

    @property
    def is_for_an_auction(self) -> bool:
        """Whether an auction is all that it is for."""
        return self.tif in (TimeInForce.OPG, TimeInForce.CLS)

    @property
    def is_special(self) -> bool:
        """Whether it does anything else than match when it comes in and rest then."""
        return self.is_stop or self.is_for_an_auction

    @property
    def names_price(self) -> bool:
        """Whether its owner says its limit."""
        return self.ord_type in (OrdType.LIMIT, OrdType.STOP_LIMIT)

    def is_reached(self, last_px: int) -> bool:
        """Whether that last price brings a stop order in; 0 is no price."""
        return last_px != 0 and (last_px >= self.stop_px if self.side == Side.BUY else last_px <= self.stop_px)

    @property
    def never_takes(self) -> bool:
        """Whether the order is refused where it would trade."""
        return bool(self.exec_inst & ExecInst.POST_ONLY)

    @property
    def needed_qty(self) -> int:
        """How much of it must be executed at once, or nothing is."""
        return self.order_qty if self.tif == TimeInForce.FOK else self.min_qty

    def crosses(self, price: int) -> bool:
        """Whether this order may trade at that price."""
        return self._reaches(self.works_at, price)

    def wants(self, price: int) -> bool:
        """Whether its owner would have it trade at that price."""
        return self._reaches(self.limit, price)

    def _reaches(self, limit: int, price: int) -> bool:
        return price <= limit if self.side == Side.BUY else 0 < limit <= price

    def trades_at(self, price: int) -> bool:
        """Whether this order, resting where it does, takes part in an auction at that price."""
        return self._reaches(self.price, price)

    def stands_against(self, maker: "Order") -> bool:
        """Whether self-trade prevention keeps this incoming order from trading with that resting one."""
        return self.stp_mode != StpMode.NONE and maker.stp_group == self.stp_group != 0
