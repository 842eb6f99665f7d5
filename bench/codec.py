"""Decode an order and encode the report that accepts it: the compiled codec beside msgspec's Structs, on the same bytes, in one run.

The compiled side runs in `codec_loop.pyx` as the gateway does: frames of one read in, reports of one write out.  The orders are a seeded
flow's, so that widths of integers vary as on a real wire.  Turns alternate; no figure is printed before both sides' reports were the same
bytes.  The compiled side also cuts the frames, msgspec's are cut before the clock starts.
"""

import argparse
import gc
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Any

from bench import compiled, machine, targets
from bench.book import paired
from engine.matching.enums import ExecType, OrdStatus, OrdType, Side, TimeInForce
from engine.protocol.framing import MAX_REQUEST, Splitter, frame
from engine.protocol.messages import ExecutionReport, NewOrder, decode_client, encode

FRAMES = 10_000
SEED = 20260101
TS_NS = 1_767_225_600_000_000_000
NEW, STATUS_NEW = int(ExecType.NEW), int(OrdStatus.NEW)  # plain integers are packed faster
EMPTY = (0,) * (len(ExecutionReport.__struct_fields__) - 15)  # of the fields that an acceptance leaves empty
REPEATS = 10  # passes of the compiled side over the stream in a turn: it is so much faster that the clock would tell


def stream(count: int = FRAMES, seed: int = SEED) -> bytes:
    """Return the frames of so many limit orders."""
    random = Random(seed)
    orders = (
        NewOrder(
            seq,
            TS_NS + seq * 1000,
            0,
            cl_ord_id=1_000_000 + seq,
            account=random.randint(1, 500),
            instrument=random.randint(1, 40),
            side=random.choice(list(Side)),
            ord_type=OrdType.LIMIT,
            tif=random.choice([TimeInForce.DAY, TimeInForce.IOC]),
            price=random.randint(10_00, 5_000_00) * 100,
            order_qty=random.randint(1, 100_000) * 100,
            display_qty=0,
            exec_inst=0,
            expire_ns=0,
            stp_mode=0,
            min_qty=0,
            cash_order_qty=0,
            settle_pref=0,
            stop_px=0,
        )
        for seq in range(1, count + 1)
    )
    return b"".join(frame(encode(order)) for order in orders)


def payloads(frames: bytes) -> list[bytes]:
    """Cut a stream into its payloads."""
    return Splitter(MAX_REQUEST).feed(frames)


def accept_all(requests: list[bytes]) -> list[bytes]:
    """Decode and report through Structs, the frames cut beforehand: what a client in Python, or a cold message, pays at least."""
    reports = []
    for seq, payload in enumerate(requests, 1):
        order = decode_client(payload)
        report = ExecutionReport(
            seq,
            TS_NS,
            0,
            seq << 24 | 1,
            seq,
            order.cl_ord_id,  # type: ignore[union-attr]
            0,
            order.account,
            order.instrument,
            order.side,
            NEW,
            STATUS_NEW,
            order.price,
            order.order_qty,
            order.order_qty,
            *EMPTY,
        )
        reports.append(encode(report))
    return reports


def measure(loop: Any, count: int, rounds: int, seed: int) -> dict[str, Any]:
    """Measure both sides on one stream, turn by turn."""
    frames = stream(count, seed)
    requests = payloads(frames)
    reports = loop.room_for(count)
    size = loop.accept_all(frames, TS_NS, reports)
    agree = b"".join(map(frame, accept_all(requests))) == reports[:size]
    turns: dict[str, Callable[[], float]] = {
        "decode": lambda: timed(lambda: loop.decode_all(frames), REPEATS) / count,
        "compiled": lambda: timed(lambda: loop.accept_all(frames, TS_NS, reports), REPEATS) / count,
        "msgspec": lambda: timed(lambda: accept_all(requests)) / count,
    }
    times: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            times[name].append(turn())
    return {
        "orders": count,
        "seed": seed,
        "request_bytes": round(len(frames) / count, 1),
        "report_bytes": round(size / count, 1),
        "agree": agree,
        "runs": {name: [round(ns, 1) for ns in taken] for name, taken in times.items()},
        "ns": {name: round(statistics.median(taken), 1) for name, taken in times.items()},
        "ns_min": {name: round(min(taken), 1) for name, taken in times.items()},
        "ns_max": {name: round(max(taken), 1) for name, taken in times.items()},
        "ratio": paired(times["compiled"], times["msgspec"], digits=3),
    }


def timed(act: Callable[[], object], repeats: int = 1) -> float:
    """Return the nanoseconds that a call takes."""
    gc.disable()
    start = perf_counter_ns()
    for _ in range(repeats):
        act()
    spent = perf_counter_ns() - start
    gc.enable()
    return spent / repeats


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    ns, least = result["ns"], result["ns_min"]
    print(f"{'':34}{'ns':>9}{'min':>9}{'x msgspec':>11}  reports agree")
    names = {"decode": "decode, compiled", "compiled": "decode + report, compiled", "msgspec": "decode + report, msgspec Structs"}
    for name, said in names.items():
        agree = "" if name == "decode" else "yes" if result["agree"] else "NO"
        print(f"{said:34}{ns[name]:9.1f}{least[name]:9.1f}{ns[name] / ns['msgspec']:11.3f}  {agree}")


def main(arguments: list[str]) -> int:
    """Print the table, as `python -m bench codec`."""
    parser = argparse.ArgumentParser(prog="python -m bench codec", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=int, default=FRAMES, help="orders of a turn")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--quick", action="store_true", help="few rounds: a look, no result")
    parser.add_argument("--save", action="store_true", help="keep the result in bench/results")
    chosen = parser.parse_args(arguments)
    rounds = 3 if chosen.quick else chosen.rounds
    machine.pin()
    about = machine.describe()
    print(machine.heading(about))
    with tempfile.TemporaryDirectory(prefix="ats-codec-") as directory:
        result = measure(compiled.loaded(compiled.build("codec_loop", Path(directory))), chosen.count, rounds, chosen.seed)
    size = f"{result['request_bytes']} bytes in, {result['report_bytes']} out"
    print(f"ns an order, median of {rounds} rounds of {chosen.count:,} limit orders, {size}, seed {chosen.seed}\n")
    show(result)
    if chosen.save:
        beside = {"ns": result["ns"]["compiled"], "msgspec_ns": result["ns"]["msgspec"], "agree": result["agree"]}
        lines = [targets.line("P4", result["ratio"], **beside)]
        print(f"\nsaved {machine.save('codec', {'machine': about, 'codec': result, 'targets': lines})}", file=sys.stderr)
    return 0 if result["agree"] else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
