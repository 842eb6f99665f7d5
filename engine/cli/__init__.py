"""The `ats` program: one file per family of commands, loaded when it is called for."""

from engine.cli.program import main

__all__ = ["main"]
