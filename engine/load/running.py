"""How a load is sent: flat out, at a rate, or one request at a time.  One thread, one epoll.

Flat out, each session has `window` sends of `batch` requests under way and sends the next as soon as one is answered: the venue is never
without work, and how long an answer takes is how long the queue is.  At a rate, each send is due at a moment fixed beforehand, the sessions
in turn and evenly spaced, and goes out then, answered or not; waits count from that moment, so a stall is felt by every request that it
holds up, also by those that a patient client would not have sent (no coordinated omission).  One at a time is a round trip.
"""

import select
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns

from engine.load.connection import Connection
from engine.load.faults import LoadRefused

SECOND_NS = 1_000_000_000
LEAD_IN_NS = 10_000_000
STALL_S = 20.0
TELL_NS = 200_000_000
BURST = 64

Tell = Callable[[int], None]  # told now and then how many requests are answered


@dataclass(slots=True)
class Course:
    """How sending went: when it began, how late each send was (of a load at a rate), and how long there was nothing to do."""

    began_ns: int = 0
    idle_ns: int = 0
    late_ns: "array[int]" = field(default_factory=lambda: array("q"))


def flat_out(connections: Sequence[Connection], window: int, tell: Tell | None, *, in_step: bool) -> Course:
    """Send all plans; with `in_step` no session is more than 2 `window` sends ahead of what the slowest has had answered."""
    poll, by_fd = _poll(connections)
    course = Course(began_ns=perf_counter_ns())
    reach = 2 * window * connections[0].batch
    limit = reach if in_step else max(connection.count for connection in connections) + reach
    for connection in connections:
        _fill(poll, connection, window, limit)
    waiting = len(connections)
    told_ns = course.began_ns
    while waiting:
        before_ns = perf_counter_ns()
        events = poll.poll(STALL_S)
        now_ns = perf_counter_ns()
        course.idle_ns += now_ns - before_ns
        if not events:
            raise LoadRefused(_silence(connections))
        touched = [by_fd[fd] for fd, _ in events]
        for connection in touched:
            was_done = connection.is_done
            connection.receive()
            waiting -= connection.is_done and not was_done
        if in_step:
            touched = [connection for connection in connections if not connection.is_done]
            limit = reach + min((connection.reader.answered for connection in touched), default=0)
        for connection in touched:
            _fill(poll, connection, window, limit)
        if tell is not None and now_ns - told_ns > TELL_NS:
            told_ns = now_ns
            tell(sum(connection.reader.answered for connection in connections))
    return course


def at_rate(connections: Sequence[Connection], rate: float, tell: Tell | None) -> Course:
    """Send all plans at so many requests a second of all sessions together."""
    poll, by_fd = _poll(connections)
    sends = sum(-(-connection.count // connection.batch) for connection in connections)
    interval_ns = connections[0].batch / rate * SECOND_NS
    begin_ns = heard_ns = told_ns = perf_counter_ns() + LEAD_IN_NS
    course = Course(began_ns=begin_ns)
    sent = 0
    due_ns = begin_ns
    waiting = len(connections)
    while waiting:
        now_ns = before_ns = perf_counter_ns()
        burst = sent + BURST
        while sent < sends and sent < burst and now_ns >= due_ns:
            connection = connections[sent % len(connections)]
            course.late_ns.append(now_ns - due_ns)
            connection.send(min(connection.count, connection.reader.sent + connection.batch), due_ns)
            _watch(poll, connection)
            sent += 1
            due_ns = begin_ns + int(sent * interval_ns)
            now_ns = perf_counter_ns()
        events = poll.poll(0)
        for fd, _ in events:
            connection = by_fd[fd]
            was_done = connection.is_done
            connection.receive()
            waiting -= connection.is_done and not was_done
            if connection.is_stuck:
                connection.push()
            _watch(poll, connection)
        if events:
            heard_ns = now_ns
        elif sent == sends and now_ns - heard_ns > STALL_S * SECOND_NS:
            raise LoadRefused(_silence(connections))
        elif now_ns == before_ns:
            course.idle_ns += perf_counter_ns() - before_ns
        if tell is not None and now_ns - told_ns > TELL_NS:
            told_ns = now_ns
            tell(sum(connection.reader.answered for connection in connections))
    return course


def one_at_a_time(connections: Sequence[Connection], tell: Tell | None) -> Course:
    """Send all plans, one request after the answer to the one before, the sessions in turn."""
    course = Course(began_ns=perf_counter_ns())
    told_ns = course.began_ns
    for connection in connections:
        connection.socket.settimeout(STALL_S)
    for upto in range(1, max(connection.count for connection in connections) + 1):
        for connection in connections:
            if upto > connection.count:
                continue
            now_ns = perf_counter_ns()
            connection.send(upto, now_ns)
            while connection.reader.answered < upto:
                connection.receive()
            if tell is not None and now_ns - told_ns > TELL_NS:
                told_ns = now_ns
                tell(sum(each.reader.answered for each in connections))
    return course


def finish(connections: Sequence[Connection], is_over: Callable[[Connection], bool]) -> None:
    """Read and write until each connection is over; LoadRefused where one falls silent before."""
    poll, by_fd = _poll(connections)
    for connection in connections:
        _watch(poll, connection)
    while not all(is_over(connection) for connection in connections):
        events = poll.poll(STALL_S)
        if not events:
            raise LoadRefused(_silence(connections))
        for fd, _ in events:
            by_fd[fd].receive()
            by_fd[fd].push()
            _watch(poll, by_fd[fd])


def _poll(connections: Sequence[Connection]) -> tuple[select.epoll, dict[int, Connection]]:
    poll = select.epoll()
    for connection in connections:
        connection.socket.setblocking(False)
        poll.register(connection.socket, select.EPOLLIN)
    return poll, {connection.socket.fileno(): connection for connection in connections}


def _fill(poll: select.epoll, connection: Connection, window: int, limit: int) -> None:
    """Send as many whole batches as the window, and `limit` requests in all, leave room for."""
    reader = connection.reader
    if connection.is_stuck:
        connection.push()
    elif reader.sent < connection.count:
        free = (window * connection.batch - (reader.sent - reader.answered)) // connection.batch
        upto = min(connection.count, reader.sent + free * connection.batch, -(-limit // connection.batch) * connection.batch)
        if upto > reader.sent:
            connection.send(upto, perf_counter_ns())
    _watch(poll, connection)


def _watch(poll: select.epoll, connection: Connection) -> None:
    """Have the kernel tell when it takes more, while there is more."""
    if connection.is_stuck != connection.is_watched:
        connection.is_watched = connection.is_stuck
        poll.modify(connection.socket, select.EPOLLIN | (select.EPOLLOUT if connection.is_stuck else 0))


def _silence(connections: Sequence[Connection]) -> str:
    late = min(connections, key=lambda connection: connection.reader.answered - connection.reader.sent)
    return f"{late.name}: no answer for {STALL_S:.0f} s to {late.reader.sent - late.reader.answered:,} requests"
