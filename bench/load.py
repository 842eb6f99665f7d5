"""The load generator of the gateway bench: a process of its own, frames built before the clock starts, every report checked after it stops.

    python -m bench.load PORT --clients 4 --batch 100 --window 4 --requests 400000      pipelined, prints JSON
    python -m bench.load PORT --ping-pong --requests 20000                              one request at a time
    python -m bench.load PORT --echo ...                                                the same frames to an echo server

Half of the requests enter an order that rests, the other half cancel it, so each request has exactly one report.  While the clock runs,
reports are only counted, by their first bytes; afterwards they are decoded and must be the right ones in the right order.
"""

import argparse
import json
import os
import resource
import select
import socket
import sys
import time

from bench.keys import key_of, name_of
from engine.matching.enums import ExecType
from engine.protocol.framing import frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import VERSION, Cancel, Challenge, ExecutionReport, Logon, NewOrder, decode_venue, encode

# The end of a frame's length, and the first bytes of an ExecutionReport: an array of its tag and its fields.
REPORT_HEAD = bytes([0, 0, 0xDC, 0, 1 + len(ExecutionReport.__struct_fields__), 56])
PRICES = 50


class Client:
    """One connection and the frames that it will send."""

    def __init__(self, number: int, port: int, requests: int, batch: int, *, echo: bool) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = number
        self.echo = echo
        self.requests = requests
        self.received: list[bytes] = []
        self.tail = b""
        self.count = 0
        first = 1 if echo else self.log_on()
        frames = [request(seq, number) for seq in range(first, first + requests)]
        self.first = first
        self.batches = [b"".join(frames[i : i + batch]) for i in range(0, requests, batch)]
        self.sent = 0
        self.sent_requests = 0
        self.batch = batch
        self.echo_bytes = 0
        self.unsent = b""

    def log_on(self) -> int:
        """Log on with a reset and return the first number to use."""
        challenge = self.read_one()
        assert isinstance(challenge, Challenge)
        name = name_of(self.number)
        logon = Logon(1, time.time_ns(), 0, name, challenge.venue, 30, True, 1, True, False, VERSION, b"")
        signature = key_of(self.number).sign(logon_text(challenge.nonce, logon))
        signed = Logon(1, logon.ts_ns, 0, name, challenge.venue, 30, True, 1, True, False, VERSION, signature)
        self.socket.sendall(frame(encode(signed)))
        answer = self.read_one()
        assert isinstance(answer, Logon), answer
        return answer.next_expected_seq

    def read_one(self) -> object:
        size = int.from_bytes(self.socket.recv(4, socket.MSG_WAITALL), "little")
        return decode_venue(self.socket.recv(size, socket.MSG_WAITALL))

    def send_batch(self) -> None:
        """Send the next batch, or as much of it as the kernel takes."""
        data = self.unsent or self.batches[self.sent]
        if not self.unsent:
            self.sent += 1
            self.sent_requests += min(self.batch, self.requests - self.sent_requests)
        try:
            done = self.socket.send(data)
        except BlockingIOError:
            done = 0
        self.unsent = data[done:]

    def take(self, data: bytes) -> None:
        """Count the reports in what was received."""
        if self.echo:
            self.echo_bytes += len(data)
            while self.count < self.sent_requests and self.echo_bytes >= len(self.batches[self.count // self.batch]):
                self.echo_bytes -= len(self.batches[self.count // self.batch])
                self.count += min(self.batch, self.requests - self.count)
            return
        self.received.append(data)
        window = self.tail + data
        self.count += window.count(REPORT_HEAD)
        self.tail = window[-(len(REPORT_HEAD) - 1) :]

    def check(self) -> None:
        """Every request has its report, in its order."""
        if self.echo:
            return
        stream = b"".join(self.received)
        at = 0
        for i in range(self.requests):
            size = int.from_bytes(stream[at : at + 4], "little")
            report = decode_venue(stream[at + 4 : at + 4 + size])
            at += 4 + size
            wanted = ExecType.CANCELED if i % 2 else ExecType.NEW
            got = (report.seq, report.cl_ord_id, report.exec_type)
            assert got == (i + 1, self.first + i, wanted), f"client {self.number}: report {i} is {report}"
        assert at == len(stream), "there are more reports than requests"


def request(seq: int, client: int) -> bytes:
    """Return the frame of a request: odd ones enter an order below the market, even ones cancel the one before."""
    price = 100 * (1 + seq // 2 % PRICES)
    message: NewOrder | Cancel
    if seq % 2:
        message = NewOrder(seq, 1_700_000_000_000_000_000, 0, seq, client, 1, 1, 2, 1, price, 100, 0, 0, 0, 0, 0, 0, 0, 0)
    else:
        message = Cancel(seq, 1_700_000_000_000_000_000, 0, seq, seq - 1, 0, 1, 1)
    return frame(encode(message))


def pipelined(clients: list[Client], window: int) -> float:
    """Keep `window` batches of each client under way until all are answered, and return the seconds that took."""
    poll = select.epoll()
    by_fd = {client.socket.fileno(): client for client in clients}
    for client in clients:
        client.socket.setblocking(False)
        poll.register(client.socket, select.EPOLLIN)
    waiting = len(clients)
    begin = time.perf_counter()
    for client in clients:
        fill(client, window)
    while waiting:
        for fd, _ in poll.poll(1.0):
            client = by_fd[fd]
            data = client.socket.recv(1 << 20)
            assert data, f"client {client.number} was cut after {client.count} reports"
            client.take(data)
            if client.count >= client.requests:
                poll.unregister(client.socket)
                waiting -= 1
        for client in clients:
            fill(client, window)
    return time.perf_counter() - begin


def fill(client: Client, window: int) -> None:
    while client.unsent or (client.sent < len(client.batches) and client.sent_requests - client.count <= (window - 1) * client.batch):
        client.send_batch()
        if client.unsent:
            return


def ping_pong(client: Client) -> list[int]:
    """Send one request after the other and return each round trip in ns."""
    times = []
    connection = client.socket
    for data in client.batches:
        begin = time.perf_counter_ns()
        connection.send(data)
        received = connection.recv(65536)
        times.append(time.perf_counter_ns() - begin)
        client.received.append(received)
    return times


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--window", type=int, default=1)
    parser.add_argument("--requests", type=int, default=100_000, help="of all clients together")
    parser.add_argument("--ping-pong", action="store_true")
    parser.add_argument("--echo", action="store_true")
    parser.add_argument("--core", type=int)
    args = parser.parse_args()
    if args.core is not None:
        os.sched_setaffinity(0, {args.core})
    each = args.requests // args.clients // 2 * 2
    clients = [Client(number, args.port, each, args.batch, echo=args.echo) for number in range(1, args.clients + 1)]
    before = resource.getrusage(resource.RUSAGE_SELF)
    if args.ping_pong:
        times = sorted(ping_pong(clients[0]))
        seconds = sum(times) / 1e9
        extra = {f"p{p}_us": times[min(int(len(times) * p / 100), len(times) - 1)] / 1e3 for p in (50, 90, 99)}
    else:
        seconds = pipelined(clients, args.window)
        extra = {}
    after = resource.getrusage(resource.RUSAGE_SELF)
    for client in clients:
        client.check()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    total = each * len(clients)
    json.dump({"requests": total, "seconds": seconds, "per_s": total / seconds, "load_cpu": cpu / seconds, **extra}, sys.stdout)


if __name__ == "__main__":
    main()
