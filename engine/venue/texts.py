"""Numbers as people read them: the core counts in integers, the texts of outcomes speak in decimals and in dates of UTC."""

PRICE_SCALE = 10_000
AMOUNT_SCALE = 1_000_000
RATE_SCALE = 100
SECOND_NS = 1_000_000_000
DAY_S = 86_400


def decimal(value: int, scale: int) -> str:
    """Return value / scale, where scale is a power of ten, without zeros at its end."""
    whole, rest = divmod(abs(value), scale)
    digits = f"{rest:0{len(str(scale)) - 1}d}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{'.' if digits else ''}{digits}"


def price(value: int) -> str:
    """Return a price in its quote unit."""
    return decimal(value, PRICE_SCALE)


def amount(value: int) -> str:
    """Return a quantity or an amount in its asset."""
    return decimal(value, AMOUNT_SCALE)


def rate(value: int) -> str:
    """Return a rate in basis points."""
    return f"{decimal(value, RATE_SCALE)} bp"


def seconds(duration_ns: int) -> str:
    """Return a duration in seconds."""
    return f"{decimal(duration_ns, SECOND_NS)} s"


def utc(ts_ns: int) -> str:
    """Return a time as 2026-11-22T14:30:00Z, with as many decimals as it has."""
    second, rest_ns = divmod(ts_ns, SECOND_NS)
    day, second = divmod(second, DAY_S)
    year, month, date = _civil(day)
    fraction = f".{rest_ns:09d}".rstrip("0").rstrip(".")
    return f"{year:04d}-{month:02d}-{date:02d}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}{fraction}Z"


def _civil(day: int) -> tuple[int, int, int]:
    """Return the Gregorian date of a day since 1970-01-01: years begin in March, so that the leap day is their last."""
    day += 719_468
    era, day = divmod(day, 146_097)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    date = day - (153 * month + 2) // 5 + 1
    return era * 400 + year + (month >= 10), month + 3 if month < 10 else month - 9, date
