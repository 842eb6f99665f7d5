"""Decimal texts as the core's integers, and back: what people write becomes what the venue counts, here and nowhere else.

Prices are in 1e-4 of the quote unit, quantities and amounts in 1e-6 of their asset, rates in 1e-6 of the notional and written in
basis points.  Each error names the key, the value, the rule and, where there is one, the nearest value that would do.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

PRICE_SCALE = 10_000
QTY_SCALE = 1_000_000
AMOUNT_SCALE = 1_000_000
RATE_SCALE = 100
MAX_UNITS = 2**53 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ConfigError(ValueError):
    """A configuration that can't be used; its text names the key and the rule."""


def units(path: str, text: str, scale: int) -> int:
    """Return a positive decimal text in units of 1 / scale.  Raises ConfigError."""
    return _whole(path, text, scale, 1, MAX_UNITS)


def units_or_none(path: str, text: str | None, scale: int) -> int:
    """Return a decimal text that may be 0 in units of 1 / scale; 0 where there is none.  Raises ConfigError."""
    return 0 if text is None else _whole(path, text, scale, 0, MAX_UNITS)


def rate(path: str, text: str, limit: int) -> int:
    """Return basis points as hundredths of one; below zero they are a rebate.  Raises ConfigError."""
    return _whole(path, text, RATE_SCALE, -limit, limit)


def multiple(path: str, text: str, step: int, scale: int) -> int:
    """Return a positive decimal text that is a multiple of a step, in units of 1 / scale.  Raises ConfigError."""
    value = units(path, text, scale)
    if value % step:
        nearest = plain(max(round(Decimal(value) / step), 1) * step, scale)
        raise ConfigError(f"{path}: {text} is not a multiple of {plain(step, scale)}; nearest: {nearest}")
    return value


def plain(value: int, scale: int) -> str:
    """Write units of 1 / scale as a decimal text."""
    return f"{(Decimal(value) / scale).normalize():f}"


def nanoseconds(time: datetime) -> int:
    """Return a time as ns since 1970 UTC; it is exact to the microsecond."""
    return (time - EPOCH) // timedelta(microseconds=1) * 1_000


def _whole(path: str, text: str, scale: int, low: int, high: int) -> int:
    try:
        value = Decimal(text) * scale
        whole = int(value)
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise ConfigError(f"{path}: {text!r} is not a decimal number") from error
    if not low - 1 < value <= high:
        raise ConfigError(f"{path}: {text} is not between {plain(low, scale)} and {plain(high, scale)}")
    if whole != value:
        raise ConfigError(f"{path}: {text} is finer than {plain(1, scale)}; nearest: {plain(max(round(value), low), scale)}")
    return whole
