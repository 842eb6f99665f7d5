"""The options that the benches over TCP share."""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path


def parser(name: str, about: str | None, *, rounds: int, requests: int, quick: int) -> argparse.ArgumentParser:
    """Return a parser of --rounds, --requests, --quick (one round of `quick` requests each), --folder and --save."""
    made = argparse.ArgumentParser(prog=f"python -m bench {name}", description=about)
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    made.add_argument("--rounds", type=int, default=rounds, help=f"of each measurement, {rounds} without it")
    made.add_argument("--requests", type=int, default=requests, help=f"of each round at most, {requests:,} without it")
    made.add_argument("--quick", action="store_const", const=quick, help=f"one round of {quick:,} requests: a look, no figure to keep")
    made.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="whose disk has the journal")
    made.add_argument("--save", action="store_true", help="keep the result in bench/results")
    return made


def parsed(made: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Read the options; --quick is in --rounds and --requests."""
    chosen = made.parse_args(arguments)
    if chosen.quick:
        chosen.rounds, chosen.requests = 1, chosen.quick
    return chosen


@contextmanager
def place(name: str, folder: Path) -> Iterator[tuple[ExitStack, Path]]:
    """Give a stack for servers and a folder for their journals; the servers are gone before the folder is."""
    with tempfile.TemporaryDirectory(prefix=f"ats-{name}-", dir=folder) as kept, ExitStack() as stack:
        yield stack, Path(kept)
