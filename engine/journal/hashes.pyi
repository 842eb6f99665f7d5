from engine.journal.records import Bytes

def crc32c(data: Bytes, crc: int = 0) -> int:
    """Return the CRC32C of bytes, continued from that of the bytes before them."""

def xxh64(data: Bytes, seed: int = 0) -> int:
    """Return the XXH64 of bytes."""
