"""The client and statuses against a real server: following through cuts, an auction seen from a client."""

import asyncio
import random
from decimal import Decimal

from engine.client import AsyncClient, Liquidity, LoggedOn, OrdStatus, Reason, Side, StatusChanged, TimeInForce, TradingStatus
from engine.gateway.server import Server
from engine.venue.acts import SetStatus
from engine.venue.terms import AuctionTerms
from tests.e2e.test_client_trading import at, client, cut_by
from tests.gateway.following import standing_of
from tests.gateway.funded import do, request
from tests.gateway.raw import run, venue

SOON = AuctionTerms(call_ns=200_000_000)
STATUSES = ("pre-open", "halted", "cancel-only", "suspended", "closed", "auction-call")


async def fenced(alice: AsyncClient) -> None:
    """Wait until the client has heard all that the venue has said; a question that a cut left open comes before the subscription."""
    while True:
        try:
            await alice.status("AAPLx")
        except (ConnectionError, TimeoutError):
            continue
        if alice.is_logged_on:
            return


def set_status(server: Server, symbol: str, status: str) -> None:
    server.gateway.act(request(SetStatus(instrument=symbol, status=status, cause="regulatory")))


@run
async def test_a_client_that_is_cut_again_and_again_knows_what_the_venue_knows() -> None:
    draw = random.Random(7)
    async with venue() as server, cut_by(server, 11) as (proxy, address):
        alice = client(address)
        events = alice.events()
        async with alice:
            await alice.subscribe_status()
            for _ in range(150):
                set_status(server, draw.choice(("AAPLx", "TSLAx")), draw.choice(STATUSES))
                await asyncio.sleep(0.002)
            proxy.cutting = False
            await fenced(alice)
            await fenced(alice)
            known = dict(alice.statuses)
            office = server.gateway.office
        heard = [event async for event in events]

    changes = [event for event in heard if isinstance(event, StatusChanged)]
    for symbol, listed in office.instruments.items():
        seqs = [event.state.status_seq for event in changes if event.state.symbol == symbol]
        assert sorted(set(seqs)) == seqs
        assert (known[symbol].status, known[symbol].cause, known[symbol].status_seq) == (
            *standing_of(office, listed)[:2],
            standing_of(office, listed)[-1],
        )
    assert proxy.cuts > 0
    assert sum(isinstance(event, LoggedOn) for event in heard) > proxy.cuts


@run
async def test_an_auction_as_a_client_sees_it() -> None:
    async with venue(terms={"auction": SOON}) as server, client(at(server)) as alice, client(at(server), "bob") as bob:
        (state,) = await alice.subscribe_status("AAPLx")
        events = alice.events()
        do(server.gateway, SetStatus(instrument="AAPLx", status="auction-call", cause="reopening"))
        opening = alice.market("AAPLx", Side.BUY, 3, tif=TimeInForce.OPG)
        limit = alice.limit("AAPLx", Side.BUY, 3, 101, tif=TimeInForce.OPG)
        ask = bob.limit("AAPLx", Side.SELL, 2, 100)
        await asyncio.gather(opening.done(10), limit.done(10), ask.done(10))
        seen = []
        async for event in events:
            if isinstance(event, StatusChanged):
                seen.append(event.state)
                if event.state.is_trading:
                    break

    assert TradingStatus.READY == state.status
    assert (TradingStatus.AUCTION_CALL, "continuous") == (seen[0].status, seen[0].then)
    assert seen[0].until is not None
    assert (OrdStatus.REJECTED, Reason.REF_UNAVAILABLE) == (opening.status, opening.reason)
    assert (Liquidity.AUCTION, Decimal(101)) == (ask.fills[0].liquidity, ask.fills[0].price)
    assert (OrdStatus.CANCELED, Reason.AUCTION_END, Decimal(2)) == (limit.status, limit.reason, limit.cum_qty)
