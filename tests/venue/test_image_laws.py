"""Laws of images: what is restored is the venue, goes on as the venue, and shows nothing of how it came to be."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.matching.enums import CommandFlag, CommandKind, ExecInst
from engine.testing.commands import Cancel, Enter, Note
from engine.testing.venue_play import Act, Asked, seen, take, take_all
from engine.testing.venue_strategies import CALLS, LIFE, NOTED_LIFE, PARTIES, SESSIONS, VenueWorld, lives, seeded_words, tell_life
from engine.venue.venue import Venue
from tests.venue.acting import play, steps, storied
from tests.venue.images import RATES, again, full_desk, lead, lead_all, records
from tests.venue.offices import empty, snapshot
from tests.venue.venues import CENT

LONG = VenueWorld(rates=((100, 300, 200), (-200, 300, 0), (33_333, 66_667, 12_345)), cash=20_000, lots=3_000)


def opened(world):
    venue = world.open(Venue)
    take_all(venue, world.opening())
    return venue


def restored(world, venue):
    other = world.open(Venue)
    other.restore(venue.image())
    return other


def said(venue, taken):
    """The events and the details of steps as bytes, and which books struck."""
    told = []
    for step in taken:
        _, strikes = lead(venue, step)
        told.append((bytes(venue.book.reports), venue.packed_details, strikes))
    return told


def everything(venue, world):
    return seen(venue, sessions=SESSIONS, parties=PARTIES, instruments=len(world.instruments), trades=world.trades)


@given(lives(NOTED_LIFE) | lives(CALLS))
def test_image_of_a_restored_venue_is_the_image(life):
    world, taken = life
    venue = opened(world)
    for step in taken:
        lead(venue, step)
        other = restored(world, venue)

        assert venue.image() == other.image()
    assert everything(venue, world) == everything(restored(world, venue), world)


@given(lives(NOTED_LIFE) | lives(CALLS), st.integers(0, 60))
def test_restored_venue_goes_on_as_the_venue_does(life, at):
    world, taken = life
    venue = opened(world)
    lead_all(venue, taken[:at])
    other = restored(world, venue)

    assert said(venue, taken[at:]) == said(other, taken[at:])
    assert venue.history == other.history
    assert venue.image() == other.image()
    other.check()


@settings(max_examples=10)
@given(st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 300))
def test_venue_that_is_restored_twice_in_a_long_life_goes_on_as_the_venue_does(seed, first, second):
    taken = tell_life(seeded_words(seed, 300), LONG, CALLS if seed % 2 else NOTED_LIFE)
    venue, other = opened(LONG), opened(LONG)
    first, second = sorted((first, second))
    told, again_told = said(venue, taken), said(other, taken[:first])
    other = restored(LONG, other)
    again_told += said(other, taken[first:second])
    other = restored(LONG, other)

    assert told == again_told + said(other, taken[second:])
    assert venue.image() == other.image()


@given(steps, st.integers(0, 24))
def test_restored_office_and_venue_go_on_as_they_would_have(script, at):
    office, other = storied(), empty()
    ts_ns = play(office, script[:at], look=False)
    other.venue.restore(office.venue.image())
    other.restore(office.image())

    assert office.image() == other.image()
    assert snapshot(office) == snapshot(other)

    play(office, script[at:], look=False, ts_ns=ts_ns)
    play(other, script[at:], look=False, ts_ns=ts_ns)

    assert office.image() == other.image()
    assert office.venue.image() == other.venue.image()
    assert snapshot(office) == snapshot(other)
    assert list(office.external) == list(other.external)
    assert office.next_due_ns == other.next_due_ns


@given(lives(LIFE), st.integers(0, 2**64 - 1))
def test_secret_does_not_show(life, secret):
    world, taken = life
    venue = opened(world)
    other = world.open(lambda **limits: Venue(**limits, secret=secret))
    take_all(other, world.opening())
    lead_all(venue, taken)
    lead_all(other, taken)

    assert venue.image() == other.image()


CAME_AND_WENT = {"core", "free", "orders", "venue", "sessions"}


@given(lives(LIFE, max_size=40), st.lists(st.integers(1, 99), min_size=1, max_size=30))
def test_orders_that_came_and_went_show_only_in_numbers_slots_and_what_was_said(life, ranks):
    """Such an order takes an event's number, a slot and a report's number; no page, level, hold, counter or place in a queue."""
    world, taken = life
    venue = opened(world)
    lead_all(venue, taken)
    take_all(venue, [Act(0, "set_account", {"account": 5, "party": 3}), Act(0, "set_party", {"party": 3}), Act(0, "move", {"lines": BAIT})])
    before, instrument = venue.image(), world.instruments[0]
    for number, rank in enumerate(ranks, start=10**9):
        price = (1 + rank % (instrument.max_price // instrument.tick)) * instrument.tick
        words = {"session": SESSIONS, "account": 5, "exec_inst": ExecInst.POST_ONLY} | ({"tif": 6, "expire_ns": 2**62} if rank % 2 else {})
        take(venue, Asked(Enter(rank % 3 // 2 + 1, price, instrument.min_qty, number, **words)))
        take(venue, Asked(Cancel(orig_cl_ord_id=number, session=SESSIONS)))
    after = venue.image()

    assert {name for name in before if before[name] != after[name]} <= {"core", "free", "venue", "sessions"}


BAIT = [(2**32 - 1, asset, 0, -(10**9)) for asset in (1, 2)] + [(5, asset, 0, 10**9) for asset in (1, 2)]
UNDONE = (
    ("gates", [("set_gate", {"ticks": [(0, 500), (50_000, 1_000)], "blocked": 114}), ("set_gate", {"ticks": [(0, 500)]})]),
    (
        "access",
        [("set_access", {"profile": 1, "instrument": 1, "reason": 124}), ("set_access", {"profile": 1, "instrument": 1, "reason": 0})],
    ),
    ("venue", [("set_blocked", {"reason": 114}), ("set_blocked", {"reason": 0})]),
    ("parties", [("set_party", {"party": 3, "blocked": 112, "chains": 1}), ("set_party", {"party": 3, "chains": 1})]),
    ("accounts", [("set_account", {"account": 1, "party": 1, "tier": 3}), ("set_account", {"account": 1, "party": 1})]),
    (
        "balances",
        [("set_holder", {"account": 1, "asset": 1, "approved": True}), ("set_holder", {"account": 1, "asset": 1, "approved": False})],
    ),
    ("balances", [("move", {"lines": [(1, 1, 0, -5), (1, 1, 2, 5)]}), ("move", {"lines": [(1, 1, 0, 5), (1, 1, 2, -5)]})]),
)


def test_what_was_done_and_undone_leaves_no_trace():
    for section, (does, undoes) in UNDONE:
        desk = full_desk()
        act(desk, undoes)
        before = desk.venue.image()
        act(desk, does)

        assert {section} == {name for name in before if before[name] != desk.venue.image()[name]}

        act(desk, undoes)

        assert before == desk.venue.image(), section


def act(desk, call):
    """Carry out a call of the narrow face."""
    verb, words = call
    if verb == "set_gate":
        desk.set_gate(rates=RATES, **words)
    else:
        desk.act(verb, **words)


def test_order_of_two_in_a_queue_is_kept_and_shows():
    desk = full_desk()
    image = desk.venue.image()
    queue = records(image["orders"])
    first, second = [i for i, order in enumerate(queue) if order[48:56] == (990 * CENT).to_bytes(8, "little")]
    queue[first], queue[second] = queue[second], queue[first]
    swapped = image | {"orders": b"".join(queue)}
    venue = again(desk.venue, swapped)

    assert image != swapped == venue.image()
    assert [2, 3] == [order.cl_ord_id for order in desk.venue.book.orders(1) if order.price == 990 * CENT]
    assert [3, 2] == [order.cl_ord_id for order in venue.book.orders(1) if order.price == 990 * CENT]


def test_slots_are_reused_in_the_order_in_which_they_were_freed():
    one, other = full_desk(), full_desk()
    last, before = one.venue.book.orders()[-1].cl_ord_id, one.venue.book.orders()[-2].cl_ord_id
    for desk, origs in ((one, (last, before)), (other, (before, last))):
        for orig in origs:
            session = desk.venue.book.find(3, orig) or desk.venue.book.find(2, orig) or desk.venue.book.find(1, orig)
            desk.cancel(orig, session=session.session)

    assert one.venue.image()["free"] != other.venue.image()["free"]
    for desk in (one, other):
        copy = again(desk.venue)
        step = Asked(Enter(1, 90_000, 100, 10**6, session=1, account=3), desk.in_seqs[1] + 1)

        assert take(desk.venue, step) == take(copy, step)


def test_connection_that_ends_with_its_orders_is_told_after_a_restore():
    desk = full_desk()
    copy = again(desk.venue)

    assert [2] == desk.venue.ends_with_connection() == copy.ends_with_connection()

    take(copy, Asked(Note(CommandKind.LOGON, 2, ts_ns=desk.now_ns), 0, CommandFlag.NONE))

    assert [] == copy.ends_with_connection()
