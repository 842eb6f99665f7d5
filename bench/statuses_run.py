"""One run of a flow through a venue in some state, for `bench statuses`: `statuses_run.py STATE FLOW PREFILL MESSAGES LIVE_MAX [count]`.

It is run with another build's tree in the path, too, so it uses nothing for the state `collar` that an older build would not have.
"""

import sys
from pathlib import Path

from bench import flow, market, venue
from bench.commands import pack
from engine.matching.enums import CommandKind, OrdType, Side, TimeInForce
from engine.venue.venue import Venue

STOPS = 1_000
LEVELS = 50


def opened(state: str, made: market.Load) -> Venue:
    """Return a venue in a state: `bare` has no collar, `collar` is that of the other benches, the others have more."""
    trading = market.new_venue(made)
    if state == "bare":
        trading.clear_collar(1)
    if state in ("pauses", "all"):
        market.set_gate(trading, 1, pauses=True)
    if state in ("stops", "all"):
        trading.apply_packed(b"".join(stop(number, made) for number in range(STOPS)))
        assert STOPS == len(trading.book.orders())
    return trading


def stop(number: int, made: market.Load) -> bytes:
    """Return a stop order of nobody's session, as far away as prices go: one half below, the other above."""
    side, away = (Side.SELL, 1 + number % LEVELS) if number % 2 else (Side.BUY, made.top)
    fields = {"price": away * market.TICK, "qty": market.LOT, "account": 1 + number % made.spread.accounts, "instrument": 1}
    kinds = {"kind": CommandKind.ENTER, "side": side, "ord_type": OrdType.STOP_LIMIT, "tif": TimeInForce.GTC}
    return pack(ts_ns=market.START_NS, stop_px=away * market.TICK, **fields, **kinds)


def main(arguments: list[str]) -> int:
    """Print nanoseconds a message, executions and stop orders that wait; with `count` only run the flow."""
    state, path, (prefill, messages, live_max) = arguments[0], Path(arguments[1]), map(int, arguments[2:5])
    made = market.load(flow.Flow("statuses", 0, path, prefill, messages, 0, 0, live_max + STOPS, 0, {}), market.Spread())
    trading = opened(state, made)
    if len(arguments) > 5:
        venue.apply_all(trading, venue.chunks(made, 0, prefill))
        trading.ends_with_connection()  # valgrind counts from here on
        venue.apply_all(trading, venue.chunks(made, prefill, prefill + messages))
        return 0
    print(
        venue.timed(made, trading), trading.last_match_id, len([order for order in trading.book.orders() if getattr(order, "stop_px", 0)])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
