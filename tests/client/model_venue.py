"""A small venue in memory that speaks the native protocol: the other side for the client's tests.

It shares no code with the gateway or the core.  Bytes go in and come out of a `ModelConnection`; nothing moves unless a test moves it, so a
test can cut a connection between any two bytes.  The book is the plainest that trades: lists of orders, best price and then oldest first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.matching.enums import ExecType, Liquidity, OrdStatus, OrdType, Reason, Side, TimeInForce
from engine.protocol.framing import MAX_REQUEST, Splitter, frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import (
    VERSION,
    Cancel,
    CancelReject,
    Challenge,
    ClientMessage,
    ExecutionReport,
    Heartbeat,
    Listing,
    Logon,
    Logout,
    LogoutCode,
    MassCancel,
    MassCancelReport,
    NewOrder,
    Replace,
    ResendRequest,
    SequenceReset,
    TestRequest,
    decode_client,
    encode,
)
from tests.client.model_answers import answers

NAME = "MODEL"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AAPL = Listing(1, "AAPLx", "USDC", 100, 100, 100, 10**12, 10**9, 50_000, 17, "AAPLx", -25, 250, 100)
TSLA = Listing(2, "TSLAx", "USDC", 100, 1_000_000, 1_000_000, 10**12, 10**9, 50_000, 17, "TSLAx", 0, 0, 0)

Report = ExecutionReport | CancelReject | MassCancelReport
Numbered = NewOrder | Cancel | Replace | MassCancel


@dataclass
class Resting:
    """An open order of the model's book."""

    order_id: int
    owner: "ModelSession"
    entered: NewOrder
    cl_ord_id: int
    price: int
    qty: int
    leaves: int
    cum: int = 0


@dataclass
class ModelSession:
    """What the venue remembers of a session: its numbers, its reports, and what it took."""

    name: str
    key: Ed25519PublicKey
    next_in: int = 1
    oldest: int = 1
    last_cl_ord_id: int = 0
    reports: list[Report] = field(default_factory=list)
    taken: list[Numbered] = field(default_factory=list)
    connection: "ModelConnection | None" = None

    @property
    def next_out(self) -> int:
        """Number of the next report."""
        return len(self.reports) + 1


class ModelVenue:
    """Sessions and a book."""

    def __init__(
        self, names: tuple[str, ...] = ("alice", "bob"), key: Ed25519PrivateKey = KEY, listings: tuple[Listing, ...] = (AAPL, TSLA)
    ) -> None:
        self.sessions = {name: ModelSession(name, key.public_key()) for name in names}
        self.listings = listings
        self.orders: dict[int, Resting] = {}
        self.ts_ns = 1_700_000_000_000_000_000
        self.last_px: dict[int, int] = {}
        self.statuses: dict[int, dict[str, object]] = {}
        self.lose_next_report = False
        self.grants_takeover = True
        self.certificate = b""
        self._ids = 0

    def accept(self) -> "ModelConnection":
        """Take a new connection; its first bytes are the Challenge."""
        return ModelConnection(self)

    def take(self, session: ModelSession, request: Numbered) -> None:
        """Do what a numbered request asks."""
        session.taken.append(request)
        session.next_in += 1
        self.ts_ns += 1
        fresh = request.cl_ord_id > session.last_cl_ord_id
        session.last_cl_ord_id = max(session.last_cl_ord_id, request.cl_ord_id)
        match request:
            case NewOrder():
                self._enter(session, request, fresh)
            case Cancel() | Replace():
                self._change(session, request)
            case MassCancel():
                self._mass_cancel(session, request)

    def number(self) -> int:
        """Give the next id; the model uses one counter for orders, executions and matches."""
        self._ids += 1
        return self._ids

    def disconnected(self, session: ModelSession) -> None:
        """Cancel what a session has open, because its connection ended."""
        mine = [order for order in self.orders.values() if order.owner is session]
        for order in mine:
            self._cancel(order, order.cl_ord_id, 0, Reason.DISCONNECT)
        self._send(session, MassCancelReport(0, self.ts_ns, 0, 0, len(mine), Reason.DISCONNECT))

    def _enter(self, session: ModelSession, new: NewOrder, fresh: bool) -> None:
        reason = Reason.NONE
        if not fresh:
            reason = Reason.DUP_CL_ORD_ID
        elif new.account > 2:
            reason = Reason.UNKNOWN_ACCOUNT
        elif new.exec_inst and next(self._crossed(new, new.price), None) is not None:
            reason = Reason.POST_ONLY_WOULD_TRADE
        order = Resting(0 if reason else self.number(), session, new, new.cl_ord_id, new.price, new.order_qty, new.order_qty)
        if reason:
            order.leaves = 0
            self._tell(order, ExecType.REJECTED, reason=reason)
            return
        self._tell(order, ExecType.NEW)
        self._match(order)
        if order.leaves == 0:
            return
        if new.ord_type == OrdType.MARKET or new.tif in (TimeInForce.IOC, TimeInForce.FOK):
            self._cancel(order, order.cl_ord_id, 0, Reason.MARKET_REST if new.ord_type == OrdType.MARKET else Reason.IOC)
        else:
            self.orders[order.order_id] = order

    def _crossed(self, new: NewOrder, price: int) -> Iterator[Resting]:
        sign = 1 if new.side == Side.BUY else -1
        for order in sorted(self.orders.values(), key=lambda each: (sign * each.price, each.order_id)):
            meets = order.entered.instrument == new.instrument and order.entered.side != new.side
            if meets and (new.ord_type == OrdType.MARKET or sign * order.price <= sign * price):
                yield order

    def _match(self, taker: Resting) -> None:
        for maker in list(self._crossed(taker.entered, taker.price)):
            qty = min(maker.leaves, taker.leaves)
            if qty == 0:
                return
            match_id = self.number()
            self.last_px[maker.entered.instrument] = maker.price
            for order, role in ((maker, Liquidity.MAKER), (taker, Liquidity.TAKER)):
                order.leaves -= qty
                order.cum += qty
                self._tell(order, ExecType.TRADE, last_px=maker.price, last_qty=qty, liquidity=role, match_id=match_id)
            if maker.leaves == 0:
                del self.orders[maker.order_id]

    def _change(self, session: ModelSession, request: Cancel | Replace) -> None:
        order = self.orders.get(request.order_id) or next(
            (each for each in self.orders.values() if each.owner is session and each.cl_ord_id == request.orig_cl_ord_id), None
        )
        if order is None or order.owner is not session:
            kind = 1 if isinstance(request, Cancel) else 2
            self._send(
                session,
                CancelReject(0, self.ts_ns, 0, request.order_id, request.cl_ord_id, request.orig_cl_ord_id, kind, Reason.TOO_LATE, 0, 0, 0),
            )
        elif isinstance(request, Cancel):
            self._cancel(order, request.cl_ord_id, order.cl_ord_id, Reason.USER)
        else:
            orig, order.cl_ord_id = order.cl_ord_id, request.cl_ord_id
            order.price, order.qty = request.price, max(request.order_qty, order.cum)
            order.leaves = order.qty - order.cum
            del self.orders[order.order_id]
            self._tell(order, ExecType.REPLACED, orig_cl_ord_id=orig)
            self._match(order)
            if order.leaves:
                self.orders[order.order_id] = order

    def _mass_cancel(self, session: ModelSession, request: MassCancel) -> None:
        affected = 0
        for order in list(self.orders.values()):
            entered = order.entered
            wished = ((request.instrument, entered.instrument), (request.side, entered.side), (request.account, entered.account))
            if order.owner is session and all(wish in (0, had) for wish, had in wished):
                self._cancel(order, order.cl_ord_id, 0, Reason.MASS_CANCEL)
                affected += 1
        self._send(session, MassCancelReport(0, self.ts_ns, 0, request.cl_ord_id, affected, Reason.MASS_CANCEL))

    def _cancel(self, order: Resting, cl_ord_id: int, orig: int, reason: Reason) -> None:
        qty, order.leaves = order.leaves, 0
        self.orders.pop(order.order_id, None)
        self._tell(order, ExecType.CANCELED, cl_ord_id=cl_ord_id, orig_cl_ord_id=orig, last_qty=qty, reason=reason)

    def _tell(self, order: Resting, exec_type: ExecType, **more: int) -> None:
        self._send(order.owner, self.report(order, exec_type, **more))

    def report(self, order: Resting, exec_type: ExecType, **more: int) -> ExecutionReport:
        """Write a report of an order as it is now."""
        ended = {ExecType.CANCELED: OrdStatus.CANCELED, ExecType.REJECTED: OrdStatus.REJECTED}
        open_or_filled = OrdStatus.FILLED if order.leaves == 0 else OrdStatus.PARTIALLY_FILLED if order.cum else OrdStatus.NEW
        entered = order.entered
        said = {
            "cl_ord_id": order.cl_ord_id,
            "orig_cl_ord_id": 0,
            "last_px": 0,
            "last_qty": 0,
            "liquidity": 0,
            "match_id": 0,
            "reason": 0,
            "fee": 0,
            "bound": 0,
            "reference": 0,
            "quality": 0,
            "settlement": 0,
            "fallback": 0,
        } | more
        return ExecutionReport(
            seq=0,
            ts_ns=self.ts_ns,
            flags=0,
            order_id=order.order_id,
            exec_id=self.number(),
            account=entered.account,
            instrument=entered.instrument,
            side=entered.side,
            exec_type=exec_type,
            ord_status=ended.get(exec_type, open_or_filled),
            price=order.price,
            order_qty=order.qty,
            leaves_qty=order.leaves,
            cum_qty=order.cum,
            **said,
        )

    def _send(self, session: ModelSession, report: Report) -> None:
        numbered = msgspec.structs.replace(report, seq=session.next_out)
        session.reports.append(numbered)
        if self.lose_next_report:
            self.lose_next_report = False
        elif session.connection is not None:
            session.connection.write(numbered)


class ModelConnection:
    """One connection: `receive` bytes, take `output`; `closed` once the venue has hung up."""

    def __init__(self, venue: ModelVenue) -> None:
        self.venue = venue
        self.closed = False
        self.silent = False
        self.session: ModelSession | None = None
        self.on_output: Callable[[], None] | None = None
        self.logons: list[Logon] = []
        self.following: dict[int, int] = {}
        self._cancel_on_disconnect = False
        self._out = bytearray()
        self._splitter = Splitter(MAX_REQUEST)
        self._nonce = venue.number().to_bytes(32, "little")
        self.write(Challenge(0, venue.ts_ns, 0, self._nonce, NAME, VERSION))

    def write(self, message: msgspec.Struct) -> None:
        """Put a message behind what is to go out."""
        if not self.silent:
            self._out += frame(encode(message))
            if self.on_output is not None:
                self.on_output()

    def output(self) -> bytes:
        """Give what is to go out, and forget it."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def receive(self, received: bytes) -> None:
        """Take bytes from the client."""
        for payload in self._splitter.feed(received):
            if not self.closed:
                self._handle(decode_client(payload))

    def cut(self) -> None:
        """Lose the connection."""
        self.closed = True
        session, self.session = self.session, None
        if session is not None and session.connection is self:
            session.connection = None
            if self._cancel_on_disconnect:
                self.venue.disconnected(session)

    def logout(self, code: LogoutCode, text: str = "") -> None:
        """Send a Logout and hang up."""
        self.write(Logout(*self._stamp(), code, text))
        self.cut()

    def heartbeat(self) -> None:
        """Say the next report's number."""
        self.write(Heartbeat(*self._stamp(), ""))

    def _stamp(self) -> tuple[int, int, int]:
        return (self.session.next_out if self.session else 0), self.venue.ts_ns, 0

    def _handle(self, message: ClientMessage) -> None:
        session = self.session
        if session is None:
            self._logon(message)
            return
        match message:
            case NewOrder() | Cancel() | Replace() | MassCancel():
                if message.seq == session.next_in:
                    self.venue.take(session, message)
                else:
                    self.logout(
                        LogoutCode.SEQ_GAP if message.seq > session.next_in else LogoutCode.SEQ_TOO_LOW,
                        f"expected {session.next_in}, not {message.seq}",
                    )
            case Logout():
                if self._cancel_on_disconnect:
                    self.venue.disconnected(session)
                self.logout(LogoutCode.NORMAL)
            case TestRequest():
                self.write(Heartbeat(*self._stamp(), message.test_id))
            case ResendRequest():
                self._replay(session, message.begin, message.end or session.next_out - 1)
            case Heartbeat() | SequenceReset():
                pass
            case _:
                for answer in answers(self.venue, session, message, self._stamp()):
                    self.write(answer)

    def _logon(self, logon: ClientMessage) -> None:
        session = self.venue.sessions.get(logon.sender) if isinstance(logon, Logon) else None
        if session is None or not isinstance(logon, Logon):
            self.logout(LogoutCode.LOGON_REFUSED, "logon refused")
            return
        self.logons.append(logon)
        try:
            session.key.verify(logon.signature, logon_text(self._nonce, logon, self.venue.certificate))
        except InvalidSignature:
            self.logout(LogoutCode.LOGON_REFUSED, "logon refused")
            return
        if session.connection is not None and not (logon.takeover and self.venue.grants_takeover):
            self.logout(LogoutCode.DUPLICATE, "logged on elsewhere")
            return
        if session.connection is not None:
            session.connection.logout(LogoutCode.TAKEN_OVER)
        if logon.reset_seq_num:
            session.next_in, session.oldest, session.last_cl_ord_id = 1, 1, 0
            session.reports.clear()
        if logon.next_expected_seq > session.next_out:
            self.logout(LogoutCode.SEQ_TOO_HIGH, f"next report is {session.next_out}")
            return
        self.session, session.connection = session, self
        self._cancel_on_disconnect = logon.cancel_on_disconnect
        answer = msgspec.structs.replace(
            logon, seq=session.next_out, sender=NAME, target=session.name, next_expected_seq=session.next_in, signature=b""
        )
        self.write(answer)
        if logon.next_expected_seq:
            self._replay(session, logon.next_expected_seq, session.next_out - 1)

    def _replay(self, session: ModelSession, begin: int, end: int) -> None:
        if begin < session.oldest:
            begin = session.oldest
            self.write(SequenceReset(*self._stamp(), begin, True))
        for report in session.reports[begin - 1 : end]:
            self.write(msgspec.structs.replace(report, flags=1))
