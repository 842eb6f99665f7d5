"""Sessions come and go while the venue runs: their lanes, their keys, whoever is logged on."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.gateway.session import Phase
from engine.matching.enums import ExecType, Reason
from engine.protocol.messages import ExecutionReport, Logon, Logout, LogoutCode, MassCancelReport
from engine.venue.acts import CloseSession, OpenAccount, OpenSession
from tests.gateway.funded import do, subscriber
from tests.gateway.raw import KEYS, public_key, signed
from tests.gateway.test_gateway import codes, order
from tests.gateway.wires import SECOND, Floor, Peer

ERIN = Ed25519PrivateKey.from_private_bytes(bytes([99] * 32))
ERINS_KEY = ERIN.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def log_on(floor: Floor, name: str, key: Ed25519PrivateKey, **wishes: object) -> Peer:
    peer = floor.connect()
    peer.say(signed(peer.logon(name, **wishes), peer.protocol.nonce, key=key))
    return peer


def test_a_session_that_was_opened_can_log_on_and_trade() -> None:
    floor = Floor()
    early = log_on(floor, "erin", ERIN)
    do(floor.gateway, *subscriber("erin", 9, ERINS_KEY))
    erin = log_on(floor, "erin", ERIN)
    erin.hear()
    erin.say(order(1, account=9), order(2, account=1))

    assert Phase.REFUSED is early.protocol.session.phase
    assert [(ExecType.NEW, 0), (ExecType.REJECTED, Reason.UNKNOWN_ACCOUNT)] == [(report.exec_type, report.reason) for report in erin.hear()]


def test_a_session_that_is_closed_hears_of_its_cancels_and_is_logged_out() -> None:
    floor = Floor()
    alice = floor.log_on("alice", cancel_on_disconnect=True)
    alice.say(order(1), order(2))
    alice.hear()
    do(floor.gateway, CloseSession(name="alice"))
    first, second, done, logout = alice.hear()

    assert [(ExecType.CANCELED, Reason.ADMIN)] * 2 == [(report.exec_type, report.reason) for report in (first, second)]
    assert isinstance(done, MassCancelReport)
    assert isinstance(logout, Logout)
    assert (LogoutCode.SESSION_CLOSED, "session alice was closed") == (logout.code, logout.text)
    assert ({}, False) == (floor.gateway.live, "alice" in floor.gateway.lanes)
    alice.say(order(3))
    assert 0 == floor.gateway.venue.book.open_orders


def test_a_closed_session_cannot_log_on() -> None:
    floor = Floor()
    do(floor.gateway, CloseSession(name="alice"))
    alice = floor.log_on("alice")

    assert Phase.REFUSED is alice.protocol.session.phase


def test_a_session_that_opens_again_goes_on_with_its_numbers() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    alice.say(order(1))
    do(floor.gateway, CloseSession(name="alice"))
    do(floor.gateway, OpenSession(name="alice", public_key=ERINS_KEY, subscriber="alice", accounts=(1,)))
    old_key = log_on(floor, "alice", KEYS["alice"], next_expected_seq=0)
    again = log_on(floor, "alice", ERIN, next_expected_seq=0)
    _, answer = again.hear()
    again.say(order(2))

    assert Phase.REFUSED is old_key.protocol.session.phase
    assert isinstance(answer, Logon)
    assert (3, 2) == (answer.seq, answer.next_expected_seq)
    assert [(3, ExecType.NEW)] == [(report.seq, report.exec_type) for report in again.hear()]


def test_a_session_that_opens_again_trades_for_its_new_accounts() -> None:
    floor = Floor()
    do(floor.gateway, OpenAccount(account=8, subscriber="alice"), CloseSession(name="alice"))
    do(floor.gateway, OpenSession(name="alice", public_key=public_key("alice"), subscriber="alice", accounts=(8,)))
    alice = floor.log_on("alice")
    alice.hear()
    alice.say(order(1), order(2, account=8, side=2))
    told = [(report.account, report.reason) for report in alice.hear() if isinstance(report, ExecutionReport)]

    assert [(0, Reason.UNKNOWN_ACCOUNT), (8, Reason.INSUFFICIENT_POSITION)] == told


def test_a_lane_takes_other_accounts_while_it_lives() -> None:
    floor = Floor()
    lane = floor.gateway.lanes["alice"]
    lane.set_accounts((7, 3))

    assert [False, True, True] == [lane.owns_account(account) for account in (1, 3, 7)]


def test_who_waits_for_a_session_is_turned_away_when_it_is_closed() -> None:
    floor = Floor()
    first = floor.log_on("alice", heart_bt_int=10)
    floor.pass_time(10 * SECOND + 1)
    second = floor.log_on("alice", takeover=True)
    do(floor.gateway, CloseSession(name="alice"))
    floor.pass_time(3 * SECOND)

    assert [LogoutCode.SESSION_CLOSED] == codes(first)
    assert [LogoutCode.LOGON_REFUSED] == codes(second)


def test_an_act_that_is_refused_changes_no_session() -> None:
    floor = Floor()
    alice = floor.log_on("alice")
    before = dict(floor.gateway.lanes)
    outcome = floor.gateway.act(b"\xc1")

    assert (False, "MALFORMED") == (outcome.accepted, outcome.code)
    assert before == floor.gateway.lanes
    assert alice.alive
