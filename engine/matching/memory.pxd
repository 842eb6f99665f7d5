"""Zeroed memory that costs nothing until it is touched, in huge pages where it is large and the system grants them.

A book's limits are reserved whole at the start; the working set of a busy book then walks over few pages, which spares the TLB.
"""

cdef void* reserve(size_t bytes) noexcept nogil
cdef void unreserve(void* memory) noexcept nogil
