"""A session of a load at a venue: its logon and its questions, before and after the requests of its plan.

The client's own state machine logs on, keeps the session alive and says goodbye; while the load runs, the numbered traffic goes past it,
and its numbers are brought up to date when it is needed again.
"""

import socket
from dataclasses import dataclass
from time import monotonic, time_ns
from typing import Any, TypeVar

import msgspec

from engine.client.errors import ClientError, LogonRefused
from engine.client.options import Options, Setup, setup_of
from engine.client.session import Phase, Session
from engine.load.faults import LoadRefused
from engine.load.plan import Plan
from engine.load.reading import Reader
from engine.protocol.framing import frame
from engine.protocol.messages import (
    BookRequest,
    BookSnapshot,
    BusinessReject,
    ExecutionReport,
    InstrumentList,
    InstrumentListRequest,
    InstrumentStatus,
    InstrumentStatusRequest,
    Listing,
    LogoutCode,
    MassCancel,
    MassStatusEnd,
    OrderMassStatusRequest,
    PositionReport,
    PositionRequest,
    Reject,
    VenueMessage,
    encode,
)

TIMEOUT_S = 10.0
HEARTBEAT_S = 60
RECEIVE_BYTES = 1 << 16
_THROTTLED = (
    "it was sent more than twice what the venue takes of a session in a second: give a --rate below [gateway] messages_per_s of its "
    "venue.toml (10,000 if it does not say), or raise that and cancels_per_s"
)

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Party:
    """Who logs on: options of a client, and the account of its orders."""

    options: Options
    account: int

    @property
    def name(self) -> str:
        """The session's name."""
        return self.options["name"]


class LoadSession:
    """A logged-on session.  ClientError, LoadRefused or OSError where it cannot be had."""

    def __init__(self, address: str, party: Party, *, reset: bool = False, cancel_on_disconnect: bool = True) -> None:
        options = party.options | {"heart_bt_int": HEARTBEAT_S, "reset": reset, "cancel_on_disconnect": cancel_on_disconnect}
        setup = setup_of(address, options)
        self.name = party.name
        self.account = party.account
        self.first_cl_ord_id = 1 if reset else setup.clock_ns()
        self.reader: Reader | None = None
        self._session = Session(setup.identity, setup.store, setup.clock_ns)
        self._next_req_id = 1
        self._first_seq = 0
        self.socket = _connected(setup)
        try:
            self._log_on(setup)
        except BaseException:
            self.socket.close()
            raise

    @property
    def next_seq(self) -> int:
        """Number of the next request."""
        return max(self._session.store.next_out, 1)

    @property
    def next_report(self) -> int:
        """Number of the next report."""
        return self._session.next_in

    def listings(self) -> list[Listing]:
        """Ask what is traded."""
        return self._ask(InstrumentListRequest, InstrumentList)[-1].instruments

    def book(self, instrument: int) -> BookSnapshot:
        """Ask for the top of a book."""
        return self._ask(BookRequest, BookSnapshot, instrument, 1)[-1]

    def status(self, instrument: int) -> InstrumentStatus:
        """Ask how an instrument stands."""
        return self._ask(InstrumentStatusRequest, InstrumentStatus, instrument, 0)[-1]

    def open_orders(self) -> int:
        """Ask how many orders of the session are open."""
        return self._ask(OrderMassStatusRequest, MassStatusEnd)[-1].count

    def balances(self) -> dict[str, tuple[int, int]]:
        """Ask what the account has: all of each asset, and what of it is available, in 1e-6 of it."""
        report = self._ask(PositionRequest, PositionReport, self.account)[-1]
        return {held.asset: (held.available + held.held + held.frozen, held.available) for held in report.positions}

    def attend(self, payload: bytes) -> bytes:
        """Follow a message that came amid reports and return what is to be answered.  LoadRefused for one that ends the load."""
        self._follow_on()
        for message in self._session.receive(frame(payload), monotonic()):
            if isinstance(message, (Reject, BusinessReject)):
                raise LoadRefused(f"{self.name}: the venue does not understand a request: {message.text}")
        self._complain()
        return self._session.output()

    def begin(self, plan: Plan, instrument: int) -> None:
        """Write the plan's frames as this session's next requests."""
        self._first_seq = self.next_seq
        plan.encode(seq=self._first_seq, cl_ord_id=self.first_cl_ord_id, account=self.account, instrument=instrument, ts_ns=time_ns())

    def sweep(self, count: int) -> bytes:
        """Return the frame of a mass cancel, the request behind the plan's `count`."""
        return frame(encode(MassCancel(self._first_seq + count, time_ns(), 0, self.first_cl_ord_id + count, 0, 0, 0)))

    def close(self) -> None:
        """Log out, as far as the venue listens; what is open then is canceled by the venue."""
        try:
            self._follow_on()
            self._session.leave(monotonic())
            while not self._session.hang_up:
                self._converse()
        except (ClientError, LoadRefused, OSError):
            pass
        self.socket.close()

    def _log_on(self, setup: Setup) -> None:
        certificate = b""
        if setup.tls is not None:
            secured = setup.tls.wrap_socket(self.socket, server_hostname=setup.host)
            certificate = secured.getpeercert(binary_form=True) or b""
            self.socket = secured
        self._session.connected(monotonic(), certificate)
        try:
            while self._session.phase is not Phase.LIVE:
                self._converse()
        except LogonRefused as error:
            raise LoadRefused(f"{self.name}: {error}.  Is it a session there, with this key, and not logged on elsewhere?") from error

    def _ask(self, kind: type[msgspec.Struct], answer: type[T], *fields: int) -> list[T]:
        """Put a question and return the messages up to its answer, which is the last."""
        self.socket.settimeout(TIMEOUT_S)
        self._follow_on()
        message: Any = kind(*self._session.stamp(), self._next_req_id, *fields)
        self._next_req_id += 1
        self._session.send(message, monotonic())
        news: list[Any] = []
        while not (news and isinstance(news[-1], answer)):
            for found in self._converse():
                if isinstance(found, (Reject, BusinessReject)):
                    raise LoadRefused(f"{self.name}: {found.text}")
                if not isinstance(found, ExecutionReport) and isinstance(found, answer):
                    news.append(found)
        return news

    def _converse(self) -> list[VenueMessage]:
        """Send what there is to send, wait for bytes, and return the messages in them."""
        output = self._session.output()
        try:
            self.socket.sendall(output)
            received = self.socket.recv(RECEIVE_BYTES)
        except TimeoutError as error:
            raise LoadRefused(f"{self.name}: the venue did not answer within {TIMEOUT_S:.0f} s") from error
        if not received:
            raise LoadRefused(f"{self.name}: the venue closed the connection")
        news = self._session.receive(received, monotonic())
        if self._session.phase is not Phase.LEAVING:
            self._complain()
        return news

    def _complain(self) -> None:
        if self._session.fault is not None:
            raise self._session.fault
        if self._session.hang_up:
            throttled = self._session.farewell.startswith(f"logout {LogoutCode.THROTTLE:d}")
            raise LoadRefused(
                f"{self.name}: the venue ended the session ({self._session.farewell})" + (f": {_THROTTLED}" if throttled else "")
            )

    def _follow_on(self) -> None:
        """Bring the numbers to where the load has left them."""
        if self.reader is not None:
            self._session.store.renumber(
                self._first_seq + self.reader.sent + self.reader.swept, self.reader.next_seq, keep_unanswered=False
            )
            self._session.next_in = self.reader.next_seq


def _connected(setup: Setup) -> socket.socket:
    try:
        wire = socket.create_connection((setup.host, setup.port), timeout=TIMEOUT_S)
    except OSError as error:
        raise LoadRefused(f"cannot connect to {setup.host}:{setup.port}: {error.strerror or error}") from error
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire
