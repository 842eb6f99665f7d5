"""The rules of the book for one order at a time: enter, cancel, replace."""

from engine.matching.core cimport Core
from engine.matching.types cimport Command

cdef void enter(Core* core, const Command* command) noexcept nogil
cdef void cancel(Core* core, const Command* command) noexcept nogil
cdef void replace(Core* core, const Command* command) noexcept nogil
