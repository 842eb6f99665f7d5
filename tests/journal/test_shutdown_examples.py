"""A process that ends without closing its journal: what was taken is written, and nothing is said."""

import subprocess
import sys

import pytest

from tests.journal.small import small

FORGETFUL = """
import sys
from engine.journal.directory import DirectoryJournal
class Owner:
    pass
owner = Owner()
owner.itself = owner
owner.journal = journal = DirectoryJournal(sys.argv[1], segment_bytes=64 << 10, reserve_bytes=4096, ring_bytes=64 << 10)
for seq in range(1, 5):
    journal.append(b"x" * 100, seq, 1, 0)
if sys.argv[2] == "released":
    journal.wait(4)
sys.exit(0)
"""


@pytest.mark.parametrize("when", ["released", "taken"])
def test_a_journal_that_nobody_closed_says_nothing_and_loses_nothing(tmp_path, when):
    done = subprocess.run([sys.executable, "-c", FORGETFUL, str(tmp_path), when], capture_output=True, text=True, timeout=60, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    with small(tmp_path) as journal:
        assert when == "taken" or 4 == journal.last_seq
