"""A client that follows statuses, and what it knows by them alone."""

from engine.protocol.messages import InstrumentStatus, InstrumentStatusRequest, TradingStatus
from engine.venue.office import Office
from engine.venue.registers import Listing
from tests.gateway.slow import Slow
from tests.gateway.wires import Floor, Peer

FIRST_REQ = 100
Standing = tuple[object, ...]


class Follower:
    """A session that subscribes: what it was told of each instrument last, and the numbers of the changes that it was told of."""

    def __init__(self, floor: Floor, name: str) -> None:
        self.floor = floor
        self.name = name
        self.next_req = FIRST_REQ
        self.begin()

    def begin(self) -> None:
        """Log on, with nothing followed and nothing known."""
        self.peer: Peer = self.floor.log_on(self.name)
        self.settle()
        self.peer.hear()
        self.wanted: dict[int, int] = {}
        self.known: dict[int, InstrumentStatus] = {}
        self.told: dict[int, list[int]] = {}

    def come_back(self) -> None:
        """Lose the connection and log on again."""
        self.peer.hang_up()
        self.settle()
        self.begin()

    def subscribe(self, instrument: int = 0) -> list[InstrumentStatus]:
        """Follow an instrument, or all; return the pictures."""
        self.settle()
        self.listen()
        numbers = [instrument] if instrument else range(1, len(self.floor.gateway.office.instruments) + 1)
        self.wanted |= dict.fromkeys(numbers, self.next_req)
        self.peer.say(InstrumentStatusRequest(1, 0, 0, self.next_req, instrument, 1))
        self.next_req += 1
        self.settle()
        return self.listen()

    def settle(self) -> None:
        """Let everything come about and, where there is a journal, be durable."""
        if isinstance(self.floor, Slow):
            self.floor.catch_up()
        self.floor.settle()

    def unsubscribe(self, instrument: int = 0) -> None:
        """Follow an instrument, or all, no more."""
        self.settle()
        self.listen()
        for number in [instrument] if instrument else list(self.wanted):
            for book in (self.wanted, self.known, self.told):
                book.pop(number, None)
        self.peer.say(InstrumentStatusRequest(1, 0, 0, 1, instrument, 2))

    def listen(self) -> list[InstrumentStatus]:
        """Take what came; each message must belong to what is followed."""
        heard = [message for message in self.peer.hear() if isinstance(message, InstrumentStatus)]
        for status in heard:
            assert self.wanted[status.instrument] == status.req_id
            before = self.known.get(status.instrument)
            self.known[status.instrument] = status
            if before is None or status.status_seq != before.status_seq:
                self.told.setdefault(status.instrument, []).append(status.status_seq)
        return heard


def standing(status: InstrumentStatus) -> Standing:
    """Return what a message says of the status itself."""
    return (status.status, status.cause, status.since_ns, status.expected_resume_ns, status.until_ns, status.then, status.status_seq)


def standing_of(office: Office, listed: Listing) -> Standing:
    """Return the same as the office has it."""
    names = {"continuous": TradingStatus.READY} | {status.name.lower().replace("_", "-"): status for status in TradingStatus}
    numbers = [change.seq for change in office.changes if change.instrument == listed.terms.symbol]
    killed = listed.killed or office.killed
    return (
        TradingStatus.CANCEL_ONLY if killed else names[listed.status],
        "kill-switch" if killed else listed.cause,
        *(listed.since_ns, listed.expected_resume_ns),
        *((listed.call.until_ns, listed.call.then) if listed.call else (0, "")),
        numbers[-1] if numbers else 0,
    )
