"""Copy the open orders into bytes, and let orders of such bytes rest and wait where they did.

Where an order is (in a book, on the ladder of stop prices, in the queue for the close) is said by the section that it stands in.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from engine.matching.checks cimport AUCTION_TIFS, LASTING_TIFS, price_refusal
from engine.matching.core cimport Book, product_overflows, side_of, stop_rank, stops_of
from engine.matching.faults cimport fault
from engine.matching.index cimport index_insert
from engine.matching.ladder cimport (
    NO_RANK, Ladder, ladder_append, ladder_behind, ladder_has_free_page, ladder_has_page, ladder_leaves, ladder_reference,
)
from engine.matching.limits cimport own_limit
from engine.matching.pool cimport PLACE_BOOK, PLACE_CLOSE, PLACE_STOPS, SLOT_BITS, SLOT_MASK
from engine.matching.types cimport *
from engine.matching.waiting cimport stop_price, wait_for_close, wait_for_trigger

cdef enum:
    MILLION = 1_000_000

cdef tuple RULES = (
    "",
    "its instrument is not listed",
    "its slot is beyond those in use, or taken",
    "its generation cannot be",
    "its side, type, time in force or instructions cannot rest",
    "its price is not one of its instrument",
    "its quantities cannot be",
    "its account is beyond the limit",
    "its age is that of no event",
    "its fees beyond whole units cannot be",
    "it has no expiry",
    "there is no page for its price level",
    "its price level cannot count so much",
    "another order has its session and client's id",
    "its stop price is not one of its instrument",
    "an older one is behind it",
    "the closing call has begun",
    "its limit does not follow from its stop price",
)


cdef bytes orders_image(const Core* core):
    cdef uint64_t count = core.pool.open - stops_count(core) - closing_count(core)
    cdef bytes section = PyBytes_FromStringAndSize(NULL, count * sizeof(Order))
    cdef Order* image = <Order*> PyBytes_AS_STRING(section)
    cdef const Ladder* ladder
    cdef uint32_t i
    cdef order_ref_t ref
    with nogil:
        for i in range(2 * core.instruments):
            ladder = &core.books[1 + i // 2].sides[i % 2]
            ref = first_of(core, ladder)
            while ref:
                copy_order(core, ref, image)
                image += 1
                ref = ladder_behind(ladder, &core.levels, &core.pool, ref, ladder.last)
    return section


cdef bytes stops_image(const Core* core):
    cdef bytes section = PyBytes_FromStringAndSize(NULL, stops_count(core) * sizeof(StopImage))
    cdef StopImage* image = <StopImage*> PyBytes_AS_STRING(section)
    cdef const Ladder* ladder
    cdef uint32_t i
    cdef order_ref_t ref
    with nogil:
        for i in range(2 * core.instruments):
            ladder = &core.books[1 + i // 2].stops[i % 2]
            ref = first_of(core, ladder)
            while ref:
                copy_order(core, ref, &image.order)
                image.stop_px = stop_price(core, &core.pool.orders[ref])
                image += 1
                ref = ladder_behind(ladder, &core.levels, &core.pool, ref, ladder.last)
    return section


cdef bytes closing_image(const Core* core):
    cdef bytes section = PyBytes_FromStringAndSize(NULL, closing_count(core) * sizeof(Order))
    cdef Order* image = <Order*> PyBytes_AS_STRING(section)
    cdef uint32_t instrument
    cdef order_ref_t ref
    for instrument in range(1, core.instruments + 1):
        ref = core.books[instrument].closing_head
        while ref:
            copy_order(core, ref, image)
            image += 1
            ref = core.pool.orders[ref].next
    return section


cdef bytes expiries_image(const Core* core):
    cdef bytes section = PyBytes_FromStringAndSize(NULL, core.dated * sizeof(int64_t))
    cdef int64_t* image = <int64_t*> PyBytes_AS_STRING(section)
    cdef uint32_t i
    if core.dated:
        with nogil:
            for i in range(2 * core.instruments):
                image = copy_expiries(core, &core.books[1 + i // 2].sides[i % 2], image)
            for i in range(2 * core.instruments):
                image = copy_expiries(core, &core.books[1 + i // 2].stops[i % 2], image)
    return section


cdef int restore_orders(Core* core, bytes orders, bytes stops, bytes closing, bytes expiries) except -1:
    """Let the orders of four sections rest and wait in a core that has none, each behind those before it.  Raises ImageFault."""
    restore_section(core, "orders", orders, sizeof(Order), PLACE_BOOK, expiries)
    restore_section(core, "stops", stops, sizeof(StopImage), PLACE_STOPS, expiries)
    restore_section(core, "closing", closing, sizeof(Order), PLACE_CLOSE, expiries)
    if core.dated != len(expiries) // sizeof(int64_t):
        raise fault("expiries", None, f"{len(expiries) // sizeof(int64_t)} expiries of {core.dated} orders")
    if not ages_differ(core):
        raise fault("orders", None, "two orders have the same age, or there is no memory to see that none have")
    return 0


cdef int restore_section(Core* core, str name, bytes section, size_t record, uint8_t place, bytes expiries) except -1:
    cdef const char* image = PyBytes_AS_STRING(section)
    cdef const char* end = image + len(section)
    cdef const int64_t* expire_ns = <const int64_t*> PyBytes_AS_STRING(expiries)
    cdef uint64_t dated = len(expiries) // sizeof(int64_t)
    cdef price_t stop_px = 0
    cdef int rule = 0
    with nogil:
        while image < end and rule == 0:
            if place == PLACE_STOPS:
                stop_px = (<const StopImage*> image).stop_px
            rule = put_order(core, <const Order*> image, place, stop_px, expire_ns[core.dated] if core.dated < dated else 0)
            image += record
    if rule:
        raise fault(name, len(section) // record - (end - image) // record, RULES[rule])
    return 0


cdef int put_order(Core* core, const Order* image, uint8_t place, price_t stop_px, int64_t expire_ns) noexcept nogil:
    """Let an order rest or wait behind those that came before it, or return the number of the rule that it breaks."""
    cdef order_ref_t ref = <order_ref_t> (image.order_id & SLOT_MASK)
    cdef Order* order = &core.pool.orders[ref]
    cdef rank_t rank = 0
    cdef Book* book
    cdef int rule = order_rule(core, image, place, &rank)
    if rule == 0 and image.tif == TIF_GTD and expire_ns <= 0:
        rule = 10
    if rule:
        return rule
    book = &core.books[image.instrument]
    if place == PLACE_STOPS:
        rule = stop_rule(core, book, image, stop_px)
    elif place == PLACE_CLOSE:
        rule = 16 if book.phase == PHASE_CLOSING_CALL else 15 if core.pool.orders[book.closing_tail].age > image.age else 0
    else:
        rule = level_rule(core, side_of(book, image.side), rank, image.leaves_qty)
    if rule:
        return rule
    order[0] = image[0]
    order.level = 0
    order.hashed = 0
    order.place = PLACE_BOOK
    if order.cl_ord_id != 0 and not index_insert(&core.index, &core.pool, order.session, order.cl_ord_id, ref):
        return 13
    if place == PLACE_STOPS:
        wait_for_trigger(core, book, ref, stop_px)
    elif place == PLACE_CLOSE:
        wait_for_close(core, book, ref)
    else:
        ladder_append(side_of(book, order.side), &core.levels, &core.pool, ref, rank)
    core.pool.owners[ref] = <uint64_t> order.session << 32 | order.account
    core.pool.open += 1
    if order.tif == TIF_GTD:
        core.pool.expiries[ref] = expire_ns
        core.dated += 1
        if expire_ns < core.next_expiry_ns:
            core.next_expiry_ns = expire_ns
    return 0


cdef int order_rule(const Core* core, const Order* order, uint8_t place, rank_t* rank) noexcept nogil:
    """Return the number of the rule that an open order breaks, or 0 and the rank of its price."""
    if order.instrument - 1 >= core.instruments:
        return 1
    if not is_slot(core, order.order_id):
        return 2
    if not 1 <= order.order_id >> SLOT_BITS <= last_generation():
        return 3
    if (
        <uint8_t> (order.side - SIDE_BUY) > SIDE_SELL - SIDE_BUY or not is_of_place(order, place)
        or order.exec_inst > INST_REDUCE_ONLY + INST_POST_ONLY or order.stp_mode > STP_DECREMENT or order.settle_pref > SETTLE_TRADITIONAL
    ):
        return 4
    if price_refusal(&core.books[order.instrument], order.side, order.price, rank) != REASON_NONE:
        return 5
    if not 0 < order.shown_qty <= order.leaves_qty <= order.order_qty or order.display_qty < 0 \
            or product_overflows(order.price, order.leaves_qty):
        return 6
    if order.display_qty != 0 and (AUCTION_TIFS >> order.tif & 1 or order.ord_type == ORD_STOP):
        return 6
    if order.account - 1 >= core.accounts:
        return 7
    if not 0 < order.age < core.next_exec_id:
        return 8
    return 9 if order.fee_fraction >= MILLION else 0


cdef bint is_of_place(const Order* order, uint8_t place) noexcept nogil:
    """Say whether an order of this type and time in force can be where it is, and post only what may."""
    cdef uint32_t tifs = LASTING_TIFS
    if place == PLACE_CLOSE:
        tifs = 1 << TIF_CLS if order.ord_type == ORD_LIMIT or order.ord_type == ORD_MARKET else 0
    elif place == PLACE_STOPS:
        tifs = LASTING_TIFS if order.ord_type == ORD_STOP or order.ord_type == ORD_STOP_LIMIT else 0
    elif order.ord_type == ORD_LIMIT:
        tifs = LASTING_TIFS | AUCTION_TIFS
    elif order.ord_type == ORD_MARKET:
        tifs = AUCTION_TIFS
    elif order.ord_type != ORD_STOP_LIMIT:
        tifs = 0
    if order.exec_inst & INST_POST_ONLY:
        tifs &= LASTING_TIFS if order.ord_type == ORD_LIMIT else 0
    return order.tif <= TIF_CLS and tifs >> order.tif & 1


cdef int stop_rule(const Core* core, Book* book, const Order* order, price_t stop_px) noexcept nogil:
    """Return the number of the rule that a stop order's place on its ladder breaks, or 0."""
    cdef const Ladder* ladder = stops_of(book, order.side)
    cdef rank_t rank = 0
    cdef Command asked
    cdef int rule
    if price_refusal(book, order.side, stop_px, &rank) != REASON_NONE:
        return 14
    if order.ord_type == ORD_STOP:
        memset(&asked, 0, sizeof(Command))
        asked.ord_type = ORD_STOP
        asked.side = order.side
        asked.stop_px = stop_px
        if own_limit(book, &asked) != order.price:
            return 17
    rank = stop_rank(book, order.side, stop_px)
    rule = level_rule(core, ladder, rank, order.leaves_qty)
    if rule == 0 and ladder_has_page(ladder, rank):
        if core.pool.orders[core.levels.levels[ladder_reference(ladder, rank)].tail].age > order.age:
            return 15
    return rule


cdef int level_rule(const Core* core, const Ladder* ladder, rank_t rank, qty_t leaves_qty) noexcept nogil:
    """Return the number of the rule by which a level takes no such quantity, or 0."""
    if ladder_has_page(ladder, rank):
        return 12 if leaves_qty > INT64_MAX - ladder_leaves(ladder, &core.levels, rank) else 0
    return 0 if ladder_has_free_page(&core.levels) else 11


cdef str slot_problem(const Core* core, uint64_t order_id, uint64_t first, uint64_t last):
    """Return what is wrong with the id of a slot that nobody has, whose generation must be between two, or None."""
    if not is_slot(core, order_id):
        return RULES[2]
    return None if first <= order_id >> SLOT_BITS <= last else RULES[3]


cdef bint is_slot(const Core* core, uint64_t order_id) noexcept nogil:
    """Say whether an id's slot is one of those in use, and nobody has it yet."""
    cdef uint64_t ref = order_id & SLOT_MASK
    return 0 < ref < core.pool.fresh and core.pool.orders[ref].order_id == 0


cdef bint ages_differ(const Core* core) noexcept nogil:
    """Say whether no two open orders have the same age, by which a mass cancel sorts them."""
    cdef uint64_t places = 2
    cdef uint64_t* ages
    cdef uint64_t age
    cdef uint64_t at
    cdef uint32_t ref = 1
    while places < 2 * <uint64_t> core.pool.open:
        places *= 2
    ages = <uint64_t*> calloc(places, sizeof(uint64_t))
    if ages == NULL:
        return False
    while ref < core.pool.fresh:
        if core.pool.owners[ref]:
            age = core.pool.orders[ref].age
            at = (age * <uint64_t> 0x9E3779B97F4A7C15 >> 32) & (places - 1)
            while ages[at] != 0 and ages[at] != age:
                at = (at + 1) & (places - 1)
            if ages[at] != 0:
                break
            ages[at] = age
        ref += 1
    free(ages)
    return ref == core.pool.fresh


cdef uint64_t stops_count(const Core* core) noexcept nogil:
    cdef uint64_t count = 0
    cdef uint32_t instrument
    for instrument in range(1, core.instruments + 1):
        count += core.books[instrument].waiting
    return count


cdef uint64_t closing_count(const Core* core) noexcept nogil:
    cdef uint64_t count = 0
    cdef uint32_t instrument
    cdef order_ref_t ref
    for instrument in range(1, core.instruments + 1):
        ref = core.books[instrument].closing_head
        while ref:
            count += 1
            ref = core.pool.orders[ref].next
    return count


cdef int64_t* copy_expiries(const Core* core, const Ladder* ladder, int64_t* image) noexcept nogil:
    cdef order_ref_t ref = first_of(core, ladder)
    while ref:
        if core.pool.expiries[ref]:
            image[0] = core.pool.expiries[ref]
            image += 1
        ref = ladder_behind(ladder, &core.levels, &core.pool, ref, ladder.last)
    return image


cdef inline void copy_order(const Core* core, order_ref_t ref, Order* image) noexcept nogil:
    image[0] = core.pool.orders[ref]
    image.next = 0
    image.prev = 0
    image.level = 0
    image.hashed = 0
    image.place = 0
    image.flags = 0


cdef inline order_ref_t first_of(const Core* core, const Ladder* ladder) noexcept nogil:
    """Return the first order of a ladder, or 0."""
    return 0 if ladder.best == NO_RANK else core.levels.levels[ladder_reference(ladder, ladder.best)].head
