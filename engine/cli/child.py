"""A venue as a process of another command's: how it is called, and in which surroundings."""

import os
import sys
from pathlib import Path

import engine


def serve_call(folder: Path, port: int, *, log_level: str) -> list[str]:
    """Return the words that serve a folder on a port (0: a free one); it says as JSON where, and in the end walks its whole state."""
    ports = ["--port", str(port), "--admin-port", "0"]
    return [sys.executable, "-P", "-m", "engine", "serve", "--venue", str(folder), *ports, "--json", "--log-level", log_level, "--check"]


def surroundings() -> dict[str, str]:
    """Keep the settings of the user's own venue away from it, and have it run this very package, whatever the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENGINE_")}
    home = str(Path(engine.__file__).parent.parent)
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, [home, kept.get("PYTHONPATH")]))}
