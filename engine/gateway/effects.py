"""What a session asks its owner to do, in the order given."""

from msgspec import Struct

from engine.matching.enums import Reason
from engine.protocol.messages import (
    BookRequest,
    BusinessReject,
    InstrumentListRequest,
    InstrumentStatusRequest,
    Logon,
    OrderMassStatusRequest,
    OrderStatusRequest,
    PositionRequest,
)

Question = OrderStatusRequest | OrderMassStatusRequest | InstrumentListRequest | InstrumentStatusRequest | BookRequest | PositionRequest


class Send(Struct, frozen=True):
    """Send a message that is not numbered, behind every report that is already due.

    The prefix is filled in when it is sent, because the reports before it decide the next number.
    """

    kind: type
    fields: tuple[object, ...] = ()


class Authenticate(Struct, frozen=True):
    """Judge a logon, then call `admit`, `refuse` or `turn_away`."""

    logon: Logon


class Reset(Struct, frozen=True):
    """Start both numberings at 1 again."""


class LoggedOn(Struct, frozen=True):
    """From here on the session's reports go to this connection."""


class Replay(Struct, frozen=True):
    """Send the reports `begin` to `end` again, flagged POSS_DUP; everything else waits behind them."""

    begin: int
    end: int


class Take(Struct, frozen=True):
    """Give the numbered message at hand to the venue."""


class SkipTo(Struct, frozen=True):
    """Let the client's next number be `new_seq`."""

    new_seq: int


class Answer(Struct, frozen=True):
    """Answer a question about the venue's state."""

    question: Question


class LoggedOff(Struct, frozen=True):
    """The session is free for another logon; `cancel` its open orders first, their reports still go out here."""

    cancel: bool


class Close(Struct, frozen=True):
    """Close the connection once what was sent is out."""


class Abort(Struct, frozen=True):
    """Cut the connection; what was not sent is lost to it."""


Effect = Send | Authenticate | Reset | LoggedOn | Replay | Take | SkipTo | Answer | LoggedOff | Close | Abort


def refusal(question: Question, reason: Reason, text: str) -> Send:
    """Return the BusinessReject that answers a question."""
    ref_id = (question.order_id or question.cl_ord_id) if isinstance(question, OrderStatusRequest) else question.req_id
    return Send(BusinessReject, (question.seq, type(question).__struct_config__.tag, ref_id, reason, text))
