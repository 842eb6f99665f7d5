"""A venue of the test's own that follows the log from its birth: what the log says of everybody, without the gateway and its codec.

It carries out one command at a time and writes each report by the words of the protocol, so it tells from the log alone which bytes a
session must have been sent, and which requests were taken from it.
"""

from collections import defaultdict
from pathlib import Path

import msgspec

from engine.birth import Birth
from engine.journal.reading import JournalReader
from engine.journal.records import Group
from engine.matching.enums import CommandFlag, CommandKind, ExecType
from engine.matching.records import Command
from engine.protocol.messages import encode
from engine.replica import Replica
from engine.transcript import commands_of
from engine.transcript import record as packed
from engine.venue.office import Office
from engine.venue.records import SystemAccount
from engine.venue.venue import Venue
from tests.protocol.test_codec_properties import expected_report


class Twin:
    """The venue of a journal's folder, as its log tells it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.replica: Replica | None = None
        self.requests: dict[int, list[Command]] = defaultdict(list)
        self.reports: dict[int, list[bytes]] = defaultdict(list)
        self.faults: list[str] = []
        self._canceling: set[int] = set()
        self._ts_ns = 0

    @property
    def next_seq(self) -> int:
        return self.replica.next_seq if self.replica else 1

    def follow(self, last_seq: int = 2**63) -> int:
        """Carry out what is durable, to the end of the group that holds `last_seq`, and return how many commands that were."""
        first = self.next_seq
        with JournalReader(self.folder, first) as reader:
            for group in reader.poll():
                if self.next_seq > last_seq:
                    break
                self._carry_out(group)
        return self.next_seq - first

    def check(self) -> None:
        """Walk the state, and assert that nobody's money came from nowhere."""
        assert self.replica is not None
        faults = [*self.replica.faults, *self.faults]
        assert [] == faults, f"the log tells of what must not be: {faults[:3]}"
        self.replica.venue.check()
        for asset, total in self.totals().items():
            assert 0 == total, f"asset {asset} sums to {total}"

    def totals(self) -> dict[int, int]:
        """Sum each asset over all accounts, custody included."""
        assert self.replica is not None
        sums: dict[int, int] = defaultdict(int)
        for balance in self.replica.venue.balances():
            sums[balance.asset] += sum(balance[2:])
        return sums

    def kept_outside(self, asset: int) -> int:
        """Return what the venue's custodian holds of an asset."""
        assert self.replica is not None
        return -sum(sum(line[2:]) for line in self.replica.venue.balances() if (line.account, line.asset) == (SystemAccount.CUSTODY, asset))

    def open_orders(self, session: int) -> dict[int, int]:
        """Give what is open of a session: leaves by order_id."""
        assert self.replica is not None
        return {order.order_id: order.leaves_qty for order in self.replica.venue.book.orders(session=session)}

    def _carry_out(self, group: Group) -> None:
        for _, command, payload in commands_of(group):
            self._take(command, payload)

    def _take(self, record: Command, payload: bytes) -> None:
        if self.replica is None:
            assert (CommandKind.BIRTH, 1) == (record.kind, self.next_seq), "a log begins with the venue's birth"
            venue = Venue(**msgspec.msgpack.decode(payload, type=Birth).limits)
            self.replica = Replica(venue, None, Office(venue))
        venue, seq = self.replica.venue, self.next_seq
        if record.ts_ns <= self._ts_ns:
            self.faults.append(f"sequence {seq} is of {record.ts_ns}, the one before of {self._ts_ns}")
        self._ts_ns = record.ts_ns
        self.replica.replay(Group(seq, 1, record.ts_ns, packed(record, payload)))
        if record.in_seq:
            taken = self.requests[record.session]
            taken.append(record)
            if record.in_seq != len(taken):
                self.faults.append(f"sequence {seq} is request {record.in_seq} of session {record.session}, {len(taken)} was due")
        for event, detail in zip(venue.book.events(), venue.details(), strict=True):
            told = self.reports[event.session]
            told.append(_report(len(told) + 1, record.ts_ns, event, detail))
        self._follow_connections(record, seq)

    def _follow_connections(self, record: Command, seq: int) -> None:
        """Hold the log to what it says of sessions whose orders end with their connection."""
        session = record.session
        if record.kind == CommandKind.LOGON:
            if session in self._canceling:
                self.faults.append(f"sequence {seq}: session {session} logs on, and the end of its connection is not in the log")
            if record.flags & CommandFlag.DISCONNECT:
                self._canceling.add(session)
        elif record.kind == CommandKind.MASS_CANCEL and record.flags & CommandFlag.DISCONNECT:
            self._canceling.discard(session)
            if left := self.open_orders(session):
                self.faults.append(f"sequence {seq}: session {session} is gone and has orders {sorted(left)}")


def _report(number: int, ts_ns: int, event, detail) -> bytes:
    """Write a report as docs/PROTOCOL.md has it."""
    said = {name: int(value) for name, value in zip(event._fields, event, strict=True)}
    exec_type, ref_id = ExecType(said.pop("exec_type")), said.pop("match_id") or said.pop("orig_cl_ord_id")
    said.pop("session")
    said.pop("orig_cl_ord_id", None)
    figures = dict(zip(detail._fields, map(int, detail), strict=True))
    return encode(expected_report(seq=number, ts_ns=ts_ns, flags=0, exec_type=exec_type, ref_id=ref_id, **said, **figures))
