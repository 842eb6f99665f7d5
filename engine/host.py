"""What a venue asks of the machine that it runs on, in table `[process]`: processors, a priority, and memory that stays.

    cores:  | loop_core: connections, books, ledger | writer_core: the journal | the others: all that can wait |

Nothing is asked for where nothing is said.  What is said and refused is an error with the key, the value and the right that is missing: a
venue that believes itself pinned and is not has the worst of both.
"""

import ctypes
import os
import resource
from pathlib import Path

from engine.config import ConfigError, Process
from engine.journal.directory import DirectoryJournal

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
MADV_HUGEPAGE = 14
HEAP_BYTES = 256 << 20  # address space: what is not used costs nothing
OWN_MAPPING_BYTES = 8 << 20  # more than a read, and than the reports of one
OWN_MAPPINGS = 65_536  # the C library's default
HUGE_BYTES = 2 << 20
MCL_CURRENT, MCL_FUTURE = 1, 2
CAP_IPC_LOCK = 14
LEAST_NICE = 20  # a limit of n allows a niceness of 20 - n


def spare_cores(process: Process) -> frozenset[int]:
    """Return the processors for whatever may wait: none where nothing is pinned, those of the writer where there are no others.

    ConfigError for a processor that this process may not use.
    """
    available = os.sched_getaffinity(0)
    for key in ("loop_core", "writer_core"):
        core = getattr(process, key)
        if core is not None and core not in available:
            raise ConfigError(f"process.{key}: {core} is none of the processors that this process may use: {_list(available)}")
    if process.loop_core is None:
        return frozenset()
    return frozenset(available - {process.loop_core, process.writer_core} or available - {process.loop_core})


def place_journal(process: Process, journal: DirectoryJournal) -> None:
    """Give the thread that writes the journal its processor and its priority, and the one that makes segments those that are left.

    ConfigError where the system refuses.
    """
    thread = journal.thread_id
    if cores := spare_cores(process):
        os.sched_setaffinity(journal.keeper_id, cores)
    if process.writer_core is not None:
        os.sched_setaffinity(thread, {process.writer_core})
    if process.writer_nice is not None:
        try:
            os.setpriority(os.PRIO_PROCESS, thread, process.writer_nice)
        except OSError as error:
            raise ConfigError(
                f"process.writer_nice: {process.writer_nice} was refused: {error.strerror}; it needs CAP_SYS_NICE, or RLIMIT_NICE "
                f"(LimitNICE=) of {LEAST_NICE - process.writer_nice}, which is {resource.getrlimit(resource.RLIMIT_NICE)[0]}"
            ) from error
    if process.writer_realtime and not journal.priority:
        raise ConfigError(
            "process.writer_realtime: true was refused; it needs CAP_SYS_NICE, or RLIMIT_RTPRIO (LimitRTPRIO=) of 1, "
            f"which is {resource.getrlimit(resource.RLIMIT_RTPRIO)[0]}"
        )


def place_loop(process: Process) -> None:
    """Keep the calling thread on its processor, if it has one; threads and processes that it makes from here on begin there too."""
    if process.loop_core is not None:
        os.sched_setaffinity(0, {process.loop_core})


def prepare_heap() -> None:
    """Keep what the program takes and gives back, and let the first of it be in huge pages; only the GNU library can be told so.

    By itself it asks the system for each large read anew and gives it back, and each page of it, as of the reports that are kept for a
    resend, is a fault: some 15 to 25 ns a request as long as sessions fill what they keep.  To be called once, by the main thread.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        return
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    libc.mallopt(M_MMAP_THRESHOLD, OWN_MAPPING_BYTES)
    libc.mallopt(M_MMAP_MAX, 0)  # or a piece of this size would be a mapping, and gone when it is given back
    piece = libc.malloc(ctypes.c_size_t(HEAP_BYTES))
    if piece is not None:
        begin = -(-piece // HUGE_BYTES) * HUGE_BYTES
        libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(piece + HEAP_BYTES - begin), MADV_HUGEPAGE)
        libc.free(piece)
    libc.mallopt(M_MMAP_MAX, OWN_MAPPINGS)


def lock_memory(process: Process) -> None:
    """If it is wanted, touch all memory that this process has reserved and keep it, and whatever it takes later.  ConfigError.

    Half of it would be worse than none: under a limit, memory that is asked for later would be refused to a venue that runs.
    """
    if not process.lock_memory:
        return
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    needs = f"it needs CAP_IPC_LOCK, or RLIMIT_MEMLOCK (LimitMEMLOCK=) without a limit, which is {limit}"
    if limit != resource.RLIM_INFINITY and not _has(CAP_IPC_LOCK):
        raise ConfigError(f"process.lock_memory: true was refused; {needs}")
    if ctypes.CDLL(None, use_errno=True).mlockall(MCL_CURRENT | MCL_FUTURE):
        raise ConfigError(f"process.lock_memory: true was refused: {os.strerror(ctypes.get_errno())}; {needs}")


def _has(capability: int) -> bool:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return any(int(line.split()[1], 16) >> capability & 1 for line in lines if line.startswith("CapEff:"))


def _list(cores: set[int]) -> str:
    return ", ".join(map(str, sorted(cores)))
