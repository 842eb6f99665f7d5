"""The three numbered reports of a venue as arrays of integers."""

def decode(payload: bytes) -> list[int] | None:
    """Return the integers of a report, or None for another message.  ValueError for one that is damaged."""
