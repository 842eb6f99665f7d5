"""Copy the books into bytes that equal books share, whatever their past, and build books of such bytes.

An image may come from a damaged file or from an enemy: every number in it that is used to find something is looked at before it is used.
That the whole makes sense (levels, holds, sums) is then for `check` to say.  Both ways cost one walk over the open orders and the free
slots; building also fills the index.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from engine.matching.checks cimport price_refusal
from engine.matching.core cimport Book, product_overflows, set_edges, side_of
from engine.matching.index cimport index_insert
from engine.matching.ladder cimport (
    NO_RANK, Ladder, ladder_append, ladder_has_free_page, ladder_has_page, ladder_leaves, ladder_next, ladder_reference,
)
from engine.matching.pool cimport SLOT_BITS, SLOT_MASK, Order
from engine.matching.types cimport *

cdef enum:
    MILLION = 1_000_000
    EXEC_INSTS = INST_POST_ONLY | INST_REDUCE_ONLY

cdef uint64_t LARGEST_NUMBER = <uint64_t> 1 << 62
cdef uint64_t LAST_GENERATION = <uint64_t> 1 << 38      # a slot that has it is not used again
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
)


class ImageFault(ValueError):
    """An image that no venue can have made; `section` names the part and the text the rule that it breaks."""

    def __init__(self, section, rule):
        super().__init__(f"{section}: {rule}")
        self.section = section


cdef dict core_image(const Core* core):
    """Return the sections of the books; no command must be under way."""
    return {
        "core": numbers_image(core),
        "books": books_image(core),
        "orders": orders_image(core),
        "expiries": expiries_image(core),
        "free": free_image(core),
        "retired": retired_image(core),
    }


cdef int restore_core(Core* core, dict sections) except -1:
    """Fill a core that has its instruments and nothing else.  Raises ImageFault; what was filled by then is useless."""
    cdef uint64_t slots = core.pool.limit
    orders = section_of(sections, "orders", sizeof(Order))
    unused = section_of(sections, "free", sizeof(uint64_t))
    retired = section_of(sections, "retired", sizeof(uint64_t))
    used = len(orders) // sizeof(Order) + (len(unused) + len(retired)) // sizeof(uint64_t)
    if used > slots:
        raise fault("orders", None, f"{used} slots are in use, there are {slots}")
    core.pool.fresh = 1 + used
    restore_numbers(core, section_of(sections, "core", sizeof(CoreImage)))
    restore_books(core, section_of(sections, "books", sizeof(BookImage)))
    restore_orders(core, orders, section_of(sections, "expiries", sizeof(int64_t)))
    restore_free(core, unused)
    restore_retired(core, retired)
    return 0


cdef bytes section_of(dict sections, str name, size_t record):
    """Return a section that must be there and whole records long."""
    section = sections.get(name)
    if not isinstance(section, bytes):
        raise fault(name, None, "it is not there")
    if len(section) % record:
        raise fault(name, None, f"{len(section)} bytes are not whole records of {record}")
    return section


cdef object fault(str section, object number, str rule):
    return ImageFault(section, rule if number is None else f"record {number}: {rule}")


cdef bytes numbers_image(const Core* core):
    cdef CoreImage image
    image.next_exec_id = core.next_exec_id
    image.next_match_id = core.next_match_id
    return PyBytes_FromStringAndSize(<char*> &image, sizeof(CoreImage))


cdef int restore_numbers(Core* core, bytes section) except -1:
    cdef const CoreImage* image = <const CoreImage*> PyBytes_AS_STRING(section)
    if <size_t> len(section) != sizeof(CoreImage):
        raise fault("core", None, f"{len(section)} bytes are not {sizeof(CoreImage)}")
    if not (0 < image.next_exec_id <= LARGEST_NUMBER and 0 < image.next_match_id <= image.next_exec_id):
        raise fault("core", None, f"next event {image.next_exec_id}, next execution {image.next_match_id} cannot be")
    core.next_exec_id = image.next_exec_id
    core.next_match_id = image.next_match_id
    return 0


cdef bytes books_image(const Core* core):
    cdef bytes section = PyBytes_FromStringAndSize(NULL, core.instruments * sizeof(BookImage))
    cdef BookImage* image = <BookImage*> PyBytes_AS_STRING(section)
    cdef const Book* book
    cdef uint32_t i
    for i in range(core.instruments):
        book = &core.books[i + 1]
        image[i].last_px = book.last_px
        image[i].low = book.low
        image[i].high = book.high
        image[i].anchor = book.anchor
        image[i].dynamic_bps = book.dynamic_bps
    return section


cdef int restore_books(Core* core, bytes section) except -1:
    cdef const BookImage* image = <const BookImage*> PyBytes_AS_STRING(section)
    cdef Book* book
    cdef uint32_t i
    if <size_t> len(section) != core.instruments * sizeof(BookImage):
        raise fault("books", None, f"{len(section)} bytes are not {core.instruments} records of {sizeof(BookImage)}")
    for i in range(core.instruments):
        book = &core.books[i + 1]
        if not 0 <= image[i].last_px <= book.max_price:
            raise fault("books", i + 1, f"last price {image[i].last_px} is not between 0 and {book.max_price}")
        if not 0 <= image[i].low <= image[i].high or image[i].low > book.max_price or image[i].high < book.tick:
            raise fault("books", i + 1, f"collar {image[i].low} to {image[i].high} cannot be")
        if image[i].dynamic_bps > 10_000 or not (0 if image[i].dynamic_bps == 0 else book.tick) <= image[i].anchor <= book.max_price:
            raise fault("books", i + 1, f"collar {image[i].dynamic_bps} bp from {image[i].anchor} cannot be")
        book.last_px = image[i].last_px
        book.low = image[i].low
        book.high = image[i].high
        book.anchor = image[i].anchor
        book.dynamic_bps = <uint32_t> image[i].dynamic_bps
        set_edges(book)
    return 0


cdef bytes orders_image(const Core* core):
    cdef bytes section = PyBytes_FromStringAndSize(NULL, core.pool.open * sizeof(Order))
    cdef Order* image = <Order*> PyBytes_AS_STRING(section)
    cdef uint32_t instrument
    with nogil:
        for instrument in range(1, core.instruments + 1):
            image = copy_side(core, &core.books[instrument].sides[0], image)
            image = copy_side(core, &core.books[instrument].sides[1], image)
    return section


cdef Order* copy_side(const Core* core, const Ladder* ladder, Order* image) noexcept nogil:
    """Copy the orders of a side in priority order, and return the place behind them."""
    cdef rank_t rank = ladder.best
    cdef order_ref_t ref
    while rank != NO_RANK:
        ref = core.levels.levels[ladder_reference(ladder, rank)].head
        while ref:
            image[0] = core.pool.orders[ref]
            ref = image.next
            image.next = 0
            image.prev = 0
            image.level = 0
            image.hashed = 0
            image.kind = 0
            image.flags = 0
            image += 1
        rank = ladder_next(ladder, &core.levels, rank)
    return image


cdef int restore_orders(Core* core, bytes section, bytes expiries) except -1:
    cdef const Order* image = <const Order*> PyBytes_AS_STRING(section)
    cdef const int64_t* expire_ns = <const int64_t*> PyBytes_AS_STRING(expiries)
    cdef uint64_t count = len(section) // sizeof(Order)
    cdef uint64_t dated = len(expiries) // sizeof(int64_t)
    cdef uint64_t i = 0
    cdef int rule = 0
    with nogil:
        while i < count and rule == 0:
            rule = put_order(core, &image[i], expire_ns[core.dated] if core.dated < dated else 0)
            i += 1
    if rule:
        raise fault("orders", i, RULES[rule])
    if core.dated != dated:
        raise fault("expiries", None, f"{dated} expiries of {core.dated} orders")
    if not ages_differ(image, count):
        raise fault("orders", None, "two orders have the same age, or there is no memory to see that none have")
    return 0


cdef int put_order(Core* core, const Order* image, int64_t expire_ns) noexcept nogil:
    """Let an order rest behind those that came before it, or return the number of the rule that it breaks."""
    cdef order_ref_t ref = <order_ref_t> (image.order_id & SLOT_MASK)
    cdef Order* order = &core.pool.orders[ref]
    cdef rank_t rank = 0
    cdef Ladder* ladder
    cdef int rule = order_rule(core, image, &rank)
    if rule:
        return rule
    if image.tif == TIF_GTD and expire_ns <= 0:
        return 10
    ladder = side_of(&core.books[image.instrument], image.side)
    if ladder_has_page(ladder, rank):
        if image.leaves_qty > INT64_MAX - ladder_leaves(ladder, &core.levels, rank):
            return 12
    elif not ladder_has_free_page(&core.levels):
        return 11
    order[0] = image[0]
    order.level = 0
    order.hashed = 0
    if order.cl_ord_id != 0 and not index_insert(&core.index, &core.pool, order.session, order.cl_ord_id, ref):
        return 13
    ladder_append(ladder, &core.levels, &core.pool, ref, rank)
    core.pool.owners[ref] = <uint64_t> order.session << 32 | order.account
    core.pool.open += 1
    if order.tif == TIF_GTD:
        core.pool.expiries[ref] = expire_ns
        core.dated += 1
        if expire_ns < core.next_expiry_ns:
            core.next_expiry_ns = expire_ns
    return 0


cdef int order_rule(const Core* core, const Order* order, rank_t* rank) noexcept nogil:
    """Return the number of the rule that a resting order breaks, or 0 and the rank of its price."""
    cdef const Book* book
    if order.instrument - 1 >= core.instruments:
        return 1
    if not is_slot(core, order.order_id):
        return 2
    if not 1 <= order.order_id >> SLOT_BITS <= LAST_GENERATION:
        return 3
    if (
        <uint8_t> (order.side - SIDE_BUY) > SIDE_SELL - SIDE_BUY or order.ord_type != ORD_LIMIT
        or not (order.tif == TIF_DAY or order.tif == TIF_GTC or order.tif == TIF_GTD)
        or order.exec_inst > EXEC_INSTS or order.stp_mode > STP_DECREMENT or order.settle_pref > SETTLE_TRADITIONAL
    ):
        return 4
    book = &core.books[order.instrument]
    if price_refusal(book, order.side, order.price, rank) != REASON_NONE:
        return 5
    if not 0 < order.shown_qty <= order.leaves_qty <= order.order_qty or order.display_qty < 0 \
            or product_overflows(order.price, order.leaves_qty):
        return 6
    if order.account - 1 >= core.accounts:
        return 7
    if not 0 < order.age < core.next_exec_id:
        return 8
    return 9 if order.fee_fraction >= MILLION else 0


cdef bint ages_differ(const Order* image, uint64_t count) noexcept nogil:
    """Say whether no two orders have the same age, by which a mass cancel sorts them."""
    cdef uint64_t places = 2
    cdef uint64_t* ages
    cdef uint64_t at
    cdef uint64_t i = 0
    while places < 2 * count:
        places *= 2
    ages = <uint64_t*> calloc(places, sizeof(uint64_t))
    if ages == NULL:
        return False
    while i < count:
        at = (image[i].age * <uint64_t> 0x9E3779B97F4A7C15 >> 32) & (places - 1)
        while ages[at] != 0 and ages[at] != image[i].age:
            at = (at + 1) & (places - 1)
        if ages[at] != 0:
            break
        ages[at] = image[i].age
        i += 1
    free(ages)
    return i == count


cdef bint is_slot(const Core* core, uint64_t order_id) noexcept nogil:
    """Say whether an id's slot is one of those in use, and nobody has it yet."""
    cdef uint64_t ref = order_id & SLOT_MASK
    return 0 < ref < core.pool.fresh and core.pool.orders[ref].order_id == 0


cdef bytes expiries_image(const Core* core):
    cdef bytes section = PyBytes_FromStringAndSize(NULL, core.dated * sizeof(int64_t))
    cdef int64_t* image = <int64_t*> PyBytes_AS_STRING(section)
    cdef uint32_t instrument
    if core.dated:
        with nogil:
            for instrument in range(1, core.instruments + 1):
                image = copy_expiries(core, &core.books[instrument].sides[0], image)
                image = copy_expiries(core, &core.books[instrument].sides[1], image)
    return section


cdef int64_t* copy_expiries(const Core* core, const Ladder* ladder, int64_t* image) noexcept nogil:
    cdef rank_t rank = ladder.best
    cdef order_ref_t ref
    while rank != NO_RANK:
        ref = core.levels.levels[ladder_reference(ladder, rank)].head
        while ref:
            if core.pool.expiries[ref]:
                image[0] = core.pool.expiries[ref]
                image += 1
            ref = core.pool.orders[ref].next
        rank = ladder_next(ladder, &core.levels, rank)
    return image


cdef bytes free_image(const Core* core):
    cdef uint64_t count = core.pool.fresh - 1 - core.pool.open - retired_count(core)
    cdef bytes section = PyBytes_FromStringAndSize(NULL, count * sizeof(uint64_t))
    cdef uint64_t* image = <uint64_t*> PyBytes_AS_STRING(section)
    cdef order_ref_t ref = core.pool.free
    with nogil:
        while ref:
            image[0] = core.pool.orders[ref].order_id
            image += 1
            ref = core.pool.orders[ref].next
    return section


cdef int restore_free(Core* core, bytes section) except -1:
    cdef const uint64_t* image = <const uint64_t*> PyBytes_AS_STRING(section)
    cdef uint64_t i = len(section) // sizeof(uint64_t)
    cdef order_ref_t ref
    while i:
        i -= 1
        if not is_slot(core, image[i]):
            raise fault("free", i + 1, RULES[2])
        if not 1 <= image[i] >> SLOT_BITS < LAST_GENERATION:
            raise fault("free", i + 1, RULES[3])
        ref = <order_ref_t> (image[i] & SLOT_MASK)
        core.pool.orders[ref].order_id = image[i]
        core.pool.orders[ref].next = core.pool.free
        core.pool.free = ref
    return 0


cdef bytes retired_image(const Core* core):
    cdef bytes section = PyBytes_FromStringAndSize(NULL, retired_count(core) * sizeof(uint64_t))
    cdef uint64_t* image = <uint64_t*> PyBytes_AS_STRING(section)
    cdef order_ref_t ref
    if len(section):
        for ref in range(1, core.pool.fresh):
            if is_retired(core, ref):
                image[0] = core.pool.orders[ref].order_id
                image += 1
    return section


cdef int restore_retired(Core* core, bytes section) except -1:
    cdef const uint64_t* image = <const uint64_t*> PyBytes_AS_STRING(section)
    cdef uint64_t i
    for i in range(len(section) // sizeof(uint64_t)):
        if not is_slot(core, image[i]):
            raise fault("retired", i + 1, RULES[2])
        if image[i] >> SLOT_BITS != LAST_GENERATION:
            raise fault("retired", i + 1, RULES[3])
        core.pool.orders[image[i] & SLOT_MASK].order_id = image[i]
    return 0


cdef uint64_t retired_count(const Core* core) noexcept nogil:
    cdef uint64_t found = 0
    cdef order_ref_t ref
    for ref in range(1, core.pool.fresh):
        found += is_retired(core, ref)
    return found


cdef inline bint is_retired(const Core* core, order_ref_t ref) noexcept nogil:
    return core.pool.owners[ref] == 0 and core.pool.orders[ref].order_id >> SLOT_BITS == LAST_GENERATION
