"""`ats demo`: a venue in a process of its own, a dozen simulated subscribers trading on it over TCP, and a view of the floor."""

import asyncio
import importlib.util
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from time import time_ns
from typing import Any

import click

from engine.admin.client import AdminClient, AdminError
from engine.admin.rows import ConservationRow
from engine.cli.child import serve_call, surroundings
from engine.cli.demo_desk import Desk, Tape, move_market, watch_books, watch_statuses
from engine.cli.demo_folder import AUDITOR, JOURNAL, VENUE, WATCHER, write_folder
from engine.cli.demo_report import news_line, status_line, summary, summary_text
from engine.cli.demo_state import Floor, Holding, Quotes, Seat
from engine.cli.demo_story import Operators, Refused, follow_news, play, prepare
from engine.cli.output import fail, json_option, show, talk
from engine.cli.purse import Purse
from engine.cli.simulation import OPENING_CASH, OPENING_TOKENS, STOCKS, Agent, Market, cast
from engine.cli.venue_folder import key_path
from engine.client import AsyncClient, ClientError

FRAMES_PER_S = 5
SWITCH_S = 0.0005
START_S = 20.0
LEDGER_S = 1.0
DISCARD_S = 10.0
LOG = "venue.log"


@click.command("demo")
@click.option("--seconds", metavar="N", type=click.FloatRange(min=0, min_open=True), help="Stop after so long; without it, at Ctrl-C.")
@click.option("--seed", metavar="N", type=int, default=7, show_default=True, help="The subscribers' decisions follow from it.")
@click.option("--headless", is_flag=True, help="One status line a second instead of the live view; so it is without a terminal.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where the venue listens; a free port without it.")
@json_option
def command(seconds: float | None, seed: int, port: int, *, headless: bool, as_json: bool) -> None:
    """Show a venue at work: a dozen simulated subscribers trade stock tokens over TCP.

    Market makers quote around wandering prices, takers strike, icebergs wait.  In the first twenty seconds the day opens by an auction, a
    sweep meets the collar and the instrument pauses, an operator halts another, and an attestation of reserves ends; so it goes on, minute
    by minute.  Each has a million USDC and a thousand of each token, and pays or earns fees; every second the venue is asked whether
    anything was lost or made up.  It runs in a process of its own, with keys, configuration and a durable journal in a temporary folder, so
    round trips include the disk; nothing stays behind.
    """
    from engine.gateway.server import loop_factory

    live = not headless and not as_json and can_draw()
    with tempfile.TemporaryDirectory(prefix="ats-demo-") as folder:
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                floor = runner.run(_demo(Path(folder), seed, port, seconds, live=live, quiet=as_json))
        except (ClientError, AdminError, Refused, TimeoutError) as error:
            fail(f"the demo could not go on: {str(error) or type(error).__name__}")
    show(summary(floor), summary_text(floor), as_json=as_json)
    if floor.trouble:
        fail(floor.trouble)


def can_draw() -> bool:
    """Say whether there is a terminal for the live view and the library that draws it; what is missing is told."""
    if not sys.stdout.isatty():
        return False
    if importlib.util.find_spec("rich") is None:
        talk("rich is not installed, so there is no live view: pip install 'ats-engine[ui]'")
        return False
    return True


async def _demo(folder: Path, seed: int, port: int, seconds: float | None, *, live: bool, quiet: bool) -> Floor:
    agents = cast(seed)
    write_folder(folder, [agent.name for agent in agents])
    async with _venue(folder, port) as (process, told):
        address, admin_address = f"{told['host']}:{told['port']}", f"{told['admin_host']}:{told['admin_port']}"
        floor = _floor(agents, address, seed, told["journal"]["mode"])
        talk(f"{VENUE} on {address}: {len(agents)} subscribers, {len(STOCKS)} stock tokens, seed {seed}.  Ctrl-C stops it.")
        async with AsyncExitStack() as stack:
            operators = stack.enter_context(Operators(folder, admin_address))
            await prepare(operators)
            clients = await _log_on(stack, folder, address, [*(agent.name for agent in agents), WATCHER], floor)
            tape, market = Tape(floor), Market(seed)
            tokens = dict.fromkeys(market.stocks, OPENING_TOKENS)
            desks = [Desk(agent, client, floor, tape, Purse(OPENING_CASH, tokens)) for agent, client in zip(agents, clients, strict=False)]
            floor.started_ns = floor.now_ns = time_ns()
            if not live and not quiet:
                floor.say = lambda at_s, text: click.echo(news_line(at_s, text))
            by_name = {desk.name: desk for desk in desks}
            work: list[Coroutine[Any, Any, None]] = [
                move_market(market),
                watch_books(clients[-1], floor),
                watch_statuses(clients[-1], floor),
            ]
            work += [_watch_ledger(folder, admin_address, floor), _discard(folder / JOURNAL)]
            work += [play(operators, floor, market, by_name), follow_news(folder, admin_address, floor)]
            for desk, client in zip(desks, clients, strict=False):
                work += [desk.listen(client.events()), desk.trade(market)]
            work.append(_show_live(floor) if live else _show_lines(floor, quiet=quiet))
            await _until_stopped(work, process, floor, seconds)
            floor.now_ns = time_ns()
            if process.returncode is None and floor.is_exact:
                floor.holdings = await asyncio.to_thread(_read_ledger, folder, admin_address)
    floor.is_checked = process.returncode == 0
    floor.trouble = floor.trouble or _fault(floor, process.returncode)
    if floor.trouble:
        talk(_tail(folder))
    return floor


def _fault(floor: Floor, code: int | None) -> str:
    lost = [holding.asset for holding in floor.holdings if not holding.is_exact]
    if lost:
        return f"{', '.join(lost)}: what the accounts have is not what custody keeps"
    return f"the venue's last check failed, with exit code {code}" if code else ""


async def _watch_ledger(folder: Path, admin_address: str, floor: Floor) -> None:
    """Ask the venue for all that it keeps, for ever; what does not add up ends the demo."""
    while floor.is_exact:
        floor.holdings = await asyncio.to_thread(_read_ledger, folder, admin_address)
        await asyncio.sleep(LEDGER_S)


def _read_ledger(folder: Path, admin_address: str) -> list[Holding]:
    with AdminClient(admin_address, name=AUDITOR, key=key_path(folder, AUDITOR)) as client:
        rows = [row for row in client.show("conservation") if isinstance(row, ConservationRow)]
    return [
        Holding(
            asset=row.asset,
            customers=row.available + row.held + row.frozen + row.pending_in + row.pending_out,
            fees=row.fees,
            rounding=row.rounding,
            others=row.ca_payable + row.suspense,
            # Tokens that were issued stand for shares that the custodian keeps as well.
            custody=-row.custody - row.issuance,
        )
        for row in rows
    ]


async def _discard(journal: Path) -> None:
    while True:
        await asyncio.sleep(DISCARD_S)
        await asyncio.to_thread(discard_closed, journal)


def discard_closed(journal: Path) -> None:
    """Remove what a journal has closed, but for the newest: nobody will come back to it, and a day of it would fill a disk."""
    for seal in sorted(journal.glob("*.seal"))[:-1]:
        seal.unlink()
        seal.with_suffix(".segment").unlink()


async def _until_stopped(
    work: list[Coroutine[Any, Any, None]], process: asyncio.subprocess.Process, floor: Floor, seconds: float | None
) -> None:
    """Run everything until Ctrl-C, the time is over, or something ends that should not."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    tasks = [asyncio.create_task(each) for each in work]
    watched: list[asyncio.Task[Any]] = [asyncio.create_task(process.wait()), asyncio.create_task(stopping.wait()), *tasks]
    try:
        await asyncio.wait(watched, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if watched[0].done() and not stopping.is_set():
            floor.trouble = f"the venue ended by itself, with exit code {process.returncode}"
        for task in tasks:
            if task.done() and (error := task.exception()) is not None:
                raise error
    finally:
        for task in watched:
            task.cancel()
        await asyncio.gather(*watched, return_exceptions=True)


@asynccontextmanager
async def _venue(folder: Path, port: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run `ats serve` as a process of its own, out of reach of the terminal's Ctrl-C, and give what it says of itself."""
    call = serve_call(folder, port, log_level="warning")
    with (folder / LOG).open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *call,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            env=surroundings(),
        )
    try:
        assert process.stdout is not None, "stdout is a pipe"
        with suppress(TimeoutError):
            line = await asyncio.wait_for(process.stdout.readline(), START_S)
            if line:
                yield process, json.loads(line)
                return
        fail(f"the venue did not start:\n{_tail(folder)}")
    finally:
        if process.returncode is None:
            process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), START_S)
        if process.returncode is None:
            process.kill()
            await process.wait()


def _tail(folder: Path) -> str:
    return (folder / LOG).read_text(encoding="utf-8", errors="replace")[-2000:]


async def _log_on(stack: AsyncExitStack, folder: Path, address: str, names: list[str], floor: Floor) -> list[AsyncClient]:
    clients = [AsyncClient(address, name=name, key=key_path(folder, name), account=number) for number, name in enumerate(names, 1)]
    await asyncio.gather(*(stack.enter_async_context(client) for client in clients))
    for name in floor.seats:
        floor.seats[name].online = True
    return clients


def _floor(agents: list[Agent], address: str, seed: int, mode: str) -> Floor:
    return Floor(
        venue=VENUE,
        address=address,
        seed=seed,
        quotes={stock.symbol: Quotes(stock.symbol, stock.tick) for stock in STOCKS},
        seats={agent.name: Seat(agent.name, agent.role) for agent in agents},
        focus=STOCKS[0].symbol,
        mode=mode,
    )


async def _show_live(floor: Floor) -> None:
    from rich.console import Console
    from rich.live import Live

    from engine.cli.demo_view import draw

    console = Console()
    turn = 0
    # A frame takes some 50 ms of Python.  On a thread that must hand over often it does not show in the round trips on the screen.
    sys.setswitchinterval(SWITCH_S)
    with Live(console=console, screen=True, auto_refresh=False) as live:

        def paint() -> None:
            live.update(draw(floor, console.width, console.height), refresh=True)

        while True:
            floor.now_ns = time_ns()
            if turn % FRAMES_PER_S == 0:
                floor.mark(floor.now_ns)
            turn += 1
            frame = asyncio.create_task(asyncio.to_thread(paint))
            try:
                await asyncio.gather(asyncio.shield(frame), asyncio.sleep(1 / FRAMES_PER_S))
            finally:
                await frame


async def _show_lines(floor: Floor, *, quiet: bool) -> None:
    while True:
        floor.now_ns = time_ns()
        floor.mark(floor.now_ns)
        if not quiet and floor.orders.total:
            click.echo(status_line(floor))
        await asyncio.sleep(1)
