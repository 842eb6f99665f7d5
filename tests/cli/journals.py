"""Small journals of a venue that never was, for the commands that read one: every kind of record, in sealed segments."""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.journal.directory import DirectoryJournal
from engine.matching.enums import CommandFlag, CommandKind, OrdType, Side, TimeInForce
from engine.matching.records import Command
from engine.snapshot.format import write
from engine.snapshot.records import Snapshot
from engine.transcript import record
from engine.venue.acts import AddAsset, Request, encode
from tests.cli.venues import made_venue

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
START_NS = 1_795_000_000_000_000_000
LIMITS = {"orders": 1024, "levels": 4096}
BIRTH = msgspec.msgpack.encode({"venue": "ATS-TEST", "limits": LIMITS, "format": 1})
ACT = encode(Request(actor="ada", reason="first listing", act=AddAsset(asset="USDC", kind="cash", name="USD Coin")))
WAIT_MS = 20_000
# What was told: a birth, an act, a logon, an order, a cancel of everything because its connection was lost, and the log's own mark.
COMMANDS = [
    (Command(kind=CommandKind.BIRTH), BIRTH),
    (Command(kind=CommandKind.ACT), ACT),
    (Command(kind=CommandKind.LOGON, session=3, flags=CommandFlag.DISCONNECT), b""),
    (
        Command(
            kind=CommandKind.ENTER,
            in_seq=1,
            cl_ord_id=41,
            price=1_675_200,
            qty=2_500_000,
            expire_ns=START_NS + 60_000_000_000,
            session=3,
            account=7,
            instrument=2,
            side=Side.SELL,
            ord_type=OrdType.LIMIT,
            tif=TimeInForce.GTD,
        ),
        b"",
    ),
    (Command(kind=CommandKind.MASS_CANCEL, session=3, flags=CommandFlag.BY_SESSION | CommandFlag.DISCONNECT), b""),
    (Command(kind=CommandKind.MARK, order_id=0xABCDEF), b""),
]


def opened(folder, **options):
    """Open a journal of short segments."""
    return DirectoryJournal(folder, **{"key": KEY, "segment_bytes": 16 << 10, "reserve_bytes": 4096, "ring_bytes": 64 << 10, **options})


def append(journal, commands):
    """Append a group of commands with their payloads, each a second after the one before, and wait until it is durable."""
    first = journal.last_seq + 1
    stamped = [(command._replace(ts_ns=START_NS + seq * 1_000_000_000), payload) for seq, (command, payload) in enumerate(commands, first)]
    body = b"".join(record(*each) for each in stamped)
    assert journal.append(body, first, len(stamped), stamped[-1][0].ts_ns)
    assert journal.wait(journal.last_seq, WAIT_MS)


def fill(journal, rounds=4):
    """Append the commands in groups of two, so many times."""
    for _ in range(rounds):
        for at in range(0, len(COMMANDS), 2):
            append(journal, COMMANDS[at : at + 2])


def venue_with_journal(folder, rounds=4):
    """Make a venue's folder with a journal of 6 sequences a round, and its node's key; return the folder."""
    made_venue(folder)
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "keys" / "node.pem").write_bytes(pem)
    with opened(folder / "journal") as journal:
        fill(journal, rounds)
    return folder


def put_snapshot(folder, seq, frame_hash=0):
    """Write a snapshot of nothing beside a venue's journal, and return its path."""
    kept = folder / "journal" / "snapshots"
    kept.mkdir(exist_ok=True)
    path = kept / f"{seq:020}.snap"
    path.write_bytes(write(Snapshot(seq=seq, last_ts_ns=5, history=6, frame_hash=frame_hash, birth=BIRTH, sections={})))
    return path
