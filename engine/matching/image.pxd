"""The books and their orders as canonical bytes, and back: the sections of `orders_image`, and:

    core       numbers of the next event and the next execution
    books      one BookImage an instrument
    free       order_ids of the free slots, the next to be taken first: a slot and its generation
    retired    order_ids of the slots whose generations are used up, by slot

What only says where something lies (links, levels, pages, the index and its multiplier) is zero or left out: it follows from the rest.
"""

from libc.stdint cimport uint8_t, uint64_t

from engine.matching.core cimport Core
from engine.matching.types cimport price_t

cdef struct CoreImage:              # 16 bytes
    uint64_t next_exec_id
    uint64_t next_match_id

cdef struct BookImage:              # 48 bytes; what an instrument's terms do not say
    price_t last_px
    price_t low
    price_t high
    price_t anchor
    uint64_t dynamic_bps
    uint8_t phase
    uint8_t pauses
    uint8_t keeps_stops
    uint8_t auctioned
    uint8_t reserved[4]

cdef dict core_image(const Core* core)
cdef int restore_core(Core* core, dict sections) except -1
