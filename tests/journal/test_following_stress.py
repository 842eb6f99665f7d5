"""A journal that is read and verified while it is written, by its own process and by another, across many segments."""

import subprocess
import sys
import time
from random import Random

import pytest

from engine.journal.records import Mode
from tests.journal.small import WAIT_MS, small

SECONDS = 1.5
MODES = {"direct": {}, "synced": {"direct": False}, "async": {"mode": Mode.ASYNC, "sync_ms": 5}}
FOLLOWER = """
import select, sys
from engine.journal.reading import JournalReader
groups = 0
last, told = None, 1
with JournalReader(sys.argv[1]) as reader:
    while last is None or told <= last:
        for group in reader.poll():
            if group.first_seq != told or group.body[:8] != told.to_bytes(8, "little") or group.body[8:].strip(b"%c" % (told % 251)):
                raise SystemExit(f"group {group.first_seq} stands where {told} is due, or has another body")
            told += group.count
            groups += 1
        if last is None and select.select([sys.stdin], [], [], 0)[0]:
            last = int(sys.stdin.readline())
print(groups, told - 1)
"""


def followed(folder, seconds, **options):
    """Write for some seconds while another process follows; return what each counted, and how often this one verified."""
    random = Random(1)
    groups = verified = 0
    with small(folder, segment_bytes=256 << 10, **options) as journal:
        program = [sys.executable, "-c", FOLLOWER, str(folder)]
        process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            first_seq = journal.last_seq + 1
            body = first_seq.to_bytes(8, "little") + bytes([first_seq % 251]) * random.choice((1, 90, 900, 9_000))
            while not journal.append(body, first_seq, random.randint(1, 3), 0):
                assert journal.wait(min(journal.released_seq + 1, journal.last_seq), WAIT_MS)
            groups += 1
            if groups % 200 == 1:
                journal.verify()
                verified += 1
                durable_seq = journal.durable_seq
                read = [group.first_seq for group in journal.read(max(1, durable_seq - 50))]
                assert read == sorted(set(read))
                assert durable_seq == 0 or read[-1] + 2 >= durable_seq
        last_seq = journal.last_seq
        journal.wait(last_seq, WAIT_MS)
    told = process.communicate(f"{last_seq}\n", timeout=60)
    return (groups, last_seq), told, verified


@pytest.mark.parametrize("mode", MODES)
def test_another_process_gets_every_group_once_while_this_one_verifies(tmp_path, mode):
    mine, told, verified = followed(tmp_path, SECONDS, **MODES[mode])

    assert (f"{mine[0]} {mine[1]}\n", "") == told
    assert verified > 0
