"""The oracle's own plain order: what was asked, and what became of it."""

from dataclasses import dataclass

from engine.matching.enums import OrdType, Side, StpMode, TimeInForce


@dataclass(slots=True, eq=False)
class Order:
    """One order: the fields of a request, what became of it, and its age (number of its acceptance)."""

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
    leaves_qty: int = 0
    cum_qty: int = 0
    shown_qty: int = 0
    age: int = 0

    @property
    def never_rests(self) -> bool:
        """Whether what is left after matching is canceled."""
        return self.ord_type == OrdType.MARKET or self.tif in (TimeInForce.IOC, TimeInForce.FOK)

    def crosses(self, price: int) -> bool:
        """Whether this order may trade at that price."""
        return price <= self.price if self.side == Side.BUY else price >= self.price

    def stands_against(self, maker: "Order") -> bool:
        """Whether self-trade prevention keeps this incoming order from trading with that resting one."""
        return self.stp_mode != StpMode.NONE and maker.stp_group == self.stp_group != 0
