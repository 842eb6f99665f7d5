"""The oracle's own plain order: what was asked, and what became of it."""

from dataclasses import dataclass

from engine.matching.enums import ExecInst, OrdType, Side, StpMode, TimeInForce


@dataclass(slots=True, eq=False)
class Order:
    """One order: the fields of a request, what became of it, and its age (number of its acceptance).

    `limit` is how far its owner would go and `works_at` how far the collar lets it go; a market order has a limit too.
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
    leaves_qty: int = 0
    cum_qty: int = 0
    shown_qty: int = 0
    age: int = 0
    limit: int = 0
    works_at: int = 0

    @property
    def never_rests(self) -> bool:
        """Whether what is left after matching is canceled."""
        return self.ord_type == OrdType.MARKET or self.tif in (TimeInForce.IOC, TimeInForce.FOK)

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

    def stands_against(self, maker: "Order") -> bool:
        """Whether self-trade prevention keeps this incoming order from trading with that resting one."""
        return self.stp_mode != StpMode.NONE and maker.stp_group == self.stp_group != 0
