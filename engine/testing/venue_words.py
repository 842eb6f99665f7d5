"""The words of a venue's scripts: the world that is there if nothing else is said, and written values as the fields of acts and orders."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.testing.drawing import parse_price
from engine.testing.venue_story import amount
from engine.venue.records import SystemAccount

Fields = dict[str, Any]
SECOND = 1_000_000_000
THURSDAY_S, WEEK_S = 259_200, 604_800
SYMBOL, CASH = "ACME", "USDC"
ASSETS = {CASH: 1, SYMBOL: 2}
CAPACITIES = ("sessions", "instruments", "accounts", "parties", "assets", "balances", "profiles", "trades", "orders", "levels", "sweep")
PRICES = {"tick", "max_price", "protection", "price", "close_out_px"}
AMOUNTS = {"lot", "min_qty", "max_qty", "min_notional", "max_notional", "day_cap", "amount"}
AMOUNTS |= {"max_order_qty", "max_order_notional", "max_gross_open", "max_gross_day"}
AMOUNTS |= {"authorised", "shares", "in_transit", "qty", "supply", "in_flight"}
COUNTS = {"max_open_orders", "duplicates_max", "match_id", "proposal", "list_version", "kyc_tier", "tier", "account", "stp_group"}
COUNTS |= {"numerator", "denominator", "transit_bps"}
LISTS = {"jurisdictions", "denied", "entitlements", "types", "forms", "chains", "wallets", "hits", "cleared", "accounts", "attestors"}
LIMITS = {"max_order_qty", "max_order_notional", "max_open_orders", "max_gross_open", "max_gross_day", "duplicates_max", "duplicates_ns"}
OF_AN_ACCOUNT = {"tier", "stp_group", "stp_mode"}
LISTING: Fields = {
    "symbol": SYMBOL,
    "base": SYMBOL,
    "quote": CASH,
    "tick": 100,
    "lot": 100,
    "track": "third-party-custodial",
    "issuer": "An issuer",
    "underlying": "A share",
    "fungibility_class": SYMBOL,
    "protection": 10_000,
    "rights": {"dividend": "cash", "vote": "none", "liquidation": "creditor", "redeem": "share"},
}
SUBSCRIBER: Fields = {
    "type": "institution",
    "kyc_tier": 1,
    "kyc_until_ns": 2**62,
    "jurisdictions": ["US"],
    "us_person": True,
    "standard_id": "STANDARD",
}
COMMON: dict[str, Fields] = {
    "set-status": {"instrument": SYMBOL, "cause": "operational"},
    "set-session": {"instrument": SYMBOL},
    "set-reference": {"instrument": SYMBOL, "source": "feed", "quality": "live"},
    "set-fees": {"instrument": SYMBOL},
    "set-ticks": {"instrument": SYMBOL},
    "set-collar": {"instrument": SYMBOL},
    "set-auction": {"instrument": SYMBOL},
    "set-calendar": {"instrument": SYMBOL},
    "set-multiplier": {"instrument": SYMBOL, "denominator": 1},
    "wind-down": {"instrument": SYMBOL},
    "stop-wind-down": {"instrument": SYMBOL},
    "set-close-out": {"instrument": SYMBOL},
    "pay-claim": {"instrument": SYMBOL},
    "set-issuance": {"instrument": SYMBOL, "attestors": ["kim"], "ttl_ns": 100 * SECOND},
    "set-authorised": {"instrument": SYMBOL, "reference": "A paper"},
    "attest": {"instrument": SYMBOL, "attestor": "kim", "custodian": "A-custodian", "valid_until_ns": 10**9 * SECOND},
    "request-mint": {"instrument": SYMBOL},
    "hedge-mint": {"reference": "A broker"},
    "confirm-custody": {"reference": "A custodian"},
    "request-redeem": {"instrument": SYMBOL},
    "release-redeem": {"reference": "A custodian"},
    "report-supply": {"instrument": SYMBOL},
    "change-subscriber": {"standard_id": "STANDARD"},
    "approve-holder": {"asset": SYMBOL},
    "place-hold": {"authority": "A court", "reference": "An order", "review_ns": 2**62},
    "request-withdrawal": {"destination": "chain-a:1"},
}


def pairs(words: list[str]) -> dict[str, str]:
    """Return words as names and values."""
    return dict(zip(words[::2], words[1::2], strict=True))


def scaled(words: list[str]) -> list[str]:
    """Return an order's options as engine.testing.play reads them: quantities in units, an expiry in ns."""
    before = ["", *words]
    shown = (str(amount(word)) if before[i] in ("show", "min") else word for i, word in enumerate(words))
    return [str(int(word) * SECOND) if before[i] == "GTD" else word for i, word in enumerate(shown)]


def fields_of(said: dict[str, str]) -> Fields:
    """Return names and written values as the fields of an act."""
    fields: Fields = {}
    for name, value in said.items():
        if name in TABLES:
            fields[TABLES[name][0]] = TABLES[name][1](value)
        elif name.endswith("_s"):
            fields[f"{name[:-2]}_ns"] = int(value) * SECOND
        else:
            fields[name] = _field(name, value)
    return fields


def _field(name: str, value: str) -> Any:
    if name in PRICES:
        return parse_price(value)
    if name in AMOUNTS:
        return amount(value)
    if name in LISTS:
        return value.split(",")
    if name in ("from_account", "to_account"):
        return SystemAccount[value] if value in SystemAccount.__members__ else int(value)
    if name in COUNTS:
        return int(value)
    return value == "yes" if value in ("yes", "no") else value


def _rates(value: str) -> list[Fields]:
    tiers = (map(_hundredths, tier.split("/")) for tier in value.split(","))
    return [dict(zip(("maker", "taker", "auction"), rates, strict=False)) for rates in tiers]


def _ticks(value: str) -> list[Fields]:
    return [{"from_px": parse_price(row.split(":")[0]), "tick": parse_price(row.split(":")[1])} for row in value.split(",")]


def _masks(value: str) -> list[Fields]:
    return [{"session": row.split(":")[0], "order_types": row.split(":")[1].split("+")} for row in value.split(",")]


def _collar(value: str) -> Fields | None:
    """Read `live:5%:50%:2%,closed:10%,age:60,closed_age:600,cap:20%,gap:3%,jump:15%,weekend/closed:20%`."""
    if value == "none":
        return None
    collar: Fields = {"max_age_ns": 2**62}
    sessions: dict[str, Fields] = {}
    for row in value.split(","):
        name, *values = row.split(":")
        session, _, quality = name.rpartition("/")
        if name in ("cap", "gap", "jump"):
            collar[f"{'hard_cap' if name == 'cap' else name}_bps"] = _share(values[0])
        elif name in ("age", "closed_age"):
            collar["max_age_ns" if name == "age" else "closed_max_age_ns"] = int(values[0]) * SECOND
        else:
            band = dict(zip(("static_bps", "away_bps", "dynamic_bps"), map(_share, values), strict=False))
            (sessions.setdefault(session, {"session": session}) if session else collar)[quality] = band
    return collar | {"sessions": list(sessions.values())}


def _auction(value: str) -> Fields | None:
    """Read `call:60,pause:30,collar:5%,extend:30,extensions:2`."""
    if value == "none":
        return None
    said = dict(row.split(":") for row in value.split(","))
    terms: Fields = {f"{name}_ns": int(said.pop(name)) * SECOND for name in ("call", "pause", "extend") if name in said}
    for name, text in said.items():
        terms[{"collar": "collar_bps", "extensions": "max_extensions"}[name]] = _share(text) if name == "collar" else int(text)
    return terms


def _week(value: str) -> list[Fields]:
    """Read `0:overnight:closed,60:rth:auction-call:continuous`, from the beginning of the script on, which is a Thursday's."""
    rows = [dict(zip(("at_s", "session", "status", "then"), row.split(":"), strict=False)) for row in value.split(",")]
    return sorted([row | {"at_s": (THURSDAY_S + int(row["at_s"])) % WEEK_S} for row in rows], key=lambda row: row["at_s"])


def _share(text: str) -> int:
    return _hundredths(text.rstrip("%"))


def _hundredths(text: str) -> int:
    hundredths = Decimal(text) * 100
    if hundredths != int(hundredths):
        raise ValueError(f"{text} has more than two decimals")
    return int(hundredths)


TABLES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "fees": ("rates", _rates),
    "ticks": ("ticks", _ticks),
    "table": ("table", _ticks),
    "masks": ("masks", _masks),
    "collar": ("collar", _collar),
    "auction": ("auction", _auction),
    "week": ("week", _week),
}
