"""The folder of the demo's venue: its configuration, and the keys of everybody who trades, acts or attests there."""

from collections.abc import Sequence
from pathlib import Path

from engine.cli.simulation import AUCTION_RATE, MAKER_RATE, OPENING_CASH, OPENING_TOKENS, STOCKS, TAKER_RATE, TOKEN, Stock
from engine.cli.venue_folder import CONFIG, make_keys

VENUE = "ATS-DEMO"
WATCHER = "watcher"
AUDITOR = "auditor"
PERSONS = ("ada", "otto")
ATTESTOR = "warden"
JOURNAL = "journal"
# Which of the stock tokens goes through what; see engine.cli.demo_story.
PAUSED, HALTED, ISSUED = "TSLAx", "NVDAx", "SPYx"
CALL_S = 2
PAUSE_S = 2
TTL_S = 3_600
AUTHORISED = 20_000

_HEAD = f"""\
[venue]
name = "{VENUE}"

[admin]
requests_per_s = 1000

[journal]
folder = "{JOURNAL}"
segment_mb = 16
reserve_mb = 1
"""
_AUCTION = f"{{ call_s = {CALL_S}, pause_s = {PAUSE_S}, collar_bps = 500, extend_s = 1, max_extensions = 2 }}"
_COLLAR = "{ static_bps = 1000, dynamic_bps = 50 }"


def write_folder(folder: Path, names: Sequence[str]) -> None:
    """Write venue.toml for subscribers of these names and a watcher, each with the account of its place from 1, and all keys."""
    subscribers = make_keys(folder, [*names, WATCHER])
    persons = make_keys(folder, PERSONS)
    ((_, auditor), (_, attestor)) = make_keys(folder, [AUDITOR, ATTESTOR])
    tables = [_HEAD, f'[[attestor]]\nname = "{ATTESTOR}"\npublic_key = "{attestor}"\n']
    tables += [_instrument(stock) for stock in STOCKS]
    tables += [_subscriber(name, key, number) for number, (name, key) in enumerate(subscribers, 1)]
    tables += [f'[[person]]\nname = "{name}"\npublic_key = "{key}"\n' for name, key in persons]
    tables += [f'[[person]]\nname = "{AUDITOR}"\npublic_key = "{auditor}"\nroles = ["examiner"]\n']
    (folder / CONFIG).write_text("\n".join(tables), encoding="utf-8")


def _instrument(stock: Stock) -> str:
    fees = f'{{ maker = "{MAKER_RATE / 100}", taker = "{TAKER_RATE / 100}", auction = "{AUCTION_RATE / 100}" }}'
    table = f'[[instrument]]\nsymbol = "{stock.symbol}"\ntick = "0.01"\nlot = "0.0001"\nfees = [{fees}]\nauction = {_AUCTION}\n'
    if stock.symbol == ISSUED:
        return table + f'issuance = {{ attestors = ["{ATTESTOR}"], ttl_s = {TTL_S} }}\nauthorised = "{AUTHORISED}"\n'
    table += 'status = "pre-open"\n'
    return table + (f'collar = {_COLLAR}\nreference = "{stock.start / 10_000:.2f}"\n' if stock.symbol == PAUSED else "")


def _subscriber(name: str, key: str, number: int) -> str:
    money = {"USDC": OPENING_CASH, **{stock.symbol: OPENING_TOKENS for stock in STOCKS}}
    balances = ", ".join(f'{asset} = "{units // TOKEN}"' for asset, units in money.items())
    table = f'[[subscriber]]\nname = "{name}"\npublic_key = "{key}"\naccounts = [{number}]\n'
    return table + (f"balances = {{ {balances} }}\n" if name != WATCHER else "")
