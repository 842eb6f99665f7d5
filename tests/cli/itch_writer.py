"""ITCH messages written field by field from the specification's tables: the other direction of `engine.cli.itch`."""

from engine.cli.itch import CENT, Add, Delete, Execute, HiddenTrade, Reduce, Replace


def written(message, *, wide=False, attributed=False, at_other_price=False):
    """Return a message with its length before it; `wide` is the layout with timestamps of 8 bytes and prices in cents."""
    unit = CENT if wide else 1

    def number(value, size):
        return value.to_bytes(size, "big")

    def price(value):
        assert value % unit == 0
        return number(value // unit, 4)

    head = number(message.locate, 2) + number(0, 2) + number(1, 8 if wide else 6)
    match message:
        case Add():
            stock = message.stock.encode().ljust(8)
            body = number(message.ref, 8) + (b"B" if message.buy else b"S") + number(message.shares, 4) + stock + price(message.price)
            raw = (b"F" + head + body + b"MPID") if attributed else b"A" + head + body
        case Execute():
            body = number(message.ref, 8) + number(message.shares, 4) + number(77, 8)
            raw = (b"C" + head + body + b"Y" + price(12300)) if at_other_price else b"E" + head + body
        case Reduce():
            raw = b"X" + head + number(message.ref, 8) + number(message.shares, 4)
        case Delete():
            raw = b"D" + head + number(message.ref, 8)
        case Replace():
            body = number(message.ref, 8) + number(message.new_ref, 8) + number(message.shares, 4) + price(message.price)
            raw = b"U" + head + body
        case HiddenTrade():
            raw = b"P" + head + bytes(33)
    return number(len(raw), 2) + raw
