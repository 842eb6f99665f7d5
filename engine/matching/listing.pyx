"""What an instrument must be so that a book can have it, and its empty book."""

from engine.matching.core cimport set_edges
from engine.matching.ladder cimport ladder_init

from engine.matching.records import MAX_TICK, MAX_TICKS


cdef object check_instrument(instrument):
    if not 0 < instrument.tick <= MAX_TICK:
        raise ValueError(f"{instrument.symbol}: tick {instrument.tick} is not between 1 and {MAX_TICK}")
    if instrument.max_price % instrument.tick or not 1 <= instrument.max_price // instrument.tick <= MAX_TICKS:
        raise ValueError(
            f"{instrument.symbol}: max_price {instrument.max_price} is not 1 to {MAX_TICKS} times the tick {instrument.tick}"
        )
    if not 0 <= instrument.protection <= instrument.max_price or instrument.protection % instrument.tick:
        raise ValueError(
            f"{instrument.symbol}: protection {instrument.protection} is not a multiple of the tick {instrument.tick} up to max_price"
        )
    if instrument.lot < 1 or instrument.min_qty < 1 or instrument.max_qty < instrument.min_qty:
        raise ValueError(f"{instrument.symbol}: lot, min_qty and max_qty must be at least 1 and in order")


cdef object prepare(Book* book, instrument):
    book.tick = instrument.tick
    book.tick_inverse = -(-2**63 // instrument.tick)
    book.max_price = instrument.max_price
    book.protection = instrument.protection
    book.lot = instrument.lot
    book.min_qty = instrument.min_qty
    book.max_qty = instrument.max_qty
    book.last = instrument.max_price // instrument.tick
    book.high = instrument.max_price
    set_edges(book)
    for side in range(2):
        if not (ladder_init(&book.sides[<int> side], book.last) and ladder_init(&book.stops[<int> side], book.last)):
            raise MemoryError(f"{instrument.symbol}: no memory for {book.last} ticks")
