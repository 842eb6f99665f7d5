"""Faults of a new order, one for each reason in each row of the rulebook's table of checks, that can be planted together."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """What makes a good order bad, and the refusal that it is told.

    Words of the instrument and of alice, lines before everything else and after it, fields of the order and words beside it.
    """

    told: str
    given: Mapping[str, str] = MappingProxyType({})
    alice: Mapping[str, str] = MappingProxyType({})
    before: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    order: Mapping[str, int] = MappingProxyType({})
    words: str = ""


SELL = 2
AGING = {"collar": "live:5%,age:60", "reference": "100.00"}
DYNAMIC = {"collar": "live:5%:0%:1%", "reference": "100.00"}
TOKENS = ("act deposit account 1 asset ACME amount 9500000",)
BOBS_TOKENS = ("act deposit account 2 asset ACME amount 5000000",)
BOBS_BID = ("bob buy #95 0.1@100.00",)

FAULTS: dict[int, tuple[Fault, ...]] = {
    1: (Fault("DUP_CL_ORD_ID", before=("alice buy #20 0.5@50.00 IOC",)),),
    2: (Fault("THROTTLE", words="throttled"),),
    3: (Fault("UNKNOWN_ACCOUNT", order={"account": 9}),),
    4: (Fault("KILL_SWITCH", then=("act kill-switch scope venue on yes",)),),
    5: (
        Fault("SANCTIONS", then=("act update-sanctions list_version 1 hits alice",)),
        Fault("KILL_SWITCH", then=("act kill-switch scope subscriber target alice on yes",)),
    ),
    6: (
        Fault("ACCOUNT_RESTRICTED", then=("act place-hold hold_id H1 account 1",)),
        Fault("KILL_SWITCH", then=("act kill-switch scope account target 1 on yes",)),
    ),
    7: (Fault("KYC_EXPIRED", alice={"kyc_until_s": "50"}, then=("time 50",)),),
    8: (Fault("UNKNOWN_INSTRUMENT", order={"instrument": 9}),),
    9: (Fault("KILL_SWITCH", then=("act kill-switch scope instrument target ACME on yes",)),),
    10: (Fault("STATE_NOT_TRADABLE", then=("act set-status status halted",)),),
    11: (Fault("SHORT_NOT_ALLOWED", order={"side": 5}), Fault("SIDE", order={"side": 7})),
    12: (Fault("ORD_TYPE", order={"ord_type": 9}),),
    13: (Fault("TIF_NOT_ALLOWED", order={"tif": 9}),),
    14: (Fault("EXEC_INST", order={"exec_inst": 64}),),
    15: (Fault("STP_MODE", order={"stp_mode": 9}),),
    16: (Fault("SETTLE_PREF", order={"settle_pref": 9}),),
    17: (Fault("CASH_QTY", order={"exec_inst": 4, "display_qty": 100}),),
    18: (
        Fault("SESSION_ORDER_TYPE", given={"masks": "overnight:limit-fok"}, then=("act set-session session overnight",)),
        Fault("SESSION_ORDER_TYPE", then=("act set-status status closed",), order={"tif": 0}),
    ),
    19: (
        Fault("REDUCE_ONLY_VIOLATION", order={"exec_inst": 2}),
        Fault("REDUCE_ONLY_VIOLATION", then=("act set-status status reduce-only",)),
    ),
    20: (
        Fault("JURISDICTION", given={"denied": "KP"}, then=("act change-subscriber subscriber alice jurisdictions KP",)),
        Fault(
            "NOT_ENTITLED",
            given={"entitlements": "one"},
            alice={"entitlements": "one"},
            then=("act change-subscriber subscriber alice entitlements other",),
        ),
    ),
    21: (Fault("NOT_WHITELISTED", given={"whitelist": "yes"}),),
    22: (Fault("SESSION_ORDER_TYPE", order={"tif": 2}),),
    23: (Fault("TICK 0.01", order={"price": 1_000_050}),),
    24: (Fault("PRICE_RANGE 10000.00", order={"price": 200_000_000}),),
    25: (
        Fault("STOP_PX", order={"stop_px": 1_000_000}),
        Fault("TICK 0.01", order={"ord_type": 4, "stop_px": 1_000_050}),
        Fault("PRICE_RANGE 10000.00", order={"ord_type": 4, "stop_px": 200_000_000}),
    ),
    26: (Fault("LOT 0.0001", order={"qty": 5_000_050}),),
    27: (Fault("MIN_QTY 6", given={"min_qty": "6"}), Fault("MAX_QTY 4", given={"max_qty": "4"})),
    28: (Fault("OVERFLOW", order={"price": 100_000_000, "qty": 10**12}),),
    29: (Fault("DISPLAY_QTY 0.0001", order={"display_qty": 50}),),
    30: (Fault("MIN_QTY 0.0001", order={"min_qty": 50}),),
    31: (Fault("EXPIRE_TIME", order={"expire_ns": 5}),),
    32: (Fault("TICK 0.03", then=("act set-ticks table 0:0.01,50.00:0.03",)),),
    33: (Fault("MIN_NOTIONAL 501", given={"min_notional": "501"}), Fault("MAX_NOTIONAL 499", given={"max_notional": "499"})),
    34: (Fault("MAX_QTY 4", alice={"max_order_qty": "4"}),),
    35: (Fault("MAX_NOTIONAL 498", alice={"max_order_notional": "498"}),),
    36: (Fault("CAP_REACHED 4", given={"day_cap": "4"}),),
    37: (Fault("REF_UNAVAILABLE", given={**AGING, "status": "pre-open"}, then=("time 60",)),),
    38: (Fault("COLLAR_STATIC 94.50 (reference 90.00 LIVE)", given=AGING, then=("act set-reference price 90.00",)),),
    39: (
        Fault(
            "DUPLICATIVE 1",
            alice={"duplicates_max": "1", "duplicates_s": "99"},
            before=("alice buy #1 5@100.00 IOC",),
        ),
    ),
    40: (Fault("OPEN_ORDERS 1", alice={"max_open_orders": "1"}, before=("alice buy #2 0.5@50.00",)),),
    41: (Fault("GROSS_OPEN 499", alice={"max_gross_open": "499"}),),
    42: (Fault("GROSS_DAILY 498", alice={"max_gross_day": "498"}),),
    43: (
        Fault("INSUFFICIENT_CASH 0", then=("act place-hold hold_id H2 account 1 asset USDC",)),
        Fault("INSUFFICIENT_POSITION 0", order={"side": SELL}),
    ),
    44: (Fault("BALANCES_FULL", given={"balances": "16"}),),
    45: (
        Fault(
            "DUP_CL_ORD_ID",
            before=("given alice account 3: 100 USDC", "alice/3 buy #10 0.5@50.00"),
            order={"in_seq": 0},
        ),
    ),
    46: (Fault("ORDERS_FULL", given={"orders": "2"}, before=("bob buy #90 1@1.00", "bob buy #91 1@1.00")),),
    47: (Fault("OVERFLOW", given=DYNAMIC, before=TOKENS, order={"side": SELL, "price": 950_000, "qty": 9_500_000_000_000}),),
    48: (Fault("POST_ONLY_WOULD_TRADE", before=(*TOKENS, *BOBS_BID), order={"side": SELL, "exec_inst": 1}),),
    49: (Fault("LEVELS_FULL", given={"levels": "128"}, before=(*TOKENS, *BOBS_BID, "bob sell #97 0.1@9000.00"), order={"side": SELL}),),
}

# Neighbours whose fields collide, and what an order must have that has both faults.
TOGETHER: dict[tuple[str, str], Fault] = {
    ("TICK 0.01", "PRICE_RANGE 10000.00"): Fault("TICK 0.01", order={"price": 200_000_050}),
    ("LOT 0.0001", "MIN_QTY 6"): Fault("LOT 0.0001", given={"min_qty": "6"}),
    ("MIN_QTY 6", "OVERFLOW"): Fault("MIN_QTY 2000000", given={"min_qty": "2000000"}),
}


def neighbours() -> list[tuple[Fault, Fault]]:
    """Return each fault of a row with each of the next row's."""
    return [(first, second) for step in sorted(FAULTS)[:-1] for first in FAULTS[step] for second in FAULTS[step + 1]]


def script(*faults: Fault) -> str:
    """Return the script of an order that has these faults, the earlier check's first, with what it must be told."""
    both = TOGETHER.get((faults[0].told, faults[-1].told))
    parts = [*faults, both] if both else list(faults)
    given, alice = merged([part.given for part in parts]), merged([part.alice for part in parts])
    order = merged([part.order for part in parts]) | together([part.order for part in parts])
    fields = [*(part.words for part in parts), *(f"{name}={value}" for name, value in order.items())]
    lines = [
        f"given {in_words(given)}",
        f"given alice{in_words(alice)}: 9000 USDC",
        "given bob: 9000 USDC",
        "act approve-holder account 2 approved yes",
        "act deposit account 2 asset ACME amount 50",
        *(line if line.startswith("given") else f"{line}  ->  ..." for part in parts for line in part.before),
        *(f"{line}  ->  ..." for part in reversed(parts) for line in part.then),
        f"alice {'sell' if order.get('side') == SELL else 'buy'} #10 5@100.00 {' '.join(fields)}  ->  reject {(both or faults[0]).told}",
    ]
    return "\n".join(lines)


def merged(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return tables as one; of a name in several the last value."""
    return {name: value for table in tables for name, value in table.items()}


def together(orders: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return the instructions of all orders as one."""
    bits = {bit for order in orders for bit in (1, 2, 4, 64) if order.get("exec_inst", 0) & bit}
    return {"exec_inst": sum(bits)} if bits else {}


def in_words(fields: dict[str, str]) -> str:
    """Return fields as a script names them."""
    return "".join(f" {name} {value}" for name, value in fields.items())
