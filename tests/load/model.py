"""A venue for tests of the load: the product's own book between messages, and streams of reports that can be spoiled.

It reads requests by msgspec and writes reports by msgspec, as a client in another language would, and shares no code with what it tests.
"""

from itertools import pairwise
from random import Random

from engine.load.executions import Executions
from engine.load.market import Market, drawn_plan
from engine.load.reading import Reader
from engine.matching.book import Instrument, OrderBook
from engine.matching.enums import ExecType, Liquidity, OrdStatus, Side
from engine.protocol.framing import MAX_REQUEST, Splitter, frame
from engine.protocol.messages import Cancel, CancelReject, ExecutionReport, MassCancel, MassCancelReport, NewOrder, decode_client, encode

MARKET = Market(1, "TOKEN", "TOKEN", "CASH", middle=1_000_000, tick=100, step=100)
TS_NS = 1_700_000_000_000_000_000
FEES = {Liquidity.NONE: 0, Liquidity.MAKER: -40, Liquidity.TAKER: 300}


class Model:
    """A book for sessions 0, 1, ...; session n trades for account n + 1."""

    def __init__(self):
        self.book = OrderBook(Instrument("TOKEN", tick=100, lot=100, max_price=100_000_000))
        self.heard = {}

    def take(self, session, request):
        """Carry out a request and put its reports behind those that each session has heard."""
        who = {"session": session + 1}
        match request:
            case NewOrder():
                self.book.enter(
                    request.side, request.price, request.order_qty, request.cl_ord_id, tif=request.tif, account=request.account, **who
                )
            case Cancel():
                self.book.cancel(orig_cl_ord_id=request.orig_cl_ord_id, cl_ord_id=request.cl_ord_id, **who)
            case MassCancel():
                self.book.mass_cancel(cl_ord_id=request.cl_ord_id, **who)
            case _:
                self.book.replace(
                    0,
                    request.price,
                    request.order_qty,
                    request.cl_ord_id,
                    orig_cl_ord_id=request.orig_cl_ord_id,
                    display_qty=request.display_qty,
                    **who,
                )
        for event in self.book.events():
            stream = self.heard.setdefault(event.session - 1, [])
            stream.append(report_of(event, len(stream) + 1))


def report_of(event, seq):
    """Return what a session is told of an event."""
    prefix = (seq, TS_NS + event.exec_id, 0)
    if event.exec_type == ExecType.MASS_CANCELED:
        return MassCancelReport(*prefix, event.cl_ord_id, event.last_qty, event.reason)
    if event.exec_type == ExecType.CANCEL_REJECTED:
        ids = (event.order_id, event.cl_ord_id, event.orig_cl_ord_id)
        return CancelReject(*prefix, *ids, int(event.liquidity), event.reason, 0, 0, 0)
    traded = event.exec_type == ExecType.TRADE
    ids = (event.order_id, event.exec_id, event.cl_ord_id, event.orig_cl_ord_id, event.account, event.instrument, event.side)
    amounts = (event.price, event.order_qty, event.leaves_qty, event.cum_qty, event.last_px, event.last_qty)
    fee = FEES[event.liquidity] if traded else 0
    tail = (event.liquidity, event.match_id if traded else 0, event.reason, fee, 0, 0, 0, 0, 0)
    return ExecutionReport(*prefix, *ids, event.exec_type, status_of(event), *amounts, *tail)


def status_of(event):
    named = {ExecType.CANCELED: OrdStatus.CANCELED, ExecType.REJECTED: OrdStatus.REJECTED, ExecType.EXPIRED: OrdStatus.EXPIRED}
    if event.exec_type in named:
        return named[event.exec_type]
    if event.leaves_qty == 0:
        return OrdStatus.FILLED
    return OrdStatus.PARTIALLY_FILLED if event.cum_qty else OrdStatus.NEW


def planned(mix, seed, sessions, requests, *, first_cl_ord_id=1):
    """Return an encoded plan for each session."""
    plans = [drawn_plan(mix, seed, number + 1, requests, MARKET) for number in range(sessions)]
    for number, plan in enumerate(plans):
        plan.encode(seq=1, cl_ord_id=first_cl_ord_id, account=number + 1, instrument=1, ts_ns=TS_NS)
    return plans


def messages(plan):
    """Return the requests of a plan as the venue reads them."""
    return [decode_client(payload) for payload in Splitter(MAX_REQUEST).feed(bytes(plan.frames))]


def played(plans, seed):
    """Return the model after all plans, the sessions in turn at random, and a mass cancel of each in the end."""
    model = Model()
    waiting = [messages(plan) for plan in plans]
    turns = [session for session, requests in enumerate(waiting) for _ in requests]
    Random(seed).shuffle(turns)
    for session in turns:
        model.take(session, waiting[session].pop(0))
    for session, plan in enumerate(plans):
        model.take(session, MassCancel(len(plan) + 1, TS_NS, 0, plan.first_cl_ord_id + len(plan), 0, 0, 0))
    return model


class Heard:
    """The readers of sessions whose requests are all sent."""

    def __init__(self, plans, batch=1):
        self.executions = Executions()
        self.readers = [Reader(plan, self.executions, number, batch, 1) for number, plan in enumerate(plans)]
        for reader, plan in zip(self.readers, plans, strict=True):
            for upto in range(batch, len(plan) + batch, batch):
                reader.send(min(upto, len(plan)), upto)

    def hear(self, session, reports, pieces=()):
        """Let a session read reports, cut where `pieces` say."""
        stream = b"".join(frame(encode(report)) for report in reports)
        self.hear_bytes(session, stream, pieces)

    def hear_bytes(self, session, stream, pieces=()):
        reader = self.readers[session]
        places = sorted({place % (len(stream) + 1) for place in pieces} | {0, len(stream)})
        for start, end in pairwise(places):
            part = stream[start:end]
            reader.room[reader.kept : reader.kept + len(part)] = part
            reader.take(len(part), 1_000_000 + end)


def moved(reports):
    """Return what reports move, of tokens and of cash, and the fees: counted from the messages alone."""
    trades = [report for report in reports if isinstance(report, ExecutionReport) and report.exec_type == ExecType.TRADE]
    signs = [1 if report.side == Side.BUY else -1 for report in trades]
    base = sum(sign * report.last_qty for sign, report in zip(signs, trades, strict=True))
    cash = sum(-sign * (report.last_px * report.last_qty // 10_000) - report.fee for sign, report in zip(signs, trades, strict=True))
    return base, cash, sum(report.fee for report in trades)
