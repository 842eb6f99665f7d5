"""Reading `venue.toml`: the file, overridden by the environment, checked whole before anything runs."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from engine.config import tables
from engine.config.birth import birth
from engine.config.tables import Admin, File, Gateway, Journal, Limits, Process, Venue
from engine.config.units import ConfigError
from engine.journal.records import Mode
from engine.venue import terms
from engine.venue.acts import FOUNDER, Act, Request, encode

ENV_PREFIX = "ENGINE_"
LASTING: dict[str, type[Struct]] = {
    "venue": Venue,
    "gateway": Gateway,
    "admin": Admin,
    "journal": Journal,
    "process": Process,
    "limits": Limits,
}
SEEDS: dict[str, type[Struct]] = {
    "asset": tables.AssetTable,
    "attestor": tables.AttestorTable,
    "instrument": tables.InstrumentTable,
    "subscriber": tables.SubscriberTable,
    "person": tables.PersonTable,
}


class Config(Struct, frozen=True, kw_only=True):
    """Everything a venue is told: six tables that hold while it runs, and the acts of its birth.

    `home` is the folder of the file, where the venue keeps what outlives it; a venue that has none lives in memory.
    """

    venue: Venue = Venue()
    gateway: Gateway = Gateway()
    admin: Admin = Admin()
    journal: Journal = Journal()
    process: Process = Process()
    limits: Limits = Limits()
    acts: tuple[Act, ...] = ()
    home: Path | None = None


def load(path: str | Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file; `tls_cert` and `tls_key` are relative to it.  Raises ConfigError, OSError."""
    path = Path(path)
    folder = path.parent
    config = parse(path.read_text(encoding="utf-8"), os.environ if environ is None else environ)
    gateway = config.gateway
    if gateway.tls_cert is not None and gateway.tls_key is not None:
        gateway = msgspec.structs.replace(gateway, tls_cert=str(folder / gateway.tls_cert), tls_key=str(folder / gateway.tls_key))
    return msgspec.structs.replace(config, gateway=gateway, home=folder)


def parse(text: str, environ: Mapping[str, str] = {}) -> Config:
    """Check a configuration given as TOML text.  Raises ConfigError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not TOML: {error}") from error
    _override(raw, environ)
    try:
        file = msgspec.convert(raw, File)
    except msgspec.ValidationError as error:
        raise ConfigError(_teach(str(error))) from error
    _check_listeners(file.gateway, file.admin)
    _check_writer(file.process, file.journal)
    return Config(**{name: getattr(file, name) for name in LASTING}, acts=tuple(birth(file)))


def seed(config: Config) -> list[bytes]:
    """Return the acts of the venue's birth as payloads of ACT commands, in order, the founder asking for all of them."""
    return [encode(Request(actor=FOUNDER, reason="venue.toml", act=act)) for act in config.acts]


def _override(raw: dict[str, Any], environ: Mapping[str, str]) -> None:
    for variable, value in environ.items():
        section, separator, key = variable.removeprefix(ENV_PREFIX).lower().partition("__")
        if not variable.startswith(ENV_PREFIX) or not separator:
            continue
        if section not in LASTING:
            raise ConfigError(f"{variable}: there is no table [{section}] to override; there are {', '.join(LASTING)}")
        try:
            parsed = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            parsed = value
        raw.setdefault(section, {})[key] = parsed


def _check_listeners(gateway: Gateway, admin: Admin) -> None:
    if (gateway.tls_cert is None) != (gateway.tls_key is None):
        raise ConfigError("gateway: tls_cert and tls_key come together")
    for name, table in (("gateway", gateway), ("admin", admin)):
        loopback = table.host in ("localhost", "::1") or table.host.startswith("127.")
        if not loopback and gateway.tls_cert is None and not table.insecure_non_loopback:
            raise ConfigError(
                f"{name}.host: {table.host} is not loopback and there is no TLS: set gateway.tls_cert and gateway.tls_key, "
                f"or {name}.insecure_non_loopback = true"
            )
    if gateway.port == admin.port != 0 and gateway.host == admin.host:
        raise ConfigError(f"admin.port: {admin.port} is the gateway's; operators have a listener of their own")
    if gateway.cancels_per_s < gateway.messages_per_s:
        raise ConfigError(
            f"gateway.cancels_per_s: {gateway.cancels_per_s} is below messages_per_s, {gateway.messages_per_s}: "
            "what was entered must be able to be canceled"
        )


def _check_writer(process: Process, journal: Journal) -> None:
    if process.writer_realtime and process.writer_nice is not None:
        raise ConfigError(
            f"process.writer_nice: {process.writer_nice} orders ordinary threads, and process.writer_realtime = true asks for none; "
            "give one of the two"
        )
    for key in ("writer_core", "writer_nice", "writer_realtime") if journal.mode is Mode.MEMORY else ():
        value = getattr(process, key)
        if value is not None and value is not False:
            raise ConfigError(
                f"process.{key}: {str(value).lower()} is for the thread that writes the journal; with journal.mode memory none does"
            )


def _teach(error: str) -> str:
    """Turn msgspec's error into one that starts with the key, and guess what an unknown key should have been."""
    rule, _, path = error.replace(" - at `key` in `", " - at `").rpartition(" - at `")
    where = path.strip("`").removeprefix("$").lstrip(".")
    if not rule:
        rule, where = error, ""
    pattern = re.search(r"matching regex '?(.*?)'?$", rule)
    if pattern:
        return f"{where}: expected {_descriptions().get(pattern[1].replace(chr(92) * 2, chr(92)), pattern[0])}"
    unknown = re.search(r"unknown field `(.*)`", rule)
    if not unknown:
        return f"{where}: {rule[:1].lower()}{rule[1:]}"
    guess = difflib.get_close_matches(unknown[1], _keys(where), n=1)
    return f"{where + '.' if where else ''}{unknown[1]}: unknown key" + (f"; did you mean {guess[0]}?" if guess else "")


def _descriptions() -> dict[str, str]:
    """Return what each pattern of a text asks for, in words; of types that share one, the first that names it."""
    told: dict[str, str] = {}
    for module in (terms, tables):
        for alias in vars(module).values():
            for meta in getattr(alias, "__metadata__", ()):
                if meta.pattern:
                    told.setdefault(meta.pattern, meta.description)
    return told


def _keys(where: str) -> Iterable[str]:
    """Return the keys of the table at a path such as `subscriber[0].limits`."""
    known: type[Struct] = File
    for step in re.sub(r"\[.*?\]", "", where).split(".") if where else ():
        hint = get_type_hints(known).get(step) if known is not File else (LASTING | SEEDS).get(step)
        known = next(iter(_structs(hint)), known)
    return known.__struct_encode_fields__


def _structs(hint: Any) -> Iterable[Any]:
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for part in get_args(hint) if get_origin(hint) is not None or get_args(hint) else ():
        yield from _structs(part)
