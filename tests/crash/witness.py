"""A client on a bare socket that keeps every byte: what it sent, what it was sent, and what of that it was told.

Request number n has the client's id n.  Reports are kept by number, without their POSS_DUP; whatever comes again must be the same bytes,
and whatever is new must bear the next number.  What is wrong is noted in `faults`, and the witness goes on.
"""

import asyncio
import contextlib
import socket
import time
from random import Random

import msgspec

from engine.matching.enums import OrdType
from engine.protocol.framing import Splitter, frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import (
    VERSION,
    Cancel,
    CancelReject,
    Challenge,
    ExecutionReport,
    Heartbeat,
    Logon,
    Logout,
    LogoutCode,
    MassCancel,
    MassCancelReport,
    MessageFlag,
    NewOrder,
    Replace,
    ResendRequest,
    SequenceReset,
    TestRequest,
    decode_venue,
    encode,
)
from tests.crash.house import VENUE, key_of

REPORTS = (ExecutionReport, CancelReject, MassCancelReport)
IN_FLIGHT_MAX = 256
AGAIN_MAX = 5_000
SEND_BYTES = 1 << 14  # in the system: what it does not take is seen in `unsent`


class Witness:
    """The session `number` of a venue; `cancels` says that its orders end with its connection."""

    def __init__(self, name: str, number: int, port: int, dice: Random, *, cancels: bool, heart_bt_int: int = 5) -> None:
        self.name, self.number, self.cancels = name, number, cancels
        self.sent: list[bytes] = []
        self.reports: list[bytes] = []
        self.named = 0  # the last request that a report named: it was taken, and so was all before it
        self.faults: list[str] = []
        self.connections = 0
        self.live = False
        self.trading = False
        self.in_flight_max = IN_FLIGHT_MAX
        self.burst = 12
        self._port, self._dice, self._heart_bt_int = port, dice, heart_bt_int
        self._open: dict[int, ExecutionReport] = {}
        self._wanted = 1
        self._asked_to = 0  # reports below this number come because they were asked for, so marked
        self._again_to = 0  # the last of them that is still to come; 0 when all are there
        self._writer: asyncio.StreamWriter | None = None

    @property
    def settled(self) -> bool:
        """Whether it is logged on and has heard of all that it sent."""
        return self.live and self.named == len(self.sent) and not self._again_to

    @property
    def unsent(self) -> int:
        """Bytes that the venue has not taken off the connection yet, nor the system."""
        return self._writer.transport.get_write_buffer_size() if self._writer is not None else 0

    @property
    def open_orders(self) -> dict[int, int]:
        """What it believes to have open: leaves by order_id."""
        return {order_id: order.leaves_qty for order_id, order in self._open.items()}

    async def run(self) -> None:
        """Be connected, again and again, until canceled."""
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._connect()
            self.live = False
            await asyncio.sleep(0.02 + 0.05 * self._dice.random())

    def trade(self) -> None:
        """Send a few requests, if there is a connection and few are unanswered."""
        if self.live and self.trading and len(self.sent) - self.named < self.in_flight_max:
            fresh = [frame(encode(self._request())) for _ in range(self._dice.randint(1, self.burst))]
            assert self._writer is not None
            self._writer.write(b"".join(fresh))
            if self._dice.random() < 0.02:
                self._ask_again()

    async def _connect(self) -> None:
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        splitter = Splitter(1 << 24)
        try:
            while received := await reader.read(1 << 16):
                for payload in splitter.feed(received):
                    self._hear(bytes(payload))
        finally:
            self.live = False
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    def _hear(self, payload: bytes) -> None:
        message = decode_venue(payload)
        match message:
            case Challenge():
                self._knock(message)
            case Logon():
                self._log_on(message)
            case ExecutionReport() | CancelReject() | MassCancelReport():
                self._report(message, payload)
            case TestRequest():
                self._say(Heartbeat(len(self.sent) + 1, 0, 0, message.test_id))
            case SequenceReset():
                self.faults.append(f"reports up to {message.new_seq - 1} are not kept, {len(self.reports) + 1} was wanted")
            case Logout() if message.code == LogoutCode.SHUTDOWN:
                self._say(Logout(len(self.sent) + 1, 0, 0, 0, ""))
            case Logout() if message.code in (LogoutCode.DUPLICATE, LogoutCode.TIMEOUT):
                pass
            case Heartbeat():
                pass
            case _:
                self.faults.append(f"{message}")

    def _knock(self, challenge: Challenge) -> None:
        """Log on, now and then as one who has forgotten some of what he was told."""
        self._wanted = len(self.reports) + 1
        if self._dice.random() < 0.3:
            self._wanted = self._dice.randint(max(1, self._wanted - AGAIN_MAX), self._wanted)
        fields = VENUE, self._heart_bt_int, False, self._wanted, self.cancels, True, VERSION, b""
        logon = Logon(len(self.sent) + 1, time.time_ns(), 0, self.name, *fields)
        self._say(msgspec.structs.replace(logon, signature=key_of(self.name).sign(logon_text(challenge.nonce, logon, b""))))

    def _log_on(self, answer: Logon) -> None:
        """Send again what was not taken, by the venue's word."""
        if not self.named < answer.next_expected_seq <= len(self.sent) + 1:
            self.faults.append(f"the venue waits for request {answer.next_expected_seq}; {self.named} was answered, {len(self.sent)} sent")
        if answer.seq <= len(self.reports):
            self.faults.append(f"the venue's next report is {answer.seq}; {len(self.reports)} were seen")
        self.connections += 1
        self.live = True
        self._asked_to = answer.seq
        self._again_to = answer.seq - 1 if self._wanted < answer.seq else 0
        assert self._writer is not None
        self._writer.write(b"".join(self.sent[answer.next_expected_seq - 1 :]))

    def _report(self, report: ExecutionReport | CancelReject | MassCancelReport, payload: bytes) -> None:
        unmarked = encode(msgspec.structs.replace(report, flags=0))
        marked = bool(report.flags & MessageFlag.POSS_DUP)
        if marked != (report.seq < self._asked_to):
            self.faults.append(f"report {report.seq} is {'' if marked else 'not '}marked; those below {self._asked_to} were asked for")
        if len(payload) != len(unmarked):
            self.faults.append(f"report {report.seq} is not written as the protocol says: {payload.hex()}")
        if report.seq == self._again_to:
            self._again_to = 0
        due = len(self.reports) + 1
        if report.seq > due:
            self.faults.append(f"report {report.seq} came, {due} was due")
        elif report.seq < due:
            if unmarked != self.reports[report.seq - 1]:
                self.faults.append(f"report {report.seq} came again as {unmarked.hex()}, it was {self.reports[report.seq - 1].hex()}")
        else:
            self.reports.append(unmarked)
            self.named = max(self.named, report.cl_ord_id)
            if isinstance(report, ExecutionReport):
                self._follow(report)

    def _follow(self, report: ExecutionReport) -> None:
        if report.leaves_qty:
            self._open[report.order_id] = report
        else:
            self._open.pop(report.order_id, None)

    def _ask_again(self) -> None:
        """Ask for some old reports: until they are there, new ones wait behind them, so what is below the end comes marked."""
        if self.reports and not self._again_to:
            begin = self._dice.randint(1, len(self.reports))
            end = self._again_to = self._dice.randint(begin, min(begin + AGAIN_MAX, len(self.reports)))
            self._asked_to = max(self._asked_to, end + 1)
            self._say(ResendRequest(len(self.sent) + 1, 0, 0, begin, end))

    def _request(self) -> NewOrder | Cancel | Replace | MassCancel:
        """Draw the next request and remember its bytes."""
        dice = self._dice
        number = len(self.sent) + 1
        prefix = number, time.time_ns(), 0, number
        kind = dice.random()
        mine = list(self._open.values())[-64:]
        if kind < 0.01:
            request = MassCancel(*prefix, 0, 0, 0)
        elif mine and kind < 0.25:
            order = dice.choice(mine)
            request = Cancel(*prefix, 0, order.order_id, order.instrument, order.side)
        elif mine and kind < 0.35:
            order = dice.choice(mine)
            qty = order.cum_qty + 100 * dice.randint(0, 5)
            request = Replace(*prefix, 0, order.order_id, order.instrument, order.side, self._price(order.side), qty or 100, 0)
        else:
            request = NewOrder(*prefix, *self._order())
        self.sent.append(frame(encode(request)))
        return request

    def _order(self) -> tuple[int, ...]:
        """Draw an order: one in eight waits for a stop price, one in eight is for an auction."""
        dice = self._dice
        side, ord_type, tif, stop_px = dice.randint(1, 2), OrdType.LIMIT, dice.choice((0, 1, 1, 3)), 0
        price, kind = self._price(side), dice.randrange(8)
        if kind == 0:
            ord_type, tif, stop_px = (*dice.choice(((OrdType.STOP, 1), (OrdType.STOP_LIMIT, 0))), self._price(3 - side))
        elif kind == 1:
            ord_type, tif = dice.choice(((OrdType.MARKET, 7), (OrdType.LIMIT, 7), (OrdType.LIMIT, 2)))
        price = price if ord_type in (OrdType.LIMIT, OrdType.STOP_LIMIT) else 0
        return self.number, dice.randint(1, 3), side, ord_type, tif, price, 100 * dice.randint(1, 9), 0, 0, 0, 0, 0, 0, 0, stop_px

    def _price(self, side: int) -> int:
        return 100 * (100 + (1 if side == 2 else -1) * self._dice.randint(-2, 12))

    def _say(self, message: object) -> None:
        assert self._writer is not None
        self._writer.write(frame(encode(message)))
