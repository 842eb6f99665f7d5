"""Auctions, in the order and the words of docs/RULEBOOK.md: one price for all, at which most is executed.

A call's book is crossed.  Pairing the best bid with the best ask until they no longer cross finds the most that one price can execute, and
the limits of the last pair bound the prices at which that much is.  Among them the price is that which leaves least over; buyers left over
at each of them raise it to the highest, sellers lower it to the lowest, so nobody with a better limit is left out; only where neither side
presses does the reference choose.  One walk over the levels that cross.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from engine.matching.core cimport close, emit, rank_of, release, set_edges, shown_part, side_of, unrest
from engine.matching.ladder cimport NO_RANK, Ladder, Level, ladder_behind, ladder_leaves, ladder_next
from engine.matching.look cimport is_own
from engine.matching.match cimport cascade
from engine.matching.pool cimport Order
from engine.matching.sweep cimport cancel_beyond, end_auction_orders, wait_again
from engine.matching.types cimport *
from engine.matching.waiting cimport join_close

cdef enum:
    WALKS = 8                   # over the orders that would trade, to find those that must not meet

cdef struct Line:               # one side of an auction, walked from its best order on
    Ladder* ladder
    rank_t limit                # of the auction's price
    order_ref_t ref             # 0 behind the last
    qty_t left                  # of the order


cdef bint uncross(Core* core, uint32_t instrument, price_t reference, price_t low, price_t high, Auction* auction) noexcept nogil:
    """Execute a call's book at one price and end the orders that were for this auction alone; False when it cannot be now.

    It cannot be at a price outside `low` to `high` (where `high` is not 0), nor while own orders would still meet after some walks.
    """
    cdef Book* book = &core.books[instrument]
    cdef uint32_t walks = 0
    work_out(core, book, reference, auction)
    while part_own(core, book, auction):
        walks += 1
        if walks == WALKS:
            auction[0] = Auction(price=0, volume=0, imbalance=0)
            return False
        work_out(core, book, reference, auction)
    if auction.volume != 0 and high != 0 and not low <= auction.price <= high:
        return False
    if auction.volume != 0:
        execute(core, book, auction)
    end_auction_orders(core, instrument, TIF_CLS if book.phase == PHASE_CLOSING_CALL else TIF_OPG)
    return True


cdef void set_phase(Core* core, uint32_t instrument, uint8_t phase, bint pauses, bint keeps_stops) noexcept nogil:
    """Bring a book to a phase; to match it must not be crossed."""
    cdef Book* book = &core.books[instrument]
    book.pauses = pauses
    book.keeps_stops = keeps_stops
    if phase != book.phase:
        change_phase(core, instrument, phase)
    cascade(core, book)


cdef void change_phase(Core* core, uint32_t instrument, uint8_t phase) noexcept nogil:
    cdef Book* book = &core.books[instrument]
    if book.phase == PHASE_CLOSING_CALL:
        wait_again(core, instrument)
    if phase != PHASE_CALL:
        end_auction_orders(core, instrument, TIF_OPG)
    book.phase = phase
    if phase == PHASE_CONTINUOUS and book.auctioned:
        book.anchor = book.last_px
        book.auctioned = False
    set_edges(book)
    if phase == PHASE_CLOSING_CALL:
        join_close(core, book)
    elif phase == PHASE_CONTINUOUS:
        cancel_beyond(core, instrument)


cdef bint is_crossed(const Book* book) noexcept nogil:
    return book.sides[0].best != NO_RANK and book.sides[1].best <= book.last - book.sides[0].best


cdef void work_out(const Core* core, const Book* book, price_t reference, Auction* auction) noexcept nogil:
    """Say at which price an auction would execute how much, and what would be left over; touch nothing."""
    cdef const Ladder* bids = &book.sides[0]
    cdef const Ladder* asks = &book.sides[1]
    cdef rank_t bid = bids.best
    cdef rank_t ask = asks.best
    cdef int64_t highest = 0                # in ticks: the limits of the last pair
    cdef int64_t lowest = 0
    cdef qty_t bid_left
    cdef qty_t ask_left
    cdef qty_t qty
    auction[0] = Auction(price=0, volume=0, imbalance=0)
    if not is_crossed(book):
        return
    bid_left = ladder_leaves(bids, &core.levels, bid)
    ask_left = ladder_leaves(asks, &core.levels, ask)
    while bid != NO_RANK and ask != NO_RANK and ask <= book.last - bid:
        highest = book.last - bid
        lowest = ask
        qty = bid_left if bid_left < ask_left else ask_left
        auction.volume += qty
        bid_left -= qty
        ask_left -= qty
        if bid_left == 0:
            bid = ladder_next(bids, &core.levels, bid)
            bid_left = ladder_leaves(bids, &core.levels, bid) if bid != NO_RANK else 0
        if ask_left == 0:
            ask = ladder_next(asks, &core.levels, ask)
            ask_left = ladder_leaves(asks, &core.levels, ask) if ask != NO_RANK else 0
    choose(
        book, reference, lowest, highest, -1 if bid == NO_RANK else <int64_t> book.last - bid, bid_left,
        <int64_t> book.last + 1 if ask == NO_RANK else ask, ask_left, auction,
    )


cdef void choose(const Book* book, price_t reference, int64_t lowest, int64_t highest, int64_t bid, qty_t bid_left, int64_t ask,
                 qty_t ask_left, Auction* auction) noexcept nogil:
    """Choose among the prices from `lowest` to `highest`, in ticks, all of the same volume.

    `bid` is the best limit of the buyers left over and `bid_left` what is left there, `ask` and `ask_left` likewise: `bid` is below `ask`.
    At prices above `bid` and below `ask` nothing is left over.
    """
    cdef int64_t low = bid + 1 if bid >= lowest else lowest
    cdef int64_t high = ask - 1 if ask <= highest else highest
    if low > high:
        low = bid if bid >= lowest else ask
        high = ask if ask <= highest else bid
        if low != high and bid_left != ask_left:
            low = high = bid if bid_left < ask_left else ask
    low = nearest(book, reference, low, high)
    auction.price = low * book.tick
    auction.imbalance = (bid_left if bid >= low else 0) - (ask_left if ask <= low else 0)


cdef int64_t nearest(const Book* book, price_t reference, int64_t low, int64_t high) noexcept nogil:
    """Return which of the ticks from `low` to `high` is nearest to a price, of two equally near ones the higher.

    Without a price the last one is taken, and before the first the middle.
    """
    cdef price_t wanted = reference if reference != 0 else book.last_px
    if wanted == 0:
        return low + (high - low) // 2
    if wanted <= low * book.tick:
        return low
    if wanted >= high * book.tick:
        return high
    return (2 * wanted + book.tick) // (2 * book.tick)


cdef bint part_own(Core* core, Book* book, const Auction* auction) noexcept nogil:
    """Cancel, as the younger one's mode says, own orders that would meet in an auction; say whether there were any."""
    cdef Line buys
    cdef Line sells
    cdef qty_t volume = auction.volume
    cdef bint found = False
    cdef qty_t qty
    if volume == 0:
        return False
    buys = line_of(core, book, SIDE_BUY, auction.price)
    sells = line_of(core, book, SIDE_SELL, auction.price)
    while volume > 0 and buys.ref != 0 and sells.ref != 0:
        if unlikely(are_own(&core.pool.orders[buys.ref], &core.pool.orders[sells.ref])):
            part(core, &buys, &sells)
            found = True
            continue
        qty = buys.left if buys.left < sells.left else sells.left
        qty = qty if qty < volume else volume
        volume -= qty
        buys.left -= qty
        sells.left -= qty
        if buys.left == 0:
            step(core, &buys, behind(core, &buys))
        if sells.left == 0:
            step(core, &sells, behind(core, &sells))
    return found


cdef inline bint are_own(const Order* buy, const Order* sell) noexcept nogil:
    """Say whether two orders must not trade with each other, by the mode of the younger."""
    return is_own(buy, sell) if buy.age > sell.age else is_own(sell, buy)


cdef void part(Core* core, Line* buys, Line* sells) noexcept nogil:
    """End one or both of two own orders, the older first, and step behind those."""
    cdef bint buy_is_younger = core.pool.orders[buys.ref].age > core.pool.orders[sells.ref].age
    cdef Line* younger = buys if buy_is_younger else sells
    cdef Line* older = sells if buy_is_younger else buys
    cdef uint8_t mode = core.pool.orders[younger.ref].stp_mode
    if mode == STP_CANCEL_OLDEST or mode == STP_CANCEL_BOTH:
        end(core, older)
    if mode != STP_CANCEL_OLDEST:
        end(core, younger)


cdef void end(Core* core, Line* line) noexcept nogil:
    cdef order_ref_t next_ref = behind(core, line)
    close(core, line.ref, EXEC_CANCELED, REASON_STP)
    step(core, line, next_ref)


cdef inline Line line_of(const Core* core, Book* book, uint8_t side, price_t price) noexcept nogil:
    """Begin at the best order of a side, which is within the price."""
    cdef Line line
    line.ladder = side_of(book, side)
    line.limit = rank_of(book, side, price)
    step(core, &line, core.levels.levels[line.ladder.best_level].head)
    return line


cdef inline void step(const Core* core, Line* line, order_ref_t ref) noexcept nogil:
    line.ref = ref
    line.left = core.pool.orders[ref].leaves_qty if ref else 0


cdef inline order_ref_t behind(const Core* core, const Line* line) noexcept nogil:
    """Return the order behind the one at which a walk is, or 0 where none is within the price."""
    return ladder_behind(line.ladder, &core.levels, &core.pool, line.ref, line.limit)


cdef void execute(Core* core, Book* book, const Auction* auction) noexcept nogil:
    """Execute the best bid with the best ask, price before time, until the volume is used up."""
    cdef qty_t volume = auction.volume
    cdef order_ref_t buy
    cdef order_ref_t sell
    cdef qty_t qty
    book.last_px = auction.price
    book.auctioned = True
    while volume > 0:
        buy = core.levels.levels[book.sides[0].best_level].head
        sell = core.levels.levels[book.sides[1].best_level].head
        qty = core.pool.orders[buy].leaves_qty
        qty = qty if qty < core.pool.orders[sell].leaves_qty else core.pool.orders[sell].leaves_qty
        qty = qty if qty < volume else volume
        volume -= qty
        fill(core, book, buy, auction.price, qty)
        fill(core, book, sell, auction.price, qty)
        core.next_match_id += 1


cdef inline void fill(Core* core, Book* book, order_ref_t ref, price_t price, qty_t qty) noexcept nogil:
    """Execute so much of an order, its reserve included; what is left shows what it shows at a time, at its old place."""
    cdef Order* order = &core.pool.orders[ref]
    cdef Level* level = &core.levels.levels[order.level]
    cdef Event* event
    order.leaves_qty -= qty
    level.leaves_qty -= qty
    level.shown_qty -= order.shown_qty
    order.shown_qty = shown_part(order)
    level.shown_qty += order.shown_qty
    event = emit(core, order, EXEC_TRADE, REASON_NONE)
    event.ref_id = core.next_match_id
    event.last_px = price
    event.last_qty = qty
    event.liquidity = LIQ_AUCTION
    if order.leaves_qty == 0:
        unrest(core, book, ref)
        release(core, ref)
