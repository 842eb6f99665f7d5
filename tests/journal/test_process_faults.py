"""A real process whose system calls fail, once each: the call after the one that failed would succeed, and must not be made.

They run where there is an strace that may trace; test_faults_exhaustive.py has the same faults, and all others, without it.
"""

import shutil
import subprocess
import sys

import pytest

from tests.journal.small import small

TRACED = "pwrite64,fdatasync"
FAILING = """
import sys
from engine.journal.directory import DirectoryJournal
from engine.journal.records import JournalStopped
options = {"segment_bytes": 64 << 10, "reserve_bytes": 4096, "ring_bytes": 64 << 10}
journal = DirectoryJournal(sys.argv[1], direct=sys.argv[2] == "direct", **options)
try:
    for seq in range(1, 60):
        journal.append(b"%d" % seq * 20, seq, 1, 0)
        journal.wait(seq, 20_000)
except JournalStopped as stop:
    print(journal.released_seq, stop, sep="\\n")
    journal.close()
    sys.exit(70)
"""


@pytest.fixture(scope="module")
def strace():
    path = shutil.which("strace")
    if not path or subprocess.run([path, "-f", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        pytest.skip("there is no strace, or it may not trace")
    return path


@pytest.mark.parametrize(
    ("how", "fault", "where", "why"),
    [
        ("direct", "pwrite64:error=EIO:when=12", "a write to segment 1 at byte ", "failed: [Errno 5] Input/output error"),
        ("direct", "pwrite64:error=ENOSPC:when=14", "a write to segment 1 at byte ", "failed: [Errno 28] No space left on device"),
        ("direct", "pwrite64:retval=512:when=16", "a write to segment 1 at byte ", "stopped after 512 bytes"),
        ("synced", "pwrite64:error=EDQUOT:when=9", "the heads could not be written: ", "[Errno 122] Disk quota exceeded"),
        ("synced", "fdatasync:error=EIO:when=6", "a sync of segment 1 up to byte ", "failed: [Errno 5] Input/output error"),
    ],
)
def test_a_call_that_fails_once_ends_the_process(tmp_path, strace, how, fault, where, why):
    command = [strace, "-f", "-qq", "-e", f"trace={TRACED}", "-e", f"inject={fault}", "-o", str(tmp_path / "calls")]
    program = [sys.executable, "-c", FAILING, str(tmp_path / "journal"), how]
    done = subprocess.run([*command, *program], capture_output=True, text=True, timeout=120, check=False)
    calls = (tmp_path / "calls").read_text().splitlines()
    failed = next(at for at, call in enumerate(calls) if "(INJECTED)" in call)

    assert (70, "") == (done.returncode, done.stderr)
    released, said = done.stdout.splitlines()
    assert said.startswith(where)
    assert said.endswith(why)
    assert [] == [call for call in calls[failed + 1 :] if call.split()[0] == calls[failed].split()[0]]  # by the same thread
    assert (tmp_path / "journal" / "reserve").exists() == ("Errno 5]" in why)
    with small(tmp_path / "journal") as journal:
        assert 0 < int(released) <= journal.last_seq
