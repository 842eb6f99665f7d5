"""The client's two faces as a user's type checker sees them; never run."""

from decimal import Decimal
from typing import assert_type

from engine import AsyncClient, Client
from engine.client import (
    AsyncOrder,
    AsyncRequest,
    Balance,
    Book,
    Fill,
    Instrument,
    InstrumentState,
    LimitOrder,
    Order,
    OrdStatus,
    Request,
    Side,
)

with Client("127.0.0.1:7001", name="alice", key="alice.pem") as client:
    assert_type(client, Client)
    order = client.limit("AAPLx", Side.BUY, qty="10", price=Decimal("167.52"))
    assert_type(order, Order)
    assert_type(order.status, OrdStatus | None)
    assert_type(order.leaves_qty, Decimal)
    assert_type(order.fills, list[Fill])
    assert_type(order.cancel(), Request)
    assert_type(client.submit_many([LimitOrder("AAPLx", Side.BUY, 1, "2.5")]), list[Order])
    assert_type(client.instruments(), list[Instrument])
    assert_type(client.book("AAPLx"), Book)
    assert_type(client.buy_cash("AAPLx", "500"), Order)
    assert_type(client.balances(), list[Balance])
    assert_type(order.fees, Decimal)
    assert_type(client.stop("AAPLx", Side.SELL, 1, stop_px="160"), Order)
    assert_type(order.stop_px, Decimal | None)
    assert_type(client.subscribe_status(), list[InstrumentState])
    assert_type(client.statuses, dict[str, InstrumentState])

    client.buy_cash("AAPLx", 500.0)  # type: ignore[arg-type]
    client.limit("AAPLx", Side.BUY, qty=10, price=167.52)  # type: ignore[arg-type]
    client.limit("AAPLx", "buy", qty=10, price=167)  # type: ignore[arg-type]
    client.market("AAPLx", Side.BUY, qty=10, price=167)  # type: ignore[call-arg]


async def trade() -> None:
    async with AsyncClient("127.0.0.1:7001", name="alice", key="alice.pem") as client:
        order = client.limit("AAPLx", Side.BUY, qty="10", price="167.52")
        assert_type(order, AsyncOrder)
        assert_type(await order.done(), AsyncOrder)
        assert_type(order.replace(price="167.53"), AsyncRequest)
        assert_type(await client.book("AAPLx"), Book)
        assert_type(await client.open_orders(), list[AsyncOrder])
        assert_type(await client.subscribe_status("AAPLx"), list[InstrumentState])
        assert_type(client.limit("AAPLx", Side.BUY, 1, 2, stop_px=2), AsyncOrder)

        await client.limit("AAPLx", Side.BUY, qty=1, price=167)  # type: ignore[misc]
        AsyncClient("127.0.0.1:7001", nmae="alice")  # type: ignore[call-arg]
