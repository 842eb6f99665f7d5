"""What the commands print: results on stdout (text or JSON), talk and progress on stderr, errors that end the program."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import IO, Any, NoReturn, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Wrong(click.ClickException):
    """Nothing was done, because the call or its surroundings were wrong."""

    exit_code = 2


class Damaged(click.ClickException):
    """The journal is corrupt, or has stopped."""

    exit_code = 70

    def show(self, file: IO[Any] | None = None) -> None:
        """Say so, if that can be said: stderr may be a file on the very disk that is full, and the exit code must not depend on it."""
        try:
            super().show(file)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def json_option(function: F) -> F:
    """Add `--json` to a command, passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")(function)


def show(result: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result: one line of JSON for machines, or the text."""
    click.echo(json.dumps(result, separators=(",", ":")) if as_json else text)


def talk(text: str) -> None:
    """Say something to the person at the terminal that is not the result."""
    click.echo(text, err=True)


def fail(text: str) -> NoReturn:
    """End with exit code 1: the command did what was asked and the answer is no."""
    raise click.ClickException(text)


def wrong(text: str) -> NoReturn:
    """End with exit code 2: nothing was done, because the call or its surroundings were wrong."""
    raise Wrong(text)


def damaged(text: str) -> NoReturn:
    """End with exit code 70: the journal is corrupt or has stopped, and nothing goes on before somebody has looked."""
    raise Damaged(text)


def plain(value: Decimal) -> str:
    """Write a decimal without the zeros at its end and without an exponent."""
    return f"{value.normalize():f}"


def table(rows: list[tuple[str, str]]) -> str:
    """Two columns, labels to the left and values aligned after the longest."""
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {value}" for label, value in rows)


class Progress:
    """A progress bar on stderr when that is a terminal, and nothing otherwise."""

    def __init__(self, total: int, label: str) -> None:
        self._bar = click.progressbar(
            length=total, label=label, file=sys.stderr, hidden=not sys.stderr.isatty(), update_min_steps=max(1, total // 200)
        )

    def __enter__(self) -> Callable[[int], None]:
        self._bar.render_progress()
        return self._bar.update

    def __exit__(self, *exc: object) -> None:
        self._bar.render_finish()


def columns(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table under headings, each led by < or > for the side that its cells stand on."""
    titles = tuple(heading[1:] for heading in headings)
    widths = [max(len(row[at]) for row in (titles, *rows)) for at in range(len(headings))]
    lines = (
        "  ".join(f"{cell:{heading[0]}{width}}" for cell, heading, width in zip(row, headings, widths, strict=True))
        for row in (titles, *rows)
    )
    return "\n".join(line.rstrip() for line in lines)
