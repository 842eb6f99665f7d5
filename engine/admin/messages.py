"""The operators' protocol: what a person asks of the venue on the admin listener, and the one answer to each request.

Frames, Challenge, Logon and Logout are those of docs/PROTOCOL.md, and so is the text that the Logon signs.  A Logon here says
`heart_bt_int` 0, which no trading session may: so a signature made for one listener never opens the other.  Its `sender` is the person's
name, whose key the venue knows from GrantRole; every act is that person's, whatever the request says.

After the Logon the operator sends requests, each answered by an Answer with its `req_id` before the next is looked at.  Nothing is
numbered: an act that was cut off is asked again, and answered ALREADY or with the same proposal if it had been done.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from engine.protocol.messages import Challenge, Logon, Logout
from engine.protocol.ranges import U63

MAX_REQUEST = 1 << 16
"""Largest payload from an operator to the venue: a listing with its calendar."""
MAX_ANSWER = 1 << 20
"""Largest payload from the venue to an operator."""
MAX_TEXT = 8_192
HEART_BT_INT = 0

What = Literal[
    "venue",
    "board",
    "calendar",
    "assets",
    "instruments",
    "changes",
    "auctions",
    "claims",
    "attestors",
    "attestations",
    "reserves",
    "reserve-changes",
    "mints",
    "redeems",
    "subscribers",
    "accounts",
    "balances",
    "sessions",
    "deposits",
    "withdrawals",
    "holds",
    "proposals",
    "decisions",
    "trades",
    "journal",
    "roles",
    "conservation",
]
FilterText = Annotated[str, Meta(max_length=256)]


class ActRequest(Struct, array_like=True, frozen=True, forbid_unknown_fields=True, tag=21842):
    """UR, in: carry out `act` (a map as in engine/venue/acts.py), or with `dry_run` say what would become of it."""

    req_id: U63
    act: msgspec.Raw
    reason: Annotated[str, Meta(max_length=512)]
    dry_run: bool


class ShowRequest(Struct, array_like=True, frozen=True, forbid_unknown_fields=True, tag=21843):
    """US, in: the rows of a register whose fields have the texts in `filter` (yes or no for a truth), from entry `after` on."""

    req_id: U63
    what: What
    filter: Annotated[dict[FilterText, FilterText], Meta(max_length=16)]
    after: U63


class Answer(Struct, array_like=True, frozen=True, forbid_unknown_fields=True, tag=21844):
    """UT, out: what became of a request.

    `code` is that of the Outcome, or MALFORMED, UNKNOWN_FIELD or FAULT.  `data` of an act are its numbers; of a ShowRequest it is `rows`,
    and `next`, the `after` that goes on, 0 at the end: a page may be empty and yet not be the last.
    """

    req_id: U63
    accepted: bool
    code: str
    text: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    data: dict[str, Any] = {}
    proposal: U63 = 0


OperatorMessage = Logon | Logout | ActRequest | ShowRequest
VenueMessage = Challenge | Logon | Logout | Answer

encode = msgspec.msgpack.Encoder().encode
decode_operator = msgspec.msgpack.Decoder(OperatorMessage).decode
decode_venue = msgspec.msgpack.Decoder(VenueMessage).decode
