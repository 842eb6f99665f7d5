"""From a report to the event that tells of it."""

from engine.client.events import Accepted, Canceled, Event, Executed, Expired, Rejected, Replaced, Restated
from engine.client.orders import Fill, LiveOrder
from engine.client.texts import reason_of
from engine.matching.enums import ExecType
from engine.protocol.messages import ExecutionReport


def event_of(report: ExecutionReport, order: LiveOrder, fill: Fill | None) -> Event:
    """Give the event for a report that `order` has just followed.  ValueError for an exec_type that is no report."""
    qty = order.instrument.qty
    moment = (report.seq, report.ts_ns, order, qty(report.leaves_qty), qty(report.cum_qty))
    reason = reason_of(report.reason)
    match ExecType(report.exec_type):
        case ExecType.NEW:
            return Accepted(*moment)
        case ExecType.REJECTED:
            return Rejected(*moment, reason, order.reject_text)
        case ExecType.TRADE if fill is not None:
            return Executed(*moment, fill)
        case ExecType.CANCELED:
            return Canceled(*moment, reason, qty(report.last_qty))
        case ExecType.REPLACED:
            return Replaced(*moment)
        case ExecType.RESTATED:
            return Restated(*moment, reason, qty(report.last_qty))
        case ExecType.EXPIRED:
            return Expired(*moment, reason, qty(report.last_qty))
        case other:
            raise ValueError(f"exec_type {other.name} is not what an order's report says")
