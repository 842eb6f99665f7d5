"""The client's side of one session over any number of connections: a state machine without I/O and without a clock of its own.

    DOWN --connected--> GREETED? --Challenge, we sign--> KNOCKING --Logon--> LIVE --Logout--> LEAVING --> DOWN
                        (waiting)                                     any phase --disconnected--> DOWN

It is told what was received and what time it is; it answers with bytes to write, with messages for the program in their order, and with
`hang_up`.  What lets it come back after any cut: every numbered request is noted in the store before its bytes leave, and stays there
until a report names it; the venue's Logon answer says which number it expects, and from there on the noted bytes go out again.  In the
other direction the Logon says which report is wanted next; one that is not the next is either a repeat (dropped) or shows a gap (asked
for).  `next_in` counts what came off the wire; the store's own is moved by the program when it has handled a report.

`now` is in seconds of any clock that never steps back; `ts_ns` inside messages comes from `clock_ns`, the time of day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.client.errors import ClientError, LogonRefused, NotLoggedOn, SessionBroken
from engine.client.store import Sent, SessionStore
from engine.matching.enums import ExecType
from engine.protocol.framing import MAX_ANSWER, FramingError, Splitter, frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import (
    VERSION,
    Cancel,
    CancelReject,
    Challenge,
    ExecutionReport,
    Heartbeat,
    Logon,
    Logout,
    LogoutCode,
    MassCancel,
    MassCancelReport,
    MessageFlag,
    NewOrder,
    Replace,
    ResendRequest,
    SequenceReset,
    TestRequest,
    VenueMessage,
    decode_venue,
    encode,
)

LOGON_S = 10.0
LOGOUT_S = 2.0
QUIET = 1.0
ASK = 1.2
GIVE_UP = 2.4

Numbered = NewOrder | Cancel | Replace | MassCancel
Resume = Literal["new", "all"]

_HOPELESS = frozenset(
    {
        LogoutCode.LOGON_REFUSED,
        LogoutCode.SEQ_TOO_HIGH,
        LogoutCode.TAKEN_OVER,
        LogoutCode.TOO_MANY_SESSIONS,
        LogoutCode.SESSION_CLOSED,
    }
)


class Phase(Enum):
    """Where the session's connection is in its life."""

    DOWN = "down"
    WAITING = "waiting"
    KNOCKING = "knocking"
    LIVE = "live"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who logs on and on which terms; `venue` "" accepts the name that the venue gives itself."""

    name: str
    key: Ed25519PrivateKey
    venue: str = ""
    heart_bt_int: int = 5
    cancel_on_disconnect: bool = True
    takeover: bool = False
    reset: bool = False
    resume: Resume = "new"


class Session:
    """Numbers, resends, heartbeats and the logon; what the messages mean is not its business."""

    def __init__(self, identity: Identity, store: SessionStore, clock_ns: Callable[[], int]) -> None:
        self.identity = identity
        self.store = store
        self.phase = Phase.DOWN
        self.venue = identity.venue
        self.hang_up = False
        self.fault: ClientError | None = None
        self.farewell = ""
        self.logged_on_once = False
        self.was_live = False
        self.lost: list[Sent] = []
        self.next_in = store.next_in
        self._clock_ns = clock_ns
        self._out: list[bytes] = []
        self._splitter = Splitter(MAX_ANSWER)
        self._certificate = b""
        self._heart_bt_s = float(identity.heart_bt_int)
        self._deadline = self._heard = self._spoke = 0.0
        self._tested = False
        self._catch_up_to = 0

    @property
    def is_live(self) -> bool:
        """Say whether requests can be sent."""
        return self.phase is Phase.LIVE and not self.hang_up

    @property
    def is_replaying(self) -> bool:
        """Say whether reports that the venue already has a number for are still to come."""
        return self.next_in < self._catch_up_to

    def connected(self, now: float, certificate: bytes = b"") -> None:
        """Begin a connection; `certificate` is the venue's TLS certificate in DER form, empty on plain TCP."""
        self.phase = Phase.WAITING
        self.hang_up = False
        self.farewell = ""
        self.was_live = False
        self._out.clear()
        self._splitter = Splitter(MAX_ANSWER)
        self._certificate = certificate
        self._deadline = now + LOGON_S
        self._heard = self._spoke = now
        self._tested = False

    def disconnected(self) -> None:
        """End a connection, whoever cut it."""
        self.phase = Phase.DOWN
        self._out.clear()

    def receive(self, received: bytes, now: float) -> list[VenueMessage]:
        """Take bytes off the connection; give what the program has to know, each report exactly once and in the order of its number."""
        news: list[VenueMessage] = []
        if self.phase is Phase.DOWN or self.hang_up:
            return news
        try:
            for payload in self._splitter.feed(received):
                self._heard = now
                self._tested = False
                self._take(decode_venue(payload), now, news)
        except (FramingError, msgspec.DecodeError) as error:
            self.break_off(f"the venue sent what is no message: {error}")
        return news

    def submit(self, message: Numbered, now: float) -> None:
        """Send a numbered request, which must bear `next_seq`.  NotLoggedOn while there is no live connection."""
        if not self.is_live:
            raise NotLoggedOn(f"session {self.identity.name} is not logged on ({self.phase.value})")
        framed = frame(encode(message))
        self.store.sent(Sent(message.seq, message.cl_ord_id, framed))
        self._out.append(framed)
        self._spoke = now

    def stamp(self) -> tuple[int, int, int]:
        """Give the prefix of the next message: its number, the time of day, no flags."""
        return max(self.store.next_out, 1), self._clock_ns(), 0

    def send(self, message: msgspec.Struct, now: float) -> None:
        """Send a message that takes no number."""
        self._out.append(frame(encode(message)))
        self._spoke = now

    def output(self) -> bytes:
        """Give the bytes to write, and forget them; the store remembers what of them may have to go out again."""
        if not self._out:
            return b""
        self.store.flush()
        written = b"".join(self._out)
        self._out.clear()
        return written

    def leave(self, now: float) -> None:
        """Log out; the venue's last reports and its own Logout are waited for, but not for long."""
        if self.phase is Phase.LIVE:
            self.send(Logout(*self.stamp(), LogoutCode.NORMAL, ""), now)
            self.phase = Phase.LEAVING
            self._deadline = now + LOGOUT_S
        elif self.phase is not Phase.LEAVING:
            self.hang_up = True

    def tick(self, now: float) -> float:
        """Do what is due and give the time at which to call again."""
        if self.phase is not Phase.LIVE:
            if self.phase is not Phase.DOWN and now >= self._deadline:
                self._end("the venue did not answer in time")
            return max(self._deadline, now + 0.01)
        if now >= self._heard + GIVE_UP * self._heart_bt_s:
            self._end("the venue fell silent")
        elif self.is_replaying and now >= self._deadline:
            self._end("reports that the venue owes did not come")
        if not self._tested and now >= self._heard + ASK * self._heart_bt_s:
            self._tested = True
            self.send(TestRequest(*self.stamp(), str(self._clock_ns())), now)
        if now >= self._spoke + QUIET * self._heart_bt_s:
            self.send(Heartbeat(*self.stamp(), ""), now)
        due = self._heard + (GIVE_UP if self._tested else ASK) * self._heart_bt_s
        due = min(due, self._spoke + QUIET * self._heart_bt_s)
        return max(min(due, self._deadline) if self.is_replaying else due, now + 0.01)

    def break_off(self, why: str) -> None:
        """End the session for good: the venue does what it must not, and going on could only make it worse."""
        self.fault = SessionBroken(f"session {self.identity.name}: {why}")
        self.hang_up = True

    def _take(self, message: VenueMessage, now: float, news: list[VenueMessage]) -> None:
        if self.hang_up:
            return
        match message:
            case ExecutionReport() if message.exec_type == ExecType.STATUS and self.phase in (Phase.LIVE, Phase.LEAVING):
                news.append(message)
            case ExecutionReport() | CancelReject() | MassCancelReport() if self.phase in (Phase.LIVE, Phase.LEAVING):
                self._report(message, now, news)
            case Challenge() if self.phase is Phase.WAITING:
                self._knock(message, now)
            case Logon() if self.phase is Phase.KNOCKING:
                self._logged_on(message, now)
                news.append(message)
            case Logout():
                self._logout(message, now)
            case _ if self.phase not in (Phase.LIVE, Phase.LEAVING):
                self.break_off(f"{type(message).__name__} before the logon was done")
            case Heartbeat():
                self._look_for_gap(message.seq, now)
            case TestRequest():
                self.send(Heartbeat(*self.stamp(), message.test_id), now)
            case SequenceReset():
                self._skip(message, now, news)
            case Challenge() | Logon():
                self.break_off(f"{type(message).__name__} in a live session")
            case _:
                news.append(message)

    def _knock(self, challenge: Challenge, now: float) -> None:
        if challenge.version != VERSION:
            self._refused(0, f"the venue speaks version {challenge.version}, this client {VERSION}")
            return
        if self.identity.venue and challenge.venue != self.identity.venue:
            self._refused(0, f"this is venue {challenge.venue}, not {self.identity.venue}")
            return
        self.venue = challenge.venue
        try:
            self.store.bind(f"{self.identity.name}@{self.venue}")
        except ValueError as error:
            self._refused(0, str(error))
            return
        first = not self.logged_on_once
        reset = self.identity.reset and first
        wanted = 1 if reset or (self.identity.resume == "all" and self.next_in == 0) else self.next_in
        unsigned = Logon(
            seq=1 if reset else max(self.store.next_out, 1),
            ts_ns=self._clock_ns(),
            flags=0,
            sender=self.identity.name,
            target=self.venue,
            heart_bt_int=self.identity.heart_bt_int,
            reset_seq_num=reset,
            next_expected_seq=wanted,
            cancel_on_disconnect=self.identity.cancel_on_disconnect,
            takeover=self.identity.takeover or not first,
            version=VERSION,
            signature=b"",
        )
        signature = self.identity.key.sign(logon_text(challenge.nonce, unsigned, self._certificate))
        self.send(msgspec.structs.replace(unsigned, signature=signature), now)
        self.phase = Phase.KNOCKING

    def _logged_on(self, answer: Logon, now: float) -> None:
        """Bring both sides' numbers together: the venue's answer is the truth about what it took."""
        store = self.store
        if answer.reset_seq_num:
            self.lost = list(store.unanswered.values())
            store.renumber(1, 1, keep_unanswered=False)
            self.next_in = 1
        next_in = self.next_in or (1 if self.identity.resume == "all" else answer.seq)
        if answer.seq < next_in:
            self.break_off(f"the venue's next report is {answer.seq}, but report {next_in - 1} was seen: log on with reset=True")
            return
        again = [request for request in store.unanswered.values() if request.seq >= answer.next_expected_seq]
        if answer.next_expected_seq > store.next_out:
            # Another connection of this session has used numbers that we may have used too.
            self.lost = list(store.unanswered.values())
            store.renumber(answer.next_expected_seq, store.next_in or next_in, keep_unanswered=False)
        elif store.next_out - answer.next_expected_seq != len(again):
            self.break_off(f"the venue expects request {answer.next_expected_seq}, which it had answered: log on with reset=True")
            return
        elif store.next_in == 0:
            store.renumber(store.next_out, next_in, keep_unanswered=True)
        self.next_in = next_in
        self.phase = Phase.LIVE
        self.logged_on_once = self.was_live = True
        self._heart_bt_s = float(answer.heart_bt_int)
        self._catch_up_to = answer.seq
        self._owed(now)
        self._out.extend(request.frame for request in again)

    def _report(self, report: ExecutionReport | CancelReject | MassCancelReport, now: float, news: list[VenueMessage]) -> None:
        expected = self.next_in
        if report.seq == expected:
            self.next_in += 1
            self._owed(now)
            news.append(report)
        elif report.seq > expected:
            self._look_for_gap(report.seq, now)
        elif not report.flags & MessageFlag.POSS_DUP:
            self.break_off(f"report {report.seq} came again without being marked as a repeat; {expected} was due")

    def _look_for_gap(self, next_of_venue: int, now: float) -> None:
        """Ask for what is missing, once: what comes before the answer is part of the answer, so nothing is put aside.

        A venue that is still fetching what it owes says in its Heartbeats that just this comes next.
        """
        if next_of_venue <= self.next_in:
            if next_of_venue == self.next_in:
                self._owed(now)
            return
        if not self.is_replaying and self.phase is Phase.LIVE:
            self.send(ResendRequest(*self.stamp(), self.next_in, 0), now)
            self._owed(now)
        self._catch_up_to = max(self._catch_up_to, next_of_venue)

    def _skip(self, message: SequenceReset, now: float, news: list[VenueMessage]) -> None:
        if not message.gap_fill:
            self.break_off("the venue changed its numbers without a logon")
        elif message.new_seq > self.next_in:
            news.append(SequenceReset(self.next_in, message.ts_ns, 0, message.new_seq, True))
            self.next_in = message.new_seq
            self._owed(now)

    def _owed(self, now: float) -> None:
        """Give the venue time for the next of the reports that it owes."""
        if self.phase is Phase.LIVE:
            self._deadline = now + GIVE_UP * self._heart_bt_s

    def _logout(self, message: Logout, now: float) -> None:
        code, before = message.code, self.phase
        self.farewell = f"logout {code}: {message.text}" if message.text else f"logout {code}"
        if before is Phase.LIVE:
            self.send(Logout(*self.stamp(), LogoutCode.NORMAL, ""), now)
        hopeless = code in _HOPELESS or (code == LogoutCode.DUPLICATE and not self.logged_on_once and not self.identity.takeover)
        if hopeless and before is not Phase.LEAVING:
            self._refused(code, message.text)
        self.hang_up = True

    def _refused(self, code: int, text: str) -> None:
        self.fault = LogonRefused(code, text)
        self.hang_up = True

    def _end(self, why: str) -> None:
        self.farewell = why
        self.hang_up = True
