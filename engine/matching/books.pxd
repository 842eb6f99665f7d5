"""The state of the books, as plain structs."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.matching.index cimport Index
from engine.matching.ladder cimport Ladder, LevelPool
from engine.matching.pool cimport Pool
from engine.matching.types cimport Event, order_ref_t, price_t, qty_t, rank_t

cdef struct Book:                   # one instrument
    Ladder sides[2]                 # bids, asks
    rank_t edges[2]                 # best rank at which an order of each side may work: the collar
    rank_t last                     # largest rank: max_price in ticks
    uint8_t phase                   # PHASE_*: but in CONTINUOUS orders rest without matching, so the book may be crossed
    uint8_t pauses                  # a match that the collar stops lets it collect
    uint8_t struck                  # STRIKE_*, until somebody took note
    uint8_t auctioned               # since it last matched there was an auction that traded
    price_t tick
    uint64_t tick_inverse           # 2**63 / tick, rounded up
    price_t max_price               # the ladder's reach, a multiple of tick
    price_t protection              # how far a market order may trade from the best opposite price
    price_t last_px                 # of the last execution, 0 before the first
    qty_t lot
    qty_t min_qty
    qty_t max_qty
    price_t low                     # the collar as it was set
    price_t high
    price_t anchor                  # its middle moves with the last execution
    uint32_t dynamic_bps            # how far from the anchor, 0 for any distance
    uint32_t waiting                # stop orders
    Ladder stops[2]                 # by stop price: buys, lowest first as asks; sells, highest first as bids
    order_ref_t closing_head        # orders that wait for the closing call, oldest first
    order_ref_t closing_tail
    uint32_t next_struck            # instrument, 0 behind the last
    uint8_t keeps_stops             # no stop order is triggered, though it matches

cdef struct Swept:                  # an order that a mass cancel or an expiry found, and its place in line
    uint64_t first
    uint64_t age
    uint64_t ref

cdef struct Core:
    Pool pool
    Index index
    LevelPool levels
    Book* books                     # by instrument, from 1
    uint32_t instruments            # listed
    uint32_t listings               # that can be listed
    uint32_t accounts               # largest account number
    uint32_t sweep                  # resting orders that one command may meet
    uint32_t dated                  # open GTD orders
    uint32_t struck                 # instrument whose book struck last, 0 when all were taken note of
    int64_t next_expiry_ns          # no GTD order expires before
    uint64_t next_exec_id
    uint64_t next_match_id
    Event* events                   # of the commands since the last drain
    uint64_t event_limit            # room for them
    uint32_t event_count
    uint32_t event_mark             # as many events leave room for the worst command
    uint64_t cascade_mark           # and as many for a cascade and what else a command may cause
    Swept* swept                    # scratch, one place per order
