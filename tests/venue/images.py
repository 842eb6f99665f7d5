"""Images to test: a venue restored from one, a venue in which every section has something, and damages of all kinds."""

import struct

from engine.matching.enums import CommandFlag, CommandKind, OrdType, Phase, TimeInForce
from engine.matching.records import Instrument
from engine.testing.commands import Note
from engine.testing.venue_play import Asked, take
from engine.venue.records import Quality
from engine.venue.venue import Venue
from tests.venue.venues import CAPACITIES, CENT, SHARE, Desk

ORDER = 128
STOP = 136
LIMITS = CAPACITIES | {"orders": 256, "levels": 1024, "sweep": 64, "balances": 64, "trades": 64}
RECORDS = {"core": 16, "books": 48, "orders": ORDER, "stops": STOP, "closing": ORDER, "expiries": 8, "free": 8, "retired": 8, "venue": 24}
RECORDS |= {"rates": 24, "gates": 216, "parties": 128, "accounts": 32, "recent": 136, "balances": 64, "trades": 112, "sessions": 40}
RATES = [(100, 300, 200), (-50, 700, 0)]
SLOT = 2**24
LAST_GENERATION = 2**38


def again(venue, image=None, **limits):
    """Return a new venue, restored from another's image or from the one that is given."""
    restored = Venue(**LIMITS | limits)
    restored.restore(venue.image() if image is None else image)
    return restored


def full_desk(**limits):
    """Return a desk whose venue has something in every section but the retired slots; OTHER is in a call that was uncrossed once."""
    desk = Desk(lambda **given: Venue(**given | limits), instruments=(SHARE, Instrument("OTHER", lot=100)), rates=RATES[:1])
    desk.act("set_party", party=2, duplicates_max=2, duplicates_ns=10**9, max_gross_open=10**15)
    desk.act("set_account", account=4, party=3, tier=1, stp_group=7, stp_mode=2)
    desk.act("set_access", profile=1, instrument=2, reason=123)
    desk.act("set_holder", account=2, asset=2, approved=True)
    desk.set_gate(ticks=[(0, CENT), (500 * CENT, 5 * CENT)], whitelist=True, day_cap=10**12, rates=RATES)
    desk.set_gate(ticks=[(0, 5 * CENT)], rates=RATES)
    desk.act("set_reference", instrument=1, price=1_000 * CENT, quality=Quality.LIVE, low=500 * CENT, high=1_500 * CENT, dynamic_bps=4_000)
    for price in (995, 990, 990, 985):
        desk.buy(price * CENT, 1_000, account=3)
    desk.sell(1_005 * CENT, 5_000, display_qty=1_000)
    desk.sell(1_010 * CENT, 700, account=2, tif=TimeInForce.GTD, expire_ns=10**9)
    desk.buy(900 * CENT, 300, account=4, tif=TimeInForce.GTD, expire_ns=2 * 10**9, session=2)
    desk.sell(20 * CENT, 400, account=4, instrument=2, session=3, tif=TimeInForce.DAY)
    desk.buy(1_005 * CENT, 1_300, account=4, tif=TimeInForce.IOC)
    desk.buy(1_005 * CENT, 100, account=3, tif=TimeInForce.IOC)
    wait(desk)
    call(desk)
    desk.cancel(4)
    desk.cancel(1)
    desk.act("reverse", match_id=1)
    note(desk, CommandKind.SESSION_RESET, session=3)
    note(desk, CommandKind.LOGON, session=2, flags=CommandFlag.DISCONNECT)
    return desk


def wait(desk):
    """Let orders of a desk wait: two buys at one stop price, a buy above and two sells below; and two for the close."""
    desk.buy(1_200 * CENT, 200, account=3, ord_type=OrdType.STOP_LIMIT, stop_px=1_100 * CENT)
    desk.buy(0, 100, account=4, ord_type=OrdType.STOP, stop_px=1_100 * CENT, tif=TimeInForce.GTC, session=2)
    desk.buy(1_150 * CENT, 300, account=3, ord_type=OrdType.STOP_LIMIT, stop_px=1_150 * CENT, display_qty=100)
    desk.sell(700 * CENT, 400, ord_type=OrdType.STOP_LIMIT, stop_px=800 * CENT, tif=TimeInForce.GTD, expire_ns=3 * 10**9)
    desk.sell(0, 500, account=2, ord_type=OrdType.STOP, stop_px=850 * CENT, tif=TimeInForce.DAY)
    desk.buy(980 * CENT, 600, account=3, tif=TimeInForce.CLS)
    desk.sell(0, 700, account=2, ord_type=OrdType.MARKET, tif=TimeInForce.CLS)


def call(desk):
    """Let a desk's other instrument collect, hold an auction, and collect again, with a crossed book."""
    gate = {"instrument": 2, "base": 3, "phase": Phase.CALL, "pauses": True, "rates": RATES}
    desk.set_gate(**gate)
    desk.buy(21 * CENT, 300, account=3, instrument=2)
    desk.act("uncross", instrument=2, reference=20 * CENT)
    desk.sell(19 * CENT, 200, account=4, instrument=2)
    desk.buy(22 * CENT, 300, account=1, instrument=2)
    desk.buy(23 * CENT, 100, account=3, instrument=2, tif=TimeInForce.OPG)


def lead(venue, step):
    """Let a venue take a step, and take note of the books that struck: nothing that is not answered is in an image."""
    answer, strikes = take(venue, step), []
    while strike := venue.take_strike():
        strikes.append(strike)
    return answer, strikes


def lead_all(venue, steps):
    """Let a venue take steps."""
    for step in steps:
        lead(venue, step)


def note(desk, kind, session=0, flags=0):
    """Let a desk's venue take a command that changes no book."""
    take(desk.venue, Asked(Note(kind, session, ts_ns=desk.now_ns), 0, flags))


def records(section, size=ORDER):
    """Return a section's records."""
    return [section[at : at + size] for at in range(0, len(section), size)]


def changed(image, name, at, form, value):
    """Return an image with another value in a field of a section."""
    section = bytearray(image[name])
    struct.pack_into(form, section, at, value)
    return image | {name: bytes(section)}


def swapped(image, name, size, one, other):
    """Return an image with two records of a section in each other's place."""
    found = records(image[name], size)
    found[one], found[other] = found[other], found[one]
    return image | {name: b"".join(found)}


def damaged(draw, image):
    """Return an image with one damage, as a disk or an enemy might do it."""
    name = draw.choice(sorted(image))
    section = bytearray(image[name])
    size = RECORDS.get(name, 1)
    count = len(section) // size
    kind = draw.randrange(8)
    if kind == 0 and section:
        section[draw.randrange(len(section))] ^= 1 << draw.randrange(8)
    elif kind == 1 and len(section) >= 8:
        struct.pack_into("<Q", section, draw.randrange(len(section) // 8) * 8, draw.choice((0, 1, 2**31, 2**32, 2**62, 2**63, 2**64 - 1)))
    elif kind == 2 and len(section) >= 4:
        struct.pack_into("<I", section, draw.randrange(len(section) // 4) * 4, draw.choice((0, 1, 2, 255, 2**24, 2**31, 2**32 - 1)))
    elif kind == 3 and count:
        at = draw.randrange(count) * size
        del section[at : at + size]
    elif kind == 4 and count:
        at = draw.randrange(count) * size
        section[at:at] = section[at : at + size]
    elif kind == 5 and count > 1:
        one, other = (draw.randrange(count) * size for _ in range(2))
        section[one : one + size], section[other : other + size] = section[other : other + size], section[one : one + size]
    elif kind == 6 and section:
        del section[draw.randrange(len(section)) :]
    else:
        section += draw.randbytes(draw.choice((1, size, 2 * size)))
    return image | {name: bytes(section)}
