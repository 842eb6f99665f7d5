"""What keeps a connection and lets it go: timers, retries, slow readers, faults."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.client import (
    AsyncClient,
    Client,
    ConnectionLost,
    EventsLost,
    LogonRefused,
    NotLoggedOn,
    Options,
    OrdStatus,
    Retry,
    SessionBroken,
    Side,
)
from engine.protocol.messages import LogoutCode
from tests.client.model_server import ModelServer, serving, serving_thread
from tests.client.model_venue import KEY, ModelVenue

SOON = Retry(first_s=0.001, limit_s=0.01, jitter=lambda: 0.0)
ALICE = Options(name="alice", key=KEY, retry=SOON)

Story = Callable[[ModelServer], Awaitable[None]]


def play(story: Story) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), serving() as server:
            await story(server)

    asyncio.run(main())


def test_the_timer_follows_the_logon() -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, heart_bt_int=1, **ALICE) as alice:
            timer = alice._link._timer

            assert timer is not None
            assert timer.when() <= asyncio.get_running_loop().time() + 1

    play(story)


def test_a_heartbeat_goes_out_when_it_is_due() -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            link = alice._link
            link.session._spoke -= 5
            link._tick()

            assert alice.is_logged_on
            assert link._timer is not None
            assert link._timer.when() > asyncio.get_running_loop().time() + 4

    play(story)


def test_a_silent_venue_is_left_and_tried_again() -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            events = alice.events()
            alice._link.session._heard -= 12
            alice._link._tick()

            assert ConnectionLost("the venue fell silent", retrying=True) == await anext(events)

    play(story)


def test_closing_does_not_wait_long_for_a_deaf_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.client.session.LOGOUT_S", 0.01)

    async def story(server: ModelServer) -> None:
        alice = AsyncClient(server.address, **ALICE)
        events = alice.events()
        async with alice:
            server.deaf = True
        told = [event async for event in events]

        assert ConnectionLost("the venue did not answer in time", retrying=False) == told[-1]

    play(story)


def test_closing_while_waiting_for_the_next_try_ends_at_once() -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, name="alice", key=KEY, retry=Retry(first_s=3600.0, limit_s=3600.0)) as alice:
            events = alice.events()
            server.cut()

            assert isinstance(await anext(events), ConnectionLost)

    play(story)


@pytest.mark.parametrize("retry", [None, Retry(attempts=0)])
def test_a_client_that_may_not_retry_ends(retry: Retry | None) -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, name="alice", key=KEY, retry=retry, cancel_on_disconnect=False) as alice:
            order = await alice.limit("AAPLx", Side.BUY, 1, 100).accepted()
            server.logout(LogoutCode.SHUTDOWN)
            with pytest.raises(NotLoggedOn, match="logout 10"):
                await order.done()
            with pytest.raises(NotLoggedOn, match="logout 10"):
                await alice.instruments()

    play(story)


def test_tries_are_counted_until_one_succeeds() -> None:
    async def story(server: ModelServer) -> None:
        async with serving() as other:
            options = Options(name="alice", key=KEY, retry=Retry(first_s=0.001, attempts=3))
            async with AsyncClient(other.address, **options) as alice:
                events = alice.events()
                other.listening.close()
                other.cut()
                told = [event.retrying for event in [await anext(events) for _ in range(4)]]
                with pytest.raises(NotLoggedOn, match="cannot connect"):
                    await anext(events)

                assert [True, True, True, False] == told

    play(story)


def test_takeover_keeps_knocking_until_the_old_connection_is_gone() -> None:
    async def story(server: ModelServer) -> None:
        server.venue.grants_takeover = False
        async with AsyncClient(server.address, **ALICE):
            late = AsyncClient(server.address, takeover=True, **ALICE)
            events = late.events()
            knocking = asyncio.ensure_future(late.connect())
            causes = [(await anext(events)).cause for _ in range(3)]
            server.venue.grants_takeover = True
            await knocking
            await late.close()

            assert ["logout 6: logged on elsewhere"] * 3 == causes

    play(story)


def test_a_reader_that_falls_behind_is_told() -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            events = alice.events()
            for _ in range(3):
                await alice.limit("AAPLx", Side.BUY, 1, 100).accepted()

            assert 2 == len([await anext(events) for _ in range(2)])
            with pytest.raises(EventsLost, match="2 events wait"):
                await anext(events)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.client.aio.MAX_EVENTS_WAITING", 2)
        play(story)


def test_a_blocking_reader_that_falls_behind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.client.sync.MAX_EVENTS_WAITING", 2)
    with serving_thread() as server, Client(server.address, **ALICE) as alice:
        events = alice.events()
        for _ in range(3):
            alice.limit("AAPLx", Side.BUY, 1, 100)

        assert 2 == len([events.get(1) for _ in range(2)])
        with pytest.raises(EventsLost):
            next(events)
        with pytest.raises(EventsLost):
            events.get(1)


def test_a_broken_venue_fails_who_waits() -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            order = await alice.limit("AAPLx", Side.BUY, 1, 100).accepted()
            events = alice.events()
            server.peers[0].transport.write(b"\xff\xff\xff\xff")
            with pytest.raises(SessionBroken):
                await order.done()
            with pytest.raises(SessionBroken):
                [event async for event in events]
            with pytest.raises(SessionBroken):
                await alice.drain()
            with pytest.raises(SessionBroken):
                [event async for event in alice.events()]

    play(story)


def test_questions_asked_during_a_cut_are_answered_after_it() -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            events = alice.events()
            server.cut()
            while not isinstance(await anext(events), ConnectionLost):
                pass

            assert not alice.is_logged_on
            assert (await alice.status("AAPLx")).is_trading

    play(story)


def test_a_client_connects_once() -> None:
    async def story(server: ModelServer) -> None:
        async with AsyncClient(server.address, **ALICE) as alice:
            with pytest.raises(RuntimeError, match="make another one"):
                await alice.connect()

    play(story)


def test_a_wrong_key_in_a_blocking_client_leaves_no_thread() -> None:
    with serving_thread(ModelVenue()) as server:
        client = Client(server.address, name="alice", key=bytes(32))
        with pytest.raises(LogonRefused):
            client.connect()

        assert client._thread is not None
        assert not client._thread.is_alive()


def test_orders_of_an_earlier_client_are_objects_too() -> None:
    async def story(server: ModelServer) -> None:
        options = Options(cancel_on_disconnect=False, **ALICE)
        async with AsyncClient(server.address, **options) as first:
            await first.limit("AAPLx", Side.BUY, 2, 100).accepted()
        async with AsyncClient(server.address, **options) as second:
            (found,) = await second.open_orders()
            replaced = await found.replace(qty=3).done()
            again = await asyncio.gather(second.open_orders(), second.open_orders())

            assert (True, 3, None) == (replaced.accepted, found.order_qty, found.avg_px)
            assert [[found], [found]] == again
            await found.cancel().done()
            assert OrdStatus.CANCELED == found.status

    play(story)
