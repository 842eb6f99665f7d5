"""What a venue is told before it starts: a TOML file, overridden by the environment, checked whole before anything runs.

`ENGINE_GATEWAY__PORT=7002` overrides `port` in `[gateway]`, and so on for every key of a table that exists once.  Decimal texts become the
integers of the core here (prices in 1e-4 of the quote unit, quantities in 1e-6 of a token) and nowhere else.  Each error names the key, the
value, the rule and, where there is one, the nearest value that would do.
"""

import base64
import binascii
import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from math import gcd
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from engine.matching.records import MAX_ORDERS, MAX_TICK, MAX_TICKS

PRICE_SCALE = 10_000
QTY_SCALE = 1_000_000
MAX_AMOUNT = 2**53 - 1
ENV_PREFIX = "ENGINE_"

Name = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._:-]+\Z")]
Count = Annotated[int, Meta(ge=1)]
Rate = Annotated[int, Meta(ge=1, le=10_000_000)]
Milliseconds = Annotated[int, Meta(ge=1, le=86_400_000)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z")]


class ConfigError(ValueError):
    """A configuration that can't be used; its text names the key and the rule."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Venue(_Table, frozen=True):
    """Table `[venue]`: its name on the wire, and the UTC time of day (HH:MM) at which DAY orders expire; without one they don't."""

    name: Name = "ATS"
    day_end_utc: TimeOfDay | None = None


class Gateway(_Table, frozen=True):
    """Table `[gateway]`: where to listen, and how much a client may do, hold and delay."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 7001
    tls_cert: str | None = None
    tls_key: str | None = None
    insecure_non_loopback: bool = False
    logon_timeout_ms: Milliseconds = 5_000
    refusal_delay_ms: Milliseconds = 500
    logout_timeout_ms: Milliseconds = 2_000
    takeover_timeout_ms: Milliseconds = 2_000
    clock_skew_max_ms: Milliseconds = 60_000
    unauthenticated_max: Count = 64
    failed_logons_max: Count = 5
    failed_logons_window_ms: Milliseconds = 10_000
    messages_per_s: Rate = 10_000
    cancels_per_s: Rate = 20_000
    requests_per_s: Rate = 100
    unsent_bytes_max: Count = 8_388_608
    paused_max_ms: Milliseconds = 5_000
    kept_bytes_max: Count = 16_777_216


class Limits(_Table, frozen=True):
    """Table `[limits]`: what is allocated at start."""

    orders: Annotated[int, Meta(ge=1, le=MAX_ORDERS)] = 1_048_576
    levels: Annotated[int, Meta(ge=64, le=2**32 - 1)] = 4_194_304
    accounts: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 65_536
    sessions: Annotated[int, Meta(ge=1, le=65_536)] = 1_024


class Instrument(Struct, frozen=True):
    """One `[[instrument]]`, in integers; its number is its place in the file, from 1."""

    symbol: str
    quote: str
    tick: int
    lot: int
    min_qty: int
    max_qty: int
    max_price: int
    protection: int


class Subscriber(Struct, frozen=True):
    """One `[[subscriber]]`; its session's number is its place in the file, from 1."""

    name: str
    public_key: bytes
    accounts: tuple[int, ...]
    stp_group: int = 0
    role: Literal["trader"] = "trader"


class Config(Struct, frozen=True):
    """Everything a venue is told."""

    venue: Venue = Venue()
    gateway: Gateway = Gateway()
    limits: Limits = Limits()
    instruments: tuple[Instrument, ...] = ()
    subscribers: tuple[Subscriber, ...] = ()


class _InstrumentTable(_Table, frozen=True):
    symbol: Name
    tick: str
    lot: str
    quote: Name = "USDC"
    min_qty: str | None = None
    max_qty: str | None = None
    max_price: str | None = None
    protection: str | None = None


class _SubscriberTable(_Table, frozen=True):
    name: Name
    public_key: str
    accounts: Annotated[list[Annotated[int, Meta(ge=1, le=2**32 - 1)]], Meta(min_length=1)]
    stp_group: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    role: Literal["trader"] = "trader"


class _File(_Table, frozen=True):
    venue: Venue = Venue()
    gateway: Gateway = Gateway()
    limits: Limits = Limits()
    instrument: list[_InstrumentTable] = []
    subscriber: list[_SubscriberTable] = []


def load(path: str | Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file; `tls_cert` and `tls_key` are relative to it.  Raises ConfigError, OSError."""
    path = Path(path)
    config = parse(path.read_text(encoding="utf-8"), os.environ if environ is None else environ)
    gateway = config.gateway
    if gateway.tls_cert is None or gateway.tls_key is None:
        return config
    folder = path.parent
    gateway = msgspec.structs.replace(gateway, tls_cert=str(folder / gateway.tls_cert), tls_key=str(folder / gateway.tls_key))
    return msgspec.structs.replace(config, gateway=gateway)


def parse(text: str, environ: Mapping[str, str] = {}) -> Config:
    """Check a configuration given as TOML text.  Raises ConfigError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not TOML: {error}") from error
    _override(raw, environ)
    try:
        file = msgspec.convert(raw, _File)
    except msgspec.ValidationError as error:
        raise ConfigError(_teach(str(error))) from error
    _check_gateway(file.gateway)
    instruments = tuple(_instrument(f"instrument[{i}]", table) for i, table in enumerate(file.instrument))
    subscribers = tuple(_subscriber(f"subscriber[{i}]", table, file.limits) for i, table in enumerate(file.subscriber))
    _check_unique("instrument", "symbol", [instrument.symbol for instrument in instruments])
    _check_unique("subscriber", "name", [subscriber.name for subscriber in subscribers])
    if len(subscribers) > file.limits.sessions:
        raise ConfigError(f"limits.sessions: {file.limits.sessions} are too few for {len(subscribers)} subscribers")
    return Config(file.venue, file.gateway, file.limits, instruments, subscribers)


def example(name: str, subscribers: Sequence[tuple[str, str]]) -> str:
    """Return a commented configuration of a venue called `name` with these subscribers, given as names and base64 public keys."""
    tables = [_EXAMPLE_SUBSCRIBER.format(name=who, public_key=key, account=i) for i, (who, key) in enumerate(subscribers, 1)]
    return _EXAMPLE.format(name=name) + "".join(tables)


def _override(raw: dict[str, Any], environ: Mapping[str, str]) -> None:
    for variable, value in environ.items():
        section, separator, key = variable.removeprefix(ENV_PREFIX).lower().partition("__")
        if not variable.startswith(ENV_PREFIX) or not separator:
            continue
        if section not in ("venue", "gateway", "limits"):
            raise ConfigError(f"{variable}: there is no table [{section}] to override; there are venue, gateway and limits")
        try:
            parsed = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            parsed = value
        raw.setdefault(section, {})[key] = parsed


def _check_gateway(gateway: Gateway) -> None:
    if (gateway.tls_cert is None) != (gateway.tls_key is None):
        raise ConfigError("gateway: tls_cert and tls_key come together")
    loopback = gateway.host in ("localhost", "::1") or gateway.host.startswith("127.")
    if not loopback and gateway.tls_cert is None and not gateway.insecure_non_loopback:
        raise ConfigError(
            f"gateway.host: {gateway.host} is not loopback and there is no TLS: set tls_cert and tls_key, or insecure_non_loopback = true"
        )
    if gateway.cancels_per_s < gateway.messages_per_s:
        raise ConfigError(
            f"gateway.cancels_per_s: {gateway.cancels_per_s} is below messages_per_s, {gateway.messages_per_s}: "
            "what was entered must be able to be canceled"
        )


def _instrument(path: str, table: _InstrumentTable) -> Instrument:
    tick = _units(f"{path}.tick", table.tick, PRICE_SCALE)
    if tick > MAX_TICK:
        raise ConfigError(f"{path}.tick: {table.tick} is more than {_text(MAX_TICK, PRICE_SCALE)}")
    lot = _units(f"{path}.lot", table.lot, QTY_SCALE)
    step = PRICE_SCALE // gcd(tick, PRICE_SCALE)
    if lot % step:
        nearest = _text(-(-lot // step) * step, QTY_SCALE)
        raise ConfigError(
            f"{path}.lot: {table.lot} at tick {table.tick} makes amounts finer than 0.000001 {table.quote}; nearest: {nearest}"
        )
    max_price = _multiple(f"{path}.max_price", table.max_price, tick, PRICE_SCALE, min(100_000_000, MAX_TICKS * tick) // tick * tick)
    if max_price > MAX_TICKS * tick:
        raise ConfigError(f"{path}.max_price: {table.max_price} is more than 2**26 ticks; nearest: {_text(MAX_TICKS * tick, PRICE_SCALE)}")
    min_qty = _multiple(f"{path}.min_qty", table.min_qty, lot, QTY_SCALE, lot)
    max_qty = _multiple(f"{path}.max_qty", table.max_qty, lot, QTY_SCALE, MAX_AMOUNT // lot * lot)
    if min_qty > max_qty:
        raise ConfigError(f"{path}.min_qty: {table.min_qty} is above max_qty, {table.max_qty}")
    protection = _multiple(f"{path}.protection", table.protection, tick, PRICE_SCALE, min(max(50_000 // tick, 1) * tick, max_price))
    if protection > max_price:
        raise ConfigError(f"{path}.protection: {table.protection} is more than max_price, {_text(max_price, PRICE_SCALE)}")
    return Instrument(table.symbol, table.quote, tick, lot, min_qty, max_qty, max_price, protection)


def _subscriber(path: str, table: _SubscriberTable, limits: Limits) -> Subscriber:
    try:
        key = base64.b64decode(table.public_key, validate=True)
    except binascii.Error as error:
        raise ConfigError(f"{path}.public_key: {table.public_key!r} is not base64") from error
    if len(key) != 32:
        raise ConfigError(f"{path}.public_key: a raw Ed25519 key has 32 bytes, this one {len(key)}")
    _check_unique(f"{path}.accounts", "account", [str(account) for account in table.accounts])
    if max(table.accounts) > limits.accounts:
        raise ConfigError(f"{path}.accounts: {max(table.accounts)} is above limits.accounts, {limits.accounts}")
    return Subscriber(table.name, key, tuple(table.accounts), table.stp_group, table.role)


def _check_unique(path: str, what: str, values: Sequence[str]) -> None:
    for i, value in enumerate(values):
        if value in values[:i]:
            raise ConfigError(f"{path}: {what} {value} is there twice")


def _multiple(path: str, text: str | None, step: int, scale: int, default: int) -> int:
    if text is None:
        return default
    value = _units(path, text, scale)
    if value % step:
        nearest = _text(max(round(Decimal(value) / step), 1) * step, scale)
        raise ConfigError(f"{path}: {text} is not a multiple of {_text(step, scale)}; nearest: {nearest}")
    return value


def _units(path: str, text: str, scale: int) -> int:
    """Return a positive decimal text in units of 1 / scale."""
    try:
        value = Decimal(text) * scale
        whole = int(value)
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise ConfigError(f"{path}: {text!r} is not a decimal number") from error
    if not 0 < value <= MAX_AMOUNT:
        raise ConfigError(f"{path}: {text} is not between {_text(1, scale)} and {_text(MAX_AMOUNT, scale)}")
    if whole != value:
        raise ConfigError(f"{path}: {text} is finer than {_text(1, scale)}; nearest: {_text(max(round(value), 1), scale)}")
    return whole


def _text(units: int, scale: int) -> str:
    return f"{(Decimal(units) / scale).normalize():f}"


def _teach(error: str) -> str:
    """Turn msgspec's error into one that starts with the key, and guess what an unknown key should have been."""
    rule, _, path = error.rpartition(" - at `$")
    where = path.strip("`").lstrip(".")
    if not rule:
        rule, where = error, ""
    if "matching regex" in rule:
        return f"{where}: " + (
            "expected a time such as 22:00" if where.endswith("_utc") else "only letters, digits and . _ : - are allowed"
        )
    unknown = re.search(r"unknown field `(.*)`", rule)
    if not unknown:
        return f"{where}: {rule[:1].lower()}{rule[1:]}"
    guess = difflib.get_close_matches(unknown[1], _keys(where), n=1)
    return f"{where + '.' if where else ''}{unknown[1]}: unknown key" + (f"; did you mean {guess[0]}?" if guess else "")


def _keys(where: str) -> Iterable[str]:
    tables: dict[str, type[Struct]] = {"venue": Venue, "gateway": Gateway, "limits": Limits}
    tables |= {"instrument": _InstrumentTable, "subscriber": _SubscriberTable}
    table = tables.get(where.partition("[")[0], _File)
    return table.__struct_fields__


_EXAMPLE = """\
# A venue for stock tokens.  Prices and quantities are decimal texts; every key that is commented out shows its default.
# A key of [venue], [gateway] or [limits] can be overridden by the environment: ENGINE_GATEWAY__PORT=7002

[venue]
name = "{name}"                  # clients name it in their logon
# day_end_utc = "22:00"          # DAY orders expire at this time of day; without it they live until canceled

[gateway]
host = "127.0.0.1"
port = 7001                      # 0 takes a free one
# tls_cert = "venue.crt"         # both together turn TLS 1.3 on; paths are relative to this file
# tls_key = "venue.key"
# insecure_non_loopback = false  # plain TCP is for loopback unless this says otherwise
# logon_timeout_ms = 5000        # from the first byte to a complete logon
# refusal_delay_ms = 500         # a logon that is not authentic is told so after this time
# logout_timeout_ms = 2000       # wait so long for the answer to a Logout
# takeover_timeout_ms = 2000     # a silent connection may answer for so long before another takes its session over
# clock_skew_max_ms = 60000      # between the client's clock and ours, at logon
# unauthenticated_max = 64       # connections that did not log on yet
# failed_logons_max = 5          # in failed_logons_window_ms, per address
# failed_logons_window_ms = 10000
# messages_per_s = 10000         # new orders and replaces of a session: above it refused, above twice as many logged out
# cancels_per_s = 20000          # cancels, likewise
# requests_per_s = 100           # mass cancels and everything else
# unsent_bytes_max = 8388608     # a client that does not read is cut at so many bytes,
# paused_max_ms = 5000           # or after so long
# kept_bytes_max = 16777216      # reports kept for resend, per session

[limits]
# orders = 1048576               # open at a time
# levels = 4194304               # price levels at a time
# accounts = 65536
# sessions = 1024

[[instrument]]                   # numbered from 1 in the order of this file
symbol = "AAPLx"
quote = "USDC"
tick = "0.01"
lot = "0.0001"                   # tick x lot must be a whole number of 0.000001 of the quote
min_qty = "0.0001"
max_qty = "100000"
max_price = "10000.00"           # at most 2**26 ticks
protection = "5.00"              # how far from the best opposite price a market order may trade

[[instrument]]
symbol = "TSLAx"
quote = "USDC"
tick = "0.01"
lot = "0.0001"

[[instrument]]
symbol = "SPYx"
quote = "USDC"
tick = "0.01"
lot = "0.0001"
"""

_EXAMPLE_SUBSCRIBER = """
[[subscriber]]                   # its session has the number of its place
name = "{name}"
public_key = "{public_key}"
accounts = [{account}]
stp_group = {account}                    # orders of one group do not trade with each other; 0 for none
"""
