"""What table `[process]` asks of the machine is there, thread by thread; what the system refuses is an error that names key and right."""

import asyncio
import os
import resource
import subprocess
import sys
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from engine.config import ConfigError, Journal, Process, parse
from engine.gateway.backlog import Backlog
from engine.gateway.server import Server
from engine.host import lock_memory, place_journal, place_loop, spare_cores
from engine.store import FolderStore
from tests.gateway.raw import config
from tests.journal.small import append, small

AVAILABLE = sorted(os.sched_getaffinity(0))
FIRST, LAST = AVAILABLE[0], AVAILABLE[-1]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root is sure to get it")


@pytest.mark.parametrize(
    ("environ", "rule"),
    [
        ({"LOOP_CORE": "-1"}, "process.loop_core: expected `int` >= 0"),
        ({"WRITER_CORE": "one"}, "process.writer_core: expected `int | null`, got `str`"),
        ({"WRITER_NICE": "20"}, "process.writer_nice: expected `int` <= 19"),
        ({"LOCK_MEMORY": "1"}, "process.lock_memory: expected `bool`, got `int`"),
        ({"LOOP_CORES": "1"}, "process.loop_cores: unknown key; did you mean loop_core?"),
        ({"WRITER_NICE": "-5", "WRITER_REALTIME": "true"}, "process.writer_nice: -5 orders ordinary threads, and process.writer_realtime"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_key(environ: dict[str, str], rule: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse("", {f"ENGINE_PROCESS__{key}": value for key, value in environ.items()})

    assert rule in str(refusal.value)


@pytest.mark.parametrize("given", ["writer_core = 0", "writer_nice = 0", "writer_realtime = true"])
def test_a_venue_in_memory_has_no_writer_to_place(given: str) -> None:
    key, _, value = given.partition(" = ")
    rule = f"process.{key}: {value} is for the thread that writes the journal; with journal.mode memory none does"

    with pytest.raises(ConfigError) as refusal:
        parse(f'[journal]\nmode = "memory"\n[process]\n{given}')
    assert rule == str(refusal.value)
    assert parse('[journal]\nmode = "memory"\n[process]\nwriter_realtime = false').process.writer_realtime is False


@pytest.mark.parametrize("key", ["loop_core", "writer_core"])
def test_a_processor_that_is_not_there_is_refused(key: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        spare_cores(Process(**{key: 4_095}))

    assert f"process.{key}: 4095 is none of the processors that this process may use: {', '.join(map(str, AVAILABLE))}" == str(
        refusal.value
    )


def test_what_can_wait_gets_the_processors_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})

    assert frozenset() == spare_cores(Process(writer_core=1))
    assert {1, 2, 3} == spare_cores(Process(loop_core=0))
    assert {2, 3} == spare_cores(Process(loop_core=0, writer_core=1))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert {1} == spare_cores(Process(loop_core=0, writer_core=1)), "the writer's, where there is no third"
    assert {1} == spare_cores(Process(loop_core=0, writer_core=0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert frozenset() == spare_cores(Process(loop_core=0))


def test_the_journals_threads_are_where_they_are_wanted(tmp_path: Path) -> None:
    with small(tmp_path, realtime=False) as journal:
        place_journal(Process(loop_core=FIRST, writer_core=LAST, writer_nice=5), journal)
        append(journal, b"x")

        assert {LAST} == os.sched_getaffinity(journal.thread_id)
        assert os.getpriority(os.PRIO_PROCESS, journal.thread_id) == 5
        assert (set(AVAILABLE) - {FIRST, LAST} or {LAST}) == os.sched_getaffinity(journal.keeper_id)
        assert Path(f"/proc/self/task/{journal.thread_id}/comm").read_text() == "journal-writer\n"
        assert set(AVAILABLE) == os.sched_getaffinity(0), "the caller is where it was"


def test_nothing_is_moved_that_nothing_is_said_of(tmp_path: Path) -> None:
    with small(tmp_path, realtime=False) as journal:
        place_journal(Process(), journal)
        place_loop(Process())
        lock_memory(Process())

        for thread in (0, journal.thread_id, journal.keeper_id):
            assert (set(AVAILABLE), os.getpriority(os.PRIO_PROCESS, 0)) == (
                os.sched_getaffinity(thread),
                os.getpriority(os.PRIO_PROCESS, thread),
            )


@pytest.mark.skipif(len(AVAILABLE) < 2, reason="there is one processor")
def test_a_server_keeps_its_loop_to_itself_and_its_processes_off_it(tmp_path: Path) -> None:
    """In a thread of its own, which stays where the server put it."""
    process = Process(loop_core=FIRST, writer_core=LAST)
    venue = msgspec.structs.replace(config(), home=tmp_path, journal=Journal(segment_mb=1, reserve_mb=1), process=process)
    found: list[object] = []

    async def serve() -> None:
        async with Server(venue) as server:
            assert isinstance(server.gateway.store, FolderStore)
            assert isinstance(server.gateway._backlog, Backlog)
            found.extend((os.sched_getaffinity(0), server.gateway.store._snapshotter._cores, server.gateway._backlog._cores))

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    thread.join()
    rest = set(AVAILABLE) - {FIRST, LAST} or {LAST}

    assert [{FIRST}, rest, rest] == found


@root_only
def test_the_writer_goes_before_ordinary_threads_when_it_must(tmp_path: Path) -> None:
    with small(tmp_path) as journal:
        place_journal(Process(writer_realtime=True), journal)

        assert os.SCHED_FIFO == os.sched_getscheduler(journal.thread_id)


HUMBLE = """
import os, resource, sys
from engine.config import ConfigError, Process
from engine.host import lock_memory, place_journal
from engine.journal.directory import DirectoryJournal
for limit in (resource.RLIMIT_NICE, resource.RLIMIT_RTPRIO, resource.RLIMIT_MEMLOCK):
    resource.setrlimit(limit, (0, 0))
if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
with DirectoryJournal(".", segment_bytes=64 << 10, reserve_bytes=4096, ring_bytes=64 << 10) as journal:
    for wish in ({"writer_nice": -5}, {"writer_realtime": True}, {"lock_memory": True}):
        try:
            place_journal(Process(**wish), journal)
            lock_memory(Process(**wish))
            print(wish, "was granted")
        except ConfigError as error:
            print(error)
"""
REFUSED = """\
process.writer_nice: -5 was refused: Permission denied; it needs CAP_SYS_NICE, or RLIMIT_NICE (LimitNICE=) of 25, which is 0
process.writer_realtime: true was refused; it needs CAP_SYS_NICE, or RLIMIT_RTPRIO (LimitRTPRIO=) of 1, which is 0
process.lock_memory: true was refused; it needs CAP_IPC_LOCK, or RLIMIT_MEMLOCK (LimitMEMLOCK=) without a limit, which is 0
"""


def test_what_the_system_refuses_is_told_with_the_right_that_is_missing(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    done = subprocess.run([sys.executable, "-c", HUMBLE], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
                          capture_output=True, text=True, check=False)  # fmt: skip

    assert REFUSED == done.stdout, done.stderr


HEAP = """
import re, resource
from pathlib import Path
from engine.host import prepare_heap
def faults(run):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    run()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
def take_and_give_back():
    for _ in range(50):
        bytes(1 << 20)
prepare_heap()
bytes(1 << 20)
kept = []
print(faults(take_and_give_back), faults(lambda: kept.extend(bytes(100_000) for _ in range(600))))
"""


def test_the_heap_keeps_what_it_had_and_grows_in_huge_pages() -> None:
    """Else what is taken and given back is 200 faults, and 60 MB that are kept are 10,000."""
    done = subprocess.run([sys.executable, "-c", HEAP], capture_output=True, text=True, check=False)
    given_back, kept = map(int, done.stdout.split())

    assert given_back < 100, done.stderr
    if "[never]" not in Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text():
        assert kept < 2_000


LOCKED = """
import mmap, re, resource
from pathlib import Path
from engine.config import Process
from engine.host import lock_memory
from engine.venue.venue import Venue
venue = Venue(secret=7, orders=4096, levels=4096)
def kib(name):
    return int(re.search(rf"^{name}:\\s+(\\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)[1])
before = kib("VmRSS")
lock_memory(Process(lock_memory=True))
later = mmap.mmap(-1, 1 << 20)
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for at in range(0, len(later), 4096):
    later[at] = 1
print(kib("VmLck") > before > 0, kib("VmRSS") > before, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults < 16)
"""


@pytest.mark.skipif(
    os.geteuid() != 0 and resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY, reason="it may not lock so much"
)
def test_locked_memory_is_there_and_what_comes_later_is_too() -> None:
    done = subprocess.run([sys.executable, "-c", LOCKED], capture_output=True, text=True, check=False)

    assert done.stdout == "True True True\n", done.stderr
