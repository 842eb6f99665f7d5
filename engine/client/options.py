"""How a client is set up: the same words for both faces."""

import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from engine.client.core import MAX_IN_FLIGHT
from engine.client.keys import Key, load_key
from engine.client.session import Identity, Resume
from engine.client.store import FileStore, SessionStore


@dataclass(frozen=True, slots=True)
class Retry:
    """How long to wait before the next try after a dropped connection: from `first_s` doubling to `limit_s`.

    Each wait is shortened at random by up to half; `jitter` gives numbers from 0 to below 1.  After `attempts` tries in
    a row the client gives up; None never does.
    """

    first_s: float = 0.1
    limit_s: float = 10.0
    attempts: int | None = None
    jitter: Callable[[], float] = random.random

    def wait_s(self, attempt: int) -> float:
        """Give the wait before try number `attempt`, counted from 0: between half and all of the doubled time."""
        longest = min(self.limit_s, self.first_s * 2.0 ** min(attempt, 60))
        return longest * (0.5 + 0.5 * self.jitter())


class Options(TypedDict, total=False):
    """What a client can be told beside its address; `name` and `key` must be, the rest has a default.

    name: the subscriber's session.
    key: its Ed25519 key: the path of a file, PEM or raw bytes, or the key object.
    venue: the venue's name; where given, another venue is refused.
    account: the account of orders that name none (1).
    tls: True, the path of the certificate (authority) to trust, or an SSLContext.  Plain TCP (None) is for loopback.
    heart_bt_int: seconds of silence after which a sign of life is sent, 1 to 60 (5).
    cancel_on_disconnect: the venue cancels the session's open orders whenever its connection ends, so also at the end of a `with` (True).
    takeover: take the session over from a connection that has fallen silent (False; when coming back after a cut always True).
    reset: start both sequence numbers at 1 again and give up what was not heard of (False).
    resume: "new" hears only of what happens from now on, "all" also of every report since the last reset ("new").
        A store that knows the session goes on where it stopped, whatever is said here.
    store: a SessionStore, or the path of a file in which to remember the session beyond this process (in memory).
    retry: how to come back after a cut; None ends the client instead.
    timeout: seconds to wait for the logon and for answers (10).
    max_in_flight: how many requests may wait for their answer (65,536).
    clock_ns: the time of day in ns since 1970 UTC (time.time_ns).
    """

    name: str
    key: Key
    venue: str
    account: int
    tls: bool | str | Path | ssl.SSLContext | None
    heart_bt_int: int
    cancel_on_disconnect: bool
    takeover: bool
    reset: bool
    resume: Resume
    store: SessionStore | str | Path | None
    retry: Retry | None
    timeout: float
    max_in_flight: int
    clock_ns: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Setup:
    """Options, checked and with their defaults."""

    host: str
    port: int
    identity: Identity
    account: int
    tls: ssl.SSLContext | None
    store: SessionStore
    retry: Retry | None
    timeout: float
    max_in_flight: int
    clock_ns: Callable[[], int]


def setup_of(address: str, options: Options) -> Setup:
    """Check the options.  ValueError or TypeError naming the option and its rule."""
    known = Options.__annotations__
    for word in options:
        if word not in known:
            raise TypeError(f"option {word!r} is unknown: there are {', '.join(known)}")
    for word in ("name", "key"):
        if not options.get(word):
            raise TypeError(f"option {word!r} must be given")
    host, port = parse_address(address)
    heart_bt_int = options.get("heart_bt_int", 5)
    if not 1 <= heart_bt_int <= 60:
        raise ValueError(f"heart_bt_int {heart_bt_int} is not within 1 and 60 seconds")
    resume = options.get("resume", "new")
    if resume not in ("new", "all"):
        raise ValueError(f"resume {resume!r} is neither 'new' nor 'all'")
    store = options.get("store")
    return Setup(
        host=host,
        port=port,
        identity=Identity(
            name=options["name"],
            key=load_key(options["key"]),
            venue=options.get("venue", ""),
            heart_bt_int=heart_bt_int,
            cancel_on_disconnect=options.get("cancel_on_disconnect", True),
            takeover=options.get("takeover", False),
            reset=options.get("reset", False),
            resume=resume,
        ),
        account=options.get("account", 1),
        tls=tls_context(options.get("tls")),
        store=FileStore(store) if isinstance(store, (str, Path)) else store or SessionStore(),
        retry=options.get("retry", Retry()),
        timeout=options.get("timeout", 10.0),
        max_in_flight=options.get("max_in_flight", MAX_IN_FLIGHT),
        clock_ns=options.get("clock_ns", time.time_ns),
    )


def parse_address(address: str) -> tuple[str, int]:
    """Split HOST:PORT.  ValueError naming the rule."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError(f"address {address!r} is not HOST:PORT, e.g. 127.0.0.1:7001 or [::1]:7001")
    return host.removeprefix("[").removesuffix("]"), int(port)


def tls_context(tls: bool | str | Path | ssl.SSLContext | None) -> ssl.SSLContext | None:
    """Make the TLS context of a client that trusts the machine's authorities (True) or a certificate; None for plain TCP."""
    if tls is None or tls is False:
        return None
    if isinstance(tls, ssl.SSLContext):
        return tls
    context = ssl.create_default_context(cafile=None if tls is True else tls)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
