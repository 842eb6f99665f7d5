"""The operator's client: blocking, one request at a time, for programs and for `ats admin`.

    with AdminClient("127.0.0.1:7002", name="anna", key="keys/anna.pem") as venue:
        venue.act(SetStatus(instrument="AAPLx", status="halted", cause="surveillance"), reason="prints far from the primary")
        venue.show("instruments", symbol="AAPLx")

It loads neither the core nor the server.
"""

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from engine.admin.kinds import Row
from engine.admin.messages import (
    HEART_BT_INT,
    MAX_ANSWER,
    ActRequest,
    Answer,
    ShowRequest,
    VenueMessage,
    What,
    decode_venue,
    encode,
)
from engine.admin.rows import ROWS
from engine.client.keys import Key, load_key
from engine.client.options import parse_address, tls_context
from engine.protocol.framing import FramingError, Splitter, frame
from engine.protocol.logon import logon_text
from engine.protocol.messages import DECODE_ERRORS, VERSION, Challenge, Logon, Logout
from engine.venue.acts import BaseAct

READ_BYTES = 1 << 16


class AdminError(Exception):
    """What an operator's client raises; refusals of acts are answers, not errors."""


class CannotConnect(AdminError):
    """Nobody listens there, or the logon was refused."""


class AnswerLost(AdminError):
    """The connection ended before the answer: whether the act was carried out is not known, and asking again tells."""


class AdminClient:
    """A person's connection to a venue.

    `key` is his Ed25519 key (a file's path, PEM or raw bytes, or the key object); `tls` is True, the path of the certificate to trust, or
    an SSLContext; `venue`, where given, is the only venue to speak to; `timeout` is how many seconds an answer may take.
    """

    def __init__(
        self,
        address: str,
        *,
        name: str,
        key: Key,
        tls: bool | str | Path | ssl.SSLContext | None = None,
        venue: str = "",
        timeout: float = 10.0,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._where = parse_address(address)
        self._address = address
        self._name = name
        self._key = load_key(key)
        self._tls = tls_context(tls)
        self._timeout = timeout
        self._clock_ns = clock_ns
        self._socket: socket.socket | None = None
        self._splitter = Splitter(MAX_ANSWER)
        self._payloads: list[bytes] = []
        self._req_id = 0
        self.venue = venue

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def connect(self) -> None:
        """Log on.  Raises CannotConnect."""
        try:
            self._socket = self._open()
            challenge = self._read()
            if not isinstance(challenge, Challenge):
                raise CannotConnect(f"{self._address} is no venue's listener for operators")
            if self.venue and challenge.venue != self.venue:
                raise CannotConnect(f"{self._address} is venue {challenge.venue}, not {self.venue}")
            self.venue = challenge.venue
            self._send(self._logon(challenge.nonce))
            answer = self._read()
        except (OSError, AnswerLost) as error:
            self.close()
            raise CannotConnect(f"{self._address}: {getattr(error, 'strerror', None) or error}") from error
        except CannotConnect:
            self.close()
            raise
        if not isinstance(answer, Logon):
            self.close()
            raise CannotConnect(f"{self._address}: " + (answer.text if isinstance(answer, Logout) else "no answer to the logon"))

    def close(self) -> None:
        """Log out; never raises for what the venue does."""
        if self._socket is not None:
            with self._socket as leaving:
                self._socket = None
                try:
                    leaving.sendall(frame(encode(Logout(0, 0, 0, 0, ""))))
                except OSError:
                    return

    def act(self, act: BaseAct, reason: str, *, dry_run: bool = False) -> Answer:
        """Ask for an act, or what would become of it.  A refusal is an answer.  Raises AnswerLost."""
        self._req_id += 1
        return self._ask(ActRequest(self._req_id, msgspec.Raw(msgspec.msgpack.encode(act)), reason, dry_run))

    def show(self, what: What, /, **wanted: str) -> list[Row]:
        """Return the rows of a register whose fields have the wanted texts.  ValueError for a field that they don't have; AnswerLost."""
        return self._rows(what, wanted, 0)

    def newer(self, what: What, after: int) -> list[Row]:
        """Return the rows behind the first `after` of a register that only grows at its end.  AnswerLost."""
        return self._rows(what, {}, after)

    def _rows(self, what: What, wanted: dict[str, str], after: int) -> list[Row]:
        rows: list[Row] = []
        while True:
            self._req_id += 1
            answer = self._ask(ShowRequest(self._req_id, what, wanted, after))
            if not answer.accepted:
                raise ValueError(answer.text)
            rows += (msgspec.convert(row, ROWS[what]) for row in answer.data["rows"])
            after = answer.data["next"]
            if not after:
                return rows

    def _open(self) -> socket.socket:
        opened = socket.create_connection(self._where, self._timeout)
        if self._tls is None:
            return opened
        return self._tls.wrap_socket(opened, server_hostname=self._where[0])

    def _logon(self, nonce: bytes) -> Logon:
        now_ns = self._clock_ns()
        logon = Logon(1, now_ns, 0, self._name, self.venue, HEART_BT_INT, False, 1, False, False, VERSION, b"")
        secured = self._socket
        certificate = (secured.getpeercert(binary_form=True) or b"") if isinstance(secured, ssl.SSLSocket) else b""
        return msgspec.structs.replace(logon, signature=self._key.sign(logon_text(nonce, logon, certificate)))

    def _ask(self, request: ActRequest | ShowRequest) -> Answer:
        try:
            self._send(request)
            message = self._read()
        except OSError as error:
            self.close()
            raise AnswerLost(f"{self._address}: {error.strerror or error}") from error
        if not isinstance(message, Answer) or message.req_id != request.req_id:
            self.close()
            raise AnswerLost(f"{self._address}: " + (message.text if isinstance(message, Logout) else f"{message} is no answer"))
        return message

    def _send(self, message: Logon | ActRequest | ShowRequest) -> None:
        if self._socket is None:
            raise AnswerLost("the client is not connected")
        self._socket.sendall(frame(encode(message)))

    def _read(self) -> VenueMessage:
        while not self._payloads:
            assert self._socket is not None, "only a connected client reads"
            received = self._socket.recv(READ_BYTES)
            if not received:
                raise AnswerLost("the venue closed the connection")
            try:
                self._payloads += self._splitter.feed(received)
            except FramingError as error:
                raise AnswerLost(str(error)) from error
        try:
            message: VenueMessage = decode_venue(self._payloads.pop(0))
        except DECODE_ERRORS as error:
            raise AnswerLost(f"not a message of a venue: {error}") from error
        return message
