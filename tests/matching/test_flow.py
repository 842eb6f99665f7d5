"""A small flow of the reference workload's family, generated here: the book's report text is the oracle's, line for line.

The agreed hash of the reference workload itself is looked at in tests/cli/test_flow.py.
"""

import random

import pytest

from engine.cli.workload import RECORD, Workload
from engine.matching.book import OrderBook
from engine.matching.enums import ExecType, Liquidity, Reason
from engine.matching.records import Instrument
from engine.testing.oracle import Oracle

NEW, CANCEL, MODIFY = 0, 1, 2
INSTRUMENT = Instrument("FLOW", tick=1, lot=1, max_price=20_000, protection=0)


def flow(seed, count, swing):
    """Return records of a walk of the middle: new, cancel, modify, 15% IOC, some of them late for an order that is gone."""
    rng = random.Random(seed)
    ids, records, middle = rng.sample(range(1, 10 * count), count), [], 10_000
    for sequence in range(count):
        middle += rng.randint(-swing, swing)
        kind = rng.choices((NEW, CANCEL, MODIFY), (50, 38, 12))[0] if sequence else NEW
        side = rng.randint(0, 1)
        away = int(rng.paretovariate(1.2)) - rng.randint(0, 3)
        price = min(max(middle - away if side == 0 else middle + away, 1), 19_999)
        order_id = ids[sequence] if kind == NEW else ids[max(0, sequence - int(rng.expovariate(0.05)) - 1)]
        records.append((kind, side, int(rng.random() < 0.15), rng.randint(1, 300), sequence, order_id, price))
    return records


def oracle_lines(records):
    """Tell the oracle's events in the canonical words."""
    book, lines = Oracle(INSTRUMENT), []
    for kind, side, ioc, qty, sequence, order_id, price in records:
        if kind == NEW:
            book.enter(side + 1, price, qty, order_id, tif=3 if ioc else 1)
        elif kind == CANCEL:
            book.cancel(orig_cl_ord_id=order_id, cl_ord_id=order_id)
        else:
            book.replace(0, price, qty, order_id, order_id, display_qty=0, reenter=True)
        told = [line for event in book.events() if (line := _line(event, book.events(), sequence, qty))]
        lines += sorted(told, key=lambda line: line[0])
    return lines


def _line(event, events, sequence, qty):
    side = event.side - 1
    if event.exec_type == ExecType.NEW:
        return f"0,{sequence},{side},{event.cl_ord_id},{event.price},{qty}"
    if event.exec_type == ExecType.TRADE and event.liquidity == Liquidity.MAKER:
        taker = events[0].cl_ord_id
        return f"1,{sequence},{event.last_px},{event.last_qty},{event.cl_ord_id},{taker}"
    if event.exec_type == ExecType.CANCELED:
        return f"2,{sequence},{side},{event.orig_cl_ord_id or event.cl_ord_id},{event.price}"
    if event.exec_type == ExecType.REPLACED:
        return f"3,{sequence},{side},{event.cl_ord_id},{event.price},{qty}"
    if event.exec_type == ExecType.CANCEL_REJECTED:
        assert event.reason == Reason.UNKNOWN_ORDER
        return f"{3 + event.liquidity},{sequence},{event.orig_cl_ord_id}"
    return None


def core_lines(records):
    """Run the records through the packed call as `ats flow` does."""
    raw = b"".join(RECORD.pack(kind, side, ioc, 0, qty, seq, order_id, price, 0) for kind, side, ioc, qty, seq, order_id, price in records)
    workload = Workload(raw)
    book = OrderBook(INSTRUMENT)
    assert len(records) == book.apply(workload.commands(0, len(records)))
    book.check()
    return "\n".join(workload.reports(0, len(records), book.ends, book.reports)).split("\n")


@pytest.mark.parametrize(("seed", "swing"), [(23, 1), (24, 0), (25, 40), (26, 300)], ids=["normal", "still", "swings", "crash"])
def test_core_tells_a_flow_as_the_oracle_does(seed, swing):
    """M1, M12, M26."""
    records = flow(seed, 3_000, swing)
    expected = oracle_lines(records)

    assert sum(line.startswith("1,") for line in expected) > 100
    assert expected == core_lines(records)
