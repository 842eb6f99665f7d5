"""Break the journal's promises on purpose, one at a time, as `tests/mutants.py` does with the book's rules.

`python -m tests.journal.mutants [NAME ...]`: a mutant that survives is a promise without a test.  Takes about half a minute a mutant.
"""

import sys

from tests.mutants import Mutant, Tree, main

JOURNAL = "engine/journal"
QUICK = (
    "writer_examples",
    "heads_examples",
    "recovery_examples",
    "directory_faults",
    "directory_examples",
    "audit_examples",
    "reading_examples",
    "hashes_properties",
)
SLOW = ("recovery_exhaustive", "faults_exhaustive", "interrupted_exhaustive", "following_stress")
SYNC = "    if not core.current.syncs and core.ops.fdatasync(core.current.fd):\n        return stop(core, FAILED_SYNC, errno, 0)\n"
WHOLE = "    if written == <ssize_t> size:\n"

MUTANTS = [
    Mutant(
        "released before durable",
        "core.pyx",
        "    core.written_seq = core.link.next_seq - 1\n",
        "    core.written_seq = core.link.next_seq - 1\n    store_u64(&core.released_seq, core.written_seq)\n",
    ),
    Mutant(
        "durable before the sync",
        "core.pyx",
        f"        return True\n{SYNC}    store_u64(&core.current_end, core.offset)\n    store_u64(&core.durable_seq, core.written_seq)\n",
        f"        return True\n    store_u64(&core.current_end, core.offset)\n    store_u64(&core.durable_seq, core.written_seq)\n{SYNC}",
    ),
    Mutant(
        "never synced",
        "core.pyx",
        f"        return True\n{SYNC}    store_u64(&core.current_end",
        "        return True\n    store_u64(&core.current_end",
    ),
    Mutant(
        "failed sync tried again",
        "core.pyx",
        f"        return True\n{SYNC}    store_u64(&core.current_end",
        f"        return True\n{SYNC.replace('fd):', 'fd) and core.ops.fdatasync(core.current.fd):')}    store_u64(&core.current_end",
    ),
    Mutant(
        "failed write tried again",
        "core.pyx",
        WHOLE,
        f"    if written < 0:\n        written = core.ops.pwrite(core.current.fd, data, size, core.offset)\n{WHOLE}",
    ),
    Mutant("short write taken for a whole one", "core.pyx", WHOLE, "    if written >= 0:\n"),
    Mutant(
        "heads never written",
        "core.pyx",
        "core.ops.pwrite(core.heads_fd, &core.newest, HEADER_BYTES, core.head_written * HEAD_STRIDE)",
        "HEADER_BYTES",
    ),
    Mutant("heads written over each other", "core.pyx", "core.head_written * HEAD_STRIDE", "0"),
    Mutant("the safe head written over", "core.pyx", "    core.head_synced = core.head_written\n", ""),
    Mutant("heads never synced", "core.pyx", "    if core.heads_unsynced and core.ops.fdatasync(core.heads_fd):\n", "    if False:\n"),
    Mutant("heads that fail are ignored", "core.pyx", "    return written == HEADER_BYTES or stop(core", "    return True or stop(core"),
    Mutant("turned over before the sync", "core.pyx", "if not sync_segment(core) or not turn_over(core):", "if not turn_over(core):"),
    Mutant("failure forgotten", "core.pyx", "    store_int(&core.failed, failed)\n    return False\n", "    return False\n"),
    Mutant(
        "frame vouches for itself",
        "core.pyx",
        "frame_finish(header, &core.link, core.durable_seq)",
        "frame_finish(header, &core.link, core.link.next_seq)",
    ),
    Mutant("ring overrun", "writer.pyx", "load_u64(&core.bottom) > core.ring_bytes or", "load_u64(&core.bottom) > 2 * core.ring_bytes or"),
    Mutant(
        "taken after the end",
        "writer.pyx",
        "if not self.started or self.core.closing or load_int(&self.core.failed):",
        "if not self.started:",
    ),
    Mutant("any sequence taken", "writer.pyx", "if first_seq != self.last_seq + 1 or count == 0:", "if count == 0:"),
    Mutant(
        "any generation accepted",
        "frames.pyx",
        "crc32c_extend(crc32c_extend(0, &generation, sizeof(generation)), &header.first_seq,",
        "crc32c_extend(0, &header.first_seq,",
    ),
    Mutant("any history accepted", "frames.pyx", "    if header.prev_hash != link.prev_hash:\n", "    if False:\n"),
    Mutant("any epoch accepted", "frames.pyx", "if header.epoch < link.epoch or header.shard", "if header.shard"),
    Mutant("any body accepted", "frames.pyx", "    if header.body_hash != xxh64_of(", "    if False and header.body_hash != xxh64_of("),
    Mutant(
        "any padding accepted",
        "frames.pyx",
        "    if not is_zero(at + HEADER_BYTES + header.body_bytes,",
        "    if False and not is_zero(at,",
    ),
    Mutant("any format accepted", "frames.pyx", "    if header.version != FORMAT_VERSION:\n", "    if False:\n"),
    Mutant("any head accepted", "frames.pyx", "head.magic == HEAD_MAGIC and head.crc ==", "head.magic == HEAD_MAGIC or head.crc =="),
    Mutant("tail not checked", "recovery.py", "    if durable_seq >= chain.next_seq:\n", "    if False:\n"),
    Mutant("heads not asked", "recovery.py", "    if head.seq >= verdict.tip.next_seq:\n", "    if False:\n"),
    Mutant("heads of another journal", "recovery.py", "            raise _disagreement(head, image.name)\n", "            pass\n"),
    Mutant("spoiled heads accepted", "recovery.py", "    if heads and not head.counter and not any(", "    if False and not any("),
    Mutant(
        "any next segment accepted", "recovery.py", "if (opened.first_seq, opened.prev_hash) == (tip.next_seq, tip.prev_hash):", "if True:"
    ),
    Mutant(
        "segment thrown away with what it holds",
        "recovery.py",
        "            if not all_zero(image.data, HEADER_BYTES):\n",
        "            if False:\n",
    ),
    Mutant("lost heads made anew", "files.py", "if len(content) < HEADS_BYTES and (content or segment_numbers(folder)):", "if False:"),
    Mutant("torn tail left", "closing.py", "    cut(path, chain.offset)\n", ""),
    Mutant("recovered and not proven", "closing.py", "        _write_heads(heads_fd, seals[-1])\n", "        pass\n"),
    Mutant("seal of anybody", "seals.py", "            key.verify(signature, DOMAIN + line)\n", "            pass\n"),
    Mutant("seals not chained", "audit.py", "        if previous and seal.previous != previous:\n", "        if False:\n"),
    Mutant("reserve kept", "directory.py", "            (self.folder / RESERVE).unlink(missing_ok=True)\n", "            pass\n"),
    Mutant("reserve given away", "directory.py", "        if self.failed_errno in FULL:\n", "        if self.failed:\n"),
    Mutant("two writers", "directory.py", "            fcntl.flock(self._heads, fcntl.LOCK_EX | fcntl.LOCK_NB)\n", "            pass\n"),
    Mutant("same epoch again", "directory.py", "self.recovered.tip.epoch + 1", "self.recovered.tip.epoch"),
    Mutant(
        "read before it is durable",
        "reading.py",
        "        durable_seq = self.durable_seq\n",
        "        durable_seq = self.durable_seq + 1\n",
    ),
]


class JournalTree(Tree):
    """A copy of what the journal needs."""

    home = JOURNAL
    compiled = (JOURNAL,)
    folders = ("engine", "tests/journal")
    rounds = tuple(tuple(f"tests/journal/test_{name}.py" for name in names) for names in (QUICK, SLOW))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], MUTANTS, JournalTree))
