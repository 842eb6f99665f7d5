"""What happens on the demo's floor besides trading: an opening, a pause, a halt and a stale reserve, each minute at the same seconds.

    0 s  the calendar opens every instrument by an auction         12 s  an operator halts one, and two persons release it
    6 s  one order sweeps a book to the collar: pause, auction     17 s  an attestation ends: reduce-only, until a fresh one comes

Two operators act as people do, over the listener for operators; what follows from it is the venue's own doing, and is read from its
registers by `follow_news`, as anybody with a role could.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from time import time_ns
from typing import Self

from engine.admin.client import AdminClient
from engine.admin.kinds import Row
from engine.admin.standing import AuctionRow, ChangeRow
from engine.cli.attest import signed
from engine.cli.demo_desk import Desk
from engine.cli.demo_folder import ATTESTOR, AUDITOR, HALTED, ISSUED, PAUSED, PERSONS
from engine.cli.demo_state import Auction, Change, Floor
from engine.cli.simulation import STOCKS, TOKEN, Market
from engine.cli.venue_folder import key_path
from engine.client.keys import load_key
from engine.matching.enums import Side
from engine.venue.acts import Approve, Attest, BaseAct, SetCalendar, SetStatus
from engine.venue.terms import DatedSession

SECOND_NS = 1_000_000_000
MINUTE_S = 60
OPENS_S = 1
SWEEPS_S, HALTS_S, RELEASES_S, STALE_S, ATTESTS_S = 6, 12, 14, 17, 20
RESERVE = 15_000 * TOKEN
LAST_NS = 4_102_444_800 * SECOND_NS
NEWS_S = 0.1
# How far from the fair price somebody waits, beyond the collar's half percent, and how far the sweep would go.
FAR, FARTHER = 0.008, 0.01
SWEPT = 1_500 * TOKEN


class Refused(Exception):
    """The venue did not do what the story asks for."""


class Operators:
    """The two persons who act, each over a connection of his own."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        self._clients = [AdminClient(address, name=name, key=key_path(folder, name)) for name in PERSONS]

    def __enter__(self) -> Self:
        for client in self._clients:
            client.connect()
        return self

    def __exit__(self, *exc: object) -> None:
        for client in self._clients:
            client.close()

    async def act(self, act: BaseAct, reason: str) -> None:
        """Let the first person act, and the second one agree where one must."""
        first, second = self._clients
        answer = await asyncio.to_thread(first.act, act, reason)
        if answer.code == "PROPOSED":
            answer = await asyncio.to_thread(second.act, Approve(proposal=answer.proposal), "agreed")
        if not answer.accepted:
            raise Refused(f"{act.__struct_config__.tag}: {answer.text}")

    async def attest(self, until_s: float) -> None:
        """Bring an attestation of the reserve, signed by the attestor's own key, that is good for so many seconds."""
        now_ns = time_ns() - SECOND_NS // 100
        told = Attest(
            instrument=ISSUED,
            attestor=ATTESTOR,
            custodian="Demo-Trust",
            shares=RESERVE,
            as_of_ns=now_ns,
            valid_until_ns=now_ns + int(until_s * SECOND_NS),
            signature=bytes(64),
        )
        await self.act(signed(told, load_key(key_path(self._folder, ATTESTOR))), "statement of the custodian")


async def prepare(operators: Operators) -> None:
    """Bring what is listed to where a day begins: the token under issuance attested and, with the others, before its opening."""
    await operators.attest(MINUTE_S)
    await operators.act(SetStatus(instrument=ISSUED, status="pre-open", cause="scheduled"), "attested for the first time")


async def play(operators: Operators, floor: Floor, market: Market, desks: Mapping[str, Desk]) -> None:
    """Let it all happen, minute after minute, for ever."""
    began_ns = time_ns()
    await _open(operators, floor, began_ns)
    minute = 0
    while True:
        start_s = began_ns / 1e9 + minute * MINUTE_S
        await _until(start_s + SWEEPS_S)
        await _sweep(floor, market, desks, Side.SELL if minute % 2 else Side.BUY)
        await _until(start_s + HALTS_S)
        floor.tell(f"{PERSONS[0]} halts {HALTED}: news are pending")
        await operators.act(SetStatus(instrument=HALTED, status="halted", cause="news-pending"), "a filing at the primary")
        await _until(start_s + RELEASES_S)
        floor.tell(f"{PERSONS[0]} asks to let {HALTED} go on, by an auction; {PERSONS[1]} agrees")
        await operators.act(SetStatus(instrument=HALTED, status="auction-call", cause="news-released"), "the news is out")
        await _until(start_s + ATTESTS_S)
        floor.tell(f"{ATTESTOR} attests {RESERVE // TOKEN:,} shares for {ISSUED} anew, signed with his key")
        await operators.attest(MINUTE_S + STALE_S - ATTESTS_S)
        minute += 1


async def follow_news(folder: Path, address: str, floor: Floor) -> None:
    """Tell each change of a status and each auction as the venue's registers have it, for ever."""
    with AdminClient(address, name=AUDITOR, key=key_path(folder, AUDITOR)) as client:
        seen = len(client.show("changes"))
        held = len(client.show("auctions"))
        while True:
            # In this order, so that an auction is never told behind the status that followed it.
            changes = await asyncio.to_thread(client.newer, "changes", seen)
            auctions = await asyncio.to_thread(client.newer, "auctions", held)
            held, seen = held + len(auctions), seen + len(changes)
            for row in sorted([*auctions, *changes], key=_when):
                if isinstance(row, AuctionRow):
                    floor.uncrossed(Auction(row.ts_ns, row.instrument, row.outcome, row.price, row.qty, row.imbalance))
                elif isinstance(row, ChangeRow):
                    floor.changed(Change(row.ts_ns, row.instrument, row.before, row.status, row.cause, row.actor, row.until_ns, row.then))
            await asyncio.sleep(NEWS_S)


def _when(row: Row) -> tuple[int, bool]:
    """Order what happened at the same time: an auction comes before the status that follows it."""
    return (row.ts_ns, isinstance(row, ChangeRow)) if isinstance(row, (AuctionRow, ChangeRow)) else (0, False)


async def _open(operators: Operators, floor: Floor, began_ns: int) -> None:
    """Write the opening auction into each instrument's calendar, and let the attestation end when the story wants it to."""
    day = DatedSession(from_ns=began_ns + OPENS_S * SECOND_NS, until_ns=LAST_NS, session="rth", status="auction-call")
    floor.tell(f"the calendar: every instrument opens by an auction, in {OPENS_S} s")
    for stock in STOCKS:
        await operators.act(SetCalendar(instrument=stock.symbol, exceptions=(day,)), "the opening of the day")
    await operators.attest(STALE_S - (time_ns() - began_ns) / 1e9)


async def _sweep(floor: Floor, market: Market, desks: Mapping[str, Desk], side: Side) -> None:
    """Let somebody wait far from the market, and somebody else strike at all that is there, up to him."""
    *_, patient, hasty = desks.values()
    up = 1 if side is Side.BUY else -1
    tick = market.stocks[PAUSED].tick
    far, farther = (round(market.fair(PAUSED) * (1 + up * share)) * tick for share in (FAR, FARTHER))
    word, direction = ("buys", "up") if side is Side.BUY else ("sells", "down")
    waiting = patient.enter(PAUSED, Side.SELL if side is Side.BUY else Side.BUY, far, 5 * TOKEN)
    floor.tell(f"{hasty.name} {word} {SWEPT // TOKEN:,} {PAUSED} at once, {direction} to {farther / 10_000:.2f}")
    hasty.strike(PAUSED, side, farther, SWEPT)
    await asyncio.sleep(HALTS_S - SWEEPS_S - 1)
    if waiting is not None and not waiting.is_done:
        patient.withdraw(waiting)


async def _until(time_s: float) -> None:
    await asyncio.sleep(max(0.0, time_s - time_ns() / 1e9))
