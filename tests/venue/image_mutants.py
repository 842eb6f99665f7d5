"""Break images on purpose, one rule at a time, as `tests/venue/mutants.py` does with the money.

`python -m tests.venue.image_mutants [NAME ...]`: a mutant that survives is a byte that nobody looks at.  Takes about a minute a mutant.
"""

import sys

from tests.mutants import Mutant, main
from tests.venue.mutants import VenueTree

BOOKS = "../matching/image.pyx"
ORDERS = "../matching/orders_image.pyx"

NEXT = "image += 1\n            ref = core.pool.orders[ref].next\n    return section\n\n\ncdef int restore_free"
SLOT = "image[0] = core.pool.orders[ref].order_id"

MUTANTS = [
    Mutant("image without the free list", BOOKS, '"free": free_image(core)', '"free": b""'),
    Mutant("free list restored backwards", BOOKS, "    while i:\n        i -= 1\n", "    for i in range(i):\n"),
    Mutant("image forgets generations", BOOKS, f"{SLOT}\n            {NEXT}", f"{SLOT} % 2**24 + 2**24\n            {NEXT}"),
    Mutant("retired slots lost", BOOKS, '"retired": retired_image(core)', '"retired": b""'),
    Mutant("phase not restored", BOOKS, "        book.phase = image[i].phase\n", ""),
    Mutant(
        "phase restored behind the edges",
        BOOKS,
        "        set_edges(book)\n",
        "        book.phase ^= 1\n        set_edges(book)\n        book.phase ^= 1\n",
    ),
    Mutant("pauses forgotten", BOOKS, "        image[i].pauses = book.pauses\n", "        image[i].pauses = 0\n"),
    Mutant("kept stops forgotten", BOOKS, "        image[i].keeps_stops = book.keeps_stops\n", "        image[i].keeps_stops = 0\n"),
    Mutant("auction forgotten", BOOKS, "        image[i].auctioned = book.auctioned\n", "        image[i].auctioned = 0\n"),
    Mutant("marks of a book not looked at", BOOKS, "        if not is_phase(&image[i]):\n", "        if False:\n"),
    Mutant("strike in an image", BOOKS, "    assert core.struck == 0,", "    assert True,"),
    Mutant("edges not worked out", BOOKS, "        set_edges(book)\n", ""),
    Mutant("places left in the image", ORDERS, "    image.level = 0\n", ""),
    Mutant("hash left in the image", ORDERS, "    image.hashed = 0\n", ""),
    Mutant("where an order waits left in the image", ORDERS, "    image.place = 0\n", ""),
    Mutant(
        "asks before bids", ORDERS, "ladder = &core.books[1 + i // 2].sides[i % 2]", "ladder = &core.books[1 + i // 2].sides[1 - i % 2]"
    ),
    Mutant(
        "sell stops before buys",
        ORDERS,
        "ladder = &core.books[1 + i // 2].stops[i % 2]",
        "ladder = &core.books[1 + i // 2].stops[1 - i % 2]",
    ),
    Mutant("expiry not restored", ORDERS, "        core.pool.expiries[ref] = expire_ns\n", ""),
    Mutant("expiry restored, but never due", ORDERS, "        if expire_ns < core.next_expiry_ns:\n", "        if False:\n"),
    Mutant("expiries of stops lost", ORDERS, "image = copy_expiries(core, &core.books[1 + i // 2].stops[i % 2], image)", "pass"),
    Mutant("owner not restored", ORDERS, "order.session << 32 | order.account\n", "order.session << 32\n"),
    Mutant("slots may be taken twice", ORDERS, " and core.pool.orders[ref].order_id == 0", ""),
    Mutant("ages may be the same", ORDERS, "if not ages_differ(core):", "if False:"),
    Mutant("stops wait as they stand", ORDERS, "].tail].age > order.age:", "].tail].age > order.age and False:"),
    Mutant("closing orders wait as they stand", ORDERS, "core.pool.orders[book.closing_tail].age > image.age", "False"),
    Mutant("closing orders in a closing call", ORDERS, "rule = 16 if book.phase == PHASE_CLOSING_CALL else", "rule ="),
    Mutant("any limit of a stop", ORDERS, "        if own_limit(book, &asked) != order.price:\n", "        if False:\n"),
    Mutant(
        "post only waits for its trigger", ORDERS, "        tifs &= LASTING_TIFS if order.ord_type == ORD_LIMIT else 0\n", "        pass\n"
    ),
    Mutant("reserve of what cannot have one", ORDERS, "    if order.display_qty != 0 and (AUCTION_TIFS", "    if False and (AUCTION_TIFS"),
    Mutant("old tick bands in the image", "gates_image.pyx", "            image[i].ticks[band] = 0\n", ""),
    Mutant("recent as it lies", "gates_image.pyx", "oldest = state.accounts[number].recent", "oldest = 0"),
    Mutant("recent forgotten", "gates_image.pyx", "        count += has_recent(state, number)\n", "        pass\n"),
    Mutant("balances not found again", "gates_image.pyx", "        ledger.table[at] = ledger.count\n", ""),
    Mutant("access by all instruments", "gates_image.pyx", "state.access[i // width * stride + 1 + i % width]", "state.access[i]"),
    Mutant("spare bytes of a party", "gates_image.pyx", "if party.reserved or memcmp(", "if party.reserved or 0 * memcmp("),
    Mutant("rate of an auction forgotten", "gates_image.pyx", "        rates.by_role[3] = image[i].auction\n", ""),
    Mutant(
        "worst rate without the auction's",
        "gates_image.pyx",
        "max(image[i].maker, image[i].taker, image[i].auction)",
        "max(image[i].maker, image[i].taker, 0)",
    ),
    Mutant("trades from the wrong end", "image.pyx", "state.trades[(first + i) &", "state.trades[i &"),
    Mutant("lives forgotten", "image.pyx", " or session.lives != 0", ""),
    Mutant("history forgotten", "image.pyx", "    history[0] = image.history\n", ""),
    Mutant("any bytes will do", "image.pyx", "        if built[name] != sections[name]:\n", "        if False:\n"),
    Mutant("purses of others", "image.pyx", "order.purses[1] == balance_find(", "0 * balance_find("),
    Mutant("what is due forgotten", "archive.py", "agenda=desk.agenda.entries", "agenda=()"),
    Mutant("groups forgotten", "archive.py", "desk.groups = dict(archive.groups)", "desk.groups = {}"),
    Mutant(
        "registers sorted", "archive.py", "tuple(desk.accounts.values())", "tuple(sorted(desk.accounts.values(), key=lambda a: a.number))"
    ),
]


class ImageTree(VenueTree):
    """The same, held against the tests of images."""

    rounds = (tuple(f"tests/venue/test_{name}.py" for name in ("image_examples", "archive_properties", "image_laws")),)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], MUTANTS, ImageTree))
