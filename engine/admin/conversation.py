"""One operator's connection as a state machine without I/O and without a clock.

It is told what was received and what time it is, and returns the messages to send; `over` says that the connection ends behind them.  A
logon that is not authentic is answered after a fixed time, in words that do not tell why.
"""

from collections.abc import Callable, Sequence
from enum import Enum

from msgspec import Struct

from engine.admin.clerk import AdminRequest
from engine.admin.messages import HEART_BT_INT, Answer, decode_operator
from engine.protocol.messages import DECODE_ERRORS, VERSION, Challenge, Logon, Logout, LogoutCode

SECOND_NS = 1_000_000_000

Sent = Sequence[Challenge | Logon | Logout | Answer]


class Phase(Enum):
    """Where a connection is in its life."""

    CONNECTED = "connected"  # challenged, no logon yet
    REFUSED = "refused"  # judged; told so after a fixed delay
    ESTABLISHED = "established"
    OVER = "over"


class Timing(Struct, frozen=True):
    """How long an operator may take over things."""

    logon_ns: int
    refusal_ns: int
    idle_ns: int


class Conversation:
    """One connection, from its first byte to its last.

    `judge(logon, nonce)` returns whether a logon is authentic, `room()` whether there is a place for one more operator, and `serve(actor,
    request)` does what an operator asks for.
    """

    def __init__(
        self,
        venue: str,
        nonce: bytes,
        timing: Timing,
        *,
        judge: Callable[[Logon, bytes], bool],
        room: Callable[[], bool],
        serve: Callable[[str, AdminRequest], Answer],
    ) -> None:
        self._venue = venue
        self._nonce = nonce
        self._timing = timing
        self._judge = judge
        self._room = room
        self._serve = serve
        self.phase = Phase.CONNECTED
        self.actor = ""
        self._deadline_ns = 0

    @property
    def over(self) -> bool:
        """Whether the connection ends behind what was sent."""
        return self.phase is Phase.OVER

    def open(self, now_ns: int) -> Sent:
        """Greet."""
        self._deadline_ns = now_ns + self._timing.logon_ns
        return [Challenge(0, 0, 0, self._nonce, self._venue, VERSION)]

    def receive(self, payload: bytes, now_ns: int) -> Sent:
        """Take one message and answer it."""
        if self.phase in (Phase.REFUSED, Phase.OVER):
            return []
        try:
            message = decode_operator(payload)
        except DECODE_ERRORS as error:
            return self.end(LogoutCode.MALFORMED, str(error))
        if self.phase is Phase.CONNECTED:
            return self._log_on(message, now_ns) if isinstance(message, Logon) else self.end(LogoutCode.MALFORMED, "a Logon comes first")
        self._deadline_ns = now_ns + self._timing.idle_ns
        match message:
            case Logout():
                return self.end(LogoutCode.NORMAL, "")
            case Logon():
                return self.end(LogoutCode.MALFORMED, f"{self.actor} is logged on")
            case _:
                return [self._serve(self.actor, message)]

    def tick(self, now_ns: int) -> Sent:
        """Do what is due."""
        if now_ns < self._deadline_ns:
            return []
        match self.phase:
            case Phase.CONNECTED:
                return self.end(LogoutCode.TIMEOUT, "no logon in time")
            case Phase.REFUSED:
                return self.end(LogoutCode.LOGON_REFUSED, "logon refused")
            case Phase.ESTABLISHED:
                return self.end(LogoutCode.TIMEOUT, f"nothing was asked for {self._timing.idle_ns // SECOND_NS} s")
            case Phase.OVER:
                return []

    def end(self, code: LogoutCode, text: str) -> Sent:
        """Say why, and end."""
        if self.phase is Phase.OVER:
            return []
        self.phase = Phase.OVER
        return [Logout(0, 0, 0, code, text[:256])]

    def _log_on(self, logon: Logon, now_ns: int) -> Sent:
        if not self._judge(logon, self._nonce):
            self.phase = Phase.REFUSED
            self._deadline_ns = now_ns + self._timing.refusal_ns
            return []
        if logon.version != VERSION or logon.heart_bt_int != HEART_BT_INT:
            told = f"version {logon.version}, heart_bt_int {logon.heart_bt_int}: {VERSION} and {HEART_BT_INT} are spoken here"
            return self.end(LogoutCode.LOGON_REFUSED, told)
        if not self._room():
            return self.end(LogoutCode.TOO_MANY_SESSIONS, "too many operators are connected")
        self.phase = Phase.ESTABLISHED
        self.actor = logon.sender
        self._deadline_ns = now_ns + self._timing.idle_ns
        return [Logon(0, 0, 0, self._venue, logon.sender, HEART_BT_INT, False, 1, False, False, VERSION, b"")]
