"""The checks of the book itself, in parts, so that the venue can put its own (accounts, states, money) between them."""

from libc.stdint cimport INT64_MAX, uint8_t

from engine.matching.core cimport (
    auction_rank, crosses, mirrored, price_at, product_overflows, side_of, stop_rank, stops_of, ticks_of, working_rank,
)
from engine.matching.index cimport index_find
from engine.matching.ladder cimport Ladder, ladder_has_free_page, ladder_has_page, ladder_leaves
from engine.matching.pool cimport PLACE_BOOK, pool_next
from engine.matching.types cimport *

cdef enum:
    LIMIT_TIFS = LASTING_TIFS | 1 << TIF_IOC | 1 << TIF_FOK | AUCTION_TIFS
    MARKET_TIFS = 1 << TIF_DAY | 1 << TIF_IOC | 1 << TIF_FOK | AUCTION_TIFS


cdef uint8_t order_refusal(const Core* core, const Command* command, rank_t* rank) noexcept nogil:
    """Return why a new order cannot be accepted, or REASON_NONE and the rank of its limit.

    Only a duplicate id is left to the caller, who learns it for nothing when he indexes the order.
    """
    cdef uint8_t reason
    if unlikely(command.instrument - 1 >= core.instruments):
        return REASON_UNKNOWN_INSTRUMENT
    if unlikely(command.account - 1 >= core.accounts):
        return REASON_UNKNOWN_ACCOUNT
    reason = kind_refusal(command)
    if unlikely(reason != REASON_NONE):
        return reason
    reason = form_refusal(&core.books[command.instrument], command, rank)
    if unlikely(reason != REASON_NONE):
        return reason
    return seat_refusal(core, command, rank[0])


cdef uint8_t form_refusal(const Book* book, const Command* command, rank_t* rank) noexcept nogil:
    """Return what is wrong with a new order's price, quantities or expiry, or REASON_NONE and the rank of its limit."""
    cdef uint8_t reason
    cdef price_t limit = command.price
    if unlikely((command.tif == TIF_OPG) | book.phase) and not is_of_phase(book, command):
        return REASON_SESSION_ORDER_TYPE
    if likely(command.ord_type == ORD_LIMIT):
        reason = price_refusal(book, command.side, limit, rank)
    else:
        reason = unusual_price_refusal(book, command, &limit, rank)
    if unlikely(command.stop_px != 0) and reason == REASON_NONE:
        reason = stop_refusal(book, command)
    if unlikely(reason != REASON_NONE):
        return reason
    reason = qty_refusal(book, command.qty, limit)
    if unlikely(reason != REASON_NONE):
        return reason
    if unlikely(command.display_qty != 0 and not (can_reserve(command) and is_displayable(book, command.display_qty, command.qty))):
        return REASON_DISPLAY_QTY
    if unlikely(command.min_qty != 0 and not is_minimum(book, command)):
        return REASON_MIN_QTY
    if unlikely(command.tif == TIF_GTD or command.expire_ns != 0):
        if command.tif != TIF_GTD or command.expire_ns <= command.ts_ns or command.expire_ns <= 0:
            return REASON_EXPIRE_TIME
    return REASON_NONE


cdef uint8_t seat_refusal(const Core* core, const Command* command, rank_t rank) noexcept nogil:
    """Return why there is no place for an order of this form, or REASON_NONE."""
    cdef Book* book = &core.books[command.instrument]
    cdef uint8_t reason = REASON_NONE
    if unlikely(pool_next(&core.pool) == 0):
        return unless_duplicate(core, command, REASON_ORDERS_FULL)
    if likely(can_post(command)):
        reason = rest_refusal(core, book, command, rank)
    elif unlikely(command.ord_type >= ORD_STOP):
        reason = queue_refusal(core, stops_of(book, command.side), stop_rank(book, command.side, command.stop_px), command.qty)
    elif unlikely(rests(command)) and not waits(book, command):
        rank = auction_rank(book, command.side) if command.ord_type == ORD_MARKET else rank
        reason = rest_refusal(core, book, command, rank)
    if unlikely(reason != REASON_NONE):
        return unless_duplicate(core, command, reason)
    return REASON_NONE


cdef inline uint8_t rest_refusal(const Core* core, Book* book, const Command* command, rank_t rank) noexcept nogil:
    """Return why a new order could not rest at a rank, or at the collar's edge where that is beyond."""
    cdef rank_t working = working_rank(book, command.side, rank)
    if unlikely(working != rank) and product_overflows(price_at(book, command.side, working), command.qty):
        return REASON_OVERFLOW
    return seat_at(core, book, command.side, working, command.exec_inst, command.qty)


cdef uint8_t replace_refusal(const Core* core, const Command* command, const Order* order, qty_t order_qty, rank_t* rank) noexcept nogil:
    """Return why an open order cannot take this price, this total and this displayed quantity, or REASON_NONE and its new rank."""
    cdef uint8_t reason = replace_form_refusal(core, command, order, order_qty, rank)
    if unlikely(reason != REASON_NONE):
        return reason
    return replace_seat_refusal(core, command, order, order_qty, rank[0])


cdef uint8_t replace_form_refusal(const Core* core, const Command* command, const Order* order, qty_t order_qty,
                                  rank_t* rank) noexcept nogil:
    cdef const Book* book = &core.books[order.instrument]
    cdef uint8_t reason
    if unlikely(order.place != PLACE_BOOK or order.ord_type == ORD_MARKET):
        return REASON_ORD_TYPE
    reason = price_refusal(book, order.side, command.price, rank)
    if unlikely(reason != REASON_NONE):
        return reason
    reason = qty_refusal(book, order_qty, command.price)
    if unlikely(reason != REASON_NONE):
        return reason
    if unlikely(command.display_qty != 0):
        if AUCTION_TIFS >> order.tif & 1 or not is_displayable(book, command.display_qty, order_qty):
            return REASON_DISPLAY_QTY
    return REASON_NONE


cdef uint8_t replace_seat_refusal(const Core* core, const Command* command, const Order* order, qty_t order_qty,
                                  rank_t rank) noexcept nogil:
    cdef Book* book = &core.books[order.instrument]
    cdef qty_t more                 # than rests at the new price now
    if command.cl_ord_id != order.cl_ord_id and unless_duplicate(core, command, REASON_NONE) != REASON_NONE:
        return REASON_DUP_CL_ORD_ID
    if order_qty <= order.order_qty - order.leaves_qty:
        return REASON_NONE
    rank = working_rank(book, order.side, rank)
    if unlikely(product_overflows(price_at(book, order.side, rank), order_qty)):
        return REASON_OVERFLOW
    more = order_qty - order.order_qty + order.leaves_qty
    if price_at(book, order.side, rank) == order.price:
        more -= order.leaves_qty
    return seat_at(core, book, order.side, rank, order.exec_inst, more)


cdef uint8_t unless_duplicate(const Core* core, const Command* command, uint8_t reason) noexcept nogil:
    """Return REASON_DUP_CL_ORD_ID, which comes before this reason, if an open order of the session has the command's id."""
    if command.cl_ord_id != 0 and index_find(&core.index, &core.pool, command.session, command.cl_ord_id) != 0:
        return REASON_DUP_CL_ORD_ID
    return reason


cdef uint8_t kind_refusal(const Command* command) noexcept nogil:
    """Return which field of a new order says what no order can say, or REASON_NONE."""
    cdef uint32_t tifs = LIMIT_TIFS
    if unlikely(<uint8_t> (command.side - SIDE_BUY) > SIDE_SELL - SIDE_BUY):
        return REASON_SHORT_NOT_ALLOWED if command.side == SIDE_SELL_SHORT else REASON_SIDE
    if unlikely(command.ord_type != ORD_LIMIT):
        if <uint8_t> (command.ord_type - ORD_MARKET) > ORD_STOP_LIMIT - ORD_MARKET:
            return REASON_ORD_TYPE
        tifs = MARKET_TIFS if command.ord_type == ORD_MARKET else LASTING_TIFS
    if unlikely(command.tif > TIF_CLS or not tifs >> command.tif & 1):
        return REASON_TIF_NOT_ALLOWED
    if unlikely(command.exec_inst > INST_POST_ONLY + INST_REDUCE_ONLY or (command.exec_inst & INST_POST_ONLY and not can_post(command))):
        return REASON_EXEC_INST
    if unlikely(command.stp_mode > STP_DECREMENT):
        return REASON_STP_MODE
    if unlikely(command.settle_pref > SETTLE_TRADITIONAL):
        return REASON_SETTLE_PREF
    return REASON_NONE


cdef uint8_t price_refusal(const Book* book, uint8_t side, price_t price, rank_t* rank) noexcept nogil:
    cdef rank_t ticks
    if unlikely(price > book.max_price):
        return REASON_TICK if price % book.tick else REASON_PRICE_RANGE
    ticks = ticks_of(book, price)
    rank[0] = mirrored(book, side, ticks)
    if unlikely(price <= 0 or ticks * book.tick != price):
        return REASON_TICK
    return REASON_NONE


cdef inline uint8_t qty_refusal(const Book* book, qty_t qty, price_t price) noexcept nogil:
    if unlikely(qty <= 0 or (book.lot != 1 and qty % book.lot != 0)):
        return REASON_LOT
    if unlikely(qty < book.min_qty):
        return REASON_MIN_QTY
    if unlikely(qty > book.max_qty):
        return REASON_MAX_QTY
    if unlikely(product_overflows(price, qty)):
        return REASON_OVERFLOW
    return REASON_NONE


cdef inline bint can_reserve(const Command* command) noexcept nogil:
    return LASTING_TIFS >> command.tif & 1 and (command.ord_type == ORD_LIMIT or command.ord_type == ORD_STOP_LIMIT)


cdef inline bint can_post(const Command* command) noexcept nogil:
    return LASTING_TIFS >> command.tif & 1 and command.ord_type == ORD_LIMIT


cdef bint is_of_phase(const Book* book, const Command* command) noexcept nogil:
    """Say whether the book takes such an order now: a call none that wants to trade at once, and only a call one for its auction."""
    if book.phase == PHASE_CONTINUOUS:
        return command.tif != TIF_OPG
    if command.tif == TIF_IOC or command.tif == TIF_FOK or command.min_qty != 0:
        return False
    if command.tif == TIF_OPG:
        return book.phase != PHASE_CLOSING_CALL
    return command.ord_type != ORD_MARKET or command.tif == TIF_CLS


cdef uint8_t unusual_price_refusal(const Book* book, const Command* command, price_t* limit, rank_t* rank) noexcept nogil:
    """Return what is wrong with the price of an order that is no plain limit order, and the price that it may reach at most."""
    cdef uint8_t reason = REASON_NONE
    if command.ord_type == ORD_STOP_LIMIT:
        reason = price_refusal(book, command.side, command.price, rank)
    elif command.price != 0:
        reason = REASON_TICK
    else:
        limit[0] = book.max_price
    if reason == REASON_NONE and command.ord_type >= ORD_STOP and command.stop_px == 0:
        reason = REASON_STOP_PX
    return reason


cdef uint8_t stop_refusal(const Book* book, const Command* command) noexcept nogil:
    """Return what is wrong with a stop price: none can be there, it is no price, or the last price has reached it."""
    cdef rank_t rank
    cdef uint8_t reason
    if command.ord_type < ORD_STOP:
        return REASON_STOP_PX
    reason = price_refusal(book, command.side, command.stop_px, &rank)
    if reason != REASON_NONE:
        return reason
    if book.last_px != 0 and (book.last_px >= command.stop_px if command.side == SIDE_BUY else book.last_px <= command.stop_px):
        return REASON_STOP_PX
    return REASON_NONE


cdef inline bint is_minimum(const Book* book, const Command* command) noexcept nogil:
    return (
        0 < command.min_qty <= command.qty
        and command.min_qty % book.lot == 0
        and (command.ord_type == ORD_LIMIT or command.ord_type == ORD_MARKET)
        and not AUCTION_TIFS >> command.tif & 1
        and command.tif != TIF_FOK
        and not command.exec_inst & INST_POST_ONLY
    )


cdef inline bint is_displayable(const Book* book, qty_t display_qty, qty_t order_qty) noexcept nogil:
    return 0 < display_qty <= order_qty and display_qty % book.lot == 0


cdef uint8_t place_refusal(const Core* core, Book* book, uint8_t side, rank_t rank, uint8_t exec_inst, qty_t more) noexcept nogil:
    return seat_at(core, book, side, rank, exec_inst, more)


cdef inline uint8_t seat_at(const Core* core, Book* book, uint8_t side, rank_t rank, uint8_t exec_inst, qty_t more) noexcept nogil:
    """Say why an order could not rest at a rank: it would trade though it must not, its level has no page, or cannot count so much."""
    if unlikely(exec_inst & INST_POST_ONLY) and crosses(book, side, rank):
        return REASON_POST_ONLY_WOULD_TRADE
    return queue_refusal(core, side_of(book, side), rank, more)


cdef inline uint8_t queue_refusal(const Core* core, const Ladder* ladder, rank_t rank, qty_t more) noexcept nogil:
    if not ladder_has_page(ladder, rank):
        return REASON_NONE if ladder_has_free_page(&core.levels) else REASON_LEVELS_FULL
    if unlikely(more > INT64_MAX - ladder_leaves(ladder, &core.levels, rank)):
        return REASON_OVERFLOW
    return REASON_NONE
