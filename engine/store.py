"""Where a venue keeps what outlives it: a journal, and the snapshots beside it."""

from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from engine.config import Config, ConfigError
from engine.host import place_journal, spare_cores
from engine.journal.directory import DirectoryJournal
from engine.journal.files import write_new
from engine.journal.journal import Journal
from engine.journal.reading import frame_hash
from engine.journal.records import JournalCorrupt, JournalStopped, Mode
from engine.replica import Replica
from engine.snapshot.folder import newest
from engine.snapshot.records import Snapshot, Taken
from engine.snapshot.taking import Snapshotter

MEBIBYTE = 1 << 20


class Store(Protocol):
    """What a venue needs of wherever it is kept; `torn_bytes` were cut off the journal's end when it was opened."""

    @property
    def journal(self) -> Journal: ...
    @property
    def torn_bytes(self) -> int: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def folder(self) -> Path | None:
        """Where the journal can be read by others; None where it cannot."""

    @property
    def faults(self) -> list[str]:
        """What was wrong with snapshots that were passed over."""

    @property
    def warning(self) -> str | None:
        """What will stop the journal if nobody helps."""

    def newest(self) -> Snapshot | None:
        """Return the newest snapshot that is whole.  JournalCorrupt if it is of another journal, or of more than there is."""

    @property
    def busy(self) -> bool:
        """Whether a snapshot is being taken."""

    def take(self, replica: Replica, birth: bytes) -> None:
        """Begin to take a snapshot behind a mark, and let the venue go on."""

    def take_now(self, replica: Replica, birth: bytes) -> Taken:
        """Take a snapshot and wait for it; everything must be durable."""

    def poll(self) -> Taken | None:
        """Return what became of the snapshot that was begun, once."""

    def close(self) -> None:
        """Close the journal."""


class FolderStore:
    """A folder of this machine: segments, heads and `snapshots`.  Raises as DirectoryJournal does; ConfigError for a key that is none.

    The threads of the journal are where the configuration wants them, or there is a ConfigError.
    """

    def __init__(self, config: Config) -> None:
        assert config.home is not None
        table, process = config.journal, config.process
        self.folder: Path | None = config.home / table.folder
        self.mode = table.mode
        self.faults: list[str] = []
        self.journal: DirectoryJournal = DirectoryJournal(
            self.folder,
            mode=table.mode,
            key=node_key(config.home / table.key),
            segment_bytes=table.segment_mb * MEBIBYTE,
            reserve_bytes=table.reserve_mb * MEBIBYTE,
            sync_ms=table.sync_ms,
            realtime=process.writer_nice is None and process.writer_realtime is not False,
        )
        try:
            place_journal(process, self.journal)
        except BaseException:
            self.journal.close()
            raise
        self._snapshots = self.folder / "snapshots"
        self._snapshotter = Snapshotter(self._snapshots, self.folder, cores=spare_cores(process))

    @property
    def torn_bytes(self) -> int:
        return self.journal.recovered.torn

    @property
    def busy(self) -> bool:
        return self._snapshotter.busy

    @property
    def warning(self) -> str | None:
        return self.journal.warning

    def newest(self) -> Snapshot | None:
        assert self.folder is not None
        snapshot, faults = newest(self._snapshots)
        self.faults = [str(fault) for fault in faults]
        if snapshot is None:
            return None
        name = f"{snapshot.seq:020d}.snap"
        if snapshot.seq > self.journal.last_seq:
            raise JournalCorrupt(
                name, 0, f"the snapshot stands behind sequence {snapshot.seq}, and the journal ends with {self.journal.last_seq}"
            )
        try:
            found = frame_hash(self.folder, snapshot.seq)
        except ValueError:
            found = None
        if found != snapshot.frame_hash:
            raise JournalCorrupt(name, 0, f"the snapshot is of another journal: the frames that end with sequence {snapshot.seq} differ")
        return snapshot

    def take(self, replica: Replica, birth: bytes) -> None:
        self._snapshotter.take(replica, birth)

    def take_now(self, replica: Replica, birth: bytes) -> Taken:
        return self._snapshotter.take_now(replica, birth)

    def poll(self) -> Taken | None:
        return self._snapshotter.poll()

    def close(self) -> None:
        self._snapshotter.close()
        self.journal.close()


def open_store(config: Config) -> Store | None:
    """Open what the configuration says, or return None for a venue that lives in memory.  JournalStopped where the system refuses it."""
    if config.home is None or config.journal.mode is Mode.MEMORY:
        return None
    try:
        return FolderStore(config)
    except OSError as error:
        raise JournalStopped(f"{config.home / config.journal.folder} cannot be opened: {error}") from error


def node_key(path: Path) -> Ed25519PrivateKey:
    """Return the key that signs closed segments, made where there is none; only its owner may read the file."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(path, Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"journal.key: {path} holds no private key without a password: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"journal.key: {path} is no Ed25519 key")
    return key
