"""What a client makes of a venue that greets or answers strangely: it says so and stops, instead of trading on a guess."""

from collections.abc import Callable

import pytest

from engine.client.errors import LogonRefused, SessionBroken
from engine.client.store import SessionStore
from engine.protocol.framing import frame
from engine.protocol.messages import VERSION, Challenge, Heartbeat, Logon, MassCancelReport, encode
from tests.client.model_venue import ModelVenue
from tests.client.wiring import Wire, who

STAMP = (1, 0, 0)
LOGON = Logon(1, 0, 0, "MODEL", "alice", 5, False, 0, False, False, VERSION, b"")


def greeted(*messages: object, store: SessionStore | None = None) -> Wire:
    """Give a client to whom the venue said these things instead of its own."""
    wire = Wire(ModelVenue(), store)
    wire.connect()
    assert wire.connection is not None
    wire.connection.output()
    wire.core.receive(b"".join(frame(encode(message)) for message in messages), 0.0)
    return wire


CHALLENGE = Challenge(0, 0, 0, bytes(32), "MODEL", VERSION)


@pytest.mark.parametrize(
    ("messages", "error", "why"),
    [
        ([Challenge(0, 0, 0, bytes(32), "MODEL", 1)], LogonRefused, "the venue speaks version 1, this client 3"),
        ([Challenge(0, 0, 0, bytes(32), "OTHER", VERSION)], LogonRefused, "this is venue OTHER, not MODEL"),
        ([Heartbeat(*STAMP, "")], SessionBroken, "Heartbeat before the logon was done"),
        ([MassCancelReport(*STAMP, 1, 0, 0)], SessionBroken, "MassCancelReport before the logon was done"),
        ([LOGON], SessionBroken, "Logon before the logon was done"),
        ([CHALLENGE, CHALLENGE], SessionBroken, "Challenge before the logon was done"),
        ([CHALLENGE, LOGON, CHALLENGE], SessionBroken, "Challenge in a live session"),
        ([CHALLENGE, LOGON, LOGON], SessionBroken, "Logon in a live session"),
    ],
)
def test_a_strange_greeting_ends_the_session(messages: list[object], error: type[Exception], why: str) -> None:
    wire = greeted(*messages)

    assert isinstance(wire.core.failure, error)
    assert why in str(wire.core.failure)
    assert wire.session.hang_up


def test_what_comes_after_the_end_is_not_read() -> None:
    wire = greeted(Heartbeat(*STAMP, ""), CHALLENGE, LOGON)

    assert b"" == wire.session.output()
    assert not wire.is_live


def test_an_answer_with_fewer_reports_than_were_seen_is_not_trusted() -> None:
    store = SessionStore()
    store.renumber(1, 7, keep_unanswered=True)
    wire = greeted(CHALLENGE, LOGON, store=store)

    assert "the venue's next report is 1, but report 6 was seen: log on with reset=True" in str(wire.core.failure)


def test_the_store_of_another_session_is_refused() -> None:
    class Others(SessionStore):
        def bind(self, session: str) -> None:
            raise ValueError(f"this is not the memory of {session}")

    wire = greeted(CHALLENGE, store=Others())

    assert "this is not the memory of alice@MODEL" in str(wire.core.failure)


def test_the_heartbeat_of_the_venues_answer_counts() -> None:
    wire = greeted(CHALLENGE, Logon(1, 0, 0, "MODEL", "alice", 2, False, 1, False, False, VERSION, b""))

    assert 2.0 == wire.session.tick(0.0)


@pytest.mark.parametrize("leave", [lambda wire: wire.cut(), lambda wire: wire.core.receive(bytes(4), 0.0)])
def test_bytes_after_the_end_of_a_connection_change_nothing(leave: Callable[[Wire], None]) -> None:
    wire = Wire(ModelVenue(), identity=who()).settle()
    leave(wire)
    count = len(wire.events)
    wire.core.receive(frame(encode(MassCancelReport(1, 0, 0, 1, 0, 0))), 0.0)

    assert count == len(wire.events)


def test_leaving_before_the_logon_just_hangs_up() -> None:
    wire = Wire(ModelVenue())
    wire.connect()
    wire.session.leave(0.0)

    assert wire.session.hang_up


def test_a_lost_heartbeat_is_not_asked_for_while_leaving() -> None:
    wire = Wire(ModelVenue()).settle()
    wire.session.leave(0.0)
    wire.session.output()
    wire.core.receive(frame(encode(Heartbeat(9, 0, 0, ""))), 0.0)

    assert (b"", False) == (wire.session.output(), wire.session.hang_up)
