"""Copy the books into bytes that equal books share, whatever their past, and build books of such bytes.

An image may come from a damaged file or from an enemy: every number in it that is used to find something is looked at before it is used.
That the whole makes sense (levels, holds, sums) is then for `check` to say.  Both ways cost one walk over the open orders and the free
slots; building also fills the index.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset

from engine.matching.core cimport Book, set_edges
from engine.matching.faults cimport fault, section_of
from engine.matching.orders_image cimport *
from engine.matching.pool cimport SLOT_BITS, SLOT_MASK, Order
from engine.matching.types cimport *

from engine.matching.faults import ImageFault

__all__ = ["ImageFault"]

cdef uint64_t LARGEST_NUMBER = <uint64_t> 1 << 62


cdef dict core_image(const Core* core):
    """Return the sections of the books; no command must be under way, nor one that let a book strike be without its answer."""
    assert core.struck == 0, f"instrument {core.struck} struck, and nobody took note"
    return {
        "core": numbers_image(core),
        "books": books_image(core),
        "orders": orders_image(core),
        "stops": stops_image(core),
        "closing": closing_image(core),
        "expiries": expiries_image(core),
        "free": free_image(core),
        "retired": retired_image(core),
    }


cdef int restore_core(Core* core, dict sections) except -1:
    """Fill a core that has its instruments and nothing else.  Raises ImageFault; what was filled by then is useless."""
    cdef uint64_t slots = core.pool.limit
    orders = section_of(sections, "orders", sizeof(Order))
    stops = section_of(sections, "stops", sizeof(StopImage))
    closing = section_of(sections, "closing", sizeof(Order))
    unused = section_of(sections, "free", sizeof(uint64_t))
    retired = section_of(sections, "retired", sizeof(uint64_t))
    used = (len(orders) + len(closing)) // sizeof(Order) + len(stops) // sizeof(StopImage)
    used += (len(unused) + len(retired)) // sizeof(uint64_t)
    if used > slots:
        raise fault("orders", None, f"{used} slots are in use, there are {slots}")
    core.pool.fresh = 1 + used
    restore_numbers(core, section_of(sections, "core", sizeof(CoreImage)))
    restore_books(core, section_of(sections, "books", sizeof(BookImage)))
    restore_orders(core, orders, stops, closing, section_of(sections, "expiries", sizeof(int64_t)))
    restore_free(core, unused)
    restore_retired(core, retired)
    return 0


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
        image[i].phase = book.phase
        image[i].pauses = book.pauses
        image[i].keeps_stops = book.keeps_stops
        image[i].auctioned = book.auctioned
        memset(image[i].reserved, 0, sizeof(image[i].reserved))
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
        if not is_phase(&image[i]):
            raise fault("books", i + 1, f"phase {image[i].phase} with its marks cannot be")
        book.last_px = image[i].last_px
        book.low = image[i].low
        book.high = image[i].high
        book.anchor = image[i].anchor
        book.dynamic_bps = <uint32_t> image[i].dynamic_bps
        book.phase = image[i].phase
        book.pauses = image[i].pauses
        book.keeps_stops = image[i].keeps_stops
        book.auctioned = image[i].auctioned
        set_edges(book)
    return 0


cdef bint is_phase(const BookImage* image) noexcept nogil:
    """Say whether a book can be in such a phase: what its call's auction did is forgotten when it matches again."""
    return (
        image.phase <= PHASE_CLOSING_CALL and image.pauses <= 1 and image.keeps_stops <= 1
        and image.auctioned <= (image.phase != PHASE_CONTINUOUS)
    )


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
        problem = slot_problem(core, image[i], 1, last_generation() - 1)
        if problem is not None:
            raise fault("free", i + 1, problem)
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
        problem = slot_problem(core, image[i], last_generation(), last_generation())
        if problem is not None:
            raise fault("retired", i + 1, problem)
        core.pool.orders[image[i] & SLOT_MASK].order_id = image[i]
    return 0


cdef uint64_t retired_count(const Core* core) noexcept nogil:
    cdef uint64_t found = 0
    cdef order_ref_t ref
    for ref in range(1, core.pool.fresh):
        found += is_retired(core, ref)
    return found


cdef inline bint is_retired(const Core* core, order_ref_t ref) noexcept nogil:
    return core.pool.owners[ref] == 0 and core.pool.orders[ref].order_id >> SLOT_BITS == last_generation()
