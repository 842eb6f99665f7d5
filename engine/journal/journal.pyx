"""The interface of a journal: a directory of this machine implements it, and so can a log that is replicated elsewhere.

A journal takes groups of bytes of which it knows nothing but their sequences.  A group is released when the journal's promise holds for it;
then, and not before, may anyone hear of what it caused.  One writer, who must never be blocked: `append` copies and returns, `fileno` wakes
his loop when something was released, or when the journal has stopped for good.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t


cdef class Journal:
    """A log that can be appended to, awaited and read.

    Compiled callers use `put` and `released`; what is written in Python overrides `append` and `released_seq`.
    """

    def append(self, body not None, uint64_t first_seq, uint32_t count, int64_t ts_ns):
        """Take a group and return True, or False while there is no room for it: `wait(min(released_seq + 1, last_seq))` waits for some.

        ValueError when it does not follow the last group or is too long; JournalStopped when the journal takes nothing any more.
        """
        raise NotImplementedError

    @property
    def max_body(self):
        """Bytes that a group can have."""
        raise NotImplementedError

    @property
    def last_seq(self):
        """Last sequence that was taken."""
        raise NotImplementedError

    @property
    def released_seq(self):
        """Last sequence for which the promise holds."""
        raise NotImplementedError

    @property
    def stopped(self):
        """Why the journal takes nothing any more; None while it does."""
        raise NotImplementedError

    def fileno(self):
        """Return the descriptor that becomes readable when something was released, or the journal has stopped."""
        raise NotImplementedError

    def settle(self):
        """Make the descriptor silent until the next release, and return the last released sequence."""
        raise NotImplementedError

    def wait(self, uint64_t seq, int timeout_ms=-1):
        """Block until a sequence is released and return True, or False when the time is over.

        JournalStopped when it never will be.
        """
        raise NotImplementedError

    def read(self, uint64_t seq=1):
        """Yield the durable groups from the one that holds a sequence on.  JournalCorrupt where one is not what was written."""
        raise NotImplementedError

    def verify(self):
        """Check everything that is kept.  JournalCorrupt with the first thing that is wrong."""
        raise NotImplementedError

    def close(self):
        """Release what was taken, as far as it can be, and take nothing any more."""
        raise NotImplementedError

    cdef int put(self, const uint8_t* body, size_t length, uint64_t first_seq, uint32_t count, int64_t ts_ns) except -1:
        """Take a group and return 1, or 0 while there is no room for it."""
        return self.append(body[:length], first_seq, count, ts_ns)

    cdef uint64_t released(self) except? 0:
        return self.released_seq
