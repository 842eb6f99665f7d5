"""What an instrument must be so that a book can have it, and its empty book."""

from engine.matching.books cimport Book

cdef object check_instrument(instrument)
cdef object prepare(Book* book, instrument)
