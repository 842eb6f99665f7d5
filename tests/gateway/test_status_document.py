"""The story under "Following the status" in docs/PROTOCOL.md, played: what a follower is told, row by row."""

from engine.matching.enums import ExecType
from engine.protocol.messages import ExecutionReport, InstrumentStatus, TradingStatus
from engine.venue.acts import SetStatus
from engine.venue.terms import AuctionTerms
from tests.gateway.following import Follower
from tests.gateway.funded import do
from tests.gateway.test_gateway import order
from tests.gateway.wires import SECOND, Floor
from tests.protocol.document import sections, table


def row(status: InstrumentStatus) -> list[str]:
    said = (TradingStatus(status.status).name, status.cause, status.status_seq, status.then or "–")
    return [str(each) for each in (*said, status.indicative_px, status.indicative_qty, status.imbalance)]


def test_a_follower_is_told_what_the_document_says() -> None:
    floor = Floor(terms={"auction": AuctionTerms(call_ns=60 * SECOND)})
    alice, bob, carol = Follower(floor, "alice"), floor.log_on("bob"), floor.log_on("carol")
    told = alice.subscribe(1)
    do(floor.gateway, SetStatus(instrument="AAPLx", status="halted", cause="regulatory"))
    do(floor.gateway, SetStatus(instrument="AAPLx", status="auction-call", cause="reopening"))
    told += alice.listen()
    bob.say(order(1, account=2, price=10_100, order_qty=3_000_000))
    carol.say(order(1, account=3, side=2, price=10_000, order_qty=2_000_000))
    floor.pass_time(SECOND)
    told += alice.listen()
    floor.pass_time(60 * SECOND)
    told += alice.listen()
    trades = [message for message in bob.hear() if isinstance(message, ExecutionReport) and message.exec_type == ExecType.TRADE]

    assert [cells[1:] for cells in table(sections()["Following the status"])] == [row(status) for status in told]
    assert [(2_000_000, 10_100)] == [(trade.last_qty, trade.last_px) for trade in trades]
