"""A venue's folder for crashes: small segments that roll, frequent snapshots, and everybody who trades and acts there."""

import base64
import secrets
import socket
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

VENUE = "ATS-CRASH"
PERSON = "ada"
ATTESTOR = "harris"
SYMBOLS = ("AAPLx", "TSLAx")
ISSUED = "MSFTx"  # of which nobody has any before it is minted
CASH = 10**9
TOKENS = 10**6

SETTINGS = """\
[venue]
name = "ATS-CRASH"
found = false
[gateway]
port = 0
logout_timeout_ms = 500
messages_per_s = 1_000_000
cancels_per_s = 1_000_000
requests_per_s = 100_000
unauthenticated_max = 4_096
{gateway}
[admin]
port = 0
requests_per_s = 10_000
[journal]
mode = "{mode}"
segment_mb = 1
reserve_mb = 1
snapshot_every = {snapshot_every}
[limits]
orders = 65_536
levels = 65_536
accounts = 4_096
sessions = 2_048
instruments = 8
parties = 2_048
assets = 16
balances = 16_384
trades = 4_096
"""

MARKETS = f"""\
[[instrument]]
symbol = "AAPLx"
tick = "0.01"
lot = "0.0001"
auction = {{ call_s = 1 }}
[[instrument]]
symbol = "TSLAx"
tick = "0.01"
lot = "0.0001"
reference = "1.00"
collar = {{ static_bps = 1500, dynamic_bps = 300, max_age_s = 86400 }}
auction = {{ call_s = 1, pause_s = 1, collar_bps = 1000, extend_s = 1, max_extensions = 1 }}
[[instrument]]
symbol = "{ISSUED}"
tick = "0.01"
lot = "0.0001"
issuance = {{ attestors = ["{ATTESTOR}"] }}
authorised = "1000000"
"""


def names(count: int) -> list[str]:
    """Name the subscribers of a venue; the number of each, and of his session and account, is his place from 1."""
    return [f"s{number:04}" for number in range(1, count + 1)]


def key_of(name: str) -> Ed25519PrivateKey:
    """Return everybody's key, which follows from his name."""
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))


def make(folder: Path, subscribers: int, *, snapshot_every: int = 2_000, mode: str = "durable", gateway: str = "") -> Path:
    """Write venue.toml and the person's key, and return the folder."""
    tables = [SETTINGS.format(snapshot_every=snapshot_every, mode=mode, gateway=gateway)]
    tables += [MARKETS, f'[[attestor]]\nname = "{ATTESTOR}"\npublic_key = "{_public(ATTESTOR)}"\n']
    money = ", ".join(f'{asset} = "{amount}"' for asset, amount in (("USDC", CASH), *((symbol, TOKENS) for symbol in SYMBOLS)))
    for number, name in enumerate(names(subscribers), 1):
        tables.append(f'[[subscriber]]\nname = "{name}"\npublic_key = "{_public(name)}"\naccounts = [{number}]\nbalances = {{ {money} }}\n')
    tables.append(f'[[person]]\nname = "{PERSON}"\npublic_key = "{_public(PERSON)}"\nroles = ["operator", "compliance", "treasury"]\n')
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "venue.toml").write_text("".join(tables))
    (folder / "keys").mkdir(exist_ok=True)
    pem = key_of(PERSON).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "keys" / f"{PERSON}.pem").write_bytes(pem)
    return folder


def free_port() -> int:
    """Find a port that is free with the one behind it, below those that the system gives to clients: none takes it while the venue is down.

    No seed decides, or two scenes of one seed would ask for the same.
    """
    while True:
        port = 2 * secrets.randbelow(6_000) + 20_000
        if _is_free(port) and _is_free(port + 1):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _public(name: str) -> str:
    return base64.b64encode(key_of(name).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
