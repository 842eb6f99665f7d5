"""The load on QuickFIX's acceptor: one session, orders built before the clock starts, every report checked after it stops.

python -m bench.quickfix_load PORT --batch 100 --window 4 --requests 20000      prints JSON
"""

import argparse
import json
import os
import resource
import socket
import sys
import time
from datetime import UTC, datetime

HEAD = b"8=FIX.4.4\x01"
REPORT = b"\x0135=8\x01"
READ_BYTES = 1 << 20


def message(kind: str, seq: int, fields: dict[int, object]) -> bytes:
    """Return a message of the session, with its length and checksum."""
    sent = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.000")
    named = {35: kind, 49: "LOAD", 56: "VENUE", 34: seq, 52: sent, **fields}
    body = b"".join(b"%d=%s\x01" % (tag, str(value).encode()) for tag, value in named.items())
    whole = HEAD + b"9=%d\x01" % len(body) + body
    return whole + b"10=%03d\x01" % (sum(whole) % 256)


def order(seq: int) -> bytes:
    """Return a NewOrderSingle: a limit order to buy, whose ClOrdID is its number."""
    return message("D", seq, {11: seq, 21: 1, 55: "AAPLx", 54: 1, 60: "20260101-00:00:00.000", 38: 100, 40: 2, 44: "1.00", 59: 1})


def check(stream: bytes, requests: int) -> None:
    """Every order has its report, in its order and numbered without a gap.  ValueError where not."""
    found = [dict(field.split(b"=", 1) for field in part.split(b"\x01") if field) for part in stream.split(HEAD)[1:]]
    reports = [fields for fields in found if fields[b"35"] == b"8"]
    for number, fields in enumerate(reports, 2):
        got = (int(fields[b"34"]), int(fields[b"11"]), fields[b"150"])
        if got != (number, number, b"0"):
            raise ValueError(f"report {number} is {fields}")
    if len(reports) != requests:
        raise ValueError(f"{requests} orders have {len(reports)} reports")


def run(connection: socket.socket, batches: list[bytes], batch: int, window: int) -> tuple[float, bytes]:
    """Keep `window` sends under way until all is answered; return the seconds, and what came."""
    received = bytearray()
    answered = sent = 0
    begin = time.perf_counter()
    while answered < len(batches) * batch:
        while sent < len(batches) and sent * batch - answered <= (window - 1) * batch:
            connection.sendall(batches[sent])
            sent += 1
        at = max(0, len(received) - len(REPORT) + 1)
        data = connection.recv(READ_BYTES)
        if not data:
            raise ValueError(f"the session was cut after {answered} reports")
        received += data
        answered += received.count(REPORT, at)
    return time.perf_counter() - begin, bytes(received)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--window", type=int, default=4)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--core", type=int)
    args = parser.parse_args()
    if args.core is not None:
        os.sched_setaffinity(0, {args.core})
    requests = args.requests // args.batch * args.batch
    orders = [order(seq) for seq in range(2, requests + 2)]
    batches = [b"".join(orders[at : at + args.batch]) for at in range(0, requests, args.batch)]
    with socket.create_connection(("127.0.0.1", args.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(message("A", 1, {98: 0, 108: 30, 141: "Y"}))
        answer = connection.recv(READ_BYTES)
        assert b"\x0135=A\x01" in answer, answer
        before = resource.getrusage(resource.RUSAGE_SELF)
        seconds, received = run(connection, batches, args.batch, args.window)
        after = resource.getrusage(resource.RUSAGE_SELF)
    check(received, requests)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    json.dump({"requests": requests, "per_s": requests / seconds, "load_cpu": cpu / seconds, "checked": True}, sys.stdout)


if __name__ == "__main__":
    main()
