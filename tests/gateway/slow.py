"""A gateway whose journal is as slow, or as broken, as the test wants, and what its clients hear."""

from engine.matching.enums import CommandKind
from engine.protocol.messages import ExecutionReport
from engine.transcript import commands_of
from tests.gateway.held import HeldJournal, HeldStore
from tests.gateway.wires import Floor, Peer


class Slow(Floor):
    """A gateway whose journal releases when it is told to."""

    def __init__(self, journal: HeldJournal | None = None, **settings: object) -> None:
        self.journal = journal or HeldJournal()
        super().__init__(store=HeldStore(self.journal), **settings)
        self.catch_up()

    def release(self, groups: int = 1 << 30) -> None:
        self.settle()
        self.journal.release(groups)
        self.gateway.settle()
        self.settle()

    def catch_up(self) -> None:
        while self.gateway.sequencer.released_seq < self.gateway.sequencer.next_seq - 1:
            self.release()

    def in_session(self, name: str, seq: int = 1, **wishes: object) -> Peer:
        peer = self.log_on(name, seq, **wishes)
        self.catch_up()
        peer.hear()
        return peer

    def crash(self, **settings: object) -> "Slow":
        """Return a venue that starts from what was durable."""
        return Slow(self.journal.torn(), clock=self.clock, **settings)


def kinds(floor: Slow) -> list[CommandKind]:
    return [CommandKind(command.kind) for group in floor.journal.groups for _, command, _ in commands_of(group)]


def types(peer: Peer) -> list[type]:
    return [type(message) for message in peer.hear()]


def numbers(peer: Peer) -> list[int]:
    return [message.seq for message in peer.hear() if isinstance(message, ExecutionReport)]
