"""Whoever follows the log from its first group on and never crashes: what every session must have been told follows from it.

It shares with the venue's own replay nothing but the venue: groups are taken apart by `engine.transcript`, commands are applied one by one
through the face for oracles, and the bytes of reports are made by msgspec from the events.  Given an oracle instead of the venue, it knows
the rules by heart as well.
"""

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from engine.journal.records import Group
from engine.matching.enums import CommandFlag, CommandKind, ExecType, OrdStatus
from engine.matching.records import COMMAND_FORMAT, Command, Event
from engine.protocol.messages import CancelReject, ExecutionReport, MassCancelReport, encode
from engine.transcript import commands_of
from engine.venue.office import Office
from engine.venue.records import Detail

REQUESTS = frozenset({CommandKind.ENTER, CommandKind.CANCEL, CommandKind.REPLACE, CommandKind.MASS_CANCEL})
OWN = frozenset({CommandKind.MARK, CommandKind.BIRTH, CommandKind.LOGON})
STATUSES = {kind: OrdStatus[kind.name] for kind in ExecType if kind.name in OrdStatus.__members__ and kind is not ExecType.NEW}


@dataclass
class Life:
    """What a session asked and was told while its numbers ran on; reports are payloads, the first has number 1."""

    requests: dict[int, Command] = field(default_factory=dict)
    reports: list[bytes] = field(default_factory=list)


class LogFault(Exception):
    """The log holds what it must not; says where."""


class Witness:
    """Follows groups; `lives` has each session's lives, `ends` whose orders end with the connection."""

    def __init__(self, venue: Any) -> None:
        self.venue = venue
        self.office = Office(venue)
        self.next_seq = 1
        self.last_ts_ns = 0
        self.lives: defaultdict[int, list[Life]] = defaultdict(lambda: [Life()])
        self.ends: set[int] = set()
        self.kinds: Counter[CommandKind] = Counter()
        self.acts: list[bytes] = []
        self.order_ids: set[int] = set()
        self.reasons: Counter[int] = Counter()

    def follow(self, groups: Iterable[Group]) -> None:
        """Carry out what comes next.  LogFault for a number or a time that does not follow, or for another history than a mark tells."""
        for group in groups:
            if group.first_seq != self.next_seq:
                raise LogFault(f"a group begins with {group.first_seq}, and {self.next_seq} is next")
            for seq, command, payload in commands_of(group):
                if seq != self.next_seq or command.ts_ns <= self.last_ts_ns:
                    raise LogFault(f"command {seq} of time {command.ts_ns} comes behind {self.next_seq - 1} of time {self.last_ts_ns}")
                self._carry_out(command, payload)
                self.next_seq += 1
                self.last_ts_ns = command.ts_ns
            if self.next_seq != group.first_seq + group.count:
                raise LogFault(f"the group from {group.first_seq} on says that it has {group.count} commands")

    def _carry_out(self, command: Command, payload: bytes) -> None:
        kind = CommandKind(command.kind)
        self.kinds[kind] += 1
        if kind is CommandKind.MARK and command.order_id != self.venue.history:
            raise LogFault(f"the mark {self.next_seq} tells another history")
        if kind in OWN:
            self._note_terms(kind, command)
            self.venue.apply_packed(struct.pack(COMMAND_FORMAT, *command))
            return
        if kind is not CommandKind.ACT:
            self._note_request(kind, command)
            self.venue.apply_packed(struct.pack(COMMAND_FORMAT, *command))
            if kind is not CommandKind.TIME:
                self.venue.resume_act(command.ts_ns)
                self.office.answer_strikes(command.ts_ns)
                self.venue.end_act()
            self._tell(command)
        if kind is CommandKind.ACT:
            self.acts.append(payload)
            self.venue.begin_act(command.ts_ns)
            outcome = self.office.apply(payload, command.ts_ns)
            self.venue.remember(msgspec.msgpack.encode(outcome))
            self.venue.end_act()
            self._tell(command)
        elif kind is CommandKind.TIME:
            self.venue.begin_act(command.ts_ns)
            self.office.pass_time(command.ts_ns)
            self.venue.end_act()
            self._tell(command)

    def _note_terms(self, kind: CommandKind, command: Command) -> None:
        if kind is CommandKind.LOGON:
            (self.ends.add if command.flags & CommandFlag.DISCONNECT else self.ends.discard)(command.session)

    def _note_request(self, kind: CommandKind, command: Command) -> None:
        lives = self.lives[command.session]
        if kind is CommandKind.SESSION_RESET:
            lives.append(Life())
        elif command.in_seq and kind in REQUESTS:
            requests = lives[-1].requests
            if command.in_seq != len(requests) + 1:
                raise LogFault(f"session {command.session} has request {command.in_seq} behind {len(requests)}")
            requests[command.in_seq] = command
        elif kind is CommandKind.MASS_CANCEL and command.flags & CommandFlag.DISCONNECT:
            self.ends.discard(command.session)

    def _tell(self, command: Command) -> None:
        for event, detail in zip(self.venue.book.events(), self.venue.details(), strict=True):
            self.order_ids.add(event.order_id)
            self.reasons[event.reason] += 1
            if event.session:
                reports = self.lives[event.session][-1].reports
                reports.append(encode(report_of(event, detail, len(reports) + 1, command.ts_ns)))


def report_of(event: Event, detail: Detail, seq: int, ts_ns: int) -> msgspec.Struct:
    """Return the message that reports an event, by the words of docs/PROTOCOL.md."""
    kind = ExecType(event.exec_type)
    limit = detail.bound, detail.reference, detail.quality
    if kind is ExecType.CANCEL_REJECTED:
        return CancelReject(seq, ts_ns, 0, event.order_id, event.cl_ord_id, event.orig_cl_ord_id, event.liquidity, event.reason, *limit)
    if kind is ExecType.MASS_CANCELED:
        return MassCancelReport(seq, ts_ns, 0, event.cl_ord_id, event.last_qty, event.reason)
    status = STATUSES.get(kind)
    if status is None:
        status = OrdStatus.FILLED if event.leaves_qty == 0 else OrdStatus.PARTIALLY_FILLED if event.cum_qty else OrdStatus.NEW
    return ExecutionReport(
        *(seq, ts_ns, 0, event.order_id, event.exec_id, event.cl_ord_id, event.orig_cl_ord_id, event.account, event.instrument),
        *(event.side, kind, status, event.price, event.order_qty, event.leaves_qty, event.cum_qty, event.last_px, event.last_qty),
        *(event.liquidity, event.match_id, event.reason, detail.fee, *limit, detail.settlement, detail.fallback),
    )
