"""ats-engine: the core of an alternative trading system for stock tokens.

    matching    the order book: price-time priority, Cython, no I/O and no clock
    venue       the rules around it: apply(command) -> events, a pure function of its log
    journal     a log of groups of bytes that a crash cannot tear, and what anyone can ask of it
    replica     a venue that follows its log; snapshot: the venue as it stood; recovery: how it comes back
    resend      old reports, made again from the journal by a process of its own
    sequencer   the single writer: numbers every command, applies it, lets its reports out when the journal has it
    protocol    the messages on the wire and their bytes
    gateway     sessions over TCP: logon, sequence numbers, heartbeats, limits
    admin       how persons act on the venue: their listener, their client
    client      how a subscriber trades: sync and asyncio faces of one core
    load        a venue under load, every report checked
    cli         the program `ats`
    testing     the oracle and the Hypothesis strategies, for your tests too

Imports point down this list's arrows only (docs/ARCHITECTURE.md).  The public names below are loaded on first use, so that
`import engine.client` brings neither the compiled core nor the server.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.client import AsyncClient, Client
    from engine.matching.book import Instrument, OrderBook
    from engine.venue.venue import Venue

__all__ = ["AsyncClient", "Client", "Instrument", "OrderBook", "Venue", "__version__"]
__version__ = "0.1.0"

_HOMES = {
    "AsyncClient": "engine.client",
    "Client": "engine.client",
    "Instrument": "engine.matching.book",
    "OrderBook": "engine.matching.book",
    "Venue": "engine.venue.venue",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
