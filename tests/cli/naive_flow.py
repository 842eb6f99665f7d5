"""The meaning of a workload in forty slow lines that share nothing with the engine: a list of resting orders, searched from end to end."""

from dataclasses import dataclass


@dataclass
class Resting:
    order_id: int
    side: int
    price: int
    qty: int


def naive_reports(records):
    """Return the canonical lines of (type, side, ioc, qty, sequence, order_id, price) records."""
    book, lines = [], []

    def find(order_id):
        return next((order for order in book if order.order_id == order_id), None)

    def enter(seq, order_id, side, price, qty, rests):
        sign = 1 if side == 0 else -1
        while qty:
            meets = [order for order in book if order.side != side and sign * order.price <= sign * price]
            if not meets:
                break
            maker = min(meets, key=lambda order: (sign * order.price, book.index(order)))
            done = min(qty, maker.qty)
            lines.append((seq, 1, f"1,{seq},{maker.price},{done},{maker.order_id},{order_id}"))
            qty -= done
            maker.qty -= done
            if not maker.qty:
                book.remove(maker)
        if qty and rests:
            book.append(Resting(order_id, side, price, qty))
        return qty

    for kind, side, ioc, qty, seq, order_id, price in records:
        known = find(order_id)
        if kind == 0:
            lines.append((seq, 0, f"0,{seq},{side},{order_id},{price},{qty}"))
            if enter(seq, order_id, side, price, qty, not ioc) and ioc:
                lines.append((seq, 2, f"2,{seq},{side},{order_id},{price}"))
        elif known is None:
            lines.append((seq, 3 + kind, f"{3 + kind},{seq},{order_id}"))
        elif kind == 1:
            book.remove(known)
            lines.append((seq, 2, f"2,{seq},{known.side},{order_id},{known.price}"))
        else:
            book.remove(known)
            enter(seq, order_id, known.side, price, qty, rests=True)
            lines.append((seq, 3, f"3,{seq},{known.side},{order_id},{price},{qty}"))
    return [line for _, _, line in sorted(lines, key=lambda entry: entry[:2])]
