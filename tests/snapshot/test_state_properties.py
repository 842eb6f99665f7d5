"""A snapshot is a function of the log up to its sequence, and the rest of the log behind it leads where all of the log does."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.matching.enums import Reason
from engine.replica import Replica
from engine.snapshot.format import read, write
from engine.snapshot.records import SnapshotFault
from engine.snapshot.state import of, restore
from engine.venue.venue import Venue
from tests.snapshot.lives import BIRTH, WHOLE_DAY, live, newborn, said_of, steps
from tests.venue.twins import CAPACITIES, LIMITS


def follow(replica, groups):
    """Replay groups; return what was said to each."""
    said = []
    for group in groups:
        replica.replay(group)
        said.append(said_of(replica))
    return said


def restored(data):
    """Return a new replica where a snapshot stands."""
    replica = newborn()
    restore(read(data), replica)
    return replica


@given(steps, st.data())
def test_a_snapshot_and_the_rest_of_the_log_lead_where_all_of_the_log_does(script, data):
    """The same bytes of the state, and the same bytes of every event on the way."""
    groups, said, lived = live(script)
    cut = data.draw(st.integers(0, len(groups)))
    replayed = newborn()

    assert said[:cut] == follow(replayed, groups[:cut])
    written = write(of(replayed, BIRTH))
    other = restored(written)
    assert written == write(of(other, BIRTH))
    assert said[cut:] == follow(other, groups[cut:]) == follow(replayed, groups[cut:])
    assert write(of(lived, BIRTH)) == write(of(replayed, BIRTH)) == write(of(other, BIRTH))
    assert of(lived, BIRTH).state_hash == of(other, b"").state_hash
    assert [] == lived.faults == replayed.faults == other.faults


@settings(max_examples=5)
@given(steps)
@example(WHOLE_DAY)
def test_it_does_so_from_every_group_of_the_log(script):
    groups, said, lived = live(script)
    leader = newborn()
    last = write(of(lived, BIRTH))
    for cut in range(len(groups)):
        other = restored(write(of(leader, BIRTH)))

        assert said[cut:] == follow(other, groups[cut:])
        assert last == write(of(other, BIRTH))
        follow(leader, groups[cut : cut + 1])


@given(steps)
def test_a_command_that_changes_something_changes_the_state_hash(script):
    groups, *_ = live(script)
    replica = newborn()
    hashes = set()
    for group in groups:
        replica.replay(group)
        hashes.add(of(replica, BIRTH).state_hash)

    assert len(groups) == len(hashes)


def test_the_whole_day_has_every_state_of_a_market_in_it():
    """What the law above holds at each of its groups: orders that wait, crossed calls, a pause, an extension, a close."""
    groups, said, lived = live(WHOLE_DAY)
    replica = newborn()
    statuses, waited, reasons = set(), set(), set()
    for group in groups:
        replica.replay(group)
        sections = of(replica, BIRTH).sections
        waited |= {name for name in ("stops", "closing") if sections[name]}
        reasons |= {event.reason for event in replica.venue.book.events()}
        if "AAPLx" in replica.office.instruments:
            statuses.add(replica.office.instruments["AAPLx"].status)

    assert {"continuous", "vol-pause", "auction-call", "halted", "closed"} <= statuses
    assert {"stops", "closing"} == waited
    assert {Reason.TRIGGERED, Reason.AUCTION_END, Reason.COLLAR_DYNAMIC, Reason.DAY_END} <= reasons
    assert ["extended", "halted", "crossed", "crossed"] == [result.outcome for result in lived.office.auctions]
    assert said[-1] == said_of(replica)


def test_a_venue_without_an_office_takes_no_snapshot_of_one_with():
    with_office, without = newborn(), Replica(Venue(**CAPACITIES, **LIMITS))
    with pytest.raises(SnapshotFault, match="it is of a venue with an office"):
        restore(of(with_office, BIRTH), without)
    with pytest.raises(SnapshotFault, match="it is of a venue without an office"):
        restore(of(without, BIRTH), newborn())


def test_a_snapshot_that_says_another_history_than_its_sections_is_refused():
    _, _, lived = live([])
    snapshot = of(lived, BIRTH)
    with pytest.raises(SnapshotFault, match=r"the venue has history .*, and the snapshot says 0{15}7"):
        restore(type(snapshot)(snapshot.seq, snapshot.last_ts_ns, 7, 0, BIRTH, snapshot.sections), newborn())
