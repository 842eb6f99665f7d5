"""How the venue speaks to its operators: nouns with fields, for eyes on a terminal and as JSON lines everywhere else.

Nothing logs per order: the reports are the record of those.
"""

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog


class _Lines(structlog.WriteLogger):
    """Writes lines as long as the stream takes them: a full disk under the log stops nothing that matters more."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Set the process's log up: to `stream`, or to whatever stderr is when a line is written."""
    for_eyes = (stream or sys.stderr).isatty()
    renderers: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if for_eyes
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(sort_keys=True)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: _Lines(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def log(**fields: object) -> structlog.typing.FilteringBoundLogger:
    """Return a logger whose every line carries `fields`; the log is set up with its defaults where nobody did so."""
    if not structlog.is_configured():
        configure()
    return structlog.get_logger(**fields)  # type: ignore[no-any-return]
