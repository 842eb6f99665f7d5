"""What the sequencer writes into the log: every command as it was, in the bytes that the transcript gives it, and whole when it is read."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from engine.matching.enums import CommandKind
from engine.matching.records import COMMAND_FORMAT, Command
from engine.replica import Replica
from engine.sequencer import Sequencer
from engine.transcript import commands_of, record
from engine.venue.venue import Venue
from tests.gateway.held import HeldJournal

SESSIONS = 3
REQUESTS = [CommandKind.ENTER, CommandKind.CANCEL, CommandKind.REPLACE, CommandKind.MASS_CANCEL]
SPANS = {"q": (-(2**63), 2**63 - 1), "Q": (0, 2**64 - 1), "I": (0, 2**32 - 1), "B": (0, 255)}
# Half of them 0, as in the log, and the others anything: in either half of a word of 8 bytes, or in both.
NUMBERS = [st.just(0) | st.integers(*SPANS[letter]) for letter in COMMAND_FORMAT[1:]]


@st.composite
def requests(draw):
    """Draw requests of a session whose other fields are whatever they are."""
    command = Command(*map(draw, NUMBERS))
    in_seq, session = draw(st.integers(1, 2**64 - 2)), draw(st.integers(1, SESSIONS))
    return command._replace(kind=draw(st.sampled_from(REQUESTS)), in_seq=in_seq, session=session, ts_ns=0)


def new_replica():
    return Replica(Venue(sessions=SESSIONS, instruments=2, accounts=4, parties=2, assets=2, balances=64, orders=64))


@given(st.lists(requests(), min_size=1, max_size=40))
def test_the_log_has_every_command_as_it_was_and_a_replay_reads_the_same(commands):
    journal, led = HeldJournal(), new_replica()
    sequencer = Sequencer(led, iter(range(10, 10_000)).__next__, journal)
    for command in commands:
        sequencer.submit(struct.pack(COMMAND_FORMAT, *command))
    sequencer.finish()
    *logged, (_, mark, _) = [spoken for group in journal.groups for spoken in commands_of(group)]

    assert commands == [command._replace(ts_ns=0) for _, command, _ in logged]
    assert (CommandKind.MARK, led.venue.history) == (mark.kind, mark.order_id)
    for group in journal.groups:
        assert group.body == b"".join(record(command, payload) for _, command, payload in commands_of(group))

    follower = new_replica()
    for group in journal.groups:
        follower.replay(group)  # raises Diverged where the mark tells of another history
    assert (led.venue.history, led.venue.image()) == (follower.venue.history, follower.venue.image())
