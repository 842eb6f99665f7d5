"""Relations between two lives of a venue: what must not depend on the side, the unit, the name, the cut, or on what was refused."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import ExecInst, ExecType, Reason, Side
from engine.matching.records import EVENT_FORMAT
from engine.testing.commands import Cancel, Enter, Replace
from engine.testing.venue_play import Act, Asked, take
from engine.testing.venue_strategies import ORDERS_ONLY, PARTY_OF, QUOTE, VenueWorld, seeded_words, tell_life
from engine.venue.records import DETAIL_SIZE
from engine.venue.venue import Venue
from tests.venue.laws import every_life, is_refused, life_of, purses, state
from tests.venue.venues import CENT, Desk, fills

RICH = VenueWorld(rates=(), cash=10**7, lots=10**7, orders=512, balances=200, sweep=512)
NO_CASH = ORDERS_ONLY._replace(cash=False)
NUMBERS = ("exec_id", "match_id", "order_id")
GOOD = (1, 2, 3)
rich_lives = st.integers(0, 2**32).map(lambda seed: [step for step in tell_life(seeded_words(seed, 40), RICH, NO_CASH) if is_funded(step)])


def is_funded(step):
    """Leave the account out that never has anything: it is refused for another reason on each side."""
    return not isinstance(step.command, Enter) or step.command.account in GOOD


def told(world, steps):
    """The events of a life without refusals and without the numbers that the venue gives."""
    events = [event for moment in life_of(world, steps) if not is_refused(moment.answer) for event in moment.answer.events]
    return [event._replace(**dict.fromkeys(NUMBERS, 0)) for event in events]


@given(every_life)
def test_same_records_give_the_same_bytes(life):
    world, steps = life
    runs = []
    for _ in range(2):
        said = []
        for moment in life_of(world, steps):
            assert len(moment.venue.packed_details) * struct.calcsize(EVENT_FORMAT) == len(moment.venue.book.reports) * DETAIL_SIZE
            said.append((bytes(moment.venue.book.reports), moment.venue.packed_details))
        runs.append(said)

    assert runs[0] == runs[1]


@given(rich_lives)
def test_mirrored_life_has_mirrored_events(steps):
    instrument = RICH.instruments[0]
    ends = instrument.max_price + instrument.tick

    def mirrored(one):
        fields = {name: ends - getattr(one, name) for name in ("price", "last_px") if getattr(one, name, 0)}
        if getattr(one, "side", 0):
            fields["side"] = Side.SELL if one.side == Side.BUY else Side.BUY
        return one._replace(**fields)

    plain = [step._replace(command=without_reduction(step.command)) for step in steps]

    assert [mirrored(event) for event in told(RICH, plain)] == told(RICH, [s._replace(command=mirrored(s.command)) for s in plain])


def without_reduction(command):
    """Only sells may be reduce-only."""
    return command._replace(exec_inst=command.exec_inst & ExecInst.POST_ONLY) if isinstance(command, Enter) else command


@given(rich_lives, st.integers(2, 50))
def test_scaled_quantities_give_scaled_fills(steps, times):
    names = ("qty", "display_qty", "min_qty", "max_qty", "order_qty", "leaves_qty", "cum_qty", "last_qty", "lot")

    def scaled(one):
        is_count = getattr(one, "exec_type", None) == ExecType.MASS_CANCELED
        return one if is_count else one._replace(**{name: getattr(one, name) * times for name in names if name in one._fields})

    large = RICH._replace(instruments=(scaled(RICH.instruments[0]),))

    assert [scaled(event) for event in told(RICH, steps)] == told(large, [s._replace(command=scaled(s.command)) for s in steps])


@given(rich_lives, st.permutations(GOOD))
def test_who_trades_makes_no_difference_to_prices_and_quantities(steps, names):
    apart = [Act(0, "set_account", {"account": account, "party": PARTY_OF[account]}) for account in GOOD]

    def renamed(one):
        return one._replace(account=names[one.account - 1]) if getattr(one, "account", 0) in GOOD else one

    changed = [step._replace(command=renamed(step.command)) for step in steps]

    assert [renamed(event) for event in told(RICH, [*apart, *steps])] == told(RICH, [*apart, *changed])


REFUSED = (
    Asked(Enter(Side.BUY, 5_000, 100, 1, account=99)),
    Asked(Enter(Side.SELL, 5_000, 100, 1, account=5)),
    Asked(Enter(9, 5_000, 100, 1)),
    Asked(Enter(Side.BUY, 5_001, 100, 1, tif=2)),
    Asked(Enter(Side.BUY, 5_000, 2**62, 1)),
    Asked(Enter(Side.SELL, 5_000, 2**40, 1, account=4)),
    Asked(Enter(Side.BUY, 5_000, 1, 1, exec_inst=ExecInst.CASH)),
    Asked(Cancel(0, 2**60)),
    Asked(Replace(0, 5_000, 100, 0, 2**60, 0)),
    Act(0, "reverse", {"match_id": 2**40}),
    Act(0, "move", {"lines": [(1, QUOTE, 0, 1)]}),
    Act(0, "set_account", {"account": 1, "party": 3}),
)


@given(every_life, st.lists(st.tuples(st.integers(0, 60), st.sampled_from(REFUSED)), min_size=1, max_size=6))
def test_what_was_refused_leaves_the_future_as_it_was(life, refused):
    world, steps = life
    venue = world.open(Venue)
    for step in world.opening():
        take(venue, step)
    disturbed = []
    for at, step in enumerate(steps):
        for place, extra in refused:
            if place == at:
                answer = take(venue, timed(extra, step))
                assert is_refused(answer) or (isinstance(extra, Act) and not answer.could), extra
        disturbed.append(take(venue, step))
    undisturbed = [moment.answer for moment in life_of(world, steps)]

    assert [nameless(answer) for answer in undisturbed] == [nameless(answer) for answer in disturbed]


def timed(extra, step):
    """The extra step at the time of the one before which it comes."""
    ts_ns = step.ts_ns if isinstance(step, Act) else step.command.ts_ns
    return extra._replace(ts_ns=ts_ns) if isinstance(extra, Act) else extra._replace(command=extra.command._replace(ts_ns=ts_ns))


def nameless(answer):
    return [event._replace(exec_id=0) for event in answer.events], answer.details, answer.could


@given(
    st.lists(st.tuples(st.sampled_from(["buy", "sell"]), st.integers(-5, 5), st.integers(1, 20)), max_size=20),
    st.sampled_from(["buy", "sell"]),
    st.integers(-5, 5),
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_two_clips_trade_and_rest_and_cost_what_the_whole_would(resting, side, offset, first, second):
    whole, clips = Desk(rates=[(100, 300, 200)]), Desk(rates=[(100, 300, 200)])
    for desk in (whole, clips):
        for maker, away, lots in resting:
            getattr(desk, maker)((1_000 + away) * CENT, 100 * lots, account=3)
    price = (1_000 + offset) * CENT
    one = [getattr(whole, side)(price, 100 * (first + second), account=4)]
    two = [getattr(clips, side)(price, 100 * lots, account=4) for lots in (first, second)]

    assert joined(one) == joined(two)
    assert whole.venue.book.depth()[0] == clips.venue.book.depth()[0] or counts_only(whole, clips)
    assert whole.tokens(4) == clips.tokens(4)
    assert 0 <= whole.cash(4).available - clips.cash(4).available + whole.cash(4).held - clips.cash(4).held <= 1


def joined(answers):
    """The executed quantity at each price."""
    total = {}
    for answer in answers:
        for price, qty in fills(answer):
            total[price] = total.get(price, 0) + qty
    return total


def counts_only(one, other):
    """Whether two books differ at most in how many orders make up a level."""
    plain = [[[(level.price, level.qty) for level in side] for side in desk.venue.book.depth()] for desk in (one, other)]
    return plain[0] == plain[1]


@given(every_life, st.integers(1, 4))
def test_freeze_of_one_account_changes_nothing_for_the_others_that_do_not_meet_it(life, account):
    """A party whose orders all stay away from trading with anybody can be frozen at any time: nobody else sees a thing."""
    world, steps = life
    silent = [step for step in steps if not speaks_for(step, account)]
    freeze = Act(0, "set_account", {"account": account, "party": PARTY_OF[account], "blocked": Reason.ACCOUNT_RESTRICTED})
    ours = list(life_of(world, silent))
    theirs = list(life_of(world, [freeze, *silent]))[1:]
    for one, other in zip(ours, theirs, strict=True):
        assert one.answer == other.answer
        assert purses(one.venue) == purses(other.venue)
        assert state(one.venue, world) == state(other.venue, world)


def speaks_for(step, account):
    words = step.words if isinstance(step, Act) else step.command._asdict()
    return words.get("account") == account
