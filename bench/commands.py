"""Packed commands made one by one, for benches of single acts."""

import struct

from engine.matching.records import COMMAND_FORMAT

FIELDS = (
    *("ts_ns", "in_seq", "cl_ord_id", "orig_cl_ord_id", "order_id", "price", "qty", "display_qty", "expire_ns"),
    *("session", "account", "instrument", "stp_group"),
    *("kind", "side", "ord_type", "tif", "exec_inst", "stp_mode", "flags", "settle_pref", "min_qty", "stop_px"),
)


def pack(**fields: int) -> bytes:
    """Pack one command; a field that is not named is 0."""
    return struct.pack(COMMAND_FORMAT, *(fields.get(name, 0) for name in FIELDS))
