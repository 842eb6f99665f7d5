"""Money over TCP: what the reports say is what the balances become, to the last unit."""

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.matching.enums import ExecType, OrdStatus, Reason
from engine.protocol.messages import ExecutionReport, Heartbeat, Position, PositionReport, PositionRequest, TestRequest
from engine.venue.acts import BustTrade, Deposit, PlaceHold
from engine.venue.records import SystemAccount
from engine.venue.terms import Fee
from tests.gateway.funded import CASH, FOREVER_NS, TOKENS, do
from tests.gateway.raw import Raw, run, venue

FEES = {"rates": (Fee(maker=-33, taker=257),)}
BUY, SELL = 1, 2
MARKET, IOC = 1, 3
USDC = 1


async def reports_of(client: Raw) -> list[ExecutionReport]:
    """Return all reports up to now."""
    client.say(TestRequest(client.seq, 0, 0, "so far"))
    reports = []
    while not isinstance(message := await client.read(), Heartbeat):
        reports.append(message)
    return reports


async def positions_of(client: Raw, account: int) -> dict[str, Position]:
    report = await client.ask(PositionRequest(client.seq, 0, 0, 1, account))
    assert isinstance(report, PositionReport)
    return {position.asset: position for position in report.positions}


def traded(reports: list[ExecutionReport]) -> tuple[int, int, int]:
    """Return what a client's reports say that it has won in cash before fees and in tokens, and what it paid in fees."""
    cash = tokens = fees = 0
    for report in reports:
        if report.exec_type == ExecType.TRADE:
            sign = 1 if report.side == BUY else -1
            cash -= sign * report.last_px * report.last_qty // 10_000
            tokens += sign * report.last_qty
            fees += report.fee
    return cash, tokens, fees


def flow(client: Raw, dice: random.Random, count: int) -> list[object]:
    """Return orders around one price: some rest, some take, some are for an amount of cash."""
    orders = []
    for _ in range(count):
        kind = dice.random()
        side, price, qty = dice.choice((BUY, SELL)), 100 * dice.randint(995, 1_005), 100 * dice.randint(1, 5_000)
        if kind < 0.6:
            orders.append(client.order(side, price, qty))
        elif kind < 0.8:
            orders.append(client.order(side, 0, qty, ord_type=MARKET, tif=IOC))
        else:
            orders.append(client.order(BUY, 0, 0, ord_type=MARKET, tif=IOC, cash_order_qty=dice.randint(1, 10**6)))
    return orders


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_balances_follow_from_the_reports_alone(seed: int) -> None:
    @run
    async def story() -> None:
        async with venue(terms=FEES) as server:
            clients = [await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")]
            dice = random.Random(seed)
            for _ in range(3):
                for client in clients:
                    client.say(*flow(client, dice, 20))
            early = [await reports_of(client) for client in clients]
            late = [await reports_of(client) for client in clients]
            ledger = server.gateway.venue
            income = sum(ledger.balance(account, USDC).available for account in (SystemAccount.FEES, SystemAccount.ROUNDING))
            paid = 0
            for account, client in enumerate(clients, 1):
                cash, tokens, fees = traded(early[account - 1] + late[account - 1])
                position = await positions_of(client, account)
                paid += fees

                assert CASH + cash - fees == position["USDC"].available + position["USDC"].held
                assert TOKENS + tokens == position["AAPLx"].available + position["AAPLx"].held
            assert paid == income >= 0
            ledger.check()

    story()


@run
async def test_a_maker_is_paid_and_a_taker_pays() -> None:
    async with venue(terms=FEES) as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        await alice.ask(alice.order(SELL, 1_000_000, 2_000_000))
        held = (await positions_of(alice, 1))["AAPLx"].held
        bob.say(bob.order(BUY, 1_000_000, 1_000_000, tif=IOC))
        _, taken = await bob.read_many(2)
        made = await alice.read()

        assert (2_000_000, -3_300, 25_700) == (held, made.fee, taken.fee)
        assert Position("USDC", CASH - 100_025_700, 0, 0, 0, 0) == (await positions_of(bob, 2))["USDC"]
        assert Position("USDC", CASH + 100_003_300, 0, 0, 0, 0) == (await positions_of(alice, 1))["USDC"]
        assert (TOKENS - 2_000_000, 1_000_000) == msgspec.structs.astuple((await positions_of(alice, 1))["AAPLx"])[1:3]


@run
async def test_a_buy_holds_what_it_can_cost_at_worst() -> None:
    async with venue(terms=FEES) as server:
        alice = await Raw.log_on(server, "alice")
        await alice.ask(alice.order(BUY, 1_000_000, 1_000_000))
        before = (await positions_of(alice, 1))["USDC"]
        await alice.ask(alice.order(BUY, 1_000_000, 1_000_000, cl_ord_id=9))
        after = (await positions_of(alice, 1))["USDC"]

        assert [100_025_700, 200_051_400] == [before.held, after.held]
        assert [CASH] * 2 == [before.available + before.held, after.available + after.held]


@run
async def test_an_amount_of_cash_is_never_exceeded() -> None:
    """Asks 1 @ 100 and 1 @ 101: 150 USDC buy 1 and, at 101 with the fee of 2.57 bp, 0.4946 more."""
    async with venue(terms=FEES) as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        alice.say(alice.order(SELL, 1_000_000, 1_000_000), alice.order(SELL, 1_010_000, 1_000_000))
        await alice.read_many(2)
        bob.say(bob.order(BUY, 0, 0, ord_type=MARKET, tif=IOC, cash_order_qty=150_000_000))
        accepted, first, second = await bob.read_many(3)
        spent = CASH - (await positions_of(bob, 2))["USDC"].available

        assert [1_494_600] * 3 == [report.order_qty for report in (accepted, first, second)]
        assert [(1_000_000, 1_000_000), (1_010_000, 494_600)] == [(report.last_px, report.last_qty) for report in (first, second)]
        assert OrdStatus.FILLED == second.ord_status
        assert 100_000_000 + 49_954_600 + first.fee + second.fee == spent
        assert 150_000_000 - 10_100 - 3 < spent <= 150_000_000


@run
async def test_an_amount_at_a_limit_rests_as_the_quantity_that_it_buys() -> None:
    async with venue() as server:
        bob = await Raw.log_on(server, "bob")
        resting = await bob.ask(bob.order(BUY, 1_000_000, 0, cash_order_qty=55_555_555))
        position = (await positions_of(bob, 2))["USDC"]

        assert (ExecType.NEW, 555_500, 555_500) == (resting.exec_type, resting.order_qty, resting.leaves_qty)
        assert 55_550_000 == position.held


@run
async def test_a_minimum_quantity_trades_at_once_or_the_order_ends() -> None:
    async with venue() as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        await alice.ask(alice.order(SELL, 1_000_000, 1_000_000))
        bob.say(bob.order(BUY, 1_000_000, 3_000_000, min_qty=2_000_000), bob.order(BUY, 1_000_000, 3_000_000, min_qty=1_000_000))
        reports = await bob.read_many(4)

        assert [ExecType.NEW, ExecType.CANCELED, ExecType.NEW, ExecType.TRADE] == [report.exec_type for report in reports]
        assert (Reason.MIN_QTY_UNMET, 2_000_000) == (reports[1].reason, reports[3].leaves_qty)


@run
async def test_what_the_office_does_to_a_balance_is_seen_at_once() -> None:
    async with venue() as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        hold = PlaceHold(hold_id="h", account=1, asset="USDC", amount=7, authority="a court", reference="1/26", review_ns=FOREVER_NS)
        do(server.gateway, hold, Deposit(external_id="d", account=1, asset="USDC", amount=5, pending=True))
        await alice.ask(alice.order(SELL, 1_000_000, 1_000_000))
        bob.say(bob.order(BUY, 1_000_000, 1_000_000))
        _, trade = await bob.read_many(2)
        await alice.read()
        held = (await positions_of(alice, 1))["USDC"]
        do(server.gateway, BustTrade(match_id=trade.match_id))

        assert Position("USDC", CASH - 7 + 100_000_000, 0, 7, 5, 0) == held
        assert Position("USDC", CASH - 7, 0, 7, 5, 0) == (await positions_of(alice, 1))["USDC"]
