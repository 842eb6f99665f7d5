"""Taking a snapshot of a venue that goes on, by a copy of its process."""

import errno
import fcntl
import gc
import os
import signal
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from engine.journal.directory import DirectoryJournal
from engine.journal.reading import frame_hash
from engine.matching.enums import Side
from engine.snapshot.folder import newest, snapshot_paths
from engine.snapshot.format import write
from engine.snapshot.state import of, restore
from engine.snapshot.taking import Snapshotter
from engine.testing.commands import Enter
from tests.journal.small import WAIT_MS, append, small
from tests.snapshot.lives import Life, newborn
from tests.snapshot.small import BIRTH, Stub, ended, marked, open_both, until


@pytest.fixture
def both(tmp_path):
    journal, snapshotter = open_both(tmp_path, wait_ms=WAIT_MS)
    yield journal, snapshotter
    snapshotter.close()
    journal.close()


def waiting(snapshotter):
    """Begin a snapshot of a venue whose last command the log does not have; return (the venue, its record, the copy's process)."""
    stub = Stub()
    record = stub.mark()
    snapshotter.take(stub, BIRTH)
    child = snapshotter._child
    until(lambda: _target(Path(f"/proc/{child}/fd/2")) == "/dev/null")  # the last thing before it turns to its work
    return stub, record, child


@pytest.mark.parametrize("taken_by", ["take", "take_now"])
def test_a_snapshot_is_the_state_behind_the_last_command(both, taken_by):
    journal, snapshotter = both
    stub = marked(journal, Stub())
    taken = getattr(snapshotter, taken_by)(stub, BIRTH) or ended(snapshotter)
    snapshot, faults = newest(snapshotter.folder)

    assert (1, None, False) == (taken.seq, taken.error, taken.broken)
    assert [] == faults
    assert of(stub, BIRTH, frame_hash(journal.folder, 1)) == snapshot
    assert len(write(snapshot)) == taken.bytes
    assert taken.seconds > 0


def test_the_venue_goes_on_while_it_is_written(both):
    """What it does meanwhile is not in the snapshot."""
    journal, snapshotter = both
    stub, record, _ = waiting(snapshotter)
    before = of(stub, BIRTH)
    append(journal, record)
    for _ in range(20):
        marked(journal, stub)

    assert ended(snapshotter).error is None
    assert before.state_hash == newest(snapshotter.folder)[0].state_hash
    assert snapshotter.pause_ns > 0


def test_a_snapshot_of_a_trading_venue_and_the_rest_of_its_log_lead_to_where_it_is(tmp_path):
    """A whole venue, trading while its copy writes."""
    with DirectoryJournal(tmp_path, segment_bytes=1 << 20, reserve_bytes=0, ring_bytes=1 << 20) as journal:
        snapshotter = Snapshotter(tmp_path / "snapshots", tmp_path)
        life = Life(journal)
        for begin in range(0, 1_000, 100):
            life.go_on([("ask", [order(number)]) for number in range(begin, begin + 50)])
            life.sequencer.mark()
            snapshotter.take(life.replica, BIRTH)
            life.go_on([("ask", [order(number)]) for number in range(begin + 50, begin + 100)])
            taken = ended(snapshotter)

            assert taken.error is None
        life.sequencer.finish()
        snapshot, faults = newest(snapshotter.folder)
        replica = newborn()
        restore(snapshot, replica)
        for group in journal.read(replica.next_seq):
            replica.replay(group)

        assert [] == faults
        assert taken.seq == snapshot.seq < replica.next_seq - 50
        assert life.replica.venue.book.last_exec_id > 1_000
        assert write(of(life.replica, BIRTH)) == write(of(replica, BIRTH))


def order(number):
    """An order that often trades: all sessions, both sides, prices that cross."""
    side, session = Side(1 + number % 2), 1 + number % 3
    return Enter(side, 100_000 + number * 7 % 5 * 1_000 - 2_000, 100 * (1 + number % 7), 0, session=session, account=session)


def test_the_copy_has_none_of_the_venues_descriptors(both, tmp_path):
    """Nothing but a pipe to its venue, and what it reads and writes itself: no lock, no connection."""
    journal, snapshotter = both
    with socket.create_server(("127.0.0.1", 0)) as listener, (tmp_path / "open").open("w"):
        far = fcntl.fcntl(listener, fcntl.F_DUPFD, 500)  # behind whatever the snapshotter opens
        _, _, child = waiting(snapshotter)
        os.close(far)
        held = {_target(fd) for fd in Path(f"/proc/{child}/fd").iterdir()} - {"", str(tmp_path / "heads")}

        assert {"/dev/null", "pipe"} == {name.partition(":")[0] for name in held}
        journal.close()
        with small(tmp_path) as again:
            assert again.stopped is None


def pipes():
    """The pipes that this process has; the journal's thread opens and closes other files meanwhile."""
    return sum(_target(fd).startswith("pipe:") for fd in Path("/proc/self/fd").iterdir())


def _target(fd):
    try:
        return str(fd.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor")
def test_the_copy_runs_where_it_is_told_to(tmp_path):
    """Else it would stay where the thread that made it is pinned."""
    here = os.sched_getaffinity(0)
    journal, snapshotter = open_both(tmp_path, cores={max(here)})
    with journal:
        _, _, child = waiting(snapshotter)

        assert ({max(here)}, here) == (os.sched_getaffinity(child), os.sched_getaffinity(0))
        snapshotter.close()


def test_the_copy_steps_behind_the_venue(both):
    """It comes last to the processor, and is the first to go when memory runs out."""
    _, snapshotter = both
    _, _, child = waiting(snapshotter)

    assert min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10) == os.getpriority(os.PRIO_PROCESS, child)
    assert os.SCHED_BATCH == os.sched_getscheduler(child)
    assert "1000" == Path(f"/proc/{child}/oom_score_adj").read_text().strip()


def test_a_venue_that_has_processors_of_its_own_keeps_them(both):
    processors = os.sched_getaffinity(0)
    if len(processors) < 2:
        pytest.skip("there is one processor")
    mine = {min(processors)}
    os.sched_setaffinity(0, mine)
    try:
        _, _, child = waiting(both[1])

        assert not mine & os.sched_getaffinity(child)
    finally:
        os.sched_setaffinity(0, processors)


def test_the_copy_collects_no_garbage(both):
    """That would write to every object, and so copy what the two share."""
    journal, snapshotter = both
    stub = marked(journal, Stub())
    stub.venue.image = lambda: {"collects": repr(gc.isenabled()).encode()}
    snapshotter.take(stub, BIRTH)

    assert ended(snapshotter).error is None
    assert ({"collects": b"False"}, True) == (newest(snapshotter.folder)[0].sections, gc.isenabled())


def test_only_one_is_under_way(both):
    journal, snapshotter = both
    stub, record, _ = waiting(snapshotter)

    assert snapshotter.busy
    assert snapshotter.poll() is None
    with pytest.raises(RuntimeError, match="the snapshot of sequence 1 is still under way"):
        snapshotter.take(stub, BIRTH)
    append(journal, record)
    assert 1 == ended(snapshotter).seq
    assert not snapshotter.busy
    assert snapshotter.poll() is None


@pytest.mark.parametrize("taken_by", ["take", "take_now"])
def test_what_the_log_does_not_have_is_not_written(tmp_path, taken_by):
    journal, snapshotter = open_both(tmp_path, wait_ms=30)
    stub = marked(journal, Stub())
    stub.mark()
    taken = getattr(snapshotter, taken_by)(stub, BIRTH) or ended(snapshotter)
    journal.close()

    assert "NotDurable: sequence 2 was not durable after 30 ms" == taken.error
    assert [] == list(snapshotter.folder.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        lambda stub: setattr(stub, "last_ts_ns", 7),
        lambda stub: setattr(stub.venue, "history", 7),
        lambda stub: setattr(stub, "next_seq", 2),
    ],
    ids=["time", "history", "sequence"],
)
def test_the_log_must_have_the_mark_of_this_very_state(both, change):
    """As when a venue was killed and the next one gave the same sequence to another command."""
    journal, snapshotter = both
    stub = Stub()
    append(journal, stub.mark() + stub.mark(), 2)
    change(stub)

    error = f"NotDurable: the log's group with sequence {stub.next_seq - 1} does not end with the mark that the venue carried out"
    assert error == snapshotter.take_now(stub, BIRTH).error
    assert [] == snapshot_paths(snapshotter.folder)


@pytest.mark.parametrize("taken_by", ["take", "take_now"])
def test_a_state_that_breaks_an_invariant_is_not_written_and_the_venue_hears_of_it(both, taken_by):
    journal, snapshotter = both
    stub = marked(journal, Stub())

    def check():
        raise AssertionError("asset 3 does not sum to zero")

    stub.venue.check = check
    taken = getattr(snapshotter, taken_by)(stub, BIRTH) or ended(snapshotter)

    assert taken.broken
    assert "an invariant of the venue does not hold: AssertionError: asset 3 does not sum to zero" == taken.error
    assert [] == snapshot_paths(snapshotter.folder)


def test_an_error_of_the_copy_comes_back(both):
    journal, snapshotter = both
    stub = marked(journal, Stub())
    snapshotter.folder.rmdir()
    snapshotter.take(stub, BIRTH)

    assert ended(snapshotter).error.startswith("FileNotFoundError: [Errno 2] No such file or directory")


def test_an_error_of_any_length_comes_back(both):
    journal, snapshotter = both
    stub = marked(journal, Stub())

    def image():
        raise ValueError("x" * 1_000_000)

    stub.venue.image = image
    snapshotter.take(stub, BIRTH)

    assert ended(snapshotter).error.startswith("ValueError: xxx")


def test_a_copy_that_was_killed_is_told(both):
    _, snapshotter = both
    _, _, child = waiting(snapshotter)
    os.kill(child, signal.SIGKILL)

    assert "the process that wrote it was ended: status -9" == ended(snapshotter).error


def test_the_terminals_signals_are_the_venues(both):
    """Its copy hears none of them, runs no handler of the venue, and ends when somebody wants it to."""
    _, snapshotter = both
    heard = []
    numbers = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _: heard.append(number)) for number in numbers]
    try:
        _, _, child = waiting(snapshotter)
        os.kill(child, signal.SIGINT)
        os.kill(child, signal.SIGHUP)

        assert snapshotter.poll() is None
        os.kill(child, signal.SIGTERM)
        assert "the process that wrote it was ended: status -15" == ended(snapshotter).error
        assert [] == heard
        assert not set(numbers) & signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def test_a_venue_that_stops_gives_up_what_is_under_way(both):
    _, snapshotter = both
    _, _, child = waiting(snapshotter)
    (snapshotter.folder / f"{1:020}.{child}.part").write_bytes(b"half")
    snapshotter.close()

    assert not Path(f"/proc/{child}").exists()
    assert [] == list(snapshotter.folder.iterdir())
    assert not snapshotter.busy
    assert snapshotter.poll() is None


def test_where_no_process_can_be_made_the_venue_goes_on_and_hears_of_it(both, monkeypatch):
    journal, snapshotter = both
    stub = marked(journal, Stub())

    def fork():
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    with monkeypatch.context() as patches:
        patches.setattr(os, "fork", fork)
        before = pipes()
        snapshotter.take(stub, BIRTH)

    assert before == pipes()
    assert snapshotter.busy
    assert "no process could be made to write it: [Errno 12] Cannot allocate memory" == snapshotter.poll().error
    snapshotter.take(stub, BIRTH)
    assert ended(snapshotter).error is None


def test_newer_pythons_warn_of_threads_and_are_not_heard(both, monkeypatch):
    """Warnings are errors here; the copy waits for none of the locks that a thread could hold."""
    journal, snapshotter = both
    stub = marked(journal, Stub())
    forks = os.fork

    def fork():
        warnings.warn("This process is multi-threaded, use of fork() may lead to deadlocks in the child.", DeprecationWarning, stacklevel=2)
        return forks()

    monkeypatch.setattr(os, "fork", fork)
    snapshotter.take(stub, BIRTH)

    assert ended(snapshotter).error is None


def test_no_descriptor_and_no_signal_is_left_over(both):
    journal, snapshotter = both
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    before = pipes()
    stub = Stub()
    for _ in range(5):
        snapshotter.take(marked(journal, stub), BIRTH)
        assert ended(snapshotter).error is None

    assert before == pipes()
    assert masked == signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert 2 == len(snapshot_paths(snapshotter.folder))


def test_where_the_system_forgets_ended_processes_the_result_is_told_all_the_same(both):
    journal, snapshotter = both
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        snapshotter.take(marked(journal, Stub()), BIRTH)

        assert ended(snapshotter).error is None
    finally:
        signal.signal(signal.SIGCHLD, before)


KILLED = """
import sys
from pathlib import Path
from tests.snapshot.lives import Life, newborn
from tests.snapshot.small import BIRTH, Stub, open_both
journal, snapshotter = open_both(Path(sys.argv[1]))
stub = Stub()
stub.mark()
snapshotter.take(stub, BIRTH)
print(snapshotter._child, flush=True)
sys.stdin.read()
"""


def test_a_killed_venue_takes_its_copy_with_it(tmp_path):
    """Or the copy would find its sequence durable in the log of the venue that starts again, and write what never was."""
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as venue:
        child = int(venue.stdout.readline())
        venue.kill()
        venue.wait(WAIT_MS / 1000)
    until(lambda: _is_gone(child))
    with small(tmp_path) as journal:
        append(journal, Stub().mark())

        assert [] == list((tmp_path / "snapshots").iterdir())


def _is_gone(process):
    """A process whose parent is gone too stays a zombie where nobody waits for it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
