"""What only the venue can refuse, over TCP: each reason of its gates once, in the words that a program prints."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.client import AsyncClient, AsyncOrder, OrdStatus, Reason, SettleForm, SettlePref, Side, TimeInForce
from engine.client.texts import reason_text
from engine.gateway.gateway import Gateway
from engine.venue.acts import (
    BaseAct,
    ChangeSubscriber,
    KillSwitch,
    PlaceHold,
    SetLimits,
    SetReference,
    SetStatus,
    SetTicks,
    UpdateSanctions,
)
from engine.venue.terms import AuctionTerms, Band, Collar, Fee, Limits, SessionMask, TickRow
from tests.e2e.test_client_trading import at, client
from tests.gateway.funded import FOREVER_NS, do
from tests.gateway.raw import CLOCK, Raw, run, venue

BUY, SELL = Side.BUY, Side.SELL
COLLAR = Collar(live=Band(static_bps=500, away_bps=2_000), closed=Band(static_bps=500), max_age_ns=3_600 * 10**9)
Enter = Callable[[AsyncClient], AsyncOrder]


def buy(qty: Any = 1, price: Any = 100, symbol: str = "AAPLx", **fields: Any) -> Enter:
    return lambda alice: alice.limit(symbol, BUY, qty, price, **fields)


def sell(qty: Any = 1, price: Any = 100, symbol: str = "AAPLx", **fields: Any) -> Enter:
    return lambda alice: alice.limit(symbol, SELL, qty, price, **fields)


def spend(cash: Any, price: Any = None, **fields: Any) -> Enter:
    return lambda alice: alice.buy_cash("AAPLx", cash, price, **fields)


def limits(**most: int) -> SetLimits:
    return SetLimits(subscriber="alice", limits=Limits(**most))


def status(name: str) -> SetStatus:
    return SetStatus(instrument="AAPLx", status=name, cause="surveillance")


def changed(**fields: Any) -> ChangeSubscriber:
    return ChangeSubscriber(subscriber="alice", standard_id="FAIR-2", **fields)


def referred(price: int) -> SetReference:
    return SetReference(instrument="AAPLx", price=price, source="test", quality="live", as_of_ns=CLOCK.utc_ns())


WHOLE = PlaceHold(hold_id="h", account=1, authority="a court", reference="1/26", review_ns=FOREVER_NS)
CALL = AuctionTerms(call_ns=60 * 10**9)
COLLECT = SetStatus(instrument="AAPLx", status="auction-call", cause="reopening")
MORNING = (SessionMask(session="continuous", order_types=("limit-day",)),)
CASES: list[tuple[dict[str, Any], tuple[BaseAct, ...], Enter, str]] = [
    ({}, (changed(kyc_until_ns=1),), buy(), "111 the identity check (KYC) of account 1's subscriber has ended"),
    ({}, (UpdateSanctions(list_version=1, hits=("alice",)),), buy(), "112 account 1's subscriber is blocked by a screening"),
    ({}, (WHOLE,), buy(), "113 account 1 is restricted"),
    ({}, (KillSwitch(scope="venue", on=True),), buy(), "114 trading was stopped by the venue's kill switch"),
    ({}, (KillSwitch(scope="account", target="1", on=True),), buy(), "114 trading was stopped by the venue's kill switch"),
    ({}, (status("halted"),), buy(), "121 AAPLx takes no such request now"),
    ({"masks": MORNING}, (), buy(tif=TimeInForce.GTC), "122 AAPLx takes no LIMIT GTC order now"),
    ({}, (status("post-only"),), buy(), "122 AAPLx takes no LIMIT DAY order now"),
    ({"denied": ("FR",)}, (changed(jurisdictions=("FR",)),), buy(), "123 AAPLx is not open to the subscriber's jurisdiction"),
    ({"entitlements": ("TOKENS",)}, (), buy(), "124 the subscriber is not entitled to trade AAPLx"),
    ({"whitelist": True}, (), buy(), "125 account 1 is not an approved holder of AAPLx"),
    ({"day_cap": 5_000_000}, (), buy(6), "126 qty 6.0000 is more than is left of the day's cap of 5.0000 AAPLx"),
    ({}, (), lambda alice: alice.limit("AAPLx", Side.SELL_SHORT, 1, 100), "136 nothing can be sold short here"),
    (
        *({}, (SetTicks(instrument="AAPLx", table=(TickRow(from_px=0, tick=100), TickRow(from_px=1_000_000, tick=1_000))),)),
        *(buy(1, "100.05"), "140 price 100.05 is not a multiple of tick 0.10"),
    ),
    ({}, (), spend("0.00001"), "142 0.00001 USDC buys less than the smallest order, 0.0001 AAPLx"),
    ({}, (limits(max_order_qty=10_000_000),), buy(11), "143 qty 11.0000 is above the largest order, 10.0000"),
    ({"min_notional": 50_000_000}, (), buy("0.4999"), "148 49.99 USDC is below the smallest order, 50.00 USDC"),
    ({"max_notional": 50_000_000}, (), buy("0.5001"), "149 50.01 USDC is above the largest order, 50.00 USDC"),
    (
        {},
        (limits(max_order_notional=50_000_000),),
        spend("50.01", 100, tif=TimeInForce.GTC),
        "149 50.01 USDC is above the largest order, 50.00 USDC",
    ),
    ({"collar": COLLAR}, (referred(1_764_300),), buy(1, 210), "150 price 210.00 is above the collar 185.25 (reference 176.43 LIVE +5.00%)"),
    (
        {"collar": COLLAR},
        (referred(1_764_300),),
        sell(1, 150),
        "150 price 150.00 is below the collar 167.61 (reference 176.43 LIVE -5.00%)",
    ),
    (
        {"collar": COLLAR},
        (referred(1_764_300),),
        buy(1, 100),
        "150 price 100.00 is below the collar 141.15 (reference 176.43 LIVE -20.00%)",
    ),
    ({"collar": COLLAR}, (), buy(), "121 AAPLx takes no such request now"),
    ({"collar": COLLAR, "auction": CALL}, (COLLECT,), buy(), "151 AAPLx takes no orders while it has no reference price"),
    ({"auction": CALL}, (COLLECT,), buy(tif=TimeInForce.IOC), "122 AAPLx takes no LIMIT IOC order now"),
    ({}, (limits(max_open_orders=1),), buy(), "153 the subscriber has 1 open orders, which is his limit"),
    (
        *({}, (limits(max_gross_open=250_000_000),), buy(2)),
        "154 200.00 USDC more would bring the open orders above the subscriber's limit of 250.00 USDC",
    ),
    (
        *({}, (limits(max_gross_day=250_000_000),), buy(2)),
        "155 200.00 USDC more would bring the day's orders and trades above the subscriber's limit of 250.00 USDC",
    ),
    ({}, (), buy(10, 100), "156 1,000.00 USDC are asked, 900.00 available"),
    ({}, (), spend(1_000, 100, tif=TimeInForce.GTC), "156 1,000.00 USDC are asked, 900.00 available"),
    ({"rates": (Fee(maker=0, taker=250),)}, (), buy(10, 100), "156 1,000.00 USDC and fees are asked, 1,000.00 available"),
    ({}, (), sell(11, 1), "157 11.0000 AAPLx are asked, 10.0000 available"),
    ({}, (status("reduce-only"),), buy(), "158 a BUY of AAPLx is refused: only what reduces a position is taken"),
]


@pytest.mark.parametrize(("terms", "acts", "enter", "sentence"), CASES, ids=lambda value: value[:3] if isinstance(value, str) else "")
def test_a_refusal_says_its_number_its_rule_and_its_figures(
    terms: dict[str, Any], acts: tuple[BaseAct, ...], enter: Enter, sentence: str
) -> None:
    @run
    async def story() -> None:
        async with venue(terms=terms, cash=10**9, tokens=0 if "whitelist" in terms else 10**7) as server, client(at(server)) as alice:
            if not terms:
                assert (await alice.limit("AAPLx", BUY, 1, 100, tif=TimeInForce.GTC).accepted()).is_open
            do(server.gateway, *acts)
            before = _money(server.gateway)
            order = await enter(alice).accepted(10)

            assert (OrdStatus.REJECTED, sentence) == (order.status, order.reject_text)
            assert sentence == f"{int(order.reason)} {sentence[4:]}"
            assert before == _money(server.gateway)
            server.gateway.venue.check()

    story()


@run
async def test_a_duplicate_is_refused_while_the_first_is_fresh() -> None:
    async with venue() as server, client(at(server)) as alice:
        do(server.gateway, limits(duplicates_max=1, duplicates_ns=10**12))
        first, second = await buy()(alice).accepted(10), await buy()(alice).accepted(10)

        assert (True, "152 BUY 1.0000 at 100.00 was accepted 1 times just before") == (first.is_open, second.reject_text)


@run
async def test_a_refused_replace_says_what_it_lacked() -> None:
    async with venue(cash=10**9) as server, client(at(server)) as alice:
        order = await buy(5, 100)(alice).accepted(10)
        request = await order.replace(qty=11).done(10)

        assert "156 1,100.00 USDC are asked in place of what the order holds, 500.00 available" == request.reject_text
        assert (5, True) == (order.order_qty, order.is_open)


RAW = [
    (Reason.CASH_QTY, {"cash_order_qty": 100}),
    (Reason.CASH_QTY, {"cash_order_qty": 100, "order_qty": 0, "side": 2}),
    (Reason.CASH_QTY, {"cash_order_qty": 100, "order_qty": 0, "min_qty": 100}),
    (Reason.SETTLE_PREF, {"settle_pref": 3}),
    (Reason.EXEC_INST, {"exec_inst": 4}),
    (Reason.EXEC_INST, {"exec_inst": 4, "cash_order_qty": 100, "order_qty": 0}),
    (Reason.MIN_QTY, {"min_qty": 150}),
    (Reason.REDUCE_ONLY_VIOLATION, {"exec_inst": 2}),
]


@pytest.mark.parametrize(("reason", "fields"), RAW)
def test_what_this_client_never_sends_is_refused_too(reason: Reason, fields: dict[str, int]) -> None:
    @run
    async def story() -> None:
        async with venue() as server:
            alice = await Raw.log_on(server, "alice")
            report = await alice.ask(alice.order(**fields))

            assert (reason, 0) == (report.reason, report.leaves_qty)
            assert reason_text(reason).startswith(f"{int(reason)} ")

    story()


@run
async def test_the_form_of_settlement_falls_back_and_says_why() -> None:
    async with venue(terms={"chains": ("sol",)}) as server, client(at(server)) as alice, client(at(server), "bob") as bob:
        do(server.gateway, ChangeSubscriber(subscriber="bob", standard_id="FAIR-2", wallets=("sol:abc",)))
        maker = await alice.limit("AAPLx", SELL, 1, 100, settle_pref=SettlePref.TOKEN).accepted(10)
        taker = await bob.limit("AAPLx", BUY, 1, 100, settle_pref=SettlePref.TOKEN).done(10)
        await maker.done(10)
        (bought,), (sold,) = taker.fills, maker.fills

        assert (SettleForm.TOKEN, Reason.NONE) == (bought.settlement, bought.fallback)
        assert (SettleForm.TRADITIONAL, Reason.WALLET_INELIGIBLE) == (sold.settlement, sold.fallback)


def _money(gateway: Gateway) -> object:
    return gateway.venue.balances(), gateway.venue.party(1), gateway.venue.book.orders()
