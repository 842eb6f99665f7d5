"""The executions that the sessions of a load were told of, each side by itself.

They are noted as they come and looked at in the end, sorted by match: of two sides that are both ours, one bought and one sold the same
quantity at the same price.  Worst case: 40 bytes a side, doubled while the list grows.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, qsort, realloc

from engine.matching.types cimport LIQ_AUCTION, LIQ_MAKER, LIQ_TAKER


@cython.final
cdef class Executions:
    """What all sessions of a load were told of executions."""

    def __dealloc__(self):
        free(self.items)

    cdef bint note(self, uint64_t match_id, int64_t price, int64_t qty, uint64_t report, uint32_t session, uint8_t side,
                   uint8_t liquidity) noexcept nogil:
        """Append one side, or say that there is no memory for it."""
        cdef Execution* grown
        cdef size_t room
        if self.count == self.room:
            room = 2 * self.room + 1024
            grown = <Execution*> realloc(self.items, room * sizeof(Execution))
            if grown == NULL:
                return False
            self.items = grown
            self.room = room
        self.items[self.count] = Execution(match_id, price, qty, report, session, side, liquidity)
        self.count += 1
        return True

    def __len__(self):
        return self.count

    def matched(self, *, bint alone):
        """Put the sides together and return (matches, of these with somebody else, a fault or None).

        With `alone` there is nobody else, and each match must have both its sides.  A fault is (session, report, what is wrong).
        """
        cdef size_t at = 0
        cdef size_t matches = 0
        cdef size_t with_others = 0
        cdef size_t sides
        cdef const Execution* first
        if self.count:
            qsort(self.items, self.count, sizeof(Execution), by_match)
        while at < self.count:
            first = &self.items[at]
            sides = 1
            while at + sides < self.count and first[sides].match_id == first.match_id:
                sides += 1
            if sides > 2:
                return matches, with_others, (first[2].session, first[2].report, f"is one of {sides} sides of match {first.match_id}")
            if sides == 2 and not fit(first, first + 1):
                return matches, with_others, (first[1].session, first[1].report, f"does not fit the other side of match {first.match_id}")
            if sides == 1 and alone:
                wrong = f"is one side of match {first.match_id}, of whose other side nobody was told"
                return matches, with_others, (first.session, first.report, wrong)
            with_others += sides == 1
            matches += 1
            at += sides
        return matches, with_others, None


cdef bint fit(const Execution* one, const Execution* other) noexcept nogil:
    """Say whether two sides are those of one match."""
    if one.side == other.side or one.price != other.price or one.qty != other.qty:
        return False
    if one.liquidity == LIQ_AUCTION:
        return other.liquidity == LIQ_AUCTION
    return one.liquidity + other.liquidity == LIQ_MAKER + LIQ_TAKER


cdef int by_match(const void* one, const void* other) noexcept nogil:
    cdef const Execution* a = <const Execution*> one
    cdef const Execution* b = <const Execution*> other
    if a.match_id != b.match_id:
        return -1 if a.match_id < b.match_id else 1
    if a.session != b.session:
        return -1 if a.session < b.session else 1
    return (a.report > b.report) - (a.report < b.report)
