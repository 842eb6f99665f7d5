"""The two books that every test of the rules runs on, opened by the same words."""

from engine.matching.book import OrderBook
from engine.testing.oracle import Oracle

MAKERS = {"oracle": Oracle, "core": OrderBook}


def differences(left, right):
    """Return the fields in which two event lists differ, for a message that a person can read."""
    if len(left) != len(right):
        return f"{len(left)} events against {len(right)}: {left} {right}"
    pairs = [(a, b) for a, b in zip(left, right, strict=True) if tuple(a) != tuple(b)]
    return [(a.exec_id, name, x, y) for a, b in pairs for name, x, y in zip(a._fields, a, b, strict=True) if x != y]


def state(one):
    """Return everything that a book shows of its state."""
    numbers = range(1, 4)
    listed = [number for number in numbers if _is_listed(one, number)]
    return [one.orders(), *((one.depth(number), one.top(number), one.orders(number)) for number in listed)]


def _is_listed(one, number):
    try:
        one.depth(number)
    except ValueError:
        return False
    return True
