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
            yield InstrumentStatus(
                *(
                    *stamp,
                    question.req_id,
                    question.instrument,
                    17,
                    venue.ts_ns,
                    "scheduled",
                    0,
                    "continuous",
                    1_000_000,
                    4,
                    950_000,
                    1_050_000,
                )
            )
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


def _levels(venue: "ModelVenue", question: BookRequest, side: Side) -> list[BookLevel]:
    at: dict[int, list[int]] = {}
    for order in venue.orders.values():
        if order.entered.instrument == question.instrument and order.entered.side == side:
            at.setdefault(order.price, []).append(order.leaves)
    best_first = sorted(at, reverse=side is Side.BUY)
    return [BookLevel(price, sum(at[price]), len(at[price])) for price in best_first[: question.depth or None]]
