"""The load generator of `bench latency`: requests go out when they are due, answered or not, and a latency begins when one was due.

    python -m bench.open_loop PORT --clients 16 --batch 10 --rate 200000 --requests 400000      prints JSON

So a stall is felt by every request that it holds up, also by those that a patient client would not have sent (no coordinated omission).
The clients send in turn, a batch each.  Before it begins, the machine's own jitter is measured by the same clock in the same way: how late
a loop that does nothing else is for ticks of TICK_NS.  Latencies are exact: every report's is counted, none is put into a bucket.
"""

import argparse
import gc
import json
import os
import select
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from time import perf_counter_ns

from bench.load import Client

TICK_NS = 10_000
TICKS = 50_000
PERCENTILES = {"p50_us": 50, "p90_us": 90, "p99_us": 99, "p999_us": 99.9, "max_us": 100}

Weighted = list[tuple[int, int]]  # (ns, how often)


def jitter() -> Weighted:
    """Return how late a loop that only looks at the clock is for each tick."""
    late: Weighted = []
    due = perf_counter_ns() + TICK_NS
    for _ in range(TICKS):
        now = perf_counter_ns()
        while now < due:
            now = perf_counter_ns()
        late.append((now - due, 1))
        due += TICK_NS
    return late


def run(clients: Sequence[Client], rate: float) -> tuple[list[list[int]], list[list[tuple[int, int]]]]:
    """Send every client's batches at a rate of requests a second; return by client when each batch was due, and (when, reports so far)."""
    poll = select.epoll()
    by_fd = {client.socket.fileno(): client for client in clients}
    for client in clients:
        client.socket.setblocking(False)
        poll.register(client.socket, select.EPOLLIN)
    arrived: dict[int, list[tuple[int, int]]] = {fd: [] for fd in by_fd}
    due_ns: list[list[int]] = [[] for _ in clients]
    stuck: list[Client] = []
    interval_ns = clients[0].batch / rate * 1e9
    sends = len(clients[0].batches) * len(clients)
    sent = 0
    waiting = len(clients)
    begin = perf_counter_ns() + 10_000_000
    while waiting:
        while sent < sends and perf_counter_ns() >= begin + sent * interval_ns:
            client = clients[sent % len(clients)]
            due_ns[sent % len(clients)].append(begin + int(sent * interval_ns))
            client.unsent += client.batches[client.sent]
            client.sent += 1
            client.sent_requests += min(client.batch, client.requests - client.sent_requests)
            if push(client) and client not in stuck:
                stuck.append(client)
            sent += 1
        for fd, _ in poll.poll(0 if sent < sends else 1.0):
            client = by_fd[fd]
            data = client.socket.recv(1 << 20)
            now = perf_counter_ns()
            assert data, f"client {client.number} was cut after {client.count} reports"
            client.take(data)
            arrived[fd].append((now, client.count))
            if client.count >= client.requests:
                poll.unregister(fd)
                waiting -= 1
        stuck = [client for client in stuck if push(client)]
    return due_ns, list(arrived.values())


def push(client: Client) -> bool:
    """Send what the kernel takes, and say whether something is left."""
    try:
        done = client.socket.send(client.unsent)
    except BlockingIOError:
        done = 0
    client.unsent = client.unsent[done:]
    return bool(client.unsent)


def latencies(batch: int, due_ns: Sequence[int], arrived: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield (ns, requests) for the requests of one client, whose batches were due then."""
    done = 0
    for when, count in arrived:
        while done < count:
            number = done // batch
            end = min(count, (number + 1) * batch)
            yield when - due_ns[number], end - done
            done = end


def percentiles(weighted: Weighted) -> dict[str, float]:
    """Return the PERCENTILES in microseconds, each the least value that so many do not exceed."""
    ordered = sorted(weighted)
    places = list(accumulate(weight for _, weight in ordered))
    at = {name: bisect_left(places, places[-1] * share / 100) for name, share in PERCENTILES.items()}
    return {name: round(ordered[place][0] / 1e3, 1) for name, place in at.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rate", type=float, required=True, help="requests a second, of all clients together")
    parser.add_argument("--requests", type=int, default=100_000, help="of all clients together")
    parser.add_argument("--echo", action="store_true")
    parser.add_argument("--core", type=int)
    args = parser.parse_args()
    if args.core is not None:
        os.sched_setaffinity(0, {args.core})
    each = max(2, args.requests // args.clients // 2 * 2)
    clients = [Client(number, args.port, each, args.batch, echo=args.echo) for number in range(1, args.clients + 1)]
    gc.disable()
    machine = percentiles(jitter())
    due_ns, arrived = run(clients, args.rate)
    for client in clients:
        client.check()
    found = [pair for due, seen in zip(due_ns, arrived, strict=True) for pair in latencies(args.batch, due, seen)]
    seconds = (max(seen[-1][0] for seen in arrived) - due_ns[0][0]) / 1e9
    total = each * len(clients)
    json.dump({"requests": total, "per_s": total / seconds, **percentiles(found), "jitter": machine}, sys.stdout)


if __name__ == "__main__":
    main()
