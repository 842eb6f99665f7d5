"""What is in an image, field by field, and what is refused as one."""

from random import Random

import pytest

from engine.matching.enums import CommandFlag, CommandKind, ExecInst, OrdType, Side, Strike, TimeInForce
from engine.testing.commands import Cancel, Enter, Expire, MassCancel
from engine.testing.venue_play import Act, Asked, seen, take
from engine.testing.venue_strategies import seeded_words, tell_life
from engine.venue.image import SECTIONS, ImageFault
from engine.venue.venue import Venue
from tests.venue.images import (
    LAST_GENERATION,
    ORDER,
    RATES,
    RECORDS,
    SLOT,
    STOP,
    again,
    changed,
    damaged,
    full_desk,
    lead,
    note,
    records,
    swapped,
)
from tests.venue.test_image_laws import LONG, opened
from tests.venue.venues import CENT

GATE = {"instrument": 2, "base": 3, "quote": 1, "may": 15, "order_types": 2**16 - 1, "phase": 1, "rates": RATES}
REFERENCE = {"instrument": 2, "price": 50 * CENT, "quality": 4, "low": 10 * CENT, "high": 90 * CENT}
PARTY = {"party": 2, "duplicates_max": 2, "duplicates_ns": 10**9}
ACCOUNT = {"account": 4, "party": 3, "tier": 1, "stp_group": 7, "stp_mode": 2}
FIELDS = [
    *(("set_gate", GATE, name, value, {"gates"}) for name, value in (("may", 11), ("order_types", 1), ("min_notional", 5))),
    ("set_gate", GATE, "blocked", 114, {"gates"}),
    ("set_gate", GATE, "may", 7, {"gates", "books"}),
    *(("set_gate", GATE, name, value, {"gates"}) for name, value in (("max_notional", 5), ("ticks", [(0, 200)]), ("day_cap", 5))),
    *(
        ("set_gate", GATE, name, value, {"gates"})
        for name, value in (("whitelist", True), ("forms", 1), ("chains", 1), ("rates", [(0, 0, 0)]))
    ),
    *(("set_gate", GATE, "rates", [(100, 300, 200), added], {"gates", "rates"}) for added in ((7, 13, 11), (100, 300, 201))),
    ("set_gate", GATE, "pauses", True, {"books"}),
    ("set_gate", GATE, "phase", 2, {"books", "core", "venue", "sessions", "orders", "free", "balances", "parties"}),
    ("set_gate", GATE | {"instrument": 1, "base": 2, "phase": 0}, "phase", 2, {"books", "closing", "orders"}),
    *(("set_reference", REFERENCE, name, value, {"gates"}) for name, value in (("quality", 3), ("until_ns", 10**12))),
    *(("set_reference", REFERENCE, name, value, {"gates"}) for name, value in (("away_low", 5), ("away_high", 10**9))),
    *(("set_reference", REFERENCE, name, value, {"gates", "books"}) for name, value in (("price", 51 * CENT), ("low", 9 * CENT))),
    ("set_reference", REFERENCE, "high", 91 * CENT, {"gates", "books"}),
    ("set_reference", REFERENCE, "dynamic_bps", 10_000, {"books"}),
    *(
        ("set_party", PARTY, name, value, {"parties"})
        for name, value in (("blocked", 112), ("profile", 1), ("kyc_until_ns", 5), ("chains", 2))
    ),
    *(("set_party", PARTY, name, value, {"parties"}) for name, value in (("max_order_qty", 5), ("max_order_notional", 5))),
    *(("set_party", PARTY, name, value, {"parties"}) for name, value in (("max_open_orders", 5), ("max_gross_open", 10**17))),
    *(("set_party", PARTY, name, value, {"parties"}) for name, value in (("max_gross_day", 10**17), ("redeemer", True))),
    *(("set_party", PARTY, name, value, {"parties"}) for name, value in (("duplicates_max", 3), ("duplicates_ns", 5))),
    *(
        ("set_account", ACCOUNT, name, value, {"accounts"})
        for name, value in (("tier", 2), ("stp_group", 8), ("stp_mode", 3), ("blocked", 113))
    ),
    ("set_access", {"profile": 1, "instrument": 2, "reason": 123}, "reason", 124, {"access"}),
    ("set_access", {"profile": 1, "instrument": 2, "reason": 123}, "instrument", 1, {"access"}),
    ("set_holder", {"account": 2, "asset": 2, "approved": True}, "approved", False, {"balances"}),
    ("set_holder", {"account": 2, "asset": 2, "approved": True}, "account", 1, {"balances"}),
    ("set_blocked", {"reason": 0}, "reason", 114, {"venue"}),
    *(("move", {"lines": []}, "lines", [(1, 1, 0, -1), (1, 1, bucket, 1)], {"balances"}) for bucket in (2, 3, 4)),
    ("reverse", {"match_id": 2}, "match_id", 3, {"trades", "balances"}),
]


@pytest.mark.parametrize(("verb", "words", "name", "value", "sections"), FIELDS, ids=lambda word: word if isinstance(word, str) else "")
def test_each_thing_that_an_office_sets_is_in_its_section(verb, words, name, value, sections):
    one, other = full_desk(), full_desk()
    assert one.act(verb, **words).could
    assert other.act(verb, **words | {name: value}).could
    before, after = one.venue.image(), other.venue.image()

    assert sections == {section for section in SECTIONS if before[section] != after[section]}
    assert after == again(other.venue).image()


NOTES = [
    (CommandKind.LOGON, {"session": 1, "flags": CommandFlag.DISCONNECT}, {"sessions"}),
    (CommandKind.LOGON, {"session": 2}, {"sessions"}),
    (CommandKind.SESSION_RESET, {"session": 3}, {"sessions"}),
    (CommandKind.MARK, {}, set()),
    (CommandKind.BIRTH, {}, {"venue"}),
]


@pytest.mark.parametrize(("kind", "words", "sections"), NOTES)
def test_what_a_session_says_of_itself_is_in_the_sessions(kind, words, sections):
    desk = full_desk()
    before = desk.venue.image()
    note(desk, kind, **words)
    after = desk.venue.image()

    assert sections == {section for section in SECTIONS if before[section] != after[section]}


TRADED = {"books", "gates", "trades", "orders", "balances", "parties", "free"}
STOP_LIMIT = {"ord_type": OrdType.STOP_LIMIT, "stop_px": 1_120 * CENT}
REQUESTS = [
    ("an order", lambda desk: desk.buy(900 * CENT, 100, account=3), {"orders", "balances", "parties", "recent", "free"}),
    ("a reduction", lambda desk: desk.replace(2, 990 * CENT, 900), {"orders", "balances", "parties"}),
    ("a cancel", lambda desk: desk.cancel(2), {"orders", "balances", "parties", "free"}),
    ("a refusal", lambda desk: desk.buy(1, 1), set()),
    ("an expiry", lambda desk: desk.pass_time(10**9), {"orders", "expiries", "balances", "parties", "free"}),
    ("an end of the day", lambda desk: desk.end_of_day(), {"orders", "stops", "closing", "balances", "parties", "free", "gates"}),
    ("an execution", lambda desk: desk.sell(990 * CENT, 100), TRADED),
    ("a stop order", lambda desk: desk.buy(1_200 * CENT, 100, account=4, **STOP_LIMIT), {"stops", "balances", "parties", "free"}),
    ("a cancel of a stop order", lambda desk: desk.cancel(11), {"stops", "balances", "parties", "free"}),
    ("a trigger", lambda desk: trade_at(desk, 1_100 * CENT), {"stops", "expiries"} | TRADED),
    ("an order for the close", lambda desk: desk.buy(900 * CENT, 100, account=4, tif=7), {"closing", "balances", "parties", "free"}),
    ("a cancel of an order for the close", lambda desk: desk.cancel(16), {"closing", "balances", "parties", "free"}),
    ("an auction", lambda desk: desk.act("uncross", instrument=2), TRADED),
]
ALWAYS = {"core", "venue", "sessions"}


@pytest.mark.parametrize(("what", "request_it", "sections"), REQUESTS, ids=lambda word: word if isinstance(word, str) else "")
def test_what_a_request_changes_is_in_the_image(what, request_it, sections):
    desk = full_desk()
    before = desk.venue.image()
    request_it(desk)
    after = desk.venue.image()
    differ = {section for section in SECTIONS if before[section] != after[section]}

    assert sections == differ - ALWAYS, what
    assert {"core", "venue"} <= differ
    assert after == again(desk.venue).image()


def trade_at(desk, price):
    """Let a desk's share trade up to a price."""
    desk.sell(price, 100)
    desk.buy(price, 10_000, account=4, tif=TimeInForce.IOC)


def test_image_of_a_small_venue_is_small_however_large_its_limits_are():
    assert sum(map(len, Venue().image().values())) < 100
    assert set(SECTIONS) == set(Venue().image())


def test_last_generation_of_a_slot_retires_it():
    desk = full_desk()
    image = desk.venue.image()
    slot = int.from_bytes(image["free"][:8], "little") % SLOT
    venue = again(desk.venue, changed(image, "free", 0, "<Q", (LAST_GENERATION - 1) * SLOT + slot))
    order = Enter(Side.BUY, 900 * CENT, 100, 10**6, session=1, account=4)
    entered = take(venue, Asked(order, desk.in_seqs[1] + 1)).events[0]

    assert entered.order_id == LAST_GENERATION * SLOT + slot
    assert again(venue).image() == venue.image()

    take(venue, Asked(MassCancel(session=1, ts_ns=desk.now_ns)))
    copy = again(venue)

    assert venue.image()["retired"] == entered.order_id.to_bytes(8, "little")
    for one in (venue, copy):
        taken = [
            take(one, Asked(order._replace(cl_ord_id=10**7 + i), desk.in_seqs[1] + 2 + i)).events[0].order_id % SLOT for i in range(12)
        ]
        assert slot not in taken
    assert venue.image() == copy.image()


def test_stale_expiry_of_a_slot_does_not_come_back():
    desk = full_desk()
    desk.pass_time(3 * 10**9)
    desk.buy(900 * CENT, 100, account=4)
    desk.buy(900 * CENT, 200, account=4, tif=TimeInForce.GTD, expire_ns=5 * 10**9)
    copy = again(desk.venue)

    assert 5 * 10**9 == copy.book.next_expiry_ns == desk.venue.book.next_expiry_ns
    assert take(desk.venue, Asked(Expire(6 * 10**9))) == take(copy, Asked(Expire(6 * 10**9)))
    assert desk.venue.image() == copy.image()


def test_remembered_orders_are_the_same_wherever_in_their_ring_they_lie():
    """Ten orders of an account that remembers eight: after a restore the ring begins elsewhere, and the same duplicate is refused."""
    desk = full_desk()
    desk.act("set_party", party=2, duplicates_max=1, duplicates_ns=10**12)
    for lots in range(1, 6):
        desk.buy(800 * CENT, 100 * lots, account=3)
    copy = again(desk.venue)
    for _ in range(2):
        for lots in range(9, 0, -1):
            step = Asked(
                Enter(Side.BUY, 800 * CENT, 100 * lots, desk.last_id + 1, session=1, account=3, ts_ns=desk.now_ns), desk.in_seqs[1] + 1
            )
            desk.last_id, desk.in_seqs[1] = desk.last_id + 1, desk.in_seqs[1] + 1

            assert take(desk.venue, step) == take(copy, step)
        assert desk.venue.image() == copy.image()


def test_collar_that_follows_the_last_execution_is_in_force_after_a_restore():
    """40 % around the last price of 1,005 dollars: a buy for 1,450 rests at 1,407, in the venue as in its copy."""
    desk = full_desk()
    desk.deposit(4, 1, 10**12)
    copy = again(desk.venue)
    desk.cancel(5)
    desk.cancel(6)
    take(copy, Asked(Cancel(orig_cl_ord_id=5, cl_ord_id=desk.last_id - 1), desk.in_seqs[1] - 1))
    take(copy, Asked(Cancel(orig_cl_ord_id=6, cl_ord_id=desk.last_id), desk.in_seqs[1]))
    step = Asked(Enter(Side.BUY, 1_450 * CENT, 100, desk.last_id + 1, session=1, account=4), desk.in_seqs[1] + 1)
    answer = take(desk.venue, step)

    assert [1_450 * CENT, 1_407 * CENT] == [event.price for event in answer.events]
    assert answer == take(copy, step)
    assert desk.venue.image() == copy.image()


def test_auction_that_traded_anchors_the_collar_after_a_restore():
    """OTHER trades at 22 cents in its call, so with a fifth around that a buy for 80 rests at 26, in the venue as in its copy."""
    desk = full_desk()
    desk.act("set_reference", instrument=2, price=50 * CENT, quality=4, low=CENT, high=90 * CENT, dynamic_bps=2_000)
    desk.act("uncross", instrument=2, reference=20 * CENT)
    copy = again(desk.venue)
    resumed = Act(desk.now_ns + 1, "set_gate", GATE | {"phase": 0, "order_types": 2**32 - 1})
    step = Asked(Enter(Side.BUY, 80 * CENT, 100, desk.last_id + 1, 2, session=1, account=3, ts_ns=desk.now_ns + 2), desk.in_seqs[1] + 1)
    for venue in (desk.venue, copy):
        assert take(venue, resumed).could

    answer = take(desk.venue, step)
    assert [8_000, 2_600] == [event.price for event in answer.events]
    assert answer == take(copy, step)


def test_strike_that_nobody_took_note_of_is_in_no_image():
    desk = full_desk()
    desk.set_gate(rates=RATES, pauses=True)
    desk.sell(1_450 * CENT, 100)
    desk.buy(1_500 * CENT, 5_000, account=4)
    with pytest.raises(AssertionError, match="instrument 1 struck, and nobody took note"):
        desk.venue.image()

    assert (1, Strike.COLLAR) == desk.venue.take_strike()
    assert desk.venue.image() == again(desk.venue).image()


def test_only_an_empty_venue_is_restored():
    desk = full_desk()
    with pytest.raises(ValueError, match="an empty venue only"):
        desk.venue.restore(desk.venue.image())


FAULTS = [
    ("orders", lambda image: {name: section for name, section in image.items() if name != "orders"}, "orders: it is not there"),
    ("other", lambda image: image | {"other": b""}, "other: no section has this name"),
    ("orders", lambda image: image | {"orders": image["orders"][:-1]}, "orders: 1151 bytes are not whole records of 128"),
    ("books", lambda image: image | {"books": b""}, "books: 0 bytes are not 2 records of 48"),
    ("orders", lambda image: image | {"orders": image["orders"] * 50}, "slots are in use, there are 256"),
    ("orders", lambda image: image | {"orders": image["orders"] + image["orders"][:ORDER]}, "orders: record 10: its slot is beyond"),
    ("orders", lambda image: changed(image, "orders", 88, "<I", 3), "record 1: its instrument is not listed"),
    ("orders", lambda image: changed(image, "orders", 32, "<Q", 1 << 62 | SLOT | 1), "record 1: its generation cannot be"),
    ("orders", lambda image: changed(image, "orders", 32, "<Q", 5), "record 1: its generation cannot be"),
    ("orders", lambda image: changed(image, "orders", 97, "<B", 3), "record 1: its side, type, time in force or instructions cannot"),
    ("orders", lambda image: changed(image, "orders", 48, "<q", 995 * CENT + 1), "record 1: its price is not one of its instrument"),
    ("orders", lambda image: changed(image, "orders", 8 + 8, "<q", 0), "record 1: its quantities cannot be"),
    ("orders", lambda image: changed(image, "orders", 84, "<I", 9), "record 1: its account is beyond the limit"),
    ("orders", lambda image: changed(image, "orders", 104, "<Q", 2**40), "record 1: its age is that of no event"),
    ("orders", lambda image: changed(image, "orders", 104, "<Q", int.from_bytes(image["orders"][232:240], "little")), "have the same age"),
    ("orders", lambda image: changed(image, "orders", 72, "<I", 10**6), "record 1: its fees beyond whole units cannot be"),
    ("stops", lambda image: changed(image, "orders", 99, "<B", TimeInForce.GTD), "record 5: it has no expiry"),
    ("orders", lambda image: image | {"expiries": b""}, "it has no expiry"),
    ("expiries", lambda image: image | {"expiries": image["expiries"] * 2}, "expiries: 6 expiries of 3 orders"),
    ("orders", lambda image: changed(image, "orders", ORDER + 40, "<Q", 2), "another order has its session and client's id"),
    ("orders", lambda image: changed(image, "orders", 120, "<I", 10**6), "balances 1000000 and"),
    ("orders", lambda image: changed(image, "orders", 76, "<I", 60_000), "or its rates: not there"),
    ("orders", lambda image: changed(image, "orders", 80, "<I", 99), "session 99"),
    ("orders", lambda image: changed(image, "orders", 0, "<I", 1), "it is not in the form that every venue gives it"),
    ("balances", lambda image: changed(image, "orders", 112, "<q", 1), "balances: order .* holds 1 of balance"),
    (
        "free",
        lambda image: image | {"free": image["free"] + image["free"][:8]},
        "free: record 1: its slot is beyond those in use, or taken",
    ),
    ("retired", lambda image: image | {"free": b"", "retired": image["free"]}, "retired: record 1: its generation cannot be"),
    ("core", lambda image: changed(image, "core", 0, "<Q", 0), "next event 0"),
    ("core", lambda image: image | {"core": b""}, "core: 0 bytes are not 16"),
    ("books", lambda image: changed(image, "books", 8, "<q", -1), "books: record 1: collar -1 to"),
    ("books", lambda image: changed(image, "books", 0, "<q", -1), "last price -1"),
    ("books", lambda image: changed(image, "books", 32, "<Q", 10_001), "collar 10001 bp"),
    ("books", lambda image: changed(image, "books", 40, "<B", 3), "books: record 1: phase 3 with its marks"),
    ("books", lambda image: changed(image, "books", 41, "<B", 2), "books: record 1: phase 0 with its marks"),
    ("books", lambda image: changed(image, "books", 42, "<B", 2), "books: record 1: phase 0 with its marks"),
    ("books", lambda image: changed(image, "books", 43, "<B", 1), "books: record 1: phase 0 with its marks"),
    ("books", lambda image: changed(image, "books", 44, "<B", 1), "books: it is not in the form"),
    ("orders", lambda image: changed(image, "books", 48 + 40, "<I", 0), "instrument 2: crossed, best bid 2300"),
    ("stops", lambda image: image | {"stops": image["stops"][:-1]}, "stops: 679 bytes are not whole records of 136"),
    ("stops", lambda image: changed(image, "stops", 128, "<q", 1_100 * CENT + 1), "record 1: its stop price is not one of its instrument"),
    ("stops", lambda image: changed(image, "stops", 3 * STOP + 48, "<q", 100 * CENT), "record 4: its limit does not follow from its stop"),
    ("stops", lambda image: changed(image, "stops", 98, "<B", OrdType.LIMIT), "stops: record 1: its side, type"),
    ("stops", lambda image: changed(image, "stops", 99, "<B", TimeInForce.CLS), "stops: record 1: its side, type"),
    ("stops", lambda image: changed(image, "stops", 100, "<B", ExecInst.POST_ONLY), "stops: record 1: its side, type"),
    ("stops", lambda image: changed(image, "stops", STOP + 64, "<q", 100), "stops: record 2: its quantities cannot be"),
    ("stops", lambda image: changed(image, "stops", 16, "<q", 2**62), "stops: record 1: its quantities cannot be"),
    ("stops", lambda image: swapped(image, "stops", STOP, 0, 1), "stops: record 2: an older one is behind it"),
    ("stops", lambda image: swapped(image, "stops", STOP, 3, 4), "stops: it is not in the form that every venue gives it"),
    ("stops", lambda image: image | {"stops": image["stops"] + image["stops"][:STOP]}, "stops: record 6: its slot is beyond"),
    ("closing", lambda image: swapped(image, "closing", ORDER, 0, 1), "closing: record 2: an older one is behind it"),
    ("closing", lambda image: changed(image, "closing", 99, "<B", TimeInForce.GTC), "closing: record 1: its side, type"),
    ("closing", lambda image: changed(image, "closing", 98, "<B", OrdType.STOP), "closing: record 1: its side, type"),
    ("closing", lambda image: changed(image, "closing", 100, "<B", ExecInst.POST_ONLY), "closing: record 1: its side, type"),
    ("closing", lambda image: changed(image, "closing", 64, "<q", 100), "closing: record 1: its quantities cannot be"),
    ("closing", lambda image: changed(image, "books", 40, "<B", 2), "closing: record 1: the closing call has begun"),
    ("venue", lambda image: changed(image, "venue", 16, "<Q", 255), "venue: 255 is no reason"),
    ("venue", lambda image: image | {"venue": b""}, "venue: 0 bytes are not 24"),
    ("instruments", lambda image: image | {"instruments": b"\x91\xc0"}, "instruments: Expected `array`"),
    ("instruments", lambda image: image | {"instruments": image["instruments"].replace(b"SHARE", b"SH\xffRE")}, "instruments: "),
    ("rates", lambda image: changed(image, "rates", 0, "<q", 1), "the first is no fee"),
    ("rates", lambda image: image | {"rates": image["rates"] + image["rates"][:24]}, "a row is there twice"),
    ("rates", lambda image: changed(image, "rates", 16, "<q", 1), "the first is no fee"),
    ("rates", lambda image: changed(image, "rates", 24, "<q", 10**7), "are not between"),
    ("rates", lambda image: changed(image, "rates", 40, "<q", -1), "rates: record 2: -1 of an auction is not between 0 and"),
    ("parties", lambda image: image | {"parties": image["parties"] * 2}, "parties: 6 are more than 4"),
    ("parties", lambda image: changed(image, "parties", 56, "<I", 2), "profile 2"),
    ("parties", lambda image: changed(image, "parties", 127, "<B", 1), "its spare bytes are not 0"),
    ("balances", lambda image: changed(image, "parties", 8, "<q", 1), "counts .* its orders are"),
    ("accounts", lambda image: changed(image, "accounts", 12, "<I", 9), "account 9 is beyond 8"),
    ("accounts", lambda image: changed(image, "accounts", 0, "<I", 4), "party 4 is not between 1 and 3"),
    ("accounts", lambda image: changed(image, "accounts", 9, "<B", 8), "tier 8"),
    ("recent", lambda image: changed(image, "recent", 0, "<Q", 5), "recent: record 1: account 5 is not open"),
    ("balances", lambda image: image | {"balances": image["balances"] * 9}, "are more than 64"),
    ("balances", lambda image: changed(image, "balances", 4, "<I", 7), "account 7 of party 0 has no asset 1"),
    ("balances", lambda image: changed(image, "balances", 64, "<Q", int.from_bytes(image["balances"][:8], "little")), "has it twice"),
    ("balances", lambda image: changed(image, "balances", 60, "<B", 1), "its spare bytes are not 0"),
    ("balances", lambda image: changed(image, "balances", 8, "<q", 0), "sums to"),
    ("gates", lambda image: changed(image, "gates", 16, "<I", 2), "are not those of assets"),
    ("gates", lambda image: changed(image, "gates", 28, "<I", 3), "gates: record 1: rates 3 are not below 3"),
    ("gates", lambda image: changed(image, "gates", 60, "<I", 1), "or spare bytes cannot be"),
    ("gates", lambda image: changed(image, "gates", 176, "<q", 1), "it is not in the form that every venue gives it"),
    ("access", lambda image: image | {"access": b"\xff" * 4}, "255 is no reason"),
    ("access", lambda image: image | {"access": b"\0" * 5}, "access: 5 bytes"),
    ("access", lambda image: image | {"access": b"\0" * 4}, "it is not in the form"),
    ("trades", lambda image: image | {"trades": b""}, "trades: 0 are not the 4 that are kept"),
    ("trades", lambda image: changed(image, "trades", 0, "<Q", 2), "trades: record 1: it is number 2, not 1"),
    ("trades", lambda image: changed(image, "trades", 96, "<I", 3), "trades: record 1: its instrument"),
    ("trades", lambda image: changed(image, "trades", 111, "<B", 1), "trades: record 1: its instrument, price"),
    ("sessions", lambda image: changed(image, "sessions", 0, "<Q", 0), "session 0 is not between 1 and"),
    ("sessions", lambda image: image | {"sessions": image["sessions"][:40] * 2}, "it is not in the form"),
]


@pytest.mark.parametrize(("section", "spoil", "text"), FAULTS, ids=[f"{name}-{text[:24]}" for name, _, text in FAULTS])
def test_faulty_image_is_refused_by_its_section_and_the_rule(section, spoil, text):
    image = spoil(full_desk().venue.image())
    with pytest.raises(ImageFault, match=text) as raised:
        again(None, image)

    assert section == raised.value.section


@pytest.mark.parametrize("seed", range(8))
def test_damaged_image_is_refused_or_is_what_it_says(seed):
    draw = Random(seed)
    image = full_desk().venue.image()
    refused = 0
    for _ in range(150):
        spoiled = damaged(draw, image)
        for _ in range(draw.randrange(2)):
            spoiled = damaged(draw, spoiled)
        try:
            venue = again(None, spoiled)
        except ImageFault:
            refused += 1
            continue
        assert spoiled == venue.image()
        live_on(venue, draw)
    assert refused > 50


def live_on(venue, draw):
    """Let a venue of an image that could be take requests and acts of any kind; whatever it answers, it must answer."""
    for step in LIVES[draw.randrange(len(LIVES))]:
        take(venue, step)
    take(venue, Act(10**9, "reverse", {"match_id": venue.first_match_id}))
    seen(venue, sessions=3, parties=3, instruments=2, trades=64)
    take(venue, Asked(MassCancel(ts_ns=10**9)))


LIVES = [tell_life(seeded_words(seed, 25), LONG) for seed in range(6)]


def test_every_record_of_a_long_life_is_looked_at():
    """The sections of a long life have the record sizes that the damages are made with."""
    venue = opened(LONG)
    for step in tell_life(seeded_words(1, 200), LONG):
        lead(venue, step)
    for name, size in RECORDS.items():
        assert len(venue.image()[name]) % size == 0
        assert len(records(venue.image()[name], size)) == len(venue.image()[name]) // size
