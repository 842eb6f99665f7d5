"""The load generator of the benches, one JSON object on stdout: see `python -m engine.load --help`; people have `ats load`."""

import argparse
import json
import os
import sys
from importlib import import_module
from pathlib import Path

from engine.client.errors import ClientError
from engine.client.options import Options
from engine.load.faults import LoadFault, LoadRefused
from engine.load.figures import need_hdr, write_hdr
from engine.load.load import Load, run, run_echo
from engine.load.plan import MIXES
from engine.load.session import Party

HOST = "127.0.0.1"
MIDDLE = 1_000_000  # 100 of the quote unit


def main() -> int:
    """Send a load; exit code 1: a report was wrong, 2: it could not be sent."""
    parser = _options()
    asked = parser.parse_args()
    if asked.keys is None and asked.echo is None:
        parser.error("--keys is needed at a venue")
    if asked.core is not None:
        os.sched_setaffinity(0, {asked.core})
    load = Load(
        mix=asked.mix,
        requests=asked.requests,
        batch=asked.batch,
        window=asked.window,
        rate=asked.rate,
        ping_pong=asked.ping_pong,
        seed=asked.seed,
        symbol=asked.symbol,
        price=asked.price,
        reset=True,
        alone=True,
        pid=asked.pid,
    )
    try:
        if asked.hdr is not None:
            need_hdr()
        if asked.echo is not None:
            measured, spread = run_echo((HOST, asked.port), asked.sessions, load, compares=asked.echo == "frames")
        else:
            measured, spread = run(f"{HOST}:{asked.port}", _parties(asked.keys, asked.sessions), load)
        if asked.hdr is not None:
            write_hdr(asked.hdr, spread)
    except LoadFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    except (LoadRefused, ClientError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    json.dump(measured, sys.stdout)
    sys.stdout.write("\n")
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine.load", description=__doc__)
    parser.add_argument("port", type=int, help=f"of a venue on {HOST} that nobody else trades at, or of an echo")
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1, help="requests a send")
    parser.add_argument("--window", type=int, default=1, help="sends under way of a session")
    parser.add_argument("--requests", type=int, default=100_000, help="of all sessions together")
    parser.add_argument("--rate", type=float, help="requests a second of all sessions together; flat out without it")
    parser.add_argument("--ping-pong", action="store_true", help="one request at a time")
    parser.add_argument("--mix", choices=list(MIXES), default="rest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--symbol", help="the first instrument without it")
    parser.add_argument("--price", type=int, default=MIDDLE, help="the middle of all prices, in 1e-4 of the quote unit")
    parser.add_argument("--keys", metavar="MODULE", help="module with name_of(number) and key_of(number), whose account is `number`")
    parser.add_argument("--echo", choices=["frames", "bytes"], help="the port is an echo's: compare what comes back, or only count it")
    parser.add_argument("--hdr", type=Path, metavar="FILE", help="write the distribution of waits")
    parser.add_argument("--pid", type=int, help="the server's process on this machine: measure its CPU time too")
    parser.add_argument("--core", type=int, help="run on this core")
    return parser


def _parties(module: str, sessions: int) -> list[Party]:
    keys = import_module(module)
    return [Party(Options(name=keys.name_of(number), key=keys.key_of(number)), number) for number in range(1, sessions + 1)]


if __name__ == "__main__":
    raise SystemExit(main())
