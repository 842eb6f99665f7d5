"""A venue that is slow and obviously right: books, money, gates and sessions in plain Python, against which the core is held.

It has the face of `engine.venue.venue.Venue` (the packed calls, the narrow face of the office, the views) and shares with it only words:
enums, records, the layout of a command.  For the same commands it gives the same events, details, balances and refusals.
"""

import struct
from collections import defaultdict
from dataclasses import dataclass

from engine.matching.enums import CommandFlag, CommandKind, ExecType, Liquidity, Reason
from engine.matching.records import COMMAND_FORMAT, COMMAND_SIZE
from engine.testing.commands import RECORD_FIELDS
from engine.testing.history import after_bytes, after_event
from engine.testing.venue_book import NO_DETAIL, VenueBook
from engine.testing.venue_face import VenueFace
from engine.testing.venue_state import State
from engine.venue.records import Detail

ENTRY_FIELDS = (
    *("side", "price", "qty", "cl_ord_id", "instrument", "ord_type", "tif", "session", "account", "display_qty", "exec_inst"),
    *("expire_ns", "stp_group", "stp_mode", "ts_ns", "min_qty", "settle_pref", "stop_px"),
)
NAME_FIELDS = ("order_id", "orig_cl_ord_id", "cl_ord_id", "session", "instrument", "side", "ts_ns")
CHANGE_FIELDS = ("order_id", "price", "qty", "cl_ord_id", "orig_cl_ord_id", "display_qty", "session", "instrument", "side", "ts_ns")
FILTER_FIELDS = ("session", "account", "instrument", "side", "cl_ord_id", "ts_ns")
REFUSED_FIELDS = ("order_id", "cl_ord_id", "orig_cl_ord_id", "session", "account", "instrument", "side", "price")
Fields = dict[str, int]


@dataclass(slots=True)
class Session:
    """The numbers of a session."""

    next_in: int = 1
    next_out: int = 1
    last_cl_ord_id: int = 0
    lives: int = 0
    ends_with_connection: bool = False


class VenueOracle(VenueFace):
    """The venue by its rules alone."""

    def __init__(
        self,
        *,
        sessions: int = 1_024,
        instruments: int = 1_024,
        accounts: int = 65_536,
        parties: int = 65_536,
        assets: int = 2_048,
        balances: int = 262_144,
        profiles: int = 1_024,
        trades: int = 65_536,
        orders: int = 1_048_576,
        levels: int = 4_194_304,
        sweep: int = 65_536,
        batch: int = 0,
        secret: int = 0,
    ) -> None:
        """Open an empty venue with these capacities; `batch` and `secret` are the core's affair."""
        state = State(accounts=accounts, parties=parties, assets=assets, balances=balances, profiles=profiles, trades=trades)
        super().__init__(state, VenueBook(state, orders=orders, levels=levels, accounts=accounts, sweep=sweep, listings=instruments))
        self.session_count = sessions
        self._sessions: defaultdict[int, Session] = defaultdict(Session)
        self.history = 0
        self.day_began_ns = 0
        self._since = 0

    def next_in(self, session: int) -> int:
        """Return the number that the session's next request must have."""
        return self._sessions[session].next_in

    def next_out(self, session: int) -> int:
        """Return the number that the session's next report will have."""
        return self._sessions[session].next_out

    def last_cl_ord_id(self, session: int) -> int:
        """Return the last id that the session's client used."""
        return self._sessions[session].last_cl_ord_id

    def lives(self, session: int) -> int:
        """Return how often the session's numbers began at 1 again."""
        return self._sessions[session].lives

    def ends_with_connection(self) -> list[int]:
        """Return the sessions that are logged on and whose orders end with their connection."""
        return sorted(number for number, session in self._sessions.items() if session.ends_with_connection)

    def apply_packed(self, commands: bytes, start: int = 0) -> int:
        """Apply packed commands with the times that they carry, from index `start` on; return how many there are."""
        self.book.begin()
        records = list(struct.iter_unpack(COMMAND_FORMAT, commands[start * COMMAND_SIZE :]))
        for record in records:
            self._apply(dict(zip(RECORD_FIELDS, record, strict=True)))
        return start + len(records)

    def details(self) -> list[Detail]:
        """Return the details of the last events, one for each of them."""
        return self.book.details

    def begin_act(self, ts_ns: int) -> None:
        """Begin a command of the office: forget the events before, and take its time."""
        self.book.begin()
        self._state.now_ns = ts_ns
        self._since = 0

    def resume_act(self, ts_ns: int) -> None:
        """Go on with the command that was just applied as with one of the office's: its events stay, and have their numbers."""
        self._state.now_ns = ts_ns
        self._since = len(self.book.told)

    def end_act(self) -> int:
        """Give the reports of the office's command their numbers, and return how many events there are."""
        self._number(self._since)
        return len(self.book.told)

    def remember(self, said: bytes) -> None:
        """Make what an act answered a part of the history."""
        self.history = after_bytes(self.history, said)

    def _apply(self, asked: Fields) -> None:
        session, kind = self._sessions[asked["session"]], asked["kind"]
        since = len(self.book.told)
        self._state.now_ns = asked["ts_ns"]
        if kind == CommandKind.SKIP:
            session.next_in = asked["in_seq"]
        elif kind == CommandKind.SESSION_RESET:
            session.next_in, session.next_out, session.last_cl_ord_id, session.lives = 1, 1, 0, session.lives + 1
        elif kind == CommandKind.LOGON:
            session.ends_with_connection = bool(asked["flags"] & CommandFlag.DISCONNECT)
        elif kind == CommandKind.BIRTH:
            self.day_began_ns = asked["ts_ns"]
        elif kind in (CommandKind.ACT, CommandKind.MARK):
            pass  # an act is the office's, a mark is about the log
        elif asked["in_seq"] == 0:
            self._request(asked)
        else:
            self._numbered_request(asked, session)
        self._number(since)

    def _numbered_request(self, asked: Fields, session: Session) -> None:
        session.next_in = asked["in_seq"] + 1
        if asked["cl_ord_id"] <= session.last_cl_ord_id:
            self._turn_away(asked, Reason.DUP_CL_ORD_ID)
            return
        session.last_cl_ord_id = asked["cl_ord_id"]
        since = len(self.book.told)
        self._request(asked)
        was_used = 0 < asked["orig_cl_ord_id"] < asked["cl_ord_id"] and not asked["order_id"]
        if was_used and self.book.told[since].reason == Reason.UNKNOWN_ORDER:
            self.book.told[since] = self.book.told[since]._replace(reason=Reason.TOO_LATE)

    def _request(self, asked: Fields) -> None:
        kind, book, ts_ns = asked["kind"], self.book, asked["ts_ns"]
        book.why_not = NO_DETAIL
        if asked["flags"] & CommandFlag.THROTTLED:
            self._turn_away(asked, Reason.THROTTLE)
        elif kind == CommandKind.ENTER:
            book.enter(**{name: asked[name] for name in ENTRY_FIELDS})
        elif kind == CommandKind.CANCEL:
            book.cancel(**{name: asked[name] for name in NAME_FIELDS})
        elif kind == CommandKind.REPLACE:
            book.replace(**{name: asked[name] for name in CHANGE_FIELDS}, reenter=bool(asked["flags"] & CommandFlag.REENTER))
        elif kind == CommandKind.MASS_CANCEL:
            reason = Reason.DISCONNECT if asked["flags"] & CommandFlag.DISCONNECT else Reason.MASS_CANCEL
            book.mass_cancel(**{name: asked[name] for name in FILTER_FIELDS}, reason=reason)
            if reason == Reason.DISCONNECT:
                self._sessions[asked["session"]].ends_with_connection = False
        elif kind == CommandKind.TIME:
            book.expire(ts_ns)
        elif kind == CommandKind.END_OF_DAY:
            book.end_of_day(ts_ns)
            self._begin_day(ts_ns)
        else:
            self._turn_away(asked, Reason.UNKNOWN_COMMAND)

    def _turn_away(self, asked: Fields, reason: Reason) -> None:
        """Answer a request in the manner of its kind without looking at it."""
        manner = {CommandKind.MASS_CANCEL: (ExecType.MASS_CANCELED, 0)}
        manner |= {CommandKind.CANCEL: (ExecType.CANCEL_REJECTED, 1), CommandKind.REPLACE: (ExecType.CANCEL_REJECTED, 2)}
        exec_type, answers = manner.get(CommandKind(asked["kind"]), (ExecType.REJECTED, 0))
        fields = {name: asked[name] for name in REFUSED_FIELDS} | {"order_qty": asked["qty"], "liquidity": Liquidity(answers)}
        self.book.refuse(exec_type, reason=reason, **fields)

    def _begin_day(self, ts_ns: int) -> None:
        self.day_began_ns = ts_ns
        for party in self._state.parties.values():
            party.gross_day = 0
        for gate in self._state.gates.values():
            gate.traded_day = 0

    def _number(self, since: int) -> None:
        """Give each event from number `since` on its report's number, and make it and its detail a part of the history."""
        for event, detail in zip(self.book.told[since:], self.book.details[since:], strict=True):
            self._sessions[event.session].next_out += 1
            self.history = after_event(self.history, event, detail)
