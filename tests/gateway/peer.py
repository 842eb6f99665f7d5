"""A model of everything around a Session: the venue's numbering and its reports, the wire, and the client at its other end."""

from dataclasses import dataclass, field

from engine.gateway.effects import (
    Abort,
    Answer,
    Authenticate,
    Close,
    Effect,
    LoggedOff,
    LoggedOn,
    Replay,
    Reset,
    Send,
    SkipTo,
    Take,
)
from engine.gateway.session import Message, Session, Timing
from engine.protocol.messages import VERSION, Cancel, Logon, SequenceReset

SECOND = 1_000_000_000
START = 1_000 * SECOND
HEART_BT_INT = 10


@dataclass
class Venue:
    """What the venue knows of one session, whoever is connected; a report is the number of the request that caused it."""

    next_in: int = 1
    reports: list[int] = field(default_factory=list)
    replaying: bool = False
    taken: list[int] = field(default_factory=list)
    resets: int = 0

    @property
    def next_out(self) -> int:
        return len(self.reports) + 1

    @property
    def next_sent(self) -> int:
        return self.next_out

    def emit(self, cause: int) -> None:
        self.reports.append(cause)


@dataclass
class Wire:
    """One connection: a session, what it sent, and the message at hand."""

    venue: Venue
    session: Session = field(default_factory=lambda: Session("VENUE", Timing()))
    sent: list[object] = field(default_factory=list)
    attached: bool = False
    closed: bool = False
    canceled: bool = False
    authenticated: bool = True
    now: int = START
    heard: int = START
    spoke: int = START

    def open(self) -> "Wire":
        self.perform(self.session.open(bytes(32), self.now))
        return self

    def say(self, message: Message) -> list[Effect]:
        self.heard = self.now
        effects = self.session.receive(message, self.now)
        self.perform(effects, message.seq)
        return effects

    def pass_time(self, ns: int) -> list[Effect]:
        self.now += ns
        effects = self.session.tick(self.now, self.heard, self.spoke)
        self.perform(effects)
        return effects

    def perform(self, effects: list[Effect], seq: int = 0) -> None:
        for effect in effects:
            self._perform(effect, seq)

    def report(self, cause: int) -> None:
        self.venue.emit(cause)
        if self.attached:
            self.sent.append((len(self.venue.reports), cause, False))

    def _perform(self, effect: Effect, seq: int) -> None:
        venue = self.venue
        match effect:
            case Send(kind, fields):
                self.sent.append(kind(venue.next_out if self.session.name else 0, 0, 0, *fields))
                self.spoke = self.now
            case Authenticate() if self.authenticated:
                self.perform(self.session.admit(venue, self.now))
            case Authenticate():
                self.perform(self.session.refuse(self.now))
            case Reset():
                venue.next_in, venue.reports = 1, []
                venue.resets += 1
            case LoggedOn():
                self.attached = True
            case Replay(begin, end):
                self.sent += [(number, venue.reports[number - 1], True) for number in range(begin, end + 1)]
            case Take():
                assert self.attached
                venue.taken.append(seq)
                venue.next_in += 1
                self.report(seq)
            case SkipTo(new_seq):
                venue.next_in = new_seq
            case LoggedOff(cancel):
                self.canceled = cancel
                self.attached = False
            case Close() | Abort():
                self.closed = True
            case Answer():
                self.sent.append(effect)


@dataclass
class Client:
    """Holds reports by number; what it holds must never depend on how often its connection broke."""

    reports: dict[int, int] = field(default_factory=dict)
    read: int = 0

    @property
    def next_expected(self) -> int:
        return len(self.reports) + 1

    def take(self, wire: Wire) -> None:
        for item in wire.sent[self.read :]:
            if isinstance(item, tuple):
                number, cause, poss_dup = item
                assert poss_dup or number == self.next_expected, "a new report came out of order"
                assert self.reports.setdefault(number, cause) == cause, "a number was used for two reports"
        self.read = len(wire.sent)


def logon(seq: int = 1, **wishes: object) -> Logon:
    """A logon of alice's."""
    fields = {
        "sender": "alice",
        "target": "VENUE",
        "heart_bt_int": HEART_BT_INT,
        "reset_seq_num": False,
        "next_expected_seq": 1,
        "cancel_on_disconnect": False,
        "takeover": False,
        "version": VERSION,
        "signature": b"",
    }
    return Logon(seq, 0, 0, **(fields | wishes))


def cancel(seq: int, flags: int = 0) -> Cancel:
    """A numbered message; which one does not matter to a session."""
    return Cancel(seq, 0, flags, cl_ord_id=seq, orig_cl_ord_id=0, order_id=1, instrument=0, side=0)


def gap_fill(seq: int, new_seq: int, *, gap_fill: bool = True) -> SequenceReset:
    return SequenceReset(seq, 0, 0, new_seq, gap_fill)


def logged_on(venue: Venue | None = None, **wishes: object) -> Wire:
    """An established connection with an empty outbox."""
    wire = Wire(venue or Venue()).open()
    wire.say(logon(**wishes))
    wire.sent.clear()
    return wire
