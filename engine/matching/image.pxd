"""The books and their orders as canonical bytes, and back.

    core       numbers of the next event and the next execution
    books      one BookImage an instrument
    orders     the open orders as in the pool: by instrument, bids before asks, in priority order
    expiries   of the GTD ones among them, in the same order
    free       order_ids of the free slots, the next to be taken first: a slot and its generation
    retired    order_ids of the slots whose generations are used up, by slot

What only says where something lies (links, levels, pages, the index and its multiplier) is zero or left out: it follows from the rest.
"""

from libc.stdint cimport int64_t, uint64_t

from engine.matching.core cimport Core
from engine.matching.types cimport price_t

cdef struct CoreImage:              # 16 bytes
    uint64_t next_exec_id
    uint64_t next_match_id

cdef struct BookImage:              # 40 bytes; what an instrument's terms do not say
    price_t last_px
    price_t low
    price_t high
    price_t anchor
    uint64_t dynamic_bps

cdef dict core_image(const Core* core)
cdef int restore_core(Core* core, dict sections) except -1
cdef bytes section_of(dict sections, str name, size_t record)
cdef object fault(str section, object number, str rule)
