"""What the venue does for a person who has logged on: it carries out his acts and shows him its registers.

No sockets and no loop.  The actor of an act is whoever the caller says has proved his name; the office judges what he may do.
"""

import msgspec
from msgspec import Struct
from structlog.typing import FilteringBoundLogger

from engine.admin.messages import MAX_TEXT, ActRequest, Answer, ShowRequest
from engine.admin.views import UnknownField, Views
from engine.clock import Clock
from engine.gateway.gateway import Gateway
from engine.journal.records import JournalStopped
from engine.venue import acts
from engine.venue.acts import Outcome

AdminRequest = ActRequest | ShowRequest


class _Envelope(Struct, frozen=True):
    """An acts.Request whose act is still packed."""

    actor: str
    reason: str
    act: msgspec.Raw


class Clerk:
    """Serves requests, one at a time and each in full."""

    def __init__(self, gateway: Gateway, views: Views, clock: Clock, log: FilteringBoundLogger) -> None:
        self._gateway = gateway
        self._views = views
        self._clock = clock
        self._log = log

    def serve(self, actor: str, request: AdminRequest) -> Answer:
        """Do what `actor` asks for and answer.  A fault of ours is told as FAULT and logged, and raises nothing."""
        try:
            return self._act(actor, request) if isinstance(request, ActRequest) else self._show(request)
        except JournalStopped as error:  # as the gateway has logged; no answer leaves any more
            return Answer(request.req_id, False, "FAULT", str(error)[:MAX_TEXT])
        except Exception as error:  # noqa: BLE001  the listener lives on, and the operator must hear of it
            self._log.error("admin_fault", actor=actor, exc_info=error)
            text = "the venue met a fault of its own, which its log tells; look what was done before asking again"
            return Answer(request.req_id, False, "FAULT", text)

    def _act(self, actor: str, request: ActRequest) -> Answer:
        payload = msgspec.msgpack.encode(_Envelope(actor, request.reason, request.act))
        try:
            asked = acts.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return Answer(request.req_id, False, "MALFORMED", str(error)[:MAX_TEXT])
        if request.dry_run:
            return _answer(request.req_id, self._gateway.office.try_out(asked, self._now_ns()))
        outcome = self._gateway.act(payload)
        self._log.info("act", actor=actor, act=asked.act.__struct_config__.tag, code=outcome.code, proposal=outcome.proposal)
        return _answer(request.req_id, outcome)

    def _show(self, request: ShowRequest) -> Answer:
        try:
            rows, after = self._views.page(request.what, request.filter, request.after)
        except UnknownField as error:
            return Answer(request.req_id, False, "UNKNOWN_FIELD", str(error))
        return Answer(request.req_id, True, "DONE", data={"rows": rows, "next": after})

    def _now_ns(self) -> int:
        """Return the time that the next command would have."""
        return max(self._clock.utc_ns(), self._gateway.sequencer.last_ts_ns)


def _answer(req_id: int, outcome: Outcome) -> Answer:
    return Answer(req_id, outcome.accepted, outcome.code, outcome.text[:MAX_TEXT], dict(outcome.data), outcome.proposal)
