"""The hash of what a venue said, once more and slowly: whole numbers in Python, from what `engine.venue.history` says that it is."""

import struct
from collections.abc import Sequence

from engine.matching.enums import ExecType
from engine.matching.records import EVENT_FORMAT, Event
from engine.venue.records import DETAIL_FORMAT, Detail

KEYS = (
    *(0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93),
    *(0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3),
    *(0x1D8E4E27C47D124F, 0xEB44ACCAB455D165, 0x2D358DCCAA6C78A5, 0x8BB84B93962EACC9),
    *(0x4B33A62ED433D4A3, 0x4D5A2DA51DE1AA47, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9),
)
WORDS = len(KEYS)
BLOCK = 8 * WORDS
LOW = 2**64 - 1
HALF = 2**32 - 1


def fold(history: int, words: Sequence[int]) -> int:
    """Return the history after 16 words, of which the last four say nothing where all of them are 0."""
    sums = [history, 0]
    for i, word in enumerate(words if any(words[-4:]) else words[:-4]):
        mixed = word ^ KEYS[i]
        sums[i % 2] += (mixed & HALF) * (mixed >> 32)
        sums[1 - i % 2] += word
    product = (sums[0] & LOW ^ KEYS[0]) * (sums[1] & LOW ^ KEYS[1])
    return product >> 64 ^ product & LOW


def after_event(history: int, event: Event, detail: Detail) -> int:
    """Return the history after an event with its detail."""
    ref_id = event.match_id if event.exec_type == ExecType.TRADE else event.orig_cl_ord_id
    names = (event.exec_id, event.order_id, event.cl_ord_id, ref_id)
    amounts = (event.price, event.order_qty, event.leaves_qty, event.cum_qty, event.last_px, event.last_qty)
    parties = (event.session, event.account, event.instrument)
    packed = struct.pack(EVENT_FORMAT, *names, *amounts, *parties, event.exec_type, event.side, event.liquidity, event.reason)
    return _after_block(history, packed + struct.pack(DETAIL_FORMAT, *detail, 0, 0))


def after_bytes(history: int, said: bytes) -> int:
    """Return the history after bytes, which end with their length."""
    for start in range(0, len(said), BLOCK):
        history = _after_block(history, said[start : start + BLOCK])
    return fold(history, (len(said), *(0,) * (WORDS - 1)))


def _after_block(history: int, block: bytes) -> int:
    return fold(history, struct.unpack(f"<{WORDS}Q", block.ljust(BLOCK, b"\0")))
