"""Break phases, auctions, stops and strikes on purpose, one rule at a time, as `tests/mutants.py` does with the rest of the book.

`python -m tests.matching.auction_mutants [NAME ...]`: a mutant that survives is a rule without a test.  Takes half a minute a mutant.
"""

import sys

from tests.mutants import Mutant, Tree, main

AUCTION_MUTANTS = [
    Mutant("fills while the book collects", "core.pxd", " and not unlikely(book.phase)", ""),
    Mutant(
        "dynamic collar while the book collects", "core.pyx", "book.dynamic_bps != 0 and book.phase == PHASE_CONTINUOUS", "book.dynamic_bps"
    ),
    Mutant(
        "more left over than must be", "auction.pyx", "cdef int64_t low = bid + 1 if bid >= lowest else lowest", "cdef int64_t low = lowest"
    ),
    Mutant("fewer buyers left over, but some", "auction.pyx", "if low != high and bid_left != ask_left:", "if False:"),
    Mutant("the larger rest decides", "auction.pyx", "bid if bid_left < ask_left else ask", "ask if bid_left < ask_left else bid"),
    Mutant("reference not asked", "auction.pyx", "reference if reference != 0 else book.last_px", "book.last_px"),
    Mutant("last price not asked", "auction.pyx", "reference if reference != 0 else book.last_px", "reference"),
    Mutant("between two ticks the lower", "auction.pyx", "(2 * wanted + book.tick) //", "(2 * wanted + book.tick - 1) //"),
    Mutant("middle rounded up", "auction.pyx", "low + (high - low) // 2", "low + (high - low + 1) // 2"),
    Mutant("volume one pair short", "auction.pyx", "ask <= book.last - bid:\n        highest", "ask < book.last - bid:\n        highest"),
    Mutant("buyers newest first", "auction.pyx", "levels[book.sides[0].best_level].head", "levels[book.sides[0].best_level].tail"),
    Mutant("sellers newest first", "auction.pyx", "levels[book.sides[1].best_level].head", "levels[book.sides[1].best_level].tail"),
    Mutant(
        "seller told first",
        "auction.pyx",
        "        fill(core, book, buy, auction.price, qty)\n        fill(core, book, sell, auction.price, qty)\n",
        "        fill(core, book, sell, auction.price, qty)\n        fill(core, book, buy, auction.price, qty)\n",
    ),
    Mutant("auction is a taker's", "auction.pyx", "event.liquidity = LIQ_AUCTION", "event.liquidity = LIQ_TAKER"),
    Mutant("auction is no last price", "auction.pyx", "    book.last_px = auction.price\n", ""),
    Mutant(
        "reserve shows all after an auction", "auction.pyx", "order.shown_qty = shown_part(order)", "order.shown_qty = order.leaves_qty"
    ),
    Mutant("own orders trade in an auction", "auction.pyx", "while part_own(core, book, auction):", "while False:"),
    Mutant(
        "the elder's mode counts",
        "auction.pyx",
        "if buy.age > sell.age else is_own(sell, buy)",
        "if buy.age < sell.age else is_own(sell, buy)",
    ),
    Mutant(
        "the wrong one goes",
        "auction.pyx",
        "    if mode != STP_CANCEL_OLDEST:\n        end(core, younger)",
        "    if mode == STP_CANCEL_OLDEST:\n        end(core, younger)",
    ),
    Mutant("walks beyond the price", "auction.pyx", "line.limit = rank_of(book, side, price)", "line.limit = book.last"),
    Mutant(
        "price not worked out anew",
        "auction.pyx",
        "            return False\n        work_out(core, book, reference, auction)\n",
        "            return False\n",
    ),
    Mutant("one walk more", "auction.pyx", "WALKS = 8 ", "WALKS = 9 "),
    Mutant("bounds ignored", "auction.pyx", "high != 0 and not low <= auction.price <= high:", "False:"),
    Mutant(
        "orders for the opening stay",
        "auction.pyx",
        "    if phase != PHASE_CALL:\n        end_auction_orders(core, instrument, TIF_OPG)\n",
        "",
    ),
    Mutant(
        "orders for the auction stay after it",
        "auction.pyx",
        "    end_auction_orders(core, instrument, TIF_CLS if book.phase == PHASE_CLOSING_CALL else TIF_OPG)\n",
        "",
    ),
    Mutant("the other auction's orders end", "auction.pyx", "TIF_CLS if book.phase == PHASE_CLOSING_CALL else TIF_OPG", "TIF_OPG"),
    Mutant(
        "on-close orders join any call",
        "auction.pyx",
        "    if phase == PHASE_CLOSING_CALL:\n        join_close",
        "    if phase != PHASE_CONTINUOUS:\n        join_close",
    ),
    Mutant("on-close orders stay behind", "auction.pyx", "        wait_again(core, instrument)\n", "        pass\n"),
    Mutant(
        "on-close orders join from the last",
        "waiting.pyx",
        "cdef order_ref_t ref = book.closing_head",
        "cdef order_ref_t ref = book.closing_tail",
    ),
    Mutant("on-close order enters at once", "checks.pxd", "command.tif == TIF_CLS and book.phase != PHASE_CLOSING_CALL", "False"),
    Mutant("orders beyond the edge match again", "auction.pyx", "        cancel_beyond(core, instrument)\n", "        pass\n"),
    Mutant("collar forgets the auction", "auction.pyx", "        book.anchor = book.last_px\n", ""),
    Mutant("crossed book matches again", "book.pyx", "is_crossed(", "False and is_crossed("),
    Mutant("auction in a book that matches", "book.pyx", "== PHASE_CONTINUOUS", "== 99"),
    Mutant("opening orders while the book matches", "checks.pyx", "return command.tif != TIF_OPG", "return True"),
    Mutant(
        "IOC in a call",
        "checks.pyx",
        "command.tif == TIF_IOC or command.tif",
        "command.tif",
    ),
    Mutant("minimum in a call", "checks.pyx", "or command.tif == TIF_FOK or command.min_qty != 0", "or command.tif == TIF_FOK"),
    Mutant("opening orders in a closing call", "checks.pyx", "return book.phase != PHASE_CLOSING_CALL", "return True"),
    Mutant(
        "day keeps what was for an auction",
        "sweep.pyx",
        "order.tif == TIF_DAY or order.tif == TIF_OPG or order.tif == TIF_CLS",
        "order.tif == TIF_DAY",
    ),
    Mutant(
        "told twice that it is triggered",
        "match.pyx",
        "    emit(core, order, EXEC_RESTATED, REASON_TRIGGERED)\n",
        "    emit(core, order, EXEC_RESTATED, REASON_TRIGGERED)\n    emit(core, order, EXEC_RESTATED, REASON_TRIGGERED)\n",
    ),
    Mutant("newest stop first", "waiting.pyx", "core.levels.levels[stops.best_level].head", "core.levels.levels[stops.best_level].tail"),
    Mutant(
        "younger side first",
        "waiting.pyx",
        "core.pool.orders[buy].age < core.pool.orders[sell].age",
        "core.pool.orders[buy].age > core.pool.orders[sell].age",
    ),
    Mutant("triggered beyond its price only", "waiting.pyx", "stops.best > stop_rank(", "stops.best >= stop_rank("),
    Mutant(
        "triggered a tick early",
        "waiting.pyx",
        "stops.best > stop_rank(book, side, book.last_px)",
        "stops.best > stop_rank(book, side, book.last_px) + 1",
    ),
    Mutant(
        "stops wait at the wrong end",
        "core.pxd",
        "return rank_of(book, SIDE_BUY + SIDE_SELL - side, stop_px)",
        "return rank_of(book, side, stop_px)",
    ),
    Mutant("kept stops triggered", "waiting.pyx", "book.keeps_stops or ", ""),
    Mutant("cascade without end", "match.pyx", "while ref != 0 and met < core.sweep:", "while ref != 0:"),
    Mutant("cascade one too many", "match.pyx", "while ref != 0 and met < core.sweep:", "while ref != 0 and met <= core.sweep:"),
    Mutant(
        "cascade forgets who was met",
        "match.pyx",
        "met += trigger(core, book, ref, core.sweep - met)",
        "trigger(core, book, ref, core.sweep - met)",
    ),
    Mutant("cascade does not strike", "match.pyx", "    if ref != 0 and book.pauses:\n", "    if False:\n"),
    Mutant(
        "stops not looked at after an order",
        "match.pyx",
        "    if unlikely(book.waiting != 0):\n        cascade(core, book)\n    return",
        "    return",
    ),
    Mutant("stop order rests", "match.pyx", "return order.ord_type == ORD_STOP_LIMIT or", "return order.ord_type >= ORD_STOP or"),
    Mutant(
        "stop unprotected",
        "limits.pyx",
        "return protected_from(book, command.side, command.stop_px)",
        "return book.max_price if command.side == SIDE_BUY else book.tick",
    ),
    Mutant("reached stop let in", "checks.pyx", "book.last_px != 0", "False"),
    Mutant("strike goes on matching", "match.pyx", "    book.phase = PHASE_CALL\n", ""),
    Mutant("strike not told", "match.pyx", "    core.struck = <uint32_t> (book - core.books)\n", ""),
    Mutant("collar does not strike", "match.pyx", "if book.pauses and not order.exec_inst & INST_POST_ONLY:", "if False:"),
    Mutant("post-only order strikes", "match.pyx", "if book.pauses and not order.exec_inst & INST_POST_ONLY:", "if book.pauses:"),
    Mutant("strikes without being asked", "match.pyx", "if book.pauses and not order.exec_inst", "if not order.exec_inst"),
    Mutant(
        "edges stay after a strike",
        "match.pyx",
        "    core.struck = <uint32_t> (book - core.books)\n    set_edges(book)\n",
        "    core.struck = <uint32_t> (book - core.books)\n",
    ),
    Mutant(
        "waiting order replaced", "checks.pyx", "order.place != PLACE_BOOK or order.ord_type == ORD_MARKET", "order.ord_type == ORD_MARKET"
    ),
    Mutant("market order replaced", "checks.pyx", "order.place != PLACE_BOOK or order.ord_type == ORD_MARKET", "order.place != PLACE_BOOK"),
]


class AuctionTree(Tree):
    """A copy of what the book needs; the laws of auctions and stops come first."""

    rounds = (
        tuple(f"tests/matching/test_{name}.py" for name in ("reasons", "auction_laws", "stop_laws", "book_machine")),
        ("tests/matching",),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], AUCTION_MUTANTS, AuctionTree))
