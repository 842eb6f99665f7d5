"""The outbound side of a session: numbering, one write per flush, and reports kept for resend."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.protocol.messages import ExecutionReport, Heartbeat, ResendRequest, SequenceReset, TestRequest
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND, Floor, Peer

BATCHES = st.lists(st.integers(1, 40), max_size=12)


def trade(peer: Peer, batches: list[int], seq: int = 1) -> int:
    """Enter orders that rest, so many in each write, and return the next number."""
    for count in batches:
        peer.say(*(order(n, price=100 * n) for n in range(seq, seq + count)))
        seq += count
    return seq


def marked(report: ExecutionReport) -> ExecutionReport:
    return ExecutionReport(report.seq, report.ts_ns, 1, *(getattr(report, name) for name in report.__struct_fields__[3:]))


@settings(deadline=None, max_examples=50)
@given(BATCHES, st.data())
def test_any_range_is_sent_again_as_it_was_but_for_its_mark(batches: list[int], data: st.DataObject) -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    alice.hear()
    seq = trade(alice, batches)
    first = alice.hear()
    begin = data.draw(st.integers(1, seq))
    end = data.draw(st.integers(begin, seq + 3) | st.just(0))
    alice.say(ResendRequest(seq, 0, 0, begin, end))
    floor.settle()

    assert list(range(1, seq)) == [report.seq for report in first]
    assert [marked(report) for report in first[begin - 1 : min(end or seq - 1, seq - 1)]] == alice.hear()


@settings(deadline=None, max_examples=50)
@given(BATCHES, BATCHES)
def test_a_new_connection_gets_what_the_old_one_missed(seen: list[int], missed: list[int]) -> None:
    floor = Floor()
    alice, bob = floor.log_on("alice"), floor.log_on("bob")
    trade(alice, [40] * 6)
    alice.hear()
    taken = sum(seen)
    bob.say(*(order(n, account=2, side=2, price=100, order_qty=100) for n in range(1, taken + 1)))
    alice.hang_up()
    for count in missed:
        bob.say(*(order(n, account=2, side=2, price=100, order_qty=100) for n in range(taken + 1, taken + count + 1)))
        taken += count
    again = floor.log_on("alice", 241, next_expected_seq=241 + sum(seen))
    floor.settle()
    reports = [message for message in again.hear() if isinstance(message, ExecutionReport)]

    assert list(range(241 + sum(seen), 241 + min(taken, 240))) == [report.seq for report in reports]
    assert {1} >= {report.flags for report in reports}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["alice", "bob"]), st.integers(1, 2), st.integers(98, 102), st.integers(1, 30)), max_size=12))
def test_the_lanes_number_reports_as_the_venue_does(steps: list[tuple[str, int, int, int]]) -> None:
    floor = Floor()
    peers = {name: floor.log_on(name) for name in ("alice", "bob")}
    next_in = dict.fromkeys(peers, 1)
    for name, side, price, count in steps:
        first = next_in[name]
        account = 1 if name == "alice" else 2
        peers[name].say(*(order(n, side=side, price=100 * price, account=account) for n in range(first, first + count)))
        next_in[name] += count

        for lane in floor.gateway.lanes.values():
            assert lane.next_out == floor.gateway.venue.next_out(lane.number)
    for name, peer in peers.items():
        numbers = [message.seq for message in peer.hear() if isinstance(message, ExecutionReport)]

        assert list(range(1, floor.gateway.lanes[name].next_out)) == numbers


def test_replay_goes_in_slices_and_everything_else_waits_behind_it() -> None:
    floor = Floor()
    alice, bob = floor.log_on("alice"), floor.log_on("bob")
    trade(alice, [600])
    alice.hear()
    alice.say(ResendRequest(601, 0, 0, 1, 500), TestRequest(601, 0, 0, "end"))

    assert 256 == len(alice.hear())
    bob.say(order(1, account=2, side=2, price=100))
    assert floor.turn()
    *reports, heartbeat = alice.hear()
    assert list(range(257, 501)) == [report.seq for report in reports]
    assert isinstance(heartbeat, Heartbeat)
    assert (601, "end") == (heartbeat.seq, heartbeat.test_id)
    floor.settle()
    (live,) = alice.hear()
    assert (601, 0) == (live.seq, live.flags)


def test_replay_stands_still_while_the_client_does_not_read() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    trade(alice, [600])
    alice.say(ResendRequest(601, 0, 0, 1, 0))
    alice.hear()
    alice.protocol.pause_writing()
    floor.settle()

    assert [] == alice.hear()
    alice.protocol.resume_writing()
    floor.settle()
    assert list(range(257, 601)) == [report.seq for report in alice.hear()]


def test_kept_reports_are_bounded_and_older_ones_are_gap_filled() -> None:
    floor = Floor(kept_bytes_max=20_000)
    alice = floor.log_on("alice")
    seq = trade(alice, [10] * 60)
    lane = floor.gateway.lanes["alice"]
    alice.hear()
    alice.say(ResendRequest(seq, 0, 0, 1, 0))
    floor.settle()
    gap_fill, *reports = alice.hear()

    assert lane.kept_bytes <= 20_000
    assert (SequenceReset, lane.oldest, True) == (type(gap_fill), gap_fill.new_seq, gap_fill.gap_fill)
    assert list(range(lane.oldest, 601)) == [report.seq for report in reports]


def test_many_chunks_are_forgotten_without_trace() -> None:
    floor = Floor(kept_bytes_max=100_000, messages_per_s=1_000_000, cancels_per_s=1_000_000)
    alice = floor.log_on("alice")
    for seq in range(1, 10_001):
        alice.say(order(seq, tif=3))
    lane = floor.gateway.lanes["alice"]
    last = lane.next_out - 1
    again = floor.log_on("alice", takeover=False)
    alice.hang_up()
    again = floor.log_on("alice", 10_001, next_expected_seq=last)
    floor.settle()

    assert 20_000 == last
    assert [last] == [message.seq for message in again.hear() if isinstance(message, ExecutionReport)]
    assert lane.oldest > 19_000


def test_replay_that_is_overtaken_by_forgetting_says_what_is_missing() -> None:
    floor = Floor(kept_bytes_max=100_000, messages_per_s=1_000_000, cancels_per_s=1_000_000)
    alice = floor.log_on("alice")
    seq = trade(alice, [500])
    alice.hear()
    alice.say(ResendRequest(seq, 0, 0, 1, 0))
    trade(alice, [1] * 1000, seq)
    floor.settle()
    heard = alice.hear()
    gap = next(message for message in heard if isinstance(message, SequenceReset))
    numbers = [message.seq for message in heard if isinstance(message, ExecutionReport)]

    assert 1500 == numbers[-1]
    assert numbers == [*range(1, 257), *range(gap.new_seq, 1501)]


def test_heartbeat_keeps_quiet_lines_alive() -> None:
    floor = Floor()
    alice = floor.log_on("alice", heart_bt_int=10)
    alice.hear()
    floor.pass_time(10 * SECOND - 1)
    assert [] == alice.hear()
    floor.pass_time(1)

    assert [Heartbeat] == [type(message) for message in alice.hear()]
