"""Old reports out of a real journal's folder by a real process: where it starts, how it ends, and that it is in nobody's way."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.gateway.backlog import Backlog, Errand
from engine.journal.files import segment_numbers, segment_path
from engine.journal.frames import Opened, read_segment_header
from engine.protocol.messages import ResendRequest
from engine.resend.reading import OutOfReach, Wanted, _start, regenerate
from engine.snapshot.folder import snapshot_paths
from tests.gateway.filed import WAIT_MS, Filed, again, gaps, number_of, reports_of
from tests.gateway.test_gateway import order
from tests.gateway.wires import Peer

KEPT = 5_000
SLICE = 256


class Venue(Filed):
    """A venue with a short memory, whose alice remembers all."""

    def __init__(self, home: Path, count: int = 0, **settings: object) -> None:
        super().__init__(home, **{"kept_bytes_max": KEPT, "messages_per_s": 10**6, "cancels_per_s": 10**6} | settings)
        self.told: dict[str, list[bytes]] = {}
        self.peers_by_name: dict[str, Peer] = {}
        self.seqs = {"alice": 1, "bob": 1}
        if count:
            self.enter("alice", count)

    def enter(self, name: str, count: int) -> None:
        """Enter orders that end at once, two reports each, and remember what came."""
        if name not in self.peers_by_name:
            self.peers_by_name[name] = self.in_session(name)
        peer, account = self.peers_by_name[name], 1 + (name == "bob")
        for first in range(self.seqs[name], self.seqs[name] + count, 100):
            last = min(first + 100, self.seqs[name] + count)
            peer.say(*(order(seq, account=account, tif=3) for seq in range(first, last)))
            self.catch_up()
        self.seqs[name] += count
        self.told.setdefault(name, []).extend(reports_of(peer))

    def ask(self, name: str, begin: int = 1, end: int = 0) -> None:
        self.peers_by_name[name].say(ResendRequest(self.seqs[name], 0, 0, begin, end))

    def heard(self, name: str) -> list[bytes]:
        self.settle()
        return reports_of(self.peers_by_name[name])

    @property
    def errand(self) -> Errand:
        assert isinstance(self.backlog, Backlog)
        assert self.backlog._current is not None
        return self.backlog._current


@pytest.fixture
def venues(tmp_path: Path) -> Iterator[list[Venue]]:
    made: list[Venue] = [Venue(tmp_path / "venue", 600)]
    yield made
    made[-1].end()


def test_a_process_makes_what_memory_has_not(venues: list[Venue]) -> None:
    (venue,) = venues
    venue.ask("alice")

    assert again(venue.told["alice"]) == venue.heard("alice")


def test_a_turn_brings_a_slice_and_others_are_served_in_between(venues: list[Venue]) -> None:
    (venue,) = venues
    venue.enter("bob", 1)
    bob, alice = venue.peers_by_name["bob"], venue.peers_by_name["alice"]
    venue.ask("alice")
    slices, answers = [], []
    while venue.loop.readers or venue.loop.calls:
        bob.say(order(venue.seqs["bob"], account=2, tif=3))
        venue.seqs["bob"] += 1
        venue.turn(WAIT_MS)
        slices.append(len(reports_of(alice)))
        answers.append(len(reports_of(bob)))

    assert SLICE >= max(slices)
    assert 1_200 == sum(slices)
    assert {2} == set(answers)


def test_two_clients_are_served_one_after_the_other(venues: list[Venue]) -> None:
    (venue,) = venues
    venue.enter("bob", 300)
    venue.ask("alice")
    venue.ask("bob", 11, 500)

    assert again(venue.told["alice"]) == venue.heard("alice")
    assert again(venue.told["bob"][10:500]) == venue.heard("bob")


def test_a_client_that_comes_back_in_the_middle_gets_the_rest(venues: list[Venue]) -> None:
    (venue,) = venues
    venue.ask("alice")
    while not (some := reports_of(venue.peers_by_name["alice"])):
        venue.turn(WAIT_MS)
    venue.peers_by_name["alice"].hang_up()
    venue.peers_by_name["alice"] = venue.in_session("alice", venue.seqs["alice"], next_expected_seq=len(some) + 1)

    assert 0 < len(some) < 1_000
    assert again(venue.told["alice"]) == some + venue.heard("alice")


def test_the_log_of_a_crashed_venue_is_read_by_the_next(venues: list[Venue]) -> None:
    (venue,) = venues
    told = venue.told["alice"]
    venues.append(back := Venue(venue.killed()))
    back.peers_by_name["alice"] = back.in_session("alice", venue.seqs["alice"])

    assert again(told) == back.heard("alice")


def test_a_snapshot_that_is_old_enough_saves_the_replay_of_what_is_before_it(venues: list[Venue]) -> None:
    (venue,) = venues
    venue.snapshot()
    venue.enter("alice", 200)
    start, excerpt = _start(venue.folder, Wanted(1, 0, 1_201, 1_600))

    assert int(snapshot_paths(venue.folder / "snapshots")[0].stem) + 1 == start.next_seq
    assert 1_201 == excerpt.next_out
    venue.ask("alice", 1_201, 1_300)
    assert again(venue.told["alice"][1_200:1_300]) == venue.heard("alice")
    assert 1 == _start(venue.folder, Wanted(1, 0, 1_200, 1_600))[0].next_seq


def test_a_process_that_is_killed_costs_its_client_a_gap_and_the_operator_a_line(venues: list[Venue]) -> None:
    (venue,) = venues
    alice, oldest = venue.peers_by_name["alice"], venue.gateway.lanes["alice"].oldest
    with capture_logs() as logs:
        venue.ask("alice")
        process = venue.errand.process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        venue.settle()
    at = alice.at
    failed = [line for line in logs if line["event"] == "resend_failed"]

    assert [(1, 1, 1_200)] == [(line["session"], line["begin"], line["end"]) for line in failed]
    assert "ended" in failed[0]["cause"]
    assert [oldest] == gaps(alice)
    alice.at = at
    assert again(venue.told["alice"][oldest - 1 :]) == reports_of(alice)
    venue.ask("alice", 1, 5)
    assert again(venue.told["alice"][:5]) == venue.heard("alice")


def test_of_a_log_whose_beginning_was_moved_away_the_rest_is_there(venues: list[Venue]) -> None:
    (venue,) = venues
    told = trimmed(venue)
    alice = venue.peers_by_name["alice"]
    first = first_left(venue)
    venue.ask("alice")
    venue.settle()
    at = alice.at

    assert [first] == gaps(alice)
    assert 1 < first < venue.gateway.lanes["alice"].oldest
    alice.at = at
    assert again(told[first - 1 :]) == reports_of(alice)


def test_of_a_log_without_beginning_and_snapshot_nothing_is_there(venues: list[Venue]) -> None:
    (venue,) = venues
    trimmed(venue)
    for path in snapshot_paths(venue.folder / "snapshots"):
        path.unlink()
    alice, oldest = venue.peers_by_name["alice"], venue.gateway.lanes["alice"].oldest
    with capture_logs() as logs:
        venue.ask("alice")
        venue.settle()

    assert [oldest] == gaps(alice)
    assert ["OutOfReach: neither a snapshot nor the beginning of the log is there to make report 1 from"] == [
        line["cause"] for line in logs if line["event"] == "resend_failed"
    ]


def test_a_damaged_snapshot_is_passed_over(venues: list[Venue]) -> None:
    (venue,) = venues
    venue.snapshot()
    venue.enter("alice", 100)
    (path,) = snapshot_paths(venue.folder / "snapshots")
    spoiled = bytearray(path.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    path.write_bytes(spoiled)
    venue.ask("alice", 1_201, 1_300)

    assert again(venue.told["alice"][1_200:1_300]) == venue.heard("alice")


def test_reports_of_an_earlier_life_are_not_those_of_this_one(venues: list[Venue]) -> None:
    (venue,) = venues
    old = venue.told["alice"]
    venue.peers_by_name["alice"].hang_up()
    venue.peers_by_name["alice"] = venue.in_session("alice", reset_seq_num=True)
    venue.seqs["alice"], venue.told["alice"] = 1, []
    venue.enter("alice", 300)
    venue.ask("alice")
    heard = venue.heard("alice")

    assert again(venue.told["alice"]) == heard
    assert not {*again(old)} & {*heard}
    assert old == frames(b"".join(regenerate(venue.folder, Wanted(1, 0, 1, 1_200)))[8:])


def test_what_the_log_does_not_have_is_said_after_a_while(venues: list[Venue], monkeypatch: pytest.MonkeyPatch) -> None:
    (venue,) = venues
    monkeypatch.setattr("engine.resend.reading.PATIENCE_S", 0.0)
    with pytest.raises(OutOfReach, match=r"the journal ends with sequence \d+, before report 1201"):
        list(regenerate(venue.folder, Wanted(1, 0, 1_200, 1_201)))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "usage: python -m engine.resend JOURNAL SESSION LIFE BEGIN END"),
        (["nowhere", "1", "0", "1", "1"], 1, "FileNotFoundError"),
        (["nowhere", "one", "0", "1", "1"], 1, "ValueError: invalid literal"),
    ],
)
def test_the_program_says_what_is_wrong(arguments: list[str], code: int, said: str) -> None:
    ended = subprocess.run([sys.executable, "-m", "engine.resend", *arguments], capture_output=True, text=True, check=False)

    assert (code, "") == (ended.returncode, ended.stdout)
    assert said in ended.stderr
    assert 1 == len(ended.stderr.splitlines())


def test_the_process_yields_to_the_venue_and_ends_when_nobody_reads(venues: list[Venue]) -> None:
    (venue,) = venues
    venue.enter("alice", 1_000)
    command = [sys.executable, "-m", "engine.resend", str(venue.folder), "1", "0", "1", "3200"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(8)
        niceness = os.getpriority(os.PRIO_PROCESS, process.pid)
        process.stdout.close()
        process.wait(WAIT_MS / 1_000)

        assert (os.getpriority(os.PRIO_PROCESS, 0) + 10, 0) == (niceness, process.returncode)


def frames(data: bytes) -> list[bytes]:
    """Cut what a process writes into frames."""
    cut = []
    while data:
        size = 4 + int.from_bytes(data[:4], "little")
        cut.append(data[:size])
        data = data[size:]
    return cut


def trimmed(venue: Venue) -> list[bytes]:
    """Fill segments, take a snapshot in the third, move the first away, and return what alice was told."""
    while venue.store.journal.place()[0] < 3:
        venue.enter("alice", 1_000)
    venue.snapshot()
    venue.enter("alice", 200)
    segment_path(venue.folder, 1).unlink()
    assert 1 not in segment_numbers(venue.folder)
    return venue.told["alice"]


def first_left(venue: Venue) -> int:
    """Return the number of alice's next report where the oldest snapshot stands."""
    seq = int(snapshot_paths(venue.folder / "snapshots")[-1].stem)
    header = read_segment_header(segment_path(venue.folder, 2).read_bytes()[:65536])
    assert isinstance(header, Opened)
    assert header.first_seq < seq
    return number_of(venue.told["alice"][-400])
