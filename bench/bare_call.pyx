"""A call from Python with five integers to a compiled method that does nothing: what no book behind Python can go below."""

from libc.stdint cimport int64_t


cdef class Bare:
    """Something with a method, as a book is."""

    def call(self, bint is_new, bint buys, int64_t price, int64_t qty, int64_t name) -> int:
        """Take five integers and give one back."""
        return 0
