"""Venues with operators: on a thread of its own with real sockets, and without a network under a clock that the test moves."""

import asyncio
import base64
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.admin.client import AdminClient
from engine.admin.messages import HEART_BT_INT, ActRequest, VenueMessage, decode_venue, encode
from engine.admin.server import Connection, Listener, OperatedServer
from engine.clock import ManualClock
from engine.config import Config, parse
from engine.gateway.gateway import Gateway
from engine.protocol.framing import Splitter, frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import VERSION, Challenge, Logon
from engine.telemetry import configure
from engine.venue.acts import BaseAct
from tests.gateway.wires import Transport

TIMEOUT_S = 20
NAMES = ("ada", "otto", "cora", "tess", "eve")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([100 + i] * 32)) for i, name in enumerate(NAMES)}
ROLES = {
    "ada": ["operator", "compliance", "treasury"],
    "otto": ["operator", "compliance", "treasury"],
    "cora": ["compliance"],
    "tess": ["treasury"],
    "eve": ["examiner"],
}


def public_key(name: str) -> bytes:
    return KEYS[name].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def config(*persons: str, found: bool | None = None, admin: str = "", gateway: str = "", seed: str = "") -> Config:
    """Return a small venue on free ports where these persons act, two of which can found it; all NAMES without any."""
    tables = [
        f'[[person]]\nname = "{name}"\npublic_key = "{base64.b64encode(public_key(name)).decode()}"\nroles = {ROLES[name]}\n'
        for name in persons or NAMES
    ]
    founding = "" if found is None else f"found = {str(found).lower()}\n"
    return parse(
        f'[venue]\nname = "OPS"\n{founding}[gateway]\nport = 0\nrefusal_delay_ms = 100\nlogout_timeout_ms = 1000\n{gateway}\n'
        f"[admin]\nport = 0\n{admin}\n[limits]\norders = 1024\nlevels = 4096\naccounts = 64\nsessions = 8\ninstruments = 8\nparties = 16\n"
        f"assets = 8\nbalances = 256\ntrades = 64\n{seed}\n" + "".join(tables)
    )


@contextmanager
def operated(settings: Config) -> Iterator[OperatedServer]:
    """Serve a venue on a thread of its own, whose log is quiet: it shares stderr with the commands under test."""
    before = structlog.get_config() if structlog.is_configured() else None
    configure("error")
    started = threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    server = OperatedServer(settings)

    async def serve() -> None:
        async with server:
            ends.append((asyncio.get_running_loop(), asyncio.Event()))
            started.set()
            await ends[0][1].wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(TIMEOUT_S)
        yield server
    finally:
        loop, stop = ends[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(TIMEOUT_S)
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)


def client(server: OperatedServer, name: str, **options: object) -> AdminClient:
    return AdminClient("{}:{}".format(*server.admin_address), name=name, key=KEYS[name], **options)


class Timer:
    """A call that is due later."""

    def __init__(self, delay_s: float, call: Callable[[], object]) -> None:
        self.delay_s = delay_s
        self.call = call
        self.canceled = False

    def cancel(self) -> None:
        self.canceled = True


class Desk:
    """A listener under test: no sockets, a clock that the test moves, turns of the loop that the test makes."""

    def __init__(self, settings: Config) -> None:
        self.clock = ManualClock()
        self.gateway = Gateway(settings, self.clock, lambda *_: None)
        self.timers: deque[Timer] = deque()
        self.listener = Listener(self.gateway, settings, self.clock, self.call_later)

    def call_later(self, delay_s: float, call: Callable[[], object]) -> Timer:
        self.timers.append(Timer(delay_s, call))
        return self.timers[-1]

    def turn(self) -> float:
        """Make the next call that is due, and return after how many seconds it is."""
        timer = self.timers.popleft()
        self.clock.pass_time(int(timer.delay_s * 1e9))
        if not timer.canceled:
            timer.call()
        return timer.delay_s

    def pass_time(self, ns: int) -> None:
        self.clock.pass_time(ns)
        self.listener.tick()

    def connect(self, address: str = "127.0.0.1") -> "Caller":
        return Caller(self, address)

    def log_on(self, name: str) -> "Caller":
        caller = self.connect()
        caller.log_on(name)
        assert isinstance(caller.read()[-1], Logon)
        return caller


class Caller:
    """The other end of a connection."""

    def __init__(self, desk: Desk, address: str) -> None:
        self.desk = desk
        self.transport = Transport(address)
        self.connection: Connection = desk.listener.connection()
        self._splitter = Splitter(1 << 20)
        self._req_id = 0
        self.connection.connection_made(self.transport)
        (self.challenge,) = self.read() or [None]

    def read(self) -> list[VenueMessage]:
        payloads = self._splitter.feed(bytes(self.transport.written))
        self.transport.written.clear()
        return [decode_venue(payload) for payload in payloads]

    def say(self, *messages: object) -> None:
        self.connection.data_received(b"".join(frame(encode(message)) for message in messages))

    def log_on(self, name: str, key: Ed25519PrivateKey | None = None, **wishes: object) -> None:
        assert isinstance(self.challenge, Challenge)
        fields = {"sender": name, "target": "OPS", "heart_bt_int": HEART_BT_INT, "version": VERSION} | wishes
        logon = Logon(
            1, self.desk.clock.utc_ns(), 0, reset_seq_num=False, next_expected_seq=1, cancel_on_disconnect=False, takeover=False,
            signature=b"", **fields,
        )  # fmt: skip
        signature = (key or KEYS[name]).sign(logon_text(self.challenge.nonce, logon))
        self.say(msgspec.structs.replace(logon, signature=signature))

    def request(self, act: BaseAct, reason: str = "test", *, dry_run: bool = False) -> ActRequest:
        self._req_id += 1
        return ActRequest(self._req_id, msgspec.Raw(msgspec.msgpack.encode(act)), reason, dry_run)

    def act(self, act: BaseAct, reason: str = "test", *, dry_run: bool = False) -> object:
        """Ask for an act and return the answer."""
        self.say(self.request(act, reason, dry_run=dry_run))
        (answer,) = self.read()
        return answer
