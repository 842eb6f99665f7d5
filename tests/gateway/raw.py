"""A raw client: frames over an asyncio stream, nothing of engine.client; and the configuration of a venue to talk to."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import ClassVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.clock import SystemClock
from engine.config import Config, Gateway, Limits, Venue
from engine.gateway.server import Server, loop_factory
from engine.protocol.framing import frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import VERSION, Challenge, Logon, NewOrder, decode_venue, encode
from tests.gateway.funded import CASH, TOKENS, markets, subscriber

TIMEOUT_S = 20
NAMES = ("alice", "bob", "carol", "dave")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number, name in enumerate(NAMES, 1)}
CLOCK = SystemClock()


def public_key(name: str) -> bytes:
    return KEYS[name].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_key_text(name: str) -> str:
    return base64.b64encode(public_key(name)).decode()


def config(
    day_end_utc: str | None = None, terms: dict[str, object] | None = None, cash: int = CASH, tokens: int = TOKENS, **gateway: object
) -> Config:
    """Return a venue on a free port whose subscribers are the NAMES, each with a funded account of its own number."""
    settings = {"port": 0, "refusal_delay_ms": 100, "logout_timeout_ms": 1_000, "requests_per_s": 100_000} | gateway
    people = [act for number, name in enumerate(NAMES, 1) for act in subscriber(name, number, public_key(name), cash, tokens)]
    return Config(
        venue=Venue(name="ATS-TEST", day_end_utc=day_end_utc),
        gateway=Gateway(**settings),
        limits=Limits(orders=4_096, levels=4_096, accounts=16, sessions=8, instruments=8, parties=16, assets=8, balances=128, trades=4_096),
        acts=(*markets(**(terms or {})), *people),
    )


@asynccontextmanager
async def venue(**wishes: object) -> AsyncIterator[Server]:
    """Run a venue of `config`; the clients that a test left open are gone before it closes."""
    async with Server(config(**wishes)) as server:
        try:
            yield server
        finally:
            for raw in Raw.open:
                raw.writer.transport.abort()
                await raw.close()
            Raw.open.clear()


def signed(logon: Logon, nonce: bytes, certificate: bytes = b"", key: Ed25519PrivateKey | None = None) -> Logon:
    key = key or KEYS[logon.sender]
    return msgspec.structs.replace(logon, signature=key.sign(logon_text(nonce, logon, certificate)))


def logon_of(name: str, seq: int = 1, **wishes: object) -> Logon:
    fields = {
        "sender": name,
        "target": "ATS-TEST",
        "heart_bt_int": 30,
        "reset_seq_num": False,
        "next_expected_seq": 1,
        "cancel_on_disconnect": False,
        "takeover": False,
        "version": VERSION,
        "signature": b"",
    }
    return Logon(seq, CLOCK.utc_ns(), 0, **(fields | wishes))


class Raw:
    """A connection that says exactly what it is told to say."""

    open: ClassVar[list["Raw"]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, certificate: bytes = b"") -> None:
        self.reader = reader
        self.writer = writer
        self.certificate = certificate
        self.nonce = b""
        self.name = ""
        self.seq = 1

    @classmethod
    async def connect(cls, server: Server, tls: ssl.SSLContext | None = None, certificate: Path | None = None) -> "Raw":
        host, port = server.address
        reader, writer = await asyncio.open_connection(host, port, ssl=tls)
        der = ssl.PEM_cert_to_DER_cert(certificate.read_text()) if certificate else b""
        raw = cls(reader, writer, der)
        cls.open.append(raw)
        challenge = await raw.read()
        assert isinstance(challenge, Challenge)
        raw.nonce = challenge.nonce
        return raw

    @classmethod
    async def log_on(cls, server: Server, name: str, seq: int = 1, **wishes: object) -> "Raw":
        raw = await cls.connect(server)
        answer = await raw.ask(signed(logon_of(name, seq, **wishes), raw.nonce))
        assert isinstance(answer, Logon), answer
        raw.name = name
        raw.seq = answer.next_expected_seq
        return raw

    def say(self, *messages: object) -> None:
        self.writer.write(b"".join(frame(encode(message)) for message in messages))

    def say_bytes(self, received: bytes) -> None:
        self.writer.write(received)

    async def read(self) -> object:
        async with asyncio.timeout(TIMEOUT_S):
            length = int.from_bytes(await self.reader.readexactly(4), "little")
            return decode_venue(await self.reader.readexactly(length))

    async def read_many(self, count: int) -> list[object]:
        return [await self.read() for _ in range(count)]

    async def read_all(self) -> list[object]:
        """Return everything up to the end of the connection."""
        messages = []
        while True:
            try:
                messages.append(await self.read())
            except (asyncio.IncompleteReadError, ConnectionError):
                return messages

    async def ask(self, *messages: object) -> object:
        self.say(*messages)
        return await self.read()

    async def close(self) -> None:
        self.writer.close()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self.writer.wait_closed()
        except (ConnectionError, TimeoutError):
            pass

    def order(self, side: int = 1, price: int = 10_000, qty: int = 100, **fields: object) -> NewOrder:
        """Return the next order of this client; its cl_ord_id is its number."""
        seq = self.seq
        self.seq += 1
        values = {"cl_ord_id": seq, "account": NAMES.index(self.name) + 1 if self.name else 1, "instrument": 1, "side": side}
        values |= {"ord_type": 2, "tif": 1, "price": price, "order_qty": qty, "display_qty": 0, "exec_inst": 0}
        values |= {"expire_ns": 0, "stp_mode": 0, "min_qty": 0, "cash_order_qty": 0, "settle_pref": 0, "stop_px": 0}
        return NewOrder(seq, 0, 0, **(values | fields))


def run(coroutine_function):
    """Let a coroutine function be a test, on the loop that the venue uses."""

    @wraps(coroutine_function)
    def test(*args, **kwargs):
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            return runner.run(coroutine_function(*args, **kwargs))

    return test
