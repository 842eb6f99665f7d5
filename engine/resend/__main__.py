"""The process that makes old reports again: `python -m engine.resend JOURNAL SESSION LIFE BEGIN END`.

The frames go to stdout at the pace at which they are taken; why it ended early is the last line on stderr.  The gateway starts it, and it
ends when nobody reads any more.
"""

import os
import select
import sys
from pathlib import Path

from engine.journal.records import JournalCorrupt
from engine.replica import Diverged
from engine.resend.reading import OutOfReach, Wanted, regenerate

NICENESS = 10  # where there are fewer cores than there is to do, the venue comes first


def main(arguments: list[str]) -> int:
    """Write what is asked for, and return the exit code: 0, 1 when the log does not have it, 2 for wrong arguments."""
    if len(arguments) != 5:
        sys.stderr.write("usage: python -m engine.resend JOURNAL SESSION LIFE BEGIN END\n")
        return 2
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # whatever the venue was given
    os.nice(NICENESS)
    hung_up = select.poll()
    hung_up.register(1, 0)
    try:
        for frames in regenerate(Path(arguments[0]), Wanted(*map(int, arguments[1:]))):
            if hung_up.poll(0):
                return 0
            _write(frames)
    except BrokenPipeError:
        return 0
    except (OutOfReach, JournalCorrupt, Diverged, OSError, ValueError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


def _write(frames: bytes) -> None:
    rest = memoryview(frames)
    while rest:
        rest = rest[os.write(1, rest) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
