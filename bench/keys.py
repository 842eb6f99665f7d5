"""The subscribers of the gateway bench: names, keys and the configuration of their venue."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.config import Config, parse

SUBSCRIBERS = 64


def name_of(number: int) -> str:
    return f"load{number}"


def key_of(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "little"))


def config() -> Config:
    """Return a venue without throttles for SUBSCRIBERS clients with money."""
    text = """
[venue]
name = "BENCH"
[gateway]
port = 0
messages_per_s = 10_000_000
cancels_per_s = 10_000_000
requests_per_s = 10_000_000
[limits]
orders = 100_000
levels = 100_000
[[instrument]]
symbol = "AAPLx"
tick = "0.01"
lot = "0.0001"
"""
    for number in range(1, SUBSCRIBERS + 1):
        raw = key_of(number).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        text += f'[[subscriber]]\nname = "{name_of(number)}"\npublic_key = "{base64.b64encode(raw).decode()}"\n'
        text += f'accounts = [{number}]\nbalances = {{ USDC = "1000000000" }}\n'
    return parse(text)
