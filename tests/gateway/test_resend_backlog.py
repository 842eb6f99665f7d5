"""Errands to the journal: one process at a time, in the order of asking, bounded, and every end of one told to lane and operator."""

import os
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.clock import ManualClock
from engine.gateway.backlog import SLICE_BYTES, Backlog, Errand
from engine.telemetry import log
from tests.gateway.turning import Turning

SECOND = 1_000_000_000
FIRST = (7).to_bytes(8, "little")
WAIT_MS = 20_000


class Desk:
    """A backlog whose processes run a script, and the lanes that wait for them."""

    def __init__(self, script: str = "", command: list[str] | None = None, cores: AbstractSet[int] = frozenset()) -> None:
        self.loop = Turning()
        self.clock = ManualClock()
        command = command or [sys.executable, "-I", "-S", "-c", f"import os, sys\n{script}"]
        self.backlog = Backlog(command, self.loop, self.clock.steady_ns, log(), patience_ms=60_000, cores=cores)
        self.woken: list[Errand] = []

    def ask(self, session: int = 1, begin: int = 1, end: int = 9) -> Errand:
        return self.backlog.ask(session, 0, begin, end, lambda errand, _: self.woken.append(errand))

    def turn(self) -> None:
        assert self.loop.turn(WAIT_MS), "nothing came"

    def take_all(self, errand: Errand) -> list[bytes]:
        """Take what comes until there is a fault."""
        taken = []
        while errand.fault is None:
            some = errand.take()
            if some:
                taken.append(some)
            elif errand.fault is None:
                self.turn()
        return taken

    def settle(self) -> None:
        """Wait for the end of what was killed."""
        self.backlog.close()


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for desk in made:
        desk.settle()


def says(desks: list[Desk], script: str) -> Desk:
    desks.append(Desk(script))
    return desks[-1]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor")
def test_the_process_runs_where_it_is_told_to(desks: list[Desk]) -> None:
    """Else it would begin where the thread of the loop is pinned."""
    here = os.sched_getaffinity(0)
    wait = "import time\nfor _ in range(500):\n    if len(os.sched_getaffinity(0)) > 1: time.sleep(0.01)"
    script = f"{wait}\nos.write(1, {FIRST!r} + bytes(os.sched_getaffinity(0)))"
    desks.append(Desk(script, cores={max(here)}))
    errand = desks[-1].ask()

    assert bytes([max(here)]) == b"".join(desks[-1].take_all(errand))
    assert here == os.sched_getaffinity(0)


def test_what_the_process_writes_comes_in_slices_and_its_first_number_is_known_before_it(desks: list[Desk]) -> None:
    content = bytes(range(256)) * 1_000
    desk = says(desks, f"os.write(1, {FIRST!r}[:3]); os.write(1, {FIRST!r}[3:])\nsys.stdout.buffer.write(bytes(range(256)) * 1000)")
    errand = desk.ask()

    assert (b"", 0) == (errand.take(), errand.first)
    taken = desk.take_all(errand)
    assert content == b"".join(taken)
    assert 7 == errand.first
    assert SLICE_BYTES >= max(map(len, taken))


def test_the_process_is_told_session_life_begin_and_end(desks: list[Desk]) -> None:
    desk = says(desks, f"os.write(1, {FIRST!r} + ' '.join(sys.argv[1:]).encode())")
    errand = desk.ask(session=3, begin=5, end=8)

    assert [b"3 0 5 8"] == desk.take_all(errand)


def test_a_lane_is_woken_once_for_each_time_that_it_found_nothing(desks: list[Desk]) -> None:
    desk = says(desks, f"os.write(1, {FIRST!r} + b'x')\nimport time; time.sleep(60)")
    errand = desk.ask()
    desk.turn()

    assert [errand] == desk.woken
    assert not desk.loop.readers
    while errand.take() != b"x":
        desk.turn()
    before = len(desk.woken)
    assert not desk.loop.turn()
    assert before == len(desk.woken)


def test_one_process_runs_at_a_time_and_the_next_begins_when_it_ends(desks: list[Desk]) -> None:
    desk = says(desks, f"os.write(1, {FIRST!r} + sys.argv[1].encode())\nimport time; time.sleep(60)")
    first, second, third = (desk.ask(session) for session in (1, 2, 3))

    assert [True, False, False] == [errand.process is not None for errand in (first, second, third)]
    second.stop()
    first.stop()
    assert third.process is not None
    while (said := third.take()) == b"":
        desk.turn()
    assert b"3" == said


def test_who_needs_no_more_has_its_process_killed_and_buried(desks: list[Desk]) -> None:
    desk = says(desks, "import time; time.sleep(60)")
    errand = desk.ask()
    process = errand.process
    assert process is not None
    errand.stop()
    process.wait()
    desk.backlog.tick()

    assert -9 == process.returncode
    assert not desk.loop.readers
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("print('OutOfReach: it is gone', file=sys.stderr); sys.exit(1)", "OutOfReach: it is gone"),
        ("import signal; os.kill(os.getpid(), signal.SIGKILL)", "the process that reads the journal ended"),
        (f"os.write(1, {FIRST!r} + b'x')", "the process that reads the journal ended"),
    ],
)
def test_a_process_that_ends_is_a_fault_told_to_lane_and_operator(desks: list[Desk], script: str, cause: str) -> None:
    desk = says(desks, script)
    with capture_logs() as logs:
        errand = desk.ask(begin=4, end=6)
        desk.take_all(errand)

    assert (errand.fault or "").startswith(cause)
    assert [("resend_from_journal", 4, 6), ("resend_failed", 4, 6)] == [(line["event"], line["begin"], line["end"]) for line in logs]
    assert errand.fault == logs[-1]["cause"]
    assert b"" == errand.take()


def test_a_failure_lets_the_next_begin(desks: list[Desk]) -> None:
    desk = says(desks, f"os.write(1, {FIRST!r} + b'x') if sys.argv[1] == '2' else sys.exit(1)\nimport time; time.sleep(60)")
    first, second = desk.ask(1), desk.ask(2)
    desk.take_all(first)
    while (said := second.take()) == b"":
        desk.turn()

    assert b"x" == said


def test_a_silent_process_is_ended_when_patience_is_and_its_lane_told(desks: list[Desk]) -> None:
    desk = says(desks, "import time; time.sleep(60)")
    errand = desk.ask()
    desk.clock.pass_time(60 * SECOND)
    desk.backlog.tick()

    assert errand.fault is None
    desk.clock.pass_time(1)
    desk.backlog.tick()
    assert "the process that reads the journal said nothing for 60 s" == errand.fault
    assert [errand] == desk.woken


def test_patience_is_not_tried_while_the_lane_does_not_ask(desks: list[Desk]) -> None:
    desk = says(desks, f"os.write(1, {FIRST!r} + b'x')\nimport time; time.sleep(60)")
    errand = desk.ask()
    desk.turn()
    desk.clock.pass_time(600 * SECOND)
    desk.backlog.tick()

    assert errand.fault is None
    assert b"x" == errand.take()


def test_where_no_process_can_be_started_the_lane_is_told_in_the_next_turn(tmp_path: Path) -> None:
    desk = Desk(command=[str(tmp_path / "nothing")])
    errand = desk.ask()

    assert errand.fault is None
    desk.turn()
    assert "no process could be started" in (errand.fault or "")
    assert [errand] == desk.woken


def test_close_leaves_no_process(desks: list[Desk]) -> None:
    desk = says(desks, "import time; time.sleep(60)")
    first, second = desk.ask(1), desk.ask(2)
    desk.backlog.close()

    assert first.process is not None
    assert -9 == first.process.returncode
    assert second.process is None
