"""`python -m tests.crash.restart [COMMANDS ...]`: how long a venue is away after kill -9, by the length of the log behind its snapshot.

Measured from the kill, with a restart at once: until it listens, and until the last of 1,000 sessions, who try every 100 ms, is logged on
again.  A log is made without a network, by the venue's own sequencer, and each round starts from the same files.
"""

import asyncio
import gc
import shutil
import struct
import sys
import time
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import msgspec

from engine.clock import SystemClock
from engine.config import load
from engine.gateway.gateway import Gateway
from engine.matching.enums import CommandKind
from engine.matching.records import COMMAND_FORMAT
from engine.protocol.framing import frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import VERSION, Challenge, Logon, decode_venue, encode
from engine.store import open_store
from tests.crash.house import VENUE, free_port, key_of, make, names
from tests.crash.process import Process

SESSIONS = 1_000
ROUNDS = 3
PART = 8_192
RETRY_S = 0.1


def main() -> None:
    """Measure logs of these lengths, and print a table."""
    lengths = [int(word) for word in sys.argv[1:]] or [0, 100_000, 1_000_000]
    print(f"{'commands':>10}{'journal MB':>12}{'replay s':>10}{'listening s':>13}{'last of 1,000 back s':>22}", flush=True)
    for commands in lengths:
        folder = Path(mkdtemp(prefix="restart-"))
        write_log(make(folder / "venue", SESSIONS, snapshot_every=10**9), commands)
        size = sum(path.stat().st_size for path in (folder / "venue" / "journal").glob("*.segment")) / 1e6
        rounds = [asyncio.run(measured(folder / "venue")) for _ in range(ROUNDS)]
        replay_s, listening_s, back_s = (min(figures) for figures in zip(*rounds, strict=True))
        print(f"{commands:>10,}{size:>12.1f}{replay_s:>10.2f}{listening_s:>13.2f}{back_s:>22.2f}", flush=True)
        shutil.rmtree(folder)


def write_log(folder: Path, commands: int) -> None:
    """Let a venue be born in a folder, and carry out orders that rest, trade and are canceled; it leaves no snapshot."""
    store = open_store(load(folder / "venue.toml"))
    assert store is not None
    gateway = Gateway(load(folder / "venue.toml"), SystemClock(), lambda *_: None, store=store)
    sequencer = gateway.sequencer
    flow = _flow(Random(commands))
    for start in range(0, commands, PART):
        sequencer.submit(b"".join(next(flow) for _ in range(min(PART, commands - start))))
        while sequencer.crowded:
            store.journal.wait(sequencer.released_seq + 1, 100)
            sequencer.settle()
    sequencer.finish()
    store.close()


async def measured(folder: Path) -> tuple[float, float, float]:
    """Kill a venue that everybody is logged on to; return seconds of replay, until it listened again, until all were logged on again."""
    work = folder.with_name("work")
    shutil.copytree(folder, work)
    port = free_port()
    process = await Process(work, port).start()
    back = asyncio.Semaphore(0)
    clients = [asyncio.create_task(_stay(name, port, back)) for name in names(SESSIONS)]
    await _all(back)
    gc.collect()
    killed = time.monotonic()
    await process.kill()
    process = await Process(work, port).start()
    await _all(back)
    back_s = time.monotonic() - killed
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    await process.kill()
    shutil.rmtree(work)
    return process.told["journal"]["seconds"], process.listening - killed, back_s


async def _all(back: asyncio.Semaphore) -> None:
    for _ in range(SESSIONS):
        await back.acquire()


async def _stay(name: str, port: int, back: asyncio.Semaphore) -> None:
    """Be logged on, and say so each time."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await _log_on(name, reader, writer)
                back.release()
                await reader.read()
            finally:
                writer.close()
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(RETRY_S)


async def _log_on(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    challenge = await _read(reader)
    assert isinstance(challenge, Challenge)
    logon = Logon(1, time.time_ns(), 0, name, VENUE, 60, False, 0, False, True, VERSION, b"")
    signed = msgspec.structs.replace(logon, signature=key_of(name).sign(logon_text(challenge.nonce, logon, b"")))
    writer.write(frame(encode(signed)))
    if not isinstance(await _read(reader), Logon):
        raise ConnectionError("too late: this machine is busy")


async def _read(reader: asyncio.StreamReader) -> object:
    length = int.from_bytes(await reader.readexactly(4), "little")
    return decode_venue(await reader.readexactly(length))


def _flow(dice: Random):
    """Yield commands of all sessions in turn: three orders around one price, and now and then the cancel of one of them."""
    numbers = [0] * (SESSIONS + 1)
    session = 0
    while True:
        session = session % SESSIONS + 1
        numbers[session] = number = numbers[session] + 1
        side = dice.randint(1, 2)
        price = 10_000 + 100 * (dice.randint(-1, 10) if side == 2 else -dice.randint(-1, 10))
        if number % 4 == 0:
            what = number, number, number - 1, 0, 0, 0, 0, 0, session, session, 1, 0, CommandKind.CANCEL, side, 0, 0, 0, 0, 0, 0, 0
        else:
            qty = 100 * dice.randint(1, 9)
            what = number, number, 0, 0, price, qty, 0, 0, session, session, 1, 0, CommandKind.ENTER, side, 2, 1, 0, 0, 0, 0, 0
        yield struct.pack(COMMAND_FORMAT, 0, *what)


if __name__ == "__main__":
    main()
