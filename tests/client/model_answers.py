"""What the model venue answers to questions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from engine.matching.enums import ExecType, Reason, Side
from engine.protocol.messages import (
    BookLevel,
    BookRequest,
    BookSnapshot,
    BusinessReject,
    ClientMessage,
    InstrumentList,
    InstrumentListRequest,
    InstrumentStatus,
    InstrumentStatusRequest,
    MassStatusEnd,
    OrderMassStatusRequest,
    Position,
    PositionReport,
    PositionRequest,
)

if TYPE_CHECKING:
    from tests.client.model_venue import ModelSession, ModelVenue


def answers(venue: "ModelVenue", session: "ModelSession", question: ClientMessage, stamp: tuple[int, int, int]) -> Iterator[msgspec.Struct]:
    """Give the messages that answer a question of a session."""
    match question:
        case InstrumentListRequest():
            yield InstrumentList(*stamp, question.req_id, list(venue.listings))
        case InstrumentStatusRequest():
            yield from _statuses(venue, session, question, stamp)
        case BookRequest():
            bids, asks = _levels(venue, question, Side.BUY), _levels(venue, question, Side.SELL)
            last_px = venue.last_px.get(question.instrument, 0)
            yield BookSnapshot(*stamp, question.req_id, question.instrument, 7, last_px, bids, asks)
        case PositionRequest() if question.account > 2:
            yield BusinessReject(*stamp, question.seq, 16718, question.req_id, Reason.UNKNOWN_ACCOUNT, "account is not yours")
        case PositionRequest():
            yield PositionReport(
                *stamp,
                question.req_id,
                question.account,
                [Position("USDC", 1_500_000, 0, 0, 0, 0), Position("AAPLx", 2_000_000, 0, 0, 0, 0)],
            )
        case OrderMassStatusRequest():
            mine = [order for order in venue.orders.values() if order.owner is session]
            for order in mine:
                yield msgspec.structs.replace(venue.report(order, ExecType.STATUS), seq=stamp[0])
            yield MassStatusEnd(*stamp, question.req_id, len(mine))


def change_status(venue: "ModelVenue", instrument: int, **fields: object) -> None:
    """Change what the venue says of an instrument, and tell who follows it."""
    venue.statuses[instrument] = venue.statuses.get(instrument, {}) | fields
    for session in venue.sessions.values():
        if session.connection is not None and instrument in session.connection.following:
            stamp = (session.next_out, venue.ts_ns, 0)
            session.connection.write(_status(venue, stamp, session.connection.following[instrument], instrument))


def _statuses(
    venue: "ModelVenue", session: "ModelSession", question: InstrumentStatusRequest, stamp: tuple[int, int, int]
) -> Iterator[msgspec.Struct]:
    assert session.connection is not None, "who asks is there"
    following = session.connection.following
    numbers = [question.instrument] if question.instrument else range(1, len(venue.listings) + 1)
    for number in numbers:
        following.pop(number, None)
        if question.subscribe == 1:
            following[number] = question.req_id
        if question.subscribe != 2:
            yield _status(venue, stamp, question.req_id, number)


def _status(venue: "ModelVenue", stamp: tuple[int, int, int], req_id: int, instrument: int) -> InstrumentStatus:
    plain: dict[str, object] = {"status": 17, "since_ns": venue.ts_ns, "cause": "scheduled", "expected_resume_ns": 0}
    plain |= {"session": "continuous", "reference": 1_000_000, "quality": 4, "low": 950_000, "high": 1_050_000, "status_seq": 3}
    plain |= dict.fromkeys(("until_ns", "indicative_px", "indicative_qty", "imbalance", "issued", "attested", "attested_ns"), 0)
    fields = plain | {"then": "", "reserve": ""} | venue.statuses.get(instrument, {})
    return InstrumentStatus(*stamp, req_id=req_id, instrument=instrument, **fields)


def _levels(venue: "ModelVenue", question: BookRequest, side: Side) -> list[BookLevel]:
    at: dict[int, list[int]] = {}
    for order in venue.orders.values():
        if order.entered.instrument == question.instrument and order.entered.side == side:
            at.setdefault(order.price, []).append(order.leaves)
    best_first = sorted(at, reverse=side is Side.BUY)
    return [BookLevel(price, sum(at[price]), len(at[price])) for price in best_first[: question.depth or None]]
