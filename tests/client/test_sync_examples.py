"""The blocking face against the model venue over loopback."""

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.client import (
    Accepted,
    Canceled,
    Client,
    ConnectionLost,
    Event,
    Executed,
    LimitOrder,
    LoggedOn,
    MassCanceled,
    NotLoggedOn,
    Options,
    OrdStatus,
    OrdType,
    Reason,
    Retry,
    Side,
    StatusChanged,
    TimeInForce,
    TradingStatus,
)
from tests.client.model_answers import change_status
from tests.client.model_server import ServerThread, serving_thread
from tests.client.model_venue import KEY

SOON = Retry(first_s=0.001, limit_s=0.01)
ALICE = Options(name="alice", key=KEY, retry=SOON)
BOB = Options(name="bob", key=KEY, retry=SOON)


@pytest.fixture
def server() -> Iterator[ServerThread]:
    with serving_thread() as server:
        yield server


def test_a_request_gives_its_answer(server: ServerThread) -> None:
    with Client(server.address, **ALICE) as alice, Client(server.address, **BOB) as bob:
        resting = alice.limit("AAPLx", Side.SELL, qty=10, price="167.52", tif=TimeInForce.GTC)
        replaced = resting.replace(price="167.53")
        incoming = bob.market("AAPLx", Side.BUY, "2.5")
        alice.status("AAPLx")

        assert (OrdStatus.FILLED, Decimal("167.53")) == (incoming.status, incoming.avg_px)
        assert replaced.accepted
        assert (OrdStatus.PARTIALLY_FILLED, Decimal("7.5")) == (resting.status, resting.leaves_qty)
        assert "<SELL 10.0000 AAPLx @ 167.53 GTC: PARTIALLY_FILLED, 2.5000 done, 7.5000 open>" == repr(resting)
        assert Reason.NONE == resting.cancel().reason
        assert OrdStatus.CANCELED == resting.status


def test_the_end_of_the_block_cancels(server: ServerThread) -> None:
    with Client(server.address, **ALICE) as alice:
        order = alice.limit("AAPLx", Side.BUY, 1, 100)

    assert (OrdStatus.CANCELED, Reason.DISCONNECT) == (order.status, order.reason)


def test_orders_can_be_left_open_and_found_again(server: ServerThread) -> None:
    with Client(server.address, cancel_on_disconnect=False, **ALICE) as first:
        first.submit_many([LimitOrder("AAPLx", Side.BUY, 1, price) for price in (100, 101, 102)])
    with Client(server.address, **ALICE) as second:
        found = second.open_orders()

        assert [Decimal(100), Decimal(101), Decimal(102)] == [order.price for order in found]
        assert [True, True] == [request.accepted for request in second.cancel_many(found[:2])]
        assert [found[2]] == list(second.orders.values())
        assert 1 == second.mass_cancel("AAPLx", Side.BUY).affected
        assert all(order.is_done for order in found)


def test_questions_are_answered(server: ServerThread) -> None:
    with Client(server.address, **ALICE) as alice:
        alice.limit("AAPLx", Side.BUY, 3, "99.5")
        book = alice.book("AAPLx", depth=1)

        assert (Decimal("99.50"), Decimal(3)) == (book.bids[0].price, book.bids[0].qty)
        assert (None, None) == (book.best_ask, book.last_px)
        assert Decimal("0.01") == alice.instruments()[0].tick
        assert alice.status("TSLAx").is_trading
        assert ["USDC", "AAPLx"] == [balance.asset for balance in alice.balances()]
        assert ["AAPLx"] == [balance.asset for balance in alice.positions()]
        with pytest.raises(ValueError, match="depth 5000"):
            alice.book("AAPLx", 5000)


def test_events_can_be_read_from_another_thread(server: ServerThread) -> None:
    alice = Client(server.address, **ALICE)
    events = alice.events()
    told: list[Event] = []
    reader = threading.Thread(target=lambda: told.extend(events))
    reader.start()
    with alice, Client(server.address, **BOB) as bob:
        alice.limit("AAPLx", Side.SELL, 2, 100)
        bob.limit("AAPLx", Side.BUY, 1, 100)
    reader.join(10)

    assert [LoggedOn, Accepted, Executed, Canceled, MassCanceled, ConnectionLost] == [type(event) for event in told]
    assert events.get(0) is None


def test_a_missing_answer_leaves_the_order_pending(server: ServerThread) -> None:
    server.do(lambda: setattr(server.server, "deaf", False))
    with Client(server.address, timeout=0.05, cancel_on_disconnect=False, **ALICE) as alice:
        server.do(lambda: setattr(server.server, "deaf", True))
        order = alice.limit("AAPLx", Side.BUY, 1, 100)

        assert order.is_pending
        with pytest.raises(TimeoutError):
            order.accepted(timeout=0.001)
        with pytest.raises(TimeoutError):
            alice.instruments()
        server.do(server.server.cut)


def test_a_cut_is_healed_behind_the_programs_back(server: ServerThread) -> None:
    with Client(server.address, cancel_on_disconnect=False, **ALICE) as alice:
        events = alice.events()
        order = alice.limit("AAPLx", Side.SELL, 2, 100, wait=False)
        server.do(server.server.cut)
        while not isinstance(events.get(10), LoggedOn):
            pass

        assert OrdStatus.NEW == order.accepted(10).status
        assert [order.cl_ord_id] == [each.cl_ord_id for each in server.venue.sessions["alice"].taken]


def test_an_unconnected_client_says_so(server: ServerThread) -> None:
    client = Client(server.address, **ALICE)
    with pytest.raises(NotLoggedOn, match="use it inside `with`"):
        client.limit("AAPLx", Side.BUY, 1, 100)
    with client:
        pass
    with pytest.raises(NotLoggedOn):
        client.limit("AAPLx", Side.BUY, 1, 100)
    client.close()


def test_threads_may_share_a_client(server: ServerThread) -> None:
    with Client(server.address, **ALICE) as alice:
        threads = [threading.Thread(target=lambda: [alice.limit("AAPLx", Side.BUY, 1, 100) for _ in range(20)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert 80 == len(alice.orders)


def test_statuses_are_followed_over_a_cut(server: ServerThread) -> None:
    with Client(server.address, cancel_on_disconnect=False, **ALICE) as alice:
        states = alice.subscribe_status()
        events = alice.events()
        server.do(lambda: change_status(server.venue, 2, status=2, status_seq=4))
        changed = events.get(10)
        server.do(server.server.cut)
        while not isinstance(events.get(10), LoggedOn):
            pass
        alice.unsubscribe_status()

        assert ["AAPLx", "TSLAx"] == [state.symbol for state in states]
        assert isinstance(changed, StatusChanged)
        assert (TradingStatus.HALTED, states[1]) == (changed.state.status, changed.before)
        with pytest.raises(ValueError, match="symbol 'NOPEx' is not listed"):
            alice.subscribe_status("NOPEx")
        assert {} == alice.statuses


def test_a_stop_and_an_order_for_an_auction_wait_for_the_first_answer(server: ServerThread) -> None:
    with Client(server.address, **ALICE) as alice:
        stop = alice.stop("AAPLx", Side.SELL, 1, "95", tif=TimeInForce.GTC)
        limit = alice.limit("AAPLx", Side.SELL, 1, "94", stop_px="95")
        closing = alice.market("AAPLx", Side.SELL, 1, tif=TimeInForce.CLS, wait=False)
        alice.status("AAPLx")
        taken = [(request.ord_type, request.tif, request.stop_px) for request in server.venue.sessions["alice"].taken]

        assert (Decimal(95), OrdType.STOP, OrdType.STOP_LIMIT) == (stop.stop_px, stop.ord_type, limit.ord_type)
        assert closing.tif is TimeInForce.CLS
        assert [(3, 1, 950_000), (4, 0, 950_000), (1, 7, 0)] == taken
