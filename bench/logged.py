"""A flow in a real log: a venue founded by acts, then the flow's commands and an act among every 10,000, in the groups of a sequencer.

What the benches of replay, recovery and snapshots run.  Accounts, prices and quantities are those of `market`, so the trades are the
flow's; the gates are those that a file can set.  The session is the first subscriber's, and its numbers are the flow's.
"""

import itertools
import os
import signal
import time
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from bench import keys, market
from engine.config import Config, load
from engine.gateway.gateway import Gateway
from engine.matching.records import COMMAND_SIZE
from engine.recovery import first_payload
from engine.replica import Replica
from engine.sequencer import Sequencer
from engine.store import FolderStore
from engine.telemetry import configure
from engine.venue.acts import FOUNDER, Deposit, Request, encode
from engine.venue.office import Office
from engine.venue.venue import Venue

BATCH = 1024
BATCHES_BETWEEN_ACTS = 10
QUOTE = "USDC"
GRANT = "1000000000"

T = TypeVar("T")


class Places(NamedTuple):
    """First sequences of the parts of a log: the prefill, behind the founding, and the flow; and the last of all."""

    prefill: int
    flow: int
    last: int


class Steps:
    """A clock of the past that goes on a little each time somebody looks, so that a log is the same whenever it is written."""

    def __init__(self) -> None:
        self.utc_ns = itertools.count(market.START_NS, market.STEP_NS).__next__
        self.steady_ns = time.perf_counter_ns


def settle_in(home: Path, made: market.Load, mode: str = "async") -> Config:
    """Write the file of a venue on which a flow can run, and read it."""
    instrument = {"symbol": "FLOW", "quote": QUOTE, "tick": "0.01", "lot": "1", "max_price": f"{made.top / 100:.2f}"}
    balances = {QUOTE: GRANT, "FLOW": GRANT}
    limits = {**market.limits_of(made), "accounts": max(made.spread.accounts, keys.SUBSCRIBERS)}
    text = keys.venue_toml(mode, limits=limits, instrument=instrument, accounts=made.spread.accounts, balances=balances)
    home.mkdir(parents=True, exist_ok=True)
    (home / "venue.toml").write_text(text, encoding="utf-8")
    return load(home / "venue.toml", {})


def new_replica(config: Config) -> Replica:
    """Return an empty venue and its office, at the beginning of their log."""
    venue = Venue(**msgspec.structs.asdict(config.limits))
    return Replica(venue, None, Office(venue))


def submit(sequencer: Sequencer, made: market.Load, begin: int, end: int) -> None:
    """Let the venue have the messages from `begin` up to `end`, and its office something to do now and then."""
    view = memoryview(made.commands)
    for number, start in enumerate(range(begin, end, BATCH)):
        sequencer.submit(view[start * COMMAND_SIZE : min(start + BATCH, end) * COMMAND_SIZE])
        if number % BATCHES_BETWEEN_ACTS == 0:
            act = Deposit(external_id=f"bench:{sequencer.next_seq}", account=1, asset=QUOTE, amount=1)
            sequencer.act(encode(Request(actor=FOUNDER, reason="bench", act=act)))


def write(config: Config, made: market.Load, snapshot_before_end: int | None = None) -> tuple[Places, FolderStore]:
    """Write the whole log, and perhaps a snapshot that stands so many messages before its end; return its places and the open store."""
    store = FolderStore(config)
    gateway = Gateway(config, Steps(), lambda *_: None, store=store)
    sequencer = gateway.sequencer
    sequencer.mark()
    prefill = sequencer.next_seq
    submit(sequencer, made, 0, made.flow.prefill)
    sequencer.mark()
    begin = sequencer.next_seq
    end = made.flow.prefill + made.flow.messages
    middle = end - (snapshot_before_end or 0)
    submit(sequencer, made, made.flow.prefill, middle)
    sequencer.finish()
    if snapshot_before_end is not None:
        taken = store.take_now(gateway.replica, first_payload(store.journal))
        assert not taken.error, taken.error
        if middle < end:
            submit(sequencer, made, middle, end)
            sequencer.finish()
    gateway.venue.check()
    return Places(prefill, begin, sequencer.next_seq - 1), store


def written(config: Config, made: market.Load, snapshot_before_end: int | None = None, *, killed: bool = False) -> Places:
    """Write the log in another process, which closes it or is killed; return its places."""

    def act() -> Places:
        places, store = write(config, made, snapshot_before_end)
        if not killed:
            store.close()
        return places

    return elsewhere(act)


def elsewhere(act: Callable[[], T]) -> T:
    """Do something in a copy of this process, which logs only errors and is killed afterwards, and return what it gave."""
    context = get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(act, theirs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that are not copied: none that the copy needs
        process.start()
    theirs.close()
    try:
        answer: T = mine.recv()
    except EOFError:
        raise SystemExit("a process of the bench has failed") from None
    finally:
        process.join()
    return answer


def _tell(act: Callable[[], T], to: Connection) -> None:
    configure("error")
    to.send(act())
    os.kill(os.getpid(), signal.SIGKILL)
