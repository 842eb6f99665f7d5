"""`ats load`: a venue under load, its own or a running one, with every report checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.access import Access, find_access, venue_option
from engine.cli.load_report import summary_text, warnings
from engine.cli.load_venue import MODES, own_venue
from engine.cli.output import Progress, fail, json_option, show, talk, wrong
from engine.client import ClientError
from engine.client.values import PRICE_DECIMALS, exact
from engine.load import MIXES

if TYPE_CHECKING:
    from engine.load.load import Load
    from engine.load.session import Party

# Requests, where nothing is said: enough for a figure, and few enough for a venue that throttles.
OWN_REQUESTS = 1_000_000
REQUESTS = 10_000
OWN_SESSIONS = 4
OWN_PRICE = "100"


@click.command("load")
@click.option("--connect", metavar="HOST:PORT", help="A running venue; without it and --as, a venue of the command's own.")
@click.option("--as", "names", metavar="NAME", multiple=True, help="Session to send as; repeat for more.")
@click.option("--key", metavar="FILE", type=click.Path(path_type=Path), help="Private key of the one session; keys/NAME.pem without it.")
@click.option("--ca", metavar="FILE", type=click.Path(path_type=Path), help="Certificate to trust; venue.toml's without it.")
@venue_option
@click.option("--mode", type=click.Choice(MODES), help="Journal of the command's own venue; durable without it.")
@click.option("--sessions", type=click.IntRange(1, 512), help=f"How many at the command's own venue; {OWN_SESSIONS} without it.")
@click.option("--symbol", help="What to trade; the venue's first instrument without it.")
@click.option("--mix", type=click.Choice(list(MIXES)), default="rest", show_default=True, help="What is asked; see above.")
@click.option("--rate", metavar="N", type=click.FloatRange(min=0, min_open=True), help="Requests a second, of all; flat out without it.")
@click.option("--ping-pong", is_flag=True, help="One request after the answer to the one before.")
@click.option("--requests", metavar="N", type=click.IntRange(min=1), help=f"Of all; {REQUESTS:,}, or at its own venue {OWN_REQUESTS:,}.")
@click.option("--batch", metavar="N", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Requests a send.")
@click.option("--window", metavar="N", type=click.IntRange(1, 10_000), default=4, show_default=True, help="Sends under way, flat out.")
@click.option("--seed", metavar="N", type=int, default=1, show_default=True, help="The requests follow from it.")
@click.option("--price", metavar="PRICE", help="Around which to trade; as the venue shows without it.")
@click.option("--hdr", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write how long answers took (.hgrm).")
@json_option
def command(
    connect: str | None,
    names: tuple[str, ...],
    key: Path | None,
    ca: Path | None,
    venue: Path,
    mode: str | None,
    sessions: int | None,
    hdr: Path | None,
    *,
    as_json: bool,
    **asked: Any,
) -> None:
    r"""Measure a venue under load, and check every report that comes back.

    \b
    rest     orders below the market and their cancels; nothing trades
    trade    pairs of sessions, one sells and one buys at the same price
    market   orders near the touch, cancels of them, and one in ten that crosses
    replace  resting orders, most of them replaced again and again

    Flat out tells how much the venue takes; how long an answer takes then is only how long the queue is.  With --rate each request is due
    at its moment and its wait counts from there, so nothing that the venue holds up is left out.  In the end everything that the sessions
    have open is canceled and their balances must have moved as the reports say; exit code 1: a report was wrong.
    """
    from engine.load.faults import LoadFault, LoadRefused
    from engine.load.figures import need_hdr, write_hdr
    from engine.load.load import run

    own = connect is None and not names and key is None
    if not own and (mode or sessions):
        wrong("--mode and --sessions are of the command's own venue: leave out --connect, --as and --key, or leave these out")
    try:
        if hdr is not None:
            need_hdr()
        if own:
            with own_venue(mode or "durable", sessions or OWN_SESSIONS) as (address, parties):
                load = _load(asked, own=True)
                measured, spread = _run(run, address, parties, load)
            measured["venue"] = {"own": True, "mode": mode or "durable"}
        else:
            accesses = [find_access(venue, connect=connect, name=name, key=key, ca=ca) for name in names or (None,)]
            if len({access.name for access in accesses}) < len(accesses):
                wrong("each session is named once: --as alice --as bob")
            if key is not None and len(accesses) > 1:
                wrong("--key is of one session: put the keys of several into DIR/keys")
            measured, spread = _run(run, accesses[0].address, [_party(access) for access in accesses], _load(asked, own=False))
            measured["venue"] = {"own": False, "address": accesses[0].address}
        if hdr is not None:
            write_hdr(hdr, spread)
            measured["hdr"] = str(hdr)
    except LoadFault as fault:
        fail(f"a report of the venue is wrong: {fault}" + (f"\n{fault.payload.hex(' ')}" if fault.payload else ""))
    except (LoadRefused, ClientError, OSError, ValueError) as error:
        wrong(str(error))
    for warning in warnings(measured):
        talk(warning)
    show(measured, summary_text(measured), as_json=as_json)


def _load(asked: dict[str, Any], *, own: bool) -> "Load":
    from engine.load.load import Load

    price = asked.pop("price") or (OWN_PRICE if own else None)
    requests = asked.pop("requests") or (OWN_REQUESTS if own else REQUESTS)
    if asked["ping_pong"]:
        asked |= {"batch": 1, "window": 1}
    return Load(**asked, requests=requests, price=_units(price) if price else None, reset=own, alone=own)


def _units(price: str) -> int:
    units = exact(price, "price").scaleb(PRICE_DECIMALS)
    if units != int(units) or units <= 0:
        raise ValueError(f"price {price} is not a positive multiple of 0.0001")
    return int(units)


def _party(access: Access) -> "Party":
    from engine.load.session import Party

    return Party(access.flow(), access.account)


def _run(run: Any, address: str, parties: "list[Party]", load: "Load") -> Any:
    talk(f"{len(parties)} session{'s'[: len(parties) > 1]}, mix {load.mix}, {load.requests:,} requests {load.way}, seed {load.seed}")
    with _progress(load.requests) as tell:
        return run(address, parties, load, tell)


@contextmanager
def _progress(requests: int) -> Iterator[Any]:
    """Give what is told the number of answers so far."""
    told = 0
    with Progress(requests, "sending") as advance:

        def tell(answered: int) -> None:
            nonlocal told
            advance(answered - told)
            told = answered

        yield tell
        tell(requests)
