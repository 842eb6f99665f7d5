"""The subscribers of the benches that run a whole venue: names, keys and the file of their venue."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SUBSCRIBERS = 64
LIMITS = {"orders": 100_000, "levels": 100_000}
INSTRUMENT = {"symbol": "AAPLx", "tick": "0.01", "lot": "0.0001"}
CASH = {"USDC": "1000000000"}


def name_of(number: int) -> str:
    return f"load{number}"


def key_of(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "little"))


def venue_toml(
    mode: str = "memory",
    *,
    limits: dict[str, int] = LIMITS,
    instrument: dict[str, str] = INSTRUMENT,
    accounts: int = SUBSCRIBERS,
    balances: dict[str, str] = CASH,
) -> str:
    """Return the file of a venue without throttles and of so many subscribers, each with an account, the first SUBSCRIBERS with keys."""
    text = f"""
[venue]
name = "BENCH"
[gateway]
port = 0
messages_per_s = 10_000_000
cancels_per_s = 10_000_000
requests_per_s = 10_000_000
[admin]
port = 0
[journal]
mode = "{mode}"
[limits]
{_keys(limits)}
[[instrument]]
{_keys(instrument)}
"""
    for number in range(1, accounts + 1):
        text += f'[[subscriber]]\nname = "{name_of(number)}"\naccounts = [{number}]\nstp_group = 0\n'
        text += f"balances = {{ {_keys(balances, ', ')} }}\n"
        if number <= SUBSCRIBERS:
            raw = key_of(number).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            text += f'public_key = "{base64.b64encode(raw).decode()}"\n'
    return text


def _keys(table: dict[str, int] | dict[str, str], between: str = "\n") -> str:
    return between.join(f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in table.items())
