"""The asyncio face against the model venue over loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
import uvloop

from engine.client import (
    Accepted,
    AsyncClient,
    Canceled,
    ConnectionLost,
    Executed,
    LimitOrder,
    LoggedOn,
    LogonRefused,
    NotLoggedOn,
    Options,
    OrdStatus,
    OrdType,
    Reason,
    Rejected,
    RequestRefused,
    Retry,
    Side,
    StatusChanged,
    TimeInForce,
    TooManyInFlight,
    TradingStatus,
)
from engine.protocol.messages import LogoutCode
from tests.client.model_answers import change_status
from tests.client.model_server import ModelServer, serving
from tests.client.model_venue import KEY, ModelVenue

SOON = Retry(first_s=0.001, limit_s=0.01, jitter=lambda: 0.0)
ALICE = Options(name="alice", key=KEY, retry=SOON)
BOB = Options(name="bob", key=KEY, retry=SOON)

Story = Callable[[ModelServer], Awaitable[None]]


@pytest.fixture(params=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest) -> Callable[[Story], None]:
    """Run a story beside a model server, on each kind of loop."""

    def run(story: Story) -> None:
        async def main() -> None:
            async with asyncio.timeout(20), serving() as server:
                await story(server)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop if request.param == "uvloop" else None) as runner:
            runner.run(main())

    return run


def test_two_clients_trade(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice, AsyncClient(server.address, **BOB) as bob:
            resting = await alice.limit("AAPLx", Side.SELL, qty="10", price="167.52", tif=TimeInForce.GTC).accepted()
            incoming = await bob.limit("AAPLx", Side.BUY, qty=4, price=Decimal("167.60")).done()

            assert (OrdStatus.FILLED, Decimal("167.52"), Decimal(4)) == (incoming.status, incoming.avg_px, incoming.cum_qty)
            assert await alice.book("AAPLx", 1) == await bob.book("AAPLx")
            assert (OrdStatus.PARTIALLY_FILLED, Decimal(6)) == (resting.status, resting.leaves_qty)
            assert [resting] == await alice.open_orders()
        assert (OrdStatus.CANCELED, Reason.DISCONNECT) == (resting.status, resting.reason)

    play(story)


def test_replace_and_cancel_give_requests_with_their_answer(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            order = alice.limit("AAPLx", Side.BUY, 10, "100.00")
            replaced = await order.replace(price="101.5", qty=7).done()
            canceled = await order.cancel().done()
            late = await order.cancel().done()

            assert replaced.accepted
            assert canceled.accepted
            assert (OrdStatus.CANCELED, Decimal("101.50"), Decimal(7)) == (order.status, order.price, order.order_qty)
            assert (True, Reason.TOO_LATE) == (late.rejected, late.reason)

    play(story)


def test_rejects_are_values_in_words(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            order = await alice.limit("AAPLx", Side.BUY, 1, 100, account=9).accepted()

            assert (OrdStatus.REJECTED, Reason.UNKNOWN_ACCOUNT, True) == (order.status, order.reason, order.is_done)
            assert "110 account 9 is not one that this session may trade for" == order.reject_text

    play(story)


def test_events_come_in_order_and_end_with_the_client(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        alice = AsyncClient(server.address, **ALICE)
        events = alice.events()
        async with alice, AsyncClient(server.address, **BOB) as bob:
            alice.submit_many([LimitOrder("AAPLx", Side.SELL, qty, 100) for qty in (1, 2)])
            await bob.market("AAPLx", Side.BUY, 1).done()
            alice.limit("AAPLx", Side.SELL, 1, 100, account=9)
            await alice.mass_cancel().done()
        told = [type(event) async for event in events]

        assert [LoggedOn, Accepted, Accepted, Executed, Rejected, Canceled] == told[:6]
        assert ConnectionLost is told[-1]

    play(story)


def test_a_cut_connection_comes_back_and_nothing_is_missed(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        options = Options(cancel_on_disconnect=False, **ALICE)
        async with AsyncClient(server.address, **options) as alice, AsyncClient(server.address, **BOB) as bob:
            events = alice.events()
            order = await alice.limit("AAPLx", Side.SELL, 5, 100).accepted()
            server.peers[0].transport.abort()
            in_flight = alice.limit("AAPLx", Side.SELL, 1, 101)
            while not isinstance(await anext(events), ConnectionLost):
                pass
            with pytest.raises(NotLoggedOn):
                alice.limit("AAPLx", Side.SELL, 5, 100)
            await bob.limit("AAPLx", Side.BUY, 3, 100).done()
            while order.cum_qty != 3:
                await anext(events)
            await in_flight.accepted()

            assert ([3], OrdStatus.NEW) == ([fill.qty for fill in order.fills], in_flight.status)
            assert [order.cl_ord_id, in_flight.cl_ord_id] == [each.cl_ord_id for each in server.venue.sessions["alice"].taken]

    play(story)


def test_questions_are_answered(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            assert ["AAPLx", "TSLAx"] == [instrument.symbol for instrument in await alice.instruments()]
            assert (await alice.status("AAPLx")).is_trading
            assert [("USDC", Decimal("1.5")), ("AAPLx", 2)] == [(each.asset, each.available) for each in await alice.balances()]
            assert [("AAPLx", 2)] == [(each.asset, each.available) for each in await alice.positions()]
            with pytest.raises(RequestRefused, match="account is not yours"):
                await alice.positions(9)
            with pytest.raises(ValueError, match="symbol 'AAPL' is not listed at MODEL: nearest are AAPLx"):
                await alice.book("AAPL")

    play(story)


def test_logon_refusals_raise_at_connect(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        with pytest.raises(LogonRefused, match="logon refused"):
            await AsyncClient(server.address, name="alice", key=bytes(32)).connect()
        with pytest.raises(LogonRefused, match="this is venue MODEL, not OTHER"):
            await AsyncClient(server.address, venue="OTHER", **ALICE).connect()
        async with AsyncClient(server.address, **ALICE):
            with pytest.raises(LogonRefused, match="elsewhere"):
                await AsyncClient(server.address, **ALICE).connect()

    play(story)


def test_nobody_listening_says_where(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with serving(server.venue) as gone:
            address = gone.address
        with pytest.raises(NotLoggedOn, match=f"cannot connect to {address}"):
            await AsyncClient(address, **ALICE).connect()

    play(story)


def test_a_taken_over_client_stops(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as old:
            events = old.events()
            async with AsyncClient(server.address, takeover=True, **ALICE) as new:
                with pytest.raises(LogonRefused):
                    [event async for event in events]
                with pytest.raises(LogonRefused):
                    old.limit("AAPLx", Side.BUY, 1, 100)

                assert new.is_logged_on

    play(story)


def test_a_shut_down_venue_is_tried_again(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            events = alice.events()
            server.logout(LogoutCode.SHUTDOWN)
            lost, back = await anext(events), await anext(events)

            assert (ConnectionLost("logout 10", retrying=True), LoggedOn("MODEL", 1)) == (lost, back)

    play(story)


def test_requests_in_flight_are_bounded(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, max_in_flight=4, **ALICE) as alice:
            alice.submit_many([LimitOrder("AAPLx", Side.BUY, 1, 100)] * 4)
            with pytest.raises(TooManyInFlight, match="limit of 4"):
                alice.limit("AAPLx", Side.BUY, 1, 100)
            await alice.drain()

            assert OrdStatus.NEW == (await alice.limit("AAPLx", Side.BUY, 1, 100).accepted()).status

    play(story)


def test_a_bad_order_among_many_sends_none(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            with pytest.raises(ValueError, match=r"price 100\.005 is not a multiple of tick 0\.01: nearest are 100\.00 and 100\.01"):
                alice.submit_many([LimitOrder("AAPLx", Side.BUY, 1, 100), LimitOrder("AAPLx", Side.BUY, 1, "100.005")])

            assert [] == await alice.open_orders()
            assert [] == server.venue.sessions["alice"].taken

    play(story)


def test_waiting_ends_when_the_client_does(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, cancel_on_disconnect=False, **ALICE) as alice:
            order = await alice.limit("AAPLx", Side.BUY, 1, 100).accepted()
            with pytest.raises(TimeoutError):
                await order.done(timeout=0.001)
            waiting = asyncio.ensure_future(order.done())
        with pytest.raises(NotLoggedOn, match="the client was closed"):
            await waiting

    play(story)


def test_a_session_goes_on_from_a_file(play: Callable[[Story], None], tmp_path: "object") -> None:
    async def story(server: ModelServer) -> None:
        options = Options(store=f"{tmp_path}/alice.store", cancel_on_disconnect=False, **ALICE)
        async with AsyncClient(server.address, **options) as first:
            order = await first.limit("AAPLx", Side.SELL, 5, 100).accepted()
        async with AsyncClient(server.address, **BOB) as bob:
            await bob.limit("AAPLx", Side.BUY, 2, 100).done()
        second = AsyncClient(server.address, **options)
        events = second.events()
        async with second:
            await second.instruments()
            (found,) = await second.open_orders()

            assert (order.order_id, Decimal(2), Decimal(3)) == (found.order_id, found.cum_qty, found.leaves_qty)
            assert (await found.cancel().done()).accepted
        assert [LoggedOn, Executed, Canceled, ConnectionLost] == [type(event) async for event in events]

    play(story)


def test_the_model_keeps_quiet_about_old_reports_to_a_new_client(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        venue: ModelVenue = server.venue
        async with AsyncClient(server.address, **ALICE) as first:
            await first.limit("AAPLx", Side.SELL, 5, 100).accepted()
        for resume, count in (("new", 0), ("all", len(venue.sessions["alice"].reports))):
            client = AsyncClient(server.address, resume=resume, cancel_on_disconnect=False, **ALICE)
            events = client.events()
            async with client:
                pass

            assert count == len([event async for event in events if hasattr(event, "seq")])

    play(story)


def test_statuses_are_followed(play: Callable[[Story], None]) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            events = alice.events()
            (state,) = await alice.subscribe_status("TSLAx")
            change_status(server.venue, 2, status=24, indicative_px=1_000_000)
            change_status(server.venue, 1, status=2)
            first, changed = [await anext(events) for _ in range(2)]
            alice.unsubscribe_status("TSLAx")

            assert ("TSLAx", TradingStatus.READY) == (state.symbol, state.status)
            assert [StatusChanged(state, None), TradingStatus.AUCTION_CALL] == [first, changed.state.status]
            assert Decimal(100) == changed.state.indicative_px
            assert {} == alice.statuses
            order = alice.stop("AAPLx", Side.BUY, 1, 120)
            assert (OrdType.STOP, Decimal(120)) == (order.ord_type, order.stop_px)

    play(story)
