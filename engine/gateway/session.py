"""One connection of one session as a state machine without I/O and without a clock.

It is told what was received and what time it is, and answers with effects for its owner to perform in their order.  So every rule of the
session protocol can be driven by a test in any interleaving, and the compiled connection only has to copy one of them: a numbered message
of an established session that bears the expected number is taken.  The rules are those of docs/PROTOCOL.md, "Session".

Times are nanoseconds of a clock that never steps back, except `ts_ns` inside messages, which is UTC.
"""

from enum import Enum
from typing import Protocol

from msgspec import Struct

from engine.gateway.effects import (
    Abort,
    Answer,
    Authenticate,
    Close,
    Effect,
    LoggedOff,
    LoggedOn,
    Question,
    Replay,
    Reset,
    Send,
    SkipTo,
    Take,
    refusal,
)
from engine.matching.enums import Reason
from engine.protocol.messages import (
    VERSION,
    Cancel,
    Challenge,
    Heartbeat,
    InstrumentStatusRequest,
    Logon,
    Logout,
    LogoutCode,
    MassCancel,
    MessageFlag,
    NewOrder,
    Reject,
    RejectReason,
    Replace,
    ResendRequest,
    SequenceReset,
    TestRequest,
)

HEART_BT_INT_MIN_S = 1
HEART_BT_INT_MAX_S = 60
SUBSCRIBE_MAX = 2
SECOND_NS = 1_000_000_000

Numbered = NewOrder | Cancel | Replace | MassCancel
Message = Numbered | Question | Logon | Logout | Heartbeat | TestRequest | ResendRequest | SequenceReset


class Phase(Enum):
    """Where a connection is in its life."""

    CONNECTED = "connected"  # challenged, no logon yet
    KNOCKING = "knocking"  # its logon is being judged
    REFUSED = "refused"  # judged; told so after a fixed delay
    ESTABLISHED = "established"
    LEAVING = "leaving"  # Logout sent, waiting for the peer's
    CLOSED = "closed"


class Numbers(Protocol):
    """The numbering of one session; it outlives connections."""

    @property
    def next_in(self) -> int:
        """Number that the client's next numbered message must have."""

    @property
    def next_out(self) -> int:
        """Number that the next report will have."""

    @property
    def next_sent(self) -> int:
        """Number of the first report that nobody may see yet; `next_out` when all may."""

    @property
    def replaying(self) -> bool:
        """Whether reports are being sent again."""


class Timing(Struct, frozen=True):
    """How long a connection may take over things."""

    logon_ns: int = 5 * SECOND_NS
    refusal_ns: int = SECOND_NS // 2
    logout_ns: int = 2 * SECOND_NS


class Fault(Struct, frozen=True):
    """Why a message could not be decoded; `seq` and `type` are 0 where they could not be read, `field` counts array elements."""

    seq: int
    type: int
    field: int
    reason: RejectReason
    text: str
    numbered: bool = False


class Session:
    """One connection, from its first byte to its last."""

    __slots__ = (
        "_timing",
        "_venue",
        "cancel_on_disconnect",
        "deadline_ns",
        "heart_bt_ns",
        "logon",
        "name",
        "numbers",
        "phase",
        "tested_ns",
    )

    def __init__(self, venue: str, timing: Timing) -> None:
        self._venue = venue
        self._timing = timing
        self.phase = Phase.CONNECTED
        self.name = ""
        self.logon: Logon | None = None
        self.numbers: Numbers | None = None
        self.cancel_on_disconnect = False
        self.heart_bt_ns = 0
        self.deadline_ns = 0
        self.tested_ns = -1

    def open(self, nonce: bytes, now_ns: int) -> list[Effect]:
        """Greet a new connection."""
        self.deadline_ns = now_ns + self._timing.logon_ns
        return [Send(Challenge, (nonce, self._venue, VERSION))]

    def receive(self, message: Message, now_ns: int, *, over: bool = False) -> list[Effect]:
        """Handle a decoded message; `over` says that its sender asks more often than it may."""
        match self.phase:
            case Phase.ESTABLISHED:
                return self._established(message, now_ns, over)
            case Phase.CONNECTED if isinstance(message, Logon):
                self.phase = Phase.KNOCKING
                self.logon = message
                self.name = message.sender
                return [Authenticate(message)]
            case Phase.CONNECTED | Phase.KNOCKING:
                return self.refuse(now_ns)
            case Phase.LEAVING if isinstance(message, Logout):
                return self._close(now_ns)
            case _:
                return []

    def fault(self, fault: Fault, now_ns: int) -> list[Effect]:
        """Handle a message that breaks its definition but whose frame is sound."""
        if self.phase in (Phase.CONNECTED, Phase.KNOCKING):
            return self.refuse(now_ns)
        if self.phase is not Phase.ESTABLISHED:
            return []
        reject = Send(Reject, (fault.seq, fault.type, fault.field, fault.reason, fault.text[:256]))
        if not fault.numbered or fault.seq == 0:
            return [reject]
        if fault.seq != self._numbers.next_in:
            return self._out_of_order(fault.seq, now_ns, poss_dup=False)
        return [SkipTo(fault.seq + 1), reject]

    def malformed(self, text: str, now_ns: int) -> list[Effect]:
        """Handle bytes that are no message: where the next one starts can't be known."""
        return self.end(LogoutCode.MALFORMED, text, now_ns)

    def admit(self, numbers: Numbers, now_ns: int) -> list[Effect]:
        """Log an authenticated session on, or tell it which of its wishes can't be met."""
        logon = self.logon
        if logon is None or self.phase is not Phase.KNOCKING:
            return []
        code, text = _unmet(logon, numbers)
        if code is not LogoutCode.NORMAL:
            return self.end(code, text, now_ns)
        self.phase = Phase.ESTABLISHED
        self.numbers = numbers
        self.cancel_on_disconnect = logon.cancel_on_disconnect
        self.heart_bt_ns = logon.heart_bt_int * SECOND_NS
        reset = logon.reset_seq_num
        answer = (
            self._venue,
            logon.sender,
            logon.heart_bt_int,
            reset,
            1 if reset else numbers.next_in,
            logon.cancel_on_disconnect,
            logon.takeover,
            VERSION,
            b"",
        )
        if reset:
            return [Reset(), LoggedOn(), Send(Logon, answer)]
        return [LoggedOn(), Send(Logon, answer), *self._replay(logon.next_expected_seq or numbers.next_sent, numbers.next_sent - 1)]

    def refuse(self, now_ns: int) -> list[Effect]:
        """Refuse a logon that could not be authenticated: after a fixed delay and without the cause, so that nothing can be probed."""
        if self.phase in (Phase.CONNECTED, Phase.KNOCKING):
            self.phase = Phase.REFUSED
            self.deadline_ns = now_ns + self._timing.refusal_ns
        return []

    def end(self, code: LogoutCode, text: str, now_ns: int) -> list[Effect]:
        """Send a Logout of the venue's own and wait a while for the peer's, so that it can read ours before the connection is gone."""
        if self.phase in (Phase.LEAVING, Phase.CLOSED):
            return []
        effects = self._log_off()
        self.phase = Phase.LEAVING
        self.deadline_ns = now_ns + self._timing.logout_ns
        return [*effects, Send(Logout, (code, text[:256]))]

    def cut(self, now_ns: int) -> list[Effect]:
        """Leave a peer that does not read: there is no point in a Logout."""
        if self.phase is Phase.CLOSED:
            return [Abort()]
        effects = self._log_off()
        self.phase = Phase.CLOSED
        self.deadline_ns = now_ns
        return [*effects, Abort()]

    def lost(self) -> list[Effect]:
        """Note that the connection is gone."""
        effects = self._log_off()
        self.phase = Phase.CLOSED
        return effects

    def probe(self, now_ns: int) -> list[Effect]:
        """Ask a silent peer for a sign of life."""
        self.tested_ns = now_ns
        return [Send(TestRequest, (str(now_ns),))]

    def tick(self, now_ns: int, heard_ns: int, spoke_ns: int) -> list[Effect]:
        """Do what is due; `heard_ns` and `spoke_ns` are the times of the last valid message in and of the last message out."""
        match self.phase:
            case Phase.ESTABLISHED:
                return self._keep_alive(now_ns, heard_ns, spoke_ns)
            case Phase.CONNECTED if now_ns >= self.deadline_ns:
                return self.end(LogoutCode.TIMEOUT, "no logon in time", now_ns)
            case Phase.REFUSED if now_ns >= self.deadline_ns:
                return self.end(LogoutCode.LOGON_REFUSED, "logon refused", now_ns)
            case Phase.LEAVING if now_ns >= self.deadline_ns:
                return self._close(now_ns)
            case Phase.CLOSED if now_ns >= self.deadline_ns:
                return [Abort()]
            case _:
                return []

    @property
    def _numbers(self) -> Numbers:
        assert self.numbers is not None, "only an established session has numbers"
        return self.numbers

    def _established(self, message: Message, now_ns: int, over: bool) -> list[Effect]:
        match message:
            case NewOrder() | Cancel() | Replace() | MassCancel():
                if message.seq == self._numbers.next_in:
                    return [Take()]
                return self._out_of_order(message.seq, now_ns, poss_dup=bool(message.flags & MessageFlag.POSS_DUP))
            case Heartbeat():
                return []
            case TestRequest():
                return [Send(Heartbeat, (message.test_id,))]
            case ResendRequest():
                return self._resend(message)
            case SequenceReset():
                return self._skip(message)
            case Logout():
                effects = self._log_off()
                return [*effects, Send(Logout, (LogoutCode.NORMAL, "")), *self._close(now_ns)]
            case Logon():
                return [_reject(message, 0, RejectReason.OTHER, "the session is logged on")]
            case _:
                return self._question(message, over)

    def _question(self, message: Question, over: bool) -> list[Effect]:
        if isinstance(message, InstrumentStatusRequest) and message.subscribe > SUBSCRIBE_MAX:
            return [_reject(message, 6, RejectReason.OUT_OF_RANGE, f"subscribe must be 0 to {SUBSCRIBE_MAX}")]
        return [refusal(message, Reason.THROTTLE, "too many requests") if over else Answer(message)]

    def _out_of_order(self, seq: int, now_ns: int, *, poss_dup: bool) -> list[Effect]:
        expected = self._numbers.next_in
        if seq > expected:
            return self.end(LogoutCode.SEQ_GAP, f"MsgSeqNum too high, expecting {expected} but received {seq}", now_ns)
        if poss_dup:
            return []
        return self.end(LogoutCode.SEQ_TOO_LOW, f"MsgSeqNum too low, expecting {expected} but received {seq}", now_ns)

    def _resend(self, request: ResendRequest) -> list[Effect]:
        last = self._numbers.next_sent - 1
        if not 1 <= request.begin <= last + 1:
            return [_reject(request, 4, RejectReason.OUT_OF_RANGE, f"begin must be 1 to {last + 1}")]
        if request.end and request.end < request.begin:
            return [_reject(request, 5, RejectReason.OUT_OF_RANGE, "end must be 0 or not less than begin")]
        if self._numbers.replaying:
            return [_reject(request, 0, RejectReason.OTHER, "a resend is still under way")]
        return self._replay(request.begin, min(request.end or last, last))

    def _replay(self, begin: int, end: int) -> list[Effect]:
        return [Replay(begin, end)] if begin <= end else []

    def _skip(self, message: SequenceReset) -> list[Effect]:
        expected = self._numbers.next_in
        if not message.gap_fill:
            return [_reject(message, 5, RejectReason.OUT_OF_RANGE, "only a logon resets numbers: gap_fill must be true")]
        if message.new_seq < expected:
            return [_reject(message, 4, RejectReason.OUT_OF_RANGE, f"new_seq must be at least {expected}")]
        return [SkipTo(message.new_seq)] if message.new_seq > expected else []

    def _keep_alive(self, now_ns: int, heard_ns: int, spoke_ns: int) -> list[Effect]:
        silent_ns = now_ns - heard_ns
        if silent_ns * 10 >= self.heart_bt_ns * 24:
            return self.end(LogoutCode.TIMEOUT, "nothing heard for 2.4 heartbeat intervals", now_ns)
        effects: list[Effect] = []
        if silent_ns * 10 >= self.heart_bt_ns * 12 and self.tested_ns <= heard_ns:
            effects += self.probe(now_ns)
        elif now_ns - spoke_ns >= self.heart_bt_ns:
            effects.append(Send(Heartbeat, ("",)))
        return effects

    def _log_off(self) -> list[Effect]:
        return [LoggedOff(self.cancel_on_disconnect)] if self.phase is Phase.ESTABLISHED else []

    def _close(self, now_ns: int) -> list[Effect]:
        self.phase = Phase.CLOSED
        self.deadline_ns = now_ns + self._timing.logout_ns
        return [Close()]


def _unmet(logon: Logon, numbers: Numbers) -> tuple[LogoutCode, str]:
    """Return the code and text that refuse an authentic logon, or NORMAL."""
    if logon.version != VERSION:
        return LogoutCode.LOGON_REFUSED, f"version {logon.version} is not spoken here, {VERSION} is"
    if not HEART_BT_INT_MIN_S <= logon.heart_bt_int <= HEART_BT_INT_MAX_S:
        return LogoutCode.LOGON_REFUSED, f"heart_bt_int {logon.heart_bt_int} is not {HEART_BT_INT_MIN_S} to {HEART_BT_INT_MAX_S} s"
    if logon.reset_seq_num:
        if logon.seq == logon.next_expected_seq == 1:
            return LogoutCode.NORMAL, ""
        return LogoutCode.LOGON_REFUSED, "a reset needs seq 1 and next_expected_seq 1"
    if logon.next_expected_seq > numbers.next_sent:
        return LogoutCode.SEQ_TOO_HIGH, f"next_expected_seq {logon.next_expected_seq} is beyond the next report, {numbers.next_sent}"
    return LogoutCode.NORMAL, ""


def _reject(message: Message, field: int, reason: RejectReason, text: str) -> Send:
    return Send(Reject, (message.seq, type(message).__struct_config__.tag, field, reason, text))
