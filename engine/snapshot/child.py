"""What makes a forked copy of the venue harmless: it has the venue's memory, and nothing else that was the venue's.

A forked process has one thread, the one that forked, and locks as the others held them; so it may use no thread's locks, no logger and no
event loop.  It has every descriptor: the journal's lock, which would outlive a killed venue in it, and the clients' connections, which
would stay open.  It has the venue's answers to signals.  And it would outlive the venue: then the venue that starts again could give the
same sequences to other commands, and the copy would take them for those that it holds.
"""

import ctypes
import fcntl
import gc
import os
import signal
import warnings
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
NICENESS = 10  # behind whatever has to answer, and yet not for ever
ORDINARY = tuple(int(number) for number in signal.Signals if number < signal.SIGRTMIN)  # nobody here uses the others
OF_THE_TERMINAL = {signal.SIGINT, signal.SIGHUP}  # sent to the venue's whole group: the venue answers them, and ends its copy
LIBC = ctypes.CDLL(None, use_errno=True)  # opened here: the loader's lock may be held when the copy is made


def fork() -> int:
    """Make the copy; return its process id, and 0 in the copy, which hears no signal before it calls `leave_venue`."""
    child = -1
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ORDINARY)
    try:
        with warnings.catch_warnings():
            # From 3.12 on Python warns that a copy of a process with threads can wait for ever for a lock that one of them held.  This
            # one asks for none but the allocator's, which the C library hands over free, and Python's own, which Python does.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
    finally:
        if child != 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return child


def leave_venue(parent: int, keep: int, cores: AbstractSet[int] = frozenset()) -> int:
    """Let a copy that was just made go on by itself; return the descriptor that it keeps, the only one but for an empty 0, 1 and 2.

    It ends with the thread that made it, at the latest with its process `parent`, and runs on `cores`; where
    none are named, on those that the thread that made it does not have, if there are others.
    """
    _end_with(parent)
    _forget_signals()
    _step_back(cores)
    gc.disable()  # a collection writes to every object, and so would copy the memory that the two share
    kept = fcntl.fcntl(keep, fcntl.F_DUPFD_CLOEXEC, 3)
    os.closerange(0, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    for _ in range(3):  # or the first file that is opened would be where somebody's error message goes
        os.open(os.devnull, os.O_RDWR)
    return kept


def is_orphan(parent: int) -> bool:
    """Return whether the process that made this one is gone."""
    return os.getppid() != parent


def _end_with(parent: int) -> None:
    if LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the copy could not be bound to the venue's life")
    if is_orphan(parent):  # before there was anything to tell it
        os._exit(1)


def _forget_signals() -> None:
    """Take no part in the venue's signals; they were blocked before the copy was made."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if number in OF_THE_TERMINAL:
            signal.signal(number, signal.SIG_IGN)
        elif signal.getsignal(number) not in (signal.SIG_IGN, signal.SIG_DFL):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _step_back(cores: AbstractSet[int]) -> None:
    """Let the venue have the processor first, and the memory."""
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # whatever the venue has: a real-time copy would keep others waiting
    os.nice(NICENESS)
    if others := cores or set(range(os.cpu_count() or 1)) - os.sched_getaffinity(0):  # a venue that has some of its own keeps them
        with suppress(OSError):
            os.sched_setaffinity(0, others)
    with suppress(OSError):  # if memory runs out, the copy goes and not the venue
        Path("/proc/self/oom_score_adj").write_text("1000")
