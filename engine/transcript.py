"""What the log says, command by command: the body of a group taken apart, put together, and told to a reader.

A body is records one after another: a Command, packed as `engine/packing.pxd` says, and behind one that carries a payload its `qty` bytes
of it, then zeros up to a multiple of 4.  The groups are those of the journal, which knows nothing of this.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from typing import Any

import msgspec

from engine import birth
from engine.journal.records import Group
from engine.matching.enums import CommandFlag, CommandKind, ExecInst, OrdType, SettlePref, Side, StpMode, TimeInForce
from engine.matching.records import COMMAND_FORMAT, COMMAND_SIZE, Command
from engine.venue.acts import decode

WITH_PAYLOAD = frozenset({CommandKind.ACT, CommandKind.BIRTH})
WORD = 4
COMMAND_WORDS = COMMAND_SIZE // WORD
WORDS: dict[str, type[IntEnum]] = {
    "kind": CommandKind,
    "side": Side,
    "ord_type": OrdType,
    "tif": TimeInForce,
    "stp_mode": StpMode,
    "settle_pref": SettlePref,
}
MARKS: dict[str, type[IntFlag]] = {"exec_inst": ExecInst, "flags": CommandFlag}
_RECORD = struct.Struct(COMMAND_FORMAT)
_NOTHING = bytes(WORD)


def commands_of(group: Group) -> Iterator[tuple[int, Command, bytes]]:
    """Yield (sequence, command, payload) of each command of a group.  ValueError where the body is not what a group's body is.

    BirthFault, which is one, where a log begins in an older format.
    """
    body, at = group.body, 0
    if group.first_seq == 1:
        birth.refuse_older(body)
    for seq in range(group.first_seq, group.first_seq + group.count):
        command, at = _command(seq, body, at)
        payload = b""
        if command.kind in WITH_PAYLOAD:
            payload, at = _payload(seq, body, at, command.qty)
        yield seq, command, payload
    if at != len(body):
        last = group.first_seq + group.count - 1
        raise ValueError(f"sequence {last}: {len(body) - at} bytes are left behind the group's last command")


def record(command: Command, payload: bytes = b"") -> bytes:
    """Return a command as a group's body has it; its `qty` becomes the length of the payload that its kind carries."""
    if command.kind in WITH_PAYLOAD:
        command = command._replace(qty=len(payload))
    elif payload:
        raise ValueError(f"a command of kind {command.kind} carries no payload, and this one has {len(payload)} bytes")
    return _packed(_RECORD.pack(*command)) + payload.ljust(_padded(len(payload)), b"\0")


def described(seq: int, command: Command, payload: bytes = b"") -> dict[str, Any]:
    """Tell a command to a human: enums and marks by their names, what is 0 left out, a payload decoded, or as hex where it cannot be."""
    told: dict[str, Any] = {"seq": seq, "ts_ns": command.ts_ns, "kind": _name(CommandKind, command.kind)}
    if command.kind == CommandKind.MARK:
        return told | {"history": f"{command.order_id:016x}"}
    shown = command._asdict()
    if command.kind in WITH_PAYLOAD:
        del shown["qty"]
    for field, value in shown.items():
        if field in MARKS and value:
            told[field] = _names(MARKS[field], value)
        elif field in WORDS and (value or (field == "tif" and command.kind == CommandKind.ENTER)):
            told[field] = _name(WORDS[field], value)
        elif value:
            told[field] = value
    return told | (_told(command.kind, payload) if command.kind in WITH_PAYLOAD else {})


def _command(seq: int, body: bytes, at: int) -> tuple[Command, int]:
    """Return the command at a place, and the place behind it."""
    start = at + WORD
    filled = int.from_bytes(body[at:start], "little")
    end = start + WORD * filled.bit_count()
    if filled >> COMMAND_WORDS:
        raise ValueError(f"sequence {seq}: {filled:#010x} at byte {at} names more than the {COMMAND_WORDS} words of a command")
    if max(start, end) > len(body):
        raise ValueError(f"sequence {seq}: the group's body ends at byte {len(body)}, within the command at byte {at}")
    filling = iter(_split(body[start:end]))
    whole = b"".join(next(filling) if filled >> i & 1 else _NOTHING for i in range(COMMAND_WORDS))
    return Command._make(_RECORD.unpack(whole)), end


def _packed(whole: bytes) -> bytes:
    words = _split(whole)
    filled = sum(1 << i for i, word in enumerate(words) if word != _NOTHING)
    return filled.to_bytes(WORD, "little") + b"".join(word for word in words if word != _NOTHING)


def _split(data: bytes) -> list[bytes]:
    return [data[at : at + WORD] for at in range(0, len(data), WORD)]


def _payload(seq: int, body: bytes, at: int, size: int) -> tuple[bytes, int]:
    end = at + _padded(size)
    if size < 0 or end > len(body):
        raise ValueError(f"sequence {seq}: a payload of {size} bytes does not fit into the {len(body) - at} that are left of the group")
    if any(body[at + size : end]):
        raise ValueError(f"sequence {seq}: the bytes behind the payload are not zero")
    return body[at : at + size], end


def _told(kind: int, payload: bytes) -> dict[str, Any]:
    try:
        if kind == CommandKind.ACT:
            request: dict[str, Any] = msgspec.to_builtins(decode(payload))
            return request
        return {"birth": msgspec.msgpack.decode(payload)}
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return {"payload": payload.hex(), "fault": str(error)}


def _name(words: type[IntEnum], value: int) -> str:
    return words(value).name if value in set(words) else str(value)


def _names(marks: type[IntFlag], value: int) -> list[str]:
    named = [mark.name or "" for mark in marks if value & mark]
    rest = value & ~sum(marks)
    return [*named, f"{rest:#x}"] if rest else named


def _padded(size: int) -> int:
    return -(-size // WORD) * WORD
