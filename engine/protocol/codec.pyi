"""The hot messages between their bytes and the records of the core; see codec.pxd for the functions that the gateway calls.

These are their Python faces, for tests and tools: the same code, with its result as Python values.
"""

def decode(payload: bytes) -> dict[str, int] | None:
    """Decode a NewOrder, Cancel, Replace or MassCancel into the fields of a `Command` and the message's own `message_flags`.

    None for a message of another type.  Raises ValueError where msgspec refuses the payload.
    """

def encode(
    *,
    seq: int,
    ts_ns: int,
    flags: int = 0,
    exec_type: int,
    exec_id: int = 0,
    order_id: int = 0,
    cl_ord_id: int = 0,
    ref_id: int = 0,
    price: int = 0,
    order_qty: int = 0,
    leaves_qty: int = 0,
    cum_qty: int = 0,
    last_px: int = 0,
    last_qty: int = 0,
    account: int = 0,
    instrument: int = 0,
    side: int = 0,
    liquidity: int = 0,
    reason: int = 0,
    fee: int = 0,
    bound: int = 0,
    reference: int = 0,
    quality: int = 0,
    settlement: int = 0,
    fallback: int = 0,
) -> bytes:
    """Return the frame that reports an event and its detail: an ExecutionReport, CancelReject or MassCancelReport, as `exec_type` says.

    Raises OverflowError or ValueError for a number that no event holds.
    """

def with_poss_dup(frame: bytes) -> bytes:
    """Return the frame with POSS_DUP set in its flags and nothing else changed.  Raises ValueError on what no report looks like."""

def type_and_seq(payload: bytes) -> tuple[int | None, int | None]:
    """Return type and sequence number of a payload, each None where it can't be read, whatever comes after them."""
