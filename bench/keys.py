"""The subscribers of the benches that run a whole venue: names, keys and the file of their venue."""

import base64
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Table = Mapping[str, int | str | list[dict[str, str]]]

SUBSCRIBERS = 64
LIMITS = {"orders": 100_000, "levels": 100_000}
INSTRUMENT: Table = {"symbol": "AAPLx", "tick": "0.01", "lot": "0.0001", "fees": [{"maker": "-0.2", "taker": "1"}]}
BALANCES = {"USDC": "1000000000", "AAPLx": "1000000000"}
EXAMINER = "examiner"  # the person who looks at the ledger
EXAMINERS_NUMBER = 0  # of his key: subscribers count from 1


def name_of(number: int) -> str:
    return f"load{number}"


def key_of(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes((number or 2**32).to_bytes(32, "little"))


def venue_toml(
    mode: str = "memory",
    *,
    limits: Mapping[str, int] = LIMITS,
    instrument: Table = INSTRUMENT,
    accounts: int = SUBSCRIBERS,
    balances: Mapping[str, str] = BALANCES,
    sessions: int = SUBSCRIBERS,
) -> str:
    """Return the file of a venue without throttles and of so many subscribers, each with an account, the first `sessions` with keys.

    They may log on all at once, and an examiner may look.
    """
    text = f"""
[venue]
name = "BENCH"
[gateway]
port = 0
messages_per_s = 10_000_000
cancels_per_s = 10_000_000
requests_per_s = 10_000_000
unauthenticated_max = {max(64, sessions)}
[admin]
port = 0
[journal]
mode = "{mode}"
[limits]
{_keys({**limits, "sessions": max(1024, sessions)})}
[[instrument]]
{_keys(instrument)}
[[person]]
name = "{EXAMINER}"
public_key = "{_public(EXAMINERS_NUMBER)}"
roles = ["examiner"]
"""
    for number in range(1, accounts + 1):
        text += f'[[subscriber]]\nname = "{name_of(number)}"\naccounts = [{number}]\nstp_group = 0\n'
        text += f"balances = {{ {_keys(balances, ', ')} }}\n"
        if number <= sessions:
            text += f'public_key = "{_public(number)}"\n'
    return text


def _public(number: int) -> str:
    return base64.b64encode(key_of(number).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def _keys(table: Table, between: str = "\n") -> str:
    return between.join(f"{key} = {_value(value)}" for key, value in table.items())


def _value(value: int | str | list[dict[str, str]]) -> str:
    if isinstance(value, list):
        tables = (f"{{ {_keys(each, ', ')} }}" for each in value)
        return f"[{', '.join(tables)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
